"""The comments behind a theme: how often it is heard month by month, and what customers wrote, word for word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.themes.heard import theme_comments, theme_volume
from analytics.nps.themes.matching import marked
from analytics.rows import rows as records
from data.theme_list import Theme
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_themes import volume_figure
from ui.customer.links import customer_links
from ui.locale import ISOLATES, NOTHING, Locale
from ui.nps.theme_words import theme_name
from ui.parts import (
    ROWS_ON_SCREEN,
    Piece,
    chart,
    drawn,
    paper,
    plain,
    rich,
    section,
    table,
    told,
    under_chart,
)

ON_SCREEN = 12
LONGEST = 320  # letters of a comment on screen; a download has all of it
OTHERS = ""  # stands for the comments that mention no theme
MEANS = ("mention_share", "score", "revenue_12m")


def show_comments(themes: tuple[Theme, ...], found: pd.DataFrame, has_dots: bool) -> None:
    """The card: a theme clicked or chosen, over time and word for word."""
    locale = session.locale()
    _ = locale._
    counts = {
        row["theme"] if isinstance(row["theme"], str) else OTHERS: int(row["n"]) for row in found.to_dict("records")
    }
    choices = [name for name, n in counts.items() if n]
    if session.get("theme_pick") not in choices:
        session.put("theme_pick", choices[0])
    with st.container(border=True, key="card_theme_comments"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            title = st.container(width="stretch")
            st.selectbox(
                _("Theme"), choices, key="theme_pick", width=300, persist_state="session",
                format_func=lambda name: f"{locale.name(theme_name(name, locale))} · {locale.count(counts[name])}",
            )  # fmt: skip
        name = session.get("theme_pick")
        theme = next((theme for theme in themes if theme.name == name), None)
        with title:
            said = (
                _("Lowest score first, the latest first among equals. Click a dot above, or choose here.")
                if has_dots
                else _("Lowest score first, the latest first among equals.")
            )
            section(_("The comments"), said)
        if theme is not None:
            drawn(_volume, theme, themes)
        drawn(_comments, theme, themes, counts[name])


@told
def _volume(theme: Theme, themes: tuple[Theme, ...]) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    asked: dict[str, Any] = {"theme": theme, "grain": "quarter", "week_start": session.settings().week_start,
             "fiscal_year_start": session.settings().fiscal_year_start}  # fmt: skip
    rows = session.answer(theme_volume, **asked)
    few = rows["comments"] < LEAST_SHOWN
    if (~few).sum() < 2:
        return
    hidden = {name: pd.to_numeric(rows[name]).mask(few) for name in ("mention_share", "mention_low", "mention_high")}
    rows = rows.assign(**hidden)
    said = ", ".join(
        f"{row.period} {locale.share(row.mention_share)}"
        for row in rows.itertuples()
        if row.mention_share == row.mention_share
    )
    yield partial(
        chart, volume_figure(rows, look), "theme_volume",
        _("Share of comments that mention {theme}, by quarter: {shares}.").format(theme=locale.name(theme_name(theme.name, locale)), shares=said),
    )  # fmt: skip
    shown, kinds = tables.columns_once(rows, [
        ("period", _("Quarter"), "text"), ("n", _("Mentions"), "count"), ("comments", _("Comments"), "count"),
        ("mention_share", _("Share"), "share"), ("mention_low", _("95% from"), "share"), ("mention_high", _("95% to"), "share"),
    ])  # fmt: skip
    means = words.meanings("mention_share", "comments", of="theme_volume")
    basis = " · ".join([
        _("share of each quarter's comments"), locale.n_("{n} comment", "{n} comments", int(rows["comments"].sum())), session.as_of_words(),
        _("hollow: the quarter is not over"),
    ])  # fmt: skip
    what = paper("theme_volume", _("A theme over time"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(theme_volume, **asked), means, basis, picture="chart_theme_volume")


@told
def _comments(theme: Theme | None, themes: tuple[Theme, ...], n: int) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    asked: dict[str, Any] = {"theme": theme, "themes": () if theme is not None else themes}
    rows = session.answer(theme_comments, most=ROWS_ON_SCREEN, **asked)
    first = records(rows.head(ON_SCREEN))
    heads = [_("Score"), _("What they wrote"), _("Day"), _("Customer"), _("Owner"), _("Brings a year")]
    yield partial(table, heads, [_line(row, theme) for row in first], caption=_("Comments"), numbers=(0, 5))
    yield partial(customer_links, first, "theme_customers")
    shown, kinds = sheet(rows, locale)
    means = words.meanings(*MEANS, of="theme_comments")
    stands_on = [locale.n_("{n} comment", "{n} comments", n), session.as_of_words()]
    if n > ON_SCREEN:
        stands_on.insert(0, _("the first {n} are shown; a download has them all").format(n=locale.count(ON_SCREEN)))
    basis = " · ".join(stands_on)
    what = paper(
        "theme_comments", theme_name(theme.name if theme else None, locale), shown, kinds, meanings=means, basis=basis
    )
    whole = session.answer_later(theme_comments, lambda every: sheet(every, locale)[0], **asked)
    listed = session.asked(theme_comments, most=ROWS_ON_SCREEN, **asked)
    yield partial(under_chart, what, listed, means, basis, whole=whole)


def _line(row: Mapping[str, Any], theme: Theme | None) -> list[str]:
    """A comment as a line of the table."""
    locale = session.locale()
    customer = row["customer"] if row["customer"] is not None else row["customer_id"]
    return [
        f"<b>{rich(locale.count(row['score']))}</b>",
        f'<span style="display:inline-block;min-width:16rem;max-width:38rem">{quoted(row["comment"], theme)}</span>',
        f'<span style="white-space:nowrap">{rich(locale.day(row["day"]))}</span>'
        if row["day"] is not None
        else NOTHING,
        rich(plain(customer)) if customer is not None else NOTHING,
        rich(plain(owner_words(row["owner"], locale))),
        rich(locale.money(row["revenue_12m"], row["currency"])),
    ]


def quoted(comment: str, theme: Theme | None) -> str:
    """A comment as HTML, in its own direction, with the words of the theme marked; a long one is cut."""
    said = " ".join(comment.split())
    said = said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"
    parts = marked(said, (theme,)) if theme is not None else [(said, False)]
    style = "background:var(--sh-accent-soft);color:inherit;border-radius:3px;padding:0 2px"
    cells = [
        f'<mark style="{style}">{safe}</mark>' if is_word else safe
        for safe, is_word in ((rich(plain(part).translate(ISOLATES)), is_word) for part, is_word in parts)
    ]
    return f'<bdi dir="auto">{"".join(cells)}</bdi>'


def sheet(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """A line a comment, as it is taken away."""
    _ = locale._
    owners = [owner_words(None if pd.isna(owner) else owner, locale) for owner in rows["owner"]]
    return tables.columns_once(
        rows.assign(owner=owners),
        [
            ("day", _("Day"), "day"), ("score", _("Score"), "count"), ("comment", _("Comment"), "text"), ("customer", _("Customer"), "text"),
            ("customer_id", _("Customer number"), "text"), ("owner", _("Owner"), "text"), ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
