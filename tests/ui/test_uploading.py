"""The address that pieces of files are sent to, asked as a browser asks and as one who means harm."""

import asyncio
import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Thread

import pytest
import streamlit as st
from starlette.applications import Starlette

from data import receiving
from data.receiving import MB
from ui import visitors
from ui.uploading import route

APP = Starlette(routes=route.routes())
HERE = "http://shimur.test"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SHIMUR_HOME", str(tmp_path))
    monkeypatch.setenv("SHIMUR_UPLOAD_MB", "5")
    monkeypatch.delenv("SHIMUR_MODE", raising=False)
    return tmp_path


@contextmanager
def served():
    """The desk as the running app has it."""
    loop, span = asyncio.new_event_loop(), route.lifespan(None)
    aside = Thread(target=loop.run_forever)
    aside.start()
    asyncio.run_coroutine_threadsafe(span.__aenter__(), loop).result()
    try:
        yield route.desk()
    finally:
        asyncio.run_coroutine_threadsafe(span.__aexit__(None, None, None), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        aside.join()
        loop.close()


@pytest.fixture
def desk():
    with served() as desk:
        yield desk


@pytest.fixture
def ticket(desk):
    return desk.ticket()


def ask(method, token="", body=b"", *, breaks=False, **headers):
    """Status and answer; the body comes in pieces of 64 KB, and where the connection `breaks`, without an end."""
    pieces = [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]
    sent = []

    async def receive():
        if not pieces:
            return {"type": "http.disconnect"}
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces) or breaks}

    async def send(message):
        sent.append(message)

    told = {"host": "shimur.test", "origin": HERE, "upload-token": token} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    scope = {
        "type": "http", "method": method, "path": route.PATH, "raw_path": route.PATH.encode(), "root_path": "", "scheme": "http",
        "query_string": b"", "http_version": "1.1", "server": ("test", 80), "client": ("test", 1),
        "headers": [(name.encode(), value.encode()) for name, value in told.items() if value is not None],
    }  # fmt: skip
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, APP(scope, receive, send)).result()
    return sent[0]["status"], json.loads(sent[1]["body"] or b"null")


def begin(ticket, size, name="deals.csv", **headers):
    status, answer = ask("POST", ticket.value, json.dumps({"name": name, "size": size}).encode(), **headers)
    assert (status, answer["offset"]) == (201, 0)
    return answer["token"]


def put(token, body, offset=0, **options):
    return ask("PUT", token, body, upload_offset=str(offset), **options)


def test_a_file_arrives_in_pieces(desk, ticket):
    body = bytes(range(256)) * 16384  # 4 MB
    token = begin(ticket, len(body))
    assert put(token, body[: 3 * MB]) == (200, {"offset": 3 * MB})
    assert ask("GET", token) == (200, {"offset": 3 * MB, "size": 4 * MB})
    assert put(token, body[3 * MB :], 3 * MB) == (200, {"offset": 4 * MB})
    _folder, [upload] = desk.take([token])
    assert (upload.name, upload.path.read_bytes()) == ("deals.csv", body)


def test_half_a_piece_stays_and_is_gone_on_from(desk, ticket):
    body = bytes(range(256)) * 8192  # 2 MB
    token = begin(ticket, len(body))
    put(token, body[:100_000], breaks=True)
    assert ask("GET", token) == (200, {"offset": 100_000, "size": 2 * MB})
    put(token, body[100_000 : 100_000 + MB + 5], 100_000, breaks=True)
    assert ask("GET", token)[1]["offset"] == 100_000 + MB + 5
    assert put(token, body[100_005 + MB :], 100_005 + MB) == (200, {"offset": 2 * MB})
    _folder, [upload] = desk.take([token])
    assert upload.path.read_bytes() == body


def test_a_piece_out_of_step_is_told_where_the_file_ends(desk, ticket):
    token = begin(ticket, 10)
    put(token, b"0123")
    assert put(token, b"0123") == (409, {"problem": "out_of_step", "offset": 4})
    assert put(token, b"89", 8) == (409, {"problem": "out_of_step", "offset": 4})


def test_who_does_not_know_the_token_gets_nowhere(desk, ticket):
    for status, answer in (
        ask("POST", "made-up", b'{"name": "a.csv", "size": 1}'),
        ask("GET", "made-up"),
        ask("GET", None),
        ask("DELETE", "made-up"),
        put("made-up", b"x"),
        put(ticket.value, b"x"),
    ):
        assert (status, answer) == (404, {"problem": "unknown"})
    assert not list(desk.parent.rglob("*"))


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "http://shimur.test.evil.test", "null", "", None, "http://shimur.test:81"]
)
def test_pages_of_other_sites_are_refused(desk, ticket, origin):
    token = begin(ticket, 4)
    body = json.dumps({"name": "a.csv", "size": 1}).encode()
    for status, answer in (
        ask("POST", ticket.value, body, origin=origin),
        put(token, b"x", origin=origin),
        ask("DELETE", token, origin=origin),
    ):
        assert (status, answer) == (403, {"problem": "elsewhere"})
    assert desk.offset(token) == (0, 4)


