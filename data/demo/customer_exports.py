"""The files such a company would export of what its customers do: contacts, contact, orders, cases and surveys.

To add a file: a function that returns a `Table`, and its name in `TABLES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from data.demo import words
from data.demo.buying import Line, Sales, sales_of
from data.demo.company import Company
from data.demo.draws import stream
from data.demo.relations import Relations, relations_of
from data.demo.service import cases_of
from data.demo.surveys import Asked, answers, survey_of
from data.demo.table import Cell, Table
from data.demo.words import Both, pairs

YES, NO = pairs("Yes = כן; No = לא")
NAMELESS = 8  # order lines that name no customer


@dataclass(frozen=True)
class Lives:
    """What the customers of a company do, made once for all their files."""

    company: Company
    sales: Sales
    relations: Relations
    asked: list[Asked]


def lives_of(company: Company) -> Lives:
    sales = sales_of(company)
    relations = relations_of(company, sales)
    return Lives(company, sales, relations, survey_of(company, sales, relations))


def contacts(lives: Lives) -> Table:
    return Table(
        Both("contacts", "אנשי קשר"),
        pairs('Contact ID = מספר איש קשר; Contact = איש קשר; Customer = שם לקוח; Email = דוא"ל; Phone = טלפון; Job title = תפקיד'),
        [(each.id, each.name, each.customer.name, each.email, each.phone, each.title)
         for known in lives.relations.contacts.values() for each in known],
    )  # fmt: skip


def customer_contacts(lives: Lives) -> Table:
    return Table(
        Both("customer contacts", "קשר עם לקוחות"),
        pairs("Activity ID = מספר פעילות; Activity type = סוג פעילות; Subject = נושא; Customer = שם לקוח; "
              "Contact ID = מספר איש קשר; Owner = אחראי; Status = סטטוס; Due date = תאריך יעד; Completed at = הושלם ב"),
        [(f"V-{60001 + i}", each.kind, each.subject, each.contact.customer.name, each.contact.id,
          each.contact.customer.owner.name, words.PLANNED if each.is_planned else words.COMPLETED,
          each.at.date(), None if each.is_planned else each.at)
         for i, each in enumerate(lives.relations.touches)],
    )  # fmt: skip


def orders(lives: Lives) -> Table:
    """Some lines name no customer, one writes its number otherwise, and one stands twice."""
    lines = lives.sales.lines
    rng = stream(lives.company.seed, "blemishes of orders")
    # Of small ones that are no deal's.
    marked = rng.permutation([i for i, line in enumerate(lines) if 0 < line.amount < 2_000 and _is_whole(line)])
    nameless, odd, twice = (
        marked[:NAMELESS].tolist(),
        marked[NAMELESS : NAMELESS + 1],
        marked[NAMELESS + 1 : NAMELESS + 2],
    )
    rows: list[tuple[Cell, ...]] = []
    for i, line in enumerate(lines):
        number = line.customer.id.lower().replace("-", " ") if i in odd else line.customer.id
        who: tuple[Cell, ...] = (None, None) if i in nameless else (number, line.customer.name)
        row = (line.order, *who, line.day, line.product.id, line.product.name,
               line.quantity, line.unit_price, line.amount, "ILS")  # fmt: skip
        rows += [row, row] if i in twice else [row]
    return Table(
        Both("orders", "הזמנות"),
        pairs('Order number = מספר הזמנה; Customer ID = מספר לקוח; Customer = שם לקוח; Order date = תאריך הזמנה; '
              'Product ID = מק"ט; Product = מוצר; Quantity = כמות; Unit price = מחיר יחידה; Line total = סה"כ שורה; Currency = מטבע'),
        rows,
    )  # fmt: skip


def _is_whole(line: Line) -> bool:
    return isinstance(line.unit_price, int)


def service_cases(lives: Lives) -> Table:
    return Table(
        Both("service cases", "פניות שירות"),
        pairs("Case number = מספר פנייה; Customer = שם לקוח; Contact ID = מספר איש קשר; Subject = נושא הפנייה; "
              "Status = סטטוס; Priority = עדיפות; Opened = תאריך פתיחה; Closed = תאריך סגירה"),
        [(f"S-{7001 + i}", each.contact.customer.name, each.contact.id, each.subject, each.status, each.priority,
          each.opened, each.closed)
         for i, each in enumerate(cases_of(lives.company, lives.sales, lives.relations))],
    )  # fmt: skip


def survey_answers(lives: Lives) -> Table:
    return Table(
        Both("survey answers", "תשובות לסקר"),
        pairs('Response ID = מספר תשובה; Customer = שם לקוח; Respondent = שם המשיב; Email = דוא"ל; '
              "Answered at = תאריך תשובה; NPS score (0-10) = ציון המלצה (0-10); Comment = הערות"),
        [(f"R-{8001 + i}", each.contact.customer.name, each.contact.name, each.contact.email, each.answered,
          each.score, each.comment)
         for i, each in enumerate(answers(lives.asked))],
    )  # fmt: skip


def survey_invitations(lives: Lives) -> Table:
    return Table(
        Both("survey invitations", "הזמנות לסקר"),
        pairs('Customer = שם לקוח; Email = דוא"ל; Sent at = תאריך שליחה; Delivered = נמסר'),
        [(each.contact.customer.name, each.contact.email, each.sent, YES if each.arrived else NO) for each in lives.asked],
    )  # fmt: skip


# In the order to load them: what is named before what names it.
TABLES: tuple[Callable[[Lives], Table], ...] = (
    contacts,
    customer_contacts,
    orders,
    service_cases,
    survey_answers,
    survey_invitations,
)
