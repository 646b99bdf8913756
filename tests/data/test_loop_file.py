"""A list of cases that was worked on elsewhere: what of it is taken back, and what is not."""

from datetime import date
from typing import Any

import pytest
import xlsxwriter

from data.errors import FileProblem
from data.loop_cases import LoopCase, LoopCases, Status
from data.loop_file import Standing, lines, plan, written

ONE, TWO, THREE = ("K" + digit * 16 for digit in "abc")
TODAY = date(2026, 6, 30)
HEADINGS = {
    "status": ("Status", "סטטוס"), "owner": ("Owner", "אחראי"), "due_on": ("Answer due",), "note": ("Note", "הערה"),
    "contacted_on": ("Contacted on",), "closed_on": ("Closed on",), "answer_on": ("Answered on",),
}  # fmt: skip
STATUSES: dict[Status, tuple[str, str]] = {
    "open": ("Open", "פתוח"),
    "contacted": ("Contacted", "נוצר קשר"),
    "closed": ("Closed", "סגור"),
}
HEAD = ("Customer", "Case number", "Answered on", "Status", "Owner", "Answer due", "Note", "Contacted on", "Closed on")


def standing(number="", **given):
    usual: dict[str, Any] = {
        "customer": "Acme", "answer_on": date(2026, 6, 14), "status": "open", "owner": "Ann", "due_on": date(2026, 6, 21), "note": "",
    }  # fmt: skip
    return Standing(**(usual | given))


NOW = {ONE: standing(), TWO: standing(customer="Beta"), THREE: standing(customer="Gamma", owner=None)}


def row(number, status="Open", owner="Ann", due="2026-06-21", note="", contacted="", closed="", answered="2026-06-14"):
    return ("Acme", number, answered, status, owner, due, note, contacted, closed)


@pytest.fixture
def read(tmp_path):
    def reading(*rows, head=HEAD, encoding="utf-8-sig"):
        path = tmp_path / "cases.csv"
        cells = [",".join(f'"{cell}"' for cell in line) for line in (head, *rows)]
        path.write_bytes("\r\n".join(cells).encode(encoding))
        return lines(path, "cases.csv", HEADINGS)

    return reading


@pytest.fixture
def planned(read):
    def planning(*rows, now=NOW, kept=LoopCases(), **options):  # noqa: B008
        return plan(read(*rows, **options), now, kept, STATUSES, TODAY, ("No owner",))

    return planning


def workbook(path, **sheets):
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, cells in enumerate((HEAD, *rows)):
                sheet.write_row(at, 0, cells)
    return lines(path, path.name, HEADINGS)


def reasons(made):
    return [str(refusal.why) for refusal in made.refused]


def test_what_was_not_changed_changes_nothing(planned):
    made = planned(row(ONE), row(TWO), row(THREE, owner="No owner"))
    assert (made.changes, made.refused, made.lines, made.unchanged) == ((), (), 3, 3)


def test_status_owner_due_day_and_note_are_taken_back(planned):
    made = planned(row(ONE, "contacted", "Bob", "2026-07-05", "called"), row(TWO))
    (change,) = made.changes
    assert change.case == LoopCase(ONE, "contacted", "Bob", date(2026, 7, 5), "called", TODAY)
    assert (made.unchanged, change.customer) == (1, "Acme")
    assert change.changed == {
        "status": ("open", "contacted"), "owner": ("Ann", "Bob"), "due_on": (date(2026, 6, 21), date(2026, 7, 5)), "note": ("", "called"),
        "contacted_on": (None, TODAY),
    }  # fmt: skip


def test_nothing_else_is_taken_back(planned):
    changed = list(row(ONE))
    changed[0], changed[2] = "Another customer", "2020-01-01"
    assert planned(tuple(changed)).changes == ()


def test_days_of_the_file_hold_before_the_day_of_taking_back(planned):
    made = planned(row(ONE, "closed", contacted="2026-06-16", closed="2026-06-20"), row(TWO, closed="2026-06-18"))
    assert [(c.case.status, c.case.contacted_on, c.case.closed_on) for c in made.changes] == [
        ("closed", date(2026, 6, 16), date(2026, 6, 20)), ("closed", date(2026, 6, 18), date(2026, 6, 18)),
    ]  # fmt: skip
    early = planned(row(ONE, contacted="2026-06-13"), row(TWO, closed="2026-07-01"), row(THREE, "closed", "", contacted="2026-06-20", closed="2026-06-18"))  # fmt: skip
    assert early.changes == () and len(early.refused) == 3
    assert (
        "is not between the answer and today" in reasons(early)[0]
        and "before anybody was in touch" in reasons(early)[2]
    )


