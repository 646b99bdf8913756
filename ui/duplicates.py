"""Customers that may be one: what says so, what tells them apart, and the person's decision."""

from __future__ import annotations

import streamlit as st

from data import aside, merges
from data.duplicates import Pair, customers_of, find, not_same, say_not_same
from data.errors import DataError
from data.schema import SCHEMA
from ui import session
from ui.importing import steps
from ui.parts import plain, problem, rich, section, tag

MOST_SHOWN = 8


def show() -> None:
    """The card; nothing where no two customers are alike."""
    locale = session.locale()
    _ = locale._
    wrong = session.get("merge_problem")
    if wrong is not None:
        session.drop("merge_problem")
        problem(wrong)
    merged = session.get("merged")
    if merged is not None:
        session.drop("merged")
        done = locale.n_("{n} customer went into another one.", "{n} customers went into others.", merged)
        how = _("The history on the Import page takes it back.")
        st.success(f"{done} {how}", icon=":material/merge:")
    pairs = session.kept(_pairs, session.workspace().notes_stamp)
    if not pairs:
        return
    sure = [pair for pair in pairs if pair.strength == "sure"]
    with st.container(border=True, key="card_duplicates"):
        section(
            locale.n_("{n} pair of customers may be one", "{n} pairs of customers may be one", len(pairs)),
            _("One company under two names looks like two small customers, and each looks less loyal than it is."),
        )
        if len(sure) > 1:
            st.button(
                _("Merge the {n} sure ones").format(n=locale.count(len(sure))), key="merge_sure", icon=":material/merge:",
                on_click=_merge, args=({pair.other.customer_id: pair.kept.customer_id for pair in sure},),
            )  # fmt: skip
        most = session.get("duplicates_shown") or MOST_SHOWN
        for place, pair in enumerate(pairs[:most]):
            _show(pair, place)
        if len(pairs) > most:
            more = locale.n_("{n} more pair", "{n} more pairs", len(pairs) - most)
            st.button(more, type="tertiary", key="duplicates_more", on_click=session.put, args=("duplicates_shown", most + 20))  # fmt: skip


def _pairs(stamp: tuple[str, ...]) -> list[Pair]:
    """Found once for the same data and decisions, which `stamp` tells apart."""
    return find(customers_of(session.engine()), not_same(session.workspace()))


def _show(pair: Pair, place: int) -> None:
    locale = session.locale()
    _ = locale._
    kinds = {"sure": ("good", _("sure")), "likely": ("warn", _("likely")), "perhaps": ("plain", _("perhaps"))}
    weight = tag(*kinds[pair.strength])  # type: ignore[arg-type]
    kept, other = (
        f"<bdi>{rich(plain(customer.name or customer.customer_id))}</bdi>" for customer in (pair.kept, pair.other)
    )
    deals = (locale.n_("{n} deal", "{n} deals", customer.deals) for customer in (pair.kept, pair.other))
    why = " ".join(rich(plain(locale.say(message))) for message in pair.same)
    apart = "; ".join(
        f"{rich(_(SCHEMA['customers'][column].label))}: <bdi>{rich(plain(one or '–'))}</bdi> / <bdi>{rich(plain(two or '–'))}</bdi>"
        for column, one, two in pair.apart
        if column != "customer_name"
    )
    differ = _("They differ in")
    with st.container(key=f"duplicate_{place}"):
        said, act = st.columns([5, 1.5], vertical_alignment="center")
        with said:
            first, second = deals
            st.html(
                f'<div class="sh-act"><h3>{kept} <span class="sh-muted">{rich(first)}</span> · {other} <span class="sh-muted">{rich(second)}</span> {weight}</h3>'
                f"<p>{why}</p>" + (f"<p>{rich(differ)} {apart}</p>" if apart else "") + "</div>"
            )
        with act, st.container(gap="xxsmall"):
            st.button(
                _("Merge"), key=f"merge_{place}", icon=":material/merge:", width="stretch", on_click=_merge,
                args=({pair.other.customer_id: pair.kept.customer_id},),
                help=_("The first one is kept, and takes what only the other one has. It can be taken back."),
            )  # fmt: skip
            st.button(
                _("They are two"), key=f"not_same_{place}", type="tertiary", width="stretch", on_click=_are_two,
                args=(pair.kept.customer_id, pair.other.customer_id),
            )  # fmt: skip


def _merge(pairs: dict[str, str]) -> None:
    workspace = session.workspace()
    try:
        aside.run(lambda told: merges.merge(workspace, pairs, told), lambda share, step: None, steps.size(workspace))
    except DataError as wrong:
        session.put("merge_problem", wrong)
    else:
        session.put("merged", len(pairs))


def _are_two(one: str, other: str) -> None:
    try:
        say_not_same(session.workspace(), one, other)
    except DataError as wrong:
        session.put("merge_problem", wrong)
