"""One vote an account, and accounts weighing as much as they bring."""

import math
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.nps.accounts import COLUMNS, account_nps, bootstrap
from analytics.nps.revenue_weighted import ACCOUNTS, nps_accounts, revenue_weighted_nps
from analytics.rows import rows
from data.errors import RequestProblem
from tests.analytics.nps_rows import AS_OF, answer, surveyed

FILTERS = Filters(AS_OF)
NOW = datetime(2026, 7, 1)


def asked(question, engine, filters=FILTERS, **options):
    return rows(question(engine.tables, filters, **options).answer(engine.run))


def only(question, engine, filters=FILTERS, **options):
    (row,) = asked(question, engine, filters, **options)
    return row


def orders(*bought):
    """Orders of (customer, day, amount, currency)."""
    return {
        "order_id": [str(number) for number in range(len(bought))], "customer_id": [each[0] for each in bought],
        "ordered_at": [datetime.fromisoformat(each[1]) for each in bought], "amount": [float(each[2]) for each in bought],
        "currency": [each[3] if len(each) > 3 else "USD" for each in bought],
    }  # fmt: skip


# one vote an account


def test_an_account_counts_once_however_many_of_its_people_answer():
    engine = surveyed(
        [*(answer("big", 0, who=f"p{n}") for n in range(8)), answer("a", 10, who="x"), answer("b", 9, who="y")]
    )
    row = only(account_nps, engine)
    assert list(row) == list(COLUMNS)
    assert (row["accounts"], row["n"]) == (3, 10)
    assert row["account_nps"] == pytest.approx((-100 + 100 + 100) / 3)
    assert row["nps"] == -60 and row["people_an_account"] == pytest.approx(10 / 3)
    assert row["account_nps_low"] < row["account_nps"] < row["account_nps_high"]


def test_of_each_person_the_last_answer_counts():
    engine = surveyed(
        [answer("a", 0, "2026-01-05", "x"), answer("a", 10, "2026-04-05", "x"), answer("a", 7, "2026-02-05", "y")]
    )
    row = only(account_nps, engine)
    assert (row["accounts"], row["n"], row["account_nps"]) == (1, 2, 50)
    earlier = replace(FILTERS, until=date(2026, 3, 1))
    assert only(account_nps, engine, earlier)["account_nps"] == -50  # in that period the last was another one


def test_people_nobody_can_tell_apart_count_each():
    day = "2026-05-01T0{}:00"
    engine = surveyed([answer("a", score, day.format(hour)) for hour, score in enumerate((10, 10, 0, 7))])
    row = only(account_nps, engine)
    assert (row["n"], row["account_nps"]) == (4, 25)


def test_without_a_number_the_name_is_the_account_and_without_either_there_is_none():
    named = answer(None, 10, who="x", customer="Acme")
    engine = surveyed(
        [named, answer(None, 0, who="y", customer="Acme"), answer(None, 0, who="z"), answer("", 0, who="w")]
    )
    row = only(account_nps, engine)
    assert (row["accounts"], row["account_nps"], row["without_account"]) == (1, 0, 2)
    assert row["account_nps_low"] is None and row["cluster_low"] is None  # one account has no interval


def test_no_answers_and_only_answers_without_an_account():
    row = only(account_nps, surveyed([answer("a", 4, scale="csat")]))
    assert (row["accounts"], row["n"], row["account_nps"], row["without_account"]) == (0, 0, None, 0)
    row = only(account_nps, surveyed([answer(None, 9, who="x")]))
    assert (row["accounts"], row["account_nps"], row["without_account"]) == (0, None, 1)


def test_all_of_one_kind_still_have_an_interval():
    row = only(account_nps, surveyed([answer(f"c{n}", 10, who="x") for n in range(12)]))
    assert row["account_nps"] == 100 and row["account_nps_low"] < 95
    assert row["design_effect"] is None  # nothing varies
    assert (row["cluster_low"], row["cluster_high"]) == (None, None)  # and no interval is without width


