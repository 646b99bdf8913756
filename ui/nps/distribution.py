"""How the answers spread over the scores from 0 to 10, and what moved."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.distribution import nps_distribution
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_distribution import distribution_figure
from ui.locale import Locale
from ui.parts import Piece, chart, drawn, legend, note, paper, section, told, under_chart

DAYS = (90, 182, 365, 0)  # 0: all answers
_USUAL = 182
MEANS = ("answer_share", "earlier_share", "mean_score", "q_value")


def show_distribution() -> None:
    """The card. With a period among the filters it tells of that; else of the latest half year, or what the reader chooses."""
    _ = session.locale()._
    days: int | None = None
    with st.container(border=True, key="card_nps_distribution"):
        title, switch = st.columns([1.7, 1], vertical_alignment="top")
        if not session.filters().has_period:
            named = {90: _("90 days"), 182: _("Half a year"), 365: _("A year"), 0: _("All")}
            with switch, st.container(horizontal=True, horizontal_alignment="right"):
                chosen = st.segmented_control(
                    _("Answers of"), DAYS, default=_USUAL, key="nps_distribution_days", format_func=lambda each: named[each],
                    label_visibility="collapsed", persist_state="session", required=True,
                )  # fmt: skip
            days = chosen or None
        with title:
            drawn(_title, days)
        drawn(_card, days)


def _found(days: int | None) -> pd.DataFrame:
    return session.answer(nps_distribution, days=days)


def _of(found: pd.DataFrame, kind: str) -> dict[str, Any]:
    row: dict[str, Any] = found[found["answer_kind"] == kind].iloc[0].to_dict()
    return row


@told
def _title(days: int | None) -> Iterator[Piece]:
    locale = session.locale()
    yield partial(section, locale._("How the answers spread"), mean_words(_found(days), locale))


def mean_words(found: pd.DataFrame, locale: Locale) -> str:
    """The mean with its interval, and how many answers have no score."""
    _ = locale._
    every, blank = _of(found, "all"), int(_of(found, "blank")["n"])
    said = []
    if int(every["n"]) >= LEAST_SHOWN:
        said.append(
            _("The mean of {n} answers is {mean} (95%: {between}).").format(
                n=locale.count(every["n"]), mean=locale.ltr(f"{every['mean_score']:.1f}"),
                between=locale.ltr(f"{every['mean_low']:.1f}–{every['mean_high']:.1f}"),
            )
        )  # fmt: skip
    if blank:
        said.append(
            locale.n_(
                "{n} answer has no score and is in no share.", "{n} answers have no score and are in no share.", blank
            )
        )
    return " ".join(said)


def moved_words(found: pd.DataFrame, locale: Locale) -> str:
    """Which scores and kinds really became more or less frequent than in the stretch before."""
    _ = locale._
    if found["earlier_share"].isna().all():
        return ""
    tests = int(found["tests"].max()) if found["tests"].notna().any() else 0
    if not tests:
        return _("Too few answers to compare with the stretch before: that takes 30 on either side.")
    of_n = _("corrected for {n} comparisons").format(n=locale.count(tests))
    real = found[found["real_change"].eq(True)]
    if real.empty:
        return _("Against the stretch before, no score and no kind of answer changed by more than chance, {of_n}.").format(
            of_n=of_n
        )  # fmt: skip
    names = {"promoters": _("promoters"), "passives": _("passives"), "detractors": _("detractors")}
    parts = [
        _("{what} {before} → {now}").format(
            what=names.get(row["answer_kind"]) or locale.ltr(f"{row['score']:.0f}"),
            before=locale.share(row["earlier_share"]), now=locale.share(row["answer_share"]),
        )
        for row in real.to_dict("records")
    ]  # fmt: skip
    return _("**Real change** against the stretch before, {of_n}: {parts}. The rest could be chance.").format(
        of_n=of_n, parts=locale.listed(parts)
    )


@told
def _card(days: int | None) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = _found(days)
    every = _of(found, "all")
    n = int(every["n"])
    if n < LEAST_SHOWN:
        yield partial(note, _("Not enough answers for shares: {n}, and it takes 10.").format(n=locale.count(n)))
        return
    if moved := moved_words(found, locale):
        yield partial(note, moved)
    has_before = bool(found["earlier_share"].notna().any())
    if has_before:
        before = _("the stretch before, {n} answers").format(n=locale.count(every["earlier_n"]))
        yield partial(legend, [(f"line:{look.colors.ink}", before)])
    kinds = {kind: locale.share(_of(found, kind)["answer_share"]) for kind in ("promoters", "passives", "detractors")}
    alt = _("Answers by score from 0 to 10: promoters {promoters}, passives {passives}, detractors {detractors}.").format(**kinds)  # fmt: skip
    yield partial(chart, distribution_figure(found, look), "nps_distribution", alt, wide=True)
    shown, shown_kinds = table_of(found, locale)
    means = words.meanings(*MEANS, of="nps_distribution")
    basis = " · ".join(filter(None, (locale.n_("{n} answer", "{n} answers", n), _stretch(every, locale), session.as_of_words())))  # fmt: skip
    about = paper("nps_distribution", _("How the answers spread"), shown, shown_kinds, meanings=means, basis=basis)
    asked = session.asked(nps_distribution, days=days)
    yield partial(under_chart, about, asked, means, basis, picture="wide_nps_distribution")


def _stretch(every: dict[str, Any], locale: Locale) -> str:
    ends = [None if pd.isna(every[name]) else every[name] for name in ("starts_on", "ends_on")]
    if ends[0] is None:
        return ""
    return locale._("from {first} to {last}").format(
        first=locale.day(ends[0]), last=locale.day(ends[1] or session.filters().as_of)
    )


def table_of(found: pd.DataFrame, locale: Locale) -> tables.Table:
    """A line a score, then one a kind and the blank ones."""
    _ = locale._
    names = {
        "promoters": _("Promoters"), "passives": _("Passives"), "detractors": _("Detractors"), "all": _("All"),
        "blank": _("Without a score"),
    }  # fmt: skip
    said = found.assign(
        what=[
            names.get(kind) or f"{score:.0f}" for kind, score in zip(found["answer_kind"], found["score"], strict=True)
        ]
    )
    return tables.columns_once(
        said,
        [
            ("what", _("Score"), "text"),
            ("n", _("Answers"), "count"),
            ("answer_share", _("Share"), "share"),
            ("low", _("Low end"), "share"),
            ("high", _("High end"), "share"),
            ("earlier_n", _("Answers before"), "count"),
            ("earlier_share", _("Share before"), "share"),
            ("difference", _("Difference"), "share"),
            ("q_value", _("q-value"), "days"),
        ],
    )
