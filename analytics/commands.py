"""The commands of `python -m analytics`: what each asks, and the options it alone has."""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

from analytics.before_after import WINDOW, before_after
from analytics.bottlenecks import bottlenecks
from analytics.budget_commands import BUDGETS
from analytics.calls import Asked, Call, Command
from analytics.churn.churn_model import churn_calibration, churn_drivers, churn_leaks, churn_model
from analytics.churn.customer_survival import customer_survival
from analytics.churn.hazard_ratios import hazard_ratios
from analytics.comparison import Compared, comparison
from analytics.conversion_trend import conversion_trend
from analytics.cumulative_flow import cumulative_flow
from analytics.customers.churn_definitions import DEFINITIONS as CHURN_DEFINITIONS
from analytics.customers.churn_definitions import churn_definitions, churn_list
from analytics.customers.concentration import concentration, revenue_curve
from analytics.customers.contact_programme import (
    DUE_WITHIN,
    contact_breaches,
    contact_coverage,
    contact_programme,
)
from analytics.customers.customer_card import customer_card, customer_contacts, customer_open_deals
from analytics.customers.ideal import ideal_customer, ideal_prospects
from analytics.customers.lifecycle_moves import lifecycle_moves, logo_churn
from analytics.customers.lifecycle_stages import lifecycle_stages
from analytics.customers.model_report import lifetime_back_test, lifetime_deciles, model_parameters, none_calibration
from analytics.customers.profit import Costs, customer_profit, whale_curve
from analytics.customers.rep_dependency import LEAVERS, if_leaves, rep_dependency, single_contacts, single_totals
from analytics.customers.rfm_segments import rfm, rfm_cells
from analytics.customers.sales_totals import sales_totals
from analytics.customers.timeline import PERIOD_DAYS, customer_changes, customer_timeline
from analytics.customers.value_risk import Lines, customer_value_risk
from analytics.customers.value_risk_cells import quadrant_cells
from analytics.customers.value_risk_totals import value_at_risk
from analytics.discounts import discounts
from analytics.drivers import drivers
from analytics.fields import find
from analytics.filters import Filters
from analytics.findings import findings
from analytics.first_contact import first_contact
from analytics.funnel import RULES, Counting, stage_conversion
from analytics.funnel_deals import ASKED_FATES, skipped_stages, stage_deals
from analytics.leads import LEADS
from analytics.lifetime_value_model import Case, lifetime_holdout, lifetime_prediction, lifetime_value_model
from analytics.lost_reasons import lost_reasons, missing_reasons
from analytics.mended import bottlenecks_joint
from analytics.owners import owner_attribution
from analytics.periods import GRAINS
from analytics.pipeline_waterfall import pipeline_waterfall
from analytics.process_map import process_map, process_stages
from analytics.push_rate import push_rate
from analytics.quality import quality
from analytics.question import Question
from analytics.queue_growth import queue_growth
from analytics.references import REFERENCES
from analytics.sales_cycle import sales_cycle
from analytics.sales_velocity import COUNTED, Counted, sales_velocity
from analytics.scenario_commands import SCENARIOS
from analytics.stage_curve import POINTS, stage_curve
from analytics.stage_paths import rework, stage_moves, stage_paths
from analytics.stall_thresholds import DEFAULT_DAYS
from analytics.stalled_deals import stalled_deals, stalled_reasons
from analytics.stalled_stages import open_deal_ages, stalled_owners, stalled_stages
from analytics.summary import summary
from analytics.summary_trend import summary_trend
from analytics.survey_commands import SURVEYS
from analytics.time_in_stage import time_in_stage
from analytics.time_to_convert import MARKS, time_to_convert
from analytics.touches import DAYS as TOUCH_DAYS
from analytics.touches import touches
from analytics.what_if_commands import WHAT_IF
from analytics.win_rate import win_rate
from data.customer_settings import HORIZONS, TIERS
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

FIRST_YEAR, LAST_YEAR = 1900, 2200


def _counting(call: Call) -> tuple[Counting, dict[str, Any]]:
    """How the call wants the funnel to count, and what to say of it: the rule always, the rest where it was asked for."""
    asked = call.options
    said = {
        "rule": asked.rule or ("visited" if call.facts.get("has_history") == "true" else "filled"),
        "dated": asked.dated,
        "window_days": asked.window,
        "step_windows": tuple(asked.step_window),
        "optional": tuple(asked.optional),
        "excluded": tuple(asked.exclude),
        "excluded_reasons": tuple(asked.exclude_reason),
        "owner": getattr(asked, "owner", "now"),
        "from_leads": getattr(asked, "from_leads", False),
    }
    plain = Counting()
    told = {name: value for name, value in said.items() if name == "rule" or value != getattr(plain, name)}
    if asked.step_window:
        told["step_windows"] = [f"{stage}={days:g}" for stage, days in asked.step_window]
    return Counting(**said), {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}


def _counted(
    metric: Callable[[Tables, Filters, Counting], Question],
) -> Callable[[Call], Asked]:
    def ask(call: Call) -> Asked:
        counting, said = _counting(call)
        return Asked(metric(call.tables, call.filters, counting), said)

    return ask


def _stage_conversion(call: Call) -> Asked:
    counting, said = _counting(call)
    return Asked(stage_conversion(call.tables, call.filters, call.by, counting), said)


