"""What the made-up company's people did about its deals, and what they plan: calls, meetings, emails and tasks.

How soon and how often a deal was touched is drawn given what became of it, so the deals themselves stay as they are. Contact
is cut short by a deal's end: deals lost early are often never contacted at all, which says nothing of contact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from data.demo import words
from data.demo.company import LOST, WON, Company, Deal
from data.demo.draws import pick, stream, working_day
from data.demo.words import Both

AT_ONCE, AT_ONCE_IF_WON, AT_ONCE_IF_LOST = 0.48, 0.60, 0.42  # chance of the first contact within hours
TYPICAL_HOURS, TYPICAL_DAYS = 4, 3  # median wait for the first contact: at once, and otherwise
LEFT_LYING, DAYS_LEFT_LYING = 0.30, 18  # chance that a deal not contacted at once waits so many days (median)
DAYS_BETWEEN, CALMER_AFTER, CALMER = 7.0, 30, 2.0  # mean days from one activity to the next; after so many they double
BUSIER_IF_WON = 1.1
TYPE_SHARES = (0.40, 0.10, 0.38, 0.12)


@dataclass(frozen=True)
class Activity:
    """Something done at a time, or planned for a day."""

    deal: Deal
    type: Both
    subject: Both
    owner: Both | None
    day: date
    done_at: datetime | None


def activities_of(company: Company) -> list[Activity]:
    """All activities, done and planned, in the order of their days and times."""
    rng = stream(company.seed, "activities")
    found = []
    for deal in company.deals:
        for at in _times(rng, deal, company.planted):
            kind = pick(rng, words.ACTIVITY_TYPES, TYPE_SHARES)
            found.append(Activity(deal, kind, pick(rng, words.SUBJECTS[kind]), _owner_at(deal, at), at.date(), at))
        step, day = deal.notes.next_step, deal.notes.next_activity
        if step and day:
            kind = words.ACTIVITY_TYPES[words.TYPE_OF_STEP[words.NEXT_STEPS.index(step)]]
            found.append(Activity(deal, kind, step, deal.now.owner, day, None))
    return sorted(found, key=lambda each: (each.day, each.done_at or datetime.max, each.deal.id))


def _times(rng: np.random.Generator, deal: Deal, planted: bool) -> Iterator[datetime]:
    """When something was done about the deal, up to the last activity that the deal itself tells of."""
    created, last = deal.visits[0].at, deal.notes.last_activity
    outcome = deal.now.stage if planted else None
    at = _open_hours(rng, created + _first_wait(rng, outcome))
    between = DAYS_BETWEEN / rng.gamma(3.0, 1 / 3) / (BUSIER_IF_WON if outcome == WON else 1.0)
    while at < last:
        yield at
        slower = CALMER if (at - created).days >= CALMER_AFTER else 1.0
        wait = max(1 / 24, between * slower * rng.exponential())
        at = _open_hours(rng, at + timedelta(days=wait))
    if deal.closed is None and last > deal.now.at:
        yield last


def _first_wait(rng: np.random.Generator, outcome: int | None) -> timedelta:
    at_once = {WON: AT_ONCE_IF_WON, LOST: AT_ONCE_IF_LOST}.get(-1 if outcome is None else outcome, AT_ONCE)
    if rng.random() < at_once:
        return timedelta(hours=float(min(TYPICAL_HOURS * rng.lognormal(0, 0.8), 20)))
    typical, sigma = (DAYS_LEFT_LYING, 0.6) if rng.random() < LEFT_LYING else (TYPICAL_DAYS, 0.4)
    return timedelta(days=float(max(typical * rng.lognormal(0, sigma), 1.1)))


def _open_hours(rng: np.random.Generator, at: datetime) -> datetime:
    """That minute, or if nobody works then, one early on the next working morning."""
    if 8 <= at.hour < 18 and working_day(at.date()) == at.date():
        return at.replace(second=0, microsecond=0)
    day = working_day(at.date() + timedelta(days=at.hour >= 18))
    return datetime(day.year, day.month, day.day, 8) + timedelta(minutes=int(rng.integers(0, 90)))


def _owner_at(deal: Deal, at: datetime) -> Both | None:
    return next(visit.owner for visit in reversed(deal.visits) if visit.at <= at)
