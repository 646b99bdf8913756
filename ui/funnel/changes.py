"""What the open pipeline was, what it became, and every step between: a waterfall that balances; and deals put off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.pipeline_waterfall import STEPS, Step, pipeline_waterfall, waterfall_deals
from ui import session, tables, words
from ui.charts.changes import UNCOUNTED, Measure, changes_figure, shown_steps, step_words
from ui.funnel import pushes
from ui.funnel.deal_list import deal_list
from ui.locale import ISOLATES, Locale
from ui.parts import Piece, chart, drawn, heading, note, nothing, paper, plain, section, told, under_chart

MEANS = ("step", "unknown_amounts", "amounts_recorded")


def show() -> None:
    """The view: the sentence, the waterfall, the deals of a step, and how often deals are put off."""
    _ = session.locale()._
    found = session.answer(pipeline_waterfall)
    several = session.kept(_currencies, found)
    if not several:
        heading(_("Funnel"), _("**No deal was open in these dates.**"), session.kept(_dates, found))
        with st.container(border=True, key="card_nothing_changes"):
            _nothing()
        return
    currency = _shown_currency(several)
    rows = session.kept(_in_currency, found, currency)
    measure = _measure(rows)
    drawn(_heading, found, rows)
    _waterfall(found, rows, several, currency, measure)
    _deals(rows, currency)
    pushes.show()


def _nothing() -> None:
    _ = session.locale()._
    nothing(
        "waterfall_chart",
        _("There is no open pipeline to follow"),
        _("A deal is open from the day it was created until the day it was won or lost."),
        [_("Choose other dates, or take a filter away."), _("Deals need a **creation date** and a **close date**.")],
    )
    if session.chosen().any:
        st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")


# which money


def _currencies(found: pd.DataFrame) -> list[str]:
    """The currencies in which a deal was open, those of most deals first; "" is for deals of no known currency."""
    sizes = found.assign(currency=_codes(found), size=found["deals"].abs())
    totals = sizes.groupby("currency")["size"].sum().sort_values(ascending=False, kind="stable")
    return [str(name) for name in totals.index[totals > 0]]


def _codes(found: pd.DataFrame) -> list[str]:
    return [code if isinstance(code, str) else "" for code in found["currency"]]


def _shown_currency(several: list[str]) -> str:
    """The reader's choice, else the workspace's own currency where it is among them."""
    chosen = session.get("changes_currency")
    own = session.currency() if session.currency() in several else several[0]
    return chosen if chosen in several else own


def _in_currency(found: pd.DataFrame, currency: str) -> pd.DataFrame:
    return found[[code == currency for code in _codes(found)]].reset_index(drop=True)


def _locale_of(rows: pd.DataFrame) -> Locale:
    code = rows["currency"].iloc[0]
    locale = session.locale()
    return locale.in_currency(code) if isinstance(code, str) else locale


def _measure(rows: pd.DataFrame) -> Measure:
    """What the bars are of: the reader's choice, else what can be told; deals where no amount is known."""
    if session.get("changes_measure") == "deals" or not rows["money"].any():
        return "deals"
    return "money" if session.get("changes_measure") or _is_told_in_money(rows) else "deals"


def _is_told_in_money(rows: pd.DataFrame) -> bool:
    """Whether at both ends at least half of the open deals have an amount: else the money of the few would pass for all."""
    ends = rows[rows["step"].isin(["opening", "closing"])]
    return bool(rows["money"].any() and (2 * ends["unknown_amounts"] <= ends["deals"]).all())


# the finding


@told
def _heading(found: pd.DataFrame, rows: pd.DataFrame) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Funnel"), _finding(rows), _dates(found))


def _days(rows: pd.DataFrame) -> tuple[date, date]:
    return date.fromisoformat(rows["since"].iloc[0]), date.fromisoformat(rows["until"].iloc[0])


def _dates(found: pd.DataFrame) -> str:
    """Which days these are, and that they were not chosen."""
    locale = session.locale()
    _ = locale._
    since, until = _days(found)
    said = {"since": locale.day(since), "until": locale.day(until)}
    if session.filters().since is None:
        n = locale.n_("{n} day", "{n} days", (until - since).days + 1)
        return _("No full period is chosen, so this is {days}, from {since} to {until}.").format(days=n, **said)
    return _("From {since} to {until}.").format(**said)


