"""What the value and the risk of customers are called and mean."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.customers import value_risk, value_risk_cells, value_risk_totals
from data.messages import N_

_R17 = "Gupta, Lehmann and Stuart (2004); Fader, Hardie and Lee (2005)"
_SPREAD = "variance of a sum: sum(variance) + sum over k of (sum of shifts k) squared; normal approximation"

EACH = (
    _m("customer_id", N_("Customer number"), N_("What the source calls the customer, as it is written there."), "", "text"),
    _m("value_low", N_("Value, low end"), N_("The low end of its 80% interval."), "10% quantile", "money"),
    _m("value_high", N_("Value, high end"), N_("The high end of its 80% interval."), "90% quantile", "money"),
    _m("risk", N_("Risk"), N_("The chance that the customer has left by the end of the horizon; who is silent may have left already."), "1 - chance to be a customer at the end of the horizon", "share", "lower", _R17),
    _m("risk_low", N_("Risk, low end"), N_("The low end of its 80% interval."), "10% quantile", "share"),
    _m("risk_high", N_("Risk, high end"), N_("The high end of its 80% interval."), "90% quantile", "share"),
    _m("value_at_risk", N_("Value at risk"), N_("What is expected to be lost of a customer's value because it may leave within the horizon. Customers that are lost have none: nothing is left to be saved. Value already holds no chance of leaving, so it is not counted twice."), "value - expected", "money", "lower", _R17),
    _m("quadrant", N_("Quadrant"), N_("Where a customer stands: protect, high value and high risk; keep, high value and low risk; grow, low value and low risk; watch, low value and high risk. Right on a line counts as high. By expected loss the lines lie where a customer at both is expected to lose as much as customers do on average. Empty for who is lost or never bought."), "value >= value line, risk >= risk line", "text"),
    _m("uncertain", N_("Quadrant uncertain"), N_("True where the 80% interval of the value or of the risk crosses a line."), "", "flag"),
    _m("lifecycle", N_("Lifecycle"), N_("Where the customer is on its way: potential, never bought; first_time, bought once; core, buys as it is used to; returned, back after having been lost; defecting, silent for longer than it should be; lost."), "", "text"),
    _m("play", N_("Play"), N_("What to do: contact_programme for who is to be protected, loyalty_tier for who is to be kept, account_plan for who can grow, reconsider for who is only watched, win_back for who is lost."), "", "text"),
    _m("revenue_12m", N_("Revenue, 12 months"), N_("What the customers brought in the twelve months to the as-of date, returns taken off."), "sum of net amounts", "money", "higher"),
    _m("tier", N_("Tier"), N_("A: the customers with the first 80% of all value, largest first; B: the next 15%; C: the rest."), "", "text"),
    _m("none_chance", N_("Chance of nothing"), N_("The chance that nothing comes of the customer over the horizon."), "", "share", "lower"),
    _m("likely_low", N_("If anything, from"), N_("If anything comes of the customer, it is more than this with a chance of 90%."), "10% quantile", "money"),
    _m("likely_high", N_("If anything, to"), N_("If anything comes of the customer, it is less than this with a chance of 90%."), "90% quantile", "money"),
    _m("value_limit", N_("Value line"), N_("From which value on a customer is of high value: the mean value of a customer, of all customers of the workspace in its currency; or the line that was given, which holds for the currency of most customers."), "mean value", "money"),
    _m("risk_limit", N_("Risk line"), N_("From which risk on it is high: the mean risk, each customer counted by its value, of all customers of the workspace in its currency; or the line that was given."), "sum of value × risk / sum of value", "share"),
)  # fmt: skip

TOTALS = (
    _m("customers", N_("Customers"), N_("How many customers the row stands for; of value at risk, those who are still there and have a value. As a headline figure, those who bought within the time in which 90% of customers who buy again do so, 30 to 365 days, or whose contract runs or ended within 30 days."), "count of customers", "count"),
    _m("expected_low", N_("Expected, low end"), N_("The low end of the 80% interval of what comes in."), _SPREAD, "money", source="delta method"),
    _m("expected_high", N_("Expected, high end"), N_("The high end of the 80% interval of what comes in."), _SPREAD, "money", source="delta method"),
    _m("value_at_risk_low", N_("Value at risk, low end"), N_("The low end of its 80% interval."), _SPREAD, "money", source="delta method"),
    _m("value_at_risk_high", N_("Value at risk, high end"), N_("The high end of its 80% interval."), _SPREAD, "money", source="delta method"),
    _m("at_risk_share", N_("Share at risk"), N_("The value at risk as a share of the value."), "value at risk / value", "share", "lower"),
    _m("half_customers", N_("Customers with half of it"), N_("How many customers, those with most at risk first, carry half of the value at risk."), "count of customers", "count"),
    _m("uncertain_customers", N_("Near a line"), N_("Customers whose quadrant is uncertain: an 80% interval crosses a line."), "count of customers", "count"),
    _m("moved_customers", N_("Moved by the lines"), N_("Customers who would be in another quadrant, were the lines drawn by expected loss."), "count of customers", "count"),
    _m("lost_customers", N_("Lost customers"), N_("Customers who have left: silent for longer than who buys like them ever is and comes back, or whose contract ended and was not renewed."), "count of customers", "count", "lower"),
    _m("lost_12m", N_("Lost in 12 months"), N_("Those of them who left in the twelve months to the as-of date; the day is when the contract ended, or when the silence became too long. Those whose day is unknown are not counted; where nothing says when any of them left, it is unknown."), "count of customers", "count", "lower"),
    _m("lost_revenue", N_("What they brought"), N_("The revenue of the customers lost in twelve months, over the two years to the as-of date."), "sum of net amounts", "money"),
    _m("potential_customers", N_("Never bought"), N_("Customers who never bought: they have no value yet, and no currency, so that the number is the same in the rows of all currencies."), "count of customers", "count"),
    _m("unvalued_customers", N_("Without a value"), N_("Customers of whom no model tells a value; the same in the rows of all currencies."), "count of customers", "count"),
)  # fmt: skip

SQUARES = (
    _m("across", N_("Square across"), N_("Which sixth of a tenfold value: 6 is from 10 on, 12 from 100 on."), "floor(6 x log10(value))", "count"),
    _m("up", N_("Square up"), N_("Which sixteenth of the risk, from 0."), "floor(16 x risk)", "count"),
    _m("value_mid", N_("Value there"), N_("The geometric mean value of the square's customers."), "exp(mean(log(value)))", "money"),
    _m("risk_mid", N_("Risk there"), N_("The mean risk of the square's customers."), "mean(risk)", "share"),
)  # fmt: skip

SECTIONS = (
    ("Value and risk of customers", EACH),
    ("Value at risk in all", TOTALS),
    ("The quadrant's squares", SQUARES),
)

ANSWERS = (
    Answer("customer_value_risk", N_("Value and risk"), N_("Every customer by what it brings over the horizon if it stays, and by the chance that it leaves: those whose leaving would cost most first, then those who have left, who are never counted as savable, then those who never bought. Value is revenue, or profit where a margin is given. Several currencies stand one after the other."),
           value_risk.COLUMNS),
    Answer("value_at_risk", N_("Value at risk"), N_("What all customers would bring over the horizon if nobody left, what is expected, and the difference: in all (an empty quadrant) and for each quadrant, one row a currency. Lost customers are counted beside."),
           value_risk_totals.TOTAL_COLUMNS),
    Answer("quadrant_cells", N_("The quadrant's squares"), N_("All customers as squares of value and risk, with how many are in each: what the chart of the quadrant is drawn from."),
           value_risk_cells.CELL_COLUMNS),
)  # fmt: skip
