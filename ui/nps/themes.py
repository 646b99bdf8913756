"""What they say: which themes go with a low score, which are heard more than before, and the comments behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.themes.themes import LEAST_MENTIONS, RECENT_DAYS, nps_themes
from data.theme_list import Theme
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_themes import impact_figure
from ui.locale import NOTHING
from ui.nps import guard
from ui.nps.theme_words import finding, remark, rise_words, theme_name
from ui.nps.themes_comments import show_comments
from ui.nps.themes_edit import show_editor
from ui.nps.themes_words import show_words
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

WINDOWS = (90, 180, 365)
MEANS = ("mention_share", "impact", "added_points", "rise", "q_value", "revenue_12m")


def show() -> None:
    """The view."""
    _ = session.locale()._
    title = _("NPS")
    if not guard.are_any(title):
        return
    themes, days = session.themes(), chosen_days()
    found = session.answer(nps_themes, themes=themes, recent_days=days)
    if found.empty:
        _without_comments(title)
        return
    drawn(_heading, found, days)
    with st.container(border=True, key="card_theme_impact"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            with st.container(width="stretch"):
                drawn(_title, found)
            locale = session.locale()
            st.selectbox(
                _("Heard more than before"), WINDOWS, key="themes_days", width=220, persist_state="session",
                format_func=lambda n: _("last {n} days").format(n=locale.count(n)),
            )  # fmt: skip
        drawn(_impact, found, themes, days, f"theme_bubbles_{session.get('theme_round', 0)}")
    show_comments(themes, found, has_dots(found))
    show_words(themes)
    show_editor(themes)


def chosen_days() -> int:
    """Over how many days a theme is heard more, or less."""
    if session.get("themes_days") not in WINDOWS:
        session.put("themes_days", RECENT_DAYS)
    return int(session.get("themes_days"))


def _without_comments(title: str) -> None:
    _ = session.locale()._
    heading(title, _("**Nobody said why.** None of the answers that the filters leave has a comment."))
    with st.container(border=True, key="card_nothing_comments"):
        nothing(
            "chat_bubble_outline",
            _("This needs what people wrote"),
            _("With comments, this view says what those who score low write about, and which customers do."),
            [_("Add an export of the survey with the column of **comments**, in Hebrew, English or both."),
             _("Or take a filter away, if one of them leaves only answers without a comment.")],
        )  # fmt: skip
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")


@told
def _heading(found: pd.DataFrame, days: int) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("NPS"), finding(found, days), remark(found, session.survey_answers()))


def has_dots(found: pd.DataFrame) -> bool:
    """Whether any theme is mentioned often enough to be drawn."""
    return bool((found["theme"].notna() & (found["n"] >= LEAST_MENTIONS) & found["impact"].notna()).any())


@told
def _title(found: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    few = int((found["theme"].notna() & (found["n"] < LEAST_MENTIONS)).sum())
    said = ""
    if has_dots(found):
        said = _(
            "Low and to the right: a low score, and many who write of it. The larger the dot, the more its customers bring in a year."
        )
    if few and said:
        said += " " + locale.n_(
            "{n} theme is mentioned by too few to be drawn.", "{n} themes are mentioned by too few to be drawn.", few
        )
    yield partial(section, _("What they write about, and how they score"), said)


@told
def _impact(found: pd.DataFrame, themes: tuple[Theme, ...], days: int, key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    named = found[found["theme"].notna()]
    shown = named[(named["n"] >= LEAST_MENTIONS) & named["impact"].notna()].reset_index(drop=True)
    names = [theme_name(name, locale) for name in shown["theme"]]
    if len(shown):
        yield partial(legend, [
            (look.colors.lost, _("lower, stands after correction")), (look.colors.won, _("higher, stands after correction")),
            (f"hollow:{look.colors.neutral}", _("could be chance, or too few to test")),
        ])  # fmt: skip
        said = ", ".join(
            f"{locale.name(name)} {locale.score(row.impact)} ({locale.share(row.mention_share)})"
            for name, row in zip(names, shown.itertuples(), strict=True)
        )
        yield partial(
            chart, impact_figure(shown, names, look), key,
            _("NPS of comments that mention a theme against the others, and the share that mention it: {themes}.").format(themes=said),
            wide=True, on_select=partial(_pick, tuple(shown["theme"]), key),
        )  # fmt: skip
    else:
        yield partial(note, _("No theme is mentioned by {n} comments yet, so none is drawn.").format(n=LEAST_MENTIONS))
    rows = [row for row in found.to_dict("records") if row["n"]]
    heads = [
        _("Theme"), _("Comments"), _("Against the others"), _("Points it moves"), _("Of late · before"), _("Customers"),
        _("Bring a year"),
    ]  # fmt: skip
    yield partial(table, heads, [_line(row) for row in rows], caption=_("Themes"), numbers=(1, 2, 3, 4, 5, 6))
    sheet, kinds = themes_table(found)
    means = words.meanings(*MEANS, of="nps_themes")
    basis = [
        locale.n_("{n} comment", "{n} comments", int(found["comments"].iloc[0])), session.as_of_words(),
        locale.n_("{n} comparison, corrected", "{n} comparisons, corrected", int(found["tests"].max())),
    ]  # fmt: skip
    silent = int((named["n"] == 0).sum())
    if silent:
        basis.append(locale.n_("{n} theme is not mentioned", "{n} themes are not mentioned", silent))
    stands_on = " · ".join(basis)
    what = paper("nps_themes", _("Themes in comments"), sheet, kinds, meanings=means, basis=stands_on)
    sql = session.asked(nps_themes, themes=themes, recent_days=days)
    yield partial(under_chart, what, sql, means, stands_on, picture=f"wide_{key}" if len(shown) else "")


def _pick(names: tuple[str, ...], key: str) -> None:
    """Show the comments behind the dot that was clicked; the chart is drawn anew so that it can be clicked again."""
    points = (session.get(key) or {}).get("selection", {}).get("points", [])
    if points and "customdata" in points[0]:
        session.put("theme_pick", names[int(points[0]["customdata"][0])])
        session.put("theme_round", session.get("theme_round", 0) + 1)


def _line(row: Mapping[str, Any]) -> list[str]:
    """A theme as a line of the table."""
    locale = session.locale()
    few = row["n"] < LEAST_SHOWN
    name = f'<b style="display:inline-block;min-width:9rem">{rich(plain(theme_name(row["theme"], locale)))}</b>'
    small = "<br><small>{}</small>"
    impact = added = NOTHING
    if row["n"] >= LEAST_MENTIONS and row["impact"] is not None and row["impact"] == row["impact"]:
        verdict = _verdict(row)
        impact = f"{rich(locale.score(row['impact']))} {verdict}" + small.format(
            rich(locale.scores(row["impact_low"], row["impact_high"]))
        )
        added = rich(locale.score(row["added_points"], 1))
    elif row["n"] < LEAST_MENTIONS:
        impact = rich(locale._("not enough · {n}").format(n=locale.count(row["n"])))
    heard = NOTHING
    if not few and row["share_now"] == row["share_now"] and row["share_before"] == row["share_before"]:
        heard = f"{rich(locale.share(row['share_now']))} · {rich(locale.share(row['share_before']))}"
        kind, said = rise_words(row)
        heard += f"<br>{tag(kind, said)}" if said else ""  # type: ignore[arg-type]
    share = NOTHING if few else rich(locale.share(row["mention_share"]))
    return [
        name, f"{rich(locale.count(row['n']))}" + small.format(share), impact, added, heard, rich(locale.count(row["customers"])),
        rich(locale.money(row["revenue_12m"], row["currency"])),
    ]  # fmt: skip


def _verdict(row: Mapping[str, Any]) -> str:
    _ = session.locale()._
    if row["theme"] is None or row["theme"] != row["theme"]:
        return ""
    if row["real_impact"] is True:
        return tag("bad", _("lower")) if row["impact"] < 0 else tag("good", _("higher"))
    return tag("plain", _("could be chance") if row["real_impact"] is False else _("too few to test"))


def themes_table(found: pd.DataFrame) -> tables.Table:
    """The themes with all their figures; scores of fewer than ten comments are left out."""
    locale = session.locale()
    _ = locale._
    few = found["n"] < LEAST_SHOWN
    hidden = {
        name: pd.to_numeric(found[name]).mask(few)
        for name in ("mention_share", "mention_low", "mention_high", "nps", "low", "high", "impact", "impact_low", "impact_high", "added_points",
                     "share_now", "share_before", "rise")
    }  # fmt: skip
    return tables.columns_once(
        found.assign(name=[theme_name(name, locale) for name in found["theme"]], **hidden),
        [
            ("name", _("Theme"), "text"), ("n", _("Comments"), "count"), ("mention_share", _("Share"), "share"),
            ("mention_low", _("Share: 95% from"), "share"), ("mention_high", _("Share: 95% to"), "share"),
            ("promoters", _("Promoters"), "count"), ("passives", _("Passives"), "count"), ("detractors", _("Detractors"), "count"),
            ("nps", _("NPS"), "number"), ("nps_others", _("NPS of the others"), "number"), ("impact", _("Difference"), "number"),
            ("impact_low", _("Difference: 95% from"), "number"), ("impact_high", _("Difference: 95% to"), "number"),
            ("added_points", _("Points it moves"), "number"), ("q_value", _("q-value"), "number"),
            ("share_now", _("Share of late"), "share"), ("share_before", _("Share before"), "share"), ("rise", _("Rise"), "share"),
            ("rise_q", _("Rise: q-value"), "number"), ("customers", _("Customers"), "count"), ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
