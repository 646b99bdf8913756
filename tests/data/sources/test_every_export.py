"""Every made-up export under tests/exports becomes what the file beside it, `<export>.expected.json`, says.

An expectation names the table, the source, what each column becomes, how many rows went where, the control totals, and
some rows that the tables then hold. It is an object, or a list with one for each table in the file. The exports of a
folder are loaded together, as people upload them, but for those that say `"alone": true`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from data.importer import Draft, Upload
from data.load import FileReport
from data.store import Workspace
from tests.data.kit import ask, balanced
from tests.exports.dynamics import workbook as dynamics
from tests.exports.monday import workbook as monday

EXPORTS = Path(__file__).parents[2] / "exports"
EXPECTED = ".expected.json"
SCRIPTS = {"dynamics": dynamics, "monday": monday}
COUNTS = ("read", "loaded", "updated", "unchanged", "removed", "rejected")


@dataclass(frozen=True)
class Folder:
    """What the exports of one folder became, loaded together, as people upload them."""

    workspace: Workspace
    reports: dict[str, list[FileReport]]
    unrecognised: dict[str, list[str]]


def exports() -> list[str]:
    return sorted(str(path.relative_to(EXPORTS))[: -len(EXPECTED)] for path in EXPORTS.rglob(f"*{EXPECTED}"))


def parts(name: str) -> list[dict[str, Any]]:
    found = json.loads((EXPORTS / f"{name}{EXPECTED}").read_text(encoding="utf-8"))
    return found if isinstance(found, list) else [found]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> Callable[[str], Folder]:
    """What became of the exports that are loaded with the one of this name; each lot is loaded once."""
    together = cache(lambda names: load_together(names, tmp_path_factory.mktemp("exports") / "workspace"))
    return lambda name: together(lot(name))


def lot(name: str) -> tuple[str, ...]:
    folder = name.split("/")[0]
    together = [other for other in exports() if other.split("/")[0] == folder and not parts(other)[0].get("alone")]
    return (name,) if parts(name)[0].get("alone") else tuple(together)


def load_together(names: tuple[str, ...], path: Path) -> Folder:
    workspace = Workspace(path)
    uploads = [Upload(EXPORTS / name, Path(name).name) for name in names]
    with Draft(workspace, uploads, strict=False) as draft:
        report = draft.publish()
        found: dict[str, list[FileReport]] = {name: [] for name in names}
        for plan, file in zip(draft.plans, report.files, strict=True):
            found[names[draft.place_of(plan.text)]].append(file)
        unknown: dict[str, list[str]] = {}
        for one in draft.unrecognised:
            unknown.setdefault(names[draft.place_of(one.text)], []).append(str(one.problem))
    return Folder(workspace, found, unknown)


@pytest.mark.parametrize("name", exports())
def test_an_export_becomes_what_it_should(name, loaded):
    folder = loaded(name)
    reports = folder.reports[name]
    assert folder.unrecognised.get(name, []) == []
    assert len(reports) == len(parts(name))
    for report, part in zip(reports, parts(name), strict=True):
        assert balanced(report)
        assert seen(report) == {key: value for key, value in part.items() if key not in ("alone", "holds")}
        for table, rows in part["holds"].items():
            for row in rows:
                assert held(folder.workspace, table, row) == [row]


def seen(report: FileReport) -> dict[str, Any]:
    """A report as an expectation is written: only what is there."""
    counts = {name: getattr(report, f"rows_{name}") for name in COUNTS}
    found = {
        "sheet": report.sheet,
        "table": report.table,
        "source": report.source,
        "encoding": report.encoding,
        "dates": report.date_order,
        "rows": {name: n for name, n in counts.items() if n},
        "skipped_lines": [skipped.line for skipped in report.skipped_lines],
        "columns": {header: column for header, column in report.columns.items() if column},
        "totals": {
            name: sums["loaded"] if sums["file"] == sums["loaded"] else sums for name, sums in report.totals.items()
        },
    }
    return {key: value for key, value in found.items() if value not in (None, [], {})}


def held(workspace: Workspace, table: str, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a table that agree with `row` in its first column, in the columns that it names."""
    attributes: dict[str, str] = dict(
        ask(workspace, f'SELECT header, "column" FROM headers WHERE "table" = \'{table}\' AND is_attribute')
    )
    columns = [attributes.get(name, name) for name in row]
    first = str(next(iter(row.values()))).replace("'", "''")
    shown = ", ".join(f'"{column}"' for column in columns)
    found = ask(workspace, f"SELECT {shown} FROM {table} WHERE CAST(\"{columns[0]}\" AS VARCHAR) = '{first}'")
    rows = [dict(zip(row, map(plain, values), strict=True)) for values in found]
    return [one for one in rows if one == row] or rows


def plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def test_every_export_says_what_it_should_become():
    kept = {".csv", ".xlsx", ".xls", ".txt", ".tsv"}
    files = {str(path.relative_to(EXPORTS)) for path in EXPORTS.rglob("*") if path.suffix in kept}
    assert files == set(exports())


@pytest.mark.parametrize("folder", SCRIPTS)
def test_the_workbooks_are_what_their_script_writes(folder, tmp_path):
    from python_calamine import CalamineWorkbook

    for path in SCRIPTS[folder].write(tmp_path):
        made, kept = (CalamineWorkbook.from_path(at / path.name) for at in (tmp_path, EXPORTS / folder))
        assert made.sheet_names == kept.sheet_names
        for name in made.sheet_names:
            assert made.get_sheet_by_name(name).to_python() == kept.get_sheet_by_name(name).to_python()
