"""The long simulations: the score's evidence held against a known truth (`make truth`)."""

from datetime import date

import numpy as np
import pytest

from analytics.filters import Filters
from analytics.nps.change_points import nps_change_points
from analytics.nps.evidence import Tally, interval
from analytics.nps.scan import changes
from data.engine import Engine
from tests.analytics.nps_series import months_that_stand, regulars, series

pytestmark = pytest.mark.truth
SERIES = 500


@pytest.mark.parametrize("shares", [(0.5, 0.3, 0.2), (0.85, 0.10, 0.05)])
@pytest.mark.parametrize("n", [10, 30, 100])
def test_the_interval_holds_the_truth_in_94_to_97_of_100_surveys(shares, n):
    drawn, times = np.unique(np.random.default_rng(n).multinomial(n, shares, 20_000), axis=0, return_counts=True)
    truth, held = 100 * (shares[0] - shares[2]), 0
    for (promoters, _passives, detractors), count in zip(drawn.tolist(), times.tolist(), strict=True):
        low, high = interval(Tally(n, promoters, detractors))
        held += count * (low <= truth <= high)
    assert 0.94 <= held / 20_000 <= 0.97


@pytest.mark.parametrize("a_month", [60, 200])
def test_without_a_change_few_series_show_any(a_month):
    random = np.random.default_rng(a_month)
    shown = 0
    for _number in range(SERIES):
        daily = series(random, a_month)
        shown += bool(months_that_stand(daily) or changes(daily))
    assert shown / SERIES <= 0.10


def test_a_planted_step_is_found_within_a_month():
    random = np.random.default_rng(2)
    found = by_month = 0
    for _number in range(SERIES):
        daily = series(random, 200, 20.0)
        found += any(abs(int(daily.day[change.place]) - 360) <= 30 for change in changes(daily))
        by_month += 12 in months_that_stand(daily)
    assert found / SERIES >= 0.90
    # What the page says of the flag from one month to the next: 200 answers a month are too few for it.
    assert by_month / SERIES < 0.5


def test_with_as_many_answers_as_are_asked_for_the_month_is_flagged():
    """`answers_needed` says how many answers a month make the step stand out in four of five cases."""
    from analytics.nps.change_points import needed

    before, after = Tally(10_000, 5000, 2000), Tally(10_000, 4000, 3000)
    a_month = needed(before, after, 23)
    assert a_month is not None
    random = np.random.default_rng(3)
    flagged = sum(12 in months_that_stand(series(random, a_month, 20.0)) for _number in range(SERIES)) / SERIES
    assert 0.74 <= flagged <= 0.90


def test_people_who_answer_again_and_again_make_no_changes():
    """Each stays a year, answers every other month and keeps their mind: nothing changes, though who is there does."""
    shown = naive = 0
    for seed in range(100):
        columns = regulars(np.random.default_rng(seed), 400)
        engine = Engine.in_memory({"survey_responses": columns})
        found = nps_change_points(engine.tables, Filters(date(2026, 12, 31))).answer(engine.run)
        shown += len(found) > 0
        strangers = columns | {"email": columns["response_id"]}
        engine = Engine.in_memory({"survey_responses": strangers})
        naive += len(nps_change_points(engine.tables, Filters(date(2026, 12, 31))).answer(engine.run)) > 0
    assert shown <= 2
    assert naive >= 6  # so it matters that the same people answer
