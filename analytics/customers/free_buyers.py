"""Scores of customers who buy without a contract: MBG/NBD for when, Gamma-Gamma for how much, with what is unsure about both.

MBG/NBD (Batislam, Denizel and Filiztekin 2007) and not BG/NBD, which takes every one-time buyer to be there for ever. Where it
cannot be fitted, `few_buyers` (R14).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from analytics.customers.basis import Source
from analytics.customers.few_buyers import few_buyers
from analytics.customers.lifecycle import lifecycle
from analytics.customers.reporting import parameters, written_model
from analytics.customers.scores import SHIFTS, Keeper, Progress
from analytics.customers.thresholds import LATE, LEVELS, LOST, Thresholds, gap_counts
from analytics.filters import Filters
from analytics.lifetime.dropout import MbgNbd
from analytics.lifetime.histories import Histories, NoModel, sound
from analytics.lifetime.purchase_model import PurchaseModel
from analytics.lifetime.spend import GammaGamma, SpendChoice, spend_model
from analytics.lifetime.totals import Horizon, outlook, steps, value_interval
from data.messages import Message, say, say_n
from data.tables import Tables

Floats = NDArray[np.float64]
Z80 = 1.2815515655446004
# Where too few came back to learn what purchases are worth: as spread around their mean as those of most companies.
_PLAIN_P, _PLAIN_Q = 2.0, 4.0


@dataclass(frozen=True)
class Spend:
    """What purchases in one currency are worth, and why it is told so."""

    model: GammaGamma
    title: str
    reason: Any
    is_learnt: bool

    @property
    def has_money(self) -> bool:
        """Whether any purchase has an amount; else what comes is told in purchases."""
        return self.title != "purchases"


def free_buyers(
    keeper: Keeper,
    tables: Tables,
    filters: Filters,
    source: Source,
    known: pd.DataFrame,
    progress: Progress,
    refused: Message | None = None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The columns of `SCORED` for every customer of `known`, and the report; `refused` is why no model of purchases is to be used."""  # fmt: skip
    has_bought = known["purchases"].to_numpy() > 0
    buyers = known[has_bought].reset_index(drop=True)
    learnt = Thresholds.of(keeper.run(gap_counts(tables, filters, source)))
    limits = learnt.days(buyers)
    lost_after, late_after = limits[:, LEVELS.index(LOST)], limits[:, LEVELS.index(LATE)]
    try:
        if refused is not None:
            raise NoModel(refused, say("The value then rests on the revenue of the last twelve months."))
        told, report = _modelled(buyers, filters, progress)
    except NoModel as refusal:
        told, report = few_buyers(buyers, lost_after, filters)
        report["refused"] = refusal.sentence
    told["gap_limit_days"], told["gap_warning_days"] = lost_after, late_after
    states = buyers.assign(
        alive=told["alive"], limit_days=lost_after, warning_days=late_after, window_days=learnt.window_days, age_days=buyers["age_weeks"] * 7
    )  # fmt: skip
    told["lifecycle"] = lifecycle(states)
    told = without_lost(told)
    every = told.reindex(np.where(has_bought, np.cumsum(has_bought) - 1, -1)).reset_index(drop=True)
    every["lifecycle"] = every["lifecycle"].astype(object).where(has_bought, "potential")
    return every, report | {"thresholds": learnt.written()}


def without_lost(told: pd.DataFrame) -> pd.DataFrame:
    """Customers who count as lost are worth nothing to keep, and have no risk ahead of them."""
    money = [
        name for name in told.columns if name.startswith(("value", "expected", "likely", "risk", "variance", "none"))
    ]
    told.loc[(told["lifecycle"] == "lost").to_numpy(), money] = np.nan
    return told


