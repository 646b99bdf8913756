"""What came after survey answers: leaving, buying again, revenue, and what rests on detractors."""

import math
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.customers import scores
from analytics.customers.basis import Source
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.nps import following
from analytics.nps.at_stake import nps_at_stake, nps_detractors
from analytics.nps.following import NOT_FOLLOWED, followed
from analytics.nps.leaving import COLUMNS, nps_and_leaving, nps_before_leaving
from analytics.nps.relation import Chance, chance_by, related
from analytics.nps.repeat import nps_and_repeat, nps_and_revenue
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.scored import AS_OF, keep, scored

FILTERS = Filters(AS_OF)
SOURCE = Source("orders", customers=1, currency="USD")
HOSTILE = "=1+1 **x** <img src=x onerror=y>"


def ago(days):
    return AS_OF - timedelta(days=days)


def at(days):
    return datetime.combine(ago(days), datetime.min.time()) + timedelta(hours=12)


def answers(*given):
    """Answers: customer, days ago, score, and where it matters the person."""
    return pd.DataFrame([
        {
            "response_id": f"R{n}", "customer_id": row[0], "answered_at": None if row[1] is None else at(row[1]), "score": float(row[2]),
            "scale": "nps", "email": row[3] if len(row) > 3 else f"{row[0]}@x.example", "respondent": HOSTILE,
        }
        for n, row in enumerate(given)
    ])  # fmt: skip


def orders(**bought):
    """Orders of 100 each: customer -> days ago."""
    made = [(name, at(day)) for name, days in bought.items() for day in days]
    return pd.DataFrame({
        "order_id": [f"O{n}" for n in range(len(made))], "customer_id": [name for name, _day in made],
        "ordered_at": [day for _name, day in made], "amount": 100.0, "currency": "USD",
    })  # fmt: skip


def known(*names, limit=100.0, **more):
    return [{"customer_id": name, "customer": f"Customer {name}", "gap_limit_days": limit} | more for name in names]


def told(question, engine, filters=FILTERS, **options):
    return {row["answered_as"]: row for row in rows(question(engine.tables, filters, **options).answer(engine.run))}


def each(engine, filters=FILTERS, source=SOURCE):
    return {
        (row["customer_id"], row["vote"]): row for row in rows(engine.run(followed(engine.tables, filters, source)))
    }


# what is followed


@pytest.fixture(scope="module")
def few():
    return scored(
        *known("stays", "leaves", "stopped", "gone", "new", "unlimited"),
        survey_responses=answers(
            ("stays", 300, 10), ("leaves", 300, 3), ("stopped", 300, 8), ("gone", 300, 2), ("new", 300, 9),
            (None, 300, 9), ("stays", None, 5, "other@x.example"), ("stays", 0, 9, "today@x.example"),
        ),
        orders=orders(
            stays=range(5, 400, 30), leaves=(350, 310, 250, 240), stopped=(390, 350, 320), gone=(500, 450), new=(20,), unlimited=(9,)
        ),
    )  # fmt: skip


def test_silence_counts_from_the_answer_or_a_later_purchase(few):
    found = each(few)
    leaves = found["leaves", -1]
    # The last order came 60 days after the answer; with a limit of 100 days it has left 101 days later.
    assert (leaves["left_days"], leaves["next_days"], leaves["stopped_days"]) == (161, 50, 60)
    assert (leaves["tenure_days"], leaves["watched_days"]) == (50, 300)
    stopped = found["stopped", 0]
    # What was silent before the answer counts for nothing: the day of leaving is a whole limit after it.
    assert (stopped["left_days"], stopped["next_days"], stopped["stopped_days"]) == (101, None, None)


def test_who_was_no_customer_on_the_day_is_not_followed(few):
    states = {name: row["state"] for (name, _vote), row in each(few).items() if name in ("gone", "new")}
    assert states == {"gone": "not_there", "new": "not_there"}


