"""Files in, tables out: every row accounted for, nothing lost, nothing between before and after."""

from __future__ import annotations

import gc
import gzip
import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import FileProblem, RequestProblem, WorkspaceProblem
from data.importer import Draft, Upload, load_demo, load_files
from data.messages import Message
from data.recognise import FileOptions
from data.stages import StageChoices
from data.store import Settings, Workspace
from tests.data.kit import ask, balanced, load, tables, write_csv

EXPORTS = Path(__file__).parents[1] / "exports"
HEADER = ["Deal ID", "Deal name", "Stage", "Amount", "Created", "Closed", "Colour"]
DEALS = [
    ["1", "Uno", "Demo", "1000", "2024-01-05", "", "red"],
    ["2", "Dos", "Closed Won", "2000.5", "2024-01-06", "2024-02-20", ""],
    ["3", "Tres", "Closed Lost", "", "2024-01-07", "2024-03-01", "blue"],
]


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def csv_of(tmp_path):
    def make(header, *rows, name="deals.csv"):
        return write_csv(tmp_path / name, header, rows)

    return make


def counts(file):
    return file.rows_loaded, file.rows_updated, file.rows_unchanged, file.rows_removed, file.rows_rejected


# Accounts of rows


def test_a_file_of_deals(workspace, csv_of):
    report = load(workspace, csv_of(HEADER, *DEALS))
    (file,) = report.files
    assert (file.table, file.rows_read, counts(file)) == ("deals", 3, (3, 0, 0, 0, 0))
    assert file.totals == {"amount": {"file": 3000.5, "loaded": 3000.5}}
    assert ask(
        workspace, "SELECT deal_id, stage, status, amount, created_at, closed_at, attr_1 FROM deals ORDER BY 1"
    ) == [
        ("1", "Demo", "open", 1000.0, datetime(2024, 1, 5), None, "red"),
        ("2", "Closed Won", "won", 2000.5, datetime(2024, 1, 6), datetime(2024, 2, 20), None),
        ("3", "Closed Lost", "lost", None, datetime(2024, 1, 7), datetime(2024, 3, 1), "blue"),
    ]


def test_the_same_file_again_changes_nothing(workspace, csv_of):
    file = csv_of(HEADER, *DEALS)
    load(workspace, file)
    before = tables(workspace)
    assert counts(load(workspace, file).files[0]) == (0, 0, 3, 0, 0)
    assert tables(workspace) == before


def test_a_later_file_updates(workspace, csv_of):
    load(workspace, csv_of(HEADER, *DEALS))
    later = [
        ["1", "Uno", "Closed Won", "1500", "2024-01-05", "2024-04-01", "red"],
        DEALS[1],
        ["4", "Cuatro", "Demo", "5", "2024-04-02", "", ""],
    ]
    report = load(workspace, csv_of(HEADER, *later))
    assert counts(report.files[0]) == (1, 1, 1, 0, 0)
    assert ask(workspace, "SELECT deal_id, status, amount FROM deals ORDER BY 1") == [
        ("1", "won", 1500.0), ("2", "won", 2000.5), ("3", "lost", None), ("4", "open", 5.0),
    ]  # fmt: skip


def test_a_file_with_fewer_columns_leaves_the_others(workspace, csv_of):
    load(workspace, csv_of(HEADER, *DEALS))
    load(workspace, csv_of(["Deal ID", "Stage"], ["1", "Closed Lost"]))
    assert ask(workspace, "SELECT deal_name, status, amount, attr_1 FROM deals WHERE deal_id = '1'") == [
        ("Uno", "lost", 1000.0, "red")
    ]


def test_a_column_that_became_empty_empties_its_cells(workspace, csv_of):
    load(workspace, csv_of(HEADER, *DEALS))
    report = load(workspace, csv_of(HEADER, *[[*row[:6], ""] for row in DEALS]))
    assert counts(report.files[0]) == (0, 2, 1, 0, 0)
    assert ask(workspace, "SELECT DISTINCT attr_1 FROM deals") == [(None,)]


def test_rows_without_a_key_are_set_aside_with_all_that_was_in_them(workspace, csv_of):
    report = load(
        workspace, csv_of(["Deal ID", "Stage", "Amount"], ["1", "Demo", "5"], ["", "Won", "7"], ["3", "Won", "8"])
    )
    file = report.files[0]
    assert (counts(file), file.totals["amount"]) == ((2, 0, 0, 0, 1), {"file": 20.0, "loaded": 13.0})
    (reject,) = workspace.rejects(1).to_dict("records")
    assert (reject["file"], reject["line"], reject["column"], str(Message.parse(reject["reason"]))) == (
        "deals.csv", 3, "Deal ID", "There is no deal number.",
    )  # fmt: skip
    assert (json.loads(reject["row"]), bool(reject["is_row"])) == ([None, "Won", "7"], True)


def test_cells_that_cannot_be_read_are_emptied_kept_and_said(workspace, csv_of):
    rows = [[str(n), "Demo", amount, "2024-01-05"] for n, amount in enumerate(("1", "TBD", "3", "1O0"))] + [
        ["9", "Demo", "5", "soon"]
    ]
    report = load(workspace, csv_of(["Deal ID", "Stage", "Amount", "Created"], *rows))
    assert counts(report.files[0]) == (5, 0, 0, 0, 0)
    assert [str(warning) for warning in report.files[0].warnings] == [
        "Amount: 2 cells could not be read and were left empty, such as TBD in line 3.",
        "Created: 1 cell could not be read and was left empty: soon in line 6.",
    ]
    rejects = workspace.rejects(1).itertuples()
    assert [(r.line, r.column, r.value, str(Message.parse(r.reason)), bool(r.is_row)) for r in rejects] == [
        (3, "Amount", "TBD", "Not a number.", False), (5, "Amount", "1O0", "Not a number.", False), (6, "Created", "soon", "Not a date.", False),
    ]  # fmt: skip


def test_a_stay_without_a_date_is_rejected_once(workspace, csv_of):
    rows = [
        ["1", "Demo", "2024-01-25"],
        ["1", "Won", "never"],
        ["1", "", "2024-01-27"],
        ["", "Demo", "2024-01-28"],
        ["2", "Demo", "2024-01-29"],
    ]
    report = load(workspace, csv_of(["Deal ID", "Stage", "Entered at"], *rows), table="stage_entries")
    assert counts(report.files[0]) == (2, 0, 0, 0, 3)
    rejects = [(r.line, r.column, r.value) for r in workspace.rejects(1).fillna("").itertuples()]
    assert rejects == [(3, "Entered at", "never"), (4, "Stage", ""), (5, "Deal ID", "")]


