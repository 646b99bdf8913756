"""Whether customers whose case was closed stay longer, or buy again sooner, than those whose case was not.

No experiment: cases are closed where somebody thinks it worth while. So customers are compared within the same revenue, the
same kind of answer and the same half year, from the same day on, and what differs beside these differs still.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.customers import revenue, who
from analytics.customers.basis import Source, counts, source
from analytics.customers.contacts import with_days
from analytics.customers.contracts import GRACE_DAYS
from analytics.customers.purchases import lines
from analytics.customers.revenue import YEAR_DAYS, Window
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, normal_p
from analytics.nps.following import with_leaving
from analytics.nps.loop import NOBODY, loop_day, needing, noted
from analytics.nps.loop_times import counted_since
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from analytics.survival import kaplan_meier
from data.loop_cases import LoopCases
from data.messages import Message, say
from data.tables import Tables

COLUMNS = (
    "loop_group", "loop_outcome", "customers", "happened", "within_days", "happened_share", "happened_low", "happened_high",
    "hazard_ratio", "low", "high", "p_value", "strata", "compared", "revenue_12m", "currency", "reason",
)  # fmt: skip
LIST_COLUMNS = (
    "customer_id", "customer", "owner", "loop_group", "score", "answer_on", "case_status", "loop_outcome", "has_happened",
    "days_after", "revenue_12m", "currency",
)  # fmt: skip
LANDMARK = 30  # days: closed by then or not, and followed from then on
HORIZON = 180  # days after that for which the share is told
LEAST_CUSTOMERS, LEAST_EVENTS = 10, 5  # of each group, to say anything
TIERS = 3
Group = Literal["closed", "not_closed"]
GROUPS: tuple[Group, ...] = ("closed", "not_closed")
_STRATUM = ("tier", "band", "half")
_FAR = 25.0  # a log hazard ratio beyond it has no end


def loop_effect(tables: Tables, filters: Filters, kept: LoopCases = NOBODY, landmark: int = LANDMARK) -> Question:
    """Two rows: customers whose case was closed within `landmark` days of the answer, and those whose was not. Columns: `COLUMNS`.

    A customer counts once, by its first answer that could be closed in that time since work on the list began, and is followed from
    `landmark` days after it, so that the time it takes to close a case is nobody's gain. `loop_outcome` is what is followed:
    "left" (the contract ended and none followed within the grace), else "bought" (the next purchase). `happened_share` is the Kaplan-Meier share it happened to
    within 180 days. `hazard_ratio` is that of the closed against the others, stratified by third of revenue in the twelve
    months before the answer, kind of answer and half year (Cox 1972, ties as Breslow 1974), with its Wald interval; it is
    empty below ten customers or five events in either group. `compared` are the customers in strata that have both.
    """
    asked = partial(_lengths, tables, filters, kept, landmark)
    return Question({"basis": counts(tables, filters)}, _effect, (asked,))


def loop_effect_customers(
    tables: Tables,
    filters: Filters,
    kept: LoopCases = NOBODY,
    landmark: int = LANDMARK,
    group: Group | None = None,
    most: int | None = None,
) -> Question:
    """The customers behind `loop_effect`: first those whose case was not closed and who left, or have not bought since, those with
    most revenue first. Columns: `LIST_COLUMNS`. `days_after` are counted from the landmark.
    """

    def asked(told: Answers) -> dict[str, ir.Table]:
        basis = source(rows(told["basis"])[0])
        found = _followed(tables, filters, kept, landmark, basis)
        if found is None:
            return {}
        known = who.customers(tables, filters).select(known_id=_.customer_id, customer=_.customer, known_owner=_.owner)
        found = found.left_join(known, [("customer_id", "known_id")])
        is_closed = found.is_closed
        found = found.mutate(
            owner=found.owner_noted.coalesce(found.known_owner), loop_group=is_closed.ifelse(*GROUPS),
            loop_outcome=ibis.literal(_outcome(basis)), days_after=found.days, case_status=_.status.fill_null("open"),
        )  # fmt: skip
        if group is not None:
            found = found.filter(found.loop_group == group)
        is_bad = found.has_happened if _outcome(basis) == "left" else ~found.has_happened
        found = found.order_by(
            is_closed, is_bad.desc(), _.revenue_12m.desc(nulls_first=False), _.customer_id
        ).select(*LIST_COLUMNS)  # fmt: skip
        return {"listed": found if most is None else found.limit(most)}

    def finish(told: Answers) -> pd.DataFrame:
        return frame(map(with_days, rows(told["listed"])) if "listed" in told else [], LIST_COLUMNS)

    return Question({"basis": counts(tables, filters)}, finish, (asked,))


# who is followed, and what became of them


def _outcome(basis: Source | None) -> str | None:
    if basis is None or not revenue.has_days(basis):
        return None
    return "left" if basis.is_contract else "bought"


def _lengths(tables: Tables, filters: Filters, kept: LoopCases, landmark: int, told: Answers) -> dict[str, ir.Table]:
    """How many customers of each stratum were followed for how long, and their money."""
    found = _followed(tables, filters, kept, landmark, source(rows(told["basis"])[0]))
    if found is None:
        return {}
    keys = [*_STRATUM, "is_closed", "days", "has_happened"]
    money = found.group_by("is_closed", "currency").agg(revenue_12m=_.revenue_12m.sum())
    return {"lengths": found.group_by(keys).agg(n=_.count()), "money": money}


def _followed(
    tables: Tables, filters: Filters, kept: LoopCases, landmark: int, basis: Source | None
) -> ir.Table | None:
    """One row a customer: `is_closed`, its stratum, `days` from the landmark and whether it `has_happened` by then.

    None where nothing has days that could be followed, or no work was noted.
    """
    since = counted_since(kept, landmark)  # whose case could be closed by its landmark
    if since is None or basis is None or not revenue.has_days(basis):
        return None
    day = loop_day(filters, kept)
    found = needing(tables, filters).filter(_.customer_id.notnull(), _.answer_on >= ibis.date(since))
    found = found.mutate(begins_on=(found.answer_on + ibis.interval(days=landmark)).cast("date"))
    # Purchases are known until the as-of date only, whatever was noted since.
    found = found.filter(found.begins_on < ibis.date(filters.as_of))
    place = ibis.row_number().over(ibis.window(group_by="customer_id", order_by=["answered_at", "case_number"]))
    found = found.mutate(place=place).filter(_.place == 0)
    found = found.left_join(noted(kept.known_by(day)), [("case_number", "number")])
    is_closed = (found.closed_on <= found.begins_on).fill_null(False)
    band = ibis.cases((found.score <= 3, "0-3"), (found.score <= 6, "4-6"), else_="7-8")
    half = found.answer_on.year() * 2 + (found.answer_on.month() > 6).cast("int64")
    found = found.mutate(is_closed=is_closed, band=band, half=half)
    found = _with_revenue_before(found, tables, filters, basis)
    tier = ibis.cases((found.revenue_12m.fill_null(0.0) <= 0, 0), else_=1 + _third(found))
    found = found.mutate(tier=tier)
    return _until_left(found, tables, filters) if basis.is_contract else _until_bought(found, tables, filters, basis)


def _third(found: ir.Table) -> ir.Value:
    """Which third of those who brought anything, 0 to 2: by revenue, the smallest first."""
    brought = found.revenue_12m.nullif(0.0)
    return ibis.ntile(TIERS).over(ibis.window(group_by=brought.notnull(), order_by=brought))


def _with_revenue_before(found: ir.Table, tables: Tables, filters: Filters, basis: Source) -> ir.Table:
    """With `revenue_12m` and `currency`: what the customer brought in the twelve months before the answer."""
    ever = Window(filters.as_of.replace(year=1900, month=1, day=1), filters.as_of)
    sold = revenue.lines(tables, filters, basis, ever).filter(_.customer_id.notnull())
    sold = sold.select(seller=_.customer_id, money=_.currency, sold_on=_.day, amount=_.amount)
    near = found.select(of="customer_id", said_on="answer_on").inner_join(sold, [("of", "seller")])
    ago = near.said_on.delta(near.sold_on, unit="day")
    each = near.filter(ago >= 0, ago < YEAR_DAYS).group_by("of", "money").agg(brought=_.amount.sum())
    each = each.group_by("of").agg(currency=_.money.argmax(_.brought.fill_null(0.0)), revenue_12m=_.brought.max())
    return found.left_join(each, [("customer_id", "of")]).drop("of").mutate(revenue_12m=_.revenue_12m.fill_null(0.0))


def _until_bought(found: ir.Table, tables: Tables, filters: Filters, basis: Source) -> ir.Table:
    """Until the first purchase after the landmark."""
    sold = lines(tables, filters, basis).filter(_.amount.isnull() | (_.amount > 0))
    bought = sold.select(buyer=_.customer_id, bought_on=_.day)
    each = found.select(of="customer_id", starts_on="begins_on").inner_join(bought, [("of", "buyer")])
    first = each.filter(each.bought_on > each.starts_on).group_by("of").agg(bought_on=_.bought_on.min())
    found = found.left_join(first, [("customer_id", "of")]).drop("of")
    until = found.bought_on.coalesce(ibis.date(filters.as_of))
    return found.mutate(days=until.delta(found.begins_on, unit="day"), has_happened=found.bought_on.notnull())


def _until_left(found: ir.Table, tables: Tables, filters: Filters) -> ir.Table:
    """Until the contract ended that runs at the landmark, or those that follow it within the days of grace; who has none is not followed.

    What comes later, another contract long after it or a first one, must not say who is followed: nobody could leave until then.
    """
    contracts = with_leaving(tables, filters).select("buyer", "started_on", "end", "left_on")
    each = found.select(of="customer_id", starts_on="begins_on").inner_join(contracts, [("of", "buyer")])
    is_there = (each.started_on <= each.starts_on) & (each.end > each.starts_on)
    each = each.group_by("of").agg(
        is_there=is_there.any(), left_on=each.left_on.min(where=each.left_on > each.starts_on)
    )
    found = found.inner_join(each.filter(each.is_there), [("customer_id", "of")]).drop("of", "is_there")
    # That a contract is not renewed is known once the grace is over.
    known = (ibis.date(filters.as_of) - ibis.interval(days=GRACE_DAYS)).cast("date")
    until = (found.left_on - ibis.interval(days=1)).cast("date").coalesce(known)
    found = found.mutate(days=until.delta(found.begins_on, unit="day"), has_happened=found.left_on.notnull())
    return found.filter(found.days > 0)


# the comparison


def _effect(told: Answers) -> pd.DataFrame:
    basis = source(rows(told["basis"])[0])
    found = rows(told["lengths"]) if "lengths" in told else []
    closed, other = (_group(found, name, basis, told) for name in GROUPS)
    strata = [part for part in _strata(found) if part[0].any() and part[1].any()]
    closed |= {"strata": len(strata), "compared": int(sum(part[0].sum() + part[1].sum() for part in strata))}
    fitted = None if too_few(closed, other) else stratified_ratio([part[2] for part in strata])
    if fitted is not None:
        ratio, low, high, p = fitted
        closed |= {"hazard_ratio": ratio, "low": low, "high": high}
        other["hazard_ratio"] = 1.0
        # Below 30 in either group a test says nothing that the interval does not.
        closed["p_value"] = p if min(closed["customers"], other["customers"]) >= LEAST_TESTED else None
    why = remark(closed, other)
    return frame([row | {"reason": None if why is None else str(why)} for row in (closed, other)], COLUMNS)


def too_few(closed: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the two groups are too small to say anything, or too little happened in them."""
    few = min(closed["customers"], other["customers"]) < LEAST_CUSTOMERS
    return few or min(closed["happened"], other["happened"]) < LEAST_EVENTS


