"""What the models learnt of this company's customers, in words, and their parameters with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.model_report import model_parameters, paces
from analytics.rows import Row, rows
from ui import session, tables, words
from ui.customers import evidence_words
from ui.locale import Locale
from ui.parts import Piece, drawn, paper, rich, section, table, told, under_chart

Report = Mapping[str, Any]
MEANS = ("model", "parameter", "estimate", "parameter_low", "parameter_high")


def show(report: Report) -> None:
    found = session.answer(model_parameters)
    if len(found):
        with st.container(border=True, key="card_parameters"):
            drawn(_told, found, report)


def model_words(name: str) -> str:
    """What a model is called."""
    _ = session.locale()._
    return {
        "mbg_nbd": _("When they buy and leave (MBG/NBD)"), "gamma_gamma": _("What a purchase is worth (Gamma-Gamma)"),
        "stratified_spend": _("What a purchase is worth, by how often one buys"), "last_year": _("Who leaves in a month"),
    }.get(name, name)  # fmt: skip


def _meaning(row: Row) -> str:
    """What a parameter stands for."""
    _ = session.locale()._
    of_buying = {
        "r": _("How alike customers are in how often they buy; below 1 most buy seldom and a few often"),
        "alpha": _("Sets the pace: alpha / r is the average weeks between two purchases"),
        "a": _("With b, the chance to leave after a purchase: a / (a + b) on average"),
        "b": _("The larger a and b together, the more alike customers are in it"),
    }
    of_spend = {
        "p": _("How even one customer's purchases are: the larger, the more alike in worth"),
        "q": _("How alike customers are in what they spend: the larger, the more alike"),
        "v": _("Sets the level: p v / (q - 1) is the average worth of a purchase"),
    }
    if row["model"] == "stratified_spend" and row["parameter"] == "v":
        return _("Sets the level, as a part of the mean of those who buy as often")
    if row["model"] == "last_year":
        return _("The share of customers that leaves each month")
    return (of_buying if row["model"] == "mbg_nbd" else of_spend).get(row["parameter"], "")


@told
def _told(found: pd.DataFrame, report: Report) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    yield partial(section, _("What the models learnt"), _says(report, locale))
    is_share = found["model"].isin(["last_year"])
    lines, before = [], ""
    for row, share in zip(rows(found), is_share, strict=True):
        name = model_words(row["model"]) + (f" · {row['currency']}" if row["currency"] else "")
        low, high = (_number(row[end], locale, share) for end in ("parameter_low", "parameter_high"))
        lines.append((
            "" if name == before else rich(name), f'<bdi dir="ltr">{rich(row["parameter"])}</bdi>',
            rich(_number(row["estimate"], locale, share)), rich(locale.between(low, high)), evidence_words.wide(_meaning(row)),
        ))  # fmt: skip
        before = name
    head = [_("Model"), _("Parameter"), _("Estimate"), _("80%") if is_share.all() else _("95%"), _("What it says")]
    yield partial(table, head, lines, caption=_("The parameters of the models"), numbers=(2, 3))
    shown, kinds = tables.columns(
        found,
        [
            ("model", _("Model"), "text"), ("parameter", _("Parameter"), "text"), ("currency", _("Currency"), "text"),
            ("estimate", _("Estimate"), "number"), ("parameter_low", _("from"), "number"), ("parameter_high", _("to"), "number"),
        ],
    )  # fmt: skip
    basis = evidence_words.basis(
        locale.n_("{n} customer with a purchase", "{n} customers with a purchase", int(report["buyers"])),
        _("time in weeks"),
    )
    means = words.meanings(*MEANS, of="model_parameters")
    what = paper("model_parameters", _("What the models learnt"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(model_parameters), means, basis)


def _says(report: Report, locale: Locale) -> str:
    """The parameters as a sentence about customers."""
    _ = locale._
    known = paces(report)
    if not known:
        return _("Too little is known for more than how many leave.")
    return _("While they are customers, **half of them go {half} or longer between two purchases**; the average pace is one in {pace}. After a purchase, {share} never come back on average.").format(
        half=_weeks(known["half_weeks"], locale), pace=_weeks(known["weeks"], locale), share=locale.share(known["leaving"])
    )  # fmt: skip


def _weeks(value: float, locale: Locale) -> str:
    if value >= 520:
        return locale._("ten years")
    return locale.n_("{n} week", "{n} weeks", max(round(value), 1))


def _number(value: float | None, locale: Locale, is_share: bool) -> str:
    if value is None:
        return "–"
    if is_share:
        return locale.share(value, 1)
    return locale.ltr(f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}")
