"""How long deals stay in a stage, those still there counted."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.rows import rows
from analytics.time_in_stage import AT_ONCE, time_in_stage
from data.engine import Engine
from tests.analytics.companies import AS_OF, Company, Simulator
from tests.analytics.sample import STAGES, day, deals, random_workspace, stays
from tests.data.kit import load

END = date(2026, 1, 31)


def ask(engine, filters=None, by=None):
    field = find(by, engine.tables) if by else None
    found = time_in_stage(engine.tables, filters or Filters(END, pipeline="Sales"), field).answer(engine.run)
    return rows(found)


def engine_of(*visits, owners=None):
    names = list(dict.fromkeys(visit[0] for visit in visits))
    made = deals(*((name, "open", (owners or {}).get(name), 10.0, day(1), None) for name in names))
    return Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": stays(*visits)})


def test_visits_by_eye():
    engine = engine_of(
        ("1", "Lead", day(1), day(3), "advanced"), ("2", "Lead", day(1), day(5), "lost"),
        ("3", "Lead", day(22), None, "still"), ("4", "Lead", day(1), day(21), "advanced"),
    )  # fmt: skip
    (lead,) = ask(engine)
    # 2, 4 and 20 days are over; deal 3 has been there for the 10 days to the end of January.
    assert (lead["stage"], lead["visits"], lead["open"]) == ("Lead", 4, 1)
    assert lead["mean_completed_days"] == pytest.approx((2 + 4 + 20) / 3)
    # Still there after 2 days: 3/4, after 4: 1/2, after 20: 0. The completed alone would say 4 days too, and 20 at most.
    assert (lead["median_completed_days"], lead["median_days"], lead["p75_days"], lead["p90_days"]) == (4, 4, 20, 20)
    assert lead["restricted_mean_days"] is None  # never 10 at risk
    assert lead["longest_days"] == 20


def test_a_return_is_another_visit_and_stays_that_go_on_are_followed():
    engine = engine_of(
        ("1", "Lead", day(1), day(3), "advanced"), ("1", "Offer", day(3), day(7), "back"),
        ("1", "Lead", day(7), day(13), "advanced", 2), ("1", "Offer", day(13), None, "still", 2),
    )  # fmt: skip
    lead, offer = ask(engine)
    assert (lead["visits"], lead["open"], lead["mean_completed_days"]) == (2, 0, 4)
    assert (offer["visits"], offer["open"], offer["mean_completed_days"]) == (2, 1, 4)
    assert (offer["median_days"], offer["p90_days"], offer["longest_days"]) == (4, None, 19)


def test_as_of_opens_what_ended_later_and_a_period_bounds_the_entry():
    engine = engine_of(("1", "Lead", day(1), day(3), "advanced"), ("2", "Lead", day(5), day(9), "lost"))
    (early,) = ask(engine, Filters(date(2026, 1, 6), pipeline="Sales"))
    assert (early["visits"], early["open"], early["longest_days"]) == (2, 1, 2)
    (late,) = ask(engine, Filters(END, since=date(2026, 1, 5), pipeline="Sales"))
    assert (late["visits"], late["mean_completed_days"]) == (1, 4)


def test_lengths_are_told_to_the_minute_where_they_are_short():
    start = datetime(2026, 1, 5, 9)
    engine = engine_of(*((str(n), "Lead", start, start + timedelta(minutes=7 * n), "advanced") for n in range(1, 6)))
    (lead,) = ask(engine)
    assert lead["median_completed_days"] == pytest.approx(21 / 1440)
    assert lead["mean_completed_days"] == pytest.approx(21 / 1440)


@pytest.mark.parametrize("by", [None, "owner"])
def test_many_visits_are_told_more_coarsely(monkeypatch, by):
    start = datetime(2026, 1, 5, 9)
    engine = engine_of(*((str(n), "Lead", start, start + timedelta(hours=5.5 * n), "advanced") for n in range(1, 30)))
    (exact,) = ask(engine, by=by)
    monkeypatch.setattr("analytics.time_in_stage.FINE_UP_TO", 5)
    (coarse,) = ask(engine, by=by)
    assert coarse["mean_completed_days"] == exact["mean_completed_days"]  # it needs no rounding
    assert 0 <= exact["median_days"] - coarse["median_days"] <= 1
    assert (
        coarse["median_days"] == int(coarse["median_days"])
        if by
        else coarse["median_days"] * 24 % 1 == pytest.approx(0)
    )


def test_what_is_odd_is_counted():
    at = datetime(2026, 1, 5, 9, 30)
    together = [(str(n), "Lead", at, day(8), "advanced") for n in range(AT_ONCE)]
    engine = engine_of(
        *together, ("x", "Lead", day(3), day(3), "advanced"), ("y", "Lead", day(9), day(4), "lost"),
        *((f"m{n}", "Lead", day(2), day(8), "advanced") for n in range(AT_ONCE)),
    )  # fmt: skip
    (lead,) = ask(engine)
    assert (lead["together"], lead["at_zero"], lead["negative"]) == (AT_ONCE, 1, 1)  # midnight tells nothing
    assert lead["visits"] == 2 * AT_ONCE + 2


@pytest.mark.parametrize("zone, together", [("Asia/Jerusalem", 0), ("UTC", AT_ONCE)])
def test_dates_without_a_time_of_day_are_midnight_in_the_time_zone(zone, together):
    """Midnight in Jerusalem is 22:00 of the day before in UTC, where it is as good a time as any."""
    at = datetime(2026, 1, 4, 22)
    engine = engine_of(*((str(n), "Lead", at, day(8), "advanced") for n in range(AT_ONCE)))
    filters = Filters(date(2026, 1, 31), pipeline="Sales", time_zone=zone)
    (lead,) = rows(time_in_stage(engine.tables, filters).answer(engine.run))
    assert lead["together"] == together


def test_without_a_history_nothing_is_told():
    assumed = stays(("1", "Lead", day(1), day(3), "advanced"), ("2", "Lead", day(1), None, "still")).assign(
        is_recorded=False
    )
    made = deals(("1", "open", None, 1.0, day(1), None), ("2", "open", None, 1.0, day(1), None))
    (lead,) = ask(Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": assumed}))
    assert (lead["visits"], lead["assumed"]) == (2, 2)
    assert lead["median_days"] is None and lead["mean_completed_days"] is None


def test_it_is_what_lifelines_says():
    random = np.random.default_rng(4)
    hours = (random.weibull(0.8, 300) * 200).astype(int) + 1
    came = [datetime(2026, 1, 31) - timedelta(hours=int(each)) for each in random.integers(1, 24 * 30, 300)]
    end = datetime(2026, 2, 1)
    visits = []
    for n, (start, length) in enumerate(zip(came, hours.tolist(), strict=True)):
        left = start + timedelta(hours=length)
        visits.append((str(n), "Lead", start, left if left < end else None, "advanced" if left < end else "still"))
    (lead,) = ask(engine_of(*visits))
    taken = np.array([((left or end) - start).total_seconds() / 86400 for _, _, start, left, _ in visits])
    fitted = KaplanMeierFitter().fit(taken, [left is not None for *_, left, _ in visits])
    assert lead["median_days"] == pytest.approx(fitted.median_survival_time_)
    still = fitted.survival_function_["KM_estimate"]
    assert lead["p75_days"] == pytest.approx(still.index[still <= 0.25][0])
    assert lead["median_low"] < lead["median_days"] < lead["median_high"]
    times, chances = still.index.to_numpy(), still.to_numpy()
    until = np.minimum(np.append(times[1:], np.inf), lead["within_days"])
    assert lead["restricted_mean_days"] == pytest.approx((chances * np.maximum(until - times, 0)).sum())
    assert lead["restricted_mean_low"] < lead["restricted_mean_days"] < lead["restricted_mean_high"]


@pytest.mark.parametrize("as_of", [date(2025, 6, 30), date(2026, 6, 30)])
def test_it_is_what_plain_sql_says(root, as_of):
    engine = random_workspace()
    filters = Filters(as_of, where=(Choice(find("currency", engine.tables), ("EUR",)),))
    found = {(row["team"], row["stage"]): row for row in ask(engine, filters, "team")}
    query = (root / "tests/sql/time_in_stage.sql").read_text("utf-8")
    by_hand = rows(engine.query(query, dict(now=filters.now)))
    assert len(by_hand) == len(found) > 6
    told = 0
    for expected in by_hand:
        row = found[expected["team"], expected["stage"]]
        assert (row["visits"], row["open"]) == (expected["visits"], expected["open"])
        if row["longest_days"] is not None:
            told += 1
            assert row["mean_completed_days"] == pytest.approx(expected["mean_completed_days"])
            assert row["median_days"] == (pytest.approx(expected["median_days"]) if expected["median_days"] else None)
    assert told > 3


def test_a_group_that_stays_longer_is_told_from_the_rest():
    random = np.random.default_rng(2)
    visits, owners = [], {}
    for n in range(200):
        owners[str(n)] = "Ann" if n % 2 else "Bob"
        hours = int(random.exponential(48 if n % 2 else 120)) + 1
        visits.append((str(n), "Lead", day(1), day(1) + timedelta(hours=hours), "advanced"))
    ann, bob = ask(engine_of(*visits, owners=owners), by="owner")
    assert (ann["owner"], ann["tests"]) == ("Ann", 2)
    assert ann["q_value"] < 0.001 and ann["days_high"] < 0 < bob["days_low"]
    assert ann["days_difference"] == pytest.approx(-bob["days_difference"])


def test_the_log_of_a_real_bank(datasets, tmp_path):
    """BPI Challenge 2012: average and median of the completed stays as published with the data."""
    from data.store import Workspace

    workspace = Workspace(tmp_path / "workspace")
    load(workspace, datasets / "bpic2012" / "bpic2012_application_stage_history.csv.gz")
    engine = workspace.engine()
    found = {row["stage"]: row for row in ask(engine, Filters(date(2012, 3, 14)))}
    published = {
        "FINALIZED": (17.84, 14.56),
        "PREACCEPTED": (2.83, 0.28),
        "PARTLYSUBMITTED": (0.10, 0.00),
        "ACCEPTED": (0.03, 0.00),
    }
    for stage, (mean, median) in published.items():
        row = found[f"A_{stage}"]
        assert (row["mean_completed_days"], row["median_completed_days"]) == pytest.approx((mean, median), abs=0.006), (
            stage
        )
    assert sum(row["open"] for row in found.values()) == 399
    engine.close()


@pytest.mark.truth
def test_the_interval_of_the_median_holds_the_truth():
    """In 92-98% of 500 companies, where the median of the completed alone falls a third short."""
    simulator, company = Simulator(), Company(deals=400, years=0.12, losers_linger=1.0, groups={})
    question = time_in_stage(simulator.tables, AS_OF)
    held, told, naive = 0, 0, []
    for seed in range(500):
        simulator.load(company.frames(7000 + seed))
        row = next(row for row in rows(question.answer(simulator.engine.run)) if row["stage"] == "Demo")
        low, high = row["median_low"], row["median_high"]
        told += 1
        held += (low or 0) <= 16 <= (high if high is not None else np.inf)
        naive.append(row["median_completed_days"])
    assert 0.92 <= held / told <= 0.98, held / told
    assert pd.Series(naive).median() < 0.67 * 16, pd.Series(naive).median()
