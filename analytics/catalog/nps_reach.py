"""What the figures of who answers a survey, and who does not, are called and mean."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.nps import non_response, response_rate, reweighted, silence_follows, silent
from data.messages import N_

_WILSON, _COCHRAN = "Wilson (1927)", "Cochran (1977), 6.4"

RATES = (
    _m("invited", N_("Invitations"), N_("Invitations to the survey sent in the period. An answer belongs to the latest invitation of the same email address sent within 60 days before it; of an address that nobody asked, or without one, to the latest of the customer that has no answer yet. An invitation has one answer at most."), "undelivered + undecided + settled", "count"),
    _m("undelivered", N_("Did not arrive"), N_("Invitations that the list says did not arrive. They are in no rate."), "count of invitations", "count", "lower"),
    _m("undecided_invited", N_("Undecided"), N_("Invitations that arrived and were sent within the 30 days to the as-of date: answers may still come, so they are in no rate but the expected one."), "count of invitations", "count"),
    _m("settled", N_("Invitations counted"), N_("Invitations that arrived and were sent at least 30 days ago."), "count of invitations", "count"),
    _m("answered", N_("Answered"), N_("Those of them that were answered."), "count of invitations", "count", "higher"),
    _m("response_rate", N_("Response rate"), N_("What part of the invitations that arrived was answered, of those sent at least 30 days ago. Unknown without a list of invitations."), "answered / invitations counted", "share", "higher"),
    _m("response_low", N_("Response rate, low end"), N_("The low end of its 95% interval, on the effective number."), "95% interval", "share", source=_WILSON),
    _m("response_high", N_("Response rate, high end"), N_("The high end of its 95% interval, on the effective number."), "95% interval", "share", source=_WILSON),
    _m("effective_n", N_("Effective number"), N_("As how many independent, equally weighted answers or invitations they tell: fewer where people of one customer answer alike, or some count for more than others."), "p (1 - p) / variance over customers; (sum w)^2 / sum w^2", "number", source="Cochran (1977); Kish (1965)"),
    _m("eventual_rate", N_("Expected response rate"), N_("The share that answers within 60 days, with those asked within the last 30 days counted for as long as they were watched. Unknown where nobody was watched for 30 days."), "1 - S(60 days)", "share", "higher", "Kaplan and Meier (1958)"),
    _m("eventual_low", N_("Expected rate, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source="Rothman (1978)"),
    _m("eventual_high", N_("Expected rate, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source="Rothman (1978)"),
    _m("accounts_asked", N_("Customers asked"), N_("Customers with an invitation counted."), "count of customers", "count"),
    _m("accounts_answered", N_("Customers that answered"), N_("Those of them from whom at least one invitation was answered."), "count of customers", "count", "higher"),
    _m("account_rate", N_("Response rate of customers"), N_("What part of the customers asked answered at least once."), "customers that answered / customers asked", "share", "higher"),
    _m("account_low", N_("Rate of customers, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("account_high", N_("Rate of customers, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("revenue_asked", N_("Revenue asked"), N_("What the customers asked brought in the twelve months to the as-of date. Unknown where money is in several currencies."), "sum of revenue", "money"),
    _m("revenue_answered", N_("Revenue that answered"), N_("What those of them that answered brought."), "sum of revenue", "money", "higher"),
    _m("revenue_rate", N_("Response rate by revenue"), N_("What part of the revenue of those asked is that of customers that answered."), "revenue that answered / revenue asked", "share", "higher"),
    _m("revenue_rate_low", N_("Rate by revenue, low end"), N_("The low end of its 95% interval, on the number of equal customers as concentrated as these."), "Wilson on (sum r)^2 / sum r^2", "share", source=_WILSON),
    _m("revenue_rate_high", N_("Rate by revenue, high end"), N_("The high end of its 95% interval."), "Wilson on (sum r)^2 / sum r^2", "share", source=_WILSON),
    _m("revenue_of_all", N_("Revenue of all"), N_("What all customers brought in those twelve months, asked or not."), "sum of revenue", "money"),
    _m("revenue_reached", N_("Revenue heard"), N_("What part of the revenue of all customers is that of customers that answered."), "revenue that answered / revenue of all", "share", "higher"),
)  # fmt: skip

DIFFERENCES = (
    _m("known_of", N_("What is known"), N_("What those who answered and those who did not are compared in: revenue_12m; months_known, months as a customer; days_since_contact; has_open_case, an open service case; has_left, counts as lost; segment, region, lifecycle and owner, value by value. All of it as known at the as-of date."), "", "text"),
    _m("asked_answered", N_("Answered"), N_("Invitations that were answered, of customers of whom it is known."), "count of invitations", "count"),
    _m("asked_silent", N_("Not answered"), N_("Invitations that were not answered, of customers of whom it is known."), "count of invitations", "count"),
    _m("mean_answered", N_("Where answered"), N_("The mean over answered invitations; of a flag or a value, the share that has it."), "sum x / n", "number"),
    _m("mean_silent", N_("Where not answered"), N_("The same over unanswered ones."), "sum x / n", "number"),
    _m("standardised", N_("Standardised difference"), N_("The difference of the two means in standard deviations: below 0.1 it is slight."), "difference / sqrt((s1^2 + s2^2) / 2)", "number", source="Austin (2009)"),
    _m("standardised_low", N_("Standardised, low end"), N_("The low end of its 95% interval; invitations of one customer count together."), "95% interval", "number", source=_COCHRAN),
    _m("standardised_high", N_("Standardised, high end"), N_("The high end of its 95% interval."), "95% interval", "number", source=_COCHRAN),
    _m("heard_as", N_("Silent ones as"), N_("plain: those who did not answer are left out; reweighted: answers count for those who did not answer among customers like theirs; like_late: those who did not answer would score as the slowest quarter of those who did."), "", "text"),
    _m("score_shift", N_("Against the plain score"), N_("That score less the plain one."), "score - plain score", "points"),
    _m("shift_low", N_("Against the plain score, low end"), N_("The low end of its 95% interval, from 200 draws of customers."), "95% interval", "points", source="Efron and Tibshirani (1993)"),
    _m("shift_high", N_("Against the plain score, high end"), N_("The high end of its 95% interval."), "95% interval", "points", source="Efron and Tibshirani (1993)"),
    _m("answered_late", N_("Late answers"), N_("The slowest quarter of the answers, and those as slow."), "count of answers", "count"),
    _m("late_after_days", N_("Late from"), N_("So many days after it was asked an answer is late."), "75% quantile of days to answer", "days"),
)  # fmt: skip

SILENCE = (
    _m("silence", N_("Silent how"), N_("long_ago: the last answer is twelve months old or older; never_answered: asked, and never answered; never_asked; no_answer: no answer, and no list says who was asked. heard: answered within twelve months; waiting: asked within the last 30 days, may still answer. silent: the first four together."), "", "text"),
    _m("times_asked", N_("Times asked"), N_("Invitations of the customer that arrived. Unknown without a list of invitations."), "count of invitations", "count"),
    _m("last_asked_on", N_("Last asked"), N_("The day the last of them was sent."), "", "text"),
    _m("times_answered", N_("Times answered"), N_("Answers of the customer from 0 to 10."), "count of answers", "count"),
    _m("last_answered_on", N_("Last answer"), N_("The day of the last of them."), "", "text"),
    _m("days_silent", N_("Days silent"), N_("How many days ago that was."), "as-of date - last answer", "days", "lower"),
    _m("is_out_of_contact", N_("Out of contact"), N_("True where the contact programme calls the customer overdue: nobody has been in touch for longer than promised."), "", "flag"),
    _m("silence_reason", N_("In words"), N_("How often and when the customer was asked, and when it last answered."), "", "text"),
    _m("silent_share", N_("Share of customers"), N_("What part of the customers now that is."), "customers / customers now", "share", "lower"),
    _m("silent_low", N_("Share of customers, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("silent_high", N_("Share of customers, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("out_of_contact", N_("Out of contact too"), N_("Those of them whose contact is overdue."), "count of customers", "count", "lower"),
    _m("risk_out_of_contact", N_("Value at risk out of contact"), N_("What is expected to be lost of those."), "sum of value at risk", "money", "lower"),
    _m("followed_months", N_("Months followed"), N_("For how many months customers are followed, from the 30th day after the invitation."), "", "count"),
    _m("gone_as", N_("Gone means"), N_("no_purchase: bought nothing within those months; contract_ended: had no contract running at their end."), "", "text"),
    _m("gone_silent", N_("Gone, not answered"), N_("Unanswered invitations whose customer is gone."), "count of invitations", "count"),
    _m("gone_silent_share", N_("Share gone, not answered"), N_("What part that is. Counted are customers that had bought within the year before the invitation, or had a contract; people of one customer asked on one day are one invitation."), "gone / not answered", "share", "lower"),
    _m("gone_silent_low", N_("Gone, not answered, low end"), N_("The low end of its 95% interval; invitations of one customer count together."), "95% interval", "share", source=_WILSON),
    _m("gone_silent_high", N_("Gone, not answered, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("gone_answered", N_("Gone, answered"), N_("Answered invitations whose customer is gone."), "count of invitations", "count"),
    _m("gone_answered_share", N_("Share gone, answered"), N_("What part that is."), "gone / answered", "share", "lower"),
    _m("gone_answered_low", N_("Gone, answered, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("gone_answered_high", N_("Gone, answered, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("customers_followed", N_("Customers followed"), N_("How many customers these invitations are of."), "count of customers", "count"),
)  # fmt: skip

SECTIONS = (("Who answers", RATES), ("Do those who answer differ", DIFFERENCES), ("Silent customers", SILENCE))

ANSWERS = (
    Answer("response_rate", N_("Response rate"), N_("What part of those asked answered: of the invitations that arrived, of the customers, and of the revenue behind them. One row a period; with --grain all and --by, each group against all others. Invitations of the last 30 days are undecided and stand apart."),
           response_rate.COLUMNS),
    Answer("non_response", N_("Who answers and who does not"), N_("Those asked who answered against those who did not, in what is known of both, corrected for how many comparisons that makes."),
           non_response.COLUMNS),
    Answer("nps_reweighted", N_("NPS with the silent ones"), N_("The score of the answers to invitations, the same with answers reweighted so that they stand for all customers asked, and what it would be if those who did not answer scored like those who answer late. Weights mend what the facts known of customers tell, and nothing else."),
           reweighted.COLUMNS),
    Answer("silent_accounts", N_("Silent customers"), N_("One row a customer that says nothing: asked and without an answer, not for twelve months, or never asked. Those out of contact come first, each with most value at risk first."),
           silent.COLUMNS),
    Answer("silence", N_("How many are silent"), N_("How many customers are silent, and what is at risk there: all silent ones, each kind of silence, and those heard."),
           silent.TOTAL_COLUMNS),
    Answer("silence_follows", N_("What follows silence"), N_("Whether customers are gone more often after an invitation they left unanswered than after one they answered. It is what goes together: that silence makes them leave does not follow."),
           silence_follows.COLUMNS),
)  # fmt: skip
