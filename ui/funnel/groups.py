"""Who it happens to: the funnel by the groups of a field, and what separates won deals from lost ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.drivers import driver_deals, drivers
from analytics.fields import BANDS, OTHERS, SIZES, Field, fields
from analytics.funnel import stage_conversion
from analytics.groups import deals_in_group, filled_cells, group_sizes, won_after
from analytics.stays import Counting
from analytics.summary import REAL
from analytics.win_rate import win_rate
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.groups import drivers_figure, groups_figure, marks, odds
from ui.funnel.deal_list import deal_list
from ui.funnel.options import counting
from ui.parts import (
    Piece,
    chart,
    drawn,
    heading,
    legend,
    note,
    nothing,
    paper,
    plain,
    rich,
    section,
    table,
    tag,
    told,
    under_chart,
)

MOST_GROUPS = 12
# These follow from how a deal ended, so as groups they would only repeat it.
OUTCOMES = {"stage", "status", "lost_reason", "forecast_category", "pipeline"}
FIRST_CHOICES = ("source", "segment", "team", "owner", "product")
# Up to here the scan is quick enough to be made with the page; beyond, when asked for.
SCANNED_AT_ONCE = 100_000
MOST_DRIVERS = 12
WON = "won"  # the panel of data without a stage history


def show() -> None:
    """The view: a breakdown, the deals behind a mark of it, and the scan of all fields."""
    locale = session.locale()
    _ = locale._
    choices = offered()
    if not session.deals() or not choices:
        heading(_("Funnel"), _("**There is nothing to compare here.**"))
        with st.container(border=True, key="card_nothing_groups"):
            _nothing_to_compare(bool(choices))
        return
    by_name = {field.name: field for field in choices}
    first = next((name for name in FIRST_CHOICES if name in by_name), choices[0].name)
    field = by_name[session.place("by", by_name, first)]
    groups = _groups(field)
    if _has_history():
        rows, panels = session.kept(_steps, field, groups, counting())
    else:
        rows, panels = session.kept(_win_rates, field, groups)
    drawn(_heading, field, groups, rows, panels, counting())
    warned = st.container()
    _breakdown(field, choices, groups, rows, panels)
    _deals(field, groups, rows, panels)
    _drivers()
    # What the scan of all fields says of this one: the heading does not wait for it.
    with warned:
        _warn(field, rows)


def offered() -> list[Field]:
    """The fields that some deal has a value of, and the bands, without those that follow from the outcome."""
    return session.kept(_offered)


def _offered() -> list[Field]:
    known = session.tables()
    filled = {
        (table_, column.removeprefix("in_")): int(n)
        for table_, expression in filled_cells(known).items()
        for column, n in session.run(expression).iloc[0].items()
    }
    own = [
        field
        for field in fields(known)
        if filled.get((field.table, field.column)) and not (field.table == "deals" and field.column in OUTCOMES)
    ]
    return [*own, *BANDS]


def _nothing_to_compare(has_fields: bool) -> None:
    _ = session.locale()._
    if session.chosen().any:
        nothing("filter_alt_off", _("The filters leave no deal"), _("Take a filter away, or widen the dates."))
        st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")
    else:
        nothing(
            "groups",
            _("There are no groups yet") if not has_fields else _("There are no deals yet"),
            _("Groups are made of what the files say about deals, customers, products and people."),
            [_("Add an export of **deals** with columns such as source, product or owner.")],
        )


def _has_history() -> bool:
    return session.facts().get("has_history") == "true"


def label(field: Field) -> str:
    return session.locale()._(field.label)


def value_words(field: Field, value: str | None) -> str:
    """A group's name as people read it."""
    _ = session.locale()._
    if value is None:
        return _("(empty)")
    if value == OTHERS and field.names is not None:
        return _("all others")
    if field.band == "size":
        sizes = (_("smallest quarter"), _("second quarter"), _("third quarter"), _("largest quarter"))
        return dict(zip(SIZES, sizes, strict=True)).get(value, value)
    return value


def _groups(field: Field) -> Field:
    """The field with its largest groups told apart and the rest folded into one, where there are many."""
    return session.kept(_with_the_rest_folded, field)