def test_groups_are_compared_with_all_other_accounts():
    made = [answer(f"{group}{n}", 10 if n < kept else 0, who="x") for group, kept in (("a", 30), ("b", 10), ("c", 2)) for n in range(40 if group != "c" else 5)]  # fmt: skip
    ids = [row["customer_id"] for row in made]
    engine = surveyed(made, customers={"customer_id": ids, "segment": [each[0] for each in ids]})
    a, b, c = asked(account_nps, engine, by=find("segment", engine.tables, "customers"))
    assert [row["segment"] for row in (a, b, c)] == ["a", "b", "c"]
    assert (a["account_nps"], a["difference"]) == (50, pytest.approx(50 - 100 * (12 - 33) / 45))
    assert a["real_change"] is True and b["real_change"] is True
    assert (c["p_value"], c["real_change"], a["tests"]) == (None, None, 2)
    assert a["q_value"] >= a["p_value"]


def test_the_interval_by_accounts_is_the_linearised_one():
    made = [answer(f"c{n}", 10 if n % 3 else 0, who=f"p{p}") for n in range(30) for p in range(1 + n % 4)]
    row = only(account_nps, surveyed(made))
    sizes = np.array([1 + n % 4 for n in range(30)])
    sums = np.array([(1 if n % 3 else -1) * (1 + n % 4) for n in range(30)])
    mean = sums.sum() / sizes.sum()
    error = 100 * math.sqrt(30 / 29 * ((sums - mean * sizes) ** 2).sum()) / sizes.sum()
    assert row["cluster_high"] - row["cluster_low"] == pytest.approx(2 * 1.959964 * error, rel=1e-5)
    assert row["design_effect"] > 1.5  # all people of an account say the same


def test_the_bootstrap_is_seeded_and_needs_two():
    scores, counts = np.array([100.0, -100.0]), np.array([40, 20])
    assert bootstrap(scores, counts) == bootstrap(scores, counts)
    assert bootstrap(np.array([100.0]), np.array([1])) == (None, None)
    assert bootstrap(np.array([]), np.array([], dtype=int)) == (None, None)


# weighed by revenue


@pytest.fixture(scope="module")
def bought():
    made = [
        answer("a", 10, who="x"),
        answer("b", 0, who="x"),
        answer("b", 0, who="y"),
        answer("c", 8, who="x"),
        answer("d", 0, who="x"),
    ]
    return surveyed(
        made,
        orders=orders(
            ("a", "2026-01-10", 300), ("b", "2026-01-10", 100), ("c", "2025-06-01", 50), ("c", "2025-05-02", 50),
            ("c", "2025-04-20", 9999), ("a", "2026-05-01", 9999), ("b", "2026-06-01", 9999),
        ),
        customers={"customer_id": list("abcd"), "customer_name": ["Alpha", "Beta", "Gamma", "Delta"], "owner": ["Ann", "Bob", None, "Ann"]},
    )  # fmt: skip


def test_the_weight_is_what_came_in_the_365_days_before_the_answer(bought):
    row = only(revenue_weighted_nps, bought)
    # 300 of a promoter, 100 of detractors, 100 of a passive; what came on the day of the answer, later or longer before is not in it.
    assert (row["currency"], row["accounts"], row["n"], row["revenue_weight"]) == ("USD", 3, 4, 500)
    assert row["revenue_nps"] == pytest.approx(100 * (300 - 100) / 500) == 40
    assert row["nps"] == -25 and row["weighed_share"] == 4 / 5  # d answered and bought nothing
    assert row["effective_accounts"] == pytest.approx(500**2 / (300**2 + 2 * 100**2))
    assert (row["customer"], row["customer_id"], row["largest_share"]) == ("Alpha", "a", 0.6)
    assert (row["unhappy_accounts"], row["unhappy_revenue"]) == (1, 100)
    assert row["without_largest"] == -50 and row["weight_warning"] == "one" and row["weighed_by"] == "orders"


