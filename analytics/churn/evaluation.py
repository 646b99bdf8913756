"""Models of leaving, fitted and judged on customers who had no part in the fit."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.churn.columns import Feature
from analytics.churn.judging import Flags, Floats, Judged, auc, judged
from analytics.churn.models import SEED, ModelName, careful, models_for, pipeline

FOLDS = 5
KEPT = 4
SHUFFLES = 3  # of each feature and split; one where a split has many customers
MANY = 600  # customers of a split, of whom no more are looked at for importance
Validation = Literal["cross_validation", "rolling_origin"]
Split = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class Sample:
    """Customers to learn from: `values` as `columns.design` makes them, `left` whether each left.

    `origins` numbers the cut-off days the rows are seen from, in order of time; None where all are seen once.
    """

    values: pd.DataFrame
    left: Flags
    features: tuple[Feature, ...]
    origins: NDArray[np.int64] | None = None

    @property
    def validation(self) -> Validation:
        return "cross_validation" if self.origins is None else "rolling_origin"

    def splits(self) -> list[Split]:
        """The rows to fit on and to judge on: five stratified folds, or every later cut-off against all before it."""
        if self.origins is not None:
            places = np.arange(len(self.left))
            return [(places[self.origins < at], places[self.origins == at]) for at in np.unique(self.origins)[1:]]
        from sklearn.model_selection import StratifiedKFold

        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
        return list(folds.split(np.zeros(len(self.left)), self.left))

    @cached_property
    def digest(self) -> bytes:
        """Equal for equal samples."""
        found = hashlib.blake2b(repr((self.features, list(self.values.columns))).encode())
        found.update(np.ascontiguousarray(self.left).tobytes())
        found.update(b"" if self.origins is None else np.ascontiguousarray(self.origins).tobytes())
        found.update(pd.util.hash_pandas_object(self.values, index=False).to_numpy().tobytes())
        return found.digest()


@dataclass(frozen=True)
class Fitted:
    """One model: what it said of customers it had not seen (`chance`, by row of `Evaluation.tested`), and its fits by split."""

    name: ModelName
    chance: Floats
    judged: Judged
    fits: tuple[Any, ...]


@dataclass(frozen=True)
class Evaluation:
    """Every model that so many events allow. `tested` are the rows of the sample that were judged, in the order of `chance`."""

    sample: Sample
    tested: NDArray[np.int64]
    splits: tuple[Split, ...]
    models: tuple[Fitted, ...]

    @property
    def left(self) -> Flags:
        return self.sample.left[self.tested]

    @property
    def best(self) -> Fitted:
        """The model with the least Brier score."""
        return min(self.models, key=lambda model: model.judged.brier)

    @property
    def chosen(self) -> Fitted | None:
        """The best of the models with skill; None where none has any."""
        able = [model for model in self.models if model.judged.has_skill]
        return min(able, key=lambda model: model.judged.brier) if able else None


_kept: OrderedDict[bytes, Evaluation] = OrderedDict()
_lock = Lock()


def evaluate(sample: Sample) -> Evaluation:
    """Fit and judge on splits of the sample; the last few evaluations are kept, as several answers rest on one.

    Raises RequestProblem with too few who left or stayed, or where a fit does not converge.
    """
    with _lock:
        if sample.digest in _kept:
            _kept.move_to_end(sample.digest)
            return _kept[sample.digest]
    with careful():
        found = _evaluate(sample)
    with _lock:
        _kept[sample.digest] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def _evaluate(sample: Sample) -> Evaluation:
    names = models_for(int(sample.left.sum()), len(sample.left))
    splits = tuple(sample.splits())
    usable = [(seen, unseen) for seen, unseen in splits if 0 < sample.left[seen].sum() < len(seen) and len(unseen)]
    # What the fits themselves have to learn from decides too: an early cut-off may know few who left.
    fewest = [(int(sample.left[seen].sum()), len(seen)) for seen, _unseen in usable]
    for events, n in fewest if sample.origins is not None else ():
        names = tuple(name for name in models_for(events, n) if name in names)
    tested = np.concatenate([unseen for _seen, unseen in usable])
    left = sample.left[tested]
    baseline = np.concatenate([np.full(len(unseen), sample.left[seen].mean()) for seen, unseen in usable])
    found = []
    for name in names:
        fits, chances = [], []
        for seen, unseen in usable:
            model = fitted(sample, name, seen)
            fits.append(model)
            chances.append(model.predict_proba(sample.values.iloc[unseen])[:, 1])
        chance = np.concatenate(chances)
        found.append(Fitted(name, chance, judged(left, chance, baseline), tuple(fits)))
    return Evaluation(sample, tested, tuple(usable), tuple(found))


def fitted(sample: Sample, name: ModelName, rows: NDArray[np.int64] | slice = slice(None)) -> Any:
    """The model fitted on these rows of the sample."""
    left = sample.left[rows]
    with careful():
        return pipeline(name, sample.features, int(left.sum())).fit(sample.values.iloc[rows], left)


def importances(evaluation: Evaluation, model: Fitted, features: Sequence[Feature]) -> dict[str, Floats]:
    """How much AUC each feature's values bring, by column: what is lost when they are shuffled, one number a split.

    Permutation importance (Breiman 2001) on customers the fit had not seen.
    """
    found: dict[str, list[float]] = {each.column: [] for each in features}
    random = np.random.default_rng(SEED)
    values, left = evaluation.sample.values, evaluation.sample.left
    for (_seen, unseen), fit in zip(evaluation.splits, model.fits, strict=True):
        looked_at = random.permutation(unseen)[:MANY]
        here, happened = values.iloc[looked_at], left[looked_at]
        whole = auc(happened, fit.predict_proba(here)[:, 1])
        # All shuffles of a split are predicted at once: most of the time a prediction takes is in its steps, not its rows.
        shuffles = 1 if len(here) >= MANY else SHUFFLES
        copies = [
            here.assign(**{column: here[column].to_numpy()[random.permutation(len(here))]})
            for column in found
            for _time in range(shuffles)
        ]
        with careful():
            chances = fit.predict_proba(pd.concat(copies, ignore_index=True))[:, 1].reshape(len(found), shuffles, -1)
        for place, column in enumerate(found):
            found[column].append(whole - float(np.mean([auc(happened, each) for each in chances[place]])))
    return {column: np.array(each) for column, each in found.items()}
