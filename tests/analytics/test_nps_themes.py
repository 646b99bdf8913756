"""What comments are about: impact, growth, money, words of either side, and what the comments suggest."""

import math
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from analytics.filters import Filters
from analytics.nps.answers import answers
from analytics.nps.evidence import Tally, difference_interval
from analytics.nps.themes.comments import commented, sample
from analytics.nps.themes.heard import COMMENT_COLUMNS, VOLUME_COLUMNS, theme_comments, theme_volume
from analytics.nps.themes.keyness import PRIOR, log_odds, nps_keyness, themes_of
from analytics.nps.themes.suggestions import theme_suggestions
from analytics.nps.themes.themes import COLUMNS, nps_themes
from analytics.rows import rows
from data.demo.customer_words import BATTERY, COMMENTS, DELIVERY, PRAISE, PRICE, SLOW_ANSWERS, SOFTWARE_BUGS
from data.engine import Engine
from data.theme_list import STARTER, Theme

AS_OF = date(2026, 6, 30)
FILTERS = Filters(AS_OF)
LATE, PRICEY = Theme("Late", ("late",)), Theme("Price", ("price", "מחיר"))
HOSTILE = "'); DROP TABLE survey_responses; -- <img src=x> **b** =1+1 late"


def answer(score, comment, customer="C1", days=10, **given):
    return {"score": float(score), "comment": comment, "customer_id": customer, "customer": f"Customer {customer}",
            "answered_at": datetime(2026, 6, 30, 12) - timedelta(days=days), "scale": "nps"} | given  # fmt: skip


def engine_of(answers_, **tables):
    numbered = [row | {"response_id": str(n), "respondent": f"P{n}"} for n, row in enumerate(answers_)]
    named = (
        {"survey_responses": {name: [row.get(name) for row in numbered] for name in numbered[0]}} if numbered else {}
    )
    return Engine.in_memory(named | tables)


def asked(engine, metric, **options):
    return rows(metric(engine.tables, options.pop("filters", FILTERS), **options).answer(engine.run))


@pytest.fixture(scope="module")
def few():
    """Four of ten comments are late: scores 2, 3, 9, 8; the others 10, 10, 9, 7, 6, 10. One answer says nothing in words."""
    said = [
        answer(2, "Late, late, LATE", "A"), answer(3, "it was late and the price is high", "A", 200), answer(9, "late", "B"), answer(8, "late!", None, 100),
        answer(10, "great", "B"), answer(10, "המחיר טוב", "B"), answer(9, "fine", "C", 100), answer(7, "ok", "C"), answer(6, "price", "C"), answer(10, "wow", "D"),
        answer(0, "123 😡", "D"), answer(0, None, "E"), answer(1, "late", "E", 0, scale="csat"),
    ]  # fmt: skip
    orders = {"order_id": ["1", "2", "3", "4"], "customer_id": ["A", "B", "B", "C"], "amount": [100.0, 50.0, 7.0, 1000.0],
              "ordered_at": [datetime(2026, 1, 1), datetime(2026, 2, 1), datetime(2020, 1, 1), datetime(2026, 3, 1)], "currency": ["USD"] * 4}  # fmt: skip
    return engine_of(said, orders=orders)


def test_a_theme_by_hand(few):
    late, price, other = asked(few, nps_themes, themes=(LATE, PRICEY), recent_days=90)
    assert list(late) == list(COLUMNS)
    assert (late["theme"], late["n"], late["comments"], late["mention_share"]) == ("Late", 4, 10, 0.4)
    assert (late["promoters"], late["passives"], late["detractors"], late["nps"]) == (1, 1, 2, -25)
    assert late["nps_others"] == pytest.approx(100 * (4 - 1) / 6)
    assert late["impact"] == pytest.approx(-75) and late["added_points"] == pytest.approx(-30)
    assert (late["impact_low"], late["impact_high"]) == pytest.approx(
        difference_interval(Tally(4, 1, 2), Tally(6, 4, 1))
    )
    assert late["p_value"] is None and late["real_impact"] is None and late["tests"] == 0
    # Two of seven comments of the last 90 days; one of the two of the 90 before.
    assert (late["mentions_now"], late["mentions_before"]) == (2, 1)
    assert (late["share_now"], late["share_before"]) == (pytest.approx(2 / 7), 0.5) and late["rise"] < 0
    assert late["rise_low"] < late["rise"] < late["rise_high"] and late["rise_p"] is None
    # Two customers that are known mention it, and each counts once; what B bought years ago is not of this year.
    assert (late["customers"], late["revenue_12m"], late["currency"]) == (2, 150.0, "USD")
    assert (price["n"], price["customers"], price["revenue_12m"]) == (3, 3, 1150.0)
    assert (other["theme"], other["n"], other["p_value"], other["rise_q"]) == (None, 4, None, None)


