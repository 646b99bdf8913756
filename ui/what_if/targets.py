"""Whom a lever acts on: the choices in the form, and what is known of those chosen before anything is simulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from analytics import fields
from analytics.customers import scores, who
from analytics.customers.value_risk import QUADRANTS
from analytics.fields import Field
from analytics.rows import rows
from analytics.what_if.base import Base
from analytics.what_if.effects import CHURN_FLOOR, YEAR
from analytics.what_if.scenario import LEVERS, Range, Target
from data.customer_settings import TIERS
from ui import session
from ui.charts.quadrant import quadrant_words
from ui.customer.search import found, label
from ui.customers.value_risk_words import lifecycle_words
from ui.parts import md
from ui.what_if import working
from ui.what_if.draft import DraftLever
from ui.what_if.words import target_words

_LIFECYCLES = ("first_time", "core", "returned", "defecting")
_OWN = ("owner", "owner_id", "customer_id")
LONGEST = 48


def show(lever: DraftLever) -> None:
    """The button that says whom the lever acts on, and behind it the choices."""
    _ = session.locale()._
    words = target_words(lever.target, session.locale())
    words = words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
    with st.container(key=f"lever_target_{lever.number}", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<p class="sh-label">{_("Whom")}</p>', width="content")
        opened = st.popover(md(words), icon=":material/group:", key=f"lever_whom_{lever.number}", on_change="rerun")
    if opened.open:
        with opened, st.container(width=420):
            _choices(lever)


def _choices(lever: DraftLever) -> None:
    """Fields of customers, one below the other: of several all hold, of the values of one any."""
    locale, target = session.locale(), lever.target
    _ = locale._
    is_lost = LEVERS[lever.kind].acts == "lost"
    if not is_lost or target.quadrants:
        _pills(lever, "quadrants", _("Value and risk"), QUADRANTS, quadrant_words(locale).__getitem__)
    _pills(lever, "tiers", _("Tier"), TIERS, lambda tier: _("tier {tier}").format(tier=tier))
    if not is_lost or target.lifecycles:
        told = lifecycle_words(locale)
        known = (*_LIFECYCLES, *(each for each in target.lifecycles if each not in _LIFECYCLES))
        _pills(lever, "lifecycles", _("Lifecycle"), known, lambda stage: told.get(stage, stage))
    owner = session.find("owner")
    if owner is not None:
        _values(lever, "owners", _("Owner"), [name for name in session.customer_counts(owner) if name], target.owners)
    known_fields = {field.name: field for field in session.kept(_fields)}
    for name, values in target.where:
        field = session.find(name)
        options = [value for value in session.customer_counts(field) if value] if field is not None else []
        _values(lever, f"where_{name}", _(field.label) if field is not None else name, options, values)
    others = [name for name in known_fields if name not in dict(target.where)]
    _another(lever, others, known_fields)
    _picked(lever)
    if not target.is_everyone:
        st.button(
            _("All customers"), key=f"lever_everyone_{lever.number}", icon=":material/close:", type="tertiary",
            on_click=_take, args=(lever.number, Target()),
        )  # fmt: skip


def _fields() -> list[Field]:
    """What else of customers can be chosen by: any category of theirs, and of who looks after them."""
    every = fields.fields(session.tables())
    return [field for field in every if who.reaches(field) and who.of_customer(field).column not in _OWN]


def _pills(lever: DraftLever, part: str, words: str, options: tuple[str, ...], said: Callable[[str], str]) -> None:
    key = f"lever_{part}_{lever.number}_{_round(lever)}"
    st.pills(
        words, options, default=list(getattr(lever.target, part)), format_func=lambda name: md(said(name)), key=key,
        selection_mode="multi", on_change=_keep, args=(lever.number, part, key),
    )  # fmt: skip


def _values(lever: DraftLever, part: str, words: str, options: list[str], chosen: tuple[str, ...]) -> None:
    locale = session.locale()
    key = f"lever_{part}_{lever.number}_{_round(lever)}"
    st.multiselect(
        md(words), [*options, *(value for value in chosen if value not in options)], default=list(chosen),
        format_func=locale.name, key=key, placeholder=locale._("Search"), on_change=_keep, args=(lever.number, part, key),
    )  # fmt: skip


def _another(lever: DraftLever, names: list[str], known: dict[str, Field]) -> None:
    locale = session.locale()
    _ = locale._
    if not names:
        return
    key = f"lever_field_{lever.number}_{len(lever.target.where)}_{_round(lever)}"
    st.selectbox(
        _("Another field"), names, index=None, format_func=lambda name: locale.name(_(known[name].label)), key=key,
        placeholder=_("Search"), on_change=_add_field, args=(lever.number, key),
    )  # fmt: skip


def _picked(lever: DraftLever) -> None:
    """Customers by name or number, found by a part of it."""
    locale = session.locale()
    _ = locale._
    chosen = lever.target.customers
    text = st.text_input(
        _("Customers by name or number"), key=f"lever_search_{lever.number}_{_round(lever)}", type="search", live="300ms",
        placeholder=_("Search"), max_chars=100,
    )  # fmt: skip
    names = {row["customer_id"]: label(row) for row in found(text or "")} if text else {}
    names = {number: number for number in chosen} | names | session.kept(_names, chosen)
    if not names:
        return
    key = f"lever_customers_{lever.number}_{_round(lever)}"
    st.multiselect(
        _("Chosen customers"), list(names), default=list(chosen), format_func=lambda number: locale.name(names[number]), key=key,
        on_change=_keep, args=(lever.number, "customers", key), placeholder=_("Choose a customer"),
    )  # fmt: skip


def _names(numbers: tuple[str, ...]) -> dict[str, str]:
    """What customers are called, by their number."""
    if not numbers:
        return {}
    every = scores.every(session.filters())
    known = every.filter(every.customer_id.isin(numbers)).select("customer_id", "customer")
    return {row["customer_id"]: label(row) for row in rows(session.run(known))}


def _round(lever: DraftLever) -> int:
    """Part of the key of every choice: a new number makes it forget what it showed."""
    found: int = session.get(f"lever_round_{lever.number}", 0)
    return found


def _keep(number: int, part: str, key: str) -> None:
    values = tuple(session.get(key) or ())
    lever = working.draft().lever(number)
    if lever is None:
        return
    if part.startswith("where_"):
        name = part.removeprefix("where_")
        where = tuple((each, values if each == name else kept) for each, kept in lever.target.where)
        target = replace(lever.target, where=tuple((each, kept) for each, kept in where if kept))
    else:
        changes: dict[str, Any] = {part: values}
        target = replace(lever.target, **changes)
    working.change(lambda draft: draft.with_lever(number, target=target))


def _add_field(number: int, key: str) -> None:
    """A field without values yet chooses by all of them that have one, until some are taken."""
    name, lever = session.get(key), working.draft().lever(number)
    field = session.find(name) if name else None
    if lever is None or field is None:
        return
    values = tuple(value for value in session.customer_counts(field) if value)[:1]
    if values:
        target = replace(lever.target, where=(*lever.target.where, (name, values)))
        working.change(lambda draft: draft.with_lever(number, target=target))


def _take(number: int, target: Target) -> None:
    working.change(lambda draft: draft.with_lever(number, target=target))
    session.put(f"lever_round_{number}", session.get(f"lever_round_{number}", 0) + 1)


# what is known of them


def facts(base: Base, place: int, lever: DraftLever) -> str:
    """How many customers a lever acts on, what they brought, and how they stay or are contacted today."""
    locale = session.locale()
    _ = locale._
    size = base.size_of[place]
    if not np.isfinite(size):
        return ""
    if LEVERS[lever.kind].acts == "lost":
        parts = [locale.n_("{n} customer lost in the last twelve months", "{n} customers lost in the last twelve months", int(size))]  # fmt: skip
    else:
        parts = [locale.n_("{n} customer", "{n} customers", int(size))]
    brought = base.revenue_of[place]
    if size and np.isfinite(brought):
        parts.append(_("{money} in 12 months").format(money=locale.money(float(brought), base.currency)))
    stay = staying(base, place)
    if stay is not None:
        parts.append(_("{share} stay a year").format(share=locale.share(stay)))
    contacted = base.contacted_of[place]
    if lever.kind in ("contact_coverage", "save_rate") and np.isfinite(contacted):
        parts.append(_("{share} contacted as promised").format(share=locale.share(float(contacted))))
    return " · ".join(parts)


def staying(base: Base, place: int) -> float | None:
    """The chance of a customer of the lever's target to be there a year on, if it is there today; None where nobody is in it."""
    cells = base.cells
    if cells is None:
        return None
    rows_ = np.flatnonzero(cells.acted_on[:, place])
    alive = cells.alive[rows_]
    if not len(rows_) or alive.sum() <= 0:
        return None
    year = cells.hazard[rows_, :YEAR].sum(axis=1) * (YEAR / min(cells.months, YEAR))
    return float((alive * np.exp(-year)).sum() / alive.sum())


def after(base: Base, place: int, lever: DraftLever, amount: Range) -> str:
    """What a lever in points makes of today's share: "71% → 74–79% stay a year"; "" where that is not known."""
    locale = session.locale()
    _ = locale._
    if lever.kind in ("retention", "loyalty", "onboarding"):
        now, words = staying(base, place), _("{now} {arrow} {then} stay a year")
        most = 1 - CHURN_FLOOR if now is None else max(1 - CHURN_FLOOR, now)
    elif lever.kind == "contact_coverage":
        known = float(base.contacted_of[place])
        now, words, most = (known if np.isfinite(known) else 0.0), _("{now} {arrow} {then} contacted"), 1.0
    else:
        return ""
    if now is None:
        return ""
    low, high = (min(max(now + each / 100, 0.0), most) for each in (amount.low, amount.high))
    then = locale.share(low) if low == high else locale.shares(low, high)
    told = words.format(now=locale.share(now), arrow="←" if locale.rtl else "→", then=then)
    if now + amount.high / 100 > most + 1e-9:
        told += " · " + _("{most} is the most that can be").format(most=locale.share(most))
    return told
