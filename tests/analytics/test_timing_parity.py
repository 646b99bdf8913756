"""Time to convert, trend and comparison against the same questions written by hand in SQL, on random deals."""

from datetime import date, datetime
from pathlib import Path

import pytest

from analytics.comparison import Compared, comparison
from analytics.conversion_trend import conversion_trend
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.rows import rows
from analytics.time_to_convert import time_to_convert
from tests.analytics.sample import random_workspace


@pytest.fixture(scope="module")
def engine():
    return random_workspace()


@pytest.fixture
def ask(engine, root: Path):
    def answered(name: str, now: datetime) -> list[dict]:
        return rows(engine.query((root / f"tests/sql/{name}.sql").read_text("utf-8"), {"now": now}))

    return answered


@pytest.mark.parametrize("as_of", [date(2025, 6, 30), date(2026, 6, 30)])
def test_time_to_convert(engine, ask, as_of):
    filters = Filters(as_of, pipeline="Sales")
    question = time_to_convert(engine.tables, filters, start="Lead", goal="Deal", at=(30,))
    (found,) = rows(question.answer(engine.run))
    (expected,) = ask("time_to_convert", filters.now)
    assert found["n"] > 200
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name


def test_conversion_trend(engine, ask):
    euros = Choice(find("currency", engine.tables), ("EUR",))
    filters = Filters(date(2025, 10, 31), where=(euros,), time_zone="Asia/Jerusalem")
    found = rows(conversion_trend(engine.tables, filters, horizon=40).answer(engine.run))[:-1]
    by_hand = ask("conversion_trend", filters.now)
    assert [row["period"] for row in found] == [row["period"] for row in by_hand]
    followed = 0
    for row, expected in zip(found, by_hand, strict=True):
        for name in ("n", "converted", "undecided"):
            assert row[name] == expected[name], name
        assert row["value_created"] == pytest.approx(expected["value_created"])
        if expected["is_followed"]:
            followed += 1
            assert row["is_mature"] and row["chance"] == pytest.approx(expected["chance"])
    assert followed >= 5


def test_comparison(engine, ask):
    filters = Filters(date(2026, 6, 30))
    compared = Compared(field=find("team", engine.tables), values=("East", "West"))
    found = rows(comparison(engine.tables, filters, compared, find("owner_id", engine.tables), 60).answer(engine.run))
    by_hand = {row["side"]: row for row in ask("comparison", filters.now)}
    (rate,) = [row for row in found if row["part"] == "win_rate"]
    (euros,) = [row for row in found if row["part"] == "money_won" and row["currency"] == "EUR"]
    for side, team in (("a", "East"), ("b", "West")):
        expected = by_hand[team]
        assert expected["not_followed"] == 0
        assert rate[f"n_{side}"] == expected["n"]
        assert rate[f"value_{side}"] == pytest.approx(expected["won"] / expected["n"])
        assert euros[f"value_{side}"] == expected["euros"]
