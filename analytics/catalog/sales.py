"""What the headline figures, the funnel, the win rates and the sales cycle are called and mean."""

from __future__ import annotations

from analytics import funnel, sales_cycle, summary, win_rate
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

_WILSON = "Wilson (1927)"

HEADLINES = (
    _m("deals", N_("Deals"), N_("Deals that were created in the period; in other answers, the deals of the row."),
       "count of deals, by creation date", "count", "higher"),
    _m("revenue_won", N_("Revenue won"), N_("What the deals won in the period are worth together. Deals without an amount are not in it."),
       "sum of amount over won deals, by close date", "money", "higher"),
    _m("average_won_value", N_("Average won deal"), N_("What a won deal is worth on average."),
       "sum of amount / number of won deals with an amount, by close date", "money", "higher", "Student's interval of a mean"),
    _m("sales_cycle_days", N_("Sales cycle"), N_("Half of the won deals took longer than this from creation to closing, half took less. Lost and open deals are not in it."),
       "median of close - creation over won deals, by close date", "days", "lower", "interval from order statistics: David and Nagaraja (2003), 7.1"),
    _m("open_pipeline", N_("Open pipeline"), N_("What the deals open at the as-of date are worth together, at their present amounts."),
       "sum of amount over open deals", "money", "higher"),
    _m("win_rate", N_("Win rate"), N_("Of the deals that closed in the period, the share that was won. It looks too good where lost deals are left open."),
       "won / (won + lost), by close date", "share", "higher", _WILSON),
    _m("win_rate_created", N_("Win rate of created deals"), N_("Of all deals created in the period, the share won so far. Recent periods look low, because many of their deals are still open."),
       "won by the as-of date / created, by creation date", "share", "higher", _WILSON),
    _m("win_rate_matured", N_("Win rate at full age"), N_("The chance that a deal is won within the time in which three quarters of closings happen. Open deals count for as long as they were followed, so old and recent deals can be compared."),
       "Aalen-Johansen chance of won by h, h = 75th percentile of time to close of the cohort; at least 30 created and 10 won", "share", "higher",
       "Aalen and Johansen (1978)"),
    _m("win_rate_value", N_("Win rate by value"), N_("Of the money in deals that closed, the share in deals that were won. A few large deals can decide it: the share of the largest stands beside it."),
       "sum of won amounts / sum of closed amounts, by close date", "share", "higher", "bootstrap: Efron and Tibshirani (1993); linearised: Cochran (1977), 6.4"),
    _m("win_rate_hygiene", N_("Win rate, strict"), N_("The win rate if deals that are open on paper only were lost: those more than 30 days past their expected close date, and those older than 95 in 100 closed deals were when they closed."),
       "won / (won + lost + overdue open)", "share", "higher", _WILSON),
)  # fmt: skip

