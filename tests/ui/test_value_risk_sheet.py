"""The sheet of customers that goes to their owners: made without a reader at the screen."""

import io
from datetime import date

import openpyxl
import pandas as pd
import pytest

from analytics.customers.value_risk import customers_listed
from analytics.filters import Filters
from tests.analytics.scored import AS_OF, scored
from ui.customers.value_risk_list import sheet
from ui.export import Paper, xlsx
from ui.locale import Locale

FORMULA = "=1+1"


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    engine = scored(
        {"customer": FORMULA, "owner": "Ann", "value": 100.0, "risk": 0.5, "days_since": 90.0, "gap_days": 30.0, "contacts": 1,
         "last_on": date(2026, 4, 1)},
        {"customer": "Bob's", "owner": None, "value": 300.0, "risk": 0.1},
    )  # fmt: skip
    return customers_listed(engine.tables, Filters(AS_OF)).answer(engine.run)


def test_it_says_whom_why_and_what_to_do(found):
    rows, kinds = sheet(found, AS_OF, Locale("en"))
    first, second = rows.to_dict("records")
    assert (first["Owner"], first["Customer"], first["Value at risk"]) == ("Ann", FORMULA, 50)
    assert first["Why"] == "silent for 90 days, usually buys every 30 days; only one contact known"
    assert (first["Quadrant"], first["Play"]) == ("Watch", "Reconsider")
    assert (second["Owner"], second["Play"]) == ("No owner", "Loyalty tier")
    assert kinds["Value at risk"] == "money" and kinds["Risk"] == "share" and kinds["Last purchase"] == "day"


@pytest.mark.parametrize("code", ["en", "he"])
def test_the_workbook_has_a_sheet_an_owner_and_no_formula(found, code):
    locale = Locale(code)
    rows, kinds = sheet(found, AS_OF, locale)
    book = openpyxl.load_workbook(
        io.BytesIO(xlsx(Paper("customers", "Customers", rows, kinds, (), (), locale, sheets_by=str(rows.columns[0]))))
    )
    assert len(book.sheetnames) == 4  # all, two owners, what it rests on
    assert "Ann" in book.sheetnames
    cells = [cell for page in book.worksheets for line in page.iter_rows() for cell in line]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert "'=1+1" in [cell.value for cell in cells]