def test_a_day_is_read_as_the_file_writes_the_days_that_are_known(planned):
    # 03/07 is the third of July where the answers' day is written 14/06.
    day_first = planned(row(ONE, due="03/07/2026", answered="14/06/2026"))
    assert day_first.changes[0].case.due_on == date(2026, 7, 3)
    month_first = planned(row(ONE, due="3/7/2026", answered="6/14/2026"))
    assert month_first.changes[0].case.due_on == date(2026, 3, 7)
    nobody_knows = planned(row(ONE, due="03/07/2026", answered=""))
    assert nobody_knows.changes == () and "can be two days" in reasons(nobody_knows)[0]
    assert "is no day" in reasons(planned(row(ONE, due="next week")))[0]


def test_lines_that_cannot_be_used_are_told_with_their_place(planned):
    made = planned(row(ONE, "done"), row("K" + "f" * 16, "closed"), row("12"), row(TWO, "closed"))
    assert [(refusal.line, str(refusal.why)) for refusal in made.refused] == [
        (2, "done is no status: write open, contacted or closed."),
        (3, f"No answer has the case number {'K' + 'f' * 16}."),
        (4, "No answer has the case number 12."),
    ]  # fmt: skip
    assert [change.case.number for change in made.changes] == [TWO]


def test_formulas_go_out_harmless_and_come_back_unharmed(planned):
    formula = "=HYPERLINK(1)"
    now = {ONE: standing(note=formula, owner="+Ann"), TWO: standing(note="'=quoted")}
    assert written(formula) == "'" + formula
    same = planned(row(ONE, note="'" + formula, owner="'+Ann"), row(TWO, note="'=quoted"), now=now)
    assert same.changes == () and same.unchanged == 2
    new = planned(row(TWO, note="'-5 and more"), now=now)
    assert new.changes[0].case.note == "-5 and more"


def test_a_blank_cell_leaves_all_but_a_note(planned):
    now = {ONE: standing(note="call", status="contacted", contacted_on=date(2026, 6, 20))}
    kept = LoopCases((LoopCase(ONE, "contacted", note="call", contacted_on=date(2026, 6, 20)),))
    (change,) = planned(row(ONE, "", "", ""), now=now, kept=kept).changes
    assert change.changed == {"note": ("call", "")} and change.case.status == "contacted"
    no_column = planned((ONE, "closed"), head=("Case number", "Status"), now=now, kept=kept)
    assert set(no_column.changes[0].changed) == {"status", "closed_on"}


def test_a_file_in_hebrew_as_a_spreadsheet_saves_it(planned):
    made = planned((ONE, "סגור", "דנה", "דיברנו"), head=("מספר", "סטטוס", "אחראי", "הערה"), encoding="windows-1255")
    assert made.changes[0].case == LoopCase(ONE, "closed", "דנה", None, "דיברנו", TODAY, TODAY)


def test_of_several_sheets_the_one_that_was_worked_on_counts(tmp_path):
    found = workbook(
        tmp_path / "a.xlsx", All=[row(ONE), row(TWO, "closed")], Ann=[row(ONE, "contacted"), row(TWO, "closed")]
    )
    made = plan(found, NOW, LoopCases(), STATUSES, TODAY)
    assert {change.case.number: change.case.status for change in made.changes} == {ONE: "contacted", TWO: "closed"}
    assert made.lines == 4 and not made.refused


def test_sheets_that_contradict_each_other_change_nothing(tmp_path):
    found = workbook(tmp_path / "a.xlsx", All=[row(ONE, "closed")], Ann=[row(ONE, "contacted")])
    made = plan(found, NOW, LoopCases(), STATUSES, TODAY)
    assert made.changes == () and "Other sheets say something else" in reasons(made)[0]


def test_another_file_is_refused(read):
    with pytest.raises(FileProblem, match="no column has their numbers"):
        read(("Acme", "12"), head=("Customer", "Case number"))


def test_opened_again(planned):
    now = {ONE: standing(status="closed", contacted_on=date(2026, 6, 16), closed_on=date(2026, 6, 20))}
    kept = LoopCases((LoopCase(ONE, "closed", contacted_on=date(2026, 6, 16), closed_on=date(2026, 6, 20)),))
    (change,) = planned(row(ONE, "open", contacted="2026-06-16", closed="2026-06-20"), now=now, kept=kept).changes
    assert change.case == LoopCase(ONE)


def test_a_line_that_cannot_be_read_is_not_told_to_hold_already(planned):
    made = planned(row(ONE, contacted="2026-02-31"), row(TWO))
    assert (made.lines, len(made.changes), len(made.refused), made.unchanged) == (2, 0, 1, 1)
