"""A large clean file of deals into an empty workspace, parsed once.

Some of its rows (`data.reading.glance`) are loaded the ordinary way first. What became of them, stages, columns and types, is the pattern
for all: one statement then parses the file, reads every cell as was decided and writes the deals. It fails at the first cell that does
not fit, and what it wrote is looked at as a whole; where anything differs, the file takes the ordinary way instead. So what comes out
is what the ordinary way makes of it, save that the deals stand in the order of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import prod

import duckdb

from data import alike, said, stays
from data.database import BROKEN_OPTIMIZERS, quoted
from data.errors import DataError
from data.fixes import unique
from data.load import FileReport, Load
from data.plan import ColumnPlan, FileOptions, FilePlan
from data.reading import TextTable
from data.reading.header import SUSPECT_LETTERS, SUSPECT_STARTS
from data.recognise import recognise
from data.remake import remake
from data.schema import SCHEMA
from data.sql import columns_of, literal, number_of
from data.stages import Stage, StageChoices, decide_stages, stages_seen, write_stages

# Columns whose words decide something: a word that is not among the first rows may mean anything.
_WORDS = frozenset({"stage", "pipeline", "status", "currency", "is_won", "is_closed"})
_KNOWN = frozenset(column.name for column in SCHEMA["deals"]) | {"is_won", "is_closed"}
_MADE_OF_WORDS = ("pipeline", "stage", "status")
MEMORY = 448 << 20  # bytes; rows that only pass through need no more, and go no faster with it
_MOST_WORDS, _MOST_COMBINATIONS = 1000, 100_000


class NotPlain(Exception):
    """The file has to take the ordinary way."""


@dataclass(frozen=True)
class Whole:
    """What became of the file."""

    report: FileReport
    stages: tuple[Stage, ...]
    plan: FilePlan


def plain_plan(
    scratch: duckdb.DuckDBPyConnection, text: TextTable, options: FileOptions, time_zone: str
) -> FilePlan | None:
    """What a file becomes by the rows that were glanced at; None where it cannot be loaded at once."""
    if text.glance is None or options.fixes or options.rules or options.vat_rate is not None:
        return None
    try:
        plan = recognise(scratch, _glanced(text), options, time_zone)
    except DataError:
        return None  # said of the whole file
    fields = [column.field for column in plan.columns if column.field is not None]
    readings = [column.reading for column in plan.columns if column.reading is not None]
    is_plain = (
        plan.table == "deals" and not plan.stage_columns and plan.doubt is None and "deal_id" in fields and set(fields) <= _KNOWN
        and all(reading.sure and reading.currency is None for reading in readings)
    )  # fmt: skip
    return replace(plan, text=text) if is_plain else None


def _glanced(text: TextTable) -> TextTable:
    assert text.glance is not None
    return replace(text, relation=text.glance.relation, rows_read=text.glance.rows)


def load(
    database: duckdb.DuckDBPyConnection, ordinary: Load, plan: FilePlan, choices: StageChoices, pipeline: str,
    time_zone: str, currency: str,
) -> Whole:  # fmt: skip
    """Load the file of a plan from `plain_plan` into the empty tables of the database in use. Raises NotPlain.

    The tables hold some of it then, and are to be thrown away.
    """
    if any(database.execute(f"SELECT 1 FROM {quoted(table)} LIMIT 1").fetchall() for table in SCHEMA):
        raise NotPlain
    typed = _typed(database, plan)
    if not ordinary.goes_straight(typed):
        raise NotPlain
    glanced = ordinary.add(typed)
    if glanced.rows_loaded != typed.text.rows_read or glanced.warnings != plan.text.repairs:
        raise NotPlain  # there is something to be said, and of the whole file
    decided = decide_stages(database, choices, pipeline)
    if remake(database, pipeline, time_zone, currency):
        raise NotPlain
    try:
        _write(database, ordinary, typed, plan, pipeline, time_zone)
    except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
        raise NotPlain from error
    rows = _check(database, plan)
    database.execute("DELETE FROM stages")
    stays.link_nothing(database)
    stages = stages_seen(database, choices, pipeline)
    write_stages(database, stages)
    if [_said(stage) for stage in stages] != [_said(stage) for stage in decided]:
        raise NotPlain
    _mark_seen(database, ordinary, typed)
    stays.show_alike(database)
    counted = _counted(database, replace(plan, text=replace(plan.text, rows_read=rows)))
    report = ordinary.finish(replace(glanced, relation=typed.text.relation, rows_read=rows, rows_loaded=rows))
    totals = {name: {"file": sums["loaded"], "loaded": sums["loaded"]} for name, sums in report.totals.items()}
    report = replace(report, relation=plan.text.relation, totals=totals, periods=_periods(database, plan))
    return Whole(report, tuple(stages), counted)


# Every cell as it is read


def _typed(database: duckdb.DuckDBPyConnection, plan: FilePlan) -> FilePlan:
    """The plan for the rows glanced at, with their cells read already; made for the whole file too, as `..._typed`."""
    text = plan.text
    assert text.glance is not None
    cells = ", ".join(f"{_cell(database, plan, column)} AS {column.name}" for column in plan.columns)
    for relation, line in ((text.glance.whole, ""), (text.glance.relation, "line, ")):
        database.execute(
            f"CREATE OR REPLACE VIEW scratch.{quoted(relation + '_typed')} AS SELECT {line}{cells} FROM scratch.{quoted(relation)}"
        )
    columns = tuple(_as_typed(column) for column in plan.columns)
    typed = replace(text, relation=text.glance.relation + "_typed", rows_read=text.glance.rows)
    return replace(plan, text=typed, columns=columns)


def _as_typed(column: ColumnPlan) -> ColumnPlan:
    if column.reading is None or not _is_typed(column):
        return column
    return replace(column, reading=replace(column.reading, sql=quoted(column.name)))


def _is_typed(column: ColumnPlan) -> bool:
    return column.reading is not None and column.reading.sql != quoted(column.name) and column.field not in _WORDS


def _cell(database: duckdb.DuckDBPyConnection, plan: FilePlan, column: ColumnPlan) -> str:
    """SQL of a cell as it is read; it fails where that cannot be."""
    name = column.name
    if column.field in _WORDS:
        return f"CAST({name} AS {_words(database, plan, column)})"
    if not _is_typed(column):
        return name
    assert column.reading is not None
    read = f"coalesce({column.reading.sql}, error('cannot be read'))"
    if column.reading.form:
        read = f"CASE WHEN {column.reading.form} THEN {read} ELSE error('of another form') END"
    return f"CASE WHEN {name} IS NOT NULL THEN {read} END"


def _words(database: duckdb.DuckDBPyConnection, plan: FilePlan, column: ColumnPlan) -> str:
    """The type of a column that has the words of the rows glanced at, and no others."""
    assert plan.text.glance is not None
    rows = database.execute(
        f"SELECT DISTINCT {column.name} FROM scratch.{quoted(plan.text.glance.relation)} WHERE {column.name} IS NOT NULL LIMIT {_MOST_WORDS + 1}"
    ).fetchall()
    if not 0 < len(rows) <= _MOST_WORDS:
        raise NotPlain
    return f"ENUM({', '.join(literal(word) for (word,) in sorted(rows))})"


# All rows


def _write(
    database: duckdb.DuckDBPyConnection, ordinary: Load, typed: FilePlan, plan: FilePlan, pipeline: str, time_zone: str
) -> None:
    """Make `deals` anew, of all rows, with the columns that it has of some."""
    assert plan.text.glance is not None
    kinds = columns_of(database, "deals")
    fields = ordinary.fields_of(typed)
    code, by_words = _decide_words(database, typed, fields, kinds, pipeline)
    day = database.execute("SELECT any_value(first_seen_on) FROM loaded_deals").fetchone()
    seen = f"DATE '{day[0]}'" if day and day[0] else "CAST(NULL AS DATE)"
    loaded = {name: f"CAST(NULL AS {kind})" for name, kind in columns_of(database, "temp.loaded_deals").items()}
    loaded |= fields | {"is_from_history": "false", "first_seen_on": seen, "last_seen_on": seen}
    loaded |= {name: f"w.{name}" for name in by_words}
    # To count the rows would keep all but one thread from the work.
    made = {"deal_no": "CAST(hash(l.deal_id) >> 1 AS BIGINT)"} | {name: f"l.made_{name}" for name in _MADE_OF_WORDS}
    made |= stays.date_columns("l.made_status", time_zone)
    told = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in loaded.items())
    told += ", w.code" + "".join(f", w.made_{name}" for name in _MADE_OF_WORDS)
    dates = ", ".join(f"{sql} AS new_{name}" for name, sql in made.items())
    number = stays.alike_number(database, kinds, {name: f"new_{name}" for name in made})
    sources = {name: name if name in made else name.removeprefix("said_") for name in kinds}
    absent = {
        name
        for name, source in sources.items()
        if loaded.get(source, "").startswith("CAST(NULL AS ") and name not in made
    }
    told_of = {name: f"new_{name}" if name in made else quoted(source) for name, source in sources.items()} | {
        alike.COLUMN: number
    }
    columns = ", ".join(
        f"CAST({told_of[name]} AS {_kind(database, name, kind)}) AS {quoted(name)}"
        for name, kind in kinds.items()
        if name not in absent
    )
    other = ["code IS NULL"] + [
        f"{name} IS DISTINCT FROM new_{said.SHOWN.get(name, name)}"
        for name in loaded
        if said.SHOWN.get(name, name) in made and f"said_{name}" not in kinds
    ]
    guard = f"WHERE CASE WHEN {' OR '.join(other)} THEN error('unlike the rows that were glanced at') ELSE true END"
    # The engine guesses that a CSV file has few rows, and would gather all of them to join the words to.
    database.execute(f"SET disabled_optimizers = '{BROKEN_OPTIMIZERS},join_order,build_side_probe_side'")
    # For text of many words: half the work of what the engine would choose, and no larger.
    database.execute("SET force_compression = 'zstd'")
    try:
        database.execute(
            f"""CREATE OR REPLACE TABLE deals AS SELECT {columns} FROM (
                    SELECT l.*, {dates} FROM (
                        SELECT {told} FROM scratch.{quoted(plan.text.glance.whole + "_typed")} LEFT JOIN words w ON w.code = {code}
                    ) l
                ) {guard}"""
        )
    finally:
        database.execute(f"RESET force_compression; SET disabled_optimizers = '{BROKEN_OPTIMIZERS}'")
    for name in absent:
        database.execute(f"ALTER TABLE deals ADD COLUMN {quoted(name)} {kinds[name]}")
    database.execute("DROP TABLE temp.words")
    said.show_deals(database)


def _decide_words(
    database: duckdb.DuckDBPyConnection,
    typed: FilePlan,
    fields: Mapping[str, str],
    kinds: Mapping[str, str],
    pipeline: str,
) -> tuple[str, list[str]]:
    """Work out once for each combination of words what follows from it, in the temporary table `words`.

    Returns SQL of its `code` in a row of the file, and the columns of `loaded_deals` it has beside `made_...`.
    """
    types = columns_of(database, f"scratch.{quoted(typed.text.relation)}")
    columns = [column for column in typed.columns if column.field in _WORDS]
    sizes = [int(number_of(database, f"SELECT len(enum_range(NULL::{types[column.name]})) + 1")) for column in columns]
    if prod(sizes) > _MOST_COMBINATIONS:
        raise NotPlain
    code = "0::BIGINT"
    for column, size in zip(columns, sizes, strict=True):
        code = f"({code}) * {size} + coalesce(enum_code({column.name}) + 1::BIGINT, 0)"
    every = ", ".join(
        f"(SELECT CAST(unnest(list_append(words, NULL)) AS {kind}) AS {column.name} FROM (SELECT enum_range(NULL::{kind}) AS words))"
        for column in columns
        if (kind := types[column.name])
    )
    held = columns_of(database, "temp.loaded_deals")
    told = {name: fields.get(name, "NULL") for name in ("pipeline", "stage", "file_status", "currency")}
    stored = {"pipeline": kinds["pipeline"], "stage": kinds["stage"], "currency": kinds["currency"]}
    loaded = ", ".join(f"CAST({sql} AS {held[name]}) AS {name}" for name, sql in told.items())
    shown = ", ".join(f"CAST(l.{name} AS {stored.get(name, 'VARCHAR')}) AS {name}" for name in told)
    as_text = stays.word_columns(dict.fromkeys(_MADE_OF_WORDS, "VARCHAR"))
    made = ", ".join(f"TRY_CAST({sql} AS {kinds[name]}) AS made_{name}" for name, sql in as_text.items())
    # What no row that was glanced at has, such as no pipeline where all have one, has no place here.
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE words AS FROM (SELECT code, {shown}, {made}
            FROM (SELECT {code} AS code, {loaded} FROM {every or "(SELECT 1)"}) l
            LEFT JOIN stages s ON s.pipeline = coalesce(l.pipeline, $pipeline) AND s.stage = l.stage)
            WHERE made_pipeline IS NOT NULL AND made_status IS NOT NULL AND made_stage IS NOT DISTINCT FROM stage""",
        {"pipeline": pipeline},
    )
    return code, [name for name in told if name in fields]


