"""The days on which the score changed: planted ones are found, and dealt answers are told from them."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from analytics.filters import Filters
from analytics.nps import daily
from analytics.nps.change_points import COLUMNS, nps_change_points
from analytics.nps.evidence import answers_needed
from analytics.nps.scan import MOST_STEPS, Daily, Repeats, _dealt, _error_times, _steps, changes
from analytics.rows import rows
from data.engine import Engine
from tests.analytics.nps_rows import answer, surveyed
from tests.analytics.nps_series import regulars, series

FILTERS = Filters(date(2026, 6, 30))
START = date(2025, 1, 1)


def told(engine, filters=FILTERS):
    return rows(nps_change_points(engine.tables, filters).answer(engine.run))


def written(*stretches):
    """(days, promoters, detractors) a stretch: every day has one promoter, passive or detractor in turn, by these parts of ten."""
    made, day = [], START
    for days, up, down in stretches:
        kinds = [10] * up + [8] * (10 - up - down) + [0] * down
        for number in range(days):
            made.append(answer(f"c{day}", kinds[number * 7 % 10], day.isoformat()))
            day += timedelta(days=1)
    return made


def test_one_change_with_its_day_and_levels():
    found = told(surveyed(written((200, 6, 1), (150, 2, 6))))
    (change,) = found
    assert list(change) == list(COLUMNS)
    assert abs((change["on"] - (START + timedelta(days=200))).days) <= 5
    assert change["period"] == f"{change['on']:%Y-%m}"
    assert change["before"] == pytest.approx(50, abs=2) and change["after"] == pytest.approx(-40, abs=3)
    assert change["difference"] == pytest.approx(change["after"] - change["before"])
    assert change["low"] < change["difference"] < change["high"] < 0
    assert change["p_value"] == 0.001  # nothing dealt came near
    assert (change["before_since"], change["after_until"]) == (START, START + timedelta(days=349))
    assert change["n_before"] + change["n_after"] == 350
    assert change["answers_a_month"] == pytest.approx(30.4, abs=0.1)


def test_several_changes_each_between_its_neighbours():
    found = told(surveyed(written((150, 7, 1), (150, 2, 6), (150, 7, 1))))
    first, second = found
    assert abs((first["on"] - (START + timedelta(days=150))).days) <= 6
    assert abs((second["on"] - (START + timedelta(days=300))).days) <= 6
    assert first["after"] == second["before"] and first["n_after"] == second["n_before"]
    assert first["after_until"] + timedelta(days=1) == second["on"] and second["before_since"] == first["on"]
    assert first["n_before"] + first["n_after"] + second["n_after"] == 450


def test_nothing_changed_and_too_few_to_tell():
    assert told(surveyed(written((365, 5, 2)))) == []
    assert told(surveyed(written((29, 10, 0), (29, 0, 10)))) == []
    assert told(surveyed([answer("a", 10)])) == [] and told(Engine.in_memory({})) == []
    assert told(surveyed(written((365, 10, 0)))) == []  # all say the same


def test_all_answers_on_one_day_have_no_day_between():
    assert told(surveyed([answer(f"c{n}", 10 * (n % 2)) for n in range(200)])) == []


def test_the_as_of_date_and_the_period_bound_what_is_known():
    engine = surveyed(written((200, 6, 1), (150, 2, 6)))
    assert told(engine, Filters(START + timedelta(days=190))) == []
    assert told(engine, replace(FILTERS, since=START + timedelta(days=215))) == []


def test_the_same_data_give_the_same_answer():
    engine = surveyed(written((200, 6, 1), (150, 2, 6)))
    assert told(engine) == told(engine)


def test_answers_needed_are_for_the_only_real_change_among_all_months():
    (change,) = told(surveyed(written((200, 6, 1), (150, 2, 6))))
    # Votes of the two sides vary by about 70 points each; 11 months have 10 comparisons (350 days: 11.5 months).
    sd = np.sqrt((0.7 - 0.5**2 + 0.8 - 0.4**2) / 2) * 100
    assert change["answers_needed"] == pytest.approx(answers_needed(sd, 90, 10), abs=2)


# the scan itself


def test_dealing_keeps_every_answer():
    random = np.random.default_rng(1)
    counts = np.array([5, 0, 20, 75])
    votes = _dealt(random, counts, 40, 25, 400)
    assert (votes.sum(axis=1) == 15).all() and (np.abs(votes) <= counts).all()
    # On average each step gets its part of promoters less detractors.
    assert votes.mean(axis=0) == pytest.approx(counts * 0.15, abs=0.6)


def test_many_days_are_put_together_into_equal_steps():
    n = np.random.default_rng(2).integers(1, 9, 2000)
    ends = _steps(n)
    assert len(ends) <= MOST_STEPS and ends[-1] == 2000 and (np.diff(ends) > 0).all()
    sizes = np.add.reduceat(n, np.r_[0, ends[:-1]])
    assert sizes.sum() == n.sum() and sizes.max() < 1.6 * n.sum() / MOST_STEPS


def test_a_step_in_a_long_series_is_found_on_its_day():
    days = np.arange(2000)
    n = np.full(2000, 40)
    up = np.where(days < 1234, 26, 16)
    (change,) = changes(Daily(days, n, up, n - 30))
    assert change.place == 1234


def test_at_most_eight_changes_are_told():
    days = np.arange(1200)
    n = np.full(1200, 30)
    up = np.where(days // 60 % 2 == 0, 25, 5)
    assert len(changes(Daily(days, n, up, 30 - up))) == 8


def test_people_who_answer_again_make_a_difference_less_sure():
    """Everybody answers twice on the same side, and says the same: as good as half the answers, so the error is sqrt 2 times."""
    days = np.array([0, 1, 2, 3])
    n = np.full(4, 100)
    up = np.full(4, 50)
    twice = np.zeros((4, 4))
    for one, other in ((0, 1), (1, 0), (2, 3), (3, 2)):
        twice[one, other] = 100
    # 50 promoters, 50 detractors a day: votes sum to nothing, and products to the pairs.
    repeats = Repeats(1, n=twice, votes=np.zeros((4, 4)), products=twice)
    part = Daily(days, n, up, n - up)
    assert _error_times(part, np.array([2]), repeats)[0] == pytest.approx(np.sqrt(2))
    # On both sides alike it would make the difference surer, which is not made use of.
    across = np.zeros((4, 4))
    for one, other in ((0, 2), (2, 0), (1, 3), (3, 1)):
        across[one, other] = 100
    assert _error_times(part, np.array([2]), Repeats(1, across, np.zeros((4, 4)), across))[0] == 1


def test_pairs_of_answers_are_those_of_the_same_person():
    """The sums that the engine makes of blocks, against all pairs counted one by one."""
    columns = regulars(np.random.default_rng(4), 40)
    engine = Engine.in_memory({"survey_responses": columns})
    question = nps_change_points(engine.tables, Filters(date(2026, 12, 31)))
    asked = question.expressions(engine.run)
    days = daily.days_of(engine.run(asked["days"]))
    length = -(-((max(days) - min(days)).days + 1) // 32)
    start = np.datetime64(min(days))
    votes = np.array([1 if score >= 9 else 0 if score >= 7 else -1 for score in columns["score"]])
    block = ((columns["answered_at"] - start).astype("timedelta64[D]").astype(int)) // length
    expected: dict = {}
    for one, who in enumerate(columns["email"]):
        for other, whom in enumerate(columns["email"]):
            if one != other and who == whom:
                sums = expected.setdefault((block[one], block[other]), [0, 0, 0])
                sums[0] += 1
                sums[1] += votes[one]
                sums[2] += votes[one] * votes[other]
    told_ = {
        (row["one"], row["other"]): [row["n"], row["votes"], row["products"]]
        for row in rows(engine.run(asked["repeated"]))
    }
    assert {key: sums for key, sums in told_.items() if sums[0]} == expected and len(expected) > 100


def test_of_very_many_repeats_some_people_stand_for_all(monkeypatch):
    engine = Engine.in_memory({"survey_responses": regulars(np.random.default_rng(5), 900)})

    def pairs():
        question = nps_change_points(engine.tables, Filters(date(2026, 12, 31)))
        return sum(row["n"] for row in rows(engine.run(question.expressions(engine.run)["repeated"])))

    every = pairs()
    monkeypatch.setattr(daily, "MOST_REPEATED", 800)
    assert pairs() == pytest.approx(every, rel=0.15) and pairs() != every


def test_a_planted_step_is_found_and_one_series_without_shows_none():
    random = np.random.default_rng(6)
    found = changes(series(random, 200, 20.0))
    assert len(found) == 1 and abs(found[0].place - 360) <= 30
    assert changes(series(random, 200)) == []
