"""Close the loop."""

from __future__ import annotations

from ui import session
from ui.nps import guard
from ui.parts import heading


def show() -> None:
    """The view."""
    title = session.locale()._("NPS")
    if guard.are_any(title):
        heading(title, "")
