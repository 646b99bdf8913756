"""What if all of it were mended at once: the funnel worked out again, beside what the single rows add up to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.fields import Field
from analytics.mended import bottlenecks_joint
from analytics.rows import Row, rows
from ui import session, tables, words
from ui.bottlenecks.ranking_words import kinds
from ui.funnel.timing import day_range
from ui.parts import Piece, drawn, note, paper, plain, rich, section, table, told, under_chart

MEANT = ("rows_mended", "added_up", "days_shorter")


def all_mended(by: Field | None) -> None:
    """The card; nothing where nothing stands."""
    answer = session.answer(bottlenecks_joint, by=by)
    if len(answer):
        with st.container(border=True, key="card_all_mended"):
            drawn(_mended, answer, by)


@told
def _mended(answer: pd.DataFrame, by: Field | None) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = rows(answer)
    yield partial(
        section,
        _("If all of it were mended"),
        _(
            "Deals of the groups that do worse would then do as the deals of none of them. Leaks and delays are never added."
        ),
    )
    for row in found:
        if row["stage"] is None:
            yield partial(note, _leaks(row) if row["kind"] == "leak" else _delays(row))
    yield partial(
        table,
        [_("Mended"), _("Deals"), _("Now"), _("As the others"), _("Brings"), _("Days shorter")],
        [_line(row, found) for row in found if row["stage"] is not None or _stages(row["kind"], found) > 1],
        caption=_("What mending brings, all at once and stage by stage"),
        numbers=range(1, 6),
    )
    shown = pd.DataFrame([{**row, "mended": _name(row), "what": kinds()[row["kind"]]} for row in found])
    table_, types = tables.columns(
        shown,
        [
            ("what", _("Kind"), "text"), ("mended", _("Mended"), "text"), ("rows_mended", _("Rows"), "count"),
            ("n", _("Deals"), "count"), ("share", _("Move on now"), "share"), ("share_rest", _("As the others"), "share"),
            ("stay_days", _("Days now"), "days"), ("stay_days_rest", _("Days of the others"), "days"),
            ("money", _("Money"), "money"), ("money_low", _("Money, 95% from"), "money"),
            ("money_high", _("Money, 95% to"), "money"), ("added_up", _("Rows added up"), "money"),
            ("days_shorter", _("Days shorter"), "days"), ("days_shorter_low", _("Days shorter, 95% from"), "days"),
            ("days_shorter_high", _("Days shorter, 95% to"), "days"), ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    mended = sum(row["rows_mended"] for row in found if row["stage"] is None)
    basis = " · ".join(
        [
            locale.n_("{n} bottleneck that stands", "{n} bottlenecks that stand", mended),
            _("as of {day}").format(day=locale.day(session.filters().as_of)),
            _("a deal of several groups counts once"),
        ]
    )
    meanings = words.meanings(*MEANT, of="all_mended")
    what = paper("all_mended", _("If all of it were mended"), table_, types, meanings=meanings, basis=basis)
    yield partial(under_chart, what, session.asked(bottlenecks_joint, by=by), meanings, basis)


def _range(row: Row) -> str:
    locale = session.locale()
    return locale.between(*(locale.money(row[name], row["currency"]) for name in ("money_low", "money_high")))


def _leaks(row: Row) -> str:
    """What mending the leaks brings, and why it is not the sum of the rows."""
    locale = session.locale()
    _ = locale._
    if row["money"] is None:
        return _("What mending the leaks brings cannot be told: no deal has an amount.")
    said = _("**All leaks mended: {money} more would be won** ({range}).").format(
        money=locale.money(row["money"], row["currency"]), range=_range(row)
    )
    if row["rows_mended"] < 2:
        return said
    return f"{said} " + _(
        "The {n} rows add up to {sum}, which is not the same: deals of several groups are in several rows, each row is measured "
        "against others that may leak too, and what is saved early passes the later stages."
    ).format(n=locale.count(row["rows_mended"]), sum=locale.money(row["added_up"], row["currency"]))


def _delays(row: Row) -> str:
    locale = session.locale()
    _ = locale._
    days = _("An average deal's way would be {days} shorter ({range}).").format(
        days=locale.days(row["days_shorter"], 1), range=day_range(row["days_shorter_low"], row["days_shorter_high"])
    )
    if row["money"] is None:
        return days
    said = _("**All delays mended: {money} less would wait at any time** ({range}).").format(
        money=locale.money(row["money"], row["currency"]), range=_range(row)
    )
    return f"{said} {days}"


def _name(row: Row) -> str:
    _ = session.locale()._
    if row["stage"] is not None:
        return str(row["stage"])
    return _("All leaks") if row["kind"] == "leak" else _("All delays")


def _stages(kind: str, found: list[Row]) -> int:
    """How many stages are mended of a kind; where it is one, all together is that one."""
    return sum(row["kind"] == kind and row["stage"] is not None for row in found)


def _line(row: Row, found: list[Row]) -> list[str]:
    locale = session.locale()
    _ = locale._
    is_all, is_leak = row["stage"] is None, row["kind"] == "leak"
    is_only = _stages(row["kind"], found) < 2
    if is_only:
        said = _("Leak at {stage}") if is_leak else _("Delay at {stage}")
    else:
        said = _name(row) if is_all else _("{stage} alone")
    said = said.format(stage=plain(row["stage"]))
    now, other = ("share", "share_rest") if is_leak else ("stay_days", "stay_days_rest")
    tell = locale.share if is_leak else locale.days
    brings = (
        "–"
        if row["money"] is None
        else f"<b>{locale.money(row['money'], row['currency'])}</b> <small>{rich(_range(row))}</small>"
    )
    days = "–" if is_leak else rich(locale.days(row["days_shorter"], 1))
    name = f"<b>{rich(said)}</b>" if is_all or is_only else rich(said)
    return [name, locale.count(row["n"]), tell(row[now]), tell(row[other]), brings, days]
