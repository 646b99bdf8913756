"""One small export of each kind that CRMs write, from the file to the tables, checked by eye."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from data.store import Settings, Workspace
from tests.data.kit import ask, load, read_column, write_csv

EXPORTS = Path(__file__).parents[1] / "exports"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def counts(file):
    return file.rows_loaded, file.rows_updated, file.rows_unchanged, file.rows_removed, file.rows_rejected


def at(day: str, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time()).replace(
        hour=hour, minute=minute, second=second
    )


STAYS = "SELECT deal_id, stage, entered_at, left_at, fate FROM stage_entries WHERE NOT is_skipped ORDER BY deal_id, entered_at, stage_order"
LEADS = "SELECT lead_id, lead_name, status, is_converted, converted_at, deal_id, customer_id FROM leads ORDER BY 1"


# Salesforce


def test_salesforce_history_is_collapsed_to_visits(workspace):
    folder = EXPORTS / "salesforce"
    report = load(workspace, folder / "Opportunity.csv", folder / "OpportunityHistory.csv")
    history = report.files[1]
    assert (history.table, history.source, history.encoding) == ("stage_entries", "salesforce", "windows-1252")
    # Two rows are deleted, two only change an amount, and one changes nothing.
    assert (history.rows_read, counts(history)) == (12, (9, 0, 0, 3, 0))
    said = [str(warning) for warning in history.warnings]
    assert "2 rows that the source marks as deleted were left out." in said
    assert "1 row changes no stage, amount, close date or probability, and was left out." in said
    assert ask(workspace, STAYS) == [
        ("0061", "Calificación", at("2024-01-02", 20, 47, 49), at("2024-01-20", 8), "advanced"),
        ("0061", "Propuesta", at("2024-01-20", 8), None, "still"),
        ("0062", "Calificación", at("2024-01-03", 20, 47, 49), at("2024-02-01", 9), "advanced"),
        ("0062", "Propuesta", at("2024-02-01", 9), at("2024-03-01", 8), "advanced"),
        ("0062", "Ganada", at("2024-03-01", 8), None, "advanced"),
        ("0064", "Calificación", at("2024-01-04", 20, 47, 49), at("2024-02-01", 8), "lost"),
        ("0064", "Perdida", at("2024-02-01", 8), None, "lost"),
    ]
    assert ask(workspace, "SELECT deal_id, amount FROM stage_entries WHERE stage = 'Propuesta' ORDER BY 1") == [
        ("0061", 1000.5), ("0062", 1500.0),
    ]  # fmt: skip
    assert counts(load(workspace, folder / "OpportunityHistory.csv").files[0]) == (0, 0, 9, 3, 0)


def test_salesforce_history_by_the_api(workspace):
    (file,) = load(workspace, EXPORTS / "salesforce/OpportunityHistory_api.csv").files
    assert (file.table, file.source, file.encoding, file.rows_read) == ("stage_entries", "salesforce", "utf-8-sig", 7)
    assert counts(file) == (7, 0, 0, 0, 0)
    assert ask(workspace, "SELECT stage, entered_at, visit, fate FROM stage_entries WHERE deal_id = '006A' ORDER BY entered_at") == [
        ("Prospecting", at("2024-07-01", 9), 1, "advanced"), ("Proposal", at("2024-07-11", 21, 22, 7), 1, "back"),
        ("Prospecting", at("2024-07-20", 9), 2, "advanced"), ("Proposal", at("2024-07-21", 9), 2, "advanced"), ("Closed Won", at("2024-07-29", 9), 1, "advanced"),
    ]  # fmt: skip
    assert ask(workspace, "SELECT deal_id, status, stage, amount FROM deals ORDER BY 1") == [
        ("006A", "won", "Closed Won", 140.0), ("006B", "open", "Prospecting", None),
    ]  # fmt: skip


def test_salesforce_field_history_is_read_by_its_changes_of_stage(workspace):
    folder = EXPORTS / "salesforce"
    report = load(workspace, folder / "Opportunity.csv", folder / "OpportunityFieldHistory.csv")
    history = report.files[1]
    # Out: a change that is deleted. No stay, but a change all the same: an amount, a date, a deal whose only change of stage is deleted.
    assert (history.rows_read, counts(history)) == (8, (7, 0, 0, 1, 0))
    assert ask(workspace, "SELECT count(*) FROM deal_changes") == [(7,)]
    assert ask(
        workspace, "SELECT deal_id, stage, entered_at FROM stage_entries WHERE is_recorded ORDER BY 1, entered_at"
    ) == [
        ("0061", "Calificación", at("2024-01-02", 20, 47, 49)), ("0061", "Propuesta", at("2024-01-20", 8)),
        ("0062", "Propuesta", at("2024-02-01", 9)), ("0062", "Ganada", at("2024-03-01", 8)),
    ]  # fmt: skip


def test_a_row_marked_as_deleted_is_left_out_of_any_file(workspace, tmp_path):
    lines = ["Deal ID,Stage,Amount,IsDeleted", "1,Proposal,100,0", "2,Proposal,200,1"]
    path = tmp_path / "deals.csv"
    path.write_text("\n".join(lines))
    (file,) = load(workspace, path).files
    assert (file.source, counts(file)) == ("generic", (1, 0, 0, 1, 0))
    assert "1 row that the source marks as deleted was left out." in [str(each) for each in file.warnings]


def test_a_file_without_deal_numbers_after_one_with_them_is_said(workspace, tmp_path):
    said = []
    for name, lines in (("a", "Deal ID,Deal,Stage\n1,Roof,Demo\n"), ("b", "Deal,Stage\nRoof,Demo\n")):
        path = tmp_path / f"{name}.csv"
        path.write_text(lines)
        (file,) = load(workspace, path).files
        said.append(any("may now be here twice" in str(each) for each in file.warnings))
    assert said == [False, True]


def test_a_history_row_deleted_later_is_taken_out(workspace, tmp_path):
    header = ["OpportunityId", "CreatedDate", "StageName", "FromOpportunityStageName", "IsDeleted"]
    rows = [["1", "2024-01-01 10:00:00", "Demo", "", "0"], ["1", "2024-02-01 10:00:00", "Closed Won", "Demo", "0"]]
    load(workspace, write_csv(tmp_path / "first.csv", header, rows))
    rows[1][4] = "1"
    load(workspace, write_csv(tmp_path / "later.csv", header, rows))
    assert ask(workspace, "SELECT stage FROM recorded_stages") == [("Demo",)]


def test_salesforce_leads_and_the_deals_they_became(workspace):
    folder = EXPORTS / "salesforce"
    report = load(workspace, folder / "Opportunity.csv", folder / "Lead.csv")
    leads = report.files[1]
    assert (leads.table, leads.source, leads.encoding, counts(leads)) == (
        "leads",
        "salesforce",
        "windows-1252",
        (5, 0, 0, 1, 0),
    )
    # A conversion is a day: it gets the time of the deal made on that day.
    assert ask(workspace, LEADS) == [
        ("00Q1", "Inés Quispe", "Calificado", True, at("2024-01-02", 20, 47, 49), "0061", "0011"),
        ("00Q2", "José Núñez", "Calificado", True, at("2024-01-03", 20, 47, 49), "0062", "0012"),
        ("00Q3", "Ana Rojas", "Nuevo", False, None, None, None),
        ("00Q4", "Luz Díaz", "No calificado", False, None, None, None),
        ("00Q6", "Iván Paz", "Calificado", True, at("2024-02-20"), None, "0012"),
    ]
    assert ask(workspace, "SELECT company, email, source, owner_id, contact_id FROM leads WHERE lead_id = '00Q2'") == [
        ("Beta", "j@beta.example", "Feria", "0051", "0032")
    ]
    assert ask(workspace, "SELECT deal_id, lead_id FROM deals ORDER BY 1") == [
        ("0061", "00Q1"), ("0062", "00Q2"), ("0064", None),
    ]  # fmt: skip
    assert "lead_funnel" in report.unlocks
    again = load(workspace, folder / "Lead.csv")
    assert counts(again.files[0]) == (0, 0, 5, 1, 0)


def test_a_day_of_conversion_is_a_day_of_the_workspace(workspace, tmp_path):
    workspace.save_settings(Settings(time_zone="Asia/Jerusalem"))
    deals = write_csv(
        tmp_path / "Opportunity.csv",
        ["Id", "Name", "StageName", "CreatedDate", "ForecastCategoryName"],
        [["1", "a", "Proposal", "2024-07-11T22:30:00.000+0000", "Pipeline"], ["2", "b", "Proposal", "2024-09-01T08:00:00.000+0000", "Pipeline"]],
    )  # fmt: skip
    leads = write_csv(
        tmp_path / "Lead.csv",
        ["Id", "Name", "IsConverted", "ConvertedDate", "ConvertedOpportunityId", "CreatedDate"],
        [["x", "a", "1", "2024-07-12", "1", "2024-07-11T22:10:00.000+0000"], ["y", "b", "1", "2024-07-12", "2", "2024-07-01T08:00:00.000+0000"]],
    )  # fmt: skip
    load(workspace, deals, leads)
    # The second deal was made long after: its lead keeps its own day, from midnight in Jerusalem.
    assert ask(workspace, "SELECT lead_id, converted_at FROM leads ORDER BY 1") == [
        ("x", at("2024-07-11", 22, 30)), ("y", at("2024-07-11", 21)),
    ]  # fmt: skip


def test_leads_never_make_deals(workspace):
    report = load(workspace, EXPORTS / "salesforce/Lead.csv")
    assert ask(workspace, "SELECT count(*) FROM deals") == [(0,)]
    assert ("lead_funnel", ("deals",)) in report.locked
    assert ask(workspace, "SELECT count(*) FROM leads WHERE is_converted") == [(3,)]


def test_salesforce_report_of_leads(workspace):
    (file,) = load(workspace, EXPORTS / "salesforce/lead_report.csv").files
    assert (file.table, file.source, counts(file), file.date_order) == ("leads", "salesforce", (3, 0, 0, 0, 0), "mdy")
    assert len(file.skipped_lines) == 7
    assert ask(workspace, "SELECT lead_name, company, owner, source, status, is_converted, converted_at, deal_id, created_at FROM leads ORDER BY created_at") == [
        ("Noa Green", "Acme Ltd", "Dana Levi", "Web", "Closed - Converted", True, at("2024-04-30"), "0061", at("2024-04-19")),
        ("Avi Brown", "Beta, Inc.", "Dana Levi", "Trade Show", "Working - Contacted", False, None, None, at("2024-04-21")),
        ("Rina White", "Gamma", "Noa Bar", "Web", "Closed - Not Converted", False, None, None, at("2024-05-02")),
    ]  # fmt: skip


def test_salesforce_contacts(workspace):
    (file,) = load(workspace, EXPORTS / "salesforce/Contact.csv").files
    assert (file.table, counts(file)) == ("contacts", (1, 0, 0, 1, 0))
    assert ask(workspace, "SELECT contact_id, contact_name, customer_id, title FROM contacts") == [
        ("0031", "Inés Quispe", "0011", "Gerente")
    ]
    assert ask(workspace, "SELECT count(*) FROM leads") == [(0,)]


def test_leads_and_contacts_of_a_real_org(workspace, datasets):
    folder = datasets / "sf_sample_org"
    report = load(workspace, *(folder / name for name in ("Opportunity.csv", "Lead.csv", "Contact.csv")))
    assert [(file.table, file.source, counts(file)) for file in report.files] == [
        ("deals", "salesforce", (58, 0, 0, 0, 0)), ("leads", "salesforce", (14, 0, 0, 0, 0)), ("contacts", "salesforce", (64, 0, 0, 0, 0)),
    ]  # fmt: skip
    assert ask(workspace, "SELECT count(*), count(created_at), count_if(is_converted), count_if(NOT is_converted) FROM leads") == [
        (14, 14, 0, 14)
    ]  # fmt: skip


# HubSpot


def test_hubspot_contacts_are_people_and_some_of_them_leads(workspace):
    folder = EXPORTS / "hubspot"
    report = load(workspace, folder / "deals.csv", folder / "contacts.csv")
    contacts = report.files[1]
    assert (contacts.table, contacts.source, counts(contacts)) == ("contacts", "hubspot", (6, 0, 0, 0, 0))
    assert any(str(warning).startswith("4 of these people are leads too") for warning in contacts.warnings)
    # The subscriber and the evangelist are no leads. Of Ben's two deals the first is the one he became.
    assert ask(workspace, LEADS) == [
        ("51", "Ada Cohen", "Customer", True, at("2024-01-05", 9, 30), "101", "9001"),
        ("52", "Ben Levi", "Connected", True, at("2024-01-06", 9, 30), "102", "9002"),
        ("53", "Gila Dror", "Lead", False, None, None, None),
        ("54", "Dan Oz", "Unqualified", False, None, None, None),
    ]
    assert ask(workspace, "SELECT created_at, company, source, owner FROM leads WHERE lead_id = '51'") == [
        (at("2023-12-28", 8), "Acme", "Organic Search", "Dana Levi")
    ]
    assert ask(workspace, "SELECT contact_name, title, customer FROM contacts WHERE contact_id = '56'") == [
        ("Fay Gal", "Buyer", "Acme")
    ]
    assert counts(load(workspace, folder / "contacts.csv").files[0]) == (0, 0, 6, 0, 0)


def test_hubspot_headers_in_the_language_of_who_exports(workspace):
    (file,) = load(workspace, EXPORTS / "hubspot/contacts_es.csv").files
    assert (file.table, file.source) == ("contacts", "hubspot")
    assert ask(workspace, "SELECT contact_id, contact_name, email, title, phone, owner FROM contacts ORDER BY 1") == [
        ("61", "Íñigo Muñoz", "i@acme.example", "Director", "+34 600", "Dana Levi"),
        ("62", "Lucía Peña", "l@beta.example", None, None, "Noa Bar"),
    ]
    assert ask(workspace, "SELECT lead_id, status, is_converted FROM leads") == [("61", "Nuevo", False)]


def test_a_lead_finds_its_deal_by_the_contact(workspace, tmp_path):
    deals = write_csv(
        tmp_path / "deals.csv",
        ["Record ID", "Deal Name", "Deal Stage", "Create Date", "Associated Contact IDs", "Deal owner"],
        [["1", "old", "Won", "2023-06-01 09:00", "61", "x"], ["2", "new", "Talks", "2024-02-01 09:00", "60;61", "x"], ["3", "newer", "Talks", "2024-03-01 09:00", "61", "x"]],
    )  # fmt: skip
    report = load(workspace, deals, EXPORTS / "hubspot/contacts_es.csv")
    # A deal made before the lead is not the one it became.
    assert ask(workspace, "SELECT lead_id, is_converted, deal_id, converted_at FROM leads") == [
        ("61", True, "2", at("2024-02-01", 9))
    ]
    assert "1 lead was joined to the first deal of its contact: no file says which deal it became." in map(
        str, report.notes
    )
    assert ask(workspace, "SELECT deal_id FROM deals WHERE lead_id = '61'") == [("2",)]


# Pipedrive


def test_pipedrive_deals(workspace):
    (file,) = load(workspace, EXPORTS / "pipedrive/deals.csv").files
    assert (file.table, file.source, counts(file)) == ("deals", "pipedrive", (3, 0, 0, 0, 0))
    assert ask(workspace, "SELECT deal_id, deal_name, status, stage, amount, currency, owner, customer_id, contact_id, source FROM deals ORDER BY 1") == [
        ("1", "Alpha", "open", "Proposal", 1000.0, "EUR", "Dana Levi", "11", "21", "Web"),
        ("2", "Beta", "won", "Proposal", 2000.5, "EUR", "Dana Levi", "12", None, None),
        ("3", "Gamma", "lost", "Demo", 3000.0, "USD", "Noa Bar", "13", "22", "Referral"),
    ]  # fmt: skip
    assert ask(workspace, "SELECT closed_at, expected_close_on, stage_changed_at, lost_reason FROM deals ORDER BY deal_id") == [
        (None, date(2024, 9, 1), at("2024-01-15", 10), None), (at("2024-02-01", 10), None, at("2024-01-16", 10), None),
        (at("2024-02-02", 10), None, at("2024-01-03", 10), "Price"),
    ]  # fmt: skip
    # A custom field keeps its header.
    assert ("Deal - Nazwa Partnera",) in ask(workspace, "SELECT header FROM headers WHERE is_attribute")


def test_pipedrive_in_the_format_of_who_exports(workspace):
    (file,) = load(workspace, EXPORTS / "pipedrive/deals_local.csv").files
    assert (file.source, file.date_order, file.totals["amount"]["loaded"]) == ("pipedrive", "dmy", 21242.06)
    # No column says when deals closed but those of won and lost.
    assert ask(workspace, "SELECT deal_id, status, amount, created_at, closed_at FROM deals ORDER BY 1") == [
        ("71", "won", 1234.56, at("2024-09-02", 8, 15), at("2024-09-29", 10)),
        ("72", "lost", 20000.0, at("2024-09-03", 8, 15), at("2024-09-30", 10)),
        ("73", "open", 7.5, at("2024-09-04", 8, 15), None),
    ]


def test_pipedrive_people(workspace):
    (file,) = load(workspace, EXPORTS / "pipedrive/people.csv").files
    assert (file.table, file.source) == ("contacts", "pipedrive")
    assert ask(workspace, "SELECT contact_name, customer, phone FROM contacts ORDER BY 1") == [
        ("Ada Cohen", "Acme", "+48 600"), ("Ben Levi", "Beta", None),
    ]  # fmt: skip


# Zoho


def test_zoho_deals_their_history_and_leads(workspace):
    folder = EXPORTS / "zoho"
    report = load(workspace, folder / "deals.csv", folder / "stage_history.csv", folder / "leads.csv")
    assert [(file.table, file.source, counts(file)) for file in report.files] == [
        ("deals", "zoho", (4, 0, 0, 0, 0)), ("stage_entries", "zoho", (7, 0, 0, 0, 0)), ("leads", "zoho", (3, 0, 0, 0, 0)),
    ]  # fmt: skip
    # Ids lose their prefix and stay text.
    assert ask(workspace, "SELECT deal_id, deal_name, status, amount, currency, owner_id, owner, customer_id, customer, contact_id FROM deals ORDER BY 1") == [
        ("4520000000201001", "Alpha", "open", 15000.0, "INR", "4520000000200071", "Dana Levi", "4520000000203001", "Acme", "4520000000204001"),
        ("4520000000201002", "Beta", "won", 2500.75, "INR", "4520000000200072", "Noa Bar", "4520000000203002", "Beta Ltd", None),
        ("4520000000201003", "Gamma", "lost", None, "INR", "4520000000200072", "Noa Bar", "4520000000203002", "Beta Ltd", "4520000000204003"),
        ("4520000000201004", "Delta", "open", 900.0, "INR", "4520000000200071", "Dana Levi", "4520000000203001", "Acme", None),
    ]  # fmt: skip
    assert ask(workspace, "SELECT closed_at, expected_close_on FROM deals ORDER BY deal_id LIMIT 2") == [
        (None, date(2024, 8, 31)), (at("2024-03-05"), None),
    ]  # fmt: skip
    # A second row of one stage (the amount changed) is the same visit.
    assert ask(workspace, "SELECT stage, entered_at, fate FROM stage_entries WHERE deal_id = '4520000000201001' ORDER BY entered_at") == [
        ("Qualification", at("2024-01-05", 9, 30), "advanced"), ("Proposal/Price Quote", at("2024-02-01", 11), "still"),
    ]  # fmt: skip
    assert ask(workspace, LEADS) == [
        ("4520000000208001", "Ada Cohen", "Contacted", True, at("2024-01-05", 9, 30), "4520000000201001", "4520000000203001"),
        ("4520000000208002", "Levi", "Junk Lead", False, None, None, None),
        ("4520000000208003", "Gil Dror", "Attempted to Contact", False, None, None, None),
    ]  # fmt: skip


def test_zoho_when_deals_were_potentials(workspace):
    (file,) = load(workspace, EXPORTS / "zoho/potentials.csv").files
    assert (file.table, file.source) == ("deals", "zoho")
    assert ask(workspace, "SELECT deal_id, deal_name, status, customer_id, owner_id FROM deals ORDER BY 1") == [
        ("45200000000031", "Old one", "won", "45200000000051", "45200000000007"),
        ("45200000000032", "Old two", "open", "45200000000051", "45200000000007"),
    ]


# Microsoft Dynamics 365


def test_dynamics_opportunities(workspace):
    report = load(workspace, EXPORTS / "dynamics/opportunities.xlsx")
    (file,) = report.files
    assert (file.table, file.source, file.encoding, counts(file)) == ("deals", "dynamics", "xlsx", (3, 0, 0, 0, 0))
    # A won deal is worth what it brought, a lost one what it might have.
    assert ask(workspace, "SELECT deal_name, status, stage, amount, customer, owner, probability, lost_reason FROM deals ORDER BY deal_id") == [
        ("10 scanners", "open", "2 - Proposal", 12000.0, "Acme", "Dana Levi", 0.6, None),
        ("5 printers", "won", "3 - Close", 4200.5, "Beta", "Noa Bar", 1.0, None),
        ("Licences", "lost", "1 - Lead Outreach", 800.0, "Beta", "Noa Bar", 0.0, "Out-Sold"),
    ]  # fmt: skip
    assert file.totals == {"amount": {"file": 17000.5, "loaded": 17000.5}}
    # Days come as dates and, without a format, as Excel's numbers.
    assert ask(workspace, "SELECT created_at, closed_at, expected_close_on, last_modified_at FROM deals ORDER BY deal_id") == [
        (at("2024-01-05", 9, 30), None, date(2024, 4, 30), at("2024-01-15", 12)),
        (at("2024-01-06", 12), at("2024-03-01"), date(2024, 2, 28), at("2024-03-05", 6)),
        (at("2024-01-07"), at("2024-03-02"), date(2024, 3, 9), at("2024-03-06", 6)),
    ]  # fmt: skip
    assert [stage.stage for stage in report.stages[:3]] == ["1 - Lead Outreach", "2 - Proposal", "3 - Close"]
    (reason,) = ask(workspace, """SELECT "column" FROM headers WHERE header = 'Status Reason' AND is_attribute""")
    assert ask(workspace, f"SELECT {reason[0]} FROM deals ORDER BY deal_id") == [("On Hold",), ("Won",), ("Out-Sold",)]


def test_dynamics_leads(workspace):
    (file,) = load(workspace, EXPORTS / "dynamics/leads.xlsx").files
    assert (file.table, file.source) == ("leads", "dynamics")
    assert ask(
        workspace, "SELECT lead_name, company, status, is_converted, created_at FROM leads ORDER BY created_at"
    ) == [
        ("Ada Cohen", "Acme", "Qualified", True, at("2023-12-30", 6)),
        ("Ben Levi", "Zeta", "Disqualified", False, at("2023-12-31", 6)),
        ("Gil Dror", "Omega", "Open", False, at("2024-01-01", 6)),
    ]
    assert "Leads with the status Qualified count as converted." in map(str, file.warnings)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["45631", "45631.25"], [at("2024-12-05"), at("2024-12-05", 6)]),
        (["20240305", "20240306"], [at("2024-03-05"), at("2024-03-06")]),
        (["2024-03-05", "45631"], [at("2024-03-05"), at("2024-12-05")]),
        (["12345", "99999"], [None, None]),
    ],
)
def test_days_as_excel_counts_them(cells, expected):
    assert read_column(cells, "timestamp")[0] == expected


# Anybody's


def test_leads_by_their_headers(workspace):
    (file,) = load(workspace, EXPORTS / "generic/leads.csv").files
    assert (file.table, file.source, counts(file)) == ("leads", "generic", (3, 0, 0, 0, 1))
    assert ask(workspace, "SELECT lead_id, lead_name, company, owner, source, is_converted, converted_at, deal_id FROM leads ORDER BY 1") == [
        ("7", "Ada Cohen", "Acme", "Dana Levi", "Web", True, at("2024-02-01"), "1"), ("8", "Ben Levi", "Beta", "Noa Bar", "Fair", False, None, None),
        ("9", "Gil Dror", None, None, None, False, None, None),
    ]  # fmt: skip
    assert ask(workspace, "SELECT header FROM headers WHERE is_attribute") == [("Colour",)]


def test_hebrew_leads(workspace):
    folder = EXPORTS / "generic"
    report = load(workspace, folder / "hebrew_deals.csv", folder / "hebrew_leads.csv")
    leads = report.files[1]
    assert (leads.table, leads.encoding, leads.date_order) == ("leads", "windows-1255", "dmy")
    assert ask(workspace, LEADS) == [
        ("501", "עדה כהן", "הומר", True, at("2024-02-01"), "1", None), ("502", "בן לוי", "הומר", True, at("2024-01-02"), "2", None),
        ("503", "גיל דרור", "בטיפול", False, None, None, None), ("504", "אורן", "לא מתאים", False, None, None, None),
    ]  # fmt: skip
    assert ask(workspace, "SELECT deal_id, lead_id FROM deals ORDER BY 1") == [("1", "501"), ("2", "502"), ("3", None)]


def test_a_deal_that_names_its_lead(workspace, tmp_path):
    deals = write_csv(
        tmp_path / "d.csv",
        ["Deal ID", "Stage", "Created", "Lead ID"],
        [["1", "Demo", "2024-02-01", "8"], ["2", "Demo", "2024-01-15", "8"], ["3", "Demo", "2024-01-15", ""]],
    )
    load(workspace, deals, EXPORTS / "generic/leads.csv")
    # Both deals keep their lead; the lead became the first. What the file says of a lead stands.
    assert ask(workspace, "SELECT lead_id, is_converted, deal_id FROM leads WHERE lead_id IN ('7', '8') ORDER BY 1") == [
        ("7", True, "1"), ("8", False, "2"),
    ]  # fmt: skip
    assert ask(workspace, "SELECT deal_id, lead_id FROM deals ORDER BY 1") == [("1", "8"), ("2", "8"), ("3", None)]


def test_leads_find_their_owners(workspace, tmp_path):
    people = write_csv(
        tmp_path / "p.csv", ["Person ID", "Name", "Team"], [["p1", "dana levi", "East"], ["p2", "Noa Bar", "West"]]
    )
    load(workspace, people, EXPORTS / "generic/leads.csv")
    assert ask(workspace, "SELECT lead_id, owner_id FROM leads ORDER BY 1") == [("7", "p1"), ("8", "p2"), ("9", None)]


def test_a_field_that_is_not_what_changed_stays_a_column(workspace, tmp_path):
    header = ["Deal ID", "Field", "Stage", "Entered at"]
    rows = [
        ["1", "Retail", "Lead", "2024-01-25"],
        ["1", "Retail", "Demo", "2024-01-27"],
        ["2", "Food", "Lead", "2024-01-28"],
    ]
    (file,) = load(workspace, write_csv(tmp_path / "log.csv", header, rows), table="stage_entries").files
    assert counts(file) == (3, 0, 0, 0, 0)
    assert ask(workspace, "SELECT attr_1, count(*) FROM recorded_stages GROUP BY 1 ORDER BY 1") == [
        ("Food", 1),
        ("Retail", 2),
    ]


def test_a_log_of_changes_is_read_by_its_changes_of_stage(workspace, tmp_path):
    header = ["Deal ID", "Field", "Old value", "New value", "Changed at"]
    rows = [
        ["1", "Stage", "", "Lead", "2024-01-25"], ["1", "Amount", "5", "Demo", "2024-01-26"], ["1", "Stage", "Lead", "Demo", "2024-01-27"],
        ["2", "Stage", "", "Lead", "2024-01-28"], ["2", "Stage", "Lead", "Lead", "2024-01-29"],
    ]  # fmt: skip
    (file,) = load(workspace, write_csv(tmp_path / "log.csv", header, rows)).files
    assert (file.table, counts(file)) == ("stage_entries", (4, 0, 0, 1, 0))
    assert ask(workspace, "SELECT deal_id, stage FROM recorded_stages ORDER BY ALL") == [
        ("1", "Demo"), ("1", "Lead"), ("2", "Lead"),
    ]  # fmt: skip
