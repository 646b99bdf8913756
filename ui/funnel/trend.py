"""Whether conversion changes over time, recent deals judged by the same age as older ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.conversion_trend import ALL, conversion_trend, deals_of
from analytics.filters import Choice
from analytics.periods import GRAINS, Grain
from ui import session, tables, words
from ui.charts.trend import LEAST_SHOWN, trend_figure
from ui.funnel.deal_list import deal_list
from ui.funnel.options import open_stages
from ui.parts import Piece, chart, drawn, heading, legend, nothing, paper, plain, section, told, under_chart

MEANT = ("chance", "is_mature", "rate_so_far", "slope", "q_value", "value_created")


def show() -> None:
    """The view: the sentence, the trend with deals and money under it, and the deals of a period."""
    _ = session.locale()._
    stages = list(open_stages()["stage"]) if session.facts().get("has_history") == "true" else []
    stage = session.place("stage_of", stages, "") or None
    grain: Grain = session.get("trend_grain") if session.get("trend_grain") in GRAINS else "month"
    settings = session.settings()
    options: dict[str, Any] = {
        "grain": grain, "stage": stage, "week_start": settings.week_start, "fiscal_year_start": settings.fiscal_year_start,
    }  # fmt: skip
    rows = session.answer(conversion_trend, **options)
    periods = session.kept(_periods, rows)
    if not len(periods) or not periods["n"].sum():
        heading(_("Funnel"), _("**No deal is left to show.**"))
        with st.container(border=True, key="card_nothing_trend"):
            nothing("filter_alt_off", _("There is no deal with a date"),
                    _("A trend needs the day deals were created. Take a filter away, or add that column."))  # fmt: skip
            if session.chosen().any:
                st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")
        return
    together = rows[rows["period"] == ALL].iloc[0]
    drawn(_heading, periods, together, stage, grain)
    money, several = _money(periods, options)
    labels = session.kept(_labels, periods, grain)
    with st.container(border=True, key="card_trend"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(title(stage, together), _about_money(several))
            _choices(stages, stage, grain, several)
        drawn(_chart, periods, money, labels, together, stage, options, _chart_key())
    _deals(periods, labels, stage)


def _periods(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of single periods, without the one of all together."""
    return rows[rows["period"] != ALL].reset_index(drop=True)


def _labels(periods: pd.DataFrame, grain: Grain) -> list[str]:
    return [label(start, grain) for start in periods["starts_on"]]


def label(start: date, grain: Grain) -> str:
    locale = session.locale()
    if grain == "week":
        return f"{start.day} {locale.month(start)[:-3]}"
    if grain == "quarter" and start.month % 3 == 1:
        return locale.ltr(f"Q{start.month // 3 + 1} {start:%y}")
    return locale.month(start)


def title(stage: str | None, together: pd.Series) -> str:
    locale = session.locale()
    _ = locale._
    days = locale.days(together["horizon_days"])
    if stage is None:
        return _("Won within {days} of creation, by when deals were created").format(days=days)
    return _("Moved on from {stage} within {days}, by when deals came there").format(stage=plain(stage), days=days)


@told
def _heading(periods: pd.DataFrame, together: pd.Series, stage: str | None, grain: Grain) -> Iterator[Piece]:
    yield partial(
        heading, session.locale()._("Funnel"), finding(periods, together, stage, grain), remark(periods, together)
    )


def finding(periods: pd.DataFrame, together: pd.Series, stage: str | None, grain: Grain) -> str:
    """Whether there is a trend over the periods old enough to judge."""
    locale = session.locale()
    _ = locale._
    if together["slope"] is None or together["slope"] != together["slope"]:
        return _("**Too few periods are old enough to tell a trend.**")
    known = periods[periods["is_mature"].eq(True) & (periods["n"] >= LEAST_SHOWN)]
    said = {
        "change": locale.points(abs(together["slope"]) * 100).replace("+", ""),
        "range": _points_range(together["slope_low"], together["slope_high"]),
        "period": {"week": _("a week"), "month": _("a month"), "quarter": _("a quarter")}[grain],
        "n": locale.count(len(known)),
        "chance": locale.share(together["chance"]),
        "days": locale.days(together["horizon_days"]),
    }
    is_real = together["real_change"] is True
    if stage is None:
        if not is_real:
            return _(
                "**The win rate shows no trend:** it does not rise or fall by more than it varies from period to period. It is {chance} within {days} of creation, over all {n} periods old enough to judge."
            ).format(**said)
        if together["slope"] < 0:
            return _(
                "**The win rate is falling by {change} {period}** ({range}), a real change over the {n} periods old enough to judge."
            ).format(**said)
        return _(
            "**The win rate is rising by {change} {period}** ({range}), a real change over the {n} periods old enough to judge."
        ).format(**said)
    said["stage"] = plain(stage)
    if not is_real:
        return _(
            "**Moving on from {stage} shows no trend:** it does not rise or fall by more than it varies from period to period. It is {chance} over all {n} periods old enough to judge."
        ).format(**said)
    if together["slope"] < 0:
        return _(
            "**Fewer deals move on from {stage}: {change} less {period}** ({range}), a real change over the {n} periods old enough to judge."
        ).format(**said)
    return _(
        "**More deals move on from {stage}: {change} more {period}** ({range}), a real change over the {n} periods old enough to judge."
    ).format(**said)


