"""Which ways through the code of `data` a run takes: from line to line, as Python tells them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

Edge = tuple[CodeType, int, int]


class Ways:
    """The steps from line to line seen so far."""

    def __init__(self, folder: str) -> None:
        self.edges: set[Edge] = set()
        self._folder = folder

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Remember the steps taken within."""
        before = sys.gettrace()
        sys.settrace(self._call)
        try:
            yield
        finally:
            sys.settrace(before)

    def _call(self, frame: FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(self._folder):
            return None
        edges, last = self.edges, 0

        def line(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal last
            if event == "line":
                edges.add((code, last, frame.f_lineno))
                last = frame.f_lineno
            return line

        return line
