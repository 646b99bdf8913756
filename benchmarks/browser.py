"""What a browser waits for and is sent: a cold start to the first page, and the bytes of each page."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.measures import ROOT, middle
from benchmarks.pages import views
from scripts.chromium import found_or_installed

STARTS = 3
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
DRAWN = """() => {
  const app = document.querySelector('[data-testid="stApp"]')
  return app !== null && app.dataset.testScriptState === 'notRunning'
    && document.querySelector('[data-testid="stMain"] h1') !== null
    && document.querySelector('.stSkeleton, [data-testid="stSkeleton"], [data-testid="stAppSkeleton"]') === null
}"""


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium that is already running when the clock starts."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=found_or_installed(), args=list(SWITCHES))
        yield found
        found.close()


@contextmanager
def server(arguments: Sequence[str], home: str) -> Iterator[str]:
    """A Streamlit server on a free port of the loopback; yields its address at once, before it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SHIMUR_", "STREAMLIT_"))}
    settings = {
        "SHIMUR_HOME": home,
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
        "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", *arguments],
        cwd=ROOT,
        env=inherited | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def healthy(address: str) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            if answer.read() == b"ok":
                return
        time.sleep(0.02)
    raise RuntimeError("the server did not start")


def first_page(chromium: Browser, arguments: Sequence[str], home: str) -> float:
    """Seconds from starting the process to the first page, its script run and drawn."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    began = time.perf_counter()
    with server(arguments, home) as address:
        healthy(address)
        page.goto(address)
        page.wait_for_function(DRAWN, timeout=120_000, polling=20)
        taken = time.perf_counter() - began
        context.close()
    return taken


def starts(home: str) -> dict[str, float]:
    """The middle of a few cold starts: the app with the company, the app with nothing, `streamlit hello`."""
    with browser() as chromium, tempfile.TemporaryDirectory() as empty:
        asked = {
            "Shimur, the company loaded": (["run", "app.py"], home),
            "Shimur, nothing loaded": (["run", "app.py"], empty),
            "streamlit hello": (["hello"], empty),
        }
        return {
            name: middle([first_page(chromium, arguments, where) for _start in range(STARTS)])
            for name, (arguments, where) in asked.items()
        }


class Sent:
    """Counts what the server sends to one page: frames of its websocket, and answers over HTTP as they travel."""

    def __init__(self, page: Page) -> None:
        self.frames = 0
        self.answers = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._frame))
        watch = page.context.new_cdp_session(page)
        watch.send("Network.enable")
        watch.on("Network.loadingFinished", self._answer)

    @property
    def total(self) -> int:
        return self.frames + self.answers

    def _frame(self, payload: Any) -> None:
        self.frames += len(payload if isinstance(payload, bytes) else payload.encode())

    def _answer(self, event: dict[str, Any]) -> None:
        self.answers += int(event.get("encodedDataLength", 0))


def sizes(home: str) -> dict[str, int]:
    """Bytes sent for each view to a browser that has Streamlit's own files, and once for those files."""
    found: dict[str, int] = {}
    with browser() as chromium, server(["run", "app.py"], home) as address:
        healthy(address)
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        for name, (page_name, query) in {"Streamlit itself, once": ("", {}), **views()}.items():
            page = context.new_page()
            sent = Sent(page)
            path = "settings" if name == "Streamlit itself, once" else page_name.replace("overview", "")
            place = "&".join(f"{key}={value}" for key, value in query.items())
            page.goto(f"{address}/{path}?{place}")
            page.wait_for_function(DRAWN, timeout=120_000)
            page.wait_for_timeout(1_500)
            if path == "settings":  # charts and grids bring files of their own the first time
                for warm in (f"{address}/funnel", address):
                    page.goto(warm)
                    page.wait_for_function(DRAWN, timeout=120_000)
                    page.wait_for_timeout(1_500)
                found[name] = sent.answers
            else:
                found[name] = sent.total
            page.close()
    return found
