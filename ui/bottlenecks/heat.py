"""Where it happens: every stage in every group of a field, and which cells differ from the other deals of the stage."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.bottlenecks import bottlenecks
from analytics.fields import OTHERS, SIZES, Field
from analytics.findings import open_deals
from analytics.groups import group_sizes
from analytics.stage_curve import stage_curve
from data.errors import DataError
from ui import session, words
from ui.bottlenecks.guard import has_history, nothing_left, too_few, without_history
from ui.bottlenecks.heat_words import (
    cell_words,
    finding,
    heat_table,
    remark,
    said_of_cell,
    way,
)
from ui.bottlenecks.one_stage import curve_table, median_of
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.heat import LEAST_TESTED, heat_figure
from ui.charts.stage_times import curve_figure
from ui.funnel import field_choice
from ui.funnel.deal_list import deal_list
from ui.funnel.groups import FIRST_CHOICES, value_words
from ui.funnel.options import open_stages
from ui.parts import (
    Piece,
    chart,
    drawn,
    heading,
    legend,
    note,
    paper,
    problem,
    rich,
    section,
    told,
    under_chart,
)

MOST_COLUMNS = 12
MANY = 7
MEASURES = ("leak", "delay", "rework")
VALUES = {"leak": "share", "delay": "stay_days", "rework": "share"}
MEANS = {
    "leak": ("share", "share_rest", "share_delta", "n", "q_value", "tests"),
    "delay": ("stay_days", "stay_days_rest", "days_delta", "within_days", "n", "q_value", "tests"),
    "rework": ("share", "share_rest", "share_delta", "n", "q_value", "tests"),
}


def show() -> None:
    """The view: the grid, and below it the curve and the open deals of the cell chosen."""
    locale = session.locale()
    _ = locale._
    if not has_history():
        without_history(_("With it, this view shows which groups of deals wait, leak or come back at which stage."))
        return
    if not session.deals():
        nothing_left("heat")
        return
    names = field_choice.choices()
    first = next((name for name in FIRST_CHOICES if name in names), next(iter(names), ""))
    field = names[session.place("by", names, first)]
    measure = session.get("heat_measure") or "leak"
    try:
        found = session.answer(bottlenecks, by=field)
    except DataError as error:
        heading(_("Bottlenecks"), _("**This field has too many values to compare.**"))
        with st.container(border=True, key="card_heat"):
            _switches(names, field, measure, 0)
            problem(error)
        return
    groups = session.kept(groups_of, field)
    if found.empty:
        heading(_("Bottlenecks"), _("**There is nothing to compare here.**"))
        with st.container(border=True, key="card_heat"):
            _switches(names, field, measure, 0)
            why = _("Groups are compared where a field has two values or more, at stages whose times the files tell.")
            too_few(
                "heat_groups", _("No two groups to compare"), why, [_("Choose another field, or take a filter away.")]
            )
        return
    drawn(_heading, found, measure, field)
    with st.container(border=True, key="card_heat"):
        part = _switches(names, field, measure, len(groups))
        shown = groups[part * MOST_COLUMNS : (part + 1) * MOST_COLUMNS]
        stages = session.kept(stages_of, found)
        picked = session.get("heat_stage"), session.get("heat_group")
        drawn(_grid, found, measure, field, stages, shown, len(groups), picked, _chart_key(len(shown)))
    _cell(found, measure, field, stages, groups)


def groups_of(field: Field) -> list[tuple[str, int]]:
    """The groups of a field with their deals: the commonest first, bands in their own order."""
    sizes = session.run(session.expression(group_sizes, field=field))
    found = [(name, int(n)) for name, n in zip(sizes["group"], sizes["deals"], strict=True) if isinstance(name, str)]
    if field.band == "size":
        return sorted(found, key=lambda each: SIZES.index(each[0]))
    return sorted(found, reverse=True) if field.band else found


def stages_of(found: pd.DataFrame) -> list[str]:
    """The stages that were compared, in their order."""
    compared = set(found["stage"])
    return [stage for stage in open_stages()["stage"] if stage in compared]


def measure_words() -> dict[str, str]:
    _ = session.locale()._
    return {"leak": _("Move on"), "delay": _("Days at the stage"), "rework": _("Come back")}


def _switches(names: dict[str, Field], field: Field, measure: str, groups: int) -> int:
    """The title with the choices of field, measure and, of many groups, which part of them; which part it is."""
    locale = session.locale()
    _ = locale._
    said = {
        "leak": _("The share of deals that move on from each stage, group by group."),
        "delay": _("How many days deals stay at each stage on average, group by group."),
        "rework": _("The share of deals that come back to each stage within 90 days, group by group."),
    }
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        section(_("Stages and groups"), said[measure])
        with st.container(
            horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="heat_switches"
        ):
            st.segmented_control(
                _("Measure"), list(MEASURES), format_func=lambda name: measure_words()[name], default="leak",
                required=True, key="heat_measure", persist_state="session", label_visibility="collapsed",
            )  # fmt: skip
            st.selectbox(
                _("Groups by"), list(names), index=list(names).index(field.name), width=190,
                key=session.place_key("by"), on_change=session.keep_place, args=("by",),
                format_func=lambda name: field_choice.words(names[name], names),
            )  # fmt: skip
            if groups <= MOST_COLUMNS:
                return 0
            parts = list(range(-(-groups // MOST_COLUMNS)))
            if session.get("heat_part") not in parts:
                session.put("heat_part", 0)

            def part_words(part: int) -> str:
                last = min((part + 1) * MOST_COLUMNS, groups)
                span = locale.between(str(part * MOST_COLUMNS + 1), str(last))
                return _("{span} of {n}").format(span=span, n=locale.count(groups))

            return int(
                st.selectbox(
                    _("Groups"), parts, key="heat_part", width=130, format_func=part_words, persist_state="session"
                )
                or 0
            )


@told
def _heading(found: pd.DataFrame, measure: str, field: Field) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Bottlenecks"), finding(found, measure, field), remark(found, field))


# The grid


def _chart_key(columns: int) -> str:
    """The key of the chart; wide ones keep more room on a phone."""
    many = "many_" if columns > MANY else ""
    return f"heat_{many}{session.get('heat_round', 0)}"


def _pick(stages: list[str], groups: list[str]) -> None:
    """Take the clicked cell as the one to look into."""
    points = (session.get(_chart_key(len(groups))) or {}).get("selection", {}).get("points", [])
    told_ = (points[0].get("customdata") or []) if points else []
    if len(told_) == 3 and int(told_[1]) < len(stages) and int(told_[2]) < len(groups):
        session.put("heat_stage", stages[int(told_[1])])
        session.put("heat_group", groups[int(told_[2])])


def cells_of(found: pd.DataFrame, measure: str, stages: list[str], groups: list[str], field: Field) -> pd.DataFrame:
    """A row a cell that has deals: row, column, value, n, way, said. Where the measure could not be told, its n alone."""
    own = {(row["stage"], row["segment"]): row for row in found[found["kind"] == measure].to_dict("records")}
    counted = found.groupby(["stage", "segment"])["n"].max().to_dict()
    cells = []
    for row, stage in enumerate(stages):
        for column, group in enumerate(groups):
            each = own.get((stage, group))
            n = int(each["n"] if each else counted.get((stage, group), 0))
            if n:
                value = each[VALUES[measure]] if each else None
                said = said_of_cell(each, measure, stage, value_words(field, group), n)
                cells.append((row, column, value, n, way(each, measure) if each else "", said))
    made = pd.DataFrame(cells, columns=["row", "column", "value", "n", "way", "said"])
    return made.assign(value=pd.to_numeric(made["value"]))


@told
def _grid(
    found: pd.DataFrame,
    measure: str,
    field: Field,
    stages: list[str],
    shown: list[tuple[str, int]],
    groups: int,
    picked: tuple[Any, Any],
    chart_key: str,
) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    colors = look.colors
    names = [name for name, _n in shown]
    cells = cells_of(found, measure, stages, names, field)
    key = [
        (colors.heat[3], _("the stronger the colour, the more")),
        (f"hollow:{colors.ink}", _("▲ ▼ higher or lower than the other deals of the stage, stands after correction")),
    ]
    if (cells["n"] < LEAST_SHOWN).any():
        key.append(("hatch", _("fewer than 10 deals")))
    yield partial(legend, key)
    at = (stages.index(picked[0]), names.index(picked[1])) if picked[0] in stages and picked[1] in names else None
    yield partial(
        chart,
        heat_figure(
            cells, stages, [(value_words(field, name), n) for name, n in shown], look, measure=measure, picked=at
        ),
        chart_key,
        _("{measure} by stage and group: {cells}.").format(
            measure=measure_words()[measure],
            cells=", ".join(cell_words(found, measure, field)) or _("no cell stands out"),
        ),
        wide=True,
        on_select=partial(_pick, stages, names),
    )
    more = _("A cell is compared with all other deals at its stage. Click one for its curve and its open deals.")
    if cells["n"].between(LEAST_SHOWN, LEAST_TESTED - 1).any():
        more += " " + _("Those without colour have fewer than 30 deals and are not tested.")
    if groups > len(shown):
        more += " " + _("{n} of {all} groups are shown; choose others above.").format(
            n=locale.count(len(shown)), all=locale.count(groups)
        )
    yield partial(note, more)
    rows, kinds = heat_table(found[found["kind"] == measure], measure, field)
    means = words.meanings(*MEANS[measure], of="bottlenecks")
    tests = locale.n_("{n} comparison", "{n} comparisons", int(found["tests"].max()))
    stands_on = " · ".join(
        [
            locale.n_("{n} deal", "{n} deals", session.deals()),
            _("as of {day}").format(day=locale.day(session.filters().as_of)),
            _("corrected over {comparisons}, of all three measures").format(comparisons=tests),
        ]
    )
    what = paper("heat", measure_words()[measure], rows, kinds, meanings=means, basis=stands_on)
    yield partial(
        under_chart, what, session.asked(bottlenecks, by=field), means, stands_on, picture=f"wide_{chart_key}"
    )


# A cell


def _close() -> None:
    session.put("heat_stage", None)
    session.put("heat_group", None)
    session.put("heat_round", session.get("heat_round", 0) + 1)


def _cell(found: pd.DataFrame, measure: str, field: Field, stages: list[str], groups: list[tuple[str, int]]) -> None:
    """The curve and the open deals of a stage and group, reached by a click or by the choices."""
    locale = session.locale()
    _ = locale._
    names = [name for name, _n in groups]
    for key, known in (("heat_stage", stages), ("heat_group", names)):
        if session.get(key) not in known:
            session.put(key, None)
    with st.container(border=True, key="card_heat_cell"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("Inside a cell"), _("Click a cell, or choose a stage and a group here."))
            with st.container(
                horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="heat_choices"
            ):
                stage = st.selectbox(
                    _("Stage"), stages, index=None, key="heat_stage", placeholder=_("Choose a stage"), width=190,
                    format_func=locale.name, persist_state="session",
                )  # fmt: skip
                group = st.selectbox(
                    _("Group"), names, index=None, key="heat_group", placeholder=_("Choose a group"), width=190,
                    format_func=lambda name: locale.name(value_words(field, name)), persist_state="session",
                )  # fmt: skip
        if stage is None or group is None:
            return
        drawn(_curve, found, measure, field, stage, group)
        title = f"{locale.name(value_words(field, group))} · {locale.name(stage)}"
        named = rich(_("Its open deals"))
        st.html(f'<h3 class="sh-h3">{named}</h3>')
        query = open_deals(session.tables(), session.filters(), field, group, stage)
        deal_list(query, title, "heat_deals", close=_close)


@told
def _curve(found: pd.DataFrame, measure: str, field: Field, stage: str, group: str) -> Iterator[Piece]:
    """The group against all other visits of the stage: who moved on by when, or who is still there."""
    locale, look = session.locale(), session.look()
    _ = locale._
    own = found[(found["kind"] == measure) & (found["stage"] == stage) & (found["segment"] == group)]
    counted = found[(found["stage"] == stage) & (found["segment"] == group)]["n"]
    each = own.iloc[0].to_dict() if len(own) else None
    n = int(counted.max()) if len(counted) else 0
    yield partial(note, said_of_cell(each, measure, stage, value_words(field, group), n, strong=True))
    options: dict[str, Any] = {"stage": stage, "by": field, "segment": group}
    rows = session.answer(stage_curve, **options)
    key = rows.columns[0]
    sides = [(group, value_words(field, group)), (OTHERS, _("all others"))]
    curves = []
    for name, label in sides:
        part = rows[rows[key] == name].reset_index(drop=True)
        if len(part) and part["n"].iloc[0] >= LEAST_SHOWN and part["still_chance"].notna().any():
            curves.append((label, part, median_of(part)))
    if len(curves) < 2:
        yield partial(note, _("It takes 10 visits on either side to draw curves."))
        return
    kind = "advance" if measure == "leak" else "still"
    said = _("The chance to have moved on from {stage} by each day: {ends}.") if kind == "advance" else _("The chance to be still at {stage} by each day: {ends}.")  # fmt: skip
    ends = ", ".join(
        f"{locale.name(label)} {locale.share(part[f'{kind}_chance'].iloc[-1])}" for label, part, _median in curves
    )
    yield partial(
        chart,
        curve_figure(curves, look, kind=kind, height=300),
        "cell_curve",
        said.format(stage=locale.name(stage), ends=ends),
        wide=True,
    )
    shown, kinds = curve_table(rows.assign(**{key: [value_words(field.folded(()), name) for name in rows[key]]}))
    means = words.meanings(f"{kind}_chance", "at_risk", of="stage_curve")
    firsts = rows.drop_duplicates(key)
    stands_on = " · ".join(
        [
            locale.n_("{n} visit", "{n} visits", int(firsts["n"].sum())),
            _("every visit counts, also those that came back"),
            _("dotted under 10 still watched"),
        ]
    )
    title = f"{value_words(field, group)} · {stage}"
    what = paper("cell_curve", title, shown, kinds, meanings=means, basis=stands_on)
    yield partial(under_chart, what, session.asked(stage_curve, **options), means, stands_on, picture="wide_cell_curve")
