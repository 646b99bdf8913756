"""A manager before the weekly meeting: which stage and group, how sure, how much money, which deals, and a sheet to act on."""

from __future__ import annotations

import io
import re
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.e2e.test_journeys import choose


def test_from_the_ranking_to_the_deals(demo, new_page, visit, settled):
    page = visit(new_page(server=demo), "/bottlenecks?by=source")
    expect(page.locator(".sh-finding")).to_contain_text("Event")
    expect(page.locator(".st-key-card_all_mended")).to_contain_text("All leaks mended")
    deals = page.locator(".st-key-card_ranking_deals")
    settled(page)
    bar = page.locator(".st-key-card_leak .js-plotly-plot .nsewdrag").first.bounding_box()
    assert bar is not None
    page.mouse.click(bar["x"] + bar["width"] * 0.2, bar["y"] + bar["height"] / 2)
    settled(page)
    expect(deals.get_by_test_id("stDataFrame")).to_be_visible()
    expect(deals).to_contain_text(re.compile(r"\d+ deals"))


def test_a_cell_of_the_heat_map_opens_its_curve_and_its_deals(demo, new_page, visit, settled):
    page = visit(new_page(server=demo), "/bottlenecks?view=heat&by=source")
    expect(page.locator(".sh-finding")).to_contain_text("stands after correction")
    cell = page.locator(".st-key-card_heat_cell")
    plot = page.locator(".st-key-card_heat .js-plotly-plot .nsewdrag").first.bounding_box()
    assert plot is not None
    # The middle one of five stages and five sources.
    page.mouse.click(plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] / 2)
    settled(page)
    expect(cell).to_contain_text("Its open deals")
    expect(cell.locator(".js-plotly-plot")).to_have_count(1)
    expect(page.locator(".st-key-heat_stage input")).to_have_value("Demo")


def test_the_action_sheet_has_a_sheet_for_each_owner(demo, new_page, visit, settled):
    page = visit(new_page(server=demo), "/bottlenecks?view=stalled")
    expect(page.locator(".sh-finding")).to_contain_text("open deals wait too long")
    page.locator(".st-key-stall_sheet button").first.click()
    with page.expect_download() as taken:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name="XLSX").click()
    book = load_workbook(io.BytesIO(Path(taken.value.path()).read_bytes()))
    assert "Dana Levi" in book.sheetnames and len(book.sheetnames) > 5
    everyone, one = book.worksheets[0], book["Dana Levi"]
    assert 1 < one.max_row < everyone.max_row


def test_a_day_is_marked_and_stays_and_working_days_are_counted(start_server, new_page, visit, settled):
    page = visit(new_page(server=start_server()), "/")
    page.locator(".st-key-load_demo button").click()
    expect(page.locator("[class*=st-key-card_kpi]").first).to_be_visible(timeout=60_000)
    visit(page, "/bottlenecks?view=before_after")
    day = page.locator(".st-key-card_before_after_day")
    page.locator(".st-key-ba_name input").fill("New price list")
    page.locator(".st-key-ba_name input").press("Enter")
    settled(page)
    page.locator(".st-key-ba_add button").click()
    settled(page)
    expect(day).to_contain_text("New price list")
    page.reload()
    settled(page)
    expect(day).to_contain_text("New price list")

    visit(page, "/bottlenecks?view=times")
    expect(page.locator(".sh-finding")).to_contain_text(re.compile(r"\d d"))
    visit(page, "/settings")
    choose(page, ".st-key-set_calendar input", "Working days: Monday to Friday")
    page.locator(".st-key-save_settings button").click()
    settled(page)
    visit(page, "/bottlenecks?view=times")
    expect(page.locator(".sh-finding")).to_contain_text("workdays")
