"""How each problem of a deal is told: a condition on its row, with what it must be held against.

What is missing is a problem only where other deals have it: a file without the column has no gaps in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.rows import days
from data.tables import Tables

OVERDUE = timedelta(days=30)
OLDEST = 0.95
LEAST_CLOSED = 30
BULK, BULK_SHARE, BULK_TIMES = 20, 0.02, 10
REPEATED_WITHIN = 30  # days
NO_CURRENCY = "XXX"  # ISO 4217's code for it
# Names that say there is no deal, in small letters; a number or signs at the end do not matter.
_PLACEHOLDERS = (
    "test", "tests", "testing", "tester", "test deal", "test-deal", "testdeal", "deal test", "test opportunity", "test customer",
    "test company", "test account", "asd", "asdf", "asd asd", "asdasd", "asdf asdf", "asdfasdf", "qwe", "qwer", "qwerty", "zxc",
    "zxcv", "abc", "foo", "bar", "foobar", "dummy", "sample", "placeholder", "untitled", "no name", "unknown", "none", "null", "n/a",
    "na", "nan", "tbd", "todo", "delete", "delete me", "deleteme", "do not use", "new deal", "new opportunity", "lorem ipsum",
    "בדיקה", "בדיקות", "טסט", "ניסיון", "נסיון", "לבדיקה", "למחוק", "למחיקה", "דוגמה", "דוגמא", "ללא", "ללא שם", "עסקה חדשה",
    "לקוח בדיקה", "עסקת בדיקה", "שדגכ", "אבג",
)  # fmt: skip
_LETTERS = "abcdefghijklmnopqrstuvwxyzאבגדהוזחטיכלמנסעפצקרשת"
_OVER_AND_OVER = tuple(letter * times for letter in (*_LETTERS, *"-.?") for times in range(1, 5))


@dataclass(frozen=True)
class When:
    """The day problems are judged on, the first moment after it, and the first moment nothing recorded can lie in."""

    as_of: date
    now: datetime
    after_recorded: datetime


Mark = Callable[[ir.Table, Tables, When], ir.BooleanValue]


def _is_open(deals: ir.Table, when: When) -> ir.BooleanValue:
    """Open at that time: a deal that closed later was."""
    return (deals.status == "open") | (deals.closed_at >= when.now).fill_null(False)


def _is_blank(text: ir.StringColumn) -> ir.BooleanValue:
    return text.cast("string").nullif("").isnull()


def _small(text: ir.StringValue) -> ir.StringValue:
    """In small letters without blanks at its ends, several times as fast as `strip`."""
    return text.lower().re_replace(r"^\s+|\s+$", "")


def _any_is(tables: Tables, is_there: ibis.Deferred) -> ir.BooleanScalar:
    """Whether it is so for any deal."""
    return tables.deals.filter(is_there).limit(1).agg(n=_.count()).as_scalar() > 0


def _is_gap(deals: ir.Table, tables: Tables, *columns: str) -> ir.BooleanValue:
    """None of the columns is filled in, and one of them is for another deal."""
    filled = reduce(or_, (~_is_blank(_[column]) for column in columns))
    return ~reduce(or_, (~_is_blank(deals[column]) for column in columns)) & _any_is(tables, filled)


def overdue(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    return _is_open(deals, when) & (deals.expected_close_on < ibis.date(when.as_of - OVERDUE))


def zombie(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    closed = tables.deals.filter(_.status != "open", _.closed_at < when.now, _.closed_at >= _.created_at)
    slow = closed.agg(
        slow=days(_.closed_at, _.created_at).quantile(OLDEST), closed=_.count(), by=_.pipeline.name("slow_in")
    ).filter(_.closed >= LEAST_CLOSED)
    aged = tables.deals.mutate(end=ibis.timestamp(when.now)).inner_join(slow, [("pipeline", "slow_in")])
    old = aged.filter(days(_.end, _.created_at) > _.slow)
    return _is_open(deals, when) & deals.deal_no.isin(old.deal_no)


def status_against_stage(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    means = tables.stages.select(means="outcome", means_in="pipeline", means_stage="stage").distinct()
    differs = tables.deals.inner_join(means, [("pipeline", "means_in"), ("stage", "means_stage")]).filter(
        _.status != _.means
    )
    return deals.deal_no.isin(differs.deal_no)


def closed_without_date(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    return (deals.status != "open") & deals.closed_at.isnull()


def future_date(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    return (deals.created_at >= when.after_recorded).fill_null(False) | (deals.closed_at >= when.after_recorded)


def closed_before_created(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    return deals.closed_at < deals.created_at


def bulk_edit(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    entered = tables.stage_entries.filter(_.is_recorded, ~_.is_skipped, _.outcome == "open")
    moments = [
        tables.deals.select(bulk_no="deal_no", at="created_at"),
        tables.deals.select(bulk_no="deal_no", at="closed_at"),
        tables.deals.select(bulk_no="deal_no", at="stage_changed_at"),
        entered.select(bulk_no="deal_no", at="entered_at"),
    ]
    return reduce(or_, (deals.deal_no.isin(_in_bulk(each, when)) for each in moments))


def _in_bulk(moments: ir.Table, when: When) -> ir.IntegerColumn:
    """The deals whose moment very many others share."""
    known = moments.filter(_.at < when.now)
    counts = known.agg(n=_.count(), by="at")
    usual = counts.agg(of_all=_.n.sum() * BULK_SHARE, of_usual=_.n.quantile(0.5) * BULK_TIMES)
    crowded = counts.cross_join(usual).select(
        "n", crowded_at=_.at, least=ibis.greatest(ibis.literal(float(BULK)), _.of_all, _.of_usual)
    ).filter(_.n >= _.least)  # fmt: skip
    there = known.inner_join(crowded, [("at", "crowded_at")])
    # A deal that came to two stages at one moment is one deal.
    are_many = there.agg(deals=_.bulk_no.nunique(), least=_.least.max(), by=_.at.name("many_at"))
    return there.inner_join(are_many.filter(_.deals >= _.least), [("at", "many_at")]).bulk_no


def repeated_deal(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    named = tables.deals.filter(
        ~_is_blank(_.deal_name), ~(_is_blank(_.customer) & _is_blank(_.customer_id)), _.amount.notnull()
    )
    keyed = named.select(
        "deal_no", "created_at",
        key=(_small(_.deal_name) + "\n" + _.amount.cast("string")).hash(),
        same_name=_small(_.deal_name), same_amount=_.amount, same_currency=_.currency.cast("string").fill_null(""),
        same_customer=_small(_.customer).nullif("").fill_null(_.customer_id),
    )  # fmt: skip
    # Few deals share even the name and the amount: only they are put in order.
    alike = keyed.agg(n=_.count(), by=_.key.name("shared")).filter(_.n > 1)
    keyed = keyed.semi_join(alike, [("key", "shared")])
    same = ibis.window(
        group_by=["same_name", "same_customer", "same_amount", "same_currency"],
        order_by=[_.created_at.asc(nulls_first=False), "deal_no"],
    )
    placed = keyed.mutate(place=ibis.row_number().over(same), earlier=keyed.created_at.lag().over(same))
    apart = days(placed.created_at, placed.earlier)
    again = placed.filter((placed.place > 0) & (apart <= REPEATED_WITHIN).fill_null(True))
    return deals.deal_no.isin(again.deal_no)


def placeholder_name(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    return _is_placeholder(deals.deal_name).fill_null(False) | _is_placeholder(deals.customer)


def _is_placeholder(name: ir.StringColumn) -> ir.BooleanValue:
    # Looked up whole: anything cleverer takes a minute for a million names.
    word = name.lower().re_replace(r"^\s+|[-0-9\s.,:;!?#*_]+$", "")
    return _small(name).isin(_OVER_AND_OVER) | word.isin(_PLACEHOLDERS)


def probability_against_status(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    is_sure = deals.probability >= 1
    return ((deals.status == "open") & is_sure) | ((deals.status == "won") & ~is_sure)


def zero_or_negative_amount(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    return deals.amount <= 0


def currency_gap(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    unnamed = deals.currency.cast("string").fill_null("").isin(["", NO_CURRENCY])
    named = ~_.currency.cast("string").fill_null("").isin(["", NO_CURRENCY])
    return deals.amount.notnull() & unnamed & _any_is(tables, named)


def no_amount(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    return deals.amount.isnull() & _any_is(tables, _.amount.notnull())


def no_owner(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    return _is_gap(deals, tables, "owner", "owner_id")


def no_customer(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    return _is_gap(deals, tables, "customer", "customer_id")


def no_created_date(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    return deals.created_at.isnull() & _any_is(tables, _.created_at.notnull())


def closed_without_history(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    seen = tables.stage_entries.filter(_.is_recorded, ~_.is_skipped)
    any_seen = seen.limit(1).agg(n=_.count()).as_scalar() > 0
    return ~_is_open(deals, when) & ~deals.deal_no.isin(seen.deal_no) & any_seen


def backward_stage(deals: ir.Table, tables: Tables, when: When) -> ir.BooleanValue:
    back = tables.stage_entries.filter(_.is_recorded, _.fate == "back", _.left_at < when.now)
    return deals.deal_no.isin(back.deal_no)
