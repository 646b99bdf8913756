"""A model of when customers leave: by how long they have been there, and by what is known of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.churn.baseline import FEW_EVENTS, YEAR, Baseline
from analytics.churn.columns import Chosen, Feature, LeftOut, chosen, coded, values_of
from analytics.churn.cox import Cox, fit_cox
from analytics.churn.hazard_design import HazardDesign
from analytics.churn.judging import normal_quantile
from analytics.intervals import Z, benjamini_hochberg
from analytics.survival import kaplan_meier
from data.errors import RequestProblem
from data.messages import Message, say

Floats = NDArray[np.float64]
Model = Literal["cox", "kaplan_meier", "constant"]
MOST_FITTED = 20_000
LEAST_EVENTS = 100
RIDGE = 0.01
FOLDS = 3
FIFTHS = 5
AGE, LEFT = "age_months", "has_left"
MISSES = 0.1
STARTS = (0, YEAR, 4 * YEAR)
CHANGES = 0.001  # a ratio changes with age for sure below it
MOST_CURVES = 6
NOTABLE = 1.05  # a hazard ratio below it raises nothing worth naming
MOST_REASONS = 3
DIRECTIONS = 2  # of what is not known of the ratios
REASON_COLUMNS = ("customer_id", "place", "field", "value", "hazard_ratio")


@dataclass(frozen=True)
class Hazards:
    """Of each customer: its age in months, its hazard relative to the average customer's, the variance of that one's logarithm,
    what each feature adds to it, and `shared`: how much its logarithm moves by one standard deviation of what is not known of the
    ratios, along the two directions that move the customers most."""

    age: Floats
    relative: Floats
    doubt: Floats
    added: NDArray[np.float32]
    curve: NDArray[np.int64]  # which of the baselines is its own
    shared: Floats  # row x direction

    def of(self, rows: NDArray[np.int64]) -> Hazards:
        return Hazards(
            self.age[rows], self.relative[rows], self.doubt[rows], self.added[rows], self.curve[rows], self.shared[rows]
        )


class ContractRisk:
    """Leaving by age and features. Parameters in `__init__`, frames with `age_months`, `has_left` and the feature columns in
    `fit`, results end in `_`.

    Cox's model with a small ridge where its features tell leavers apart on customers it has not seen, shrunk by how much
    (van Houwelingen and le Cessie 1990); else one curve for all (Kaplan-Meier), or where fewer than 30 left one rate. The
    baseline is of all customers, those whose features were fitted at most 20,000. Where the ratios of a group's values change
    with age, each of its values has a baseline of its own (Kalbfleisch and Prentice 2002, 4.4): customers with two years'
    contracts who leave when these end say nothing of the old ones who pay by the month. `model_`, `reason_`, `baselines_`,
    `own_curves_` (the feature whose values have them), `report_`.
    """

    model_: Model
    reason_: Message
    baselines_: tuple[Baseline, ...]
    own_curves_: Feature | None
    design_: HazardDesign
    coefficients_: Floats
    covariance_: Floats
    directions_: Floats  # term x direction: see `Hazards.shared`
    report_: dict[str, Any]
    slope_: tuple[float, float, float] | None  # of what was said of customers not seen, with its interval; 1 is right

    def __init__(self, horizon: int = 12, seed: int = 1, names: Mapping[str, str] | None = None) -> None:
        self.horizon, self.seed, self.names = horizon, seed, names

    def fit(self, frame: pd.DataFrame) -> Self:
        """Learn from one row a customer. `names` (column -> what people call it) are the columns that may be features.

        Raises RequestProblem without a customer whose age is known.
        """
        frame = frame[np.isfinite(ages_of(frame)) & (ages_of(frame) >= 0)].reset_index(drop=True)
        if frame.empty:
            raise RequestProblem(
                say("Of no customer it is known how long it has been there."),
                say("Load customers with their tenure in months, or subscriptions with the day they started."),
            )
        age, left = ages_of(frame), left_of(frame)
        sample = _sample(len(frame), self.seed)
        columns = chosen(frame.iloc[sample], self.names or {}, left[sample])
        self._fit_features(frame.iloc[sample].reset_index(drop=True), columns, age[sample], left[sample])
        relative = self._relative(frame) if self.model_ == "cox" else None
        self._fit_baselines(frame, age, left, relative)
        if self.model_ == "kaplan_meier" and self.baselines_[0].tail == "constant":
            self.model_ = "constant"
        self.reason_ = self._why()
        self.report_ = self._report(frame)
        return self

    def hazards(self, frame: pd.DataFrame) -> Hazards:
        """What the model makes of the features of each row, from which all the rest follows."""
        age, n = np.nan_to_num(ages_of(frame)), len(frame)
        if self.model_ != "cox":
            return Hazards(
                age, np.ones(n), np.zeros(n), np.zeros((n, 0), dtype=np.float32), np.zeros(n, dtype=np.int64),
                np.zeros((n, DIRECTIONS)),
            )  # fmt: skip
        relative, doubt, shared = np.empty(n), np.empty(n), np.empty((n, DIRECTIONS))
        added = np.empty((n, len(self.design_.features)), dtype=np.float32)
        for rows, matrix in self.design_.chunks(frame):
            relative[rows] = np.exp(matrix @ self.coefficients_)
            doubt[rows] = np.einsum("ij,ij->i", matrix @ self.covariance_, matrix)
            shared[rows] = matrix @ self.directions_
            added[rows] = self.design_.by_feature(matrix, self.coefficients_)
        return Hazards(age, relative, doubt, added, self._curve(frame), shared)

    def staying(self, frame: pd.DataFrame, horizon: int) -> Floats:
        """customers x horizon: the chance to be there still after 1, 2, ... `horizon` months, of those there now."""
        return self.staying_of(self.hazards(frame), horizon)

    def staying_of(self, hazards: Hazards, horizon: int) -> Floats:
        found = np.empty((len(hazards.age), horizon))
        for baseline, rows, ages, place in self._by_curve(hazards):
            found[rows] = np.exp(-baseline.ahead(ages, horizon)[place] * hazards.relative[rows, None])
        return found

    def risk_interval(self, frame: pd.DataFrame, horizon: int, level: float) -> tuple[Floats, Floats]:
        """The interval of the chance to have left after `horizon` months, from the doubt about curve and ratios alone.

        On the scale of the logarithm of the cumulative hazard (Kalbfleisch and Prentice 2002, 1.4).
        """
        return self.risk_interval_of(self.hazards(frame), horizon, level)

    def risk_interval_of(self, hazards: Hazards, horizon: int, level: float) -> tuple[Floats, Floats]:
        low, high = np.empty(len(hazards.age)), np.empty(len(hazards.age))
        for baseline, rows, ages, place in self._by_curve(hazards):
            ahead, variance = baseline.ahead(ages, horizon)[:, -1], baseline.variance_ahead(ages, horizon)
            doubt = (
                np.divide(variance, ahead**2, out=np.zeros_like(ahead), where=ahead > 0)[place] + hazards.doubt[rows]
            )
            hazard, half = ahead[place] * hazards.relative[rows], normal_quantile(level) * np.sqrt(doubt)
            low[rows], high[rows] = 1 - np.exp(-hazard * np.exp(-half)), 1 - np.exp(-hazard * np.exp(half))
        return low, high

    def _by_curve(self, hazards: Hazards) -> Iterator[tuple[Baseline, NDArray[np.int64], Floats, NDArray[np.int64]]]:
        """The customers of each baseline, their different ages, and which one each has: what lies ahead of an age is worked out once."""
        for number, baseline in enumerate(self.baselines_):
            rows = np.flatnonzero(hazards.curve == number)
            ages, place = np.unique(np.round(hazards.age[rows], 2), return_inverse=True)
            if len(rows):
                yield baseline, rows, ages, place

    def _curve(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """Which baseline is each customer's: that of its value, or that of the commonest one for a value with too few."""
        feature = self.own_curves_
        if feature is None:
            return np.zeros(len(frame), dtype=np.int64)
        codes, texts = coded(frame[feature.column])
        return np.array([feature.levels.index(text) if text in feature.levels else 0 for text in texts])[codes]

    def _fit_baselines(
        self, frame: pd.DataFrame, age: Floats, left: NDArray[np.bool_], relative: Floats | None
    ) -> None:
        curve = self._curve(frame)
        parts = [curve == number for number in range(int(curve.max(initial=0)) + 1)]
        self.baselines_ = tuple(
            Baseline.of(age[part], left[part], None if relative is None else relative[part]) for part in parts
        )

    def reasons(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What raises a customer's risk most against the average customer, at most three: rows of `customer_id, place` (1 the
        strongest), `field, value, hazard_ratio`, in the order of the frame. `value` is as the file writes it, null where blank."""
        return self.reasons_of(self.hazards(frame), frame)

    def reasons_of(self, hazards: Hazards, frame: pd.DataFrame) -> pd.DataFrame:
        features = self.design_.features if self.model_ == "cox" else ()
        most = min(MOST_REASONS, len(features))
        if not most:
            return pd.DataFrame({name: [] for name in REASON_COLUMNS})
        order = np.argsort(-hazards.added, axis=1, kind="stable")[:, :most]
        strength = np.take_along_axis(hazards.added, order, axis=1)
        told = strength > np.log(NOTABLE)
        row, of = np.nonzero(told)[0], order[told]
        values = np.full(len(row), None, dtype=object)
        for number in np.unique(of):
            mine = of == number
            column = frame[features[number].column]
            values[mine] = column.iloc[row[mine]].astype("object").to_numpy()
        return pd.DataFrame({
            "customer_id": frame["customer_id"].to_numpy()[row], "place": np.nonzero(told)[1] + 1,
            "field": np.array([each.name for each in features], dtype=object)[of], "value": values,
            "hazard_ratio": np.exp(strength[told].astype(np.float64)),
        })  # fmt: skip

    def _fit_features(self, frame: pd.DataFrame, columns: Chosen, age: Floats, left: NDArray[np.bool_]) -> None:
        """Cox's model if it has skill; `model_`, `design_`, `coefficients_`, `covariance_`, `slope_`."""
        self.model_, self.slope_, self.own_curves_ = "kaplan_meier", None, None
        self._refused: Message | None = None
        self._folds: list[Floats] = []
        self.design_ = HazardDesign.of(frame, columns, age, left)
        self.coefficients_, self.covariance_ = np.zeros(0), np.zeros((0, 0))
        self.directions_ = np.zeros((0, DIRECTIONS))
        if left.sum() < LEAST_EVENTS or not self.design_.terms:
            self._refused = say("Fewer than {n} customers left.", n=LEAST_EVENTS) if left.sum() < LEAST_EVENTS else say("Nothing is known of customers that could tell who leaves.")  # fmt: skip
            return
        try:
            self._folds = _folds(self.design_, frame, age, left, self.seed)
            unseen = _held_out(self.design_, frame, self._folds, self.seed)
            slope = fit_cox(pd.DataFrame({"score": unseen}), age, left, np.ones(len(age)))
            matrix = self.design_.matrix(frame)
            whole = _fit(matrix, age, left)
        except RequestProblem:
            self._refused = say("The model with features did not converge.")
            return
        b, error = float(slope.coefficients[0]), float(slope.errors[0])
        self.slope_ = (b, b - Z * error, b + Z * error)
        if b - Z * error <= 0:
            self._refused = say("What is known of customers does not tell who leaves.")
            return
        # The slope on customers that were not seen says by how much the ratios are too bold.
        shrunk = min(1.0, b)
        self.model_, self.coefficients_ = "cox", whole.coefficients * shrunk
        self.covariance_ = _covariance(whole) * shrunk**2
        self.directions_ = _directions(self.covariance_, matrix)
        self.own_curves_ = _changing_with_age(self.design_, whole, frame, left)

    def _relative(self, frame: pd.DataFrame) -> Floats:
        """Each customer's hazard relative to the average customer's."""
        found = np.empty(len(frame))
        for rows, matrix in self.design_.chunks(frame):
            found[rows] = np.exp(matrix @ self.coefficients_)
        return found

    def _why(self) -> Message:
        if self.model_ == "cox":
            return say(
                "What is known of customers tells who leaves, also of customers the model had not seen: hazards by {n} fields, and by how long somebody has been there.",
                n=len(self.design_.features),
            )  # fmt: skip
        refused = str(self._refused or "")
        if self.model_ == "constant":
            return say("{why} So few left that one rate stands for all ages.", why=refused)
        return say("{why} So all customers of an age have the same risk, that of the survival curve.", why=refused)

    def _report(self, frame: pd.DataFrame) -> dict[str, Any]:
        """What a screen says of the fit: see `calibration` for what is measured."""
        age, left = ages_of(frame), left_of(frame)
        found: dict[str, Any] = {
            "model": self.model_, "model_reason": self.reason_, "n": len(frame), "events": int(left.sum()),
            "tail": self.baselines_[0].tail, "credible_months": self.baselines_[0].credible,
            "tail_reason": _tail(self.baselines_[0]), "own_curves": self.own_curves_.name if self.own_curves_ else None,
            "slope": self.slope_, "features": [feature.name for feature in self.design_.features],
            "left_out": [_said(each) for each in self.design_.left_out],
        }  # fmt: skip
        return found | calibration(self, frame, age, left)


