"""Cox's proportional hazards by lifelines, on grouped rows, so that a fit that says nothing says so."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import RequestProblem
from data.messages import say

# Up to so many cases each is a row of its own, where ties are counted exactly (Efron 1977); beyond, equal ones are one row
# with a weight, which treats ties among equal cases as Breslow does, at a cost that no longer grows with the cases.
MOST_SINGLE = 200_000
LOOSE = 5.0  # a log hazard ratio with a larger standard error is not known at all

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cox:
    """A fit: by column of the values, the log hazard ratio, its standard error and p-value (Wald)."""

    columns: tuple[str, ...]  # of the values
    coefficients: Floats
    errors: Floats
    p: Floats
    model: Any
    fitted_on: pd.DataFrame

    def proportional_p(self) -> Floats:
        """By column, the p-value of the hazard ratio being the same at every age (Grambsch and Therneau 1994)."""
        from lifelines.statistics import proportional_hazard_test

        with _quiet():
            found = proportional_hazard_test(self.model, self.fitted_on, time_transform="rank")
        by_name = dict(zip(found.name, np.atleast_1d(found.p_value), strict=True))
        return np.array([float(by_name[f"x{place}"]) for place in range(len(self.columns))])


def fit_cox(values: pd.DataFrame, months: Floats, has_left: NDArray[np.bool_], n: Floats, ridge: float = 0.0) -> Cox:
    """Fit on rows that stand for `n` cases each. `values` are numbers, without a constant column.

    Raises RequestProblem where the fit does not converge, as where a column decides who leaves.
    """
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError, ConvergenceWarning

    columns = tuple(values.columns)
    data = values.astype("float64").reset_index(drop=True)
    data.columns = [f"x{place}" for place in range(len(columns))]
    data["months"], data["left"], data["n"] = months, has_left.astype(int), n
    weights: dict[str, Any] = {"weights_col": "n"}
    if n.sum() <= MOST_SINGLE:
        data = data.loc[np.repeat(data.index.to_numpy(), n.astype(int))].drop(columns="n").reset_index(drop=True)
        weights = {}
    model = CoxPHFitter(penalizer=ridge)
    try:
        with _quiet():
            model.fit(data, "months", "left", **weights)
    except (ConvergenceError, ConvergenceWarning, ArithmeticError, np.linalg.LinAlgError):
        raise not_converged() from None
    order = [f"x{place}" for place in range(len(columns))]
    found = (model.params_, model.standard_errors_, model.summary["p"])
    coefficients, errors, p = (each.loc[order].to_numpy(dtype=np.float64) for each in found)
    if not np.isfinite(coefficients).all() or not np.isfinite(errors).all() or errors.max(initial=0.0) > LOOSE:
        raise not_converged()
    return Cox(columns, coefficients, errors, p, model, data)


def not_converged() -> RequestProblem:
    return RequestProblem(
        say("The hazard ratios could not be worked out: the fit does not come to rest."),
        say("A value may decide who leaves, or two fields may say the same. Ask for fewer fields."),
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """What lifelines says of a fit that did not converge is an error; how it calls pandas, or that a column is nearly constant,
    is passed over: `fit_cox` looks at the errors itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for said in (r"\s*Newton-Raphson", r"\s*The log-likelihood is getting"):
            warnings.filterwarnings("error", message=said)
        yield
