"""The commands about scenarios: what each asks, and the options it alone has."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
from ibis import _

from analytics.calls import Asked, Call, Command
from analytics.customers import who
from analytics.customers.basis import counts, source
from analytics.customers.value_risk import QUADRANTS, Lines, placed
from analytics.fields import find
from analytics.filters import Filters
from analytics.question import Answers, Question
from analytics.rows import rows, whole
from analytics.what_if import told
from analytics.what_if.acted_on import acted_on
from analytics.what_if.base import Base
from analytics.what_if.break_even import break_even
from analytics.what_if.fitted import answered
from analytics.what_if.goal_seek import DRAWS, GOALS, OF_TODAY, goal_seek
from analytics.what_if.outcome import Outcome
from analytics.what_if.past_retention import past_retention
from analytics.what_if.pipeline_asked import standing
from analytics.what_if.pipeline_chances import LEAST_CLOSED
from analytics.what_if.retention_effect import LIFETIME, POINTS, retention_effect
from analytics.what_if.scenario import Scenario
from analytics.what_if.scenario_file import example, read
from analytics.what_if.simulate import simulate
from analytics.what_if.tornado import tornado
from analytics.what_if.waterfall import waterfall
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

# What is asked about where no scenario is given.
NOTHING_DONE = Scenario("")
LONGEST_FILE = 5_000_000  # bytes


def scenario_of(name: str | None) -> Scenario:
    """The scenario of a file, "-" being what is piped in; without a name one without levers. Raises RequestProblem."""
    if name is None:
        return NOTHING_DONE
    try:
        with sys.stdin.buffer if name == "-" else Path(name).open("rb") as file:
            content = file.read(LONGEST_FILE + 1)
    except OSError:
        raise RequestProblem(
            say("The scenario file {file} cannot be read.", file=name),
            say("Name a YAML file; what_if --example prints one to begin from."),
        ) from None
    if len(content) > LONGEST_FILE:
        raise RequestProblem(say("The scenario file {file} is too large.", file=name), say("Write at most 5 MB."))
    try:
        return read(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise RequestProblem(
            say("The scenario file {file} is not text.", file=name), say("Save it as UTF-8.")
        ) from None


def of_base(call: Call, scenario: Scenario, make: Callable[[Base, Scenario], pd.DataFrame]) -> Asked:
    """What is made of the baseline and a scenario, and the assumptions it rests on."""
    question = answered(call.tables, call.filters, scenario, call.customers, of=make)
    return Asked(question, _said(call, scenario))


def _said(call: Call, scenario: Scenario) -> dict[str, Any]:
    margin = scenario.margin if scenario.margin is not None else call.customers.margin
    return {
        "scenario": scenario.name or None, "horizon_months": scenario.horizon_months, "seed": scenario.seed, "draws": scenario.draws,
        "discount_rate": scenario.discount_rate, "margin": margin,
    }  # fmt: skip


def _of_outcome(make: Callable[[Outcome, Call], pd.DataFrame]) -> Callable[[Call], Asked]:
    def ask(call: Call) -> Asked:
        return of_base(
            call, scenario_of(call.options.scenario), lambda base, scenario: make(simulate(base, scenario), call)
        )

    return ask


def _of_base(make: Callable[[Base, Scenario], pd.DataFrame]) -> Callable[[Call], Asked]:
    return lambda call: of_base(call, scenario_of(call.options.scenario), make)


def _what_if(call: Call) -> Asked:
    if call.options.example:
        return Asked(_example(call.tables, call.filters, call), {}, lambda found: str(found["example"].iloc[0]))
    return _of_outcome(lambda outcome, _call: told.totals(outcome))(call)


def _customers(call: Call) -> Asked:
    scenario, place = scenario_of(call.options.scenario), call.options.lever
    question = acted_on(call.tables, call.filters, scenario, call.customers, place, call.options.most)
    return Asked(question, {"scenario": scenario.name or None, "lever": place})


def _effect(call: Call) -> Asked:
    points = call.options.points
    scenario = replace(scenario_of(call.options.scenario), horizon_months=LIFETIME, levers=())
    found = of_base(call, scenario, lambda base, scenario: retention_effect(base, scenario, points))
    return Asked(found.question, {"points": points, "discount_rate": scenario.discount_rate})


def _goal(call: Call) -> Asked:
    asked = call.options
    scenario = scenario_of(asked.scenario)
    place = asked.lever
    kept: list[Base] = []

    def keep(base: Base, scenario: Scenario) -> pd.DataFrame:
        kept.append(base)
        return pd.DataFrame()

    if asked.goal not in OF_TODAY and scenario.levers:
        return of_base(call, scenario, lambda base, scenario: goal_seek(base, scenario, asked.goal, asked.value, place))
    based = answered(call.tables, call.filters, scenario, call.customers, of=keep)
    past = past_retention(call.tables, call.filters)

    def finish(answers: Answers) -> pd.DataFrame:
        based.finish(answers)
        windows = past.finish({name[5:]: rows_ for name, rows_ in answers.items() if name.startswith("past_")})
        return goal_seek(kept.pop(), scenario, asked.goal, asked.value, place, DRAWS, windows)

    return Asked(_together(based, past, finish), _said(call, scenario) | {"draws": DRAWS})


def _together(one: Question, other: Question, finish: Callable[[Answers], pd.DataFrame]) -> Question:
    """Two questions asked in the same rounds; the second one's names begin with past_."""

    def named(asks: Any) -> dict[str, Any]:
        return {f"past_{name}": ask for name, ask in asks.items()}

    def later(place: int) -> Callable[[Answers], dict[str, Any]]:
        def more(answers: Answers) -> dict[str, Any]:
            asked = dict(one.more[place](answers)) if place < len(one.more) else {}
            if place < len(other.more):
                own = {name[5:]: found for name, found in answers.items() if name.startswith("past_")}
                asked |= named(other.more[place](own))
            return asked

        return more

    rounds = range(max(len(one.more), len(other.more)))
    return Question({**one.asks, **named(other.asks)}, finish, tuple(map(later, rounds)))


