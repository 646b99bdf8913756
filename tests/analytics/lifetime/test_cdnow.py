"""The published figures of CDNOW, and what reference libraries say of all of it."""

import pandas as pd
import pytest

from analytics.lifetime.dropout import BgNbd, MbgNbd
from analytics.lifetime.histories import Histories
from analytics.lifetime.pareto import ParetoNbd
from analytics.lifetime.spend import GammaGamma


@pytest.fixture(scope="module")
def sampled(datasets):
    return pd.read_csv(datasets / "cdnow" / "cdnow_customers_summary_with_transactions.csv")


@pytest.fixture(scope="module")
def early(datasets):
    """Everybody's history to the end of September 1997, and how many purchases came in the 39 weeks after it."""
    lines = pd.read_csv(datasets / "cdnow" / "CDNOW_master.txt", sep=r"\s+", dtype=str)
    day = pd.to_datetime(lines["date"], format="%Y%m%d")
    bought = pd.DataFrame({"customer": lines["customer_id"], "day": day}).drop_duplicates()
    end = pd.Timestamp("1997-09-30")
    ages = bought[bought["day"] <= end].groupby("customer")["day"].agg(["min", "max", "count"])
    weeks = [(each - ages["min"]).dt.days.to_numpy() / 7 for each in (ages["max"], pd.Series(end, ages.index))]
    return ages["count"].to_numpy() - 1.0, *weeks, int((bought["day"] > end).sum())


@pytest.mark.parametrize(
    ("model", "published", "log_likelihood"),
    [
        (BgNbd, [0.243, 4.414, 0.793, 2.426], -9582.4),
        (MbgNbd, [0.525, 6.183, 0.891, 1.614], None),
        (ParetoNbd, [0.553, 10.578, 0.606, 11.669], -9595.0),
    ],
)
def test_published_parameters(sampled, model, published, log_likelihood):
    found = model().fit(Histories.of(sampled["x"], sampled["t_x"], sampled["T"]))
    assert found.parameters_ == pytest.approx(published, rel=0.005)
    assert found.converged_ and not found.is_held_
    if log_likelihood:
        assert found.log_likelihood_ == pytest.approx(log_likelihood, abs=0.1)


def test_published_expectation(sampled):
    found = BgNbd().fit(Histories.of(sampled["x"], sampled["t_x"], sampled["T"]))
    assert found.expected([2], [30.43], [38.86], 39.0)[0] == pytest.approx(1.226, abs=0.0005)


def test_published_spend(sampled):
    found = GammaGamma().fit(sampled["x"], sampled["zbar"])
    assert found.parameters_ == pytest.approx([6.25, 3.74, 15.44], rel=0.005)


@pytest.mark.parametrize(("model", "forecast"), [(BgNbd, 16_869), (MbgNbd, 15_951), (ParetoNbd, 17_153)])
def test_forecasts_of_all_customers(early, model, forecast):
    x, t_x, T, came = early
    assert (len(x), came) == (23_570, 19_684)
    found = model().fit(Histories.of(x, t_x, T))
    assert found.expected(x, t_x, T, 39.0).sum() == pytest.approx(forecast, rel=0.01)
    assert all(low < value < high for value, (low, high) in zip(found.parameters_, found.intervals(), strict=True))
