"""What is run on an input, and held against every oracle."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from data import history
from data.errors import DataError
from data.importer import Draft, Upload
from data.reading import ReadOptions, TextTable, read_tables
from data.recognise import FileOptions
from data.store import Workspace
from tests.data.kit import empty_database, tables, write_csv
from tests.fuzz import oracles

NAME = "export.csv"


@dataclass(frozen=True)
class Input:
    """Bytes, and how a person wants them read."""

    content: bytes
    options: ReadOptions = field(default_factory=ReadOptions)
    publish: bool = False  # put an import in force, and take it back

    def __str__(self) -> str:
        chosen = {name: value for name, value in vars(self.options).items() if value is not None}
        return f"{len(self.content):,} bytes{f', {chosen}' if chosen else ''}{', published' if self.publish else ''}"


Said = frozenset[str]  # what was said of an input, without the names and numbers in it
Target = Callable[[Input], Said]


def reading(given: Input) -> Said:
    """The tables of a file, read twice."""
    with TemporaryDirectory(prefix="shimur-fuzz-") as folder, empty_database() as scratch:
        path = Path(folder) / "upload"
        path.write_bytes(given.content)
        try:
            with _measured(given):
                found = read_tables(path, scratch, given.options, NAME)
        except DataError as refused:
            oracles.it_raises_only_what_it_says(refused)
            return frozenset({refused.sentence.text})
        except oracles.Broken:
            raise
        except Exception as problem:
            oracles.it_raises_only_what_it_says(problem)
        oracles.it_is_text(found, scratch)
        oracles.no_line_is_two_things(found, scratch)
        kind = found[0].encoding
        if kind in ("xlsx", "xlsb", "xls", "ods"):
            oracles.every_cell_is_somewhere(path, found, scratch)
        elif not _is_packed(given.content) and "A web page" not in found[0].delimiter_reason.text:
            oracles.every_line_is_somewhere(given.content, found, scratch, given.options.encoding)
        if len(given.content) < 1 << 16:
            again = read_tables(path, scratch, given.options, NAME)
            oracles.it_reads_the_same(oracles.content_of(found, scratch), oracles.content_of(again, scratch))
        return _said(found)


def importing(given: Input) -> Said:
    """A whole import on top of a few deals: looked at, and put in force and taken back where that is asked for."""
    with TemporaryDirectory(prefix="shimur-fuzz-") as folder:
        path = Path(folder) / "upload"
        path.write_bytes(given.content)
        workspace = Workspace(Path(folder) / "workspace")
        shutil.copytree(_some_deals(), workspace.folder)
        before = oracles.state_of(workspace.folder)
        said: set[str] = set()
        try:
            with _measured(given):
                draft = Draft(workspace, [Upload(path, NAME, FileOptions(reading=given.options))], strict=False)
            with draft:
                said |= _look(draft)
                if given.publish and draft.report is not None:
                    rows = tables(workspace)
                    with _measured(given):
                        draft.publish()
                        history.take_back(workspace)
                    oracles.the_workspace_is_as_before(rows, tables(workspace), "after it was taken back")
                    return frozenset({*said, "published"})
        except DataError as refused:
            oracles.it_raises_only_what_it_says(refused)
            said.add(refused.sentence.text)
        except oracles.Broken:
            raise
        except Exception as problem:
            oracles.it_raises_only_what_it_says(problem)
        oracles.the_workspace_is_as_before(before, oracles.state_of(workspace.folder), "after a look")
        return frozenset(said)


TARGETS: dict[str, Target] = {"reading": reading, "importing": importing}


def _look(draft: Draft) -> set[str]:
    said: set[str] = set()
    for unknown in draft.unrecognised:
        oracles.it_raises_only_what_it_says(unknown.problem)
        said |= {unknown.problem.sentence.text, *_said([unknown.text])}
    if draft.report is not None:
        oracles.it_can_be_said(draft.report.notes)
        oracles.it_can_be_said(stage.reason for stage in draft.report.stages)
        for plan, report in zip(draft.plans, draft.report.files, strict=True):
            oracles.every_row_is_counted(report, plan.text.rows_read)
            oracles.it_can_be_said(column.reason for column in plan.columns)
            said |= _said([plan.text]) | {report.table, *(warning.text for warning in report.warnings)}
            said |= {column.reason.text for column in plan.columns}
        for one in draft.rejects(100):
            oracles.it_can_be_said([one.reason])
            said.add(one.reason.text)
        said |= {note.text for note in draft.report.notes}
    return said


def _said(found: list[TextTable]) -> Said:
    return frozenset(
        text
        for table in found
        for text in (
            table.encoding, table.delimiter, table.encoding_reason.text, table.delimiter_reason.text,
            table.header_reason.text, *(skip.reason.text for skip in table.skipped_lines),
            *(repair.text for repair in table.repairs),
        )
    )  # fmt: skip


def _is_packed(content: bytes) -> bool:
    return content.startswith((b"PK", b"\x1f\x8b"))


@cache
def _some_deals() -> Path:
    """A workspace with a few deals; it goes when the process ends."""
    folder = Path(_kept().name)
    header = ["Deal ID", "Deal name", "Stage", "Amount", "Created date", "Close date"]
    rows = [[f"D{n}", f"Deal {n}", "Open" if n % 2 else "Won", n * 100, f"2024-01-{n:02}", ""] for n in range(1, 6)]
    path = write_csv(folder / "deals.csv", header, rows)
    with Draft(Workspace(folder / "workspace"), [Upload(path, "deals.csv")]) as draft:
        draft.publish()
    return folder / "workspace"


@cache
def _kept() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="shimur-fuzz-")


@contextmanager
def _measured(given: Input) -> Iterator[None]:
    """Time and memory of what is done within. A machine busy with other work makes nobody slow: the smaller counts of clock and work."""
    size, clock, work = len(given.content), time.perf_counter(), time.process_time()
    before = _forget_peak()
    yield
    oracles.it_took_no_longer(min(time.perf_counter() - clock, time.process_time() - work), size)
    oracles.it_took_no_more_memory(_memory("VmHWM") - before, size)


def _forget_peak() -> int:
    """The memory in use, from which the peak is counted anew where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0
    return _memory("VmRSS")


def _memory(name: str) -> int:
    """Bytes, by what Linux calls them; 0 on other systems."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(f"{name}:")), 0)


def without_options(given: Input) -> Input:
    return replace(given, options=ReadOptions(), publish=False)
