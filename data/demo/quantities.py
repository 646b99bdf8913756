"""How many units each deal of the made-up company is for, so that its amount is a list price less a discount.

The discount is drawn without regard to what became of the deal, so it buys nothing.
"""

from __future__ import annotations

from data.demo.company import Company
from data.demo.draws import pick, stream

DISCOUNTS = (0.0, 0.05, 0.10, 0.15, 0.20)
SHARES = (0.45, 0.18, 0.19, 0.11, 0.07)
# This seller gives more, to those who buy and to those who do not.
GENEROUS, GENEROUS_SHARES = 2, (0.08, 0.12, 0.25, 0.30, 0.25)


def quantities_of(company: Company) -> list[int | None]:
    """The units of each deal, in the order of the deals; None for a deal without an amount."""
    rng = stream(company.seed, "discounts")
    generous = company.people[GENEROUS].name if company.planted else None
    found: list[int | None] = []
    for deal in company.deals:
        discount = pick(rng, DISCOUNTS, GENEROUS_SHARES if deal.now.owner == generous else SHARES)
        found.append(None if deal.now.amount is None else _units(deal.now.amount, deal.product.price, discount))
    return found


def _units(amount: int, price: int, discount: float) -> int:
    """The whole number of units that comes nearest, but no discount looks larger than it was meant."""
    units = amount / (price * (1 - discount))
    return max(1, int(units) if discount else round(units))
