"""The view of pipeline changes on deals whose way can be followed by eye."""

import json
from datetime import date, datetime

import pytest

EUROS = {"currency": "EUR"}
SEEN = {"currency": "EUR", "latest_event_at": "2026-02-28T12:00:00"}
FEBRUARY = {"from": "2026-02-01", "to": "2026-02-28"}
STAGES = [
    {"pipeline": "Sales", "stage": stage, "stage_order": order, "outcome": outcome, "is_confirmed": True}
    for order, (stage, outcome) in enumerate((("Offer", "open"), ("Closed Won", "won"), ("Closed Lost", "lost")), 1)
]


def day(number, month=1):
    return datetime(2026, month, number, 9)


def deal(name, status, amount, created, closed=None, currency="EUR", **more):
    stage = {"open": "Offer", "won": "Closed Won", "lost": "Closed Lost"}[status]
    return {
        "deal_id": name, "deal_name": f"The {name}", "owner": "Ann", "pipeline": "Sales", "stage": stage, "status": status,
        "amount": amount, "currency": currency, "created_at": created, "closed_at": closed, **more,
    }  # fmt: skip


def change(name, field, old, new, at, after=None):
    return {
        "deal_id": name, "field": field, "old_value": old, "new_value": new, "changed_at": at, "changed_after": after,
    }  # fmt: skip


def february(with_changes=True):
    """Euros: 100 + 80 open at the start; 30 new, 50 more, 10 less; 70 won; 130 + 50 open at the end."""
    deals = [
        deal("grows", "open", 150.0, day(1)),
        deal("shrinks", "won", 70.0, day(1), day(20, 2)),
        deal("comes", "open", 30.0, day(5, 2)),
        deal("later", "open", 999.0, day(9, 3)),
        deal("dollars", "lost", 5.0, day(1), day(9, 2), "USD"),
    ]
    changes = [
        change("grows", "amount", "100", "150", day(10, 2)),
        change("shrinks", "amount", "80", "70", day(12, 2)),
    ]
    return {"deals": deals, "stages": STAGES} | ({"deal_changes": changes} if with_changes else {})


def put_off(n=40, owners=("Ann", "Bob")):
    """Deals seen at two times: of Ann's every second was put off by a month, of Bob's none."""
    deals, changes = [], []
    for i in range(n):
        owner = owners[i % 2]
        deals.append(
            deal(
                f"D{i:03}", "open", 100.0, day(2), owner=owner, expected_close_on=date(2026, 3, 1),
                first_seen_on=date(2026, 2, 2), last_seen_on=date(2026, 2, 9),
            )
        )  # fmt: skip
        if i % 4 == 0:
            changes.append(
                change(f"D{i:03}", "expected_close_on", "2026-02-01", "2026-03-01", day(9, 2), date(2026, 2, 2))
            )
    return {"deals": deals, "stages": STAGES, "deal_changes": changes}


def figure(at, place=0):
    return json.loads(at.get("plotly_chart")[place].proto.spec)


def shown(text):
    return text.replace('<span class="sh-whole">', "").replace("</span>", "")


def test_the_sentence_the_sum_and_the_bars(app, load, read):
    load(february(), **EUROS)
    at = app("funnel", view="changes", **FEBRUARY)
    text = shown(read(at))
    assert "<strong>The open pipeline is at €180, as it was 28 days before:</strong>" in text
    assert "€70 won, €30 new, €50 by raised amounts, €10 by cut amounts." in text
    assert "€180 + €30 + €50 − €10 − €70 = €180" in text
    assert "Deals in EUR only: amounts in 2 currencies do not add up." in text
    assert "From 1 Feb 2026 to 28 Feb 2026." in text and "No change of an amount" not in text
    assert "3 deals open at some time" in text
    (bars,) = figure(at)["data"]
    ends = [(low, low + size) for low, size in zip(bars["base"], bars["y"], strict=True)]
    assert ends == [(0, 180), (180, 210), (210, 260), (260, 250), (250, 180), (0, 180)]


def test_a_step_lists_its_deals_with_old_and_new_amount_until_its_chip_is_closed(app, load, check):
    load(february(), **EUROS)
    at = app("funnel", view="changes", **FEBRUARY)
    assert at.session_state["changes_bars"] == ["opening", "created", "increased", "decreased", "won", "closing"]
    at.get_by_key("changes_step").set_value("decreased").run()
    listed = check(at).dataframe[-1].value
    assert listed[["Deal number", "Old amount", "New amount", "Counted in the step"]].to_numpy().tolist() == [
        ["shrinks", 80, 70, -10]
    ]
    at.get_by_key("close_changes_deals").click().run()
    assert "close_changes_deals" not in {button.key for button in check(at).button}


def test_another_currency_and_deals_instead_of_money(app, load, read, check):
    load(february(), **EUROS)
    at = app("funnel", view="changes", **FEBRUARY)
    at.get_by_key("changes_currency").set_value("USD").run()
    assert "<strong>The open pipeline fell from $5 to $0 in 28 days:</strong> $5 lost." in shown(read(check(at)))
    at.get_by_key("changes_currency").set_value("EUR").run()
    at.get_by_key("changes_measure").set_value("deals").run()
    assert "2 + 1 − 1 = 2" in read(check(at))


