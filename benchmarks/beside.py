"""A page while somebody else's import runs: `python -m benchmarks.beside HOME FILE FOLDER` prints the times as JSON.

One process has both, as the server does: the pages of the company in HOME, each time with filters nobody chose before, and the
import of FILE into a workspace of its own in FOLDER, done the way the Import page does it.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.company import OWNERS, as_of
from benchmarks.measures import middle
from benchmarks.pages import Change, choose, opened, run, timing, views, visit
from benchmarks.report import met, table

VIEWS = ("overview", "stages")
WARM_UP, ALONE, MOST = 3, 20, 300  # filter changes of each view
TIMES_ALONE = 2.0


def filters(place: int) -> Change:
    """The filter change number `place`, unlike any other: one owner, within twelve months."""
    until = as_of().date() - timedelta(days=place // OWNERS + 1)
    return Change(owner=f"Owner {place % OWNERS:02d}", since=until - timedelta(days=364), until=until)


def measure(home: str, file: Path, folder: Path, alone: int = ALONE) -> dict[str, dict[str, float]]:
    """Milliseconds of a filter change without and beside the import: middle, p95, how many; and the seconds of the import."""
    with timing(home) as times:
        apps = [_app(name, times) for name in VIEWS]
        places = count()

        def changed() -> list[float]:
            place = next(places)
            return [_changed(app, filters(place), times) for app in apps]

        for _each in range(WARM_UP):
            changed()
        without = [taken for _each in range(alone) for taken in changed()]
        importing = _Import(file, folder)
        with importing:
            beside = [taken for _round in _while(importing) for taken in changed()]
    return {
        "without": _summary(without),
        "beside": _summary(beside) | {"seconds": importing.seconds},
    }


def _app(name: str, times: list[float]) -> Any:
    page, query = views()[name]
    app = opened(query)
    visit(app, page, times)
    return app


def _changed(app: Any, change: Change, times: list[float]) -> float:
    choose(app, change)
    return run(app, times)


def _while(importing: _Import) -> Iterator[int]:
    """Rounds while the import runs; what began beside it counts, though it may end alone."""
    for each in range(MOST):
        if not importing.is_running:
            return
        yield each


class _Import:
    """An import on its way in a thread, as in that of a reader's session."""

    def __init__(self, file: Path, folder: Path) -> None:
        self._thread = threading.Thread(target=self._work, args=(file, folder))
        self._problem: BaseException | None = None
        self.seconds = 0.0

    def _work(self, file: Path, folder: Path) -> None:
        from data import aside
        from data.importer import load_files
        from data.store import Workspace

        began = time.perf_counter()
        try:
            aside.run(
                lambda told: load_files(Workspace(folder), [(file, file.name)], told),
                lambda share, step: None, file.stat().st_size,
            )  # fmt: skip
        except BaseException as problem:
            self._problem = problem
        self.seconds = time.perf_counter() - began

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *raised: object) -> None:
        self._thread.join()
        if self._problem is not None:
            raise self._problem


def _summary(times: list[float]) -> dict[str, float]:
    if len(times) < 2:
        raise RuntimeError("the import was over too soon to be measured beside: take a larger file")
    return {"middle": middle(times), "p95": quantiles(times, n=20, method="inclusive")[-1], "changes": len(times)}


def written(found: dict[str, dict[str, float]], rows: int) -> str:
    """The table, as Markdown."""
    without, beside = found["without"], found["beside"]
    lines = [
        [name, f"{each['changes']:.0f}", f"{each['middle']:.0f}", f"{each['p95']:.0f}", f"{each['p95'] / without['p95']:.1f}x", verdict]
        for name, each, verdict in (
            ("without an import", without, ""),
            ("while an import runs", beside, met(beside["p95"] <= TIMES_ALONE * without["p95"])),
        )
    ]  # fmt: skip
    return "\n\n".join(
        [
            f"Server time of a filter change, milliseconds, while another reader imports {rows:,} deals in the same process "
            f"({beside['seconds']:.0f} s beside them). Target: p95 within {TIMES_ALONE:.0f}x.",
            table(["overview and stages, cold", "changes", "middle", "p95", "of without", "target met"], lines),
        ]
    )


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    home, file, folder = sys.argv[1:]
    print(json.dumps(measure(home, Path(file), Path(folder))))
