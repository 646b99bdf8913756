"""The drop zone of large files, its words and what it tells: a components-v2 component, so part of the page and not a frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from data.receiving import Desk
from ui import session, visitors
from ui.locale import Locale
from ui.uploading import route

HERE = Path(__file__).parent
# What a browser may tell is told by a person too: no more names of files than a session can have.
MOST_TOLD = 1000

_drop_zone = st.components.v2.component(
    "shimur_upload",
    css=(HERE / "upload.css").read_text("utf-8"),
    js=(HERE / "upload.js").read_text("utf-8"),
)


def files_sent(desk: Desk, kinds: Sequence[str], round_: int) -> list[str]:
    """Show the drop zone; returns the tokens of the files once all that were dropped are there, and else nothing.

    A new `round_` empties it.
    """
    locale = session.locale()
    told = _drop_zone(
        key=f"upload_{round_}",
        data={
            "address": route.address(),
            "ticket": _ticket(desk),
            "round": round_,
            "kinds": list(kinds),
            "largest": desk.largest,
            "rtl": locale.rtl,
            "words": words(locale),
        },
        on_done_change=lambda: None,
        on_renew_change=lambda: None,
    )
    return _tokens(told.get("done"))


def _ticket(desk: Desk) -> str:
    """What this session sends files with; a server started anew gives another."""
    held = session.get("upload_ticket")
    if held is None or held[0] is not desk:
        held = (desk, desk.ticket(owner()))
        session.put("upload_ticket", held)
    value: str = held[1].value
    return value


def owner() -> str:
    """Whose the files are: in public mode the visitor's, told by the cookie."""
    return session.workspace().folder.name if visitors.public() else ""


def _tokens(told: Any) -> list[str]:
    if not isinstance(told, list) or len(told) > MOST_TOLD:
        return []
    return [token for token in told if isinstance(token, str)]


def words(locale: Locale) -> dict[str, str]:
    """All the drop zone says. Places are filled in by the browser; the keys of what went wrong are those of the route."""
    _ = locale._
    return {
        "drop": _("Drop the files here"),
        "choose": _("Choose files"),
        "limit": _("Up to {size} a file"),
        "files": _("Files being sent"),
        "kb": _("{n} KB"),
        "mb": _("{n} MB"),
        "gb": _("{n} GB"),
        "of": _("{sent} of {size}"),
        "seconds": _("{n} s left"),
        "minutes": _("{n} min left"),
        "waiting": _("Waiting"),
        "starting": _("Starting"),
        "received": _("Received"),
        "lost": _("The connection was lost. What arrived is kept; trying again in {n} s."),
        "resuming": _("Trying again"),
        "rest": _("Try again what failed, or remove it, to go on with the rest."),
        "reading": _("All files are here."),
        "cancel": _("Cancel"),
        "remove": _("Remove"),
        "retry": _("Try again"),
        "about": _("{what}: {name}"),
        "cancelled": _("{name} was cancelled."),
        "removed": _("{name} was removed."),
        # what went wrong
        "kind": _("Files of this kind are not read. Choose one of these: {kinds}."),
        "folder": _("This is a folder. Choose the files in it."),
        "too_large": _("The file is {size}, and the limit is {limit}. Export fewer columns or a shorter period."),
        "too_much": _("The files together are too large. Load some of them first, then the others."),
        "too_many": _("These are too many files at once. Load some of them first, then the others."),
        "too_long": _("The file grew while it was sent. Choose it again."),
        "changed": _("The file was changed, moved or deleted while it was sent. Choose it again."),
        "no_room": _(
            "The server's disk has no room for this file. Whoever runs it can make room; then try again: what arrived is kept."
        ),
        "not_written": _("The server cannot write to its disk. Whoever runs it finds why in its log; then try again."),
        "connection": _("The connection has been lost for too long. What arrived is kept for a while: try again."),
        "unknown": _("The server does not know this page any more. Load the page again, then choose the files again."),
        "elsewhere": _(
            "The server refuses files from this address. Open the app at its own address, or have whoever runs it pass on the Host header."
        ),
        "refused": _("A server on the way refused the file (error {n}). Whoever runs it can allow pieces of 8 MB."),
        "not_understood": _("The server did not understand the browser. Load the page again, then choose the files again."),
    }  # fmt: skip
