"""What the speed of contact, the number of touches and discounts are called and mean."""

from __future__ import annotations

from analytics import discounts, first_contact, touches
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

_NEWCOMBE = "Newcombe (1998), method 10, on the effective numbers (Rothman 1978)"
_LANDMARK = "landmark: van Houwelingen (2007)"

CONTACT = (
    _m("landmark_days", N_("Landmark"), N_("The age of a deal at which contacted and not yet contacted deals are told apart, in days. Only deals still open at that age are compared, by what became of them afterwards: a deal lost early had no time to be contacted."), "", "days", source=_LANDMARK),
    _m("contact", N_("In touch yet"), N_("all for every deal; contacted for those that had their first contact by the landmark; not_contacted for the others still open then."), "", "text"),
    _m("difference_low", N_("Difference, low end"), N_("The low end of the 95% interval of the difference."), "95% interval", "share", source=_NEWCOMBE),
    _m("difference_high", N_("Difference, high end"), N_("The high end of the 95% interval of the difference."), "95% interval", "share", source=_NEWCOMBE),
    _m("contacted_share", N_("Contacted by then"), N_("The share of all deals that had their first contact by the landmark, or at all."), "deals contacted by then / deals", "share", "higher"),
    _m("median_hours", N_("Half contacted within"), N_("The hours within which half of all deals have their first contact. Deals that close without one count as never contacted; open deals count for as long as they have waited. Empty where half are never contacted."),
       "first time by which the chance of a contact reaches 50%, against closing first (Aalen-Johansen)", "number", "lower", "Brookmeyer and Crowley (1982)"),
    _m("median_low_hours", N_("Half contacted within, low end"), N_("The low end of its 95% interval."), "95% interval", "number"),
    _m("median_high_hours", N_("Half contacted within, high end"), N_("The high end of its 95% interval."), "95% interval", "number"),
    _m("contacted", N_("Contacted"), N_("Deals with a first contact: an activity done from their creation to their end."), "count of deals", "count", "higher"),
    _m("via_customer", N_("Contacted by customer"), N_("Deals whose first contact is told by an activity that names only the customer."), "count of deals", "count"),
    _m("contacted_before", N_("Contacted before creation"), N_("Deals left out because an activity of theirs is older than the deal."), "count of deals", "count"),
    _m("activities", N_("Usable activities"), N_("Activities in the data that were done, on a known date, and name a deal or a customer."), "count of activities", "count"),
)  # fmt: skip

TOUCHES = (
    _m("touches", N_("Touches"), N_("How many activities were done about a deal in its first days: 0, 1-2, 3-5, 6-10, 11+."), "count of activities done by the age", "text"),
    _m("mean_touches", N_("Touches on average"), N_("The average number of touches of the row's deals."), "touches / deals", "number"),
    _m("ended_before", N_("Ended before"), N_("Deals left out because they closed before the age at which touches are counted."), "count of deals", "count"),
    _m("too_young", N_("Too young"), N_("Open deals left out because they have not come to the age at which touches are counted."), "count of deals", "count"),
)  # fmt: skip

