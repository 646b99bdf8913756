"""METRICS.md and the catalogue say the same, and leave no column of an answer unexplained."""

from datetime import date
from pathlib import Path

import pytest

from analytics.catalog import ANSWERS, METRICS, page
from analytics.commands import COMMANDS
from analytics.fields import find
from analytics.filters import Filters
from analytics.funnel import stage_conversion
from analytics.sales_cycle import sales_cycle
from analytics.summary import METRICS as HEADLINES
from analytics.summary import summary
from analytics.win_rate import DEFINITIONS, win_rate
from data.engine import Engine

QUESTIONS = {"win_rate": win_rate, "stage_conversion": stage_conversion, "sales_cycle": sales_cycle, "summary": summary}


def test_the_page_is_the_catalogue(root: Path):
    assert (root / "METRICS.md").read_text("utf-8") == page(), "run: python -m analytics.catalog > METRICS.md"


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_column_is_explained(name):
    engine = Engine.in_memory({"deals": {"deal_id": ["1"], "status": ["open"], "owner": ["Ann"]}})
    options = {} if name == "summary" else {"by": find("owner", engine.tables)}
    found = QUESTIONS[name](engine.tables, Filters(date(2026, 1, 1)), **options).answer(engine.run)
    assert [column for column in found.columns if column != "owner"] == list(ANSWERS[name].columns)
    for column in ANSWERS[name].columns:
        assert METRICS[column].meaning


def test_every_headline_and_definition_is_explained():
    assert set(HEADLINES) <= METRICS.keys()
    for definition in DEFINITIONS:
        name = "win_rate" if definition == "closed" else f"win_rate_{definition}"
        assert METRICS[name].formula and METRICS[name].meaning


def test_commands_and_answers_are_the_same():
    assert ANSWERS.keys() == COMMANDS.keys()
