"""The groups a breakdown tells apart, largest first, the deals behind one of them, and what those that move on come to."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.fields import LINKS, Field, fields, with_value
from analytics.filters import Filters
from analytics.funnel_deals import listed
from analytics.question import Answers, Question
from analytics.rows import frame
from analytics.stays import Counting, first_stays
from analytics.survival import Lengths
from data.tables import Tables


def group_sizes(tables: Tables, filters: Filters, field: Field) -> ir.Table:
    """The groups of `field` among the chosen deals, largest first: `group` (null: no value) and `deals`.

    The period bounds the creation of deals, as in the funnel.
    """
    deals = filters.deals(tables, "created" if filters.has_period else None)
    found = with_value(deals, tables, field, "group", time_zone=filters.time_zone)
    return found.agg(deals=_.count(), by="group").order_by(_.deals.desc(), _.group.asc(nulls_first=False))


def filled_cells(tables: Tables) -> dict[str, ir.Table]:
    """By table: one row that says of each of its fields with groups, by column, how many rows have a value."""
    found = {}
    for table in ("deals", *LINKS):
        columns = [field.column for field in fields(tables) if field.table == table]
        counts = {f"in_{column}": _[column].cast("string").nullif("").count() for column in columns}
        if columns:
            found[table] = tables[table].agg(**counts)
    return found


def deals_in_group(
    tables: Tables, filters: Filters, field: Field, group: str | None, stage: str, counting: Counting
) -> ir.Table:
    """The deals of a group that came to a stage, largest first. Columns: those of `deals_in_stage`."""
    stays = first_stays(tables, filters, counting, field, merge_won=True).filter(_.stage == stage)
    stays = stays.filter(_.group.isnull() if group is None else _.group == group)
    return listed(stays, tables, filters)


def won_after(tables: Tables, filters: Filters, stage: str, counting: Counting) -> Question:
    """How many of the deals that moved on from `stage` are won in the end: one row of `win_rate_after` and `n`.

    The chance at the longest time that can be told, open deals followed as far as they went (Aalen-Johansen), as in what
    `findings` calls money at stake; null where no deal moved on.
    """
    dated: Literal["created"] | None = "created" if filters.has_period else None
    deals = filters.deals(tables, dated).select("status", "closed_at", of_deal=_.deal_no)
    stays = first_stays(tables, filters, replace(counting, rule="visited"))
    moved = stays.filter((_.stage == stage) & (_.fate == "advanced")).inner_join(deals, [("deal_no", "of_deal")])
    end = (_.status == "open").ifelse(ibis.timestamp(filters.now), _.closed_at)
    lengths = (
        moved.mutate(hours=filters.hours(end, _.left_at)).filter(_.hours >= 0).mutate(hours=_.hours - _.hours % 24)
    )
    return Question({"after": lengths.group_by("status", "hours").agg(n=_.count())}, _chance_to_be_won)


def _chance_to_be_won(answers: Answers) -> pd.DataFrame:
    lengths = Lengths.of(answers["after"], "status", ("won", "lost", "open"))
    risks = lengths.risks()
    time = risks.horizon()
    row = {"win_rate_after": None if time is None else risks.incidence_at(time, 0), "n": lengths.n}
    return frame([row], ("win_rate_after", "n"))