def test_few_accounts_are_said_and_many_are_not_warned_of():
    def of(n):
        made = [answer(f"c{k}", 10 if k % 2 else 0, who="x") for k in range(n)]
        return only(
            revenue_weighted_nps, surveyed(made, orders=orders(*((f"c{k}", "2026-02-01", 10) for k in range(n))))
        )

    few, many = of(8), of(40)
    assert (few["effective_accounts"], few["weight_warning"]) == (pytest.approx(8), "few")
    assert (many["effective_accounts"], many["weight_warning"], many["revenue_nps"]) == (pytest.approx(40), None, 0)
    assert few["high"] - few["low"] > 2 * 1.96 * 100 / math.sqrt(8)  # Student's


def test_currencies_are_never_added():
    made = [answer(name, score, who="x") for name, score in (("a", 10), ("b", 0), ("c", 10))]
    engine = surveyed(
        made, orders=orders(("a", "2026-01-01", 100), ("b", "2026-01-01", 300), ("c", "2026-01-01", 7, "EUR"))
    )
    dollars, euros = asked(revenue_weighted_nps, engine)
    assert (dollars["currency"], dollars["revenue_nps"], dollars["revenue_weight"]) == ("USD", -50, 400)
    assert (euros["currency"], euros["accounts"], euros["low"], euros["without_largest"]) == ("EUR", 1, None, None)
    assert dollars["weighed_share"] == pytest.approx(2 / 3)
    both = surveyed(made, orders=orders(("a", "2026-01-01", 100), ("a", "2026-01-01", 300, "EUR")))
    assert [row["weighed_share"] for row in asked(revenue_weighted_nps, both)] == pytest.approx([1 / 3, 1 / 3])
    assert sorted(row["currency"] or "" for row in asked(nps_accounts, both)) == ["", "", "EUR", "USD"]


def test_contracts_weigh_by_the_days_they_ran():
    engine = surveyed(
        [answer("a", 10, "2026-05-01", "x"), answer("b", 0, "2026-05-01", "x"), answer("c", 0, "2026-05-01", "x")],
        subscriptions={
            "subscription_id": ["1", "2", "3"], "customer_id": ["a", "b", "c"], "monthly_revenue": [100.0, 100.0, 100.0], "currency": ["USD"] * 3,
            "started_on": [date(2020, 1, 1), date(2026, 4, 21), date(2026, 5, 1)], "ended_on": [None, date(2026, 6, 1), None],
        },
    )  # fmt: skip
    row = only(revenue_weighted_nps, engine)
    # All 365 days against ten, and none of what begins on the day of the answer.
    assert row["accounts"] == 2 and row["weighed_by"] == "subscriptions"
    assert row["revenue_weight"] == pytest.approx(100 * 375 / (365.25 / 12))
    assert row["revenue_nps"] == pytest.approx(100 * (365 - 10) / 375)


def test_without_anything_bought_it_says_what_to_add():
    with pytest.raises(RequestProblem) as told:
        asked(revenue_weighted_nps, surveyed([answer("a", 10)]))
    assert "no answer can be weighed" in str(told.value)


def test_the_accounts_add_up_to_the_score(bought):
    listed = asked(nps_accounts, bought)
    assert list(listed[0]) == list(ACCOUNTS)
    assert [(row["customer"], row["owner"], row["account_score"], row["n"]) for row in listed] == [
        ("Beta", "Bob", -100, 2), ("Gamma", None, 0, 1), ("Alpha", "Ann", 100, 1), ("Delta", "Ann", -100, 1),
    ]  # fmt: skip
    assert sum(row["pull"] for row in listed[:3]) == pytest.approx(0)
    assert listed[0]["pull"] == pytest.approx(100 * (-100 - 40) / 500)
    assert (listed[3]["pull"], listed[3]["revenue_weight"], listed[3]["weight_share"]) == (None, None, None)
    assert listed[0]["answered_on"] == date(2026, 5, 1) and len(asked(nps_accounts, bought, most=2)) == 2
    ann = replace(FILTERS, where=(Choice(find("owner", bought.tables, "customers"), ("Ann",)),))
    assert [row["customer"] for row in asked(nps_accounts, bought, ann)] == ["Alpha", "Delta"]


