"""What separates won deals from lost ones: every value of every field against all other closed deals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.fields import LINKS, SIZES, Field, fields, find, with_value
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, normal_p, share
from analytics.question import Question
from analytics.rows import Row, frame, with_q_values
from data.messages import N_
from data.tables import Tables

COLUMNS = (
    "field", "value", "won", "lost", "n", "undecided", "undecided_share", "win_rate", "expected_win_rate", "odds_ratio",
    "adjusted_odds_ratio", "low", "high", "adjusted_for", "p_value", "q_value", "tests", "deals_difference",
    "deals_low", "deals_high", "value_lost", "money_difference", "currency", "same_as", "is_leakage", "reason",
)  # fmt: skip
DEAL_COLUMNS = (
    "deal_id", "deal_name", "customer", "owner", "amount", "currency", "created_at", "closed_at", "status",
)  # fmt: skip
LEAST_DEALS = 25
LEAST_SHARE = 0.02
MOST_SOURCES = 10
# What cells are of beside the fields, which are numbered from 0.
EVERYONE, CURRENCY = -1, -2

# These are the outcome, or a place in which deals are counted anyway; a person's name is the deal's owner again.
NOT_ASKED = {("deals", "stage"), ("deals", "status"), ("people", "person_name")}
AFTERWARDS = {
    ("deals", "lost_reason"): N_("It is written when a deal is lost, so it says what is known already."),
    ("deals", "forecast_category"): N_("It follows the outcome: the CRM sets it when a deal closes."),
}
FILLED_WHEN_LOST = N_(
    "It is filled in far more often among lost deals than among won ones, so it looks written once a deal is lost."
)
FILLED_WHEN_WON = N_(
    "It is filled in far more often among won deals than among lost ones, so it looks written once a deal is won."
)
FILLED_AT_THE_END = N_(
    "It is filled in far more often among closed deals than among open ones, so it looks written when a deal closes."
)
DECIDES = N_("Its values tell won from lost almost without exception, so it looks written after the outcome was known.")
# A share of filled cells that differs by so much, or from next to none, is not how the same people fill a form.
FILLED_APART = 0.4
FILLED_AT_LEAST = 0.15
FILLED_RATIO = 0.1
# A value is pure where so few of its deals ended the other way, and that would be a wonder at the usual win rate.
PURE = 0.02
WONDER = 1e-6

STATUSES = ("won", "lost", "open")
N_SIZES = len(SIZES) + 1
N_SOURCES = MOST_SOURCES + 2  # the common ones, the others together, none
Floats = NDArray[np.float64]


def drivers(tables: Tables, filters: Filters) -> Question:
    """One row a value that at least 25 and 2% of the closed deals have, of every field with groups. Columns: `COLUMNS`.

    The period bounds the close date; open deals are counted beside, as they stand. A null `value` is a blank.
    """
    asked = candidates(tables, filters)
    deals = _wide(tables, filters, asked)
    parts = [_cells(deals, place, deals[f"field_{place}"]) for place in range(len(asked))]
    together = ibis.union(
        _cells(deals, EVERYONE, ibis.literal("")), _cells(deals, CURRENCY, deals.currency.fill_null("")), *parts
    )
    decided = (_.code % len(STATUSES) < 2).ifelse(_.n, 0)
    asks = {
        "cells": together.mutate(
            of_value=decided.sum().over(group_by=["field", "value"]), of_field=decided.sum().over(group_by="field")
        )
        .filter(
            (_.field < 0) | (_.value == "") | ((_.of_value >= LEAST_DEALS) & (_.of_value >= LEAST_SHARE * _.of_field))
        )
        .select("field", "value", "code", "n", "money"),
    }
    return Question(asks, partial(_rows, asked=asked))


def candidates(tables: Tables, filters: Filters) -> tuple[Field, ...]:
    """The fields that are looked at: those with groups, without the outcome itself."""
    left_out = NOT_ASKED | ({("deals", "pipeline")} if filters.pipeline is not None else set())
    return tuple(field for field in fields(tables) if (field.table, field.column) not in left_out)


def driver_deals(tables: Tables, filters: Filters, field: Field, value: str | None) -> ir.Table:
    """The deals behind a row of `drivers`, lost ones first, largest first. Columns: `DEAL_COLUMNS`."""
    found = with_value(_closed(tables, filters), tables, field, "group", time_zone=filters.time_zone)
    return (
        found.filter(_.group.isnull() if value is None else _.group == value)
        .mutate(place=ibis.cases((_.status == "lost", 0), (_.status == "won", 1), else_=2))
        .order_by("place", _.amount.desc(nulls_first=False), "deal_id")
        .select(*DEAL_COLUMNS)
    )


def _closed(tables: Tables, filters: Filters) -> ir.Table:
    """The deals that closed in the period, and all that are open."""
    return filters.deals(tables).filter((_.status == "open") | filters.in_period(_.closed_at))


def _wide(tables: Tables, filters: Filters, asked: Sequence[Field]) -> ir.Table:
    """A row a deal: every field as text, "" where blank, and `code`: its size, source and status as one number."""
    own = [field.column for field in asked if field.table == "deals"]
    keys = [LINKS[table][0] for table in {field.table for field in asked} - {"deals"}]
    deals = _closed(tables, filters)
    deals = deals.select(*dict.fromkeys(("status", "source", "amount", "currency", *sorted(keys), *own)))
    sized = with_value(deals, tables, find("deal_size", tables), "size")
    common = (
        deals.filter(_.source.notnull() & (_.source != ""))
        .agg(n=_.count(), by=_.source.name("common_source"))
        .order_by(_.n.desc(), "common_source")
        .limit(MOST_SOURCES)
        .mutate(source_place=ibis.row_number().over(order_by=[_.n.desc(), "common_source"]))
        .drop("n")
    )
    found = sized.left_join(common, [("source", "common_source")])
    size = ibis.cases(*((_["size"] == name, place) for place, name in enumerate(SIZES)), else_=len(SIZES))
    source = ibis.cases(
        (_.source_place.notnull(), _.source_place),
        (_.source.nullif("").notnull(), MOST_SOURCES),
        else_=MOST_SOURCES + 1,
    )
    status = ibis.cases(*((_.status == name, place) for place, name in enumerate(STATUSES[:2])), else_=2)
    code = ((size * N_SOURCES + source) * len(STATUSES) + status).cast("int32")
    texts: dict[str, ir.Value] = {}
    for table, (ours, theirs) in LINKS.items():
        columns = {place: field.column for place, field in enumerate(asked) if field.table == table}
        if columns:
            # A key that a hostile file gives twice must not double the deals.
            linked = tables[table].filter(_[theirs].notnull()).agg(
                **{f"text_{place}": _[column].cast("string").max() for place, column in columns.items()},
                by=_[theirs].name(f"key_of_{table}"),
            )  # fmt: skip
            found = found.left_join(linked, [(ours, f"key_of_{table}")])
            texts |= {f"field_{place}": _[f"text_{place}"].fill_null("") for place in columns}
    texts |= {
        f"field_{place}": _[field.column].cast("string").fill_null("")
        for place, field in enumerate(asked)
        if field.table == "deals"
    }
    return found.select("amount", "currency", **texts, code=code)


def _cells(deals: ir.Table, place: int, value: ir.StringValue) -> ir.Table:
    return deals.agg(n=deals.count(), money=deals.amount.sum(), by=[value.name("value"), deals.code]).select(
        "value", "code", "n", "money", field=ibis.literal(place, "int32")
    )


@dataclass(frozen=True)
class _Cells:
    """Deals and money by size, source and status: arrays of that shape."""

    n: Floats
    money: Floats

    @classmethod
    def of(cls, part: pd.DataFrame) -> _Cells:
        shape = (N_SIZES, N_SOURCES, len(STATUSES))
        n, money = np.zeros(shape), np.zeros(shape)
        place = np.unravel_index(part["code"].to_numpy(dtype=np.int64), shape)
        np.add.at(n, place, part["n"].to_numpy(dtype=float))
        np.add.at(money, place, part["money"].fillna(0).to_numpy(dtype=float))
        return cls(n, money)

    def at(self, axis: int, level: int) -> _Cells:
        """Only the deals of one size (axis 0) or source (axis 1)."""
        kept = np.zeros(self.n.shape[axis], dtype=bool)
        kept[level] = True
        kept = kept.reshape([-1 if place == axis else 1 for place in range(self.n.ndim)])
        return _Cells(self.n * kept, self.money * kept)

    def count(self, status: str) -> int:
        return int(self.n[..., STATUSES.index(status)].sum())

    @property
    def decided(self) -> int:
        return int(self.n[..., :2].sum())


def _rows(answers: Mapping[str, pd.DataFrame], asked: Sequence[Field]) -> pd.DataFrame:
    cells = answers["cells"]
    named = (cells["field"] == CURRENCY) & (cells["value"] != "") & cells["money"].notna()
    currencies = cells.loc[named, "value"].unique()
    has_one_currency = len(currencies) <= 1
    currency = currencies[0] if len(currencies) == 1 else None
    parts = {
        (int(place), value): _Cells.of(part) for (place, value), part in cells.groupby(["field", "value"], sort=False)
    }
    everyone = parts.get((EVERYONE, ""), _Cells.of(cells.iloc[:0]))
    least = max(LEAST_DEALS, LEAST_SHARE * everyone.decided)
    adjusters = _fit_to_adjust(everyone)
    # Sums of amounts that were written with the outcome in mind compare nothing.
    has_money = has_one_currency and "size" in adjusters
    found: list[Row] = []
    tests: list[float | None] = []
    seen: dict[tuple[bytes, str], Row] = {}
    for place, field in enumerate(asked):
        own = {value: part for (at, value), part in parts.items() if at == place}
        blank = own.get("")
        if blank is not None and blank.n.sum() == everyone.n.sum():
            continue  # nothing is filled in
        shown = {value: part for value, part in own.items() if part.decided >= least}
        reason = AFTERWARDS.get((field.table, field.column)) or _written_afterwards(own, blank, everyone)
        if reason is not None and not shown:
            shown = {"": blank} if blank is not None else {}
        for value in sorted(shown, key=lambda name: (name == "", name)):
            part = shown[value]
            if part.decided == everyone.decided and reason is None:
                continue  # all closed deals have it: there is nothing to compare them with
            row: Row = {"field": field.name, "value": value or None, "currency": currency}
            first = seen.setdefault((part.n.tobytes(), f"{part.money.sum():.9g}"), row)
            if first is not row and reason is None:  # a team of one manager: the same deals are not asked about twice
                first["same_as"] = "; ".join(filter(None, (first.get("same_as"), f"{field.name}={value}")))
                continue
            row |= _counted(part, everyone, has_money)
            leaks = reason or (DECIDES if _is_pure(part, everyone) else None)
            row |= {"is_leakage": leaks is not None, "reason": leaks}
            p = None
            if leaks is None:
                is_source = (field.table, field.column) == ("deals", "source")
                by = tuple(name for name in adjusters if not (is_source and name == "source"))
                adjusted = _adjusted(part, everyone, by, has_money)
                row |= adjusted
                p = adjusted.get("p_value")
            found.append(row)
            tests.append(p)
    with_q_values(found, tests)
    found.sort(key=_clearest)
    return frame(found, COLUMNS)


def _clearest(row: Row) -> tuple[bool, bool, float, float]:
    """What was tested first, the clearest of it on top; what is set aside last."""
    odds = row.get("adjusted_odds_ratio") or 1.0
    q = row["q_value"]
    return bool(row["is_leakage"]), q is None, 0.0 if q is None else q, -abs(math.log(odds))


def _counted(part: _Cells, everyone: _Cells, has_money: bool) -> Row:
    won, lost, undecided = (part.count(status) for status in STATUSES)
    other_won, other_lost = everyone.count("won") - won, everyone.count("lost") - lost
    # Half a deal more in each cell keeps the ratio finite (Haldane 1956, Anscombe 1956).
    odds = (won + 0.5) / (lost + 0.5) / ((other_won + 0.5) / (other_lost + 0.5))
    return {
        "won": won, "lost": lost, "n": won + lost, "undecided": undecided,
        "undecided_share": share(undecided, won + lost + undecided), "win_rate": share(won, won + lost),
        "odds_ratio": odds if other_won + other_lost else None,
        "value_lost": float(part.money[..., 1].sum()) if has_money else None,
    }  # fmt: skip


def _fit_to_adjust(everyone: _Cells) -> tuple[str, ...]:
    """Size and source, without one that follows from the outcome, as where a lost deal's amount is set to 0."""
    found = []
    for axis, name in enumerate(("size", "source")):
        levels = everyone.n.shape[axis]
        parts = {str(level): everyone.at(axis, level) for level in range(levels)}
        blank = parts.pop(str(levels - 1))
        if _written_afterwards(parts, blank, everyone) is None:
            found.append(name)
    return tuple(found)


