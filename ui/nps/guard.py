"""What to say where a view about NPS has no answers to show."""

from __future__ import annotations

import streamlit as st

from analytics.filters import Filters
from analytics.nps import answers
from analytics.nps.scales import scored
from ui import session
from ui.nps.scales import others, show_scales
from ui.parts import heading, nothing


def are_any(title: str) -> bool:
    """Whether the filters leave any answers on the scale of NPS; says why where they do not."""
    _ = session.locale()._
    if session.survey_answers():
        return True
    if session.kept(_known):
        heading(title, _("**No survey answer is left by these filters.**"))
        with st.container(border=True, key="card_nothing_left"):
            nothing("filter_alt_off", _("Nothing to show"), _("The filters leave no answer. Take one away."))
        return False
    if session.kept(_on_other_scales):
        _other_scales(title)
        return False
    heading(title, _("**Nobody was asked yet whether they would recommend you.**"))
    with st.container(border=True, key="card_nothing_nps"):
        nothing(
            "sentiment_satisfied",
            _("No answers from 0 to 10"),
            _("NPS is made of answers from 0 to 10 to the question whether one would recommend."),
            [
                _("Add an export of the survey, with the score, the day and who answered."),
                _("Answers on other scales, such as 1 to 5, are kept under their own names and never taken for NPS."),
            ],
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")
    return False


def _other_scales(title: str) -> None:
    """There are answers, and none of them is NPS: what they are, and why."""
    locale = session.locale()
    _ = locale._
    n = int(others()["n"].sum())
    if not n:
        heading(title, _("**No survey answer is left by these filters.**"))
        return
    many = locale.n_("{n} answer", "{n} answers", n)
    heading(
        title,
        _("**There is no NPS here: {answers} are on other scales.** They are told under their own names.").format(
            answers=many
        ),
        _("To call them NPS would be wrong: on a scale that ends at 5 everybody would be a detractor."),
    )
    show_scales()


def _on_other_scales() -> bool:
    """Whether there are answers on other scales, whatever the filters leave."""
    return bool(session.count(scored(session.tables(), Filters(session.filters().as_of))))


def _known() -> bool:
    """Whether there are any answers at all, whatever the filters leave."""
    return bool(session.count(answers.given(session.tables(), session.filters())))
