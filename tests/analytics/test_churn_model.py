"""Churn models: the telecom customers, what is planted, shuffled labels, and what is refused in words."""

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from analytics.catalog import ANSWERS, METRICS
from analytics.churn.churn_model import NO_SKILL, TOO_FEW, churn_calibration, churn_drivers, churn_leaks, churn_model
from analytics.churn.columns import AS_OF_NOW, chosen, design
from analytics.churn.customer_survival import customer_survival
from analytics.churn.evaluation import Sample, evaluate
from analytics.churn.hazard_ratios import hazard_ratios
from analytics.churn.samples import cut_offs
from analytics.fields import find
from analytics.filters import ENDLESS, Filters
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from data.schema import Header
from tests.analytics.leaving import END, PLAN, a_thousand, buyers, dated, told

EVER = Filters(ENDLESS)


def ask(metric, engine, filters=EVER, **options):
    return rows(metric(engine.tables, filters, **options).answer(engine.run))


@pytest.fixture(scope="module")
def telecom(datasets):
    frame = pd.read_csv(datasets / "telco_churn" / "Telco-Customer-Churn.csv", dtype=str)
    left = (frame.pop("Churn") == "Yes").to_numpy()
    return frame, left


def sample(frame, left):
    columns = chosen(frame, {name: name for name in frame.columns}, left)
    return Sample(design(frame, columns.features), left, columns.features), columns


def test_telecom_customers(telecom):
    learnt, columns = sample(*telecom)
    # Its own columns are honest, and the customers' numbers tell of nothing; blanks of TotalCharges do not make it text.
    assert [(each.name, each.is_leak) for each in columns.left_out] == [("customerID", False)]
    assert {each.name: each.kind for each in columns.features}["TotalCharges"] == "number"
    found = evaluate(learnt)
    assert {model.name for model in found.models} == {"logistic_regression", "gradient_boosting"}
    for model in found.models:
        assert model.judged.n == 7043 and model.judged.events == 1869
        assert model.judged.auc >= 0.844
        assert model.judged.calibration_error <= 0.02
        assert model.judged.has_skill and model.judged.brier < 0.14
    assert found.chosen is found.best


def test_telecom_customers_shuffled(telecom):
    frame, left = telecom
    found = evaluate(sample(frame, np.random.default_rng(7).permutation(left))[0])
    for model in found.models:
        assert 0.45 <= model.judged.auc <= 0.55
        assert not model.judged.has_skill
    assert found.chosen is None


def test_what_is_planted_is_found():
    models = {row["model"]: row for row in ask(churn_model, a_thousand())}
    assert all(row["has_skill"] and row["auc"] > 0.7 and row["calibration_error"] < 0.08 for row in models.values())
    assert [row["chosen"] for row in models.values()].count(True) == 1
    assert {row["validation"] for row in models.values()} == {"cross_validation"}
    drivers = {row["field"]: row for row in ask(churn_drivers, a_thousand())}
    plan, colour = drivers["Plan"], drivers["Colour"]
    assert plan["is_real"] and (plan["level_high"], plan["level_low"]) == ("basic", "pro")
    assert plan["chance_level_high"] > 2 * plan["chance_level_low"]
    assert plan["importance"] > 5 * abs(colour["importance"]) and not colour["is_real"]


def test_calibration_holds_everybody_and_comes_true():
    found = ask(churn_calibration, a_thousand())
    for cut in ("width", "tenth"):
        parts = [row for row in found if row["cut"] == cut]
        assert (sum(row["n"] for row in parts), sum(row["events"] for row in parts)) == (1000, ask(churn_model, a_thousand())[0]["events"])  # fmt: skip
    big = [row for row in found if row["cut"] == "width" and row["n"] >= 100]
    assert (
        sum(row["share_left_low"] <= row["chance_predicted"] <= row["share_left_high"] for row in big) >= len(big) - 1
    )
    tenths = [row for row in found if row["cut"] == "tenth"]
    assert tenths[-1]["events_share"] == 1 and tenths[0]["lift"] > 1.5