def test_what_a_theme_adds_and_the_others_make_the_whole(few):
    for row in asked(few, nps_themes, themes=(LATE, PRICEY)):
        assert row["nps_others"] + row["added_points"] == pytest.approx(100 * (5 - 3) / 10)
        assert row["promoters"] + row["passives"] + row["detractors"] == row["n"] <= row["comments"]
        assert row["mention_low"] <= row["mention_share"] <= row["mention_high"]


def test_the_comments_behind_a_theme_and_behind_none(few):
    found = asked(few, theme_comments, theme=LATE)
    assert list(found[0]) == list(COMMENT_COLUMNS)
    assert [row["score"] for row in found] == [2, 3, 8, 9] and found[0]["comment"] == "Late, late, LATE"
    assert (found[0]["customer"], found[0]["revenue_12m"], found[0]["day"]) == ("Customer A", 100.0, date(2026, 6, 20))
    assert found[2]["customer_id"] is None and found[2]["revenue_12m"] is None
    assert len(asked(few, theme_comments, theme=LATE, most=2)) == 2
    assert [row["comment"] for row in asked(few, theme_comments, theme=None, themes=(LATE, PRICEY))] == [
        "ok",
        "fine",
        "great",
        "wow",
    ]


def test_a_theme_over_time_has_every_period_and_every_dated_comment(few):
    found = asked(few, theme_volume, theme=LATE, grain="quarter")
    assert list(found[0]) == list(VOLUME_COLUMNS)
    assert [(row["period"], row["n"], row["comments"]) for row in found] == [
        ("2025-Q4", 1, 1),
        ("2026-Q1", 1, 2),
        ("2026-Q2", 2, 7),
    ]
    assert sum(row["comments"] for row in asked(few, theme_volume, theme=LATE, grain="day")) == 10


def many(seed=5, planted=True):
    """600 comments of 60 customers: who writes "late" scores lower, and it is written more in the last quarter of the year."""
    rng = np.random.default_rng(seed)
    said = []
    for n in range(600):
        days = int(rng.integers(0, 360))
        is_late = rng.random() < (0.5 if planted and days < 90 else 0.2)
        score = int(np.clip(round(rng.normal(5.5 if planted and is_late else 8.5, 1.8)), 0, 10))
        words = rng.choice(["alpha", "beta", "gamma", "delta"], 2, replace=False)
        said.append(answer(score, f"{words[0]} {'late' if is_late else 'thing'} {words[1]}", f"C{n % 60}", days))
    return said


def test_what_is_planted_is_found_and_agrees_with_plain_sql(root):
    engine = engine_of(many())
    late = asked(engine, nps_themes, themes=(LATE, Theme("Alpha", ("alpha",))), recent_days=90)[0]
    query = (root / "tests" / "sql" / "nps_themes.sql").read_text("utf-8")
    expected = rows(engine.query(query, {"as_of": AS_OF}))[0]
    for name in ("n", "comments", "nps", "nps_others", "mentions_now", "mentions_before"):
        assert late[name] == pytest.approx(expected[name]), name
    assert late["share_now"] == pytest.approx(expected["mentions_now"] / expected["comments_now"])
    assert late["theme"] == "Late" and late["real_impact"] is True and late["impact"] < -40
    assert late["real_rise"] is True and 0.1 < late["rise_low"] < 0.3 and late["tests"] == 4


