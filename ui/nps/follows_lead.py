"""How early the score of customers that left was lower than that of those who stayed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.nps.leaving import BANDS, STAYED, nps_before_leaving
from analytics.rows import rows as records
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_follows import dots_figure
from ui.locale import Locale
from ui.parts import Piece, chart, drawn, legend, paper, section, told, under_chart

MEANS = ("months_before", "nps", "difference", "stands")


def show_lead() -> None:
    """The card: the score by how long before leaving."""
    with st.container(border=True, key="card_follows_lead"):
        drawn(_lead)


@told
def _lead() -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = session.answer(nps_before_leaving)
    yield partial(section, _("How early the score tells"), lead_sentence(found))
    if found.empty or not found["n"].ge(LEAST_SHOWN).any():
        return
    said = band_words(locale)
    names = [said[name] for name in found["months_before"]]
    stayed = found[found["months_before"] == STAYED]
    rows = pd.DataFrame({
        "value": pd.to_numeric(found["nps"]), "low": pd.to_numeric(found["low"]), "high": pd.to_numeric(found["high"]), "n": found["n"],
        "stands": [bool(each) if pd.notna(each) else False for each in found["stands"]],
        "beside": [
            locale.n_("{n} answer", "{n} answers", int(row["n"])) + "<br>" + look.small(locale.n_("{n} customer", "{n} customers", int(row["customers"])))
            for row in records(found)
        ],
    })  # fmt: skip
    key = [(look.colors.neutral, _("could be chance, or too few to test"))]
    if rows["stands"].any():
        key.insert(0, (look.colors.accent, _("lower or higher than those who stayed, after correction")))
    yield partial(legend, key)
    alt = _("Score by how long before leaving: {bands}.").format(
        bands=", ".join(
            f"{name} {locale.score(row.value)}"
            for name, row in zip(names, rows.itertuples(), strict=True)
            if row.n >= LEAST_SHOWN
        )
    )
    line = float(stayed["nps"].iloc[0]) if len(stayed) and stayed["n"].iloc[0] >= LEAST_SHOWN else None
    yield partial(chart, dots_figure(rows, names, "", look, unit="points", line=line), "follows_lead", alt, wide=True)
    shown, kinds = lead_table(found, locale)
    means = words.meanings(*MEANS, of="nps_before_leaving")
    basis = " · ".join([
        locale.n_("{n} answer", "{n} answers", int(found["n"].sum())), session.as_of_words(),
        _("before the last purchase, or the last day of contract"),
    ])  # fmt: skip
    what = paper("follows_lead", _("How early the score tells"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(nps_before_leaving), means, basis, picture="wide_follows_lead")


def band_words(locale: Locale) -> dict[str, str]:
    """Stretches of months in words."""
    _ = locale._
    said = {name: _("{months} months before").format(months=locale.between(*name.split("-"))) for name in BANDS[:-1]}
    return said | {BANDS[-1]: _("over 12 months before"), STAYED: _("still there")}


def lead_sentence(found: pd.DataFrame) -> str:
    """How long before leaving the score is already lower, if it is."""
    locale = session.locale()
    _ = locale._
    rows = {row["months_before"]: row for row in records(found)}
    if not any(name in rows for name in BANDS):
        return _("No customer that answered has left since, so there is no time before leaving to look at.")
    early = [name for name in BANDS if name in rows and rows[name]["stands"] and rows[name]["difference"] < 0]
    if early:
        return _("The score of customers that left is lower than that of those still there, as early as {when} they left: {points} points.").format(
            when=band_words(locale)[early[-1]], points=locale.score(rows[early[-1]]["difference"])
        )  # fmt: skip
    tested = [name for name in BANDS if name in rows and rows[name]["p_value"] is not None]
    if not tested:
        return _(
            "Too few answers came before customers left to say how early the score tells: it takes 30 in a stretch of three months."
        )
    points = rows[tested[0]]["difference"]
    return _("No lower score before leaving stands after correction: {when} it differs by {points} points from those still there, which could be chance.").format(
        when=band_words(locale)[tested[0]], points=locale.score(points)
    )  # fmt: skip


def lead_table(found: pd.DataFrame, locale: Locale) -> tables.Table:
    """The stretches as a sheet; scores of fewer than 10 answers are not in it."""
    _ = locale._
    few = found["n"] < LEAST_SHOWN
    said = found.assign(
        when=[band_words(locale)[name] for name in found["months_before"]],
        **{name: pd.to_numeric(found[name]).mask(few) for name in ("nps", "low", "high", "difference")},
    )
    return tables.columns_once(
        said,
        [
            ("when", _("Answered"), "text"), ("n", _("Answers"), "count"), ("customers", _("Customers"), "count"), ("nps", _("NPS"), "number"),
            ("low", _("95% from"), "number"), ("high", _("95% to"), "number"), ("difference", _("Against still there"), "number"),
            ("q_value", _("q-value"), "number"),
        ],
    )  # fmt: skip
