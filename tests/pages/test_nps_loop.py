"""Closing the loop on the page of NPS, on answers written by hand."""

import io
import json
import re
from datetime import date, datetime, timedelta

import openpyxl
import pytest

from analytics.filters import Filters
from analytics.nps.loop import loop_cases
from analytics.rows import rows
from data.loop_cases import LoopCase
from data.store import Workspace
from data.workspaces import default_workspace
from tests.pages.conftest import words
from ui.export import Paper, csv, xlsx
from ui.locale import Locale
from ui.nps.loop_words import sheet, status_word

AS_OF = datetime(2026, 6, 30, 9)
HOSTILE = '=HYPERLINK("http://x") **bold** <img src=x> [a](http://x)'


def answer(number, score=3, days=20, **said):
    return {
        "response_id": f"R{number}", "customer_id": f"C{number:02}", "customer": f"Customer {number}", "respondent": f"Person {number}",
        "email": f"p{number}@x.test", "answered_at": AS_OF - timedelta(days=days), "score": float(score), "scale": "nps", "comment": None,
    } | said  # fmt: skip


@pytest.fixture
def surveyed(load):
    """Put answers into the workspace in use, each of a customer that brought its number a month ago."""

    def put(*answers) -> Workspace:
        known = [row for row in answers if row["customer_id"]]
        load(
            {
                "deals": [{"deal_id": "1", "status": "open", "created_at": AS_OF, "closed_at": None, "pipeline": "Sales"}],
                "customers": [
                    {"customer_id": row["customer_id"], "customer_name": row["customer"], "owner": ("Ann", "Bob")[place % 2]}
                    for place, row in enumerate(known)
                ],
                "orders": [
                    {"order_id": row["customer_id"], "customer_id": row["customer_id"], "ordered_at": AS_OF - timedelta(days=30), "amount": 100.0 + place, "currency": "USD"}
                    for place, row in enumerate(known)
                ],
                "survey_responses": list(answers),
            },
            latest_event_at=AS_OF.isoformat(),
        )  # fmt: skip
        return Workspace(default_workspace())

    return put


def cases_of(workspace):
    engine = workspace.engine()
    question = loop_cases(engine.tables, Filters(AS_OF.date()), workspace.loop_cases(), only="all")
    found = question.answer(engine.run)
    engine.close()
    return found


def opened(app):
    return app("nps", view="loop")


def named(at, kind, start):
    return next(each for each in at.get(kind) if str(each.key).startswith(start))


def lines(at):
    """The rows of the list of cases, their cells as text."""
    html = next(block.proto.body for block in at.get("html") if 'aria-label="Customers to call"' in block.proto.body)
    found = [
        re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
        if "<td" in row
    ]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in found]


def test_the_page_says_who_waits_and_nothing_of_what_nobody_noted(app, surveyed):
    surveyed(*(answer(n) for n in range(12)), answer(20, 9), answer(21, 2, 3), answer(22, 2, 200))
    at = opened(app)
    text = words(at)
    assert "<strong>12 of 13 answers that need one back are overdue.</strong>" in text
    assert "Nobody has noted a call yet" in text and "1 answer more than 90 d old are not on it." in text
    assert "No call is noted yet" in text and "Too early to tell" in text
    (standing,) = (json.loads(chart.proto.spec) for chart in at.get("plotly_chart"))
    assert [sum(trace["x"]) for trace in standing["data"]] == [12, 1, 0, 0]
    first = lines(at)[0]
    assert first[0] == "Customer 11 Person 11" and first[4] == "17 Jun 2026 13 d overdue" and first[6] == "$111"


def test_a_case_is_noted_and_stays_noted(app, surveyed, check):
    workspace = surveyed(answer(1), answer(2))
    at = opened(app)
    named(at, "radio", "loop_status").set_value("contacted")
    named(at, "text_area", "loop_note").set_value("called, will send a part")
    named(at, "button", "loop_save").click().run()
    assert "1 of 2 answers that need one back are overdue" in words(check(at))
    (case,) = workspace.loop_cases().cases
    assert (case.status, case.note, case.owner, case.due_on) == ("contacted", "called, will send a part", None, None)
    assert case.contacted_on >= date(2026, 6, 30)
    # Called long after its days were over, and since then nobody answered.
    assert "How fast is told of answers since" in words(at)
    at.selectbox(key="loop_only").set_value("contacted").run()
    assert len(lines(check(at))) == 1
    named(at, "radio", "loop_status").set_value("open")
    named(at, "selectbox", "loop_case_owner").set_value("Ann")
    named(at, "button", "loop_save").click().run()
    (case,) = workspace.loop_cases().cases
    assert (case.status, case.contacted_on, case.owner) == ("open", None, "Ann")