DISCOUNTS = (
    _m("band", N_("Discount band"), N_("above_list: more than 1% above list price; none: within 1% of it; then up to 5, 10, 20, 30% and over_30 below it. all: every deal that can be compared."), "1 - amount / list price", "text"),
    _m("discount", N_("Average discount"), N_("The average discount on the row's won deals; below 0 above list price."), "mean of 1 - amount / (list price x quantity), won deals", "share", "lower"),
    _m("discount_low", N_("Average discount, low end"), N_("The low end of its 95% interval."), "Student's interval of a mean", "share"),
    _m("discount_high", N_("Average discount, high end"), N_("The high end of its 95% interval."), "Student's interval of a mean", "share"),
    _m("discounted_share", N_("With a discount"), N_("The share of the row's won deals that were more than 1% below list price."), "won deals below list price / won deals", "share", "lower"),
    _m("given_away", N_("Given away"), N_("What the row's won deals were below list price; those above it are not set against it."), "sum of list price - amount, where above 0, won deals", "money", "lower"),
    _m("mean_amount", N_("Average amount"), N_("The average amount of the row's deals."), "mean of amount", "money"),
    _m("mean_list_price", N_("Average list price"), N_("What the row's deals would be worth on average at list price."), "mean of list price x quantity", "money"),
    _m("expected", N_("A deal brings"), N_("What a deal of the band brings on average: its chance to be won times its amount. Of customers, what to expect over the horizon, with some of them leaving."), "chance x average amount", "money", "higher"),
    _m("expected_at_list", N_("At list price it would"), N_("What the same deal would bring at list price, if it were then won as often as deals at list price are."), "chance at list price x average list price", "money", "higher"),
    _m("pays", N_("Gained a deal"), N_("How much more a deal of the band brings than at list price. An association: discounts may go to deals that differ in other ways."), "a deal brings - at list price it would", "money", "higher"),
    _m("pays_low", N_("Gained a deal, low end"), N_("The low end of its 95% interval."), "2.5% of 4,000 seeded draws", "money"),
    _m("pays_high", N_("Gained a deal, high end"), N_("The high end of its 95% interval."), "97.5% of 4,000 seeded draws", "money"),
    _m("break_even", N_("Break-even chance"), N_("The chance to be won from which the band's discount pays for itself. More than 100% means that it cannot."), "chance at list price x list price / amount", "share", "lower"),
    _m("comparable_share", N_("Can be compared"), N_("The share of the deals with an amount and a list price whose amount is from 0.1 to 1.5 list prices. Below one half no chance is told."), "deals near a list price / deals with an amount and a list price", "share", "higher"),
    _m("not_comparable", N_("Not comparable"), N_("Deals left out because their amount is not near the list price of one, as those of several units are where no quantity is known."), "count of deals", "count"),
    _m("multiples", N_("Whole multiples"), N_("Of the deals that are not comparable, those of a whole number of list prices: several units, likely at list price."), "count of deals", "count"),
    _m("other_currency", N_("Other currency"), N_("Deals left out because their amount is in another currency than most: list prices name none."), "count of deals", "count"),
    _m("no_list_price", N_("Without list price"), N_("Deals left out because no product with a list price is known for them."), "count of deals", "count"),
    _m("no_amount", N_("Without amount"), N_("Deals of a product with a list price that were left out because they have no amount above 0."), "count of deals", "count"),
    _m("lost_known", N_("Lost with amount"), N_("The share of the lost deals with a list price that have an amount. Below 80% no chance is told: what was offered is not known."), "lost deals with an amount / lost deals, with a list price", "share", "higher"),
)  # fmt: skip

SECTIONS = (("First contact", CONTACT), ("Touches", TOUCHES), ("Discounts", DISCOUNTS))

ANSWERS = (
    Answer("first_contact", N_("First contact"), N_("How fast new deals have their first contact, and the chance to be won of deals contacted by an hour, 1, 3, 7 and 14 days against those still open and not contacted yet, told by the same time afterwards. The first contact is the first activity done from the creation of the deal to its end; one that names only the customer counts for each of the customer's deals open then. All landmarks are one family of tests. What a real difference could be worth is the difference times the deals not contacted by then times their mean amount: an association, not a proof."),
           first_contact.COLUMNS),
    Answer("touches", N_("Touches"), N_("The number of activities done in a deal's first days, 30 unless another number is given, against the chance to be won afterwards. Only deals still open at that age are compared. Each band is compared with all others."),
           touches.COLUMNS),
    Answer("discounts", N_("Discounts"), N_("Discounts against the list price of the deal's product, what is given away by them, and the chance to be won that goes with them. Without a column for the quantity, deals of more than 1.5 or less than 0.1 list prices are left out and counted. Discounts are often given late, to deals that have come far, which alone makes their chance higher. With groups: the discounts of their won deals against those of all others."),
           discounts.COLUMNS),
)  # fmt: skip
