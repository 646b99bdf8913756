"""How fast new deals are first contacted, and whether those contacted in time are won more often."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.chance_to_win import DRAWS, FINE_HOURS, KINDS, against, chance, common_horizon, drawn
from analytics.contacts import chosen_deals, told_hours, touches, usable_activities
from analytics.filters import Filters
from analytics.incidence import NEVER, time_of_all
from analytics.intervals import share
from analytics.question import Answers, Question
from analytics.rows import MICROSECONDS_AN_HOUR, Row, frame, in_zone, number, rows, whole, with_q_values
from analytics.segment_pairs import REAL
from analytics.survival import Lengths
from data.tables import Tables

COLUMNS = (
    "landmark_days", "contact", "n", "won", "lost", "undecided", "chance", "low", "high", "horizon_days", "difference",
    "difference_low", "difference_high", "p_value", "q_value", "tests", "contacted_share", "money", "money_low", "money_high",
    "currency", "median_hours", "median_low_hours", "median_high_hours", "contacted", "via_customer", "contacted_before",
    "undated", "negative", "activities",
)  # fmt: skip
LANDMARKS = (1, 24, 72, 168, 336)  # hours
# How the wait for the first contact ends.
ENDS = ("contacted", "closed", "open")
# Waits are told to five minutes up to two days, to the hour up to twenty, beyond to the day.
WAIT_STEPS = ((2 * 1440, 5), (20 * 1440, 60))


def first_contact(tables: Tables, filters: Filters) -> Question:
    """A row of all deals, then two a landmark: the deals contacted by then and those not yet. Columns: `COLUMNS`.

    The first contact is the first activity done about the deal from its creation to its end. Of each landmark only the deals
    still open at it are compared, and what became of them afterwards: deals lost before they could be contacted say nothing of
    contact, and would flatter it (immortal time: van Houwelingen 2007). The landmark of one hour is left out where most deals
    have no time of creation. Deals with an activity before their creation are left out and counted. The period bounds creation.
    """
    deals = _followed(tables, filters)
    usable = deals.filter(_.state == "usable")
    lengths = usable.mutate(hours=told_hours(_.life, FINE_HOURS)).agg(
        n=_.count(), by=["contacted_at", "status", "hours"]
    )
    asks = {
        "activities": usable_activities(tables),
        "states": deals.agg(n=_.count(), timed=_.is_timed.sum(), via=_.is_via_customer.sum(), by="state"),
        "lengths": lengths,
        "waits": _waits(usable),
        "money": usable.agg(
            n=_.count(), known=_.amount.count(), total=_.amount.sum(), squares=(_.amount * _.amount).sum(),
            by=["contacted_at", "reached", "currency"],
        ),
    }  # fmt: skip
    return Question(asks, _rows)


def uncontacted(tables: Tables, filters: Filters, days: float) -> ir.Table:
    """The open deals at least `days` old that nobody has contacted yet, largest first, with their age in `days`."""
    found = _followed(tables, filters).filter(
        (_.state == "usable") & (_.status == "open") & _.wait.isnull() & (_.life >= days * 24)
    )
    return found.mutate(days=_.life / 24).order_by(_.amount.desc(nulls_first=False), "deal_id")


def _followed(tables: Tables, filters: Filters) -> ir.Table:
    """The deals with the `wait` for their first contact (microseconds; null where there was none), the first landmark by which
    it came (`contacted_at`, the number of landmarks where none) and how many landmarks they were still open at (`reached`)."""
    deals = chosen_deals(tables, filters)
    each = touches(tables, filters, deals)
    first = each.agg(
        first=_.moment.min(where=~_.is_early), own=_.moment.min(where=~_.is_early & ~_.is_of_customer),
        is_early=_.is_early.any(), by=_.of_deal.name("touched"),
    )  # fmt: skip
    deals = deals.left_join(first, [("deal_no", "touched")]).drop("touched")
    wait = filters.microseconds(deals.first, deals.created_at)
    created = in_zone(deals.created_at, filters.time_zone)
    deals = deals.mutate(
        wait=wait,
        is_timed=created != created.truncate("D"),
        is_via_customer=deals.first.notnull() & (deals.own.isnull() | (deals.own > deals.first)),
        state=ibis.cases(
            (deals.is_undated, "undated"), (deals.is_negative, "negative"), (deals.is_early.fill_null(False), "before"),
            else_="usable",
        ),
    )  # fmt: skip
    by_then = [
        ((_.wait <= hours * MICROSECONDS_AN_HOUR).fill_null(False), place) for place, hours in enumerate(LANDMARKS)
    ]
    reached = [(_.life >= hours, place + 1) for place, hours in reversed(list(enumerate(LANDMARKS)))]
    return deals.mutate(contacted_at=ibis.cases(*by_then, else_=len(LANDMARKS)), reached=ibis.cases(*reached, else_=0))


def _waits(usable: ir.Table) -> ir.Table:
    """How long deals waited for their first contact, in minutes: until it came, until they closed without one, or so far."""
    end = ibis.cases((_.wait.notnull(), "contacted"), (_.status != "open", "closed"), else_="open")
    minutes = _.wait.notnull().ifelse((_.wait / (MICROSECONDS_AN_HOUR // 60)).floor().cast("int64"), _.life * 60)
    counted = usable.mutate(end=end, minutes=minutes)
    told = [(_.minutes < most, _.minutes - _.minutes % step) for most, step in WAIT_STEPS]
    return counted.mutate(hours=ibis.cases(*told, else_=_.minutes - _.minutes % 1440)).agg(
        n=_.count(), by=["end", "hours"]
    )


def _rows(answers: Answers) -> pd.DataFrame:
    states = {row["state"]: row for row in rows(answers["states"])}
    shared: Row = {
        "contacted_before": whole(states.get("before", {}).get("n")), "undated": whole(states.get("undated", {}).get("n")),
        "negative": whole(states.get("negative", {}).get("n")), "activities": whole(answers["activities"]["activities"].iloc[0]),
    }  # fmt: skip
    usable = states.get("usable", {})
    shared["via_customer"] = whole(usable.get("via"))
    waits, every = Lengths.of(answers["waits"], "end", ENDS), answers["lengths"]
    found: list[Row] = [shared | _everyone(every) | _wait(waits)]
    tests: list[float | None] = [None]
    pairs: list[tuple[Row, int, Pair]] = []
    is_timed = 2 * whole(usable.get("timed")) >= whole(usable.get("n"))
    for place, hours in enumerate(LANDMARKS):
        if hours < 24 and not is_timed:
            continue
        pair = _at(place, hours, every)
        by_then = share(float(every.loc[every["contacted_at"] <= place, "n"].sum()), float(every["n"].sum()))
        found += [shared | row | {"landmark_days": hours / 24, "contacted_share": by_then} for row in pair.rows]
        tests += [pair.p, None]
        pairs.append((found[-2], place, pair))
    with_q_values(found, tests)
    for row, p in zip(found, tests, strict=True):
        row["p_value"] = p
    _price(pairs, rows(answers["money"]))
    return frame(found, COLUMNS)


def _everyone(lengths: pd.DataFrame) -> Row:
    every = Lengths.of(lengths, "status", KINDS)
    return {"contact": "all"} | chance(every, common_horizon([every]))


def _wait(waits: Lengths) -> Row:
    """By when half of all deals have had their first contact. Closing without one is a competing end, waiting on is censored."""
    contacted = int(waits.counts[:, 0].sum()) if waits.n else 0
    row: Row = {"contacted": contacted, "contacted_share": share(contacted, waits.n)}
    if not waits.n:
        return row
    risks = Lengths(waits.hours, waits.counts).risks()  # in minutes / 24
    horizon = risks.horizon()
    half = NEVER if horizon is None else time_of_all(risks, 0, 0.5, horizon)
    values = (None if each is None else each * 24 / 60 for each in (half.days, half.low, half.high))
    return row | dict(zip(("median_hours", "median_low_hours", "median_high_hours"), values, strict=True))


@dataclass(frozen=True)
class Pair:
    """The deals contacted by a landmark and those not yet, of those still open at it, and what became of them from then on."""

    yes: Lengths
    no: Lengths
    horizon: float | None
    rows: tuple[Row, Row]
    p: float | None


def _at(place: int, hours: int, lengths: pd.DataFrame) -> Pair:
    still = lengths[lengths["hours"] >= hours]
    still = still.assign(hours=still["hours"] - hours)
    is_contacted = still["contacted_at"] <= place
    yes, no = Lengths.of(still[is_contacted], "status", KINDS), Lengths.of(still[~is_contacted], "status", KINDS)
    horizon = common_horizon([yes, no])
    difference, p = against(yes, no, horizon)
    contacted = {"contact": "contacted"} | chance(yes, horizon) | difference
    return Pair(yes, no, horizon, (contacted, {"contact": "not_contacted"} | chance(no, horizon)), p)


def _price(pairs: list[tuple[Row, int, Pair]], money: list[Row]) -> None:
    """Give a real difference its money: the difference x the deals not contacted by then x their mean amount."""
    currencies = {part["currency"] for part in money if whole(part["known"])}
    if len(currencies) != 1:
        return
    for row, place, pair in pairs:
        if row["q_value"] is None or row["q_value"] >= REAL or row["difference"] <= 0:
            continue
        late = [part for part in money if part["contacted_at"] > place and part["reached"] > place]
        row |= _worth(late, row["difference"], pair) | {"currency": next(iter(currencies))}


def _worth(late: list[Row], difference: float, pair: Pair) -> Row:
    n, known = (sum(whole(part[name]) for part in late) for name in ("n", "known"))
    if not known or pair.horizon is None:
        return {}
    total, squares = (sum(number(part[name]) for part in late) for name in ("total", "squares"))
    mean = total / known
    error = (max(squares / known - mean * mean, 0.0) / known) ** 0.5
    random = np.random.default_rng(1)
    gained = drawn(pair.yes, pair.horizon, random) - drawn(pair.no, pair.horizon, random)
    draws = gained * n * np.maximum(random.normal(mean, error, DRAWS), 0.0)
    low, high = np.quantile(draws, [0.025, 0.975])
    return {"money": difference * n * mean, "money_low": float(low), "money_high": float(high)}
