import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from analytics.intervals import wilson
from analytics.survival import Lengths, aalen_johansen, kaplan_meier, log_rank, weighted_quantile


def counted(durations, causes, kinds=2):
    """Counts of durations from single cases; cause 0 is censored."""
    at = np.unique(durations)
    events = [[np.sum((durations == time) & (causes == kind)) for kind in range(1, kinds + 1)] for time in at]
    censored = [np.sum((durations == time) & (causes == 0)) for time in at]
    return at, np.array(events, dtype=float), np.array(censored, dtype=float)


@pytest.fixture
def cases():
    random = np.random.default_rng(11)
    ends = random.exponential(10, 300)
    seen_until = random.uniform(0, 30, 300)
    causes = np.where(ends <= seen_until, random.choice([1, 2], 300, p=[0.6, 0.4]), 0)
    return np.minimum(ends, seen_until), causes


def test_by_hand():
    # Ten deals. Day 1: 2 advance, 1 is lost. Day 2: 1 is only seen so far. Day 3: 3 of 6 advance. Day 4: 3 are lost.
    risks = aalen_johansen([1, 2, 3, 4], [[2, 1], [0, 0], [3, 0], [0, 3]], [0, 1, 0, 0])
    assert risks.at_risk.tolist() == [10, 7, 6, 3]
    assert risks.survival.tolist() == pytest.approx([0.7, 0.7, 0.35, 0])
    assert risks.incidence[:, 0].tolist() == pytest.approx([0.2, 0.2, 0.55, 0.55])
    assert risks.incidence[:, 1].tolist() == pytest.approx([0.1, 0.1, 0.1, 0.45])
    assert risks.incidence_at(0.5, 0) == 0
    assert risks.incidence_at(3.5, 0) == pytest.approx(0.55)


def test_against_lifelines(cases):
    from lifelines import AalenJohansenFitter, KaplanMeierFitter

    durations, causes = cases
    at, events, censored = counted(durations, causes)
    risks = aalen_johansen(at, events, censored)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its last step divides by zero
        reference = AalenJohansenFitter().fit(durations, causes, event_of_interest=1)
    for time in (1.0, 5.0, 12.0, 20.0):
        expected = reference.cumulative_density_["CIF_1"].loc[:time].iloc[-1]
        assert risks.incidence_at(time, 0) == pytest.approx(expected)
        assert risks.variance_at(time, 0) == pytest.approx(reference.variance_.loc[:time].iloc[-1])
    survival = kaplan_meier(at, events.sum(axis=1), censored)
    fitted = KaplanMeierFitter().fit(durations, causes > 0)
    for time in (1.0, 5.0, 12.0, 20.0):
        assert survival.at(time) == pytest.approx(fitted.predict(time))
        assert risks.survival[np.searchsorted(at, time, side="right") - 1] == pytest.approx(fitted.predict(time))
    assert survival.quantile(0.5) == pytest.approx(fitted.median_survival_time_)
    low, high = survival.interval(5.0)
    greenwood = fitted.survival_function_at_times(5.0).iloc[0]
    assert low is not None and high is not None and low < greenwood < high


def test_log_rank_against_lifelines(cases):
    from lifelines.statistics import logrank_test

    durations, causes = np.round(cases[0]), cases[1]
    group = np.arange(len(durations)) % 2 == 0
    durations = np.where(group, durations, np.round(durations * 1.3))
    at = np.unique(durations)
    events = np.array([[np.sum((durations == t) & (causes > 0) & side) for side in (group, ~group)] for t in at])
    censored = np.array([[np.sum((durations == t) & (causes == 0) & side) for side in (group, ~group)] for t in at])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls pandas the old way
        expected = logrank_test(durations[group], durations[~group], causes[group] > 0, causes[~group] > 0).p_value
    assert log_rank(events, censored) == pytest.approx(expected)


