"""How survey answers and invitations came to their customers: by number, name, address, domain, or as a person chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from data.engine import Engine
from data.respondents import CUSTOMERS, SUBJECTS, Subject, decided, told

Way = Literal["number", "name", "address", "spelling", "domain", "contact", "chosen", "unknown"]
WAYS: tuple[Way, ...] = ("number", "name", "address", "spelling", "domain", "contact", "chosen", "unknown")
# Ways that something was guessed in, or that a person chose: each join can be undone.
UNDONE: tuple[Way, ...] = ("spelling", "domain", "contact", "chosen")
_SITE = r"regexp_extract(lower(website), '^(?:https?://)?(?:www\.)?([^/?#:]+)', 1)"
_SURVEYS = ("survey_responses", "survey_invitations")


@dataclass(frozen=True)
class Joined:
    """How many answers and invitations came to their customers in one way."""

    way: Way
    answers: int
    invitations: int


@dataclass(frozen=True)
class Join:
    """A subject that was joined to a customer, in one way."""

    way: Way
    subject: Subject
    written: str
    customer_id: str
    customer: str
    owner: str | None
    answers: int
    invitations: int


def joined(engine: Engine) -> list[Joined]:
    """One row a way that was used, in the order of `WAYS`; "unknown" are those of no known customer."""
    found = {way: Joined(way, int(answers), int(asked)) for way, answers, asked in engine.rows(joined_sql(engine))}
    return [found[way] for way in WAYS if way in found]


def joined_sql(engine: Engine) -> str:
    """The SQL of `joined`."""
    return f"SELECT way, sum(answers) AS answers, sum(invitations) AS invitations FROM ({_ways(engine)}) GROUP BY way ORDER BY 2 DESC, 1"


def joins(engine: Engine, most: int) -> list[Join]:
    """What was guessed or chosen, one row a subject and customer, those with most answers first."""
    ways = ", ".join(f"'{way}'" for way in UNDONE)
    rows = engine.rows(
        f"""SELECT way, subject, written, j.customer_id, any_value(coalesce(c.customer_name, j.customer_id)), any_value(c.owner),
                sum(answers) AS answers, sum(invitations) AS invitations
            FROM ({_ways(engine)}) j LEFT JOIN customers c ON c.customer_id = j.customer_id
            WHERE way IN ({ways}) AND written IS NOT NULL
            GROUP BY way, subject, written, j.customer_id ORDER BY 7 DESC, 8 DESC, written, j.customer_id LIMIT {int(most)}"""
    )
    return [
        Join(way, subject, written, number, name, owner, int(answers), int(asked))
        for way, subject, written, number, name, owner, answers, asked in rows
    ]


def nameless(engine: Engine) -> int:
    """How many answers and invitations are of no known customer and name no company, no person and no address."""
    parts = " + ".join(
        f"""(SELECT count(*) FROM ({told(rows, engine.columns(rows))}) WHERE name IS NULL AND address IS NULL AND respondent IS NULL
            AND (customer_id IS NULL OR customer_id NOT IN ({CUSTOMERS})))"""
        for rows in _SURVEYS
    )
    return int(engine.rows(f"SELECT {parts}")[0][0])


def _ways(engine: Engine) -> str:
    return " UNION ALL ".join(_ways_of(engine, rows) for rows in _SURVEYS)


def _ways_of(engine: Engine, rows: str) -> str:
    """`way, subject, written, customer_id, answers, invitations` of each row of a table."""
    answers = int(rows == "survey_responses")
    columns = engine.columns(rows)
    chosen = " ".join(f"WHEN {place} THEN '{subject}'" for place, subject in enumerate(SUBJECTS))
    written = " ".join(f"WHEN {place} THEN t.{subject}" for place, subject in enumerate(SUBJECTS))
    merged = "SELECT 1 FROM merged_customers m WHERE m.into_id = t.customer_id AND (m.customer_id = t.own OR m.customer_name = t.name)"
    at_domain = f"""SELECT {_SITE} AS domain, customer_id FROM customers WHERE website IS NOT NULL
        UNION SELECT lower(split_part(email, '@', 2)), customer_id FROM contacts WHERE email IS NOT NULL"""
    return f"""SELECT way, CASE way WHEN 'chosen' THEN CASE place {chosen} END WHEN 'spelling' THEN 'name' WHEN 'domain' THEN 'domain'
                WHEN 'contact' THEN 'respondent' END AS subject,
            CASE way WHEN 'chosen' THEN CASE place {written} END WHEN 'spelling' THEN t.name WHEN 'domain' THEN t.domain
                WHEN 'contact' THEN t.respondent END AS written,
            customer_id, {answers} AS answers, {1 - answers} AS invitations
        FROM (SELECT t.*, d.place AS place, CASE
                WHEN t.customer_id IS NULL OR t.customer_id NOT IN ({CUSTOMERS}) THEN 'unknown'
                WHEN d.id = t.customer_id THEN 'chosen'
                WHEN t.own = t.customer_id THEN CASE WHEN t.own IN (SELECT customer_id FROM customers WHERE customer_id IS NOT NULL) THEN 'number' ELSE 'name' END
                WHEN t.name IS NOT NULL THEN CASE WHEN EXISTS (SELECT 1 FROM customers c WHERE c.customer_id = t.customer_id AND c.customer_name = t.name)
                    OR EXISTS ({merged}) THEN 'name' ELSE 'spelling' END
                WHEN EXISTS (SELECT 1 FROM contacts c WHERE c.customer_id = t.customer_id AND lower(c.email) = t.address) THEN 'address'
                WHEN EXISTS (SELECT 1 FROM ({at_domain}) a WHERE a.customer_id = t.customer_id AND a.domain = t.domain) THEN 'domain'
                ELSE 'contact' END AS way
            FROM ({told(rows, columns)}) t LEFT JOIN ({decided(rows, columns)}) d ON d.row = t.row) t"""