def _modelled(buyers: pd.DataFrame, filters: Filters, progress: Progress) -> tuple[pd.DataFrame, dict[str, Any]]:
    x, t_x, T = (buyers[name].to_numpy(dtype=np.float64) for name in ("repeat_purchases", "recency_weeks", "age_weeks"))
    is_sound = sound(x, t_x, T)
    kept = is_sound if is_sound.any() else np.ones(len(x), dtype=bool)
    model = MbgNbd().fit(Histories.of(x[kept], t_x[kept], T[kept]))
    wrong = int((~kept).sum())
    caution = say("In this history hardly anyone leaves for good that could be told from one who buys seldom, so every chance to leave is small and unsure: read it together with who is late.") if model.is_held_ else None  # fmt: skip
    if wrong and caution is None:
        caution = say_n(
            "What the file says of {n} customer contradicts itself, such as a last purchase after the end, so no value is told of it.",
            "What the file says of {n} customers contradicts itself, such as a last purchase after the end, so no value is told of them.",
            wrong,
        )
    progress(0.45, say("Fitting what a purchase is worth…"))
    value = buyers["mean_repeat_value"].to_numpy(dtype=np.float64)
    own = buyers["currency"].to_numpy()
    spends = {str(currency): spend_in(x[own == currency], value[own == currency], buyers["mean_value"][own == currency])
              for currency in pd.unique(own)}  # fmt: skip
    progress(0.55, say("Scoring every customer…"))
    horizon = Horizon.of_months(filters.models.horizon_months, filters.models.discount_rate)
    parts = []
    for currency, spend in spends.items():
        rows = np.flatnonzero((own == currency) & kept)
        parts.append(_scores(model, spend.model, x[rows], t_x[rows], T[rows], value[rows], horizon).set_index(rows))
    report = {
        "model": model.title,
        "model_reason": say(
            "Customers buy freely, so when one has left is not known but follows from each one's own rhythm (MBG/NBD)."
        ),
        "refused": None,
        "caution": caution,
        "parameters": [
            *parameters(model.title, model.names, model.parameters_, model.intervals()),
            *(
                row | {"currency": currency}
                for currency, spend in spends.items()
                if spend.is_learnt
                for row in parameters(spend.title, spend.model.names, spend.model.parameters_, spend.model.intervals())
            ),
        ],
        "spend": [
            {"currency": currency, "model": spend.title, "reason": spend.reason} for currency, spend in spends.items()
        ],
        "fitted": {
            "purchases": written_model(model),
            "spend": [
                {"currency": currency, "has_money": spend.has_money} | written_model(spend.model)
                for currency, spend in spends.items()
            ],
        },
    }
    return pd.concat(parts).reindex(range(len(buyers))), report


def spend_in(x: Floats, m: Floats, means: pd.Series) -> Spend:
    """What purchases are worth, learnt from the mean values m of x repeat purchases; where that cannot be, from `means` of all."""
    try:
        choice: SpendChoice = spend_model(x, np.nan_to_num(m))
        return Spend(choice.model, choice.model.title, choice.reason, True)
    except NoModel as refusal:
        known = means.to_numpy(dtype=np.float64)
        if not np.isfinite(known).any():
            no_money = say("No purchase has a known amount, so value is told in purchases.")
            return Spend(_plain(1.0), "purchases", no_money, False)
        return Spend(_plain(float(np.nanmean(known))), "mean_spend", refusal.sentence, False)


def _plain(mean: float) -> GammaGamma:
    return GammaGamma.known(_PLAIN_P, _PLAIN_Q, mean * (_PLAIN_Q - 1) / _PLAIN_P)


def _scores(
    model: PurchaseModel, spend: GammaGamma, x: Floats, t_x: Floats, T: Floats, m: Floats, horizon: Horizon
) -> pd.DataFrame:
    # A customer whose purchases have no known amount is taken to spend as a new one would.
    m = np.where(np.isfinite(m) & (m > 0), m, float(spend.mean_value([0.0], [0.0])[0]))
    found = outlook(model, spend, x, t_x, T, m, horizon)
    low, high = value_interval(model, spend, x, T, m, horizon)
    likely_low, likely_high = found.likely()
    risk = model.leaving(x, t_x, T, horizon.weeks)
    columns = {
        "alive": model.alive(x, t_x, T), "risk": risk,
        "value": found.value, "value_low": low, "value_high": high, "expected": found.expected,
        "value_at_risk": np.maximum(found.at_risk, 0.0), "none_chance": found.none,
        "likely_low": likely_low, "likely_high": likely_high,
        "variance": found.variance, "risk_variance": found.risk_variance,
    }  # fmt: skip
    columns["risk_low"], columns["risk_high"] = _risk_interval(model, x, t_x, T, horizon, risk)
    for name, shifts in (("expected", found.shifts), ("risk", found.risk_shifts)):
        padded = np.zeros((len(x), SHIFTS))
        padded[:, : shifts.shape[1]] = shifts
        columns |= {f"{name}_shift_{place}": column for place, column in enumerate(padded.T, start=1)}
    return pd.DataFrame(columns)


def _risk_interval(
    model: PurchaseModel, x: Floats, t_x: Floats, T: Floats, horizon: Horizon, risk: Floats
) -> tuple[Floats, Floats]:
    """The 80% interval of the chance to leave: as sure as the parameters are, on its log-odds."""

    def odds(chance: Floats) -> Floats:
        return logit(np.clip(chance, 1e-9, 1 - 1e-9))

    variance = np.zeros(len(x))
    for low, high in steps(model):
        apart = odds(high.leaving(x, t_x, T, horizon.weeks)) - odds(low.leaving(x, t_x, T, horizon.weeks))
        variance += (apart / 2) ** 2
    half = Z80 * np.sqrt(variance)
    return expit(odds(risk) - half), expit(odds(risk) + half)
