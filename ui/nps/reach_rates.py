"""The response rate over time, and of groups of customers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.fields import find
from analytics.nps.response_rate import response_rate
from data.errors import DataError
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_reach import Dot, dots_figure, trend_figure
from ui.locale import Locale
from ui.parts import Piece, chart, drawn, legend, note, paper, plain, section, told, under_chart

REAL = 0.05
MOST_GROUPS = 12
FIELDS = ("segment", "region", "owner")
MEANS = (
    "response_rate",
    "undecided_invited",
    "undelivered",
    "eventual_rate",
    "account_rate",
    "revenue_rate",
    "effective_n",
)


def show_rates() -> None:
    """The card: over time, or by a field of the customers."""
    _ = session.locale()._
    views = {"month": _("Month"), "quarter": _("Quarter")} | {
        name: _label(name) for name in FIELDS if session.kept(has_groups, name)
    }
    if session.get("reach_by") not in views:
        session.put("reach_by", "quarter")
    with st.container(border=True, key="card_reach_rates"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            title = st.container(width="content")
            view = session.get("reach_by")
            st.segmented_control(
                _("By"), list(views), key="reach_by", required=True, format_func=lambda name: views[name],
                label_visibility="collapsed", persist_state="session",
            )  # fmt: skip
        asked: dict[str, Any] = (
            {"grain": view}
            if view in ("month", "quarter")
            else {"grain": "all", "by": find(view, session.tables(), "customers")}
        )
        if view in ("month", "quarter"):
            set_ = session.settings()
            asked |= {"week_start": set_.week_start, "fiscal_year_start": set_.fiscal_year_start}
        with title:
            drawn(_title, asked)
        drawn(_card, view, asked)


def _label(name: str) -> str:
    _ = session.locale()._
    return {"segment": _("Segment"), "region": _("Region"), "owner": _("Owner")}[name]


def has_groups(name: str) -> bool:
    """Whether the field tells at least two groups of customers apart."""
    try:
        field = find(name, session.tables(), "customers")
    except DataError:
        return False
    return len(session.customer_counts(field)) > 1


@told
def _title(asked: dict[str, Any]) -> Iterator[Piece]:
    yield partial(section, session.locale()._("Response rate"), sentence(session.answer(response_rate, **asked), asked))


def sentence(found: pd.DataFrame, asked: dict[str, Any]) -> str:
    """Whether any period or group really differs."""
    locale = session.locale()
    _ = locale._
    tests = int(found["tests"].max()) if len(found) else 0
    if not tests:
        return _("Not enough invitations to compare: each side needs 30.")
    real = found[pd.to_numeric(found["q_value"]) < REAL]
    of = locale.n_("of {n} comparison", "of {n} comparisons", tests)
    if real.empty:
        return _("No difference stands after correction, {of}: it could all be chance.").format(of=of)
    if "by" not in asked:
        said = locale.n_(
            "{n} period really differs from the one before", "{n} periods really differ from the one before", len(real)
        )
        return f"{said}, {of}."
    key = asked["by"].key(tuple(found.columns[1:]))
    worst = real.loc[pd.to_numeric(real["difference"]).idxmin()]
    said = locale.n_("{n} group really differs from the others", "{n} groups really differ from the others", len(real))
    if worst["difference"] < 0:
        name = _group_words(worst[key], asked, locale)
        low = _("**{name}** answers least of them: {rate}.").format(
            name=plain(name), rate=locale.share(worst["response_rate"])
        )
        return f"{said}, {of}. {low}"
    return f"{said}, {of}."


def _group_words(value: Any, asked: dict[str, Any], locale: Locale) -> str:
    if asked["by"].column == "owner":
        return owner_words(None if pd.isna(value) else value, locale)
    return locale._("none") if pd.isna(value) else str(value)


@told
def _card(view: str, asked: dict[str, Any]) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = session.answer(response_rate, **asked)
    has_rates = bool((pd.to_numeric(found["settled"]) >= LEAST_SHOWN).any())
    if "by" in asked:
        names = [_group_words(value, asked, locale) for value in found.iloc[:, 0]]
        found = found.assign(name=names)
        every = session.answer(response_rate, grain="all").iloc[0]["response_rate"]
        drawn_rows = found.head(MOST_GROUPS)
        figure = dots_figure(
            [dot(row, locale) for row in drawn_rows.to_dict("records")], look, (-0.03, 1.03), _shares(), every,
            _("all: {share}").format(share=locale.share(every)), _("invitations"),
        )  # fmt: skip
        alt = _("Share of the invitations answered, by {field}: {groups}.").format(
            field=_label(view).lower() if locale.code == "en" else _label(view),
            groups=", ".join(f"{locale.name(row.name_)} {locale.share(row.rate)}" for row in _told(drawn_rows)),
        )
    else:
        found = found.assign(name=found["period"])
        if has_rates:
            yield partial(
                legend,
                [
                    (look.colors.accent, _("95% interval as a band")),
                    (f"hollow:{look.colors.accent}", _("some are still undecided")),
                ],
            )
        figure = trend_figure(found, look)
        alt = _("Share of the invitations answered, period by period: {groups}.").format(
            groups=", ".join(f"{row.name_} {locale.share(row.rate)}" for row in _told(found))
        )
    if has_rates:
        yield partial(chart, figure, f"reach_rate_{view}", alt, wide=True)
    else:
        yield partial(note, _("Nothing here counts 10 invitations, so no rate is shown. The table says how many there are."))  # fmt: skip
    rows, kinds = sheet(found, locale, _label(view) if "by" in asked else _("Period"))
    means = words.meanings(*MEANS, of="response_rate")
    stands_on = [
        locale.n_("{n} invitation", "{n} invitations", int(found["settled"].sum())),
        session.as_of_words(),
        _("sent at least 30 days ago"),
    ]
    if len(found) > MOST_GROUPS and "by" in asked:
        stands_on.append(
            _("the first {shown} of {n} groups; the table has all").format(
                shown=MOST_GROUPS, n=locale.count(len(found))
            )
        )
    basis = " · ".join(stands_on)
    what = paper("reach_rates", _("Response rate"), rows, kinds, meanings=means, basis=basis)
    picture = f"wide_reach_rate_{view}" if has_rates else ""
    yield partial(under_chart, what, session.asked(response_rate, **asked), means, basis, picture=picture)


def _told(found: pd.DataFrame) -> Iterator[Any]:
    """The rows with enough invitations to be shown."""
    enough = found[pd.to_numeric(found["settled"]) >= LEAST_SHOWN]
    return enough.rename(columns={"name": "name_", "response_rate": "rate"}).itertuples()


def dot(row: dict[str, Any], locale: Locale) -> Dot:
    """A group's response rate as a row of the chart."""
    n = locale.count(row["settled"])
    if row["settled"] < LEAST_SHOWN:
        return Dot(row["name"], None, None, None, locale._("not enough · {n}").format(n=n), n)
    rate, low, high = row["response_rate"], row["response_low"], row["response_high"]
    said = f"<b>{locale.share(rate)}</b> {locale.shares(low, high)} · n = {n}"
    return Dot(row["name"], rate, low, high, locale.share(rate), n, bool((row["q_value"] or 1.0) < REAL), said)


