"""What the figures of customers' profit are called and mean."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.customers import profit
from data.messages import N_

PROFIT = (
    _m("discounts", N_("Below list price"), N_("What was sold below list price, where list price and quantity are known. It is out of the revenue already."), "sum of list price x quantity - amount, where above 0", "money", "lower"),
    _m("cost_of_goods", N_("Cost of goods"), N_("What the goods cost: quantity x unit cost of the product, where unit costs are known for half of all revenue; else revenue x (1 - margin), where the settings have a margin. Goods that came back are taken off. Unknown where it is known for less than 90% of the customer's revenue; the rest then costs as much."), "sum of quantity x unit cost", "money", "lower"),
    _m("goods_known", N_("Cost of goods known"), N_("For what share of the revenue the cost of goods is known; in the curve, by unit costs."), "amounts with a cost / amounts", "share", "higher"),
    _m("contacts_made", N_("Contacts made"), N_("Calls, meetings and messages with the customer, or about a deal of it, in the period."), "count of activities", "count"),
    _m("cases_opened", N_("Cases opened"), N_("Service cases opened in the period."), "count of cases", "count"),
    _m("orders_returned", N_("Orders returned"), N_("Orders of the period of which something came back."), "count of orders with an amount below 0", "count", "lower"),
    _m("visits_cost", N_("Cost of contacts"), N_("Contacts x what one costs; unknown without that."), "contacts x cost", "money", "lower"),
    _m("cases_cost", N_("Cost of cases"), N_("Cases x what one costs; unknown without that."), "cases x cost", "money", "lower"),
    _m("returns_cost", N_("Cost of returns"), N_("Returned orders x what one costs; unknown without that."), "returned orders x cost", "money", "lower"),
    _m("cost_to_serve", N_("Cost to serve"), N_("What contacts, cases and returns cost, of those whose cost is known."), "sum of the three", "money", "lower"),
    _m("profit", N_("Profit"), N_("What is left of the customer's revenue after the costs that are known. A cost that nobody gave is not in it, and costs counted says which are. Unknown where one of those counted is not known of the customer."), "revenue - cost of goods - cost to serve", "money", "higher"),
    _m("profit_margin", N_("Margin"), N_("Profit as a share of revenue."), "profit / revenue", "share", "higher"),
    _m("is_unprofitable", N_("Costs more than it brings"), N_("True where profit is below 0."), "profit < 0", "flag"),
    _m("costs_counted", N_("Costs counted"), N_("Which costs are known and counted: goods, visits (contacts), cases, returns; empty where none is."), "", "text"),
    _m("turns", N_("What would turn it"), N_("What alone would end the loss: discounts, selling at list price; visits, cases, returns, having fewer of them. reconsider: none of these would."), "profit + what it costs >= 0", "text"),
    _m("contacts_affordable", N_("Contacts it can bear"), N_("With at most so many contacts it would bring no loss."), "(profit + cost of contacts) / cost of one, rounded down", "count"),
    _m("cost_scenario", N_("Costs are"), N_("as_given; lower, all of them a third lower; higher, a third higher."), "", "text"),
    _m("cumulative_profit", N_("Profit so far"), N_("The profit of the customers up to this place, the best first; the revenue where no cost is known."), "cumulative sum", "money", "higher"),
    _m("profit_share", N_("Share of profit"), N_("The same as a share of all of it. It is above 100% where the customers further on cost more than they bring; unknown where there is no profit in all."), "profit so far / profit", "share"),
    _m("curve_measure", N_("The curve is of"), N_("profit, or revenue where no cost is known."), "", "text"),
    _m("total_profit", N_("Profit in all"), N_("The profit of all customers of which it is known."), "sum of profit", "money", "higher"),
    _m("peak_share", N_("Highest point"), N_("The profit of all customers that bring any, as a share of the whole profit."), "sum of profits above 0 / profit in all", "share"),
    _m("peak_at", N_("Reached after"), N_("The share of the customers that bring a profit."), "customers with a profit above 0 / customers", "share", "higher"),
    _m("top20_share", N_("Best fifth"), N_("The share of the profit that the best fifth of the customers bring."), "profit of the best fifth / profit in all", "share"),
    _m("unprofitable", N_("Cost more than they bring"), N_("How many customers' profit is below 0."), "count of customers", "count", "lower"),
    _m("loss_together", N_("Their loss"), N_("What these customers cost more than they bring, together; a number below 0."), "sum of profits below 0", "money", "higher"),
    _m("profit_unknown", N_("Profit unknown"), N_("Customers with sales in the period of which a counted cost is not known."), "count of customers", "count", "lower"),
)  # fmt: skip

SECTIONS = (("Profit by customer", PROFIT),)

ANSWERS = (
    Answer("customer_profit", N_("Profit by customer"), N_("What each customer brings after what it costs, in the period (by default the twelve months to the as-of date), those that cost most first. Costs of a contact, a case and a return, and a margin where products have no unit cost, are inputs of the settings; what is not given is not counted, and not 0."), profit.COLUMNS),
    Answer("whale_curve", N_("Whale curve"), N_("The profit of the customers added up, the best first, at each hundredth of them; as the costs are given, and with all of them a third lower and higher. Without any cost it is the revenue."), profit.CURVE),
)  # fmt: skip
