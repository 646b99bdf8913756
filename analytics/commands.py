"""The commands of `python -m analytics`: what each asks, and the options it alone has."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from analytics.fields import Field
from analytics.filters import Filters
from analytics.funnel import RULES, Rule, stage_conversion
from analytics.question import Question
from analytics.sales_cycle import sales_cycle
from analytics.summary import summary
from analytics.win_rate import win_rate
from data.schema import Tables


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


def _stage_conversion(call: Call) -> Asked:
    rule = call.options.rule or ("visited" if call.facts.get("has_history") == "true" else "filled")
    return Asked(stage_conversion(call.tables, call.filters, call.by, cast(Rule, rule)), {"rule": rule})


def _rule(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rule", choices=RULES,
        help="what a skipped stage counts as; default: visited, or filled where the files hold no history",
    )  # fmt: skip


COMMANDS: dict[str, Command] = {
    "summary": Command(lambda call: Asked(summary(call.tables, call.filters), {}), has_by=False),
    "win_rate": Command(lambda call: Asked(win_rate(call.tables, call.filters, call.by), {})),
    "stage_conversion": Command(_stage_conversion, _rule, one_pipeline=True),
    "sales_cycle": Command(lambda call: Asked(sales_cycle(call.tables, call.filters, call.by), {})),
}
