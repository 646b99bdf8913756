"""What the figures of the best use of a budget are called and mean."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.what_if import budget
from data.messages import N_

BUDGET = (
    _m("expected_gain", N_("Expected gain"), N_("What the customers treated are expected to bring more over the horizon because of it, discounted, less what the lever gives away (a discount, a reward) to those who would have stayed anyway; as profit where a margin is known. What the lever costs is not taken off. Low and high are its 80% interval: of one customer by the range of the lever and what the models do not know, of a plan also by who happens to leave."), "sum of money x (chance to be there with - without) - given away", "money", "higher"),
    _m("net_gain", N_("Gain less cost"), N_("The expected gain less all costs. This is what is made as large as can be."), "expected gain - cost", "money", "higher", source="multiple-choice knapsack; Kellerer, Pferschy and Pisinger (2004)"),
    _m("net_gain_low", N_("Gain less cost, low end"), N_("One draw in ten is below it."), "80% interval", "money"),
    _m("net_gain_high", N_("Gain less cost, high end"), N_("One draw in ten is above it."), "80% interval", "money"),
    _m("gain_per_cost", N_("Gain per unit of cost"), N_("How much gain each unit of money brings. Empty where the lever costs nothing."), "expected gain / cost", "number", "higher"),
    _m("saves", N_("Expected to be saved"), N_("How many customers are expected to stay, or to come back, over the horizon because of it; of one customer the chance."), "sum of chances", "number", "higher"),
    _m("uncertain_gain", N_("May not pay"), N_("True where the low end of the gain is below the cost: that treating this customer pays is not sure."), "low < cost", "flag"),
    _m("strategy", N_("Way to choose"), N_("best: the best use; most_at_risk, riskiest, largest: customers in order of value at risk, of risk, of value, each with the lever that brings it most, while money and time last."), "", "text"),
    _m("treated", N_("Customers treated"), N_("How many customers are given a lever."), "count of customers", "count"),
    _m("budget", N_("Budget"), N_("How much money there is to spend."), "", "money"),
    _m("budget_times", N_("Times the budget"), N_("How many times the scenario's budget that is."), "", "number"),
    _m("beats_best", N_("Chance to beat the best"), N_("In which share of the draws it brings more, its costs taken off, than the best one does in the same draw: of ways to spend a budget the best use, of scenarios the best scenario. The best is best on the whole, not in every draw."), "draws / draws", "share"),
    _m("short_of_best", N_("Short of the best use"), N_("How much less it brings than the best use, costs taken off."), "gain less cost of the best - its own", "money", "lower"),
    _m("next_unit", N_("Next unit of money"), N_("How much one more unit of money would bring beyond itself at its best use, the levers in use being the same; 0 where money is not what is short."), "dual value of the budget, customers in part allowed", "number", source="Huangfu and Hall (2018), HiGHS"),
    _m("program_gap", N_("Could be better by"), N_("How much better than the one found the best choice can be at most, as a share of that."), "1 - found / bound", "share", "lower"),
)  # fmt: skip

SECTIONS = (("Best use of a budget", BUDGET),)

ANSWERS = (
    Answer("budget", N_("Best use of a budget"), N_("Which customers get which lever of a scenario, so that its budget and what each owner has the time for bring most: one row a customer that is given one, the largest gain less cost first. A customer gets at most one lever, and only one that is expected to bring more than it costs. The fixed costs of a lever are paid once, and an equal part of them is in the cost of each row. Levers on retention act on the whole target by one factor, so a customer who would have stayed anyway has little to gain."),
           budget.COLUMNS),
    Answer("budget_strategies", N_("Best use against plain rules"), N_("The best use of a scenario's budget beside treating those with most value at risk, the riskiest and the largest customers first, each with the same money and the same time, in the same draws."),
           budget.STRATEGY_COLUMNS),
    Answer("budget_curve", N_("More and less money"), N_("What a quarter to four times a scenario's budget brings at its best use, and what the next unit of money would bring: where it brings nothing more, money is no longer what is short."),
           budget.CURVE_COLUMNS),
)  # fmt: skip
