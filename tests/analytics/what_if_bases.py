"""Baselines written by hand, for tests of what is told of scenarios."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.what_if.base import Base, Cells, Lost, NewCustomers


def cells(*rows: dict[str, Any], months: int = 24, levers: int = 1, directions: int = 1) -> Cells:
    """A cell for each row: `customers`, `alive` (default: all of them), `hazard` a month, `spend` a month, `acted_on` (levers by number),
    `largest`, `owner`, `is_new`, `spread`, `purchase`, and `shifts` of hazard, alive and spend, the same along all directions."""

    def column(name: str, usual: float) -> np.ndarray:
        return np.array([float(row.get(name, usual)) for row in rows])

    def table(name: str, usual: float) -> np.ndarray:
        return np.repeat(column(name, usual)[:, None], months, axis=1)

    def shifts(place: int) -> np.ndarray:
        return np.array([[row.get("shifts", (0.0, 0.0, 0.0))[place]] * directions for row in rows])

    number = column("customers", 1.0)
    return Cells(
        acted_on=np.array([[place in row.get("acted_on", ()) for place in range(levers)] for row in rows], dtype=bool),
        is_new=np.array([bool(row.get("is_new")) for row in rows]),
        customers=number,
        alive=np.array([float(row.get("alive", row["customers"])) for row in rows]),
        hazard=table("hazard", 0.0),
        spend=table("spend", 0.0),
        hazard_shifts=shifts(0),
        alive_shifts=shifts(1),
        spend_shifts=shifts(2),
        concentration=np.array([float(row.get("concentration", 1 / max(row["customers"], 1))) for row in rows]),
        spread=column("spread", 0.0),
        purchase=column("purchase", 0.0),
        largest=tuple(row.get("largest") for row in rows),
        owner=tuple(row.get("owner") for row in rows),
    )


def new_customers(
    rate: float = 10.0, hazard: float = 0.05, spend: float = 100.0, months: int = 24, directions: int = 1, **other: Any
) -> NewCustomers:
    staying = np.exp(-hazard * np.arange(months))
    given: dict[str, Any] = {
        "rate_sd": 0.0, "dispersion": 1.0, "hazard_shift": np.zeros(directions), "spend_shift": np.zeros(directions),
        "purchase": 0.0, "months_seen": 12,
    } | other  # fmt: skip
    return NewCustomers(rate=rate, staying=staying, revenue=spend * staying, **given)


def base(told: Cells | None, **other: Any) -> Base:
    """A baseline of these cells; `size_of` follows from who is acted on."""
    levers = told.acted_on.shape[1] if told is not None else other.get("levers", 1)
    size = (told.acted_on * told.customers[:, None]).sum(axis=0) if told is not None else np.zeros(levers)
    other.pop("levers", None)
    given: dict[str, Any] = {
        "currency": "USD", "directions": told.hazard_shifts.shape[1] if told is not None else 1, "new": None, "lost": None, "pipeline": None,
        "error": 0.0, "report": {}, "counts": {}, "size_of": size, "revenue_of": np.zeros(levers),
        "contacted_of": np.full(levers, np.nan), "revenue_12m": 0.0, "margin": None,
    } | other  # fmt: skip
    return Base(cells=told, **given)


def lost(customers: float = 100.0, monthly: float = 50.0, levers: int = 1) -> Lost:
    return Lost(np.ones((1, levers), dtype=bool), np.array([customers]), np.array([monthly]), np.array([1 / customers]))


class PlainPipeline:
    """So many deals of a size won each month, more by the first lever's percent; every draw alike."""

    draws, size, deals_open, deals_seen = 4, 0.0, 10, 100

    def __init__(self, wins: float = 5.0, value: float = 1000.0, months: int = 24) -> None:
        self.wins, self.value, self.months = wins, value, months

    def won(self, amounts: np.ndarray, strength: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        more = 1 + amounts[:, :1] / 100 * strength[:1]
        wins = np.full((self.draws, self.months), self.wins) * more
        return wins * self.value, wins
