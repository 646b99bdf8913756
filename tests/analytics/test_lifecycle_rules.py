"""When a customer is late, lost or back, and its scores of recency, frequency and money, on columns one can check by eye."""

import itertools

import ibis
import numpy as np
import pandas as pd
import pytest

from analytics.customers.lifecycle import as_expression, contract_lifecycle, lifecycle, purchase_rule
from analytics.customers.rfm import rfm_scores, rfm_segment
from analytics.customers.scores import LIFECYCLE, RFM_SEGMENTS
from analytics.customers.thresholds import LATE, LEVELS, LOST, Thresholds, gap_limits, window_days
from data.engine import Engine

NAN = float("nan")
STATES = ("purchases", "days_since", "age_days", "last_gap_days", "alive", "limit_days", "warning_days", "window_days")


def state(bought, silent=10.0, age=400.0, gap=30.0, alive=0.9, limit=100.0, warning=50.0, window=90.0):
    return dict(zip(STATES, (bought, silent, age, gap, alive, limit, warning, window), strict=True))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (state(0, NAN, NAN, NAN, NAN, NAN, NAN), "potential"),
        (state(1, 80, 80, NAN, 0.1), "first_time"),  # whatever the model says of one who has had no time
        (state(1, 90, 90, NAN), "defecting"),  # bought once, and the time for a second purchase is over
        (state(1, 101, 101, NAN), "lost"),
        (state(5), "core"),
        (state(5, 50), "core"),
        (state(5, 51), "defecting"),
        (state(5, 100), "defecting"),
        (state(5, 101), "lost"),
        (state(5, alive=0.59), "defecting"),
        (state(5, alive=0.19), "lost"),
        (state(5, gap=101), "returned"),
        (state(5, 60, gap=101), "defecting"),
        (state(5, 60, alive=NAN, limit=NAN, warning=NAN), "core"),  # nothing is known of gaps: nobody is late
    ],
)
def test_each_stage(row, expected):
    assert lifecycle(pd.DataFrame([row])).tolist() == [expected]


def test_the_rule_says_the_same_in_the_engine():
    choices = ([0, 1, 2, 7], [5.0, 60.0, 120.0], [20.0, 400.0], [NAN, 30.0, 130.0], [NAN, 0.1, 0.5, 0.9], [NAN, 100.0])
    rows = [
        state(*some, warning=some[-1] / 2) for some in itertools.product(*choices)
    ]  # fmt: skip
    frame = pd.DataFrame(rows).assign(number=range(len(rows)))
    engine = Engine.in_memory({})
    named = ibis.literal(1).name("one").as_table()
    engine.keep_scores("scores_000000000000", named.mutate(key=1), frame.assign(key=1), "key")
    table = ibis.table(dict.fromkeys(STATES, "float64") | {"number": "int64"}, name="scores_000000000000")
    table = table.mutate(**{name: table[name].nullif(float("nan")) for name in STATES})
    found = engine.run(table.select("number", stage=as_expression(purchase_rule(table))).order_by("number"))
    assert found["stage"].tolist() == lifecycle(frame).tolist()
    assert set(found["stage"]) == set(LIFECYCLE)


def test_contracts():
    frame = pd.DataFrame(
        {
            "purchases": [0, 1, 1, 1, 1, 2, 2], "has_left": [False, True, False, False, False, False, False],
            "days_to_end": [NAN, -31, -10, 90, 91, NAN, NAN], "tenure_months": [NAN, 9, 9, 9, 2, 20, 20],
            "last_gap_days": [NAN, NAN, NAN, NAN, NAN, 31, 30],
        }
    )  # fmt: skip
    expected = ["potential", "lost", "defecting", "defecting", "first_time", "returned", "core"]
    assert contract_lifecycle(frame).tolist() == expected


# thresholds