def _with_the_rest_folded(field: Field) -> Field:
    sizes = session.run(session.expression(group_sizes, field=field))
    named = [name for name in sizes["group"] if isinstance(name, str)]
    if len(named) <= MOST_GROUPS:
        return field
    # Of times the latest ones say most.
    kept = sorted(named)[-MOST_GROUPS:] if field.band in ("quarter", "month") else named[:MOST_GROUPS]
    return field.folded(kept)


def _in_order(field: Field) -> list[tuple[str | None, int]]:
    """The groups on screen with their deals: largest first, bands in their own order, then the others and the blanks."""
    return session.kept(_ordered, field)


def _ordered(field: Field) -> list[tuple[str | None, int]]:
    sizes = session.run(session.expression(group_sizes, field=field))
    found = [
        (name if isinstance(name, str) else None, int(n))
        for name, n in zip(sizes["group"], sizes["deals"], strict=True)
    ]
    if field.band == "size":
        found.sort(key=lambda each: SIZES.index(each[0]) if each[0] in SIZES else len(SIZES))
    elif field.band:
        found.sort(key=lambda each: each[0] or "")
    return sorted(found, key=lambda each: (each[0] is None, each[0] == OTHERS))


Panels = list[tuple[str, float | None]]


def _steps(field: Field, groups: Field, how: Counting) -> tuple[pd.DataFrame, Panels]:
    """A row a group and open stage, and everyone's conversion at each stage."""
    everyone = session.answer(stage_conversion, counting=how, merge_won=True)
    everyone = everyone[(everyone["outcome"] == "open") & everyone["is_recorded"].astype(bool)]
    found = session.answer(stage_conversion, by=groups, counting=how, merge_won=True)
    key = found.columns[0]
    stages = list(everyone["stage"])
    found = found[found["stage"].isin(stages)]
    rows = found.assign(
        panel=found["stage"].map(stages.index), value=_plain_values(found[key]),
        rate=found["conversion"].where(found["is_recorded"].astype(bool)), n=found["entered"].astype(int),
    )  # fmt: skip
    return _placed(rows, groups), [
        (row.stage, _of_enough(row.conversion, row.entered)) for row in everyone.itertuples()
    ]


def _win_rates(field: Field, groups: Field) -> tuple[pd.DataFrame, Panels]:
    """Without a stage history: a row a group, with its win rate among closed deals."""
    everyone = session.answer(win_rate).set_index("definition").loc["closed"]
    found = session.answer(win_rate, by=groups)
    found = found[found["definition"] == "closed"]
    key = found.columns[0]
    rows = found.assign(panel=0, stage=WON, value=_plain_values(found[key]), n=found["total"].fillna(0).astype(int))
    return _placed(rows, groups), [(session.locale()._("Win rate"), _of_enough(everyone["rate"], everyone["total"]))]


def _of_enough(rate: Any, n: Any) -> float | None:
    """A share of all deals; None where they are too few to show one."""
    return None if pd.isna(rate) or n < LEAST_SHOWN else float(rate)


def _plain_values(column: pd.Series) -> pd.Series:
    """Names as text, and None where there is none."""
    return pd.Series([name if isinstance(name, str) else None for name in column], index=column.index, dtype=object)


def _placed(rows: pd.DataFrame, groups: Field) -> pd.DataFrame:
    """The rows with the place of their group on screen and whether they stand apart; groups out of sight are left out."""
    order = {name: place for place, (name, _n) in enumerate(_in_order(groups))}
    rows = rows.assign(group=[order.get(value) for value in rows["value"]], is_real=rows["q_value"] < REAL)
    rows = rows[rows["group"].notna()]
    return rows.assign(group=rows["group"].astype(int)).sort_values(["panel", "group"]).reset_index(drop=True)


def _rest(groups: Field, row: Any, how: Counting) -> dict[str, Any] | None:
    """The same figure for all deals outside the row's group."""
    others = groups.folded(() if row.value is None else (row.value,)) if row.value != OTHERS else None
    if others is None:
        return None
    if row.stage == WON:
        found = session.answer(win_rate, by=others)
        found = found[found["definition"] == "closed"].rename(columns={"rate": "conversion"})
    else:
        found = session.answer(stage_conversion, by=others, counting=how, merge_won=True)
        found = found[found["stage"] == row.stage]
    rest = found[found[found.columns[0]] == OTHERS]
    return rest.iloc[0].to_dict() if len(rest) else None


