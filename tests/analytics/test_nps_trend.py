"""The score period by period on answers written by hand, and against plain SQL."""

import itertools
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.nps.adaptive import nps_windows, windows
from analytics.nps.evidence import Tally, adjusted_error, covariance
from analytics.nps.trend import COLUMNS, nps
from analytics.rows import rows
from data.engine import Engine
from data.schema import Header
from tests.analytics.nps_rows import answer, surveyed

FILTERS = Filters(date(2026, 6, 30))


def told(engine, filters=FILTERS, *options, **more):
    return rows(nps(engine.tables, filters, *options, **more).answer(engine.run))


def counts(found):
    return {row["period"]: (row["n"], row["promoters"], row["passives"], row["detractors"]) for row in found}


def test_by_month_with_and_without_answers():
    engine = surveyed([
        answer("a", 10, "2026-03-01"), answer("b", 9, "2026-03-31"), answer("c", 8, "2026-03-05"),
        answer("d", 6, "2026-05-02"), answer("e", 0, "2026-05-03"), answer("f", 7, "2026-05-03"),
    ])  # fmt: skip
    found = told(engine)
    assert list(found[0]) == list(COLUMNS)
    assert counts(found) == {"2026-03": (3, 2, 1, 0), "2026-04": (0, 0, 0, 0), "2026-05": (3, 0, 1, 2)}
    march, april, may = found
    assert march["nps"] == pytest.approx(200 / 3) and may["nps"] == pytest.approx(-200 / 3)
    assert (april["nps"], april["low"], april["high"], april["difference"]) == (None, None, None, None)
    # Nothing to compare May with, and too few to test anyway.
    assert may["against"] is None and all(row["p_value"] is None and row["tests"] == 0 for row in found)
    assert (march["starts_on"], march["ends_on"], march["is_complete"]) == (date(2026, 3, 1), date(2026, 3, 31), True)


def test_what_is_no_answer_is_not_counted():
    engine = surveyed([
        answer("a", 10), answer("b", 11), answer("c", -1), answer("d", 7.5), answer("e", float("nan")),
        answer("f", 5, scale="1-5"), answer("g", 0), answer("h", 9, "2026-07-01"),
    ])  # fmt: skip
    assert counts(told(engine)) == {"2026-05": (2, 1, 0, 1)}


def test_the_same_person_within_a_day_counts_once_and_the_last_time():
    engine = surveyed([
        answer("a", 0, "2026-05-01T09:00", email="Ann@x.com"), answer("a", 10, "2026-05-02T09:00", email="ann@x.com "),
        answer("b", 10, "2026-05-01T09:00", email="bob@x.com"), answer("b", 0, "2026-05-02T09:01", email="bob@x.com"),
    ])  # fmt: skip
    # Ann's two are 24 hours apart, Bob's a minute more.
    assert counts(told(engine)) == {"2026-05": (3, 2, 0, 1)}
    # On the day of Ann's first answer the second was not there yet.
    assert counts(told(engine, Filters(date(2026, 5, 1)))) == {"2026-05": (2, 1, 0, 1)}


def test_days_are_those_of_the_workspace():
    engine = surveyed([answer("a", 10, "2026-04-30T22:30"), answer("b", 0, "2026-04-30T20:30")])
    assert counts(told(engine)) == {"2026-04": (2, 1, 0, 1)}
    there = Filters(date(2026, 6, 30), time_zone="Asia/Jerusalem")
    assert counts(told(engine, there)) == {"2026-04": (1, 0, 0, 1), "2026-05": (1, 1, 0, 0)}


