"""Simulated deals with their activities and list prices, with what is known to go with winning."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data.engine import Engine

START, NOW = datetime(2026, 1, 1), datetime(2026, 10, 1)
PRICES = {"p1": 100.0, "p2": 900.0}
Rows = list[dict[str, Any]]


def engine_of(
    deals: Rows,
    activities: Sequence[dict[str, Any]] = (),
    products: Sequence[dict[str, Any]] = (),
    headers: tuple[Any, ...] = (),
) -> Engine:
    """A workspace of rows; deals without a currency are in dollars."""
    made = pd.DataFrame([{"pipeline": "Sales", "currency": "USD", "closed_at": None, **deal} for deal in deals])
    for name in ("created_at", "closed_at"):
        made[name] = pd.to_datetime(made[name])
    tables: dict[str, Any] = {"deals": made}
    if activities:
        tables["activities"] = pd.DataFrame(
            [{"activity_id": str(place), "is_done": True, **row} for place, row in enumerate(activities)]
        )
    if products:
        tables["products"] = pd.DataFrame(products)
    return Engine.in_memory(tables, headers=headers)


def contacted(
    n: int,
    seed: int,
    chance: Callable[[float, int], float],
    mean_wait: float = 5.0,
    early_losers: float = 0.0,
    touches: float = 3.0,
) -> Engine:
    """`n` deals created at any hour; contacted after an exponential wait in days, if still open, and won by `chance(wait, touches)`.

    A share of `early_losers` is lost within two days, whatever is done; the others last 60 days on average after the first ten.
    """
    random = np.random.default_rng(seed)
    deals, activities = [], []
    for number in range(n):
        created = START + timedelta(hours=float(random.uniform(0, 24 * 260)))
        wait, times = float(random.exponential(mean_wait)), int(random.poisson(touches))
        is_early = random.random() < early_losers
        life = float(random.uniform(0, 2)) if is_early else 10 + float(random.exponential(60))
        status = "won" if not is_early and random.random() < chance(wait, times) else "lost"
        closed: datetime | None = created + timedelta(days=life)
        if closed is None or closed > NOW:
            status, closed = "open", None
        deals.append({
            "deal_id": f"D{number}", "deal_name": f"Deal {number}", "status": status, "owner": "AB"[number % 2],
            "customer_id": f"C{number}", "amount": float(random.integers(1, 100) * 100), "created_at": created, "closed_at": closed,
        })  # fmt: skip
        for at in (wait, *random.uniform(0, 30, times)):
            moment = created + timedelta(days=float(max(at, wait)))
            if moment < (closed or NOW):
                activities.append({"deal_id": f"D{number}", "happened_at": moment})
    return engine_of(deals, activities)


def priced(n: int, seed: int, chance: Callable[[float], float], **amounts: Any) -> Engine:
    """`n` deals of two products at five different discounts, won by `chance(discount)`; a tenth are of three units."""
    random = np.random.default_rng(seed)
    deals = []
    for number in range(n):
        created = START + timedelta(hours=float(random.uniform(0, 24 * 260)))
        discount, product = float(random.choice([-0.1, 0, 0, 0.04, 0.15, 0.25])), f"p{1 + number % 2}"
        closed: datetime | None = created + timedelta(days=float(random.exponential(40)))
        status = "won" if random.random() < chance(discount) else "lost"
        if closed is None or closed > NOW:
            status, closed = "open", None
        units = 3 if random.random() < 0.1 else 1
        deals.append({
            "deal_id": f"D{number}", "deal_name": f"Deal {number}", "status": status, "owner": "AB"[number % 2],
            "product_id": product, "amount": PRICES[product] * units * (1 - discount), "created_at": created, "closed_at": closed,
            **{name: each(status) for name, each in amounts.items()},
        })  # fmt: skip
    return engine_of(deals, products=[{"product_id": name, "list_price": price} for name, price in PRICES.items()])
