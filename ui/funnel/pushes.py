"""How often deals are put off to a later month, by whom, and what those still open are worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import ibis.expr.types as ir
import pandas as pd
import streamlit as st
from ibis import _ as col

from analytics.fields import Field
from analytics.filters import Filters
from analytics.push_rate import push_rate, pushed_deals
from analytics.summary import REAL
from data.tables import Tables
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.groups import groups_figure
from ui.funnel import field_choice
from ui.funnel.deal_list import deal_list
from ui.funnel.groups import label, value_words, verdicts
from ui.locale import NOTHING, Locale
from ui.parts import (
    Piece,
    chart,
    drawn,
    figure_card,
    legend,
    note,
    nothing,
    paper,
    plain,
    section,
    told,
    under_chart,
)

MOST_GROUPS = 12
MEANS = ("push_rate", "pushes", "mean_pushes", "mean_days_pushed", "unobserved")


def show() -> None:
    """The rate with what the deals are worth, the same by a field, and the open deals put off most."""
    found = session.answer(push_rate)
    first = found.iloc[0]
    if not first["n"]:
        with st.container(border=True, key="card_nothing_pushes"):
            _nothing()
        return
    _ = session.locale()._
    section(
        _("Deals put off"),
        _(
            "Put off: the expected close was moved to a later month while the deal was open. A move within a month is none."
        )
        + " "
        + (
            _("Counted: {dates}.").format(dates=_dates())
            if _dates()
            else _("All recorded changes count, whenever they were.")
        ),
    )
    for show_card, column in zip(session.kept(_cards, found), st.columns(3, gap="small"), strict=True):
        with column:
            show_card()
    if first["n"] >= LEAST_SHOWN:
        _by_field(found)
    if first["pushed"]:
        with st.container(border=True, key="card_pushed_deals"):
            section(_("Open deals put off most"), _("Those put off most often first."))
            deal_list(session.expression(_still_open), _("Open deals put off"), "pushed_deals", put_off)


def _nothing() -> None:
    _ = session.locale()._
    nothing(
        "event_repeat",
        _("Nothing shows yet how often deals are put off"),
        _("That takes the expected close of a deal at two times, and no deal here was seen at two."),
        [
            _("Load the same export again next week: changes are found by comparing."),
            _("Or add a **field history** with the old and the new close date of each change."),
        ],
    )
    st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")
    if session.chosen().any:
        st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")


def _still_open(known: Tables, filters: Filters) -> ir.Table:
    return pushed_deals(known, filters).filter(col.status == "open")


def _worth() -> pd.DataFrame:
    """The open deals put off, by currency: how many, and their money."""
    deals = session.expression(_still_open)
    sums = deals.agg(n=col.count(), money=col.amount.sum(), unknown=col.amount.isnull().sum(), by="currency")
    return session.run(sums.order_by(col.n.desc(), "currency"))


# the figures


@told
def _cards(found: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    row = found.iloc[0]
    n, pushed = int(row["n"]), int(row["pushed"])
    few = n < LEAST_SHOWN
    rate, days, _pushes = words.meanings("push_rate", "mean_days_pushed", "pushes")
    of = locale.n_("{n} deal seen at two times", "{n} deals seen at two times", n)
    yield partial(
        figure_card,
        "push_rate",
        rate.label,
        _("of the deals seen at two times"),
        _("not enough · {n}").format(n=locale.count(n)) if few else locale.share(row["push_rate"]),
        " " if few else _("95%: {range}").format(range=locale.shares(row["low"], row["high"])),
        _("{pushed} of {deals}").format(pushed=locale.count(pushed), deals=of),
        meaning=rate,
    )
    times = locale.n_("put off {n} time in all", "put off {n} times in all", int(row["pushes"]))
    yield partial(
        figure_card,
        "days_pushed",
        days.label,
        _("by deal put off"),
        locale.days(row["mean_days_pushed"]) if pushed else NOTHING,
        _("counted, not estimated"),
        f"{locale.n_('{n} deal', '{n} deals', pushed)}, {times}" if pushed else _("no deal was put off"),
        meaning=days,
    )
    worth = _worth()
    deals, unknown = int(worth["n"].sum()), int(worth["unknown"].sum())
    # Amounts in several currencies do not add up.
    money = " · ".join(
        locale.money(each.money, each.currency) for each in worth.itertuples() if not pd.isna(each.money)
    )
    remark = locale.n_("{n} open deal put off", "{n} open deals put off", deals)
    if unknown:
        remark += ", " + _("{n} without an amount").format(n=locale.count(unknown))
    yield partial(
        figure_card,
        "pushed_worth",
        _("Open money put off"),
        _("their amounts now"),
        money or NOTHING,
        _("counted, not estimated"),
        remark,
    )


# by a field


def _by_field(found: pd.DataFrame) -> None:
    _ = session.locale()._
    names = field_choice.choices()
    if not names:
        return
    first = "owner" if "owner" in names else next(iter(names))
    by = session.place("by", names, first)
    with st.container(border=True, key="card_pushes"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            section(_("Who puts off"), _("The share of each group's deals that were put off."))
            st.selectbox(
                _("Break down by"),
                list(names),
                index=list(names).index(by),
                format_func=lambda name: field_choice.words(names[name], names),
                key=session.place_key("by"),
                on_change=session.keep_place,
                args=("by",),
                width=260,
                label_visibility="collapsed",
            )
        drawn(_groups, found, names[by])


def _folded(field: Field) -> Field:
    """The field with its largest groups told apart and the rest as one."""
    named = [name for name in session.counts(field) if name]
    return field if len(named) <= MOST_GROUPS else field.folded(named[:MOST_GROUPS])


def _rows(field: Field) -> pd.DataFrame:
    """A row a group that was seen, as the chart wants it; the largest first, deals without a value last."""
    found = session.answer(push_rate, by=field)
    values = [name if isinstance(name, str) else None for name in found[found.columns[0]]]
    rows = found.assign(value=pd.Series(values, index=found.index, dtype=object), rate=found["push_rate"], panel=0)
    rows = rows[rows["n"] > 0].assign(is_blank=lambda each: each["value"].isna())
    rows = rows.sort_values(["is_blank", "n"], ascending=[True, False], kind="stable").reset_index(drop=True)
    return rows.assign(group=range(len(rows)), is_real=(rows["q_value"] < REAL).astype(bool))


@told
def _groups(found: pd.DataFrame, field: Field) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    whole = found.iloc[0]
    folded = _folded(field)
    rows = _rows(folded)
    tests = int(rows["tests"].max()) if len(rows) and rows["tests"].notna().any() else 0
    real = rows[rows["is_real"]]
    yield partial(note, _verdict(rows, folded, tests))
    if folded.names is not None:
        yield partial(note, _("The largest {n} groups; all others are one.").format(n=locale.count(MOST_GROUPS)))
    color_key = (
        (look.colors.accent, _("real difference")),
        ("hollow:" + look.colors.neutral, _("could be chance")),
        ("line:" + look.colors.neutral, _("all deals")),
    )
    yield partial(legend, color_key)
    named = [
        (value_words(folded, value), locale.n_("{n} deal", "{n} deals", int(n)))
        for value, n in zip(rows["value"], rows["n"], strict=True)
    ]
    yield partial(
        chart,
        groups_figure(rows, [(_("Put off"), float(whole["push_rate"]))], named, look),
        "pushes",
        _("Deals put off by {field}, with 95% intervals. Real differences: {found}.").format(
            field=locale.name(label(field)),
            found=", ".join(
                f"{locale.name(value_words(folded, row.value))} {locale.share(row.rate)}" for row in real.itertuples()
            )
            or _("none"),
        ),
        wide=True,
    )
    shown, kinds = _table(rows, folded, locale)
    means = words.meanings(*MEANS, "q_value", "tests", of="push_rate")
    stands_on = _basis(whole, tests, locale)
    title = _("Deals put off by {field}").format(field=label(field))
    what = paper("push_rate", title, shown, kinds, meanings=means, basis=stands_on)
    yield partial(
        under_chart,
        replace(what, legend=color_key),
        session.asked(push_rate, by=folded),
        means,
        stands_on,
        picture="wide_pushes",
    )


def _verdict(rows: pd.DataFrame, field: Field, tests: int) -> str:
    """Which groups put off more or less often than all others, and how sure that is."""
    locale = session.locale()
    _ = locale._
    if not tests:
        return _("No group can be compared: it takes 30 deals seen at two times in a group, and as many in the others.")
    over = locale.n_("{n} comparison", "{n} comparisons", tests)
    real = rows[rows["is_real"]].sort_values("q_value")
    if real.empty:
        return _("**No group of {field} stands apart:** every difference could be chance ({comparisons}).").format(
            field=plain(label(field)), comparisons=over
        )
    found = []
    for row in real.head(3).to_dict("records"):
        rest = rows.drop(index=rows.index[rows["group"] == row["group"]])
        found.append(
            _("**{group}: {share} of {n} put off** ({range}), against {others} of all others.").format(
                group=plain(value_words(field, row["value"])), share=locale.share(row["rate"]), n=locale.count(row["n"]),
                range=locale.shares(row["low"], row["high"]), others=locale.share(rest["pushed"].sum() / rest["n"].sum()),
            )
        )  # fmt: skip
    return " ".join([*found, _("A real difference after correction for {comparisons}.").format(comparisons=over)])


def _dates() -> str:
    """The days of the pushes counted; nothing where there is no period."""
    locale, filters = session.locale(), session.filters()
    if not filters.has_period:
        return ""
    since, until = (locale.day(day) if day else "…" for day in (filters.since, filters.until))
    return locale._("{since} to {until}").format(since=since, until=until)


def _basis(whole: pd.Series, tests: int, locale: Locale) -> str:
    _ = locale._
    parts = [
        locale.n_("{n} deal seen at two times", "{n} deals seen at two times", int(whole["n"])),
        _dates() or _("all recorded changes"),
        _("95% intervals"),
    ]
    if tests:
        parts.append(locale.n_("{n} comparison, corrected", "{n} comparisons, corrected", tests))
    if whole["unobserved"]:
        parts.append(_("{n} seen once only left out").format(n=locale.count(whole["unobserved"])))
    return " · ".join(parts)


def _table(rows: pd.DataFrame, field: Field, locale: Locale) -> tables.Table:
    _ = locale._
    few = rows["n"] < LEAST_SHOWN
    hidden = {name: pd.to_numeric(rows[name]).mask(few) for name in ("rate", "low", "high")}
    shown = rows.assign(
        group_words=[value_words(field, value) for value in rows["value"]],
        verdict=verdicts(rows["q_value"]),
        **hidden,
    )
    return tables.columns(
        shown,
        [
            ("group_words", _("Group"), "text"),
            ("n", _("Deals"), "count"),
            ("pushed", _("Put off"), "count"),
            ("rate", _("Push rate"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("pushes", _("Times put off"), "count"),
            ("mean_days_pushed", _("Days put off, mean"), "days"),
            ("q_value", _("q-value"), "number"),
            ("verdict", _("Verdict"), "text"),
            ("unobserved", _("Seen once only"), "count"),
        ],
    )


# the deals


def put_off(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """Deals with how often and by how much they were put off."""
    _ = locale._
    return tables.columns(
        rows,
        [
            ("deal_name", _("Deal"), "text"),
            ("deal_id", _("Deal number"), "text"),
            ("customer", _("Customer"), "text"),
            ("owner", _("Owner"), "text"),
            ("pushes", _("Times put off"), "count"),
            ("days_pushed", _("Days put off"), "days"),
            ("expected_close_on", _("Expected close"), "day"),
            ("amount", _("Amount"), "money"),
            ("currency", _("Currency"), "text"),
            ("stage", _("Stage"), "text"),
            ("created_at", _("Created"), "day"),
        ],
    )
