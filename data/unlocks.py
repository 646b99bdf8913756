"""What can be seen of the data that is there, and what to add to see the rest."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from data.database import quoted
from data.messages import N_
from data.schema import SCHEMA

Needs = tuple[tuple[str, ...], ...]
Unlocked = tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]

# What tells of customers, in a word: orders, contracts, what a file says of each, or won deals.
_OF_CUSTOMERS = (
    "orders",
    "subscriptions",
    "customers.tenure_months",
    "customers.repeat_purchases",
    "deals.customer_id",
)
# What each analysis needs: a table with rows or `table.column` with values; of names side by side any one is enough.
ANALYSES: Mapping[str, Needs] = {
    "funnel": (("deals",),),
    "win_rate": (("deals",),),
    "sales_cycle": (("deals",),),
    "stage_conversion": (("stage_entries",),),
    "stage_paths": (("stage_entries",),),
    "conversion_trend": (("deals.created_at",),),
    "drivers": (("deals",),),
    "lost_reasons": (("deals.lost_reason",),),
    "sales_velocity": (("deals.amount",), ("deals.created_at",), ("deals.closed_at",)),
    "pipeline_waterfall": (("deals.amount",), ("deals.created_at",)),
    "push_rate": (("deal_changes",),),
    "bottlenecks": (("stage_entries",),),
    "stalled_deals": (("stage_entries",),),
    "first_contact": (("activities.happened_at",), ("deals.created_at",)),
    "discounts": (("products.list_price",), ("deals.amount",)),
    "lead_funnel": (("leads",), ("deals",)),
    "customers": (("customers",),),
    "value_and_risk": (_OF_CUSTOMERS,),
    "nps": (("survey_responses",),),
    "loop_cases": (("survey_responses",),),
    "nps_themes": (("survey_responses.comment",),),
    "response_rate": (("survey_responses",), ("survey_invitations",)),
    "silent_accounts": (("survey_responses",), _OF_CUSTOMERS),
    "nps_and_leaving": (("survey_responses.customer_id",), _OF_CUSTOMERS),
    "contact_programme": (("activities",), _OF_CUSTOMERS),
}

# Of some needs only these rows will do: scores on another scale than NPS make no NPS, and an order of nobody tells of no customer.
_ROWS: Mapping[str, str] = {
    "survey_responses": "scale = 'nps'",
    "survey_responses.comment": "scale = 'nps'",
    "survey_responses.customer_id": "scale = 'nps'",
    "orders": "customer_id IS NOT NULL",
    "customers.tenure_months": "is_churned IS NOT NULL",
    "customers.repeat_purchases": "recency_weeks IS NOT NULL AND age_weeks IS NOT NULL",
    "deals.customer_id": "status = 'won' AND closed_at IS NOT NULL",
}

# What an analysis that has a page shows, in one sentence.
OPENS: Mapping[str, str] = {
    "funnel": N_("How many deals are at each stage, and what became of the rest."),
    "win_rate": N_("How many deals are won, by five definitions side by side."),
    "sales_cycle": N_("How long deals take from creation to closing."),
    "stage_conversion": N_("Where deals are lost, and how many move on from each stage."),
    "stage_paths": N_("The ways deals take through the stages, and what going back goes with."),
    "conversion_trend": N_("Whether more or fewer deals are won over time, and how two periods or teams compare."),
    "drivers": N_("What sets won deals apart from lost ones."),
    "lost_reasons": N_("Why deals are lost at each stage, and how much money that is."),
    "sales_velocity": N_("How much money a day the pipeline brings, and which lever moved it."),
    "pipeline_waterfall": N_("How the open pipeline of one day became that of another."),
    "push_rate": N_("How often deals are put off to a later month, and which ones."),
    "bottlenecks": N_("Where deals wait, leak and go back, and what that costs."),
    "stalled_deals": N_("Which open deals have waited too long, and whether they still move on."),
    "first_contact": N_("Whether quick first contact and more touches go with winning."),
    "discounts": N_("What discounts against the list price cost, and what they go with."),
    "lead_funnel": N_("The funnel from the lead on."),
    "customers": N_("Filters and groups by what is known of the customers."),
    "value_and_risk": N_("What each customer is worth, how likely it is to leave, and whom to keep first."),
    "contact_programme": N_("Which customers have not been heard from for longer than promised."),
    "nps": N_("Whether customers would recommend you more or less than before, and which groups of them."),
    "loop_cases": N_("Whose bad answer still waits for somebody to call."),
    "nps_themes": N_("What customers write about, and which of it goes with low scores."),
    "response_rate": N_("How many of those asked answer, and whether they are like the rest."),
    "silent_accounts": N_("Which customers do not answer, and how much money is silent."),
    "nps_and_leaving": N_("Whether customers with low scores leave more often afterwards."),
}

# What to add for a need, in one sentence; a table without one is told by its name.
ADD: Mapping[str, str] = {
    "deals": N_("Add an export of deals (opportunities)."),
    "stage_entries": N_("Add a stage history: one row for each stage a deal came to, with its date."),
    "leads": N_("Add an export of leads."),
    "customers": N_("Add an export of accounts (companies)."),
    "orders": N_("Add an export of orders or invoices, line by line, with customer, date and amount."),
    "subscriptions": N_("Add a list of subscriptions, with customer, start, end and revenue a month."),
    "survey_responses": N_("Add the answers to a survey, with the score from 0 to 10 and who answered."),
    "survey_responses.comment": N_("Add the answers to a survey with what people wrote beside the score."),
    "survey_responses.customer_id": N_(
        "Add the answers to a survey with the customer's number or name, or an email address."
    ),
    "survey_invitations": N_("Add a list of who was asked to answer the survey, and when."),
    "activities": N_("Add an export of activities: calls, meetings, emails and tasks."),
    "deal_changes": N_("Add a history of the deals' fields, or load the same export of deals again each week."),
    "deals.amount": N_("Add the deals' amount."),
    "deals.created_at": N_("Add the date each deal was created."),
    "deals.closed_at": N_("Add the date each deal was closed."),
    "activities.happened_at": N_("Add an export of activities with the time each happened."),
    "products.list_price": N_("Add a price list: products with their list price."),
    "deals.customer_id": N_("Add the customer of each deal, and the date it was closed."),
    "customers.tenure_months": N_("Add how many months each customer has been one, and whether it left."),
    "customers.repeat_purchases": N_("Add how often each customer bought again, and when first and last."),
    "deals.lost_reason": N_("Add the reason deals were lost for."),
}


def is_known(need: str) -> bool:
    """Whether a need names a table, or a column of one."""
    table, _dot, column = need.partition(".")
    return table in SCHEMA and (not column or any(each.name == column for each in SCHEMA[table]))


def unlocked(database: duckdb.DuckDBPyConnection) -> Unlocked:
    """The analyses that have what they need, and for the others what is missing."""
    needs = {need for each in ANALYSES.values() for any_of in each for need in any_of}
    filled = {need for need in needs if _is_filled(database, need)}
    unlocks = tuple(name for name, each in ANALYSES.items() if all(filled & set(any_of) for any_of in each))
    locked = tuple(
        (name, tuple(any_of[0] for any_of in each if not filled & set(any_of)))
        for name, each in ANALYSES.items()
        if name not in unlocks
    )
    return unlocks, locked


def _is_filled(database: duckdb.DuckDBPyConnection, need: str) -> bool:
    only = _ROWS.get(need)
    table, _dot, column = need.partition(".")
    # Every deal has stays, also those that only follow from its status; a history is what a file recorded.
    table = "recorded_stages" if table == "stage_entries" else table
    conditions = ([f"{quoted(column)} IS NOT NULL"] if column else []) + ([only] if only else [])
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return bool(database.execute(f"SELECT 1 FROM {quoted(table)}{where} LIMIT 1").fetchall())
