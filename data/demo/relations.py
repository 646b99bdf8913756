"""Who the made-up company knows at its customers, and its contact with them apart from deals: calls, visits, emails, service.

Each customer that buys is contacted in a rhythm of its own. While it has an open deal there is no contact here: what is done
then is done about the deal, and is among the deal's own activities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice

import numpy as np

from data.demo import words
from data.demo.buying import Buyer, Sales
from data.demo.company import AS_OF, ENTERPRISE, MID_MARKET, NOW, PUBLIC_SECTOR, SMALL, Company, Customer
from data.demo.customer_words import CALL, EMAIL, SERVICE_VISIT, TITLES, TOPICS, VISIT
from data.demo.draws import choose, office_time, stream, working_day
from data.demo.words import Both

PEOPLE = {SMALL: (1, 3), MID_MARKET: (1, 4), ENTERPRISE: (2, 4), PUBLIC_SECTOR: (2, 3)}  # least and most of a buyer
WELL_KNOWN = 25  # of so many of the largest buyers at least two people are known
RHYTHM = {SMALL: 80, MID_MARKET: 48, ENTERPRISE: 28, PUBLIC_SECTOR: 55}  # median days from one contact to the next
KINDS, KIND_SHARES = (CALL, EMAIL, VISIT), (0.44, 0.33, 0.23)
PLANNED, AHEAD = 0.35, 24  # chance that a contact is planned, within so many days
FOLLOWED = 120  # days that a customer is still contacted after its last purchase
SERVICE_A_YEAR, SERVICE_WITH_PLAN = 0.7, 2.0

# Planted: of these among the largest one person is known; these nobody contacts any more.
SINGLE = (1, 3, 7, 12)
NEGLECTED, NEGLECTED_SINCE = 4, datetime(2026, 6, 14)
COSTLY_SERVICE_A_YEAR = 28


@dataclass(frozen=True)
class Contact:
    id: str
    name: Both
    email: str
    phone: str
    title: Both
    customer: Customer


@dataclass(frozen=True)
class Touch:
    """Something done with a customer, or planned for the day of `at`, that is about no deal."""

    kind: Both
    subject: Both
    contact: Contact
    at: datetime
    is_planned: bool = False


@dataclass(frozen=True)
class Relations:
    """The contacts of each customer by its number, the first the one most spoken to; and what was done with them, in order."""

    contacts: Mapping[str, tuple[Contact, ...]]
    touches: tuple[Touch, ...]
    neglected: frozenset[str]  # numbers of customers


def relations_of(company: Company, sales: Sales) -> Relations:
    contacts = _contacts(company, sales)
    busy = _busy(company)
    neglected = _neglected(company, sales)
    touches: list[Touch] = []
    for buyer in sales.buyers:
        rng = stream(company.seed, f"contact with {buyer.customer.id}")
        known = contacts[buyer.customer.id]
        since = NEGLECTED_SINCE if buyer.customer.id in neglected else NOW
        for kind, at in (*_regular(rng, buyer), *_service(rng, buyer, sales)):
            who = known[0] if rng.random() < 0.6 else choose(rng, known)
            if at < since and not any(began <= at <= ended for began, ended in busy[buyer.customer.id]):
                touches.append(Touch(kind, choose(rng, TOPICS[kind]), who, at))
        ahead = working_day(AS_OF + timedelta(days=int(rng.integers(1, AHEAD))))
        is_free = (
            since == NOW and buyer.left_on is None and not any(ended == NOW for _, ended in busy[buyer.customer.id])
        )
        if rng.random() < PLANNED and is_free:
            kind = choose(rng, KINDS, KIND_SHARES)
            planned = datetime.combine(ahead, time())
            touches.append(Touch(kind, choose(rng, TOPICS[kind]), known[0], planned, is_planned=True))
    return Relations(contacts, tuple(sorted(touches, key=lambda touch: (touch.at, touch.contact.id))), neglected)


def _contacts(company: Company, sales: Sales) -> dict[str, tuple[Contact, ...]]:
    rng = stream(company.seed, "contacts")
    rank = {buyer.customer.id: place for place, buyer in enumerate(sales.buyers)}
    planted = {sales.roles.silent, sales.roles.costly}
    found: dict[str, tuple[Contact, ...]] = {}
    for customer in company.customers:
        least, most = PEOPLE[customer.segment] if customer.id in rank else (1, 2)
        n = int(rng.integers(least, most + 1))
        place = rank.get(customer.id, len(rank))
        if place < WELL_KNOWN:
            n = max(n, 2)
        if company.planted and place in SINGLE and customer not in planted:
            n = 1
        made = sum(map(len, found.values()))
        found[customer.id] = tuple(islice(_people(rng, customer, made), n))
    return found


def _people(rng: np.random.Generator, customer: Customer, made: int) -> Iterator[Contact]:
    """People of different names at one customer; the addresses are of a domain that nobody can have."""
    domain = "".join(letter if letter.isalnum() else "-" for letter in customer.name.en.removesuffix(" Ltd").lower())
    used: set[str] = set()
    while True:
        name = choose(rng, words.FIRST_NAMES) + " " + choose(rng, words.LAST_NAMES)
        phone = f"05{int(rng.integers(0, 9))}-555-{int(rng.integers(0, 10_000)):04}"
        title = choose(rng, TITLES)
        if name.en not in used:
            used.add(name.en)
            email = f"{name.en.lower().replace(' ', '.')}@{domain}.example"
            yield Contact(f"N-{4000 + made + len(used)}", name, email, phone, title, customer)


def _busy(company: Company) -> dict[str, list[tuple[datetime, datetime]]]:
    """When each customer had an open deal."""
    found: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for deal in company.deals:
        found[deal.customer.id].append((deal.visits[0].at, deal.closed or NOW))
    return found


def _neglected(company: Company, sales: Sales) -> frozenset[str]:
    """The customer that fell silent, and the first of the largest that still buy and have had no deal for long."""
    if not company.planted:
        return frozenset()
    lately = {deal.customer.id for deal in company.deals if (deal.closed or NOW) >= NEGLECTED_SINCE}
    free = [
        buyer.customer.id
        for buyer in sales.buyers
        if buyer.customer.id not in lately and buyer.left_on is None and buyer.customer is not sales.roles.costly
    ]
    silent = {sales.roles.silent.id} if sales.roles.silent else set()
    return frozenset(free[:NEGLECTED]) | silent


def _end(buyer: Buyer) -> datetime:
    if buyer.left_on is None:
        return NOW
    return min(NOW, datetime.combine(buyer.left_on, time()) + timedelta(days=FOLLOWED))


def _regular(rng: np.random.Generator, buyer: Buyer) -> Iterator[tuple[Both, datetime]]:
    """The calls, emails and visits in the customer's rhythm."""
    rhythm = RHYTHM[buyer.customer.segment] * rng.lognormal(0, 0.35)
    yield from _at(rng, buyer, lambda: rhythm * rng.gamma(3.0, 1 / 3), lambda: choose(rng, KINDS, KIND_SHARES))


def _service(rng: np.random.Generator, buyer: Buyer, sales: Sales) -> Iterator[tuple[Both, datetime]]:
    """The visits of technicians."""
    a_year = SERVICE_WITH_PLAN if buyer.has_plan else SERVICE_A_YEAR
    if buyer.customer is sales.roles.costly:
        a_year = COSTLY_SERVICE_A_YEAR
    yield from _at(rng, buyer, lambda: rng.exponential(365 / a_year), lambda: SERVICE_VISIT)


def _at(
    rng: np.random.Generator, buyer: Buyer, wait: Callable[[], float], kind: Callable[[], Both]
) -> Iterator[tuple[Both, datetime]]:
    end, at = _end(buyer), datetime.combine(buyer.days[0], time())
    while True:
        at = office_time(rng, at + timedelta(days=max(1.0, wait())), at)
        if at >= end:
            return
        yield kind(), at


def asked_of(contacts: Sequence[Contact], rng: np.random.Generator) -> Contact:
    """Who of a customer's people turned to us."""
    return contacts[0] if rng.random() < 0.5 else choose(rng, contacts)
