"""Small workspaces for tests: one to check by eye, one with every kind of trouble at random."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from data.engine import Engine
from data.schema import Header

NAMES = ["Lead", "Offer", "Deal", "Won", "Lost"]
ORDER = [1, 2, 3, 4, 5]
OUTCOMES = ["open", "open", "open", "won", "lost"]
STAGES: dict[str, list[Any]] = {"pipeline": ["Sales"] * 5, "stage": NAMES, "stage_order": ORDER, "outcome": OUTCOMES}


def day(number: float, month: int = 1) -> datetime:
    """The moment `number - 1` days into a month of 2026."""
    return datetime(2026, month, 1) + timedelta(days=number - 1)


def deals(*rows: tuple, columns: str = "deal_id status owner amount created_at closed_at") -> pd.DataFrame:
    """Deals of one pipeline, row by row."""
    frame = pd.DataFrame(list(rows), columns=columns.split()).astype(
        {"amount": "float64"} if "amount" in columns else {}
    )
    for name in ("created_at", "closed_at"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name])
    return frame.assign(**{} if "pipeline" in frame else {"pipeline": "Sales"})


def stays(*rows: tuple) -> pd.DataFrame:
    """Recorded stays: deal, stage, entered, left, fate, and where it matters visit and skips_before."""
    order = dict(zip(NAMES, ORDER, strict=True))
    outcome = dict(zip(NAMES, OUTCOMES, strict=True))
    columns = ["deal_id", "stage", "entered_at", "left_at", "fate", "visit", "skips_before"]
    frame = pd.DataFrame([(*row, *(1, 0)[len(row) - 5 :]) for row in rows], columns=columns)
    return frame.assign(
        entered_at=pd.to_datetime(frame["entered_at"]),
        left_at=pd.to_datetime(frame["left_at"]),
        pipeline="Sales",
        stage_order=frame["stage"].map(order).astype(int),
        outcome=frame["stage"].map(outcome),
        is_recorded=True,
        is_skipped=False,
    )


def filled(deal_id: str, stage: str, at: datetime) -> pd.DataFrame:
    """A stage the deal passed without being seen in it."""
    return stays((deal_id, stage, at, at, "advanced")).assign(is_recorded=False, is_skipped=True)


@cache
def five_deals() -> Engine:
    """Five deals that can be followed by eye; one engine for all who ask.

    Lead -> Offer -> Deal -> Won; 1 wins, 2 is lost from Offer, 3 waits in Lead, 4 skips Offer and wins, 5 goes back.
    """
    return Engine.in_memory(
        {
            "deals": deals(
                ("1", "won", "Ann", 100, day(1), day(11)),
                ("2", "lost", "Ann", 300, day(1), day(6)),
                ("3", "open", "Bob", 50, day(5), None),
                ("4", "won", "Bob", 600, day(1), day(21)),
                ("5", "open", None, None, day(1), None),
            ),
            "stages": STAGES,
            "stage_entries": pd.concat(
                [
                    stays(
                        ("1", "Lead", day(1), day(3), "advanced"),
                        ("1", "Offer", day(3), day(7), "advanced"),
                        ("1", "Deal", day(7), day(11), "advanced"),
                        ("1", "Won", day(11), None, "advanced"),
                        ("2", "Lead", day(1), day(2), "advanced"),
                        ("2", "Offer", day(2), day(6), "lost"),
                        ("2", "Lost", day(6), None, "lost", 1, 1),
                        ("3", "Lead", day(5), None, "still"),
                        ("4", "Lead", day(1), day(9), "advanced"),
                        ("4", "Deal", day(9), day(21), "advanced", 1, 1),
                        ("4", "Won", day(21), None, "advanced", 1, 1),
                        ("5", "Lead", day(1), day(4), "advanced"),
                        ("5", "Offer", day(4), day(8), "back"),
                        ("5", "Lead", day(8), None, "still", 2, 0),
                    ),
                    filled("4", "Offer", day(9)),
                ]
            ),
        }
    )


@cache
def random_workspace(seed: int = 7, size: int = 700) -> Engine:
    """Deals and their stays at random: several currencies, missing dates and amounts, returns, skips, hostile names.

    One engine for all who ask for the same.
    """
    random = np.random.default_rng(seed)
    owners, areas = ["o1", "o2", "o3", None], ["north", 'so"uth', None]
    start = datetime(2025, 1, 1)
    found_deals, found_stays = [], []
    for number in range(size):
        created = start + timedelta(hours=float(random.uniform(0, 300 * 24)))
        path: list[list[Any]] = []
        moment, place, seen = created, 0, set()
        status = "open"
        while True:
            stage = NAMES[place]
            left = moment + timedelta(hours=float(random.exponential(200)))
            visit = 1 + sum(step[1] == stage for step in path)
            skips = sum(name not in seen for name in NAMES[:place])
            seen.add(stage)
            entry = [str(number), stage, moment, left, "advanced", visit, skips]
            path.append(entry)
            luck = random.random()
            if luck < 0.12:
                entry[3:5] = [None, "still"]
                break
            if luck < 0.35:
                entry[4], status = "lost", "lost"
                path.append([str(number), "Lost", left, None, "lost", 1, 0])
                break
            if luck < 0.45 and place:
                entry[4], place = "back", place - 1
            elif luck < 0.48:
                entry[4] = "handed_off"
                break
            else:
                place += 2 if random.random() < 0.15 else 1
            moment = left
            if place >= 3:
                status = "won"
                path.append([str(number), "Won", left, None, "advanced", 1, 0])
                break
        closed = path[-1][2] if status != "open" and random.random() > 0.03 else None
        if closed is not None and random.random() < 0.02:
            closed = created - timedelta(days=2)
        found_deals.append(
            (
                str(number), status, owners[random.integers(4)],
                None if random.random() < 0.1 else float(random.integers(1, 5000)),
                None if random.random() < 0.03 else created, closed, random.choice(["EUR", "USD"]),
                areas[random.integers(3)],
                created + timedelta(days=30) if random.random() < 0.5 else None,
            )
        )  # fmt: skip
        found_stays += [tuple(step) for step in path]
    frame = deals(
        *found_deals,
        columns="deal_id status owner_id amount created_at closed_at currency attr_1 expected_close_on",
    )
    frame["expected_close_on"] = pd.to_datetime(frame["expected_close_on"]).dt.date
    return Engine.in_memory(
        {
            "deals": frame.assign(owner=frame["owner_id"]),
            "people": {"person_id": ["o1", "o2", "o3"], "team": ["East", "East", "West"]},
            "stages": STAGES,
            "stage_entries": stays(*found_stays),
        },
        headers=(Header("deals", "attr_1", 'Sales "area"', True), Header("deals", "owner", "Opportunity Owner", False)),
    )  # fmt: skip
