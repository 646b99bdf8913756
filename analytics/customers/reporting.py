"""What a fit says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from analytics.lifetime.dropout import MbgNbd
from analytics.lifetime.spend import GammaGamma
from analytics.lifetime.stratified import StratifiedSpend


def parameters(
    model: str, names: Iterable[str], estimates: Iterable[float], intervals: Iterable[tuple[float, float]]
) -> list[dict[str, Any]]:
    """Rows of a report's `parameters`."""
    return [
        {"model": model, "parameter": name, "estimate": float(estimate), "low": float(low), "high": float(high)}
        for name, estimate, (low, high) in zip(names, estimates, intervals, strict=True)
    ]


def written_model(model: MbgNbd | GammaGamma) -> dict[str, Any]:
    """All that a model is made of again by `purchases_of` or `spend_of`: its parameters and what is not known of them."""
    found = {"model": model.title, "parameters": model.parameters_.tolist(), "covariance": model.covariance_.tolist()}
    if isinstance(model, StratifiedSpend):
        found |= {"limits": model.limits_.tolist(), "means": model.means_.tolist()}
    return found


def purchases_of(written: Mapping[str, Any]) -> MbgNbd:
    """The model of purchases, from `written_model`."""
    r, alpha, a, b = written["parameters"]
    return MbgNbd.known(r, alpha, a, b, covariance=written["covariance"])


def spend_of(written: Mapping[str, Any]) -> GammaGamma:
    """The model of what a purchase is worth, from `written_model`."""
    p, q, v = written["parameters"]
    if "means" not in written:
        return GammaGamma.known(p, q, v, covariance=written["covariance"])
    made = StratifiedSpend.known(p, q, v, covariance=written["covariance"])
    made.limits_, made.means_ = np.array(written["limits"]), np.array(written["means"])
    return made
