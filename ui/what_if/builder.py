"""The form that builds a scenario: what holds for all of it, then a card a lever. Every widget acts at once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.rows import rows
from analytics.what_if.base import Base
from analytics.what_if.scenario import (
    FEWEST_DRAWS,
    LEVERS,
    LONGEST,
    LONGEST_NAME,
    MOST_DRAWS,
    MOST_LEVERS,
    SHORTEST,
    Kind,
)
from data.errors import DataError, RequestProblem
from ui import session
from ui.parts import md, note, plain, problem, rich, section
from ui.what_if import guard, lever_parts, levers, targets, working
from ui.what_if.draft import Draft, DraftLever, copy_of, new_lever
from ui.what_if.inputs import number


@dataclass(frozen=True)
class Places:
    """Where it is said of each lever, by its number, whom it acts on, what it makes of today's share, and what is wrong with it."""

    facts: dict[int, DeltaGenerator]
    after: dict[int, DeltaGenerator]
    problems: dict[int, DeltaGenerator]


def show() -> Places:
    """The form. What has to be worked out first is said later, in the places that this returns."""
    draft = working.draft()
    places = Places({}, {}, {})
    with st.container(key="what_if_form", gap="small"):
        with st.container(border=True, key="card_what_if"):
            _whole(draft, places)
        for at, lever in enumerate(draft.levers):
            with st.container(border=True, key=f"card_levers_{lever.number}"):
                _card(lever, at, places)
        _add(draft)
    return places


def say_facts(places: Places, base: Base, numbers: list[int]) -> None:
    """Of each lever of `base`, by their numbers: whom it acts on, and what it makes of today's share."""
    draft = working.draft()
    for at, number_ in enumerate(numbers):
        lever = draft.lever(number_)
        if lever is None or number_ not in places.facts:
            continue
        if levers.has_target(lever.kind) or lever.kind == "owner_leaves":
            _say(places.facts[number_], targets.facts(base, at, lever))
        with suppress(RequestProblem):  # said beside the lever
            _say(places.after[number_], targets.after(base, at, lever, lever.made().amount))


def _say(place: DeltaGenerator, words: str) -> None:
    if words:
        place.html(f'<p class="sh-note">{rich(words)}</p>')


def say_problem(places: Places, number_: int, error: DataError) -> None:
    """What is wrong with a lever (0: with the whole), beside it."""
    place = places.problems.get(number_, places.problems[0])
    with place.container():
        problem(error, f"lever_{number_}")


# what holds for all of it


def _whole(draft: Draft, places: Places) -> None:
    locale = session.locale()
    _ = locale._
    section(_("Your assumptions"), _("Low, likely and high of each lever: what you would bet on."))
    key = f"what_if_name_{draft.round}"
    if session.get(key) is None:
        session.put(key, draft.name)
    st.text_input(_("Name"), key=key, max_chars=LONGEST_NAME, on_change=_keep_text, args=("name", key))
    first, second = st.columns(2, gap="small", wrap=False)
    with first:
        _one("horizon_months", _("Months"), draft, step=1, help_=_("How far to look: {least} to {most} months.").format(least=SHORTEST, most=LONGEST))  # fmt: skip
    with second:
        _percent("margin", _("Margin, %"), draft, _("What is left of revenue after the goods. Blank: the margin of the workspace; without any, profit is revenue less costs."))  # fmt: skip
    if guard.has_customers():
        key = f"what_if_counts_new_{draft.round}"
        st.toggle(
            _("Count customers still to come"), value=draft.counts_new, key=key, on_change=_keep_flag, args=(key,),
            help=_("As they came in the last months. Without them, only customers of today are counted."),
        )  # fmt: skip
    with st.expander(_("More: capacity, discounting, draws"), key=f"what_if_more_{draft.round}"):
        _more(draft)
    places.problems[0] = st.empty()


