"""The tables every metric is written against, each column described.

Keys and names are kept as the file has them (`*_id` as text, so that leading zeros stay). `*_at` are timestamps in UTC,
`*_on` dates, `is_*` booleans, money plain numbers in the row's `currency`. Columns of a file that mean nothing to us are
real columns too, named `attr_<n>`; `headers` says what they were called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from data.messages import N_

Kind = Literal["text", "category", "number", "integer", "money", "date", "timestamp", "flag"]

# Of a pipeline: the column of another thing is easily taken for that of stages, and each stage is compared with all.
MOST_STAGES = 500
SQL_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "category": "VARCHAR",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "money": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "flag": "BOOLEAN",
}


@dataclass(frozen=True)
class Column:
    """One column: its name, what it holds, what people call it and what it means.

    A `category` is text with few values, good for filters and breakdowns.
    """

    name: str
    kind: Kind
    label: str
    meaning: str


@dataclass(frozen=True)
class TableSchema:
    """One table; `key` names the column that tells its rows apart, where it has one."""

    name: str
    label: str
    meaning: str
    key: str | None
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def __contains__(self, name: object) -> bool:
        return any(column.name == name for column in self.columns)

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)


@dataclass(frozen=True)
class Header:
    """What a column was called in a file. `is_attribute` ones have no meaning of their own to us."""

    table: str
    column: str
    header: str
    is_attribute: bool


def _c(name: str, kind: Kind, label: str, meaning: str) -> Column:
    return Column(name, kind, label, meaning)


SCHEMA: dict[str, TableSchema] = {
    table.name: table
    for table in (
        TableSchema("leads", N_("Leads"), N_("People who may buy, before there is a deal."), "lead_id", (
            _c("lead_id", "text", N_("Lead number"), N_("Tells leads apart.")),
            _c("lead_name", "text", N_("Lead"), N_("The person's name.")),
            _c("company", "text", N_("Company"), N_("Where the person works.")),
            _c("email", "text", N_("Email"), N_("The person's email address.")),
            _c("owner_id", "text", N_("Owner number"), N_("Who works on the lead, as a number.")),
            _c("owner", "category", N_("Owner"), N_("Who works on the lead.")),
            _c("source", "category", N_("Source"), N_("Where the lead came from.")),
            _c("status", "category", N_("Status"), N_("Where the lead stands.")),
            _c("is_converted", "flag", N_("Converted"), N_("True once the lead became a deal.")),
            _c("converted_at", "timestamp", N_("Converted at"), N_("When the lead became a deal.")),
            _c("deal_id", "text", N_("Deal number"), N_("The deal the lead became.")),
            _c("customer_id", "text", N_("Customer number"), N_("The customer the lead became.")),
            _c("contact_id", "text", N_("Contact number"), N_("The contact the lead became.")),
            _c("created_at", "timestamp", N_("Created"), N_("When the lead was created.")),
        )),
        TableSchema("customers", N_("Customers"), N_("Companies or people that buy, or may buy."), "customer_id", (
            _c("customer_id", "text", N_("Customer number"), N_("Tells customers apart; the name where the file has no number.")),
            _c("customer_name", "text", N_("Customer"), N_("The customer's name.")),
            _c("tax_id", "text", N_("Tax number"), N_("The company's registration number.")),
            _c("website", "text", N_("Website"), N_("The customer's web address.")),
            _c("industry", "category", N_("Industry"), N_("What the customer does.")),
            _c("segment", "category", N_("Segment"), N_("The group of customers it belongs to.")),
            _c("customer_type", "category", N_("Customer type"), N_("Customer, partner, prospect and so on, as the file says.")),
            _c("region", "category", N_("Region"), N_("State or region.")),
            _c("city", "category", N_("City"), N_("City.")),
            _c("country", "category", N_("Country"), N_("Country.")),
            _c("employees", "number", N_("Employees"), N_("How many people work there.")),
            _c("annual_revenue", "money", N_("Annual revenue"), N_("The customer's own yearly revenue.")),
            _c("parent_id", "text", N_("Parent company"), N_("The company it belongs to.")),
            _c("owner_id", "text", N_("Owner number"), N_("Who looks after the customer, as a number.")),
            _c("owner", "category", N_("Owner"), N_("Who looks after the customer.")),
            _c("created_at", "timestamp", N_("Created"), N_("When the customer was recorded.")),
            _c("last_activity_at", "timestamp", N_("Last activity"), N_("The last recorded contact.")),
            _c("tenure_months", "number", N_("Tenure in months"), N_("How long it has been a customer, where the file has no dates.")),
            _c("is_churned", "flag", N_("Left"), N_("True when the file says the customer has left.")),
            _c("monthly_revenue", "money", N_("Monthly revenue"), N_("What the customer pays a month.")),
            _c("repeat_purchases", "number", N_("Repeat purchases"), N_("Purchases after the first.")),
            _c("recency_weeks", "number", N_("Age at last purchase, weeks"), N_("Weeks from the first purchase to the last.")),
            _c("age_weeks", "number", N_("Age, weeks"), N_("Weeks from the first purchase to the end of the data.")),
            _c("mean_repeat_value", "money", N_("Mean repeat value"), N_("Mean value of the repeat purchases.")),
        )),
        TableSchema("contacts", N_("Contacts"), N_("People at a customer."), "contact_id", (
            _c("contact_id", "text", N_("Contact number"), N_("Tells contacts apart.")),
            _c("contact_name", "text", N_("Contact"), N_("The person's name.")),
            _c("customer_id", "text", N_("Customer number"), N_("Where the person works, as a number.")),
            _c("customer", "text", N_("Customer"), N_("Where the person works.")),
            _c("email", "text", N_("Email"), N_("The person's email address.")),
            _c("phone", "text", N_("Phone"), N_("The person's phone number.")),
            _c("title", "text", N_("Job title"), N_("The person's role.")),
            _c("owner_id", "text", N_("Owner number"), N_("Who looks after the contact, as a number.")),
            _c("owner", "category", N_("Owner"), N_("Who looks after the contact.")),
            _c("created_at", "timestamp", N_("Created"), N_("When the contact was recorded.")),
            _c("last_activity_at", "timestamp", N_("Last activity"), N_("The last recorded contact.")),
        )),
        TableSchema("deals", N_("Deals"), N_("Possible sales: one row a deal, as it stands."), "deal_id", (
            _c("deal_id", "text", N_("Deal number"), N_("Tells deals apart.")),
            _c("deal_name", "text", N_("Deal"), N_("What the deal is called.")),
            _c("customer_id", "text", N_("Customer number"), N_("The customer's number, found by number or by name.")),
            _c("customer", "text", N_("Customer"), N_("The customer, as the deal's file writes it.")),
            _c("contact_id", "text", N_("Contact number"), N_("The contact person's number.")),
            _c("owner_id", "text", N_("Owner number"), N_("The owner's number, found by number or by name.")),
            _c("owner", "category", N_("Owner"), N_("Who owns the deal, as the deal's file writes it.")),
            _c("pipeline", "category", N_("Pipeline"), N_("The process the deal is in.")),
            _c("stage", "category", N_("Stage"), N_("The stage the deal is in.")),
            _c("status", "category", N_("Status"), N_("open, won or lost; the file's status decides over its stage.")),
            _c("amount", "money", N_("Amount"), N_("What the deal is worth.")),
            _c("currency", "category", N_("Currency"), N_("The currency of the amount.")),
            _c("probability", "number", N_("Probability"), N_("The CRM's own chance to win, 0 to 1.")),
            _c("source", "category", N_("Source"), N_("Where the deal came from.")),
            _c("deal_type", "category", N_("Deal type"), N_("New business, renewal and so on, as the file says.")),
            _c("product_id", "text", N_("Product number"), N_("The product's number, found by number or by name.")),
            _c("product", "category", N_("Product"), N_("The product, as the deal's file writes it.")),
            _c("created_at", "timestamp", N_("Created"), N_("When the deal was created.")),
            _c("closed_at", "timestamp", N_("Closed"), N_("When the deal was won or lost; empty while open.")),
            _c("expected_close_on", "date", N_("Expected close"), N_("When an open deal is expected to close.")),
            _c("stage_changed_at", "timestamp", N_("Stage changed"), N_("When the deal entered its present stage.")),
            _c("last_activity_at", "timestamp", N_("Last activity"), N_("The last recorded activity on the deal.")),
            _c("next_activity_on", "date", N_("Next activity"), N_("The next planned activity.")),
            _c("next_step", "text", N_("Next step"), N_("What is to be done next.")),
            _c("last_modified_at", "timestamp", N_("Last modified"), N_("When the row was last changed in the CRM.")),
            _c("lost_reason", "category", N_("Lost reason"), N_("Why the deal was lost.")),
            _c("forecast_category", "category", N_("Forecast category"), N_("The CRM's own forecast group.")),
            _c("lead_id", "text", N_("Lead number"), N_("The lead the deal came from.")),
            _c("first_seen_on", "date", N_("First seen"), N_("The day shown by the first file that has the deal.")),
            _c("last_seen_on", "date", N_("Last seen"), N_("The day shown by the last file that has the deal.")),
            _c("deal_no", "integer", N_("Row of the deal"), N_("Tells deals apart, faster than the deal's number; it means nothing outside this workspace.")),
        )),
        TableSchema("deal_changes", N_("Deal changes"), N_("One row a recorded change of a deal's field."), None, (
            _c("deal_id", "text", N_("Deal number"), N_("The deal that changed.")),
            _c("field", "category", N_("Field"), N_("What changed.")),
            _c("old_value", "text", N_("Old value"), N_("What it was.")),
            _c("new_value", "text", N_("New value"), N_("What it became.")),
            _c("changed_at", "timestamp", N_("Changed"), N_("When it changed; at the latest, where two files were compared.")),
            _c("owner_id", "text", N_("Owner number"), N_("Who changed it.")),
            _c("changed_after", "date", N_("Changed after"), N_("The day of the last file that shows the old value, where two files were compared; empty where a file records the change.")),
        )),
        TableSchema("stage_entries", N_("Stage history"), N_("One row a stay of a deal in a stage, with how it ended."), None, (
            _c("deal_id", "text", N_("Deal number"), N_("The deal.")),
            _c("pipeline", "category", N_("Pipeline"), N_("The process the stage belongs to.")),
            _c("stage", "category", N_("Stage"), N_("The stage.")),
            _c("stage_order", "number", N_("Stage order"), N_("The stage's place in its pipeline, from 1.")),
            _c("outcome", "category", N_("Outcome"), N_("What the stage means: open, won or lost.")),
            _c("visit", "number", N_("Visit"), N_("1 for the first time the deal is in the stage, 2 for the first return, and so on.")),
            _c("entered_at", "timestamp", N_("Entered"), N_("When the stay began; empty where no file says.")),
            _c("left_at", "timestamp", N_("Left"), N_("When it ended; empty while the deal is still there.")),
            _c("next_stage", "category", N_("Next stage"), N_("Where the deal went.")),
            _c("fate", "category", N_("Fate"), N_("How the stay ended: advanced, lost, back, handed_off; still while it has not.")),
            _c("is_recorded", "flag", N_("Recorded"), N_("True when a file says that the deal was in the stage at that time; false when it follows from the deal's status.")),
            _c("is_skipped", "flag", N_("Skipped"), N_("True when the deal went past the stage without being seen in it; such a stay has no length.")),
            _c("skips_before", "number", N_("Stages skipped before"), N_("How many earlier stages the deal had not been seen in when it came here.")),
            _c("owner_id", "text", N_("Owner number"), N_("The owner at the time, where the file says.")),
            _c("owner", "category", N_("Owner at the time"), N_("The owner at the time, where the file says.")),
            _c("amount", "money", N_("Amount at the time"), N_("The amount at the time, where the file says.")),
            _c("turn", "number", N_("Turn"), N_("The stay's place among those of its deal, from 1; of a stage skipped, the place of the stay that went past it.")),
            _c("outcome_visit", "number", N_("Visit by outcome"), N_("1 for the deal's first stay in a stage with this outcome, in this pipeline, 2 for every later one; stages skipped come after its stays.")),
            _c("deal_no", "integer", N_("Row of the deal"), N_("The deal, as deals.deal_no.")),
            _c("deal_amount", "money", N_("Amount of the deal"), N_("What the deal is worth, as in deals.")),
            _c("deal_currency", "category", N_("Currency of the deal"), N_("The currency of the deal's amount.")),
            _c("deal_created_at", "timestamp", N_("Deal created"), N_("When the deal was created, as in deals.")),
            _c("deal_closed_at", "timestamp", N_("Deal closed"), N_("When the deal was won or lost, as in deals; empty while open.")),
        )),
        TableSchema("stages", N_("Stages"), N_("The stages of each pipeline, in order, and what they mean."), None, (
            _c("pipeline", "category", N_("Pipeline"), N_("The process the stage belongs to.")),
            _c("stage", "category", N_("Stage"), N_("The stage.")),
            _c("stage_order", "number", N_("Stage order"), N_("The stage's place in its pipeline, from 1.")),
            _c("outcome", "category", N_("Outcome"), N_("What the stage means: open, won or lost.")),
            _c("is_confirmed", "flag", N_("Confirmed"), N_("True when a person said so; false when it was inferred.")),
        )),
        TableSchema("activities", N_("Activities"), N_("Calls, meetings, messages and tasks."), "activity_id", (
            _c("activity_id", "text", N_("Activity number"), N_("Tells activities apart.")),
            _c("activity_type", "category", N_("Activity type"), N_("Call, meeting, message, task.")),
            _c("subject", "text", N_("Subject"), N_("What it was about.")),
            _c("deal_id", "text", N_("Deal number"), N_("The deal it belongs to.")),
            _c("customer_id", "text", N_("Customer number"), N_("The customer it belongs to.")),
            _c("customer", "text", N_("Customer"), N_("The customer it belongs to, as the file writes it.")),
            _c("contact_id", "text", N_("Contact number"), N_("The contact it was with.")),
            _c("owner_id", "text", N_("Owner number"), N_("Who did it, as a number.")),
            _c("owner", "category", N_("Owner"), N_("Who did it.")),
            _c("happened_at", "timestamp", N_("Happened"), N_("When it happened.")),
            _c("planned_on", "date", N_("Planned for"), N_("When it is planned, if it has not happened.")),
            _c("is_done", "flag", N_("Done"), N_("True once it happened.")),
        )),
        TableSchema("orders", N_("Orders"), N_("Order lines: one row a product bought or returned."), None, (
            _c("order_id", "text", N_("Order number"), N_("The order the line belongs to; empty where the file has no numbers, and each line is then an order.")),
            _c("customer_id", "text", N_("Customer number"), N_("Who bought, found by number or by name; empty where the file does not say.")),
            _c("customer", "text", N_("Customer"), N_("Who bought, as the file writes it.")),
            _c("ordered_at", "timestamp", N_("Ordered"), N_("When it was ordered.")),
            _c("product_id", "text", N_("Product number"), N_("What was bought.")),
            _c("product", "category", N_("Product"), N_("What was bought, as the file writes it.")),
            _c("quantity", "number", N_("Quantity"), N_("How many; negative for a return.")),
            _c("unit_price", "money", N_("Unit price"), N_("The price of one.")),
            _c("amount", "money", N_("Amount"), N_("What the line brought: as the file says, else quantity times unit price; returns are negative.")),
            _c("currency", "category", N_("Currency"), N_("The currency of the amount.")),
        )),
        TableSchema("products", N_("Products"), N_("What is sold, with list prices."), "product_id", (
            _c("product_id", "text", N_("Product number"), N_("Tells products apart; the name where the file has no number.")),
            _c("product_name", "category", N_("Product"), N_("What it is called.")),
            _c("family", "category", N_("Product family"), N_("The series or family it belongs to.")),
            _c("list_price", "money", N_("List price"), N_("The price before discounts.")),
            _c("unit_cost", "money", N_("Unit cost"), N_("What one costs us.")),
        )),
        TableSchema("subscriptions", N_("Subscriptions"), N_("Contracts that run over time."), "subscription_id", (
            _c("subscription_id", "text", N_("Subscription number"), N_("Tells subscriptions apart.")),
            _c("customer_id", "text", N_("Customer number"), N_("Whose contract it is.")),
            _c("customer", "text", N_("Customer"), N_("Whose contract it is, as the file writes it.")),
            _c("product_id", "text", N_("Product number"), N_("What it is for.")),
            _c("product", "category", N_("Product"), N_("What it is for, as the file writes it.")),
            _c("started_on", "date", N_("Started"), N_("The first day.")),
            _c("ended_on", "date", N_("Ended"), N_("The last day, where it has ended.")),
            _c("monthly_revenue", "money", N_("Monthly revenue"), N_("What it brings a month.")),
            _c("currency", "category", N_("Currency"), N_("The currency of the revenue.")),
        )),
        TableSchema("cases", N_("Service cases"), N_("Complaints and requests."), "case_id", (
            _c("case_id", "text", N_("Case number"), N_("Tells cases apart.")),
            _c("customer_id", "text", N_("Customer number"), N_("Whose case it is.")),
            _c("customer", "text", N_("Customer"), N_("Whose case it is, as the file writes it.")),
            _c("contact_id", "text", N_("Contact number"), N_("Who asked.")),
            _c("subject", "text", N_("Subject"), N_("What it is about.")),
            _c("status", "category", N_("Status"), N_("Where the case stands.")),
            _c("priority", "category", N_("Priority"), N_("How urgent it is.")),
            _c("opened_at", "timestamp", N_("Opened"), N_("When it was opened.")),
            _c("closed_at", "timestamp", N_("Closed"), N_("When it was closed.")),
        )),
        TableSchema("survey_responses", N_("Survey answers"), N_("Answers of customers to a survey."), "response_id", (
            _c("response_id", "text", N_("Answer number"), N_("Tells answers apart.")),
            _c("customer_id", "text", N_("Customer number"), N_("Who answered, as a customer.")),
            _c("customer", "text", N_("Customer"), N_("The customer, as the survey writes it.")),
            _c("respondent", "text", N_("Respondent"), N_("Who answered.")),
            _c("email", "text", N_("Email"), N_("The respondent's email address.")),
            _c("answered_at", "timestamp", N_("Answered"), N_("When the answer came.")),
            _c("score", "number", N_("Score"), N_("The answer, on the scale of the question.")),
            _c("scale", "category", N_("Scale"), N_("What the scale is: nps (0 to 10, would you recommend us), or what the file says, such as csat or 1-5.")),
            _c("comment", "text", N_("Comment"), N_("What the respondent wrote.")),
            _c("respondent_key", "text", N_("Same person"), N_("Equal for answers of the same person: by email address, else by name and customer.")),
            _c("superseded_at", "timestamp", N_("Answered again"), N_("When the same person answered the same question again within 24 hours; that answer counts.")),
            _c("previous_at", "timestamp", N_("Answered before"), N_("When the same person answered the same question before.")),
            _c("previous_score", "number", N_("Score before"), N_("What the same person answered then.")),
        )),
        TableSchema("survey_invitations", N_("Survey invitations"), N_("Who was asked, and when."), None, (
            _c("customer_id", "text", N_("Customer number"), N_("Who was asked, as a customer.")),
            _c("customer", "text", N_("Customer"), N_("The customer, as the list writes it.")),
            _c("email", "text", N_("Email"), N_("The address asked.")),
            _c("sent_at", "timestamp", N_("Sent"), N_("When the survey was sent.")),
            _c("is_delivered", "flag", N_("Delivered"), N_("False when the message did not arrive.")),
        )),
        TableSchema("people", N_("People"), N_("The sales team: owners, their teams and offices."), "person_id", (
            _c("person_id", "text", N_("Person number"), N_("Tells people apart; the name where the file has no number.")),
            _c("person_name", "category", N_("Person"), N_("The person's name.")),
            _c("email", "text", N_("Email"), N_("The person's email address.")),
            _c("team", "category", N_("Team"), N_("The person's team.")),
            _c("manager", "category", N_("Manager"), N_("The person's manager.")),
            _c("office", "category", N_("Office"), N_("The person's office.")),
            _c("is_active", "flag", N_("Active"), N_("False once the person has left.")),
        )),
    )
}  # fmt: skip


# What no file gives: it is worked out from the rest.
COMPUTED: Mapping[str, frozenset[str]] = {
    "deals": frozenset({"deal_no", "first_seen_on", "last_seen_on"}),
    "deal_changes": frozenset({"changed_after"}),
    "stage_entries": frozenset({
        "stage_order", "outcome", "visit", "left_at", "next_stage", "fate", "is_recorded", "is_skipped", "skips_before", "turn",
        "outcome_visit", "deal_no", "deal_amount", "deal_currency", "deal_created_at", "deal_closed_at",
    }),
    "survey_responses": frozenset({"respondent_key", "superseded_at", "previous_at", "previous_score"}),
}  # fmt: skip
