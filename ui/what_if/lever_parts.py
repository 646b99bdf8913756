"""The parts of a lever's card: three numbers in a row, and what is behind the fold: timing and costs."""

from __future__ import annotations

import streamlit as st

from analytics.what_if.scenario import LEVERS, LONGEST_NAME
from ui import session
from ui.parts import note, rich
from ui.what_if import working
from ui.what_if.draft import COSTS, NO_TRIPLE, DraftLever, is_given
from ui.what_if.inputs import number
from ui.what_if.levers import Triple

ENDS = ("low", "likely", "high")


def triple(lever: DraftLever, name: str, label: str, remark: str = "") -> None:
    """Low, likely and high of an amount, a share or a cost."""
    _ = session.locale()._
    words = {"low": _("Low"), "likely": _("Likely"), "high": _("High")}
    st.html(f'<p class="sh-lever">{rich(label)}</p>')
    given = lever.amount if name == "amount" else lever.triples.get(name, NO_TRIPLE)
    for at, (cell, end) in enumerate(zip(st.columns(3, gap="xsmall", wrap=False), ENDS, strict=True)):
        with cell:
            number(words[end], f"lever_{name}_{end}_{lever.number}", given[at], _keep, (lever.number, name, at))
    if remark:
        note(remark)


def _keep(key: str, number_: int, name: str, at: int) -> None:
    """Take the one of the three that changed. The first of a cost or a share to be written is known for sure: it stands for all."""
    value, lever = session.get(key), working.draft().lever(number_)
    if lever is None:
        return
    before = lever.amount if name == "amount" else lever.triples.get(name, NO_TRIPLE)
    if name != "amount" and value is not None and not is_given(before):
        for end in ENDS:
            session.put(f"lever_{name}_{end}_{number_}", value)
        low = likely = high = value
    else:
        low, likely, high = (value if place == at else each for place, each in enumerate(before))
    working.change(lambda draft: draft.with_triple(number_, name, (low, likely, high)))


def order_button(lever: DraftLever) -> None:
    """Where three numbers are there but out of order: a button that sorts them."""
    if _unordered(lever):
        st.button(
            session.locale()._("Put them in order"), key=f"lever_order_{lever.number}", icon=":material/sort:", type="tertiary",
            on_click=_order, args=(lever.number,),
        )  # fmt: skip


def _unordered(lever: DraftLever) -> dict[str, Triple]:
    """The triples that are out of order, by name, in order."""
    found: dict[str, Triple] = {}
    for name, given in {"amount": lever.amount, **lever.triples}.items():
        known = [each for each in given if each is not None]
        if len(known) == 3 and known != sorted(known):
            low, likely, high = sorted(known)
            found[name] = (low, likely, high)
    return found


def _order(number_: int) -> None:
    lever = working.draft().lever(number_)
    for name, given in (_unordered(lever) if lever is not None else {}).items():
        for end, value in zip(ENDS, given, strict=True):
            session.put(f"lever_{name}_{end}_{number_}", value)
        working.change(lambda draft, name=name, given=given: draft.with_triple(number_, name, given))  # type: ignore[misc]


# behind the fold


def timing_and_costs(lever: DraftLever) -> None:
    """When the lever starts, how it grows and fades, and what it costs; folded, with what was said of it."""
    locale = session.locale()
    _ = locale._
    note(_summary(lever))
    # Another label would close it.
    with st.expander(_("Timing and costs"), key=f"lever_fold_{lever.number}"):
        key = f"lever_name_{lever.number}"
        if session.get(key) is None:
            session.put(key, lever.name)
        st.text_input(
            _("Name of the lever"), key=key, max_chars=LONGEST_NAME, placeholder=_("none"),
            on_change=_keep_name, args=(key, lever.number),
        )  # fmt: skip
        months: dict[str, tuple[str, str, float | int, str]] = {
            "delay_months": (_("Starts after, months"), _("Nothing happens before."), 1, "0"),
            "ramp_months": (_("Grows over, months"), _("Until it has its full effect."), 1, "0"),
            "half_life_months": (_("Half is gone after, months"), _("Blank: it lasts."), 1.0, _("lasts")),
        }
        if LEVERS[lever.kind].unit != "none":
            months["ceiling"] = (
                _("Never more than"),
                _(
                    "In the unit of the lever: the closer to it, the less each further step brings. Blank: no such limit."
                ),
                1.0,
                _("no limit"),
            )
        for pair in (list(months)[:2], list(months)[2:]):
            for cell, field in zip(st.columns(2, gap="small", wrap=False), pair, strict=False):
                label, help_, step, blank = months[field]
                with cell:
                    number(
                        label, f"lever_{field}_{lever.number}", getattr(lever, field), _keep_field, (lever.number, field),
                        step=step, help_=help_, placeholder=blank,
                    )  # fmt: skip
        for name, label in _cost_labels().items():
            triple(lever, name, label)
        note(_("Blank: it costs nothing. One number alone is known for sure."))


def _keep_name(key: str, number_: int) -> None:
    name = " ".join((session.get(key) or "").split())
    working.change(lambda draft: draft.with_lever(number_, name=name))


def _keep_field(key: str, number_: int, field: str) -> None:
    value = session.get(key)
    working.change(lambda draft: draft.with_lever(number_, **{field: value}))


def _cost_labels() -> dict[str, str]:
    locale = session.locale()
    _ = locale._
    currency = working.draft().currency or session.currency()
    said = {
        "fixed": _("Cost once, when it starts"),
        "monthly": _("Cost a month"),
        "per_customer": _("Cost for each customer it acts on"),
        "per_save": _("Cost for each that stays or comes because of it"),
    }
    return {name: f"{said[name]}, {currency}" if currency else said[name] for name in COSTS}


def _summary(lever: DraftLever) -> str:
    locale = session.locale()
    _ = locale._
    parts = []
    if lever.delay_months:
        parts.append(locale.n_("after {n} month", "after {n} months", int(lever.delay_months)))
    if lever.ramp_months:
        parts.append(locale.n_("over {n} month", "over {n} months", int(lever.ramp_months)))
    if lever.half_life_months:
        parts.append(_("fading"))
    n = sum(is_given(lever.triples.get(name, NO_TRIPLE)) for name in COSTS)
    parts.append(locale.n_("{n} kind of cost", "{n} kinds of cost", n) if n else _("no costs"))
    words = " · ".join(parts)
    return words[0].upper() + words[1:]
