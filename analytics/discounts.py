"""What discounts against the list price go with, and what they give away."""

from __future__ import annotations

from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.chance_to_win import DRAWS, FINE_HOURS, KINDS, NONE, against_others, chance, common_horizon, drawn
from analytics.contacts import chosen_deals, told_hours
from analytics.fields import LINKS, Field, with_value
from analytics.filters import Filters
from analytics.intervals import mean_interval, share, welch
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from analytics.survival import Lengths
from data.messages import N_
from data.tables import Tables

COLUMNS = (
    "band", "deals", "n", "won", "lost", "undecided", "chance", "low", "high", "horizon_days", "difference", "difference_low",
    "difference_high", "p_value", "q_value", "tests", "discount", "discount_low", "discount_high", "discounted_share",
    "given_away", "mean_amount", "mean_list_price", "expected", "expected_at_list", "pays", "pays_low", "pays_high", "break_even",
    "currency", "comparable_share", "not_comparable", "multiples", "other_currency", "no_list_price", "no_amount", "lost_known",
    "undated", "negative", "reason",
)  # fmt: skip
# The bands by the largest discount of each.
ABOVE, AT_LIST = "above_list", "none"
BANDS = (ABOVE, AT_LIST, "up_to_5", "up_to_10", "up_to_20", "up_to_30", "over_30")
BAND_ENDS = (-0.01, 0.01, 0.05, 0.10, 0.20, 0.30)
# Amounts of more, or of less, list prices than these are of several units, or of something else.
MOST_PRICES, LEAST_PRICES, WHOLE_WITHIN = 1.5, 0.1, 0.01
LEAST_COMPARABLE, LEAST_LOST_KNOWN = 0.5, 0.8
QUANTITY = frozenset({"quantity", "qty", "units", "number of units", "כמות", "יחידות", "מספר יחידות"})

NO_LOST_AMOUNTS = N_(
    "Most lost deals have no amount, so nobody knows what was offered. The column of the amount in the file of deals, filled in for lost deals too, would tell."
)
NOT_UNIT_PRICES = N_(
    "Most amounts are not near the list price of one, so they are of several units or of something else. A column Quantity in the file of deals would tell."
)
NO_LOST = N_("No closed deal is lost, so every chance would be 100%.")  # fmt: skip


def discounts(tables: Tables, filters: Filters, by: Field | None = None) -> Question:
    """A row of all deals and one a band of discount; with `by` one a group instead. Columns: `COLUMNS`.

    The discount is 1 - amount / list price of the deal's product (times the quantity, where the file of deals has that column).
    Without quantities, deals of more than 1.5 or less than 0.1 list prices are not comparable: left out and counted, and of them
    those of a whole number of list prices (`multiples`). Amounts of another currency than most are left out: list prices name none.
    Each band is compared with all others by the chance to be won, groups by the discounts of their won deals (Welch's test).
    Chances are None where the lost deals have no amounts, or most amounts are not near a list price (`reason`).
    """
    deals = _compared(tables, filters, by)
    keys = [*(["group"] if by else []), "currency", "state", "band", "status"]
    priced = deals.filter(_.state == "comparable")
    asks = {
        "sums": deals.agg(
            n=_.count(), amount=_.amount.sum(), listed=_.listed.sum(), given=_.given.sum(), discount=_.discount.sum(),
            squares=(_.discount * _.discount).sum(), multiples=_.is_multiple.sum(), discounted=(_.discount > BAND_ENDS[1]).sum(),
            undated=_.is_undated.sum(), negative=_.is_negative.sum(), by=keys,
        ),
        "lengths": priced.filter(~_.is_undated & ~_.is_negative)
        .mutate(hours=told_hours(_.life, FINE_HOURS))
        .agg(n=_.count(), by=["currency", "band", "status", "hours"]),
    }  # fmt: skip
    return Question(asks, partial(_rows, key=by.key(COLUMNS) if by else None))


def deals_by_discount(tables: Tables, filters: Filters, band: str) -> ir.Table:
    """The comparable deals of a band, those that gave away most first, with `list_price`, `discount` and `given`."""
    found = _compared(tables, filters, None).filter((_.state == "comparable") & (_.band == band))
    return found.mutate(list_price=_.listed).order_by(_.given.desc(), _.amount.desc(), "deal_id")


