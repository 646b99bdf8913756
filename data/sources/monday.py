"""monday.com: a board of deals. Every board has its own columns; only the first and the last have names of monday's own."""

from __future__ import annotations

from data.sources import Source

MONDAY = Source(
    name="monday",
    label="monday.com",
    headers={
        "deals": {
            "deal_id": ("Item ID (auto generated)", "Item ID"),
            "deal_name": ("Name",),
            "customer": ("Account", "Accounts", "Company"),
            "owner": ("Owner", "People", "Person", "Deal owner"),
            "stage": ("Stage", "Status", "Deal stage"),
            "amount": ("Deal Value", "Deal size", "Amount", "Value"),
            "probability": ("Close Probability", "Probability"),
            "created_at": ("Creation log", "Created at", "Created"),
            "closed_at": ("Close Date", "Actual close date", "Closed at"),
            "expected_close_on": ("Expected Close Date", "Expected close"),
            "last_modified_at": ("Last updated", "Last Updated"),
            "last_activity_at": ("Last interaction",),
            "source": ("Source", "Lead source"),
        },
        # Subitems are what is to be done for the deal above them.
        "activities": {
            "activity_id": ("Item ID (auto generated)", "Item ID"),
            "subject": ("Name",),
            "deal_id": ("Parent item ID",),
            "owner": ("Owner", "People", "Person"),
            "happened_at": ("Date",),
            "due_at": ("Due date", "Due Date"),
            "status": ("Status",),
        },
    },
    signature={"deals": ("Item ID (auto generated)",), "activities": ("Parent item ID",)},
    unlike={"deals": ("Parent item", "Parent item ID")},
)
