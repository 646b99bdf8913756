"""The cards of what came after answers: leaving, buying again, and revenue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.leaving import HORIZONS, nps_and_leaving
from analytics.nps.repeat import nps_and_repeat, nps_and_revenue
from analytics.rows import rows as records
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_follows import dots_figure
from ui.locale import Locale
from ui.nps.follows_words import group_words, ratio, ratios, row_of, within
from ui.parts import Piece, chart, drawn, legend, paper, section, told, under_chart

MEANS = ("outcome_chance", "hazard_ratio", "stands", "detectable_ratio", "is_adjusted")
MONEY_MEANS = ("revenue_year_before", "revenue_year_after", "revenue_change", "change_difference", "detectable_change")


def show_leaving() -> None:
    """The card: the chance to have left, for each kind of answer."""
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key="card_follows_leaving"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            title = st.container(width="content")
            months = st.segmented_control(
                _("Within"), list(HORIZONS), default=HORIZONS[0], required=True, key="follows_months", persist_state="session",
                format_func=lambda n: locale.n_("{n} month", "{n} months", n), label_visibility="collapsed",
            )  # fmt: skip
        months = int(months or HORIZONS[0])
        with title:
            drawn(_leaving_title, months)
        drawn(_outcome, nps_and_leaving, "follows_leaving", months)


def show_repeat() -> None:
    """The chance of another purchase."""
    drawn(_repeat_title)
    drawn(_outcome, nps_and_repeat, "follows_repeat", HORIZONS[0])


def show_revenue() -> None:
    """The year after against the year before."""
    drawn(_revenue)


@told
def _leaving_title(months: int) -> Iterator[Piece]:
    found = session.answer(nps_and_leaving, months=months)
    yield partial(section, session.locale()._("Who leaves after answering"), sentence(found, months, is_leaving=True))


@told
def _repeat_title() -> Iterator[Piece]:
    found = session.answer(nps_and_repeat, months=HORIZONS[0])
    yield partial(section, session.locale()._("Who buys again"), sentence(found, HORIZONS[0], is_leaving=False))


def sentence(found: pd.DataFrame, months: int, *, is_leaving: bool) -> str:
    """What came after detractors' answers against promoters', and whether that could be chance."""
    locale = session.locale()
    _ = locale._
    promoter, detractor = row_of(found, "promoter"), row_of(found, "detractor")
    if detractor is None or promoter is None or detractor["chance_difference"] is None:
        return _("Too few answers of promoters or detractors could be followed.")
    said: dict[str, Any] = {
        "share": locale.share(detractor["outcome_chance"]), "of_promoters": locale.share(promoter["outcome_chance"]),
        "time": within(detractor["within_days"], months, locale),
    }  # fmt: skip
    if is_leaving:
        first = _("After {time}, {share} of detractors have left and {of_promoters} of promoters.").format(**said)
    else:
        first = _("After {time}, {share} of detractors have bought again and {of_promoters} of promoters.").format(
            **said
        )
    if detractor["hazard_ratio"] is None:
        return first + " " + _("It came to too few to compare them.")
    seen = ratio(detractor["detectable_ratio"], locale)
    if detractor["stands"]:
        return first + " " + _("The difference stands after correction.")
    if is_leaving:
        return first + " " + _("It could be chance; a ratio of {seen} or more would have been seen.").format(seen=seen)
    slower = ratio(1 / detractor["detectable_ratio"], locale)
    return (
        first + " " + _("It could be chance; a ratio of {slower} or less would have been seen.").format(slower=slower)
    )


@told
def _outcome(metric: Callable[..., Any], key: str, months: int) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = session.answer(metric, months=months)
    is_leaving = metric is nps_and_leaving
    names = [group_words(locale)[name] for name in found["answered_as"]]
    drawn_rows = pd.DataFrame({
        "value": pd.to_numeric(found["outcome_chance"]), "low": pd.to_numeric(found["outcome_low"]), "high": pd.to_numeric(found["outcome_high"]),
        "n": found["n"], "stands": [bool(each) if pd.notna(each) else False for each in found["stands"]],
        "beside": [beside(row, locale) for row in records(found)],
    })  # fmt: skip
    yield partial(legend, _key(drawn_rows))
    what = _("left within {time}") if is_leaving else _("bought again within {time}")
    alt = _("{what}: {groups}.").format(
        what=what.format(time=within(found["within_days"].max(), months, locale)),
        groups=", ".join(
            f"{name} {locale.share(row.value)} ({locale.shares(row.low, row.high)})"
            for name, row in zip(names, drawn_rows.itertuples(), strict=True) if row.n >= LEAST_SHOWN
        ),
    )  # fmt: skip
    head = _("times as fast as promoters")
    yield partial(chart, dots_figure(drawn_rows, names, head, look), key, alt, wide=True)
    shown, kinds = outcome_table(found, locale)
    means = words.meanings(*MEANS, of="nps_and_leaving" if is_leaving else "nps_and_repeat")
    basis = " · ".join([
        locale.n_("{n} answer", "{n} answers", int(found["n"].sum())), session.as_of_words(),
        _("like for like in revenue and time as a customer") if (found["is_adjusted"] == True).any() else _("not adjusted"),  # noqa: E712
    ])  # fmt: skip
    title = _("Who leaves after answering") if is_leaving else _("Who buys again")
    paper_ = paper(key, title, shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, paper_, session.asked(metric, months=months), means, basis, picture=f"wide_{key}")


def beside(row: dict[str, Any], locale: Locale) -> str:
    """The hazard ratio and its interval, or why there is none."""
    _ = locale._
    if row["answered_as"] == "promoter":
        return _("compared with")
    if row["hazard_ratio"] is None:
        return _("too few")
    return f"<b>{ratio(row['hazard_ratio'], locale)}</b> ({ratios(row['low'], row['high'], locale)})"


def _key(drawn_rows: pd.DataFrame) -> list[tuple[str, str]]:
    look = session.look()
    _ = look.locale._
    items = [(look.colors.neutral, _("could be chance, or what is compared with"))]
    if drawn_rows["stands"].any():
        items.insert(0, (look.colors.accent, _("stands after correction")))
    return items


def outcome_table(found: pd.DataFrame, locale: Locale) -> tables.Table:
    """The rows as a sheet; chances of fewer than 10 answers are not in it."""
    _ = locale._
    few = found["n"] < LEAST_SHOWN
    hidden = ("outcome_chance", "outcome_low", "outcome_high", "chance_difference")
    said = found.assign(
        who=[group_words(locale)[name] for name in found["answered_as"]],
        **{name: pd.to_numeric(found[name]).mask(few) for name in hidden},
    )
    return tables.columns_once(
        said,
        [
            ("who", _("Answered as"), "text"), ("n", _("Answers"), "count"), ("customers", _("Customers"), "count"),
            ("outcome_customers", _("Customers it came to"), "count"), ("outcome_chance", _("Chance"), "share"),
            ("outcome_low", _("95% from"), "share"), ("outcome_high", _("95% to"), "share"),
            ("hazard_ratio", _("Hazard ratio"), "number"), ("low", _("Ratio from"), "number"), ("high", _("Ratio to"), "number"),
            ("unadjusted_ratio", _("Ratio, plain"), "number"), ("q_value", _("q-value"), "number"),
            ("detectable_ratio", _("Ratio that would be seen"), "number"), ("not_there", _("Not a customer then"), "count"),
            ("unplaced", _("Without customer or day"), "count"), ("too_recent", _("Too recent"), "count"),
        ],
    )  # fmt: skip


# revenue


@told
def _revenue() -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = session.answer(nps_and_revenue)
    told_ = found[found["n"] > 0]
    yield partial(section, _("Revenue in the year after"), revenue_sentence(told_))
    if told_.empty:
        return
    several = found["currency"].nunique(dropna=False) > 1
    names = [
        f"{group_words(locale)[row.answered_as]} {row.currency if several and isinstance(row.currency, str) else ''}".strip()
        for row in told_.itertuples()
    ]
    drawn_rows = pd.DataFrame({
        "value": pd.to_numeric(told_["revenue_change"]), "low": pd.to_numeric(told_["low"]), "high": pd.to_numeric(told_["high"]),
        "n": told_["customers"], "stands": [bool(each) if pd.notna(each) else False for each in told_["stands"]],
        "beside": [
            locale.between(locale.money(row.revenue_year_before, _code(row.currency)), locale.money(row.revenue_year_after, _code(row.currency)))
            .replace("–", " → ")
            for row in told_.itertuples()
        ],
    }).reset_index(drop=True)  # fmt: skip
    yield partial(legend, _key(drawn_rows))
    alt = _("Revenue in the year after an answer against the year before: {groups}.").format(
        groups=", ".join(
            f"{name} {locale.change(row.value)}"
            for name, row in zip(names, drawn_rows.itertuples(), strict=True) if pd.notna(row.value) and row.n >= LEAST_SHOWN
        )
    )  # fmt: skip
    figure = dots_figure(drawn_rows, names, _("year before → after"), look, unit="change", line=0.0)
    yield partial(chart, figure, "follows_revenue", alt, wide=True)
    shown, kinds = revenue_table(found, locale)
    means = words.meanings(*MONEY_MEANS, of="nps_and_revenue")
    basis = " · ".join([
        _("{n} answers a year old").format(n=locale.count(told_["n"].sum())), session.as_of_words(),
        _("{n} are too recent").format(n=locale.count(found["too_recent"].sum())),
    ])  # fmt: skip
    what = paper("follows_revenue", _("Revenue in the year after"), shown, kinds, meanings=means, basis=basis)
    yield partial(
        under_chart, what, session.asked(nps_and_revenue), means, basis, picture="wide_follows_revenue"
    )  # fmt: skip


def _code(currency: Any) -> str | None:
    return currency if isinstance(currency, str) else None


def revenue_sentence(found: pd.DataFrame) -> str:
    """How the change after detractors' answers is from that after promoters'."""
    locale = session.locale()
    _ = locale._
    if found.empty:
        return _("No answer is a year old yet.")
    detractor = row_of(found, "detractor")
    if detractor is None or detractor["p_value"] is None:
        return _(
            "Too few customers to compare: it takes 30 whose promoters, and 30 whose detractors, answered a year ago or earlier."
        )
    said = {
        "points": locale.points(100 * detractor["change_difference"], 0),
        "interval": locale.points_between(100 * detractor["change_difference_low"], 100 * detractor["change_difference_high"]),
        "seen": locale.points(100 * detractor["detectable_change"], 0).replace("+", ""),
    }  # fmt: skip
    if detractor["stands"]:
        return _("After detractors' answers revenue changed by {points} against promoters' (95%: {interval}); that stands after correction.").format(**said)  # fmt: skip
    return _("No relation was found: after detractors' answers revenue changed by {points} against promoters' (95%: {interval}), which could be chance. A difference of {seen} would have been seen.").format(**said)  # fmt: skip


def revenue_table(found: pd.DataFrame, locale: Locale) -> tables.Table:
    """The rows as a sheet."""
    _ = locale._
    few = found["customers"] < LEAST_SHOWN
    hidden = ("revenue_change", "low", "high", "change_difference")
    said = found.assign(
        who=[group_words(locale)[name] for name in found["answered_as"]],
        **{name: pd.to_numeric(found[name]).mask(few) for name in hidden},
    )
    return tables.columns_once(
        said,
        [
            ("who", _("Answered as"), "text"), ("n", _("Answers"), "count"), ("customers", _("Customers"), "count"),
            ("revenue_year_before", _("Year before"), "money"), ("revenue_year_after", _("Year after"), "money"),
            ("revenue_change", _("Change"), "share"), ("low", _("95% from"), "share"), ("high", _("95% to"), "share"),
            ("change_difference", _("Against promoters"), "share"), ("q_value", _("q-value"), "number"),
            ("too_recent", _("Too recent"), "count"), ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
