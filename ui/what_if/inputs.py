"""Number inputs that may be blank, and that start from what the form keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from ui import session


def number(
    label: str, key: str, kept: float | None, keep: Callable[..., None], args: tuple[Any, ...] = (), *, step: float = 1.0,
    help_: str | None = None, placeholder: str = "", least: float | None = None,
) -> None:  # fmt: skip
    """A number that acts at once: `keep(key, *args)` is called when it changes. It has no value of its own, so that it can be made
    blank; whole numbers where `step` is one."""
    is_whole = isinstance(step, int)
    if session.get(key, ...) is ...:
        session.put(key, kept if kept is None else (int(kept) if is_whole else float(kept)))
    st.number_input(
        label, value=None, key=key, step=step, min_value=None if least is None else type(step)(least),
        format="%d" if is_whole else "%g", placeholder=placeholder, help=help_, on_change=keep, args=(key, *args),
    )  # fmt: skip