def _deals_in_stage(call: Call) -> Asked:
    counting, said = _counting(call)
    stage, fate = call.options.stage, call.options.fate
    question = stage_deals(call.tables, call.filters, stage, fate, counting)
    return Asked(question, {"stage": stage, "fate": fate} | said)


def _how_to_count(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rule", choices=RULES,
        help="what a skipped stage counts as; default: visited, or filled where the files hold no history",
    )  # fmt: skip
    parser.add_argument(
        "--dated", choices=("created", "active"), default="created",
        help="what --from and --to bound: the creation of deals, or the day they came to a stage; default: created",
    )  # fmt: skip
    parser.add_argument("--window", type=_days, metavar="DAYS", help="within how many days a deal has to move on")
    parser.add_argument(
        "--step-window", action="append", default=[], type=_step_window, metavar="STAGE=DAYS",
        help="the same for one stage; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--optional",
        action="append",
        default=[],
        metavar="STAGE",
        help="a stage that may be gone past; may be repeated",
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="STAGE",
        help="leave out deals that were in it; may be repeated",
    )
    parser.add_argument(
        "--exclude-reason", action="append", default=[], metavar="REASON",
        help="leave out deals lost for this reason; may be repeated",
    )  # fmt: skip


def _whole_count(parser: argparse.ArgumentParser) -> None:
    _how_to_count(parser)
    parser.add_argument(
        "--owner", choices=("now", "then"), default="now",
        help="whom filters and --by mean: the deal's owner now, or at the time of the stay; default: now",
    )  # fmt: skip
    parser.add_argument("--from-leads", action="store_true", help="begin with the leads")


