"""A large file through a real browser, in pieces and through `st.file_uploader`: `python -m benchmarks.uploads FOLDER [MB] [SIMPLE_MB]`.

Writes its files and a workspace to FOLDER, and removes them; prints one line of JSON. Linux only: memory is read from /proc.
Seconds run from choosing the file to the moment the app begins to read it; memory is that of the server, in MB.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.browser import browser, healthy, server

MB = 2**20
PATIENCE = 1000 * 60 * 15
COLUMNS = "Deal ID,Deal name,Customer,Owner,Stage,Amount,Created,Closed,Region\n"


def deals(path: Path, size: int) -> None:
    """Write a CSV of deals with exactly `size` bytes, no two rows alike."""
    left, number = size, 0
    with path.open("wb") as out:
        block = COLUMNS.encode()
        while left > 0:
            left -= out.write(block[:left])
            rows = range(number, number + 20_000)
            number += 20_000
            block = "".join(
                f"D{i},Deal {i},Customer {i % 9973},Owner {i % 31},Won,{i % 100_000},2026-01-{i % 28 + 1:02d},2026-03-{i % 28 + 1:02d},North\n"
                for i in rows
            ).encode()


def digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


class Memory:
    """The resident memory of the server this process started."""

    def __init__(self) -> None:
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        self._process = next(
            Path("/proc") / pid for pid in children if b"streamlit" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )

    def _read(self, name: str) -> float:
        lines = (self._process / "status").read_text().splitlines()
        return round(next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024, 1)

    def now(self) -> float:
        return self._read("VmRSS")

    def forget_peak(self) -> None:
        (self._process / "clear_refs").write_text("5")

    def peak(self) -> float:
        return self._read("VmHWM")


@contextmanager
def import_page(chromium: Browser, folder: Path) -> Iterator[tuple[Page, Memory, Path]]:
    """The import page of an app of its own, settled, with its server's memory and its home."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as home,
        server(["run", "app.py", "--server.maxUploadSize=4096"], home) as address,
    ):
        healthy(address)
        context = chromium.new_context()
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(f"{address}/import")
        page.locator(".zone").wait_for()
        page.wait_for_timeout(1500)
        yield page, Memory(), Path(home)
        context.close()


def share(page: Page) -> int:
    """How far the first file is, in per cent."""
    return int(page.get_by_role("progressbar").first.get_attribute("aria-valuenow") or 0)


def arrived(home: Path, size: int) -> Path:
    """The one file of that size on the server's disk."""
    [found] = [path for path in (home / "receiving").rglob("*") if path.is_file() and path.stat().st_size == size]
    return found


def in_pieces(chromium: Browser, folder: Path, file: Path, *, drop: bool = False) -> dict[str, Any]:
    """Send a file by the drop zone; with `drop` the network is gone for three seconds when 40% are there."""
    with import_page(chromium, folder) as (page, memory, home):
        before = memory.now()
        memory.forget_peak()
        began = time.perf_counter()
        page.set_input_files("input[type=file]", str(file))
        if drop:
            while share(page) < 40:
                page.wait_for_timeout(20)
            page.context.set_offline(True)
            page.locator("[data-state=lost]").wait_for()
            page.wait_for_timeout(3000)
            at = share(page)
            page.context.set_offline(False)
        page.locator("[data-state=received]").wait_for()
        seconds, peak, after = time.perf_counter() - began, memory.peak(), memory.now()
        is_same = digest(arrived(home, file.stat().st_size)) == digest(file)
        found = {"seconds": round(seconds, 2), "before": before, "peak": peak, "after": after, "identical": is_same}
        return found | ({"dropped_at_percent": at} if drop else {})


def cancelled(chromium: Browser, folder: Path, file: Path) -> dict[str, Any]:
    """Cancel in the middle: what is left on the disk half a second later, in bytes."""
    with import_page(chromium, folder) as (page, _memory, home):
        page.set_input_files("input[type=file]", str(file))
        while share(page) < 30:
            page.wait_for_timeout(20)
        at = share(page)
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_timeout(500)
        left = sum(path.stat().st_size for path in (home / "receiving").rglob("*") if path.is_file())
        return {"at_percent": at, "bytes_left": left}


def simple(chromium: Browser, folder: Path, file: Path) -> dict[str, Any]:
    """Send a file by `st.file_uploader`."""
    with import_page(chromium, folder) as (page, memory, home):
        page.locator(".st-key-other_upload button").click()
        page.get_by_test_id("stFileUploader").wait_for()
        page.wait_for_timeout(1000)
        before = memory.now()
        memory.forget_peak()
        began = time.perf_counter()
        page.set_input_files("input[type=file]", str(file))
        page.get_by_test_id("stProgress").first.wait_for()
        found = {"seconds": round(time.perf_counter() - began, 2), "before": before, "peak": memory.peak()}
        return found | {"after": memory.now(), "identical": digest(arrived(home, file.stat().st_size)) == digest(file)}


def measure(folder: Path, mb: int, simple_mb: int) -> dict[str, Any]:
    """All of it, one after the other."""
    large, small = folder / "large.csv", folder / "small.csv"
    try:
        deals(large, mb * MB)
        deals(small, simple_mb * MB)
        with browser() as chromium:
            return {
                "mb": mb,
                "in_pieces": in_pieces(chromium, folder, large),
                "dropped": in_pieces(chromium, folder, large, drop=True),
                "cancelled": cancelled(chromium, folder, large),
                "simple_mb": simple_mb,
                "simple": simple(chromium, folder, small),
                "in_pieces_same_size": in_pieces(chromium, folder, small),
            }
    finally:
        for path in (large, small):
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    where, *sizes = sys.argv[1:]
    large_mb, small_mb = (int(size) for size in [*sizes, *("1024", "300")[len(sizes) :]])
    place = Path(where)
    is_new = not place.exists()
    place.mkdir(parents=True, exist_ok=True)
    print(json.dumps(measure(place, large_mb, small_mb)))
    if is_new:
        shutil.rmtree(place, ignore_errors=True)
