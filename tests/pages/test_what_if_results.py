"""What came out of a scenario and what retention is worth, on the page, on a small company written by hand."""

import json
import re

import pytest

from analytics.what_if.scenario import Cost, Lever, Range, Scenario, Target
from tests.pages.conftest import company, words
from tests.pages.test_what_if import HOSTILE, buyers, fitted, opened, shop  # noqa: F401
from ui import session
from ui.locale import ISOLATES
from ui.what_if.results_basis import chance_words, short_chance

KEEP = Lever("retention", Range(3, 5, 8))
CHEAP = Cost(fixed=Range.of(100))
DEAR = Cost(fixed=Range.of(1e7))


def scenario(*levers, name="Call them", **given):
    return Scenario(name, levers, given.pop("horizon_months", 12), draws=given.pop("draws", 200), **given)


def plain(at):
    """Everything said in HTML, without the tags and the marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", words(at)))


def charts(at):
    return {chart.key: json.loads(chart.proto.spec) for chart in at.get("plotly_chart")}


def finding(at):
    return re.sub(r"<[^>]+>", "", re.findall(r'<p class="sh-finding">(.*?)</p>', words(at))[0])


def test_the_sentence_says_what_it_brings_how_sure_that_is_what_it_costs_and_with_whom(app, shop):  # noqa: F811
    at = opened(app, scenario(Lever("price", Range(4, 5, 6), cost=CHEAP)))
    said = finding(at)
    assert said.startswith("“Call them” brings $") and "over 12 months (80%: $" in said
    assert (
        "It pays in more than 99% of futures." in said
        and "It costs $100 (80%: $100 … $100); in the middle that is paid back in month " in said
    )
    assert "Without it, $" in said and "; with it, $" in said and "It acts on 20 customers, first Customer " in said
    text = plain(at)
    assert "Against doing nothing, in the same futures." in text and "No margin is given" in text and "Model: " in text
    assert "10 lost customers bring nothing unless they are won back." in text


def test_it_could_be_nothing_is_said_where_the_chance_is_between(app, shop):  # noqa: F811
    said = finding(opened(app, scenario(Lever("price", Range(-5, 1, 8)))))
    assert " in the middle, and it could be nothing (80%: −$" in said and "No cost is given" in said
    said = finding(opened(app, scenario(Lever("price", Range(-8, -1, 5)))))
    assert "more likely loses revenue after costs than brings any" in said


def test_what_mostly_brings_nothing_is_not_said_to_lose(app, shop, monkeypatch):  # noqa: F811
    from ui.what_if import results_basis

    told = results_basis.About.verdict, results_basis.About.totals
    verdict = {"probability_pays": 0.17, "cost_p90": 0.0}
    monkeypatch.setattr(results_basis.About, "verdict", lambda about: told[0](about) | verdict)
    monkeypatch.setattr(results_basis.About, "totals", lambda about: told[1](about) | {"profit_delta": told[1](about)["profit_delta"] | {"median": 0.0, "p10": 0.0}})  # fmt: skip
    said = finding(opened(app, scenario(KEEP)))
    assert "brings $0 of revenue after costs" in said and "it could be nothing" in said and "loses" not in said


def test_a_name_that_ends_in_a_full_stop_ends_the_sentence(app, shop, monkeypatch):  # noqa: F811
    from ui.what_if import results_customers

    named = results_customers._found
    monkeypatch.setattr(results_customers, "_found", lambda about: named(about).assign(customer="Acme Inc."))
    assert finding(opened(app, scenario(KEEP))).translate(ISOLATES).endswith("first Acme Inc., Acme Inc.")


def test_what_loses_is_said_to_lose_and_is_never_paid_back(app, shop):  # noqa: F811
    at = opened(app, scenario(Lever("price", Range(4, 5, 6), cost=DEAR), margin=0.5))
    said, text = finding(at), plain(at)
    assert said.startswith("“Call them” loses $") and "of profit over 12 months" in said
    assert "less than 1% of futures" in said and "that is not paid back within 12 months" in said
    assert "It hardly ever pays, as the models have it." in text and "not within 12 months" in text
    assert "No margin is given" not in text


def test_a_lever_at_zero_changes_nothing_and_no_lever_says_so(app, shop):  # noqa: F811
    assert finding(opened(app, scenario(Lever("price", Range.of(0))))).startswith("“Call them” changes nothing.")
    at = opened(app, scenario())
    assert finding(at).startswith("No lever is pulled yet.") and not charts(at)


def test_all_cards_are_drawn_when_the_figures_are_final(app, shop):  # noqa: F811
    levers = (Lever("retention", Range(3, 5, 8), cost=CHEAP), Lever("price", Range(1, 2, 3)))
    at = opened(app, scenario(*levers))
    text, drawn = plain(at), charts(at)
    assert list(drawn) == ["what_if_fan", "what_if_tornado", "what_if_waterfall", "what_if_flows"]
    for title in (
        "More revenue after costs", "Chance that it pays", "Paid back", "Customers kept or won", "Net present value", "Run rate",
        "How much each lever must do", "All levers together", "What decides it", "Lever by lever", "Customers who come and go",
        "Whom it acts on",
    ):  # fmt: skip
        assert title in text
    assert "20 customers · 200 futures · seed 1 · as of 30 Jun 2026" in text
    # The steps add up to the whole, which begins at 0.
    bars = drawn["what_if_waterfall"]["data"][0]
    assert sum(bars["x"][:-1]) == pytest.approx(bars["x"][-1]) and bars["base"][-1] == 0
    queries = " ".join(code.value for code in at.code)
    assert "SELECT" in queries


def test_the_fan_shows_the_difference_or_another_quantity(app, shop, check):  # noqa: F811
    at = opened(app, scenario(KEEP))
    assert charts(at)["what_if_fan"]["data"][-1]["x"][0] == 0
    at.segmented_control(key="what_if_fan_shown").set_value("customers").run()
    assert "Customers at the end of the month" in plain(check(at))
    assert charts(at)["what_if_fan"]["data"][-1]["x"][0] == 1


def test_first_figures_have_the_same_places_and_say_that_they_are_refined(app, shop, monkeypatch):  # noqa: F811
    from ui.what_if import results, results_decides

    show = results.show
    monkeypatch.setattr(results, "show", lambda scenario, *, draws, is_final: show(scenario, draws=100, is_final=False))  # fmt: skip
    for name in ("break_even", "tornado", "waterfall"):
        monkeypatch.setattr(results_decides, name, None)  # none of them is asked for yet
    at = opened(app, scenario(KEEP))
    text = plain(at)
    assert "First figures, from 100 of 200 futures; they are being refined." in text
    assert text.count("Worked out when the figures are final.") == 3 and list(charts(at)) == [
        "what_if_fan",
        "what_if_flows",
    ]


def test_levers_on_deals_or_stress_act_on_nobody_or_are_not_meant_to_pay(app, shop):  # noqa: F811
    text = plain(opened(app, scenario(Lever("largest_leaves", Range.of(0)))))
    assert "None of the levers has an amount" in text and "1 customer, those with most at risk first" in text
    assert "No cost is given" not in text


def test_hostile_names_stand_as_they_are(app, shop):  # noqa: F811
    lever = Lever("retention", Range(3, 5, 8), Target(owners=("Ann",)), name=HOSTILE)
    html = words(opened(app, scenario(lever, name=HOSTILE[:80])))
    assert "<img" not in html and "&lt;img src=x&gt;" in html and "<strong>bold" not in html
    assert "<a href" not in html


def test_customers_link_to_their_cards_and_are_of_the_target(app, shop):  # noqa: F811
    at = opened(app, scenario(Lever("retention", Range(3, 5, 8), Target(owners=("Ann",)))))
    links = [link.proto.query_string for link in at.get("page_link") if "customer_of" in link.proto.query_string]
    assert links and "Whom it acts on" in plain(at)
    table = re.findall(r'aria-label="Customers the scenario acts on".*?</table>', words(at), re.S)[0]
    assert "Ann" in table and "Bob" not in table


def test_chances_are_never_told_surer_than_they_were_counted(app, shop):  # noqa: F811
    app()
    assert session.locale().code == "en"
    assert [chance_words(each) for each in (1.0, 0.72, 0.0)] == ["more than 99%", "72%", "less than 1%"]
    assert [short_chance(each) for each in (1.0, 0.05, 0.0)] == [">99%", "5%", "<1%"]


# what retention is worth


def test_points_of_retention_are_told_in_a_year_and_over_a_lifetime(app, shop, check):  # noqa: F811
    at = opened(app, scenario(KEEP), view="retention")
    said = finding(at)
    assert said.startswith("5 points more of retention would bring ") and "in the first year" in said
    text = plain(at)
    for part in (
        "Run rate",
        "Lifetime",
        "As it is quoted",
        "Reichheld and Sasser",
        "Byron Sharp",
        "Told of all customers",
    ):
        assert part in text
    assert next(iter(charts(at))) == "retention_worth"
    at.slider(key="retention_points").set_value(1).run()
    assert finding(check(at)).startswith("1 point more of retention would bring ")


def test_retention_of_a_group_is_told_of_that_group(app, shop, check):  # noqa: F811
    at = opened(app, scenario(KEEP), view="retention")
    names = at.selectbox(key="retention_whom").options
    assert names[0] == "all customers" and "Protect" in names and "Retail" in names
    everyone = finding(at)
    at.selectbox(key="retention_whom").set_value("segment Retail").run()
    assert "Told of Retail; new customers are not in it." in plain(check(at)) and finding(at) != everyone
    at.selectbox(key="retention_whom").set_value("quadrant keep").run()
    text = plain(check(at))
    assert "Nobody of this group is a customer now." in text and "What retention does a goal take?" in text


def test_a_goal_has_its_answer_and_the_company_its_own_past(app, shop, check):  # noqa: F811
    at = opened(app, scenario(KEEP), view="retention")
    at.selectbox(key="retention_goal").set_value("retention").run()
    at.number_input(key="retention_goal_retention").set_value(1.0).run()
    assert "Customers kept of 1.0% is there already" in plain(check(at))
    at.selectbox(key="retention_goal").set_value("nrr").run()
    at.number_input(key="retention_goal_nrr").set_value(900.0).run()
    text = plain(check(at))
    assert "Net revenue retention of 900% is out of reach by keeping customers alone." in text
    assert "The data do not reach back far enough" in text


def test_without_customers_it_says_what_to_add(app, load):
    load(company())
    text = plain(app("what_if", view="retention"))
    assert "so nobody can say what keeping more of them is worth" in text or "This needs customers" in text


def test_in_hebrew(app, shop):  # noqa: F811
    opened(app, scenario(Lever("retention", Range(3, 5, 8), cost=CHEAP)), lang="he")
    opened(app, scenario(KEEP), lang="he", view="retention")
