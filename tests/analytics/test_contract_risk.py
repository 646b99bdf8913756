"""The chance to leave by contract: planted hazards, what comes true, what lies beyond the data, and why."""

import time
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analytics.churn.baseline import Baseline
from analytics.churn.contract_risk import fit_contract_risk
from analytics.churn.hazards import ContractRisk
from analytics.customers.basis import Source
from analytics.customers.contracts import contracts, late_renewals, renewing
from analytics.filters import ENDLESS, Filters
from analytics.survival import kaplan_meier
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.leaving import END, a_thousand, dated

NAMES = {"plan": "Plan", "colour": "Colour", "spent": "Spent in all"}
HAZARD = {"basic": 0.06, "pro": 0.01}


def customers(size=3000, seed=1, *, shuffled=False):
    random = np.random.default_rng(seed)
    plan = random.choice(list(HAZARD), size)
    length = np.ceil(random.exponential(1 / np.where(plan == "basic", 0.06, 0.01)))
    followed = random.integers(1, 61, size)
    left, age = length <= followed, np.minimum(length, followed).astype(float)
    return pd.DataFrame({
        "customer_id": [f"{n:05d}" for n in range(size)], "age_months": age, "has_left": left, "monthly_revenue": 10.0,
        "plan": random.permutation(plan) if shuffled else plan, "colour": random.choice(["red", "blue"], size), "spent": age * 10 + random.uniform(0, 9, size),
    })  # fmt: skip


@pytest.fixture(scope="module")
def frame():
    return customers()


@pytest.fixture(scope="module")
def model(frame):
    return ContractRisk(names=NAMES).fit(frame)


def test_the_planted_chance_to_stay_comes_out(model):
    assert model.model_ == "cox"
    for plan, hazard in HAZARD.items():
        at = pd.DataFrame({"age_months": [6.0, 24.0], "plan": plan, "colour": "red", "spent": 100.0})
        staying = model.staying(at, 12)
        assert staying.shape == (2, 12) and (np.diff(staying, axis=1) <= 0).all()
        assert staying[:, -1] == pytest.approx(np.exp(-12 * hazard), abs=0.06)
        low, high = model.risk_interval(at, 12, 0.8)
        assert (low < 1 - staying[:, -1]).all() and (1 - staying[:, -1] < high).all() and (high - low < 0.2).all()


def test_what_only_counts_the_months_foretells_nothing(model):
    assert [feature.name for feature in model.design_.features] == ["Plan", "Colour"]
    assert model.report_["left_out"][0]["field"] == "Spent in all"


def test_leaving_comes_as_predicted_on_customers_not_seen(model):
    report = model.report_
    assert report["misses"] is False
    assert report["predicted"] == pytest.approx(report["observed"], rel=0.1)
    fifths = [row for row in report["calibration"] if row["fifth"]]
    assert len(fifths) == 10 or len(fifths) == 15
    inside = sum(row["low"] - 0.01 <= row["predicted"] <= row["high"] + 0.01 for row in fifths)
    assert inside >= 0.8 * len(fifths)


def test_reasons_are_what_raises_the_risk(model, frame):
    found = model.reasons(frame).set_index("customer_id")
    basic = frame[frame["plan"] == "basic"]["customer_id"]
    first = found[(found["field"] == "Plan")]
    assert set(first.index) == set(basic) and set(first["value"]) == {"basic"} and set(first["place"]) == {1}
    assert (first["hazard_ratio"] > 1.5).all()


def test_without_skill_all_of_an_age_have_the_risk_of_the_curve():
    frame = customers(seed=2, shuffled=True)
    model = ContractRisk(names=NAMES).fit(frame)
    assert model.model_ == "kaplan_meier" and "does not tell who leaves" in str(model.reason_)
    assert model.reasons(frame).empty
    months = np.unique(frame["age_months"])
    counts = [
        [((frame["age_months"] == m) & (frame["has_left"] == gone)).sum() for m in months] for gone in (True, False)
    ]
    curve = kaplan_meier(months, *counts)
    at = pd.DataFrame({"age_months": [0.0, 10.0]})
    expected = [curve.at(12), curve.at(22) / curve.at(10)]
    assert model.staying(at, 12)[:, -1] == pytest.approx(expected, abs=1e-9)


