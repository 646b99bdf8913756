"""Which table a file holds, which system it comes from, and what its columns mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.errors import FileProblem, RequestProblem
from data.reading import read_tables
from data.recognise import FileOptions, FilePlan, recognise
from data.sources import fold
from data.sources.generic import GENERIC
from data.sources.hubspot import HUBSPOT
from tests.data.kit import empty_database, write_csv

EXPORTS = Path(__file__).parents[1] / "exports"


def plan_of(path: Path, **options: Any) -> FilePlan:
    with empty_database() as scratch:
        (text,) = read_tables(path, scratch)
        return recognise(scratch, text, FileOptions(**options))


@pytest.fixture
def plan(tmp_path):
    """The plan of a table written on the spot."""

    def make(header: list[str], *rows: list[Any], **options: Any) -> FilePlan:
        return plan_of(write_csv(tmp_path / "file.csv", header, rows), **options)

    return make


def fields(plan: FilePlan) -> list[str | None]:
    return [column.field for column in plan.columns]


@pytest.mark.parametrize(
    ("file", "table", "source", "field_of"),
    [
        ("salesforce/report", "deals", "salesforce", {"Close Date": "closed_at", "Stage": "stage", "Amount Currency": "currency", "Age": None}),
        ("salesforce/Opportunity", "deals", "salesforce", {"Id": "deal_id", "StageName": "stage", "IsWon": "is_won", "Regional_Manager__c": None}),
        ("salesforce/Account", "customers", "salesforce", {"Id": "customer_id", "Name": "customer_name", "IsDeleted": "is_deleted"}),
        ("hubspot/deals", "deals", "hubspot", {"Record ID": "deal_id", "Deal Stage": "stage", "Associated Company IDs (Primary)": "customer_id"}),
        ("hubspot/deals_older", "deals", "hubspot", {"Record ID": "deal_id", "Date entered current stage": "stage_changed_at"}),
        ("hubspot/internal_names", "deals", "hubspot", {"hs_object_id": "deal_id", "closedate": "closed_at"}),
        ("generic/hebrew_deals", "deals", "generic", {"מספר עסקה": "deal_id", "סכום": "amount", "צפי סגירה": "expected_close_on", "צבע": None}),
        ("pipedrive/deals", "deals", "pipedrive", {
            "Deal - ID": "deal_id", "Deal - Title": "deal_name", "Deal - Status": "status", "Deal - Deal closed on": "closed_at",
            "Deal - Organization": "customer", "Deal - Pipeline": "pipeline", "Deal - Deal created": "created_at", "Deal - Won time": "won_at",
            "Deal - Currency of Value": "currency", "Deal - Nazwa Partnera": None,
        }),
        ("salesforce/OpportunityHistory", "stage_entries", "salesforce", {"FromOpportunityStageName": "from_stage", "CreatedDate": "entered_at", "CloseDate": "expected_close_on"}),
        ("salesforce/Lead", "leads", "salesforce", {"ConvertedOpportunityId": "deal_id", "Status": "status", "Title": None}),
        ("salesforce/Contact", "contacts", "salesforce", {"AccountId": "customer_id", "LeadSource": "source"}),
        ("hubspot/contacts", "contacts", "hubspot", {"Lifecycle Stage": "lifecycle", "Associated Deal IDs": "deal_id", "Lead Score": None}),
        ("zoho/deals", "deals", "zoho", {"Account Name.id": "customer_id", "Account Name": "customer", "Pipeline.id": None}),
        ("zoho/leads", "leads", "zoho", {"Record Id": "lead_id", "Converted Deal.id": "deal_id"}),
        ("generic/hebrew_leads", "leads", "generic", {"מקור הליד": "source", "תאריך המרה": "converted_at"}),
    ],
)  # fmt: skip
def test_exports_are_known_by_their_headers(file, table, source, field_of):
    found = plan_of(EXPORTS / f"{file}.csv")
    assert (found.table, found.source.name) == (table, source)
    assert {column.header: column.field for column in found.columns if column.header in field_of} == field_of


def test_hubspot_stage_columns():
    found = plan_of(EXPORTS / "hubspot/deals.csv")
    assert [(column.stage.stage, column.stage.pipeline) for column in found.stage_columns if column.stage] == [
        ("Appointment Scheduled", "Sales — New (EU)"), ("Contract Sent", "Sales — New (EU)"), ("Closed Won", "Sales — New (EU)"),
        ("Closed Lost", "Sales — New (EU)"), ("Talks", "Partners"),
    ]  # fmt: skip
    assert fields(found)[-1] is None  # "Priority" twice: both are kept
    assert [column.header for column in found.columns].count("Priority") == 2


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Date entered "Closed Won"', ("Closed Won", None)),
        ('Date entered "Won (Sales)"', ("Won", "Sales")),
        ("Date entered “Demo (A/B — C)”", ("Demo", "A/B — C")),
        ('date entered  "Demo"', ("Demo", None)),
        ("hs_v2_date_entered_12345", ("12345", None)),
        ("hs_date_entered_closedwon", ("closedwon", None)),
        ('Date exited "Closed Won"', None),
        ('Cumulative time in "Closed Won"', None),
    ],
)
def test_headers_of_stage_columns(header, expected):
    column = HUBSPOT.stage_column(header)
    assert (column and (column.stage, column.pipeline)) == expected


@pytest.mark.parametrize(
    "header",
    ["Date entered", "Entered by", "Entered at", "Date entered current stage", "Entered", "Centered on", "תאריך כניסה"],
)
def test_headers_that_are_no_stage_columns(header):
    assert GENERIC.stage_column(header) is None


def test_generic_stage_columns(plan):
    found = plan(
        ["Deal", "Stage", "Entered Demo", "כניסה לשלב הצעה"],
        ["a", "Demo", "2024-01-05", ""],
        ["b", "Won", "2024-01-06", "2024-02-01"],
    )
    assert [column.stage.stage for column in found.stage_columns if column.stage] == ["Demo", "הצעה"]


def test_a_stage_column_without_dates_is_an_attribute(plan):
    found = plan(["Deal", "Stage", "Entered system"], ["a", "Demo", "by hand"], ["b", "Won", "by post"])
    assert fields(found) == ["deal_name", "stage", None]


def test_headers_nearly_right_are_to_be_checked(plan):
    found = plan(
        ["Opportunity nmae", "Stage", "Amuont", "Created datte"],
        ["a", "Demo", "5", "2024-01-25"],
        ["b", "Won", "6", "2024-01-26"],
    )
    assert [(column.field, column.confidence) for column in found.columns] == [
        ("deal_name", "check"), ("stage", "sure"), (None, "aside"), ("created_at", "check"),
    ]  # fmt: skip


def test_a_column_called_id_or_name_means_the_deal_in_a_file_of_deals(plan):
    found = plan(["ID", "Opportunity", "Stage"], ["7", "a", "Demo"], ["9", "b", "Won"])
    assert fields(found) == ["deal_id", "deal_name", "stage"]
    found = plan(["Deal ID", "Name", "Stage"], ["7", "a", "Demo"], ["9", "b", "Won"])
    assert fields(found) == ["deal_id", "deal_name", "stage"]
    # Two deals of one number, and numbers that may only count the rows, tell no deals apart.
    found = plan(["ID", "Opportunity", "Stage"], ["7", "a", "Demo"], ["7", "b", "Won"])
    assert fields(found) == [None, "deal_name", "stage"]
    found = plan(["No", "Opportunity", "Stage"], ["1", "a", "Demo"], ["2", "b", "Won"])
    assert fields(found) == [None, "deal_name", "stage"]


def test_a_stage_column_by_its_content(plan):
    found = plan(["Zaphod", "Beeblebrox"], ["d1", "Demo"], ["d2", "Closed Won"], ["d3", "Closed Lost"], ["d4", "Demo"])
    assert (found.table, fields(found)) == ("deals", ["deal_id", "stage"])
    assert {column.confidence for column in found.columns} == {"check"}


@pytest.mark.parametrize(
    "header",
    [
        ["Deal ID", "Stage", "Entered at"], ["case:concept:name", "concept:name", "time:timestamp"], ["Deal", "Phase", "Moment of it"],
        ["מספר עסקה", "שלב", "תאריך כניסה לשלב"], ["case_id", "stage", "entered_at"],
    ],
)  # fmt: skip
def test_any_table_of_deal_stage_and_time_is_a_history(plan, header):
    found = plan(
        header,
        *[
            [deal, stage, f"2024-01-{day:02}"]
            for deal in "abc"
            for day, stage in enumerate(("Lead", "Demo", "Won"), 10)
        ],
    )
    assert (found.table, fields(found)) == ("stage_entries", ["deal_id", "stage", "entered_at"])


def test_deals_with_one_row_each_are_deals_even_with_a_date(plan):
    found = plan(["Deal ID", "Stage", "Created date", "Amount"], *[[n, "Demo", "2024-01-05", 5] for n in range(20)])
    assert found.table == "deals"


@pytest.mark.parametrize(
    ("header", "row", "table"),
    [
        (["Account", "Sector", "Employees", "Revenue"], ["Acme", "retail", 5, 1.5], "customers"),
        (["Sales agent", "Manager", "Regional office"], ["Dana", "Noa", "East"], "people"),
        (["Product", "Series", "Sales price"], ["GTX", "G", 500], "products"),
        (["שם לקוח", "ענף", "עיר"], ["אקמי", "קמעונאות", "חיפה"], "customers"),
        (["מקט", "שם מוצר", "מחיר מחירון"], ["1", "סורק", "500"], "products"),
        (["Name", "Email", "Lead status", "Created"], ["Ada", "a@x.example", "New", "2024-01-25"], "leads"),
        (["שם", "טלפון", "סטטוס ליד", "תאריך יצירה"], ["עדה", "03-5", "חדש", "25/01/2024"], "leads"),
        (["Contact ID", "Full name", "Company", "Phone"], ["1", "Ada", "Acme", "03-5"], "contacts"),
        (["שם פרטי", "שם משפחה", "חברה", "תפקיד"], ["עדה", "כהן", "אקמי", "קניינית"], "contacts"),
        # A contact person beside it does not make a list of customers one of contacts, nor a lead's number deals leads.
        (["Customer ID", "Customer", "Industry", "City", "Contact", "Phone"], ["1", "Acme", "retail", "Haifa", "Ada", "03-5"], "customers"),
        (["Deal ID", "Lead ID", "Stage", "Lead source", "Created"], ["1", "7", "Demo", "Web", "2024-01-25"], "deals"),
    ],
)  # fmt: skip
def test_the_other_tables(plan, header, row, table):
    assert plan(header, row).table == table


def test_a_table_can_be_forced_and_columns_named(plan):
    found = plan(
        ["Name", "Phase thing", "Size"], ["a", "x", "1"], ["b", "y", "2"],
        table="deals", mapping={"Name": "deal_name", "phase THING": "stage", "Size": "amount"},
    )  # fmt: skip
    assert (found.table, fields(found)) == ("deals", ["deal_name", "stage", "amount"])
    assert str(found.columns[1].reason) == "As you chose."


def test_a_column_can_be_kept_as_an_attribute(plan):
    found = plan(["Deal ID", "Stage", "Amount"], ["1", "Demo", "5"], mapping={"Amount": None})
    assert fields(found) == ["deal_id", "stage", None]


def test_naming_a_column_takes_the_name_from_the_one_that_had_it(plan):
    found = plan(
        ["Deal ID", "Stage", "Amount", "Real amount"], ["1", "Demo", "5", "6"], mapping={"Real amount": "amount"}
    )
    assert fields(found) == ["deal_id", "stage", None, "amount"]


def test_a_status_of_other_words_is_no_status(plan):
    found = plan(["Deal ID", "Stage", "Status"], ["1", "Demo", "Hot"], ["2", "Won", "Cold"], ["3", "Lost", "Warm"])
    assert found.columns[2].field is None
    assert found.columns[2].confidence == "check"


def test_a_header_that_its_cells_contradict_is_given_up(plan):
    found = plan(["Deal ID", "Stage", "Amount"], ["1", "Demo", "big"], ["2", "Won", "small"], ["3", "Lost", "7"])
    assert found.columns[2].field is None
    assert "such as big" in str(found.columns[2].reason)


def test_duplicate_and_empty_headers_are_all_kept(plan):
    found = plan(
        ["Deal ID", "Stage", "Stage", "", "Note", "Note"],
        ["1", "Demo", "x", "y", "z", "w"],
        ["2", "Won", "", "", "", ""],
    )
    assert fields(found) == ["deal_id", "stage", None, None, None, None]


def test_six_hundred_columns(plan):
    header = ["Record ID", "Deal Name", "Deal Stage", *(f"Property {n}" for n in range(597))]
    found = plan(header, *[[n, "x", "Demo", *range(597)] for n in range(20)])
    assert found.table == "deals"
    assert sum(field is None for field in fields(found)) == 597


def test_columns_of_one_file_agree_on_the_order_of_dates(plan):
    found = plan(
        ["Deal ID", "Stage", "Created", "Closed"], ["1", "Won", "02/03/2024", "03/04/2024"], ["2", "Won", "02/25/2024", "04/05/2024"],
    )  # fmt: skip
    assert [column.reading.order for column in found.columns if column.reading and column.reading.order] == [
        "mdy",
        "mdy",
    ]
    assert found.columns[3].confidence == "sure"
    assert "Created" in str(found.columns[3].reading and found.columns[3].reading.reason)


def test_what_is_nothing_we_know_is_said_with_its_columns(plan):
    with pytest.raises(FileProblem, match=r"file.csv holds nothing we recognise. Its columns are: colour, size\."):
        plan(["colour", "size"], ["red", "5"])


def test_the_name_of_a_file_tells_leads(tmp_path):
    header, row = ["Name", "Email", "Source", "Created"], [["Ada", "a@x.example", "Web", "2024-01-25"]]
    assert plan_of(write_csv(tmp_path / "New leads 2024.csv", header, row)).table == "leads"
    with pytest.raises(FileProblem, match="holds nothing we recognise"):
        plan_of(write_csv(tmp_path / "misleading.csv", header, row))


@pytest.mark.parametrize(
    "rows",
    [
        [["accounts", "", "", "sales_teams", ""], ["account", "sector", "employees", "sales_agent", "manager"], ["", "", "", "", ""],
         ["products", "", "", "sales_pipeline", ""], ["product", "series", "sales_price", "opportunity_id", "deal_stage"]],
        [["Table", "Field", "Description"], ["accounts", "account", "Company name"], ["accounts", "sector", "Industry"],
         ["sales_teams", "manager", "Manager"], ["products", "product", "Product name"]],
    ],
)  # fmt: skip
def test_a_list_of_columns_is_no_table(tmp_path, rows):
    with pytest.raises(FileProblem, match=r"data_dictionary\.csv"):
        plan_of(write_csv(tmp_path / "data_dictionary.csv", rows[0], rows[1:]))


def test_a_forced_table_says_what_it_lacks(plan):
    with pytest.raises(FileProblem, match="no column is its stage"):
        plan(["Deal ID", "Amount"], ["1", "5"], table="deals")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"table": "stages"}, "stages is not a table"),
        ({"source": "siebel"}, "siebel is not a source"),
        ({"mapping": {"Stage": "nonsense"}}, "nonsense is not a column"),
    ],
)
def test_wrong_options_are_refused(plan, options, words):
    with pytest.raises(RequestProblem, match=words):
        plan(["Deal ID", "Stage"], ["1", "Demo"], **options)


def test_folding_forgets_what_people_write_differently():
    assert fold("Deal-ID ") == fold("deal id") == "dealid"
    assert fold('מק"ט') == fold("מק״ט") == "מקט"
    assert fold("Café") == "cafe"


def test_no_header_means_two_columns_of_one_table():
    """A word must not be claimed twice, or the order of the dictionary decides in silence."""
    for table, columns in GENERIC.headers.items():
        words = [word for synonyms in columns.values() for word in {*map(fold, synonyms)}]
        twice = {word for word in words if words.count(word) > 1}
        assert not twice, (table, twice)


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (["Id", "Name", "StageName", "Amount", "Region"], [[1, "A", "Won", 5, "North"], [2, "B", "Open", 6, "South"]]),
        (["Id", "Name", "StageName", "Amount", "CloseDate"], [[1, "A", "Proposal", 5, "2024-01-01"], [2, "B", "Demo", 6, "2024-05-05"]]),
    ],
)  # fmt: skip
def test_a_stage_and_an_amount_make_deals_whatever_else_is_named(plan, header, rows):
    assert plan(header, *rows).table == "deals"


def test_words_that_are_said_of_much_else_make_no_stage(plan):
    with pytest.raises(FileProblem):
        plan(
            ["type_id", "injured", "cost_k", "year"],
            [1, "Dead", 6600, 2012],
            [2, "Critical", 43, 2012],
            [3, "Minor", 12, 2012],
        )


def test_a_column_of_more_values_than_any_process_has_stages_is_none(plan):
    header = ["Deal ID", "Deal name", "Stage", "Amount"]
    many = plan(header, *([n, f"Deal {n}", f"Stage {n}", 5] for n in range(501)))
    assert fields(many) == ["deal_id", "deal_name", None, "amount"]
    assert many.columns[2].confidence == "check"
    assert "It has 501 different values, too many for stages" in str(many.columns[2].reason)
    assert fields(plan(header, *([n, f"Deal {n}", f"Stage {n % 500}", 5] for n in range(900))))[2] == "stage"
