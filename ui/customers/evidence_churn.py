"""The models that tell who leaves: how good they are, whether their chances come true, what tells, and what was kept out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.churn.churn_model import churn_calibration, churn_drivers, churn_leaks, churn_model
from analytics.rows import Row, rows
from data.errors import RequestProblem
from ui import session, tables, words
from ui.charts.evidence import calibration_figure
from ui.charts.funnel import LEAST_SHOWN
from ui.customers import evidence_words
from ui.customers.evidence_back_test import calibration_key, pairs
from ui.parts import Piece, chart, drawn, legend, nothing, paper, plain, rich, section, table, tag, told, under_chart

MOST_DRIVERS = 8
MOST_LEAKS = 8
MODELS_MEAN = ("auc", "brier", "calibration_error", "lift_top_decile", "validation", "has_skill")
CALIBRATION_MEANS = ("chance_predicted", "share_left", "calibration_error")
DRIVERS_MEAN = ("importance", "importance_low", "direction", "auc_alone")


def show() -> None:
    """Four cards; the models are fitted when they are first asked for."""
    locale = session.locale()
    _ = locale._
    waiting = st.empty()
    with waiting.container(border=True):
        st.skeleton(height=240)
    try:
        found = session.answer(churn_model)
        cards = [session.answer(metric) for metric in (churn_calibration, churn_drivers, churn_leaks)]
    except RequestProblem as problem:
        waiting.empty()
        with st.container(border=True, key="card_nothing_churn"):
            nothing("psychology", _("No model of who leaves"), locale.say(problem.sentence), [locale.say(problem.hint)])
        return
    waiting.empty()
    with st.container(border=True, key="card_churn_models"):
        drawn(_models_told, found)
    left, right = st.columns(2, gap="small")
    with left, st.container(border=True, key="card_churn_calibration", height="stretch"):
        drawn(_calibration_told, cards[0])
    with right, st.container(border=True, key="card_churn_drivers", height="stretch"):
        drawn(_drivers_told, cards[1])
    with st.container(border=True, key="card_churn_leaks"):
        drawn(_leaks_told, cards[2])


def model_words(name: str) -> str:
    """What a model of leaving is called."""
    _ = session.locale()._
    return {
        "logistic_regression": _("Logistic regression"), "gradient_boosting": _("Gradient boosting"), "few_features": _("Logistic regression, few fields"),
    }.get(name, name.replace("_", " "))  # fmt: skip


@told
def _models_told(found: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    yield partial(section, _("Models of who leaves"), _models_say(found))
    lines = [
        (
            rich(model_words(row["model"])) + (" " + tag("good", _("chosen")) if row["chosen"] else ""),
            rich(f"{locale.share(row['auc'], 1)} ({locale.shares(row['auc_low'], row['auc_high'])})"),
            rich(f"{_decimal(row['brier'])} / {_decimal(row['brier_baseline'])}"),
            rich(locale.share(row["calibration_error"])),
            rich("–" if row["lift_top_decile"] is None else f"×{row['lift_top_decile']:.1f}"),
            tag("good", _("yes")) if row["has_skill"] else tag("bad", _("no")),
        )
        for row in rows(found)
    ]  # fmt: skip
    head = [_("Model"), _("Tells them apart (AUC)"), _("Brier score / of no model"), _("Calibration error"), _("Top tenth"), _("Better than chance")]  # fmt: skip
    yield partial(table, head, lines, caption=_("Models of who leaves"), numbers=(1, 2, 3, 4))
    shown, kinds = tables.columns(
        found.assign(validation=found["validation"].map(_validations())),
        [
            ("model", _("Model"), "text"), ("auc", _("AUC"), "share"), ("auc_low", _("95% from"), "share"), ("auc_high", _("95% to"), "share"),
            ("brier", _("Brier score"), "number"), ("brier_baseline", _("Brier score of no model"), "number"),
            ("calibration_error", _("Calibration error"), "share"), ("lift_top_decile", _("Lift, top tenth"), "number"), ("n", _("Customers"), "count"),
            ("events", _("Left"), "count"), ("validation", _("Measured by"), "text"), ("columns_used", _("Columns used"), "count"),
            ("leaks", _("Leaks left out"), "count"),
        ],
    )  # fmt: skip
    means, basis = words.meanings(*MODELS_MEAN, of="churn_model"), _basis(found)
    what = paper("churn_model", _("Models of who leaves"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(churn_model), means, basis)


def _validations() -> dict[str, str]:
    _ = session.locale()._
    return {
        "cross_validation": _("five parts, each told by a model that had not seen it"),
        "rolling_origin": _("later days, told from what was known before"),
    }


def _models_say(found: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    best = next((row for row in rows(found) if row["chosen"]), None)
    if best is None:
        return _("**No model tells who leaves better than chance**, so none is used.")
    return _("Of a customer who left and one who did not, the model gives the first the higher chance **{auc} of the time**; 50% would be chance. Of the tenth it puts first, {lift} times as many left as of all.").format(
        auc=locale.share(best["auc"]), lift="–" if best["lift_top_decile"] is None else locale.ltr(f"{best['lift_top_decile']:.1f}")
    )  # fmt: skip


def _basis(found: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    first = rows(found)[0]
    parts = [_("{n} left").format(n=locale.count(first["events"])), _validations()[first["validation"]]]
    for name, said in (
        ("left_out_contradictory", _("{n} with contradicting flags left out")), ("left_out_untimed", _("{n} without a tenure left out")),
        ("left_out_negative", _("{n} with a tenure below 0 left out")),
    ):  # fmt: skip
        if first.get(name):
            parts.append(said.format(n=locale.count(first[name])))
    return evidence_words.basis(evidence_words.customers(int(first["n"])), *parts)


@told
def _calibration_told(found: pd.DataFrame) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    widths = found[found["cut"] == "width"].rename(columns={"chance_predicted": "predicted", "share_left": "observed", "share_left_low": "low", "share_left_high": "high"})  # fmt: skip
    known = widths[pd.to_numeric(widths["n"]) >= LEAST_SHOWN].reset_index(drop=True)
    yield partial(section, _("Do the chances come true"), _calibration_says(known))
    if len(known):
        yield partial(legend, calibration_key())
        figure = calibration_figure(widths, look, across=_("chance to leave, told"), up=_("left"))
        alt = _("The chance to leave that was told, and the share that left: {lines}.").format(lines=pairs(known))
        yield partial(chart, figure, "churn_calibration", alt)
    few = pd.to_numeric(found["n"]) < LEAST_SHOWN
    hidden = ("chance_predicted", "share_left", "share_left_low", "share_left_high", "lift")
    cut = found["cut"].map({"width": _("tenth of the scale"), "tenth": _("tenth of the customers")})
    shown, kinds = tables.columns(
        found.assign(cut=cut, **{name: pd.to_numeric(found[name]).mask(few) for name in hidden}),
        [
            ("cut", _("Cut"), "text"), ("bin", _("Part"), "count"), ("chance_from", _("Chance from"), "share"), ("chance_to", _("Chance to"), "share"),
            ("n", _("Customers"), "count"), ("events", _("Left"), "count"), ("chance_predicted", _("Told"), "share"), ("share_left", _("Left in fact"), "share"),
            ("share_left_low", _("95% from"), "share"), ("share_left_high", _("95% to"), "share"), ("lift", _("Lift"), "number"),
            ("events_share", _("Caught so far"), "share"),
        ],
    )  # fmt: skip
    basis = evidence_words.basis(evidence_words.customers(int(pd.to_numeric(widths["n"]).sum())))
    means = words.meanings(*CALIBRATION_MEANS, of="churn_calibration")
    what = paper("churn_calibration", _("Do the chances come true"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(churn_calibration), means, basis, picture="chart_churn_calibration")


def _calibration_says(known: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    if known.empty:
        return _("Too few customers to compare.")
    inside = int(((known["predicted"] >= known["low"]) & (known["predicted"] <= known["high"])).sum())
    high = rows(known.sort_values("predicted"))[-1]
    return _("Of those with the highest chance, told {told}, **{came} left**. {inside} of {n} dots lie on the line within their interval.").format(
        told=locale.share(high["predicted"]), came=locale.share(high["observed"]), inside=locale.count(inside), n=locale.count(len(known))
    )  # fmt: skip


@told
def _drivers_told(found: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    real = [row for row in rows(found) if row["is_real"]]
    says = (
        _("**{field}** tells most. Each number is what the model loses in telling leavers apart when it does not know the field; it does not show that the field is the reason.").format(field=evidence_words.field(real[0]["field"]))
        if real
        else _("No field by itself adds more than could be chance.")
    )  # fmt: skip
    yield partial(section, _("What tells who leaves"), says)
    lines = [
        (
            rich(evidence_words.field(row["field"])), rich(locale.points(row["importance"] * 100)),
            rich("–" if row["importance_low"] is None else locale.points_between(row["importance_low"] * 100, row["importance_high"] * 100)),
            evidence_words.wide(_which_way(row), 8) if row["is_real"] else tag("plain", _("could be chance")),
        )
        for row in rows(found.head(MOST_DRIVERS))
    ]  # fmt: skip
    head = [_("Field"), _("Lost without it"), _("95%"), _("Who leaves more")]
    yield partial(table, head, lines, caption=_("What tells who leaves"), numbers=(1, 2))
    shown, kinds = tables.columns(
        found,
        [
            ("field", _("Field"), "text"), ("importance", _("Lost without it"), "share"), ("importance_low", _("95% from"), "share"),
            ("importance_high", _("95% to"), "share"), ("level_high", _("Highest with"), "text"), ("chance_level_high", _("Highest chance"), "share"),
            ("level_low", _("Lowest with"), "text"), ("chance_level_low", _("Lowest chance"), "share"), ("auc_alone", _("AUC alone"), "share"),
            ("n", _("Customers"), "count"),
        ],
    )  # fmt: skip
    means = words.meanings(*DRIVERS_MEAN, of="churn_drivers")
    basis = evidence_words.basis(evidence_words.customers(int(found["n"].iloc[0]))) if len(found) else ""
    what = paper("churn_drivers", _("What tells who leaves"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(churn_drivers), means, basis)


def _which_way(row: Row) -> str:
    """With which values customers leave more."""
    locale = session.locale()
    _ = locale._
    if row["direction"] == "groups":
        return _("{most} ({most_share}), least {least} ({least_share})").format(
            most=plain(row["level_high"] or _("none given")), most_share=locale.share(row["chance_level_high"]),
            least=plain(row["level_low"] or _("none given")), least_share=locale.share(row["chance_level_low"]),
        )  # fmt: skip
    return {"rises": _("those with more of it"), "falls": _("those with less of it")}.get(row["direction"] or "", _("neither clearly"))  # fmt: skip


@told
def _leaks_told(found: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    leaks = int(found["is_leak"].sum())
    says = (
        locale.n_("**{n} column was kept from the models**: it looks written once a customer had left.", "**{n} columns were kept from the models**: they look written once a customer had left.", leaks)
        if leaks
        else _("**No column gives away who left**: none is written only for those who did, and none alone decides it.")
    )  # fmt: skip
    yield partial(section, _("Leak check"), says)
    lines = [
        (
            rich(evidence_words.field(row["field"])), rich(locale.share(row["auc_alone"])),
            tag("bad", _("leak, left out")) if row["is_leak"] else tag("plain", _("no leak")), evidence_words.wide(_(row["reason"])),
        )
        for row in rows(found.head(max(MOST_LEAKS, leaks)))
    ]  # fmt: skip
    yield partial(
        table,
        [_("Column"), _("AUC alone"), _("Verdict"), _("Why")],
        lines,
        caption=_("Columns checked for leaks"),
        numbers=(1,),
    )
    shown, kinds = tables.columns(
        found.assign(
            reason=found["reason"].map(_), is_leak=found["is_leak"].map({True: _("leak, left out"), False: _("no leak")})
        ),
        [("field", _("Column"), "text"), ("auc_alone", _("AUC alone"), "share"), ("is_leak", _("Verdict"), "text"), ("reason", _("Why"), "text")],
    )  # fmt: skip
    means = words.meanings("is_leak", "auc_alone", of="churn_leaks")
    basis = locale.n_("{n} column looked at", "{n} columns looked at", len(found))
    what = paper("churn_leaks", _("Leak check"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(churn_leaks), means, basis)


def _decimal(value: float | None) -> str:
    return "–" if value is None else session.locale().ltr(f"{value:.3f}")