def test_no_answer_is_dropped_in_silence(few):
    found = told(nps_and_leaving, few)
    assert {name: row["n"] + sum(row[state] for state in NOT_FOLLOWED) for name, row in found.items()} == {
        "promoter": 4, "passive": 1, "detractor": 3,
    }  # fmt: skip
    assert (found["promoter"]["unplaced"], found["promoter"]["not_there"], found["promoter"]["too_recent"]) == (1, 1, 1)
    assert (found["detractor"]["unplaced"], found["detractor"]["not_there"]) == (1, 1)
    assert list(found["promoter"])[: len(COLUMNS)] == list(COLUMNS)
    assert found["detractor"]["hazard_ratio"] is None and found["detractor"]["tests"] == 0


def test_an_outcome_before_the_answer_does_not_count():
    """The trap: who had fallen silent, or left and come back, before answering must not count as leaving after it."""
    engine = scored(
        *known("back"), survey_responses=answers(("back", 90, 1)),
        orders=orders(back=(700, 400, 100, 80, 60, 40, 20, 10)),
    )  # fmt: skip
    (row,) = each(engine).values()
    assert (row["state"], row["left_days"], row["next_days"]) == ("followed", None, 10)
    contracts = pd.DataFrame({
        "subscription_id": ["1", "2"], "customer_id": ["c", "c"], "started_on": [ago(900), ago(400)], "ended_on": [ago(500), None],
        "monthly_revenue": [100.0, 100.0],
    })  # fmt: skip
    engine = Engine.in_memory({"subscriptions": contracts, "survey_responses": answers(("c", 300, 1), ("c", 450, 10))})
    found = each(engine, source=Source("subscriptions"))
    assert (found["c", -1]["state"], found["c", -1]["left_days"]) == ("followed", None)
    assert found["c", 1]["state"] == "not_there"  # it answered between its contracts


def test_a_purchase_on_the_day_of_the_answer_is_not_another_one():
    engine = scored(*known("a"), survey_responses=answers(("a", 50, 9)), orders=orders(a=(100, 50, 20)))
    (row,) = each(engine).values()
    assert (row["next_days"], row["revenue_before"], row["revenue_after"]) == (30, 200.0, 100.0)


def test_a_contract_is_over_once_the_grace_is():
    ends = {
        "left": (ago(100), None),
        "renewed": (ago(100), ago(80)),
        "late": (ago(100), ago(60)),
        "perhaps": (ago(20), None),
    }
    contracts = []
    for name, (end, again) in ends.items():
        contracts.append({"subscription_id": name, "customer_id": name, "started_on": ago(600), "ended_on": end})
        if again:
            contracts.append(
                {"subscription_id": name + "2", "customer_id": name, "started_on": again, "ended_on": None}
            )
    made = pd.DataFrame(contracts).assign(monthly_revenue=30.4375)
    engine = Engine.in_memory({"subscriptions": made, "survey_responses": answers(*((name, 200, 5) for name in ends))})
    found = {name: row for (name, _vote), row in each(engine, source=Source("subscriptions")).items()}
    assert {name: row["left_days"] for name, row in found.items()} == {
        "left": 101,
        "renewed": None,
        "late": 101,
        "perhaps": None,
    }
    assert found["left"]["watched_days"] == 170  # the last 30 days cannot tell
    assert found["late"]["next_days"] == 140
    assert found["left"]["revenue_before"] == pytest.approx(365.0) and found["left"]["revenue_after"] == pytest.approx(
        100.0
    )


def test_an_earlier_as_of_date_knows_nothing_of_what_came_later(few):
    filters = Filters(ago(200))
    keep(few, filters, known("stays", "leaves", "stopped", "gone", "new"))
    found = each(few, filters)
    # Its last order was 40 days ago then: nobody knew yet that there would be no other.
    assert (found["leaves", -1]["left_days"], found["leaves", -1]["watched_days"]) == (None, 100)


