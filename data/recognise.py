"""What a file holds: which table, from which system, and what each of its columns means, with how sure that is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import duckdb
from rapidfuzz import fuzz

from data.engine import quoted
from data.errors import NotRecognised, RequestProblem
from data.messages import N_, Message, say
from data.reading import ReadOptions, TextTable
from data.schema import COMPUTED, SCHEMA, Column, Kind
from data.sources import Source, StageColumn, fold
from data.sources.dynamics import DYNAMICS
from data.sources.generic import GENERIC
from data.sources.hubspot import HUBSPOT
from data.sources.pipedrive import PIPEDRIVE
from data.sources.salesforce import SALESFORCE
from data.sources.zoho import ZOHO
from data.values import DateOrder, Reading, read_as

Confidence = Literal["sure", "check", "aside"]

SOURCES = (SALESFORCE, HUBSPOT, PIPEDRIVE, ZOHO, DYNAMICS, GENERIC)
# In the order they are loaded; of two that fit a file as well, the earlier.
LOADED = ("people", "products", "customers", "deals", "contacts", "leads", "stage_entries")

_DELETED = Column("is_deleted", "flag", N_("Deleted"), N_("Whether the source marks the row as deleted."))
_NAMES = (
    Column("first_name", "text", N_("First name"), N_("The person's first name.")),
    Column("last_name", "text", N_("Last name"), N_("The person's last name.")),
)
# Columns that files have and that are not kept as they are, but decide something.
DECIDING = {
    "deals": (
        Column("is_won", "flag", N_("Won, yes or no"), N_("Whether the deal was won.")),
        Column("is_closed", "flag", N_("Closed, yes or no"), N_("Whether the deal is won or lost.")),
        _DELETED,
        Column("stage_order", "number", N_("Stage order"), N_("The place of the deal's stage in its pipeline.")),
        Column("won_at", "timestamp", N_("Won at"), N_("When the deal was won.")),
        Column("lost_at", "timestamp", N_("Lost at"), N_("When the deal was lost.")),
        Column("actual_amount", "money", N_("Amount won"), N_("What the deal brought, once won.")),
        Column("status_reason", "category", N_("Status reason"), N_("Why the deal has its status; of a lost deal, why it was lost.")),
    ),
    "customers": (_DELETED,),
    "contacts": (
        *_NAMES,
        _DELETED,
        Column("lifecycle", "category", N_("Lifecycle stage"), N_("How far the person has come: lead, opportunity, customer and so on.")),
        Column("lead_status", "category", N_("Lead status"), N_("Where the person stands as a lead.")),
        *(SCHEMA["leads"][name] for name in ("source", "deal_id")),
        Column("became_lead_at", "timestamp", N_("Became a lead"), N_("When the person became a lead.")),
        Column("became_deal_at", "timestamp", N_("Became an opportunity"), N_("When the person became an opportunity.")),
        Column("became_customer_at", "timestamp", N_("Became a customer"), N_("When the person became a customer.")),
    ),
    "leads": (*_NAMES, _DELETED),
    "stage_entries": (
        *(SCHEMA["deals"][name] for name in ("deal_name", "customer_id", "customer", "currency", "created_at")),
        _DELETED,
        Column("from_stage", "category", N_("Stage before"), N_("Where the deal was; a row that stays in its stage is no move.")),
        Column("changed_field", "category", N_("Field"), N_("What changed; only changes of the stage are moves.")),
    ),
}  # fmt: skip
_STATUS = {
    "won": ("won", "closedwon", "win", "success", "successful", "זכייה", "זכינו", "נסגרבהצלחה", "נסגרהבהצלחה", "נמכר", "נמכרה", "הצלחה", "ניצחון", "זכה", "זכתה", "זכיה"),
    "lost": ("lost", "closedlost", "loss", "dead", "rejected", "declined", "cancelled", "canceled", "abandoned", "disqualified", "outsold",
             "הפסד", "הפסדנו", "אבד", "אבדה", "אבדו", "אבוד", "אבודה", "נדחה", "נדחתה", "בוטל", "בוטלה", "נסגרללאהצלחה", "נסגרבהפסד", "לארלוונטי", "נכשל", "נכשלה"),
    "open": ("open", "inprogress", "active", "pending", "new", "working", "onhold", "ongoing", "פתוח", "פתוחה", "פעיל", "פעילה", "בתהליך", "בטיפול", "חדש", "חדשה", "מוקפא"),
}  # fmt: skip
STATUS_OF = {word: status for status, words in _STATUS.items() for word in words}


@dataclass(frozen=True)
class FileOptions:
    """What the person says of a file; None leaves it to us."""

    table: str | None = None
    source: str | None = None
    mapping: Mapping[str, str | None] = field(default_factory=dict)  # header -> column; None keeps it as an attribute
    date_order: DateOrder | None = None
    reading: ReadOptions = field(default_factory=ReadOptions)


@dataclass(frozen=True)
class ColumnPlan:
    """What one column of a file becomes."""

    position: int
    header: str
    field: str | None  # a column of the table, or None for an attribute
    stage: StageColumn | None  # for "date entered ..." columns
    confidence: Confidence
    reason: Message
    filled: float
    samples: tuple[str, ...]
    reading: Reading | None = None

    @property
    def name(self) -> str:
        return f"c{self.position}"


@dataclass(frozen=True)
class FilePlan:
    """What one file, or one sheet, becomes."""

    text: TextTable
    table: str
    source: Source
    columns: tuple[ColumnPlan, ...]

    @property
    def label(self) -> str:
        """What people call the file, or the sheet of it."""
        return _named(self.text)

    def column(self, name: str) -> ColumnPlan | None:
        return next((column for column in self.columns if column.field == name and not column.stage), None)

    @property
    def stage_columns(self) -> tuple[ColumnPlan, ...]:
        return tuple(column for column in self.columns if column.stage)

    @property
    def date_order(self) -> DateOrder | None:
        orders = [column.reading.order for column in self.columns if column.reading and column.reading.order]
        if orders:
            return orders[0]
        dated = any(column.reading and column.reading.kind in ("date", "timestamp") for column in self.columns)
        return "ymd" if dated else None


def targets(table: str) -> tuple[Column, ...]:
    """The columns that a file's columns may become in `table`."""
    own = tuple(column for column in SCHEMA[table] if column.name not in COMPUTED.get(table, ()))
    return own + DECIDING.get(table, ())