def _points_range(low: float, high: float) -> str:
    return session.locale().points_between(low * 100, high * 100)


def remark(periods: pd.DataFrame, together: pd.Series) -> str:
    """The trap of recent periods, steps that are real, and a period that is not over."""
    locale = session.locale()
    _ = locale._
    parts = []
    young = periods[periods["is_mature"].eq(False)]
    if len(young):
        last = young.iloc[-1]
        parts.append(
            locale.n_(
                "The last period is too young to judge: it shows what is sure so far, and can only rise.",
                "The last {n} periods are too young to judge: they show what is sure so far, and can only rise.",
                len(young),
            )
        )
        if last["undecided_share"]:
            parts.append(
                _("{share} of the deals in the last one are undecided.").format(
                    share=locale.share(last["undecided_share"])
                )
            )
    steps = int((periods["real_change"].eq(True)).sum())
    if steps:
        parts.append(
            locale.n_(
                "{n} period differs from the one before by a real change (large point).",
                "{n} periods differ from the one before by a real change (large points).",
                steps,
            )
        )
    few = int(((periods["n"] > 0) & (periods["n"] < LEAST_SHOWN)).sum())
    if few:
        parts.append(
            locale.n_(
                "{n} period has fewer than 10 deals: no share is shown for it.",
                "{n} periods have fewer than 10 deals: no share is shown for them.",
                few,
            )
        )
    if bool(periods["is_partial"].iloc[-1]):
        parts.append(_("The last period is not over."))
    return " ".join(parts)


def _money(periods: pd.DataFrame, options: dict[str, Any]) -> tuple[pd.DataFrame, list[str]]:
    """The periods with the money of one currency: amounts of several do not add up."""
    if periods["currency"].notna().any() or periods["value_created"].notna().any():
        return periods, []
    field = session.find("currency")
    several = [name for name in session.counts(field) if name] if field is not None else []
    if field is None or len(several) < 2:
        return periods, []
    chosen = session.get("trend_currency") if session.get("trend_currency") in several else several[0]
    within = replace(session.filters(), where=(*session.filters().where, Choice(field, (chosen,))))
    narrowed = session.answer(conversion_trend, within=within, **options)
    return session.kept(_with_money, periods, narrowed, chosen), several


def _with_money(periods: pd.DataFrame, narrowed: pd.DataFrame, currency: str) -> pd.DataFrame:
    created = periods["period"].map(narrowed.set_index("period")["value_created"])
    return periods.assign(value_created=created, currency=currency)


def _about_money(several: list[str]) -> str:
    locale = session.locale()
    if not several:
        return ""
    chosen = session.get("trend_currency") if session.get("trend_currency") in several else several[0]
    return locale._("Money is in {currency} only: amounts in {n} currencies do not add up.").format(
        currency=plain(chosen), n=locale.count(len(several))
    )


def _choices(stages: Sequence[str], stage: str | None, grain: Grain, several: list[str]) -> None:
    locale = session.locale()
    _ = locale._
    with st.container(horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="switches_trend"):
        if stages:
            st.selectbox(
                _("Conversion"), ["", *stages], index=stages.index(stage) + 1 if stage else 0, width=200,
                key=session.place_key("stage_of"), on_change=session.keep_place, args=("stage_of",),
                format_func=lambda name: locale.name(name) if name else _("Win rate"), label_visibility="collapsed",
            )  # fmt: skip
        st.segmented_control(
            _("Period"), GRAINS, default=grain, required=True, key="trend_grain", label_visibility="collapsed",
            format_func=lambda name: {"week": _("Weeks"), "month": _("Months"), "quarter": _("Quarters")}[name],
            persist_state="session",
        )  # fmt: skip
        if several:
            st.selectbox(
                _("Currency"), several, key="trend_currency", label_visibility="collapsed", width=110, persist_state="session"
            )  # fmt: skip