def _list_of_stage(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stage", required=True, metavar="STAGE", help="whose deals to list")
    parser.add_argument("--fate", choices=ASKED_FATES, help="only those with this fate")
    _how_to_count(parser)


def day_of(text: str) -> date:
    """A day as it is written; ValueError for none, or one so far off that the time before it cannot be told."""
    day = date.fromisoformat(text)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(text)
    return day


def named_stages(options: argparse.Namespace) -> tuple[str, ...]:
    """The stages that the options of a call name, where a misspelt one would be passed over."""
    named = [*getattr(options, "optional", ()), *getattr(options, "exclude", ())]
    named += [stage for stage, _within in getattr(options, "step_window", ()) if stage != LEADS]
    named += [stage for stage, _days in getattr(options, "threshold", ())]
    named += [stage for name in ("target", "target_days") for stage, _given in getattr(options, name, ())]
    if options.name in ("conversion_trend", "before_after") and options.stage is not None:
        named.append(options.stage)
    return tuple(named)


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = 0.0
    if not 0 < days < 100_000:
        raise argparse.ArgumentTypeError(f'"{text}" is not a number of days: write it as 30')
    return days


def _step_window(text: str) -> tuple[str, float]:
    stage, equals, days = text.rpartition("=")
    if not equals or not stage:
        raise argparse.ArgumentTypeError(f'"{text}" does not say which stage: write it as STAGE=DAYS')
    return stage, _days(days)


def _time_to_convert(call: Call) -> Asked:
    asked = call.options
    question = time_to_convert(
        call.tables, call.filters, call.by, asked.start, asked.goal, at=asked.at or MARKS, points=asked.points
    )
    return Asked(question, {"start": asked.start, "goal": asked.goal})


def _steps(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--start", metavar="STAGE", help="the stage the time runs from; default: the deal's creation")
    parser.add_argument("--goal", metavar="STAGE", help="the stage it runs to; default: being won")
    parser.add_argument("--at", type=_numbers, metavar="DAYS,DAYS", help="default: 30,60,90,180")
    parser.add_argument(
        "--points", type=_count_of, metavar="N", help="about N even steps instead, as far as chances are told"
    )


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(sorted(_days(part) for part in text.split(",")))
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f'"{text}" is not a list of days: write it as 30,60,90') from None


def _count_of(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 0 < number <= 1000:
        raise argparse.ArgumentTypeError(f'"{text}" is not a whole number from 1 to 1000')
    return number


def _conversion_trend(call: Call) -> Asked:
    asked = call.options
    question = conversion_trend(
        call.tables, call.filters, asked.grain, asked.stage, asked.horizon, asked.week_start, asked.fiscal_year_start
    )
    return Asked(question, {"grain": asked.grain, "stage": asked.stage})


def _periods(parser: argparse.ArgumentParser) -> None:
    _grain(parser)
    parser.add_argument("--stage", metavar="STAGE", help="moving on from it, by when deals came to it")
    _horizon(parser)


def _grain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--grain", choices=GRAINS, default="month", help="default: month")
    parser.add_argument("--week-start", choices=("sunday", "monday"), default="sunday", help="default: sunday")
    parser.add_argument(
        "--fiscal-year-start", type=int, choices=range(1, 13), default=1, metavar="MONTH", help="default: 1"
    )


def _horizon(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--horizon",
        type=_days,
        metavar="DAYS",
        help="the age to tell chances by; default: 75th percentile of the times",
    )


def _comparison(call: Call) -> Asked:
    asked, filters = call.options, call.filters
    mix = find(asked.mix, call.tables) if asked.mix else None
    if asked.field:
        field = find(asked.field, call.tables)
        if asked.values is None or len(asked.values) != 2:
            raise RequestProblem(
                say("Two values are needed to compare."),
                say("Write them as --values {example}.", example="North,South"),
            )
        compared = Compared(field=field, values=(asked.values[0], asked.values[1]))
        said = {"field": field.name, "a": compared.values[0], "b": compared.values[1]}  # type: ignore[index]
    else:
        if asked.periods:
            periods = asked.periods
        elif filters.since and filters.until:
            length = filters.until - filters.since + timedelta(days=1)
            periods = ((filters.since - length, filters.until - length), (filters.since, filters.until))
        else:
            raise RequestProblem(
                say("There is nothing to compare."),
                say("Name a period with --from and --to, two with --periods, or two values of a field."),
            )
        compared = Compared(periods=periods)
        said = {name: f"{since}:{until}" for name, (since, until) in zip("ab", periods, strict=True)}
        filters = replace(filters, since=None, until=None)
    question = comparison(call.tables, filters, compared, mix, asked.horizon)
    return Asked(question, said | {"mix": mix.name if mix else None})


def _sides(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--periods", type=_two_periods, metavar="A_FROM:A_TO,B_FROM:B_TO",
        help="deals created in two periods; default: --from and --to, against as many days before",
    )  # fmt: skip
    parser.add_argument("--field", metavar="FIELD", help="compare two values of it instead")
    parser.add_argument(
        "--values", type=_two_values, metavar="A,B", help='quote one with a comma in it; "" is no value'
    )
    parser.add_argument("--mix", metavar="FIELD", help="take the difference apart over its values")
    _horizon(parser)


def _two_values(text: str) -> list[str]:
    return next(csv.reader([text], skipinitialspace=True), [])


def _two_periods(text: str) -> tuple[tuple[date, date], ...]:
    try:
        found = tuple(tuple(day_of(day) for day in part.split(":")) for part in text.split(","))
        if [len(part) for part in found] != [2, 2]:
            raise ValueError
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'"{text}" is not two periods: write it as 2026-01-01:2026-03-31,2026-04-01:2026-06-30'
        ) from None
    return cast(tuple[tuple[date, date], ...], found)


def _stage_paths(call: Call) -> Asked:
    return Asked(stage_paths(call.tables, call.filters, most=call.options.most), {})


def _stage_curve(call: Call) -> Asked:
    asked = call.options
    if asked.segment is not None and call.by is None:
        raise RequestProblem(say("A group is of a field."), say("Name the field with --by."))
    question = stage_curve(call.tables, call.filters, asked.stage, call.by, asked.points, asked.segment)
    return Asked(question, {"stage": asked.stage} | ({} if asked.segment is None else {"segment": asked.segment}))


def _curve_of_stage(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stage", required=True, metavar="STAGE", help="whose curve to tell")
    parser.add_argument(
        "--points", type=_count_of, default=POINTS, metavar="N", help="about N even steps of days; default: 80"
    )
    parser.add_argument("--segment", metavar="VALUE", help="one group of --by, against all others together")


def _most(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--most", type=_count_of, default=12, metavar="N", help="how many paths to name; default: 12")


def _before_after(call: Call) -> Asked:
    asked = call.options
    question = before_after(call.tables, call.filters, asked.on, asked.window, asked.stage)
    return Asked(question, {"on": asked.on.isoformat(), "window_days": asked.window, "stage": asked.stage})


def _around_day(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--on", type=_day_asked, required=True, metavar="DATE", help="the day something changed; the first one of after"
    )
    parser.add_argument(
        "--window", type=_whole_days, default=WINDOW, metavar="DAYS",
        help=f"how many days before and after are compared, at most as many as the data has on both sides; default: {WINDOW}",
    )  # fmt: skip
    parser.add_argument("--stage", metavar="STAGE", help="this stage alone, without whole deals")


def _day_asked(text: str) -> date:
    try:
        return day_of(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'"{text}" is not a date from {FIRST_YEAR} to {LAST_YEAR}: write it as 2026-12-31'
        ) from None


def _whole_days(text: str) -> int:
    days = _days(text)
    if days % 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a number of whole days: write it as 90')
    return int(days)


def _sales_velocity(call: Call) -> Asked:
    counted = cast(Counted, call.options.count)
    return Asked(sales_velocity(call.tables, call.filters, counted), {"counted": counted})


def _stalled(metric: Callable[..., Question]) -> Callable[[Call], Asked]:
    def ask(call: Call) -> Asked:
        overrides, default = dict(call.options.threshold), call.options.days
        said = {"thresholds": [f"{stage}={days:g}" for stage, days in overrides.items()]} if overrides else {}
        return Asked(metric(call.tables, call.filters, overrides, default), said | {"default_days": default})

    return ask


def _thresholds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threshold", action="append", default=[], type=_step_window, metavar="STAGE=DAYS",
        help="after how many days a deal at a stage is stalled, instead of what is learnt; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--days", type=_days, default=DEFAULT_DAYS, metavar="DAYS",
        help="the same where too few deals moved on to learn it; default: 30",
    )  # fmt: skip


def _bottlenecks(call: Call) -> Asked:
    asked = call.options
    targets = {"target": tuple(asked.target), "target_days": tuple(asked.target_days)}
    if any(targets.values()) and asked.reference != "target":
        raise RequestProblem(
            say("A target was given, and the comparison is with something else."), say("Write --reference target.")
        )
    question = bottlenecks(call.tables, call.filters, call.by, asked.reference, **targets)
    said = {name: [f"{stage}={given:g}" for stage, given in each] for name, each in targets.items() if each}
    return Asked(question, {"reference": asked.reference} | said)


def _reference(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--reference", choices=REFERENCES, default="rest",
        help="what groups are compared with: the rest of the deals, themselves in the period before --from and --to, a "
        "target, or the best credible group; default: rest",
    )  # fmt: skip
    parser.add_argument(
        "--target", action="append", default=[], type=_step_share, metavar="STAGE=SHARE",
        help="the share of deals that shall move on from a stage, as 0.6; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--target-days", action="append", default=[], type=_step_window, metavar="STAGE=DAYS",
        help="how long deals shall stay at a stage on average; may be repeated",
    )  # fmt: skip


def _step_share(text: str) -> tuple[str, float]:
    stage, equals, share = text.rpartition("=")
    try:
        given = float(share)
    except ValueError:
        given = 0.0
    if not equals or not stage or not 0 < given < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a share of a stage: write it as STAGE=0.6')
    return stage, given


def _count(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--count", choices=COUNTED, default="created",
        help="the deals: those created in the period, or those open at its end; default: created",
    )  # fmt: skip


def _touches(call: Call) -> Asked:
    return Asked(touches(call.tables, call.filters, call.options.days), {"days": call.options.days})


def _first_days(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--days", type=_days, default=TOUCH_DAYS, metavar="DAYS",
        help="the age up to which touches are counted, and from which deals are followed; default: 30",
    )  # fmt: skip


def _by_period(metric: Callable[..., Question]) -> Callable[[Call], Asked]:
    def ask(call: Call) -> Asked:
        asked = call.options
        question = metric(call.tables, call.filters, asked.grain, asked.week_start, asked.fiscal_year_start)
        return Asked(question, {"grain": asked.grain})

    return ask


def _findings(call: Call) -> Asked:
    return Asked(findings(call.tables, call.filters, call.facts.get("has_history") == "true"), {})


def _summary(call: Call) -> Asked:
    """Value at risk is told where the models were fitted already: headline figures wait for none."""
    lines = Lines(margin=call.customers.margin) if call.has_scores else None
    return Asked(summary(call.tables, call.filters, lines), {})


def _lines(call: Call) -> tuple[Lines, dict[str, Any]]:
    """How a call tells value and draws the quadrant's lines: as its options say, else as the workspace does."""
    asked, kept = call.options, call.customers
    lines = Lines(
        **{
            name: getattr(kept, name) if getattr(asked, name) is None else getattr(asked, name)
            for name in ("margin", "value_limit", "risk_limit")
        }
    )
    said = {"value_is": "revenue" if lines.margin is None else "profit", "margin": lines.margin}
    return lines, said | {"horizon_months": call.filters.models.horizon_months}


def _customer_value_risk(call: Call) -> Asked:
    lines, said = _lines(call)
    return Asked(customer_value_risk(call.tables, call.filters, lines, call.options.most), said)


def _value_at_risk(call: Call) -> Asked:
    lines, said = _lines(call)
    return Asked(value_at_risk(call.tables, call.filters, call.by, lines), said)


def _quadrant_cells(call: Call) -> Asked:
    lines, said = _lines(call)
    return Asked(quadrant_cells(call.tables, call.filters, lines), said)


def _value_and_risk(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--horizon", dest="horizon_months", type=int, choices=HORIZONS, metavar="MONTHS",
        help="how far to look: 12, 24 or 36 months; default: the workspace's",
    )  # fmt: skip
    parser.add_argument(
        "--margin", type=_share_of_one, metavar="SHARE",
        help="the part of revenue that is profit, as 0.35; value is then profit; default: the workspace's, else revenue",
    )  # fmt: skip
    parser.add_argument(
        "--value-limit", type=_amount, metavar="MONEY",
        help="from which value on a customer is of high value, in the currency of most customers; default: by expected loss",
    )  # fmt: skip
    parser.add_argument(
        "--risk-limit",
        type=_share_of_one,
        metavar="SHARE",
        help="from which risk on it is high; default: by expected loss",
    )


def _most_customers(parser: argparse.ArgumentParser) -> None:
    _value_and_risk(parser)
    parser.add_argument("--most", type=_rows, metavar="N", help="how many customers to list; default: all")


def _share_of_one(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a share from 0 to 1: write 35% as 0.35')
    return share


def _amount(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < float("inf"):
        raise argparse.ArgumentTypeError(f'"{text}" is not an amount of money: write it as 12000')
    return amount


def _rows(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a number of rows: write it as 100')
    return number


def _promised(call: Call) -> dict[str, Any]:
    """What customers are promised: as the options of the call say, else as the workspace does."""
    asked, kept = call.options, call.customers
    return {
        "tier_days": asked.tier_days or kept.tier_days,
        "counts_cases": asked.count_cases or kept.counts_cases,
        "margin": kept.margin,
    }


def _contact_said(promised: Mapping[str, Any]) -> dict[str, Any]:
    told = {"tier_days": list(promised["tier_days"]), "value_is": "revenue" if promised["margin"] is None else "profit"}
    return told | ({"counts_cases": True} if promised["counts_cases"] else {})


def _lifecycle(call: Call) -> Asked:
    margin, said = _told_value(call)
    return Asked(lifecycle_stages(call.tables, call.filters, call.by, margin), said)


def _rfm(call: Call) -> Asked:
    margin, said = _told_value(call)
    return Asked(rfm(call.tables, call.filters, margin), said)


def _told_value(call: Call) -> tuple[float | None, dict[str, Any]]:
    """The part of revenue that is profit, and how value is told."""
    margin = call.customers.margin if call.options.margin is None else call.options.margin
    said = {"value_is": "revenue" if margin is None else "profit", "margin": margin}
    return margin, said | {"horizon_months": call.filters.models.horizon_months}


def _churn_list(call: Call) -> Asked:
    asked = call.options
    return Asked(
        churn_list(call.tables, call.filters, asked.definition, asked.most), {"churn_definition": asked.definition}
    )


def _ideal_prospects(call: Call) -> Asked:
    return Asked(ideal_prospects(call.tables, call.filters, call.options.most), {})


def _value_only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--horizon", dest="horizon_months", type=int, choices=HORIZONS, metavar="MONTHS",
        help="how far value looks: 12, 24 or 36 months; default: the workspace's",
    )  # fmt: skip
    parser.add_argument(
        "--margin", type=_share_of_one, metavar="SHARE",
        help="the part of revenue that is profit, as 0.35; default: the workspace's, else value is revenue",
    )  # fmt: skip


def _most_listed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--most", type=_rows, metavar="N", help="how many customers to list; default: all")


def _by_definition(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--definition", choices=CHURN_DEFINITIONS, default="q95",
        help="when a customer counts as lost, as churn_definitions names it; default: q95",
    )  # fmt: skip
    _most_listed(parser)


def _contact_programme(call: Call) -> Asked:
    asked, promised = call.options, _promised(call)
    chosen = {"tier": asked.tier, "due_within": asked.due_within, "everyone": asked.everyone, "only": asked.only}
    question = contact_programme(call.tables, call.filters, **promised, **chosen, most=asked.most)
    return Asked(question, _contact_said(promised) | {name: given for name, given in chosen.items() if given})


def _contact_coverage(call: Call) -> Asked:
    asked, promised = call.options, _promised(call)
    chosen = {"due_within": asked.due_within, "everyone": asked.everyone}
    question = contact_coverage(call.tables, call.filters, call.by, **promised, **chosen)
    return Asked(question, _contact_said(promised) | {name: given for name, given in chosen.items() if given})


def _contact_breaches(call: Call) -> Asked:
    promised = _promised(call)
    return Asked(contact_breaches(call.tables, call.filters, **promised), _contact_said(promised))


def _promises(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tier-days", type=_three_days, metavar="A,B,C",
        help="how many days may pass without contact, by tier; default: the workspace's, else 30,60,90",
    )  # fmt: skip
    parser.add_argument("--count-cases", action="store_true", help="a service case is a contact too")


def _due_within(parser: argparse.ArgumentParser) -> None:
    _promises(parser)
    parser.add_argument(
        "--due-within",
        type=_whole_days,
        default=DUE_WITHIN,
        metavar="DAYS",
        help=f"what counts as due; default: {DUE_WITHIN}",
    )
    parser.add_argument(
        "--everyone", action="store_true", help="also customers that are lost, and those that never bought"
    )


def _contact_list(parser: argparse.ArgumentParser) -> None:
    _due_within(parser)
    parser.add_argument("--tier", choices=TIERS, help="customers of this tier only")
    parser.add_argument(
        "--only",
        choices=("overdue", "due", "never"),
        help="those overdue; those overdue or due; those never in contact",
    )
    parser.add_argument("--most", type=_rows, metavar="N", help="how many customers to list; default: all")


def _three_days(text: str) -> tuple[int, int, int]:
    try:
        first, second, third = (_whole_days(part) for part in text.split(","))
    except (argparse.ArgumentTypeError, ValueError):
        raise argparse.ArgumentTypeError(f'"{text}" is not three numbers of days: write them as 30,60,90') from None
    return first, second, third


def _customer_card(call: Call) -> Asked:
    kept = call.customers
    lines = Lines(kept.margin, kept.value_limit, kept.risk_limit)
    said = {
        "value_is": "revenue" if lines.margin is None else "profit",
        "horizon_months": call.filters.models.horizon_months,
    }
    return Asked(customer_card(call.tables, call.filters, call.options.customer, lines), said)


def _customer_timeline(call: Call) -> Asked:
    return Asked(customer_timeline(call.tables, call.filters, call.options.customer, call.options.most), {})


def _customer_changes(call: Call) -> Asked:
    asked = call.options
    return Asked(customer_changes(call.tables, call.filters, asked.customer, asked.days), {"days": asked.days})


def _one_customer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--customer", required=True, metavar="NUMBER", help="the customer's number as the file has it, or its name"
    )


def _one_customer_newest(parser: argparse.ArgumentParser) -> None:
    _one_customer(parser)
    parser.add_argument(
        "--most", type=_rows, metavar="N", help="how many events to list, the newest first; default: all"
    )


def _one_customer_days(parser: argparse.ArgumentParser) -> None:
    _one_customer(parser)
    parser.add_argument(
        "--days", type=_whole_days, default=PERIOD_DAYS, metavar="DAYS",
        help=f"how many days are compared with as many before; default: {PERIOD_DAYS}",
    )  # fmt: skip


def _survival(call: Call) -> Asked:
    return Asked(customer_survival(call.tables, call.filters, call.by, call.options.at), {})


def _months_asked(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--at", type=_months, metavar="MONTHS,MONTHS", help="default: 12,24,36,48,60,72 as far as told; of a short history 1,3,6,9"
    )  # fmt: skip


def _months(text: str) -> tuple[float, ...]:
    try:
        found = tuple(sorted({float(part) for part in text.split(",")}))
        if not found or found[0] < 0 or not found[-1] < 1200:
            raise ValueError
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is not a list of months: write it as 12,24,36') from None
    return found


def _hazard_ratios(call: Call) -> Asked:
    fields = tuple(find(name, call.tables, "customers") for name in call.options.on)
    return Asked(hazard_ratios(call.tables, call.filters, fields), {"on": [field.name for field in fields]})


def _on_fields(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--on", type=_names, required=True, metavar="FIELD,FIELD", help='fields of the customers; quote one with a comma in it'
    )  # fmt: skip


def _names(text: str) -> tuple[str, ...]:
    found = tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True), []) if name.strip())
    if not found:
        raise argparse.ArgumentTypeError(f'"{text}" names no field: write it as FIELD,FIELD')
    return found


