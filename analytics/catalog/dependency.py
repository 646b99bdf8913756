"""What the figures of concentration and dependency are called and mean."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.customers import concentration, rep_dependency
from data.messages import N_

_HHI = "Herfindahl (1950), Hirschman (1964)"

CONCENTRATION = (
    _m("by", N_("On whom"), N_("What the revenue is told apart by: customer, owner, product or contact. Companies with a known parent count as one customer; several owners of one customer have equal parts; where sales name no contact, a customer's revenue is shared by the contacts met in the twelve months."), "", "text"),
    _m("revenue", N_("Revenue"), N_("What was sold in the period, by default in the twelve months to the as-of date, after discounts and net of returns. In concentration, of those with revenue above 0."), "sum of amount", "money", "higher"),
    _m("top1", N_("Largest"), N_("The share of the revenue that the largest brings. From 10% on much hangs on one, from 20% on very much."), "largest / revenue", "share", "lower"),
    _m("top5", N_("Largest five"), N_("The share of the revenue that the largest five bring."), "largest five / revenue", "share", "lower"),
    _m("top10", N_("Largest ten"), N_("The share of the revenue that the largest ten bring."), "largest ten / revenue", "share", "lower"),
    _m("hhi", N_("Concentration index"), N_("How concentrated it is: 1 where one has all, near 0 where many have equal parts. Its interval holds as far as the customers are a sample of such customers; below 30 there is none."), "sum of squared shares", "share", "lower", _HHI),
    _m("effective", N_("As if of"), N_("Of how many equal ones it would be as concentrated."), "1 / index", "number", "higher", _HHI),
    _m("concentration_band", N_("Band"), N_("low, an index below 0.10; moderate, below 0.25; high."), "", "text"),
    _m("largest", N_("The largest"), N_("The largest ten with their shares."), "", "text"),
    _m("revenue_without", N_("Of nobody"), N_("Revenue for which no such one is named; it is not in the shares."), "sum of amount", "money", "lower"),
    _m("revenue_negative", N_("Below 0"), N_("What is left of those whose returns were more than their purchases; it is not in the shares."), "sum of amounts below 0", "money"),
    _m("revenue_basis", N_("Told by"), N_("What tells of the revenue: orders, won deals, contracts (subscriptions), or columns of the customers' file (tenure, summary)."), "", "text"),
    _m("place", N_("Place"), N_("The place among customers, the largest first; in the curve of profit 0 is where it begins."), "", "count"),
    _m("n_customers", N_("Of customers"), N_("Of how many customers the curve tells."), "count of customers", "count"),
    _m("customers_share", N_("Share of customers"), N_("The share of the customers up to this place."), "place / customers", "share"),
    _m("revenue_share", N_("Share of revenue"), N_("The share of the revenue that the customers up to this place bring."), "cumulative sum / revenue", "share"),
)  # fmt: skip

DEPENDENCY = (
    _m("customers_held", N_("Customers held"), N_("Customers that are not lost and have bought, or have open deals, and who looks after them."), "count of customers", "count"),
    _m("one_contact", N_("With one contact"), N_("Of them, those at which only one contact is known."), "count of customers", "count", "lower"),
    _m("open_amount", N_("Open deals"), N_("What the open deals with the customers are worth, in full."), "sum of amount", "money", "higher"),
    _m("held", N_("Rests on it"), N_("What rests on it: what the customers are expected to bring over the horizon, with some of them leaving, and the open deals at the win rate by value of all closed deals (without it below 30). Where purchases are won deals, open deals count only with customers that have not bought yet. Lost customers are left out."), "expected + open deals x win rate by value", "money", "higher"),
    _m("held_share", N_("Share of it"), N_("The share of what rests on all who look after customers. Its interval holds as far as the customers are a sample of such customers."), "held / held by all", "share", "lower", "linearised variance: Cochran (1977), 6.4"),
    _m("held_part", N_("Part"), N_("What part of the customer is at stake: equal parts of several owners, or of the contacts on file."), "1 / owners, 1 / contacts", "share"),
    _m("even_share", N_("Even share"), N_("The share that each would have if all had equal ones."), "1 / owners", "share"),
    _m("handover_low", N_("Lost if it leaves, from"), N_("What would be lost at the low end: of what an owner or a contact holds the low share of the handover, 10% unless the settings say otherwise; of a customer the low end of the 80% interval of its value."), "held x low handover loss", "money", "lower"),
    _m("handover_high", N_("Lost if it leaves, to"), N_("The same at the high end: 30% unless the settings say otherwise, or the high end of the customer's value."), "held x high handover loss", "money", "lower"),
    _m("one_contact_held", N_("Rests on single contacts"), N_("The part of it with customers at which only one contact is known."), "sum over those customers", "money", "lower"),
    _m("owners_holding", N_("Owners who hold"), N_("On how many owners it rests."), "count of owners", "count"),
    _m("win_rate_open", N_("Win rate of open deals"), N_("What open deals are counted at: the win rate by value of all closed deals, from 30 on."), "won amount / closed amount", "share", "higher"),
    _m("held_by_nobody", N_("Held by nobody"), N_("The same of customers without an owner; it is not in the shares."), "sum over those customers", "money", "lower"),
    _m("people_of_ours", N_("Our people"), N_("How many of our people met somebody there in the twelve months to the as-of date."), "count of owners of activities", "count", "higher"),
    _m("rests_on", N_("Rests on one person"), N_("one_contact_known, a single contact is on file; one_contact_met, of several only one was met in twelve months; one_of_us, only one of our people met anybody there in twelve months; any_contact, one of the first two."), "", "text"),
    _m("customers_resting", N_("Customers resting on one"), N_("Customers, not lost, that rest on one person in this way. A customer can do so in several."), "count of customers", "count", "lower"),
    _m("resting_share", N_("Share of what is expected"), N_("The share of what is expected of all customers that is expected of these."), "expected of these / expected of all", "share", "lower"),
    _m("customers_here", N_("Of all customers"), N_("Customers that have bought and are not lost."), "count of customers", "count"),
)  # fmt: skip

SECTIONS = (("Concentration", CONCENTRATION), ("Dependency", DEPENDENCY))

ANSWERS = (
    Answer("concentration", N_("Concentration"), N_("On how few customers, owners, products and contacts the revenue rests, each currency apart."), concentration.COLUMNS),
    Answer("revenue_curve", N_("Revenue by customers"), N_("What share of the revenue the largest customers bring: the first ten by name, and every hundredth of the customers."), concentration.CURVE),
    Answer("rep_dependency", N_("Dependency on people"), N_("What rests on each of those who look after customers, and what would be lost if one leaves: a range, since nobody knows how much a handover loses. Customers that are lost are left out."), rep_dependency.COLUMNS),
    Answer("single_contacts", N_("Resting on one person"), N_("Customers, not lost, whose relation rests on one contact or on one of our people; those on one contact first, most expected first. It needs contacts on file, or activities that name them."), rep_dependency.SINGLE),
    Answer("single_totals", N_("Resting on one person, in all"), N_("How many customers rest on one person, in which way, and what is expected of them."), rep_dependency.SINGLE_TOTALS),
    Answer("if_leaves", N_("If somebody leaves"), N_("The customers at stake if an owner, a contact or a customer leaves, with a range of what would be lost. Who leaves does not take all: of an owner's or a contact's customers the handover loses a share that is an assumption; a customer that leaves takes what it would have brought, within its 80% interval."), rep_dependency.AT_STAKE),
)  # fmt: skip