def _chart_key() -> str:
    return f"trend_{session.get('trend_round', 0)}"


def _pick() -> None:
    """Take the clicked period as the one to list."""
    points = (session.get(_chart_key()) or {}).get("selection", {}).get("points", [])
    if points and points[0].get("customdata"):
        session.put("trend_period", int(points[0]["customdata"][0]))


def basis(periods: pd.DataFrame, together: pd.Series) -> str:
    locale = session.locale()
    _ = locale._
    parts = [locale.n_("{n} deal", "{n} deals", int(together["n"]))]
    if session.chosen().as_of or session.latest_day():
        parts.append(_("as of {day}").format(day=locale.day(session.filters().as_of)))
    parts.append(_("{share} undecided").format(share=locale.share(together["undecided_share"])))
    tests = periods["tests"].max()
    if tests:
        parts.append(locale.n_("{n} comparison, corrected", "{n} comparisons, corrected", int(tests)))
    left_out = int(together["undated"] + together["untimed"] + together["negative"])
    if left_out:
        parts.append(_("{n} without usable dates left out").format(n=locale.count(left_out)))
    return " · ".join(parts)


@told
def _chart(
    periods: pd.DataFrame,
    money: pd.DataFrame,
    labels: list[str],
    together: pd.Series,
    stage: str | None,
    options: dict[str, Any],
    key: str,
) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    color_key: tuple[tuple[str, str], ...] = ((f"line:{look.colors.accent}", _("with 95% interval")),)
    if periods["is_mature"].eq(False).any():
        color_key += (("hatch", _("too early")), (f"hollow:{look.colors.accent}", _("sure so far")))
    yield partial(legend, color_key)
    known = periods[periods["is_mature"].eq(True) & (periods["n"] >= LEAST_SHOWN)]
    yield partial(
        chart,
        trend_figure(money, labels, look),
        key,
        _("Conversion by period, with the number of deals and their money: {periods}.").format(
            periods=", ".join(f"{period} {locale.share(chance)}" for period, chance in
                              zip(known["period"].tail(6), known["chance"].tail(6), strict=True))
        ),
        wide=True,
        on_select=_pick,
    )  # fmt: skip
    shown, kinds = trend_table(money)
    meanings = words.meanings(*MEANT, of="conversion_trend")
    stands_on = basis(periods, together)
    what = paper("conversion_trend", title(stage, together), shown, kinds, meanings=meanings, basis=stands_on)
    yield partial(
        under_chart, replace(what, legend=color_key), session.asked(conversion_trend, **options), meanings, stands_on,
        picture=f"wide_{key}",
    )  # fmt: skip


def trend_table(rows: pd.DataFrame) -> tables.Table:
    """The periods as a table; shares of fewer than 10 deals are not shown."""
    locale = session.locale()
    _ = locale._
    few = rows["n"] < LEAST_SHOWN
    hidden = ("chance", "low", "high", "rate_so_far")
    rows = rows.assign(**{name: pd.to_numeric(rows[name]).mask(few) for name in hidden})
    verdicts = {True: _("real change"), False: _("could be chance")}
    state = {True: "", False: _("too early: sure so far")}
    rows = rows.assign(
        verdict=[verdicts.get(value, _("not enough data")) for value in rows["real_change"]],
        state=[state.get(value, "") for value in rows["is_mature"]],
    )
    return tables.columns(
        rows,
        [
            ("period", _("Period"), "text"),
            ("n", _("Deals"), "count"),
            ("chance", _("Converted by the same age"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("state", _("Remark"), "text"),
            ("verdict", _("Against the period before"), "text"),
            ("rate_so_far", _("Converted so far"), "share"),
            ("undecided_share", _("Undecided"), "share"),
            ("value_created", _("Money"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )


def _deals(periods: pd.DataFrame, labels: list[str], stage: str | None) -> None:
    _ = session.locale()._
    with st.container(border=True, key="card_trend_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The deals of a period"), _("Click a point or a bar, or choose here."))
            if session.get("trend_period") is not None and session.get("trend_period") >= len(periods):
                session.put("trend_period", None)
            place = st.selectbox(
                _("Period"), list(range(len(periods)))[::-1], index=None, key="trend_period", width=220,
                placeholder=_("Choose a period"), format_func=lambda place: labels[place],
            )  # fmt: skip
        if place is not None:
            row = periods.iloc[place]
            query = deals_of(session.tables(), session.filters(), row["starts_on"], row["ends_on"], stage)
            deal_list(query, labels[place], "trend_deals")
