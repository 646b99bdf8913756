"""Before and after a day: what began before is cut there, changes that are planted are found, and nothing else is."""

import math
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.around_mark import Span
from analytics.before_after import MEASURES, REAL, before_after, before_after_curves
from analytics.filters import Filters
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.companies import AS_OF, Company, Simulator
from tests.analytics.sample import STAGES, day, deals, random_workspace, stays

MARK = date(2026, 1, 11)
END = Filters(date(2026, 1, 20), pipeline="Sales")


def ask(engine, on=MARK, filters=END, window=None, stage=None, *, placebo=False):
    found = rows(before_after(engine.tables, filters, on, window, stage).answer(engine.run))
    return {(row["measure"], row["stage"]): row for row in found if row["is_placebo"] is placebo}


def engine_of(*visits, made=None):
    """Deals that are open unless `made` says more of them: status, created, closed."""
    known = made or {}
    names = dict.fromkeys(visit[0] for visit in visits)
    each = ((name, *known.get(name, ("open", day(1), None))) for name in names)
    lines = [(name, status, None, 100.0, created, closed) for name, status, created, closed in each]
    return Engine.in_memory({"stages": STAGES, "deals": deals(*lines), "stage_entries": stays(*visits)})


def few():
    """Eleven days before 11 January, ten from it on; a slow visit that began before and left after."""
    return engine_of(
        ("1", "Lead", day(1), day(5), "advanced"), ("2", "Lead", day(3), day(7), "lost"),
        ("3", "Lead", day(2), day(15), "advanced"),  # still there on 11 January
        ("4", "Lead", day(12), day(13), "advanced"), ("5", "Lead", day(14), None, "still"),
        made={"1": ("open", day(1), None), "2": ("lost", day(3), day(7)), "3": ("won", day(2), day(16)),
              "4": ("open", day(12), None), "5": ("open", day(14), None)},
    )  # fmt: skip


def test_rows_by_eye():
    found = ask(few())
    assert [measure for measure, _stage in found] == list(MEASURES)
    moves = found["move_on", "Lead"]
    # As many days on both sides as there are on the shorter one: 1 to 10 January, and 11 to 20.
    assert (moves["compared_days"], moves["n_before"], moves["n_after"]) == (10, 3, 2)
    assert (moves["undecided_before"], moves["undecided_after"]) == (1, 1)
    assert (moves["stage_order"], moves["unit"], moves["on"]) == (1, "share", MARK)
    # Told by 4 days: at the mark the third visit was 9 days old. After: one of two had moved on by then.
    assert moves["before"] == pytest.approx(1 / 3) and moves["after"] == pytest.approx(1 / 2)
    assert moves["difference"] == pytest.approx(1 / 6)
    assert moves["low"] < 1 / 6 < moves["high"]
    assert moves["p_value"] is None and moves["q_value"] is None  # below 30
    lasting = found["days", "Lead"]
    assert (lasting["before"], lasting["n_before"]) == (None, 3)  # never 10 on both sides
    won = found["win", None]
    assert (won["n_before"], won["undecided_before"], won["undecided_after"]) == (3, 2, 2)


def test_what_began_before_is_cut_at_the_day():
    """The slow visit left on the 15th as advanced, its deal was won on the 16th: both are unknown on the 11th."""
    moves = ask(few())["move_on", "Lead"]
    assert moves["undecided_before"] == 1 and moves["before_high"] < 1
    curves = before_after_curves(few().tables, END, MARK, None, "Lead").answer(few().run)
    before = curves[curves["side"] == "before"]
    assert before["within_days"].max() == 9  # 2 to 11 January, not to the 15th
    assert before["still_chance"].iloc[-1] == pytest.approx(1 / 3) and before["at_risk"].iloc[-1] == 1
    assert curves[curves["side"] == "after"]["still_chance"].min() == pytest.approx(1 / 2)


