"""What recency, frequency and money of customers are called and mean."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.customers import rfm_segments, sales_totals
from data.messages import N_

SEGMENTS = (
    _m("rfm_segment", N_("RFM segment"), N_("By the scores of recency and frequency: champions bought lately and often; loyal often; promising lately, a few times; new lately, once; needs_attention neither lately nor long ago, seldom; at_risk often, but long ago; cannot_lose most often, but long ago; hibernating seldom and long ago. With the highest score of money, at risk becomes cannot lose and hibernating at risk; with the two lowest, champions become loyal and cannot lose at risk."), "", "text"),
    _m("median_days_since", N_("Days since, median"), N_("Half of the customers bought less long ago than this."), "median(as-of date - last purchase)", "days", "lower"),
    _m("mean_purchases", N_("Purchases, average"), N_("On how many days a customer bought, on average."), "mean of days with a purchase", "number", "higher"),
    _m("recency_score", N_("Recency score"), N_("1 to 5 by the days since the last purchase: 5 for the fifth of the customers who bought last. Below 100 customers thirds, which score 1, 3 and 5. Equal values score alike, by the lowest of their ranks. The purchase models mean something else by recency: the time from the first purchase to the last."), "fifth by rank of days since", "count", "higher"),
    _m("frequency_score", N_("Frequency score"), N_("1 to 5 by the number of purchases, likewise; who bought once has 1. The purchase models count repeat purchases instead."), "fifth by rank of purchases", "count", "higher"),
    _m("revenue_all", N_("Revenue, all years"), N_("What the customers brought in the whole history, returns taken off."), "sum of net amounts", "money", "higher"),
)  # fmt: skip

SALES = (
    _m("sale_lines", N_("Lines"), N_("Lines of orders, returns among them; won deals where there are no orders."), "", "count"),
    _m("sale_orders", N_("Orders"), N_("Different order numbers; won deals where there are no orders."), "", "count"),
    _m("buying_customers", N_("Customers named"), N_("Different customers that the lines name."), "", "count"),
    _m("net_revenue", N_("Net revenue"), N_("What all lines came to, returns taken off."), "sum of amounts", "money", "higher"),
    _m("revenue_returned", N_("Money returned"), N_("What went back for returns and credits."), "-sum of amounts below 0", "money", "lower"),
    _m("revenue_unnamed", N_("Revenue of nobody"), N_("Of the net revenue, that of lines that name no customer."), "", "money", "lower"),
    _m("lines_unnamed", N_("Lines of nobody"), N_("Lines that name no customer."), "", "count", "lower"),
)  # fmt: skip

SECTIONS = (("Recency, frequency, money", SEGMENTS), ("Sales in all", SALES))

ANSWERS = (
    Answer("rfm", N_("RFM segments"), N_("Customers who ever bought, by how lately, how often and for how much. It sorts them by what they did; it is no forecast, and says nothing of who would have stayed anyway. Recency is days since the last purchase, frequency the number of purchases, money the revenue of the whole history, each in fifths by rank among all customers of the workspace."),
           rfm_segments.COLUMNS),
    Answer("rfm_cells", N_("RFM grid"), N_("How many customers have each pair of recency and frequency scores, and what they brought."),
           rfm_segments.CELL_COLUMNS),
    Answer("sales_totals", N_("Sales in all"), N_("What was sold until the as-of date, or in a period, returns taken off: all lines, also those that name no customer."),
           sales_totals.COLUMNS),
)  # fmt: skip
