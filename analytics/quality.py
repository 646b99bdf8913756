"""What is wrong with the deals, and what each problem does to each headline figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial, reduce
from operator import or_

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.filters import ENDLESS, Filters
from analytics.intervals import share
from analytics.problems import PROBLEMS, Problem, check_names, marked
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from analytics.summary import figures, stood, sums
from data.tables import Tables

CLEAN = "clean"
COLUMNS = (
    "problem", "severity", "checked", "deals", "deal_share", "deals_won", "deals_lost", "deals_open", "money", "metric", "unit", "currency",
    "value", "n", "without", "n_without", "if_lost",
)  # fmt: skip
DEAL_COLUMNS = (
    "deal_id", "deal_name", "customer", "owner", "amount", "currency", "created_at", "expected_close_on", "closed_at",
    "pipeline", "stage", "status",
)  # fmt: skip
# What weighs least comes last; within it the order is by effect.
_SEVERITIES = ("wrong", "missing", "info")
_ALL = "all"


def quality(tables: Tables, filters: Filters) -> Question:
    """First a row of the deals without a problem (`clean`), then for each problem that any deal has a row a headline figure.

    Columns: `COLUMNS`. `value` is the figure with all deals, `without` the figure without those of the problem; each is as
    `summary` tells it, in money a row a currency. `if_lost` is the win rate if the open deals of the problem were lost, for
    problems of deals that are open on paper only. Problems are counted over the deals of all dates; those with the largest
    effect come first. What is left out already is counted all the same.
    """
    everything = replace(filters, without=())

    def effects(answers: Answers) -> Mapping[str, ir.Table]:
        return sums(_left(tables, everything, tuple(_found(answers["problems"]))))

    asks = {"problems": _counts(tables, everything)}
    return Question(asks, partial(_rows, has_period=filters.has_period), (effects,))


def problem_deals(tables: Tables, filters: Filters, name: str) -> ir.Table:
    """The deals that have a problem, of all dates, largest first. Columns: `DEAL_COLUMNS`, as they stood at the as-of date.

    Raises RequestProblem for an unknown name.
    """
    check_names((name,))
    deals = _checked(tables, filters, (name,)).filter(_[name])
    return deals.select(*DEAL_COLUMNS).order_by(_.amount.desc(nulls_first=False), "deal_id")


def _left(tables: Tables, filters: Filters, names: tuple[str, ...]) -> ir.Table:
    """The deals of the figures: all of them as period `_ALL`, and for each problem those without it, as the period of its name."""
    marks = marked(tables, filters.judged, names).select(*names, of_deal=_.deal_no)
    deals = filters.deals(tables).inner_join(marks, [("deal_no", "of_deal")])
    periods = ibis.array([ibis.literal(_ALL), *(_[name].ifelse(ibis.null("string"), name) for name in names)])
    left = stood(deals, filters, *names).mutate(period=periods.unnest())
    return left.filter(_.period.notnull()).drop(*names)


def _checked(tables: Tables, filters: Filters, names: tuple[str, ...]) -> ir.Table:
    """The deals that problems are looked for in, with a column for each of `names`.

    Those there were at the as-of date and those whose creation lies in a future that nobody can have recorded, of any period.
    """
    when = filters.judged
    deals = marked(tables, when, names)
    kept: list[ir.BooleanValue] = [
        (deals.created_at < when.now) | deals.created_at.isnull() | (deals.created_at >= when.after_recorded)
    ]
    if filters.where or filters.pipeline is not None:
        of_any_date = replace(filters, as_of=ENDLESS, since=None, until=None, without=())
        kept.append(deals.deal_no.isin(of_any_date.deals(tables).deal_no))
    deals = deals.filter(kept)
    is_open = (deals.status == "open") | (deals.closed_at >= when.now).fill_null(False)
    return deals.mutate(status=is_open.ifelse("open", deals.status.cast("string")))


def _counts(tables: Tables, filters: Filters) -> ir.Table:
    """A row a status and currency: all `deals`, the `clean` ones, and of each problem its deals and their money."""
    deals = _checked(tables, filters, tuple(PROBLEMS))
    in_error = [deals[name] for name, problem in PROBLEMS.items() if problem.severity != "info"]
    deals = deals.mutate(is_clean=~reduce(or_, in_error))
    sums = {f"n_{name}": deals[name].sum() for name in PROBLEMS}
    sums |= {f"money_{name}": deals.amount.sum(where=deals[name]) for name in PROBLEMS}
    sums |= {f"valued_{name}": deals.amount.count(where=deals[name]) for name in PROBLEMS}
    return deals.agg(all=deals.count(), clean=deals.is_clean.sum(), **sums, by=["status", "currency"])


def _found(counts: pd.DataFrame) -> list[str]:
    """The problems that any deal has."""
    return [name for name in PROBLEMS if whole(counts[f"n_{name}"].sum())]


def _rows(answers: Answers, has_period: bool) -> pd.DataFrame:
    counted = rows(answers["problems"])
    checked, clean = (sum(whole(row[name]) for row in counted) for name in ("all", "clean"))
    first: Row = {"problem": CLEAN, "checked": checked, "deals": clean, "deal_share": share(clean, checked)}
    basis = figures(answers, _ALL, has_period)
    groups = []
    for name in _found(answers["problems"]):
        of_problem = _counted(PROBLEMS[name], counted, checked)
        without = figures(answers, name, has_period)
        groups.append([of_problem | each for each in _effects(basis, without, of_problem, PROBLEMS[name])])
    groups.sort(key=lambda group: (_SEVERITIES.index(group[0]["severity"]), -max(map(_size, group))))
    return frame([first, *(row for group in groups for row in group)], COLUMNS)


def _counted(problem: Problem, counted: list[Row], checked: int) -> Row:
    """How many deals have the problem, by how they stand, and what they are worth where that is in one currency."""
    by_status = {
        f"deals_{status}": sum(whole(row[f"n_{problem.name}"]) for row in counted if row["status"] == status)
        for status in ("won", "lost", "open")
    }
    deals = sum(whole(row[f"n_{problem.name}"]) for row in counted)
    valued = [row for row in counted if row[f"valued_{problem.name}"]]
    in_one = len({row["currency"] for row in valued}) == 1
    return {
        "problem": problem.name, "severity": problem.severity, "checked": checked, "deals": deals,
        "deal_share": share(deals, checked), **by_status,
        "money": sum(number(row[f"money_{problem.name}"]) for row in valued) if in_one else None,
    }  # fmt: skip


def _effects(basis: list[Row], without: list[Row], of_problem: Row, problem: Problem) -> list[Row]:
    """A row a figure: as it is, and without the deals of the problem."""
    others = {(row["metric"], row["currency"]): row for row in without}
    by_metric: dict[str, list[Row]] = {}
    for row in without:
        by_metric.setdefault(row["metric"], []).append(row)
    found = []
    for row in basis:
        # Where one currency is left, its row may be without a name.
        alone = by_metric[row["metric"]][0] if len(by_metric[row["metric"]]) == 1 else {}
        other = others.get((row["metric"], row["currency"])) or _same_currency(alone, row)
        found.append(
            {
                "metric": row["metric"], "unit": row["unit"], "currency": row["currency"], "value": row["value"],
                "n": row["n"], "without": other.get("value", 0.0 if row["unit"] == "money" else None),
                "n_without": whole(other.get("n")),
                "if_lost": _if_lost(row, of_problem) if problem.is_open_on_paper else None,
            }
        )  # fmt: skip
    return found


def _same_currency(alone: Row, row: Row) -> Row:
    return alone if alone and alone.get("currency") in (None, row["currency"]) else {}


def _if_lost(row: Row, of_problem: Row) -> float | None:
    """The win rate with the open deals of the problem taken for lost."""
    if row["metric"] != "win_rate" or row["value"] is None:
        return None
    return share(round(row["value"] * row["n"]), row["n"] + of_problem["deals_open"])


def _size(row: Row) -> float:
    """How much leaving the deals out, or taking them for lost, changes a figure: as a part of it, and 0 for the mere count."""
    if row["metric"] == "deals" or not row["value"]:
        return 0.0
    changed = [each for each in (row["without"], row["if_lost"]) if each is not None]
    return max((abs(each / row["value"] - 1) for each in changed), default=1.0)
