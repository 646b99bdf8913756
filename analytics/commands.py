"""The commands of `python -m analytics`: what each asks, and the options it alone has."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, cast

from analytics.bottlenecks import bottlenecks
from analytics.comparison import Compared, comparison
from analytics.conversion_trend import conversion_trend
from analytics.drivers import drivers
from analytics.fields import Field, find
from analytics.filters import Filters
from analytics.findings import findings
from analytics.funnel import RULES, Counting, stage_conversion
from analytics.funnel_deals import ASKED_FATES, skipped_stages, stage_deals
from analytics.leads import LEADS
from analytics.lost_reasons import lost_reasons, missing_reasons
from analytics.owners import owner_attribution
from analytics.periods import GRAINS
from analytics.pipeline_waterfall import pipeline_waterfall
from analytics.push_rate import push_rate
from analytics.quality import quality
from analytics.question import Question
from analytics.sales_cycle import sales_cycle
from analytics.sales_velocity import COUNTED, Counted, sales_velocity
from analytics.stage_paths import rework, stage_moves, stage_paths
from analytics.stalled_deals import DEFAULT_DAYS, stalled_deals
from analytics.summary import summary
from analytics.summary_trend import summary_trend
from analytics.time_in_stage import time_in_stage
from analytics.time_to_convert import MARKS, time_to_convert
from analytics.win_rate import win_rate
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True)
class Call:
    """What one call of a command asks about: `options` are its parsed arguments, `facts` what is known of the data."""

    tables: Tables
    filters: Filters
    by: Field | None
    options: argparse.Namespace
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """The question of a call, and what its result should say of how it was asked, beside the filters."""

    question: Question
    said: Mapping[str, Any]


@dataclass(frozen=True)
class Command:
    """How a command makes its question. `has_by` gives it `--by`; `one_pipeline` means the largest unless one is named."""

    ask: Callable[[Call], Asked]
    arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None
    has_by: bool = True
    one_pipeline: bool = False


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
    if options.name == "conversion_trend" and options.stage is not None:
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
    parser.add_argument("--grain", choices=GRAINS, default="month", help="default: month")
    parser.add_argument("--stage", metavar="STAGE", help="moving on from it, by when deals came to it")
    parser.add_argument("--week-start", choices=("sunday", "monday"), default="sunday", help="default: sunday")
    parser.add_argument(
        "--fiscal-year-start", type=int, choices=range(1, 13), default=1, metavar="MONTH", help="default: 1"
    )
    _horizon(parser)


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


def _most(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--most", type=_count_of, default=12, metavar="N", help="how many paths to name; default: 12")


def _sales_velocity(call: Call) -> Asked:
    counted = cast(Counted, call.options.count)
    return Asked(sales_velocity(call.tables, call.filters, counted), {"counted": counted})


def _stalled_deals(call: Call) -> Asked:
    overrides, default = dict(call.options.threshold), call.options.days
    said = {"thresholds": [f"{stage}={days:g}" for stage, days in overrides.items()]} if overrides else {}
    return Asked(stalled_deals(call.tables, call.filters, overrides, default), said | {"default_days": default})


def _thresholds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threshold", action="append", default=[], type=_step_window, metavar="STAGE=DAYS",
        help="after how many days a deal at a stage is stalled, instead of what is learnt; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--days", type=_days, default=DEFAULT_DAYS, metavar="DAYS",
        help="the same where too few deals moved on to learn it; default: 30",
    )  # fmt: skip


def _count(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--count", choices=COUNTED, default="created",
        help="the deals: those created in the period, or those open at its end; default: created",
    )  # fmt: skip


def _findings(call: Call) -> Asked:
    return Asked(findings(call.tables, call.filters, call.facts.get("has_history") == "true"), {})


COMMANDS: dict[str, Command] = {
    "summary": Command(lambda call: Asked(summary(call.tables, call.filters), {}), has_by=False),
    "quality": Command(lambda call: Asked(quality(call.tables, call.filters), {}), has_by=False),
    "summary_trend": Command(lambda call: Asked(summary_trend(call.tables, call.filters), {}), has_by=False),
    "findings": Command(_findings, has_by=False, one_pipeline=True),
    "win_rate": Command(lambda call: Asked(win_rate(call.tables, call.filters, call.by), {})),
    "stage_conversion": Command(_stage_conversion, _whole_count, one_pipeline=True),
    "skipped_stages": Command(_counted(skipped_stages), _how_to_count, has_by=False, one_pipeline=True),
    "deals_in_stage": Command(_deals_in_stage, _list_of_stage, has_by=False, one_pipeline=True),
    "owner_attribution": Command(_counted(owner_attribution), _how_to_count, has_by=False, one_pipeline=True),
    "sales_cycle": Command(lambda call: Asked(sales_cycle(call.tables, call.filters, call.by), {})),
    "bottlenecks": Command(lambda call: Asked(bottlenecks(call.tables, call.filters, call.by), {}), one_pipeline=True),
    "stalled_deals": Command(_stalled_deals, _thresholds, has_by=False, one_pipeline=True),
    "time_in_stage": Command(
        lambda call: Asked(time_in_stage(call.tables, call.filters, call.by), {}), one_pipeline=True
    ),
    "time_to_convert": Command(_time_to_convert, _steps, one_pipeline=True),
    "conversion_trend": Command(_conversion_trend, _periods, has_by=False, one_pipeline=True),
    "comparison": Command(_comparison, _sides, has_by=False, one_pipeline=True),
    "stage_paths": Command(_stage_paths, _most, has_by=False, one_pipeline=True),
    "stage_moves": Command(
        lambda call: Asked(stage_moves(call.tables, call.filters), {}), has_by=False, one_pipeline=True
    ),
    "rework": Command(lambda call: Asked(rework(call.tables, call.filters), {}), has_by=False, one_pipeline=True),
    "sales_velocity": Command(_sales_velocity, _count, has_by=False),
    "push_rate": Command(lambda call: Asked(push_rate(call.tables, call.filters, call.by), {})),
    "pipeline_waterfall": Command(lambda call: Asked(pipeline_waterfall(call.tables, call.filters), {}), has_by=False),
    "drivers": Command(lambda call: Asked(drivers(call.tables, call.filters), {}), has_by=False),
    "lost_reasons": Command(lambda call: Asked(lost_reasons(call.tables, call.filters), {}), has_by=False),
    "missing_reasons": Command(lambda call: Asked(missing_reasons(call.tables, call.filters), {}), has_by=False),
}
