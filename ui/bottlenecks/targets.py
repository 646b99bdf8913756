"""The targets a reader sets: the share that shall move on from a stage, and the days deals shall stay there."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui import session
from ui.funnel.options import open_stages
from ui.parts import section

KEPT = "bn_targets"  # stage -> (share in percent, days)


def given() -> dict[str, Any]:
    """The targets as `bottlenecks` takes them."""
    kept: dict[str, tuple[float | None, float | None]] = session.get(KEPT, {})
    stages = [stage for stage in open_stages()["stage"] if stage in kept]
    shares = tuple((stage, share / 100) for stage in stages if (share := kept[stage][0]))
    days = tuple((stage, days) for stage in stages if (days := kept[stage][1]))
    return {"target": shares, "target_days": days}


def form() -> None:
    """The form: two numbers a stage, taken when the reader presses the button."""
    locale = session.locale()
    _ = locale._
    kept: dict[str, tuple[float | None, float | None]] = session.get(KEPT, {})
    stages = list(open_stages()["stage"])
    with st.container(border=True, key="card_targets"):
        section(_("Targets"), _("What is left empty is not compared."))
        with st.form("bn_target_form", border=False):
            for stage, column in zip(stages, _columns(len(stages)), strict=True):
                share, days = kept.get(stage, (None, None))
                with column:
                    st.number_input(
                        _("{stage}: move on, %").format(stage=locale.name(stage)), 1.0, 99.0, share, 1.0,
                        key=f"bn_share_{stage}", format="%g",
                    )  # fmt: skip
                    st.number_input(
                        _("{stage}: days on average").format(stage=locale.name(stage)), 0.5, 3650.0, days, 1.0,
                        key=f"bn_days_{stage}", format="%g",
                    )  # fmt: skip
            st.form_submit_button(_("Compare"), on_click=_keep, args=(stages,), key="bn_target_go")


def _columns(n: int) -> list[Any]:
    """A column for each of `n` stages, at most five beside each other."""
    found: list[Any] = []
    while len(found) < n:
        found += st.columns(min(5, n), gap="small")
    return found[:n]


def _keep(stages: list[str]) -> None:
    session.put(KEPT, {stage: (session.get(f"bn_share_{stage}"), session.get(f"bn_days_{stage}")) for stage in stages})
