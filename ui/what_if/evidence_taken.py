"""What a simulation takes for granted, all of it with the seed, and who is in no figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import streamlit as st

from analytics.what_if.base import Base
from analytics.what_if.scenario import Scenario
from data.errors import DataError
from ui import session
from ui.locale import NOTHING
from ui.parts import Piece, drawn, paper, plain, problem, rich, section, table, told, under_chart
from ui.what_if.export import assumptions_table
from ui.what_if.results_basis import About, basis, sql_of
from ui.words import Meaning


def show(scenario: Scenario, base: Base) -> None:
    """Two cards: who is left out, and the assumptions with a download."""
    if any(base.counts.values()):
        with st.container(border=True, key="card_what_if_left_out"):
            drawn(_left_out, dict(base.counts))
    with st.container(border=True, key="card_what_if_assumptions"):
        try:
            drawn(_assumptions, scenario)
        except DataError as error:
            section(session.locale()._("What this scenario takes for granted"))
            problem(error)


@told
def _left_out(counts: Mapping[str, int]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    known = {
        "other_currency": _("Their money is in another currency; choose it in the scenario to tell of them."),
        "unvalued": _("Too little is known of what they bring."),
        "potential": _("They never bought: those who begin to are among customers still to come."),
        "lost": _("They are lost already and bring nothing; a win-back acts on those of the last twelve months."),
    }
    names = {
        "other_currency": _("Another currency"), "unvalued": _("Without a value"), "potential": _("Not yet customers"), "lost": _("Lost customers"),
    }  # fmt: skip
    yield partial(
        section,
        _("In no figure"),
        _("Customers that are there in the data, and why the simulation does not tell of them."),
    )
    lines = [
        [f"<b>{rich(names.get(name, name))}</b>", rich(locale.count(n)), _wide(rich(known.get(name, "")))]
        for name, n in counts.items()
        if n
    ]
    yield partial(table, [_("Who"), _("Customers"), _("Why")], lines, caption=_("Customers in no figure"), numbers=(1,))


def _wide(html: str) -> str:
    return f'<span style="display:inline-block;min-width:13rem">{html}</span>'


@told
def _assumptions(scenario: Scenario) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    rows, _kinds = assumptions_table(scenario)
    yield partial(section, _("What this scenario takes for granted"), _("With these, the same data and the same day the answer is the same to the last digit."))  # fmt: skip
    lines, before = [], ""
    for part, what, value, low, high, unit, source in rows.itertuples(index=False):
        name = "" if part == before else f"<b>{rich(plain(part))}</b>"
        is_share = unit == _("share")
        write = locale.share if is_share else _number
        range_ = "" if low is None or low != low else rich(locale.between(write(low), write(high)))
        told_ = rich(plain(write(value)))
        beside = " ".join(each for each in (range_, "" if is_share else rich(unit)) if each)
        lines.append([name, rich(what), _wide(f"{told_} <small>{beside}</small>" if beside else told_), rich(source)])
        before = part
    heads = [_("Part"), _("What"), _("Value, and from low to high"), _("From")]
    yield partial(table, heads, lines, caption=_("Assumptions"))
    means = [
        Meaning(_("Seed"), _("What the random numbers begin from. The same seed gives the same futures; another one, other futures.")),
        Meaning(_("Futures"), _("How many possible courses were drawn, each with and without the scenario.")),
    ]  # fmt: skip
    said = basis(About(scenario, scenario.draws))
    # Numbers and words share a column, which a grid cannot hold.
    shown = rows.map(lambda cell: "" if cell is None or cell != cell else _number(cell))
    what = paper("what_if_assumptions", _("What this scenario takes for granted"), shown, dict.fromkeys(shown.columns, "text"), meanings=means, basis=said)  # fmt: skip
    yield partial(under_chart, what, sql_of(scenario), means, said)


def _number(value: object) -> str:
    """A value as it is; numbers without what rounding leaves."""
    if value is None or value != value:
        return NOTHING
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return str(value)
    return f"{value:,.6g}" if abs(value) < 1e5 else f"{value:,.0f}"
