"""The answers that need one back: of detractors, and of promoters who are none any more; with what was noted of each."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import revenue, who
from analytics.customers.basis import Source, counts, source
from analytics.customers.contacts import with_days
from analytics.customers.revenue import YEAR_DAYS, Window
from analytics.filters import Filters
from analytics.nps.answers import DETRACTOR, LEAST_PROMOTER, MOST_DETRACTOR, answers, given
from analytics.periods import local
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from data.loop_cases import LoopCases
from data.tables import Tables

COLUMNS = (
    "case_number", "customer_id", "customer", "respondent", "owner", "case_reason", "score", "score_before", "comment", "answer_on",
    "case_status", "answer_due_on", "answer_overdue", "case_age", "contacted_on", "closed_on", "case_note", "revenue_12m", "currency",
    "service_case_on",
)  # fmt: skip
STANDING_COLUMNS = (
    "owner", "cases", "open_cases_now", "overdue_cases", "contacted_cases", "closed_cases", "customers", "revenue_12m",
    "revenue_open", "revenue_overdue", "currency", "older_cases", "answered_again",
)  # fmt: skip
SLA_DAYS = 7
WITHIN_DAYS = 90  # answers older than this are listed only where something was noted of them
HINT_DAYS = 14  # a service case opened so soon after the answer may say that somebody reacted
Only = Literal["open", "overdue", "contacted", "closed", "all"]
ONLY: tuple[Only, ...] = ("open", "overdue", "contacted", "closed", "all")
NOBODY = LoopCases()
_SHAPE = {"number": "VARCHAR", "status": "VARCHAR", "owner": "VARCHAR", "due_on": "DATE", "note": "VARCHAR", "contacted_on": "DATE", "closed_on": "DATE"}  # fmt: skip
_TYPES = {"VARCHAR": dt.string, "DATE": dt.date}
_COUNTED = ("cases", "open_cases_now", "overdue_cases", "contacted_cases", "closed_cases", "older_cases", "answered_again")  # fmt: skip


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="from_json",
    signature=((dt.string, dt.string), dt.Array(dt.Struct({name: _TYPES[kind] for name, kind in _SHAPE.items()}))),
)
def _from_json(text: str, shape: str) -> ir.ArrayValue:
    """The engine's own: a JSON text as values."""


def loop_cases(
    tables: Tables,
    filters: Filters,
    kept: LoopCases = NOBODY,
    sla_days: int = SLA_DAYS,
    within_days: int | None = WITHIN_DAYS,
    only: Only = "open",
    owner: str | None = None,
    numbers: tuple[str, ...] | None = None,
    most: int | None = None,
) -> Question:
    """One row an answer that needs one back: those overdue first, then those not contacted, contacted, closed; each with most
    revenue of the customer first. Columns: `COLUMNS`.

    `kept` is what was noted; of what happened after the as-of date nothing is known where that lies in the past. Answers older
    than `within_days` (None: of any age), and of people who answered again since, are listed only where something was noted of
    them. `only` "open" are all that are not closed. `owner` ("" for none) and `numbers` choose among them. `service_case_on` is
    the first service case of the customer within 14 days after the answer: a hint, never a status. Where amounts are in several
    currencies the oldest come first.
    """

    def listed(told: Answers) -> dict[str, ir.Table]:
        basis = source(rows(told["basis"])[0])
        found = cases(tables, filters, kept, sla_days)
        if numbers is not None:
            found = found.filter(found.case_number.isin(numbers))
        else:
            found = _chosen(found, filters, within_days, only, owner)
        found = _with_hint(_with_revenue(found, tables, filters, basis), tables, filters)
        found = found.order_by(*_order(basis is not None and basis.several_currencies)).select(*COLUMNS)
        return {"listed": found if most is None else found.limit(most)}

    return Question(
        {"basis": counts(tables, filters)}, lambda told: frame(map(with_days, rows(told["listed"])), COLUMNS), (listed,)
    )


