"""The customers a scenario is about: their scores with which levers act on each, counted before anything is worked out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _

from analytics.customers import scores
from analytics.customers.value_risk import YEAR_DAYS, Lines, lost_on, placed
from analytics.filters import Filters
from analytics.question import Answers
from analytics.rows import Row, number, rows, whole
from analytics.what_if import targets
from analytics.what_if.base import Floats
from analytics.what_if.base_models import DAYS_A_MONTH, steady
from analytics.what_if.effects import reaches_new
from analytics.what_if.scenario import LEVERS, Scenario
from data.customer_settings import TIERS, CustomerSettings
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

_OUTSIDE = ("lost", "potential")
_COLUMNS = (
    "customer_id", "customer", "owner", "owner_id", "currency", "lifecycle", "tier", "first_on", "purchases", "revenue", "revenue_12m",
    "revenue_before_12m", "gap_limit_days", "last_on", "tenure_months", "monthly_revenue", "last_contact_on", "last_case_on", "contact_days", "repeat_purchases", "recency_weeks",
    "age_weeks", "mean_repeat_value", "mean_value", "gap_days", "alive", "value", "expected", "relative_hazard", "curve",
    "hazard_shift_1", "hazard_shift_2",
)  # fmt: skip


def people(tables: Tables, filters: Filters, scenario: Scenario, settings: CustomerSettings) -> ir.Table:
    """One row a customer the filters leave: its scores, and `quadrant` (where a target names one), `lost_on, brought, is_new` (within its first twelve months),
    `is_inside` (there, with a value), `is_lost` (within the last twelve months), `in_time` (contacted within what its tier is promised), `ago`
    (months since it first bought), `first_value` (what it bought first), `mask`: bit n set where lever n acts on it."""
    found = scores.chosen(tables, filters).select(*_COLUMNS)
    found = found.mutate(
        lost_on=lost_on(found, filters),
        brought=(found.revenue_12m + found.revenue_before_12m).coalesce(found.revenue),
    )
    if any(lever.target.quadrants for lever in scenario.levers):
        lines = Lines(settings.margin, settings.value_limit, settings.risk_limit)
        beside = placed(tables, filters, lines, is_narrow=True).select(of="customer_id", quadrant=_.quadrant)
        found = found.left_join(beside, [("customer_id", "of")]).drop("of")
    as_of = ibis.date(filters.as_of)
    contact = found.last_contact_on
    if settings.counts_cases:
        contact = ibis.greatest(found.last_contact_on, found.last_case_on).coalesce(
            found.last_contact_on, found.last_case_on
        )
    promised = ibis.cases(
        *((found.tier == tier, days) for tier, days in zip(TIERS, settings.tier_days, strict=True)),
        else_=settings.tier_days[-1],
    )
    contracts_age = found.tenure_months * DAYS_A_MONTH
    first = found.revenue - found.repeat_purchases * found.mean_repeat_value.fill_null(0.0)
    found = found.mutate(
        currency=found.currency.fill_null(""),
        is_new=((found.age_weeks * 7).coalesce(contracts_age) < YEAR_DAYS).fill_null(False),
        is_inside=(~found.lifecycle.isin(_OUTSIDE) & found.value.notnull()).fill_null(False),
        is_lost=((found.lifecycle == "lost") & (as_of.delta(found.lost_on, unit="day") < YEAR_DAYS)).fill_null(False),
        in_time=(as_of.delta(contact, unit="day") <= promised).fill_null(False),
        ago=(as_of.delta(found.first_on, unit="day") / DAYS_A_MONTH).floor().cast("int64"),
        first_value=ibis.greatest(first, 0.0).fill_null(0.0),
    )
    flags = {
        f"on_{place}": targets.of_lever(found, lever, tables, filters)
        for place, lever in enumerate(scenario.levers)
        if lever.kind != "largest_leaves" and LEVERS[lever.kind].acts != "pipeline"
    }
    found = found.mutate(**flags)
    bits = [found[name].cast("int64") * (1 << int(name[3:])) for name in flags]
    return found.mutate(mask=reduce(add, bits, ibis.literal(0).cast("int64"))).drop(*flags)


def sizes(found: ir.Table, tables: Tables, filters: Filters, scenario: Scenario) -> dict[str, ir.Table]:
    """What is asked of `people` first: `counted`, a row a currency, and, where a target names anybody, `names`, one row of whether somebody goes by each."""
    parts: dict[str, Any] = {}
    for place in range(len(scenario.levers)):
        is_on = (found.mask & (1 << place)) != 0
        parts |= {
            f"size_{place}": (is_on & found.is_inside).sum(),
            f"revenue_{place}": found.revenue_12m.sum(where=is_on & found.is_inside),
            f"in_time_{place}": (is_on & found.is_inside & found.in_time).sum(),
            f"lost_size_{place}": (is_on & found.is_lost).sum(),
            f"lost_revenue_{place}": found.revenue_12m.sum(where=is_on & found.is_lost),
        }
    counted = found.group_by("currency").agg(
        inside=found.is_inside.sum(),
        unvalued=(~found.lifecycle.isin(_OUTSIDE) & found.value.isnull()).sum(),
        potential=(found.lifecycle == "potential").sum(),
        lost=(found.lifecycle == "lost").sum(),
        contacted=(found.contact_days > 0).sum(),
        revenue_12m=found.revenue_12m.sum(),
        settled_12m=found.revenue_12m.sum(where=~found.is_new),
        **parts,
    )
    asked = {"counted": counted.order_by("currency")}
    names = {
        f"name_{n}": each.condition.any() for n, each in enumerate(targets.named(found, scenario, tables, filters))
    }
    return asked | ({"names": found.agg(**names)} if names else {})


@dataclass(frozen=True)
class Sizes:
    """How many customers there are in the chosen currency, and how many each lever acts on."""

    currency: str
    inside: int
    counts: dict[str, int]
    size_of: Floats
    revenue_of: Floats
    contacted_of: Floats
    revenue_12m: float
    settled_12m: float = 0.0  # of customers of a year or more


def counted(answers: Answers, scenario: Scenario) -> Sizes:
    """From the answers to `sizes`. Raises RequestProblem where nobody has money in the scenario's currency."""
    found = rows(answers["counted"])
    currency = scenario.currency
    if currency is None:
        # That of most customers; of equals the first by name.
        currency = min(found, key=lambda row: (-whole(row["inside"]), row["currency"]))["currency"] if found else ""
    own = next((row for row in found if row["currency"] == currency), None)
    if scenario.currency is not None and own is None:
        known = ", ".join(row["currency"] for row in found if whole(row["inside"]) and row["currency"])
        raise RequestProblem(
            say("No customer's money is in {currency}.", currency=scenario.currency),
            say("There is money in: {names}.", names=known) if known else say("Leave the currency out."),
        )
    row: Row = own or {}
    levers = range(len(scenario.levers))
    is_back = [LEVERS[lever.kind].acts == "lost" for lever in scenario.levers]

    def by_lever(name: str) -> Floats:
        return np.array([
            number(row.get(f"lost_{name}_{place}" if is_back[place] else f"{name}_{place}")) for place in levers
        ], dtype=np.float64)  # fmt: skip

    size = by_lever("size")
    any_contact = any(whole(each["contacted"]) for each in found)
    in_time = np.array([number(row.get(f"in_time_{place}")) for place in levers], dtype=np.float64)
    contacted = np.full(len(levers), np.nan)
    if any_contact:
        np.divide(in_time, size, out=contacted, where=(size > 0) & ~np.array(is_back, dtype=bool))
    return Sizes(
        currency=currency,
        inside=whole(row.get("inside")),
        counts={
            "other_currency": sum(whole(each["inside"]) for each in found if each is not own),
            "unvalued": sum(whole(each["unvalued"]) for each in found),
            "potential": sum(whole(each["potential"]) for each in found),
            "lost": sum(whole(each["lost"]) for each in found),
        },
        size_of=size,
        revenue_of=steady(by_lever("revenue")),
        contacted_of=contacted,
        revenue_12m=float(steady([number(row.get("revenue_12m"))])[0]),
        settled_12m=float(steady([number(row.get("settled_12m"))])[0]),
    )


def check_names(answers: Answers, found: ir.Table, tables: Tables, filters: Filters, scenario: Scenario) -> None:
    """Raises RequestProblem where a lever names somebody or something that nobody goes by."""
    row = rows(answers["names"])[0]
    for n, each in enumerate(targets.named(found, scenario, tables, filters)):
        if not row[f"name_{n}"]:
            raise RequestProblem(*each.problem)


def check_reach(scenario: Scenario, sizes: Sizes, has_new: bool) -> None:
    """Raises RequestProblem where a lever acts on nobody, of today or to come."""
    for place, lever in enumerate(scenario.levers):
        acts = LEVERS[lever.kind].acts
        is_to_come = reaches_new(lever) and has_new and scenario.counts_new
        if acts not in ("customers", "lost") or lever.kind == "largest_leaves" or is_to_come:
            continue
        if sizes.size_of[place] == 0:
            raise RequestProblem(
                say("The lever {lever} acts on nobody: no customer is in its target.", lever=lever.kind),
                say("Choose another target, or take the lever out."),
            )
