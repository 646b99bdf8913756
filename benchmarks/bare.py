"""The same answers by hand: SQL on plain tables in one DuckDB connection, and a few of them in pandas.

The plain tables are what an analyst would prepare: `deals` and `stays`, the history with when each stay ended and what
came next. Making them is not part of any time here.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from benchmarks.measures import middle
from benchmarks.pages import Change, changes

SQL = Path(__file__).parent / "sql"


def prepare(database: duckdb.DuckDBPyConnection) -> None:
    """Add `stays` to a database that holds the files as they are."""
    database.execute(
        """CREATE OR REPLACE TABLE stays AS
           SELECT deal_id, stage, entered_at, lead(entered_at) OVER w AS left_at, lead(stage) OVER w AS next_stage,
                  row_number() OVER w AS turn, row_number() OVER (PARTITION BY deal_id, stage ORDER BY entered_at) AS visit
           FROM stage_history WINDOW w AS (PARTITION BY deal_id ORDER BY entered_at)"""
    )


def statements(name: str) -> list[str]:
    """The queries of one file of `sql/`."""
    return [text for text in (SQL / f"{name}.sql").read_text("utf-8").split(";\n") if text.strip()]


def by_sql(file: Path) -> dict[str, dict[str, float]]:
    """Milliseconds of each query of `sql/`, by kind of filter change: parsing, running and fetching."""
    found: dict[str, dict[str, float]] = {}
    with duckdb.connect(str(file)) as database:
        prepare(database)
        for path in sorted(SQL.glob("*.sql")):
            texts = statements(path.stem)
            times: dict[str, list[float]] = {"owner": [], "period": []}
            for place, change in enumerate(changes()):
                began = time.perf_counter()
                for text in texts:
                    database.execute(text, {k: v for k, v in _parameters(change).items() if f"${k}" in text}).df()
                if place >= 2:
                    times[change.kind].append((time.perf_counter() - began) * 1000)
            found[path.stem] = {kind: middle(each) for kind, each in times.items()}
    return found


def _parameters(change: Change) -> dict[str, Any]:
    return {"owner": change.owner, "since": change.since, "until": change.until}


def by_pandas(folder: Path) -> dict[str, dict[str, float]]:
    """Milliseconds of the funnel, the win rate and the monthly trend in pandas, the frames ready in memory."""
    deals = pd.read_csv(folder / "deals.csv", parse_dates=["created", "closed"])
    history = pd.read_csv(folder / "stage_history.csv", parse_dates=["entered_at"])
    stays = history.sort_values(["deal_id", "entered_at"], ignore_index=True)
    same = stays["deal_id"].eq(stays["deal_id"].shift(-1))
    stays["next_stage"] = stays["stage"].shift(-1).where(same)
    stays["visit"] = stays.groupby(["deal_id", "stage"]).cumcount() + 1
    found: dict[str, dict[str, list[float]]] = {}
    for place, change in enumerate(changes()):
        for name, ask in (("overview", _headline), ("stages", _funnel), ("trend", _trend)):
            began = time.perf_counter()
            ask(_kept(deals, change), stays)
            if place >= 2:
                found.setdefault(name, {"owner": [], "period": []})[change.kind].append(
                    (time.perf_counter() - began) * 1000
                )
    return {name: {kind: middle(each) for kind, each in times.items()} for name, times in found.items()}


def _kept(deals: pd.DataFrame, change: Change) -> pd.DataFrame:
    if change.owner:
        return deals[deals["owner"] == change.owner]
    until = pd.Timestamp(change.until) + pd.Timedelta(days=1)
    return deals[(deals["created"] >= pd.Timestamp(change.since)) & (deals["created"] < until)]


def _headline(deals: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    days = (deals["closed"] - deals["created"]).dt.total_seconds() / 86_400
    won = deals.assign(days=days)[deals["status"] == "won"]
    deals.groupby("status").size()
    return won.groupby("currency").agg({"amount": ["sum", "mean", "count"], "days": "median"})


def _funnel(deals: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    first = stays[(stays["visit"] == 1) & stays["deal_id"].isin(deals["deal_id"])]
    return first.groupby(["stage", "next_stage"], dropna=False).size().unstack(fill_value=0)


def _trend(deals: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    return deals.groupby([deals["created"].dt.to_period("M"), "status"]).size().unstack(fill_value=0)


if __name__ == "__main__":
    import json
    import sys

    way, place = sys.argv[1:]
    print(json.dumps(by_sql(Path(place)) if way == "sql" else by_pandas(Path(place))))