def calibration(model: ContractRisk, frame: pd.DataFrame, age: Floats, left: NDArray[np.bool_]) -> dict[str, Any]:
    """Whether leaving within the horizon comes as predicted, on customers a fold's model had not seen.

    `calibration`: rows of `fifth` (1 the least predicted risk), `from_months` (0, and 12 and 48 where enough are followed), `n`,
    `predicted` (mean risk), `observed` (Kaplan-Meier) with `low` and `high`; `predicted` and `observed` of all of them;
    `misses` where they differ by more than a tenth and the observed interval does not hold the prediction.
    """
    sample = _sample(len(frame), model.seed)
    frame, age, left = frame.iloc[sample].reset_index(drop=True), age[sample], left[sample]
    if left.sum() < LEAST_EVENTS:
        return {"calibration": [], "predicted": None, "observed": None, "misses": None}
    fold = _fold_of(len(frame), model.seed)
    risk = {start: np.zeros(len(frame)) for start in STARTS}
    for part in range(FOLDS):
        seen, unseen = fold != part, fold == part
        fitted = _refit(model, frame, age, left, seen, part)
        for start in risk:
            at = frame[unseen].assign(**{AGE: float(start)})
            risk[start][unseen] = 1 - fitted.staying(at, model.horizon)[:, -1]
    made = []
    for start, said in risk.items():
        there = age >= start
        if there.sum() < 10 * FIFTHS or not left[there & (age > start)].any():
            continue
        order = np.argsort(said[there], kind="stable")
        if model.model_ == "cox":
            for number, rows in enumerate(np.array_split(np.flatnonzero(there)[order], FIFTHS), 1):
                made.append({"fifth": number, "from_months": start} | _against(said[rows], age[rows], left[rows], start, model.horizon))  # fmt: skip
        every = np.flatnonzero(there)
        together = _against(said[every], age[every], left[every], start, model.horizon)
        fifths = [row for row in made if row["from_months"] == start]
        made.append({"fifth": None, "from_months": start} | (_of_parts(together, fifths) if fifths else together))
    whole = next((row for row in made if row["fifth"] is None), None)
    if whole is None or not whole["observed"]:
        return {"calibration": made, "predicted": None, "observed": None, "misses": None}
    is_far = abs(whole["predicted"] / whole["observed"] - 1) > MISSES
    misses = is_far and not whole["low"] <= whole["predicted"] <= whole["high"]
    return {"calibration": made, "predicted": whole["predicted"], "observed": whole["observed"], "misses": misses}


