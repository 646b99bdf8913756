"""Back-tests: histories planted by the very model, breaks and noise planted against it, and figures one can check by hand."""

from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analytics.customers import back_test as module
from analytics.customers import held_back, scores
from analytics.customers.back_test import BEATEN, NO_ORDER, back_test, none_bins, top
from analytics.customers.basis import Source
from analytics.customers.held_back import Origin, known_and_came, least_weeks, origins, sample, span
from analytics.customers.model_report import (
    lifetime_back_test,
    lifetime_deciles,
    model_parameters,
    none_calibration,
    paces,
)
from analytics.filters import Filters
from analytics.intervals import wilson
from analytics.lifetime.dropout import MbgNbd
from analytics.lifetime.spend import GammaGamma
from analytics.rows import rows
from data.engine import Engine

AS_OF = date(2026, 6, 28)
WEEKS = 52
CUTOFF = AS_OF - timedelta(weeks=WEEKS)
ORDERS = Source("orders", False, 1)
TRUTH = MbgNbd.known(1.2, 9.0, 0.8, 9.0)
SPEND = GammaGamma.known(6.0, 4.0, 15.0)
CUSTOMERS = 1200


def orders(*bought, currency=None):
    """A table of orders, from (customer, day, amount) or (customer, day, amount, currency)."""
    made = pd.DataFrame([each if len(each) == 4 else (*each, currency) for each in bought])
    made.columns = ["customer_id", "ordered_at", "amount", "currency"]
    made["ordered_at"] = pd.to_datetime(made["ordered_at"])
    made["amount"] = made["amount"].astype(float)
    return made.assign(order_id=[str(number) for number in range(len(made))])


def days_of(random, first, last, n):
    """So many different days from `first` to `last`."""
    n = min(int(n), last - first + 1)
    return random.choice(np.arange(first, last + 1), n, replace=False) if n > 0 else []


