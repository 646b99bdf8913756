"""What is asked of a group of customers only, and how far a goal spreads."""

import math

import numpy as np
import pytest

from analytics.what_if.goal_seek import goal_seek
from analytics.what_if.of_target import SPREAD_COLUMNS, effect_on_target, goal_spread, target_only
from analytics.what_if.retention_effect import retention_effect
from analytics.what_if.scenario import Lever, Range, Scenario
from data.errors import RequestProblem
from tests.analytics.what_if_bases import base, cells

HALF, TENTH = math.log(2) / 12, -math.log(0.9) / 12  # hazards a month: half and a tenth leave in a year
SOUGHT = Scenario("", (Lever("retention", Range.of(5)),), 24, draws=400, counts_new=False)


def two_groups(shifts=(0.0, 0.0, 0.0)):
    """A thousand who leave often, acted on, and a thousand who seldom do."""
    return base(
        cells(
            {"customers": 1000, "hazard": HALF, "spend": 10, "acted_on": (0,), "shifts": shifts},
            {"customers": 1000, "hazard": TENTH, "spend": 10, "shifts": shifts},
        ),
        revenue_of=np.array([120_000.0]),
        revenue_12m=240_000.0,
    )


def test_only_those_acted_on_are_left():
    found = target_only(two_groups())
    assert found.cells is not None
    assert found.cells.customers.tolist() == [1000] and found.cells.largest == (None,)
    assert found.revenue_12m == 120_000 and found.cells.acted_on.all()


def test_a_group_of_nobody_is_refused_and_a_base_of_deals_stays_as_it_is():
    nobody = base(cells({"customers": 5, "spend": 1}))
    with pytest.raises(RequestProblem, match="Nobody is in this group"):
        target_only(nobody)
    deals = base(None)
    assert target_only(deals) is deals


def test_retention_is_told_of_the_group():
    of_group = effect_on_target(two_groups(), SOUGHT, 5.0).iloc[0]
    of_all = retention_effect(two_groups(), SOUGHT, 5.0).iloc[0]
    assert of_group["retention_before"] == pytest.approx(0.5) and of_group["retention_after"] == pytest.approx(0.55)
    assert of_all["retention_before"] == pytest.approx(0.7)
    assert effect_on_target(two_groups(), SOUGHT, 0.0)["money_more"].iloc[0] == 0


def test_the_middle_of_a_goal_at_what_it_takes_is_the_goal():
    known = two_groups(shifts=(0.2, 0.0, 0.0))
    scenario = Scenario("", (), 24, draws=400, counts_new=False)
    needed = goal_seek(known, scenario, "retention", 0.8)["needed_amount"].iloc[0]
    (row,) = goal_spread(known, scenario, "retention", needed, 0.8).to_dict("records")
    assert tuple(row) == SPREAD_COLUMNS
    assert row["goal_median"] == pytest.approx(0.8, abs=0.01)
    assert row["goal_p10"] < row["goal_median"] < row["goal_p90"] and 0.3 < row["goal_chance"] < 0.7


def test_all_rates_are_told_and_other_goals_are_refused():
    scenario = Scenario("", (), 24, draws=400, counts_new=False)
    for goal in ("nrr", "grr", "retention"):
        (row,) = goal_spread(two_groups(), scenario, goal, 0.0, 0.99).to_dict("records")
        assert 0.5 < row["goal_median"] < 0.95 and row["goal_chance"] == 0
    with pytest.raises(RequestProblem, match="revenue"):
        goal_spread(two_groups(), scenario, "revenue", 0.0, 1.0)
