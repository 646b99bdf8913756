"""Leads as the step before the first stage: a lead and the deal it became are one unit."""

from __future__ import annotations

from dataclasses import replace

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics import problems
from analytics.fields import Field, with_value
from analytics.filters import Filters, is_chosen, is_of_owner
from data.errors import RequestProblem
from data.messages import N_, say
from data.tables import Tables

LEADS = N_("Leads")
# Statuses of leads that will not become deals, in small letters and without spaces and signs.
_GIVEN_UP = (
    "unqualified", "disqualified", "notqualified", "closednotconverted", "notconverted", "closedlost", "lost", "lostlead", "dead",
    "junk", "junklead", "spam", "invalid", "rejected", "recycled", "notinterested", "nolongerinterested", "cannotcontact",
    "canceled", "cancelled", "badfit", "notafit", "duplicate", "closed", "לארלוונטי", "לאמתאים", "נפסל", "נפסלה", "אבוד", "אבד",
    "לאמעוניין", "לאמעוניינת", "נדחה", "כפול", "סגור",
)  # fmt: skip


def can_tell(field: Field) -> bool:
    """Whether a lead without a deal has the field."""
    return is_of_owner(field) or (field.table == "deals" and field.column == "source" and not field.band)


def lead_stays(tables: Tables, filters: Filters, by: Field | None = None) -> ir.Table:
    """What became of the leads created in the period: `fate`, `hours` until then (null where not known), `n`.

    advanced: became a deal of the pipeline; handed_off: of another one; lost: given up, by its status; still: none of these.
    Several leads of one deal are one. Raises RequestProblem where a filter or `by` asks for what leads do not have.
    """
    now = filters.now
    leads = tables.leads
    kept = [(leads.created_at < now) | leads.created_at.isnull()]
    if filters.has_period:
        kept.append(filters.in_period(leads.created_at))
    for field, values in filters.chosen_values().items():
        kept.append(is_chosen(leads, tables, _of_lead(field), values, near="leads"))
    if filters.without:  # a lead is one with the deal it became
        troubled = problems.deals_with(tables, filters.judged, filters.without)
        kept.append(~leads.deal_id.isin(troubled.troubled_id).fill_null(False))
    leads = leads.filter(kept)
    if by is not None:
        leads = with_value(leads, tables, _of_lead(by), "group", "leads")
    deals = tables.deals.select(
        of_lead=_.deal_id,
        of_pipeline=_.pipeline,
        made_at=_.created_at,
        worth=_.amount,
        worth_in=_.currency,
    )
    leads = leads.left_join(deals, [("deal_id", "of_lead")]).mutate(
        place=ibis.row_number().over(group_by="deal_id", order_by=[_.created_at.asc(nulls_first=False), _.lead_id]),
        became_at=_.converted_at.coalesce(_.made_at),
    )
    leads = leads.filter(_.deal_id.isnull() | (_.place == 0))
    became = (_.is_converted.fill_null(False) | _.deal_id.notnull()) & ((_.became_at < now) | _.became_at.isnull())
    elsewhere = ibis.literal(False)
    if filters.pipeline is not None:
        elsewhere = (_.of_pipeline != filters.pipeline).fill_null(False)
    status = _.status.lower().re_replace(r"[^\p{L}]+", "")
    fate = ibis.cases(
        (became & elsewhere, "handed_off"),
        (became, "advanced"),
        (~_.is_converted.fill_null(False) & status.isin(_GIVEN_UP).fill_null(False), "lost"),
        else_="still",
    )
    leads = leads.mutate(fate=fate)
    end = ibis.cases(
        (_.fate.isin(["advanced", "handed_off"]), _.became_at),
        (_.fate == "still", ibis.timestamp(now)),
        else_=ibis.null("timestamp"),
    )
    # When a lead was given up no file says.
    hours = filters.hours(end, _.created_at)
    has_deal = _.fate == "advanced"
    return leads.mutate(hours=hours, worth=has_deal.ifelse(_.worth, ibis.null("float64"))).agg(
        n=_.count(),
        known=_.worth.count(),
        amount=_.worth.sum(),
        by=[
            *(["group"] if by else []),
            "fate",
            _.worth_in.name("currency"),
            (_.hours < 0).ifelse(-1, _.hours).name("hours"),
        ],
    )


def deals_without_lead(tables: Tables, filters: Filters) -> ir.Table:
    """How many deals of the funnel no lead became: one row, `without_lead`."""
    led = tables.leads.filter(_.deal_id.notnull()).select(of_lead=_.deal_id)
    deals = filters.deals(tables, "created" if filters.has_period else None)
    return deals.anti_join(led, [("deal_id", "of_lead")]).agg(without_lead=_.count())


def _of_lead(field: Field) -> Field:
    """The field of the lead that answers for a field of its deal."""
    if not can_tell(field):
        raise RequestProblem(
            say("Leads have no {field}, so a funnel from the lead cannot tell it apart.", field=field.name),
            say("Begin with the first stage, or use the owner or the source."),
        )
    return replace(field, table="leads") if field.table == "deals" else field
