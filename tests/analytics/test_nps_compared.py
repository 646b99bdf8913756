"""Two periods compared, and the days people marked."""

from datetime import date, timedelta

import numpy as np
import pytest

from analytics.filters import Filters
from analytics.nps.compared import COLUMNS, Sides, nps_compared
from analytics.nps.evidence import Tally, covariance, difference_interval, difference_p, interval, own_repeats
from analytics.nps.marked import COLUMNS as MARK_COLUMNS
from analytics.nps.marked import nps_marks
from analytics.nps.trend import nps
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from data.marks import Mark
from tests.analytics.nps_rows import answer, surveyed

FILTERS = Filters(date(2026, 6, 30))
HOSTILE = '<img src=x onerror=alert(1)> =HYPERLINK("http://x") **x**'
SPRING = (date(2026, 3, 1), date(2026, 4, 30))
SUMMER = (date(2026, 5, 1), date(2026, 6, 30))


def told(engine, sides=None, filters=FILTERS):
    (row,) = rows(nps_compared(engine.tables, filters, sides or Sides(SPRING, SUMMER)).answer(engine.run))
    return row


def strangers(day, promoters, passives, detractors):
    scores = [10] * promoters + [8] * passives + [0] * detractors
    return [answer(f"{day}-{number}", score, day) for number, score in enumerate(scores)]


def test_two_periods_of_strangers():
    row = told(surveyed([*strangers("2026-03-01", 50, 30, 20), *strangers("2026-06-30", 20, 30, 50)]))
    assert list(row) == list(COLUMNS)
    one, other = Tally(100, 50, 20), Tally(100, 20, 50)
    assert (row["before"], row["after"], row["difference"]) == (30, -30, -60)
    assert (row["before_low"], row["before_high"]) == interval(one)
    assert (row["low"], row["high"]) == difference_interval(other, one)
    assert row["p_value"] == difference_p(other, one) and row["pairs_of_answers"] == 0


def test_every_pair_of_answers_of_one_person_counts():
    """People answer several times in both periods; all pairs counted one by one give the same covariance."""
    random = np.random.default_rng(9)
    made = []
    said: dict[tuple[int, bool], list[int]] = {}
    for person in range(50):
        for month in range(3, 7):
            if random.random() < 0.7:
                score = float(random.choice([10, 8, 0] if person % 2 else [10, 10, 8]))
                made.append(answer(f"c{person}", score, f"2026-0{month}-1{person % 9}", email=f"{person}@x.com"))
                said.setdefault((person, month >= 5), []).append(1 if score == 10 else 0 if score == 8 else -1)
    row = told(surveyed(made))
    tallies = []
    for is_after in (False, True):
        votes = [vote for (_person, side), each in said.items() if side == is_after for vote in each]
        tallies.append(Tally(len(votes), votes.count(1), votes.count(-1)))
    pairs = [
        (a, b) for person in range(50) for a in said.get((person, False), []) for b in said.get((person, True), [])
    ]
    own = []
    for side, tally in ((True, tallies[1]), (False, tallies[0])):
        votes_of = [each for (_person, is_after), each in said.items() if is_after == side]
        within = [(a, b) for each in votes_of for i, a in enumerate(each) for j, b in enumerate(each) if i != j]
        own.append(own_repeats(tally, len(within), sum(a * b for a, b in within), sum(a for a, _b in within)))
    shared = covariance(
        tallies[1],
        tallies[0],
        len(pairs),
        sum(a * b for a, b in pairs),
        sum(b for _a, b in pairs),
        sum(a for a, _b in pairs),
        *own,
    )
    assert max(own) > 0 and row["pairs_of_answers"] == len(pairs) > 50
    assert row["p_value"] == pytest.approx(difference_p(tallies[1], tallies[0], shared))


