"""How the same people moved between two answers, and what the people of one customer answered."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.filters import Filters
from analytics.intervals import wilson
from analytics.nps.moves import COLUMNS, LIST_COLUMNS, nps_moved, nps_moves
from analytics.nps.respondent_history import respondent_history
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.scored import AS_OF, scored

FILTERS = Filters(AS_OF)
HOSTILE = '=HYPERLINK("x") **b** <img src=x>'


def people(*histories):
    """Answers of people: each is a customer and scores, the last one given 10 days ago, the others 90 days apart before."""
    made = []
    for n, (customer, *scores) in enumerate(histories):
        for place, score in enumerate(reversed(scores)):
            day = datetime.combine(AS_OF - timedelta(days=10 + 90 * place), datetime.min.time())
            made.append({"response_id": f"{n}.{place}", "customer_id": customer, "email": f"p{n}@x", "respondent": f"Person {n}",
                         "answered_at": day, "score": float(score), "scale": "nps", "comment": HOSTILE})  # fmt: skip
    return pd.DataFrame(made)


def moves(engine, filters=FILTERS):
    return rows(nps_moves(engine.tables, filters).answer(engine.run))


def cells(found):
    return {(row["moved_from"], row["moved_to"]): row["n"] for row in found}


def test_the_latest_answer_of_each_person_against_the_one_before():
    engine = Engine.in_memory(
        {"survey_responses": people(("a", 2, 9, 7), ("a", 10, 3), ("b", 9, 9), ("b", 4), ("c", 5, 10))}
    )
    found = moves(engine)
    assert list(found[0]) == list(COLUMNS) and len(found) == 10
    every, *nine = found
    # Four people answered twice: +2 once, -1 and -2 once each, one stayed.
    assert (every["moved_from"], every["n"], every["net_move"]) == (None, 4, -25.0)
    assert every["p_value"] is None and every["tests"] == 0
    assert {pair: n for pair, n in cells(nine).items() if n} == {
        ("promoter", "passive"): 1, ("promoter", "detractor"): 1, ("promoter", "promoter"): 1, ("detractor", "promoter"): 1,
    }  # fmt: skip
    assert sum(row["n"] for row in nine) == every["n"]
    fell = next(row for row in nine if (row["moved_from"], row["moved_to"]) == ("promoter", "detractor"))
    assert fell["share"] == 1 / 3 and (fell["low"], fell["high"]) == wilson(1 / 3, 3)
    assert next(row for row in nine if row["moved_from"] == "passive")["share"] is None


def test_people_who_all_stayed_say_nothing_of_how_sure_that_is():
    every = moves(Engine.in_memory({"survey_responses": people(*(("abc"[n], 9, 9) for n in range(3)))}))[0]
    assert (every["n"], every["net_move"], every["net_low"], every["net_high"]) == (3, 0, None, None)


def test_the_interval_takes_the_people_of_a_customer_as_one():
    histories = [(f"c{n // 4}", 9, 3 if n % 8 < 4 else 9) for n in range(80)]
    every = moves(Engine.in_memory({"survey_responses": people(*histories)}))[0]
    # Ten customers of twenty fell together by 200 points, the others not at all.
    error = 100 * np.sqrt(20 / 19 * 20) / 20
    assert every["net_move"] == -100
    assert every["net_high"] == pytest.approx(-100 + 1.959963984540054 * error)
    assert every["stands"] is True


def test_a_fall_is_tested_against_the_same_rise():
    histories = (
        [(f"c{n}", 9, 3) for n in range(40)]
        + [(f"d{n}", 3, 9) for n in range(10)]
        + [(f"e{n}", 9, 8) for n in range(20)]
    )
    found = {
        (row["moved_from"], row["moved_to"]): row
        for row in moves(Engine.in_memory({"survey_responses": people(*histories)}))
    }
    fall = found["promoter", "detractor"]
    assert fall["p_value"] == pytest.approx(2.39e-5, rel=0.01)  # twice the chance of ten heads or fewer in fifty throws
    assert fall["stands"] is True and fall["tests"] == 2
    assert found["detractor", "promoter"]["p_value"] is None  # it is the same test
    assert found["promoter", "passive"]["p_value"] is None  # twenty such moves are too few


def test_the_period_bounds_the_latest_answer():
    engine = Engine.in_memory({"survey_responses": people(("a", 9, 3), ("b", 3, 9, 9))})
    before = replace(FILTERS, until=AS_OF - timedelta(days=50))
    assert {pair for pair, n in cells(moves(engine, before)).items() if n == 1 and pair[0]} == {
        ("detractor", "promoter")
    }
    earlier = Filters(AS_OF - timedelta(days=50))
    assert cells(moves(engine, earlier)) == cells(moves(engine, before))


def test_one_who_answered_once_has_not_moved():
    assert moves(Engine.in_memory({"survey_responses": people(("a", 9), ("b", 2))})) == []


def test_with_no_real_movement_the_test_is_quiet():
    draw = np.random.default_rng(3)
    alarms = 0
    for _run in range(60):
        votes = draw.choice([9, 8, 3], (120, 2))
        found = moves(
            Engine.in_memory({"survey_responses": people(*((f"c{n}", *pair) for n, pair in enumerate(votes.tolist())))})
        )
        alarms += any(row["stands"] for row in found)
    assert alarms <= 7


def test_who_fell_comes_with_customer_owner_and_money():
    engine = scored(
        {"customer_id": "a", "customer": HOSTILE, "owner": "Ann", "revenue_12m": 10.0, "value": 4.0, "risk": 0.5},
        {"customer_id": "b", "customer": "Beta", "owner": None, "revenue_12m": 90.0},
        survey_responses=people(("a", 9, 3), ("b", 10, 8), ("b", 3, 9), ("other", 8, 0)),
    )  # fmt: skip
    found = rows(nps_moved(engine.tables, FILTERS).answer(engine.run))
    assert list(found[0]) == list(LIST_COLUMNS)
    assert [(row["customer"], row["owner"], row["moved_from"], row["moved_to"]) for row in found] == [
        ("Beta", None, "promoter", "passive"), (HOSTILE, "Ann", "promoter", "detractor"), ("other", None, "passive", "detractor"),
    ]  # fmt: skip
    assert (found[1]["value_at_risk"], found[1]["previous_score"], found[1]["score"], found[1]["respondent"]) == (
        2.0,
        9,
        3,
        "Person 0",
    )
    assert (found[1]["previous_on"], found[1]["answered_on"]) == (date(2026, 3, 22), date(2026, 6, 20))
    risen = rows(nps_moved(engine.tables, FILTERS, "detractor", "promoter").answer(engine.run))
    assert [row["customer_id"] for row in risen] == ["b"]
    assert len(nps_moved(engine.tables, FILTERS, most=1).answer(engine.run)) == 1


def test_everything_that_the_people_of_a_customer_answered():
    given = people(("a", 9, 3), ("a", 7), ("b", 2))
    given = pd.concat([given, pd.DataFrame([
        {"response_id": "csat", "customer_id": "a", "email": "p0@x", "answered_at": datetime(2026, 6, 25), "score": 4.0, "scale": "csat"},
        {"response_id": "blank", "customer_id": "a", "email": "p0@x", "answered_at": datetime(2026, 6, 26), "score": None, "scale": "nps"},
        {"response_id": "again", "customer_id": "a", "email": "p0@x", "answered_at": datetime(2026, 6, 20, 3), "score": 6.0, "scale": "nps"},
        {"response_id": "later", "customer_id": "a", "email": "p0@x", "answered_at": datetime(2026, 7, 20, 3), "score": 6.0, "scale": "nps"},
    ])], ignore_index=True)  # fmt: skip
    engine = scored({"customer_id": "a", "customer": "Alpha"}, survey_responses=given)
    found = rows(respondent_history(engine.tables, FILTERS, "Alpha").answer(engine.run))
    assert [(row["answer_id"], row["answered_as"], row["is_counted"]) for row in found] == [
        ("blank", None, False), ("csat", None, False), ("again", "detractor", True), ("0.0", "detractor", False),
        ("1.0", "passive", True), ("0.1", "promoter", True),
    ]  # fmt: skip
    assert found[-1]["day"] == date(2026, 3, 22) and found[-1]["comment"] == HOSTILE
    assert found[0]["respondent"] == "p0@x" and found[0]["person"] == found[-1]["person"] == "@p0@x"
    assert rows(respondent_history(engine.tables, FILTERS, "b", is_number=True).answer(engine.run))[0]["score"] == 2
    assert respondent_history(engine.tables, FILTERS, "nobody", is_number=True).answer(engine.run).empty
    with pytest.raises(RequestProblem):
        respondent_history(engine.tables, FILTERS, "nobody").answer(engine.run)