def _written_afterwards(own: Mapping[str, _Cells], blank: _Cells | None, everyone: _Cells) -> str | None:
    """Why a field looks written once the outcome was known, or None."""
    counts = {status: everyone.count(status) for status in STATUSES}
    filled = {
        status: 1 - (blank.count(status) if blank is not None else 0) / counts[status] if counts[status] else 0.0
        for status in STATUSES
    }
    closed = share(filled["won"] * counts["won"] + filled["lost"] * counts["lost"], everyone.decided) or 0.0
    if min(counts["won"], counts["lost"]) >= LEAST_TESTED:
        if _far_apart(filled["lost"], filled["won"]):
            return FILLED_WHEN_LOST
        if _far_apart(filled["won"], filled["lost"]):
            return FILLED_WHEN_WON
    if min(counts["open"], everyone.decided) >= LEAST_TESTED and _far_apart(closed, filled["open"]):
        return FILLED_AT_THE_END
    pure = sum(part.decided for value, part in own.items() if value and _is_pure(part, everyone))
    return DECIDES if pure > (everyone.decided - (blank.decided if blank is not None else 0)) / 2 > 0 else None


def _far_apart(more: float, less: float) -> bool:
    return more - less >= FILLED_APART or (more >= FILLED_AT_LEAST and less <= FILLED_RATIO * more)