def _example(tables: Tables, filters: Filters, call: Call) -> Question:
    """A scenario to begin from, as text in the one cell `example`: of what the workspace has."""
    stages = tables.stages.filter(_.outcome == "open")
    if call.facts.get("pipeline"):
        stages = stages.filter(_.pipeline == call.facts["pipeline"])
    asks = {
        "basis": counts(tables, filters),
        "stages": stages.select("stage", "stage_order").order_by("stage_order", "stage"),
    }

    def more(answers: Answers) -> dict[str, Any]:
        has_basis = source(rows(answers["basis"])[0]) is not None
        deals = standing(tables, filters, has_basis).filter(_.status.isin(("won", "lost")), _.standing == "new")
        new = {"deals": deals.group_by("pipeline", "currency").agg(deals=_.count())}
        if not has_basis:
            return new
        settings = call.customers
        found = placed(
            tables, filters, Lines(settings.margin, settings.value_limit, settings.risk_limit), is_narrow=True
        )
        asked = {
            "quadrants": found.filter(_.quadrant.notnull()).group_by("quadrant").agg(customers=_.count()),
            "currencies": found.filter(_.quadrant.notnull()).group_by("currency").agg(customers=_.count()).order_by(ibis.desc("customers"), "currency"),
        }  # fmt: skip
        segment = find("segment", tables, "customers") if "segment" in tables.customers.columns else None
        if segment is not None:
            asked["segments"] = who.values(tables, filters, segment).filter(_.value.notnull()).limit(1)
        return new | asked

    def finish(answers: Answers) -> pd.DataFrame:
        there = {row["quadrant"] for row in rows(answers["quadrants"])} if "quadrants" in answers else set()
        currency = rows(answers["currencies"])[0]["currency"] if there else ""
        segments = [row["value"] for row in rows(answers["segments"])] if "segments" in answers else []
        has_deals = any(whole(row["deals"]) >= LEAST_CLOSED for row in rows(answers["deals"]))
        has_history = call.facts.get("has_history") == "true"
        names = [row["stage"] for row in rows(answers["stages"])] if has_history else []
        text = example(names, segments, currency or None, bool(there), has_deals)
        first = next((name for name in QUADRANTS if name in there), "protect")
        return pd.DataFrame({"example": [text.replace("quadrant: protect", f"quadrant: {first}")]})

    return Question(asks, finish, (more,))