def counts(**kinds):
    """Counts of gaps, each of one customer and of no segment, unless told as (value, n, weight, segment)."""
    made = []
    for kind, values in kinds.items():
        for value in values:
            value, n, weight, segment = value if isinstance(value, tuple) else (value, 1, 1.0, None)
            made.append({"kind": kind, "segment": segment, "value": float(value), "n": n, "weight": weight})
    return pd.DataFrame(made, columns=["kind", "segment", "value", "n", "weight"])


def history(purchases, gap=NAN, segment=None):
    return {"purchases": purchases, "gap_days": gap, "last_gap_days": gap, "segment": segment}


def test_a_regular_customer_has_its_own_gap_times_the_pooled_ratio():
    counted = counts(gap=range(1, 101), ratio=[place / 10 for place in range(1, 101)])
    limits = gap_limits(pd.DataFrame([history(6, 20.0), history(5, 20.0), history(0)]), counted)
    # By the ratios 95% of next gaps are within 9.5 medians; five purchases are four gaps, so that all gaps together count.
    assert limits[0].tolist() == pytest.approx([160, 180, 190, 150])
    assert limits[1].tolist() == [80, 90, 95, 75]
    assert np.isnan(limits[2]).all()


def test_too_few_ratios_say_nothing():
    counted = counts(gap=range(1, 101), ratio=[2.0] * 29)
    assert gap_limits(pd.DataFrame([history(9, 20.0)]), counted)[0].tolist() == [80, 90, 95, 75]


def test_a_slow_customer_stretches_the_gaps_of_others():
    counted = counts(gap=range(1, 101))
    limits = gap_limits(pd.DataFrame([history(3, 150.0)]), counted, (LOST, LATE))
    # Its own gap is twice the 75 days of three quarters of the gaps.
    assert limits[0].tolist() == [190, 150]


def test_segments_with_enough_gaps_have_their_own():
    own = [(value, 1, 1.0, "Small") for value in range(101, 131)] + [
        (value, 1, 1.0, "Rare") for value in range(200, 229)
    ]
    counted = counts(gap=[*range(1, 71), *own])
    frame = pd.DataFrame([history(2, 5.0, "Small"), history(2, 5.0, "Rare"), history(2, 5.0)])
    small, rare, none = gap_limits(frame, counted, (0.80,))[:, 0]
    assert (small, rare, none) == (124, 203, 203)


def test_who_bought_once_is_lost_when_those_who_come_back_have_come_back():
    # Of 40 customers 20 came back, one a day; 20 have been out for 100 days. Silence that lasts is no gap.
    counted = counts(first=range(1, 21), open=[(100, 20, 20.0, None)])
    limits = gap_limits(pd.DataFrame([history(1)]), counted, (LOST, 0.80))
    assert limits[0].tolist() == [19, 16]


def test_where_nobody_ever_came_back_nobody_is_lost():
    counted = counts(open=[(500, 80, 80.0, None)])
    assert np.isnan(gap_limits(pd.DataFrame([history(1)]), counted)).all()
    assert window_days(counted) == 365
    assert gap_limits(pd.DataFrame([history(1)]), counts()).shape == (1, len(LEVELS))


def test_the_window_is_within_30_and_365_days():
    assert window_days(counts(gap=range(1, 101))) == 90
    assert window_days(counts(gap=[5] * 10)) == 30
    assert window_days(counts(gap=[900] * 10)) == 365


def test_each_customer_speaks_once():
    daily = (1, 1000, 1.0, None)  # one customer who bought every day
    assert window_days(counts(gap=[daily, *[200] * 9])) == 200