@told
def _heading(field: Field, groups: Field, rows: pd.DataFrame, panels: Panels, how: Counting) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Funnel"), *_finding(field, groups, rows, panels, how))


def _finding(field: Field, groups: Field, rows: pd.DataFrame, panels: Panels, how: Counting) -> tuple[str, str]:
    """The clearest real difference and what it comes to; a leak before a strength, the larger in deals first."""
    locale = session.locale()
    _ = locale._
    tests = int(rows["tests"].max()) if len(rows) and rows["tests"].notna().any() else 0
    if not tests:
        return _("**There are too few deals in the groups of {field} to compare them.**").format(
            field=plain(label(field))
        ), _("A group needs 30 deals to be compared.")
    typical = dict(enumerate(rate for _name, rate in panels))
    real = rows[rows["is_real"] & (rows["value"] != OTHERS)]
    if real.empty:
        return _("**No group of {field} stands apart:** every difference could be chance.").format(
            field=plain(label(field))
        ), locale.n_("{n} comparison was made.", "{n} comparisons were made.", tests)
    gaps = pd.Series([(typical[row.panel] - row.rate) * row.n for row in real.itertuples()], index=real.index)
    # What lets deals through is good news; a leak is what to act on.
    row = real.loc[gaps.idxmax() if gaps.max() > 0 else gaps.idxmin()]
    rest = _rest(groups, row, how)
    rate = rest["conversion"] if rest is not None else typical[row["panel"]]
    said = {
        "group": plain(value_words(groups, row["value"])),
        "stage": plain(row["stage"]),
        "share": locale.share(row["rate"]),
        "range": locale.shares(row["low"], row["high"]),
        "others": locale.share(rate),
        "n": locale.count(row["n"]),
    }
    if row["stage"] == WON:
        sentence = _("**{group}: {share} of {n} closed deals are won** ({range}), against {others} of all other deals.")
    else:
        sentence = _(
            "**{group} at {stage}: {share} of {n} deals move on** ({range}), against {others} of all other deals."
        )
    parts = [
        _comes_to(row, rest, rate, how),
        _("It stands after correction for {n} comparisons.").format(n=locale.count(tests)),
    ]
    more = len(real) - 1
    if more:
        parts.append(locale.n_("{n} other difference stands too.", "{n} other differences stand too.", more))
    return sentence.format(**said), " ".join(part for part in parts if part)


def _comes_to(row: pd.Series, rest: dict[str, Any] | None, rate: float | None, how: Counting) -> str:
    """How many deals the difference is, with its interval, and the money they would have brought.

    Money is that of `findings`: deals x their average amount x the chance to be won of a deal that moves on.
    """
    locale = session.locale()
    _ = locale._
    if rest is None or rate is None:
        return ""
    n, gap = row["n"], rate - row["rate"]
    # Newcombe (1998), method 10, from the two intervals.
    low = gap - ((rate - rest["low"]) ** 2 + (row["high"] - row["rate"]) ** 2) ** 0.5
    high = gap + ((rest["high"] - rate) ** 2 + (row["rate"] - row["low"]) ** 2) ** 0.5
    ends = sorted(abs(end) * n for end in (low, high))
    said = {"deals": locale.count(abs(gap) * n), "range": locale.between(*map(locale.count, ends))}
    known = row.get("value_known")
    money = row["value_entered"] / (known * n) * abs(gap) * n if row.get("value_entered") and known else None
    if row["stage"] == WON or money is None or pd.isna(money):
        if gap > 0:
            return _("That is about {deals} deals fewer ({range}) than if they did as the others.").format(**said)
        return _("That is about {deals} deals more ({range}) than if they did as the others.").format(**said)
    after = session.answer(won_after, stage=row["stage"], counting=how)["win_rate_after"].iloc[0]
    win = 1.0 if pd.isna(after) else float(after)
    said |= {"money": locale.money(money * win, row["currency"]), "win": locale.share(win)}
    if gap > 0:
        sentence = _(
            "That is about {deals} deals fewer ({range}) than if they did as the others. Worth about {money}: at their "
            "average amount, and {win} of the deals that move on are won."
        )
    else:
        sentence = _(
            "That is about {deals} deals more ({range}) than if they did as the others. Worth about {money}: at their "
            "average amount, and {win} of the deals that move on are won."
        )
    return sentence.format(**said)


