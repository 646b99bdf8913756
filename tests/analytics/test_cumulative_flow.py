"""How many deals had come to each stage by when."""

from datetime import date, datetime

import pandas as pd
import pytest

from analytics.cumulative_flow import COLUMNS, HANDED_OFF, LOST, cumulative_flow
from analytics.filters import Filters
from analytics.funnel import WON
from analytics.queue_growth import ALL, queue_growth
from analytics.rows import rows
from data.engine import Engine
from tests.analytics.sample import STAGES, day, deals, five_deals, random_workspace, stays

END = date(2026, 1, 31)


def ask(engine, filters, **options):
    found = cumulative_flow(engine.tables, filters, **options).answer(engine.run)
    assert list(found.columns) == list(COLUMNS)
    return rows(found)


def test_the_lines_by_eye():
    found = {row["stage"]: row for row in ask(five_deals(), Filters(END, pipeline="Sales"))}
    assert list(found) == ["Lead", "Offer", "Deal", LOST, WON]
    assert {stage: row["cumulative"] for stage, row in found.items()} == {
        "Lead": 5,
        "Offer": 4,
        "Deal": 3,
        LOST: 3,
        WON: 2,
    }
    # 3 waits in Lead; 5 went back there, having got to Offer; 2 is lost, 1 and 4 are won.
    assert {stage: row["in_between"] for stage, row in found.items()} == {
        "Lead": 1,
        "Offer": 1,
        "Deal": 0,
        LOST: 1,
        WON: 2,
    }
    assert [row["line"] for row in found.values()] == ["stage", "stage", "stage", "lost", "won"]
    assert all(row["period"] == "2026-01" and row["is_complete"] for row in found.values())


def test_weeks_by_eye_and_about_how_long_it_takes():
    found = ask(five_deals(), Filters(END, since=date(2026, 1, 4), pipeline="Sales"), grain="week")
    table = pd.DataFrame(found).pivot(index="period", columns="stage", values="cumulative")
    # Weeks end on the 10th, 17th, 24th and 31st: 1 came to Deal on the 7th, 4 on the 9th and was won on the 21st.
    assert list(table["Lead"]) == [5, 5, 5, 5] and list(table["Deal"]) == [3, 3, 3, 3]
    assert list(table[WON]) == [0, 1, 2, 2] and list(table[LOST]) == [1, 2, 3, 3]
    since = pd.DataFrame(found).pivot(index="period", columns="stage", values="since_start")
    assert list(since["Lead"]) == [5, 5, 5, 5] and list(since[WON]) == [0, 1, 2, 2]
    by_place = {(row["stage"], row["period"]): row for row in found}
    # Two deals had ended by the 17th; as many had got to Deal somewhere between the 4th (none) and the 11th (three): 2/3 of the way.
    assert by_place["Deal", "2026-01-11"]["approximate_days"] == pytest.approx(14 - 7 * 2 / 3)
    assert (
        by_place["Lead", "2026-01-04"]["approximate_days"] is None
        or by_place["Lead", "2026-01-04"]["approximate_days"] >= 0
    )


def test_old_ends_are_left_out_since_the_start():
    found = {row["stage"]: row for row in ask(five_deals(), Filters(END, since=date(2026, 1, 15), pipeline="Sales"))}
    # By the 15th deal 1 was won and deal 2 lost.
    assert {stage: row["since_start"] for stage, row in found.items()} == {
        "Lead": 3,
        "Offer": 2,
        "Deal": 1,
        LOST: 1,
        WON: 1,
    }


@pytest.mark.parametrize("as_of", [date(2025, 6, 17), date(2025, 12, 31)])
def test_it_is_what_plain_sql_says(root, as_of):
    engine = random_workspace()
    filters = Filters(as_of, pipeline="Sales", time_zone="Asia/Jerusalem")
    found = {(row["stage"], row["period"]): row["cumulative"] for row in ask(engine, filters)}
    by_hand = rows(engine.query((root / "tests/sql/cumulative_flow.sql").read_text("utf-8"), {"now": filters.now}))
    expected = {(row["stage"], row["period"]): row["cumulative"] for row in by_hand}
    assert len(found) >= 36 and found == {place: expected[place] for place in found}
    assert {HANDED_OFF, WON, LOST} <= {stage for stage, _period in found}
    everywhere = {row["stage"]: row for row in ask(engine, Filters(as_of, time_zone="Asia/Jerusalem"))}
    assert everywhere == {row["stage"]: row for row in ask(engine, filters)}  # of the only pipeline


