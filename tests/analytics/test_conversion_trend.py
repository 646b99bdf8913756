from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from analytics.conversion_trend import conversion_trend, deals_of
from analytics.filters import Filters
from analytics.intervals import wilson
from analytics.rows import rows
from data.engine import Engine
from tests.analytics.sample import day, deals, five_deals


def made(*cohorts, size=40, won_after=5):
    """Cohorts of `size` deals on the first of each month, of which a number is won and the others are lost after 20 days."""
    found = []
    for month, won in enumerate(cohorts, 1):
        for number in range(size):
            is_won = number < won
            created = day(1, month=month)
            found.append((f"{month}-{number}", "won" if is_won else "lost", "Ann", 10, created,
                          created + timedelta(days=won_after if is_won else 20)))  # fmt: skip
    return Engine.in_memory({"deals": deals(*found)})


def ask(engine, filters, **options):
    return rows(conversion_trend(engine.tables, filters, **options).answer(engine.run))


@pytest.fixture(scope="module")
def falling():
    return made(20, 16, 12, 8, 4)


def test_months_by_hand(falling):
    found = ask(falling, Filters(date(2026, 12, 31)))
    assert [row["period"] for row in found] == ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "all"]
    assert [row["chance"] for row in found] == pytest.approx([0.5, 0.4, 0.3, 0.2, 0.1, 0.3])
    assert (found[0]["low"], found[0]["high"]) == pytest.approx(wilson(0.5, 40))
    assert [row["n"] for row in found] == [40] * 5 + [200]
    assert all(row["is_mature"] for row in found)
    assert [row["value_created"] for row in found] == [400] * 5 + [2000]
    assert found[-1]["slope"] == pytest.approx(-0.1)
    assert found[-1]["real_change"] is True
    assert (found[1]["tests"], found[-1]["tests"]) == (4, 1)  # four steps, and the trend on its own
    assert found[0]["q_value"] is None  # there is none before it


def test_months_that_go_up_and_down_are_no_trend():
    # 20, 60, 40 and 80%: the line rises by 16 points a month from 26%, and they lie 6, 18, 18 and 6 points off it. Their
    # chi-square of 100 x 0.072 / 0.25 = 28.8 on two degrees of freedom makes the variance 14.4 times that of chance.
    found = ask(made(20, 60, 40, 80, size=100), Filters(date(2026, 12, 31)))
    own = (225 * 0.16 + 25 * 0.24 + 25 * 0.24 + 225 * 0.16) / 500**2
    half = 4.302653 * (14.4 * own) ** 0.5
    assert found[-1]["slope"] == pytest.approx(0.16)
    assert (found[-1]["slope_low"], found[-1]["slope_high"]) == pytest.approx((0.16 - half, 0.16 + half))
    assert found[-1]["real_change"] is False
    # By chance alone a step of 40 points would be real; here it is the usual one, as likely to be exceeded as not.
    assert [row["real_change"] for row in found[1:-1]] == [False] * 3
    by_chance = ask(made(20, 60, size=100), Filters(date(2026, 12, 31)))
    assert by_chance[1]["real_change"] is True  # of one step nobody can say what is usual


def test_one_step_among_quiet_months_is_real():
    found = ask(made(200, 204, 198, 100, 104, 98, size=400), Filters(date(2026, 12, 31)))
    assert [row["real_change"] for row in found[1:-1]] == [False, False, True, False, False]


def test_a_young_period_shows_what_is_sure(falling):
    # On the fourth of May its 40 deals are three days old; on the seventh four are won.
    found = ask(falling, Filters(date(2026, 5, 7)), horizon=20)
    assert found[3]["is_mature"] is True
    may = found[4]
    assert (may["is_mature"], may["chance"], may["low"], may["undecided"]) == (False, 0.1, None, 36)
    assert may["undecided_share"] == 0.9
    assert may["is_partial"] is True and found[3]["is_partial"] is False
    assert may["q_value"] is None  # too young to be tested
    # The naive share of the months before did not change, April's looks no worse than it is.
    assert [row["rate_so_far"] for row in found[:4]] == pytest.approx([0.5, 0.4, 0.3, 0.2])


