"""The filters all pages share: a chip each, in one line that stays on top."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

import streamlit as st

from analytics import fields
from analytics.customers import who
from analytics.fields import Field, find
from analytics.nps import answers
from analytics.problems import PROBLEMS
from data.messages import N_
from ui import session
from ui.parts import md, plain, rich

OWN_CHIP = ("owner",)
AS_PILLS = 12
EARLIEST, LATEST = date(1970, 1, 1), date(2100, 12, 31)
LONGEST = 28
# What a page counts, and so what its filters choose among.
Of = Literal["deals", "customers", "answers"]


def filter_bar(of: Of = "deals") -> None:
    """Whose data and when, the chips, and how many deals, customers or survey answers they leave."""
    locale, now = session.locale(), session.chosen()
    _ = locale._
    with st.container(key="filter_bar", horizontal=True, vertical_alignment="center", gap="small"):
        _where()
        if of == "deals":
            _without()
        _dates(only_as_of=of == "customers")
        if of == "deals":
            _pipeline()
        known = session.kept(_known, of)
        names = [name for name in OWN_CHIP if name in known] + [name for name in now.chips if name not in OWN_CHIP]
        for name in names:
            field = session.find(name)
            if field is not None:
                _chip(name, field, of)
        _more([field for name, field in known.items() if name not in (*names, "pipeline")])
        if now.any:
            st.button(_("Clear"), type="tertiary", on_click=session.clear, icon=":material/close:", key="clear_filters")
        st.html(f'<p class="sh-where">{rich(_left(of))}</p>', width="content")
    unknown_problems = session.unknown_problems()
    if unknown_problems:
        st.warning(
            _("The link leaves out deals with problems that are not known: {names}. They are counted.").format(
                names=locale.listed([md(name) for name in unknown_problems])
            ),
            icon=":material/filter_alt_off:",
        )
    unknown = session.unknown_filters()
    if unknown:
        st.warning(
            _("The link filters by fields this data does not have: {names}. They are left out.").format(
                names=locale.listed([md(name) for name in unknown])
            ),
            icon=":material/filter_alt_off:",
        )


def _left(of: Of) -> str:
    """How much the filters leave."""
    locale = session.locale()
    if of == "customers":
        return locale.n_("{n} customer", "{n} customers", session.customers())
    if of == "answers":
        return locale.n_("{n} answer", "{n} answers", session.survey_answers())
    return locale.n_("{n} deal", "{n} deals", session.deals())


def _known(of: Of) -> dict[str, Field]:
    """What can be filtered by, by its name in the address: of customers, what is known of them and of who looks after them; of
    survey answers, what their file says of them too."""
    found = fields.fields(session.tables())
    if of == "deals":
        return {field.name: field for field in found}
    own = [replace(find(name, session.tables()), label=N_("Owner")) for name in OWN_CHIP]
    if of == "answers":
        own += answers.fields(session.tables())
    return {field.name: field for field in (*own, *found) if _reaches(field, of)}


def _reaches(field: Field, of: Of) -> bool:
    return of == "deals" or (answers.reaches(field) if of == "answers" else who.reaches(field))


# The values of a field with how often each is there.
_COUNTS = {
    "deals": session.counts,
    "customers": session.customer_counts,
    "answers": session.answer_counts,
}


def _where() -> None:
    locale = session.locale()
    _ = locale._
    facts = session.facts()
    company = session.company()
    words = f"<strong>{rich(plain(company))}</strong>"
    if facts.get("is_demo") == "true" and facts.get("company"):
        made_up = _("made up")
        words += f" · {rich(made_up)}"
    if session.chosen().as_of or session.latest_day():
        words += f" · {rich(_('as of {day}').format(day=locale.day(session.filters().as_of)))}"
    st.html(f'<p class="sh-where">{words}</p>', width="content")


def _popover(name: str, words: str, on: bool, reason: str = ""):  # type: ignore[no-untyped-def]
    chip = st.container(key=f"chip_{'on' if on else 'off'}_{zlib.crc32(name.encode())}", width="content")
    return chip.popover(words, disabled=bool(reason), help=reason or None)


def _dates(only_as_of: bool = False) -> None:
    locale, now = session.locale(), session.chosen()
    _ = locale._
    latest = session.latest_day()
    reason = "" if latest else _("Nothing in this data has a date.")
    is_on = bool(now.as_of or (not only_as_of and (now.since or now.until)))
    with _popover("dates", _("Dates") if only_as_of else _dates_label(), is_on, reason):
        if latest is None:
            return
        if only_as_of:
            st.caption(_("Customers are told of as they stand at a day; a period does nothing here."))
            _date_input("as_of")
            return
        until = now.as_of or latest
        year = session.settings().fiscal_year_start
        starts = until.replace(year=until.year - (until.month < year), month=year, day=1)
        with st.container(horizontal=True, gap="xsmall"):
            for name, words, since in (
                ("quarter", _("Last 90 days"), until - timedelta(days=89)),
                ("twelve", _("Last 12 months"), _year_before(until)),
                ("year", _("This year"), starts),
            ):
                st.button(
                    words, key=f"dates_{name}", on_click=session.choose, args=(replace(now, since=since, until=until),)
                )
        for part in ("since", "until", "as_of"):
            _date_input(part)


def _date_input(part: str) -> None:
    locale = session.locale()
    _ = locale._
    words, help = {
        "since": (_("From"), _("The first day. Deals count by creation in the funnel, by closing in win rates.")),
        "until": (_("To"), _("The last day.")),
        "as_of": (_("As of"), _("The end of this day stands for now: what happened later is ignored.")),
    }[part]
    key = f"date_{part}_{session.filter_round()}"
    st.date_input(
        words,
        value=getattr(session.chosen(), part),
        min_value=EARLIEST,
        max_value=LATEST,
        key=key,
        help=help,
        format="DD/MM/YYYY" if locale.rtl else "YYYY-MM-DD",
        on_change=session.keep_one,
        args=(part, key),
    )


def _dates_label() -> str:
    locale, now = session.locale(), session.chosen()
    _ = locale._
    since, until = (locale.day(value) if value else "…" for value in (now.since, now.until))
    return f"{_('Dates')}: {since} – {until}" if now.since or now.until else _("Dates")


def _year_before(day: date) -> date:
    """The day after the same day a year earlier."""
    earlier = date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)
    return earlier + timedelta(days=1)


def _pipeline() -> None:
    """One pipeline at a time, where there are several; the largest unless the reader says otherwise."""
    field = session.find("pipeline")
    counts = session.counts(field) if field else {}
    if len(counts) < 2:
        return
    locale, now = session.locale(), session.chosen()
    shown = session.filters().pipeline
    with _popover("pipeline", f"{locale._('Pipeline')}: {_short(shown or '')}", now.pipeline is not None):
        options = [value for value in counts if value]
        key = f"pipeline_{session.filter_round()}"
        st.radio(
            locale._("Pipeline"),
            options,
            index=options.index(shown) if shown in options else None,
            format_func=lambda value: f"{md(value)} · {locale.count(counts[value])}",
            key=key,
            on_change=session.keep_one,
            args=("pipeline", key),
        )


def _chip(name: str, field: Field, of: Of) -> None:
    locale = session.locale()
    _ = locale._
    label = _(field.label)
    kept = session.chosen().where.get(name, ())
    reaches = _reaches(field, of)
    counts = _COUNTS[of](field) if reaches else {}
    words = md(label)
    if kept:
        words += ": " + _short(kept[0] or _("(empty)")) + (f" +{len(kept) - 1}" if len(kept) > 1 else "")
    if not reaches:
        reason = (
            _("This is known of survey answers, not of customers or deals: it does nothing on this page.")
            if field.table == answers.TABLE
            else _("This is known of deals, not of customers: it does nothing on this page.")
        )
    elif any(counts) or kept:
        reason = ""
    else:
        reason = {
            "customers": _("No customer has a value here, so it can filter nothing."),
            "answers": _("No survey answer has a value here, so it can filter nothing."),
            "deals": _("No deal has a value here, so it can filter nothing."),
        }[of]
    with _popover(name, words, bool(kept), reason):
        if reason:
            return
        options = list(counts) + [value for value in kept if value not in counts]

        def said(value: str) -> str:
            return f"{locale.name(value) if value else _('(empty)')} · {locale.count(counts.get(value, 0))}"

        # New labels make a new widget: an old one would look for its choice among them in vain.
        drawn = zlib.crc32("\n".join(map(said, options)).encode())
        key = f"filter_{name}_{session.filter_round()}_{drawn}"
        if len(options) > AS_PILLS:
            st.multiselect(
                md(label), options, default=list(kept), format_func=said, key=key,
                placeholder=_("Search"), on_change=session.keep, args=(name, key), width=320,
            )  # fmt: skip
        else:
            st.pills(
                md(label), options, default=list(kept), format_func=lambda value: md(said(value)), key=key,
                selection_mode="multi", on_change=session.keep, args=(name, key),
            )  # fmt: skip
        if name not in OWN_CHIP:
            st.button(
                _("Remove this filter"), key=f"remove_{name}", type="tertiary", icon=":material/close:",
                on_click=_remove, args=(name,),
            )  # fmt: skip


def _remove(name: str) -> None:
    now = session.chosen()
    where = {kept: values for kept, values in now.where.items() if kept != name}
    session.choose(replace(now, where=where, chips=tuple(chip for chip in now.chips if chip != name)))


def _without() -> None:
    """What is left out for a problem of its data, and the way to put it back."""
    locale, left = session.locale(), session.left_out()
    _ = locale._
    if not left:
        return
    n = session.all_deals() - session.deals()
    words = locale.n_("{n} deal left out", "{n} deals left out", n)
    name, *others = left
    words += f": {_(PROBLEMS[name].label)}" + (f" +{len(others)}" if others else "")
    with _popover("without", words, on=True):
        for name, deals in left.items():
            st.button(
                _("Put back: {problem} ({n})").format(problem=_(PROBLEMS[name].label), n=locale.count(deals)),
                key=f"put_back_{name}", icon=":material/undo:", type="tertiary", on_click=session.put_back, args=(name,),
            )  # fmt: skip
        if others:
            st.button(
                _("Put all back"),
                key="put_back_all",
                icon=":material/undo:",
                on_click=session.put_back,
                args=tuple(left),
            )
        st.page_link("../pages/quality.py", label=_("Data quality"), icon=":material/fact_check:")


def _more(others: list[Field]) -> None:
    locale = session.locale()
    _ = locale._
    with _popover("more", _("More"), on=False):
        key = f"more_{session.filter_round()}"
        st.selectbox(
            _("Filter by another field"),
            others,
            index=None,
            format_func=lambda field: locale.name(_(field.label)),
            placeholder=_("Search"),
            key=key,
            on_change=_add,
            args=(key,),
            width=280,
        )


def _add(key: str) -> None:
    field: Field | None = session.get(key)
    if field is not None:
        now = session.chosen()
        session.choose(replace(now, chips=(*now.chips, field.name)))


def _short(value: str) -> str:
    return md(value if len(value) <= LONGEST else value[: LONGEST - 1] + "…")