def test_the_accounts_are_listed_without_any_revenue_too():
    listed = asked(nps_accounts, surveyed([answer("a", 10, who="x"), answer(None, 3, who="y", customer="=1+1")]))
    assert [(row["customer"], row["account_score"], row["pull"]) for row in listed] == [
        ("=1+1", -100, None),
        ("a", 100, None),
    ]


# against plain SQL, and against a truth


@pytest.fixture(scope="module")
def many():
    draw = np.random.default_rng(3)
    made = []
    for _n in range(1200):
        name = f"c{int(draw.integers(0, 150)):03}" if draw.random() > 0.05 else None
        day = datetime(2025, 1, 1) + (NOW - datetime(2025, 1, 1)) * float(draw.random())
        person = None if draw.random() < 0.1 else f"p{int(draw.integers(0, 4))}"
        made.append(
            answer(
                name,
                int(draw.integers(0, 11)),
                day.isoformat(),
                person,
                scale="nps" if draw.random() > 0.05 else "csat",
            )
        )
    sold = [
        (f"c{int(draw.integers(0, 150)):03}", f"{2024 + int(draw.integers(0, 3))}-0{int(draw.integers(1, 7))}-15", float(draw.lognormal(5, 1)), "USD" if draw.random() < 0.8 else "EUR")
        for _n in range(600)
    ]  # fmt: skip
    return surveyed(made, orders=orders(*sold, ("c001", "2025-12-01", -90000.0)))


def test_account_nps_by_hand(root, many):
    (by_hand,) = rows(many.query((root / "tests/sql/account_nps.sql").read_text("utf-8"), {"now": NOW}))
    found = only(account_nps, many)
    for name, value in by_hand.items():
        assert found[name] == pytest.approx(value), name


def test_revenue_weighted_nps_by_hand(root, many):
    by_hand = rows(many.query((root / "tests/sql/revenue_weighted_nps.sql").read_text("utf-8"), {"now": NOW}))
    found = asked(revenue_weighted_nps, many)
    assert len(by_hand) == len(found) == 2
    # Each has its money in the currency of most of it or in both: the definition is a row a customer and currency.
    for row, expected in zip(found, by_hand, strict=True):
        for name in expected.keys() - {"error"}:
            assert row[name] == pytest.approx(expected[name]) if name != "currency" else row[name] == expected[name], (
                name
            )
        from scipy.stats import t

        half = t.ppf(0.975, expected["effective_accounts"] - 1) * expected["error"]
        assert row["high"] == pytest.approx(min(expected["revenue_nps"] + half, 100))


@pytest.mark.truth
def test_answers_of_one_account_go_together_and_only_the_intervals_by_account_know():
    draw = np.random.default_rng(11)
    covered = {"plain": 0, "cluster": 0, "account": 0}
    surveys, accounts = 600, 60
    # Each account has a mood of its own: the chance of a promoter and a detractor; the means over all accounts are the truth.
    sizes = np.array([1 + n % 6 for n in range(accounts)])
    for _survey in range(surveys):
        moods = draw.beta(1.2, 1.2, accounts)
        made = [
            answer(f"c{n:02}", 10 if draw.random() < 0.8 * moods[n] else 0 if draw.random() < 0.5 * (1 - moods[n]) / (1 - 0.8 * moods[n]) else 8, who=f"p{k}")
            for n in range(accounts) for k in range(sizes[n])
        ]  # fmt: skip
        truth = 100 * (0.8 * 0.5 - 0.5 * 0.5)
        row = only(account_nps, surveyed(made))
        covered["plain"] += row["low"] <= truth <= row["high"]
        covered["cluster"] += row["cluster_low"] <= truth <= row["cluster_high"]
        covered["account"] += row["account_nps_low"] <= truth <= row["account_nps_high"]
    shares = {name: n / surveys for name, n in covered.items()}
    assert shares["plain"] < 0.92, shares
    assert 0.93 <= shares["account"] <= 0.97 and 0.93 <= shares["cluster"] <= 0.97, shares
