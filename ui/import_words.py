"""What the import says, in the reader's language."""

from __future__ import annotations

from data.rejects import rejected_rows
from data.store import Workspace
from data.unlocks import ADD, OPENS
from data.uploads import ImportReport
from ui.locale import Locale


def analyses(locale: Locale) -> dict[str, str]:
    """The analyses that have a page, by name, and what they are called."""
    _ = locale._
    return {
        "funnel": _("Funnel"),
        "win_rate": _("Win rates"),
        "sales_cycle": _("Sales cycle"),
        "stage_conversion": _("Stages"),
        "stage_paths": _("Paths"),
        "conversion_trend": _("Trend"),
        "drivers": _("What sets won deals apart"),
        "lost_reasons": _("Lost reasons"),
        "sales_velocity": _("Velocity"),
        "pipeline_waterfall": _("Pipeline changes"),
        "push_rate": _("Push rate"),
        "bottlenecks": _("Bottlenecks"),
        "stalled_deals": _("Stalled deals"),
        "first_contact": _("First contact"),
        "discounts": _("Discounts"),
        "lead_funnel": _("Funnel from the lead on"),
        "customers": _("Customers"),
        "value_and_risk": _("Value and risk"),
        "contact_programme": _("Contact programme"),
        "nps": _("NPS"),
        "loop_cases": _("Close the loop"),
        "nps_themes": _("What they say"),
        "response_rate": _("Who answers"),
        "silent_accounts": _("Silent customers"),
        "nps_and_leaving": _("What follows from NPS"),
    }


def unlocks(report: ImportReport, locale: Locale) -> list[tuple[str, str, bool, str]]:
    """For each analysis that has a page: its name, what it shows, whether it is open, and what to add where it is not."""
    _ = locale._
    called = analyses(locale)
    missing = dict(report.locked)
    return [
        (called[name], _(OPENS[name]), name not in missing, " ".join(_(ADD[need]) for need in missing.get(name, ())))
        for name in OPENS
    ]


def rejected(workspace: Workspace, number: int, locale: Locale) -> tuple[list[str], list[list[str]]]:
    """The rows and cells an import set aside, with headers and reasons in the reader's language."""
    headers, rows = rejected_rows(workspace, number, locale.say)
    _ = locale._
    return [_("File"), _("Line"), _("Column"), _("Value"), _("Reason"), *headers[5:]], rows