def recognise(
    database: duckdb.DuckDBPyConnection, text: TextTable, options: FileOptions, time_zone: str = "UTC"
) -> FilePlan:
    """Decide what `text` holds. Raises NotRecognised when it is nothing we know, RequestProblem for wrong options."""
    samples, filled = _look(database, text)
    source, table = _table_of(database, text, options, samples)
    mapping = _match(text.headers, source, table)
    if table == "deals":
        mapping = _find_by_content(database, text, mapping, samples)
    elif table == "stage_entries":
        mapping = _match_history(text, options, samples, source)
    _apply(text, table, options.mapping, mapping)
    absent = lacking(table, (match[0] for match in mapping.values()))
    if absent:
        raise NotRecognised(
            say(
                "{name} cannot be loaded as {table}: no column is its {missing}.",
                name=_named(text),
                table=table,
                missing=absent[0][0],
            ),
            say("Say which column it is, or choose another table."),
        )
    columns = []
    kinds = {column.name: column.kind for column in targets(table)}
    for position, header in enumerate(text.headers):
        name, confidence, reason = mapping.get(position, (None, "aside", say("Kept as a column of its own.")))
        stage = _stage_column(source, header) if table == "deals" and name is None and position not in mapping else None
        if stage:
            name, confidence, reason = "entered_at", "sure", say("When deals entered {stage}.", stage=stage.stage)
        columns.append(
            ColumnPlan(position, header, name, stage, confidence, reason, filled[position], samples[position][:3])
        )
    read = _read(database, text, columns, kinds, options, time_zone)
    if table == "deals":
        read = [_check_status(database, text, column) for column in read]
    return FilePlan(text, table, source, tuple(read))


