"""How sure the figures about customers are: which model they rest on, and how well it would have told the past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import streamlit as st

from analytics.customers.basis import CONTRACTS
from analytics.customers.model_report import tested
from analytics.customers.scores import told as said_in
from ui import session
from ui.customers import evidence_back_test, evidence_contracts, evidence_parameters, guard
from ui.parts import Piece, drawn, heading, rich, section, told

Report = Mapping[str, Any]


def show() -> None:
    """The view: how well the models told this company's own past, or why nobody can say."""
    title = session.locale()._("Customers")
    if not guard.is_ready(title):
        return
    report = session.report()
    is_contract = report["basis"] in CONTRACTS
    drawn(_heading, title, report, is_contract)
    show_model(report)
    if is_contract:
        evidence_contracts.show(report)
        return
    test = tested(report)
    if test is not None and test["origins"]:
        evidence_back_test.show(test)
    evidence_parameters.show(report)


@told
def _heading(title: str, report: Report, is_contract: bool) -> Iterator[Piece]:
    _ = session.locale()._
    finding = evidence_contracts.finding(report) if is_contract else evidence_back_test.finding(report)
    note = _("Models learn from all customers of the workspace: the filters above change nothing here.")
    yield partial(heading, title, finding, note)


def show_model(report: Report) -> None:
    """The card that says on which data and which model the figures rest."""
    drawn(_model, report)


@told
def _model(report: Report) -> Iterator[Piece]:
    """Which data and which model, and why these."""
    _ = session.locale()._
    yield partial(_card, _("What the figures rest on"), _reasons(report))


def _card(title: str, lines: list[str]) -> None:
    with st.container(border=True, key="card_evidence_model"):
        section(title)
        items = "".join(f"<li>{line}</li>" for line in lines)
        st.html(f'<ul class="sh-plain">{items}</ul>')


def _reasons(report: Report) -> list[str]:
    """Sentences of the report, as HTML."""
    locale = session.locale()
    _ = locale._
    found = []
    for label, sentence in (
        (_("Data"), report.get("reason")),
        (_("Not used"), report.get("refused")),
        (_("Model"), report.get("model_reason")),
        *((_("Spend"), each.get("reason")) for each in report.get("spend", ())),
        (_("Beyond what was seen"), report.get("tail_reason")),
        (_("Caution"), report.get("caution")),
    ):
        message = said_in(sentence)
        if message is not None:
            found.append(f"<b>{rich(label)}</b> {rich(locale.say(message).replace('**', ''))}")
    test = tested(report)
    if test is not None and test.get("one_way"):
        found.append(f"<b>{rich(_('Caution'))}</b> {rich(evidence_back_test.one_way(test))}")
    return found