@cache
def planted(after="model", seed=7, customers=CUSTOMERS):
    """Customers that buy as the model has it, and after the cut-off: as it has it, nothing at all, or what others would have."""
    random = np.random.default_rng(seed)
    # The first ones long ago, so that half of the history lies before the cut-off.
    ages = np.round(random.uniform(26, 52, customers) * 7).astype(int)
    ages[: customers // 8] = 53 * 7
    made = TRUTH.simulate(ages / 7, WEEKS, seed)
    zeta, _mean = SPEND.simulate(made.x, seed)
    later, worth = made.purchases, zeta
    if after == "others":
        order = random.permutation(customers)
        later, worth = later[order], zeta[order]
    bought = []
    for number in range(customers):
        age, last = int(ages[number]), round(made.t_x[number] * 7)
        days = [0]
        if made.x[number]:
            last = max(last, int(made.x[number]))
            days += [*days_of(random, 1, last - 1, made.x[number] - 1), last]
        if after != "nothing":
            days += [age + day for day in days_of(random, 1, WEEKS * 7, later[number])]
        for day in days:
            level = worth[number] if day > age else zeta[number]
            when = CUTOFF + timedelta(days=int(day) - age)
            bought.append(
                (f"C{number:05}", datetime.combine(when, datetime.min.time()), random.gamma(6.0) * level / 6.0)
            )
    return orders(*bought, currency="USD")


def back_tested(table, gap=4.0, as_of=AS_OF, customers=CUSTOMERS):
    engine = Engine.in_memory({"orders": table})
    return back_test(engine, engine.tables, Filters(as_of), Source("orders", False, customers), gap)


@pytest.fixture(scope="module")
def by_the_model():
    return back_tested(planted())


def test_the_longest_stretch_is_the_horizon_or_half_of_the_history():
    found = origins(AS_OF, weeks=300, horizon_months=12, least=8)
    assert [(each.cutoff, each.weeks, each.until) for each in found] == [
        (AS_OF - timedelta(weeks=52), 52, AS_OF),
        (AS_OF - timedelta(weeks=104), 52, AS_OF - timedelta(weeks=52)),
        (AS_OF - timedelta(weeks=26), 26, AS_OF),
    ]
    short = origins(AS_OF, weeks=60, horizon_months=12, least=8)
    assert [each.weeks for each in short] == [30, 15, 10]
    assert [each.weeks for each in origins(AS_OF, weeks=30, horizon_months=12, least=8)] == [15]
    assert origins(AS_OF, weeks=14, horizon_months=12, least=8) == []
    for weeks, some in ((300, found), (60, short)):
        assert all((each.cutoff - (AS_OF - timedelta(weeks=weeks))).days >= weeks * 7 / 2 for each in some)


def test_two_usual_gaps_must_fit_into_what_is_held_back():
    assert least_weeks(None) == 8
    assert least_weeks(2.0) == 8
    assert least_weeks(6.2) == 13


def test_what_was_known_and_what_came_are_kept_apart():
    table = orders(
        ("a", "2026-01-01", 100), ("a", "2026-01-20", 30), ("a", "2026-02-10", 50), ("a", "2026-02-20", 20), ("a", "2026-02-20", 5),
        ("b", "2026-01-10", 40), ("b", "2026-03-10", 70),  # came back after the stretch it has to foretell
        ("c", "2026-02-05", 500),  # came after the cut-off: not told of
        ("d", "2026-01-25", 10), ("d", "2026-02-15", 90), ("d", "2026-02-25", -90),  # what came back is no purchase
    )  # fmt: skip
    engine = Engine.in_memory({"orders": table})
    origin = Origin(date(2026, 1, 31), 4)
    assert origin.until == date(2026, 2, 28)
    found = known_and_came(engine, engine.tables, Filters(AS_OF), ORDERS, origin, "")
    told = found[["repeat_purchases", "age_weeks", "bought", "brought", "bought_before", "brought_before"]]
    assert told.to_numpy().tolist() == [
        # The four weeks before begin on 4 January.
        [1.0, 30 / 7, 2.0, 75.0, 1.0, 30.0],
        [0.0, 21 / 7, 0.0, 0.0, 1.0, 40.0],
        [0.0, 6 / 7, 0.0, 0.0, 1.0, 10.0],
    ]


def test_money_of_another_currency_is_not_added():
    table = orders(("a", "2026-01-01", 100, "USD"), ("a", "2026-02-10", 50, "USD"), ("a", "2026-02-11", 70, "EUR"), ("b", "2026-01-05", 9, "EUR"))  # fmt: skip
    engine = Engine.in_memory({"orders": table})
    source = Source("orders", True, 2)
    known = span(engine, engine.tables, Filters(date(2026, 2, 28)), source)
    assert known is not None and known.currency in ("USD", "EUR")
    found = known_and_came(engine, engine.tables, Filters(AS_OF), source, Origin(date(2026, 1, 31), 4), "USD")
    assert list(found["currency"]) == ["USD", "EUR"]
    assert list(found["bought"]) == [2.0, 0.0]
    assert list(found["brought"]) == [50.0, 0.0]


def test_ties_share_the_top_tenth_evenly():
    assert top(np.array([5.0, 4.0, 3.0, 2.0, 1.0]), 0.2).tolist() == [1, 0, 0, 0, 0]
    assert top(np.zeros(20)).tolist() == [0.1] * 20
    assert top(np.array([9.0, 1.0, 1.0, 1.0, 0.0]), 0.4).tolist() == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0])


def test_chances_stand_in_tenths_of_the_scale():
    found = none_bins(np.array([True, False, True, True]), np.array([0.15, 0.12, 0.95, 1.0]))
    assert [(row["bin"], row["customers"]) for row in found] == [(2, 2), (10, 2)]
    assert found[0]["none_predicted"] == pytest.approx(0.135)
    assert (found[0]["none_observed"], found[1]["none_observed"]) == (0.5, 1.0)
    assert (found[0]["none_low"], found[0]["none_high"]) == wilson(0.5, 2)


def test_customers_who_buy_as_the_model_has_it_are_told_well(by_the_model):
    assert by_the_model["refused"] is None
    first = by_the_model["origins"][0]
    assert (first["cutoff"], first["until"], first["weeks"]) == (CUTOFF.isoformat(), AS_OF.isoformat(), WEEKS)
    assert first["customers"] == CUSTOMERS
    assert abs(first["error"]) < 0.05
    assert abs(by_the_model["error"]) < 0.08
    assert not by_the_model["is_off"]
    assert by_the_model["has_skill"] and by_the_model["is_used"] and by_the_model["unused"] is None
    assert first["brier"] < first["brier_baseline"]
    assert first["calibration_error"] < 0.04
    assert first["captured_top_tenth"] > 0.25
    assert 0.7 < first["inside_range"] < 0.9
    assert first["predicted_low"] < first["predicted"] < first["predicted_high"]


