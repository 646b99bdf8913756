"""What is told of the time after survey answers, and of people who answered twice: names and meanings."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.nps import at_stake, leaving, moves, repeat, respondent_history
from data.messages import N_

_KM = "Kaplan and Meier (1958), clustered by customer as Williams (1995)"
_COX = "Cox (1972), clustered by customer as Lin and Wei (1989)"
_WILSON = "Wilson (1927) on the effective number"
_LINEAR = "Cochran (1977), 6.4"

FOLLOWS = (
    _m("answered_as", N_("Answered as"), N_("promoter, passive or detractor; of a customer, what more of its people are: detractor where detractors outnumber promoters, promoter the other way round, else passive; none where nobody answered in the twelve months to the as-of date."), "", "text"),
    _m("outcomes", N_("Answers it came after"), N_("After how many of the answers the customer left, or bought again, within the time. What came on the day of the answer or before does not count."), "count of answers", "count"),
    _m("outcome_customers", N_("Customers it came to"), N_("How many different customers those are."), "count of customers", "count"),
    _m("outcome_chance", N_("Chance by then"), N_("The chance that the customer has left, or has bought again, so many days after the answer. Customers of whom it is not known yet count for as long as they have been watched. Of who buys freely, silence counts from the answer, or from a later purchase, and the customer has left once it is longer than its own limit."), "1 - chance to be without it still", "share", source=_KM),
    _m("outcome_low", N_("Chance by then, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("outcome_high", N_("Chance by then, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("chance_difference", N_("Chance against promoters"), N_("The chance less that of promoters."), "chance - chance of promoters", "share"),
    _m("chance_difference_low", N_("Chance against promoters, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source="Newcombe (1998)"),
    _m("chance_difference_high", N_("Chance against promoters, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source="Newcombe (1998)"),
    _m("unadjusted_ratio", N_("Hazard ratio, plain"), N_("The hazard ratio without regard to what customers bring and how long they have been there."), "exp(coefficient) of Cox's model", "number", source=_COX),
    _m("is_adjusted", N_("Like for like"), N_("True where the hazard ratio is at equal thirds of revenue in the 12 months before the answer and of time as a customer."), "", "flag"),
    _m("stands", N_("Stands"), N_("True where the difference is unlikely to be chance, after correction for all tests of the table; empty where there is too little to test: fewer than 30 on either side, or fewer than 5 customers it came to."), "q < 0.05", "flag"),
    _m("detectable_ratio", N_("Ratio that would be seen"), N_("From which hazard ratio on, or below one divided by it, a relation would be found in four of five cases with as much data. What is weaker may have been missed."), "exp(2.80 x standard error)", "number"),
    _m("unplaced", N_("Without customer or day"), N_("Answers not followed because nothing says whose they are, or when they came."), "count of answers", "count"),
    _m("not_there", N_("Not a customer then"), N_("Answers not followed because on that day the customer had not bought yet, had no contract, or had been silent beyond its limit already."), "count of answers", "count"),
    _m("no_limit", N_("Without a limit"), N_("Answers not followed because nothing says after which silence the customer counts as lost."), "count of answers", "count"),
    _m("too_recent", N_("Too recent"), N_("Answers not followed because no time has passed since that would tell: of leaving and buying not a day (with contracts 30 days), of revenue not a year."), "count of answers", "count"),
    _m("not_sampled", N_("Beyond the sample"), N_("Answers not followed because their customers are beyond the 10,000 that are, always the same ones."), "count of answers", "count"),
    _m("months_before", N_("Months before leaving"), N_("How long before the last purchase, or the last day of contract, of a customer that left: 0-3, 3-6, 6-9, 9-12 or 12+ months; stayed, the answers of customers that have not left since."), "", "text"),
)  # fmt: skip

MONEY = (
    _m("revenue_year_before", N_("Revenue before answers"), N_("What the customers brought in the 365 days up to their answers, each counted once with the mean of its answers."), "sum of net amounts", "money"),
    _m("revenue_year_after", N_("Revenue after answers"), N_("What they brought in the 365 days after, from the day after the answer on."), "sum of net amounts", "money"),
    _m("revenue_change", N_("Change of revenue"), N_("How much more or less the year after brought than the year before, with a 95% interval that takes customers as wholes."), "after / before - 1", "share", "higher", _LINEAR),
    _m("change_difference", N_("Change against promoters"), N_("The change less that of promoters."), "change - change of promoters", "share"),
    _m("change_difference_low", N_("Change against promoters, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source=_LINEAR),
    _m("change_difference_high", N_("Change against promoters, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source=_LINEAR),
    _m("detectable_change", N_("Difference that would be seen"), N_("From which difference of changes on one would be found in four of five cases with as much data."), "2.80 x standard error", "share"),
    _m("answers_now", N_("People who answered"), N_("How many people of these customers answered in the 365 days to the as-of date; of each the latest answer counts."), "count of people", "count"),
    _m("now_share", N_("Share of revenue"), N_("The share of the revenue of all customers who answered, with a 95% interval that takes them as a sample."), "revenue / revenue of customers who answered", "share", source=_LINEAR),
    _m("now_share_low", N_("Share of revenue, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source=_LINEAR),
    _m("now_share_high", N_("Share of revenue, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source=_LINEAR),
    _m("stake", N_("More at stake than with promoters"), N_("The revenue of twelve months that leaves with these customers beyond what would leave with as much revenue of promoters, if they go on leaving as they have so far after such answers. It does not say that a better score would keep it."), "revenue of 12 months x (chance to have left - that of promoters)", "money", "lower"),
    _m("stake_low", N_("More at stake, low end"), N_("The low end of its 95% interval; below 0, less than with promoters."), "revenue x low end of the difference", "money"),
    _m("stake_high", N_("More at stake, high end"), N_("The high end of its 95% interval."), "revenue x high end of the difference", "money"),
    _m("lowest_score", N_("Lowest score"), N_("The lowest of the latest answers of its people."), "", "number"),
)  # fmt: skip

PEOPLE = (
    _m("moved_from", N_("Was"), N_("What the person was by the answer before: promoter, passive or detractor. The row without one is all people who answered twice."), "", "text"),
    _m("moved_to", N_("Is"), N_("What the person is by the latest answer."), "", "text"),
    _m("net_move", N_("Net movement"), N_("By how much the score of the same people is higher now than by their answers before. Tested from 30 people on; each fall is tested against the same rise, where there are 30 of both together."), "100 x mean of (vote now - vote before)", "points", "higher", "paired, clustered by customer; falls: McNemar (1947), exact"),
    _m("net_low", N_("Net movement, low end"), N_("The low end of its 95% interval."), "95% interval", "points"),
    _m("net_high", N_("Net movement, high end"), N_("The high end of its 95% interval."), "95% interval", "points"),
    _m("previous_on", N_("Answered before"), N_("The day of the person's answer before."), "", "text"),
    _m("previous_score", N_("Answer before"), N_("The score of that answer."), "", "number"),
    _m("is_counted", N_("Counts for NPS"), N_("True for whole answers from 0 to 10 to the question whether one would recommend, save those that the same person gave anew within 24 hours."), "", "flag"),
    _m("person", N_("Person"), N_("Equal for answers of the same person: known by the email address, else by name and customer."), "", "text"),
    _m("answer_id", N_("Answer number"), N_("The number of the answer."), "", "text"),
)  # fmt: skip

SECTIONS = (
    ("After a survey answer", FOLLOWS),
    ("Revenue and survey answers", MONEY),
    ("The same people again", PEOPLE),
)

ANSWERS = (
    Answer("nps_and_leaving", N_("NPS and leaving"), N_("Whether customers leave sooner after answers of detractors than of promoters, in the user's own data: each answer is followed from the day after it, for the months asked for. A relation is not a cause, and none is an answer too: it comes with the ratio that would have been seen."),
           leaving.COLUMNS),
    Answer("nps_and_repeat", N_("NPS and buying again"), N_("The same of another purchase after the answer; of customers with contracts, another contract. A hazard ratio below 1 is slower than promoters."),
           leaving.COLUMNS),
    Answer("nps_and_revenue", N_("NPS and revenue"), N_("What customers brought in the year after their answers against the year before, by what they answered. Only answers a year old are told of."),
           repeat.REVENUE_COLUMNS),
    Answer("nps_before_leaving", N_("NPS before leaving"), N_("The scores of customers that left, by how long before their last purchase or last day of contract they answered, against the answers of those that stayed: how early the sign is there. It looks back, and does not tell how likely leaving is."),
           leaving.LEAD_COLUMNS),
    Answer("nps_at_stake", N_("What rests on detractors"), N_("The revenue of customers now by what their people answered in the last twelve months, and how much more of it is at stake than if they left as promoters do."),
           at_stake.COLUMNS),
    Answer("nps_detractors", N_("Detractors now"), N_("One row a customer of which more people are detractors than promoters by their latest answers of the last twelve months, most revenue first."),
           at_stake.LIST_COLUMNS),
    Answer("nps_moves", N_("The same people again"), N_("How people moved between the answer before and the latest one: the net movement of all, then each of the nine moves with its share of those who stood there before."),
           moves.COLUMNS),
    Answer("nps_moved", N_("Who moved"), N_("One row a person who fell between the last two answers, or made the move asked for, those of customers with most revenue first."),
           moves.LIST_COLUMNS),
    Answer("respondent_history", N_("Answers of a customer's people"), N_("One row an answer of the people of one customer, the newest first, on any scale."),
           respondent_history.COLUMNS),
)  # fmt: skip