def test_the_same_by_hand(root):
    draw = np.random.default_rng(11)
    names = [f"c{n:02}" for n in range(60)]
    bought = {name: sorted(set(draw.integers(0, 700, int(draw.integers(1, 25))).tolist())) for name in names}
    given = [
        (name, int(draw.integers(1, 500)), int(draw.integers(0, 11)), f"{name}{n}@x.example")
        for name in names
        for n in range(6)
    ]
    engine = scored(
        *({"customer_id": name, "gap_limit_days": float(draw.integers(30, 200)) + 0.5} for name in names),
        survey_responses=answers(*given), orders=orders(**bought),
    )  # fmt: skip
    sql = (root / "tests/sql/nps_and_leaving.sql").read_text("utf-8").replace("the_scores", scores.name(FILTERS))
    engine.run(scores.every(FILTERS).limit(1))
    columns = ("customer_id", "day", "vote", "n", "left_days", "next_days")
    ours = followed(engine.tables, FILTERS, SOURCE)
    ours = rows(
        engine.run(ours.filter(ours.state == "followed").order_by("customer_id", "day", "vote").select(*columns))
    )
    assert len(ours) > 200
    assert ours == rows(engine.query(sql, {"as_of": AS_OF}))


# chances and ratios


def watched(vote, days, came, customer=None, n=1):
    made = [
        (customer or f"{vote}{place}", vote, n, day, bool(is_))
        for place, (day, is_) in enumerate(zip(days, came, strict=True))
    ]
    found = pd.DataFrame(made, columns=["customer_id", "vote", "n", "days", "is_outcome"])
    return found.assign(tier=1, tenure=1)


def surely(part, days) -> Chance:
    """The chance of a part that has one."""
    found = chance_by(part, days)
    assert found is not None
    return found


def test_without_clusters_the_variance_is_greenwoods():
    part = watched(1, [10, 20, 30, 40, 50, 60, 70, 80], [1, 0, 1, 1, 0, 0, 1, 0])
    chance = surely(part, 75)
    stays = (7 / 8) * (5 / 6) * (4 / 5) * (1 / 2)
    greenwood = 1 / (8 * 7) + 1 / (6 * 5) + 1 / (5 * 4) + 1 / (2 * 1)
    assert chance.value == pytest.approx(1 - stays)
    assert chance.n == pytest.approx((1 - stays) / stays / greenwood)


def test_answers_of_one_customer_are_no_more_sure_than_one():
    alone = watched(1, [10, 20, 40, 40], [1, 1, 0, 0])
    twice = pd.concat([alone, alone], ignore_index=True)
    assert surely(twice, 30).value == surely(alone, 30).value == 0.5
    # Each customer twice: twice the answers, and no more known.
    assert surely(twice, 30).n == pytest.approx(surely(alone, 30).n)
    counted = surely(alone.assign(n=2), 30)
    assert counted.value == 0.5 and counted.n == pytest.approx(surely(alone, 30).n)


def test_nothing_and_everything_have_an_interval_too():
    for came in (0, 1):
        chance = surely(watched(1, [50] * 20, [came] * 20), 50)
        low, high = chance.interval
        assert low is not None and high is not None
        assert chance.value == came and 0 <= low <= came <= high <= 1 and high - low > 0.1


def test_few_answers_are_not_tested():
    found = related(pd.concat([watched(1, [300] * 40, [0] * 30 + [1] * 10), watched(-1, [300] * 29, [1] * 29)]), 365)
    assert [row["answered_as"] for row in found] == ["promoter", "detractor"]
    assert all(row.get("hazard_ratio") is None and row["tests"] == 0 and row["stands"] is None for row in found)


def leavers(seed, ratio, size=500, several=1):
    """Contracts that end at a rate a day, times `ratio` for detractors; every customer answers on some day of the first year, and
    again some days later `several` times in all."""
    draw = np.random.default_rng(seed)
    score = draw.choice([9, 8, 3], size, p=[0.4, 0.3, 0.3])
    rate = np.where(score == 3, ratio, 1.0) / 900
    first = draw.integers(400, 1000, size)
    ends = first - np.ceil(draw.exponential(1 / rate)).astype(int)
    begun = first + draw.integers(1, 900, size)
    names = [f"c{n}" for n in range(size)]
    contracts = pd.DataFrame({
        "subscription_id": names, "customer_id": names, "started_on": [ago(int(day)) for day in begun],
        "ended_on": [ago(int(day)) if day > 0 else None for day in ends], "monthly_revenue": draw.uniform(50, 500, size),
    })  # fmt: skip
    given = [
        (names[n], int(first[n]) - 20 * k, int(score[n]), f"{n}.{k}@x.example")
        for n in range(size) for k in range(several) if ends[n] < first[n] - 20 * k
    ]  # fmt: skip
    return Engine.in_memory({"subscriptions": contracts, "survey_responses": answers(*given)})


