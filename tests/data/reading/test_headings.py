"""Headings over several lines: of surveys, and with merged cells."""

import pytest

from tests.data.reading.files import as_csv, as_xlsx

SURVEY_MONKEY = [
    ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address", "Custom Data 1",
     "How likely are you\nto recommend us, really?", "What do you use?", "", "", "Anything else?", "Rate us", ""],
    ["", "", "", "", "", "", "", "Response", "The app", "The API", "Other (please specify)", "Open-Ended Response",
     "Speed", "Price"],
    ["114", "9", "2024-01-31", "2024-01-31", "1.2.3.4", "d@x.il", "", "9", "The app", "", "", "No, thanks", "5", "4"],
    ["115", "9", "2024-02-01", "2024-02-01", "1.2.3.4", "a@x.il", "VIP", "3", "", "The API", "a pen", "", "2", ""],
]  # fmt: skip
ANSWERS = (
    "How likely are you to recommend us, really?", "What do you use? / The app", "What do you use? / The API",
    "What do you use? / Other (please specify)", "Anything else?", "Rate us / Speed", "Rate us / Price",
)  # fmt: skip
QUALTRICS = [
    ["StartDate", "EndDate", "Status", "IPAddress", "RecordedDate", "ResponseId", "Q1_NPS_GROUP", "Q1", "Q2", "Company"],
    ["Start Date", "End Date", "Response Type", "IP Address", "Recorded Date", "Response ID", "How likely? - Group",
     "How likely are you to\nrecommend us, 0 to 10?", "Why?", "Company"],
    ['{"ImportId":"startDate","timeZone":"Asia/Jerusalem"}', '{"ImportId":"endDate","timeZone":"Asia/Jerusalem"}',
     '{"ImportId":"status"}', '{"ImportId":"ipAddress"}', '{"ImportId":"recordedDate"}', '{"ImportId":"_recordId"}',
     '{"ImportId":"QID1_NPS_GROUP"}', '{"ImportId":"QID1"}', '{"ImportId":"QID2_TEXT"}', '{"ImportId":"Company"}'],
    ["2024-01-31 10:00:00", "2024-01-31 10:02:00", "IP Address", "1.2.3.4", "2024-01-31 10:02:01", "R_1", "Promoter",
     "9", "Fast", "Acme"],
]  # fmt: skip


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
def test_a_survey_of_survey_monkey(read, skipped, write):
    table, rows = read(write(SURVEY_MONKEY))
    assert table.headers == (*SURVEY_MONKEY[0][:7], *ANSWERS)
    assert [[cell or "" for cell in row[1:]] for row in rows] == SURVEY_MONKEY[2:]
    assert list(skipped(table).values()) == ["Another line of a heading that spreads over several lines."]
    assert (table.header_line, table.repairs) == (1, ())


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
@pytest.mark.parametrize("more", [0, 4])
def test_a_survey_of_qualtrics(read, skipped, write, more):
    table, rows = read(write(QUALTRICS + QUALTRICS[3:] * more))
    assert table.headers == (
        "StartDate", "EndDate", "Status", "IPAddress", "RecordedDate", "ResponseId", "Q1_NPS_GROUP: How likely? - Group",
        "Q1: How likely are you to recommend us, 0 to 10?", "Q2: Why?", "Company",
    )  # fmt: skip
    assert (len(rows), table.header_line, table.repairs) == (1 + more, 1, ())
    assert list(rows[0][1:]) == QUALTRICS[3]
    assert list(skipped(table).values()) == ["Another line of a heading that spreads over several lines."] * 2


def test_the_person_can_choose_one_line_of_it(read):
    assert read(as_csv(SURVEY_MONKEY), header_line=1)[0].headers[7:] == ANSWERS
    table, rows = read(as_csv(QUALTRICS), header_line=2)
    assert (table.headers[0], len(rows)) == ("Start Date", 2)


def test_a_survey_with_one_line_of_questions_stays_as_it_is(read):
    lines = [["Respondent ID", "Collector ID", "Rate us", ""], ["114", "9", "5", "4"]]
    assert read(as_csv(lines))[0].headers == ("Respondent ID", "Collector ID", "Rate us", "")


MERGED = {
    "groups over names that repeat": (
        ["", "Q1", "", "Q2", ""], ["Rep", "Deals", "Amount", "Deals", "Amount"], ["Dana", "3", "100", "4", "200"],
        ["Rep", "Q1 / Deals", "Q1 / Amount", "Q2 / Deals", "Q2 / Amount"],
    ),
    "groups over years": (
        ["Rep", "City", "Sales", "", ""], ["", "", "2023", "2024", "2025"], ["Dana", "Haifa", "1", "2", "3"],
        ["Rep", "City", "Sales / 2023", "Sales / 2024", "Sales / 2025"],
    ),
    "one group, wide": (
        ["Rep", "Sales", "", "", ""], ["", "2022", "2023", "2024", "2025"], ["Dana", "1", "2", "3", "4"],
        ["Rep", "Sales / 2022", "Sales / 2023", "Sales / 2024", "Sales / 2025"],
    ),
    "one name divided": (
        ["שם", "עיר", "סכום", "", "סגירה"], ["", "", "תכנון", "ביצוע", ""], ["דנה", "חיפה", "1", "2", "1/2/2024"],
        ["שם", "עיר", "סכום / תכנון", "סכום / ביצוע", "סגירה"],
    ),
    "groups over names that tell": (
        ["Customer", "", "Deal", "", ""], ["Name", "City", "Stage", "Amount", "Closed"], ["Dana", "Haifa", "Won", "2", "1/2/2024"],
        ["Name", "City", "Stage", "Amount", "Closed"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MERGED)
@pytest.mark.parametrize("write", [as_csv, as_xlsx])
def test_merged_cells(read, skipped, write, case):
    *heading, row, names = MERGED[case]
    table, rows = read(write([*heading, *[row] * 4]))
    assert list(table.headers) == names
    assert [list(found[1:]) for found in rows] == [row] * 4 and len(skipped(table)) == 1


def test_what_only_looks_like_a_line_of_a_heading(read):
    rows = [["Name", "City", "", "Amount"], ["", "", "a note", "5"], ["Dana", "Haifa", "", "6"]]
    assert read(as_csv(rows))[0].rows_read == 2
    titled = [["Printed by:", "Dana", ""], ["Name", "Sum", "Sum"], ["a", "1", "2"], ["b", "3", "4"]]
    assert read(as_csv(titled))[0].headers == ("Name", "Sum", "Sum")
    above = [["Deals of June", "", ""], ["Name", "Sum", "Sum"], ["a", "1", "2"], ["b", "3", "4"]]
    assert read(as_csv(above))[0].headers == ("Name", "Sum", "Sum")
