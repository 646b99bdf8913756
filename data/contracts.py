"""What a subscription brings a month, out of what it costs a year or a billing period."""

from __future__ import annotations

import re

import duckdb

from data.database import quoted
from data.messages import Message, say, say_n
from data.plan import FilePlan
from data.sources import fold
from data.sql import literal

_MONTHS = {
    1: ("month", "monthly", "months", "m", "1month", "everymonth", "monthtomonth", "חודש", "חודשי", "חודשית"),
    2: ("bimonthly", "2months", "twomonths", "דוחודשי", "חודשיים"),
    3: ("quarter", "quarterly", "3months", "threemonths", "q", "רבעון", "רבעוני", "רבעונית"),
    6: ("semiannual", "semiannually", "halfyear", "halfyearly", "biannual", "6months", "sixmonths", "חצישנתי", "חצישנה"),
    12: ("year", "yearly", "annual", "annually", "years", "y", "12months", "oneyear", "1year", "שנה", "שנתי", "שנתית"),
    24: ("2years", "twoyear", "twoyears", "biennial", "24months", "שנתיים"),
    36: ("3years", "threeyear", "threeyears", "36months"),
}  # fmt: skip
_DAYS = {"week": 7, "weekly": 7, "שבוע": 7, "שבועי": 7, "day": 1, "daily": 1, "יום": 1, "יומי": 1}
_OF = {word: float(months) for months, words in _MONTHS.items() for word in words}
_OF |= {word: days * 12 / 365.25 for word, days in _DAYS.items()}


def months_of(period: str) -> float | None:
    """How many months a billing period is, by its words; None where they do not say."""
    if known := _OF.get(fold(period)):
        return known
    match = re.fullmatch(r"(?:every)?(\d{1,2})(months?|years?|חודשים|שנים)", fold(period))
    return int(match[1]) * (12 if match[2].startswith("year") or match[2] == "שנים" else 1) if match else None


def settle(
    database: duckdb.DuckDBPyConnection, plan: FilePlan, fields: dict[str, str], warnings: list[Message]
) -> None:
    """Change `fields`, the SQL of each column, so that they hold what each contract brings a month; say how."""
    annual, amount = fields.pop("annual_amount", None), fields.pop("period_amount", None)
    fields.pop("billing_period", None)
    options = [fields["monthly_revenue"]] if "monthly_revenue" in fields else []
    if annual:
        options.append(f"({annual}) / 12")
        warnings.append(say("What a contract brings a month is a twelfth of what it brings a year."))
    if amount and (months := _months(database, plan, warnings)):
        options.append(f"({amount}) / ({months})")
    if options:
        fields["monthly_revenue"] = f"coalesce({', '.join(options)})" if len(options) > 1 else options[0]
    priced = next(filter(None, map(plan.column, ("monthly_revenue", "annual_amount", "period_amount"))), None)
    if priced and priced.reading and priced.reading.currency and "currency" not in fields:
        fields["currency"] = priced.reading.currency
    if "customer" in fields:
        fields["customer_id"] = (
            f"coalesce({fields['customer_id']}, {fields['customer']})"
            if "customer_id" in fields
            else fields["customer"]
        )


def _months(database: duckdb.DuckDBPyConnection, plan: FilePlan, warnings: list[Message]) -> str | None:
    """SQL of how many months the amount of a row is for."""
    header = plan.column("period_amount")
    period = plan.column("billing_period")
    if period is None:
        warnings.append(
            say(
                "{header} is an amount without a period, so no monthly revenue was taken from it. Say that it is the revenue a month or a year, or add the billing period.",
                header=header.header if header else "",
            )
        )
        return None
    rows = database.execute(
        f"SELECT {period.name}, count(*) FROM scratch.{quoted(plan.text.relation)} WHERE {period.name} IS NOT NULL GROUP BY 1 LIMIT 1000"
    ).fetchall()
    known = {word: months for word, _ in rows if (months := months_of(word)) is not None}
    unknown = {word: cells for word, cells in rows if word not in known}
    if unknown:
        warnings.append(
            say_n(
                "{n} contract has a billing period that we do not know ({words}); its monthly revenue was left empty.",
                "{n} contracts have a billing period that we do not know ({words}); their monthly revenue was left empty.",
                sum(unknown.values()), words=", ".join(list(unknown)[:5]),
            )
        )  # fmt: skip
    if not known:
        return None
    warnings.append(
        say("What a contract brings a month is its amount divided by the months of its billing period ({words}).", words=", ".join(sorted(known)[:5]))
    )  # fmt: skip
    return f"CASE {period.name} {' '.join(f'WHEN {literal(word)} THEN {months}' for word, months in known.items())} END"
