"""`python -m analytics NAME`: any number of the app, without the app."""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import pandas as pd

from analytics.calls import Asked, Call
from analytics.catalog import ANSWERS, METRICS
from analytics.commands import COMMANDS, FIRST_YEAR, LAST_YEAR, day_of, named_stages
from analytics.customers import who
from analytics.customers.basis import counts, source
from analytics.customers.scores import ensure, is_there
from analytics.fields import Field, find
from analytics.filters import ENDLESS, Choice, Filters, Models, values
from analytics.nps import answers
from analytics.problems import PROBLEMS
from analytics.rows import Row, rows
from data import calendars
from data.calendars import CALENDARS, with_macros
from data.customer_settings import CustomerSettings
from data.engine import Engine
from data.errors import DataError, RequestProblem
from data.messages import Message, say
from data.store import Settings, Workspace
from data.unlocks import ADD
from data.workspaces import default_workspace

REFUSED = 2


class _Parser(argparse.ArgumentParser):
    """Refuses in one sentence on standard error."""

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"{message[:1].upper()}{message[1:]}. See python -m analytics --help.\n")


def main(arguments: list[str] | None = None) -> int:
    """Answer one call; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    options = _parser().parse_args(arguments)
    if options.list or options.name is None:
        for answer in ANSWERS.values():
            print(f"{answer.name:<18} {answer.meaning}")
        return 0
    try:
        print(_answer(options))
    except DataError as problem:
        print(" ".join(str(problem).split()), file=sys.stderr)
        return REFUSED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m analytics", description="The numbers of the app, on the command line.")
    parser.add_argument("--list", action="store_true", help="name them all")
    names = parser.add_subparsers(dest="name", metavar="NAME", parser_class=_Parser)
    for answer in ANSWERS.values():
        columns = "\n".join(f"  {name:<18} {METRICS[name].meaning}" for name in answer.columns)
        command = names.add_parser(
            answer.name,
            help=answer.label,
            description=f"{answer.meaning}\n\nColumns of a row:\n{columns}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument("--workspace", type=Path, metavar="FOLDER", help="default: the one the app uses")
        command.add_argument(
            "--as-of", type=_day, metavar="DATE", help="the end of that day; default: of the latest event in the data"
        )
        command.add_argument("--from", dest="since", type=_day, metavar="DATE", help="the period's first day")
        command.add_argument("--to", dest="until", type=_day, metavar="DATE", help="the period's last day")
        command.add_argument(
            "--where", action="append", default=[], type=_pair, metavar="FIELD=VALUE",
            help='keep deals with this value ("FIELD=": with none); again: the same field means or, another means and',
        )  # fmt: skip
        command.add_argument(
            "--without", action="append", default=[], metavar="PROBLEM",
            help=f"leave out deals with this data problem; again: with any of them. One of: {', '.join(PROBLEMS)}",
        )  # fmt: skip
        command.add_argument(
            "--calendar", choices=CALENDARS,
            help="the days that durations count: all, or working days (Sunday to Thursday without the holidays of Israel, "
            "Monday to Friday); default: the workspace's",
        )  # fmt: skip
        command.add_argument("--sql", action="store_true", help="print the SQL instead of running it")
        command.add_argument("--json", action="store_true", help="print one JSON document")
        if COMMANDS[answer.name].has_by:
            command.add_argument(
                "--by", metavar="FIELD", help="rows for each value of the field, compared with the rest"
            )
        COMMANDS[answer.name].arguments(command)
    return parser


def _day(text: str) -> date:
    try:
        return day_of(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'"{text}" is not a date from {FIRST_YEAR} to {LAST_YEAR}: write it as 2026-12-31'
        ) from None


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f'"{text}" does not say which value: write it as FIELD=VALUE')
    return name, value


def _answer(options: argparse.Namespace) -> str:
    workspace = Workspace(options.workspace or default_workspace())
    engine = workspace.engine()
    try:
        call = _call(options, engine, workspace.settings(), workspace.customer_settings())
        call = replace(call, themes=workspace.themes())
        call = replace(
            call, marks=tuple(workspace.marks()), loop=workspace.loop_cases(), surveys=workspace.survey_settings()
        )
        call = replace(call, scenarios=tuple(workspace.scenarios()))
        if getattr(options, "field", None):
            for value in options.values or ():
                _check_value(engine, find(options.field, call.tables), value)
        if call.by is not None and getattr(options, "segment", None):
            _check_value(engine, call.by, options.segment)
        for reason in getattr(options, "exclude_reason", ()):
            _check_value(engine, find("lost_reason", call.tables), reason)
        _check_stages(engine, named_stages(options), call.filters.pipeline)
        # What cannot be asked is refused before anything is fitted.
        asked = COMMANDS[options.name].ask(call)
        if COMMANDS[options.name].needs_scores or (COMMANDS[options.name].uses_scores and _has_customers(engine, call)):
            ensure(engine, engine.tables, call.filters, _said)
        if options.sql:
            queries = {name: engine.sql(ask) for name, ask in asked.question.expressions(engine.run).items()}
            if options.json:
                return _json({"metric": options.name, "sql": queries})
            return with_macros("\n\n".join(f"-- {name}\n{query};" for name, query in queries.items()))
        found = asked.question.answer(engine.run)
    finally:
        engine.close()
    if COMMANDS[options.name].needs_history and call.facts.get("has_history") != "true":
        # The answer stands for what it says; this says why it is so short, and which file would fill it.
        print(f"No file says when deals came to their stages. {ADD['stage_entries']}", file=sys.stderr)
    if asked.as_text is not None:
        return asked.as_text(found)
    if options.json:
        return _json(_document(options.name, call, asked, found))
    return _table(found, call, asked)


def _has_customers(engine: Engine, call: Call) -> bool:
    """Whether anything tells what customers buy."""
    return source(rows(engine.run(counts(call.tables, call.filters)))[0]) is not None


def _said(share: float, what: Message) -> None:
    """How far a fit has come, for who waits."""
    if sys.stderr.isatty():
        print(f"{share:4.0%}  {what}", file=sys.stderr)


def _call(options: argparse.Namespace, engine: Engine, settings: Settings, customers: CustomerSettings) -> Call:
    tables, time_zone, calendar = (
        engine.tables,
        settings.time_zone,
        calendars.known(options.calendar or settings.calendar),
    )
    command = COMMANDS[options.name]
    near = answers.TABLE if command.of_answers else "customers" if command.of_customers else "deals"
    if options.since and options.until and options.since > options.until:
        raise RequestProblem(
            say("The period ends ({until}) before it begins ({since}).", since=options.since, until=options.until),
            say("Exchange --from and --to."),
        )
    facts = engine.facts()
    chosen: dict[Field, tuple[str, ...]] = {}
    latest = _latest_day(engine, time_zone)
    models = Models(
        getattr(options, "horizon_months", None) or customers.horizon_months,
        customers.discount_rate if getattr(options, "discount_rate", None) is None else options.discount_rate,
    )
    plain = Filters(
        options.as_of or latest, time_zone=time_zone, recorded_until=latest, calendar=calendar, models=models
    )
    for name, value in options.where:
        field = find(name, tables, near)
        if near == "customers" or (command.of_asked and not who.reaches(field)):
            _check_customers(engine, plain, field, value)
        elif near == answers.TABLE:
            _check_answers(engine, plain, field, value)
        else:
            _check_value(engine, field, value)
        chosen[field] = (*chosen.get(field, ()), value)
    pipelines = chosen.get(find("pipeline", tables), ())
    pipeline = None
    if len(pipelines) == 1 and pipelines[0]:
        pipeline = pipelines[0]
        del chosen[find("pipeline", tables)]
    elif not pipelines and COMMANDS[options.name].one_pipeline:
        pipeline = facts.get("pipeline")
    filters = replace(
        plain, since=options.since, until=options.until, pipeline=pipeline, without=tuple(dict.fromkeys(options.without)),
        where=tuple(Choice(field, each) for field, each in chosen.items()),
    )  # fmt: skip
    by = find(options.by, tables, near) if getattr(options, "by", None) else None
    if by is not None and near == answers.TABLE:
        _check_reaches_answers(by)
    return Call(tables, filters, by, options, facts, customers, has_scores=is_there(engine, filters))


def _check_value(engine: Engine, field: Field, value: str) -> None:
    """A misspelt value would give an empty answer that looks like a fact."""
    _check_among(engine.run(values(engine.tables, field)), field, value, say("No deal has any value there."), "deal")


def _check_customers(engine: Engine, filters: Filters, field: Field, value: str) -> None:
    """The same of a field of customers."""
    if not who.reaches(field):
        raise RequestProblem(
            say('"{field}" is not known of customers, so it cannot choose among them.', field=field.name),
            say("Filter by a field of the customers' file, or by who looks after them."),
        )
    found = engine.run(who.values(engine.tables, filters, field))
    _check_among(found, field, value, say("No customer has any value there."), "customer")


def _check_answers(engine: Engine, filters: Filters, field: Field, value: str) -> None:
    """The same of a field of survey answers."""
    _check_reaches_answers(field)
    found = engine.run(answers.values(engine.tables, filters, field))
    _check_among(found, field, value, say("No answer has any value there."), "answer")


def _check_reaches_answers(field: Field) -> None:
    if not answers.reaches(field):
        raise RequestProblem(
            say('"{field}" is not known of survey answers or of customers, so it cannot choose among them.', field=field.name),
            say("Filter by a field of the survey's file or of the customers' file, or by who looks after the customers."),
        )  # fmt: skip


def _check_among(found: pd.DataFrame, field: Field, value: str, none: Message, what: str) -> None:
    known = [row["value"] for row in rows(found) if row["value"] is not None]
    if value and value not in known:
        near = get_close_matches(value.casefold(), [each.casefold() for each in known], n=1)
        names = [each for each in known if near and each.casefold() == near[0]] or known[:3]
        raise RequestProblem(
            say('No customer has "{value}" as its {field}.', value=value, field=field.name)
            if what == "customer"
            else say('No survey answer has "{value}" as its {field}.', value=value, field=field.name)
            if what == "answer"
            else say('No deal has "{value}" as its {field}.', value=value, field=field.name),
            say("Perhaps one of these is meant: {names}.", names=", ".join(names)) if names else none,
        )


def _check_stages(engine: Engine, named: tuple[str, ...], pipeline: str | None) -> None:
    """A misspelt stage would change nothing, which looks like a fact too."""
    stages = engine.tables.stages
    known = rows(engine.run((stages if pipeline is None else stages.filter(stages.pipeline == pipeline)).order_by("stage_order"))) if named else []  # fmt: skip
    names = list(dict.fromkeys(row["stage"] for row in known))
    for stage in named:
        if names and stage not in names:
            raise RequestProblem(
                say('There is no stage called "{stage}".', stage=stage),
                say("The stages are: {names}.", names=", ".join(names)),
            )


def _latest_day(engine: Engine, time_zone: str) -> date:
    latest = engine.latest_event
    if latest is None:
        return ENDLESS
    moment = latest if latest.tzinfo else latest.replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo(time_zone)).date()


def _document(name: str, call: Call, asked: Asked, found: pd.DataFrame) -> dict[str, Any]:
    filters = call.filters
    said: dict[str, Any] = {
        "from": filters.since,
        "to": filters.until,
        "where": {choice.field.name: list(choice.values) for choice in filters.where},
        "pipeline": filters.pipeline,
        "time_zone": filters.time_zone,
    }
    if filters.without:
        said["without"] = list(filters.without)
    if filters.calendar != "every_day":
        said["calendar"] = filters.calendar
    said |= asked.said
    return {
        "metric": name,
        "as_of": None if filters.as_of == ENDLESS else filters.as_of,
        "filters": said,
        "rows": [_plain_row(row) for row in rows(found)],
    }


def _plain_row(row: Row) -> Row:
    """Counts as whole numbers, wherever a frame had to hold them as floats."""
    return {
        name: int(value) if isinstance(value, float) and _unit(name, row) == "count" else value
        for name, value in row.items()
    }


# What is neither a share nor money, wherever it stands.
_NUMBERS = frozenset({
    "mean_pushes", "odds_ratio", "adjusted_odds_ratio", "deals_difference", "deals_low", "deals_high",
    "median_hours", "median_low_hours", "median_high_hours", "mean_touches",
    "months", "median_months", "median_months_low", "median_months_high", "longest_months", "horizon_months",
    "hazard_ratio", "brier", "brier_baseline", "lift_top_decile", "lift",
    "average_waiting", "growth_per_period", "growth_low", "growth_high",
    "predicted", "predicted_low", "predicted_high", "rank_correlation", "estimate", "parameter_low", "parameter_high",
    "expected_purchases", "effective",
    "mean_purchases", "times_as_often", "trait_odds", "odds_low", "odds_high", "match",
    "rhythm_ratio", "score", "score_recent", "score_before",
    "term_odds", "term_low", "term_high",
    "unadjusted_ratio", "detectable_ratio", "lowest_score", "previous_score",
    "answers_a_month", "design_effect", "people_an_account", "effective_n", "effective_accounts",
    "mean_score", "mean_low", "mean_high", "scale_low", "scale_high", "top_from", "bottom_to", "lowest", "highest",
    "gain_per_cost", "saves", "budget_times", "next_unit",
    "mean_answered", "mean_silent", "standardised", "standardised_low", "standardised_high",
    "month", "customers_start", "came", "left", "customers_end", "saved", "saved_p10", "saved_p90", "payback_month", "payback_p10",
    "payback_p90", "return_on_cost", "return_p10", "return_p90", "months_from", "months_to", "lever_place", "amount_low",
    "amount_likely", "amount_high", "break_even_amount", "own_break_even_amount", "input_low", "input_middle", "input_high", "points_added", "goal_value",
    "needed_amount", "goal_now", "goal_at_most", "most_amount",
})  # fmt: skip


def _unit(name: str, row: Mapping[str, Any]) -> str:
    """The unit of one cell; in some columns it depends on the row."""
    unit = METRICS[name].unit if name in METRICS else "text"
    if unit != "number":
        return unit
    if name in ("money_low", "money_high"):
        return "share" if "money_share" in row else "money"
    if "unit" in row:
        return str(row["unit"])
    if name in ("won", "total"):
        return "money" if row.get("definition") == "value" else "count"
    if name == "value" and "value_at_risk" in row:
        return "money"
    if name in ("low", "high") and "expected_gain" in row:
        return "money"
    if "nps" in row and name in ("low", "high", "difference", "before", "after"):
        return "points"
    # The score before and after a day, a change or another period.
    if ("answers_needed" in row or "pairs_of_answers" in row) and name.startswith(
        ("low", "high", "difference", "before", "after")
    ):
        return "points"
    is_of_odds = name in ("low", "high") and ("odds_ratio" in row or "hazard_ratio" in row or "parameter" in row)
    return "number" if is_of_odds or name in _NUMBERS else "share"


def _json(document: Mapping[str, Any]) -> str:
    def plain(value: object) -> object:
        if isinstance(value, datetime | date):
            return value.isoformat()
        if hasattr(value, "item"):
            return value.item()
        raise TypeError(f"{type(value)} has no place in JSON")

    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2, default=plain)


def _table(found: pd.DataFrame, call: Call, asked: Asked) -> str:
    """An aligned table for people; columns without a value are left out."""
    shown = [name for name in found.columns if found[name].notna().any()]
    lines = [shown, *([_cell(name, row) for name in shown] for row in rows(found))]
    widths = [max(len(line[place]) for line in lines) for place in range(len(shown))]
    texts = [name not in METRICS or METRICS[name].unit == "text" for name in shown]
    first = [] if call.filters.as_of == ENDLESS else [f"As of {call.filters.as_of}."]
    first += [f"Without: {', '.join(call.filters.without)}."] if call.filters.without else []
    first += [] if call.filters.calendar == "every_day" else [f"Days: {call.filters.calendar}."]
    first += [
        f"{name.replace('_', ' ').capitalize()}: {', '.join(map(str, value)) if isinstance(value, list) else value}."
        for name, value in asked.said.items()
        if value is not None
    ]
    said = [" ".join(first), ""] if first else []
    for line in lines:
        cells = (
            cell.ljust(width) if is_text else cell.rjust(width)
            for cell, width, is_text in zip(line, widths, texts, strict=True)
        )
        said.append("  ".join(cells).rstrip())
    if found.empty:
        said[-1] = "Nothing to show."
    return "\n".join(said)


def _cell(name: str, row: Row) -> str:
    value = row[name]
    if value is None:
        return "-"
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float) and math.isfinite(value):
        unit = _unit(name, row)
        if name in ("p_value", "q_value"):
            return f"{value:.3g}"
        if unit == "share":
            return f"{value:.2%}"
        return f"{value:,.0f}" if unit == "count" or float(value).is_integer() else f"{value:,.2f}"
    # Text of a CRM may hold control characters that a terminal obeys.
    return "".join(letter if letter.isprintable() else " " for letter in str(value))


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):  # whoever reads only the first lines, as `head` does, wants no traceback
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
