"""What the comparison before and after a day is called and means."""

from __future__ import annotations

from analytics import before_after
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

_MEAN = "restricted mean: Klein and Moeschberger (2003), 4.5"

AROUND = (
    _m("measure", N_("Measure"), N_("What is compared: move_on, the chance to move on from the stage, first visits; days, how long visits of the stage last on average; come_back, the chance to come back to the stage; of whole deals win, the chance to be won; and cycle, how long they take to close on average. What goes on is counted for as long as it was followed."),
       "move_on, come_back, win: Aalen-Johansen; days, cycle: restricted mean (Kaplan-Meier)", "text", source="Aalen and Johansen (1978); " + _MEAN),
    _m("on", N_("Day"), N_("The day that parts before and after; it is the first day of after."), "", "text"),
    _m("is_placebo", N_("Earlier day"), N_("True where an earlier day is compared in the same way, with half the days on either side and by what was known before the day asked for. Nothing was marked there: where it differs too, things were changing already."), "", "flag"),
    _m("compared_days", N_("Days on either side"), N_("Compared is what began within so many days before the day and so many from it on: as many as were asked for, or as the data has on both sides."), "", "days"),
    _m("n_before", N_("Before"), N_("How many visits, of moving on and coming back first visits, or deals began in the days before; of NPS, how many answers came."), "count", "count"),
    _m("n_after", N_("After"), N_("How many began, of NPS came, in the days from it on."), "count", "count"),
    _m("undecided_before", N_("Undecided before"), N_("Of those that began before, how many still went on when the day began. They are followed up to then and no further, so that the change cannot reach back."), "count", "count"),
    _m("undecided_after", N_("Undecided after"), N_("Of those that began after, how many still go on at the as-of date."), "count", "count"),
    _m("before", N_("Value before"), N_("The measure of what began before; of NPS, the score of the answers before."), "as the measure says, by the age within_days", "number"),
    _m("before_low", N_("Before, low end"), N_("The low end of its 95% interval."), "95% interval", "number"),
    _m("before_high", N_("Before, high end"), N_("The high end of its 95% interval."), "95% interval", "number"),
    _m("after", N_("Value after"), N_("The measure of what began from the day on; of NPS, the score of the answers from it on."), "as the measure says, by the age within_days", "number"),
    _m("after_low", N_("After, low end"), N_("The low end of its 95% interval."), "95% interval", "number"),
    _m("after_high", N_("After, high end"), N_("The high end of its 95% interval."), "95% interval", "number"),
    _m("trend_before", N_("Changing before"), N_("True where the measure had already differed at an earlier day, a real difference among those of the earlier days; empty where that could not be tested. Of coming back it is not tested, and with half the days a small trend is not seen."), "q < 0.05 of a row with is_placebo", "flag"),
)  # fmt: skip

SECTIONS = (("Before and after a day", AROUND),)

ANSWERS = (
    Answer("before_after", N_("Before and after"), N_("Whether anything changed on a day. What began in equal windows before and after it is compared, each stage and whole deals; what began before is followed to the day and no further, and both sides are told by the longest age to which both were followed. Shares are tested by the score test with effective numbers, times by the log-rank test; the rows are one family of tests, and those of the earlier days, by which it is checked whether things were changing already, another. Money stands only where the difference is real: of a chance, difference x deals that came after x average amount x chance to be won afterwards; of days, how much more (less, below zero) waits at any time. A difference says that something changed about then, not what changed it."),
           before_after.COLUMNS),
)  # fmt: skip