def test_the_same_data_give_the_same_numbers():
    one = ask(churn_model, a_thousand())
    evaluate.__globals__["_kept"].clear()
    assert ask(churn_model, a_thousand()) == one


def test_no_skill_is_said_and_not_used():
    for row in ask(churn_model, a_thousand(seed=11, shuffled=True)):
        if not row["has_skill"]:
            assert row["reason"] == NO_SKILL and not row["chosen"]
    lengths = np.random.default_rng(1)
    noise = told(*((str(n), 5.0, bool(lengths.uniform() < 0.3), lengths.choice(["a", "b"])) for n in range(400)), headers=(PLAN,))  # fmt: skip
    assert [row["has_skill"] for row in ask(churn_model, noise)] == [False, False]


def test_a_leak_is_left_out_and_named():
    random = np.random.default_rng(9)
    left = random.uniform(size=300) < 0.3
    headers = (PLAN, Header("customers", "attr_5", "State", True), Header("customers", "attr_6", "Cancelled on", True))
    engine = told(
        *((str(n), float(random.integers(1, 40)), bool(gone), random.choice(["a", "b"]), "gone" if gone else "there", "2025-01-01" if gone else None) for n, gone in enumerate(left)),
        headers=headers,
    )  # fmt: skip
    found = {row["field"]: row for row in ask(churn_leaks, engine)}
    assert [name for name, row in found.items() if row["is_leak"]] == ["Cancelled on", "State"]
    assert found["State"]["auc_alone"] > 0.97 and not found["Plan"]["is_leak"]
    models = ask(churn_model, engine)
    assert models[0]["leaks"] == 2 and models[0]["auc"] < 0.65


def test_few_who_left_mean_few_features_and_no_boosting():
    random = np.random.default_rng(4)
    rows_ = [(str(n), float(random.integers(1, 40)), n % 6 == 0, "ab"[(n % 6 == 0) ^ (n % 5 == 0)]) for n in range(300)]
    (row,) = ask(churn_model, told(*rows_, headers=(PLAN,)))
    assert (row["model"], row["events"], row["reason"]) == ("logistic_regression", 50, TOO_FEW)


@pytest.mark.parametrize(
    ("left", "sentence"),
    [
        ([True] * 60, "All 60 customers have left"),
        ([False] * 60, "None of the 60 customers has left"),
        ([True] * 12 + [False] * 60, "Only 12 customers are known to have left"),
        ([True] * 60 + [False] * 12, "Only 12 customers are known to have stayed"),
    ],
)
def test_refusals_in_words(left, sentence):
    engine = told(*((str(n), float(n % 20), gone, "ab"[n % 2]) for n, gone in enumerate(left)), headers=(PLAN,))
    with pytest.raises(RequestProblem, match=sentence):
        ask(churn_model, engine)


def test_contradictory_flags_are_counted_and_left_out():
    engine = a_thousand()
    customers = engine.run(engine.tables.customers)
    twice = pd.concat([customers, customers.head(7).assign(is_churned=~customers["is_churned"].head(7).astype(bool))])
    row = ask(churn_model, Engine.in_memory({"customers": twice}, engine.headers))[0]
    assert (row["n"], row["left_out_contradictory"]) == (993, 7)


def test_contracts_are_learnt_from_days_in_the_past():
    models = ask(churn_model, dated(), Filters(END))
    assert {(row["validation"], row["horizon_months"], row["basis"]) for row in models} == {
        ("rolling_origin", 12, "subscriptions")
    }
    assert all(row["has_skill"] and row["auc"] > 0.6 for row in models)
    found = ask(churn_drivers, dated(), Filters(END))
    assert found[0]["field"] == "Plan" and found[0]["is_real"]