def test_a_clean_up_on_the_day_does_not_reach_back():
    """All that waited was closed on the day: of those that began before, nothing but that they waited is known."""
    waiting = [(f"b{n}", "Lead", day(1 + n % 5), day(11) + timedelta(hours=1), "lost") for n in range(40)]
    fresh = [(f"a{n}", "Lead", day(11 + n % 5), None, "still") for n in range(40)]
    found = ask(engine_of(*waiting, *fresh))
    assert found["move_on", "Lead"]["undecided_before"] == 40
    assert found["days", "Lead"]["p_value"] is None and found["days", "Lead"]["difference"] is None


def test_deals_that_come_back_and_those_that_end_first():
    engine = engine_of(
        ("1", "Lead", day(1), day(2), "advanced"), ("1", "Offer", day(2), day(4), "back"),
        ("1", "Lead", day(4), day(6), "advanced", 2), ("2", "Lead", day(2), day(3), "lost"),
        ("3", "Lead", day(3), day(5), "advanced"), ("3", "Offer", day(5), day(13), "back"),
        ("3", "Lead", day(13), None, "still", 2),
        ("4", "Lead", day(12), None, "still"),
        made={"2": ("lost", day(2), day(3)), "1": ("open", day(1), None), "3": ("open", day(3), None), "4": ("open", day(12), None)},
    )  # fmt: skip
    back = ask(engine)["come_back", "Lead"]
    # Deal 1 came back on the 4th; deal 2 ended; deal 3 came back after the mark: not yet.
    assert (back["n_before"], back["undecided_before"], back["n_after"], back["undecided_after"]) == (3, 1, 1, 1)
    # Every visit counts in how long they last, a return too.
    lasting = ask(engine)["days", "Lead"]
    assert (lasting["n_before"], lasting["n_after"]) == (4, 2)


def test_windows_are_equal_and_no_longer_than_asked():
    assert ask(few(), window=5)["days", "Lead"]["compared_days"] == 5
    assert ask(few(), window=5)["days", "Lead"]["n_before"] == 0
    assert ask(few(), window=500)["days", "Lead"]["compared_days"] == 10
    period = replace(END, until=date(2026, 1, 13))
    assert ask(few(), filters=period)["days", "Lead"]["compared_days"] == 3
    assert ask(few(), stage="Lead").keys() == {("move_on", "Lead"), ("days", "Lead"), ("come_back", "Lead")}


@pytest.mark.parametrize("on", [date(2026, 1, 1), date(2025, 5, 1), date(2026, 1, 21), date(2030, 1, 1)])
def test_a_day_outside_the_data_is_said_so(on):
    with pytest.raises(RequestProblem, match="nothing to compare on both sides"):
        ask(few(), on)
    with pytest.raises(RequestProblem, match="nothing to compare on both sides"):
        before_after_curves(few().tables, END, on).answer(few().run)


