"""The address that pieces of files are sent to, beside Streamlit's own.

POST    {"name", "size"}   upload-token: the session's ticket       -> 201 {"token", "offset": 0}
PUT     bytes              upload-token: the file's, upload-offset  -> 200 {"offset"}
GET                        upload-token: the file's                 -> 200 {"offset", "size"}
DELETE                     upload-token: the file's                 -> 200 {}

What is refused is {"problem"} and, where a file is known, {"offset"}: ui/uploading/component.py has the sentences. Tokens stand
in a header and not in the address: addresses are logged, and no page of another site may send such a header.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data import receiving, workspaces
from data.receiving import MB, Desk, Refused
from ui import visitors

PATH = "/api/upload"
TOKEN, OFFSET = "upload-token", "upload-offset"
STATUS: dict[receiving.Why, int] = {
    "unknown": 404,
    "out_of_step": 409,
    "too_large": 413,
    "too_much": 413,
    "too_many": 413,
    "too_long": 413,
    "no_room": 507,
    "not_written": 507,
}
# What is written at once; a piece on its way takes no more memory than this.
STEP = 4 * MB
LONGEST_QUESTION = 16 * 1024
# A refusal is heard only by who has sent all of it: what comes until then is read and thrown away, up to this.
LONGEST_PIECE = 16 * MB
SWEEP_SECONDS = 60.0

log = logging.getLogger(__name__)
_open: list[Desk] = []


def desk() -> Desk | None:
    """Where files arrive; None where this address is not served, as when the frame is run without app.py."""
    return _open[-1] if _open else None


def folder() -> Any:
    """Where files on their way lie: beside the workspaces, so that a large one is not copied from disk to disk."""
    return workspaces.home() / "receiving"


def address() -> str:
    """The path of the route, under the one Streamlit is served from."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{PATH}" if base else PATH


def routes() -> list[Route]:
    """For `st.App(routes=...)`."""
    return [Route(address(), _upload, methods=["GET", "POST", "PUT", "DELETE"])]


@contextlib.asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Receive files while the server runs, and drop those that nobody fetches."""
    here = Desk(folder(), receiving.largest())
    _open.append(here)
    sweeper = asyncio.create_task(_sweep(here))
    try:
        yield
    finally:
        _open.remove(here)
        sweeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeper


async def _sweep(here: Desk) -> None:
    while True:
        try:
            await run_in_threadpool(here.sweep)
            await run_in_threadpool(receiving.sweep_left, here.parent)
        except OSError:
            log.exception("Files that were left could not be removed.")
        await asyncio.sleep(SWEEP_SECONDS)


async def _upload(request: Request) -> Response:
    here = desk()
    if here is None:
        return _refusal("unknown", 404)
    if request.method not in ("GET", "HEAD") and not _is_from_here(request):
        return _refusal("elsewhere", 403)
    answer = {"POST": _begin, "PUT": _append, "DELETE": _cancel}.get(request.method, _told)
    private = visitors.folder_of(request.cookies) if visitors.public() else None
    # Sending is using: a private workspace is not wiped under who sends a file to it for an hour.
    with visitors.in_use(private) if private else contextlib.nullcontext():
        try:
            return _said(await answer(request, here, private.name if private else ""))
        except Refused as refused:
            return _refusal(refused.why, STATUS[refused.why], refused.offset)
        except ValueError:
            return _refusal("not_understood", 400)


async def _begin(request: Request, here: Desk, owner: str) -> dict[str, Any]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_QUESTION:
            raise ValueError("too long a question")
    asked = json.loads(body)
    name, size = (asked.get("name"), asked.get("size")) if isinstance(asked, dict) else (None, None)
    if not isinstance(name, str) or type(size) is not int or size < 0:
        raise ValueError("no name, or no size")
    token = await run_in_threadpool(here.begin, _token(request), name, size, owner)
    return {"token": token, "offset": 0}


async def _append(request: Request, here: Desk, owner: str) -> dict[str, Any]:
    """Append what comes; where the connection breaks, what came by then stays."""
    offset = int(request.headers.get(OFFSET, ""))
    pieces = request.stream()
    try:
        with here.appending(_token(request), offset, owner) as append:
            waiting = bytearray()
            try:
                async for piece in pieces:
                    waiting += piece
                    if len(waiting) >= STEP:
                        offset, waiting = await run_in_threadpool(append, waiting), bytearray()
            except ClientDisconnect:
                pass
            if waiting:
                offset = await run_in_threadpool(append, waiting)
    except Refused as refused:
        if refused.why != "unknown":
            await _throw_away(pieces)
        raise
    return {"offset": offset}


async def _throw_away(pieces: AsyncIterator[bytes]) -> None:
    size = 0
    with contextlib.suppress(ClientDisconnect):
        async for piece in pieces:
            size += len(piece)
            if size > LONGEST_PIECE:
                return


async def _told(request: Request, here: Desk, owner: str) -> dict[str, Any]:
    received, size = here.offset(_token(request), owner)
    return {"offset": received, "size": size}


async def _cancel(request: Request, here: Desk, owner: str) -> dict[str, Any]:
    await run_in_threadpool(here.cancel, _token(request), owner)
    return {}


def _token(request: Request) -> str:
    return request.headers.get(TOKEN, "")


def _is_from_here(request: Request) -> bool:
    """Whether a page of ours asks: a browser says where the page that asks is from."""
    origin = urlsplit(request.headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc.casefold() == request.headers.get("host", "").casefold()


def _said(what: dict[str, Any]) -> Response:
    return JSONResponse(what, 201 if "token" in what else 200, {"cache-control": "no-store"})


def _refusal(problem: str, status: int, offset: int | None = None) -> Response:
    known = {} if offset is None else {"offset": offset}
    return JSONResponse({"problem": problem} | known, status, {"cache-control": "no-store"})
