"""Web pages and workbooks as XML that come under the name of an Excel file."""

import gzip

import pytest

from data.errors import FileProblem
from data.reading import ReadOptions, read_tables, webpage

BANK = """<html dir="rtl"><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1255">
<style>td {mso-number-format:"\\@"}</style></head><body>
<table><tr><td>חשבון:</td><td>12-345</td></tr></table>
<TABLE border=1><tr><th>תאריך<th>תיאור<th>בחובה<th>היתרה בש"ח
<tr><td>01/02/2024</td><td>העברה&nbsp;מ<b>דנה</b> &amp; בנו</td><td>&nbsp;</td><td>1,234.50</td></tr>
<tr><td>02/02/2024</td><td><div>שיק</div><div>מס' 7</div></td><td>10</td><td>1,224.50</td></tr>
<tr><td colspan=2>סה"כ</td><td>10</td><td></td></tr>
</TABLE></body></html>"""


def tables_of(content: str | bytes, scratch, tmp_path, **options):
    path = tmp_path / "upload"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_tables(path, scratch, ReadOptions(**options), "page.xls")


@pytest.mark.parametrize(
    "content, encoding",
    [
        (BANK.encode("cp1255"), "windows-1255"),
        (BANK.encode(), "utf-8"),  # not what the page says of itself
        (BANK.replace("windows-1255", "iso-8859-8-i").encode("cp1255"), "windows-1255"),
        (BANK.replace("charset=windows-1255", "").encode("cp1255"), "windows-1255"),
        (BANK.encode("utf-16"), "utf-16"),
        (gzip.compress(b"\xef\xbb\xbf" + BANK.encode()), "utf-8"),
    ],
    ids=["as it says", "not as it says", "visual Hebrew", "unsaid", "UTF-16", "gzip"],
)
def test_a_table_of_a_bank(read, skipped, content, encoding):
    table, rows = read(content, "תנועות.xls")
    assert table.encoding.removesuffix("-sig") == encoding
    assert table.headers == ("תאריך", "תיאור", "בחובה", 'היתרה בש"ח')
    assert rows == [
        (2, "01/02/2024", "העברה מדנה & בנו", None, "1,234.50"),
        (3, "02/02/2024", "שיק\nמס' 7", "10", "1,224.50"),
    ]
    assert skipped(table) == {4: "A row of totals."}
    assert (table.sheet, table.delimiter, table.repairs) == (None, "", ())


def test_cells_that_span(read):
    table, rows = read("""<table>
        <tr><th rowspan=2>Name</th><th colspan=2>Sales</th></tr><tr><th>2023</th><th>2024</th></tr>
        <tr><td rowspan=2>Dana</td><td>1</td><td>2</td></tr><tr><td>3</td><td rowspan=9>4</td></tr>
        <tr><td>Avi</td><td>5</td></tr></table>""")
    assert table.headers == ("Name", "Sales / 2023", "Sales / 2024")
    assert rows == [(3, "Dana", "1", "2"), (4, "Dana", "3", "4"), (5, "Avi", "5", "4")]
    assert [str(repair) for repair in table.repairs] == ["2 cells span several rows and stand in each of them."]


def test_tables_inside_tables(read):
    table, rows = read("""<table><tr><td>Menu</td><td>
        <table><tr><td>a</td><td>b</td></tr>
        <tr><td>1</td><td><table><tr><td>two</td></tr><tr><td>lines</td></tr></table></td></tr></table>
        </td></tr></table>""")
    assert (table.headers, rows) == (("a", "b"), [(2, "1", "two\nlines")])


