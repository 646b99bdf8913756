"""What of deals is asked of the engine, so that what the pipeline will win can be told; and the pipeline made of the answers.

Counts by stage, length and fate, never rows: the cost follows how many different ones there are. Two rounds: `pipeline_asks`
says which pipelines, currencies and stages there are, `pipeline_more` asks about the chosen one, `pipeline_of` fits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.filters import Filters
from analytics.first_seen import is_watched_late, known_before, seen_again
from analytics.question import Answers
from analytics.rows import Row, in_zone, rows, whole
from analytics.what_if.pipeline_asked import by_stage, first_bought, from_creation, plain, standing
from analytics.what_if.pipeline_chances import Chances, Refusal, fitted
from analytics.what_if.pipeline_draws import DealFlow
from analytics.what_if.pipeline_stays import MONTH_DAYS, Counted
from analytics.what_if.scenario import Scenario
from data.errors import RequestProblem
from data.messages import Message, say
from data.tables import Tables

STAGE_LEVERS = ("stage_conversion", "stage_time")


@dataclass(frozen=True)
class FittedPipeline:
    """What came of fitting: the pipeline, or None and why (`refused`). `counts` by name what was counted and what was left out:
    `deals_seen, deals_open, deals_closed, deals_won, deals_of_buyers, deals_other_currency, deals_other_pipelines,
    deals_without_customer, deals_undated, stays_without_length`. `report` what to tell of it."""

    pipeline: DealFlow | None
    refused: Message | None
    counts: Mapping[str, int]
    report: Mapping[str, Any] = field(default_factory=dict)


def pipeline_asks(
    tables: Tables, filters: Filters, scenario: Scenario, known_customers: bool, currency: str
) -> Mapping[str, ir.Table]:
    """The first round: how many deals there are by pipeline, currency, status and standing, and the stages.

    With `known_customers` a deal is "known" where its customer had bought, by a won deal, an order or a contract, on a day before
    the deal was created, and "unlinked" where no customer is named; else all are "new". Periods of `filters` do not count.
    """
    filters = plain(filters)
    each = standing(tables, filters, known_customers)
    closed_before = in_zone(tables.deals.closed_at, filters.time_zone) <= tables.deals.first_seen_on.cast("timestamp")
    asks = {
        "pipeline_counts": each.agg(
            n=_.count(), undated=_.is_undated.sum(), by=["pipeline", "currency", "status", "standing", "has_amount"]
        ),
        "pipeline_stages": tables.stages.select("pipeline", "stage", "stage_order", "outcome"),
        "pipeline_seen_again": seen_again(tables),
        "pipeline_closed_before": tables.deals.agg(closed_before=closed_before.sum(), first_file=_.first_seen_on.min()),
    }
    if known_customers:
        asks["pipeline_first_bought"] = first_bought(tables, filters).agg(first_bought=_.bought_on.min())
    return asks


def pipeline_more(
    tables: Tables, filters: Filters, scenario: Scenario, known_customers: bool, currency: str, answers: Answers
) -> Mapping[str, ir.Table]:
    """The second round, about the chosen pipeline: stays, deals from creation to their end, arrivals and amounts.

    Raises RequestProblem where a lever names a stage that the pipeline does not have.
    """
    chosen = _Chosen.of(answers, filters, scenario, currency)
    if chosen is None:
        return {}
    filters = replace(plain(filters), pipeline=chosen.pipeline)
    deals = standing(tables, filters, known_customers).filter(_in_currency(chosen))
    asks = from_creation(deals, filters) | by_stage(tables, filters, deals)
    before = known_before(tables, filters, {"seen_again": answers["pipeline_seen_again"]})
    return asks | {f"pipeline_{name}": ask for name, ask in before.items()}


def pipeline_of(answers: Answers, filters: Filters, scenario: Scenario, currency: str) -> FittedPipeline:
    """The pipeline, from the answers of both rounds. Raises RequestProblem where a lever names a stage that cannot be told of."""
    chosen = _Chosen.of(answers, filters, scenario, currency)
    if chosen is None:
        _check_stages(scenario, [], "")
        return FittedPipeline(
            None, say("There are no deals, so nothing can be said of what the pipeline will win."), {}
        )
    own = [row for row in rows(answers["pipeline_counts"]) if row["pipeline"] == chosen.pipeline]
    counts = _counts(rows(answers["pipeline_counts"]), own, chosen)
    known = answers.get("pipeline_known_before")
    counted = Counted(
        order=chosen.order,
        won_stages=chosen.won_stages,
        stays=answers["pipeline_stays"],
        lengths=answers["pipeline_lengths"],
        arrivals=answers["pipeline_arrivals"],
        amounts=answers["pipeline_amounts"],
        stage_amounts=answers["pipeline_stage_amounts"],
        is_stay_late=is_watched_late({"known_before": known} if known is not None else {}),
        is_deal_late=_is_deal_late(answers),
        months_watched=_months_watched(answers, filters),
        months_of_buying=_months_of_buying(answers, filters),
    )
    made = fitted(counted)
    counts |= made.counts
    if isinstance(made, Refusal):
        return FittedPipeline(None, made.why, counts)
    if not made.order:
        _refuse_stage_levers(scenario)
    report = {**made.report, "pipeline": chosen.pipeline, "currency": chosen.currency}
    return FittedPipeline(DealFlow(made, _levers(scenario, made)), None, counts, report)


def _levers(scenario: Scenario, made: Chances) -> tuple[tuple[int, str, int | None], ...]:
    kinds = (*STAGE_LEVERS, "win_rate", "deal_value", "cycle")
    return tuple(
        (place, lever.kind, made.order.index(lever.stage) if lever.kind in STAGE_LEVERS and lever.stage else None)
        for place, lever in enumerate(scenario.levers)
        if lever.kind in kinds
    )


def with_levers(pipeline: DealFlow, scenario: Scenario) -> DealFlow:
    """The same pipeline under the levers of another scenario. Raises RequestProblem as `pipeline_of`."""
    if pipeline.chances.order:
        _check_stages(scenario, list(pipeline.chances.order), None)
    else:
        _refuse_stage_levers(scenario)
    return replace(pipeline, levers=_levers(scenario, pipeline.chances))


@dataclass(frozen=True)
class _Chosen:
    """The pipeline and currency that count; `any_currency` where no deal of the pipeline names one."""

    pipeline: str | None
    currency: str
    any_currency: bool
    order: tuple[str, ...]
    won_stages: frozenset[str]

    @classmethod
    def of(cls, answers: Answers, filters: Filters, scenario: Scenario, currency: str) -> _Chosen | None:
        counted = rows(answers["pipeline_counts"])
        by_pipeline = _totals(counted, "pipeline")
        if filters.pipeline is None and not by_pipeline:
            return None
        pipeline = filters.pipeline if filters.pipeline is not None else _largest(by_pipeline)
        named = _totals([row for row in counted if row["pipeline"] == pipeline and row["currency"]], "currency")
        stages = [row for row in rows(answers["pipeline_stages"]) if row["pipeline"] == pipeline]
        stages.sort(key=lambda row: (row["stage_order"] or 0, row["stage"]))
        order = [row["stage"] for row in stages if row["outcome"] == "open"]
        _check_stages(scenario, order, pipeline)
        return cls(
            pipeline, currency or str(_largest(named) or ""), not named, tuple(order),
            frozenset(row["stage"] for row in stages if row["outcome"] == "won"),
        )  # fmt: skip


def _totals(counted: list[Row], name: str) -> dict[str | None, int]:
    found: dict[str | None, int] = {}
    for row in counted:
        found[row[name]] = found.get(row[name], 0) + whole(row["n"])
    return found


def _largest(totals: Mapping[str | None, int]) -> str | None:
    return min(totals, key=lambda name: (-totals[name], str(name))) if totals else None


def _check_stages(scenario: Scenario, order: list[str], pipeline: str | None) -> None:
    for lever in scenario.levers:
        if lever.kind in STAGE_LEVERS and lever.stage not in order:
            names = ", ".join(order)
            raise RequestProblem(
                say('There is no open stage called "{stage}".', stage=lever.stage),
                say("The stages are: {names}.", names=names) if names else say("No open stages are known."),
            )


def _refuse_stage_levers(scenario: Scenario) -> None:
    for lever in scenario.levers:
        if lever.kind in STAGE_LEVERS:
            raise RequestProblem(
                say("No file says when deals came to their stages, so the lever {lever} has nothing to work on.", lever=lever.kind),
                say("Add a stage history, or use the levers win_rate and cycle."),
            )  # fmt: skip


def _counts(every: list[Row], own: list[Row], chosen: _Chosen) -> dict[str, int]:
    mine = [row for row in own if _is_mine(row, chosen)]
    found = {
        "deals_other_pipelines": sum(whole(row["n"]) for row in every) - sum(whole(row["n"]) for row in own),
        "deals_other_currency": sum(whole(row["n"]) for row in own) - sum(whole(row["n"]) for row in mine),
        "deals_of_buyers": sum(whole(row["n"]) for row in mine if row["standing"] == "known"),
        "deals_without_customer": sum(whole(row["n"]) for row in mine if row["standing"] == "unlinked"),
        "deals_undated": sum(whole(row["undated"]) for row in mine if row["standing"] != "known"),
    }
    return found


def _is_mine(row: Row, chosen: _Chosen) -> bool:
    if chosen.any_currency:
        return True
    return bool(row["currency"] == chosen.currency or (not row["currency"] and not row["has_amount"]))


def _in_currency(chosen: _Chosen) -> ir.BooleanValue:
    """A deal without amount and currency is in any; without a currency anywhere all are in the one that is asked for."""
    if chosen.any_currency:
        return ibis.literal(True)
    return ((_.currency == chosen.currency) | (_.currency.isnull() & ~_.has_amount)).fill_null(False)


def _is_deal_late(answers: Answers) -> bool:
    """Whether no deal is known that had closed before a file first showed it, though files were seen again: the ones that
    closed before the first file are missing."""
    again = bool(answers["pipeline_seen_again"]["is_seen_again"].iloc[0])
    return again and whole(rows(answers["pipeline_closed_before"])[0]["closed_before"]) == 0


def _months_watched(answers: Answers, filters: Filters) -> float | None:
    """The months since the first file, where deals that had closed before it are missing; else None: as far back as deals go."""
    first = rows(answers["pipeline_closed_before"])[0]["first_file"]
    return _months_since(first, filters) if _is_deal_late(answers) else None


def _months_of_buying(answers: Answers, filters: Filters) -> float | None:
    """The months since anybody bought for the first time on record; None where it does not matter who had bought before."""
    if "pipeline_first_bought" not in answers:
        return None
    return _months_since(rows(answers["pipeline_first_bought"])[0]["first_bought"], filters)


def _months_since(day: Any, filters: Filters) -> float | None:
    if day is None:
        return None
    day = day.date() if hasattr(day, "date") else day
    return max((filters.as_of - day).days + 1, 1) / MONTH_DAYS
