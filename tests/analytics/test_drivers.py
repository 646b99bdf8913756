"""What separates won from lost: counts by eye and by SQL, odds against a textbook fit, what is planted and what is not."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.drivers import FILLED_WHEN_LOST, driver_deals, drivers
from analytics.fields import find
from analytics.filters import Filters
from analytics.rows import rows
from data.demo.company import LOST, WON, build
from data.engine import Engine
from data.schema import Header
from tests.analytics.sample import random_workspace

AS_OF = date(2026, 11, 14)


def company(seed: int, *, planted: bool) -> Engine:
    """The deals of the made-up company with their customers, as one engine."""
    made = build(seed, 1284, planted)
    deals = [
        {
            "deal_id": deal.id, "customer_id": deal.customer.id, "owner": deal.now.owner.en if deal.now.owner else None,
            "status": {WON: "won", LOST: "lost"}.get(deal.now.stage, "open"), "amount": deal.now.amount,
            "currency": "ILS", "source": deal.source.en, "product": deal.product.name.en,
            "created_at": deal.visits[0].at, "closed_at": deal.closed,
            "lost_reason": deal.notes.lost_reason.en if deal.notes.lost_reason else None,
            "attr_1": deal.notes.competitor.en if deal.notes.competitor else None,
        }
        for deal in made.deals
    ]  # fmt: skip
    customers = [
        {"customer_id": each.id, "segment": each.segment.en, "region": each.region.en, "city": each.city.en}
        for each in made.customers
    ]
    headers = (Header("deals", "attr_1", "Competitor", True),)
    return Engine.in_memory({"deals": pd.DataFrame(deals), "customers": pd.DataFrame(customers)}, headers)


@pytest.fixture(scope="module")
def planted():
    return company(20261114, planted=True)


@pytest.fixture(scope="module")
def found(planted):
    return drivers(planted.tables, Filters(AS_OF)).answer(planted.run)


def row(found: pd.DataFrame, field: str, value: str) -> pd.Series:
    return found[(found["field"] == field) & (found["value"] == value)].iloc[0]


def test_counts_and_plain_odds_are_those_of_sql(root: Path):
    engine = random_workspace()
    filters = Filters(date(2025, 9, 30))
    answer = rows(drivers(engine.tables, filters).answer(engine.run))
    by_hand = rows(engine.query((root / "tests/sql/drivers.sql").read_text("utf-8"), {"now": filters.now}))
    expected = {(each["field"], each["value"]): each for each in by_hand}
    # The west has one owner, and deals without an owner have no team: the same deals are not compared twice.
    assert expected.keys() - {(each["field"], each["value"]) for each in answer} == {("team", "West"), ("team", None)}
    assert {each["value"]: each["same_as"] for each in answer if each["same_as"]} == {"o3": "team=West", None: "team="}
    for each in answer:
        for name in ("won", "lost", "undecided", "win_rate", "odds_ratio"):
            assert each[name] == pytest.approx(expected[each["field"], each["value"]][name]), name


def test_the_planted_leak_is_found_first_and_referrals_are_better(found):
    first = found.iloc[0]
    assert (first["field"], first["value"]) == ("source", "Event")
    assert first["q_value"] < 0.05 and first["high"] < 1 and first["deals_high"] < 0 and first["money_difference"] < 0
    assert row(found, "source", "Referral")["q_value"] < 0.05
    assert (found["q_value"] < 0.05).sum() == 2


def test_the_lost_reason_is_set_aside(found):
    leaks = found[found["is_leakage"]]
    assert set(leaks["field"]) == {"lost_reason"}
    assert leaks["q_value"].isna().all() and leaks["adjusted_odds_ratio"].isna().all() and leaks["reason"].notna().all()


def test_every_closed_deal_is_in_one_value_of_a_field(found):
    of_source = found[found["field"] == "source"]
    closed = found[found["field"] == "region"]["n"].sum()
    assert of_source["n"].sum() == closed == 1054
    assert (found["won"] + found["lost"] == found["n"]).all()
    assert found["tests"].nunique() == 1 and found["tests"].iloc[0] == found["q_value"].notna().sum()


def test_the_deals_behind_a_row_are_as_many_as_it_counts(planted, found):
    event = row(found, "source", "Event")
    deals = planted.run(driver_deals(planted.tables, Filters(AS_OF), find("source", planted.tables), "Event"))
    assert deals["status"].value_counts().to_dict() == {
        "lost": event["lost"], "won": event["won"], "open": event["undecided"],
    }  # fmt: skip


def confounded(n: int = 3000) -> Engine:
    """Large deals are won less often and are mostly Ann's; Ann herself makes no difference. Amounts 1 or 1000."""
    random = np.random.default_rng(3)
    is_large = random.random(n) < 0.5
    owner = np.where(random.random(n) < np.where(is_large, 0.8, 0.2), "Ann", "Bob")
    won = random.random(n) < np.where(is_large, 0.2, 0.6)
    day = datetime(2026, 1, 1)
    return Engine.in_memory(
        {
            "deals": pd.DataFrame(
                {
                    "deal_id": [str(place) for place in range(n)], "owner": owner, "created_at": day, "closed_at": day,
                    "status": np.where(won, "won", "lost"), "amount": np.where(is_large, 1000.0, 1.0),
                    "currency": "USD", "attr_1": np.where(won | (random.random(n) < 0.5), "", "Rival"),
                }
            )
        },
        (Header("deals", "attr_1", "Rival named", True),),
    )  # fmt: skip


