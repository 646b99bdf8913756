"""The real app in a real browser: servers of its own, pages that may not call out, waiting that knows Streamlit."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from google.protobuf.message import DecodeError
from playwright.sync_api import Browser, Page, Request, WebSocket, expect, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from scripts.chromium import NoChromium, found_or_installed

ROOT = Path(__file__).parents[2]
# A machine that does other things as well may be three times slower than the slowest seen alone.
PATIENCE = 90
HERE = {"127.0.0.1", "localhost"}
LOCALES = {"en": "en-US", "he": "he-IL"}
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
STATE = """() => {
  const app = document.querySelector('[data-testid="stApp"]')
  const waiting = '.stSkeleton, [data-testid="stSkeleton"], [data-testid="stAppSkeleton"], [data-stale="true"]'
  return app !== null && app.dataset.testConnectionState === 'CONNECTED'
    && app.dataset.testScriptState === 'notRunning' && document.querySelector(waiting) === null
}"""

# What Streamlit draws and no option of ours changes: each a rule of axe-core and the only place it is forgiven.
NOT_OURS = [
    # The menu of pages lays its sections between the items of one list, which a list may not hold.
    ("list", '[data-testid="stSidebarNavItems"]'),
    ("listitem", '[data-testid="stSidebarNavItems"]'),
    # The drop zone is presentational and yet named; who has no mouse uses the button inside it.
    ("presentation-role-conflict", '[data-testid="stFileUploaderDropzone"]'),
]
WITHIN = "([target, place]) => document.querySelector(target)?.closest(place) != null"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("e2e")


@dataclass
class Server:
    """The app, running: where it answers, where its workspaces are, what it wrote."""

    url: str
    home: Path
    log: Path
    process: subprocess.Popen[bytes]
    heard: int = 0

    def news(self) -> str:
        """What was logged since this was last asked."""
        said = self.log.read_bytes()
        new, self.heard = said[self.heard :], len(said)
        return new.decode("utf-8", "replace")

    def stop(self) -> None:
        """End it as an operator would, and for certain."""
        if sys.platform == "win32":
            self.process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running(folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    """The app with its own home in `folder`, on a free port of the loopback unless the environment names one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = environment.get("STREAMLIT_SERVER_PORT") or free.getsockname()[1]
    home = Path(environment.get("SHIMUR_HOME", folder / "home"))
    inherited = {k: v for k, v in os.environ.items() if k != "PORT" and not k.startswith(("SHIMUR_", "STREAMLIT_"))}
    settings = {
        "SHIMUR_HOME": str(home),
        "SHIMUR_MODE": "local",
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
    }
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py"],
            cwd=ROOT,
            env=inherited | settings | environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", home, log, process)
    try:
        _wait_for_health(server)
        yield server
    finally:
        server.stop()


def _wait_for_health(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5) as answer:
            if answer.read() == b"ok":
                return
        time.sleep(0.1)
    raise AssertionError(f"the app did not start:\n{server.news()}")


def _no_traceback(server: Server) -> None:
    news = server.news()
    assert "Traceback" not in news, f"the app logged an error:\n{news}"


@pytest.fixture(scope="session", autouse=True)
def _patience() -> None:
    expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), {}) as server:
        yield server


@pytest.fixture
def server(_server: Server) -> Iterator[Server]:
    """The app in local mode, shared by the whole run and so with what earlier tests left in it."""
    _server.news()
    yield _server
    _no_traceback(_server)


@pytest.fixture(scope="session")
def _public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("public"), {"SHIMUR_MODE": "public"}) as server:
        yield server


@pytest.fixture
def public(_public: Server) -> Iterator[Server]:
    """The app in public mode, shared by the whole run: every page opened on it has a fresh workspace of its own."""
    _public.news()
    yield _public
    _no_traceback(_public)


@pytest.fixture(scope="session")
def _demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    from data.importer import load_demo
    from data.store import Workspace

    folder = tmp_path_factory.mktemp("demo")
    load_demo(Workspace(folder / "home" / "workspaces" / "default"))
    with running(folder, {}) as server:
        yield server


