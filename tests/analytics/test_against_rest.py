import numpy as np
import pytest

from analytics.against_rest import against_rest
from analytics.survival import Lengths


def risks(counts):
    kept = counts.any(axis=1)
    return Lengths(np.arange(len(counts))[kept] * 24, counts[kept]).risks()


@pytest.mark.parametrize("seed", range(8))
def test_each_group_stands_as_if_it_were_asked_alone(seed):
    """Against `CompetingRisks`, with thin and thick data, with one cause and with nothing censored."""
    random = np.random.default_rng(seed)
    for _ in range(12):
        counts = random.poisson(random.choice([0.02, 0.1, 0.5, 3]), (random.integers(2, 8), random.integers(1, 60), 5))
        counts = counts * np.array([1, *random.integers(0, 2, 4)], dtype=float)
        found = against_rest(counts)
        for group, own in enumerate(counts):
            rest = counts.sum(axis=0) - own
            if not own.any() or not rest.any():
                assert np.isnan(found.chance[group])
                continue
            one, other = risks(own), risks(rest)
            time = min(one.horizon(), other.horizon())
            assert found.chance[group] == pytest.approx(one.incidence_at(time, 0))
            assert found.chance_rest[group] == pytest.approx(other.incidence_at(time, 0))
            assert found.n[group] == pytest.approx(one.effective_n(time, 0), rel=1e-6)
            assert found.n_rest[group] == pytest.approx(other.effective_n(time, 0), rel=1e-6)


def test_without_a_known_length_nothing_is_known():
    found = against_rest(np.zeros((3, 0, 5)))
    assert all(
        np.isnan(each).all() and len(each) == 3 for each in (found.chance, found.n, found.chance_rest, found.n_rest)
    )
