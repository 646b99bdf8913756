"""What the time in stage is called and means."""

from __future__ import annotations

from analytics import bottlenecks, mended, stalled_deals, stalled_stages, time_in_stage
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
    _m("first_seen", N_("First seen there"), N_("Visits that had begun before any file showed their deal, as where the same export is loaded week after week. They count from the day they were first seen; where nothing says since when they lasted, they are left out."), "count of stays; left truncation", "count", source="Klein and Moeschberger (2003), 4.6"),
    _m("together", N_("Moved together"), N_("Visits that began in the same minute as at least 19 others at the stage, as after an import or a clean-up: their times are those of the clean-up. They are counted. Dates without a time of day do not tell."), "count of stays", "count", "lower"),
)  # fmt: skip

STALLED = (
    _m("age_days", N_("Days there"), N_("How long the deal has been at its stage."), "as-of date - coming to the stage", "days", "lower"),
    _m("threshold_days", N_("Threshold"), N_("After how many days a deal at the stage is stalled: by then 90% of the deals that ever move on from it have done so. At least 7 days; 30, or another number if given, where fewer than 10 moved on or no file told when deals came and left."),
       "time by which the chance to move on reaches 90% of what it comes to; being lost and going back are competing ends, deals still there are censored (Aalen-Johansen)", "days", source="Aalen and Johansen (1978)"),
    _m("is_learnt", N_("Learnt"), N_("True where the threshold follows from the deals themselves; false where it was given, or too few moved on."), "", "flag"),
    _m("learnt_from", N_("Learnt from"), N_("Visits of the stage, of all deals of the pipeline, that moved on after a time that a file gave. It takes 10 to learn a threshold."), "count of stays", "count"),
    _m("chance_30d", N_("Chance in 30 days"), N_("The chance that the deal moves on within the next 30 days, as deals did that had waited as long; of a stage, that a deal does that comes to it. Empty where fewer than 10 had waited as long, or too few of them were followed for 30 days."),
       "(chance to have moved on by age + 30 days - by age) / chance to be still there", "share", "higher", "Aalen and Johansen (1978)"),
    _m("reasons", N_("Why"), N_("What is known of why it waits: slow, longer at its stage than the threshold; quiet, no activity for 30 days (or no change, where no activity is recorded), or for longer than the threshold where nothing says since when the deal is there; overdue, past its expected close; pushed, put off to a later month; returned, back at the stage; single_contact, one contact person at the customer. Of a customer, what stands out about it, in words, what says most first."), "", "text"),
    _m("expected_close_on", N_("Expected close"), N_("The day on which the deal is expected to close."), "", "text"),
    _m("overdue_days", N_("Overdue"), N_("How many days ago the deal was expected to close; empty where it was not."), "as-of date - expected close", "days", "lower"),
    _m("quiet_days", N_("Quiet for"), N_("How long ago the last activity was, or where none is recorded, the last change in the CRM."), "as-of date - last activity", "days", "lower"),
    _m("planned", N_("Planned"), N_("Deals that are past the threshold and have an activity planned within 14 days: they are not called stalled. In the list of deals it is the number of all of them, the same in every row."), "count of deals", "count"),
    _m("chance_low", N_("Chance in 30 days, low end"), N_("The low end of its 95% interval."), "95% interval on the effective number", "share", source="Wilson (1927), Rothman (1978)"),
    _m("chance_high", N_("Chance in 30 days, high end"), N_("The high end of its 95% interval."), "95% interval on the effective number", "share", source="Wilson (1927), Rothman (1978)"),
    _m("chance_n", N_("Waited as long"), N_("Of how many visits the chance is told: those that had lasted as long."), "count of stays", "count"),
    _m("stalled", N_("Stalled"), N_("Open deals that have been at their stage for longer than its threshold and have no activity planned within 14 days. Where nothing says since when a deal is at its stage, those quiet for longer than the threshold."), "count of deals", "count", "lower"),
    _m("value_stalled", N_("Money stalled"), N_("What the stalled deals are worth."), "sum of amount", "money", "lower"),
    _m("wait_reason", N_("Reason"), N_("One of the reasons why deals wait; without one, all stalled deals. A deal can have several."), "", "text"),
    _m("is_past", N_("Past the threshold"), N_("True for deals that have been at their stage for longer than its threshold."), "", "flag"),
    _m("is_planned", N_("Has a next activity"), N_("True for deals with an activity planned within 14 days."), "", "flag"),
)  # fmt: skip

