"""The same answers counted in other ways: one vote an account, and accounts weighing as much as they bring."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.accounts import account_nps
from analytics.nps.revenue_weighted import revenue_weighted_nps
from analytics.nps.trend import nps
from analytics.rows import Row, rows
from data.errors import DataError
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_segments import scores_figure
from ui.parts import Piece, chart, drawn, note, paper, plain, section, told, under_chart

MEANS = (
    "account_nps",
    "cluster_low",
    "design_effect",
    "revenue_nps",
    "effective_accounts",
    "weighed_share",
    "weight_warning",
)


def show_counted() -> None:
    """The card: one vote an answer, one an account, and by revenue, side by side."""
    with st.container(border=True, key="card_nps_counted"):
        drawn(_counted)


def by_revenue() -> list[Row]:
    """The revenue-weighted score, a row a currency; none where nothing tells of revenue with its days."""
    try:
        return rows(session.answer(revenue_weighted_nps))
    except DataError:
        return []


@told
def _counted() -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    accounts = rows(session.answer(account_nps))[0]
    yield partial(section, _("Counted by account and by revenue"), counted_sentence(accounts))
    if not accounts["accounts"]:
        return
    weighed = by_revenue()
    shown = [*_every(), _plain(accounts), _together(accounts), _of_accounts(accounts), *map(_of_revenue, weighed)]
    frame = pd.DataFrame([row for _name, row in shown])
    names = [name for name, _row in shown]
    said = ", ".join(
        f"{name} {locale.score(row['nps'])} ({locale.scores(row['low'], row['high'])})"
        for name, row in shown if row["n"] >= LEAST_SHOWN
    )  # fmt: skip
    alt = _("The Net Promoter Score of the same answers, counted in other ways: {ways}.").format(ways=said or "–")
    yield partial(chart, scores_figure(frame, names, None, look), "nps_counted", alt, wide=True)
    for words_ in warnings(weighed):
        yield partial(note, words_)
    table, kinds = counted_table(frame.assign(name=names))
    means = words.meanings(*MEANS)
    basis = [
        locale.n_("{n} person, the last answer of each", "{n} people, the last answer of each", int(accounts["n"])),
        session.as_of_words(),
    ]
    if accounts["without_account"]:
        basis.append(locale.n_("{n} person without an account left out", "{n} people without an account left out", int(accounts["without_account"])))  # fmt: skip
    stands_on = " · ".join(basis)
    what = paper("nps_counted", _("Counted by account and by revenue"), table, kinds, meanings=means, basis=stands_on)
    sql = session.asked(account_nps)
    if weighed:
        sql += "\n\n" + session.asked(revenue_weighted_nps)
    yield partial(under_chart, what, sql, means, stands_on, picture="wide_nps_counted")


def counted_sentence(accounts: Row) -> str:
    """Whether one vote an account says the same, and how much the answers of an account go together."""
    locale = session.locale()
    _ = locale._
    if not accounts["accounts"]:
        return _("None of these answers is of a known customer, so there is nothing to count by. “Who is who” says which customers they could be.")  # fmt: skip
    if accounts["accounts"] < LEAST_SHOWN:
        return _("Fewer than 10 accounts answered: not enough to count by account.")
    said = _("One vote an account, by the last answer of each person: NPS {account} ({low_high}), against {plain} with one vote a person.").format(
        account=locale.score(accounts["account_nps"]), plain=locale.score(accounts["nps"]),
        low_high=locale.scores(accounts["account_nps_low"], accounts["account_nps_high"]),
    )  # fmt: skip
    effect = accounts["design_effect"]
    if effect is not None and effect > 1.1:
        said += " " + _("People of one account answer alike: that makes the interval {times} times as wide.").format(
            times=locale.ltr(f"{effect**0.5:.2f}")
        )
    return said


def _line(name: str, said: str, n: Any, score: Any, low: Any, high: Any) -> tuple[str, dict[str, Any]]:
    return name, {"nps": score, "low": low, "high": high, "n": int(n), "said": said, "is_real": False}


def _every() -> list[tuple[str, dict[str, Any]]]:
    """The score as it is told elsewhere: a vote an answer, those of one person too."""
    locale = session.locale()
    found = rows(session.answer(nps, grain="all"))
    said = [locale.n_("{n} answer", "{n} answers", int(row["n"])) for row in found]
    name = locale._("One vote an answer")
    return [
        _line(name, words_, row["n"], row["nps"], row["low"], row["high"])
        for row, words_ in zip(found, said, strict=True)
    ]


def _plain(row: Row) -> tuple[str, dict[str, Any]]:
    locale = session.locale()
    people = locale.n_("{n} person", "{n} people", int(row["n"]))
    return _line(locale._("One vote a person"), people, row["n"], row["nps"], row["low"], row["high"])


def _together(row: Row) -> tuple[str, dict[str, Any]]:
    locale = session.locale()
    said = locale.n_("people of {n} account go together", "people of {n} accounts go together", int(row["accounts"]))
    n = row["n"] if row["cluster_low"] is not None else 0
    return _line(locale._("The same, by account"), said, n, row["nps"], row["cluster_low"], row["cluster_high"])


def _of_accounts(row: Row) -> tuple[str, dict[str, Any]]:
    locale = session.locale()
    accounts = locale.n_("{n} account", "{n} accounts", int(row["accounts"]))
    return _line(locale._("One vote an account"), accounts, row["accounts"], row["account_nps"], row["account_nps_low"], row["account_nps_high"])  # fmt: skip


def _of_revenue(row: Row) -> tuple[str, dict[str, Any]]:
    locale = session.locale()
    _ = locale._
    name = _("By revenue, {currency}").format(currency=row["currency"]) if row["currency"] else _("By revenue")
    said = _("{accounts}, as if of {n}").format(
        accounts=locale.n_("{n} account", "{n} accounts", int(row["accounts"])),
        n=locale.count(row["effective_accounts"]),
    )
    return _line(name, said, row["accounts"], row["revenue_nps"], row["low"], row["high"])


def warnings(weighed: list[Row]) -> Iterator[str]:
    """What the revenue-weighted score rests on, and where a customer makes it; a sentence a currency."""
    locale = session.locale()
    _ = locale._
    if not weighed:
        yield _("No score by revenue: none of these answers has orders, contracts or won deals in the twelve months before it. Add them with their days and amounts.")  # fmt: skip
    for row in weighed:
        money = locale.money(row["revenue_weight"], row["currency"])
        said = _("By revenue: {share} of the answers come from accounts that brought {money} in the twelve months before.").format(
            share=locale.share(row["weighed_share"]), money=money
        )  # fmt: skip
        if row["unhappy_accounts"]:
            said += " " + locale.n_(
                "{n} of them has more detractors than promoters", "{n} of them have more detractors than promoters", int(row["unhappy_accounts"])
            )  # fmt: skip
            said += _(": {money}, {share} of it.").format(
                money=locale.money(row["unhappy_revenue"], row["currency"]), share=locale.share(row["unhappy_revenue"] / row["revenue_weight"])
            )  # fmt: skip
        if row["weight_warning"] == "one":
            said += " " + _("**{customer} drives this score**: it is {share} of that revenue.").format(
                customer=plain(row["customer"]), share=locale.share(row["largest_share"])
            )
            if row["without_largest"] is not None and row["accounts"] >= LEAST_SHOWN:
                said += " " + _("Without it the score would be {score}.").format(
                    score=locale.score(row["without_largest"])
                )
        elif row["weight_warning"] == "few":
            said += " " + _("**A few customers make this score**: it says as much as {n} accounts of one size would. The largest is {customer}, {share}.").format(
                n=locale.count(row["effective_accounts"]), customer=plain(row["customer"]), share=locale.share(row["largest_share"])
            )  # fmt: skip
        yield said


def counted_table(frame: pd.DataFrame) -> tables.Table:
    """Each way of counting with its interval; scores of fewer than ten are left out."""
    _ = session.locale()._
    few = frame["n"] < LEAST_SHOWN
    hidden = {name: pd.to_numeric(frame[name]).mask(few) for name in ("nps", "low", "high")}
    return tables.columns_once(
        frame.assign(**hidden),
        [
            ("name", _("Counted"), "text"),
            ("nps", _("NPS"), "number"),
            ("low", _("95% from"), "number"),
            ("high", _("95% to"), "number"),
            ("n", _("Of"), "count"),
            ("said", _("Rests on"), "text"),
        ],
    )
