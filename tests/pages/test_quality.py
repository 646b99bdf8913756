"""What is wrong with the data, what it does, and leaving it out on every page."""

from datetime import timedelta

import pytest


@pytest.fixture
def overdue(made):
    """Forty deals; the four open ones were expected to close months before the last event."""
    rows = made()
    for deal in rows["deals"]:
        deal["expected_close_on"] = (
            (deal["created_at"] - timedelta(days=90)).date() if deal["status"] == "open" else None
        )
    return rows


def button(at, key):
    return next(each for each in at.button if each.key == key)


def keys(at):
    return {each.key for each in at.button}


def test_the_heading_says_how_many_and_what_they_do(app, load, overdue, read):
    load(overdue)
    text = read(app("quality"))
    assert "<strong>4 of 40 deals have something wrong or missing (10%).</strong>" in text
    # 12 of 36 decided deals are won; with the 4 overdue ones lost, 12 of 40.
    assert "What matters most: Overdue (4 deals). Taken for lost, they move the win rate from 33.3% to 30.0%." in text
    assert "What to do:" in text and "Close them as lost" in text
    assert "if they were lost" in text


def test_what_moves_a_rate_only_because_all_were_lost_is_no_finding(app, load, made, read):
    rows = made()
    lost = [deal for deal in rows["deals"] if deal["status"] == "lost"]
    for deal in lost[:12]:
        deal["amount"] = 0.0
    load(rows)
    text = read(app("quality"))
    assert "All of them that are closed were lost." in text
    assert "What matters most: Amount of nothing or less" not in text
    assert "instead of" in text  # it stands where the problem is, with the warning


def test_leaving_out_holds_on_every_page_until_put_back(app, load, overdue, read, check):
    load(overdue)
    at = app("quality")
    assert "put_back_overdue" not in keys(at)
    check(button(at, "leave_overdue").click().run())
    assert at.query_params["without"] == "overdue"
    assert {"put_back_overdue", "put_back_here", "back_overdue"} <= keys(at)
    assert "4 deals are left out, on every page" in read(at)
    assert "36 deals" in read(at)
    check(at.switch_page("../pages/overview.py").run())
    assert "36 deals" in read(at) and at.query_params["without"] == "overdue"
    check(button(at, "put_back_overdue").click().run())
    assert "without" not in at.query_params
    assert "40 deals" in read(at) and "put_back_overdue" not in keys(at)


def test_a_link_leaves_out_and_an_unknown_problem_is_said(app, load, overdue, read):
    load(overdue)
    at = app("quality", without=["overdue", "nonsense"])
    assert "36 deals" in read(at)
    assert any("nonsense" in warning.value for warning in at.warning)
    # The problem is still listed, to be put back.
    assert "back_overdue" in keys(at)


def test_the_deals_of_a_problem_are_listed(app, load, overdue, check):
    load(overdue)
    at = app("quality")
    check(button(at, "see_overdue").click().run())
    (grid,) = [frame for frame in at.dataframe if "Expected close" in frame.value.columns]
    assert sorted(grid.value["Deal number"]) == ["D009", "D019", "D029", "D039"]
    check(button(at, "see_overdue").click().run())
    assert not [frame for frame in at.dataframe if "Expected close" in frame.value.columns and len(frame.value) == 4]


def test_one_sided_problems_come_with_a_warning(app, load, made, read):
    rows = made()
    for deal in rows["deals"]:
        deal["amount"] = 0.0 if deal["status"] == "lost" else deal["amount"]
    load(rows)
    text = read(app("quality"))
    assert "All of them that are closed were lost. Leaving them out lifts the win rate by itself" in text


def test_nothing_wrong(app, load, made, read):
    load(made(9))  # the tenth is open for longer than the others took
    text = read(app("quality"))
    assert "<strong>Nothing is wrong with any of the 9 deals, as far as can be seen.</strong>" in text
    assert "kinds of problems were looked for" in text


def test_clear_puts_everything_back(app, load, overdue, read, check):
    load(overdue)
    at = app("funnel", without="overdue")
    check(button(at, "clear_filters").click().run())
    assert "40 deals" in read(at) and "without" not in at.query_params


@pytest.mark.parametrize("language", ["en", "he"])
def test_an_empty_workspace(app, language):
    assert "load_demo" in keys(app("quality", lang=language))


def test_hebrew(app, load, overdue, read):
    load(overdue)
    text = read(app("quality", lang="he", without="overdue"))
    assert 'dir="rtl"' in text


def test_names_from_the_data_stay_text(app, load, overdue, read, check):
    for deal in overdue["deals"]:
        deal["deal_name"] = "<img src=x onerror=alert(1)>"
    load(overdue)
    at = app("quality")
    check(button(at, "see_overdue").click().run())
    assert "<img src=x" not in read(at)