@pytest.mark.parametrize(
    ("grain", "options", "names"),
    [
        ("day", {}, ["2026-01-31", "2026-02-01"]),
        ("week", {"week_start": "sunday"}, ["2026-01-25", "2026-02-01"]),
        ("week", {"week_start": "monday"}, ["2026-01-26"]),
        ("month", {}, ["2026-01", "2026-02"]),
        ("quarter", {}, ["2026-Q1"]),
        ("quarter", {"fiscal_year_start": 2}, ["2025-11", "2026-02"]),
        ("year", {}, ["2026"]),
        ("year", {"fiscal_year_start": 2}, ["2025-02", "2026-02"]),
        ("all", {}, ["all"]),
    ],
)
def test_every_grain(grain, options, names):
    engine = surveyed([answer("a", 10, "2026-01-31T12:00"), answer("b", 0, "2026-02-01T12:00")])
    found = told(engine, FILTERS, grain, **options)
    assert [row["period"] for row in found] == names
    assert sum(row["n"] for row in found) == 2


def test_a_grain_there_is_not():
    grain: Any = "decade"
    with pytest.raises(ValueError, match="decade"):
        nps(surveyed([answer("a", 10)]).tables, FILTERS, grain)


def test_a_period_cut_short_says_so():
    engine = surveyed([answer("a", 10, "2026-05-20"), answer("b", 10, "2026-06-10")])
    first, last = told(engine, Filters(date(2026, 6, 15), since=date(2026, 5, 10)))
    assert (first["starts_on"], first["is_complete"]) == (date(2026, 5, 10), False)
    assert (last["ends_on"], last["is_complete"]) == (date(2026, 6, 15), False)


def test_nothing_and_one_answer():
    nobody = Engine.in_memory({})
    assert told(nobody) == [] and told(nobody, FILTERS, "all") == []
    assert rows(nps_windows(nobody.tables, FILTERS).answer(nobody.run)) == []
    (only,) = told(surveyed([answer("a", 9)]))
    assert only["nps"] == 100 and only["low"] < 100 and only["p_value"] is None


def test_answers_without_a_day_are_only_in_all():
    engine = surveyed([answer("a", 9), answer("b", 0) | {"answered_at": None}])
    assert sum(row["n"] for row in told(engine)) == 1
    assert [row["n"] for row in told(engine, FILTERS, "all")] == [2]


def months(*shares, n=100):
    """So many answers a month of January, February, ..., of strangers: promoters, passives, detractors of each hundred."""
    made = []
    for month, (up, same, down) in enumerate(shares, 1):
        for place, score in enumerate([10] * up + [8] * same + [0] * down):
            made.append(answer(f"{month}-{place}", score, f"2026-{month:02}-{1 + place % 28:02}"))
    return made


def test_a_real_change_and_one_that_could_be_chance():
    engine = surveyed(months((50, 30, 20), (52, 28, 20), (20, 30, 50)))
    _january, february, march = told(engine)
    assert february["real_change"] is False and february["difference"] == pytest.approx(2)
    assert march["real_change"] is True and march["difference"] == pytest.approx(-62)
    assert (march["tests"] == 2 and march["p_value"] < march["q_value"]) or march["q_value"] < 1e-6
    one, other = Tally(100, 50, 20), Tally(100, 52, 20)
    z = 2 / np.hypot(adjusted_error(one), adjusted_error(other))
    from scipy.stats import norm

    assert february["p_value"] == pytest.approx(2 * norm.sf(z))


def test_groups_are_told_apart_and_add_up():
    made = months((50, 30, 20), (20, 30, 50))
    customers = {
        "customer_id": [row["customer_id"] for row in made],
        "segment": ["ab"[n % 2] for n in range(len(made))],
    }
    engine = surveyed(made, customers=customers)
    by = find("segment", engine.tables, "customers")
    found = told(engine, FILTERS, "month", by)
    assert [row["segment"] for row in found] == ["a", "a", "b", "b"]
    # The first month of a group is compared with nothing.
    assert [row["against"] for row in found] == [None, "before", None, "before"]
    every = counts(told(engine))
    for month in ("2026-01", "2026-02"):
        assert sum(row["n"] for row in found if row["period"] == month) == every[month][0]
    whole = told(engine, FILTERS, "all", by)
    assert {row["against"] for row in whole} == {"rest"} and sum(row["n"] for row in whole) == 200
    assert whole[0]["difference"] == pytest.approx(-whole[1]["difference"])


