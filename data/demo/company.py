"""The made-up company itself, before anything is written: its people, products, customers and deals.

Each part draws from its own stream of random numbers. Times are local to the company, which works from Sunday to Thursday.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import numpy as np

from data.demo import words
from data.demo.draws import office_time, pick, stream, working_day
from data.demo.words import Both

AS_OF = date(2026, 11, 14)
# A Saturday night: the last thing recorded is a lead the website took by itself.
NOW = datetime(2026, 11, 14, 20, 41)
FIRST_DAY = date(2024, 11, 17)

LEAD, QUALIFIED, DEMO, PROPOSAL, NEGOTIATION, WON, LOST = range(7)
NEGEV_PIPES = 0  # a customer who asks more often than any other
REFERRAL, PARTNER, WEBSITE, EVENT, OUTBOUND = words.SOURCES
SMALL, MID_MARKET, ENTERPRISE, PUBLIC_SECTOR = words.SEGMENTS

SOURCE_SHARES = (0.18, 0.15, 0.32, 0.20, 0.15)
REGION_SHARES = (0.46, 0.26, 0.11, 0.17)
SEGMENT_SHARES = {SMALL: 0.44, MID_MARKET: 0.30, ENTERPRISE: 0.18, PUBLIC_SECTOR: 0.08}
TYPICAL_AMOUNT = {SMALL: 18_000, MID_MARKET: 48_000, ENTERPRISE: 140_000, PUBLIC_SECTOR: 90_000}
TYPICAL_EMPLOYEES = {SMALL: 14, MID_MARKET: 110, ENTERPRISE: 900, PUBLIC_SECTOR: 320}

MOVE_ON = {LEAD: 0.78, QUALIFIED: 0.90, DEMO: 0.93, PROPOSAL: 0.57, NEGOTIATION: 0.84}
GO_BACK = 0.08  # from Negotiation to Proposal
SKIP_NEXT = {LEAD: 0.03, QUALIFIED: 0.06}
TYPICAL_STAY = {LEAD: 9, QUALIFIED: 16, DEMO: 18, PROPOSAL: 26, NEGOTIATION: 20}  # median days
STAY_SIGMA = 0.8
LOSERS_LINGER = 1.3
FORGOTTEN = 0.01  # chance that nobody ever decides, at each stage

CONVERTED = 0.86  # chance that a deal began as a lead; the others came from customers who called
DEAD_LEADS = 1.3  # leads that became nothing, or have not yet, for each deal
TYPICAL_LEAD_AGE = 5  # median days from lead to deal
LEAD_PATIENCE = 21  # median days until a lead that becomes nothing is given up

PLANTED_MOVE_ON = {(EVENT, PROPOSAL): 0.30, (REFERRAL, LEAD): 0.92}
PLANTED_STAY = {(ENTERPRISE, NEGOTIATION): 2.0}
# The star takes most deals this large from this day on, won or not.
STAR, STAR_SINCE, STAR_FROM_AMOUNT, STAR_TAKES = 0, datetime(2026, 3, 1), 70_000, 0.75
# The optimist's deals are put off more often than those of others.
OPTIMIST, PUT_OFF, OPTIMIST_PUTS_OFF = 4, 0.35, 0.65


@dataclass(frozen=True)
class Person:
    name: Both
    email: str
    team: Both
    manager: Both
    office: Both


@dataclass(frozen=True)
class Product:
    id: str
    name: Both
    family: Both
    price: int


@dataclass(frozen=True)
class Customer:
    id: str
    name: Both
    industry: Both
    segment: Both
    region: Both
    city: Both
    employees: int
    owner: Person
    created: date


@dataclass(frozen=True)
class Visit:
    """A deal's entry into a stage; owner and amount as they were then, None where nobody filled them in."""

    stage: int
    at: datetime
    owner: Both | None
    amount: int | None


@dataclass(frozen=True)
class Notes:
    """What the owner wrote beside a deal, as it stands at the end."""

    expected_close: date
    next_step: Both | None
    next_activity: date | None
    last_activity: datetime
    lost_reason: Both | None
    competitor: Both | None
    campaign: Both | None


@dataclass(frozen=True)
class Deal:
    id: str
    customer: Customer
    customer_as_typed: Both
    product: Product
    source: Both
    visits: tuple[Visit, ...]
    notes: Notes

    @property
    def now(self) -> Visit:
        return self.visits[-1]

    @property
    def closed(self) -> datetime | None:
        return self.now.at if self.now.stage in (WON, LOST) else None


