"""Survey answers and invitations whose customer is not known, and which customers they could be of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import who
from analytics.filters import Filters
from analytics.nps.likely_customers import Known, Unknown, likely
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows
from data.mail import PUBLIC_MAIL
from data.respondents import COLUMNS as DECISIONS
from data.respondents import TABLE as DECIDED
from data.sources import fold
from data.tables import Tables

COLUMNS = (
    "subject", "written", "answers", "invitations", "match_rank", "customer_id", "customer", "owner", "sureness", "evidence",
)  # fmt: skip
MOST_SUBJECTS = 500
MOST_CUSTOMERS = 200_000
_SITE = r"^(?:https?://)?(?:www\.)?([^/?#:]+)"
_SUBJECT = ("subject", "written", "answers", "invitations", "domain", "respondent")


def respondent_matches(tables: Tables, filters: Filters) -> Question:
    """A row a customer suggested for a subject, or the subject alone where none is; those with most answers first. Columns: `COLUMNS`.

    A subject is what tells whose answers they are: the company written, else the domain of the address, else the address, else
    the respondent's name; rows with none of these cannot be matched. At most `MOST_SUBJECTS` are told of. Only the as-of date of
    the filters counts.
    """
    return _question(tables, filters, lambda found: [_with_sentences(row) for row in found], COLUMNS)


def suggested(tables: Tables, filters: Filters) -> Question:
    """The same with `said`: the evidence as dumped messages, one a line, for whoever says it in another language."""
    return _question(tables, filters, lambda found: found, (*COLUMNS[:-1], "said"))


def _question(tables: Tables, filters: Filters, finished: Any, columns: Iterable[str]) -> Question:
    unknown = subjects(tables, filters)
    names = who.customers(tables, filters).order_by("customer_id").limit(MOST_CUSTOMERS)

    def more(told: Answers) -> dict[str, ir.Table]:
        found = [_unknown(row) for row in rows(told["unknown"])]
        if not found:
            return {}
        asks = {"customers": names.select("customer_id", "customer", "owner")}
        if domains := sorted({each.domain for each in found if each.domain}):
            asks["domains"] = at_domains(tables).filter(_.domain.isin(domains)).distinct()
        if people := sorted({fold(each.respondent) for each in found if each.respondent}):
            named = tables.contacts.filter(_.customer_id.notnull(), _letters(_.contact_name).isin(people))
            asks["people"] = named.select("customer_id", name=_.contact_name).distinct()
        return asks

    def finish(told: Answers) -> pd.DataFrame:
        return frame(finished(list(_suggestions(told))), columns)

    return Question({"unknown": unknown, "decided": _decisions()}, finish, (more,))


def _decisions() -> ir.Table:
    kinds = {name: "boolean" if kind == "BOOLEAN" else "string" for name, kind in DECISIONS.items()}
    return ibis.table(kinds, name=DECIDED)


# who is not known


def subjects(tables: Tables, filters: Filters, most: int = MOST_SUBJECTS) -> ir.Table:
    """One row a subject of rows without a known customer: `subject, written, answers, invitations, domain, respondent`.

    Domain and respondent are those of one of its rows. What a person said is no customer's is left out.
    """
    known = who.customers(tables, filters).select("customer_id")
    of_answers = _unmatched(tables.survey_responses, "answered_at", known, filters).mutate(answer=1)
    asked = tables.survey_invitations.mutate(respondent=ibis.null("string"))
    of_invitations = _unmatched(asked, "sent_at", known, filters).mutate(answer=0)
    found = of_answers.union(of_invitations)
    shared = at_domains(tables).group_by("domain").agg(n=_.customer_id.nunique()).filter(_.n > 1)
    found = found.left_join(shared.select(shared_domain=_.domain), [("domain", "shared_domain")])
    subject, written = ibis.null("string"), ibis.null("string")
    for name, value, holds in reversed((
        ("name", _.name, _.name.notnull()),
        ("domain", _.domain, _.domain.notnull() & _.shared_domain.isnull()),
        ("address", _.address, _.address.notnull()),
        ("respondent", _.respondent, _.respondent.notnull()),
    )):  # fmt: skip
        subject, written = holds.ifelse(name, subject), holds.ifelse(value, written)
    found = found.mutate(subject=subject, written=written).filter(_.subject.notnull())
    none = _decisions().filter(_.is_same, _.customer_id.isnull())
    found = found.anti_join(none, ["subject", "written"])
    counted = found.group_by("subject", "written").agg(
        answers=_.answer.sum(), invitations=(1 - _.answer).sum(), domain=_.domain.max(), respondent=_.respondent.max()
    )
    order = [_.answers.desc(), _.invitations.desc(), _.subject, _.written]
    return counted.order_by(order).limit(most).select(*_SUBJECT)


def _unmatched(table: ir.Table, moment: str, known: ir.Table, filters: Filters) -> ir.Table:
    """The rows of no known customer: `name, domain, address, respondent`."""
    now = ibis.timestamp(filters.now)
    found = table.filter((table[moment] < now) | table[moment].isnull()).anti_join(known, "customer_id")
    address = found.email.strip().lower().nullif("")
    domain = address.re_extract(r"@([^@]+)$", 1).nullif("")
    return found.select(
        name=found.customer.coalesce(found.customer_id).strip().nullif(""),
        domain=domain.isin(sorted(PUBLIC_MAIL)).ifelse(ibis.null("string"), domain),
        address=address,
        respondent=found.respondent.strip().nullif(""),
    )


def at_domains(tables: Tables) -> ir.Table:
    """`customer_id, domain`: where customers have their web sites and their contacts' addresses, without providers of mail."""
    sites = tables.customers.select("customer_id", domain=_.website.lower().re_extract(_SITE, 1))
    mail = tables.contacts.select("customer_id", domain=_.email.strip().lower().re_extract(r"@([^@]+)$", 1))
    found = sites.union(mail).filter(_.customer_id.notnull(), _.domain.notnull(), _.domain != "")
    return found.filter(~_.domain.isin(sorted(PUBLIC_MAIL)))