def ages_of(frame: pd.DataFrame) -> Floats:
    return frame[AGE].to_numpy(dtype=np.float64)


def left_of(frame: pd.DataFrame) -> NDArray[np.bool_]:
    return frame[LEFT].fillna(False).to_numpy(dtype=bool)


def _sample(n: int, seed: int) -> NDArray[np.int64]:
    """The rows that are fitted: all, or `MOST_FITTED` at random, in order."""
    if n <= MOST_FITTED:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, MOST_FITTED, replace=False))


def _fit(matrix: Floats, age: Floats, left: NDArray[np.bool_]) -> Cox:
    return fit_cox(pd.DataFrame(matrix), age, left, np.ones(len(age)), RIDGE)


def _covariance(cox: Cox) -> Floats:
    return np.asarray(cox.model.variance_matrix_, dtype=np.float64)


def _directions(covariance: Floats, matrix: Floats) -> Floats:
    """term x direction: how the log ratios move by one standard deviation along the directions that move the customers most.

    With covariance L L' the customers' log hazards are off by X L z; the principal axes of X L (not centred: a shift that all
    have counts most) say which z matter.
    """
    spread, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(np.maximum(spread, 0.0))
    moved = np.einsum("ij,jk->ik", matrix, root)
    _size, found = np.linalg.eigh(np.einsum("ij,ik->jk", moved, moved) / max(len(matrix), 1))
    kept = (root @ found)[:, ::-1][:, :DIRECTIONS]
    signs = np.sign(kept[np.abs(kept).argmax(axis=0), np.arange(kept.shape[1])])
    return np.pad(kept * np.where(signs == 0, 1.0, signs), ((0, 0), (0, DIRECTIONS - kept.shape[1])))


