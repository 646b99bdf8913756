"""Who has not been spoken with for longer than its tier promises, whose turn is next, and how well the promise is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import contacts, scores, who
from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import share, share_difference, wilson
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from data.customer_settings import TIERS
from data.messages import Message, say
from data.tables import Tables

COLUMNS = (
    "customer_id", "customer", "owner", "tier", "lifecycle", "value", "value_at_risk", "currency", "last_contact_on",
    "days_since_contact", "contact_source", "target_days", "own_rhythm_days", "rhythm_ratio", "due_on", "days_overdue",
    "contact_state", "is_due", "never_contacted", "planned_contact_on", "contacts", "people_met", "contact_reason",
)  # fmt: skip
COVERAGE_COLUMNS = (
    "tier", "customers_now", "in_time", "in_time_share", "in_time_low", "in_time_high", "due_soon", "overdue", "never",
    "value", "value_overdue", "value_at_risk", "risk_overdue", "currency", "q_value", "tests",
)  # fmt: skip
WEEK_COLUMNS = ("starts_on", "ends_on", "due_soon", "planned_contacts", "value", "value_at_risk", "currency")
TIER_DAYS = (30, 60, 90)
DUE_WITHIN = 14
LEAST_CONTACTS = 3  # days of contact; with fewer nobody has a rhythm
DAYS_A_WEEK = 7
WEEKS = 12
State = Literal["overdue", "due", "in_time"]
STATES: tuple[State, ...] = ("overdue", "due", "in_time")
Only = Literal["overdue", "due", "never"]
_NOT_CUSTOMERS_NOW = ("lost", "potential")
_COUNTED = ("customers_now", "in_time", "due_soon", "overdue", "never")
_SUMMED = ("value", "value_overdue", "value_at_risk", "risk_overdue")


def contact_programme(
    tables: Tables,
    filters: Filters,
    tier_days: tuple[int, int, int] = TIER_DAYS,
    due_within: int = DUE_WITHIN,
    counts_cases: bool = False,
    tier: str | None = None,
    owner: str | None = None,
    only: Only | None = None,
    everyone: bool = False,
    margin: float | None = None,
    most: int | None = None,
) -> Question:
    """One row a customer: those overdue first, then those due, each with most value at risk first. Columns: `COLUMNS`.

    The scores must be there. `tier_days` are the days that may pass without contact, for each of `TIERS`; who has no tier is
    promised what the last one is. A customer never in contact is due that long after it came. Its own rhythm, the median of the
    days between its days of contact, stands beside the target and does not move it. With `counts_cases` a service case is a
    contact. Customers lost or without a purchase are left out unless `everyone`. `owner` ("" for none), `tier` and `only`
    choose among them; a `margin` (0 to 1) turns value from revenue into profit. Where amounts are in several currencies, the tier and the days overdue order instead.
    """

    def listed(answers: Answers) -> dict[str, ir.Table]:
        known = rows(answers["known"])[0]
        found = programme(
            tables, filters, tier_days, due_within, counts_cases, everyone, margin, bool(whole(known["contacted"]))
        )
        found = _chosen(found, tier, owner, only).order_by(*_order(whole(known["currencies"]) > 1))
        return {"listed": found if most is None else found.limit(most)}

    return Question(_known(tables, filters), lambda answers: _told(answers["listed"]), (listed,))


def contact_coverage(
    tables: Tables,
    filters: Filters,
    by: Field | None = None,
    tier_days: tuple[int, int, int] = TIER_DAYS,
    due_within: int = DUE_WITHIN,
    counts_cases: bool = False,
    everyone: bool = False,
    margin: float | None = None,
) -> Question:
    """How many customers were contacted in time: a row without a tier for all of them, then a row a tier; with `by`, for each
    group. Columns: `COVERAGE_COLUMNS`, with `by` the field's name in front.

    `in_time` are those whose next contact is not overdue; its 95% interval is Wilson's. Groups of at least 30 are compared with
    all other customers. Money is unknown where it is in several currencies.
    """

    def cells(answers: Answers) -> dict[str, ir.Table]:
        has_activities = bool(whole(rows(answers["known"])[0]["contacted"]))
        found = programme(tables, filters, tier_days, due_within, counts_cases, everyone, margin, has_activities)
        if by is not None:
            found = who.with_group(found, tables, filters, by)
        is_overdue = found.contact_state == "overdue"
        counted = found.group_by([*(["group"] if by is not None else []), "tier", "currency"]).agg(
            customers_now=_.count(),
            overdue=is_overdue.sum(),
            due_soon=(found.contact_state == "due").sum(),
            never=found.never_contacted.sum(),
            value=found.value.sum(),
            value_overdue=found.value.sum(where=is_overdue),
            value_at_risk=found.value_at_risk.sum(),
            risk_overdue=found.value_at_risk.sum(where=is_overdue),
        )
        return {"cells": counted}

    return Question(_known(tables, filters), lambda answers: _coverage(rows(answers["cells"]), by), (cells,))


def contact_breaches(
    tables: Tables,
    filters: Filters,
    tier_days: tuple[int, int, int] = TIER_DAYS,
    counts_cases: bool = False,
    margin: float | None = None,
    weeks: int = WEEKS,
) -> Question:
    """One row a coming week: how many customers reach their target in it if nobody is in touch with them before.

    Columns: `WEEK_COLUMNS`. Weeks are seven days, the first begins the day after the as-of date. `planned_contacts` are those
    of them who have a contact planned until then.
    """

    def coming(answers: Answers) -> dict[str, ir.Table]:
        has_activities = bool(whole(rows(answers["known"])[0]["contacted"]))
        found = programme(tables, filters, tier_days, 0, counts_cases, False, margin, has_activities)
        ahead = found.due_on.delta(ibis.date(filters.as_of), unit="day")
        found = found.mutate(week=((ahead - 1) / DAYS_A_WEEK).floor().cast("int64"), ahead=ahead)
        found = found.filter(_.ahead >= 1, _.week < weeks)
        is_planned = (found.planned_contact_on <= found.due_on).fill_null(False)
        return {
            "weeks": found.group_by("week", "currency").agg(
                due_soon=_.count(),
                planned_contacts=is_planned.sum(),
                value=_.value.sum(),
                value_at_risk=_.value_at_risk.sum(),
            )
        }

    return Question(_known(tables, filters), lambda answers: _weeks(rows(answers["weeks"]), filters, weeks), (coming,))


# the expression


def _known(tables: Tables, filters: Filters) -> dict[str, ir.Table]:
    """One row: how many customers of all were ever in contact by an activity, and in how many currencies the chosen ones are."""
    return {"known": contacted_and_currencies(tables, filters)}


def contacted_and_currencies(tables: Tables, filters: Filters) -> ir.Table:
    """One row: how many customers of all were ever in contact by an activity (`contacted`), and in how many `currencies` the chosen ones are."""
    contacted = scores.every(filters).agg(contacted=(_.contact_days > 0).sum())
    currencies = scores.chosen(tables, filters).agg(currencies=_.currency.nullif("").nunique())
    return contacted.cross_join(currencies)


def programme(
    tables: Tables,
    filters: Filters,
    tier_days: tuple[int, int, int],
    due_within: int,
    counts_cases: bool,
    everyone: bool,
    margin: float | None,
    has_activities: bool,
) -> ir.Table:
    """One row a chosen customer, with `COLUMNS` save the reason, and `owner_id`.

    Without any activity, the last one that the files of customers and deals tell of serves in place of contacts.
    """
    found = scores.chosen(tables, filters)
    if not everyone:
        found = found.filter(~_.lifecycle.fill_null("").isin(_NOT_CUSTOMERS_NOW))
    if margin is not None:
        found = found.mutate(value=found.value * margin, value_at_risk=found.value_at_risk * margin)
    source = "activity"
    if not has_activities:
        found = found.drop("last_contact_on").left_join(_last_activity(tables, filters), "customer_id")
        found, source = found.drop("customer_id_right"), "last_activity"
    by_case = (
        counts_cases & _.last_case_on.notnull() & (_.last_contact_on.isnull() | (_.last_case_on > _.last_contact_on))
    )
    found = found.mutate(
        contact_source=ibis.cases((by_case, "case"), (_.last_contact_on.notnull(), source), else_=ibis.null("string")),
        last_contact_on=by_case.ifelse(_.last_case_on, _.last_contact_on),
        target_days=ibis.cases(
            *((_.tier == tier, days) for tier, days in zip(TIERS, tier_days, strict=True)), else_=tier_days[-1]
        ),
        own_rhythm_days=(_.contact_days >= LEAST_CONTACTS).ifelse(_.contact_gap_days, ibis.null("float64")),
    )
    as_of = ibis.date(filters.as_of)
    since = found.last_contact_on.coalesce(found.first_on, found.created_on)
    found = found.mutate(
        days_since_contact=as_of.delta(found.last_contact_on, unit="day"),
        due_on=(since + found.target_days.as_interval("D")).cast("date"),
        never_contacted=found.last_contact_on.isnull(),
    )
    late = as_of.delta(found.due_on, unit="day")
    found = found.mutate(
        days_overdue=(late > 0).ifelse(late, ibis.null("int64")),
        # Nothing says since when it is a customer: somebody should have been in touch by now.
        contact_state=ibis.cases(
            (late.isnull() | (late > 0), "overdue"), (late >= -due_within, "due"), else_="in_time"
        ),
        rhythm_ratio=found.days_since_contact / found.own_rhythm_days.nullif(0.0),
    )
    found = found.mutate(is_due=found.contact_state != "in_time")
    found = found.left_join(_planned(tables, filters), "customer_id").drop("customer_id_right")
    return found.select(*(name for name in COLUMNS if name != "contact_reason"), "owner_id")


def _last_activity(tables: Tables, filters: Filters) -> ir.Table:
    """One row a customer: `customer_id, last_contact_on`, as the files of customers and deals say it."""
    now = ibis.timestamp(filters.now)
    parts = [
        table.filter(_.customer_id.notnull(), _.last_activity_at < now).select("customer_id", "last_activity_at")
        for table in (tables.customers, tables.deals)
    ]
    found = parts[0].union(parts[1])
    day = contacts.day_of(found.last_activity_at, filters)
    return found.mutate(day=day).group_by("customer_id").agg(last_contact_on=_.day.max())


def _planned(tables: Tables, filters: Filters) -> ir.Table:
    """One row a customer with a contact planned on the as-of date or later: `customer_id, planned_contact_on`, the first."""
    as_of = ibis.date(filters.as_of)
    ahead = contacts.of_customers(
        tables, contacts.reaching(tables).filter(_.planned_on >= as_of, ~_.is_done.fill_null(False))
    )
    of_activities = ahead.select("customer_id", day=_.planned_on)
    open_deals = contacts.filters_of_all(filters).deals(tables).filter(_.status == "open", _.customer_id.notnull())
    of_deals = open_deals.filter(_.next_activity_on >= as_of).select("customer_id", day=_.next_activity_on)
    return of_activities.union(of_deals).group_by("customer_id").agg(planned_contact_on=_.day.min())


def _chosen(found: ir.Table, tier: str | None, owner: str | None, only: Only | None) -> ir.Table:
    if tier is not None:
        found = found.filter(_.tier == tier)
    if owner is not None:
        found = found.filter(_.owner == owner if owner else _.owner.isnull())
    match only:
        case "overdue":
            return found.filter(_.contact_state == "overdue")
        case "due":
            return found.filter(_.is_due)
        case "never":
            return found.filter(_.never_contacted)
    return found


def _order(several_currencies: bool) -> list[ir.Value]:
    state = ibis.cases((_.contact_state == "overdue", 0), (_.contact_state == "due", 1), else_=2)
    late = _.days_overdue.desc(nulls_first=True)
    if several_currencies:
        return [state, _.tier.asc(nulls_first=False), late, _.due_on, _.customer_id]
    money = [_[name].desc(nulls_first=False) for name in ("value_at_risk", "value")]
    return [state, *money, late, _.due_on, _.customer_id]


# in words


def reason(row: Mapping[str, Any]) -> Message:
    """Why the customer is, or is not, to be contacted: from a row of `contact_programme`, unknown as None."""
    target, rhythm = whole(row["target_days"]), row["own_rhythm_days"]
    if row["never_contacted"]:
        return say("No contact is on record; at least one every {target} days is promised.", target=target)
    days = whole(row["days_since_contact"])
    said = {"days": days, "target": target}
    if rhythm is not None and days > max(rhythm, 1) and row["contact_state"] == "overdue":
        return say(
            "{days} days without contact, where {target} are promised and this customer is used to one every {rhythm}.",
            **said, rhythm=_plain_days(rhythm),
        )  # fmt: skip
    if row["contact_state"] == "overdue":
        return say("{days} days without contact, where {target} are promised.", **said)
    if rhythm is not None and days > 2 * max(rhythm, 1):
        return say(
            "{days} days without contact: within the {target} promised, but this customer is used to one every {rhythm}.",
            **said, rhythm=_plain_days(rhythm),
        )  # fmt: skip
    return say("{days} days without contact, within the {target} promised.", **said)


def _plain_days(days: float) -> float | int:
    """A few days with one digit after the point where they have one."""
    return round(days) if days >= 10 or float(days).is_integer() else round(float(days), 1)


def _told(listed: pd.DataFrame) -> pd.DataFrame:
    told = [contacts.with_days(row) for row in rows(listed)]
    return frame([row | {"contact_reason": str(reason(row))} for row in told], COLUMNS)


def _coverage(cells: list[Row], by: Field | None) -> pd.DataFrame:
    for cell in cells:
        cell["in_time"] = whole(cell["customers_now"]) - whole(cell["overdue"])
    parts: dict[Any, list[Row]] = {}
    for cell in cells:
        parts.setdefault(cell["group"] if by is not None else None, []).append(cell)
    largest = sorted(
        parts.items(), key=lambda part: (-sum(whole(cell["customers_now"]) for cell in part[1]), str(part[0]))
    )
    found = []
    for group, own in largest:
        found += [{"group": group, "tier": None} | _summed(own)]
        for tier in TIERS:
            part = [cell for cell in own if cell["tier"] == tier]
            if part:
                found.append({"group": group, "tier": tier} | _summed(part))
    with_q_values(found, [_against_rest(row, found) if by is not None else None for row in found])
    key = by.key(COVERAGE_COLUMNS) if by is not None else "group"
    named = [{key: row["group"]} | row for row in found]
    return frame(named, [*([key] if by is not None else []), *COVERAGE_COLUMNS])


def _summed(cells: list[Row]) -> Row:
    found: Row = {name: sum(whole(cell[name]) for cell in cells) for name in _COUNTED}
    rate = share(found["in_time"], found["customers_now"])
    found["in_time_share"] = rate
    found["in_time_low"], found["in_time_high"] = wilson(rate, found["customers_now"])
    return found | _money(cells, _SUMMED)


def _money(cells: list[Row], names: tuple[str, ...]) -> Row:
    """The sums of money, where all of it is in one currency; those without a value have none."""
    valued = [cell for cell in cells if cell["value"] is not None]
    currencies = {cell["currency"] for cell in valued}
    if len(currencies) != 1:
        return {name: None for name in names} | {"currency": None}
    return {name: sum(number(cell[name]) for cell in valued) for name in names} | {"currency": currencies.pop()}


def _against_rest(row: Row, found: list[Row]) -> float | None:
    """Whether the group is contacted in time more or less often than all others."""
    if row["tier"] is not None:
        return None
    others = [other for other in found if other["tier"] is None and other is not row]
    n, kept = (sum(other[name] for other in others) for name in ("customers_now", "in_time"))
    return share_difference(row["in_time_share"], row["customers_now"], kept / n, n) if n else None


def _weeks(cells: list[Row], filters: Filters, weeks: int) -> pd.DataFrame:
    found = []
    for place in range(weeks):
        own = [cell for cell in cells if cell["week"] == place]
        starts = filters.as_of + timedelta(days=1 + DAYS_A_WEEK * place)
        found.append({
            "starts_on": starts, "ends_on": starts + timedelta(days=DAYS_A_WEEK - 1),
            "due_soon": sum(whole(cell["due_soon"]) for cell in own),
            "planned_contacts": sum(whole(cell["planned_contacts"]) for cell in own),
        } | _money(own, ("value", "value_at_risk")))  # fmt: skip
    return frame(found, WEEK_COLUMNS)