def test_words_of_detractors_come_out_and_others_do_not():
    engine = engine_of(many())
    found = {row["term"]: row for row in asked(engine, nps_keyness, themes=(LATE,))}
    late = found["late"]
    assert late["said_by"] == "detractors" and late["q_value"] < 0.05 and late["in_themes"] == "Late"
    assert late["term_low"] > 1 and late["n"] == late["promoters"] + late["passives"] + late["detractors"]
    assert found["alpha"]["q_value"] > 0.05 and found["alpha"]["in_themes"] is None
    assert late["comments_read"] == late["comments"] == 600 and late["tests"] == len(found)
    assert all((" " in term) == row["is_phrase"] for term, row in found.items())


def test_log_odds_by_hand():
    found, error = log_odds(30, 100, 10, 100, 0.2)
    a, b = PRIOR * 0.2, PRIOR * 0.8
    assert found == pytest.approx(math.log((30 + a) / (70 + b) / ((10 + a) / (90 + b))))
    assert error == pytest.approx(math.sqrt(1 / 32 + 1 / 78 + 1 / 12 + 1 / 98))
    # A word nobody says more is said as often, and one side that never says it has an answer.
    assert log_odds(10, 100, 10, 100, 0.1)[0] == 0 and math.isfinite(log_odds(5, 50, 0, 50, 0.05)[0])


def test_a_word_said_twice_counts_once_and_negation_stays_with_its_word():
    said = [answer(2, "not working, NOT working; the scanners and the scanner") for _n in range(12)]
    said += [answer(10, "working scanner") for _n in range(12)]
    found = {row["term"]: row for row in asked(engine_of(said), nps_keyness)}
    assert (found["not working"]["n"], found["not working"]["detractors"], found["not working"]["is_phrase"]) == (
        12,
        12,
        True,
    )
    assert (found["scanner"]["n"], found["work"]["n"]) == (24, 24) and "not" not in found
    assert all(row["p_value"] is None and row["tests"] == 0 for row in found.values())  # fewer than 30 on a side


def test_little_or_nothing_to_say():
    for said in ([], [answer(5, None)], [answer(5, "12 😡")]):
        engine = engine_of(said)
        for metric in (nps_themes, nps_keyness, theme_volume, theme_comments, theme_suggestions):
            assert asked(engine, metric) == []
    one = engine_of([answer(5, "late")])
    late, other = asked(one, nps_themes, themes=(LATE,))
    assert (late["n"], late["impact"], late["nps_others"], late["nps"]) == (1, None, None, -100) and other["n"] == 0
    assert asked(one, nps_keyness) == [] and asked(one, theme_suggestions) == []
    (only,) = asked(one, nps_themes, themes=())
    assert only["theme"] is None and only["n"] == 1
    assert asked(one, nps_themes, themes=(Theme("Empty", ("123",)),))[0]["n"] == 0


def test_hostile_text_is_text():
    engine = engine_of([answer(3, HOSTILE)] * 20 + [answer(9, HOSTILE.replace("late", "x"))] * 20)
    assert asked(engine, nps_themes, themes=(LATE, Theme(HOSTILE, (HOSTILE, "a|b", "(("))))[0]["n"] == 20
    assert {row["term"] for row in asked(engine, nps_keyness)} >= {"drop", "late", "drop table"}
    assert asked(engine, theme_comments, theme=LATE)[0]["comment"] == HOSTILE


def test_filters_and_the_as_of_date_choose_comments(few):
    early = Filters(date(2026, 6, 1))
    assert asked(few, nps_themes, themes=(LATE,), filters=early)[0]["comments"] == 3
    spring = Filters(AS_OF, since=date(2026, 6, 1))
    assert asked(few, nps_themes, themes=(LATE,), filters=spring)[0]["comments"] == 7


def test_money_in_several_currencies_is_not_added():
    orders = {"order_id": ["1", "2"], "customer_id": ["A", "B"], "amount": [1.0, 2.0], "ordered_at": [datetime(2026, 6, 1)] * 2,
              "currency": ["USD", "ILS"]}  # fmt: skip
    engine = engine_of([answer(3, "late", "A"), answer(4, "late", "B")], orders=orders)
    late = asked(engine, nps_themes, themes=(LATE,))[0]
    assert (late["customers"], late["revenue_12m"], late["currency"]) == (2, None, None)


