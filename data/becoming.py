"""What the columns of a file become: SQL over its text for every column to store.

Stages and pipelines get one name where files write them in several ways; what has no meaning of its own becomes an attribute.
"""

from __future__ import annotations

import duckdb

from data import activity_times, contracts, order_lines, survey_answers, vat
from data.database import quoted
from data.deciding import NOT_OF_STAYS, STATUS_OF, field_of
from data.keys import MADE_OF, key_of, made_key, number_sql
from data.messages import Message, say, say_n
from data.plan import ColumnPlan, FilePlan
from data.schema import SCHEMA
from data.sources import fold
from data.sources.generic import GENERIC
from data.sql import add_texts, is_view, literal, number_of
from data.values import currency_code_sql

# Where the rows of a table are put first; what it shows is made of them.
PUT_IN = {"deals": "loaded_deals", "stage_entries": "recorded_stages", "leads": "loaded_leads"}
# Columns that decide something and are kept as the file has them too.
_KEPT_TOO = {
    "deals": {"status_reason"},
    "contacts": {"lifecycle", "lead_status"},
    "activities": {"status"},
    "orders": {"order_status", "document_type"},
    "subscriptions": {"billing_period", "period_amount"},
    "survey_invitations": {"delivery"},
    "stage_entries": set(NOT_OF_STAYS),
}
# Rows of a history stand in the order of their imports and lines; below are those of "date entered" columns.
FIRST_POSITION = 10**12
_SAID_OF_DEALS = {"status": "file_status", "closed_at": "file_close", "stage_order": "file_stage_order"}


