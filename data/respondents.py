"""What a person decided of whose survey answers are: a step of the history, which files loaded later follow too.

A respondent is told by a subject: the company's name as the survey writes it, an email address, the domain of one, or a person's
name. `respondent_decisions` says of a subject that it is a customer, that it is none, or that it is not a certain one. A number in
the file that is a customer's own is never overruled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from data.mail import PUBLIC_MAIL

TABLE = "respondent_decisions"
COLUMNS = {"subject": "VARCHAR", "written": "VARCHAR", "customer_id": "VARCHAR", "is_same": "BOOLEAN"}
Subject = Literal["name", "domain", "address", "respondent"]
# The narrowest first: one address may be of another customer than the domain, and the company written says more than either a domain or a name.
SUBJECTS: tuple[Subject, ...] = ("address", "name", "domain", "respondent")
PUBLIC = ", ".join(f"'{domain}'" for domain in sorted(PUBLIC_MAIL))


@dataclass(frozen=True)
class Decision:
    """That a subject is a customer (`customer_id` None: of none), or that it is not this one."""

    subject: Subject
    written: str
    customer_id: str | None
    is_same: bool = True

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def parse(cls, said: Mapping[str, Any]) -> Decision:
        return cls(said["subject"], said["written"], said["customer_id"], said["is_same"])


# SQL, of the tables of answers and invitations


def told(rows: str, columns: Mapping[str, str]) -> str:
    """Each row by what tells whose it is: `row, customer_id, own, name, address, domain, respondent`, null where it says nothing.

    `own` is what the file itself says in place of a number. `columns` are those of the table. The domain of a provider of mail is none.
    """
    own = (
        "CASE WHEN said_customer_id IS NOT NULL THEN nullif(said_customer_id, '') ELSE customer_id END"
        if "said_customer_id" in columns
        else "customer_id"
    )
    respondent = "nullif(trim(respondent), '')" if "respondent" in columns else "NULL"
    return f"""SELECT row, customer_id, own, nullif(trim(coalesce(customer, own)), '') AS name, address,
                CASE WHEN domain NOT IN ({PUBLIC}) THEN domain END AS domain, respondent
            FROM (SELECT rowid AS row, customer_id, customer, {own} AS own, nullif(lower(trim(email)), '') AS address,
                         nullif(lower(split_part(trim(email), '@', 2)), '') AS domain, {respondent} AS respondent FROM {rows})"""


def decided(rows: str, columns: Mapping[str, str]) -> str:
    """`row, id, place` of the rows that a decision names a customer of (null: of none), as the customers are now called.

    `place` is that of the decision's subject in `SUBJECTS`.
    """
    return f"""SELECT f.row, nullif(coalesce(m.into_id, f.id), '') AS id, f.place FROM (
                SELECT row, arg_min(id, place) AS id, min(place) AS place FROM ({_with_decisions(rows, columns, is_same=True)}) GROUP BY row
            ) f LEFT JOIN merged_customers m ON m.customer_id = f.id
            WHERE f.id = '' OR coalesce(m.into_id, f.id) IN ({CUSTOMERS})"""


def rejected(rows: str, columns: Mapping[str, str]) -> str:
    """`row, id` of the rows that a person said are not of the customer they were joined to."""
    return f"SELECT DISTINCT row, id FROM ({_with_decisions(rows, columns, is_same=False)})"


# Who is a customer: those listed, and those that deals name.
CUSTOMERS = (
    "SELECT customer_id FROM customers WHERE customer_id IS NOT NULL"
    " UNION SELECT customer_id FROM deals WHERE customer_id IS NOT NULL"
)


def _with_decisions(rows: str, columns: Mapping[str, str], *, is_same: bool) -> str:
    ways = []
    for place, subject in enumerate(SUBJECTS):
        where = "" if subject in ("address", "name") else " AND t.name IS NULL"
        ways.append(
            f"""SELECT t.row, coalesce(d.customer_id, '') AS id, {place} AS place FROM told t JOIN {TABLE} d
                ON d.subject = '{subject}' AND d.written = t.{subject} WHERE {"" if is_same else "NOT "}d.is_same{where}"""
        )
    known = f"(t.own IS NULL OR t.own NOT IN ({CUSTOMERS}))"
    return f"WITH told AS (SELECT * FROM ({told(rows, columns)}) t WHERE {known}) {' UNION ALL '.join(ways)}"
