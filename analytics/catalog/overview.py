"""What the overview's findings and trends are called and mean."""

from __future__ import annotations

from analytics import findings, summary_trend
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

FINDINGS = (
    _m("money_at_stake", N_("Money at stake"), N_("A leak: what would have been won, had the group's deals moved on as often as the others. A delay: how much more waits at the stage at any time than if they went as fast as the others; it is delayed, not lost. Depending on one owner: what a handover of the owner's open deals may lose. Findings overlap, so their money is not to be added."),
       "leak: (conversion of the rest - its own) x deals that came to the stage x their average amount x chance to be won afterwards; delay: money a day x extra days; dependency: money open x win rate by value x 10-30%, an assumption, 20% in the middle", "money", "lower",
       "interval: draws from the doubt of all factors, seeded; delay: Little (1961); dependency: from 10% at the low end of the win rate to 30% at its high end"),
    _m("rank", N_("Rank"), N_("The place among the findings worth acting on, of all kinds (in bottlenecks of its own kind), by the money at stake even in the careful case: the low end of its range. In several currencies by deals. Empty for what is not real, is no worse than the rest, or repeats a costlier one."),
       "descending money_low", "count"),
    _m("kind", N_("Kind"), N_("What the row is about: leak, the chance to move on from a stage; win_rate, the chance to be won where there is no stage history; delay, how long deals stay at a stage; rework, how many come back to it; dependency, one owner who holds very much of the open pipeline's money. Dependency is told in one currency only."), "leak, win_rate, delay, rework, dependency", "text"),
    _m("segment", N_("Group"), N_("The value of the field that the group's deals have."), "", "text"),
    _m("conversion_rest", N_("Conversion of the rest"), N_("The same chance for all other deals that came to the stage, by the same time."), "as conversion", "share", "higher", "Aalen and Johansen (1978)"),
    _m("stay_days", N_("Days at the stage"), N_("How long the group's deals stay at the stage on average, whichever way they leave. Deals still there count for as long as they have been there. Of each stay no more than a number of days counts, so that the two sides are told by the same time."),
       "area under the chance to be still there (Kaplan-Meier), up to the longest time at which 10 deals of the group and 10 of the rest were still there", "days", "lower", "restricted mean: Klein and Moeschberger (2003), 4.5"),
    _m("stay_days_rest", N_("Days of the rest"), N_("The same for all other deals that came to the stage."), "as the days at the stage", "days", "lower", "Klein and Moeschberger (2003), 4.5"),
    _m("days_difference", N_("Extra days"), N_("How much longer the group's deals stay than the rest; below 0, how much shorter. Its q-value is of the log-rank test, in one correction with the leaks."), "days at the stage - days of the rest", "days", "lower", "test: Mantel (1966)"),
    _m("days_low", N_("Extra days, low end"), N_("The low end of their 95% interval."), "95% interval", "days", source="variance of the restricted means: Klein and Moeschberger (2003), 4.5"),
    _m("days_high", N_("Extra days, high end"), N_("The high end of their 95% interval."), "95% interval", "days", source="variance of the restricted means: Klein and Moeschberger (2003), 4.5"),
    _m("open_share", N_("Share of the open pipeline"), N_("How much of the money of all open deals is in this owner's. An owner is told of where even the low end is at least 30% and more than twice an even share, there are at least three owners with open deals, and at least 30 open and 30 closed deals have an amount."),
       "sum of amount over the owner's open deals / sum over all open deals", "share", "lower"),
    _m("open_share_low", N_("Share, low end"), N_("The low end of its 95% interval: how far it could differ with other deals of the same kind."), "95% interval", "share", source="Cochran (1977), 6.4"),
    _m("open_share_high", N_("Share, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source="Cochran (1977), 6.4"),
    _m("owners", N_("Owners"), N_("How many people own open deals."), "count", "count"),
    _m("certainty", N_("Certainty"), N_("How sure the difference is, in a word: very likely real (q below 0.001), likely (below 0.01), fairly likely (below 0.05), else it could be chance. A share of the open pipeline is counted, not estimated."),
       "very_likely, likely, fairly_likely, chance, counted", "text"),
    _m("win_rate_after", N_("Won afterwards"), N_("A leak: the chance that a deal that moved on from the stage is won in the end, over the deals of all groups. Depending on one owner: of the money of all closed deals, the share that was won."), "leak: Aalen-Johansen chance of won after leaving the stage; dependency: won / (won + lost), by amount", "share", "higher", "Aalen and Johansen (1978)"),
    _m("value_per_day", N_("Money a day"), N_("How much money the group's deals bring to the stage a day, between the first and the last deal of any group that came there."), "sum of amount over first stays / days", "money"),
    _m("deals_open", N_("Open deals there"), N_("The group's deals that are at the stage now; where there is no stage, its open deals."), "count of first stays that have not ended", "count"),
    _m("value_open", N_("Money open there"), N_("What these open deals are worth."), "sum of amount", "money"),
    _m("repeats", N_("Disappears with"), N_("The costlier finding of its kind at the stage, as field=value, that this one disappears with: most of its deals are the same, and the others show no difference."),
       "no longer p < 0.05 without the deals of the other", "text"),
    _m("is_before", N_("Time before"), N_("True for the parts of the time before the period."), "", "flag"),
)  # fmt: skip

SECTIONS = (("Overview", FINDINGS),)

ANSWERS = (
    Answer("findings", N_("Worth acting on"), N_("Where deals are lost that need not be, or wait longer than they need: every stage in every group of deals, for every field with 2 to 30 values that is not written after the outcome is known, against the rest of the deals at the stage. All comparisons are in one correction; those worth acting on come first. One owner who holds very much of the open pipeline is told too."), findings.COLUMNS),
    Answer("summary_trend", N_("How the headline figures went"), N_("The headline figures in six equal parts of the period, and in six of as many days before it; without a period, in twelve parts of all the time since the first deal. The open pipeline is as it stood at the end of each part. Net revenue and NPS are told where there are orders and answers. Intervals of counts and sums say how far chance alone would move them."), summary_trend.COLUMNS),
)  # fmt: skip
