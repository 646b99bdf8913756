"""Workspaces of customers who leave, with a known reason, for tests of churn."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd

from data.engine import Engine
from data.schema import Header

END = date(2026, 1, 31)
PLAN = Header("customers", "attr_1", "Plan", True)
COLOUR = Header("customers", "attr_2", "Colour", True)
SPENT = Header("customers", "attr_3", "Spent in all", True)


def told(*rows: tuple, headers: tuple[Header, ...] = ()) -> Engine:
    """Customers with a number, tenure in months, whether they left, and attributes."""
    columns = ["customer_id", "tenure_months", "is_churned", *(header.column for header in headers)]
    return Engine.in_memory({"customers": pd.DataFrame(list(rows), columns=columns)}, headers)


def with_contracts(*rows: tuple) -> Engine:
    """Contracts: customer, first day, last day, and where it matters monthly revenue."""
    columns = ["customer_id", "started_on", "ended_on", "monthly_revenue"]
    frame = pd.DataFrame([(*row, *(100.0,)[len(row) - 3 :]) for row in rows], columns=columns)
    return Engine.in_memory({"subscriptions": frame})


@cache
def a_thousand(seed: int = 3, size: int = 1000, *, shuffled: bool = False) -> Engine:
    """Customers whose plan decides how fast they leave (6% a month on basic, 1% on pro), a colour that says nothing, and what
    they spent in all, which only counts the months."""
    random = np.random.default_rng(seed)
    plan, colour = random.choice(["basic", "pro"], size), random.choice(["red", "blue", "green"], size)
    length = np.ceil(random.exponential(1 / np.where(plan == "basic", 0.06, 0.01))).astype(int)
    followed = random.integers(1, 61, size)
    left = length <= followed
    if shuffled:
        left, plan = random.permutation(left), random.permutation(plan)
    tenure = np.minimum(length, followed)
    spent = [f"{months * 50 + extra:.2f}" for months, extra in zip(tenure, random.uniform(0, 50, size), strict=True)]
    rows = zip([f"{n:04d}" for n in range(size)], tenure.astype(float), left, plan, colour, spent, strict=True)
    return told(*rows, headers=(PLAN, COLOUR, SPENT))


@cache
def dated(seed: int = 4, size: int = 900) -> Engine:
    """The same with contracts that begin over four years and end on a day, monthly 5% on basic and 1% on pro."""
    random = np.random.default_rng(seed)
    plan = random.choice(["basic", "pro"], size)
    start = random.integers(0, 1400, size)
    length = np.ceil(random.exponential(30.4 / np.where(plan == "basic", 0.05, 0.01))).astype(int)
    first = date(2022, 1, 1)
    started = [first + timedelta(days=int(day)) for day in start]
    ended = [day + timedelta(days=int(days)) for day, days in zip(started, length, strict=True)]
    ids = [f"c{n}" for n in range(size)]
    contracts = pd.DataFrame({
        "subscription_id": ids, "customer_id": ids, "started_on": started,
        "ended_on": [day if day <= END else None for day in ended], "monthly_revenue": random.uniform(50, 150, size),
    })  # fmt: skip
    return Engine.in_memory(
        {"subscriptions": contracts, "customers": pd.DataFrame({"customer_id": ids, "attr_1": plan})}, (PLAN,)
    )


@cache
def buyers(seed: int = 5, size: int = 700) -> Engine:
    """Customers who order about every month over four years and stop one day: soon where they are slow, late where they are
    quick."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(size):
        quick = number % 2 == 0
        at, end = float(random.uniform(0, 700)), float(random.exponential(1200 if quick else 300))
        stop = min(at + end, 1491.0)
        while at <= stop:
            rows.append((f"b{number}", pd.Timestamp(2022, 1, 1) + pd.Timedelta(days=at), float(random.uniform(10, 90))))
            at += float(random.exponential(20 if quick else 55)) + 1
    return Engine.in_memory({"orders": pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])})