def _churn(metric: Callable[..., Question]) -> Callable[[Call], Asked]:
    def ask(call: Call) -> Asked:
        return Asked(metric(call.tables, call.filters, call.options.within), {})

    return ask


def _within(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--horizon", dest="within", type=int, choices=(3, 6, 12, 24), metavar="MONTHS",
        help="within how many months customers leave or stay, with contracts and purchases: 3, 6, 12 or 24; default: 12, or 6 where the history is short",
    )  # fmt: skip


def _handover_of(call: Call) -> tuple[tuple[float, float], dict[str, Any]]:
    """What a handover loses: as the option says, else as the workspace does."""
    handover = getattr(call.options, "handover", None) or call.customers.handover_loss
    return handover, {"handover": list(handover), "horizon_months": call.filters.models.horizon_months}


def _rep_dependency(call: Call) -> Asked:
    handover, said = _handover_of(call)
    return Asked(rep_dependency(call.tables, call.filters, handover), said)


def _single_contacts(call: Call) -> Asked:
    handover, said = _handover_of(call)
    return Asked(single_contacts(call.tables, call.filters, handover, call.options.most), said)


def _if_leaves(call: Call) -> Asked:
    handover, said = _handover_of(call)
    leaver = next(name for name in LEAVERS if getattr(call.options, name) is not None)
    name = getattr(call.options, leaver)
    question = if_leaves(call.tables, call.filters, leaver, name, handover, call.options.most)
    return Asked(question, {"leaver": leaver, "name": name} | said)


