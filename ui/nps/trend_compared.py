"""Any two periods of the trend, one against the other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.compared import Sides, nps_compared
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.nps import trend_words as say
from ui.nps.trend_words import Grain
from ui.parts import Piece, drawn, note, paper, section, table, told, under_chart

REAL = 0.05


def show(rows: pd.DataFrame, grain: Grain) -> None:
    """The card: two periods to choose, what each says, and whether they differ."""
    _ = session.locale()._
    some = [place for place, n in enumerate(rows["n"]) if n]
    if len(some) < 2:
        return
    over = [place for place in some if rows["is_complete"].iloc[place]]
    usual = over[-2:] if len(over) > 1 else some[-2:]
    names = session.kept(_names, rows, grain)
    with st.container(border=True, key="card_nps_compared"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("Any two periods"), _("Who answered in both is counted as the same person."))
            with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="switches_nps_compared", width="content"):  # fmt: skip
                first = _choice(_("Compare"), "nps_compare_first", some, names, usual[0], grain)
                second = _choice(_("with"), "nps_compare_second", some, names, usual[1], grain)
        if first == second:
            note(_("Choose two different periods."))
        else:
            drawn(_told, rows.iloc[[first, second]].reset_index(drop=True), (names[first], names[second]))


def _names(rows: pd.DataFrame, grain: Grain) -> list[str]:
    return [say.long_label(row, grain) for row in rows.itertuples()]


def _choice(label: str, key: str, some: list[int], names: list[str], usual: int, grain: Grain) -> int:
    key = f"{key}_{grain}"
    if session.get(key) not in some:
        session.put(key, usual)
    found: Any = st.selectbox(label, some, key=key, format_func=lambda place: names[place], width=260)
    return int(usual if found is None else found)


@told
def _told(two: pd.DataFrame, names: tuple[str, str]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    sides = Sides(*((row.starts_on, row.ends_on) for row in two.itertuples()))
    found = session.answer(nps_compared, sides=sides)
    row = found.iloc[0]
    yield partial(note, sentence(row))
    cells = [
        [name.split(" · ")[0], locale.count(row[f"n_{side}"]), *_scored(row, side)]
        for side, name in zip(("before", "after"), names, strict=True)
    ]
    yield partial(
        table, [_("Period"), _("Answers"), _("NPS"), _("95% interval")], cells, caption=_("Two periods compared"), numbers=(1, 2, 3)
    )  # fmt: skip
    hidden = [side for side in ("before", "after") if row[f"n_{side}"] < LEAST_SHOWN]
    told_of = {side: (side, f"{side}_low", f"{side}_high") for side in ("before", "after")}
    unsaid = [name for side in hidden for name in (*told_of[side], "difference", "low", "high")]
    figures = (*told_of["before"], *told_of["after"], "difference", "low", "high")
    shown = found.assign(
        **{name: float("nan") if name in unsaid else pd.to_numeric(found[name]).round(1) for name in figures}
    )
    columns, kinds = tables.columns(shown, [
        ("before_since", _("First, from"), "day"), ("before_until", _("First, to"), "day"), ("after_since", _("Second, from"), "day"),
        ("after_until", _("Second, to"), "day"), ("n_before", _("Answers, first"), "count"), ("n_after", _("Answers, second"), "count"),
        ("before", _("NPS, first"), "number"), ("after", _("NPS, second"), "number"), ("difference", _("Difference"), "number"),
        ("low", _("95% from"), "number"), ("high", _("95% to"), "number"), ("p_value", _("p-value"), "number"),
        ("pairs_of_answers", _("Pairs of answers"), "count"),
    ])  # fmt: skip
    basis = " · ".join([
        locale.n_("{n} pair of answers by the same person", "{n} pairs of answers by the same person", int(row["pairs_of_answers"])),
        session.as_of_words(), _("one comparison, not corrected for others you try"),
    ])  # fmt: skip
    means = words.meanings("difference", "p_value", "pairs_of_answers", of="nps_compared")
    what = paper("nps_compared", _("Any two periods"), columns, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(nps_compared, sides=sides), means, basis)


def sentence(row: pd.Series) -> str:
    """How much the second differs from the first, and how sure that is."""
    locale = session.locale()
    _ = locale._
    few = int(min(row["n_before"], row["n_after"]))
    if few < LEAST_SHOWN:
        return _("**Too few answers to compare:** one of the two has {n}.").format(n=locale.count(few))
    said = {
        "points": locale.score(row["difference"]), "range": locale.scores(row["low"], row["high"]),
    }  # fmt: skip
    if pd.isna(row["p_value"]):
        return _("**The second differs from the first by {points}** ({range}): not enough data for a test, which takes 30 answers on both sides.").format(**said)  # fmt: skip
    said["p"] = locale.ltr("≤ 0.001" if row["p_value"] <= 0.001 else f"= {row['p_value']:.3f}")
    if row["p_value"] < REAL:
        return _("**The second differs from the first by {points}** ({range}), which chance alone would seldom do (p {p}).").format(**said)  # fmt: skip
    return _("**The second differs from the first by {points}** ({range}), which could be chance (p {p}).").format(
        **said
    )


def _scored(row: pd.Series, side: str) -> tuple[str, str]:
    locale = session.locale()
    if row[f"n_{side}"] < LEAST_SHOWN:
        return locale._("not enough · {n}").format(n=locale.count(row[f"n_{side}"])), "–"
    return f"<b>{locale.score(row[side])}</b>", locale.scores(row[f"{side}_low"], row[f"{side}_high"])
