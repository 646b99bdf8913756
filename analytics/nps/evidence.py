"""How sure a Net Promoter Score is: its interval, and tests of differences. Scores are points from -100 to 100."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from analytics.intervals import LEAST_TESTED, NOT_KNOWN, Interval, Z, normal_p, ratio_variance

# Added to the answers before the variance is taken: three quarters of a promoter and of a detractor, one and a half passives.
ADDED, ADDED_EACH = 3.0, 0.75
# Where at least this part of all there are has answered, what is left to know is less (finite population).
FINITE_SHARE = 0.05


@dataclass(frozen=True)
class Tally:
    """How many answered, and how many of them are promoters and detractors."""

    n: int
    promoters: int
    detractors: int

    @property
    def score(self) -> float | None:
        """The Net Promoter Score, -100 to 100; unknown without answers."""
        return 100 * (self.promoters - self.detractors) / self.n if self.n else None

    def plus(self, other: Tally) -> Tally:
        return Tally(self.n + other.n, self.promoters + other.promoters, self.detractors + other.detractors)

    def less(self, other: Tally) -> Tally:
        return Tally(self.n - other.n, self.promoters - other.promoters, self.detractors - other.detractors)


def adjusted_error(tally: Tally) -> float:
    """The adjusted standard error in points: 100 sqrt((p' + d' - (p' - d')^2) / n'), n' = n + 3 (Rocks 2016)."""
    n = tally.n + ADDED
    p, d = (tally.promoters + ADDED_EACH) / n, (tally.detractors + ADDED_EACH) / n
    return 100 * math.sqrt(max(p + d - (p - d) ** 2, 0.0) / n)


def interval(tally: Tally, population: int | None = None) -> Interval:
    """The 95% adjusted-Wald interval in points (Rocks 2016), cut at -100 and 100; unknown without answers.

    `population` is how many could have answered, where that is known: with more than 5% of them asked the interval is
    narrower by sqrt((N - n) / (N - 1)). It says nothing of how those differ who did not answer.
    """
    if tally.n == 0:
        return NOT_KNOWN
    centre = 100 * (tally.promoters - tally.detractors) / (tally.n + ADDED)
    half = Z * adjusted_error(tally)
    if population is not None and population > 1 and tally.n > FINITE_SHARE * population:
        half *= math.sqrt(max(population - tally.n, 0) / (population - 1))
    return max(centre - half, -100.0), min(centre + half, 100.0)


def clustered_more(one: Tally, accounts: int, squares: float, n_squares: float, cross: float) -> float:
    """What it adds to the variance of a score, in points squared, that answers of one account go together; never below 0.

    Over accounts with n answers and the votes v, `squares` sums v^2, `n_squares` n^2 and `cross` n v (Cochran 1977, 6.4).
    """
    variance = ratio_variance(accounts, one.promoters - one.detractors, one.n, squares, n_squares, cross)
    return max(1e4 * variance - adjusted_error(one) ** 2, 0.0) if variance is not None else 0.0


def difference_p(one: Tally, other: Tally, shared: float = 0.0) -> float | None:
    """The two-sided p-value of two scores being the same, by their adjusted errors; unknown where one has fewer than 30 answers.

    `shared` is the covariance of the two scores, in points squared: people who answered in both (`covariance`).
    """
    if min(one.n, other.n) < LEAST_TESTED:
        return None
    variance = adjusted_error(one) ** 2 + adjusted_error(other) ** 2 - 2 * shared
    return normal_p(((one.score or 0.0) - (other.score or 0.0)) / math.sqrt(variance)) if variance > 0 else None


def difference_interval(one: Tally, other: Tally, shared: float = 0.0) -> Interval:
    """The 95% interval of one score less the other, in points; unknown without answers."""
    if not one.n or not other.n:
        return NOT_KNOWN
    variance = max(adjusted_error(one) ** 2 + adjusted_error(other) ** 2 - 2 * shared, 0.0)
    difference = (one.score or 0.0) - (other.score or 0.0)
    half = Z * math.sqrt(variance)
    return max(difference - half, -200.0), min(difference + half, 200.0)


def own_repeats(one: Tally, pairs: float, products: float, votes: float) -> float:
    """What it adds to the variance of a score, in points squared, that people answered more than once in it; never below 0.

    Of all ordered `pairs` of two different answers of one person `products` sums vote x other vote, and `votes` the first vote.
    """
    if not pairs or not one.n:
        return 0.0
    mean = (one.score or 0.0) / 100
    return max(1e4 * (products - 2 * mean * votes + pairs * mean * mean) / (one.n + ADDED) ** 2, 0.0)


def covariance(
    one: Tally,
    other: Tally,
    pairs: int,
    products: float,
    votes: float,
    other_votes: float,
    own: float = 0.0,
    other_own: float = 0.0,
) -> float:
    """The covariance of two scores that `pairs` people have in common, in points squared, less half of what `own_repeats` gives for
    each: the adjusted errors squared less twice this are the variance of the difference.

    `products`, `votes` and `other_votes` are the sums, over those people, of vote x other vote, vote, and other vote. With
    independent samples of the rest, cov = sum (v - m)(w - k) / (n1' n2'), n' = n + 3 as in the adjusted errors: over n it
    would take away more than they hold.
    """
    if not one.n or not other.n:
        return 0.0
    if not pairs:
        return -(own + other_own) / 2
    mean, other_mean = (one.score or 0.0) / 100, (other.score or 0.0) / 100
    together = products - mean * other_votes - other_mean * votes + pairs * mean * other_mean
    shared = 1e4 * together / ((one.n + ADDED) * (other.n + ADDED))
    # Never more than the errors themselves allow.
    most = 0.98 * math.sqrt((adjusted_error(one) ** 2 + own) * (adjusted_error(other) ** 2 + other_own))
    return min(max(shared, -most), most) - (own + other_own) / 2


def answers_needed(error_of_one: float, points: float, tests: int = 1) -> int:
    """How many answers each of two periods needs for a difference of `points` to be seen in four of five cases at 5%.

    `error_of_one` is the standard deviation of one answer in points: 2 (z + 0.84)^2 (sd / points)^2, z = 1.96. Where only one
    of `tests` comparisons is real, it must be as clear as 5% / tests asks, and z is of that.
    """
    z = NormalDist().inv_cdf(1 - 0.025 / tests)
    return math.ceil(2 * (z + 0.8416212335729143) ** 2 * (error_of_one / points) ** 2)