def test_many_comments_are_read_in_a_sample_that_is_the_same_each_time_and_says_so():
    engine = engine_of(many())
    comments = commented(engine.tables, FILTERS)
    some = engine.run(sample(comments, 600, 150).select("response_id"))
    assert 90 < len(some) < 210 and set(some["response_id"]) == set(
        engine.run(sample(comments, 600, 150))["response_id"]
    )
    found = asked(engine, nps_keyness, most_read=150)
    assert found[0]["comments"] == 600 and found[0]["comments_read"] == len(some)


def test_words_that_go_together_are_suggested_until_a_theme_has_them():
    said = []
    for n in range(40):
        said.append(
            answer(3, ("engine noise shaking", "engine noise", "noise shaking rattle", "engine rattle shaking")[n % 4])
        )
        said.append(
            answer(9, ("coffee biscuits lobby", "biscuits lobby", "coffee lobby sofa", "sofa coffee biscuits")[n % 4])
        )
    engine = engine_of(said)
    found = asked(engine, theme_suggestions, themes=())
    groups = [set(row["suggested_words"].split(", ")) for row in found]
    assert sorted(map(sorted, groups)) == [
        ["biscuits", "coffee", "lobby", "sofa"],
        ["engine", "noise", "rattle", "shaking"],
    ]
    assert [(row["n"], row["not_in_themes"], row["comments"]) for row in found] == [(40, 40, 80)] * 2
    assert {row["nps"] for row in found} == {-100, 100}
    left = asked(engine, theme_suggestions, themes=(Theme("Noise", ("engine", "noise", "rattle")),))
    assert [set(row["suggested_words"].split(", ")) for row in left] == [{"biscuits", "coffee", "lobby", "sofa"}]


PLANTED = {PRAISE: "Service and support", DELIVERY: "Delivery", PRICE: "Price", SOFTWARE_BUGS: "Software", BATTERY: "Battery and charging",
           SLOW_ANSWERS: "Waiting for answers"}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "he"])
def test_the_made_up_companys_comments_yield_their_planted_themes(language):
    """Of its 26 comments in each language 24 are found in their theme and no more than two in another as well."""
    right = found_all = told = 0
    for theme, comments in COMMENTS.items():
        for comment in comments:
            found = themes_of(getattr(comment, language), STARTER)
            right += PLANTED[theme] in found
            found_all += len(found)
            told += 1
            if theme == DELIVERY:
                assert found == ["Delivery"]
    assert told == 26 and right >= 24  # recall 92%
    assert right / found_all >= 0.92  # precision


@pytest.mark.parametrize("language", ["en", "he"])
def test_the_planted_themes_are_learnt_without_any_list(language):
    """Comments drawn as the generator draws them, in one language; nothing is known of their words."""
    rng, said = np.random.default_rng(7), []
    for _n in range(600):
        theme = int(rng.integers(6))
        comments = COMMENTS[theme]
        said.append(answer(10 if theme == PRAISE else 4, getattr(comments[int(rng.integers(len(comments)))], language)))
    found = asked(engine_of(said), theme_suggestions, themes=())
    groups = [set(row["suggested_words"].split(", ")) for row in found]
    telling = {"en": [{"delivery", "late"}, {"scanner", "battery"}, {"service", "people"}],
               "he": [{"אספקה", "מאחרת"}, {"סוללת", "משמרת"}, {"באג", "עדכון"}]}[language]  # fmt: skip
    for words in telling:
        assert any(words <= group for group in groups), (words, groups)


@pytest.mark.truth
def test_where_nothing_is_planted_hardly_any_word_or_theme_is_called_real():
    alarms = 0
    for seed in range(60):
        engine = engine_of(many(seed, planted=False))
        found = asked(
            engine,
            nps_themes,
            themes=(LATE, *(Theme(word, (word,)) for word in ("alpha", "beta", "gamma", "delta"))),
            recent_days=90,
        )
        words = asked(engine, nps_keyness)
        alarms += any(row["real_impact"] or row["real_rise"] for row in found) or any(
            row["q_value"] < 0.05 for row in words
        )
    assert alarms <= 9  # two families at 5%, so some 10%: 6 of 60


def test_comments_are_answers(few):
    assert few.run(commented(few.tables, FILTERS).count().name("n").as_table())["n"][0] == 10
    assert few.run(answers(few.tables, FILTERS).count().name("n").as_table())["n"][0] == 12