def test_how_fast_people_are_called_and_by_whom(app, surveyed):
    workspace = surveyed(*(answer(n) for n in range(24)))
    found = cases_of(workspace)
    # Ann's customers within three days; of Bob's nobody but one, late.
    called = found[(found["owner"] == "Ann") | (found["customer"] == "Customer 1")]
    workspace.keep_loop_cases([
        LoopCase(row["case_number"]).at("contacted", date(2026, 6, 13 if row["owner"] == "Ann" else 25)) for row in rows(called)
    ])  # fmt: skip
    at = opened(app)
    text = words(at)
    assert "<strong>50%</strong>" in text and "of 24 answers were called within 7 d. " in text
    assert "11 wait, half of them for longer than 20 d." in text and "Too early to tell" in text
    specs = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    assert len(specs) == 3 and sorted(x for trace in specs[2]["data"] for x in trace["x"]) == [0, 1]


def test_a_worked_file_is_shown_first_and_then_taken_back(app, surveyed, check):
    workspace = surveyed(answer(1), answer(2, comment=HOSTILE), answer(3))
    locale = Locale("he")
    table, kinds = sheet(cases_of(workspace), locale)
    paper = Paper(
        "loop_sheet", "Cases", table, kinds, (("As of", "2026-06-30"),), (), locale, sheets_by=locale._("Owner")
    )
    book = openpyxl.load_workbook(io.BytesIO(xlsx(paper)))
    everybody = book.worksheets[0]
    heads = {cell.value: cell.column for cell in everybody[1] if cell.column is not None}
    everybody.cell(2, heads[locale._("Status")]).value = status_word("closed", locale)
    everybody.cell(2, heads[locale._("Note")]).value = "+1 call"
    everybody.cell(3, heads[locale._("Status")]).value = "nonsense"
    target = io.BytesIO()
    book.save(target)
    at = opened(app)
    at.file_uploader[0].set_value(("cases.xlsx", target.getvalue(), "application/octet-stream")).run()
    text = words(check(at))
    assert "1 case changes · 1 stays as it is · 1 cell or line cannot be used" in text
    assert workspace.loop_cases().cases == ()
    at.button(key="loop_apply").click().run()
    (case,) = workspace.loop_cases().cases
    assert (case.status, case.note) == ("closed", "+1 call")
    assert "1 of 3" not in words(check(at)) and at.success[0].value == "1 case was changed."


def test_what_goes_out_comes_back_unchanged(surveyed, tmp_path):
    from data import loop_file
    from data.loop_file import Standing
    from ui.nps.loop_words import HEADINGS, in_all_languages, nobody, statuses

    workspace = surveyed(answer(1), answer(2))
    number = cases_of(workspace)["case_number"].iloc[0]
    workspace.keep_loop_cases([LoopCase(number, "contacted", "@Dan", note=HOSTILE, contacted_on=date(2026, 6, 20))])
    found = cases_of(workspace)
    standing = {
        row["case_number"]: Standing(row["customer"], row["answer_on"], row["case_status"], row["owner"], row["answer_due_on"], row["case_note"] or "", row["contacted_on"], row["closed_on"])
        for row in rows(found)
    }  # fmt: skip
    for code in ("en", "he"):
        table, kinds = sheet(found, Locale(code))
        paper = Paper("loop_sheet", "Cases", table, kinds, (), (), Locale(code), sheets_by=str(table.columns[0]))
        for name, made in (("a.csv", csv(paper)), ("a.xlsx", xlsx(paper))):
            path = tmp_path / name
            path.write_bytes(made)
            lines_ = loop_file.lines(path, name, in_all_languages(HEADINGS))
            plan = loop_file.plan(lines_, standing, workspace.loop_cases(), statuses(), date(2026, 6, 30), nobody())
            assert (plan.changes, plan.refused, plan.unchanged) == ((), (), 2)
    assert b"\r\n=" not in csv(paper) and b',"=' not in csv(paper)


def test_hostile_words_do_nothing(app, surveyed):
    workspace = surveyed(
        answer(1, customer=HOSTILE, respondent=HOSTILE, comment=HOSTILE),
        answer(2, customer_id=None, customer=None, respondent=None, email=None),
    )
    for number in cases_of(workspace)["case_number"]:
        workspace.keep_loop_cases([LoopCase(number, owner=HOSTILE, note=HOSTILE)])
    text = words(opened(app))
    assert "<img" not in text and "<strong>bold" not in text and "&lt;img src=x&gt;" in text
    assert "Unknown customer" in text


def test_nothing_to_do_is_said(app, surveyed):
    surveyed(answer(1, 10), answer(2, 3, 200))
    text = words(opened(app))
    assert "<strong>No answer needs one back now.</strong>" in text and "Choose answers of any age" in text
