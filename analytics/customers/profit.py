"""What each customer brings after what it costs (R22), and which part of the customers the profit comes from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.customers import contacts
from analytics.customers.basis import Source, by_source
from analytics.customers.revenue import Window, lines, sold, window
from analytics.filters import Filters
from analytics.intervals import share
from analytics.question import Answers, Question
from analytics.rows import Row, frame, in_zone, number, rows, split, whole
from data.tables import Tables

COLUMNS = (
    "customer_id", "customer", "owner", "currency", "revenue", "discounts", "cost_of_goods", "goods_known", "contacts_made",
    "cases_opened", "orders_returned", "visits_cost", "cases_cost", "returns_cost", "cost_to_serve", "profit", "profit_margin", "is_unprofitable",
    "costs_counted", "turns", "contacts_affordable",
)  # fmt: skip
CURVE = (
    "cost_scenario", "currency", "place", "n_customers", "customers_share", "cumulative_profit", "profit_share",
    "curve_measure", "total_profit", "peak_share", "peak_at", "top20_share", "unprofitable", "loss_together", "profit_unknown",
    "goods_known", "costs_counted", "revenue",
)  # fmt: skip
# The kinds of cost, as `costs_counted` names them.
KINDS = ("goods", "visits", "cases", "returns")
# What all costs are multiplied by, to see what hangs on them.
SCENARIOS = {"as_given": 1.0, "lower": 2 / 3, "higher": 4 / 3}
# Unit costs are used where they are known of so much of all revenue; and of a customer's, the rest then costs as much.
LEAST_GOODS, LEAST_OF_CUSTOMER = 0.5, 0.9
BEST = 0.20
POINTS = 100


@dataclass(frozen=True)
class Costs:
    """What people say that things cost; None: nobody said. `margin` is a share of revenue, used where no unit cost is known."""

    margin: float | None = None
    visit: float | None = None
    case: float | None = None
    returned: float | None = None


@dataclass(frozen=True)
class _Known:
    """Which costs can be told: of the main currency, whose money unit costs and costs of service are in, and of others."""

    currency: str | None
    goods_known: float  # share of the main currency's revenue with unit costs
    uses_units: bool
    counted: tuple[str, ...]
    elsewhere: tuple[str, ...]

    @classmethod
    def of(cls, found: pd.DataFrame, costs: Costs) -> _Known:
        row = rows(found)[0]
        known = share(number(row["with_unit_cost"]), number(row["amount"])) or 0.0
        uses_units = known >= LEAST_GOODS
        goods = ("goods",) if uses_units or costs.margin is not None else ()
        service = {
            "visits": (costs.visit, row["touches"]),
            "cases": (costs.case, row["cases"]),
            "returns": (costs.returned, row["order_lines"]),
        }
        counted = [name for name, (cost, seen) in service.items() if cost is not None and whole(seen)]
        elsewhere = ("goods",) if costs.margin is not None else ()
        return cls(row["currency"], known, uses_units, (*goods, *counted), elsewhere if not counted else ())


def customer_profit(
    tables: Tables, filters: Filters, costs: Costs = Costs(), most: int | None = None, only_unprofitable: bool = False
) -> Question:
    """A row a customer that bought or returned something in the period (by default the twelve months to the as-of date) and
    currency, those that cost most first. Columns: `COLUMNS`.

    profit = revenue - cost_of_goods - cost_to_serve, of those costs that are known (`costs_counted`); a cost nobody gave is not counted
    and not 0, and a customer whose goods' costs are known for less than 90% of its revenue has no profit. revenue is after
    discounts and net of returns; `discounts` is what was given below list prices. Costs of service are in the main
    currency: with them, other currencies have no profit. `turns` says what alone would end a loss: discounts, visits, cases,
    returns; `reconsider` where none would. Several owners are written as the data has them.
    """

    def asked(found: ir.Table, known: _Known) -> dict[str, ir.Table]:
        if only_unprofitable:
            found = found.filter(_.profit < 0)
        found = found.order_by(_.profit.asc(nulls_first=False), _.revenue.asc(), "customer_id", "currency")
        return {"rows": found if most is None else found.limit(most)}

    return _question(tables, filters, costs, asked, _customer_rows)


def whale_curve(tables: Tables, filters: Filters, costs: Costs = Costs()) -> Question:
    """The cumulative profit of customers, the best first: 101 points a currency and scenario at most. Columns: `CURVE`.

    Scenarios: as_given, and all costs a third lower and a third higher. Without any known cost the measure is the revenue, and
    there is one scenario. `profit_share` is of the whole profit (None where that is not above 0), `peak_share` where the curve is highest,
    after `peak_at` of the customers; `top20_share` what the best fifth brings. Customers without a known profit are in `profit_unknown`.
    """
    return _question(tables, filters, costs, _curve_asks, _curve_rows)


def _question(
    tables: Tables,
    filters: Filters,
    costs: Costs,
    asks: Callable[[ir.Table, _Known], dict[str, ir.Table]],
    finish: Callable[[Answers, _Known, Costs], pd.DataFrame],
) -> Question:
    def build(source: Source) -> Question:
        def more(answers: Answers) -> dict[str, ir.Table]:
            known = _Known.of(answers["known"], costs)
            return asks(_each(tables, filters, source, costs, known), known)

        return Question(
            {"known": _what_is_known(tables, filters, source)},
            lambda answers: finish(answers, _Known.of(answers["known"], costs), costs),
            (more,),
        )

    return by_source(tables, filters, build)


# expressions


def _what_is_known(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """One row: the main currency, how much of its revenue has unit costs, and whether there are any contacts, cases, orders."""
    of = window(filters)
    every = _priced(lines(tables, filters, source, of), tables)
    commonest = every.agg(currency=_.currency.mode())
    every = every.cross_join(commonest.select(main="currency"))
    every = every.filter(_.currency.identical_to(_.main))
    found = every.agg(
        currency=_.main.max(), amount=_.amount.abs().sum(), with_unit_cost=_.amount.abs().sum(where=_.has_unit_cost),
    )  # fmt: skip
    found = found.mutate(order_lines=ibis.literal(int(source.basis == "orders")))
    touches = _touches(tables, filters, of).agg(touches=_.count())
    cases = _cases(tables, filters, of).agg(cases=_.count())
    return found.cross_join(touches).cross_join(cases)


def _priced(sold_lines: ir.Table, tables: Tables) -> ir.Table:
    """Lines with `unit_cost` and `list_price` of their product, and `has_unit_cost` where the cost of the line is known."""
    prices = tables.products.filter(_.product_id.notnull()).group_by(priced_id=_.product_id).agg(
        unit_cost=_.unit_cost.max(), list_price=_.list_price.max()
    )  # fmt: skip
    found = sold_lines.left_join(prices, [("product_id", "priced_id")]).drop("priced_id")
    return found.mutate(has_unit_cost=_.unit_cost.notnull() & _.quantity.notnull() & _.amount.notnull())


def _touches(tables: Tables, filters: Filters, of: Window) -> ir.Table:
    touches = contacts.touches(tables, filters)
    return touches.filter(touches.day >= ibis.date(of.since), touches.day <= ibis.date(of.until))


def _cases(tables: Tables, filters: Filters, of: Window) -> ir.Table:
    opened = tables.cases.filter(_.customer_id.notnull(), _.opened_at < ibis.timestamp(filters.now))
    opened = opened.mutate(day=in_zone(opened.opened_at, filters.time_zone).date())
    return opened.filter(_.day >= ibis.date(of.since), _.day <= ibis.date(of.until))


def _each(tables: Tables, filters: Filters, source: Source, costs: Costs, known: _Known) -> ir.Table:
    """One row a customer and currency with revenue, costs and profit; what is not known is null."""
    of = window(filters)
    nothing = ibis.null("float64")
    every = _priced(sold(tables, filters, source, of).filter(_.customer_id.notnull()), tables)
    main = ibis.null("string") if known.currency is None else ibis.literal(known.currency)
    every = every.mutate(is_main=_.currency.identical_to(main))
    units = (
        (every.has_unit_cost & every.is_main).ifelse(every.quantity * every.unit_cost, nothing)
        if known.uses_units
        else nothing
    )
    every = every.mutate(
        goods=units if costs.margin is None else ibis.coalesce(units, every.amount * (1 - costs.margin))
    )
    below = (every.is_main & (every.quantity > 0) & every.list_price.notnull() & every.amount.notnull()).ifelse(
        ibis.greatest(every.list_price * every.quantity - every.amount, 0.0), nothing
    )
    every = every.mutate(below=below)
    is_return = every.amount < 0
    summed = every.group_by("customer_id", "currency").agg(
        customer=_.name.max(), owner=_.owner.max(), is_main=_.is_main.max(), revenue=_.amount.sum(), discounts=_.below.sum(),
        goods=_.goods.sum(), size=_.amount.abs().sum(), known_size=_.amount.abs().sum(where=_.goods.notnull()),
        known_revenue=_.amount.sum(where=_.goods.notnull()),
        orders_returned=every.order_id.nunique(where=is_return) + (is_return & every.order_id.isnull()).sum(),
    )  # fmt: skip
    summed = summed.filter(_.revenue.notnull())
    visits = _touches(tables, filters, of).group_by(met=_.customer_id).agg(contacts_made=_.count())
    cases = _cases(tables, filters, of).group_by(asked=_.customer_id).agg(cases_opened=_.count())
    summed = summed.left_join(visits, [("customer_id", "met")]).left_join(cases, [("customer_id", "asked")])
    summed = summed.drop("met", "asked").mutate(
        contacts_made=_.contacts_made.fill_null(0), cases_opened=_.cases_opened.fill_null(0)
    )
    goods_known = summed.known_size / summed.size.nullif(0.0)
    whole_goods = (summed.known_revenue > 0).ifelse(
        summed.goods * summed.revenue / summed.known_revenue.nullif(0.0), summed.goods
    )
    told = summed.mutate(
        goods_known=goods_known.fill_null(0.0),
        cost_of_goods=((goods_known >= LEAST_OF_CUSTOMER) | (summed.size == 0)).ifelse(whole_goods, nothing),
        **{
            f"{kind}_cost": summed.is_main.ifelse(summed[column] * cost, nothing) if kind in known.counted else nothing
            for kind, column, cost in (
                ("visits", "contacts_made", costs.visit), ("cases", "cases_opened", costs.case),
                ("returns", "orders_returned", costs.returned),
            )
        },
    )  # fmt: skip
    service = [told[f"{kind}_cost"] for kind in KINDS[1:] if kind in known.counted]
    told = told.mutate(cost_to_serve=sum(service[1:], service[0]) if service else nothing)
    parts = [
        told[name]
        for name, is_in in (("cost_of_goods", "goods" in known.counted), ("cost_to_serve", bool(service)))
        if is_in
    ]
    told = told.mutate(cost=sum(parts[1:], parts[0]) if parts else nothing)
    # Where the cost of goods is not known of anybody, profit is what is left of the others.
    return told.mutate(profit=told.revenue - told.cost)


# rows


def _customer_rows(answers: Answers, known: _Known, costs: Costs) -> pd.DataFrame:
    found = rows(answers["rows"])
    for row in found:
        profit = row["profit"]
        row["costs_counted"] = ", ".join(known.counted if row["is_main"] else known.elsewhere)
        row["is_unprofitable"] = None if profit is None else profit < 0
        row["profit_margin"] = None if profit is None or row["revenue"] <= 0 else profit / row["revenue"]
        row["turns"] = _turns(row) if profit is not None and profit < 0 else []
        if "visits" in row["turns"] and costs.visit:
            row["contacts_affordable"] = math.floor((profit + row["visits_cost"]) / costs.visit + 1e-9)
    return frame(found, COLUMNS)


def _turns(row: Row) -> list[str]:
    """What alone would end the loss."""
    saved = {"discounts": row["discounts"]} | {kind: row[f"{kind}_cost"] for kind in KINDS[1:]}
    found = [name for name, money in saved.items() if money is not None and row["profit"] + money >= 0]
    return found or ["reconsider"]


def _curve_asks(each: ir.Table, known: _Known) -> dict[str, ir.Table]:
    return {"customers": each.select("customer_id", "currency", "revenue", "cost").order_by("currency", "customer_id")}


def _curve_rows(answers: Answers, known: _Known, costs: Costs) -> pd.DataFrame:
    is_profit = bool(known.counted or known.elsewhere)
    found: list[Row] = []
    for name, factor in SCENARIOS.items() if is_profit else (("as_given", 1.0),):
        parts = split(answers["customers"], ["currency"])
        for (currency,), part in sorted(parts.items(), key=lambda item: (-len(item[1]), str(item[0]))):
            is_main = currency == known.currency
            revenue = part["revenue"].to_numpy(dtype=float)
            profit = revenue - part["cost"].to_numpy(dtype=float) * factor if is_profit else revenue
            shared = {
                "cost_scenario": name, "curve_measure": "profit" if is_profit else "revenue", "currency": currency, "revenue": float(revenue.sum()),
                "goods_known": known.goods_known if is_main else None, "profit_unknown": int(np.isnan(profit).sum()),
                "costs_counted": ", ".join(known.counted if is_main else known.elsewhere),
            }  # fmt: skip
            found += [shared | point for point in _curve(profit[~np.isnan(profit)])]
    return frame(found, CURVE)


def _curve(profit: NDArray[np.float64]) -> list[Row]:
    """The cumulative profit at each hundredth of the customers, the best first, and what holds for the whole of it."""
    n = len(profit)
    if not n:
        return []
    best_first = -np.sort(-profit)
    up_to = np.concatenate([[0.0], np.cumsum(best_first)])
    # The first customer at or after each hundredth.
    places = np.unique(np.ceil(np.arange(POINTS + 1) * n / POINTS).astype(int))
    gains, loss = best_first[best_first > 0], best_first[best_first < 0]
    total = float(gains.sum() + loss.sum())
    told: Row = {"n_customers": n, "total_profit": total, "unprofitable": len(loss), "loss_together": float(loss.sum())}
    if total > 0:
        told |= {"peak_share": float(gains.sum()) / total, "peak_at": len(gains) / n}
        told["top20_share"] = float(up_to[math.ceil(BEST * n)]) / total
    return [
        told
        | {"place": place, "customers_share": place / n, "cumulative_profit": float(up_to[place])}
        | {"profit_share": float(up_to[place]) / total if total > 0 else None}
        for place in places.tolist()
    ]
