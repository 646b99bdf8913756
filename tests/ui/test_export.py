"""Files read back as whoever opens them would."""

import csv
import io
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest

from ui import export
from ui.charts.theme import Look
from ui.export import Paper
from ui.locale import Locale


def paper(language="en", **columns):
    rows = pd.DataFrame(
        columns
        or {
            "Stage": ["Lead", "=1+1", "הצעה"],
            "Deals": pd.array([40, 20, None], dtype="Int64"),
            "move on": [0.5, None, 0.25],
            "Money": [-1234.5, 20.0, 0.0],
            "Created": pd.to_datetime(["2026-01-05", None, "2026-02-01"]),
        }
    )
    return Paper(
        "funnel",
        "Funnel",
        rows,
        {"Deals": "count", "move on": "share", "Money": "money", "Created": "day"},
        (("Data", "Acme"), ("As of", "2026-11-14"), ("Owner", "=cmd|' /C calc'!A0")),
        (("Conversion", "What moves on."),),
        Locale(language),
    )


def sheets(what):
    return openpyxl.load_workbook(io.BytesIO(export.xlsx(what)))


def lines(what):
    data = export.csv(what)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_csv_holds_the_rows_with_date_and_filters():
    head, *rows = lines(paper())
    assert head == ["Stage", "Deals", "move on", "Money", "Created", "As of", "Filters"]
    assert rows[0] == [
        "Lead",
        "40",
        "0.5",
        "-1234.5",
        "2026-01-05",
        "2026-11-14",
        "Data: Acme; Owner: =cmd|' /C calc'!A0",
    ]
    assert rows[1][:5] == ["'=1+1", "20", "", "20.0", ""]
    assert rows[2][0] == "הצעה"


def test_xlsx_keeps_numbers_as_numbers_and_formats_them():
    sheet = sheets(paper()).worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["Stage", "Deals", "move on", "Money", "Created"]
    assert sheet["B2"].value == 40
    assert sheet["C2"].number_format == "0.0%"
    assert sheet["D2"].value == -1234.5
    assert sheet["E2"].value.isoformat() == "2026-01-05T00:00:00"
    assert sheet["B4"].value is None
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:E4"


def test_xlsx_says_what_it_rests_on():
    about = {row[0].value: row[1].value for row in sheets(paper()).worksheets[1].iter_rows()}
    assert about["Page"] == "Funnel"
    assert about["As of"] == "2026-11-14"
    assert about["Rows"] == "3"
    assert about["Conversion"] == "What moves on."
    assert about["Owner"] == "'=cmd|' /C calc'!A0"


@pytest.mark.parametrize("language", ["en", "he"])
def test_hebrew_sheets_run_from_right_to_left(language):
    for sheet in sheets(paper(language)).worksheets:
        assert bool(sheet.sheet_view.rightToLeft) == (language == "he")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_live(start):
    what = paper(**{f"{start}head": [f"{start}SUM(1)", "safe", None]})
    sheet = sheets(what).worksheets[0]
    assert str(sheet["A1"].value).startswith("'")
    assert str(sheet["A2"].value).startswith("'")
    assert sheet["A2"].data_type == "s"
    head, *rows = lines(what)
    assert head[0].startswith("'")
    assert rows[0][0].startswith("'")
    assert rows[1][0] == "safe"


def test_addresses_are_no_links():
    book = sheets(paper(Site=["http://evil.example", "mailto:a@b.co", "internal:Sheet1!A1"]))
    assert not book.worksheets[0]._hyperlinks
    assert book.worksheets[0]["A2"].value == "http://evil.example"


def test_a_picture_says_its_colours_its_date_and_its_filters():
    what = replace(paper(), legend=(("#3F9B93", "moved on"), ("hatch", "still there")))
    drawn = export.picture(what, "wide_stages", "40 deals", Look(what.locale))
    assert drawn["title"] == "Funnel · Acme"
    assert drawn["legend"] == [
        {"swatch": "#3F9B93", "words": "moved on"},
        {"swatch": "hatch", "words": "still there"},
    ]
    assert (drawn["basis"], drawn["about"]) == ("40 deals", "As of: 2026-11-14 · Owner: =cmd|' /C calc'!A0")


def test_a_hebrew_picture_keeps_names_in_their_own_direction():
    drawn = export.picture(paper("he"), "wide_stages", "", Look(Locale("he")))
    assert drawn["rtl"] is True
    assert "Owner: \u2068=cmd|' /C calc'!A0\u2069" in drawn["about"]


def test_a_picture_does_not_say_its_basis_twice():
    what = paper()
    drawn = export.picture(
        replace(what, about=(*what.about, ("Basis", "40 deals"))), "c", "40 deals", Look(what.locale)
    )
    assert "40 deals" not in drawn["about"]


def test_headers_that_are_the_same_do_not_collide():
    head, *_ = lines(paper(**{"As of": ["x"], "Filters": ["y"]}))
    assert len(set(head)) == 4


def test_an_empty_table_is_still_a_file():
    what = paper(Stage=[])
    assert lines(what) == [["Stage", "As of", "Filters"]]
    assert sheets(what).worksheets[0]["A1"].value == "Stage"


def test_the_file_name_is_plain():
    assert paper().file_name("csv") == "shimur_funnel.csv"
