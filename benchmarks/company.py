"""A made-up company of any size, as the two files it would export: deals.csv and stage_history.csv.

Deals walk Lead, Qualified, Demo, Proposal and Negotiation to Closed Won or Closed Lost; some skip a stage, some go back,
some are open on the last day. A seed and a size always give the same files.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

STAGES = ("Lead", "Qualified", "Demo", "Proposal", "Negotiation")
WON, LOST = "Closed Won", "Closed Lost"
ENDED = len(STAGES)
START, DAYS = np.datetime64("2023-01-01T08:00:00", "s"), 3 * 365
LAST = START + np.timedelta64(DAYS, "D")
DAY = 86_400
LOST_AT = np.array([0.30, 0.22, 0.18, 0.20, 0.15])
MEDIAN_DAYS = np.array([6.0, 9.0, 12.0, 14.0, 8.0])
OWNERS, CUSTOMERS = 80, 60_000
SOURCES = ("Web", "Referral", "Event", "Outbound", "Partner")
CURRENCIES = ("USD", "EUR")
REASONS = ("Price", "No budget", "Competitor", "No decision", "Timing")

Column = NDArray[Any]


def write_company(folder: Path, deals: int, seed: int = 1, losses: float = 1.0) -> tuple[Path, Path]:
    """Write deals.csv and stage_history.csv (about four stays a deal; more where fewer are lost) into `folder`; returns both."""
    random = np.random.default_rng(seed)
    created = START + random.integers(0, DAYS * DAY, deals).astype("timedelta64[s]")
    owner = random.integers(0, OWNERS, deals)
    source = random.integers(0, len(SOURCES), deals)
    stays, status, closed, stage = _walks(random, created, source == SOURCES.index("Outbound"), losses)
    reason = np.array(REASONS, dtype=object)[random.integers(0, len(REASONS), deals)]
    reason[(status != "lost") | (random.random(deals) > 0.7)] = None
    ids = _named("D", np.arange(1, deals + 1), 7)
    frame = pd.DataFrame(
        {
            "deal_id": ids,
            "deal_name": _named("Deal ", np.arange(1, deals + 1), 7),
            "customer": _named("Customer ", random.integers(1, CUSTOMERS, deals), 5),
            "owner": _named("Owner ", owner, 2),
            "stage": stage,
            "status": status,
            "amount": np.where(random.random(deals) < 0.04, np.nan, np.round(random.lognormal(8.5, 1.0, deals), 2)),
            "currency": np.array(CURRENCIES)[(random.random(deals) < 0.3).astype(int)],
            "source": np.array(SOURCES)[source],
            "lost_reason": reason,
            "created": created,
            "closed": closed,
        }
    )
    place = stays.pop("deal")
    moved = random.random(len(place)) < 0.05
    history = pd.DataFrame(
        {"deal_id": ids[place], **stays, "owner": _named("Owner ", np.where(moved, 1, owner[place]), 2)}
    )
    written = folder / "deals.csv", folder / "stage_history.csv"
    with duckdb.connect() as database:
        for file, rows in zip(written, (frame, history), strict=True):
            database.register("_rows", rows)
            database.execute(f"COPY (SELECT * FROM _rows) TO '{str(file).replace(chr(39), chr(39) * 2)}' (HEADER)")
            database.unregister("_rows")
    return written


def as_of() -> datetime:
    """The last day of the data."""
    return datetime.fromisoformat(str(LAST))


def _named(prefix: str, numbers: Column, digits: int) -> Column:
    named: Column = pd.Series(numbers).astype(str).str.zfill(digits).radd(prefix).to_numpy(dtype=object)
    return named


def _walks(
    random: np.random.Generator, created: Column, is_outbound: Column, losses: float
) -> tuple[dict[str, Column], Column, Column, Column]:
    """The stays (`deal`, `stage`, `entered_at`), and each deal's status, close date and present stage."""
    n = len(created)
    place, moment = np.zeros(n, dtype=int), created.copy()
    status, closed = np.full(n, "open", dtype=object), np.full(n, np.datetime64("NaT"), dtype="datetime64[s]")
    names = np.array([*STAGES, WON], dtype=object)
    stage = np.full(n, STAGES[0], dtype=object)
    walking = np.arange(n)
    found: list[tuple[Column, Column, Column]] = []
    while len(walking):
        at = place[walking]
        found.append((walking, names[at], moment[walking]))
        stage[walking] = names[at]
        length = MEDIAN_DAYS[at] * random.lognormal(0.0, 0.8, len(walking)) * DAY
        left = moment[walking] + np.maximum(length, 60).astype("timedelta64[s]")
        is_past = left < LAST
        walking, at, left = walking[is_past], at[is_past], left[is_past]
        luck = random.random(len(walking))
        lost_at = losses * LOST_AT[at] + np.where(is_outbound[walking] & (at == STAGES.index("Proposal")), 0.25, 0.0)
        is_lost = luck < lost_at
        gone = walking[is_lost]
        status[gone], closed[gone], stage[gone] = "lost", left[is_lost], LOST
        found.append((gone, np.full(len(gone), LOST, dtype=object), left[is_lost]))
        is_back = ~is_lost & (luck < lost_at + 0.05) & (at > 0)
        skips = ~is_lost & ~is_back & (luck > 0.92) & (at < ENDED - 1)
        at = np.where(is_back, at - 1, at + 1 + skips)
        is_won = ~is_lost & (at == ENDED)
        bought = walking[is_won]
        status[bought], closed[bought], stage[bought] = "won", left[is_won], WON
        found.append((bought, np.full(len(bought), WON, dtype=object), left[is_won]))
        place[walking], moment[walking] = at, left
        walking = walking[~is_lost & ~is_won]
    deal, entered, since = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((since, deal))
    return {"deal": deal[order], "stage": entered[order], "entered_at": since[order]}, status, closed, stage


if __name__ == "__main__":
    write_company(Path(sys.argv[1]), int(sys.argv[2]))
