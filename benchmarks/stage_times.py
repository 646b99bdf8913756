"""Time in stage beside its peers: `python -m benchmarks.stage_times [--deals N] [--keep]`, or one way in a process of its own.

All ways tell of the same log, loaded beforehand: how long deals stay in each open stage. pm4py draws its performance graph
(mean, median and more of every move); pandas and bare SQL tell the median of the completed, the Kaplan-Meier curve with those
that go on censored, and its median. Shimur tells that with intervals, quantiles, restricted means and what is odd.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.company import STAGES, as_of
from benchmarks.measures import ROOT, machine, middle
from benchmarks.report import keep, met, table

MILLION = 1_000_000
# The environment that `make bench` puts the peers in.
PEERS = ROOT / ".venv-bench" / "bin" / "python"
REPEATS = 5
# Half the usual losses: about five stays a deal.
LOSSES = 0.5
MARKS = ("<!-- time in stage -->", "<!-- end of time in stage -->")
# How many times as long as ours a peer takes at the least; of bare SQL, how many times its time ours may take.
PM4PY, PANDAS, BARE = 4.0, 2.0, 1.5
MEMORY_MB, COLD_MS, WARM_MS = 1024, 1000, 100

BARE_SQL = """
    WITH taken AS (
        SELECT stage, left_at IS NULL AS is_open, floor((epoch_us(coalesce(left_at, $now)) - epoch_us(entered_at)) / 3600e6) AS hours
        FROM stays WHERE stage IN (SELECT unnest($stages))
    ), lengths AS (
        SELECT stage, hours, count(*) FILTER (NOT is_open) AS ended, count(*) AS leaving FROM taken GROUP BY ALL
    ), risks AS (
        SELECT *, sum(leaving) OVER (PARTITION BY stage ORDER BY hours ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS at_risk FROM lengths
    ), curve AS (
        SELECT stage, hours, ended, at_risk,
               exp(sum(ln(greatest(1 - ended / at_risk, 1e-300))) OVER (PARTITION BY stage ORDER BY hours)) AS still,
               sum(ended / nullif(at_risk * (at_risk - ended), 0)) OVER (PARTITION BY stage ORDER BY hours) AS greenwood
        FROM risks
    )
    SELECT stage, sum(ended) AS ended, min(hours) FILTER (still <= 0.5) / 24 AS median_days, min(hours) FILTER (still <= 0.25) / 24 AS p75_days,
           min(hours) FILTER (still <= 0.1) / 24 AS p90_days, sum(greenwood) AS doubt,
           (SELECT median(hours) / 24 FROM taken WHERE taken.stage = curve.stage AND NOT is_open) AS median_completed_days
    FROM curve GROUP BY stage ORDER BY stage
"""


def shimur(folder: Path) -> Callable[[], Any]:
    """The metric of the app on its data."""
    from analytics.filters import Filters
    from analytics.time_in_stage import time_in_stage
    from data.store import Workspace

    engine = Workspace(folder / "home" / "workspaces" / "default").engine()
    return lambda: _medians(
        time_in_stage(engine.tables, Filters(as_of().date())).answer(engine.run)[["stage", "median_days"]]
    )


def bare(folder: Path) -> Callable[[], Any]:
    """SQL by hand, on a plain table of stays."""
    import duckdb

    from benchmarks.bare import prepare

    database = duckdb.connect()
    database.execute(f"CREATE TABLE stage_history AS FROM read_csv('{folder / 'stage_history.csv'}')")
    prepare(database)
    values = {"now": as_of(), "stages": list(STAGES)}
    return lambda: _medians(database.execute(BARE_SQL, values).df()[["stage", "median_days"]])


def pandas(folder: Path) -> Callable[[], Any]:
    """A frame in memory, sorted, and the estimate by NumPy."""
    import numpy as np
    import pandas as pd

    log = pd.read_csv(folder / "stage_history.csv", parse_dates=["entered_at"]).sort_values(
        ["deal_id", "entered_at"], ignore_index=True
    )
    now = pd.Timestamp(as_of())

    def ask() -> Any:
        same = log["deal_id"].eq(log["deal_id"].shift(-1))
        left = log["entered_at"].shift(-1).where(same)
        hours = ((left.fillna(now) - log["entered_at"]).dt.total_seconds() // 3600).astype(int)
        stays = pd.DataFrame({"stage": log["stage"], "hours": hours, "ended": left.notna()})
        stays = stays[stays["stage"].isin(STAGES)]
        stays[stays["ended"]].groupby("stage")["hours"].median()
        found = []
        for stage, own in stays.groupby("stage"):
            counts = own.groupby("hours")["ended"].agg(["sum", "count"])
            at_risk = counts["count"][::-1].cumsum()[::-1]
            still = (1 - counts["sum"] / at_risk).cumprod()
            (counts["sum"] / (at_risk * (at_risk - counts["sum"])).replace(0, np.nan)).cumsum()
            found.append((stage, float(still.index[(still <= 0.5).to_numpy().argmax()]) / 24))
        return _medians(pd.DataFrame(found, columns=["stage", "median_days"]))

    return ask


def pm4py(folder: Path) -> Callable[[], Any]:
    """The performance graph of pm4py, of a frame in memory."""
    import pandas as pd
    import pm4py as peer

    log = peer.format_dataframe(
        pd.read_csv(folder / "stage_history.csv", parse_dates=["entered_at"]),
        case_id="deal_id",
        activity_key="stage",
        timestamp_key="entered_at",
    )
    return lambda: len(peer.discover_performance_dfg(log)[0])


def _medians(frame: Any) -> dict[str, float]:
    return {row["stage"]: round(row["median_days"], 1) for row in frame.to_dict("records") if row["stage"] in STAGES}


WAYS: dict[str, Callable[[Path], Callable[[], Any]]] = {
    "shimur": shimur,
    "bare": bare,
    "pandas": pandas,
    "pm4py": pm4py,
}


def timed(way: str, folder: Path, repeats: int = REPEATS) -> dict[str, Any]:
    """Seconds of an answer (the first one apart), the peak of memory, and the answer itself."""
    ask = WAYS[way](folder)
    times, found = [], None
    for _time in range(repeats):
        began = time.perf_counter()
        found = ask()
        times.append(time.perf_counter() - began)
    return {
        "first": times[0],
        "seconds": middle(times[1:] or times),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "answer": found,
    }


def measure(deals: int, say: Callable[[str], None], ways: Iterable[str] = tuple(WAYS), views: bool = True) -> str:
    """Make companies of `deals` and of twice as many, measure, and return the tables as Markdown."""
    with tempfile.TemporaryDirectory(prefix="shimur-stages-") as made:
        folders = [Path(made) / str(size) for size in (1, 2)]
        sizes = [_company(folder, deals * size, say) for size, folder in enumerate(folders, start=1)]
        found = {}
        for way in ways:
            say(f"time in stage: {way}")
            found[way] = _process(way, folders[0])
        say("time in stage: twice as many")
        grown = _process("shimur", folders[1])
        pages = {}
        if views:
            say("pages of bottlenecks")
            pages = _json("benchmarks.pages", str(folders[0] / "home"), "bottlenecks")
    return written(deals, sizes, found, grown, pages)


def written(
    deals: int,
    sizes: list[int],
    found: dict[str, dict[str, Any]],
    grown: dict[str, Any],
    pages: dict[str, dict[str, float]],
) -> str:
    """The tables, as Markdown. Raises AssertionError where two ways do not agree on a median."""
    ours = found["shimur"]["seconds"]
    for way in ("bare", "pandas"):
        for stage, median in found[way]["answer"].items() if way in found else ():
            assert abs(median - found["shimur"]["answer"][stage]) <= 0.1, (way, stage)
    taken = {way: each["seconds"] for way, each in found.items()}
    is_met = {"pm4py": ours * PM4PY, "pandas": ours * PANDAS, "bare": ours / BARE}
    lines = [
        [way, f"{each['seconds']:.2f}", f"{each['first']:.2f}", f"{each['seconds'] / ours:.1f}x", met(taken[way] >= is_met[way]) if way in is_met else ""]
        for way, each in found.items()
    ]  # fmt: skip
    linear = grown["seconds"] / ours
    texts = [
        f"{deals:,} deals with {sizes[0]:,} stage entries, on {machine()}.",
        f"Time in stage, seconds, the log loaded. Targets: pm4py takes at least {PM4PY:g} times as long, pandas {PANDAS:g}; Shimur at most {BARE:g} times bare SQL.",
        table(["way", "seconds", "first", "of Shimur", "target met"], lines),
        f"With {sizes[1]:,} entries Shimur takes {grown['seconds']:.2f} s: {linear:.2f} times as long for {sizes[1] / sizes[0]:.2f} times as many; "
        f"linear or better: {met(linear <= sizes[1] / sizes[0])}. "
        f"Peak memory {found['shimur']['peak_mb']:,.0f} MB and {grown['peak_mb']:,.0f} MB; under {MEMORY_MB:,}: {met(max(found['shimur']['peak_mb'], grown['peak_mb']) < MEMORY_MB)}.",
    ]  # fmt: skip
    if pages:
        rows = []
        for name, times in pages.items():
            for kind, words in (("owner", "one owner"), ("period", "twelve months")):
                good = f"cold {met(times[kind] <= COLD_MS)}, warm {met(times['warm'] <= WARM_MS)}"
                rows.append(
                    [f"{name}, {words}", f"{times[kind]:.0f}", f"{times['warm']:.0f}", f"{times['first']:.0f}", good]
                )
        texts += [
            f"Server time of a filter change, milliseconds. Targets: cold under {COLD_MS:,}, warm under {WARM_MS}.",
            table(["view, filter", "cold", "warm", "first", "targets met"], rows),
        ]
    return "\n\n".join(texts)


def _company(folder: Path, deals: int, say: Callable[[str], None]) -> int:
    """Make and import a company in processes of their own; how many stage entries it has."""
    say(f"a company of {deals:,} deals")
    folder.mkdir(parents=True)
    code = f"from benchmarks.company import write_company; from pathlib import Path; write_company(Path({str(folder)!r}), {deals}, losses={LOSSES})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    workspace = folder / "home" / "workspaces" / "default"
    subprocess.run([sys.executable, "-m", "benchmarks.imports", "shimur", str(folder), str(workspace)], cwd=ROOT, check=True)  # fmt: skip
    with (folder / "stage_history.csv").open("rb") as lines:
        return sum(1 for _line in lines) - 1


def _process(way: str, folder: Path) -> dict[str, Any]:
    python = str(PEERS) if way == "pm4py" else sys.executable
    found: dict[str, Any] = _json("benchmarks.stage_times", "--way", way, "--folder", str(folder), python=python)
    return found


def _json(*arguments: str, python: str = sys.executable) -> Any:
    done = subprocess.run([python, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stage_times", description=__doc__)
    parser.add_argument("--deals", type=int, default=MILLION, help="how many deals to make up (a million)")
    parser.add_argument("--keep", action="store_true", help="keep the results in benchmarks/README.md")
    parser.add_argument("--way", choices=WAYS, help="measure this one only, on --folder")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(timed(asked.way, asked.folder)))
        return
    began = time.monotonic()
    text = measure(
        asked.deals, lambda what: print(f"[{time.monotonic() - began:5.0f} s] {what}", file=sys.stderr, flush=True)
    )
    print(text)
    if asked.keep:
        keep(text, MARKS)


if __name__ == "__main__":
    main()
