"""What the lifecycle of customers is called and means."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.customers import churn_definitions, lifecycle_moves, lifecycle_stages
from data.messages import N_

STAGES = (
    _m("share_of_customers", N_("Share of customers"), N_("The row's customers as a share of all those counted, with a 95% interval."), "customers / all counted", "share", source="Wilson (1927)"),
    _m("customers_all", N_("All customers"), N_("How many customers the share is of."), "count of customers", "count"),
)  # fmt: skip

MOVES = (
    _m("month_end", N_("Month to"), N_("The day on which the month ends: the as-of date, or the same day of an earlier month, so that every month is whole."), "", "text"),
    _m("lifecycle_before", N_("Stage before"), N_("Where the customers were at the beginning of the month; new where nobody knew of them yet."), "", "text"),
    _m("lifecycle_after", N_("Stage after"), N_("Where they were at its end. What is learnt, as each customer's own rhythm, is learnt once, as of now; what they had bought and how long they were silent is told as it was."), "", "text"),
    _m("revenue_moved", N_("Money moved"), N_("What the customers brought in the 365 days to the beginning of the month; of those who had not bought yet or were lost, in the 365 days to its end."), "sum of net amounts", "money"),
)  # fmt: skip

CHURN = (
    _m("from_day", N_("From"), N_("The day on which the period begins."), "", "text"),
    _m("to_day", N_("To"), N_("The day on which it ends."), "", "text"),
    _m("active_at_start", N_("Customers at the start"), N_("Customers who had bought and were not lost when the period began."), "count of customers", "count"),
    _m("lost_in_period", N_("Lost of them"), N_("Those of them who were lost when it ended."), "count of customers", "count", "lower"),
    _m("won_back", N_("Came back"), N_("Customers who were lost when the period began and bought again. They are not taken off the lost."), "count of customers", "count", "higher"),
    _m("new_in_period", N_("New"), N_("Customers who bought for the first time. They are not among those at the start."), "count of customers", "count", "higher"),
    _m("logo_churn", N_("Customer churn"), N_("The share of the customers at the start who were lost by the end, whatever they brought."), "lost / customers at the start", "share", "lower"),
)  # fmt: skip

DEFINITIONS = (
    _m("churn_definition", N_("Counts as lost"), N_("q80, q90, q95: silent for longer than 80, 90 or 95% of the gaps that customers like it come back from; alive_20: a chance below 0.2 to be still a customer; ended_0, ended_30, ended_60, ended_90: the contract ended so many days ago and was not renewed."), "", "text"),
    _m("counted_lost", N_("Lost"), N_("How many customers the definition counts as lost. Who bought once and lately is lost by none."), "count of customers", "count", "lower"),
    _m("counted_share", N_("Share lost"), N_("They as a share of all customers who ever bought, with a 95% interval."), "lost / all who bought", "share", "lower", "Wilson (1927)"),
    _m("bought_customers", N_("Ever bought"), N_("All customers who ever bought."), "count of customers", "count"),
    _m("one_time_lost", N_("Bought once"), N_("Those of the lost who bought only once; they never had a rhythm of their own."), "count of customers", "count"),
    _m("also_lost", N_("Lost by the rule in force"), N_("Those of them whom the rule in force counts too: silent beyond 95% of the gaps, or a chance below 0.2 to be still there; with contracts, ended 30 days ago. In the list, true or false."), "count of customers", "count"),
    _m("revenue_before_12m", N_("Revenue, year before"), N_("What the customers brought in the twelve months before the last twelve."), "sum of net amounts", "money"),
    _m("last_on", N_("Last purchase"), N_("The day of the last purchase; with contracts, the day the last one ended."), "", "text"),
    _m("days_since", N_("Days since"), N_("Days since the last purchase."), "as-of date - last purchase", "days", "lower"),
    _m("gap_days", N_("Usual gap"), N_("The median of the days between the customer's purchases."), "median of gaps", "days"),
    _m("limit_days", N_("Lost after"), N_("After how many silent days the customer counts as lost by this definition. From five gaps on it is its own median gap times the quantile, over all customers with that many, of a next gap by the median before it; with fewer, the quantile of the gaps of its segment, each customer counted once, where there are 30, else of all, stretched to its own gap where that is longer than most; for who bought once, the days within which those who bought twice came back, those still out censored."),
       "own median x pooled quantile of next gap / median; else quantile of gaps; once: Kaplan-Meier of the second purchase", "days", source="Kaplan and Meier (1958)"),
    _m("alive", N_("Still a customer"), N_("The chance that it is still a customer at the as-of date."), "", "share", "higher", "Batislam, Denizel and Filiztekin (2007)"),
    _m("purchases", N_("Purchases"), N_("Days on which it bought; with contracts, how many it had."), "count of days", "count"),
)  # fmt: skip

SECTIONS = (
    ("Lifecycle of customers", STAGES),
    ("Moves between stages of the lifecycle", MOVES),
    ("Customers lost", CHURN),
    ("When a customer counts as lost", DEFINITIONS),
)

ANSWERS = (
    Answer("lifecycle", N_("Lifecycle"), N_("How many customers are where on their way, and what they are worth. Potential: never bought. First-time: bought once, within the time in which 90% of gaps end (30 to 365 days); or a contract of less than three months. Core: buys as it is used to. Defecting: silent for longer than 75% of its gaps, or with a chance below 0.6 to be still there, or bought only once some time ago; or its contract ends within 90 days. Lost: silent for longer than 95% of its gaps, or with a chance below 0.2; or a contract that ended 30 days ago. Returned: bought again after such a silence. Several currencies have a row each."),
           lifecycle_stages.COLUMNS),
    Answer("lifecycle_moves", N_("Moves between stages"), N_("How many customers moved from stage to stage in each of the last twelve months. Who stayed has a row too, so that of every stage the customers at the beginning, and those who came, less those who left, are the customers at the end; the last month ends where the scores stand."),
           lifecycle_moves.COLUMNS),
    Answer("logo_churn", N_("Customer churn"), N_("How many of the customers at the start were lost by the end: the first row is of twelve months, then one a month."),
           lifecycle_moves.CHURN_COLUMNS),
    Answer("churn_definitions", N_("When a customer counts as lost"), N_("The same customers by several definitions of lost: how many, what they brought, and how many of them the rule in force counts too."),
           churn_definitions.COLUMNS),
    Answer("churn_list", N_("Customers who count as lost"), N_("The customers whom one definition counts as lost, those who brought most in two years first."),
           churn_definitions.LIST_COLUMNS),
)  # fmt: skip
