"""What the curve of a stage is called and means."""

from __future__ import annotations

from analytics import stage_curve
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

_KM = "Kaplan and Meier (1958); interval: Wilson (1927) on the effective number, Rothman (1978)"
_AJ = "Aalen and Johansen (1978); variance: Marubini and Valsecchi (1995); interval: Wilson (1927) on the effective number, Rothman (1978)"
_LOW, _HIGH = N_("The low end of its 95% interval."), N_("The high end of its 95% interval.")

CURVE = (
    _m("still_chance", N_("Chance to be still there"), N_("The chance that a visit of the stage goes on after that many days. Visits that go on count for as long as they have lasted. Together with the chances to have ended in each way it makes 100%."),
       "Kaplan-Meier, leaving in any way", "share", "lower", _KM),
    _m("still_low", N_("Still there, low end"), _LOW, "95% interval", "share", source=_KM),
    _m("still_high", N_("Still there, high end"), _HIGH, "95% interval", "share", source=_KM),
    _m("advance_chance", N_("Chance to have moved on"), N_("The chance that a visit has ended by then with a move to a later stage or a win. Visits lost before are not taken out of it: they can no longer move on."),
       "Aalen-Johansen, against being lost, going back and handing off", "share", "higher", _AJ),
    _m("advance_low", N_("Moved on, low end"), _LOW, "95% interval", "share", source=_AJ),
    _m("advance_high", N_("Moved on, high end"), _HIGH, "95% interval", "share", source=_AJ),
    _m("loss_chance", N_("Chance to have been lost"), N_("The chance that a visit has ended by then with the deal lost."), "Aalen-Johansen", "share", "lower", _AJ),
    _m("loss_low", N_("Lost, low end"), _LOW, "95% interval", "share", source=_AJ),
    _m("loss_high", N_("Lost, high end"), _HIGH, "95% interval", "share", source=_AJ),
    _m("back_chance", N_("Chance to have gone back"), N_("The chance that a visit has ended by then with a move to an earlier stage."), "Aalen-Johansen", "share", "lower", _AJ),
    _m("back_low", N_("Gone back, low end"), _LOW, "95% interval", "share", source=_AJ),
    _m("back_high", N_("Gone back, high end"), _HIGH, "95% interval", "share", source=_AJ),
    _m("handoff_chance", N_("Chance to have been handed off"), N_("The chance that a visit has ended by then with the deal in another pipeline, or part of another record."), "Aalen-Johansen", "share", source=_AJ),
    _m("handoff_low", N_("Handed off, low end"), _LOW, "95% interval", "share", source=_AJ),
    _m("handoff_high", N_("Handed off, high end"), _HIGH, "95% interval", "share", source=_AJ),
)  # fmt: skip

SECTIONS = (("The curve of a stage", CURVE),)

ANSWERS = (
    Answer("stage_curve", N_("Curve of a stage"), N_("How a stage empties, day by day: the chance to be still there, and to have left it in each way. Every visit counts, as in time in stage. Told up to the longest time with 10 still there, and no further than twice the time by which nine in ten have left. Groups are compared with all other visits of the stage by the log-rank test, over all of its times."),
           stage_curve.COLUMNS),
)  # fmt: skip
