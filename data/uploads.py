"""What goes into an import, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

import duckdb

from data.database import quoted
from data.errors import DataError, RequestProblem
from data.fixes import unique
from data.load import FileReport
from data.messages import Message, listed, say
from data.reading import TextTable
from data.recognise import FileOptions, FilePlan
from data.sources import fold
from data.stages import Stage
from data.unlocks import ADD, OPENS


@dataclass(frozen=True)
class Upload:
    """A file to import: where it lies, what it is called, and what the person says of it."""

    path: Path
    name: str
    options: FileOptions = field(default_factory=FileOptions)


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or would do."""

    number: int
    revision: int
    files: tuple[FileReport, ...]
    stages: tuple[Stage, ...]
    notes: tuple[Message, ...]
    unlocks: tuple[str, ...]
    locked: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def rows_loaded(self) -> int:
        return sum(file.rows_loaded for file in self.files)

    def json(self, most_lines: int | None = None) -> dict[str, Any]:
        """The document that `python -m data import --json` prints; of the lines each file skips no more than so many."""
        return {
            "import": self.number,
            "revision": self.revision,
            "files": [file.json(most_lines) for file in self.files],
            "unlocks": list(self.unlocks),
            "locked": [{"analysis": name, "needs": list(needs)} for name, needs in self.locked],
            "opens": dict(OPENS),
            "add": {need: ADD[need] for _name, needs in self.locked for need in needs if need in ADD},
            "stages": [
                {
                    "pipeline": s.pipeline,
                    "stage": s.stage,
                    "order": s.order,
                    "outcome": s.outcome,
                    "reason": str(s.reason),
                }
                for s in self.stages
            ],
            "warnings": [str(note) for note in self.notes],
        }


@dataclass(frozen=True)
class Unrecognised:
    """A file, or a sheet, that is set aside until the person says what it is."""

    text: TextTable
    problem: DataError


def told_apart(uploads: Iterable[Upload]) -> Iterator[Upload]:
    """The uploads, those with the name of an earlier one numbered: people must be able to tell their rows apart."""
    taken: set[str] = set()
    for upload in uploads:
        numbered = (f"{upload.name} ({number})" for number in count(2))
        name = next(name for name in chain([upload.name], numbered) if name not in taken)
        taken.add(name)
        yield upload if name == upload.name else replace(upload, name=name)


def check_headers(uploads: Sequence[Upload], texts: Sequence[TextTable]) -> None:
    """A header that the person names must be in one of the files."""
    known = {fold(header) for text in texts for header in text.headers}
    for header in (header for upload in uploads for header in upload.options.mapping):
        if fold(header) not in known:
            raise RequestProblem(
                say("No file has a column called {header}.", header=header),
                say(
                    "The columns are: {columns}.",
                    columns=listed(dict.fromkeys(h for t in texts for h in t.headers if h), most=100),
                ),
            )


def periods(database: duckdb.DuckDBPyConnection, plan: FilePlan) -> dict[str, tuple[datetime, datetime]]:
    """The first and the last moment in each column of dates, as read, by header."""
    dated = [c for c in plan.columns if c.reading and c.reading.kind in ("date", "timestamp") and c.header]
    if not dated:
        return {}
    asked = ", ".join(
        f"CAST(min({c.reading.sql}) AS TIMESTAMP), CAST(max({c.reading.sql}) AS TIMESTAMP)" for c in dated if c.reading
    )
    row = database.execute(f"SELECT {asked} FROM scratch.{quoted(plan.text.relation)}").fetchone() or ()
    names = unique([column.header for column in plan.columns])
    return {
        names[column.position]: (row[2 * place], row[2 * place + 1])
        for place, column in enumerate(dated)
        if row[2 * place] is not None
    }