def _kind(database: duckdb.DuckDBPyConnection, name: str, kind: str) -> str:
    """The type of a column of all deals: where some of them have a word of their own, the others may have more."""
    if not kind.startswith("ENUM") or name in ("status", "stage", "pipeline"):
        return kind
    alone = f"SELECT 1 FROM deals WHERE {quoted(name)} IS NOT NULL GROUP BY {quoted(name)} HAVING count(*) < 3 LIMIT 1"
    return "VARCHAR" if database.execute(alone).fetchall() else kind


def _check(database: duckdb.DuckDBPyConnection, plan: FilePlan) -> int:
    """How many deals there are. Raises NotPlain where rows are missing or double, or look like none."""
    held = columns_of(database, "loaded_deals")
    fields = {column.name: column.field for column in plan.columns}
    first = [quoted(field) for i in range(3) if (field := fields.get(f"c{i}")) in held and held[field] == "VARCHAR"]
    label = f"coalesce({', '.join(first)})" if first else "NULL"
    starts = ", ".join(map(literal, SUSPECT_LETTERS))
    numbers = [name for name in held if name.endswith("_id") and name in fields.values()]
    odd = " OR ".join(f"contains({quoted(name)}, '.') OR contains({quoted(name)}, ';')" for name in numbers)
    row = database.execute(
        f"""SELECT count(*), count(deal_id), (SELECT count(DISTINCT deal_no) FROM deals), count(*) FILTER (left({label}, 1) IN ({starts}) AND regexp_matches({label}, {literal(SUSPECT_STARTS)})),
                   count(*) FILTER ({odd}), coalesce(max(probability), 0) FROM loaded_deals"""
    ).fetchone()
    rows, named, different, suspect, dotted, probability = row or (0, 0, 0, 0, 0, 0)
    assert plan.text.glance is not None
    is_complete = rows == plan.text.glance.lines or not plan.text.glance.may_skip_lines
    if not is_complete:
        is_complete = rows + _breaks(database) == plan.text.glance.lines
    if not rows == named == different or not is_complete or suspect or dotted or probability > 1:
        raise NotPlain
    return int(rows)


