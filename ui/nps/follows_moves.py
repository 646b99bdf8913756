"""How the same people moved between two answers, and the people behind each move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.moves import nps_moved, nps_moves
from analytics.rows import rows as records
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_follows import VOTES, moves_figure
from ui.customer.links import customer_links
from ui.locale import NOTHING, Locale
from ui.nps.follows_words import group_words, one_words
from ui.parts import (
    ROWS_ON_SCREEN,
    Piece,
    chart,
    drawn,
    first_lines,
    legend,
    note,
    paper,
    plain,
    rich,
    section,
    table,
    told,
    under_chart,
)

ON_SCREEN = 12
CHART = "follows_moves"
FELL = "fell"
MEANS = ("moved_from", "moved_to", "net_move", "stands")
LIST_MEANS = ("moved_from", "moved_to", "previous_score", "revenue_12m", "value_at_risk")
# Every move and who fell, as the choice below the chart names them.
CHOICES = (FELL, *(f"{before}_{now}" for before in VOTES for now in VOTES))


def show_moves(*, has_customers: bool) -> None:
    """The card: the moves, and who made the one chosen; `has_customers` says whether customers' money can be told."""
    found = session.answer(nps_moves)
    with st.container(border=True, key="card_follows_moves"):
        drawn(_moves)
        if is_few(found) or not has_customers:
            return
        words_ = choice_words(session.locale())
        if session.get("follows_moved") not in words_:
            session.put("follows_moved", FELL)
        st.selectbox(
            session.locale()._("Who moved"), list(words_), key="follows_moved", width=300, format_func=lambda name: words_[name],
            persist_state="session",
        )  # fmt: skip
        chosen = session.get("follows_moved") or FELL
        rows = session.answer(nps_moved, most=ROWS_ON_SCREEN, **_asked(chosen))
        drawn(_people, chosen)
        customer_links(records(rows.head(ON_SCREEN)), "open_follows_moves")


def _asked(chosen: str) -> dict[str, Any]:
    before, _sep, now = chosen.partition("_")
    return {} if chosen == FELL else {"moved_from": before, "moved_to": now}


def choice_words(locale: Locale) -> dict[str, str]:
    """The moves as people read them; those that fell first."""
    _ = locale._
    one = one_words(locale)
    said = {FELL: _("All who fell")}
    for before in VOTES:
        for now in VOTES:
            if before == now:
                said[f"{before}_{now}"] = _("stayed {vote}").format(vote=one[now])
            else:
                said[f"{before}_{now}"] = _("from {before} to {now}").format(before=one[before], now=one[now])
    return said


def _pick() -> None:
    """Take the clicked move as the one whose people are listed."""
    points = (session.get(CHART) or {}).get("selection", {}).get("points", [])
    told_ = (points[0].get("customdata") or []) if points else []
    if len(told_) == 3 and f"{told_[1]}_{told_[2]}" in CHOICES:
        session.put("follows_moved", f"{told_[1]}_{told_[2]}")


def is_few(found: pd.DataFrame) -> bool:
    """Whether too few answered twice for the picture of who moved to show anything."""
    return found.empty or int(found["n"].iloc[0]) < LEAST_SHOWN


