"""The scenario being worked on: its form, and what comes of it, first roughly and then in all draws."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analytics.what_if.base import Base
from analytics.what_if.scenario import Scenario
from data.errors import DataError
from ui import session
from ui.parts import nothing, problem
from ui.what_if import asked, builder, guard, results, saved, working
from ui.what_if.builder import Places

QUICK = 500
_REFINED = "what_if_refined"


def show() -> None:
    """The view: the form beside what comes of it. A changed lever is drawn at once in few draws, then in all of them."""
    title = session.locale()._("What if")
    if not guard.is_ready(title):
        return
    st.title(title, anchor=False)
    if not _is_possible():
        return
    saved.show()
    if (error := working.noted_problem()) is not None:
        problem(error)
    form, result = st.columns([1, 2.1], gap="small")
    with form:
        places = builder.show()
    wrong = working.draft().problems()
    for number, error in wrong.items():
        builder.say_problem(places, number, error)
    base = _base(places) if 0 not in wrong else None
    with result:
        if wrong or base is None:
            _nothing_to_show()
        else:
            _results(places)
    working.forget_problem()


def _base(places: Places) -> Base | None:
    """What would come without it; says whom each lever acts on. None where a lever names what is not there, said beside it."""
    draft = working.draft()
    numbers: tuple[int, ...] = ()
    try:
        numbers, scenario = draft.asked()
        base = asked.base(scenario)
    except DataError as error:
        builder.say_problem(places, _culprit(numbers, error), error)
        return None
    builder.say_facts(places, base, list(numbers))
    return base


def _culprit(numbers: tuple[int, ...], error: DataError) -> int:
    """The number of the lever that alone ends in the same problem; 0 where it is none."""
    if not numbers:
        return 0
    asked_, scenario = working.draft().asked()
    for number, lever in zip(asked_, scenario.levers, strict=True):
        try:
            asked.base(replace(scenario, levers=(lever,)))
        except DataError as other:
            if str(other) == str(error):
                return number
    return 0


def _results(places: Places) -> None:
    scenario = working.scenario()
    key = repr(scenario)
    try:
        # Drawn in a run of its own, the rough figures stay in sight until the others take their place.
        if scenario.draws <= session.QUICK_DRAWS or session.is_simulated(scenario) or session.get(_REFINED) == key:
            results.show(scenario, draws=scenario.draws, is_final=True)
            return
        results.show(scenario, draws=QUICK, is_final=False)
    except DataError as error:
        number = _acting_on_nobody(scenario, error)
        builder.say_problem(places, number, error)
        _nothing_to_show()
        return
    session.put(_REFINED, key)
    st.rerun()


def _acting_on_nobody(scenario: Scenario, error: DataError) -> int:
    """The number of the lever that alone cannot be simulated for the same reason; 0 where it is none."""
    for lever, kept in zip(scenario.levers, working.draft().levers, strict=False):
        alone = replace(scenario, levers=(lever,))
        try:
            asked.outcome(alone, QUICK)
        except DataError as other:
            if str(other) == str(error):
                return kept.number
    return 0


def _nothing_to_show() -> None:
    _ = session.locale()._
    with st.container(border=True, key="card_nothing_wrong"):
        nothing(
            "error",
            _("Nothing is computed yet"),
            _("Something in the form cannot be. It is said beside it; put it right and the figures follow."),
        )


def _is_possible() -> bool:
    """Whether there is a model of customers or of deals; where there is none, says why, and what to add."""
    try:
        asked.base(Scenario(""))
    except DataError as error:
        _without_models(error)
        return False
    return True


def _without_models(error: DataError) -> None:
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key="card_nothing_model"):
        nothing(
            "model_training",
            _("No model of your customers or deals is possible"),
            guard.refused() or locale.say(error.sentence),
            [
                _("Add more of the past: orders or invoices of two years or more,"),
                _("or subscriptions with start and end,"),
                _("or deals with the day each was created and closed."),
            ],
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")
