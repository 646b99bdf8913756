"""A cookie and a private workspace for each visitor, wiped when idle."""

import asyncio
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from ui import visitors


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SHIMUR_HOME", str(tmp_path))
    monkeypatch.setenv("SHIMUR_MODE", "public")
    monkeypatch.delenv("SHIMUR_IDLE_MINUTES", raising=False)
    return tmp_path


APP = Starlette(
    routes=[
        Route("/", lambda request: HTMLResponse("<p>page</p>")),
        Route("/script.js", lambda request: PlainTextResponse("x")),
    ],
    middleware=[Middleware(visitors.Visitors)],
)


def given(path="/", scheme="http", **headers):
    """The cookie an answer brings, or nothing."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "root_path": "", "scheme": scheme,
        "query_string": b"", "http_version": "1.1", "server": ("test", 80), "client": ("test", 1),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    # On a thread of its own: a browser test before this one may have left a loop running here.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, APP(scope, receive, send)).result()
    assert sent[0]["status"] == 200
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}.get("set-cookie", "")


def token(cookie):
    found = re.match(rf"{visitors.COOKIE}=([\w-]{{43}});", cookie)
    assert found
    return found[1]


def folder_for(letter):
    folder = visitors.folder_of({visitors.COOKIE: letter * 43})
    assert folder
    return folder


def test_the_page_brings_a_cookie_that_scripts_cannot_read():
    cookie = given()
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_secure():
    assert "Secure" in given(scheme="https")
    assert "Secure" in given(x_forwarded_proto="https")


def test_each_visitor_gets_another_and_keeps_it():
    assert token(given()) != token(given())
    assert given(cookie=f"{visitors.COOKIE}={token(given())}; other=1") == ""


def test_only_the_page_brings_it():
    assert given("/script.js") == ""


def test_a_made_up_cookie_is_replaced():
    assert token(given(cookie=f"{visitors.COOKIE}=me"))
    assert visitors.folder_of({visitors.COOKIE: "me"}) is None
    assert visitors.folder_of({visitors.COOKIE: "../" * 20}) is None


def test_folders_do_not_tell_the_cookie(home):
    one, two = map(folder_for, "ab")
    assert one != two
    assert one.parent == home / "visitors"
    assert "a" * 43 not in str(one)


@pytest.fixture
def folder():
    folder = folder_for("a")
    with visitors.in_use(folder):
        (folder / "data.duckdb").write_text("secret")
    return folder


def test_idle_workspaces_are_wiped(folder):
    assert visitors.sweep(time.time() + 59 * 60) == []
    assert folder.exists()
    assert visitors.sweep(time.time() + 61 * 60) == [folder]
    assert not folder.exists()


def test_the_idle_time_can_be_chosen(folder, monkeypatch):
    monkeypatch.setenv("SHIMUR_IDLE_MINUTES", "5")
    assert visitors.sweep(time.time() + 6 * 60) == [folder]


def test_a_workspace_in_use_is_never_wiped(folder):
    with visitors.in_use(folder), visitors.in_use(folder):
        assert visitors.sweep(time.time() + 10**6) == []
    assert folder.exists()


def test_a_run_starts_the_idle_time_anew(folder):
    os.utime(folder / visitors.SEEN, (0, 0))
    with visitors.in_use(folder):
        pass
    assert visitors.sweep() == []


def test_what_a_stopped_server_left_half_wiped_goes(folder):
    (folder / visitors.SEEN).unlink()
    assert visitors.sweep() == [folder]


def test_wiping_on_request(folder):
    visitors.wipe(folder)
    assert not folder.exists()
