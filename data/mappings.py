"""How files of a shape are read: remembered from one import to the next, and kept in a file for others and for commands.

The shape of a file is the set of its headers, folded: their order does not matter. A mapping file is JSON:

    {"version": 1,
     "files": [{"headers": ["Deal ID", "Stage", ...],            the shape
                "table": "deals", "source": "generic",           the rest may be left out, or null: then it is recognised
                "columns": {"Deal ID": "deal_id", "Notes": null}, null keeps a column as one of its own
                "date_order": "dmy", "encoding": null, "delimiter": null, "header_line": null,
                "rules": {"amount": "if_blank"}, "vat_rate": 17}],
     "stages": {"order": [...], "won": [...], "lost": [...], "pipeline": null}}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from data.errors import FileProblem, WorkspaceProblem
from data.messages import Message, say
from data.reading import ReadOptions, TextTable
from data.recipes import options_from, options_json, stages_from, stages_json
from data.recognise import LOADED, SOURCES, FileOptions, Rule
from data.sources import fold
from data.sql import columns_of
from data.stages import StageChoices
from data.values import DateOrder

if TYPE_CHECKING:
    from data.importer import Draft
    from data.store import Workspace

VERSION = 1
_TABLE = "mappings (shape VARCHAR PRIMARY KEY, headers VARCHAR, options VARCHAR, stages VARCHAR)"
# How a file is read before its headers are known; each way that is remembered costs a reading of a file of no known shape.
_MOST_READINGS = 5


@dataclass(frozen=True)
class Remembered:
    """What was said of files of one shape."""

    headers: tuple[str, ...]
    options: FileOptions
    stages: StageChoices | None = None

    @property
    def shape(self) -> str:
        return shape(self.headers)


Mappings = Mapping[str, Remembered]  # by shape


def shape(headers: Iterable[str]) -> str:
    """A name for the set of headers, the same for every order and way of writing them."""
    folded = sorted({fold(header) for header in headers} - {""})
    return hashlib.sha256("\n".join(folded).encode()).hexdigest()


def headers_of(texts: Sequence[TextTable]) -> tuple[str, ...]:
    """The headers of a file: those of all its sheets."""
    return tuple(dict.fromkeys(header for text in texts for header in text.headers if header))


def lasting(options: FileOptions) -> FileOptions:
    """Without what is said of one file, and not of those like it."""
    return replace(options, fixes=(), seen_on=None, reading=replace(options.reading, sheet=None))


def under(said: FileOptions, known: FileOptions) -> FileOptions:
    """The options that are known, with what the person says now over them."""
    nothing = FileOptions()
    over = {name: getattr(said, name) for name in vars(nothing) if getattr(said, name) != getattr(nothing, name)}
    over["mapping"] = {**known.mapping, **said.mapping}
    over["rules"] = {**known.rules, **said.rules}
    reading = {name: value for name, value in vars(said.reading).items() if value is not None}
    over["reading"] = replace(known.reading, **reading)
    return replace(known, **over)


def found_for(known: Mappings, read: Callable[[ReadOptions], Sequence[TextTable]]) -> Remembered | None:
    """What is known of a file, which `read` reads: by the headers it has as we read it, or as files before it were read."""
    problem: FileProblem | None = None
    try:
        found = known.get(shape(headers_of(read(ReadOptions()))))
    except FileProblem as wrong:
        found, problem = None, wrong
    if found is not None:
        return (
            found if _has_shape(read, found) else replace(found, options=replace(found.options, reading=ReadOptions()))
        )
    ways = dict.fromkeys(each.options.reading for each in known.values())
    for reading in [way for way in ways if way != ReadOptions()][:_MOST_READINGS]:
        with suppress(FileProblem):
            found = known.get(shape(headers_of(read(reading))))
            if found is not None and found.options.reading == reading:
                return found
    if problem is not None:
        raise problem
    return None


def _has_shape(read: Callable[[ReadOptions], Sequence[TextTable]], found: Remembered) -> bool:
    try:
        return shape(headers_of(read(found.options.reading))) == found.shape
    except FileProblem:
        return False


# In the workspace


def remembered(workspace: Workspace) -> Mappings:
    """What was said of files before, by shape."""
    notes = workspace.folder / "notes.duckdb"
    if not notes.exists():
        return {}
    with workspace.reading_notes(notes) as database:
        if not columns_of(database, "mappings"):
            return {}
        rows = database.execute("SELECT shape, headers, options, stages FROM mappings ORDER BY shape").fetchall()
    return {
        own: Remembered(
            tuple(json.loads(headers)), options_from(json.loads(options)), stages_from(json.loads(stages)) if stages else None
        )
        for own, headers, options, stages in rows
    }  # fmt: skip


def remember(workspace: Workspace, draft: Draft) -> None:
    """Keep what the person said of each file of a draft that is in force now."""
    said = _said_of(draft)
    if not said:
        return
    # The import is in; only what was said of it would have to be said again.
    with suppress(WorkspaceProblem), workspace.notes() as database:
        database.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE}")
        for one in said:
            stages = json.dumps(stages_json(one.stages), ensure_ascii=False) if one.stages else None
            database.execute(
                """INSERT INTO mappings VALUES ($shape, $headers, $options, $stages) ON CONFLICT (shape)
                   DO UPDATE SET headers = $headers, options = $options, stages = coalesce($stages, stages)""",
                {
                    "shape": one.shape, "headers": json.dumps(one.headers, ensure_ascii=False),
                    "options": json.dumps(options_json(one.options), ensure_ascii=False), "stages": stages,
                },
            )  # fmt: skip


def forget(workspace: Workspace, shape: str) -> None:
    """Read files of this shape as they are recognised again."""
    if shape in remembered(workspace):
        with workspace.notes() as database:
            database.execute("DELETE FROM mappings WHERE shape = ?", [shape])


def _said_of(draft: Draft) -> list[Remembered]:
    chosen = draft.choices if draft.choices != StageChoices() else None
    said = []
    for place, upload in enumerate(draft.uploads):
        plans = [plan for plan in draft.plans if draft.place_of(plan.text) == place]
        options = lasting(upload.options)
        has_stages = any(plan.table in ("deals", "stage_entries") for plan in plans)
        stages = chosen if has_stages else None
        if plans and (options != FileOptions() or stages):
            said.append(Remembered(headers_of(draft.texts_of(place)), options, stages))
    return said


# In a file


def as_file(draft: Draft) -> str:
    """How the files of a draft are read, as a mapping file."""
    files = []
    for place, upload in enumerate(draft.uploads):
        plans = [plan for plan in draft.plans if draft.place_of(plan.text) == place]
        if not plans:
            continue
        columns: dict[str, str | None] = {}
        for plan in plans:
            for column in plan.columns:
                # Columns of when stages were entered are known by their headers; of a header that comes twice the first tells.
                if column.header and not column.stage and columns.get(column.header) is None:
                    columns[column.header] = column.field
        same_table = len({plan.table for plan in plans}) == 1
        order = upload.options.date_order or next((plan.date_order for plan in plans if plan.date_order), None)
        reading = upload.options.reading
        files.append(
            {
                "headers": list(headers_of(draft.texts_of(place))),
                "table": plans[0].table if same_table else None, "source": plans[0].source.name,
                "columns": columns if same_table else dict(upload.options.mapping),
                "date_order": order if order != "ymd" else upload.options.date_order,
                "encoding": reading.encoding, "delimiter": reading.delimiter, "header_line": reading.header_line,
                "rules": dict(upload.options.rules), "vat_rate": upload.options.vat_rate,
            }
        )  # fmt: skip
    document = {"version": VERSION, "files": files, "stages": stages_json(draft.choices)}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def from_file(path: Path, name: str = "") -> Mappings:
    """What a mapping file, which people call `name`, says. Raises FileProblem for one that is broken, in a sentence."""
    name = name or path.name
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except OSError as problem:
        raise FileProblem(
            say("{name} cannot be opened.", name=name), say("Check that the file is there and may be read.")
        ) from problem
    except ValueError as problem:  # also bytes that are no UTF-8
        raise _broken(name, say("it is not JSON.")) from problem
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise _broken(name, say('it has no "version": 1.'))
    files, stages = document.get("files"), document.get("stages")
    if not isinstance(files, list) or not files:
        raise _broken(name, say('it names no "files".'))
    choices = _stages(name, stages) if stages is not None else None
    entries = [_entry(name, file, choices) for file in files]
    return {entry.shape: entry for entry in entries}


def _entry(name: str, file: Any, stages: StageChoices | None) -> Remembered:
    if not isinstance(file, dict) or not _is_texts(file.get("headers")) or not file["headers"]:
        raise _broken(name, say('each of its "files" needs "headers", a list of names.'))
    columns, rules = file.get("columns") or {}, file.get("rules") or {}
    if not isinstance(columns, dict) or not all(value is None or isinstance(value, str) for value in columns.values()):
        raise _broken(name, say('"columns" must name a field, or null, for each header.'))
    if not isinstance(rules, dict) or not set(map(str, rules.values())) <= set(get_args(Rule)):
        raise _broken(name, say('"rules" must be {known}.', known=", ".join(get_args(Rule))))
    unknown = {fold(header) for header in columns} - {fold(header) for header in file["headers"]}
    if unknown:
        header = next(header for header in columns if fold(header) in unknown)
        raise _broken(name, say('its "columns" have {header}, which is not one of its "headers".', header=header))
    _check_choice(name, "table", file.get("table"), LOADED)
    _check_choice(name, "source", file.get("source"), [source.name for source in SOURCES])
    _check_choice(name, "date_order", file.get("date_order"), get_args(DateOrder))
    line, rate = file.get("header_line"), file.get("vat_rate")
    if line is not None and (not isinstance(line, int) or isinstance(line, bool) or line < 0):
        raise _broken(name, say('"header_line" must be a whole number: 0 where there is no header.'))
    if rate is not None and (not isinstance(rate, int | float) or isinstance(rate, bool) or not 0 <= rate < 100):
        raise _broken(name, say('"vat_rate" must be a number of per cent.'))
    for key in ("encoding", "delimiter"):
        if not isinstance(file.get(key), str | None):
            raise _broken(name, say('"{key}" must be a word.', key=key))
    options = FileOptions(
        table=file.get("table"), source=file.get("source"), mapping=columns, date_order=file.get("date_order"),
        reading=ReadOptions(file.get("encoding"), file.get("delimiter"), header_line=line), rules=rules, vat_rate=rate,
    )  # fmt: skip
    return Remembered(tuple(file["headers"]), options, stages)


def _stages(name: str, stages: Any) -> StageChoices:
    is_right = isinstance(stages, dict) and all(_is_texts(stages.get(key, [])) for key in ("order", "won", "lost"))
    if not is_right or not isinstance(stages.get("pipeline"), str | None):
        raise _broken(name, say('"stages" must have lists of names in "order", "won" and "lost".'))
    return stages_from(stages)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _check_choice(name: str, key: str, value: Any, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        raise _broken(name, say('"{key}" must be one of {known}.', key=key, known=", ".join(known)))


def _broken(name: str, why: Message) -> FileProblem:
    return FileProblem(
        say("{name} is not a mapping file: {why}", name=name, why=why),
        say("Save one from the import page, and change that."),
    )
