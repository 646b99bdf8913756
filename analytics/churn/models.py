"""The models of leaving: logistic regression and calibrated gradient boosting, both scikit-learn pipelines."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from analytics.churn.columns import Feature
from data.errors import RequestProblem
from data.messages import say

ModelName = Literal["logistic_regression", "gradient_boosting"]
MODELS: tuple[ModelName, ...] = ("logistic_regression", "gradient_boosting")
LEAST_EVENTS = 30  # below it nothing is fitted
FEW_EVENTS = 100  # below it logistic regression alone, with few features (R16)
EVENTS_A_FEATURE = 10
ISOTONIC_FROM = 1000  # events; below it calibration has the two parameters of Platt
RARE = 10  # a group of fewer customers shares one column with the other rare ones
SEED = 1


def pipeline(model: ModelName, features: Sequence[Feature], events: int, *, calibrated: bool = True) -> Any:
    """An unfitted pipeline that takes the frame of `columns.design` and predicts the chance to leave.

    `events` is how many of those it will be fitted on left: it says how many features logistic regression may use, and how
    boosting is calibrated (sigmoid: Platt 1999; isotonic: Zadrozny and Elkan 2002).
    """
    return _logistic(features, events) if model == "logistic_regression" else _boosting(features, events, calibrated)


def models_for(events: int, n: int) -> tuple[ModelName, ...]:
    """Which models so many events among `n` cases allow. Raises RequestProblem with too few to learn from."""
    if not n:
        raise RequestProblem(
            say("No data says which customers left."),
            say("Load customers with a column that says who left, subscriptions with an end date, or orders."),
        )
    if events == n:
        raise RequestProblem(
            say("All {n} customers have left: there is nobody to compare them with.", n=n),
            say("Load the customers who stayed too."),
        )
    if not events:
        raise RequestProblem(
            say("None of the {n} customers has left: there is nothing to learn leaving from.", n=n),
            say("Load the customers who left too, or a longer history."),
        )
    if n - events < LEAST_EVENTS:
        raise RequestProblem(
            say("Only {n} customers are known to have stayed: a churn model needs at least {least}.", n=n - events, least=LEAST_EVENTS),
            say("Load the customers who stayed too."),
        )  # fmt: skip
    if events < LEAST_EVENTS:
        raise RequestProblem(
            say("Only {n} customers are known to have left: a churn model needs at least {least}.", n=events, least=LEAST_EVENTS),
            say("Load a longer history, or use the survival curve, which needs fewer."),
        )  # fmt: skip
    return MODELS if events >= FEW_EVENTS else MODELS[:1]


@contextmanager
def careful() -> Iterator[None]:
    """A fit that did not converge is never used in silence (RequestProblem); and one thread only, as several that wait for each
    other take ten times as long where the machine is busy."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            yield
        except ConvergenceWarning:
            raise RequestProblem(
                say("The churn model did not converge on this data."),
                say("Look at the columns of the customers: one may decide who left, or two may say the same."),
            ) from None


def _logistic(features: Sequence[Feature], events: int) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_selection import SelectKBest
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline, make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )
    groups = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE, sparse_output=False)
    steps: list[tuple[str, Any]] = [
        ("columns", ColumnTransformer([("numbers", numbers, _of(features, "number")), ("groups", groups, _of(features, "group"))]))
    ]  # fmt: skip
    most = max(1, events // EVENTS_A_FEATURE)
    if events < FEW_EVENTS and most < len(features):
        # Chosen inside the fit, so that the customers who judge the model have no say in which features it has.
        steps.append(("few", SelectKBest(_correlation, k=most)))
    steps.append(("model", LogisticRegression(C=1.0, max_iter=2000)))
    return Pipeline(steps)


def _boosting(features: Sequence[Feature], events: int, calibrated: bool) -> Any:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OrdinalEncoder

    numbers, groups = _of(features, "number"), _of(features, "group")
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=RARE)
    boosting = HistGradientBoostingClassifier(
        learning_rate=0.15, max_iter=40, max_leaf_nodes=6, min_samples_leaf=20, l2_regularization=1.0,
        categorical_features=[place >= len(numbers) for place in range(len(features))],
        early_stopping=False, random_state=SEED,
    )  # fmt: skip
    plain = Pipeline(
        [("columns", ColumnTransformer([("numbers", "passthrough", numbers), ("groups", codes, groups)])), ("model", boosting)]
    )  # fmt: skip
    if not calibrated:
        return plain
    method = "isotonic" if events >= ISOTONIC_FROM else "sigmoid"
    return CalibratedClassifierCV(plain, method=method, cv=3)


def _correlation(values: Any, left: Any) -> Any:
    """How closely each column goes with leaving; 0 for one of a single value."""
    values, left = np.asarray(values, dtype=np.float64), np.asarray(left, dtype=np.float64)
    centred = values - values.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0))
    together = np.abs(centred.T @ (left - left.mean()))
    return np.divide(together, spread, out=np.zeros_like(spread), where=spread > 1e-12)


def _of(features: Sequence[Feature], kind: str) -> list[str]:
    return [each.column for each in features if each.kind == kind]