def _breaks(database: duckdb.DuckDBPyConnection) -> int:
    """How many line breaks stand in cells."""
    text = [quoted(name) for name, kind in columns_of(database, "deals").items() if kind == "VARCHAR"]
    counts = (
        f"coalesce(sum(length({c}) - length(replace({c}, chr(10), ''))) FILTER (contains({c}, chr(10))), 0)"
        for c in text
    )
    return int(number_of(database, f"SELECT {' + '.join(counts)} FROM deals"))


def _said(stage: Stage) -> tuple[str, str, int, str]:
    return stage.pipeline, stage.stage, stage.order, stage.outcome


def _mark_seen(database: duckdb.DuckDBPyConnection, ordinary: Load, typed: FilePlan) -> None:
    """The file shows the day of the latest event of all its rows."""
    day = ordinary.snapshots.day_of_all(typed, [*ordinary.fields_of(typed)])
    database.execute(
        "UPDATE deals SET first_seen_on = $day, last_seen_on = $day WHERE last_seen_on IS DISTINCT FROM $day",
        {"day": day},
    )


# What is said of all rows


def _held(plan: FilePlan, names: Mapping[str, str]) -> list[tuple[ColumnPlan, str]]:
    """The columns of the file with the column of `loaded_deals` that holds them as they are."""
    put_under = {"status": "file_status", "closed_at": "file_close"}
    return [
        (column, quoted(name))
        for column in plan.columns
        if column.field and (name := put_under.get(column.field, column.field)) in names
    ]