def _changing_with_age(design: HazardDesign, cox: Cox, frame: pd.DataFrame, left: NDArray[np.bool_]) -> Feature | None:
    """The group whose ratios are strongest of those that change with age, its levels with enough who left, the commonest first.

    None where no ratio changes (after correction for all of them), or its levels are too small for curves of their own.
    """
    q = benjamini_hochberg(cox.proportional_p().tolist())
    changing: dict[int, float] = {}
    for at, term in enumerate(design.terms):
        if term.level is not None and (q[at] or 0.0) < CHANGES:
            changing[term.place] = max(changing.get(term.place, 0.0), abs(float(cox.coefficients[at])))
    for place in sorted(changing, key=lambda place: -changing[place]):
        feature = design.features[place]
        told = pd.DataFrame({"level": values_of(frame[feature.column], "group"), "left": left}).groupby("level")["left"].agg(["size", "sum"])  # fmt: skip
        told = told[told["sum"] >= FEW_EVENTS].sort_values("size", ascending=False, kind="stable")
        if 2 <= len(told) <= MOST_CURVES:
            return dataclasses.replace(feature, levels=tuple(told.index))
    return None


def _fold_of(n: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).permutation(n) % FOLDS


def _folds(design: HazardDesign, frame: pd.DataFrame, age: Floats, left: NDArray[np.bool_], seed: int) -> list[Floats]:
    """The coefficients of a fit without each fold."""
    matrix, fold, found = design.matrix(frame), _fold_of(len(frame), seed), []
    for part in range(FOLDS):
        seen = fold != part
        varies = np.ptp(matrix[seen], axis=0) > 0
        coefficients = np.zeros(matrix.shape[1])
        coefficients[varies] = _fit(matrix[seen][:, varies], age[seen], left[seen]).coefficients
        found.append(coefficients)
    return found