def test_size_takes_no_credit_away_and_gives_none():
    engine = confounded()
    found = drivers(engine.tables, Filters(AS_OF)).answer(engine.run)
    ann = row(found, "owner", "Ann")
    assert ann["odds_ratio"] < 0.5  # as they stand, half the odds
    assert ann["low"] < 1 < ann["high"] and ann["adjusted_for"] == "size"

    import statsmodels.api as sm

    deals = engine.query("SELECT status = 'won' AS won, owner = 'Ann' AS ann, amount > 1 AS large FROM deals")
    fit = sm.Logit(deals["won"].astype(float), sm.add_constant(deals[["ann", "large"]].astype(float))).fit(disp=0)
    assert ann["adjusted_odds_ratio"] == pytest.approx(np.exp(fit.params["ann"]), rel=0.01)
    low, high = np.exp(fit.conf_int().loc["ann"])
    assert (ann["low"], ann["high"]) == (pytest.approx(low, rel=0.01), pytest.approx(high, rel=0.01))


def test_what_is_filled_in_only_for_lost_deals_is_set_aside():
    engine = confounded()
    found = drivers(engine.tables, Filters(AS_OF)).answer(engine.run)
    rival = row(found, "Rival named", "Rival")
    assert rival["is_leakage"] and rival["reason"] == FILLED_WHEN_LOST and rival["won"] == 0


def test_amounts_that_follow_from_the_outcome_adjust_nothing():
    """As in exports that set the amount of a lost deal to 0."""
    day = datetime(2026, 1, 1)
    status = ["won", "lost"] * 100
    engine = Engine.in_memory(
        {
            "deals": pd.DataFrame(
                {
                    "deal_id": [str(place) for place in range(200)], "status": status, "created_at": day,
                    "closed_at": day, "amount": [500.0 + place if place % 2 == 0 else 0.0 for place in range(200)],
                    "currency": "USD", "owner": ["Ann", "Ann", "Bob", "Bob"] * 50,
                }
            )
        }
    )  # fmt: skip
    found = drivers(engine.tables, Filters(AS_OF)).answer(engine.run)
    assert found["adjusted_for"].isna().all() and found["money_difference"].isna().all()
    assert row(found, "owner", "Ann")["adjusted_odds_ratio"] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("n", [0, 1, 40])
def test_little_data_gives_no_false_numbers(n):
    day = datetime(2026, 1, 1)
    deals = {
        "deal_id": [str(place) for place in range(n)],
        "status": ["won", "lost"][:n] * (n // 2 or 1),
        "owner": ["Ann"] * n,
    }
    engine = Engine.in_memory({"deals": pd.DataFrame(deals).assign(created_at=day, closed_at=day)} if n else {})
    found = drivers(engine.tables, Filters(AS_OF)).answer(engine.run)
    assert found["q_value"].notna().sum() == 0


@pytest.mark.truth
def test_with_nothing_planted_nothing_comes_out_real():
    seeds = 100
    false = 0
    for seed in range(1, seeds + 1):
        engine = company(seed, planted=False)
        false += bool((drivers(engine.tables, Filters(AS_OF)).answer(engine.run)["q_value"] < 0.05).any())
        engine.close()
    assert false <= 0.10 * seeds
