"""What tells the rows of a table apart: the number a file gives, as it is meant, or what the other columns say."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from data.database import quoted
from data.messages import Message, say, say_n
from data.plan import ColumnPlan, FilePlan

# What tells the rows of a table apart where the file gives no number.
_NAMES = {"customers": ("customer_name",), "people": ("person_name", "email"), "products": ("product_name",)}
# What the rows of a table without numbers are told apart by, where no name alone does.
MADE_OF = {
    "deals": ("deal_name", "customer", "created_at"),
    "leads": ("lead_name", "email", "company", "created_at"),
    "contacts": ("contact_name", "email", "customer"),
    "activities": (
        "subject",
        "activity_type",
        "deal_id",
        "customer_id",
        "contact_id",
        "owner",
        "happened_at",
        "planned_on",
    ),
    "subscriptions": ("customer_id", "product_id", "product", "started_on"),
    "cases": ("subject", "customer_id", "contact_id", "opened_at"),
    "survey_responses": ("respondent", "email", "customer_id", "answered_at", "score", "comment"),
}


def key_of(table: str, fields: dict[str, str], warnings: list[Message]) -> str:
    """SQL of what tells the rows of a table apart, where the file has no numbers."""
    if table in _NAMES:
        return next(fields[name] for name in _NAMES[table] if name in fields)
    known = [fields[name] for name in MADE_OF[table] if name in fields]
    any_known = f"coalesce({', '.join(f'CAST({sql} AS VARCHAR)' for sql in known)})"
    warnings.append(say("The file has no numbers that tell its rows apart: what the other columns say does."))
    made = made_key(fields, MADE_OF[table], any_known)
    who = [fields[name] for name in ("email", "respondent") if name in fields]
    if table == "survey_responses" and who and "answered_at" in fields:
        # The same person at the same moment is the same answer; who does not say who they are may be anybody.
        parts = " || '|' || ".join(f"coalesce({sql}, '')" for sql in who)
        moment = fields["answered_at"]
        same = f"{parts} || '|' || CAST({moment} AS VARCHAR)"
        return (
            f"CASE WHEN coalesce({', '.join(who)}) IS NOT NULL AND ({moment}) IS NOT NULL THEN {same} ELSE {made} END"
        )
    return made


def number_sql(database: duckdb.DuckDBPyConnection, plan: FilePlan, column: ColumnPlan, warnings: list[Message]) -> str:
    """A number that names something, as text: 17850.0 was 17850 once, and of several in a cell the first is taken."""
    relation = f"scratch.{quoted(plan.text.relation)}"
    whole = "'[0-9]+[.]0+'"
    row = database.execute(
        f"""SELECT count(*) FILTER (regexp_full_match(cell, {whole})), min(cell) FILTER (regexp_full_match(cell, {whole})),
                   count(*) FILTER (regexp_full_match(cell, '[0-9]+[.][0-9]*[1-9][0-9]*')), count(*) FILTER (contains(cell, ';'))
            FROM (SELECT {column.name} AS cell FROM {relation} WHERE contains({column.name}, '.') OR contains({column.name}, ';'))"""
    ).fetchone()
    decimal, example, fractions, several = row or (0, None, 0, 0)
    if decimal and not fractions:
        warnings.append(
            say(
                "{header}: numbers written with a decimal point are read without it, such as {example}.",
                header=column.header, example=example,
            )
        )  # fmt: skip
        return f"CASE WHEN regexp_full_match({column.name}, {whole}) THEN split_part({column.name}, '.', 1) ELSE {column.name} END"
    if several and plan.table in ("activities", "cases"):
        warnings.append(
            say_n(
                "{header}: {n} cell names several; the first is taken.",
                "{header}: {n} cells name several; the first is taken.",
                several, header=column.header,
            )
        )  # fmt: skip
        return f"nullif(trim(split_part({column.name}, ';', 1)), '')"
    return column.name


def made_key(fields: dict[str, str], names: Sequence[str], known: str | None = None) -> str:
    """A key from what a row is called, with a number for those that share it, so that none is lost."""
    parts = [f"coalesce(CAST({fields[name]} AS VARCHAR), '')" for name in names if name in fields]
    made = " || '|' || ".join(parts)
    known = known or fields.get(names[0], "NULL")
    return (
        f"CASE WHEN {known} IS NOT NULL THEN {made} || '#' || row_number() OVER (PARTITION BY {made} ORDER BY line) END"
    )