def _held_out(design: HazardDesign, frame: pd.DataFrame, folds: list[Floats], seed: int) -> Floats:
    """What a fit says of each customer that it has not seen: its log hazard ratio."""
    by_fold = design.matrix(frame) @ np.stack(folds, axis=1)
    return np.asarray(by_fold[np.arange(len(frame)), _fold_of(len(frame), seed)], dtype=np.float64)


def _refit(
    model: ContractRisk, frame: pd.DataFrame, age: Floats, left: NDArray[np.bool_], seen: NDArray[np.bool_], part: int
) -> ContractRisk:
    """The same kind of model, fitted on the customers outside a fold."""
    other = ContractRisk(model.horizon, model.seed, model.names)
    other.model_, other.design_, other.covariance_ = model.model_, model.design_, model.covariance_
    other.coefficients_, other.directions_ = model.coefficients_, model.directions_
    if model.model_ == "cox":
        other.coefficients_ = model._folds[part] * (min(1.0, model.slope_[0]) if model.slope_ else 1.0)
    relative = other._relative(frame[seen]) if model.model_ == "cox" else None
    other.own_curves_ = model.own_curves_
    other._fit_baselines(frame[seen], age[seen], left[seen], relative)
    return other


def _against(said: Floats, age: Floats, left: NDArray[np.bool_], start: int, horizon: int) -> dict[str, Any]:
    """Predicted and observed leaving within `horizon` months after the age `start`, of those there then."""
    ended = np.where(left, np.ceil(age), np.floor(age))
    lost, staying = left & (ended > start), ~left | (ended <= start)
    months = np.unique(ended)
    place = np.searchsorted(months, ended)
    curve = kaplan_meier(
        months, np.bincount(place, lost & (ended > start), len(months)), np.bincount(place, staying, len(months))
    )  # fmt: skip
    low, high = curve.interval(start + horizon)
    stay = curve.at(start + horizon)
    return {
        "n": len(age), "predicted": float(said.mean()), "observed": 1 - stay,
        "low": None if high is None else 1 - high, "high": None if low is None else 1 - low,
    }  # fmt: skip


def _of_parts(together: dict[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
    """What came of all, added up from parts of like risk: those followed longest are not like the others, which one curve for
    all of them takes for chance."""
    share = np.array([part["n"] / together["n"] for part in parts])
    observed = float(share @ [part["observed"] for part in parts])
    half = float(np.sqrt(np.sum((share * [((part["high"] or 0.0) - (part["low"] or 0.0)) / 2 for part in parts]) ** 2)))
    return together | {"observed": observed, "low": max(observed - half, 0.0), "high": min(observed + half, 1.0)}


def _tail(baseline: Baseline) -> Message:
    if baseline.tail == "shifted_beta_geometric":
        return say("Beyond {n} months too few were followed; from there on the model of renewals goes on.", n=baseline.credible)  # fmt: skip
    if baseline.tail == "constant":
        return say("One rate stands for all ages.")
    return say("Beyond {n} months too few were followed; from there on the risk of the last year before goes on.", n=baseline.credible)  # fmt: skip


def _said(each: LeftOut) -> dict[str, Any]:
    return {"field": each.name, "reason": each.reason, "is_leak": each.is_leak}
