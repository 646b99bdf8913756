"""The ways deals take through the stages: where they go from each, what going back costs, and the commonest paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import streamlit as st

from analytics.filters import Filters
from analytics.stage_paths import deals_of_move, rework, stage_moves, stage_paths
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.paths import move_words, moves_figure
from ui.funnel.deals_behind import chart_key, deals_behind, pick
from ui.funnel.one_currency import in_currency
from ui.funnel.variants import (
    REAL,
    by_way,
    code,
    deals_of_variant,
    path_words,
    paths_told,
    rework_told,
    variant_choices,
)
from ui.parts import (
    Piece,
    chart,
    drawn,
    heading,
    legend,
    note,
    nothing,
    paper,
    plain,
    section,
    told,
    under_chart,
)

MOVE_MEANS = ("moves", "move_share", "leaving", "money")


def show() -> None:
    """The view."""
    locale = session.locale()
    _ = locale._
    if session.facts().get("has_history") != "true":
        _without_history()
        return
    several = _currencies()
    in_money = session.get("path_measure") == "money"
    currency = (session.get("path_currency") or several[0]) if len(several) > 1 and in_money else None
    within = in_currency(currency if currency in several else None)
    moves = session.answer(stage_moves, within=within)
    if moves.empty:
        heading(_("Funnel"), _("**No deal is left to show.**"))
        with st.container(border=True, key="card_nothing_paths"):
            nothing("filter_alt_off", _("The filters leave no deal"), _("Take a filter away, or widen the dates."))
            st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")
        return
    ways, found = session.answer(rework), session.answer(stage_paths)
    drawn(_heading, ways, found)
    _show_moves(moves, within, several, currency)
    if "reworked" in set(ways["way"]):
        with st.container(border=True, key="card_rework"):
            drawn(rework_told, ways)
    with st.container(border=True, key="card_paths"):
        drawn(paths_told, found)
    _show_deals(moves, found, ways)


def _without_history() -> None:
    _ = session.locale()._
    heading(
        _("Funnel"),
        _("**This data does not say how deals moved.** It holds each deal as it stands, not its way there."),
    )
    with st.container(border=True, key="card_nothing_paths"):
        nothing(
            "route",
            _("Paths need a stage history"),
            _("With it, this view shows where deals go from each stage, how often they go back, and what that costs."),
            [
                _("Salesforce: the report **Opportunity History**."),
                _("HubSpot: an export of deals with the columns **Date entered** of each stage."),
                _("Any other system: one row a stay, with **deal, stage and date entered**."),
            ],
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")


def _currencies() -> list[str]:
    """The currencies of the deals on screen, by name."""
    return session.kept(_currencies_found)


def _currencies_found() -> list[str]:
    found = session.run(
        session.filters().deals(session.tables()).filter(_has_amount).select("currency").distinct().order_by("currency")
    )
    return [name for name in found["currency"] if isinstance(name, str)]


def _has_amount(deals: Any) -> Any:
    return deals.amount.notnull() & deals.currency.notnull()


@told
def _heading(ways: pd.DataFrame, found: pd.DataFrame) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Funnel"), *_finding(by_way(ways), found))


def _finding(ways: Mapping[str, Mapping[str, Any]], found: pd.DataFrame) -> tuple[str, str]:
    """How many deals came back to a stage and whether that goes with another end, and what is not said by it."""
    locale = session.locale()
    _ = locale._
    again, straight = ways.get("reworked"), ways.get("straight")
    remark = _("Deals still open count for as long as they were followed.")
    if session.filters().has_period:
        remark = _("This is about the deals created in these dates.") + " " + remark
    if again is None:
        first = found[found["path_key"].notna()].head(1)
        sentence = _("**No deal came back to a stage it had left.**")
        if len(first) and first["deals"].iloc[0] >= LEAST_SHOWN:
            sentence += " " + _("The commonest path, {path}, is that of {share} of the deals.").format(
                path=path_words(first["path"].iloc[0]), share=locale.share(first["deal_share"].iloc[0])
            )
        return sentence, remark
    if again["deals"] < LEAST_SHOWN:
        return locale.n_(
            "**{n} deal came back to a stage it had left:** too few to say what that goes with.",
            "**{n} deals came back to a stage they had left:** too few to say what that goes with.",
            int(again["deals"]),
        ), remark
    said = {"share": locale.share(again["deal_share"]), "range": locale.shares(again["low"], again["high"])}
    sentence = _("**{share} of the deals came back to a stage they had left** ({range}).").format(**said)
    if straight is None or pd.isna(again["matured"]) or pd.isna(again["q_value"]):
        return sentence, remark
    both = {
        "again": locale.share(again["matured"]),
        "again_range": locale.shares(again["matured_low"], again["matured_high"]),
        "straight": locale.share(straight["matured"]),
    }
    if again["q_value"] >= REAL:
        told = _("Their chance to be won, {again} ({again_range}), is about that of the others, {straight}: the difference could be chance.")  # fmt: skip
    elif again["matured"] < straight["matured"]:
        told = _("**Their chance to be won is {again}** ({again_range}), against {straight} for deals that went straight on: a real difference.")  # fmt: skip
    else:
        told = _("**Their chance to be won is {again}** ({again_range}), above the {straight} of deals that went straight on: a real difference.")  # fmt: skip
    cause = _("It goes with going back; it does not show that going back is the cause.")
    return f"{sentence} {told.format(**both)}", f"{remark} {cause}"


def _pick(moves: pd.DataFrame) -> None:
    """Take the clicked mark or piece of a bar as the deals to list."""
    points = (session.get(chart_key("path", "moves")) or {}).get("selection", {}).get("points", [])
    if not points:
        return
    told = points[0].get("customdata") or []
    if len(told) == 1:
        pick("path", _code_of(moves.loc[int(told[0])]))
    elif len(told) == 4:
        orders = sorted(moves["stage_order"].unique())
        if int(told[2]) < len(orders):
            stage = moves.loc[moves["stage_order"] == orders[int(told[2])], "stage"].iloc[0]
            pick("path", code("move", str(told[3]), str(stage), ""))


def _code_of(row: Any) -> str:
    return code("move", row["move"], row["stage"], row["next_stage"] if isinstance(row["next_stage"], str) else "")


def _show_moves(moves: pd.DataFrame, within: Filters, several: list[str], currency: str | None) -> None:
    _ = session.locale()._
    measure = session.get("path_measure") or "deals"
    with st.container(border=True, key="card_moves"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            section(
                _("Where deals go from each stage"),
                _(
                    "A bar is all stays in a stage. Forward moves leave at its top, moves back run below. Click a mark or a bar."
                ),
            )
            with st.container(horizontal=True, width="content", gap="small", key="path_switches"):
                st.segmented_control(
                    _("Measure"),
                    ["deals", "money"],
                    format_func=lambda name: {"deals": _("Moves"), "money": _("Money")}[name],
                    default="deals",
                    required=True,
                    key="path_measure",
                    label_visibility="collapsed",
                    persist_state="session",
                )
                if len(several) > 1 and measure == "money":
                    st.selectbox(
                        _("Currency"),
                        several,
                        key="path_currency",
                        label_visibility="collapsed",
                        width=110,
                        persist_state="session",
                    )
        drawn(_moves_told, moves, within, len(several), currency, measure, chart_key("path", "moves"))


@told
def _moves_told(
    moves: pd.DataFrame, within: Filters, currencies: int, currency: str | None, measure: Any, key_of_chart: str
) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    colors = look.colors
    if currency:
        said = _("Money is in {currency} only: amounts in {n} currencies do not add up.")
        yield partial(note, said.format(currency=plain(currency), n=locale.count(currencies)))
    shades = (
        (colors.won_fill, _("moved on"), "advanced"),
        ("hatch", _("still there, not decided"), "still"),
        (colors.handed_fill, _("handed off"), "handed_off"),
        (colors.lost_fill, _("lost"), "lost"),
        (colors.back_fill, _("went back"), "back"),
    )
    seen = set(moves["move"])
    key = tuple((swatch, words_) for swatch, words_, part in shades if part in seen or part == "advanced")
    yield partial(legend, key)
    stages = _stages(moves)
    yield partial(
        chart,
        moves_figure(moves, stages, look, measure=measure),
        key_of_chart,
        _("Moves between stages: {moves}.").format(moves=_in_words(moves)),
        wide=True,
        on_select=lambda: _pick(moves),
    )
    rows, kinds = moves_table(moves)
    leaving = int(moves.loc[moves["move"] != "still", "moves"].sum())
    basis = " · ".join(
        [
            locale.n_("{n} stay", "{n} stays", int(moves["moves"].sum())),
            _("{n} have ended").format(n=locale.count(leaving)),
            _("as of {day}").format(day=locale.day(session.filters().as_of)),
            _("a deal counts each time it leaves a stage"),
        ]
    )
    means = words.meanings(*MOVE_MEANS, of="stage_moves")
    what = paper("stage_moves", _("Moves between stages"), rows, kinds, meanings=means, basis=basis)
    asked = session.asked(stage_moves, within=within)
    yield partial(under_chart, replace(what, legend=key), asked, means, basis, picture=f"wide_{key_of_chart}")


def _stages(moves: pd.DataFrame) -> list[tuple[int, str]]:
    """The open stages deals were in or went back to, in order."""
    known = {int(row.stage_order): row.stage for row in moves.itertuples()}
    return sorted(known.items())


def _in_words(moves: pd.DataFrame) -> str:
    locale = session.locale()
    said = move_words(locale)
    largest = moves[moves["move"] != "still"].sort_values("moves", ascending=False).head(8)
    return ", ".join(
        f"{locale.name(row['stage'])} {said[row['move']]} {locale.count(row['moves'])}"
        for row in largest.to_dict("records")
    )


def moves_table(moves: pd.DataFrame) -> tables.Table:
    """Every move in a table, shares of fewer than ten left out."""
    locale = session.locale()
    _ = locale._
    said = move_words(locale)
    few = moves["leaving"] < LEAST_SHOWN
    shown = moves.assign(
        move=[said[name] for name in moves["move"]],
        next_stage=[
            _(to) if kind == "won" else to for to, kind in zip(moves["next_stage"], moves["move"], strict=True)
        ],
        **{name: pd.to_numeric(moves[name]).mask(few) for name in ("move_share", "low", "high")},
    )
    return tables.columns(
        shown,
        [
            ("stage", _("From"), "text"),
            ("move", _("Move"), "text"),
            ("next_stage", _("To"), "text"),
            ("moves", _("Moves"), "count"),
            ("returns", _("Of them repeat stays"), "count"),
            ("move_share", _("of those that left"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("money", _("Money"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )


def _choices(moves: pd.DataFrame, found: pd.DataFrame, ways: pd.DataFrame) -> dict[str, str]:
    """What deals can be listed of: ways, paths and moves, by code, with the words shown."""
    locale = session.locale()
    _ = locale._
    said = move_words(locale)
    arrow = "←" if locale.rtl else "→"
    choices = variant_choices(found, ways)
    for row in moves.to_dict("records"):
        to = row["next_stage"] if isinstance(row["next_stage"], str) else ""
        target = said[row["move"]] if row["move"] in ("won", "lost", "still") or not to else f"{locale.name(to)} ({said[row['move']]})"  # fmt: skip
        choices[code("move", row["move"], row["stage"], to)] = f"{locale.name(row['stage'])} {arrow} {target}"
    for stage, own in moves.groupby("stage"):
        for part, words_ in (("advanced", _("moved on")), ("back", _("went back")), ("handed_off", _("handed off"))):
            if part == "advanced" or part in set(own["move"]):
                choices.setdefault(code("move", part, str(stage), ""), f"{locale.name(stage)} {arrow} {words_}")
    return choices


def _show_deals(moves: pd.DataFrame, found: pd.DataFrame, ways: pd.DataFrame) -> None:
    """The deals behind a move, a way or a path, reached by a click or by the choice."""
    _ = session.locale()._
    choices = session.kept(_choices, moves, found, ways)
    deals_behind("path", _("The deals behind a move or a path"), _("Move or path"), choices, _deals_of)


def _deals_of(picked: str) -> ir.Table:
    found = deals_of_variant(picked)
    if found is not None:
        return found
    _kind, move, stage, to = picked.split("\x1f")
    return deals_of_move(session.tables(), session.filters(), stage, move, to or None)
