"""Deals loaded again: a history grows out of files that have none, each a picture of the pipeline on its day.

Rows with a known number are updated and what changed is kept (`data.differences`), and deals that a file does not show stay
as they were. A file of an earlier day adds the deals that are new, and changes nothing that a later one said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import duckdb

from data import differences
from data.days import day_of_rows, day_said
from data.messages import Message, say, say_n
from data.plan import FilePlan, Rule
from data.sql import number_of
from data.upsert import Change, Upserted, as_text, upsert

# The columns that rows of deals are put in under another name, and those that only serve to make a column.
_PUT_UNDER = {
    "status": "file_status", "is_won": "file_status", "is_closed": "file_status", "closed_at": "file_close", "won_at": "file_close",
    "lost_at": "file_close", "stage_order": "file_stage_order", "actual_amount": "amount", "status_reason": "lost_reason",
}  # fmt: skip
_CALLED = {"file_status": "status", "file_close": "closed_at", "file_stage_order": "stage_order"}


class Snapshots:
    """The files of deals of one import, in the order of their days.

    `today` is the day of the import: what lies after it cannot have been recorded, and a file without any date shows it.
    """

    def __init__(self, database: duckdb.DuckDBPyConnection, number: int, today: date, time_zone: str = "UTC") -> None:
        self._database = database
        self._number = number
        self._today = today
        self._time_zone = time_zone
        self._files = 0
        differences.create(database)

    def day_said(self, plan: FilePlan) -> date | None:
        """The day that a person or the file's name says it shows."""
        return day_said(plan.text.name, plan.options.seen_on, self._today, plan.date_order, self._time_zone)

    def put_all(self, plan: FilePlan, names: Sequence[str]) -> None:
        """Note that every deal there is came from this file: its rows have just been put into an empty table."""
        differences.mark_seen(self._database, None, self.day_of_all(plan, names))

    def day_of_all(self, plan: FilePlan, names: Sequence[str]) -> date:
        """The day that a file shows whose rows are all the deals there are; `names` are the columns it has."""
        return self.day_said(plan) or self._day_of("loaded_deals", names)

    def put(
        self, plan: FilePlan, incoming: str, names: Sequence[str], rules: Mapping[str, Rule], warnings: list[Message]
    ) -> tuple[Upserted, str]:
        """Put checked rows among the deals there are. Returns what became of them, and a table of those that count.

        Rows that show a deal as it was before what is known of it do not count; they leave it unchanged.
        """
        database = self._database
        # Deals known from a history only give way to the deals' own file.
        database.execute("DELETE FROM loaded_deals WHERE is_from_history")
        rules = {_PUT_UNDER.get(name, name): rule for name, rule in rules.items()}
        said = self.day_said(plan)
        day = said or self._day_of(incoming, names)
        if not number_of(database, "SELECT count(*) FROM loaded_deals"):
            found = upsert(database, "loaded_deals", incoming, "deal_id", names, rules)
            differences.mark_seen(database, None, day)
            return found, incoming
        if said is None:
            last = database.execute(
                f"SELECT max(last_seen_on) FROM loaded_deals WHERE deal_id IN (SELECT deal_id FROM {incoming})"
            ).fetchone()
            day = max(day, last[0]) if last and last[0] else day
        older = differences.older_rows(database, incoming, names, day, is_sure=said is not None)
        newer = incoming
        if older:
            newer = f"{incoming}_newer"
            database.execute(
                f"CREATE OR REPLACE TEMP TABLE {newer} AS FROM {incoming} ANTI JOIN {incoming}_older USING (deal_id)"
            )
        database.execute(f"DROP TABLE {incoming}_older")
        self._files += 1
        differences.compare(database, newer, names, rules, day, self._time_zone, self._number, self._files)
        missing = 0 if plan.is_partial else differences.missing_open(database, newer)
        found = upsert(database, "loaded_deals", newer, "deal_id", names, rules)
        differences.mark_seen(database, newer, day)
        found = replace(found, unchanged=found.unchanged + older, changes=self._as_shown(found.changes))
        warnings += self._told(found, day, older, missing, is_sure=said is not None)
        return found, newer

    def settle(self) -> None:
        """Let the history that files record have the last word, before the stages are decided."""
        differences.settle(self._database)

    def record(self, default_pipeline: str) -> list[Message]:
        """Write what changed, once the stages are decided; returns what there is to say of it."""
        return differences.record(self._database, default_pipeline, self._time_zone)

    def _day_of(self, table: str, names: Sequence[str]) -> date:
        return day_of_rows(self._database, table, names, self._today, self._time_zone)

    def _as_shown(self, changes: Sequence[Change]) -> tuple[Change, ...]:
        """What the last file put changes, under the names of deals, and with the days to close on as deals have them."""
        shown = []
        for change in changes:
            if change.column == "expected_close_on" and change.new is not None:
                rows, old, new = differences.moved_days(self._database, self._number, self._files, self._time_zone)
                change = Change(change.column, rows, as_text(old), as_text(new))
            if change.rows:
                shown.append(replace(change, column=_CALLED.get(change.column, change.column)))
        return tuple(sorted(shown, key=lambda change: -change.rows))

    def _told(self, found: Upserted, day: date, older: int, missing: int, *, is_sure: bool) -> list[Message]:
        told = []
        if older:
            told.append(
                say_n(
                    "{n} deal is older here than what is known of it, and was left as it is. To count this file first, take back the later one, load this one and then the other again.",
                    "{n} deals are older here than what is known of them, and were left as they are. To count this file first, take back the later one, load this one and then the other again.",
                    older,
                )
            )
        if found.updated and not is_sure:
            told.append(
                say(
                    "The file is taken to show the deals on {day}, by the latest dates in it. If it shows another day, say which.",
                    day=day.isoformat(),
                )
            )
        if missing:
            told.append(
                say_n(
                    "{n} open deal that was here is not in this file; it stays as it was.",
                    "{n} open deals that were here are not in this file; they stay as they were.",
                    missing,
                )
            )
        return told
