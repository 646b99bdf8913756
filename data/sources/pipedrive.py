"""Pipedrive: every header names its entity, as in `Deal - Title`; a star after it marks a column of its own import sheets."""

from __future__ import annotations

from data.sources import Source

PIPEDRIVE = Source(
    name="pipedrive",
    label="Pipedrive",
    headers={
        "deals": {
            "deal_id": ("Deal - ID",),
            "deal_name": ("Deal - Title",),
            "customer_id": ("Deal - Organization ID",),
            "customer": ("Deal - Organization", "Organization - Name"),
            "contact_id": ("Deal - Contact person ID",),
            "owner": ("Deal - Owner",),
            "pipeline": ("Deal - Pipeline",),
            "stage": ("Deal - Stage",),
            "status": ("Deal - Status",),
            "amount": ("Deal - Value",),
            "currency": ("Deal - Currency of Value",),
            "probability": ("Deal - Probability",),
            "source": ("Deal - Source channel", "Deal - Source origin"),
            "product": ("Deal - Product name",),
            "created_at": ("Deal - Deal created",),
            "closed_at": ("Deal - Deal closed on",),
            "won_at": ("Deal - Won time",),
            "lost_at": ("Deal - Lost time",),
            "expected_close_on": ("Deal - Expected close date",),
            "stage_changed_at": ("Deal - Last stage change",),
            "last_activity_at": ("Deal - Last activity date",),
            "next_activity_on": ("Deal - Next activity date",),
            "last_modified_at": ("Deal - Update time",),
            "lost_reason": ("Deal - Lost reason",),
        },
        "contacts": {
            "contact_id": ("Person - ID",),
            "contact_name": ("Person - Name",),
            "first_name": ("Person - First name",),
            "last_name": ("Person - Last name",),
            "customer_id": ("Person - Organization ID",),
            "customer": ("Person - Organization", "Organization - Name"),
            "email": ("Person - Email (Work)", "Person - Email", "Person - Email (Home)"),
            "phone": ("Person - Phone", "Person - Phone (Work)", "Person - Phone (Mobile)"),
            "owner": ("Person - Owner",),
            "created_at": ("Person - Person created",),
        },
        "customers": {
            "customer_id": ("Organization - ID",),
            "customer_name": ("Organization - Name",),
            "city": ("Organization - City/town/village/locality",),
            "country": ("Organization - Country",),
            "owner": ("Organization - Owner",),
            "created_at": ("Organization - Organization created",),
        },
    },
    signature={
        "deals": (
            "Deal - ID",
            "Deal - Title",
            "Deal - Stage",
            "Deal - Status",
            "Deal - Value",
            "Deal - Owner",
            "Deal - Pipeline",
        ),
        "contacts": (
            "Person - ID",
            "Person - Name",
            "Person - Name*",
            "Person - First name",
            "Person - Email (Work)",
            "Person - Phone",
            "Person - Owner",
        ),
        "customers": ("Organization - ID", "Organization - Name", "Organization - Name*", "Organization - Owner"),
    },
)
