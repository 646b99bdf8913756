"""What the queues at stages, and the cumulative flow through them, are called and mean."""

from __future__ import annotations

from analytics import cumulative_flow, queue_growth
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

_LITTLE = "Little (1961); Little and Graves (2008)"
_COUNTS = "conditional test of two Poisson counts: Przyborowski and Wilenski (1940); interval: Zou and Donner (2008)"

QUEUES = (
    _m("is_complete", N_("Complete"), N_("True where the period is over and all its days are counted; false where the as-of date or the chosen dates cut it short."), "", "flag"),
    _m("arrivals", N_("Arrivals"), N_("How many times deals came to the stage in the period; a deal that comes back arrives again."), "count of stays that began", "count"),
    _m("departures", N_("Departures"), N_("How many times deals left the stage in the period: moved on, lost, gone back or handed off."), "count of stays that ended", "count", "higher"),
    _m("net", N_("Net"), N_("By how many deals the queue grew in the period."), "arrivals - departures", "count", "lower"),
    _m("waiting", N_("Waiting"), N_("Deals at the stage at the end of the period."), "waiting before + arrivals - departures", "count", "lower"),
    _m("waiting_value", N_("Money waiting"), N_("What the deals at the stage at the end of the period are worth, at their present amounts. Empty where no amount is known, or several currencies are."), "sum of amounts", "money"),
    _m("waiting_age_days", N_("Days waited so far"), N_("How long the deals that wait at the end of the period have been at the stage, on average."), "mean of end of period - coming to the stage", "days", "lower"),
    _m("average_waiting", N_("Average number waiting"), N_("How many deals were at the stage on average over the period."), "days all deals spent there in the period / days of the period", "number", "lower"),
    _m("little_days", N_("Days by Little's law"), N_("How long a deal takes to get through, from how many wait and how many leave. In a queue that neither grows nor ages it is the measured time."), "average number waiting / departures a day", "days", "lower", _LITTLE),
    _m("measured_days", N_("Days measured"), N_("How long those that left in the period had been at the stage, on average."), "mean of leaving - coming, stays that ended in the period", "days", "lower"),
    _m("little_gap_days", N_("Gap in days"), N_("Days by Little's law less days measured. It is how much longer the deals that wait have waited in all at the end of the period than those at its start, a departure: nought in a stable queue."), "Little's days - measured days = (days waited so far in all at the end - at the start) / departures", "days", "lower", _LITTLE),
    _m("little_reason", N_("What the gap says"), N_("agrees, where the gap is at most a tenth of the measured time; else what most of it comes from: more_wait or fewer_wait than at the start, or those that wait are older or younger."), "", "text"),
    _m("growth_per_period", N_("Growth a period"), N_("By how many deals the queue grew a period, over the last three complete ones."), "(arrivals - departures) / 3", "number", "lower"),
    _m("growth_low", N_("Growth, low end"), N_("The low end of its 95% interval. It is widened where periods vary by more than the chance of single deals."), "from two score intervals of counts; variance multiplied by the scatter of the periods before, never below 1", "number", source=_COUNTS),
    _m("growth_high", N_("Growth, high end"), N_("The high end of its 95% interval."), "as the low end", "number", source=_COUNTS),
    _m("growth_value", N_("Growth in money"), N_("By how much money the queue grew a period, over the last three complete ones."), "(amounts that came - amounts that left) / 3", "money", "lower"),
    _m("growth_value_low", N_("Growth in money, low end"), N_("The low end of its 95% interval."), "variance of a compound Poisson sum: sum of squared amounts, widened as the growth", "money"),
    _m("growth_value_high", N_("Growth in money, high end"), N_("The high end of its 95% interval."), "as the low end", "money"),
    _m("is_growing", N_("Growing"), N_("True where more deals came than left in each of the last three complete periods, and the two differ by more than chance, corrected over the stages. Empty below 30 deals that came or left."), "arrivals > departures in 3 periods, and q-value < 0.05", "flag", "lower", _COUNTS),
    _m("is_shrinking", N_("Shrinking"), N_("The same the other way round."), "arrivals < departures in 3 periods, and q-value < 0.05", "flag", "neither", _COUNTS),
)  # fmt: skip

FLOW = (
    _m("line", N_("Line"), N_("stage for an open stage; lost, handed_off or won for an end."), "", "text"),
    _m("reached_in_period", N_("Reached in the period"), N_("Deals that came to the stage or got past it, for the first time, in the period."), "count of deals", "count"),
    _m("cumulative", N_("Reached so far"), N_("Deals that had come to the stage or got past it by the end of the period, counted when they first did. A deal that was lost, handed off or won has got past all stages."), "count of deals, running", "count", "higher"),
    _m("since_start", N_("Reached, without old ends"), N_("The same without the deals that had ended before the first period."), "reached so far - ended before", "count"),
    _m("in_between", N_("In between"), N_("Deals that had got to here and not to the next line by the end of the period: those in the stage. Of lost, handed off and won, those that ended so."), "distance to the next line", "count"),
    _m("approximate_days", N_("Approximate time"), N_("How long ago as many deals had got to here as have got to the next line by the end of the period: about how long the stage takes, if deals left in the order they came. Empty where that was before the first period."), "distance to the next line along time", "days", "lower"),
)  # fmt: skip

SECTIONS = (("Queues", QUEUES), ("Cumulative flow", FLOW))

ANSWERS = (
    Answer("queue_growth", N_("Queues"), N_("Whether deals come to each stage faster than they leave it, by week, month or quarter: arrivals, departures, who waits and for how much money. The row all tells the complete periods together, checks the time in stage by Little's law, and says whether the queue grows by more than chance. The dates chosen are the periods told; without them the last 26 weeks, 12 months or 12 quarters. Stays without usable times are left out and counted; a stage of which no file tells when deals came and left has the row all only."),
           queue_growth.COLUMNS),
    Answer("cumulative_flow", N_("Cumulative flow"), N_("How many deals had come to each stage, or got past it, by the end of each week, month or quarter: the cumulative-flow diagram. No line falls and none crosses the next; the distance between two is the deals in between, and across it about the time they take. Dates as in queues."),
           cumulative_flow.COLUMNS),
)  # fmt: skip
