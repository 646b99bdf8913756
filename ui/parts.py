"""The pieces every page is built from. A page is: heading, finding, chart, under_chart, detail.

Text from the data is markdown, HTML and worse to whoever shows it: it reaches HTML through `rich`, markdown and the
labels of widgets through `md`, and charts through `Look.name`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial, wraps
from html import escape
from typing import Any, Literal, ParamSpec

import pandas as pd
import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st
from plotly.basedatatypes import BaseFigure

from analytics.problems import PROBLEMS
from data.calendars import Calendar
from data.errors import DataError
from ui import export, session, visitors
from ui.export import Kind, Paper
from ui.locale import Locale
from ui.memory import remembered
from ui.words import Meaning

PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
SHORTCODE = re.compile(r":(?=[\w+/-]+:)")
# An interval, or an amount with its sign: read in one piece.
WHOLE = re.compile(
    r"[^\s<>()*]*\d[^\s<>()*]*(?:–| … )[^\s<>()*]*\d[^\s<>()*]*|\u2066?[+−][^\s\d<>()*]{1,4}\d[^\s<>()*]*"
)
ROWS_ON_SCREEN = 500
Asks = ParamSpec("Asks")


def rich(text: str) -> str:
    """Escape `text`, keep **strong** words, and each interval and signed amount on one line. Names from the data get here only through `plain`."""
    parts = WHOLE.sub(r'<span class="sh-whole">\g<0></span>', escape(text)).split("**")
    return "".join(f"<strong>{part}</strong>" if odd % 2 else part for odd, part in enumerate(parts))


def plain(name: object) -> str:
    """A name from the data for a sentence that goes through `rich`: it cannot make itself strong."""
    return session.locale().name(name).replace("*", "∗")


def md(name: object) -> str:
    """A name from the data as markdown that shows it as it is: no link, no picture, no icon, no colour."""
    words = SHORTCODE.sub(":\u2060", " ".join(session.locale().name(name).split()))
    return PUNCTUATION.sub(r"\\\1", words)


Piece = partial[Any]


def told(tell: Callable[Asks, Iterable[Piece]]) -> Callable[Asks, tuple[Piece, ...]]:
    """A card, or a part of one, that is not shown yet: `tell` yields the calls that show its pieces, for `drawn`."""

    @wraps(tell)
    def all_of_it(*values: Asks.args, **options: Asks.kwargs) -> tuple[Piece, ...]:
        return tuple(tell(*values, **options))

    return all_of_it


def drawn(tell: Callable[Asks, tuple[Piece, ...]], *values: Asks.args, **options: Asks.kwargs) -> None:
    """Show what `tell` says, put together once for the same reader and arguments (`session.kept` says of what)."""
    for show in session.kept(tell, *values, **options):
        show()


def heading(title: str, finding: str, note: str = "") -> None:
    """The page's name, then the one sentence a reader should leave with, and how sure it is."""
    st.title(title, anchor=False)
    st.html(f'<p class="sh-finding">{rich(finding)}</p>' + (f'<p class="sh-note">{rich(note)}</p>' if note else ""))


def section(title: str, note: str = "") -> None:
    st.html(f'<h2 class="sh-h2">{rich(title)}</h2>' + (f'<p class="sh-note">{rich(note)}</p>' if note else ""))


def note(text: str) -> None:
    st.html(f'<p class="sh-note">{rich(text)}</p>')


def legend(items: Iterable[tuple[str, str]]) -> None:
    """A one-line key above a chart, for what cannot carry its own label. Swatch: colour, `hatch` or `line:colour`."""
    cells = []
    for swatch, label in items:
        kind, _, color = swatch.partition(":")
        style = {"hatch": "", "line": f"border-top-color:{color}", "hollow": f"border-color:{color}"}.get(
            kind, f"background:{swatch}"
        )
        name = kind if kind in {"hatch", "line", "hollow"} else "solid"
        cells.append(f'<li><span class="sh-swatch sh-{name}" style="{style}"></span>{rich(label)}</li>')
    st.html(f'<ul class="sh-legend">{"".join(cells)}</ul>')