def test_the_second_row_of_a_key_is_left_out_and_said(workspace, csv_of):
    report = load(workspace, csv_of(["Deal ID", "Stage"], ["1", "Demo"], ["2", "Demo"], ["1", "Won"]))
    assert counts(report.files[0]) == (2, 0, 0, 1, 0)
    assert "1 row repeats the key of an earlier one and was left out: 1 in line 4." in map(
        str, report.files[0].warnings
    )


def test_deals_without_numbers_are_all_kept_and_found_again(workspace, csv_of):
    rows = [
        ["Uno", "Demo", "Acme", "5"],
        ["Uno", "Demo", "Acme", "6"],
        ["Uno", "Demo", "Beta", "7"],
        ["", "Demo", "Beta", "8"],
    ]
    file = csv_of(["Deal name", "Stage", "Customer", "Amount"], *rows)
    assert counts(load(workspace, file).files[0]) == (3, 0, 0, 0, 1)
    assert ask(workspace, "SELECT sum(amount) FROM deals") == [(18.0,)]
    assert counts(load(workspace, file).files[0]) == (0, 0, 3, 0, 1)


def test_leading_zeros_stay(workspace, csv_of):
    load(workspace, csv_of(["Deal ID", "Stage"], ["007", "Demo"], ["7", "Demo"]))
    assert ask(workspace, "SELECT deal_id FROM deals ORDER BY 1") == [("007",), ("7",)]


WORDS = st.sampled_from(
    ["", "1", "2", "3", "x", "=1+1", '"', "כן", "12.5", "2024-01-25", "Closed Won", " ", "\u202eevil", "a,b"]
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    first=st.lists(st.lists(WORDS, min_size=5, max_size=5), min_size=1, max_size=12),
    second=st.lists(st.lists(WORDS, min_size=5, max_size=5), min_size=1, max_size=12),
    table=st.sampled_from(["deals", "stage_entries"]),
)
def test_every_row_is_somewhere_whatever_is_in_it(tmp_path_factory, first, second, table):
    folder = tmp_path_factory.mktemp("any")
    workspace = Workspace(folder / "w")
    header = ["Deal ID", "Stage", "Amount", "Entered at" if table == "stage_entries" else "Created", "Note"]
    for rows in (first, second):
        rows = [row for row in rows if any(cell.strip() for cell in row)] or [["1", "Demo", "", "2024-01-25", ""]]
        file = write_csv(folder / "f.csv", header, rows)
        (report,) = load(
            workspace, file, table=table, mapping={h: f for h, f in zip(header, _targets(table), strict=True)}
        ).files
        assert report.rows_read + len(report.skipped_lines) == len(rows)
        assert all(abs(sums["file"]) >= 0 for sums in report.totals.values())
    kept = "SELECT count(*) FROM deals", "SELECT count(DISTINCT deal_id) FROM stage_entries"
    assert ask(workspace, kept[0]) == ask(workspace, kept[1])


def _targets(table):
    return (
        ["deal_id", "stage", "amount", "entered_at", None]
        if table == "stage_entries"
        else ["deal_id", "stage", "amount", "created_at", None]
    )


# Known systems


def test_salesforce_backup(workspace):
    report = load(workspace, EXPORTS / "salesforce/Opportunity.csv", EXPORTS / "salesforce/Account.csv")
    deals, accounts = report.files
    assert (counts(deals), counts(accounts)) == ((3, 0, 0, 1, 0), (2, 0, 0, 1, 0))
    assert ask(
        workspace,
        "SELECT deal_id, stage, status, customer_id, customer, currency, probability, contact_id FROM deals ORDER BY 1",
    ) == [
        ("0061", "Propuesta", "open", "0011", "Acme", "MXN", 0.5, None),
        ("0062", "Ganada", "won", "0012", "Beta", "PEN", 1.0, "0031"),
        ("0064", "Perdida", "lost", None, None, "PEN", 0.0, None),
    ]
    assert ask(workspace, "SELECT stage, outcome FROM stages ORDER BY stage_order") == [
        ("Propuesta", "open"),
        ("Ganada", "won"),
        ("Perdida", "lost"),
    ]
    assert ask(workspace, "SELECT closed_at, expected_close_on FROM deals WHERE deal_id = '0061'") == [
        (None, date(2024, 6, 30))
    ]
    assert ask(workspace, "SELECT parent_id FROM customers ORDER BY customer_id") == [(None,), ("0011",)]


def test_salesforce_report_with_footer(workspace):
    (file,) = load(workspace, EXPORTS / "salesforce/report.csv").files
    assert (file.source, file.date_order, file.rows_read, counts(file)) == ("salesforce", "dmy", 3, (3, 0, 0, 0, 0))
    assert file.totals["amount"] == {"file": 15500.0, "loaded": 15500.0}
    assert len(file.skipped_lines) >= 4
    assert ask(workspace, "SELECT customer, closed_at FROM deals WHERE status = 'won'") == [
        ("Beta Ltd", datetime(2024, 4, 12))
    ]


def test_hubspot_history_out_of_its_columns(workspace):
    file = EXPORTS / "hubspot/deals.csv"
    report = load(workspace, file)
    assert "bottlenecks" in report.unlocks
    assert ask(workspace, "SELECT deal_id, stage, entered_at, fate FROM stage_entries WHERE is_recorded ORDER BY deal_id, entered_at") == [
        ("101", "Appointment Scheduled", datetime(2024, 1, 5, 9, 30), "advanced"), ("101", "Contract Sent", datetime(2024, 2, 1, 9), "advanced"),
        ("101", "Closed Won", datetime(2024, 3, 5, 10), "advanced"), ("102", "Appointment Scheduled", datetime(2024, 1, 6, 9, 30), "advanced"),
        ("102", "Contract Sent", datetime(2024, 1, 20, 9), "still"), ("103", "Talks", datetime(2024, 1, 7, 9, 30), "still"),
        ("104", "Appointment Scheduled", datetime(2024, 1, 8, 9, 30), "lost"), ("104", "Closed Lost", datetime(2024, 2, 11, 12), "lost"),
    ]  # fmt: skip
    assert ask(workspace, "SELECT DISTINCT pipeline FROM stages ORDER BY 1") == [("Partners",), ("Sales — New (EU)",)]
    before = tables(workspace)
    assert counts(load(workspace, file).files[0]) == (0, 0, 4, 0, 0)
    assert tables(workspace) == before


