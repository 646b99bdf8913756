"""Whoever runs the survey: is the score moving, who is silent, what they say, and a list to work through."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from data.importer import load_files
from data.store import Workspace


@pytest.fixture
def small(start_server):
    """An app with a survey of two customers: three detractors, one who fell, and promoters."""
    app = start_server()
    people = [("Acme", "ann@acme.test", 2, "The delivery was late"), ("Acme", "bob@acme.test", 10, ""),
              ("Beta", "cem@beta.test", 4, "=1+1 too expensive"), ("Beta", "dan@beta.test", 0, "<b>rude</b>")]  # fmt: skip
    lines = [f"{email},{company},2026-0{month}-03,{score},{comment}" for month in range(1, 7) for company, email, score, comment in people]  # fmt: skip
    survey = "Email,Company,Date,How likely are you to recommend us? (0-10),Comment\n" + "\n".join(lines) + "\n"
    folder = app.home / "given"
    folder.mkdir(parents=True)
    (folder / "survey.csv").write_text(survey, "utf-8")
    (folder / "accounts.csv").write_text(
        "Account ID,Account Name,Account Owner,Industry,Website\n1,Acme,Noa,Food,acme.test\n2,Beta,Omer,Food,beta.test\n",
        "utf-8",
    )
    workspace = Workspace(app.home / "workspaces" / "default")
    load_files(workspace, [(folder / name, name) for name in ("accounts.csv", "survey.csv")])
    return app


def test_a_case_is_worked_on_by_keyboard_and_stays(small, new_page, visit, settled):
    page = visit(new_page(server=small), "/nps?view=loop")
    expect(page.locator(".sh-finding")).to_contain_text("3 answers")
    page.get_by_label("Note").focus()
    page.keyboard.type("She will call back on Sunday")
    status = page.get_by_role("radio", name="Contacted", exact=True)
    for _press in range(12):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            break
    page.keyboard.press("ArrowRight")
    expect(status).to_be_checked()
    for _press in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText")[-4:] == "Save":
            break
    page.keyboard.press("Enter")
    settled(page)
    page = visit(page, "/nps?view=loop")
    expect(page.get_by_text("contacted", exact=False).first).to_be_visible()
    [case] = Workspace(small.home / "workspaces" / "default").loop_cases().cases
    assert (case.status, case.note) == ("contacted", "She will call back on Sunday")


def test_the_sheet_goes_out_and_comes_back(small, new_page, visit, settled, tmp_path):
    page = visit(new_page(server=small), "/nps?view=loop")
    settled(page)
    page.get_by_role("button", name="Case sheet by owner").click()
    with page.expect_download() as taken:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name="XLSX").click()
    book = load_workbook(io.BytesIO(Path(taken.value.path()).read_bytes()))
    assert {"Noa", "Omer"} <= set(book.sheetnames)
    sheet = book["Omer"]
    head = next(row for row in sheet.iter_rows() if any(cell.value == "Status" for cell in row))
    places = {cell.value: place for place, cell in enumerate(head, 1)}
    first = next(number for number, row in enumerate(sheet.iter_rows(), 1) if row == head) + 1
    for line in (first, first + 1):
        assert sheet.cell(line, places["Comment"]).data_type != "f"
        sheet.cell(line, places["Status"], "Loop closed")
    worked = tmp_path / "worked.xlsx"
    book.save(worked)
    page.keyboard.press("Escape")
    page.set_input_files("input[type=file]", str(worked))
    expect(page.get_by_text("2 cases change")).to_be_visible()
    page.get_by_role("button", name="Change 2 cases").click()
    expect(page.get_by_text("2 cases were changed.")).to_be_visible()
    cases = Workspace(small.home / "workspaces" / "default").loop_cases().cases
    assert [case.status for case in cases] == ["closed", "closed"]


def test_what_happened_is_marked_and_a_theme_is_renamed(small, new_page, visit, settled):
    page = visit(new_page(server=small), "/nps")
    page.get_by_label("What happened that day").fill("Price rise")
    page.get_by_role("button", name="Mark this day").click()
    settled(page)
    expect(page.get_by_text("Price rise").first).to_be_visible()
    assert [mark.name for mark in Workspace(small.home / "workspaces" / "default").marks()] == ["Price rise"]
    visit(page, "/nps?view=themes")
    page.get_by_label("Name", exact=True).fill("Late trucks")
    page.get_by_label("Name", exact=True).press("Tab")
    settled(page)
    page.get_by_role("button", name="Keep this theme").click()
    settled(page)
    visit(page, "/nps?view=themes")
    expect(page.get_by_text("Late trucks").first).to_be_visible()
