"""Surveys made at random with a known truth: series of months, and people who answer again and again."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from analytics.intervals import benjamini_hochberg
from analytics.nps.evidence import Tally, difference_p
from analytics.nps.scan import Daily

SHARES = (0.5, 0.3, 0.2)
DAYS_A_MONTH = 30


def series(random: np.random.Generator, a_month: int, step: float = 0.0, months: int = 24, at: int = 12) -> Daily:
    """Answers of strangers, as many each month; from the month `at` the score is lower by `step` points."""
    days = np.arange(months * DAYS_A_MONTH)
    n = np.full(len(days), a_month // DAYS_A_MONTH)
    for month in range(months):
        more = random.choice(DAYS_A_MONTH, a_month % DAYS_A_MONTH, replace=False)
        n[month * DAYS_A_MONTH + more] += 1
    is_after = days >= at * DAYS_A_MONTH
    up, down = (share + sign * is_after * step / 200 for share, sign in ((SHARES[0], -1), (SHARES[2], 1)))
    promoters = random.binomial(n, up)
    return Daily(days, n, promoters, random.binomial(n - promoters, down / (1 - up)))


def months_that_stand(daily: Daily) -> list[int]:
    """The months that differ from the one before by a real change, as the trend tells it."""
    month = daily.day // DAYS_A_MONTH
    tallies = [
        Tally(*(int(part[month == number].sum()) for part in (daily.n, daily.promoters, daily.detractors)))
        for number in range(int(month.max()) + 1)
    ]
    q = benjamini_hochberg([difference_p(now, before) for before, now in itertools.pairwise(tallies)])
    return [place for place, each in enumerate(q, 1) if each is not None and each < 0.05]


def regulars(random: np.random.Generator, people: int, months: int = 24, stays: int = 12) -> dict[str, Any]:
    """Answers of people who come, stay for a year and answer every other month, each with a mind of their own: columns of
    `survey_responses`. Nothing changes."""
    rows: dict[str, list[Any]] = {name: [] for name in ("response_id", "email", "score", "scale", "answered_at")}
    start = np.datetime64("2024-07-01")
    for person in range(people):
        mood = random.normal(0, 1.0)
        first = int(random.integers(-stays, months))
        for month in range(first, first + stays, 2):
            if 0 <= month < months:
                value = mood + random.normal(0, 0.7)
                rows["response_id"].append(f"{person}-{month}")
                rows["email"].append(f"{person}@x.com")
                rows["score"].append(10.0 if value > 0 else 8.0 if value > -0.9 else 3.0)
                rows["scale"].append("nps")
                day = start + np.timedelta64(month * DAYS_A_MONTH + int(random.integers(0, DAYS_A_MONTH)), "D")
                rows["answered_at"].append(day.astype("datetime64[us]"))
    return {name: np.array(values) if name == "answered_at" else values for name, values in rows.items()}