def test_nothing_dated_and_no_history():
    empty = Engine.in_memory({"deals": {"deal_id": ["1"], "status": ["open"]}})
    assert ask(empty) == {}
    assert before_after_curves(empty.tables, END, MARK).answer(empty.run).empty
    assumed = stays(*((str(n), "Lead", day(1 + n % 20), None, "still") for n in range(60))).assign(is_recorded=False)
    made = deals(*((str(n), "open", None, 1.0, day(1 + n % 20), None) for n in range(60)))
    found = ask(Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": assumed}))
    assert found.keys() == {("win", None), ("cycle", None)}  # where deals were is not known


def test_earlier_days_are_told_by_what_was_known_before_the_day():
    span = Span(date(2026, 3, 1), 40, date(2026, 6, 1))
    one, two = span.earlier(known_days=60)
    assert (one.on, one.days, one.as_of) == (date(2026, 2, 9), 20, date(2026, 2, 28))
    assert (two.on, two.days, two.as_of) == (date(2026, 1, 20), 20, date(2026, 2, 28))
    assert len(span.earlier(known_days=59)) == 1 and Span(MARK, 1, MARK).earlier(100) == []


def test_the_counts_are_what_plain_sql_says(root):
    engine = random_workspace()
    on, filters = date(2025, 6, 1), Filters(date(2025, 9, 30))
    found = ask(engine, on, filters, window=80)
    mark = datetime(2025, 6, 1)
    by_hand = engine.query(
        (root / "tests/sql/before_after.sql").read_text("utf-8"),
        dict(mark=mark, first=mark - timedelta(days=80), end=mark + timedelta(days=80), now=filters.now),
    )
    assert len(by_hand) == 3 * 3 * 2 + 2
    for line in rows(by_hand):
        row, side = found[line["measure"], line["stage"]], "after" if line["is_after"] else "before"
        assert (row[f"n_{side}"], row[f"undecided_{side}"]) == (line["n"], line["undecided"]), line
        assert row["compared_days"] == 80
        if row["before"] is not None and row["unit"] == "share":
            assert 0 <= row["before_low"] <= row["before"] <= row["before_high"] <= 1
            assert row["low"] <= row["difference"] <= row["high"]
    assert all(row["money"] is None for row in found.values())  # two currencies


# Against a truth that is known


@dataclass(frozen=True)
class Stage:
    """One stage: chance to move on and mean days (exponential), before and from the day on, visits evenly over a year."""

    visits: int = 1600
    move_on: tuple[float, float] = (0.6, 0.6)
    mean_days: tuple[float, float] = (12.0, 12.0)
    on: date = date(2025, 7, 1)

    def frames(self, seed: int) -> dict[str, pd.DataFrame]:
        random = np.random.default_rng(seed)
        n, start, end = self.visits, np.datetime64("2025-01-01", "us"), np.datetime64("2026-01-01", "us")
        came = start + (random.uniform(0, 365, n) * 86_400e6).astype("timedelta64[us]")
        is_after = (came >= np.datetime64(self.on, "us")).astype(int)
        moves = random.random(n) < np.array(self.move_on)[is_after]
        left = came + (random.exponential(np.array(self.mean_days)[is_after]) * 86_400e6).astype("timedelta64[us]")
        is_over = left < end
        ids, none = np.arange(n).astype(str), np.datetime64("NaT")
        amount = random.lognormal(9, 0.5, n).round(2)
        is_lost = is_over & ~moves
        made = pd.DataFrame({
            "deal_no": np.arange(n) + 1, "deal_id": ids, "pipeline": "Sales", "amount": amount, "currency": "USD",
            "status": np.where(is_lost, "lost", np.where(is_over, "won", "open")), "created_at": came,
            "closed_at": np.where(is_over, left, none),
        })  # fmt: skip
        entries = pd.DataFrame({
            "deal_no": np.arange(n) + 1, "deal_id": ids, "pipeline": "Sales", "stage": "Lead", "stage_order": 1,
            "outcome": "open", "visit": 1, "turn": 1, "outcome_visit": 1, "entered_at": came,
            "left_at": np.where(is_over, left, none), "skips_before": 0, "is_recorded": True, "is_skipped": False,
            "fate": np.where(~is_over, "still", np.where(moves, "advanced", "lost")), "deal_amount": amount,
            "deal_currency": "USD", "deal_created_at": came, "deal_closed_at": np.where(is_over, left, none),
        })  # fmt: skip
        return {"deals": made, "stage_entries": entries}

    def truth(self, measure: str, within: float) -> float:
        """The true difference by an age: exponential stays, ends by chance."""
        left = [1 - math.exp(-within / mean) for mean in self.mean_days]
        each = self.move_on if measure == "move_on" else self.mean_days
        return each[1] * left[1] - each[0] * left[0]


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


def asked(simulator, made, seed, on):
    simulator.load(made.frames(seed))
    found = rows(before_after(simulator.tables, AS_OF, on).answer(simulator.run))
    return {(row["measure"], row["stage"], row["on"] if row["is_placebo"] else None): row for row in found}


def test_a_planted_change_is_found_and_its_interval_holds_the_truth(simulator):
    made = Stage(move_on=(0.5, 0.7), mean_days=(14.0, 8.0))
    found = asked(simulator, made, 1, made.on)
    for measure in ("move_on", "days"):
        row = found[measure, "Lead", None]
        assert row["q_value"] < REAL and row["compared_days"] == 90
        assert row["low"] <= made.truth(measure, row["within_days"]) <= row["high"]
        assert row["trend_before"] is False  # nothing had been changing
    moves, lasting = found["move_on", "Lead", None], found["days", "Lead", None]
    assert moves["money_low"] < moves["money"] < moves["money_high"] and moves["currency"] == "USD"
    # More are won, and less waits: 90 days of so many deals, so much shorter.
    assert moves["money"] > 0 > lasting["money"]
    frames = made.frames(1)["deals"]
    came = frames[(frames["created_at"] >= "2025-07-01") & (frames["created_at"] < "2025-09-29")]
    assert lasting["money"] == pytest.approx(lasting["difference"] * came["amount"].sum() / 90)
    # Who moves on from the only stage is won: moved on, and at once.
    assert moves["money"] == pytest.approx(moves["difference"] * came["amount"].sum())


def test_in_working_days_what_comes_a_day_is_what_comes_a_working_day(simulator):
    made = Stage(move_on=(0.5, 0.7), mean_days=(14.0, 8.0))
    simulator.load(made.frames(1))
    filters = replace(AS_OF, calendar="monday_friday")
    lasting = ask(simulator.engine, made.on, filters, 90)["days", "Lead"]
    frames = made.frames(1)["deals"]
    came = frames[(frames["created_at"] >= "2025-07-01") & (frames["created_at"] < "2025-09-29")]
    working = np.busday_count("2025-07-01", "2025-09-29")
    assert lasting["money"] == pytest.approx(lasting["difference"] * came["amount"].sum() / working)


def test_a_window_without_a_working_day_counts_as_one():
    span = Span(date(2026, 1, 10), 2, date(2026, 1, 31))  # a Saturday and a Sunday
    assert span.counted_days(replace(END, calendar="monday_friday")) == 1
    assert span.counted_days(replace(END, calendar="sunday_thursday")) == 1
    assert span.counted_days(END) == 2


def test_what_was_changing_already_is_said_so(simulator):
    """The change came six weeks before the marked day: half of the earlier days lie on either side of it."""
    made = Stage(visits=4000, mean_days=(20.0, 5.0), on=date(2025, 6, 1))
    found = asked(simulator, made, 3, date(2025, 7, 15))
    assert found["days", "Lead", date(2025, 5, 31)]["q_value"] < REAL
    assert found["days", "Lead", date(2025, 4, 16)]["q_value"] >= REAL  # before the change
    assert found["days", "Lead", None]["trend_before"] is True


@pytest.mark.truth
def test_intervals_hold_the_truth(simulator):
    made, held, told = Stage(visits=800, move_on=(0.5, 0.65), mean_days=(14.0, 9.0)), [0, 0], 0
    for seed in range(300):
        found = asked(simulator, made, 100 + seed, made.on)
        told += 1
        for place, measure in enumerate(("move_on", "days")):
            row = found[measure, "Lead", None]
            held[place] += row["low"] <= made.truth(measure, row["within_days"]) <= row["high"]
    assert all(0.92 <= each / told <= 0.98 for each in held), held


@pytest.mark.truth
def test_with_nothing_planted_seldom_anything_is_real(simulator):
    """Four stages and whole deals at once: in at most a tenth of 300 companies, and earlier days no oftener."""
    real = [0, 0]
    for seed in range(300):
        found = asked(simulator, Company(deals=1500, groups={}), 500 + seed, date(2025, 5, 1))
        for place in (False, True):
            q_values = [row["q_value"] for key, row in found.items() if (key[2] is not None) is place]
            real[place] += any(q is not None and q < REAL for q in q_values)
    assert max(real) <= 30, real
