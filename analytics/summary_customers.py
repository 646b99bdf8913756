"""The headline figures of customers, beside those of deals where files tell of them: how many there are, what they bought,
whether they would recommend, and what is at risk."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import scores, who
from analytics.customers.basis import Source, counts, source
from analytics.customers.contracts import contracts
from analytics.customers.purchases import purchase_days, purchases
from analytics.customers.scores import SHIFTS
from analytics.customers.thresholds import WINDOW_DAYS, WINDOW_SHARE
from analytics.customers.value_risk import Lines
from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, normal_p, share
from analytics.nps import answers
from analytics.nps.evidence import Tally, covariance, difference_p, interval, own_repeats
from analytics.question import Answers
from analytics.rows import Row, number, rows, whole
from data.tables import Tables

METRICS = ("customers", "net_revenue", "nps", "value_at_risk")
# Who left or never bought has nothing at risk.
_OUTSIDE = ("lost", "potential")
_NOW, _BEFORE, _UNDATED = "now", "before", "undated"
_PAIRED = ("pairs", "products", "votes", "previous_votes")
Found = Sequence[tuple[Row, float | None]]  # rows of `summary`, each with the p-value of its change


def there(tables: Tables) -> ir.Table:
    """One row: how many rows the files have that tell of customers. The engine knows without reading them."""
    return (
        tables.orders.agg(orders=_.count())
        .cross_join(tables.subscriptions.agg(contracts=_.count()))
        .cross_join(tables[answers.TABLE].agg(answers=_.count()))
    )


def passes_over(filters: Filters, metric: str) -> list[Field]:
    """The fields of filters that say nothing of what the figure counts: with any, the figure would be of more than was asked for."""
    reaches = answers.reaches if metric == "nps" else who.reaches
    return [field for field in filters.chosen_values() if not reaches(field)]


def is_told(answers_: Answers, filters: Filters, metric: str) -> bool:
    """Whether there is anything to tell the figure by, from the row of `there`."""
    known = rows(answers_["there"])[0]
    counted = {"nps": known["answers"], "net_revenue": known["orders"], "customers": whole(known["orders"]) + whole(known["contracts"])}  # fmt: skip
    return bool(counted[metric]) and not passes_over(filters, metric)


@dataclass(frozen=True)
class CustomerFigures:
    """The figures of `METRICS` at the as-of date, or of a period and as many days `before` it.

    `lines` say how value is told; without, value at risk is left out: the models are fitted elsewhere. A pipeline, and deals left
    out for a problem, say nothing of customers.
    """

    tables: Tables
    filters: Filters
    before: Filters | None
    lines: Lines | None = None

    def asks(self) -> dict[str, ir.Table]:
        return {"there": there(self.tables)}

    def rounds(self) -> tuple[Any, ...]:
        """Later rounds of the question."""
        return (self._figures, self._window, self._active)

    # what is asked

    def _figures(self, answers_: Answers) -> dict[str, ir.Table]:
        asked: dict[str, ir.Table] = {}
        if is_told(answers_, self.filters, "customers"):
            asked["basis"] = counts(self.tables, self.filters)
        if is_told(answers_, self.filters, "net_revenue"):
            asked["bought"] = self._bought()
        if is_told(answers_, self.filters, "nps"):
            found = self._answers()
            asked["votes"] = answers.tallied(found, ["period"])
            if self.before is not None:
                asked["of_same"] = _of_same(found)
        if self.lines is not None and not passes_over(self.filters, "value_at_risk"):
            asked["at_risk"] = self._at_risk()
        return asked

    def _bought(self) -> ir.Table:
        """By currency, for both periods: `n` customers who bought (an order of nobody stands for itself), `total`, `lines`,
        `known` of them with an amount; `squares` of what each customer bought more or less."""
        orders = self.tables.orders
        at = orders.ordered_at
        found = self._of_customers(orders.mutate(period=self._period(at)).filter(_.period.notnull()))
        each = found.group_by("currency", buyer=buyer(found)).agg(
            **{
                f"{name}_{period}": value
                for period in (_NOW, _BEFORE)
                for name, value in {
                    "lines": found.period.count(where=found.period == period),
                    "known": found.amount.count(where=found.period == period),
                    "total": found.amount.sum(where=found.period == period).fill_null(0.0),
                }.items()
            },
            undated=found.period.count(where=found.period == _UNDATED),
        )
        moved = each.total_now - each.total_before
        sums = ("lines_now", "known_now", "total_now", "lines_before", "known_before", "total_before", "undated")
        return each.group_by("currency").agg(
            n_now=_.lines_now.count(where=_.lines_now > 0),
            n_before=_.lines_before.count(where=_.lines_before > 0),
            squares=(moved * moved).sum(),
            **{name: each[name].sum() for name in sums},
        )

    def _answers(self) -> ir.Table:
        """The answers of each period."""
        found = answers.chosen(answers.given(self.tables, self.filters), self.tables, self.filters)
        return found.mutate(period=self._period(found.answered_at)).filter(_.period.notnull())

    def _at_risk(self) -> ir.Table:
        """By currency, what is at risk with the customers that are still there, and how sure that is."""
        inside = scores.chosen(self.tables, self.filters)
        inside = inside.filter(~inside.lifecycle.isin(_OUTSIDE), inside.value.notnull())
        summed = ("value_at_risk", "risk_variance", *_SHIFTED)
        return inside.group_by(currency=_.currency.nullif("")).agg(
            n=_.count(), **{name: inside[name].sum() for name in summed}
        )

    def _window(self, answers_: Answers) -> dict[str, ir.Table]:
        """The gaps between the purchases of a customer, in days, each customer with a weight of 1 in all (R1)."""
        told = self._source(answers_)
        if told is None or told.basis != "orders":
            return {}
        bought = purchase_days(self.tables, self.filters, told)
        gaps = bought.mutate(days=_.count().over(ibis.window(group_by="customer_id"))).filter(_.place > 1)
        gap = gaps.day.delta(gaps.previous, unit="day").cast("float64")
        return {"gaps": gaps.mutate(value=gap).group_by("value").agg(weight=(1.0 / (_.days - 1)).sum())}

    def _active(self, answers_: Answers) -> dict[str, ir.Table]:
        """How many customers there are now, and were at the end of the period before."""
        told = self._source(answers_)
        if told is None:
            return {}
        if told.is_contract:
            each = {_NOW: self.filters} | (
                {_BEFORE: self.before} if self.before and told.basis == "subscriptions" else {}
            )
            return {
                f"active_{name}": self._of_customers(contracts(self.tables, then, told)).agg(
                    n=(~_.has_left).sum().fill_null(0)
                )
                for name, then in each.items()
            }
        within = timedelta(days=math.ceil(window_days(answers_["gaps"])))
        bought = self._of_customers(purchases(self.tables, self.filters, told))
        return {
            f"active_{name}": bought.filter(bought.day > day - within, bought.day <= day).agg(n=_.customer_id.nunique())
            for name, day in self._days().items()
        }

    # what is made of it

    def rows(self, answers_: Answers) -> Found:
        """The rows of the figures, in the order of `METRICS`; of those that nothing tells of there is none."""
        return [*self._customers(answers_), *self._revenue(answers_), *self._score(answers_), *self._risk(answers_)]

    def _customers(self, answers_: Answers) -> Found:
        """A stock, not a flow: the same customers may be there at both dates, so the two are not tested against each other."""
        found = {
            name: rows(answers_[f"active_{name}"])[0]["n"] for name in (_NOW, _BEFORE) if f"active_{name}" in answers_
        }
        if _NOW not in found:
            return []
        n = whole(found[_NOW])
        return [
            (
                {
                    "metric": "customers",
                    "value": n,
                    "n": n,
                    "unit": "count",
                    "previous": found.get(_BEFORE),
                    "undated": 0,
                },
                None,
            )
        ]

    def _revenue(self, answers_: Answers) -> Found:
        if "bought" not in answers_:
            return []
        found = []
        told = rows(answers_["bought"])
        shown = [row for row in told if row["lines_now"] or row["lines_before"]] or told[:1] or [{"currency": None}]
        for row in sorted(shown, key=lambda row: str(row["currency"])):
            n, earlier_n = whole(row.get("n_now")), whole(row.get("n_before"))
            made: Row = {
                "metric": "net_revenue", "value": _money(row, _NOW), "n": n, "currency": row["currency"], "unit": "money",
                "undated": whole(row.get("undated")),
                "value_known": share(whole(row.get("known_now")), whole(row.get("lines_now"))),
            }  # fmt: skip
            p = None
            if self.before is not None:
                made["previous"] = _money(row, _BEFORE)
                # Customers buy again and again, lines of an order come together: what counts is what each customer changed by.
                if min(n, earlier_n) >= LEAST_TESTED and row["squares"]:
                    p = normal_p((number(row["total_now"]) - number(row["total_before"])) / math.sqrt(row["squares"]))
            found.append((made, p))
        return found

    def _score(self, answers_: Answers) -> Found:
        if "votes" not in answers_:
            return []
        told = {row["period"]: row for row in rows(answers_["votes"])}
        now, earlier = _tally(told.get(_NOW)), _tally(told.get(_BEFORE))
        low, high = interval(now)
        row: Row = {
            "metric": "nps", "value": now.score, "low": low, "high": high, "n": now.n, "unit": "points",
            "undated": whole(told[_UNDATED]["n"]) if _UNDATED in told else 0,
        }  # fmt: skip
        if self.before is None:
            return [(row, None)]
        row["previous"] = earlier.score
        same = rows(answers_["of_same"])[0]
        pairs, products, votes, previous = (number(same[name]) for name in _PAIRED)
        own, other = (
            own_repeats(tally, *(number(same[f"{name}_{period}"]) for name in ("pairs", "products", "votes")))
            for tally, period in ((now, _NOW), (earlier, _BEFORE))
        )
        shared = covariance(now, earlier, int(pairs), products, votes, previous, own, other)
        return [(row, difference_p(now, earlier, shared))]

    def _risk(self, answers_: Answers) -> Found:
        """Told by the models of one day: there is nothing before to compare it with."""
        if "at_risk" not in answers_ or self.lines is None:
            return []
        part = 1.0 if self.lines.margin is None else float(self.lines.margin)
        found: list[tuple[Row, float | None]] = []
        for row in sorted(rows(answers_["at_risk"]), key=lambda row: str(row["currency"])):
            value = part * number(row["value_at_risk"])
            half = Z * part * math.sqrt(max(number(row["risk_variance"]), 0.0) + math.fsum(number(row[name]) ** 2 for name in _SHIFTED))  # fmt: skip
            found.append((
                {"metric": "value_at_risk", "value": value, "low": max(value - half, 0.0), "high": value + half, "n": row["n"],
                 "currency": row["currency"], "unit": "money", "undated": 0},
                None,
            ))  # fmt: skip
        return found

    # parts

    def _days(self) -> dict[str, date]:
        """The days at which customers are counted: the last of each period."""
        end = min(self.filters.until or self.filters.as_of, self.filters.as_of)
        return {_NOW: end} | ({_BEFORE: self.before.as_of} if self.before is not None else {})

    def _period(self, moment: ir.TimestampColumn) -> ir.StringValue:
        """The period that a moment is in; null for none, and for what comes after the as-of date."""
        is_now = (moment < ibis.timestamp(self.filters.now)) & self.filters.in_period(moment)
        if not self.filters.has_period:
            is_now |= moment.isnull() & ibis.literal(self._keeps_undated(moment))
        cases: list[tuple[ir.Value, Any]] = [(is_now, _NOW)]
        if self.before is not None:
            cases.append((self.before.in_period(moment), _BEFORE))
        return ibis.cases(*cases, (moment.isnull(), _UNDATED), else_=ibis.null("string"))

    def _keeps_undated(self, moment: ir.TimestampColumn) -> bool:
        """Answers without a day count where no period is asked for; orders never do, as in `sales_totals`."""
        return moment.get_name() == "answered_at"

    def _of_customers(self, found: ir.Table) -> ir.Table:
        """The rows of customers that the filters leave."""
        if not self.filters.where:
            return found
        plain = replace(self.filters, since=None, until=None)
        return found.semi_join(who.chosen(who.customers(self.tables, plain), self.tables, plain), "customer_id")

    def _source(self, answers_: Answers) -> Source | None:
        """What tells who is a customer; purchases made of deals stand in `deals` already."""
        told = source(rows(answers_["basis"])[0]) if "basis" in answers_ else None
        return told if told is not None and told.basis in ("orders", "subscriptions", "tenure") else None


_SHIFTED = tuple(f"risk_shift_{n}" for n in range(1, SHIFTS + 1))


def _of_same(found: ir.Table) -> ir.Table:
    """One row: what the answers of people who answered in both periods sum to, each answer of one with each of the other; and with
    each other one of the same period, `pairs_now, products_now, votes_now` and so on."""
    votes = found.vote.cast("int64")
    people = found.filter(found.respondent_key.notnull()).group_by("respondent_key").agg(
        now=(found.period == _NOW).sum(), earlier=(found.period == _BEFORE).sum(),
        votes_now=votes.sum(where=found.period == _NOW).fill_null(0), votes_earlier=votes.sum(where=found.period == _BEFORE).fill_null(0),
        squares_now=(votes * votes).sum(where=found.period == _NOW).fill_null(0),
        squares_earlier=(votes * votes).sum(where=found.period == _BEFORE).fill_null(0),
    )  # fmt: skip
    again = people.filter(people.now + people.earlier > 1)
    own: dict[str, ir.Value] = {}
    for period, n, v, q in ((_NOW, again.now, again.votes_now, again.squares_now),
                            (_BEFORE, again.earlier, again.votes_earlier, again.squares_earlier)):  # fmt: skip
        own |= {
            f"pairs_{period}": (n * n - n).sum(),
            f"products_{period}": (v * v - q).sum(),
            f"votes_{period}": (v * n - v).sum(),
        }
    return again.agg(
        pairs=(_.now * _.earlier).sum(), products=(_.votes_now * _.votes_earlier).sum(),
        votes=(_.votes_now * _.earlier).sum(), previous_votes=(_.votes_earlier * _.now).sum(), **own,
    )  # fmt: skip


def buyer(orders: ir.Table) -> ir.StringValue:
    """Whose a line of an order is; an order of nobody stands for itself, and lines of no order stand together."""
    return orders.customer_id.coalesce(ibis.literal("\t") + orders.order_id, ibis.literal("\t"))


def window_days(gaps: pd.DataFrame) -> float:
    """Within how many days of its last purchase a customer is active (R1): 90% of gaps are no longer, from 30 to 365 days."""
    low, high = WINDOW_DAYS
    if gaps.empty:
        return high
    inorder = gaps.sort_values("value")
    reached = inorder["weight"].cumsum().to_numpy()
    place = int((reached < WINDOW_SHARE * reached[-1] - 1e-9).sum())
    return min(max(float(inorder["value"].iloc[place]), low), high)


def _money(row: Mapping[str, Any], period: str) -> float | None:
    """What was bought in a period; unknown where there are lines and no amount."""
    if whole(row.get(f"lines_{period}")) and not whole(row.get(f"known_{period}")):
        return None
    return number(row.get(f"total_{period}"))


def _tally(row: Mapping[str, Any] | None) -> Tally:
    return Tally(0, 0, 0) if row is None else Tally(whole(row["n"]), whole(row["promoters"]), whole(row["detractors"]))