def remark(closed: Mapping[str, Any], other: Mapping[str, Any]) -> Message | None:
    """Why the two rows of `loop_effect` have no hazard ratio; None where they have one."""
    if closed["loop_outcome"] is None:
        return say("Nothing says on which days customers buy, or when their contracts end.")
    if min(closed["customers"], other["customers"]) < LEAST_CUSTOMERS:
        return say(
            "Too few to compare: each group needs at least {n} customers whose answer is more than {days} days old.",
            n=LEAST_CUSTOMERS, days=LANDMARK,
        )  # fmt: skip
    if too_few(closed, other):
        return say("Too little happened yet: in each group it must have come to at least {n} customers.", n=LEAST_EVENTS)  # fmt: skip
    if closed.get("hazard_ratio") is None:
        return say("The customers of the two groups are not alike enough to be compared.")
    return None


def _group(found: list[Row], name: Group, basis: Source | None, told: Answers) -> Row:
    own = [row for row in found if bool(row["is_closed"]) == (name == "closed")]
    days = np.array(sorted({row["days"] for row in own}), dtype=float)
    events, censored = np.zeros(len(days)), np.zeros(len(days))
    for row in own:
        (events if row["has_happened"] else censored)[np.searchsorted(days, row["days"])] += whole(row["n"])
    n, happened = int((events + censored).sum()), int(events.sum())
    made: Row = {
        "loop_group": name,
        "loop_outcome": _outcome(basis),
        "customers": n,
        "happened": happened,
        "within_days": HORIZON,
    }
    # A share within 180 days needs somebody who was followed that long.
    if n and days[-1] >= HORIZON:
        curve = kaplan_meier(days, events, censored)
        low, high = curve.interval(HORIZON)
        made |= {
            "happened_share": 1 - curve.at(HORIZON), "happened_low": None if high is None else 1 - high,
            "happened_high": None if low is None else 1 - low,
        }  # fmt: skip
    money = (
        [row for row in rows(told["money"]) if bool(row["is_closed"]) == (name == "closed")] if "money" in told else []
    )
    paid = [row for row in money if number(row["revenue_12m"])]
    if len({row["currency"] for row in paid}) <= 1:
        made |= {
            "revenue_12m": sum(number(row["revenue_12m"]) for row in paid) if n else None,
            "currency": paid[0]["currency"] if paid else None,
        }
    return made


