from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics.against_rest import lasting_against_rest
from analytics.dependency import by_owner, dependency
from analytics.fields import find
from analytics.filters import Choice
from analytics.findings import COLUMNS, findings, open_deals
from analytics.funnel import stage_conversion
from analytics.intervals import benjamini_hochberg
from analytics.owners import OWNER
from analytics.rows import rows
from analytics.survival import log_rank
from data.database import connect
from data.engine import Engine
from tests.analytics.companies import AS_OF, Company, Simulator, any_real

LEAK = Company(deals=1200, planted={("source", "d", 2): 0.30})


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


@pytest.fixture
def ask(simulator):
    def asked(frames, filters=AS_OF, **options):
        simulator.load(frames)
        return rows(findings(simulator.tables, filters, **options).answer(simulator.run))

    return asked


def test_a_planted_leak_comes_first_with_what_it_costs(simulator, ask):
    frames = LEAK.frames(5)
    found = ask(frames)
    first = found[0]
    assert (first["rank"], first["kind"], first["stage"]) == (1, "leak", "Proposal")
    assert (first["field"], first["segment"], first["certainty"]) == ("source", "d", "very_likely")
    # The same conversion as the funnel's, broken down by the field, up to the time by which both sides are known.
    groups = stage_conversion(simulator.tables, AS_OF, find("source", simulator.tables)).answer(simulator.run)
    group = groups[(groups["source"] == "d") & (groups["stage"] == "Proposal")].iloc[0]
    assert (first["n"], first["deals_open"]) == (group["entered"], group["still"])
    assert first["conversion"] == pytest.approx(group["conversion"], abs=0.003)
    assert first["value_open"] == pytest.approx(group["still_value"])
    # M18, from its parts.
    average = group["value_entered"] / group["entered"]
    assert first["difference"] == first["conversion"] - first["conversion_rest"] < 0
    assert first["money"] == pytest.approx(-first["difference"] * first["n"] * average * first["win_rate_after"])
    assert 0 < first["money_low"] < first["money"] < first["money_high"]
    assert 0.75 < first["win_rate_after"] < 0.92  # Negotiation moves on in 84% of cases
    # Its open deals, and no others.
    deals = simulator.run(open_deals(simulator.tables, AS_OF, find("source", simulator.tables), "d", "Proposal"))
    assert len(deals) == first["deals_open"] > 0
    assert set(deals["source"]) == {"d"} and set(deals["status"]) == {"open"}


def test_all_comparisons_are_one_family(ask):
    found = ask(LEAK.frames(5))
    p_values = [row["p_value"] for row in found]
    assert {row["tests"] for row in found} == {sum(p is not None for p in p_values)}
    assert [row["q_value"] for row in found] == pytest.approx(benjamini_hochberg(p_values))
    # 5 sources, 8 owners, 3 types, 6 products and 4 sizes, at 4 stages: whether they move on, and how long they stay.
    assert [row["kind"] for row in found].count("leak") == [row["kind"] for row in found].count("delay")
    assert len(found) == 2 * 4 * (5 + 8 + 3 + 6 + 4)
    assert all(row["rank"] is None for row in found if row["q_value"] >= 0.05 or (row["difference"] or 0) > 0)


def test_the_same_leak_seen_through_another_field_is_told_once(ask):
    frames = LEAK.frames(6)
    source = frames["deals"]["source"]
    near = np.random.default_rng(1).random(len(source)) < 0.9
    frames["deals"]["product"] = source.where(near, "z")
    found = {
        (row["field"], row["segment"]): row
        for row in ask(frames)
        if (row["kind"], row["stage"]) == ("leak", "Proposal")
    }
    assert found["product", "d"]["q_value"] < 0.05
    ranked = [key for key, row in found.items() if row["rank"] is not None]
    assert len(ranked) == 1
    (other,) = {("source", "d"), ("product", "d")} - set(ranked)
    assert found[other]["repeats"] == "=".join(ranked[0])


