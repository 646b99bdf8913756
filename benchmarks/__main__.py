"""`make bench`: everything side by side in one run, printed and kept in benchmarks/README.md."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import beside, customers, large, lifetimes, nps, report, stage_times, what_if
from benchmarks.deals import FILES as LARGE_FILES
from benchmarks.imports import FILES, WAYS
from benchmarks.measures import ROOT, cost_of

MILLION = 1_000_000
# Of the file in pieces and of that for st.file_uploader, beside a large file of so many rows.
UPLOADS_MB, ROWS = (1024, 300), 4 * MILLION


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Shimur beside bare tools.")
    parser.add_argument("--deals", type=int, default=MILLION, help="how many deals to make up (a million)")
    parser.add_argument("--rows", type=int, help="how many rows the large file has (four times the deals)")
    parser.add_argument("--keep", action="store_true", help="keep the results in benchmarks/README.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shimur-bench-") as folder:
        results = run(Path(folder), asked.deals, asked.rows or 4 * asked.deals)
    text = report.written(results)
    print(text)
    if asked.keep:
        report.keep(text)
    of_stages = stage_times.measure(asked.deals, _say)
    print(of_stages)
    if asked.keep:
        report.keep(of_stages, stage_times.MARKS)
    of_customers = customers.measure(asked.deals, _say)
    print(of_customers)
    if asked.keep:
        report.keep(of_customers, customers.MARKS)
    of_surveys = nps.measure(asked.deals, _say)
    print(of_surveys)
    if asked.keep:
        report.keep(of_surveys, nps.MARKS)
    of_scenarios = what_if.measure(what_if.CUSTOMERS, _say)
    print(of_scenarios)
    if asked.keep:
        report.keep(of_scenarios, what_if.MARKS)
    of_models = lifetimes.measure(_say)
    print(of_models)
    if asked.keep:
        report.keep(of_models, lifetimes.MARKS)


def run(folder: Path, deals: int, rows: int, *, browser: bool = True) -> report.Results:
    """Make the company and the large file in `folder` and measure everything; without `browser` what needs one is left out."""
    _say("making the company")
    # Not in this process: its peak of memory would count as that of every process it starts.
    cost_of("benchmarks.company", str(folder), str(deals))
    with (folder / FILES["stage_history"]).open("rb") as lines:
        stays = sum(1 for _line in lines) - 1
    home = folder / "home"
    targets = {"shimur": home / "workspaces" / "default", "duckdb": folder / "bare.duckdb", "pandas": folder}
    imports = {}
    for way in WAYS:
        _say(f"import: {way}")
        imports[way] = cost_of("benchmarks.imports", way, str(folder), str(targets[way]))
    _say("pages")
    views = _json("benchmarks.pages", str(home))
    _say("bare SQL")
    bare = _json("benchmarks.bare", "sql", str(targets["duckdb"]))
    _say("pandas")
    pandas = _json("benchmarks.bare", "pandas", str(folder))
    starts, sizes = {}, {}
    if browser:
        from benchmarks import browser as seen

        _say("cold starts")
        starts = seen.starts(str(home))
        _say("bytes")
        sizes = seen.sizes(str(home))
    more = _large(folder, home, rows)
    if browser:
        _say("uploads")
        sent = [str(max(16, full * rows // ROWS)) for full in UPLOADS_MB]
        more.append(report.uploads(_json("benchmarks.uploads", str(folder / "uploads"), *sent)))
    _say("done")
    return report.Results(deals, stays, imports, views, bare, pandas, starts, sizes, more)


def _large(folder: Path, home: Path, rows: int) -> list[str]:
    """The large file, by itself and beside the pages."""
    costs = large.measure(folder / "large", rows, _say)
    file = folder / "large" / LARGE_FILES["csv"]
    told = large.written(costs, rows, file.stat().st_size)
    _say("pages beside an import")
    found = _json("benchmarks.beside", str(home), str(file), str(folder / "beside"))
    return [told, beside.written(found, rows)]


def _json(*arguments: str) -> Any:
    """What `python -m ...` printed, in a process of its own so that no measurement warms another."""
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


_began = time.monotonic()


def _say(what: str) -> None:
    print(f"[{time.monotonic() - _began:5.0f} s] {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
