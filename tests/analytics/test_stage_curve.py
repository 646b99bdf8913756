"""How a stage empties, day by day."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from lifelines import AalenJohansenFitter, KaplanMeierFitter

from analytics.fields import OTHERS, find
from analytics.filters import Choice, Filters
from analytics.rows import rows
from analytics.stage_curve import ENDS, KINDS, deals_waiting, stage_curve
from analytics.time_in_stage import time_in_stage
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.sample import STAGES, day, deals, random_workspace, stays
from tests.data.kit import load

END = date(2026, 1, 31)
HERE = Filters(END, pipeline="Sales")


def ask(engine, stage="Lead", filters=HERE, by=None, **options):
    field = find(by, engine.tables) if by else None
    return rows(stage_curve(engine.tables, filters, stage, field, **options).answer(engine.run))


def engine_of(*visits, owners=None):
    names = list(dict.fromkeys(visit[0] for visit in visits))
    made = deals(*((name, "open", (owners or {}).get(name), 10.0, day(1), None) for name in names))
    return Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": stays(*visits)})


def at(found, days):
    return next(row for row in found if row["within_days"] == days)


def adds_up(row):
    return sum(row[f"{kind}_chance"] for kind in KINDS)


def test_a_curve_by_eye():
    fates = ["advanced"] * 4 + ["lost"] * 3 + ["back"] * 2 + ["handed_off"]
    ended = [(str(n), "Lead", day(1), day(3 + 2 * (n // 5)), fate) for n, fate in enumerate(fates)]
    going = [(f"open{n}", "Lead", day(22), None, "still") for n in range(10)]
    found = ask(engine_of(*ended, *going))
    # Five of twenty leave after 2 days, five of fifteen after 4; the rest has been there for 10 days.
    assert [row["within_days"] for row in found[:3]] == [0, 0.125, 0.25]
    assert found[-1]["within_days"] == 10
    start, early, late = at(found, 0), at(found, 2), at(found, 10)
    assert (start["still_chance"], start["at_risk"], start["still_low"]) == (1, 20, 1)
    assert (early["still_chance"], early["at_risk"]) == (pytest.approx(0.75), 20)
    assert early["advance_chance"] == pytest.approx(4 / 20) and early["loss_chance"] == pytest.approx(1 / 20)
    assert (late["still_chance"], late["at_risk"]) == (pytest.approx(0.5), 10)
    assert [late[f"{end}_chance"] for end in ENDS] == pytest.approx([4 / 20, 3 / 20, 2 / 20, 1 / 20])
    # Until the last one censored, it is the binomial: Wilson's interval of 5 in 20.
    assert (1 - early["still_high"], 1 - early["still_low"]) == (
        pytest.approx(0.1119, abs=1e-4),
        pytest.approx(0.4687, abs=1e-4),
    )
    assert late["median_days"] == 4


def test_what_happens_after_the_as_of_day_has_not_happened():
    engine = engine_of(("1", "Lead", day(1), day(3), "advanced"), ("2", "Lead", day(1), day(20), "lost"))
    (*_before, last) = ask(engine, filters=Filters(date(2026, 1, 10), pipeline="Sales"))
    assert (last["advance_chance"], last["loss_chance"], last["still_chance"]) == (0.5, 0, 0.5)


@pytest.mark.parametrize("by", [None, "team"])
@pytest.mark.parametrize("stage", ["Lead", "Offer", "Deal"])
def test_chances_add_up_lie_in_their_intervals_and_never_turn_back(stage, by):
    engine = random_workspace()
    found = ask(engine, stage, Filters(date(2026, 6, 30)), by)
    told = [row for row in found if row["still_chance"] is not None]
    assert len(told) > 60
    for row in told:
        assert adds_up(row) == pytest.approx(1, abs=1e-12)
        for kind in KINDS:
            assert 0 <= row[f"{kind}_low"] <= row[f"{kind}_chance"] + 1e-12
            assert row[f"{kind}_chance"] - 1e-12 <= row[f"{kind}_high"] <= 1
    for before, after in pairwise(told):
        if before["within_days"] < after["within_days"]:
            assert after["still_chance"] <= before["still_chance"] and after["at_risk"] <= before["at_risk"]
            assert all(after[f"{end}_chance"] >= before[f"{end}_chance"] for end in ENDS)


@pytest.mark.parametrize("as_of", [date(2025, 6, 30), date(2026, 6, 30)])
def test_it_is_what_plain_sql_says(root, as_of):
    engine = random_workspace()
    filters = Filters(as_of, where=(Choice(find("currency", engine.tables), ("EUR",)),))
    query = (root / "tests/sql/stage_curve.sql").read_text("utf-8")
    compared = 0
    for stage in ("Lead", "Offer"):
        by_hand = rows(engine.query(query, dict(now=filters.now, stage=stage)))
        for row in ask(engine, stage, filters, "team"):
            if row["still_chance"] is None:
                continue
            until = [each for each in by_hand if each["team"] == row["team"] and each["length"] <= row["within_days"]]
            after = [each for each in by_hand if each["team"] == row["team"] and each["length"] >= row["within_days"]]
            assert row["at_risk"] == (after[0]["at_risk"] if after else 0)
            for kind, first in (("still", 1.0), ("advance", 0.0), ("loss", 0.0), ("back", 0.0)):
                expected = until[-1][f"{kind}_chance"] if until else first
                assert row[f"{kind}_chance"] == pytest.approx(expected, abs=1e-12)
            compared += bool(until)
    assert compared > 100


def lingering(size=400, seed=3):
    """Visits that end in three ways, those not over at the end of January still going on."""
    random = np.random.default_rng(seed)
    end, made = datetime(2026, 2, 1), []
    for number in range(size):
        start = end - timedelta(hours=int(random.integers(1, 24 * 31)))
        left = start + timedelta(hours=int(random.weibull(0.8) * 150) + 1)
        fate = str(random.choice(["advanced", "lost", "back"], p=[0.5, 0.4, 0.1]))
        is_over = left < end
        made.append((str(number), "Lead", start, left if is_over else None, fate if is_over else "still"))
    return made


def test_it_is_what_lifelines_says():
    visits = lingering()
    end = datetime(2026, 2, 1)
    days = np.array([((left or end) - start).total_seconds() / 86400 for _n, _s, start, left, _f in visits])
    fates = np.array([["still", "advanced", "lost", "back"].index(fate) for *_rest, fate in visits])
    still = KaplanMeierFitter().fit(days, fates > 0)
    found = [row for row in ask(engine_of(*visits)) if row["within_days"]]
    at_days = np.array([row["within_days"] for row in found])
    assert [row["still_chance"] for row in found] == pytest.approx(still.predict(at_days).to_numpy(), abs=1e-9)
    assert found[0]["median_days"] == pytest.approx(still.median_survival_time_, abs=1e-9)
    for event, kind in enumerate(("advance", "loss", "back"), start=1):
        # Ties are Aalen and Johansen's own here; lifelines would move them apart at random.
        fitted = AalenJohansenFitter(calculate_variance=False, seed=1)
        expected = _aalen_johansen(days, fates, event)
        apart = days + np.arange(len(days)) * 1e-11
        near = fitted.fit(apart, fates, event_of_interest=event).cumulative_density_.iloc[:, 0]
        for row in found:
            told = row[f"{kind}_chance"]
            assert told == pytest.approx(expected(row["within_days"]), abs=1e-9)
            assert told == pytest.approx(near[near.index <= row["within_days"] + 1e-8].iloc[-1], abs=0.005)


def test_without_ties_the_ends_are_what_lifelines_says():
    fates = np.random.default_rng(5).choice(["still", "advanced", "lost", "back"], 300, p=[0.25, 0.4, 0.25, 0.1])
    end, visits = datetime(2026, 2, 1), []
    for hours, fate in enumerate(fates.tolist(), start=1):
        start = end - timedelta(hours=hours) if fate == "still" else day(1)
        left = None if fate == "still" else start + timedelta(hours=hours)
        visits.append((str(hours), "Lead", start, left, fate))
    found = [row for row in ask(engine_of(*visits)) if row["within_days"]]
    days, causes = (
        np.arange(1, 301) / 24,
        np.array([["still", "advanced", "lost", "back"].index(fate) for fate in fates]),
    )
    for event, kind in enumerate(("advance", "loss", "back"), start=1):
        fitted = AalenJohansenFitter(calculate_variance=False).fit(days, causes, event_of_interest=event)
        expected = fitted.cumulative_density_.iloc[:, 0]
        for row in found:
            until = expected[expected.index <= row["within_days"] + 1e-9].iloc[-1]
            assert row[f"{kind}_chance"] == pytest.approx(until, abs=1e-9)


def _aalen_johansen(days, fates, event):
    """The estimate by its definition: who is left, times who ends that way, summed over times."""
    times = np.unique(days)
    chance, there, sums = 0.0, 1.0, []
    for time in times:
        at_risk = (days >= time).sum()
        chance += there * ((days == time) & (fates == event)).sum() / at_risk
        there *= 1 - ((days == time) & (fates > 0)).sum() / at_risk
        sums.append(chance)
    return lambda until: sums[np.searchsorted(times, until, side="right") - 1]


def test_groups_are_those_of_time_in_stage_and_a_segment_is_told_from_all_others():
    random = np.random.default_rng(2)
    visits, owners = [], {}
    for n in range(240):
        owners[str(n)] = ["Ann", "Bob", None][n % 3]
        hours = int(random.exponential(48 if n % 3 else 120)) + 1
        visits.append((str(n), "Lead", day(1), day(1) + timedelta(hours=hours), "advanced"))
    engine = engine_of(*visits, owners=owners)
    found = ask(engine, by="owner")
    times = rows(time_in_stage(engine.tables, HERE, find("owner", engine.tables)).answer(engine.run))
    assert [row["owner"] for row in times] == ["Ann", "Bob", None]
    for row in times:
        own = [each for each in found if each["owner"] == row["owner"]]
        assert {(each["n"], each["median_days"], each["tests"]) for each in own} == {(80, row["median_days"], 3)}
        assert own[0]["q_value"] == pytest.approx(row["q_value"])
    ann, others = (
        [each for each in ask(engine, by="owner", segment="Ann") if each["owner"] == name] for name in ("Ann", OTHERS)
    )
    assert (ann[0]["n"], others[0]["n"]) == (80, 160)  # those without an owner are others too
    assert [each["still_chance"] for each in ann] == [each["still_chance"] for each in found if each["owner"] == "Ann"]
    assert ann[0]["q_value"] < 0.001


def test_about_so_many_round_steps_up_to_where_it_is_told():
    engine = engine_of(*lingering())
    found = ask(engine, points=20)
    steps = np.diff([row["within_days"] for row in found])
    assert set(steps) == {2} and 12 <= len(found) <= 22
    assert found[-2]["at_risk"] >= 10
    # A slow tail does not stretch it.
    quick = [(str(n), "Lead", day(1), day(1) + timedelta(hours=n % 100), "advanced") for n in range(300)]
    slow = [(f"slow{n}", "Lead", datetime(2024, 1, 1), None, "still") for n in range(12)]
    engine = engine_of(*quick, *slow)
    (times,) = rows(time_in_stage(engine.tables, HERE).answer(engine.run))
    assert times["within_days"] > 700 and times["p90_days"] < 5
    assert ask(engine)[-1]["within_days"] == pytest.approx(2 * times["p90_days"], abs=0.5)


def test_short_stays_are_told_in_minutes():
    start = datetime(2026, 1, 5, 9)
    found = ask(engine_of(*((str(n), "Lead", start, start + timedelta(minutes=n), "advanced") for n in range(60))))
    assert found[1]["within_days"] == pytest.approx(1 / 1440)
    assert found[30]["still_chance"] == pytest.approx(29 / 60)


def test_a_stage_without_times_or_visits_has_no_chances():
    assumed = stays(*((str(n), "Lead", day(1), day(3), "advanced") for n in range(20))).assign(is_recorded=False)
    made = deals(*((str(n), "open", None, 1.0, day(1), None) for n in range(20)))
    engine = Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": assumed})
    (row,) = ask(engine)
    assert (row["n"], row["still_chance"], row["advance_chance"]) == (20, None, None)
    assert ask(engine, "Offer") == []
    with pytest.raises(RequestProblem):
        ask(engine, "Nowhere")


@pytest.mark.parametrize(("left", "fate", "still"), [(None, "still", 1.0), (day(3), "lost", 0.0)])
def test_all_open_and_all_lost(left, fate, still):
    found = ask(engine_of(*((str(n), "Lead", day(1), left, fate) for n in range(12))))
    assert found[-1]["still_chance"] == still and found[-1]["loss_chance"] == 1 - still
    assert found[-1]["median_days"] == (None if still else 2)


def test_zero_negative_and_single_visits():
    found = ask(engine_of(("1", "Lead", day(3), day(3), "advanced"), ("2", "Lead", day(9), day(4), "lost")))
    assert {row["n"] for row in found} == {1}  # the one that ended before it began is left out
    assert all(row["still_chance"] == 0 and row["advance_chance"] == 1 for row in found)


def test_the_deals_that_wait_are_those_still_there_the_longest_first():
    engine = engine_of(
        ("1", "Lead", day(1), day(3), "advanced"), ("1", "Offer", day(3), None, "still"),
        ("2", "Lead", day(2), None, "still"), ("3", "Lead", day(20), None, "still"),
        ("4", "Lead", day(1), day(2), "advanced"), ("4", "Offer", day(2), day(5), "back"), ("4", "Lead", day(5), None, "still", 2),
    )  # fmt: skip
    found = rows(engine.query(engine.sql(deals_waiting(engine.tables, HERE, "Lead"))))
    assert [(row["deal_id"], row["days"]) for row in found] == [("2", 30), ("4", 27), ("3", 12)]
    as_of = Filters(date(2026, 1, 2), pipeline="Sales")
    early = rows(engine.query(engine.sql(deals_waiting(engine.tables, as_of, "Lead"))))
    assert [row["deal_id"] for row in early] == ["1", "2"]


@pytest.mark.truth
def test_the_curve_of_a_real_bank(datasets, tmp_path):
    """BPI Challenge 2012: as many still go on as the data say, and chances add up on each day."""
    from data.store import Workspace

    workspace = Workspace(tmp_path / "workspace")
    load(workspace, datasets / "bpic2012" / "bpic2012_application_stage_history.csv.gz")
    engine = workspace.engine()
    filters = Filters(date(2012, 3, 14))
    times = rows(time_in_stage(engine.tables, filters).answer(engine.run))
    for row in times:
        found = ask(engine, row["stage"], filters)
        told = [each for each in found if each["still_chance"] is not None]
        assert told and all(adds_up(each) == pytest.approx(1, abs=1e-12) for each in told)
        assert told[0]["at_risk"] == told[0]["n"] == row["visits"] - row["negative"] - row["untimed"]
        assert told[0]["median_days"] == row["median_days"]
    engine.close()
