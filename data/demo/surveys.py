"""The quarterly survey of the made-up company: who was asked, who answered, and what they think of it.

Each customer is asked in every third month, so that some are asked every month. Whether somebody would recommend the
company depends on the customer, and from June 2026 on late deliveries cost it about twenty points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from data.demo.buying import LAST_ORDER, Buyer, Sales
from data.demo.company import Company
from data.demo.customer_words import BATTERY, COMMENTS, DELIVERY, PRAISE, PRICE, SLOW_ANSWERS, SOFTWARE_BUGS
from data.demo.draws import choose, office_time, stream, working_day
from data.demo.relations import Contact, Relations
from data.demo.words import Both

FIRST_MONTH, MONTHS = date(2024, 12, 1), 24
ASKED_AFTER = 150  # days after its last purchase that a customer is still asked
ARRIVES, ANSWERS = 0.97, 0.45
SCORE, OF_CUSTOMER, OF_PERSON = 8.35, 0.9, 1.6  # mean, and how customers and answers scatter about it
COMMENTED = {9: 0.40, 7: 0.40, 0: 0.70}  # by the least score

# Planted: those who leave within a year score lower and answer less; since the deliveries are late, all score lower.
LEAVING_WITHIN, LEAVERS_LESS, LEAVERS_ANSWER = 365, 1.5, 0.55
LATE_SINCE, LATE_COSTS = date(2026, 6, 1), 0.78

_THEMES = (PRAISE, DELIVERY, PRICE, SOFTWARE_BUGS, BATTERY, SLOW_ANSWERS)
_BEFORE = {
    9: (0.78, 0.02, 0.08, 0.05, 0.07, 0.00),
    7: (0.22, 0.12, 0.26, 0.17, 0.17, 0.06),
    0: (0.02, 0.16, 0.24, 0.25, 0.18, 0.15),
}  # by the least score
_SINCE = {
    9: (0.74, 0.10, 0.06, 0.04, 0.06, 0.00),
    7: (0.14, 0.42, 0.15, 0.11, 0.12, 0.06),
    0: (0.01, 0.66, 0.10, 0.10, 0.07, 0.06),
}


@dataclass(frozen=True)
class Asked:
    """Somebody asked, and the answer where one came."""

    contact: Contact
    sent: datetime
    arrived: bool
    answered: datetime | None
    score: int | None
    comment: Both | None


def survey_of(company: Company, sales: Sales, relations: Relations) -> list[Asked]:
    """Everybody who was asked, in that order."""
    found: list[Asked] = []
    for buyer in sales.buyers:
        rng = stream(company.seed, f"survey of {buyer.customer.id}")
        liking, turn = rng.normal(SCORE, OF_CUSTOMER), int(rng.integers(3))
        for month in range(turn, MONTHS, 3):
            day = working_day(_month(month) + timedelta(days=int(rng.integers(0, 27))))
            if day <= LAST_ORDER and buyer.is_here(day, ASKED_AFTER):
                for contact in relations.contacts[buyer.customer.id]:
                    found.append(_asked(rng, buyer, contact, day, liking, company.planted))
    return sorted(found, key=lambda each: (each.sent, each.contact.id))


def _month(n: int) -> date:
    months = FIRST_MONTH.month - 1 + n
    return date(FIRST_MONTH.year + months // 12, months % 12 + 1, 1)


def _asked(rng: np.random.Generator, buyer: Buyer, contact: Contact, day: date, liking: float, planted: bool) -> Asked:
    is_leaving = planted and buyer.left_on is not None and day > buyer.left_on - timedelta(days=LEAVING_WITHIN)
    is_late = planted and day >= LATE_SINCE
    sent = datetime.combine(day, time(9, int(rng.integers(0, 60))))
    arrived, willing = rng.random() < ARRIVES, rng.random() < ANSWERS * (LEAVERS_ANSWER if is_leaving else 1.0)
    at = office_time(rng, sent + timedelta(days=min(float(rng.exponential(3)), 20)), sent)
    opinion = rng.normal(liking - is_leaving * LEAVERS_LESS - is_late * LATE_COSTS, OF_PERSON)
    score = min(max(round(float(opinion)), 0), 10)
    least = next(low for low in (9, 7, 0) if score >= low)
    commented, theme = rng.random() < COMMENTED[least], choose(rng, _THEMES, (_SINCE if is_late else _BEFORE)[least])
    comment = choose(rng, COMMENTS[theme])
    if not arrived or not willing or at.date() > LAST_ORDER:
        return Asked(contact, sent, arrived, None, None, None)
    return Asked(contact, sent, True, at, score, comment if commented else None)


def answers(asked: Sequence[Asked]) -> list[Asked]:
    """Those who answered, in the order of their answers."""
    return sorted(
        (each for each in asked if each.answered), key=lambda each: (each.answered or each.sent, each.contact.id)
    )