def _handover(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--handover", type=_two_shares, metavar="LOW,HIGH",
        help="what of a customer's value a handover loses, as 0.1,0.3; default: the workspace's",
    )  # fmt: skip


def _handover_list(parser: argparse.ArgumentParser) -> None:
    _handover(parser)
    parser.add_argument("--most", type=_rows, metavar="N", help="how many customers to list; default: all")


def _leaver(parser: argparse.ArgumentParser) -> None:
    _handover_list(parser)
    who_ = parser.add_mutually_exclusive_group(required=True)
    who_.add_argument("--owner", metavar="NAME", help='who looks after customers; "" is nobody')
    who_.add_argument("--customer", metavar="NUMBER", help="the customer's number as the file has it")
    who_.add_argument("--contact", metavar="NUMBER", help="the contact's number as the file has it")


def _two_shares(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low, high = 1.0, 0.0
    if not 0 <= low <= high <= 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a range of shares: write it as 0.1,0.3')
    return low, high


def _costs(call: Call) -> tuple[Costs, dict[str, Any]]:
    """What things cost: as the options of the call say, else as the workspace does."""
    asked, kept = call.options, call.customers
    names = {"margin": "margin", "visit": "visit_cost", "case": "case_cost", "returned": "return_cost"}
    said = {
        option: getattr(kept, option) if getattr(asked, option) is None else getattr(asked, option)
        for option in names.values()
    }
    return Costs(**{name: said[option] for name, option in names.items()}), said


def _customer_profit(call: Call) -> Asked:
    costs, said = _costs(call)
    asked = call.options
    return Asked(customer_profit(call.tables, call.filters, costs, asked.most, asked.unprofitable), said)


def _whale_curve(call: Call) -> Asked:
    costs, said = _costs(call)
    return Asked(whale_curve(call.tables, call.filters, costs), said)


def _what_it_costs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--margin", type=_share_of_one, metavar="SHARE",
        help="the part of revenue that is left after the goods, where their cost is not known, as 0.35; default: the workspace's",
    )  # fmt: skip
    for name, what in (("visit", "contact with a customer"), ("case", "service case"), ("return", "returned order")):
        parser.add_argument(
            f"--{name}-cost", type=_amount, metavar="MONEY", help=f"what one {what} costs; default: the workspace's"
        )