def _finding(rows: pd.DataFrame) -> str:
    """From what to what the open pipeline went, and by which steps."""
    locale = _locale_of(rows)
    _ = locale._
    by: dict[str, dict[str, Any]] = {row["step"]: row for row in rows.to_dict("records")}
    in_money = _is_told_in_money(rows)
    measure = "money" if in_money else "deals"

    def tell(value: float) -> str:
        return locale.money(value) if in_money else locale.n_("{n} deal", "{n} deals", int(value))

    before, after = by["opening"][measure], by["closing"][measure]
    since, until = _days(rows)
    said = {
        "before": tell(before), "after": tell(after), "days": locale.n_("{n} day", "{n} days", (until - since).days + 1),
    }  # fmt: skip
    if said["before"] == said["after"]:
        claim = _("**The open pipeline is at {after}, as it was {days} before:**")
    elif after < before:
        claim = _("**The open pipeline fell from {before} to {after} in {days}:**")
    else:
        claim = _("**The open pipeline rose from {before} to {after} in {days}:**")
    of_step = {
        "won": _("{money} won"),
        "lost": _("{money} lost"),
        "created": _("{money} new"),
        "reopened": _("{money} opened again"),
        "increased": _("{money} by raised amounts"),
        "decreased": _("{money} by cut amounts"),
        "moved_in": _("{money} from another currency"),
        "moved_out": _("{money} to another currency"),
    }
    parts = [
        words_.format(money=tell(abs(by[step][measure])))
        for step, words_ in of_step.items()
        if step in by and by[step][measure] and (in_money or step not in UNCOUNTED)
    ]
    moved = ", ".join(parts) or _("nothing came or left")
    return f"{claim.format(**said)} {moved}."


# the waterfall


def _waterfall(found: pd.DataFrame, rows: pd.DataFrame, several: list[str], currency: str, measure: Measure) -> None:
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key="card_changes"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            section(
                _("How the open pipeline changed"), _("Start + steps = end, to the cent. Click a bar for its deals.")
            )
            with st.container(horizontal=True, width="content", gap="small", key="switches_changes"):
                st.segmented_control(
                    _("Measure"),
                    ["money", "deals"],
                    format_func=lambda name: {"money": _("Money"), "deals": _("Deals")}[name],
                    default=measure,
                    required=True,
                    key="changes_measure",
                    label_visibility="collapsed",
                    persist_state="session",
                )
                if len(several) > 1:
                    st.selectbox(
                        _("Currency"),
                        several,
                        index=several.index(currency),
                        format_func=lambda code: locale.name(code) if code else _("none named"),
                        key="changes_currency",
                        label_visibility="collapsed",
                        width=110,
                        persist_state="session",
                    )
        if len(several) > 1:
            only = _("Deals in {currency} only: amounts in {n} currencies do not add up.")
            note(only.format(currency=plain(currency or _("none named")), n=locale.count(len(several))))
        if not rows["money"].any():
            note(_("No deal here has an amount, so deals are counted."))
        elif not session.kept(_is_told_in_money, rows):
            said = _(
                "Of {all} deals open at the end, {n} have no amount: their money is not known, and not in the bars."
            )
            end = rows[rows["step"] == "closing"].iloc[0]
            note(said.format(all=locale.count(end["deals"]), n=locale.count(end["unknown_amounts"])))
        key = _chart_key()
        session.put("changes_bars", session.kept(_steps, rows, measure))
        drawn(_drawing, found, rows, measure, key)


def _steps(rows: pd.DataFrame, measure: Measure) -> list[str]:
    return list(shown_steps(rows, measure)["step"])


@told
def _drawing(found: pd.DataFrame, rows: pd.DataFrame, measure: Measure, key: str) -> Iterator[Piece]:
    locale = _locale_of(rows)
    _ = locale._
    names = step_words(locale)
    bars = shown_steps(rows, measure).to_dict("records")
    said = ", ".join(
        f"{names[row['step']]} {locale.money(row['money'])} ({locale.count(abs(row['deals']))})" for row in bars
    )
    yield partial(
        chart,
        changes_figure(rows, session.look(), measure=measure),
        key,
        _("The open pipeline step by step, in money and deals: {steps}.").format(steps=said),
        wide=True,
        on_select=_pick,
    )
    yield partial(note, _sum(rows, measure, locale))
    if measure == "money" and not rows["amounts_recorded"].any():
        yield partial(
            note,
            _(
                "No change of an amount is recorded, so amounts are as they are now and none shows as raised or cut. "
                "Load the same export again next week: changes are found by comparing."
            ),
        )
    shown, kinds = _table(found, locale)
    means = words.meanings(*MEANS, of="pipeline_waterfall")
    stands_on = _basis(rows, locale)
    what = paper("pipeline_waterfall", _("Pipeline changes"), shown, kinds, meanings=means, basis=stands_on)
    yield partial(
        under_chart, what, session.asked(pipeline_waterfall), means, stands_on, picture=f"wide_{key}"
    )  # fmt: skip


