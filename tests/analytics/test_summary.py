from datetime import date

import pytest

from analytics.filters import Filters
from analytics.intervals import wilson
from analytics.rows import rows
from analytics.summary import METRICS, summary
from data.engine import Engine
from tests.analytics.sample import day, deals, five_deals

END = date(2026, 1, 31)


def by_metric(engine, filters):
    return {row["metric"]: row for row in rows(summary(engine.tables, filters).answer(engine.run))}


def test_five_deals():
    found = by_metric(five_deals(), Filters(END))
    assert tuple(found) == METRICS
    assert {name: row["value"] for name, row in found.items()} == {
        "deals": 5,
        "revenue_won": 700,
        "win_rate": 2 / 3,
        "average_won_value": 350,
        "sales_cycle_days": 15,
        "open_pipeline": 50,
    }
    assert (found["win_rate"]["low"], found["win_rate"]["high"]) == pytest.approx(wilson(2 / 3, 3))
    assert found["open_pipeline"]["value_known"] == 0.5
    assert all(row["previous"] is None and row["real_change"] is None for row in found.values())


def months(won_first: int, won_second: int):
    """Two months of 60 closed deals each, created and closed within the month."""
    return Engine.in_memory(
        {
            "deals": deals(
                *((f"1-{n}", "won" if n < won_first else "lost", None, 10, day(1), day(9)) for n in range(60)),
                *((f"2-{n}", "won" if n < won_second else "lost", None, 12, day(1, 2), day(9, 2)) for n in range(60)),
                ("3", "open", None, 5, day(3, 2), None),
                ("4", "open", None, 6, day(3), None),
            )
        }
    )


FEBRUARY = Filters(date(2026, 2, 28), date(2026, 2, 1), date(2026, 2, 28))


def test_a_period_stands_against_as_many_days_before_it():
    found = by_metric(months(30, 50), FEBRUARY)
    # The 28 days before are 4 to 31 January: its deals were closed then, but created on the 1st.
    assert (found["deals"]["value"], found["deals"]["previous"]) == (61, 0)
    assert (found["revenue_won"]["value"], found["revenue_won"]["previous"]) == (600, 300)
    assert (found["win_rate"]["value"], found["win_rate"]["previous"]) == (50 / 60, 30 / 60)
    assert (found["average_won_value"]["value"], found["average_won_value"]["previous"]) == (12, 10)
    assert (found["open_pipeline"]["value"], found["open_pipeline"]["previous"]) == (11, 6)
    assert found["win_rate"]["real_change"] is True
    assert found["sales_cycle_days"]["real_change"] is None or found["sales_cycle_days"]["real_change"] is False
    assert found["open_pipeline"]["real_change"] is None


def test_no_change_is_not_called_one():
    found = by_metric(months(30, 31), FEBRUARY)
    assert found["win_rate"]["real_change"] is False
    assert found["revenue_won"]["real_change"] is False


def test_few_deals_are_not_compared():
    engine = five_deals()
    found = by_metric(engine, Filters(END, date(2026, 1, 16), END))
    assert all(row["real_change"] is None for row in found.values())


def test_a_period_that_is_not_over_is_compared_with_as_many_days():
    found = by_metric(months(30, 50), Filters(date(2026, 2, 9), date(2026, 2, 1), date(2026, 2, 28)))
    assert found["revenue_won"]["previous"] == 0  # 23 to 31 January


def test_money_has_a_row_for_each_currency():
    frame = deals(("1", "won", None, 10, day(1), day(2)), ("2", "won", None, 7, day(1), day(2))).assign(
        currency=["EUR", "USD"]
    )
    engine = Engine.in_memory({"deals": frame})
    found = rows(summary(engine.tables, Filters(END)).answer(engine.run))
    revenue = [(row["currency"], row["value"]) for row in found if row["metric"] == "revenue_won"]
    assert revenue == [("EUR", 10), ("USD", 7)]
    assert [row["value"] for row in found if row["metric"] == "win_rate"] == [1]


def test_unknown_amounts_are_not_zero():
    engine = Engine.in_memory({"deals": deals(("1", "won", None, None, day(1), day(2)))})
    found = by_metric(engine, Filters(END))
    assert found["revenue_won"]["value"] is None
    assert found["open_pipeline"]["value"] == 0  # nothing is open


def test_nothing_at_all():
    found = by_metric(Engine.in_memory({}), FEBRUARY)
    assert found["deals"]["value"] == 0
    assert found["win_rate"]["value"] is None
