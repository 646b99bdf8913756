"""Break-even, tornado, waterfall and the effect of retention, on baselines whose answers one can work out."""

import numpy as np
import pytest

from analytics.rows import rows
from analytics.what_if import break_even, retention_effect, tornado, waterfall
from analytics.what_if.changed import off, scaled
from analytics.what_if.scenario import NOTHING, Cost, Lever, Range, Scenario
from analytics.what_if.simulate import simulate
from data.errors import RequestProblem
from tests.analytics.what_if_bases import PlainPipeline, base, cells, new_customers

MONTHS = 12


def staying(levers=1, months=MONTHS, **more):
    """100 customers who never leave and bring 10 a month: 12,000 a year."""
    row = {"customers": 100, "spend": 10.0, "acted_on": tuple(range(levers))}
    return base(cells(row, months=months, levers=levers), **more)


def leaving(levers=1, months=24, **more):
    row = {"customers": 200, "spend": 10.0, "hazard": 0.03, "acted_on": tuple(range(levers))} | more
    return base(cells(row, months=months, levers=levers))


def scenario(*levers, months=MONTHS, **more):
    return Scenario("Test", levers, horizon_months=months, draws=200, **more)


def price(low, likely, high, **more):
    return Lever("price", Range(low, likely, high), **more)


def only(frame):
    (row,) = rows(frame)
    return row


# break-even


def test_a_price_that_must_bring_back_what_it_cost():
    # A percent of 12,000 is 120: 300 are earned at 2.5%.
    row = only(break_even.break_even(staying(), scenario(price(1, 3, 5, cost=Cost(fixed=Range.of(300))))))
    assert row["break_even_amount"] == pytest.approx(2.5, abs=0.02)
    assert (row["break_even_state"], row["pays_beyond"], row["lever_kind"]) == ("found", True, "price")
    assert (
        row["break_even_reason"]
        == f"It pays from {round(row['break_even_amount'], 2):g} on; that is within the range given, 1 to 5."
    )
    assert tuple(break_even.break_even(staying(), scenario(price(1, 3, 5))).columns) == break_even.COLUMNS


def test_a_lever_that_costs_nothing_always_pays_and_one_that_only_takes_never():
    assert only(break_even.break_even(staying(), scenario(price(1, 3, 5))))["break_even_state"] == "always"
    taken = only(break_even.break_even(staying(), scenario(Lever("discount", Range(1, 3, 5)))))
    assert (taken["break_even_state"], taken["break_even_amount"]) == ("never", None)
    assert taken["break_even_reason"] == "It does not pay, however much this lever does."


def test_a_lever_below_zero_is_looked_for_there():
    gift = price(-5, 3, 5, cost=Cost())
    row = only(break_even.break_even(staying(), scenario(gift, margin=1.0)))
    assert row["break_even_state"] == "always"
    other = break_even.break_even(staying(2), scenario(price(-5, -1, 2), price(2, 2, 2)))
    first = rows(other)[0]
    assert (first["break_even_amount"], first["pays_beyond"]) == (pytest.approx(-1.96, abs=0.05), False)
    assert first["break_even_reason"].startswith("It pays up to -1.9")


def test_of_several_levers_each_is_told_and_all_together():
    levers = (price(1, 2, 3, cost=Cost(fixed=Range.of(60))), price(4, 4, 4, cost=Cost(fixed=Range.of(60))))
    first, second, every = rows(break_even.break_even(staying(2), scenario(*levers)))
    # The second pays for both, so the first may do nothing; of itself it pays from where it earns its 60.
    assert first["break_even_state"] == "always"
    assert first["own_break_even_amount"] == pytest.approx(0.5, abs=0.05)
    assert first["break_even_reason"].startswith("It pays even without this lever; the lever pays for itself at 0.")
    assert second["break_even_state"] == "always" or second["break_even_amount"] < 1
    assert (every["lever_kind"], every["lever_unit"]) == (break_even.ALL, "factor")
    assert 0 < every["break_even_amount"] < 0.3


def test_a_stress_test_has_no_break_even():
    assert break_even.break_even(leaving(), scenario(Lever("largest_leaves", NOTHING), months=24), draws=100).empty


def test_doubling_the_cost_doubles_the_break_even_price():
    one, two = (
        only(break_even.break_even(staying(), scenario(price(1, 3, 9, cost=Cost(fixed=Range.of(cost))))))[
            "break_even_amount"
        ]
        for cost in (300, 600)
    )
    assert two == pytest.approx(2 * one, abs=0.05)


# waterfall


