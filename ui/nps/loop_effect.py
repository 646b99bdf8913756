"""Whether closing a case pays: customers whose case was closed against like ones whose was not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.loop_effect import HORIZON, LANDMARK, LEAST_CUSTOMERS, loop_effect, loop_effect_customers, remark
from analytics.rows import rows as records
from data.loop_cases import LoopCases
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.charts.nps_loop import shares_figure
from ui.customer.links import customer_links
from ui.locale import NOTHING
from ui.nps.loop_words import status_word
from ui.parts import (
    ROWS_ON_SCREEN,
    Piece,
    chart,
    drawn,
    note,
    nothing,
    paper,
    plain,
    rich,
    section,
    table,
    told,
    under_chart,
)

REAL = 0.05
ON_SCREEN = 12
MEANS = ("loop_outcome", "happened_share", "hazard_ratio", "strata", "compared")


def show_effect(kept: LoopCases) -> None:
    """The card: the two groups, how they compare, and who is behind them."""
    _ = session.locale()._
    with st.container(border=True, key="card_loop_effect"):
        found = session.answer(loop_effect, kept=kept)
        closed, other = (dict(row) for row in records(found))
        why = remark(closed, other)
        section(_("Do customers stay longer once their case is closed?"))
        if why is not None:
            drawn(_too_few, closed, other)
        else:
            drawn(_effect, found, kept)
        if closed["customers"] or other["customers"]:
            drawn(_customers, kept)


@told
def _too_few(closed: dict[str, Any], other: dict[str, Any]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    why = remark(closed, other)
    counted = [
        _("Closed within {days} so far: {customers}.").format(
            days=locale.days(LANDMARK, 0),
            customers=locale.n_("{n} customer", "{n} customers", int(closed["customers"])),
        ),
        _("Not closed by then: {customers}.").format(
            customers=locale.n_("{n} customer", "{n} customers", int(other["customers"]))
        ),
        _("At least {n} of each are needed, and time for them to stay or leave.").format(
            n=locale.count(LEAST_CUSTOMERS)
        ),
    ]
    said = locale.say(why) if why is not None else ""
    yield partial(nothing, "hourglass_empty", _("Too early to tell"), said, counted)


@told
def _effect(found: pd.DataFrame, kept: LoopCases) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    closed, other = found.iloc[0], found.iloc[1]
    left = closed["loop_outcome"] == "left"
    yield partial(note, effect_sentence(closed))
    yield partial(
        note,
        _("This is no experiment. Customers are compared only within the same third of revenue, the same kind of answer and the same half year, and followed from {days} after the answer; but who gets a call is chosen, and what made somebody choose may be what makes them stay.").format(days=locale.days(LANDMARK, 0)),
    )  # fmt: skip
    groups = [_("Closed in time"), _("Not closed by then")]
    rows = found.assign(
        share=found["happened_share"],
        low=found["happened_low"],
        high=found["happened_high"],
        is_real=False,
        name=groups,
    )
    head = _("Left within {days}") if left else _("Bought again within {days}")
    head = head.format(days=locale.days(HORIZON, 0))
    figure = shares_figure(rows, groups, "customers", None, look)
    said = ", ".join(f"{name} {locale.share(row.share)}" for name, row in zip(groups, rows.itertuples(), strict=True) if pd.notna(row.share))  # fmt: skip
    yield partial(chart, figure, "loop_effect", f"{head}: {said or NOTHING}.")
    shown, kinds = tables.columns_once(
        rows,
        [
            ("name", _("Group"), "text"), ("customers", _("Customers"), "count"), ("happened", _("Left") if left else _("Bought again"), "count"),
            ("share", head, "share"), ("low", _("95% from"), "share"), ("high", _("95% to"), "share"),
            ("hazard_ratio", _("Hazard ratio"), "number"), ("revenue_12m", _("Revenue before, 12 months"), "money"), ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    means = words.meanings(*MEANS, of="loop_effect")
    basis = [
        head, locale.n_("{n} customer", "{n} customers", int(closed["customers"] + other["customers"])),
        _("{n} of them in comparisons that hold both kinds").format(n=locale.count(closed["compared"])), session.as_of_words(),
    ]  # fmt: skip
    stands_on = " · ".join(basis)
    what = paper("loop_effect", _("Closed cases and what followed"), shown, kinds, meanings=means, basis=stands_on)
    yield partial(
        under_chart, what, session.asked(loop_effect, kept=kept), means, stands_on, picture="chart_loop_effect"
    )


def effect_sentence(closed: pd.Series) -> str:
    """How many times as fast it happened to customers whose case was closed, and whether that could be chance."""
    locale = session.locale()
    _ = locale._
    ratio = locale.ltr(f"{closed['hazard_ratio']:.2f}")
    interval = locale.between(f"{closed['low']:.2f}", f"{closed['high']:.2f}")
    if closed["loop_outcome"] == "left":
        said = _("Customers whose case was closed within {days} left **{ratio} times as fast** as like customers whose was not (95%: {interval}).")  # fmt: skip
    else:
        said = _("Customers whose case was closed within {days} bought again **{ratio} times as fast** as like customers whose was not (95%: {interval}).")  # fmt: skip
    said = said.format(days=locale.days(LANDMARK, 0), ratio=ratio, interval=interval)
    if pd.isna(closed["p_value"]):
        return said + " " + _("There are fewer than 30 of a kind: no test.")
    return (
        said
        + " "
        + (_("A real difference.") if closed["p_value"] < REAL else _("It could be chance: no effect was found."))
    )


@told
def _customers(kept: LoopCases) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    rows = session.answer(loop_effect_customers, kept=kept, most=ROWS_ON_SCREEN)
    if rows.empty:
        return
    left = rows["loop_outcome"].iloc[0] == "left"
    heads = [_("Customer"), _("Owner"), _("Score"), _("Answered on"), _("Status"), _("Left") if left else _("Bought again"), _("Revenue before, 12 months")]  # fmt: skip
    lines = [_line(row, left) for row in records(rows.head(ON_SCREEN))]
    caption = _("Not closed in time first: those who left") if left else _("Not closed in time first: those who have not bought since")  # fmt: skip
    yield partial(note, f"{caption}.")
    yield partial(table, heads, lines, caption=caption, numbers=(2, 6))
    yield partial(customer_links, records(rows.head(ON_SCREEN)), "loop_effect_open")
    shown, kinds = sheet(rows)
    means = words.meanings("loop_group", "loop_outcome", "days_after", of="loop_effect_customers")
    stands_on = session.as_of_words()
    what = paper("loop_effect_customers", _("Customers with a case"), shown, kinds, meanings=means, basis=stands_on)
    whole = session.answer_later(loop_effect_customers, lambda found: sheet_in(found, locale)[0], kept=kept)
    listed = session.asked(loop_effect_customers, kept=kept, most=ROWS_ON_SCREEN)
    yield partial(under_chart, what, listed, means, stands_on, whole=whole)


def sheet(rows: pd.DataFrame) -> tables.Table:
    return sheet_in(rows, session.locale())


def sheet_in(rows: pd.DataFrame, locale: Any) -> tables.Table:
    """A line a customer, as it is handed out."""
    _ = locale._
    told_ = records(rows)
    left = any(row["loop_outcome"] == "left" for row in told_)
    groups = {"closed": _("Closed in time"), "not_closed": _("Not closed by then")}
    said = rows.assign(
        owner=[owner_words(row["owner"], locale) for row in told_],
        loop_group=[groups[row["loop_group"]] for row in told_],
        case_status=[status_word(row["case_status"], locale) for row in told_],
        has_happened=[_("yes") if row["has_happened"] else _("no") for row in told_],
    )
    return tables.columns_once(
        said,
        [
            ("owner", _("Owner"), "text"), ("customer", _("Customer"), "text"), ("loop_group", _("Group"), "text"), ("score", _("Score"), "count"),
            ("answer_on", _("Answered on"), "day"), ("case_status", _("Status"), "text"),
            ("has_happened", _("Left") if left else _("Bought again"), "text"), ("days_after", _("Watched for, days"), "days"),
            ("revenue_12m", _("Revenue before, 12 months"), "money"), ("currency", _("Currency"), "text"), ("customer_id", _("Customer number"), "text"),
        ],
    )  # fmt: skip


def _line(row: dict[str, Any], left: bool) -> list[str]:
    locale = session.locale()
    _ = locale._
    group = _("closed in time") if row["loop_group"] == "closed" else _("not closed in time")
    within = locale.days(row["days_after"], 0)
    if row["has_happened"]:
        happened = _("after {days}").format(days=within)
    else:
        happened = (_("still there after {days}") if left else _("not within {days}")).format(days=within)
    return [
        f'<b style="display:inline-block;min-width:9rem">{rich(plain(row["customer"]))}</b>',
        rich(plain(owner_words(row["owner"], locale))),
        rich(locale.count(row["score"])),
        rich(locale.day(row["answer_on"])),
        f"{rich(status_word(row['case_status'], locale))}<br><small>{rich(group)}</small>",
        rich(happened),
        rich(locale.money(row["revenue_12m"], row["currency"])) if row["revenue_12m"] is not None else NOTHING,
    ]