def test_a_planted_ratio_is_found_and_said_with_how_sure_it_is():
    found = told(nps_and_leaving, leavers(1, 3.0, 900))
    promoter, detractor = found["promoter"], found["detractor"]
    assert (
        detractor["low"] < 3.0 < detractor["high"] and detractor["stands"] is True and detractor["is_adjusted"] is True
    )
    assert detractor["tests"] == 2 and detractor["basis"] == "subscriptions" and detractor["is_inferred"] is False
    assert detractor["outcome_chance"] == pytest.approx(1 - math.exp(-3 * 365 / 900), abs=0.07)
    assert promoter["outcome_low"] < 1 - math.exp(-365 / 900) < promoter["outcome_high"]
    shorter = told(nps_and_leaving, leavers(1, 3.0, 900), months=6)
    assert shorter["detractor"]["within_days"] == 182 and shorter["detractor"]["outcomes"] < detractor["outcomes"]


def test_shuffled_rows_give_the_same_answer():
    engine = leavers(2, 2.0, 300)
    before = told(nps_and_leaving, engine)
    engine._database.execute("CREATE TABLE other AS SELECT * FROM survey_responses ORDER BY hash(response_id)")
    engine._database.execute("DELETE FROM survey_responses; INSERT INTO survey_responses SELECT * FROM other")
    assert told(nps_and_leaving, engine) == before


@pytest.mark.truth
def test_a_hazard_ratio_of_two_is_within_its_interval():
    inside = 0
    for seed in range(200):
        row = told(nps_and_leaving, leavers(seed, 2.0, 400, several=2))["detractor"]
        inside += row["low"] <= 2.0 <= row["high"]
    assert 180 <= inside <= 199


@pytest.mark.truth
def test_with_nothing_planted_hardly_any_relation_is_found():
    found = 0
    for seed in range(200):
        rows_ = told(nps_and_leaving, leavers(1000 + seed, 1.0, 400, several=2))
        found += any(row["stands"] for row in rows_.values())
    assert found <= 18


# before leaving, buying again, revenue


def test_scores_before_leaving_against_those_who_stayed():
    many = {f"s{n}": (500, *range(5, 400, 30)) for n in range(40)}
    left = {f"l{n}": (500, 400, 330, 300) for n in range(40)}
    given = (
        [(name, 320, 9) for name in many]
        + [(name, 310, 3) for name in left]
        + [(name, 420, 9, f"{name}b@x") for name in left]
    )
    engine = scored(*known(*many, *left), survey_responses=answers(*given), orders=orders(**many, **left))
    found = {row["months_before"]: row for row in rows(nps_before_leaving(engine.tables, FILTERS).answer(engine.run))}
    assert {name: (row["n"], row["nps"]) for name, row in found.items()} == {
        "0-3": (40, -100),
        "3-6": (40, 100),
        "stayed": (40, 100),
    }
    assert found["0-3"]["difference"] == -200 and found["0-3"]["stands"] is True
    assert found["3-6"]["stands"] is False and found["3-6"]["tests"] == 2


def test_another_purchase_is_told_the_same_way(few):
    found = told(nps_and_repeat, few)
    assert (found["promoter"]["n"], found["promoter"]["outcomes"]) == (1, 1)
    assert (found["detractor"]["outcomes"], found["passive"]["outcomes"]) == (1, 0)