def _more(draft: Draft) -> None:
    locale = session.locale()
    _ = locale._
    _one(
        "capacity", _("Customers an owner can save a month"), draft, step=1.0, placeholder=_("no limit"),
        help_=_("Blank: no limit."),
    )  # fmt: skip
    _percent("discount_rate", _("Discount rate, % a year"), draft, _("How much less money is worth a year later."))
    first, second = st.columns(2, gap="small", wrap=False)
    with first:
        _one("draws", _("Draws"), draft, step=1000, help_=_("In how many futures it is simulated: {least} to {most}.").format(least=locale.count(FEWEST_DRAWS), most=locale.count(MOST_DRAWS)))  # fmt: skip
    with second:
        _one("seed", _("Seed"), draft, step=1, help_=_("The same seed gives the same answer, to the last digit."))


def _one(field: str, label: str, draft: Draft, **options: Any) -> None:
    number(label, f"what_if_{field}_{draft.round}", getattr(draft, field), _keep_number, (field,), **options)


def _percent(field: str, label: str, draft: Draft, help_: str) -> None:
    share = getattr(draft, field)
    number(
        label, f"what_if_{field}_{draft.round}", None if share is None else round(share * 100, 6), _keep_percent, (field,),
        step=1.0, placeholder=session.locale()._("unknown"), help_=help_,
    )  # fmt: skip


def _keep_number(key: str, field: str) -> None:
    value = session.get(key)
    _set(field, value)


def _keep_percent(key: str, field: str) -> None:
    value = session.get(key)
    _set(field, None if value is None else round(value / 100, 8))


def _keep_text(field: str, key: str) -> None:
    _set(field, " ".join((session.get(key) or "").split()))


def _keep_flag(key: str) -> None:
    _set("counts_new", bool(session.get(key)))


def _set(field: str, value: Any) -> None:
    working.change(lambda draft: draft.changed(**{field: value}))


# a lever


def _card(lever: DraftLever, at: int, places: Places) -> None:
    locale = session.locale()
    words = levers.lever_words(locale)[lever.kind]
    title = locale._("Lever {n}").format(n=locale.count(at + 1))
    if lever.name:
        title += f" · {plain(lever.name)}"
    st.html(f'<h3 class="sh-h3">{rich(title)}</h3>')
    _kind(lever)
    note(words.what)
    if lever.kind in levers.HAS_STAGE:
        _stage(lever)
    if lever.kind == "owner_leaves":
        _owner(lever)
    if levers.has_target(lever.kind) or not lever.target.is_everyone:
        targets.show(lever)
    places.facts[lever.number] = st.empty()
    if LEVERS[lever.kind].unit != "none":
        lever_parts.triple(lever, "amount", words.amount)
    places.after[lever.number] = st.empty()
    share = levers.SHARES_OF.get(lever.kind)
    if share is not None:
        lever_parts.triple(lever, share, *levers.share_labels(locale)[share])
    places.problems[lever.number] = st.empty()
    lever_parts.order_button(lever)
    lever_parts.timing_and_costs(lever)
    _buttons(lever, at)


def _kind(lever: DraftLever) -> None:
    locale = session.locale()
    _ = locale._
    offered = levers.offered(has_customers=guard.has_customers(), has_deals=guard.has_deals())
    named = levers.lever_words(locale)
    groups, of = levers.group_words(locale), {kind: group for group, kinds in levers.GROUPS.items() for kind in kinds}
    kinds = [kind for each in offered.values() for kind in each]
    if lever.kind not in kinds:
        kinds.append(lever.kind)
    key = f"lever_kind_{lever.number}"
    st.selectbox(
        _("Lever"), kinds, index=kinds.index(lever.kind), key=key, required=True, label_visibility="collapsed",
        format_func=lambda kind: f"{groups[of[kind]]} · {named[kind].label}", on_change=_keep_kind, args=(lever.number, key),
    )  # fmt: skip


def _keep_kind(number_: int, key: str) -> None:
    """Another kind begins with its own range; whom it acts on, when it starts and what it costs stays."""
    kind: Kind | None = session.get(key)
    lever = working.draft().lever(number_)
    if kind is None or lever is None or kind == lever.kind:
        return
    fresh = new_lever(kind, lever.target, first_stage(), first_owner())
    costs = {name: triple for name, triple in lever.triples.items() if name not in levers.SHARES_OF.values()}
    made = fresh.changed(
        name=lever.name, delay_months=lever.delay_months, ramp_months=lever.ramp_months,
        half_life_months=lever.half_life_months, triples={**fresh.triples, **costs},
    )  # fmt: skip
    working.change(lambda draft: draft.replaced(number_, made))


