"""Large files through the browser: pieces, progress, cancel, a connection that drops, the keyboard, both languages."""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Request, Route, expect

PIECE = 8 * 2**20
ADDRESS = "**/api/upload"


def deals_file(folder, mb, name="deals.csv"):
    """Deals, with a column wide enough that a few thousand rows are megabytes."""
    rows = ["Deal ID,Stage,Amount,Created,Closed,Notes"]
    wide = "x" * 4000
    count = max(1, round(mb * 2**20 / 4050))
    rows += [f"D{i},{('Won', 'Lost')[i % 2]},{i},01/02/2026,03/03/2026,{wide}{i}" for i in range(count)]
    file = folder / name
    file.write_text("\n".join(rows) + "\n", "utf-8")
    return file


def left_on_disk(home):
    return [path for path in (home / "receiving").rglob("*") if path.is_file()]


def until(page, what, seconds=60):
    """Wait as the browser does, which hears of nothing while Python sleeps."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        page.wait_for_timeout(50)


def hold(page):
    """Let no piece through until told: returns the requests that wait and a function that lets all through."""
    waiting: list[Route] = []
    is_open = False

    def handle(route):
        if is_open or route.request.method != "PUT":
            route.continue_()
        else:
            waiting.append(route)

    def let_through():
        nonlocal is_open
        is_open = True
        for route in waiting:
            route.continue_()

    page.route(ADDRESS, handle)
    return waiting, let_through


class Wire:
    """Between the browser and the app: once, after so many bytes of one connection, it is cut and stays so for a second."""

    def __init__(self, app):
        self._app = urlsplit(app.url)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.cut_after = None
        self._back_at = 0.0
        self._ends: list[socket.socket] = []
        self._threads: list[Thread] = []

    def __enter__(self):
        self._start(self._listen)
        return self

    def _start(self, work, *values):
        self._threads.append(Thread(target=work, args=values, daemon=True))
        self._threads[-1].start()

    def __exit__(self, *_):
        self._cut([self._listening, *self._ends])
        for thread in self._threads:
            thread.join(10)
        self._listening.close()

    def _listen(self):
        with suppress(OSError):
            while True:
                near, _address = self._listening.accept()
                if time.monotonic() < self._back_at:
                    near.close()
                    continue
                far = socket.create_connection((self._app.hostname, self._app.port))
                self._ends += [near, far]
                self._start(self._pass_on, near, far, True)
                self._start(self._pass_on, far, near, False)

    def _pass_on(self, source, target, is_up):
        passed = 0
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
                passed += len(data)
                if is_up and self.cut_after is not None and passed > self.cut_after:
                    self.cut_after = None
                    self._back_at = time.monotonic() + 1
                    self._cut(self._ends)
        self._cut([source, target])
        source.close()

    def _cut(self, ends):
        for end in list(ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("language", ["en", "he"])
def test_a_file_of_several_pieces_arrives_with_its_progress(public, new_page, visit, settled, axe, tmp_path, language):
    page = visit(new_page(language, server=public), f"/import?lang={language}")
    expect(page.locator(".upload")).to_have_attribute("dir", "rtl" if language == "he" else "ltr")
    assert axe(page) == []
    sizes = []
    page.on("request", lambda asked: sizes.extend([asked.headers["upload-offset"]] if asked.method == "PUT" else []))
    waiting, let_through = hold(page)
    page.set_input_files("input[type=file]", str(deals_file(tmp_path, 20)))
    until(page, lambda: waiting)
    bar = page.get_by_role("progressbar", name="deals.csv")
    expect(bar).to_have_attribute("aria-valuenow", re.compile(r"\d+"))
    expect(page.locator("[data-state=sending] .status")).to_contain_text(re.compile(r"\d+%.*20"))
    assert axe(page) == []
    let_through()
    expect(page.locator(".st-key-import_confirm button")).to_be_visible()
    settled(page)
    assert sizes == [str(PIECE * place) for place in range(3)]
    expect(page.locator(".sh-finding")).to_contain_text("5,178")


def test_a_connection_that_drops_is_gone_on_from(public, new_page, visit, settled, tmp_path):
    page = visit(new_page(server=public), "/import")
    failed: list[Request] = []
    offsets: list[tuple[str, str | None]] = []

    def handle(route):
        asked = route.request
        if asked.method == "PUT" and asked.headers["upload-offset"] == str(PIECE) and len(failed) < 2:
            failed.append(asked)
            route.abort("connectionreset")
            return
        if asked.method in ("PUT", "GET"):
            offsets.append((asked.method, asked.headers.get("upload-offset")))
        route.continue_()

    page.route(ADDRESS, handle)
    page.set_input_files("input[type=file]", str(deals_file(tmp_path, 20)))
    expect(page.locator("[data-state=lost] .status")).to_contain_text("What arrived is kept")
    expect(page.locator(".st-key-import_confirm button")).to_be_visible()
    # The server is asked where it is, and what it has is not sent again.
    assert offsets == [("PUT", "0"), ("GET", None), ("GET", None), ("PUT", str(PIECE)), ("PUT", str(2 * PIECE))]
    expect(page.locator(".sh-finding")).to_contain_text("5,178")


def test_a_wire_that_is_cut_in_the_middle_of_a_piece(start_server, new_page, visit, tmp_path):
    mine = start_server()
    with Wire(mine) as wire:
        page = visit(new_page(server=replace(mine, url=wire.url)), "/import")
        file, offsets = deals_file(tmp_path, 12), []
        page.on("request", lambda asked: offsets.extend([asked] if asked.method == "PUT" else []))
        wire.cut_after = 3 * 2**20
        page.set_input_files("input[type=file]", str(file))
        expect(page.locator(".st-key-import_confirm button")).to_be_visible()
        assert wire.cut_after is None
    # What arrived of the broken piece was not sent again; how much that is hangs on how busy the machine is.
    first, second, *_ = (int(asked.headers["upload-offset"]) for asked in offsets)
    assert first == 0 and 0 < second < PIECE
    [received] = left_on_disk(mine.home)
    assert received.read_bytes() == file.read_bytes()


def test_cancelled_by_the_keyboard_nothing_stays(start_server, new_page, visit, tmp_path):
    mine = start_server()
    page = visit(new_page(server=mine), "/import")
    waiting, let_through = hold(page)
    page.set_input_files("input[type=file]", [str(deals_file(tmp_path, 9, name)) for name in ("a.csv", "b.csv")])
    until(page, lambda: waiting and left_on_disk(mine.home))
    page.locator("input[type=file]").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Cancel: a.csv")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel: b.csv")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="a.csv was cancelled.")).to_be_attached()
    page.keyboard.press("Enter")
    expect(page.locator("input[type=file]")).to_be_focused()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    until(page, lambda: not left_on_disk(mine.home))
    let_through()
    page.wait_for_timeout(300)
    assert not left_on_disk(mine.home)


def test_what_cannot_be_sent_is_said_before_it_is(start_server, new_page, visit, axe, tmp_path):
    page = visit(new_page(server=start_server(SHIMUR_UPLOAD_MB="1")), "/import")
    asked = []
    page.on("request", lambda each: asked.extend([each] if each.url.endswith("/api/upload") else []))
    picture = tmp_path / "cat.jpg"
    picture.write_bytes(b"x")
    expect(page.locator(".limit")).to_contain_text("Up to 1 MB a file")
    page.set_input_files("input[type=file]", [str(picture), str(deals_file(tmp_path, 2))])
    said = page.locator("[data-state=failed] .status")
    expect(said.nth(0)).to_contain_text("Files of this kind are not read. Choose one of these: csv")
    expect(said.nth(1)).to_contain_text("the limit is 1 MB")
    assert asked == []
    assert axe(page) == []
    good = deals_file(tmp_path, 0.1, "good.csv")
    page.set_input_files("input[type=file]", str(good))
    expect(page.locator(".rest")).to_contain_text("to go on with the rest")
    page.get_by_role("button", name="Remove: cat.jpg").click()
    page.get_by_role("button", name="Remove: deals.csv").click()
    expect(page.locator(".st-key-import_confirm button")).to_be_visible()


def test_a_name_is_shown_as_it_is_and_never_acted_on(public, new_page, visit, tmp_path):
    page = visit(new_page(server=public), "/import")
    name = "<img src=x onerror=alert(1)>.csv"
    hold(page)
    page.set_input_files(
        "input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": b"Deal ID,Stage\n1,Won\n"}
    )
    expect(page.locator(".name")).to_have_text(name)
    assert page.locator("li img").count() == 0


def test_a_server_that_starts_anew_gets_the_file_again(start_server, new_page, visit, tmp_path):
    mine = start_server()
    page = visit(new_page(server=mine), "/import")
    waiting, let_through = hold(page)
    page.set_input_files("input[type=file]", str(deals_file(tmp_path, 12)))
    until(page, lambda: waiting)
    mine.stop()
    let_through()
    expect(page.locator("[data-state=lost]")).to_be_visible()
    again = start_server(STREAMLIT_SERVER_PORT=str(urlsplit(mine.url).port), SHIMUR_HOME=str(mine.home))
    expect(page.locator(".st-key-import_confirm button")).to_be_visible()
    [received] = left_on_disk(again.home)
    assert received.read_bytes() == (tmp_path / "deals.csv").read_bytes()


def test_the_simple_upload_still_works(public, new_page, visit, settled, tmp_path):
    page = visit(new_page(server=public), "/import")
    page.get_by_role("button", name="Use the simple upload instead").click()
    expect(page.get_by_test_id("stFileUploader")).to_be_visible()
    settled(page)
    page.set_input_files("input[type=file]", str(deals_file(tmp_path, 0.1)))
    expect(page.locator(".st-key-import_confirm button")).to_be_visible()


def test_while_a_file_is_sent_other_pages_can_be_looked_at(public, new_page, visit, settled, tmp_path):
    page = visit(new_page(server=public), "/import")
    waiting, let_through = hold(page)
    page.set_input_files("input[type=file]", str(deals_file(tmp_path, 9)))
    until(page, lambda: waiting)
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    settled(page)
    let_through()
    page.get_by_role("link", name="Import", exact=True).click()
    expect(page.locator(".st-key-import_confirm button")).to_be_visible()
