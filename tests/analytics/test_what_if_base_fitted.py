"""The baseline of what-if on fitted models: it must say month by month what the scores say of the year as a whole."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.customers import scores
from analytics.customers.reporting import purchases_of, spend_of, written_model
from analytics.filters import Filters, Models
from analytics.lifetime.dropout import MbgNbd
from analytics.lifetime.spend import GammaGamma
from analytics.lifetime.stratified import StratifiedSpend
from analytics.what_if.base_customers import CELLS, Grouped
from analytics.what_if.base_error import MOST, Missed, error_of, of_contracts, of_purchases, shrunk
from analytics.what_if.base_models import model_of, steady
from analytics.what_if.base_new import came
from analytics.what_if.scenario import Lever, Range, Scenario, Target
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics import leaving
from tests.analytics.what_if_scored import base_of, based

AS_OF = date(2026, 6, 28)
# Undiscounted, so that what is expected can be held against sums over months.
FILTERS = Filters(AS_OF, models=Models(12, 0.0))
PURCHASES, SPEND = MbgNbd.known(1.2, 9.0, 0.8, 9.0), GammaGamma.known(6.0, 4.0, 15.0)
KEEPING = Scenario("a", (Lever("retention", Range.of(2.0), Target(tiers=("A",))),))


def modelled(report: dict[str, Any], currency: str) -> Any:
    """The model that the report tells of."""
    return model_of(report, currency)


def bought(seed, customers, *, per_month=True):
    """Orders over two years of customers that come evenly, buy as the model has it and stop unseen."""
    random = np.random.default_rng(seed)
    ages = np.round(random.uniform(2, 104, customers) * 7)
    rate, ever = random.gamma(1.2, 1 / 9.0, customers), random.geometric(random.beta(0.8, 9.0, customers))
    level = 6.0 * 15.0 / random.gamma(4.0, size=customers) / 6.0
    lines = []
    for number in range(customers):
        gaps = np.cumsum(random.exponential(1 / rate[number], ever[number] - 1)) * 7
        days = np.unique(np.round(np.concatenate([[0.0], gaps[gaps <= ages[number]]])))
        values = random.gamma(6.0, size=len(days)) * level[number]
        lines += [
            (f"C{number:05}", AS_OF - timedelta(days=int(ages[number] - day)), value)
            for day, value in zip(days, values, strict=True)
        ]
    table = pd.DataFrame(lines, columns=["customer_id", "ordered_at", "amount"])
    return table.assign(
        ordered_at=pd.to_datetime(table["ordered_at"]), currency="USD", order_id=[str(n) for n in range(len(table))]
    )


def fitted(table, filters=FILTERS):
    ids = sorted(table["customer_id"].unique())
    engine = Engine.in_memory({"orders": table, "customers": pd.DataFrame({"customer_id": ids, "customer_name": ids})})
    scores.ensure(engine, engine.tables, filters)
    return engine


@pytest.fixture(scope="module")
def free():
    return fitted(bought(3, 1500))


@pytest.fixture(scope="module")
def contracts():
    engine = leaving.dated()
    scores.ensure(engine, engine.tables, replace(FILTERS, as_of=leaving.END))
    return engine, replace(FILTERS, as_of=leaving.END)


def inside(engine, filters):
    found = engine.run(scores.every(filters))
    return found[~found["lifecycle"].isin(["lost", "potential"]) & found["value"].notna()]


def revenue(cells):
    return cells.alive[:, None] * np.exp(-np.cumsum(cells.hazard, axis=1)) * cells.spend


def test_a_year_is_what_the_scores_expect(free):
    base = based(free, *KEEPING.levers, filters=FILTERS)
    own, cells = inside(free, FILTERS), base.cells
    assert cells.customers.sum() == len(own) and len(cells.customers) <= CELLS
    assert cells.alive.sum() == pytest.approx(own["alive"].sum())
    assert revenue(cells)[:, :12].sum() == pytest.approx(own["expected"].sum(), rel=0.003)
    assert cells.customers @ cells.acted_on == pytest.approx([(own["tier"] == "A").sum()])
    acted = cells.acted_on[:, 0]
    assert revenue(cells)[acted, :12].sum() == pytest.approx(own["expected"][own["tier"] == "A"].sum(), rel=0.005)
    risk = (own["risk"] * 1.0).sum()
    gone = cells.customers.sum() - (cells.alive * np.exp(-cells.hazard[:, :12].sum(axis=1))).sum()
    assert gone == pytest.approx(risk, rel=0.003)


def test_single_customers_are_told_as_the_scores_tell_them(free):
    cells, own = based(free, filters=FILTERS).cells, inside(free, FILTERS).set_index("customer_id")
    alone = [(place, name) for place, name in enumerate(cells.largest) if name]
    assert len(alone) == 40
    for place, name in alone:
        row = own.loc[name]
        assert revenue(cells)[place, :12].sum() == pytest.approx(row["expected"], rel=1e-6)
        assert cells.alive[place] == pytest.approx(row["alive"])
        assert 1 - cells.alive[place] * np.exp(-cells.hazard[place, :12].sum()) == pytest.approx(row["risk"], rel=1e-6)


def test_doubt_moves_a_year_as_far_as_the_scores_say(free):
    """The shifts of alive, hazard and spend together are those of `expected` (the delta method), direction by direction."""
    cells, own = based(free, filters=FILTERS).cells, inside(free, FILTERS)
    year, step = revenue(cells)[:, :12].sum(), 1e-4
    for place in range(cells.hazard_shifts.shape[1]):
        moved = (
            cells.alive * np.exp(step * cells.alive_shifts[:, place])
        )[:, None] * np.exp(-np.cumsum(cells.hazard, axis=1) * np.exp(step * cells.hazard_shifts[:, place])[:, None])  # fmt: skip
        moved = moved * cells.spend * np.exp(step * cells.spend_shifts[:, place])[:, None]
        shift = (moved[:, :12].sum() - year) / step
        assert shift == pytest.approx(own[f"expected_shift_{place + 1}"].sum(), abs=0.02 * year * 0.05 + 1e-9, rel=0.05)


def test_cells_keep_the_sums_of_their_rows_month_by_month(free):
    base, answers = base_of(free, KEEPING, FILTERS)
    report = scores.read_report(answers["report"])
    told = Grouped.of(answers["groups"], modelled(report, "USD"), 36).told
    there = told.alive[:, None] * np.exp(-np.cumsum(told.hazard, axis=1))
    cells = base.cells
    assert len(answers["groups"]) > 2 * len(cells.customers)
    assert revenue(cells).sum(axis=0) == pytest.approx(told.revenue.sum(axis=0), rel=1e-9)
    now = cells.alive[:, None] * np.exp(-np.cumsum(cells.hazard, axis=1))
    assert now.sum(axis=0) == pytest.approx(there.sum(axis=0), rel=1e-9)
    assert (cells.concentration * revenue(cells)[:, :12].sum(axis=1) ** 2).sum() == pytest.approx(
        told.squares.sum(), rel=1e-6
    )
    assert (cells.hazard >= 0).all() and (cells.spend > 0).all() and (cells.alive <= cells.customers).all()


def test_new_customers_come_and_buy_as_they_did(free):
    new = based(free, filters=FILTERS).new
    # 1500 in 102 weeks.
    assert new.rate == pytest.approx(1500 / 102 * 365.25 / 12 / 7, abs=3 * new.rate_sd)
    assert new.dispersion >= 1 and new.months_seen >= 20
    assert new.staying[0] < 1 and (np.diff(new.staying) <= 0).all()
    # Month by month the first purchase, then what a new customer of these models brings.
    mean = float(SPEND.mean_value([0.0], [0.0])[0])
    weeks = (np.array([1.0, 12.0]) - 0.5) * 365.25 / 12 / 7
    said = mean * (1 + PURCHASES.expected_new(weeks))
    assert new.revenue[0] == pytest.approx(said[0], rel=0.15)
    assert new.revenue[:12].sum() == pytest.approx(said[1], rel=0.15)
    assert new.purchase > mean


def test_what_is_not_counted_has_no_rate_but_a_curve_where_it_is_needed(free):
    assert based(free, *KEEPING.levers, filters=FILTERS, counts_new=False).new is None
    new = based(free, Lever("referral", Range.of(5.0)), filters=FILTERS, counts_new=False).new
    assert new.rate == new.rate_sd == 0 and new.revenue[0] > 0


def test_the_model_was_tested(free):
    base = based(free, filters=FILTERS)
    assert 0 <= base.error < 0.2 and "untested" not in base.report


def test_contracts_pay_while_they_run(contracts):
    engine, filters = contracts
    own = inside(engine, filters)
    base = based(engine, *KEEPING.levers, filters=filters)
    cells = base.cells
    assert cells.customers.sum() == len(own)
    # Of those whose contract ended in the last 30 days hardly any is still a customer: nobody here signed again.
    assert cells.alive.sum() == pytest.approx(own["alive"].sum())
    assert own["alive"].between(0, 0.02).sum() == pytest.approx(len(own) - cells.alive.sum(), abs=0.5)
    # The scores count a month as paid by who is there at its end, the baseline half of it of who leaves in it.
    ahead = np.cumsum(cells.hazard[:, :12], axis=1)
    assert (revenue(cells)[:, :12] / ((np.exp(cells.hazard[:, :12]) + 1) / 2)).sum() == pytest.approx(
        own["expected"].sum(), rel=0.003
    )
    assert (np.diff(ahead, axis=1) >= 0).all()
    assert (cells.spread == 0).all() and (cells.purchase == 0).all() and (cells.alive_shifts == 0).all()
    assert cells.hazard_shifts.shape[1] == base.directions == len(base.report["fitted"]["curves"]) + 2
    left = len(own) - (cells.alive * np.exp(-cells.hazard[:, :12].sum(axis=1))).sum()
    assert left == pytest.approx(own["risk"].sum(), rel=0.003)
    # The first months of contracts as they were planted: half of them leave at 5% a month, half at 1%.
    new = base.new
    assert new.staying[11] == pytest.approx((np.exp(-11.5 * 0.05) + np.exp(-11.5 * 0.01)) / 2, abs=0.06)
    assert new.revenue[3] == pytest.approx(100 * new.staying[3], rel=0.12) and new.revenue[0] < 60
    assert new.purchase == 0 and 0 <= base.error < 0.2
    # They differ in what they pay, 50 to 150, and in how many of twelve months they pay for.
    random = np.random.default_rng(0)
    paid = np.minimum(np.ceil(random.exponential(np.where(np.arange(200_000) % 2, 20.0, 100.0))), 12.0)
    paid *= random.uniform(50, 150, 200_000)
    assert new.spread == pytest.approx(paid.std() / paid.mean(), abs=0.05)


def test_doubt_of_the_curve_is_that_of_the_sum(contracts):
    """Along its direction the year's revenue moves as far as it does where curves are drawn month by month of age."""
    engine, filters = contracts
    _base, answers = base_of(engine, KEEPING, filters)
    model = modelled(scores.read_report(answers["report"]), "")
    told = model.told(answers["groups"], 12)
    random = np.random.default_rng(0)
    drawn = []
    for _n in range(400):
        curves = tuple(
            replace(
                curve,
                hazard=np.maximum(curve.hazard + random.normal(size=len(curve.hazard)) * np.sqrt(curve.variance) + random.normal() * np.sqrt(curve.rate_variance) * (np.arange(len(curve.hazard)) > curve.credible), 0.0),
            )
            for curve in model.curves
        )  # fmt: skip
        drawn.append(replace(model, curves=curves).told(answers["groups"], 12).revenue.sum())
    number = len(model.curves)
    shift = (told.revenue.sum(axis=1)[:, None] * told.revenue_shifts).sum(axis=0)[:number]
    assert np.sqrt((shift**2).sum()) == pytest.approx(np.std(drawn), rel=0.25)


