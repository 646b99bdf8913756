"""How answers spread over the scores, and which became more or less frequent."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.intervals import mean_interval, share_difference, wilson
from analytics.nps.distribution import COLUMNS, nps_distribution, windows
from analytics.rows import rows
from tests.analytics.nps_rows import AS_OF, answer, surveyed

FILTERS = Filters(AS_OF)


def told(engine, filters=FILTERS, days=None):
    found = rows(nps_distribution(engine.tables, filters, days).answer(engine.run))
    return {row["score"] if row["answer_kind"] == "score" else row["answer_kind"]: row for row in found}


@pytest.fixture(scope="module")
def ten():
    scores = [10, 10, 10, 9, 8, 8, 6, 5, 0, 10]
    made = [answer("A", score, who=f"p{place}") for place, score in enumerate(scores)]
    blank = [answer("A", None or float("nan"), who=f"b{place}", scale=None) for place in range(3)]
    other = [answer("A", 5, who="c", scale="1-5"), answer("A", 4, "2026-12-01", who="late")]
    return surveyed([*made, *blank, *other])


def test_every_score_has_its_row_and_the_parts_add_up(ten):
    found = told(ten)
    assert list(next(iter(found.values()))) == list(COLUMNS)
    assert [found[score]["n"] for score in range(11)] == [1, 0, 0, 0, 0, 1, 1, 0, 2, 1, 4]
    assert sum(found[score]["answer_share"] for score in range(11)) == pytest.approx(1)
    assert (found["promoters"]["n"], found["passives"]["n"], found["detractors"]["n"]) == (5, 2, 3)
    assert (found[10]["low"], found[10]["high"]) == pytest.approx(wilson(0.4, 10))
    assert found["all"]["n"] == 10 and found["all"]["mean_score"] == pytest.approx(7.6)
    squares = sum(score * score for score in (10, 10, 10, 9, 8, 8, 6, 5, 0, 10))
    assert (found["all"]["mean_low"], found["all"]["mean_high"]) == pytest.approx(mean_interval(10, 76, squares))


def test_blank_answers_are_counted_apart_and_are_no_passives(ten):
    found = told(ten)
    assert found["blank"]["n"] == 3 and found["blank"]["answer_share"] is None
    assert found["passives"]["n"] == 2 and found["all"]["n"] == 10


def test_without_a_beginning_there_is_nothing_before(ten):
    found = told(ten)
    assert found[10]["earlier_n"] is None and found[10]["difference"] is None and found[10]["tests"] == 0
    assert windows(FILTERS, None) == (FILTERS, None)


def test_the_stretch_before_is_of_the_same_length():
    now, before = windows(replace(FILTERS, since=date(2026, 6, 1), until=date(2026, 6, 10)), None)
    assert before is not None
    assert (now.since, before.since, before.until) == (date(2026, 6, 1), date(2026, 5, 22), date(2026, 5, 31))
    now, before = windows(FILTERS, 30)
    assert (now.since, now.until) == (date(2026, 6, 1), AS_OF)
    assert before is not None
    assert (before.since, before.until) == (date(2026, 5, 2), date(2026, 5, 31))
    # The period may reach beyond the as-of date; what is compared does not.
    _now, before = windows(replace(FILTERS, since=date(2026, 6, 21), until=date(2026, 12, 31)), None)
    assert before is not None and before.since == date(2026, 6, 11)


def spread(rng, days, chances, n):
    """Answers of different people within so many days before `AS_OF`, by the chances of the scores."""
    first, last = days
    for place in range(n):
        day = AS_OF - timedelta(days=int(rng.integers(first, last)))
        yield answer("A", int(rng.choice(11, p=chances)), day.isoformat(), who=f"{first}-{place}")


HAPPY = np.array([0, 0, 0, 0, 0, 0.05, 0.05, 0.1, 0.2, 0.3, 0.3])
SAD = np.array([0, 0, 0, 0.1, 0.1, 0.15, 0.15, 0.1, 0.1, 0.15, 0.15])


def test_what_moved_is_tested_once_for_each_score_that_anybody_gave():
    rng = np.random.default_rng(7)
    engine = surveyed([*spread(rng, (0, 90), SAD, 300), *spread(rng, (90, 180), HAPPY, 280)])
    found = told(engine, days=90)
    assert (found["all"]["n"], found["all"]["earlier_n"]) == (300, 280)
    ten = found[10]
    assert ten["p_value"] == pytest.approx(
        share_difference(ten["answer_share"], 300, ten["earlier_share"], 280)
    )  # fmt: skip
    assert ten["difference"] == pytest.approx(ten["n"] / 300 - ten["earlier_n"] / 280)
    assert ten["real_change"] is True and ten["q_value"] >= ten["p_value"]
    assert ten["tests"] == 8 + 3 and found[0]["p_value"] is None  # nobody ever gave 0, 1 or 2
    assert found["detractors"]["difference"] > 0 and found["detractors"]["real_change"] is True
    assert found["blank"]["tests"] is None and found["all"]["q_value"] is None


def test_fewer_than_thirty_on_a_side_are_not_tested():
    engine = surveyed(
        [answer("A", 9, "2026-06-20", who=f"n{k}") for k in range(29)] + [answer("A", 3, "2026-05-20", who=f"b{k}") for k in range(60)]
    )  # fmt: skip
    found = told(engine, days=30)
    assert found[9]["difference"] == 1 and found[9]["p_value"] is None and found[9]["tests"] == 0


def test_filters_choose_and_no_answers_are_no_shares():
    made = [answer("A", 9, who="a"), answer("B", 2, who="b"), answer("B", float("nan"), who="c", scale=None)]
    engine = surveyed(made, customers={"customer_id": ["A", "B"], "customer_name": ["A", "B"], "owner": ["Ann", "Bob"]})
    of_ann = replace(FILTERS, where=(Choice(find("owner", engine.tables), ("Ann",)),))
    found = told(engine, of_ann)
    assert (found["all"]["n"], found[9]["n"], found["blank"]["n"]) == (1, 1, 0)
    nothing = told(surveyed([answer("A", 5, scale="1-5")]))
    assert nothing["all"]["n"] == 0 and nothing[5]["answer_share"] is None and nothing["all"]["mean_score"] is None


def test_it_agrees_with_plain_sql(root):
    rng = np.random.default_rng(1)
    engine = surveyed([*spread(rng, (0, 180), SAD, 900)])
    by_hand = engine.query((root / "tests/sql/nps_distribution.sql").read_text("utf-8"))
    found = told(engine, days=90)
    assert [(found[k]["n"], found[k]["earlier_n"]) for k in range(11)] == list(
        zip(by_hand["n"], by_hand["earlier_n"], strict=True)
    )
    assert 0 < found["all"]["n"] < 900


@pytest.mark.truth
def test_with_nothing_planted_a_real_change_is_rare():
    """Of 300 pairs of equal stretches at most 5% have any score called really changed, with what chance adds to that."""
    rng = np.random.default_rng(3)
    from analytics.nps.distribution import _told

    alarms = 0
    for _ in range(300):
        now, before = (
            dict(enumerate(np.bincount(rng.choice(11, 200, p=SAD), minlength=11).tolist())) for _ in range(2)
        )
        alarms += any(row.get("real_change") for row in _told(now, before, 0, FILTERS))
    assert alarms <= 0.05 * 300 + 2.33 * (0.05 * 0.95 * 300) ** 0.5