def loop_standing(
    tables: Tables,
    filters: Filters,
    kept: LoopCases = NOBODY,
    sla_days: int = SLA_DAYS,
    within_days: int | None = WITHIN_DAYS,
) -> Question:
    """How the cases stand: a row without an owner for all of them, then a row an owner, those with most overdue first.
    Columns: `STANDING_COLUMNS`.

    `older_cases` and `answered_again` are not among the `cases`, and are told of all of them together. A customer's revenue counts
    once in a row, however many cases it has; it is unknown where it is in several currencies. An owner "" stands for none.
    """

    def asked(told: Answers) -> dict[str, ir.Table]:
        basis = source(rows(told["basis"])[0])
        every = _with_revenue(cases(tables, filters, kept, sla_days), tables, filters, basis)
        is_listed = _is_listed(every, filters, within_days)
        left_out = every.filter(~is_listed).agg(
            answered_again=_.answered_again.sum().fill_null(0), older_cases=(~_.answered_again).sum().fill_null(0)
        )
        listed = every.filter(is_listed).mutate(owner=_.owner.fill_null(""))
        # A customer may have cases with several owners.
        key = {"customer_key": _.customer_id.coalesce(_.case_number)}
        return {"left_out": left_out, "owners": _summed(listed, ["owner"], key), "all": _summed(listed, [], key)}

    return Question({"basis": counts(tables, filters)}, _standing, (asked,))


# the expression


def loop_day(filters: Filters, kept: LoopCases) -> date:
    """The day until which what was noted is known: the as-of date; where that is the data's last day, the last one noted.

    People note what they did after the export was made, and that is no less known.
    """
    recorded = filters.recorded_until or filters.as_of
    return filters.as_of if filters.as_of < recorded else max([filters.as_of, *kept.days])


def needing(tables: Tables, filters: Filters) -> ir.Table:
    """The answers that need one back, with `case_number`, `case_reason` and `answer_on`, the day where the workspace is.

    The number is the same for the same answer whatever else is loaded: it is made from the survey's own number of the answer,
    else from who answered and when; of answers that name nobody, from what they say too.
    """
    found = answers(tables, filters)
    fell = ((found.previous_score >= LEAST_PROMOTER) & (found.score < LEAST_PROMOTER)).fill_null(False)
    found = found.filter((found.vote == DETRACTOR) | fell)
    fell = ((found.previous_score >= LEAST_PROMOTER) & (found.score < LEAST_PROMOTER)).fill_null(False)
    reason = ibis.cases(
        (fell & (found.score <= MOST_DETRACTOR), "detractor_fallen"), (fell, "fallen"), else_="detractor"
    )
    found = found.mutate(case_reason=reason, answer_on=local(found.answered_at, filters.time_zone, filters.as_of).date())  # fmt: skip
    found = found.mutate(identity=_identity(found))
    # Those that nothing tells apart are alike in every way: any order will do.
    twin = ibis.row_number().over(ibis.window(group_by="identity", order_by=["answered_at", "score", "comment"]))
    found = found.mutate(twin=twin)
    said = found.identity.concat((found.twin > 0).ifelse(ibis.literal("|").concat(found.twin.cast("string")), ""))
    return found.mutate(case_number=ibis.literal("K").concat(said.hexdigest("md5").substr(0, 16)))


def _identity(found: ir.Table) -> ir.StringValue:
    at = found.answered_at.cast("string").fill_null("")
    firm = found.customer.coalesce(found.customer_id, "").strip().lower()
    email, name = (found[column].strip().lower().nullif("") for column in ("email", "respondent"))
    person = ibis.cases(
        (email.notnull(), email),
        (name.notnull(), name.concat("|", firm)),
        else_=ibis.literal("").concat(firm, "|", found.score.cast("string"), "|", found.comment.fill_null("")),
    )
    return found.response_id.nullif("").coalesce(ibis.literal("|").concat(person, "|", at))


def with_later(found: ir.Table, tables: Tables, filters: Filters) -> ir.Table:
    """The answers with `later_at`: when the same person answered the next time, where it did."""
    # By the answer before, which is cheaper than putting all answers in order.
    again = given(tables, filters).filter(_.previous_at.notnull(), _.respondent_key.notnull())
    again = again.group_by(person=_.respondent_key, person_at=_.previous_at).agg(later_at=_.answered_at.min())
    joined = found.left_join(again, [("respondent_key", "person"), ("answered_at", "person_at")])
    return joined.drop("person", "person_at")