def _breakdown(field: Field, choices: list[Field], groups: Field, rows: pd.DataFrame, panels: Panels) -> None:
    """The small multiples."""
    _ = session.locale()._
    has_history = _has_history()
    with st.container(border=True, key="card_groups"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            section(
                _("Who it happens to") if has_history else _("Who wins"),
                _("The share of each group's deals that move on from a stage.")
                if has_history
                else _(
                    "This data has no stage history, so groups are compared by how many of their closed deals are won. "
                    "What the overview finds also follows open deals, to the same age, so the two can differ."
                ),
            )
            labels = [label(each) for each in choices]
            st.selectbox(
                _("Break down by"),
                [each.name for each in choices],
                index=[each.name for each in choices].index(field.name),
                format_func=lambda name: _named(name, choices, labels),
                key=session.place_key("by"),
                on_change=session.keep_place,
                args=("by",),
                width=260,
                label_visibility="collapsed",
            )
        key = f"groups_{session.get('group_round', 0)}"
        marked, known = session.kept(_marked, rows, panels)
        session.put("group_marks", marked)
        session.put("group_rows", known)
        drawn(_multiples, field, groups, rows, panels, counting(), key)


def _marked(rows: pd.DataFrame, panels: Panels) -> tuple[list[list[int]], list[tuple[str, str | None]]]:
    """The rows behind the marks of each part of the chart, by place, and the stage and group of each row."""
    places = [[int(each) for each in part] for part in marks(rows, len(panels))]
    return places, [(row.stage, row.value) for row in rows.itertuples()]


@told
def _multiples(
    field: Field, groups: Field, rows: pd.DataFrame, panels: Panels, how: Counting, key: str
) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    order = _in_order(groups)
    tests = int(rows["tests"].max()) if len(rows) and rows["tests"].notna().any() else 0
    has_history = _has_history()
    folded = groups.names is not None
    if folded:
        others = len(_in_order(field)) - sum(1 for name, _n in order if name != OTHERS)
        said = _("The {n} smaller groups are together as all others.")
        if field.band in ("quarter", "month"):
            said = _("The {n} earlier ones are together as all others.")
        yield partial(note, said.format(n=locale.count(others)))
    color_key = (
        (look.colors.accent, _("real difference")),
        ("hollow:" + look.colors.neutral, _("could be chance")),
        ("line:" + look.colors.neutral, _("all deals")),
    )
    yield partial(legend, color_key)
    named = [(value_words(groups, name), locale.n_("{n} deal", "{n} deals", n)) for name, n in order]
    real = rows[rows["is_real"]]
    yield partial(
        chart,
        groups_figure(rows, panels, named, look),
        key,
        _("Deals by {field} and step, with 95% intervals. Real differences: {found}.").format(
            field=locale.name(label(field)),
            found=", ".join(
                f"{locale.name(value_words(groups, row.value))} {locale.share(row.rate)}" for row in real.itertuples()
            )
            or _("none"),
        ),
        wide=True,
        on_select=_pick,
    )
    stands_on = " · ".join(
        [
            locale.n_("{n} deal", "{n} deals", session.deals()),
            locale.n_("{n} comparison", "{n} comparisons", tests),
            _("{n} real").format(n=locale.count(len(real))),
            _("95% intervals"),
        ]
    )
    if not has_history:
        means = words.meanings("win_rate", "q_value", "tests", of="win_rate")
        asked = session.asked(win_rate, by=groups)
    else:
        means = words.meanings("conversion", "q_value", "tests", of="stage_conversion")
        asked = session.asked(stage_conversion, by=groups, counting=how, merge_won=True)
    shown, kinds = _table(groups, rows)
    what = paper(
        "groups", _("Funnel by {field}").format(field=label(field)), shown, kinds, meanings=means, basis=stands_on
    )
    yield partial(under_chart, replace(what, legend=color_key), asked, means, stands_on, picture=f"wide_{key}")


def _named(name: str, choices: list[Field], labels: list[str]) -> str:
    """A field in the list; two with one label are told apart by their table."""
    locale = session.locale()
    place = next(place for place, each in enumerate(choices) if each.name == name)
    said = locale.name(labels[place])
    if labels.count(labels[place]) > 1 and choices[place].table != "deals":
        return f"{said} · {table_words(choices[place].table)}"
    return said


def table_words(name: str) -> str:
    """What a table of the data is called."""
    from data.schema import SCHEMA

    return session.locale()._(SCHEMA[name].label)


def _table(groups: Field, rows: pd.DataFrame) -> tables.Table:
    locale = session.locale()
    shown = rows.assign(
        group_words=[value_words(groups, value) for value in rows["value"]],
        stage_words=[locale._("Win rate") if stage == WON else stage for stage in rows["stage"]],
        verdict=verdicts(rows["q_value"]),
    )
    return tables.groups(shown, locale, is_win_rate=not _has_history())


def verdicts(q_values: pd.Series) -> list[str]:
    """What each q-value says, in words; nothing where there was no test."""
    _ = session.locale()._
    return ["" if pd.isna(q) else _("real difference") if q < REAL else _("could be chance") for q in q_values]


def _pick() -> None:
    """Take the clicked mark as the deals to list."""
    points = (session.get(f"groups_{session.get('group_round', 0)}") or {}).get("selection", {}).get("points", [])
    if points:
        place = session.get("group_marks")[points[0]["curve_number"]][points[0]["point_index"]]
        session.put("group_drill", session.get("group_rows")[place])


def _close() -> None:
    session.put("group_drill", None)
    session.put("group_round", session.get("group_round", 0) + 1)


def _with_deals(rows: pd.DataFrame) -> list[tuple[str, str | None]]:
    """The stage and group of each row that has deals."""
    return [(row.stage, row.value) for row in rows.itertuples() if row.n]


def _deals(field: Field, groups: Field, rows: pd.DataFrame, panels: Panels) -> None:
    """The deals behind a mark, reached by a click on it or by the choice."""
    locale = session.locale()
    _ = locale._
    known = session.kept(_with_deals, rows)
    if session.get("group_drill") not in known:
        session.put("group_drill", None)

    def said(each: tuple[str, str | None]) -> str:
        group = locale.name(value_words(groups, each[1]))
        return group if each[0] == WON else f"{group} · {locale.name(each[0])}"

    with st.container(border=True, key="card_group_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The deals behind a mark"), _("Click a mark, or choose here."))
            drill = st.selectbox(
                _("Group and stage"), known, index=None, key="group_drill", placeholder=_("Choose a group"),
                width=300, format_func=said,
            )  # fmt: skip
        if drill is None:
            return
        stage, value = drill
        if stage == WON:
            query = driver_deals(session.tables(), session.filters(), groups, value)
            deal_list(query, said(drill), "group_deals", close=_close)
        else:
            query = deals_in_group(session.tables(), session.filters(), groups, value, stage, counting())
            deal_list(query, said(drill), "group_deals", tables.deals, _close)


