"""Columns that files have and that are not kept as they are, but decide something; and the words that say how a deal stands."""

from __future__ import annotations

from data.messages import N_
from data.schema import COMPUTED, SCHEMA, Column
from data.sources import fold

_DELETED = Column("is_deleted", "flag", N_("Deleted"), N_("Whether the source marks the row as deleted."))
_NAMES = (
    Column("first_name", "text", N_("First name"), N_("The person's first name.")),
    Column("last_name", "text", N_("Last name"), N_("The person's last name.")),
)
# Columns of histories that no stay has: how a deal stood besides, before and after, and who changed it.
NOT_OF_STAYS = frozenset(
    {"expected_close_on", "probability", "forecast_category", "amount_before", "close_before", "forecast_before", "editor_id"}
)  # fmt: skip
# Columns that files have and that are not kept as they are, but decide something.
DECIDING = {
    "deals": (
        Column("is_won", "flag", N_("Won, yes or no"), N_("Whether the deal was won.")),
        Column("is_closed", "flag", N_("Closed, yes or no"), N_("Whether the deal is won or lost.")),
        _DELETED,
        Column("stage_order", "number", N_("Stage order"), N_("The place of the deal's stage in its pipeline.")),
        Column("won_at", "timestamp", N_("Won at"), N_("When the deal was won.")),
        Column("lost_at", "timestamp", N_("Lost at"), N_("When the deal was lost.")),
        Column("actual_amount", "money", N_("Amount won"), N_("What the deal brought, once won.")),
        Column("status_reason", "category", N_("Status reason"), N_("Why the deal has its status; of a lost deal, why it was lost.")),
    ),
    "customers": (_DELETED,),
    "contacts": (
        *_NAMES,
        _DELETED,
        Column("lifecycle", "category", N_("Lifecycle stage"), N_("How far the person has come: lead, opportunity, customer and so on.")),
        Column("lead_status", "category", N_("Lead status"), N_("Where the person stands as a lead.")),
        *(SCHEMA["leads"][name] for name in ("source", "deal_id")),
        Column("became_lead_at", "timestamp", N_("Became a lead"), N_("When the person became a lead.")),
        Column("became_deal_at", "timestamp", N_("Became an opportunity"), N_("When the person became an opportunity.")),
        Column("became_customer_at", "timestamp", N_("Became a customer"), N_("When the person became a customer.")),
    ),
    "leads": (*_NAMES, _DELETED),
    "products": (_DELETED,),
    "deal_changes": (_DELETED,),
    "activities": (
        Column("due_at", "timestamp", N_("Due"), N_("When it was to be done: when it happened once done, else what it is planned for.")),
        Column("done_at", "timestamp", N_("Completed at"), N_("When it was done.")),
        Column("status", "category", N_("Status"), N_("Whether it is done, as the file says.")),
        _DELETED,
    ),
    "orders": (
        Column("order_status", "category", N_("Order status"), N_("Lines of cancelled orders are left out.")),
        Column("document_type", "category", N_("Document type"), N_("Invoice, credit note and so on; what a credit note holds was returned.")),
        _DELETED,
    ),
    "subscriptions": (
        Column("annual_amount", "money", N_("Revenue a year"), N_("What it brings a year; a twelfth of it is its monthly revenue.")),
        Column("period_amount", "money", N_("Amount of a billing period"), N_("What is paid each billing period.")),
        Column("billing_period", "category", N_("Billing period"), N_("Month, quarter, year and so on.")),
        _DELETED,
    ),
    "cases": (_DELETED,),
    "survey_responses": (
        *_NAMES,
        Column("nps_score", "number", N_("NPS answer, 0 to 10"), N_("How likely to recommend, from 0 to 10; choose it to say that the scale begins with 0.")),
        _DELETED,
    ),
    "survey_invitations": (
        Column("delivery", "category", N_("Delivery status"), N_("Whether the message arrived, in words.")),
        _DELETED,
    ),
    "stage_entries": (
        *(SCHEMA["deals"][name] for name in ("deal_name", "customer_id", "customer", "currency", "created_at")),
        _DELETED,
        Column("from_stage", "category", N_("Stage before"), N_("Where the deal was; a row that stays in its stage is no move.")),
        Column("changed_field", "category", N_("Field"), N_("What changed; only changes of the stage are moves.")),
        *(SCHEMA["deals"][name] for name in ("expected_close_on", "probability", "forecast_category")),
        Column("amount_before", "money", N_("Amount before"), N_("The amount before the change.")),
        Column("close_before", "date", N_("Expected close before"), N_("The expected close before the change.")),
        Column("forecast_before", "category", N_("Forecast category before"), N_("The forecast category before the change.")),
        Column("editor_id", "text", N_("Changed by"), N_("Who made the change, as a number or a name.")),
    ),
}  # fmt: skip
_STATUS = {
    "won": ("won", "closedwon", "win", "success", "successful", "זכייה", "זכינו", "נסגרבהצלחה", "נסגרהבהצלחה", "נמכר", "נמכרה", "הצלחה", "ניצחון", "זכה", "זכתה", "זכיה"),
    "lost": ("lost", "closedlost", "loss", "dead", "rejected", "declined", "cancelled", "canceled", "abandoned", "disqualified", "outsold",
             "הפסד", "הפסדנו", "אבד", "אבדה", "אבדו", "אבוד", "אבודה", "נדחה", "נדחתה", "בוטל", "בוטלה", "נסגרללאהצלחה", "נסגרבהפסד", "לארלוונטי", "נכשל", "נכשלה"),
    "open": ("open", "inprogress", "active", "pending", "new", "working", "onhold", "ongoing", "פתוח", "פתוחה", "פעיל", "פעילה", "בתהליך", "בטיפול", "חדש", "חדשה", "מוקפא"),
}  # fmt: skip
STATUS_OF = {word: status for status, words in _STATUS.items() for word in words}


def targets(table: str) -> tuple[Column, ...]:
    """The columns that a file's columns may become in `table`."""
    own = tuple(column for column in SCHEMA[table] if column.name not in COMPUTED.get(table, ()))
    return own + DECIDING.get(table, ())


# What a log of changes calls the fields of a deal that are followed.
_FIELDS = {
    "stage": ("stage", "stagename", "dealstage", "opportunitystagename", "opportunitystage", "שלב"),
    "status": ("status", "dealstatus", "סטטוס"),
    "amount": ("amount", "value", "dealvalue", "dealamount", "estimatedvalue", "סכום", "שווי"),
    "expected_close_on": ("closedate", "expectedclosedate", "expectedclose", "closingdate", "estimatedclosedate", "estclosedate", "צפיסגירה", "תאריךסגירה", "תאריךסגירהצפוי"),
    "owner": ("owner", "ownerid", "dealowner", "hubspotownerid", "opportunityowner", "אחראי", "בעלים"),
    "probability": ("probability", "closeprobability", "הסתברות", "סיכוי"),
    "forecast_category": ("forecastcategory", "forecastcategoryname", "קטגורייתתחזית"),
}  # fmt: skip
_FIELD_OF = {word: field for field, words in _FIELDS.items() for word in words}


def field_of(written: str) -> str | None:
    """The column of deals that a log of changes means by a field's name; None where it is another."""
    return _FIELD_OF.get(fold(written))