def test_what_happens_after_a_day_is_not_known_at_it():
    """Ends of contracts lie in the file; a model that saw them would be perfect."""
    found = {row["field"]: row["auc_alone"] for row in ask(churn_leaks, dated(), Filters(END))}
    assert max(value for value in found.values() if value is not None) < 0.8
    # Without the plan nothing tells who leaves.
    engine = dated()
    bare = Engine.in_memory({"subscriptions": engine.run(engine.tables.subscriptions)})
    assert all(row["auc"] < 0.62 for row in ask(churn_model, bare, Filters(END)))


def test_buyers_are_learnt_from_days_in_the_past():
    models = ask(churn_model, buyers(), Filters(END))
    assert all(row["has_skill"] and row["basis"] == "orders" for row in models)
    assert {row["horizon_months"] for row in ask(churn_model, buyers(), Filters(END), horizon=6)} == {6}


def test_what_the_file_says_of_today_was_not_known_on_days_in_the_past():
    """How many orders there are by now tells who ordered after a day; so does a status of today. A region does not change."""
    engine = buyers()
    orders = engine.run(engine.tables.orders)
    n = orders.groupby("customer_id").size()
    is_there = orders.groupby("customer_id")["ordered_at"].max() > pd.Timestamp(END) - pd.Timedelta(days=90)
    customers = pd.DataFrame({
        "customer_id": n.index, "employees": np.arange(len(n)) % 40, "attr_1": n.astype(str).to_numpy(),
        "attr_2": np.where(is_there, "busy", "quiet"), "attr_3": np.array(["north", "south", "west"])[np.arange(len(n)) % 3],
        "attr_4": (n > 20).astype(int).astype(str).to_numpy(),
    })  # fmt: skip
    names = ("Orders to date", "Account status", "Area", "Large")
    headers = tuple(Header("customers", f"attr_{place}", name, True) for place, name in enumerate(names, 1))
    told_today = Engine.in_memory({"orders": orders, "customers": customers}, headers)
    found = {row["field"]: row for row in ask(churn_leaks, told_today, Filters(END))}
    for name in ("Orders to date", "Account status", "Large"):
        assert found[name]["is_leak"] and found[name]["reason"] == AS_OF_NOW, name
    assert not found["Area"]["is_leak"] and not found["employees"]["is_leak"] and not found["purchases"]["is_leak"]


def test_a_short_history_is_refused():
    engine = buyers()
    with pytest.raises(RequestProblem, match="too short to test a forecast"):
        ask(churn_model, engine, Filters(date(2022, 12, 1)))


def test_cut_offs_leave_time_before_and_after():
    days = cut_offs(date(2022, 1, 1), date(2026, 1, 31), 12)
    assert days == (date(2022, 12, 31), date(2023, 12, 31), date(2024, 12, 31))
    for before, after in pairwise(days):
        assert 365 <= (after - before).days <= 366
    assert (date(2026, 1, 31) - days[-1]).days > 365 + 30
    assert (days[0] - date(2022, 1, 1)).days >= 182
    assert cut_offs(date(2025, 6, 1), date(2026, 1, 31), 12) == ()


@pytest.mark.parametrize(
    "name", ["survival", "hazard_ratios", "churn_model", "churn_leaks", "churn_calibration", "churn_drivers"]
)
def test_every_column_is_explained(name):
    metrics = {
        "survival": lambda tables, filters: customer_survival(tables, filters, find("Colour", tables, "customers")),
        "hazard_ratios": lambda tables, filters: hazard_ratios(tables, filters, (find("Plan", tables, "customers"),)),
        "churn_model": churn_model, "churn_leaks": churn_leaks, "churn_calibration": churn_calibration,
        "churn_drivers": churn_drivers,
    }  # fmt: skip
    engine = a_thousand()
    found = metrics[name](engine.tables, EVER).answer(engine.run)
    assert [column for column in found.columns if column != "Colour"] == list(ANSWERS[name].columns)
    assert all(METRICS[column].meaning for column in ANSWERS[name].columns)