# what separates won from lost


def _is_scanned() -> bool:
    return session.deals() <= SCANNED_AT_ONCE or bool(session.get("scan_asked"))


def _warn(field: Field, rows: pd.DataFrame) -> None:
    """Says of groups that stand apart by a field which follows from the outcome that this is no reason for it."""
    if not rows["is_real"].any() or not _is_scanned():
        return
    found = session.answer(drivers)
    if found.loc[found["field"] == field.name, "is_leakage"].astype(bool).any():
        words_ = session.locale()._(
            "{field} looks written after a deal closed and is set aside below: what its groups differ by may follow from how "
            "their deals ended, and need not be a reason for it."
        )
        note(words_.format(field=plain(label(field))))


def _drivers() -> None:
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key="card_drivers"):
        section(
            _("What separates won from lost"),
            _(
                "Every value of every field, against all other closed deals of the same size and source. Open deals "
                "are not counted as lost; how many are undecided stands beside each value."
            ),
        )
        if not _is_scanned():
            st.button(
                _("Look through all fields"), icon=":material/search:", key="scan",
                on_click=session.put, args=("scan_asked", True),
            )  # fmt: skip
            return
        found = session.answer(drivers)
        named = session.kept(_driver_names, found)
        drawn(_show_drivers, found)
        if named:
            _driver_deals(named)
        drawn(_set_aside, found)


def _field_words(name: str) -> str:
    return session.kept(_words_of_field, name)


