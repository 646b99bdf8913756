"""The ways deals take through the stages: where they go from each, what going back costs, and the commonest paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.filters import Choice, Filters
from analytics.stage_paths import (
    deals_of_move,
    deals_of_path,
    deals_of_way,
    rework,
    stage_moves,
    stage_paths,
)
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.paths import move_words, moves_figure
from ui.funnel.deal_list import deal_list
from ui.locale import POP, RTL
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
    rich,
    section,
    table,
    tag,
    told,
    under_chart,
)

REAL = 0.05
MOVE_MEANS = ("moves", "move_share", "leaving", "money")
REWORK_MEANS = ("way", "deal_share", "rate", "matured", "repeat_days", "money", "q_value")
PATH_MEANS = ("path", "deal_share", "rate", "median_days", "money")


def show() -> None:
    """The view."""
    locale = session.locale()
    _ = locale._
    if session.facts().get("has_history") != "true":
        _without_history()
        return
    filters, several = session.filters(), _currencies()
    in_money = session.get("path_measure") == "money"
    currency = (session.get("path_currency") or several[0]) if len(several) > 1 and in_money else None
    within = _in_currency(filters, currency if currency in several else None)
    moves = session.answer(stage_moves, within=within)
    if moves.empty:
        heading(_("Funnel"), _("**No deal is left to show.**"))
        with st.container(border=True, key="card_nothing_paths"):
            nothing("filter_alt_off", _("The filters leave no deal"), _("Take a filter away, or widen the dates."))
            st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")
        return
    ways, found = session.answer(rework), session.answer(stage_paths)
    by_way = session.kept(_by_way, ways)
    drawn(_heading, ways, found)
    _show_moves(moves, within, several, currency)
    if "reworked" in by_way:
        with st.container(border=True, key="card_rework"):
            drawn(_rework_told, ways)
    with st.container(border=True, key="card_paths"):
        drawn(_paths_told, found)
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


def _in_currency(filters: Filters, currency: str | None) -> Filters:
    field = session.find("currency") if currency else None
    if field is None or currency is None:
        return filters
    return replace(filters, where=(*filters.where, Choice(field, (currency,))))


def _by_way(ways: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {str(row["way"]): {str(name): value for name, value in row.items()} for row in ways.to_dict("records")}


@told
def _heading(ways: pd.DataFrame, found: pd.DataFrame) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Funnel"), *_finding(_by_way(ways), found))


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
                path=_path(first["path"].iloc[0]), share=locale.share(first["deal_share"].iloc[0])
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


def _path(path: str) -> str:
    """A path as this language reads it: from the right in Hebrew, whatever the stages' own language."""
    locale = session.locale()
    names = [locale.name(name).replace("*", "∗") for name in path.split(" → ")]
    return f"{RTL}{' ← '.join(names)}{POP}" if locale.rtl else " → ".join(names)


def _chart_key() -> str:
    return f"moves_{session.get('path_round', 0)}"


def _pick(moves: pd.DataFrame) -> None:
    """Take the clicked mark or piece of a bar as the deals to list."""
    points = (session.get(_chart_key()) or {}).get("selection", {}).get("points", [])
    if not points:
        return
    told = points[0].get("customdata") or []
    if len(told) == 1:
        session.put("path_pick", _code_of(moves.loc[int(told[0])]))
    elif len(told) == 4:
        orders = sorted(moves["stage_order"].unique())
        if int(told[2]) < len(orders):
            stage = moves.loc[moves["stage_order"] == orders[int(told[2])], "stage"].iloc[0]
            session.put("path_pick", _code("move", str(told[3]), str(stage), ""))


def _code_of(row: Any) -> str:
    return _code("move", row["move"], row["stage"], row["next_stage"] if isinstance(row["next_stage"], str) else "")


def _code(*parts: str) -> str:
    return "\x1f".join(parts)


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
        drawn(_moves_told, moves, within, len(several), currency, measure, _chart_key())


