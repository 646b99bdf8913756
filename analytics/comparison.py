"""Two periods or two groups side by side at the same age, and what their difference is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.decomposition import Floats, effects, mix_and_rate, rounded
from analytics.fields import Field, with_value
from analytics.filters import Filters
from analytics.funnel import MOST_ASSUMED
from analytics.intervals import LEAST_TESTED, NOT_KNOWN, newcombe, normal_p, share, share_difference, wilson
from analytics.question import Question
from analytics.rows import MICROSECONDS_A_DAY, Row, counted_days, frame, whole, with_q_values
from analytics.stays import FATES, PLAIN, Counting, first_stays
from analytics.survival import CompetingRisks, Lengths, weighted_quantile
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

SIDES = ("a", "b")
ENDS = ("won", "lost", "open")
COLUMNS = (
    "part", "stage", "effect", "mix_group", "is_total", "value_a", "low_a", "high_a", "n_a", "value_b", "low_b", "high_b",
    "n_b", "difference", "low", "high", "unit", "currency", "horizon_days", "method", "undecided_a", "undecided_b",
    "value_known", "undated", "q_value", "tests",
)  # fmt: skip
RATE_EFFECTS = ("mix", "rate")
MONEY_EFFECTS = ("volume", "mix", "rate", "amount")
DRAWS = 600

Groups = Mapping[str, pd.DataFrame]
Period = tuple[date, date]


@dataclass(frozen=True)
class Compared:
    """What stands against what: the deals created in two `periods`, or those with two `values` of a `field`.

    The first is side a, what is compared against; the second side b. "" is no value.
    """

    periods: tuple[Period, Period] | None = None
    field: Field | None = None
    values: tuple[str, str] | None = None


def comparison(
    tables: Tables,
    filters: Filters,
    compared: Compared,
    mix: Field | None = None,
    horizon: float | None = None,
    counting: Counting = PLAIN,
) -> Question:
    """Rows for each stage, the win rate, the money won, and what their differences are made of. Columns: `COLUMNS`.

    Win rate and money are told by the same age on both sides: `horizon` days, by default the 75th percentile of the time
    to close, or as far as both sides were followed. With `mix` their differences are taken apart over its groups. Raises
    RequestProblem where the sides overlap.
    """
    within = _within(filters, compared)
    deals = with_side(
        filters.deals(tables, "created") if compared.field else within.deals(tables), tables, filters, compared
    )
    if mix is not None:
        deals = with_value(deals, tables, mix, "mix", time_zone=filters.time_zone)
    is_open = _.status == "open"
    length = filters.microseconds(_.ended_at, _.created_at)
    deals = (
        deals.mutate(ended_at=is_open.ifelse(ibis.timestamp(filters.now), _.closed_at))
        .mutate(length=length)
        .mutate(
            end=ibis.cases((_.length.isnull(), "untimed"), (_.length < 0, "negative"), else_=_.status),
            hours=counted_days(_.length / MICROSECONDS_A_DAY, _.status == "open") * 24,
            cents=(_.amount * 100).round().cast("int64"),
        )
        .mutate(square=_.cents.cast("float64") * _.cents.cast("float64"))
    )
    keys = ["side", *(["mix"] if mix is not None else []), "end", "currency", "hours"]
    stays = _stays(tables, within, compared, counting)
    asks = {
        "deals": deals.agg(
            n=_.count(), known=_.cents.count(), cents=_.cents.sum().fill_null(0).cast("int64"),
            squares=_.square.sum().fill_null(0.0), by=keys,
        ),
        "stages": stays.agg(
            n=_.count(), assumed=_.count(where=_.is_assumed),
            skipped=_.count(where=_.is_skipped), by=["side", "stage", "stage_order", "fate", "hours"]
        ),
    }  # fmt: skip
    if compared.periods is not None or filters.has_period:
        undated = filters.deals(tables).filter(_.created_at.isnull())
        asks["undated"] = undated.count().name("undated").as_table()
    return Question(asks, partial(_rows, has_mix=mix is not None, horizon=horizon))


def with_side(deals: ir.Table, tables: Tables, filters: Filters, compared: Compared) -> ir.Table:
    """The deals of either side, with their `side`: a or b."""
    if compared.periods is not None:
        return _sided(deals, _in_sides(filters, compared.periods, _.created_at))
    assert compared.field is not None and compared.values is not None
    deals = with_value(deals, tables, compared.field, "compared_value", time_zone=filters.time_zone)
    return _sided(deals, _is_value(compared.values, _.compared_value)).drop("compared_value")


def deals_of(tables: Tables, filters: Filters, compared: Compared, side: str) -> ir.Table:
    """The deals of one side, largest first."""
    within = _within(filters, compared)
    deals = filters.deals(tables, "created") if compared.field else within.deals(tables)
    deals = with_side(deals, tables, filters, compared).filter(_.side == side).drop("side")
    return deals.order_by(_.amount.desc(nulls_first=False), "deal_id")


def _sided(table: ir.Table, is_side: Sequence[ir.BooleanValue]) -> ir.Table:
    side = ibis.cases(*zip(is_side, SIDES, strict=True), else_=ibis.null("string"))
    return table.mutate(side=side).filter(_.side.notnull())


def _in_sides(filters: Filters, periods: tuple[Period, Period], moment: ir.TimestampColumn) -> list[ir.BooleanValue]:
    return [replace(filters, since=since, until=until).in_period(moment) for since, until in periods]


def _is_value(values: tuple[str, str], column: ir.StringColumn) -> list[ir.BooleanValue]:
    return [(column == value).fill_null(False) if value else column.isnull() for value in values]


def _within(filters: Filters, compared: Compared) -> Filters:
    """The filters that let both sides through."""
    if compared.periods is None:
        if compared.field is None or compared.values is None or compared.values[0] == compared.values[1]:
            raise RequestProblem(
                say("There is nothing to compare."), say("Name two periods, or two different values of a field.")
            )
        return filters
    (since_a, until_a), (since_b, until_b) = compared.periods
    if since_a > until_a or since_b > until_b or (since_a <= until_b and since_b <= until_a):
        raise RequestProblem(
            say(
                "The periods {a} and {b} cannot be compared: each must end after it begins, and they must not overlap.",
                a=f"{since_a} – {until_a}", b=f"{since_b} – {until_b}",
            ),
            say("Choose two periods without a day in common."),
        )  # fmt: skip
    return replace(filters, since=min(since_a, since_b), until=max(until_a, until_b))


def _stays(tables: Tables, within: Filters, compared: Compared, counting: Counting) -> ir.Table:
    # Both sides are told by deals' creation, whatever date a period bounds in the funnel itself.
    counting = replace(counting, dated="created", from_leads=False)
    stays = first_stays(tables, within, counting, compared.field).filter(_.outcome == "open")
    if compared.periods is not None:
        stays = _sided(stays, _in_sides(within, compared.periods, _.deal_created_at))
    else:
        assert compared.values is not None
        stays = _sided(stays, _is_value(compared.values, _.group))
    is_timed = ~_.is_untimed & ~_.is_negative
    return stays.mutate(hours=is_timed.ifelse(counted_days(_.hours / 24, _.fate == "still") * 24, ibis.null("int64")))


# the answer


@dataclass
class _Side:
    """The deals of one side, by group of the mix."""

    n: Floats
    rate: Floats
    precision: Floats  # the effective number each rate rests on
    worth: Floats  # cents a won deal
    worth_error: Floats
    cents: float  # won by the horizon, by all groups together

    @property
    def total(self) -> float:
        return float(self.n.sum())

    @property
    def weights(self) -> Floats:
        return self.n / self.total if self.total else np.zeros_like(self.n)

    @property
    def average(self) -> float:
        return float(np.nansum(self.weights * self.rate))

    @property
    def effective_n(self) -> float:
        """How many fully followed deals would tell the average rate as surely: the groups' own doubt and their mix."""
        average = self.average
        own = np.divide(
            self.rate * (1 - self.rate), self.precision, out=np.zeros_like(self.n), where=self.precision > 0
        )
        variance = float(np.nansum(self.weights**2 * own))
        variance += float(np.nansum(self.weights * (self.rate - average) ** 2)) / max(self.total, 1)
        return min(self.total, average * (1 - average) / variance) if variance > 1e-15 else float(self.precision.sum())


