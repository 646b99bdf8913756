"""The number of touches against the chance to win: by eye, by SQL written by hand, with and without a planted effect."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from analytics.filters import Filters
from analytics.rows import rows
from analytics.touches import BANDS, COLUMNS, open_deals_by_touches, touches
from tests.analytics.sample import day
from tests.analytics.selling import contacted, engine_of

AS_OF = Filters(date(2026, 9, 30))
END = Filters(date(2026, 3, 31))


def ask(engine, filters=AS_OF, **options):
    return {row["touches"]: row for row in rows(touches(engine.tables, filters, **options).answer(engine.run))}


def deal(name, status, created, closed=None):
    return {"deal_id": name, "status": status, "created_at": created, "closed_at": closed, "amount": 10.0}


def calls(name, *days):
    return [{"deal_id": name, "happened_at": day(number) + timedelta(hours=9)} for number in days]


@pytest.fixture
def engine():
    return engine_of(
        [deal("1", "won", day(1), day(60)), deal("2", "lost", day(1), day(70)), deal("3", "lost", day(1), day(20)),
         deal("4", "open", day(1)), deal("5", "open", datetime(2026, 3, 20)), deal("6", "won", day(9), day(2))],
        calls("1", 2, 3, 4, 40) + calls("2", 5) + calls("3", 2, 3, 4, 5, 6, 7) + calls("5", 80),
    )  # fmt: skip


def test_bands_by_eye(engine):
    found = ask(engine, END)
    assert tuple(found) == BANDS and list(found["0"]) == list(COLUMNS)
    # Deal 3 was lost within 30 days: that it was called six times says nothing. Deal 5 is too young.
    assert [found[band]["n"] for band in BANDS] == [1, 1, 1, 0, 0]
    assert (found["3-5"]["won"], found["1-2"]["lost"], found["0"]["undecided"]) == (1, 1, 1)
    assert (found["0"]["ended_before"], found["0"]["too_young"], found["0"]["negative"]) == (1, 1, 1)
    # Deal 1 was called again on day 40, which is too late to count.
    assert found["3-5"]["mean_touches"] == 3
    assert ask(engine, END, days=45.0)["3-5"]["mean_touches"] == 4
    assert [row["deal_id"] for row in rows(engine.run(open_deals_by_touches(engine.tables, END, "0")))] == ["4"]
    assert [row["touched"] for row in rows(engine.run(open_deals_by_touches(engine.tables, END, "1-2")))] == [1]


def test_a_planted_effect_is_found():
    engine = contacted(1500, 8, lambda _wait, times: 0.7 if times >= 5 else 0.3, mean_wait=0.5, touches=4)
    found = ask(engine)
    assert found["6-10"]["q_value"] < 0.05 and found["6-10"]["difference"] > 0.15
    assert found["1-2"]["q_value"] < 0.05 and found["1-2"]["difference"] < 0
    assert {row["tests"] for row in found.values()} == {sum(row["p_value"] is not None for row in found.values())}


def test_losing_early_leaves_no_time_for_touches_and_is_no_effect():
    false_alarms = 0
    for seed in range(3):
        engine = contacted(900, 50 + seed, lambda _wait, _times: 0.5, early_losers=0.4, touches=6)
        false_alarms += any(row["q_value"] is not None and row["q_value"] < 0.05 for row in ask(engine).values())
    assert false_alarms == 0


def test_counts_are_those_of_sql_written_by_hand(root: Path):
    engine = contacted(700, 5, lambda _wait, _times: 0.5, early_losers=0.2, touches=5)
    by_hand = rows(engine.query((root / "tests/sql/touches.sql").read_text("utf-8"), {"now": AS_OF.now}))
    found = ask(engine)
    assert sum(row["n"] for row in by_hand) > 300
    assert sum(row["n"] for row in found.values()) == sum(row["n"] for row in by_hand)
    for expected in by_hand:
        for name in ("n", "won", "lost", "undecided", "mean_touches"):
            assert found[expected["touches"]][name] == pytest.approx(expected[name])
    first = found["0"]
    assert sum(row["n"] for row in found.values()) + first["ended_before"] + first["too_young"] == 700


@pytest.mark.parametrize("deals", [
    [deal("1", "open", day(1))], [deal("1", "lost", day(1), day(2))], [deal(str(n), "lost", day(1), day(50)) for n in range(40)],
    [deal(str(n), "open", day(1)) for n in range(40)], [deal("1", "open", None)],
])  # fmt: skip
def test_edges(deals):
    for row in ask(engine_of(deals), END).values():
        assert row["n"] == row["won"] + row["lost"] + row["undecided"] and row["activities"] == 0
        assert row["chance"] is None or 0 <= row["low"] <= row["chance"] + 1e-9 <= row["high"] + 2e-9 <= 1 + 1e-8
