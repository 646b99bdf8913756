"""What rests on customers who are detractors now: by eye, and the list adds up to the totals."""

from datetime import date

import pandas as pd

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.rows import rows
from analytics.summary_detractors import COLUMNS, detractor_revenue, detractors_listed
from data.engine import Engine
from tests.analytics.sample import day

AS_OF = date(2026, 6, 30)
NOW = Filters(AS_OF)
HOSTILE = '<img src=x onerror="1">'


def made(**more):
    customers = pd.DataFrame({
        "customer_id": ["A", "B", "C", "D"], "customer_name": ["Ann", HOSTILE, "Cy", "Dov"], "owner": ["Dan", "Eva", None, "Dan"],
    })  # fmt: skip
    answers = pd.DataFrame(
        [
            ("A", "a@a.example", 9, day(1, 1)), ("A", "a@a.example", 3, day(1, 5)),  # was a promoter once
            ("B", "b@b.example", 2, day(2, 5)), ("B", "c@b.example", 6, day(3, 5)), ("B", "d@b.example", 10, day(3, 5)),
            ("C", "c@c.example", 0, day(1, 4)), ("C", "d@c.example", 9, day(1, 4)),  # one for, one against
            ("D", "d@d.example", 0, day(1, 3)), ("D", "d@d.example", 8, day(1, 6)),  # no more
        ],
        columns=["customer_id", "email", "score", "answered_at"],
    ).assign(scale="nps")  # fmt: skip
    answers["score"] = answers["score"].astype("float64")
    orders = pd.DataFrame(
        [("A", day(1, 6), 100.0), ("A", day(1, 1), 20.0), ("A", day(1, 1).replace(year=2025), 1e6), ("B", day(1, 2), 500.0), ("D", day(1, 2), 9e9)],
        columns=["customer_id", "ordered_at", "amount"],
    ).assign(currency="EUR")  # fmt: skip
    return Engine.in_memory({"customers": customers, "survey_responses": answers, "orders": orders} | more)


def test_who_is_a_detractor_now_and_what_it_bought_in_twelve_months():
    engine = made()
    found = rows(detractors_listed(engine.tables, NOW).answer(engine.run))
    assert [(row["customer"], row["owner"], row["lowest_score"], row["detractors"], row["revenue_12m"]) for row in found] == [
        (HOSTILE, "Eva", 2, 2, 500), ("Ann", "Dan", 3, 1, 120),
    ]  # fmt: skip
    (total,) = rows(detractor_revenue(engine.tables, NOW).answer(engine.run))
    assert total == {"currency": "EUR", "customers": 2, "revenue_12m": 620}
    assert len(detractors_listed(engine.tables, NOW, 1).answer(engine.run)) == 1


def test_filters_choose_among_them_and_the_as_of_date_is_kept():
    engine = made()
    only = Filters(AS_OF, where=(Choice(find("owner", engine.tables, "customers"), ("Dan",)),))
    assert list(detractors_listed(engine.tables, only).answer(engine.run)["customer_id"]) == ["A"]
    # In April D was one, and nobody else was yet: A and B answered in May.
    earlier = detractors_listed(engine.tables, Filters(date(2026, 3, 31))).answer(engine.run)
    assert list(earlier["customer_id"]) == ["D"]


def test_customers_who_bought_nothing_are_counted_without_money():
    engine = made(orders=pd.DataFrame({"customer_id": ["A"], "ordered_at": [day(1, 6)], "amount": [100.0], "currency": ["EUR"]}))  # fmt: skip
    found = rows(detractor_revenue(engine.tables, NOW).answer(engine.run))
    assert [(row["currency"], row["customers"], row["revenue_12m"]) for row in found] == [
        ("EUR", 1, 100),
        (None, 1, None),
    ]


def test_without_orders_or_answers():
    engine = made(orders=pd.DataFrame({"customer_id": []}))
    found = rows(detractor_revenue(engine.tables, NOW).answer(engine.run))
    assert found == [{"currency": None, "customers": 2, "revenue_12m": None}]
    nothing = Engine.in_memory({})
    assert detractor_revenue(nothing.tables, NOW).answer(nothing.run).empty
    listed = detractors_listed(nothing.tables, NOW).answer(nothing.run)
    assert listed.empty and tuple(listed.columns) == COLUMNS
