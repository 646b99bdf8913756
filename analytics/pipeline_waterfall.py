"""How the open pipeline of one day became that of another: what came in, grew, shrank and left. It balances exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.deal_history import changes_of, with_values_at
from analytics.filters import Filters
from analytics.periods import first_moment
from analytics.question import Question
from analytics.rows import Row, frame, rows, whole
from data.tables import Tables

COLUMNS = ("currency", "step", "deals", "money", "unknown_amounts", "undated", "amounts_recorded", "since", "until")
Step = Literal[
    "opening", "created", "reopened", "increased", "moved_in", "decreased", "moved_out", "won", "lost", "closing"
]
STEPS: tuple[Step, ...] = (
    "opening", "created", "reopened", "increased", "moved_in", "decreased", "moved_out", "won", "lost", "closing",
)  # fmt: skip
# Steps that change how many deals are open.
COUNTED = ("created", "reopened", "moved_in", "moved_out", "won", "lost")
DEAL_COLUMNS = (
    "deal_id", "deal_name", "customer", "owner", "pipeline", "stage", "status", "amount", "currency", "amount_before", "amount_after",
    "change", "happened_at", "created_at", "closed_at",
)  # fmt: skip
_CENTS = 100
DAYS = 91  # without a period


def pipeline_waterfall(tables: Tables, filters: Filters) -> Question:
    """One row a step and currency, in the order of `STEPS`. Columns: `COLUMNS`; money and deals that leave are negative.

    opening + the steps between = closing, to the cent and by count: open deals at the start of `since`, and at the end of
    `until` or of the as-of day. Amounts are those of the time. increased and decreased change no count. Without `since`:
    the last 91 days.
    """
    start, end = _bounds(filters)
    spells = _spells(tables, filters, start, end)
    sums = {}
    for step in STEPS:
        is_in, amount = _part(step)
        sums[f"{step}_deals"] = _.count(where=is_in)
        sums[f"{step}_known"] = _.count(where=is_in & amount.notnull())
        sums[f"{step}_cents"] = amount.sum(where=is_in)
    cells = spells.agg(**sums, by=["currency_before", "currency_after"])
    undated = filters.deals(tables).filter((_.status != "open") & _.closed_at.isnull()).agg(n=_.count())
    recorded = changes_of(tables, "amount").limit(1).agg(n=_.count())
    asks = {"cells": cells, "undated": undated, "recorded": recorded}
    first, last = _days(filters)
    said = {"since": first.isoformat(), "until": last.isoformat()}
    return Question(asks, lambda answers: _rows(answers, said))


def waterfall_deals(tables: Tables, filters: Filters, step: Step, currency: str | None = None) -> ir.Table:
    """The deals of one step in one currency, the largest change first. Columns: `DEAL_COLUMNS`.

    `amount_before` and `amount_after` are the amounts at the start and the end of the deal's time in the pipeline within the
    period; `change` is what the step counts of it, and `happened_at` when it came in or left.
    """
    start, end = _bounds(filters)
    spells = _spells(tables, filters, start, end)
    is_in, cents = _part(step)
    own = spells.currency_after if step in ("moved_in", "won", "lost", "closing") else spells.currency_before
    spells = spells.filter(is_in & own.identical_to(ibis.literal(currency, "string")))
    named = tables.deals.select("deal_no", "deal_name", "customer", "owner", "pipeline", "stage")
    happened = spells.leaves_at if step in ("won", "lost") else spells.enters_at
    found = spells.mutate(
        change=cents.cast("float64") / _CENTS,
        amount_before=_.before.cast("float64") / _CENTS,
        amount_after=_.after.cast("float64") / _CENTS,
        happened_at=happened if step in ("created", "reopened", "won", "lost") else ibis.null("timestamp"),
    )
    listed = found.inner_join(named, "deal_no").select(*DEAL_COLUMNS)
    return listed.order_by(_.change.abs().desc(nulls_first=False), "deal_id")


def _days(filters: Filters) -> tuple[date, date]:
    """The first and the last day."""
    last = min(filters.until or filters.as_of, filters.as_of)
    return filters.since or last - timedelta(days=DAYS - 1), last


def _bounds(filters: Filters) -> tuple[datetime, datetime]:
    first, last = _days(filters)
    start, end = (first_moment(day, filters.time_zone) for day in (first, last + timedelta(days=1)))
    return start, max(start, end)


def _spells(tables: Tables, filters: Filters, start: datetime, end: datetime) -> ir.Table:
    """Each time a deal was open within [start, end): where it stood at both ends, and its amounts there in cents.

    Columns: those of `_times`, and is_open_before, enters, leaves, is_open_after, before, after, currency_before, currency_after.
    """
    spells = _times(tables, filters)
    # A mistake in the dates must not let a deal leave before it came.
    spells = spells.mutate(leaves_at=(_.leaves_at < _.enters_at).ifelse(_.enters_at, _.leaves_at))
    came_before = _.enters_at.isnull() | (_.enters_at < start)
    left_later = _.leaves_at.isnull() | (_.leaves_at >= start)
    spells = spells.mutate(
        is_open_before=came_before & left_later,
        enters=((_.enters_at >= start) & (_.enters_at < end)).fill_null(False),
        leaves=((_.leaves_at >= start) & (_.leaves_at < end)).fill_null(False),
        is_open_after=(_.enters_at.isnull() | (_.enters_at < end)) & (_.leaves_at.isnull() | (_.leaves_at >= end)),
    ).filter(_.is_open_before | _.enters)
    first, last = ibis.timestamp(start), ibis.timestamp(end)
    spells = spells.mutate(
        seen_from=ibis.greatest(_.enters_at.coalesce(first), first),
        seen_to=ibis.least(_.leaves_at.coalesce(last), last),
    )
    moments = {"before": "seen_from", "after": "seen_to"}
    spells = with_values_at(spells, tables, "amount", {f"amount_{name}": at for name, at in moments.items()})
    spells = with_values_at(spells, tables, "currency", {f"currency_{name}": at for name, at in moments.items()})
    # In whole cents sums are exact.
    return spells.mutate(
        before=(_.amount_before * _CENTS).round().cast("int64"), after=(_.amount_after * _CENTS).round().cast("int64")
    ).drop("amount_before", "amount_after", "seen_from", "seen_to")


def _times(tables: Tables, filters: Filters) -> ir.Table:
    """When deals came into the pipeline and left it, a row each time; `part` tells those of one deal apart.

    Columns: deal_no, deal_id, part, enters_at, how (created or reopened), leaves_at, status (as it left, or open), amount,
    currency, created_at, closed_at. A deal closed on an unknown day is left out.
    """
    kept = ("deal_no", "deal_id", "amount", "currency", "created_at", "closed_at")
    deals = filters.deals(tables).filter((_.status == "open") | _.closed_at.notnull()).select(*kept, "status")
    turns = changes_of(tables, "status").filter(_.old_value.notnull() & _.new_value.notnull())
    turns = turns.filter((_.old_value == "open") != (_.new_value == "open"))
    turns = turns.select("changed_at", "old_value", "new_value", "turn", of_deal=_.deal_id)
    again = turns.filter(_.new_value == "open").select(deal_again=_.of_deal).distinct()
    once = deals.anti_join(again, [("deal_id", "deal_again")])
    once = once.mutate(
        part=ibis.literal(-1, "int64"), enters_at=_.created_at, how=ibis.literal("created"), leaves_at=_.closed_at
    )
    # The recorded turns of deals that were opened again say when they came and left; the last closing is the deal's own.
    in_order = ibis.window(group_by="of_deal", order_by="turn")
    turns = turns.semi_join(again, [("of_deal", "deal_again")]).mutate(
        next_at=_.changed_at.lead().over(in_order),
        next_value=_.new_value.lead().over(in_order),
        place=ibis.row_number().over(in_order),
    )
    turning = deals.inner_join(turns, [("deal_id", "of_deal")])
    reopened = turning.filter(_.new_value == "open").mutate(
        part=_.turn.cast("int64"),
        enters_at=_.changed_at,
        how=ibis.literal("reopened"),
        leaves_at=_.next_at.coalesce(_.closed_at),
        status=_.next_value.coalesce(_.status),
    )
    first = turning.filter((_.place == 0) & (_.old_value == "open")).mutate(
        part=ibis.literal(-1, "int64"),
        enters_at=_.created_at,
        how=ibis.literal("created"),
        leaves_at=_.changed_at,
        status=_.new_value,
    )
    columns = (*kept, "status", "part", "enters_at", "how", "leaves_at")
    return ibis.union(*(times.select(*columns) for times in (once, reopened, first)))


def _part(step: Step) -> tuple[ir.BooleanValue, ir.IntegerValue]:
    """Which spells a step counts, and with how many cents; unknown amounts add nothing."""
    is_same = _.currency_before.identical_to(_.currency_after)
    change = _.after.fill_null(0) - _.before.fill_null(0)
    match step:
        case "opening":
            return _.is_open_before, _.before
        case "created" | "reopened":
            return _.enters & (_.how == step), _.before
        case "increased":
            return is_same & (change > 0), change
        case "decreased":
            return is_same & (change < 0), change
        case "moved_out":
            return ~is_same, -_.before
        case "moved_in":
            return ~is_same, _.after
        case "won" | "lost":
            return _.leaves & (_.status == step), -_.after
        case _:
            return _.is_open_after, _.after


def _rows(answers: Mapping[str, pd.DataFrame], said: Row) -> pd.DataFrame:
    undated = whole(answers["undated"]["n"].iloc[0])
    shared = said | {"undated": undated, "amounts_recorded": bool(answers["recorded"]["n"].iloc[0])}
    sums: dict[tuple[Any, str], Row] = defaultdict(lambda: {"deals": 0, "unknown": 0, "cents": 0})
    for cell in rows(answers["cells"]):
        for step in STEPS:
            ends_after = step in ("moved_in", "won", "lost", "closing")
            own = sums[cell["currency_after" if ends_after else "currency_before"], step]
            own["deals"] += whole(cell[f"{step}_deals"])
            own["unknown"] += whole(cell[f"{step}_deals"]) - whole(cell[f"{step}_known"])
            own["cents"] += whole(cell[f"{step}_cents"])
    found = []
    currencies = {currency for currency, _step in sums} or {None}
    moved = any(sums[currency, "moved_in"]["deals"] for currency in currencies)
    for currency in sorted(currencies, key=lambda each: (each is None, str(each))):
        for step in STEPS:
            own = sums[currency, step]
            if step.startswith("moved") and not moved:
                continue
            leaves = -1 if step in ("moved_out", "won", "lost") else 1
            found.append(
                shared
                | {"currency": currency, "step": step, "deals": leaves * own["deals"], "money": own["cents"] / _CENTS}
                | {"unknown_amounts": own["unknown"]}
            )
    return frame(found, COLUMNS)
