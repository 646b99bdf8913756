"""The back-test on screen: what was told of the past and what came, by day, by tenth of the customers and by chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.back_test import OFF
from analytics.customers.model_report import lifetime_back_test, lifetime_deciles, none_calibration, tested
from analytics.customers.scores import told as said_in
from analytics.rows import Row, rows
from ui import session, tables, words
from ui.charts.evidence import calibration_figure, deciles_figure, origins_figure
from ui.charts.funnel import LEAST_SHOWN
from ui.customers import evidence_words as words_
from ui.parts import Piece, chart, drawn, legend, paper, section, told, under_chart

Report = Mapping[str, Any]
YEAR_WEEKS = (51, 53)
ORIGINS_MEAN = ("cutoff", "revenue_predicted", "revenue_low", "revenue_actual", "revenue_error", "revenue_naive", "weeks", "customers_tested")  # fmt: skip
DECILES_MEAN = ("decile", "revenue_predicted", "revenue_actual", "captured_top_tenth", "naive_captured")
NONE_MEANS = ("none_predicted", "none_observed", "brier", "calibration_error", "inside_range")


def finding(report: Report) -> str:
    """How well the model told the past, or why that cannot be said."""
    locale = session.locale()
    _ = locale._
    test = tested(report)
    if test is None or test["refused"] or not test["origins"]:
        why = said_in(test["refused"]) if test else None
        unchecked = _("**How well the models tell this company's future cannot be checked yet.**")
        return f"{unchecked} {locale.say(why)}" if why else unchecked
    first = test["origins"][0]
    figures = _figures(first, test)
    said = {
        "time": stretch(first["weeks"], date.fromisoformat(first["until"])), "came": amount(test, figures["came"]),
        "told": amount(test, figures["told"]),
        "range": locale.between(amount(test, figures["low"]), amount(test, figures["high"])),
    }  # fmt: skip
    if not test["is_used"]:
        return _("**The model did not stand its test and is not used.** {time} {came} came, where it had told {told} (80%: {range}).").format(**said)  # fmt: skip
    if test["is_off"]:
        return _("**{time} {came} came, where {told} had been told** (80%: {range}): {missed}").format(**said, missed=missed(test))  # fmt: skip
    return _("**{time} {came} came, and {told} had been told** (80%: {range}): within 10% of it.").format(**said)


def stretch(weeks: int, until: date) -> str:
    """The time that was held back, as a sentence begins."""
    locale = session.locale()
    if YEAR_WEEKS[0] <= weeks <= YEAR_WEEKS[1]:
        return locale._("In the twelve months to {day}").format(day=locale.day(until))
    many = locale.n_("{n} week", "{n} weeks", weeks)
    return locale._("In the {weeks} to {day}").format(weeks=many, day=locale.day(until))


def missed(test: Report) -> str:
    """By how much the first test missed, and what to make of it."""
    locale = session.locale()
    _ = locale._
    errors = [_figures(row, test)["error"] for row in test["origins"]]
    error = errors[0]
    if error is None:
        return _("nothing came of what was told.")
    share = locale.share(abs(error))
    if any(each is not None and each * error < 0 for each in errors[1:]):
        said = _("{share} too little. Later tests missed to the other side.") if error < 0 else _("{share} too much. Later tests missed to the other side.")  # fmt: skip
        return said.format(share=share)
    if error < 0:
        return _("{share} too little. More came than the model tells, so read its figures as cautious.").format(
            share=share
        )
    return _("{share} too much. Less came than the model tells, so read its figures as high.").format(share=share)


def one_way(test: Report) -> str:
    """That all tests missed to one side."""
    locale = session.locale()
    _ = locale._
    n = locale.count(len(test["origins"]))
    if test["one_way"] == "low":
        return _("In all {n} tests more came than was told: growth, a season or a change that the model does not know of. It may be so again.").format(n=n)  # fmt: skip
    return _("In all {n} tests less came than was told: a decline, a season or a change that the model does not know of. It may be so again.").format(n=n)  # fmt: skip


def amount(test: Report, value: float) -> str:
    """Money, or a number of purchases where no amounts are known."""
    locale = session.locale()
    if test["is_money"]:
        return locale.money(value, test["currency"] or None)
    return locale.n_("{n} purchase", "{n} purchases", round(value))


def _figures(row: Row, test: Report) -> Row:
    """What was told and came of a row, in money where it is known."""
    names = ("revenue_predicted", "revenue_low", "revenue_high", "revenue_actual", "revenue_naive", "revenue_error")
    if not test["is_money"]:
        names = ("predicted", "predicted_low", "predicted_high", "actual", "naive", "error")
    return {
        to: row.get(name) for to, name in zip(("told", "low", "high", "came", "naive", "error"), names, strict=True)
    }


def show(test: Report) -> None:
    """The cards of a test that could be made."""
    show_origins(test)
    left, right = st.columns(2, gap="small")
    with left, st.container(border=True, key="card_deciles", height="stretch"):
        drawn(_deciles_told, session.answer(lifetime_deciles), test)
    with right, st.container(border=True, key="card_none", height="stretch"):
        drawn(_none_told, session.answer(none_calibration), test)


def show_origins(test: Report) -> None:
    """The card of what was told from each earlier day on, and what came."""
    with st.container(border=True, key="card_back_test"):
        drawn(_origins_told, session.answer(lifetime_back_test), test)


@told
def _origins_told(found: pd.DataFrame, test: Report) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    made = [_figures(row, test) for row in rows(found)]
    yield partial(section, _("Told and came"), _origins_say(test, made))
    filled = (look.colors.accent, _("told, with its 80% range"))
    yield partial(legend, (filled, (look.colors.ink, _("came")), (f"hollow:{look.colors.neutral}", _("the same as in the time before"))))  # fmt: skip
    names = [
        (
            _("from {day}").format(day=locale.day(date.fromisoformat(row["cutoff"]))),
            locale.n_("{n} week", "{n} weeks", row["weeks"]) + " · " + locale.n_("{n} customer", "{n} customers", row["customers_tested"]),
        )
        for row in rows(found)
    ]  # fmt: skip
    figure = origins_figure(pd.DataFrame(made), names, look, currency=test["currency"], is_money=test["is_money"])
    alt = _("What was told and what came from each earlier day on: {lines}.").format(
        lines=", ".join(f"{name} {amount(test, row['told'])} / {amount(test, row['came'])}" for (name, _line), row in zip(names, made, strict=True))
    )  # fmt: skip
    yield partial(chart, figure, "back_test", alt, wide=True)
    shown, kinds = _origins_table(found)
    means = words.meanings(*ORIGINS_MEAN, of="lifetime_back_test")
    basis = _basis(test)
    what = paper("lifetime_back_test", _("Told and came"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(lifetime_back_test), means, basis, picture="wide_back_test")


def _origins_say(test: Report, made: list[Row]) -> str:
    """How often what came lay within the range, and how the naive forecast did."""
    locale = session.locale()
    _ = locale._
    first, n = made[0], len(made)
    inside = sum(row["low"] <= row["came"] <= row["high"] for row in made)
    said = [_("Only what was known on an earlier day went into the model; then its word is held against what came.")]
    if n > 1:
        said.append(_("What came lay within the 80% range in {inside} of {n} tests.").format(inside=locale.count(inside), n=locale.count(n)))  # fmt: skip
    else:
        said.append(_("What came lay within the 80% range.") if inside else _("What came lay outside the 80% range."))
    if first["error"] is not None:
        naive = (first["naive"] - first["came"]) / first["came"]
        errors = {"own": locale.change(first["error"]), "naive": locale.change(naive)}
        said.append(_("The first test missed by {own}; saying the same again as in the time before would have missed by {naive}.").format(**errors) if n > 1
                    else _("It missed by {own}; saying the same again as in the time before would have missed by {naive}.").format(**errors))  # fmt: skip
        if abs(first["error"]) > OFF and not first["low"] <= first["came"] <= first["high"]:
            said.append(_("The range holds for customers who go on as the model has them, not for a change in how they buy."))  # fmt: skip
    return " ".join(said)


def _basis(test: Report) -> str:
    locale = session.locale()
    _ = locale._
    return words_.basis(
        words_.customers(test["origins"][0]["customers"]),
        _("who came later is left out on both sides"),
        _("drawn from {n}").format(n=locale.count(test["sampled_of"])) if test["sampled_of"] else "",
        "" if test["is_money"] else _("in purchases: no amounts are known"),
    )


def _origins_table(found: pd.DataFrame) -> tables.Table:
    _ = session.locale()._
    return tables.columns(
        found,
        [
            ("cutoff", _("Known until"), "text"), ("foretold_until", _("Foretold until"), "text"), ("weeks", _("Weeks"), "count"),
            ("customers_tested", _("Customers"), "count"), ("revenue_predicted", _("Revenue told"), "money"),
            ("revenue_low", _("80% from"), "money"), ("revenue_high", _("80% to"), "money"), ("revenue_actual", _("Revenue that came"), "money"),
            ("revenue_error", _("Missed by"), "share"), ("revenue_naive", _("Revenue before"), "money"), ("currency", _("Currency"), "text"),
            ("predicted", _("Purchases told"), "number"), ("predicted_low", _("Purchases, 80% from"), "number"),
            ("predicted_high", _("Purchases, 80% to"), "number"), ("actual", _("Purchases that came"), "count"),
            ("error", _("Purchases missed by"), "share"), ("naive", _("Purchases before"), "count"),
            ("captured_top_tenth", _("Brought by the top tenth"), "share"), ("naive_captured", _("Brought by the top tenth before"), "share"),
            ("brier", _("Brier score"), "number"), ("calibration_error", _("Calibration error"), "share"),
            ("inside_range", _("Within their range"), "share"), ("model", _("Model"), "text"),
        ],
    )  # fmt: skip


@told
def _deciles_told(found: pd.DataFrame, test: Report) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    first = test["origins"][0]
    yield partial(section, _("By tenth of the customers"), _deciles_say(first, found))
    if pd.to_numeric(found["customers_tested"]).max() >= LEAST_SHOWN:
        yield partial(legend, ((look.colors.neutral, _("told, with its 80% range")), (look.colors.accent, _("came"))))
        made = [
            {"decile": row["decile"], "customers": row["customers_tested"], **_figures(row, test)}
            for row in rows(found)
        ]
        figure = deciles_figure(pd.DataFrame(made), look, currency=test["currency"], is_money=test["is_money"])
        lines = ", ".join(f"{row['decile']}: {amount(test, row['told'])} / {amount(test, row['came'])}" for row in made if row["customers"] >= LEAST_SHOWN)  # fmt: skip
        yield partial(chart, figure, "deciles", _("What was told of each tenth of the customers and what came: {lines}.").format(lines=lines))  # fmt: skip
    few = pd.to_numeric(found["customers_tested"]) < LEAST_SHOWN
    money = [name for name in found.columns if name.startswith(("revenue", "predicted", "actual"))]
    shown, kinds = tables.columns(
        found.assign(**{name: pd.to_numeric(found[name]).mask(few) for name in money}),
        [
            ("decile", _("Tenth"), "count"), ("customers_tested", _("Customers"), "count"), ("revenue_predicted", _("Revenue told"), "money"),
            ("revenue_low", _("80% from"), "money"), ("revenue_high", _("80% to"), "money"), ("revenue_actual", _("Revenue that came"), "money"),
            ("currency", _("Currency"), "text"), ("predicted", _("Purchases told"), "number"),
            ("predicted_low", _("Purchases, 80% from"), "number"), ("predicted_high", _("Purchases, 80% to"), "number"),
            ("actual", _("Purchases that came"), "number"),
        ],
    )  # fmt: skip
    means, basis = words.meanings(*DECILES_MEAN, of="lifetime_deciles"), words_.basis(words_.customers(first["customers"]))  # fmt: skip
    what = paper("lifetime_deciles", _("By tenth of the customers"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(lifetime_deciles), means, basis, picture="chart_deciles")


def _deciles_say(first: Row, found: pd.DataFrame) -> str:
    """Whether those of whom most was told are those who brought most."""
    locale = session.locale()
    _ = locale._
    if first["captured_top_tenth"] is None:
        return _("None of them bought anything.")
    if pd.to_numeric(found["customers_tested"]).max() < LEAST_SHOWN:
        return _("Too few customers to tell tenths of them apart.")
    return _("The tenth of whom most was told brought **{own} of all that came**; 10% would be chance, and the tenth that had brought most before brought {naive}.").format(
        own=locale.share(first["captured_top_tenth"]), naive=locale.share(first["naive_captured"])
    )  # fmt: skip


@told
def _none_told(found: pd.DataFrame, test: Report) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    first = test["origins"][0]
    yield partial(section, _("The chance of nothing"), _none_says(found, first))
    made = found.rename(columns={"none_predicted": "predicted", "none_observed": "observed", "none_low": "low", "none_high": "high", "customers_tested": "n"})  # fmt: skip
    known = made[pd.to_numeric(made["n"]) >= LEAST_SHOWN]
    if len(known):
        yield partial(legend, calibration_key())
        figure = calibration_figure(made, look, across=_("chance to buy nothing, told"), up=_("bought nothing"))
        yield partial(chart, figure, "none_calibration", _("The chance to buy nothing that was told, and the share that bought nothing: {lines}.").format(lines=pairs(known)))  # fmt: skip
    few = pd.to_numeric(found["customers_tested"]) < LEAST_SHOWN
    shown, kinds = tables.columns(
        found.assign(**{name: pd.to_numeric(found[name]).mask(few) for name in ("none_predicted", "none_observed", "none_low", "none_high")}),
        [
            ("chance_from", _("Chance from"), "share"), ("chance_to", _("Chance to"), "share"), ("customers_tested", _("Customers"), "count"),
            ("none_predicted", _("Told"), "share"), ("none_observed", _("Bought nothing"), "share"), ("none_low", _("95% from"), "share"),
            ("none_high", _("95% to"), "share"),
        ],
    )  # fmt: skip
    means, basis = words.meanings(*NONE_MEANS, of="none_calibration"), words_.basis(words_.customers(first["customers"]))  # fmt: skip
    what = paper("none_calibration", _("The chance of nothing"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(none_calibration), means, basis, picture="chart_none_calibration")


def calibration_key() -> tuple[tuple[str, str], ...]:
    """The key of a chart of chances against what happened."""
    look = session.look()
    _ = look.locale._
    return (
        (look.colors.accent, _("came true within the 95% interval")),
        (f"hollow:{look.colors.accent}", _("did not")),
    )


def pairs(found: pd.DataFrame) -> str:
    """The dots of such a chart in words."""
    locale = session.locale()
    return ", ".join(f"{locale.share(row['predicted'])} / {locale.share(row['observed'])}" for row in rows(found))


def _none_says(found: pd.DataFrame, first: Row) -> str:
    """Whether the chances came true where most customers are, and how often what they brought lay within its range."""
    locale = session.locale()
    _ = locale._
    largest = rows(found.loc[[pd.to_numeric(found["customers_tested"]).idxmax()]])[0]
    if largest["customers_tested"] < LEAST_SHOWN:
        return _("Too few customers to hold chances against what happened.")
    said = [
        _("Of the {n} customers told to buy nothing with a chance of about {told}, **{came} bought nothing**.").format(
            n=locale.count(largest["customers_tested"]), told=locale.share(largest["none_predicted"]), came=locale.share(largest["none_observed"])
        )
    ]  # fmt: skip
    if first["inside_range"] is not None and first["inside_customers"] >= LEAST_SHOWN:
        said.append(
            _("Of the {n} who did buy, {share} brought an amount within the range told of each; 80% is what it says.").format(
                n=locale.count(first["inside_customers"]), share=locale.share(first["inside_range"])
            )
        )  # fmt: skip
    return " ".join(said)
