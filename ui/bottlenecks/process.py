"""The map of the process: the ways deals take, what going back costs, and the commonest paths with what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import streamlit as st

from analytics.process_map import deals_coming_in, process_map, process_stages
from analytics.stage_paths import deals_of_move, rework, stage_paths
from ui import session, tables, words
from ui.bottlenecks.guard import has_history, nothing_left, without_history
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.paths import move_words
from ui.charts.process_map import (
    COLORS,
    FROM_OUTSIDE,
    MEASURES,
    MOST_STAGES,
    VALUES,
    Shown,
    days_words,
    process_figure,
    simplified,
)
from ui.funnel.deals_behind import chart_key, deals_behind, pick
from ui.funnel.one_currency import in_currency
from ui.funnel.variants import by_way, code, deals_of_variant, paths_told, rework_told, variant_choices
from ui.parts import Piece, chart, drawn, heading, legend, note, paper, plain, section, told, under_chart

MEANS = ("moves", "deals", "move_share", "median_completed_days", "p75_completed_days", "median_days", "money")
# As many arrows are drawn at first, if the rarest can be left out for it: for each stage some, and some more.
ARROWS, ARROWS_A_STAGE = 20, 2
SHARES = range(100, 45, -5)


def show() -> None:
    """The view: the sentence, the map, the paths, going back, and the deals behind whatever is chosen."""
    _ = session.locale()._
    if not has_history():
        without_history(
            _(
                "With it, this view draws every way that deals take between stages, how long it takes and what it is worth."
            )
        )
        return
    several = session.currencies()
    in_money = session.get("process_measure") == "money"
    currency = (session.get("process_currency") or several[0]) if len(several) > 1 and in_money else None
    currency = currency if currency in several else None
    arrows = session.answer(process_map, within=in_currency(currency))
    stages = session.answer(process_stages, within=in_currency(currency))
    if arrows.empty:
        nothing_left("process")
        return
    ways, found = session.answer(rework), session.answer(stage_paths)
    drawn(_heading, arrows, ways)
    _show_map(arrows, stages, several, currency)
    with st.container(border=True, key="card_paths"):
        drawn(paths_told, found)
    if "reworked" in set(ways["way"]):
        with st.container(border=True, key="card_rework"):
            drawn(rework_told, ways)
    choices = session.kept(_choices, arrows, stages, found, ways)
    deals_behind(
        "process", _("The deals behind a move, a stage or a path"), _("Move, stage or path"), choices,
        partial(_deals_of, currency=currency),
    )  # fmt: skip


@told
def _heading(arrows: pd.DataFrame, ways: pd.DataFrame) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Bottlenecks"), finding(arrows, ways), _remark())


def finding(arrows: pd.DataFrame, ways: pd.DataFrame) -> str:
    """How many deals never go back, where most of the others do, and what that costs in days."""
    locale = session.locale()
    _ = locale._
    deals, again = int(ways["deals"].sum()), by_way(ways).get("reworked")
    if deals < LEAST_SHOWN:
        return locale.n_(
            "**{n} deal is too few to tell the usual road.**",
            "**{n} deals are too few to tell the usual road.**",
            deals,
        )
    if again is None:
        return locale.n_(
            "**The deal here never came back to a stage it had left.**",
            "**All {n} deals kept to the straight road:** none came back to a stage it had left.",
            deals,
        )
    sentence = _("**{share} of deals keep to the straight road** ({range}): they never come back to a stage they had left.").format(
        share=locale.share(1 - again["deal_share"]), range=locale.shares(1 - again["high"], 1 - again["low"])
    )  # fmt: skip
    backs = arrows[arrows["move"] == "back"].sort_values("moves", ascending=False)
    if backs.empty or again["deals"] < LEAST_SHOWN:
        return sentence
    most = backs.iloc[0]
    where = _("All go back **from {source} to {target}**.") if len(backs) == 1 else _("Most go back **from {source} to {target}**, {n} of {all} times.")  # fmt: skip
    where = where.format(
        source=plain(most["from_stage"]), target=plain(most["to_stage"]), n=locale.count(most["moves"]),
        all=locale.count(backs["moves"].sum()),
    )  # fmt: skip
    cost = _("A deal that comes back spends {days} at stages it had been at before, {total} deal-days in all.").format(
        days=locale.days(again["repeat_days"] / again["deals"]), total=locale.count(again["repeat_days"])
    )
    return f"{sentence} {where} {cost}"


def _remark() -> str:
    _ = session.locale()._
    said = _(
        "Days on arrows are of moves made. Days in the boxes count deals still there for as long as they have waited."
    )
    if session.filters().has_period:
        return _("This is about the deals created in these dates.") + " " + said
    return said


def _show_map(arrows: pd.DataFrame, stages: pd.DataFrame, several: list[str], currency: str | None) -> None:
    _ = session.locale()._
    measure = session.get("process_measure") or "moves"
    usual = session.kept(_usual_share, arrows, stages)
    with st.container(border=True, key="card_process"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The ways deals take"), _("Click an arrow or a stage for its deals."))
            with st.container(horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="process_switches"):  # fmt: skip
                if len(several) > 1 and measure == "money":
                    st.selectbox(_("Currency"), several, key="process_currency", label_visibility="collapsed", width=110, persist_state="session")  # fmt: skip
                st.slider(
                    _("Draw this share of moves"), 50, 100, usual, 5, format="%d%%",
                    key="process_detail", width=190, persist_state="session",
                )  # fmt: skip
                st.segmented_control(
                    _("Measure"),
                    MEASURES,
                    format_func=lambda name: {"moves": _("Moves"), "time": _("Time"), "money": _("Money")}[name],
                    default="moves",
                    required=True,
                    key="process_measure",
                    label_visibility="collapsed",
                    persist_state="session",
                )
        detail = session.get("process_detail") or usual
        drawn(_map_told, arrows, stages, len(several), currency, measure, detail, chart_key("process", "process"))


def _usual_share(arrows: pd.DataFrame, stages: pd.DataFrame) -> int:
    """The largest share of moves, in percent, that does not crowd the map."""
    most = ARROWS + ARROWS_A_STAGE * min(len(stages), MOST_STAGES)
    return next((share for share in SHARES if len(simplified(arrows, stages, share / 100).arrows) <= most), SHARES[-1])


@told
def _map_told(
    arrows: pd.DataFrame,
    stages: pd.DataFrame,
    currencies: int,
    currency: str | None,
    measure: str,
    detail: int,
    key_of_chart: str,
) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    shown = simplified(arrows, stages, detail / 100)
    yield partial(note, f"{_largest(shown, measure)} {_left_out(shown)}")
    if currency:
        said = _("Money is in {currency} only: amounts in {n} currencies do not add up.")
        yield partial(note, said.format(currency=plain(currency), n=locale.count(currencies)))
    key = _key(shown, measure)
    yield partial(legend, key)
    yield partial(
        chart,
        process_figure(shown, look, measure=measure),
        key_of_chart,
        _("Map of the process: {moves}.").format(moves=_in_words(shown)),
        wide=True,
        on_select=lambda: _pick(arrows, stages),
    )
    rows, kinds = _table(arrows)
    made = arrows[arrows["move"] != "still"]
    parts = [
        locale.n_("{n} move", "{n} moves", int(made["moves"].sum())),
        locale.n_("{n} waiting", "{n} waiting", int(stages["open"].sum())),
        _("as of {day}").format(day=locale.day(session.filters().as_of)),
        _("a deal counts each time it leaves a stage"),
    ]
    basis = " · ".join(parts)
    means = words.meanings(*MEANS, of="process_map")
    what = paper("process_map", _("The ways deals take"), rows, kinds, meanings=means, basis=basis)
    asked = session.asked(process_map, within=in_currency(currency))
    yield partial(under_chart, replace(what, legend=key), asked, means, basis, picture=f"wide_{key_of_chart}")


def _key(shown: Shown, measure: str) -> tuple[tuple[str, str], ...]:
    """What the colours of arrows and boxes mean, as far as they are there."""
    look = session.look()
    _ = look.locale._
    seen = {COLORS[move] for move in shown.arrows["move"]}
    named = {
        "won_fill": _("moved on"), "back_fill": _("went back"), "lost_fill": _("lost"), "handed_fill": _("handed off"),
        "neutral": _("came in"),
    }  # fmt: skip
    box = {"moves": _("darker: more visits"), "time": _("darker: takes longer"), "money": _("darker: more money")}
    arrows = [(f"line:{getattr(look.colors, color)}", said) for color, said in named.items() if color in seen]
    return (*arrows, (look.colors.heat[3], box[measure]))


def _largest(shown: Shown, measure: str) -> str:
    """The widest arrow between stages, in a sentence."""
    locale = session.locale()
    _ = locale._
    among = shown.arrows[~shown.arrows["move"].isin([*FROM_OUTSIDE, "lost", "handed_off"])]
    values = pd.to_numeric(among[VALUES[measure]])
    if measure == "time":
        values = values.mask(pd.to_numeric(among["timed"]).fillna(0) < LEAST_SHOWN)
    values = values.dropna()
    if values.empty:
        nothing = {
            "moves": _("No deal moved from a stage to another."),
            "time": _("Too few moves have a time to tell how long they take."),
            "money": _("No deal that moved has an amount in one currency."),
        }
        return nothing[measure]
    row = among.loc[values.idxmax()]
    said = {
        "source": plain(row["from_stage"]), "target": _("Won") if row["move"] == "won" else plain(row["to_stage"]),
        "n": locale.count(row["moves"]), "share": locale.share(row["move_share"]),
    }  # fmt: skip
    if measure == "money":
        worth = locale.money(row["money"], row["currency"])
        return _("**Most money goes from {source} to {target}:** {money} in {n} moves.").format(money=worth, **said)
    if measure == "time":
        days = {
            "days": days_words(locale, row["median_completed_days"]),
            "slow": days_words(locale, row["p75_completed_days"]),
        }
        return _("**The longest wait is before going from {source} to {target}:** half of {n} moves came after {days}, a quarter after more than {slow}.").format(**days, **said)  # fmt: skip
    return _(
        "**The busiest way is from {source} to {target}:** {n} moves, {share} of those that left {source}."
    ).format(**said)


def _left_out(shown: Shown) -> str:
    """What the map does not show."""
    locale = session.locale()
    _ = locale._
    if not shown.hidden_arrows:
        return _("Every move is drawn.")
    all_moves = shown.hidden_moves + int(shown.arrows["moves"].sum())
    said = locale.n_(
        "{n} rarer arrow is not drawn", "{n} rarer arrows are not drawn", shown.hidden_arrows
    ) + ": " + _("{n} of {all} moves; the table has them.").format(n=locale.count(shown.hidden_moves), all=locale.count(all_moves))  # fmt: skip
    if shown.hidden_stages:
        said += " " + _("These are the {n} most visited of {all} stages.").format(
            n=locale.count(len(shown.stages)), all=locale.count(len(shown.stages) + shown.hidden_stages)
        )
    return said


def _in_words(shown: Shown) -> str:
    locale = session.locale()
    largest = shown.arrows.sort_values("moves", ascending=False).head(8)
    return ", ".join(f"{_arrow_words(row)} {locale.count(row['moves'])}" for row in largest.to_dict("records"))


def _arrow_words(row: dict[Any, Any]) -> str:
    """An arrow as a name: from, to and what kind of move it is."""
    locale = session.locale()
    said = move_words(locale)[row["move"]]
    arrow = "←" if locale.rtl else "→"
    if row["move"] in FROM_OUTSIDE:
        return f"{locale.name(row['to_stage'])} ({said})"
    source = locale.name(row["from_stage"])
    if row["move"] == "won" or not isinstance(row["to_stage"], str):
        return f"{source} {arrow} {said}"
    return f"{source} {arrow} {locale.name(row['to_stage'])} ({said})"


def _table(arrows: pd.DataFrame) -> tables.Table:
    """Every arrow, also those that are not drawn; what rests on too few is left out."""
    locale = session.locale()
    _ = locale._
    said = move_words(locale)
    leaving = pd.to_numeric(arrows["moves"]) / pd.to_numeric(arrows["move_share"])
    hidden = {
        name: pd.to_numeric(arrows[name]).mask(~(leaving >= LEAST_SHOWN)) for name in ("move_share", "low", "high")
    }
    few = ~(pd.to_numeric(arrows["timed"]) >= LEAST_SHOWN)
    hidden |= {
        name: pd.to_numeric(arrows[name]).mask(few)
        for name in ("mean_completed_days", "median_completed_days", "p75_completed_days")
    }
    to = [_(to) if move == "won" else to for to, move in zip(arrows["to_stage"], arrows["move"], strict=True)]
    return tables.columns(
        arrows.assign(move=[said[name] for name in arrows["move"]], to_stage=to, **hidden),
        [
            ("from_stage", _("From"), "text"),
            ("move", _("Move"), "text"),
            ("to_stage", _("To"), "text"),
            ("moves", _("Moves"), "count"),
            ("deals", _("Deals"), "count"),
            ("move_share", _("of those that left"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("timed", _("Moves with a time"), "count"),
            ("median_completed_days", _("Half came after, days"), "days"),
            ("p75_completed_days", _("A quarter after more than, days"), "days"),
            ("mean_completed_days", _("Average days"), "days"),
            ("money", _("Money"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )


def _pick(arrows: pd.DataFrame, stages: pd.DataFrame) -> None:
    """Take the clicked arrow or stage as the deals to list."""
    points = (session.get(chart_key("process", "process")) or {}).get("selection", {}).get("points", [])
    told = (points[0].get("customdata") or []) if points else []
    if len(told) == 2:
        kind, row = told
        pick(
            "process",
            _code_of(arrows.loc[int(row)]) if kind == "arrow" else code("stage", stages.loc[int(row), "stage"]),
        )


def _code_of(row: Any) -> str:
    return code("arrow", row["move"], *(each if isinstance(each, str) else "" for each in (row["from_stage"], row["to_stage"])))  # fmt: skip


def _choices(arrows: pd.DataFrame, stages: pd.DataFrame, found: pd.DataFrame, ways: pd.DataFrame) -> dict[str, str]:
    """What deals can be listed of: stages, arrows, ways and paths, by code, with the words shown."""
    locale = session.locale()
    choices = variant_choices(found, ways)
    choices |= {_code_of(row): _arrow_words(row) for row in arrows.to_dict("records")}
    return choices | {code("stage", name): locale._("Stage: {stage}").format(stage=locale.name(name)) for name in stages["stage"]}  # fmt: skip


def _deals_of(picked: str, currency: str | None) -> ir.Table:
    found = deals_of_variant(picked)
    if found is not None:
        return found
    kind, *of = picked.split("\x1f")
    known, within = session.tables(), in_currency(currency)
    if kind == "stage":
        return deals_of_move(known, within, of[0], "visited", None)
    move, source, target = of
    if move == "came_in":
        return deals_coming_in(known, within, target)
    return deals_of_move(known, within, source or target, move, target if source and target else None)
