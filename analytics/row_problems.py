"""What can be wrong with the rows of the tables beside deals: counted, not left out of anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.intervals import share
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows, whole
from data.messages import N_
from data.tables import Tables

COLUMNS = ("problem", "table", "rows", "checked", "row_share")


@dataclass(frozen=True)
class RowProblem:
    """One thing that can be wrong with a row of `table`; `mark` is true or null where it is."""

    name: str
    table: str
    mark: Callable[[ir.Table], ir.BooleanValue]
    label: str
    why: str
    advice: str


def _is_blank(table: ir.Table, *columns: str) -> ir.BooleanValue:
    blank = ibis.literal(True)
    for column in columns:
        blank &= table[column].cast("string").nullif("").isnull()
    return blank


def _blank(*columns: str) -> Callable[[ir.Table], ir.BooleanValue]:
    return lambda table: _is_blank(table, *columns)


def _same_name(customers: ir.Table) -> ir.BooleanValue:
    name = customers.customer_name.strip().lower().nullif("")
    return name.notnull() & (customers.count().over(group_by=name) > 1)


def _other_scale(answers: ir.Table) -> ir.BooleanValue:
    scale = answers.scale.cast("string").nullif("")
    usual = answers.select(scale=scale).filter(_.scale.notnull()).agg(usual=_.scale.mode()).as_scalar()
    is_off_nps = (scale.lower() == "nps") & ~answers.score.between(0, 10)
    return (scale != usual).fill_null(False) | is_off_nps.fill_null(False)


ROW_PROBLEMS: dict[str, RowProblem] = {
    problem.name: problem
    for problem in (
        RowProblem("customers_without_name", "customers", _blank("customer_name"), N_("Customers without a name"),
            N_("Nobody can tell who they are, and deals that name a customer do not find them."), N_("Fill in the name in the CRM.")),
        RowProblem("customers_of_one_name", "customers", _same_name, N_("Customers with the same name as another"),
            N_("The history of one customer is split over several."), N_("Merge those that are one company.")),
        RowProblem("contacts_without_email", "contacts", _blank("email"), N_("Contacts without an email address"),
            N_("Answers to surveys do not find them, and no message does."), N_("Fill in the address in the CRM.")),
        RowProblem("contacts_without_customer", "contacts", _blank("customer_id", "customer"), N_("Contacts without a customer"),
            N_("What they say and do belongs to no customer."), N_("Link them to their company in the CRM.")),
        RowProblem("orders_without_customer", "orders", _blank("customer_id", "customer"), N_("Order lines without a customer"),
            N_("Their money is in totals and in no figure by customer."), N_("Export the customer's number with the orders.")),
        RowProblem("orders_without_date", "orders", _blank("ordered_at"), N_("Order lines without a date"),
            N_("No period has their money."), N_("Export the order date.")),
        RowProblem("answers_on_another_scale", "survey_responses", _other_scale, N_("Survey answers on another scale"),
            N_("A score says nothing until its scale is known; scores of two scales do not add up."), N_("Load each survey with its own scale.")),
        RowProblem("answers_without_score", "survey_responses", _blank("score"), N_("Survey answers without a score"),
            N_("They count as answers and move no score."), N_("Load the column that holds the score.")),
    )
}  # fmt: skip


def row_problems(tables: Tables) -> Question:
    """A row a problem that any row of its table has, most rows first: `rows` of the `checked` ones of `table`. Columns: `COLUMNS`."""
    asks = {}
    for name in dict.fromkeys(problem.table for problem in ROW_PROBLEMS.values()):
        table = tables[name]
        marks = {each.name: each.mark(table).fill_null(False) for each in ROW_PROBLEMS.values() if each.table == name}
        marked = table.select(**marks)
        asks[name] = marked.agg(checked=marked.count(), **{mark: marked[mark].sum() for mark in marks})
    return Question(asks, _rows)


def _rows(answers: Answers) -> pd.DataFrame:
    found: list[Row] = []
    for table, answer in answers.items():
        (counts,) = rows(answer)
        checked = whole(counts.pop("checked"))
        for name, n in counts.items():
            if whole(n):
                found.append(
                    {
                        "problem": name,
                        "table": table,
                        "rows": whole(n),
                        "checked": checked,
                        "row_share": share(whole(n), checked),
                    }
                )
    found.sort(key=lambda row: -row["rows"])
    return frame(found, COLUMNS)