def test_two_leaks_of_their_own_are_both_told(ask):
    company = replace(LEAK, deals=2500, planted={("source", "d", 2): 0.30, ("product", "a", 2): 0.35})
    ranked = {(row["field"], row["segment"]) for row in ask(company.frames(7)) if row["rank"] is not None}
    assert {("source", "d"), ("product", "a")} <= ranked


def test_the_same_groups_under_another_name_are_compared_once(ask):
    frames = LEAK.frames(5)
    frames["deals"]["product"] = frames["deals"]["source"].str.upper()
    assert {row["field"] for row in ask(frames)} == {"source", "owner", "deal_type", "deal_size"}


def test_what_is_written_after_the_outcome_is_no_cause(ask):
    frames = LEAK.frames(5)
    lost = frames["deals"]["status"] == "lost"
    frames["deals"]["deal_type"] = pd.Series(np.where(np.arange(len(lost)) % 2, "Price", "Timing")).where(lost, None)
    assert "deal_type" not in {row["field"] for row in ask(frames)}


def test_without_a_history_the_chance_is_that_of_being_won(ask):
    company = replace(LEAK, planted={("source", "d", stage): chance for stage, chance in enumerate((0.5, 0.6, 0.3))})
    found = ask(company.frames(8), has_history=False)
    first = found[0]
    assert (first["rank"], first["kind"], first["stage"]) == (1, "win_rate", None)
    assert (first["field"], first["segment"]) == ("source", "d")
    assert first["win_rate_after"] == 1
    assert first["conversion"] < first["conversion_rest"]


def test_several_currencies_have_no_money_but_an_order(ask, simulator):
    frames = LEAK.frames(5)
    euros = np.arange(len(frames["deals"])) % 2 == 0
    frames["deals"]["currency"] = np.where(euros, "EUR", "USD")
    of_stay = np.where(euros, "EUR", "USD")[frames["stage_entries"]["deal_no"] - 1]
    frames["stage_entries"]["deal_currency"] = of_stay
    first = ask(frames)[0]
    assert (first["rank"], first["segment"], first["money"], first["currency"]) == (1, "d", None, None)
    of_one = replace(AS_OF, where=(Choice(find("currency", simulator.tables), ("EUR",)),))
    in_euros = ask(frames, of_one)
    assert in_euros[0]["currency"] == "EUR"
    assert in_euros[0]["money"] > 0


def test_nothing_planted_nothing_found(simulator):
    """The long version is in test_truth.py."""
    assert sum(any_real(simulator, Company(), seed) for seed in range(25)) <= 3


def test_few_deals_are_not_tested(ask):
    found = ask(Company(deals=60).frames(1))
    assert all(row["p_value"] is None and row["rank"] is None for row in found)


def test_no_deals_at_all():
    engine = Engine.in_memory({})
    found = findings(engine.tables, AS_OF).answer(engine.run)
    assert list(found.columns) == list(COLUMNS)
    assert found.empty


SLOW = Company(deals=1200, planted_days={("source", "d", 2): 2.0})