@pytest.fixture
def demo(_demo: Server) -> Iterator[Server]:
    """The app with the made-up company, shared by the whole run: for looking only."""
    _demo.news()
    yield _demo
    _no_traceback(_demo)


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start an app of the test's own, with a fresh home: `start_server(SHIMUR_MODE="public")`."""
    with ExitStack() as stack:
        started: list[Server] = []

        def start(**environment: str) -> Server:
            folder = tmp_path / f"server_{len(started)}"
            folder.mkdir()
            started.append(stack.enter_context(running(folder, environment)))
            return started[-1]

        yield start
        for server in started:
            _no_traceback(server)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        path = found_or_installed()
    except NoChromium as problem:
        pytest.fail(str(problem))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open a page as a new visitor, with cookies of their own; the test fails if any request leaves the machine.

    `new_page(language="he", width=390, scheme="dark")` is of the shared server, `new_page(server=mine)` of another.
    """
    with ExitStack() as stack:
        left: list[str] = []

        def asked(url: str) -> None:
            where = urlsplit(url)
            if where.scheme not in {"data", "blob", "about"} and where.hostname not in HERE:
                left.append(url)

        def watch(page: Page) -> None:
            page.on("websocket", lambda socket: asked(socket.url))
            runs = Runs()
            _runs[page] = runs
            stack.callback(_runs.pop, page)
            page.on("websocket", runs.listen)

        def requested(what: Request) -> None:
            asked(what.url)

        def open_page(
            language: str = "en", width: int = 1280, scheme: Any = "light", server: Server | None = None
        ) -> Page:
            server = server or request.getfixturevalue("server")
            context = browser.new_context(
                base_url=server.url,
                locale=LOCALES[language],
                color_scheme=scheme,
                viewport={"width": width, "height": 900},
                reduced_motion="reduce",
            )
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE * 1000)
            context.on("request", requested)
            context.on("page", watch)
            return context.new_page()

        yield open_page
    assert not left, f"requests left the machine: {left}"


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


class Runs:
    """What a page and its server tell each other of runs: whether one was asked for that is not done."""

    def __init__(self) -> None:
        self.asked = 0
        self.pending = False

    def listen(self, socket: WebSocket) -> None:
        """Follow a connection; a new one, after a reload, starts with nothing pending."""
        self.pending = False
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        message = BackMsg()
        with suppress(DecodeError):
            message.ParseFromString(frame if isinstance(frame, bytes) else frame.encode())
        if message.WhichOneof("type") == "rerun_script":
            self.asked += 1
            self.pending = True

    def _received(self, frame: str | bytes) -> None:
        message = ForwardMsg()
        with suppress(DecodeError):
            message.ParseFromString(frame if isinstance(frame, bytes) else frame.encode())
        if message.WhichOneof("type") == "script_finished":
            self.pending = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN


_runs: dict[Page, Runs] = {}


def settled(page: Page, quiet: float = 0.4, timeout: float = PATIENCE) -> Page:
    """Wait until every run the page asked for is done and drawn, and has stayed so for `quiet` seconds.

    A click that the browser itself hears late is not waited for: expect what it should bring, then settle.
    """
    deadline = time.monotonic() + timeout
    runs = _runs[page]
    since, asked = None, -1
    while since is None or time.monotonic() - since < quiet:
        if time.monotonic() > deadline:
            raise AssertionError(f"{page.url} did not settle in {timeout} s")
        at_rest = page.evaluate(STATE) and not runs.pending and runs.asked == asked
        since, asked = (since or time.monotonic()) if at_rest else None, runs.asked
        page.wait_for_timeout(50)
    return page


@pytest.fixture(name="settled")
def _settled() -> Callable[..., Page]:
    """`settled(page)` waits until Streamlit has finished what it was asked."""
    return settled


@pytest.fixture
def visit() -> Callable[[Page, str], Page]:
    """`visit(page, "/funnel?lang=he")` opens an address and waits until it is all there."""

    def visited(page: Page, address: str) -> Page:
        page.goto(address)
        return settled(page)

    return visited


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """`axe(page)` lists what axe-core finds wrong that is ours to mend; empty is good."""

    def violations(page: Page) -> list[str]:
        return [
            f"{rule['id']}: {node['html'][:200]}"
            for rule in Axe().run(page).response["violations"]
            for node in rule["nodes"]
            if not any(
                rule["id"] == known and page.evaluate(WITHIN, [node["target"][0], place]) for known, place in NOT_OURS
            )
        ]

    return violations
