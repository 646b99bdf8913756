"""What retention is worth: the famous figure with this company's own rates, and what retention a goal takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.fields import Field
from analytics.rows import Row, rows
from analytics.what_if.of_target import DRAWS, effect_on_target
from analytics.what_if.retention_effect import LIFETIME, MEASURES
from analytics.what_if.scenario import Lever, Range, Scenario, Target
from data.errors import DataError
from ui import session, tables
from ui.charts.quadrant import quadrant_words
from ui.charts.what_if_retention import worth_figure
from ui.locale import Locale
from ui.parts import Piece, chart, drawn, heading, md, nothing, plain, problem, rich, section, table, told
from ui.what_if import asked, guard, retention_goal
from ui.what_if.results_basis import About, under
from ui.what_if.results_models import caution
from ui.what_if.retention_claim import claim
from ui.what_if.words import months_words, range_words, target_words

POINTS, FEWEST, MOST = 5, 1, 20
MOST_SEGMENTS = 12
QUADRANTS = ("protect", "keep", "grow", "watch")
MEANS = ("retention_before", "retention_after", "share_more", "money_more")


@dataclass(frozen=True)
class Asked:
    """So many points more of retention, for some of the customers."""

    scenario: Scenario
    points: int

    @property
    def target(self) -> Target:
        return self.scenario.levers[0].target

    def about(self) -> About:
        return About(self.scenario, DRAWS)


def show() -> None:
    """The view: what points of retention come to, beside what is quoted everywhere, and what retention a goal takes."""
    locale = session.locale()
    _ = locale._
    title = _("What if")
    if not guard.is_ready(title):
        return
    if not guard.has_customers():
        _without_customers(title)
        return
    top = st.container()
    with st.container(border=True, key="card_retention_worth"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            head = st.container(width="content")
            with st.container(horizontal=True, vertical_alignment="bottom", width="content", gap="medium", key="switches_retention"):  # fmt: skip
                points = st.slider(
                    _("Points more of retention"), FEWEST, MOST, key="retention_points", width=220, persist_state="session",
                    value=None if session.get("retention_points") else POINTS,
                )  # fmt: skip
                targets = _targets(locale)
                if session.get("retention_whom") not in targets:
                    session.put("retention_whom", "everyone")
                whom = st.selectbox(
                    _("Whom"), list(targets), key="retention_whom", width=220, persist_state="session",
                    format_func=lambda name: target_words(targets[name], locale),
                )  # fmt: skip
        now = Asked(_scenario(targets[whom], asked.current()), int(points or POINTS))
        found = _told_of(now, title, top)
        if found is not None:
            with head:
                drawn(_title, now)
            drawn(_worth, now)
    if found is not None:
        with st.container(border=True, key="card_retention_claim"):
            drawn(claim, now.points, _row_of(found, "lifetime_constant"))
    retention_goal.show(asked.current())


def _told_of(now: Asked, title: str, top: DeltaGenerator) -> pd.DataFrame | None:
    """What the points come to, with the sentence at the top; None where nothing can be told, which it says."""
    _ = session.locale()._
    try:
        found = _effect(now)
    except DataError as error:
        with top:
            if now.target.is_everyone:
                heading(title, _("**What points of retention are worth cannot be told here.**"))
            else:
                heading(title, _("**Nobody of this group is a customer now.** Choose another group."))
        if now.target.is_everyone:
            problem(error)
        return None
    with top:
        drawn(_heading, title, now)
    return found


def _without_customers(title: str) -> None:
    _ = session.locale()._
    heading(title, _("**Nothing tells how customers stay and leave**, so nobody can say what keeping more of them is worth."))  # fmt: skip
    with st.container(border=True, key="card_nothing_retention"):
        nothing(
            "groups",
            _("This needs customers"),
            _("Retention follows from what customers bought and when, or from their contracts."),
            [
                _("Add an export of orders or invoices, with customer, date and amount,"),
                _("or a list of subscriptions, with customer, start, end and revenue a month,"),
                _("or deals with their customer, close date and amount."),
            ],
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")


def _targets(locale: Locale) -> dict[str, Target]:
    """Whom more of could be kept: everyone, a quadrant, a segment of the customers' file."""
    found = {"everyone": Target()}
    found |= {f"quadrant {name}": Target(quadrants=(name,)) for name in quadrant_words(locale) if name in QUADRANTS}
    field: Field | None = session.find("segment")
    if field is not None and field.table == "customers":
        values = [value for value in session.customer_counts(field) if value][:MOST_SEGMENTS]
        found |= {f"segment {value}": Target(where=((field.name, (value,)),)) for value in values}
    return found