def test_a_planted_delay_is_told_with_what_waits(simulator, ask):
    frames = SLOW.frames(5)
    found = ask(frames)
    first = found[0]
    assert (first["rank"], first["kind"], first["stage"]) == (1, "delay", "Proposal")
    assert (first["field"], first["segment"], first["certainty"]) == ("source", "d", "very_likely")
    assert first["days_difference"] == first["stay_days"] - first["stay_days_rest"]
    assert 0 < first["days_low"] < first["days_difference"] < first["days_high"]
    assert first["difference"] is first["conversion"] is None
    # The rows themselves: full hours of each stay, or of how long it has lasted, up to the time told by.
    stays = frames["stage_entries"].merge(frames["deals"][["deal_no", "source"]], on="deal_no")
    stays = stays[stays["stage"] == "Proposal"]
    lasted = (stays["left_at"].fillna(pd.Timestamp("2026-01-01")) - stays["entered_at"]).dt.total_seconds() // 3600 / 24
    is_own, is_open = (stays["source"] == "d").to_numpy(), stays["left_at"].isna().to_numpy()
    within = first["within_days"]
    longest = np.sort(lasted[is_own])[-10], np.sort(lasted[~is_own])[-10]
    assert within == pytest.approx(min(longest))
    for name, side in (("stay_days", is_own), ("stay_days_rest", ~is_own)):
        chance, mean, before = 1.0, 0.0, 0.0
        for day in sorted(set(lasted[side])):
            if day > within:
                break
            mean, before = mean + chance * (day - before), day
            chance *= 1 - (lasted[side & ~is_open] == day).sum() / (lasted[side] >= day).sum()
        assert first[name] == pytest.approx(mean + chance * (within - before))
    # M19: what comes to the stage a day x the extra days.
    span = (stays["entered_at"].max() - stays["entered_at"].min()).total_seconds() / 86_400
    a_day = stays["deal_amount"][is_own].sum() / span
    assert first["value_per_day"] == pytest.approx(a_day)
    assert first["money"] == pytest.approx(a_day * first["days_difference"])
    assert 0 < first["money_low"] < first["money"] < first["money_high"]
    deals = simulator.run(open_deals(simulator.tables, AS_OF, find("source", simulator.tables), "d", "Proposal"))
    assert len(deals) == first["deals_open"] == (is_own & is_open).sum()


def test_how_long_stays_last_by_hand():
    """Forty stays of 1 day against forty of which half last 1 day, half 3; ten more of each never end."""
    counts = np.zeros((2, 3, 5))
    counts[0, 0, 0], counts[1, 0, 0], counts[1, 1, 1] = 40, 20, 20
    counts[:, 2, 4] = 10
    seen = lasting_against_rest(counts, np.array([1.0, 3.0, 10.0]))
    # A fifth is there for ever: 1 + 0.2 x 9; and 1 + 0.6 x 2 + 0.2 x 7.
    assert seen.within.tolist() == [10, 10]
    assert seen.days.tolist() == pytest.approx([2.8, 3.6])
    assert seen.days_rest.tolist() == pytest.approx([3.6, 2.8])
    # Greenwood: (9 x 0.2)^2 x 40 / (50 x 10); and 2.6^2 x 20 / (50 x 30) + 1.4^2 x 20 / (30 x 10).
    assert seen.error[0] ** 2 == pytest.approx(1.8**2 * 40 / 500 + 2.6**2 * 20 / 1500 + 1.4**2 * 20 / 300)
    assert seen.p.tolist() == pytest.approx([log_rank(counts[:, :, :4].sum(axis=2).T, counts[:, :, 4].T)] * 2)
    few = lasting_against_rest(counts / 2, np.array([1.0, 3.0, 10.0]))
    assert np.isnan(few.p).all()


def test_a_delay_without_enough_followed_is_unknown():
    counts = np.zeros((2, 1, 5))
    counts[0, 0, 0], counts[1, 0, 0] = 9, 100
    assert np.isnan(lasting_against_rest(counts, np.array([1.0])).days).all()


def owned(open_money, status="open"):
    return [{"owner": name, "status": status, "currency": "EUR", "amount": each} for name, values in open_money.items() for each in values]  # fmt: skip


@pytest.fixture
def depends():
    def asked(open_money, **other):
        deals = pd.DataFrame(
            [*owned(open_money), *owned({"Ada": [100.0] * 20}, "won"), *owned({"Ben": [100.0] * 60}, "lost")]
        ).assign(**other)
        engine = Engine.in_memory({"deals": deals.assign(deal_id=[f"D{at}" for at in range(len(deals))])})
        return dependency(engine.run(by_owner(engine.tables.deals)))

    return asked