def test_without_recorded_amounts_it_says_so_and_still_balances(app, load, read):
    load(february(with_changes=False), **EUROS)
    text = shown(read(app("funnel", view="changes", **FEBRUARY)))
    assert "€220 + €30 − €70 = €180" in text
    assert "No change of an amount is recorded, so amounts are as they are now" in text
    assert "Nothing shows yet how often deals are put off" in text
    assert "Load the same export again next week: changes are found by comparing." in text


def test_without_a_period_it_is_91_days(app, load, read):
    load(february(), **EUROS)
    assert "No full period is chosen, so this is 91 days, from 8 Dec 2025 to 8 Mar 2026." in read(
        app("funnel", view="changes", as_of="2026-03-08")
    )


def test_deals_without_amounts_are_counted(app, load, read):
    rows = february(with_changes=False)
    for each in rows["deals"]:
        each |= {"amount": None, "currency": None}
    load(rows)
    text = read(app("funnel", view="changes", **FEBRUARY))
    assert "The open pipeline fell from 3 deals to 2 deals in 28 days" in text
    assert "1 deal won, 1 deal lost, 1 deal new." in text
    assert "No deal here has an amount, so deals are counted." in text and "4 without an amount" in text


def test_where_most_open_deals_have_no_amount_they_are_counted_and_money_is_the_readers_choice(app, load, read, check):
    rows = february(with_changes=False)
    rows["deals"][0]["amount"] = rows["deals"][2]["amount"] = None  # both that are open at the end
    load(rows, **EUROS)
    at = app("funnel", view="changes", **FEBRUARY)
    text = shown(read(at))
    assert "The open pipeline is at 2 deals, as it was 28 days before" in text and "2 + 1 − 1 = 2" in text
    assert "Of 2 deals open at the end, 2 have no amount" in text
    at.get_by_key("changes_measure").set_value("money").run()
    text = shown(read(check(at)))
    assert "The open pipeline is at 2 deals" in text and "€70 − €70 = €0" in text.replace(" + €0", "")


def test_days_with_nothing_open_say_so(app, load, read):
    load(february(), **EUROS)
    text = read(app("funnel", view="changes", **{"from": "2020-01-01", "to": "2020-01-31"}))
    assert "No deal was open in these dates" in text and "There is no open pipeline to follow" in text


def test_pushes_are_told_with_their_interval_and_money(app, load, read):
    load(put_off(), **SEEN)
    text = shown(read(app("funnel", view="changes")))
    assert ">25%</p>" in text and "95%: 14–40%" in text and "10 of 40 deals seen at two times" in text
    assert "28 d" in text and "10 deals, put off 10 times in all" in text
    assert "€1K" in text and "10 open deals put off" in text
    assert "No group can be compared: it takes 30 deals" in text


@pytest.mark.parametrize(("owners", "said"), [(("Ann", "Bob"), True), (("Ann", "Ann"), False)])
def test_who_puts_off_more_is_said_where_it_is_real(app, load, read, owners, said):
    load(put_off(80, owners), **SEEN)
    text = shown(read(app("funnel", view="changes")))
    assert ("Ann: 50% of 40 put off</strong> (35–65%), against 0% of all others." in text) == said
    assert ("A real difference after correction for 2 comparisons." in text) == said


def test_the_open_deals_put_off_most_are_listed(app, load):
    rows = put_off()
    rows["deal_changes"].append(change("D004", "expected_close_on", "2026-03-01", "2026-04-20", day(10, 2)))
    load(rows, **SEEN)
    listed = app("funnel", view="changes").dataframe[-1].value
    assert listed[["Deal number", "Times put off", "Days put off"]].head(2).to_numpy().tolist() == [
        ["D004", 2, 78], ["D000", 1, 28]
    ]  # fmt: skip
    assert len(listed) == 10


def test_fewer_than_ten_seen_show_no_rate(app, load, read):
    load(put_off(8), **SEEN)
    text = read(app("funnel", view="changes"))
    assert "not enough · 8" in text and "2 of 8 deals seen at two times" in text and "25%" not in text


HOSTILE = "<img src=x onerror=alert(1)> ![p](http://evil.example/p.png)"


@pytest.mark.parametrize("language", ["en", "he"])
def test_it_mirrors_and_hostile_names_stay_text(app, load, language):
    rows = put_off(80, (HOSTILE, "Bob"))
    for each in rows["deals"]:
        each["deal_name"] = each["currency"] = HOSTILE
    load(rows, **SEEN)
    at = app("funnel", view="changes", lang=language)
    assert not any("<img" in block.proto.body for block in at.get("html"))
    assert "![p](" not in "".join(block.value for block in at.markdown)
    figures = [figure(at, place)["layout"] for place in range(len(at.get("plotly_chart")))]
    first, last = figures[0]["xaxis"]["range"]
    assert (first > last) == (language == "he")
    assert len(figures) == 2 and "<img" not in json.dumps(figures)