def test_revenue_after_against_before():
    engine = scored(
        *known("a", "b"), survey_responses=answers(("a", 400, 9), ("a", 400, 10, "second@x"), ("b", 400, 2), ("b", 30, 2)),
        orders=orders(a=(450, 420, 390, 380, 300), b=(430, 420, 410, 400, 200, 60, 20)),
    )  # fmt: skip
    found = told(nps_and_revenue, engine)
    # A customer counts once, however many of its people answered; the day of the answer belongs to the year before.
    assert (found["promoter"]["n"], found["promoter"]["customers"]) == (2, 1)
    assert (found["promoter"]["revenue_year_before"], found["promoter"]["revenue_year_after"]) == (200.0, 300.0)
    assert (found["detractor"]["revenue_year_before"], found["detractor"]["revenue_year_after"]) == (400.0, 200.0)
    assert found["detractor"]["revenue_change"] == -0.5 and found["detractor"]["too_recent"] == 1
    assert found["detractor"]["low"] is None and found["detractor"]["p_value"] is None


def test_the_interval_of_a_change_of_revenue_is_that_of_a_ratio():
    draw = np.random.default_rng(5)
    names = [f"p{n}" for n in range(40)] + [f"d{n}" for n in range(40)]
    bought = {}
    for name in names:
        before, after = int(draw.integers(1, 9)), int(draw.integers(0, 9) if name[0] == "p" else draw.integers(0, 4))
        bought[name] = [*(401 + 20 * n for n in range(before)), *(399 - 20 * n for n in range(after))]
    engine = scored(
        *known(*names), survey_responses=answers(*((name, 400, 9 if name[0] == "p" else 2) for name in names)), orders=orders(**bought)
    )  # fmt: skip
    found = told(nps_and_revenue, engine)
    errors = {}
    for kind, vote in (("p", "promoter"), ("d", "detractor")):
        b = np.array([sum(day > 400 for day in bought[name]) * 100.0 for name in names if name[0] == kind])
        a = np.array([sum(day < 400 for day in bought[name]) * 100.0 for name in names if name[0] == kind])
        ratio = a.sum() / b.sum()
        errors[vote] = math.sqrt(((a - ratio * b) ** 2).sum() * 40 / 39) / b.sum()
        assert found[vote]["revenue_change"] == pytest.approx(ratio - 1)
        assert found[vote]["high"] == pytest.approx(ratio - 1 + 1.959963984540054 * errors[vote])
    half = found["detractor"]["change_difference_high"] - found["detractor"]["change_difference"]
    assert half == pytest.approx(1.959963984540054 * math.hypot(*errors.values()))
    assert found["detractor"]["stands"] is True and found["promoter"]["tests"] == 1


# what rests on detractors


def test_a_customer_is_what_more_of_its_people_are_now():
    engine = scored(
        *known("even", "worse", "old", "lost", "quiet", revenue_12m=1000.0, value=10.0, risk=0.5)[:3],
        *known("lost", lifecycle="lost", revenue_12m=9.0), *known("quiet", revenue_12m=500.0),
        survey_responses=answers(
            ("even", 10, 9, "a@x"), ("even", 10, 2, "b@x"), ("worse", 10, 2, "c@x"), ("worse", 20, 8, "d@x"),
            ("worse", 100, 9, "c@x"), ("old", 364, 1, "e@x"), ("old", 365, 9, "f@x"), ("lost", 10, 0),
        ),
        orders=orders(even=(100, 5), worse=(100, 5), old=(400, 5), lost=(900,), quiet=(5,)),
    )  # fmt: skip
    found = told(nps_at_stake, engine)
    assert {name: (row["customers"], row["revenue_12m"]) for name, row in found.items()} == {
        "passive": (1, 1000.0), "detractor": (2, 2000.0), "none": (1, 500.0),
    }  # fmt: skip
    assert found["detractor"]["now_share"] == pytest.approx(2 / 3) and found["none"]["now_share"] is None
    assert found["detractor"]["now_share_low"] < 2 / 3 < found["detractor"]["now_share_high"]
    listed = rows(nps_detractors(engine.tables, FILTERS).answer(engine.run))
    assert [(row["customer_id"], row["answers_now"], row["lowest_score"]) for row in listed] == [
        ("old", 1, 1.0),
        ("worse", 2, 2.0),
    ]
    assert listed[1]["answered_on"] == ago(10) and listed[0]["currency"] == "USD"
    assert len(nps_detractors(engine.tables, FILTERS, most=1).answer(engine.run)) == 1


