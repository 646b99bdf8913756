"""An account manager's morning: whom to keep first, why, the customer's card, who is due a call, and a sheet for each owner."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect


@pytest.mark.parametrize(("lang", "scheme", "width"), [("he", "dark", 390), ("en", "light", 1280)])
def test_the_card_of_a_customer_stands(demo, new_page, visit, axe, lang, scheme, width):
    page = visit(new_page(lang, scheme=scheme, width=width, server=demo), f"/customer?customer_of=C-1091&lang={lang}")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []


def test_from_the_list_to_the_card_of_the_customer(demo, new_page, visit, settled):
    page = visit(new_page(server=demo), "/customers")
    expect(page.locator(".sh-finding")).to_contain_text("at risk")
    name = "Gilboa Spices Ltd"
    page.get_by_text(name, exact=True).last.click()
    settled(page)
    expect(page).to_have_url(re.compile(r"/customer\?.*customer_of=C-"))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator(".sh-finding")).to_contain_text("Worth")


def test_the_workbook_has_a_sheet_for_each_owner(demo, new_page, visit, settled):
    page = visit(new_page(server=demo), "/customers")
    settled(page)
    page.get_by_role("button", name="Hand to owners").click()
    with page.expect_download() as taken:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name="XLSX").click()
    book = load_workbook(io.BytesIO(Path(taken.value.path()).read_bytes()))
    assert {"Dana Levi", "Rona Shalev"} <= set(book.sheetnames)


def test_a_chip_that_says_nothing_of_customers_is_greyed(demo, new_page, visit):
    page = visit(new_page(server=demo), "/customers?source=Event&view=rfm")
    expect(page.get_by_role("button", name=re.compile("^Source"))).to_be_disabled()
    expect(page.get_by_text("640 customers")).to_be_visible()
