"""How customers moved between the stages of their lifecycle, month by month, and how many were lost (R4, R23)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from itertools import pairwise

import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import lifecycle_months as months
from analytics.customers import scores, who
from analytics.customers.lifecycle_months import LETTERS, MONTHS, NOT_YET
from analytics.filters import Filters
from analytics.intervals import share, wilson
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

COLUMNS = ("month_end", "lifecycle_before", "lifecycle_after", "customers", "revenue_moved", "currency")
CHURN_COLUMNS = (
    "from_day", "to_day", "active_at_start", "lost_in_period", "won_back", "new_in_period", "logo_churn", "low", "high",
)  # fmt: skip
NEW = "new"
STAGES = {letter: stage for stage, letter in LETTERS.items()} | {NOT_YET: NEW}
# Who has not bought yet, or not any more.
INACTIVE = frozenset((NOT_YET, LETTERS["potential"], LETTERS["lost"]))
ARRIVING = frozenset((NOT_YET, LETTERS["potential"], LETTERS["lost"]))


def lifecycle_moves(tables: Tables, filters: Filters) -> Question:
    """One row a month, stage at its beginning, stage at its end, and currency; who stayed in a stage has a row too. Columns: `COLUMNS`.

    `month_end` is the day on which the month ends: the as-of date, and the same day of the eleven months before. Who was not known
    at the beginning comes from "new", so that of every stage customers at the beginning + arrived - left = customers at the
    end. `revenue_moved` is what the customers brought in the 365 days to the beginning of the month; of those who had not bought
    yet or were lost, in the 365 days to its end. Months before the first purchase of all are left out. Raises RequestProblem
    where the data do not tell when customers bought.
    """
    return _of_paths(tables, filters, partial(_moves, ends=months.ends(filters)))


def logo_churn(tables: Tables, filters: Filters) -> Question:
    """The customers lost of those who were there at the beginning (R4): one row for the twelve months, then one a month.

    Columns: `CHURN_COLUMNS`. Who came within the period is not counted among the lost, and who came back (`won_back`) is not
    taken off them. The interval is Wilson's, 95%. Raises RequestProblem as `lifecycle_moves`.
    """
    return _of_paths(tables, filters, partial(_churn, ends=months.ends(filters)))


def _of_paths(tables: Tables, filters: Filters, finish: partial[pd.DataFrame]) -> Question:
    """A question of how many customers went which way: only data with dates have them."""

    def paths(answers: Answers) -> Mapping[str, ir.Table]:
        report = scores.read_report(answers["report"])
        if report["basis"] not in months.DATED:
            raise RequestProblem(
                say("Nothing says when customers bought: there are only sums of each of them."),
                say("Add an export of orders, or of subscriptions with their first and last day."),
            )
        chosen = who.chosen(months.table(filters), tables, filters).mutate(currency=_.currency.nullif(""))
        sums = {f"revenue_{place}": chosen[f"revenue_{place}"].sum() for place in range(MONTHS + 1)}
        return {"paths": chosen.group_by("path", "currency").agg(customers=_.count(), **sums)}

    return Question({"report": scores.report_table(filters)}, finish, (paths,))


def _moves(answers: Answers, ends: tuple[date, ...]) -> pd.DataFrame:
    counts: dict[tuple[int, str, str, str | None], list[float]] = defaultdict(lambda: [0, 0.0])
    paths = rows(answers["paths"])
    for row in paths:
        for place, (before, after) in _steps(row["path"]):
            if before == after == NOT_YET:
                continue
            told = number(row[f"revenue_{place if before in ARRIVING else place - 1}"])
            found = counts[place, before, after, row["currency"]]
            found[0] += row["customers"]
            found[1] += told
    first = _first(paths)
    order = [NOT_YET, *LETTERS.values()]
    made = [
        {
            "month_end": ends[place].isoformat(), "lifecycle_before": STAGES[before], "lifecycle_after": STAGES[after],
            "customers": int(n), "revenue_moved": None if currency is None and not money else money, "currency": currency,
        }
        for (place, before, after, currency), (n, money) in sorted(
            counts.items(), key=lambda each: (each[0][0], order.index(each[0][1]), order.index(each[0][2]), str(each[0][3]))
        )
        if place >= first
    ]  # fmt: skip
    return frame(made, COLUMNS)


def _churn(answers: Answers, ends: tuple[date, ...]) -> pd.DataFrame:
    paths = rows(answers["paths"])
    first = _first(paths)
    spans = [(first, MONTHS), *((place - 1, place) for place in range(first + 1, MONTHS + 1))] if first < MONTHS else []
    return frame([_lost(paths, ends, start, end) for start, end in spans], CHURN_COLUMNS)


def _lost(paths: list[Row], ends: tuple[date, ...], start: int, end: int) -> Row:
    lost_letter, potential = LETTERS["lost"], LETTERS["potential"]

    def count(before: frozenset[str], after: frozenset[str]) -> int:
        return sum(row["customers"] for row in paths if row["path"][start] in before and row["path"][end] in after)

    active = frozenset(LETTERS.values()) - INACTIVE
    there = count(active, active | {lost_letter, potential})
    lost = count(active, frozenset(lost_letter))
    rate = share(lost, there)
    low, high = wilson(rate, there)
    return {
        "from_day": ends[start].isoformat(), "to_day": ends[end].isoformat(), "active_at_start": there,
        "lost_in_period": lost, "won_back": count(frozenset(lost_letter), active),
        "new_in_period": count(frozenset((NOT_YET, potential)), active), "logo_churn": rate, "low": low, "high": high,
    }  # fmt: skip


def _steps(path: str) -> Iterator[tuple[int, tuple[str, str]]]:
    return enumerate(pairwise(path), start=1)


def _first(paths: list[Row]) -> int:
    """The first end of a month at which anybody had bought; `MONTHS` where there is none."""
    unbought = (NOT_YET, LETTERS["potential"])
    return min(
        (place for row in paths for place, letter in enumerate(row["path"]) if letter not in unbought), default=MONTHS
    )
