"""The commands about what follows from survey answers, and the options each alone has."""

from __future__ import annotations

import argparse

from analytics.calls import Asked, Call, Command
from analytics.nps.at_stake import nps_at_stake, nps_detractors
from analytics.nps.following import VOTES
from analytics.nps.leaving import HORIZONS, nps_and_leaving, nps_before_leaving
from analytics.nps.moves import nps_moved, nps_moves
from analytics.nps.repeat import nps_and_repeat, nps_and_revenue
from analytics.nps.respondent_history import respondent_history


def _leaving(call: Call) -> Asked:
    return Asked(nps_and_leaving(call.tables, call.filters, call.options.months), {"months": call.options.months})


def _repeat(call: Call) -> Asked:
    return Asked(nps_and_repeat(call.tables, call.filters, call.options.months), {"months": call.options.months})


def _stake(call: Call) -> Asked:
    return Asked(nps_at_stake(call.tables, call.filters, call.options.months), {"months": call.options.months})


def _months(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--months", type=int, choices=range(1, 37), default=HORIZONS[0], metavar="N",
        help=f"for how long after each answer; default: {HORIZONS[0]}",
    )  # fmt: skip


def _moved(call: Call) -> Asked:
    asked = call.options
    said = {name: value for name, value in (("from", asked.moved_from), ("to", asked.moved_to)) if value is not None}
    return Asked(nps_moved(call.tables, call.filters, asked.moved_from, asked.moved_to, asked.most), said)


def _which_move(parser: argparse.ArgumentParser) -> None:
    for name in ("from", "to"):
        parser.add_argument(f"--moved-{name}", choices=tuple(VOTES.values()), help="default: who fell")
    _most(parser)


def _detractors(call: Call) -> Asked:
    return Asked(nps_detractors(call.tables, call.filters, call.options.most), {})


def _history(call: Call) -> Asked:
    return Asked(respondent_history(call.tables, call.filters, call.options.customer, call.options.most), {})


def _whose(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--customer", required=True, metavar="NUMBER", help="the customer's number as the file has it, or its name"
    )
    _most(parser)


def _most(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--most", type=_rows, metavar="N", help="how many rows to list; default: all")


def _rows(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a whole number from 1 on')
    return number


FOLLOWS: dict[str, Command] = {
    "nps_and_leaving": Command(_leaving, _months, has_by=False, of_answers=True, needs_scores=True),
    "nps_and_repeat": Command(_repeat, _months, has_by=False, of_answers=True, needs_scores=True),
    "nps_and_revenue": Command(
        lambda call: Asked(nps_and_revenue(call.tables, call.filters), {}), has_by=False, of_answers=True, needs_scores=True
    ),
    "nps_before_leaving": Command(
        lambda call: Asked(nps_before_leaving(call.tables, call.filters), {}), has_by=False, of_answers=True, needs_scores=True
    ),
    "nps_at_stake": Command(_stake, _months, has_by=False, of_answers=True, needs_scores=True),
    "nps_detractors": Command(_detractors, _most, has_by=False, of_answers=True, needs_scores=True),
    "nps_moves": Command(lambda call: Asked(nps_moves(call.tables, call.filters), {}), has_by=False, of_answers=True),
    "nps_moved": Command(_moved, _which_move, has_by=False, of_answers=True, needs_scores=True),
    "respondent_history": Command(_history, _whose, has_by=False, of_answers=True),
}  # fmt: skip