def _profit_list(parser: argparse.ArgumentParser) -> None:
    _what_it_costs(parser)
    parser.add_argument("--unprofitable", action="store_true", help="only those that cost more than they bring")
    parser.add_argument("--most", type=_rows, metavar="N", help="how many customers to list; default: all")


def _lifetime_value_model(call: Call) -> Asked:
    asked = call.options
    if asked.predict and asked.holdout:
        raise RequestProblem(
            say("A forecast of one customer and a comparison with the past are two questions."),
            say("Ask with --predict, or with --holdout."),
        )
    if asked.predict:
        case = Case(**asked.predict)
        return Asked(lifetime_prediction(call.tables, call.filters, case), {"predict": asked.predict})
    if asked.holdout:
        return Asked(lifetime_holdout(call.tables, call.filters, asked.holdout), {"holdout": asked.holdout.isoformat()})
    return Asked(lifetime_value_model(call.tables, call.filters), {})


def _prediction(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--predict", type=_case, metavar="frequency=2,recency=30.43,age=38.86,horizon=39",
        help="what each model says of a customer: repeat purchases, age in weeks at the last one, age now, weeks ahead",
    )  # fmt: skip
    parser.add_argument(
        "--holdout", type=_day_asked, metavar="DATE",
        help="fit to the end of that day, and compare the forecast with what came until the as-of date",
    )  # fmt: skip


