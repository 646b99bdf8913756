"""What holds deals back, by money: the leaks, delays and rework that stand, each with its reference and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.bottlenecks import KINDS, bottlenecks
from analytics.fields import find
from analytics.findings import open_deals
from analytics.references import REFERENCES
from analytics.rows import Row, rows
from data.errors import DataError
from ui import session, tables, words
from ui.bottlenecks import ranking_words as say
from ui.bottlenecks import targets
from ui.bottlenecks.guard import has_history, nothing_left, without_history
from ui.bottlenecks.mended import all_mended
from ui.charts.ranking import Bar, ranking_figure
from ui.findings_words import sure
from ui.funnel import field_choice
from ui.funnel.deal_list import deal_list
from ui.parts import (
    Piece,
    chart,
    drawn,
    heading,
    note,
    nothing,
    paper,
    problem,
    section,
    told,
    under_chart,
)

MOST_BARS = 8
MEANT = ("money", "share", "share_delta", "stay_days", "days_delta", "reference", "q_value", "certainty", "repeats")


def show() -> None:
    """The view: the biggest thing, a card a kind, all mended together, and the open deals behind a bar."""
    _ = session.locale()._
    if not has_history():
        without_history(_("With it, this view ranks where deals leak, wait and come back, by the money at stake."))
        return
    if not session.deals():
        nothing_left("ranking")
        return
    names = field_choice.choices()
    by = names.get(session.place("by", names, ""))
    reference = session.get("bn_reference") or "rest"
    asked: dict[str, Any] = {"by": by, "reference": reference}
    if reference == "target":
        asked |= targets.given()
    now = session.filters()
    if reference == "previous" and (now.since is None or now.until is None):
        heading(_("Bottlenecks"), _("**Choose dates to compare them with the days before.**"))
        _controls(reference)
        with st.container(border=True, key="card_nothing_previous"):
            nothing(
                "date_range",
                _("This comparison needs a first and a last day"),
                _("Each group is compared with itself in as many days before."),
                [_("Set both **dates** in the row of filters above, or compare with something else.")],
            )
        return
    if reference == "target" and not (asked["target"] or asked["target_days"]):
        heading(_("Bottlenecks"), _("**Give a target to compare with.**"))
        _controls(reference)
        targets.form()
        return
    try:
        answer = session.answer(bottlenecks, **asked)
    except DataError as error:
        heading(_("Bottlenecks"), _("**This cannot be told.**"))
        _controls(reference)
        problem(error)
        return
    several = session.currencies()
    if len(several) > 1:
        heading(_("Bottlenecks"), _("**A ranking by money needs one currency.**"))
        _one_currency(several)
        return
    drawn(_heading, answer)
    _controls(reference)
    if reference == "target":
        targets.form()
    _kinds(answer, asked)
    if reference == "rest":
        all_mended(by)
    _deals(answer)


def _controls(reference: str) -> None:
    locale = session.locale()
    _ = locale._
    names = field_choice.choices()
    by = session.place("by", names, "")
    said = {"rest": _("All others"), "previous": _("Period before"), "target": _("Target"), "best": _("Best group")}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="switches_ranking"):
        st.selectbox(
            _("Groups by"), ["", *names], index=["", *names].index(by), width=220,
            key=session.place_key("by"), on_change=session.keep_place, args=("by",),
            format_func=lambda name: field_choice.words(names[name], names) if name else _("Every field"),
        )  # fmt: skip
        st.segmented_control(
            _("Compared with"), list(REFERENCES), format_func=lambda name: said[name], default=reference,
            required=True, key="bn_reference", persist_state="session",
        )  # fmt: skip


def _one_currency(several: list[str]) -> None:
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key="card_nothing_currencies"):
        nothing(
            "payments",
            locale.n_("Amounts are in {n} currency", "Amounts are in {n} currencies", len(several)),
            _("Money of different currencies is never added, so that bottlenecks cannot be put in order of it."),
            [_("Look at **one currency** at a time:")],
        )
        with st.container(horizontal=True, gap="small"):
            for name in several[:4]:
                st.button(
                    locale.name(name), key=f"bn_currency_{name}", on_click=_only_currency, args=(name,),
                    icon=":material/filter_alt:",
                )  # fmt: skip


def _only_currency(name: str) -> None:
    now = session.chosen()
    chips = now.chips if "currency" in now.chips else (*now.chips, "currency")
    session.choose(replace(now, where={**now.where, "currency": (name,)}, chips=chips))


@told
def _heading(answer: pd.DataFrame) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Bottlenecks"), *say.finding(rows(answer)))


def _kinds(answer: pd.DataFrame, asked: dict[str, Any]) -> None:
    """The kinds with bars one below the other, those without beside each other."""
    found = session.kept(_by_kind, answer)
    compared = [kind for kind in KINDS if found[kind][1]]
    empty = [kind for kind in compared if not found[kind][0]]
    for kind in compared:
        if kind not in empty:
            with st.container(border=True, key=f"card_{kind}"):
                drawn(_ranked, answer, kind, asked, _chart_key(kind))
    if empty:
        for column, kind in zip(st.columns(len(empty), gap="small"), empty, strict=True):
            with column, st.container(border=True, height="stretch", key=f"card_{kind}"):
                drawn(_ranked, answer, kind, asked, "")


def _by_kind(answer: pd.DataFrame) -> dict[str, tuple[list[Row], list[Row]]]:
    """By kind what is ranked, the costliest first, and everything."""
    found = rows(answer)
    own = {kind: [row for row in found if row["kind"] == kind] for kind in KINDS}
    return {
        kind: (sorted((row for row in each if row["rank"] is not None), key=lambda row: -row["money"]), each)
        for kind, each in own.items()
    }


@told
def _ranked(answer: pd.DataFrame, kind: str, asked: dict[str, Any], chart_key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    ranked, every = _by_kind(answer)[kind]
    yield partial(section, say.kinds()[kind], say.kind_notes()[kind])
    yield partial(note, say.said_of(kind, every))
    if ranked:
        shown = ranked[:MOST_BARS]
        bars = tuple(
            Bar(row["stage"], say.group(row), row["money"], row["money_low"], row["money_high"], row["n"],
                sure(row, locale), code(row))
            for row in shown
        )  # fmt: skip
        yield partial(
            chart,
            ranking_figure(bars, look, currency=ranked[0]["currency"]),
            chart_key,
            _("{kind} by money: {bars}.").format(
                kind=say.kinds()[kind],
                bars=", ".join(f"{locale.name(bar.name)} ({bar.detail}) {locale.money(bar.money)}" for bar in bars),
            ),
            wide=True,
            on_select=lambda: _pick(kind),
        )
        if len(ranked) > len(shown):
            more = locale.n_("{n} more is in the table.", "{n} more are in the table.", len(ranked) - len(shown))
            yield partial(note, more)
    shown_rows, kinds = ranking_table(every)
    tests = sum(row["p_value"] is not None for row in every)
    parts = [
        locale.n_("{n} comparison of this kind", "{n} comparisons of this kind", tests),
        locale.n_("{n} stands", "{n} stand", len(ranked)),
        locale.n_("corrected for {n} in all", "corrected for {n} in all", int(every[0]["tests"])),
        _("as of {day}").format(day=locale.day(session.filters().as_of)),
    ]
    meanings = words.meanings(*MEANT, of="bottlenecks")
    basis = " · ".join(parts)
    what = paper(f"bottlenecks_{kind}", say.kinds()[kind], shown_rows, kinds, meanings=meanings, basis=basis)
    asked_sql = session.asked(bottlenecks, **asked)
    yield partial(under_chart, what, asked_sql, meanings, basis, picture=f"wide_{chart_key}" if ranked else "")


def ranking_table(found: list[Row]) -> tables.Table:
    """Every comparison of a kind, those that stand first; numbers of fewer than ten deals are left out."""
    locale = session.locale()
    _ = locale._
    numbers = (
        "share",
        "share_rest",
        "share_delta",
        "share_low",
        "share_high",
        "stay_days",
        "stay_days_rest",
        "days_delta",
    )
    made = []
    for row in found:
        hidden = dict.fromkeys(numbers) if row["n"] < 10 else {}
        verdict = _("repeats {other}").format(other=row["repeats"]) if row["repeats"] else sure(row, locale)
        if row["p_value"] is None:
            verdict = _("not enough data")
        made.append(
            {
                **row,
                **hidden,
                "group": say.group(row),
                "verdict": verdict,
                "against": say.compared_with(row).replace("**", ""),
            }
        )
    shown = pd.DataFrame(made, columns=[*found[0], "group", "verdict", "against"])
    return tables.columns(
        shown,
        [
            ("stage", _("Stage"), "text"), ("group", _("Group"), "text"), ("n", _("Deals"), "count"),
            ("verdict", _("How sure"), "text"), ("money", _("Money"), "money"), ("money_low", _("Money, 95% from"), "money"),
            ("money_high", _("Money, 95% to"), "money"), ("share", _("Share"), "share"),
            ("share_rest", _("Share of the reference"), "share"), ("share_low", _("Difference, 95% from"), "share"),
            ("share_high", _("Difference, 95% to"), "share"), ("stay_days", _("Days"), "days"),
            ("stay_days_rest", _("Days of the reference"), "days"), ("days_delta", _("Days longer"), "days"),
            ("against", _("Compared with"), "text"), ("deals_open", _("Open deals"), "count"),
            ("value_open", _("Open money"), "money"), ("currency", _("Currency"), "text"), ("q_value", _("q-value"), "number"),
        ],
    )  # fmt: skip


# The open deals behind a bar


def code(row: Row) -> str:
    """What tells a row from others."""
    return "\x1f".join((row["kind"], row["stage"], row["field"] or "", row["segment"] or ""))


def _chart_key(kind: str) -> str:
    return f"ranking_{kind}_{session.get('bn_round', 0)}"


def _pick(kind: str) -> None:
    points = (session.get(_chart_key(kind)) or {}).get("selection", {}).get("points", [])
    if points and points[0].get("customdata"):
        session.put("bn_pick", str(points[0]["customdata"][0]))


def _choices(answer: pd.DataFrame) -> dict[str, str]:
    """What deals can be listed of, with the words shown."""
    found = _by_kind(answer)
    titles = say.kinds()
    return {
        code(row): f"{titles[kind]} · {session.locale().name(row['stage'])} · {say.group(row)}"
        for kind in KINDS
        for row in found[kind][0]
    }


def _deals(answer: pd.DataFrame) -> None:
    """The open deals of a bottleneck, reached by a click or by the choice."""
    _ = session.locale()._
    choices = session.kept(_choices, answer)
    if not choices:
        return
    if session.get("bn_pick") not in choices:
        session.put("bn_pick", None)
    with st.container(border=True, key="card_ranking_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The open deals behind it"), _("Click a bar, or choose here."))
            picked = st.selectbox(
                _("Bottleneck"), list(choices), index=None, key="bn_pick", placeholder=_("Choose a bottleneck"), width=420,
                format_func=lambda name: choices[name],
            )  # fmt: skip
        if picked is None:
            return
        _kind, stage, name, segment = picked.split("\x1f")
        by = find(name, session.tables()) if name else None
        query = open_deals(session.tables(), session.filters(), by, segment, stage)
        deal_list(query, choices[picked], "ranking_deals", close=_close)


def _close() -> None:
    session.put("bn_pick", None)
    session.put("bn_round", session.get("bn_round", 0) + 1)
