"""Runs a target on one input after the other: those that take a new way through the code, or are answered in new words, are built on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.extremes import EXTREMES
from tests.fuzz.minimise import minimised
from tests.fuzz.mutations import MOST, changed
from tests.fuzz.oracles import Broken
from tests.fuzz.seen import Ways
from tests.fuzz.targets import Input, Target

ROOT = Path(__file__).parents[2]
EXPORTS, CORPUS = ROOT / "tests" / "exports", ROOT / "tests" / "hostile" / "corpus"
_SUFFIXES = {".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".html", ".gz", ".zip", ".bin"}
_WATCHED = 1 << 16  # bytes: watching larger inputs line by line takes too long
_KEPT = 3000  # inputs


@dataclass(frozen=True)
class Finding:
    """An oracle that an input breaks, and the smallest input found that does."""

    oracle: str
    detail: str
    given: Input


@dataclass
class Fuzzer:
    """One target, and what is known of it."""

    target: Target
    seed: int
    seeds: list[bytes]
    before: Callable[[Input], None] = lambda given: None  # told of each input before it is run
    runs: int = 0
    seconds: float = 0.0
    slowest: tuple[float, str] = (0.0, "")
    findings: list[Finding] = field(default_factory=list)
    ways: Ways = field(default_factory=lambda: Ways(str(ROOT / "data")))
    said: set[object] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._built_on: list[Input] = []
        self._known: set[str] = set()

    def run(self, seconds: float, extremes: Iterable[tuple[str, bytes]] = (), most: int | None = None) -> None:
        """Fuzz for so long, or until so much is found: what is extreme, the seeds as they are, then changes of what brought something new."""
        end = time.monotonic() + seconds
        for given, name in self._inputs(extremes):
            if time.monotonic() > end or len(self.findings) == most:
                return
            self._run(given, name)

    def _inputs(self, extremes: Iterable[tuple[str, bytes]]) -> Iterator[tuple[Input, str]]:
        for name, content in extremes:
            yield Input(content), name
        for content in self._random.sample(self.seeds, len(self.seeds)):
            yield Input(content, publish=True), "a seed"
        while True:
            # What is new has more left to find.
            among = self._built_on[-40:] if self._random.random() < 0.5 else self._built_on
            start = self._random.choice(among) if among else Input(self._random.choice(self.seeds))
            yield changed(self._random, start, self.seeds), "a change"

    def _run(self, given: Input, name: str) -> None:
        self.before(given)
        start, ways = time.perf_counter(), len(self.ways.edges)
        said: object = None
        try:
            if len(given.content) > _WATCHED:
                said = self.target(given)
            else:
                with self.ways.watched():
                    said = self.target(given)
        except Broken as broken:
            self._found(given, broken, name)
        took = time.perf_counter() - start
        self.runs, self.seconds = self.runs + 1, self.seconds + took
        self.slowest = max(self.slowest, (took, f"{name}, {given}"))
        if len(given.content) <= _WATCHED and (len(self.ways.edges) > ways or said not in self.said):
            self._built_on.append(given)
            del self._built_on[:-_KEPT]
        self.said.add(said)

    def _found(self, given: Input, broken: Broken, name: str) -> None:
        kind = kind_of(broken)
        if kind not in self._known:
            self._known.add(kind)
            small = minimised(self.target, given, kind) if broken.oracle not in ("slow", "memory") else given
            self.findings.append(Finding(broken.oracle, f"{broken.detail} ({name})", small))


def kind_of(broken: Broken) -> str:
    """What tells one fault from another: the oracle, and where an exception came from."""
    cause = broken.__cause__
    trace = cause.__traceback__ if cause is not None else None
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith(str(ROOT / "data")):
            places.append(f"{Path(code.co_filename).name}:{code.co_name}")
        trace = trace.tb_next
    return f"{broken.oracle} {type(cause).__name__} {places[-1] if places else ''}"


def seeds() -> list[bytes]:
    """The small ones of the exports and of what was found before, as bytes."""
    paths = [path for folder in (EXPORTS, CORPUS) for path in sorted(folder.rglob("*")) if path.suffix in _SUFFIXES]
    return [path.read_bytes() for path in paths if path.stat().st_size <= _WATCHED]


def extremes() -> Iterator[tuple[str, bytes]]:
    for name, make in EXTREMES.items():
        yield name, make(MOST)