def _compared(tables: Tables, filters: Filters, by: Field | None) -> ir.Table:
    """The deals with what the list says they are worth (`listed`), their `discount`, its `band`, and the `state` of the comparison."""
    deals = chosen_deals(tables, filters)
    ours, theirs = LINKS["products"]
    priced = tables.products.filter(_.list_price > 0, _[theirs].notnull())
    prices = priced.agg(list_price=_.list_price.max(), by=priced[theirs].name("price_of"))
    deals = deals.left_join(prices, [(ours, "price_of")]).drop("price_of")
    quantity = _quantity(tables)
    units = ibis.literal(1.0) if quantity is None else deals[quantity].try_cast("float64")
    units = (units > 0).fill_null(False).ifelse(units, 1.0)
    deals = deals.mutate(listed=deals.list_price * units, ratio=deals.amount / (deals.list_price * units))
    is_near = (_.ratio >= LEAST_PRICES) & (_.ratio <= MOST_PRICES)
    deals = deals.mutate(
        state=ibis.cases(
            (_.listed.isnull(), "no_list_price"), ((_.amount > 0).fill_null(False), is_near.ifelse("comparable", "apart")),
            else_="no_amount",
        ),
        is_multiple=(_.ratio > MOST_PRICES) & ((_.ratio - _.ratio.round()).abs() <= WHOLE_WITHIN),
        discount=1 - _.ratio,
        given=ibis.greatest(_.listed - _.amount, 0.0),
    )  # fmt: skip
    # Rounded, so that a discount of 5% is no more than 5%.
    told = _.discount.round(9)
    ends = [(told < BAND_ENDS[0], ABOVE)]
    ends += [(told <= most, band) for band, most in zip(BANDS[1:-1], BAND_ENDS[1:], strict=True)]
    deals = deals.mutate(band=ibis.cases(*ends, else_=BANDS[-1]))
    if by is None:
        return deals
    return with_value(deals, tables, by, "group", time_zone=filters.time_zone)


def _quantity(tables: Tables) -> str | None:
    """The column of deals that a file calls the quantity, if any."""
    return next(
        (
            header.column
            for header in tables.headers
            if header.table == "deals" and header.is_attribute and header.header.strip().casefold() in QUANTITY
        ),
        None,
    )


def _rows(answers: Answers, key: str | None) -> pd.DataFrame:
    sums = rows(answers["sums"])
    currency = _main_currency(sums)
    own = [row for row in sums if row["state"] == "comparable" and row["currency"] == currency]
    shared = _left_out(sums, currency)
    found = _bands(own, answers["lengths"], currency) if key is None else _groups(own, key)
    if key is None and shared["reason"] is not None:
        for row in found:
            row |= dict.fromkeys(_OF_CHANCE)
    with_q_values(found, [row.get("p_value") for row in found])
    for row in found:
        row |= shared
    return frame(found, [*([key] if key else []), *COLUMNS])


_OF_CHANCE = (
    "chance", "low", "high", "horizon_days", "difference", "difference_low", "difference_high", "p_value", "expected",
    "expected_at_list", "pays", "pays_low", "pays_high", "break_even",
)  # fmt: skip


def _main_currency(sums: list[Row]) -> Any:
    """The currency of most deals that can be compared."""
    counts: dict[Any, int] = {}
    for row in sums:
        if row["state"] == "comparable":
            counts[row["currency"]] = counts.get(row["currency"], 0) + whole(row["n"])
    return max(counts, key=lambda name: (counts[name], str(name)), default=None)


def _left_out(sums: list[Row], currency: Any) -> Row:
    """What was not compared and why, and whether what was says anything about chances."""

    def n(of: str = "n", **marks: object) -> int:
        return sum(whole(row[of]) for row in sums if all(row[name] == mark for name, mark in marks.items()))

    comparable, apart = n(state="comparable"), n(state="apart")
    ours = n(state="comparable", currency=currency)
    lost, lost_known = (
        sum(n(state=state, status="lost") for state in states)
        for states in (("comparable", "apart", "no_amount"), ("comparable", "apart"))
    )
    row: Row = {
        "comparable_share": share(comparable, comparable + apart), "not_comparable": apart, "multiples": n("multiples", state="apart"),
        "other_currency": comparable - ours, "no_list_price": n(state="no_list_price"), "no_amount": n(state="no_amount"),
        "lost_known": share(lost_known, lost), "currency": currency, "undated": n("undated", state="comparable", currency=currency),
        "negative": n("negative", state="comparable", currency=currency), "reason": None,
    }  # fmt: skip
    if comparable and comparable < LEAST_COMPARABLE * (comparable + apart):
        row["reason"] = NOT_UNIT_PRICES
    elif lost and lost_known < LEAST_LOST_KNOWN * lost:
        row["reason"] = NO_LOST_AMOUNTS
    elif ours and not lost:
        row["reason"] = NO_LOST
    return row


