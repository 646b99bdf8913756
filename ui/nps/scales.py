"""Answers on other scales, under their own names, and why they are no NPS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.scales import scale_of, survey_scales, why
from analytics.rows import rows as records
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.locale import Locale
from ui.parts import Piece, drawn, note, paper, plain, rich, section, table, told, under_chart

MEANS = ("mean_score", "top_box_share", "bottom_box_share", "off_scale")


def others() -> pd.DataFrame:
    """The rows of the scales that are not NPS."""
    found = session.answer(survey_scales)
    return found[~found["is_nps"].astype(bool)]


def show_scales() -> None:
    """The card; nothing where every answer is on the scale of NPS and nothing is to be checked."""
    found = session.answer(survey_scales)
    if len(others()) or found["reason"].notna().any():
        with st.container(border=True, key="card_nps_scales"):
            drawn(_card)


@told
def _card() -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = session.answer(survey_scales)
    yield partial(
        section,
        _("Other scales") if len(others()) else _("The scale of the question"),
        _("Only answers from 0 to 10 to the question whether one would recommend are NPS. All others keep their own names."),
    )  # fmt: skip
    heads = [_("Scale"), _("Answers"), _("Mean"), _("Upper end"), _("Lower end"), _("Why")]
    lines = [_line(row, locale) for row in records(found)]
    yield partial(table, heads, lines, caption=_("Scales of the answers"), numbers=(1, 2, 3, 4))
    off = int(found["off_scale"].sum())
    if off:
        yield partial(
            note,
            locale.n_(
                "{n} answer is off the scale that its name gives and is in no mean and no share.",
                "{n} answers are off the scale that their name gives and are in no mean and no share.",
                off,
            ),
        )
    yield partial(note, how_to_change(locale))
    shown, kinds = table_of(found, locale)
    means = words.meanings(*MEANS, of="survey_scales")
    basis = f"{locale.n_('{n} answer', '{n} answers', int(found['n'].sum()))} · {session.as_of_words()}"
    about = paper("nps_scales", _("Scales of the answers"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, about, session.asked(survey_scales), means, basis)


def how_to_change(locale: Locale) -> str:
    """Where the scale was decided, and what to do where it was decided wrongly; which files the scores came from."""
    _ = locale._
    said = _("The scale was decided when the file came in, from the header and the answers. Where that is wrong, take the import back on the Import page and load the file again: choose **NPS answer** for the column to count it as NPS, or **Score** where it is not.")  # fmt: skip
    sources = [
        _("{column} in {file}, import {n}").format(column=plain(column), file=plain(file), n=locale.count(number))
        for number, file, column in session.kept(_sources)
    ]
    return said + (" " + _("Scores were read from: {sources}.").format(sources="; ".join(sources)) if sources else "")


def _sources() -> tuple[tuple[int, str, str], ...]:
    """Import, file and column of each score, of what stands; at most ten."""
    found = [
        (step.number, file["path"], header)
        for step in session.workspace().history()
        if not step.undone
        for file in step.report.get("files", ())
        if file.get("table") == "survey_responses"
        for header, column in file.get("columns", {}).items()
        if column in ("score", "nps_score")
    ]
    return tuple(found[:10])


def why_words(row: Mapping[str, Any], locale: Locale) -> str:
    """Why a scale is no NPS, or what is to be checked, in the reader's language."""
    known = {"scale": row["scale"], "lowest": row["lowest"], "highest": row["highest"], "is_whole": True}
    said = why(scale_of(known), known)
    return locale.say(said) if said else locale._("This is NPS.")


def name_of(row: Mapping[str, Any], locale: Locale) -> str:
    if row["is_nps"]:
        return locale._("NPS")
    return str(row["scale"]) or locale._("no name")


def _line(row: Mapping[str, Any], locale: Locale) -> list[str]:
    _ = locale._
    n = int(row["n"])
    span = locale.ltr(f"{row['scale_low']:g}–{row['scale_high']:g}")
    called = name_of(row, locale)
    of = "" if called == f"{row['scale_low']:g}-{row['scale_high']:g}" else f" <small>{rich(span)}</small>"
    name = f"<b><bdi>{rich(plain(called))}</bdi></b>{of}"
    reason = (
        f'<span style="display:inline-block;min-width:16rem;white-space:normal">{rich(why_words(row, locale))}</span>'
    )
    if n < LEAST_SHOWN:
        few = _("not enough · {n}").format(n=locale.count(n))
        return [name, locale.count(n), f"<small>{rich(few)}</small>", "–", "–", reason]
    between = locale.ltr(f"{row['mean_low']:.2f}–{row['mean_high']:.2f}")
    mean = f"<b>{rich(_score(row['mean_score'], locale))}</b><br><small>{rich(between)}</small>"
    ends = {
        "top": locale.ltr(f"{row['top_from']:g}–{row['scale_high']:g}"),
        "bottom": locale.ltr(f"{row['scale_low']:g}–{row['bottom_to']:g}"),
    }
    gave = _("gave {scores}")
    shares = [
        f"<b>{rich(locale.share(row[f'{end}_box_share']))}</b> <small>{rich(gave.format(scores=ends[end]))}</small>"
        f"<br><small>{rich(locale.shares(row[f'{end}_low'], row[f'{end}_high']))}</small>"
        for end in ("top", "bottom")
    ]
    return [name, locale.count(n), mean, *shares, reason]


def _score(value: float, locale: Locale) -> str:
    return locale.ltr(f"{value:.2f}")


def table_of(found: pd.DataFrame, locale: Locale) -> tables.Table:
    """A line a scale."""
    _ = locale._
    told_ = records(found)
    few = pd.to_numeric(found["n"]) < LEAST_SHOWN
    numbers = [name for name in found.columns if name.startswith(("mean_", "top_", "bottom_"))]
    said = found.assign(
        **{name: pd.to_numeric(found[name]).mask(few) for name in numbers},
        called=[name_of(row, locale) for row in told_],
        why=[why_words(row, locale) for row in told_],
    )
    return tables.columns_once(
        said,
        [
            ("called", _("Scale"), "text"),
            ("n", _("Answers"), "count"),
            ("scale_low", _("From"), "days"),
            ("scale_high", _("To"), "days"),
            ("mean_score", _("Mean"), "days"),
            ("mean_low", _("Mean, low end"), "days"),
            ("mean_high", _("Mean, high end"), "days"),
            ("top_box_share", _("Upper end"), "share"),
            ("top_low", _("Upper end, low"), "share"),
            ("top_high", _("Upper end, high"), "share"),
            ("bottom_box_share", _("Lower end"), "share"),
            ("off_scale", _("Off the scale"), "count"),
            ("why", _("Why"), "text"),
        ],
    )