def _stage_column(source: Source, header: str) -> StageColumn | None:
    return source.stage_column(header) or GENERIC.stage_column(header)


# Which table


def _table_of(
    database: duckdb.DuckDBPyConnection, text: TextTable, options: FileOptions, samples: Sequence[tuple[str, ...]]
) -> tuple[Source, str]:
    sources = [source for source in SOURCES if options.source in (None, source.name)]
    if not sources:
        raise RequestProblem(
            say("{source} is not a source we know.", source=options.source or ""),
            say("Known are: {names}.", names=", ".join(source.name for source in SOURCES)),
        )
    if options.table is not None and options.table not in LOADED:
        raise RequestProblem(
            say("{table} is not a table a file can be loaded into.", table=options.table),
            say("These are: {names}.", names=", ".join(LOADED)),
        )
    if options.table is None and _is_description(samples):
        raise NotRecognised(
            say("{name} describes tables, it holds none: its cells are names of columns.", name=_named(text)),
            say("Leave it out, or choose the table and say which column is which."),
        )
    headers = {header.strip().casefold() for header in text.headers}
    best: tuple[float, Source, str] | None = None
    for source in sources:
        for table in LOADED if options.table is None else (options.table,):
            matched = _match(text.headers, source, table)
            _apply(text, table, options.mapping, matched, strict=False)
            names = {name for name, _, _ in matched.values()}
            signature = {header.casefold() for header in source.signature.get(table, ())}
            signs = len(signature & headers) / (min(len(signature), 2) or 1)
            told = signs >= 1 and not lacking(table, names)
            if options.table is None and not (told or _is_enough(table, names, text)):
                continue
            if source is not GENERIC and signs < 1 and options.source is None:
                continue
            score = len(matched) / max(len([header for header in text.headers if header]), 1) + min(signs, 1)
            if best is None or score > best[0]:
                best = (score, source, table)
    if best is not None and (
        best[2] in ("contacts", "leads") or (best[1] is not GENERIC and best[2] == "stage_entries")
    ):
        return best[1], best[2]
    if options.table is None:
        history = _match_history(text, options, samples, GENERIC)
        number = next((place for place, match in history.items() if match[0] == "deal_id"), None)
        if number is not None and not lacking("stage_entries", {name for name, _, _ in history.values()}):
            # The table of stays has a row a stay; where each deal has one row, it is a table of deals. One that says
            # how deals ended, or whose time had to be guessed, must show it clearly.
            deals = {match[0] for match in _match(text.headers, GENERIC, "deals").values()}
            guessed = any(match[0] == "entered_at" and match[1] == "check" for match in history.values())
            if _repeats(database, text, number, 0.6 if guessed or deals & {"closed_at", "status", "is_won"} else 0.9):
                return GENERIC, "stage_entries"
            if best is not None and best[2] == "stage_entries":
                return GENERIC, "stage_entries" if lacking("deals", deals) else "deals"
    if best is not None:
        return best[1], best[2]
    if options.table is None and _stage_by_content(samples) is not None:
        return GENERIC, "deals"
    shown = ", ".join(header for header in text.headers[:8] if header) or "-"
    raise NotRecognised(
        say("{name} holds nothing we recognise. Its columns are: {columns}.", name=_named(text), columns=shown),
        say(
            "A file of deals needs a name or number and a stage; a stage history needs deal, stage and date. Choose the table and say which column is which."
        ),
    )


