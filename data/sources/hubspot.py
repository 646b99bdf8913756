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


_RECORD = ("ID de registro", "ID de fiche d'informations", "ID do registro")
_CREATED = ("Fecha de creación", "Date de création", "Data de criação")
_COMPANY = ("Associated Company IDs (Primary)", "Associated Company IDs")

HUBSPOT = Source(
    name="hubspot",
    label="HubSpot",
    headers={
        "deals": {
            "deal_id": ("Record ID", "Deal ID", "hs_object_id", *_RECORD),
            "deal_name": ("Deal Name", "dealname", "Nombre del negocio", "Nom de la transaction", "Nome do negócio"),
            "customer_id": ("Associated Company IDs (Primary)", "Associated Company IDs"),
            "customer": ("Associated Company (Primary)", "Associated Company Names (Primary)", "Associated Company"),
            "contact_id": ("Associated Contact IDs",),
            "owner": (
                "Deal owner",
                "hubspot_owner_id",
                "Propietario del negocio",
                "Propriétaire de la transaction",
                "Proprietário do negócio",
            ),
            "pipeline": ("Pipeline",),
            "stage": ("Deal Stage", "dealstage", "Etapa del negocio", "Phase de la transaction", "Etapa do negócio"),
            "amount": ("Amount", "Amount in company currency", "Valor", "Montant"),
            "currency": ("Currency", "deal_currency_code", "Currency in company currency"),
            "probability": ("Deal probability", "hs_deal_stage_probability"),
            "source": ("Original Traffic Source", "Original Source", "Latest Traffic Source"),
            "deal_type": ("Deal Type", "dealtype"),
            "created_at": ("Create Date", "createdate", *_CREATED),
            "closed_at": (
                "Close Date",
                "closedate",
                "Fecha de cierre",
                "Date de fermeture",
                "Data de fechamento",
            ),
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
            "customer_id": ("Record ID", "Company ID", *_RECORD),
            "customer_name": ("Company name", "Nom de l'entreprise"),
            "website": ("Company Domain Name", "Website URL", "Nom de domaine de l'entreprise", "URL du site web"),
            "industry": ("Industry",),
            "customer_type": ("Type", "Lifecycle Stage"),
            "region": ("State/Region",),
            "city": ("City",),
            "country": ("Country/Region",),
            "employees": ("Number of Employees",),
            "annual_revenue": ("Annual Revenue",),
            "parent_id": ("Parent Company",),
            "owner": ("Company owner",),
            "created_at": ("Create Date", *_CREATED),
            "last_activity_at": ("Last Activity Date",),
        },
        "activities": {
            "activity_id": ("Record ID", *_RECORD),
            "activity_type": ("Activity type", "Task Type"),
            "subject": ("Call Title", "Meeting name", "Email subject", "Task Title"),
            "deal_id": ("Associated Deal IDs", "Associated Deal IDs (Primary)"),
            "customer_id": _COMPANY,
            "contact_id": ("Associated Contact IDs",),
            "owner": ("Activity assigned to", "Assigned to"),
            "happened_at": ("Meeting start time", "Activity date"),
            "due_at": ("Due Date",),
            "done_at": ("Completed at",),
            "status": ("Task Status", "Meeting outcome", "Call outcome"),
        },
        "cases": {
            "case_id": ("Ticket ID", "Record ID", *_RECORD),
            "customer_id": _COMPANY,
            "customer": ("Associated Company (Primary)", "Associated Company Names (Primary)", "Associated Company"),
            "contact_id": ("Associated Contact IDs",),
            "subject": ("Ticket name",),
            "status": ("Ticket status",),
            "priority": ("Priority",),
            "opened_at": ("Create date", *_CREATED),
            "closed_at": ("Close date",),
        },
        "contacts": {
            "contact_id": ("Record ID", "Contact ID", *_RECORD),
            "first_name": ("First Name", "Nombre", "Prénom", "firstname"),
            "last_name": ("Last Name", "Apellidos", "Nom", "lastname"),
            "customer_id": ("Associated Company IDs (Primary)", "Associated Company IDs"),
            "customer": (
                "Associated Company (Primary)",
                "Associated Company Names (Primary)",
                "Company Name",
                "Associated Company",
            ),
            "email": ("Email", "Correo"),
            "phone": ("Phone Number", "Número de teléfono", "Numéro de téléphone", "Mobile Phone Number"),
            "title": ("Job Title", "Cargo"),
            "owner": ("Contact owner", "Propietario del contacto"),
            "created_at": ("Create Date", "createdate", *_CREATED),
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
            *_RECORD,
            "Phase de la transaction",
            "Nom de la transaction",
            "Etapa del negocio",
            "Nombre del negocio",
            "Propietario del negocio",
            "Etapa do negócio",
            "Nome do negócio",
            "Proprietário do negócio",
        ),
        "activities": (
            "Activity assigned to",
            "Activity date",
            "Call Title",
            "Call outcome",
            "Meeting name",
            "Meeting outcome",
            "Email subject",
            "Email direction",
            "Task Title",
            "Task Status",
            "Associated Deal IDs",
        ),
        "cases": ("Ticket name", "Ticket status", "Ticket owner"),
        "customers": ("Company Domain Name", "Company owner", "Nom de domaine de l'entreprise", *_RECORD),
        "contacts": (
            "Contact owner",
            "Marketing contact status",
            "Lifecycle Stage",
            "Lead Status",
            "Record ID",
            "Original Source",
            "Propietario del contacto",
            "Estado del lead",
            *_RECORD,
            "lifecyclestage",
            "hs_lead_status",
        ),
    },
    implied={
        "activities": {
            "Call Title": ("activity_type", "Call"),
            "Meeting name": ("activity_type", "Meeting"),
            "Email subject": ("activity_type", "Email"),
            "Task Title": ("activity_type", "Task"),
        }
    },
    stage_column=_stage_column,
)