def test_beyond_what_is_known_the_risk_goes_on(model):
    old = pd.DataFrame({"age_months": [59.0, 200.0], "plan": "basic", "colour": "red", "spent": 1.0})
    staying = model.staying(old, 12)
    assert (staying[:, -1] < staying[:, 0]).all() and (staying > 0).all()
    assert staying[1, -1] == pytest.approx(np.exp(-12 * 0.06), abs=0.25)
    assert model.baselines_[0].credible <= 60 and "goes on" in str(model.report_["tail_reason"])


def test_few_who_left_give_one_rate():
    frame = customers(400, seed=3).assign(has_left=lambda each: np.arange(400) < 8)
    model = ContractRisk(names=NAMES).fit(frame)
    rate = 8 / frame["age_months"].clip(lower=0.5).sum()
    at = pd.DataFrame({"age_months": [1.0, 50.0]})
    assert model.model_ == "constant"
    assert model.staying(at, 12)[:, -1] == pytest.approx(np.exp(-12 * rate), rel=0.02)
    low, high = model.risk_interval(at, 12, 0.8)
    assert (low < 1 - np.exp(-12 * rate)).all() and (high > 1 - np.exp(-12 * rate)).all()
    nobody = ContractRisk(names=NAMES).fit(frame.assign(has_left=False))
    assert 0 < 1 - nobody.staying(at, 12)[0, -1] < 0.01


def test_nobody_s_age_is_known():
    with pytest.raises(RequestProblem, match="how long it has been there"):
        ContractRisk().fit(customers(50).assign(age_months=np.nan))


def test_the_baseline_by_hand():
    # Months 1, 1, 2 of those who left, 2 and 3 still there; made so often that each month is believed.
    age, left = np.tile([1.0, 1.0, 2.0, 2.0, 3.0], 40), np.tile([True, True, True, False, False], 40)
    found = Baseline.of(age, left)
    assert np.exp(-found.cumulative(np.array([0.0, 1.0, 2.0, 3.0]))) == pytest.approx([1, 0.6, 0.4, 0.4])
    assert found.cumulative(np.array([1.5])) == pytest.approx(np.mean(found.cumulative(np.array([1.0, 2.0]))))


def test_a_million_customers_are_scored_in_seconds(model):
    big = pd.concat([customers(10_000, seed=6)] * 20, ignore_index=True)
    start = time.process_time()
    staying = model.staying(big, 12)
    assert staying.shape == (200_000, 12)
    assert time.process_time() - start < 4


def test_on_a_workspace_by_the_file_s_own_columns():
    engine = a_thousand()
    source = Source("tenure", customers=1000)
    known = engine.run(contracts(engine.tables, Filters(ENDLESS), source))
    risks = fit_contract_risk(engine, engine.tables, Filters(ENDLESS), source, known)
    there = known[~known["has_left"]].iloc[::-1]
    customers_ = engine.run(engine.tables.customers).set_index("customer_id")
    risk = 1 - risks.staying(there, 12)[:, -1]
    plan = customers_.loc[there["customer_id"], "attr_1"].to_numpy()
    assert risk[plan == "basic"].mean() > 3 * risk[plan == "pro"].mean()
    assert set(risks.reasons(there)["customer_id"]) <= set(there["customer_id"])
    with pytest.raises(KeyError):
        risks.staying(pd.DataFrame({"customer_id": ["nobody"]}), 12)


