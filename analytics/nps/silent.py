"""The customers who say nothing: asked and without an answer, or never asked; what is at risk there, and who speaks with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import contacts, scores, who
from analytics.customers.contact_programme import DUE_WITHIN, TIER_DAYS, contacted_and_currencies, programme
from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import share, share_difference, wilson
from analytics.nps import answers, invitations
from analytics.question import Answers, Question
from analytics.rows import Row, frame, in_zone, number, rows, whole, with_q_values
from data.errors import RequestProblem
from data.messages import Message, say
from data.tables import Tables

COLUMNS = (
    "customer_id", "customer", "owner", "tier", "lifecycle", "silence", "times_asked", "last_asked_on", "times_answered",
    "last_answered_on", "days_silent", "last_contact_on", "days_since_contact", "contact_state", "is_out_of_contact", "last_on",
    "days_since", "revenue_12m", "value", "value_at_risk", "currency", "silence_reason",
)  # fmt: skip
TOTAL_COLUMNS = (
    "silence", "customers_now", "silent_share", "silent_low", "silent_high", "out_of_contact", "revenue_12m", "value",
    "value_at_risk", "risk_out_of_contact", "currency", "q_value", "tests",
)  # fmt: skip
Silence = Literal["heard", "waiting", "long_ago", "never_answered", "never_asked", "no_answer"]
# In the order in which customers are told of; the last four are silent.
SILENCES: tuple[Silence, ...] = ("heard", "waiting", "long_ago", "never_answered", "never_asked", "no_answer")
SILENT = SILENCES[2:]
HEARD_WITHIN = 365
_SUMMED = ("revenue_12m", "value", "value_at_risk", "risk_out_of_contact")


def silent_accounts(
    tables: Tables,
    filters: Filters,
    tier_days: tuple[int, int, int] = TIER_DAYS,
    counts_cases: bool = False,
    margin: float | None = None,
    owner: str | None = None,
    silence: Silence | None = None,
    most: int | None = None,
) -> Question:
    """One row a silent customer, those out of contact first, each with most value at risk first. Columns: `COLUMNS`.

    The scores must be there. Silent is a customer of now whose last answer is twelve months old or older, `long_ago`; who was
    asked and never answered; who was never asked; or, where no list of invitations is loaded, of whom there is `no_answer`.
    Who was asked within the last 30 days may still answer and is not counted, nor are customers lost or without a purchase. Out of
    contact is whom the contact programme calls overdue. `owner` ("" for none) and `silence` choose among them. Where amounts are
    in several currencies the days without contact order instead. The period has no say: silence is told at the as-of date.
    """

    def listed(told: Answers) -> dict[str, ir.Table]:
        known = rows(told["known"])[0]
        found = _silent(tables, filters, known, tier_days, counts_cases, margin).filter(_.silence.isin(SILENT))
        if owner is not None:
            found = found.filter(_.owner == owner if owner else _.owner.isnull())
        if silence is not None:
            found = found.filter(_.silence == silence)
        found = found.order_by(*_order(whole(known["currencies"]) > 1))
        found = found.select(*(name for name in COLUMNS if name != "silence_reason"))
        return {"listed": found if most is None else found.limit(most)}

    return Question(_known(tables, filters), lambda told: _listed(told["listed"]), (listed,))


def silence(
    tables: Tables,
    filters: Filters,
    by: Field | None = None,
    tier_days: tuple[int, int, int] = TIER_DAYS,
    counts_cases: bool = False,
    margin: float | None = None,
) -> Question:
    """How many customers are silent, and what is at risk there: a row of all silent ones (`silence` "silent"), then a row of each
    kind, and of those `heard` or `waiting`; with `by` for each group. Columns: `TOTAL_COLUMNS`, with `by` the field's name in front.

    The share is that of the group's customers now, its 95% interval Wilson's. Groups of at least 30 are compared with all others
    in their share of silent customers. Money is unknown where it is in several currencies. Raises RequestProblem for a field that says
    nothing of customers.
    """

    if by is not None and not who.reaches(by):
        raise RequestProblem(
            say('"{field}" says nothing of customers.', field=by.name),
            say("Choose a field of the customers, or of who looks after them."),
        )

    def cells(told: Answers) -> dict[str, ir.Table]:
        found = _silent(tables, filters, rows(told["known"])[0], tier_days, counts_cases, margin)
        if by is not None:
            found = who.with_group(found, tables, filters, by)
        counted = found.group_by([*(["group"] if by is not None else []), "silence", "currency"]).agg(
            customers_now=_.count(), out_of_contact=_.is_out_of_contact.sum(),
            revenue_12m=_.revenue_12m.sum(), value=_.value.sum(), value_at_risk=_.value_at_risk.sum(),
            risk_out_of_contact=_.value_at_risk.sum(where=_.is_out_of_contact),
        )  # fmt: skip
        return {"cells": counted}

    return Question(_known(tables, filters), lambda told: _totals(rows(told["cells"]), by), (cells,))


# the expressions


def _known(tables: Tables, filters: Filters) -> dict[str, ir.Table]:
    """One row: whether anybody was ever in contact by an activity, in how many currencies money is, and whether who was asked is known."""
    known = contacted_and_currencies(tables, filters)
    asked = tables[invitations.TABLE].agg(asked=_.count())
    return {"known": known.cross_join(asked)}


def _silent(
    tables: Tables,
    filters: Filters,
    known: Row,
    tier_days: tuple[int, int, int],
    counts_cases: bool,
    margin: float | None,
) -> ir.Table:
    """One row a customer of now, with `COLUMNS` save the reason, and `owner_id`."""
    has_activities, has_list = bool(whole(known["contacted"])), bool(whole(known["asked"]))
    found = programme(tables, filters, tier_days, DUE_WITHIN, counts_cases, False, margin, has_activities)
    bought = scores.every(filters).select(
        of="customer_id", last_on=_.last_on, days_since=_.days_since, revenue_12m=_.revenue_12m
    )
    found = found.left_join(bought, [("customer_id", "of")]).drop("of")
    found = found.left_join(_asked(tables, filters), "customer_id").drop("customer_id_right")
    found = found.left_join(_answered(tables, filters), "customer_id").drop("customer_id_right")
    days_silent = ibis.date(filters.as_of).delta(found.last_answered_on, unit="day")
    found = found.mutate(
        times_asked=found.times_asked.fill_null(0) if has_list else ibis.null("int64"),
        times_answered=found.times_answered.fill_null(0),
        days_silent=days_silent,
        is_out_of_contact=found.contact_state == "overdue",
    )
    is_waiting = found.last_waiting.fill_null(False)
    told = (
        [(is_waiting, "waiting"), (found.last_answered_on.notnull(), "long_ago"), (_.times_asked > 0, "never_answered"),
         (ibis.literal(has_list), "never_asked")]
    )  # fmt: skip
    return found.mutate(silence=ibis.cases((days_silent < HEARD_WITHIN, "heard"), *told, else_="no_answer"))


def _asked(tables: Tables, filters: Filters) -> ir.Table:
    """One row a customer asked by a message that arrived: `times_asked, last_asked_on, last_waiting` (an answer may still come)."""
    every = Filters(filters.as_of, time_zone=filters.time_zone)
    sent = invitations.invitations(tables, every).filter(_.arrived, _.customer_id.notnull())
    return sent.group_by("customer_id").agg(
        times_asked=_.count(),
        last_asked_on=_.sent_on.max(),
        last_waiting=(~_.is_settled & _.response_id.isnull()).any(),
    )


def _answered(tables: Tables, filters: Filters) -> ir.Table:
    """One row a customer with answers: `times_answered, last_answered_on`."""
    given = answers.given(tables, filters).filter(_.customer_id.notnull(), _.answered_at.notnull())
    day = in_zone(given.answered_at, filters.time_zone).date()
    return given.mutate(day=day).group_by("customer_id").agg(times_answered=_.count(), last_answered_on=_.day.max())


def _order(several_currencies: bool) -> list[ir.Value]:
    late = _.days_since_contact.desc(nulls_first=True)
    if several_currencies:
        return [_.is_out_of_contact.desc(), _.tier.asc(nulls_first=False), late, _.customer_id]
    money = [_[name].desc(nulls_first=False) for name in ("value_at_risk", "value")]
    return [_.is_out_of_contact.desc(), *money, late, _.customer_id]


# in words


def reason(row: Mapping[str, Any]) -> Message:
    """In what way the customer is silent: from a row of `silent_accounts`, unknown as None."""
    asked, silent = whole(row["times_asked"]), row["days_silent"]
    match row["silence"]:
        case "long_ago":
            since = say("Last answer {days} days ago.", days=whole(silent))
            if row["last_asked_on"] is not None and row["last_asked_on"] > row["last_answered_on"]:
                return say("{since} Asked again on {day}.", since=since, day=row["last_asked_on"])
            return say("{since} Not asked since.", since=since) if row["times_asked"] is not None else since
        case "never_answered":
            if asked == 1:
                return say("Asked once, on {day}, and did not answer.", day=row["last_asked_on"])
            return say("Asked {n} times, last on {day}, and never answered.", n=asked, day=row["last_asked_on"])
        case "never_asked":
            return say("Was never asked.")
    return say("No answer is on record.")


def _listed(found: pd.DataFrame) -> pd.DataFrame:
    told = [contacts.with_days(row) for row in rows(found)]
    return frame([row | {"silence_reason": str(reason(row))} for row in told], COLUMNS)


def _totals(cells: list[Row], by: Field | None) -> pd.DataFrame:
    parts: dict[Any, list[Row]] = {}
    for cell in cells:
        parts.setdefault(cell["group"] if by is not None else None, []).append(cell)
    sizes = {group: sum(whole(cell["customers_now"]) for cell in own) for group, own in parts.items()}
    silent = {
        group: sum(whole(cell["customers_now"]) for cell in own if cell["silence"] in SILENT)
        for group, own in parts.items()
    }
    made: list[Row] = []
    p_values: list[float | None] = []
    for group in sorted(parts, key=lambda group: (-sizes[group], str(group))):
        n, quiet = sizes[group], silent[group]
        others, others_quiet = sum(sizes.values()) - n, sum(silent.values()) - quiet
        is_tested = by is not None and others > 0
        p_values.append(share_difference(quiet / n, n, others_quiet / others, others) if is_tested else None)
        made.append(
            {"group": group, "silence": "silent"}
            | _summed([cell for cell in parts[group] if cell["silence"] in SILENT], n)
        )
        for kind in SILENCES:
            own = [cell for cell in parts[group] if cell["silence"] == kind]
            if own:
                made.append({"group": group, "silence": kind} | _summed(own, n))
                p_values.append(None)
    with_q_values(made, p_values)
    key = by.key(TOTAL_COLUMNS) if by is not None else "group"
    named = [{key: row["group"]} | row for row in made]
    return frame(named, [*([key] if by is not None else []), *TOTAL_COLUMNS])


def _summed(cells: list[Row], n: int) -> Row:
    """Counts, the share of all `n` customers, and the money where all of it is in one currency."""
    customers = sum(whole(cell["customers_now"]) for cell in cells)
    rate = share(customers, n)
    low, high = wilson(rate, n)
    found: Row = {
        "customers_now": customers, "out_of_contact": sum(whole(cell["out_of_contact"]) for cell in cells),
        "silent_share": rate, "silent_low": low, "silent_high": high,
    }  # fmt: skip
    valued = [cell for cell in cells if cell["value"] is not None]
    currencies = {cell["currency"] for cell in valued}
    if len(currencies) != 1:
        return found | {"currency": None}
    return (
        found | {name: sum(number(cell[name]) for cell in valued) for name in _SUMMED} | {"currency": currencies.pop()}
    )
