"""Whether a workbook that is not XML in a zip file can be read at all, tried in a process of its own.

Its reader makes one rectangle of a sheet. Where a file claims cells far apart, that takes more memory than there is, and the
process ends with no exception to catch.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from data.errors import FileProblem
from data.messages import say

MOST_MEMORY = 4 << 30  # bytes
MOST_SECONDS = 600

_REFUSED = 3  # by the reader itself, which then tells why
_TRY = f"""
import sys
try:
    import resource
except ImportError:
    pass
else:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum
try:
    with CalamineWorkbook.from_path(sys.argv[1]) as workbook:
        for sheet in workbook.sheets_metadata:
            if sheet.typ == SheetTypeEnum.WorkSheet:
                workbook.get_sheet_by_name(sheet.name)
except CalamineError:
    sys.exit({_REFUSED})
"""


def check_readable(path: Path, name: str, most_memory: int = MOST_MEMORY, most_seconds: float = MOST_SECONDS) -> None:
    """Raises FileProblem where reading the workbook ends the process, or takes more memory or time than it may."""
    try:
        tried = subprocess.run(
            [sys.executable, "-I", "-c", _TRY, str(path), str(most_memory)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=most_seconds, check=False,
        )  # fmt: skip
        is_readable = tried.returncode in (0, _REFUSED)
    except subprocess.TimeoutExpired:
        is_readable = False
    if not is_readable:
        raise FileProblem(
            say("{name} is too large or too damaged to be opened.", name=name),
            say("Delete what stands far from the table, or save the table as CSV, and import that."),
        )
