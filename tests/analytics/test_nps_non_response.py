"""Whether those who answer differ from those who do not, and what the score would be with both."""

import math
from typing import Any

import numpy as np
import pytest

from analytics.filters import Filters
from analytics.nps.non_response import COLUMNS, difference, non_response, traits
from analytics.nps.reweighted import _newton, chances, coefficients, nps_reweighted
from analytics.rows import rows
from tests.analytics.nps_asked import AS_OF, invited, replied, survey
from tests.analytics.scored import scored

FILTERS = Filters(AS_OF)


def told(engine, filters=FILTERS):
    found = rows(non_response(engine.tables, filters).answer(engine.run))
    return {(row["known_of"], row["level"]): row for row in found}


def scores(engine, filters=FILTERS):
    return {row["heard_as"]: row for row in rows(nps_reweighted(engine.tables, filters).answer(engine.run))}


def asked_once(known, answers):
    """Customers asked once each, 90 days ago; `answers` are scores by number, so many days after where given in pairs."""
    sent = [invited(row["customer_id"], 90) for row in known]
    came = []
    for number, given in answers.items():
        score, after = given if isinstance(given, tuple) else (given, 2)
        came.append(replied(known[number]["customer_id"], 90 - after, score))
    tables: dict[str, Any] = survey(sent, came)
    return scored(*known, **tables)


def customers(n, **of):
    return [{"customer_id": f"C{number:04}"} | {name: make(number) for name, make in of.items()} for number in range(n)]


def test_means_on_either_side_and_their_standardised_difference():
    known = customers(4, revenue_12m=lambda n: [10.0, 30.0, 20.0, 60.0][n], segment=lambda n: "ab"[n % 2])
    found = told(asked_once(known, {0: 9, 1: 9}))
    revenue = found["revenue_12m", None]
    assert list(revenue) == list(COLUMNS)
    assert (revenue["mean_answered"], revenue["mean_silent"]) == (20.0, 40.0)
    # The variances are 100 and 400.
    assert revenue["standardised"] == pytest.approx(-20 / math.sqrt(250))
    assert revenue["standardised_low"] < revenue["standardised"] < revenue["standardised_high"]
    assert (revenue["asked_answered"], revenue["asked_silent"], revenue["p_value"]) == (
        2,
        2,
        None,
    )  # four are too few to test
    assert (found["segment", "a"]["mean_answered"], found["segment", "a"]["standardised"]) == (0.5, 0.0)


def test_a_fact_that_nobody_knows_is_not_told_and_an_unknown_one_is_left_out_of_its_mean():
    known = customers(4, revenue_12m=lambda n: [10.0, None, 20.0, 60.0][n])
    found = told(asked_once(known, {0: 9, 1: 9}))
    assert (found["revenue_12m", None]["asked_answered"], found["revenue_12m", None]["mean_answered"]) == (1, 10.0)
    assert not [key for key in found if key[0] in ("segment", "region", "days_since_contact")]


def test_invitations_of_one_customer_count_together():
    values = np.array([0.0, 1.0] * 50)
    answered, silent = np.array([1.0, 0.0, 0.0, 1.0] * 25), np.array([0.0, 1.0, 1.0, 0.0] * 25)
    once, ten = difference(values, answered, silent), difference(values, answered * 10, silent * 10)
    assert ten["asked_answered"] == 10 * once["asked_answered"]
    assert ten["standardised_high"] == once["standardised_high"] and ten["p"] == once["p"]


def test_who_left_is_told_of_once():
    known = customers(80, lifecycle=lambda n: "lost" if n >= 40 else "core")
    found = told(asked_once(known, {n: 9 for n in range(0, 45)}))
    assert ("lifecycle", "lost") not in found
    assert found["has_left", None]["mean_silent"] == 1.0 and found["has_left", None]["q_value"] < 0.001
    tested = [row for row in found.values() if row["p_value"] is not None]
    assert {row["tests"] for row in tested} == {len(tested)}


def test_nobody_asked_and_no_answers():
    assert told(scored({"customer_id": "A"})) == {} == scores(scored({"customer_id": "A"}))
    engine = asked_once(customers(3), {})
    assert scores(engine) == {} and told(engine)["has_left", None]["mean_answered"] is None


# the score with both


