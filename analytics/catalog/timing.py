"""What the time to convert, the trend and the comparison are called and mean."""

from __future__ import annotations

from analytics import comparison, conversion_trend, time_to_convert
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

_AJ = "Aalen and Johansen (1978)"
_AJ_INTERVAL = "Aalen and Johansen (1978); variance: Marubini and Valsecchi (1995); interval: Wilson (1927) on the effective number, Rothman (1978)"

TIMES = (
    _m("start", N_("From"), N_("The stage the time runs from; empty for the creation of the deal."), "", "text"),
    _m("goal", N_("To"), N_("The stage the time runs to; empty for being won. A deal that went past the stage came to it."), "", "text"),
    _m("converted", N_("Converted"), N_("Deals that got there."), "count of deals", "count", "higher"),
    _m("lost_before", N_("Lost before"), N_("Deals lost before they got there."), "count of deals", "count", "lower"),
    _m("handed_off_before", N_("Handed off before"), N_("Deals that left for another pipeline before they got there."), "count of deals", "count"),
    _m("within_days", N_("Within"), N_("The number of days the row tells of."), "", "days"),
    _m("chance", N_("Chance"), N_("The chance that a deal gets there in time. Open deals count for as long as they have been open, neither as lost nor left out."),
       "Aalen-Johansen chance to convert by then, against being lost or handed off first", "share", "higher", _AJ_INTERVAL),
    _m("lost_chance", N_("Chance to be lost"), N_("The chance that a deal is lost by then, before it gets there."), "Aalen-Johansen chance to be lost", "share", "lower", _AJ),
    _m("at_risk", N_("Still watched"), N_("Deals that had neither got there nor been lost by then, and had been followed that long. With few of them a chance says little."), "count of deals", "count"),
    _m("converted_by", N_("Converted by then"), N_("Deals seen to get there in time."), "count of deals", "count", "higher"),
    _m("convert_median_days", N_("Typical time"), N_("Of the deals that get there, half take longer than this. Open deals count for as long as they have been open, so slow deals are not left out."),
       "median of the chance by t / the chance by the longest time told", "days", "lower", "interval: the ratio's, turned around (Brookmeyer and Crowley 1982)"),
    _m("convert_median_low", N_("Typical time, low end"), N_("The low end of its 95% interval."), "95% interval", "days"),
    _m("convert_median_high", N_("Typical time, high end"), N_("The high end of its 95% interval."), "95% interval", "days"),
    _m("convert_p25_days", N_("Fast quarter of converting"), N_("Of the deals that get there, a quarter take no longer than this."), "25th percentile, as the typical time", "days", "lower"),
    _m("convert_p75_days", N_("Slow quarter of converting"), N_("Of the deals that get there, a quarter take longer than this."), "75th percentile, as the typical time", "days", "lower"),
    _m("convert_p90_days", N_("Slowest tenth of converting"), N_("Of the deals that get there, one in ten takes longer than this."), "90th percentile, as the typical time", "days", "lower"),
    _m("half_of_all_days", N_("Half of all deals by"), N_("By then half of all deals that set out have got there. Empty where fewer than half ever do."),
       "first t with a chance of 0.5", "days", "lower", "Brookmeyer and Crowley (1982)"),
    _m("half_of_all_low", N_("Half of all, low end"), N_("The low end of its 95% interval."), "95% interval", "days"),
    _m("half_of_all_high", N_("Half of all, high end"), N_("The high end of its 95% interval; empty where it was not reached."), "95% interval", "days"),
    _m("naive_median_days", N_("Median of the completed"), N_("Half of the deals that have got there took longer. It looks too fast: the slow ones are still open and not in it."), "median over converted deals", "days", "lower"),
    _m("naive_gap", N_("How far off that is"), N_("By how much the median of the completed falls short of the typical time."), "median of the completed / typical time - 1", "share"),
    _m("untimed", N_("Without times"), N_("Deals left out because a date is missing."), "count of deals", "count", "lower"),
    _m("earlier", N_("Already been there"), N_("Deals left out because they were at the goal before they came to the start."), "count of deals", "count"),
)  # fmt: skip

