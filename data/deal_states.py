"""Histories with a row for every change of a deal, each saying how the deal then stood, as Salesforce's of opportunities.

What differs from the deal's row before is a row of `deal_changes`; a row that comes to another stage is a stay too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import duckdb

from data import change_log
from data.database import quoted
from data.into_tables import RECORDED, append_stays
from data.messages import Message, say, say_n
from data.plan import FilePlan
from data.sql import delete, number_of, plain_number, same
from data.upsert import Change, Upserted, as_text

# What is followed, and the column that says what it was before, where a history has it.
_BEFORE = {
    "stage": "from_stage", "amount": "amount_before", "expected_close_on": "close_before", "probability": None,
    "forecast_category": "forecast_before",
}  # fmt: skip
_NUMBERS = ("amount", "probability")


def are_in(table: str, fields: Collection[str]) -> bool:
    """Whether the rows of a file with these columns are such states: they name the stage before, and more than stages."""
    return table == "stage_entries" and "from_stage" in fields and "is_move" not in fields and len(_told(fields)) > 1


def compare(
    database: duckdb.DuckDBPyConnection, plan: FilePlan, incoming: str, fields: Collection[str], warnings: list[Message]
) -> tuple[str, int]:
    """Make `<incoming>_changes` (line and `change_log.NAMES`) and leave only moves to another stage in `incoming`.

    Returns the table's name, and how many rows change nothing that is followed.
    """
    made, told = f"{incoming}_changes", _told(fields)
    columns = {field: plan.column(field) for field in told}
    editor = next((name for name in ("editor_id", "owner_id", "owner") if name in fields), "NULL")
    # A cell that cannot be read says nothing of how the deal stood.
    states = " UNION ALL ".join(
        f"""SELECT i.line, i.deal_id, i.entered_at AS moment, '{field}' AS field, {_text("i", field)} AS value,
                   {_text("i", _BEFORE[field], field) if _BEFORE[field] in fields else "NULL"} AS before, CAST({editor} AS VARCHAR) AS owner_id
            FROM {incoming} i JOIN scratch.{quoted(plan.text.relation)} r USING (line)
            WHERE i.{field} IS NOT NULL{f" OR r.{column.name} IS NULL" if column else ""}"""
        for field, column in columns.items()
    )
    # The first row of a deal in the file is compared with what is known of the time before it.
    database.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {made} AS
            WITH states AS (
                SELECT *, lag(value) OVER turns AS last_value, row_number() OVER turns AS turn FROM ({states})
                WINDOW turns AS (PARTITION BY deal_id, field ORDER BY moment, line)
            ), known AS (
                SELECT deal_id, field, changed_at AS moment, new_value FROM deal_changes WHERE changed_after IS NULL
                UNION ALL SELECT deal_id, 'amount', entered_at, {plain_number("amount")} FROM recorded_stages WHERE amount IS NOT NULL
            ), compared AS (
                SELECT s.*, coalesce(before, CASE WHEN turn > 1 THEN last_value ELSE k.new_value END) AS old_value,
                       turn > 1 OR before IS NOT NULL OR k.deal_id IS NOT NULL AS is_comparable
                FROM states s ASOF LEFT JOIN (FROM known SEMI JOIN {incoming} USING (deal_id)) k
                    ON k.deal_id = s.deal_id AND k.field = s.field AND s.moment > k.moment
            )
            SELECT line, deal_id, field, old_value, value AS new_value, moment AS changed_at, owner_id FROM compared
            WHERE is_comparable AND value IS DISTINCT FROM old_value;
        CREATE OR REPLACE TEMP TABLE {incoming}_still AS
            SELECT line FROM {incoming} QUALIFY stage IS NOT DISTINCT FROM coalesce(from_stage, lag(stage) OVER (PARTITION BY deal_id ORDER BY entered_at, line));
        DELETE FROM {incoming} WHERE line IN (FROM {incoming}_still)
        """
    )
    nothing = int(number_of(database, f"SELECT count(*) FROM {incoming}_still ANTI JOIN {made} USING (line)"))
    _tell(database, incoming, nothing, warnings, amounts_told="amount" in told)
    return made, nothing