# which customers they could be


def _suggestions(told: Answers) -> Iterator[Row]:
    found = rows(told["unknown"])
    if not found:
        return
    customers = {row["customer_id"]: row for row in rows(told["customers"])}
    known = Known(
        {number: row["customer"] for number, row in customers.items()},
        _by(told.get("domains"), lambda row: row["domain"]),
        _by(told.get("people"), lambda row: fold(row["name"])),
    )
    rejected: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows(told["decided"]):
        if not row["is_same"]:
            rejected[row["subject"], row["written"]].add(row["customer_id"])
    for row in found:
        said = {name: row[name] for name in ("subject", "written", "answers", "invitations")}
        could = likely(_unknown(row), known, rejected[row["subject"], row["written"]])
        for place, each in enumerate(could, 1):
            customer = customers[each.customer_id]
            yield said | {
                "match_rank": place, "customer_id": each.customer_id, "customer": customer["customer"], "owner": customer["owner"],
                "sureness": each.sureness, "said": "\n".join(message.dump() for message in each.evidence),
                "evidence": " ".join(str(message) for message in each.evidence),
            }  # fmt: skip
        if not could:
            yield said


def _by(found: pd.DataFrame | None, key: Any) -> dict[str, set[str]]:
    by: dict[str, set[str]] = defaultdict(set)
    for row in rows(found) if found is not None else ():
        by[key(row)].add(row["customer_id"])
    return by


def _unknown(row: Mapping[str, Any]) -> Unknown:
    return Unknown(row["subject"], row["written"], row["domain"], row["respondent"])


def _letters(name: ir.StringValue) -> ir.StringValue:
    """What `fold` makes of a name, but for accents."""
    return name.lower().re_replace(r"[^\pL\pN]+", "")


def _with_sentences(row: Row) -> Row:
    return {name: row.get(name) for name in COLUMNS}
