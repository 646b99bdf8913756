"""What the import says, in the reader's language."""

from __future__ import annotations

from data.rejects import rejected_rows
from data.store import Workspace
from ui.locale import Locale


def analysis(name: str, locale: Locale) -> str:
    """What an analysis is called."""
    _ = locale._
    return {
        "funnel": _("Funnel"),
        "win_rate": _("Win rates"),
        "sales_cycle": _("Sales cycle"),
        "bottlenecks": _("Bottlenecks"),
        "stalled_deals": _("Stalled deals"),
        "customers": _("Customers as filters"),
        "value_and_risk": _("Value and risk"),
        "nps": _("NPS"),
        "contact_programme": _("Contact programme"),
    }[name]


def rejected(workspace: Workspace, number: int, locale: Locale) -> tuple[list[str], list[list[str]]]:
    """The rows and cells an import set aside, with headers and reasons in the reader's language."""
    headers, rows = rejected_rows(workspace, number, locale.say)
    _ = locale._
    return [_("File"), _("Line"), _("Column"), _("Value"), _("Reason"), *headers[5:]], rows
