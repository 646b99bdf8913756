"""Which data tells of customers, chosen once for a workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.question import Answers, Question
from analytics.rows import rows, whole
from data.errors import RequestProblem
from data.messages import Message, say
from data.tables import Tables

Basis = Literal["subscriptions", "tenure", "orders", "summary", "deals"]
BASES: tuple[Basis, ...] = get_args(Basis)
# Contracts end on a day that is known; who buys freely leaves without a word.
CONTRACTS: frozenset[Basis] = frozenset({"subscriptions", "tenure"})
PURCHASES: frozenset[Basis] = frozenset({"orders", "deals"})
# How many rounds of its own a question that hangs on the basis may have.
_ROUNDS = 3


@dataclass(frozen=True)
class Source:
    """What the customers' histories are made of; with `several_currencies` each customer's money is in its commonest one.

    During a fit customers and purchases are `prepared`: kept under this name, with numbers for customers that are quickly told
    apart, so that nothing is worked out twice (analytics/customers/prepared.py).
    """

    basis: Basis
    several_currencies: bool = False
    customers: int = 0
    prepared: str = ""
    currency: str = ""  # where there is one only

    @property
    def is_contract(self) -> bool:
        return self.basis in CONTRACTS

    def reason(self) -> Message:
        """Why it is this one, for people."""
        return {
            "subscriptions": say(
                "Contracts with a start and an end are known of {n} customers, so who left and when is told by them.",
                n=self.customers,
            ),
            "tenure": say(
                "Of {n} customers the file says how long they have been customers and whether they left.",
                n=self.customers,
            ),
            "orders": say(
                "{n} customers order without a contract, so nobody says when one has left: that follows from how each of them buys.",
                n=self.customers,
            ),
            "summary": say(
                "Of {n} customers the file says how often they bought, and when first and last.", n=self.customers
            ),
            "deals": say(
                "There are no orders or contracts, so the won deals of {n} customers count as their purchases.",
                n=self.customers,
            ),
        }[self.basis]


def counts(tables: Tables, filters: Filters) -> ir.Table:
    """One row: of how many customers each basis tells, as `BASES`, and the currencies that their money is in."""
    now = ibis.timestamp(filters.now)
    orders = tables.orders.filter(_.customer_id.notnull(), _.ordered_at < now)
    deals = tables.deals.filter(_.customer_id.notnull(), _.status == "won", _.closed_at < now)
    contracts = tables.subscriptions.filter(_.customer_id.notnull(), _.started_on.notnull())
    has_tenure = _.tenure_months.notnull() & _.is_churned.notnull()
    has_summary = _.repeat_purchases.notnull() & _.recency_weeks.notnull() & _.age_weeks.notnull()
    parts = (
        contracts.agg(
            subscriptions=_.customer_id.nunique(),
            currencies_subscriptions=_.currency.nunique(),
            currency_subscriptions=_.currency.max(),
        ),
        tables.customers.agg(tenure=has_tenure.sum(), summary=has_summary.sum()),
        orders.agg(
            orders=_.customer_id.nunique(), currencies_orders=_.currency.nunique(), currency_orders=_.currency.max()
        ),
        deals.agg(
            deals=_.customer_id.nunique(), currencies_deals=_.currency.nunique(), currency_deals=_.currency.max()
        ),
    )
    found = parts[0]
    for part in parts[1:]:
        found = found.cross_join(part)
    return found


def source(row: Mapping[str, object]) -> Source | None:
    """The basis that tells of most customers, the first of `BASES` among equals; won deals only where there is no other."""
    found = {basis: whole(row[basis]) for basis in BASES}
    candidates: list[Basis] = [basis for basis in BASES if basis != "deals" and found[basis]]
    if not candidates and found["deals"]:
        candidates.append("deals")
    if not candidates:
        return None
    chosen = max(candidates, key=lambda basis: found[basis])
    several = whole(row.get(f"currencies_{chosen}")) > 1
    only = "" if several else str(row.get(f"currency_{chosen}") or "")
    return Source(chosen, several, found[chosen], currency=only)


def known_source(found: pd.DataFrame) -> Source:
    """The source, from the row of `counts`. Raises RequestProblem where nothing tells of customers."""
    known = source(rows(found)[0])
    if known is None:
        raise no_customers()
    return known


def no_customers() -> RequestProblem:
    """What to say where nothing tells of what customers buy."""
    return RequestProblem(
        say("Nothing says what customers buy, or how long they stay."),
        say(
            "Add an export of orders or invoices, a list of subscriptions, or deals with their customer and close date."
        ),
    )


def by_source(tables: Tables, filters: Filters, build: Callable[[Source], Question]) -> Question:
    """A question whose expressions hang on the basis: that is asked first. Raises RequestProblem where there is none."""
    built: dict[Source, Question] = {}

    def question(answers: Answers) -> Question:
        known = known_source(answers["basis"])
        if known not in built:
            built[known] = build(known)
        return built[known]

    def round_(place: int) -> Callable[[Answers], Mapping[str, ir.Table]]:
        def more(answers: Answers) -> Mapping[str, ir.Table]:
            later = question(answers).more
            return later[place](answers) if place < len(later) else {}

        return more

    return Question(
        {"basis": counts(tables, filters)},
        lambda answers: question(answers).finish(answers),
        (lambda answers: question(answers).asks, *map(round_, range(_ROUNDS))),
    )
