"""Whoever runs the survey: is the score moving, who is silent, what they say, and a list to work through."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

VIEWS = ["trend", "segments", "reach", "loop", "themes", "follows", "matching"]
HEBREW = re.compile("[\u0590-\u05ff]")


@pytest.mark.parametrize("views", [VIEWS[::2], VIEWS[1::2]], ids=" ".join)
def test_every_view_stands_in_hebrew_on_a_phone(demo, new_page, visit, axe, views):
    page = new_page("he", width=390, server=demo)
    for view in views:
        visit(page, f"/nps?view={view}&lang=he")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.locator(".sh-finding").first).to_have_text(HEBREW)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
        assert axe(page) == [], view


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_stands_on_a_screen(demo, new_page, visit, axe, scheme):
    page = new_page("en", scheme=scheme, server=demo)
    for view in VIEWS:
        visit(page, f"/nps?view={view}")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_text("Something went wrong")).to_have_count(0)
        assert axe(page) == [], view
