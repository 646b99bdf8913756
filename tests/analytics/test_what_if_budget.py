"""The best use of a budget: the program against every choice there is, gains by hand, and a truth that was planted."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest

from analytics.budget_commands import Said
from analytics.customers import scores
from analytics.rows import rows
from analytics.what_if import budget_customers, budget_program
from analytics.what_if.budget import budget, budget_curve, budget_notes, budget_strategies
from analytics.what_if.budget_compared import STRATEGIES, Plan
from analytics.what_if.budget_customers import Known
from analytics.what_if.budget_gains import Customers, World, gains
from analytics.what_if.budget_program import Limits, Options, best_choice, in_turn, is_within, net_of, spent
from analytics.what_if.effects import hazard_factor
from analytics.what_if.scenario import Capacity, Cost, Lever, Range, Scenario, Target
from analytics.what_if.simulate import simulate
from data.customer_settings import CustomerSettings
from data.errors import RequestProblem
from data.messages import Message, say
from tests.analytics import leaving
from tests.analytics.what_if_scored import FILTERS, PLAIN, RATE, based, by_hand

SURE = Range.of


def options_at_random(random, customers=5, levers=3):
    n = customers * levers
    customer, lever = np.repeat(np.arange(customers), levers), np.tile(np.arange(levers), customers)
    fixed = np.where(random.random(levers) < 0.5, random.uniform(0, 6, levers), 0.0)
    owner = random.integers(-1, 2, customers)[customer]
    return Options(
        customer, lever, owner, random.normal(5, 5, n), random.uniform(0, 6, n), random.uniform(0, 0.5, n), fixed
    )


def limits_at_random(random):
    return Limits(float(random.uniform(0, 15)), float(random.uniform(0, 1.2)) if random.random() < 0.7 else None)


def best_of_all(options, limits):
    """By looking at every choice there is."""
    each = [[-1, *np.flatnonzero(options.customer == customer)] for customer in np.unique(options.customer)]
    best = 0.0
    for picked in product(*each):
        chosen = np.zeros(len(options), dtype=bool)
        chosen[[at for at in picked if at >= 0]] = True
        if is_within(options, chosen, limits):
            best = max(best, net_of(options, chosen))
    return best


# the program


@pytest.mark.parametrize("seed", range(40))
def test_no_choice_is_better(seed):
    random = np.random.default_rng(seed)
    options, limits = options_at_random(random), limits_at_random(random)
    found = best_choice(options, limits)
    assert found.net == pytest.approx(best_of_all(options, limits), abs=1e-9)
    assert found.net == pytest.approx(net_of(options, found.chosen))
    assert is_within(options, found.chosen, limits)


@pytest.mark.parametrize("seed", range(8))
def test_no_choice_is_better_where_many_levers_have_fixed_costs(seed, monkeypatch):
    monkeypatch.setattr(budget_program, "_TRIED", 0)
    random = np.random.default_rng(seed)
    options, limits = options_at_random(random), limits_at_random(random)
    assert best_choice(options, limits).net == pytest.approx(best_of_all(options, limits), abs=1e-9)


@pytest.mark.parametrize("seed", range(2))
def test_limits_hold_where_customers_are_many(seed):
    random = np.random.default_rng(seed)
    options = options_at_random(random, customers=800)
    options = replace(options, owner=random.integers(-1, 9, 800)[options.customer])
    limits = Limits(700.0, 6.0)
    found = best_choice(options, limits)
    assert found.chosen.sum() > 100
    assert spent(options, found.chosen) <= limits.budget * (1 + 1e-9)
    for owner in range(9):
        assert options.load[found.chosen & (options.owner == owner)].sum() <= 6.0 * (1 + 1e-9)
    assert np.bincount(options.customer[found.chosen]).max() == 1
    assert found.net <= found.bound
    assert found.gap <= budget_program.CLOSE


def test_more_money_never_brings_less():
    random = np.random.default_rng(5)
    for _each in range(10):
        options = options_at_random(random)
        nets = [best_choice(options, Limits(money, 0.6)).net for money in np.linspace(0, 20, 12)]
        assert all(more >= less - 1e-9 for less, more in pairwise(nets))


def test_the_choice_does_not_hang_on_the_unit_of_money():
    random = np.random.default_rng(6)
    for _each in range(10):
        options = options_at_random(random)
        doubled = replace(options, net=options.net * 2, cost=options.cost * 2, fixed=options.fixed * 2)
        one, other = best_choice(options, Limits(7.0)), best_choice(doubled, Limits(14.0))
        assert (one.chosen == other.chosen).all()
        assert one.chosen.any()


def test_without_money_only_what_is_free_is_done():
    options = Options(*(np.array([0, 1]), np.array([0, 0]), np.array([-1, -1])), np.array([5.0, 5.0]), np.array([0.0, 1.0]), np.zeros(2), np.zeros(1))  # fmt: skip
    assert best_choice(options, Limits(0.0)).chosen.tolist() == [True, False]


def test_a_plain_rule_is_never_better():
    random = np.random.default_rng(7)
    for _each in range(30):
        options, limits = options_at_random(random), limits_at_random(random)
        rule = in_turn(options, random.permutation(len(options)), limits)
        assert is_within(options, rule, limits)
        assert best_choice(options, limits).net >= net_of(options, rule) - 1e-9


@pytest.mark.parametrize(("customers", "is_worth"), [(4, False), (6, True)])
def test_a_fixed_cost_has_to_be_earned(customers, is_worth):
    n = np.arange(customers)
    options = Options(
        n, n * 0, n * 0 - 1, np.full(customers, 2.0), np.ones(customers), np.zeros(customers), np.array([10.0])
    )
    found = best_choice(options, Limits(100.0))
    assert found.chosen.all() == is_worth
    assert found.chosen.any() == is_worth
    assert found.net == (2.0 if is_worth else 0.0)


def test_the_next_unit_of_money_brings_what_the_customer_in_part_does():
    n = np.arange(3)
    options = Options(n, n * 0, n * 0 - 1, np.array([30.0, 12.0, 4.0]), np.full(3, 10.0), np.zeros(3), np.zeros(1))
    assert best_choice(options, Limits(15.0)).shadow_price == pytest.approx(1.2)
    assert best_choice(options, Limits(25.0)).shadow_price == pytest.approx(0.4)
    assert best_choice(options, Limits(35.0)).shadow_price == 0


# what a lever brings


def customers(hazard, spend=100.0, months=12, levers=1, **known):
    """Customers with a hazard a month each, who bring so much a month."""
    hazard = np.asarray(hazard, dtype=float)
    n = len(hazard)
    usual = {
        "ids": tuple(f"C{number}" for number in range(n)), "alive": np.ones(n), "hazard": np.repeat(hazard[:, None], months, axis=1),
        "spend": np.repeat(np.broadcast_to(spend, n)[:, None].astype(float), months, axis=1),
        "hazard_shifts": np.zeros((n, 1)), "alive_shifts": np.zeros((n, 1)), "spend_shifts": np.zeros((n, 1)), "spread": np.zeros(n),
        "is_new": np.zeros(n, dtype=bool), "is_lost": np.zeros(n, dtype=bool), "monthly": np.zeros(n),
        "acted_on": np.ones((n, levers), dtype=bool), "rest_hazard": np.zeros(0), "rest_weight": np.zeros(0),
        "rest_acted_on": np.zeros((0, levers), dtype=bool),
    }  # fmt: skip
    return Customers(**(usual | known))


def scenario(*levers, months=12, **options):
    return Scenario("a", levers, **({"horizon_months": months, "discount_rate": 0.0, "budget": 1000.0} | options))


def told(of, asked):
    return gains(of, asked, World.of(asked, of.hazard_shifts.shape[1]))


def plan(of, asked, owners=None, names=None):
    n = len(of)
    value = of.spend.sum(axis=1)
    risk = 1 - np.exp(-of.hazard.sum(axis=1))
    return Plan.of(
        Known(of, names or of.ids, owners or (None,) * n, value, value * risk, risk, "USD", None, 0, 0.0), asked
    )


def test_points_of_retention_are_those_of_the_whole_target():
    of = customers([0.01, 0.05])
    found = told(of, scenario(Lever("retention", SURE(5.0))))
    factor = hazard_factor(np.array([[0.12, 0.60]]), np.ones((1, 2)), np.array([0.05]))[0]
    would, does = np.exp(-np.array([0.12, 0.60])), np.exp(-factor * np.array([0.12, 0.60]))
    assert (does - would).mean() == pytest.approx(0.05)
    month = np.arange(1, 13)
    by_hand = [(100 * (np.exp(-factor * rate * month) - np.exp(-rate * month))).sum() for rate in (0.01, 0.05)]
    assert found.expected == pytest.approx(by_hand)
    # Who hardly ever leaves has little to gain.
    assert found.expected[0] < found.expected[1] / 2


def test_a_lever_of_nothing_brings_exactly_nothing():
    levers = [
        Lever("retention", SURE(0.0)),
        Lever("save_rate", SURE(0.0)),
        Lever("discount", SURE(0.0)),
        Lever("win_back", SURE(0.0)),
    ]
    found = told(customers([0.01, 0.05], levers=4), scenario(*levers))
    assert (found.expected == 0).all()
    assert (found.expected_saves == 0).all()


def test_a_discount_gives_away_what_would_be_bought_anyway():
    found = told(customers([0.02]), scenario(Lever("discount", SURE(10.0))))
    assert found.expected == pytest.approx([-0.1 * 100 * np.exp(-0.02 * np.arange(1, 13)).sum()])


def test_a_reward_is_lost_on_those_who_stay_anyway():
    of = customers([0.0005, 0.06])
    asked = scenario(Lever("loyalty", SURE(6.0), reward=SURE(4.0)))
    found = plan(of, asked)
    assert found.gains.expected[0] < 0 < found.gains.expected[1]
    assert found.best().chosen.tolist() == [False, True]


def test_who_is_held_back_stays():
    asked = scenario(
        Lever("save_rate", SURE(40.0), coverage=SURE(50.0)), Lever("contact_coverage", SURE(50.0), save_rate=SURE(40.0))
    )
    found = told(customers([0.05], levers=2), asked)
    month = np.arange(1, 13)
    assert found.expected == pytest.approx([(100 * (np.exp(-0.04 * month) - np.exp(-0.05 * month))).sum()] * 2)
    stays = np.exp(-0.04 * (month - 1))
    assert found.expected_saves == pytest.approx([(stays * (np.exp(-0.04) - np.exp(-0.05))).sum()] * 2)


def test_a_lever_that_starts_after_the_horizon_brings_nothing():
    found = told(customers([0.05]), scenario(Lever("retention", SURE(5.0), delay_months=12)))
    assert found.expected == pytest.approx([0.0])


def test_who_is_won_back_brings_what_it_brought():
    of = customers(
        [0.0, 0.0], is_lost=np.array([True, False]), monthly=np.array([50.0, 0.0]), alive=np.array([0.0, 1.0]),
        is_new=np.array([False, True]),
    )  # fmt: skip
    found = told(of, scenario(Lever("win_back", SURE(12.0))))
    # One in a hundred comes back in each month, and nobody new leaves here: it brings 50 in 12, 11, ... 1 months.
    assert found.customer.tolist() == [0]
    assert found.expected == pytest.approx([0.01 * 50 * 78])
    assert found.expected_saves == pytest.approx([0.12])


def test_onboarding_acts_on_new_customers():
    of = customers([0.05, 0.05], is_new=np.array([True, False]))
    assert told(of, scenario(Lever("onboarding", SURE(5.0)))).customer.tolist() == [0]


def test_without_doubt_there_is_no_interval():
    found = plan(customers([0.05]), scenario(Lever("retention", SURE(5.0))))
    assert np.ptp(found.one_by_one(np.array([0]))) == pytest.approx(0, abs=1e-9)


def test_the_range_of_a_lever_makes_an_interval():
    found = plan(customers([0.05]), scenario(Lever("retention", Range(0.0, 5.0, 10.0))))
    drawn = found.one_by_one(np.array([0]))[0]
    assert drawn.mean() == pytest.approx(found.gains.expected[0])
    assert drawn.min() >= 0
    at_most = told(customers([0.05]), scenario(Lever("retention", SURE(10.0)))).expected[0]
    assert 0.9 * at_most < drawn.max() <= at_most * (1 + 1e-9)


def test_doubt_of_spending_is_doubt_of_the_gain():
    of = customers([0.05], spend_shifts=np.array([[0.2]]))
    drawn = plan(of, scenario(Lever("retention", SURE(5.0)))).one_by_one(np.array([0]))[0]
    assert drawn.std() / drawn.mean() == pytest.approx(0.2, rel=0.02)


def test_an_owner_has_time_for_so_many():
    of = customers([0.05] * 6)
    lever = Lever("save_rate", SURE(50.0))
    each = told(of, scenario(lever)).load[0]
    asked = scenario(lever, capacity=Capacity(2.5 * each))
    found = plan(of, asked, owners=("Ann", "Ann", "Ann", "Bo", None, None))
    chosen = found.best().chosen
    assert chosen[:3].sum() == 2
    assert chosen[3:].all()


def test_money_and_margin_scale_what_is_gained():
    asked = scenario(Lever("retention", SURE(5.0)))
    whole, half = (told(customers([0.05, 0.01], spend=money), asked).expected for money in (100.0, 50.0))
    assert half == pytest.approx(whole / 2)


# a planted truth


@pytest.fixture(scope="module")
def planted():
    """300 customers whose hazards and spend are known, and what comes of each choice in 3,000 worlds."""
    random = np.random.default_rng(11)
    n, months = 300, 24
    hazard, spend = random.lognormal(-3.7, 0.9, n), random.lognormal(4.5, 1.0, n)
    of = customers(hazard, spend, months, levers=2)
    levers = (
        Lever("save_rate", SURE(30.0), cost=Cost(per_customer=SURE(60.0))),
        Lever("save_rate", SURE(50.0), cost=Cost(per_customer=SURE(150.0), fixed=SURE(300.0))),
    )
    found = plan(of, scenario(*levers, months=months, budget=3000.0))
    month = np.arange(1, months + 1)
    leaves_at = random.exponential(size=(3000, n))

    def realised(chosen):
        """By world, what the customers chosen bring more with their lever than without."""
        total = np.zeros(len(leaves_at))
        for at in np.flatnonzero(chosen):
            customer, share = found.options.customer[at], (0.3, 0.5)[found.options.lever[at]]
            total_hazard = hazard[customer] * month
            threshold = leaves_at[:, customer, None]
            stays = (threshold > (1 - share) * total_hazard).sum(axis=1) - (threshold > total_hazard).sum(axis=1)
            total += spend[customer] * stays
        return total

    choices = {name: found.best().chosen if name == "best" else found.by_rule(name) for name in STRATEGIES}
    return found, choices, {name: realised(chosen) for name, chosen in choices.items()}


def test_what_is_expected_comes_true(planted):
    found, choices, realised = planted
    for name, chosen in choices.items():
        error = realised[name].std() / np.sqrt(len(realised[name]))
        assert realised[name].mean() == pytest.approx(found.gains.expected[chosen].sum(), abs=4 * error)


def test_the_best_use_realises_more_than_plain_rules(planted):
    found, choices, realised = planted
    net = {name: realised[name].mean() - spent(found.options, chosen) for name, chosen in choices.items()}
    assert net["best"] > 1.02 * max(each for name, each in net.items() if name != "best")
    for chosen in choices.values():
        assert is_within(found.options, chosen, found.limits)


def test_intervals_hold_what_comes(planted):
    found, choices, realised = planted
    drawn = found.totals(choices)
    for name, (gain, cost) in drawn.items():
        low, high = np.quantile(gain, (0.1, 0.9))
        assert 0.76 < ((realised[name] > low) & (realised[name] < high)).mean() < 0.84
        assert gain.mean() == pytest.approx(found.gains.expected[choices[name]].sum(), rel=0.02)
        assert cost == pytest.approx(np.full(len(cost), spent(found.options, choices[name])))


def test_choices_are_compared_in_the_same_draws(planted):
    found, choices, realised = planted
    drawn = found.totals(choices)
    apart = {name: drawn["best"][0] - drawn[name][0] for name in STRATEGIES[1:]}
    for name, difference in apart.items():
        assert difference.std() == pytest.approx((realised["best"] - realised[name]).std(), rel=0.25)
        together = np.corrcoef(drawn["best"][0], drawn[name][0])[0, 1]
        assert together == pytest.approx(np.corrcoef(realised["best"], realised[name])[0, 1], abs=0.15)
    same = found.totals({"one": choices["best"], "other": choices["best"]})
    assert (same["one"][0] == same["other"][0]).all()


# the commands


CALL = Lever("retention", Range(3.0, 5.0, 8.0), cost=Cost(per_customer=SURE(20.0)))


def company(*more, **options):
    brought = [12_000.0, 6_000.0, 3_000.0, 1_200.0, 600.0, 120.0]
    each = [{"customer_id": f"C{n}", "customer": f"Customer {n}", "owner": "AB"[n % 2], "revenue_12m": money} for n, money in enumerate(brought)]  # fmt: skip
    return by_hand(*each, *more, **options)


@pytest.fixture(scope="module")
def engine():
    return company(low=0.01, high=0.04)


def answer(question, engine, asked, settings=PLAIN, **options):
    return question(engine.tables, FILTERS, asked, settings, **options).answer(engine.run)


def test_customers_with_most_to_gain_come_first_within_the_budget(engine):
    found = rows(answer(budget, engine, scenario(CALL, budget=65.0)))
    assert [row["customer_id"] for row in found] == ["C0", "C1", "C2"]
    assert sum(row["cost"] for row in found) <= 65
    assert all(row["low"] < row["expected_gain"] < row["high"] for row in found)
    assert [row["net_gain"] for row in found] == pytest.approx([row["expected_gain"] - row["cost"] for row in found])
    assert {row["owner"] for row in found} == {"A", "B"}
    assert {row["currency"] for row in found} == {"USD"}


def test_rows_add_up_to_what_is_spent(engine):
    lever = replace(CALL, cost=Cost(SURE(30.0), SURE(1.0), SURE(20.0), Range(0.0, 5.0, 10.0)))
    asked = scenario(lever, budget=200.0)
    listed, ways = rows(answer(budget, engine, asked)), rows(answer(budget_strategies, engine, asked))
    assert sum(row["cost"] for row in listed) == pytest.approx(ways[0]["cost"])
    assert sum(row["expected_gain"] for row in listed) == pytest.approx(ways[0]["expected_gain"])
    assert len(listed) == ways[0]["treated"]
    # 30 once, 1 a month for a year, 20 a customer and 5 for each saved.
    saves = sum(row["saves"] for row in listed)
    assert ways[0]["cost"] == pytest.approx(42 + 20 * len(listed) + 5 * saves)


def test_where_it_is_unsure_whether_a_customer_pays_it_is_said(engine):
    found = rows(answer(budget, engine, scenario(CALL, budget=1000.0)))
    assert {row["customer_id"]: row["uncertain_gain"] for row in found}["C0"] is False
    assert all(row["uncertain_gain"] == (row["low"] < row["cost"]) for row in found)
    assert "C5" not in [row["customer_id"] for row in found]


def test_all_of_a_lever_is_what_the_simulation_has_of_it(engine):
    lever = Lever("retention", SURE(5.0), ramp_months=3)
    asked = scenario(lever, months=24, draws=4000)
    of_budget = rows(answer(budget_strategies, engine, asked))[0]
    of_all = simulate(
        based(engine, lever, horizon_months=24, discount_rate=0.0, draws=4000), replace(asked, counts_new=False)
    )
    added = (of_all.scenario.revenue - of_all.baseline.revenue).sum(axis=1)
    assert of_budget["treated"] == 6
    assert of_budget["expected_gain"] == pytest.approx(added.mean(), rel=0.06)


def test_ways_to_choose_are_told_beside_each_other(engine):
    found = rows(answer(budget_strategies, engine, scenario(CALL, budget=45.0)))
    assert [row["strategy"] for row in found] == list(STRATEGIES)
    assert found[0]["beats_best"] is None
    assert all(row["cost"] <= 45 for row in found)
    assert all(row["short_of_best"] >= 0 and 0 <= row["beats_best"] <= 1 for row in found[1:])
    # By value and by value at risk the same customers are chosen: no draw tells them apart.
    largest = next(row for row in found if row["strategy"] == "largest")
    assert largest["short_of_best"] == 0
    assert largest["beats_best"] == 0
    assert largest["net_gain_low"] == found[0]["net_gain_low"]


def test_more_money_stops_paying(engine):
    found = rows(answer(budget_curve, engine, scenario(CALL, budget=40.0)))
    assert [row["budget"] for row in found] == [10, 20, 30, 40, 60, 80, 120, 160]
    assert [row["treated"] for row in found] == [0, 1, 1, 2, 3, 4, 4, 4]
    nets = [row["net_gain"] for row in found]
    assert nets == sorted(nets)
    assert found[1]["next_unit"] > found[3]["next_unit"] > found[-1]["next_unit"] == 0


def test_no_money_gives_no_rows(engine):
    notes: list[Message] = []
    assert answer(budget, engine, scenario(CALL, budget=0.0), notes=notes).empty
    assert notes == [say("The budget is too small for any lever.")]


def test_levers_that_cost_more_than_they_bring_give_no_rows(engine):
    notes: list[Message] = []
    assert answer(budget, engine, scenario(Lever("discount", SURE(5.0))), notes=notes).empty
    assert "keep it" in str(notes[0])
    found = rows(answer(budget_notes, engine, scenario(Lever("discount", SURE(5.0)))))
    assert [Message.parse(row["note"]) for row in found] == notes


def test_levers_on_everybody_get_no_money(engine):
    notes: list[Message] = []
    answer(budget, engine, scenario(CALL, Lever("price", SURE(2.0))), notes=notes)
    assert "price" in str(notes[0])
    assert any("treats 4 customers" in str(note) for note in notes)


def test_a_budget_is_needed(engine):
    with pytest.raises(RequestProblem, match="no budget"):
        budget(engine.tables, FILTERS, scenario(CALL, budget=None), PLAIN)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (scenario(CALL, currency="XAF"), "XAF"),
        (scenario(replace(CALL, target=Target(owners=("Nobody",)))), "Nobody"),
        (scenario(replace(CALL, target=Target(quadrants=("left",)))), "left"),
        (scenario(replace(CALL, target=Target(where=(("shoe_size", ("9",)),)))), "shoe_size"),
    ],
)
def test_what_is_not_there_is_refused(engine, asked, said):
    with pytest.raises(RequestProblem, match=said):
        answer(budget, engine, asked)


def test_a_target_is_kept_to(engine):
    found = rows(answer(budget, engine, scenario(replace(CALL, target=Target(owners=("A",))))))
    assert {row["owner"] for row in found} == {"A"}


def test_the_same_question_has_the_same_answer(engine):
    for question in (budget, budget_strategies, budget_curve):
        one, other = (answer(question, engine, scenario(CALL, budget=65.0)) for _each in range(2))
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_a_margin_makes_profit_of_it(engine):
    lever = replace(CALL, cost=Cost())
    whole = answer(budget, engine, scenario(lever))
    half = answer(budget, engine, scenario(lever, margin=0.5))
    kept = answer(budget, engine, scenario(lever), CustomerSettings(margin=0.5))
    for name in ("expected_gain", "low", "high", "value", "value_at_risk"):
        assert half[name].tolist() == pytest.approx((whole[name] / 2).tolist())
        assert kept[name].tolist() == pytest.approx(half[name].tolist())


def test_customers_with_contracts_leave_by_their_own_curves():
    engine, filters = leaving.dated(), replace(FILTERS, as_of=leaving.END)
    scores.ensure(engine, engine.tables, filters)
    asked = scenario(CALL, budget=400.0, counts_new=False)
    found = rows(budget(engine.tables, filters, asked, PLAIN).answer(engine.run))
    every = engine.run(scores.every(filters))
    risk = every[every["value"].notna() & ~every["lifecycle"].isin(["lost", "potential"])]["risk"].mean()
    assert len(found) == 20
    assert np.mean([row["risk"] for row in found]) > risk


def test_names_are_only_names():
    name = '=1+1"><script>alert(1)</script>{x}%s\u202e'
    engine = company({"customer_id": name, "customer": name, "owner": name, "revenue_12m": 50_000.0})
    found = rows(answer(budget, engine, scenario(CALL, capacity=Capacity(3.0))))[0]
    assert (found["customer_id"], found["customer"], found["owner"]) == (name, name, name)


def test_nobody_to_treat_is_said():
    engine = by_hand()
    notes: list[Message] = []
    assert answer(budget, engine, scenario(), notes=notes).empty
    assert notes
    assert rows(answer(budget_strategies, engine, scenario()))[0]["expected_gain"] == 0


def test_customers_beyond_the_most_count_in_their_target(engine, monkeypatch):
    asked = scenario(CALL)
    every = answer(budget, engine, asked).set_index("customer_id")
    monkeypatch.setattr(budget_customers, "MOST", 2)
    notes: list[Message] = []
    found = answer(budget, engine, asked, notes=notes).set_index("customer_id")
    assert found.index.tolist() == ["C0", "C1"]
    assert found["expected_gain"].tolist() == pytest.approx(every.loc[["C0", "C1"], "expected_gain"].tolist())
    assert any(str(note).startswith("4 customers with less at risk were not looked at") for note in notes)


def test_the_rate_of_the_model_is_what_gains_are_told_by(engine):
    asked = scenario(Lever("save_rate", SURE(50.0), coverage=SURE(100.0)))
    found = rows(answer(budget, engine, asked))
    month = np.arange(1, 13)
    share = (np.exp(-RATE / 2 * month) - np.exp(-RATE * month)).sum() / 12
    assert found[0]["expected_gain"] == pytest.approx(12_000 * share, rel=0.01)


def test_notes_are_said_with_the_answer():
    notes: list[Message] = []
    said = Said(notes, budget=5.0)
    assert dict(said) == {"budget": 5.0}
    notes.append(say("The budget is too small for any lever."))
    whole = {"as_of": None} | dict(said)
    whole |= said
    assert whole["notes"] == "The budget is too small for any lever"
    assert len(said) == 2
