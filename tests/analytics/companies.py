"""Companies at random whose truth is known, made by the column so that hundreds can be asked in a minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from analytics.filters import Filters
from analytics.findings import Search, told_apart
from analytics.rows import Row, rows
from data.database import connect, create_tables
from data.engine import Engine

STAGES = ("Lead", "Demo", "Proposal", "Negotiation", "Contract")
START, END = np.datetime64("2024-01-01", "us"), np.datetime64("2026-01-01", "us")
AS_OF = Filters(date(2025, 12, 31), pipeline="Sales")
DAY = np.timedelta64(86_400_000_000, "us")


@dataclass(frozen=True)
class Company:
    """What is true: the chance to move on and the typical days at each of the first `STAGES`, and how much longer losers stay.

    `groups` are fields of deals with their number of equally likely values, named a, b, c...; `planted` sets the chance
    to move on at a stage for one value of a field, `planted_days` how many times as long its deals stay. Deals begin
    evenly in the last `years` before the as-of date.
    """

    deals: int = 800
    move_on: tuple[float, ...] = (0.78, 0.85, 0.57, 0.84)
    typical_days: tuple[float, ...] = (9.0, 16.0, 26.0, 20.0)
    losers_linger: float = 1.3
    groups: Mapping[str, int] = field(default_factory=lambda: {"source": 5, "owner": 8, "deal_type": 3, "product": 6})
    planted: Mapping[tuple[str, str, int], float] = field(default_factory=dict)
    years: float = 2.0
    planted_days: Mapping[tuple[str, str, int], float] = field(default_factory=dict)

    @property
    def win_rate(self) -> float:
        """The chance of a deal to be won in the end, in a company without anything planted."""
        return float(np.prod(self.move_on))

    def frames(self, seed: int) -> dict[str, pd.DataFrame]:
        """The rows of `deals` and `stage_entries`, as an import would leave them."""
        random = np.random.default_rng(seed)
        n = self.deals
        span = float((END - START) / DAY) * self.years / 2
        created = END - (random.uniform(0, span, n) * 86_400e6).astype("timedelta64[us]")
        values = {
            name: np.array([chr(97 + place) for place in range(size)])[random.integers(0, size, n)]
            for name, size in self.groups.items()
        }
        amount = np.round(random.lognormal(9, 0.6, n), 2)
        entered, alive = created.copy(), np.ones(n, dtype=bool)
        status = np.full(n, "open", dtype=object)
        closed = np.full(n, np.datetime64("NaT"), dtype="datetime64[us]")
        parts = []
        stages = STAGES[: len(self.move_on)]
        for place, stage in enumerate(stages):
            chance = np.full(n, self.move_on[place])
            for (name, value, where), planted in self.planted.items():
                if where == place:
                    chance[values[name] == value] = planted
            moves = random.random(n) < chance
            days = self.typical_days[place] * random.lognormal(0, 0.8, n) * np.where(moves, 1.0, self.losers_linger)
            for (name, value, where), times in self.planted_days.items():
                if where == place:
                    days[values[name] == value] *= times
            left = entered + (days * 86_400e6).astype("timedelta64[us]")
            is_over = left < END
            fate = np.where(~is_over, "still", np.where(moves, "advanced", "lost"))
            parts.append((np.flatnonzero(alive), stage, place + 1, "open", entered, np.where(is_over, left, np.datetime64("NaT")), fate))  # fmt: skip
            ends = alive & is_over & (~moves | (place + 1 == len(stages)))
            status[ends] = np.where(moves[ends], "won", "lost")
            closed[ends] = left[ends]
            alive, entered = alive & is_over & moves, np.where(is_over, left, entered)
        for outcome, order in (("won", len(stages) + 1), ("lost", len(stages) + 2)):
            parts.append((np.flatnonzero(status == outcome), outcome.title(), order, outcome, closed, np.full(n, np.datetime64("NaT")), np.full(n, "advanced" if outcome == "won" else "lost")))  # fmt: skip
        ids = np.char.add("D", np.arange(n).astype(str))
        deals = pd.DataFrame(
            {
                "deal_no": np.arange(n) + 1, "deal_id": ids, "pipeline": "Sales", "status": status, "amount": amount,
                "currency": "USD", "created_at": created, "closed_at": closed, **values,
            }
        )  # fmt: skip
        stays = pd.concat(
            [
                pd.DataFrame(
                    {
                        "row": rows, "stage": stage, "stage_order": order, "outcome": outcome,
                        "entered_at": came[rows], "left_at": left[rows].astype("datetime64[us]"), "fate": fate[rows],
                        "turn": order if outcome == "open" else len(stages) + 1,
                        "outcome_visit": order if outcome == "open" else 1,
                    }
                )
                for rows, stage, order, outcome, came, left, fate in parts
            ],
            ignore_index=True,
        )  # fmt: skip
        rows = stays.pop("row").to_numpy()
        stays = stays.assign(
            deal_id=ids[rows], deal_no=rows + 1, pipeline="Sales", visit=1, is_recorded=True, is_skipped=False,
            skips_before=0, deal_amount=amount[rows], deal_currency="USD", deal_created_at=created[rows],
            deal_closed_at=closed[rows],
        )  # fmt: skip
        return {"deals": deals, "stage_entries": stays}


class Simulator:
    """One engine whose rows are replaced for each company of so many `stages`; expressions are compiled once."""

    def __init__(self, stages: int = 4) -> None:
        self._database = connect()
        names = (*STAGES[:stages], "Won", "Lost")
        create_tables(self._database)
        self._database.executemany(
            "INSERT INTO stages (pipeline, stage, stage_order, outcome) VALUES ('Sales', ?, ?, ?)",
            [[name, order, name.lower() if order > stages else "open"] for order, name in enumerate(names, 1)],
        )
        self.engine = Engine(self._database)
        self.tables = self.engine.tables
        self._search: Search | None = None
        self._asks: dict[str, ir.Table] = {}

    def load(self, frames: Mapping[str, pd.DataFrame]) -> None:
        for name, made in frames.items():
            self._database.execute(f"DELETE FROM {name}")
            self._database.register("_rows", made)
            self._database.execute(f"INSERT INTO {name} BY NAME SELECT * FROM _rows")
            self._database.unregister("_rows")

    def searched(self) -> tuple[Search, dict[str, pd.DataFrame]]:
        """The first rounds of the search for findings; what they ask is the same of every company."""
        if self._search is None:
            self._search = Search(self.tables, AS_OF)
            self._asks = {"told_apart": told_apart(self.tables)}
            answers = {"told_apart": self.run(self._asks["told_apart"])}
            for further in (self._search.fields, self._search.scan):
                added = further(answers)
                self._asks |= added
                answers |= {name: self.run(ask) for name, ask in added.items()}
        return self._search, {name: self.run(ask) for name, ask in self._asks.items()}

    def run(self, expression: ir.Table) -> pd.DataFrame:
        return self.engine.query(_sql(expression.op()))


@lru_cache(maxsize=64)
def _sql(operation: ops.Relation) -> str:
    return Engine.sql(operation.to_expr())


def any_real(simulator: Simulator, company: Company, seed: int) -> bool:
    """Whether the search calls any group different at any stage, better or worse."""
    simulator.load(company.frames(seed))
    search, answers = simulator.searched()
    return any(pair.is_real for pair in search.pairs(answers))


def first_finding(simulator: Simulator, company: Company, seed: int) -> Row | None:
    """What would stand first on the overview."""
    simulator.load(company.frames(seed))
    search, answers = simulator.searched()
    answers |= {name: simulator.run(ask) for name, ask in search.closer(answers).items()}
    first = rows(search.finish(answers))[0]
    return first if first["rank"] == 1 else None
