"""Orders, subscriptions, activities, cases, surveys and changes of deals: from a few rows of a file to their tables."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from data.contracts import months_of
from data.importer import Draft, Upload
from data.store import Workspace
from data.survey_answers import scale_of
from tests.data.kit import ask, load, write_csv


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def write(tmp_path):
    """A file written on the spot; its first row is the header."""

    def make(name: str, *rows: list[Any]) -> Path:
        return write_csv(tmp_path / name, rows[0], rows[1:])

    return make


def counts(file):
    return file.rows_loaded, file.rows_updated, file.rows_unchanged, file.rows_removed, file.rows_rejected


def said(file):
    return [str(message) for message in (*file.checks, *file.warnings)]


LINES = "SELECT order_id, customer_id, quantity, amount FROM orders ORDER BY rowid"


# Orders


def test_order_lines_with_returns_repeats_and_missing_customers(workspace, write):
    lines = write(
        "lines.csv",
        ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"],
        ["536365", "A1", 6, "2010-12-01 08:26:00", 2.5, "17850.0"],
        ["536365", "A1", 6, "2010-12-01 08:26:00", 2.5, "17850.0"],
        ["C536379", "A1", -1, "2010-12-02 09:41:00", 2.5, "17850.0"],
        ["536414", "B2", 2, "2010-12-03 10:00:00", 5, ""],
        ["536415", "B2", 2, "soon", 5, "14527.0"],
    )
    file = load(workspace, lines).files[0]
    assert (file.table, counts(file)) == ("orders", (4, 0, 0, 0, 1))
    assert ask(workspace, LINES) == [
        ("536365", "17850", 6, 15), ("536365", "17850", 6, 15), ("C536379", "17850", -1, -2.5), ("536414", None, 2, 10),
    ]  # fmt: skip
    assert file.totals["amount"] == {"file": 47.5, "loaded": 37.5}
    words = said(file)
    assert "CustomerID: numbers written with a decimal point are read without it, such as 14527.0." in words
    assert "1 line (20.0%) names no customer: it counts in totals, and for no customer." in words
    assert "1 order line repeats an earlier one exactly. It was kept: the same may have been bought twice." in words
    again = load(workspace, lines).files[0]
    assert counts(again) == (0, 0, 4, 0, 1)
    assert again.totals["amount"]["loaded"] == 37.5
    assert len(ask(workspace, LINES)) == 4


def test_a_month_that_overlaps_the_one_before_adds_what_is_new(workspace, write):
    header = ["Order ID", "Customer", "Order date", "Amount"]
    first = write("one.csv", header, ["1", "Acme", "2026-01-05", 10], ["2", "Beta", "2026-01-31", 20])
    second = write(
        "two.csv",
        header,
        ["2", "Beta", "2026-01-31", 20],
        ["2", "Beta", "2026-01-31", 20],
        ["3", "Acme", "2026-02-01", 5],
    )
    load(workspace, first)
    file = load(workspace, second).files[0]
    assert counts(file) == (2, 0, 1, 0, 0)
    assert file.totals["amount"] == {"file": 45, "loaded": 45}
    assert ask(workspace, "SELECT order_id, count(*) FROM orders GROUP BY 1 ORDER BY 1") == [
        ("1", 1),
        ("2", 2),
        ("3", 1),
    ]


def test_an_amount_of_the_whole_order_is_not_counted_for_each_line(workspace, write):
    rows = [
        ["Order ID", "Order date", "Customer", "Quantity", "Unit price", "Total"],
        ["1", "2026-01-05", "Acme", 2, 10, 50],
        ["1", "2026-01-05", "Acme", 1, 30, 50],
        ["2", "2026-01-06", "Acme", 1, 30, 30],
    ]
    file = load(workspace, write("orders.csv", *rows)).files[0]
    assert [amount for *_, amount in ask(workspace, LINES)] == [20, 30, 30]
    assert any(word.startswith("Total is the total of a whole order") for word in said(file))


def test_credit_notes_are_negative_and_cancelled_orders_left_out(workspace, write):
    header = ["מספר חשבונית", "סוג מסמך", "תאריך", "לקוח", 'סה"כ', "סטטוס"]
    rows = [["1", "חשבונית מס", "31/01/2026", "אקמה", "1,000 ₪", "שולם"], ["2", "חשבונית זיכוי", "01/02/2026", "אקמה", "100 ₪", "שולם"],
            ["3", "הצעת מחיר", "02/02/2026", "בטא", "70 ₪", "פתוח"], ["4", "חשבונית מס", "03/02/2026", "בטא", "7 ₪", "פתוח"]]  # fmt: skip
    file = load(workspace, write("orders.csv", header, *rows)).files[0]
    assert (file.table, counts(file)) == ("orders", (3, 0, 0, 1, 0))
    assert [amount for *_, amount in ask(workspace, LINES)] == [1000, -100, 7]
    assert ask(workspace, "SELECT DISTINCT currency FROM orders") == [("ILS",)]
    rows[3][-1] = "בוטל"
    later = load(workspace, write("later.csv", header, *rows)).files[0]
    assert counts(later) == (0, 0, 2, 2, 0)
    assert [amount for *_, amount in ask(workspace, LINES)] == [1000, -100]


def test_customers_loaded_later_are_found_by_name_and_lines_stay_known(workspace, write):
    orders = write(
        "orders.csv", ["Order ID", "Order date", "Customer", "Amount"],
        ["1", "2026-01-05", "Acme Ltd.", 10], ["2", "2026-01-06", "Beta", 20],
    )  # fmt: skip
    load(workspace, orders)
    assert ask(workspace, "SELECT DISTINCT customer_id FROM orders ORDER BY 1") == [("Acme Ltd.",), ("Beta",)]
    customers = write("customers.csv", ["Customer ID", "Customer name", "Industry"], ["C1", "ACME, Ltd", "Metal"])
    report = load(workspace, customers)
    assert ask(workspace, "SELECT order_id, customer_id, customer FROM orders ORDER BY 1") == [
        ("1", "C1", "Acme Ltd."), ("2", "Beta", "Beta"),
    ]  # fmt: skip
    notes = [str(note) for note in report.notes]
    assert "1 row of Orders was joined by a name written a little differently: Acme Ltd. = ACME, Ltd." in notes
    assert "1 row of Orders names one of Customers that no file has, such as Beta." in notes
    assert counts(load(workspace, orders).files[0]) == (0, 0, 2, 0, 0)
    assert ask(workspace, "SELECT customer_id FROM orders ORDER BY order_id") == [("C1",), ("Beta",)]


def test_order_lines_are_known_by_quantity_times_price(workspace, write):
    rows = [["a", "b", "c", "d", "e"], ["2026-01-31", "x", 2, 10.5, 21], ["2026-02-01", "y", 3, 4, 12], ["2026-02-02", "x", 1, 9, 9], ["2026-02-03", "z", 5, 2, 10]]  # fmt: skip
    file = load(workspace, write("some.csv", *rows)).files[0]
    assert (file.table, file.columns) == (
        "orders",
        {"a": "ordered_at", "b": None, "c": "quantity", "d": "unit_price", "e": "amount"},
    )
    assert "Please check c: One column times another gives a third: quantity, price and amount." in said(file)


# VAT


def test_vat_is_taken_off_and_said(workspace, write):
    orders = write(
        "orders.csv", ["Order ID", "Order date", "Customer", "Total incl. VAT"],
        ["1", "2026-01-05", "Acme", 118], ["2", "2026-01-06", "Beta", 236],
    )  # fmt: skip
    file = load(workspace, orders).files[0]
    assert "Total incl. VAT includes VAT, and was taken as it is. Give the rate of VAT to take it off." in said(file)
    other = Workspace(workspace.folder.parent / "other")
    file = load(other, orders, vat_rate=18.0).files[0]
    assert file.totals["amount"] == {"file": 354, "loaded": 300}
    assert "Total incl. VAT: VAT of 18% was taken off, 354 in the file, 300 without it." in said(file)
    assert ask(other, "SELECT amount FROM orders ORDER BY 1") == [(100,), (200,)]


def test_of_two_amounts_the_one_without_vat_is_taken(workspace, write):
    rows = [
        ["מספר חשבונית", "תאריך", "לקוח", 'סה"כ כולל מע"מ', 'סה"כ לפני מע"מ'],
        ["1", "31/01/2026", "אקמה", 118, 100],
    ]
    file = load(workspace, write("orders.csv", *rows)).files[0]
    assert file.columns['סה"כ לפני מע"מ'] == "amount"
    assert ask(workspace, "SELECT amount FROM orders") == [(100,)]


def test_vat_is_taken_off_deals(workspace, write):
    deals = write("deals.csv", ["Deal ID", "Stage", "Amount"], ["1", "Talks", 118], ["2", "Won", ""])
    file = load(workspace, deals, vat_rate=18.0).files[0]
    assert file.totals["amount"] == {"file": 118, "loaded": 100}


# Subscriptions


def test_what_a_contract_brings_a_month(workspace, write):
    yearly = write("yearly.csv", ["Contract number", "Customer", "Start date", "End date", "ARR"],
                   ["K1", "Acme", "2025-01-01", "", "$1,200"], ["K2", "Beta", "2025-02-01", "2025-12-31", "$600"])  # fmt: skip
    billed = write("billed.csv", ["Subscription ID", "Customer ID", "Plan", "Amount", "Interval", "Start date"],
                   ["S1", "C1", "Pro", 30, "month", "2025-01-01"], ["S2", "C1", "Pro", 90, "quarter", "2025-01-01"],
                   ["S3", "C2", "Basic", 240, "year", "2025-01-01"], ["S4", "C2", "Basic", 5, "fortnight-ish", "2025-01-01"])  # fmt: skip
    report = load(workspace, yearly, billed)
    assert [file.table for file in report.files] == ["subscriptions"] * 2
    assert ask(workspace, "SELECT subscription_id, customer_id, started_on, ended_on, monthly_revenue, currency FROM subscriptions ORDER BY 1") == [
        ("K1", "Acme", date(2025, 1, 1), None, 100, "USD"), ("K2", "Beta", date(2025, 2, 1), date(2025, 12, 31), 50, "USD"),
        ("S1", "C1", date(2025, 1, 1), None, 30, None), ("S2", "C1", date(2025, 1, 1), None, 30, None),
        ("S3", "C2", date(2025, 1, 1), None, 20, None), ("S4", "C2", date(2025, 1, 1), None, None, None),
    ]  # fmt: skip
    assert "What a contract brings a month is a twelfth of what it brings a year." in said(report.files[0])
    assert any(
        "1 contract has a billing period that we do not know (fortnight-ish)" in word for word in said(report.files[1])
    )


def test_an_amount_without_a_period_is_no_monthly_revenue(workspace, write):
    rows = [["Subscription ID", "Customer", "Start date", "Price"], ["S1", "Acme", "2025-01-01", 30]]
    file = load(workspace, write("subscriptions.csv", *rows)).files[0]
    assert ask(workspace, "SELECT monthly_revenue FROM subscriptions") == [(None,)]
    assert any(word.startswith("Price is an amount without a period") for word in said(file))


@pytest.mark.parametrize(
    ("period", "months"),
    [("Monthly", 1), ("רבעוני", 3), ("every 6 months", 6), ("שנתי", 12), ("2 years", 24), ("week", 7 * 12 / 365.25), ("whenever", None)],
)  # fmt: skip
def test_billing_periods_in_months(period, months):
    assert months_of(period) == months


# Activities


@pytest.mark.parametrize(
    ("ends", "latest"), [("2025-06-30", "2025-06-30T00:00:00"), ("2199-06-30", "2025-03-01T00:00:00")]
)
def test_contracts_move_the_as_of_date_unless_their_ends_are_planned(workspace, write, ends, latest):
    header = ["Subscription ID", "Customer ID", "Start date", "End date", "Monthly revenue"]
    load(workspace, write("subscriptions.csv", header, ["1", "a", "2024-01-01", "2025-05-31", "10"], ["2", "b", "2025-03-01", ends, "10"], ["3", "c", "2198-01-01", "", "10"]))  # fmt: skip
    assert ask(workspace, "SELECT value FROM facts WHERE name = 'latest_event_at'") == [(latest,)]


def test_activities_happened_or_are_planned(workspace, write):
    tasks = write("tasks.csv", ["Id", "WhoId", "WhatId", "Subject", "ActivityDate", "Status", "OwnerId", "AccountId", "IsClosed", "CompletedDateTime", "CallDisposition"],
                  ["00T1", "0031", "0061", "Call", "2026-01-20", "Completed", "0051", "", "1", "2026-01-19 10:30:00", ""],
                  ["00T2", "00Q7", "0011", "Write", "2026-03-05", "Not Started", "0051", "", "0", "", ""],
                  ["00T3", "000000000000000AAA", "000000000000000AAA", "Note", "2026-01-21", "Completed", "0051", "000000000000000AAA", "1", "", ""])  # fmt: skip
    file = load(workspace, tasks).files[0]
    assert (file.table, file.source, counts(file)) == ("activities", "salesforce", (3, 0, 0, 0, 0))
    assert ask(workspace, "SELECT activity_id, deal_id, customer_id, contact_id, happened_at, planned_on, is_done FROM activities ORDER BY 1") == [
        ("00T1", "0061", None, "0031", datetime(2026, 1, 19, 10, 30), None, True),
        ("00T2", None, "0011", None, None, date(2026, 3, 5), False),
        ("00T3", None, None, None, datetime(2026, 1, 21), None, True),
    ]  # fmt: skip
    assert "1 activity was with a lead; no contact is named." in said(file)
    # What is planned moves no date.
    assert ask(workspace, "SELECT value FROM facts WHERE name = 'latest_event_at'") == [("2026-01-21T00:00:00",)]


def test_activities_in_hebrew_without_numbers(workspace, write):
    rows = [["סוג פעילות", "נושא", "לקוח", "תאריך יעד", "סטטוס", "אחראי"], ["שיחה", "הצעה", "אקמה", "31/01/2026", "בוצע", "דנה"], ["פגישה", "הדגמה", "אקמה", "15/02/2026", "פתוח", "דנה"]]  # fmt: skip
    activities = write("activities.csv", *rows)
    assert counts(load(workspace, activities).files[0]) == (2, 0, 0, 0, 0)
    assert ask(workspace, "SELECT activity_type, customer_id, happened_at, planned_on, is_done FROM activities ORDER BY 1") == [
        ("פגישה", "אקמה", None, date(2026, 2, 15), False), ("שיחה", "אקמה", datetime(2026, 1, 31), None, True),
    ]  # fmt: skip
    assert counts(load(workspace, activities).files[0]) == (0, 0, 2, 0, 0)


# Cases


def test_cases_find_their_customer(workspace, write):
    customers = write(
        "customers.csv", ["Customer ID", "Customer name", "Industry"], ["C1", "Acme", "Metal"], ["C2", "Beta", "Wood"]
    )
    contacts = write(
        "contacts.csv", ["Contact ID", "Last name", "Company", "Email"], ["P1", "Cohen", "Beta", "b@beta.example"]
    )
    cases = write("cases.csv", ["Ticket ID", "Subject", "Status", "Priority", "Created", "Solved", "Company", "Contact ID"],
                  ["T1", "Stops", "Solved", "High", "2026-01-02 09:00", "2026-01-03", "Acme", ""], ["T2", "Invoice", "Open", "Low", "2026-01-04", "", "", "P1"])  # fmt: skip
    report = load(workspace, customers, contacts, cases)
    assert [file.table for file in report.files] == ["customers", "contacts", "cases"]
    assert ask(workspace, "SELECT contact_id, customer_id FROM contacts") == [("P1", "C2")]
    assert ask(workspace, "SELECT case_id, customer_id, status, priority, opened_at, closed_at FROM cases ORDER BY 1") == [
        ("T1", "C1", "Solved", "High", datetime(2026, 1, 2, 9), datetime(2026, 1, 3)), ("T2", "C2", "Open", "Low", datetime(2026, 1, 4), None),
    ]  # fmt: skip
    assert [counts(file) for file in load(workspace, contacts, cases).files] == [(0, 0, 1, 0, 0), (0, 0, 2, 0, 0)]


def test_a_file_that_fits_two_tables_is_said(workspace, write):
    list_of = write("list.csv", ["Name", "Email", "Team", "Title"], ["Dana Levi", "dana@x.example", "North", "Lead"])
    file = load(workspace, list_of).files[0]
    assert file.table == "people"
    words = "list.csv fits people and contacts about equally, and is taken as people. Choose the other one if that is wrong."
    assert [str(word) for word in file.checks] == [words]


# Surveys


def test_answers_find_their_customer_by_number_address_domain_or_name(workspace, write):
    customers = write("customers.csv", ["Customer ID", "Customer name", "Website", "Industry"],
                      ["C1", "Acme", "https://www.acme.example/he", "Metal"], ["C2", "Beta", "", "Wood"], ["C3", "Gamma", "", "Wood"])  # fmt: skip
    contacts = write("contacts.csv", ["Contact ID", "Contact name", "Last name", "Customer ID", "Email"],
                     ["P1", "Ben Levi", "Levi", "C2", "ben@gmail.com"], ["P2", "Gil Bar", "Bar", "C3", "gil@gamma.example"])  # fmt: skip
    answers = write("answers.csv", ["Response ID", "Email", "Name", "Customer ID", "How likely are you to recommend us? (0-10)", "Why?", "Submitted at"],
                    ["1", "ada@acme.example", "", "", 10, "Quick", 1767225600], ["2", "BEN@gmail.com", "", "", 0, "", 1767312000],
                    ["3", "new@gmail.com", "Gil Bar", "", 7, "", 1767312000], ["4", "new@gmail.com", "", "", 8, "", 1767312000], ["5", "", "", "C1", 9, "", 1767312000])  # fmt: skip
    report = load(workspace, customers, contacts, answers)
    assert report.files[2].table == "survey_responses"
    assert ask(workspace, "SELECT response_id, customer_id, score, scale, answered_at FROM survey_responses ORDER BY 1") == [
        ("1", "C1", 10, "nps", datetime(2026, 1, 1)), ("2", "C2", 0, "nps", datetime(2026, 1, 2)), ("3", "C3", 7, "nps", datetime(2026, 1, 2)),
        ("4", None, 8, "nps", datetime(2026, 1, 2)), ("5", "C1", 9, "nps", datetime(2026, 1, 2)),
    ]  # fmt: skip
    notes = [str(note) for note in report.notes]
    assert "1 row of Survey answers was joined to its customer by the domain of the email address." in notes
    assert "1 of 5 survey answers are of no customer that is known." in notes
    assert counts(load(workspace, answers).files[0]) == (0, 0, 5, 0, 0)


@pytest.mark.parametrize(
    ("header", "low", "high", "whole", "scale", "is_asked"),
    [
        ("How likely are you to recommend us?", 0, 10, True, "nps", False),
        ("Score (0-10)", 4, 9, True, "nps", False),
        ("באיזו מידה תמליצו עלינו", 0, 9, True, "nps", False),
        ("How likely are you to recommend us?", 3, 10, True, "nps", True),
        ("How likely are you to recommend us?", 1, 10, True, "1-10", True),
        ("How likely are you to recommend us? (1 to 10)", 2, 10, True, "1-10", True),
        ("How satisfied are you, 1-5", 2, 5, True, "1-5", True),
        ("Rating", 1, 5, True, "1-5", True),
        ("Score", 1, 7, True, "1-7", True),
        ("NPS", 0, 100, True, "0-100", True),
        ("NPS", 0.5, 9.5, False, "0-10", True),
        ("Score", 0, 5, True, "0-5", True),
    ],
)
def test_only_ten_with_a_zero_is_nps(header, low, high, whole, scale, is_asked):
    found, ask_about = scale_of(header, low, high, whole)
    assert (found, ask_about is not None) == (scale, is_asked)


def test_a_scale_without_zero_is_nps_only_when_told(workspace, write):
    answers = write("answers.csv", ["Response ID", "Email", "Score", "Date"], ["1", "a@x.example", 1, "2026-01-02"], ["2", "b@x.example", 10, "2026-01-03"], ["3", "c@x.example", 11, "2026-01-03"])  # fmt: skip
    load(workspace, answers)
    assert ask(workspace, "SELECT DISTINCT scale FROM survey_responses") == [("0-100",)]
    told = Workspace(workspace.folder.parent / "told")
    file = load(told, answers, mapping={"Score": "nps_score"}).files[0]
    assert ask(told, "SELECT score, scale FROM survey_responses ORDER BY response_id") == [
        (1, "nps"),
        (10, "nps"),
        (None, None),
    ]
    assert "1 answer is no whole number from 0 to 10 and was left empty." in said(file)


def test_scores_written_with_words(workspace, write):
    cells = ["10 - Extremely likely", "0 - Not at all likely", "9", "10 (Extremely likely)", "0 = בכלל לא", "8 Likely", "3-May", "5 - 6 maybe", "likely", 7]  # fmt: skip
    answers = write("answers.csv", ["Response ID", "Email", "How likely are you to recommend us?"], *([n, f"a{n}@x.example", cell] for n, cell in enumerate(cells)))  # fmt: skip
    with Draft(workspace, [Upload(answers, answers.name)]) as draft:
        reading = draft.plans[0].columns[2].reading
        words = "Of a number with words after it, the number is taken, as in 0 - Not at all likely."
        assert reading and str(reading.reason) == words
        draft.publish()
    assert ask(workspace, "SELECT score, scale FROM survey_responses ORDER BY response_id") == [
        *((n, "nps") for n in (10, 0, 9, 10, 0, 8)), *[(None, None)] * 3, (7, "nps"),
    ]  # fmt: skip
    assert list(workspace.rejects(1)["value"]) == ["3-May", "5 - 6 maybe", "likely"]


@pytest.mark.parametrize(("many", "is_nps"), [(19, True), (18, False)])
def test_a_stray_answer_does_not_change_the_scale(workspace, write, many, is_nps):
    scores = [0, 10, 11, *range(9), *range(many - 11)]
    answers = write("answers.csv", ["Response ID", "Email", "How likely are you to recommend us?"], *([n, f"a{n}@x.example", score] for n, score in enumerate(scores, 10)))  # fmt: skip
    report = load(workspace, answers)
    file = report.files[0]
    found = ask(workspace, "SELECT scale, count(score), count(*) FROM survey_responses GROUP BY 1 ORDER BY 2")
    assert ("nps" in report.unlocks) == is_nps
    if is_nps:
        assert found == [(None, 0, 1), ("nps", many, many)]
        warning = "How likely are you to recommend us?: 1 answer is no whole number from 0 to 10 and was left empty: 11 in line 4."
        assert warning in said(file)
        assert [(cell.line, cell.value, cell.is_row) for cell in workspace.rejects(1).itertuples()] == [(4, "11", False)]  # fmt: skip
    else:
        assert found == [("0-100", many + 1, many + 1)]
        assert ("nps", ("survey_responses",)) in report.locked and workspace.rejects(1).empty


def test_invitations_and_the_same_list_twice(workspace, write):
    sent = write("sent.csv", ["Recipient email", "Sent at", "Delivery status"], ["a@x.example", "2026-01-02", "Delivered"], ["b@x.example", "2026-01-02", "Hard bounce"], ["b@x.example", "", "Delivered"])  # fmt: skip
    file = load(workspace, sent).files[0]
    assert (file.table, counts(file)) == ("survey_invitations", (2, 0, 0, 0, 1))
    assert ask(workspace, "SELECT email, is_delivered FROM survey_invitations ORDER BY 1") == [
        ("a@x.example", True),
        ("b@x.example", False),
    ]
    assert counts(load(workspace, sent).files[0]) == (0, 0, 2, 0, 1)


# Changes of deals


def test_a_log_of_changes_keeps_every_row_once(workspace, write):
    log = write("log.csv", ["Opportunity ID", "Changed at", "Field", "Old value", "New value"],
                ["1", "2026-01-05 10:00", "Stage", "Talks", "Offer"], ["1", "2026-01-06 10:00", "Amount", "800", "1,000.5"],
                ["1", "2026-01-07", "Close Date", "2026-03-01", "2026-04-01"], ["", "2026-01-08", "Amount", "1", "2"])  # fmt: skip
    file = load(workspace, log).files[0]
    assert (file.table, counts(file)) == ("stage_entries", (3, 0, 0, 0, 1))
    assert ask(workspace, "SELECT deal_id, field, old_value, new_value FROM deal_changes ORDER BY changed_at") == [
        ("1", "stage", "Talks", "Offer"), ("1", "amount", "800", "1000.5"), ("1", "expected_close_on", "2026-03-01", "2026-04-01"),
    ]  # fmt: skip
    assert ask(workspace, "SELECT stage FROM stage_entries WHERE is_recorded") == [("Offer",)]
    assert counts(load(workspace, log).files[0]) == (0, 0, 3, 0, 1)
    assert ask(workspace, "SELECT count(*) FROM deal_changes") == [(3,)]


def test_a_log_without_stages_is_of_changes_alone(workspace, write):
    log = write("log.csv", ["Deal ID", "Changed at", "Field", "Old value", "New value"], ["1", "2026-01-06", "Amount", "800", "900"], ["1", "2026-01-07", "Colour", "red", "blue"])  # fmt: skip
    file = load(workspace, log).files[0]
    assert (file.table, counts(file)) == ("deal_changes", (2, 0, 0, 0, 0))
    assert ask(workspace, "SELECT field, new_value FROM deal_changes ORDER BY changed_at") == [
        ("amount", "900"),
        ("Colour", "blue"),
    ]


# Customers and products


def test_customers_with_tenure_and_with_purchases(workspace, write):
    telco = write(
        "telco.csv",
        ["customerID", "tenure", "Contract", "MonthlyCharges", "Churn"],
        ["A-1", 12, "One year", 29.85, "Yes"],
        ["A-2", 1, "Month-to-month", 56.95, "No"],
    )
    summary = write("summary.csv", ["ID", "frequency", "recency", "T", "monetary_value"], ["1", 2, 30.43, 38.86, 22.35])
    report = load(workspace, telco, summary)
    assert [file.table for file in report.files] == ["customers"] * 2
    assert ask(workspace, "SELECT customer_id, tenure_months, is_churned, monthly_revenue, repeat_purchases, recency_weeks, age_weeks, mean_repeat_value FROM customers ORDER BY 1") == [
        ("1", None, None, None, 2, 30.43, 38.86, 22.35), ("A-1", 12, True, 29.85, None, None, None, None), ("A-2", 1, False, 56.95, None, None, None, None),
    ]  # fmt: skip


def test_a_column_called_t_alone_means_nothing(workspace, write):
    customers = write("customers.csv", ["Customer name", "Industry", "T", "x"], ["Acme", "Metal", 5, 6])
    assert load(workspace, customers).files[0].columns == {
        "Customer name": "customer_name",
        "Industry": "industry",
        "T": None,
        "x": None,
    }


def test_prices_and_costs_come_in_two_files(workspace, write):
    prices = write(
        "prices.csv", ["SKU", "Product name", "Category", "List price"], ["0042", "Scanner", "Hardware", "$1,200.50"]
    )
    costs = write("costs.csv", ["SKU", "Unit cost"], ["0042", 800.25])
    report = load(workspace, prices, costs)
    assert [file.table for file in report.files] == ["products", "products"]
    assert ask(workspace, "SELECT * EXCLUDE (family) FROM products") == [("0042", "Scanner", 1200.5, 800.25)]


@pytest.mark.parametrize(
    ("header", "row", "opens"),
    [
        (["Order number", "Customer", "Order date", "Amount"], ["1", "Oren", "2026-01-02", "5"], True),
        (["Order number", "Customer", "Order date", "Amount"], ["1", "", "2026-01-02", "5"], False),
        (["Deal ID", "Customer ID", "Stage", "Status", "Closed"], ["1", "Oren", "Signed", "Won", "2026-01-02"], True),
        (["Deal ID", "Customer ID", "Stage", "Status", "Closed"], ["1", "Oren", "Signed", "Lost", "2026-01-02"], False),
        (["Deal ID", "Customer ID", "Stage", "Status", "Closed"], ["1", "", "Signed", "Won", "2026-01-02"], False),
        (["Customer ID", "Industry", "Tenure months", "Churned"], ["7", "Food", "14", "No"], True),
        (["Customer ID", "Industry", "Tenure months", "Churned"], ["7", "Food", "14", ""], False),
    ],
)
def test_what_tells_of_customers_opens_value_and_risk(workspace, write, header, row, opens):
    other = ["2", "Alon", "Demo", "Open", ""] if header[0] == "Deal ID" else row
    report = load(workspace, write("a.csv", header, row, other))
    assert ("value_and_risk" in report.unlocks) == opens
    missing = dict(report.locked)
    assert missing["contact_programme"] == (("activities",) if opens else ("activities", "orders"))
    assert opens or missing["value_and_risk"] == ("orders",)