def test_hubspot_pipelines_that_only_the_stage_columns_name(workspace, csv_of):
    header = [
        "Record ID",
        "Deal Name",
        "Deal Stage",
        "Create Date",
        'Date entered "Demo (New)"',
        'Date entered "Talks (Old)"',
    ]
    load(
        workspace,
        csv_of(
            header,
            ["1", "a", "Demo", "2024-01-25", "2024-01-26", ""],
            ["2", "b", "Talks", "2024-01-25", "", "2024-01-27"],
        ),
    )
    assert ask(workspace, "SELECT deal_id, pipeline FROM deals ORDER BY 1") == [("1", "New"), ("2", "Old")]
    assert ask(workspace, "SELECT deal_id, stage, fate, is_recorded FROM stage_entries ORDER BY 1") == [
        ("1", "Demo", "still", True),
        ("2", "Talks", "still", True),
    ]


def test_hebrew_with_shekels(workspace):
    (file,) = load(workspace, EXPORTS / "generic/hebrew_deals.csv").files
    assert file.totals["amount"] == {"file": 15500.5, "loaded": 15500.5}
    assert ask(workspace, "SELECT status, currency, created_at FROM deals ORDER BY deal_id") == [
        ("open", "ILS", datetime(2024, 2, 1)), ("won", "ILS", datetime(2024, 1, 2)), ("lost", None, datetime(2024, 1, 13)),
    ]  # fmt: skip


def test_pipedrive_loses_deals_in_open_stages(workspace):
    load(workspace, EXPORTS / "pipedrive/deals.csv")
    assert ask(workspace, "SELECT deal_id, stage, status, closed_at, currency FROM deals ORDER BY 1") == [
        ("1", "Proposal", "open", None, "EUR"), ("2", "Proposal", "won", datetime(2024, 2, 1, 10), "EUR"), ("3", "Demo", "lost", datetime(2024, 2, 2, 10), "USD"),
    ]  # fmt: skip
    assert ask(workspace, "SELECT stage, outcome FROM stages ORDER BY stage_order") == [
        ("Demo", "open"),
        ("Proposal", "open"),
        ("Won", "won"),
        ("Lost", "lost"),
    ]


def test_what_the_source_deletes_later_goes_with_its_history(workspace, csv_of):
    load(
        workspace,
        csv_of(
            ["Id", "StageName", "IsDeleted", "ForecastCategoryName"], ["1", "Demo", "0", "x"], ["2", "Demo", "0", "x"]
        ),
    )
    load(
        workspace,
        csv_of(
            ["Deal ID", "Stage", "Entered at"],
            ["1", "Lead", "2024-01-25"],
            ["1", "Demo", "2024-01-26"],
            ["2", "Demo", "2024-01-27"],
        ),
    )
    report = load(
        workspace,
        csv_of(
            ["Id", "StageName", "IsDeleted", "ForecastCategoryName"], ["1", "Demo", "1", "x"], ["2", "Demo", "0", "x"]
        ),
    )
    assert counts(report.files[0]) == (0, 0, 1, 1, 0)
    assert ask(workspace, "SELECT deal_id FROM deals") == [("2",)]


# Joins, names, attributes


def test_names_spelled_a_little_differently_are_joined_and_said(workspace, csv_of):
    products = csv_of(
        ["Product", "Series", "Sales price"], ["GTX Pro", "GTX", 100], ["MG Special", "MG", 50], name="products.csv"
    )
    deals = csv_of(
        ["Deal ID", "Stage", "Product"], ["1", "Demo", "GTXPro"], ["2", "Demo", "GTX Pro"], ["3", "Demo", "Nothing"]
    )
    report = load(workspace, deals, products)
    assert ask(workspace, "SELECT deal_id, product, product_id FROM deals ORDER BY 1") == [
        ("1", "GTXPro", "GTX Pro"), ("2", "GTX Pro", "GTX Pro"), ("3", "Nothing", None),
    ]  # fmt: skip
    assert [str(note) for note in report.notes] == [
        "1 deal was joined by a name written a little differently: GTXPro = GTX Pro.",
        "1 deal names a product that is in no product file.",
        "For example: Nothing.",
    ]


def test_a_name_that_two_rows_could_mean_is_not_joined(workspace, csv_of):
    customers = csv_of(
        ["Customer ID", "Customer", "Industry"], ["1", "Ab c", "x"], ["2", "a-bc", "x"], name="customers.csv"
    )
    load(workspace, csv_of(["Deal ID", "Stage", "Customer"], ["1", "Demo", "ABC"]), customers)
    assert ask(workspace, "SELECT customer, customer_id FROM deals") == [("ABC", None)]


def test_stages_and_pipelines_in_different_case_are_one(workspace, csv_of):
    rows = [
        ["1", "closed won", "Main"],
        ["2", "Closed Won", "main "],
        ["3", "Closed Won", "Main"],
        ["4", "DEMO", "MAIN"],
    ]
    report = load(workspace, csv_of(["Deal ID", "Stage", "Pipeline"], *rows))
    assert ask(workspace, "SELECT pipeline, stage, count(*) FROM deals GROUP BY ALL ORDER BY 2") == [
        ("Main", "Closed Won", 3),
        ("Main", "DEMO", 1),
    ]
    assert any("closed won = Closed Won" in str(warning) for warning in report.files[0].warnings)
    load(workspace, csv_of(["Deal ID", "Stage", "Pipeline"], ["5", "demo", "MAIN"]))
    assert ask(workspace, "SELECT pipeline, stage FROM deals WHERE deal_id = '5'") == [("Main", "DEMO")]


