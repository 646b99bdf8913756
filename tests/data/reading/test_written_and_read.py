"""Tables written in any dialect, encoding, order of dates and style of numbers are read back as they were, unasked."""

import csv
import io
from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.reading import read_tables
from data.reading.cells import clean
from data.values import read_as

SETTINGS = settings(
    max_examples=20, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip

TRAPS = [
    ",", ";", "\t", "|", '"', "'", " ", "  ", "\n", "-", ".", ":", "~", "^", "\\", '\\"', "007", "1,234.56", "12/05/2024", "₪", "=1+1",
    "a\nb", '"q"', "x; y, z",
]  # fmt: skip
PLAIN = ["Acme", "Ltd", "deal", "open", "Smith, John", "O'Hara", "a b"]
HEBREW = ["שלום", "חברה", 'בע"מ', "לקוח חדש", "תל אביב", "עסקה", "דוח"]
ACCENTED = ["René", "Müller", "São Paulo", "Citroën", "Genève"]
# What can be told apart from other encodings: a sign of money alone is the same byte in several.
WORDS = {
    "utf-8": [*PLAIN, *HEBREW, *ACCENTED, "東京", "Łódź", "😀", "שָׁלוֹם"],
    "windows-1255": [*PLAIN, *HEBREW], "windows-1252": [*PLAIN, *ACCENTED],
}  # fmt: skip
HEADERS = {
    "utf-8": ["id", "שם לקוח", "Note", "Größe", "owner"], "windows-1255": ["מספר", "שם לקוח", "הערה", "city", "owner"],
    "windows-1252": ["id", "Société", "Note", "Größe", "owner"],
}  # fmt: skip
ENCODINGS = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "utf-16-le": "utf-8", "utf-16-be": "utf-8"}
MARKS = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}


@pytest.fixture(scope="module")
def scratch():
    with duckdb.connect() as connection:
        yield connection


@st.composite
def dialects(draw):
    """Delimiter, quoting and line end, as of csv.writer."""
    return {
        "delimiter": draw(st.sampled_from(",;\t|")), "lineterminator": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    }  # fmt: skip


@st.composite
def tables(draw):
    encoding = draw(st.sampled_from([*ENCODINGS, "windows-1255", "windows-1252"]))
    alphabet = ENCODINGS.get(encoding, encoding)
    dialect = draw(dialects())
    traps = [trap for trap in TRAPS if trap.encode(encoding, "ignore") or trap == "₪"]
    if dialect["lineterminator"] == "\r":  # with a line feed in a cell, CR would not be the only line end
        traps = [trap for trap in traps if "\n" not in trap]
    if encoding == "windows-1252":
        traps.remove("₪")
    cell = st.one_of(
        st.just(""), st.sampled_from(WORDS[alphabet]),
        st.lists(st.sampled_from([*traps, *WORDS[alphabet]]), min_size=1, max_size=4).map("".join),
    )  # fmt: skip
    width = draw(st.integers(2, 5))
    rows = draw(st.lists(st.lists(cell, min_size=width - 1, max_size=width - 1), min_size=1, max_size=8))
    return encoding, dialect, HEADERS[alphabet][:width], [[f"{n:05}", *row] for n, row in enumerate(rows, 1)]


def write(path, encoding, dialect, headers, rows):
    out = io.StringIO(newline="")
    csv.writer(out, **dialect).writerows([headers, *rows])
    path.write_bytes((MARKS.get(encoding, "") + out.getvalue()).encode(encoding))


@SETTINGS
@given(tables())
def test_text(tmp_path, scratch, table):
    encoding, dialect, headers, rows = table
    path = tmp_path / "table.csv"
    write(path, encoding, dialect, headers, rows)
    (read,) = read_tables(path, scratch)
    found = scratch.execute(f"select * exclude line from {read.relation} order by line").fetchall()
    assert read.headers == tuple(headers)
    assert [list(row) for row in found] == [[clean(cell) or None for cell in row] for row in rows]
    assert (read.rows_read, read.skipped_lines, read.repairs) == (len(rows), (), ())
    assert read.delimiter == dialect["delimiter"]


DATES = {
    "dmy": ["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%y", "%d/%m/%Y %H:%M"], "mdy": ["%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y"],
    None: ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d %b %Y", "%b %d, %Y"],
}  # fmt: skip


def plain(number: float) -> str:
    return f"{abs(number):,.2f}"


def sign(number: float) -> str:
    return "-" if number < 0 else ""


NUMBERS = {
    "1,234.56": lambda x: sign(x) + plain(x),
    "1.234,56": lambda x: sign(x) + plain(x).translate({ord(","): ".", ord("."): ","}),
    "1 234,56": lambda x: sign(x) + plain(x).replace(",", " ").replace(".", ","),
    "1\u00a0234,56": lambda x: sign(x) + plain(x).replace(",", "\u00a0").replace(".", ","),
    "(1,234)": lambda x: f"({plain(x)[:-3]})" if x < 0 else plain(x)[:-3],
    "1,234-": lambda x: plain(x)[:-3] + sign(x),
    "₪1,234": lambda x: f"{sign(x)}₪{plain(x)[:-3]}",
    "1,234.56 ₪": lambda x: f"{sign(x)}{plain(x)} ₪",
    "12%": lambda x: f"{sign(x)}{plain(x)[:-3].replace(',', '')}%",
}
WHOLE = ("(1,234)", "1,234-", "₪1,234", "12%")


@SETTINGS
@given(
    dialects(), st.sampled_from(["utf-8", "utf-8-sig", "windows-1255"]),
    st.sampled_from([(order, form) for order, forms in DATES.items() for form in forms]), st.sampled_from(list(NUMBERS)),
    st.lists(st.tuples(st.integers(0, 9000), st.integers(-10**7, 10**9)), min_size=1, max_size=8), st.integers(13, 28),
)  # fmt: skip
def test_dates_and_numbers(tmp_path, scratch, dialect, encoding, written, style, cells, late):
    order, form = written
    # At least one day is above 12, else day and month can be told apart by nobody.
    days = [date(2001, 5, late), *(date(2000, 1, 1) + timedelta(n) for n, _ in cells)]
    numbers = [1234.0, *(cents / 100 for _, cents in cells)]  # and one number above 1,000 shows how thousands are set
    numbers = [float(int(number)) for number in numbers] if style in WHOLE else numbers
    rows = [[f"לקוח {n}", day.strftime(form), NUMBERS[style](number)]
            for n, (day, number) in enumerate(zip(days, numbers, strict=True))]  # fmt: skip
    path = tmp_path / "typed.csv"
    write(path, encoding, dialect, ["שם לקוח", "Closed", "Amount"], rows)
    (read,) = read_tables(path, scratch)
    when = read_as(scratch, read.relation, "c1", "date")
    amount = read_as(scratch, read.relation, "c2", "money")
    found = scratch.execute(f"select {when.sql}, {amount.sql} from {read.relation} order by line").fetchall()
    assert [row[0] for row in found] == days and when.order == order
    assert [row[1] for row in found] == pytest.approx(numbers)
