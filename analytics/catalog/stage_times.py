"""What the time in stage is called and means."""

from __future__ import annotations

from analytics import bottlenecks, stalled_deals, time_in_stage
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

STALLED = (
    _m("age_days", N_("Days there"), N_("How long the deal has been at its stage."), "as-of date - coming to the stage", "days", "lower"),
    _m("threshold_days", N_("Threshold"), N_("After how many days a deal at the stage is stalled: by then 90% of the deals that ever move on from it have done so. At least 7 days; 30 where fewer than 10 moved on, unless another number is given."),
       "time by which the chance to move on reaches 90% of what it comes to; being lost and going back are competing ends, deals still there are censored (Aalen-Johansen)", "days", source="Aalen and Johansen (1978)"),
    _m("is_learnt", N_("Learnt"), N_("True where the threshold follows from the deals themselves; false where it was given, or too few moved on."), "", "flag"),
    _m("chance_30d", N_("Chance in 30 days"), N_("The chance that the deal moves on within the next 30 days, as deals did that had waited as long. Empty where too few were followed that long."),
       "(chance to have moved on by age + 30 days - by age) / chance to be still there", "share", "higher", "Aalen and Johansen (1978)"),
    _m("reasons", N_("Why"), N_("What is known of why it waits: slow, longer at its stage than the threshold; overdue, past its expected close; quiet, no activity for 30 days (or no change, where no activity is recorded); pushed, put off to a later month; returned, back at the stage; single_contact, one contact person at the customer."), "", "text"),
    _m("overdue_days", N_("Overdue"), N_("How many days ago the deal was expected to close; empty where it was not."), "as-of date - expected close", "days", "lower"),
    _m("quiet_days", N_("Quiet for"), N_("How long ago the last activity was, or where none is recorded, the last change in the CRM."), "as-of date - last activity", "days", "lower"),
    _m("planned", N_("Planned"), N_("Deals that are past the threshold and have an activity planned within 14 days: they are not called stalled. Counted once, and the same in every row."), "count of deals", "count"),
)  # fmt: skip

BOTTLENECKS = (
    _m("share", N_("Share"), N_("Of a leak, the chance that a deal of the group moves on from the stage, as the conversion. Of rework, the share of the group's deals at the stage that came back to it."), "leak: Aalen-Johansen chance to move on; rework: deals with a second visit / deals", "share", "neither", "Aalen and Johansen (1978)"),
    _m("share_rest", N_("Share of the rest"), N_("The same for all other deals at the stage."), "as the share", "share", "neither", "Aalen and Johansen (1978)"),
    _m("share_delta", N_("Difference of shares"), N_("The group's share less that of the rest."), "share - share of the rest", "share", "neither"),
    _m("share_low", N_("Difference of shares, low end"), N_("The low end of its 95% interval."), "from two score intervals", "share", source="Newcombe (1998), method 10"),
    _m("share_high", N_("Difference of shares, high end"), N_("The high end of its 95% interval."), "from two score intervals", "share", source="Newcombe (1998), method 10"),
    _m("days_delta", N_("Days longer"), N_("Of a delay, how much longer the group's deals stay than the rest. Of rework, how long visits after the first last on average."), "difference of restricted means; of rework the restricted mean of the repeated visits", "days", "lower", _MEAN),
)  # fmt: skip

SECTIONS = (("Time in stage", TIMES), ("Bottlenecks", BOTTLENECKS), ("Stalled deals", STALLED))

ANSWERS = (
    Answer("time_in_stage", N_("Time in stage"), N_("How long deals stay in each stage. Every visit counts; those that go on count for as long as they have lasted, so slow deals are not left out. Lengths are rounded down: of up to 50,000 visits to minutes up to two days, five minutes up to twenty and hours up to ninety; of more, to five minutes up to one day and hours up to twenty, with groups to hours up to two; beyond, to days. Times are unknown for a stage of which no file tells when deals came and left: a stage history does. Groups are compared with all others at the stage by the log-rank test."),
           (*time_in_stage.COLUMNS, *time_in_stage.COMPARED, "q_value", "tests")),
    Answer("bottlenecks", N_("Bottlenecks"), N_("Where deals leak, wait and come back: every stage in every group, of the field asked for or of every field that findings compares, against all other deals at the stage. All rows are one family of tests. Only what stands after correction and is worse has money: of a leak, what would not have been lost; of a delay and of rework, what waits longer at any time. Stages overlap, so their money must not be added up."),
           bottlenecks.COLUMNS),
    Answer("stalled_deals", N_("Stalled deals"), N_("The open deals that have been at their stage for longer than deals that moved on from it usually took, those with most money first, with the chance to move on yet and what else is known. Thresholds are learnt of all deals of the pipeline, whatever the filters; a period does not matter."),
           stalled_deals.COLUMNS),
)  # fmt: skip