def test_next_months_compare_as_in_the_trend():
    made = [answer(f"c{n}", [10, 8, 0][(n + n // 3 * month) % 3], f"2026-0{month}-05", email=f"{n}@x.com")
            for n in range(40) for month in (5, 6)]  # fmt: skip
    engine = surveyed(made)
    row = told(engine, Sides((date(2026, 5, 1), date(2026, 5, 31)), (date(2026, 6, 1), date(2026, 6, 30))))
    trend = rows(nps(engine.tables, FILTERS).answer(engine.run))[1]
    assert row["difference"] == pytest.approx(trend["difference"]) and row["p_value"] == pytest.approx(trend["p_value"])


def test_a_side_without_answers_and_none_at_all():
    row = told(surveyed(strangers("2026-03-01", 5, 3, 2)))
    assert (row["n_before"], row["n_after"], row["after"], row["difference"], row["p_value"]) == (
        10,
        0,
        None,
        None,
        None,
    )
    assert told(Engine.in_memory({}))["n_before"] == 0


def test_periods_that_overlap_or_end_before_they_begin_are_refused():
    with pytest.raises(RequestProblem, match="share days"):
        Sides(SPRING, (SPRING[1], SUMMER[1]))
    with pytest.raises(RequestProblem, match="before it begins"):
        Sides(SPRING, SUMMER[::-1])
    assert Sides(SUMMER, SPRING).before == SUMMER  # either may be the earlier


# marked days


def marked(engine, marks, filters=FILTERS, days=90):
    return rows(nps_marks(engine.tables, filters, marks, days).answer(engine.run))


def test_a_mark_with_a_real_change_and_one_without():
    made = [row for number in range(60) for row in strangers(str(date(2026, 3, 2) + timedelta(days=number)), 3, 2, 1)]
    made += [row for number in range(60) for row in strangers(str(date(2026, 5, 1) + timedelta(days=number)), 1, 2, 3)]
    marks = [Mark(date(2026, 4, 1), HOSTILE), Mark(date(2026, 5, 1), "Prices rise")]
    first, second = marked(surveyed(made), marks, days=30)
    assert list(first) == list(MARK_COLUMNS) and first["mark"] == HOSTILE
    assert (first["compared_days"], first["n_before"], first["n_after"]) == (30, 180, 180)
    assert (first["difference"], first["real_change"]) == (0, False)
    assert second["difference"] == pytest.approx(-200 / 3) and second["real_change"] is True
    assert second["tests"] == 2 and second["low"] < second["difference"] < second["high"]


def test_windows_are_as_long_on_both_sides_as_there_is():
    made = [*strangers("2026-06-01", 5, 3, 2), *strangers("2026-06-28", 5, 3, 2)]
    rows_ = marked(
        surveyed(made),
        [Mark(date(2026, 5, 1), "before all"), Mark(date(2026, 6, 1), "first"), Mark(date(2026, 6, 11), "early"),
         Mark(date(2026, 6, 28), "late"), Mark(date(2026, 7, 1), "later")],
    )  # fmt: skip
    assert [row["compared_days"] for row in rows_] == [0, 0, 10, 3, 0]
    assert [(row["n_before"], row["n_after"]) for row in rows_[2:4]] == [(10, 0), (0, 10)]
    assert all(row["p_value"] is None and row["real_change"] is None for row in rows_)


def test_marks_and_two_periods_say_the_same_of_the_same_days():
    random = np.random.default_rng(8)
    made = [answer(f"c{n % 70}", float(random.choice([10, 8, 0])), str(date(2026, 3, 1) + timedelta(days=n % 120)),
                   email=f"{n % 70}@x.com") for n in range(400)]  # fmt: skip
    engine = surveyed(made)
    (row,) = marked(engine, [Mark(date(2026, 5, 1), "x")], days=40)
    other = told(engine, Sides((date(2026, 3, 22), date(2026, 4, 30)), (date(2026, 5, 1), date(2026, 6, 9))))
    for name in ("n_before", "n_after", "before", "after", "low", "high", "p_value", "pairs_of_answers"):
        assert row[name] == pytest.approx(other[name]), name
    assert row["pairs_of_answers"] > 50


def test_no_marks_and_no_answers():
    assert marked(surveyed(strangers("2026-06-01", 5, 3, 2)), []) == []
    (row,) = marked(Engine.in_memory({}), [Mark(date(2026, 6, 1), "x")])
    assert (row["compared_days"], row["before"]) == (0, None)


def test_people_who_answer_again_and_again_make_no_change():
    """Nothing changes, but each person says much the same four times on either side: the interval holds no difference as often
    as it should. Taken as strangers in each period, they would make a change in three of four such surveys."""
    covered = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        made = []
        for person, leaning in enumerate(random.normal(0, 1.5, 60)):
            for month in ("03", "05"):
                for day in random.choice(np.arange(1, 29, 2), random.poisson(4), replace=False):
                    said = leaning + random.normal()
                    score = 9 if said > 0.4 else 7 if said > -0.4 else 3
                    made.append(answer(f"c{person}", score, f"2026-{month}-{day:02d}", email=f"{person}@x.com"))
        row = told(surveyed(made))
        covered += row["low"] <= 0 <= row["high"]
    assert covered >= 25