BOTTLENECKS = (
    _m("share", N_("Share"), N_("Of a leak, the chance that a deal of the group moves on from the stage, as the conversion. Of rework, the share of the group's deals that came back to the stage within 90 days of first coming there; deals that came later than 90 days ago are not counted yet. Of lost reasons, the part of the lost deals in the row; in missing_reasons, of those without a reason."), "lost reasons: deals / lost deals of the row's stage or group; leak: Aalen-Johansen chance to move on; rework: deals with a second visit within 90 days / deals followed for 90 days", "share", "neither", "Aalen and Johansen (1978)"),
    _m("reference", N_("Compared with"), N_("What the group is compared with: rest, all other deals at the stage; previous, the same group in the period before, of as many days; best, the best credible group of the field at the stage, that of at least 30 deals whose interval has the best lower end; target, what was given. The best is chosen by looking, so that it is chosen anew in every draw behind its p-values and intervals; the difference itself is as seen, and may lie at the edge of its interval."), "", "text", source="basic bootstrap: Davison and Hinkley (1997), 5.2; around groups drawn together as DerSimonian and Laird (1986)"),
    _m("reference_name", N_("Reference"), N_("Which one it is: the name of the best group, the days of the period before, or the target."), "", "text"),
    _m("share_rest", N_("Share of the reference"), N_("The same for the deals of the reference, or the target."), "as the share", "share", "neither", "Aalen and Johansen (1978)"),
    _m("share_delta", N_("Difference of shares"), N_("The group's share less that of the reference."), "share - share of the reference", "share", "neither"),
    _m("share_low", N_("Difference of shares, low end"), N_("The low end of its 95% interval."), "from two score intervals", "share", source="Newcombe (1998), method 10"),
    _m("share_high", N_("Difference of shares, high end"), N_("The high end of its 95% interval."), "from two score intervals", "share", source="Newcombe (1998), method 10"),
    _m("days_delta", N_("Days longer"), N_("Of a delay, how much longer the group's deals stay than the reference. Of rework, how long visits after the first last on average."), "difference of restricted means; of rework the restricted mean of the repeated visits", "days", "lower", _MEAN),
)  # fmt: skip

MENDED = (
    _m("rows_mended", N_("Bottlenecks mended"), N_("How many rows that stand, of groups that do worse, are mended together; repeats of a costlier one are not among them."), "count of rows", "count"),
    _m("added_up", N_("Rows added up"), N_("What the single rows come to. It is not what mending them brings: deals of several groups are in several rows, and each row is measured against others that may do badly too."), "sum of money of the rows", "money"),
    _m("days_shorter", N_("Days shorter"), N_("How much shorter an average deal's stay would be; all together, along the way most deals take."), "share of the deals in slow groups x their extra days; all together the sum over the stages of the commonest way", "days", "higher"),
    _m("days_shorter_low", N_("Days shorter, low end"), N_("The low end of its 95% interval."), "2.5% quantile of seeded draws", "days"),
    _m("days_shorter_high", N_("Days shorter, high end"), N_("The high end of its 95% interval."), "97.5% quantile of seeded draws", "days"),
)  # fmt: skip

SECTIONS = (
    ("Time in stage", TIMES),
    ("Bottlenecks", BOTTLENECKS),
    ("All mended at once", MENDED),
    ("Stalled deals", STALLED),
)

ANSWERS = (
    Answer("time_in_stage", N_("Time in stage"), N_("How long deals stay in each stage. Every visit counts; those that go on count for as long as they have lasted, so slow deals are not left out. Lengths are rounded down: of up to 50,000 visits to minutes up to two days, five minutes up to twenty and hours up to ninety; of more, to five minutes up to one day and hours up to twenty, with groups to hours up to two; beyond, to days. Times are unknown for a stage of which no file tells when deals came and left: a stage history does. Groups are compared with all others at the stage by the log-rank test."),
           (*time_in_stage.COLUMNS, *time_in_stage.COMPARED, "q_value", "tests")),
    Answer("bottlenecks", N_("Bottlenecks"), N_("Where deals leak, wait and come back: every stage in every group, of the field asked for or of every field that findings compares, against all other deals at the stage or another reference. All rows are one family of tests. Only what stands after correction and is worse has money: of a leak, what would not have been lost; of a delay and of rework, what waits longer at any time. Stages overlap, so their money must not be added up."),
           bottlenecks.COLUMNS),
    Answer("all_mended", N_("All mended at once"), N_("What if every leak that stands were mended at once, and every delay: one row for each without a stage, and one for each stage mended alone. Deals of groups that do worse at a stage then do as the deals of none of them, each counted once, and the funnel is worked out again to winning. Rows of single bottlenecks overlap, so that this is not their sum. Leaks bring money that is won, delays money that waits less: they are never added."),
           mended.COLUMNS),
    Answer("stalled_deals", N_("Stalled deals"), N_("The open deals that have been at their stage for longer than deals that moved on from it usually took, those with most money first, with the chance to move on yet and what else is known. Deals of which nothing says since when they are at their stage are listed once they were quiet for longer than the threshold. Thresholds are learnt of all deals of the pipeline, whatever the filters; a period does not matter."),
           stalled_deals.COLUMNS),
    Answer("stalled_stages", N_("Stalled deals by stage"), N_("Every open stage: after how many days a deal is stalled there, how many open deals are, and their money. The chance is that of a deal that has just come to the stage."),
           stalled_stages.COLUMNS),
    Answer("stalled_owners", N_("Stalled deals by owner"), N_("How many of each owner's open deals are stalled, and their money; a row for each currency."),
           stalled_stages.OWNER_COLUMNS),
    Answer("stalled_reasons", N_("Why deals are stalled"), N_("How many stalled deals have each reason, and their money; a row for each currency. A deal can have several reasons."),
           stalled_deals.REASON_COLUMNS),
    Answer("open_deal_ages", N_("How long open deals wait"), N_("How many open deals have been at their stage for so many full days, past its threshold or not, with an activity planned or without."),
           stalled_stages.AGE_COLUMNS),
)  # fmt: skip
