"""The deals behind the numbers of the funnel, by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.question import Question
from analytics.stays import FATES, PLAIN, Counting, entries, first_stays, without_excluded
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

DEAL_COLUMNS = (
    "deal_id", "deal_name", "customer", "owner", "owner_then", "amount", "currency", "created_at", "stage", "entered_at",
    "left_at", "days", "fate", "next_stage", "is_recorded", "is_skipped",
)  # fmt: skip
SKIPPER_COLUMNS = (
    "deal_id", "deal_name", "customer", "owner", "amount", "currency", "pipeline", "stage", "stage_order",
    "reached", "at",
)  # fmt: skip
# What a list can be asked for: a fate, or the deals that moved on after the window.
ASKED_FATES = (*FATES, "late")


def deals_in_stage(
    tables: Tables,
    filters: Filters,
    stage: str,
    fate: str | None = None,
    counting: Counting = PLAIN,
    merge_won: bool = False,
) -> ir.Table:
    """The deals behind one bar of `stage_conversion`, or one fate in it, largest first. Columns: `DEAL_COLUMNS`.

    `entered_at`, `left_at` and `days` are null for a stay no file recorded: its times are those of other events. The fate
    "late" is those that moved on after the window that `counting` has for the stage.
    """
    stays = first_stays(tables, filters, counting, merge_won=merge_won).filter(_.stage == stage)
    window = counting.window(stage)
    if fate == "late":
        after = ibis.literal(False) if window is None else (_.hours > window * 24).fill_null(False)
        stays = stays.filter((_.fate == "advanced") & after)
    elif fate is not None:
        stays = stays.filter(_.fate == fate)
    return listed(stays, tables, filters)


def listed(stays: ir.Table, tables: Tables, filters: Filters) -> ir.Table:
    """The deals of these stays, largest first. Columns: `DEAL_COLUMNS`, as `deals_in_stage` gives them."""
    seen = _.is_recorded & ~_.is_skipped
    length = (_.fate == "still").ifelse(ibis.timestamp(filters.now), _.left_at)
    stays = stays.select(
        "deal_no", "deal_id", "stage", "fate", "next_stage", "is_recorded", "is_skipped",
        entered_at=seen.ifelse(_.entered_at, ibis.null("timestamp")),
        left_at=seen.ifelse(_.left_at, ibis.null("timestamp")),
        days=seen.ifelse(filters.days(length, _.entered_at), ibis.null("float64")),
        owner_then=_.owner,
    )  # fmt: skip
    return _with_deals(stays, tables).select(*DEAL_COLUMNS).order_by(_.amount.desc(nulls_first=False), "deal_id")


def deals_that_skipped(tables: Tables, filters: Filters, counting: Counting = PLAIN) -> ir.Table:
    """How many deals went past a stage: one row, `deals`."""
    return _skipped(tables, filters, counting).agg(deals=_.deal_no.nunique())


def _skipped(tables: Tables, filters: Filters, counting: Counting) -> ir.Table:
    stays = entries(tables, filters, counting).filter(
        _.is_skipped, _.stage.notin((*counting.optional, *counting.excluded))
    )
    return without_excluded(stays, tables, filters, counting)


def skippers(tables: Tables, filters: Filters, counting: Counting = PLAIN) -> ir.Table:
    """The deals that went past an open stage without being seen in it, one row a deal and stage skipped.

    Columns: `SKIPPER_COLUMNS`; `stage` is the one skipped, `reached` the one the deal came to instead, `at` when.
    """
    skipped = _skipped(tables, filters, counting)
    seen = (
        entries(tables, filters, counting)
        .filter(~_.is_skipped & _.entered_at.notnull())
        .semi_join(skipped.select(went_past=_.deal_no), [("deal_no", "went_past")])
        .select(
            of_deal=_.deal_no, of_pipeline=_.pipeline, came_at=_.entered_at, came_to=_.stage, came_order=_.stage_order
        )
    )
    reached = (
        skipped.inner_join(seen, [("deal_no", "of_deal"), ("pipeline", "of_pipeline"), ("entered_at", "came_at")])
        .filter(_.stage_order < _.came_order)
        .agg(
            reached=_.came_to.argmin(_.came_order),
            by=[_.deal_no.name("of_deal"), _.pipeline.name("of_pipeline"), _.stage.name("of_stage")],
        )
    )
    skipped = skipped.left_join(
        reached, [("deal_no", "of_deal"), ("pipeline", "of_pipeline"), ("stage", "of_stage")]
    ).select(
        "deal_no",
        "deal_id",
        "pipeline",
        "stage",
        "stage_order",
        reached=_.reached.fill_null(_.next_stage),
        at=_.entered_at,
    )
    return _with_deals(skipped, tables).select(
        *SKIPPER_COLUMNS
    ).order_by(_.amount.desc(nulls_first=False), "deal_id", "stage_order")  # fmt: skip


def skipped_stages(tables: Tables, filters: Filters, counting: Counting = PLAIN) -> Question:
    """`skippers`, as an answer."""
    return Question({"deals": skippers(tables, filters, counting)}, lambda answers: answers["deals"])


def stage_deals(
    tables: Tables, filters: Filters, stage: str | None = None, fate: str | None = None, counting: Counting = PLAIN
) -> Question:
    """`deals_in_stage`, as an answer. Raises RequestProblem, once asked, where no stage of the pipeline has that name."""
    of_pipeline = tables.stages
    if filters.pipeline is not None:
        of_pipeline = of_pipeline.filter(_.pipeline == filters.pipeline)
    asks = {
        "stages": of_pipeline.select("stage", "stage_order").order_by("stage_order"),
        "deals": deals_in_stage(tables, filters, stage or "", fate, counting),
    }
    return Question(asks, partial(_known_stage, stage=stage))


def _known_stage(answers: Mapping[str, pd.DataFrame], stage: str | None) -> pd.DataFrame:
    names = list(answers["stages"]["stage"])
    if names and stage not in names and answers["deals"].empty:
        raise RequestProblem(
            say('There is no stage called "{stage}".', stage=stage or ""),
            say("The stages are: {names}.", names=", ".join(names)),
        )
    return answers["deals"]


def _with_deals(stays: ir.Table, tables: Tables) -> ir.Table:
    deals = tables.deals.select("deal_name", "customer", "owner", "amount", "currency", "created_at", of_deal=_.deal_no)
    return stays.left_join(deals, [("deal_no", "of_deal")])
