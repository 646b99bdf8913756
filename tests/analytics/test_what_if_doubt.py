"""What the error of back-tests adds to the bands, and what a pipeline alone is told to win."""

from dataclasses import dataclass

import numpy as np
import pytest

from analytics.what_if.doubt import pipeline_won, widening
from analytics.what_if.scenario import Scenario
from tests.analytics.what_if_bases import base, cells

YEAR = Scenario("", horizon_months=12, draws=1000, counts_new=False)


def told(**other):
    return base(cells({"customers": 1000.0, "spend": 10.0, "hazard": 0.01}, months=12, levers=0), **other)


def test_without_an_error_both_bands_are_the_same():
    models, with_error = widening(told(error=0.0), YEAR).to_dict("records")
    assert models["revenue"] == with_error["revenue"]
    assert (models["revenue_p10"], models["revenue_p90"]) == (with_error["revenue_p10"], with_error["revenue_p90"])


def test_an_error_widens_the_band_by_its_own_quantiles():
    models, with_error = widening(told(error=0.2), YEAR).to_dict("records")
    # 1000 customers of 10 a month, of whom a hundredth leaves each month, come to about 112,500 in a year.
    assert models["revenue"] == pytest.approx(112_500, rel=0.02)
    assert with_error["revenue"] == pytest.approx(models["revenue"], rel=0.02)
    assert with_error["revenue_p90"] / with_error["revenue"] == pytest.approx(np.exp(0.2 * 1.2816), rel=0.03)
    assert models["revenue_p90"] - models["revenue_p10"] < with_error["revenue_p90"] - with_error["revenue_p10"]


@dataclass(frozen=True)
class Steady:
    """A pipeline of which 1, 2, ... 100 deals of 10 each are won a month."""

    draws: int = 100
    size: float = 10.0
    deals_open: int = 7
    deals_seen: int = 90

    def won(self, amounts, strength):
        assert not amounts.any() and not strength.any()
        deals = np.repeat(np.arange(1.0, 101.0)[:, None], strength.shape[1], axis=1)
        return 10 * deals, deals


def test_a_pipeline_is_told_by_its_own_draws():
    assert pipeline_won(told(), YEAR).empty
    (row,) = pipeline_won(told(pipeline=Steady()), YEAR).to_dict("records")
    assert (row["won"], row["deals"]) == (10 * 12 * 50.5, 12 * 50.5)
    assert row["won_p10"] < row["won"] < row["won_p90"] and (row["deals_open"], row["months"]) == (7, 12)
