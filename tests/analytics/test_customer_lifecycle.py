"""Stages, moves between them and definitions of lost, from orders and contracts to the answers."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from analytics.customers import lifecycle_months, scores
from analytics.customers.churn_definitions import churn_definitions, churn_list
from analytics.customers.lifecycle_moves import lifecycle_moves, logo_churn
from analytics.customers.lifecycle_stages import lifecycle_stages
from analytics.customers.members import members
from analytics.customers.rfm_segments import rfm, rfm_cells
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.scored import scored

AS_OF = date(2026, 6, 30)
FILTERS = Filters(AS_OF)
DAY = timedelta(days=1)


def engine_of(orders, customers=None, **tables):
    """Orders as (customer, days ago, amount)."""
    made = pd.DataFrame(
        [(f"O{place}", name, datetime(2026, 6, 30, 9) - ago * DAY, float(amount), "ILS") for place, (name, ago, amount) in enumerate(orders)],
        columns=["order_id", "customer_id", "ordered_at", "amount", "currency"],
    )  # fmt: skip
    names = sorted(set(made["customer_id"]))
    known = customers if customers is not None else {"customer_id": names, "customer_name": names}
    engine = Engine.in_memory({"customers": known, "orders": made} | tables)
    scores.ensure(engine, engine.tables, FILTERS)
    return engine


@pytest.fixture(scope="module")
def company():
    """300 customers who buy at paces of their own and leave at random, in two segments, and 40 who never bought."""
    random = np.random.default_rng(3)
    orders = []
    for number in range(300):
        pace, ago = random.uniform(10, 80), int(random.integers(20, 900))
        for _purchase in range(200):
            orders.append((f"C{number:03}", ago, random.uniform(50, 500)))
            ago -= max(1, round(random.exponential(pace)))
            if ago < 0 or random.random() < 0.08:
                break
    ids = [f"C{number:03}" for number in range(340)]
    since = [None if number % 3 else datetime(2024, 1, 1) + number * DAY for number in range(340)]
    listed = pd.DataFrame(
        {
            "customer_id": ids,
            "customer_name": ids,
            "segment": ["Big" if number % 4 else "Small" for number in range(340)],
        }
    ).assign(
        created_at=pd.to_datetime(pd.Series(since)), owner=["Ann" if number % 2 else "Bob" for number in range(340)]
    )
    return engine_of(orders, listed)


def ask(engine, metric, *values, filters=FILTERS, **options):
    return metric(engine.tables, filters, *values, **options).answer(engine.run)


def chosen(engine, name, value):
    return Filters(AS_OF, where=(Choice(find(name, engine.tables), (value,)),))


def by_hand(engine, root, name, **values):
    sql = (root / f"tests/sql/{name}.sql").read_text("utf-8").replace("scores_of_customers", scores.name(FILTERS))
    return rows(engine.query(sql, values or None))


def test_stages_and_segments_as_plain_sql_has_them(company, root):
    for metric, name in ((lifecycle_stages, "lifecycle"), (rfm, "rfm")):
        found = [row for row in rows(ask(company, metric)) if row["customers"]]
        expected = by_hand(company, root, name)
        assert len(found) == len(expected) > 4
        for row, other in zip(found, expected, strict=True):
            for column, value in other.items():
                assert row[column] == (value if isinstance(value, str) or value is None else pytest.approx(value)), (
                    column
                )


def test_moves_as_plain_sql_has_them(company, root):
    report = scores.read_report(company.run(scores.report_table(FILTERS)))
    assert report["model"] == "mbg_nbd"
    own = {row["parameter"]: row["estimate"] for row in report["parameters"] if row["model"] == "mbg_nbd"}
    window = report["thresholds"]["window_days"]
    expected = by_hand(company, root, "lifecycle_moves", as_of=AS_OF, window=window, **own)
    moves = ask(company, lifecycle_moves)
    keys = ["month_end", "lifecycle_before", "lifecycle_after"]
    found = moves.groupby(keys, as_index=False)["customers"].sum().sort_values(keys)
    assert rows(found) == expected
    assert {"core", "lost", "defecting", "first_time", "potential"} <= set(found["lifecycle_after"])


def test_months_add_up_and_end_where_the_scores_stand(company):
    moves = ask(company, lifecycle_moves)
    ends = sorted(moves["month_end"].unique())
    assert len(ends) == 12 and ends[-1] == AS_OF.isoformat()
    after = moves.pivot_table(
        index="month_end", columns="lifecycle_after", values="customers", aggfunc="sum", fill_value=0
    )
    before = moves.pivot_table(
        index="month_end", columns="lifecycle_before", values="customers", aggfunc="sum", fill_value=0
    )
    for earlier, later in pairwise(ends):
        for stage in after.columns:
            assert after.loc[earlier, stage] == before.loc[later].get(stage, 0)
    stages = ask(company, lifecycle_stages).groupby("lifecycle")["customers"].sum()
    for stage, customers in stages.items():
        assert after.loc[ends[-1]].get(stage, 0) == customers
    assert after.loc[ends[-1]].sum() == 340
    at_end = company.run(scores.every(FILTERS)).merge(company.run(lifecycle_months.table(FILTERS)), on="customer_id")
    assert (at_end["lifecycle"].map(lifecycle_months.LETTERS) == at_end["path"].str[-1]).all()
    assert at_end["revenue_12"].to_numpy() == pytest.approx(at_end["revenue_12m"].fillna(0).to_numpy())


def test_churn_is_of_those_at_the_start(company):
    moves, churn = ask(company, lifecycle_moves), rows(ask(company, logo_churn))
    there = ("first_time", "core", "returned", "defecting")
    assert len(churn) == 13
    for row in churn[1:]:
        month = moves[moves["month_end"] == row["to_day"]]
        start = month[month["lifecycle_before"].isin(there)]
        assert row["active_at_start"] == start["customers"].sum()
        assert row["lost_in_period"] == start.loc[start["lifecycle_after"] == "lost", "customers"].sum()
        assert row["logo_churn"] == pytest.approx(row["lost_in_period"] / row["active_at_start"])
        assert row["low"] <= row["logo_churn"] <= row["high"]
    year = churn[0]
    assert (year["from_day"], year["to_day"]) == ("2025-06-30", "2026-06-30")
    # Of those there at the start and lost since, some had come back in between and some were lost twice.
    assert year["lost_in_period"] <= sum(row["lost_in_period"] for row in churn[1:])


def test_filters_choose_among_the_same_customers(company):
    whole = ask(company, lifecycle_stages).groupby("lifecycle")["customers"].sum()
    parts = [
        ask(company, lifecycle_stages, filters=chosen(company, "segment", name)).groupby("lifecycle")["customers"].sum()
        for name in ("Big", "Small")
    ]
    assert (parts[0] + parts[1]).to_dict() == whole.to_dict()
    grouped = ask(company, lifecycle_stages, find("segment", company.tables))
    assert grouped.groupby("lifecycle")["customers"].sum().to_dict() == whole.to_dict()
    moves = ask(company, lifecycle_moves, filters=chosen(company, "owner", "Ann"))
    assert 0 < moves["customers"].sum() < ask(company, lifecycle_moves)["customers"].sum()
    nobody = chosen(company, "segment", "None such")
    assert ask(company, lifecycle_moves, filters=nobody).empty and ask(company, logo_churn, filters=nobody).empty
    assert ask(company, rfm, filters=nobody).empty and ask(company, churn_definitions, filters=nobody).empty


def test_definitions_of_lost_nest_and_the_one_in_force_is_the_stage(company):
    found = {row["churn_definition"]: row for row in rows(ask(company, churn_definitions))}
    lost = {name: set(ask(company, churn_list, name)["customer_id"]) for name in found}
    assert lost["q95"] <= lost["q90"] <= lost["q80"] and len(lost["q95"]) < len(lost["q80"])
    for name, row in found.items():
        assert row["counted_lost"] == len(lost[name]) <= row["bought_customers"] == 300
        assert row["low"] <= row["counted_share"] <= row["high"]
    told = company.run(scores.every(FILTERS))
    in_force = set(told.loc[told["lifecycle"] == "lost", "customer_id"])
    assert lost["q95"] | lost["alive_20"] == in_force
    assert found["q80"]["also_lost"] == len(lost["q80"] & in_force)
    with pytest.raises(RequestProblem, match="ended_30"):
        ask(company, churn_list, "ended_30")


def test_rfm_cells_and_lists_hold_the_same_customers(company):
    cells, segments = ask(company, rfm_cells), ask(company, rfm)
    assert cells["customers"].sum() == segments["customers"].sum() == 300
    assert cells["revenue_all"].sum() == pytest.approx(company.run(scores.every(FILTERS))["revenue"].sum())
    for row in rows(segments):
        own = company.run(members(company.tables, FILTERS, segment=row["rfm_segment"]))
        assert len(own) == row["customers"] and (own["rfm_segment"] == row["rfm_segment"]).all()
    first = rows(cells)[0]
    cell = (first["recency_score"], first["frequency_score"])
    assert len(company.run(members(company.tables, FILTERS, cell=cell))) == first["customers"]


# rows one can follow by eye


def test_one_customer_through_a_year():
    # Every 30 days until 300 days ago, then a purchase 20 days ago. All others buy every 30 days, so 30 days is the limit.
    orders = [("A", ago, 10) for ago in range(600, 270, -30)] + [("A", 20, 50)]
    orders += [(f"R{number}", ago, 10) for number in range(40) for ago in range(600, -1, -30)]
    names = ["A", *(f"R{number}" for number in range(40))]
    listed = {"customer_id": names, "customer_name": names, "segment": ["One", *["Many"] * 40]}
    engine = engine_of(orders, listed)
    moves = rows(ask(engine, lifecycle_moves, filters=chosen(engine, "segment", "One")))
    assert {row["customers"] for row in moves} == {1} and len(moves) == 12
    stages = [moves[0]["lifecycle_before"], *(row["lifecycle_after"] for row in moves)]
    # Until 273 days ago, 27 days after a purchase, it bought as ever; from 243 days ago on it was silent for more than 30.
    assert stages == ["core"] * 4 + ["lost"] * 8 + ["returned"]
    assert moves[-1]["revenue_moved"] == 80  # in the 365 days to the end: three of 10 and one of 50
    assert moves[0]["revenue_moved"] == 80  # in the 365 days to the beginning: eight of 10


def test_all_bought_once():
    orders = [(f"C{number:02}", 10 * number, 100) for number in range(60)]
    stages = {row["lifecycle"]: row["customers"] for row in rows(ask(engine_of(orders), lifecycle_stages))}
    # Nobody ever came back, so that nobody can be late for it: young for a year, leaving after it.
    assert (stages["first_time"], stages["defecting"], stages["lost"], stages["core"]) == (37, 23, 0, 0)


def test_a_history_of_a_week():
    moves = rows(ask(engine_of([("A", 5, 10), ("B", 3, 10), ("A", 1, 10)]), lifecycle_moves))
    assert [(row["lifecycle_before"], row["lifecycle_after"], row["customers"]) for row in moves] == [
        ("new", "first_time", 1), ("new", "core", 1)
    ]  # fmt: skip


def test_contracts_have_stages_moves_and_other_definitions():
    day = AS_OF
    contracts = pd.DataFrame(
        [
            ("A", day - 700 * DAY, None), ("B", day - 700 * DAY, day - 31 * DAY), ("C", day - 700 * DAY, day + 80 * DAY),
            ("D", day - 20 * DAY, None), ("E", day - 700 * DAY, day - 400 * DAY), ("E", day - 200 * DAY, None),
        ],
        columns=["customer_id", "started_on", "ended_on"],
    ).assign(monthly_revenue=100.0, currency="ILS")  # fmt: skip
    contracts = contracts.assign(subscription_id=[str(place) for place in range(6)])
    for name in ("started_on", "ended_on"):
        contracts[name] = pd.to_datetime(contracts[name])
    names = list("ABCDEF")
    # A model of contracts needs more of them; these never end.
    more = pd.DataFrame({"customer_id": [f"M{n}" for n in range(60)], "started_on": pd.Timestamp(2024, 1, 1)})
    more = more.assign(ended_on=[pd.Timestamp(2025, 1, 1) if n % 2 else pd.NaT for n in range(60)], monthly_revenue=50.0,
                       currency="ILS", subscription_id=[f"m{n}" for n in range(60)])  # fmt: skip
    listed = [*names, *more["customer_id"]]
    engine = Engine.in_memory({
        "customers": {"customer_id": listed, "customer_name": listed}, "subscriptions": pd.concat([contracts, more], ignore_index=True),
    })  # fmt: skip
    scores.ensure(engine, engine.tables, FILTERS)
    told = engine.run(scores.every(FILTERS)).set_index("customer_id")["lifecycle"]
    assert told[names].tolist() == ["core", "lost", "defecting", "first_time", "returned", "potential"]
    moves = ask(engine, lifecycle_moves)
    at_end = moves[moves["month_end"] == AS_OF.isoformat()].groupby("lifecycle_after")["customers"].sum()
    assert at_end.to_dict() == told.value_counts().to_dict()
    found = {row["churn_definition"]: row["counted_lost"] for row in rows(ask(engine, churn_definitions))}
    assert found == {"ended_0": 31, "ended_30": 31, "ended_60": 30, "ended_90": 30}
    assert ask(engine, rfm).empty


def test_sums_without_dates_have_no_months():
    engine = scored({"customer_id": "A"})
    scores.keep_report(engine, FILTERS, {"basis": "summary", "thresholds": {}})
    with pytest.raises(RequestProblem, match="sums"):
        ask(engine, lifecycle_moves)
    with pytest.raises(RequestProblem, match="one definition"):
        ask(engine, churn_definitions)


def test_currencies_are_not_added():
    engine = scored(
        {"customer_id": "A", "currency": "USD", "value": 10.0, "risk": 0.5}, {"customer_id": "B", "currency": "EUR", "value": 30.0, "risk": 0.5}
    )  # fmt: skip
    core = [row for row in rows(ask(engine, lifecycle_stages)) if row["lifecycle"] == "core"]
    assert {(row["currency"], row["value"], row["customers"], row["customers_all"]) for row in core} == {
        ("USD", 10.0, 1, 2), ("EUR", 30.0, 1, 2)
    }  # fmt: skip
    half = ask(engine, lifecycle_stages, margin=0.5)
    assert half["value"].sum() == 20 and half["value_at_risk"].sum() == 10