def _shares() -> list[tuple[float, str]]:
    return [(share, f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]


def sheet(found: pd.DataFrame, locale: Locale, head: str) -> tables.Table:
    """A row a period or group, as it is taken away; rates of fewer than 10 are left out."""
    _ = locale._
    few = pd.to_numeric(found["settled"]) < LEAST_SHOWN
    accounts = pd.to_numeric(found["accounts_asked"]) < LEAST_SHOWN
    hidden = {
        name: pd.to_numeric(found[name]).mask(few)
        for name in ("response_rate", "response_low", "response_high", "eventual_rate")
    }
    hidden |= {
        name: pd.to_numeric(found[name]).mask(accounts) for name in ("account_rate", "revenue_rate", "revenue_reached")
    }
    return tables.columns_once(
        found.assign(**hidden),
        [
            ("name", head, "text"),
            ("invited", _("Invitations"), "count"),
            ("undelivered", _("Did not arrive"), "count"),
            ("undecided_invited", _("Undecided"), "count"),
            ("settled", _("Counted"), "count"),
            ("answered", _("Answered"), "count"),
            ("response_rate", _("Response rate"), "share"),
            ("response_low", _("95% from"), "share"),
            ("response_high", _("95% to"), "share"),
            ("q_value", _("q-value"), "number"),
            ("eventual_rate", _("Expected with the undecided"), "share"),
            ("accounts_asked", _("Customers asked"), "count"),
            ("account_rate", _("of customers"), "share"),
            ("revenue_rate", _("of their revenue"), "share"),
            ("revenue_reached", _("of all revenue"), "share"),
            ("currency", _("Currency"), "text"),
        ],
    )
