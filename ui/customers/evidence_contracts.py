"""How sure the figures of customers with contracts are: whether risks come true, and what the models of leaving are worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.scores import report_table
from analytics.rows import Row, rows
from ui import session, tables, words
from ui.charts.evidence import calibration_figure
from ui.charts.funnel import LEAST_SHOWN
from ui.customers import evidence_churn, evidence_words
from ui.customers.evidence_back_test import calibration_key, pairs
from ui.parts import Piece, chart, drawn, legend, note, paper, section, told, under_chart

Report = Mapping[str, Any]


def finding(report: Report) -> str:
    """Whether leaving comes as foretold, on customers the model had not seen."""
    locale = session.locale()
    _ = locale._
    if report.get("predicted") is None or report.get("observed") is None:
        return _("**Too few customers have left to hold the risks against what happened**: {n} of {all}.").format(
            n=locale.count(report.get("events") or 0), all=locale.count(report.get("n") or 0)
        )
    said = {"told": locale.share(report["predicted"]), "came": locale.share(report["observed"]), "n": locale.count(report["n"])}  # fmt: skip
    if report.get("misses"):
        return _("**The risks do not come true: {told} were told to leave within the horizon, {came} do.** Tested on {n} customers, each by a model that had not seen it.").format(**said)  # fmt: skip
    return _("**The risks come true: {told} were told to leave within the horizon, {came} do.** Tested on {n} customers, each by a model that had not seen it.").format(**said)  # fmt: skip


def show(report: Report) -> None:
    """The cards: risks against what happened, then the models of leaving and what was kept from them."""
    unseen = [row for row in report.get("calibration") or () if row["fifth"] is not None]
    parts = [("unseen", _of_fifths(unseen))] if unseen else []
    a_year_ago = report.get("back_test")
    if isinstance(a_year_ago, list) and a_year_ago:
        parts.append(("before", pd.DataFrame(a_year_ago).assign(part=lambda found: found["tenth"], from_months=0)))
    for place, (kind, found) in zip(st.columns(len(parts), gap="small") if parts else (), parts, strict=True):
        with place, st.container(border=True, key=f"card_risks_{kind}", height="stretch"):
            drawn(_risks_told, kind, found)
    if not parts:
        with st.container(border=True, key="card_risks_none"):
            drawn(_without_parts, report)
    evidence_churn.show()


def _of_fifths(made: Sequence[Row]) -> pd.DataFrame:
    return pd.DataFrame(made).assign(part=lambda found: found["fifth"])


@told
def _without_parts(report: Report) -> Iterator[Piece]:
    """Where all customers of an age have one risk, there is one figure a start to hold against what happened."""
    locale = session.locale()
    _ = locale._
    lines = [
        _("Of the customers there at {months} months, {told} were told to leave within the horizon; {came} did ({range}).").format(
            months=locale.count(row["from_months"]), told=locale.share(row["predicted"]), came=locale.share(row["observed"]),
            range=locale.shares(row["low"], row["high"]),
        )
        for row in report.get("calibration") or ()
        if row["observed"] is not None and row["n"] >= LEAST_SHOWN
    ]  # fmt: skip
    yield partial(section, _("Risk and what happened"))
    yield partial(note, " ".join(lines) or _("Too few customers have left to compare."))


@told
def _risks_told(kind: str, found: pd.DataFrame) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    title = (
        _("Risk and what happened") if kind == "unseen" else _("The risks of a horizon ago, and what happened since")
    )
    first = found[found["from_months"] == 0].reset_index(drop=True)
    known = first[(pd.to_numeric(first["n"]) >= LEAST_SHOWN) & first["observed"].notna()]
    yield partial(section, title, _risks_say(kind, known))
    if len(known):
        yield partial(legend, calibration_key())
        figure = calibration_figure(first, look, across=_("risk to leave, told"), up=_("left"))
        alt = _("The risk to leave that was told, and the share that left: {lines}.").format(lines=pairs(known))
        yield partial(chart, figure, f"risks_{kind}", alt)
    few = pd.to_numeric(found["n"]) < LEAST_SHOWN
    shown, kinds = tables.columns(
        found.assign(**{name: pd.to_numeric(found[name]).mask(few) for name in ("predicted", "observed", "low", "high")}),
        [
            ("part", _("Part, the lowest risks first") if kind == "unseen" else _("Tenth, the highest risks first"), "count"),
            ("from_months", _("From month"), "count"), ("n", _("Customers"), "count"), ("predicted", _("Told"), "share"),
            ("observed", _("Left"), "share"), ("low", _("95% from"), "share"), ("high", _("95% to"), "share"),
        ],
    )  # fmt: skip
    basis = evidence_words.basis(
        evidence_words.customers(int(first["n"].sum())),
        _("each told by a model that had not seen it") if kind == "unseen" else _("only what was known then went into the model"),
    )  # fmt: skip
    means = words.meanings("risk", "share_left")
    what = paper(f"risks_{kind}", title, shown, kinds, meanings=means, basis=basis)
    sql = session.readable_sql(report_table(session.filters()))
    yield partial(under_chart, what, sql, means, basis, picture=f"chart_risks_{kind}")


def _risks_say(kind: str, known: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    if known.empty:
        return _("Too few customers to compare.")
    order = known.sort_values("predicted")
    low, high = rows(order)[0], rows(order)[-1]
    said = _("Of those with the lowest risk {low_told} were told to leave and {low_came} did; of those with the highest, **{high_told} were told and {high_came} left**.").format(
        low_told=locale.share(low["predicted"]), low_came=locale.share(low["observed"]), high_told=locale.share(high["predicted"]), high_came=locale.share(high["observed"])
    )  # fmt: skip
    inside = int(((known["predicted"] >= known["low"]) & (known["predicted"] <= known["high"])).sum())
    return said + " " + _("{inside} of {n} dots lie on the line within their interval.").format(
        inside=locale.count(inside), n=locale.count(len(known))
    )  # fmt: skip
