"""The large file, each way in a process of its own beside its peer: time, and memory where that has a target.

`python -m benchmarks.large WAY FILE TARGET` is one of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.deals import FILES, ROWS, SHEET_ROWS
from benchmarks.measures import Cost, cost_of
from benchmarks.report import met, table

TIMES_BARE, MORE_MB, MORE_SECONDS, TIMES_CALAMINE, TIMES_FIRST = 1.5, 200, 1.0, 1.5, 2.0


def shimur(file: Path, target: Path) -> None:
    """The import of the app, into the workspace `target`: nothing set aside, and every row accounted for."""
    from data.importer import load_files
    from data.store import Workspace

    (report,) = load_files(Workspace(target), [(file, file.name)]).files
    assert report.rows_rejected == 0, "rows were set aside"
    assert report.rows_read == report.rows_loaded + report.rows_updated + report.rows_unchanged, "rows are missing"


def duckdb(file: Path, target: Path) -> None:
    """CREATE TABLE AS ... read_csv, into a file."""
    import duckdb as engine

    with engine.connect(str(target)) as database:
        database.execute("CREATE TABLE deals AS SELECT * FROM read_csv($file)", {"file": str(file)})


def calamine(file: Path, target: Path) -> None:
    """The rows of the sheet as calamine gives them, and CREATE TABLE AS, into a file."""
    import duckdb as engine
    import pandas as pd
    from python_calamine import CalamineWorkbook

    head, *rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    frame = pd.DataFrame(rows, columns=[str(name) for name in head], dtype=object)
    with engine.connect(str(target)) as database:
        database.register("sheet", frame)
        database.execute("CREATE TABLE deals AS SELECT * FROM sheet")


WAYS: dict[str, Callable[[Path, Path], None]] = {"shimur": shimur, "duckdb": duckdb, "calamine": calamine}


def measure(folder: Path, rows: int = ROWS, said: Callable[[str], None] = print) -> dict[str, Cost]:
    """Make the files in `folder` and bring each in; what every way took, by its name in `written`."""
    folder.mkdir(parents=True, exist_ok=True)
    said("making the large file")
    # Not in this process: its peak of memory would count as that of every process it starts.
    cost_of("benchmarks.deals", str(folder), str(rows))

    def taken(way: str, file: str, target: str) -> Cost:
        said(f"large file: {way}, {file}")
        return cost_of("benchmarks.large", way, str(folder / file), str(folder / target))

    return {
        "duckdb": taken("duckdb", FILES["csv"], "large.duckdb"),
        "shimur": taken("shimur", FILES["csv"], "large"),
        "later": taken("shimur", FILES["later"], "large"),
        "1255": taken("shimur", FILES["1255"], "large_1255"),
        "calamine": taken("calamine", FILES["xlsx"], "sheet.duckdb"),
        "xlsx": taken("shimur", FILES["xlsx"], "sheet"),
    }


def written(costs: Mapping[str, Cost], rows: int, size: int) -> str:
    """The table, as Markdown; `size` is that of the file in bytes."""
    first, bare, sheet = costs["shimur"], costs["duckdb"], costs["calamine"]
    slower, larger = first.seconds / bare.seconds, first.peak_mb - bare.peak_mb
    more, later, book = (
        costs["1255"].seconds - first.seconds,
        costs["later"].seconds / first.seconds,
        costs["xlsx"].seconds / sheet.seconds,
    )
    verdict = f"time {met(slower <= TIMES_BARE)}, memory {met(larger <= MORE_MB)}"
    lines = [
        _line("bare DuckDB", bare),
        _line("Shimur", first, f"{slower:.1f}x bare, {larger:+,.0f} MB", verdict),
        _line("Shimur, the same rows in windows-1255", costs["1255"], f"{more:+.1f} s", met(more <= MORE_SECONDS)),
        _line("Shimur, a month later on top of it", costs["later"], f"{later:.1f}x the first", met(later <= TIMES_FIRST)),
        _line("calamine and DuckDB, a workbook", sheet),
        _line("Shimur, the workbook", costs["xlsx"], f"{book:.1f}x calamine", met(book <= TIMES_CALAMINE)),
    ]  # fmt: skip
    return "\n\n".join(
        [
            f"One file of {rows:,} deals, {size / 1e6:,.0f} MB, and a workbook of {min(rows, SHEET_ROWS):,}, end to end. Targets: within "
            f"{TIMES_BARE:.1f}x of bare DuckDB and {MORE_MB} MB of its peak, windows-1255 at most {MORE_SECONDS:.0f} s more, "
            f"a month later within {TIMES_FIRST:.0f}x of the first, the workbook within {TIMES_CALAMINE:.1f}x of calamine.",
            table(["way", "seconds", "peak MB", "against", "target met"], lines),
        ]
    )


def _line(name: str, cost: Cost, against: str = "", verdict: str = "") -> list[str]:
    return [name, f"{cost.seconds:.1f}", f"{cost.peak_mb:,.0f}", against, verdict]


if __name__ == "__main__":
    way, file, target = sys.argv[1:]
    WAYS[way](Path(file), Path(target))