@told
def _moves_told(
    moves: pd.DataFrame, within: Filters, currencies: int, currency: str | None, measure: Any, chart_key: str
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
        chart_key,
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
    yield partial(under_chart, replace(what, legend=key), asked, means, basis, picture=f"wide_{chart_key}")


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


def _way_words() -> dict[str, str]:
    _ = session.locale()._
    return {
        "reworked": _("Came back to a stage"),
        "straight": _("Went straight on"),
        "first_only": _("Seen in one stage only"),
    }


@told
def _rework_told(ways: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    by_way = _by_way(ways)
    yield partial(
        section,
        _("What going back goes with"),
        _("Deals seen in one stage only stand apart: they had no chance to go back, so they are not compared."),
    )
    lines = []
    for way, row in by_way.items():
        few = row["deals"] < LEAST_SHOWN
        decided = row["total"] >= LEAST_SHOWN
        matured = "" if few or pd.isna(row["matured"]) else f"<b>{locale.share(row['matured'])}</b> <small>{locale.shares(row['matured_low'], row['matured_high'])}</small>"  # fmt: skip
        lines.append(
            [
                rich(_way_words()[way]),
                f"{locale.count(row['deals'])} <small>{locale.share(row['deal_share'])}</small>",
                matured or "–",
                f"{locale.share(row['rate'])} <small>{locale.shares(row['rate_low'], row['rate_high'])}</small>"
                if decided
                else rich(_("not enough · {n}").format(n=locale.count(row["total"]))),
                locale.count(row["undecided"]),
                locale.days(row["repeat_days"] / row["deals"]) if way == "reworked" and row["deals"] else "–",
                "–" if pd.isna(row["money"]) else locale.money(row["money"], row["currency"]),
            ]
        )
    yield partial(
        table,
        [
            _("Deals"),
            _("How many"),
            _("Chance to be won"),
            _("Win rate, decided"),
            _("Still open"),
            _("Days in repeat stays, each"),
            _("Money"),
        ],
        lines,
        caption=_("What became of deals that came back, and of those that did not"),
        numbers=range(1, 7),
    )
    yield _rework_note(by_way["reworked"])
    rows, kinds = _rework_table(ways)
    parts = [locale.n_("{n} deal", "{n} deals", int(ways["deals"].sum()))]
    horizon = ways["horizon_days"].dropna()
    if len(horizon):
        parts.append(_("chance told by {days} after the first stay").format(days=locale.days(horizon.iloc[0])))
    parts.append(_("one comparison"))
    basis = " · ".join(parts)
    means = words.meanings(*REWORK_MEANS, of="rework")
    what = paper("rework", _("Going back"), rows, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(rework), means, basis)


def _rework_note(again: Mapping[str, Any]) -> Piece:
    """The days and money in going back, and whether the difference stands."""
    locale = session.locale()
    _ = locale._
    if pd.isna(again["q_value"]):
        verdict = tag("plain", _("not enough data"))
    elif again["q_value"] < REAL:
        verdict = tag("warn", _("real difference"))
    else:
        verdict = tag("plain", _("could be chance"))
    said = _("Repeat stays took {days} deal-days in all.").format(days=locale.count(again["repeat_days"]))
    if not pd.isna(again["open_money"]) and again["open_money"]:
        said += " " + _("Those of these deals that are still open are worth {money}.").format(
            money=locale.money(again["open_money"], again["currency"])
        )
    return partial(st.html, f'<p class="sh-note">{verdict} {rich(said)}</p>')


def _rework_table(ways: pd.DataFrame) -> tables.Table:
    _ = session.locale()._
    few = ways["deals"] < LEAST_SHOWN
    hidden = {
        name: pd.to_numeric(ways[name]).mask(few if name.startswith("matured") else ways["total"] < LEAST_SHOWN)
        for name in ("matured", "matured_low", "matured_high", "rate", "rate_low", "rate_high")
    }
    shown = ways.assign(way=[_way_words()[name] for name in ways["way"]], **hidden)
    return tables.columns(
        shown,
        [
            ("way", _("Deals"), "text"),
            ("deals", _("How many"), "count"),
            ("deal_share", _("Share"), "share"),
            ("matured", _("Chance to be won"), "share"),
            ("matured_low", _("Chance, 95% from"), "share"),
            ("matured_high", _("Chance, 95% to"), "share"),
            ("won", _("Won"), "count"),
            ("total", _("Decided"), "count"),
            ("rate", _("Win rate, decided"), "share"),
            ("rate_low", _("Rate, 95% from"), "share"),
            ("rate_high", _("Rate, 95% to"), "share"),
            ("undecided", _("Still open"), "count"),
            ("repeat_days", _("Days in repeat stays"), "days"),
            ("money", _("Money"), "money"),
            ("open_money", _("Money still open"), "money"),
            ("currency", _("Currency"), "text"),
            ("q_value", _("q-value"), "number"),
        ],
    )


@told
def _paths_told(found: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    yield partial(
        section,
        _("The commonest paths"),
        _("A path that stops early holds the deals that were lost there: its win rate says where it stops."),
    )
    lines = []
    way = "rtl" if locale.rtl else "ltr"  # a path is in an isolate, from which no direction can be told
    for row in found.to_dict("records"):
        name = rich(_path(row["path"])) if isinstance(row["path"], str) else rich(_("All other paths"))
        if row["is_reworked"] is True:
            name += " " + tag("plain", _("came back"))
        decided = row["won"] + row["lost"]
        lines.append(
            [
                f'<bdi dir="{way}" style="display:inline-block;min-width:15rem">{name}</bdi>',
                locale.count(row["deals"]),
                f"{locale.share(row['deal_share'])} <small>{locale.shares(row['low'], row['high'])}</small>",
                f"{locale.share(row['rate'])} <small>{locale.shares(row['rate_low'], row['rate_high'])}</small>"
                if decided >= LEAST_SHOWN
                else rich(_("not enough · {n}").format(n=locale.count(decided))),
                locale.count(row["undecided"]),
                locale.days(row["median_days"]) if row["won"] >= LEAST_SHOWN else "–",
                "–" if pd.isna(row["money"]) else locale.money(row["money"], row["currency"]),
            ]
        )
    yield partial(
        table,
        [
            _("Path"),
            _("Deals"),
            _("Share"),
            _("Win rate, decided"),
            _("Still open"),
            _("Half of the won took"),
            _("Money"),
        ],
        lines,
        caption=_("The commonest paths and what became of their deals"),
        numbers=range(1, 7),
    )
    few = (found["won"] + found["lost"]) < LEAST_SHOWN
    shown = found.assign(
        path=[_path(path) if isinstance(path, str) else _("All other paths") for path in found["path"]],
        median_days=pd.to_numeric(found["median_days"]).mask(found["won"] < LEAST_SHOWN),
        **{name: pd.to_numeric(found[name]).mask(few) for name in ("rate", "rate_low", "rate_high")},
    )
    rows, kinds = tables.columns(
        shown,
        [
            ("path", _("Path"), "text"),
            ("deals", _("Deals"), "count"),
            ("deal_share", _("Share"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("won", _("Won"), "count"),
            ("lost", _("Lost"), "count"),
            ("undecided", _("Still open"), "count"),
            ("rate", _("Win rate, decided"), "share"),
            ("rate_low", _("Rate, 95% from"), "share"),
            ("rate_high", _("Rate, 95% to"), "share"),
            ("median_days", _("Half of the won took, days"), "days"),
            ("money", _("Money"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )
    basis = " · ".join(
        [
            locale.n_("{n} deal", "{n} deals", int(found["deals"].sum())),
            _("as of {day}").format(day=locale.day(session.filters().as_of)),
            _("stages gone past unseen are not in a path"),
        ]
    )
    means = words.meanings(*PATH_MEANS, of="stage_paths")
    what = paper("stage_paths", _("The commonest paths"), rows, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(stage_paths), means, basis)


def _choices(moves: pd.DataFrame, found: pd.DataFrame, ways: pd.DataFrame) -> dict[str, str]:
    """What deals can be listed of: ways, paths and moves, by code, with the words shown."""
    locale = session.locale()
    _ = locale._
    said = move_words(locale)
    arrow = "←" if locale.rtl else "→"
    choices = {_code("way", way): _way_words()[way] for way in _by_way(ways)}
    for row in found.to_dict("records"):
        if isinstance(row["path_key"], str):
            choices[_code("path", row["path_key"])] = _("Path: {path}").format(path=_path(row["path"]))
    for row in moves.to_dict("records"):
        to = row["next_stage"] if isinstance(row["next_stage"], str) else ""
        target = said[row["move"]] if row["move"] in ("won", "lost", "still") or not to else f"{locale.name(to)} ({said[row['move']]})"  # fmt: skip
        choices[_code("move", row["move"], row["stage"], to)] = f"{locale.name(row['stage'])} {arrow} {target}"
    for stage, own in moves.groupby("stage"):
        for part, words_ in (("advanced", _("moved on")), ("back", _("went back")), ("handed_off", _("handed off"))):
            if part == "advanced" or part in set(own["move"]):
                choices.setdefault(_code("move", part, str(stage), ""), f"{locale.name(stage)} {arrow} {words_}")
    return choices


def _show_deals(moves: pd.DataFrame, found: pd.DataFrame, ways: pd.DataFrame) -> None:
    """The deals behind a move, a way or a path, reached by a click or by the choice."""
    locale = session.locale()
    _ = locale._
    choices = session.kept(_choices, moves, found, ways)
    if session.get("path_pick") not in choices:
        session.put("path_pick", None)
    with st.container(border=True, key="card_path_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The deals behind a move or a path"), _("Click a mark in the chart, or choose here."))
            picked = st.selectbox(
                _("Move or path"),
                list(choices),
                index=None,
                key="path_pick",
                placeholder=_("Choose a move or a path"),
                width=360,
                format_func=lambda code: choices[code],
            )
        if picked is None:
            return
        kind, *of = picked.split("\x1f")
        if kind == "way":
            query = deals_of_way(session.tables(), session.filters(), of[0])
        elif kind == "path":
            query = deals_of_path(session.tables(), session.filters(), of[0])
        else:
            query = deals_of_move(session.tables(), session.filters(), of[1], of[0], of[2] or None)
        deal_list(query, choices[picked], "path_deals", close=_close)


def _close() -> None:
    session.put("path_pick", None)
    session.put("path_round", session.get("path_round", 0) + 1)