def test_few_answers_have_the_plain_score_only():
    found = scores(asked_once(customers(60), {n: 9 if n < 20 else 0 for n in range(29)}))
    assert list(found) == ["plain"]
    assert (found["plain"]["n"], found["plain"]["nps"]) == (29, pytest.approx(100 * (20 - 9) / 29))


def test_weights_give_a_segment_that_seldom_answers_its_due():
    # Half are large: all of them detractors, of whom one in five answers; the small ones are promoters and four in five answer.
    known = customers(400, segment=lambda n: ("large", "small")[n % 2])
    answers = {n: (0 if n % 2 == 0 else 10) for n in range(400) if (n // 2) % 5 < (1 if n % 2 == 0 else 4)}
    found = scores(asked_once(known, answers))
    plain, weighted = found["plain"], found["reweighted"]
    assert (plain["n"], plain["nps"], plain["settled"]) == (200, 60.0, 400)
    # With everybody heard it would be 0.
    assert abs(weighted["nps"]) < 5 and weighted["low"] < 0 < weighted["high"]
    assert weighted["score_shift"] == pytest.approx(weighted["nps"] - 60) and weighted["shift_high"] < 0
    assert weighted["effective_n"] < 200


def test_late_answers_stand_for_those_that_never_came():
    # Of 100, 60 answer at once with 10, 20 on the twentieth day with 0; twenty never do.
    engine = asked_once(customers(120), {n: (10, 1) if n < 60 else (0, 20) for n in range(80)})
    found = scores(engine)
    late = found["like_late"]
    assert (late["answered_late"], late["late_after_days"]) == (20, pytest.approx(5.75))
    assert found["plain"]["nps"] == 50 and late["nps"] == pytest.approx((80 * 50 - 40 * 100) / 120)
    assert late["low"] < late["nps"] < late["high"]
    # Where all are as quick nobody is late.
    assert "like_late" not in scores(asked_once(customers(120), {n: 9 for n in range(80)}))


def test_the_chance_to_answer_is_the_overall_rate_where_nothing_tells_customers_apart():
    answered, settled, constant = np.array([1.0, 0.0, 1.0, 0.0]), np.ones(4), np.ones((4, 1))
    assert chances(constant, coefficients(constant, answered, settled)) == pytest.approx(0.5)
    assert chances(constant, None) is None


def test_steps_of_newton_come_to_the_fit():
    draw = np.random.default_rng(2)
    features = np.column_stack([np.ones(200), draw.normal(size=(200, 3))])
    settled = draw.integers(1, 5, 200).astype(float)
    answered = draw.binomial(settled.astype(int), 1 / (1 + np.exp(-features @ np.array([0.2, 1.0, -1.0, 0.0])))).astype(
        float
    )
    fitted, stepped = coefficients(features, answered, settled), np.zeros(4)
    for _step in range(8):
        stepped = _newton(features, answered, settled, stepped)
    assert stepped == pytest.approx(fitted, abs=1e-3)


def test_small_groups_make_no_trait():
    engine = asked_once(customers(70, segment=lambda n: "big" if n < 40 else "mid" if n < 69 else None), {0: 9})
    from analytics.nps.non_response import asked

    found = engine.run(asked(engine.tables, FILTERS))
    assert traits(found)[1] == []  # 29 and 1 are too few beside the largest
    assert traits(found, 29)[1] == ["segment=mid"]


@pytest.mark.truth
def test_the_weighted_interval_holds_what_all_would_have_said():
    """Who answers, and how, depends on the segment alone: the weighted interval holds the truth, the plain one does not."""
    holds = plain_holds = 0
    for seed in range(60):
        draw = np.random.default_rng(seed)
        known = customers(300, segment=lambda n: ("large", "small")[n % 2])
        answers = {}
        for n in range(300):
            large = n % 2 == 0
            score = 10 if draw.random() < (0.3 if large else 0.7) else 0
            if draw.random() < (0.3 if large else 0.8):
                answers[n] = score
        found = scores(asked_once(known, answers))
        holds += found["reweighted"]["low"] <= 0 <= found["reweighted"]["high"]
        plain_holds += found["plain"]["low"] <= 0 <= found["plain"]["high"]
    assert holds >= 53 and plain_holds <= 40