def _totals(parts: list[Row]) -> dict[str, float]:
    names = ("n", "amount", "listed", "given", "discount", "squares", "discounted")
    return {name: sum(number(part[name]) for part in parts) for name in names}


def _given(parts: list[Row]) -> Row:
    """How many deals there are, the discounts of those won, and what they were below list price."""
    of = {status: _totals([part for part in parts if part["status"] == status]) for status in KINDS}
    won, every = of["won"], _totals(parts)
    n = int(won["n"])
    low, high = mean_interval(n, won["discount"], won["squares"])
    return {
        "deals": int(every["n"]), "n": int(every["n"]), "won": n, "lost": int(of["lost"]["n"]), "undecided": int(of["open"]["n"]),
        "discount": share(won["discount"], n), "discount_low": low, "discount_high": high,
        "discounted_share": share(won["discounted"], n), "given_away": won["given"] if n else None,
        "mean_amount": share(every["amount"], every["n"]), "mean_list_price": share(every["listed"], every["n"]),
    }  # fmt: skip


def _bands(own: list[Row], lengths: pd.DataFrame, currency: Any) -> list[Row]:
    mine = lengths[lengths["currency"].isna() if currency is None else lengths["currency"] == currency]
    known = Lengths.by(mine, ["band"], "status", KINDS)
    groups = {band: known.get((band,), NONE) for band in BANDS}
    every = Lengths.of(mine, "status", KINDS)
    horizon = common_horizon(list(groups.values()))
    compared = against_others(groups, horizon)
    found: list[Row] = [{"band": "all"} | _given(own) | (_chance(every, common_horizon([every])))]
    for band in BANDS:
        parts = [part for part in own if part["band"] == band]
        difference, p = compared[band]
        row: Row = {"band": band} | _given(parts) | _chance(groups[band], horizon) | difference | {"p_value": p}
        if row.get("chance") is not None and row["mean_amount"] is not None:
            row["expected"] = row["chance"] * row["mean_amount"]
        found.append(row | (_pays(row, parts, groups[band], groups[AT_LIST], horizon) if band != AT_LIST else {}))
    return found


def _chance(lengths: Lengths, horizon: float | None) -> Row:
    told = chance(lengths, horizon)
    return {name: told[name] for name in ("n", "chance", "low", "high", "horizon_days") if name in told}


def _pays(row: Row, parts: list[Row], own: Lengths, at_list: Lengths, horizon: float | None) -> Row:
    """What a deal of the band brings on average (chance x amount) against the same at list price, won as often as those are.

    `break_even` is the chance from which the discount pays: that at list price x list price / amount.
    """
    told = chance(at_list, horizon)
    if horizon is None or row.get("chance") is None or told.get("chance") is None:
        return {}
    sums = _totals(parts)
    n, amount, listed = sums["n"], row["mean_amount"], row["mean_list_price"]
    spread = max(sums["squares"] / n - (sums["discount"] / n) ** 2, 0.0)
    random = np.random.default_rng(1)
    kept = amount / listed + random.normal(0.0, (spread / n) ** 0.5, DRAWS)
    gained = drawn(own, horizon, random) * kept - drawn(at_list, horizon, random)
    low, high = np.quantile(gained * listed, [0.025, 0.975])
    expected, without = row["chance"] * amount, told["chance"] * listed
    return {
        "expected_at_list": without, "pays": expected - without, "pays_low": float(low),
        "pays_high": float(high), "break_even": told["chance"] * listed / amount,
    }  # fmt: skip


def _groups(own: list[Row], key: str) -> list[Row]:
    """A row a group, its discounts on won deals against those of all other groups."""
    names = sorted({row["group"] for row in own}, key=lambda name: (name is None, str(name)))
    found = []
    for name in names:
        mine = [row for row in own if row["group"] == name]
        won = _totals([row for row in mine if row["status"] == "won"])
        rest = _totals([row for row in own if row["group"] != name and row["status"] == "won"])
        row = {key: name, "band": "all"} | _given(mine)
        if won["n"] and rest["n"]:
            row["difference"] = won["discount"] / won["n"] - rest["discount"] / rest["n"]
            sides = (
                (int(won["n"]), won["discount"], won["squares"]),
                (int(rest["n"]), rest["discount"], rest["squares"]),
            )
            row["p_value"] = welch(*sides[0], *sides[1])
        found.append(row)
    return found
