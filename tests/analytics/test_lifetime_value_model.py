"""The models of customers side by side: what they are fitted to, what they say, and what cannot be said."""

from argparse import ArgumentParser
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.catalog import ANSWERS, METRICS
from analytics.commands import COMMANDS
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.lifetime.dropout import MbgNbd
from analytics.lifetime.histories import NoModel
from analytics.lifetime.spend import GammaGamma
from analytics.lifetime_value_model import COLUMNS, Case, lifetime_holdout, lifetime_prediction, lifetime_value_model
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem

AS_OF = date(2025, 12, 31)
FILTERS = Filters(AS_OF)
PLANTED, SPEND = MbgNbd.known(0.9, 5.0, 0.7, 2.2), GammaGamma.known(6.0, 4.0, 15.0)


def orders_of(customers=1500, seed=0, returned=True):
    """Orders of customers as the model has them, by the day, some split in two and some sent back."""
    random = np.random.default_rng(seed)
    made = PLANTED.simulate(random.integers(30, 700, customers) / 7, 1.0, seed)
    zeta, _mean = SPEND.simulate(made.x, seed)
    lines: list[tuple[str | None, date, float]] = []
    for place in range(customers):
        between = np.sort(random.uniform(0, made.t_x[place], int(max(made.x[place] - 1, 0))))
        ages = [0.0, *between, made.t_x[place]] if made.x[place] else [0.0]
        first = AS_OF - timedelta(days=round(made.T[place] * 7))
        for age in ages:
            amount = round(float(random.gamma(SPEND.p_) / SPEND.p_ * zeta[place]) + 0.01, 2)
            lines.append((f"C{place:04}", first + timedelta(days=int(age * 7)), amount))
    lines += [(name, day, amount / 3) for name, day, amount in lines[::5]]
    if returned:
        lines += [(name, day + timedelta(days=2), -amount) for name, day, amount in lines[::37]]
    lines += [(None, AS_OF, 10.0), ("C9999", AS_OF, 0.0), ("C9998", AS_OF, -5.0)]
    frame = pd.DataFrame(lines, columns=["customer_id", "ordered_at", "amount"])
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    frame["order_id"] = [f"O{number}" for number in range(len(frame))]
    return frame


@pytest.fixture(scope="module")
def shop():
    return Engine.in_memory({"orders": orders_of()})


def of_customers(**columns):
    count = len(next(iter(columns.values())))
    return Engine.in_memory({"customers": {"customer_id": [f"C{place}" for place in range(count)]} | columns})


def ask(engine, filters=FILTERS):
    return rows(lifetime_value_model(engine.tables, filters).answer(engine.run))


def models(found):
    return {row["model"]: row["chosen"] for row in found}


def test_every_model_that_can_be_fitted_with_what_is_chosen(shop):
    found = ask(shop)
    assert models(found) == {"mbg_nbd": True, "bg_nbd": False, "pareto_nbd": False, "gamma_gamma": True}
    assert [row["parameter"] for row in found] == [
        *["r", "alpha", "a", "b", "r", "alpha", "a", "b", "r", "alpha", "s", "beta", "p", "q", "v"]
    ]
    for row in found:
        assert row["low"] < row["estimate"] < row["high"] and row["reason"] and row["customers"] > 100
    planted = dict(zip(["r", "alpha", "a", "b"], PLANTED.parameters_, strict=True))
    for row in found[:4]:
        assert row["low"] * 0.8 < planted[row["parameter"]] < row["high"] * 1.25


def test_every_column_is_explained(shop):
    found = lifetime_value_model(shop.tables, FILTERS).answer(shop.run)
    assert tuple(found.columns) == COLUMNS == ANSWERS["lifetime_value_model"].columns
    for question in (
        lifetime_prediction(shop.tables, FILTERS, Case(2, 30, 39, 39)),
        lifetime_holdout(shop.tables, FILTERS, date(2025, 6, 30)),
    ):
        assert set(question.answer(shop.run).columns) <= METRICS.keys()


