from datetime import date

import numpy as np
import pandas as pd
import pytest

from analytics.fields import find
from analytics.filters import Filters
from analytics.intervals import wilson
from analytics.rows import rows
from analytics.win_rate import DEFINITIONS, MOST_RESAMPLED, win_rate
from data.engine import Engine
from tests.analytics.sample import day, deals, five_deals, random_workspace

END = date(2026, 1, 31)


def by_definition(engine, filters, **options):
    return {row["definition"]: row for row in rows(win_rate(engine.tables, filters, **options).answer(engine.run))}


def test_five_deals():
    found = by_definition(five_deals(), Filters(END))
    assert tuple(found) == DEFINITIONS
    closed = found["closed"]
    assert (closed["won"], closed["total"], closed["undecided"]) == (2, 3, 2)
    assert closed["rate"] == 2 / 3
    assert (closed["low"], closed["high"]) == pytest.approx(wilson(2 / 3, 3))
    assert closed["undecided_share"] == 2 / 5
    assert (found["created"]["won"], found["created"]["total"], found["created"]["rate"]) == (2, 5, 0.4)
    assert found["value"]["rate"] == 700 / 1000
    assert found["value"]["top_share"] == 600 / 1000
    assert found["value"]["amount_known"] == 1
    # Deals 3 and 5 are older than the closed ones were.
    assert (found["hygiene"]["total"], found["hygiene"]["zombies"], found["hygiene"]["rate"]) == (5, 2, 0.4)
    assert found["hygiene"]["undecided"] == 0
    assert found["matured"]["rate"] is None
    assert "30 deals" in found["matured"]["reason"]
    assert found["matured"]["won"] is None and found["matured"]["total"] is None


def test_a_period_bounds_the_date_that_each_definition_asks_for():
    engine = Engine.in_memory(
        {
            "deals": deals(
                ("1", "won", None, 10, day(1), day(5, month=2)),
                ("2", "lost", None, 10, day(1, month=2), day(9, month=2)),
                ("3", "won", None, 10, day(1, month=2), day(9, month=3)),
                ("4", "won", None, 10, day(1, month=2), None),
                ("5", "lost", None, 10, None, day(9, month=2)),
                ("6", "open", None, 10, day(2, month=2), None),
            )
        }
    )
    found = by_definition(engine, Filters(date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)))
    assert (found["closed"]["won"], found["closed"]["total"], found["closed"]["undated"]) == (1, 3, 1)
    assert (found["created"]["won"], found["created"]["total"], found["created"]["undated"]) == (2, 4, 1)
    assert (found["created"]["undecided"], found["created"]["undecided_share"]) == (1, 0.25)
    assert (found["value"]["won"], found["value"]["total"]) == (10, 30)


def test_overdue_deals_are_open_on_paper_only():
    frame = deals(
        ("1", "won", None, 10, day(1), day(3)),
        ("2", "open", None, 10, day(30), None),
        ("3", "open", None, 10, day(30), None),
    )
    frame["expected_close_on"] = [None, date(2026, 1, 1), date(2025, 12, 31)]
    found = by_definition(Engine.in_memory({"deals": frame}), Filters(END))["hygiene"]
    assert (found["zombies"], found["total"], found["undecided"]) == (1, 2, 1)  # thirty days late is not yet overdue


def test_a_cohort_is_followed_to_the_age_of_three_quarters_of_its_closings():
    # 40 deals created on one day: 20 won after 10 days, 10 lost after 20 days, 10 open.
    frame = deals(
        *((str(n), "won", None, 1, day(1), day(11)) for n in range(20)),
        *((str(n), "lost", None, 1, day(1), day(21)) for n in range(20, 30)),
        *((str(n), "open", None, 1, day(1), None) for n in range(30, 40)),
    )
    engine = Engine.in_memory({"deals": frame})
    found = by_definition(engine, Filters(END))["matured"]
    # The 23rd of 30 closings, 75 of 100, took 20 days: nobody was censored before it.
    assert (found["n"], found["horizon_days"], found["rate"], found["undecided"]) == (40, 20, 0.5, 10)
    assert (found["low"], found["high"]) == pytest.approx(wilson(0.5, 40))
    # On the 15th none is lost yet: closings took ten days, and half were won by then.
    found = by_definition(engine, Filters(date(2026, 1, 15)))["matured"]
    assert (found["n"], found["horizon_days"], found["rate"], found["undecided"]) == (40, 10, 0.5, 20)
    # Closed before created is a mistake, left out and counted.
    frame.loc[0, "closed_at"] = day(1) - pd.Timedelta(days=1)
    found = by_definition(Engine.in_memory({"deals": frame}), Filters(END))["matured"]
    assert (found["n"], found["negative"]) == (39, 1)