def _words_of_field(name: str) -> str:
    field = session.find(name)
    if field is None:
        return name
    same = [each for each in fields(session.tables()) if each.label == field.label]
    return label(field) if len(same) < 2 or field.table == "deals" else f"{label(field)} · {table_words(field.table)}"


def _driver_name(row: Any) -> str:
    value = row.value if isinstance(row.value, str) else None
    field = session.find(row.field)
    return f"{_field_words(row.field)}: {value_words(field, value) if field else value}"


def _tested(found: pd.DataFrame) -> pd.DataFrame:
    return found[found["q_value"].notna()]


@told
def _show_drivers(found: pd.DataFrame) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    tested = _tested(found)
    if tested.empty:
        yield partial(
            note, _("**There are too few closed deals to compare.** A value needs 30 of them, and so do the others.")
        )
        return
    real = tested[tested["q_value"] < REAL]
    tests = int(tested["tests"].iloc[0])
    if real.empty:
        yield partial(
            note, _("**Nothing stands apart:** each of {n} comparisons could be chance.").format(n=locale.count(tests))
        )
    for row in real.head(3).itertuples():
        yield partial(st.html, f'<p class="sh-small">{rich(driver_sentence(row))}</p>')
    shown = tested.head(max(min(len(real), 2 * MOST_DRIVERS), MOST_DRIVERS)).reset_index(drop=True)
    shown = shown.assign(is_real=shown["q_value"] < REAL)
    shown = shown.sort_values("adjusted_odds_ratio").reset_index(drop=True)
    color_key = (
        (look.colors.accent, _("real difference")),
        ("hollow:" + look.colors.neutral, _("could be chance")),
        ("line:" + look.colors.neutral, _("as others")),
    )
    yield partial(legend, color_key)
    names = [
        (
            _driver_name(row),
            _("{won} of {n} won · {share} undecided").format(
                won=locale.count(row.won), n=locale.count(row.n), share=locale.share(row.undecided_share)
            ),
        )
        for row in shown.itertuples()
    ]
    yield partial(
        chart,
        drivers_figure(shown, names, look),
        "drivers",
        _("Odds to be won against other deals, with 95% intervals: {odds}.").format(
            odds=", ".join(
                f"{locale.name(name)} {odds(row.adjusted_odds_ratio)}"
                for (name, _line), row in zip(names, shown.itertuples(), strict=True)
            )
        ),
        wide=True,
    )
    rows, kinds = _driver_table(found[~found["is_leakage"].astype(bool)])
    stands_on = " · ".join(
        [
            locale.n_("{n} comparison", "{n} comparisons", tests),
            _("{n} real").format(n=locale.count(len(real))),
            _("closed deals only"),
            _("the {n} clearest are drawn, the table has all").format(n=locale.count(len(shown)))
            if len(shown) < len(tested)
            else _("95% intervals"),
        ]
    )
    means = words.meanings(
        "adjusted_odds_ratio", "odds_ratio", "expected_win_rate", "deals_difference", "q_value", of="drivers"
    )
    what = paper("drivers", _("What separates won from lost"), rows, kinds, meanings=means, basis=stands_on)
    yield partial(
        under_chart, replace(what, legend=color_key), session.asked(drivers), means, stands_on, picture="wide_drivers"
    )
    if not tested["adjusted_for"].fillna("").str.contains("size").any():
        yield partial(
            note, _("Sizes are not taken into account here: there are no amounts, or they follow from the outcome.")
        )