def noted(kept: LoopCases) -> ir.Table:
    """What was noted, as a table: `number, status, owner_noted, due_noted, note, contacted_on, closed_on`."""
    shape = ", ".join(f'"{name}": "{kind}"' for name, kind in _SHAPE.items())
    each = _from_json(ibis.literal(kept.written()), ibis.literal(f"[{{{shape}}}]")).unnest().name("case").as_table()
    renamed = {"owner": "owner_noted", "due_on": "due_noted"}
    return each.select(**{renamed.get(name, name): each.case[name] for name in _SHAPE})


def cases(tables: Tables, filters: Filters, kept: LoopCases, sla_days: int) -> ir.Table:
    """One row an answer that needs one back, with what was noted of it: `COLUMNS` save money and the hint, `is_noted`, and
    `answered_again`, whether the same person gave another answer since."""
    day = loop_day(filters, kept)
    found = needing(tables, filters)
    found = with_later(found, tables, filters)
    known = who.customers(tables, filters).select(
        known_id=_.customer_id, known_name=_.customer, known_owner=_.owner
    )  # fmt: skip
    found = found.left_join(known, [("customer_id", "known_id")])
    found = found.left_join(noted(kept.known_by(day)), [("case_number", "number")])
    now = ibis.date(filters.as_of)
    status = found.status.fill_null("open")
    due = found.due_noted.coalesce((found.answer_on + ibis.interval(days=sla_days)).cast("date"))
    late = now.delta(due, unit="day")
    is_late = (status == "open") & (late > 0).fill_null(False)
    return found.select(
        "case_number", "customer_id", "respondent", "case_reason", "score", "comment", "answer_on", "contacted_on", "closed_on",
        customer=found.known_name.coalesce(found.customer, found.customer_id),
        owner=found.owner_noted.coalesce(found.known_owner),
        score_before=found.previous_score,
        case_status=status,
        answer_due_on=due,
        answer_overdue=is_late.ifelse(late, ibis.null("int64")),
        case_age=(status != "closed").ifelse(now, found.closed_on.coalesce(now)).delta(found.answer_on, unit="day"),
        case_note=found.note.nullif(""),
        is_noted=found.number.notnull(),
        answered_again=found.later_at.notnull(),
    )  # fmt: skip


def _is_listed(found: ir.Table, filters: Filters, within_days: int | None) -> ir.BooleanValue:
    fresh = ~found.answered_again
    if within_days is not None:
        first = filters.as_of - timedelta(days=min(within_days, 36_500))
        fresh = fresh & (found.answer_on.isnull() | (found.answer_on > ibis.date(first)))
    return found.is_noted | fresh


def _chosen(found: ir.Table, filters: Filters, within_days: int | None, only: Only, owner: str | None) -> ir.Table:
    found = found.filter(_is_listed(found, filters, within_days))
    if owner is not None:
        found = found.filter(found.owner == owner if owner else found.owner.isnull())
    if only == "open":
        return found.filter(found.case_status != "closed")
    if only == "overdue":
        return found.filter(found.answer_overdue.notnull())
    return found if only == "all" else found.filter(found.case_status == only)


def _with_revenue(found: ir.Table, tables: Tables, filters: Filters, basis: Source | None) -> ir.Table:
    """With `revenue_12m` of the customer and its `currency`: unknown where nothing says what customers bring."""
    if basis is None:
        return found.mutate(revenue_12m=ibis.null("float64"), currency=ibis.null("string"))
    year = Window(filters.as_of - timedelta(days=YEAR_DAYS - 1), filters.as_of)
    sold = revenue.lines(tables, filters, basis, year).filter(_.customer_id.notnull())
    each = sold.group_by(seller_of=_.customer_id, money=_.currency).agg(revenue_12m=_.amount.sum())
    # Of a customer with several currencies, the money of the largest; amounts are never added across.
    each = each.group_by("seller_of").agg(
        currency=_.money.argmax(_.revenue_12m.fill_null(0.0)), revenue_12m=_.revenue_12m.max()
    )
    joined = found.left_join(each, [("customer_id", "seller_of")]).drop("seller_of")
    # A customer that bought nothing brought nothing.
    return joined.mutate(revenue_12m=joined.customer_id.notnull().ifelse(joined.revenue_12m.fill_null(0.0), joined.revenue_12m))  # fmt: skip


