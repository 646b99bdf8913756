"""METRICS.md and the catalogue say the same, and leave no column of an answer unexplained."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from analytics.bottlenecks import bottlenecks
from analytics.catalog import ANSWERS, METRICS, page
from analytics.commands import COMMANDS
from analytics.comparison import Compared, comparison
from analytics.conversion_trend import conversion_trend
from analytics.drivers import drivers
from analytics.fields import find
from analytics.filters import Filters
from analytics.findings import findings
from analytics.funnel import stage_conversion
from analytics.funnel_deals import skipped_stages, stage_deals
from analytics.lost_reasons import lost_reasons, missing_reasons
from analytics.owners import owner_attribution
from analytics.pipeline_waterfall import pipeline_waterfall
from analytics.push_rate import push_rate
from analytics.quality import quality
from analytics.question import Question
from analytics.sales_cycle import sales_cycle
from analytics.sales_velocity import sales_velocity
from analytics.stage_paths import rework, stage_moves, stage_paths
from analytics.stalled_deals import stalled_deals
from analytics.summary import METRICS as HEADLINES
from analytics.summary import summary
from analytics.summary_trend import summary_trend
from analytics.time_in_stage import time_in_stage
from analytics.time_to_convert import time_to_convert
from analytics.win_rate import DEFINITIONS, win_rate
from data.engine import Engine

PERIODS = ((date(2025, 1, 1), date(2025, 6, 30)), (date(2025, 7, 1), date(2025, 12, 31)))
QUESTIONS: dict[str, Callable[..., Question]] = {
    "bottlenecks": bottlenecks,
    "stalled_deals": stalled_deals,
    "time_in_stage": time_in_stage,
    "time_to_convert": time_to_convert,
    "conversion_trend": conversion_trend,
    "comparison": partial(comparison, compared=Compared(periods=PERIODS)),
    "win_rate": win_rate,
    "stage_conversion": stage_conversion,
    "sales_cycle": sales_cycle,
    "quality": quality,
    "summary": summary,
    "summary_trend": summary_trend,
    "findings": findings,
    "stage_paths": stage_paths,
    "stage_moves": stage_moves,
    "rework": rework,
    "sales_velocity": sales_velocity,
    "push_rate": push_rate,
    "pipeline_waterfall": pipeline_waterfall,
    "drivers": drivers,
    "lost_reasons": lost_reasons,
    "missing_reasons": missing_reasons,
    "skipped_stages": skipped_stages,
    "deals_in_stage": stage_deals,
    "owner_attribution": owner_attribution,
}
WITHOUT_GROUPS = {
    "conversion_trend", "comparison", "quality", "pipeline_waterfall",
    "summary", "summary_trend", "findings", "stage_paths", "stage_moves", "rework", "sales_velocity", "drivers", "lost_reasons", "missing_reasons",
    "stalled_deals", "skipped_stages", "deals_in_stage", "owner_attribution",
}  # fmt: skip


def test_the_page_is_the_catalogue(root: Path):
    assert (root / "METRICS.md").read_text("utf-8") == page(), "run: python -m analytics.catalog > METRICS.md"


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_column_is_explained(name):
    engine = Engine.in_memory({"deals": {"deal_id": ["1"], "status": ["open"], "owner": ["Ann"]}})
    options = {} if name in WITHOUT_GROUPS else {"by": find("owner", engine.tables)}
    found = QUESTIONS[name](engine.tables, Filters(date(2026, 1, 1)), **options).answer(engine.run)
    own = ANSWERS[name].columns
    assert [column for column in found.columns if column != "owner" or column in own] == list(own)
    for column in ANSWERS[name].columns:
        assert METRICS[column].meaning


def test_every_headline_and_definition_is_explained():
    assert set(HEADLINES) <= METRICS.keys()
    for definition in DEFINITIONS:
        name = "win_rate" if definition == "closed" else f"win_rate_{definition}"
        assert METRICS[name].formula and METRICS[name].meaning


def test_commands_and_answers_are_the_same():
    assert ANSWERS.keys() == COMMANDS.keys()