def _case(text: str) -> dict[str, float]:
    try:
        found = {name.strip(): float(number) for name, number in (part.split("=") for part in text.split(","))}
    except ValueError:
        found = {}
    if found.keys() != {"frequency", "recency", "age", "horizon"} or not all(map(math.isfinite, found.values())):
        raise argparse.ArgumentTypeError(
            f'"{text}" does not tell of a customer: write it as frequency=2,recency=30.43,age=38.86,horizon=39'
        )
    return found


def _reported(metric: Callable[[Tables, Filters], Question]) -> Command:
    """What the fit of the customers' models kept of its evidence."""
    return Command(
        lambda call: Asked(metric(call.tables, call.filters), {}), has_by=False, of_customers=True, needs_scores=True
    )


COMMANDS: dict[str, Command] = {
    **SURVEYS,
    **BUDGETS,
    **WHAT_IF,
    **SCENARIOS,
    "summary": Command(_summary, has_by=False),
    "quality": Command(lambda call: Asked(quality(call.tables, call.filters), {}), has_by=False),
    "summary_trend": Command(lambda call: Asked(summary_trend(call.tables, call.filters), {}), has_by=False),
    "findings": Command(_findings, has_by=False, one_pipeline=True),
    "win_rate": Command(lambda call: Asked(win_rate(call.tables, call.filters, call.by), {})),
    "stage_conversion": Command(_stage_conversion, _whole_count, one_pipeline=True),
    "skipped_stages": Command(_counted(skipped_stages), _how_to_count, has_by=False, one_pipeline=True),
    "deals_in_stage": Command(_deals_in_stage, _list_of_stage, has_by=False, one_pipeline=True),
    "owner_attribution": Command(_counted(owner_attribution), _how_to_count, has_by=False, one_pipeline=True),
    "sales_cycle": Command(lambda call: Asked(sales_cycle(call.tables, call.filters, call.by), {})),
    "before_after": Command(_before_after, _around_day, has_by=False, one_pipeline=True, needs_history=True),
    "bottlenecks": Command(_bottlenecks, _reference, one_pipeline=True, needs_history=True),
    "all_mended": Command(
        lambda call: Asked(bottlenecks_joint(call.tables, call.filters, call.by), {}),
        one_pipeline=True,
        needs_history=True,
    ),
    "stalled_deals": Command(_stalled(stalled_deals), _thresholds, has_by=False, one_pipeline=True, needs_history=True),
    "stalled_stages": Command(
        _stalled(stalled_stages), _thresholds, has_by=False, one_pipeline=True, needs_history=True
    ),
    "stalled_owners": Command(
        _stalled(stalled_owners), _thresholds, has_by=False, one_pipeline=True, needs_history=True
    ),
    "stalled_reasons": Command(
        _stalled(stalled_reasons), _thresholds, has_by=False, one_pipeline=True, needs_history=True
    ),
    "open_deal_ages": Command(
        _stalled(open_deal_ages), _thresholds, has_by=False, one_pipeline=True, needs_history=True
    ),
    "time_in_stage": Command(
        lambda call: Asked(time_in_stage(call.tables, call.filters, call.by), {}), one_pipeline=True, needs_history=True
    ),
    "stage_curve": Command(_stage_curve, _curve_of_stage, one_pipeline=True, needs_history=True),
    "time_to_convert": Command(_time_to_convert, _steps, one_pipeline=True),
    "conversion_trend": Command(_conversion_trend, _periods, has_by=False, one_pipeline=True),
    "comparison": Command(_comparison, _sides, has_by=False, one_pipeline=True),
    "stage_paths": Command(_stage_paths, _most, has_by=False, one_pipeline=True),
    "stage_moves": Command(
        lambda call: Asked(stage_moves(call.tables, call.filters), {}), has_by=False, one_pipeline=True
    ),
    "process_map": Command(
        lambda call: Asked(process_map(call.tables, call.filters), {}),
        has_by=False,
        one_pipeline=True,
        needs_history=True,
    ),
    "process_stages": Command(
        lambda call: Asked(process_stages(call.tables, call.filters), {}),
        has_by=False,
        one_pipeline=True,
        needs_history=True,
    ),
    "queue_growth": Command(_by_period(queue_growth), _grain, has_by=False, one_pipeline=True, needs_history=True),
    "cumulative_flow": Command(
        _by_period(cumulative_flow), _grain, has_by=False, one_pipeline=True, needs_history=True
    ),
    "rework": Command(
        lambda call: Asked(rework(call.tables, call.filters), {}), has_by=False, one_pipeline=True, needs_history=True
    ),
    "sales_velocity": Command(_sales_velocity, _count, has_by=False),
    "push_rate": Command(lambda call: Asked(push_rate(call.tables, call.filters, call.by), {})),
    "pipeline_waterfall": Command(lambda call: Asked(pipeline_waterfall(call.tables, call.filters), {}), has_by=False),
    "drivers": Command(lambda call: Asked(drivers(call.tables, call.filters), {}), has_by=False),
    "first_contact": Command(lambda call: Asked(first_contact(call.tables, call.filters), {}), has_by=False),
    "touches": Command(_touches, _first_days, has_by=False),
    "discounts": Command(lambda call: Asked(discounts(call.tables, call.filters, call.by), {})),
    "lost_reasons": Command(lambda call: Asked(lost_reasons(call.tables, call.filters), {}), has_by=False),
    "missing_reasons": Command(lambda call: Asked(missing_reasons(call.tables, call.filters), {}), has_by=False),
    "survival": Command(_survival, _months_asked, of_customers=True),
    "hazard_ratios": Command(_hazard_ratios, _on_fields, has_by=False, of_customers=True),
    "churn_model": Command(_churn(churn_model), _within, has_by=False, of_customers=True),
    "churn_leaks": Command(_churn(churn_leaks), _within, has_by=False, of_customers=True),
    "churn_calibration": Command(_churn(churn_calibration), _within, has_by=False, of_customers=True),
    "churn_drivers": Command(_churn(churn_drivers), _within, has_by=False, of_customers=True),
    "sales_totals": Command(
        lambda call: Asked(sales_totals(call.tables, call.filters), {}), has_by=False, of_customers=True
    ),
    "concentration": Command(
        lambda call: Asked(concentration(call.tables, call.filters), {}), has_by=False, of_customers=True
    ),
    "revenue_curve": Command(
        lambda call: Asked(revenue_curve(call.tables, call.filters), {}), has_by=False, of_customers=True
    ),
    "rep_dependency": Command(_rep_dependency, _handover, has_by=False, of_customers=True, needs_scores=True),
    "single_contacts": Command(_single_contacts, _handover_list, has_by=False, of_customers=True, needs_scores=True),
    "single_totals": Command(
        lambda call: Asked(single_totals(call.tables, call.filters), {}),
        has_by=False,
        of_customers=True,
        needs_scores=True,
    ),
    "if_leaves": Command(_if_leaves, _leaver, has_by=False, of_customers=True, needs_scores=True),
    "customer_profit": Command(_customer_profit, _profit_list, has_by=False, of_customers=True),
    "whale_curve": Command(_whale_curve, _what_it_costs, has_by=False, of_customers=True),
    "customer_value_risk": Command(
        _customer_value_risk, _most_customers, has_by=False, of_customers=True, needs_scores=True
    ),
    "value_at_risk": Command(_value_at_risk, _value_and_risk, of_customers=True, needs_scores=True),
    "quadrant_cells": Command(_quadrant_cells, _value_and_risk, has_by=False, of_customers=True, needs_scores=True),
    "lifecycle": Command(_lifecycle, _value_only, of_customers=True, needs_scores=True),
    "lifecycle_moves": Command(
        lambda call: Asked(lifecycle_moves(call.tables, call.filters), {}),
        has_by=False,
        of_customers=True,
        needs_scores=True,
    ),
    "logo_churn": Command(
        lambda call: Asked(logo_churn(call.tables, call.filters), {}),
        has_by=False,
        of_customers=True,
        needs_scores=True,
    ),
    "churn_definitions": Command(
        lambda call: Asked(churn_definitions(call.tables, call.filters), {}),
        has_by=False,
        of_customers=True,
        needs_scores=True,
    ),
    "churn_list": Command(_churn_list, _by_definition, has_by=False, of_customers=True, needs_scores=True),
    "rfm": Command(_rfm, _value_only, has_by=False, of_customers=True, needs_scores=True),
    "rfm_cells": Command(
        lambda call: Asked(rfm_cells(call.tables, call.filters), {}), has_by=False, of_customers=True, needs_scores=True
    ),
    "ideal_customer": Command(
        lambda call: Asked(ideal_customer(call.tables, call.filters), {}),
        has_by=False,
        of_customers=True,
        needs_scores=True,
    ),
    "ideal_prospects": Command(_ideal_prospects, _most_listed, has_by=False, of_customers=True, needs_scores=True),
    "contact_programme": Command(_contact_programme, _contact_list, has_by=False, of_customers=True, needs_scores=True),
    "contact_coverage": Command(_contact_coverage, _due_within, of_customers=True, needs_scores=True),
    "contact_breaches": Command(_contact_breaches, _promises, has_by=False, of_customers=True, needs_scores=True),
    "customer_card": Command(_customer_card, _one_customer, has_by=False, of_customers=True, needs_scores=True),
    "customer_timeline": Command(_customer_timeline, _one_customer_newest, has_by=False, of_customers=True),
    "customer_changes": Command(_customer_changes, _one_customer_days, has_by=False, of_customers=True),
    "customer_contacts": Command(
        lambda call: Asked(customer_contacts(call.tables, call.filters, call.options.customer), {}),
        _one_customer,
        has_by=False,
        of_customers=True,
        needs_scores=True,
    ),
    "customer_open_deals": Command(
        lambda call: Asked(customer_open_deals(call.tables, call.filters, call.options.customer), {}),
        _one_customer,
        has_by=False,
        of_customers=True,
        needs_scores=True,
    ),
    "lifetime_value_model": Command(_lifetime_value_model, _prediction, has_by=False, of_customers=True),
    "lifetime_back_test": _reported(lifetime_back_test),
    "lifetime_deciles": _reported(lifetime_deciles),
    "none_calibration": _reported(none_calibration),
    "model_parameters": _reported(model_parameters),
}
