from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics.fields import find
from analytics.filters import Choice
from analytics.findings import COLUMNS, findings, open_deals
from analytics.funnel import stage_conversion
from analytics.intervals import benjamini_hochberg
from analytics.rows import rows
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
    # 5 sources, 8 owners, 3 types, 6 products and 4 sizes, at 4 stages.
    assert len(found) == 4 * (5 + 8 + 3 + 6 + 4)
    assert all(row["rank"] is None for row in found if row["q_value"] >= 0.05 or row["difference"] > 0)


def test_the_same_leak_seen_through_another_field_is_told_once(ask):
    frames = LEAK.frames(6)
    source = frames["deals"]["source"]
    near = np.random.default_rng(1).random(len(source)) < 0.9
    frames["deals"]["product"] = source.where(near, "z")
    found = {(row["field"], row["segment"]): row for row in ask(frames) if row["stage"] == "Proposal"}
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
