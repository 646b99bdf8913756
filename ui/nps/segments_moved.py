"""Which group moved between two stretches of time, and what of the change is that others answered."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.fields import Field
from analytics.nps.mix import nps_mix
from analytics.rows import Row, rows
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_segments import moved_figure, scores_figure
from ui.funnel.groups import value_words
from ui.parts import Piece, chart, drawn, legend, note, paper, plain, section, told, under_chart

MEANS = ("nps_earlier", "nps", "points_low", "mix_points", "rate_points", "q_value")


def show_moved(field: Field, by: Field) -> None:
    """Two cards: the groups before and now, and the change taken apart."""
    found = session.answer(nps_mix, by=by)
    if found.empty or not _can_be_told(found):
        with st.container(border=True, key="card_nps_moved"):
            drawn(_too_early)
        return
    left, right = st.columns(2, gap="small")
    with left, st.container(border=True, key="card_nps_moved", height="stretch"):
        drawn(_moved, by)
    with right, st.container(border=True, key="card_nps_mix", height="stretch"):
        drawn(_mix, by)


def _can_be_told(found: pd.DataFrame) -> bool:
    every = found.iloc[0]
    return min(int(every["n"]), int(every["n_earlier"])) >= LEAST_SHOWN


def moved_most(by: Field) -> str:
    """The group that really moved most, in a sentence; nothing where none did."""
    found = session.answer(nps_mix, by=by)
    if found.empty or not _can_be_told(found):
        return ""
    groups, names = _groups(by)
    return moved_sentence(groups, names) if groups["is_real"].any() else ""


def _groups(by: Field) -> tuple[pd.DataFrame, list[str]]:
    """The rows of the groups, with `is_real`, and their names."""
    found = session.answer(nps_mix, by=by)
    found = found.rename(columns={found.columns[0]: "value"})
    groups = found[found["nps_part"] == "group"].reset_index(drop=True)
    names = [value_words(by, value if isinstance(value, str) else None) for value in groups["value"]]
    return groups.assign(is_real=[_real(row) for row in rows(groups)]), names


@told
def _too_early() -> Iterator[Piece]:
    _ = session.locale()._
    yield partial(section, _("Who moved"))
    yield partial(
        note, _("Not enough answers to compare two stretches of time: it takes 10 in each. Without a period, the last twelve months are held against the twelve before, or the two halves of what there is.")
    )  # fmt: skip


def stretches(row: Row) -> tuple[str, str]:
    """The days of the stretch before and of the one now, in words."""
    locale = session.locale()
    since, until = (pd.Timestamp(row[name]) for name in ("since", "until"))
    length = (until - since).days + 1
    before = since - pd.Timedelta(days=length), since - pd.Timedelta(days=1)
    return tuple(f"{locale.day(first.date())} – {locale.day(last.date())}" for first, last in (before, (since, until)))  # type: ignore[return-value]


def _real(row: Row) -> bool:
    return bool(row["real_change"])


@told
def _moved(by: Field) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    every = rows(session.answer(nps_mix, by=by).head(1))[0]
    groups, names = _groups(by)
    before, now = stretches(every)
    yield partial(section, _("Who moved"), moved_sentence(groups, names))
    key = [
        (f"hollow:{look.colors.muted}", ": ".join([_("before"), before])),
        (look.colors.accent, ": ".join([_("now, a real change"), now])),
        (look.colors.neutral, _("now, could be chance, or too few to test")),
    ]
    yield partial(legend, key)
    said = ", ".join(
        _("{group} from {before} to {now}").format(group=locale.name(name), before=locale.score(row["nps_earlier"]), now=locale.score(row["nps"]))
        for name, row in zip(names, rows(groups), strict=True) if min(row["n"], row["n_earlier"]) >= LEAST_SHOWN
    )  # fmt: skip
    alt = _("The Net Promoter Score of each group before and now: {groups}.").format(groups=said or "–")
    yield partial(chart, moved_figure(groups, names, look), "nps_moved", alt, wide=True)
    shown, kinds = moved_table(groups.assign(name=names))
    means = words.meanings(*MEANS, of="nps_mix")
    stands_on = _basis(every)
    what = paper("nps_moved", _("Who moved"), shown, kinds, meanings=means, basis=stands_on)
    yield partial(under_chart, what, session.asked(nps_mix, by=by), means, stands_on, picture="wide_nps_moved")


def _basis(every: Row) -> str:
    """What both cards stand on."""
    locale = session.locale()
    return " · ".join([
        locale.n_("{n} answer", "{n} answers", int(every["n"]) + int(every["n_earlier"])),
        session.as_of_words(),
        locale.n_("{n} comparison, corrected", "{n} comparisons, corrected", int(every["tests"])),
    ])  # fmt: skip


def moved_sentence(groups: pd.DataFrame, names: list[str]) -> str:
    """The group that really fell or rose most; else that none did."""
    locale = session.locale()
    _ = locale._
    real = groups[groups["is_real"]]
    if real.empty:
        return (
            _("No group really moved: the changes could be chance.")
            if groups["q_value"].notna().any()
            else _("No group has the 30 answers in both stretches that a comparison takes.")
        )
    place = real["difference"].abs().idxmax()
    row = real.loc[place]
    values = {
        "group": plain(names[int(place)]), "points": locale.count(abs(row["difference"])),
        "low_high": locale.scores(row["points_low"], row["points_high"]),
    }  # fmt: skip
    first = (
        _("**{group} fell by {points} points** ({low_high}), a real change.")
        if row["difference"] < 0
        else _("**{group} rose by {points} points** ({low_high}), a real change.")
    ).format(**values)
    others = len(real) - 1
    more = locale.n_("{n} other group really moved.", "{n} other groups really moved.", others) if others else ""
    return f"{first} {more}".strip()


def moved_table(groups: pd.DataFrame) -> tables.Table:
    """The groups on both sides; scores of fewer than ten are left out."""
    _ = session.locale()._
    now, before = groups["n"] < LEAST_SHOWN, groups["n_earlier"] < LEAST_SHOWN
    hidden: dict[str, Any] = {name: pd.to_numeric(groups[name]).mask(now) for name in ("nps", "low", "high")}
    hidden |= {
        name: pd.to_numeric(groups[name]).mask(before) for name in ("nps_earlier", "earlier_low", "earlier_high")
    }
    either = ("difference", "points_low", "points_high", "rate_points", "mix_points")
    hidden |= {name: pd.to_numeric(groups[name]).mask(now | before) for name in either}
    return tables.columns_once(
        groups.assign(**hidden),
        [
            ("name", _("Group"), "text"),
            ("n_earlier", _("Answers, before"), "count"),
            ("share_earlier", _("Share, before"), "share"),
            ("nps_earlier", _("NPS, before"), "number"),
            ("earlier_low", _("95% from, before"), "number"),
            ("earlier_high", _("95% to, before"), "number"),
            ("n", _("Answers, now"), "count"),
            ("share_later", _("Share, now"), "share"),
            ("nps", _("NPS, now"), "number"),
            ("low", _("95% from, now"), "number"),
            ("high", _("95% to, now"), "number"),
            ("difference", _("Change"), "number"),
            ("points_low", _("Change from"), "number"),
            ("points_high", _("Change to"), "number"),
            ("q_value", _("q-value"), "number"),
            ("rate_points", _("By its own change"), "number"),
            ("mix_points", _("By its share"), "number"),
        ],
    )


# the change taken apart


@told
def _mix(by: Field) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = rows(session.answer(nps_mix, by=by))
    every, rate, mix = (next(row for row in found if row["nps_part"] == part) for part in ("all", "rate", "mix"))
    yield partial(section, _("Did they change, or did others answer?"), mix_sentence(every, rate, mix))
    parts = pd.DataFrame([
        {"name": name, "said": said, "nps": row["difference"], "low": row["points_low"], "high": row["points_high"], "n": row["n"],
         "q": row["q_value"], "is_real": _real(row)}
        for name, said, row in (
            (_("The whole change"), "", every), (_("Same kinds"), _("they changed"), rate), (_("Mix"), _("others answered"), mix),
        )
    ])  # fmt: skip
    alt = _("From NPS {before} to {now}: {rate} points because the same kinds of customers changed, {mix} because others answered.").format(
        before=locale.score(every["nps_earlier"]), now=locale.score(every["nps"]), rate=locale.score(rate["difference"]), mix=locale.score(mix["difference"])
    )  # fmt: skip
    yield partial(chart, scores_figure(parts, list(parts["name"]), None, look), "nps_mix", alt, wide=True)
    shown, kinds = tables.columns_once(
        parts,
        [
            ("name", _("Part"), "text"), ("nps", _("Points"), "number"), ("low", _("95% from"), "number"),
            ("high", _("95% to"), "number"), ("q", _("q-value"), "number"),
        ],
    )  # fmt: skip
    means = words.meanings("rate_points", "mix_points", "points_low", of="nps_mix")
    stands_on = _basis(every)
    what = paper("nps_mix", _("Did they change, or did others answer?"), shown, kinds, meanings=means, basis=stands_on)
    yield partial(under_chart, what, session.asked(nps_mix, by=by), means, stands_on, picture="wide_nps_mix")


def mix_sentence(every: Row, rate: Row, mix: Row) -> str:
    """The change had the same kinds of customers answered, and what the others who answered did to it."""
    locale = session.locale()
    _ = locale._
    first = _("The score changed by {points} points. Had the same kinds of customers answered as before, it would be {adjusted} ({low_high}).").format(
        points=locale.score(every["difference"]), adjusted=locale.score(rate["difference"]), low_high=locale.scores(rate["points_low"], rate["points_high"])
    )  # fmt: skip
    if _real(rate):
        second = _("**That is a real change**, and not only of who answered.")
    elif _real(mix):
        second = _("**Who answered makes a real difference**; that the customers themselves changed could be chance.")
    elif rate["q_value"] is None:
        second = _("Too few answers to say whether that is more than chance.")
    else:
        second = _("That could be chance.")
    return f"{first} {second}"
