"""Answers of nobody known, which customers they could be of, and the person's decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers import who
from analytics.filters import Filters
from analytics.nps.matching import MOST_SUBJECTS, suggested
from analytics.rows import rows as records
from data import aside, respondent_joins
from data.errors import DataError
from data.messages import Message
from data.respondent_steps import decide
from data.respondents import Decision
from ui import session, tables, words
from ui.customer.links import customer_links
from ui.importing import steps
from ui.locale import Locale
from ui.parts import note, paper, plain, problem, rich, section, tag, under_chart

MOST_SHOWN = 8
MOST_TO_CHOOSE_FROM = 2_000
ANOTHER = ""  # in place of a customer's number: one that was not suggested
_ORDER = {"sure": 0, "likely": 1, "perhaps": 2}
MEANS = ("subject", "written", "sureness", "evidence")


def found() -> pd.DataFrame:
    """The suggestions, of all answers and invitations up to the as-of date."""
    return session.answer(suggested, within=_everything())


def _everything() -> Filters:
    return Filters(session.filters().as_of, time_zone=session.filters().time_zone)


def show_list() -> None:
    """The card with what is to be decided."""
    locale = session.locale()
    _ = locale._
    rows = session.kept(_subjects)
    with st.container(border=True, key="card_matching"):
        section(
            locale.n_("{n} respondent or company to be decided", "{n} respondents or companies to be decided", len(rows))
            if 0 < len(rows) < MOST_SUBJECTS
            else _("Nothing to be decided") if not rows
            else _("More than {n} respondents and companies to be decided").format(n=locale.count(MOST_SUBJECTS)),
            _("A decision holds for files loaded later too. Each is a step of the history on the Import page, which takes it back.")
            if rows else "",
        )  # fmt: skip
        if silent := session.kept(_silent):
            note(
                locale.n_(
                    "{n} answer or invitation names no company, no person and no address: nothing tells whose it is.",
                    "{n} answers and invitations name no company, no person and no address: nothing tells whose they are.",
                    silent,
                )
            )
        if not rows:
            return
        if not session.kept(_customers):
            note(
                _(
                    "**No customers are loaded yet**, so there is none to join them to. Add an export of customers first."
                )
            )
        sure = [subject for subject in rows if subject["could"] and subject["could"][0]["sureness"] == "sure"]
        if len(sure) > 1:
            decisions = tuple(_decision(each, each["could"][0]["customer_id"]) for each in sure)
            st.button(
                _("Join the {n} sure ones").format(n=locale.count(len(sure))), key="match_sure", icon=":material/done_all:",
                on_click=keep, args=(decisions,),
            )  # fmt: skip
        most = session.get("matches_shown") or MOST_SHOWN
        for subject in rows[:most]:
            _show(subject, locale)
        if len(rows) > most:
            more = locale.n_("{n} more to decide", "{n} more to decide", len(rows) - most)
            st.button(
                more, type="tertiary", key="matches_more", on_click=session.put, args=("matches_shown", most + 20)
            )
        customer_links([each for subject in rows[:most] for each in subject["could"]], "match_open")
        _under()


def _subjects() -> list[dict[str, Any]]:
    """A row a subject with the customers it could be, the surest first, then those with most answers."""
    made: dict[tuple[str, str], dict[str, Any]] = {}
    rows = found()
    for row in records(rows):
        subject = made.setdefault((row["subject"], row["written"]), row | {"could": []})
        if row["customer_id"] is not None:
            subject["could"].append(row)
    return sorted(
        made.values(),
        key=lambda each: (
            _ORDER.get(each["could"][0]["sureness"], 3) if each["could"] else 3,
            -each["answers"],
            -each["invitations"],
        ),
    )


def _silent() -> int:
    """How many are of nobody known and name nothing to go by."""
    return respondent_joins.nameless(session.engine())


def _decision(subject: Mapping[str, Any], customer_id: str | None, *, is_same: bool = True) -> Decision:
    return Decision(subject["subject"], subject["written"], customer_id, is_same)


def subject_words(locale: Locale) -> dict[str, str]:
    """What a subject is, in a word or two."""
    _ = locale._
    return {
        "name": _("company, as written"), "domain": _("email domain"), "address": _("email address"), "respondent": _("person"),
    }  # fmt: skip


def counted(row: Mapping[str, Any], locale: Locale) -> str:
    """How many answers and invitations it is about."""
    parts = []
    if row["answers"]:
        parts.append(locale.n_("{n} answer", "{n} answers", int(row["answers"])))
    if row["invitations"]:
        parts.append(locale.n_("{n} invitation", "{n} invitations", int(row["invitations"])))
    return " · ".join(parts)


def _show(subject: Mapping[str, Any], locale: Locale) -> None:
    _ = locale._
    could = subject["could"]
    key = f"{subject['subject']}_{subject['written']}"
    kinds = {"sure": ("good", _("sure")), "likely": ("warn", _("likely")), "perhaps": ("plain", _("perhaps"))}
    with st.container(key=f"match_{_slug(key)}"):
        said, act = st.columns([2.2, 1], vertical_alignment="center")
        with said:
            kind = subject_words(locale)[subject["subject"]]
            none = _("No customer looks like it. Choose one, or say that it is none.")
            lines = (
                "".join(
                    f"<p>{tag(*kinds[each['sureness']])} <b><bdi>{rich(plain(each['customer']))}</bdi></b> "  # type: ignore[arg-type]
                    f"<span>{_owner(each, locale)}</span> {_evidence(each, locale)}</p>"
                    for each in could
                )
                or f"<p>{rich(none)}</p>"
            )
            st.html(
                f'<div class="sh-act"><h3><bdi>{rich(plain(subject["written"]))}</bdi> '
                f'<span class="sh-muted" style="font-weight:400">{rich(kind)} · {rich(counted(subject, locale))}</span></h3>{lines}</div>'
            )
        with act, st.container(gap="xxsmall"):
            _act(subject, key, locale)


def _act(subject: Mapping[str, Any], key: str, locale: Locale) -> None:
    """The customer to join it to, and the two answers."""
    _ = locale._
    could = subject["could"]
    names = {each["customer_id"]: each["customer"] for each in could} | {ANOTHER: _("Another customer …")}
    picked = st.selectbox(
        _("Customer of {written}").format(written=locale.name(subject["written"])), list(names), key=f"match_of_{key}",
        format_func=lambda number: locale.name(names[number]), label_visibility="collapsed",
    )  # fmt: skip
    if picked == ANOTHER:
        every = session.kept(_customers)
        picked = st.selectbox(
            _("Another customer for {written}").format(written=locale.name(subject["written"])), list(every), index=None,
            key=f"match_any_{key}", format_func=lambda number: locale.name(every.get(number, number)), placeholder=_("Choose a customer"),
            label_visibility="collapsed", accept_new_options=len(every) >= MOST_TO_CHOOSE_FROM,
        )  # fmt: skip
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            _("Join"), key=f"match_join_{key}", icon=":material/link:", disabled=not picked,
            on_click=keep, args=((_decision(subject, picked),),),
        )  # fmt: skip
        if could:
            st.button(
                _("None of these"), key=f"match_no_{key}", type="tertiary", on_click=keep,
                args=(tuple(_decision(subject, each["customer_id"], is_same=False) for each in could),),
            )  # fmt: skip
        else:
            st.button(
                _("No customer"), key=f"match_none_{key}", type="tertiary", on_click=keep, args=((_decision(subject, None),),),
                help=_("It is not asked about again."),
            )  # fmt: skip


def _customers() -> dict[str, str]:
    """The customers by number, by name; the first of them where there are very many, of which the others are chosen by number."""
    known = who.customers(session.tables(), _everything()).order_by("customer", "customer_id")
    rows = session.run(known.select("customer_id", "customer").limit(MOST_TO_CHOOSE_FROM))
    twice = set(rows["customer"][rows["customer"].duplicated()])
    return {
        number: f"{name} · {number}" if name in twice else name
        for number, name in zip(rows["customer_id"], rows["customer"], strict=True)
    }


def _owner(row: Mapping[str, Any], locale: Locale) -> str:
    return f"({rich(plain(row['owner']))})" if row["owner"] else ""


def _evidence(row: Mapping[str, Any], locale: Locale) -> str:
    return " ".join(rich(plain(locale.say(Message.parse(line)))) for line in row["said"].split("\n"))


def _slug(key: str) -> str:
    """A key that can be a CSS class."""
    return "".join(letter if letter.isalnum() else "-" for letter in key)[:60]


def keep(decisions: tuple[Decision, ...]) -> None:
    """Keep decisions as one step of the history."""
    workspace = session.workspace()
    try:
        step = aside.run(
            lambda told: decide(workspace, decisions, told), lambda share, said: None, steps.size(workspace)
        )
    except DataError as wrong:
        session.put("match_problem", wrong)
    else:
        session.put("matched", int(step.report["joined"]))


def last_step() -> None:
    """What became of the last decision."""
    locale = session.locale()
    _ = locale._
    wrong, matched = session.get("match_problem"), session.get("matched")
    session.drop("match_problem", "matched")
    if wrong is not None:
        problem(wrong)
    if matched is not None:
        done = _("Kept.")
        if matched > 0:
            done = locale.n_("{n} row of the surveys found its customer.", "{n} rows of the surveys found their customers.", matched)  # fmt: skip
        elif matched < 0:
            done = locale.n_("{n} row of the surveys is of no known customer again.", "{n} rows of the surveys are of no known customer again.", -matched)  # fmt: skip
        st.success(f"{done} {_('The history on the Import page takes it back.')}", icon=":material/how_to_reg:")


def _under() -> None:
    """All suggestions as a table and to take away."""
    locale = session.locale()
    _ = locale._
    rows = found()
    told_ = records(rows)
    sureness = {"sure": _("sure"), "likely": _("likely"), "perhaps": _("perhaps")}
    said = rows.assign(
        kind=[subject_words(locale)[row["subject"]] for row in told_],
        how=[sureness.get(row["sureness"]) for row in told_],
        why=[
            " ".join(locale.say(Message.parse(line)) for line in row["said"].split("\n")) if row["said"] else None
            for row in told_
        ],
    )
    shown, kinds = tables.columns_once(
        said,
        [
            ("kind", _("Told by"), "text"), ("written", _("As written"), "text"), ("answers", _("Answers"), "count"),
            ("invitations", _("Invitations"), "count"), ("customer", _("Could be"), "text"), ("owner", _("Owner"), "text"),
            ("how", _("How sure"), "text"), ("why", _("What says so"), "text"), ("customer_id", _("Customer number"), "text"),
        ],
    )  # fmt: skip
    basis = " · ".join([_("all answers and invitations"), session.as_of_words()])
    means = words.meanings(*MEANS, of="respondent_matches")
    about = paper("respondent_matches", _("Whose answers they could be"), shown, kinds, meanings=means, basis=basis)
    under_chart(about, session.asked(suggested, within=_everything()), means, basis)
