"""How long deals take, from created to closed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.fields import Field, with_value
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, share
from analytics.question import Question
from analytics.rows import Row, frame, rows, split, whole, with_q_values
from analytics.survival import Lengths, log_rank
from data.tables import Tables

OUTCOMES = ("won", "lost", "all")
COLUMNS = (
    "outcome", "deals", "mean_days", "median_days", "p25_days", "p75_days", "max_days", "median_low", "median_high",
    "undecided", "undecided_share", "undated", "negative",
)  # fmt: skip


def sales_cycle(tables: Tables, filters: Filters, by: Field | None = None) -> Question:
    """Three rows (won, lost, all), or three a group of `by`. Columns: `COLUMNS`; durations in days.

    Won and lost run from created to closed, and the period bounds the close date; all runs from the first to the last
    recorded event of every deal, and the period bounds the first. Undecided are the deals still open: in won and lost
    those left out, of a period those created in it; in all those of its deals that may yet grow.
    """
    keys = ["group"] if by else []
    cycles = _cycles(tables, filters, by)
    lengths = cycles.filter(_.days >= 0)
    ranked = lengths.mutate(
        rank=ibis.row_number().over(group_by=[*keys, "outcome"], order_by=_.days) + 1,
        n=_.count().over(group_by=[*keys, "outcome"]),
    ).mutate(reach=Z / 2 * _.n.sqrt())
    asks = {
        "open": _open(tables, filters, by),
        "lengths": cycles.mutate(length=(_.days >= 0).ifelse(_.days, ibis.null("float64"))).agg(
            undated=_.count(where=_.days.isnull()),
            negative=_.count(where=_.days < 0),
            deals=_.length.count(),
            unfinished=_.count(where=_.is_open & _.length.notnull()),
            mean_days=_.length.mean(),
            median_days=_.length.quantile(0.5),
            p25_days=_.length.quantile(0.25),
            p75_days=_.length.quantile(0.75),
            max_days=_.length.max(),
            by=[*keys, "outcome"],
        ),
        "medians": ranked.filter(_.n >= 6).agg(
            median_low=_.days.max(where=_.rank <= (_.n / 2 - _.reach).floor().clip(lower=1)),
            median_high=_.days.min(where=_.rank >= _.n + 1 - (_.n / 2 - _.reach).floor().clip(lower=1)),
            by=[*keys, "outcome"],
        ),
    }
    if by:
        asks["hours"] = lengths.mutate(hours=(_.days * 24).floor().cast("int64")).agg(
            n=_.count(), by=["group", "outcome", "hours"]
        )
    return Question(asks, partial(_rows, key=by.key(COLUMNS) if by else None))


def _cycles(tables: Tables, filters: Filters, by: Field | None) -> ir.Table:
    """One row a deal and outcome: `outcome`, `days` (null where a date is missing), `is_open`, and with `by` its `group`."""
    deals = filters.deals(tables)
    deals = deals if by is None else with_value(deals, tables, by, "group", time_zone=filters.time_zone)
    deals = deals.mutate(is_open=_.status == "open")
    kept = [*(["group"] if by else []), "outcome", "days", "is_open"]
    # A deal without a close date cannot be shown to lie outside the period: it is kept, to be counted as undated.
    closed = deals.filter((_.status != "open") & (filters.in_period(_.closed_at) | _.closed_at.isnull())).mutate(
        outcome=_.status, days=filters.days(_.closed_at, _.created_at)
    )
    events = (
        filters.stage_entries(tables)
        .filter(_.is_recorded & _.entered_at.notnull())
        .agg(first_entered=_.entered_at.min(), last_entered=_.entered_at.max(), by="deal_no")
        .rename(of_deal="deal_no")
    )
    spans = deals.left_join(events, [("deal_no", "of_deal")]).mutate(
        outcome=ibis.literal("all"),
        first=ibis.least(_.created_at.fill_null(_.first_entered), _.first_entered.fill_null(_.created_at)),
        last=ibis.greatest(_.closed_at.fill_null(_.last_entered), _.last_entered.fill_null(_.closed_at)),
    )
    spans = spans.filter(filters.in_period(_["first"]) | _["first"].isnull()).mutate(
        days=filters.days(_["last"], _["first"])
    )
    return closed.select(kept).union(spans.select(kept))


def _open(tables: Tables, filters: Filters, by: Field | None) -> ir.Table:
    deals = filters.deals(tables)
    deals = deals if by is None else with_value(deals, tables, by, "group", time_zone=filters.time_zone)
    is_open = (_.status == "open") & filters.in_period(_.created_at)
    return deals.agg(deals=_.count(), open=_.count(where=is_open), by=["group"] if by else [])


def _rows(answers: Mapping[str, pd.DataFrame], key: str | None) -> pd.DataFrame:
    def keyed(name: str) -> dict[Any, Row]:
        return {(row.get("group"), row["outcome"]): row for row in rows(answers[name])}

    lengths, medians = keyed("lengths"), keyed("medians")
    still_open = {row.get("group"): whole(row["open"]) for row in rows(answers["open"])}
    own_lengths = _lengths(answers["hours"], ["group", "outcome"]) if key is not None else {}
    all_lengths = _lengths(answers["hours"], ["outcome"]) if key is not None else {}
    found: list[Row] = []
    tests: list[float | None] = []
    for group in sorted(still_open, key=lambda name: (name is None, str(name))):
        for outcome in OUTCOMES:
            place = (group, outcome)
            row: Row = {} if key is None else {key: group}
            row |= {"outcome": outcome, "deals": 0}
            for part in (lengths, medians):
                row |= {name: value for name, value in part.get(place, {}).items() if name not in ("group", "outcome")}
            row |= {name: whole(row.get(name)) for name in ("undated", "negative", "deals")}
            is_all = outcome == "all"
            row["undecided"] = whole(row.pop("unfinished", 0)) if is_all else still_open[group]
            row["undecided_share"] = share(row["undecided"], row["deals"] + (0 if is_all else row["undecided"]))
            found.append(row)
            own = own_lengths.get(place)
            tests.append(log_rank_of(own, all_lengths[outcome,].without(own)) if own else None)
    columns = list(COLUMNS)
    if key is not None:
        with_q_values(found, tests)
        columns = [key, *columns, "q_value", "tests"]
    return frame(found, columns)


def _lengths(hours: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], Lengths]:
    return {key: Lengths.of(part, "outcome", OUTCOMES) for key, part in split(hours, keys).items()}


def log_rank_of(one: Lengths, other: Lengths) -> float | None:
    """The p-value of two sets of deals taking equally long; unknown where one has fewer than 30."""
    if min(one.n, other.n) < LEAST_TESTED:
        return None
    hours = np.union1d(one.hours, other.hours)
    ended = np.zeros((len(hours), 2))
    for place, lengths in enumerate((one, other)):
        ended[np.searchsorted(hours, lengths.hours), place] = lengths.counts.sum(axis=1)
    return log_rank(ended, np.zeros_like(ended))
