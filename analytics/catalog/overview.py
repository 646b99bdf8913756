"""What the overview's findings and trends are called and mean."""

from __future__ import annotations

from analytics import findings, summary_trend
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

FINDINGS = (
    _m("money_at_stake", N_("Money at stake"), N_("What would have been won, had the group's deals moved on as often as the others. Findings overlap, so their money is not to be added."),
       "(conversion of the rest - its own) x deals that came to the stage x their average amount x chance to be won afterwards", "money", "lower",
       "interval: draws from the doubt of all four, seeded"),
    _m("rank", N_("Rank"), N_("The place among the findings worth acting on, by the money at stake even in the careful case: the low end of its interval. In several currencies by deals. Empty for what is no real leak, or repeats a stronger one."),
       "descending money_low", "count"),
    _m("kind", N_("Kind"), N_("What the row compares: leak, the chance to move on from a stage; win_rate, the chance to be won where there is no stage history."), "leak, win_rate", "text"),
    _m("segment", N_("Group"), N_("The value of the field that the group's deals have."), "", "text"),
    _m("conversion_rest", N_("Conversion of the rest"), N_("The same chance for all other deals that came to the stage, by the same time."), "as conversion", "share", "higher", "Aalen and Johansen (1978)"),
    _m("certainty", N_("Certainty"), N_("How sure the difference is, in a word: very likely real (q below 0.001), likely (below 0.01), fairly likely (below 0.05), else it could be chance."),
       "very_likely, likely, fairly_likely, chance", "text"),
    _m("win_rate_after", N_("Won afterwards"), N_("The chance that a deal that moved on from the stage is won in the end, over the deals of all groups."), "Aalen-Johansen chance of won after leaving the stage", "share", "higher", "Aalen and Johansen (1978)"),
    _m("deals_open", N_("Open deals there"), N_("The group's deals that are at the stage now."), "count of first stays that have not ended", "count"),
    _m("value_open", N_("Money open there"), N_("What these open deals are worth."), "sum of amount", "money"),
    _m("repeats", N_("Disappears with"), N_("The stronger finding, as field=value, that this one disappears with: most of its deals are the same, and the others show no difference."),
       "no longer p < 0.05 without the deals of the other", "text"),
    _m("is_before", N_("Time before"), N_("True for the parts of the time before the period."), "", "flag"),
)  # fmt: skip

SECTIONS = (("Overview", FINDINGS),)

ANSWERS = (
    Answer("findings", N_("Worth acting on"), N_("Where deals are lost that need not be: every stage in every group of deals, for every field with 2 to 30 values that is not written after the outcome is known, against the rest of the deals at the stage. All comparisons are in one correction; those worth acting on come first."), findings.COLUMNS),
    Answer("summary_trend", N_("How the headline figures went"), N_("The headline figures in six equal parts of the period, and in six of as many days before it; without a period, in twelve parts of all the time since the first deal. The open pipeline is as it stood at the end of each part. Intervals of counts and sums say how far chance alone would move them."), summary_trend.COLUMNS),
)  # fmt: skip
