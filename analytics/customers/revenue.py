"""What customers brought within a stretch of time, whatever tells of it: orders, contracts, tenures, summaries or won deals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.customers import who
from analytics.customers.basis import Source
from analytics.filters import Filters
from analytics.rows import in_zone
from data.tables import Tables

YEAR_DAYS = 365
MONTH_DAYS = 365.25 / 12
# Several owners of one customer, in one cell.
_SEVERAL, _AROUND = r"\s*[;|][\s;|]*", r"^[\s;|]+|[\s;|]+$"
# How many companies above a company are looked for.
_GENERATIONS = 4


@dataclass(frozen=True)
class Window:
    """A stretch of days, both ends in it."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    def before(self) -> Window:
        """The same number of days before it."""
        return Window(self.since - timedelta(days=self.days), self.since - timedelta(days=1))

    def with_before(self) -> Window:
        """It and the time before together."""
        return Window(self.before().since, self.until)


def window(filters: Filters) -> Window:
    """The period the reader chose; what of it is open is closed by the as-of day and by twelve months."""
    until = min(filters.until or filters.as_of, filters.as_of)
    return Window(min(filters.since or until - timedelta(days=YEAR_DAYS - 1), until), until)


def has_days(source: Source) -> bool:
    """Whether revenue can be told of a stretch of time; else there is only one sum of a customer."""
    return source.basis in ("orders", "deals", "subscriptions")


def lines(tables: Tables, filters: Filters, source: Source, of: Window) -> ir.Table:
    """What was sold within a window: `customer_id, currency, amount, day, order_id, product_id, product, contact_id, quantity`.

    Amounts may be unknown; returns are below 0. Of contracts the amount is the monthly revenue for the days of the window they
    ran; where a file says only since how many months somebody pays how much, that for at most twelve months, of those who
    have not left; where it says only how often and how much somebody bought, all of that.
    """
    nothing = ibis.null("string")
    if source.basis == "orders":
        orders = tables.orders.filter(_.ordered_at < ibis.timestamp(filters.now))
        day = in_zone(orders.ordered_at, filters.time_zone).date()
        found = orders.select(
            "customer_id", "currency", "amount", "order_id", "product_id", "product", "quantity", day=day, contact_id=nothing
        )  # fmt: skip
        found = _within(found, of)
    elif source.basis == "deals":
        deals = tables.deals.filter(_.status == "won", _.closed_at < ibis.timestamp(filters.now))
        day = in_zone(deals.closed_at, filters.time_zone).date()
        found = deals.select(
            "customer_id", "currency", "amount", "product_id", "product", "contact_id", day=day, order_id=_.deal_id,
            quantity=ibis.null("float64"),
        )  # fmt: skip
        found = _within(found, of)
    elif source.basis == "subscriptions":
        found = _contracts(tables, of)
    else:
        found = _undated(tables, source)
    found = found.mutate(currency=_.currency.nullif(""))
    if source.several_currencies:
        return found
    return found.mutate(currency=_.currency.max().over(ibis.window()))


def _within(found: ir.Table, of: Window) -> ir.Table:
    return found.filter(_.day >= ibis.date(of.since), _.day <= ibis.date(of.until))


def _contracts(tables: Tables, of: Window) -> ir.Table:
    known = tables.subscriptions.filter(_.started_on.notnull(), _.started_on <= ibis.date(of.until))
    known = known.filter(_.ended_on.isnull() | (_.ended_on >= ibis.date(of.since)))
    first = ibis.greatest(known.started_on, ibis.date(of.since))
    last = ibis.least(known.ended_on.coalesce(ibis.date(of.until)), ibis.date(of.until))
    days = last.delta(first, unit="day") + 1
    return known.select(
        "customer_id", "currency", "product_id", "product", day=first, amount=known.monthly_revenue * days / MONTH_DAYS,
        order_id=_.subscription_id, contact_id=ibis.null("string"), quantity=ibis.null("float64"),
    )  # fmt: skip