def test_one_owner_with_most_of_the_open_money_is_told(depends):
    found = depends({"Ada": [100.0] * 60, "Ben": [100.0] * 15, "Cleo": [100.0] * 15, "Dov": [100.0] * 10, None: [None]})
    assert (found["kind"], found["segment"], found["n"], found["owners"]) == ("dependency", "Ada", 60, 4)
    assert found["open_share"] == pytest.approx(0.60)
    # Equal deals: the interval of a plain share, 1.96 x sqrt(0.6 x 0.4 / 99).
    assert found["open_share_low"] == pytest.approx(0.6 - 1.96 * (0.24 / 99) ** 0.5, abs=1e-4)
    # 6,000 open x a quarter won x a fifth; carefully a tenth, at the low end of the quarter.
    assert found["win_rate_after"] == pytest.approx(0.25)
    assert found["money"] == pytest.approx(6000 * 0.25 * 0.2)
    assert found["money_low"] == pytest.approx(6000 * (0.25 - 1.96 * (0.1875 / 79) ** 0.5) * 0.1, rel=1e-4)
    assert found["money_low"] < found["money"] < found["money_high"]


@pytest.mark.parametrize(
    "held",
    [
        {"Ada": [100.0] * 60, "Ben": [100.0] * 40},  # two owners: one must hold half
        {"Ada": [100.0] * 45, "Ben": [100.0] * 30, "Cleo": [100.0] * 25},  # less than twice an even share
        {"Ada": [6000.0], "Ben": [100.0] * 20, "Cleo": [100.0] * 10, "Dov": [100.0] * 10},  # one large deal
        {"Ada": [100.0] * 20, "Ben": [100.0] * 3, "Cleo": [100.0] * 3, "Dov": [100.0] * 3},  # few deals
    ],
)
def test_no_owner_stands_out(depends, held):
    assert depends(held) is None


def test_money_of_several_currencies_is_no_share(depends):
    held = {"Ada": [100.0] * 60, "Ben": [100.0] * 15, "Cleo": [100.0] * 15, "Dov": [100.0] * 10}
    assert depends(held) is not None
    assert depends(held, currency=["EUR", "USD"] * 90) is None


def test_dependency_is_ranked_with_the_rest_and_lists_its_deals(ask, simulator):
    frames = LEAK.frames(5)
    is_open = frames["deals"]["status"] == "open"
    frames["deals"].loc[is_open & (frames["deals"]["owner"] != "a") & (frames["deals"].index % 4 > 0), "owner"] = "b"
    found = [row for row in ask(frames) if row["rank"] is not None]
    assert [row["money_low"] for row in found] == sorted((row["money_low"] for row in found), reverse=True)
    (held,) = (row for row in found if row["kind"] == "dependency")
    assert (held["segment"], held["certainty"], held["q_value"], held["stage"]) == ("b", "counted", None, None)
    deals = simulator.run(open_deals(simulator.tables, AS_OF, OWNER, "b", None))
    assert len(deals) == held["deals_open"] == held["n"]
    assert deals["amount"].sum() == pytest.approx(held["value_open"])
    mine = frames["deals"][is_open & (frames["deals"]["owner"] == "b")]["amount"].sum()
    assert held["open_share"] == pytest.approx(mine / frames["deals"][is_open]["amount"].sum())


def test_a_field_of_two_values_that_the_engine_cannot_tell_apart_at_a_glance_is_looked_at(ask):
    pairs = [(f"yes{number}", f"no{number}") for number in range(2000)]
    seen = "SELECT approx_count_distinct(each) FROM (VALUES (?), (?)) AS two(each)"
    with connect() as database:
        alike = next(pair for pair in pairs if database.execute(seen, pair).fetchone() == (1,))
    frames = LEAK.frames(5)
    frames["deals"]["source"] = np.where(frames["deals"]["source"] == "d", *alike)
    assert any((row["field"], row["segment"], row["rank"]) == ("source", alike[0], 1) for row in ask(frames))
