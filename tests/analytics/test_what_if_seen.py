"""What a search keeps of what was worked out: the very same answers, and nothing of other customers or other levers."""

import numpy as np
import pandas as pd
import pytest

from analytics.what_if import break_even, goal_seek, tornado, waterfall
from analytics.what_if.changed import at_amount, searched
from analytics.what_if.scenario import Cost, Lever, Range, Scenario, Target
from analytics.what_if.seen import MOST, Seen, digest
from analytics.what_if.simulate import simulate
from tests.analytics.what_if_bases import base, cells

SCENARIO = Scenario(
    "more stay",
    (
        Lever("retention", Range(1, 2, 4), Target(tiers=("A",)), cost=Cost(fixed=Range.of(500))),
        Lever("price", Range(1, 2, 3), delay_months=2, ramp_months=3),
    ),
    draws=400,
)  # fmt: skip


def company():
    return base(
        cells(
            {"customers": 400, "alive": 300.0, "hazard": 0.02, "spend": 10.0, "acted_on": (0, 1)},
            {"customers": 600, "hazard": 0.06, "spend": 4.0, "acted_on": (1,)},
            {"customers": 1, "hazard": 0.03, "spend": 900.0, "acted_on": (1,), "largest": "c1"},
            levers=2, months=36,
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("module", "ask"),
    [
        (break_even, lambda told: break_even.break_even(told, SCENARIO, 400)),
        (tornado, lambda told: tornado.tornado(told, SCENARIO, 400)),
        (waterfall, lambda told: waterfall.waterfall(told, SCENARIO, 400)),
        (goal_seek, lambda told: goal_seek.goal_seek(told, SCENARIO, "profit_delta", 2000.0, 0, 400)),
    ],
)
def test_a_search_that_remembers_answers_the_same_to_the_byte(monkeypatch, module, ask):
    kept = ask(company())
    monkeypatch.setattr(module, "searched", lambda told: told)
    pd.testing.assert_frame_equal(kept, ask(company()), check_exact=True)


def test_other_amounts_are_not_answered_with_what_was_kept():
    told, plain = searched(company()), company()
    for amount in (0.0, 3.0, 0.0, 6.0, 3.0):
        asked = at_amount(SCENARIO, 0, amount)
        one, other = simulate(told, asked), simulate(plain, asked)
        assert np.array_equal(one.scenario.revenue, other.scenario.revenue)
        assert np.array_equal(one.baseline.revenue, other.baseline.revenue)
        assert np.array_equal(one.saved, other.saved)


def test_only_the_last_few_are_kept():
    seen, made = Seen(), []

    def make(name):
        made.append(name)
        return name

    def ask(name):
        return seen.once(name, lambda: make(name))

    for name in range(MOST + 1):
        ask(name)
    assert ask(MOST) == MOST and made == list(range(MOST + 1))
    ask(0)
    assert made[-1] == 0


def test_arrays_are_told_apart():
    one, other = np.zeros(3), np.array([0.0, 0.0, 1e-300])
    assert digest(one) == digest(one.copy()) != digest(other)
    assert digest(one, None) != digest(None, one)
