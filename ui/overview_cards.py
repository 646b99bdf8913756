"""The pieces of the overview: a figure with its change, and how sure a finding is."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from ui import session
from ui.parts import means, rich
from ui.words import Meaning

Verdict = Literal["good", "bad", "up", "down", "chance", "early", "none"]
MARKS: dict[Verdict, str] = {"chance": "≈", "early": "◔", "none": ""}


def figure(
    name: str, label: str, detail: str, value: str, interval: str, change: str, verdict: Verdict, is_up: bool, sure: str,
    picture: str, basis: str, meaning: Meaning, more: tuple[str, str, str] | None = None,
) -> None:  # fmt: skip
    """One number with its interval, its change and whether that is real, and how it went.

    `verdict` is whether a real change is good, bad or neither; colour never carries it alone: the mark and `sure` do. `more` is
    where more of it is told: the page, the view, and the words of the link.
    """
    mark = MARKS.get(verdict, "▲" if is_up else "▼")
    image = f'<img alt="" src="{picture}">' if picture else ""
    with st.container(border=True, key=f"card_kpi_{name}", height="stretch"):
        st.html(
            f'<div class="sh-kpi"><h2>{rich(label)} <span>{rich(detail)}</span></h2>'
            f'<div class="sh-kpi-row"><div><p class="sh-value">{rich(value)}</p><p class="sh-range">{rich(interval)}</p></div>'
            f'{image}</div><p class="sh-verdict sh-{verdict}"><span aria-hidden="true">{mark}</span> <b>{rich(change)}</b> {rich(sure)}</p>'
            f'<p class="sh-range">{rich(basis)}</p></div>'
        )
        if more is None:
            means(name, meaning)
            return
        page, view, words = more
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"kpi_links_{name}"):
            means(name, meaning)
            st.page_link(
                f"../pages/{page}.py",
                label=words,
                icon=":material/arrow_back:" if session.locale().rtl else ":material/arrow_forward:",
                icon_position="right",
                width="content",
                query_params=session.link_to(view=view),
            )


def certainty(dots: int | None, words: str) -> str:
    """How sure a finding is, of five, readable without colour; only in words where nothing was tested. As HTML."""
    if dots is None:
        return f'<span class="sh-sure">{rich(words)}</span>'
    marks = "".join(f'<i class="{"on" if place < dots else ""}"></i>' for place in range(5))
    return f'<span class="sh-sure"><span class="sh-dots" aria-hidden="true">{marks}</span>{rich(words)}</span>'