@dataclass(frozen=True)
class _Cells:
    """The counts of deals, column by column: pandas would cost more than all the arithmetic."""

    side: NDArray[np.int64]
    group: NDArray[np.int64]
    end: NDArray[np.int64]
    currency: NDArray[np.int64]
    hours: NDArray[np.int64]
    n: Floats
    known: NDArray[np.int64]
    cents: NDArray[np.int64]
    squares: Floats

    def of(self, rows: NDArray[Any] | slice) -> _Cells:
        return _Cells(*(getattr(self, name)[rows] for name in _COLUMNS))

    def lengths(self) -> Lengths:
        hours, places = np.unique(self.hours, return_inverse=True)
        counts = np.zeros((len(hours), len(ENDS)))
        np.add.at(counts, (places, self.end), self.n)
        return Lengths(hours, counts)

    def won_by(self, time: float) -> _Cells:
        return self.of((self.end == ENDS.index("won")) & (self.hours <= time * 24))


_COLUMNS = tuple(column.name for column in fields(_Cells))


def _coded(column: pd.Series, names: Sequence[Any]) -> NDArray[np.int64]:
    """The place of each value among `names`; of a missing one that of None, or -1."""
    known = [name for name in names if name is not None]
    places = [*(names.index(name) for name in known), names.index(None) if None in names else -1]
    return np.array(places, dtype=np.int64)[pd.Index(known).get_indexer(column)]