def _stage(lever: DraftLever) -> None:
    locale = session.locale()
    stages = session.kept(_stages)
    options = [*stages, *([lever.stage] if lever.stage and lever.stage not in stages else [])]
    key = f"lever_stage_{lever.number}"
    st.selectbox(
        locale._("Stage"), options, index=options.index(lever.stage) if lever.stage else None, key=key, format_func=locale.name,
        placeholder=locale._("Choose a stage"), on_change=_keep_field, args=(lever.number, "stage", key),
    )  # fmt: skip


def _owner(lever: DraftLever) -> None:
    locale = session.locale()
    names = _owners()
    options = [*names, *([lever.owner] if lever.owner and lever.owner not in names else [])]
    key = f"lever_owner_{lever.number}"
    st.selectbox(
        locale._("Owner"), options, index=options.index(lever.owner) if lever.owner else None, key=key, format_func=locale.name,
        placeholder=locale._("Choose a person"), on_change=_keep_field, args=(lever.number, "owner", key),
    )  # fmt: skip


def _keep_field(number_: int, field: str, key: str) -> None:
    value = session.get(key)
    working.change(lambda draft: draft.with_lever(number_, **{field: value}))


def _stages() -> list[str]:
    """The open stages, in order, of the pipeline that the filters choose."""
    found = session.tables().stages
    pipeline = session.filters().pipeline
    if pipeline:
        found = found.filter(found.pipeline == pipeline)
    found = found.filter(found.outcome == "open").group_by("stage").agg(at=found.stage_order.min())
    return [row["stage"] for row in rows(session.run(found.order_by("at", "stage").limit(60)))]


def _owners() -> list[str]:
    field = session.find("owner")
    return [name for name in session.customer_counts(field) if name] if field is not None else []


def first_stage() -> str | None:
    return next(iter(session.kept(_stages)), None)


def first_owner() -> str | None:
    return next(iter(_owners()), None)


def _buttons(lever: DraftLever, at: int) -> None:
    _ = session.locale()._
    with st.container(horizontal=True, key=f"lever_buttons_{lever.number}", gap="small"):
        st.button(
            _("Duplicate"), key=f"lever_copy_{lever.number}", icon=":material/content_copy:", type="tertiary",
            on_click=_duplicate, args=(lever.number,),
        )  # fmt: skip
        st.button(
            _("Remove"), key=f"lever_remove_{lever.number}", icon=":material/delete:", type="tertiary",
            on_click=working.change, args=(lambda draft: draft.without(lever.number),),
        )  # fmt: skip


def _duplicate(number_: int) -> None:
    lever = working.draft().lever(number_)
    if lever is not None:
        _try_adding(copy_of(lever), number_)


# one more


def _add(draft: Draft) -> None:
    """A button for every lever that this data can tell anything of, by what it is about."""
    locale = session.locale()
    _ = locale._
    if len(draft.levers) >= MOST_LEVERS:
        note(_("A scenario has at most {n} levers.").format(n=locale.count(MOST_LEVERS)))
        return
    offered = levers.offered(has_customers=guard.has_customers(), has_deals=guard.has_deals())
    groups, named = levers.group_words(locale), levers.lever_words(locale)
    add = st.popover(
        _("Add a lever"),
        icon=":material/add:",
        key=f"what_if_add_{len(draft.levers)}",
        width="stretch",
        on_change="rerun",
    )
    if not add.open:
        return
    with add, st.container(width=360, key="what_if_add_list", gap="xxsmall"):
        for group, kinds in offered.items():
            st.html(f'<p class="sh-lever">{rich(groups[group])}</p>')
            for kind in kinds:
                st.button(
                    md(named[kind].label), key=f"what_if_add_{kind}", type="tertiary", help=named[kind].what, on_click=_add_kind, args=(kind,),
                )  # fmt: skip


def _add_kind(kind: Kind) -> None:
    _try_adding(new_lever(kind, stage=first_stage(), owner=first_owner()))


def _try_adding(lever: DraftLever, after: int | None = None) -> None:
    try:
        working.change(lambda draft: draft.added(lever, after))
    except RequestProblem as error:
        working.note_problem(error)