def _with_hint(found: ir.Table, tables: Tables, filters: Filters) -> ir.Table:
    opened = tables.cases.filter(_.customer_id.notnull(), _.opened_at < ibis.timestamp(filters.now))
    opened = opened.select(
        asked_by=opened.customer_id, opened_on=local(opened.opened_at, filters.time_zone, filters.as_of).date()
    )
    near = found.select(hinted="case_number", of="customer_id", said_on="answer_on").inner_join(
        opened, [("of", "asked_by")]
    )
    after = near.opened_on.delta(near.said_on, unit="day")
    first = near.filter(after >= 0, after <= HINT_DAYS).group_by("hinted").agg(service_case_on=_.opened_on.min())
    return found.left_join(first, [("case_number", "hinted")])


def _order(several_currencies: bool) -> list[ir.Value]:
    state = ibis.cases(
        (_.answer_overdue.notnull(), 0), (_.case_status == "open", 1), (_.case_status == "contacted", 2), else_=3
    )
    money = [] if several_currencies else [_.revenue_12m.desc(nulls_first=False)]
    return [state, *money, _.answer_on.asc(nulls_first=False), _.case_number]


def _summed(listed: ir.Table, by: list[str], key: dict[str, ir.Deferred]) -> ir.Table:
    is_open, is_late = listed.case_status != "closed", listed.answer_overdue.notnull()
    each = listed.mutate(is_open=is_open, is_late=is_late).group_by([*by, *(each.name(name) for name, each in key.items())]).agg(
        cases=_.count(),
        open_cases_now=(_.case_status == "open").sum(),
        overdue_cases=_.is_late.sum(),
        contacted_cases=(_.case_status == "contacted").sum(),
        closed_cases=(_.case_status == "closed").sum(),
        has_open=_.is_open.any(),
        has_late=_.is_late.any(),
        customer_id=_.customer_id.max(),
        revenue_12m=_.revenue_12m.max(),
        currency=_.currency.max(),
    )  # fmt: skip
    return each.group_by([*by, "currency"]).agg(
        **{name: _[name].sum() for name in _COUNTED[:5]},
        customers=_.customer_id.count(),
        revenue_12m=_.revenue_12m.sum(),
        revenue_open=_.revenue_12m.sum(where=_.has_open),
        revenue_overdue=_.revenue_12m.sum(where=_.has_late),
    )


def _standing(told: Answers) -> pd.DataFrame:
    left_out = rows(told["left_out"])[0]
    (every,) = _together(rows(told["all"]), "").values() or ({},)
    if not every:
        every = dict.fromkeys((*_COUNTED, "customers"), 0)
    owners = _together(rows(told["owners"]), "owner")
    ordered = sorted(owners.values(), key=lambda row: (-row["overdue_cases"], -row["cases"], row["owner"]))
    return frame([{**every, "owner": None} | left_out, *ordered], STANDING_COLUMNS)


def _together(found: list[Row], key: str) -> dict[str, Row]:
    """The rows of each currency put together: money only where there is one."""
    parts: dict[str, list[Row]] = {}
    for row in found:
        parts.setdefault(str(row[key]) if key else "", []).append(row)
    made: dict[str, Row] = {}
    for name, own in parts.items():
        row = {"owner": name} | {
            column: sum(whole(each[column]) for each in own) for column in (*_COUNTED[:5], "customers")
        }
        money = {each["currency"] for each in own if number(each["revenue_12m"])}
        if len(money) <= 1:
            row["currency"] = next(iter(money), None) or next(
                (each["currency"] for each in own if each["currency"]), None
            )
            for column in ("revenue_12m", "revenue_open", "revenue_overdue"):
                known = [each[column] for each in own if each["revenue_12m"] is not None]
                row[column] = sum(number(each) for each in known) if known else None
        made[name] = row
    return made
