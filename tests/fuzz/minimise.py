"""The smallest input that still breaks the same oracle in the same way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.fuzz.oracles import Broken
from tests.fuzz.targets import Input, Target, without_options

_SECONDS = 40.0


def minimised(target: Target, given: Input, kind: str) -> Input:
    """By leaving out: options, lines, then bytes, in halves, quarters and so on, for a while."""
    from tests.fuzz.fuzzer import kind_of

    end = time.monotonic() + _SECONDS

    def breaks(other: Input) -> bool:
        if time.monotonic() > end:
            return False
        try:
            target(other)
        except Broken as broken:
            return kind_of(broken) == kind
        return False

    for simpler in (without_options(given), replace(given, publish=False)):
        if simpler != given and breaks(simpler):
            given = simpler
            break
    for pieces in (lambda content: content.splitlines(keepends=True), lambda content: [bytes([b]) for b in content]):
        kept = _fewest(pieces(given.content), lambda some: breaks(replace(given, content=b"".join(some))))  # noqa: B023
        given = replace(given, content=b"".join(kept))
    return given


def _fewest(pieces: Sequence[bytes], breaks: Callable[[Sequence[bytes]], bool]) -> Sequence[bytes]:
    size = max(1, len(pieces) // 2)
    while True:
        at = 0
        while at < len(pieces):
            fewer = [*pieces[:at], *pieces[at + size :]]
            if fewer and breaks(fewer):
                pieces = fewer
            else:
                at += size
        if size == 1:
            return pieces
        size = max(1, size // 2)