def _cells(deals: pd.DataFrame, groups: Sequence[Any], currencies: Sequence[str], has_mix: bool) -> _Cells:
    return _Cells(
        _coded(deals["side"], SIDES), _coded(deals["mix"], groups) if has_mix else np.zeros(len(deals), dtype=np.int64),
        _coded(deals["end"], ENDS), _coded(deals["currency"], currencies), deals["hours"].to_numpy(dtype=np.int64),
        deals["n"].to_numpy(dtype=np.float64), deals["known"].to_numpy(dtype=np.int64),
        deals["cents"].to_numpy(dtype=np.int64), deals["squares"].to_numpy(dtype=np.float64),
    )  # fmt: skip


def _rows(answers: Groups, has_mix: bool, horizon: float | None) -> pd.DataFrame:
    timed = answers["deals"]
    timed = timed[timed["end"].isin(ENDS)]
    groups = _groups(timed) if has_mix else [None]
    currencies = sorted(set(timed.loc[timed["known"] > 0, "currency"].dropna()))
    cells = _cells(timed, groups, currencies, has_mix)
    sides = [cells.of(cells.side == place) for place in range(len(SIDES))]
    time = _horizon([side.lengths() for side in sides], horizon)
    facts: Row = {
        "undated": whole(answers["undated"]["undated"].iloc[0]) if "undated" in answers else 0, "horizon_days": time
    }  # fmt: skip
    for name, side in zip(SIDES, sides, strict=True):
        facts[f"n_{name}"] = int(side.n.sum())
        facts[f"undecided_{name}"] = int(side.n[side.end == ENDS.index("open")].sum())

    found: list[Row] = []
    families: list[list[tuple[Row, float | None]]] = [[], [], []]
    for row, p in _stage_rows(answers["stages"]):
        families[0].append((facts | row, p))
    found.append(facts | _counts(facts))
    if time is not None and facts["n_a"] and facts["n_b"]:
        a, b = (_side(side, groups, time) for side in sides)
        is_enough = min(facts["n_a"], facts["n_b"]) >= LEAST_TESTED
        p = share_difference(a.average, a.effective_n, b.average, b.effective_n)
        families[0].append((facts | _win_rate(a, b), p))
        if has_mix:
            for row, p in _rate_effects(a, b, groups):
                families[1].append((facts | row, p if is_enough else None))
        for place, currency in enumerate(currencies) if len(currencies) > 1 else [(None, None)]:
            own = sides if place is None else [side.of(side.currency == place) for side in sides]
            known = sum(int(side.known.sum()) for side in own)
            if not known:
                continue
            names = {
                "currency": currency or next(iter(currencies), None),
                "value_known": share(known, sum(float(side.n.sum()) for side in own)),
            }
            money = [_side(side, groups, time) for side in own]
            for row, p in _money(money[0], money[1], groups, has_mix):
                families[2].append((facts | names | row, p if is_enough else None))
    for family in families:
        rows_ = [row for row, _p in family]
        with_q_values(rows_, [p for _row, p in family])
        found += rows_
    order = {name: place for place, name in enumerate(("stage", "deals", "win_rate", "win_rate_effect", "money_won"))}
    found.sort(key=lambda row: order.get(row["part"], len(order)))
    return frame(found, COLUMNS)