def panel(n=60, seed=3):
    """The same people in May and June, who mostly say the same again."""
    random = np.random.default_rng(seed)
    made = []
    for person in range(n):
        first = int(random.choice([10, 8, 0]))
        second = first if random.random() < 0.8 else int(random.choice([10, 8, 0]))
        made += [answer(f"c{person}", score, f"2026-0{month}-10", email=f"{person}@x.com")
                 for month, score in ((5, first), (6, second))]  # fmt: skip
    return made


def strange(made):
    """The same answers, each of somebody else."""
    return [row | {"email": f"{number}@y.com"} for number, row in enumerate(made)]


def vote(score):
    return 1 if score >= 9 else 0 if score >= 7 else -1


def test_people_who_answered_in_both_months_are_paired():
    made = panel()
    _may, june = told(surveyed(made))
    first, second = ([vote(row["score"]) for row in made[place::2]] for place in (0, 1))
    may_, june_ = (Tally(60, votes.count(1), votes.count(-1)) for votes in (first, second))
    shared = covariance(
        june_, may_, 60, sum(a * b for a, b in zip(first, second, strict=True)), sum(second), sum(first)
    )
    assert shared == pytest.approx(1e4 * np.cov(first, second, bias=True)[0, 1] * 60 / 63**2)
    variance = adjusted_error(may_) ** 2 + adjusted_error(june_) ** 2 - 2 * shared
    from scipy.stats import norm

    assert june_.score is not None and may_.score is not None
    assert june["p_value"] == pytest.approx(2 * norm.sf(abs(june_.score - may_.score) / np.sqrt(variance)))
    strangers = told(surveyed(strange(made)))[1]
    assert june["difference"] == strangers["difference"] and june["p_value"] < strangers["p_value"]


def test_the_paired_error_is_that_of_many_such_panels():
    """The spread of the difference over panels of the same people in both months is what its error says."""
    random = np.random.default_rng(11)
    first = random.choice([1, 0, -1], (4000, 80), p=(0.5, 0.3, 0.2))
    second = np.where(random.random((4000, 80)) < 0.7, first, random.choice([1, 0, -1], (4000, 80), p=(0.5, 0.3, 0.2)))
    spread = np.std(100 * (second - first).mean(axis=1))
    errors = []
    for a, b in zip(first[:200].tolist(), second[:200].tolist(), strict=True):
        one, other = (Tally(80, votes.count(1), votes.count(-1)) for votes in (a, b))
        shared = covariance(other, one, 80, sum(x * y for x, y in zip(a, b, strict=True)), sum(b), sum(a))
        errors.append(np.sqrt(adjusted_error(one) ** 2 + adjusted_error(other) ** 2 - 2 * shared))
    assert np.mean(errors) == pytest.approx(spread, rel=0.06)


def test_where_a_filter_chooses_among_the_answers_nobody_is_paired():
    made = [row | {"attr_1": "x"} for row in panel()]
    header = (Header("survey_responses", "attr_1", "Wave", True),)
    columns = {name for row in made for name in row}
    engine = Engine.in_memory(
        {"survey_responses": {name: [row.get(name) for row in made] for name in sorted(columns)}
         | {"response_id": [str(n) for n in range(len(made))]}}, header,
    )  # fmt: skip
    field = find("survey_responses.attr_1", engine.tables, "survey_responses")
    chosen = Filters(FILTERS.as_of, where=(Choice(field, ("x",)),))
    strangers = told(surveyed(strange(panel())))[1]
    assert told(engine, chosen)[1]["p_value"] == pytest.approx(strangers["p_value"])
    assert told(engine)[1]["p_value"] < strangers["p_value"]
    assert told(engine, FILTERS, "month", field)[1]["p_value"] == pytest.approx(strangers["p_value"])


