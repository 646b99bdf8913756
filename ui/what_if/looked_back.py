"""What came of it: a saved scenario held against the months that have passed since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial

import pandas as pd
import streamlit as st

from analytics.rows import Row, rows
from analytics.what_if import forecast
from analytics.what_if.forecast import Forecast
from analytics.what_if.looked_back import USUAL, looked_back, looked_back_verdict
from data.errors import DataError
from data.scenarios import SavedScenario
from ui import session, tables, words
from ui.charts.what_if_looked_back import months_figure
from ui.export import Kind
from ui.locale import NOTHING, Locale
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
    problem,
    rich,
    section,
    table,
    tag,
    told,
    under_chart,
)
from ui.what_if import guard
from ui.what_if.words import range_words

CHOSEN, SHOWN = "what_if_looked_back", "what_if_looked_back_of"
ON_SCREEN = 12
MEANS = ("actual_compared", "baseline_band", "scenario_band", "looks_like")


def show() -> None:
    """The view: which of the two futures came, or from when on that can be said."""
    title = session.locale()._("What if")
    if not guard.is_ready(title):
        return
    saved = {each.name: each for each in session.scenarios()}
    if not saved:
        _without_any(title)
        return
    place = st.container()
    if session.get(CHOSEN) not in saved:
        # The oldest forecast has the most months behind it.
        told_of = [each for each in saved.values() if each.forecast] or list(saved.values())
        session.put(CHOSEN, min(told_of, key=lambda each: each.as_of).name)
    with st.container(border=True, key="card_what_if_looked_back_choice"):
        st.selectbox(
            session.locale()._("Saved scenario"), list(saved), key=CHOSEN, persist_state="session",
            format_func=session.locale().name, width=420,
        )  # fmt: skip
    chosen = saved[session.get(CHOSEN)]
    with place:
        try:
            forecast.read(chosen.forecast)
            verdict = session.answer(looked_back_verdict, saved=chosen)
            months = session.answer(looked_back, saved=chosen)
        except DataError as error:
            heading(title, session.locale()._("**{name} cannot be held against what came.**").format(name=plain(chosen.name)))  # fmt: skip
            problem(error)
            return
    with place:
        drawn(_heading, title, chosen, verdict)
    _cards(chosen, verdict, months)


def _without_any(title: str) -> None:
    _ = session.locale()._
    heading(title, _("**No scenario is saved yet**, so there is nothing to look back on."))
    with st.container(border=True, key="card_nothing_looked_back"):
        nothing(
            "history",
            _("Save a scenario now, look back later"),
            _("With a scenario, what was forecast with it and without it is kept. When newer data is loaded, this view holds both against what came."),
            [_("Save one in the view What if."), _("Come back with the data of the month after.")],
        )  # fmt: skip
        if st.button(_("Go to the scenario"), icon=":material/tune:", key="looked_back_to_scenario"):
            session.take_place("view", "scenario")
            st.rerun()


# the sentence


@told
def _heading(title: str, saved: SavedScenario, verdict: pd.DataFrame) -> Iterator[Piece]:
    row = rows(verdict)[0]
    said = forecast.read(saved.forecast)
    yield partial(heading, title, finding(row, said), remark(row, said))


def finding(row: Row, said: Forecast) -> str:
    """How many months lie in which band, and which future they look like together."""
    locale = session.locale()
    _ = locale._
    n = int(row["months_complete"])
    if not n:
        over = said.starts[1] - timedelta(days=1)
        return _("**Nothing can be said of {name} yet.** The first month of its forecast is over on {day}; the data reach to {last}.").format(
            name=plain(row["scenario"]), day=locale.day(over), last=locale.day(_day(row["looked_at"]))
        )  # fmt: skip
    counted = _(
        "**Of {months}, {without} within the 80% band of going on as now, {with_it} within that of {name}.**"
    ).format(
        months=locale.n_("{n} complete month", "{n} complete months", n), without=locale.count(row["months_in_baseline"]), with_it=locale.count(row["months_in_scenario"]), name=plain(row["scenario"])
    )  # fmt: skip
    return f"{counted} {_likeness_words(row, locale)}"


def _likeness_words(row: Row, locale: Locale) -> str:
    """Which future the revenue of all complete months together looks like."""
    _ = locale._
    currency = row["currency"]

    said = {
        "came": locale.money(row["actual_compared"], currency), "without": _range(row, "baseline", currency, True), "with_it": _range(row, "scenario", currency, True),
    }  # fmt: skip
    first = _("Together {came} came; told were {without} without the scenario and {with_it} with it (80%).").format(**said)  # fmt: skip
    verdicts = {
        "both": _("It would be usual in either: the two futures cannot be told apart yet."),
        "baseline": _("It looks like going on as before."),
        "scenario": _("It looks like the scenario."),
        "between": _("It lies between the two, outside both bands."),
        "above": _("It is more than either told."),
        "below": _("It is less than either told."),
        "nothing": "",
    }
    return f"{first} {verdicts[row['looks_like']]}".strip()


def remark(row: Row, said: Forecast) -> str:
    """On what the forecast stood, and what cannot be compared."""
    locale = session.locale()
    _ = locale._
    parts = [_("Forecast on the data as of {day}.").format(day=locale.day(said.as_of))]
    if int(row["months_complete"]):
        parts.append(_("What came has many causes: a month within the band of the scenario does not prove that it worked."))  # fmt: skip
    if not said.counts_new:
        parts.append(_("The forecast leaves customers still to come out, so what came of them is left out too."))
    if said.where:
        chosen = "; ".join(
            f"{plain(name)}: {', '.join(plain(value) for value in values)}" for name, values in said.where
        )
        parts.append(
            _("It was made under filters, and these hold here, not those above: {filters}.").format(filters=chosen)
        )
    lines = int(row["not_counted"] or 0)
    if lines:
        parts.append(
            locale.n_(
                "{n} sale in another currency or without a customer is in no month.",
                "{n} sales in another currency or without a customer are in no month.", lines,
            )
        )  # fmt: skip
    return " ".join(parts)


def _day(value: object) -> date:
    return pd.Timestamp(value).date()


# the months


def _cards(saved: SavedScenario, verdict: pd.DataFrame, months: pd.DataFrame) -> None:
    _ = session.locale()._
    names = {"revenue": _("Revenue by month"), "revenue_so_far": _("Revenue so far"), "customers": _("Customers")}
    known = [
        name
        for name in names
        if name == "revenue" or months[months["quantity"] == name]["actual_compared"].notna().any()
    ]
    with st.container(border=True, key="card_what_if_months"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            title = st.container(width="content")
            if len(known) > 1:
                st.segmented_control(
                    _("Shown"), known, format_func=lambda name: names[name], default=known[0], required=True, key=SHOWN,
                    label_visibility="collapsed",
                )  # fmt: skip
        quantity = session.get(SHOWN) if session.get(SHOWN) in known else known[0]
        with title:
            section(_("Told and came"), names[quantity])
        drawn(_months, saved, months, quantity)


@told
def _months(saved: SavedScenario, months: pd.DataFrame, quantity: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = months[months["quantity"] == quantity].reset_index(drop=True)
    is_money = quantity != "customers"
    currency = next(iter(found["currency"].dropna()), None)
    key = [(look.colors.neutral, _("told without it, 80%")), (look.colors.accent, _("told with it, 80%"))]
    if found["actual_compared"].notna().any():
        key += [(look.colors.ink, _("came")), (f"hollow:{look.colors.ink}", _("came so far: the month is not over"))]
    yield partial(legend, key)
    drawn_rows = pd.DataFrame(
        {"month": found["starts_on"], "actual": found["actual_compared"], "is_complete": found["is_complete"]}
    )
    for course in ("baseline", "scenario"):
        for end, level in (("", "p50"), ("_low", "p10"), ("_high", "p90")):
            drawn_rows[course + end] = found[f"{course}_{level}"]
    figure = months_figure(drawn_rows, look, currency=currency, is_money=is_money)
    came = found[found["actual_compared"].notna()]
    lines = ", ".join(
        f"{locale.month(_day(row['starts_on']))} {_amount(row['actual_compared'], currency, is_money)} ({_bands_words(row)})"
        for row in rows(came)
    )
    alt = (
        _("What came by month, against what was told: {lines}.").format(lines=lines)
        if lines
        else _("What was told by month with the scenario and without it. Nothing has come yet.")
    )
    yield partial(chart, figure, "what_if_months", alt, wide=True)
    over = rows(came)[-ON_SCREEN:]
    if over:
        heads = [_("Month"), _("Came"), _("Told without it"), _("Told with it"), ""]
        yield partial(table, heads, [_line(row, currency, is_money) for row in over], caption=_("Told and came"), numbers=(1, 2, 3))  # fmt: skip
    if quantity == "revenue":
        rest = _not_compared(came, currency)
        if rest:
            yield partial(note, rest)
    means = words.meanings(*MEANS, of="looked_back")
    basis = " · ".join([
        locale.n_("{n} complete month", "{n} complete months", int(found["is_complete"].sum())), session.as_of_words(), plain(saved.name),
    ])  # fmt: skip
    what = paper("what_if_months", _("Told and came"), *_sheet(months), meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(looked_back, saved=saved), means, basis, picture="wide_what_if_months")  # fmt: skip


def _not_compared(came: pd.DataFrame, currency: str | None) -> str:
    """What was sold beside what the forecast was of."""
    locale = session.locale()
    rest = float((came["actual_total"] - came["actual_compared"]).sum())
    if abs(rest) < 0.5:
        return ""
    return locale._("Beside it {money} came that the forecast is not of: from customers that are not in it.").format(money=locale.money(rest, currency))  # fmt: skip


def _line(row: Row, currency: str | None, is_money: bool) -> list[str]:
    locale = session.locale()
    _ = locale._
    told_ = [
        f"{rich(_amount(row[f'{course}_p50'], currency, is_money))}<br><small>"
        + rich(_range(row, course, currency, is_money))
        + "</small>"
        for course in ("baseline", "scenario")
    ]
    mark = tag("plain", _("not over")) if not row["is_complete"] else rich(_bands_words(row))
    return [
        rich(locale.month(_day(row["starts_on"]))), f"<b>{rich(_amount(row['actual_compared'], currency, is_money))}</b>", *told_, mark,
    ]  # fmt: skip


def _bands_words(row: Row) -> str:
    """In which of the two bands a month lies."""
    _ = session.locale()._
    if not row["is_complete"] or row["baseline_band"] is None:
        return _("the month is not over")
    without, with_it = (row[f"{course}_band"] <= USUAL for course in ("baseline", "scenario"))
    if without and with_it:
        return _("within both")
    if without or with_it:
        return _("within the band without it") if without else _("within the band with it")
    return _("outside both")


def _amount(value: float | None, currency: str | None, is_money: bool) -> str:
    locale = session.locale()
    if value is None or value != value:
        return NOTHING
    return locale.money(value, currency) if is_money else locale.count(value)


def _range(row: Row, course: str, currency: str | None, is_money: bool) -> str:
    """The 80% band of one of the two futures."""
    low, high = (_amount(row[f"{course}_{level}"], currency, is_money) for level in ("p10", "p90"))
    return range_words(low, high, session.locale())


def _sheet(months: pd.DataFrame) -> tables.Table:
    """A row a quantity and month, as it is taken away."""
    locale = session.locale()
    _ = locale._
    names = {"revenue": _("Revenue"), "revenue_so_far": _("Revenue so far"), "customers": _("Customers")}
    told_ = months.assign(
        quantity=[names[each] for each in months["quantity"]],
        over=[_("yes") if each else _("no") for each in months["is_complete"]],
    )
    kinds: Sequence[tuple[str, str, Kind]] = [
        ("quantity", _("Quantity"), "text"), ("starts_on", _("From"), "day"), ("ends_on", _("To"), "day"),
        ("over", _("Month is over"), "text"), ("actual_compared", _("Came"), "number"), ("actual_then", _("Of customers then"), "number"),
        ("actual_new", _("Of customers since"), "number"), ("actual_total", _("All that came"), "number"),
        ("baseline_p50", _("Told without it"), "number"), ("baseline_p10", _("Without it, 80% from"), "number"),
        ("baseline_p90", _("Without it, 80% to"), "number"), ("scenario_p50", _("Told with it"), "number"),
        ("scenario_p10", _("With it, 80% from"), "number"), ("scenario_p90", _("With it, 80% to"), "number"),
        ("baseline_band", _("Narrowest band without it, %"), "number"), ("scenario_band", _("Narrowest band with it, %"), "number"),
        ("currency", _("Currency"), "text"),
    ]  # fmt: skip
    return tables.columns_once(told_, kinds)