def driver_sentence(row: Any) -> str:
    """A row of `drivers` in words: how often, against what, how sure, and what it comes to."""
    locale = session.locale()
    _ = locale._
    ratio = row.win_rate / row.expected_win_rate if row.expected_win_rate else 1.0
    bands = (
        (0.42, _("**{name}: won less than half as often as others.**")),
        (0.58, _("**{name}: won about half as often as others.**")),
        (0.75, _("**{name}: won about two thirds as often as others.**")),
        (1.0, _("**{name}: won less often than others.**")),
        (1.35, _("**{name}: won more often than others.**")),
        (1.75, _("**{name}: won about one and a half times as often as others.**")),
        (2.25, _("**{name}: won about twice as often as others.**")),
        (float("inf"), _("**{name}: won more than twice as often as others.**")),
    )
    first = next(sentence for most, sentence in bands if ratio < most)
    against = {
        "size, source": _(
            "{share} of {n} closed deals were won; of others of the same size and source, {usual} (odds {odds}, {range})."
        ),
        "size": _("{share} of {n} closed deals were won; of others of the same size, {usual} (odds {odds}, {range})."),
        "source": _(
            "{share} of {n} closed deals were won; of others of the same source, {usual} (odds {odds}, {range})."
        ),
    }
    adjusted = row.adjusted_for if isinstance(row.adjusted_for, str) else ""
    second = against.get(
        adjusted, _("{share} of {n} closed deals were won; of all others, {usual} (odds {odds}, {range}).")
    )
    fewer = row.deals_difference < 0
    ends = sorted((abs(row.deals_low), abs(row.deals_high)))
    comes_to = {
        "deals": locale.count(abs(row.deals_difference)),
        "ends": locale.between(*map(locale.count, ends)),
    }
    if row.money_difference is not None and row.money_difference == row.money_difference:
        third = (
            _("That is about {deals} won deals fewer ({ends}), worth {money}.")
            if fewer
            else _("That is about {deals} won deals more ({ends}), worth {money}.")
        )
        comes_to["money"] = locale.money(abs(row.money_difference), row.currency)
    else:
        third = (
            _("That is about {deals} won deals fewer ({ends}).")
            if fewer
            else _("That is about {deals} won deals more ({ends}).")
        )
    sure = (
        _("It stands after correction for {n} comparisons.")
        if row.q_value < REAL
        else _("It could be chance, after correction for {n} comparisons.")
    )
    return " ".join(
        [
            first.format(name=plain(_driver_name(row))),
            second.format(
                share=locale.share(row.win_rate), n=locale.count(row.n), usual=locale.share(row.expected_win_rate),
                odds=locale.ltr(odds(row.adjusted_odds_ratio)), range=locale.between(odds(row.low), odds(row.high)),
            ),
            third.format(**comes_to),
            sure.format(n=locale.count(row.tests)),
        ]
    )  # fmt: skip


def _driver_table(rows: pd.DataFrame) -> tables.Table:
    locale = session.locale()
    shown = rows.assign(
        field_words=[_field_words(name) for name in rows["field"]],
        value_words=[value if isinstance(value, str) else locale._("(empty)") for value in rows["value"]],
        verdict=verdicts(rows["q_value"]),
    )
    return tables.drivers(shown, locale)


def _close_driver() -> None:
    session.put("driver_drill", None)


def _driver_names(found: pd.DataFrame) -> dict[tuple[str, str | None], str]:
    """What each value that was tested is called, by field and value."""
    return {
        (row.field, row.value if isinstance(row.value, str) else None): _driver_name(row)
        for row in _tested(found).itertuples()
    }


def _driver_deals(named: dict[tuple[str, str | None], str]) -> None:
    """The deals of one value, lost ones first."""
    locale = session.locale()
    _ = locale._
    if session.get("driver_drill") not in named:
        session.put("driver_drill", None)
    drill = st.selectbox(
        _("The deals of a value"), list(named), index=None, key="driver_drill", width=360,
        placeholder=_("Choose a value"), format_func=lambda each: locale.name(named[each]),
    )  # fmt: skip
    if drill is None:
        return
    field = session.find(drill[0])
    if field is not None:
        query = driver_deals(session.tables(), session.filters(), field, drill[1])
        deal_list(query, named[drill], "driver_deals", close=_close_driver)


@told
def _set_aside(found: pd.DataFrame) -> Iterator[Piece]:
    """The fields that were left out because they look written once the outcome was known."""
    locale = session.locale()
    _ = locale._
    rows = found[found["is_leakage"].astype(bool)]
    if rows.empty:
        return
    yield partial(
        section, _("Set aside"), _("These look written after a deal closed, so they cannot say why it was won or lost.")
    )
    lines = []
    for (name, reason), part in rows.groupby(["field", "reason"], sort=False):
        values = [value for value in part["value"] if isinstance(value, str)]
        listed = locale.listed([plain(value) for value in values[:3]]) + (
            " " + locale.ltr(f"+{len(values) - 3}") if len(values) > 3 else ""
        )
        lines.append([tag("warn", plain(_field_words(str(name)))), rich(listed), rich(_(str(reason)))])
    yield partial(table, [_("Field"), _("Values"), _("Why")], lines, caption=_("Fields set aside"))
