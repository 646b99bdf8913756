"""Whole journeys of a person, from a cold link to a file taken away."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import TimeoutError, expect

DEALS = """Deal ID,Deal name,Customer,Owner,Stage,Amount,Created,Closed,Region
{rows}"""
PAGES = ["/", "/funnel", "/bottlenecks", "/import", "/settings"]
VIEWS = ["stages", "groups", "time", "trend", "compare", "paths", "losses", "velocity", "changes"]


def deals_file(folder: Path, name: str = "deals.csv", mark: str = "Alpha", deals: int = 60) -> Path:
    """A small file of deals: of every three one is won, one lost, one open."""
    rows = []
    for place in range(deals):
        stage = ("Won", "Lost", "Proposal")[place % 3]
        closed = f"{place % 27 + 1:02d}/03/2026" if stage != "Proposal" else ""
        owner, region = ("Dana", "Omer")[place % 2], ("North", "South")[place // 3 % 2]
        rows.append(
            f"{mark}-{place},{mark} deal {place},{mark} Ltd,{owner},{stage},{1000 + place},{place % 27 + 1:02d}/01/2026,{closed},{region}"
        )
    file = folder / name
    file.write_text(DEALS.format(rows="\n".join(rows)), "utf-8")
    return file


def confirm(page, settled):
    """Load what was dropped, once it was looked at."""
    button = page.get_by_test_id("stMain").locator(".st-key-import_confirm button")
    expect(button).to_be_enabled()
    settled(page)
    button.click()
    expect(page.locator(".st-key-card_ready")).to_be_visible()


@pytest.fixture
def load(visit, settled):
    """Drop files on the import page and load them."""

    def loaded(page, *files, address="/import"):
        visit(page, address)
        page.set_input_files("input[type=file]", [str(file) for file in files])
        confirm(page, settled)
        return settled(page)

    return loaded


def says(page, text):
    """Expect the number of deals that the filters leave."""
    expect(page.locator(".sh-where").last).to_have_text(text)


def test_a_file_becomes_a_funnel_that_can_be_filtered_and_taken_away(
    start_server, new_page, visit, load, settled, tmp_path
):
    mine = start_server()
    page = load(new_page(server=mine), deals_file(tmp_path))

    expect(page.locator(".sh-finding")).to_contain_text("60 of 60 rows are in")
    page.get_by_role("link", name="See the funnel").click()
    page.wait_for_url("**/funnel*")
    says(page, "60 deals")

    visit(page, "/funnel?Region=North")
    says(page, "30 deals")
    expect(page).to_have_url(re.compile("Region=North"))
    page.locator(".st-key-clear_filters button").click()
    says(page, "60 deals")
    expect(page).not_to_have_url(re.compile("Region"))

    visit(page, "/funnel?Region=North")
    says(page, "30 deals")
    page.locator(".st-key-under_get_funnel button").first.click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.reader(io.StringIO(Path(taken.value.path()).read_bytes().decode("utf-8-sig"))))
    text = "\n".join(",".join(row) for row in rows)
    assert "North" in text and "Proposal" in text and "2026-03" in text
    with page.expect_download() as taken:
        page.get_by_role("button", name="XLSX").click()
    book = load_workbook(io.BytesIO(Path(taken.value.path()).read_bytes()))
    assert any("Proposal" in str(cell.value) for sheet in book for row in sheet for cell in row)
    assert any("North" in str(cell.value) for sheet in book for row in sheet for cell in row)
    with page.expect_download() as taken:
        page.get_by_role("button", name="PNG").click()
    picture = Path(taken.value.path()).read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) > 10_000


def test_an_import_can_be_taken_back(public, new_page, visit, load, settled, tmp_path):
    page = load(new_page(server=public), deals_file(tmp_path))
    page.locator(".st-key-undo_this button").click()
    expect(page.get_by_text("was taken back")).to_be_visible()
    visit(page, "/funnel")
    expect(page.locator(".st-key-load_demo")).to_be_visible()


def test_what_is_wrong_with_a_file_is_said(public, new_page, visit, tmp_path):
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 this is no workbook")
    page = visit(new_page(server=public), "/import")
    page.set_input_files("input[type=file]", str(broken))
    expect(page.locator(".sh-problem")).to_contain_text("broken.xlsx")


def test_hebrew_loses_nothing_on_the_way(demo, new_page, visit, settled):
    page = visit(new_page(server=demo), "/funnel?segment=Enterprise")
    before = page.locator(".sh-where").last.inner_text()
    page.get_by_role("radio", name="עברית").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_role("heading", level=1)).to_have_text("משפך")
    expect(page).to_have_url(re.compile("lang=he"))
    settled(page)

    assert re.sub(r"\D", "", page.locator(".sh-where").last.inner_text()) == re.sub(r"\D", "", before)
    assert "segment=Enterprise" in page.url
    sidebar = page.get_by_test_id("stSidebar").bounding_box()
    assert sidebar["x"] > 600, "the sidebar stands at the right"


def test_two_visitors_never_see_each_other(public, new_page, visit, load, tmp_path):
    first, second = new_page(server=public), new_page(server=public)
    load(first, deals_file(tmp_path, "a.csv", "Alpha", 60))
    load(second, deals_file(tmp_path, "b.csv", "Beta", 30))

    for page, deals, own, other in ((first, "60 deals", "Alpha", "Beta"), (second, "30 deals", "Beta", "Alpha")):
        visit(page, "/funnel")
        says(page, deals)
        choose(page, ".st-key-drill_stage input", "Won")
        page.locator(".st-key-card_deals canvas").first.wait_for()
        page.locator(".st-key-card_deals [data-testid=stPopoverButton]").first.wait_for()
        cookies = [cookie for cookie in page.context.cookies() if cookie["httpOnly"]]
        assert cookies
        with page.expect_download() as taken:
            page.locator(".st-key-card_deals").get_by_role("button", name="Download", exact=True).click()
            page.get_by_test_id("stPopoverBody").get_by_role("button", name="CSV").click()
        text = Path(taken.value.path()).read_text("utf-8-sig")
        assert own in text and other not in text
    visit(first, "/funnel")  # a reload keeps the workspace
    says(first, "60 deals")


def test_the_made_up_company_is_one_press_away_and_the_keyboard_is_enough(start_server, new_page, visit, settled):
    page = visit(new_page(server=start_server()), "/")
    press(page, ".st-key-load_demo button", "Enter")
    expect(page.locator("[class*=st-key-card_kpi]").first).to_be_visible()
    settled(page)
    press(page, "[data-testid=stSidebarNavLink][href*=funnel]", "Enter")
    page.wait_for_url("**/funnel*")
    settled(page)
    press(page, ".st-key-drill_stage input", "ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-chip_on_deals")).to_be_visible()
    settled(page)
    press(page, ".st-key-close_deals button", "Enter")
    expect(page.locator(".st-key-chip_on_deals")).to_have_count(0)


def test_a_popover_takes_the_keyboard_in_and_gives_it_back(demo, new_page, visit, settled):
    page = visit(new_page(server=demo), "/funnel")
    press(page, ".st-key-under_get_funnel button", "Enter")
    expect(page.get_by_role("button", name="CSV")).to_be_visible()
    settled(page)
    expect(page.get_by_test_id("stPopoverBody")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="CSV")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    expect(page.locator(".st-key-under_get_funnel button")).to_be_focused()

    # Who opens it with the mouse stays where they are.
    page.locator(".st-key-under_get_funnel button").click()
    expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
    settled(page)
    expect(page.get_by_test_id("stPopoverBody")).not_to_be_focused()


def test_a_page_that_does_not_exist_is_said_in_the_readers_language(demo, new_page, visit):
    page = visit(new_page("he", server=demo), "/nowhere?lang=he")
    expect(page.get_by_role("dialog")).to_contain_text("אין דף כזה")
    expect(page.get_by_role("dialog")).not_to_contain_text("Page not found")


def choose(page, selector: str, option: str, tries: int = 5) -> None:
    """Choose an option; a list that is redrawn just as it is clicked closes or stays with nothing chosen, so try again."""
    box = page.locator(selector)
    for _ in range(tries):
        box.click()
        try:
            page.get_by_role("option", name=option, exact=True).click(timeout=5_000)
            expect(box).to_have_value(option, timeout=3_000)
        except (AssertionError, TimeoutError):
            page.keyboard.press("Escape")
        else:
            return
    expect(box).to_have_value(option)


def press(page, selector: str, key: str) -> None:
    """Walk there with the Tab key, as somebody without a mouse must, and press."""
    page.locator(selector).first.wait_for()
    for _ in range(120):
        if page.evaluate("s => document.activeElement === document.querySelector(s)", selector):
            page.keyboard.press(key)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_a_finding_leads_to_its_view_with_the_filters(demo, new_page, visit, settled):
    page = visit(new_page(server=demo), "/?as_of=2026-11-10")
    finding = page.locator(".st-key-finding_0")
    expect(finding).to_contain_text("“Event” stop at Proposal")
    finding.get_by_role("link", name="See the funnel").click()
    page.wait_for_url("**/funnel?*")
    settled(page)

    expect(page.locator(".sh-finding")).to_contain_text("Event at Proposal")
    for part in ("view=groups", "by=source", "stage_of=Proposal", "as_of=2026-11-10"):
        expect(page).to_have_url(re.compile(part))
    page.reload()
    settled(page)
    expect(page.locator(".sh-finding")).to_contain_text("Event at Proposal")


@pytest.mark.parametrize("views", [VIEWS[::2], VIEWS[1::2]], ids=" ".join)
def test_every_view_stands_in_hebrew_on_a_phone(demo, new_page, visit, axe, views):
    page = new_page("he", width=390, server=demo)
    for view in views:
        visit(page, f"/funnel?view={view}&lang=he")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.locator(".sh-finding").first).to_have_text(re.compile("[\u0590-\u05ff]"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
        assert axe(page) == [], view


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "he"])
def test_a_cold_link_opens_every_page_in_its_frame_and_axe_finds_nothing_of_ours(
    demo, new_page, visit, axe, language, scheme
):
    page = new_page(language, scheme=scheme, server=demo)
    for path in PAGES:
        visit(page, f"{path}?lang={language}")
        expect(page).to_have_title("Shimur" if path == "/" else re.compile(".+ · Shimur$"))
        expect(page.get_by_test_id("stSidebarNav")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "he" else "ltr")
        assert axe(page) == [], path


def test_axe_finds_nothing_of_ours_while_importing(public, new_page, visit, axe, settled, tmp_path):
    page = visit(new_page("he", server=public), "/import?lang=he")
    assert axe(page) == []
    page.set_input_files("input[type=file]", str(deals_file(tmp_path)))
    expect(page.locator(".st-key-import_confirm button")).to_be_enabled()
    settled(page)
    assert axe(page) == []
    confirm(page, settled)
    assert axe(settled(page)) == []


HOSTILE = [
    "![x](http://evil.example/a.png)", "<img src=http://evil.example/b.png onerror=alert(1)>", "=HYPERLINK(\"http://evil.example\")",
    "[click](javascript:alert(1))", "<script>alert(1)</script>", "'); DROP TABLE deals; --", ":material/delete: **bold** $x$",
]  # fmt: skip


def test_hostile_text_stays_text(public, new_page, visit, load, settled, tmp_path):
    file = tmp_path / "hostile.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(
            [
                "Deal ID",
                "Deal name",
                "Customer",
                "Owner",
                "Stage",
                "Status",
                "Source",
                "Lost reason",
                "Amount",
                "Created",
                HOSTILE[0],
            ]
        )
        for place in range(70):
            text = HOSTILE[place % len(HOSTILE)]
            status = ("Won", "Lost", "Open")[place % 3]
            writer.writerow([f"{place}{text}", text, text, text, text, status, text, text, 100, "2026-01-31", text])
    page = new_page(server=public)
    alerts: list[str] = []

    def heard(dialog):
        alerts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", heard)
    load(page, file)
    for path in PAGES:
        visit(page, path)
        assert page.locator("[src*='evil'], [href*='evil'], [href^='javascript']").count() == 0
    visit(page, "/funnel?owner=" + HOSTILE[0])
    assert page.locator("[src*='evil'], [href*='evil']").count() == 0
    page.locator(".st-key-under_get_funnel button").first.click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV").click()
    for row in csv.reader(io.StringIO(Path(taken.value.path()).read_bytes().decode("utf-8-sig"))):
        assert not any(cell.startswith(("=", "+", "@")) for cell in row)
    assert not alerts
