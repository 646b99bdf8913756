"""One recognised file into the workspace's tables, with every row accounted for.

rows read = loaded + updated + unchanged + removed + rejected, always. What is set aside goes to `rejects`, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from data import change_log, deal_states, differences, leads, order_lines, vat
from data.appending import Appended, append
from data.becoming import PUT_IN, Becoming
from data.checks import leave_moves, note_cells, note_repeats, reject, remove
from data.database import quoted
from data.deciding import NOT_OF_STAYS
from data.into_tables import RECORDED, append_stays, is_simple, put_all, record_changed_stages, record_stage_columns
from data.messages import Message, say, say_n
from data.reading import SkippedLine
from data.recognise import LOADED, FilePlan
from data.said import keep
from data.sample import Row, first_rows
from data.schema import SCHEMA
from data.snapshots import Snapshots
from data.sql import delete, drop, number_of, same
from data.upsert import Change, Upserted, upsert

# What serves its purpose before rows are stored.
_DROPPED = {"is_deleted", "is_cancelled", "from_stage", "changed_field", "is_move"}
# Of a contact, what only its lead keeps.
_OF_LEADS = {"lifecycle", "lead_status", "source", "deal_id", "became_lead_at", "became_deal_at", "became_customer_at"}


@dataclass(frozen=True)
class FileReport:
    """What became of one file. `columns` has a header's column, or None for one kept as an attribute."""

    name: str
    path: str
    sheet: str | None
    relation: str
    table: str
    source: str
    encoding: str
    delimiter: str
    date_order: str | None
    header_line: int
    rows_read: int
    rows_loaded: int
    rows_updated: int
    rows_unchanged: int
    rows_removed: int
    rows_rejected: int
    skipped_lines: tuple[SkippedLine, ...]
    headers: tuple[str, ...]
    columns: dict[str, str | None]
    totals: dict[str, dict[str, float]]
    warnings: tuple[Message, ...]
    checks: tuple[Message, ...] = ()  # guesses that a person should look at
    digest: str = ""  # sha256 of the uploaded file
    loaded_before: int | None = None  # the standing import that loaded this very file
    periods: Mapping[str, tuple[datetime, datetime]] = field(
        default_factory=dict
    )  # first and last of each column of dates
    is_remembered: bool = False  # read as files of its shape were before
    changes: tuple[Change, ...] = ()  # what the file changes in rows that were there, most rows first
    first_rows: tuple[Row, ...] = ()  # as they are stored
    held: Mapping[str, Mapping[str, float]] = field(
        default_factory=dict
    )  # of a sum: what rows set aside and left out hold

    def json(self, most_lines: int | None = None) -> dict[str, Any]:
        """The part of `--json` that is about this file; of the skipped lines no more than so many."""
        counts = {
            name: getattr(self, name)
            for name in ("rows_read", "rows_loaded", "rows_updated", "rows_unchanged", "rows_removed", "rows_rejected")
        }
        # There can be a million lines, and few reasons.
        reasons = {
            id(skipped.reason): str(skipped.reason)
            for skipped in {id(s.reason): s for s in self.skipped_lines[:most_lines]}.values()
        }
        return {
            "path": self.path, "sheet": self.sheet, "table": self.table, "source": self.source, "encoding": self.encoding,
            "delimiter": self.delimiter, "date_order": self.date_order, "header_line": self.header_line, **counts,
            "skipped_lines": [{"line": skipped.line, "reason": reasons[id(skipped.reason)]} for skipped in self.skipped_lines[:most_lines]],
            "headers": list(self.headers), "columns": self.columns, "totals": self.totals,
            "changes": [change.json() for change in self.changes],
            "warnings": [str(warning) for warning in (*self.checks, *self.warnings)],
            "digest": self.digest, "loaded_before": self.loaded_before, "is_remembered": self.is_remembered,
            "periods": {header: [moment.isoformat() for moment in ends] for header, ends in self.periods.items()},
        }  # fmt: skip


