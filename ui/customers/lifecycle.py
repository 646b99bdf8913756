"""Where customers stand on their way, how they move, and who counts as lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from analytics.customers.lifecycle_months import DATED
from analytics.customers.lifecycle_moves import NEW, lifecycle_moves, logo_churn
from analytics.customers.lifecycle_stages import lifecycle_stages
from analytics.customers.members import members
from analytics.customers.scores import LIFECYCLE
from ui import session, tables, words
from ui.charts.lifecycle import LEAST_SHOWN, flow_figure, moves_figure, stocks_figure
from ui.customers import guard
from ui.customers.lifecycle_churn import show_definitions
from ui.customers.lifecycle_list import member_line, member_table, money_of, show_customers
from ui.customers.lifecycle_words import contract_words, flow_words, stage_words
from ui.locale import Locale
from ui.parts import Piece, chart, drawn, heading, paper, section, told, under_chart

MEANS = ("customers", "share_of_customers", "revenue_12m", "value_at_risk")
# What each arrow of the picture counts: from any of these stages to any of those.
_BOUGHT = ("first_time", "core", "returned", "defecting")
FLOWS = {
    "first": ((NEW, "potential"), _BOUGHT),
    "settled": (("first_time",), ("core",)),
    "slipped": (("first_time", "core", "returned"), ("defecting",)),
    "recovered": (("defecting",), ("core", "returned")),
    "left": (_BOUGHT, ("lost",)),
    "came_back": (("lost",), _BOUGHT),
}


def show() -> None:
    """The view: the stages with the flow between them, their numbers over a year, the moves, the definitions of lost."""
    title = session.locale()._("Customers")
    if not guard.is_ready(title) or not guard.are_any(title):
        return
    margin = session.customer_settings().margin
    stages = session.answer(lifecycle_stages, margin=margin)
    is_dated = session.report()["basis"] in DATED
    moves = session.answer(lifecycle_moves) if is_dated else None
    churn = session.answer(logo_churn) if is_dated else None
    drawn(_heading, stages, moves, churn)
    with st.container(border=True, key="card_lifecycle"):
        drawn(_flow, stages, moves, session.get("lifecycle_stage"), _flow_key())
    _members(stages)
    if moves is not None and len(moves):
        with st.container(border=True, key="card_lifecycle_trend"):
            drawn(_trend, moves)
        with st.container(border=True, key="card_lifecycle_moves"):
            _moves(moves)
    show_definitions(churn)


def names_of_stages(locale: Locale) -> dict[str, tuple[str, str]]:
    is_contract = session.report()["basis"] in ("subscriptions", "tenure")
    return contract_words(locale) if is_contract else stage_words(locale)


# the sentence


@told
def _heading(stages: pd.DataFrame, moves: pd.DataFrame | None, churn: pd.DataFrame | None) -> Iterator[Piece]:
    title = session.locale()._("Customers")
    yield partial(heading, title, finding(stages, moves), remark(stages, churn))


def count_of(stages: pd.DataFrame, *names: str) -> int:
    return int(stages.loc[stages["lifecycle"].isin(names), "customers"].sum())


def finding(stages: pd.DataFrame, moves: pd.DataFrame | None) -> str:
    """How many of the customers are slipping away, with what money, and how many were lost in the last month."""
    locale = session.locale()
    _ = locale._
    bought = count_of(stages, *LIFECYCLE) - count_of(stages, "potential")
    if not bought:
        return _("**Nobody has bought yet.** All customers are potential ones.")
    there = bought - count_of(stages, "lost")
    slipping = count_of(stages, "defecting")
    of = locale.n_("{n} customer", "{n} customers", there)
    if not slipping:
        first = _("**None of {customers} is slipping away.**").format(customers=of)
    else:
        risk = money_of(stages[stages["lifecycle"] == "defecting"], "value_at_risk", locale)
        said = {"n": locale.count(slipping), "customers": of, "money": risk}
        first = (
            _("**{n} of {customers} are defecting, with {money} at risk.**")
            if risk and slipping >= LEAST_SHOWN
            else _("**{n} of {customers} are defecting.**")
        ).format(**said)
    if moves is None or not len(moves):
        return first
    last, average = flows_of(moves).get("left", (0, 0.0))
    return first + " " + _("{n} were lost in the last month; {average} a month over the year.").format(
        n=locale.count(last), average=_per_month(average, locale)
    )  # fmt: skip


def _per_month(value: float, locale: Locale) -> str:
    return locale.count(value) if value >= LEAST_SHOWN or value == round(value) else f"{value:.1f}"


def remark(stages: pd.DataFrame, churn: pd.DataFrame | None) -> str:
    """What share of customers was lost over the year, and what is not counted."""
    locale = session.locale()
    _ = locale._
    parts = []
    if churn is not None and len(churn) and churn["active_at_start"].iloc[0] >= LEAST_SHOWN:
        year = churn.iloc[0]
        parts.append(
            _("Of {customers} on {day}, {n} were lost since: {share} ({range}).").format(
                customers=locale.n_("{n} customer", "{n} customers", int(year["active_at_start"])),
                day=locale.day(date.fromisoformat(year["from_day"])), n=locale.count(year["lost_in_period"]),
                share=locale.share(year["logo_churn"]), range=locale.shares(year["low"], year["high"]),
            )
        )  # fmt: skip
    elif churn is None:
        parts.append(_("Nothing says when customers bought, so no moves can be told."))
    never = count_of(stages, "potential")
    if never:
        parts.append(
            locale.n_("{n} customer has never bought.", "{n} customers have never bought.", never)
        )  # fmt: skip
    return " ".join(parts)


# the picture


def flows_of(moves: pd.DataFrame) -> dict[str, tuple[int, float]]:
    """For each arrow, how many customers in the last month and in a month on average."""
    months = moves["month_end"].nunique()
    last = moves["month_end"].max()
    found = {}
    for name, (before, after) in FLOWS.items():
        own = moves[moves["lifecycle_before"].isin(before) & moves["lifecycle_after"].isin(after)]
        found[name] = (
            int(own.loc[own["month_end"] == last, "customers"].sum()),
            float(own["customers"].sum() / months) if months else 0.0,
        )
    return found


def _flow_key() -> str:
    return f"lifecycle_flow_{session.get('lifecycle_round', 0)}"


def _pick() -> None:
    """Take the clicked box as the stage whose customers are listed."""
    points = (session.get(_flow_key()) or {}).get("selection", {}).get("points", [])
    name = (points[0].get("customdata") or [None])[0] if points else None
    if name in LIFECYCLE:
        session.put("lifecycle_stage", name)


@told
def _flow(stages: pd.DataFrame, moves: pd.DataFrame | None, picked: str | None, chart_key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    names = names_of_stages(locale)
    shown = _boxes(stages, locale)
    flows = flows_of(moves) if moves is not None and len(moves) else {}
    if flows:
        sentence = _(
            "In the last month {slipped} slipped and {recovered} recovered, {left} were lost and {back} came back. By each arrow stands that number, and the average of a month."
        ).format(
            slipped=locale.count(flows["slipped"][0]), recovered=locale.count(flows["recovered"][0]),
            left=locale.count(flows["left"][0]), back=locale.count(flows["came_back"][0]),
        )  # fmt: skip
    else:
        largest = shown.loc[shown["customers"].idxmax()]
        sentence = _("The largest group is {stage}: {n} customers, {share} of all.").format(
            stage=names[largest["lifecycle"]][0],
            n=locale.count(largest["customers"]),
            share=locale.share(largest["share"]),
        )
    sentence += " " + _("Click a box to list its customers.")
    yield partial(section, _("The way of a customer"), sentence)
    figure = flow_figure(
        shown,
        names | {f"flow_{name}": (said, "") for name, said in flow_words(locale).items()},
        flows,
        look,
        picked=picked,
    )
    in_words = ", ".join(f"{names[row.lifecycle][0]} {locale.count(row.customers)}" for row in shown.itertuples())
    alt = _("Customers by stage: {stages}.").format(stages=in_words)
    yield partial(chart, figure, chart_key, alt, wide=True, on_select=_pick)
    rows, kinds = stages_table(stages, locale)
    means = words.meanings(*MEANS, of="lifecycle")
    stands_on = " · ".join([
        locale.n_("{n} customer", "{n} customers", int(shown["customers"].sum())),
        session.as_of_words(),
        _("the bar in a box is its share of all"),
    ])  # fmt: skip
    what = paper("lifecycle", _("Customers by stage"), rows, kinds, meanings=means, basis=stands_on)
    asked = session.asked(lifecycle_stages, margin=session.customer_settings().margin)
    yield partial(under_chart, what, asked, means, stands_on, picture=f"wide_{chart_key}")


def _boxes(stages: pd.DataFrame, locale: Locale) -> pd.DataFrame:
    """A row a stage: its customers, their share of all, and their money in words."""
    _ = locale._
    everyone = max(count_of(stages, *LIFECYCLE), 1)
    made = []
    for name in LIFECYCLE:
        own = stages[stages["lifecycle"] == name]
        n = int(own["customers"].sum())
        money = ""
        if n >= LEAST_SHOWN and name not in ("potential", "lost"):
            worth = money_of(own, "value_at_risk", locale)
            money = _("{money} at risk").format(money=worth) if worth else ""
        made.append({"lifecycle": name, "customers": n, "share": n / everyone, "money": money})
    return pd.DataFrame(made)


def stages_table(stages: pd.DataFrame, locale: Locale) -> tables.Table:
    _ = locale._
    names = names_of_stages(locale)
    few = stages["customers"] < LEAST_SHOWN
    money = ("revenue_12m", "value", "value_at_risk")
    said = stages.assign(
        stage=[names[name][0] for name in stages["lifecycle"]],
        means=[names[name][1] for name in stages["lifecycle"]],
        **{name: pd.to_numeric(stages[name]).mask(few) for name in money},
    )
    return tables.columns(
        said,
        [
            ("stage", _("Stage"), "text"),
            ("means", _("Means"), "text"),
            ("customers", _("Customers"), "count"),
            ("share_of_customers", _("Share"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("value", _("Value"), "money"),
            ("value_at_risk", _("Value at risk"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )


# whom


def _members(stages: pd.DataFrame) -> None:
    """The card: the customers of a stage."""
    locale = session.locale()
    _ = locale._
    names = names_of_stages(locale)
    offered = [
        name for name in ("defecting", "core", "first_time", "returned", "lost", "potential") if count_of(stages, name)
    ]
    if not offered:
        return
    if session.get("lifecycle_stage") not in offered:
        session.put("lifecycle_stage", offered[0])
    with st.container(border=True, key="card_lifecycle_members"):
        st.segmented_control(
            _("Stage"), offered, key="lifecycle_stage", required=True, persist_state="session", label_visibility="collapsed",
            format_func=lambda name: f"{names[name][0]} · {locale.count(count_of(stages, name))}",
        )  # fmt: skip
        stage = session.get("lifecycle_stage") or offered[0]
        own = stages[stages["lifecycle"] == stage]
        n = count_of(stages, stage)
        money = money_of(own, "value_at_risk", locale) if n >= LEAST_SHOWN else ""
        said = locale.n_("{n} customer", "{n} customers", n)
        sentence = (
            _("{customers}, {money} at risk; those with most at risk first.").format(customers=said, money=money)
            if money
            else said
        )
        query = session.expression(members, lifecycle=stage, margin=session.customer_settings().margin)
        show_customers(
            query, "lifecycle_members", f"{names[stage][0]}: {names[stage][1]}", sentence, member_line, member_table
        )


# over time


@told
def _trend(moves: pd.DataFrame) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    names = {name: said[0] for name, said in names_of_stages(locale).items()}
    stocks, ends = stocks_of(moves)
    days = [locale.day(date.fromisoformat(day)) for day in ends]
    first, last = stocks["core"].iloc[0], stocks["core"].iloc[-1]
    lost = int(stocks["lost"].iloc[-1] - stocks["lost"].iloc[0])
    sentence = _("Core customers went from {first} to {last} since {day}; {lost}.").format(
        first=locale.count(first), last=locale.count(last), day=days[0],
        lost=locale.n_("{n} more is lost", "{n} more are lost", lost) if lost >= 0
        else locale.n_("{n} fewer is lost", "{n} fewer are lost", -lost),
    )  # fmt: skip
    yield partial(section, _("Customers by stage over the year"), sentence)
    figure = stocks_figure(stocks, days, names, look)
    ends_words = ", ".join(f"{names[name]} {locale.count(stocks[name].iloc[-1])}" for name in LIFECYCLE)
    alt = _("Customers by stage over twelve months; at the end: {stages}.").format(stages=ends_words)
    yield partial(chart, figure, "lifecycle_trend", alt, wide=True)
    shown = stocks.assign(day=ends).rename(columns={"day": "month_end"})
    rows, kinds = tables.columns_once(
        shown, [("month_end", _("On"), "text"), *((name, names[name], "count") for name in LIFECYCLE)]
    )
    means = words.meanings("month_end", "lifecycle_after", of="lifecycle_moves")
    stands_on = _("as things stood on each day; each customer's own rhythm as known on {day}").format(day=days[-1])
    what = paper(
        "lifecycle_by_month", _("Customers by stage over the year"), rows, kinds, meanings=means, basis=stands_on
    )
    yield partial(under_chart, what, session.asked(lifecycle_moves), means, stands_on, picture="wide_lifecycle_trend")


def stocks_of(moves: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """How many customers stood in each stage at the beginning and at the end of each month, and the days."""
    after = moves.pivot_table(
        index="month_end", columns="lifecycle_after", values="customers", aggfunc="sum", fill_value=0
    )
    ends = list(after.index)
    first = moves[moves["month_end"] == ends[0]]
    before = first.groupby("lifecycle_before")["customers"].sum()
    start = (pd.Timestamp(ends[0]) - pd.DateOffset(months=1)).date().isoformat()
    both = pd.concat([before.to_frame(start).T, after]).reindex(columns=list(LIFECYCLE), fill_value=0)
    return both.fillna(0).astype(int), [start, *ends]


# from where to where


def _moves(moves: pd.DataFrame) -> None:
    locale = session.locale()
    _ = locale._
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        place = st.container(width="content")
        st.segmented_control(
            _("Months"), ["year", "last"], default="year", required=True, key="lifecycle_span", persist_state="session",
            format_func=lambda name: {"year": _("Average month"), "last": _("Last month")}[name], label_visibility="collapsed",
        )  # fmt: skip
    is_last = session.get("lifecycle_span") == "last"
    with place:
        drawn(_moves_title, moves, is_last)
    drawn(_matrix, moves, is_last)


@told
def _moves_title(moves: pd.DataFrame, is_last: bool) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    own = _of_span(moves, is_last)
    stayed = own[own["lifecycle_before"].eq("defecting")]
    whole = int(stayed["customers"].sum())
    sentence = _(
        "Each row is a stage at the beginning of a month: where its customers were at the end, and how many that is a month."
    )
    if whole >= LEAST_SHOWN:
        back = int(stayed.loc[stayed["lifecycle_after"].isin(("core", "returned")), "customers"].sum())
        lost = int(stayed.loc[stayed["lifecycle_after"] == "lost", "customers"].sum())
        sentence = _("Of defecting customers {back} recover within a month and {lost} are lost.").format(
            back=locale.share(back / whole), lost=locale.share(lost / whole)
        ) + " " + sentence  # fmt: skip
    yield partial(section, _("Who moves where in a month"), sentence)


def _of_span(moves: pd.DataFrame, is_last: bool) -> pd.DataFrame:
    return moves[moves["month_end"] == moves["month_end"].max()] if is_last else moves


@told
def _matrix(moves: pd.DataFrame, is_last: bool) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    own = _of_span(moves, is_last)
    months = own["month_end"].nunique()
    names = {NEW: _("Newly known")} | {name: said[0] for name, said in names_of_stages(locale).items()}
    cells = own.rename(columns={"lifecycle_before": "before", "lifecycle_after": "after"})
    figure = moves_figure(cells, names, look, months=months)
    alt = _("Moves of customers between the stages of their lifecycle, as shares of each stage.")
    key = "lifecycle_moves_last" if is_last else "lifecycle_moves_year"
    yield partial(chart, figure, key, alt, wide=True)
    rows, kinds = moves_table(own, locale)
    means = words.meanings("lifecycle_before", "lifecycle_after", "customers", "revenue_moved", of="lifecycle_moves")
    ends = sorted(own["month_end"].unique())
    first = (pd.Timestamp(ends[0]) - pd.DateOffset(months=1)).date()
    stands_on = " · ".join([
        locale.between(locale.day(first), locale.day(date.fromisoformat(ends[-1]))),
        locale.n_("{n} month", "{n} months", months),
        _("no colour under 30 customers"),
    ])  # fmt: skip
    what = paper("lifecycle_moves", _("Moves between stages"), rows, kinds, meanings=means, basis=stands_on)
    yield partial(under_chart, what, session.asked(lifecycle_moves), means, stands_on, picture=f"wide_{key}")


def moves_table(moves: pd.DataFrame, locale: Locale) -> tables.Table:
    _ = locale._
    names = {NEW: _("Newly known")} | {name: said[0] for name, said in names_of_stages(locale).items()}
    few = moves["customers"] < LEAST_SHOWN
    said = moves.assign(
        before=[names[name] for name in moves["lifecycle_before"]],
        after=[names[name] for name in moves["lifecycle_after"]],
        revenue_moved=pd.to_numeric(moves["revenue_moved"]).mask(few),
    )
    return tables.columns_once(
        said,
        [
            ("month_end", _("Month to"), "text"),
            ("before", _("From"), "text"),
            ("after", _("To"), "text"),
            ("customers", _("Customers"), "count"),
            ("revenue_moved", _("Money moved"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )
