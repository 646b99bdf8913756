"""What all customers together are worth, how much of it is at risk, and who was lost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import who
from analytics.customers.scores import SHIFTS
from analytics.customers.value_risk import EVERYONE, PLAIN, QUADRANTS, YEAR_DAYS, Lines, Part, of_part, placed
from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import NOT_KNOWN, Interval, share
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from data.tables import Tables

TOTAL_COLUMNS = (
    "quadrant", "currency", "customers", "value", "expected", "expected_low", "expected_high", "value_at_risk",
    "value_at_risk_low", "value_at_risk_high", "at_risk_share", "half_customers", "uncertain_customers", "moved_customers",
    "revenue_12m", "lost_customers", "lost_12m", "lost_revenue", "potential_customers", "unvalued_customers", "value_limit",
    "risk_limit",
)  # fmt: skip
Z80 = 1.2815515655446004  # the 90% point of the normal distribution
_SUMS = ("value", "expected", "value_at_risk", "variance", "risk_variance", "revenue_12m")
_SHIFTS = {of: [f"{of}_shift_{n}" for n in range(1, SHIFTS + 1)] for of in ("expected", "risk")}
_COUNTS = ("customers", "uncertain_customers", "moved_customers")


def value_at_risk(tables: Tables, filters: Filters, by: Field | None = None, lines: Lines = PLAIN) -> Question:
    """One row a currency for all customers that are still there (without a quadrant), and one for each quadrant with any.

    Columns: `TOTAL_COLUMNS`, and the field of `by`, which has them for each of its values. Intervals are 80%: what comes of
    single customers varies apart, and what the models may be wrong in they share, so that the variance of a sum is the sum of
    `variance` and, for each direction of the models' doubt, the square of the summed shifts (the delta method; a normal
    approximation). `half_customers` of them carry half of the value at risk. Customers that are lost are counted beside, with
    what those lost in the last twelve months brought in two years; `potential_customers` never bought and have no currency.
    """
    found = placed(tables, filters, lines, is_narrow=True)
    keys = ["currency"]
    if by is not None:
        found = who.with_group(found, tables, filters, by)
        keys = ["group", "currency"]
    inside = found.filter(~_.lifecycle.isin(("lost", "potential")), _.value.notnull())
    parts = inside.group_by([*keys, "quadrant"]).agg(
        customers=_.count(),
        uncertain_customers=_.uncertain.sum(),
        moved_customers=(_.quadrant != _.first_quadrant).sum(),
        value_limit=_.value_limit.max(),
        risk_limit=_.risk_limit.max(),
        currency_customers=_.currency_customers.max(),
        **{name: inside[name].sum() for name in (*_SUMS, *_SHIFTS["expected"], *_SHIFTS["risk"])},
    )
    outside = found.group_by(keys).agg(
        lost_customers=(_.lifecycle == "lost").sum(),
        lost_dated=_.lost_on.count(),
        lost_12m=((_.lifecycle == "lost") & _is_recent(found, filters)).sum(),
        lost_revenue=_.brought.sum(where=(_.lifecycle == "lost") & _is_recent(found, filters)),
        potential_customers=(_.lifecycle == "potential").sum(),
        unvalued_customers=(~_.lifecycle.isin(("lost", "potential")) & _.value.isnull()).sum(),
    )
    return Question(
        {"parts": parts, "outside": outside, "half": _half(inside, keys)}, partial(_finished, by=by, keys=keys)
    )


def part_sums(tables: Tables, filters: Filters, lines: Lines = PLAIN, part: Part = EVERYONE) -> Question:
    """One row: how many `customers` a part has, and their `value_at_risk` with its 80% interval; of one currency, where the part
    names one."""
    found = of_part(placed(tables, filters, lines), part)
    asked = ("value_at_risk", "risk_variance", *_SHIFTS["risk"])
    sums = found.agg(customers=_.count(), **{name: found[name].sum() for name in asked})

    def finish(answers: Answers) -> pd.DataFrame:
        row = rows(answers["sums"])[0]
        spread = math.sqrt(number(row["risk_variance"]) + math.fsum(number(row[name]) ** 2 for name in _SHIFTS["risk"]))
        low, high = _interval(number(row["value_at_risk"]), spread, whole(row["customers"]))
        told = row | {"value_at_risk_low": low, "value_at_risk_high": high}
        return frame([told], ("customers", "value_at_risk", "value_at_risk_low", "value_at_risk_high"))

    return Question({"sums": sums}, finish)


def _is_recent(found: ir.Table, filters: Filters) -> ir.BooleanValue:
    return (ibis.date(filters.as_of).delta(found.lost_on, unit="day") < YEAR_DAYS).fill_null(False)


def _half(inside: ir.Table, keys: list[str]) -> ir.Table:
    """How many customers it takes, those with most at risk first, to half of the value at risk."""
    at_risk = inside.filter(_.value_at_risk > 0).select(*keys, "value_at_risk")
    # Who comes first among equals does not matter: each adds the same.
    up_to = ibis.cumulative_window(group_by=keys, order_by=_.value_at_risk.desc())
    summed = at_risk.mutate(
        before=_.value_at_risk.sum().over(up_to) - _.value_at_risk,
        whole=_.value_at_risk.sum().over(ibis.window(group_by=keys)),
    )
    return summed.group_by(keys).agg(half_customers=(_.before < _.whole / 2).sum())


def _finished(answers: Answers, by: Field | None, keys: list[str]) -> pd.DataFrame:
    parts, outside = rows(answers["parts"]), rows(answers["outside"])
    half = {_key(row, keys): whole(row["half_customers"]) for row in rows(answers["half"])}
    beside = {_key(row, keys): row for row in outside}
    by_key: dict[tuple[object, ...], list[Row]] = {}
    for part in parts:
        by_key.setdefault(_key(part, keys), []).append(part)
    without = _without_currency(outside, keys)
    # Those who never bought have no currency: they are told of where there is no other row to tell it in.
    wanted = [
        key for key, row in beside.items()
        if key in by_key or whole(row["lost_customers"]) or not any(_same_group(key, other) for other in by_key)
    ]  # fmt: skip
    wanted.sort(key=lambda key: (str(key[:-1]), -max((p["currency_customers"] for p in by_key.get(key, ())), default=0), str(key[-1])))  # fmt: skip
    found: list[Row] = []
    for key in wanted:
        own = by_key.get(key, [])
        shared = _lost(beside[key]) | {"half_customers": half.get(key, 0)}
        shared |= without[key[:-1]]
        named = dict(zip(keys, key, strict=True)) | {"currency": key[-1] or None}
        found.append(_total(own) | shared | named | {"quadrant": None})
        for quadrant in QUADRANTS:
            of_it = [part for part in own if part["quadrant"] == quadrant]
            if of_it:
                found.append(_total(of_it) | named | {"quadrant": quadrant})
    if by is None:
        return frame(found, TOTAL_COLUMNS)
    name = by.key(TOTAL_COLUMNS)
    return frame(found, ("group", *TOTAL_COLUMNS)).rename(columns={"group": name})


def _lost(row: Row) -> Row:
    """Who was lost; in which year is unknown where nothing says when any of them left."""
    lost, dated = whole(row["lost_customers"]), whole(row["lost_dated"])
    if lost and not dated:
        return {"lost_customers": lost}
    return {
        "lost_customers": lost, "lost_12m": whole(row["lost_12m"]), "lost_revenue": number(row["lost_revenue"]),
    }  # fmt: skip


def _key(row: Row, keys: list[str]) -> tuple[object, ...]:
    return tuple(row[name] for name in keys)


def _same_group(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return one[:-1] == other[:-1]


def _without_currency(outside: list[Row], keys: list[str]) -> dict[tuple[object, ...], Row]:
    """By group, who never bought and whose value no model tells: whatever the currency."""
    found: dict[tuple[object, ...], Row] = {}
    for row in outside:
        of_group = found.setdefault(_key(row, keys)[:-1], {"potential_customers": 0, "unvalued_customers": 0})
        for name in of_group:
            of_group[name] += whole(row[name])
    return found


def _total(parts: Iterable[Row]) -> Row:
    """The sums of some parts, with the intervals that follow from them."""
    parts = list(parts)
    row: Row = {name: sum(whole(part[name]) for part in parts) for name in _COUNTS}
    row |= {name: math.fsum(number(part[name]) for part in parts) for name in _SUMS}
    for of, variance in (("expected", "variance"), ("risk", "risk_variance")):
        shifts = (math.fsum(number(part[name]) for part in parts) for name in _SHIFTS[of])
        row[f"{of}_spread"] = math.sqrt(max(row[variance], 0.0) + math.fsum(shift * shift for shift in shifts))
    row["expected_low"], row["expected_high"] = _interval(row["expected"], row["expected_spread"], row["customers"])
    low, high = _interval(row["value_at_risk"], row["risk_spread"], row["customers"])
    row["value_at_risk_low"], row["value_at_risk_high"] = low, high
    row["at_risk_share"] = share(row["value_at_risk"], row["value"])
    for name in ("value_limit", "risk_limit"):
        row[name] = next((part[name] for part in parts if part[name] is not None), None)
    return row


def _interval(middle: float, spread: float, n: int) -> Interval:
    """80%, never below nothing; none of nobody."""
    return (max(middle - Z80 * spread, 0.0), middle + Z80 * spread) if n else NOT_KNOWN