def test_tenths_are_all_of_it(by_the_model):
    first, tenths = by_the_model["origins"][0], by_the_model["deciles"]
    assert [row["decile"] for row in tenths] == list(range(1, 11))
    for name in ("customers", "predicted", "actual", "revenue_predicted", "revenue_actual"):
        assert sum(row[name] for row in tenths) == pytest.approx(first[name])
    expected = [row["revenue_predicted"] / row["customers"] for row in tenths]
    assert expected == sorted(expected, reverse=True)
    assert sum(row["customers"] for row in by_the_model["none_bins"]) == first["customers"]
    nothing = sum(row["none_observed"] * row["customers"] for row in by_the_model["none_bins"])
    share = nothing / first["customers"]
    assert first["brier_baseline"] == pytest.approx(share * (1 - share))


def test_actual_figures_are_those_of_plain_sums(by_the_model):
    table, first = planted(), by_the_model["origins"][0]
    came = table[(table["ordered_at"] > pd.Timestamp(CUTOFF)) & (table["ordered_at"] <= pd.Timestamp(AS_OF))]
    assert first["actual"] == len(came)
    assert first["revenue_actual"] == pytest.approx(came["amount"].sum())
    start = pd.Timestamp(CUTOFF - timedelta(weeks=WEEKS))
    before = table[(table["ordered_at"] > start) & (table["ordered_at"] <= pd.Timestamp(CUTOFF))]
    assert first["revenue_naive"] == pytest.approx(before["amount"].sum())


def test_all_of_them_leaving_at_the_cut_off_is_a_miss():
    found = back_tested(planted("nothing"))
    first = found["origins"][0]
    assert first["actual"] == 0 and first["revenue_actual"] == 0
    assert first["predicted"] > 1000
    assert found["error"] is None and found["is_off"]
    assert first["captured_top_tenth"] is None


def test_what_others_would_have_bought_is_not_told_by_any_history():
    found = back_tested(planted("others"))
    assert not found["has_skill"] and not found["is_used"]
    assert found["unused"] is NO_ORDER


def test_a_model_that_is_clearly_beaten_is_not_used(monkeypatch):
    """One that puts customers a little better than average first, not the best, and tells four times too much."""

    def worse(self):
        place = self.revenue.expected.argsort().argsort() / len(self.came)
        return 4 * self.revenue.expected.mean() * (1.5 - abs(place - 0.6))

    monkeypatch.setattr(module._Tested, "predicted", property(worse))
    found = back_tested(planted())
    assert found["unused"] is BEATEN and not found["is_used"]


def test_where_all_tests_miss_one_way_it_is_said():
    table = planted()
    grown = table[table["ordered_at"] > pd.Timestamp(CUTOFF)]
    # From the cut-off on everybody pays twice as much, and twice that in the second half.
    more = table["amount"].where(table["ordered_at"] <= pd.Timestamp(CUTOFF), table["amount"] * 2)
    more = more.where(table["ordered_at"] <= pd.Timestamp(AS_OF - timedelta(weeks=26)), more * 3)
    found = back_tested(table.assign(amount=more))
    assert len(grown) and found["error"] < -0.3
    assert found["is_off"] and found["one_way"] == "low"


def test_only_some_customers_are_drawn_and_always_the_same(monkeypatch):
    monkeypatch.setattr(held_back, "MOST", 600)
    engine = Engine.in_memory({"orders": planted()})
    source, ids = Source("orders", False, CUSTOMERS), []
    for _time in "ab":
        drawn, name = sample(engine, engine.tables, Filters(AS_OF), source)
        ids.append(set(engine.run(drawn.orders.select("customer_id").distinct())["customer_id"]))
        assert name is not None and engine.has_scores(name)
        engine.drop_scores(name)
    assert ids[0] == ids[1]
    found = back_test(engine, engine.tables, Filters(AS_OF), source, 4.0)
    assert found["sampled_of"] == CUSTOMERS
    assert found["origins"][0]["customers"] == len(ids[0]) and 520 < len(ids[0]) < 680
    whole = planted()[planted()["customer_id"].isin(ids[0]) & (planted()["ordered_at"] > pd.Timestamp(CUTOFF))]
    assert found["origins"][0]["actual"] == len(whole)
    assert not engine.has_scores(f"{scores.name(Filters(AS_OF))}_sample")


