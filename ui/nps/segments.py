"""Segments: whose score differs from all others, who moved, what of it is mix, and the score by account and by revenue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from analytics.fields import Field
from analytics.intervals import LEAST_TESTED
from analytics.nps.evidence import Tally, difference_interval
from analytics.nps.trend import nps
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_segments import scores_figure
from ui.funnel import field_choice
from ui.funnel.groups import value_words
from ui.nps import guard
from ui.nps.segments_choice import choices, folded
from ui.nps.segments_counted import by_revenue, show_counted
from ui.nps.segments_list import show_list
from ui.nps.segments_moved import moved_most, show_moved
from ui.parts import Piece, chart, drawn, heading, legend, note, nothing, paper, plain, section, told, under_chart

FIRST_CHOICES = ("segment", "customers.segment", "industry", "plan", "region", "owner")
MEANS = ("nps", "promoters", "passives", "detractors", "low", "q_value")


def show() -> None:
    """The view."""
    title = session.locale()._("NPS")
    if not guard.are_any(title):
        return
    fields = session.kept(choices)
    if not fields:
        _without_fields(title)
        return
    first = next((name for name in FIRST_CHOICES if name in fields), next(iter(fields)))
    field = fields[session.place("by", fields, first)]
    by = session.kept(folded, field)
    drawn(_heading, field, by)
    with st.container(border=True, key="card_nps_segments"):
        _title(fields, field)
        drawn(_groups, field, by)
    show_moved(field, by)
    show_counted()
    show_list(field, by)


def _without_fields(title: str) -> None:
    _ = session.locale()._
    heading(title, _("**Nothing tells the customers who answered apart.** So their scores cannot be compared."))
    with st.container(border=True, key="card_nothing_segments"):
        nothing(
            "groups",
            _("There are no groups yet"),
            _("Groups are made of what the files say of customers, of who looks after them, and of the survey's own columns."),
            [
                _("Add an export of **customers** with columns such as segment, industry or owner."),
                _("The survey must name them: by customer number, name or email address."),
            ],
        )  # fmt: skip
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")
    show_counted()


def _title(fields: dict[str, Field], field: Field) -> None:
    """The card's name and the choice of the field."""
    _ = session.locale()._
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        section(_("The score of each group"), _("Each group against all other answers."))
        st.selectbox(
            _("Groups by"), list(fields), index=list(fields).index(field.name), width=220,
            key=session.place_key("by"), on_change=session.keep_place, args=("by",),
            format_func=lambda name: field_choice.words(fields[name], fields),
        )  # fmt: skip


# the rows


def group_rows(by: Field) -> pd.DataFrame:
    """The groups as the chart takes them: the columns of `nps`, `value`, `is_real`, and the interval of the difference."""
    found = session.answer(nps, grain="all", by=by)
    found = found.rename(columns={found.columns[0]: "value"}).reset_index(drop=True)
    every = [
        Tally(int(n), int(p), int(d))
        for n, p, d in zip(found["n"], found["promoters"], found["detractors"], strict=True)
    ]
    whole = sum_of(every)
    ends = [difference_interval(own, whole.less(own)) for own in every]
    return found.assign(
        is_real=[value is True or value == True for value in found["real_change"]],  # noqa: E712
        difference_low=[low for low, _high in ends], difference_high=[high for _low, high in ends],
        rest=[whole.less(own).score for own in every],
    )  # fmt: skip


def sum_of(every: Sequence[Tally]) -> Tally:
    """All answers together."""
    whole = Tally(0, 0, 0)
    for own in every:
        whole = whole.plus(own)
    return whole


def score_of(found: pd.DataFrame) -> float | None:
    """The score of all the groups together."""
    n = int(found["n"].sum())
    return 100 * float(found["promoters"].sum() - found["detractors"].sum()) / n if n else None


# the sentence


@told
def _heading(field: Field, by: Field) -> Iterator[Piece]:
    found = group_rows(by)
    said = f"{finding(found, field)} {moved_most(by)}".strip()
    yield partial(heading, session.locale()._("NPS"), said, remark(found))


def finding(found: pd.DataFrame, field: Field) -> str:
    """Which group really scores otherwise than all other answers: the worst, else the best; else that it could be chance."""
    locale = session.locale()
    _ = locale._
    tested = found[found["p_value"].notna()]
    name = plain(field_choice.words(field, {field.name: field}))
    if not len(tested):
        return _("**Too few answers to tell the groups apart ({field}).** A comparison takes {least} on both sides.").format(
            field=name, least=locale.count(LEAST_TESTED)
        )  # fmt: skip
    real = tested[tested["is_real"]]
    if real.empty:
        return _("**No group really differs from the others ({field}).** The differences between {n} groups could be chance.").format(
            field=name, n=locale.count(len(tested))
        )  # fmt: skip
    worst = real.sort_values("difference").iloc[0]
    is_lower = worst["difference"] < 0
    row = worst if is_lower else real.sort_values("difference").iloc[-1]
    first = (_("**{group} really scores lower than all others**: NPS {score} against {rest}, {points} points ({low_high}).") if is_lower
             else _("**{group} really scores higher than all others**: NPS {score} against {rest}, {points} points ({low_high}).")).format(
        group=plain(value_words(field, _value(row["value"]))), score=locale.score(row["nps"]), rest=locale.score(row["rest"]),
        points=locale.score(row["difference"]), low_high=locale.scores(row["difference_low"], row["difference_high"]),
    )  # fmt: skip
    others = len(real) - 1
    return first + (
        " " + locale.n_("{n} other group really differs too.", "{n} other groups really differ too.", others)
        if others
        else ""
    )


