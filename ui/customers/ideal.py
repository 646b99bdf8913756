"""What the best customers have in common, and who else is like them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.ideal import REAL, ideal_customer, ideal_prospects
from analytics.intervals import LEAST_TESTED
from analytics.rows import rows
from ui import session, tables, words
from ui.charts.ideal import traits_figure
from ui.customers import guard
from ui.locale import Locale
from ui.parts import (
    ROWS_ON_SCREEN,
    Piece,
    chart,
    drawn,
    heading,
    legend,
    md,
    nothing,
    paper,
    plain,
    rich,
    section,
    told,
    under_chart,
)

MOST_LINES = 14
ON_SCREEN = 12
MEANS = ("best_rate", "best_rate_all", "times_as_often", "share_of_best", "trait_odds", "q_value", "tests", "left_out")
PROSPECT_MEANS = ("match", "matched_traits", "traits_for", "traits_against", "open_deals")


def show() -> None:
    """The view: the traits that stand, and the customers who never bought and have them."""
    title = session.locale()._("Customers")
    if not guard.is_ready(title) or not guard.are_any(title):
        return
    profile = session.answer(ideal_customer)
    compared = profile[profile["left_out"].isna()]
    drawn(_heading, profile)
    if compared.empty:
        _too_few(profile)
        return
    with st.container(border=True, key="card_ideal_traits"):
        drawn(_traits, profile)
    if (compared["q_value"] < REAL).any():
        with st.container(border=True, key="card_ideal_prospects"):
            drawn(_prospects)


def _too_few(profile: pd.DataFrame) -> None:
    locale = session.locale()
    _ = locale._
    n = int(profile["compared_customers"].max()) if len(profile) else 0
    with st.container(border=True, key="card_nothing_ideal"):
        nothing(
            "groups",
            _("Nothing to compare yet"),
            _("{customers} bought and have been there for half a year. A value of a trait is compared where 30 of them have it and 30 have another.").format(
                customers=locale.n_("{n} customer", "{n} customers", n)
            ),
            [_("Add a list of customers with what is known of them, such as industry, region and size.")],
        )  # fmt: skip


# the sentence


@told
def _heading(profile: pd.DataFrame) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Customers"), finding(profile), remark(profile))


def standing(profile: pd.DataFrame) -> pd.DataFrame:
    """The rows that stand after correction and that the best have more often, the strongest first."""
    real = profile[(profile["q_value"] < REAL) & (profile["times_as_often"] > 1)]
    return real.sort_values("times_as_often", ascending=False, kind="stable")


def trait_words(row: Mapping[str, Any], locale: Locale) -> str:
    """A trait and its value, as `Segment: Enterprise`."""
    return f"{plain(locale._(row['trait']))}: {plain(row['trait_value'])}"


def finding(profile: pd.DataFrame) -> str:
    """The strongest trait that stands, or that none does."""
    locale = session.locale()
    _ = locale._
    real = standing(profile)
    compared = profile[profile["left_out"].isna()]
    if compared.empty and len(profile) and not profile["best_all"].max():
        return _("**No customer stands out by its value**, so there is nothing the best could share.")
    if compared.empty:
        return _("**Too little is known to say what the best customers share.**")
    if real.empty:
        if (compared["q_value"] < REAL).any():
            return _("**The best customers are not of one kind**: what stands is only what they seldom are.")
        return _("**Nothing known of customers tells the best from the others** by more than could be chance.")
    top = rows(real)[0]
    first = _("**{trait}: {share} of these customers are among the best, against {all} of all.**").format(
        trait=trait_words(top, locale), share=locale.share(top["best_rate"]), all=locale.share(top["best_rate_all"])
    )
    if len(real) == 1:
        return first + " " + _("It is the only trait that stands.")
    others = locale.listed([trait_words(row, locale) for row in rows(real)[1:3]])
    return first + " " + _("Also more often than chance: {traits}.").format(traits=others)


def remark(profile: pd.DataFrame) -> str:
    """Who the best are, what is left out, and what this does not show."""
    locale = session.locale()
    _ = locale._
    if profile.empty or not profile["best_all"].max():
        return ""
    first = profile.iloc[0]
    parts = [
        _("The best are {best} of {all}: the fifth with most value, among those there for half a year.").format(
            best=locale.count(first["best_all"]),
            all=locale.n_("{n} customer", "{n} customers", int(first["compared_customers"])),
        ),
        _("Who left is among the others, so a trait may stand because such customers buy more or because they stay; it does not show that it is the reason."),
    ]  # fmt: skip
    left = profile[profile["left_out"].notna()]
    if len(left):
        names = locale.listed([plain(locale._(name)) for name in left["trait"]])
        parts.append(_("Left out, as they only say the value in other words: {fields}.").format(fields=names))
    return " ".join(parts)


# the traits


@told
def _traits(profile: pd.DataFrame) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    compared = profile[profile["left_out"].isna()].reset_index(drop=True)
    compared = compared.assign(is_real=compared["q_value"] < REAL)
    real, tests = int(compared["is_real"].sum()), int(compared["tests"].max())
    shown = compared.head(MOST_LINES).sort_values(["is_real", "times_as_often"], ascending=False, kind="stable")
    shown = shown.reset_index(drop=True)
    sentence = _(
        "Of {tests} values compared, {real} differ by more than chance. A dot at ×2: customers with it are twice as often among the best as all are."
    ).format(tests=locale.count(tests), real=locale.count(real))
    yield partial(section, _("What the best customers have more often"), sentence)
    colors = look.colors
    yield partial(
        legend, [(colors.accent, _("stands after correction")), (f"hollow:{colors.neutral}", _("could be chance"))]
    )
    names = [(str(row["trait_value"]), _(row["trait"])) for row in rows(shown)]
    in_words = ", ".join(
        f"{locale.name(value)} {locale.share(rate)}"
        for (value, _field), rate in zip(names, shown["best_rate"], strict=True)
    )
    alt = _("Share of customers with each trait that are among the best: {traits}.").format(traits=in_words)
    yield partial(chart, traits_figure(shown, names, look), "ideal_traits", alt, wide=True)
    table_, kinds = traits_table(profile, locale)
    means = words.meanings(*MEANS, of="ideal_customer")
    stands_on = [
        locale.n_("{n} customer", "{n} customers", int(compared["compared_customers"].max())),
        locale.n_("{n} comparison", "{n} comparisons", tests),
        _("values of {n} customers or more").format(n=locale.count(LEAST_TESTED)),
    ]
    if len(compared) > len(shown):
        stands_on.append(locale.n_("{n} more in the table", "{n} more in the table", len(compared) - len(shown)))
    basis = " · ".join(stands_on)
    what = paper("ideal_customer", _("Ideal customer"), table_, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(ideal_customer), means, basis, picture="wide_ideal_traits")


def traits_table(profile: pd.DataFrame, locale: Locale) -> tables.Table:
    _ = locale._
    why = {
        "named": _("its name says that it is made of the value"),
        "rises_with_value": _("it rises and falls with the value"),
        "says_it_itself": _("one of its values is nearly all of the best"),
    }
    return tables.columns(
        profile.assign(
            trait=[_(name) for name in profile["trait"]], why=[why.get(name) for name in profile["left_out"]],
            stands=[None if pd.isna(q) else _("stands") if q < REAL else _("could be chance") for q in profile["q_value"]],
        ),
        [
            ("trait", _("Trait"), "text"),
            ("trait_value", _("Value"), "text"),
            ("customers", _("Customers"), "count"),
            ("best_customers", _("Among the best"), "count"),
            ("best_rate", _("Share"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("best_rate_all", _("Of all"), "share"),
            ("share_of_best", _("Share of the best"), "share"),
            ("share_of_rest", _("Share of the others"), "share"),
            ("trait_odds", _("Odds ratio"), "days"),
            ("odds_low", _("Odds ratio, 95% from"), "days"),
            ("odds_high", _("Odds ratio, 95% to"), "days"),
            ("stands", _("After correction"), "text"),
            ("why", _("Left out because"), "text"),
        ],
    )  # fmt: skip


# who else


@told
def _prospects() -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = session.answer(ideal_prospects, most=ROWS_ON_SCREEN)
    title = _("Prospects that look like them")
    if found.empty:
        yield partial(
            section, title, _("No customer who never bought has more of these traits than of their opposites.")
        )
        return
    with_deals = int((found["open_deals"] > 0).sum())
    n = len(found)
    many = (
        locale.n_("{n} customer", "{n} customers", n)
        if n < ROWS_ON_SCREEN
        else _("More than {n} customers").format(n=locale.count(n))
    )
    sentence = _("{customers} who never bought share these traits; {n} of them have an open deal. The closest first: an order, not a chance.").format(
        customers=many, n=locale.count(with_deals)
    )  # fmt: skip
    yield partial(section, title, sentence)
    yield partial(_items, tuple(rows(found.head(ON_SCREEN))))
    shown, kinds = prospects_table(found, locale)
    means = words.meanings(*PROSPECT_MEANS, of="ideal_prospects")
    basis = _("the first {shown} of {n} customers").format(shown=locale.count(min(ON_SCREEN, n)), n=locale.count(n))
    what = paper("ideal_prospects", title, shown, kinds, meanings=means, basis=basis)
    whole = session.answer_later(ideal_prospects, lambda all_: prospects_table(all_, locale)[0])
    asked = session.asked(ideal_prospects, most=ROWS_ON_SCREEN)
    yield partial(under_chart, what, asked, means, basis, whole=whole)


def _items(found: tuple[dict[str, Any], ...]) -> None:
    """A prospect a line, with the way to its card."""
    locale = session.locale()
    _ = locale._
    with st.container(gap="xsmall", key="people_ideal"):
        for place, row in enumerate(found):
            with st.container(gap=None, key=f"person_item_ideal_{place}"):
                with st.container(
                    horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"
                ):
                    st.page_link(
                        "../pages/customer.py", label=md(row["customer"]),
                        query_params=session.link_to(customer_of=row["customer_id"]),
                    )  # fmt: skip
                    end = _("no open deal")
                    if row["open_deals"]:
                        end = locale.n_("{n} open deal", "{n} open deals", int(row["open_deals"]))
                        if row["open_amount"]:
                            end = f"{end}, {locale.money(row['open_amount'])}"
                    st.html(f'<p class="sh-verdict"><b>{rich(end)}</b></p>', width="content")
                facts = [plain(row["owner"] or _("No owner")), *(plain(name) for name in row["traits_for"].split("; "))]
                if row["traits_against"]:
                    facts.append(_("but {traits}").format(traits=plain(row["traits_against"])))
                said = " · ".join(f"<bdi>{rich(fact)}</bdi>" for fact in facts)
                st.html(f'<div class="sh-act"><p class="sh-small">{said}</p></div><hr class="sh-rule">')


def prospects_table(found: pd.DataFrame, locale: Locale) -> tables.Table:
    _ = locale._
    return tables.columns_once(
        found.assign(owner=[row["owner"] or _("No owner") for row in rows(found)]),
        [
            ("customer", _("Customer"), "text"),
            ("owner", _("Owner"), "text"),
            ("matched_traits", _("Traits in common"), "count"),
            ("traits_for", _("Like the best"), "text"),
            ("traits_against", _("Unlike the best"), "text"),
            ("match", _("Match"), "days"),
            ("open_deals", _("Open deals"), "count"),
            ("open_amount", _("Money in open deals"), "money"),
            ("currency", _("Currency"), "text"),
            ("customer_id", _("Customer number"), "text"),
        ],
    )  # fmt: skip
