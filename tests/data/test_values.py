"""How cells become dates, numbers and yes or no, decided from the whole column."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.kit import read_column, texts
from tests.data.kit import values as values_of

few = settings(max_examples=25, deadline=None)


# Dates


@pytest.mark.parametrize(
    ("cells", "order", "sure", "values"),
    [
        (["31-05-2016", "01-12-2017"], "dmy", True, [datetime(2016, 5, 31), datetime(2017, 12, 1)]),
        (["05/31/2016", "01/12/2017"], "mdy", True, [datetime(2016, 5, 31), datetime(2017, 1, 12)]),
        (["5.6.2024", "31.12.2024"], "dmy", True, [datetime(2024, 6, 5), datetime(2024, 12, 31)]),
        (["05/06/2024", "01/02/2024"], "dmy", False, [datetime(2024, 6, 5), datetime(2024, 2, 1)]),
        (["25/06/99", "05/06/24"], "dmy", True, [datetime(1999, 6, 25), datetime(2024, 6, 5)]),
        (
            ["31/12/24", "05/06/2025 10:00", "05/06/2025"],
            "dmy",
            True,
            [datetime(2024, 12, 31), datetime(2025, 6, 5, 10), datetime(2025, 6, 5)],
        ),
        (
            ["1-Mar-25", "March 5, 2025", "6-Mar-2025"],
            None,
            True,
            [datetime(2025, 3, 1), datetime(2025, 3, 5), datetime(2025, 3, 6)],
        ),
        (["31/12/2024", "5/6/25", "5/6/202"], "dmy", True, [datetime(2024, 12, 31), datetime(2025, 6, 5), None]),
        (["2024-05-06", "2024-12-31"], None, True, [datetime(2024, 5, 6), datetime(2024, 12, 31)]),
        (["2024/05/06", "2024/12/31"], None, True, [datetime(2024, 5, 6), datetime(2024, 12, 31)]),
        (["19970101", "20240229"], None, True, [datetime(1997, 1, 1), datetime(2024, 2, 29)]),
    ],
)
def test_the_order_of_a_date_comes_from_the_column(cells, order, sure, values):
    found, reading = read_column(cells, "timestamp")
    assert (found, reading.order, reading.sure) == (values, order, sure)


def test_the_reason_shows_the_cell_that_tells():
    _, reading = read_column(["01-12-2017", "31-05-2016"], "timestamp")
    assert str(reading.reason) == "31-05-2016 exists, so the day comes first."


def test_iso_and_american_dates_in_one_column():
    found, reading = read_column(["2024-01-05", "1/31/2024", "2/3/2024", "2024-02-03 10:00:00"], "timestamp")
    assert found == [datetime(2024, 1, 5), datetime(2024, 1, 31), datetime(2024, 2, 3), datetime(2024, 2, 3, 10)]
    assert reading.order == "mdy"


def test_a_column_of_two_orders_takes_the_commoner_and_wants_a_look():
    found, reading = read_column(["01/25/2016", "02/26/2016", "25/01/2016"], "timestamp")
    assert found == [datetime(2016, 1, 25), datetime(2016, 2, 26), None]
    assert not reading.sure


def test_the_persons_order_decides_where_the_cells_do_not():
    assert read_column(["05/06/2024"], "timestamp", order="mdy")[0] == [datetime(2024, 5, 6)]
    assert read_column(["16-05-31", "17-12-01"], "timestamp", order="ymd")[0] == [
        datetime(2016, 5, 31),
        datetime(2017, 12, 1),
    ]


def test_times_of_twelve_hours():
    cells = [
        "5/31/2024 3:04 PM",
        "12/1/2024 12:05 AM",
        "1/2/2024 12:00PM",
        "1/2/2024 1:05 p.m.",
        "1/2/2024 11:59:58 am",
        "2024-01-02 12:00 AM",
    ]
    assert read_column(cells, "timestamp")[0] == [
        datetime(2024, 5, 31, 15, 4), datetime(2024, 12, 1, 0, 5), datetime(2024, 1, 2, 12), datetime(2024, 1, 2, 13, 5),
        datetime(2024, 1, 2, 11, 59, 58), datetime(2024, 1, 2),
    ]  # fmt: skip


def test_months_in_words():
    cells = ["May 2, 2024 3:04 PM", "Sept 3, 2024", "September 3, 2024", "2 May 2024", "02-Jan-24", "31-DEC-2023"]
    found, reading = read_column(cells, "timestamp")
    assert found == [
        datetime(2024, 5, 2, 15, 4), datetime(2024, 9, 3), datetime(2024, 9, 3), datetime(2024, 5, 2), datetime(2024, 1, 2), datetime(2023, 12, 31),
    ]  # fmt: skip
    assert reading.sure


def test_offsets_hold_across_the_change_of_clocks():
    cells = [
        "2011-10-01T00:38:44.546+02:00",
        "2012-03-25T03:00:00+0200",
        "2012-03-14T12:00:00.123456+01:00",
        "2012-03-14T12:00Z",
    ]
    assert read_column(cells, "timestamp")[0] == [
        datetime(2011, 9, 30, 22, 38, 44, 546000), datetime(2012, 3, 25, 1), datetime(2012, 3, 14, 11, 0, 0, 123456), datetime(2012, 3, 14, 12),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cell", ["2024-01-01T10:00:00.123456+02:00", "2024-01-01T10:00:00.123456789+02:00", "2024-01-01 10:00+02"]
)
def test_an_offset_is_never_dropped(cell):
    assert read_column([cell], "timestamp")[0][0].replace(microsecond=0) == datetime(2024, 1, 1, 8)


def test_times_without_offset_are_of_the_time_zone():
    cells = ["2024-01-15 10:00:00", "2024-07-15 10:00:00", "2024-07-15T10:00:00Z"]
    found, _ = read_column(cells, "timestamp", time_zone="Asia/Jerusalem")
    assert found == [datetime(2024, 1, 15, 8), datetime(2024, 7, 15, 7), datetime(2024, 7, 15, 10)]


def test_a_day_is_the_day_that_is_written():
    cells = ["2024-01-01", "2024-01-01T00:30:00+02:00"]
    assert read_column(cells, "date", time_zone="Asia/Jerusalem")[0] == [date(2024, 1, 1)] * 2


@pytest.mark.parametrize(
    "cell", ["TBD", "30/02/2024", "2024-13-01", "1/2/20/3", "12", "99/99/9999", "'; DROP TABLE texts; --", "31-05"]
)
def test_what_is_no_date_is_empty(cell):
    found, _ = read_column([cell, "25/12/2023", None], "timestamp")
    assert found == [None, datetime(2023, 12, 25), None]


ORDERS = {"dmy": "%d{m}%m{m}%Y", "mdy": "%m{m}%d{m}%Y", "ymd": "%Y{m}%m{m}%d"}


@few
@given(
    days=st.lists(st.datetimes(datetime(1975, 1, 1), datetime(2060, 1, 1)), min_size=1, max_size=30),
    order=st.sampled_from(sorted(ORDERS)),
    mark=st.sampled_from("-/."),
    time=st.sampled_from(["", " %H:%M", " %H:%M:%S", " %I:%M %p"]),
)
def test_dates_come_back_as_they_were_written(days, order, mark, time):
    """One telling value is enough for all."""
    days = [day.replace(second=0, microsecond=0) for day in [*days, datetime(2020, 3, 28)]]
    form = ORDERS[order].format(m=mark) + time
    found, reading = read_column([day.strftime(form) for day in days], "timestamp")
    assert found == (days if time else [day.replace(hour=0, minute=0) for day in days])
    assert reading.sure


# Numbers


@pytest.mark.parametrize(
    ("cells", "values", "sure"),
    [
        (["1234", "-5", "0.5", "12.345678"], [1234, -5, 0.5, 12.345678], True),
        (["1.234,56", "12,5", "1.000"], [1234.56, 12.5, 1000], True),
        (["1,234.56", "12.5", "1,000"], [1234.56, 12.5, 1000], True),
        (["12.345", "1.234.567"], [12345, 1234567], True),
        (["12,345", "1,234,567"], [12345, 1234567], True),
        (["1.234", "5.678"], [1234, 5678], False),
        (["1.234", "56789"], [1.234, 56789], False),
        (["0.125", "0.250"], [0.125, 0.25], False),
        (["0,125", "1,250"], [0.125, 1.25], True),
        (["1 234,56", "1 000", "2\u202f000"], [1234.56, 1000, 2000], True),
        (["1'234.50", "1'000"], [1234.5, 1000], True),
        (["(1,234.50)", "500-", "\u22123", "-7", "+7"], [-1234.5, -500, -3, -7, 7], True),
        (["($1,234)", "-$5", "$-6"], [-1234, -5, -6], True),
        (["50%", "0.5%", "100 %"], [50, 0.5, 100], True),
        (["007", "1"], [7, 1], True),
    ],
)  # fmt: skip
def test_amounts_in_many_hands(cells, values, sure):
    found, reading = read_column(cells, "money")
    assert found == values
    assert reading.sure is sure


@pytest.mark.parametrize(
    "cell",
    [
        "1O0",
        "l00",
        "TBD",
        "-",
        "()",
        "",
        "NaN",
        "inf",
        "--5",
        "-5-",
        "1,2,3",
        "12,5",
        "1.2.3",
        "5 or 6",
        "9" * 400,
        "1,23,456",
        "=1+1",
    ],
)
def test_what_is_no_number_is_empty_and_never_guessed(cell):
    assert read_column([cell, "1,234.50"], "money")[0] == [None, 1234.5]
    assert read_column([cell if cell != "12,5" else "12,,5", "7"], "money")[0] == [None, 7]


@pytest.mark.parametrize(
    ("cells", "values", "currencies"),
    [
        (["₪1,234.50", '1,234 ש"ח', "\u200f-₪7.5\u200f", "50 שח", "3 NIS"], [1234.5, 1234, -7.5, 50, 3], ["ILS"] * 5),
        (["$5", "€6", "7", "CHF 8", "US$ 9"], [5, 6, 7, 8, 9], ["USD", "EUR", None, "CHF", "USD"]),
    ],
)
def test_each_amount_keeps_its_own_currency(cells, values, currencies):
    found, reading = read_column(cells, "money")
    assert found == values
    assert reading.currency is not None
    assert values_of(texts(cells), reading.currency) == currencies


def test_plain_amounts_have_no_currency():
    assert read_column(["1", "2.5"], "money")[1].currency is None


STYLES = {
    "plain": lambda text: text,
    "english": lambda text: text,
    "german": lambda text: text.translate(str.maketrans(",.", ".,")),
    "french": lambda text: text.translate(str.maketrans(",.", "\u00a0,")),
    "brackets": lambda text: f"({text[1:]})" if text.startswith("-") else text,
    "shekel": lambda text: f"{text} ₪",
    "after": lambda text: f"{text[1:]}-" if text.startswith("-") else text,
}


@few
@given(
    amounts=st.lists(st.decimals(-10_000_000, 10_000_000, places=2), min_size=1, max_size=20),
    style=st.sampled_from(sorted(STYLES)),
)
def test_amounts_come_back_as_they_were_written(amounts, style):
    amounts = [amount + 0 for amount in amounts]  # -0.00 is 0.00
    cells = [STYLES[style](f"{amount:.2f}" if style == "plain" else f"{amount:,.2f}") for amount in amounts]
    found, reading = read_column(cells, "money")
    assert found == [float(amount) for amount in amounts]
    assert reading.sure


# Yes and no


def test_yes_and_no():
    cells = ["Yes", "0", "כן", "לא", "TRUE", "False", "V", "1.0", "maybe", None]
    assert read_column(cells, "flag")[0] == [True, False, True, False, True, False, True, True, None, None]


def test_moments_counted_in_seconds_since_1970():
    values, reading = read_column(["1709283912", "1709370312000", None], "timestamp", time_zone="Asia/Jerusalem")
    assert values == [datetime(2024, 3, 1, 9, 5, 12), datetime(2024, 3, 2, 9, 5, 12), None]
    assert str(reading.reason) == "Counted in seconds since 1970, as in 1709283912."
    assert read_column(["1709283912", "n/a"], "date")[0] == [date(2024, 3, 1), None]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024/03/01 9:05:12 AM GMT+2", datetime(2024, 3, 1, 7, 5, 12)),
        ("2024/03/22 5:45:00 PM GMT-3:30", datetime(2024, 3, 22, 21, 15)),
        ("2024-03-01 09:05:12 UTC", datetime(2024, 3, 1, 9, 5, 12)),
        ("31/03/2024 9:05 GMT+1", datetime(2024, 3, 31, 8, 5)),
        ("2024-03-01 09:05:12 +0200", datetime(2024, 3, 1, 7, 5, 12)),
    ],
)
def test_a_moment_with_its_offset_is_the_same_in_every_time_zone(cell, expected):
    assert read_column([cell], "timestamp", time_zone="Asia/Jerusalem")[0] == [expected]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1.234,50", "1.5k"], [1234.5, 1500.0]),
        (["1,234.50", "1,5k", "₪2.25 M", "12,5"], [1234.5, 1500.0, 2250000.0, None]),
        (["1.234,50", "1.234,5k", "1.500k"], [1234.5, 1234500.0, 1500000.0]),
        (["1,5k", "2.25k"], [1500.0, 2250.0]),
        (["-1.5k", "2,50"], [-1500.0, 2.5]),
    ],
)
def test_thousands_as_a_letter_are_read_beside_either_decimal_mark(cells, expected):
    found, reading = read_column(cells, "money")
    assert found == expected and str(reading.reason).startswith("Letters after a number are thousands")