def random_answers(seed=5, n=1500):
    random = np.random.default_rng(seed)
    start = datetime(2025, 1, 1)
    made = []
    for _number in range(n):
        person = int(random.integers(0, 250))
        said = [{"email": f"P{person}@x.com "}, {"who": f"Person {person}"}, {"who": f"Person {person}"}][person % 3]
        moment = start + timedelta(minutes=int(random.integers(0, 540 * 1440)))
        score = float(random.choice([*range(12), 6.5]))
        made.append(
            answer(
                f"c{person % 40}", score, moment.isoformat(), **said, scale=str(random.choice(["nps", "nps", "csat"]))
            )
        )
    return surveyed(made)


@pytest.mark.parametrize("as_of", [date(2025, 9, 14), date(2026, 6, 30)])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Jerusalem"])
def test_against_sql(root: Path, as_of, zone):
    engine, filters = random_answers(), Filters(as_of, time_zone=zone)
    expected = rows(engine.query((root / "tests/sql/nps.sql").read_text("utf-8"), {"now": filters.now, "zone": zone}))
    found = told(engine, filters)
    assert len(found) == len(expected) > 8
    for row, by_hand in zip(found, expected, strict=True):
        assert {name: row[name] for name in ("period", "n", "promoters", "passives", "detractors")} == {
            name: by_hand[name] for name in ("period", "n", "promoters", "passives", "detractors")
        }
        for name in ("nps", "low", "high"):
            assert row[name] == pytest.approx(by_hand[name])


# windows that wait for enough answers


def test_windows_are_cut_from_the_newest_back():
    days = {date(2026, 1, 1): Tally(3, 0, 0), date(2026, 1, 2): Tally(5, 0, 0), date(2026, 1, 9): Tally(6, 0, 0),
            date(2026, 1, 10): Tally(4, 0, 0), date(2026, 1, 12): Tally(10, 0, 0)}  # fmt: skip
    assert windows(days, 10) == [(date(2026, 1, 1), date(2026, 1, 11)), (date(2026, 1, 12), date(2026, 1, 12))]
    assert windows(days, 8) == [
        (date(2026, 1, 1), date(2026, 1, 8)), (date(2026, 1, 9), date(2026, 1, 11)), (date(2026, 1, 12), date(2026, 1, 12)),
    ]  # fmt: skip
    assert windows(days, 100) == [(date(2026, 1, 1), date(2026, 1, 12))] and windows({}, 10) == []


@pytest.mark.parametrize("least", [1, 30, 100, 400])
def test_windows_hold_every_answer_once_and_enough_of_them(least):
    engine = random_answers()
    found = rows(nps_windows(engine.tables, FILTERS, least).answer(engine.run))
    every = sum(row["n"] for row in told(engine))
    assert sum(row["n"] for row in found) == every and all(row["n"] >= least for row in found) and len(found) <= 60
    for before, after in itertools.pairwise(found):
        assert before["ends_on"] + timedelta(days=1) == after["starts_on"]


def test_windows_pair_the_same_people():
    made = panel()
    may, june = rows(nps_windows(surveyed(made).tables, FILTERS, 60).answer(surveyed(made).run))
    by_month = told(surveyed(made))
    assert (may["n"], june["n"]) == (60, 60)
    assert june["p_value"] == pytest.approx(by_month[1]["p_value"])


def test_customers_that_differ_make_no_difference_of_groups():
    """Ten people of each customer say much the same, and groups are dealt to customers at random: taken as strangers, their answers
    would part the groups in most such surveys."""
    found = 0
    for seed in range(25):
        draw = np.random.default_rng(seed)
        leaning, group = draw.normal(0, 1, 40), draw.integers(0, 3, 40)
        made = []
        for customer in range(40):
            for place, said in enumerate(leaning[customer] + draw.normal(size=10)):
                score = 9 if said > 0.4 else 7 if said > -0.4 else 3
                made.append(answer(f"C{customer}", score, "2026-05-01", f"P{place}"))
        listed = {"customer_id": [f"C{n}" for n in range(40)], "segment": [f"S{each}" for each in group]}
        engine = surveyed(made, customers=listed)
        by = find("segment", engine.tables, "customers")
        found += any(row["real_change"] for row in rows(nps(engine.tables, FILTERS, "all", by).answer(engine.run)))
    assert found <= 4
