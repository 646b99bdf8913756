"""What the figures of the contact programme are called and mean."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.customers import contact_programme as programme
from data.messages import N_

CONTACT = (
    _m("last_contact_on", N_("Last contact"), N_("The day of the last call, meeting or message with the customer, or about a deal of it. Tasks and notes reach nobody; what is planned has not happened. Without any activity on record, the last activity that the files of customers and deals tell of."), "", "text"),
    _m("days_since_contact", N_("Days without contact"), N_("How many days ago that was."), "as-of date - last contact", "days", "lower"),
    _m("contact_source", N_("Told by"), N_("What says so: activity; case, a service case, where cases count as contact; last_activity, a column of customers or deals, which may hold more than contacts."), "", "text"),
    _m("target_days", N_("Promised"), N_("How many days may pass without contact: 30 for tier A, 60 for B, 90 for C and for customers without a tier, unless others are given."), "", "days"),
    _m("own_rhythm_days", N_("Own rhythm"), N_("How many days usually lie between two days of contact with this customer. Unknown with fewer than three such days."), "median of the days between days of contact", "days"),
    _m("rhythm_ratio", N_("Times its own rhythm"), N_("How many times its own rhythm the customer has been without contact."), "days without contact / own rhythm", "number", "lower"),
    _m("due_on", N_("Due on"), N_("The day by which the customer is to be contacted: the last contact and the promised days; of one never in contact, its first purchase or the day it was recorded and those days."), "last contact + promised days", "text"),
    _m("days_overdue", N_("Days overdue"), N_("For how many days the contact has been overdue; empty where it is not."), "as-of date - due day", "days", "lower"),
    _m("contact_state", N_("Contact is"), N_("overdue; due, within the days asked for (14); in_time."), "", "text"),
    _m("is_due", N_("To be contacted"), N_("True for customers whose contact is overdue or due."), "", "flag"),
    _m("never_contacted", N_("Never in contact"), N_("True where no contact with the customer is on record."), "", "flag"),
    _m("planned_contact_on", N_("Next planned"), N_("The first day, from the as-of date on, for which a contact with the customer, or the next activity of an open deal of it, is planned."), "", "text"),
    _m("contact_reason", N_("In words"), N_("What is promised, how long it has been, and what the customer is used to."), "", "text"),
    _m("contacts", N_("Contacts on file"), N_("How many people at the customer are on file."), "count of contacts", "count"),
    _m("people_met", N_("People met"), N_("With how many people at the customer there was contact in the twelve months to the as-of date."), "count of contacts", "count"),
    _m("customers_now", N_("Customers now"), N_("Customers that are customers now: those lost, and those that never bought, are left out unless they are asked for."), "count of customers", "count"),
    _m("in_time", N_("In time"), N_("Customers whose contact is not overdue."), "count of customers", "count", "higher"),
    _m("in_time_share", N_("Share in time"), N_("What part of the customers that is."), "in time / customers", "share", "higher"),
    _m("in_time_low", N_("Share in time, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source="Wilson (1927)"),
    _m("in_time_high", N_("Share in time, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source="Wilson (1927)"),
    _m("due_soon", N_("Due"), N_("Customers whose contact is due within the days asked for (14), and not overdue; of a week, those whose contact falls due in it."), "count of customers", "count"),
    _m("overdue", N_("Overdue"), N_("Customers that have been without contact for longer than promised."), "count of customers", "count", "lower"),
    _m("never", N_("Never in contact"), N_("Customers with no contact on record."), "count of customers", "count", "lower"),
    _m("value_overdue", N_("Value overdue"), N_("What the customers with an overdue contact are worth over the horizon, if they stay."), "sum of value", "money", "lower"),
    _m("risk_overdue", N_("Value at risk overdue"), N_("What is expected to be lost of them over the horizon."), "sum of value at risk", "money", "lower"),
    _m("planned_contacts", N_("Planned"), N_("Those of them with a contact planned until it is due."), "count of customers", "count"),
)  # fmt: skip

SECTIONS = (("Contact programme", CONTACT),)

ANSWERS = (
    Answer("contact_programme", N_("Contact programme"), N_("One row a customer that is one now: when it was last in contact, against what its tier is promised and what it is used to. Those overdue come first, then those due, each with most value at risk first. The promise makes a contact due; the customer's own rhythm stands beside it."),
           programme.COLUMNS),
    Answer("contact_coverage", N_("Contact in time"), N_("How many customers were contacted in time, of all and of each tier, and what rests on those who were not. Groups are compared with all other customers, corrected for how many are."),
           programme.COVERAGE_COLUMNS),
    Answer("contact_breaches", N_("Contacts coming due"), N_("How many customers will have been without contact for as long as promised, week by week, if nobody is in touch with them before."),
           programme.WEEK_COLUMNS),
)  # fmt: skip
