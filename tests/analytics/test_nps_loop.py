"""Which answers need one back, what was noted of them, how fast somebody was in touch, and whether it pays."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.intervals import wilson
from analytics.nps.loop import COLUMNS, loop_cases, loop_day, loop_standing
from analytics.nps.loop_effect import loop_effect, loop_effect_customers, stratified_ratio
from analytics.nps.loop_times import counted_since, loop_curve, loop_times
from analytics.rows import rows
from data.engine import Engine
from data.loop_cases import LoopCase, LoopCases

AS_OF = date(2026, 6, 30)
FILTERS = Filters(AS_OF)


def ago(days, hour=12):
    return datetime(2026, 6, 30, hour) - timedelta(days=days)


def answer(number, score, days=10, before=None, **said):
    """An answer so many days ago of the customer of its number, and what the same person answered 90 days before."""
    earlier = {} if before is None else {"previous_score": float(before), "previous_at": ago(days + 90)}
    return {
        "response_id": f"R{number}", "customer_id": f"C{number}", "customer": f"Customer {number}", "respondent": f"Person {number}",
        "email": f"p{number}@x.test", "respondent_key": f"@p{number}@x.test", "answered_at": None if days is None else ago(days),
        "score": float(score), "scale": "nps",
    } | earlier | said  # fmt: skip


def engine_of(*answers, owners=None, **tables):
    names = {row["customer_id"]: row["customer"] for row in answers if row["customer_id"]}
    customers = {
        "customer_id": list(names), "customer_name": list(names.values()),
        "owner": [(owners or {}).get(number, "Ann") for number in names],
    }  # fmt: skip
    columns = list(dict.fromkeys(name for row in answers for name in row))
    made = {"survey_responses": {name: [row.get(name) for row in answers] for name in columns}}
    engine = Engine.in_memory({"customers": customers} | tables)
    # What is computed of answers is given here: it is what is asked about.
    engine._database.register("_rows", pd.DataFrame(made["survey_responses"]))
    engine._database.execute("INSERT INTO survey_responses BY NAME SELECT * FROM _rows")
    return engine


def orders(*given):
    """(customer, days ago, amount), or with a currency."""
    return {
        "order_id": [str(place) for place in range(len(given))], "customer_id": [f"C{row[0]}" for row in given],
        "ordered_at": [ago(row[1]) for row in given], "amount": [float(row[2]) for row in given],
        "currency": [row[3] if len(row) > 3 else "USD" for row in given],
    }  # fmt: skip


def listed(engine, filters=FILTERS, **options):
    return rows(loop_cases(engine.tables, filters, **options).answer(engine.run))


def told(metric, engine, filters=FILTERS, **options):
    return rows(metric(engine.tables, filters, **options).answer(engine.run))


def number_of(engine, respondent, **options):
    return next(
        row["case_number"]
        for row in listed(engine, only="all", **options)
        if row["respondent"] == f"Person {respondent}"
    )


def names(found):
    return [row["respondent"].removeprefix("Person ") for row in found]


# which answers


def test_detractors_and_fallen_promoters_need_an_answer_and_nobody_else():
    engine = engine_of(
        answer(1, 3), answer(2, 7), answer(3, 9), answer(4, 8, before=9), answer(5, 6, before=10), answer(6, 9, before=2),
        answer(7, 7, before=8), answer(8, 0, scale="csat"),
    )  # fmt: skip
    found = {row["respondent"][-1]: row for row in listed(engine)}
    assert list(found["1"]) == list(COLUMNS)
    assert {name: row["case_reason"] for name, row in found.items()} == {
        "1": "detractor", "4": "fallen", "5": "detractor_fallen",
    }  # fmt: skip
    assert (found["4"]["score"], found["4"]["score_before"], found["1"]["score_before"]) == (8, 9, None)
    one = found["1"]
    assert (one["answer_on"], one["answer_due_on"]) == (date(2026, 6, 20), date(2026, 6, 27))
    assert (one["answer_overdue"], one["case_age"], one["case_status"], one["owner"]) == (3, 10, "open", "Ann")


def test_a_case_is_overdue_once_its_days_are_over():
    engine = engine_of(answer(1, 3, 7), answer(2, 3, 8))
    assert {row["respondent"][-1]: row["answer_overdue"] for row in listed(engine)} == {"1": None, "2": 1}
    assert [row["answer_overdue"] for row in listed(engine, sla_days=2)] == [6, 5]


def test_overdue_first_then_by_the_customers_revenue():
    engine = engine_of(
        answer(1, 3, 20), answer(2, 3, 15), answer(3, 3, 2), answer(4, 3, 30), orders=orders((1, 5, 10), (2, 5, 90), (3, 5, 900), (4, 400, 5000))
    )  # fmt: skip
    found = listed(engine)
    assert names(found) == ["2", "1", "4", "3"]
    assert [row["revenue_12m"] for row in found] == [90, 10, 0, 900] and found[0]["currency"] == "USD"
    assert names(listed(engine, most=2)) == ["2", "1"]


def test_several_currencies_are_not_ranked_by_money_and_never_added():
    engine = engine_of(
        answer(1, 3, 20), answer(2, 3, 15), orders=orders((1, 5, 10), (2, 5, 90), (2, 6, 40, "ILS"), (1, 7, 20, "ILS"))
    )
    assert [(row["respondent"][-1], row["revenue_12m"], row["currency"]) for row in listed(engine)] == [
        ("1", 20, "ILS"), ("2", 90, "USD"),
    ]  # fmt: skip
    assert told(loop_standing, engine)[0]["revenue_12m"] is None


def test_without_purchases_money_is_unknown():
    (row,) = listed(engine_of(answer(1, 3)))
    assert row["revenue_12m"] is None and row["currency"] is None


def test_old_answers_and_those_answered_again_are_left_out_unless_noted():
    engine = engine_of(
        answer(1, 3, 10), answer(2, 3, 91), answer(3, 3, 50),
        answer(33, 9, 5, 3, respondent="Person 3", respondent_key="@p3@x.test", previous_at=ago(50)),
    )  # fmt: skip
    assert names(listed(engine)) == ["1"]
    standing = told(loop_standing, engine)[0]
    assert (standing["cases"], standing["older_cases"], standing["answered_again"]) == (1, 1, 1)
    assert names(listed(engine, within_days=None)) == ["2", "1"]
    numbers = {row["respondent"]: row["case_number"] for row in listed(engine, within_days=None)}
    kept = LoopCases((LoopCase(numbers["Person 2"], note="call again"),))
    assert names(listed(engine, kept=kept)) == ["2", "1"]
    assert told(loop_standing, engine, kept=kept)[0]["cases"] == 2


# what was noted


def test_what_was_noted_holds_over_what_follows_from_the_data():
    engine = engine_of(answer(1, 3, 20), answer(2, 3, 20), answer(3, 3, 20), owners={"C2": None})
    first, second = number_of(engine, 1), number_of(engine, 2)
    kept = LoopCases((
        LoopCase(first, "open", "Dan", date(2026, 7, 20), "=promised a call"),
        LoopCase(second, "contacted", contacted_on=date(2026, 6, 15)),
    ))  # fmt: skip
    found = {row["respondent"][-1]: row for row in listed(engine, kept=kept)}
    assert (found["1"]["owner"], found["1"]["answer_overdue"], found["1"]["case_note"]) == (
        "Dan",
        None,
        "=promised a call",
    )
    assert (found["2"]["owner"], found["2"]["case_status"], found["2"]["answer_overdue"]) == (None, "contacted", None)
    assert names(listed(engine, kept=kept, owner="Dan")) == ["1"]
    assert names(listed(engine, kept=kept, owner="")) == ["2"]
    assert names(listed(engine, kept=kept, only="contacted")) == ["2"]
    assert names(listed(engine, kept=kept, only="overdue")) == ["3"]
    assert names(listed(engine, kept=kept, numbers=(second,))) == ["2"]


def test_what_was_noted_after_a_chosen_day_in_the_past_is_not_known_yet():
    engine = engine_of(answer(1, 3, 20))
    number = number_of(engine, 1)
    kept = LoopCases((LoopCase(number, "closed", contacted_on=date(2026, 6, 20), closed_on=date(2026, 7, 4)),))
    now = replace(FILTERS, recorded_until=AS_OF)
    # The data ends on 30 June, and people noted what they did in July all the same.
    assert loop_day(now, kept) == date(2026, 7, 4) and not listed(engine, now, kept=kept)
    then = replace(FILTERS, as_of=date(2026, 6, 25), recorded_until=AS_OF)
    assert [row["case_status"] for row in listed(engine, then, kept=kept)] == ["contacted"]
    before = replace(FILTERS, as_of=date(2026, 6, 18), recorded_until=AS_OF)
    assert [(row["case_status"], row["case_age"]) for row in listed(engine, before, kept=kept)] == [("open", 8)]


def test_the_number_of_a_case_outlives_what_else_is_loaded():
    plain = answer(1, 3, response_id=None)
    alone = engine_of(plain)
    number = number_of(alone, 1)
    more = engine_of(
        answer(0, 2), plain | {"respondent_key": "@other", "previous_at": ago(300), "previous_score": 7.0}, answer(5, 1)
    )
    assert number_of(more, 1) == number
    # The same person on another day, and another person on the same day, are other cases.
    two = engine_of(plain, plain | {"answered_at": ago(3)}, plain | {"email": "else@x.test"})
    found = [row["case_number"] for row in listed(two)]
    assert len(set(found)) == 3 and number in found


def test_answers_that_name_nobody_are_told_apart_by_what_they_say():
    nobody = {
        "response_id": None,
        "customer_id": None,
        "customer": None,
        "respondent": None,
        "email": None,
        "respondent_key": None,
    }
    engine = engine_of(
        answer(1, 3, **nobody, comment="late"), answer(2, 3, **nobody, comment="dear"), answer(3, 3, **nobody, comment="dear"),
        answer(4, 2, days=None, **nobody),
    )  # fmt: skip
    found = listed(engine)
    assert len({row["case_number"] for row in found}) == 4
    undated = next(row for row in found if row["score"] == 2)
    assert (undated["answer_due_on"], undated["answer_overdue"], undated["case_age"]) == (None, None, None)


def test_a_service_case_soon_after_the_answer_is_a_hint_only():
    cases = {
        "case_id": ["1", "2", "3"], "customer_id": ["C1", "C2", "C3"], "opened_at": [ago(8), ago(30), ago(20)],
    }  # fmt: skip
    engine = engine_of(answer(1, 3, 10), answer(2, 3, 10), answer(3, 3, 35), cases=cases)
    found = {row["respondent"][-1]: row for row in listed(engine)}
    assert [found[name]["service_case_on"] is not None for name in "123"] == [True, False, False]
    assert found["1"]["service_case_on"] == date(2026, 6, 22) and found["1"]["case_status"] == "open"


def test_days_are_those_of_the_workspace():
    engine = engine_of(answer(1, 3, 10, answered_at=datetime(2026, 6, 19, 22)))
    (row,) = listed(engine, replace(FILTERS, time_zone="Asia/Jerusalem"))
    assert row["answer_on"] == date(2026, 6, 20)


def test_standing_adds_up_and_counts_a_customers_revenue_once():
    twice = answer(1, 2, 9, response_id="R1b", email="b@x.test", respondent="Person 1b", respondent_key="@b")
    engine = engine_of(
        answer(1, 3, 20), twice, answer(2, 3, 2), answer(3, 5, 20), owners={"C2": "Bob", "C3": None}, orders=orders((1, 5, 100), (2, 5, 30))
    )  # fmt: skip
    kept = LoopCases((LoopCase(number_of(engine, 3), "closed", contacted_on=AS_OF, closed_on=AS_OF),))
    every, *owners = told(loop_standing, engine, kept=kept)
    assert (every["owner"], every["cases"], every["customers"], every["revenue_12m"]) == (None, 4, 3, 130)
    assert (every["overdue_cases"], every["open_cases_now"], every["contacted_cases"], every["closed_cases"]) == (
        2,
        3,
        0,
        1,
    )
    assert (every["revenue_open"], every["revenue_overdue"]) == (130, 100)
    assert [(row["owner"], row["cases"], row["revenue_open"]) for row in owners] == [
        ("Ann", 2, 100),
        ("", 1, 0),
        ("Bob", 1, 30),
    ]
    for name in ("cases", "overdue_cases", "open_cases_now", "closed_cases"):
        assert sum(row[name] for row in owners) == every[name]


def test_nothing_to_do_is_said_with_noughts():
    engine = engine_of(answer(1, 10))
    (every,) = told(loop_standing, engine)
    assert (every["cases"], every["overdue_cases"], every["older_cases"]) == (0, 0, 0) and not listed(engine)


def test_filters_choose_by_customer_and_by_period():
    engine = engine_of(answer(1, 3, 20), answer(2, 3, 5), owners={"C2": "Bob"})
    bob = replace(FILTERS, where=(Choice(find("owner", engine.tables, "customers"), ("Bob",)),))
    assert names(listed(engine, bob)) == ["2"]
    assert names(listed(engine, replace(FILTERS, since=date(2026, 6, 20)))) == ["2"]


def test_the_same_by_hand(root):
    draw = np.random.default_rng(5)
    made = []
    kept: list[LoopCase] = []
    for n in range(300):
        before = None if draw.random() < 0.5 else int(draw.integers(0, 11))
        made.append(answer(n, int(draw.integers(0, 11)), int(draw.integers(0, 150)), before, owner=None))
    made = [{name: value for name, value in row.items() if name != "owner"} for row in made]
    bought = orders(
        *((int(draw.integers(0, 300)), int(draw.integers(0, 500)), int(draw.integers(1, 90))) for _ in range(400))
    )
    engine = engine_of(*made, orders=bought)
    for row in listed(engine, only="all", within_days=None)[::3]:
        kept.append(LoopCase(row["case_number"]).at(("open", "contacted", "closed")[len(kept) % 3], AS_OF))
    noted = LoopCases(tuple(kept))
    sql = (root / "tests/sql/loop_cases.sql").read_text("utf-8")
    by_hand = rows(engine.query(sql, {"as_of": AS_OF, "kept": noted.written()}))
    found = listed(engine, kept=noted, only="all")
    assert len(found) > 60 and {row["case_status"] for row in found} == {"open", "contacted", "closed"}
    for row, expected in zip(found, by_hand, strict=True):
        for name in ("respondent", "case_reason", "case_status", "answer_overdue", "case_age", "revenue_12m"):
            assert row[name] == expected[name], name


# how fast


def worked(*days, waiting=(), closed=False):
    """Customers answered 100 days ago and contacted so many days later, and some who wait since so many days ago."""
    engine = engine_of(
        *(answer(place, 3, 100) for place in range(len(days))),
        *(answer(len(days) + place, 3, since) for place, since in enumerate(waiting)),
    )
    cases = []
    for place, after in enumerate(days):
        on = AS_OF - timedelta(days=100 - after)
        case = LoopCase(number_of(engine, place, within_days=None)).at("closed" if closed else "contacted", on)
        cases.append(case)
    return engine, LoopCases(tuple(cases))


def test_the_share_in_time_is_of_those_old_enough():
    engine, kept = worked(0, 3, 7, 8, 20, waiting=(7, 8, 60))
    (row,) = told(loop_times, engine, kept=kept)
    # Three of seven: who answered a week ago may still be called in time.
    assert (row["cases"], row["cases_judged"], row["contacted_in_time"], row["contacted_ever"]) == (8, 7, 3, 5)
    assert row["contacted_in_time_share"] == 3 / 7
    assert (row["contacted_low"], row["contacted_high"]) == wilson(3 / 7, 7)
    assert (row["waiting_now"], row["waiting_days"]) == (3, 8)
    assert row["counted_since"] == AS_OF - timedelta(days=107) == counted_since(kept)


def test_those_who_wait_count_for_as_long_as_they_have_waited():
    # By hand: 1 - 3/4 after 2 days, one leaves unseen at 5, then of the two left one at 10: 1 - 3/4 * 1/2.
    engine, kept = worked(2, 10, waiting=(5, 90))
    curve = {(row["loop_step"], row["day_after"]): row for row in told(loop_curve, engine, kept=kept)}
    assert curve["contact", 2]["reached_share"] == pytest.approx(0.25)
    assert curve["contact", 10]["reached_share"] == pytest.approx(0.625)
    assert not any(step == "close" for step, _day in curve)
    (row,) = told(loop_times, engine, kept=kept)
    assert (row["contact_days"], row["close_days"], row["closed_cases"]) == (10, None, 0)
    for point in curve.values():
        assert 0 <= point["reached_low"] <= point["reached_share"] <= point["reached_high"] <= 1


def test_who_answered_again_waits_no_more_for_a_call_about_the_old_answer():
    engine, kept = worked(2, waiting=(60,))
    again = answer(9, 9, 40, 3, respondent_key="@p1@x.test", previous_at=ago(60))
    engine._database.register("_again", pd.DataFrame([again]))
    engine._database.execute("INSERT INTO survey_responses BY NAME SELECT * FROM _again")
    (row,) = told(loop_times, engine, kept=kept)
    assert (row["cases"], row["cases_judged"], row["waiting_now"], row["waiting_days"]) == (2, 2, 0, None)
    curve = {row["day_after"]: row["still_waiting"] for row in told(loop_curve, engine, kept=kept)}
    assert curve == {0: 2, 2: 2, 20: 1}


def test_nothing_is_told_before_anything_was_noted():
    engine = engine_of(answer(1, 3, 100), answer(2, 3, 50))
    assert not told(loop_times, engine) and not told(loop_curve, engine)
    # Whoever answered long before the list was worked on is left out.
    kept = LoopCases((LoopCase(number_of(engine, 2, within_days=None)).at("contacted", AS_OF),))
    assert told(loop_times, engine, kept=kept) == []
    soon = LoopCases((LoopCase(number_of(engine, 2, within_days=None)).at("contacted", AS_OF - timedelta(days=45)),))
    assert told(loop_times, engine, kept=soon)[0]["cases"] == 1


def test_owners_are_held_against_each_other():
    many = [answer(n, 3, 30) for n in range(80)]
    engine = engine_of(*many, owners={f"C{n}": ("Ann", "Bob")[n % 2] for n in range(80)})
    numbers = {row["customer_id"]: row["case_number"] for row in listed(engine)}
    # All of Ann's in time; of Bob's every fifth.
    kept = LoopCases(tuple(
        LoopCase(number).at("contacted", AS_OF - timedelta(days=28))
        for customer, number in numbers.items() if int(customer[1:]) % 2 == 0 or int(customer[1:]) % 10 == 1
    ))  # fmt: skip
    ann, bob = told(loop_times, engine, by=find("owner", engine.tables, "customers"), kept=kept)
    assert (ann["owner"], ann["contacted_in_time"], bob["contacted_in_time"], bob["cases"]) == ("Ann", 40, 8, 40)
    assert ann["q_value"] < 0.001 and bob["tests"] == 2


# whether it pays


def company(n=60, closed_buy=40, others_buy=40, closed=30):
    """Customers of one stratum who answered 100 days ago; the first of `closed` were closed on the tenth day, and so many in a
    hundred of each kind bought on a day after the thirtieth."""
    made = [answer(place, 3, 100) for place in range(n)]
    bought = []
    for place in range(n):
        rank = (place if place < closed else place - closed) / (closed if place < closed else n - closed)
        bought.append((place, 110, 100.0))
        if rank < (closed_buy if place < closed else others_buy) / 100:
            bought.append((place, 60 - place % 20, 10.0))
    engine = engine_of(*made, orders=orders(*bought))
    numbers = {row["customer_id"]: row["case_number"] for row in listed(engine, within_days=None)}
    kept = LoopCases(
        tuple(LoopCase(numbers[f"C{place}"]).at("closed", AS_OF - timedelta(days=90)) for place in range(closed))
    )
    return engine, kept


def test_customers_whose_case_was_closed_are_held_against_the_others():
    engine, kept = company(closed_buy=90, others_buy=20)
    closed, other = told(loop_effect, engine, kept=kept)
    assert (closed["loop_group"], closed["customers"], closed["happened"]) == ("closed", 30, 27)
    assert (other["loop_group"], other["customers"], other["happened"]) == ("not_closed", 30, 6)
    assert closed["loop_outcome"] == "bought" and closed["reason"] is None
    assert 1 < closed["low"] < closed["hazard_ratio"] < closed["high"] and closed["p_value"] < 0.001
    # Nobody was followed for 180 days yet.
    assert closed["happened_share"] is None and closed["revenue_12m"] == 3000


def test_alike_groups_show_no_difference():
    engine, kept = company(closed_buy=50, others_buy=50)
    closed, _other = told(loop_effect, engine, kept=kept)
    assert closed["low"] < 1 < closed["high"] and closed["p_value"] > 0.05


def test_too_few_is_said():
    engine, kept = company(n=20, closed=5)
    closed, other = told(loop_effect, engine, kept=kept)
    assert closed["hazard_ratio"] is None and other["hazard_ratio"] is None
    assert closed["reason"].startswith("Too few to compare: each group needs at least 10")
    few, kept = company(n=60, closed_buy=10)
    assert told(loop_effect, few, kept=kept)[0]["reason"].startswith("Too little happened yet")
    nothing = told(loop_effect, few)
    assert [row["customers"] for row in nothing] == [0, 0]
    assert told(loop_effect, engine_of(answer(1, 3)))[0]["reason"].startswith("Nothing says on which days")


def test_a_case_closed_after_the_landmark_is_no_closed_case_and_earlier_purchases_are_nobodys():
    engine = engine_of(
        answer(1, 3, 100), answer(2, 3, 100), orders=orders((1, 200, 7), (1, 80, 50), (2, 60, 50), (2, 10, 50))
    )
    one, two = number_of(engine, 1, within_days=None), number_of(engine, 2, within_days=None)
    kept = LoopCases((
        LoopCase(one).at("closed", AS_OF - timedelta(days=70)), LoopCase(two).at("closed", AS_OF - timedelta(days=69)),
    ))  # fmt: skip
    found = {row["customer_id"]: row for row in told(loop_effect_customers, engine, kept=kept)}
    # Bought on the twentieth day, before anybody is followed: nothing happened to it since.
    assert (found["C1"]["loop_group"], found["C1"]["has_happened"], found["C1"]["days_after"]) == ("closed", False, 70)
    assert (found["C2"]["loop_group"], found["C2"]["has_happened"], found["C2"]["days_after"]) == (
        "not_closed",
        True,
        10,
    )
    assert (found["C1"]["revenue_12m"], found["C2"]["revenue_12m"]) == (7, 0)
    assert [row["customer_id"] for row in told(loop_effect_customers, engine, kept=kept, group="closed")] == ["C1"]


def test_of_contracts_leaving_is_followed():
    contracts = {
        "subscription_id": ["a", "b", "c"], "customer_id": ["C1", "C2", "C3"], "started_on": [date(2025, 1, 1)] * 3,
        "ended_on": [None, AS_OF - timedelta(days=40), AS_OF - timedelta(days=75)], "monthly_revenue": [10.0] * 3, "currency": ["USD"] * 3,
    }  # fmt: skip
    engine = engine_of(*(answer(n, 3, 100) for n in (1, 2, 3)), subscriptions=contracts)
    kept = LoopCases((LoopCase(number_of(engine, 1, within_days=None)).at("closed", AS_OF - timedelta(days=95)),))
    found = {row["customer_id"]: row for row in told(loop_effect_customers, engine, kept=kept)}
    assert set(found) == {"C1", "C2"}  # the third was gone by the thirtieth day
    assert (found["C2"]["loop_outcome"], found["C2"]["has_happened"], found["C2"]["days_after"]) == ("left", True, 30)
    assert found["C1"]["has_happened"] is False


def test_who_left_and_signed_again_has_left_and_a_later_contract_says_nothing_of_the_landmark():
    # Answered 200 days ago, so followed from 170 days ago on.
    contracts = [
        ("back", "C1", 400, 150), ("back again", "C1", 90, None), ("gone at the landmark", "C2", 400, 180), ("later", "C2", 60, None),
        ("first ever", "C3", 100, 40), ("renewed", "C4", 400, 120), ("in time", "C4", 100, None), ("in the grace", "C5", 400, 10),
    ]  # fmt: skip
    subscriptions = {
        "subscription_id": [row[0] for row in contracts], "customer_id": [row[1] for row in contracts],
        "started_on": [AS_OF - timedelta(days=row[2]) for row in contracts],
        "ended_on": [None if row[3] is None else AS_OF - timedelta(days=row[3]) for row in contracts],
        "monthly_revenue": [10.0] * len(contracts), "currency": ["USD"] * len(contracts),
    }  # fmt: skip
    engine = engine_of(*(answer(n, 3, 200) for n in range(1, 6)), subscriptions=subscriptions)
    kept = LoopCases((LoopCase(number_of(engine, 1, within_days=None)).at("closed", AS_OF - timedelta(days=195)),))
    found = {row["customer_id"]: row for row in told(loop_effect_customers, engine, kept=kept)}
    # Whether a contract of the last 30 days is renewed is not known: all are watched until then.
    assert {name: (row["has_happened"], row["days_after"]) for name, row in found.items()} == {
        "C1": (True, 20), "C4": (False, 140), "C5": (False, 140),
    }  # fmt: skip


def test_the_ratio_is_that_of_statsmodels():
    from statsmodels.duration.hazard_regression import PHReg

    draw = np.random.default_rng(3)
    n = 400
    closed, stratum = draw.random(n) < 0.4, draw.integers(0, 3, n)
    days = np.ceil(draw.exponential(100 / ((1 + stratum) * np.where(closed, 2.0, 1.0))))
    happened, days = days < 120, np.minimum(days, 120.0)
    model = PHReg(days, closed[:, None].astype(float), status=happened, strata=stratum, ties="breslow").fit()
    tables = []
    for each in range(3):
        own = stratum == each
        lengths = np.unique(days[own])
        sides = (own & closed, own & ~closed)
        events = [[((days == day) & happened & side).sum() for side in sides] for day in lengths]
        at_risk = [[((days >= day) & side).sum() for side in sides] for day in lengths]
        tables.append(np.hstack([np.array(events, float), np.array(at_risk, float)]))
    found = stratified_ratio(tables)
    assert found is not None
    ratio, low, high, p = found
    assert ratio == pytest.approx(float(np.exp(model.params[0])), rel=1e-6)
    assert (low, high) == pytest.approx(tuple(np.exp(model.conf_int()[0])), rel=1e-5)
    assert p == pytest.approx(float(model.pvalues[0]), rel=1e-4)


def test_no_end_is_no_ratio():
    assert stratified_ratio([]) is None
    assert stratified_ratio([np.array([[1.0, 0, 5, 5], [2, 0, 4, 5]])]) is None


@pytest.mark.truth
def test_no_effect_is_found_where_there_is_none_and_the_interval_holds_a_planted_one():
    draw = np.random.default_rng(11)
    held = found = 0
    runs = 400
    for _run in range(runs):
        for planted in (1.0, 1.6):
            tables = []
            for stratum in range(4):
                closed = draw.random(60) < 0.2 + 0.15 * stratum  # the better off are closed more often
                days = np.ceil(draw.exponential(90 / ((1 + stratum) * np.where(closed, planted, 1.0))))
                happened, days = days <= 180, np.minimum(days, 180)
                lengths = np.unique(days)
                events = np.array(
                    [[((days == day) & happened & side).sum() for side in (closed, ~closed)] for day in lengths], float
                )
                at_risk = np.array(
                    [[((days >= day) & side).sum() for side in (closed, ~closed)] for day in lengths], float
                )
                tables.append(np.hstack([events, at_risk]))
            told = stratified_ratio(tables)
            assert told is not None
            _ratio, low, high, p = told
            held += low <= planted <= high
            found += planted == 1.0 and p < 0.05
    assert 0.93 <= held / (2 * runs) <= 0.975
    assert found / runs <= 0.08