def test_histories_are_those_of_sql_by_hand(shop, root: Path):
    question = lifetime_value_model(shop.tables, FILTERS)
    grouped = shop.run(question.expressions(shop.run)["histories"])
    by_hand = shop.query((root / "tests/sql/lifetime_value_model.sql").read_text("utf-8"))
    columns = ["repeat_purchases", "recency_weeks", "age_weeks"]
    grouped = grouped.sort_values(columns, ignore_index=True)
    assert len(grouped) == len(by_hand) > 300
    assert grouped[columns].to_numpy() == pytest.approx(by_hand[columns].to_numpy(dtype=float))
    assert (grouped["customers"].to_numpy() == by_hand["customers"].to_numpy()).all()
    assert grouped["customers"].sum() <= 1500


def test_filters_change_nothing(shop):
    chosen = Filters(
        AS_OF, since=date(2025, 6, 1), where=(Choice(find("customer_id", shop.tables, "customers"), ("C0001",)),)
    )
    # Sums of money in parallel differ in their last digit.
    for one, other in zip(ask(shop, chosen), ask(shop), strict=True):
        assert one == other | {name: pytest.approx(other[name], rel=1e-6) for name in ("estimate", "low", "high")}


def test_a_summary_of_each_customer_is_enough():
    made = PLANTED.simulate(np.random.default_rng(3).integers(70, 600, 800) / 7, 1.0, 3)
    _zeta, mean = SPEND.simulate(made.x, 3)
    engine = of_customers(
        repeat_purchases=made.x.tolist(), recency_weeks=made.t_x.tolist(), age_weeks=made.T.tolist(),
        mean_repeat_value=[None if np.isnan(each) else float(each) for each in mean],
    )  # fmt: skip
    found = ask(engine)
    assert models(found) == {"mbg_nbd": True, "bg_nbd": False, "pareto_nbd": False, "gamma_gamma": True}
    assert found[0]["customers"] == 800 and found[-1]["customers"] == (made.x > 0).sum()
    with pytest.raises(RequestProblem, match="but not when"):
        lifetime_holdout(engine.tables, FILTERS, date(2025, 1, 1)).answer(engine.run)


def test_spend_that_follows_frequency_is_told_by_stratum():
    made = PLANTED.simulate(np.random.default_rng(3).integers(70, 600, 1500) / 7, 1.0, 3)
    _zeta, mean = SPEND.simulate(made.x, 3)
    value = [None if np.isnan(m) else float(m * (1 + x)) for m, x in zip(mean, made.x, strict=True)]
    found = ask(of_customers(
        repeat_purchases=made.x.tolist(), recency_weeks=made.t_x.tolist(), age_weeks=made.T.tolist(), mean_repeat_value=value,
    ))  # fmt: skip
    chosen = models(found)
    assert (chosen["gamma_gamma"], chosen["stratified_spend"]) == (False, True)


def test_contracts_are_told_by_how_long_they_lasted():
    random = np.random.default_rng(1)
    leaves, seen = random.geometric(random.beta(0.8, 6, 2000)), random.integers(0, 30, 2000)
    churned = leaves <= seen
    engine = of_customers(tenure_months=np.where(churned, leaves, seen).tolist(), is_churned=churned.tolist())
    found = ask(engine)
    assert models(found) == {"shifted_beta_geometric": True}
    alpha, beta = found
    assert alpha["low"] < 0.8 < alpha["high"] and beta["low"] < 6 < beta["high"]
    assert alpha["customers"] == 2000
    with pytest.raises(RequestProblem, match="by their contracts"):
        lifetime_prediction(engine.tables, FILTERS, Case(2, 3, 9, 3)).answer(engine.run)