def test_bars_add_up_exactly_from_the_first_to_the_last():
    levers = (
        Lever("retention", Range(3, 5, 8), cost=Cost(per_save=Range(1, 2, 4))),
        price(1, 2, 4, cost=Cost(fixed=Range.of(50))),
    )
    asked = scenario(*levers, months=24)
    given = leaving(2)
    found = rows(waterfall.waterfall(given, asked, draws=200))
    assert [row["bar"] for row in found] == ["baseline", "lever", "lever", "cost", "scenario"]
    total = found[0]["profit_change"]
    for row in found[1:-1]:
        total += row["profit_change"]
        assert row["profit_after"] == pytest.approx(total, abs=1e-6)
    assert found[-1]["profit_change"] == pytest.approx(total, abs=1e-6)
    outcome = simulate(given, asked, 200)
    assert found[0]["profit_change"] == pytest.approx(outcome.baseline.profit.sum(axis=1).mean())
    assert found[-1]["profit_change"] == pytest.approx(outcome.scenario.profit.sum(axis=1).mean())
    assert found[3]["profit_change"] == pytest.approx(-outcome.scenario.cost.sum(axis=1).mean(), rel=0.02)


def test_a_price_adds_its_percent_and_a_free_scenario_has_no_cost():
    found = rows(waterfall.waterfall(staying(), scenario(price(10, 10, 10)), draws=200))
    assert [row["bar"] for row in found] == ["baseline", "lever", "scenario"]
    assert [row["profit_change"] for row in found] == pytest.approx([12000, 1200, 13200])


def test_a_scenario_without_levers_is_its_baseline():
    first, last = rows(waterfall.waterfall(staying(0), scenario(), draws=200))
    assert (first["profit_change"], last["profit_change"]) == (12000, 12000)


def test_a_lever_put_off_does_nothing_at_all():
    lever = Lever("loyalty", Range(5, 6, 7), reward=Range.of(3), cost=Cost(fixed=Range.of(10), monthly=Range.of(5)))
    found = simulate(leaving(), scenario(off(lever), months=24), 200)
    assert np.array_equal(found.baseline.profit, found.scenario.profit)
    stress = simulate(base(cells({"customers": 1, "spend": 5.0, "largest": "Big"}, {"customers": 9, "spend": 1.0}, months=12)),
                      scenario(off(Lever("largest_leaves", NOTHING))), 200)  # fmt: skip
    assert np.array_equal(stress.baseline.revenue, stress.scenario.revenue)


def test_amounts_are_scaled_as_far_as_a_lever_goes():
    (lever,) = scaled(scenario(Lever("retention", Range(20, 40, 60))), 2).levers
    assert lever.amount == Range(40, 80, 100)


# tornado


def test_each_input_moves_alone_and_the_largest_comes_first():
    levers = (price(1, 2, 3, cost=Cost(fixed=Range(0, 10, 20))), price(2, 2, 2))
    found = rows(tornado.tornado(staying(2), scenario(*levers), draws=200))
    assert [(row["input"], row["lever_place"]) for row in found] == [("amount", 0), ("cost_fixed", 0)]
    amount, cost = found
    assert (amount["input_low"], amount["input_middle"], amount["input_high"]) == pytest.approx(
        (1.447, 2, 2.553), abs=1e-3
    )
    # A percent is 120, and 2% more of it on top of the other lever.
    assert amount["swing"] == pytest.approx((2.553 - 1.447) * 120 * 1.02, rel=0.01)
    assert amount["profit_at_low"] < amount["profit_at_middle"] < amount["profit_at_high"]
    assert (
        cost["profit_at_low"] - cost["profit_at_high"]
        == pytest.approx(cost["swing"])
        == pytest.approx(20 * 0.553, abs=0.05)
    )
    assert sum(row["swing_share"] for row in found) == pytest.approx(1)
    assert amount["swings_together"] == pytest.approx(np.hypot(amount["swing"], cost["swing"]))


def test_what_the_models_do_not_know_is_an_input_too():
    told = cells(
        {"customers": 200, "spend": 10.0, "hazard": 0.03, "acted_on": (0,), "shifts": (0.2, 0.0, 0.1)}, months=24
    )
    given = base(told, new=new_customers(rate_sd=2.0, spend=20.0), pipeline=None, error=0.1)
    found = {row["input"]: row for row in rows(tornado.tornado(given, scenario(price(2, 2, 2), months=24), draws=400))}
    assert set(found) == {"staying", "spending", "new_customers", "back_test_error"}
    assert all(row["swing"] > 0 and row["lever_kind"] is None for row in found.values())
    # More that is spent, or that stays, makes 2% of it more.
    for name in ("staying", "spending", "new_customers", "back_test_error"):
        assert found[name]["profit_at_low"] < found[name]["profit_at_high"], name


