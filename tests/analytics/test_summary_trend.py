"""The parts of time are cut in the workspace's time zone, and hold every deal with a date."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from analytics.filters import Filters
from analytics.rows import rows
from analytics.summary_trend import summary_trend
from data.engine import Engine
from tests.analytics.sample import STAGES, day, deals


@pytest.fixture(scope="module")
def engine():
    # In New York the first was created on the last day of 2025, in Jerusalem the second on 11 January.
    made = deals(
        ("1", "won", "Ann", 100, datetime(2026, 1, 1, 3), day(11)),
        ("2", "open", "Ann", 50, datetime(2026, 1, 10, 22, 30), None),
        ("3", "open", "Bob", 50, day(20), None),
    )
    return Engine.in_memory({"deals": made, "stages": STAGES})


@pytest.mark.parametrize("time_zone", ["UTC", "America/New_York", "Asia/Jerusalem", "Pacific/Auckland"])
def test_no_deal_falls_before_the_first_part(engine, time_zone):
    found = rows(summary_trend(engine.tables, Filters(date(2026, 1, 31), time_zone=time_zone)).answer(engine.run))
    created = [row for row in found if row["metric"] == "deals"]
    assert sum(row["value"] for row in created) == 3
    first = date(2025, 12, 31) if time_zone == "America/New_York" else date(2026, 1, 1)
    assert created[0]["since"] == first


def test_days_end_at_local_midnight(engine):
    filters = Filters(date(2026, 1, 31), date(2026, 1, 10), date(2026, 1, 11))
    for time_zone, expected in (("UTC", [1, 0]), ("Asia/Jerusalem", [0, 1])):
        question = summary_trend(engine.tables, replace(filters, time_zone=time_zone))
        found = [row for row in rows(question.answer(engine.run)) if row["metric"] == "deals" and not row["is_before"]]
        assert [row["value"] for row in found] == expected
