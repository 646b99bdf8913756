"""Whether those who answer differ from those who do not, and what the score would be with both."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.non_response import non_response
from analytics.nps.reweighted import nps_reweighted
from analytics.rows import rows as records
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_reach import Dot, dots_figure
from ui.locale import NOTHING, Locale
from ui.parts import Piece, chart, drawn, note, paper, plain, section, told, under_chart

REAL = 0.05
ON_SCREEN = 10
LEAST_NOTABLE = 0.1  # of a standard deviation (Austin 2009)


def show_differ() -> None:
    """Two cards: in what they differ, and the score with the silent ones."""
    differences = session.answer(non_response)
    if differences.empty:
        return
    left, right = st.columns([1.2, 1], gap="small")
    with left, st.container(border=True, key="card_reach_differ", height="stretch"):
        drawn(_differences)
    with right, st.container(border=True, key="card_reach_weighted", height="stretch"):
        drawn(_weighted)


# in what they differ


@told
def _differences() -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = session.answer(non_response)
    named = [row | {"name": fact_words(row, locale)} for row in records(found)]
    yield partial(section, _("Do those who answer differ?"), differ_sentence(named, locale))
    shown = sorted((row for row in named if _is_shown(row)), key=lambda row: -abs(row["standardised"]))[:ON_SCREEN]
    if shown:
        most = max(0.3, *(abs(end) for row in shown for end in (row["standardised_low"], row["standardised_high"])))
        span = min(most * 1.1, 1.5)
        ticks = [(value, _signed(value, 1, locale)) for value in _ticks(span)]
        figure = dots_figure(
            [_dot(row, locale) for row in shown],
            look,
            (-span, span),
            ticks,
            0.0,
            _("the same"),
            _("not → answered"),
            140,
        )
        said = ", ".join(f"{locale.name(row['name'])} {_signed(row['standardised'], 2, locale)}" for row in shown)
        yield partial(chart, figure, "reach_differ", _("Those who answered less those who did not, in standard deviations: {facts}.").format(facts=said), wide=True)  # fmt: skip
        yield partial(
            note,
            _(
                "In standard deviations, the largest first; right of the line is more common or larger where they answered."
            ),
        )
    rows, kinds = _sheet(named, locale)
    means = words.meanings("standardised", "mean_answered", "mean_silent", "known_of", of="non_response")
    total = int(found["asked_answered"].max() + found["asked_silent"].max())
    basis = " · ".join(
        [locale.n_("{n} invitation", "{n} invitations", total), session.as_of_words(), _("facts as known on that day")]
    )
    what = paper("reach_differ", _("Do those who answer differ?"), rows, kinds, meanings=means, basis=basis)
    yield partial(
        under_chart, what, session.asked(non_response), means, basis, picture="wide_reach_differ" if shown else ""
    )


def _ticks(span: float) -> list[float]:
    step = 0.1 if span <= 0.35 else 0.2 if span <= 0.8 else 0.5
    return [round(place * step, 1) for place in range(-int(span / step), int(span / step) + 1)]


def _signed(value: float, digits: int, locale: Locale) -> str:
    return locale.ltr(f"{value:+.{digits}f}".replace("-", "−") if value else "0")


def _is_shown(row: dict[str, Any]) -> bool:
    """Whether there is enough of it to be drawn: on either side, and of the value itself."""
    if row["standardised"] is None or row["standardised_low"] is None:
        return False
    sides = min(row["asked_answered"], row["asked_silent"])
    has = row["asked_answered"] * (row["mean_answered"] or 0) + row["asked_silent"] * (row["mean_silent"] or 0)
    return bool(sides >= LEAST_SHOWN and (row["level"] is None or has >= LEAST_SHOWN))


def differ_sentence(rows: list[dict[str, Any]], locale: Locale) -> str:
    """In how many facts they really differ, and which of them most."""
    _ = locale._
    tests = max((int(row["tests"]) for row in rows), default=0)
    if not tests:
        return _("Not enough to tell: each side needs 30 customers.")
    real = [row for row in rows if row["q_value"] is not None and row["q_value"] < REAL]
    of = locale.n_("of {n} comparison", "of {n} comparisons", tests)
    if not real:
        return _("Nothing that is known of them tells the two apart, {of}.").format(of=of)
    most = max(real, key=lambda row: abs(row["standardised"]))
    said = locale.n_("They really differ in {n} fact", "They really differ in {n} facts", len(real))
    strong = _("the clearest is **{fact}**: {answered} where they answered, {silent} where not.").format(
        fact=plain(most["name"]),
        answered=amount(most, most["mean_answered"], locale),
        silent=amount(most, most["mean_silent"], locale),
    )
    slight = "" if abs(most["standardised"]) >= LEAST_NOTABLE else " " + _("Even that is slight.")
    return f"{said}, {of}; {strong}{slight}"


def fact_words(row: dict[str, Any], locale: Locale) -> str:
    """The fact in words: of a field, its value too."""
    _ = locale._
    match row["known_of"]:
        case "revenue_12m":
            return _("Revenue, 12 months")
        case "months_known":
            return _("Months as a customer")
        case "days_since_contact":
            return _("Days without contact")
        case "has_open_case":
            return _("An open case")
        case "has_left":
            return _("Counts as lost")
        case "lifecycle":
            return lifecycle_words(locale).get(row["level"], str(row["level"]))
        case "owner":
            return owner_words(row["level"], locale)
    return _("none") if row["level"] is None else str(row["level"])


def lifecycle_words(locale: Locale) -> dict[str, str]:
    _ = locale._
    return {
        "potential": _("Never bought"), "first_time": _("Bought once"), "core": _("Buys as usual"), "returned": _("Came back"),
        "defecting": _("Drifting away"),
    }  # fmt: skip


def amount(row: dict[str, Any], value: float | None, locale: Locale) -> str:
    """A mean of the row, as its unit is written."""
    if value is None:
        return NOTHING
    match row["known_of"]:
        case "revenue_12m":
            currencies = session.kept(_currency)
            return locale.money(value, currencies) if currencies else locale.count(value)
        case "months_known":
            return locale.count(value)
        case "days_since_contact":
            return locale.days(value, 0)
    return locale.share(value)


def _currency() -> str:
    return session.currency()


def _dot(row: dict[str, Any], locale: Locale) -> Dot:
    value = row["standardised"]
    is_real = row["q_value"] is not None and row["q_value"] < REAL
    arrow = "←" if locale.rtl else "→"
    sides = f"{amount(row, row['mean_silent'], locale)} {arrow} {amount(row, row['mean_answered'], locale)}"
    return Dot(row["name"], value, row["standardised_low"], row["standardised_high"], "", sides, is_real, sides)


def _sheet(rows: list[dict[str, Any]], locale: Locale) -> tables.Table:
    _ = locale._
    shown = pd.DataFrame([row for row in rows if _is_shown(row)], columns=list(rows[0]) if rows else [])
    return tables.columns_once(
        shown,
        [
            ("name", _("Known of them"), "text"),
            ("mean_answered", _("Where answered"), "number"),
            ("mean_silent", _("Where not answered"), "number"),
            ("standardised", _("Standardised difference"), "number"),
            ("standardised_low", _("95% from"), "number"),
            ("standardised_high", _("95% to"), "number"),
            ("q_value", _("q-value"), "number"),
        ],
    )


# the score with both


@told
def _weighted() -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = session.answer(nps_reweighted)
    known = {row["heard_as"]: row for row in records(found)}
    yield partial(section, _("And if the silent ones were heard?"), weighted_sentence(known, locale))
    if "reweighted" not in known:
        return
    dots = [_score_dot(name, known[name], locale) for name in known]
    ends = [end for row in known.values() for end in (row["low"], row["high"]) if end is not None]
    low, high = max(min(ends) - 6, -100), min(max(ends) + 6, 100)
    step = 5 if high - low <= 30 else 10 if high - low <= 60 else 25
    ticks = [(float(value), locale.score(value)) for value in range(-100, 101, step) if low <= value <= high]
    figure = dots_figure(dots, look, (low, high), ticks, known["plain"]["nps"], "", _("answers"), 84)
    said = ", ".join(f"{dot.name} {dot.label}" for dot in dots)
    yield partial(
        chart, figure, "reach_weighted", _("NPS with its 95% interval: {scores}.").format(scores=said), wide=True
    )
    yield partial(
        note,
        _("Weights let each answer stand for customers like it that did not answer. They mend what is known of customers, such as size, segment and contact; they cannot mend what nobody knows, such as how they feel."),
    )  # fmt: skip
    shown = found.assign(name=[dot.name for dot in dots])
    rows, kinds = tables.columns_once(
        shown,
        [
            ("name", _("Silent ones as"), "text"), ("nps", _("NPS"), "number"), ("low", _("95% from"), "number"), ("high", _("95% to"), "number"),
            ("score_shift", _("Against the plain score"), "number"), ("shift_low", _("Change from"), "number"), ("shift_high", _("Change to"), "number"),
            ("n", _("Answers"), "count"), ("effective_n", _("Effective number"), "number"), ("answered_late", _("Late answers"), "count"),
            ("late_after_days", _("Late from, days"), "days"),
        ],
    )  # fmt: skip
    means = words.meanings("heard_as", "score_shift", "effective_n", "late_after_days", of="nps_reweighted")
    basis = " · ".join([
        locale.n_("{n} answer", "{n} answers", int(found["n"].iloc[0])), session.as_of_words(),
        _("only answers to invitations counted"),
    ])  # fmt: skip
    what = paper("reach_weighted", _("And if the silent ones were heard?"), rows, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(nps_reweighted), means, basis, picture="wide_reach_weighted")


def _score_words(name: str, locale: Locale) -> str:
    _ = locale._
    return {"plain": _("As answered"), "reweighted": _("Reweighted"), "like_late": _("Silent like late")}[name]


def _score_dot(name: str, row: dict[str, Any], locale: Locale) -> Dot:
    number = row["effective_n"] if name == "reweighted" else row["answered_late"] if name == "like_late" else row["n"]
    beside = locale._("as {n}").format(n=locale.count(number)) if name == "reweighted" else locale.count(number)
    said = f"<b>{locale.score(row['nps'])}</b> {locale.scores(row['low'], row['high'])}"
    return Dot(
        _score_words(name, locale),
        row["nps"],
        row["low"],
        row["high"],
        f"{locale.score(row['nps'])}",
        beside,
        is_moved(row),
        said,
    )


def is_moved(row: dict[str, Any]) -> bool:
    """Whether the interval of the shift leaves 0 out."""
    return row["shift_low"] is not None and (row["shift_low"] > 0 or row["shift_high"] < 0)


def weighted_sentence(known: dict[str, dict[str, Any]], locale: Locale) -> str:
    """Which way the score moves when those who did not answer are given their due."""
    _ = locale._
    if "reweighted" not in known:
        return _("Not enough to tell: it needs 30 answers, 30 invitations unanswered and 30 customers.")
    row = known["reweighted"]
    plain_score, score = locale.score(known["plain"]["nps"]), locale.score(row["nps"])
    between = locale.points_between(row["shift_low"], row["shift_high"])
    if is_moved(row):
        said = _("Reweighted, the score is **{score}** instead of {plain}: a shift of {between} points.").format(
            score=score, plain=plain_score, between=between
        )
    else:
        said = _(
            "Reweighted, the score is **{score}** and {plain} as answered: a shift of {between} points could be chance."
        ).format(score=score, plain=plain_score, between=between)
    if "like_late" in known:
        late = known["like_late"]
        said += " " + _("Were the silent ones like those who answer from day {day} on, it would be {score}.").format(
            day=locale.count(late["late_after_days"]), score=locale.score(late["nps"])
        )
    return said