def _scenario(target: Target, current: Scenario) -> Scenario:
    """The customers of today over a lifetime, as money is counted in the scenario being worked on."""
    return Scenario(
        name="", levers=(Lever("retention", Range.of(POINTS), target),), horizon_months=LIFETIME, seed=current.seed, draws=DRAWS,
        discount_rate=current.discount_rate, margin=current.margin, currency=current.currency, counts_new=False,
    )  # fmt: skip


def _effect(now: Asked) -> pd.DataFrame:
    return asked.of_base(effect_on_target, now.scenario, points=float(now.points))


def _row_of(found: pd.DataFrame, measure: str) -> Row:
    return next(row for row in rows(found) if row["retention_measure"] == measure)


# the sentence


@told
def _heading(title: str, now: Asked) -> Iterator[Piece]:
    yield partial(heading, title, finding(now), remark(_effect(now), now))


def finding(now: Asked) -> str:
    """What the points come to in a year's accounts and over a lifetime, before and after."""
    locale = session.locale()
    _ = locale._
    by = {row["retention_measure"]: row for row in rows(_effect(now))}
    year, life = by["in_year"], by["lifetime"]
    if year["share_more"] is None or life["share_more"] is None:
        return _("**These customers are expected to bring nothing**, so keeping more of them adds nothing.")
    said = {
        "n": locale.n_("{n} point", "{n} points", now.points), "before": _rate(year["retention_before"]), "after": _rate(year["retention_after"]),
        "year": locale.share(year["share_more"]), "life": locale.share(life["share_more"]), "money": locale.money(year["money_more"], year["currency"], signed=True),
        "months": months_words(life["months_to"], locale), "kind": _kind(year),
    }  # fmt: skip
    first = _("**{n} more of retention would bring {year} more {kind} in the first year, and {life} more over {months}.**").format(**said)  # fmt: skip
    second = _("Retention goes from {before} to {after}; in the first year that is {money}, before anything is paid for it.").format(**said)  # fmt: skip
    return f"{first} {second}"


def _kind(row: Mapping[str, object]) -> str:
    _ = session.locale()._
    return _("profit") if row["is_profit"] else _("revenue")


def _rate(value: float) -> str:
    return session.locale().share(value, 1)


def remark(found: pd.DataFrame, now: Asked) -> str:
    """Of whom it is told, and what is not in it."""
    locale = session.locale()
    _ = locale._
    row = rows(found)[0]
    parts = [
        _("Told of {whom}; new customers are not in it.").format(whom=plain(target_words(now.target, locale))),
        _("Retention is the share of them that is there twelve months from now (80%: {range}).").format(
            range=locale.shares(row["retention_before_p10"], row["retention_before_p90"])
        ),
    ]
    if row["retention_after"] - row["retention_before"] < now.points / 100 - 0.0005:
        parts.append(_("Nobody can keep more than nearly all: not all of the points fit."))
    return " ".join([*parts, caution(asked.base(now.scenario))]).strip()


# the table


@told
def _title(now: Asked) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    points = locale.n_("{n} point more of retention", "{n} points more of retention", now.points)
    yield partial(section, points, _("What today's customers bring, with it and without, at once and for nothing."))


