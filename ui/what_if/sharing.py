"""Taking a scenario along: a link that opens it, its file, and a workbook with every assumption."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from analytics.what_if import share
from analytics.what_if.scenario import Scenario
from analytics.what_if.scenario_file import written
from data.errors import DataError
from ui import session
from ui.parts import note, problem, section
from ui.what_if import export


def show(scenario: Scenario) -> None:
    """A link to copy, with the reader's filters, and the files."""
    locale = session.locale()
    _ = locale._
    section(_("Link"), _("It opens this scenario, with the filters of this page, on the same data."))
    try:
        link = share.link(scenario)
    except DataError as error:
        problem(error, "link")
    else:
        st.code(address(link.text), language=None, wrap_lines=True, height=120)
        if link.sentence is not None:
            note(locale.say(link.sentence))
    section(_("File"), _("Every assumption and the seed: the same file on the same data gives the same answer."))
    st.download_button(
        "YAML", lambda: written(scenario).encode("utf-8"), "shimur_scenario.yaml", "application/yaml", on_click="ignore",
        key="what_if_yaml", icon=":material/download:", type="tertiary", width="stretch",
    )  # fmt: skip
    try:
        workbook = export.of_scenario(scenario)
    except DataError:  # what cannot be simulated has no answer to take along; the page says why
        return
    st.download_button(
        "XLSX", workbook, "shimur_scenario.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", on_click="ignore",
        key="what_if_xlsx", icon=":material/download:", type="tertiary", width="stretch",
    )  # fmt: skip


def address(text: str) -> str:
    """The address that opens the scenario of a link."""
    here = (st.context.url or "").split("?")[0]
    return f"{here}?{urlencode(session.link_to(view='scenario', **{share.PARAMETER: text}), doseq=True)}"
