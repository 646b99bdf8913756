"""The benchmark of scenarios: both ways come to the same money, and what was met is said."""

import numpy as np
import pytest

from analytics.what_if.scenario import Lever, Range, Scenario
from analytics.what_if.simulate import simulate
from benchmarks import what_if
from tests.analytics.what_if_bases import base, cells

FOUND = {
    "gathered": 0.4, "seconds": 1.2, "moved": 310.0, "looped": 12.0, "plain": 1010.0, "ours": 1000.0, "plain_gain": 50.5, "gain": 50.0, "cells": 60, "customers": 42_000.0,
}  # fmt: skip


def test_the_plain_loop_and_the_simulation_come_to_the_same_money(monkeypatch):
    told = cells(
        {"customers": 400, "alive": 300.0, "hazard": 0.02, "spend": 10.0, "acted_on": (0,)},
        {"customers": 600, "hazard": 0.06, "spend": 4.0}, months=36,
    )  # fmt: skip
    monkeypatch.setattr(what_if, "DRAWS", 2000)
    plain, gain = what_if.in_a_loop(told, 0.05)
    ours = simulate(base(told), Scenario("test", (Lever("retention", Range.of(0)),), draws=2000)).baseline.revenue
    months = np.arange(1, 37)
    expected = 300 * np.exp(-0.02 * months).sum() * 10 + 600 * np.exp(-0.06 * months).sum() * 4
    more = simulate(base(told), Scenario("test", (Lever("retention", Range.of(5)),), draws=2000))
    assert plain == pytest.approx(expected, rel=0.01)
    assert (
        gain == pytest.approx((more.scenario.revenue - more.baseline.revenue).sum(axis=1).mean(), rel=0.02) and gain > 0
    )
    assert ours.sum(axis=1).mean() == pytest.approx(expected, rel=0.01)


def test_what_was_met_is_said():
    text = what_if.written(FOUND)
    assert text.count("**no**") == 1 and "100 times" in text and "42,000" in text
    with pytest.raises(AssertionError, match="apart"):
        what_if.written(FOUND | {"plain_gain": 60.0})
    with pytest.raises(AssertionError, match="apart"):
        what_if.written(FOUND | {"plain": 1100.0})
