"""Every view of the pages that have several, as it stands on a phone in Hebrew and on a screen in both themes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

VIEWS = {
    "bottlenecks": ["ranking", "times", "heat", "stalled", "queue", "process", "before_after", "causes"],
    "customers": ["value_risk", "contact", "dependency", "lifecycle", "rfm", "ideal", "profit", "evidence"],
    "nps": ["trend", "segments", "reach", "loop", "themes", "follows", "matching"],
    "what_if": ["scenario", "retention", "budget", "compare", "looked_back", "evidence"],
}
HEBREW = re.compile("[\u0590-\u05ff]")


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("of", VIEWS)
def test_every_view_stands_in_hebrew_on_a_phone(demo, new_page, visit, axe, of, half):
    page = new_page("he", width=390, server=demo)
    for view in VIEWS[of][half::2]:
        visit(page, f"/{of}?view={view}&lang=he")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.locator(".sh-finding").first).to_have_text(HEBREW)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
        assert axe(page) == [], view


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("of", VIEWS)
def test_every_view_stands_on_a_screen(demo, new_page, visit, axe, of, scheme):
    page = new_page("en", scheme=scheme, server=demo)
    for view in VIEWS[of]:
        visit(page, f"/{of}?view={view}")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_text("Something went wrong")).to_have_count(0)
        assert axe(page) == [], view
