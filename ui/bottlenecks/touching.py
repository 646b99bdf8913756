"""How often deals are touched in their first days, and what goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.touches import BANDS, DAYS, open_deals_by_touches, touches
from ui import session, tables, words
from ui.bottlenecks.shared import REAL, Record, chance_columns, clearest, open_table, without_few
from ui.charts.causes import dots_figure
from ui.charts.funnel import LEAST_SHOWN
from ui.funnel.deal_list import deal_list
from ui.parts import Piece, chart, drawn, note, paper, plain, section, told, under_chart

TOUCH_MEANS = ("touches", "chance", "difference", "ended_before", "too_young", "q_value")


def touches_sentence(row: Record) -> str:
    locale = session.locale()
    _ = locale._
    said = {
        "band": band_words(row["touches"]), "days": locale.days(row["within_days"]), "own": locale.share(row["chance"]),
        "rest": locale.share(row["chance"] - row["difference"]),
        "range": locale.points_between(row["difference_low"] * 100, row["difference_high"] * 100),
    }  # fmt: skip
    if row["difference"] > 0:
        words_ = _("**Deals with {band} in the first {days} are won more often: {own}, against {rest} of the others** ({range} points).")  # fmt: skip
    else:
        words_ = _("**Deals with {band} in the first {days} are won less often: {own}, against {rest} of the others** ({range} points).")  # fmt: skip
    return words_.format(**said)


def band_words(band: str) -> str:
    locale = session.locale()
    if band == "0":
        return locale._("no activity")
    return locale._("{range} activities").format(range=locale.ltr(band.replace("-", "–")))


def show_touches(found: pd.DataFrame) -> None:
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key="card_touches"):
        drawn(_touches_told, found, f"touches_{session.get('touches_round', 0)}")
        band = st.selectbox(
            _("Open deals by activities so far"), list(BANDS), index=None, key="touches_band", placeholder=_("Choose"), width=260,
            format_func=band_words, persist_state="session",
        )  # fmt: skip
        if band:
            query = session.expression(open_deals_by_touches, band=band)
            title = _("Open, {band}").format(band=plain(band_words(band)))
            deal_list(query, title, "touched", open_table, close=_close_touches)


def _close_touches() -> None:
    session.put("touches_band", None)


def _pick_band(chart_key: str) -> None:
    points = (session.get(chart_key) or {}).get("selection", {}).get("points", [])
    if points:
        session.put("touches_band", BANDS[int(points[0]["customdata"][0])])
        session.put("touches_round", session.get("touches_round", 0) + 1)


@told
def _touches_told(found: pd.DataFrame, chart_key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    days = locale.days(DAYS)
    yield partial(
        section,
        _("Number of touches"),
        _("Activities in the first {days} of a deal, and the chance to be won from then on. Only deals still open at that age count.").format(days=days),
    )  # fmt: skip
    n = pd.to_numeric(found["n"])
    if not (n >= LEAST_SHOWN).any():
        yield partial(note, _("Fewer than 10 deals were still open after {days}: too few to say.").format(days=days))
        return
    yield partial(note, _touches_say(found))
    rows = pd.DataFrame({
        "rate": pd.to_numeric(found["chance"]), "low": pd.to_numeric(found["low"]), "high": pd.to_numeric(found["high"]), "n": n,
        "is_real": pd.to_numeric(found["q_value"]) < REAL,
    })  # fmt: skip
    names = [
        (band_words(band), locale.n_("{n} deal", "{n} deals", int(each)))
        for band, each in zip(found["touches"], n, strict=True)
    ]
    told_ = rows[rows["n"] >= LEAST_SHOWN]
    yield partial(
        chart,
        dots_figure(rows, names, look, head=_("chance to be won")),
        chart_key,
        _("Chance to be won by number of activities: {lines}.").format(
            lines=", ".join(f"{names[int(place)][0]} {locale.share(row['rate'])}" for place, row in told_.iterrows())
        ),
        wide=True,
        on_select=lambda: _pick_band(chart_key),
    )
    shown, kinds = touches_table(found)
    means = words.meanings(*TOUCH_MEANS, of="touches")
    first = found.iloc[0]
    parts = [
        locale.n_("{n} deal", "{n} deals", int(n.sum())),
        _("as of {day}").format(day=locale.day(session.filters().as_of)),
    ]
    if not pd.isna(first["horizon_days"]):
        parts.append(_("chance told by {days} after").format(days=locale.days(first["horizon_days"])))
    parts.append(_("{ended} ended sooner, {young} younger").format(ended=locale.count(first["ended_before"]), young=locale.count(first["too_young"])))  # fmt: skip
    basis = " · ".join(parts)
    what = paper("touches", _("Number of touches"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(touches), means, basis, picture=f"wide_{chart_key}")


def _touches_say(found: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    tests = int(found["tests"].max())
    family = locale.n_("{n} group compared", "{n} groups compared", tests)
    real = clearest(found)
    if real is not None:
        return (
            touches_sentence(real).replace("**", "")
            + " "
            + _("It stands after correction ({family}).").format(family=family)
        )
    if not tests:
        return _("Too few deals to test: it takes 30 in a group.")
    return _(
        "No number of activities goes with another chance than the others by more than could be chance ({family})."
    ).format(family=family)


def touches_table(found: pd.DataFrame) -> tables.Table:
    _ = session.locale()._
    rows = without_few(found).assign(touches=[band_words(band) for band in found["touches"]])
    return tables.columns(
        rows,
        [
            ("touches", _("Activities"), "text"),
            ("n", _("Deals"), "count"),
            *chance_columns(),
            ("mean_touches", _("On average"), "number"),
        ],
    )
