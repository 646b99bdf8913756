"""The headline figures of customers: by eye, against SQL by hand, and left out where nothing tells of them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.customers.sales_totals import sales_totals
from analytics.customers.value_risk import PLAIN, Lines
from analytics.customers.value_risk_totals import Z80, value_at_risk
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.intervals import Z
from analytics.nps.evidence import Tally, covariance, difference_p
from analytics.nps.trend import nps
from analytics.rows import rows
from analytics.summary import METRICS, summary
from analytics.summary_customers import METRICS as OF_CUSTOMERS
from analytics.summary_customers import window_days
from analytics.summary_trend import summary_trend
from data.engine import Engine
from tests.analytics.sample import day, deals, five_deals
from tests.analytics.scored import AS_OF, scored

JUNE = Filters(AS_OF, date(2026, 6, 1), AS_OF)  # against 2 to 31 May


def answer(engine, filters=JUNE, lines=None):
    return rows(summary(engine.tables, filters, lines).answer(engine.run))


def by_metric(engine, filters=JUNE, lines=None):
    return {row["metric"]: row for row in answer(engine, filters, lines)}


def orders(*lines: tuple) -> pd.DataFrame:
    frame = pd.DataFrame(list(lines), columns=["order_id", "customer_id", "ordered_at", "amount"])
    return frame.assign(currency="EUR", amount=frame["amount"].astype("float64"))


def said(*scores: int, at: datetime, first: int = 0) -> pd.DataFrame:
    """Answers of different people, numbered from `first`."""
    people = [f"{first + number}@x.example" for number in range(len(scores))]
    return pd.DataFrame(
        {"email": people, "score": [float(score) for score in scores], "answered_at": at, "scale": "nps"}
    )


BOUGHT = orders(
    *((f"A{month}", "A", day(1, month), 100) for month in range(1, 7)),
    ("A6", "A", day(2, 6), -20),
    ("B1", "B", day(1, 1), 50),
    ("B2", "B", day(31, 1), 50),
    ("N1", None, day(10, 6), 7),
    ("L1", "B", day(2, 7), 1_000),  # after the as-of date
)


def test_what_customers_bought_and_who_still_buys():
    found = by_metric(Engine.in_memory({"orders": BOUGHT}))
    assert tuple(found) == (*METRICS, "customers", "net_revenue")
    # Gaps of 28, 30 and 31 days, and B's one of 30 that weighs as much as A's five: 90% are no longer than 31.
    assert (found["customers"]["value"], found["customers"]["previous"]) == (1, 1)
    revenue = found["net_revenue"]
    assert (revenue["value"], revenue["n"], revenue["previous"], revenue["currency"]) == (100 - 20 + 7, 2, 0, "EUR")
    assert revenue["real_change"] is None and found["customers"]["real_change"] is None


def test_without_a_period_it_is_all_that_was_sold():
    engine = Engine.in_memory({"orders": BOUGHT})
    found = by_metric(engine, Filters(AS_OF))
    (total,) = rows(sales_totals(engine.tables, Filters(AS_OF)).answer(engine.run))
    assert found["net_revenue"]["value"] == total["net_revenue"] == 687
    assert found["net_revenue"]["previous"] is None


def test_the_window_of_who_is_active_is_learnt_and_bounded():
    assert window_days(pd.DataFrame({"value": [28.0, 30.0, 31.0], "weight": [0.2, 1.2, 0.6]})) == 31
    assert window_days(pd.DataFrame({"value": [1.0], "weight": [5.0]})) == 30
    assert window_days(pd.DataFrame({"value": [900.0], "weight": [1.0]})) == 365
    assert window_days(pd.DataFrame({"value": [], "weight": []})) == 365


def test_customers_of_contracts_are_those_whose_contract_runs():
    contracts = pd.DataFrame({
        "subscription_id": ["1", "2", "3"], "customer_id": ["A", "B", "C"], "started_on": [date(2025, 1, 1)] * 3,
        "ended_on": [None, date(2026, 6, 15), date(2026, 5, 20)],
    })  # fmt: skip
    found = by_metric(Engine.in_memory({"subscriptions": contracts}))
    # One that ended may be signed again within 30 days: on 30 June only C is gone, on 31 May none is.
    assert (found["customers"]["value"], found["customers"]["previous"]) == (2, 3)
    assert "net_revenue" not in found


def test_a_change_of_revenue_is_judged_by_what_each_customer_changed_by():
    lines = [(f"M{n}", f"C{n}", day(10, 5), 100) for n in range(40)] + [
        (f"J{n}", f"C{n}", day(10, 6), 180) for n in range(40)
    ]
    found = by_metric(Engine.in_memory({"orders": orders(*lines)}))["net_revenue"]
    assert (found["value"], found["previous"], found["n"], found["real_change"]) == (7200, 4000, 40, True)
    # One customer who buys as much more as all forty did proves nothing.
    lines = [(f"M{n}", f"C{n}", day(10, 5), 100) for n in range(40)]
    lines += [(f"J{n}", f"C{n}", day(10, 6), 100 + 3200 * (not n)) for n in range(40)]
    found = by_metric(Engine.in_memory({"orders": orders(*lines)}))["net_revenue"]
    assert (found["value"], found["real_change"]) == (7200, False)


def test_the_score_is_tested_as_in_the_trend():
    # 20 people answered both times, and 20 each time only then.
    may = said(*[10] * 30, *[5] * 10, at=day(10, 5))
    june = said(*[10] * 10, *[5] * 30, at=day(10, 6), first=20)
    engine = Engine.in_memory({"survey_responses": pd.concat([may, june])})
    found = by_metric(engine)["nps"]
    months = rows(nps(engine.tables, Filters(AS_OF)).answer(engine.run))
    assert [row["nps"] for row in months] == [50, -50]
    assert (found["value"], found["previous"], found["n"]) == (-50, 50, 40)
    assert (found["low"], found["high"]) == (months[1]["low"], months[1]["high"])
    # No other figure was tested, so the p-values are the q-values.
    assert found["q_value"] == pytest.approx(months[1]["p_value"]) and found["real_change"] is True


def test_people_who_answered_often_are_counted_as_the_same():
    # Each of 20 said 10 in May, then 5 and again 5 in June: pairs of answers are 2 a person.
    again = [said(*[5] * 20, at=day(10, 6)), said(*[5] * 20, at=day(20, 6))]
    may = [said(*[10] * 20, at=day(10, 5)), said(*[5] * 20, at=day(11, 5), first=50)]
    june = [*again, said(*[10] * 40, at=day(12, 6), first=100)]
    found = by_metric(Engine.in_memory({"survey_responses": pd.concat([*may, *june])}))["nps"]
    now, before = Tally(80, 40, 40), Tally(40, 20, 20)
    assert (found["value"], found["previous"], found["n"]) == (0, 0, 80)
    shared = covariance(now, before, pairs=40, products=-40, votes=-40, other_votes=40)
    assert found["q_value"] == difference_p(now, before, shared) == 1
    # People who go on as they did before make a difference surer.
    steady = [said(*[10] * 30, *[5] * 10, at=day(10, month)) for month in (5, 6)]
    steady[1].loc[30:34, "score"] = 10.0
    pairs = {"pairs": 40, "products": 30 - 5 + 5, "votes": 35 - 5, "other_votes": 30 - 10}
    shared = covariance(Tally(40, 35, 5), Tally(40, 30, 10), **pairs)
    found = by_metric(Engine.in_memory({"survey_responses": pd.concat(steady)}))["nps"]
    assert shared > 0 and found["q_value"] == pytest.approx(difference_p(Tally(40, 35, 5), Tally(40, 30, 10), shared))


def test_few_answers_are_counted_and_not_tested():
    engine = Engine.in_memory(
        {"survey_responses": pd.concat([said(10, 5, at=day(10, 5)), said(9, at=day(10, 6), first=9)])}
    )
    found = by_metric(engine)["nps"]
    assert (found["value"], found["previous"], found["n"], found["real_change"]) == (100, 0, 1, None)


def test_answers_on_other_scales_are_no_figure():
    engine = Engine.in_memory({"survey_responses": said(5, 5, at=day(10, 6)).assign(scale="csat")})
    found = by_metric(engine)["nps"]
    assert (found["value"], found["n"]) == (None, 0)


def test_answers_without_a_day_are_in_no_period():
    both = pd.concat([said(9, at=day(10, 6)), said(9, 3, at=day(10, 6), first=5).assign(answered_at=pd.NaT)])
    engine = Engine.in_memory({"survey_responses": both})
    assert (by_metric(engine)["nps"]["n"], by_metric(engine)["nps"]["undated"]) == (1, 2)
    assert (by_metric(engine, Filters(AS_OF))["nps"]["n"], by_metric(engine, Filters(AS_OF))["nps"]["undated"]) == (
        3,
        0,
    )


def test_value_at_risk_is_that_of_the_scores_and_left_out_without():
    customers: list[dict[str, Any]] = [{"value": 100.0, "risk": 0.5, "risk_variance": 16.0, "risk_shift_1": 3.0}, {"value": 300.0, "risk": 0.1},
                 {"value": 50.0, "risk": 1.0, "lifecycle": "lost"}]  # fmt: skip
    engine = scored(*customers)
    assert not set(OF_CUSTOMERS) & by_metric(engine).keys()
    found = by_metric(engine, lines=PLAIN)["value_at_risk"]
    (total,) = [row for row in rows(value_at_risk(engine.tables, JUNE).answer(engine.run)) if row["quadrant"] is None]
    assert (found["value"], found["n"], found["currency"]) == (pytest.approx(80), 2, "USD")
    assert found["value"] == pytest.approx(total["value_at_risk"])
    # Theirs is an interval of 80%, here all are of 95%.
    assert found["high"] - 80 == pytest.approx((total["value_at_risk_high"] - 80) * Z / Z80) == pytest.approx(5 * Z)
    assert found["previous"] is None and found["real_change"] is None
    half = by_metric(engine, lines=Lines(margin=0.5))["value_at_risk"]
    assert (half["value"], half["high"]) == (pytest.approx(40), pytest.approx(found["high"] / 2))


def test_where_no_file_tells_of_customers_nothing_more_is_asked():
    engine = five_deals()
    question = summary(engine.tables, Filters(date(2026, 1, 31)))
    asked = question.expressions(engine.run)
    assert list(asked) == ["figures", "cycle", "hours", "there"]
    assert tuple(row["metric"] for row in rows(question.answer(engine.run))) == METRICS


def test_a_filter_that_says_nothing_of_customers_leaves_their_figures_out():
    known = pd.DataFrame(
        {"customer_id": ["A", "B"], "customer_name": ["Ann <b>", "Bob"], "segment": ["Small", "Large"]}
    )
    sold = deals(("1", "won", "Dan", 10, day(1), day(2))).assign(source="Event")
    answers = said(9, 0, at=day(10, 6)).assign(customer_id=["A", "B"])
    engine = Engine.in_memory({"customers": known, "deals": sold, "orders": BOUGHT, "survey_responses": answers})

    def only(field, value):
        return replace(JUNE, where=(Choice(find(field, engine.tables), (value,)),))

    assert not set(OF_CUSTOMERS) & by_metric(engine, only("source", "Event")).keys()
    found = by_metric(engine, only("segment", "Small"))
    assert (found["customers"]["value"], found["net_revenue"]["value"], found["nps"]["value"]) == (1, 80, 100)
    assert by_metric(engine, only("segment", "Large"))["net_revenue"]["value"] == 0


def test_each_currency_has_its_own_revenue():
    bought = orders(("1", "A", day(10, 6), 5), ("2", "B", day(11, 6), 7), ("3", "B", day(12, 6), 1))
    engine = Engine.in_memory({"orders": bought.assign(currency=["EUR", "USD", "USD"])})
    found = [(row["currency"], row["value"]) for row in answer(engine) if row["metric"] == "net_revenue"]
    assert found == [("EUR", 5), ("USD", 8)]


def test_amounts_that_are_unknown_are_not_zero():
    found = by_metric(Engine.in_memory({"orders": orders(("1", "A", day(10, 6), None))}))["net_revenue"]
    assert (found["value"], found["value_known"]) == (None, 0)


@pytest.fixture(scope="module")
def many():
    """Orders and answers of a year at random."""
    random = np.random.default_rng(5)
    n, start = 900, datetime(2025, 7, 1)

    def moments():
        return [start + timedelta(hours=float(hours)) for hours in random.uniform(0, 380 * 24, n)]

    bought = orders(*zip(
        [f"O{number}" for number in range(n)], random.choice(["A", "B", "C", *"DEFGH", None], n), moments(),
        random.integers(1, 900, n), strict=True,
    ))  # fmt: skip
    people = random.integers(0, 300, n)
    answers = pd.DataFrame({
        "email": [f"{person}@x.example" for person in people], "scale": random.choice(["nps", "nps", "csat"], n),
        "score": random.choice([*range(11), 11, 6.5, None], n), "answered_at": moments(),
    })  # fmt: skip
    sold = deals(("1", "won", "Dan", 10, start, start + timedelta(days=9)))
    return Engine.in_memory({"orders": bought, "survey_responses": answers.astype({"score": "float64"}), "deals": sold})


@pytest.mark.parametrize("as_of", [AS_OF, date(2026, 3, 10)])
def test_both_periods_are_those_of_plain_sql(many, root: Path, as_of):
    filters = Filters(as_of, date(2026, 2, 1), date(2026, 4, 30))
    question = summary(many.tables, filters)
    found = {row["metric"]: row for row in rows(question.answer(many.run))}
    window = window_days(many.run(question.expressions(many.run)["gaps"]))
    end = min(as_of, date(2026, 4, 30))
    length = end - date(2026, 2, 1) + timedelta(days=1)
    sql = (root / "tests/sql/summary_customers.sql").read_text("utf-8")
    for column, moved in (("value", timedelta(0)), ("previous", length)):
        since, last = date(2026, 2, 1) - moved, end - moved
        moments = {"since": since, "until": last + timedelta(days=1), "now": as_of + timedelta(days=1)}
        # How many are active is told on the last day of a period: of the one that is not over, on the as-of day.
        day_ = last if column == "value" else as_of - length
        (expected,) = rows(many.query(sql, moments | {"last": day_, "window": int(np.ceil(window))}))
        for name in ("customers", "net_revenue", "nps"):
            assert found[name][column] == pytest.approx(expected[name]), (name, column)
        if column == "value":
            assert (found["net_revenue"]["n"], found["nps"]["n"]) == (expected["net_revenue_n"], expected["nps_n"])
    assert found["nps"]["n"] > 30 and found["nps"]["q_value"] is not None


def test_the_parts_of_the_trend_add_up_to_the_period_and_the_one_before(many):
    filters = Filters(AS_OF, date(2026, 1, 1), AS_OF)
    found = {row["metric"]: row for row in rows(summary(many.tables, filters).answer(many.run))}
    trend = summary_trend(many.tables, filters).answer(many.run)
    for is_before, column in ((False, "value"), (True, "previous")):
        part = trend[(trend["is_before"] == is_before) & (trend["metric"] == "net_revenue")]
        assert len(part) == 6 and part["value"].sum() == pytest.approx(found["net_revenue"][column])
        told = trend[(trend["is_before"] == is_before) & (trend["metric"] == "nps")]
        assert (told["value"] * told["n"]).sum() / told["n"].sum() == pytest.approx(found["nps"][column])
        assert ((told["low"] <= told["value"]) & (told["value"] <= told["high"])).all()


def test_the_trend_of_deals_alone_has_no_other_rows():
    engine = five_deals()
    trend = summary_trend(engine.tables, Filters(date(2026, 1, 31))).answer(engine.run)
    assert set(trend["metric"]) == set(METRICS)