def test_thresholds_are_the_same_out_of_a_report_and_in_the_engine():
    counted = counts(
        gap=[(value, 1, 1.0, ("A", "B")[value % 2]) for value in range(1, 101)], ratio=[1 + place / 30 for place in range(60)],
        first=range(1, 31), open=[40] * 5,
    )  # fmt: skip
    learnt = Thresholds.read(Thresholds.of(counted).written())
    assert learnt == Thresholds.of(counted)
    frame = pd.DataFrame(
        [
            history(n, gap, name)
            for n, gap, name in itertools.product((0, 1, 2, 6, 30), (3.0, 90.0), ("A", "B", "C", None))
        ]
    )
    engine = Engine.in_memory({})
    one = ibis.literal(1).name("key").as_table()
    engine.keep_scores("scores_000000000000", one, frame.assign(key=1, number=range(len(frame))), "key")
    kinds = {"purchases": "int64", "gap_days": "float64", "segment": "string", "number": "int64"}
    table = ibis.table(kinds, name="scores_000000000000")
    for column, level in enumerate(LEVELS):
        told = engine.run(table.select("number", days=learnt.expression(table, level)).order_by("number"))["days"]
        assert told.to_numpy(dtype=float) == pytest.approx(learnt.days(frame)[:, column], nan_ok=True)


@pytest.mark.parametrize("shape", [1.0, 3.0])
def test_few_regular_customers_are_lost_by_their_next_gap(shape):
    """Gaps of 4,000 customers, each with a pace of its own: what was learnt of six gaps holds for the seventh."""
    random = np.random.default_rng(7)
    pace = random.uniform(10, 60, 4000)
    gaps = np.ceil(random.gamma(shape, 1 / shape, (4000, 8)) * pace[:, None])
    ratios = gaps[:, 6] / np.median(gaps[:, :6], axis=1)
    counted = counts(gap=gaps[:, :7].ravel(), ratio=ratios)
    frame = pd.DataFrame([history(8, float(np.median(row[:7]))) for row in gaps])
    limits = gap_limits(frame, counted, (LOST, LATE))
    assert 0.035 < (gaps[:, 7] > limits[:, 0]).mean() < 0.065
    assert 0.22 < (gaps[:, 7] > limits[:, 1]).mean() < 0.28


# recency, frequency, money


def bought(days_since, purchases, revenue):
    return pd.DataFrame({"days_since": days_since, "purchases": purchases, "revenue": revenue}, dtype="float64")


def test_fifths_by_rank_and_equal_values_alike():
    hundred = bought(range(100), [1] * 60 + list(range(2, 42)), range(100, 0, -1))
    recency, frequency, monetary = rfm_scores(hundred)
    assert recency[:3].tolist() == [5, 5, 5] and recency[-1] == 1
    assert np.bincount(recency).tolist() == [0, 20, 20, 20, 20, 20]
    assert set(frequency[:60]) == {1} and set(frequency[60:]) == {4, 5}
    assert monetary.tolist() == recency.tolist()


def test_thirds_below_a_hundred_and_nothing_of_who_never_bought():
    recency, frequency, monetary = rfm_scores(bought([1, 2, 3, NAN, 3], [3, 2, 1, 0, 2], [9, 9, 1, 0, 5]))
    # Of four who bought: equal recencies have the lower rank of the two.
    assert recency.tolist() == [5, 3, 1, 0, 1]
    assert frequency.tolist() == [5, 1, 1, 0, 1]
    assert monetary.tolist() == [3, 3, 1, 0, 1]
    assert rfm_segment(recency, frequency, monetary)[3] is None


def test_one_customer_and_none():
    assert [scores.tolist() for scores in rfm_scores(bought([3], [1], [5]))] == [[1], [1], [1]]
    assert [scores.tolist() for scores in rfm_scores(bought([], [], []))] == [[], [], []]


def test_money_moves_a_segment():
    five, one = np.array([5]), np.array([1])

    def segment(recency, frequency, monetary):
        return rfm_segment(np.array([recency]), np.array([frequency]), np.array([monetary]))[0]

    assert rfm_segment(five, five, five)[0] == "champions" and rfm_segment(five, five, one)[0] == "loyal"
    assert segment(5, 1, 1) == "new" and segment(1, 1, 3) == "hibernating" and segment(1, 1, 5) == "at_risk"
    assert segment(1, 5, 3) == "cannot_lose" and segment(1, 5, 1) == "at_risk" and segment(2, 3, 5) == "cannot_lose"
    grid = itertools.product(range(1, 6), repeat=3)
    assert {segment(*scores) for scores in grid} == set(RFM_SEGMENTS)