def test_a_file_above_the_limit_is_refused(desk, ticket):
    body = json.dumps({"name": "a.csv", "size": 5 * MB + 1}).encode()
    assert ask("POST", ticket.value, body) == (413, {"problem": "too_large"})


def test_all_files_of_a_session_have_a_limit_too(desk, ticket):
    for _ in range(2):
        begin(ticket, 5 * MB)
    assert ask("POST", ticket.value, b'{"name": "a.csv", "size": 1}') == (413, {"problem": "too_much"})


def test_more_than_was_said_is_refused_in_the_stream(desk, ticket):
    token = begin(ticket, 5 * MB)
    assert put(token, b"x" * (9 * MB)) == (413, {"problem": "too_long", "offset": 4 * MB})
    assert sum(path.stat().st_size for path in desk.parent.rglob("*") if path.is_file()) == 4 * MB


def test_a_full_disk_is_told(desk, ticket, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 1000}))
    assert ask("POST", ticket.value, b'{"name": "a.csv", "size": 1}') == (507, {"problem": "no_room"})


def test_a_token_expires(desk, ticket, monkeypatch):
    token = begin(ticket, 4)
    put(token, b"01")
    monkeypatch.setattr(receiving, "IDLE_SECONDS", -1)
    assert desk.sweep() == 1
    assert put(token, b"23", 2) == (404, {"problem": "unknown"})


def test_what_is_cancelled_is_gone(desk, ticket):
    token = begin(ticket, 4)
    put(token, b"01")
    assert ask("DELETE", token) == (200, {})
    assert ask("GET", token)[0] == 404
    assert not [path for path in desk.parent.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"name": "a.csv"}', b'{"name": 1, "size": 1}', b'{"name": "a", "size": -1}',
     b'{"name": "a", "size": true}', b'{"name": "a", "size": 1.5}', b'{"name": "a", "size": "1"}', b"\xff\xfe", b" " * 20_000],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(desk, ticket, body):
    assert ask("POST", ticket.value, body) == (400, {"problem": "not_understood"})


@pytest.mark.parametrize("offset", ["", "x", "1.5"])
def test_an_offset_is_a_number(desk, ticket, offset):
    token = begin(ticket, 4)
    assert put(token, b"x", offset) == (400, {"problem": "not_understood"})


def test_without_the_app_there_is_no_desk():
    assert route.desk() is None
    assert ask("GET", "anything") == (404, {"problem": "unknown"})


def private():
    """The workspace of the visitor whose cookie is all a."""
    folder = visitors.folder_of({visitors.COOKIE: "a" * 43})
    assert folder
    return folder


def test_a_token_is_of_one_visitor(desk, monkeypatch):
    monkeypatch.setenv("SHIMUR_MODE", "public")
    mine, yours = (f"{visitors.COOKIE}={letter * 43}" for letter in "ab")
    ticket = desk.ticket(private().name)
    token = begin(ticket, 4, cookie=mine)
    for cookie in (yours, None, f"{visitors.COOKIE}=x"):
        assert put(token, b"x", cookie=cookie) == (404, {"problem": "unknown"})
        assert ask("POST", ticket.value, b'{"name": "a", "size": 1}', cookie=cookie)[0] == 404
    assert put(token, b"0123", cookie=mine) == (200, {"offset": 4})


def test_who_sends_for_an_hour_is_not_idle(desk, home, monkeypatch):
    monkeypatch.setenv("SHIMUR_MODE", "public")
    folder = private()
    ticket = desk.ticket(folder.name)
    begin(ticket, 4, cookie=f"{visitors.COOKIE}={'a' * 43}")
    assert (folder / visitors.SEEN).exists()


def test_the_app_sweeps_what_a_killed_one_left(home, monkeypatch):
    left = home / "receiving" / "preparing-99999999-x"
    left.mkdir(parents=True)
    (left / "0").write_text("half a file")
    with served() as desk:
        for _ in range(100):
            if not left.exists():
                break
            time.sleep(0.02)
        assert desk is not None and not left.exists()


def test_the_address_is_under_the_one_of_the_app(monkeypatch):
    monkeypatch.setattr(st, "get_option", lambda _name: "/sales/")
    assert route.address() == "/sales/api/upload"
