"""The words and phrases that detractors and promoters write more often than each other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.intervals import LEAST_TESTED
from analytics.nps.themes.keyness import LEAST_MENTIONS, nps_keyness
from data.theme_list import Theme
from ui import session, tables, words
from ui.charts.nps_themes import words_figure
from ui.nps.theme_words import theme_name
from ui.parts import Piece, chart, drawn, legend, note, paper, plain, section, told, under_chart

EACH = 10  # words of either side on screen
REAL = 0.05
MEANS = ("term", "term_odds", "detractor_share", "promoter_share", "q_value", "comments_read")


def show_words(themes: tuple[Theme, ...]) -> None:
    """The card."""
    with st.container(border=True, key="card_theme_words"):
        drawn(_words, themes)


@told
def _words(themes: tuple[Theme, ...]) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = session.answer(nps_keyness, themes=themes)
    yield partial(section, _("Their own words"), words_sentence(found))
    known = found[found["term_odds"].notna()]
    if known.empty:
        yield partial(
            note,
            _("It takes words that at least {n} comments hold, of promoters and of detractors.").format(
                n=LEAST_MENTIONS
            ),
        )
        return
    shown = most_telling(known)
    if not found["tests"].iloc[0]:
        return
    yield partial(legend, [
        (look.colors.lost, _("detractors write it more")), (look.colors.won, _("promoters write it more")),
        (look.colors.neutral, _("could be chance, or too few to test")),
    ])  # fmt: skip
    said = ", ".join(f"{locale.name(row.term)} ×{row.term_odds:.2g}" for row in shown.itertuples())
    yield partial(
        chart, words_figure(shown, look), "theme_words",
        _("How many times as likely a detractor's comment is to hold each word as a promoter's: {words}.").format(words=said), wide=True,
    )  # fmt: skip
    sheet, kinds = words_table(found)
    means = words.meanings(*MEANS, of="nps_keyness")
    first = found.iloc[0]
    basis = [
        locale.n_("{n} comment", "{n} comments", int(first["comments_read"])), session.as_of_words(),
        locale.n_("{n} word or phrase tested, corrected", "{n} words and phrases tested, corrected", int(first["tests"])),
    ]  # fmt: skip
    if first["comments_read"] < first["comments"]:
        basis.insert(1, _("a sample of {n}, the same each time").format(n=locale.count(first["comments"])))
    if len(known) > len(shown):
        basis.append(locale.n_("{n} more in the table", "{n} more in the table", len(found) - len(shown)))
    stands_on = " · ".join(basis)
    what = paper("theme_words", _("Words of detractors and promoters"), sheet, kinds, meanings=means, basis=stands_on)
    sql = session.asked(nps_keyness, themes=themes)
    yield partial(under_chart, what, sql, means, stands_on, picture="wide_theme_words")


def most_telling(known: pd.DataFrame) -> pd.DataFrame:
    """The words that tell most, of either side, from the most a detractor's to the most a promoter's. A word that is only ever in
    a phrase that is shown says nothing beyond it."""
    known = known.assign(is_real=(pd.to_numeric(known["q_value"]) < REAL).fillna(False).astype(bool))
    sides = []
    for side in ("detractors", "promoters"):
        kept: list[int] = []
        seen: list[tuple[set[str], int]] = []
        for place, row in known[known["said_by"] == side].iterrows():
            own = set(str(row["term"]).split())
            if not any(row["n"] == n and (own <= other or other <= own) for other, n in seen):
                kept.append(place)
                seen.append((own, row["n"]))
            if len(kept) == EACH:
                break
        sides.append(known.loc[kept])
    # The surest of detractors on top, the surest of promoters at the bottom.
    first = sides[0].sort_values("term_low", ascending=False, kind="stable")
    last = sides[1].sort_values("term_high", ascending=False, kind="stable")
    return pd.concat([first, last]).reset_index(drop=True)


def words_sentence(found: pd.DataFrame) -> str:
    """The words that stand after correction, of either side."""
    locale = session.locale()
    _ = locale._
    if found.empty:
        return _("No word is in enough comments to compare.")
    real = found[(pd.to_numeric(found["q_value"]) < REAL).fillna(False)]
    sides = {side: [plain(term) for term in most_telling(part)["term"]] if len(part := real[real["said_by"] == side]) else []
             for side in ("detractors", "promoters")}  # fmt: skip
    said = []
    if sides["detractors"]:
        said.append(_("Detractors write more of: {words}.").format(words=", ".join(sides["detractors"][:4])))
    if sides["promoters"]:
        said.append(_("Promoters write more of: {words}.").format(words=", ".join(sides["promoters"][::-1][:4])))
    if not found["tests"].iloc[0]:
        return _("With fewer than {n} comments of promoters or of detractors, no word is compared.").format(
            n=LEAST_TESTED
        )
    return " ".join(said) if said else _("No word really belongs to one side: the differences could be chance.")


def words_table(found: pd.DataFrame) -> tables.Table:
    """All the words and phrases with their figures."""
    locale = session.locale()
    _ = locale._
    sides = {"detractors": _("Detractors"), "promoters": _("Promoters")}
    said = [
        ", ".join(theme_name(name, locale) for name in names.split(", ")) if isinstance(names, str) else None
        for names in found["in_themes"]
    ]
    return tables.columns_once(
        found.assign(said_by=found["said_by"].map(sides), in_themes=said),
        [
            ("term", _("Word or phrase"), "text"), ("n", _("Comments"), "count"), ("detractors", _("Detractors"), "count"),
            ("promoters", _("Promoters"), "count"), ("detractor_share", _("Of detractors' comments"), "share"),
            ("promoter_share", _("Of promoters' comments"), "share"), ("term_odds", _("Times as likely"), "number"),
            ("term_low", _("95% from"), "number"), ("term_high", _("95% to"), "number"), ("said_by", _("Said more by"), "text"),
            ("q_value", _("q-value"), "number"), ("in_themes", _("Themes"), "text"),
        ],
    )  # fmt: skip
