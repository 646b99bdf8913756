"""Help desks: tickets are service cases."""

from __future__ import annotations

from data.sources import Source

ZENDESK = Source(
    name="zendesk",
    label="Zendesk",
    headers={
        "cases": {
            "case_id": ("Ticket ID", "ID"),
            "customer_id": ("Organization ID",),
            "contact_id": ("Requester ID",),
            "subject": ("Subject", "Ticket subject"),
            "status": ("Ticket status", "Status"),
            "priority": ("Priority", "Ticket priority"),
            "opened_at": ("Requested", "Created at", "Ticket created - Timestamp"),
            "closed_at": ("Solved", "Solved at", "Ticket solved - Timestamp"),
        },
    },
    signature={"cases": ("Requester", "Requested", "Ticket status", "Assignee", "Solved")},
)

FRESHDESK = Source(
    name="freshdesk",
    label="Freshdesk",
    headers={
        "cases": {
            "case_id": ("Ticket ID",),
            "customer_id": ("Company ID",),
            "contact_id": ("Contact ID",),
            "subject": ("Subject",),
            "status": ("Status",),
            "priority": ("Priority",),
            "opened_at": ("Created time",),
            "closed_at": ("Closed time", "Resolved time"),
        },
    },
    signature={
        "cases": ("Created time", "Due by Time", "Resolved time", "Agent interactions", "Initial response time"),
    },
)

HELPDESKS = (ZENDESK, FRESHDESK)
