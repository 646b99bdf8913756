"""Arrivals, departures and who waits, and whether a queue grows."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.queue_evidence import evidence, scatter
from analytics.queue_growth import ALL, COLUMNS, deals_waiting, queue_growth
from analytics.rows import rows
from analytics.stretch import MOST, USUAL, containing, stretch
from data.engine import Engine
from tests.analytics.sample import STAGES, day, deals, random_workspace, stays

END = date(2026, 3, 31)
SUMS = ("arrivals", "departures", "advanced", "lost", "back", "handed_off", "net")


def ask(engine, filters=None, **options):
    question = queue_growth(engine.tables, filters or Filters(END, pipeline="Sales"), **options)
    found = question.answer(engine.run)
    assert list(found.columns) == list(COLUMNS)
    return rows(found)


def periods_of(found, stage="Lead"):
    return [row for row in found if row["stage"] == stage and row["period"] != ALL]


def whole(found, stage="Lead"):
    return next(row for row in found if row["stage"] == stage and row["period"] == ALL)


def engine_of(*visits, currency="USD", amounts=None):
    names = list(dict.fromkeys(visit[0] for visit in visits))
    made = deals(*((name, "open", None, (amounts or {}).get(name, 10.0), min(v[2] for v in visits if v[0] == name), None) for name in names))  # fmt: skip
    return Engine.in_memory(
        {"stages": STAGES, "deals": made.assign(currency=currency), "stage_entries": stays(*visits)}
    )


def flow(arrive, leave, first=datetime(2025, 4, 1)):
    """Visits of one stage: so many arrive and so many leave each month; the oldest leave first."""
    began, visits = [], []
    for month, (come, go) in enumerate(zip(arrive, leave, strict=True)):
        start = pd.Timestamp(first) + pd.DateOffset(months=month)
        length = (start + pd.DateOffset(months=1) - start) / (come + go + 1)
        began += [(start + length * (n + 1)).to_pydatetime() for n in range(come)]
        for n in range(go):
            visits.append((began.pop(0), (start + length * (come + n + 1)).to_pydatetime()))
    visits += [(came, None) for came in began]
    return engine_of(
        *(
            (str(n), "Lead", came, left, "still" if left is None else "advanced")
            for n, (came, left) in enumerate(visits)
        )
    )


def test_queues_by_eye():
    engine = engine_of(
        ("1", "Lead", day(1), day(11), "advanced"), ("1", "Offer", day(11), day(21, 2), "back"),
        ("1", "Lead", day(21, 2), None, "still", 2), ("2", "Lead", day(16), day(8, 2), "lost"),
        ("3", "Lead", day(1, 2), day(15, 2), "handed_off"), amounts={"1": 100.0, "2": 30.0, "3": 7.0},
    )  # fmt: skip
    found = ask(engine)
    january, february, march = periods_of(found)
    assert [row["period"] for row in (january, february, march)] == ["2026-01", "2026-02", "2026-03"]
    assert [january[name] for name in SUMS] == [2, 1, 1, 0, 0, 0, 1]
    assert [february[name] for name in SUMS] == [2, 2, 0, 1, 0, 1, 0]
    assert [march[name] for name in SUMS] == [0, 0, 0, 0, 0, 0, 0]
    assert [row["waiting"] for row in (january, february, march)] == [1, 1, 1]
    assert [row["waiting_value"] for row in (january, february, march)] == [30, 100, 100]
    # 10 days of the first and 16 of the second in January; 7 of the second, 14 of the third, 8 of the first again.
    assert january["average_waiting"] == pytest.approx(26 / 31)
    assert february["average_waiting"] == pytest.approx((7 + 14 + 8) / 28)
    assert march["average_waiting"] == pytest.approx(1)
    assert (january["little_days"], january["measured_days"]) == (pytest.approx(26), pytest.approx(10))
    assert february["measured_days"] == pytest.approx((23 + 14) / 2)
    assert march["little_days"] is None and march["waiting_age_days"] == pytest.approx(39)
    together = whole(found)
    assert (together["arrivals"], together["departures"], together["waiting"]) == (4, 3, 1)
    assert (together["starts_on"], together["ends_on"]) == (date(2026, 1, 1), END)
    assert together["growth_per_period"] == pytest.approx(1 / 3)
    assert together["p_value"] is None and together["is_growing"] is None  # too few
    assert whole(found, "Offer")["back"] == 1


@pytest.mark.parametrize("as_of", [date(2025, 6, 17), date(2025, 12, 31)])
def test_it_is_what_plain_sql_says(root, as_of):
    engine = random_workspace()
    euros = Choice(find("currency", engine.tables), ("EUR",))
    filters = Filters(as_of, where=(euros,), pipeline="Sales", time_zone="Asia/Jerusalem")
    found = {(row["stage"], row["period"]): row for row in ask(engine, filters) if row["period"] != ALL}
    by_hand = rows(engine.query((root / "tests/sql/queue_growth.sql").read_text("utf-8"), {"now": filters.now}))
    expected = {(row["stage"], row["period"]): row for row in by_hand}
    assert len(found) >= 18 and found.keys() <= expected.keys()
    for place, row in found.items():
        for name in ("arrivals", "departures", "lost", "waiting"):
            assert row[name] == expected[place][name], (place, name)
        for name in ("waiting_value", "average_waiting", "measured_days", "waiting_age_days"):
            assert row[name] == (None if expected[place][name] is None else pytest.approx(expected[place][name])), (place, name)  # fmt: skip


@pytest.mark.parametrize("grain", ["week", "month", "quarter"])
def test_what_waits_is_what_waited_and_came_less_what_left(grain):
    engine = random_workspace()
    found = ask(engine, Filters(date(2025, 9, 10), pipeline="Sales", time_zone="America/New_York"), grain=grain)
    for stage in ("Lead", "Offer", "Deal"):
        periods = periods_of(found, stage)
        for before, row in zip([None, *periods], periods, strict=False):
            waited = before["waiting"] if before else row["waiting"] - row["net"]
            assert waited + row["arrivals"] - row["departures"] == row["waiting"] >= 0
            assert row["advanced"] + row["lost"] + row["back"] + row["handed_off"] == row["departures"]
            assert before is None or row["starts_on"] == before["ends_on"] + timedelta(days=1)
        complete = [row for row in periods if row["is_complete"]]
        together = whole(found, stage)
        for name in SUMS:
            assert together[name] == sum(row[name] for row in complete)
        # Little's gap is how much longer those who wait have waited in all, a departure.
        first, last = complete[0], complete[-1]
        place = periods.index(first)
        before = periods[place - 1] if place else None
        old = before["waiting"] * before["waiting_age_days"] if before else None
        if old is not None:
            aged = last["waiting"] * last["waiting_age_days"] - old
            assert together["little_gap_days"] == pytest.approx(aged / together["departures"])


def test_later_events_are_ignored_and_what_they_end_still_waits():
    engine = engine_of(("1", "Lead", day(1), day(11, 2), "lost"), ("2", "Lead", day(20), day(25), "advanced"))
    (january,) = periods_of(ask(engine, Filters(date(2026, 1, 15), pipeline="Sales")))
    assert (january["arrivals"], january["departures"], january["waiting"]) == (1, 0, 1)
    assert (january["is_complete"], january["ends_on"]) == (False, date(2026, 1, 15))
    assert january["average_waiting"] == pytest.approx(1)
    assert whole(ask(engine, Filters(date(2026, 1, 15), pipeline="Sales")))["arrivals"] is None  # no period is over


def test_dates_choose_the_periods_and_cut_the_first_and_the_last():
    engine = engine_of(("1", "Lead", day(1), day(20, 2), "lost"), ("2", "Lead", day(20), day(25), "advanced"))
    filters = Filters(END, since=date(2026, 1, 22), until=date(2026, 2, 10), pipeline="Sales")
    found = periods_of(ask(engine, filters))
    assert [(row["starts_on"], row["ends_on"], row["is_complete"]) for row in found] == [
        (date(2026, 1, 22), date(2026, 1, 31), False),
        (date(2026, 2, 1), date(2026, 2, 10), False),
    ]
    assert [(row["arrivals"], row["departures"], row["waiting"]) for row in found] == [(0, 1, 1), (0, 0, 1)]
    assert found[0]["average_waiting"] == pytest.approx((10 + 3) / 10)
    waiting = engine.run(deals_waiting(engine.tables, filters, "Lead"))
    assert list(waiting["deal_id"]) == ["1"] and list(waiting["fate"]) == ["still"]
    assert list(waiting["days"]) == [41]  # as it stood at the end of the tenth


def test_the_list_holds_those_who_wait():
    engine = random_workspace()
    filters = Filters(date(2025, 8, 8), pipeline="Sales")
    found = ask(engine, filters)
    for stage in ("Lead", "Offer", "Deal"):
        assert (
            len(engine.run(deals_waiting(engine.tables, filters, stage))) == periods_of(found, stage)[-1]["waiting"] > 5
        )


def test_stays_without_usable_times_are_left_out_and_counted():
    good = [(f"g{n}", "Lead", day(2), day(4), "advanced") for n in range(40)]
    engine = engine_of(
        *good, ("n", "Lead", day(9), day(5), "lost"), ("z", "Lead", day(6), day(6), "lost"), ("u", "Lead", day(3), None, "lost")
    )  # fmt: skip
    found = ask(engine, Filters(date(2026, 1, 31), pipeline="Sales"))
    (january,) = periods_of(found)
    assert (january["untimed"], january["negative"]) == (1, 1)
    assert (january["arrivals"], january["departures"], january["waiting"], january["lost"]) == (41, 41, 0, 1)


def test_of_a_stage_without_history_nothing_is_told():
    visits = stays(("1", "Lead", day(1), day(3), "advanced"), ("2", "Lead", day(1), None, "still")).assign(
        is_recorded=False
    )
    made = deals(("1", "open", None, 1.0, day(1), None), ("2", "open", None, 1.0, day(1), None))
    (lead,) = ask(Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": visits}))
    assert (lead["period"], lead["assumed"], lead["arrivals"], lead["is_growing"]) == (ALL, 2, None, None)


@pytest.mark.parametrize("until", [END, date(9999, 12, 30)])
def test_without_deals_there_is_nothing(until):
    engine = Engine.in_memory({"deals": {"deal_id": ["1"], "status": ["open"]}})
    assert ask(engine, Filters(until)) == []


def test_money_of_several_currencies_is_not_added():
    engine = engine_of(
        ("1", "Lead", day(1), None, "still"), ("2", "Lead", day(1), None, "still"), currency=["USD", "EUR"]
    )
    assert all(row["waiting_value"] is None and row["currency"] is None for row in ask(engine))
    unknown = engine_of(("1", "Lead", day(1), None, "still"), amounts={"1": None})
    assert periods_of(ask(unknown))[-1]["waiting_value"] is None
    assert periods_of(ask(unknown))[-1]["value_known"] == 0


def test_a_queue_that_grows_is_told_and_one_that_could_be_chance_is_not():
    grown = whole(ask(flow([30] * 12, [30] * 9 + [12, 10, 11])))
    assert grown["is_growing"] is True and grown["is_shrinking"] is False and grown["q_value"] < 0.01
    assert grown["growth_per_period"] == pytest.approx(19)
    assert 0 < grown["growth_low"] < 19 < grown["growth_high"]
    assert grown["growth_value"] == pytest.approx(190) and grown["growth_value_low"] > 0
    steady = whole(ask(flow([30] * 12, [30] * 9 + [29, 28, 29])))
    assert steady["is_growing"] is False and steady["growth_low"] < 0 < steady["growth_high"]
    shrunk = whole(ask(flow([60] * 3 + [20] * 9, [20] * 9 + [50] * 3)))
    assert shrunk["is_shrinking"] is True and shrunk["is_growing"] is False
    # Many came, but not in each of the last three months.
    uneven = whole(ask(flow([30] * 12, [30] * 9 + [1, 31, 1])))
    assert uneven["q_value"] < 0.05 and uneven["is_growing"] is False


def test_q_values_are_over_the_stages():
    engine = random_workspace()
    together = [row for row in ask(engine, Filters(date(2025, 9, 30), pipeline="Sales")) if row["period"] == ALL]
    tested = [row for row in together if row["p_value"] is not None]
    assert len(tested) > 1 and {row["tests"] for row in tested} == {len(tested)}
    assert all(row["q_value"] >= row["p_value"] for row in tested)


def test_evidence_is_weaker_where_periods_scatter():
    came, went = np.array([30.0, 32.0, 31.0]), np.array([20.0, 18.0, 22.0])
    plain, wide = evidence(came, went), evidence(came, went, 4.0)
    assert plain.p is not None and wide.p is not None and plain.p < 0.05 < wide.p
    assert (wide.high - wide.low) == pytest.approx(2 * (plain.high - plain.low))
    assert scatter(np.array([50.0, 0, 50, 0, 50, 0]), np.array([0.0, 50, 0, 50, 0, 50])) > 10
    assert scatter(np.array([5.0, 6, 5, 6]), np.array([5.0, 5, 6, 6])) == 1.0
    assert scatter(np.array([50.0, 0]), np.array([0.0, 50])) == 1.0  # too few periods to tell


@pytest.mark.parametrize(
    ("day_", "grain", "week", "fiscal", "first"),
    [
        (date(2026, 3, 1), "week", "sunday", 1, date(2026, 3, 1)), (date(2026, 3, 1), "week", "monday", 1, date(2026, 2, 23)),
        (date(2026, 3, 31), "month", "sunday", 1, date(2026, 3, 1)), (date(2026, 1, 9), "quarter", "sunday", 1, date(2026, 1, 1)),
        (date(2026, 1, 9), "quarter", "sunday", 3, date(2025, 12, 1)), (date(2026, 6, 9), "quarter", "sunday", 2, date(2026, 5, 1)),
    ],
)  # fmt: skip
def test_periods_begin_where_the_settings_say(day_, grain, week, fiscal, first):
    assert containing(day_, grain, week, fiscal) == first


@pytest.mark.parametrize("grain", ["week", "month", "quarter"])
def test_without_dates_the_last_full_periods_are_told(grain):
    found = stretch(Filters(date(2026, 2, 10), time_zone="Asia/Jerusalem"), grain)
    assert found is not None and sum(found.is_complete) == USUAL[grain] and found.is_complete[-1] is False
    over = stretch(Filters(found.first[-1] - timedelta(days=1)), grain)
    assert over is not None and all(over.is_complete) and len(over) == USUAL[grain]
    assert len(found.bounds) == len(found) + 1 and list(found.bounds) == sorted(found.bounds)
    long = stretch(Filters(date(2026, 2, 10), since=date(1950, 1, 1)), grain)
    assert long is not None and len(long) == MOST
    assert stretch(Filters(date(2026, 2, 10), since=date(2026, 3, 1)), grain) is None


def stationary(random, days=900.0, rate=2.0, mean=20.0):
    """Arrivals by chance, log-normal stays."""
    n = random.poisson(rate * days)
    came = np.sort(random.uniform(0, days, n))
    sigma = 0.8
    length = random.lognormal(np.log(mean) - sigma**2 / 2, sigma, n)
    over = pd.Timestamp(END) + pd.Timedelta(days=1)
    start = over - pd.Timedelta(days=days)
    entered = start + pd.to_timedelta(came, unit="D").floor("s")
    left = entered + pd.to_timedelta(length, unit="D").floor("s")
    return [
        (str(k), "Lead", entered[k].to_pydatetime(), left[k].to_pydatetime() if left[k] < over else None,
         "advanced" if left[k] < over else "still") for k in range(n)
    ]  # fmt: skip


def test_littles_law_holds_in_a_steady_queue():
    together = whole(ask(engine_of(*stationary(np.random.default_rng(5)))))
    assert together["average_waiting"] == pytest.approx(40, rel=0.12)
    assert together["little_days"] == pytest.approx(together["measured_days"], rel=0.05)
    assert together["measured_days"] == pytest.approx(20, rel=0.12)
    assert together["little_reason"] == "agrees" and together["is_growing"] is False


def monthly(random, grow=0.0, rate=2.0, mean=20.0):
    """What came and what left a steady queue in each of twelve months; in the last three, stays last `grow` times as long more."""
    n = random.poisson(rate * 560)
    came = random.uniform(-200, 360, n)
    left = came + random.lognormal(np.log(mean) - 0.32, 0.8, n) * np.where(came > 270 - mean, 1 + grow, 1.0)
    months = np.arange(0, 361, 30)
    return tuple(np.histogram(moments, months)[0].astype(float) for moments in (came, left))


def called(counts):
    came, went = counts
    sure = evidence(came[-3:], went[-3:], scatter(came[:-3], went[:-3]))
    return sure.p is not None and sure.p < 0.05 and (sure.rises or sure.falls)


def test_steady_queues_are_seldom_called_growing_and_growing_ones_are():
    """What leaves follows what came, so the chance of a false alarm is below that of the test."""
    random = np.random.default_rng(3)
    assert np.mean([called(monthly(random)) for _each in range(500)]) < 0.01
    assert np.mean([called(monthly(random, grow=5.0)) for _each in range(200)]) > 0.9


@pytest.mark.truth
def test_littles_days_are_the_true_ones_on_average():
    gaps = []
    for seed in range(25):
        found = whole(ask(engine_of(*stationary(np.random.default_rng(seed), days=600.0))))
        gaps.append((found["little_days"] / 20 - 1, found["measured_days"] / 20 - 1))
    assert np.abs(np.mean(gaps, axis=0)).max() < 0.03, np.mean(gaps, axis=0)