def test_customers_summed_up_have_no_dates_so_nobody_is_to_come():
    made = PURCHASES.simulate(np.linspace(20, 80, 800), 12.0, 7)
    told = pd.DataFrame({
        "customer_id": [f"s{n:03}" for n in range(800)], "repeat_purchases": made.x, "recency_weeks": made.t_x, "age_weeks": made.T,
        "mean_repeat_value": np.where(made.x > 0, 10.0 + np.arange(800) % 7, np.nan),
    })  # fmt: skip
    engine = Engine.in_memory({"customers": told})
    scores.ensure(engine, engine.tables, FILTERS)
    base = based(engine, filters=FILTERS)
    assert base.new is None and base.report["untested"] and base.error == 0
    assert revenue(base.cells)[:, :12].sum() == pytest.approx(inside(engine, FILTERS)["expected"].sum(), rel=0.003)


def test_without_a_fee_nothing_is_to_come():
    engine = leaving.a_thousand()
    scores.ensure(engine, engine.tables, FILTERS)
    assert inside(engine, FILTERS).empty
    with pytest.raises(RequestProblem, match="Nothing tells what is to come"):
        based(engine, filters=FILTERS)


def test_models_come_back_as_they_were_written():
    x = np.tile([1.0, 2.0, 3.0, 8.0], 100)
    m = np.exp(np.random.default_rng(1).normal(3, 0.5, 400)) * x
    for model in (GammaGamma().fit(x, m / x), StratifiedSpend().fit(x, m)):
        again = spend_of(written_model(model))
        assert type(again) is type(model)
        assert again.mean_value(x, m).tolist() == model.mean_value(x, m).tolist()
        assert again.covariance_.tolist() == model.covariance_.tolist()
    assert purchases_of(written_model(PURCHASES)).parameters_.tolist() == PURCHASES.parameters_.tolist()