class Becoming:
    """Decides what the columns of the files of one import become."""

    def __init__(self, database: duckdb.DuckDBPyConnection, number: int) -> None:
        self._database = database
        self._number = number
        # How each stage and pipeline is written: as it came first.
        self._names = {
            name: {
                fold(known): known
                for (known,) in database.execute(f"SELECT DISTINCT {name} FROM stages ORDER BY 1").fetchall()
            }
            for name in ("stage", "pipeline")
        }

    def fields(self, plan: FilePlan, warnings: list[Message]) -> dict[str, str]:
        """SQL of each column to store, by its name."""
        fields: dict[str, str] = {}
        for column in plan.columns:
            if column.field is None or column.stage or column.reading is None:
                continue
            fields[column.field] = self._sql(plan, column, warnings)
        headers = {fold(header) for header in plan.text.headers}
        for header, (name, value) in plan.source.implied.get(plan.table, {}).items():
            if fold(header) in headers:
                fields.setdefault(name, literal(value))
        if plan.table == "deals":
            self._say_status(plan, fields, warnings)
            own = self._pipeline_of_stage_columns(plan)
            if own and "pipeline" not in fields:
                fields["pipeline"] = own
            for name, said in _SAID_OF_DEALS.items():
                if name in fields:
                    fields[said] = fields.pop(name)
            if "deal_id" not in fields:
                fields["deal_id"] = made_key(fields, MADE_OF["deals"])
                warnings.append(
                    say("The file has no deal numbers: deals are told apart by name, customer and date of creation.")
                )
                if number_of(
                    self._database, "SELECT count(*) FROM loaded_deals WHERE NOT regexp_matches(deal_id, '#[0-9]+$')"
                ):
                    warnings.append(
                        say(
                            "Deals loaded before have numbers, so the same deals may now be here twice. If so, take this import back and export the number of the deal too."
                        )
                    )
        elif plan.table == "stage_entries":
            fields.setdefault("pipeline", "CAST(NULL AS VARCHAR)")
            moves = self.is_move(plan)
            if moves:
                fields["is_move"] = moves
            fields["position"] = f"{self._number * FIRST_POSITION} + line"
        else:
            self._settle(plan, fields, warnings)
            key = SCHEMA[plan.table].key
            if key is not None and key not in fields:
                fields[key] = key_of(plan.table, fields, warnings)
        return fields

    def _settle(self, plan: FilePlan, fields: dict[str, str], warnings: list[Message]) -> None:
        """What the columns of one table decide of each other."""
        match plan.table:
            case "leads" | "contacts":
                self._name_people(plan, fields, warnings)
            case "orders":
                order_lines.settle(self._database, plan, fields, warnings)
            case "activities":
                activity_times.settle(self._database, plan, fields, warnings)
            case "subscriptions":
                contracts.settle(self._database, plan, fields, warnings)
            case "survey_responses":
                survey_answers.settle(self._database, self._number, plan, fields, warnings)
            case "survey_invitations":
                survey_answers.settle_invitations(self._database, plan, fields)
        if plan.table in ("activities", "cases") and "customer" in fields and "customer_id" not in fields:
            fields["customer_id"] = fields["customer"]

    def _sql(self, plan: FilePlan, column: ColumnPlan, warnings: list[Message]) -> str:
        assert column.reading is not None and column.field is not None
        sql = column.reading.sql
        if column.field.endswith("_id"):
            sql = number_sql(self._database, plan, column, warnings)
        sql = vat.without(plan, column, sql)
        if column.field.endswith("_id") and plan.source.empty_ids:
            empty = ", ".join(f"'{word}'" for word in plan.source.empty_ids)
            return f"CASE WHEN {sql} NOT IN ({empty}) THEN {sql} END"
        if column.field.endswith("_id") and plan.source.id_prefix:
            return f"nullif(ltrim(replace({sql}, {literal(plan.source.id_prefix)}, '')), '')"
        if column.field in self._names or column.field == "from_stage":
            return self._one_name_sql(plan, column, warnings)
        if column.field == "currency":
            return currency_code_sql(sql)
        if column.field == "probability":
            highest = number_of(
                self._database, f"SELECT coalesce(max({sql}), 0) FROM scratch.{quoted(plan.text.relation)}"
            )
            return f"{sql} / 100" if highest > 1 else sql
        return sql

    def name_of(self, field: str, written: str) -> str:
        return self._names[field].setdefault(fold(written) or written, written)

    def _one_name_sql(self, plan: FilePlan, column: ColumnPlan, warnings: list[Message]) -> str:
        """The stage or pipeline under one name, where files write it in several ways."""
        field = "pipeline" if column.field == "pipeline" else "stage"
        moves = self.is_move(plan) if field == "stage" else None
        rows = self._database.execute(
            f"SELECT {column.name}, count(*) AS n FROM scratch.{quoted(plan.text.relation)} WHERE {column.name} IS NOT NULL AND {moves or 'true'} GROUP BY 1 ORDER BY n DESC, 1 LIMIT 10000"
        ).fetchall()
        renamed = {written: name for written, _ in rows if (name := self.name_of(field, written)) != written}
        if not renamed:
            return column.name
        pairs = ", ".join(f"{written} = {name}" for written, name in list(renamed.items())[:5])
        warnings.append(
            say(
                "{header}: names written in several ways were taken as one: {pairs}.", header=column.header, pairs=pairs
            )
        )
        whens = " ".join(f"WHEN {literal(written)} THEN {literal(name)}" for written, name in renamed.items())
        return f"CASE {column.name} {whens} ELSE {column.name} END"

    def _pipeline_of_stage_columns(self, plan: FilePlan) -> str | None:
        """The pipeline whose stages a deal entered, where only the headers of the stage columns name pipelines."""
        entered: dict[str, list[str]] = {}
        for column in plan.stage_columns:
            if column.stage and column.stage.pipeline and column.reading:
                entered.setdefault(self.name_of("pipeline", column.stage.pipeline), []).append(column.reading.sql)
        if len(entered) < 2:
            return next(map(literal, entered), None)
        whens = " ".join(
            f"WHEN coalesce({', '.join(moments)}) IS NOT NULL THEN {literal(name)}" for name, moments in entered.items()
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
            fields[key] = made_key(fields, MADE_OF[plan.table], known)
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
            listed = ", ".join(map(literal, converted))
            fields["is_converted"] = (
                f"CASE WHEN {status.name} IN ({listed}) THEN true WHEN {status.name} IS NOT NULL THEN false END"
            )
            warnings.append(
                say("Leads with the status {words} count as converted.", words=", ".join(sorted(converted)))
            )

    def is_move(self, plan: FilePlan) -> str | None:
        """SQL that is true of the rows of a log of changes that are changes of the stage; None where all rows are."""
        column = plan.column("changed_field")
        if column is None:
            return None
        rows = self._database.execute(
            f"SELECT DISTINCT {column.name} FROM scratch.{quoted(plan.text.relation)} WHERE {column.name} IS NOT NULL LIMIT 1000"
        ).fetchall()
        named = [word for (word,) in rows if field_of(word) == "stage"]
        # A column that never names the stage is not about what changed.
        return f"coalesce({column.name} IN ({', '.join(map(literal, named))}), false)" if named else None

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
                whens = " ".join(f"WHEN {literal(word)} THEN '{meaning}'" for word, meaning in known.items())
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

    def attributes(self, plan: FilePlan) -> dict[str, str]:
        """Columns that mean nothing to us, under the attribute columns that hold them; made where they are new."""
        rows = self._database.execute(
            """SELECT header, "column" FROM headers WHERE "table" = ? AND is_attribute ORDER BY CAST(substr("column", 6) AS INTEGER)""",
            [plan.table],
        ).fetchall()
        last = max((int(name.removeprefix("attr_")) for _, name in rows), default=0)
        found: dict[str, str] = {}
        new: dict[str, str] = {}
        for column in plan.columns:
            # A column called Field that never names the stage is one like any other.
            is_own = column.field == "changed_field" and self.is_move(plan) is None
            if column.field is not None and column.field not in _KEPT_TOO.get(plan.table, ()) and not is_own:
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
                new[name] = header
            found[name] = column.name
        if new:
            for table in {plan.table, PUT_IN.get(plan.table, plan.table)}:
                if not is_view(self._database, table):  # then it is made anew with all columns, once the file is in
                    add_texts(self._database, quoted(table), list(new))
            self._database.execute(
                "INSERT INTO headers SELECT ?, unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), true",
                [plan.table, list(new), list(new.values())],
            )
        return found

    def remember_headers(self, plan: FilePlan, attributes: dict[str, str]) -> None:
        named = {
            (column.field, column.header): None
            for column in plan.columns
            if column.field is not None and not column.stage and column.field in SCHEMA[plan.table]
        }
        rows = self._database.execute('SELECT "column", header FROM headers WHERE "table" = ?', [plan.table])
        known = set(rows.fetchall())
        new = [pair for pair in named if pair not in known]
        self._database.execute(
            "INSERT INTO headers SELECT ?, unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), false",
            [plan.table, [column for column, _ in new], [header for _, header in new]],
        )

    def sums(self, plan: FilePlan, fields: dict[str, str]) -> dict[str, float]:
        """The sum of every money column, over all rows of the file, as the file has it: with VAT where it does."""
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
        return {name: round(total * vat.divisor(plan, name), 6) for name, total in zip(money, row or (), strict=True)}
