"""What a file holds: which table, from which system, and what each of its columns means, with how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import duckdb

from data.database import quoted
from data.deciding import DECIDING, STATUS_OF, targets
from data.errors import NotRecognised
from data.messages import say
from data.plan import ColumnPlan, Confidence, FileOptions, FilePlan, Fix, Rule, named
from data.reading import TextTable
from data.schema import MOST_STAGES, Kind
from data.sources import Source, StageColumn, fold
from data.sources.generic import GENERIC
from data.survey_answers import SCORES, read_words
from data.values import read_as
from data.which_column import apply, find_by_content, match
from data.which_table import LOADED, NEEDED, SOURCES, lacking, match_history, table_of

__all__ = [
    "DECIDING", "LOADED", "NEEDED", "SOURCES", "STATUS_OF", "ColumnPlan", "Confidence", "FileOptions", "FilePlan", "Fix", "Rule",
    "lacking", "recognise", "targets",
]  # fmt: skip


def recognise(
    database: duckdb.DuckDBPyConnection, text: TextTable, options: FileOptions, time_zone: str = "UTC"
) -> FilePlan:
    """Decide what `text` holds. Raises NotRecognised when it is nothing we know, RequestProblem for wrong options."""
    samples, filled = _look(database, text)
    source, table, doubt = table_of(database, text, options, samples)
    mapping = match(text.headers, source, table)
    if table == "stage_entries":
        mapping = match_history(text, options, samples, source)
    apply(text, table, options.mapping, mapping)
    mapping = find_by_content(database, text, table, mapping, samples)
    absent = lacking(table, (match[0] for match in mapping.values()))
    if absent:
        raise NotRecognised(
            say(
                "{name} cannot be loaded as {table}: no column is its {missing}.",
                name=named(text),
                table=table,
                missing=absent[0][0],
            ),
            say("Say which column it is, or choose another table."),
        )
    columns = []
    kinds = {column.name: column.kind for column in targets(table)}
    for position, header in enumerate(text.headers):
        name, confidence, reason = mapping.get(position, (None, "aside", say("Kept as a column of its own.")))
        stage = _stage_column(source, header) if table == "deals" and name is None and position not in mapping else None
        if stage:
            name, confidence, reason = "entered_at", "sure", say("When deals entered {stage}.", stage=stage.stage)
        columns.append(
            ColumnPlan(position, header, name, stage, confidence, reason, filled[position], samples[position][:3])
        )
    read = _read(database, text, columns, kinds, options, time_zone)
    if table == "deals":
        read = [_check_status(database, text, _check_stages(database, text, column)) for column in read]
    return FilePlan(text, table, source, tuple(read), options, doubt)


def _stage_column(source: Source, header: str) -> StageColumn | None:
    return source.stage_column(header) or GENERIC.stage_column(header)


# What the cells look like


def _look(database: duckdb.DuckDBPyConnection, text: TextTable) -> tuple[list[tuple[str, ...]], list[float]]:
    """The different values among the first rows of each column, and the share of its cells that are filled."""
    head = database.execute(f"SELECT * EXCLUDE (line) FROM {quoted(text.relation)} LIMIT 400").fetchall()
    samples = [
        tuple(dict.fromkeys(str(row[place])[:120] for row in head if row[place] is not None))
        for place in range(len(text.headers))
    ]
    counts = ", ".join(f"count(c{place})" for place in range(len(text.headers)))
    row = database.execute(f"SELECT {counts} FROM {quoted(text.relation)}").fetchone() or ()
    return samples, [count / max(text.rows_read, 1) for count in row]


def _read(
    database: duckdb.DuckDBPyConnection,
    text: TextTable,
    columns: Sequence[ColumnPlan],
    kinds: Mapping[str, Kind],
    options: FileOptions,
    time_zone: str,
) -> list[ColumnPlan]:
    """Decide how the cells of each known column are read, and give up those whose cells say otherwise."""
    read = []
    for column in columns:
        if column.field is None:
            read.append(column)
            continue
        kind: Kind = "timestamp" if column.stage else kinds[column.field]
        reading = read_as(database, text.relation, column.name, kind, order=options.date_order, time_zone=time_zone)
        if column.field in SCORES:
            reading = read_words(database, text.relation, column.name, reading)
        read.append(replace(column, reading=reading))
    read = _agree_on_order(database, text, read, options, time_zone)
    typed = [c for c in read if c.reading and c.reading.sql != quoted(c.name) and not c.reading.is_whole]
    if typed:
        counts = ", ".join(f"count({column.reading.sql})" for column in typed if column.reading)
        row = database.execute(f"SELECT {counts} FROM {quoted(text.relation)}").fetchone() or ()
        for column, good in zip(typed, row, strict=True):
            cells = round(column.filled * text.rows_read)
            if cells and good < 0.5 * cells and fold(column.header) not in {fold(header) for header in options.mapping}:
                reason = say(
                    "The header says {field}, but most cells, such as {example}, do not.",
                    field=column.field or "",
                    example=column.samples[0] if column.samples else "",
                )
                read[column.position] = replace(
                    column, field=None, stage=None, reading=None, confidence="check", reason=reason
                )
            elif column.reading and not column.reading.sure:
                read[column.position] = replace(column, confidence="check", reason=column.reading.reason)
    return read


def _agree_on_order(
    database: duckdb.DuckDBPyConnection,
    text: TextTable,
    columns: list[ColumnPlan],
    options: FileOptions,
    time_zone: str,
) -> list[ColumnPlan]:
    """A column whose dates fit both orders follows the one that tells, in the same file."""
    telling = next((c for c in columns if c.reading and c.reading.order and c.reading.sure), None)
    if telling is None or telling.reading is None or options.date_order:
        return columns
    agreed = []
    for column in columns:
        if column.reading and column.reading.order and not column.reading.sure:
            reading = read_as(
                database,
                text.relation,
                column.name,
                column.reading.kind,
                order=telling.reading.order,
                time_zone=time_zone,
            )
            reason = say("Read like {column}: {reason}", column=telling.header, reason=telling.reading.reason)
            column = replace(column, reading=replace(reading, reason=reason))
        agreed.append(column)
    return agreed


def _check_stages(database: duckdb.DuckDBPyConnection, text: TextTable, column: ColumnPlan) -> ColumnPlan:
    """A column called stage with more different values than any process has stages is no stage."""
    if column.field != "stage" or column.reason == say("As you chose."):
        return column
    row = database.execute(f"SELECT count(DISTINCT {column.name}) FROM {quoted(text.relation)}").fetchone()
    values = int(row[0]) if row else 0
    if values <= MOST_STAGES:
        return column
    return replace(
        column, field=None, reading=None, confidence="check",
        reason=say("It has {n} different values, too many for stages, so it is kept as a column of its own.", n=values),
    )  # fmt: skip


def _check_status(database: duckdb.DuckDBPyConnection, text: TextTable, column: ColumnPlan) -> ColumnPlan:
    """A column called status whose words are not open, won or lost is no status."""
    if column.field != "status" or column.reason == say("As you chose."):
        return column
    rows = database.execute(
        f"SELECT {column.name}, count(*) FROM {quoted(text.relation)} WHERE {column.name} IS NOT NULL GROUP BY 1 LIMIT 1000"
    ).fetchall()
    known = sum(cells for word, cells in rows if fold(word) in STATUS_OF)
    if rows and known < 0.8 * sum(cells for _, cells in rows):
        return replace(
            column, field=None, reading=None, confidence="check",
            reason=say("Its words are not open, won and lost, so it is kept as a column of its own."),
        )  # fmt: skip
    return column