TREND = (
    _m("period", N_("Period"), N_("When the deals were created, or came to the stage: 2026-03, 2026-Q1, or the first day of a week; all for all of them together."), "in the workspace's time zone", "text"),
    _m("starts_on", N_("First day"), N_("The first day of the period."), "", "text"),
    _m("ends_on", N_("Last day"), N_("The last day of the period."), "", "text"),
    _m("is_partial", N_("Cut off"), N_("True where the period is not over, or the dates chosen cut it."), "", "flag"),
    _m("value_created", N_("Money in them"), N_("What the deals of the period are worth, at their present amounts. Empty where there are several currencies."), "sum of amount", "money", "higher"),
    _m("is_mature", N_("Old enough"), N_("True where the deals have been followed long enough to tell. A younger period shows what is sure so far: it can only rise."),
       "10 deals still watched at that age, or half of them followed to it", "flag"),
    _m("followed_days", N_("Followed for"), N_("How long the deals of the period have been followed, up to the age they are told by."), "", "days"),
    _m("rate_so_far", N_("Converted so far"), N_("The share of the period's deals that has converted so far. Recent periods look bad, because most of their deals are still open."), "converted / deals", "share", "higher"),
    _m("slope", N_("Change a period"), N_("By how much the chance changes from a period to the next, over the periods old enough to tell."),
       "regression of the chance on time, weighted by the effective number", "share", "higher", "Cochran (1954), Armitage (1955)"),
    _m("slope_low", N_("Change a period, low end"), N_("The low end of its 95% interval. Where periods vary by more than chance, the interval is wider by as much."),
       "variance x max(1, Pearson's chi-square around the line / (periods - 2)); Student's t with periods - 2", "share", source="McCullagh and Nelder (1989), 4.5"),
    _m("slope_high", N_("Change a period, high end"), N_("The high end of its 95% interval, made as the low end."), "as the low end", "share", source="McCullagh and Nelder (1989), 4.5"),
)  # fmt: skip

COMPARISON = (
    _m("part", N_("Part"), N_("What the row is about: a stage, the number of deals, the win rate or the money won, or what one of these differences is made of."),
       "stage, deals, win_rate, win_rate_effect, money_won, money_effect", "text"),
    _m("effect", N_("Effect"), N_("What the part of the difference comes from. Mix: other kinds of deals than before. Rate: the same kinds won more or less often. Volume: more or fewer deals. Amount: larger or smaller won deals."),
       "each factor's change, averaged over all orders in which they could change; the parts add up exactly", "text",
       source="Kitagawa (1955), Das Gupta (1993)"),
    _m("mix_group", N_("Group"), N_("The group of the mix the row tells of, in rows that are not totals."), "", "text"),
    _m("is_total", N_("Total"), N_("True for a whole figure or effect, false for one group's part in it."), "", "flag"),
    _m("value_a", N_("Before"), N_("The figure of the first side, the one compared against."), "by the same age on both sides", "number"),
    _m("low_a", N_("Before, low end"), N_("The low end of its 95% interval."), "95% interval", "number"),
    _m("high_a", N_("Before, high end"), N_("The high end of its 95% interval."), "95% interval", "number"),
    _m("n_a", N_("Deals before"), N_("Deals of the first side."), "count of deals", "count"),
    _m("value_b", N_("After"), N_("The figure of the second side."), "by the same age on both sides", "number"),
    _m("low_b", N_("After, low end"), N_("The low end of its 95% interval."), "95% interval", "number"),
    _m("high_b", N_("After, high end"), N_("The high end of its 95% interval."), "95% interval", "number"),
    _m("n_b", N_("Deals after"), N_("Deals of the second side."), "count of deals", "count"),
    _m("difference", N_("Difference"), N_("The second side less the first, or the part of that difference the row tells of; parts add up to the whole, money to the cent. In findings, the group less the rest."), "after - before; group - rest", "number"),
    _m("undecided_a", N_("Still open before"), N_("Deals of the first side that are still open."), "count of deals", "count"),
    _m("undecided_b", N_("Still open after"), N_("Deals of the second side that are still open."), "count of deals", "count"),
)  # fmt: skip

SECTIONS = (("Time to convert", TIMES), ("Trend", TREND), ("Comparison", COMPARISON))

ANSWERS = (
    Answer("time_to_convert", N_("Time to convert"), N_("How many deals get from one step to a later one by when, and how long those take that do. Open deals count for as long as they have been open. Groups are compared with all others together, by the area under their chances: more deals sooner."),
           (*time_to_convert.COLUMNS, "q_value", "tests")),
    Answer("conversion_trend", N_("Trend"), N_("How many deals are won within the same time, by when they were created; or how many move on from a stage, by when they came to it. Each period is tested against the one before, corrected for all such steps; from three steps on, against how much steps usually vary where that is more than chance (genomic control: Devlin and Roeder 1999). The row of all periods tells whether there is a trend, a test of its own."),
           conversion_trend.COLUMNS),
    Answer("comparison", N_("Comparison"), N_("Two periods or two groups side by side at the same age, and what their difference is made of: mix and rates, and for money also volume and amounts. Intervals of effects are from a parametric bootstrap (seeded, 600 draws)."),
           comparison.COLUMNS),
)  # fmt: skip
