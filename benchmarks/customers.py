"""A million customers: what their scores take once, and a changed filter then.

`python -m benchmarks.customers [--customers N] [--keep]`, or `--fit HOME` on a workspace that is loaded. The scores are summary,
fit, scores, back-test and the stages of twelve months; a filter change is the server's time of one run of the view.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.buyers import AS_OF
from benchmarks.measures import ROOT, machine
from benchmarks.report import keep, met, table

MILLION = 1_000_000
MARKS = ("<!-- customers -->", "<!-- end of customers -->")
FIT_SECONDS, COLD_MS = 30, 300


def fit(home: Path) -> dict[str, Any]:
    """Seconds from nothing to scores, by what was being done, and the peak of memory. Scores that are there are made anew."""
    from analytics.customers import scores
    from analytics.filters import Filters
    from data.scores import forget
    from data.store import Workspace

    workspace = Workspace(home / "workspaces" / "default")
    forget(workspace.folder)
    engine = workspace.engine()
    steps: dict[str, float] = {}
    began = last = time.perf_counter()
    doing = ""

    def progress(share: float, what: Any) -> None:
        nonlocal last, doing
        now = time.perf_counter()
        steps[doing] = steps.get(doing, 0.0) + now - last
        last, doing = now, str(what)

    scores.ensure(engine, engine.tables, Filters(AS_OF), progress)
    steps.pop("", None)
    return {
        "seconds": time.perf_counter() - began,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "steps": steps,
    }


def measure(customers: int, say: Callable[[str], None]) -> str:
    """Make the customers, load them, score them and change filters; the results as Markdown."""
    with tempfile.TemporaryDirectory(prefix="shimur-customers-") as made:
        folder = Path(made)
        say(f"making {customers:,} customers")
        orders = int(_printed("benchmarks.buyers", str(folder), str(customers)))
        home = folder / "home"
        say("loading them")
        files = [str(folder / name) for name in ("customers.csv", "orders.csv")]
        target = str(home / "workspaces" / "default")
        subprocess.run([sys.executable, "-m", "data", "import", *files, "--workspace", target], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        say("scores")
        scored = json.loads(_printed("benchmarks.customers", "--fit", str(home)))
        say("pages")
        pages = json.loads(_printed("benchmarks.pages", str(home), "customers"))
    return written(customers, orders, scored, pages)


def written(customers: int, orders: int, scored: dict[str, Any], pages: dict[str, dict[str, float]]) -> str:
    """The tables, as Markdown."""
    seconds = scored["seconds"]
    steps = [[step.rstrip("…"), f"{taken:.1f}"] for step, taken in scored["steps"].items()]
    rows = [
        [name, f"{times['owner']:.0f}", f"{times['warm']:.0f}", f"{times['first']:.0f}", met(times["owner"] <= COLD_MS)]
        for name, times in pages.items()
    ]
    return "\n\n".join([
        f"{customers:,} customers with {orders:,} orders, on {machine()}.",
        f"Scores, once: {seconds:.1f} s, peak {scored['peak_mb']:,.0f} MB. Target: under {FIT_SECONDS} s: {met(seconds <= FIT_SECONDS)}.",
        table(["step", "seconds"], steps),
        f"Server time of another owner, milliseconds. Target: cold under {COLD_MS}.",
        table(["view", "cold", "warm", "first", "target met"], rows),
    ])  # fmt: skip


def _printed(*arguments: str) -> str:
    """The last line that `python -m ...` printed, in a process of its own."""
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout.splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.customers", description=__doc__)
    parser.add_argument("--customers", type=int, default=MILLION, help="how many customers to make up (a million)")
    parser.add_argument("--keep", action="store_true", help="keep the results in benchmarks/README.md")
    parser.add_argument("--fit", type=Path, metavar="HOME", help="score this one only")
    asked = parser.parse_args()
    if asked.fit:
        print(json.dumps(fit(asked.fit)))
        return
    began = time.monotonic()
    text = measure(
        asked.customers, lambda what: print(f"[{time.monotonic() - began:5.0f} s] {what}", file=sys.stderr, flush=True)
    )
    print(text)
    if asked.keep:
        keep(text, MARKS)


if __name__ == "__main__":
    main()
