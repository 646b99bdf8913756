"""What the people of a customer answered to surveys: their scores over time, and every answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.respondent_history import respondent_history
from analytics.rows import rows as records
from ui import session, tables, words
from ui.charts.nps_follows import scores_figure
from ui.customer import search
from ui.locale import NOTHING, Locale
from ui.nps.follows_words import one_words
from ui.parts import Piece, chart, drawn, legend, paper, plain, rich, section, table, tag, told, under_chart

Row = Mapping[str, Any]
MOST = 200
ON_SCREEN = 10
MOST_LINES = 8  # people that a small chart can tell apart
MEANS = ("answered_as", "score", "scale", "is_counted")


def show_scores(row: Row) -> None:
    """The card, where anybody of the customer ever answered."""
    found = session.answer(
        respondent_history, search.of_anyone(), customer=row["customer_id"], most=MOST, is_number=True
    )
    if len(found):
        with st.container(border=True, key="card_customer_scores"):
            drawn(_scores, row["customer_id"], row["customer"])


@told
def _scores(number: str, customer: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = session.answer(respondent_history, search.of_anyone(), customer=number, most=MOST, is_number=True)
    rows = records(found)
    yield partial(section, _("What its people answered"), scores_sentence(rows, locale))
    counted = [row for row in rows if row["is_counted"]]
    people = list(dict.fromkeys(_person(row) for row in counted))[:MOST_LINES]
    if counted:
        colors = look.colors
        key = [(colors.won, _("promoter")), (colors.neutral, _("passive")), (colors.lost, _("detractor"))]
        yield partial(legend, key)
        drawn_rows = pd.DataFrame([
            {"person": _person(row), "day": row["day"], "score": row["score"], "answered_as": row["answered_as"], "said": _hover(row, locale)}
            for row in counted if _person(row) in people
        ])  # fmt: skip
        called = {_person(row): row["respondent"] or _("nobody named") for row in reversed(counted)}
        figure = scores_figure(drawn_rows, people, [called[person] for person in people], look)
        alt = _("Scores of the people of {customer} over time, the newest first: {scores}.").format(
            customer=locale.name(customer),
            scores=", ".join(f"{locale.day(row['day'])} {locale.count(row['score'])}" for row in counted[:20]),
        )
        yield partial(chart, figure, "customer_scores", alt, wide=True)
    heads = [_("Day"), _("Who answered"), _("Score"), _("What they wrote")]
    lines = [_line(row, locale) for row in rows[:ON_SCREEN]]
    yield partial(table, heads, lines, caption=_("Survey answers"), numbers=(2,))
    shown, kinds = scores_table(found, locale)
    means = words.meanings(*MEANS, of="respondent_history")
    parts = [locale.n_("{n} answer", "{n} answers", len(rows)), session.as_of_words()]
    if len(rows) >= MOST:
        parts[0] = _("the newest {n} answers").format(n=locale.count(MOST))
    if len({_person(row) for row in counted}) > MOST_LINES:
        parts.append(_("the chart shows the {n} people who answered last").format(n=locale.count(MOST_LINES)))
    basis = " · ".join(parts)
    what = paper("customer_scores", _("What its people answered"), shown, kinds, meanings=means, basis=basis)
    asked = session.asked(respondent_history, search.of_anyone(), customer=number, most=MOST, is_number=True)
    whole = None
    if len(rows) >= MOST:
        whole = session.answer_later(
            respondent_history, lambda each: scores_table(each, locale)[0], customer=number, is_number=True
        )
    picture = "wide_customer_scores" if counted else ""
    yield partial(under_chart, what, asked, means, basis, picture=picture, whole=whole)


def _person(row: Row) -> str:
    return str(row["person"] or row["respondent"] or "")


def scores_sentence(rows: list[dict[str, Any]], locale: Locale) -> str:
    """How many answered, and how the latest answers stand against those before."""
    _ = locale._
    counted = [row for row in rows if row["is_counted"]]
    if not counted:
        return _("Its people answered on other scales than NPS only.")
    people: dict[str, list[Row]] = {}
    for row in counted:
        people.setdefault(_person(row), []).append(row)
    pairs = [own[:2] for own in people.values() if len(own) > 1]
    fell = sum(own[0]["score"] < own[1]["score"] for own in pairs)
    rose = sum(own[0]["score"] > own[1]["score"] for own in pairs)
    first = _("{answers} of {people}, the last on {day}.").format(
        answers=locale.n_("{n} answer", "{n} answers", len(counted)), people=locale.n_("{n} person", "{n} people", len(people)),
        day=locale.day(counted[0]["day"]),
    )  # fmt: skip
    if not pairs:
        return first
    return first + " " + _("Against the answer before, {fell} gave a lower score and {rose} a higher one.").format(
        fell=locale.count(fell), rose=locale.count(rose)
    )  # fmt: skip


def _hover(row: Row, locale: Locale) -> str:
    return f"<b>{locale.count(row['score'])}</b> · {locale.day(row['day'])} · {one_words(locale)[row['answered_as']]}"


def _line(row: Row, locale: Locale) -> list[str]:
    _ = locale._
    score = NOTHING if row["score"] is None else rich(_number(row["score"], locale))
    if row["answered_as"] is not None:
        kind: Any = {"promoter": "good", "passive": "plain", "detractor": "bad"}[row["answered_as"]]
        score = f"<b>{score}</b> {tag(kind, one_words(locale)[row['answered_as']])}"
    elif row["scale"] and row["score"] is not None:
        score += f" <small>{rich(plain(row['scale']))}</small>"
    if row["answered_as"] is not None and not row["is_counted"]:
        anew = _("given anew within 24 hours")
        score += f"<br><small>{rich(anew)}</small>"
    return [
        f'<span class="sh-whole">{rich(locale.day(row["day"]))}</span>',
        f"<bdi>{rich(plain(row['respondent']))}</bdi>" if row["respondent"] else NOTHING,
        score,
        rich(plain(row["comment"])) if row["comment"] else NOTHING,
    ]


def _number(score: float, locale: Locale) -> str:
    return locale.ltr(f"{score:g}")


def scores_table(found: pd.DataFrame, locale: Locale) -> tables.Table:
    """Every answer as a sheet."""
    _ = locale._
    said = one_words(locale)
    rows = records(found)
    shown = found.assign(
        vote=[said.get(row["answered_as"]) for row in rows],
        counts=[_("yes") if row["is_counted"] else _("no") for row in rows],
    )
    return tables.columns_once(
        shown,
        [
            ("day", _("Day"), "day"), ("respondent", _("Who answered"), "text"), ("score", _("Score"), "number"), ("vote", _("Answered as"), "text"),
            ("scale", _("Scale"), "text"), ("counts", _("Counts for NPS"), "text"), ("comment", _("What they wrote"), "text"),
            ("answer_id", _("Answer number"), "text"),
        ],
    )  # fmt: skip
