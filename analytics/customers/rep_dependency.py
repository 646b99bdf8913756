"""On which of our people, and on which single contacts, the customers' value rests, and what is at stake when one leaves (R19)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import sqrt
from typing import Literal, get_args

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import contacts, scores
from analytics.customers.basis import Source, by_source
from analytics.customers.concentration import band, met_contacts
from analytics.customers.revenue import owners
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, ratio_variance, share
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from data.tables import Tables

Leaver = Literal["owner", "customer", "contact"]
LEAVERS: tuple[Leaver, ...] = get_args(Leaver)
# What of a customer's value is lost when its owner or its only contact leaves: an assumption.
HANDOVER: tuple[float, float] = (0.10, 0.30)
COLUMNS = (
    "owner", "currency", "customers_held", "one_contact", "revenue_12m", "expected", "open_amount", "held", "held_share", "low",
    "high", "even_share", "handover_low", "handover_high", "one_contact_held", "hhi", "effective", "concentration_band",
    "owners_holding", "win_rate_open", "held_by_nobody",
)  # fmt: skip
SINGLE = (
    "customer_id", "customer", "owner", "contact_name", "revenue_12m", "value", "risk", "value_at_risk", "expected",
    "handover_low", "handover_high", "contacts", "people_met", "people_of_ours", "rests_on", "lifecycle", "currency",
)  # fmt: skip
AT_STAKE = (
    "customer_id", "customer", "owner", "held_part", "expected", "open_amount", "held", "handover_low", "handover_high", "risk",
    "contacts", "lifecycle", "currency",
)  # fmt: skip
REASONS = ("one_contact_known", "one_contact_met", "one_of_us")


def rep_dependency(tables: Tables, filters: Filters, handover: tuple[float, float] = HANDOVER) -> Question:
    """A row an owner and currency, those who hold most first; `owner` is None for nobody. Columns: `COLUMNS`.

    What an owner holds is what the owner's customers are expected to bring over the horizon (leaving and all, those lost apart),
    and the owner's open deals with customers at the company's win rate by value; where purchases are won deals, open deals
    only with who has not bought yet, since the expectation has the others. Several owners of one customer have equal parts.
    `low` and `high`: 95% of the share, were the customers a sample (linearised; None below 30). The loss if the owner leaves is
    what is held times `handover`; hhi, effective and owners_holding are of the currency.
    """
    return _held_by(tables, filters, _by_owner, partial(_owner_rows, handover=handover))


def single_contacts(
    tables: Tables, filters: Filters, handover: tuple[float, float] = HANDOVER, most: int | None = None
) -> Question:
    """Customers, not lost, whose relation rests on one person: on one contact first, most expected first. Columns: `SINGLE`.

    Reasons: one_contact_known, a single contact is on file; one_contact_met, of several only one was met in twelve months;
    one_of_us, only one of our people met anybody there in twelve months.
    """
    found = _single(tables, filters)
    rests_on_contact = found.one_contact_known | found.one_contact_met
    order = (ibis.desc(rests_on_contact), ibis.desc(found.expected.fill_null(-1.0)), found.customer_id)
    found = found.filter(ibis.or_(*(found[name] for name in REASONS))).order_by(*order)
    return Question({"rows": found if most is None else found.limit(most)}, partial(_single_rows, handover=handover))


def single_totals(tables: Tables, filters: Filters) -> Question:
    """What rests on single people: a row for each of `REASONS` and for `any_contact` (one known or met), and a currency.

    Columns: `SINGLE_TOTALS`: of how many customers that are not lost, and of all that is
    expected of them.
    """
    found = _single(tables, filters)
    marks = {name: found[name] for name in REASONS} | {"any_contact": found.one_contact_known | found.one_contact_met}
    summed = found.group_by("currency").agg(
        customers=_.count(), whole=_.expected.sum(),
        **{f"n_{name}": mark.sum() for name, mark in marks.items()},
        **{f"expected_{name}": found.expected.sum(where=mark) for name, mark in marks.items()},
    )  # fmt: skip
    return Question({"sums": summed}, partial(_totals_rows, names=tuple(marks)))


SINGLE_TOTALS = ("rests_on", "customers_resting", "expected", "resting_share", "customers_here", "currency")


def if_leaves(
    tables: Tables, filters: Filters, leaver: Leaver, name: str, handover: tuple[float, float] = HANDOVER,
    most: int | None = None,
) -> Question:  # fmt: skip
    """The customers at stake if somebody leaves, those with most at stake first. Columns: `AT_STAKE`.

    An owner is told by name, a customer and a contact by number. An owner's customers are at stake by the owner's part, a contact's
    by its part among the contacts on file; of them the handover loses between the two shares of `handover`. A customer that
    leaves takes all that it would bring if it stayed, within its 80% interval.
    """
    if leaver == "customer":
        found = scores.chosen(tables, filters).filter(_.customer_id == name, _.lifecycle != "lost")
        found = found.select(
            "customer_id", "customer", "owner", "risk", "contacts", "lifecycle", "value", "value_low", "value_high",
            open_amount=_.open_amount, expected=_.value, held_part=ibis.literal(1.0), held=_.value.fill_null(0.0), currency=_.currency.nullif(""),
        )  # fmt: skip
        return Question({"rows": found}, partial(_stake_rows, handover=None))
    if leaver == "contact":
        return _of_contact(tables, filters, name, handover, most)

    def own(held: ir.Table) -> ir.Table:
        mine = held.filter(_.owner.isnull() if name == "" else _.owner == name)
        mine = mine.group_by("customer_id", "currency").agg(
            customer=_.customer.max(), held_part=_.part.max(), expected=_.expected.sum(), open_amount=_.open_amount.sum(),
            held=_.held.sum(),
        )  # fmt: skip
        known = scores.every(filters).select(
            known_id="customer_id", owner="owner", risk="risk", contacts="contacts", lifecycle="lifecycle"
        )
        mine = mine.left_join(known, [("customer_id", "known_id")]).drop("known_id")
        mine = mine.order_by(_.held.desc(), "customer_id")
        return mine if most is None else mine.limit(most)

    return _held_by(tables, filters, own, partial(_stake_rows, handover=handover))


def leavers(tables: Tables, filters: Filters, leaver: Leaver, most: int = 200) -> ir.Table:
    """Who may leave, those with most expected of their customers first: `code, name, expected`."""
    here = scores.chosen(tables, filters).filter(_.lifecycle != "lost", _.expected > 0)
    if leaver == "customer":
        found = here.select(code=_.customer_id, name=_.customer, expected=_.expected)
    else:
        known = tables.contacts.filter(_.customer_id.notnull(), _.contact_id.notnull())
        known = known.group_by("contact_id").agg(of=_.customer_id.max(), name=_.contact_name.max())
        size = known.group_by("of").agg(k=_.count()).select(sized="of", k="k")
        joined = known.filter(_.of.notnull()).inner_join(
            here.select("customer_id", "customer", "expected"), [("of", "customer_id")]
        )
        joined = joined.select("contact_id", "name", "of", "customer", "expected").filter(_.of.notnull())
        joined = joined.inner_join(size, [("of", "sized")])
        found = joined.select(
            code=_.contact_id, name=_.name.coalesce(_.contact_id) + " · " + _.customer, expected=_.expected / _.k
        )
    return found.order_by(_.expected.desc(), "code").limit(most)


# expressions


def _held_by(
    tables: Tables,
    filters: Filters,
    make: Callable[[ir.Table], ir.Table],
    finish: Callable[[Answers], pd.DataFrame],
) -> Question:
    """A question about what each owner holds of each customer (`make`, of `_held`); the win rate by value is asked first."""

    def build(source: Source) -> Question:
        def more(answers: Answers) -> dict[str, ir.Table]:
            return {"rows": make(_held(tables, filters, source, _win_rate(answers)))}

        return Question({"closed": _closed(tables, filters)}, finish, (more,))

    return by_source(tables, filters, build)


def _closed(tables: Tables, filters: Filters) -> ir.Table:
    deals = contacts.filters_of_all(filters).deals(tables).filter(_.status.isin(["won", "lost"]), _.amount.notnull())
    return deals.agg(n=_.count(), won=_.amount.sum(where=_.status == "won"), closed=_.amount.sum())


def _win_rate(answers: Answers) -> float | None:
    """What of the money in closed deals was won; None below 30 deals."""
    row = rows(answers["closed"])[0]
    if whole(row["n"]) < LEAST_TESTED:
        return None
    return share(number(row["won"]), number(row["closed"]))


def _held(tables: Tables, filters: Filters, source: Source, rate: float | None) -> ir.Table:
    """A row a customer, owner and kind: `customer_id, customer, currency, owner, part, expected, revenue, open_amount, held, is_alone`.

    `is_alone` where at most one contact of the customer is known.
    """
    every = scores.chosen(tables, filters)
    # Nothing on file at all is not the same as one.
    one = ((every.contacts.coalesce(0) == 1) | ((every.people_met == 1) & (every.contacts.coalesce(0) <= 1))).fill_null(
        False
    )
    every = every.mutate(is_alone=one, is_lost=(_.lifecycle == "lost").fill_null(False), currency=_.currency.nullif(""))
    # Who has not bought yet holds nothing but open deals.
    mine = every.filter(~_.is_lost, _.expected.notnull() | (_.revenue_12m > 0)).select(
        "customer_id", "customer", "currency", "owner", "is_alone", revenue=_.revenue_12m.fill_null(0.0),
        expected=_.expected.coalesce(_.revenue_12m, 0.0), open_amount=ibis.literal(0.0), open_held=ibis.literal(0.0),
    )  # fmt: skip
    deals = contacts.filters_of_all(filters).deals(tables).filter(_.status == "open", _.customer_id.notnull())
    deals = deals.group_by(
        of=_.customer_id, seller=_.owner.coalesce(_.owner_id), deal_currency=_.currency.nullif("")
    ).agg(open_amount=_.amount.sum().fill_null(0.0))
    counts = (every.purchases.fill_null(0) == 0) if source.basis == "deals" else ibis.literal(True)
    known = every.select("customer_id", "customer", "owner", "currency", "is_alone", counts=counts)
    found = deals.inner_join(known, [("of", "customer_id")])
    rate_ = 0.0 if rate is None else rate
    theirs = found.select(
        "customer_id", "customer", currency=_.deal_currency.coalesce(_.currency), owner=_.seller.coalesce(_.owner), is_alone=_.is_alone,
        revenue=ibis.literal(0.0), expected=ibis.literal(0.0), open_amount=_.open_amount,
        open_held=_.counts.ifelse(_.open_amount * rate_, 0.0),
    )  # fmt: skip
    each = owners(mine.union(theirs.select(*mine.columns)))
    return each.mutate(
        revenue=_.revenue * _.part, expected=_.expected * _.part, open_amount=_.open_amount * _.part,
        held=(_.expected + _.open_held) * _.part,
    )  # fmt: skip


def _by_owner(held: ir.Table) -> ir.Table:
    """A row an owner and currency, customer by customer first, so that the spread among customers is known."""
    each = held.group_by("owner", "currency", "customer_id").agg(
        held=_.held.sum(), revenue_12m=_.revenue.sum(), expected=_.expected.sum(), open_amount=_.open_amount.sum(),
        is_alone=_.is_alone.max(),
    )  # fmt: skip
    whole_of = ibis.window(group_by=["currency", "customer_id"])
    each = each.mutate(of_customer=_.held.sum().over(whole_of))
    # A customer of several owners counts once among all.
    each = each.mutate(square=_.held * _.of_customer)
    return each.group_by("owner", "currency").agg(
        n=_.count(), one_contact=_.is_alone.sum(), held=_.held.sum(), revenue_12m=_.revenue_12m.sum(),
        expected=_.expected.sum(), open_amount=_.open_amount.sum(), squares=(_.held * _.held).sum(), cross=_.square.sum(),
        one_contact_held=_.held.sum(where=_.is_alone).fill_null(0.0),
    )  # fmt: skip


def _single(tables: Tables, filters: Filters) -> ir.Table:
    """The customers that are not lost, with the three marks of `REASONS`, the `contact` that they rest on and `people_of_ours`."""
    here = scores.chosen(tables, filters).filter(
        (_.lifecycle != "lost").fill_null(True), (_.lifecycle != "potential").fill_null(True)
    )
    as_of = ibis.date(filters.as_of)
    recent = contacts.touches(tables, filters)
    recent = recent.filter(as_of.delta(recent.day, unit="day") < contacts.YEAR_DAYS)
    ours = recent.filter(_.owner.notnull()).group_by(of=_.customer_id).agg(people_of_ours=_.owner.nunique())
    called = (
        tables.contacts.filter(_.contact_id.notnull()).group_by(number=_.contact_id).agg(called=_.contact_name.max())
    )
    met = (
        met_contacts(tables, filters)
        .group_by("of")
        .agg(met_one=_.contact_id.max())
        .select(met_of="of", met_one="met_one")
    )
    on_file = (
        tables.contacts.filter(_.customer_id.notnull()).group_by(file_of=_.customer_id).agg(file_one=_.contact_id.max())
    )
    here = here.left_join(ours, [("customer_id", "of")]).left_join(met, [("customer_id", "met_of")])
    here = here.left_join(on_file, [("customer_id", "file_of")])
    known, people_met = here.contacts.fill_null(0), here.people_met.fill_null(0)
    here = here.select(
        "customer_id", "customer", "owner", "value", "risk", "value_at_risk", "expected", "lifecycle", "people_of_ours",
        revenue_12m="revenue_12m", currency=_.currency.nullif(""), contacts=known, people_met=people_met,
        one_contact_known=known == 1,
        one_contact_met=(known != 1) & (people_met == 1),
        one_of_us=(_.people_of_ours == 1).fill_null(False),
        file_one=_.file_one, met_one=_.met_one,
    )  # fmt: skip
    here = here.mutate(
        one=ibis.cases((_.one_contact_known, _.file_one), (_.one_contact_met, _.met_one), else_=ibis.null("string"))
    )
    here = here.drop("file_one", "met_one").filter(_.customer_id.notnull())
    here = here.left_join(called, [("one", "number")])
    return here.mutate(contact_name=_.called.coalesce(_.one)).drop("number", "called", "one")


def _of_contact(
    tables: Tables, filters: Filters, name: str, handover: tuple[float, float], most: int | None
) -> Question:
    known = tables.contacts.filter(_.customer_id.notnull(), _.contact_id.notnull())
    mine = known.filter(_.contact_id == name).select(of="customer_id").distinct()
    size = known.group_by(sized=_.customer_id).agg(k=_.contact_id.nunique())
    here = scores.chosen(tables, filters).filter(_.lifecycle != "lost")
    here = here.inner_join(mine, [("customer_id", "of")]).inner_join(size, [("customer_id", "sized")])
    found = here.select(
        "customer_id", "customer", "owner", "risk", "lifecycle", "open_amount", contacts=_.k, held_part=1.0 / _.k,
        expected=_.expected, held=_.expected.fill_null(0.0) / _.k, currency=_.currency.nullif(""),
    ).order_by(_.held.desc(), "customer_id")  # fmt: skip
    return Question({"rows": found if most is None else found.limit(most)}, partial(_stake_rows, handover=handover))


# figures


def _owner_rows(answers: Answers, handover: tuple[float, float]) -> pd.DataFrame:
    every, rate = rows(answers["rows"]), _win_rate(answers)
    found = []
    for currency in dict.fromkeys(row["currency"] for row in every):
        mine = [row for row in every if row["currency"] == currency]
        named = [row for row in mine if row["owner"] is not None and number(row["held"]) > 0]
        held = sum(number(row["held"]) for row in named)
        index = sum((number(row["held"]) / held) ** 2 for row in named) if held else None
        shared = {
            "currency": currency, "hhi": index, "effective": 1 / index if index else None, "concentration_band": band(index),
            "owners_holding": len(named), "even_share": 1 / len(named) if named else None, "win_rate_open": rate,
            "held_by_nobody": sum(number(row["held"]) for row in mine if row["owner"] is None),
        }  # fmt: skip
        n = sum(whole(row["n"]) for row in named)
        squares = sum(number(row["cross"]) for row in named)
        for row in mine:
            found.append(shared | _owner_row(row, held, n, squares, handover))
    found.sort(key=lambda row: (-row["held"], row["owner"] is None, str(row["owner"])))
    return frame(found, COLUMNS)


def _owner_row(row: Row, held: float, n: int, squares: float, handover: tuple[float, float]) -> Row:
    own = number(row["held"])
    told: Row = {
        name: number(row[name]) for name in ("revenue_12m", "expected", "open_amount", "held", "one_contact_held")
    } | {"owner": row["owner"], "customers_held": whole(row["n"]), "one_contact": whole(row["one_contact"])}
    told |= {"handover_low": own * handover[0], "handover_high": own * handover[1]}
    if row["owner"] is None or not held:
        return told
    part = own / held
    told["held_share"] = part
    variance = ratio_variance(n, own, held, number(row["squares"]), squares, number(row["cross"]))
    if n >= LEAST_TESTED and variance is not None:
        half = Z * sqrt(variance)
        told |= {"low": max(part - half, 0.0), "high": min(part + half, 1.0)}
    return told


def _single_rows(answers: Answers, handover: tuple[float, float]) -> pd.DataFrame:
    found = rows(answers["rows"])
    for row in found:
        row["rests_on"] = [name for name in REASONS if row[name]]
        if row["expected"] is not None:
            row |= {"handover_low": row["expected"] * handover[0], "handover_high": row["expected"] * handover[1]}
    return frame(found, SINGLE)


def _totals_rows(answers: Answers, names: tuple[str, ...]) -> pd.DataFrame:
    found = [
        {
            "rests_on": name, "customers_resting": whole(row[f"n_{name}"]), "expected": number(row[f"expected_{name}"]),
            "resting_share": share(number(row[f"expected_{name}"]), number(row["whole"])), "customers_here": whole(row["customers"]),
            "currency": row["currency"],
        }
        for row in sorted(rows(answers["sums"]), key=lambda row: -number(row["whole"]))
        for name in names
    ]  # fmt: skip
    return frame(found, SINGLE_TOTALS)


def _stake_rows(answers: Answers, handover: tuple[float, float] | None) -> pd.DataFrame:
    found = rows(answers["rows"])
    for row in found:
        if handover is None:
            row |= {"handover_low": row["value_low"], "handover_high": row["value_high"]}
        else:
            row |= {
                "handover_low": number(row["held"]) * handover[0],
                "handover_high": number(row["held"]) * handover[1],
            }
    return frame(found, AT_STAKE)