def _groups(timed: pd.DataFrame) -> list[Any]:
    sizes = timed.groupby("mix", dropna=False)["n"].sum().sort_values(ascending=False, kind="stable")
    return [None if pd.isna(name) else name for name in sizes.index]


def _horizon(lengths: Sequence[Lengths], asked: float | None) -> float | None:
    """The age both sides are told by, in full days."""
    if any(not each.n for each in lengths):
        return None
    risks = [each.risks() for each in lengths]
    if asked is not None:
        return asked
    durations = np.concatenate([each.durations for each in risks])
    closings = np.concatenate([each.events.sum(axis=1) for each in risks])
    if not closings.any():
        return None
    latest = min(each.horizon() or 0.0 for each in risks)
    return max(1.0, float(math.floor(min(weighted_quantile(durations, closings, 0.75), latest))))


def _side(side: _Cells, groups: Sequence[Any], time: float) -> _Side:
    ordered = side.of(np.argsort(side.group, kind="stable"))
    bounds = np.searchsorted(ordered.group, np.arange(len(groups) + 1))
    made = [_of_group(ordered.of(slice(*bounds[place : place + 2])), time) for place in range(len(groups))]
    n, rate, precision, worth, error, cents = (np.array(column, dtype=np.float64) for column in zip(*made, strict=True))
    # One amount, or none, does not tell how far amounts differ: those of all groups do.
    error = np.where(np.isnan(error), _deviation(side.won_by(time)), error)
    return _Side(n, rate, precision, worth, error, float(cents.sum()))


def _deviation(won: _Cells) -> float:
    """The standard deviation of the cents of won deals."""
    count = float(won.n.sum())
    if count < 2:
        return 0.0
    mean = float(won.cents.sum()) / count
    return math.sqrt(max(float(won.squares.sum()) / count - mean**2, 0.0) * count / (count - 1))


def _of_group(part: _Cells, time: float) -> tuple[float, ...]:
    """n, chance to be won by `time`, its effective number, cents a won deal and their standard error, cents won by then.

    A group that is not there has no rate and no worth: not a number.
    """
    if not len(part.n):
        return 0.0, np.nan, 0.0, np.nan, np.nan, 0.0
    lengths = part.lengths()
    risks = lengths.risks()
    rate = risks.incidence_at(time, 0)
    won = part.won_by(time)
    count = float(won.n.sum())
    error = _deviation(won) / math.sqrt(count) if count > 1 else np.nan
    cents = lengths.n * _worth_at(risks, won)
    worth = cents / (lengths.n * rate) if rate > 0 else np.nan
    return float(lengths.n), rate, risks.effective_n(time, 0), worth, error, cents


def _worth_at(risks: CompetingRisks, won: _Cells) -> float:
    """The mean cents a deal has won by a time: each win weighs as much as in the chance to win.

    With every deal followed that long, simply the cents won a deal.
    """
    places = np.searchsorted(risks.durations, won.hours / 24)
    weights = risks.survival_before[places] / risks.at_risk[places]
    return float((weights * won.cents).sum())


def _filled(a: _Side, b: _Side) -> tuple[_Side, _Side]:
    """Where a group is on one side only, or won nothing there, the other side's rate or worth: that changed nothing."""

    def either(one: Floats, other: Floats) -> Floats:
        return np.nan_to_num(np.where(np.isnan(one), other, one))

    return (
        replace(a, rate=either(a.rate, b.rate), worth=either(a.worth, b.worth)),
        replace(b, rate=either(b.rate, a.rate), worth=either(b.worth, a.worth)),
    )


def _drawn(side: _Side, random: np.random.Generator) -> tuple[Floats, Floats, Floats, Floats]:
    """Draws of number, mix, rates and worths as they could have come out (parametric bootstrap)."""
    n = random.poisson(side.n, (DRAWS, len(side.n))).astype(np.float64)
    total = np.maximum(n.sum(axis=1, keepdims=True), 1)
    # Jeffreys' half a case either way: a group without a win may still win.
    won, other = side.rate * side.precision, (1 - side.rate) * side.precision
    rate = random.beta(np.maximum(won, 0) + 0.5, np.maximum(other, 0) + 0.5, n.shape)
    worth = random.normal(side.worth, side.worth_error, n.shape)
    return total, n / total, rate, worth


