from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from ibis import _

from analytics.periods import every, following, local, named, start_of
from data.engine import Engine

ZONE = "Asia/Jerusalem"


@pytest.fixture(scope="module")
def engine():
    """Deals around midnight of first days and around changes of the clock, over twenty years."""
    moments = [datetime(2006, 1, 1) + timedelta(hours=37 * number) for number in range(4_900)]
    moments += [
        datetime(year, month, 1) - timedelta(minutes=m)
        for year in (2024, 2026)
        for month in (4, 10, 11)
        for m in (61, 121, 181)
    ]
    return Engine.in_memory({"deals": {"deal_id": [str(n) for n in range(len(moments))], "created_at": moments}})


def test_periods_are_cut_by_the_clock_on_the_wall(engine):
    deals = engine.tables.deals.mutate(at=local(_.created_at, ZONE, date(2026, 11, 1)))
    found = engine.run(
        deals.select("created_at", "at", month=start_of(_.at, "month"), quarter=start_of(_.at, "quarter"),
                     week=start_of(_.at, "week"), monday=start_of(_.at, "week", "monday"),
                     fiscal=start_of(_.at, "quarter", fiscal_year_start=2))
    )  # fmt: skip
    for row in found.to_dict("records"):
        day = row["created_at"].to_pydatetime().replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(ZONE)).date()
        assert row["at"].date() == day
        starts = {name: pd.Timestamp(row[name]).date() for name in ("month", "quarter", "week", "monday", "fiscal")}
        assert starts["month"] == day.replace(day=1)
        assert starts["quarter"] == date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        assert starts["week"].isoweekday() == 7 and timedelta(0) <= day - starts["week"] < timedelta(7)
        assert starts["monday"].isoweekday() == 1 and timedelta(0) <= day - starts["monday"] < timedelta(7)
        assert starts["fiscal"].month in (2, 5, 8, 11) and starts["fiscal"] <= day < following(
            starts["fiscal"], "quarter"
        )


def test_every_period_is_there_and_named():
    assert [named(day, "month") for day in every(date(2025, 11, 1), date(2026, 2, 1), "month")] == [
        "2025-11", "2025-12", "2026-01", "2026-02",
    ]  # fmt: skip
    assert [named(day, "quarter") for day in every(date(2025, 10, 1), date(2026, 1, 1), "quarter")] == [
        "2025-Q4",
        "2026-Q1",
    ]
    assert named(date(2025, 11, 1), "quarter") == "2025-11"
    assert [named(day, "week") for day in every(date(2026, 1, 4), date(2026, 1, 11), "week")] == [
        "2026-01-04",
        "2026-01-11",
    ]
