"""Durations in working days: which days count, and that every duration counts them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import ibis
import pytest

from analytics.filters import Filters
from analytics.sales_cycle import sales_cycle
from analytics.time_in_stage import time_in_stage
from analytics.working_time import between, days_between
from data import calendars
from data.engine import Engine

DAY = 86_400_000_000
MOMENTS = ibis.table({"earlier": "timestamp", "later": "timestamp"}, name="deals")


def worked(earlier: str, later: str, calendar: calendars.Calendar, zone: str = "UTC") -> float:
    """The days between two moments as the engine counts them; as Python does, checked on the way."""
    start, end = datetime.fromisoformat(earlier), datetime.fromisoformat(later)
    counted = between(ibis.timestamp(end), ibis.timestamp(start), calendar, zone).name("taken").as_table()
    found = Engine.in_memory({}).run(counted)["taken"].iloc[0] / DAY
    assert found == pytest.approx(days_between(end, start, calendar, zone))
    return float(found)


@pytest.mark.parametrize(
    ("earlier", "later", "every", "israel", "monday"),
    [
        # Thursday noon to Sunday noon: half of Thursday and half of Sunday; or half of Thursday and Friday.
        ("2025-01-16 12:00", "2025-01-19 12:00", 3, 1, 1.5),
        # From Friday to Saturday nothing is worked in Israel, and Friday elsewhere.
        ("2025-01-17 06:00", "2025-01-18 18:00", 1.5, 0, 0.75),
        # A week is five days, wherever it begins.
        ("2025-01-14 09:00", "2025-01-21 09:00", 7, 5, 5),
        # The feasts of autumn 2024: Thursday 3 October and Thursdays 17 and 24 are off.
        ("2024-10-01 00:00", "2024-11-01 00:00", 31, 20, 23),
        # One Independence Day, brought forward to a Thursday.
        ("2025-04-30 00:00", "2025-05-02 00:00", 2, 1, 2),
        ("2025-01-19 12:00", "2025-01-16 12:00", -3, -1, -1.5),
    ],
)  # fmt: skip
def test_the_days_that_count(earlier, later, every, israel, monday):
    assert worked(earlier, later, "every_day") == every
    assert worked(earlier, later, "sunday_thursday") == israel
    assert worked(earlier, later, "monday_friday") == monday


def test_days_are_cut_in_the_time_zone():
    """23:00 on a Saturday in London is one in the morning of a Sunday in Jerusalem."""
    assert worked("2025-01-18 23:00", "2025-01-19 05:00", "sunday_thursday") == pytest.approx(5 / 24)
    assert worked("2025-01-18 23:00", "2025-01-19 05:00", "sunday_thursday", "Asia/Jerusalem") == pytest.approx(6 / 24)


@pytest.mark.parametrize("calendar", ["sunday_thursday", "monday_friday"])
def test_the_engine_counts_as_python_does_for_forty_years(calendar):
    days = [datetime(2003, 1, 1, 13) + timedelta(days=number) for number in range(0, 40 * 366, 1)]
    engine = Engine.in_memory({"deals": {"deal_id": [str(day) for day in days], "created_at": days}})
    found = engine.query(
        f"SELECT {calendar}(created_at) - {calendar}(TIMESTAMP '2003-01-01') AS taken FROM deals ORDER BY created_at"
    )
    expected = 0.0
    for day, taken in zip(days, found["taken"], strict=True):
        is_working = calendars.is_working(day.date(), calendar)
        assert taken / DAY == pytest.approx(expected + (13 / 24 if is_working else 0)), day
        expected += is_working


def test_holidays_are_those_of_the_year():
    assert {date(2026, 4, 2), date(2026, 9, 21)} <= calendars.holidays("sunday_thursday")  # Passover, Yom Kippur
    assert not calendars.holidays("monday_friday")


def test_sql_for_people_brings_what_it_needs(made_up):
    engine, tables = made_up
    filters = Filters(date(2025, 1, 31), calendar="sunday_thursday")
    asked = sales_cycle(tables, filters).expressions(engine.run).values()
    text = calendars.with_macros("; ".join(map(engine.sql, asked)))
    assert text.startswith("CREATE OR REPLACE TEMP MACRO sunday_thursday")
    assert calendars.with_macros("SELECT 1") == "SELECT 1"


def test_every_duration_counts_working_days(made_up):
    engine, tables = made_up
    calendar = Filters(date(2025, 1, 31))
    working = Filters(date(2025, 1, 31), calendar="sunday_thursday")
    cycles = [sales_cycle(tables, each).answer(engine.run).set_index("outcome") for each in (calendar, working)]
    assert [each.loc["won", "median_days"] for each in cycles] == [7, 5]
    stays = [time_in_stage(tables, each).answer(engine.run).set_index("stage") for each in (calendar, working)]
    assert [each.loc["Offer", "median_days"] for each in stays] == [3, 1]


@pytest.fixture
def made_up():
    """Twelve deals that came to an offer on a Thursday at noon and were won on the Sunday, a week after creation."""
    numbers = [str(number) for number in range(12)]
    created, offered, won = (datetime(2025, 1, day, 12) for day in (12, 16, 19))
    engine = Engine.in_memory(
        {
            "deals": {
                "deal_id": numbers, "pipeline": ["Sales"] * 12, "stage": ["Won"] * 12, "status": ["won"] * 12,
                "created_at": [created] * 12, "closed_at": [won] * 12,
            },
            "stages": {
                "pipeline": ["Sales"] * 3, "stage": ["New", "Offer", "Won"], "stage_order": [1, 2, 3],
                "outcome": ["open", "open", "won"],
            },
            "stage_entries": {
                "deal_id": numbers * 3, "pipeline": ["Sales"] * 36, "stage": ["New"] * 12 + ["Offer"] * 12 + ["Won"] * 12,
                "stage_order": [1] * 12 + [2] * 12 + [3] * 12, "outcome": ["open"] * 24 + ["won"] * 12, "visit": [1] * 36,
                "entered_at": [created] * 12 + [offered] * 12 + [won] * 12,
                "left_at": [offered] * 12 + [won] * 12 + [None] * 12,
                "fate": ["advanced"] * 24 + ["still"] * 12, "is_recorded": [True] * 36, "is_skipped": [False] * 36,
            },
        }
    )  # fmt: skip
    return engine, engine.tables