def _match_history(
    text: TextTable, options: FileOptions, samples: Sequence[tuple[str, ...]], source: Source
) -> dict[int, Match]:
    """The columns of a stage history; without a header for it, its time is the first column of dates."""
    history = _match(text.headers, source, "stage_entries")
    _apply(text, "stage_entries", options.mapping, history, strict=False)
    if "entered_at" not in {match[0] for match in history.values()}:
        for place, cells in enumerate(samples):
            if place not in history and cells and all(_DATE.match(cell) for cell in cells[:20]):
                return history | {
                    place: ("entered_at", "check", say("Its cells are dates, such as {example}.", example=cells[0]))
                }
    return history


def _is_description(samples: Sequence[tuple[str, ...]]) -> bool:
    """Whether the cells are what headers are: a list of columns, not rows of a table."""
    cells = {fold(cell) for column in samples for cell in column} - {""}
    return 5 <= len(cells) <= 500 and len(cells & _HEADERS) >= 0.6 * len(cells)


def _named(text: TextTable) -> str:
    return f"{text.name} / {text.sheet}" if text.sheet else text.name


# What a table cannot do without: one column of each group.
NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "deals": (("deal_id", "deal_name"), ("stage", "status", "is_won")),
    "stage_entries": (("deal_id",), ("stage",), ("entered_at",)),
    "customers": (("customer_name", "customer_id"),),
    "people": (("person_name", "person_id", "email"),),
    "products": (("product_name", "product_id"),),
    "contacts": (("contact_id", "contact_name", "last_name", "email"),),
    "leads": (("lead_id", "lead_name", "last_name", "email"),),
}
# What tells a table from others that name the same things, where nobody has said which it is.
_TELLING = {
    "customers": {"industry", "segment", "customer_type", "region", "city", "country", "employees", "annual_revenue", "website", "tax_id", "parent_id"},
    "people": {"team", "manager", "office", "is_active"},
    "products": {"list_price", "family", "unit_cost"},
    "contacts": {"contact_id", "last_name", "title"},
    "leads": {"lead_id", "is_converted", "converted_at"},
}  # fmt: skip
_LEAD = re.compile(r"(?<![^\W_])(leads?|לידים|ה?ליד)(?![^\W_])", re.IGNORECASE)
_LEAD_SOURCES = {fold(header) for header in GENERIC.headers["leads"]["source"]}
_HEADERS = frozenset(
    fold(header) for columns in GENERIC.headers.values() for headers in columns.values() for header in headers
)


def lacking(table: str, names: Iterable[str | None]) -> list[tuple[str, ...]]:
    """The groups of columns of which `table` needs one and has none."""
    have = set(names)
    return [group for group in NEEDED[table] if not have & set(group)]


def _is_enough(table: str, names: Iterable[str | None], text: TextTable) -> bool:
    """Whether these columns make a table worth loading."""
    have = set(names)
    if lacking(table, have):
        return False
    return bool(
        table not in _TELLING
        or have & _TELLING[table]
        or (
            table == "leads"
            and any(_LEAD.search(name) for name in (text.name, *text.headers) if fold(name) not in _LEAD_SOURCES)
        )
    )


_MANY = 100_000  # rows


def _repeats(database: duckdb.DuckDBPyConnection, text: TextTable, position: int, most: float) -> bool:
    """Whether the different values of a column are fewer than `most` of its cells."""
    # Within a few in a hundred is near enough, and much cheaper, where there are many.
    different = f"approx_count_distinct(c{position})" if text.rows_read > _MANY else f"count(DISTINCT c{position})"
    row = database.execute(f"SELECT count(c{position}), {different} FROM {quoted(text.relation)}").fetchone()
    return bool(row and row[0] and row[1] < most * row[0])


# Which column

_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}\b")

# What some exports write before each header.
_ENTITY = {
    table: re.compile(rf"^({entity})\s+-\s+", re.IGNORECASE)
    for table, entity in {
        "deals": "deal|opportunity",
        "contacts": "person|contact",
        "leads": "lead",
        "customers": "organization|account|company",
    }.items()
}

