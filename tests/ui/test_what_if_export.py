"""A scenario's workbook: four sheets, nothing a spreadsheet would run, right to left in Hebrew, the same bytes every time."""

import io
from dataclasses import replace
from datetime import date

import numpy as np
import openpyxl
import pandas as pd
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.what_if import told
from analytics.what_if.acted_on import COLUMNS
from analytics.what_if.assumptions import assumptions
from analytics.what_if.scenario import Capacity, Cost, Lever, Range, Scenario, Target
from data.tables import Tables
from tests.analytics.kept_forecast import AS_OF, base, outcome
from ui.locale import Locale
from ui.what_if.export import Told, workbook

HOSTILE = '=HYPERLINK("http://x")<b>**x**'
SCENARIO = Scenario(
    HOSTILE,
    (
        Lever(
            "retention", Range(2, 4, 7), Target(("protect",), customers=("Secret Ltd", "Other"), owners=("+Dana",)), "@call", 1, 3,
            cost=Cost(fixed=Range.of(2000), per_save=Range(1, 2, 3)),
        ),
        Lever("win_rate", Range.of(2)),
    ),
    horizon_months=3,
    capacity=Capacity(4),
    budget=10_000,
)  # fmt: skip


def the_base():
    report = {"model": "mbg_nbd", "parameters": [{"model": "mbg_nbd", "parameter": "r", "estimate": 0.5, "low": 0.4, "high": 0.6}]}  # fmt: skip
    sizes = np.array([12.0, 0.0])
    return replace(base(), new=None, pipeline=None, report=report, counts={"lost": 3, "unvalued": 0}, size_of=sizes, revenue_of=sizes * 100,
                   contacted_of=np.array([0.5, np.nan]), margin=0.4)  # fmt: skip


def made(scenario=SCENARIO):
    row = {"customer_id": "1", "customer": HOSTILE, "owner": "-Dana", "levers": "@call", "quadrant": "protect", "lifecycle": "core", "value": 100.0,
           "risk": 0.5, "value_at_risk": 50.0, "revenue_12m": 80.0, "currency": "USD", "lever_places": "1"}  # fmt: skip
    drawn = outcome()
    filters = Filters(AS_OF, where=(Choice(find("segment", Tables(), "customers"), (HOSTILE,)),))
    return Told(
        scenario, told.totals(drawn), told.by_month(drawn, AS_OF), assumptions(the_base(), scenario, filters, 7),
        lambda: pd.DataFrame([row])[list(COLUMNS)], AS_OF,
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "he"])
def test_the_workbook_has_the_answer_months_assumptions_and_customers(language):
    whole = workbook(made(), Locale(language, "USD"))
    assert whole == workbook(made(), Locale(language, "USD"))
    book = openpyxl.load_workbook(io.BytesIO(whole))
    assert len(book.sheetnames) == 4
    answer, months, assumed, customers = book.worksheets
    assert all(bool(sheet.sheet_view.rightToLeft) == (language == "he") for sheet in book.worksheets)
    assert not any(cell.data_type == "f" for sheet in book.worksheets for row in sheet.iter_rows() for cell in row)
    assert (answer.max_row, months.max_row, customers.max_row) == (1 + 8, 1 + 10 * 3, 2)
    # Revenue of three months: 100 a month without the scenario, 200 with it.
    assert [cell.value for cell in answer[2]][2:4] == [300, 600]
    assert customers["B2"].value.lstrip("'") == HOSTILE
    cells = [cell.value for row in assumed.iter_rows(values_only=False) for cell in row]
    assert HOSTILE in [str(cell).lstrip("'") for cell in cells]
    assert "Secret Ltd" not in str(cells)
    assert book.properties.created.date() == AS_OF


def test_everything_assumed_is_a_row_with_where_it_comes_from():
    found = made().assumed
    said = {str(each.what): each for each in found if each.lever in (None, 1)}
    assert said["Seed"].value == 1
    assert (said["Amount"].low, said["Amount"].value, said["Amount"].high, said["Amount"].unit) == (2, 4, 7, "points")
    assert (said["Cost, for each customer saved"].low, said["Cost, once"].value, said["Cost, once"].low) == (
        1,
        2000,
        None,
    )
    assert said["Acts on"].value == "quadrant: protect; owner: +Dana; customer: 2"
    assert said["Customers it acts on"].value == 12
    assert said["What they brought in the last twelve months"].value == 1200
    assert (said["Margin"].value, str(said["Margin"].source)) == (0.4, "a setting of the workspace")
    assert said["Customers an owner can save a month"].value == 4
    assert said["Budget"].value == 10_000
    assert said["As of"].value == date(2026, 3, 31)
    assert said["Revision of the data"].value == 7
    assert said["Left out: customers who are lost"].value == 3
    assert said["Parameter r of the model mbg_nbd"].high == 0.6
    assert "Left out: customers of whom too little is known" not in said
    second = {str(each.what): each.value for each in found if each.lever == 2}
    assert second["Amount"] == 2
    assert "Acts on" not in second


def test_without_customers_or_a_margin_it_says_so():
    bare = replace(made(), customers=None, assumed=assumptions(replace(the_base(), margin=None), Scenario(""), Filters(AS_OF), 1))  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO(workbook(bare, Locale("en", "USD"))))
    assert len(book.sheetnames) == 3
    assert "not known: profit is revenue less costs" in [cell.value for cell in book.worksheets[2]["C"]]
