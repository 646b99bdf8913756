"""The customers a churn model learns from: what was known of each, and whether it left afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import cast

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.churn.columns import Chosen, chosen, design, known_then
from analytics.churn.evaluation import Sample
from analytics.churn.lengths import KNOWN, lengths, states
from analytics.customers import contacts
from analytics.customers.basis import Source, by_source
from analytics.customers.contracts import DAYS_A_MONTH, GRACE_DAYS
from analytics.customers.purchases import histories, purchases
from analytics.filters import Filters
from analytics.question import Answers, Question
from analytics.rows import rows
from data.errors import RequestProblem
from data.messages import say
from data.schema import SCHEMA
from data.tables import Tables

MOST_CUSTOMERS = 50_000  # of a sample; more would only make the intervals narrower than any decision needs
MOST_ORIGINS = 6
HORIZONS = (12, 6)  # months in which a customer leaves or not; the first that the history allows
LEAST_HISTORY = 182  # days before the first cut-off, so that something is known of customers there
ACTIVE_DAYS = (30, 365)
ACTIVE_QUANTILE = 0.9
# Columns of customers that say nothing, are worked out elsewhere, or are only known afterwards.
_NOT_ASKED = {"is_churned", "repeat_purchases", "recency_weeks", "age_weeks", "mean_repeat_value"}
_ONCE = {"tenure_months", "monthly_revenue"}  # as of the file, so that an earlier day did not know them
_LASTING = {"employees", "annual_revenue"}  # of the company itself, and slow to change


@dataclass(frozen=True)
class Learning:
    """What there is to learn from: the sample and its columns, and of how many customers nothing could be said."""

    sample: Sample
    columns: Chosen
    horizon_months: int | None  # None where leaving is whatever the file says, at no given time
    left_out: Mapping[str, int]  # by `lengths.STATES`
    cut_offs: tuple[date, ...] = ()


Learns = Callable[[Learning, Source], pd.DataFrame]


def learning_from(
    answers: Answers, source: Source, names: Mapping[str, str], cut_offs: tuple[date, ...], horizon: int | None
) -> Learning:
    """The sample, from the rows of `questions`."""
    if not cut_offs:
        found = answers["customers"].sort_values("customer_id", kind="stable").reset_index(drop=True)
        origins = None
    else:
        each = [answers[f"origin_{place}"].assign(origin=place) for place in range(len(cut_offs))]
        found = pd.concat(each, ignore_index=True).sort_values(["origin", "customer_id"], kind="stable").reset_index(drop=True)  # fmt: skip
        origins = found["origin"].to_numpy(dtype=np.int64)
    left = found["has_left"].fillna(False).to_numpy(dtype=bool)
    columns = chosen(found, names, left)
    if cut_offs:
        columns = known_then(columns, found, set(names) - set(_known_of(source)) - _LASTING)
    if not columns.features and len(found):
        raise RequestProblem(
            say("Nothing is known of the customers that could tell who leaves."),
            say("Load what you know of them: contract, product, region, how long they have been customers."),
        )
    left_out = states(answers["states"]) if "states" in answers else states(pd.DataFrame())
    return Learning(Sample(design(found, columns.features), left, columns.features, origins), columns, horizon, left_out, cut_offs)  # fmt: skip


def learning(tables: Tables, filters: Filters, finish: Learns, horizon: int | None = None) -> Question:
    """A question that learns from all customers of the workspace, whatever the filters, and says what `finish` makes of it.

    With a tenure and a flag the file's own word is the label. With contracts and purchases customers are looked at from
    several days in the past: what was known by then, and whether they left within the `horizon` months after (contracts:
    ended and not renewed within the grace; purchases: none in that time, among those who bought lately). Raises
    RequestProblem where the history does not hold two such days.
    """
    everybody = Filters(filters.as_of, time_zone=filters.time_zone, recorded_until=filters.recorded_until)

    def build(source: Source) -> Question:
        if source.basis == "tenure":
            names = own_columns(tables, set())
            asks = {"customers": _told(tables, everybody, source, names), "states": _states(tables, everybody, source)}
            return Question(asks, lambda answers: finish(learning_from(answers, source, names, (), None), source))
        if source.basis == "summary":
            raise RequestProblem(
                say("The file says how often customers bought, and not when, so that nothing can be learnt from one time for a later one."),
                say("Load the orders themselves, or customers with a column that says who left."),
            )  # fmt: skip
        names = own_columns(tables, _ONCE) | _known_of(source)

        def origins(answers: Answers) -> dict[str, ir.Table]:
            months, days = _cut_offs(answers, everybody, horizon)
            active = _active_days(answers)
            return {
                f"origin_{place}": _at(tables, everybody, source, day, months, active, names)
                for place, day in enumerate(days)
            }

        def finished(answers: Answers) -> pd.DataFrame:
            months, days = _cut_offs(answers, everybody, horizon)
            return finish(learning_from(answers, source, names, days, months), source)

        asks = {"span": _span(tables, everybody, source)}
        if source.is_contract:
            asks["states"] = _states(tables, everybody, source)
        return Question(asks, finished, (origins,))

    return by_source(tables, filters, build)


def own_columns(tables: Tables, without: set[str]) -> dict[str, str]:
    """The columns of customers that may tell who leaves: column -> what people call it. Texts are names and left out."""
    found = {
        column.name: column.name
        for column in SCHEMA["customers"]
        if column.kind in ("category", "number", "money") and column.name not in _NOT_ASKED | without
    }
    return found | {h.column: h.header for h in tables.headers if h.table == "customers" and h.is_attribute}


def cut_offs(first: date, last: date, months: int) -> tuple[date, ...]:
    """The days customers are looked at from: the last one `months` and the grace before `last`, others `months` apart before
    it, so that what happened after one was known at the next; each with a history of half a year."""
    found: list[date] = []
    day = months_before(last - timedelta(days=GRACE_DAYS + 1), months)
    while len(found) < MOST_ORIGINS and day >= first + timedelta(days=LEAST_HISTORY):
        found.append(day)
        day = months_before(day, months)
    return tuple(reversed(found))


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or of a later one where `months` is below 0; the last where it has no such day."""
    month = day.year * 12 + day.month - 1 - months
    last = (date(month // 12 + (month % 12 == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(month // 12, month % 12 + 1, min(day.day, last))


def _cut_offs(answers: Answers, filters: Filters, asked: int | None) -> tuple[int, tuple[date, ...]]:
    first = rows(answers["span"])[0]["first_on"]
    for months in (asked,) if asked else HORIZONS:
        found = () if first is None else cut_offs(cast(date, pd.Timestamp(first).date()), filters.as_of, months)
        if len(found) >= 2:
            return months, found
    raise RequestProblem(
        say("The history is too short to test a forecast of {n} months on: that takes two days in the past with half a year before the first and the whole time after each.", n=asked or HORIZONS[-1]),
        say("Load a longer history, or ask for a shorter time."),
    )  # fmt: skip


def _active_days(answers: Answers) -> float:
    gap = rows(answers["span"])[0].get("gap")
    return float(min(max(gap, ACTIVE_DAYS[0]), ACTIVE_DAYS[1])) if gap is not None else float(ACTIVE_DAYS[1])


def _states(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    return lengths(tables, filters, source, {}).agg(n=_.count(), by="state")


def _span(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """One row: the `first_on` of the history, and of purchases the `gap` in days that 90% of the pauses stay below."""
    if source.basis == "subscriptions":
        begun = tables.subscriptions.filter(_.customer_id.notnull(), _.started_on <= ibis.date(filters.as_of))
        return begun.agg(first_on=_.started_on.min())
    daily = purchases(tables, filters, source).select("customer_id", "day").distinct()
    in_order = ibis.window(group_by="customer_id", order_by="day")
    gapped = daily.mutate(gap=_.day.delta(_.day.lag().over(in_order), unit="day"))
    return gapped.agg(first_on=_.day.min(), gap=_.gap.quantile(ACTIVE_QUANTILE).cast("float64"))


def _some(each: ir.Table) -> ir.Table:
    """At most `MOST_CUSTOMERS`, always the same ones."""
    return each.order_by(_.customer_id.hash(), "customer_id").limit(MOST_CUSTOMERS)


def _with_own(each: ir.Table, tables: Tables, names: Mapping[str, str]) -> ir.Table:
    """With the columns of `names` that customers have; a customer listed twice must not count twice."""
    own = [column for column in names if column in tables.customers.columns and column not in each.columns]
    if not own:
        return each
    listed = tables.customers.semi_join(each, "customer_id")
    listed = listed.group_by("customer_id").agg(**{column: _[column].max() for column in own})
    return each.left_join(listed, "customer_id", rname="{name}_listed").drop("customer_id_listed")


def _told(tables: Tables, filters: Filters, source: Source, names: Mapping[str, str]) -> ir.Table:
    each = lengths(tables, filters, source, {}).filter(_.state == KNOWN)
    return _with_own(_some(each.select("customer_id", "has_left")), tables, names)


def _known_of(source: Source) -> dict[str, str]:
    """What is worked out of each customer at a cut-off."""
    own = _CONTRACTS if source.basis == "subscriptions" else _PURCHASES
    return {name: name for name in (*own, *_TOUCHED)}


_CONTRACTS = (
    "tenure_months", "monthly_revenue", "monthly_revenue_before", "open_contracts", "contracts_before", "months_since_start",
    "main_product",
)  # fmt: skip
_PURCHASES = (
    "days_since", "purchases", "mean_value", "revenue", "revenue_12m", "revenue_before_12m", "returned", "gap_days",
    "last_gap_days", "age_weeks", "pauses_since",
)  # fmt: skip
_TOUCHED = (
    "days_since_contact", "contact_days", "contact_gap_days", "people_met", "open_cases", "cases_12m", "last_score",
    "score_before",
)  # fmt: skip


def _at(
    tables: Tables, filters: Filters, source: Source, day: date, months: int, active: float, names: Mapping[str, str]
) -> ir.Table:
    """The customers there at the end of `day`: what was known of them by then, and `has_left` by `months` later."""
    then = replace(filters, as_of=day)
    until = months_before(day, -months)
    if source.basis == "subscriptions":
        each = _contracts_at(tables, filters, day, until)
    else:
        each = _purchases_at(tables, filters, then, source, until, active)
    each = _some(each)
    each = _with_touches(each, tables, then)
    return _with_own(each, tables, names).drop("last_contact_on")


def _contracts_at(tables: Tables, filters: Filters, day: date, until: date) -> ir.Table:
    """Who had a contract at the end of `day`. Left by `until`: no contract then, and none begun within the grace after."""
    at, year_before = ibis.date(day), ibis.date(months_before(day, 12))
    recorded = tables.subscriptions.filter(_.customer_id.notnull(), _.started_on.notnull(), _.started_on <= ibis.date(filters.as_of))  # fmt: skip
    begun = recorded.filter(_.started_on <= at)
    # That a contract which still ran at that day would end later, nobody knew then.
    runs = begun.ended_on.isnull() | (begun.ended_on > at)
    ran_before = (begun.started_on <= year_before) & (begun.ended_on.isnull() | (begun.ended_on > year_before))
    begun = begun.mutate(runs=runs, ran_before=ran_before)
    known = begun.group_by("customer_id").agg(
        tenure_months=at.delta(begun.started_on.min(), unit="day") / DAYS_A_MONTH,
        months_since_start=at.delta(begun.started_on.max(where=begun.runs), unit="day") / DAYS_A_MONTH,
        monthly_revenue=_.monthly_revenue.sum(where=_.runs),
        monthly_revenue_before=_.monthly_revenue.sum(where=_.ran_before),
        open_contracts=_.runs.sum(),
        contracts_before=(~_.runs).sum(),
        main_product=_["product"].max(where=_.runs),
    )
    known = known.filter(_.open_contracts > 0)
    by, grace = ibis.date(until), ibis.date(until + timedelta(days=GRACE_DAYS))
    stays = recorded.filter(_.started_on <= grace, _.ended_on.isnull() | (_.ended_on > by))
    stays = stays.select("customer_id").distinct().mutate(stays=True)
    joined = known.left_join(stays, "customer_id", rname="{name}_there")
    return joined.mutate(has_left=_.stays.isnull()).drop("customer_id_there", "stays")


def _purchases_at(
    tables: Tables, filters: Filters, then: Filters, source: Source, until: date, active: float
) -> ir.Table:
    """Who bought within `active` days before. Left by `until`: no purchase until then."""
    known = histories(tables, then, source).filter(_.days_since <= active)
    known = known.select("customer_id", *(name for name in _PURCHASES if name != "pauses_since"))
    known = known.mutate(pauses_since=_.days_since / _.gap_days.nullif(0))
    later = purchases(tables, filters, source)
    later = later.filter(_.day > ibis.date(then.as_of), _.day <= ibis.date(until)).select("customer_id").distinct()
    joined = known.left_join(later.mutate(bought=True), "customer_id", rname="{name}_later")
    return joined.mutate(has_left=_.bought.isnull()).drop("customer_id_later", "bought")


def _with_touches(each: ir.Table, tables: Tables, then: Filters) -> ir.Table:
    """With contacts, cases and survey answers as they were then."""
    at = ibis.date(then.as_of)
    parts = {
        "contact": contacts.contact(tables, then),
        "cases": contacts.cases(tables, then).select("customer_id", "open_cases", "cases_12m"),
        "answers": contacts.answers(tables, then).select("customer_id", "last_score", "score_before"),
    }
    for name, part in parts.items():
        each = each.left_join(part, "customer_id", rname=f"{{name}}_{name}").drop(f"customer_id_{name}")
    counted = ("contact_days", "people_met", "open_cases", "cases_12m")
    return each.mutate(
        days_since_contact=at.delta(each.last_contact_on, unit="day"), **{name: each[name].fill_null(0) for name in counted}
    )  # fmt: skip
