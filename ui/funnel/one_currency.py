"""Money is told in one currency at a time."""

from __future__ import annotations

from dataclasses import replace

from analytics.filters import Choice, Filters
from ui import session


def in_currency(code: str | None) -> Filters:
    """The reader's filters, with `code` for the deals in that currency only."""
    now = session.filters()
    field = session.find("currency") if code else None
    return replace(now, where=(*now.where, Choice(field, (code,)))) if field is not None and code else now
