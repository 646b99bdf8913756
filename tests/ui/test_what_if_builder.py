"""The scenario as it stands in the form: it comes out as it went in, and what is wrong is told of the lever it is in."""

import numpy as np
import pytest

from analytics.what_if.base import Base, Cells
from analytics.what_if.scenario import KINDS, LEVERS, MOST_LEVERS, Capacity, Cost, Lever, Range, Scenario, Target
from data.errors import RequestProblem
from ui import session
from ui.locale import Locale
from ui.what_if import draft, levers, targets

EN, HE = Locale("en", "USD", False), Locale("he", "ILS", False)
WHOLE = Scenario(
    "Everything",
    (
        Lever(
            "contact_coverage", Range(10, 20, 30), Target(("protect",), ("A",), ("core",), ("Ann",), ("C1",), (("segment", ("Retail",)),)),
            "Call", 2, 3, 12.5, 40.0, Cost(Range.of(100), Range(1, 2, 3), Range.of(4), Range(5, 6, 7)), Range(10, 20, 30),
        ),
        Lever("save_rate", Range(1, 2, 3), coverage=Range(50, 60, 70)),
        Lever("loyalty", Range(1, 2, 3), reward=Range(2, 3, 4)),
        Lever("stage_time", Range(-2, 0, 5), stage="Demo"),
        Lever("owner_leaves", Range(10, 20, 30), owner="Ann"),
        Lever("largest_leaves", Range.of(0)),
    ),
    24, 7, 2000, 0.08, 0.4, "ILS", 1000.0, Capacity(3.0), False,
)  # fmt: skip


def form(*made):
    return draft.opened(Scenario("One", tuple(made), draws=200))


def test_a_scenario_comes_out_of_the_form_as_it_went_in():
    assert draft.opened(WHOLE).made() == WHOLE


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_lever_of_every_kind_is_one_that_can_be(kind):
    made = draft.new_lever(kind, Target(("protect",)), "Demo", "Ann").made()
    assert made.kind == kind
    assert made.target == (Target(("protect",)) if levers.has_target(kind) else Target())
    assert (made.stage is not None) == (kind in ("stage_conversion", "stage_time"))


def test_what_is_wrong_is_told_of_the_lever_it_is_in():
    lever, other = Lever("retention", Range(3, 5, 8)), Lever("price", Range(1, 2, 3))
    made = form(lever, other)
    first = made.levers[0].number
    wrong = made.with_triple(first, "amount", (8, 5, 3))
    assert list(wrong.problems()) == [first]
    assert str(wrong.problems()[first]).startswith("The range 8, 5, 3 is not in order.")
    with pytest.raises(RequestProblem):
        wrong.made()
    assert list(made.with_triple(first, "amount", (3, None, 8)).problems()) == [first]
    assert list(made.with_triple(first, "amount", (3, 5, 500)).problems()) == [first]
    assert list(made.changed(horizon_months=2).problems()) == [0]
    assert made.problems() == {}


def test_a_share_or_cost_of_which_nothing_is_given_is_left_out():
    made = form(Lever("save_rate", Range(1, 2, 3), coverage=Range(50, 60, 70), cost=Cost(fixed=Range.of(9))))
    number = made.levers[0].number
    blank = (None, None, None)
    cleared = made.with_triple(number, "coverage", blank).with_triple(number, "fixed", blank).made().levers[0]
    assert cleared.coverage is None
    assert cleared.cost.is_free


def test_what_levers_act_on_is_asked_whatever_their_amounts():
    made = form(Lever("retention", Range(3, 5, 8)), Lever("price", Range(1, 2, 3)))
    first, second = (lever.number for lever in made.levers)
    wrong = made.with_triple(first, "amount", (8, 5, None)).with_lever(second, delay_months=-1)
    numbers, asked = wrong.asked()
    assert numbers == (first,)
    assert [lever.kind for lever in asked.levers] == ["retention"]


def test_levers_are_added_copied_and_taken_out():
    made = form(Lever("retention", Range(3, 5, 8)), Lever("price", Range(1, 2, 3)))
    first = made.levers[0]
    with_copy = made.added(draft.copy_of(first), first.number)
    assert [lever.kind for lever in with_copy.levers] == ["retention", "retention", "price"]
    assert len({lever.number for lever in with_copy.levers}) == 3
    assert with_copy.without(first.number).levers[0].made() == first.made()
    full = draft.opened(Scenario("Full", (Lever("price", Range(1, 2, 3)),) * MOST_LEVERS))
    with pytest.raises(RequestProblem, match="at most 12 levers"):
        full.added(draft.new_lever("price"))