def remark(found: pd.DataFrame) -> str:
    """What the comparison rests on, and what is not shown."""
    locale = session.locale()
    _ = locale._
    tests, n = int(found["p_value"].notna().sum()), int(found["n"].sum())
    answers = locale.n_("{n} answer", "{n} answers", n)
    parts = [
        _("NPS {score} of {answers}.").format(score=locale.score(score_of(found)), answers=answers)
        if n >= LEAST_SHOWN
        else _("Too few answers for a score: {answers}.").format(answers=answers)
    ]
    if tests:
        parts.append(
            locale.n_("{n} comparison, corrected for it.", "{n} comparisons, corrected for all of them.", tests)
        )
    few = int((found["n"] < LEAST_SHOWN).sum())
    if few:
        parts.append(
            locale.n_(
                "{n} group has fewer than 10 answers and no number.", "{n} groups have fewer than 10 answers and no number.", few
            )
        )  # fmt: skip
    return " ".join([*parts, *unhappy()])


def unhappy() -> Iterator[str]:
    """What rests on the accounts that rather warn than recommend, a sentence a currency."""
    locale = session.locale()
    for row in by_revenue():
        if row["unhappy_accounts"]:
            yield locale._("Accounts with more detractors than promoters brought {money} in the twelve months before they answered.").format(
                money=locale.money(row["unhappy_revenue"], row["currency"])
            )  # fmt: skip


def _value(value: object) -> str | None:
    return value if isinstance(value, str) else None


# the chart


@told
def _groups(field: Field, by: Field) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = group_rows(by)
    names = [value_words(by, _value(value)) for value in found["value"]]
    found = found.assign(said=[locale.n_("{n} answer", "{n} answers", int(n)) for n in found["n"]])
    key = [
        (look.colors.accent, _("differs from the others: stands after correction")),
        (look.colors.neutral, _("could be chance, or too few to test")),
        (look.colors.lost_fill, _("detractors, 0–6")),
        (look.colors.passive_fill, _("passives, 7–8")),
        (look.colors.won_fill, _("promoters, 9–10")),
    ]
    has_scores = bool((found["n"] >= LEAST_SHOWN).any())
    figure = scores_figure(found, names, score_of(found), look, with_shares=True)
    said = ", ".join(
        f"{locale.name(name)} {locale.score(row.nps)}" if row.n >= LEAST_SHOWN else f"{locale.name(name)} –"
        for name, row in zip(names, found.itertuples(), strict=True)
    )
    if has_scores:
        yield partial(legend, key)
        yield partial(chart, figure, "nps_segments", _("The Net Promoter Score of each group: {groups}.").format(groups=said), wide=True)  # fmt: skip
    else:
        yield partial(note, _("No group has 10 answers, so no score is shown. The table says how many each has."))
    rows, kinds = groups_table(found, names)
    means = words.meanings(*MEANS, of="nps")
    basis = [locale.n_("{n} answer", "{n} answers", int(found["n"].sum())), session.as_of_words()]
    tests = int(found["p_value"].notna().sum())
    if tests:
        basis.append(locale.n_("{n} comparison, corrected", "{n} comparisons, corrected", tests))
    stands_on = " · ".join(basis)
    what = paper("nps_segments", _("The score of each group"), rows, kinds, meanings=means, basis=stands_on)
    picture = "wide_nps_segments" if has_scores else ""
    yield partial(under_chart, what, session.asked(nps, grain="all", by=by), means, stands_on, picture=picture)


def groups_table(found: pd.DataFrame, names: list[str]) -> tables.Table:
    """The groups with all their figures; scores of fewer than ten are left out."""
    _ = session.locale()._
    few = found["n"] < LEAST_SHOWN
    scores = ("nps", "low", "high", "difference", "difference_low", "difference_high", "q_value")
    hidden = {name: pd.to_numeric(found[name]).mask(few) for name in scores}
    kinds = {
        name: pd.to_numeric(found[name]).astype("Int64").mask(few) for name in ("promoters", "passives", "detractors")
    }
    return tables.columns_once(
        found.assign(name=names, **hidden, **kinds),
        [
            ("name", _("Group"), "text"),
            ("n", _("Answers"), "count"),
            ("nps", _("NPS"), "number"),
            ("low", _("95% from"), "number"),
            ("high", _("95% to"), "number"),
            ("promoters", _("Promoters"), "count"),
            ("passives", _("Passives"), "count"),
            ("detractors", _("Detractors"), "count"),
            ("difference", _("Against the others"), "number"),
            ("difference_low", _("Difference from"), "number"),
            ("difference_high", _("Difference to"), "number"),
            ("q_value", _("q-value"), "number"),
        ],
    )
