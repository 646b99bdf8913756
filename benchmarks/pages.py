"""Server time of every page: `python -m benchmarks.pages HOME` prints {view: times} as JSON.

The real frame runs as Streamlit runs it, without a browser; a time is one run of the script on the server. Cold is a
filter nobody chose before, warm the same filter again. What a reader pays once after a start, compiling the queries of
a view, is `first`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from typing import Any

from benchmarks.company import as_of
from benchmarks.measures import ROOT, middle

REPEATS = 4
PAGE_SECONDS = 600
# The views that compare groups.
BROKEN_DOWN = ("groups", "heat", "ranking")


@dataclass(frozen=True)
class Change:
    """A filter change, as the bare SQL gets it."""

    owner: str | None = None
    since: date | None = None
    until: date | None = None

    @property
    def kind(self) -> str:
        return "owner" if self.owner else "period"


def changes(repeats: int = REPEATS) -> list[Change]:
    """Filter changes: one owner of eighty, or twelve months of three years; the first two are for warming up."""
    last = as_of().date()
    periods = []
    for place in range(repeats + 1):
        until = last - timedelta(days=30 * place + 1)
        periods.append(Change(since=until - timedelta(days=364), until=until))
    owners = [Change(owner=f"Owner {place + 3:02d}") for place in range(repeats + 1)]
    return [change for pair in zip(owners, periods, strict=True) for change in pair]


def views(page: str = "") -> dict[str, tuple[str, dict[str, str]]]:
    """What is measured: the file of the page and the query of its address; the overview and the funnel, or one `page`."""
    asked = {
        name: {"view": name} | ({"by": "source"} if name in BROKEN_DOWN else {}) for name in _names(page or "funnel")
    }
    first: dict[str, tuple[str, dict[str, str]]] = {} if page else {"overview": ("overview", {})}
    return first | {name: (page or "funnel", query) for name, query in asked.items()}


def _names(page: str) -> list[str]:
    """The views of a page that has several."""
    import re

    source = (ROOT / f"pages/{page}.py").read_text("utf-8")
    return re.findall(r'^    "(\w+)": \(', source[source.index("VIEWS") :], re.MULTILINE)


def measure(
    home: str, only: Container[str] | None = None, repeats: int = REPEATS, of: str = ""
) -> dict[str, dict[str, float]]:
    """Milliseconds a run: first, cold by kind of change, warm; of every view, or `only` some, or of the page `of`."""
    found: dict[str, dict[str, float]] = {}
    with timing(home) as times:
        for name, (page, query) in views(of).items():
            if only is not None and name not in only:
                continue
            found[name] = _view(opened(query), page, times, changes(repeats))
            print(f"  {name}: {found[name]}", file=sys.stderr)
    return found


@contextmanager
def timing(home: str) -> Iterator[list[float]]:
    """While this lasts apps can be run on `home`; yields the list that the milliseconds of every script go to."""
    os.environ["SHIMUR_HOME"] = home
    from streamlit.runtime.scriptrunner.script_cache import ScriptCache

    runner: Any = import_module("streamlit.runtime.scriptrunner.script_runner")
    local: Any = import_module("streamlit.testing.v1.local_script_runner")
    tested: Any = import_module("streamlit.testing.v1.app_test")
    times: list[float] = []
    execute, cache = runner.exec_func_with_error_handling, ScriptCache()

    def timed(*values: Any, **options: Any) -> Any:
        began = time.perf_counter()
        done = execute(*values, **options)
        times.append((time.perf_counter() - began) * 1000)
        return done

    runner.exec_func_with_error_handling = timed
    # A server compiles its scripts once; the test runner would for every run.
    local.ScriptCache = tested.ScriptCache = lambda: cache
    try:
        yield times
    finally:
        runner.exec_func_with_error_handling = execute
        local.ScriptCache = tested.ScriptCache = ScriptCache


def opened(query: Mapping[str, str]) -> Any:
    """The app with a link that was opened, not run yet."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "ui/frame.py"), default_timeout=PAGE_SECONDS)
    for key, value in query.items():
        app.query_params[key] = value
    return app


def visit(app: Any, page: str, times: list[float]) -> float:
    """Go to a page for the first time; milliseconds."""
    times.clear()
    app.run()
    if page != "overview":
        times.clear()
        app.switch_page(f"../pages/{page}.py").run()
    return sum(times)


def run(app: Any, times: list[float]) -> float:
    """Run the page once; milliseconds. Raises RuntimeError where it fails."""
    times.clear()
    app.run()
    if app.exception or app.error:
        raise RuntimeError(f"the page failed: {[each.value for each in (*app.exception, *app.error)]}")
    return sum(times)


def choose(app: Any, change: Change) -> None:
    """Make a filter change, for the next run."""
    from ui.session import Chosen

    where: dict[str, tuple[str, ...]] = {"owner": (change.owner,)} if change.owner else {}
    app.session_state["chosen"] = Chosen(where=where, since=change.since, until=change.until)


def _view(app: Any, page: str, times: list[float], asked: list[Change]) -> dict[str, float]:
    first = visit(app, page, times)
    cold: dict[str, list[float]] = {"owner": [], "period": []}
    warm: list[float] = []
    for place, change in enumerate(asked):
        choose(app, change)
        taken = run(app, times)
        again = run(app, times)
        if place >= 2:
            cold[change.kind].append(taken)
            warm.append(again)
    return {"first": first, "owner": middle(cold["owner"]), "period": middle(cold["period"]), "warm": middle(warm)}


if __name__ == "__main__":
    # Without a server Streamlit warns of every element, whatever level its own loggers are set to.
    logging.disable(logging.WARNING)
    print(json.dumps(measure(sys.argv[1], of=sys.argv[2] if len(sys.argv) > 2 else "")))
