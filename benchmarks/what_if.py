"""10,000 draws of a scenario over 50,000 customers and 36 months, beside a plain loop over customers.

`python -m benchmarks.what_if [--customers N] [--keep]`. The company is made up, loaded and scored beforehand. Shimur's time is that of the
simulation of both futures, from the fitted baseline to the draws; what it takes to gather the baseline from the scores stands beside it. A moved lever is what the screen does
first: both futures over a few draws, with what is told of them. The plain loop goes over a tenth of the customers one by one, all draws
of one at once in NumPy, and knows nothing of what is unsure about the models, new customers or costs. Both must come to the same money.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.buyers import AS_OF
from benchmarks.measures import ROOT, machine, middle
from benchmarks.report import keep, met, table

CUSTOMERS, DRAWS, MONTHS, FEW = 50_000, 10_000, 36, 1_000
MARKS = ("<!-- what if -->", "<!-- end of what if -->")
SECONDS, MOVED_MS = 2.0, 300
TENTH = 10
REPEATS = 3
APART = 0.03  # the two ways may differ by so much, which is what chance in a tenth of the customers and the models' doubt come to


def measured(home: Path) -> dict[str, Any]:
    """Times of a workspace that is loaded."""
    from analytics.customers import scores
    from analytics.filters import Filters
    from analytics.what_if import told
    from analytics.what_if.fitted import base_question
    from analytics.what_if.scenario import Cost, Lever, Range, Scenario, Target
    from analytics.what_if.simulate import simulate
    from data.customer_settings import CustomerSettings
    from data.store import Workspace

    engine = Workspace(home / "workspaces" / "default").engine()
    filters = Filters(AS_OF)
    scores.ensure(engine, engine.tables, filters)
    lever = Lever("retention", Range(3, 5, 8), Target(quadrants=("protect",)), cost=Cost(fixed=Range.of(20_000)))
    asked = Scenario("more stay", (lever,), horizon_months=MONTHS, draws=DRAWS, counts_new=False)
    began = time.perf_counter()
    question = base_question(engine.tables, filters, asked, CustomerSettings())
    answers = {name: engine.run(each) for name, each in question.asks.items()}
    for further in question.more:
        answers |= {name: engine.run(each) for name, each in further(answers).items()}
    base = question.base(answers)
    gathered = time.perf_counter() - began
    simulate(base, asked, FEW)
    times, moved = [], []
    for _repeat in range(REPEATS):
        began = time.perf_counter()
        outcome = simulate(base, asked)
        times.append(time.perf_counter() - began)
        began = time.perf_counter()
        few = simulate(base, asked, FEW)
        told.totals(few)
        told.by_month(few, AS_OF)
        told.verdict(few)
        moved.append((time.perf_counter() - began) * 1000)
    began = time.perf_counter()
    plain, plain_gain = in_a_loop(base.cells, (lever.amount.low + lever.amount.likely + lever.amount.high) / 300)
    looped = time.perf_counter() - began
    return {
        "gathered": gathered, "seconds": middle(times), "moved": middle(moved), "looped": looped, "plain": plain,
        "ours": float(outcome.baseline.revenue.sum(axis=1).mean()), "plain_gain": plain_gain,
        "gain": float((outcome.scenario.revenue - outcome.baseline.revenue).sum(axis=1).mean()), "cells": len(base.cells.customers) if base.cells else 0,
        "customers": float(base.cells.customers.sum()) if base.cells else 0.0,
    }  # fmt: skip


def in_a_loop(cells: Any, points: float) -> tuple[float, float]:
    """The revenue of the baseline and what the lever adds to it, simulated customer by customer: a tenth of them, times ten."""
    import numpy as np
    from scipy.optimize import brentq

    random = np.random.default_rng(1)
    total, gain = np.zeros(DRAWS), np.zeros(DRAWS)
    stays = np.exp(-np.cumsum(cells.hazard, axis=1))
    # The one factor on the hazards of the target at which so many more of it are there in a year.
    there, yearly = cells.alive[cells.acted_on[:, 0]], stays[cells.acted_on[:, 0], 11]
    lower = brentq(lambda factor: (there * (yearly**factor - yearly - points)).sum(), 1e-6, 1.0)
    chance = cells.alive / cells.customers
    which = np.repeat(np.arange(len(chance)), cells.customers.astype(int))[::TENTH]
    for cell in which:
        u = random.random(DRAWS)[:, None]
        there = u < chance[cell] * stays[cell]
        brought = (there * cells.spend[cell]).sum(axis=1)
        total += brought
        if cells.acted_on[cell, 0]:
            kept = u < chance[cell] * stays[cell] ** lower
            gain += (kept * cells.spend[cell]).sum(axis=1) - brought
    return float(total.mean() * TENTH), float(gain.mean() * TENTH)


def measure(customers: int, say: Callable[[str], None]) -> str:
    """Make the customers, load and score them, simulate both ways; the results as Markdown."""
    with tempfile.TemporaryDirectory(prefix="shimur-whatif-") as made:
        folder = Path(made)
        say(f"making {customers:,} customers")
        _printed("benchmarks.buyers", str(folder), str(customers))
        home = folder / "home"
        say("loading them")
        files = [str(folder / name) for name in ("customers.csv", "orders.csv")]
        target = str(home / "workspaces" / "default")
        subprocess.run([sys.executable, "-m", "data", "import", *files, "--workspace", target], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        say("what if")
        found = json.loads(_printed("benchmarks.what_if", "--home", str(home)))
    return written(found)


def written(found: dict[str, Any]) -> str:
    """The table, as Markdown. Raises AssertionError where the two ways come to different money."""
    for plain, ours in ((found["plain"], found["ours"]), (found["plain_gain"], found["gain"])):
        apart = abs(plain / ours - 1)
        assert apart <= APART, f"Shimur and the plain loop are {apart:.1%} apart"
    seconds, looped = found["seconds"], found["looped"]
    return "\n\n".join([
        f"{DRAWS:,} draws, {found['customers']:,.0f} customers that are not lost in {found['cells']} cells, {MONTHS} months, on {machine()}.",
        table(
            ["", "seconds", "target met"],
            [
                ["Shimur: both futures, all customers", f"{seconds:.2f}", met(seconds < SECONDS)],
                [f"plain loop: a tenth of the customers ({looped * TENTH / seconds:,.0f} times as long for all)", f"{looped:.1f}", ""],
                ["gathering the baseline from the scores", f"{found['gathered']:.2f}", ""],
            ],
        ),
        f"A moved lever over {FEW:,} draws, with what is told of it: {found['moved']:.0f} ms. Target: under {MOVED_MS}: {met(found['moved'] <= MOVED_MS)}.",
    ])  # fmt: skip


def _printed(*arguments: str) -> str:
    """The last line that `python -m ...` printed, in a process of its own."""
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout.splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.what_if", description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help="how many customers to make up (50,000)")
    parser.add_argument("--keep", action="store_true", help="keep the results in benchmarks/README.md")
    parser.add_argument("--home", type=Path, help="measure this one only")
    asked = parser.parse_args()
    if asked.home:
        print(json.dumps(measured(asked.home)))
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
