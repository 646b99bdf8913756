"""The days people marked: add and remove them here, and whether the score changed with them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from analytics.nps.marked import WINDOW, nps_marks
from data.errors import DataError
from data.marks import LONGEST_NAME, Mark
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.nps import trend_words as say
from ui.parts import Piece, drawn, md, note, paper, plain, problem, rich, section, table, told, under_chart

EARLIEST = date(1990, 1, 1)


def show(marks: tuple[Mark, ...]) -> None:
    """The card: what happened on which day, and the score before and since."""
    _ = session.locale()._
    with st.container(border=True, key="card_nps_marks"):
        section(
            _("What happened"),
            _("Mark the day of a price rise, a release or a war: the same marks show in the bottlenecks' trend."),
        )
        _choices(marks)
        if marks:
            drawn(_tested, marks)
        else:
            note(_("No day is marked yet. Each marked day is tested: {days} days before against {days} days from it on.").format(
                days=session.locale().count(WINDOW)))  # fmt: skip


def _choices(marks: tuple[Mark, ...]) -> None:
    locale = session.locale()
    _ = locale._
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="switches_nps_marks"):
        st.date_input(
            _("Day"), value=session.filters().as_of, min_value=EARLIEST, max_value=session.filters().as_of, format="YYYY-MM-DD",
            width=150, key="nps_mark_on",
        )  # fmt: skip
        st.text_input(
            _("What happened that day"), key="nps_mark_name", max_chars=LONGEST_NAME, width=280,
            placeholder=_("Price rise, release, war…"),
        )  # fmt: skip
        st.button(_("Mark this day"), icon=":material/flag:", key="nps_mark_add", on_click=_add)
        if marks:
            with st.popover(_("Remove a mark"), icon=":material/close:", type="tertiary", key="pop_nps_marks"):
                for number, mark in enumerate(marks):
                    st.button(
                        f"{locale.day(mark.on)} · {md(mark.name)}", icon=":material/close:", type="tertiary",
                        key=f"nps_mark_remove_{number}", on_click=_remove, args=(mark,),
                    )  # fmt: skip
    if (failed := session.get("nps_mark_problem")) is not None:
        problem(failed)
        session.drop("nps_mark_problem")


def _add() -> None:
    try:
        session.workspace().add_mark(
            session.get("nps_mark_on") or session.filters().as_of, session.get("nps_mark_name") or ""
        )
    except DataError as failed:
        session.put("nps_mark_problem", failed)
    else:
        session.put("nps_mark_name", "")


def _remove(mark: Mark) -> None:
    try:
        session.workspace().remove_mark(mark)
    except DataError as failed:
        session.put("nps_mark_problem", failed)


@told
def _tested(marks: tuple[Mark, ...]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = session.answer(nps_marks, marks=marks)
    few = found[["n_before", "n_after"]].min(axis=1) < LEAST_SHOWN
    cells = [[
        locale.day(row.on), rich(plain(row.mark)), say.scored(row.before, row.n_before), say.scored(row.after, row.n_after),
        _("not enough data") if is_few
        else f'<b>{locale.score(row.difference)}</b> <small>{locale.scores(row.low, row.high)}</small>',
        rich(say.verdict(row.real_change)), locale.days(row.compared_days) if row.compared_days else "–",
    ] for row, is_few in zip(found.itertuples(), few, strict=True)]  # fmt: skip
    head = [_("Day"), _("What happened"), _("Before"), _("Since"), _("Change, 95%"), _("Is it real"), _("Compared")]
    yield partial(table, head, cells, caption=_("The score before and since marked days"), numbers=(2, 3, 4, 6))
    shown = found.assign(
        verdict=[say.verdict(each) for each in found["real_change"]],
        **{
            name: pd.to_numeric(found[name]).round(1).mask(few)
            for name in ("before", "after", "difference", "low", "high")
        },
    )
    columns, kinds = tables.columns(shown, [
        ("on", _("Day"), "day"), ("mark", _("What happened"), "text"), ("compared_days", _("Days on either side"), "count"),
        ("n_before", _("Answers before"), "count"), ("n_after", _("Answers after"), "count"), ("before", _("Before"), "number"),
        ("after", _("After"), "number"), ("difference", _("Difference"), "number"), ("low", _("95% from"), "number"),
        ("high", _("95% to"), "number"), ("verdict", _("Is it real"), "text"), ("q_value", _("q-value"), "number"),
    ])  # fmt: skip
    basis = " · ".join([
        locale.n_("{n} comparison", "{n} comparisons", int(found["tests"].iloc[0])), session.as_of_words(),
        _("what else happened in those days is in it too"),
    ])  # fmt: skip
    means = words.meanings("compared_days", "difference", "q_value", "real_change", of="nps_marks")
    what = paper("nps_marks", _("What happened"), columns, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(nps_marks, marks=marks), means, basis)
