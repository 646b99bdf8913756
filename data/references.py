"""Deals name customers, owners and products by number or by name, and leads their owners; here they find the row they mean.

A name that differs only in case, spaces or punctuation (GTXPro and GTX Pro) is the same where no other row could be meant, and it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import duckdb

from data import merged
from data.messages import Message, say, say_n
from data.sources import fold

MOST_NAMES = 200_000


@dataclass(frozen=True)
class _Reference:
    table: str
    key: str
    name: str
    column: str  # the name in the rows that name it
    id_column: str  # the number there
    unknown: Callable[[int], Message]  # says that so many rows name one that no file has
    rows: str = "made_deals"  # the table of the rows that name it
    forgiven: Callable[[int, str], Message] = lambda n, pairs: say_n(
        "{n} deal was joined by a name written a little differently: {pairs}.",
        "{n} deals were joined by a name written a little differently: {pairs}.",
        n, pairs=pairs,
    )  # fmt: skip


_REFERENCES = (
    _Reference("customers", "customer_id", "customer_name", "customer", "customer_id",
               lambda n: say_n("{n} deal names a customer that is in no customer file.", "{n} deals name a customer that is in no customer file.", n)),
    _Reference("people", "person_id", "person_name", "owner", "owner_id",
               lambda n: say_n("{n} deal names an owner that is in no file of people.", "{n} deals name an owner that is in no file of people.", n)),
    _Reference("products", "product_id", "product_name", "product", "product_id",
               lambda n: say_n("{n} deal names a product that is in no product file.", "{n} deals name a product that is in no product file.", n)),
)  # fmt: skip
_OF_LEADS = (
    _Reference("people", "person_id", "person_name", "owner", "owner_id",
               lambda n: say_n("{n} lead names an owner that is in no file of people.", "{n} leads name an owner that is in no file of people.", n),
               "leads",
               lambda n, pairs: say_n("{n} lead was joined by a name written a little differently: {pairs}.",
                                      "{n} leads were joined by a name written a little differently: {pairs}.", n, pairs=pairs)),
)  # fmt: skip


def columns_to_fill(database: duckdb.DuckDBPyConnection) -> list[str]:
    """The columns of the deals that `resolve` may change."""
    of_merged = ["customer", "customer_id"] if merged.any_merged(database) else []
    return of_merged + [
        name for of in _REFERENCES if _has_rows(database, of.table) for name in (of.column, of.id_column)
    ]


def _has_rows(database: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(database.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall())


def resolve(database: duckdb.DuckDBPyConnection) -> list[Message]:
    """Fill the numbers and names of the deals being made from the tables they point to; returns what had to be forgiven or was not found."""
    return _resolve_all(database, _REFERENCES)


def resolve_leads(database: duckdb.DuckDBPyConnection) -> list[Message]:
    """The same for `leads`."""
    return _resolve_all(database, _OF_LEADS)


def _resolve_all(database: duckdb.DuckDBPyConnection, references: Sequence[_Reference]) -> list[Message]:
    notes: list[Message] = []
    for reference in references:
        if _has_rows(database, reference.table):
            notes += _resolve(database, reference)
    return notes


def _resolve(database: duckdb.DuckDBPyConnection, of: _Reference) -> list[Message]:
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE named AS SELECT {of.name} AS name, min({of.key}) AS id FROM {of.table}
            WHERE {of.name} IS NOT NULL GROUP BY {of.name} HAVING count(*) = 1;
        UPDATE {of.rows} r SET {of.id_column} = n.id FROM named n
            WHERE n.name = coalesce(r.{of.column}, r.{of.id_column})
              AND NOT EXISTS (SELECT 1 FROM {of.table} t WHERE t.{of.key} = r.{of.id_column});
        UPDATE {of.rows} r SET {of.column} = t.{of.name} FROM {of.table} t
            WHERE r.{of.column} IS NULL AND t.{of.key} = r.{of.id_column};
        DROP TABLE named"""
    )
    lost = f"""SELECT coalesce({of.column}, {of.id_column}) AS name, count(*) AS rows FROM {of.rows} d
               WHERE coalesce({of.column}, {of.id_column}) IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM {of.table} t WHERE t.{of.key} = d.{of.id_column})
               GROUP BY 1 ORDER BY rows DESC, 1 LIMIT {MOST_NAMES}"""
    missing = dict(database.execute(lost).fetchall())
    if not missing:
        return []
    notes: list[Message] = []
    same = same_names(database, of.table, of.key, of.name, missing)
    if same:
        database.execute("CREATE OR REPLACE TEMP TABLE forgiven (written VARCHAR, id VARCHAR)")
        database.executemany(
            "INSERT INTO forgiven VALUES (?, ?)", [[written, key] for written, (key, _) in same.items()]
        )
        database.execute(
            f"UPDATE {of.rows} r SET {of.id_column} = f.id FROM forgiven f WHERE f.written = coalesce(r.{of.column}, r.{of.id_column}); DROP TABLE forgiven"
        )
        pairs = ", ".join(f"{written} = {name}" for written, (_, name) in list(same.items())[:5])
        notes.append(of.forgiven(sum(missing[written] for written in same), pairs))
    left = sum(rows for name, rows in missing.items() if name not in same)
    if left:
        examples = ", ".join([name for name in missing if name not in same][:3])
        notes.append(of.unknown(left))
        notes.append(say("For example: {names}.", names=examples))
    return notes


def same_names(
    database: duckdb.DuckDBPyConnection, table: str, key: str, name: str, missing: Iterable[str]
) -> dict[str, tuple[str, str]]:
    """Written name -> (key, name) of the one row of `table` that can be meant."""
    rows = database.execute(f"SELECT {key}, {name} FROM {table} WHERE {name} IS NOT NULL LIMIT {MOST_NAMES}").fetchall()
    known: dict[str, list[tuple[str, str]]] = {}
    for number, called in rows:
        known.setdefault(fold(called), []).append((number, called))
    return {
        written: known[fold(written)][0]
        for written in missing
        if fold(written) and len(known.get(fold(written), [])) == 1
    }
