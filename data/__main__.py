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
from data.history import ImportRecord
from data.importer import Draft, ImportReport, Upload, load_demo
from data.mappings import from_file
from data.messages import Message, say
from data.reading import ReadOptions, SkippedLine
from data.reading.write import Written, write_tables
from data.recognise import FileOptions
from data.rejects import write_rejects
from data.set_aside import deals_of_history_only, set_aside
from data.stages import StageChoices
from data.store import Workspace
from data.unlocks import ADD, OPENS
from data.workspaces import default_workspace


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
        made.add_argument("--table", help="what the files hold: deals, customers, orders, ...; a wrong name lists all")
        made.add_argument(
            "--source", help="where they come from: salesforce, hubspot, ..., generic; a wrong name lists all"
        )
        made.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="HEADER=FIELD",
            help="what a column is; HEADER=- keeps it as an attribute",
        )
        made.add_argument("--date-order", choices=("dmy", "mdy", "ymd"), help="the order of dates written in numbers")
        _add_reading(made)
        made.add_argument(
            "--mapping", type=Path, metavar="FILE", help="how to read files, as saved from the import page"
        )
        made.add_argument("--stages", default="", metavar="A,B,C", help="the stages, in order")
        made.add_argument("--won", action="append", default=[], metavar="STAGE", help="a stage that means won")
        made.add_argument("--lost", action="append", default=[], metavar="STAGE", help="a stage that means lost")
        made.add_argument("--pipeline", help="the pipeline of deals that name none")
    read = command("read", _read, "Write the tables in files as the importer reads them: all text, as plain CSV.")
    read.add_argument("files", nargs="+", metavar="FILE")
    read.add_argument(
        "--out", required=True, type=Path, metavar="CSV_OR_FOLDER", help="a .csv file for one table, a folder for more"
    )
    _add_reading(read)
    command("history", _history, "List the imports made.")
    command("quality", _quality, "Say what is wrong with the data, and what each problem does to the headline figures.")
    undo = command("undo", _undo, "Take an import back, as if it had never been loaded.")
    undo.add_argument("number", nargs="?", type=int, metavar="N", help="the import's number; without it, the last one")
    demo = command("demo", _demo, "Load the made-up company into an empty workspace.")
    demo.add_argument("--language", choices=("en", "he"), default="en")
    rejects = command(
        "export-rejects", _export_rejects, "Write the rows an import set aside, with their reasons, as CSV."
    )
    rejects.add_argument("number", type=int, metavar="N")
    rejects.add_argument("out", type=Path, metavar="FILE")
    return parser


def _add_reading(command: argparse.ArgumentParser) -> None:
    command.add_argument("--encoding", help="utf-8, utf-16, windows-1255, windows-1252, ...")
    command.add_argument("--delimiter", help="the character between cells, or the word tab")
    command.add_argument("--sheet", help="the sheet of a workbook")


def _reading(asked: argparse.Namespace) -> ReadOptions:
    return ReadOptions(encoding=asked.encoding, delimiter=asked.delimiter, sheet=asked.sheet)


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
        reading=_reading(asked),
    )  # fmt: skip
    order = next(csv.reader([asked.stages], skipinitialspace=True), [])
    choices = StageChoices(tuple(filter(None, order)), tuple(asked.won), tuple(asked.lost), asked.pipeline)
    uploads = [Upload(Path(name), Path(name).name, options) for name in asked.files]
    known = from_file(asked.mapping) if asked.mapping else None
    return Draft(workspace, uploads, choices, _progress, mapping=known)


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
        _tell_skipped(file.skipped_lines)
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


def _read(asked: argparse.Namespace, workspace: Workspace) -> None:
    written = write_tables([Path(name) for name in asked.files], asked.out, _reading(asked))
    if asked.json:
        _print_json({"tables": [_table(item) for item in written]})
        return
    for item in written:
        table = item.table
        name = f"{item.path} / {table.sheet}" if table.sheet is not None else item.path
        print(
            f"{name}: {table.rows_read:,} rows, {table.encoding}, header in line {table.header_line}, written to {item.out}"
        )
        print(f"  {table.delimiter_reason} {table.encoding_reason}")
        for repair in table.repairs:
            print(f"  {repair}")
        _tell_skipped(table.skipped_lines)


def _table(item: Written) -> dict[str, Any]:
    table = item.table
    return {
        "path": item.path, "sheet": table.sheet, "encoding": table.encoding, "delimiter": table.delimiter,
        "header_line": table.header_line, "headers": list(table.headers), "rows_read": table.rows_read,
        "skipped_lines": [{"line": skipped.line, "reason": str(skipped.reason)} for skipped in table.skipped_lines],
        "repairs": [str(repair) for repair in table.repairs], "out": str(item.out),
    }  # fmt: skip


def _tell_skipped(lines: Sequence[SkippedLine]) -> None:
    for skipped in lines[:10]:
        print(f"  line {skipped.line}: {skipped.reason}")
    if len(lines) > 10:
        print(f"  and {len(lines) - 10:,} more lines")


def _history(asked: argparse.Namespace, workspace: Workspace) -> None:
    records = workspace.history()
    if asked.json:
        _print_json([_record(record) for record in records])
        return
    for record in records:
        taken_back = " (taken back)" if record.undone else ""
        by = f"  by {record.who}" if record.who else ""
        rows = "1 row" if record.rows_loaded == 1 else f"{record.rows_loaded:,} rows"
        print(f"{record.number}  {record.at:%Y-%m-%d %H:%M}  {rows}  {', '.join(record.files)}{by}{taken_back}")
        for upload in record.recipe.get("uploads", ()):
            print(f"   {upload['digest']}  {upload['name']}")
    if not records:
        print("No imports yet.")


def _record(record: ImportRecord) -> dict[str, Any]:
    return {
        "import": record.number, "revision": record.revision, "at": record.at.isoformat(timespec="seconds") + "Z",
        "files": list(record.files), "rows_loaded": record.rows_loaded, "undone": record.undone, "who": record.who,
        "sources": [
            {"name": upload["name"], "sha256": upload["digest"]} for upload in record.recipe.get("uploads", ())
        ],
    }  # fmt: skip


def _quality(asked: argparse.Namespace, workspace: Workspace) -> None:
    # The metrics take a while to load, and no other command needs them.
    from analytics.quality_document import of_all_deals, quality_document, quality_text

    engine = workspace.engine()
    try:
        filters = of_all_deals(engine.latest_event, workspace.settings().time_zone)
        document = quality_document(engine.tables, filters, engine.run)
        only_history = deals_of_history_only(engine)
    finally:
        engine.close()
    aside = set_aside(workspace)
    document["history_only"] = only_history
    document["set_aside"] = [{"import": each.number, "rows": each.rows, "cells": each.cells} for each in aside]
    if asked.json:
        _print_json(document)
        return
    print(quality_text(document))
    if only_history:
        print(f"\nIn the stage history and in no file of deals: {only_history:,}.")
    for each in aside:
        print(
            f"Set aside by import {each.number}: rows {each.rows:,}, cells {each.cells:,}. export-rejects {each.number} FILE writes them."
        )


def _undo(asked: argparse.Namespace, workspace: Workspace) -> None:
    record = workspace.undo(asked.number, _progress)
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
