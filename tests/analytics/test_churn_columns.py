"""Which columns a churn model may learn from: what is a number, what a group, what a name, and what was written afterwards."""

import numpy as np
import pandas as pd
import pytest

from analytics.churn.columns import (
    AFTERWARDS,
    CONSTANT,
    DECIDES,
    IDENTIFIES,
    MANY_VALUES,
    NAMED,
    SINGLE_VALUE,
    chosen,
    design,
    kind_of,
    numbers_in,
    tells_alone,
    tells_of_leaving,
)

N = 400
RANDOM = np.random.default_rng(5)
LEFT = RANDOM.uniform(size=N) < 0.3


def kinds(**columns):
    found = chosen(pd.DataFrame(columns), {name: name for name in columns}, LEFT)
    return {each.column: each.kind for each in found.features}, {each.column: each.reason for each in found.left_out}


def test_numbers_written_as_text_are_numbers():
    cells = pd.Series(["1,889.50", " 29.85 ", "₪12", "7%", "", None, "-3", "none"])
    assert numbers_in(cells).fillna(-99).tolist() == [1889.5, 29.85, 12, 7, -99, -99, -3, -99]
    assert numbers_in(pd.Series(["29,85", "1889,5"])).tolist() == [29.85, 1889.5]
    assert numbers_in(pd.Series(["1,200", "3,400"])).tolist() == [1200, 3400]


def test_what_is_a_number_and_what_a_group():
    amounts = [f"{value:.2f}" for value in RANDOM.uniform(1, 99, N)]
    features, out = kinds(
        amount=amounts,
        flag=RANDOM.choice(["0", "1"], N),
        plan=RANDOM.choice(["a", "b", ""], N),
        number=[str(10_000 + n) for n in range(N)],
        code=[f"{n:05d}" for n in range(N)],
        name=[f"Ann {n}" for n in range(N)],
        email=[f"{n % 200}@x.co" for n in range(N)],
        country=["Israel"] * N,
        nothing=[None] * N,
    )
    assert features == {"amount": "number", "flag": "group", "plan": "group"}
    assert out == {
        "number": IDENTIFIES, "code": IDENTIFIES, "name": IDENTIFIES, "email": MANY_VALUES, "country": CONSTANT,
    }  # fmt: skip


def test_ids_with_leading_zeros_stay_text():
    assert kind_of(pd.Series(["007", "7", "08", "8", "09", "9"] * 10)) == "group"
    frame = pd.DataFrame({"code": ["007", "7"] * (N // 2)})
    (feature,) = chosen(frame, {"code": "code"}, LEFT).features
    assert feature.levels == ("007", "7")
    assert design(frame, (feature,))["code"].tolist()[:2] == [0, 1]


def test_a_blank_is_a_level_of_its_own_and_an_unseen_value_none():
    frame = pd.DataFrame({"plan": ["a", None, " ", "b"] * 100})
    (feature,) = chosen(frame, {"plan": "plan"}, LEFT).features
    assert feature.levels == ("", "a", "b")
    assert design(pd.DataFrame({"plan": ["b", "", "new"]}), (feature,))["plan"].tolist() == [2, 0, -1]


@pytest.mark.parametrize(
    "name",
    ["Churn Score", "ChurnReason", "cancellation_date", "Cancelled at", "Contract end date", "Exit reason", "date left",
     "Reason for leaving", "סיבת נטישה", "תאריך ביטול", "closed on", "Lost reason"],
)  # fmt: skip
def test_names_that_tell_of_leaving(name):
    assert tells_of_leaving(name)


@pytest.mark.parametrize(
    "name", ["Contract", "tenure", "Weekend calls", "Seats left", "Trend", "Reason for contact", "Vendor", "Start date", "חוזה"]
)  # fmt: skip
def test_names_that_do_not(name):
    assert not tells_of_leaving(name)


def test_columns_written_afterwards_are_left_out():
    noise = RANDOM.normal(size=N)
    features, out = kinds(
        honest=np.where(RANDOM.uniform(size=N) < 0.7, LEFT, RANDOM.uniform(size=N) < 0.5).astype(int).astype(str),
        status=np.where(LEFT, "gone", "there"),
        score=LEFT + noise / 10,
        survey=["filled" if each else None for each in LEFT & (noise > 0)],
        queue=np.where(LEFT & (noise > 0), "win", RANDOM.choice(["a", "b"], N)),
        churn_flag=RANDOM.choice(["a", "b"], N),
    )
    assert features == {"honest": "group"}
    assert out == {
        "status": DECIDES, "score": DECIDES, "survey": AFTERWARDS, "queue": SINGLE_VALUE, "churn_flag": NAMED,
    }  # fmt: skip


def test_rare_groups_prove_nothing():
    """Fifty groups of eight tell a coin toss perfectly in hindsight, and not at all of customers not counted."""
    groups = pd.Series([str(n % 50) for n in range(N)])
    assert tells_alone(groups, "group", LEFT) < 0.6
    assert tells_alone(pd.Series(LEFT.astype(float)), "number", LEFT) == 1
    assert tells_alone(pd.Series(LEFT.astype(float)), "number", np.zeros(N, dtype=bool)) == 0.5
