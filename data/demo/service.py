"""The service cases of the made-up company's customers: requests, and complaints before some of them leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from data.demo.buying import Buyer, Sales
from data.demo.company import NOW, Company
from data.demo.customer_words import CLOSED, COMPLAINTS, IN_WORK, LATE_DELIVERY, OPEN, PRIORITIES, REQUESTS
from data.demo.draws import choose, office_time, stream
from data.demo.relations import Contact, Relations, asked_of
from data.demo.words import Both

A_YEAR, COMPLAINT_SHARE = 0.8, 0.18
TYPICAL_DAYS, FORGOTTEN = 3, 0.01  # median days until closed; chance that nobody closes it
LATE_SINCE = date(2026, 6, 1)

# Planted: complaints of those who leave, many of them never closed; late deliveries; and one who asks all the time.
BEFORE_LEAVING, LEFT_OPEN = 1.3, 0.45
LATE_A_YEAR = 0.5
COSTLY_A_YEAR = 22


@dataclass(frozen=True)
class Case:
    contact: Contact
    subject: Both
    status: Both
    priority: Both
    opened: datetime
    closed: datetime | None


def cases_of(company: Company, sales: Sales, relations: Relations) -> list[Case]:
    """All cases in the order they were opened."""
    found: list[Case] = []
    for buyer in sales.buyers:
        rng = stream(company.seed, f"cases of {buyer.customer.id}")
        known = relations.contacts[buyer.customer.id]
        a_year = COSTLY_A_YEAR if buyer.customer is sales.roles.costly else A_YEAR
        for at in _times(rng, buyer, buyer.days[0], a_year):
            subject = choose(rng, COMPLAINTS[1:] if rng.random() < COMPLAINT_SHARE else REQUESTS)
            found.append(_case(rng, asked_of(known, rng), subject, at, FORGOTTEN))
        if company.planted:
            late = _times(rng, buyer, LATE_SINCE, LATE_A_YEAR) if buyer.days[0] < LATE_SINCE else ()
            found += [_case(rng, asked_of(known, rng), LATE_DELIVERY, at, FORGOTTEN) for at in late]
            found += [
                _case(rng, asked_of(known, rng), choose(rng, COMPLAINTS[1:]), at, LEFT_OPEN) for at in _last(rng, buyer)
            ]
    return sorted(found, key=lambda case: (case.opened, case.contact.id))


def _times(rng: np.random.Generator, buyer: Buyer, since: date, a_year: float) -> Iterator[datetime]:
    """When a customer turns to us by chance, from then on until it leaves."""
    at, end = datetime.combine(since, time()), datetime.combine(buyer.left_on, time()) if buyer.left_on else NOW
    while (at := office_time(rng, at + timedelta(days=rng.exponential(365 / a_year)), at)) < end:
        yield at


def _last(rng: np.random.Generator, buyer: Buyer) -> Iterator[datetime]:
    """The complaints about the time of the last purchase of a customer that leaves."""
    for _ in range(int(rng.poisson(BEFORE_LEAVING)) if buyer.left_on else 0):
        around = datetime.combine(buyer.left_on or NOW, time()) + timedelta(days=int(rng.integers(-60, 21)))
        at = office_time(rng, around, datetime.min)
        if at < NOW and at.date() >= buyer.days[0]:
            yield at


def _case(rng: np.random.Generator, contact: Contact, subject: Both, at: datetime, left_open: float) -> Case:
    days, is_forgotten = TYPICAL_DAYS * rng.lognormal(0, 1.0), rng.random() < left_open
    closed: datetime | None = office_time(rng, at + timedelta(days=float(days)), at)
    if is_forgotten or (closed and closed >= NOW):
        closed = None
    is_complaint = subject in COMPLAINTS
    priority = choose(rng, PRIORITIES, (0.1, 0.4, 0.5) if is_complaint else (0.4, 0.45, 0.15))
    status = CLOSED if closed else choose(rng, (OPEN, IN_WORK))
    return Case(contact, subject, status, priority, at, closed)
