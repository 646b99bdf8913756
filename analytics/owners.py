"""Whose deals they were: the owner during a stay against the owner now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.fields import Field
from analytics.filters import Filters
from analytics.funnel import stage_conversion
from analytics.question import Question
from analytics.rows import Row, frame, rows, whole
from analytics.stays import PLAIN, Counting, first_stays
from data.messages import N_
from data.tables import Tables

OWNER = Field("deals", "owner", N_("Owner"))
_TOLD = ("entered", "conversion", "low", "high")
COLUMNS = (
    "pipeline", "stage", "stage_order", "owner", *(f"{name}_{at}" for at in ("now", "then") for name in _TOLD), "stays",
    "owner_known", "owner_differs",
)  # fmt: skip


def owner_attribution(tables: Tables, filters: Filters, counting: Counting = PLAIN) -> Question:
    """One row a stage and owner: the funnel by the deals' present owners and by the owners at the time. Columns: `COLUMNS`.

    `stays`, `owner_known` and `owner_differs` are about the whole stage: how many first stays, of how many the history names
    the owner, and in how many of those it is not the deal's present one.
    """
    questions = {
        at: stage_conversion(tables, filters, OWNER, replace(counting, owner=at), merge_won=True)
        for at in ("now", "then")
    }
    asks = {f"{at}:{name}": ask for at, question in questions.items() for name, ask in question.asks.items()}
    present = tables.deals.select(now_owner=_.owner, of_deal=_.deal_no)
    known = _.owner.nullif("").notnull()
    asks["differs"] = (
        first_stays(tables, filters, replace(counting, owner="now"), merge_won=True)
        .left_join(present, [("deal_no", "of_deal")])
        .agg(
            stays=_.count(),
            owner_known=_.count(where=known),
            owner_differs=_.count(where=known & (_.owner != _.now_owner).fill_null(True)),
            by=["pipeline", "stage"],
        )
    )
    return Question(asks, partial(_side_by_side, questions))


def names_owners(tables: Tables) -> ir.Table:
    """One row where the history names an owner of any stay, none where it names no owner at all."""
    return tables.stage_entries.filter(_.owner.nullif("").notnull()).select("owner").limit(1)


def _side_by_side(questions: Mapping[str, Question], answers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    differs = {(row["pipeline"], row["stage"]): row for row in rows(answers["differs"])}
    found: dict[tuple[object, object, object], Row] = {}
    for at, question in questions.items():
        told = question.finish({name: answers[f"{at}:{name}"] for name in question.asks})
        for row in rows(told):
            place = (row["pipeline"], row["stage"], row["owner"])
            kept = found.setdefault(place, {name: row[name] for name in ("pipeline", "stage", "stage_order", "owner")})
            kept |= {f"{name}_{at}": row[name] for name in _TOLD}
    for (pipeline, stage, _owner), row in found.items():
        moved = differs.get((pipeline, stage), {})
        row |= {name: whole(moved.get(name)) for name in ("stays", "owner_known", "owner_differs")}
        row |= {f"entered_{at}": whole(row.get(f"entered_{at}")) for at in ("now", "then")}
    in_order = sorted(
        found.values(),
        key=lambda row: (str(row["pipeline"]), row["stage_order"], row["owner"] is None, str(row["owner"])),
    )
    return frame(in_order, COLUMNS)
