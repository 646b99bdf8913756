"""Who comes by, when the app is open to the public: a random cookie each, a private workspace each, wiped when idle.

With `SHIMUR_MODE=public` a visitor's workspace is `home()/visitors/<sha256 of the cookie>`: whoever reads the folder
names cannot make the cookies of them. `SHIMUR_IDLE_MINUTES` (60) after the last run it is wiped.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data import workspaces

COOKIE = "shimur_visitor"
TOKEN = re.compile(r"[\w-]{43}")  # what secrets.token_urlsafe(32) gives
SEEN = "seen"

log = logging.getLogger(__name__)
_lock = threading.Lock()
_in_use: Counter[Path] = Counter()


def public() -> bool:
    return os.environ.get("SHIMUR_MODE", "local") == "public"


def idle_minutes() -> float:
    return float(os.environ.get("SHIMUR_IDLE_MINUTES") or 60)


def folder_of(cookies: Mapping[str, str]) -> Path | None:
    """The private folder of whoever sent these cookies; None without a cookie of ours."""
    token = cookies.get(COOKIE, "")
    if not TOKEN.fullmatch(token):
        return None
    return _home() / hashlib.sha256(token.encode()).hexdigest()


class Visitors:
    """ASGI middleware: gives each new visitor a random cookie with the page itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _known(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # Only the page: its scripts and pictures are asked for at once, and each would get another cookie.
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", _cookie(secure=_is_https(scope)))
                    headers["cache-control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_with_cookie)


@contextlib.contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """While a run lasts, its workspace is not wiped; afterwards its idle time starts anew."""
    with _lock:
        _in_use[folder] += 1
        _touch(folder)
    try:
        yield
    finally:
        with _lock:
            _in_use[folder] -= 1
            if not _in_use[folder]:
                del _in_use[folder]
            if folder.exists():
                _touch(folder)


def wipe(folder: Path) -> None:
    """Delete a visitor's workspace with everything in it."""
    with _lock:
        _remove(folder)


def sweep(now: float | None = None) -> list[Path]:
    """Wipe the workspaces that were idle for too long by `now` (seconds since 1970), and say which."""
    limit = (time.time() if now is None else now) - 60 * idle_minutes()
    wiped = []
    for folder in _home().glob("*"):
        with _lock:
            if folder in _in_use:
                continue
            seen = folder / SEEN
            # A folder without its mark was being removed when the server stopped.
            if not seen.exists() or seen.stat().st_mtime < limit:
                _remove(folder)
                wiped.append(folder)
    return wiped


@contextlib.asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Sweep while the server runs."""
    if not public():
        yield
        return
    stop = threading.Event()
    sweeper = threading.Thread(target=_sweep_until, args=(stop,), name="sweeper", daemon=True)
    sweeper.start()
    yield
    stop.set()
    sweeper.join(timeout=5)


def _sweep_until(stop: threading.Event) -> None:
    pause = min(60.0, 60 * idle_minutes() / 4)
    while True:
        try:
            sweep()
        except OSError:
            log.exception("Some idle workspaces could not be wiped.")
        if stop.wait(pause):
            return


def _home() -> Path:
    return workspaces.home() / "visitors"


def _touch(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / SEEN).touch()


def _remove(folder: Path) -> None:
    (folder / SEEN).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _known(headers: Headers) -> bool:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return False
    return COOKIE in cookies and TOKEN.fullmatch(cookies[COOKIE].value) is not None


def _is_https(scope: Scope) -> bool:
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "")
    return scope.get("scheme") == "https" or forwarded.split(",")[0].strip() == "https"


def _cookie(*, secure: bool) -> str:
    return f"{COOKIE}={secrets.token_urlsafe(32)}; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
