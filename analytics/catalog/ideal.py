"""What the profile of the ideal customer is called and means."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.customers import ideal
from data.messages import N_

_WOOLF = "Haldane (1956), Woolf (1955)"

TRAITS = (
    _m("trait", N_("Trait"), N_("What is known of the customers: a field of theirs, the size by employees, the first product bought, the source of the first deal. Who looks after them is left out."), "", "text"),
    _m("trait_value", N_("Its value"), N_("The value of the trait that the row is about."), "", "text"),
    _m("best_customers", N_("Best of them"), N_("How many of the row's customers are among the best."), "count of customers", "count"),
    _m("best_rate", N_("Are among the best"), N_("The share of the customers with the trait that are among the best, with a 95% interval."), "best / customers", "share", "higher", "Wilson (1927)"),
    _m("best_rate_all", N_("Of all"), N_("The same of all customers of whom the trait is known."), "best / customers", "share"),
    _m("times_as_often", N_("Times as often"), N_("How many times as often customers with the trait are among the best as customers are in all."), "best_rate / best_rate_all", "number", "higher"),
    _m("share_of_best", N_("Share of the best"), N_("How many of the best customers have the trait."), "best with it / best", "share"),
    _m("share_of_rest", N_("Share of the others"), N_("How many of the other customers have it."), "others with it / others", "share"),
    _m("trait_odds", N_("Odds ratio"), N_("The odds of customers with the trait to be among the best, for each of the odds of those with another value of it. Half a customer is added to each cell."), "odds with it / odds without it", "number", "higher", _WOOLF),
    _m("odds_low", N_("Odds ratio, low end"), N_("The low end of its 95% interval."), "exp(log odds ratio - 1.96 standard errors)", "number", source=_WOOLF),
    _m("odds_high", N_("Odds ratio, high end"), N_("The high end of its 95% interval."), "exp(log odds ratio + 1.96 standard errors)", "number", source=_WOOLF),
    _m("left_out", N_("Left out because"), N_("Why a field is no trait: named, its name says that it is made of the value itself; rises_with_value, it rises or falls with value almost without exception; says_it_itself, one of its values holds nearly all of the best and hardly any others. Such a field knows what came out, and would explain anything."), "", "text"),
    _m("compared_customers", N_("Customers compared"), N_("Customers who bought and have been there for 180 days or more; those who left since are among them."), "count of customers", "count"),
    _m("best_all", N_("The best"), N_("How many of them are the best: the fifth with most value, in each currency. Equal values stand together, so that it can be somewhat more or fewer."), "count of customers", "count"),
)  # fmt: skip

PROSPECTS = (
    _m("match", N_("Match"), N_("How far a customer that never bought is like the best: the logs of the odds ratios of its traits that stand, added. It gives an order, not a chance: traits overlap."), "sum of log(odds ratio)", "number", "higher"),
    _m("matched_traits", N_("Traits in common"), N_("How many of its traits stand and are those of the best."), "count of traits", "count", "higher"),
    _m("traits_for", N_("Like the best"), N_("Which traits those are."), "", "text"),
    _m("traits_against", N_("Unlike the best"), N_("Which of its traits stand and are seldom among the best."), "", "text"),
    _m("open_deals", N_("Open deals"), N_("How many deals with it are open."), "count of deals", "count"),
)  # fmt: skip

SECTIONS = (
    ("The ideal customer", TRAITS),
    ("Who is like the best customers", PROSPECTS),
)

ANSWERS = (
    Answer("ideal_customer", N_("Ideal customer"), N_("Which traits the best fifth of the customers share that the others do not: one row a value with 30 customers or more, tested against all other values of its field. Those who left are among the others, so a trait may stand because such customers buy more or because they stay. It goes with value; that does not show that it is the reason."),
           ideal.COLUMNS),
    Answer("ideal_prospects", N_("Who is like the best customers"), N_("Customers who never bought and share the traits that stand with the best, the closest first. Empty where no trait stands."),
           ideal.PROSPECT_COLUMNS),
)  # fmt: skip
