"""Boards of monday.com, as it exports them."""

import pytest

from data.reading import ReadOptions, read_tables
from tests.data.reading.files import as_csv, as_xlsx

BOARD = [
    ["Deals board"],                                                             # 1
    ["Everything we sell"],
    [],
    ["New"],
    ["Name", "Subitems", "Owner", "Amount", "Item ID (auto generated)"],         # 5
    ["Alpha", "Call, Offer", "Dana", "100", "1001"],
    ["Subitems", "Name", "Owner", "Due", "Item ID (auto generated)"],
    ["", "Call", "Avi", "2024-02-01", "2001"],
    ["", "Offer", "", "", "2002"],
    ["Beta", "", "", "200", "1002"],                                             # 10
    ["Only a name"],
    ["", "", "", "300"],
    [],
    ["Empty group"],
    ["Name", "Subitems", "Owner", "Amount", "Item ID (auto generated)"],         # 15
    [],
    ["Won"],
    ["Name", "Subitems", "Owner", "Amount", "Item ID (auto generated)"],
    ["Beta", "", "Avi", "400", "1003"],
    ["Subitems", "Name", "Due", "Hours", "Item ID (auto generated)"],            # 20
    ["", "Sign", "2024-03-01", "2", "2003"],
    ["", "", "", "500"],
]  # fmt: skip


SUBITEM = "A subitem: it is in the table of subitems."
SUB_HEADER = "A header of subitems: it is in the table of subitems."


@pytest.fixture
def read_board(scratch, tmp_path):
    def reading(content: str | bytes, **options):
        path = tmp_path / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        tables = read_tables(path, scratch, ReadOptions(**options), "board.xlsx")
        rows = [scratch.execute(f"from {table.relation} order by line").fetchall() for table in tables]
        return tables, [[tuple(cell or "" for cell in row) for row in part] for part in rows]

    return reading


@pytest.mark.parametrize("write, sheets", [(as_xlsx, ("Sheet1", "Sheet1 / Subitems")), (as_csv, (None, "Subitems"))])
def test_items_and_subitems(read_board, skipped, write, sheets):
    (items, subitems), (item_rows, subitem_rows) = read_board(write(BOARD))
    assert (items.sheet, subitems.sheet) == sheets
    assert (items.header_line, items.headers) == (5, (*BOARD[4], "Group"))
    assert item_rows == [
        (6, "Alpha", "Call, Offer", "Dana", "100", "1001", "New"),
        (10, "Beta", "", "", "200", "1002", "New"),
        (11, "Only a name", "", "", "", "", "New"),
        (19, "Beta", "", "Avi", "400", "1003", "Won"),
    ]
    assert (subitems.header_line, subitems.headers) == (
        7, ("Parent item", "Parent item ID", "Name", "Owner", "Due", "Item ID (auto generated)", "Hours", "Group"),
    )  # fmt: skip
    assert subitem_rows == [
        (8, "Alpha", "1001", "Call", "Avi", "2024-02-01", "2001", "", "New"),
        (9, "Alpha", "1001", "Offer", "", "", "2002", "", "New"),
        (21, "Beta", "1003", "Sign", "", "2024-03-01", "2003", "2", "Won"),
    ]
    title, blank, group = "A title above the table.", "A blank line.", "The title of a group, above its header."
    again, total = "The header again.", "A row of totals."
    assert skipped(items) == {
        1: title, 2: title, 3: blank, 4: group, 7: SUB_HEADER, 8: SUBITEM, 9: SUBITEM, 12: total, 13: blank, 14: group,
        15: again, 16: blank, 17: group, 18: again, 20: SUB_HEADER, 21: SUBITEM, 22: total,
    }  # fmt: skip
    assert skipped(subitems) == {20: again}
    assert [str(repair) for repair in items.repairs] == [
        "The titles of 3 groups stand above their rows; they were added to them as the column “Group”.",
        "3 subitems among the rows are a table of their own.",
    ]
    assert (items.rows_read, subitems.rows_read) == (4, 3)


@pytest.mark.parametrize("write", [as_xlsx, as_csv])
def test_every_line_is_in_one_of_the_tables(read_board, write):
    tables, rows = read_board(write(BOARD))
    items = tables[0]
    lines = [line for part in rows for line, *_ in part]
    lines += [
        skip.line for table in tables for skip in table.skipped_lines if str(skip.reason) not in (SUBITEM, SUB_HEADER)
    ]
    lines += [table.header_line for table in tables]
    every = [*range(1, len(BOARD) + 1)]
    assert sorted(lines) == every
    # The table of the items alone tells of every line of the sheet.
    of_items = [items.header_line, *(line for line, *_ in rows[0]), *(skip.line for skip in items.skipped_lines)]
    assert sorted(of_items) == every


def test_the_subitems_alone(read_board):
    tables, _ = read_board(as_xlsx(BOARD), sheet="Sheet1 / Subitems")
    assert [table.sheet for table in tables] == ["Sheet1 / Subitems"]


def test_a_board_of_one_group(read_board, skipped):
    (items,), (rows,) = read_board(as_csv([["Board"], ["Group"], BOARD[4], BOARD[5], BOARD[9]]))
    assert (items.headers[-1], [row[-1] for row in rows]) == ("Group", ["Group", "Group"])
    assert skipped(items) == {1: "A title above the table.", 2: "The title of a group, above its header."}


def test_a_hebrew_board_that_has_a_column_called_group(read_board):
    header = ["שם", "Group", "סכום"]
    (items,), (rows,) = read_board(
        as_xlsx([["לוח"], ["חדש"], header, ["א", "x", 5], ["ב", "y", 6], [], ["נסגר"], header, ["ג", "", 7]])
    )
    assert items.headers == ("שם", "Group", "סכום", "Group 2")
    assert [row[1:] for row in rows] == [("א", "x", "5", "חדש"), ("ב", "y", "6", "חדש"), ("ג", "", "7", "נסגר")]


def test_groups_that_start_beyond_the_first_rows(read_board):
    header, many = ["Name", "Status", "Sum"], [["x", "Done", str(n)] for n in range(2500)]
    for write in (as_csv, as_xlsx):
        groups = [["B"], header, ["y", "", "1"], [], ["C"], header, ["z"]]
        (items,), (rows,) = read_board(write([header, *many, [], *groups]))
        assert items.headers == (*header, "Group")
        assert [row[-1] for row in rows[-3:]] == ["", "B", "C"] and items.rows_read == 2502


def test_rows_whose_first_cell_is_blank_are_kept_where_they_need_no_name(read_board):
    header = ["Customer", "Day", "Document", "Sum"]
    first = [["A"], header, ["x", "1/1/2024", "7", "5"], ["", "2/1/2024", "8", "6"]]
    (items,), (rows,) = read_board(as_csv([*first, [], ["B"], header, ["y", "", "", "1"]]))
    assert items.rows_read == 3 and rows[1] == (4, "", "2/1/2024", "8", "6", "A")
