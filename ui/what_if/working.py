"""The scenario being worked on, kept for the reader's session whatever page is open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from analytics.what_if import share
from analytics.what_if.scenario import Lever as WholeLever
from analytics.what_if.scenario import Range, Scenario, Target
from data.errors import DataError
from ui import session
from ui.what_if import guard
from ui.what_if.draft import Draft, opened

_DRAFT, _GOOD, _SAVED, _PROBLEM, _PLACE = (
    "what_if_draft", "what_if_good", "what_if_saved", "what_if_problem", "what_if_workspace",
)  # fmt: skip


def draft() -> Draft:
    """The form as it stands; at first what a link brought, else a starter. Another workspace has its own."""
    here = str(session.workspace().folder)
    if session.get(_DRAFT) is None or session.get(_PLACE) != here:
        is_first = session.get(_PLACE) is None
        session.put(_PLACE, here)
        open_scenario((_from_link() if is_first else None) or starter())
    found: Draft = session.get(_DRAFT)
    return found


def scenario() -> Scenario:
    """The scenario as it last made sense."""
    draft()
    found: Scenario = session.get(_GOOD)
    return found


def keep(changed: Draft) -> None:
    """Take the form as it stands now; what makes sense is the scenario from now on."""
    session.put(_DRAFT, changed)
    if not changed.problems():
        session.put(_GOOD, changed.made())


def change(what: Callable[[Draft], Draft]) -> None:
    """The same, of what is made of the form."""
    keep(what(draft()))


def open_scenario(scenario: Scenario, saved_as: str | None = None) -> None:
    """Work on this scenario from now on; `saved_as` is the name it is kept under, if any."""
    session.put(_DRAFT, opened(scenario))
    session.put(_GOOD, scenario)
    session.put(_SAVED, saved_as)


def saved_as() -> str | None:
    """The name of the saved scenario that is open."""
    found: str | None = session.get(_SAVED)
    return found


def is_saved_as(name: str | None) -> None:
    session.put(_SAVED, name)


def note_problem(error: DataError | None) -> None:
    """Keep what went wrong for the next run to say."""
    session.put(_PROBLEM, error)


def noted_problem() -> DataError | None:
    """What went wrong when something was opened or saved, until `forget_problem`."""
    found: DataError | None = session.get(_PROBLEM)
    return found


def forget_problem() -> None:
    """What went wrong was said, in a run that ended by itself."""
    session.drop(_PROBLEM)


def starter() -> Scenario:
    """A modest scenario that this data can tell something of. Scores must be there, where any can be."""
    _ = session.locale()._
    few, points = Range(1, 2, 4), Range(3, 5, 8)
    protect = Scenario(
        _("Keep more of the customers to protect"), (WholeLever("retention", points, Target(quadrants=("protect",))),)
    )
    found = (
        [protect, Scenario(_("Keep more customers"), (WholeLever("retention", points),))]
        if guard.has_customers()
        else []
    )
    if guard.has_deals():
        found.append(Scenario(_("Win more deals"), (WholeLever("win_rate", few),)))
    for each in found:
        with suppress(DataError):
            base = session.base(each)
            if base.cells is not None or each.levers[0].kind == "win_rate":
                return each
    return found[0] if found else protect


def _from_link() -> Scenario | None:
    text = next(iter(session.opened_with(share.PARAMETER)), "")
    if not text:
        return None
    try:
        return share.opened(text)
    except DataError as error:
        note_problem(error)
        return None
