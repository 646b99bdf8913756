"""What is told of one customer is called and means."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.customers import customer_card as card
from analytics.customers import timeline
from data.messages import N_

CARD = (
    _m("fact", N_("Fact"), N_("What is told: facts of the customer by the names of their columns; if_anything, the range of what comes of it if anything does; reason, what stands out about it; play and next_step, what to do."), "", "text"),
    _m("low_80", N_("Low end, 80%"), N_("The low end of the 80% interval: of value and risk how far the models may be off, of if_anything the range of what may come."), "80% interval", "number"),
    _m("high_80", N_("High end, 80%"), N_("The high end of the 80% interval."), "80% interval", "number"),
    _m("records", N_("Rests on"), N_("How many purchases, contacts or deals of the customer the figure rests on."), "count", "count"),
    _m("said", N_("In words"), N_("The fact in words, where it is not a number; of the stage of its life, since when."), "", "text"),
    _m("day", N_("Day"), N_("The day it happened, where the workspace is."), "", "text"),
    _m("event", N_("Event"), N_("What happened: deal_created, deal_won, deal_lost, order, return (an order that comes to less than nothing), survey_answer, contact, case_opened, case_closed, contract_started, contract_ended."), "", "text"),
    _m("what", N_("About"), N_("The deal, the product or the number of the order, the subject of the contact or the case, the comment of the answer."), "", "text"),
    _m("detail", N_("Detail"), N_("The stage of an open deal, the reason a deal was lost, the type of a contact, the priority of a case."), "", "text"),
    _m("score", N_("Score"), N_("The score of a survey's answer."), "", "number"),
    _m("scale", N_("Scale"), N_("What the scale of the score is: nps, or what the file says."), "", "text"),
    _m("who", N_("By"), N_("Who of ours: the owner of the deal, or who was in contact."), "", "text"),
    _m("contact_name", N_("Contact"), N_("The person at the customer."), "", "text"),
    _m("event_id", N_("Number"), N_("The number of the deal, order, answer, activity, case or contract."), "", "text"),
    _m("recent", N_("Last days"), N_("How many there were in the last 90 days, or as many as are asked for."), "count of events", "count"),
    _m("earlier_count", N_("Days before"), N_("How many there were in as many days before."), "count of events", "count"),
    _m("money_recent", N_("Money, last days"), N_("What they came to in the last days; of contracts, a month."), "sum of amount", "money"),
    _m("money_before", N_("Money, days before"), N_("What they came to in the days before."), "sum of amount", "money"),
    _m("score_recent", N_("Score, last days"), N_("The mean score of the answers of the last days."), "mean", "number"),
    _m("score_before", N_("Score before"), N_("The score before the last one; of two periods, the mean score of the days before."), "mean of a day or a period", "number"),
    _m("contact_id", N_("Contact number"), N_("Tells contacts apart."), "", "text"),
    _m("job_title", N_("Job title"), N_("The contact's role."), "", "text"),
    _m("last_met_on", N_("Last in contact"), N_("The day of the last contact with that person; empty where there was none."), "", "text"),
    _m("meetings", N_("Contacts"), N_("How many contacts there were with that person."), "count of activities", "count"),
)  # fmt: skip

SECTIONS = (("One customer", CARD),)

ANSWERS = (
    Answer("customer_card", N_("Customer card"), N_("What is known of one customer and what the models say of it, a row a fact, those unknown left out. A realised value of one customer is no single number: none_chance is the chance that nothing comes, if_anything the range of what comes if anything does."),
           card.COLUMNS),
    Answer("customer_timeline", N_("Time line of a customer"), N_("Everything on record of one customer until the as-of date, the newest first: deals, orders and returns, answers to surveys, contacts, cases and contracts."),
           timeline.COLUMNS),
    Answer("customer_changes", N_("What changed at a customer"), N_("The last 90 days of one customer against the 90 before: how many events of each kind, and what they came to."),
           timeline.CHANGE_COLUMNS),
    Answer("customer_contacts", N_("Contacts of a customer"), N_("The people on file at one customer, and those met, with the last contact with each."),
           card.CONTACT_COLUMNS),
    Answer("customer_open_deals", N_("Open deals of a customer"), N_("The deals of one customer that are open, most money first."),
           card.DEAL_COLUMNS),
)  # fmt: skip
