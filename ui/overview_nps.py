"""The finding of NPS on the overview: since when the score is lower, what rests on those who said so, and who they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.findings import certainty as certainty_of
from analytics.nps.change_points import nps_change_points
from analytics.rows import rows
from analytics.summary_detractors import detractor_revenue, detractors_listed
from ui import findings_words, session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.customer.links import customer_links
from ui.locale import NOTHING, Locale
from ui.overview_cards import certainty
from ui.parts import (
    ROWS_ON_SCREEN,
    Piece,
    drawn,
    first_lines,
    paper,
    plain,
    rich,
    section,
    table,
    told,
    under_chart,
)

Row = dict[str, Any]
ON_SCREEN = 12
MEANS = ("nps", "detractors", "lowest_score", "revenue_12m")


def fall() -> Row | None:
    """The last day on which the score really changed, where it fell: a row of `nps_change_points`."""
    found = rows(session.answer(nps_change_points))
    return found[-1] if found and found[-1]["difference"] < 0 else None


def show() -> None:
    """The card, where the score fell; nothing else."""
    now = session.kept(fall)
    if now is None:
        return
    totals = rows(session.answer(detractor_revenue))
    with st.container(border=True, key="card_finding_nps"):
        _finding(now, totals)
    if session.get("finding_nps_open") and any(row["customers"] for row in totals):
        with st.container(border=True, key="card_finding_nps_customers"):
            drawn(_customers)


def _finding(now: Row, totals: list[Row]) -> None:
    locale = session.locale()
    _ = locale._
    customers = sum(int(row["customers"]) for row in totals)
    with st.container(key="finding_nps"):
        what, worth, certain, go = st.columns([5.2, 2, 1.9, 1.7], vertical_alignment="center")
        what.html(f'<div class="sh-act"><h3>{rich(title(now, locale))}</h3><p>{rich(why(now, locale))}</p></div>')
        money = [locale.money(row["revenue_12m"], row["currency"]) for row in totals if row["revenue_12m"] is not None]
        note = _("bought in 12 months")
        if not money:
            note = _("they bought nothing in 12 months, as far as files say") if customers else _("no known customer is a detractor now")  # fmt: skip
        worth.html(
            f'<p class="sh-money">{rich(locale.listed(money) or NOTHING)}</p><p class="sh-range">{rich(note)}</p>'
        )
        sure = {"certainty": certainty_of(now["p_value"])}
        certain.html(certainty(findings_words.DOTS.get(str(sure["certainty"])), findings_words.sure(sure, locale)))
        with go, st.container(gap="xxsmall", key="finding_links_nps"):
            st.page_link(
                "../pages/nps.py",
                label=_("See NPS"),
                icon=":material/arrow_back:" if locale.rtl else ":material/arrow_forward:",
                icon_position="right",
                query_params=session.link_to(view="trend"),
            )
            if customers:
                is_open = bool(session.get("finding_nps_open"))
                st.button(
                    locale.n_("{n} customer", "{n} customers", customers),
                    icon=":material/expand_less:" if is_open else ":material/expand_more:",
                    icon_position="right",
                    type="tertiary",
                    key="finding_nps_customers",
                    on_click=session.put,
                    args=("finding_nps_open", not is_open),
                )
    drawn(_under, now)


def title(now: Mapping[str, Any], locale: Locale) -> str:
    """What happened, and since when."""
    said = locale._("NPS fell from {before} to {after} on {day}")
    before, after = (locale.score(now[name]) for name in ("before", "after"))
    return said.format(before=before, after=after, day=locale.day(now["on"]))


def why(now: Mapping[str, Any], locale: Locale) -> str:
    """The numbers behind it."""
    said = locale._(
        "{difference} points ({range}), from {n_before} answers before and {n} since. That day parts the answers best; the fall may "
        "have begun a little earlier or later. The money is what customers who are detractors now bought, not what will be lost."
    )
    return said.format(
        difference=locale.score(now["difference"]), range=locale.scores(now["low"], now["high"]),
        n=locale.count(now["n_after"]), n_before=locale.count(now["n_before"]),
    )  # fmt: skip


@told
def _under(now: Row) -> Iterator[Piece]:
    """What the finding stands on."""
    locale = session.locale()
    _ = locale._
    shown, kinds = tables.columns_once(
        pd.DataFrame([now]),
        [
            ("on", _("Day"), "day"),
            ("before", _("Before"), "number"),
            ("after", _("After"), "number"),
            ("difference", _("Difference"), "number"),
            ("low", _("95% from"), "number"),
            ("high", _("95% to"), "number"),
            ("n_before", _("Answers before"), "count"),
            ("n_after", _("Answers since"), "count"),
            ("p_value", _("p-value"), "number"),
        ],
    )
    means = words.meanings("nps", "detractors", of="nps_change_points")
    basis = [locale.n_("{n} answer", "{n} answers", int(now["n_before"] + now["n_after"])), session.as_of_words()]
    stands_on = " · ".join(basis)
    yield partial(
        under_chart,
        paper("nps_fall", title(now, locale), shown, kinds, meanings=means, basis=stands_on),
        session.asked(nps_change_points),
        means,
        stands_on,
    )


@told
def _customers() -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = session.answer(detractors_listed, most=ROWS_ON_SCREEN)
    first = rows(found.head(ON_SCREEN))
    name = _("Customers who are detractors now")
    said = _("By the latest answer of each of their people in the last 365 days: more detractors than promoters. Those who bought most come first.")  # fmt: skip
    yield partial(section, name, said)
    heads = [_("Customer"), _("Owner"), _("Lowest score"), _("Last answer"), _("Bought in 12 months")]
    yield partial(table, heads, [_line(row, locale) for row in first], caption=name, numbers=(2, 3, 4))
    yield partial(customer_links, first, "detractors_open")
    shown, kinds = sheet(found, locale)
    customers = locale.n_("{n} customer", "{n} customers", len(found))
    basis = [session.as_of_words()]
    some = _("the first {shown} of {customers}").format(shown=locale.count(ON_SCREEN), customers=customers)
    basis[:0] = first_lines(len(found), ON_SCREEN, some) or [customers]
    means, stands_on = words.meanings(*MEANS), " · ".join(basis)
    yield partial(
        under_chart,
        paper("detractors", name, shown, kinds, meanings=means, basis=stands_on),
        session.asked(detractors_listed, most=ROWS_ON_SCREEN),
        means,
        stands_on,
        whole=_whole(locale),
    )


def _whole(locale: Locale) -> Any:
    """All of them, asked when called and kept nowhere."""
    question, opened, sql = detractors_listed(session.tables(), session.filters()), session.engine(), session.sql
    return lambda: sheet(question.answer(lambda expression: opened.query(sql(expression))), locale)[0]


def _line(row: Row, locale: Locale) -> list[str]:
    money = row["revenue_12m"]
    return [
        f'<b style="display:inline-block;min-width:10rem">{rich(plain(row["customer"]))}</b>',
        rich(plain(owner_words(row["owner"], locale))),
        rich(locale.count(row["lowest_score"])),
        rich(locale.day(row["answered_on"])) if row["answered_on"] is not None else NOTHING,
        rich(locale.money(money, row["currency"])) if money is not None else NOTHING,
    ]


def sheet(found: pd.DataFrame, locale: Locale) -> tables.Table:
    """A line a customer, as it is handed out."""
    _ = locale._
    said = found.assign(owner=[owner_words(owner, locale) for owner in found["owner"]])
    return tables.columns_once(
        said,
        [
            ("owner", _("Owner"), "text"),
            ("customer", _("Customer"), "text"),
            ("lowest_score", _("Lowest score"), "count"),
            ("detractors", _("Detractors"), "count"),
            ("answered_on", _("Last answer"), "day"),
            ("revenue_12m", _("Bought in 12 months"), "money"),
            ("currency", _("Currency"), "text"),
            ("customer_id", _("Customer number"), "text"),
        ],
    )