def test_attributes_are_found_again_by_their_headers(workspace, csv_of):
    load(
        workspace,
        csv_of(
            ["Deal ID", "Stage", "Colour", "Size+", "Size-", "Note", "Note"], ["1", "Demo", "red", "L", "S", "a", "b"]
        ),
    )
    report = load(
        workspace,
        csv_of(
            ["Note", "Note", "Deal ID", "Size-", "Size+", "Taste", "COLOUR", "Stage"],
            ["a2", "b2", "1", "S2", "L2", "sweet", "blue", "Demo"],
        ),
    )
    assert counts(report.files[0]) == (0, 1, 0, 0, 0)
    assert ask(workspace, "SELECT attr_1, attr_2, attr_3, attr_4, attr_5, attr_6 FROM deals") == [
        ("blue", "L2", "S2", "a2", "b2", "sweet")
    ]
    assert ask(workspace, 'SELECT "column", header FROM headers WHERE is_attribute ORDER BY 1') == [
        ("attr_1", "Colour"), ("attr_2", "Size+"), ("attr_3", "Size-"), ("attr_4", "Note"), ("attr_5", "Note"), ("attr_6", "Taste"),
    ]  # fmt: skip


def test_attributes_of_a_history_are_kept_too(workspace, csv_of):
    load(
        workspace,
        csv_of(
            ["Deal ID", "Stage", "Entered at", "Channel"],
            ["1", "Lead", "2024-01-25", "web"],
            ["1", "Won", "2024-01-26", "phone"],
        ),
    )
    assert ask(workspace, "SELECT stage, attr_1 FROM stage_entries ORDER BY entered_at") == [
        ("Lead", "web"),
        ("Won", "phone"),
    ]


@pytest.mark.parametrize(
    ("cells", "shares"),
    [
        (["50", "100", "0"], [0.5, 1.0, 0.0]),
        (["0.5", "1", "0"], [0.5, 1.0, 0.0]),
        (["50%", "5%", ""], [0.5, 0.05, None]),
    ],
)
def test_probabilities_are_shares(workspace, csv_of, cells, shares):
    load(workspace, csv_of(["Deal ID", "Stage", "Probability"], *[[n, "Demo", cell] for n, cell in enumerate(cells)]))
    assert [share for (share,) in ask(workspace, "SELECT probability FROM deals ORDER BY deal_id")] == shares


# Files of all kinds


