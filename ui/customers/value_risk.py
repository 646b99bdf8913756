"""Which customers are worth most, which may leave, and what is at risk with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.scores import told as said_in_report
from analytics.customers.value_risk import Lines, Part, customers_listed, limits_of
from analytics.customers.value_risk_cells import quadrant_cells
from analytics.customers.value_risk_totals import value_at_risk
from analytics.rows import rows
from ui import session, tables, words
from ui.charts.quadrant import Drawn, quadrant_figure, quadrant_words
from ui.customers import guard
from ui.customers.value_risk_lines import show_lines
from ui.customers.value_risk_list import show_list
from ui.customers.value_risk_lost import show_lost
from ui.customers.value_risk_words import LEAST, between, finding, lines_of_workspace, remark
from ui.parts import (
    Piece,
    chart,
    drawn,
    figure_card,
    heading,
    legend,
    nothing,
    paper,
    plain,
    section,
    told,
    under_chart,
)

NAMED = 12
MEANS = ("value_at_risk", "risk", "quadrant", "uncertain", "value_limit", "risk_limit")


def show() -> None:
    """The view: what is at risk, the quadrant with the list beside it, and who is lost already."""
    title = session.locale()._("Customers")
    if not guard.is_ready(title) or not guard.are_any(title):
        return
    lines = lines_of_workspace()
    totals = session.answer(value_at_risk, lines=lines)
    wholes = totals[totals["quadrant"].isna()]
    if not wholes["customers"].sum():
        _without_value(title, wholes)
        for row in rows(wholes):
            show_lost(row, lines, row["currency"] or "")
        return
    valued = wholes[wholes["customers"] > 0]
    codes = [code if isinstance(code, str) else "" for code in valued["currency"]]
    asked = session.get("value_risk_currency")
    currency = asked if asked in codes else codes[0]
    whole = rows(valued)[codes.index(currency)]
    named = session.answer(customers_listed, lines=lines, part=Part(currency), most=NAMED)
    drawn(_heading, title, whole, named, len(codes))
    if whole["customers"] >= LEAST:
        drawn(_cards, whole, currency)
    counts = {row["quadrant"]: int(row["customers"]) for row in rows(_of(totals, currency)) if row["quadrant"]}
    is_main = _main_currency() == currency
    cells = session.answer(quadrant_cells, lines=lines, currency=currency)
    left, right = st.columns([1.55, 1], gap="small")
    with left, st.container(border=True, key="card_quadrant", height="stretch"):
        _chart_card(whole, cells, named, codes, currency, lines, is_main)
    with right:
        show_list(lines, currency, counts, _picked(cells))
    show_lost(whole, lines, currency)


def _main_currency() -> str:
    """The currency of most customers of the workspace: the one a value line is drawn in."""
    return str(session.kept(_main_currency_found))


def _main_currency_found() -> str:
    found = session.run(limits_of(session.filters()))
    ordered = found.sort_values(["currency_customers", "of_currency"], ascending=[False, True])
    return str(ordered["of_currency"].iloc[0]) if len(ordered) else ""


def _of(totals: pd.DataFrame, currency: str) -> pd.DataFrame:
    return totals[totals["currency"].isna()] if not currency else totals[totals["currency"] == currency]


# nobody with a value


def _without_value(title: str, wholes: pd.DataFrame) -> None:
    locale = session.locale()
    _ = locale._
    lost = int(wholes["lost_customers"].sum())
    never, without = (int(wholes[name].max()) for name in ("potential_customers", "unvalued_customers"))
    if without:
        heading(title, locale.n_("**Of {n} customer no value can be told.**", "**Of {n} customers no value can be told.**", without))  # fmt: skip
        why = said_in_report(session.report().get("refused"))
        _nothing(
            _("No model tells of them"), locale.say(why) if why is not None else _("Their purchases have no amounts.")
        )
    elif lost:
        heading(
            title,
            locale.n_("**The only customer here is lost.**", "**All {n} customers here are lost.**", lost),
            _("Nothing is left to be saved, so nothing is at risk."),
        )
    else:
        heading(
            title, locale.n_("**{n} customer, and no purchase yet.**", "**{n} customers, and no purchase yet.**", never)
        )
        _nothing(_("Nobody here has bought"), _("Value and risk follow from what customers bought and when."))


def _nothing(what: str, why: str) -> None:
    with st.container(border=True, key="card_nothing_value"):
        nothing("groups", what, why)


# the sentence and the figures


@told
def _heading(title: str, whole: dict[str, Any], first: pd.DataFrame, currencies: int) -> Iterator[Piece]:
    yield partial(heading, title, finding(whole, first), remark(whole, currencies))


@told
def _cards(whole: dict[str, Any], currency: str) -> Iterator[Piece]:
    yield partial(_figures, whole, currency)


def _figures(whole: Mapping[str, Any], currency: str) -> None:
    locale = session.locale()
    _ = locale._
    kept = session.customer_settings()
    months = locale.n_("{n} month", "{n} months", kept.horizon_months)
    n = locale.n_("{n} customer", "{n} customers", int(whole["customers"]))
    kind = _("revenue") if kept.margin is None else _("profit")
    sure = _("80%: {between}")
    means = dict(zip(MEANS, words.meanings(*MEANS), strict=True))
    with st.grid(4, min_column_width=220, gap="small"):
        figure_card(
            "value_if_stay", _("Value if all stay"), months, locale.money(whole["value"], currency or None),
            _("no interval: a sum, not a forecast"), f"{n} · {kind}", meaning=words.meanings("value")[0],
        )  # fmt: skip
        figure_card(
            "value_expected", _("Expected"), f"{kind} · {months}", locale.money(whole["expected"], currency or None),
            sure.format(between=between(whole["expected_low"], whole["expected_high"], currency)),
            _("with some of them leaving"), meaning=words.meanings("expected")[0]._replace(label=_("Expected"), formula=""),
        )  # fmt: skip
        figure_card(
            "value_at_risk", _("Value at risk"), months, locale.money(whole["value_at_risk"], currency or None),
            sure.format(between=between(whole["value_at_risk_low"], whole["value_at_risk_high"], currency)),
            _("{share} of the value").format(share=locale.share(whole["at_risk_share"])), meaning=means["value_at_risk"],
        )  # fmt: skip
        is_dated = whole["lost_12m"] is not None
        brought = _("over two years they brought {money}").format(
            money=locale.money(whole["lost_revenue"], currency or None)
        )
        figure_card(
            "customers_lost", _("Lost customers"), _("last 12 months") if is_dated else _("in all"),
            locale.count(whole["lost_12m"] if is_dated else whole["lost_customers"]), _("a count, by the rule of who is lost"),
            brought if whole["lost_12m"] else _("not counted as savable") if is_dated else _("nothing says when they left"),
            meaning=words.meanings("lost_12m")[0],
        )  # fmt: skip


# the quadrant


def _chart_key() -> str:
    return f"quadrant_{session.get('value_risk_round', 0)}_{session.get('value_risk_tool') or 'box'}"


def _chart_card(
    whole: dict[str, Any], cells: pd.DataFrame, named: pd.DataFrame, codes: list[str], currency: str, lines: Lines, is_main: bool
) -> None:  # fmt: skip
    _ = session.locale()._
    tool = session.get("value_risk_tool") or "box"
    with st.container(horizontal=True, vertical_alignment="top", horizontal_alignment="distribute", gap="small"):
        drawn(_chart_title, whole, named, currency)
        with st.container(
            horizontal=True, width="content", gap="xsmall", vertical_alignment="center", key="switches_quadrant"
        ):
            if len(codes) > 1:
                st.selectbox(
                    _("Currency"), codes, key="value_risk_currency", label_visibility="collapsed", width=110,
                    persist_state="session", format_func=lambda code: code or _("without a currency"),
                )  # fmt: skip
            show_lines(whole, is_main=is_main)
            st.page_link("../pages/settings.py", label=_("Horizon and margin"), icon=":material/tune:")
            st.segmented_control(
                _("Choose by"), ["box", "lasso"], default="box", required=True, key="value_risk_tool",
                format_func=lambda name: {"box": ":material/select:", "lasso": ":material/lasso_select:"}[name],
                label_visibility="collapsed", persist_state="session", width="content",
                help=_("Drag over the chart to list the customers inside a box, or inside a line you draw."),
            )  # fmt: skip
    drawn(_chart, whole, cells, named, currency, lines, tool, _chart_key(), is_main)


@told
def _chart_title(whole: dict[str, Any], named: pd.DataFrame, currency: str) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    first = rows(named)
    parts = []
    if first:
        parts.append(
            _("{customer} has most at risk: {money} of {value}.").format(
                customer=plain(first[0]["customer"]), money=locale.money(first[0]["value_at_risk"], currency or None),
                value=locale.money(first[0]["value"], currency or None),
            )
        )  # fmt: skip
    parts.append(_("Drag over the chart, or click a dot, to list the customers there."))
    yield partial(section, _("Value and risk"), " ".join(parts))


@told
def _chart(
    whole: dict[str, Any], cells: pd.DataFrame, named: pd.DataFrame, currency: str, lines: Lines, tool: str, key: str, is_main: bool
) -> Iterator[Piece]:  # fmt: skip
    locale, look = session.locale(), session.look()
    _ = locale._
    kept = session.customer_settings()
    colors, names = look.colors, quadrant_words(locale)
    yield partial(
        legend,
        [
            (colors.neutral, _("a dot: customers of about the same value and risk")),
            (
                "hollow:" + colors.neutral,
                _("named, hollow: quadrant uncertain; size: revenue of 12 months; lines: 80%"),
            ),
        ],
    )
    is_value_drawn = kept.value_limit is not None and is_main
    at = Drawn(
        whole["value_limit"], whole["risk_limit"], is_value_drawn, kept.risk_limit is not None, kept.horizon_months
    )
    money = look.locale.in_currency(currency or look.locale.currency)
    people = named[named["quadrant"].notna()]
    figure = quadrant_figure(cells, people, at, type(look)(money, look.colors, look.scale), tool=tool)
    counts = cells.groupby("quadrant")["customers"].sum()
    inside = ", ".join(f"{names[name]} {locale.count(counts[name])}" for name in names if name in counts)
    alt = _("Customers by value over the horizon and by risk of leaving, in four quadrants: {counts}.").format(
        counts=inside
    )
    yield partial(chart, figure, key, alt, wide=True, on_select=partial(_pick, key), drag=tool)  # type: ignore[arg-type]
    table, kinds = quadrants_table(session.answer(value_at_risk, lines=lines), currency)
    means = words.meanings(*MEANS, of="value_at_risk")
    basis = " · ".join((
        locale.n_("{n} customer", "{n} customers", int(whole["customers"])),
        session.as_of_words(),
        _("the {n} with most at risk have intervals").format(n=locale.count(len(people))),
    ))  # fmt: skip
    what = paper("quadrant", _("Value and risk"), table, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(quadrant_cells, lines=lines, currency=currency), means, basis, picture=f"wide_{key}")  # fmt: skip


def quadrants_table(totals: pd.DataFrame, currency: str) -> tables.Table:
    """The sums of each quadrant; of fewer than ten customers only how many they are."""
    locale = session.locale()
    _ = locale._
    names = quadrant_words(locale)
    shown = _of(totals, currency)
    hidden = [name for name in shown.columns if name in ("value", "expected", "expected_low", "expected_high", "value_at_risk", "value_at_risk_low", "value_at_risk_high", "at_risk_share", "revenue_12m")]  # fmt: skip
    shown = shown.assign(
        words=[_("All") if pd.isna(name) else names[name] for name in shown["quadrant"]],
        **{name: pd.to_numeric(shown[name]).mask(shown["customers"] < LEAST) for name in hidden},
    )
    return tables.columns_once(
        shown,
        [
            ("words", _("Quadrant"), "text"),
            ("customers", _("Customers"), "count"),
            ("value", _("Value if all stay"), "money"),
            ("expected", _("Expected"), "money"),
            ("expected_low", _("Expected, 80% from"), "money"),
            ("expected_high", _("Expected, 80% to"), "money"),
            ("value_at_risk", _("Value at risk"), "money"),
            ("value_at_risk_low", _("At risk, 80% from"), "money"),
            ("value_at_risk_high", _("At risk, 80% to"), "money"),
            ("at_risk_share", _("Share at risk"), "share"),
            ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("uncertain_customers", _("Near a line"), "count"),
            ("currency", _("Currency"), "text"),
        ],
    )


# what was chosen in it


def _pick(key: str) -> None:
    points = (session.get(key) or {}).get("selection", {}).get("points", [])
    session.put("value_risk_picked", points_chosen(points))


def points_chosen(points: list[Mapping[str, Any]]) -> tuple[tuple[tuple[int, int, str], ...], tuple[str, ...]] | None:
    """The squares and the customers behind chosen points; None where none was chosen."""
    data = [list(point.get("customdata") or ()) for point in points]
    cells = tuple((int(each[0]), int(each[1]), str(each[2])) for each in data if len(each) == 3)
    ids = tuple(str(each[0]) for each in data if len(each) == 1)
    return (cells, ids) if cells or ids else None


def _picked(cells: pd.DataFrame) -> Part | None:
    """What the reader chose in the chart, as far as it is still there."""
    found = session.get("value_risk_picked")
    if not found:
        return None
    there = set(cells[["across", "up", "quadrant"]].itertuples(index=False, name=None))
    kept = tuple(cell for cell in found[0] if cell in there)
    return Part(cells=kept, ids=found[1]) if kept or found[1] else None