@given(arrays.arrays(int, st.tuples(st.integers(1, 12), st.just(3)), elements=st.integers(0, 6)))
def test_nobody_is_lost_from_the_count(counts):
    counts = counts[counts.any(axis=1)]
    risks = aalen_johansen(np.arange(len(counts)), counts[:, :2], counts[:, 2])
    assert (risks.incidence.sum(axis=1) + risks.survival).tolist() == pytest.approx([1] * len(counts))
    for time in range(len(counts)):
        assert risks.variance_at(time, 0) >= -1e-12
        assert 0 < risks.effective_n(time, 0) <= risks.n
        low, high = risks.interval(time, 0)
        assert low is not None and high is not None
        assert 0 <= low <= risks.incidence_at(time, 0) + 1e-9 <= high + 2e-9


@given(arrays.arrays(int, st.tuples(st.integers(1, 12), st.just(2)), elements=st.integers(0, 6)))
def test_where_all_has_ended_it_is_the_plain_share(counts):
    counts = counts[counts.any(axis=1)]
    if not len(counts):
        return
    risks = aalen_johansen(np.arange(len(counts)), counts, np.zeros(len(counts)))
    n, advanced = counts.sum(), counts[:, 0].sum()
    horizon = risks.horizon()
    assert horizon == len(counts) - 1
    assert risks.incidence_at(horizon, 0) == pytest.approx(advanced / n)
    assert risks.variance_at(horizon, 0) == pytest.approx(advanced * (n - advanced) / n**3, abs=1e-12)
    assert risks.interval(horizon, 0) == pytest.approx(wilson(advanced / n, n), abs=1e-9)


def test_the_tail_of_few_is_not_told():
    # 100 deals: half were last seen on day 1, one ends on each later day.
    days = np.arange(1, 52)
    ended = np.array([[0.0]] + [[1.0]] * 50)
    seen = np.array([60.0] + [0.0] * 50)
    risks = aalen_johansen(days, ended, seen)
    assert risks.horizon() == 42  # ten are still at risk on day 42, nine on day 43
    assert aalen_johansen([], np.empty((0, 2)), []).horizon() is None


def test_lengths_by_hand():
    frame = pd.DataFrame({"hours": [24, 0, 24, 48], "fate": ["a", "a", "b", "c"], "n": [1, 2, 3, 4]})
    lengths = Lengths.of(frame, "fate", ("a", "b", "c"))
    assert lengths.hours.tolist() == [0, 24, 48]
    assert lengths.counts.tolist() == [[2, 0, 0], [1, 3, 0], [0, 0, 4]]
    rest = lengths.without(Lengths.of(frame[:2], "fate", ("a", "b", "c")))
    assert rest.hours.tolist() == [24, 48]
    assert rest.counts.tolist() == [[0, 3, 0], [0, 0, 4]]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.floats(0, 1))
def test_quantiles_of_counts_are_those_of_the_values(values, share):
    at, counts = np.unique(values, return_counts=True)
    found = weighted_quantile(at.astype(float), counts.astype(float), share)
    assert found == pytest.approx(np.quantile(values, share), abs=1e-9)


def test_telecom_customers(datasets):
    """How long customers stay, to four digits as the reference libraries have it."""
    customers = pd.read_csv(datasets / "telco_churn" / "Telco-Customer-Churn.csv")
    months = np.unique(customers["tenure"])
    left = customers[customers["Churn"] == "Yes"].groupby("tenure").size().reindex(months, fill_value=0)
    staying = customers[customers["Churn"] == "No"].groupby("tenure").size().reindex(months, fill_value=0)
    lasting = kaplan_meier(months, left, staying)
    published = {12: 0.8432, 24: 0.7887, 36: 0.7485, 48: 0.7088, 60: 0.6644, 72: 0.5928}
    assert {month: round(lasting.at(month), 4) for month in published} == published
    assert lasting.time_of(0.5).days is None

    fickle = customers[(customers["Contract"] == "Month-to-month") & (customers["InternetService"] != "No")]
    assert len(fickle) == 3351
    months = np.unique(fickle["tenure"])
    left, staying = (
        fickle[fickle["Churn"] == churned].groupby("tenure").size().reindex(months, fill_value=0)
        for churned in ("Yes", "No")
    )
    assert kaplan_meier(months, left, staying).time_of(0.5).days == 34