def test_a_workbook_of_several_sheets(workspace, tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheets: dict[str, list[list[Any]]] = {
            "Deals": [HEADER, ["1", "Uno", "Demo", 1000, datetime(2024, 1, 5), None, "red"], [None, None, "Won", 7, None, None, "lost row"]],
            "History": [["Deal ID", "Stage", "Entered at"], ["1", "Lead", datetime(2024, 1, 5)], ["1", "Demo", datetime(2024, 1, 9)], ["", "Demo", datetime(2024, 1, 9)]],
            "Notes": [["colour", "size"], ["red", 5]],
        }  # fmt: skip
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for y, row in enumerate(rows):
                for x, cell in enumerate(row):
                    sheet.write(y, x, cell, day if isinstance(cell, datetime) else None)
    report = load(workspace, path)
    assert [(file.sheet, file.table, counts(file)) for file in report.files] == [
        ("Deals", "deals", (1, 0, 0, 0, 1)), ("History", "stage_entries", (2, 0, 0, 0, 1)),
    ]  # fmt: skip
    # Said once, not with every sheet.
    left_out = "These sheets or files hold nothing we recognise and were left out: Notes."
    assert [[str(w) for w in file.warnings if "Notes" in str(w)] for file in report.files] == [[left_out], []]
    assert ask(workspace, "SELECT stage, fate FROM stage_entries ORDER BY stage_order") == [
        ("Lead", "advanced"),
        ("Demo", "still"),
    ]
    from data.rejects import rejected_rows

    headers, rows = rejected_rows(workspace, 1)
    by_file = {row[0]: dict(zip(headers[5:], row[5:], strict=True)) for row in rows}
    assert by_file["book.xlsx / Deals"]["Colour"] == "lost row"
    assert by_file["book.xlsx / History"]["Entered at"].startswith("2024-01-09")


def test_gzip(workspace, tmp_path, csv_of):
    packed = tmp_path / "deals.csv.gz"
    packed.write_bytes(gzip.compress(csv_of(HEADER, *DEALS).read_bytes()))
    assert counts(load(workspace, packed).files[0]) == (3, 0, 0, 0, 0)


def test_several_files_are_loaded_in_an_order_that_fits(workspace, csv_of):
    history = csv_of(
        ["Deal ID", "Stage", "Entered at"],
        ["1", "Lead", "2024-01-01"],
        ["1", "Demo", "2024-01-05"],
        ["8", "Lead", "2024-01-05"],
        name="h.csv",
    )
    report = load(workspace, history, csv_of(HEADER, *DEALS))
    assert [file.table for file in report.files] == ["stage_entries", "deals"]
    assert [str(note) for note in report.notes] == ["1 deal is in the stage history only, and was added."]
    assert ask(workspace, "SELECT count(*) FROM deals") == [(4,)]
    # The deal's own file comes later and takes its place.
    assert counts(load(workspace, csv_of(HEADER, ["8", "Ocho", "Lead", "5", "2024-01-05", "", ""])).files[0]) == (
        1,
        0,
        0,
        0,
        0,
    )
    assert ask(workspace, "SELECT deal_name FROM deals WHERE deal_id = '8'") == [("Ocho",)]
    assert ask(workspace, "SELECT fate, is_recorded FROM stage_entries WHERE deal_id = '8'") == [("still", True)]


def test_all_files_or_none(workspace, csv_of):
    load(workspace, csv_of(HEADER, *DEALS))
    before = tables(workspace)
    with pytest.raises(FileProblem):
        load(
            workspace,
            csv_of(HEADER, ["9", "Nueve", "Demo", "1", "", "", ""]),
            csv_of(["colour"], ["red"], name="other.csv"),
        )
    assert (tables(workspace), workspace.revision) == (before, 1)


# Revisions


def test_two_imports_at_once_both_land(workspace, csv_of):
    first = Draft(workspace, [Upload(csv_of(HEADER, *DEALS[:2], name="a.csv"), "a.csv")])
    second = Draft(workspace, [Upload(csv_of(HEADER, *DEALS[1:], name="b.csv"), "b.csv")])
    with first, second:
        assert first.publish().number == 1
        report = second.publish()
    assert (report.number, report.revision, counts(report.files[0])) == (2, 2, (1, 0, 1, 0, 0))
    assert ask(workspace, "SELECT count(*) FROM deals") == [(3,)]
    assert [record.number for record in workspace.history()] == [1, 2]


def test_undo_restores_every_row(workspace, csv_of):
    load(workspace, csv_of(HEADER, *DEALS))
    before = tables(workspace)
    load(
        workspace,
        csv_of(
            [*HEADER, "Extra"],
            ["1", "Other", "Closed Won", "9", "2024-01-05", "2024-05-05", "x", "y"],
            ["7", "New", "Lead", "1", "", "", "", ""],
        ),
    )
    assert tables(workspace) != before
    assert workspace.undo().number == 2
    assert (tables(workspace), workspace.revision) == (before, 3)
    assert [(record.number, record.undone) for record in workspace.history()] == [(1, False), (2, True)]
    assert load(workspace, csv_of(HEADER, DEALS[0])).number == 3
    assert [workspace.undo().number, workspace.undo().number] == [3, 1]
    assert (workspace.is_empty, workspace.revision) == (True, 6)
    with pytest.raises(WorkspaceProblem, match="There is no import to take back"):
        workspace.undo()


def test_any_import_can_be_taken_back(workspace, csv_of):
    load(workspace, csv_of(HEADER, *DEALS))
    load(workspace, csv_of(HEADER, *DEALS))
    assert workspace.undo(1).number == 1
    assert ask(workspace, "SELECT count(*) FROM deals") == [(len(DEALS),)]
    assert workspace.undo(2).number == 2
    assert ask(workspace, "SELECT count(*) FROM deals") == [(0,)]


def test_an_empty_workspace_has_nothing_to_take_back(workspace):
    with pytest.raises(WorkspaceProblem):
        workspace.undo()
    assert workspace.history() == []


def test_looking_changes_nothing(workspace, csv_of):
    load(workspace, csv_of(HEADER, *DEALS))
    listing = sorted((path.name, path.stat().st_size) for path in workspace.folder.iterdir())
    with Draft(workspace, [Upload(csv_of(HEADER, ["9", "Nueve", "Demo", "1", "", "", ""]), "x.csv")]) as draft:
        assert draft.report is not None
        assert counts(draft.report.files[0]) == (1, 0, 0, 0, 0)
    assert sorted((path.name, path.stat().st_size) for path in workspace.folder.iterdir()) == listing


def test_what_would_be_done_is_what_is_done(workspace, csv_of):
    path = csv_of(HEADER, *DEALS, ["", "", "Demo", "5", "", "", ""])
    with Draft(workspace, [Upload(path, "x.csv", FileOptions(mapping={"Deal ID": "deal_id"}))]) as draft:
        assert draft.report is not None
        said = draft.report.json()
        assert draft.publish().json() == said


def test_wrong_names_of_columns_are_refused(workspace, csv_of):
    with pytest.raises(RequestProblem, match="No file has a column called Colr"):
        load(workspace, csv_of(HEADER, *DEALS), mapping={"Colr": "source"})


# Facts


def facts(workspace):
    return dict(ask(workspace, "SELECT name, value FROM facts"))


def test_the_latest_event_is_recorded_and_past(workspace, csv_of):
    header = ["Deal ID", "Stage", "Created", "Close date", "Expected close", "Next activity", "Last activity"]
    rows = [
        ["1", "Demo", "2024-01-05", "2025-06-01", "2025-05-01", "2025-04-01", "2024-02-03"],
        ["2", "Closed Won", "2024-01-06", "2024-02-20", "", "", "2199-01-01"],
        ["3", "Closed Won", "2024-01-06", "2199-02-20", "", "", ""],
    ]
    report = load(workspace, csv_of(header, *rows))
    known = facts(workspace)
    assert known["latest_event_at"] == "2024-02-20T00:00:00"
    assert known["has_history"] == "false"
    assert any("Dates after today" in str(note) for note in report.notes)
    assert ask(workspace, "SELECT closed_at, expected_close_on FROM deals WHERE deal_id = '1'") == [
        (None, date(2025, 5, 1))
    ]


def test_the_commonest_currency_and_the_largest_pipeline(workspace, csv_of):
    rows = [["1", "Demo", "$5", "A"], ["2", "Demo", "€5", "B"], ["3", "Demo", "€6", "B"]]
    load(workspace, csv_of(["Deal ID", "Stage", "Amount", "Pipeline"], *rows))
    assert (facts(workspace)["currency"], facts(workspace)["pipeline"]) == ("EUR", "B")
    assert ask(workspace, "SELECT currency FROM deals ORDER BY deal_id") == [("USD",), ("EUR",), ("EUR",)]


def test_a_history_is_a_fact(workspace, csv_of):
    load(
        workspace, csv_of(["Deal ID", "Stage", "Entered at"], ["1", "Lead", "2024-01-25"], ["1", "Demo", "2024-01-26"])
    )
    assert facts(workspace)["has_history"] == "true"
    assert facts(workspace)["latest_event_at"] == "2024-01-26T00:00:00"


def test_days_are_days_of_the_time_zone(workspace, csv_of):
    workspace.save_settings(Settings(time_zone="Asia/Jerusalem"))
    load(workspace, csv_of(HEADER, ["1", "Uno", "Demo", "5", "2024-01-05 10:00:00", "2024-06-30", ""], DEALS[1]))
    assert ask(workspace, "SELECT created_at, expected_close_on FROM deals WHERE deal_id = '1'") == [
        (datetime(2024, 1, 5, 8), date(2024, 6, 30))
    ]


def test_a_deal_closed_on_the_day_it_was_created_closed_no_earlier(workspace, csv_of):
    rows = [
        ["1", "Uno", "Closed Won", "5", "2024-01-05 10:00:00", "2024-01-05", ""],
        ["2", "Dos", "Closed Won", "5", "2024-01-05 10:00:00", "2024-01-01", ""],
    ]
    load(workspace, csv_of(HEADER, *rows))
    assert ask(workspace, "SELECT closed_at FROM deals ORDER BY deal_id") == [
        (datetime(2024, 1, 5, 10),),
        (datetime(2024, 1, 1),),
    ]


def test_the_pipeline_of_deals_without_one_is_remembered(workspace, csv_of):
    load(workspace, csv_of(HEADER, *DEALS), choices=StageChoices(pipeline="Direct"))
    load(workspace, csv_of(HEADER, ["9", "Nueve", "Demo", "5", "", "", ""]))
    assert ask(workspace, "SELECT DISTINCT pipeline FROM deals") == [("Direct",)]


def test_what_was_said_of_stages_holds_for_the_next_file(workspace, csv_of):
    load(
        workspace,
        csv_of(HEADER, ["1", "a", "Signed", "5", "", "", ""], ["2", "b", "Demo", "5", "", "", ""]),
        choices=StageChoices(won=("Signed",)),
    )
    load(workspace, csv_of(HEADER, ["3", "c", "signed", "5", "", "", ""]))
    assert ask(workspace, "SELECT deal_id, stage, status FROM deals ORDER BY 1") == [
        ("1", "Signed", "won"),
        ("2", "Demo", "open"),
        ("3", "Signed", "won"),
    ]


# Hostile text

HOSTILE = [
    "![x](http://evil.test/a.png)", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'; DROP TABLE deals; --", '"quoted" \'twice\'',
    '=HYPERLINK("http://evil.test")', "@SUM(1+1)", "-2+3", "a\x00b", "\u202edlrow\u202c", "{n} {name!r} {0}", "$x$ `code` %s", "x" * 70_000, "line\nbreak",
    "\\", "attr_1", "NULL", "c0", "🦄" * 50,
]  # fmt: skip


def test_hostile_text_comes_through_as_it_is(workspace, csv_of):
    header = [
        "Deal ID",
        "Deal name",
        "Stage",
        "Owner",
        "Pipeline",
        "Status",
        *[text.replace("x" * 70_000, "x" * 2000) for text in HOSTILE],
    ]
    rows = [[text, text, text, text, text, text, *[text] * len(HOSTILE)] for text in HOSTILE]
    kept = [text.replace("\x00", "") for text in HOSTILE]
    with_nul = csv_of(header, *rows)
    report = load(workspace, with_nul, table="deals")
    assert balanced(report.files[0])
    got = ask(workspace, "SELECT deal_id, deal_name, stage, owner, pipeline, attr_2, attr_7 FROM deals")
    assert len(got) == len(HOSTILE)
    found = {row[0].replace("\x00", "") for row in got}
    # Blanks and marks of direction at the ends of a cell are not part of it.
    assert found == {text.strip("\u202e\u202c") for text in kept}
    assert all(row[1] == row[0] == row[2] == row[3] == row[4] == row[5] == row[6] for row in got)
    json.dumps(report.json(), allow_nan=False)
    for warning in (*report.files[0].warnings, *report.notes):
        assert str(warning)


# Real data


@pytest.fixture
def maven(workspace, datasets):
    folder = datasets / "maven_crm"
    return workspace, load_files(
        workspace,
        [
            (folder / name, name)
            for name in ("accounts.csv", "products.csv", "sales_pipeline_dmy_dash.csv", "sales_teams.csv")
        ],
    )


def test_maven_gives_the_published_figures(maven):
    workspace, report = maven
    assert [(file.table, file.rows_read, counts(file)) for file in report.files] == [
        ("customers", 85, (85, 0, 0, 0, 0)), ("products", 7, (7, 0, 0, 0, 0)), ("deals", 8800, (8800, 0, 0, 0, 0)), ("people", 35, (35, 0, 0, 0, 0)),
    ]  # fmt: skip
    assert ask(workspace, "SELECT status, stage, count(*) FROM deals GROUP BY ALL ORDER BY 3 DESC") == [
        ("won", "Won", 4238), ("lost", "Lost", 2473), ("open", "Engaging", 1589), ("open", "Prospecting", 500),
    ]  # fmt: skip
    assert ask(
        workspace,
        "SELECT round(100.0 * count(*) FILTER (status = 'won') / count(*) FILTER (status <> 'open'), 2) FROM deals",
    ) == [(63.15,)]
    assert ask(workspace, "SELECT sum(amount) FROM deals WHERE status = 'won'") == [(10_005_534.0,)]
    days = "date_diff('day', created_at, closed_at)"
    assert ask(workspace, f"SELECT status, round(avg({days}), 2), median({days}), max({days}) FROM deals WHERE status <> 'open' GROUP BY 1 ORDER BY 1") == [
        ("lost", 41.48, 14.0, 138), ("won", 51.78, 57.0, 138),
    ]  # fmt: skip
    assert ask(
        workspace,
        """SELECT office, round(100.0 * count(*) FILTER (status = 'won') / count(*) FILTER (status <> 'open'), 2), sum(amount) FILTER (status = 'won')
           FROM deals JOIN people ON owner_id = person_id GROUP BY 1 ORDER BY 1""",
    ) == [("Central", 62.56, 3_346_293.0), ("East", 63.02, 3_090_594.0), ("West", 63.94, 3_568_647.0)]
    assert ask(
        workspace,
        "SELECT count(*) FROM deals WHERE product_id IS NULL OR product_id NOT IN (SELECT product_id FROM products)",
    ) == [(0,)]
    assert ask(workspace, "SELECT count(*) FROM deals WHERE customer IS NULL") == [(1425,)]


def test_salesforce_sample_org(workspace, datasets):
    folder = datasets / "sf_sample_org"
    report = load_files(workspace, [(folder / name, name) for name in ("Opportunity.csv", "Account.csv")])
    assert [(file.table, file.source, file.rows_read, counts(file)) for file in report.files] == [
        ("deals", "salesforce", 58, (58, 0, 0, 0, 0)), ("customers", "salesforce", 94, (94, 0, 0, 0, 0)),
    ]  # fmt: skip
    assert report.files[0].totals["amount"]["file"] == report.files[0].totals["amount"]["loaded"]
    assert ask(workspace, "SELECT count(*) FROM deals WHERE customer_id IS NOT NULL AND customer IS NULL") == [(0,)]
    assert ask(workspace, "SELECT count(*) FROM deals WHERE status = 'lost'") == [(0,)]


def test_bpic2012_gives_its_stage_counts(workspace, datasets):
    path = datasets / "bpic2012" / "bpic2012_application_stage_history.csv.gz"
    won, lost = ("A_APPROVED", "A_REGISTERED", "A_ACTIVATED"), ("A_DECLINED", "A_CANCELLED")
    upload = Upload(path, path.name)
    with Draft(workspace, [upload]) as draft:
        inferred = {stage.stage: stage.outcome for stage in draft.stages if stage.outcome != "open"}
        assert inferred == dict.fromkeys(won, "won") | dict.fromkeys(lost, "lost")
        draft.revise([upload], StageChoices(won=won, lost=lost))
        (file,) = draft.publish().files
    assert (file.table, file.rows_read, balanced(file)) == ("stage_entries", 60_849, True)
    reached: dict[str, int] = dict(
        ask(workspace, "SELECT stage, count(*) FROM stage_entries WHERE visit = 1 AND is_recorded GROUP BY 1")
    )
    expected = {
        "A_PREACCEPTED": 7367,
        "A_ACCEPTED": 5113,
        "A_FINALIZED": 5015,
        "A_APPROVED": 2246,
        "A_DECLINED": 7635,
        "A_CANCELLED": 2807,
    }
    assert {stage: reached[stage] for stage in expected} == expected
    assert dict(ask(workspace, "SELECT status, count(*) FROM deals GROUP BY 1")) == {
        "open": 399,
        "won": 2246,
        "lost": 10442,
    }
    assert ask(
        workspace,
        "SELECT sum(n) FROM (SELECT count(*) AS n FROM stage_entries GROUP BY deal_id HAVING count(*) FILTER (fate = 'still') > 1)",
    ) == [(None,)]
    days = "epoch(left_at - entered_at) / 86400"
    dwell = ask(
        workspace,
        f"SELECT round(avg({days}), 2), round(median({days}), 2) FROM stage_entries WHERE stage = 'A_FINALIZED' AND left_at IS NOT NULL",
    )
    assert dwell == [(17.84, 14.56)]
    stages = [
        stage
        for stage, outcome in ask(workspace, "SELECT stage, outcome FROM stages ORDER BY stage_order")
        if outcome == "open"
    ]
    assert stages == ["A_SUBMITTED", "A_PARTLYSUBMITTED", "A_PREACCEPTED", "A_ACCEPTED", "A_FINALIZED"]


def test_the_made_up_company_is_the_same_in_both_languages(tmp_path):
    told = {}
    for language in ("en", "he"):
        workspace = Workspace(tmp_path / language)
        report = load_demo(workspace, language)
        assert all(balanced(file) and not file.rows_rejected and not file.checks for file in report.files)
        assert not [header for file in report.files for header, column in file.columns.items()
                    if column is None and file.table != "deals"]  # fmt: skip
        known = facts(workspace)
        assert (known["has_history"], known["is_demo"], known["language"]) == ("true", "true", language)
        told[language] = [
            ask(workspace, "SELECT deal_id, status, amount, currency, created_at, closed_at, expected_close_on FROM deals ORDER BY 1"),
            ask(workspace, "SELECT deal_id, stage_order, outcome, visit, entered_at, left_at, fate, is_skipped, skips_before FROM stage_entries ORDER BY ALL"),
            ask(workspace, "SELECT count(DISTINCT owner_id), count(DISTINCT product_id), count(customer_id) FROM deals"),
            ask(workspace, "SELECT order_id, customer_id, product_id, ordered_at, quantity, unit_price, amount, currency FROM orders ORDER BY ALL"),
            ask(workspace, "SELECT activity_id, deal_id, customer_id, contact_id, happened_at, planned_on, is_done FROM activities ORDER BY 1"),
            ask(workspace, "SELECT contact_id, customer_id, email FROM contacts ORDER BY 1"),
            ask(workspace, "SELECT case_id, customer_id, contact_id, opened_at, closed_at FROM cases ORDER BY 1"),
            ask(workspace, "SELECT response_id, customer_id, email, answered_at, score, scale FROM survey_responses ORDER BY 1"),
            ask(workspace, "SELECT customer_id, email, sent_at, is_delivered FROM survey_invitations ORDER BY ALL"),
            ask(workspace, "SELECT count(*) - count(customer_id) FROM orders"),
            {name: name in report.unlocks for name in ("value_and_risk", "contact_programme", "nps")},
            known["latest_event_at"],
        ]  # fmt: skip
    assert told["en"] == told["he"]
    assert told["en"][-3:-1] == [[(8,)], dict.fromkeys(("value_and_risk", "contact_programme", "nps"), True)]
    with pytest.raises(WorkspaceProblem, match="holds data already"):
        load_demo(Workspace(tmp_path / "en"))


def test_real_data_takes_the_place_of_the_made_up_company_and_taking_it_back_brings_that_back(tmp_path):
    workspace = Workspace(tmp_path / "w")
    load_demo(workspace)
    file = tmp_path / "deals.csv"
    file.write_text("Deal ID,Stage\n1,Won\n2,Lost\n", "utf-8")

    report = load_files(workspace, [(file, "deals.csv")])

    assert "made-up company" in str(report.notes[0])
    engine = workspace.engine()
    assert engine.count("deals") == 2
    assert engine.count("customers") == 0
    assert "is_demo" not in engine.facts()
    workspace.undo()
    assert workspace.engine().facts()["is_demo"] == "true"


@pytest.mark.parametrize("word", ["אבוד", "אבודה", "אבדה", "הפסד", "נסגר בהפסד", "נדחתה", "לא רלוונטי"])
def test_hebrew_words_for_lost_are_understood(tmp_path, word):
    file = tmp_path / "deals.csv"
    file.write_text(f"מספר עסקה,שלב\n1,ליד\n2,{word}\n3,נסגר בהצלחה\n", "utf-8")
    with Draft(Workspace(tmp_path / "w"), [Upload(file, "deals.csv")]) as draft:
        assert {stage.stage: stage.outcome for stage in draft.stages} == {
            "ליד": "open",
            "נסגר בהצלחה": "won",
            word: "lost",
        }


def test_amounts_without_a_currency_are_not_added_to_those_with_one(tmp_path):
    workspace = Workspace(tmp_path / "w")
    plain, shekels = tmp_path / "plain.csv", tmp_path / "shekels.csv"
    plain.write_text("Deal ID,Stage,Amount\n1,Won,100\n2,Won,\n", "utf-8")
    shekels.write_text("Deal ID,Stage,Amount\n3,Won,₪200\n", "utf-8")

    load_files(workspace, [(plain, "plain.csv")])
    assert workspace.engine().query("SELECT DISTINCT currency FROM deals")["currency"].isna().all()
    report = load_files(workspace, [(shekels, "shekels.csv")])

    assert str(report.notes[-1]) == (
        "1 deal has an amount without a currency. Its sum is shown apart until the settings name its currency."
    )
    rows = workspace.engine().query("SELECT deal_id, currency FROM deals WHERE amount IS NOT NULL ORDER BY 1")
    assert rows.values.tolist() == [["1", "XXX"], ["3", "ILS"]]
    workspace.save_settings(Settings(currency="ILS"))
    load_files(workspace, [(shekels, "shekels.csv")])
    assert set(workspace.engine().query("SELECT currency FROM deals WHERE amount IS NOT NULL")["currency"]) == {"ILS"}


def test_a_deal_twice_does_not_make_a_stage_history(tmp_path):
    file = tmp_path / "deals.csv"
    file.write_text(
        "Deal ID,Stage,Created,Closed,Outcome\n1,Demo,2024-01-05,2024-02-01,Won\n2,Demo,2024-01-06,,Open\n2,Demo,2024-01-06,,Open\n",
        "utf-8",
    )
    with Draft(Workspace(tmp_path / "w"), [Upload(file, "deals.csv")]) as draft:
        assert draft.plans[0].table == "deals"
        assert draft.report is not None and draft.report.files[0].rows_removed == 1


def test_what_should_be_checked_is_said_without_a_screen_too(tmp_path):
    file = tmp_path / "deals.csv"
    file.write_text("Deal ID,Stage,Created\n1,Lead,01/02/2024\n2,Won,03/04/2024\n", "utf-8")
    document = load_files(Workspace(tmp_path / "w"), [(file, "deals.csv")]).json()
    assert any("Please check Created: Both orders fit" in warning for warning in document["files"][0]["warnings"])
    assert [(stage["stage"], stage["outcome"]) for stage in document["stages"]] == [("Lead", "open"), ("Won", "won")]


def test_a_header_without_rows_is_refused(tmp_path):
    file = tmp_path / "deals.csv"
    file.write_text("Deal ID,Stage\n", "utf-8")
    with pytest.raises(FileProblem, match="no rows under the header"):
        load_files(Workspace(tmp_path / "w"), [(file, "deals.csv")])


def test_an_import_that_is_let_go_leaves_nothing_behind(tmp_path):
    file = tmp_path / "deals.csv"
    file.write_text("Deal ID,Stage\n1,Won\n", "utf-8")
    workspace = Workspace(tmp_path / "w")
    load_files(workspace, [(file, "deals.csv")])
    draft = Draft(workspace, [Upload(file, "deals.csv")])
    assert list(workspace.folder.glob("preparing-*"))
    del draft
    gc.collect()
    assert not list(workspace.folder.glob("preparing-*"))


def test_files_of_one_name_keep_their_own_options(workspace, tmp_path):
    uploads = []
    for place, amount in enumerate(("Amount", "Volume")):
        (tmp_path / str(place)).mkdir()
        file = write_csv(tmp_path / str(place) / "deals.csv", ["Deal ID", "Stage", amount], [[place, "Demo", 5]])
        uploads.append(Upload(file, file.name))
    uploads[1] = replace(uploads[1], options=FileOptions(mapping={"Volume": "amount"}))
    with Draft(workspace, uploads) as draft:
        assert [draft.place_of(plan.text) for plan in draft.plans] == [0, 1]
        report = draft.publish()
    assert [file.name for file in report.files] == ["deals.csv", "deals.csv (2)"]
    assert ask(workspace, "SELECT deal_id, amount FROM deals ORDER BY 1") == [("0", 5.0), ("1", 5.0)]


def test_what_the_files_said_is_kept_where_something_else_follows_from_it(tmp_path):
    workspace = Workspace(tmp_path / "w")
    deals = write_csv(tmp_path / "deals.csv", ["Deal ID", "Stage", "Status", "Created", "Closed"], [
        ("1", "Demo", "open", None, "2024-03-01 10:00:00"), ("2", "Closed Won", "won", "2024-01-05 10:00:00", "2024-02-01 10:00:00"),
    ])  # fmt: skip
    stays = [
        ("1", "Sales", "Lead", "2024-01-01 10:00:00"), ("1", "Sales", "Demo", "2024-01-02 10:00:00"),
        ("1", None, "Demo", "2024-01-03 10:00:00"), ("3", "Sales", "Lead", "2024-01-04 10:00:00"),
    ]  # fmt: skip
    history = write_csv(tmp_path / "history.csv", ["Deal ID", "Pipeline", "Stage", "Entered at"], stays)
    load(workspace, deals)
    said = "SELECT deal_id, pipeline, stage, CAST(entered_at AS VARCHAR) FROM recorded_stages ORDER BY ALL"
    closes = "SELECT deal_id, pipeline, created_at IS NULL, month(file_close), is_from_history FROM loaded_deals ORDER BY ALL"
    for unchanged in (0, 4):
        assert load(workspace, history, table="stage_entries").files[0].rows_unchanged == unchanged
        assert ask(workspace, said) == sorted(stays, key=lambda stay: (stay[0], stay[1] or "~", stay[2]))
        assert ask(workspace, closes) == [("1", None, True, 3, False), ("2", None, False, 2, False), ("3", "Sales", True, None, True)]  # fmt: skip
        assert ask(workspace, "SELECT count(*) FROM stage_entries WHERE deal_id = '1'") == [(2,)]
        assert ask(workspace, "SELECT pipeline, created_at IS NULL, closed_at FROM deals WHERE deal_id = '1'") == [("Sales", False, None)]  # fmt: skip


def test_a_history_with_columns_of_its_own_comes_after_deals_without_one(workspace, csv_of):
    load(workspace, csv_of(HEADER, *DEALS))
    history = [["1", "Lead", "2024-01-05", "a"], ["1", "Demo", "2024-01-09", "b"]]
    load(workspace, csv_of(["Deal ID", "Stage", "Entered", "Mood"], *history, name="history.csv"))
    assert ask(workspace, "SELECT stage, attr_1 FROM stage_entries WHERE is_recorded ORDER BY entered_at") == [
        ("Lead", "a"), ("Demo", "b"),
    ]  # fmt: skip


def test_the_history_keeps_the_first_thousand_lines_that_a_file_skips(workspace, tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text("Deal ID,Deal name,Stage\n1,Uno,Demo\n" + "\n" * 1200 + "2,Dos,Demo\n", "utf-8")
    (file,) = load(workspace, path).files
    assert len(file.json()["skipped_lines"]) == 1200
    (record,) = workspace.history()
    (kept,) = record.report["files"]
    assert [skipped["line"] for skipped in kept["skipped_lines"]] == list(range(3, 1003))
    assert kept["rows_loaded"] == 2
