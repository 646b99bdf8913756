"""How the headline figures of customers went, part by part of time: what was bought, and the Net Promoter Score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.customers import who
from analytics.filters import Filters
from analytics.intervals import NOT_KNOWN, Interval, Z
from analytics.nps import answers
from analytics.nps.evidence import Tally, interval
from analytics.question import Answers
from analytics.rows import Row, number, rows, whole
from analytics.summary_customers import buyer, is_told
from data.tables import Tables

Add = Callable[[str, str, Callable[[int], tuple[float | None, Interval, int]], str | None], None]


@dataclass(frozen=True)
class CustomerTrend:
    """What `summary_trend` tells of customers: `net_revenue` by the day of the order, `nps` by the day of the answer."""

    tables: Tables
    filters: Filters

    def events(self, answers_: Answers, ends: list[datetime]) -> dict[str, ir.Table]:
        """What happened in each part, those parts that begin and end at `ends`; nothing where no file tells of it."""
        asked = {}
        if is_told(answers_, self.filters, "net_revenue"):
            asked["bought"] = self._bought(ends)
        if is_told(answers_, self.filters, "nps"):
            given = answers.given(self.tables, self.filters)
            found = answers.chosen(given, self.tables, self.filters)
            asked["votes"] = answers.tallied(_placed(found, found.answered_at, ends), ["place"])
        return asked

    def _bought(self, ends: list[datetime]) -> ir.Table:
        """By part and currency: `n` customers who bought, what they bought, and the sum of the squares of that."""
        orders = self.tables.orders
        found = _placed(orders.filter(orders.ordered_at < ibis.timestamp(self.filters.now)), _.ordered_at, ends)
        if self.filters.where:
            known = who.chosen(who.customers(self.tables, self.filters), self.tables, self.filters)
            found = found.semi_join(known, "customer_id")
        each = found.group_by("place", "currency", buyer=buyer(found)).agg(
            known=_.amount.count(), bought=_.amount.sum()
        )
        return each.group_by("place", "currency").agg(
            n=_.count(), known=_.known.sum(), total=_.bought.sum(), squares=(_.bought * _.bought).sum()
        )

    def add(self, answers_: Answers, add: Add) -> None:
        """Add the rows of each figure with `add(metric, unit, of the part, currency)`."""
        if "bought" in answers_:
            bought = rows(answers_["bought"])
            for currency in sorted({row["currency"] for row in bought}, key=str):
                of_currency = {whole(row["place"]): row for row in bought if row["currency"] == currency}
                add("net_revenue", "money", lambda place, of=of_currency: _revenue(of.get(place)), currency)  # type: ignore[misc]
        if "votes" in answers_:
            votes = {whole(row["place"]): row for row in rows(answers_["votes"])}
            add("nps", "points", lambda place: _score(votes.get(place)), None)


def _placed(found: ir.Table, moment: ir.Value, ends: list[datetime]) -> ir.Table:
    """The rows in any of the parts, with the `place` of theirs, from 1."""
    found = found.filter(moment >= ends[0], moment < ends[-1])
    return found.mutate(place=ibis.cases(*((moment < end, at) for at, end in enumerate(ends)), else_=len(ends)))


def _revenue(row: Row | None) -> tuple[float | None, Interval, int]:
    """Net revenue, and how far chance alone would move a sum over that many customers (compound Poisson)."""
    if row is None:
        return 0.0, (0.0, 0.0), 0
    total, half = number(row["total"]), Z * number(row["squares"]) ** 0.5
    return (
        (total, (total - half, total + half), whole(row["n"])) if row["known"] else (None, NOT_KNOWN, whole(row["n"]))
    )


def _score(row: Row | None) -> tuple[float | None, Interval, int]:
    tally = Tally(0, 0, 0) if row is None else Tally(whole(row["n"]), whole(row["promoters"]), whole(row["detractors"]))
    return tally.score, interval(tally), tally.n
