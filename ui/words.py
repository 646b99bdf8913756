"""What the numbers mean, in the catalogue's words and the reader's language."""

from __future__ import annotations

from typing import NamedTuple

from analytics.catalog import ANSWERS, METRICS
from ui import session


class Meaning(NamedTuple):
    label: str
    meaning: str
    formula: str = ""


def no_losses() -> str:
    """What it does to a win rate where no closed deal is lost."""
    return session.locale()._(
        "No closed deal is lost. Where an export leaves lost deals out, every win rate is too high."
    )


def meanings(*names: str, of: str = "") -> list[Meaning]:
    """What the answer `of` says, then each metric."""
    _ = session.locale()._
    first = [Meaning(_(ANSWERS[of].label), _(ANSWERS[of].meaning))] if of else []
    return first + [Meaning(_(METRICS[name].label), _(METRICS[name].meaning), METRICS[name].formula) for name in names]