def test_dated_contracts_are_tested_on_the_last_year():
    engine = dated()
    source, filters = Source("subscriptions", customers=900), Filters(END)
    known = engine.run(contracts(engine.tables, filters, source))
    report = fit_contract_risk(engine, engine.tables, filters, source, known).report
    tenths = report["back_test"]
    there = known[~known["has_left"]]
    assert len(tenths) == 10 and sum(row["n"] for row in tenths) > len(there) / 2
    said, came = (sum(row["n"] * row[name] for row in tenths) for name in ("predicted", "observed"))
    assert said == pytest.approx(came, rel=0.25)
    assert tenths[0]["observed"] > tenths[-1]["observed"]


def test_it_is_the_same_every_time(frame, model):
    again = ContractRisk(names=NAMES).fit(frame)
    assert np.array_equal(again.staying(frame.head(50), 12), model.staying(frame.head(50), 12))


def test_an_early_day_knows_only_what_was_then():
    engine = dated()
    source = Source("subscriptions", customers=900)
    then = engine.run(contracts(engine.tables, Filters(date(2023, 6, 30)), source))
    assert then["tenure_months"].max() < 19 and then["has_left"].sum() < 400


def test_a_ratio_that_changes_with_age_does_not_spoil_the_risk_of_the_old():
    """Contracts of four years end after 48 months, when half of them leave; who pays by the month leaves at 2% all the time."""
    random = np.random.default_rng(5)
    plan = random.choice(["monthly", "long"], 4000, p=[0.4, 0.6])
    long = np.where(random.uniform(size=4000) < 0.5, 49, 400)
    length = np.where(plan == "monthly", np.ceil(random.exponential(50, 4000)), long)
    followed = random.integers(1, 73, 4000)
    frame = pd.DataFrame({
        "customer_id": [str(n) for n in range(4000)], "age_months": np.minimum(length, followed).astype(float),
        "has_left": length <= followed, "monthly_revenue": 1.0, "plan": plan,
    })  # fmt: skip
    model = ContractRisk(names={"plan": "Plan"}).fit(frame)
    assert model.own_curves_ is not None and set(model.own_curves_.levels) == {"monthly", "long"}
    old = pd.DataFrame({"age_months": [45.0, 55.0, 45.0, 55.0], "plan": ["monthly", "monthly", "long", "long"]})
    risk = 1 - model.staying(old, 12)[:, -1]
    assert risk == pytest.approx([1 - np.exp(-12 / 50)] * 2 + [0.5, 0.0], abs=0.08)


def test_who_signs_again_late_tells_of_those_whose_contract_has_just_ended():
    """One of four contracts that ended was signed again 16 days later (15 days without one), one at once, one after the 30 days, one never."""
    days = [
        ("late", "2025-01-01", "2025-03-31"), ("late", "2025-04-16", None),
        ("at once", "2025-01-01", "2025-03-31"), ("at once", "2025-04-01", None),
        ("too late", "2025-01-01", "2025-03-31"), ("too late", "2025-06-01", None),
        ("never", "2025-01-01", "2025-03-31"),
        ("runs beside", "2025-01-01", "2025-03-31"), ("runs beside", "2025-02-01", None),
        ("ended of late", "2025-01-01", "2025-12-15"),
    ]  # fmt: skip
    table = pd.DataFrame([
        {"subscription_id": str(place), "customer_id": who, "started_on": date.fromisoformat(first), "ended_on": date.fromisoformat(last) if last else None}
        for place, (who, first, last) in enumerate(days)
    ])  # fmt: skip
    engine = Engine.in_memory({"subscriptions": table})
    row = engine.run(late_renewals(engine.tables, Filters(date(2025, 12, 31)))).iloc[0]
    assert row.to_dict() == {"renewed": 1, "renewed_days": 15, "not_renewed": 2}
    assert renewing(row) == pytest.approx((0.5 + 0.5) / (0.5 + 2 + 1))
    assert renewing({"renewed_days": 0, "not_renewed": 0}) == 0.5
