"""BG/NBD beside lifetimes: `python -m benchmarks.lifetimes [--keep]`, or one way in a process of its own.

Both fit all customers of CDNOW (weeks, to 1998-06-30) from the same arrays in memory: repeat purchases, age at the last one, age.
Shimur's time has the grouping of equal histories in it, several starts, and the covariance of the parameters; lifetimes
climbs from one start. The likelihood of both results is worked out here, by the formula of Fader, Hardie and Lee (2005).
The data are not in the repository: SHIMUR_DATASETS names their folder, and without them nothing is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.measures import ROOT, machine, middle
from benchmarks.report import keep, met, table

# The environment that `make bench` puts the peer in: it needs pandas below 3.
PEER = ROOT / ".venv-bench-lifetimes" / "bin" / "python"
MARKS = ("<!-- lifetime models -->", "<!-- end of lifetime models -->")
UNTIL = date(1998, 6, 30)
REPEATS = 15
# How many times as long the peer takes at the least, and what is aimed for; how much the likelihoods may differ.
AT_LEAST, AIM, SAME = 3.0, 10.0, 0.01
# Purchases of one day, or of one week, are one; time is in weeks both ways.
GRAINS = ("week", "day")


def file() -> Path:
    """The transactions of CDNOW."""
    folder = Path(os.environ.get("SHIMUR_DATASETS") or ROOT.parent / "shared" / "datasets")
    return folder / "cdnow" / "CDNOW_master.txt"


def histories(path: Path, grain: str) -> tuple[Any, Any, Any]:
    """Arrays x, t_x, T of all customers to `UNTIL`, in weeks."""
    import numpy as np

    bought: dict[str, set[int]] = {}
    for line in path.read_text("utf-8").splitlines()[1:]:
        customer, day = line.split()[:2]
        when = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        if when <= UNTIL:
            bought.setdefault(customer, set()).add(_period(when, grain))
    weeks = 1 if grain == "week" else 7
    end = _period(UNTIL, grain)
    rows = [(len(days) - 1, (max(days) - min(days)) / weeks, (end - min(days)) / weeks) for days in bought.values()]
    x, t_x, T = np.array(rows, dtype=float).T
    return x, t_x, T


def _period(day: date, grain: str) -> int:
    """The number of the day, or of its calendar week, from Monday to Sunday."""
    return (day.toordinal() - 1) // 7 if grain == "week" else day.toordinal()


def shimur(x: Any, t_x: Any, T: Any) -> list[float]:
    from analytics.lifetime.dropout import BgNbd
    from analytics.lifetime.histories import Histories

    found: list[float] = BgNbd().fit(Histories.of(x, t_x, T)).parameters_.tolist()
    return found


def lifetimes(x: Any, t_x: Any, T: Any) -> list[float]:
    from lifetimes import BetaGeoFitter

    found = BetaGeoFitter().fit(x, t_x, T).params_
    return [float(found[name]) for name in ("r", "alpha", "a", "b")]


WAYS: dict[str, Callable[[Any, Any, Any], list[float]]] = {"shimur": shimur, "lifetimes": lifetimes}


def log_likelihood(parameters: list[float], x: Any, t_x: Any, T: Any) -> float:
    """Of BG/NBD, customer by customer: Fader, Hardie and Lee (2005), equation 6."""
    import numpy as np
    from scipy.special import betaln, gammaln

    r, alpha, a, b = parameters
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    there = betaln(a, b + x) - (r + x) * np.log(alpha + T)
    tries = np.maximum(x, 1)
    left = np.where(x > 0, betaln(a + 1, b + tries - 1) - (r + x) * np.log(alpha + t_x), -np.inf)
    return float((shared + np.logaddexp(there, left)).sum())


def timed(way: str, path: Path) -> dict[str, Any]:
    """For each grain: customers, seconds of a fit after the first, its parameters and their likelihood."""
    found = {}
    for grain in GRAINS:
        known = histories(path, grain)
        times, parameters = [], []
        for _time in range(REPEATS):
            began = time.perf_counter()
            parameters = WAYS[way](*known)
            times.append(time.perf_counter() - began)
        found[grain] = {
            "customers": len(known[0]),
            "first": times[0],
            "seconds": middle(times[1:]),
            "parameters": parameters,
            "log_likelihood": log_likelihood(parameters, *known),
        }
    return found


def measure(say: Callable[[str], None]) -> str:
    """Measure each way in a process of its own and return the table as Markdown."""
    path = file()
    if not path.is_file():
        return "Not measured: SHIMUR_DATASETS names no folder with CDNOW."
    found = {}
    for way in WAYS:
        say(f"lifetime models: {way}")
        found[way] = _process(way, path)
    return written(found)


def written(found: dict[str, dict[str, Any]]) -> str:
    """The table, as Markdown. Raises AssertionError where the peer's likelihood is higher than ours."""
    lines = []
    for grain in GRAINS:
        ours, peer = found["shimur"][grain], found["lifetimes"][grain]
        assert ours["log_likelihood"] >= peer["log_likelihood"] - SAME, grain
        times = peer["seconds"] / ours["seconds"]
        for way, each in (("Shimur", ours), ("lifetimes 0.11.3", peer)):
            is_peer = each is peer
            verdict = f"{AT_LEAST:g}x {met(times >= AT_LEAST)}, {AIM:g}x {met(times >= AIM)}" if is_peer else ""
            against = f"{times:.1f}x" if is_peer else "1.0x"
            parameters = ", ".join(f"{value:.4f}" for value in each["parameters"])
            lines.append([
                f"{way}, purchases of a {grain} are one", f"{each['seconds'] * 1000:.0f}", f"{each['first'] * 1000:.0f}", against,
                parameters, f"{each['log_likelihood']:,.3f}", verdict,
            ])  # fmt: skip
    customers = found["shimur"]["week"]["customers"]
    return "\n\n".join([
        f"BG/NBD on {customers:,} customers of CDNOW to {UNTIL}, time in weeks, on {machine()}.",
        f"Milliseconds of a fit, the histories in memory. Target: lifetimes takes at least {AT_LEAST:g} times as long to the same likelihood; "
        f"aimed for: {AIM:g} times.",
        table(["way", "ms", "first", "of Shimur", "r, alpha, a, b", "log-likelihood", "targets met"], lines),
    ])  # fmt: skip


def _process(way: str, path: Path) -> dict[str, Any]:
    python = str(PEER) if way == "lifetimes" else sys.executable
    command = [python, "-W", "ignore", "-m", "benchmarks.lifetimes", "--way", way, "--file", str(path)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lifetimes", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="keep the results in benchmarks/README.md")
    parser.add_argument("--way", choices=WAYS, help="measure this one only, on --file")
    parser.add_argument("--file", type=Path)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(timed(asked.way, asked.file)))
        return
    text = measure(lambda what: print(what, file=sys.stderr, flush=True))
    print(text)
    if asked.keep:
        keep(text, MARKS)


if __name__ == "__main__":
    main()