def _spread(draws: Floats, estimate: float) -> tuple[float, float, float | None]:
    """The 95% interval around an estimate from draws of it, and the p-value of there being nothing."""
    deviation = float(draws.std())
    low, high = (float(each) for each in np.quantile(draws - draws.mean(), [0.025, 0.975]))
    return estimate + low, estimate + high, normal_p(estimate / deviation) if deviation > 0 else None


def _counts(facts: Row) -> Row:
    n_a, n_b = facts["n_a"], facts["n_b"]
    return {
        "part": "deals", "is_total": True, "value_a": n_a, "value_b": n_b, "difference": n_b - n_a, "unit": "count"
    }  # fmt: skip


def _win_rate(a: _Side, b: _Side) -> Row:
    a, b = _filled(a, b)
    ends = [wilson(side.average, side.effective_n) for side in (a, b)]
    low, high = newcombe(b.average, b.effective_n, a.average, a.effective_n)
    return {
        "part": "win_rate", "is_total": True, "value_a": a.average, "low_a": ends[0][0], "high_a": ends[0][1],
        "value_b": b.average, "low_b": ends[1][0], "high_b": ends[1][1], "difference": b.average - a.average, "low": low,
        "high": high, "unit": "share", "method": "aalen_johansen",
    }  # fmt: skip


def _rate_effects(a: _Side, b: _Side, groups: Sequence[Any]) -> list[tuple[Row, float | None]]:
    rates = (a.rate, b.rate)
    a, b = _filled(a, b)
    parts = dict(zip(RATE_EFFECTS, mix_and_rate(a.weights, a.rate, b.weights, b.rate), strict=True))
    random = np.random.default_rng(1)
    drawn_a, drawn_b = _drawn(a, random), _drawn(b, random)
    drawn = dict(zip(RATE_EFFECTS, mix_and_rate(*drawn_a[1:3], *drawn_b[1:3]), strict=True))
    shared: Row = {"part": "win_rate_effect", "unit": "share"}
    found: list[tuple[Row, float | None]] = []
    for effect in RATE_EFFECTS:
        total = float(parts[effect].sum())
        low, high, p = _spread(drawn[effect].sum(axis=1), total)
        row = shared | {"effect": effect, "is_total": True, "difference": total, "low": low, "high": high}
        found.append((row, p))
    for effect in RATE_EFFECTS:
        for place, group in enumerate(groups):
            part = float(parts[effect][place])
            low, high, _none = _spread(drawn[effect][:, place], part)
            row = shared | _of(a, b, rates, place, group)
            found.append((row | {"effect": effect, "difference": part, "low": low, "high": high}, None))
    return found


def _of(a: _Side, b: _Side, rates: tuple[Floats, Floats], place: int, group: object) -> Row:
    known = [None if math.isnan(each[place]) else float(each[place]) for each in rates]
    return {
        "mix_group": group, "is_total": False, "n_a": int(a.n[place]), "n_b": int(b.n[place]), "value_a": known[0],
        "value_b": known[1], "undecided_a": None, "undecided_b": None,
    }  # fmt: skip