def test_periods_without_deals_are_there(falling):
    found = ask(falling, Filters(date(2026, 12, 31)), grain="week")
    starts = [row["starts_on"] for row in found[:-1]]
    assert {later - earlier for earlier, later in pairwise(starts)} == {timedelta(days=7)}
    assert sum(row["n"] for row in found[:-1]) == 200
    assert {row["n"] for row in found[:-1]} == {0, 40}


def test_months_are_those_of_the_workspace():
    # An hour before midnight in UTC on the last of January is already February in Jerusalem.
    engine = Engine.in_memory({"deals": deals(("1", "open", "Ann", 1, day(31) + timedelta(hours=23), None))})
    assert ask(engine, Filters(date(2026, 3, 1)))[0]["period"] == "2026-01"
    assert ask(engine, Filters(date(2026, 3, 1), time_zone="Asia/Jerusalem"))[0]["period"] == "2026-02"


def test_a_stage_by_when_deals_came_to_it():
    engine = five_deals()
    found = ask(engine, Filters(date(2026, 1, 31), pipeline="Sales"), stage="Lead", grain="quarter", horizon=8)
    # 1, 2, 4 and 5 moved on from Lead within eight days, 3 is still there; the second stay of 5 does not count.
    assert (found[0]["n"], found[0]["converted"], found[0]["chance"]) == (5, 4, pytest.approx(0.8))
    behind = engine.run(
        deals_of(
            engine.tables, Filters(date(2026, 1, 31), pipeline="Sales"), date(2026, 1, 1), date(2026, 3, 31), "Offer"
        )
    )
    assert sorted(behind["deal_id"]) == ["1", "2", "5"]


def test_the_deals_of_a_period(falling):
    behind = falling.run(deals_of(falling.tables, Filters(date(2026, 12, 31)), date(2026, 2, 1), date(2026, 2, 28)))
    assert len(behind) == 40 and set(behind["created_at"].dt.month) == {2}


def test_undated_deals_are_counted():
    engine = Engine.in_memory(
        {"deals": deals(("1", "open", "Ann", 1, None, None), ("2", "open", "Ann", 1, day(1), None))}
    )
    found = ask(engine, Filters(date(2026, 2, 1)))
    assert (found[-1]["n"], found[-1]["undated"]) == (1, 1)


def test_several_currencies_are_not_added():
    frame = deals(("1", "open", "Ann", 1, day(1), None), ("2", "open", "Ann", 1, day(1), None)).assign(
        currency=["EUR", "USD"]
    )
    assert ask(Engine.in_memory({"deals": frame}), Filters(date(2026, 2, 1)))[0]["value_created"] is None


def test_no_deals():
    assert ask(Engine.in_memory({"deals": deals()}), Filters(date(2026, 2, 1))) == []


def test_nothing_planted_is_seldom_called_real(falling):
    random = np.random.default_rng(5)
    question = conversion_trend(falling.tables, Filters(date(2026, 12, 31)))
    starts = [date(2026, month, 1) for month in range(1, 9)]
    alarms, undated = 0, pd.DataFrame({"undated": [0]})
    for _run in range(80):
        won = random.binomial(60, 0.3, len(starts))
        counts = [(start, end, 240, n) for start, n in zip(starts, won, strict=True)
                  for end, n in (("converted", n), ("lost", 60 - n))]  # fmt: skip
        began = pd.DataFrame(counts, columns=["period", "end", "hours", "n"]).assign(known=0, value=0.0)
        found = rows(
            question.finish({"began": began, "currencies": pd.DataFrame({"currency": []}), "undated": undated})
        )
        assert found[0]["tests"] == len(starts) - 1
        alarms += any(row["real_change"] for row in found)
    assert alarms <= 8  # a tenth of them
