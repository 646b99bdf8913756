"""Microsoft Dynamics 365: workbooks of a view, with hidden `(Do Not Modify)` columns before those it shows.

The first of them is the row's own id. What a won deal brought is in Actual Revenue; what another may bring, in Est. Revenue.
"""

from __future__ import annotations

from data.sources import Source

_MODIFIED = ("Modified On", "(Do Not Modify) Modified On", "(Do Not Modify) Last Modified Date", "modifiedon")

DYNAMICS = Source(
    name="dynamics",
    label="Microsoft Dynamics 365",
    headers={
        "deals": {
            "deal_id": ("(Do Not Modify) Opportunity", "Opportunity ID", "opportunityid"),
            "deal_name": ("Topic",),
            "customer": ("Potential Customer", "Account"),
            "owner": ("Owner",),
            "pipeline": ("Process", "Business Process Flow"),
            "stage": ("Sales Stage", "Pipeline Phase", "salesstage", "stepname"),
            "status": ("Status", "statecode"),
            "status_reason": ("Status Reason", "statuscode"),
            "amount": ("Est. Revenue", "estimatedvalue"),
            "actual_amount": ("Actual Revenue", "actualvalue"),
            "currency": ("Currency",),
            "probability": ("Probability", "closeprobability"),
            "source": ("Lead Source", "Source Campaign"),
            "created_at": ("Created On", "createdon"),
            "closed_at": ("Actual Close Date", "actualclosedate"),
            "expected_close_on": ("Est. Close Date", "estimatedclosedate"),
            "last_modified_at": _MODIFIED,
        },
        "leads": {
            "lead_id": ("(Do Not Modify) Lead", "leadid"),
            "lead_name": ("Name", "Full Name"),
            "first_name": ("First Name",),
            "last_name": ("Last Name",),
            "company": ("Company Name", "Company"),
            "email": ("Email",),
            "owner": ("Owner",),
            "source": ("Lead Source",),
            "status": ("Status", "Status Reason"),
            "created_at": ("Created On", "createdon"),
        },
        "contacts": {
            "contact_id": ("(Do Not Modify) Contact",),
            "contact_name": ("Full Name",),
            "first_name": ("First Name",),
            "last_name": ("Last Name",),
            "customer": ("Company Name", "Account"),
            "email": ("Email",),
            "phone": ("Business Phone", "Mobile Phone"),
            "title": ("Job Title",),
            "owner": ("Owner",),
            "created_at": ("Created On",),
        },
        "activities": {
            "activity_id": (
                "(Do Not Modify) Activity",
                "(Do Not Modify) Task",
                "(Do Not Modify) Appointment",
                "(Do Not Modify) Phone Call",
            ),
            "activity_type": ("Activity Type",),
            "subject": ("Subject",),
            "owner": ("Owner",),
            "happened_at": ("Start Date", "Start Time", "Actual Start"),
            "due_at": ("Due Date",),
            "done_at": ("Actual End",),
            "status": ("Activity Status", "Status"),
        },
        "cases": {
            "case_id": ("(Do Not Modify) Case", "Case Number"),
            "customer": ("Customer",),
            "subject": ("Case Title",),
            "status": ("Status", "Status Reason"),
            "priority": ("Priority",),
            "opened_at": ("Created On",),
        },
        "customers": {
            "customer_id": ("(Do Not Modify) Account",),
            "customer_name": ("Account Name",),
            "website": ("Website",),
            "customer_type": ("Relationship Type",),
            "industry": ("Industry",),
            "employees": ("Number of Employees", "No. of Employees"),
            "annual_revenue": ("Annual Revenue",),
            "city": ("Address 1: City",),
            "country": ("Address 1: Country/Region",),
            "owner": ("Owner",),
            "created_at": ("Created On",),
        },
    },
    signature={
        "deals": (
            "(Do Not Modify) Opportunity",
            "(Do Not Modify) Row Checksum",
            "Est. Revenue",
            "Est. Close Date",
            "Potential Customer",
            "opportunityid",
            "estimatedvalue",
            "estimatedclosedate",
            "actualclosedate",
        ),
        "leads": ("(Do Not Modify) Lead",),
        "contacts": ("(Do Not Modify) Contact",),
        "customers": ("(Do Not Modify) Account",),
        "activities": ("(Do Not Modify) Activity",),
        "cases": ("(Do Not Modify) Case",),
    },
    converted=("Qualified",),
)
