"""Rules of the layout that import-linter cannot see."""

import ast
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ("app.py", "pages", "ui", "analytics", "data")
CLOCK = {
    *(f"datetime.{name}" for name in ("now", "today", "utcnow")),
    *(f"Timestamp.{name}" for name in ("now", "today", "utcnow")),
    *(f"time.{name}" for name in ("time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime")),
    *("date.today", "ibis.now", "ibis.today"),
}
STREAMLIT_STATE = {"session_state", "cache_data", "cache_resource"}
SCREEN_AND_STORAGE = {"streamlit", "duckdb", "ibis", "data"}
# Homes of people, and where packages came from; spelled so that this file does not match itself.
MACHINE = [r"/(home|[U]sers)/\w+", r"[A-Z]:\\[U]sers\\", "index[-]url", "find[-]links"]


def sources(*places: str) -> Iterator[Path]:
    for place in places:
        yield from sorted((ROOT / place).rglob("*.py")) if (ROOT / place).is_dir() else [ROOT / place]


def dotted(node: ast.expr) -> str:
    """`a.b.c` as written, with what is not a name left out."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def uses(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Each name reached for: `st.session_state`, and `streamlit.session_state` for `from streamlit import ...`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, dotted(node)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def reads_clock(name: str) -> bool:
    return ".".join(name.split(".")[-2:]) in CLOCK


def keeps_state(name: str) -> bool:
    first, *rest = name.split(".")
    return first in {"st", "streamlit"} and bool(STREAMLIT_STATE.intersection(rest))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("datetime.now()", True),
        ("dt.datetime.now(tz)", True),
        ("from time import time", True),
        ("pd.Timestamp.today()", True),
        ("ibis.now()", True),
        ("_.entered_at.date()", False),
        ("from datetime import date, time", False),
    ],
)
def test_clock_is_recognised(code, seen):
    assert any(reads_clock(name) for _, name in uses(ast.parse(code))) == seen


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("st.session_state['x']", True),
        ("@st.cache_data(ttl=1)\ndef f(): ...", True),
        ("from streamlit import session_state", True),
        ("session.state", False),
        ("at.session_state['x']", False),
    ],
)
def test_state_is_recognised(code, seen):
    assert any(keeps_state(name) for _, name in uses(ast.parse(code))) == seen


def broken(rule, *places: str, but: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sources(*places)
        if path.relative_to(ROOT).as_posix() not in but
        for line, name in uses(ast.parse(path.read_text("utf-8")))
        if rule(name)
    ]


def test_only_session_touches_state_and_caches():
    assert broken(keeps_state, *CODE, but=("ui/session.py",)) == []


def test_metrics_read_no_clock():
    assert broken(reads_clock, "analytics") == []


def test_charts_are_pure():
    for path in sources("ui/charts"):
        assert not SCREEN_AND_STORAGE.intersection(imports(ast.parse(path.read_text("utf-8")))), path


def test_every_page_says_what_it_is_for():
    for path in sources("pages"):
        if path.name != "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path


def kept_files() -> list[Path]:
    """The files git keeps or would keep; in a copy without git, all that is not hidden."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    ]


def test_nothing_kept_names_a_machine_or_a_registry():
    nobody = {Path("/"), Path(tempfile.gettempdir())}
    here = [rf"(?<![\w.]){re.escape(str(path))}[\\/]" for path in {ROOT.parent, Path.home()} - nobody]
    machine = re.compile("|".join(MACHINE + here))
    found = []
    for path in kept_files():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
            if machine.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number} {line.strip()[:100]}")
    assert found == []