def tag(kind: Literal["good", "warn", "bad", "plain"], words: str) -> str:
    """A small coloured word, as HTML for a cell of `table`."""
    return f'<span class="sh-tag {kind}">{rich(words)}</span>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str, numbers: Iterable[int] = ()) -> None:
    """A short table as HTML: it mirrors in Hebrew, and a screen reader can walk it.

    Cells are HTML: names from the data go through `rich(plain(name))`. `numbers` are the columns set at the end.
    """
    at_end = set(numbers)
    tops = "".join(f'<th scope="col"{_num(place in at_end)}>{rich(name)}</th>' for place, name in enumerate(head))
    lines = "".join(
        "<tr>" + "".join(f"<td{_num(place in at_end)}>{cell}</td>" for place, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    st.html(
        f'<div class="sh-scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="sh-table"><thead><tr>{tops}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def first_lines(n: int, on_screen: int, said: str) -> list[str]:
    """What of a list of `n` lines is on screen, to be said with what it stands on: `said`, or that there are more than the page
    reads; nothing where all of them are."""
    locale = session.locale()
    if n >= ROWS_ON_SCREEN:
        return [locale._("the first {shown} of many; a download has them all").format(shown=locale.count(on_screen))]
    return [said] if n > on_screen else []


def _num(yes: bool) -> str:
    return ' class="num"' if yes else ""


class _Plain(BaseFigure):
    """A figure that was checked and written out before, so that Streamlit need not do it again for every run."""

    def __init__(self, figure: go.Figure) -> None:
        self._written = figure.to_dict()

    def to_dict(self) -> dict[str, Any]:
        return self._written


def _plain_of(figure: go.Figure) -> _Plain:
    """The figure written out, once for each; figures that are shown are not changed any more."""
    if "_shimur_plain" not in figure.__dict__:
        figure.__dict__["_shimur_plain"] = _Plain(figure)
    found: _Plain = figure.__dict__["_shimur_plain"]
    return found


def chart(
    figure: go.Figure,
    key: str,
    alt: str,
    *,
    wide: bool = False,
    on_select: Any = "ignore",
    drag: Literal["", "box", "lasso"] = "",
) -> Any:
    """Show a figure. `alt` says what it shows, in a sentence; `wide` ones scroll sideways on a phone; with `drag` many points can
    be chosen at once."""
    with st.container(key=f"{'wide' if wide else 'chart'}_{key}"):
        return st.plotly_chart(
            _plain_of(figure),
            theme=None,
            key=key,
            alt=alt,
            on_select=on_select,
            selection_mode=("points", drag) if drag else "points",
            config={"displayModeBar": False, "responsive": True},
        )


def grid(rows: pd.DataFrame, kinds: Mapping[str, Kind], *, key: str, height: int | Literal["auto"] = "auto") -> None:
    """A long table. Column names are the words shown; the grid itself does not mirror, so its order is turned."""
    cells, config = _sheet(rows, kinds)
    st.dataframe(
        cells,
        column_order=list(config)[:: -1 if session.locale().rtl else 1],
        column_config=dict(config),
        hide_index=True,
        height=height,
        key=f"grid_{key}",
        placeholder="",
    )


@remembered
def _sheet(rows: pd.DataFrame, kinds: Mapping[str, Kind]) -> tuple[pa.Table, dict[str, Any]]:
    """The rows that fit on screen as the browser gets them, and how each column is written."""
    shown = rows.head(ROWS_ON_SCREEN)
    config: dict[str, Any] = {}
    for name in rows.columns:
        match kinds.get(name, "text"):
            case "count":
                config[name] = st.column_config.NumberColumn(format="localized", step=1)
            case "money":
                config[name] = st.column_config.NumberColumn(format="localized")
            case "share":
                shown = shown.assign(**{name: shown[name] * 100})
                config[name] = st.column_config.NumberColumn(format="%.1f%%")
            case "days":
                config[name] = st.column_config.NumberColumn(format="%.1f")
            case "day":
                config[name] = st.column_config.DateColumn(format="YYYY-MM-DD")
            case _:
                config[name] = st.column_config.TextColumn()
    return pa.Table.from_pandas(shown), config


def paper(
    name: str,
    title: str,
    rows: pd.DataFrame,
    kinds: Mapping[str, Kind],
    *,
    meanings: Sequence[Meaning] = (),
    basis: str = "",
) -> Paper:
    """What is on screen, ready to be taken away, with the page's filters and as-of date."""
    locale = session.locale()
    return Paper(
        name=name,
        title=title,
        rows=rows,
        kinds=dict(kinds),
        about=(*about(), *(((locale._("Basis"), basis),) if basis else ())),
        meanings=tuple(
            (what.label, f"{what.meaning} ({what.formula})" if what.formula else what.meaning) for what in meanings
        ),
        locale=locale,
    )


def about() -> tuple[tuple[str, str], ...]:
    """What the numbers on screen rest on: data, as-of date, each filter."""
    locale, now, filters = session.locale(), session.chosen(), session.filters()
    _ = locale._
    lines = [(_("Data"), session.company())]
    if now.as_of or session.latest_day():
        lines.append((_("As of"), filters.as_of.isoformat()))
    if filters.since or filters.until:
        dates = [value.isoformat() if value else "…" for value in (filters.since, filters.until)]
        lines.append((_("Dates"), " – ".join(dates)))
    if filters.pipeline:
        lines.append((_("Pipeline"), filters.pipeline))
    if filters.calendar != "every_day":
        lines.append((_("Days"), calendar_words(locale)[filters.calendar]))
    lines += [(_(choice.field.label), ", ".join(choice.values)) for choice in filters.where]
    left = session.left_out()
    if left:
        lines.append((_("Left out"), ", ".join(f"{_(PROBLEMS[name].label)} ({n})" for name, n in left.items())))
    return tuple(lines)


def calendar_words(locale: Locale) -> dict[Calendar, str]:
    """Which days durations count, in words."""
    _ = locale._
    return {
        "every_day": _("Every day"),
        "sunday_thursday": _("Working days: Sunday to Thursday, without the holidays of Israel"),
        "monday_friday": _("Working days: Monday to Friday"),
    }


def under_chart(
    what: Paper,
    sql: str,
    meaning: Sequence[Meaning],
    basis: str,
    *,
    picture: str = "",
    whole: Callable[[], pd.DataFrame] | None = None,
) -> None:
    """What the numbers stand on, and every way to take them away. The same row under every chart.

    `picture` is the key of the chart to be saved as a PNG, if any; `whole` fetches all rows of a list cut short on screen.
    """
    locale = session.locale()
    _ = locale._
    name = what.name
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", key=f"under_{name}", gap="xxsmall"):
        st.html(f'<p class="sh-basis">{rich(basis)}</p>', width="content")
        table_ = st.popover(_("Table"), icon=":material/table_rows:", type="tertiary", key=f"under_table_{name}")
        with table_, st.container(width=680):
            grid(what.rows, what.kinds, key=name)
        with st.popover(_("Download"), icon=":material/download:", type="tertiary", key=f"under_get_{name}"):
            downloads(what, whole)
            if picture:
                export.picture_button(what, picture, basis, session.look())
        with st.popover("SQL", icon=":material/code:", type="tertiary", key=f"under_sql_{name}"):
            st.code(sql, language="sql", height=420 if sql.count("\n") > 20 else "content", width=680)
        help_ = st.popover(_("Meaning"), icon=":material/help:", type="tertiary", key=f"under_help_{name}")
        with help_, st.container(width=520):
            st.html("".join(map(_meaning, meaning)))


def _meaning(what: Meaning) -> str:
    formula = f'<br><small dir="ltr">{rich(what.formula)}</small>' if what.formula else ""
    return f'<p class="sh-meaning"><strong>{rich(what.label)}</strong> {rich(what.meaning)}{formula}</p>'


def downloads(what: Paper, whole: Callable[[], pd.DataFrame] | None = None) -> None:
    """Buttons that make the CSV and the Excel file when pressed; `whole` fetches all rows of a list cut short on screen."""

    def taken() -> Paper:
        return replace(what, rows=whole()) if whole else what

    for kind, build, mime in (
        ("CSV", export.csv, "text/csv"),
        ("XLSX", export.xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ):
        st.download_button(
            kind,
            lambda build=build: build(taken()),  # type: ignore[misc]
            what.file_name(kind.lower()),
            mime,
            on_click="ignore",
            type="tertiary",
            width="stretch",
            key=f"get_{what.name}_{kind.lower()}",
            icon=":material/download:",
        )


def figure_card(
    name: str,
    label: str,
    detail: str,
    value: str,
    interval: str,
    remark: str,
    help: str = "",
    *,
    meaning: Meaning | None = None,
) -> None:
    """One number with its 95% interval and what it rests on; `meaning` is one press away, also by keyboard."""
    with st.container(border=True, key=f"card_kpi_{name}", height="stretch"):
        st.html(
            f'<div class="sh-kpi"><h2>{rich(label)} <span>{rich(detail)}</span></h2>'
            f'<p class="sh-value sh-alone">{rich(value)}</p><p class="sh-range">{rich(interval)}</p>'
            f'<p class="sh-verdict">{rich(remark)}</p>'
            + (f'<p class="sh-note">{rich(help)}</p>' if help else "")
            + "</div>"
        )
        if meaning is not None:
            means(name, meaning)


def means(name: str, *meaning: Meaning) -> None:
    """What a figure means, behind a button: in the catalogue's words."""
    _ = session.locale()._
    with (
        st.popover(_("Meaning"), icon=":material/help:", type="tertiary", key=f"means_{name}"),
        st.container(width=420),
    ):
        st.html("".join(map(_meaning, meaning)))


def problem(error: DataError, name: str = "") -> None:
    """What is wrong with the reader's data or request, and what to do. Anything else is our bug and goes to the log. `name` tells
    several on one page apart."""
    locale = session.locale()
    sentence, hint = (rich(locale.say(part).replace("**", "")) for part in (error.sentence, error.hint))
    words = f"<strong>{sentence}</strong> {hint}"
    key = f"problem_{name}" if name else "problem"
    with st.container(key=key, horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(":material/error:", width="content")
        st.html(f'<p role="alert" class="sh-problem">{words}</p>')


def bug() -> None:
    """Our own mistake: the reader is told that it is in the log, and nothing of its inside."""
    st.error(session.locale()._("Something went wrong; it has been logged."), icon=":material/error:")


def nothing(icon: str, title: str, why: str, add: Sequence[str] = ()) -> None:
    """Say why there is nothing to show, and exactly what to add. Stands in a card with a key `card_nothing_...`."""
    items = "".join(f"<li>{rich(item)}</li>" for item in add)
    st.markdown(f":material/{icon}:", width="content")
    st.html(
        f'<div class="sh-nothing"><h2>{rich(title)}</h2><p>{rich(why)}</p>'
        + (f"<ul>{items}</ul>" if items else "")
        + "</div>"
    )


def no_data(title: str) -> None:
    """A page of an empty workspace: bring files, or look at the made-up company."""
    _ = session.locale()._
    heading(
        title, _("**Nothing is loaded yet.** Bring an export from your CRM, or look around a made-up company first.")
    )
    left, right = st.columns([1.6, 1], gap="small")
    with left, st.container(border=True, height="stretch", key="card_own_files"):
        section(
            _("Your files"),
            _("CSV or Excel from Salesforce, HubSpot or any other system, in English or Hebrew.") + " " + privacy(),
        )
        st.html(
            f'<ul class="sh-plain"><li><b>{rich(_("Deals"))}</b> {rich(_("open the funnel and the win rates"))}</li>'
            f"<li><b>{rich(_('Stage history'))}</b> {rich(_('shows where deals were lost, and how they moved'))}</li>"
            f"<li><b>{rich(_('Accounts, products, sales team'))}</b> {rich(_('add filters and breakdowns'))}</li></ul>"
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")
    with right, st.container(border=True, height="stretch", key="card_made_up"):
        demo_offer()


def privacy() -> str:
    """Where the reader's files go."""
    _ = session.locale()._
    if not visitors.public():
        return _("Nothing leaves this machine.")
    return _("They go to a private workspace that is wiped {n} minutes after you last used it.").format(
        n=session.locale().count(visitors.idle_minutes())
    )


def demo_offer() -> None:
    """The made-up company, one press away; the only primary button of an empty workspace."""
    locale = session.locale()
    _ = locale._
    section(_("Or look around first"), _("A made-up company with a few problems planted for you to find."))
    if st.button(
        _("Open the made-up company"), type="primary", icon=":material/play_arrow:", width="stretch", key="load_demo"
    ):
        from data.importer import load_demo

        bar = st.progress(0.0, text=_("Making the company…"))

        def progress(share: float, message: Any = None) -> None:
            bar.progress(min(max(share, 0.0), 1.0), text=locale.say(message) if message is not None else None)

        load_demo(session.workspace(), session.language(), progress)
        session.clear()
        st.rerun()
    st.caption(_("It can be taken back at any time, on the Import page."))
