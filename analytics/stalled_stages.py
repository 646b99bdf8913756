"""How many open deals wait too long, and what they are worth: by stage and by owner."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.intervals import share
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from analytics.stall_thresholds import DEFAULT_DAYS, Stalls
from analytics.stalled_deals import CHANCE, threshold_columns
from data.tables import Tables

_COUNTS = ("deals_open", "stalled", "planned", "undated")
_MONEY = ("value_open", "value_stalled")
COLUMNS = (
    "pipeline", "stage", "stage_order", *_COUNTS, "threshold_days", "is_learnt", "learnt_from", *CHANCE, "value_stalled",
    "value_open", "value_known", "currency",
)  # fmt: skip
OWNER_COLUMNS = ("owner", *_COUNTS, "value_stalled", "value_open", "value_known", "currency")
AGE_COLUMNS = ("pipeline", "stage", "age_days", "is_past", "is_planned", "n")


def stalled_stages(
    tables: Tables, filters: Filters, overrides: Mapping[str, float] | None = None, default: float = DEFAULT_DAYS
) -> Question:
    """One row an open stage: its threshold, and how many of its open deals are past it. Columns: `COLUMNS`.

    The chance is that of a deal that has just come to the stage. Money is unknown where there are several currencies. Every
    open stage that a deal ever came to has a row. Arguments and definitions as of `stalled_deals`.
    """
    stalls = Stalls(tables, filters, dict(overrides or {}), default)

    def there(answers: Answers) -> dict[str, ir.Table]:
        open_deals = stalls.open_deals(stalls.thresholds(answers["lengths"]))
        return {"there": _counted(open_deals, ["pipeline", "stage", "currency"])}

    return Question(stalls.asks(), partial(_rows, stalls), (there,))


def stalled_owners(
    tables: Tables, filters: Filters, overrides: Mapping[str, float] | None = None, default: float = DEFAULT_DAYS
) -> Question:
    """One row an owner and currency, those with most money stalled first. Columns: `OWNER_COLUMNS`. Arguments as of `stalled_deals`."""
    stalls = Stalls(tables, filters, dict(overrides or {}), default)

    def there(answers: Answers) -> dict[str, ir.Table]:
        open_deals = stalls.open_deals(stalls.thresholds(answers["lengths"]))
        return {"there": _counted(open_deals, ["owner", "currency"])}

    return Question(stalls.asks(), _owner_rows, (there,))


def open_deal_ages(
    tables: Tables, filters: Filters, overrides: Mapping[str, float] | None = None, default: float = DEFAULT_DAYS
) -> Question:
    """How many open deals have been at their stage for so many full days. Columns: `AGE_COLUMNS`. Arguments as of `stalled_deals`."""
    stalls = Stalls(tables, filters, dict(overrides or {}), default)

    def ages(answers: Answers) -> dict[str, ir.Table]:
        dated = stalls.open_deals(stalls.thresholds(answers["lengths"])).filter(_.age_days.notnull())
        dated = dated.mutate(age_days=_.age_days.floor().cast("int64"))
        by = ["pipeline", "stage", "age_days", "is_past", "is_planned"]
        return {"ages": dated.agg(n=_.count(), by=by).order_by(by)}

    return Question(stalls.asks(), lambda answers: answers["ages"][list(AGE_COLUMNS)], (ages,))


def _counted(open_deals: ir.Table, keys: list[str]) -> ir.Table:
    return open_deals.agg(
        deals_open=_.count(), stalled=_.is_stalled.sum(), planned=(_.is_past & _.is_planned).sum(),
        undated=_.age_days.isnull().sum(), known=_.amount.count(), value_open=_.amount.sum(),
        value_stalled=_.amount.sum(where=_.is_stalled), by=keys,
    )  # fmt: skip


def _money(part: list[Row]) -> Row:
    """The columns of money of rows in one currency."""
    known = sum(whole(row["known"]) for row in part)
    said: Row = {"value_known": share(known, sum(whole(row["deals_open"]) for row in part))}
    return said | {name: sum(number(row[name]) for row in part) if known else None for name in _MONEY}


def _rows(stalls: Stalls, answers: Answers) -> pd.DataFrame:
    thresholds = stalls.thresholds(answers["lengths"])
    there = rows(answers["there"])
    currencies = sorted({row["currency"] for row in there if row["currency"] is not None})
    found: list[Row] = []
    for place in [*thresholds, *dict.fromkeys((row["pipeline"], row["stage"]) for row in there)]:
        if any((row["pipeline"], row["stage"]) == place for row in found):
            continue
        threshold = stalls.threshold(thresholds, place)
        here = [row for row in there if (row["pipeline"], row["stage"]) == place]
        row: Row = {"pipeline": place[0], "stage": place[1], "stage_order": threshold.stage_order}
        row |= {name: sum(whole(each[name]) for each in here) for name in _COUNTS}
        row |= threshold_columns(threshold) | {"learnt_from": threshold.advanced}
        row |= dict(zip(CHANCE, threshold.chances([0.0])[0], strict=True)) | _money(here)
        # Amounts of different currencies do not add up.
        row |= dict.fromkeys(_MONEY) if len(currencies) > 1 else {"currency": next(iter(currencies), None)}
        found.append(row)
    return frame(found, COLUMNS)


def _owner_rows(answers: Answers) -> pd.DataFrame:
    found = [row | {name: whole(row[name]) for name in _COUNTS} | _money([row]) for row in rows(answers["there"])]
    found.sort(key=lambda row: (-number(row["value_stalled"]), -whole(row["stalled"]), str(row["owner"])))
    return frame(found, OWNER_COLUMNS)
