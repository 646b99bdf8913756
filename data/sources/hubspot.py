"""HubSpot: deals, companies and contacts, with a column a stage that says when it was entered.

Labels follow the language of who exports, mixed with English ones.
"""

from __future__ import annotations

import re

from data.sources import Source, StageColumn, entered_stage


def _stage_column(header: str) -> StageColumn | None:
    quoted = re.fullmatch(r"date entered\s+[\"“”'](.+)[\"“”']", header.strip(), re.IGNORECASE)
    if quoted:
        return entered_stage(quoted[1])
    internal = re.fullmatch(r"hs(?:_v2)?_date_entered_(.+)", header.strip(), re.IGNORECASE)
    return StageColumn(internal[1], None) if internal else None


HUBSPOT = Source(
    name="hubspot",
    label="HubSpot",
    headers={
        "deals": {
            "deal_id": ("Record ID", "Deal ID", "hs_object_id", "ID de registro"),
            "deal_name": ("Deal Name", "dealname"),
            "customer_id": ("Associated Company IDs (Primary)", "Associated Company IDs"),
            "customer": ("Associated Company (Primary)", "Associated Company Names (Primary)", "Associated Company"),
            "contact_id": ("Associated Contact IDs",),
            "owner": ("Deal owner", "hubspot_owner_id"),
            "pipeline": ("Pipeline",),
            "stage": ("Deal Stage", "dealstage"),
            "amount": ("Amount", "Amount in company currency"),
            "currency": ("Currency", "deal_currency_code", "Currency in company currency"),
            "probability": ("Deal probability", "hs_deal_stage_probability"),
            "source": ("Original Traffic Source", "Original Source", "Latest Traffic Source"),
            "deal_type": ("Deal Type", "dealtype"),
            "created_at": ("Create Date", "createdate", "Fecha de creación"),
            "closed_at": ("Close Date", "closedate", "Date de fermeture"),
            "stage_changed_at": ("Date entered current stage", "hs_v2_date_entered_current_stage"),
            "last_activity_at": ("Last Activity Date", "notes_last_updated"),
            "last_modified_at": ("Last Modified Date", "hs_lastmodifieddate"),
            "next_activity_on": ("Next Activity Date",),
            "next_step": ("Next step",),
            "lost_reason": ("Closed Lost Reason",),
            "forecast_category": ("Forecast category",),
            "is_won": ("Is Closed Won", "hs_is_closed_won"),
            "is_closed": ("Is Deal Closed?", "Is closed (numeric)", "hs_is_closed"),
        },
        "customers": {
            "customer_id": ("Record ID", "Company ID", "ID de registro"),
            "customer_name": ("Company name",),
            "website": ("Company Domain Name", "Website URL"),
            "industry": ("Industry",),
            "customer_type": ("Type", "Lifecycle Stage"),
            "region": ("State/Region",),
            "city": ("City",),
            "country": ("Country/Region",),
            "employees": ("Number of Employees",),
            "annual_revenue": ("Annual Revenue",),
            "parent_id": ("Parent Company",),
            "owner": ("Company owner",),
            "created_at": ("Create Date",),
            "last_activity_at": ("Last Activity Date",),
        },
        "contacts": {
            "contact_id": ("Record ID", "Contact ID", "ID de registro"),
            "first_name": ("First Name", "Nombre", "firstname"),
            "last_name": ("Last Name", "Apellidos", "lastname"),
            "customer_id": ("Associated Company IDs (Primary)", "Associated Company IDs"),
            "customer": (
                "Associated Company (Primary)",
                "Associated Company Names (Primary)",
                "Company Name",
                "Associated Company",
            ),
            "email": ("Email", "Correo"),
            "phone": ("Phone Number", "Número de teléfono", "Mobile Phone Number"),
            "title": ("Job Title", "Cargo"),
            "owner": ("Contact owner", "Propietario del contacto"),
            "created_at": ("Create Date", "Fecha de creación", "createdate"),
            "last_activity_at": ("Last Activity Date", "Last Contacted", "Último contacto"),
            "lifecycle": ("Lifecycle Stage", "lifecyclestage"),
            "lead_status": ("Lead Status", "Estado del lead", "hs_lead_status"),
            "source": ("Original Traffic Source", "Original Source", "Latest Traffic Source"),
            "deal_id": ("Associated Deal IDs", "Associated Deal IDs (Primary)"),
            "became_lead_at": (
                "Became a Lead Date",
                'Date entered "Lead (Lifecycle Stage Pipeline)"',
                "hs_lifecyclestage_lead_date",
            ),
            "became_deal_at": (
                "Became an Opportunity Date",
                'Date entered "Opportunity (Lifecycle Stage Pipeline)"',
                "hs_lifecyclestage_opportunity_date",
            ),
            "became_customer_at": (
                "Became a Customer Date",
                'Date entered "Customer (Lifecycle Stage Pipeline)"',
                "hs_lifecyclestage_customer_date",
            ),
        },
    },
    signature={
        "deals": (
            "Deal Stage",
            "Associated Company IDs (Primary)",
            "Associated Contact IDs",
            "Deal owner",
            "Create Date",
            "dealstage",
            "hs_object_id",
            "Date de fermeture",
        ),
        "customers": ("Company Domain Name", "Company owner"),
        "contacts": (
            "Contact owner",
            "Marketing contact status",
            "Lifecycle Stage",
            "Lead Status",
            "First Name",
            "Last Name",
            "Original Source",
            "Propietario del contacto",
            "Estado del lead",
            "ID de registro",
            "lifecyclestage",
            "hs_lead_status",
        ),
    },
    stage_column=_stage_column,
)
