"""Two stretches of time: what of a change is that others answered, and what that the same kinds of customers changed."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest

from analytics.fields import find
from analytics.filters import Filters
from analytics.nps.evidence import Tally, difference_interval
from analytics.nps.mix import COLUMNS, nps_mix
from analytics.rows import rows
from tests.analytics.nps_rows import AS_OF, answer, surveyed

FILTERS = Filters(AS_OF)
EARLIER, LATER = "2025-03-01", "2026-03-01"
KINDS = (10, 8, 0)


def group(name, day, promoters, passives, detractors):
    """So many answers of customers of a segment on a day."""
    scores = [score for score, n in zip(KINDS, (promoters, passives, detractors), strict=True) for _n in range(n)]
    return [answer(f"{name}{place}", score, day) for place, score in enumerate(scores)]


def of_segments(*parts):
    made = [row for part in parts for row in part]
    ids = sorted({row["customer_id"] for row in made})
    return surveyed(made, customers={"customer_id": ids, "segment": [each.rstrip("0123456789") for each in ids]})


def asked(engine, filters=FILTERS, days=365, by="segment"):
    field = find(by, engine.tables, "customers") if by else None
    return rows(nps_mix(engine.tables, filters, field, days).answer(engine.run))


def told(engine, filters=FILTERS, days=365):
    found = asked(engine, filters, days)
    return {row["segment"] or row["nps_part"]: row for row in found}


@pytest.fixture(scope="module")
def simpson():
    """Both segments get better, and the score falls: the segment that scores low came to answer most."""
    return of_segments(
        group("large", EARLIER, 180, 60, 60), group("small", EARLIER, 15, 30, 30),  # +40 of 300, -20 of 75
        group("large", LATER, 48, 12, 15), group("small", LATER, 120, 75, 105),  # +44 of 75, +5 of 300
    )  # fmt: skip


def test_a_score_may_fall_though_every_group_gets_better(simpson):
    found = told(simpson)
    assert list(found["all"]) == ["segment", *COLUMNS]
    assert (found["all"]["nps_earlier"], found["all"]["nps"]) == (28, pytest.approx(12.8))
    assert found["large"]["difference"] == pytest.approx(4) and found["small"]["difference"] == pytest.approx(25)
    assert found["rate"]["difference"] == pytest.approx(0.8 * 4 + 0.2 * 25) == 8.2
    assert found["mix"]["difference"] == pytest.approx(-0.6 * 44 + 0.6 * 5) == pytest.approx(-23.4)
    assert found["all"]["difference"] == pytest.approx(found["rate"]["difference"] + found["mix"]["difference"])
    assert found["mix"]["real_change"] is True and found["large"]["real_change"] is False
    assert found["rate"]["nps"] == pytest.approx(28 + 8.2)  # what the score had been, had the same kinds answered


def test_the_parts_of_the_groups_add_up(simpson):
    found = told(simpson)
    groups = [row for row in found.values() if row["nps_part"] == "group"]
    for part in ("rate", "mix"):
        assert sum(row[f"{part}_points"] for row in groups) == pytest.approx(found[part]["difference"])
    assert sum(row["share_earlier"] for row in groups) == pytest.approx(1) == sum(row["share_later"] for row in groups)
    assert (found["large"]["share_earlier"], found["large"]["share_later"]) == (0.8, 0.2)


def test_nothing_but_rate_where_the_mix_stays():
    engine = of_segments(
        group("a", EARLIER, 30, 10, 10),
        group("b", EARLIER, 10, 10, 30),
        group("a", LATER, 20, 10, 20),
        group("b", LATER, 0, 10, 40),
    )
    found = told(engine)
    assert found["mix"]["difference"] == pytest.approx(0) and found["rate"]["difference"] == pytest.approx(-40)
    low, high = found["rate"]["points_low"], found["rate"]["points_high"]
    assert low < -40 < high and high - low < 40


def test_a_group_on_one_side_only_is_all_mix():
    engine = of_segments(group("a", EARLIER, 20, 10, 10), group("b", EARLIER, 10, 0, 30), group("a", LATER, 20, 10, 10), group("c", LATER, 30, 0, 10))  # fmt: skip
    found = told(engine)
    assert found["rate"]["difference"] == pytest.approx(0)
    assert found["mix"]["difference"] == pytest.approx(found["all"]["difference"]) == pytest.approx(50)
    assert found["b"]["nps"] is None and found["b"]["difference"] is None and found["c"]["nps_earlier"] is None
    assert (found["b"]["q_value"], found["c"]["q_value"]) == (None, None)


def test_fewer_than_thirty_are_not_tested_and_the_count_is_given():
    engine = of_segments(
        group("a", EARLIER, 29, 0, 0),
        group("a", LATER, 0, 0, 50),
        group("b", EARLIER, 30, 0, 0),
        group("b", LATER, 0, 0, 30),
    )
    found = told(engine)
    assert (found["a"]["n_earlier"], found["a"]["p_value"], found["a"]["real_change"]) == (29, None, None)
    assert found["b"]["real_change"] is True
    assert found["all"]["tests"] == 4  # all, rate, mix and b


def test_people_who_answered_on_both_sides_are_the_same_people():
    once = of_segments(group("a", EARLIER, 20, 10, 20), group("a", LATER, 20, 10, 20))
    same = surveyed(
        [row | {"respondent": "x"} for row in [*group("a", EARLIER, 20, 10, 20), *group("a", LATER, 20, 10, 20)]]
    )
    plain, paired = told(once)["all"], asked(same, by=None)[0]
    tally = Tally(50, 20, 20)
    assert (plain["points_low"], plain["points_high"]) != pytest.approx(
        difference_interval(tally, tally)
    )  # a customer is a person here
    assert paired["points_high"] - paired["points_low"] < difference_interval(tally, tally)[1]
    assert paired["difference"] == 0 and paired["nps_part"] == "all"


def test_groups_are_of_who_looks_after_the_customer_too():
    engine = surveyed(
        [answer("a", 10, LATER), answer("b", 0, LATER), answer("b", 0, EARLIER)],
        customers={"customer_id": ["a", "b"], "owner": ["Ann", "Bob"]},
        people={"person_id": ["1", "2"], "person_name": ["Ann", "Bob"], "team": ["North", "South"]},
    )
    north, south = (row for row in asked(engine, by="team") if row["nps_part"] == "group")
    assert {row["team"]: (row["n_earlier"], row["n"], row["nps"]) for row in (north, south)} == {
        "North": (0, 1, 100), "South": (1, 1, -100),
    }  # fmt: skip


def test_the_stretches():
    made = [answer("a", 10, "2026-01-01"), answer("b", 0, "2026-06-30")]
    engine = surveyed(made)
    row = asked(engine, days=None, by=None)[0]
    # 181 days of answers have two halves of 91: no answer is in neither.
    assert (row["since"], row["until"], row["n_earlier"], row["n"]) == (date(2026, 4, 1), AS_OF, 1, 1)
    years = surveyed([*made, answer("c", 10, "2020-01-01")])
    assert asked(years, days=None, by=None)[0]["since"] == date(2025, 7, 1)
    chosen = replace(FILTERS, since=date(2026, 6, 1), until=date(2026, 6, 30))
    row = asked(engine, chosen, None, None)[0]
    assert (row["since"], row["n"], row["n_earlier"]) == (date(2026, 6, 1), 1, 0)


def test_no_answers_one_answer_and_no_day():
    assert asked(surveyed([answer("a", 3, scale="csat")]), days=None, by=None) == []
    row = asked(surveyed([answer("a", 3, "2026-06-30")]), days=None, by=None)[0]
    assert (row["n"], row["nps"], row["n_earlier"], row["difference"]) == (1, -100, 0, None)


def test_the_same_by_hand(root):
    draw = np.random.default_rng(5)
    made = []
    for _n in range(900):
        name = str(draw.choice(["a", "b", "c"])) + str(int(draw.integers(0, 50)))
        later = draw.random() < 0.6
        score = int(draw.choice([10, 8, 0], p=[0.5, 0.2, 0.3] if name[0] == "a" else [0.3, 0.3, 0.4]))
        made.append(answer(name if draw.random() > 0.1 else None, score, f"{2026 if later else 2025}-0{int(draw.integers(1, 6))}-1{int(draw.integers(0, 9))}"))  # fmt: skip
    engine = of_segments([row for row in made if row["customer_id"]], [])
    sql = (root / "tests/sql/nps_mix.sql").read_text("utf-8")
    days = {"first": datetime(2024, 7, 1), "middle": datetime(2025, 6, 30), "last": datetime(2026, 6, 30)}
    (by_hand,) = rows(engine.query(sql, days))
    found = told(engine)
    assert found["all"]["difference"] == pytest.approx(by_hand["change"])
    assert found["rate"]["difference"] == pytest.approx(by_hand["rate"])
    assert found["mix"]["difference"] == pytest.approx(by_hand["mix"])


def _all(tallies):
    found = Tally(0, 0, 0)
    for each in tallies:
        found = found.plus(each)
    return found


@pytest.mark.truth
def test_the_intervals_of_rate_and_mix_hold_what_is_so():
    from analytics.nps.mix import _parts, _Side  # the figures alone: a thousand surveys in no time

    draw = np.random.default_rng(2)
    shares, moved = np.array([0.6, 0.3, 0.1]), np.array([0.4, 0.3, 0.3])
    earlier = np.array([[0.5, 0.2], [0.4, 0.3], [0.3, 0.5]])  # promoters and detractors
    later = np.array([[0.5, 0.3], [0.45, 0.25], [0.3, 0.4]])
    x, y = (100 * (each[:, 0] - each[:, 1]) for each in (earlier, later))
    truth = {"rate": float((shares * (y - x)).sum()), "mix": float(((moved - shares) * y).sum())}
    covered = {"rate": 0, "mix": 0}

    def side(n, chances):
        kinds = draw.multinomial(n, [*chances, 1 - chances.sum()])
        return Tally(int(n), int(kinds[0]), int(kinds[1]))

    for _run in range(2000):
        k, n = draw.multinomial(400, shares), draw.multinomial(400, moved)
        groups = {g: _Side(side(k[g], earlier[g]), side(n[g], later[g]), 0.0) for g in range(3)}
        ends = [_all(side.earlier for side in groups.values()), _all(side.later for side in groups.values())]
        every = _Side(ends[0], ends[1], 0.0)
        for name, (row, _p) in _parts(groups, every).items():
            covered[name] += row["points_low"] <= truth[name] <= row["points_high"]
    assert all(0.93 <= each / 2000 <= 0.97 for each in covered.values()), covered