def _undated(tables: Tables, source: Source) -> ir.Table:
    if source.basis == "tenure":
        known = tables.customers.filter(_.tenure_months.notnull(), ~_.is_churned)
        amount = known.monthly_revenue * ibis.least(known.tenure_months, 12.0)
    else:
        known = tables.customers.filter(_.repeat_purchases.notnull(), _.age_weeks.notnull())
        amount = known.mean_repeat_value * known.repeat_purchases
    nothing = ibis.null("string")
    return known.select(
        "customer_id", currency=nothing, product_id=nothing, product=nothing, day=ibis.null("date"), amount=amount,
        order_id=nothing, contact_id=nothing, quantity=ibis.null("float64"),
    )  # fmt: skip


def sold(tables: Tables, filters: Filters, source: Source, of: Window) -> ir.Table:
    """`lines` of the customers the filters leave, with `name` and `owner`. Without a filter of customers, lines that name no
    customer are there too."""
    every = who.customers(tables, filters)
    known = who.chosen(every, tables, filters).select(
        known_id=_.customer_id, name=_.customer, owner=_.owner.coalesce(_.owner_id)
    )
    found = lines(tables, filters, source, of)
    if any(who.reaches(field) for field in filters.chosen_values()):
        return found.inner_join(known, [("customer_id", "known_id")]).drop("known_id")
    return found.left_join(known, [("customer_id", "known_id")]).drop("known_id")


def first_day(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """One row: `first`, the day from which revenue is known."""
    if source.basis == "subscriptions":
        return tables.subscriptions.agg(first=_.started_on.min())
    if not has_days(source):
        return ibis.null("date").name("first").as_table()
    long_ago = Window(date(1900, 1, 1), filters.as_of)
    return lines(tables, filters, replace(source, several_currencies=True), long_ago).agg(first=_.day.min())


def groups_of_companies(tables: Tables) -> ir.Table:
    """One row a customer that belongs to another: `child_id, root_id`, the highest company found above it."""
    above = tables.customers.filter(_.parent_id.notnull(), _.parent_id != "", _.parent_id != _.customer_id)
    above = above.group_by("customer_id").agg(parent=_.parent_id.max())
    ids = tables.customers.filter(_.customer_id.notnull()).group_by(known=_.customer_id).agg(n=_.count())
    names = (
        tables.customers.filter(_.customer_name.notnull())
        .group_by(called=_.customer_name)
        .agg(numbered=_.customer_id.max())
    )
    # A parent is named by its number, or else by its name.
    told = above.left_join(ids, [("parent", "known")]).left_join(names, [("parent", "called")])
    told = told.select(
        child_id=_.customer_id, root_id=_.known.notnull().ifelse(_.parent, _.numbered.coalesce(_.parent))
    )
    told = told.filter(_.root_id.notnull())  # a step of its own: Ibis cannot go on joining a join
    found = told
    for _generation in range(_GENERATIONS - 1):
        higher = told.select(low=_.child_id, high=_.root_id).view()
        found = found.left_join(higher, [("root_id", "low")])
        # A company that comes back to itself is not above itself.
        root = ((found.high == found.child_id).fill_null(False)).ifelse(
            found.root_id, found.high.coalesce(found.root_id)
        )
        found = found.select("child_id", root_id=root).filter(_.root_id.notnull())
    return found


def owners(table: ir.Table) -> ir.Table:
    """The rows of a table with a column `owner`, one for each owner named there, with the `part` of each; nobody is one too."""
    named = table.select("owner").distinct().mutate(clean=_.owner.re_replace(_AROUND, "").nullif(""))
    split = named.filter(_.clean.notnull()).select(cell=_.owner, one=_.clean.re_split(_SEVERAL).unnest()).distinct()
    split = split.mutate(part=1.0 / _.count().over(ibis.window(group_by="cell")))
    joined = table.left_join(split, [("owner", "cell")]).drop("cell", "owner")
    return joined.mutate(owner=_.one, part=_.part.fill_null(1.0)).drop("one")
