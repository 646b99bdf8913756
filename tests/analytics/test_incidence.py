import numpy as np
import pytest

from analytics.incidence import mean_time_gained, mean_time_spread, time_of_all, time_of_those
from analytics.survival import aalen_johansen


def cohort(size, seed, censored_after=np.inf):
    """Deals of which 60% convert, after 20 days on average, and the rest are lost after 40; and what is seen of them."""
    random = np.random.default_rng(seed)
    wins = random.random(size) < 0.6
    lasts = np.where(wins, random.exponential(20, size), random.exponential(40, size))
    seen = random.uniform(0, censored_after, size) if np.isfinite(censored_after) else np.full(size, np.inf)
    shown = np.minimum(lasts, seen)
    at, place = np.unique(shown, return_inverse=True)
    counts = np.zeros((len(at), 3))
    np.add.at(counts, (place, np.where(lasts > seen, 2, np.where(wins, 0, 1))), 1)
    return aalen_johansen(at, counts[:, :2], counts[:, 2])


def test_times_by_hand():
    # Ten deals: 2 convert on day 1, 2 on day 2, 4 are lost on day 3, 2 convert on day 4.
    risks = aalen_johansen([1, 2, 3, 4], [[2, 0], [2, 0], [0, 4], [2, 0]], [0, 0, 0, 0])
    assert time_of_those(risks, 0, 0.5, 4).days == 2  # three of the six
    assert time_of_those(risks, 0, 0.75, 4).days == 4
    assert time_of_all(risks, 0, 0.5, 4).days == 4  # five of the ten
    assert time_of_all(risks, 0, 0.7, 4).days is None
    mean, variance = mean_time_gained(risks, 0, 4)
    each = np.array([3, 3, 2, 2, 0, 0, 0, 0, 0, 0])  # days after converting, up to day 4
    assert mean == pytest.approx(each.mean())
    assert variance == pytest.approx(each.var() / 10)  # with nothing censored, the variance of a mean


def test_nothing_converted():
    risks = aalen_johansen([1, 2], [[0, 1], [0, 1]], [0, 0])
    assert time_of_those(risks, 0, 0.5, 2).days is None
    assert time_of_all(risks, 0, 0.5, 2).days is None
    assert mean_time_gained(risks, 0, 2)[0] == 0


def test_variances_match_the_scatter_of_repetitions():
    means, told = zip(*(mean_time_gained(cohort(400, seed, 80), 0, 60) for seed in range(150)), strict=True)
    assert np.mean(told) == pytest.approx(np.var(means), rel=0.25)


def test_the_doubt_of_a_part_is_that_of_its_cases_at_the_rates_of_all():
    everyone = cohort(4000, 1, 80)
    small = [cohort(60, seed, 80) for seed in range(150)]
    scatter = np.var([mean_time_gained(each, 0, 40)[0] for each in small])
    assert np.mean([mean_time_spread(everyone, each, 0, 40) for each in small]) == pytest.approx(scatter, rel=0.3)
    assert mean_time_spread(everyone, everyone, 0, 40) == pytest.approx(mean_time_gained(everyone, 0, 40)[1])


def test_intervals_cover_the_truth_and_the_completed_ones_alone_are_too_fast():
    truth = 20 * np.log(2)
    hits, naive = 0, []
    for seed in range(200):
        risks = cohort(400, seed, 60)
        found = time_of_those(risks, 0, 0.5, 58)
        # Of those that convert within 58 days: the exponential cut there.
        cut = -20 * np.log(1 - 0.5 * (1 - np.exp(-58 / 20)))
        hits += found.low <= cut <= (found.high or np.inf)
        naive.append(np.median(np.repeat(risks.durations, risks.events[:, 0].astype(int))))
    assert 0.91 <= hits / 200 <= 0.99
    assert np.mean(naive) < 0.8 * truth
