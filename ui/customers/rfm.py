"""How lately, how often and for how much customers bought, and what to do about each kind."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.members import members
from analytics.customers.rfm_segments import rfm, rfm_cells
from analytics.customers.scores import RFM_SEGMENTS
from ui import session, tables, words
from ui.charts.rfm import LEAST_SHOWN, grid_figure, segments_figure
from ui.customers import guard
from ui.customers.lifecycle_list import member_line, member_table, money_of, show_customers
from ui.customers.lifecycle_words import segment_words
from ui.locale import Locale
from ui.parts import Piece, chart, drawn, heading, note, nothing, paper, rich, section, table, told, under_chart

MEANS = ("rfm_segment", "revenue_12m", "median_days_since", "mean_purchases", "value_at_risk")
CELL_MEANS = ("recency_score", "frequency_score", "customers", "revenue_12m")
Cell = tuple[int, int]


def show() -> None:
    """The view: the segments by money with what to do, the grid of scores, and the customers of what was clicked."""
    title = session.locale()._("Customers")
    if not guard.is_ready(title) or not guard.are_any(title):
        return
    segments = session.answer(rfm, margin=session.customer_settings().margin)
    if segments.empty:
        _without_purchases(title)
        return
    cells = session.answer(rfm_cells)
    segment, cell = _picked(segments, cells)
    drawn(_heading, segments)
    with st.container(border=True, key="card_rfm_segments"):
        drawn(_segments, segments, segment, _key("segments"))
    with st.container(border=True, key="card_rfm_grid"):
        drawn(_grid, cells, cell, _key("grid"))
    with st.container(border=True, key="card_rfm_members"):
        _members(segments, segment, cell)


def _without_purchases(title: str) -> None:
    _ = session.locale()._
    heading(title, _("**Nobody here bought on days that are known**, so there is nothing to rank."))
    with st.container(border=True, key="card_nothing_rfm"):
        nothing(
            "grid_off",
            _("RFM ranks purchases"),
            _(
                "It asks how lately, how often and for how much somebody bought; a contract runs whether or not anybody buys."
            ),
            [_("Add an export of orders or invoices, with customer, date and amount.")],
        )


# what was clicked


def _key(name: str) -> str:
    return f"rfm_{name}_{session.get('rfm_round', 0)}"


def _pick(name: str) -> None:
    """Take the clicked bar or cell as what is listed; the other is let go."""
    points = (session.get(_key(name)) or {}).get("selection", {}).get("points", [])
    found = (points[0].get("customdata") or []) if points else []
    if name == "segments" and found:
        session.put("rfm_segment", found[0])
        session.put("rfm_cell", None)
    elif len(found) == 3:
        session.put("rfm_cell", (int(found[1]), int(found[2])))


def _next_round() -> None:
    """Let go of the cell; a new key makes the charts forget what was clicked."""
    session.put("rfm_cell", None)
    session.put("rfm_round", session.get("rfm_round", 0) + 1)


def _picked(segments: pd.DataFrame, cells: pd.DataFrame) -> tuple[str, Cell | None]:
    known = list(segments.loc[segments["customers"] > 0, "rfm_segment"])
    segment = session.get("rfm_segment")
    if segment not in known:
        first = next((name for name in ("cannot_lose", "at_risk", "champions") if name in known), known[0])
        session.put("rfm_segment", first)
        segment = first
    cell = session.get("rfm_cell")
    there = {(int(row.recency_score), int(row.frequency_score)) for row in cells.itertuples()}
    return str(segment), tuple(cell) if cell and tuple(cell) in there else None


# the sentence


@told
def _heading(segments: pd.DataFrame) -> Iterator[Piece]:
    _ = session.locale()._
    caution = _(
        "RFM sorts customers by what they did; it is no forecast. Its recency is the days since the last purchase, not the recency of the purchase models."
    )
    yield partial(heading, _("Customers"), finding(segments), caution)


def of(segments: pd.DataFrame, *names: str) -> pd.DataFrame:
    return segments[segments["rfm_segment"].isin(names)]


def finding(segments: pd.DataFrame) -> str:
    """Who brings the money, and how many good customers have gone quiet."""
    locale = session.locale()
    _ = locale._
    everyone = int(segments["customers"].sum())
    best, quiet = of(segments, "champions", "loyal"), of(segments, "cannot_lose", "at_risk")
    n, gone = int(best["customers"].sum()), int(quiet["customers"].sum())
    one_currency = segments["currency"].nunique() <= 1
    whole = float(segments["revenue_12m"].sum())
    of_all = locale.n_("{n} customer", "{n} customers", everyone)
    if one_currency and whole > 0 and n >= LEAST_SHOWN:
        first = _("**{n} champions and loyal customers of {all} bring {share} of the year's revenue.**").format(
            n=locale.count(n), all=of_all, share=locale.share(float(best["revenue_12m"].sum()) / whole)
        )
    else:
        first = _("**{n} of {all} are champions or loyal.**").format(n=locale.count(n), all=of_all)
    if not gone:
        return first + " " + _("None who bought often has gone quiet.")
    return first + " " + locale.n_(
        "{n} who bought often has gone quiet.", "{n} who bought often have gone quiet.", gone
    )  # fmt: skip


# the segments


def in_order(segments: pd.DataFrame) -> pd.DataFrame:
    """A row a segment that somebody is in, of the currency most customers have, most money first."""
    main = segments.groupby("currency", dropna=True)["customers"].sum()
    own = segments if main.empty else segments[segments["currency"] == main.idxmax()]
    own = own[own["customers"] > 0]
    for name in ("revenue_12m", "value_at_risk", "value"):
        own = own.assign(**{name: pd.to_numeric(own[name])})
    return own.sort_values(["revenue_12m", "customers"], ascending=False, kind="stable").reset_index(drop=True)


@told
def _segments(segments: pd.DataFrame, picked: str, chart_key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    names = segment_words(locale)
    shown = in_order(segments)
    top = shown.iloc[0]
    currency = top["currency"] if isinstance(top["currency"], str) else None
    if top["revenue_12m"] and top["customers"] >= LEAST_SHOWN:
        sentence = _("{segment} bring most: {money} in 12 months from {customers}.").format(
            segment=names[top["rfm_segment"]][0], money=locale.money(top["revenue_12m"], currency),
            customers=locale.n_("{n} customer", "{n} customers", int(top["customers"])),
        )  # fmt: skip
    else:
        sentence = _("{segment} are the most: {customers}.").format(
            segment=names[top["rfm_segment"]][0],
            customers=locale.n_("{n} customer", "{n} customers", int(top["customers"])),
        )
    if segments["currency"].nunique() > 1 and currency:
        sentence += " " + _("In {currency} only: amounts of several currencies do not add up.").format(
            currency=currency
        )
    sentence += " " + _("Click a bar to list its customers.")
    yield partial(section, _("Segments by money"), sentence)
    labels = [names[name][0] for name in shown["rfm_segment"]]
    figure = segments_figure(shown, labels, look)
    in_words = ", ".join(f"{label} {locale.count(n)}" for label, n in zip(labels, shown["customers"], strict=True))
    alt = _("Customers by RFM segment: {segments}.").format(segments=in_words)
    yield partial(chart, figure, chart_key, alt, wide=True, on_select=partial(_pick, "segments"))
    yield partial(_what_to_do, shown, picked)
    rows, kinds = segments_table(segments, locale)
    means = words.meanings(*MEANS, of="rfm")
    stands_on = " · ".join([
        locale.n_("{n} customer who ever bought", "{n} customers who ever bought", int(segments["customers"].sum())),
        session.as_of_words(),
        _("fifths by rank among all customers of the workspace"),
    ])  # fmt: skip
    what = paper("rfm_segments", _("RFM segments"), rows, kinds, meanings=means, basis=stands_on)
    asked = session.asked(rfm, margin=session.customer_settings().margin)
    yield partial(under_chart, what, asked, means, stands_on, picture=f"wide_{chart_key}")


def _what_to_do(shown: pd.DataFrame, picked: str) -> None:
    """What each segment asks for, in the order of the bars."""
    locale = session.locale()
    _ = locale._
    names = segment_words(locale)
    lines = [
        [
            f"<b>{rich(names[row.rfm_segment][0])}</b>",
            rich(names[row.rfm_segment][1]),
            rich(locale.days(row.median_days_since, 0)),
            f"{row.mean_purchases:.1f}",
        ]
        for row in shown.itertuples()
    ]
    heads = [_("Segment"), _("What to do"), _("Last purchase"), _("Purchases")]
    table(heads, lines, caption=_("What to do about each segment"), numbers=(2, 3))


def segments_table(segments: pd.DataFrame, locale: Locale) -> tables.Table:
    _ = locale._
    names = segment_words(locale)
    few = segments["customers"] < LEAST_SHOWN
    hidden = ("revenue_12m", "value", "value_at_risk", "median_days_since", "mean_purchases")
    said = segments.assign(
        name=[names[name][0] for name in segments["rfm_segment"]],
        todo=[names[name][1] for name in segments["rfm_segment"]],
        **{name: pd.to_numeric(segments[name]).mask(few) for name in hidden},
    )
    return tables.columns(
        said,
        [
            ("name", _("Segment"), "text"),
            ("customers", _("Customers"), "count"),
            ("share_of_customers", _("Share"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("median_days_since", _("Days since last purchase, median"), "days"),
            ("mean_purchases", _("Purchases, average"), "days"),
            ("value", _("Value"), "money"),
            ("value_at_risk", _("Value at risk"), "money"),
            ("currency", _("Currency"), "text"),
            ("todo", _("What to do"), "text"),
        ],
    )


# the grid


@told
def _grid(cells: pd.DataFrame, picked: Cell | None, chart_key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    made = []
    for (recency, frequency), part in cells.groupby(["recency_score", "frequency_score"]):
        made.append({
            "recency_score": int(recency), "frequency_score": int(frequency), "customers": int(part["customers"].sum()),
            "money": money_of(part, "revenue_12m", locale) if part["currency"].nunique() <= 1 else "",
        })  # fmt: skip
    shown = pd.DataFrame(made)
    top = shown.loc[shown["customers"].idxmax()]
    everyone = int(shown["customers"].sum())
    sentence = _(
        "Most customers in one cell: {n}, {share} of all, with recency {recency} and frequency {frequency}. In each cell their number and what they brought in 12 months. Click one to list its customers."
    ).format(
        n=locale.count(top["customers"]), share=locale.share(top["customers"] / everyone),
        recency=top["recency_score"], frequency=top["frequency_score"],
    )  # fmt: skip
    yield partial(section, _("How lately and how often"), sentence)
    alt = _("Customers by scores of recency, down, and frequency, across.")
    figure = grid_figure(shown, look, picked=picked)
    yield partial(chart, figure, chart_key, alt, wide=True, on_select=partial(_pick, "grid"))
    few = cells["customers"] < LEAST_SHOWN
    rows, kinds = tables.columns(
        cells.assign(**{name: pd.to_numeric(cells[name]).mask(few) for name in ("revenue_12m", "revenue_all")}),
        [
            ("recency_score", _("Recency"), "count"),
            ("frequency_score", _("Frequency"), "count"),
            ("customers", _("Customers"), "count"),
            ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("revenue_all", _("Revenue, all years"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )
    means = words.meanings(*CELL_MEANS, of="rfm_cells")
    stands_on = " · ".join([
        locale.n_("{n} customer who ever bought", "{n} customers who ever bought", everyone),
        _("5 is the best fifth"),
        _("no money under 10 customers"),
    ])  # fmt: skip
    what = paper("rfm_cells", _("RFM grid"), rows, kinds, meanings=means, basis=stands_on)
    yield partial(under_chart, what, session.asked(rfm_cells), means, stands_on, picture=f"wide_{chart_key}")


# whom


def _members(segments: pd.DataFrame, segment: str, cell: Cell | None) -> None:
    locale = session.locale()
    _ = locale._
    names = segment_words(locale)
    counts = segments.groupby("rfm_segment")["customers"].sum().to_dict()
    offered = [name for name in RFM_SEGMENTS if counts.get(name)]
    st.selectbox(
        _("Segment"), offered, key="rfm_segment", persist_state="session", width=320, on_change=_next_round,
        format_func=lambda name: f"{names[name][0]} · {locale.count(counts[name])}",
    )  # fmt: skip
    chosen: dict[str, Any] = {"cell": cell} if cell else {"segment": segment}
    query = session.expression(members, margin=session.customer_settings().margin, **chosen)
    if cell:
        title = _("Recency {recency}, frequency {frequency}").format(recency=cell[0], frequency=cell[1])
        note(_("A cell of the grid is listed; choose a segment to list that instead."))
        show_customers(query, "rfm_members", title, _("Those with most at risk first."), member_line, member_table)
        return
    name, todo = names[segment]
    show_customers(query, "rfm_members", name, todo, member_line, member_table)
