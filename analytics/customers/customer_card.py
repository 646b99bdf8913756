"""One customer: what is known of it and what the models say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import contacts, scores
from analytics.customers.contacts import plain_day, with_days
from analytics.customers.one_customer import of_customer
from analytics.customers.reasons import next_step, play_of, reasons
from analytics.customers.value_risk import Lines, placed
from analytics.filters import Filters
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows
from data.messages import Message, say, say_n
from data.tables import Tables

COLUMNS = ("fact", "value", "low_80", "high_80", "unit", "currency", "records", "said")
CONTACT_COLUMNS = ("contact_id", "contact_name", "job_title", "last_met_on", "meetings")
DEAL_COLUMNS = (
    "deal_id",
    "deal_name",
    "owner",
    "stage",
    "amount",
    "currency",
    "created_at",
    "expected_close_on",
    "age_days",
)
# Facts told in a number, with their unit, and the column that says on how many records each rests.
_NUMBERS: tuple[tuple[str, str, str], ...] = (
    ("value", "money", "purchases"), ("expected", "money", "purchases"), ("value_at_risk", "money", "purchases"),
    ("risk", "share", "purchases"), ("alive", "share", "purchases"), ("none_chance", "share", "purchases"),
    ("purchases", "count", ""), ("revenue", "money", "purchases"), ("revenue_12m", "money", "purchases"),
    ("revenue_before_12m", "money", "purchases"), ("returned", "money", "purchases"), ("monthly_revenue", "money", ""),
    ("tenure_months", "number", ""), ("days_since", "days", "purchases"), ("gap_days", "days", "purchases"),
    ("contact_gap_days", "days", "contact_days"), ("contact_days", "count", ""), ("people_met", "count", ""),
    ("contacts", "count", ""), ("open_deals", "count", ""), ("open_amount", "money", "open_deals"),
    ("open_cases", "count", ""), ("cases_12m", "count", ""), ("last_score", "number", ""), ("score_before", "number", ""),
)  # fmt: skip
_DAYS = ("first_on", "last_on", "ends_on", "last_contact_on", "last_case_on", "last_answer_on")
LINES = Lines()
_OUTSIDE = ("lost", "potential")


def customer_card(
    tables: Tables, filters: Filters, customer: str = "", lines: Lines = LINES, is_number: bool = False
) -> Question:
    """One row a fact of one customer, those unknown left out. Columns: `COLUMNS`.

    The scores must be there. The customer is asked for by number or by name, with `is_number` only by number. Its value, risk
    and the range of what may come have 80% intervals; a customer that is lost has a value, and nothing at risk. Raises
    RequestProblem for an unknown customer.
    """

    def told(answers: Answers) -> pd.DataFrame:
        found = rows(answers["customer"])
        return frame(_facts(found[0], filters.as_of) if found else [], COLUMNS)

    return _of_one(
        filters, customer, is_number, lambda number: {"customer": of_number(tables, filters, number, lines)}, told
    )


def customer_row(tables: Tables, filters: Filters, customer: str = "", lines: Lines = LINES) -> Question:
    """The one row that the scores have of the customer with this number, with its quadrant; no row where there is none."""
    return Question({"customer": of_number(tables, filters, customer, lines)}, lambda answers: answers["customer"])


def customer_contacts(tables: Tables, filters: Filters, customer: str = "", is_number: bool = False) -> Question:
    """One row a contact of one customer, on file or met: `CONTACT_COLUMNS`, who was met last first.

    `meetings` counts the contacts with that person until the as-of date. Raises RequestProblem for an unknown customer.
    """

    def asked(number: str) -> dict[str, ir.Table]:
        return {"contacts": contacts_of(tables, filters, number)}

    return _of_one(
        filters,
        customer,
        is_number,
        asked,
        lambda answers: frame(map(with_days, rows(answers["contacts"])), CONTACT_COLUMNS),
    )


def customer_open_deals(tables: Tables, filters: Filters, customer: str = "", is_number: bool = False) -> Question:
    """One row an open deal of one customer, most money first: `DEAL_COLUMNS`. Raises RequestProblem for an unknown customer."""

    def asked(number: str) -> dict[str, ir.Table]:
        return {"deals": open_deals_of(tables, filters, number)}

    return _of_one(
        filters, customer, is_number, asked, lambda answers: frame(map(with_days, rows(answers["deals"])), DEAL_COLUMNS)
    )


def _of_one(
    filters: Filters,
    customer: str,
    is_number: bool,
    asked: Callable[[str], Mapping[str, ir.Table]],
    told: Callable[[Answers], pd.DataFrame],
) -> Question:
    if is_number:
        return Question(asked(customer), told)
    return of_customer(scores.every(filters), customer, asked, told)


# the expressions


def of_number(tables: Tables, filters: Filters, number: str, lines: Lines) -> ir.Table:
    """The row of the customer with this number, whatever customers the filters leave."""
    return placed(tables, replace(filters, where=()), lines).filter(_.customer_id == number)


def contacts_of(tables: Tables, filters: Filters, number: str) -> ir.Table:
    """`CONTACT_COLUMNS` of the customer with this number."""
    met = contacts.touches(tables, filters).filter(_.customer_id == number, _.contact_id.notnull())
    met = met.group_by(met_id=_.contact_id).agg(last_met_on=_.day.max(), meetings=_.count())
    named = (
        tables.contacts.filter(_.contact_id.notnull())
        .group_by("contact_id")
        .agg(contact_name=_.contact_name.max(), job_title=_.title.max(), of=_.customer_id.max())
    )
    found = named.left_join(met, [("contact_id", "met_id")]).filter((_.of == number) | _.met_id.notnull())
    found = found.mutate(meetings=_.meetings.fill_null(0)).select(*CONTACT_COLUMNS)
    return found.order_by(_.last_met_on.desc(nulls_first=False), "contact_name", "contact_id")


def open_deals_of(tables: Tables, filters: Filters, number: str) -> ir.Table:
    """`DEAL_COLUMNS` of the customer with this number."""
    deals = contacts.filters_of_all(filters).deals(tables).filter(_.status == "open", _.customer_id == number)
    opened = contacts.day_of(deals.created_at, filters)
    deals = deals.mutate(age_days=contacts.as_of_day(filters).delta(opened, unit="day"))
    return deals.select(*DEAL_COLUMNS).order_by(_.amount.desc(nulls_first=False), "deal_id")


# in words


def _facts(row: Row, as_of: date) -> list[Row]:
    found = [_text(name, row[name]) for name in ("customer", "customer_id", "owner", "segment", "currency")]
    found.append(
        _text("lifecycle", row["lifecycle"]) | {"said": str(stage_said(row, as_of)) if row["lifecycle"] else None}
    )
    found += [_text(name, row[name]) for name in ("tier", "quadrant")]
    for name, unit, records in _NUMBERS:
        number = row[name]
        if name in ("expected", "value_at_risk") and row["lifecycle"] in _OUTSIDE:
            number = None
        found.append({
            "fact": name, "value": None if number is None else float(number), "unit": unit,
            "low_80": row.get(f"{name}_low"), "high_80": row.get(f"{name}_high"),
            "currency": row["currency"] if unit == "money" else None, "records": row[records] if records else None,
        })  # fmt: skip
    found.append({
        "fact": "if_anything", "low_80": row["likely_low"], "high_80": row["likely_high"], "unit": "money",
        "currency": row["currency"], "records": row["purchases"],
    })  # fmt: skip
    found += [_text(name, plain_day(row[name])) for name in _DAYS]
    found += [{"fact": "reason", "unit": "text", "said": str(said)} for said in reasons(row, as_of)]
    step = next_step(row, as_of)
    found += [_text("play", play_of(row)), _text("next_step", str(step) if step else None)]
    return [fact for fact in found if any(fact.get(part) is not None for part in ("value", "low_80", "said"))]


def _text(name: str, value: object) -> Row:
    return {"fact": name, "unit": "text", "said": str(value) if value not in (None, "") else None}


def stage_said(row: Mapping[str, Any], as_of: date) -> Message:
    """Where the customer stands on its way, and since when: from a row of the scores, unknown as None."""
    return _contract_stage(row) if row["tenure_months"] is not None else _buyer_stage(row, as_of)


def _contract_stage(row: Mapping[str, Any]) -> Message:
    first, last, ends = (plain_day(row[name]) for name in ("first_on", "last_on", "ends_on"))
    months = round(row["tenure_months"])
    match row["lifecycle"]:
        case "lost":
            return say("Lost: its contract ended on {day}.", day=last) if last else say("Lost: it has left.")
        case "defecting" if ends:
            return say("At stake: its contract ends on {day} and is not signed again.", day=ends)
        case "defecting" if last:
            return say("At stake: its contract ended on {day} and is not signed again.", day=last)
        case "first_time" if first:
            return say("New: under contract since {day}.", day=first)
        case "returned":
            return say("Came back: it signed again after a time without a contract.")
    if first:
        return say("Under contract since {day}.", day=first)
    return say_n("Under contract for {n} month.", "Under contract for {n} months.", months)


def _buyer_stage(row: Mapping[str, Any], as_of: date) -> Message:
    first, last = plain_day(row["first_on"]), plain_day(row["last_on"])
    once = row["purchases"] == 1
    match row["lifecycle"]:
        case "potential":
            return say("May become a customer: it has not bought yet.")
        case "first_time":
            return say("New: it bought once, on {day}.", day=first) if first else say("New: it bought once.")
        case "returned":
            return say("Came back: it was silent for so long that it counted as lost, and bought again.")
        case "defecting" if once:
            return say("Bought once, on {day}, and has not come back yet.", day=first) if first else say("Bought once, and has not come back yet.")  # fmt: skip
        case "defecting":
            quiet = _after(last, row["gap_warning_days"])
            if quiet is not None and quiet <= as_of:
                return say("Drifting away: silent for longer than is usual since {day}.", day=quiet)
            return say("Drifting away: by how it bought, it may well have left.")
        case "lost":
            gone = _after(last, row["gap_limit_days"])
            if gone is not None and gone <= as_of:
                return say("Lost: silent for so long that it has counted as lost since {day}.", day=gone)
            return say("Lost: by how it bought, it has most probably left.")
    return say("A regular customer since {day}.", day=first) if first else say("A regular customer.")


def _after(day: date | None, days: float | None) -> date | None:
    return None if day is None or days is None else day + timedelta(days=int(days) + 1)
