"""Rows into a table that tells them apart by a key: new ones inserted, known ones changed as far as each column's rule lets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from data.database import quoted
from data.plan import Rule

_A_WORD = 30  # columns whose bits one whole number holds


@dataclass(frozen=True)
class Change:
    """What an update does to one column of rows that were there: how many change, and one example, as text.

    Rows that lose their value are counted apart, with `new` None; a row that had none has `old` None.
    """

    column: str
    rows: int
    old: str | None
    new: str | None

    def json(self) -> dict[str, Any]:
        return {"column": self.column, "rows": self.rows, "old": self.old, "new": self.new}


@dataclass(frozen=True)
class Upserted:
    """How many rows were new, changed and left as they were; and what changed, most rows first."""

    loaded: int
    updated: int
    unchanged: int
    changes: tuple[Change, ...] = ()


def upsert(
    database: duckdb.DuckDBPyConnection,
    target: str,
    incoming: str,
    key: str,
    names: Sequence[str],
    rules: Mapping[str, Rule] | None = None,
) -> Upserted:
    """Insert the rows of `incoming` whose `key` is new in `target`, and update the others column by column.

    `names` are the columns to take; `rules` says what an update does to one: "overwrite" (where absent) takes what the file
    says, an empty cell too, "if_blank" fills only what is empty, "never" leaves it.
    """
    target = quoted(target)
    inserted = ", ".join(map(quoted, names))
    rows = _one(database, f"SELECT count(*) FROM {incoming}")
    if not rows or not database.execute(f"SELECT 1 FROM {target} LIMIT 1").fetchall():
        if rows:
            database.execute(f"INSERT INTO {target} BY NAME SELECT {inserted} FROM {incoming}")
        return Upserted(rows, 0, 0)
    rules = rules or {}
    others = [name for name in names if name != key and rules.get(name) != "never"]
    matched, updated, changes = _compare(database, target, incoming, key, others, rules)
    if updated:
        database.execute(
            f"""UPDATE {target} t SET {", ".join(f"{quoted(name)} = {new_value(name, rules)}" for name in others)}
                FROM {incoming} i WHERE t.{quoted(key)} = i.{quoted(key)} AND ({_any_differs(others, rules)})"""
        )
    if matched < rows:
        source = f"{incoming} ANTI JOIN {target} USING ({quoted(key)})" if matched else incoming
        database.execute(f"INSERT INTO {target} BY NAME SELECT {inserted} FROM {source}")
    return Upserted(rows - matched, updated, matched - updated, changes)


def new_value(name: str, rules: Mapping[str, Rule]) -> str:
    """SQL of what a column of row `t` becomes when row `i` updates it."""
    column = quoted(name)
    match rules.get(name, "overwrite"):
        case "never":
            return f"t.{column}"
        case "if_blank":
            return f"coalesce(t.{column}, i.{column})"
        case _:
            return f"i.{column}"


def _differs(name: str, rules: Mapping[str, Rule]) -> str:
    if rules.get(name) == "if_blank":
        return f"(t.{quoted(name)} IS NULL AND i.{quoted(name)} IS NOT NULL)"
    return f"t.{quoted(name)} IS DISTINCT FROM i.{quoted(name)}"


def _any_differs(names: Sequence[str], rules: Mapping[str, Rule]) -> str:
    return " OR ".join(_differs(name, rules) for name in names) or "false"


def _compare(
    database: duckdb.DuckDBPyConnection,
    target: str,
    incoming: str,
    key: str,
    names: Sequence[str],
    rules: Mapping[str, Rule],
) -> tuple[int, int, tuple[Change, ...]]:
    """How many rows are known, how many of them an update changes, and what it changes; in one pass over the two.

    What changes in a row is written as bits, two a column: it gets another value, it loses its value.
    """
    known = [row[0] for row in database.execute(f"DESCRIBE SELECT * FROM {incoming}").fetchall()]
    place_of_row = quoted("line" if "line" in known else key)  # the example is the first of the file
    bits = []
    for place, name in enumerate(names):
        emptied = f"CASE WHEN i.{quoted(name)} IS NULL THEN 2 ELSE 1 END"
        bits.append(f"CASE WHEN {_differs(name, rules)} THEN {emptied} ELSE 0 END::BIGINT << {place % _A_WORD * 2}")
    words = [" | ".join(f"({bit})" for bit in bits[start : start + _A_WORD]) for start in range(0, len(bits), _A_WORD)]
    masks = "".join(f", {word} AS w{place}" for place, word in enumerate(words))
    joined = f"{incoming} i JOIN {target} t ON t.{quoted(key)} = i.{quoted(key)}"
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE compared AS
            SELECT count(*) AS n, min(example) AS example{"".join(f", w{place}" for place in range(len(words)))}
            FROM (SELECT i.{place_of_row} AS example{masks} FROM {joined}) GROUP BY ALL"""
    )
    any_word = " OR ".join(f"w{place} <> 0" for place in range(len(words))) or "false"
    parts = [f"coalesce(sum(n), 0), coalesce(sum(n) FILTER ({any_word}), 0)"]
    for place in range(len(names)):
        for bit in (1, 2):
            is_set = f"w{place // _A_WORD} & ({bit}::BIGINT << {place % _A_WORD * 2}) <> 0"
            parts += [f"coalesce(sum(n) FILTER ({is_set}), 0)", f"min(example) FILTER ({is_set})"]
    matched, updated, *told = database.execute(f"SELECT {', '.join(parts)} FROM compared").fetchone() or (0, 0)
    database.execute("DROP TABLE compared")
    cells = [(name, is_emptied) for name in names for is_emptied in (False, True)]
    changed = [
        (name, is_emptied, int(rows), example)
        for (name, is_emptied), rows, example in zip(cells, told[::2], told[1::2], strict=True)
        if rows
    ]
    changes = []
    if changed:
        values = ", ".join(f"{{'old': t.{quoted(name)}, 'new': i.{quoted(name)}}}" for name, *_ in changed)
        wanted = list({example for *_, example in changed})
        rows = database.execute(
            f"SELECT i.{place_of_row}, {values} FROM {joined} WHERE list_contains($wanted, i.{place_of_row})",
            {"wanted": wanted},
        )
        examples = {row[0]: row[1:] for row in rows.fetchall()}
        for place, (name, is_emptied, count, example) in enumerate(changed):
            cell = examples[example][place]
            changes.append(Change(name, count, as_text(cell["old"]), None if is_emptied else as_text(cell["new"])))
    return int(matched), int(updated), tuple(sorted(changes, key=lambda change: -change.rows))


def as_text(value: object) -> str | None:
    """A value of a table as plain text: decimals without a sign of thousands, dates as ISO writes them."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _one(database: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = database.execute(sql).fetchone()
    return int(row[0]) if row else 0
