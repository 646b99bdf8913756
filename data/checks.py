"""Cells that cannot be read, rows that lack something, rows that were deleted or come twice: none goes unsaid."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from data import deal_states
from data.appending import remove_lines, say_deleted
from data.becoming import PUT_IN
from data.database import quoted
from data.into_tables import RECORDED
from data.messages import Message, say, say_n
from data.plan import ColumnPlan
from data.recognise import FilePlan
from data.schema import SCHEMA
from data.sql import delete, number_of, same


def note_repeats(plan: FilePlan, warnings: list[Message]) -> None:
    """Say which headers stand more than once, where the first means something and the others do not."""
    places: dict[str, list[ColumnPlan]] = {}
    for column in plan.columns:
        places.setdefault(column.header, []).append(column)
    for header, (first, *others) in places.items():
        if first.field and header and any(column.filled for column in others) and not any(c.field for c in others):
            warnings.append(
                say(
                    "{header} stands {n} times: the first is taken as {field}, the others are kept as columns of their own.",
                    header=header, n=len(others) + 1, field=first.field,
                )
            )  # fmt: skip


def note_cells(database: duckdb.DuckDBPyConnection, number: int, plan: FilePlan, warnings: list[Message]) -> None:
    """Cells that cannot be read are emptied, kept in `rejects` and said."""
    # The date of a stay is not optional: without it the row is set aside, which is said there.
    apart = {"status"} if plan.table in ("deals", "leads") else {"entered_at", *_NEEDED.get(plan.table, ())}
    typed = [
        c
        for c in plan.columns
        if c.field and c.reading and c.reading.sql != quoted(c.name) and not c.reading.is_whole and c.field not in apart
    ]
    if not typed:
        return
    relation = f"scratch.{quoted(plan.text.relation)}"
    counts = database.execute(
        f"SELECT {', '.join(f'count({c.name}) - count({c.reading.sql})' for c in typed if c.reading)} FROM {relation}"
    ).fetchone()
    for column, bad in zip(typed, counts or (), strict=True):
        if not bad or column.reading is None:
            continue
        kind = (
            "date"
            if column.reading.kind in ("date", "timestamp")
            else "flag"
            if column.reading.kind == "flag"
            else "number"
        )
        reason = {"date": say("Not a date."), "number": say("Not a number."), "flag": say("Not yes or no.")}[kind]
        wrong = f"{column.name} IS NOT NULL AND ({column.reading.sql}) IS NULL"
        database.execute(
            f"""INSERT INTO rejects SELECT ?, ?, line, ?, {column.name}, ?, NULL, false FROM {relation} WHERE {wrong}""",
            [number, plan.label, column.header, reason.dump()],
        )
        line, example = database.execute(
            f"SELECT line, {column.name} FROM {relation} WHERE {wrong} ORDER BY line LIMIT 1"
        ).fetchone() or (0, "")
        warnings.append(
            say_n(
                "{header}: {n} cell could not be read and was left empty: {example} in line {line}.",
                "{header}: {n} cells could not be read and were left empty, such as {example} in line {line}.",
                bad, header=column.header, example=example, line=str(line),
            )
        )  # fmt: skip


# What a row of a table without a key cannot live without.
_NEEDED = {
    "stage_entries": ("deal_id", "stage", "entered_at"),
    "deal_changes": ("deal_id", "field", "changed_at"),
    "orders": ("ordered_at",),
    "survey_invitations": ("sent_at",),
}


def reject(
    database: duckdb.DuckDBPyConnection, number: int, plan: FilePlan, incoming: str, fields: dict[str, str]
) -> int:
    """Set aside the rows that lack what they cannot live without."""
    needed: Sequence[str] = _NEEDED.get(plan.table) or (SCHEMA[plan.table].key or "",)
    reasons = {
        "deal_id": say("There is no deal number."), "stage": say("There is no stage."), "entered_at": say("There is no date that can be read."),
        "customer_id": say("There is no customer name or number."), "person_id": say("There is no name."), "product_id": say("There is no product name or number."),
        "lead_id": say("There is no name or number."), "contact_id": say("There is no name or number."),
        "ordered_at": say("There is no date that can be read."), "changed_at": say("There is no date that can be read."),
        "sent_at": say("There is no date that can be read."), "field": say("It does not say what changed."),
        "activity_id": say("It says nothing."), "case_id": say("It says nothing."), "subscription_id": say("It says nothing."),
        "response_id": say("It says nothing."),
    }  # fmt: skip
    rejected = 0
    raw = ", ".join(f"r.c{place}" for place in range(len(plan.text.headers)))
    for name in needed:
        column = plan.column(name)
        cell = f"r.{column.name}" if column else "NULL"
        # In a log of changes only those of the stage have one.
        lacks = f"{name} IS NULL" + (" AND is_move" if name == "stage" and "is_move" in fields else "")
        database.execute(
            f"""INSERT INTO rejects SELECT ?, ?, line, ?, {cell}, ?, to_json([{raw}]), true
                FROM {incoming} i JOIN scratch.{quoted(plan.text.relation)} r USING (line) WHERE {lacks}""",
            [number, plan.label, column.header if column else "", reasons[name].dump()],
        )
        rejected += delete(database, incoming, lacks)
    return rejected


def remove(
    database: duckdb.DuckDBPyConnection, plan: FilePlan, incoming: str, fields: dict[str, str], warnings: list[Message]
) -> int:
    """Leave out what the source deleted, and all but the first row of a key."""
    if SCHEMA[plan.table].key is None and plan.table != "stage_entries":
        return remove_lines(database, plan.table, incoming, list(fields), warnings)
    removed = 0
    if "is_deleted" in fields and plan.table != "stage_entries":
        key = SCHEMA[plan.table].key or ""
        for table in {
            PUT_IN.get(plan.table, plan.table),
            *(("recorded_stages", "deal_changes") if plan.table == "deals" else ()),
        }:
            database.execute(f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {incoming} WHERE is_deleted)")
        gone = database.execute(f"DELETE FROM {incoming} WHERE is_deleted").fetchone()
        removed += gone[0] if gone else 0
        if removed:
            warnings.append(say_deleted(removed))
    keys = ", ".join(RECORDED) if plan.table == "stage_entries" else SCHEMA[plan.table].key
    alike = f"SELECT count(*) - count(DISTINCT hash({keys})) FROM {incoming}"
    if not number_of(database, alike):  # equal rows have equal hashes
        return removed
    doubled = f"SELECT line, {keys}, row_number() OVER (PARTITION BY {keys} ORDER BY line) AS turn FROM {incoming}"
    example = database.execute(f"SELECT * FROM ({doubled}) WHERE turn > 1 ORDER BY line LIMIT 1").fetchone()
    if example is None:
        return removed
    gone = database.execute(
        f"DELETE FROM {incoming} WHERE line IN (SELECT line FROM ({doubled}) WHERE turn > 1)"
    ).fetchone()
    doubles = gone[0] if gone else 0
    warnings.append(
        say_n(
            "{n} row repeats the key of an earlier one and was left out: {example} in line {line}.",
            "{n} rows repeat the key of an earlier one and were left out, such as {example} in line {line}.",
            doubles, example=str(example[1]), line=str(example[0]),
        )
    )  # fmt: skip
    return removed + doubles


def leave_moves(
    database: duckdb.DuckDBPyConnection, incoming: str, fields: dict[str, str], warnings: list[Message]
) -> int:
    """Leave out of a history what is deleted or no move into another stage; returns how many rows.

    Of states of deals (`data.deal_states`), only what is deleted.
    """
    removed = 0
    are_states = deal_states.are_in("stage_entries", fields)
    if "is_deleted" in fields:
        database.execute(f"DELETE FROM recorded_stages t USING {incoming} i WHERE i.is_deleted AND {same(RECORDED)}")
        if are_states or "is_move" in fields:
            database.execute(
                f"""DELETE FROM deal_changes t USING {incoming} i
                    WHERE i.is_deleted AND t.deal_id = i.deal_id AND t.changed_at = i.entered_at AND t.changed_after IS NULL"""
            )
        deleted = delete(database, incoming, "is_deleted")
        removed += deleted
        if deleted:
            warnings.append(say_deleted(deleted))
    if "is_move" in fields:
        # The row that says a deal was made dates the stage of its first change.
        database.execute(
            f"""UPDATE {incoming} SET stage = f.stage, is_move = true
                FROM (SELECT deal_id, arg_min(from_stage, (entered_at, line)) AS stage FROM {incoming} WHERE is_move GROUP BY deal_id) f
                WHERE NOT {incoming}.is_move AND lower(changed_field) = 'created' AND f.deal_id = {incoming}.deal_id AND f.stage IS NOT NULL"""
            if "from_stage" in fields
            else "SELECT 1"
        )
    if "from_stage" in fields and not are_states:
        stayed = delete(database, incoming, f"{'is_move AND ' if 'is_move' in fields else ''}from_stage = stage")
        removed += stayed
        if stayed:
            warnings.append(
                say_n(
                    "{n} row changes no stage (but an amount, a date or a probability) and was left out.",
                    "{n} rows change no stage (but an amount, a date or a probability) and were left out.",
                    stayed,
                )
            )
    return removed
