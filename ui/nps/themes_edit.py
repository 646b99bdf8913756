"""The list of themes: words added, names changed, themes merged, taken away or learnt from the comments."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.nps.themes.suggestions import theme_suggestions
from data.errors import DataError
from data.theme_list import LONGEST_NAME, STARTER, Theme, split_words
from ui import session
from ui.locale import NOTHING
from ui.nps.theme_words import theme_name
from ui.parts import Piece, drawn, note, plain, problem, rich, section, table, told

NEW = -1  # stands for a theme that is not there yet


def show_editor(themes: tuple[Theme, ...]) -> None:
    """The card: the list, what the comments suggest, and the form of one theme."""
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key="card_theme_list"):
        section(_("The list of themes"), _("It is kept with this data. A word finds its usual endings, and in Hebrew what is written on to its front; * at its end finds any ending."))  # fmt: skip
        if (failed := session.get("theme_problem")) is not None:
            problem(failed)
            session.drop("theme_problem")
        left, right = st.columns([1, 1], gap="medium")
        with left:
            _form(themes)
        with right:
            _learnt(themes)


def _form(themes: tuple[Theme, ...]) -> None:
    locale = session.locale()
    _ = locale._
    names = {place: locale.name(theme_name(theme.name, locale)) for place, theme in enumerate(themes)}
    if session.get("theme_edited") not in (*names, NEW):
        session.put("theme_edited", 0 if themes else NEW)
    place = st.selectbox(
        _("Theme to change"), [*names, NEW], key="theme_edited",
        format_func=lambda at: _("A new theme") if at == NEW else names[at],
    )  # fmt: skip
    theme = themes[place] if place != NEW else Theme("", ())
    tag = f"{place}_{abs(hash(themes))}"
    with st.form(f"theme_form_{tag}", border=False):
        name = st.text_input(
            _("Name"),
            theme_name(theme.name, locale) if theme.name else "",
            max_chars=LONGEST_NAME,
            key=f"theme_name_{tag}",
        )
        words = st.text_area(
            _("Words and phrases, with commas between them"),
            ", ".join(theme.words),
            height=160,
            key=f"theme_words_{tag}",
        )
        if st.form_submit_button(_("Keep this theme"), key=f"theme_keep_{tag}"):
            same = bool(theme.name) and name == theme_name(theme.name, locale)
            changed = Theme(theme.name if same else name, split_words(words))
            _keep([*themes, changed] if place == NEW else [*themes[:place], changed, *themes[place + 1 :]])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="theme_actions"):
        if place != NEW and len(themes) > 1:
            into = st.selectbox(
                _("Merge into"), [at for at in names if at != place], index=None, key=f"theme_into_{tag}", width=200,
                placeholder=_("Another theme"), format_func=lambda at: names[at],
            )  # fmt: skip
            st.button(
                _("Merge"), key=f"theme_merge_{tag}", disabled=into is None, on_click=_merge, args=(themes, place, into)
            )
        if place != NEW:
            st.button(_("Remove this theme"), icon=":material/delete:", type="tertiary", key=f"theme_remove_{tag}", on_click=_remove, args=(themes, place))  # fmt: skip
        if themes != STARTER:
            st.button(
                _("Back to the first list"), icon=":material/undo:", type="tertiary", key="theme_reset", on_click=_reset
            )


def _keep(themes: list[Theme]) -> None:
    """Keep the list and show it; what cannot be kept is said and changes nothing."""
    _save(themes)
    st.rerun()


def _save(themes: list[Theme]) -> None:
    try:
        session.workspace().save_themes(themes)
    except DataError as failed:
        session.put("theme_problem", failed)


def _merge(themes: tuple[Theme, ...], place: int, into: int | None) -> None:
    if into is None:
        return
    words = tuple(dict.fromkeys((*themes[into].words, *themes[place].words)))
    merged = [Theme(theme.name, words) if at == into else theme for at, theme in enumerate(themes) if at != place]
    _save(merged)


def _remove(themes: tuple[Theme, ...], place: int) -> None:
    _save([theme for at, theme in enumerate(themes) if at != place])


def _reset() -> None:
    try:
        session.workspace().forget_themes()
    except DataError as failed:
        session.put("theme_problem", failed)


# what the comments suggest


def _learnt(themes: tuple[Theme, ...]) -> None:
    locale = session.locale()
    _ = locale._
    only = {True: _("Comments of no theme"), False: _("All comments")}
    st.selectbox(
        _("Suggest from"), list(only), key="theme_learn", format_func=lambda of: only[of], persist_state="session"
    )
    found = session.answer(theme_suggestions, themes=themes, only_others=session.get("theme_learn") is not False)
    if found.empty:
        note(_("No group of words is in enough of these comments."))
        return
    drawn(_suggestions, found)
    rows = found.to_dict("records")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="theme_take"):
        taken = st.selectbox(
            _("Add as a theme"), list(range(len(rows))), index=None, key=f"theme_suggested_{len(themes)}", width=240,
            placeholder=_("Choose a suggestion"), format_func=lambda at: locale.name(rows[at]["suggested"]),
        )  # fmt: skip
        st.button(_("Add"), key="theme_add", disabled=taken is None, on_click=_add, args=(themes, rows, taken))


def _add(themes: tuple[Theme, ...], rows: list[dict[str, object]], taken: int | None) -> None:
    if taken is not None:
        row = rows[taken]
        _save([*themes, Theme(str(row["suggested"]), split_words(str(row["suggested_words"])))])
        session.put("theme_edited", len(themes))


@told
def _suggestions(found: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    yield partial(note, _("Words that are often in the same comment. Add a group and give it a name."))
    lines = [
        [rich(plain(row["suggested_words"])), rich(locale.count(row["n"])), rich(locale.count(row["not_in_themes"])),
         rich(locale.score(row["nps"])) if row["n"] >= 10 else NOTHING]
        for row in found.to_dict("records")
    ]  # fmt: skip
    heads = [_("Words"), _("Comments"), _("Of no theme yet"), _("NPS")]
    yield partial(table, heads, lines, caption=_("Suggested themes"), numbers=(1, 2, 3))
