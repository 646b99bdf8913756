"""Which customers the profit comes from, which cost more than they bring, and what is not known of costs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.basis import counts, source
from analytics.customers.profit import Costs, whale_curve
from analytics.customers.revenue import window
from analytics.rows import rows
from ui import session, tables, words
from ui.charts.profit import whale_figure
from ui.customers import guard
from ui.customers.profit_inputs import show_inputs
from ui.customers.profit_list import show_list
from ui.parts import Piece, chart, drawn, heading, legend, nothing, paper, plain, section, told, under_chart

LEAST_SHOWN = 10
MEANS = (
    "profit",
    "cumulative_profit",
    "profit_share",
    "peak_share",
    "peak_at",
    "top20_share",
    "costs_counted",
    "cost_scenario",
)


def show() -> None:
    """The view: the sentence, the curve, the customers that cost more than they bring, and the costs that are known."""
    _ = session.locale()._
    title = _("Customers")
    if source(rows(session.run(counts(session.tables(), session.filters())))[0]) is None:
        guard.is_ready(title)  # says what is missing; nothing here waits for the models
        return
    if not guard.are_any(title):
        return
    costs = given()
    curve = session.answer(whale_curve, costs=costs)
    if not len(curve):
        _without_sales(title, costs)
        return
    mine = main(curve)
    drawn(_heading, curve)
    with st.container(border=True, key="card_profit_curve"):
        drawn(_curve, mine, curve, costs)
    if mine["curve_measure"].iloc[0] == "profit":
        show_list(mine, costs)
    show_inputs(mine, costs)


def given() -> Costs:
    """What the settings say that things cost."""
    kept = session.customer_settings()
    return Costs(kept.margin, kept.visit_cost, kept.case_cost, kept.return_cost)


def main(curve: pd.DataFrame) -> pd.DataFrame:
    """The rows of the first currency, that of most customers."""
    currency = curve["currency"].iloc[0]
    return curve[curve["currency"].isna() if pd.isna(currency) else curve["currency"] == currency].reset_index(
        drop=True
    )


def _without_sales(title: str, costs: Costs) -> None:
    _ = session.locale()._
    heading(
        title,
        _(
            "**No profit can be told of these customers in this time.** They bought nothing in it, or what they cost is not known."
        ),
    )
    with st.container(border=True, key="card_nothing_profit"):
        nothing(
            "savings", _("No sales with a known profit"),
            _("Profit by customer follows from sales of the twelve months to the as-of date, or of the dates chosen above."),
            [_("Choose other dates or customers,"), _("or give the cost of goods: unit costs in the file of products, or a margin in the settings.")],
        )  # fmt: skip
        st.page_link("../pages/settings.py", label=_("Settings"), icon=":material/settings:")


def shared(mine: pd.DataFrame, scenario: str) -> dict[str, Any] | None:
    """What holds for the whole curve of a scenario."""
    part = mine[mine["cost_scenario"] == scenario]
    return None if part.empty else dict(part.iloc[0])


@told
def _heading(curve: pd.DataFrame) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Customers"), finding(main(curve)), remark(curve))


def finding(mine: pd.DataFrame) -> str:
    """What the best fifth bring, and how many customers cost more than they bring."""
    locale = session.locale()
    _ = locale._
    row = shared(mine, "as_given")
    assert row is not None
    n = int(row["n_customers"])
    currency = row["currency"] if isinstance(row["currency"], str) else None
    said = {
        "share": locale.share(row["top20_share"]), "n": locale.count(n), "total": locale.money(row["total_profit"], currency),
        "bad": locale.count(row["unprofitable"]), "loss": locale.money(-row["loss_together"], currency),
    }  # fmt: skip
    if row["curve_measure"] == "revenue":
        if n < LEAST_SHOWN or pd.isna(row["top20_share"]):
            return _("**This is revenue, not profit: nothing says what customers cost.**")
        return _("**This is revenue, not profit: nothing says what customers cost.** The largest fifth of {n} customers bring {share} of it.").format(**said)  # fmt: skip
    if n < LEAST_SHOWN:
        return _(
            "**Too few customers to tell who brings the profit** ({n}): shares of fewer than 10 are not told."
        ).format(**said)
    if pd.isna(row["top20_share"]):
        return _(
            "**All customers together cost more than they bring**: {total} in all. {bad} of {n} bring a loss."
        ).format(**said)
    if not row["unprofitable"]:
        return _("**The best fifth of the customers bring {share} of the profit.** None of {n} costs more than it brings, of the costs that are known.").format(**said)  # fmt: skip
    return (
        _("**The best fifth of the customers bring {share} of the profit**; {bad} of {n} cost more than they bring, {loss} together.")
    ).format(**said)  # fmt: skip


def remark(curve: pd.DataFrame) -> str:
    """What the answer hangs on: costs a third lower or higher, and what is not counted."""
    locale = session.locale()
    _ = locale._
    mine = main(curve)
    row, low, high = (shared(mine, name) for name in ("as_given", "lower", "higher"))
    assert row is not None
    parts = []
    if (
        low is not None
        and high is not None
        and not pd.isna(high["top20_share"])
        and int(row["n_customers"]) >= LEAST_SHOWN
    ):
        parts.append(
            _("With all costs a third lower or higher, the best fifth bring {share}, and {bad} customers cost more than they bring.").format(
                share=locale.shares(*sorted((low["top20_share"], high["top20_share"]))),
                bad=locale.between(*(locale.count(each["unprofitable"]) for each in (low, high)))
                if low["unprofitable"] != high["unprofitable"]
                else locale.count(low["unprofitable"]),
            )
        )  # fmt: skip
    missing = missing_words(row)
    if missing and row["curve_measure"] == "profit":
        parts.append(
            _("Not counted, since nobody said what it costs: {missing}.").format(missing=locale.listed(missing))
        )
    if row["profit_unknown"]:
        parts.append(
            locale.n_(
                "Of {n} customer a cost is not known; it is left out.", "Of {n} customers a cost is not known; they are left out.",
                int(row["profit_unknown"]),
            )
        )  # fmt: skip
    if curve["currency"].nunique(dropna=False) > 1 and isinstance(row["currency"], str):
        parts.append(
            _("In {currency} only: amounts of several currencies do not add up.").format(
                currency=plain(row["currency"])
            )
        )
    return " ".join(parts)


def missing_words(row: dict[str, Any]) -> list[str]:
    """The costs that are not counted, in words."""
    _ = session.locale()._
    every = {"goods": _("goods"), "visits": _("contacts"), "cases": _("service cases"), "returns": _("returns")}
    return [said for name, said in every.items() if name not in row["costs_counted"]]


@told
def _curve(mine: pd.DataFrame, curve: pd.DataFrame, costs: Costs) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    row = shared(mine, "as_given")
    assert row is not None
    is_profit = row["curve_measure"] == "profit"
    title = _("Profit, customer by customer") if is_profit else _("Revenue, customer by customer")
    currency = row["currency"] if isinstance(row["currency"], str) else None
    if int(row["n_customers"]) < LEAST_SHOWN:
        yield partial(section, title, _("not enough · {n}").format(n=locale.count(row["n_customers"])))
        return
    said = {
        "total": locale.money(row["total_profit"], currency), "peak": locale.share(row["peak_share"], 1) if (row["peak_share"] or 0) < 1.1 else locale.share(row["peak_share"]),
        "at": locale.share(row["peak_at"]), "share": locale.share(row["top20_share"]), "rest": locale.count(row["unprofitable"]),
    }  # fmt: skip
    if pd.isna(row["peak_share"]):
        sentence = _(
            "The curve adds up what each customer brings, the best first; it ends below 0, at {total}."
        ).format(**said)
    elif not is_profit:
        sentence = _("The curve adds up the revenue of each customer, the largest first: the largest fifth bring {share} of {total}.").format(**said)  # fmt: skip
    elif row["unprofitable"]:
        sentence = _("The curve adds up the profit of each customer, the best first. It is highest after {at} of them, at {peak} of the profit; the other {rest} take some of it away again, down to {total}.").format(**said)  # fmt: skip
    else:
        sentence = _("The curve adds up the profit of each customer, the best first: the best fifth bring {share} of {total}.").format(**said)  # fmt: skip
    yield partial(section, title, sentence)
    if is_profit:
        yield partial(legend, [(look.colors.ribbon, _("all costs a third lower to a third higher"))])
    yield partial(chart, whale_figure(mine, look), "profit_curve", sentence, wide=True)
    shown, kinds = tables.columns(
        curve.assign(cost_scenario=curve["cost_scenario"].map(scenario_words())),
        [
            ("cost_scenario", _("Costs"), "text"),
            ("place", _("Customers, the best first"), "count"),
            ("customers_share", _("Share of customers"), "share"),
            ("cumulative_profit", _("Profit so far") if is_profit else _("Revenue so far"), "money"),
            ("profit_share", _("Share of it"), "share"),
            ("currency", _("Currency"), "text"),
        ],
    )
    means = words.meanings(*MEANS, of="whale_curve")
    parts = [locale.n_("{n} customer", "{n} customers", int(row["n_customers"])), period_words()]
    if is_profit and "goods" in row["costs_counted"]:
        parts.append(_("unit costs known for {share} of revenue").format(share=locale.share(row["goods_known"])))
    basis = " · ".join(parts)
    what = paper("profit_curve", title, shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(whale_curve, costs=costs), means, basis, picture="wide_profit_curve")


def scenario_words() -> dict[str, str]:
    """The three levels of costs."""
    _ = session.locale()._
    return {"as_given": _("as given"), "lower": _("a third lower"), "higher": _("a third higher")}


def period_words() -> str:
    """The days whose sales are counted."""
    locale = session.locale()
    of = window(session.filters())
    return locale._("{since} to {until}").format(since=locale.day(of.since), until=locale.day(of.until))
