"""What the made-up company's customers order: how often, how much, what comes back, and when they leave.

A customer begins with a won deal, whose goods are an order of the day it closed, or has bought since before there were
deals in the files. From then on it orders by chance at a rate of its own and may leave after each purchase with a chance
of its own (the process of MBG/NBD); what an order is worth scatters about a mean of its own (gamma-gamma).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from data.demo.company import (
    AS_OF,
    ENTERPRISE,
    MID_MARKET,
    PUBLIC_SECTOR,
    SMALL,
    WON,
    Company,
    Customer,
    Deal,
    Person,
    Product,
)
from data.demo.customer_words import COST_SHARE, REORDERED, SERVICE_PLAN
from data.demo.draws import choose, stream, working_day
from data.demo.quantities import quantities_of

FIRST_ORDER = date(2023, 11, 15)
LAST_ORDER = date(2026, 11, 12)  # the last working day
BOUGHT_BEFORE = 0.62  # chance that a customer known before its first deal had been buying
ORDERS_A_WEEK, RATE_SHAPE = 0.11, 1.4  # gamma: mean and shape of the rate
LEAVING = (1.0, 9.0)  # beta: chance to leave after a purchase
WORTH = {SMALL: 2_400, MID_MARKET: 5_500, ENTERPRISE: 13_000, PUBLIC_SECTOR: 9_000}  # mean of an order by segment
WORTH_SHAPE, MEANS_SHAPE = 4.0, 6.0  # of the orders of one customer, and of the means of customers
HAS_PLAN = 0.35
DEAL_LASTS = 2.0  # so many times as long as an order
OWN_DISCOUNTS, OWN_SHARES = (0.0, 0.05, 0.10), (0.6, 0.25, 0.15)
LINES = (0.35, 0.35, 0.20, 0.10)  # of an order: one, two, three, four
RETURNED = 0.025  # chance that some of an order comes back

# Planted: who has a service plan stays longer; the customers of one seller buy more.
STAYS_WITH_PLAN, STAYS_WITHOUT = 0.25, 1.35
HEAVY_OWNER, BUYS_MORE = 0, 4.2
# One large customer orders by the calendar, and then no more.
SILENT_GAP, SILENT_SINCE, SILENT_WORTH = 28, date(2026, 8, 20), 34_000
# Another pays little more than the goods cost, and sends much of them back.
COSTLY_RATE, COSTLY_WORTH, COSTLY_DISCOUNT, COSTLY_RETURNS = 0.45, 5_000, 0.42, 0.45


@dataclass(frozen=True)
class Roles:
    """The customers with something planted in them; None where nothing is, or nobody fits."""

    silent: Customer | None = None
    costly: Customer | None = None
    heavy_owner: Person | None = None


@dataclass(frozen=True)
class Line:
    """A product bought, or returned where the quantity is negative."""

    order: str
    customer: Customer
    day: date
    product: Product
    quantity: int
    unit_price: int | str
    amount: int


@dataclass(frozen=True)
class Buyer:
    """A customer that bought; `left_on` is the day of the purchase it left after, None for one that stays."""

    customer: Customer
    days: tuple[date, ...]
    has_plan: bool
    left_on: date | None
    revenue: int

    def is_here(self, day: date, after: int = 0) -> bool:
        """Whether it has begun to buy, and has not left more than so many days before."""
        return self.days[0] <= day and (self.left_on is None or day <= self.left_on + timedelta(days=after))


@dataclass(frozen=True)
class Sales:
    """All order lines in order, and who bought, those that brought most first."""

    products: tuple[Product, ...]
    lines: tuple[Line, ...]
    buyers: tuple[Buyer, ...]
    roles: Roles


def catalogue(company: Company) -> tuple[Product, ...]:
    """The products of the deals, and then those that are only reordered."""
    n = len(company.products)
    return company.products + tuple(Product(f"P-{n + k:02}", *each) for k, each in enumerate(REORDERED, start=1))


def unit_cost(product: Product) -> int:
    return round(product.price * COST_SHARE[product.family])


def sales_of(company: Company) -> Sales:
    """Everything that was ordered and returned."""
    products, roles = catalogue(company), roles_of(company)
    won: dict[str, list[tuple[Deal, int]]] = defaultdict(list)
    for deal, quantity in zip(company.deals, quantities_of(company), strict=True):
        if deal.now.stage == WON and quantity:
            won[deal.customer.id].append((deal, quantity))
    begun = {deal.customer.id: deal.visits[0].at.date() for deal in reversed(company.deals)}
    drafts: list[Line] = []
    found: list[tuple[Customer, list[date], bool, date | None]] = []
    for customer in company.customers:
        rng = stream(company.seed, f"orders of {customer.id}")
        own = _Habits.drawn(rng, customer, roles, company.planted)
        start = _start(rng, customer, begun.get(customer.id, AS_OF), roles)
        closings = [deal.visits[-1].at.date() for deal, _ in won[customer.id]]
        forced = sorted({*closings, *([start] if start else [])})
        if not forced:
            continue
        days, left_on = _regular_days(rng, forced) if customer is roles.silent else _days(rng, forced, own)
        drafts += [_of_deal(deal, quantity) for deal, quantity in won[customer.id]]
        drafts += _reorders(rng, customer, [day for day in days if day not in closings], own, products)
        if own.has_plan:
            drafts += _plans(customer, days, products)
        found.append((customer, days, own.has_plan, left_on))
    drafts += _too_much_back(
        drafts, {customer.id for customer, days, *_ in found if len(days) == 1 and not won[customer.id]}
    )
    lines = _numbered(drafts)
    revenue: dict[str, int] = defaultdict(int)
    for line in lines:
        revenue[line.customer.id] += line.amount
    buyers = [Buyer(customer, tuple(days), plan, left, revenue[customer.id]) for customer, days, plan, left in found]
    return Sales(products, lines, tuple(sorted(buyers, key=lambda buyer: -buyer.revenue)), roles)


def roles_of(company: Company) -> Roles:
    """Who is to fall silent, who is to cost more than it brings, and whose customers are to buy more."""
    if not company.planted:
        return Roles()
    busy = {deal.customer.id for deal in company.deals if deal.closed is None or deal.closed.date() > date(2026, 4, 1)}
    known = {deal.customer.id for deal in company.deals} - busy
    owner = company.people[HEAVY_OWNER]
    free = [
        each
        for each in company.customers[1:]
        if each.id in known and each.created < FIRST_ORDER and each.owner != owner
    ]
    return Roles(
        silent=next((each for each in free if each.segment == ENTERPRISE), None),
        costly=next((each for each in free if each.segment == MID_MARKET), None),
        heavy_owner=owner,
    )


@dataclass(frozen=True)
class _Habits:
    """How a customer buys: orders a day, the chance to leave, the mean worth of an order, what it pays and returns."""

    rate: float
    leaving: float
    worth: float
    discount: float
    returns: float
    has_plan: bool

    @classmethod
    def drawn(cls, rng: np.random.Generator, customer: Customer, roles: Roles, planted: bool) -> _Habits:
        rate = rng.gamma(RATE_SHAPE, ORDERS_A_WEEK / RATE_SHAPE / 7)
        leaving, has_plan = rng.beta(*LEAVING), rng.random() < HAS_PLAN
        worth = WORTH[customer.segment] * (MEANS_SHAPE - 1) / rng.gamma(MEANS_SHAPE)
        discount = choose(rng, OWN_DISCOUNTS, OWN_SHARES)
        if planted:
            leaving = min(0.9, leaving * (STAYS_WITH_PLAN if has_plan else STAYS_WITHOUT))
        if roles.heavy_owner is not None and customer.owner == roles.heavy_owner:
            worth *= BUYS_MORE
        if customer is roles.silent:
            return cls(rate, 0.0, SILENT_WORTH, 0.0, 0.0, True)
        if customer is roles.costly:
            return cls(COSTLY_RATE / 7, 0.0, COSTLY_WORTH, COSTLY_DISCOUNT, COSTLY_RETURNS, False)
        return cls(rate, leaving, worth, discount, RETURNED, has_plan)


def _start(rng: np.random.Generator, customer: Customer, first_deal: date, roles: Roles) -> date | None:
    """When a customer known before its first deal began to buy; None for one that did not."""
    bought, wait = rng.random() < BOUGHT_BEFORE, int(rng.integers(3, 120))
    if customer in (roles.silent, roles.costly):
        return working_day(FIRST_ORDER + timedelta(days=wait % 21))
    day = working_day(max(customer.created, FIRST_ORDER) + timedelta(days=wait))
    return day if bought and day < min(first_deal, LAST_ORDER) else None


def _days(rng: np.random.Generator, forced: Sequence[date], own: _Habits) -> tuple[list[date], date | None]:
    """The days of all purchases, and that of the one it left after; a won deal brings back who had left.

    The goods of a further deal last for a while: the next order comes later.
    """
    days, waiting, lasts = [forced[0]], list(forced[1:]), 1.0
    while True:
        stays = rng.random() >= own.leaving
        wait = max(1, round(lasts * rng.exponential(1 / own.rate)))
        following = _order_day(rng, days[-1] + timedelta(days=min(wait, 5000))) if stays else None
        lasts = 1.0
        if waiting and (following is None or waiting[0] <= following):
            following, lasts = waiting.pop(0), DEAL_LASTS
        if following is None or following > LAST_ORDER:
            return days, None if stays else days[-1]
        days.append(following)


def _order_day(rng: np.random.Generator, day: date) -> date:
    """That day, or one of the week after it for a Friday or Saturday."""
    later = int(rng.integers(0, 5))
    return day if working_day(day) == day else working_day(day) + timedelta(days=later)


def _regular_days(rng: np.random.Generator, forced: Sequence[date]) -> tuple[list[date], date | None]:
    days = list(forced)
    while (following := working_day(days[-1] + timedelta(days=SILENT_GAP + int(rng.integers(-3, 4))))) < SILENT_SINCE:
        days.append(following)
    return days, days[-1]


def _of_deal(deal: Deal, quantity: int) -> Line:
    amount = deal.now.amount or 0
    return Line("", deal.customer, deal.now.at.date(), deal.product, quantity, f"{amount / quantity:.2f}", amount)


def _reorders(rng: np.random.Generator, customer: Customer, days: Sequence[date], own: _Habits,
              products: Sequence[Product]) -> list[Line]:  # fmt: skip
    """The lines of the orders of these days, and of what came back of them."""
    goods = [product for product in products if product.name != SERVICE_PLAN]
    liking = [rng.gamma(0.6 if product.price < 250 else 0.3) + 0.02 for product in goods]
    lines = []
    for day in days:
        worth = rng.gamma(WORTH_SHAPE, own.worth / WORTH_SHAPE)
        n = 1 + choose(rng, (0, 1, 2, 3), LINES)
        # The first of the goods in an order of chance that the customer's liking weighs.
        keys = (rng.exponential(size=len(goods)) / liking).tolist()
        chosen = sorted(range(len(goods)), key=keys.__getitem__)[:n]
        parts = rng.gamma(3.0, size=n)
        bought = []
        for place, part in zip(chosen, (parts / parts.sum()).tolist(), strict=True):
            product = goods[place]
            price = round(product.price * (1 - own.discount))
            units = max(1, round(worth * part / price))
            bought.append(Line("", customer, day, product, units, price, units * price))
        lines += bought
        returns, share, wait = rng.random() < own.returns, rng.uniform(0.2, 0.8), int(rng.integers(4, 26))
        of, back = choose(rng, bought), working_day(day + timedelta(days=wait))
        if returns and back <= LAST_ORDER:
            lines.append(_returned(of, back, max(1, round(of.quantity * share))))
    return lines


def _returned(line: Line, day: date, units: int) -> Line:
    return Line("", line.customer, day, line.product, -units, line.unit_price, -units * int(line.unit_price))


def _plans(customer: Customer, days: Sequence[date], products: Sequence[Product]) -> list[Line]:
    """The service plan, with the first purchase and with the first of each further year."""
    plan = next(product for product in products if product.name == SERVICE_PLAN)
    sites = 1 + customer.employees // 400
    lines: list[Line] = []
    for day in days:
        if not lines or day >= lines[-1].day + timedelta(days=365):
            lines.append(Line("", customer, day, plan, sites, plan.price, sites * plan.price))
    return lines


def _too_much_back(lines: Sequence[Line], once: set[str]) -> list[Line]:
    """A blemish: a customer of one purchase got more money back than it ever paid."""
    for line in lines:
        back = working_day(line.day + timedelta(days=20))
        if line.customer.id in once and line.quantity > 0 and back <= LAST_ORDER and isinstance(line.unit_price, int):
            paid = sum(each.amount for each in lines if each.customer is line.customer)
            return [_returned(line, back, paid // line.unit_price + 2)]
    return []


def _numbered(lines: Sequence[Line]) -> tuple[Line, ...]:
    """In order of days, an order number for what one customer bought that day, and another for what it returned."""
    ordered = sorted(lines, key=lambda line: (line.day, line.customer.id, line.quantity < 0))
    keys = {key: n for n, key in enumerate(dict.fromkeys(map(_key, ordered)))}
    return tuple(
        Line(
            f"SO-{50001 + keys[_key(line)]}",
            line.customer,
            line.day,
            line.product,
            line.quantity,
            line.unit_price,
            line.amount,
        )
        for line in ordered
    )


def _key(line: Line) -> tuple[date, str, bool]:
    return line.day, line.customer.id, line.quantity < 0