def test_every_lever_is_in_one_group_and_has_words():
    grouped = [kind for kinds in levers.GROUPS.values() for kind in kinds]
    assert sorted(grouped) == sorted(KINDS)
    assert set(levers.GROUPS) == set(levers.group_words(EN))
    said = levers.lever_words(EN)
    assert set(said) == set(KINDS)
    assert len({words.label for words in said.values()}) == len(KINDS)
    for kind, words in said.items():
        unit = LEVERS[kind].unit
        assert bool(words.amount) == (unit != "none")
        # Nobody takes points for percent.
        assert ("points" in words.amount) == (unit == "points" and kind != "win_back")


def test_only_levers_that_the_data_tells_of_are_offered():
    deals_only = levers.offered(has_customers=False, has_deals=True)
    assert set(deals_only) == {"pipeline"}
    customers_only = levers.offered(has_customers=True, has_deals=False)
    assert "pipeline" not in customers_only and "retention" in customers_only["keep"]


@pytest.mark.parametrize(
    ("kind", "amount", "said"),
    [
        ("retention", Range(3, 5, 8), "+3.0 … +8.0 pts"),
        ("price", Range.of(-5), "−5.0%"),
        ("market", Range(-50, -30, -10), "−50% … −10%"),
        ("stage_time", Range(2, 4, 7), "2–7 d"),
        ("referral", Range(1, 2, 4), "1–4 a year for every 100"),
        ("largest_leaves", Range.of(0), ""),
    ],
)
def test_ranges_are_told_in_their_unit(kind, amount, said):
    assert levers.amount_words(kind, amount, EN) == said


# whom it acts on


def base(stays=(0.5, 0.7), contacted=0.4):
    """Two cells of ten customers, of whom so many are there after a year; a lever acts on both, another on the second."""
    hazard = np.repeat(-np.log(np.array(stays))[:, None] / 12, 12, axis=1)
    nothing = np.zeros((2, 1))
    cells = Cells(
        np.array([[True, False], [True, True]]), np.zeros(2, bool), np.full(2, 10.0), np.full(2, 10.0), hazard,
        np.full((2, 12), 100.0), nothing, nothing, nothing, np.full(2, 0.1), np.zeros(2), np.zeros(2), (None, None), (None, None),
    )  # fmt: skip
    return Base(
        "USD", 1, cells, None, None, None, 0.0, {}, {}, np.array([20.0, 10.0]), np.array([24000.0, 12000.0]),
        np.array([contacted, np.nan]), 24000.0, None,
    )  # fmt: skip


def test_the_present_retention_of_a_target_is_that_of_its_customers():
    assert targets.staying(base(), 0) == pytest.approx(0.6)
    assert targets.staying(base(), 1) == pytest.approx(0.7)


def test_of_a_shorter_horizon_a_year_is_told_as_if_it_went_on_so():
    found = base()
    assert found.cells is not None
    half = Cells(**{**vars(found.cells), "hazard": found.cells.hazard[:, :6]})
    assert targets.staying(Base(**{**vars(found), "cells": half}), 1) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("place", "kind", "amount", "said"),
    [
        (1, "retention", (3, 5, 8), "70% → 73–78% stay a year"),
        (1, "retention", (-5, -5, -5), "70% → 65% stay a year"),
        (1, "retention", (20, 30, 40), "70% → 90–99% stay a year · 99% is the most that can be"),
        (0, "contact_coverage", (10, 20, 80), "40% → 50–100% contacted · 100% is the most that can be"),
        (1, "price", (1, 2, 3), ""),
    ],
)
def test_a_range_in_points_is_told_as_before_and_after(monkeypatch, place, kind, amount, said):
    monkeypatch.setattr(session, "locale", lambda: EN)
    assert targets.after(base(), place, draft.new_lever(kind), Range(*amount)) == said


def test_whom_a_lever_acts_on_is_told_in_both_languages(monkeypatch):
    lever = draft.new_lever("contact_coverage")
    monkeypatch.setattr(session, "locale", lambda: EN)
    assert (
        targets.facts(base(), 0, lever)
        == "20 customers · $24K in 12 months · 60% stay a year · 40% contacted as promised"
    )
    monkeypatch.setattr(session, "locale", lambda: HE)
    assert "60%" in targets.facts(base(), 0, lever)
