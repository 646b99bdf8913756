"""What must hold of anything that anybody gives us to read. Each oracle raises `Broken` with its own name."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import duckdb
from python_calamine import CalamineWorkbook

from data.errors import DataError
from data.load import FileReport
from data.messages import Message
from data.reading import TextTable
from data.reading.boards import PARENT_COLUMN
from data.reading.cells import OUTER
from tests.data.kit import balanced
from ui.locale import LANGUAGES, Locale

SECONDS = 5.0  # of work, for up to a megabyte
MEMORY = 1 << 30  # bytes beyond what the process had before
LOCALES = [Locale(code) for code in LANGUAGES]

# What keeps cells apart, quotes them, or stands unseen around them: all that reading may take away.
_AROUND = OUTER + "\"'\\\0\x1a\x1f"
_DELIMITERS = ",;\t|"
_LONGEST_NAME = 1000  # characters


class Broken(AssertionError):
    """An oracle that does not hold."""

    def __init__(self, oracle: str, detail: str) -> None:
        super().__init__(f"{oracle}: {detail}")
        self.oracle = oracle
        self.detail = detail


def it_raises_only_what_it_says(problem: BaseException) -> None:
    """A refusal is a DataError, in two sentences; anything else is a bug."""
    if not isinstance(problem, DataError):
        raise Broken("uncaught", f"{type(problem).__name__}: {str(problem)[:300]}") from problem
    it_can_be_said([problem.sentence, problem.hint])


def it_can_be_said(messages: Iterable[Message]) -> None:
    """Every sentence is one in every language, with nothing left open, and can be kept."""
    for message in messages:
        try:
            said = [str(message), *(locale.say(message) for locale in LOCALES)]
            kept = Message.parse(message.dump())
            for text in (*said, message.dump()):
                text.encode("utf-8")
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise Broken("unsaid", f"{message.text!r}: {error!r}") from error
        if not all(text.strip() for text in said) or kept.text != message.text:
            raise Broken("unsaid", repr(message))


def it_took_no_longer(seconds: float, size: int) -> None:
    if seconds > SECONDS * max(1.0, size / (1 << 20)):
        raise Broken("slow", f"{seconds:.1f} s of work for {size:,} bytes")


def it_took_no_more_memory(more: int, size: int) -> None:
    if more > MEMORY * max(1.0, size / (1 << 20)):
        raise Broken("memory", f"{more >> 20:,} MB for {size:,} bytes")


def it_is_text(tables: Sequence[TextTable], scratch: duckdb.DuckDBPyConnection) -> None:
    """Headers, sentences and cells are text that can be written, and a row has a cell for each header."""
    for table in tables:
        it_can_be_said([table.encoding_reason, table.delimiter_reason, table.header_reason, *table.repairs])
        it_can_be_said({skip.reason.text: skip.reason for skip in table.skipped_lines}.values())
        try:
            "\n".join((*table.headers, table.name, table.sheet or "")).encode("utf-8")
        except UnicodeEncodeError as error:
            raise Broken("surrogate", f"{error}") from error
        described = scratch.execute(f"describe {table.relation}").fetchall()
        columns = [(name, kind) for name, kind, *_ in described]
        if columns != [("line", "BIGINT"), *((f"c{i}", "VARCHAR") for i in range(len(table.headers)))]:
            raise Broken("shape", f"{len(table.headers)} headers over {columns[:5]}")
        empty = " or ".join(f"c{i} = ''" for i in range(min(len(table.headers), 100)))
        if scratch.execute(f"select 1 from {table.relation} where {empty} limit 1").fetchall():
            raise Broken("shape", "an empty cell is not NULL")


def no_line_is_two_things(tables: Sequence[TextTable], scratch: duckdb.DuckDBPyConnection) -> None:
    """In each table the header, the rows and the lines skipped are different lines, and rows_read counts the rows."""
    for table in tables:
        rows = [line for (line,) in scratch.execute(f"select line from {table.relation}").fetchall()]
        lines = [*_header(table), *(skip.line for skip in table.skipped_lines), *rows]
        twice = [line for line, times in Counter(lines).items() if times > 1]
        if twice:
            raise Broken("twice", f"line {twice[:5]} of {table.sheet or 'the file'}")
        if len(rows) != table.rows_read:
            raise Broken("twice", f"rows_read is {table.rows_read} of {len(rows)}")


def every_line_is_somewhere(
    content: bytes, tables: Sequence[TextTable], scratch: duckdb.DuckDBPyConnection, wanted: str | None = None
) -> None:
    """Each line of a text is a row, the header or skipped, or goes on with a quoted cell; its characters are all there.

    What stands from one such line to the next, without delimiters, quotes and blanks, is what the cells of the row
    have; the header has at least that. Bytes of an encoding that differs from line to line are not compared.
    """
    exact = tables[0].encoding in ("utf-8", "utf-8-sig") and _is_utf8(content)
    text = content.decode("utf-8" if exact else wanted or _codec(tables[0].encoding), "replace")
    lines = physical_lines(text)
    rows: dict[int, str] = {}
    for table in tables:
        cells = ", ".join(f"c{i}" for i in range(len(table.headers)))
        rows |= {line: "".join(filter(None, cells)) for line, *cells in scratch.execute(
            f"select line, {cells} from {table.relation}").fetchall()}  # fmt: skip
    headings = {line: names for table in tables for line, names in _names(table).items()}
    starts = sorted(
        {
            *rows,
            *(line for table in tables for line in _header(table)),
            *(skip.line for table in tables for skip in table.skipped_lines),
        }
    )
    if starts[0] != 1 or starts[-1] > len(lines):
        raise Broken("line", f"lines {starts[0]} to {starts[-1]} of 1 to {len(lines)}")
    is_board = len(tables) > 1 or any("group" in repair.text for table in tables for repair in table.repairs)
    is_mended = any(table.repairs for table in tables)
    delimiters = "".join(table.delimiter for table in tables)
    for start, end in pairwise([*starts, len(lines) + 1]):
        span = lines[start - 1 : end - 1]
        if len(span) > 1 and not set("\"'\\") & set(span[0]):
            raise Broken("line", f"line {start + 1} is neither a row nor skipped: {span[1][:80]!r}")
        for of, is_exact in ((rows, not is_board), (headings, False)):
            if start in of and not any(
                _is_kept("".join(span), of[start], apart, exact, is_exact)
                for apart in ((delimiters, delimiters + _DELIMITERS) if is_mended else (delimiters,))
            ):
                raise Broken("characters", f"line {start}: {''.join(span)[:120]!r} became {of[start][:120]!r}")


def _header(table: TextTable) -> list[int]:
    """The line of the header; none where there is none, which is line 0."""
    return [table.header_line] if table.header_line else []


def _names(table: TextTable) -> dict[int, str]:
    """What the header became; nothing where a name was too long and only its start is kept, which is said.

    The first cell of the header of subitems says what they are called, which names their table.
    """
    is_cut = any(len(header) >= _LONGEST_NAME for header in table.headers)
    title = (table.sheet or "") if table.headers[:1] == (PARENT_COLUMN,) else ""
    return {} if is_cut else {line: "".join((*table.headers, title)) for line in _header(table)}


def _is_kept(written: str, read: str, apart: str, exact: bool, is_exact: bool) -> bool:
    """Whether what was written is what was read, as far as it is no delimiter, quote or blank; or else is in it."""
    written, read = (text.translate(dict.fromkeys(map(ord, _AROUND + apart))) for text in (written, read))
    if not exact:
        written, read = (text.encode("ascii", "ignore").decode() for text in (written, read))
    return written == read or (not is_exact and not Counter(written) - Counter(read))


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _codec(encoding: str) -> str:
    """A name that Python has; single bytes where it has none: their ASCII is the same."""
    try:
        b"".decode(encoding)
    except LookupError:
        return "latin-1"
    return encoding


def physical_lines(text: str) -> list[str]:
    """The lines of a text as people count them: CR alone ends one too, CR CR LF is one end, NUL is nothing."""
    returns, pairs = text.count("\r"), text.count("\r\n")
    if 0 < text.count("\r\r\n") == returns - pairs:
        text = text.replace("\r", "")
    lines = re.split("\r\n|\r|\n", text.replace("\0", ""))
    return lines if lines[-1] else lines[:-1] or [""]


def every_cell_is_somewhere(path: Path, tables: Sequence[TextTable], scratch: duckdb.DuckDBPyConnection) -> None:
    """Each row of a sheet that holds something is a row, part of the heading, or skipped; the letters of its words are all there."""
    with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as workbook:
        for sheet in workbook.sheet_names:
            own = [table for table in tables if table.sheet == sheet or (table.sheet or "").startswith(f"{sheet} / ")]
            if not own:
                continue
            rows: dict[int, str] = {}
            for table in own:
                for line, *cells in scratch.execute(f"from {table.relation}").fetchall():
                    rows[line] = rows.get(line, "") + "".join(filter(None, cells))
            known = {
                *rows, *(skip.line for table in own for skip in table.skipped_lines),
                *(line for table in own for line in _header(table)),
            }  # fmt: skip
            for line, cells in enumerate(workbook.get_sheet_by_name(sheet).iter_rows(), 1):
                words = "".join(cell for cell in cells if isinstance(cell, str)).strip(_AROUND)
                if words and line not in known:
                    raise Broken("line", f"row {line} of {sheet} is nowhere: {words[:80]!r}")
                if line in rows and Counter(filter(str.isalpha, words)) - Counter(rows[line] + "_x000D_"):
                    raise Broken("characters", f"row {line} of {sheet}: {words[:80]!r} became {rows[line][:80]!r}")


def content_of(tables: Sequence[TextTable], scratch: duckdb.DuckDBPyConnection) -> list[object]:
    """All that was read, to compare."""
    return [
        (
            table.sheet, table.encoding, table.delimiter, table.header_line, table.headers, table.rows_read,
            [(skip.line, str(skip.reason)) for skip in table.skipped_lines], [str(repair) for repair in table.repairs],
            scratch.execute(f"from {table.relation} order by line").fetchall(),
        )
        for table in tables
    ]  # fmt: skip


def it_reads_the_same(first: Sequence[object], second: Sequence[object]) -> None:
    if first != second:
        raise Broken("differs", f"read twice: {str(first)[:200]} and {str(second)[:200]}")


def every_row_is_counted(report: FileReport, rows_read: int) -> None:
    """Rows read = loaded + updated + unchanged + removed + rejected, and all that is said of them can be said."""
    if not balanced(report) or report.rows_read != rows_read:
        raise Broken("rows", f"{report.rows_read} read of {rows_read}: {report}"[:300])
    json.dumps(report.json(), ensure_ascii=False).encode("utf-8")
    it_can_be_said([*report.warnings, *report.checks, *(skip.reason for skip in report.skipped_lines[:100])])


def state_of(folder: Path) -> dict[str, str]:
    """The files of a workspace by what is in them; what others may be making is left out."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith((".lock", ".wal"))
    }


def the_workspace_is_as_before(before: object, after: object, when: str) -> None:
    if before != after:
        raise Broken("workspace", f"not as before {when}")