PARTS = (
    _m("metric", N_("Figure"), N_("Which headline figure the row holds."), "", "text"),
    _m("value", N_("Value"), N_("The figure itself, in the unit the row names; of a field, the value the row is about, empty for a blank; of a customer, what it brings over the horizon if it stays, discounted: revenue, or profit where a margin is given."), "as the figure's own entry says", "number"),
    _m("unit", N_("Unit"), N_("What the value is: a count, a share, money or days."), "", "text"),
    _m("definition", N_("Definition"), N_("Which of the five win rates the row holds."), "closed, created, matured, value, hygiene", "text"),
    _m("rate", N_("Rate"), N_("The win rate by the row's definition."), "as the definition's own entry says", "share", "higher"),
    _m("won", N_("Won"), N_("Won deals; in the win rate by value, what they are worth."), "count of won deals, or sum of their amounts", "number", "higher"),
    _m("total", N_("Out of"), N_("What the rate is a share of: deals; in the win rate by value, money."), "count of deals, or sum of their amounts", "number"),
    _m("n", N_("Based on"), N_("How many deals the number rests on."), "count of deals", "count"),
    _m("low", N_("Low end"), N_("The low end of the 95% interval: the true value is unlikely to be lower."), "95% interval", "number", source=_WILSON),
    _m("high", N_("High end"), N_("The high end of the 95% interval: the true value is unlikely to be higher."), "95% interval", "number", source=_WILSON),
    _m("interval_method", N_("Interval by"), N_("How the interval was made."), "wilson; wilson_effective (on the effective number: Rothman 1978); bootstrap (seeded, 1,000 draws); linearised (above 5,000 different amounts)", "text"),
    _m("undecided", N_("Still open"), N_("Deals in what the row looks at that are still open. They are never counted as lost."), "count of open deals", "count"),
    _m("undecided_share", N_("Share still open"), N_("How much of what the row looks at is still open: the higher, the less is settled."), "still open / (still open + settled)", "share", "lower"),
    _m("undated", N_("Without a date"), N_("Deals left out because they lack the date that is needed."), "count of deals", "count", "lower"),
    _m("negative", N_("Closed before created"), N_("Deals or stays left out because they end before they begin: mistakes in the data."), "count", "count", "lower"),
    _m("horizon_days", N_("Told by"), N_("The age by which the chance is told."), "win rate: 75th percentile of time to close, in the trend in begun days; stage: see conversion", "days"),
    _m("top_share", N_("Share of the largest deal"), N_("How much of the money is in one deal. The higher it is, the less the rate says."), "largest closed amount / sum of closed amounts", "share", "lower"),
    _m("amount_known", N_("Amount known for"), N_("The share of the closed deals that have an amount."), "closed deals with an amount / closed deals", "share", "higher"),
    _m("zombies", N_("Open on paper only"), N_("Open deals that are long overdue, or older than nearly all deals were when they closed."), "open and (expected close before as-of - 30 days, or age > 95th percentile of time to close)", "count", "lower"),
    _m("reason", N_("Remark"), N_("Why there is no number, or why it says little; of lost deals, why they were lost."), "", "text"),
    _m("currency", N_("Currency"), N_("The currency of the row's money; empty where the data name none."), "", "text"),
    _m("previous", N_("The period before"), N_("The same figure for the same number of days just before the period."), "same definition, shifted", "number"),
    _m("real_change", N_("Real change"), N_("True when the difference is unlikely to be chance, after correction for all rows of the table; empty where there are too few deals to say."),
       "q < 0.05", "flag", source="deals: exact test of two Poisson counts; revenue: compound Poisson z; win rate: score or Fisher's exact test; average: Welch (1947); cycle: log-rank; net revenue: z of what each customer bought more or less; NPS: Rocks (2016)"),
    _m("q_value", N_("q-value"), N_("How likely a difference as clear as this is a false alarm, corrected for all comparisons in the table. Below 0.05 it is called real; otherwise it could be chance. Empty below 30 deals."),
       "each group against the rest; Benjamini-Hochberg over the table", "share", "lower", "Benjamini and Hochberg (1995)"),
    _m("tests", N_("Comparisons"), N_("How many comparisons the correction is for."), "count of rows with a test", "count"),
    _m("value_known", N_("Value known for"), N_("The share of the deals that have an amount."), "deals with an amount / deals", "share", "higher"),
    _m("outcome", N_("Outcome"), N_("What the row is about: open, won or lost stages; or won, lost and all deals."), "", "text"),
)  # fmt: skip

FUNNEL = (
    _m("pipeline", N_("Pipeline"), N_("The process the stage belongs to."), "", "text"),
    _m("stage", N_("Stage"), N_("The stage."), "", "text"),
    _m("stage_order", N_("Stage order"), N_("The stage's place in its pipeline."), "", "count"),
    _m("entered", N_("Entered"), N_("Deals that came to the stage, each counted once, at its first stay. What became of them adds up to it: moved on, lost, went back, handed off, still there."),
       "advanced + lost + back + handed_off + still", "count", "higher"),
    _m("advanced", N_("Moved on"), N_("Deals that went from the stage to a later one or were won."), "count of first stays", "count", "higher"),
    _m("lost", N_("Lost"), N_("Deals that were lost; in the funnel, from the stage."), "count of first stays, or of lost deals", "count", "lower"),
    _m("back", N_("Went back"), N_("Deals that went from the stage to an earlier one."), "count of first stays", "count", "lower"),
    _m("handed_off", N_("Handed off"), N_("Deals that left for another pipeline, or became part of another record."), "count of first stays", "count"),
    _m("still", N_("Still there"), N_("Deals that have not left the stage. They are never counted as lost."), "count of first stays", "count"),
    _m("conversion", N_("Conversion"), N_("The chance that a deal that comes to the stage moves on. Deals still there count for as long as they have been there, neither as lost nor left out."),
       "Aalen-Johansen chance to advance by the longest time with 10 deals still at risk, or, where later, the longest that at least half of the deals were followed to. "
       "With a conversion window, the chance by the window, or by that longest time where it is shorter. "
       "Where more than 5% of the stays have no recorded times it is the ratio among ended stays (unknown with a window), and where no stay at all was recorded it is unknown (`method` says which)",
       "share", "higher", "Aalen and Johansen (1978); variance: Marubini and Valsecchi (1995); interval: Wilson (1927) on the effective number, Rothman (1978)"),
    _m("conversion_ended", N_("Conversion of those that left"), N_("Of the deals that left the stage, the share that moved on. It looks too good where lost deals linger."),
       "advanced / (advanced + lost + back + handed_off); with a conversion window, (advanced - late) / (those and the deals still there for longer than it)", "share", "higher"),
    _m("of_first", N_("Of the first stage"), N_("Deals that came to this stage for each deal that came to the first. It can exceed 1, since deals can start later than in the first stage."),
       "entered / entered of the pipeline's first stage", "share", "higher"),
    _m("method", N_("Conversion by"), N_("How the conversion was made: from how long stays took, or as a plain ratio of those that ended."), "aalen_johansen, ended, not_recorded, no_times", "text"),
    _m("is_recorded", N_("Recorded"), N_("Whether what became of the deals at the stage is known from records. Where it is not, screens and exports show no conversion."),
       "some stay was recorded, and at most 5% follow from the deals' status", "flag"),
    _m("skipped", N_("Filled in"), N_("Deals counted in the stage though they were not seen in it, because they came to a later one."), "count; only by the rule 'filled'", "count"),
    _m("assumed", N_("Assumed"), N_("Deals whose stay follows from their status, because the files hold no history of it."), "count", "count"),
    _m("value_entered", N_("Money entered"), N_("What the deals that came to the stage are worth, at their present amounts. Empty where there are several currencies."),
       "sum of amount", "money", "higher"),
    _m("advanced_value", N_("Money moved on"), N_("What the deals that moved on are worth."), "sum of amount", "money", "higher"),
    _m("lost_value", N_("Money lost"), N_("What the deals lost from the stage are worth."), "sum of amount", "money", "lower"),
    _m("back_value", N_("Money gone back"), N_("What the deals that went back are worth."), "sum of amount", "money", "lower"),
    _m("handed_off_value", N_("Money handed off"), N_("What the deals handed off are worth."), "sum of amount", "money"),
    _m("still_value", N_("Money still there"), N_("What the deals still in the stage are worth."), "sum of amount", "money"),
)  # fmt: skip

