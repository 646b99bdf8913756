"""Control totals: what stands in the files, and what of it comes in."""

from __future__ import annotations

import streamlit as st

from data.load import FileReport
from data.uploads import ImportReport
from ui import session
from ui.importing.columns import field_label
from ui.parts import plain, rich, section, table, tag

CENT = 0.005


def agree(report: ImportReport) -> bool:
    """Whether every sum of money comes in as it stands in its file."""
    return all(abs(sums["file"] - sums["loaded"]) < CENT for file in report.files for sums in file.totals.values())


def totals_card(report: ImportReport, *, loaded: bool = False) -> None:
    """Rows and sums of each file, beside what comes in."""
    _ = session.locale()._
    with st.container(border=True, key="card_totals"):
        section(_("Control totals"), "" if loaded else _("Compare with your CRM before loading."))
        table(
            [_("File"), _("What"), _("In the file"), _("Loaded") if loaded else _("Will be loaded"), _("Agreement")],
            [row for file in report.files for row in _rows(file)],
            numbers=[2, 3],
            caption=_("Control totals"),
        )


def _rows(file: FileReport) -> list[list[str]]:
    locale = session.locale()
    _ = locale._
    name = f"<bdi>{rich(plain(file.name))}</bdi>"
    inside = file.rows_read - file.rows_rejected - file.rows_removed
    rows = [[name, rich(_("Rows")), locale.count(file.rows_read), locale.count(inside), _agreement(file)]]
    for field, sums in file.totals.items():
        differs = sums["file"] - sums["loaded"]
        rows.append(
            [
                name,
                rich(_("Sum of {field}").format(field=field_label(file.table, field))),
                locale.money_exact(sums["file"], ""),
                locale.money_exact(sums["loaded"], ""),
                _why(file, field, differs) if abs(differs) >= CENT else tag("good", _("the same")),
            ]
        )
    return rows


def _why(file: FileReport, field: str, differs: float) -> str:
    """Where the rest of a sum is: in rows set aside or left out, and what is neither."""
    locale = session.locale()
    held = file.held.get(field, {})
    aside, out = held.get("rejected", 0.0), held.get("removed", 0.0)
    parts = []
    if abs(aside) >= CENT:
        words = locale.n_("{n} row set aside holds {{sum}}", "{n} rows set aside hold {{sum}}", file.rows_rejected)
        parts.append(tag("warn", words.format(sum=locale.money_exact(aside, ""))))
    if abs(out) >= CENT:
        words = locale.n_("{n} row left out holds {{sum}}", "{n} rows left out hold {{sum}}", file.rows_removed)
        parts.append(tag("plain", words.format(sum=locale.money_exact(out, ""))))
    rest = differs - aside - out
    if abs(rest) >= CENT:
        parts.append(tag("warn", locale._("differs by {n}").format(n=locale.money_exact(rest, ""))))
    return " ".join(parts)


def _agreement(file: FileReport) -> str:
    locale = session.locale()
    _ = locale._
    parts = []
    if file.rows_rejected:
        parts.append(tag("warn", locale.n_("{n} set aside", "{n} set aside", file.rows_rejected)))
    if file.rows_removed:
        parts.append(tag("plain", locale.n_("{n} left out", "{n} left out", file.rows_removed)))
    return " ".join(parts) or tag("good", _("the same"))
