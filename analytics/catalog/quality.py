"""What the numbers about the data's own quality are called and mean."""

from __future__ import annotations

from analytics import quality
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.problems import PROBLEMS
from data.messages import N_

_NAMES = ", ".join((quality.CLEAN, *PROBLEMS))

QUALITY = (
    _m("problem", N_("Problem"), N_("Which problem of deals the row is about; clean: the deals without any, those only worth knowing aside."), _NAMES, "text"),
    _m("severity", N_("Weight"), N_("wrong: it cannot be so, or counts what is not there. missing: a figure needs it. info: worth knowing, and may well be so."), "wrong, missing, info", "text"),
    _m("checked", N_("Deals checked"), N_("How many deals were looked at: those the filters leave, of all dates."), "count of deals, the same in every row", "count"),
    _m("deals_won", N_("Of them won"), N_("Deals of the row that are won."), "count of deals", "count"),
    _m("deals_lost", N_("Of them lost"), N_("Deals of the row that are lost."), "count of deals", "count"),
    _m("without", N_("Without them"), N_("The figure if the deals with the problem are left out. Where a problem only befalls deals of one outcome, leaving them out shifts the win rate by itself."), "the figure's own formula over the other deals", "number"),
    _m("n_without", N_("Based on, without them"), N_("How many deals that figure rests on."), "count of deals", "count"),
    _m("if_lost", N_("If they were lost"), N_("The win rate if the open deals with the problem were lost. Told of deals that are open on paper only: overdue, or open for too long."), "won / (won + lost + open deals with the problem)", "share", "higher"),
)  # fmt: skip

SECTIONS = (("Data quality", QUALITY),)

ANSWERS = (
    Answer("quality", N_("Data quality"), N_("What is wrong with the deals, and what each problem does to each headline figure: a row a problem and figure, those that change a figure most first. The first row is about the deals without a problem. Deals are judged by all deals of the workspace, whatever the filters; what no file has for any deal is not counted as missing."), quality.COLUMNS),
)  # fmt: skip