def test_a_value_rate_of_won_deals_alone_has_no_interval():
    frame = deals(*((str(n), "won", None, 10 + n, day(1), day(2)) for n in range(3)))
    found = by_definition(Engine.in_memory({"deals": frame}), Filters(END))["value"]
    assert (found["rate"], found["low"], found["high"], found["interval_method"]) == (1, None, None, None)


def test_too_few_won_deals_make_no_cohort():
    frame = deals(*((str(n), "won" if n < 9 else "lost", None, 1, day(1), day(11)) for n in range(40)))
    found = by_definition(Engine.in_memory({"deals": frame}), Filters(END))["matured"]
    assert found["rate"] is None and found["reason"] and found["low"] is None


def test_money_of_different_currencies_is_not_added():
    frame = deals(
        ("1", "won", None, 10, day(1), day(2)),
        ("2", "lost", None, 30, day(1), day(2)),
        ("3", "won", None, 7, day(1), day(2)),
    ).assign(currency=["EUR", "EUR", "USD"])
    engine = Engine.in_memory({"deals": frame})
    found = [
        row for row in rows(win_rate(engine.tables, Filters(END)).answer(engine.run)) if row["definition"] == "value"
    ]
    assert [(row["currency"], row["won"], row["total"]) for row in found] == [("EUR", 10, 40), ("USD", 7, 7)]


def test_lost_deals_without_amounts_are_pointed_out():
    for amount in (None, 0.0):
        frame = deals(("1", "won", None, 10.0, day(1), day(2)), ("2", "lost", None, amount, day(1), day(2)))
        found = by_definition(Engine.in_memory({"deals": frame}), Filters(END))["value"]
        assert found["rate"] == 1 and "no amounts" in found["reason"]
    assert by_definition(five_deals(), Filters(END))["value"]["reason"] is None


def test_many_amounts_get_the_linearised_interval():
    n = MOST_RESAMPLED + 1
    random = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "deal_id": [str(place) for place in range(n)],
            "status": np.where(random.random(n) < 0.5, "won", "lost"),
            "amount": np.arange(1.0, n + 1),
            "created_at": day(1),
            "closed_at": day(2),
        }
    )
    many = by_definition(Engine.in_memory({"deals": frame}), Filters(END))["value"]
    few = by_definition(Engine.in_memory({"deals": frame[:-1]}), Filters(END))["value"]
    assert (many["interval_method"], few["interval_method"]) == ("linearised", "bootstrap")
    assert many["low"] == pytest.approx(few["low"], abs=0.002)
    assert many["high"] == pytest.approx(few["high"], abs=0.002)


def test_groups_are_compared_with_the_rest():
    frame = deals(
        *((f"a{n}", "won" if n < 45 else "lost", "Ann", 1, day(1), day(2)) for n in range(60)),
        *((f"b{n}", "won" if n < 15 else "lost", "Bob", 1, day(1), day(2)) for n in range(60)),
        *((f"c{n}", "won", "Cy", 1, day(1), day(2)) for n in range(29)),
    )
    engine = Engine.in_memory({"deals": frame})
    found = win_rate(engine.tables, Filters(END), find("owner", engine.tables)).answer(engine.run)
    closed = found[found["definition"] == "closed"].set_index("owner")
    assert closed["rate"].to_dict() == {"Ann": 0.75, "Bob": 0.25, "Cy": 1}
    assert closed.loc["Bob", "q_value"] < 0.001
    assert pd.isna(closed.loc["Cy", "q_value"])
    # Ann and Bob, by closed, created, matured, value and hygiene; Cy has too few deals.
    assert set(found["tests"]) == {10}


@pytest.mark.parametrize("seed", range(3))
def test_groups_add_up_and_shares_stay_shares(seed):
    engine = random_workspace(seed, size=200)
    filters = Filters(date(2025, 9, 30))
    total = by_definition(engine, filters)
    grouped = win_rate(engine.tables, filters, find("team", engine.tables)).answer(engine.run)
    for name in ("closed", "created", "hygiene"):
        rows_ = grouped[grouped["definition"] == name]
        assert rows_["won"].sum() == total[name]["won"]
        assert rows_["total"].sum() == total[name]["total"]
        assert rows_["undecided"].sum() == total[name]["undecided"]
    known = grouped[grouped["rate"].notna() & grouped["low"].notna()]
    assert ((known["low"] <= known["rate"] + 1e-9) & (known["rate"] <= known["high"] + 1e-9)).all()
    assert known["rate"].between(0, 1).all()
    assert total["created"]["total"] == total["closed"]["total"] + total["closed"]["undecided"]
    assert total["hygiene"]["rate"] <= total["closed"]["rate"]


def test_nothing_at_all():
    found = by_definition(Engine.in_memory({}), Filters(END))
    assert all(row["rate"] is None and row["low"] is None and row["n"] == 0 for row in found.values())