def test_a_forecast_of_one_customer(shop):
    found = rows(lifetime_prediction(shop.tables, FILTERS, Case(2, 30.43, 38.86, 39)).answer(shop.run))
    assert [row["model"] for row in found] == ["mbg_nbd", "bg_nbd", "pareto_nbd"]
    for row in found:
        assert 0 < row["probability_alive"] < 1 and 0 < row["expected_purchases"] < 10
    (nothing, *_rest) = rows(lifetime_prediction(shop.tables, FILTERS, Case(2, 30.43, 38.86, 0)).answer(shop.run))
    assert nothing["expected_purchases"] == 0


@pytest.mark.parametrize(
    ("case", "words"),
    [((2, 50, 40, 39), "cannot come after"), ((0, 5, 40, 39), "recency of 0"), ((2, 30, 40, -1), "no horizon")],
)
def test_a_customer_that_cannot_be_is_refused(case, words):
    with pytest.raises(RequestProblem, match=words):
        Case(*case)


def test_what_was_held_back_is_compared_with_what_came():
    until = date(2025, 6, 30)
    frame = orders_of(returned=False)
    engine = Engine.in_memory({"orders": frame})
    found = rows(lifetime_holdout(engine.tables, FILTERS, until).answer(engine.run))
    days = frame[(frame["amount"] > 0) & frame["customer_id"].notna()].drop_duplicates(["customer_id", "ordered_at"])
    known = days[days["ordered_at"] <= pd.Timestamp(until)]["customer_id"].unique()
    came = days[(days["ordered_at"] > pd.Timestamp(until)) & days["customer_id"].isin(known)]
    assert {row["actual"] for row in found} == {len(came)} and {row["customers"] for row in found} == {len(known)}
    assert found[0]["weeks"] == pytest.approx(184 / 7)
    assert found[0]["predicted"] == pytest.approx(len(came), rel=0.2)
    assert found[0]["error"] == pytest.approx(found[0]["predicted"] / len(came) - 1)


def test_a_day_that_is_not_past_cannot_be_held_back_to(shop):
    with pytest.raises(RequestProblem, match="not before"):
        lifetime_holdout(shop.tables, FILTERS, AS_OF)


@pytest.mark.parametrize(
    ("repeats", "recency", "age", "words"),
    [
        ([0.0] * 200, [0.0] * 200, [30.0] * 200, "bought once"),
        ([1.0] * 20 + [0.0] * 200, [9.0] * 20 + [0.0] * 200, [30.0] * 220, "Only 20 customers"),
        ([1.0] * 200, [20.0] * 200, [30.0] * 200, "too short"),
        ([1.0], [3.0], [30.0], "Only 1 customers"),
    ],
)
def test_what_no_model_can_be_fitted_to_is_said_in_words(repeats, recency, age, words):
    engine = of_customers(repeat_purchases=repeats, recency_weeks=recency, age_weeks=age)
    with pytest.raises(NoModel, match=words):
        ask(engine)


def test_nothing_known_of_customers_is_said_in_words():
    with pytest.raises(RequestProblem, match="Nothing says"):
        ask(Engine.in_memory({"deals": {"deal_id": ["1"], "status": ["open"]}}))


@pytest.mark.parametrize("given", ["frequency=2", "frequency=two,recency=1,age=2,horizon=3", "2,3,4,5"])
def test_a_customer_written_otherwise_is_refused_before_anything_is_read(given, capsys):
    parser = ArgumentParser()
    COMMANDS["lifetime_value_model"].arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--predict", given])
    assert "frequency=2,recency=30.43" in capsys.readouterr().err


def test_a_customer_is_read_as_it_is_written():
    parser = ArgumentParser()
    COMMANDS["lifetime_value_model"].arguments(parser)
    asked = parser.parse_args(["--predict", "frequency=2, recency=30.43,age=38.86,horizon=39"])
    assert Case(**asked.predict) == Case(2, 30.43, 38.86, 39)
