"""Hazard ratios: what is planted, lifelines itself, the published figure, and refusals in words."""

import warnings
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analytics.churn import cox
from analytics.churn.cox import fit_cox
from analytics.churn.hazard_ratios import CHANGES, FEW, FEW_EVENTS, hazard_ratios
from analytics.fields import find
from analytics.filters import ENDLESS, Choice, Filters
from analytics.rows import rows
from data.errors import RequestProblem
from data.schema import Header
from data.store import Workspace
from tests.analytics.leaving import COLOUR, END, PLAN, a_thousand, dated, told
from tests.data.kit import load

EVER = Filters(ENDLESS)


def ask(engine, *on, filters=EVER):
    fields = tuple(find(name, engine.tables, "customers") for name in on)
    found = rows(hazard_ratios(engine.tables, filters, fields).answer(engine.run))
    return {(row["field"], row["level"]): row for row in found}


def test_what_is_planted_is_found_and_what_is_not_is_not():
    found = ask(a_thousand(), "Plan", "Colour")
    plans = [found["Plan", level] for level in ("basic", "pro")]
    reference, other = sorted(plans, key=lambda row: row["hazard_ratio"] != 1)
    assert reference["reference_level"] == other["reference_level"] == reference["level"]
    truth = np.log(0.99) / np.log(0.94) if other["level"] == "pro" else np.log(0.94) / np.log(0.99)
    assert other["low"] < truth < other["high"] and other["q_value"] < 1e-6
    assert other["is_proportional"]
    colours = [row for (field, _level), row in found.items() if field == "Colour" and row["p_value"] is not None]
    assert len(colours) == 2 and all(row["low"] < 1 < row["high"] for row in colours)
    assert {row["tests"] for row in found.values()} == {3}
    assert sum(row["n"] for (field, _level), row in found.items() if field == "Colour") == 1000


