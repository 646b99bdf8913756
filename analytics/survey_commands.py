"""The commands about surveys: what each asks, and the options it alone has."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from analytics.calls import Asked, Call, Command
from analytics.follow_commands import FOLLOWS
from analytics.nps.accounts import account_nps
from analytics.nps.adaptive import LEAST, nps_windows
from analytics.nps.change_points import nps_change_points
from analytics.nps.compared import Sides, nps_compared
from analytics.nps.distribution import nps_distribution
from analytics.nps.loop import ONLY, WITHIN_DAYS, loop_cases, loop_standing
from analytics.nps.loop_effect import GROUPS, loop_effect, loop_effect_customers
from analytics.nps.loop_times import loop_curve, loop_times
from analytics.nps.marked import WINDOW, nps_marks
from analytics.nps.matching import respondent_matches
from analytics.nps.mix import nps_mix
from analytics.nps.non_response import non_response
from analytics.nps.response_rate import response_rate
from analytics.nps.revenue_weighted import nps_accounts, revenue_weighted_nps
from analytics.nps.reweighted import nps_reweighted
from analytics.nps.scales import survey_scales
from analytics.nps.silence_follows import silence_follows
from analytics.nps.silent import SILENT, silence, silent_accounts
from analytics.nps.spans import SPANS
from analytics.nps.themes.heard import theme_comments, theme_volume
from analytics.nps.themes.keyness import LEAST_MENTIONS, nps_keyness
from analytics.nps.themes.suggestions import theme_suggestions
from analytics.nps.themes.themes import RECENT_DAYS, nps_themes
from analytics.nps.trend import nps
from data.errors import RequestProblem
from data.messages import say
from data.theme_list import Theme


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


def _nps_windows(call: Call) -> Asked:
    return Asked(nps_windows(call.tables, call.filters, call.options.least), {"least": call.options.least})


def _least(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--least", type=_positive, default=LEAST, metavar="N", help=f"the answers a window waits for; default: {LEAST}"
    )


def _nps_compared(call: Call) -> Asked:
    return Asked(nps_compared(call.tables, call.filters, Sides(call.options.before, call.options.after)), {})


def _stretches(parser: argparse.ArgumentParser) -> None:
    for name in ("before", "after"):
        parser.add_argument(
            f"--{name}", type=_stretch, required=True, metavar="FROM:TO", help="first and last day of a period"
        )


def _stretch(text: str) -> tuple[date, date]:
    try:
        since, until = (date.fromisoformat(day) for day in text.split(":"))
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is not a period: write it as 2026-01-01:2026-03-31') from None
    return since, until


def _nps_change_points(call: Call) -> Asked:
    return Asked(nps_change_points(call.tables, call.filters), {})


def _nps_marks(call: Call) -> Asked:
    return Asked(nps_marks(call.tables, call.filters, call.marks, call.options.days), {"days": call.options.days})


def _mark_days(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--days", type=_positive, default=WINDOW, metavar="N", help=f"on either side of each; default: {WINDOW}"
    )


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a whole number from 1 on')
    return number


def _nps_mix(call: Call) -> Asked:
    return Asked(nps_mix(call.tables, call.filters, call.by, call.options.days), {})


def _mix_days(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--days", type=_positive, metavar="N", help="length of each stretch; default: the period, else 365 or half of what there is"
    )  # fmt: skip


def _account_nps(call: Call) -> Asked:
    return Asked(account_nps(call.tables, call.filters, call.by), {})


def _revenue_weighted_nps(call: Call) -> Asked:
    return Asked(revenue_weighted_nps(call.tables, call.filters, call.by), {})


def _nps_accounts(call: Call) -> Asked:
    return Asked(nps_accounts(call.tables, call.filters, call.options.most), {})


def _most_accounts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--most", type=_positive, metavar="N", help="how many accounts to list; default: all")


def _nps_distribution(call: Call) -> Asked:
    days = call.options.days
    return Asked(nps_distribution(call.tables, call.filters, days), {"days": days})


def _distribution_days(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--days", type=int, choices=range(1, 3651), metavar="N",
        help="the last N days against the N before; without it the period of --from, or all answers",
    )  # fmt: skip


def _survey_scales(call: Call) -> Asked:
    return Asked(survey_scales(call.tables, call.filters), {})


def _respondent_matches(call: Call) -> Asked:
    return Asked(respondent_matches(call.tables, call.filters), {})


def _response_rate(call: Call) -> Asked:
    asked = call.options
    question = response_rate(call.tables, call.filters, asked.grain, call.by, asked.week_start, asked.fiscal_year_start)
    return Asked(question, {"grain": asked.grain})


def _non_response(call: Call) -> Asked:
    return Asked(non_response(call.tables, call.filters), {})


def _nps_reweighted(call: Call) -> Asked:
    return Asked(nps_reweighted(call.tables, call.filters), {})


def _silent_accounts(call: Call) -> Asked:
    asked = call.options
    question = silent_accounts(
        call.tables, call.filters, **_promised(call), silence=asked.silence, owner=asked.owner, most=asked.most
    )
    said = {"silence": asked.silence, "owner": asked.owner}
    return Asked(question, {name: value for name, value in said.items() if value is not None})


def _promised(call: Call) -> dict[str, Any]:
    """What the workspace promises its customers."""
    kept = call.customers
    return {"tier_days": kept.tier_days, "counts_cases": kept.counts_cases, "margin": kept.margin}


def _silent_only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--silence", choices=SILENT, help="how they are silent; default: however they are")
    parser.add_argument("--owner", metavar="NAME", help="who looks after them; default: whoever it is")
    parser.add_argument("--most", type=_positive, metavar="N", help="how many customers to list; default: all")


def _silence(call: Call) -> Asked:
    return Asked(silence(call.tables, call.filters, call.by, **_promised(call)), {})


def _silence_follows(call: Call) -> Asked:
    return Asked(silence_follows(call.tables, call.filters), {})


def _noted(call: Call) -> dict[str, Any]:
    """What was noted of cases, and how soon they are to be answered."""
    return {"kept": call.loop, "sla_days": call.surveys.sla_days}


def _loop_cases(call: Call) -> Asked:
    asked = call.options
    within = None if asked.only in ("contacted", "closed") else asked.within_days or None
    options = {"within_days": within, "only": asked.only, "owner": asked.owner, "most": asked.most}
    question = loop_cases(call.tables, call.filters, **_noted(call), **options)
    return Asked(question, {name: value for name, value in options.items() if value is not None})


def _case_choices(parser: argparse.ArgumentParser) -> None:
    _within(parser)
    parser.add_argument(
        "--only", choices=ONLY, default="open", help="which cases; open are all that are not closed; default: open"
    )
    parser.add_argument("--owner", metavar="NAME", help="whose cases; default: everybody's")
    parser.add_argument("--most", type=_positive, metavar="N", help="how many cases to list; default: all")


def _within(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--within-days", type=_days, metavar="N", default=WITHIN_DAYS,
        help=f"how old answers may be of which nothing was noted; 0: of any age; default: {WITHIN_DAYS}",
    )  # fmt: skip


def _days(text: str) -> int:
    return 0 if text.strip() == "0" else _positive(text)


def _loop_standing(call: Call) -> Asked:
    within = call.options.within_days or None
    return Asked(loop_standing(call.tables, call.filters, **_noted(call), within_days=within), {"within_days": within})


def _loop_times(call: Call) -> Asked:
    return Asked(loop_times(call.tables, call.filters, call.by, **_noted(call)), {"sla_days": call.surveys.sla_days})


def _loop_curve(call: Call) -> Asked:
    return Asked(loop_curve(call.tables, call.filters, **_noted(call)), {})


def _loop_effect(call: Call) -> Asked:
    return Asked(loop_effect(call.tables, call.filters, call.loop), {})


def _loop_effect_customers(call: Call) -> Asked:
    asked = call.options
    question = loop_effect_customers(call.tables, call.filters, call.loop, group=asked.group, most=asked.most)
    return Asked(question, {} if asked.group is None else {"group": asked.group})


def _loop_groups(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--group", choices=GROUPS, help="whose cases were closed in time, or were not; default: both")
    parser.add_argument("--most", type=_positive, metavar="N", help="how many customers to list; default: all")


def _nps_keyness(call: Call) -> Asked:
    least = call.options.least
    return Asked(nps_keyness(call.tables, call.filters, call.themes, least), {"least": least})


def _least_mentions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--least", type=_positive, default=LEAST_MENTIONS, metavar="N",
        help=f"in how many comments a word must be; default: {LEAST_MENTIONS}",
    )  # fmt: skip


def _nps_themes(call: Call) -> Asked:
    days = call.options.days
    return Asked(nps_themes(call.tables, call.filters, call.themes, days), {"days": days})


def _recent_days(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--days", type=_positive, default=RECENT_DAYS, metavar="N",
        help=f"growth is that of the last N days against the N before; default: {RECENT_DAYS}",
    )  # fmt: skip


def _theme_volume(call: Call) -> Asked:
    asked, theme = call.options, _theme(call)
    question = theme_volume(call.tables, call.filters, theme, asked.grain, asked.week_start, asked.fiscal_year_start)
    return Asked(question, {"theme": theme.name, "grain": asked.grain})


def _theme(call: Call) -> Theme:
    """The theme that is asked for, by its name."""
    name = call.options.theme
    for theme in call.themes:
        if theme.name.casefold() == name.strip().casefold():
            return theme
    known = ", ".join(theme.name for theme in call.themes)
    raise RequestProblem(say('There is no theme "{name}".', name=name), say("There are: {names}", names=known))


def _one_theme(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--theme", required=True, metavar="NAME", help="a theme of the workspace's list")


def _theme_in_spans(parser: argparse.ArgumentParser) -> None:
    _one_theme(parser)
    _span(parser)


def _theme_comments(call: Call) -> Asked:
    theme = _theme(call)
    question = theme_comments(call.tables, call.filters, theme, call.themes, call.options.most)
    return Asked(question, {"theme": theme.name})


def _theme_and_most(parser: argparse.ArgumentParser) -> None:
    _one_theme(parser)
    parser.add_argument("--most", type=_positive, metavar="N", help="how many comments to list; default: all")


def _theme_suggestions(call: Call) -> Asked:
    only = not call.options.of_all
    return Asked(theme_suggestions(call.tables, call.filters, call.themes, only), {"of": "others" if only else "all"})


def _learnt_from(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--of-all", action="store_true", help="learn from all comments, not only from those of no theme"
    )


SURVEYS: dict[str, Command] = {
    "nps": Command(_nps, _span, of_answers=True),
    "nps_windows": Command(_nps_windows, _least, has_by=False, of_answers=True),
    "nps_compared": Command(_nps_compared, _stretches, has_by=False, of_answers=True),
    "nps_change_points": Command(_nps_change_points, has_by=False, of_answers=True),
    "nps_marks": Command(_nps_marks, _mark_days, has_by=False, of_answers=True),
    "nps_mix": Command(_nps_mix, _mix_days, of_answers=True),
    "account_nps": Command(_account_nps, of_answers=True),
    "revenue_weighted_nps": Command(_revenue_weighted_nps, of_answers=True),
    "nps_accounts": Command(_nps_accounts, _most_accounts, has_by=False, of_answers=True),
    "nps_distribution": Command(_nps_distribution, _distribution_days, has_by=False, of_answers=True),
    "survey_scales": Command(_survey_scales, has_by=False, of_answers=True),
    "respondent_matches": Command(_respondent_matches, has_by=False, of_answers=True),
    "response_rate": Command(_response_rate, _span, of_answers=True, of_asked=True),
    "non_response": Command(_non_response, has_by=False, of_answers=True, of_asked=True, needs_scores=True),
    "nps_reweighted": Command(_nps_reweighted, has_by=False, of_answers=True, of_asked=True, needs_scores=True),
    "silent_accounts": Command(
        _silent_accounts, _silent_only, has_by=False, of_answers=True, of_asked=True, needs_scores=True
    ),
    "silence": Command(_silence, of_answers=True, of_asked=True, needs_scores=True),
    "silence_follows": Command(_silence_follows, has_by=False, of_answers=True, of_asked=True),
    "loop_cases": Command(_loop_cases, _case_choices, has_by=False, of_answers=True),
    "loop_standing": Command(_loop_standing, _within, has_by=False, of_answers=True),
    "loop_times": Command(_loop_times, of_answers=True),
    "loop_curve": Command(_loop_curve, has_by=False, of_answers=True),
    "loop_effect": Command(_loop_effect, has_by=False, of_answers=True),
    "loop_effect_customers": Command(_loop_effect_customers, _loop_groups, has_by=False, of_answers=True),
    **FOLLOWS,
    "nps_keyness": Command(_nps_keyness, _least_mentions, has_by=False, of_answers=True),
    "nps_themes": Command(_nps_themes, _recent_days, has_by=False, of_answers=True),
    "theme_volume": Command(_theme_volume, _theme_in_spans, has_by=False, of_answers=True),
    "theme_comments": Command(_theme_comments, _theme_and_most, has_by=False, of_answers=True),
    "theme_suggestions": Command(_theme_suggestions, _learnt_from, has_by=False, of_answers=True),
}
