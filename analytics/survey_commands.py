"""The commands about surveys: what each asks, and the options it alone has."""

from __future__ import annotations

import argparse

from analytics.calls import Asked, Call, Command
from analytics.nps.spans import SPANS
from analytics.nps.trend import nps


def _nps(call: Call) -> Asked:
    asked = call.options
    question = nps(call.tables, call.filters, asked.grain, call.by, asked.week_start, asked.fiscal_year_start)
    return Asked(question, {"grain": asked.grain})


def _span(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--grain", choices=SPANS, default="month", help="default: month")
    parser.add_argument("--week-start", choices=("sunday", "monday"), default="sunday", help="default: sunday")
    parser.add_argument(
        "--fiscal-year-start", type=int, choices=range(1, 13), default=1, metavar="MONTH", help="default: 1"
    )


SURVEYS: dict[str, Command] = {
    "nps": Command(_nps, _span, of_answers=True),
}
