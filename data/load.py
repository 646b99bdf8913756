"""One recognised file into the workspace's tables, with every row accounted for.

rows read = loaded + updated + unchanged + removed + rejected, always. What is set aside goes to `rejects`, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from data import leads
from data.engine import quoted
from data.messages import Message, say, say_n
from data.reading import SkippedLine
from data.recognise import STATUS_OF, ColumnPlan, FilePlan
from data.said import keep, show
from data.schema import SCHEMA
from data.sources import fold
from data.sources.generic import GENERIC

_PUT_IN = {"deals": "loaded_deals", "stage_entries": "recorded_stages", "leads": "loaded_leads"}
# What tells the rows of a table apart where the file gives no number.
_NAMES = {"customers": ("customer_name",), "people": ("person_name", "email"), "products": ("product_name",)}
# What the rows of a table without numbers are told apart by, where no name alone does.
_MADE_OF = {
    "deals": ("deal_name", "customer", "created_at"),
    "leads": ("lead_name", "email", "company", "created_at"),
    "contacts": ("contact_name", "email", "customer"),
}
# Columns that decide something and are kept as the file has them too.
_KEPT_TOO = {"status_reason", "lifecycle", "lead_status"}
# The stage among the fields that a log of changes names.
_STAGE_FIELDS = ("stage", "stagename", "dealstage", "opportunitystagename", "opportunitystage", "שלב")
_RECORDED = ("deal_id", "pipeline", "stage", "entered_at")  # what tells two stays apart
# Rows of a history stand in the order of their imports and lines; below are those of "date entered" columns.
_FIRST_POSITION = 10**12
# What serves its purpose before rows are stored.
_DROPPED = {"is_deleted", "from_stage", "changed_field", "is_move"}
# Of a contact, what only its lead keeps.
_OF_LEADS = {"lifecycle", "lead_status", "source", "deal_id", "became_lead_at", "became_deal_at", "became_customer_at"}
_SAID_OF_DEALS = {"status": "file_status", "closed_at": "file_close", "stage_order": "file_stage_order"}


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

    def json(self) -> dict[str, Any]:
        counts = {
            name: getattr(self, name)
            for name in ("rows_read", "rows_loaded", "rows_updated", "rows_unchanged", "rows_removed", "rows_rejected")
        }
        return {
            "path": self.path, "sheet": self.sheet, "table": self.table, "source": self.source, "encoding": self.encoding,
            "delimiter": self.delimiter, "date_order": self.date_order, "header_line": self.header_line, **counts,
            "skipped_lines": [{"line": skipped.line, "reason": str(skipped.reason)} for skipped in self.skipped_lines],
            "headers": list(self.headers), "columns": self.columns, "totals": self.totals,
            "warnings": [str(warning) for warning in (*self.checks, *self.warnings)],
        }  # fmt: skip


class Load:
    """Puts files into the database in use; their texts are in the attached database `scratch`."""

    def __init__(self, database: duckdb.DuckDBPyConnection, number: int) -> None:
        self._database = database
        self._number = number
        self._incoming: dict[str, str] = {}
        self._simple: set[str] = set()  # relations whose rows all went into an empty table
        # How each stage and pipeline is written: as it came first.
        self._names = {
            name: {
                fold(known): known
                for (known,) in database.execute(f"SELECT DISTINCT {name} FROM stages ORDER BY 1").fetchall()
            }
            for name in ("stage", "pipeline")
        }

    def add(self, plan: FilePlan) -> FileReport:
        """Check and store the rows of one file."""
        warnings: list[Message] = [*plan.text.repairs]
        keep(self._database, "recorded_stages")
        if not plan.text.rows_read:
            warnings.append(say("There are no rows under the header."))
        incoming = self._incoming[plan.text.relation] = f"incoming_{len(self._incoming) + 1}"
        fields = self._fields(plan, warnings)
        sums = self._sums(plan, fields)
        attributes = self._attributes(plan)
        select = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in (fields | attributes).items())
        rows = f"SELECT line, {select} FROM scratch.{quoted(plan.text.relation)}"
        self._remember_headers(plan, attributes)
        self._note_cells(plan, warnings)
        names = [name for name in [*fields, *attributes] if name not in _DROPPED]
        removed = rejected = 0
        is_simple = self._is_simple(plan, fields, rows)
        self._database.execute(f"CREATE OR REPLACE TEMP {'VIEW' if is_simple else 'TABLE'} {incoming} AS {rows}")
        if not is_simple:
            removed = self._leave_moves(incoming, fields, warnings) if plan.table == "stage_entries" else 0
            rejected = self._reject(plan, incoming, fields)
            removed += self._remove(plan, incoming, fields, warnings)
        if is_simple:
            loaded, updated, unchanged = self._put_all(plan, incoming, rows, names), 0, 0
        elif plan.table == "stage_entries":
            loaded, updated, unchanged = self._append_stays(incoming, names)
        else:
            loaded, updated, unchanged = self._upsert(
                plan.table, incoming, [n for n in names if plan.table != "contacts" or n not in _OF_LEADS]
            )
        if plan.table == "contacts" and _OF_LEADS & set(fields):
            self._add_leads(plan, incoming, fields, warnings)
        if plan.stage_columns:
            self._record_stage_columns(plan, incoming, "i.pipeline" if "pipeline" in fields else "NULL")
        text = plan.text
        return FileReport(
            text.name, text.name, text.sheet, text.relation, plan.table, plan.source.name, text.encoding, text.delimiter,
            plan.date_order, text.header_line, text.rows_read, loaded, updated, unchanged, removed, rejected,
            text.skipped_lines, text.headers, _columns(plan), {name: {"file": total, "loaded": 0.0} for name, total in sums.items()},
            tuple(warnings),
            tuple(
                say("Please check {header}: {reason}", header=column.header, reason=column.reason)
                for column in plan.columns
                if column.confidence == "check"
            ),
        )  # fmt: skip

    def finish(self, report: FileReport) -> FileReport:
        """Add up, in the tables as they now are, the money this file brought."""
        key = SCHEMA[report.table].key
        incoming = self._incoming[report.relation]
        totals = {}
        for name, sums in report.totals.items():
            if (
                report.relation in self._simple
                and key is not None
                and self._number_of(f"SELECT count(*) FROM {quoted(report.table)}") == report.rows_loaded
            ):
                source = f"{quoted(report.table)} t"
            elif key is None:
                source = f"recorded_stages t SEMI JOIN {incoming} i ON {_same(_RECORDED)}"
            else:
                source = f"{quoted(report.table)} t SEMI JOIN {incoming} i USING ({key})"
            totals[name] = {
                "file": sums["file"],
                "loaded": self._number_of(f"SELECT round(coalesce(fsum({name}), 0), 6) FROM {source}"),
            }
        kind = "VIEW" if report.relation in self._simple else "TABLE"
        self._database.execute(f"DROP {kind} {incoming}")
        return replace(report, totals=totals)

    # What the columns become

    def _fields(self, plan: FilePlan, warnings: list[Message]) -> dict[str, str]:
        """SQL of each column to store, by its name."""
        fields: dict[str, str] = {}
        for column in plan.columns:
            if column.field is None or column.stage or column.reading is None:
                continue
            fields[column.field] = self._sql(plan, column, warnings)
        if plan.table == "deals":
            self._say_status(plan, fields, warnings)
            own = self._pipeline_of_stage_columns(plan)
            if own and "pipeline" not in fields:
                fields["pipeline"] = own
            for name, said in _SAID_OF_DEALS.items():
                if name in fields:
                    fields[said] = fields.pop(name)
            if "deal_id" not in fields:
                fields["deal_id"] = _made_key(fields, _MADE_OF["deals"])
                warnings.append(
                    say("The file has no deal numbers: deals are told apart by name, customer and date of creation.")
                )
        elif plan.table == "stage_entries":
            fields.setdefault("pipeline", "CAST(NULL AS VARCHAR)")
            moves = self._is_move(plan)
            if moves:
                fields["is_move"] = moves
            fields["position"] = f"{self._number * _FIRST_POSITION} + line"
        else:
            key = SCHEMA[plan.table].key or ""
            if plan.table in ("leads", "contacts"):
                self._name_people(plan, fields, warnings)
            elif key not in fields:
                fields[key] = next(fields[name] for name in _NAMES[plan.table] if name in fields)
        return fields

    def _sql(self, plan: FilePlan, column: ColumnPlan, warnings: list[Message]) -> str:
        assert column.reading is not None and column.field is not None
        sql = column.reading.sql
        if column.field.endswith("_id") and plan.source.empty_ids:
            empty = ", ".join(f"'{word}'" for word in plan.source.empty_ids)
            return f"CASE WHEN {sql} NOT IN ({empty}) THEN {sql} END"
        if column.field.endswith("_id") and plan.source.id_prefix:
            return f"nullif(ltrim(replace({sql}, {_literal(plan.source.id_prefix)}, '')), '')"
        if column.field in self._names or column.field == "from_stage":
            return self._one_name_sql(plan, column, warnings)
        if column.field == "probability":
            highest = self._number_of(f"SELECT coalesce(max({sql}), 0) FROM scratch.{quoted(plan.text.relation)}")
            return f"{sql} / 100" if highest > 1 else sql
        return sql

    def _name_of(self, field: str, written: str) -> str:
        return self._names[field].setdefault(fold(written) or written, written)

    def _one_name_sql(self, plan: FilePlan, column: ColumnPlan, warnings: list[Message]) -> str:
        """The stage or pipeline under one name, where files write it in several ways."""
        field = "pipeline" if column.field == "pipeline" else "stage"
        moves = self._is_move(plan) if field == "stage" else None
        rows = self._database.execute(
            f"SELECT {column.name}, count(*) AS n FROM scratch.{quoted(plan.text.relation)} WHERE {column.name} IS NOT NULL AND {moves or 'true'} GROUP BY 1 ORDER BY n DESC, 1 LIMIT 10000"
        ).fetchall()
        renamed = {written: name for written, _ in rows if (name := self._name_of(field, written)) != written}
        if not renamed:
            return column.name
        pairs = ", ".join(f"{written} = {name}" for written, name in list(renamed.items())[:5])
        warnings.append(
            say(
                "{header}: names written in several ways were taken as one: {pairs}.", header=column.header, pairs=pairs
            )
        )
        whens = " ".join(f"WHEN {_literal(written)} THEN {_literal(name)}" for written, name in renamed.items())
        return f"CASE {column.name} {whens} ELSE {column.name} END"

    def _pipeline_of_stage_columns(self, plan: FilePlan) -> str | None:
        """The pipeline whose stages a deal entered, where only the headers of the stage columns name pipelines."""
        entered: dict[str, list[str]] = {}
        for column in plan.stage_columns:
            if column.stage and column.stage.pipeline and column.reading:
                entered.setdefault(self._name_of("pipeline", column.stage.pipeline), []).append(column.reading.sql)
        if len(entered) < 2:
            return next(map(_literal, entered), None)
        whens = " ".join(
            f"WHEN coalesce({', '.join(moments)}) IS NOT NULL THEN {_literal(name)}"
            for name, moments in entered.items()
        )
        return f"CASE {whens} END"

    def _name_people(self, plan: FilePlan, fields: dict[str, str], warnings: list[Message]) -> None:
        """Name, key and, of a lead whose status says so, conversion."""
        name, key = ("lead_name", "lead_id") if plan.table == "leads" else ("contact_name", "contact_id")
        parts = [fields.pop(part) for part in ("first_name", "last_name") if part in fields]
        if parts:
            whole = f"nullif(concat_ws(' ', {', '.join(parts)}), '')"
            fields[name] = f"coalesce({fields[name]}, {whole})" if name in fields else whole
        if key not in fields:
            known = f"coalesce({', '.join(fields[own] for own in (name, 'email') if own in fields)})"
            fields[key] = _made_key(fields, _MADE_OF[plan.table], known)
            warnings.append(say("The file has no numbers of people: they are told apart by name, address and company."))
        status = plan.column("status")
        if plan.table != "leads" or status is None or "is_converted" in fields:
            return
        words = {fold(word) for word in (*GENERIC.converted, *plan.source.converted)}
        rows = self._database.execute(
            f"SELECT DISTINCT {status.name} FROM scratch.{quoted(plan.text.relation)} WHERE {status.name} IS NOT NULL LIMIT 1000"
        ).fetchall()
        converted = [word for (word,) in rows if fold(word) in words]
        if converted:
            listed = ", ".join(map(_literal, converted))
            fields["is_converted"] = (
                f"CASE WHEN {status.name} IN ({listed}) THEN true WHEN {status.name} IS NOT NULL THEN false END"
            )
            warnings.append(
                say("Leads with the status {words} count as converted.", words=", ".join(sorted(converted)))
            )

    def _is_move(self, plan: FilePlan) -> str | None:
        """SQL that is true of the rows of a log of changes that are changes of the stage; None where all rows are."""
        column = plan.column("changed_field")
        if column is None:
            return None
        rows = self._database.execute(
            f"SELECT DISTINCT {column.name} FROM scratch.{quoted(plan.text.relation)} WHERE {column.name} IS NOT NULL LIMIT 1000"
        ).fetchall()
        named = [word for (word,) in rows if fold(word) in _STAGE_FIELDS]
        # A column that never names the stage is not about what changed.
        return f"coalesce({column.name} IN ({', '.join(map(_literal, named))}), false)" if named else None

    def _say_status(self, plan: FilePlan, fields: dict[str, str], warnings: list[Message]) -> None:
        """open, won or lost, as the file's own status columns say; NULL leaves it to the stage."""
        said = []
        status = plan.column("status")
        if status:
            rows = self._database.execute(
                f"SELECT {status.name}, count(*) FROM scratch.{quoted(plan.text.relation)} WHERE {status.name} IS NOT NULL GROUP BY 1 LIMIT 1000"
            ).fetchall()
            known = {word: STATUS_OF[fold(word)] for word, _ in rows if fold(word) in STATUS_OF}
            unknown = {word: cells for word, cells in rows if word not in known}
            if unknown:
                words = ", ".join(list(unknown)[:5])
                warnings.append(
                    say_n(
                        "{n} deal has a status that is not open, won or lost ({words}); its stage decides.",
                        "{n} deals have a status that is not open, won or lost ({words}); their stage decides.",
                        sum(unknown.values()), words=words,
                    )
                )  # fmt: skip
            if known:
                whens = " ".join(f"WHEN {_literal(word)} THEN '{meaning}'" for word, meaning in known.items())
                said.append(f"CASE {status.name} {whens} END")
        won, closed = fields.pop("is_won", None), fields.pop("is_closed", None)
        if won and closed:
            # Exports leave the cell of a false value empty.
            said.append(f"CASE WHEN {won} THEN 'won' WHEN {closed} THEN 'lost' ELSE 'open' END")
        elif won:
            said.append(f"CASE WHEN {won} THEN 'won' END")
        if said:
            fields["status"] = f"coalesce({', '.join(said)})" if len(said) > 1 else said[0]
        else:
            fields.pop("status", None)
        outcome = fields.get("status")
        won_at, lost_at = fields.pop("won_at", "NULL"), fields.pop("lost_at", "NULL")
        if (won_at, lost_at) != ("NULL", "NULL"):
            closed = fields.get("closed_at", "NULL")
            ended = (
                f"CASE {outcome} WHEN 'won' THEN {won_at} WHEN 'lost' THEN {lost_at} END"
                if outcome
                else f"coalesce({won_at}, {lost_at})"
            )
            fields["closed_at"] = f"coalesce({closed}, CAST({ended} AS TIMESTAMP))"
        actual, reason = fields.pop("actual_amount", None), fields.pop("status_reason", None)
        if actual and outcome:
            # A lost deal brought nothing; it is worth what it might have brought.
            expected = fields.get("amount", "CAST(NULL AS DOUBLE)")
            fields["amount"] = f"CASE WHEN {outcome} = 'won' THEN coalesce({actual}, {expected}) ELSE {expected} END"
            warnings.append(
                say("The amount of a won deal is what it brought, where the file says; of others, the estimate.")
            )
        if reason and outcome and "lost_reason" not in fields:
            fields["lost_reason"] = f"CASE WHEN {outcome} = 'lost' THEN {reason} END"
        amount = plan.column("amount")
        if amount and amount.reading and amount.reading.currency and "currency" not in fields:
            fields["currency"] = amount.reading.currency

    def _attributes(self, plan: FilePlan) -> dict[str, str]:
        """Columns that mean nothing to us, under the attribute columns that hold them; made where they are new."""
        rows = self._database.execute(
            """SELECT header, "column" FROM headers WHERE "table" = ? AND is_attribute ORDER BY CAST(substr("column", 6) AS INTEGER)""",
            [plan.table],
        ).fetchall()
        last = max((int(name.removeprefix("attr_")) for _, name in rows), default=0)
        found: dict[str, str] = {}
        for column in plan.columns:
            # A column called Field that never names the stage is one like any other.
            is_own = column.field == "changed_field" and self._is_move(plan) is None
            if column.field is not None and column.field not in _KEPT_TOO and not is_own:
                continue
            header = column.header or f"#{column.position + 1}"
            # Two columns of a file may have one header, or nearly one: as written comes first, and each name serves once.
            known = [name for own, name in rows if own == header] + [
                name for own, name in rows if fold(own) == fold(header)
            ]
            name = next((name for name in known if name not in found), None)
            if name is None and column.filled == 0:
                continue
            if name is None:
                last += 1
                name = f"attr_{last}"
                for table in {plan.table, _PUT_IN.get(plan.table, plan.table)}:
                    self._database.execute(f"ALTER TABLE {quoted(table)} ADD COLUMN IF NOT EXISTS {name} VARCHAR")
                self._database.execute("INSERT INTO headers VALUES (?, ?, ?, true)", [plan.table, name, header])
            found[name] = column.name
        return found

    def _remember_headers(self, plan: FilePlan, attributes: dict[str, str]) -> None:
        for column in plan.columns:
            if column.field is None or column.stage or column.field not in SCHEMA[plan.table]:
                continue
            self._database.execute(
                """INSERT INTO headers SELECT $t, $c, $h, false WHERE NOT EXISTS
                   (SELECT 1 FROM headers WHERE "table" = $t AND "column" = $c AND header = $h)""",
                {"t": plan.table, "c": column.field, "h": column.header},
            )

    def _sums(self, plan: FilePlan, fields: dict[str, str]) -> dict[str, float]:
        """The sum of every money column, over all rows of the file."""
        money = {
            name: sql
            for name, sql in fields.items()
            if name in SCHEMA[plan.table] and SCHEMA[plan.table][name].kind == "money"
        }
        if not money:
            return {}
        row = self._database.execute(
            f"SELECT {', '.join(f'round(coalesce(fsum({sql}), 0), 6)' for sql in money.values())} FROM scratch.{quoted(plan.text.relation)}"
        ).fetchone()
        return dict(zip(money, row or (), strict=True))

    # What cannot be used

    def _is_simple(self, plan: FilePlan, fields: dict[str, str], rows: str) -> bool:
        """Whether every row can go straight into its table: the table is empty, and no row is deleted, lacking or a double.

        So it is with the first load of a clean file; then no copy of its rows is needed to look into.
        """
        needed = {"deals": ("deal_id",), "stage_entries": ("deal_id", "stage", "entered_at")}.get(plan.table)
        if needed is None or any(plan.column(name) is None for name in needed):
            return False
        if {"is_deleted", "is_move", "from_stage"} & set(fields) or self._number_of(
            f"SELECT count(*) FROM {_PUT_IN[plan.table]}{' WHERE NOT is_from_history' if plan.table == 'deals' else ''}"
        ):
            return False
        keys = _RECORDED if plan.table == "stage_entries" else needed
        # Equal rows have equal hashes, so as many hashes as rows means that no two are alike.
        row = self._database.execute(
            f"SELECT count(*), count(DISTINCT hash({', '.join(keys)})), {', '.join(f'count({name})' for name in needed)} FROM ({rows})"
        ).fetchone()
        if row is None or len(set(row)) > 1:
            return False
        self._simple.add(plan.text.relation)
        return True

    def _put_all(self, plan: FilePlan, incoming: str, rows: str, names: Sequence[str]) -> int:
        """Put all rows into the table, which is empty; returns how many."""
        if plan.table == "stage_entries":
            # Nothing is looked up in them one by one, so they need not be copied out of the text.
            show(self._database, "recorded_stages", names, rows)
            return plan.text.rows_read
        self._database.execute("DELETE FROM loaded_deals WHERE is_from_history")
        columns = ", ".join(quoted(name) for name in names)
        done = self._database.execute(f"INSERT INTO loaded_deals BY NAME SELECT {columns} FROM {incoming}").fetchone()
        return int(done[0]) if done else 0

    def _note_cells(self, plan: FilePlan, warnings: list[Message]) -> None:
        """Cells that cannot be read are emptied, kept in `rejects` and said."""
        # The date of a stay is not optional: without it the row is set aside, which is said there.
        apart = {"status"} if plan.table in ("deals", "leads") else {"entered_at"}
        typed = [
            c
            for c in plan.columns
            if c.field
            and c.reading
            and c.reading.sql != quoted(c.name)
            and not c.reading.is_whole
            and c.field not in apart
        ]
        if not typed:
            return
        relation = f"scratch.{quoted(plan.text.relation)}"
        counts = self._database.execute(
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
            self._database.execute(
                f"""INSERT INTO rejects SELECT ?, ?, line, ?, {column.name}, ?, NULL, false FROM {relation} WHERE {wrong}""",
                [self._number, plan.label, column.header, reason.dump()],
            )
            line, example = self._database.execute(
                f"SELECT line, {column.name} FROM {relation} WHERE {wrong} ORDER BY line LIMIT 1"
            ).fetchone() or (0, "")
            warnings.append(
                say_n(
                    "{header}: {n} cell could not be read and was left empty: {example} in line {line}.",
                    "{header}: {n} cells could not be read and were left empty, such as {example} in line {line}.",
                    bad, header=column.header, example=example, line=str(line),
                )
            )  # fmt: skip

    def _reject(self, plan: FilePlan, incoming: str, fields: dict[str, str]) -> int:
        """Set aside the rows that lack what they cannot live without."""
        needed: Sequence[str] = (
            ("deal_id", "stage", "entered_at") if plan.table == "stage_entries" else (SCHEMA[plan.table].key or "",)
        )
        reasons = {
            "deal_id": say("There is no deal number."), "stage": say("There is no stage."), "entered_at": say("There is no date that can be read."),
            "customer_id": say("There is no customer name or number."), "person_id": say("There is no name."), "product_id": say("There is no product name or number."),
            "lead_id": say("There is no name or number."), "contact_id": say("There is no name or number."),
        }  # fmt: skip
        rejected = 0
        raw = ", ".join(f"r.c{place}" for place in range(len(plan.text.headers)))
        for name in needed:
            column = plan.column(name)
            cell = f"r.{column.name}" if column else "NULL"
            self._database.execute(
                f"""INSERT INTO rejects SELECT ?, ?, line, ?, {cell}, ?, to_json([{raw}]), true
                    FROM {incoming} i JOIN scratch.{quoted(plan.text.relation)} r USING (line) WHERE i.{name} IS NULL""",
                [self._number, plan.label, column.header if column else "", reasons[name].dump()],
            )
            gone = self._database.execute(f"DELETE FROM {incoming} WHERE {name} IS NULL").fetchone()
            rejected += gone[0] if gone else 0
        return rejected

    def _remove(self, plan: FilePlan, incoming: str, fields: dict[str, str], warnings: list[Message]) -> int:
        """Leave out what the source deleted, and all but the first row of a key."""
        removed = 0
        if "is_deleted" in fields and plan.table != "stage_entries":
            key = SCHEMA[plan.table].key or ""
            for table in {
                _PUT_IN.get(plan.table, plan.table),
                *(("recorded_stages",) if plan.table == "deals" else ()),
            }:
                self._database.execute(
                    f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {incoming} WHERE is_deleted)"
                )
            gone = self._database.execute(f"DELETE FROM {incoming} WHERE is_deleted").fetchone()
            removed += gone[0] if gone else 0
            if removed:
                warnings.append(
                    say_n(
                        "{n} row that the source marks as deleted was left out.",
                        "{n} rows that the source marks as deleted were left out.",
                        removed,
                    )
                )
        keys = ", ".join(_RECORDED) if plan.table == "stage_entries" else SCHEMA[plan.table].key
        alike = f"SELECT count(*) - count(DISTINCT hash({keys})) FROM {incoming}"
        if not self._number_of(alike):  # equal rows have equal hashes
            return removed
        doubled = f"SELECT line, {keys}, row_number() OVER (PARTITION BY {keys} ORDER BY line) AS turn FROM {incoming}"
        example = self._database.execute(f"SELECT * FROM ({doubled}) WHERE turn > 1 ORDER BY line LIMIT 1").fetchone()
        if example is None:
            return removed
        gone = self._database.execute(
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

    def _leave_moves(self, incoming: str, fields: dict[str, str], warnings: list[Message]) -> int:
        """Leave out of a history what is deleted or no move into another stage; returns how many rows."""
        removed = 0
        if "is_deleted" in fields:
            self._database.execute(
                f"DELETE FROM recorded_stages t USING {incoming} i WHERE i.is_deleted AND {_same(_RECORDED)}"
            )
            deleted = self._delete(incoming, "is_deleted")
            removed += deleted
            if deleted:
                warnings.append(
                    say_n(
                        "{n} row that the source marks as deleted was left out.",
                        "{n} rows that the source marks as deleted were left out.",
                        deleted,
                    )
                )
        if "is_move" in fields:
            # The row that says a deal was made dates the stage of its first change.
            self._database.execute(
                f"""UPDATE {incoming} SET stage = f.stage, is_move = true
                    FROM (SELECT deal_id, arg_min(from_stage, (entered_at, line)) AS stage FROM {incoming} WHERE is_move GROUP BY deal_id) f
                    WHERE NOT {incoming}.is_move AND lower(changed_field) = 'created' AND f.deal_id = {incoming}.deal_id AND f.stage IS NOT NULL"""
                if "from_stage" in fields
                else "SELECT 1"
            )
            others = self._delete(incoming, "NOT is_move")
            removed += others
            if others:
                warnings.append(
                    say_n(
                        "{n} row records a change of something else than the stage and was left out.",
                        "{n} rows record changes of something else than the stage and were left out.",
                        others,
                    )
                )
        if "from_stage" in fields:
            stayed = self._delete(incoming, "from_stage = stage")
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

    def _delete(self, table: str, condition: str) -> int:
        gone = self._database.execute(f"DELETE FROM {table} WHERE {condition}").fetchone()
        return int(gone[0]) if gone else 0

    def _add_leads(self, plan: FilePlan, incoming: str, fields: dict[str, str], warnings: list[Message]) -> None:
        """The contacts that are leads, in the table of leads too."""
        made = f"{incoming}_leads"
        found = leads.of_contacts(self._database, incoming, fields, made)
        if found:
            self._upsert("leads", made, [column.name for column in SCHEMA["leads"]])
            warnings.append(
                say_n(
                    "{n} of these people is a lead too, by lead status or lifecycle stage. It counts as converted once it has a deal, or is an opportunity or a customer.",
                    "{n} of these people are leads too, by lead status or lifecycle stage. They count as converted once they have a deal, or are opportunities or customers.",
                    found,
                )
            )
        self._database.execute(f"DROP TABLE {made}")

    # Into the tables

    def _upsert(self, table: str, incoming: str, names: Sequence[str]) -> tuple[int, int, int]:
        """Insert rows with a new key, update those that differ; returns loaded, updated, unchanged."""
        target, key = _PUT_IN.get(table, table), SCHEMA[table].key or ""
        database = self._database
        if table == "deals":
            # Deals known from a history only give way to the deals' own file.
            database.execute("DELETE FROM loaded_deals WHERE is_from_history")
        rows = int(self._number_of(f"SELECT count(*) FROM {incoming}"))
        updated = matched = 0
        if self._number_of(f"SELECT count(*) FROM {quoted(target)}"):
            others = [quoted(name) for name in names if name != key]
            matched = int(self._number_of(f"SELECT count(*) FROM {incoming} SEMI JOIN {quoted(target)} USING ({key})"))
            differs = " OR ".join(f"t.{name} IS DISTINCT FROM i.{name}" for name in others) or "false"
            assign = ", ".join(f"{name} = i.{name}" for name in others)
            if others:
                done = database.execute(
                    f"UPDATE {quoted(target)} t SET {assign} FROM {incoming} i WHERE t.{key} = i.{key} AND ({differs})"
                ).fetchone()
                updated = done[0] if done else 0
        columns = ", ".join(quoted(name) for name in names)
        database.execute(
            f"INSERT INTO {quoted(target)} BY NAME SELECT {columns} FROM {incoming} ANTI JOIN {quoted(target)} USING ({key})"
            if matched
            else f"INSERT INTO {quoted(target)} BY NAME SELECT {columns} FROM {incoming}"
        )
        return rows - matched, updated, matched - updated

    def _append_stays(self, incoming: str, names: Sequence[str]) -> tuple[int, int, int]:
        rows = int(self._number_of(f"SELECT count(*) FROM {incoming}"))
        columns = ", ".join(f"i.{quoted(name)}" for name in names)
        done = self._database.execute(
            f"INSERT INTO recorded_stages BY NAME SELECT {columns} FROM {incoming} i ANTI JOIN recorded_stages t ON {_same(_RECORDED)}"
        ).fetchone()
        loaded = int(done[0]) if done else 0
        return loaded, 0, rows - loaded

    def _record_stage_columns(self, plan: FilePlan, incoming: str, pipeline: str) -> None:
        """Stage history out of the columns that say when each stage was entered."""
        relation = f"scratch.{quoted(plan.text.relation)}"
        for place, column in enumerate(plan.stage_columns):
            assert column.stage is not None and column.reading is not None
            stage = _literal(self._name_of("stage", column.stage.stage))
            own = _literal(self._name_of("pipeline", column.stage.pipeline)) if column.stage.pipeline else pipeline
            self._database.execute(
                f"""DELETE FROM recorded_stages r USING {incoming} i WHERE r.deal_id = i.deal_id AND r.stage = {stage}
                    AND r.position < {_FIRST_POSITION} AND r.pipeline IS NOT DISTINCT FROM {own}"""
            )
            self._database.execute(
                f"""INSERT INTO recorded_stages BY NAME SELECT i.deal_id, {own} AS pipeline, {stage} AS stage, m.entered_at, {place} AS position
                    FROM {incoming} i JOIN (SELECT line, {column.reading.sql} AS entered_at FROM {relation}) m USING (line)
                    WHERE m.entered_at IS NOT NULL"""
            )

    def _number_of(self, sql: str) -> float:
        row = self._database.execute(sql).fetchone()
        return float(row[0]) if row and row[0] is not None else 0.0


def _columns(plan: FilePlan) -> dict[str, str | None]:
    columns: dict[str, str | None] = {}
    for column in plan.columns:
        name = column.header
        while name in columns:
            name += "'"
        columns[name] = column.field
    return columns


def _made_key(fields: dict[str, str], names: Sequence[str], known: str | None = None) -> str:
    """A key from what a row is called, with a number for those that share it, so that none is lost."""
    parts = [f"coalesce(CAST({fields[name]} AS VARCHAR), '')" for name in names if name in fields]
    made = " || '|' || ".join(parts)
    known = known or fields.get(names[0], "NULL")
    return (
        f"CASE WHEN {known} IS NOT NULL THEN {made} || '#' || row_number() OVER (PARTITION BY {made} ORDER BY line) END"
    )


def _same(names: Sequence[str]) -> str:
    return " AND ".join(f"t.{name} IS NOT DISTINCT FROM i.{name}" for name in names)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
