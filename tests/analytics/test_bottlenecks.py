"""Where deals leak, wait and come back, and what it costs."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from analytics.bottlenecks import KINDS, Ranking, bottlenecks
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.reworked import came_back, followed
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.companies import AS_OF, Company, Simulator
from tests.analytics.companies import STAGES as OF_COMPANY
from tests.analytics.sample import STAGES, day, stays

END = Filters(date(2026, 1, 31), pipeline="Sales")


def ask(engine, by="source", filters=END):
    return rows(bottlenecks(engine.tables, filters, find(by, engine.tables) if by else None).answer(engine.run))


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


def asked(simulator, company, seed, by="source"):
    simulator.load(company.frames(seed))
    return ask(simulator.engine, by, AS_OF)


def test_every_stage_and_group_is_there_in_one_family(simulator):
    company = Company(deals=600, groups={"source": 3, "owner": 2})
    found = asked(simulator, company, 1)
    assert {row["kind"] for row in found} == set(KINDS)
    pairs = {(row["stage"], row["segment"]) for row in found if row["kind"] == "leak"}
    assert pairs == {(stage, segment) for stage in OF_COMPANY[: len(company.move_on)] for segment in "abc"}
    assert {row["tests"] for row in found} == {sum(row["p_value"] is not None for row in found)}
    assert all(row["source"] == row["segment"] for row in found)
    assert all(row["money"] is None or row["q_value"] < 0.05 for row in found)
    assert sum(row["n"] for row in found if row["kind"] == "leak" and row["stage"] == "Lead") == 600


def test_the_money_of_a_leak_is_what_brute_force_says(simulator):
    """Ten years of deals, so that nearly all have ended and shares can simply be counted."""
    company = Company(deals=3000, years=10, groups={"source": 4}, planted={("source", "d", 2): 0.30})
    frames = company.frames(5)
    simulator.load(frames)
    row = next(row for row in ask(simulator.engine, "source", AS_OF) if row["rank"] == 1 and row["kind"] == "leak")
    assert (row["stage"], row["segment"]) == ("Proposal", "d")
    entries = frames["stage_entries"].merge(frames["deals"][["deal_id", "source", "status", "amount"]], on="deal_id")
    there = entries[(entries["stage"] == "Proposal") & (entries["fate"] != "still")]
    moved = there["fate"] == "advanced"
    is_own = there["source"] == "d"
    gap = moved[~is_own].mean() - moved[is_own].mean()
    closed = there[moved & (there["status"] != "open")]
    money = gap * row["n"] * there.loc[is_own, "amount"].mean() * (closed["status"] == "won").mean()
    assert row["share_delta"] == pytest.approx(-gap, abs=0.005)
    assert row["money"] == pytest.approx(money, rel=0.01)
    assert row["money_low"] < money < row["money_high"]


def test_the_money_of_a_delay_is_what_brute_force_says(simulator):
    """Deals that have nearly all ended: the average stay up to the longest told, by hand, x what comes a day."""
    company = Company(deals=3000, years=10, groups={"source": 4}, planted_days={("source", "d", 1): 1.8})
    frames = company.frames(6)
    simulator.load(frames)
    row = next(row for row in ask(simulator.engine, "source", AS_OF) if row["rank"] == 1 and row["kind"] == "delay")
    assert (row["stage"], row["segment"]) == ("Demo", "d")
    entries = frames["stage_entries"].merge(frames["deals"][["deal_id", "source", "amount"]], on="deal_id")
    there = entries[entries["stage"] == "Demo"]
    ended = there[there["fate"] != "still"]
    stay = ((ended["left_at"] - ended["entered_at"]).dt.total_seconds() / 86_400).clip(upper=row["within_days"])
    is_own = ended["source"] == "d"
    longer = stay[is_own].mean() - stay[~is_own].mean()
    span = (there["entered_at"].max() - there["entered_at"].min()).total_seconds() / 86_400
    money = longer * there.loc[there["source"] == "d", "amount"].sum() / span
    assert row["days_delta"] == pytest.approx(longer, rel=0.01)
    assert row["money"] == pytest.approx(money, rel=0.01)
    assert row["money_low"] < money < row["money_high"]


def test_every_row_that_is_real_and_worse_has_money(simulator):
    """More of them than `findings` looks at closer; each is as large as the numbers of its row say."""
    weak = {("product", value, stage): 0.2 for value in "abcdefghij" for stage in (0, 2)}
    simulator.load(Company(deals=5000, groups={"product": 20}, planted=weak).frames(8))
    found = ask(simulator.engine, "product", AS_OF)
    worse = [row for row in found if row["kind"] == "leak" and (row["q_value"] or 1) < 0.05 and row["share_delta"] < 0]
    assert len(worse) > 14
    assert all(row["money"] > 0 and row["money_low"] < row["money"] < row["money_high"] for row in worse)
    ranked = [row for row in worse if row["rank"] is not None]
    assert [row["rank"] for row in ranked] == list(range(1, len(ranked) + 1))
    assert [row["money_low"] for row in ranked] == sorted((row["money_low"] for row in ranked), reverse=True)


def returning(back_a=30, back_b=3, n=60, *, with_old=False):
    """Deals of two sources at Lead, some of which come back from Offer for ten days; `with_old` one of a third, years ago."""
    made: list[Any] = []
    visits: list[Any] = []
    for source, back in (("a", back_a), ("b", back_b)):
        for place in range(n):
            name = f"{source}{place}"
            made.append((name, source, 1000.0))
            start = day(1) - timedelta(days=100 + place)
            visits.append((name, "Lead", start, start + timedelta(days=4), "advanced"))
            came = start + timedelta(days=4)
            if place < back:
                visits.append((name, "Offer", came, came + timedelta(days=2), "back"))
                visits.append((name, "Lead", came + timedelta(days=2), came + timedelta(days=12), "advanced", 2))
                visits.append((name, "Offer", came + timedelta(days=12), None, "still", 2))
            else:
                visits.append((name, "Offer", came, None, "still"))
    if with_old:
        made.append(("old", "c", 1000.0))
        visits.append(("old", "Lead", day(1) - timedelta(days=1000), None, "still"))
    deals = pd.DataFrame(made, columns=["deal_id", "source", "amount"]).assign(
        status="open", pipeline="Sales", stage="Offer", currency="EUR"
    )
    deals["created_at"] = day(1) - timedelta(days=200)
    return Engine.in_memory({"stages": STAGES, "deals": deals, "stage_entries": stays(*visits)})


def test_rework_by_eye():
    found = {(row["stage"], row["segment"]): row for row in ask(returning()) if row["kind"] == "rework"}
    row = found["Lead", "a"]
    assert (row["n"], row["share"], row["share_rest"]) == (60, 0.5, 0.05)
    assert row["share_delta"] == pytest.approx(0.45) and 0 < row["share_low"] < 0.45 < row["share_high"]
    assert row["days_delta"] == pytest.approx(10)
    # 30 deals of 1,000 came back within the 159 days that deals came to Lead, for 10 days each; the rest's share is a tenth.
    entered = 59 + 4 + 2  # days from the first to the last visit
    assert row["money"] == pytest.approx((1 - 0.05 / 0.5) * 10 * 30_000 / entered, rel=0.02)
    assert row["money_low"] < row["money"] < row["money_high"]
    assert found["Lead", "b"]["money"] is None


def test_deals_that_the_filters_leave_out_do_not_thin_out_what_comes_back_a_day():
    def money(engine, **chosen):
        found = ask(engine, filters=replace(END, **chosen))
        return next(
            row["money"] for row in found if row["money"] and row["kind"] == "rework" and row["stage"] == "Lead"
        )

    with_old = returning(with_old=True)
    only = (Choice(find("source", with_old.tables), ("a", "b")),)
    assert money(with_old, where=only) == pytest.approx(money(returning()))


def test_several_currencies_have_no_money():
    engine = returning()
    engine.rows("UPDATE deals SET currency = 'USD' WHERE deal_id = 'a1'")
    engine.rows("UPDATE stage_entries SET deal_currency = 'USD' WHERE deal_id = 'a1'")
    row = next(row for row in ask(engine) if row["kind"] == "rework" and row["q_value"] and row["q_value"] < 0.05)
    assert row["money"] is None and row["currency"] is None


def test_a_field_of_too_many_values_is_refused_and_one_of_one_value_tests_nothing():
    engine = returning(n=120)
    with pytest.raises(RequestProblem, match="deal_id has 240 different values; at most 200 groups"):
        ask(engine, "deal_id")
    assert ask(engine, "pipeline") == []


def test_all_fields_are_compared_where_none_is_named(simulator):
    found = asked(simulator, Company(deals=500, groups={"source": 3, "owner": 2}), 3, by=None)
    assert {row["field"] for row in found} >= {"source", "owner"}


def test_deals_that_came_lately_do_not_make_rework_look_rare():
    """Of three deals one came back at once; one came back after 100 days, too late to count; one came ten days ago."""
    made = [("back", 0, 5), ("late", 0, 100), ("young", 130, None)]
    visits: list[Any] = []
    for name, start, back in made:
        began = day(1) + timedelta(days=start)
        visits.append((name, "Lead", began, began + timedelta(days=2), "advanced"))
        visits.append((name, "Offer", began + timedelta(days=2), None if back is None else began + timedelta(days=back), "still" if back is None else "back"))  # fmt: skip
        if back is not None:
            visits.append((name, "Lead", began + timedelta(days=back), None, "still", 2))
    rows_ = stays(*visits)
    rows_["deal_amount"] = [10.0] * len(visits)
    made_deals = {
        "deal_id": [name for name, *_rest in made], "pipeline": ["Sales"] * 3, "stage": ["Lead"] * 3, "status": ["open"] * 3,
        "source": ["x", "x", "y"], "amount": [10.0] * 3,
        "created_at": [day(1) + timedelta(days=start) for _name, start, _back in made],
    }  # fmt: skip
    engine = Engine.in_memory({"stages": STAGES, "deals": made_deals, "stage_entries": rows_})
    until = Filters((day(1) + timedelta(days=140)).date(), pipeline="Sales")
    question = Ranking(engine.tables, until, find("status", engine.tables)).question()
    answers = {name: engine.run(ask) for name, ask in question.expressions(engine.run).items()}
    assert sum(followed(answers["groups"])[0, "Lead"].values()) == 2
    assert sum(came_back(answers["again"])[0, "Lead"].values()) == 1


FIVE: Any = {
    "move_on": (0.78, 0.85, 0.57, 0.84, 0.9), "typical_days": (9.0, 16.0, 26.0, 20.0, 7.0), "groups": {"deal_type": 4}
}  # fmt: skip


@pytest.mark.truth
def test_a_slower_segment_is_found():
    """400 visits of one stage by a segment that is 40% slower, among 1,600, five stages and four segments tested together:
    at q < 0.05 in at least 90% of 200 companies."""
    simulator, company = Simulator(5), Company(1600, **FIVE, planted_days={("deal_type", "a", 0): 1.4})
    hits = 0
    for seed in range(200):
        found = asked(simulator, company, 9000 + seed, "deal_type")
        hits += any(
            (row["kind"], row["stage"], row["segment"]) == ("delay", "Lead", "a") and row["rank"] is not None
            for row in found
        )
    assert hits >= 180, hits


@pytest.mark.truth
def test_with_nothing_planted_few_companies_show_a_bottleneck():
    """At most 10% of 500 companies."""
    simulator, company = Simulator(5), Company(800, **FIVE)
    shown = 0
    for seed in range(500):
        shown += any(
            row["q_value"] is not None and row["q_value"] < 0.05
            for row in asked(simulator, company, 20_000 + seed, "deal_type")
        )
    assert shown <= 50, shown
