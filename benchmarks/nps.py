"""A million survey answers under a changed filter, beside pandas: `python -m benchmarks.nps [--answers N] [--keep]`.

The answers of 24 months, twenty a customer, are made up and loaded beforehand. A filter change is what the trend asks: the score of
every month with its interval and tests, of another owner or segment of the customers, another value of the answers' own column, or
another twelve months. Shimur's time is that of its metric, from filters to rows: putting the question together, compiling, running, tests.
pandas counts promoters and detractors of each month on frames in memory, with answers given again within a day left out beforehand; it
tests nothing. Both must count the same. Each way is a process of its own; cold is a filter that nobody chose before.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.company import OWNERS, as_of
from benchmarks.measures import ROOT, machine, middle
from benchmarks.report import keep, met, table

MILLION = 1_000_000
MARKS = ("<!-- nps -->", "<!-- end of nps -->")
SEED, DAYS, ANSWERS_EACH, PEOPLE_EACH = 8, 730, 20, 4
SEGMENTS = ("Small", "Mid-market", "Enterprise", "Public sector", "Partners")
PLACES = ("Web", "Email", "Phone", "Branch", "App")
FILES = ("customers.csv", "survey.csv")
REPEATS = 4
COLD_MS = 300
Choice = tuple[str, str]  # the field and the value; of a period, the first day
KINDS = {
    "owner": "one owner of the customers", "segment": "one segment of the customers", "place": "one value of the answers' own column",
    "period": "twelve months",
}  # fmt: skip


def write_surveys(folder: Path, answers: int) -> int:
    """Write customers.csv and survey.csv; how many customers there are. The same seed gives the same bytes."""
    import duckdb
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(SEED)
    customers = max(answers // ANSWERS_EACH, 1)
    number = np.arange(customers)
    known = pd.DataFrame({
        "number": number,
        "segment": np.array(SEGMENTS)[random.integers(0, len(SEGMENTS), customers)],
        "owner": np.array([f"Owner {place:02d}" for place in range(OWNERS)])[random.integers(0, OWNERS, customers)],
    })  # fmt: skip
    who = random.integers(0, customers, answers)
    kind = random.choice(3, answers, p=(0.48, 0.32, 0.20))  # promoters, passives, detractors
    score = np.choose(
        kind, (random.integers(9, 11, answers), random.integers(7, 9, answers), random.integers(0, 7, answers))
    )
    given = pd.DataFrame({
        "who": who, "person": random.integers(0, PEOPLE_EACH, answers), "score": score,
        "moment": np.datetime64(as_of(), "s") - random.integers(60, DAYS * 86_400, answers).astype("timedelta64[s]"),
        "place": np.array(PLACES)[random.integers(0, len(PLACES), answers)],
    })  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as database:
        database.register("known", known)
        database.register("given", given)
        name = "'C-' || lpad({}::VARCHAR, 7, '0')"
        database.execute(
            f'COPY (SELECT {name.format("number")} AS "Customer ID", \'Customer \' || number AS "Customer name", segment AS "Segment", '
            f"owner AS \"Owner\" FROM known) TO '{folder / FILES[0]}' (HEADER)"
        )
        database.execute(
            f"COPY (SELECT 'R-' || lpad((row_number() OVER (ORDER BY moment, who))::VARCHAR, 8, '0') AS \"Response ID\", "
            f"{name.format('who')} AS \"Customer ID\", 'p' || person || '@c' || who || '.example' AS \"Email\", moment AS \"Answered at\", "
            f'score AS "NPS score", place AS "Touchpoint" FROM given ORDER BY moment, who) TO \'{folder / FILES[1]}\' (HEADER)'
        )
    return customers


def choices() -> list[Choice]:
    """Filter changes, each unlike any other; the first of each kind is for warming up."""
    last = as_of().date()
    found: list[Choice] = []
    for place in range(REPEATS + 1):
        found += [
            ("owner", f"Owner {place + 3:02d}"),
            ("segment", SEGMENTS[place % len(SEGMENTS)]),
            ("place", PLACES[place % len(PLACES)]),
            ("period", (last - timedelta(days=365 + 30 * place)).isoformat()),
        ]
    return found


def shimur(folder: Path) -> Callable[[Choice], dict[str, Any]]:
    """The metric of the app on its data."""
    from analytics import filters
    from analytics.fields import find
    from analytics.nps.trend import nps
    from data.store import Workspace

    engine = Workspace(folder / "home" / "workspaces" / "default").engine()
    tables, last = engine.tables, as_of().date()
    fields = {
        "owner": find("owner", tables, "customers"),
        "segment": find("segment", tables, "customers"),
        "place": find("Touchpoint", tables, "survey_responses"),
    }

    def asked(choice: Choice) -> dict[str, Any]:
        kind, value = choice
        if kind == "period":
            since, until = period(value)
            chosen = filters.Filters(last, since, until)
        else:
            chosen = filters.Filters(last, where=(filters.Choice(fields[kind], (value,)),))
        found = nps(tables, chosen).answer(engine.run)
        return _counts(found["period"], found["n"], found["promoters"], found["detractors"])

    return asked


def pandas(folder: Path) -> Callable[[Choice], dict[str, Any]]:
    """Frames in memory, the month of each answer and what it counts as made beforehand."""
    import pandas as pd

    customers = pd.read_csv(folder / FILES[0], index_col="Customer ID")
    answers = pd.read_csv(folder / FILES[1], parse_dates=["Answered at"])
    # Of several answers of one person within a day the last one counts.
    answers = answers.sort_values(["Email", "Answered at"], kind="stable")
    following = answers.groupby("Email")["Answered at"].shift(-1)
    answers = answers[~(following - answers["Answered at"] <= pd.Timedelta(hours=24))]
    answers = answers.sort_values("Answered at")
    answers["month"] = answers["Answered at"].dt.strftime("%Y-%m").astype("category")
    answers["promoter"], answers["detractor"] = answers["NPS score"] >= 9, answers["NPS score"] <= 6
    answers["Customer ID"] = answers["Customer ID"].astype("category")

    def asked(choice: Choice) -> dict[str, Any]:
        kind, value = choice
        if kind == "period":
            since, until = period(value)
            at = answers["Answered at"]
            kept = answers[(at >= pd.Timestamp(since)) & (at < pd.Timestamp(until) + pd.Timedelta(days=1))]
        elif kind == "place":
            kept = answers[answers["Touchpoint"] == value]
        else:
            chosen = customers.index[customers[kind.capitalize()] == value]
            kept = answers[answers["Customer ID"].isin(chosen)]
        told = kept.groupby("month", observed=True).agg(
            n=("promoter", "size"), promoters=("promoter", "sum"), detractors=("detractor", "sum")
        )
        told["nps"] = 100 * (told["promoters"] - told["detractors"]) / told["n"]
        return _counts(told.index, told["n"], told["promoters"], told["detractors"])

    return asked


WAYS: dict[str, Callable[[Path], Callable[[Choice], dict[str, Any]]]] = {"shimur": shimur, "pandas": pandas}


def period(first: str) -> tuple[Any, Any]:
    """The twelve months from a day on."""
    from datetime import date

    since = date.fromisoformat(first)
    return since, since + timedelta(days=364)


def _counts(months: Any, *columns: Any) -> dict[str, list[int]]:
    """By month: answers, promoters, detractors."""
    return {str(month): [int(each) for each in row] for month, *row in zip(months, *columns, strict=True) if row[0]}


def timed(way: str, folder: Path) -> dict[str, Any]:
    """Milliseconds of the first answer, and by kind of those after it; and what each filter counted."""
    asked = WAYS[way](folder)
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    told = []
    for choice in choices():
        began = time.perf_counter()
        found = asked(choice)
        times[choice[0]].append((time.perf_counter() - began) * 1000)
        told.append(found)
    return {
        "first": next(iter(times.values()))[0],
        "cold": {kind: middle(taken[1:]) for kind, taken in times.items()},
        "counts": told,
    }


def measure(answers: int, say: Callable[[str], None]) -> str:
    """Make the answers, load them, change filters both ways; the results as Markdown."""
    with tempfile.TemporaryDirectory(prefix="shimur-nps-") as made:
        folder = Path(made)
        say(f"making {answers:,} survey answers")
        customers = int(_printed("--write", str(folder), "--answers", str(answers)))
        home = folder / "home"
        say("loading them")
        target = str(home / "workspaces" / "default")
        subprocess.run(
            [sys.executable, "-m", "data", "import", *(str(folder / name) for name in FILES), "--workspace", target],
            cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        found = {}
        for way in WAYS:
            say(f"NPS: {way}")
            found[way] = json.loads(_printed("--way", way, "--folder", str(folder)))
        say("NPS: the page")
        page = json.loads(_printed("--page", str(home)))
    return written(answers, customers, found, page)


def written(answers: int, customers: int, found: dict[str, dict[str, Any]], page: dict[str, float]) -> str:
    """The tables, as Markdown. Raises AssertionError where the two ways count differently."""
    ours, peer = found["shimur"], found["pandas"]
    assert ours["counts"] == peer["counts"], "Shimur and pandas count different answers"
    rows = [
        [words, f"{ours['cold'][kind]:.0f}", f"{peer['cold'][kind]:.0f}", f"{ours['cold'][kind] / peer['cold'][kind]:.1f}x", met(ours["cold"][kind] <= COLD_MS)]
        for kind, words in KINDS.items()
    ]  # fmt: skip
    seen = [
        [words, f"{page[kind]:.0f}", f"{page['warm']:.0f}", f"{page['first']:.0f}", met(page[kind] <= COLD_MS)]
        for kind, words in (("owner", "one owner"), ("period", "twelve months"))
    ]
    return "\n\n".join([
        f"{answers:,} answers of {customers:,} customers in {DAYS} days, on {machine()}.",
        f"The score of every month after a filter change, milliseconds. Target: cold under {COLD_MS}. The first answer of a process, which "
        f"also compiles, took {ours['first']:.0f}.",
        table(["filter", "Shimur, cold", "pandas", "of pandas", "target met"], rows),
        f"Server time of the view Trend with all that it shows, milliseconds. Target: cold under {COLD_MS}.",
        table(["filter", "cold", "warm", "first", "target met"], seen),
    ])  # fmt: skip


def _printed(*arguments: str) -> str:
    """The last line that this module printed, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.nps", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout.splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nps", description=__doc__)
    parser.add_argument("--answers", type=int, default=MILLION, help="how many answers to make up (a million)")
    parser.add_argument("--keep", action="store_true", help="keep the results in benchmarks/README.md")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="make the files only")
    parser.add_argument("--way", choices=WAYS, help="measure this one only, on --folder")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--page", type=Path, metavar="HOME", help="measure the page only")
    asked = parser.parse_args()
    if asked.write:
        print(write_surveys(asked.write, asked.answers))
        return
    if asked.way:
        print(json.dumps(timed(asked.way, asked.folder)))
        return
    if asked.page:
        from benchmarks import pages

        logging.disable(logging.WARNING)
        print(json.dumps(pages.measure(str(asked.page), only={"trend"}, of="nps")["trend"]))
        return
    began = time.monotonic()
    text = measure(
        asked.answers, lambda what: print(f"[{time.monotonic() - began:5.0f} s] {what}", file=sys.stderr, flush=True)
    )
    print(text)
    if asked.keep:
        keep(text, MARKS)


if __name__ == "__main__":
    main()
