"""Headers that mean a column wherever they stand, in English and in Hebrew."""

from __future__ import annotations

import re

from data.sources import Source, StageColumn

# "Date entered" columns that are not of one stage.
_NO_STAGES = {"at", "on", "by", "date", "time", "stage", "current stage", "crm", "system", "שלב", "שלב נוכחי"}


def _stage_column(header: str) -> StageColumn | None:
    match = re.fullmatch(
        r"(?:date )?entered(?: stage)?[ :_-]+(.+)|(?:תאריך )?כניסה ל(?:שלב )?[-־ ]?(.+)", header.strip(), re.IGNORECASE
    )
    name = (match[1] or match[2]).strip("\"'“” ") if match else ""
    return StageColumn(name, None) if name and name.casefold() not in _NO_STAGES else None


GENERIC = Source(
    name="generic",
    label="",
    headers={
        "deals": {
            "deal_id": ("Deal ID", "Deal number", "Deal no", "Deal key", "Opportunity ID", "Opportunity number", "Opp ID", "Case ID", "Potential ID", "Record ID",
                        "מספר עסקה", "מזהה עסקה", "קוד עסקה", "מס עסקה", "מספר הזדמנות", "מזהה הזדמנות", "מזהה"),
            "deal_name": ("Deal name", "Deal", "Deal title", "Opportunity", "Opportunity name", "Title", "Topic", "Potential name",
                          "שם עסקה", "שם העסקה", "עסקה", "הזדמנות", "שם הזדמנות", "נושא"),
            "customer_id": ("Customer ID", "Customer number", "Account ID", "Company ID", "Client ID", "Organization ID",
                            "מספר לקוח", "מזהה לקוח", "קוד לקוח", "מס לקוח"),
            "customer": ("Customer", "Customer name", "Account", "Account name", "Company", "Company name", "Client", "Organization",
                         "לקוח", "שם לקוח", "שם הלקוח", "חברה", "שם חברה", "חשבון", "שם חשבון", "ארגון"),
            "contact_id": ("Contact ID", "מזהה איש קשר"),
            "owner_id": ("Owner ID", "Rep ID", "Salesperson ID", "מספר אחראי", "מזהה אחראי", "מזהה סוכן"),
            "owner": ("Owner", "Deal owner", "Sales agent", "Salesperson", "Sales rep", "Rep", "Account executive", "Account manager", "Assigned to", "Resource", "Agent", "Seller",
                      "אחראי", "בעלים", "בעל העסקה", "איש מכירות", "סוכן", "סוכן מכירות", "נציג", "מנהל לקוח", "אחראי עסקה", "מטפל"),
            "pipeline": ("Pipeline", "Pipeline name", "Sales process", "Process", "Funnel", "משפך", "צינור", "צינור מכירות", "תהליך", "תהליך מכירה"),
            "stage": ("Stage", "Deal stage", "Stage name", "Sales stage", "Pipeline stage", "Opportunity stage", "Phase", "Step",
                      "שלב", "שלב עסקה", "שלב העסקה", "שלב מכירה", "שלב במכירה"),
            "status": ("Status", "Deal status", "Outcome", "Result", "State", "Won/Lost", "סטטוס", "מצב", "סטטוס עסקה", "תוצאה"),
            "amount": ("Amount", "Deal amount", "Deal value", "Value", "Close value", "Deal size", "Total", "Revenue", "Estimated value", "Amount requested", "Contract value", "Est. revenue",
                       "סכום", "סכום עסקה", "סכום העסקה", "שווי", "שווי עסקה", "ערך", "ערך עסקה", "סהכ", "היקף", "מחיר"),
            "currency": ("Currency", "Currency code", "Deal currency", "Currency of value", "מטבע"),
            "probability": ("Probability", "Win probability", "Close probability", "Likelihood", "הסתברות", "סיכוי", "סיכוי לסגירה"),
            "source": ("Source", "Lead source", "Deal source", "Channel", "Origin", "מקור", "מקור ליד", "מקור הגעה", "ערוץ"),
            "deal_type": ("Type", "Deal type", "סוג", "סוג עסקה"),
            "product_id": ("Product ID", "SKU", "Item number", "מספר מוצר", "קוד מוצר", "מקט"),
            "product": ("Product", "Product name", "Item", "מוצר", "שם מוצר", "פריט"),
            "created_at": ("Created", "Created at", "Created on", "Created date", "Create date", "Creation date", "Date created", "Opened", "Open date", "Opened at", "Registered at", "Engage date", "Start date", "Date added", "Deal created", "Add time",
                           "נוצר", "נוצר ב", "תאריך יצירה", "תאריך פתיחה", "נפתח", "נפתח ב", "תאריך התחלה"),
            "closed_at": ("Closed", "Closed at", "Closed on", "Close date", "Closed date", "Closing date", "Date closed", "Won date", "End date", "Deal closed on", "Close time",
                          "נסגר", "נסגר ב", "תאריך סגירה", "תאריך סיום"),
            "expected_close_on": ("Expected close", "Expected close date", "Expected closing", "Estimated close date", "Est. close date", "Forecast close date", "Target date",
                                  "צפי סגירה", "תאריך סגירה צפוי", "צפי לסגירה", "תאריך יעד"),
            "stage_changed_at": ("Stage changed", "Last stage change", "Stage change date", "Stage since", "שינוי שלב", "תאריך שינוי שלב", "בשלב מאז"),
            "last_activity_at": ("Last activity", "Last activity date", "Last contacted", "Last contact", "פעילות אחרונה", "קשר אחרון", "תאריך פעילות אחרונה"),
            "next_activity_on": ("Next activity", "Next activity date", "Next step date", "Follow up date", "פעילות הבאה", "מועד פעילות הבאה", "תאריך פעילות הבאה"),
            "next_step": ("Next step", "Next action", "הצעד הבא", "צעד הבא", "פעולה הבאה"),
            "last_modified_at": ("Last modified", "Modified", "Modified at", "Updated", "Updated at", "Last updated", "Update time", "עודכן", "עדכון אחרון", "תאריך עדכון"),
            "lost_reason": ("Lost reason", "Loss reason", "Reason lost", "Close reason", "סיבת הפסד", "סיבת אובדן", "סיבת אי סגירה"),
            "forecast_category": ("Forecast category", "קטגוריית תחזית"),
            "is_won": ("Is won", "Won", "זכייה"),
            "is_closed": ("Is closed", "סגורה"),
        },
        "stage_entries": {
            "deal_id": ("Deal ID", "Deal number", "Deal", "Opportunity ID", "Opportunity", "Case ID", "Case", "Record ID", "case:concept:name",
                        "מספר עסקה", "מזהה עסקה", "עסקה", "קוד עסקה", "מספר הזדמנות"),
            "stage": ("Stage", "Stage name", "Deal stage", "To stage", "New stage", "Activity", "Phase", "Step", "Status", "concept:name", "Value",
                      "שלב", "שלב חדש", "לשלב", "שם שלב"),
            "entered_at": ("Entered at", "Entered", "Entered on", "Date entered", "Stage entered", "Changed at", "Changed on", "Change date", "Stage date", "Timestamp", "Time", "Date", "When", "time:timestamp",
                           "נכנס", "נכנס ב", "נכנס לשלב", "תאריך כניסה", "תאריך כניסה לשלב", "כניסה לשלב", "מועד כניסה", "תאריך", "תאריך שינוי", "מועד"),
            "pipeline": ("Pipeline", "Process", "Pipeline name", "משפך", "צינור", "תהליך"),
            "owner_id": ("Owner ID", "מזהה אחראי"),
            "owner": ("Owner", "Owner at the time", "Resource", "Changed by", "Sales rep", "Salesperson", "org:resource", "אחראי", "בעלים", "שונה על ידי"),
            "amount": ("Amount", "Amount at the time", "Value at the time", "Amount requested", "Deal value", "סכום", "שווי"),
            "deal_name": ("Deal name", "Opportunity name", "שם עסקה"),
            "customer_id": ("Customer ID", "Account ID", "מספר לקוח"),
            "customer": ("Customer", "Account", "Account name", "Company", "לקוח", "שם לקוח"),
            "currency": ("Currency", "מטבע"),
            "created_at": ("Registered at", "Created", "Created at", "Deal created", "Created date", "נוצר", "תאריך יצירה", "תאריך פתיחה"),
        },
        "customers": {
            "customer_id": ("Customer ID", "Customer number", "Account ID", "Company ID", "Client ID", "מספר לקוח", "מזהה לקוח", "קוד לקוח", "מס לקוח"),
            "customer_name": ("Customer", "Customer name", "Account", "Account name", "Company", "Company name", "Client", "Name", "Organization", "לקוח", "שם לקוח", "שם הלקוח", "חברה", "שם חברה", "שם"),
            "tax_id": ("Tax ID", "VAT number", "VAT no", "Company number", "Registration number", "חפ", "מספר חברה", "עוסק מורשה", "מספר עוסק"),
            "website": ("Website", "Domain", "Web", "אתר", "אתר אינטרנט"),
            "industry": ("Industry", "Sector", "Vertical", "ענף", "תחום", "מגזר", "תעשייה"),
            "segment": ("Segment", "Customer segment", "Size", "Tier", "פלח", "סגמנט", "גודל", "דרג"),
            "customer_type": ("Type", "Customer type", "סוג לקוח", "סוג"),
            "region": ("Region", "State", "District", "אזור", "מחוז"),
            "city": ("City", "Town", "עיר", "יישוב"),
            "country": ("Country", "Office location", "ארץ", "מדינה"),
            "employees": ("Employees", "Number of employees", "Headcount", "עובדים", "מספר עובדים"),
            "annual_revenue": ("Annual revenue", "Revenue", "Turnover", "מחזור", "מחזור שנתי", "הכנסות"),
            "parent_id": ("Parent", "Parent company", "Parent account", "Subsidiary of", "Parent ID", "חברת אם", "חברה אם"),
            "owner_id": ("Owner ID", "מזהה אחראי"),
            "owner": ("Owner", "Account manager", "Account owner", "Sales rep", "אחראי", "מנהל לקוח", "בעלים", "איש מכירות"),
            "created_at": ("Created", "Created at", "Created date", "Customer since", "Joined", "נוצר", "תאריך יצירה", "לקוח מאז", "תאריך הצטרפות"),
            "last_activity_at": ("Last activity", "Last contact", "פעילות אחרונה", "קשר אחרון"),
        },
        "people": {
            "person_id": ("Person ID", "User ID", "Employee ID", "Owner ID", "Rep ID", "מספר עובד", "מזהה עובד", "מזהה משתמש"),
            "person_name": ("Person", "Name", "Full name", "Sales agent", "Salesperson", "Sales rep", "Rep", "Owner", "Employee", "User", "Agent", "Seller",
                            "שם", "שם מלא", "איש מכירות", "סוכן", "סוכן מכירות", "נציג", "אחראי", "עובד", "שם עובד"),
            "email": ("Email", "E-mail", "Mail", "דואל", "דוא״ל", "אימייל", "מייל"),
            "team": ("Team", "Sales team", "Group", "Department", "צוות", "קבוצה", "מחלקה"),
            "manager": ("Manager", "Team lead", "Reports to", "מנהל", "ראש צוות", "מנהל ישיר"),
            "office": ("Office", "Regional office", "Branch", "Region", "Location", "משרד", "סניף", "אזור"),
            "is_active": ("Active", "Is active", "פעיל"),
        },
        "products": {
            "product_id": ("Product ID", "SKU", "Item number", "Product code", "Product number", "מספר מוצר", "קוד מוצר", "מקט", "מזהה מוצר"),
            "product_name": ("Product", "Product name", "Item", "Name", "Description", "מוצר", "שם מוצר", "פריט", "שם פריט"),
            "family": ("Family", "Product family", "Series", "Category", "Line", "Product line", "משפחה", "משפחת מוצר", "קטגוריה", "סדרה"),
            "list_price": ("List price", "Price", "Sales price", "Unit price", "Catalogue price", "מחיר", "מחיר מחירון", "מחירון"),
            "unit_cost": ("Unit cost", "Cost", "Cost price", "עלות", "מחיר עלות"),
        },
    },
    stage_column=_stage_column,
)  # fmt: skip