@pytest.mark.parametrize("grain", ["week", "month", "quarter"])
def test_no_line_falls_and_none_crosses_the_next(grain):
    found = pd.DataFrame(ask(random_workspace(), Filters(date(2025, 11, 20), pipeline="Sales"), grain=grain))
    lines = list(dict.fromkeys(found["stage"]))
    table = found.pivot(index="starts_on", columns="stage", values="cumulative")[lines]
    assert (table.diff().iloc[1:] >= 0).all(axis=None) and (table.diff(axis=1).iloc[:, 1:] <= 0).all(axis=None)
    between = found.pivot(index="starts_on", columns="stage", values="in_between")
    assert (between >= 0).all(axis=None) and (between.sum(axis=1) == table[lines[0]]).all()
    for number, name in enumerate(lines[:-1]):
        assert (between[name] == table[name] - table[lines[number + 1]]).all()


def test_without_returns_the_distances_are_the_queues():
    random = pd.Series(range(60)).map(lambda n: (n * 37) % 60)
    visits: list[tuple] = []
    for n in random:
        came, length = 1 + n / 2, 1 + (n * 7) % 11
        visits.append((str(n), "Lead", day(came), day(came + length), "advanced" if n % 3 else "lost"))
        visits.append((str(n), "Lost", day(came + length), None, "lost") if n % 3 == 0 else (str(n), "Offer", day(came + length), None, "still"))  # fmt: skip
    made = deals(*((str(n), "open", None, 1.0, day(1), None) for n in random))
    engine = Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": stays(*visits)})
    filters = Filters(date(2026, 2, 10), pipeline="Sales")
    flow = {(row["stage"], row["period"]): row["in_between"] for row in ask(engine, filters, grain="week")}
    queues = rows(queue_growth(engine.tables, filters, "week").answer(engine.run))
    waiting = {(row["stage"], row["period"]): row["waiting"] for row in queues if row["period"] != ALL}
    assert len(waiting) == 14 and {place: flow[place] for place in waiting} == waiting


def test_a_stage_without_history_has_no_line_and_the_ends_have():
    visits = stays(("1", "Lead", day(1), day(3), "advanced"), ("1", "Won", day(3), None, "advanced")).assign(
        is_recorded=False
    )
    made = deals(("1", "won", None, 1.0, day(1), day(3)))
    found = {row["stage"]: row for row in ask(Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": visits}), Filters(END))}  # fmt: skip
    assert (found["Lead"]["cumulative"], found["Lead"]["assumed"]) == (None, 1)
    assert found[WON]["cumulative"] == 1


def test_all_open_all_lost_and_nothing():
    made = deals(*((str(n), "open", None, 1.0, day(1), None) for n in range(3)))
    open_ = Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": stays(*((str(n), "Lead", day(2), None, "still") for n in range(3)))})  # fmt: skip
    assert {row["stage"]: row["cumulative"] for row in ask(open_, Filters(END))} == {"Lead": 3, "Offer": 0, "Deal": 0, LOST: 0, WON: 0}  # fmt: skip
    visits = [step for n in range(3) for step in ((str(n), "Lead", day(2), day(5), "lost"), (str(n), "Lost", day(5), None, "lost"))]  # fmt: skip
    lost = Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": stays(*visits)})
    assert {row["stage"]: row["cumulative"] for row in ask(lost, Filters(END))} == {"Lead": 3, "Offer": 3, "Deal": 3, LOST: 3, WON: 0}  # fmt: skip
    empty = Engine.in_memory({"deals": {"deal_id": ["1"], "status": ["open"]}})
    assert ask(empty, Filters(END)) == [] == ask(empty, Filters(date(9999, 12, 30)))
    assert ask(open_, Filters(END, since=date(2026, 3, 1))) == []


def test_moments_fall_in_the_days_of_the_time_zone():
    late = datetime(2026, 1, 31, 23, 30)  # in Jerusalem already February
    visits = stays(("1", "Lead", late, None, "still"))
    made = deals(("1", "open", None, 1.0, day(1), None))
    engine = Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": visits})
    by_zone = {
        zone: [row["cumulative"] for row in ask(engine, Filters(date(2026, 2, 5), since=date(2026, 1, 1), time_zone=zone)) if row["stage"] == "Lead"]
        for zone in ("UTC", "Asia/Jerusalem")
    }  # fmt: skip
    assert by_zone == {"UTC": [1, 1], "Asia/Jerusalem": [0, 1]}