def test_nothing_unsure_leaves_nothing_to_show():
    assert tornado.tornado(staying(), scenario(price(2, 2, 2)), draws=200).empty


def test_a_settled_pipeline_is_the_same_in_all_draws():
    one = tornado.OneDraw(PlainPipeline(months=6), None)
    money, deals = one.won(np.zeros((one.draws, 1)), np.ones((1, 6)))
    assert money.shape == deals.shape == (2, 6)
    assert np.ptp(money, axis=0).max() == 0
    inner, _deals = PlainPipeline(months=6).won(np.zeros((4, 1)), np.ones((1, 6)))
    assert money[0] == pytest.approx(inner.mean(axis=0))


# retention


def effect(points=5.0, hazard=0.02, months=60, rate=0.10, **more):
    return {
        row["retention_measure"]: row
        for row in rows(
            retention_effect.retention_effect(
                leaving(months=months, hazard=hazard, **more), scenario(discount_rate=rate), points, draws=400
            )
        )
    }


def test_retention_is_that_of_the_cells_and_points_are_points():
    found = effect()
    row = found["in_year"]
    assert set(found) == set(retention_effect.MEASURES)
    assert row["retention_before"] == pytest.approx(np.exp(-0.24))
    assert row["retention_after"] == pytest.approx(np.exp(-0.24) + 0.05)
    assert row["retention_before_p10"] == pytest.approx(row["retention_before_p90"])


def test_the_first_year_moves_less_than_a_lifetime_and_both_as_worked_out():
    found = effect()
    before = np.exp(-0.02 * np.arange(1, 61))
    after = np.exp(np.log(np.exp(-0.24) + 0.05) / 12 * np.arange(1, 61))
    discount = 1.1 ** (-np.arange(1, 61) / 12)
    assert found["in_year"]["share_more"] == pytest.approx(after[:12].sum() / before[:12].sum() - 1, rel=0.05)
    assert found["run_rate"]["share_more"] == pytest.approx(after[11] / before[11] - 1, rel=0.1)
    assert found["lifetime"]["share_more"] == pytest.approx(
        (after * discount).sum() / (before * discount).sum() - 1, rel=0.05
    )
    assert found["in_year"]["share_more"] < found["run_rate"]["share_more"] < found["lifetime"]["share_more"] < found["lifetime_constant"]["share_more"]  # fmt: skip
    assert (found["lifetime"]["months_to"], found["run_rate"]["months_from"]) == (60, 12)


@pytest.mark.parametrize(("before", "rate", "more"), [(0.80, 0.10, 0.275), (0.90, 0.10, 0.4074)])
def test_the_famous_calculation(before, rate, more):
    found = retention_effect.constant_effect(np.array([before]), np.array([before + 0.05]), rate)
    assert found[0] == pytest.approx(more, abs=1e-4)


def test_no_points_are_nothing_and_none_can_keep_everybody():
    assert {row["share_more"] for row in effect(points=0).values()} == {0}
    assert effect(points=90)["in_year"]["retention_after"] == 0.99
    assert effect(hazard=1e-5, points=5)["in_year"]["share_more"] == pytest.approx(0, abs=1e-3)


def test_points_out_of_range_and_nobody_to_keep_are_refused():
    with pytest.raises(RequestProblem, match="retention cannot be"):
        effect(points=101)
    with pytest.raises(RequestProblem, match="stay and leave"):
        retention_effect.retention_effect(base(None), scenario())


def test_the_table_in_words_says_what_the_claim_is_about():
    given = leaving(months=60, hazard=0.02)
    said = [
        str(each)
        for each in retention_effect.meaning(retention_effect.retention_effect(given, scenario(), 5.0, draws=400))
    ]
    assert said[0].startswith(
        "5 points more of retention, 78.7% to 83.7%, would raise what today's customers bring by "
    )
    assert "5 points, not 5%" in said[-1] and "25% to 95%" in said[-1]


def test_new_customers_and_levers_of_the_scenario_are_not_in_it():
    told = cells({"customers": 200, "spend": 10.0, "hazard": 0.02, "acted_on": (0,)}, months=24)
    asked = scenario(price(50, 50, 50), months=24)
    plain = retention_effect.retention_effect(base(told), asked, 5.0, draws=200)
    more = retention_effect.retention_effect(base(told, new=new_customers(rate=50.0)), asked, 5.0, draws=200)
    assert plain.equals(more)
    assert rows(plain)[0]["money_without"] == pytest.approx(200 * 10 * np.exp(-0.02 * np.arange(1, 13)).sum(), rel=0.02)
