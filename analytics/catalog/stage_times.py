"""What the time in stage is called and means."""

from __future__ import annotations

from analytics import time_in_stage
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

_MEAN = "restricted mean: Klein and Moeschberger (2003), 4.5"

TIMES = (
    _m("visits", N_("Visits"), N_("How many times deals came to the stage; a deal that comes back is another visit. Two stays in a row in one stage are one."), "count of stays", "count"),
    _m("open", N_("Going on"), N_("Visits that go on at the as-of date."), "count of stays", "count"),
    _m("mean_completed_days", N_("Average of the completed"), N_("The average time of the visits that are over. It looks too short: the slow ones still go on and are not in it."), "mean of leaving - coming, visits that are over", "days", "lower"),
    _m("median_completed_days", N_("Median of the completed"), N_("Half of the visits that are over took longer. It looks too short: the slow ones still go on and are not in it."), "median of leaving - coming, visits that are over", "days", "lower"),
    _m("p90_days", N_("Slowest tenth"), N_("One visit in ten takes longer than this. Visits that go on count for as long as they have lasted. Empty where so many have not left yet."), "first time by which 90% have left (Kaplan-Meier)", "days", "lower", "Kaplan and Meier (1958)"),
    _m("restricted_mean_days", N_("Average time"), N_("How long visits last on average, those that go on counted for as long as they have lasted; of each no more than a number of days counts."),
       "area under the chance to be still there (Kaplan-Meier), up to the longest time at which 10 were still there", "days", "lower", _MEAN),
    _m("restricted_mean_low", N_("Average time, low end"), N_("The low end of its 95% interval."), "95% interval", "days", source=_MEAN),
    _m("restricted_mean_high", N_("Average time, high end"), N_("The high end of its 95% interval."), "95% interval", "days", source=_MEAN),
    _m("longest_days", N_("Longest seen"), N_("The longest that a visit was seen to last. Where half have not left yet, the median is at least this."), "maximum of the time so far", "days"),
    _m("at_zero", N_("Over at once"), N_("Visits that were over within a minute, as when somebody clicks through the stages. They are counted."), "count of stays", "count", "lower"),
    _m("together", N_("Moved together"), N_("Visits that began in the same minute as at least 19 others at the stage, as after an import or a clean-up: their times are those of the clean-up. They are counted. Dates without a time of day do not tell."), "count of stays", "count", "lower"),
)  # fmt: skip

SECTIONS = (("Time in stage", TIMES),)

ANSWERS = (
    Answer("time_in_stage", N_("Time in stage"), N_("How long deals stay in each stage. Every visit counts; those that go on count for as long as they have lasted, so slow deals are not left out. Times are unknown for a stage of which no file tells when deals came and left: a stage history does. Groups are compared with all others at the stage by the log-rank test."),
           (*time_in_stage.COLUMNS, *time_in_stage.COMPARED, "q_value", "tests")),
)  # fmt: skip
