"""How many customers are lost depends on when one counts as lost: the same customers by several definitions (R2, R3)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import scores
from analytics.customers.lifecycle import LEAST_ALIVE
from analytics.customers.thresholds import LOST, Thresholds
from analytics.filters import Filters
from analytics.intervals import share, wilson
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

COLUMNS = (
    "churn_definition", "counted_lost", "counted_share", "low", "high", "bought_customers", "one_time_lost", "also_lost",
    "revenue_12m", "revenue_before_12m", "currency",
)  # fmt: skip
LIST_COLUMNS = (
    "customer_id", "customer", "owner", "last_on", "days_since", "gap_days", "limit_days", "alive", "purchases",
    "revenue_12m", "revenue_before_12m", "currency", "also_lost",
)  # fmt: skip
LEVELS = (0.80, 0.90, 0.95)
GRACES = (0, 30, 60, 90)
SILENT = {f"q{level * 100:.0f}": level for level in LEVELS}
ALIVE = "alive_20"
ENDED = {f"ended_{days}": days for days in GRACES}
DEFINITIONS = (*SILENT, ALIVE, *ENDED)


def churn_definitions(tables: Tables, filters: Filters) -> Question:
    """One row a definition and currency: how many customers it counts as lost, and what they brought. Columns: `COLUMNS`.

    Who buys freely: silent for longer than 80, 90 or 95% of its gaps (`q80, q90, q95`), or a chance below 0.2 to be still there
    (`alive_20`); lost is who is so by q95 or alive_20. Who bought once and lately is lost by none. With contracts: ended for more
    than 0, 30, 60 or 90 days; 30 is the one in force. `also_lost` are those whom the rule in force counts too, `bought_customers`
    all who ever bought. Raises RequestProblem where the data only say who has left.
    """
    return Question({"report": scores.report_table(filters)}, _counted, (partial(_asks, tables, filters),))


def churn_list(tables: Tables, filters: Filters, definition: str = "q95", most: int | None = None) -> Question:
    """The customers that a definition of `churn_definitions` counts as lost, those who brought most first. Columns: `LIST_COLUMNS`.

    Raises RequestProblem for a definition that this data does not have.
    """

    def asks(answers: Answers) -> Mapping[str, ir.Table]:
        listed = counted_lost(tables, filters, scores.read_report(answers["report"]), definition)
        return {"customers": listed if most is None else listed.limit(most)}

    def finish(answers: Answers) -> pd.DataFrame:
        listed = rows(answers["customers"])
        days = [None if row["last_on"] is None else row["last_on"].date().isoformat() for row in listed]
        return frame([row | {"last_on": day} for row, day in zip(listed, days, strict=True)], LIST_COLUMNS)

    return Question({"report": scores.report_table(filters)}, finish, (asks,))


def counted_lost(tables: Tables, filters: Filters, report: Mapping[str, Any], definition: str) -> ir.Table:
    """The customers of `churn_list` as an expression."""
    flags = flagged(tables, filters, report)
    if definition not in flags.columns:
        known = ", ".join(names(report))
        raise RequestProblem(
            say('This data has no definition of lost called "{name}".', name=definition),
            say("It has these: {names}.", names=known),
        )
    limit = flags[f"limit_{definition}"] if definition in SILENT else ibis.null("float64")
    listed = flags.filter(flags[definition]).mutate(limit_days=limit, also_lost=_.lifecycle == "lost")
    brought = (listed.revenue_before_12m.fill_null(0) + listed.revenue_12m.fill_null(0)).coalesce(listed.revenue)
    return listed.order_by(brought.desc(nulls_first=False), "customer_id").select(*LIST_COLUMNS)


def names(report: Mapping[str, Any]) -> tuple[str, ...]:
    """The definitions that a workspace's data allow."""
    if report["basis"] == "subscriptions":
        return tuple(ENDED)
    if report["basis"] == "tenure" or "levels" not in report.get("thresholds", {}):
        return ()
    return (*SILENT, *([ALIVE] if report.get("model") == "mbg_nbd" else []))


def flagged(tables: Tables, filters: Filters, report: Mapping[str, Any]) -> ir.Table:
    """The scores of the customers who ever bought, with a flag for each definition, and the `limit_...` of those by silence."""
    told = names(report)
    if not told:
        raise RequestProblem(
            say("The data only say who has left, not when: there is one definition."),
            say("Add the first and last day of contracts, or an export of orders, to see what others come to."),
        )
    found = scores.chosen(tables, filters).filter(_.purchases > 0)
    if report["basis"] == "subscriptions":
        silent = ibis.date(filters.as_of).delta(found.last_on, unit="day")
        return found.mutate(**{name: (silent > days).fill_null(False) for name, days in ENDED.items()})
    thresholds = Thresholds.read(report["thresholds"])
    found = found.mutate(**{
        f"limit_{name}": found.gap_limit_days if level == LOST else thresholds.expression(found, level)
        for name, level in SILENT.items()
    })  # fmt: skip
    may_be = found.lifecycle != "first_time"
    flags = {name: (found.days_since > found[f"limit_{name}"]).fill_null(False) & may_be for name in SILENT}
    if ALIVE in told:
        flags[ALIVE] = (found.alive < LEAST_ALIVE).fill_null(False) & may_be
    return found.mutate(**flags)


def _asks(tables: Tables, filters: Filters, answers: Answers) -> Mapping[str, ir.Table]:
    report = scores.read_report(answers["report"])
    flags = flagged(tables, filters, report)
    # A row for each way the definitions agree or not: at most 16, whatever the number of customers.
    return {"flags": flags.mutate(is_lost=_.lifecycle == "lost", currency=_.currency.nullif("")).group_by(
        *names(report), "is_lost", "currency"
    ).agg(
        customers=_.count(), one_time=(_.purchases == 1).sum(), revenue_12m=_.revenue_12m.sum(),
        revenue_before_12m=_.revenue_before_12m.sum(),
    )}  # fmt: skip


def _counted(answers: Answers) -> pd.DataFrame:
    counted = rows(answers["flags"])
    told = names(scores.read_report(answers["report"]))
    currencies = list(dict.fromkeys(row["currency"] for row in counted))
    everyone = sum(row["customers"] for row in counted)
    found: list[Row] = []
    for name in told:
        for currency in sorted(currencies, key=str):
            own = [row for row in counted if row[name] and row["currency"] == currency]
            n = sum(row["customers"] for row in own)
            rate = share(n, everyone)
            low, high = wilson(rate, everyone)
            found.append({
                "churn_definition": name, "counted_lost": n, "counted_share": rate, "low": low, "high": high,
                "bought_customers": everyone, "one_time_lost": int(sum(number(row["one_time"]) for row in own)),
                "also_lost": sum(row["customers"] for row in own if row["is_lost"]), "currency": currency,
                "revenue_12m": sum(number(row["revenue_12m"]) for row in own),
                "revenue_before_12m": sum(number(row["revenue_before_12m"]) for row in own),
            })  # fmt: skip
    return frame(found, COLUMNS)
