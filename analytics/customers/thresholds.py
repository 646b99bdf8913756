"""After how many silent days a customer counts as late, and as lost: learnt from the gaps between purchases (R1, R3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.customers import who
from analytics.customers.basis import Source
from analytics.customers.purchases import histories, purchase_days
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED
from analytics.survival import LEAST_AT_RISK, kaplan_meier
from data.tables import Tables

Floats = NDArray[np.float64]
# The shares of gaps that end within a limit: three for who counts as lost, and the one for who is late.
LEVELS = (0.80, 0.90, 0.95, 0.75)
LOST, LATE = 0.95, 0.75
LEAST_GAPS = 5  # from so many on, a customer's own rhythm is known
LEAST_POOLED = LEAST_TESTED  # from so many on, gaps of others say something
WINDOW_SHARE = 0.90
WINDOW_DAYS = (30.0, 365.0)
_RATIO_STEP = 100  # ratios are counted in hundredths


def gap_counts(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """The gaps between purchases as counts: `kind, segment, value, n, weight`.

    `kind` is "gap" (days between two purchases, by segment; `weight` gives each customer 1 in all, so that who buys daily does
    not speak for the others), "ratio" (the latest gap of a customer with five before it, divided by the median of those: how
    far a gap yet to come goes beyond the rhythm known until then), "first" (days from the first purchase to the second) and
    "open" (days since the only purchase). Where a file gives only sums of each customer, its mean gap stands for its gaps.
    """
    each = _told(tables, filters, source) if source.basis == "summary" else _dated(tables, filters, source)
    return each.group_by("kind", "segment", "value").agg(n=_.count(), weight=_.weight.sum())


def _dated(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    bought = purchase_days(tables, filters, source)
    gaps = bought.mutate(gap=bought.day.delta(bought.previous, unit="day").cast("float64"))
    in_all = bought.group_by("customer_id").agg(days=_.count())
    segments = who.known(tables, filters, source).select("customer_id", "segment")
    of_customer = in_all.left_join(segments, "customer_id").drop("customer_id_right")
    again = gaps.filter(_.place > 1).inner_join(of_customer, "customer_id")
    known = again.select("segment", kind=ibis.literal("gap"), value=again.gap, weight=1.0 / (again.days - 1))
    regular = again.filter(_.days > LEAST_GAPS + 1).group_by("customer_id").agg(
        latest=_.gap.max(where=_.place == _.days), usual=_.gap.median(where=_.place < _.days)
    )  # fmt: skip
    ratios = (regular.latest / regular.usual * _RATIO_STEP).round() / _RATIO_STEP
    as_of = ibis.date(filters.as_of)
    only = bought.filter(_.place == 1, _.following.isnull())
    return ibis.union(
        known.select("kind", "segment", "value", "weight"),
        _unsegmented(regular, "ratio", ratios.cast("float64")),
        _unsegmented(gaps.filter(_.place == 2), "first", _.gap),
        _unsegmented(only, "open", as_of.delta(only.day, unit="day").cast("float64")),
    )


def _told(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    told = histories(tables, filters, source).left_join(
        who.known(tables, filters, source).select("customer_id", "segment"), "customer_id"
    )
    again = told.filter(_.purchases > 1)
    return ibis.union(
        again.select(kind=ibis.literal("gap"), segment=_.segment, value=_.gap_days.round(), weight=ibis.literal(1.0)),
        _unsegmented(again, "first", _.gap_days.round()),
        _unsegmented(told.filter(_.purchases == 1), "open", _.days_since.round()),
    )


def _unsegmented(table: ir.Table, kind: str, value: ir.Value) -> ir.Table:
    return table.select(
        kind=ibis.literal(kind), segment=ibis.null("string"), value=value, weight=ibis.literal(1.0)
    )  # fmt: skip


@dataclass(frozen=True)
class Thresholds:
    """What the gaps of a workspace come to: days and ratios for each of `levels`; None where nothing is known.

    A customer with five gaps or more is late or lost after its own median gap times `ratio`, the quantile, over all such
    customers, of a next gap divided by the median before it. The plain 95% quantile of five gaps is about the longest of them,
    and one regular customer in six would count as lost while it is only as late as it sometimes is. With fewer gaps it is the
    quantile of the segment's gaps where there are 30 of them (`segments`), else of all (`every`); for a customer whose own gap
    is longer than 75% of those, they are stretched to its gap. Who bought once has `second`: the days within which those who
    come back a second time have done so.
    """

    levels: tuple[float, ...]
    window_days: float  # R1: active is who bought within so many days; 90% of gaps are shorter
    ratio: tuple[float | None, ...]
    second: tuple[float | None, ...]
    every: tuple[float | None, ...]
    segments: Mapping[str, tuple[float | None, ...]]

    @classmethod
    def of(cls, counted: pd.DataFrame, levels: Sequence[float] = LEVELS) -> Thresholds:
        """From the rows of `gap_counts`."""
        levels = tuple(dict.fromkeys((*levels, LATE)))
        gaps, ratios = counted[counted["kind"] == "gap"], counted[counted["kind"] == "ratio"]
        known = ratios if ratios["n"].sum() >= LEAST_POOLED else ratios.head(0)
        segments = {
            str(name): tuple(_quantile(part, level) for level in levels)
            for name, part in gaps.groupby("segment", dropna=True)
            if part["n"].sum() >= LEAST_POOLED
        }
        window = _quantile(gaps, WINDOW_SHARE)
        low, high = WINDOW_DAYS
        return cls(
            levels,
            high if window is None else min(max(window, low), high),
            tuple(_quantile(known, level) for level in levels),
            _second_purchase(counted, levels) or tuple(_quantile(gaps, level) for level in levels),
            tuple(_quantile(gaps, level) for level in levels),
            segments,
        )

    def written(self) -> dict[str, Any]:
        """For a report: what `read` reads."""
        return asdict(self)

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Thresholds:
        """From what a report keeps."""
        lists = {name: tuple(written[name]) for name in ("levels", "ratio", "second", "every")}
        segments = {name: tuple(values) for name, values in written["segments"].items()}
        return cls(window_days=written["window_days"], segments=segments, **lists)

    def days(self, frame: pd.DataFrame, levels: Sequence[float] = LEVELS) -> Floats:
        """The silent days of each row, one column for each of `levels`; the columns of `frame` are those of `gap_limits`."""
        bought = frame["purchases"].to_numpy(dtype=np.float64)
        own = frame["gap_days"].to_numpy(dtype=np.float64)
        codes, names = pd.factorize(frame["segment"])
        late = self._of_segments(names, LATE)[codes]
        with np.errstate(invalid="ignore", divide="ignore"):
            stretch = np.fmax(1.0, own / late)
        found = np.full((len(frame), len(levels)), np.nan)
        for column, level in enumerate(levels):
            place = self.levels.index(level)
            again = self._of_segments(names, level)[codes] * stretch
            ratio = self.ratio[place]
            if ratio is not None:
                again = np.where((bought > LEAST_GAPS) & (own > 0), own * ratio, again)
            found[:, column] = np.where(bought > 1, again, np.where(bought == 1, _number(self.second[place]), np.nan))
        return found

    def expression(self, table: ir.Table, level: float) -> ir.FloatingValue:
        """The same as a column of a table of scores."""
        place, late = self.levels.index(level), self.levels.index(LATE)

        def of_segment(at: int) -> ir.FloatingValue:
            known = [(table.segment == name, _column(days[at])) for name, days in self.segments.items()]
            return ibis.cases(*known, else_=_column(self.every[at])) if known else _column(self.every[at])

        stretch = ibis.greatest(1.0, (table.gap_days / of_segment(late)).fill_null(1.0))
        cases = [(table.purchases == 1, _column(self.second[place]))]
        if self.ratio[place] is not None:
            is_regular = (table.purchases > LEAST_GAPS) & (table.gap_days > 0)
            cases.append((is_regular, table.gap_days * _column(self.ratio[place])))
        cases.append((table.purchases > 1, of_segment(place) * stretch))
        return ibis.cases(*cases, else_=ibis.null("float64"))

    def _of_segments(self, names: Iterable[object], level: float) -> Floats:
        """The days of each segment, and last of those without one."""
        place = self.levels.index(level)
        own = [self.segments.get(str(name), self.every)[place] for name in names]
        return np.array([_number(days) for days in (*own, self.every[place])])


def gap_limits(frame: pd.DataFrame, counted: pd.DataFrame, levels: Sequence[float] = LEVELS) -> Floats:
    """The silent days after which a customer counts as late or lost (`Thresholds`), one column for each of `levels`.

    `frame` has `purchases, gap_days` (the median of its own), `segment` of each customer; `counted` is `gap_counts`. NaN for who
    never bought, and where no gap is known at all.
    """
    return Thresholds.of(counted, levels).days(frame, levels)


def window_days(counted: pd.DataFrame) -> float:
    """`Thresholds.window_days` from the rows of `gap_counts`: 30 to 365."""
    return Thresholds.of(counted).window_days


def _second_purchase(counted: pd.DataFrame, levels: Sequence[float]) -> tuple[float | None, ...] | None:
    """The days within which a share of those who come back a second time have done so; None where fewer than ten have.

    Kaplan-Meier over all customers, those still out censored, up to the longest time with ten at risk: most of those who
    bought once may never come back, and their silence is no gap.
    """
    only = counted[counted["kind"].isin(["first", "open"])]
    table = only.pivot_table(index="value", columns="kind", values="n", aggfunc="sum", fill_value=0)
    table = table.reindex(columns=["first", "open"], fill_value=0).sort_index()
    if table["first"].sum() < LEAST_AT_RISK:
        return None
    curve = kaplan_meier(table.index.to_numpy(dtype=np.float64), table["first"], table["open"])
    watched = curve.at_risk >= LEAST_AT_RISK
    back = 1 - curve.survival[watched]
    if not len(back) or back[-1] <= 0:
        return None
    days = curve.durations[watched]
    return tuple(float(days[np.searchsorted(back, level * back[-1] - 1e-12)]) for level in levels)


def _quantile(counts: pd.DataFrame, level: float) -> float | None:
    """The least value that `level` of the weight does not go beyond; None where there are none."""
    if counts.empty:
        return None
    by_value = counts.groupby("value")["weight"].sum()
    reached = by_value.cumsum().to_numpy(dtype=np.float64)
    return float(by_value.index[np.searchsorted(reached, level * reached[-1] - 1e-9)])


def _number(days: float | None) -> float:
    return np.nan if days is None else days


def _column(days: float | None) -> ir.FloatingScalar:
    return ibis.null("float64") if days is None else ibis.literal(float(days))