def test_the_largest_table_is_read_and_the_others_are_said(scratch, tmp_path):
    small, large = "<tr><td>Day<td>1<tr><td>Bank<td>2", "<tr><td>a<td>b<tr><td>1<td>2<tr><td>3<td>4"
    page = f"<html><table>{small}</table><table>{large}</table><table><tr><td>a<td>b<tr><td>5<td>6</table>"
    first, second = tables_of(page, scratch, tmp_path)
    assert [(table.sheet, table.headers, table.rows_read) for table in (first, second)] == [
        ("Table 2", ("a", "b"), 2), ("Table 3", ("a", "b"), 1),
    ]  # fmt: skip
    assert [str(repair) for repair in first.repairs] == [
        "1 smaller table of the page was left out, here with its rows: Table 1 (2)."
    ]
    (table,) = tables_of(page, scratch, tmp_path, sheet="Table 1")
    assert (table.sheet, table.headers) == ("Table 1", ("Day", "1"))
    with pytest.raises(FileProblem, match=r"page.xls has no table named x. Its tables are: Table 1, Table 2, Table 3."):
        tables_of(page, scratch, tmp_path, sheet="x")


def test_a_workbook_as_xml(scratch, tmp_path):
    workbook = """<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>
        <Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
                  xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
        <Styles><Style ss:ID="s1"/><Style ss:ID="s2"><Font ss:Bold="1"/></Style></Styles>
        <Worksheet ss:Name="עסקאות"><Table><Column ss:Width="80"/>
          <Row><Cell ss:StyleID="s2"><Data ss:Type="String">שם</Data></Cell><Cell><Data ss:Type="String">עיר</Data></Cell>
            <Cell><Data ss:Type="String">סכום</Data></Cell></Row>
          <Row ss:Index="4"><Cell><Data ss:Type="String">דנה</Data></Cell>
            <Cell ss:Index="3"><Data ss:Type="Number">5</Data></Cell></Row></Table></Worksheet>
        <ss:Worksheet ss:Name="More"><ss:Table><ss:Row><ss:Cell><ss:Data>a</ss:Data></ss:Cell><ss:Cell><ss:Data>b</ss:Data>
          </ss:Cell></ss:Row><ss:Row><ss:Cell><ss:Data>1</ss:Data></ss:Cell><ss:Cell><ss:Data>2</ss:Data></ss:Cell></ss:Row>
        </ss:Table></ss:Worksheet></Workbook>"""
    first, second = tables_of(workbook, scratch, tmp_path)
    assert (first.sheet, first.headers, second.sheet, second.headers) == (
        "עסקאות", ("שם", "עיר", "סכום"), "More", ("a", "b"),
    )  # fmt: skip
    assert scratch.execute(f"from {first.relation}").fetchall() == [(4, "דנה", None, "5")]
    assert [skip.line for skip in first.skipped_lines] == [2, 3] and not first.repairs


@pytest.mark.parametrize(
    "page",
    [
        "<html><form><table><tr><td>User<td><input></tr><tr><td>Password<td><input type=password></table></form>",
        "<html><input type='password'><table><tr><td>a<td>b<tr><td>1<td>2</table></html>",
        "<?xml version='1.0'?><deals><deal><name>x</name></deal></deals>",
        "<html><body><p>Nothing here, <b>sorry</b></p></body></html>",
        "<table><tr><td>one row</td><td>only</td></tr></table>",
        "<!-- exported --><table><tr><td>one</td></tr><tr><td>column</td></tr></table>",
    ],
)
def test_a_page_without_a_table_of_data_is_refused(read, page):
    with pytest.raises(FileProblem) as problem:
        read(page, "page.xls")
    assert str(problem.value.sentence) == "page.xls is a web page or XML, not a table of text."


def test_spans_without_end_are_held_in(read, monkeypatch):
    table, rows = read("<table><tr><td>a<td>b<tr><td>1<td colspan=999999 rowspan=999999>2</table>")
    assert (table.headers, rows) == (("a", "b"), [(2, "1", "2")])
    monkeypatch.setattr(webpage, "MOST_CELLS", 1000)
    with pytest.raises(FileProblem, match="more than 1,000 cells"):
        read("<table>" + "<tr><td>1<td>2" * 501 + "</table>")


def test_a_csv_that_starts_with_an_angle_bracket_is_text(read):
    assert read("<id>,<name>\n1,Dana\n")[0].headers == ("<id>", "<name>")