# New customers and the error of models, from numbers.


def test_the_rate_of_new_customers():
    assert came(np.full(12, 10.0)) == pytest.approx((10.0, np.sqrt(10 / 12), 1.0))
    rate, sd, dispersion = came(np.tile([5.0, 15.0], 6))
    assert (rate, dispersion) == pytest.approx((10.0, 300 / 11 / 10)) and sd == pytest.approx(
        np.sqrt(dispersion * 10 / 12)
    )
    # Twice as many as the year before may be half as many, or twice as many, next year.
    rate, sd, _dispersion = came(np.concatenate([np.full(12, 10.0), np.full(12, 5.0)]))
    assert rate == 10 and sd == pytest.approx(np.sqrt(25 - 5 / 12), rel=1e-6)
    rate, sd, dispersion = came(np.zeros(6))
    assert (rate, dispersion) == (0.0, 1.0) and sd > 0


def test_errors_within_the_models_own_doubt_are_none():
    assert shrunk([Missed(0.05, 0.06, 1.0)]) == 0
    assert shrunk([Missed(0.05, 0.06, 1.0), Missed(-0.06, 0.06, 1.0, 0.5), Missed(0.02, 0.06, 0.5, 0.5)]) == 0
    # Far beyond it, what came is taken as it is, less what so few of them can say.
    assert shrunk([Missed(0.3, 0.02, 1.0)]) == pytest.approx(0.3 / np.sqrt(3), rel=0.1)
    assert shrunk([Missed(0.3, 0.02, 1.0)] * 3) == pytest.approx(0.3 * np.sqrt(3 / 5), rel=0.1)
    # A quarter's error grows to a year's.
    assert shrunk([Missed(0.1, 0.001, 0.25)]) == pytest.approx(2 * shrunk([Missed(0.1, 0.001, 1.0)]), rel=0.15)
    assert shrunk([Missed(9.0, 0.01, 1.0)]) == MOST


