"""The files such a company would export of its sales, one function each, and all of its files.

To add a file: a function that returns a `Table`, and its name in `TABLES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from data.demo import customer_exports, words
from data.demo.activities import activities_of
from data.demo.buying import catalogue, unit_cost
from data.demo.company import LOST, WON, Company
from data.demo.quantities import quantities_of
from data.demo.table import Table
from data.demo.words import Both, pairs


def people(company: Company) -> Table:
    return Table(
        Both("people", "אנשי מכירות"),
        pairs('Person = שם עובד; Email = דוא"ל; Team = צוות; Manager = מנהל; Office = סניף'),
        [(person.name, person.email, person.team, person.manager, person.office) for person in company.people],
    )


def products(company: Company) -> Table:
    return Table(
        Both("products", "מוצרים"),
        pairs('Product ID = מק"ט; Product = מוצר; Family = משפחת מוצרים; List price = מחיר מחירון; '
              "Unit cost = עלות ליחידה"),
        [(product.id, product.name, product.family, product.price, unit_cost(product)) for product in catalogue(company)],
    )  # fmt: skip


def customers(company: Company) -> Table:
    return Table(
        Both("customers", "לקוחות"),
        pairs("Customer ID = מספר לקוח; Customer = שם לקוח; Industry = ענף; Segment = פלח; Region = אזור; City = עיר; "
              "Employees = מספר עובדים; Owner = אחראי; Created = תאריך יצירה"),
        [(customer.id, customer.name, customer.industry, customer.segment, customer.region, customer.city,
          customer.employees, customer.owner.name, customer.created) for customer in company.customers],
    )  # fmt: skip


def deals(company: Company) -> Table:
    status = {WON: words.WON, LOST: words.LOST}
    return Table(
        Both("deals", "עסקאות"),
        pairs("Deal ID = מספר עסקה; Deal name = שם עסקה; Customer = לקוח; Owner = אחראי; Pipeline = תהליך מכירה; "
              "Stage = שלב; Status = סטטוס; Amount = סכום; Currency = מטבע; Source = מקור; Product = מוצר; "
              "Created = תאריך פתיחה; Closed = תאריך סגירה; Expected close = צפי סגירה; Next step = הצעד הבא; "
              "Next activity date = תאריך פעילות הבאה; Last activity = פעילות אחרונה; Lost reason = סיבת הפסד; "
              "Competitor = מתחרה; Campaign = קמפיין; Quantity = כמות"),
        [(deal.id, deal.customer.name + " – " + deal.product.name, deal.customer_as_typed,
          deal.now.owner, words.PIPELINE,
          words.STAGES[deal.now.stage], status.get(deal.now.stage, words.OPEN), deal.now.amount, "ILS",
          deal.source, deal.product.name,
          deal.visits[0].at, deal.closed, deal.notes.expected_close, deal.notes.next_step,
          deal.notes.next_activity, deal.notes.last_activity, deal.notes.lost_reason,
          deal.notes.competitor, deal.notes.campaign, quantity)
         for deal, quantity in zip(company.deals, quantities_of(company), strict=True)],
    )  # fmt: skip


def stage_history(company: Company) -> Table:
    return Table(
        Both("stage history", "היסטוריית שלבים"),
        pairs("Deal ID = מספר עסקה; Stage = שלב; Entered at = תאריך כניסה לשלב; Owner = אחראי; Amount = סכום"),
        [(deal.id, words.STAGES[visit.stage], visit.at, visit.owner, visit.amount)
         for deal in company.deals for visit in deal.visits],
    )  # fmt: skip


def leads(company: Company) -> Table:
    return Table(
        Both("leads", "לידים"),
        pairs("Lead ID = מספר ליד; Lead = שם ליד; Company = חברה; Source = מקור; Owner = אחראי; "
              "Lead status = סטטוס ליד; Created = תאריך יצירה; Converted at = תאריך המרה; Deal ID = מספר עסקה"),
        [(lead.id, lead.name, lead.company, lead.source, lead.owner, lead.status, lead.created,
          lead.deal.visits[0].at if lead.deal else None, lead.deal.id if lead.deal else None)
         for lead in company.leads],
    )  # fmt: skip


def field_history(company: Company) -> Table:
    return Table(
        Both("field history", "היסטוריית שדות"),
        pairs("Deal ID = מספר עסקה; Field = שדה; Old value = ערך קודם; New value = ערך חדש; Changed at = תאריך שינוי"),
        [(change.deal.id, change.field, change.old, change.new, change.at) for change in company.changes],
    )  # fmt: skip


def activities(company: Company) -> Table:
    return Table(
        Both("activities", "פעילויות"),
        pairs("Activity ID = מספר פעילות; Activity type = סוג פעילות; Subject = נושא; Deal ID = מספר עסקה; Owner = אחראי; "
              "Status = סטטוס; Due date = תאריך יעד; Completed at = הושלם ב"),
        [(f"A-{30001 + i}", each.type, each.subject, each.deal.id, each.owner,
          words.COMPLETED if each.done_at else words.PLANNED, each.day, each.done_at)
         for i, each in enumerate(activities_of(company))],
    )  # fmt: skip


# In the order to load them: what is named before what names it.
TABLES: tuple[Callable[[Company], Table], ...] = (
    people,
    products,
    customers,
    deals,
    stage_history,
    leads,
    field_history,
    activities,
)


def tables_of(company: Company) -> Iterator[Table]:
    """All exports, in the order to load them."""
    yield from (make(company) for make in TABLES)
    lives = customer_exports.lives_of(company)
    yield from (make(lives) for make in customer_exports.TABLES)