def put(database: duckdb.DuckDBPyConnection, incoming: str, made: str, names: Sequence[str]) -> Upserted:
    """Store the stays of `incoming` and the changes of `made`; a row counts once. Known stays without an amount get theirs."""
    # What became of a move that was left out since, as a double, goes with it.
    delete(database, made, f"line NOT IN (SELECT line FROM {incoming}) AND line NOT IN (FROM {incoming}_still)")
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE new_lines AS
            SELECT line FROM {incoming} i ANTI JOIN recorded_stages t ON {same(RECORDED)}"""
    )
    filled = _fill_amounts(database, incoming, names)
    append_stays(database, incoming, names)
    change_log.append(database, made)
    database.execute("INSERT INTO new_lines SELECT line FROM new_changes; DROP TABLE new_changes")
    rows = number_of(database, f"SELECT count(*) FROM (SELECT line FROM {incoming} UNION SELECT line FROM {made})")
    loaded = number_of(database, "SELECT count(DISTINCT line) FROM new_lines")
    updated, example = database.execute(
        "SELECT count(*) FILTER (line NOT IN (FROM new_lines)), arg_min(amount, line) FROM filled"
    ).fetchone() or (0, None)
    database.execute(f"DROP TABLE new_lines; DROP TABLE filled; DROP TABLE {made}; DROP TABLE {incoming}_still")
    changes = (Change("amount", filled, None, as_text(example)),) if filled else ()
    return Upserted(int(loaded), updated, int(rows - loaded) - updated, changes)


def _told(fields: Collection[str]) -> list[str]:
    return [field for field in _BEFORE if field in fields]


def _text(rows: str, column: str | None, field: str | None = None) -> str:
    """A value as text: a plain number, a date as ISO writes it."""
    sql = f"{rows}.{column}"
    return plain_number(sql) if (field or column) in _NUMBERS else f"CAST({sql} AS VARCHAR)"


def _fill_amounts(database: duckdb.DuckDBPyConnection, incoming: str, names: Sequence[str]) -> int:
    """Give known stays the amounts they lack, and make the table `filled` (line, amount) of them; returns how many."""
    lacks = f"{same(RECORDED)} AND t.amount IS NULL"
    amount = "i.amount" if "amount" in names else "CAST(NULL AS DOUBLE)"
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE filled AS
            SELECT i.line, {amount} AS amount FROM {incoming} i SEMI JOIN recorded_stages t ON {lacks} WHERE {amount} IS NOT NULL"""
    )
    if not number_of(database, "SELECT count(*) FROM filled"):
        return 0
    currency = ", currency = coalesce(t.currency, i.currency)" if "currency" in names else ""
    done = database.execute(
        f"UPDATE recorded_stages t SET amount = i.amount{currency} FROM {incoming} i WHERE {lacks} AND i.amount IS NOT NULL"
    ).fetchone()
    return int(done[0]) if done else 0


def _tell(
    database: duckdb.DuckDBPyConnection, incoming: str, nothing: int, warnings: list[Message], *, amounts_told: bool
) -> None:
    found = dict(
        database.execute(f"SELECT field, count(*) FROM {incoming}_changes WHERE field <> 'stage' GROUP BY 1").fetchall()
    )
    if found:
        amounts, dates, chances, forecasts = (found.get(field, 0) for field in list(_BEFORE)[1:])
        warnings.append(
            say(
                "Beside the stages, these changes of deals were kept: {amounts} of the amount, {dates} of the expected close, {chances} of the probability, {forecasts} of the forecast category.",
                amounts=amounts, dates=dates, chances=chances, forecasts=forecasts,
            )
        )  # fmt: skip
    if amounts_told and number_of(database, f"SELECT count(*) FROM {incoming}_still"):
        warnings.append(
            say("The amount loaded is that of the rows that come to a stage; what others say is among the changes.")
        )
    if nothing:
        warnings.append(
            say_n(
                "{n} row changes no stage, amount, close date or probability, and was left out.",
                "{n} rows change no stage, amount, close date or probability, and were left out.",
                nothing,
            )
        )
