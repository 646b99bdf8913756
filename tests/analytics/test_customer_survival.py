"""How long customers stay: rows to check by eye, plain SQL, and the published figures of the telecom customers."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analytics.churn.customer_survival import customer_survival
from analytics.fields import find
from analytics.filters import ENDLESS, Choice, Filters
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from data.store import Workspace
from tests.analytics.leaving import END, PLAN, a_thousand, buyers, dated, told, with_contracts
from tests.data.kit import load

EVER = Filters(ENDLESS)


def ask(engine, filters=EVER, by=None, at=None):
    field = find(by, engine.tables, "customers") if by else None
    return rows(customer_survival(engine.tables, filters, field, at).answer(engine.run))


def test_ten_customers_by_eye():
    # One left after 1 month, one after 2 of the nine left, one is only known to month 2, two of seven left after 3.
    lengths = [
        (1, True),
        (2, True),
        (2, False),
        (3, True),
        (3, True),
        (9, False),
        (9, False),
        (9, False),
        (9, False),
        (9, False),
    ]
    engine = told(*((str(n), float(months), left) for n, (months, left) in enumerate(lengths)))
    found = {row["months"]: row for row in ask(engine, at=(0.0, 1.0, 2.0, 3.0, 9.0, 10.0))}
    assert [found[month]["survival"] for month in (0, 1, 2, 3, 9)] == pytest.approx(
        [1, 0.9, 0.8, 0.8 * 5 / 7, 0.8 * 5 / 7]
    )
    assert [found[month]["at_risk"] for month in (0, 1, 2, 3, 9, 10)] == [10, 10, 9, 7, 5, 0]
    assert (found[10]["survival"], found[10]["n"], found[10]["events"]) == (None, 10, 4)  # nobody was followed so long
    assert found[1]["median_months"] is None
    for row in found.values():
        if row["survival"] is not None:
            assert 0 <= row["low"] <= row["survival"] <= row["high"] <= 1


def test_all_left_and_none_left():
    (gone,) = ask(told(*((str(n), float(n + 1), True) for n in range(4))), at=(9.0,))
    assert (gone["survival"], gone["median_months"]) == (0, 2)
    (here,) = ask(told(*((str(n), float(n + 1), False) for n in range(4))), at=(3.0,))
    assert (here["survival"], here["median_months"], here["events"]) == (1, None, 0)


def test_ids_with_leading_zeros_stay_apart():
    (row,) = ask(told(("007", 3.0, True), ("7", 5.0, False), ("07", 4.0, False)), at=(3.0,))
    assert (row["n"], row["events"]) == (3, 1)


def test_what_is_unknown_or_contradicts_itself_is_left_out_and_counted():
    engine = told(
        ("a", 3.0, True), ("a", 3.0, False), ("b", None, True), ("c", 4.0, None), ("d", -1.0, False), ("e", 5.0, False),
        ("f", 6.0, True),
    )  # fmt: skip
    (row,) = ask(engine, at=(5.0,))
    assert (row["n"], row["events"]) == (2, 1)
    assert (row["left_out_contradictory"], row["left_out_untimed"], row["left_out_negative"]) == (1, 2, 1)


def test_left_with_a_contract_that_runs_contradicts_itself():
    customers = {"customer_id": ["a", "b", "c"], "tenure_months": [5.0, 6.0, 7.0], "is_churned": [True, True, False]}
    contracts = {"customer_id": ["a", "b"], "started_on": [date(2025, 1, 1)] * 2, "ended_on": [None, date(2025, 6, 1)]}
    engine = Engine.in_memory({"customers": customers, "subscriptions": contracts})
    (row,) = ask(engine, Filters(END), at=(5.0,))
    assert (row["n"], row["left_out_contradictory"], row["basis"]) == (2, 1, "tenure")


def test_gone_only_after_the_as_of_date_contradicts_itself():
    created = [pd.Timestamp(2025, 12, 1), pd.Timestamp(2025, 1, 1)]
    customers = {
        "customer_id": ["a", "b"],
        "tenure_months": [9.0, 9.0],
        "is_churned": [True, True],
        "created_at": created,
    }
    (row,) = ask(Engine.in_memory({"customers": customers}), Filters(END), at=(9.0,))
    assert (row["n"], row["left_out_contradictory"]) == (1, 1)


def test_contracts_by_eye():
    engine = with_contracts(
        ("year", date(2024, 1, 1), date(2024, 12, 31)),  # left after twelve months exactly
        ("renewed", date(2024, 1, 1), date(2024, 12, 31)),
        ("renewed", date(2025, 1, 20), None),
        ("grace", date(2025, 2, 1), date(2026, 1, 15)),  # ended 16 days ago: it may yet be renewed
        ("later", date(2025, 2, 1), date(2026, 12, 31)),  # ends after the as-of date
        ("future", date(2026, 5, 1), None),  # not there yet
        ("wrong", date(2025, 5, 1), date(2025, 4, 1)),
    )
    (row,) = ask(engine, Filters(END), at=(12.0,))
    assert (row["n"], row["events"], row["left_out_negative"], row["basis"]) == (4, 1, 1, "subscriptions")
    # At twelve months "year", "renewed" and "later" (of 1 February, as the month is over) are at risk; "grace" is censored before.
    assert row["at_risk"] == 3
    assert row["survival"] == pytest.approx(2 / 3)
    (before,) = ask(engine, Filters(date(2025, 1, 15)), at=(12.0,))
    assert (before["n"], before["events"]) == (2, 0)  # a fortnight after the end nobody had left


@pytest.mark.parametrize("as_of", [date(2024, 6, 30), END])
def test_against_sql(root: Path, as_of):
    engine = dated()
    found = ask(engine, Filters(as_of), at=(12.0, 24.0))
    by_hand = rows(engine.query((root / "tests/sql/survival.sql").read_text("utf-8"), {"as_of": as_of}))
    for row, expected in zip(found, by_hand, strict=True):
        for name, value in expected.items():
            assert row[name] == pytest.approx(value), name


def test_groups_are_tested_against_the_rest_and_small_ones_are_not():
    found = {row["segment"]: row for row in ask(a_thousand(), by="Plan", at=(12.0,))}
    assert found["basic"]["Plan"] == "basic"
    assert found["basic"]["survival"] == pytest.approx(0.94**12, abs=0.08)
    assert found["pro"]["survival"] == pytest.approx(0.99**12, abs=0.06)
    assert found["basic"]["q_value"] < 1e-6 and found["basic"]["tests"] == 2
    assert sum(row["n"] for row in found.values()) == 1000
    lengths = [(f"a{n}", float(n % 9 + 1), n % 2 == 0, "many") for n in range(60)] + [
        (f"b{n}", 1.0, True, "few") for n in range(29)
    ]
    small = {row["segment"]: row for row in ask(told(*lengths, headers=(PLAN,)), by="Plan", at=(3.0,))}
    assert small["few"]["q_value"] is None and small["many"]["q_value"] is None


def test_a_group_has_one_test_however_many_rows():
    found = ask(a_thousand(), by="Colour", at=(6.0, 12.0, 24.0))
    assert len(found) == 9
    assert {row["tests"] for row in found} == {3}
    for colour in ("red", "blue", "green"):
        assert len({row["q_value"] for row in found if row["segment"] == colour}) == 1


def test_of_purchases_leaving_is_inferred():
    found = ask(buyers(), Filters(END))
    assert all(row["is_inferred"] and row["basis"] == "orders" for row in found)
    assert found[0]["events"] > 100
    survival = [row["survival"] for row in found]
    assert survival == sorted(survival, reverse=True)


def test_marks_reach_as_far_as_is_known():
    assert [row["months"] for row in ask(a_thousand())] == [12, 24, 36, 48]
    short = told(*((str(n), float(n % 5 + 1), n % 3 == 0) for n in range(100)))
    assert [row["months"] for row in ask(short)] == [1, 3]


def test_refusals_in_words():
    empty = Engine.in_memory({"deals": {"deal_id": ["1"], "status": ["open"]}})
    with pytest.raises(RequestProblem, match="Nothing says what customers buy"):
        ask(empty)
    engine = a_thousand()
    with pytest.raises(RequestProblem, match="says nothing of customers"):
        customer_survival(engine.tables, EVER, find("stage", engine.tables)).answer(engine.run)


@pytest.fixture(scope="module")
def telecom(datasets, tmp_path_factory):
    """The telecom customers, imported as they are."""
    workspace = Workspace(tmp_path_factory.mktemp("telecom"))
    load(workspace, datasets / "telco_churn" / "Telco-Customer-Churn.csv")
    engine = workspace.engine()
    yield engine
    engine.close()


def test_telecom_customers(telecom):
    published = {12: 0.8432, 24: 0.7887, 36: 0.7485, 48: 0.7088, 60: 0.6644, 72: 0.5928}
    found = ask(telecom)
    assert {row["months"]: round(row["survival"], 4) for row in found} == published
    assert {(row["n"], row["events"], row["median_months"]) for row in found} == {(7043, 1869, None)}


def test_telecom_customers_by_month_with_internet(telecom):
    contract, internet = (find(name, telecom.tables, "customers") for name in ("Contract", "InternetService"))
    where = (Choice(contract, ("Month-to-month",)), Choice(internet, ("DSL", "Fiber optic")))
    (row,) = ask(telecom, Filters(ENDLESS, where=where), at=(34.0,))
    assert (row["n"], row["median_months"]) == (3351, 34)