CYCLE = (
    _m("mean_days", N_("Average"), N_("The average time from creation to closing. A few very slow deals pull it up."), "mean of close - creation", "days", "lower"),
    _m("median_days", N_("Median"), N_("Half of the deals took longer, half took less. In time in stage: of the visits, where those that go on count for as long as they have lasted; empty where half have not left yet."), "median of close - creation; in time in stage the first time by which half have left (Kaplan-Meier)", "days", "lower"),
    _m("p25_days", N_("Fast quarter"), N_("A quarter of the deals took no longer than this."), "25th percentile, between neighbours by straight line", "days", "lower"),
    _m("p75_days", N_("Slow quarter"), N_("A quarter of the deals took longer than this. In time in stage: of the visits, as the median."), "75th percentile, between neighbours by straight line; in time in stage by Kaplan-Meier", "days", "lower"),
    _m("max_days", N_("Slowest"), N_("The slowest deal."), "maximum", "days", "lower"),
    _m("median_low", N_("Low end of the median"), N_("The low end of the median's 95% interval; of sales cycles empty below six deals."), "order statistic; in time in stage the times at which half is within the interval of the chance", "days", source="David and Nagaraja (2003), 7.1; Brookmeyer and Crowley (1982)"),
    _m("median_high", N_("High end of the median"), N_("The high end of the median's 95% interval; of sales cycles empty below six deals, in time in stage where it was not reached."), "order statistic; in time in stage the times at which half is within the interval of the chance", "days", source="David and Nagaraja (2003), 7.1; Brookmeyer and Crowley (1982)"),
)  # fmt: skip

SECTIONS = (
    ("Headline figures", HEADLINES),
    ("Funnel", FUNNEL),
    ("Sales cycle", CYCLE),
    ("Columns that several answers have", PARTS),
)

COMPARED = ("q_value", "tests")  # what a breakdown adds to a row, after the field itself

ANSWERS = (
    Answer("summary", N_("Headline figures"), N_("The headline figures of sales, and as far as files tell of them of customers, what they bought, NPS and, where the models were fitted, value at risk; with a period, each against the same number of days before it."), summary.COLUMNS),
    Answer("win_rate", N_("Win rate"), N_("How many deals are won, by five definitions. They differ because they ask of different deals: those that closed, those that were created, those old enough to judge, money instead of deals, and closed deals together with those open on paper only."), win_rate.COLUMNS + COMPARED),
    Answer("stage_conversion", N_("Funnel"), N_("What became of the deals that came to each stage. Filters choose deals before the funnel is formed. Stages that a deal skipped: visited counts only stages it was seen in, filled adds those it passed on its way, strict drops deals from the stage before which they skipped one."), funnel.COLUMNS + COMPARED),
    Answer("sales_cycle", N_("Sales cycle"), N_("How long deals take: won and lost ones from creation to closing; all from the first to the last recorded event, with or without an outcome. Won deals alone look fast, since the slow ones have not closed yet."), sales_cycle.COLUMNS + COMPARED),
)  # fmt: skip
