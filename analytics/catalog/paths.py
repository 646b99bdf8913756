"""What the moves between stages, the paths of deals and going back are called and mean."""

from __future__ import annotations

from analytics import stage_paths
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

_WILSON = "Wilson (1927)"

PATHS = (
    _m("move", N_("Move"), N_("How the stay ended: forward to the next stage, past a stage or more (skip), won, lost, back to an earlier stage, handed off, or still there. In the process map also how deals came: start, where they began, and came_in, from another pipeline or after having been closed."), "", "text"),
    _m("next_order", N_("Order of the next stage"), N_("The place in the pipeline of the stage the deal went to."), "", "count"),
    _m("moves", N_("Moves"), N_("Stays that ended this way. A deal that leaves the stage again after coming back counts again, so the moves of a stage add up to its stays."), "count of stays", "count"),
    _m("leaving", N_("Stays that left"), N_("Stays in the stage that have ended; those still there are not among them."), "count of stays", "count"),
    _m("move_share", N_("Share of those that left"), N_("Of the stays that have ended, the share that went this way."), "moves / stays that left", "share", source=_WILSON),
    _m("returns", N_("Of them repeat stays"), N_("Moves out of a stage the deal had come back to."), "count of stays with visit > 1", "count", "lower"),
    _m("money", N_("Money"), N_("What the deals of the row are worth together; in moves, the amount each time a deal moves; in findings, what the difference cost."), "sum of amount; in findings as money_at_stake says", "money"),
    _m("path_key", N_("Path by numbers"), N_("The stages of the path by their place in the pipeline; 0 for a time the deal was closed or in another pipeline, + where it goes on after ten stays."), "", "text"),
    _m("path", N_("Path"), N_("The stages the deals were in, one after the other. Stages a deal went past are not in it; the last row is all other paths together."), "stays in open stages, in order; told apart by the first ten", "text"),
    _m("deal_share", N_("Share of deals"), N_("Of all deals, the share in this row."), "deals / all deals", "share", source=_WILSON),
    _m("rate_low", N_("Win rate, low end"), N_("The low end of the win rate's 95% interval."), "95% interval", "share", source=_WILSON),
    _m("rate_high", N_("Win rate, high end"), N_("The high end of the win rate's 95% interval."), "95% interval", "share", source=_WILSON),
    _m("is_reworked", N_("Came back"), N_("True when the path comes to a stage more than once."), "", "flag"),
    _m("way", N_("Way"), N_("How the deals went: reworked ones came back to a stage they had been in; straight ones were in two stages or more and never came back; the rest were seen in one stage only. Only the first two had the chance to go back, so only they are compared."), "reworked: visit > 1 in an open stage; straight: two open stages or more", "text"),
    _m("matured", N_("Chance to be won"), N_("The chance that a deal is won by the age up to which both ways were followed. Open deals count for as long as they were followed."), "Aalen-Johansen chance of won, in full days from the first stay", "share", "higher", "Aalen and Johansen (1978)"),
    _m("matured_low", N_("Chance, low end"), N_("The low end of the chance's 95% interval."), "95% interval", "share", source="Wilson (1927) on the effective number, Rothman (1978)"),
    _m("matured_high", N_("Chance, high end"), N_("The high end of the chance's 95% interval."), "95% interval", "share", source="Wilson (1927) on the effective number, Rothman (1978)"),
    _m("repeat_days", N_("Days in repeat stays"), N_("The days deals spent in stages they had been in before, all deals together; stays not ended yet count up to now."), "sum of left - entered over stays with visit > 1", "days", "lower"),
    _m("open_money", N_("Money still open"), N_("What the deals of the row that are still open are worth."), "sum of amount over open deals", "money"),
)  # fmt: skip

SECTIONS = (("Paths", PATHS),)

ANSWERS = (
    Answer("stage_paths", N_("Paths"), N_("The commonest ways deals go through the stages, with what became of the deals that went them. A path that stops early is mostly of deals that were lost there, so its win rate says where it stops, not that another order of stages would win more."), stage_paths.PATH_COLUMNS),
    Answer("stage_moves", N_("Moves between stages"), N_("Every way out of every stage: on, past a stage, won, lost, back, handed off, still there."), stage_paths.MOVE_COLUMNS),
    Answer("rework", N_("Going back"), N_("How many deals came back to a stage, what became of them against the deals that went straight on, and the days and money in it. That fewer or more of them are won does not say that going back is the cause."), (*stage_paths.REWORK_COLUMNS, "q_value", "tests")),
)  # fmt: skip
