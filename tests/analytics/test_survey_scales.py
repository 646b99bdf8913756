"""Answers on scales that are not NPS keep their own names and are refused as NPS in words."""

import numpy as np
import pytest

from analytics.filters import Filters
from analytics.intervals import mean_interval, wilson
from analytics.nps.scales import COLUMNS, scale_of, survey_scales
from analytics.nps.trend import nps
from analytics.rows import rows
from tests.analytics.nps_rows import AS_OF, answer, surveyed

FILTERS = Filters(AS_OF)


def told(engine, filters=FILTERS):
    return {row["scale"]: row for row in rows(survey_scales(engine.tables, filters).answer(engine.run))}


def on(scale, *scores, start=0):
    return [answer("A", score, who=f"{scale}{start + place}", scale=scale) for place, score in enumerate(scores)]


def test_csat_has_its_mean_and_the_share_of_the_upper_two_points():
    engine = surveyed(on("csat", 5, 5, 4, 3, 1) + on("nps", 0, 9, 10))
    found = told(engine)
    assert list(found) == ["csat", "nps"] and list(found["csat"]) == list(COLUMNS)
    csat = found["csat"]
    assert (csat["n"], csat["scale_low"], csat["scale_high"], csat["top_from"], csat["bottom_to"]) == (5, 1, 5, 4, 2)
    assert (csat["mean_score"], csat["top_box_share"], csat["bottom_box_share"]) == pytest.approx((3.6, 0.6, 0.2))
    assert (csat["top_low"], csat["top_high"]) == pytest.approx(wilson(0.6, 5))
    assert (csat["mean_low"], csat["mean_high"]) == pytest.approx(mean_interval(5, 18, 76))
    assert csat["is_nps"] is False and "a name of their own" in csat["reason"]
    assert found["nps"]["is_nps"] is True and found["nps"]["reason"] is None


@pytest.mark.parametrize(
    ("name", "lowest", "highest", "ends"),
    [
        ("1-5", 2, 4, (1, 5, 4, 2)), ("1-7", 1, 7, (1, 7, 6, 2)), ("ces", 1, 7, (1, 7, 6, 2)), ("csat", 1, 5, (1, 5, 4, 2)),
        ("1-10", 2, 10, (1, 10, 9, 2)), ("0-5", 0, 5, (0, 5, 4, 1)), ("1-3", 1, 3, (1, 3, 3, 1)), ("0-100", 3, 99, (0, 100, 80, 20)),
        ("effort", 0, 10, (0, 10, 9, 1)), ("nps", 3, 10, (0, 10, 9, 1)),
    ],
)  # fmt: skip
def test_the_ends_of_a_scale_are_as_its_name_says_else_as_the_answers_let_it_seem(name, lowest, highest, ends):
    scale = scale_of({"scale": name, "lowest": lowest, "highest": highest, "is_whole": True})
    assert (scale.low, scale.high, scale.top_from, scale.bottom_to) == ends


def test_answers_with_fractions_are_told_by_the_fifths():
    scale = scale_of({"scale": "1-5", "lowest": 1.5, "highest": 5, "is_whole": False})
    assert (scale.top_from, scale.bottom_to) == pytest.approx((4.2, 1.8))


def test_why_it_is_no_nps_is_said_for_each():
    engine = surveyed(on("1-5", 1, 5) + on("1-10", 1, 10) + on("0-100", 0, 50, 100) + on("1-9", 1, 9))
    said = {name: row["reason"] for name, row in told(engine).items()}
    assert (
        said["1-5"] == "Not NPS: the scale ends at 5. Counted as NPS, nobody could be a promoter: that needs 9 or 10."
    )
    assert said["1-10"].startswith("Not NPS: nobody could answer 0")
    assert said["0-100"] == "Not NPS: the scale goes from 0 to 100, that of NPS from 0 to 10."
    assert said["1-9"] == "Not NPS: the scale ends at 9, and that of NPS at 10."
    # None of it is in the score.
    assert len(nps(engine.tables, FILTERS, "all").answer(engine.run)) == 0


def test_an_nps_that_nobody_answered_with_nought_is_to_be_checked():
    found = told(surveyed(on("nps", 1, 9, 10)))
    assert found["nps"]["reason"] == "Nobody answered 0: please check that the scale of the question begins with 0."


def test_what_is_off_the_scale_is_counted_and_is_in_nothing_else():
    five = told(surveyed(on("1-5", 5, 4, 9, 0)))["1-5"]
    assert (five["n"], five["off_scale"], five["mean_score"], five["top_box_share"]) == (2, 2, 4.5, 1)
    assert (five["lowest"], five["highest"]) == (0, 9)


def test_repeated_later_and_other_answers_are_left_out():
    made = [
        answer("A", 2, "2026-05-01T09:00", who="x", scale="csat"),
        answer("A", 5, "2026-05-01T10:00", who="x", scale="csat"),
    ]
    made += [answer("A", 1, "2026-07-02", who="y", scale="csat")]
    csat = told(surveyed(made))["csat"]
    assert (csat["n"], csat["mean_score"], csat["mean_low"]) == (1, 5, None)


def test_without_answers_there_is_no_scale():
    assert told(surveyed([answer("A", float("nan"), scale=None)])) == {}


def test_hostile_names_of_scales_are_only_names():
    name = "x'); DROP TABLE survey_responses; --"
    assert told(surveyed(on(name, 1, 2)))[name]["n"] == 2


def test_it_agrees_with_plain_sql(root):
    rng = np.random.default_rng(2)
    engine = surveyed(on("1-5", *rng.integers(1, 7, 400).tolist()))
    by_hand = rows(engine.query((root / "tests/sql/survey_scales.sql").read_text("utf-8")))[0]
    found = told(engine)["1-5"]
    assert {name: found[name] for name in by_hand} == pytest.approx(by_hand)
    assert found["n"] + found["off_scale"] == 400
