"""Companies at random whose future is known too: what customers bought until a day, and what came in the year after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from data.engine import Engine

AS_OF = date(2025, 6, 30)
YEARS, AHEAD = 3, 365
_FIRST = AS_OF - timedelta(days=365 * YEARS - 1)


@dataclass(frozen=True)
class Known:
    """What is known on `AS_OF`, and the revenue of the year after it, of today's customers and of those who came later."""

    engine: Engine
    of_today: Mapping[str, float]  # by customer
    of_new: float


def buyers(seed: int, customers: int = 500) -> Known:
    """Who buys freely: a rate of its own for each, a chance to leave after each purchase, a level of spending; they come evenly, as many
    a month as ever."""
    random = np.random.default_rng([91, seed])
    total = int(customers * (YEARS + 1) / YEARS)
    rate = np.maximum(random.gamma(1.2, 1 / 9.0, total) / 7, 1e-5)  # a day
    leaves_after = random.geometric(np.clip(random.beta(0.8, 6.0, total), 1e-6, 1))
    level = 6.0 / random.gamma(4.0, 1 / 15.0, total)
    first = np.sort(random.uniform(0, 365 * YEARS + AHEAD, total))
    rows = []
    for number in range(total):
        at, bought = first[number], 0
        while at < 365 * YEARS + AHEAD and bought < leaves_after[number]:
            rows.append((number, at, random.gamma(6.0) * level[number] / 6.0))
            bought += 1
            at += random.exponential(1 / rate[number])
    bought = pd.DataFrame(rows, columns=["number", "day", "amount"])
    known = bought[bought["day"] < 365 * YEARS]
    ahead = bought[bought["day"] >= 365 * YEARS]
    is_old = ahead["number"].isin(known["number"])
    moment = pd.Timestamp(_FIRST) + pd.to_timedelta(known["day"], unit="D")
    orders = pd.DataFrame({
        "order_id": [str(place) for place in range(len(known))], "customer_id": [f"C{number}" for number in known["number"]],
        "ordered_at": moment.astype("datetime64[us]").to_numpy(), "amount": known["amount"].to_numpy(), "currency": "USD",
    })  # fmt: skip
    later = ahead[is_old].groupby("number")["amount"].sum()
    of_today = {f"C{number}": float(money) for number, money in later.items()}
    return Known(Engine.in_memory({"orders": orders}), of_today, float(ahead["amount"][~is_old].sum()))


def subscribers(seed: int, customers: int = 500) -> Known:
    """Who has a contract by the month: a hazard of its own for each, a fee; they come evenly."""
    random = np.random.default_rng([92, seed])
    total = int(customers * (YEARS + 1) / YEARS)
    days = 365 * YEARS
    start = np.floor(np.sort(random.uniform(0, days + AHEAD, total)))
    hazard = random.gamma(3.0, 0.03 / 3.0, total)  # a month
    stay = np.ceil(random.exponential(1 / np.maximum(hazard, 1e-6)) * 30.4375)
    fee = np.round(random.lognormal(4.5, 0.6, total), 2)
    end = start + stay
    is_known = start < days
    first = pd.Timestamp(_FIRST)
    ended = [(first + pd.Timedelta(days=int(last))).date() if last < days else None for last in end[is_known]]
    contracts = pd.DataFrame({
        "subscription_id": [f"S{place}" for place in range(int(is_known.sum()))],
        "customer_id": [f"C{place}" for place in range(int(is_known.sum()))],
        "started_on": [(first + pd.Timedelta(days=int(day))).date() for day in start[is_known]],
        "ended_on": ended, "monthly_revenue": fee[is_known], "currency": "USD",
    })  # fmt: skip
    months = np.clip(np.minimum(end, days + AHEAD) - np.maximum(start, days), 0, None) / 30.4375
    brought = months * fee
    of_today = {f"C{place}": float(brought[place]) for place in np.flatnonzero(is_known)}
    return Known(Engine.in_memory({"subscriptions": contracts}), of_today, float(brought[~is_known].sum()))