def _is_pure(part: _Cells, everyone: _Cells) -> bool:
    """Whether next to all of the deals ended the same way, by more than luck."""
    if part.decided < LEAST_DEALS or part.decided == everyone.decided:
        return False
    for status in STATUSES[:2]:
        others = part.decided - part.count(status)
        if others <= PURE * part.decided:
            from scipy.special import bdtr

            usual = 1 - everyone.count(status) / everyone.decided
            return float(bdtr(others, part.decided, usual)) < WONDER
    return False


def _adjusted(part: _Cells, everyone: _Cells, by: tuple[str, ...], has_money: bool) -> Row:
    """The odds against the deals of the same size and source, and what they come to in deals and money."""
    n = np.stack([part.n, everyone.n - part.n])[..., :2]
    money = part.money[..., :2]
    if n.sum(axis=(1, 2, 3)).min() < LEAST_TESTED:
        return {}
    for kept in dict.fromkeys((by, *((name,) for name in by), ())):
        dropped = tuple(axis for axis, name in ((1, "size"), (2, "source")) if name not in kept)
        counts = n.sum(axis=dropped, keepdims=True)
        fitted = _logistic(counts)
        if fitted is None:
            continue  # the value cannot be told apart from an adjuster, such as a second column for the source
        beta, variance, design, places = fitted
        error = math.sqrt(variance)
        bounds = beta[0] - Z * error, beta[0] + Z * error
        own = places[:, 0] == 0
        here = tuple(places[own].T)
        decided = counts[here].sum(axis=-1)
        at_stake = money[None].sum(axis=dropped, keepdims=True)[here].sum(axis=-1)
        others = design[own][:, 1:] @ beta[1:]
        usual = _logit(others)
        low, high, middle = (float(decided @ (_logit(others + each) - usual)) for each in (*bounds, beta[0]))
        told_apart = [name for axis, name in ((1, "size"), (2, "source")) if len(np.unique(places[:, axis])) > 1]
        return {
            "adjusted_odds_ratio": math.exp(beta[0]), "low": math.exp(bounds[0]), "high": math.exp(bounds[1]),
            "adjusted_for": ", ".join(told_apart) or None, "p_value": normal_p(beta[0] / error),
            "expected_win_rate": float(decided @ usual) / part.decided, "deals_difference": middle,
            "deals_low": low, "deals_high": high,
            "money_difference": float(at_stake @ (_logit(others + beta[0]) - usual)) if has_money else None,
        }  # fmt: skip
    return {}


