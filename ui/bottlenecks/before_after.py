"""Whether a change of the process changed anything: what began before a day against what began since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.before_after import before_after
from data.errors import DataError
from ui import session, tables, words
from ui.bottlenecks import before_after_words as say
from ui.bottlenecks.before_after_closer import closer, deals
from ui.bottlenecks.guard import has_history, nothing_left, too_few
from ui.bottlenecks.marked_days import choices, chosen_day, chosen_window
from ui.charts.before_after import is_real, pairs_figure
from ui.charts.funnel import LEAST_SHOWN
from ui.locale import NOTHING
from ui.parts import (
    Piece,
    chart,
    drawn,
    heading,
    legend,
    note,
    paper,
    plain,
    problem,
    rich,
    section,
    table,
    tag,
    told,
    under_chart,
)

MEASURES = ("days", "move_on", "come_back")
CHART_MEANS = ("measure", "compared_days", "within_days", "undecided_before", "q_value")
TABLE_MEANS = ("difference", "trend_before", "money", "q_value")


def show() -> None:
    """The view: the day, all stages before and since, one of them closer, and the deals."""
    _ = session.locale()._
    if session.latest_day() is None or not session.deals():
        nothing_left("before_after")
        return
    on, window = chosen_day(), chosen_window()
    try:
        answer = session.answer(before_after, on=on, window_days=window)
    except DataError as error:
        heading(_("Bottlenecks"), _("**This day cannot be compared.**"))
        problem(error)
        choices(on, window)
        return
    rows = session.kept(_changes, answer)
    if rows.empty:
        nothing_left("before_after")
        return
    drawn(_heading, rows, on, window)
    choices(on, window)
    if not rows.apply(say.is_told, axis=1).any():
        most = int(rows[["n_before", "n_after"]].min(axis=1).max())
        why = session.locale().n_("One side has no more than {n}.", "One side has no more than {n}.", most)
        too_few("before_after", _("It takes 10 deals on either side to compare them"), why, [_("Choose another day or longer windows, or take a filter away.")])  # fmt: skip
        return
    stages = [stage for stage in dict.fromkeys(rows["stage"]) if isinstance(stage, str)]
    stage = _stage(rows, stages)
    _measures(rows, on, window)
    with st.container(border=True, key="card_before_after_table"):
        drawn(_table, rows, on, window)
    closer(rows, stages, stage, on, window)
    deals(rows, stages, stage, on)


def _changes(answer: pd.DataFrame) -> pd.DataFrame:
    """The rows of the day itself, without those of the earlier days."""
    return answer[answer["is_placebo"].eq(False)].reset_index(drop=True)


@told
def _heading(rows: pd.DataFrame, on: date, window: int | None) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Bottlenecks"), say.finding(rows, on), say.remark(rows, window))


def _stage(rows: pd.DataFrame, stages: list[str]) -> str:
    """The stage looked at: the reader's, else that of the surest change; "" is whole deals."""
    known = session.get("ba_stage")
    if known in ("", *stages):
        return str(known)
    of_link = session.place("stage_of", stages, "")
    surest = rows[rows["q_value"].notna() & rows["stage"].isin(stages)].sort_values("q_value")
    found = of_link or (str(surest["stage"].iloc[0]) if len(surest) else stages[0] if stages else "")
    session.put("ba_stage", found)
    return found


# All stages


def _chart_key() -> str:
    return f"before_after_{session.get('ba_round', 0)}"


def _pick(of_measure: pd.DataFrame) -> None:
    """Look at the clicked stage, and list the deals of the clicked side."""
    points = (session.get(_chart_key()) or {}).get("selection", {}).get("points", [])
    picked = (points[0].get("customdata") or []) if points else []
    if len(picked) == 3 and int(picked[0]) < len(of_measure):
        stage = of_measure["stage"].iloc[int(picked[0])]
        session.put("ba_stage", stage if isinstance(stage, str) else "")
        session.put("ba_side", str(picked[1]))
        session.put("ba_round", session.get("ba_round", 0) + 1)