@dataclass(frozen=True)
class Change:
    """A field of a deal that was given another value; the creation of a deal has none."""

    deal: Deal
    field: Both
    old: date | int | None
    new: date | int | None
    at: datetime


@dataclass(frozen=True)
class Lead:
    """Someone who may buy; `deal` is the deal it became, which was made when it was converted."""

    id: str
    name: Both
    company: Both
    source: Both
    owner: Both
    status: Both
    created: datetime
    deal: Deal | None


@dataclass(frozen=True)
class Company:
    people: tuple[Person, ...]
    products: tuple[Product, ...]
    customers: tuple[Customer, ...]
    deals: tuple[Deal, ...]
    leads: tuple[Lead, ...]
    changes: tuple[Change, ...]
    seed: int
    planted: bool


def build(seed: int, deals: int, planted: bool) -> Company:
    """The company with so many deals; raises ValueError for none."""
    if deals < 1:
        raise ValueError("a company has at least one deal")
    people = tuple(
        Person(name, name.en.lower().replace(" ", ".") + "@example.com", team, manager, office)
        for (team, names), manager, office in zip(words.TEAMS.items(), words.MANAGERS, words.OFFICES, strict=True)
        for name in names
    )
    products = tuple(Product(f"P-{n:02}", *product) for n, product in enumerate(words.PRODUCTS, start=1))
    n_customers = min(640, (deals + 1) // 2)
    demand = _demand(stream(seed, "demand"), deals, n_customers)
    customers = _customers(stream(seed, "customers"), n_customers, demand, people)
    made = _deals(seed, demand, planted, people, products, customers)
    optimist = people[OPTIMIST].name if planted else None
    changes = _changes(stream(seed, "field history"), made, optimist)
    return Company(people, products, customers, made, _leads(stream(seed, "leads"), made), changes,
                   seed, planted)  # fmt: skip


def _demand(rng: np.random.Generator, deals: int, customers: int) -> list[tuple[datetime, int]]:
    """When each deal begins, in order, and the number of the customer who asks."""
    starts = [*sorted(_creation(rng) for _ in range(deals - 1)), NOW]
    appetite = rng.gamma(1.5, size=customers)
    appetite[NEGEV_PIPES] = 2 * appetite.max()
    return list(zip(starts, rng.choice(customers, size=deals, p=appetite / appetite.sum()).tolist(), strict=True))


def _customers(rng: np.random.Generator, n: int, demand: Sequence[tuple[datetime, int]],
               people: Sequence[Person]) -> tuple[Customer, ...]:  # fmt: skip
    first_deal = dict(reversed([(buyer, start.date()) for start, buyer in demand]))
    names = [(root + " " + trade, industry) for industry, trades in words.TRADES.items()
             for trade in trades for root in words.ROOTS]  # fmt: skip
    negev_pipes, others = names[0], [names[i] for i in 1 + rng.permutation(len(names) - 1)]
    public = [(Both(f"{town.en} {body.en}", f"{body.he} {town.he}"), industry)
              for body, industry in words.INSTITUTIONS for town in words.TOWNS]  # fmt: skip
    public = [public[i] for i in rng.permutation(len(public))]
    # Exact shares, because the names of public bodies are few.
    bounds = np.cumsum(list(SEGMENT_SHARES.values())) * n
    segments = [words.SEGMENTS[int(np.searchsorted(bounds, i, side="right").clip(max=3))] for i in range(n)]
    segments[1:] = [segments[1:][i] for i in rng.permutation(n - 1)]
    customers = []
    for i, segment in enumerate(segments):
        if segment == PUBLIC_SECTOR:
            name, industry = public.pop()
        else:
            name, industry = others.pop() if i else negev_pipes
            name = name + words.LIMITED if i and rng.random() < 0.4 else name
        region = pick(rng, tuple(words.CITIES), REGION_SHARES)
        owner = pick(rng, [person for person in people if person.team == words.TEAM_SERVING[region]])
        employees = max(2, round(TYPICAL_EMPLOYEES[segment] * rng.lognormal(0, 0.5)))
        known_for = int(rng.integers(1, 1500)) if rng.random() < 0.5 or i not in first_deal else 0
        created = first_deal.get(i, AS_OF) - timedelta(days=known_for)
        city = pick(rng, words.CITIES[region])
        customers.append(Customer(f"C-{1001 + i}", name, industry, segment, region, city, employees, owner, created))
    return tuple(customers)


def _deals(seed: int, demand: Sequence[tuple[datetime, int]], planted: bool, people: Sequence[Person],
           products: Sequence[Product], customers: Sequence[Customer]) -> tuple[Deal, ...]:  # fmt: skip
    rng = stream(seed, "deals")
    scattered = stream(seed, "blemishes").permutation(len(demand)).tolist()
    no_amount, no_owner = scattered[:6], scattered[6:8]
    retyped = next((i for i, (_, buyer) in enumerate(demand) if buyer == NEGEV_PIPES), None)
    deals = []
    for i, (created, buyer) in enumerate(demand):
        customer = customers[buyer]
        source = WEBSITE if created == NOW else pick(rng, words.SOURCES, SOURCE_SHARES)
        estimate = _hundreds(TYPICAL_AMOUNT[customer.segment] * rng.lognormal(0, 0.6))
        offered = _hundreds(estimate * rng.lognormal(0, 0.2)) if rng.random() < 0.4 else estimate
        path, forgotten = _path(rng, created, source, customer.segment, planted)
        owners = _owners(rng, customer.owner, len(path), people)
        star_takes = rng.random() < STAR_TAKES and created >= STAR_SINCE and estimate >= STAR_FROM_AMOUNT
        if star_takes and planted:
            owners = [people[STAR]] * len(path)
        first_offer = next((k for k, (stage, _) in enumerate(path) if stage in (PROPOSAL, NEGOTIATION)), len(path))
        visits = tuple(
            Visit(stage, at, None if i in no_owner else owner.name,
                  None if i in no_amount else (offered if k >= first_offer else estimate))
            for k, ((stage, at), owner) in enumerate(zip(path, owners, strict=True))
        )  # fmt: skip
        name = customer.name
        typed = Both(name.en.lower(), name.he.replace(" ", "  ")) if i == retyped else name
        deals.append(Deal(f"D-{10001 + i}", customer, typed, pick(rng, products), source, visits,
                          _notes(rng, created, visits[-1], forgotten)))  # fmt: skip
    return tuple(deals)


def _path(rng: np.random.Generator, created: datetime, source: Both, segment: Both,
          planted: bool) -> tuple[list[tuple[int, datetime]], bool]:  # fmt: skip
    """The stages entered until NOW with their times, and whether the deal was forgotten on the way."""
    path = [(LEAD, created)]
    while path[-1][0] not in (WON, LOST):
        stage, since = path[-1]
        move_on, days = MOVE_ON[stage], TYPICAL_STAY[stage] * rng.lognormal(0, STAY_SIGMA)
        if planted:
            move_on = PLANTED_MOVE_ON.get((source, stage), move_on)
            days *= PLANTED_STAY.get((segment, stage), 1.0)
        chance, skips, forgotten = rng.random(), rng.random() < SKIP_NEXT.get(stage, 0), rng.random() < FORGOTTEN
        if chance < move_on:
            following = stage + 1 + skips
        elif stage == NEGOTIATION and chance < move_on + GO_BACK:
            following = PROPOSAL
        else:
            following, days = LOST, days * LOSERS_LINGER
        at = office_time(rng, since + timedelta(days=float(days)), since)
        if forgotten or at > NOW:
            return path, forgotten
        path.append((following, at))
    return path, False


def _owners(rng: np.random.Generator, first: Person, n: int, people: Sequence[Person]) -> list[Person]:
    """Who held the deal at each of its n visits: now and then it is handed to someone else in the team."""
    handed, at = rng.random() < 0.07, int(rng.integers(1, max(n, 2)))
    colleague = pick(rng, [person for person in people if person.team == first.team and person != first])
    return [colleague if handed and k >= at else first for k in range(n)]


def _notes(rng: np.random.Generator, created: datetime, now: Visit, forgotten: bool) -> Notes:
    """What is written beside a deal; none of it depends on whose it is or where it came from."""
    is_open = now.stage not in (WON, LOST)
    expected = created.date() + timedelta(days=round(100 * rng.lognormal(0, 0.35)))
    if not is_open:
        expected = now.at.date() + timedelta(days=int(rng.integers(-15, 21)))
    elif expected < AS_OF and not forgotten and rng.random() < 0.75:
        expected = AS_OF + timedelta(days=int(rng.integers(5, 75)))
    planned = is_open and not forgotten and rng.random() < 0.7
    last = office_time(rng, NOW - timedelta(days=3 + int(rng.exponential(9))), datetime.min)
    if not is_open or forgotten:
        last = now.at
    return Notes(
        expected_close=expected,
        next_step=pick(rng, words.NEXT_STEPS) if planned else None,
        next_activity=working_day(AS_OF + timedelta(days=int(rng.integers(-6, 22)))) if planned else None,
        last_activity=max(last, now.at),
        lost_reason=pick(rng, words.LOST_REASONS) if now.stage == LOST and rng.random() >= 0.18 else None,
        competitor=pick(rng, words.COMPETITORS) if rng.random() < 0.45 else None,
        campaign=words.CAMPAIGNS[created.month % 12 // 3] + f" {created.year}" if rng.random() < 0.4 else None,
    )


def _leads(rng: np.random.Generator, deals: Sequence[Deal]) -> tuple[Lead, ...]:
    """The leads in order of creation. Who and where from is drawn alike for all, so none converts better than another."""
    found: list[tuple[datetime, Both, Both, Both, Both, Deal | None]] = []
    for deal in deals:
        if rng.random() < CONVERTED:
            began = deal.visits[0].at
            at = office_time(rng, began - timedelta(days=TYPICAL_LEAD_AGE * rng.lognormal(0, 0.9)), datetime.min)
            if at >= began:
                at = began - timedelta(minutes=int(rng.integers(20, 180)))
            found.append((at, deal.customer.name, deal.source, deal.customer.owner.name, words.CONVERTED, deal))
    companies = [root + " " + trade for trades in words.TRADES.values() for trade in trades for root in words.ROOTS]
    for _ in range(round(DEAD_LEADS * len(deals))):
        at, like = _creation(rng), pick(rng, deals)
        given_up = at + timedelta(days=LEAD_PATIENCE * rng.lognormal(0, 0.7)) < NOW
        status = pick(rng, words.LEADS_GIVEN_UP if given_up else words.LEADS_OPEN)
        found.append((at, pick(rng, companies), like.source, like.customer.owner.name, status, None))
    leads = []
    for i, (at, company, source, owner, status, became) in enumerate(sorted(found, key=lambda lead: lead[0])):
        name = pick(rng, words.FIRST_NAMES) + " " + pick(rng, words.LAST_NAMES)
        leads.append(Lead(f"L-{20001 + i}", name, company, source, owner, status, at, became))
    return tuple(leads)


def _changes(rng: np.random.Generator, deals: Sequence[Deal], optimist: Both | None) -> tuple[Change, ...]:
    """What the CRM recorded of each deal in order: that it was made, its amounts, and its expected close put off or brought forward."""
    found = []
    for deal in deals:
        visits, created = deal.visits, deal.visits[0].at
        found.append(Change(deal, words.CREATED, None, None, created))
        found += [
            Change(deal, words.AMOUNT, before.amount, after.amount, after.at)
            for before, after in pairwise(visits)
            if before.amount != after.amount
        ]
        end, expected = deal.closed or NOW, deal.notes.expected_close
        puts_off = rng.random() < (OPTIMIST_PUTS_OFF if deal.now.owner == optimist else PUT_OFF)
        times = sorted(float(share) for share in rng.uniform(0.2, 0.95, 1 + rng.geometric(0.6)))
        # From the last change to the first, because it is known where they led.
        for share in reversed(times if puts_off else times[:1] if rng.random() < 0.15 else []):
            at = office_time(rng, created + (end - created) * share, created)
            days = int(rng.integers(25, 70)) if puts_off else -int(rng.integers(3, 25))
            before_that = expected - timedelta(days=days)
            if at >= end or before_that <= created.date():
                continue
            found.append(Change(deal, words.EXPECTED_CLOSE, before_that, expected, at))
            end, expected = at, before_that
    return tuple(sorted(found, key=lambda change: (change.at, change.deal.id)))


def _creation(rng: np.random.Generator) -> datetime:
    """A moment of the company's life; at its end half as many again begin in a day as at its start."""
    share = 2 * (np.sqrt(1 + 1.25 * rng.random()) - 1)  # inverse of the distribution with density 0.8 + 0.4 share
    day = FIRST_DAY + timedelta(days=int(share * ((AS_OF - FIRST_DAY).days - 1)))
    return office_time(rng, datetime.combine(day, time()), datetime.min)


def _hundreds(amount: float) -> int:
    return max(100, round(amount / 100) * 100)