def _logit(scores: Floats) -> Floats:
    return 1 / (1 + np.exp(-scores))


def _logistic(n: Floats) -> tuple[Floats, float, Floats, NDArray[np.int64]] | None:
    """Logistic regression of won on belonging to the group, size and source, from counts.

    `n[g, i, j, 0]` deals of group g (0: the value), size i and source j were won, `n[..., 1]` lost. Bias-reduced (Firth
    1993), so that a value without a won or a lost deal has finite odds too. Returns the coefficients (the value's
    first), the variance of the first, the design and the place of each of its rows; None where it cannot be told.
    """
    totals = n.sum(axis=-1)
    seen = np.argwhere(totals > 0)
    here = tuple(seen.T)
    total, won = totals[here], n[..., 0][here]
    columns = [(seen[:, 0] == 0).astype(float), np.ones(len(seen))]
    for axis in (1, 2):
        columns += [(seen[:, axis] == level).astype(float) for level in np.unique(seen[:, axis])[1:]]
    design = np.stack(columns, axis=1)
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    beta = np.zeros(design.shape[1])
    for _step in range(100):
        chance = _logit(design @ beta)
        weight = total * chance * (1 - chance)
        inverse = np.linalg.inv(design.T @ (weight[:, None] * design))
        leverage = weight * np.einsum("ij,jk,ik->i", design, inverse, design)
        step = inverse @ (design.T @ (won - total * chance + leverage * (0.5 - chance)))
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            return beta, float(inverse[0, 0]), design, seen
    return None
