"""One way to bring the two files in, in a process of its own: `python -m benchmarks.imports WAY FOLDER TARGET`.

Each ends with the same check: deals have a number each, no number twice, and every stay belongs to a deal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

FILES = {"deals": "deals.csv", "stage_history": "stage_history.csv"}


def shimur(folder: Path, target: Path) -> None:
    """The import of the app: recognised, checked, cleaned, stays worked out, put in force."""
    from data.importer import load_files
    from data.store import Workspace

    report = load_files(Workspace(target), [(folder / name, name) for name in FILES.values()])
    assert all(file.rows_rejected == 0 for file in report.files), "rows were set aside"


def duckdb(folder: Path, target: Path) -> None:
    """CREATE TABLE AS ... read_csv, into a file."""
    import duckdb as engine

    with engine.connect(str(target)) as database:
        for table, name in FILES.items():
            database.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv($file)", {"file": str(folder / name)})
        found = database.execute(
            """SELECT count(*) = count(DISTINCT deal_id) AND count(*) = count(deal_id),
                      (SELECT count(*) FROM stage_history ANTI JOIN deals USING (deal_id)) = 0
               FROM deals"""
        ).fetchone()
        assert found == (True, True), "the keys do not fit"


def pandas(folder: Path, target: Path) -> None:
    """read_csv, into memory."""
    import pandas as pd

    deals = pd.read_csv(folder / FILES["deals"], parse_dates=["created", "closed"])
    history = pd.read_csv(folder / FILES["stage_history"], parse_dates=["entered_at"])
    assert deals["deal_id"].is_unique and deals["deal_id"].notna().all(), "the keys do not fit"
    assert history["deal_id"].isin(deals["deal_id"]).all(), "the keys do not fit"


WAYS: dict[str, Callable[[Path, Path], None]] = {"shimur": shimur, "duckdb": duckdb, "pandas": pandas}

if __name__ == "__main__":
    way, folder, target = sys.argv[1:]
    WAYS[way](Path(folder), Path(target))