class Load:
    """Puts files into the database in use; their texts are in the attached database `scratch`.

    `today` is the day of the import numbered `number`; None is this one.
    """

    def __init__(
        self, database: duckdb.DuckDBPyConnection, number: int, today: date | None = None, time_zone: str = "UTC"
    ) -> None:
        self._database = database
        self._number = number
        self._incoming: dict[str, str] = {}
        self._simple: set[str] = set()  # relations whose rows all went into an empty table
        self._appended: dict[str, dict[str, float]] = {}  # sums of the relations whose table has no key
        self._becoming = Becoming(database, number)
        self.snapshots = Snapshots(database, number, today or datetime.now(UTC).date(), time_zone)

    def turn_of(self, plan: FilePlan) -> tuple[int, date]:
        """What files are put in order by: those that others refer to first, and pictures of the deals by their days."""
        day = self.snapshots.day_said(plan) if plan.table == "deals" else None
        return LOADED.index(plan.table), day or date.max

    def add(self, plan: FilePlan) -> FileReport:
        """Check and store the rows of one file."""
        warnings: list[Message] = [*plan.text.repairs]
        keep(self._database, "recorded_stages")
        if not plan.text.rows_read:
            warnings.append(say("There are no rows under the header."))
        incoming = self._incoming[plan.text.relation] = f"incoming_{len(self._incoming) + 1}"
        fields = self._becoming.fields(plan, warnings)
        sums = self._becoming.sums(plan, fields)
        vat.tell(plan, sums, warnings)
        attributes = self._becoming.attributes(plan)
        select = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in (fields | attributes).items())
        rows = f"SELECT line, {select} FROM scratch.{quoted(plan.text.relation)}"
        self._becoming.remember_headers(plan, attributes)
        note_cells(self._database, self._number, plan, warnings)
        note_repeats(plan, warnings)
        dropped = _DROPPED | (NOT_OF_STAYS if plan.table == "stage_entries" else set())
        names = [name for name in [*fields, *attributes] if name not in dropped]
        removed = rejected = 0
        held: dict[str, dict[str, float]] = {}
        counted = incoming
        simple = is_simple(self._database, plan, fields, rows)
        self._database.execute(f"CREATE OR REPLACE TEMP {'VIEW' if simple else 'TABLE'} {incoming} AS {rows}")
        log = self._log_of(plan, incoming, fields)
        states = deal_states.are_in(plan.table, fields)
        others = Appended(0, 0, {})
        if not simple:
            removed = leave_moves(self._database, incoming, fields, warnings) if plan.table == "stage_entries" else 0
            whole = self._sums(incoming, sums)
            rejected = reject(self._database, self._number, plan, incoming, fields)
            usable = self._sums(incoming, sums)
            if log and "is_move" in fields:
                others = self._append_others(incoming, log, warnings)
            if states:
                log, nothing = deal_states.compare(self._database, plan, incoming, fields, warnings)
                removed += nothing
            removed += remove(self._database, plan, incoming, fields, warnings)
            left = self._sums(incoming, sums)
            held = {
                name: {"rejected": whole[name] - usable[name], "removed": usable[name] - left[name]} for name in sums
            }
        if simple:
            self._simple.add(plan.text.relation)
            found = Upserted(put_all(self._database, plan, incoming, rows, names), 0, 0)
            if plan.table == "deals":
                self.snapshots.put_all(plan, names)
        elif plan.table == "stage_entries":
            differences.give_way(self._database, incoming)
            if log and states:
                found = deal_states.put(self._database, incoming, log, names)
            else:
                loaded, updated, unchanged = append_stays(self._database, incoming, names)
                if log:
                    change_log.append(self._database, self._left(incoming, log))
                    self._database.execute("DROP TABLE new_changes")
                found = Upserted(loaded + others.loaded, updated, unchanged + others.unchanged)
        elif SCHEMA[plan.table].key is None:
            found = self._append(plan, incoming, names, warnings)
        elif plan.table == "deals":
            found, counted = self.snapshots.put(plan, incoming, names, plan.options.rules, warnings)
        else:
            own = [name for name in names if plan.table != "contacts" or name not in _OF_LEADS]
            target, key = PUT_IN.get(plan.table, plan.table), SCHEMA[plan.table].key or ""
            found = upsert(self._database, target, incoming, key, own, plan.options.rules)
        if plan.table == "contacts" and _OF_LEADS & set(fields):
            self._add_leads(plan, incoming, fields, warnings)
        if plan.stage_columns:
            record_stage_columns(
                self._database, self._becoming, plan, counted, "i.pipeline" if "pipeline" in fields else "NULL"
            )
        text = plan.text
        return FileReport(
            text.name, text.name, text.sheet, text.relation, plan.table, plan.source.name, text.encoding, text.delimiter,
            plan.date_order, text.header_line, text.rows_read, found.loaded, found.updated, found.unchanged, removed, rejected,
            text.skipped_lines, text.headers, _columns(plan), {name: {"file": total, "loaded": 0.0} for name, total in sums.items()},
            tuple(warnings),
            tuple(
                say("Please check {header}: {reason}", header=column.header, reason=column.reason)
                for column in plan.columns
                if column.confidence == "check"
            )
            + ((plan.doubt,) if plan.doubt else ()),
            changes=_as_called(found.changes, plan, attributes),
            held=held,
        )  # fmt: skip

    def goes_straight(self, plan: FilePlan) -> bool:
        """Whether every row of a file can go into its table, which is empty, as it is."""
        select = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in self.fields_of(plan).items())
        rows = f"SELECT line, {select} FROM scratch.{quoted(plan.text.relation)}"
        return is_simple(self._database, plan, self.fields_of(plan), rows)

    def let_go(self) -> None:
        """Drop what was put before the tables."""
        for name in self._incoming.values():
            drop(self._database, name)

    def fields_of(self, plan: FilePlan) -> dict[str, str]:
        """SQL of each column to store of a file that was added, by its name."""
        return self._becoming.fields(plan, []) | self._becoming.attributes(plan)

    def _sums(self, incoming: str, names: Iterable[str]) -> dict[str, float]:
        """What the rows of a file that are still to come in hold of each sum."""
        return {
            name: number_of(self._database, f"SELECT round(coalesce(fsum({quoted(name)}), 0), 6) FROM {incoming}")
            for name in names
        }

    def finish(self, report: FileReport) -> FileReport:
        """Add up, in the tables as they now are, the money this file brought."""
        key = SCHEMA[report.table].key
        incoming = self._incoming[report.relation]
        totals = {}
        for name, sums in report.totals.items():
            if report.relation in self._appended:
                totals[name] = {"file": sums["file"], "loaded": self._appended[report.relation][name]}
                continue
            if (
                report.relation in self._simple
                and key is not None
                and number_of(self._database, f"SELECT count(*) FROM {quoted(report.table)}") == report.rows_loaded
            ):
                source = f"{quoted(report.table)} t"
            elif key is None:
                source = f"recorded_stages t SEMI JOIN {incoming} i ON {same(RECORDED)}"
            else:
                source = f"{quoted(report.table)} t SEMI JOIN {incoming} i USING ({key})"
            totals[name] = {
                "file": sums["file"],
                "loaded": number_of(self._database, f"SELECT round(coalesce(fsum({name}), 0), 6) FROM {source}"),
            }
        rows = first_rows(self._database, report.table, incoming)
        kind = "VIEW" if report.relation in self._simple else "TABLE"
        self._database.execute(f"DROP {kind} {incoming}; DROP TABLE IF EXISTS {incoming}_newer")
        return replace(report, totals=totals, first_rows=rows)

    def _append(self, plan: FilePlan, incoming: str, names: list[str], warnings: list[Message]) -> Upserted:
        """Rows of a table without a key."""
        if plan.table == "orders":
            order_lines.say_repeats(self._database, plan, incoming, warnings)
        if plan.table == "deal_changes":
            made = change_log.make(self._database, incoming, {name: name for name in change_log.NAMES if name in names})
            given = [name for name in ("field", "old_value", "new_value") if name in names]
            self._database.execute(
                f"UPDATE {incoming} i SET {', '.join(f'{name} = c.{name}' for name in given)} FROM {made} c WHERE c.line = i.line"
            )
            record_changed_stages(self._database, made, self._number)
            self._database.execute(f"DROP TABLE {made}")
        done = append(self._database, plan.table, incoming, names)
        self._appended[plan.text.relation] = done.totals
        return Upserted(done.loaded, 0, done.unchanged)

    def _log_of(self, plan: FilePlan, incoming: str, fields: dict[str, str]) -> str | None:
        """The table of what changed, of a history that is a log of all fields; None of any other."""
        if plan.table != "stage_entries" or "is_move" not in fields:
            return None
        columns = {"deal_id": "deal_id", "field": "changed_field", "new_value": "stage", "changed_at": "entered_at"}
        columns |= {"old_value": "from_stage"} if "from_stage" in fields else {}
        editor = next((name for name in ("editor_id", "owner_id", "owner") if name in fields), None)
        columns |= {"owner_id": editor} if editor else {}
        return change_log.make(self._database, incoming, columns)

    def _append_others(self, incoming: str, log: str, warnings: list[Message]) -> Appended:
        """Take the changes of other fields than the stage out of `incoming`, into `deal_changes`."""
        self._database.execute(
            f"CREATE OR REPLACE TEMP TABLE {log}_others AS FROM {log} SEMI JOIN (SELECT line FROM {incoming} WHERE NOT is_move) USING (line)"
        )
        change_log.append(self._database, f"{log}_others")
        new = int(number_of(self._database, "SELECT count(*) FROM new_changes"))
        others = delete(self._database, incoming, "NOT is_move")
        self._database.execute(f"DROP TABLE {log}_others; DROP TABLE new_changes")
        if others:
            warnings.append(
                say_n(
                    "{n} row records a change of something else than the stage: it was kept among the changes of deals.",
                    "{n} rows record changes of something else than the stage: they were kept among the changes of deals.",
                    others,
                )
            )
        return Appended(new, others - new, {})

    def _left(self, incoming: str, log: str) -> str:
        """The rows of a log whose lines are still in `incoming`."""
        self._database.execute(f"DELETE FROM {log} WHERE line NOT IN (SELECT line FROM {incoming})")
        return log

    def _add_leads(self, plan: FilePlan, incoming: str, fields: dict[str, str], warnings: list[Message]) -> None:
        """The contacts that are leads, in the table of leads too."""
        made = f"{incoming}_leads"
        found = leads.of_contacts(self._database, incoming, fields, made)
        if found:
            columns = [column.name for column in SCHEMA["leads"]]
            upsert(self._database, PUT_IN["leads"], made, "lead_id", columns, plan.options.rules)
            warnings.append(
                say_n(
                    "{n} of these people is a lead too, by lead status or lifecycle stage. It counts as converted once it has a deal, or is an opportunity or a customer.",
                    "{n} of these people are leads too, by lead status or lifecycle stage. They count as converted once they have a deal, or are opportunities or customers.",
                    found,
                )
            )
        self._database.execute(f"DROP TABLE {made}")


def _as_called(changes: Sequence[Change], plan: FilePlan, attributes: Mapping[str, str]) -> tuple[Change, ...]:
    """Changes of columns that mean nothing to us, under their headers."""
    headers = {column.name: column.header for column in plan.columns}
    return tuple(
        replace(change, column=headers[attributes[change.column]]) if change.column in attributes else change
        for change in changes
    )


def _columns(plan: FilePlan) -> dict[str, str | None]:
    columns: dict[str, str | None] = {}
    for column in plan.columns:
        name = column.header
        while name in columns:
            name += "'"
        columns[name] = column.field
    return columns
