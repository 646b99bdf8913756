"""The long simulations: methods held against companies whose truth is known (`make truth`)."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.findings import findings
from analytics.rows import rows
from analytics.win_rate import win_rate
from tests.analytics.companies import AS_OF, DAY, END, Company, Simulator, any_real, first_finding

pytestmark = pytest.mark.truth
COMPANIES = 500


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


def test_with_nothing_planted_few_companies_show_anything_real(simulator):
    """At most 10% of 500 companies: the correction aims at 5%."""
    company = Company()
    found = sum(any_real(simulator, company, seed) for seed in range(COMPANIES))
    assert found <= 0.10 * COMPANIES, found


def test_with_nothing_planted_young_companies_show_nothing_either(simulator):
    """Half of the deals undecided, and losers lingering three times as long."""
    company = Company(deals=600, years=0.5, losers_linger=3.0)
    found = sum(any_real(simulator, company, 1000 + seed) for seed in range(150))
    assert found <= 15, found


def test_a_planted_leak_is_named_first(simulator):
    """One source moves on from Proposal in 30% of cases instead of 57%: the size of the made-up company's own."""
    company = Company(deals=1200, planted={("source", "d", 2): 0.30})
    named = [first_finding(simulator, company, 2000 + seed) for seed in range(60)]
    right = sum(row is not None and (row["field"], row["segment"], row["stage"]) == ("source", "d", "Proposal") for row in named)  # fmt: skip
    assert right >= 57, right
    # What the leak cost, by the truth: every fifth deal is of that source.
    cost = 0.27 * 0.84 * np.exp(9 + 0.6**2 / 2)
    held = [row["money_low"] <= cost * row["n"] <= row["money_high"] for row in named if row is not None]
    assert np.mean(held) >= 0.88, np.mean(held)


def test_a_planted_delay_is_named_first(simulator):
    """One source stays twice as long at Proposal, as the made-up company's large customers do at Negotiation."""
    company = Company(deals=1200, planted_days={("source", "d", 2): 2.0})
    named = [first_finding(simulator, company, 4000 + seed) for seed in range(60)]
    right = [row for row in named if row is not None and (row["kind"], row["segment"], row["stage"]) == ("delay", "d", "Proposal")]  # fmt: skip
    assert len(right) >= 57, len(right)
    # How much longer, by the truth: the mean of what was drawn, restricted to the time the finding was told by.
    random = np.random.default_rng(1)
    days = 26 * random.lognormal(0, 0.8, 400_000) * np.where(random.random(400_000) < 0.57, 1.0, 1.3)
    truth = [
        np.minimum(2 * days, row["within_days"]).mean() - np.minimum(days, row["within_days"]).mean() for row in right
    ]
    held = [row["days_low"] <= extra <= row["days_high"] for row, extra in zip(right, truth, strict=True)]
    assert np.mean(held) >= 0.88, np.mean(held)


def true_chances(company: Company):
    """The chance to be won within so many days, from very many deals of which none is cut off."""
    deals = Company(400_000, company.move_on, company.typical_days, company.losers_linger, {}, {}, 60).frames(1)[
        "deals"
    ]
    deals = deals[deals["created_at"] < END - 365 * 10 * DAY]
    won = deals[deals["status"] == "won"]
    days = np.sort((won["closed_at"] - won["created_at"]).dt.total_seconds().to_numpy() / 86_400)
    return lambda horizon: np.searchsorted(days, horizon, side="right") / len(deals)


def test_the_matured_win_rate_covers_and_the_naive_ones_do_not(simulator):
    """Nine months of deals, losers lingering: a third is undecided, and what is decided was won more often."""
    company = Company(deals=800, years=0.75, losers_linger=2.5, groups={})
    chance = true_chances(company)
    question = win_rate(simulator.tables, AS_OF)
    covered: dict[str, list[bool]] = {"matured": [], "created": [], "closed": []}
    for seed in range(COMPANIES):
        simulator.load(company.frames(3000 + seed))
        found = {row["definition"]: row for row in rows(question.answer(simulator.run))}
        truth = chance(found["matured"]["horizon_days"])
        for name, held in covered.items():
            held.append(found[name]["low"] <= truth <= found[name]["high"])
    shares = {name: float(np.mean(held)) for name, held in covered.items()}
    assert 0.92 <= shares["matured"] <= 0.98, shares
    assert shares["created"] < 0.8, shares
    assert shares["closed"] < 0.2, shares


def test_a_search_finds_the_same_in_one_go(simulator):
    """The rounds written once for many companies ask what the question itself asks."""
    company = Company(deals=1200, planted={("source", "d", 2): 0.30})
    simulator.load(company.frames(1))
    asked = rows(findings(simulator.tables, AS_OF).answer(simulator.run))[0]
    once = first_finding(simulator, company, 1)
    assert once is not None and once["money"] == pytest.approx(asked["money"]) and once["rank"] == 1
