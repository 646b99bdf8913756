"""What results stand on, and the small words all of them share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from analytics.rows import Row, rows
from analytics.what_if import told
from analytics.what_if.base import Base
from analytics.what_if.outcome import Outcome
from analytics.what_if.scenario import STRESS, Scenario
from ui import session, words
from ui.export import Paper
from ui.parts import paper, under_chart
from ui.tables import Table
from ui.what_if import asked
from ui.what_if.words import range_words

SURE, HARDLY = 0.95, 0.05  # from here on a chance is evidence, one way or the other


@dataclass(frozen=True)
class About:
    """Which results: of a scenario, in so many draws, and whether those are all the draws it asks for."""

    scenario: Scenario
    draws: int
    is_final: bool = True

    def key(self, name: str) -> str:
        """The key of a piece of the page: the same for first results and final ones, so that these take the place of those."""
        return f"what_if_{name}"

    def of(self, make: Callable[[Outcome], pd.DataFrame]) -> pd.DataFrame:
        return asked.of_outcome(make, self.scenario, self.draws)

    def verdict(self) -> Row:
        return rows(self.of(told.verdict))[0]

    def totals(self) -> dict[str, Row]:
        return {row["quantity"]: row for row in rows(self.of(told.totals))}

    @property
    def is_stress(self) -> bool:
        """Whether it only asks what happens if things go wrong, so that no cost is missed."""
        return bool(self.scenario.levers) and all(lever.kind in STRESS for lever in self.scenario.levers)


def by_month(outcome: Outcome) -> pd.DataFrame:
    """`told.by_month` as of the reader's day, which is part of what outcomes are kept by."""
    return told.by_month(outcome, _as_of())


def flows(outcome: Outcome) -> pd.DataFrame:
    """`told.flows` as of the reader's day."""
    return told.flows(outcome, _as_of())


def _as_of() -> Any:
    return session.filters().as_of


def kind_of_money(margin: float | None) -> str:
    """What a gain is counted in: profit where a margin is known."""
    _ = session.locale()._
    return _("profit") if margin is not None else _("revenue after costs")


def eighty(row: Row, name: str, currency: str | None) -> str:
    """The 80% range of an amount of money in a row: `name_p10` to `name_p90`, or `p10` to `p90` where the name is empty."""
    locale = session.locale()
    start = f"{name}_" if name else ""
    low, high = (locale.money(row[f"{start}{end}"], currency) for end in ("p10", "p90"))
    return range_words(low, high, locale)


def chance_words(chance: float) -> str:
    """A chance that was counted in draws: never more certain than that."""
    locale = session.locale()
    if chance >= 0.995:
        return locale._("more than {share}").format(share=locale.share(0.99))
    if chance < 0.005:
        return locale._("less than {share}").format(share=locale.share(0.01, 0))
    return locale.share(chance, 0)


def short_chance(chance: float) -> str:
    """The same where there is room for a number only."""
    locale = session.locale()
    if chance >= 0.995:
        return locale.ltr(">99%")
    return locale.ltr("<1%") if chance < 0.005 else locale.share(chance, 0)


def basis(about: About, *more: str) -> str:
    """What a figure stands on: customers, draws, seed and day."""
    locale = session.locale()
    _ = locale._
    base = asked.base(about.scenario)
    parts = []
    if base.cells is not None:
        parts.append(locale.n_("{n} customer", "{n} customers", round(float(base.cells.customers.sum()))))
    if base.pipeline is not None and base.pipeline.deals_seen:
        parts.append(locale.n_("{n} deal", "{n} deals", base.pipeline.deals_seen))
    parts += [
        locale.n_("{n} future", "{n} futures", about.draws),
        _("seed {n}").format(n=locale.ltr(str(about.scenario.seed))),
        session.as_of_words(),
        *(each for each in more if each),
    ]
    return " · ".join(parts)


def sql_of(scenario: Scenario) -> str:
    """The queries that the simulation rests on: what is asked of the data before anything is drawn."""
    return session.kept(_sql_of, scenario)


def _sql_of(scenario: Scenario) -> str:
    from analytics.what_if.fitted import answered, without_amounts

    return session.asked(
        answered, scenario=without_amounts(scenario), settings=session.customer_settings(), of=_nothing
    )


def _nothing(base: Base, scenario: Scenario) -> pd.DataFrame:
    """Only what is asked is of interest."""
    return pd.DataFrame()


def under(
    about: About, name: str, title: str, table: Table, means: Sequence[str], of: str, *more: str, picture: str = "",
) -> partial[None]:  # fmt: skip
    """The row under a chart: basis, table, downloads, SQL and meaning. `picture` is the key of the chart's container."""
    meaning = words.meanings(*means, of=of)
    said = basis(about, *more)
    what: Paper = paper(about.key(name), title, *table, meanings=meaning, basis=said)
    return partial(under_chart, what, sql_of(about.scenario), meaning, said, picture=picture)
