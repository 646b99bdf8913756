"""Pages are run as Streamlit runs them, on small workspaces written by hand."""

import pickle
import shutil
from collections.abc import Callable, Hashable, Iterator
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import local
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from data import store, workspaces
from data.database import connect, fill_computed
from ui import memory, session

START = datetime(2026, 1, 5, 9)
STAGES = ("Lead", "Demo")
# Pages whose address is the name of their file can be opened without the first page before them.
NAMED_AS_THEIR_FILE = ("funnel", "settings", "quality")
Rows = dict[str, list[dict[str, Any]]]
State = dict[str, tuple[int, int]]


class Homes:
    """Homes with a workspace of given rows, made once: what pages worked out for one test is there for the next, as for a
    second reader. A home that a test wrote to is thrown away."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._made = folder, 0
        self._known: dict[bytes, tuple[Path, State]] = {}

    def with_rows(self, rows: Rows, header: str, facts: dict[str, str]) -> Path:
        key = pickle.dumps((rows, header, facts))
        if key not in self._known:
            self._made += 1
            home = self._folder / str(self._made)
            publish(home / "workspaces" / "default", rows, header, facts)
            self._known[key] = (home, _state(home))
        return self._known[key][0]

    def tidy(self) -> None:
        for key, (home, state) in list(self._known.items()):
            if _state(home) != state:
                del self._known[key]
                shutil.rmtree(home)


def _state(folder: Path) -> State:
    """What tells whether anything in a folder was written."""
    found = {str(path): path.stat() for path in folder.rglob("*")}
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in found.items()}


@pytest.fixture(scope="session")
def homes(tmp_path_factory) -> Homes:
    return Homes(tmp_path_factory.mktemp("homes"))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch, homes) -> Iterator[None]:
    monkeypatch.setenv("SHIMUR_HOME", str(tmp_path))
    monkeypatch.delenv("SHIMUR_MODE", raising=False)
    yield
    homes.tidy()


@pytest.fixture(autouse=True)
def _what_is_remembered_reads_no_widget(monkeypatch) -> Iterator[None]:
    """What is worked out once for many runs may hang on its arguments and on what `session.kept` names, on nothing else."""
    inside, read = local(), []
    once, get, place = memory.once, session.get, session.place

    def guarded_once(key: Hashable, make: Callable[[], Any]) -> Any:
        def alone() -> Any:
            before, inside.made = getattr(inside, "made", None), key
            try:
                return make()
            finally:
                inside.made = before

        return once(key, alone)

    def guarded(reads: Callable[..., Any]) -> Callable[..., Any]:
        def reading(name: str, *values: Any, **options: Any) -> Any:
            if getattr(inside, "made", None) is not None:
                read.append(name)
            return reads(name, *values, **options)

        return reading

    monkeypatch.setattr(memory, "once", guarded_once)
    monkeypatch.setattr(session, "get", guarded(get))
    monkeypatch.setattr(session, "place", guarded(place))
    yield
    assert not read


@pytest.fixture(scope="session", autouse=True)
def _one_server() -> Iterator[None]:
    """Scripts are compiled, and the installed packages searched for components, once, as by a server; not in every run."""
    scanner: Any = import_module("streamlit.components.v2.manifest_scanner")
    runner: Any = import_module("streamlit.testing.v1.local_script_runner")
    compiled = runner.ScriptCache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner, "scan_component_manifests", cache(scanner.scan_component_manifests))
        patch.setattr(runner, "ScriptCache", lambda: compiled)
        yield


def company(n: int = 40, *, names: tuple[str, ...] = ("Dana", "Omer"), currencies: tuple[str, ...] = ("USD",)) -> Rows:
    """Of every ten deals: five lost at Lead, one at Demo, three won (one past Demo), one still at Demo."""
    deals, entries = [], []
    for i in range(n):
        kind, day = i % 10, START + timedelta(days=i)
        status = "lost" if kind < 6 else "won" if kind < 9 else "open"
        deal = f"D{i:03}"
        ended = day + timedelta(days=4 if kind < 5 else 10)

        def stay(
            stage: str,
            order: int,
            came: datetime,
            left: datetime | None,
            fate: str,
            next_stage: str | None,
            outcome: str = "open",
            skipped: bool = False,
            skips: int = 0,
            deal: str = deal,
        ) -> None:
            entries.append(
                {
                    "deal_id": deal,
                    "pipeline": "Sales",
                    "stage": stage,
                    "stage_order": order,
                    "outcome": outcome,
                    "visit": 1,
                    "entered_at": came,
                    "left_at": left,
                    "fate": fate,
                    "next_stage": next_stage,
                    "is_recorded": not skipped,
                    "is_skipped": skipped,
                    "skips_before": skips,
                }
            )

        middle = day + timedelta(days=4)
        if kind < 5:
            stay("Lead", 1, day, ended, "lost", "Closed Lost")
            stay("Closed Lost", 4, ended, None, "lost", None, "lost")
        elif kind == 8:
            stay("Lead", 1, day, ended, "advanced", "Closed Won")
            stay("Demo", 2, ended, ended, "advanced", "Closed Won", skipped=True)
            stay("Closed Won", 3, ended, None, "advanced", None, "won", skips=1)
        else:
            stay("Lead", 1, day, middle, "advanced", "Demo")
            if kind == 5:
                stay("Demo", 2, middle, ended, "lost", "Closed Lost")
                stay("Closed Lost", 4, ended, None, "lost", None, "lost")
            elif kind < 9:
                stay("Demo", 2, middle, ended, "advanced", "Closed Won")
                stay("Closed Won", 3, ended, None, "advanced", None, "won")
            else:
                stay("Demo", 2, middle, None, "still", None)
        deals.append(
            {
                "deal_id": deal,
                "deal_name": f"{names[i % len(names)]} deal {i}",
                "customer": names[i % len(names)],
                "owner": names[i % len(names)],
                "pipeline": "Sales",
                "stage": entries[-1]["stage"],
                "status": status,
                "amount": 1000.0 + i,
                "currency": currencies[i % len(currencies)],
                "created_at": day,
                "closed_at": None if status == "open" else ended,
                "attr_1": names[-1 - i % len(names)],
            }
        )
    stages = [
        {"pipeline": "Sales", "stage": stage, "stage_order": order, "outcome": outcome, "is_confirmed": True}
        for order, (stage, outcome) in enumerate(
            (("Lead", "open"), ("Demo", "open"), ("Closed Won", "won"), ("Closed Lost", "lost")), 1
        )
    ]
    return {"deals": deals, "stage_entries": entries, "stages": stages}


def publish(folder: Path, rows: Rows, header: str, facts: dict[str, str]) -> store.Workspace:
    """Put rows in force in a workspace."""
    workspace = store.Workspace(folder)
    copy, base = workspace.prepare_copy()
    with connect(copy) as database:
        database.execute("ALTER TABLE deals ADD COLUMN attr_1 VARCHAR")
        database.execute("INSERT INTO headers VALUES ('deals', 'attr_1', ?, true)", [header])
        for name, made in rows.items():
            database.register("_rows", pd.DataFrame(made))
            database.execute(f'INSERT INTO "{name}" BY NAME SELECT * FROM _rows')
            database.unregister("_rows")
        told = {
            "latest_event_at": max(row["closed_at"] or row["created_at"] for row in rows["deals"]).isoformat(),
            "has_history": "true",
            "currency": "USD",
            "pipeline": "Sales",
            "company": "Acme",
            "is_empty": "false",
        } | facts
        fill_computed(database)
        database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", [list(pair) for pair in told.items()])
    assert workspace.publish(copy, base)
    return workspace


@pytest.fixture
def load(homes, monkeypatch, tmp_path) -> Callable[..., store.Workspace]:
    """Put rows into the workspace in use."""

    def put(rows: Rows, header: str = "Sales region", **facts: str) -> store.Workspace:
        if workspaces.home() == tmp_path and not any(tmp_path.iterdir()):
            monkeypatch.setenv("SHIMUR_HOME", str(homes.with_rows(rows, header, facts)))
            return store.Workspace(workspaces.default_workspace())
        return publish(workspaces.default_workspace(), rows, header, facts)

    return put


@pytest.fixture
def app(root) -> Callable[..., AppTest]:
    """Open a page of the app, with a query in its address, and see that nothing broke."""

    def opened(page: str = "", **query: str | list[str]) -> AppTest:
        at = AppTest.from_file(str(root / "ui" / "frame.py"), default_timeout=60)
        for name, value in query.items():
            at.query_params[name.replace("__", " ")] = value
        if page in NAMED_AS_THEIR_FILE:
            at.switch_page(f"../pages/{page}.py").run()
        else:
            at.run()
            if page:
                at.switch_page(f"../pages/{page}.py").run()
        return sound(at)

    return opened


def sound(at: AppTest) -> AppTest:
    """The run neither raised nor told the reader of a bug."""
    assert not at.exception
    assert not at.error, [error.value for error in at.error]
    return at


def words(at: AppTest) -> str:
    """All the HTML blocks and markdown of a run."""
    blocks = [block.proto.body for block in at.get("html")] + [block.value for block in at.markdown]
    return "\n".join(block for block in blocks if not block.startswith("<style>"))


@pytest.fixture
def read() -> Callable[[AppTest], str]:
    return words


@pytest.fixture
def made() -> Callable[..., Rows]:
    return company


@pytest.fixture
def check() -> Callable[[AppTest], AppTest]:
    return sound
