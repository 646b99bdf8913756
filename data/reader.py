"""Reads the files of an import into its scratch database, each once for each way of reading, and packs them meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import duckdb

from data import fixes, kept
from data.database import quoted
from data.messages import say_n
from data.reading import ReadOptions, TextTable, read_tables
from data.recognise import FilePlan, Fix
from data.rejects import mended
from data.schema import SCHEMA
from data.uploads import Upload


class Reader:
    """What was read of the uploads, by their paths. `close` it: it has a thread of its own."""

    def __init__(self, scratch: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._scratch = scratch
        self._folder = folder
        self._read: dict[tuple[str, str, ReadOptions], list[TextTable]] = {}
        self._fixed: dict[tuple[str, str, ReadOptions], tuple[tuple[Fix, ...], list[TextTable]]] = {}
        self._packing = ThreadPoolExecutor(max_workers=1)
        self._packed: dict[str, tuple[Path, Future[str]]] = {}
        self._stopped = Event()
        self.may_glance = False  # at large files, to load them at once (data.whole)

    def close(self) -> None:
        self._stopped.set()  # a large file that was refused is not packed to its end
        self._packing.shutdown(cancel_futures=True)

    def pack(self, upload: Upload) -> None:
        """Begin to hash and compress the file, once."""
        # What is no ordinary file could keep who reads it waiting for ever; to read it is refused.
        if str(upload.path) not in self._packed and (upload.path.is_file() or not upload.path.exists()):
            packed = self._folder / f"source-{len(self._packed)}"
            self._packed[str(upload.path)] = packed, self._packing.submit(kept.pack, upload.path, packed, self._stopped)

    def packed(self, uploads: Iterable[Upload]) -> list[tuple[str, Path]]:
        """The hash of each file, and where it lies compressed."""
        found = [self._packed[str(upload.path)] for upload in uploads]
        return [(digest.result(), path) for path, digest in found]

    def texts(self, upload: Upload) -> list[TextTable]:
        """The tables in a file, with what the person put right in them."""
        key = (str(upload.path), upload.name, upload.options.reading)  # one file can be given twice
        if key not in self._read:
            lasting = self._folder if self.may_glance else None
            texts = read_tables(upload.path, self._scratch, upload.options.reading, upload.name, lasting=lasting)
            self._read[key] = [mended(self._scratch, text) for text in texts]
        texts, wanted = self._read[key], upload.options.fixes
        if not wanted:
            return texts
        fixes.check(wanted, texts)
        if key not in self._fixed or self._fixed[key][0] != wanted:
            put_right = [fixes.fixed(self._scratch, text, wanted, f"{text.relation}_fixed") for text in texts]
            self._fixed[key] = wanted, put_right
        return self._fixed[key][1]

    def read_wholly(self) -> None:
        """Forget what was only glanced at, and glance at nothing any more."""
        self.may_glance = False
        self._read = {key: texts for key, texts in self._read.items() if not any(text.glance for text in texts)}

    def some_lines(self, plan: FilePlan, lines: Sequence[int]) -> FilePlan:
        """The plan with these lines only; what their cells mean hangs on all of them, and is decided."""
        text, key = plan.text, SCHEMA[plan.table].key
        # Rows without a number of their own are told apart by all that are like them.
        if key is None or plan.column(key) is None:
            return plan
        name = f"{text.relation}_some"
        self._scratch.execute(
            f"CREATE OR REPLACE TABLE {quoted(name)} AS FROM {quoted(text.relation)} WHERE line IN (SELECT unnest(?::BIGINT[])) ORDER BY line",
            [list(lines)],
        )
        row = self._scratch.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()
        rows = int(row[0]) if row else 0
        note = say_n(
            "Only the {n} row that was set aside, or read with an empty cell, is loaded again.",
            "Only the {n} rows that were set aside, or read with an empty cell, are loaded again.",
            rows,
        )
        text = replace(text, relation=name, rows_read=rows, repairs=(*text.repairs, note))
        return replace(plan, text=text, is_partial=True)