Floats = NDArray[np.float64]
Stratum = tuple[Floats, Floats, Floats]


def _strata(found: list[Row]) -> list[Stratum]:
    """Of each stratum the numbers of the closed and of the others, and its table: days, events and at risk of both (`stratified_ratio`)."""
    parts: dict[tuple[Any, ...], list[Row]] = {}
    for row in found:
        parts.setdefault(tuple(row[name] for name in _STRATUM), []).append(row)
    made = []
    for _key, own in sorted(parts.items(), key=lambda part: str(part[0])):
        days = np.array(sorted({row["days"] for row in own}), dtype=float)
        leaving, events = np.zeros((len(days), 2)), np.zeros((len(days), 2))
        for row in own:
            place, side = np.searchsorted(days, row["days"]), 0 if row["is_closed"] else 1
            leaving[place, side] += whole(row["n"])
            events[place, side] += whole(row["n"]) if row["has_happened"] else 0
        at_risk = leaving[::-1].cumsum(axis=0)[::-1]
        made.append((leaving[:, 0], leaving[:, 1], np.hstack([events, at_risk])))
    return made


def stratified_ratio(tables: list[Floats]) -> tuple[float, float, float, float] | None:
    """The hazard ratio of the first of two groups against the second, its 95% interval and p-value (Wald).

    `tables` has one array a stratum, a row a duration: events of the first and of the second, at risk of the first and of the
    second. Cox's partial likelihood of one value, each stratum with a baseline of its own, ties as Breslow (1974). None where
    it has no greatest value: nothing happened in one of the groups while both were watched.
    """
    together = np.concatenate(tables) if tables else np.empty((0, 4))
    first, second, of_first, of_second = together[(together[:, :2].sum(axis=1) > 0)].T
    shared = (of_first > 0) & (of_second > 0)
    first, second, of_first, of_second = (each[shared] for each in (first, second, of_first, of_second))
    if not first.sum() or not second.sum():
        return None
    events, beta = first + second, 0.0
    for _step in range(100):
        part = of_first * math.exp(beta) / (of_first * math.exp(beta) + of_second)
        information = float((events * part * (1 - part)).sum())
        step = (float(first.sum()) - float((events * part).sum())) / information
        beta += max(-1.0, min(1.0, step))
        if abs(step) < 1e-10:
            break
        if abs(beta) > _FAR:
            return None
    error = 1 / math.sqrt(information)
    return math.exp(beta), math.exp(beta - Z * error), math.exp(beta + Z * error), normal_p(beta / error)