def test_with_models_that_are_right_bands_stay_about_as_wide():
    """Errors as the model has them, of a year, of the year before and of the half year within the first: 80% bands with the error on top
    of the model's own doubt hold the next year in four of five."""
    random, sd = np.random.default_rng(3), 0.08
    inside_band = []
    for _n in range(2000):
        # The half year is half of the year.
        first, half, before, ahead = random.normal(size=4) * sd
        late = (first + half) / np.sqrt(2)
        error = shrunk([Missed(first, sd, 1.0, 0.5), Missed(before, sd, 1.0), Missed(late, sd, 0.5, 0.5)])
        inside_band.append(abs(ahead) < 1.2815515655446004 * np.hypot(sd, error))
    assert 0.79 < np.mean(inside_band) < 0.84


def test_errors_are_read_from_reports():
    origin = {
        "cutoff": "2025-06-28", "until": "2026-06-28", "weeks": 52, "actual": 130.0, "predicted": 100.0, "predicted_low": 90.0, "predicted_high": 110.0,
        "naive": 120.0, "revenue_actual": 1300.0, "revenue_predicted": 1000.0, "revenue_low": 900.0, "revenue_high": 1100.0, "revenue_naive": 1200.0,
    }  # fmt: skip
    half = origin | {"cutoff": "2025-12-28", "weeks": 26}
    report = {"model": "mbg_nbd", "back_test": {"is_money": True, "origins": [origin, half]}}
    one, other = of_purchases(report)
    assert one.error == pytest.approx(np.log(1300 / np.sqrt(900 * 1100))) and one.weight == other.weight == 0.5
    assert one.sd == pytest.approx(np.log(11 / 9) / 2 / 1.2815515655446004) and one.years == pytest.approx(1, abs=0.01)
    assert (error_of(report) or 0.0) > 0.1
    rate = {
        "model": "last_year",
        "parameters": [{"model": "last_year", "parameter": "monthly_churn", "estimate": 0.02}],
    }
    (plain,) = of_purchases(report | rate | {"back_test": {"is_money": True, "origins": [origin]}})
    assert plain.error == pytest.approx(np.log(1300 / (1200 * np.exp(-0.02 * np.arange(1, 13)).mean())), abs=0.01)
    assert error_of({"model": "mbg_nbd", "back_test": {"refused": "x", "origins": []}}) is None
    stays = {"n": 200, "months": 12, "predicted": 160.0, "observed": 120, "doubt": 0.01}
    (missed,) = of_contracts({"back_test_stays": stays})
    assert missed.error == pytest.approx(np.log(120 / 160)) and missed.sd == pytest.approx(
        np.hypot(np.sqrt(160 * 0.2) / 160, 0.01)
    )
    assert error_of({"fitted": {"curves": []}, "back_test_stays": stays | {"observed": 161}}) == 0
    assert error_of({"fitted": {"curves": []}, "back_test": []}) is None


def test_sums_are_the_same_in_any_order():
    first, second = steady([0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1])
    assert 0.1 + 0.2 + 0.3 != 0.3 + 0.2 + 0.1 and first == second == 0.6
    assert steady([0.0, 1.0, 123456.7, np.nan]).tolist() == [0.0, 1.0, 123456.7, 0.0]


def test_cdnow(datasets):
    text = (datasets / "cdnow" / "CDNOW_master.txt").read_text("utf-8").split("\n")[1:]
    cells = [line.split() for line in text if line.strip()]
    table = pd.DataFrame(
        [(row[0], datetime.strptime(row[1], "%Y%m%d"), float(row[3]), str(n)) for n, row in enumerate(cells)],
        columns=["customer_id", "ordered_at", "amount", "order_id"],
    )  # fmt: skip
    filters = replace(FILTERS, as_of=date(1997, 9, 30))
    engine = fitted(table, filters)
    base = based(engine, filters=filters)
    own = inside(engine, filters)
    assert base.cells.customers.sum() == len(own)
    assert revenue(base.cells)[:, :12].sum() == pytest.approx(own["expected"].sum(), rel=0.01)
    # Everybody came in the first three months.
    assert base.new is None or base.new.rate < 1e-9 or base.new.months_seen < 12