Match = tuple[str | None, Confidence, Message]


def _match(headers: Sequence[str], source: Source, table: str) -> dict[int, Match]:
    """Columns by what their headers say: first as this source writes them, then as anybody does, then nearly so."""
    entity = _ENTITY.get(table)
    folded = [(fold(header), fold(entity.sub("", header) if entity else header)) for header in headers]
    found: dict[int, Match] = {}
    taken: set[str] = set()
    for headers_of in (source.headers.get(table, {}), GENERIC.headers.get(table, {})):
        for name, synonyms in headers_of.items():
            if name in taken:
                continue
            for synonym in map(fold, synonyms):
                place = next((i for i, ways in enumerate(folded) if synonym in ways and i not in found), None)
                if place is not None:
                    found[place] = (name, "sure", say("The header says so."))
                    taken.add(name)
                    break
    near = {fold(synonym): name for name, synonyms in GENERIC.headers.get(table, {}).items() for synonym in synonyms}
    for place, (text, _) in enumerate(folded):
        if place in found or len(text) < 6:
            continue
        best = max((word for word in near if len(word) >= 6), key=lambda word: fuzz.ratio(text, word), default="")
        if best and fuzz.ratio(text, best) >= 90 and near[best] not in taken:
            found[place] = (near[best], "check", say("The header is nearly one we know."))
            taken.add(near[best])
    return found


def _apply(
    text: TextTable, table: str, wanted: Mapping[str, str | None], mapping: dict[int, Match], *, strict: bool = True
) -> None:
    """Put the person's own word over ours."""
    names = {column.name for column in targets(table)}
    for header, name in wanted.items():
        places = [i for i, own in enumerate(text.headers) if own == header] or [
            i for i, own in enumerate(text.headers) if fold(own) == fold(header)
        ]
        if not places or (name is not None and name not in names and not strict):
            continue
        if name is not None and name not in names:
            raise RequestProblem(
                say("{field} is not a column of {table}.", field=name, table=table),
                say("Its columns are: {columns}.", columns=", ".join(sorted(names))),
            )
        for place in [place for place, match in mapping.items() if match[0] == name and name is not None]:
            del mapping[place]
        mapping[places[0]] = (name, "sure" if name else "aside", say("As you chose."))


def _find_by_content(
    database: duckdb.DuckDBPyConnection, text: TextTable, mapping: dict[int, Match], samples: Sequence[tuple[str, ...]]
) -> dict[int, Match]:
    """Fill what a table of deals cannot do without from what the cells look like."""
    have = {match[0] for match in mapping.values()}
    if not have & {"stage", "status", "is_won"}:
        place = _stage_by_content([() if i in mapping else cells for i, cells in enumerate(samples)])
        if place is not None:
            mapping = mapping | {
                place: (
                    "stage",
                    "check",
                    say("Its cells are names of stages, such as {example}.", example=samples[place][0]),
                )
            }
    if not have & {"deal_id", "deal_name"}:
        for place in range(len(text.headers)):
            if place in mapping or not samples[place]:
                continue
            row = database.execute(
                f"SELECT count(*), count(DISTINCT c{place}), min(length(c{place})) FROM {quoted(text.relation)}"
            ).fetchone()
            if row and row[0] and row[0] == row[1]:
                return mapping | {place: ("deal_id", "check", say("Every row has another value in it."))}
    return mapping


def _stage_by_content(samples: Sequence[tuple[str, ...]]) -> int | None:
    for place, cells in enumerate(samples):
        words = {fold(cell) for cell in cells}
        if 2 <= len(words) <= 15 and {STATUS_OF.get(word) for word in words} & {"won", "lost"}:
            return place
    return None


# What the cells look like


