"""Who is who: what is suggested, what a person decides, and how the answers spread, on rows written by hand."""

import json
import re
from datetime import datetime, timedelta

import pytest

from tests.pages.conftest import words

DAY = datetime(2026, 6, 1)
HOSTILE = '=1+1 **bold** <img src=x> "Ltd"'
CUSTOMERS = [
    {"customer_id": "1", "customer_name": "Golan Optics", "owner": "Ann"},
    {"customer_id": "2", "customer_name": "Beta Foods", "owner": "Bob"},
    {"customer_id": "3", "customer_name": HOSTILE, "owner": None},
]


def answer(number, score, of="1", **said):
    day = DAY - timedelta(days=number)
    return {
        "response_id": f"R{number}", "customer_id": of, "customer": of, "score": float(score), "scale": "nps", "answered_at": day,
        "respondent": f"P{number}",
    } | said  # fmt: skip


@pytest.fixture
def surveyed(load):
    def put(answers, **tables):
        columns = {name for row in answers for name in row}
        whole = [dict.fromkeys(sorted(columns)) | row for row in answers]
        deals = [{"deal_id": "1", "status": "open", "created_at": DAY, "closed_at": None, "pipeline": "Sales"}]
        return load({"deals": deals, "customers": CUSTOMERS, "survey_responses": whole} | tables, latest_event_at="2026-06-30T09:00:00")  # fmt: skip

    return put


def known(n=12):
    return [answer(place, (10, 9, 8, 6)[place % 4]) for place in range(n)]


UNKNOWN = [
    answer(20, 3, None, customer="Golan Optics Ltd"), answer(21, 9, None, customer="Beta Foods Inc"),
    answer(22, 9, None, customer=f"{HOSTILE} Corp"), answer(23, 9, None, respondent="Nobody Known"),
]  # fmt: skip


def test_a_person_joins_the_sure_ones_and_undoes_one(app, surveyed, check):
    workspace = surveyed(known() + UNKNOWN)
    at = app("nps", view="matching")
    text = words(at)
    assert (
        "<strong>75% of the answers are of known customers</strong>: 12 of 16. For 3 more a customer is suggested below."
        in text
    )
    assert "4 respondents or companies to be decided" in text and "The same name but for how it is written" in text
    assert "<img src=x>" not in text and "No customer looks like it." in text

    check(at.button(key="match_sure").click().run())
    text = words(at)
    assert "94% of the answers are of known customers" in text and "Joined by likeness, or by a person" in text
    assert [value.value for value in at.success] == ["3 rows of the surveys found their customers. The history on the Import page takes it back."]  # fmt: skip
    assert workspace.history()[-1].recipe["kind"] == "respondents"

    check(at.button(key="unjoin_name_Golan Optics Ltd_1").click().run())
    text = words(at)
    assert "88% of the answers are of known customers" in text
    # It is not suggested again; the person may still choose it.
    assert "2 respondents or companies to be decided" in text and "(Ann)</span> The same name" not in text


def test_none_of_these_and_no_customer(app, surveyed, check):
    surveyed(known() + UNKNOWN[1:2] + UNKNOWN[3:])
    at = app("nps", view="matching")
    check(at.button(key="match_no_name_Beta Foods Inc").click().run())
    assert "(Bob)" not in words(at)
    check(at.button(key="match_none_respondent_Nobody Known").click().run())
    assert "1 respondent or company to be decided" in words(at)
    # A customer that was not suggested is chosen among all.
    at.selectbox(key="match_any_name_Beta Foods Inc").set_value("2").run()
    check(at.button(key="match_join_name_Beta Foods Inc").click().run())
    assert "13 of 14" in words(at)


def test_where_all_are_known_it_says_so(app, surveyed):
    surveyed(known())
    text = words(app("nps", view="matching"))
    assert "<strong>Every answer is of a known customer</strong>: all 12 of them." in text
    assert "Nothing waits for a decision." in text and "respondents or companies" not in text


def test_with_other_scales_only_the_page_shows_them_and_says_why_there_is_no_nps(app, surveyed):
    surveyed([answer(place, (5, 4, 3)[place % 3], scale="1-5") for place in range(12)])
    at = app("nps")
    text = words(at)
    assert "<strong>There is no NPS here: 12 answers are on other scales.</strong>" in text
    plain = re.sub(r"<[^>]+>", "", text)
    assert "Not NPS: the scale ends at 5." in plain and "67% gave 4–5" in plain
    assert "choose <strong>NPS answer</strong> for the column" in text


def test_the_spread_is_shown_under_the_trend_with_the_other_scales(app, surveyed, check):
    recent = [answer(place, (3, 9)[place % 5 == 0], respondent=f"n{place}") for place in range(40)]
    before = [answer(place, 9, respondent=f"b{place}") for place in range(100, 140)]
    blank = [answer(200, float("nan"), scale=None)]
    csat = [answer(place, 4, scale="csat", respondent=f"c{place}") for place in range(5)]
    surveyed(recent + before + blank + csat)
    at = app("nps")
    at.segmented_control(key="nps_distribution_days").set_value(90).run()
    text = words(check(at))
    assert "The mean of 40 answers is 4.2" in text and "not enough · 5" in text
    assert "<strong>Real change</strong> against the stretch before, corrected for 4 comparisons" in text
    assert "promoters 100% → 20%" in text and "detractors 0% → 80%" in text
    (spread,) = [
        json.loads(each.proto.spec)
        for each in at.get("plotly_chart")
        if len(json.loads(each.proto.spec)["data"][0].get("x", ())) == 11
    ]
    assert spread["data"][0]["x"] == list(range(11))
    at.segmented_control(key="nps_distribution_days").set_value(0).run()
    assert "1 answer has no score and is in no share." in words(check(at))
