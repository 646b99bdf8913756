"""What hazards are made of: the features of a customer as numbers around those of the average customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

from analytics.churn.columns import Chosen, Feature, LeftOut, coded, numbers_in, values_of
from data.messages import N_

Floats = NDArray[np.float64]
LEAST_LEVEL = 30
LEAST_EVENTS = 5
FAR = 3.0  # standard deviations, beyond which a number says no more
GROWS_WITH_AGE = 0.6

CUMULATES = N_(
    "It grows with the time somebody has been a customer, so it follows from staying and does not foretell it."
)


@dataclass(frozen=True)
class Term:
    """One column of the design: a group's level, or a number in standard deviations from its middle."""

    place: int  # of the feature
    level: str | None  # None for a number
    middle: float = 0.0
    spread: float = 1.0


@dataclass(frozen=True)
class HazardDesign:
    """The columns of a fit, each less its mean over the customers it was made from: the average customer is 0 in all."""

    features: tuple[Feature, ...]
    terms: tuple[Term, ...]
    means: Floats
    left_out: tuple[LeftOut, ...] = ()

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Chosen, age: Floats, has_left: NDArray[np.bool_]) -> HazardDesign:
        """The terms of the columns that may foretell leaving: levels with 30 customers and 5 who left, the commonest is what
        they are told against; numbers that do not merely count the time somebody has been there."""
        terms: list[Term] = []
        kept: list[Feature] = []
        left_out = list(columns.left_out)
        for feature in columns.features:
            values = values_of(frame[feature.column], feature.kind)
            if feature.kind == "number":
                if _grows_with(values, age):
                    left_out.append(
                        LeftOut(feature.column, feature.name, CUMULATES, False, columns.alone[feature.column])
                    )
                    continue
                own = _number(len(kept), values)
            else:
                own = _levels(len(kept), values, has_left)
            if own:
                kept.append(feature)
                terms += own
        made = cls(tuple(kept), tuple(terms), np.zeros(len(terms)), tuple(left_out))
        means = made.matrix(frame).mean(axis=0) if terms and len(frame) else np.zeros(len(terms))
        return cls(made.features, made.terms, means, made.left_out)

    def matrix(self, frame: pd.DataFrame) -> Floats:
        """customers x terms."""
        found = np.zeros((len(frame), len(self.terms)))
        for place, feature in enumerate(self.features):
            mine = [at for at, term in enumerate(self.terms) if term.place == place]
            if feature.kind == "number":
                term, values = self.terms[mine[0]], numbers_in(frame[feature.column])
                scaled = ((values - term.middle) / term.spread).clip(-FAR, FAR).fillna(0.0)
                found[:, mine[0]] = scaled.to_numpy()
                continue
            codes, texts = coded(frame[feature.column])
            for at in mine:
                found[:, at] = np.array([text == self.terms[at].level for text in texts])[codes]
        return found - self.means

    def chunks(self, frame: pd.DataFrame, size: int = 100_000) -> Iterator[tuple[slice, Floats]]:
        """`matrix` in parts, as a million customers are too many at once."""
        for start in range(0, len(frame), size):
            rows = slice(start, min(start + size, len(frame)))
            yield rows, self.matrix(frame.iloc[rows])

    def by_feature(self, matrix: Floats, coefficients: Floats) -> Floats:
        """customers x features: what each feature adds to the log hazard against the average customer."""
        found = np.zeros((len(matrix), len(self.features)))
        for at, term in enumerate(self.terms):
            found[:, term.place] += matrix[:, at] * coefficients[at]
        return found


def _number(place: int, values: pd.Series) -> list[Term]:
    known = values.dropna()
    spread = float(known.std()) if len(known) > 1 else 0.0
    return [Term(place, None, float(known.median()), spread)] if spread > 0 else []


def _levels(place: int, values: pd.Series, has_left: NDArray[np.bool_]) -> list[Term]:
    counted = pd.DataFrame({"level": values.to_numpy(), "left": has_left}).groupby("level")["left"].agg(["size", "sum"])
    counted = counted.sort_values("size", ascending=False, kind="stable").iloc[1:]
    usable = counted[(counted["size"] >= LEAST_LEVEL) & (counted["sum"] >= LEAST_EVENTS)]
    return [Term(place, level) for level in usable.index]


def _grows_with(values: pd.Series, age: Floats) -> bool:
    known = values.notna().to_numpy() & np.isfinite(age)
    if known.sum() < LEAST_LEVEL or values[known].nunique() < 2 or np.ptp(age[known]) == 0:
        return False
    return abs(float(spearmanr(values[known], age[known]).statistic)) > GROWS_WITH_AGE