# options


def _file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scenario", required=True, metavar="FILE", help="a scenario as YAML or JSON; - reads it from standard input"
    )


def _file_or_example(parser: argparse.ArgumentParser) -> None:
    either = parser.add_mutually_exclusive_group(required=True)
    either.add_argument("--scenario", metavar="FILE", help="a scenario as YAML or JSON; - reads it from standard input")
    either.add_argument("--example", action="store_true", help="print a commented scenario that runs on the workspace")


def _file_or_none(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenario", metavar="FILE", help="default: nothing is done; - reads it from standard input")


def _whom(parser: argparse.ArgumentParser) -> None:
    _file(parser)
    parser.add_argument(
        "--lever", type=_place, metavar="N", help="only whom this lever acts on; the scenario's first is 0"
    )
    parser.add_argument("--most", type=_whole, metavar="N", help="how many rows to list; default: all")


def _points(parser: argparse.ArgumentParser) -> None:
    _file_or_none(parser)
    parser.add_argument("--points", type=_number, default=POINTS, metavar="N", help=f"default: {POINTS:g}")


def _sought(parser: argparse.ArgumentParser) -> None:
    _file_or_none(parser)
    parser.add_argument("--goal", choices=GOALS, required=True, help="what is to be reached")
    parser.add_argument(
        "--value",
        type=_number,
        required=True,
        metavar="N",
        help="1.05 for an nrr of 105%%; of profit_delta and revenue money",
    )
    parser.add_argument(
        "--lever",
        type=_place,
        metavar="N",
        help="the lever whose amount is looked for; default: the scenario's first, 0, and without any retention of everyone",
    )


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise argparse.ArgumentTypeError(f'"{text}" is not a number')
    return found


def _place(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f'"{text}" is not the number of a lever: the first is 0')
    return int(text)


def _whole(text: str) -> int:
    try:
        found = int(text)
    except ValueError:
        found = 0
    if found < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a whole number from 1 on')
    return found


def _command(ask: Callable[[Call], Asked], arguments: Callable[[argparse.ArgumentParser], None]) -> Command:
    """Filters choose customers; scores are made first where anything tells of customers, and deals alone serve too."""
    return Command(ask, arguments, has_by=False, of_customers=True, uses_scores=True)


WHAT_IF: dict[str, Command] = {
    "what_if": _command(_what_if, _file_or_example),
    "what_if_months": _command(_of_outcome(lambda outcome, call: told.by_month(outcome, call.filters.as_of)), _file),
    "what_if_flows": _command(_of_outcome(lambda outcome, call: told.flows(outcome, call.filters.as_of)), _file),
    "what_if_verdict": _command(_of_outcome(lambda outcome, _call: told.verdict(outcome)), _file),
    "what_if_spans": _command(_of_outcome(lambda outcome, _call: told.spans(outcome)), _file),
    "what_if_break_even": _command(_of_base(break_even), _file),
    "what_if_tornado": _command(_of_base(tornado), _file),
    "what_if_waterfall": _command(_of_base(waterfall), _file),
    "what_if_customers": Command(_customers, _whom, has_by=False, of_customers=True, needs_scores=True),
    "retention_effect": _command(_effect, _points),
    "past_retention": Command(
        lambda call: Asked(past_retention(call.tables, call.filters), {}), has_by=False, of_customers=True, needs_scores=True
    ),
    "goal_seek": _command(_goal, _sought),
}  # fmt: skip
