"""The commonest paths of deals and what going back goes with: the two cards that the pages about paths share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import streamlit as st

from analytics.stage_paths import deals_of_path, deals_of_way, rework, stage_paths
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.locale import POP, RTL
from ui.parts import Piece, paper, rich, section, table, tag, told, under_chart

REAL = 0.05
REWORK_MEANS = ("way", "deal_share", "rate", "matured", "repeat_days", "money", "q_value")
PATH_MEANS = ("path", "deal_share", "rate", "median_days", "money")


def by_way(ways: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {str(row["way"]): {str(name): value for name, value in row.items()} for row in ways.to_dict("records")}


def path_words(path: str) -> str:
    """A path as this language reads it: from the right in Hebrew, whatever the stages' own language."""
    locale = session.locale()
    names = [locale.name(name).replace("*", "∗") for name in path.split(" → ")]
    return f"{RTL}{' ← '.join(names)}{POP}" if locale.rtl else " → ".join(names)


def way_words() -> dict[str, str]:
    _ = session.locale()._
    return {
        "reworked": _("Came back to a stage"),
        "straight": _("Went straight on"),
        "first_only": _("Seen in one stage only"),
    }


@told
def rework_told(ways: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    rows_of = by_way(ways)
    yield partial(
        section,
        _("What going back goes with"),
        _("Deals seen in one stage only stand apart: they had no chance to go back, so they are not compared."),
    )
    lines = []
    for way, row in rows_of.items():
        few = row["deals"] < LEAST_SHOWN
        decided = row["total"] >= LEAST_SHOWN
        matured = "" if few or pd.isna(row["matured"]) else f"<b>{locale.share(row['matured'])}</b> <small>{locale.shares(row['matured_low'], row['matured_high'])}</small>"  # fmt: skip
        lines.append(
            [
                rich(way_words()[way]),
                f"{locale.count(row['deals'])} <small>{locale.share(row['deal_share'])}</small>",
                matured or "–",
                f"{locale.share(row['rate'])} <small>{locale.shares(row['rate_low'], row['rate_high'])}</small>"
                if decided
                else rich(_("not enough · {n}").format(n=locale.count(row["total"]))),
                locale.count(row["undecided"]),
                locale.days(row["repeat_days"] / row["deals"]) if way == "reworked" and row["deals"] else "–",
                "–" if pd.isna(row["money"]) else locale.money(row["money"], row["currency"]),
            ]
        )
    yield partial(
        table,
        [
            _("Deals"),
            _("How many"),
            _("Chance to be won"),
            _("Win rate, decided"),
            _("Still open"),
            _("Days in repeat stays, each"),
            _("Money"),
        ],
        lines,
        caption=_("What became of deals that came back, and of those that did not"),
        numbers=range(1, 7),
    )
    yield _rework_note(rows_of["reworked"])
    rows, kinds = _rework_table(ways)
    parts = [locale.n_("{n} deal", "{n} deals", int(ways["deals"].sum()))]
    horizon = ways["horizon_days"].dropna()
    if len(horizon):
        parts.append(_("chance told by {days} after the first stay").format(days=locale.days(horizon.iloc[0])))
    parts.append(_("one comparison"))
    basis = " · ".join(parts)
    means = words.meanings(*REWORK_MEANS, of="rework")
    what = paper("rework", _("Going back"), rows, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(rework), means, basis)


def _rework_note(again: Mapping[str, Any]) -> Piece:
    """The days and money in going back, and whether the difference stands."""
    locale = session.locale()
    _ = locale._
    if pd.isna(again["q_value"]):
        verdict = tag("plain", _("not enough data"))
    elif again["q_value"] < REAL:
        verdict = tag("warn", _("real difference"))
    else:
        verdict = tag("plain", _("could be chance"))
    said = _("Repeat stays took {days} deal-days in all.").format(days=locale.count(again["repeat_days"]))
    if not pd.isna(again["open_money"]) and again["open_money"]:
        said += " " + _("Those of these deals that are still open are worth {money}.").format(
            money=locale.money(again["open_money"], again["currency"])
        )
    return partial(st.html, f'<p class="sh-note">{verdict} {rich(said)}</p>')


def _rework_table(ways: pd.DataFrame) -> tables.Table:
    _ = session.locale()._
    few = ways["deals"] < LEAST_SHOWN
    hidden = {
        name: pd.to_numeric(ways[name]).mask(few if name.startswith("matured") else ways["total"] < LEAST_SHOWN)
        for name in ("matured", "matured_low", "matured_high", "rate", "rate_low", "rate_high")
    }
    shown = ways.assign(way=[way_words()[name] for name in ways["way"]], **hidden)
    return tables.columns(
        shown,
        [
            ("way", _("Deals"), "text"),
            ("deals", _("How many"), "count"),
            ("deal_share", _("Share"), "share"),
            ("matured", _("Chance to be won"), "share"),
            ("matured_low", _("Chance, 95% from"), "share"),
            ("matured_high", _("Chance, 95% to"), "share"),
            ("won", _("Won"), "count"),
            ("total", _("Decided"), "count"),
            ("rate", _("Win rate, decided"), "share"),
            ("rate_low", _("Rate, 95% from"), "share"),
            ("rate_high", _("Rate, 95% to"), "share"),
            ("undecided", _("Still open"), "count"),
            ("repeat_days", _("Days in repeat stays"), "days"),
            ("money", _("Money"), "money"),
            ("open_money", _("Money still open"), "money"),
            ("currency", _("Currency"), "text"),
            ("q_value", _("q-value"), "number"),
        ],
    )


@told
def paths_told(found: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    yield partial(
        section,
        _("The commonest paths"),
        _("A path that stops early holds the deals that were lost there: its win rate says where it stops."),
    )
    lines = []
    way = "rtl" if locale.rtl else "ltr"  # a path is in an isolate, from which no direction can be told
    for row in found.to_dict("records"):
        name = rich(path_words(row["path"])) if isinstance(row["path"], str) else rich(_("All other paths"))
        if row["is_reworked"] is True:
            name += " " + tag("plain", _("came back"))
        decided = row["won"] + row["lost"]
        lines.append(
            [
                f'<bdi dir="{way}" style="display:inline-block;min-width:15rem">{name}</bdi>',
                locale.count(row["deals"]),
                f"{locale.share(row['deal_share'])} <small>{locale.shares(row['low'], row['high'])}</small>",
                f"{locale.share(row['rate'])} <small>{locale.shares(row['rate_low'], row['rate_high'])}</small>"
                if decided >= LEAST_SHOWN
                else rich(_("not enough · {n}").format(n=locale.count(decided))),
                locale.count(row["undecided"]),
                locale.days(row["median_days"]) if row["won"] >= LEAST_SHOWN else "–",
                "–" if pd.isna(row["money"]) else locale.money(row["money"], row["currency"]),
            ]
        )
    yield partial(
        table,
        [
            _("Path"),
            _("Deals"),
            _("Share"),
            _("Win rate, decided"),
            _("Still open"),
            _("Half of the won took"),
            _("Money"),
        ],
        lines,
        caption=_("The commonest paths and what became of their deals"),
        numbers=range(1, 7),
    )
    few = (found["won"] + found["lost"]) < LEAST_SHOWN
    shown = found.assign(
        path=[path_words(path) if isinstance(path, str) else _("All other paths") for path in found["path"]],
        median_days=pd.to_numeric(found["median_days"]).mask(found["won"] < LEAST_SHOWN),
        **{name: pd.to_numeric(found[name]).mask(few) for name in ("rate", "rate_low", "rate_high")},
    )
    rows, kinds = tables.columns(
        shown,
        [
            ("path", _("Path"), "text"),
            ("deals", _("Deals"), "count"),
            ("deal_share", _("Share"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("won", _("Won"), "count"),
            ("lost", _("Lost"), "count"),
            ("undecided", _("Still open"), "count"),
            ("rate", _("Win rate, decided"), "share"),
            ("rate_low", _("Rate, 95% from"), "share"),
            ("rate_high", _("Rate, 95% to"), "share"),
            ("median_days", _("Half of the won took, days"), "days"),
            ("money", _("Money"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )
    basis = " · ".join(
        [
            locale.n_("{n} deal", "{n} deals", int(found["deals"].sum())),
            _("as of {day}").format(day=locale.day(session.filters().as_of)),
            _("stages gone past unseen are not in a path"),
        ]
    )
    means = words.meanings(*PATH_MEANS, of="stage_paths")
    what = paper("stage_paths", _("The commonest paths"), rows, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(stage_paths), means, basis)


def variant_choices(found: pd.DataFrame, ways: pd.DataFrame) -> dict[str, str]:
    """The ways and paths that deals can be listed of, by code, with the words shown."""
    _ = session.locale()._
    choices = {code("way", way): way_words()[way] for way in by_way(ways)}
    for row in found.to_dict("records"):
        if isinstance(row["path_key"], str):
            choices[code("path", row["path_key"])] = _("Path: {path}").format(path=path_words(row["path"]))
    return choices


def deals_of_variant(picked: str) -> ir.Table | None:
    """The deals behind a code of `variant_choices`; None for a code of something else."""
    kind, *of = picked.split("\x1f")
    if kind == "way":
        return deals_of_way(session.tables(), session.filters(), of[0])
    if kind == "path":
        return deals_of_path(session.tables(), session.filters(), of[0])
    return None


def code(*parts: str) -> str:
    """What deals are listed of, as one word that a widget can keep."""
    return "\x1f".join(parts)
