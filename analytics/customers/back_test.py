"""How well the model of purchases would have told this company's own past (E5): rolling-origin back-tests.

At each of a few cut-off days the models are fitted to what was known then, by the very code that makes the scores, and what
they say of the stretch after it is held against what came. The naive forecast beside them is that every customer does again
what it did in a stretch of that length before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.customers.basis import PURCHASES, Source
from analytics.customers.free_buyers import Spend, spend_in
from analytics.customers.held_back import Origin, known_and_came, least_weeks, origins, sample, span
from analytics.customers.scores import Keeper
from analytics.filters import Filters
from analytics.intervals import Z, ratio_variance, wilson
from analytics.lifetime.dropout import MbgNbd
from analytics.lifetime.histories import Histories, NoModel
from analytics.lifetime.spend import rank_correlation
from analytics.lifetime.totals import Horizon, Outlook, outlook, total
from analytics.rows import Row
from data.messages import Message, say
from data.tables import Tables

Floats = NDArray[np.float64]
OFF = 0.10  # a total that is missed by more is said to be missed
ASTRAY = 0.03  # errors of all origins beyond it on one side are said to go one way
TOP = 0.1
DECILES = 10
BINS = 10
LEAST_BUYERS = 30  # from so many on that bought in the stretch, who they were can be judged
_SURE = 1.6448536269514722  # the 95% point of the normal distribution

NO_ORDER = say("In the back-test the model did not tell better than chance which customers would bring most, so it is not used.")  # fmt: skip
BEATEN = say("In the back-test what customers had brought before told more of what came than the model did, so it is not used.")  # fmt: skip


def back_test(
    keeper: Keeper,
    tables: Tables,
    filters: Filters,
    source: Source,
    gap: float | None,
    progress: Callable[[float], None] = lambda share: None,
) -> dict[str, Any]:
    """What a report keeps: `refused`, why nothing could be tested, or null and the rest.

    `model, currency, is_money, sampled_of` (how many customers there are, where only some were drawn), `origins` (the one that
    counts first; see `_row`), `deciles` and `none_bins` of that one, `error` (of its revenue, of purchases where there is no
    money, as a share of what came: below 0 too little was told), `is_off`, `one_way` ("low", "high": every origin told too
    little, too much), `has_skill` and `is_used` with `unused`, the reason where it is not. `gap` is the usual one between purchases, in weeks.
    """  # fmt: skip
    if source.basis not in PURCHASES:
        return refused(say("The file sums up each customer without dates, so no part of it can be held back to test the model on."))  # fmt: skip
    drawn, name = sample(keeper, tables, filters, source)
    try:
        known = span(keeper, drawn, filters, source)
        least = least_weeks(gap)
        found = origins(filters.as_of, known.weeks, filters.models.horizon_months, least) if known else []
        if known is None or not found:
            return _too_short(known.weeks if known else 0.0, least)
        tested: list[_Tested] = []
        problem: Message | None = None
        for place, origin in enumerate(found):
            progress(place / len(found))
            rows = known_and_came(keeper, drawn, filters, source, origin, known.currency)
            try:
                tested.append(_tested(rows, origin, known.currency))
            except NoModel as refusal:
                problem = problem or refusal.sentence
    finally:
        if name is not None:
            keeper.drop_scores(name)
    if not tested:
        return refused(say("What was known at the earlier days is too little to fit the model to: {reason}", reason=str(problem)))  # fmt: skip
    return _told(tested, known.currency, source.customers if name else None)


def refused(why: Message) -> dict[str, Any]:
    """What a report keeps where nothing could be tested."""
    return {"refused": why, "is_used": True, "origins": [], "deciles": [], "none_bins": []}


def usual_gap(known: pd.DataFrame) -> float | None:
    """The median over customers who came back of the weeks between their purchases, from the columns `FACTS`."""
    again = known[known["repeat_purchases"] > 0]
    gap = (again["recency_weeks"] / again["repeat_purchases"]).median()
    return None if pd.isna(gap) else float(gap)


def _too_short(weeks: float, least: int) -> dict[str, Any]:
    return refused(
        say(
            "The history of {weeks} weeks is too short to hold a part of it back: at least {least} weeks must be left to foretell, and as much lie before them.",
            weeks=round(weeks),
            least=least,
        )
    )


@dataclass(frozen=True)
class _Tested:
    """One origin: what the models said of each customer, in the commonest currency, and what came."""

    origin: Origin
    model: MbgNbd
    spend: Spend
    came: pd.DataFrame
    purchases: Floats
    purchases_variance: Floats
    purchases_shifts: Floats
    revenue: Outlook

    @property
    def is_money(self) -> bool:
        return self.spend.has_money

    @cached_property
    def bought(self) -> Floats:
        return self.came["bought"].to_numpy(dtype=np.float64)

    @cached_property
    def actual(self) -> Floats:
        """What a customer brought; its purchases where no amounts are known."""
        return self.came["brought"].to_numpy(dtype=np.float64) if self.is_money else self.bought

    @cached_property
    def before(self) -> Floats:
        return self.came["brought_before" if self.is_money else "bought_before"].to_numpy(dtype=np.float64)

    @cached_property
    def none(self) -> Floats:
        """The chance to buy nothing that was told."""
        return np.clip(self.revenue.none, 0.0, 1.0)

    @cached_property
    def is_none(self) -> NDArray[np.bool_]:
        return self.bought == 0

    @property
    def predicted(self) -> Floats:
        return self.revenue.expected if self.is_money else self.purchases

    @property
    def error(self) -> float | None:
        return _error(float(self.predicted.sum()), float(self.actual.sum()))


def _tested(rows: pd.DataFrame, origin: Origin, currency: str) -> _Tested:
    """Fit on what was known and foretell. Raises NoModel where that was too little."""
    x, t_x, T = _history(rows)
    model = MbgNbd().fit(Histories.of(x, t_x, T))
    own = rows[(rows["currency"].fillna("") == currency).to_numpy()].reset_index(drop=True)
    x, t_x, T = _history(own)
    m = own["mean_repeat_value"].to_numpy(dtype=np.float64)
    spend = spend_in(x, m, own["mean_value"])
    known = np.where(np.isfinite(m) & (m > 0), m, float(spend.model.mean_value([0.0], [0.0])[0]))
    weeks = float(origin.weeks)
    revenue = outlook(model, spend.model, x, t_x, T, known, Horizon.of_weeks(weeks))
    # Revenue is purchases times what one is worth, and so are its shifts along the purchase model's directions.
    worth = spend.model.mean_value(x, known)
    bought = revenue.expected / worth
    spread = np.maximum(model.pairs(x, t_x, T, weeks) + bought - bought**2, 0.0)
    shifts = revenue.shifts[:, : len(model.names)] / worth[:, None]
    return _Tested(origin, model, spend, own, bought, spread, shifts, revenue)


def _history(rows: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    x, t_x, T = (rows[name].to_numpy(dtype=np.float64) for name in ("repeat_purchases", "recency_weeks", "age_weeks"))
    return x, t_x, T


def _told(tested: list[_Tested], currency: str, sampled_of: int | None) -> dict[str, Any]:
    first = tested[0]
    error = first.error
    unused = _no_skill(tested)
    return {
        "refused": None,
        "model": first.model.title,
        "currency": currency,
        "is_money": first.is_money,
        "sampled_of": sampled_of,
        "origins": [_row(each) for each in tested],
        "deciles": _deciles(first),
        "none_bins": none_bins(first.is_none, first.none),
        "error": error,
        "is_off": abs(error) > OFF if error is not None else bool(first.predicted.sum() > 0),
        "one_way": _one_way(tested),
        "has_skill": unused is None,
        "is_used": unused is None,
        "unused": unused,
    }


def _row(tested: _Tested) -> Row:
    """One origin. Purchases and revenue: what was told with its 80% interval, what came, what the naive forecast says."""
    came = tested.came
    low_high = _sums(tested, np.ones(len(came), dtype=bool))
    bins = none_bins(tested.is_none, tested.none)
    share = float(tested.is_none.mean())
    captured, naive_captured, _sure = _captured(tested)
    inside, some = _inside(tested)
    bought, before = float(tested.bought.sum()), float(came["bought_before"].sum())
    row: Row = {
        "cutoff": tested.origin.cutoff.isoformat(),
        "until": tested.origin.until.isoformat(),
        "weeks": tested.origin.weeks,
        "customers": len(came),
        "model": tested.model.title,
        "spend_model": tested.spend.title,
        **low_high,
        "actual": bought,
        "error": _error(low_high["predicted"], bought),
        "naive": before,
        "revenue_actual": None,
        "revenue_error": None,
        "revenue_naive": None,
        "captured_top_tenth": captured,
        "naive_captured": naive_captured,
        "rank_correlation": rank_correlation(tested.predicted, tested.actual),
        "brier": float(np.mean((tested.none - tested.is_none) ** 2)),
        "brier_baseline": share * (1 - share),
        "calibration_error": math.fsum(
            each["customers"] * abs(each["none_predicted"] - each["none_observed"]) for each in bins
        )
        / len(came),
        "inside_range": inside,
        "inside_customers": some,
    }
    if tested.is_money:
        row["revenue_actual"] = float(tested.actual.sum())
        row["revenue_error"] = tested.error
        row["revenue_naive"] = float(tested.before.sum())
    return row


def _sums(tested: _Tested, of: NDArray[np.bool_]) -> Row:
    """What was told of these customers together, with its 80% interval."""
    middle, low, high = total(tested.purchases[of], tested.purchases_variance[of], tested.purchases_shifts[of])
    row: Row = {"predicted": middle, "predicted_low": low, "predicted_high": high}
    names = ("revenue_predicted", "revenue_low", "revenue_high")
    if not tested.is_money:
        return row | dict.fromkeys(names)
    revenue = tested.revenue
    return row | dict(zip(names, total(revenue.expected[of], revenue.variance[of], revenue.shifts[of]), strict=True))


def _deciles(tested: _Tested) -> list[Row]:
    """Ten equal parts of the customers, those of whom most was expected first; together they are all of it."""
    order = np.argsort(-tested.predicted, kind="stable")
    found = []
    for number, places in enumerate(np.array_split(order, min(DECILES, len(order))), 1):
        of = np.zeros(len(order), dtype=bool)
        of[places] = True
        money = float(tested.actual[of].sum()) if tested.is_money else None
        found.append(
            {"decile": number, "customers": len(places), **_sums(tested, of), "actual": float(tested.bought[of].sum()),
             "revenue_actual": money}
        )  # fmt: skip
    return found


def none_bins(is_none: NDArray[np.bool_], chance: Floats) -> list[Row]:
    """The chance of no purchase that was told against the share that bought nothing, one row a tenth of the scale with anybody in it."""
    place = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    n, told, came = (np.bincount(place, weight, BINS) for weight in (None, chance, is_none.astype(np.float64)))
    found = []
    for number in np.flatnonzero(n):
        observed = float(came[number] / n[number])
        low, high = wilson(observed, float(n[number]))
        found.append(
            {
                "bin": int(number) + 1, "chance_from": number / BINS, "chance_to": (number + 1) / BINS, "customers": int(n[number]),
                "none_predicted": float(told[number] / n[number]), "none_observed": observed, "none_low": low, "none_high": high,
            }
        )  # fmt: skip
    return found


def _inside(tested: _Tested) -> tuple[float | None, int]:
    """Of the customers that brought anything, the share within the range told of them, and how many they are."""
    some = (tested.bought > 0) & (tested.actual > 0)
    if not tested.is_money or not some.any():
        return None, int(some.sum())
    low, high = tested.revenue.likely()
    return float(((tested.actual >= low) & (tested.actual <= high))[some].mean()), int(some.sum())


def top(order_by: Floats, share: float = TOP) -> Floats:
    """How much of each row is among the `share` with the highest numbers; at the edge ties are in it in equal parts."""
    values, place = np.unique(-order_by, return_inverse=True)
    n = np.bincount(place, minlength=len(values))
    before = np.cumsum(n) - n
    return np.clip((share * len(order_by) - before) / n, 0.0, 1.0)[place]


def _captured(tested: _Tested) -> tuple[float | None, float | None, float | None]:
    """The share of what came that the tenth told to bring most brought, that of the naive forecast's, and the standard error of
    the difference."""
    came = float(tested.actual.sum())
    if came <= 0:
        return None, None, None
    own, naive = top(tested.predicted), top(tested.before)
    parts = (own - naive) * tested.actual
    variance = ratio_variance(
        len(parts), float(parts.sum()), came, float(parts @ parts), float(tested.actual @ tested.actual),
        float(parts @ tested.actual),
    )  # fmt: skip
    return float(own @ tested.actual) / came, float(naive @ tested.actual) / came, math.sqrt(variance or 0.0)


def _no_skill(tested: list[_Tested]) -> Message | None:
    """Why the model is not to be used, if it is not.

    Either its order of the customers is no better than chance (a rank correlation that is not above 0 at 5%, one-sided), or the
    naive forecast beats it both ways: over all origins it missed the totals by less, and the tenth it puts first brought more by
    more than could be chance (95%). With fewer than 30 buyers in the stretch nothing is said.
    """
    first = tested[0]
    if int((first.bought > 0).sum()) < LEAST_BUYERS:
        return None
    if rank_correlation(first.predicted, first.actual) * math.sqrt(max(len(first.actual) - 1, 1)) <= _SURE:
        return NO_ORDER
    missed = math.fsum(abs(float(each.predicted.sum() - each.actual.sum())) for each in tested)
    naive_missed = math.fsum(abs(float(each.before.sum() - each.actual.sum())) for each in tested)
    captured, naive_captured, error = _captured(first)
    if captured is None or naive_captured is None or error is None:
        return None
    return BEATEN if naive_missed < missed and captured - naive_captured + Z * error < 0 else None


def _one_way(tested: list[_Tested]) -> str | None:
    errors = [each.error for each in tested if each.error is not None]
    if len(errors) < 2:
        return None
    if max(errors) < -ASTRAY:
        return "low"
    return "high" if min(errors) > ASTRAY else None


def _error(told: float, came: float) -> float | None:
    return (told - came) / came if came > 0 else None
