"""Orders, subscriptions, cases, activities, contacts and surveys find the customers, people, products and deals they name.

By number, by name, by a name written a little differently where only one can be meant, and surveys by email address. What a
file said is kept beside what was found (`said_...`), so that a file loaded again is known as the same, and customers loaded
later are found too.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from data import merged, respondent_notes, respondents
from data.database import quoted
from data.mail import PUBLIC_MAIL
from data.messages import Message, say, say_n
from data.references import MOST_NAMES, same_names
from data.schema import SCHEMA
from data.sql import columns_of


@dataclass(frozen=True)
class _Pointer:
    """A column that names a row of another table, by number or, in `name`, by name."""

    rows: str
    column: str
    name: str | None
    table: str
    key: str
    called: str  # the column with the names in the other table


def _to_customers(rows: str) -> _Pointer:
    return _Pointer(rows, "customer_id", "customer", "customers", "customer_id", "customer_name")


def _to_people(rows: str) -> _Pointer:
    return _Pointer(rows, "owner_id", "owner", "people", "person_id", "person_name")


def _to_products(rows: str) -> _Pointer:
    return _Pointer(rows, "product_id", "product", "products", "product_id", "product_name")


_POINTERS = (
    *(map(_to_customers, ("contacts", "activities", "orders", "subscriptions", "cases", "survey_responses", "survey_invitations"))),
    *(map(_to_people, ("contacts", "activities"))),
    *(map(_to_products, ("orders", "subscriptions"))),
    _Pointer("activities", "deal_id", None, "deals", "deal_id", "deal_name"),
)  # fmt: skip
_SURVEYS = ("survey_responses", "survey_invitations")
TABLES = frozenset(pointer.rows for pointer in _POINTERS)


def take_back(database: duckdb.DuckDBPyConnection) -> None:
    """Let every column hold what files said again, so that rows of a file can be compared with it."""
    columns = {rows: columns_of(database, rows) for rows in TABLES}
    for rows, column in {(pointer.rows, pointer.column) for pointer in _POINTERS}:
        if f"said_{column}" in columns[rows]:
            database.execute(
                f"UPDATE {rows} SET {column} = nullif(said_{column}, ''), said_{column} = NULL WHERE said_{column} IS NOT NULL"
            )


def resolve(database: duckdb.DuckDBPyConnection) -> list[Message]:
    """Find what the rows name; returns what was found by other than number or name, and how many name what no file has."""
    notes: list[Message] = []
    filled = {rows for rows in sorted(TABLES) if _has_rows(database, rows)}
    if not filled:
        return notes
    filled |= {name for name in sorted({pointer.table for pointer in _POINTERS}) if _has_rows(database, name)}
    if merged.any_merged(database):
        for pointer in _POINTERS:
            if pointer.table == "customers" and pointer.rows in filled:
                _follow_merged(database, pointer.rows)
    for pointer in _POINTERS:
        if {pointer.rows, pointer.table} <= filled:
            notes += _resolve(database, pointer)
    for rows in ("activities", "cases"):
        if rows in filled:
            _from_contact(database, rows)
    for rows in _SURVEYS:
        if rows in filled:
            notes += _by_address(database, rows)
    return notes


def _follow_merged(database: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Let the rows name the customers that others were merged into."""
    _set(
        database, rows, "customer_id",
        f"SELECT r.rowid AS row, min(m.into_id) AS id FROM {rows} r JOIN {merged.TABLE} m ON {merged.is_of('r')} GROUP BY r.rowid",
    )  # fmt: skip