def _sum(rows: pd.DataFrame, measure: Measure, locale: Locale) -> str:
    """The whole sum, every digit: what the bars add up to."""
    rows = shown_steps(rows, measure)

    def exact(value: float) -> str:
        text = locale.money_exact(value) if measure == "money" else locale.count(value)
        return text.translate(ISOLATES)

    values = [float(value) for value in rows[measure]]
    steps = "".join(f" {'−' if value < 0 else '+'} {exact(abs(value))}" for value in values[1:-1])
    return locale.ltr(f"{exact(values[0])}{steps} = {exact(values[-1])}")


def _basis(rows: pd.DataFrame, locale: Locale) -> str:
    _ = locale._
    by = rows.set_index("step")
    since, until = _days(rows)
    deals = int(by.loc[[step for step in ("opening", "created", "reopened") if step in by.index], "deals"].sum())
    parts = [
        locale.n_("{n} deal open at some time", "{n} deals open at some time", deals),
        _("{since} to {until}").format(since=locale.day(since), until=locale.day(until)),
        _("counted, not estimated"),
    ]
    unknown = int(by.loc[["opening", "created"], "unknown_amounts"].sum())
    if unknown:
        parts.append(_("{n} without an amount").format(n=locale.count(unknown)))
    undated = int(rows["undated"].max())
    if undated:
        parts.append(_("{n} closed on an unknown day left out").format(n=locale.count(undated)))
    return " · ".join(parts)


def _table(found: pd.DataFrame, locale: Locale) -> tables.Table:
    """All steps of all currencies."""
    _ = locale._
    names = step_words(locale)
    return tables.columns(
        found.assign(step_words=[names[step] for step in found["step"]]),
        [
            ("step_words", _("Step"), "text"),
            ("money", _("Money"), "money"),
            ("deals", _("Deals"), "count"),
            ("unknown_amounts", _("Without an amount"), "count"),
            ("currency", _("Currency"), "text"),
        ],
    )


# the deals of a step


def _chart_key() -> str:
    """The key of the chart: a closed list makes it forget what was clicked."""
    return f"changes_{session.get('changes_round', 0)}"


def _pick() -> None:
    """Take the clicked step as the one to list."""
    points = (session.get(_chart_key()) or {}).get("selection", {}).get("points", [])
    if points:
        session.put("changes_step", session.get("changes_bars")[points[0]["point_index"]])


def _close() -> None:
    session.put("changes_step", None)
    session.put("changes_round", session.get("changes_round", 0) + 1)


def _with_deals(rows: pd.DataFrame) -> list[Step]:
    known = set(rows["step"][rows["deals"] != 0])
    return [step for step in STEPS if step in known]


def _deals(rows: pd.DataFrame, currency: str) -> None:
    locale = session.locale()
    _ = locale._
    names = step_words(locale)
    steps = session.kept(_with_deals, rows)
    if session.get("changes_step") not in steps:
        session.put("changes_step", None)
    with st.container(border=True, key="card_changes_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The deals behind a step"), _("Click a bar, or choose here."))
            picked = st.selectbox(
                _("Step"), steps, index=None, key="changes_step", placeholder=_("Choose a step"), width=240,
                format_func=lambda step: names[step],
            )  # fmt: skip
        if picked is None:
            return
        query = waterfall_deals(session.tables(), session.filters(), picked, currency or None)
        deal_list(query, names[picked], "changes_deals", changed_deals, _close)


def changed_deals(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """Deals with the amount they had and the amount they came to within the dates."""
    _ = locale._
    rows = rows.assign(status=rows["status"].map({"won": _("won"), "lost": _("lost"), "open": _("open")}))
    return tables.columns(
        rows,
        [
            ("deal_name", _("Deal"), "text"),
            ("deal_id", _("Deal number"), "text"),
            ("customer", _("Customer"), "text"),
            ("owner", _("Owner"), "text"),
            ("amount_before", _("Old amount"), "money"),
            ("amount_after", _("New amount"), "money"),
            ("change", _("Counted in the step"), "money"),
            ("currency", _("Currency"), "text"),
            ("happened_at", _("Came or left"), "day"),
            ("created_at", _("Created"), "day"),
            ("closed_at", _("Closed"), "day"),
            ("stage", _("Stage"), "text"),
            ("status", _("Status"), "text"),
        ],
    )