def test_what_is_at_stake_is_revenue_by_the_difference_of_chances():
    engine = leavers(3, 3.0, 600)
    ids = [row["customer_id"] for row in rows(engine.run(engine.tables.subscriptions.select("customer_id")))]
    engine._database.execute("INSERT INTO customers BY NAME SELECT DISTINCT customer_id FROM subscriptions")
    keep(engine, FILTERS, [{"customer_id": name, "revenue_12m": 100.0} for name in ids], basis="subscriptions")
    engine._database.execute(
        "INSERT INTO survey_responses BY NAME SELECT 'now' AS response_id, 'c1' AS customer_id, 'z@x' AS email, "
        f"TIMESTAMP '{ago(3)}' AS answered_at, 2.0 AS score, 'nps' AS scale"
    )
    found, after = told(nps_at_stake, engine), told(nps_and_leaving, engine)
    row = found["detractor"]
    assert row["customers"] == 1 and row["stake"] == pytest.approx(100 * after["detractor"]["chance_difference"])
    assert row["stake_low"] < row["stake"] < row["stake_high"] and row["stands"] is True


# where there is little or nothing


def test_without_answers_there_is_nothing_and_without_dates_it_says_so():
    engine = scored(*known("a"), orders=orders(a=(5,)))
    for question in (nps_and_leaving, nps_and_repeat, nps_and_revenue, nps_before_leaving, nps_detractors):
        assert question(engine.tables, FILTERS).answer(engine.run).empty
    told_only = Engine.in_memory({
        "customers": {"customer_id": ["a"], "tenure_months": [5.0], "is_churned": [True]}, "survey_responses": answers(("a", 5, 3)),
    })  # fmt: skip
    with pytest.raises(RequestProblem, match="Nothing says when"):
        nps_and_leaving(told_only.tables, FILTERS).answer(told_only.run)
    with pytest.raises(RequestProblem, match="cannot be looked at"):
        nps_and_leaving(engine.tables, FILTERS, months=0)


def test_one_answer_and_filters(few):
    alone = replace(FILTERS, where=(Choice(find("customer_name", few.tables, "customers"), ("Customer leaves",)),))
    found = told(nps_and_leaving, few, alone)
    assert list(found) == ["detractor"] and found["detractor"]["n"] == 1 and found["detractor"]["hazard_ratio"] is None
    period = replace(FILTERS, since=ago(10))
    assert {name: row["n"] for name, row in told(nps_and_leaving, few, period).items()} == {"promoter": 0}


def test_beyond_the_sample_answers_are_counted_and_not_followed(few, monkeypatch):
    monkeypatch.setattr(following, "MOST_CUSTOMERS", 2)
    found = told(nps_and_leaving, few)
    given = {name: sum(row[state] for state in NOT_FOLLOWED) + row["n"] for name, row in found.items()}
    assert given == {"promoter": 4, "passive": 1, "detractor": 3}
    assert sum(row["not_sampled"] for row in found.values()) >= 3
    assert len({name for name, _vote in each(few)}) == 2


def test_who_got_back_more_than_it_paid_has_no_share_of_revenue():
    paid = {"currency": "USD", "lifecycle": "core"}
    made = scored(
        *known("a", "b", revenue_12m=-100.0, **paid), *known("c", revenue_12m=150.0, **paid),
        survey_responses=answers(("a", 10, 9), ("b", 10, 3), ("c", 10, 2)), orders=orders(a=[20], b=[30], c=[30]),
    )  # fmt: skip
    found = {row["answered_as"]: row for row in rows(nps_at_stake(made.tables, FILTERS).answer(made.run))}
    assert (found["promoter"]["now_share"], found["detractor"]["now_share"]) == (0, 1)
    assert (found["promoter"]["revenue_12m"], found["detractor"]["revenue_12m"]) == (-100, 50)
    assert all(0 <= row["now_share_low"] <= row["now_share"] <= row["now_share_high"] <= 1 for row in found.values())
