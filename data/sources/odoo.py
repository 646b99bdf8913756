"""Odoo CRM: labels of its list of opportunities, and the technical names it writes for data that is to come back."""

from __future__ import annotations

from data.sources import Source

ODOO = Source(
    name="odoo",
    label="Odoo",
    headers={
        "deals": {
            "deal_id": ("External ID", "id"),
            "deal_name": ("Opportunity", "name"),
            "customer": ("Customer", "Company", "Company Name", "partner_id", "partner_name"),
            "owner": ("Salesperson", "user_id"),
            "pipeline": ("Sales Team", "team_id"),
            "stage": ("Stage", "stage_id"),
            "amount": ("Expected Revenue", "expected_revenue"),
            "probability": ("Probability", "probability"),
            "created_at": ("Created on", "create_date"),
            "closed_at": ("Closed Date", "date_closed"),
            "expected_close_on": ("Expected Closing", "date_deadline"),
            "stage_changed_at": ("Last Stage Update", "date_last_stage_update"),
            "lost_reason": ("Lost Reason", "lost_reason_id"),
        },
    },
    signature={
        "deals": (
            "Expected Closing",
            "Salesperson",
            "Expected Revenue",
            "date_deadline",
            "expected_revenue",
            "stage_id",
            "stage_id/id",
        )
    },
)
