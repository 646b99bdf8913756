"""What the columns of a file of orders become: amounts, returns as negative, cancelled lines, customers by number or name."""

from __future__ import annotations

import duckdb

from data.database import quoted
from data.messages import Message, say, say_n
from data.plan import FilePlan
from data.sources import fold
from data.sql import literal, number_of

_CANCELLED = frozenset({"cancelled", "canceled", "cancel", "void", "voided", "failed", "expired", "בוטל", "בוטלה", "מבוטל", "מבוטלת"})  # fmt: skip
_NO_SALE = frozenset({"quote", "quotation", "estimate", "proforma", "proformainvoice", "הצעתמחיר", "חשבוןעסקה", "פרופורמה"})  # fmt: skip
_RETURNED = ("credit", "return", "refund", "זיכוי", "החזר")
# Of orders with several lines, the share whose amount is the whole order's from which on all are taken to be.
_MOSTLY = 0.5


def settle(
    database: duckdb.DuckDBPyConnection, plan: FilePlan, fields: dict[str, str], warnings: list[Message]
) -> None:
    """Change `fields`, the SQL of each column, so that they hold lines of orders; say what was decided."""
    rows = f"scratch.{quoted(plan.text.relation)}"
    gone = _said(database, plan, "order_status", _CANCELLED) + _said(database, plan, "document_type", _NO_SALE)
    if gone:
        fields["is_cancelled"] = f"coalesce({' OR '.join(gone)}, false)"
    returned = _returns(database, plan, fields, rows)
    for name in ("order_status", "document_type"):
        fields.pop(name, None)
    _settle_amount(database, plan, fields, rows, returned, warnings)
    amount = plan.column("amount") or plan.column("unit_price")
    if amount and amount.reading and amount.reading.currency and "currency" not in fields:
        fields["currency"] = amount.reading.currency
    if "customer" in fields:
        fields["customer_id"] = (
            f"coalesce({fields['customer_id']}, {fields['customer']})"
            if "customer_id" in fields
            else fields["customer"]
        )
    _say_customers(database, plan, fields, rows, warnings)
    if "order_id" not in fields:
        warnings.append(say("The file has no order numbers: each line counts as an order of its own."))


def say_repeats(database: duckdb.DuckDBPyConnection, plan: FilePlan, incoming: str, warnings: list[Message]) -> None:
    """Lines that repeat an earlier one exactly are kept: two of the same may well have been bought."""
    repeats = int(
        number_of(
            database,
            f"SELECT count(*) - count(DISTINCT hash({_columns(plan)})) FROM scratch.{quoted(plan.text.relation)} SEMI JOIN {incoming} USING (line)",
        )
    )
    if repeats:
        warnings.append(
            say_n(
                "{n} order line repeats an earlier one exactly. It was kept: the same may have been bought twice.",
                "{n} order lines repeat earlier ones exactly. They were kept: the same may have been bought twice.",
                repeats,
            )
        )


def _columns(plan: FilePlan) -> str:
    return ", ".join(column.name for column in plan.columns)


def _said(database: duckdb.DuckDBPyConnection, plan: FilePlan, field: str, words: frozenset[str]) -> list[str]:
    """SQL that is true where a column of words says one of `words`; none where it never does."""
    named = [word for word in _words(database, plan, field) if fold(word) in words]
    column = plan.column(field)
    return [f"{column.name} IN ({', '.join(map(literal, named))})"] if column and named else []


def _words(database: duckdb.DuckDBPyConnection, plan: FilePlan, field: str) -> list[str]:
    column = plan.column(field)
    if column is None:
        return []
    rows = database.execute(
        f"SELECT DISTINCT {column.name} FROM scratch.{quoted(plan.text.relation)} WHERE {column.name} IS NOT NULL LIMIT 1000"
    ).fetchall()
    return [word for (word,) in rows]