def _measures(rows: pd.DataFrame, on: date, window: int | None) -> None:
    _ = session.locale()._
    named = say.measure_words()
    known = [measure for measure in MEASURES if measure != "come_back" or _comes_back(rows)]
    if not has_history():
        known = known[:2]
    if session.get("ba_measure") not in known:
        session.put("ba_measure", _first_measure(rows, known))
    measure = str(session.get("ba_measure"))
    of_measure = session.kept(_of_measure, rows, measure)
    with st.container(border=True, key="card_before_after"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            section(_title(measure), say.sentence(measure, of_measure))
            st.segmented_control(
                _("Measure"), known, format_func=lambda name: named[name], required=True, key="ba_measure",
                label_visibility="collapsed", persist_state="session",
            )  # fmt: skip
        drawn(_pairs, of_measure, measure, on, window, _chart_key())


def _comes_back(rows: pd.DataFrame) -> bool:
    back = rows[rows["measure"] == "come_back"]
    return bool((pd.to_numeric(back["before"]).fillna(0) + pd.to_numeric(back["after"]).fillna(0) > 0).any())


def _first_measure(rows: pd.DataFrame, known: list[str]) -> str:
    """The measure of the surest real change."""
    real = rows[rows["q_value"].notna() & (pd.to_numeric(rows["q_value"]) < 0.05)].sort_values("q_value")
    of_deals = {deals: stages for stages, deals in say.OF_DEALS.items()}
    found = of_deals.get(real["measure"].iloc[0], real["measure"].iloc[0]) if len(real) else known[0]
    return str(found) if found in known else known[0]


def _of_measure(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    return rows[rows["measure"].isin((measure, say.OF_DEALS.get(measure, measure)))].reset_index(drop=True)


def _title(measure: str) -> str:
    _ = session.locale()._
    return {
        "days": _("How long it takes on average, before and since"),
        "move_on": _("The chance to move on, before and since"),
        "come_back": _("The chance to come back to the stage, before and since"),
    }[measure]


@told
def _pairs(rows: pd.DataFrame, measure: str, on: date, window: int | None, chart_key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    colors = look.colors
    key = [
        (colors.neutral, _("before {day}").format(day=locale.day(on))),
        (colors.accent, _("since then, a real change")),
        (f"hollow:{colors.neutral}", _("since then, could be chance")),
    ]
    yield partial(legend, key)
    said = [f"<b>{say.difference(row)}</b> {look.small(say.spread(row))}" if say.is_told(row) else "" for row in rows.itertuples()]  # fmt: skip
    yield partial(
        chart,
        pairs_figure(rows, [say.name(row) for row in rows.itertuples()], said, look),
        chart_key,
        _("{title}: {stages}.").format(
            title=_title(measure),
            stages=", ".join(
                f"{locale.name(say.name(row))} {say.value(row, 'before')} {say.value(row, 'after')}"
                for row in rows.itertuples()
                if say.is_told(row)
            ),
        ),
        wide=True,
        on_select=partial(_pick, rows),
    )
    yield partial(note, _("Both sides are told by the same age. Click a mark for its curve and its deals below."))
    shown, kinds = changes_table(rows)
    means, stands_on = words.meanings(*CHART_MEANS, of="before_after"), say.basis(rows, on)
    what = paper("before_after_pairs", _title(measure), shown, kinds, meanings=means, basis=stands_on)
    asked = session.asked(before_after, on=on, window_days=window)
    yield partial(under_chart, replace(what, legend=tuple(key)), asked, means, stands_on, picture=f"wide_{chart_key}")


def changes_table(rows: pd.DataFrame) -> tables.Table:
    """Shares and days apart, numbers of fewer than 10 left out."""
    _ = session.locale()._
    few = (rows["n_before"] < LEAST_SHOWN) | (rows["n_after"] < LEAST_SHOWN)
    numbers = ("before", "before_low", "before_high", "after", "after_low", "after_high", "difference", "low", "high")
    hidden = {column: pd.to_numeric(rows[column]).mask(few) for column in numbers}
    named = {"days": _("Time"), "cycle": _("Time"), "move_on": _("Moving on"), "win": _("Won"), "come_back": _("Coming back")}  # fmt: skip
    shown = rows.assign(**hidden)
    extra: list[tuple[str, str, Any]] = []
    titles = {
        "before": _("Before"), "before_low": _("Before, 95% from"), "before_high": _("Before, 95% to"), "after": _("Since"),
        "after_low": _("Since, 95% from"), "after_high": _("Since, 95% to"), "difference": _("Difference"),
        "low": _("Difference, 95% from"), "high": _("Difference, 95% to"),
    }  # fmt: skip
    units = [unit for unit in ("days", "share") if (rows["unit"] == unit).any()]
    for unit in units:
        for column in numbers:
            key = f"{column}_{unit}"
            shown[key] = shown[column].where(rows["unit"] == unit)
            title = titles[column]
            in_unit = _("days") if unit == "days" else "%"
            extra.append((key, title if len(units) == 1 else f"{title} ({in_unit})", unit))
    shown = shown.assign(
        stage=[say.name(row) for row in rows.itertuples()], measure=rows["measure"].map(named),
        verdict=[say.verdict(row)[1] for row in rows.itertuples()], earlier=[say.earlier(row) for row in rows.itertuples()],
    )  # fmt: skip
    return tables.columns(
        shown,
        [
            ("stage", _("Stage"), "text"),
            ("measure", _("Measure"), "text"),
            ("n_before", _("n before"), "count"),
            ("n_after", _("n since"), "count"),
            *extra,
            ("within_days", _("Told by, days"), "days"),
            ("undecided_before", _("Undecided before"), "count"),
            ("undecided_after", _("Undecided since"), "count"),
            ("verdict", _("Verdict"), "text"),
            ("q_value", _("q-value"), "number"),
            ("earlier", _("Earlier days"), "text"),
            ("money", _("Money"), "money"),
            ("money_low", _("Money, 95% from"), "money"),
            ("money_high", _("Money, 95% to"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )


# What changed


@told
def _table(rows: pd.DataFrame, on: date, window: int | None) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    named = {"days": _("time"), "cycle": _("time"), "move_on": _("moving on"), "win": _("won"), "come_back": _("coming back")}  # fmt: skip
    known = [row for row in rows.itertuples() if say.is_told(row) and not pd.isna(row.q_value)]
    known.sort(key=lambda row: row.q_value)
    real = [row for row in known if is_real(row.q_value)]
    already = [row for row in real if not pd.isna(row.trend_before) and row.trend_before]
    if not real:
        said = _("No difference stands after correction. Those that come nearest:")
    elif already:
        said = locale.n_("{n} real change was under way before the day.", "{n} real changes were under way before the day.", len(already))  # fmt: skip
    else:
        said = _("None of what changed had been changing at the earlier days, as far as half the days can tell.")
    yield partial(section, _("What changed, and what it is worth"), said)
    lines = []
    for row in (real or known)[:8]:
        kind, verdict = say.verdict(row)
        stage = say.name(row) if isinstance(row.stage, str) else _("Whole deals")
        lines.append([
            f"{rich(plain(stage))} <small>{rich(named[row.measure])}</small>",
            f"{say.value(row, 'before')} <small>{say.interval(row, 'before')}</small>",
            f"{say.value(row, 'after')} <small>{say.interval(row, 'after')}</small>",
            f"{rich(say.difference(row))} <small>{rich(say.spread(row))}</small>",
            tag(kind, verdict),  # type: ignore[arg-type]
            rich(say.earlier(row)),
            f"{rich(say.worth(row))} <small>{rich(say.worth_range(row))}</small>" if say.worth(row) else NOTHING,
        ])  # fmt: skip
    head = [_("Stage"), _("Before"), _("Since"), _("Difference"), _("Verdict"), _("Earlier days"), _("Money")]
    yield partial(table, head, lines, caption=_("The differences and whether they stand"), numbers=(1, 2, 3))
    yield partial(
        note,
        _("Earlier days: the same comparison was made at days before the marked one, with half the days on either side. Money stands only where a change is real; the amounts of stages overlap and do not add up."),
    )  # fmt: skip
    shown, kinds = changes_table(rows)
    means, stands_on = words.meanings(*TABLE_MEANS, of="before_after"), say.basis(rows, on)
    what = paper("before_after", _("Before and after"), shown, kinds, meanings=means, basis=stands_on)
    asked = session.asked(before_after, on=on, window_days=window)
    yield partial(under_chart, what, asked, means, stands_on)