def test_a_history_too_short_or_without_dates_is_not_tested():
    engine = Engine.in_memory({"orders": planted()})
    found = back_test(engine, engine.tables, Filters(AS_OF), Source("orders", False, CUSTOMERS), 40.0)
    assert "too short" in str(found["refused"]) and found["is_used"] and not found["origins"]
    found = back_test(engine, engine.tables, Filters(AS_OF), Source("summary", False, 5), None)
    assert "without dates" in str(found["refused"])


def test_too_few_who_came_back_by_the_cut_off_leave_nothing_to_test():
    bought = [(f"C{number}", AS_OF - timedelta(weeks=100 - number), 10) for number in range(60)]
    found = back_tested(orders(*bought), customers=60)
    assert "too little to fit" in str(found["refused"])


def test_without_amounts_purchases_are_told():
    found = back_tested(planted().assign(amount=np.nan))
    first = found["origins"][0]
    assert not found["is_money"]
    assert first["revenue_predicted"] is None and first["revenue_actual"] is None
    assert found["error"] == first["error"]
    assert abs(found["error"]) < 0.1


def fitted(table, filters=None):
    ids = sorted(table["customer_id"].unique())
    engine = Engine.in_memory({"orders": table, "customers": pd.DataFrame({"customer_id": ids, "customer_name": ids})})
    scores.ensure(engine, engine.tables, filters or Filters(AS_OF))
    return engine


def test_commands_read_what_the_fit_kept():
    engine = fitted(planted(customers=600))
    ask = (engine.tables, Filters(AS_OF))
    kept = scores.read_report(engine.run(scores.report_table(Filters(AS_OF))))["back_test"]
    told = lifetime_back_test(*ask).answer(engine.run)
    assert list(told["predicted"]) == [row["predicted"] for row in kept["origins"]]
    assert told["customers_tested"].iloc[0] == 600 and set(told["currency"]) == {"USD"}
    tenths = lifetime_deciles(*ask).answer(engine.run)
    assert tenths["customers_tested"].sum() == 600
    assert tenths["revenue_actual"].sum() == pytest.approx(told["revenue_actual"].iloc[0])
    bins = none_calibration(*ask).answer(engine.run)
    assert bins["customers_tested"].sum() == 600
    parameters = rows(model_parameters(*ask).answer(engine.run))
    assert [row["parameter"] for row in parameters] == ["r", "alpha", "a", "b", "p", "q", "v"]
    assert all(row["parameter_low"] < row["estimate"] < row["parameter_high"] for row in parameters)


def test_a_model_without_skill_is_not_used_for_the_scores():
    engine = fitted(planted("others"))
    report = scores.read_report(engine.run(scores.report_table(Filters(AS_OF))))
    assert report["model"] == "last_year"
    assert scores.told(report["refused"]) == NO_ORDER
    assert report["back_test"]["origins"] and not report["back_test"]["is_used"]


def test_paces_are_what_the_parameters_come_to():
    said = {"r": 1.0, "alpha": 10.0, "a": 1.0, "b": 3.0}
    report = {
        "parameters": [{"model": "mbg_nbd", "parameter": name, "estimate": value} for name, value in said.items()]
    }
    found = paces(report)
    assert found["weeks"] == 10.0 and found["leaving"] == 0.25
    # With r = 1 rates are exponential: half lie below log(2) / alpha.
    assert found["half_weeks"] == pytest.approx(10 / np.log(2))
    assert paces({"parameters": []}) == {}


def test_cdnow(datasets):
    text = (datasets / "cdnow" / "CDNOW_master.txt").read_text("utf-8").split("\n")[1:]
    cells = [line.split() for line in text if line.strip()]
    table = orders(*((row[0], datetime.strptime(row[1], "%Y%m%d"), float(row[3])) for row in cells))
    found = back_tested(table, gap=9.0, as_of=date(1998, 6, 30), customers=23_570)
    first = found["origins"][0]
    assert (first["cutoff"], first["weeks"], first["customers"]) == ("1997-09-30", 39, 23_570)
    assert first["actual"] == 19_684
    assert first["predicted"] == pytest.approx(15_951, rel=0.01)
    assert found["is_off"] and found["error"] < -0.1 and found["is_used"]
    assert first["predicted_high"] < first["actual"]