def _look(database: duckdb.DuckDBPyConnection, text: TextTable) -> tuple[list[tuple[str, ...]], list[float]]:
    """The different values among the first rows of each column, and the share of its cells that are filled."""
    head = database.execute(f"SELECT * EXCLUDE (line) FROM {quoted(text.relation)} LIMIT 400").fetchall()
    samples = [
        tuple(dict.fromkeys(str(row[place])[:120] for row in head if row[place] is not None))
        for place in range(len(text.headers))
    ]
    counts = ", ".join(f"count(c{place})" for place in range(len(text.headers)))
    row = database.execute(f"SELECT {counts} FROM {quoted(text.relation)}").fetchone() or ()
    return samples, [count / max(text.rows_read, 1) for count in row]


def _read(
    database: duckdb.DuckDBPyConnection,
    text: TextTable,
    columns: Sequence[ColumnPlan],
    kinds: Mapping[str, Kind],
    options: FileOptions,
    time_zone: str,
) -> list[ColumnPlan]:
    """Decide how the cells of each known column are read, and give up those whose cells say otherwise."""
    read = []
    for column in columns:
        if column.field is None:
            read.append(column)
            continue
        kind: Kind = "timestamp" if column.stage else kinds[column.field]
        reading = read_as(database, text.relation, column.name, kind, order=options.date_order, time_zone=time_zone)
        read.append(replace(column, reading=reading))
    read = _agree_on_order(database, text, read, options, time_zone)
    typed = [c for c in read if c.reading and c.reading.sql != quoted(c.name) and not c.reading.is_whole]
    if typed:
        counts = ", ".join(f"count({column.reading.sql})" for column in typed if column.reading)
        row = database.execute(f"SELECT {counts} FROM {quoted(text.relation)}").fetchone() or ()
        for column, good in zip(typed, row, strict=True):
            cells = round(column.filled * text.rows_read)
            if cells and good < 0.5 * cells and fold(column.header) not in {fold(header) for header in options.mapping}:
                reason = say(
                    "The header says {field}, but most cells, such as {example}, do not.",
                    field=column.field or "",
                    example=column.samples[0] if column.samples else "",
                )
                read[column.position] = replace(
                    column, field=None, stage=None, reading=None, confidence="check", reason=reason
                )
            elif column.reading and not column.reading.sure:
                read[column.position] = replace(column, confidence="check", reason=column.reading.reason)
    return read


def _agree_on_order(
    database: duckdb.DuckDBPyConnection,
    text: TextTable,
    columns: list[ColumnPlan],
    options: FileOptions,
    time_zone: str,
) -> list[ColumnPlan]:
    """A column whose dates fit both orders follows the one that tells, in the same file."""
    telling = next((c for c in columns if c.reading and c.reading.order and c.reading.sure), None)
    if telling is None or telling.reading is None or options.date_order:
        return columns
    agreed = []
    for column in columns:
        if column.reading and column.reading.order and not column.reading.sure:
            reading = read_as(
                database,
                text.relation,
                column.name,
                column.reading.kind,
                order=telling.reading.order,
                time_zone=time_zone,
            )
            reason = say("Read like {column}: {reason}", column=telling.header, reason=telling.reading.reason)
            column = replace(column, reading=replace(reading, reason=reason))
        agreed.append(column)
    return agreed


def _check_status(database: duckdb.DuckDBPyConnection, text: TextTable, column: ColumnPlan) -> ColumnPlan:
    """A column called status whose words are not open, won or lost is no status."""
    if column.field != "status" or column.reason == say("As you chose."):
        return column
    rows = database.execute(
        f"SELECT {column.name}, count(*) FROM {quoted(text.relation)} WHERE {column.name} IS NOT NULL GROUP BY 1 LIMIT 1000"
    ).fetchall()
    known = sum(cells for word, cells in rows if fold(word) in STATUS_OF)
    if rows and known < 0.8 * sum(cells for _, cells in rows):
        return replace(
            column, field=None, reading=None, confidence="check",
            reason=say("Its words are not open, won and lost, so it is kept as a column of its own."),
        )  # fmt: skip
    return column