def _returns(database: duckdb.DuckDBPyConnection, plan: FilePlan, fields: dict[str, str], rows: str) -> str | None:
    """SQL that is true of what came back: a credit note, or an invoice called C and a number among plain numbers."""
    found = []
    words = [word for word in _words(database, plan, "document_type") if any(sign in fold(word) for sign in _RETURNED)]
    column = plan.column("document_type")
    if column and words:
        found.append(f"{column.name} IN ({', '.join(map(literal, words))})")
    number = fields.get("order_id")
    if number:
        credit, plain = (f"regexp_full_match({number}, '{form}')" for form in ("[Cc][0-9]+", "[0-9]+"))
        share = number_of(
            database, f"SELECT avg(CASE WHEN {credit} THEN 1.0 ELSE 0 END) FROM {rows} WHERE {credit} OR {plain}"
        )
        if 0 < share < 0.5:
            found.append(credit)
    return f"coalesce({' OR '.join(found)}, false)" if found else None


def _settle_amount(
    database: duckdb.DuckDBPyConnection,
    plan: FilePlan,
    fields: dict[str, str],
    rows: str,
    returned: str | None,
    warnings: list[Message],
) -> None:
    quantity, price, amount = (fields.get(name) for name in ("quantity", "unit_price", "amount"))
    made = f"round(({quantity}) * ({price}), 6)" if quantity and price else price
    if amount and quantity and price and _is_of_orders(database, fields, rows):
        header = plan.column("amount")
        warnings.append(
            say(
                "{header} is the total of a whole order, so the amount of a line is its quantity times its unit price.",
                header=header.header if header else "",
            )
        )
        amount = None
    if amount is None and quantity and price:
        warnings.append(say("The amount of a line is its quantity times its unit price."))
    base = f"coalesce({amount}, {made})" if amount and made and quantity and price else amount or made
    backwards = " OR ".join(filter(None, [f"({quantity}) < 0" if quantity else None, returned]))
    if quantity and returned:
        fields["quantity"] = f"CASE WHEN {returned} AND ({quantity}) > 0 THEN -({quantity}) ELSE ({quantity}) END"
    if base:
        fields["amount"] = (
            f"CASE WHEN ({backwards}) AND ({base}) > 0 THEN -({base}) ELSE ({base}) END" if backwards else base
        )
    if backwards:
        n = int(number_of(database, f"SELECT count(*) FROM {rows} WHERE {backwards}"))
        if n:
            warnings.append(
                say_n(
                    "{n} line is a return or a credit: it counts as negative.",
                    "{n} lines are returns or credits: they count as negative.",
                    n,
                )
            )


def _is_of_orders(database: duckdb.DuckDBPyConnection, fields: dict[str, str], rows: str) -> bool:
    """Whether the amount is the order's, written on one or on each of its lines, and not the line's."""
    if "order_id" not in fields:
        return False
    row = database.execute(
        f"""SELECT count(*) FILTER (amounts <= 1 AND abs(highest - made) <= 0.3 * abs(made) AND largest < 0.99 * abs(made)), count(*) FROM (
                SELECT count(DISTINCT amount) AS amounts, max(abs(amount)) AS highest, sum(made) AS made, max(abs(made)) AS largest FROM (
                    SELECT {fields["order_id"]} AS number, {fields["amount"]} AS amount, ({fields["quantity"]}) * ({fields["unit_price"]}) AS made FROM {rows}
                ) WHERE number IS NOT NULL GROUP BY number HAVING count(*) > 1 AND count(amount) > 0)"""
    ).fetchone()
    return bool(row and row[1] and row[0] >= _MOSTLY * row[1])


def _say_customers(
    database: duckdb.DuckDBPyConnection, plan: FilePlan, fields: dict[str, str], rows: str, warnings: list[Message]
) -> None:
    if "customer_id" not in fields:
        warnings.append(say("The file names no customers: its lines count in totals only."))
        return
    missing = int(number_of(database, f"SELECT count(*) - count({fields['customer_id']}) FROM {rows}"))
    if missing:
        share = f"{missing / max(plan.text.rows_read, 1):.1%}"
        warnings.append(
            say_n(
                "{n} line ({share}) names no customer: it counts in totals, and for no customer.",
                "{n} lines ({share}) name no customer: they count in totals, and for no customer.",
                missing, share=share,
            )
        )  # fmt: skip
