"""The baseline of what-if: customers written by hand, whose sums one can check by eye."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.what_if.base_customers import CELLS, LARGEST, MOST_CELLS
from analytics.what_if.fitted import answered, base_question, without_amounts
from analytics.what_if.scenario import Capacity, Cost, Lever, Range, Scenario, Target
from data.customer_settings import CustomerSettings
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.scored import AS_OF
from tests.analytics.what_if_scored import FILTERS, PLAIN, RATE, base_of, based, by_hand

TWO = Range.of(2.0)
LOST = {
    "lifecycle": "lost",
    "last_on": date(2026, 4, 1),
    "gap_limit_days": 60.0,
    "revenue_12m": 90.0,
    "revenue_before_12m": 150.0,
}
HOSTILE = "Ann'; DROP TABLE customers --\"<b>"


def keeping(**target):
    return Lever("retention", TWO, Target(**target))


def revenue(base):
    cells = base.cells
    return (cells.alive[:, None] * np.exp(-np.cumsum(cells.hazard, axis=1)) * cells.spend).sum(axis=0)


@pytest.fixture(scope="module")
def engine():
    return by_hand(
        {"customer_id": "a", "owner": "Ann", "revenue_12m": 1200.0, "tier": "A", "last_contact_on": AS_OF - timedelta(days=10), "contact_days": 4},
        {"customer_id": "b", "owner": "Bob", "owner_id": "7", "revenue_12m": 600.0, "tier": "B", "last_contact_on": AS_OF - timedelta(days=80), "contact_days": 2},
        {"customer_id": "c", "owner": "Bob", "owner_id": "7", "revenue_12m": 600.0, "tier": "C", "age_weeks": 20.0},
        {"customer_id": "d", "owner": HOSTILE, "customer": HOSTILE, "revenue_12m": 0.0, "tier": "C"},
        {"customer_id": "e", "currency": "EUR", "revenue_12m": 900.0},
        {"customer_id": "f"},  # nothing tells its value
        {"customer_id": "g", "lifecycle": "potential", "purchases": 0, "currency": None},
        LOST | {"customer_id": "h", "owner": "Ann"},
        LOST | {"customer_id": "i", "owner": "Bob", "last_on": date(2024, 4, 1)},  # long ago
    )  # fmt: skip


def test_each_month_brings_what_last_year_did_of_those_who_are_there(engine):
    base = based(engine)
    months = np.arange(1, 37)
    assert revenue(base) == pytest.approx(200 * np.exp(-RATE * months))
    assert base.currency == "USD"
    assert base.counts == {"other_currency": 1, "unvalued": 1, "potential": 1, "lost": 2}
    assert base.cells.customers.sum() == base.cells.alive.sum() == 4
    assert base.revenue_12m == 2400 + 90 + 90
    assert based(engine, currency="EUR").cells.customers.sum() == 1


def test_the_largest_are_cells_of_their_own_and_who_is_lost_is_in_none(engine):
    cells = based(engine).cells
    assert sorted(cells.largest) == ["a", "b", "c", "d"]
    assert dict(zip(cells.largest, cells.is_new, strict=True)) == {"a": False, "b": False, "c": True, "d": False}
    assert cells.concentration == pytest.approx([1.0] * 4)


def test_a_customer_may_be_in_two_targets(engine):
    base = based(engine, keeping(tiers=("A", "B")), keeping(owners=("Bob",)), keeping())
    acted = dict(zip(base.cells.largest, base.cells.acted_on.tolist(), strict=True))
    assert acted == {
        "a": [True, False, True], "b": [True, True, True], "c": [False, True, True], "d": [False, False, True],
    }  # fmt: skip
    assert base.size_of.tolist() == [2, 2, 4]
    assert base.revenue_of.tolist() == [1800, 1200, 2400]
    assert base.contacted_of.tolist() == [0.5, 0, 0.25]


@pytest.mark.parametrize(
    ("target", "who"),
    [
        ({"owners": ("7",)}, {"b", "c"}),
        ({"owners": ("Ann", "7")}, {"a", "b", "c"}),
        ({"customers": ("a", HOSTILE)}, {"a", "d"}),
        ({"owners": (HOSTILE,)}, {"d"}),
        ({"lifecycles": ("core",), "tiers": ("C",)}, {"c", "d"}),
        ({"where": (("owner", ("Bob",)),)}, {"b", "c"}),
    ],
)
def test_targets_by_name_and_number(engine, target, who):
    cells = based(engine, keeping(**target)).cells
    assert {name for name, acted in zip(cells.largest, cells.acted_on[:, 0], strict=True) if acted} == who


def test_quadrants_are_cut_where_the_settings_say():
    engine = by_hand(
        {"customer_id": "dear", "revenue_12m": 900.0, "risk": 0.5}, {"customer_id": "cheap", "revenue_12m": 300.0, "risk": 0.5}
    )  # fmt: skip
    protect = keeping(quadrants=("protect",))
    assert based(engine, protect).size_of.tolist() == [1]
    assert based(engine, protect, settings=CustomerSettings(value_limit=100.0, risk_limit=0.4)).size_of.tolist() == [2]
    with pytest.raises(RequestProblem, match="acts on nobody"):
        based(engine, protect, settings=CustomerSettings(risk_limit=0.9))


def test_onboarding_acts_on_the_new_and_an_owner_leaves_its_own(engine):
    base = based(engine, Lever("onboarding", TWO), Lever("owner_leaves", TWO, owner="7"), Lever("largest_leaves", TWO))
    acted = dict(zip(base.cells.largest, base.cells.acted_on.tolist(), strict=True))
    assert acted == {
        "a": [False, False, True], "b": [False, True, False], "c": [True, True, False], "d": [False, False, False],
    }  # fmt: skip
    assert base.size_of.tolist() == [1, 2, 1]
    assert base.revenue_of.tolist() == [600, 1200, 1200]
    assert dict(zip(base.cells.largest, base.cells.owner, strict=True)) == {
        "a": None,
        "b": "Bob",
        "c": "Bob",
        "d": None,
    }


def test_with_a_capacity_cells_have_owners(engine):
    assert set(based(engine).cells.owner) == {None}
    limited = based(engine, capacity=Capacity(2.0))
    assert set(limited.cells.owner) == {"Ann", "Bob", HOSTILE}


def test_who_was_lost_within_the_year_can_be_won_back(engine):
    base = based(engine, Lever("win_back", TWO), Lever("win_back", TWO, Target(owners=("Ann",))))
    assert base.lost.customers.tolist() == [1]
    assert base.lost.monthly.tolist() == [(90 + 150) / 24]
    assert base.lost.acted_on.tolist() == [[True, True]]
    assert base.lost.concentration.tolist() == [1]
    assert base.size_of.tolist() == [1, 1] and base.revenue_of.tolist() == [90, 90]
    assert not base.cells.acted_on[np.array(base.cells.largest) == "b", 1].any()
    with pytest.raises(RequestProblem, match="acts on nobody"):
        based(engine, Lever("win_back", TWO, Target(owners=("Bob",))))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"owners": ("Nobody",)}, 'looked after by "Nobody"'),
        ({"customers": ("Nobody",)}, 'no customer called "Nobody"'),
        ({"where": (("owner", ("Nobody",)),)}, 'has "Nobody" as owner'),
        ({"where": (("colour", ("red",)),)}, 'no field called "colour"'),
        ({"where": (("deal_type", ("red",)),)}, "says nothing of customers"),
        ({"tiers": ("D",)}, 'names "D"'),
        ({"quadrants": ("Protect",)}, 'names "Protect"'),
        ({"lifecycles": ("alive",)}, 'names "alive"'),
        ({"lifecycles": ("lost",)}, "acts on nobody"),
        ({"tiers": ("A",), "owners": ("Bob",)}, "acts on nobody"),
    ],
)
def test_targets_that_are_nobody_are_said_in_words(engine, target, words):
    with pytest.raises(RequestProblem, match=words):
        based(engine, keeping(**target))


def test_a_currency_nobody_has_is_said(engine):
    with pytest.raises(RequestProblem, match="No customer's money is in GBP"):
        based(engine, currency="GBP")


def test_contacts_are_unknown_where_none_are_on_file():
    base = based(by_hand({"revenue_12m": 1.0}), keeping())
    assert np.isnan(base.contacted_of).all()


def test_how_sure_the_rate_is_moves_the_hazard_and_nothing_else():
    base = based(by_hand({"revenue_12m": 120.0}, low=0.01, high=0.04))
    assert base.directions == 1
    assert base.cells.hazard_shifts[0, 0] == pytest.approx(np.log(4) / (2 * 1.2815515655446004))
    assert base.cells.alive_shifts[0, 0] == 0 and base.cells.spend_shifts[0, 0] == pytest.approx(0)
    # Twelve orders of ten, known as a count with half an order before any: so far from the mean is one customer.
    assert base.cells.spread[0] == pytest.approx(1 / np.sqrt(12.5)) and base.cells.purchase[0] == pytest.approx(20)


def many(n=900, owners=1, seed=3):
    random = np.random.default_rng(seed)
    brought = np.round(random.lognormal(6, 1, n), 2)
    return [
        {"customer_id": f"m{number:04}", "owner": f"Owner {number % owners:03}", "revenue_12m": float(brought[number]), "tier": "ABC"[number % 3],
         "age_weeks": float(random.integers(10, 200))}
        for number in range(n)
    ]  # fmt: skip


def test_cells_are_few_and_keep_every_sum():
    made = many()
    base = based(by_hand(*made), keeping(tiers=("A",)), keeping(tiers=("A", "B")))
    cells, whole = base.cells, sum(row["revenue_12m"] for row in made)
    assert len(cells.customers) <= CELLS
    assert sum(name is not None for name in cells.largest) == LARGEST
    by_size = sorted(made, key=lambda row: (-row["revenue_12m"], row["customer_id"]))
    assert {name for name in cells.largest if name} == {row["customer_id"] for row in by_size[:LARGEST]}
    assert cells.customers.sum() == 900
    assert cells.customers @ cells.acted_on == pytest.approx([300, 600])
    assert revenue(base) == pytest.approx(whole / 12 * np.exp(-RATE * np.arange(1, 37)))
    year = (cells.alive[:, None] * np.exp(-np.cumsum(cells.hazard, axis=1)) * cells.spend)[:, :12].sum(axis=1)
    squares = (cells.concentration * year**2).sum() / year.sum() ** 2
    assert squares == pytest.approx(sum(row["revenue_12m"] ** 2 for row in made) / whole**2)
    assert sorted(based(by_hand(*many(30))).cells.largest) == [f"m{n:04}" for n in range(30)]


def test_owners_beyond_the_most_cells_are_told_apart_no_more():
    made = many(900, owners=450)
    base = based(by_hand(*made), capacity=Capacity(1.0))
    assert len(base.cells.customers) <= MOST_CELLS
    assert None in base.cells.owner and len(set(base.cells.owner)) > 100
    assert base.cells.customers.sum() == 900
    assert revenue(base)[0] == pytest.approx(sum(row["revenue_12m"] for row in made) / 12 * np.exp(-RATE))


def test_without_customers_deals_alone_tell(engine):
    with pytest.raises(RequestProblem, match="Nothing tells what is to come"):
        based(Engine.in_memory({"customers": pd.DataFrame({"customer_id": ["a"], "customer_name": ["A"]})}))
    random, as_of = np.random.default_rng(1), pd.Timestamp(AS_OF)
    created = as_of - pd.to_timedelta(random.integers(1, 700, 400), "D")
    length = random.integers(5, 90, 400)
    closed = created + pd.to_timedelta(length, "D")
    is_over = closed < as_of
    deals = pd.DataFrame({
        "deal_no": np.arange(400) + 1, "deal_id": [f"d{n}" for n in range(400)], "pipeline": "Sales", "created_at": created,
        "closed_at": closed.where(is_over), "amount": 100.0, "currency": "USD",
        "status": np.where(is_over, np.where(random.random(400) < 0.3, "won", "lost"), "open"),
    })  # fmt: skip
    base = based(Engine.in_memory({"deals": deals}), Lever("win_rate", TWO))
    assert base.cells is None and base.new is None and base.directions == 0
    assert base.pipeline.deals_open == (~is_over).sum()
    assert "Nothing says what customers buy" in base.report["refused"]
    with pytest.raises(RequestProblem):
        based(Engine.in_memory({"deals": deals.iloc[:2]}))


def test_deals_are_asked_about_where_something_hangs_on_them(engine):
    _base, answers = base_of(engine, Scenario("a", (keeping(),), counts_new=False))
    assert not any(name.startswith("pipeline") for name in answers)
    with pytest.raises(RequestProblem, match="no deals"):
        based(engine, Lever("win_rate", TWO))


def test_what_sliders_move_leaves_the_baseline_as_it_is(engine):
    one = Scenario("one", (Lever("retention", Range(1, 2, 3), Target(tiers=("A",)), "x", 3, 6, 12.0, 9.0, Cost(TWO)),
                           Lever("contact_coverage", TWO, save_rate=Range.of(30))), seed=5, draws=500, margin=0.4, budget=9.0)  # fmt: skip
    other = Scenario("other", (Lever("retention", Range.of(-7), Target(tiers=("A",))), Lever("contact_coverage", Range.of(9), save_rate=TWO)))  # fmt: skip
    assert without_amounts(one) == without_amounts(other) == without_amounts(without_amounts(one))
    first, second = (base_of(engine, each)[0] for each in (one, without_amounts(one)))
    for name in ("acted_on", "customers", "hazard", "spend", "hazard_shifts", "concentration"):
        assert np.array_equal(getattr(first.cells, name), getattr(second.cells, name))
    for changed in (
        Scenario("one", (keeping(tiers=("B",)),)), Scenario("one", one.levers, 12), Scenario("one", one.levers, counts_new=False),
        Scenario("one", one.levers, capacity=Capacity(1.0)), Scenario("one", one.levers, currency="EUR"),
    ):  # fmt: skip
        assert without_amounts(changed) != without_amounts(one)


def test_a_question_of_baseline_and_scenario(engine):
    scenario = Scenario("a", (keeping(),), 12)

    def told(base: Any, asked: Scenario) -> pd.DataFrame:
        cells = base.cells
        return pd.DataFrame({"name": [asked.name], "n": [cells.customers.sum()], "months": [cells.months]})

    question = answered(engine.tables, FILTERS, scenario, PLAIN, told)
    assert question.answer(engine.run).to_dict("records") == [{"name": "a", "n": 4, "months": 12}]
    assert set(question.expressions(engine.run)) >= {"basis", "report", "counted", "groups", "lost"}
    assert base_question(engine.tables, FILTERS, scenario, CustomerSettings(margin=0.4)).asks.keys() == {"basis"}
    assert based(engine, settings=CustomerSettings(margin=0.4)).margin == 0.4
