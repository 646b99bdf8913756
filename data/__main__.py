"""The command line for data: `python -m data import FILE...`."""

from __future__ import annotations

import argparse
import csv
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from data.errors import DataError, NotRecognised, RequestProblem
from data.importer import Draft, ImportReport, Upload, load_demo
from data.messages import Message, say
from data.reading import ReadOptions
from data.recognise import FileOptions
from data.rejects import write_rejects
from data.stages import StageChoices
from data.store import ImportRecord, Workspace, default_workspace
from data.unlocks import ADD, OPENS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 when done, 2 when the input was refused, 1 for a bug."""
    asked = _parser().parse_args(arguments)
    workspace = Workspace(Path(asked.workspace) if asked.workspace else default_workspace())
    try:
        asked.run(asked, workspace)
    except NotRecognised as refused:
        print(refused, "The options for that are --table and --map.", file=sys.stderr)
        return 2
    except DataError as refused:
        print(refused, file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except Exception:
        logging.getLogger("shimur").exception("This is a bug.")
        return 1
    return 0


class Parser(argparse.ArgumentParser):
    """Refuses in one sentence on standard error."""

    def error(self, message: str) -> NoReturn:
        program = " ".join(self.prog.split()[:3])
        self.exit(2, f"{message[:1].upper()}{message[1:]}. See {program} --help.\n")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m data", description="Bring files into a workspace, and take them out again.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, run: Any, help_: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help_, description=help_)
        made.add_argument(
            "--workspace", metavar="FOLDER", help="the workspace's folder; without it, the one the app uses"
        )
        made.add_argument("--json", action="store_true", help="print one JSON document")
        made.set_defaults(run=run)
        return made

    for name, run, help_ in (
        ("import", _import, "Recognise, check and load files, all or none."),
        ("preview", _preview, "Say what an import would do. Nothing is written."),
    ):
        made = command(name, run, help_)
        made.add_argument("files", nargs="+", metavar="FILE")
        made.add_argument("--table", help="what the files hold: deals, customers, people, products, stage_entries")
        made.add_argument("--source", help="where they come from: salesforce, hubspot, generic")
        made.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="HEADER=FIELD",
            help="what a column is; HEADER=- keeps it as an attribute",
        )
        made.add_argument("--date-order", choices=("dmy", "mdy", "ymd"), help="the order of dates written in numbers")
        made.add_argument("--encoding", help="utf-8, utf-16, windows-1255, windows-1252, ...")
        made.add_argument("--delimiter", help="the character between cells, or the word tab")
        made.add_argument("--sheet", help="the sheet of a workbook")
        made.add_argument("--stages", default="", metavar="A,B,C", help="the stages, in order")
        made.add_argument("--won", action="append", default=[], metavar="STAGE", help="a stage that means won")
        made.add_argument("--lost", action="append", default=[], metavar="STAGE", help="a stage that means lost")
        made.add_argument("--pipeline", help="the pipeline of deals that name none")
    command("history", _history, "List the imports made.")
    undo = command("undo", _undo, "Take back the last import.")
    undo.add_argument("number", nargs="?", type=int, metavar="N", help="the import's number; it must be the last one")
    demo = command("demo", _demo, "Load the made-up company into an empty workspace.")
    demo.add_argument("--language", choices=("en", "he"), default="en")
    rejects = command(
        "export-rejects", _export_rejects, "Write the rows an import set aside, with their reasons, as CSV."
    )
    rejects.add_argument("number", type=int, metavar="N")
    rejects.add_argument("out", type=Path, metavar="FILE")
    return parser


def _draft(asked: argparse.Namespace, workspace: Workspace) -> Draft:
    mapping: dict[str, str | None] = {}
    for pair in asked.map:
        header, mark, name = pair.rpartition("=")
        if not mark or not header:
            raise RequestProblem(
                say("{pair} is not HEADER=FIELD.", pair=pair), say('Write for example: --map "Deal size=amount".')
            )
        mapping[header] = None if name == "-" else name.lower()
    options = FileOptions(
        table=asked.table, source=asked.source, mapping=mapping, date_order=asked.date_order,
        reading=ReadOptions(encoding=asked.encoding, delimiter=asked.delimiter, sheet=asked.sheet),
    )  # fmt: skip
    order = next(csv.reader([asked.stages], skipinitialspace=True), [])
    choices = StageChoices(tuple(filter(None, order)), tuple(asked.won), tuple(asked.lost), asked.pipeline)
    uploads = [Upload(Path(name), Path(name).name, options) for name in asked.files]
    return Draft(workspace, uploads, choices, _progress)


def _progress(share: float, message: Message) -> None:
    if sys.stderr.isatty():
        print(f"\r{share:4.0%} {message}\x1b[K", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)


def _import(asked: argparse.Namespace, workspace: Workspace) -> None:
    with _draft(asked, workspace) as draft:
        _tell(draft.publish(_progress), asked, "Import {number} is in.")


def _preview(asked: argparse.Namespace, workspace: Workspace) -> None:
    with _draft(asked, workspace) as draft:
        assert draft.report is not None
        _tell(draft.report, asked, "This would be import {number}. Nothing was written.")


def _demo(asked: argparse.Namespace, workspace: Workspace) -> None:
    _tell(load_demo(workspace, asked.language, _progress), asked, "The made-up company is in, as import {number}.")


def _tell(report: ImportReport, asked: argparse.Namespace, opening: str) -> None:
    if asked.json:
        _print_json(report.json())
        return
    print(opening.format(number=report.number))
    for file in report.files:
        name = f"{file.name} / {file.sheet}" if file.sheet else file.name
        print(f"{name}: {file.table}, {file.source}, {file.encoding}, header in line {file.header_line}")
        print(
            f"  {file.rows_read:,} rows read = {file.rows_loaded:,} loaded + {file.rows_updated:,} updated + {file.rows_unchanged:,} unchanged"
            f" + {file.rows_removed:,} removed + {file.rows_rejected:,} rejected"
        )
        for field, sums in file.totals.items():
            print(f"  {field}: {sums['file']:,.2f} in the file, {sums['loaded']:,.2f} loaded")
        for warning in (*file.checks, *file.warnings):
            print(f"  {warning}")
        for skipped in file.skipped_lines[:10]:
            print(f"  line {skipped.line}: {skipped.reason}")
        if len(file.skipped_lines) > 10:
            print(f"  and {len(file.skipped_lines) - 10:,} more lines")
    for pipeline in dict.fromkeys(stage.pipeline for stage in report.stages):
        here = [stage for stage in report.stages if stage.pipeline == pipeline]
        means = {
            outcome: ", ".join(stage.stage for stage in here if stage.outcome == outcome) or "-"
            for outcome in ("open", "won", "lost")
        }
        print(f"Stages of {pipeline}: {means['open']}; won: {means['won']}; lost: {means['lost']}")
        for reason in dict.fromkeys(str(stage.reason) for stage in here if stage.outcome == "open"):
            print(f"  {reason}")
    for note in report.notes:
        print(note)
    print("Opens:")
    for analysis in report.unlocks:
        if analysis in OPENS:
            print(f"  {analysis}: {OPENS[analysis]}")
    for analysis, needs in report.locked:
        if analysis in OPENS:
            print(f"Still closed: {analysis}. {' '.join(ADD[need] for need in needs)}")


def _history(asked: argparse.Namespace, workspace: Workspace) -> None:
    records = workspace.history()
    if asked.json:
        _print_json([_record(record) for record in records])
        return
    for record in records:
        taken_back = " (taken back)" if record.undone else ""
        print(
            f"{record.number}  {record.at:%Y-%m-%d %H:%M}  {record.rows_loaded:,} rows  {', '.join(record.files)}{taken_back}"
        )
    if not records:
        print("No imports yet.")


def _record(record: ImportRecord) -> dict[str, Any]:
    return {
        "import": record.number, "revision": record.revision, "at": record.at.isoformat(timespec="seconds") + "Z",
        "files": list(record.files), "rows_loaded": record.rows_loaded, "undone": record.undone,
    }  # fmt: skip


def _undo(asked: argparse.Namespace, workspace: Workspace) -> None:
    record = workspace.undo(asked.number)
    if asked.json:
        _print_json(_record(record) | {"undone": True})
    else:
        print(f"Import {record.number} was taken back.")


def _export_rejects(asked: argparse.Namespace, workspace: Workspace) -> None:
    rows = write_rejects(workspace, asked.number, asked.out)
    if asked.json:
        _print_json({"import": asked.number, "rows": rows, "path": str(asked.out)})
    else:
        print(f"{rows:,} rows written to {asked.out}.")


def _print_json(document: object) -> None:
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2, allow_nan=False)
    print()


if __name__ == "__main__":
    sys.exit(main())
