"""What the import says, in the reader's language."""

from __future__ import annotations

from data.rejects import rejected_rows
from data.store import Workspace
from ui.locale import Locale


def analyses(locale: Locale) -> dict[str, str]:
    """The analyses that have a page, by name, and what they are called."""
    _ = locale._
    return {
        "funnel": _("Funnel"),
        "win_rate": _("Win rates"),
        "sales_cycle": _("Sales cycle"),
        "stage_conversion": _("Where deals are lost, and how many move on from each stage"),
        "customers": _("Filters by what is known of the customers"),
    }


def rejected(workspace: Workspace, number: int, locale: Locale) -> tuple[list[str], list[list[str]]]:
    """The rows and cells an import set aside, with headers and reasons in the reader's language."""
    headers, rows = rejected_rows(workspace, number, locale.say)
    _ = locale._
    return [_("File"), _("Line"), _("Column"), _("Value"), _("Reason"), *headers[5:]], rows
