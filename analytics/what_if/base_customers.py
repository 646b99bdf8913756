"""Customers of today in cells: grouped by the engine, told by the model, then brought together to as few as say the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.what_if.base import Cells, Floats, Lost
from analytics.what_if.base_models import YEAR, Model, Told, ratio, spend_shift, steady
from analytics.what_if.scenario import LEVERS, Scenario

LARGEST = 40  # customers that are cells of their own
CELLS = 60  # in all, where the levers leave room for it
MOST_CELLS = 400
_BINS = 12  # of risk, at most, among customers on whom the same levers act
_KEYS = ("mask", "is_new", "cell_owner", "largest")


def groups(found: ir.Table, scenario: Scenario, model: Model, currency: str) -> ir.Table:
    """One row for customers alike: the keys, how many they are, and what the model has to know of them. `found` are
    `base_people.people`."""
    inside = found.filter(found.is_inside, found.currency == currency)
    in_order = ibis.window(order_by=[inside.expected.desc(nulls_first=False), inside.customer_id])
    inside = inside.mutate(place=ibis.row_number().over(in_order))
    inside = inside.mutate(
        largest=(inside.place < LARGEST).ifelse(inside.customer_id, ibis.null("string")),
        cell_owner=_owner(inside, scenario),
    )
    keyed = inside.mutate(**model.keys(inside))
    keys = [*_KEYS, *model.keys(inside)]
    return (
        keyed.group_by(keys)
        .agg(customers=_.count(), revenue_12m=_.revenue_12m.sum(), **model.sums(keyed))
        .order_by(keys)
    )


def lost(found: ir.Table, currency: str) -> ir.Table:
    """One row for the customers lost in the last twelve months that the same levers would win back."""
    gone = found.filter(found.is_lost, found.currency == currency)
    # What it paid by contract, or what it brought in the two years before.
    gone = gone.mutate(monthly=gone.monthly_revenue.coalesce(gone.brought / 24).fill_null(0.0))
    return gone.group_by("mask").agg(
        customers=_.count(), monthly_sum=_.monthly.sum(), squares=(_.monthly * _.monthly).sum()
    ).order_by("mask")  # fmt: skip


def _owner(found: ir.Table, scenario: Scenario) -> ir.StringValue:
    """Who looks after a customer, as far as anything is asked about that."""
    owner = found.owner.coalesce(found.owner_id)
    if scenario.capacity.per_owner_per_month is not None:
        return owner
    leaving = {lever.owner for lever in scenario.levers if lever.kind == "owner_leaves" and lever.owner}
    if not leaving:
        return ibis.null("string")
    is_named = found.owner.isin(leaving).fill_null(False) | found.owner_id.isin(leaving).fill_null(False)
    return is_named.ifelse(owner, ibis.null("string"))


@dataclass(frozen=True)
class Grouped:
    """The rows of `groups` with what the model says of them."""

    frame: pd.DataFrame
    told: Told

    @classmethod
    def of(cls, frame: pd.DataFrame, model: Model, months: int) -> Grouped:
        return cls(frame, model.told(frame, months))

    @property
    def customers(self) -> Floats:
        return self.frame["customers"].to_numpy(dtype=np.float64)


def cells(grouped: Grouped, scenario: Scenario) -> Cells:
    """Rows brought together: alike in levers, in being new and in owner, and by twelve-month risk as finely as `CELLS` allows.

    Sums are kept exactly: of customers, of those there today, and month by month of those there and of what they bring. With more
    than `MOST_CELLS` the owners who look after least are told apart no more.
    """
    frame, told = grouped.frame, grouped.told
    place, owner = _places(frame, told, grouped.customers)
    n, months = int(place.max()) + 1, scenario.horizon_months

    def sums(values: Floats) -> Floats:
        return _by(place, n, values)

    first = np.full(n, len(place))
    np.minimum.at(first, place, np.arange(len(place)))
    total = np.cumsum(told.hazard, axis=1)
    there = sums(told.alive[:, None] * np.exp(-total))
    alive, revenue = sums(told.alive), sums(told.revenue)
    stays = ratio(there, alive[:, None])
    hazard = np.maximum(-np.diff(np.log(np.clip(stays, 1e-300, 1.0)), axis=1, prepend=0.0), 0.0)
    year = revenue[:, :YEAR].sum(axis=1)
    squares = sums(told.squares)
    # Of those who are there in a year, and what moves that: exactly so for the cell as a whole, to first order.
    left = (told.alive * np.exp(-total[:, YEAR - 1]) * total[:, YEAR - 1])[:, None]
    hazard_shifts = ratio(
        sums(left * told.hazard_shifts), (there[:, YEAR - 1] * np.cumsum(hazard, axis=1)[:, YEAR - 1])[:, None]
    )
    alive_shifts = ratio(sums(told.alive[:, None] * told.alive_shifts), alive[:, None])
    weight = told.revenue[:, :YEAR].sum(axis=1)[:, None]
    revenue_shifts = ratio(sums(weight * told.revenue_shifts), year[:, None])
    largest = tuple(_text(frame["largest"].iloc[row]) for row in first)
    found = Cells(
        acted_on=_flags(frame["mask"].to_numpy(dtype=np.int64)[first], len(scenario.levers)),
        is_new=frame["is_new"].to_numpy(dtype=bool)[first],
        customers=sums(grouped.customers),
        alive=alive,
        hazard=hazard[:, :months],
        spend=ratio(revenue, there)[:, :months],
        hazard_shifts=hazard_shifts,
        alive_shifts=alive_shifts,
        spend_shifts=spend_shift(revenue, hazard, hazard_shifts, alive_shifts, revenue_shifts),
        concentration=np.where(
            year > 0, np.minimum(ratio(squares, year**2), 1.0), 1 / np.maximum(sums(grouped.customers), 1.0)
        ),
        spread=np.sqrt(ratio(sums(told.differing), squares)),
        purchase=ratio(sums(weight[:, 0] * told.purchase), year),
        largest=largest,
        owner=tuple(_text(owner[row]) for row in first),
    )
    return _with_largest(found, scenario)


def lost_of(frame: pd.DataFrame, scenario: Scenario) -> Lost | None:
    """From the rows of `lost`; None where nobody was lost."""
    if frame.empty:
        return None
    n, monthly = frame["customers"].to_numpy(dtype=np.float64), steady(frame["monthly_sum"])
    is_back = np.array([LEVERS[lever.kind].acts == "lost" for lever in scenario.levers], dtype=bool)
    acted = _flags(frame["mask"].to_numpy(dtype=np.int64), len(scenario.levers)) & is_back[None, :]
    even = np.where(monthly > 0, ratio(steady(frame["squares"]), monthly**2), 1 / n)
    return Lost(acted, n, monthly / n, even)


def _with_largest(found: Cells, scenario: Scenario) -> Cells:
    """With the one customer on whom `largest_leaves` acts: the one of whom most is expected within a year."""
    places = [place for place, lever in enumerate(scenario.levers) if lever.kind == "largest_leaves"]
    alone = np.array([name is not None for name in found.largest])
    if not places or not alone.any():
        return found
    worth = found.alive * found.spend[:, :YEAR].sum(axis=1)
    acted = found.acted_on.copy()
    acted[int(np.argmax(np.where(alone, worth, -1.0))), places] = True
    return replace(found, acted_on=acted)


def _places(frame: pd.DataFrame, told: Told, customers: Floats) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """The cell of each row, and its owner as far as owners are told apart."""
    owner = np.array(frame["cell_owner"].astype(object).where(frame["cell_owner"].notna(), ""), dtype=object)
    alone = frame["largest"].notna().to_numpy()
    worth = told.revenue[:, :YEAR].sum(axis=1)
    risk = 1 - ratio(told.alive, customers) * np.exp(-told.hazard[:, :YEAR].sum(axis=1))
    place = np.empty(len(frame), dtype=np.int64)
    place[alone] = np.arange(alone.sum())
    rest = np.flatnonzero(~alone)
    if not len(rest):
        return place, owner
    taken = int(alone.sum())
    part, owner[rest] = _parts(frame.iloc[rest], owner[rest], worth[rest], MOST_CELLS - taken)
    many = int(part.max()) + 1
    whole_worth = _by(part, many, worth[rest])
    room = max(CELLS - taken - many, 0)
    share = ratio(whole_worth, np.full(many, whole_worth.sum())) * room
    bins = 1 + np.minimum(np.floor(share + 1e-9), _BINS - 1).astype(np.int64)
    # What is left goes to the largest remainders, the first among equals.
    spare = room - int((bins - 1).sum())
    for number in np.argsort(-(share - np.floor(share)), kind="stable")[: max(spare, 0)]:
        bins[number] = min(bins[number] + 1, _BINS)
    start = taken
    for number in range(many):
        own = rest[part == number]
        order = own[np.argsort(risk[own], kind="stable")]
        weight = worth[order] + worth[order].sum() * ratio(
            customers[order], np.full(len(order), customers[order].sum())
        )
        weight = weight if weight.any() else np.ones(len(order))
        middle = (np.cumsum(weight) - weight / 2) / weight.sum()
        numbers = np.minimum((middle * bins[number]).astype(np.int64), bins[number] - 1)
        _used, numbers = np.unique(numbers, return_inverse=True)
        place[order] = start + numbers
        start += int(numbers.max()) + 1
    return place, owner


def _parts(
    frame: pd.DataFrame, owner: NDArray[np.object_], worth: Floats, most: int
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Which rows the same levers act on, by being new and by owner, numbered in that order; and the owners that are told apart."""
    keys = pd.DataFrame({"mask": frame["mask"].to_numpy(), "is_new": frame["is_new"].to_numpy(), "owner": owner})

    def numbered(by: pd.DataFrame) -> NDArray[np.int64]:
        return np.asarray(by.groupby(["mask", "is_new", "owner"], sort=True).ngroup(), dtype=np.int64)

    part = numbered(keys)
    kept = list(
        keys.assign(worth=worth).groupby("owner")["worth"].sum().sort_values(ascending=False, kind="stable").index
    )
    while kept and part.max() + 1 > most:
        kept = kept[: len(kept) * 3 // 4]
        keys["owner"] = keys["owner"].where(keys["owner"].isin(kept), "")
        part = numbered(keys)
    return part, keys["owner"].to_numpy(dtype=object)


def _by(place: NDArray[np.int64], n: int, values: Floats) -> Floats:
    """Sums by place, of a column or of several."""
    if values.ndim == 1:
        return np.asarray(np.bincount(place, values, n), dtype=np.float64)
    return (
        np.stack([np.bincount(place, column, n) for column in values.T], axis=1)
        if values.shape[1]
        else np.zeros((n, 0))
    )


def _flags(mask: NDArray[np.int64], levers: int) -> NDArray[np.bool_]:
    return (mask[:, None] >> np.arange(levers)[None, :]) & 1 == 1


def _text(value: object) -> str | None:
    return None if value is None or value != value or value == "" else str(value)