def _has_rows(database: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(database.execute(f"SELECT 1 FROM {quoted(table)} LIMIT 1").fetchall())


def _called(table: str) -> Message:
    """What people call a table."""
    return Message(SCHEMA[table].label)


def _set(database: duckdb.DuckDBPyConnection, rows: str, column: str, found: str) -> int:
    """Set `column` of the rows in the query `found` (row, id); what the file said of them is kept. Returns how many."""
    if f"said_{column}" not in columns_of(database, rows):
        database.execute(f"ALTER TABLE {rows} ADD COLUMN said_{column} VARCHAR")
    done = database.execute(
        f"""UPDATE {rows} r SET said_{column} = coalesce(r.said_{column}, r.{column}, ''), {column} = f.id FROM ({found}) f
            WHERE f.row = r.rowid AND r.{column} IS DISTINCT FROM f.id"""
    ).fetchone()
    return int(done[0]) if done else 0


def _resolve(database: duckdb.DuckDBPyConnection, of: _Pointer) -> list[Message]:
    written = f"coalesce(r.{of.name}, r.{of.column})" if of.name else f"r.{of.column}"
    lost = f"{written} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {of.table} t WHERE t.{of.key} = r.{of.column})"
    if not database.execute(f"SELECT 1 FROM {of.rows} r WHERE {lost} LIMIT 1").fetchall():
        return []
    _set(
        database, of.rows, of.column,
        f"""SELECT r.rowid AS row, n.id FROM {of.rows} r JOIN (
                SELECT {of.called} AS name, min({of.key}) AS id FROM {of.table} WHERE {of.called} IS NOT NULL GROUP BY 1 HAVING count(*) = 1
            ) n ON n.name = {written} WHERE {lost}""",
    )  # fmt: skip
    missing = dict(
        database.execute(
            f"SELECT {written} AS name, count(*) AS rows FROM {of.rows} r WHERE {lost} GROUP BY 1 ORDER BY rows DESC, 1 LIMIT {MOST_NAMES}"
        ).fetchall()
    )
    if not missing:
        return []
    notes: list[Message] = []
    same = same_names(database, of.table, of.key, of.called, missing)
    if same:
        database.execute("CREATE OR REPLACE TEMP TABLE forgiven (written VARCHAR, id VARCHAR)")
        database.executemany("INSERT INTO forgiven VALUES (?, ?)", [[name, key] for name, (key, _) in same.items()])
        _set(
            database, of.rows, of.column,
            f"SELECT r.rowid AS row, f.id FROM {of.rows} r JOIN forgiven f ON f.written = {written} WHERE {lost}",
        )  # fmt: skip
        database.execute("DROP TABLE forgiven")
        notes.append(
            say_n(
                "{n} row of {table} was joined by a name written a little differently: {pairs}.",
                "{n} rows of {table} were joined by a name written a little differently: {pairs}.",
                sum(missing[name] for name in same), table=_called(of.rows),
                pairs=", ".join(f"{name} = {known}" for name, (_key, known) in list(same.items())[:5]),
            )
        )  # fmt: skip
    left = {name: rows for name, rows in missing.items() if name not in same}
    if left:
        notes.append(
            say_n(
                "{n} row of {table} names one of {others} that no file has, such as {example}.",
                "{n} rows of {table} name some of {others} that no file has, such as {example}.",
                sum(left.values()), table=_called(of.rows), others=_called(of.table), example=next(iter(left)),
            )
        )  # fmt: skip
    return notes


def _from_contact(database: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Whose an activity or a case is, where only the contact or the deal says so."""
    parts = [f"SELECT r.rowid AS row, c.customer_id AS id, 2 AS rank FROM {rows} r JOIN contacts c USING (contact_id)"]
    if rows == "activities":
        parts.append(f"SELECT r.rowid, d.customer_id, 1 FROM {rows} r JOIN deals d USING (deal_id)")
    found = f"""SELECT row, arg_min(id, rank) AS id FROM ({" UNION ALL ".join(parts)}) WHERE id IS NOT NULL
                AND row IN (SELECT rowid FROM {rows} WHERE customer_id IS NULL) GROUP BY row"""
    if database.execute(f"SELECT 1 FROM ({found}) LIMIT 1").fetchall():
        _set(database, rows, "customer_id", found)


def _by_address(database: duckdb.DuckDBPyConnection, rows: str) -> list[Message]:
    """Customers of those who answered or were asked: by the address of a contact, by where they work, by a contact's name."""
    site = r"regexp_extract(lower(website), '^(?:https?://)?(?:www\.)?([^/?#:]+)', 1)"
    free = ", ".join(f"'{domain}'" for domain in sorted(PUBLIC_MAIL))
    domain = "lower(split_part({email}, '@', 2))"
    of_contacts = "SELECT {what} AS name, min(customer_id) AS id FROM contacts WHERE customer_id IS NOT NULL AND {what} IS NOT NULL GROUP BY 1 HAVING count(DISTINCT customer_id) = 1"
    ways = {
        "address": (of_contacts.format(what="lower(email)"), "lower(r.email)"),
        "domain": (
            f"""SELECT name, min(id) AS id FROM (
                    SELECT {site} AS name, customer_id AS id FROM customers WHERE website IS NOT NULL
                    UNION ALL SELECT {domain.format(email='email')}, customer_id FROM contacts WHERE email IS NOT NULL AND customer_id IS NOT NULL
                ) WHERE name <> '' AND name NOT IN ({free}) GROUP BY 1 HAVING count(DISTINCT id) = 1""",
            domain.format(email="r.email"),
        ),
        "name": (of_contacts.format(what="contact_name"), "r.respondent"),
    }  # fmt: skip
    if rows != "survey_responses":
        del ways["name"]
    counts = {}
    for way, (known, written) in ways.items():
        found = f"SELECT r.rowid AS row, k.id FROM {rows} r JOIN ({known}) k ON k.name = {written} WHERE r.customer_id IS NULL"
        any_found = database.execute(f"SELECT 1 FROM ({found}) LIMIT 1").fetchall()
        counts[way] = _set(database, rows, "customer_id", found) if any_found else 0
    notes: list[Message] = []
    if counts["domain"]:
        notes.append(
            say_n(
                "{n} row of {table} was joined to its customer by the domain of the email address.",
                "{n} rows of {table} were joined to their customers by the domain of the email address.",
                counts["domain"], table=_called(rows),
            )
        )  # fmt: skip
    if counts.get("name"):
        notes.append(
            say_n(
                "{n} row of {table} was joined to its customer by the name of a contact.",
                "{n} rows of {table} were joined to their customers by the names of contacts.",
                counts["name"], table=_called(rows),
            )
        )  # fmt: skip
    notes += _as_decided(database, rows)
    row = database.execute(f"SELECT count(*) FILTER (customer_id IS NULL), count(*) FROM {rows}").fetchone()
    alone, every = row or (0, 0)
    if alone and rows == "survey_responses":
        notes.append(say("{n} of {every} survey answers are of no customer that is known.", n=alone, every=every))
    return notes


def _as_decided(database: duckdb.DuckDBPyConnection, rows: str) -> list[Message]:
    """Let the rows be of the customers that a person said, and not of those that a person said they are not of."""
    if not respondent_notes.any_decided(database):
        return []
    chosen = _set(database, rows, "customer_id", respondents.decided(rows, columns_of(database, rows)))
    wrong = respondents.rejected(rows, columns_of(database, rows))
    if "said_customer_id" in columns_of(database, rows):
        database.execute(
            f"""UPDATE {rows} r SET customer_id = nullif(r.said_customer_id, ''), said_customer_id = NULL FROM ({wrong}) w
                WHERE w.row = r.rowid AND w.id = r.customer_id AND r.said_customer_id IS NOT NULL"""
        )
    if not chosen:
        return []
    return [
        say_n(
            "{n} row of {table} is of the customer that a person chose.",
            "{n} rows of {table} are of the customers that a person chose.",
            chosen, table=_called(rows),
        )
    ]  # fmt: skip
