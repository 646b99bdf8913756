"""Value and risk where too little is known for a model: nothing is made up where nobody ever came back."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.customers import scores
from analytics.customers.value_risk import customer_value_risk
from analytics.customers.value_risk_totals import value_at_risk
from analytics.filters import Filters
from analytics.lifetime.dropout import MbgNbd
from analytics.rows import rows
from data.engine import Engine

AS_OF = date(2026, 6, 30)


def bought(*days_ago):
    """An engine with scores of customers who bought so many days ago, each time for 100."""
    lines = [(f"c{n}", AS_OF - timedelta(days=day), 100.0) for n, days in enumerate(days_ago) for day in days]
    engine = Engine.in_memory({"orders": pd.DataFrame(lines, columns=["customer_id", "ordered_at", "amount"])})
    scores.ensure(engine, engine.tables, Filters(AS_OF))
    return engine


def ask(metric, engine):
    return rows(metric(engine.tables, Filters(AS_OF)).answer(engine.run))


def test_where_nobody_came_back_no_value_is_told():
    engine = bought(*([day] for day in range(1, 81)))
    for row in ask(customer_value_risk, engine):
        assert row["revenue_12m"] == 100
        assert {row[name] for name in ("value", "risk", "expected", "value_at_risk", "quadrant", "none_chance")} == {
            None
        }
    (whole,) = ask(value_at_risk, engine)
    assert (whole["customers"], whole["unvalued_customers"]) == (0, 80)
    report = scores.read_report(engine.run(scores.report_table(Filters(AS_OF))))
    assert "bought once" in str(scores.told(report["refused"]))
    assert "no value" in str(scores.told(report["model_reason"]))


def test_with_a_few_who_came_back_value_is_last_years_revenue():
    found = ask(customer_value_risk, bought([10, 40, 70], [5, 35], [20]))
    assert all(row["value"] is not None and 0 < row["risk"] < 1 for row in found if row["lifecycle"] != "lost")
    assert all(row["value_at_risk"] <= row["value"] for row in found if row["lifecycle"] != "lost")


def test_one_row_that_contradicts_itself_spoils_no_others():
    made = MbgNbd.known(0.8, 6.0, 0.9, 3.0).simulate(np.linspace(20, 60, 400), 12.0, 7)
    told = pd.DataFrame({
        "customer_id": [f"s{n}" for n in range(400)], "repeat_purchases": made.x, "recency_weeks": made.t_x, "age_weeks": made.T,
        "mean_repeat_value": np.where(made.x > 0, 10.0 + np.arange(400) % 7, np.nan),
    })  # fmt: skip
    wrong = pd.DataFrame({"customer_id": ["wrong"], "repeat_purchases": [2.0], "recency_weeks": [50.0], "age_weeks": [40.0], "mean_repeat_value": [9.0]})  # fmt: skip
    found = {}
    for name, customers in (("without", told), ("with", pd.concat([told, wrong], ignore_index=True))):
        engine = Engine.in_memory({"customers": customers})
        scores.ensure(engine, engine.tables, Filters(AS_OF))
        found[name] = {row["customer_id"]: row for row in ask(customer_value_risk, engine)}
    report = scores.read_report(engine.run(scores.report_table(Filters(AS_OF))))
    assert report["model"] == "mbg_nbd" and "contradicts itself" in str(scores.told(report["caution"]))
    assert found["with"]["wrong"]["value"] is None and found["with"]["wrong"]["risk"] is None
    # Who counts as lost has no risk ahead, and the limits of silence may move by a customer.
    both = [(row["risk"], found["with"][number]["risk"]) for number, row in found["without"].items()]
    known = [(one, other) for one, other in both if one is not None and other is not None]
    assert len(known) > 150
    for one, other in known:
        assert other == pytest.approx(one)
