"""What the Net Promoter Score of groups and accounts is called and means."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.nps import accounts, mix, revenue_weighted
from data.messages import N_

_KITAGAWA = "Kitagawa (1955), at the earlier mix"

SEGMENTS = (
    _m("nps_part", N_("Told of"), N_("all: all answers; rate: what the same kinds of customers changed by; mix: what it does that others answered; group: one group."), "", "text"),
    _m("n_earlier", N_("Answers, earlier"), N_("How many answers there were in as many days before the period."), "count of answers", "count"),
    _m("share_earlier", N_("Share, earlier"), N_("The group's share of the answers of the earlier days."), "answers of the group / answers", "share"),
    _m("share_later", N_("Share, later"), N_("The group's share of the answers of the period."), "answers of the group / answers", "share"),
    _m("nps_earlier", N_("NPS, earlier"), N_("The score of the earlier days."), "100 x (promoters - detractors) / n", "points", "higher", "Reichheld (2003)"),
    _m("earlier_low", N_("NPS, earlier, low end"), N_("The low end of its 95% interval."), "95% interval", "points", source="Rocks (2016)"),
    _m("earlier_high", N_("NPS, earlier, high end"), N_("The high end of its 95% interval."), "95% interval", "points", source="Rocks (2016)"),
    _m("points_low", N_("Change, low end"), N_("The low end of the 95% interval of the change in points; of rate with the earlier mix taken as given. People who answered on both sides are counted as the same."), "95% interval", "points", source="Rocks (2016)"),
    _m("points_high", N_("Change, high end"), N_("The high end of the same interval."), "95% interval", "points", source="Rocks (2016)"),
    _m("rate_points", N_("By rate"), N_("What of the change is that the same kinds of customers score otherwise: the change, had each group kept the share of the answers that it had. Rate and mix add up to the change."), "sum of earlier share x (later score - earlier score)", "points", "higher", _KITAGAWA),
    _m("mix_points", N_("By mix"), N_("What of the change is that other customers answered: groups that score high grew or shrank. A group with answers on one side only is all mix."), "sum of (later share - earlier share) x later score", "points", "neither", _KITAGAWA),
    _m("accounts", N_("Accounts"), N_("Customers with answers, told by their number, else by the name the survey has. In the revenue-weighted score, those with revenue before their answer."), "count of accounts", "count"),
    _m("account_nps", N_("Account NPS"), N_("The score with one vote an account: the mean of its people's last answers, and then the mean of all accounts. An account of which many answer counts no more than one with a single answer."), "mean over accounts of the mean of 100, 0 and -100", "points", "higher", "CustomerGauge"),
    _m("account_nps_low", N_("Account NPS, low end"), N_("The low end of its 95% interval, from a bootstrap of accounts."), "95% interval", "points", source="Efron and Tibshirani (1993)"),
    _m("account_nps_high", N_("Account NPS, high end"), N_("The high end of the same interval."), "95% interval", "points", source="Efron and Tibshirani (1993)"),
    _m("cluster_low", N_("NPS, low end by accounts"), N_("The low end of the 95% interval of the plain score when the answers of one account are let go together, as those of one company often do."), "95% interval", "points", source="Cochran (1977), 6.4"),
    _m("cluster_high", N_("NPS, high end by accounts"), N_("The high end of the same interval."), "95% interval", "points", source="Cochran (1977), 6.4"),
    _m("design_effect", N_("Design effect"), N_("How many times larger the variance of the plain score is because answers of one account go together. Above 1 the plain interval is too narrow."), "variance by accounts / variance by answers", "number", "lower", "Kish (1965)"),
    _m("people_an_account", N_("People an account"), N_("How many people of an account answered, on average; of each the last answer counts."), "people / accounts", "number"),
    _m("without_account", N_("Without an account"), N_("People whose answers name no customer. They are in no account's score."), "count of people", "count"),
    _m("revenue_nps", N_("Revenue-weighted NPS"), N_("The score with each account weighing as much as it brought in the 365 days before its last answer. Amounts of several currencies are never added: a row each."), "sum(w x s) / sum(w)", "points", "higher", "standard error: sqrt(sum w^2 (s - NPS)^2) / sum w"),
    _m("weighed_share", N_("Share with revenue"), N_("The share of the answers whose account had revenue in the 365 days before. The others weigh nothing."), "answers with revenue / answers", "share", "higher"),
    _m("revenue_weight", N_("Revenue before"), N_("What the account, or all of them, brought in the 365 days before its last answer, returns taken off; of contracts, their monthly revenue for the days they ran."), "sum of amounts", "money"),
    _m("effective_accounts", N_("As if of"), N_("Of how many accounts of one size it says as much. Below 10 a few customers make the score."), "(sum w)^2 / sum(w^2)", "number", "higher", "Kish (1965)"),
    _m("weight_warning", N_("Beware"), N_("few: it says as much as fewer than 10 accounts would; one: the largest customer has a quarter of the revenue, or without it the score would be outside the interval."), "", "text"),
    _m("largest_share", N_("Share of the largest"), N_("The largest customer's share of the revenue."), "revenue of the largest / revenue", "share"),
    _m("without_largest", N_("Without the largest"), N_("The revenue-weighted score without the largest customer."), "", "points"),
    _m("unhappy_accounts", N_("Accounts below 0"), N_("How many of the accounts with revenue have more detractors than promoters among their people."), "count of accounts", "count", "lower"),
    _m("unhappy_revenue", N_("Revenue of accounts below 0"), N_("What those accounts brought in the 365 days before their answer."), "sum of revenue", "money", "lower"),
    _m("weighed_by", N_("Weighed by"), N_("What tells of the revenue: orders, won deals (deals) or contracts (subscriptions)."), "", "text"),
    _m("account_score", N_("Score of the account"), N_("The mean of its people's last answers, 100 a promoter, 0 a passive, -100 a detractor."), "mean of 100, 0 and -100", "points", "higher"),
    _m("answered_on", N_("Answered on"), N_("The day of its last answer."), "", "text"),
    _m("weight_share", N_("Share of the weight"), N_("The account's share of the revenue before the answers, in its currency."), "w / sum(w)", "share"),
    _m("pull", N_("Pulls by"), N_("By how many points the account draws the revenue-weighted score up or down."), "w x (s - NPS) / sum(w)", "points", "higher"),
)  # fmt: skip

SECTIONS = (("NPS of groups and accounts", SEGMENTS),)

ANSWERS = (
    Answer("nps_mix", N_("NPS: who changed, or who answered"), N_("The Net Promoter Score of two stretches of time, group by group: how much of its change is that the same kinds of customers score otherwise, and how much that others answered. Without a period the last 365 days and the 365 before, or the halves of what there is. A change is tested with 30 answers on both sides; the correction is over all rows."),
           mix.COLUMNS),
    Answer("account_nps", N_("Account NPS"), N_("The Net Promoter Score with one vote an account, beside that with one vote an answer and an interval that lets the answers of one account go together. Of each person the last answer counts. Groups of 30 accounts are compared with all other accounts."),
           accounts.COLUMNS),
    Answer("revenue_weighted_nps", N_("Revenue-weighted NPS"), N_("The Net Promoter Score with each account weighing as much as it brought in the 365 days before its answer, with the number of accounts it is as good as, and a warning, with the name, where one customer makes it."),
           revenue_weighted.COLUMNS),
    Answer("nps_accounts", N_("Accounts by what they do to the score"), N_("One row an account that answered: its score, its revenue before the answer, and by how much it draws the revenue-weighted score up or down; those that draw it down most first."),
           revenue_weighted.ACCOUNTS),
)  # fmt: skip