def _money(a: _Side, b: _Side, groups: Sequence[Any], has_mix: bool) -> list[tuple[Row, float | None]]:
    """The difference in money won by the horizon and its parts, in whole cents that add up to it."""
    rates = (a.rate, b.rate)
    a, b = _filled(a, b)
    before, after = ([np.full_like(side.n, side.total), side.weights, side.rate, side.worth] for side in (a, b))
    difference = round(b.cents) - round(a.cents)
    parts = effects(before, after)
    cents = np.array(rounded(list(parts.ravel()), difference), dtype=np.int64).reshape(parts.shape)
    random = np.random.default_rng(1)
    drawn = [_drawn(side, random) for side in (a, b)]
    drawn_parts = effects(drawn[0], drawn[1])
    drawn_whole = drawn_parts.sum(axis=(0, 2))

    low, high, p = _spread(drawn_whole, difference)
    shared: Row = {"unit": "money"}
    found: list[tuple[Row, float | None]] = [
        (
            shared | {
                "part": "money_won", "is_total": True, "value_a": round(a.cents) / 100, "value_b": round(b.cents) / 100,
                "n_a": int(a.total), "n_b": int(b.total), "difference": difference / 100, "low": low / 100,
                "high": high / 100, "method": "aalen_johansen",
            },
            p,
        )
    ]  # fmt: skip
    shared["part"] = "money_effect"
    for place, effect in enumerate(MONEY_EFFECTS):
        if effect == "mix" and not has_mix:
            continue
        total = int(cents[place].sum())
        low, high, p = _spread(drawn_parts[place].sum(axis=1), float(parts[place].sum()))
        row = shared | {
            "effect": effect,
            "is_total": True,
            "difference": total / 100,
            "low": low / 100,
            "high": high / 100,
        }
        found.append((row, p))
    if has_mix:
        for place, effect in enumerate(MONEY_EFFECTS):
            for group_place, group in enumerate(groups):
                # What the group's rates were stands in the rows of the win rate's effects.
                row = shared | _of(a, b, rates, group_place, group) | {"value_a": None, "value_b": None}
                low, high, _none = _spread(drawn_parts[place][:, group_place], float(parts[place][group_place]))
                row |= {"effect": effect, "difference": int(cents[place][group_place]) / 100}
                found.append((row | {"low": low / 100, "high": high / 100}, None))
    return found


def _stage_rows(stays: pd.DataFrame) -> list[tuple[Row, float | None]]:
    """A row a stage: the chance to move on by the same time on both sides."""
    is_timed, n = stays["hours"].notna(), stays["n"]
    kinds = {"timed": is_timed} | {fate: stays["fate"] == fate for fate in ("still", "advanced")}
    sums = stays.assign(**{name: n.where(kept, 0) for name, kept in kinds.items()}).groupby(["stage", "side"])
    counts = sums[["n", "assumed", "skipped", *kinds]].sum().to_dict("index")
    none = dict.fromkeys(("n", "assumed", "skipped", *kinds), 0)
    lengths = Lengths.by(stays[is_timed], ["stage", "side"], "fate", FATES)
    found: list[tuple[Row, float | None]] = []
    for stage in stays.drop_duplicates("stage").sort_values(["stage_order", "stage"])["stage"]:
        row: Row = {"part": "stage", "stage": stage, "is_total": True, "unit": "share"}
        parts = [counts.get((stage, side), none) for side in SIDES]
        for side, part in zip(SIDES, parts, strict=True):
            row |= {f"n_{side}": int(part["n"]), f"undecided_{side}": int(part["still"])}
        told = _told(parts, [lengths[stage, side] for side in SIDES if (stage, side) in lengths])
        if told is None:
            found.append((row | {"horizon_days": None}, None))
            continue
        chances, method, time = told
        row |= {"method": method, "horizon_days": time}
        for side, (rate, n) in zip(SIDES, chances, strict=True):
            low, high = wilson(rate, n) if n else NOT_KNOWN
            row |= {f"value_{side}": rate, f"low_{side}": low, f"high_{side}": high}
        row["difference"] = chances[1][0] - chances[0][0]
        row["low"], row["high"] = newcombe(*chances[1], *chances[0])
        found.append((row, share_difference(*chances[1], *chances[0])))
    return found


def _told(
    parts: Sequence[Mapping[str, int]], lengths: Sequence[Lengths]
) -> tuple[list[tuple[float, float]], str, float | None] | None:
    """Both sides' chance and effective number, how it was made, and the age; None where a side shows nothing."""
    if not all(map(_is_recorded, parts)):
        return None
    if all(part["timed"] >= (1 - MOST_ASSUMED) * part["n"] for part in parts):
        risks = [each.risks() for each in lengths]
        if not all(each.events.any() for each in risks):
            return None
        time = min(each.horizon() or 0.0 for each in risks)
        return [(each.incidence_at(time, 0), each.effective_n(time, 0)) for each in risks], "aalen_johansen", time
    counts = [(part["advanced"], part["n"] - part["still"]) for part in parts]
    if not all(ended for _advanced, ended in counts):
        return None
    return [(advanced / ended, float(ended)) for advanced, ended in counts], "ended", None


def _is_recorded(part: Mapping[str, int]) -> bool:
    """Whether what became of the deals is known from records, as the funnel has it: some stay was, and nearly none assumed."""
    return part["n"] > part["skipped"] + part["assumed"] and part["assumed"] <= MOST_ASSUMED * part["n"]