@told
def _moves() -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = session.answer(nps_moves)
    yield partial(section, _("The same people again"), moves_sentence(found))
    if is_few(found):
        return
    cells = cells_of(found)
    yield partial(legend, _key(cells))
    told_cells = [
        _("{before} to {now}: {share}").format(
            before=one_words(locale)[row.moved_from], now=one_words(locale)[row.moved_to], share=locale.share(row.share)
        )
        for row in cells.itertuples() if row.of >= LEAST_SHOWN
    ]  # fmt: skip
    alt = _("What people were by the answer before, and what they are by the latest: {moves}.").format(
        moves=", ".join(told_cells) or _("too few people to say")
    )
    figure = moves_figure(cells, group_words(locale), look)
    yield partial(chart, figure, CHART, alt, wide=True, on_select=_pick)
    yield partial(note, _("Rows: the answer before. Columns: the latest answer. Click a field for the people in it."))
    shown, kinds = moves_table(found, locale)
    means = words.meanings(*MEANS, of="nps_moves")
    tests = int(found["tests"].max())
    basis = " · ".join([
        locale.n_("{n} person who answered twice", "{n} people who answered twice", int(found["n"].iloc[0])), session.as_of_words(),
        _("corrected over {comparisons}").format(comparisons=locale.n_("{n} comparison", "{n} comparisons", tests)),
    ])  # fmt: skip
    what = paper("follows_moves", _("The same people again"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(nps_moves), means, basis, picture=f"wide_{CHART}")


def moves_sentence(found: pd.DataFrame) -> str:
    """By how much the score of those who answered twice has changed, and whether that is real."""
    locale = session.locale()
    _ = locale._
    if found.empty:
        return _("Nobody answered twice yet, as far as the file tells, so nobody can be seen to move.")
    every = records(found.head(1))[0]
    n = int(every["n"])
    if n < LEAST_SHOWN:
        return locale.n_(
            "Only {n} person answered twice: too few to say.", "Only {n} people answered twice: too few to say.", n
        )
    fell = int(found["n"][[_is_fall(row) for row in records(found)]].sum())
    rose = int(found["n"][[_is_rise(row) for row in records(found)]].sum())
    said = {
        "people": locale.n_("{n} person", "{n} people", n), "fell": locale.count(fell), "rose": locale.count(rose),
        "points": locale.score(every["net_move"]), "interval": locale.scores(every["net_low"], every["net_high"]),
    }  # fmt: skip
    first = _("Of {people} who answered twice, {fell} fell and {rose} rose: {points} points (95%: {interval}).").format(
        **said
    )
    if every["p_value"] is None:
        return first + " " + _("Too few to test.")
    if every["stands"]:
        return first + " " + _("**That is a real change**, after correction.")
    return first + " " + _("That could be chance.")


def _is_fall(row: Mapping[str, Any]) -> bool:
    return row["moved_from"] is not None and VOTES.index(row["moved_to"]) > VOTES.index(row["moved_from"])


def _is_rise(row: Mapping[str, Any]) -> bool:
    return row["moved_from"] is not None and VOTES.index(row["moved_to"]) < VOTES.index(row["moved_from"])


def cells_of(found: pd.DataFrame) -> pd.DataFrame:
    """The nine moves as `moves_figure` draws them. A rise stands where the fall it is tested against does, and is the commoner."""
    locale = session.locale()
    _ = locale._
    rows = [row for row in records(found) if row["moved_from"] is not None]
    by_move = {(row["moved_from"], row["moved_to"]): row for row in rows}
    of = {before: sum(row["n"] for row in rows if row["moved_from"] == before) for before in VOTES}
    made = []
    for row in rows:
        before, now = row["moved_from"], row["moved_to"]
        mirrored = by_move[now, before]
        test = row if _is_fall(row) else mirrored
        stands = before != now and bool(test["stands"]) and row["n"] > mirrored["n"]
        people = locale.n_("{n} person", "{n} people", int(row["n"]))
        said = choice_words(locale)[f"{before}_{now}"]
        if of[before] >= LEAST_SHOWN:
            said += f"<br><b>{locale.share(row['share'])}</b> ({locale.shares(row['low'], row['high'])}) · {people}"
        else:
            said += f"<br>{people}"
        made.append(
            {
                "moved_from": before,
                "moved_to": now,
                "n": row["n"],
                "share": row["share"],
                "of": of[before],
                "stands": stands,
                "said": said,
            }
        )
    found_cells = pd.DataFrame(made)
    return found_cells.assign(share=pd.to_numeric(found_cells["share"]))


def _key(cells: pd.DataFrame) -> list[tuple[str, str]]:
    look = session.look()
    _ = look.locale._
    items = [(look.colors.heat[3], _("share of those who stood there before; the stronger, the more"))]
    if cells["stands"].any():
        items.append(
            (f"hollow:{look.colors.ink}", _("▼ ▲ more fell than rose that way, or more rose, after correction"))
        )
    return items


def moves_table(found: pd.DataFrame, locale: Locale) -> tables.Table:
    """The moves as a sheet."""
    _ = locale._
    one = one_words(locale)
    rows = records(found)
    of = found.groupby("moved_from", dropna=False)["n"].transform("sum")
    said = found.assign(
        before=[one.get(row["moved_from"], _("all")) for row in rows], now=[one.get(row["moved_to"], _("all")) for row in rows],
        **{name: pd.to_numeric(found[name]).mask(of < LEAST_SHOWN) for name in ("share", "low", "high", "net_move", "net_low", "net_high")},
    )  # fmt: skip
    return tables.columns_once(
        said,
        [
            ("before", _("Answer before"), "text"), ("now", _("Latest answer"), "text"), ("n", _("People"), "count"),
            ("share", _("Share"), "share"), ("low", _("95% from"), "share"), ("high", _("95% to"), "share"),
            ("net_move", _("Net movement"), "number"), ("net_low", _("Net from"), "number"), ("net_high", _("Net to"), "number"),
            ("q_value", _("q-value"), "number"),
        ],
    )  # fmt: skip


# the people


@told
def _people(chosen: str) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    asked = _asked(chosen)
    rows = session.answer(nps_moved, most=ROWS_ON_SCREEN, **asked)
    if rows.empty:
        yield partial(note, _("Nobody made this move."))
        return
    heads = [
        _("Customer"),
        _("Owner"),
        _("Who answered"),
        _("Answer before"),
        _("Latest answer"),
        _("Revenue, 12 months"),
        _("What they wrote"),
    ]
    lines = [_line(row, locale) for row in records(rows.head(ON_SCREEN))]
    title = choice_words(locale)[chosen]
    yield partial(table, heads, lines, caption=_("People who moved"), numbers=(5,))
    shown, kinds = moved_table(rows, locale)
    means = words.meanings(*LIST_MEANS, of="nps_moved")
    basis = [session.as_of_words(), _("those of customers with most revenue first")]
    first = _("the first {shown} of {n} people").format(shown=locale.count(ON_SCREEN), n=locale.count(len(rows)))
    basis[:0] = first_lines(len(rows), ON_SCREEN, first)
    stands_on = " · ".join(basis)
    what = paper("follows_people", title, shown, kinds, meanings=means, basis=stands_on)
    whole = session.answer_later(nps_moved, lambda found: moved_table(found, locale)[0], **asked)
    yield partial(
        under_chart, what, session.asked(nps_moved, most=ROWS_ON_SCREEN, **asked), means, stands_on, whole=whole
    )


def _line(row: Mapping[str, Any], locale: Locale) -> list[str]:
    comment = NOTHING
    if row["comment"]:
        said = plain(row["comment"])
        comment = f"<small>{rich(said if len(said) <= 110 else said[:109] + '…')}</small>"
    return [
        f'<b style="display:inline-block;min-width:9rem">{rich(plain(row["customer"]))}</b>'
        if row["customer"]
        else NOTHING,
        rich(plain(owner_words(row["owner"], locale))),
        f"<bdi>{rich(plain(row['respondent']))}</bdi>" if row["respondent"] else NOTHING,
        _scored(row["previous_score"], row["previous_on"], locale),
        _scored(row["score"], row["answered_on"], locale),
        rich(locale.money(row["revenue_12m"], row["currency"])),
        comment,
    ]


def _scored(score: float, day: Any, locale: Locale) -> str:
    return f'<b>{rich(locale.count(score))}</b><br><small class="sh-whole">{rich(locale.day(day))}</small>'


def moved_table(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """The people as a sheet."""
    _ = locale._
    one = one_words(locale)
    told_ = records(rows)
    said = rows.assign(
        owner=[owner_words(row["owner"], locale) for row in told_], before=[one[row["moved_from"]] for row in told_],
        now=[one[row["moved_to"]] for row in told_],
    )  # fmt: skip
    return tables.columns_once(
        said,
        [
            ("customer", _("Customer"), "text"), ("owner", _("Owner"), "text"), ("respondent", _("Who answered"), "text"),
            ("before", _("Was"), "text"), ("now", _("Is"), "text"), ("previous_on", _("Answered before"), "day"),
            ("previous_score", _("Answer before"), "number"), ("answered_on", _("Answered"), "day"), ("score", _("Score"), "number"),
            ("comment", _("What they wrote"), "text"), ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("value_at_risk", _("Value at risk"), "money"), ("currency", _("Currency"), "text"), ("customer_id", _("Customer number"), "text"),
        ],
    )  # fmt: skip