def test_the_numbers_are_those_of_lifelines():
    from lifelines import CoxPHFitter

    engine = a_thousand()
    found = ask(engine, "Plan", "Colour")
    customers = engine.run(engine.tables.customers)
    used = [(field, level) for (field, level), row in found.items() if row["p_value"] is not None]
    column = {"Plan": "attr_1", "Colour": "attr_2"}
    data = pd.DataFrame({str(key): (customers[column[key[0]]] == key[1]).astype(float) for key in used})
    data = data.assign(T=customers["tenure_months"], E=customers["is_churned"].astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = CoxPHFitter().fit(data, "T", "E").summary
    for key in used:
        for name, theirs in (("hazard_ratio", "exp(coef)"), ("low", "exp(coef) lower 95%"), ("p_value", "p")):
            assert found[key][name] == pytest.approx(fitted.loc[str(key), theirs], rel=1e-4), (key, name)


def test_grouped_rows_say_nearly_the_same_as_single_ones(monkeypatch):
    single = ask(a_thousand(), "Plan")
    monkeypatch.setattr(cox, "MOST_SINGLE", 0)
    grouped = ask(a_thousand(), "Plan")
    for key, row in single.items():
        assert grouped[key]["hazard_ratio"] == pytest.approx(row["hazard_ratio"], rel=0.03)


def test_shuffled_flags_have_no_ratio():
    found = ask(a_thousand(shuffled=True), "Plan")
    (tested,) = [row for row in found.values() if row["p_value"] is not None]
    assert tested["low"] < 1 < tested["high"]


def test_contracts():
    found = ask(dated(), "Plan", filters=Filters(END))
    (tested,) = [row for row in found.values() if row["p_value"] is not None]
    ratio = tested["hazard_ratio"] if tested["level"] == "basic" else 1 / tested["hazard_ratio"]
    assert 3.5 < ratio < 7 and not tested["is_inferred"]


def test_a_ratio_that_changes_with_age_says_so():
    """One group leaves early and then hardly, the other hardly early and then fast."""
    random = np.random.default_rng(2)
    early = np.where(random.uniform(size=600) < 0.5, random.uniform(0, 5, 600), random.uniform(40, 50, 600)).round()
    late = random.uniform(15, 30, 600).round()
    groups = ["early"] * 600 + ["late"] * 601
    engine = told(*((str(n), length, True, group) for n, (length, group) in enumerate(zip([*early, *late, 20.0], groups, strict=True))), headers=(PLAN,))  # fmt: skip
    (tested,) = [row for row in ask(engine, "Plan").values() if row["p_value"] is not None]
    assert tested["is_proportional"] is False and tested["reason"] == CHANGES


def test_levels_too_small_to_compare_say_so():
    lengths: list[tuple] = [(f"a{n}", float(n % 20 + 1), n % 2 == 0, "a") for n in range(100)]
    lengths += [(f"b{n}", float(n % 30 + 1), n % 3 == 0, "b") for n in range(80)]
    lengths += [(f"c{n}", 3.0, True, "c") for n in range(9)] + [(f"d{n}", 9.0, n < 4, "d") for n in range(40)]
    lengths += [(f"e{n}", float(n % 10 + 1), n % 2 == 0, None) for n in range(30)]
    found = ask(told(*lengths, headers=(PLAN,)), "Plan")
    assert (found["Plan", "c"]["hazard_ratio"], found["Plan", "c"]["reason"]) == (None, FEW)
    assert (found["Plan", "d"]["hazard_ratio"], found["Plan", "d"]["reason"]) == (None, FEW_EVENTS)
    assert (found["Plan", "d"]["n"], found["Plan", "d"]["events"]) == (40, 4)
    assert found["Plan", None]["hazard_ratio"] > 1  # a blank is a group of its own


def test_refusals_in_words():
    lengths = [(str(n), float(n % 20 + 1), n % 2 == 0, str(n % 2), "xy"[n % 2], str(n)) for n in range(100)]
    engine = told(*lengths, headers=(PLAN, COLOUR, Header("customers", "attr_4", "Number", True)))
    with pytest.raises(RequestProblem, match="too many to compare"):
        ask(engine, "Number")
    with pytest.raises(RequestProblem, match="no two values with enough customers"):
        ask(engine, "Plan")  # all of one kind left, none of the other
    halves = [(str(n), float(n % 20 + 1), n % 3 == 0, str(n % 2), "xy"[n % 2]) for n in range(120)]
    with pytest.raises(RequestProblem, match='of "Colour" says the same as "Plan"'):
        ask(told(*halves, headers=(PLAN, COLOUR)), "Plan", "Colour")
    with pytest.raises(RequestProblem, match="says nothing of customers"):
        hazard_ratios(engine.tables, EVER, (find("stage", engine.tables),)).answer(engine.run)


def test_a_fit_that_does_not_come_to_rest_is_refused():
    months = np.arange(1.0, 101.0)
    values = pd.DataFrame({"early": (months <= 50).astype(float)})
    with pytest.raises(RequestProblem, match="does not come to rest"):
        fit_cox(values, months, months <= 50, np.ones(100))


@pytest.mark.parametrize(("on", "expected"), [(("InternetService",), 0.749), (("InternetService", "Dependents", "OnlineBackup", "TechSupport"), 0.805)])  # fmt: skip
def test_telecom_customers(telecom, on, expected):
    contract, internet = (find(name, telecom.tables, "customers") for name in ("Contract", "InternetService"))
    where = (Choice(contract, ("Month-to-month",)), Choice(internet, ("DSL", "Fiber optic")))
    found = ask(telecom, *on, filters=Filters(date(2026, 1, 1), where=where))
    row = found["InternetService", "DSL"]
    assert (round(row["hazard_ratio"], 3), row["reference_level"], row["n"]) == (expected, "Fiber optic", 1223)


@pytest.fixture(scope="module")
def telecom(datasets, tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("telecom"))
    load(workspace, datasets / "telco_churn" / "Telco-Customer-Churn.csv")
    engine = workspace.engine()
    yield engine
    engine.close()
