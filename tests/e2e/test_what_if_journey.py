"""A manager's question: what would come of keeping more customers, how sure is that, and what to take to the meeting."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from analytics.what_if.scenario import Cost, Lever, Range, Scenario
from analytics.what_if.share import link
from data.importer import load_files
from data.store import Workspace

HEBREW = re.compile("[\u0590-\u05ff]")
KEEP = Lever("retention", Range(3, 5, 8), cost=Cost(per_customer=Range.of(10)))


@pytest.fixture
def small(start_server):
    """An app with thirty customers: every third stopped buying a year ago; the others, with one called =1+1, buy monthly."""
    app = start_server()
    names = {number: f"Customer {number}" for number in range(1, 31)} | {1: "=1+1"}
    orders = [
        f"{number}-{at},C{number:03},{date(2025, 1, 6) + timedelta(days=30 * at + number % 7)},{100 + number}"
        for number in names
        for at in range(6 if number % 3 == 0 else 18)
    ]
    people = [f"C{number:03},{name},{('Ann', 'Bob')[number % 2]},Food" for number, name in names.items()]
    folder = app.home / "given"
    folder.mkdir(parents=True)
    for name, head, lines in (
        ("customers.csv", "Account ID,Account Name,Account Owner,Industry", people),
        ("orders.csv", "Order ID,Customer ID,Order Date,Amount", orders),
    ):
        (folder / name).write_text("\n".join([head, *lines, ""]), "utf-8")
    load_files(Workspace(app.home / "workspaces" / "default"), [(folder / name, name) for name in ("customers.csv", "orders.csv")])  # fmt: skip
    return app


def address(name="Plan", **given):
    """The page with a scenario of few draws, so that each change is told in one run."""
    return f"/what_if?scenario={link(Scenario(name, (KEEP,), 12, draws=500, **given)).text}"


def sentence(page):
    return page.locator(".sh-finding").first


def figures(text):
    return sorted(re.findall(r"[\d.,]*\d[KM%]?", text))


def typed(page, label, text):
    """Write into the first field of this name as with a keyboard alone."""
    page.get_by_label(label, exact=True).first.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)
    page.keyboard.press("Tab")


def pressed(page, name):
    page.get_by_role("button", name=name, exact=True).press("Enter")


def test_a_scenario_is_built_by_keyboard_saved_and_told_side_by_side(small, new_page, visit, settled, axe):
    page = visit(new_page(server=small), address())
    expect(sentence(page)).to_contain_text("“Plan”")
    before = sentence(page).inner_text()
    typed(page, "Likely", "7")
    expect(sentence(page)).not_to_have_text(before)
    settled(page)
    typed(page, "Low", "9")
    expect(page.get_by_text("The range 9, 7, 8 is not in order.")).to_be_visible()
    expect(page.get_by_text("Nothing is computed yet")).to_be_visible()
    page.get_by_role("button", name="Put them in order").press("Enter")
    expect(page.get_by_label("Low", exact=True).first).to_have_value("7")
    settled(page)
    page.get_by_role("button", name="Add a lever").press("Enter")
    page.get_by_role("button", name="Price change").press("Enter")
    expect(page.get_by_role("heading", name="Lever 2")).to_be_visible()
    settled(page)
    typed(page, "Name", "Spring plan")
    expect(sentence(page)).to_contain_text("“Spring plan”")
    settled(page)
    pressed(page, "Save")
    expect(page.get_by_text("Saved on")).to_be_visible()

    visit(page, address("Another"))
    page.get_by_role("button", name="Open a scenario").press("Enter")
    page.get_by_role("button", name="Spring plan").press("Enter")
    expect(sentence(page)).to_contain_text("“Spring plan”")
    expect(page.get_by_role("heading", name="Lever 2")).to_be_visible()
    expect(page.get_by_label("Low", exact=True).first).to_have_value("7")
    settled(page)
    page.get_by_role("button", name="Copy the scenario").press("Enter")
    expect(sentence(page)).to_contain_text("“Spring plan (2)”")
    settled(page)
    typed(page, "Months", "24")
    expect(sentence(page)).to_contain_text("24 months")
    settled(page)
    pressed(page, "Save")
    expect(page.get_by_text("Saved on")).to_be_visible()
    settled(page)

    page.get_by_role("radio", name="Side by side").click()
    beside = page.get_by_role("region", name="Scenarios side by side")
    expect(beside.get_by_role("columnheader", name="Spring plan", exact=True)).to_be_visible()
    expect(beside.get_by_role("columnheader", name="Spring plan (2)", exact=True)).to_be_visible()
    expect(page.get_by_text("Their horizons differ")).to_be_visible()
    assert axe(settled(page)) == []


def test_what_is_taken_along_says_the_same_elsewhere(small, new_page, visit, settled, axe):
    page = visit(new_page(server=small), address(budget=100.0))
    said = sentence(page).inner_text()
    page.get_by_role("button", name="Link and file").press("Enter")
    shared = page.get_by_test_id("stPopoverBody").locator("code").inner_text()
    with page.expect_download() as taken:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name="XLSX").click()
    book = load_workbook(io.BytesIO(Path(taken.value.path()).read_bytes()))
    assert book.sheetnames == ["Answer", "Months", "Assumptions", "Customers"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert any("=1+1" in str(cell.value) for cell in cells)

    other = visit(new_page("he", server=small), f"{shared}&lang=he")
    expect(sentence(other)).to_have_text(HEBREW)
    assert figures(sentence(other).inner_text()) == figures(said)
    assert other.evaluate("getComputedStyle(document.querySelector('.sh-finding')).direction") == "rtl"

    page.keyboard.press("Escape")
    page.get_by_role("radio", name="Best use of a budget").click()
    expect(sentence(page)).to_contain_text("With 100: treat 10 customers")
    treated = page.get_by_role("region", name="Customers to treat")
    expect(treated.get_by_role("row")).to_have_count(11)
    assert axe(settled(page)) == []
