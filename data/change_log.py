"""A log of what changed in deals, field by field, as rows of `deal_changes`: values as text, numbers plain, dates ISO."""

from __future__ import annotations

import duckdb

from data.database import quoted
from data.deciding import field_of
from data.schema import Kind
from data.sql import literal, plain_number, same
from data.values import read_as

NAMES = ("deal_id", "field", "old_value", "new_value", "changed_at", "owner_id")
_KINDS_OF_DEALS = {
    "amount": "DOUBLE",
    "expected_close_on": "DATE",
    "probability": "DOUBLE",
    "forecast_category": "VARCHAR",
}
_KINDS: dict[str, Kind] = {"amount": "money", "probability": "number", "expected_close_on": "date"}


def make(database: duckdb.DuckDBPyConnection, incoming: str, columns: dict[str, str]) -> str:
    """Make the table `<incoming>_changes` (line and NAMES) of the rows of a log; returns its name.

    `columns` says which column of `incoming` each of NAMES is; one that is not named is empty.
    """
    made = f"{incoming}_changes"
    select = ", ".join(
        f"CAST({quoted(columns[name]) if name in columns else 'NULL'} AS {_type(name)}) AS {name}" for name in NAMES
    )
    database.execute(f"CREATE OR REPLACE TEMP TABLE {made} AS SELECT line, {select} FROM {incoming}")
    written = database.execute(f"SELECT DISTINCT field FROM {made} WHERE field IS NOT NULL LIMIT 1000").fetchall()
    names = {word: field for (word,) in written if (field := field_of(word)) is not None}
    if names:
        whens = " ".join(f"WHEN {literal(word)} THEN '{field}'" for word, field in names.items())
        database.execute(f"UPDATE {made} SET field = CASE field {whens} ELSE field END")
    for field in sorted(set(names.values()) & set(_KINDS)):
        _make_plain(database, made, field)
    return made


def append(database: duckdb.DuckDBPyConnection, made: str) -> None:
    """Insert the changes of `made` (line and NAMES) that are not known yet, and make the table `new_changes` of them.

    Two files may record one change: it is known by its deal, field, new value and moment, as often as it is there.
    """
    database.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE new_changes AS
            WITH numbered AS (SELECT *, row_number() OVER (PARTITION BY deal_id, field, new_value, changed_at ORDER BY line) AS turn FROM {made}),
                 known AS (SELECT deal_id, field, new_value, changed_at, count(*) AS there FROM deal_changes WHERE changed_after IS NULL GROUP BY ALL)
            SELECT i.* EXCLUDE (turn) FROM numbered i LEFT JOIN known t ON {same(("deal_id", "field", "new_value", "changed_at"))}
            WHERE i.turn > coalesce(t.there, 0);
        INSERT INTO deal_changes BY NAME SELECT {", ".join(NAMES)} FROM new_changes ORDER BY line, field
        """
    )


def tell_deals(database: duckdb.DuckDBPyConnection) -> None:
    """Deals that no file of deals shows stand as the last change of each field left them."""
    for field, kind in _KINDS_OF_DEALS.items():
        database.execute(
            f"""UPDATE loaded_deals SET {field} = c.value FROM (
                    SELECT deal_id, try_cast(last(new_value ORDER BY changed_at, rowid) AS {kind}) AS value
                    FROM deal_changes WHERE field = '{field}' AND changed_after IS NULL GROUP BY deal_id
                ) c WHERE c.deal_id = loaded_deals.deal_id AND is_from_history"""
        )


def _type(name: str) -> str:
    return "TIMESTAMP" if name == "changed_at" else "VARCHAR"


def _make_plain(database: duckdb.DuckDBPyConnection, made: str, field: str) -> None:
    """Write the values of a field as plain numbers or ISO dates; what cannot be read stays as it is written."""
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE changed_values AS
            SELECT line, false AS is_new, old_value AS value FROM {made} WHERE field = '{field}' AND old_value IS NOT NULL
            UNION ALL SELECT line, true, new_value FROM {made} WHERE field = '{field}' AND new_value IS NOT NULL"""
    )
    kind = _KINDS[field]
    value = read_as(database, "changed_values", "value", kind).sql
    if kind == "date":
        text = f"CAST(CAST({value} AS DATE) AS VARCHAR)"
    else:
        share = database.execute(f"SELECT max({value}) > 1 FROM changed_values").fetchone()
        if field == "probability" and share and share[0]:
            value = f"({value}) / 100"
        text = plain_number(value)
    for name, is_new in (("old_value", "false"), ("new_value", "true")):
        database.execute(
            f"""UPDATE {made} c SET {name} = coalesce(v.text, v.value) FROM (SELECT line, value, {text} AS text FROM changed_values WHERE is_new = {is_new}) v
                WHERE c.line = v.line"""
        )
    database.execute("DROP TABLE changed_values")