def measure_words(row: Row) -> tuple[str, str]:
    """A way of counting, and what it is."""
    locale = session.locale()
    _ = locale._
    match row["retention_measure"]:
        case "in_year":
            return _("In the first year"), _("what shows in the accounts of the next twelve months")
        case "run_rate":
            return _("Run rate"), _("a year at the pace of the twelfth month")
        case "lifetime":
            return _("Lifetime"), _("{months}, discounted by {share} a year").format(
                months=months_words(row["months_to"], locale), share=locale.share(row["discount_rate"])
            )
        case _:
            return _("As it is quoted"), _("one customer, for ever, at one rate of staying")


@told
def _worth(now: Asked) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = _effect(now)
    every = sorted(rows(found), key=lambda row: MEASURES.index(row["retention_measure"]))
    known = [row for row in every if row["share_more"] is not None]
    if not known:
        return
    names = [measure_words(row) for row in known]
    labels = [look.text(name) for name, _what in names]
    figure = worth_figure(
        pd.DataFrame({"change": [row["share_more"] for row in known], "low": [row["share_more_p10"] for row in known],
                      "high": [row["share_more_p90"] for row in known]}),
        labels, look,
    )  # fmt: skip
    alt = _("By how much more it comes to, beside the quoted 25% to 95%: {lines}.").format(
        lines="; ".join(f"{name} {locale.change(row['share_more'])}" for (name, _what), row in zip(names, known, strict=True))
    )  # fmt: skip
    yield partial(chart, figure, "retention_worth", alt, wide=True)
    heads = [_("How it is counted"), _("Retention"), _("Without it"), _("With it"), _("More"), _("In percent")]
    lines = []
    for (name, what), row in zip(names, known, strict=True):
        money = row["currency"]
        has_money = row["money_without"] is not None
        after = row["money_without"] + row["money_more"] if has_money else None
        lines.append([
            f'<div style="min-width:10rem"><b>{rich(name)}</b><br><span class="sh-small">{rich(what)}</span></div>',
            rich(_("{before} to {after}").format(before=_rate(row["retention_before"]), after=_rate(row["retention_after"]))),
            rich(locale.money(row["money_without"], money)), rich(locale.money(after, money)),
            _two(locale.money(row["money_more"], money, signed=True), _ends(row, "money_more", money)) if has_money else rich(locale.money(None)),
            _two(locale.change(row["share_more"]), range_words(locale.change(row["share_more_p10"]), locale.change(row["share_more_p90"]), locale)),
        ])  # fmt: skip
    yield partial(table, heads, lines, caption=_("What points of retention are worth"), numbers=(1, 2, 3, 4, 5))
    shown = tables.columns(
        pd.DataFrame(known).assign(measure=[name for name, _what in names]),
        [
            ("measure", _("How it is counted"), "text"), ("points_added", _("Points"), "number"), ("retention_before", _("Retention before"), "share"),
            ("retention_after", _("Retention after"), "share"), ("money_without", _("Without it"), "money"), ("money_more", _("More"), "money"),
            ("money_more_p10", _("More, 80% from"), "money"), ("money_more_p90", _("More, 80% to"), "money"), ("share_more", _("More, in percent"), "share"),
            ("share_more_p10", _("In percent, 80% from"), "share"), ("share_more_p90", _("In percent, 80% to"), "share"), ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    yield under(now.about(), "retention_worth", _("What points of retention are worth"), shown, MEANS, "retention_effect", md(target_words(now.target, locale)), picture="wide_retention_worth")  # fmt: skip


def _ends(row: Row, name: str, money: str | None) -> str:
    locale = session.locale()
    return range_words(locale.money(row[f"{name}_p10"], money), locale.money(row[f"{name}_p90"], money), locale)


def _two(strong: str, quiet: str) -> str:
    return f'{rich(strong)}<br><span class="sh-range">{rich(quiet)}</span>'