def _periods(database: duckdb.DuckDBPyConnection, plan: FilePlan) -> dict[str, tuple[datetime, datetime]]:
    """The first and the last moment in each column of dates, by header."""
    dated = [
        (column, name)
        for column, name in _held(plan, columns_of(database, "loaded_deals"))
        if column.header and column.reading and column.reading.kind in ("date", "timestamp")
    ]
    if not dated:
        return {}
    asked = ", ".join(f"CAST(min({name}) AS TIMESTAMP), CAST(max({name}) AS TIMESTAMP)" for _, name in dated)
    row = database.execute(f"SELECT {asked} FROM loaded_deals").fetchone() or ()
    names = unique([column.header for column in plan.columns])
    return {
        names[column.position]: (row[2 * place], row[2 * place + 1])
        for place, (column, _) in enumerate(dated)
        if row[2 * place] is not None
    }


def _counted(database: duckdb.DuckDBPyConnection, plan: FilePlan) -> FilePlan:
    """The plan with the share of filled cells among all rows."""
    held = _held(plan, columns_of(database, "loaded_deals"))
    counts = database.execute(f"SELECT {', '.join(f'count({name})' for _, name in held)} FROM loaded_deals").fetchone()
    shares = {
        column.position: count / plan.text.rows_read for (column, _), count in zip(held, counts or (), strict=True)
    }
    return replace(
        plan,
        columns=tuple(replace(column, filled=shares.get(column.position, column.filled)) for column in plan.columns),
    )
