"""Scenarios side by side: what each brings, how surely, and in which assumptions they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.rows import Row, rows
from analytics.what_if import compared
from analytics.what_if.compared import MOST_COMPARED, alike
from analytics.what_if.scenario import Scenario
from analytics.what_if.scenario_file import of_json
from analytics.what_if.told import verdict
from data.errors import DataError
from data.scenarios import SavedScenario, free_name
from ui import session
from ui.charts.what_if_amounts import Beside, amounts_figure
from ui.locale import NOTHING
from ui.parts import Piece, chart, drawn, heading, legend, md, note, nothing, plain, section, table, told
from ui.what_if import asked, compare_table, guard, working
from ui.what_if.results_basis import About, chance_words, eighty, kind_of_money, under
from ui.what_if.words import months_words

CHOSEN, WITH_CURRENT = "what_if_compared", "what_if_compared_current"


@dataclass(frozen=True)
class Kept:
    """A saved scenario that can be read."""

    saved: SavedScenario
    scenario: Scenario


def show() -> None:
    """The view: the scenarios chosen, under one scale and in one table."""
    title = session.locale()._("What if")
    if not guard.is_ready(title):
        return
    readable, unreadable = kept()
    if not readable:
        _without_any(title)
        _say_unreadable(unreadable)
        return
    top = st.container()
    chosen, with_current = _choice(readable)
    scenarios = [replace(each.scenario, name=each.saved.name) for each in readable if each.saved.name in chosen]
    if with_current:
        scenarios.insert(0, _named_apart(asked.current(), [each.name for each in scenarios]))
    if len(scenarios) < 2:
        _too_few(title, top)
    else:
        days = {each.saved.as_of.isoformat() for each in readable if each.saved.name in chosen}
        _compared(title, top, scenarios, tuple(sorted(days)))
    _say_unreadable(unreadable)


def kept() -> tuple[list[Kept], list[tuple[str, DataError]]]:
    """The saved scenarios, the one saved last first, and those that cannot be read with why."""
    readable, unreadable = [], []
    for saved in session.scenarios():
        try:
            readable.append(Kept(saved, of_json(saved.written)))
        except DataError as error:
            unreadable.append((saved.name, error))
    return readable, unreadable


def _named_apart(scenario: Scenario, taken: Sequence[str]) -> Scenario:
    """The scenario being worked on, under a name that no other has."""
    _ = session.locale()._
    name = scenario.name.strip()
    if not name:
        return replace(scenario, name=_("The scenario being worked on"))
    if name.casefold() not in {each.casefold() for each in taken}:
        return scenario
    return replace(scenario, name=_("{name}, as being worked on").format(name=name))


# which


def _choice(readable: Sequence[Kept]) -> tuple[list[str], bool]:
    """The names chosen and whether the one being worked on stands beside them, at most six in all."""
    _ = session.locale()._
    names = [each.saved.name for each in readable]
    is_saved = working.saved_as() in names
    with (
        st.container(border=True, key="card_what_if_choice"),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        with_current = st.toggle(
                _("Also the scenario being worked on"), value=not is_saved, key=f"{WITH_CURRENT}_{is_saved}", persist_state="session"
            )  # fmt: skip
        most = MOST_COMPARED - int(with_current)
        now = [name for name in session.get(CHOSEN, names[:3]) if name in names][:most]
        session.put(CHOSEN, now)
        found = st.multiselect(
                _("Saved scenarios, at most {n} side by side").format(n=session.locale().count(MOST_COMPARED)), names,
                key=CHOSEN, max_selections=most, placeholder="–", persist_state="session", format_func=session.locale().name,
            )  # fmt: skip
    return list(found), with_current


def _without_any(title: str) -> None:
    _ = session.locale()._
    heading(title, _("**No scenario is saved yet**, so there is nothing to put side by side."))
    with st.container(border=True, key="card_nothing_compare"):
        nothing(
            "compare_arrows",
            _("Save at least one scenario"),
            _("Saved scenarios can be held against each other and against the one being worked on."),
            [
                _("Go to the view What if and set the levers,"),
                _("give the scenario a name and save it,"),
                _("then change something and come back."),
            ],
        )
        _to_scenario()


def _too_few(title: str, top: DeltaGenerator) -> None:
    _ = session.locale()._
    with top:
        heading(title, _("**It takes two scenarios to compare.** Choose another one below."))
    with st.container(border=True, key="card_nothing_compare"):
        nothing(
            "compare_arrows",
            _("One more scenario"),
            _("Choose a second saved scenario, or put the one being worked on beside it. A scenario is saved in the view What if, under its name."),
        )  # fmt: skip
        _to_scenario()


def _to_scenario() -> None:
    if st.button(session.locale()._("Go to the scenario"), icon=":material/tune:", key="compare_to_scenario"):
        session.take_place("view", "scenario")
        st.rerun()


def _say_unreadable(unreadable: Sequence[tuple[str, DataError]]) -> None:
    _ = session.locale()._
    for name, error in unreadable:
        _say(_("**The saved scenario {name} cannot be read:**").format(name=plain(name)), error)


def _say(first: str, error: DataError) -> None:
    """What is wrong with one of several scenarios, in a line: the others stand."""
    locale = session.locale()
    note(" ".join((first, *(locale.say(part).replace("**", "") for part in (error.sentence, error.hint)))))


# side by side


def _compared(title: str, top: DeltaGenerator, scenarios: list[Scenario], as_of_days: tuple[str, ...]) -> None:
    _ = session.locale()._
    works: list[Scenario] = []
    failed: list[tuple[str, DataError]] = []
    with top:
        place = st.empty()
    # In the draws of the first, whose results are there already where it is the one being worked on.
    for at, (scenario, drawn_alike) in enumerate(zip(scenarios, _alike(scenarios), strict=True)):
        place.progress(at / len(scenarios), text=_("Working out {name}…").format(name=md(scenario.name)))
        try:
            _side(drawn_alike)
            works.append(scenario)
        except DataError as error:
            failed.append((scenario.name, error))
    place.empty()
    with top:
        if works:
            drawn(_heading, title, tuple(works), as_of_days)
        else:
            heading(title, _("**None of these scenarios can be worked out on this data.**"))
    for name, why in failed:
        _say(_("**{name} cannot be worked out on this data:**").format(name=plain(name)), why)
    if not works:
        return
    with st.container(border=True, key="card_what_if_compared"):
        drawn(_profit, tuple(works))
    with st.container(border=True, key="card_what_if_side_by_side"):
        drawn(_side_by_side, tuple(works))
        _copies(works)


def _side(scenario: Scenario) -> compared.Side:
    return compared.Side(
        scenario, asked.of_outcome(compared.by_draw, scenario), asked.of_outcome(verdict, scenario)
    )  # fmt: skip


def _figures(scenarios: Sequence[Scenario]) -> list[Row]:
    """A row a scenario, all in the same draws: the columns of `compared`."""
    return rows(compared.compared([_side(each) for each in _alike(scenarios)]))


def _alike(scenarios: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """The scenarios in the same draws and over the same time, that of the shortest of them."""
    months = min(each.horizon_months for each in scenarios)
    return alike([replace(each, horizon_months=months) for each in scenarios])


@told
def _heading(title: str, scenarios: Sequence[Scenario], as_of_days: Sequence[str]) -> Iterator[Piece]:
    found = _figures(scenarios)
    yield partial(heading, title, finding(found), remark(scenarios, found, as_of_days))


def finding(found: Sequence[Row]) -> str:
    """Which brings most, how surely, and whether another is as good or pays more surely."""
    locale = session.locale()
    _ = locale._
    best = next(row for row in found if row["is_best"])
    said = {
        "name": plain(best["scenario"]), "kind": kind_of_money(best["margin_used"]),
        "money": locale.money(best["profit_delta"], best["currency"], signed=True),
        "range": eighty(best, "profit_delta", best["currency"]), "chance": chance_words(best["probability_pays"]),
    }  # fmt: skip
    if best["profit_delta"] <= 0:
        first = _("**None of them is expected to pay.** {name} comes nearest: {money} of {kind} (80%: {range}); it pays in {chance} of futures.").format(**said)  # fmt: skip
    else:
        first = _("**{name} is expected to bring most: {money} of {kind}** (80%: {range}); it pays in {chance} of futures.").format(**said)  # fmt: skip
    others = [row for row in found if not row["is_best"] and row["beats_best"] is not None]
    if not others:
        return first
    near = max(others, key=lambda row: row["beats_best"])
    name, share = plain(near["scenario"]), chance_words(near["beats_best"])
    if near["beats_best"] >= 0.2:
        return first + " " + _("{name} does better in {share} of the same futures, so which of the two is best is not settled.").format(name=name, share=share)  # fmt: skip
    return first + " " + _("The next, {name}, does better in {share} of the same futures.").format(name=name, share=share)  # fmt: skip


def remark(scenarios: Sequence[Scenario], found: Sequence[Row], as_of_days: Sequence[str]) -> str:
    """What keeps them from being compared as they stand."""
    locale = session.locale()
    _ = locale._
    why = compare_table.reasons(locale)
    parts = [
        _("**{name} is not held against the others:** {why}.").format(name=plain(row["scenario"]), why=why[row["not_compared"]])
        for row in found
        if row["not_compared"]
    ]  # fmt: skip
    if len({each.horizon_months for each in scenarios}) > 1:
        parts.append(_("Their horizons differ; here all are told over the shortest, {months}.").format(months=months_words(found[0]["horizon_months"], locale)))  # fmt: skip
    if len({(each.seed, each.draws) for each in scenarios}) > 1:
        parts.append(_("Their seeds or numbers of futures differ; here all are told in those of the first, so that differences are not chance."))  # fmt: skip
    else:
        parts.append(_("All are told in the same futures, so differences between them are not chance of the simulation."))  # fmt: skip
    if len(as_of_days) > 1 or (as_of_days and as_of_days[0] != session.filters().as_of.isoformat()):
        parts.append(_("They were saved on data of other days and are worked out anew here, {as_of}.").format(as_of=session.as_of_words()))  # fmt: skip
    return " ".join(parts)


@told
def _profit(scenarios: Sequence[Scenario]) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = _figures(scenarios)
    kind = kind_of_money(found[0]["margin_used"])
    yield partial(section, _("Against going on as now"), _("More or less {kind} over the horizon: the middle of all futures, and where 80% of them lie.").format(kind=kind))  # fmt: skip
    yield partial(legend, [(look.colors.accent, _("brings most")), (look.colors.neutral, _("the others"))])
    currency = found[0]["currency"]
    drawn_rows = pd.DataFrame({
        "value": [row["profit_delta"] for row in found], "low": [row["profit_delta_p10"] for row in found],
        "high": [row["profit_delta_p90"] for row in found], "is_main": [row["is_best"] for row in found],
    })  # fmt: skip
    amounts = [locale.money(row["profit_delta"], row["currency"], signed=True) for row in found]
    ranges = [eighty(row, "profit_delta", row["currency"]) for row in found]
    beside = [
        Beside(kind, [f"<b>{amount}</b>" for amount in amounts], 124),
        Beside(_("it pays in"), [f"<b>{chance_words(row['probability_pays'])}</b>" for row in found]),
    ]
    names = [(row["scenario"], months_words(row["horizon_months"], locale)) for row in found]
    lines = ", ".join(
        f"{locale.name(row['scenario'])} {amount} ({range_})"
        for row, amount, range_ in zip(found, amounts, ranges, strict=True)
    )
    alt = _("What each scenario brings against going on as now, with its 80% interval: {lines}.").format(lines=lines)
    figure = amounts_figure(drawn_rows, names, beside, look, currency=currency)
    yield partial(chart, figure, "what_if_sides", alt, wide=True)


@told
def _side_by_side(scenarios: Sequence[Scenario]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = _figures(scenarios)
    yield partial(section, _("Side by side"), compare_table.differing(scenarios))
    heads = [_("Scenario"), *(plain(row["scenario"]) for row in found)]
    yield partial(table, heads, compare_table.lines(scenarios, found), caption=_("Scenarios side by side"))
    means = ("probability_pays", "profit_delta", "revenue_delta", "payback_month", "beats_best")
    about = About(_alike(scenarios)[0], scenarios[0].draws)
    yield under(
        about, "compared", _("Scenarios side by side"), compare_table.sheet(found), means, "compare_scenarios",
        _("all over the shortest horizon and in the futures of the first"), picture="wide_what_if_sides",
    )  # fmt: skip


def _copies(scenarios: Sequence[Scenario]) -> None:
    """A copy of each to go on from: it opens in the view of the scenario under a name of its own."""
    _ = session.locale()._
    with (
        st.popover(_("Duplicate and edit"), icon=":material/content_copy:", key="compare_copies"),
        st.container(width=360, gap="xxsmall"),
    ):
        for place, each in enumerate(scenarios):
            label, key = md(each.name or NOTHING), f"compare_copy_{place}"
            if st.button(label, key=key, icon=":material/content_copy:", type="tertiary"):
                working.open_scenario(replace(each, name=free_name(session.scenarios(), each.name)))
                session.take_place("view", "scenario")
                st.rerun()
