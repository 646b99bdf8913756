"""VAT in the amounts of a file: taken off at the rate the person gives, and said."""

from __future__ import annotations

from collections.abc import Mapping

from data.messages import Message, say
from data.plan import ColumnPlan, FilePlan
from data.which_column import says_vat

# Amounts that may be given with VAT.
_WITH_VAT = {
    "deals": {"amount", "actual_amount"},
    "orders": {"unit_price", "amount"},
    "products": {"list_price"},
    "subscriptions": {"monthly_revenue", "annual_amount", "period_amount"},
}


def without(plan: FilePlan, column: ColumnPlan, sql: str) -> str:
    """SQL of a column without VAT, where the person said that it is in it."""
    rate = plan.options.vat_rate
    return f"({sql}) / {1 + rate / 100!r}" if rate and column.field in _WITH_VAT.get(plan.table, ()) else sql


def tell(plan: FilePlan, sums: Mapping[str, float], warnings: list[Message]) -> None:
    """Say what VAT was taken off, or that a column includes some."""
    for column in plan.columns:
        if column.field is None or column.field not in _WITH_VAT.get(plan.table, ()):
            continue
        rate = plan.options.vat_rate
        if rate and column.field in sums:
            warnings.append(
                say(
                    "{header}: VAT of {rate}% was taken off, {file} in the file, {without} without it.",
                    header=column.header, rate=rate, file=sums[column.field], without=round(sums[column.field] / (1 + rate / 100), 2),
                )
            )  # fmt: skip
        elif not rate and says_vat(column.header):
            warnings.append(
                say(
                    "{header} includes VAT, and was taken as it is. Give the rate of VAT to take it off.",
                    header=column.header,
                )
            )


def divisor(plan: FilePlan, name: str) -> float:
    """What the amounts of a column were divided by."""
    own = {"monthly_revenue"} if plan.table == "subscriptions" else _WITH_VAT.get(plan.table, set())
    return 1 + (plan.options.vat_rate or 0) / 100 if name in own else 1.0
