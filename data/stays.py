"""From what the files say (`loaded_deals`, `recorded_stages`) to `deals` and every stay of every deal (`stage_entries`).

All of it works on numbers: a deal is its `deal_no`, a stage of a pipeline its place in `places`, and the stages a deal has been in
are bits. One ordering of the stays then tells what came next, what was seen before and what was skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import duckdb

from data import alike, change_log, merged, references
from data.database import quoted
from data.messages import Message, say_n
from data.said import SHOWN, TABLES
from data.schema import SCHEMA
from data.sql import columns_of, number_of

DEFAULT_PIPELINE = "Sales"
NO_CURRENCY = "XXX"  # ISO 4217's code for it
# A whole number holds the bits of so many stages; for more there is the slower type for any number of bits.
_BITS = 62
_LAST = 9223372036854775807  # after every line of every file
# Columns of text with no more different values than this are stored as numbers, which group and compare much faster.
_MOST_WORDS = 1000
_STATUSES = ("lost", "open", "won")
_FATES = ("advanced", "back", "handed_off", "lost", "still")
# Of the columns of deals, those that change or that change others, beside the ones that `_make_deals` works out.
_LOOKED_AT = ("created_at", "stage_changed_at", "amount", "currency")
# What a history may say of the deals it names.
_OF_THEIR_DEALS = ("deal_name", "customer_id", "customer", "currency", "created_at")


def add_deals_of_history(database: duckdb.DuckDBPyConnection) -> list[Message]:
    """A deal that only a stage history knows is a deal all the same; returns what there is to say of it."""
    database.execute("DELETE FROM loaded_deals WHERE is_from_history")
    # Most often there is none, and to see that takes the numbers only.
    if not database.execute("SELECT 1 FROM recorded_stages ANTI JOIN loaded_deals USING (deal_id) LIMIT 1").fetchall():
        return []
    known = database.execute("SELECT count(*) FROM loaded_deals").fetchone()
    added = database.execute(
        """
        INSERT INTO loaded_deals BY NAME
        SELECT deal_id, true AS is_from_history,
               last(pipeline ORDER BY entered_at, position) FILTER (pipeline IS NOT NULL) AS pipeline,
               last(stage ORDER BY entered_at, position) AS stage,
               arg_min(deal_name, position) AS deal_name, arg_min(customer_id, position) AS customer_id,
               arg_min(customer, position) AS customer, arg_min(currency, position) AS currency, min(created_at) AS created_at,
               last(owner_id ORDER BY entered_at, position) FILTER (owner_id IS NOT NULL) AS owner_id,
               last(owner ORDER BY entered_at, position) FILTER (owner IS NOT NULL) AS owner,
               last(amount ORDER BY entered_at, position) FILTER (amount IS NOT NULL) AS amount
        FROM recorded_stages ANTI JOIN loaded_deals USING (deal_id) GROUP BY deal_id
        """
    ).fetchone()
    change_log.tell_deals(database)
    if added and added[0] and known and known[0]:
        return [
            say_n(
                "{n} deal is in the stage history only, and was added.",
                "{n} deals are in the stage history only, and were added.",
                added[0],
            )
        ]
    return []


def link(database: duckdb.DuckDBPyConnection, default_pipeline: str) -> None:
    """Make the temporary tables `numbers`, `places` (place, pipeline, stage) and `moves`: the recorded stays, by deal_no and place.

    `numbers` has the deal_no of each deal: deals are numbered in the order they were created, and stored in it, so that a
    period is a stretch of rows. `moves` also carries what the files say of the stay: owner and so on, where any file does.
    """
    names = _carried(database)
    kinds = _stored(database, "recorded_stages", names.values())
    carried = "".join(f", {_cast(f'r.{name}', kinds[name])} AS {own}" for own, name in names.items())
    database.execute(
        """
        CREATE OR REPLACE TEMP TABLE numbers AS
            SELECT row_number() OVER () AS deal_no, deal_id, pipeline, loaded_row FROM (
                SELECT l.deal_id, l.pipeline, l.rowid AS loaded_row FROM loaded_deals l LEFT JOIN (
                    SELECT deal_id, min(entered_at) AS first_at FROM recorded_stages
                    SEMI JOIN (SELECT deal_id FROM loaded_deals WHERE created_at IS NULL) USING (deal_id) GROUP BY deal_id
                ) r USING (deal_id) ORDER BY coalesce(l.created_at, r.first_at), l.rowid
            )
        """
    )
    database.execute(
        """
        CREATE OR REPLACE TEMP TABLE places AS
            WITH named AS (SELECT DISTINCT pipeline, stage FROM recorded_stages), pipelines AS (
                SELECT DISTINCT coalesce(pipeline, $pipeline) AS pipeline FROM loaded_deals
            )
            SELECT CAST(row_number() OVER (ORDER BY pipeline, stage) - 1 AS INTEGER) AS place, pipeline, stage FROM (
                SELECT pipeline, stage FROM named WHERE pipeline IS NOT NULL
                UNION SELECT p.pipeline, n.stage FROM named n, pipelines p WHERE n.pipeline IS NULL
            )
        """,
        {"pipeline": default_pipeline},
    )
    database.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE moves AS
            SELECT d.deal_no, p.place, r.entered_at, r.position{carried}
            FROM recorded_stages r JOIN numbers d ON d.deal_id = r.deal_id
            JOIN places p ON p.stage = r.stage AND p.pipeline = coalesce(r.pipeline, d.pipeline, $pipeline)
        """,
        {"pipeline": default_pipeline},
    )


def derive(
    database: duckdb.DuckDBPyConnection,
    default_pipeline: str = DEFAULT_PIPELINE,
    time_zone: str = "UTC",
    currency: str = "",
    *,
    row_by_row: bool = False,
) -> list[Message]:
    """Make `deals` and `stage_entries` anew, once the stages are decided; returns what there is to say of it.

    Days are cut in `time_zone`; `currency` is that of amounts that name none. Deals find their customer, owner and product.
    With `row_by_row` every stay is a row of its own, also of deals that are alike.
    """
    if not columns_of(database, "temp.moves"):  # `decide_stages` has made it
        link(database, default_pipeline)
    _make_marks(database)
    _make_deals(database, default_pipeline, time_zone)
    notes = _tell_currencies_apart(database, currency)
    _make_steps(database)
    alike.single_out(database, row_by_row)
    _add_assumed(database)
    _fill_from_history(database)
    merged.follow(database, "made_deals")
    notes += references.resolve(database)
    _write_deals(database)
    _write_entries(database)
    database.execute("DROP TABLE temp.places; DROP TABLE temp.marks")
    return notes


def _tell_currencies_apart(database: duckdb.DuckDBPyConnection, currency: str) -> list[Message]:
    """Amounts without a currency must not be added to those with one."""
    row = database.execute(
        "SELECT count(currency), count(*) FILTER (currency IS NULL AND amount IS NOT NULL) FROM made_deals"
    ).fetchone()
    named, unnamed = row or (0, 0)
    if not unnamed or not (named or currency):
        return []
    code = currency or NO_CURRENCY
    database.execute("UPDATE made_deals SET currency = ? WHERE currency IS NULL AND amount IS NOT NULL", [code])
    if currency:
        return []
    return [
        say_n(
            "{n} deal has an amount without a currency. Its sum is shown apart until the settings name its currency.",
            "{n} deals have amounts without a currency. Their sums are shown apart until the settings name their currency.",
            unnamed,
        )
    ]


def _attributes(database: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [name for name in columns_of(database, table) if re.fullmatch(r"attr_\d+", name)]


def _carried(database: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The columns that stays have from the files and that hold something, by what they are called in `stage_entries`."""
    names = {name: name for name in ("owner_id", "owner", "amount", *_attributes(database, "recorded_stages"))}
    names |= {f"said_{name}": name for name in (*_OF_THEIR_DEALS, "pipeline")}
    counts = database.execute(
        f"SELECT {', '.join(f'count({name})' for name in names.values())}, count(*) FROM recorded_stages"
    ).fetchone()
    *filled, rows = counts or (0,)
    found = {own: name for (own, name), count in zip(names.items(), filled, strict=True) if count}
    if filled[-1] == rows:  # then the pipelines of the stays are as said
        found.pop("said_pipeline", None)
    return found


def _stored(database: duckdb.DuckDBPyConnection, table: str, names: Iterable[str]) -> dict[str, str]:
    """The type each of these columns of text or numbers is stored as: an ENUM where it has few different values."""
    types = columns_of(database, table)
    text = [name for name in names if types[name] == "VARCHAR"]
    words = _few_words(database, table, text) if text else {}
    return {name: _words(words[name]) if name in words else types[name] for name in names}


def _few_words(database: duckdb.DuckDBPyConnection, table: str, text: Sequence[str]) -> dict[str, set[str]]:
    """The different values of those of these columns that have few."""
    if number_of(database, f"SELECT count(*) FROM {table}") <= _MOST_WORDS:
        # One question, and not one a column: there may be a thousand.
        rows = database.execute(f"SELECT {', '.join(map(quoted, text))} FROM {table}").fetchall()
        return {name: {*cells} - {None} for name, cells in zip(text, zip(*rows, strict=True), strict=False)}
    # Near enough, and much cheaper than to count.
    counts = database.execute(f"SELECT {', '.join(f'approx_count_distinct({quoted(n)})' for n in text)} FROM {table}")
    few = [name for name, count in zip(text, counts.fetchone() or (), strict=True) if 0 < count <= _MOST_WORDS]
    return {
        name: {
            word
            for (word,) in database.execute(
                f"SELECT DISTINCT {quoted(name)} FROM {table} WHERE {quoted(name)} IS NOT NULL"
            ).fetchall()
        }
        for name in few
    }


def _words(words: Iterable[str]) -> str:
    """The type of a column that holds these words only. Its values sort as their text does."""
    listed = sorted(set(words), key=lambda word: word.encode())
    return f"ENUM({', '.join(_literal(word) for word in listed)})" if listed else "VARCHAR"


def _cast(sql: str, kind: str) -> str:
    return f"CAST({sql} AS {kind})" if kind.startswith("ENUM") else sql


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _make_deals(database: duckdb.DuckDBPyConnection, default_pipeline: str, time_zone: str) -> None:
    """The temporary table `made_deals`: the columns of `deals` that need not be as they were loaded, and those that decide them."""
    kinds = {"pipeline": _pipeline_type(database), "stage": _stage_type(database), "status": _words(_STATUSES)}
    words = word_columns(kinds, "h.stage")
    derived = {"deal_no": "n.deal_no"} | words | date_columns(words["status"], time_zone)
    names = dict.fromkeys((*derived, *_LOOKED_AT, *references.columns_to_fill(database)))
    columns = ", ".join(f"{derived.get(name, f'l.{name}')} AS {name}" for name in names)
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE made_deals AS SELECT *{_number(database, kinds)} FROM (SELECT n.loaded_row, {columns} FROM loaded_deals l
            JOIN numbers n ON n.loaded_row = l.rowid
            LEFT JOIN (
                SELECT deal_no, last(stage ORDER BY entered_at, position) AS stage FROM moves JOIN places USING (place)
                SEMI JOIN (SELECT n.deal_no FROM numbers n JOIN loaded_deals l ON l.rowid = n.loaded_row WHERE l.stage IS NULL) USING (deal_no)
                GROUP BY deal_no
            ) h ON h.deal_no = n.deal_no
            LEFT JOIN stages s ON s.pipeline = coalesce(l.pipeline, $pipeline) AND s.stage = coalesce(l.stage, h.stage))""",
        {"pipeline": default_pipeline},
    )


def word_columns(kinds: Mapping[str, str], last_stage: str | None = None) -> dict[str, str]:
    """SQL of pipeline, stage and status of `deals`, of these types, for rows `l` of `loaded_deals` and `s` of `stages`.

    `last_stage` is the stage by the history. $pipeline, that of deals without one, is to be given.
    """
    words = {
        "pipeline": "coalesce(l.pipeline, $pipeline)",
        "stage": f"coalesce(l.stage, {last_stage})" if last_stage else "l.stage",
        "status": "coalesce(l.file_status, s.outcome, 'open')",
    }
    return {name: _cast(sql, kinds[name]) for name, sql in words.items()}


def date_columns(status: str, time_zone: str) -> dict[str, str]:
    """SQL of the dates of `deals` that hang on the status, for rows `l` of `loaded_deals`."""
    local_close = "l.file_close"
    if time_zone != "UTC":
        local_close = f"timezone({_literal(time_zone)}, timezone('UTC', l.file_close))"
    closes_on = f"CAST({local_close} AS DATE)"
    # A close date is often a day: a deal that closed on the day it was created did not close before that.
    is_day_of_creation = (
        f"{local_close} = {closes_on} AND l.created_at > l.file_close AND l.created_at < l.file_close + INTERVAL 1 DAY"
    )
    closed_at = f"CASE WHEN {is_day_of_creation} THEN l.created_at ELSE l.file_close END"
    return {
        "closed_at": f"CASE WHEN {status} <> 'open' THEN {closed_at} END",
        "expected_close_on": f"coalesce(l.expected_close_on, CASE WHEN {status} = 'open' THEN {closes_on} END)",
    }


def _number(database: duckdb.DuckDBPyConnection, kinds: Mapping[str, str]) -> str:
    """What makes deals without a history alike, as a further column; nothing where there is no deal."""
    row = database.execute("SELECT count(*) FROM marks").fetchone()
    if not row or not row[0]:
        return ""
    return f", {alike_number(database, kinds)} AS {alike.COLUMN}"


def alike_number(
    database: duckdb.DuckDBPyConnection, kinds: Mapping[str, str], called: Mapping[str, str] = MappingProxyType({})
) -> str:
    """SQL of `stays_like`; `called` has the names of those columns of `deals` that are called otherwise."""
    stages = int(number_of(database, f"SELECT len(enum_range(NULL::{kinds['stage']}))"))
    names = {name: called.get(name, name) for name in ("pipeline", "stage", "status", "created_at", "closed_at")}
    return alike.stays_like_sql(**names, changed_at=called.get("stage_changed_at", "stage_changed_at"), stages=stages)


def link_nothing(database: duckdb.DuckDBPyConnection) -> None:
    """What `link` makes where no file tells a stay, without the numbers of the deals."""
    database.execute(
        """CREATE OR REPLACE TEMP TABLE places (place INTEGER, pipeline VARCHAR, stage VARCHAR);
        CREATE OR REPLACE TEMP TABLE moves (deal_no BIGINT, place INTEGER, entered_at TIMESTAMP, position BIGINT);
        CREATE OR REPLACE TEMP TABLE numbers (deal_no BIGINT, deal_id VARCHAR, pipeline VARCHAR)"""
    )


def show_alike(database: duckdb.DuckDBPyConnection) -> None:
    """Make `stage_entries` for `deals` that are written, of which no file tells the stays; once `link_nothing` was called."""
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE made_deals AS
                SELECT deal_no, pipeline, stage, status, created_at, closed_at, stage_changed_at, {alike.COLUMN} FROM deals
                WHERE deal_no IN (SELECT min(deal_no) FROM deals GROUP BY {alike.COLUMN})"""
    )
    _make_marks(database)
    _make_steps(database)
    alike.single_out(database)
    _add_assumed(database)
    _write_entries(database)
    database.execute("DROP TABLE temp.made_deals; DROP TABLE temp.places; DROP TABLE temp.marks")


def _make_marks(database: duckdb.DuckDBPyConnection) -> None:
    """The temporary table `marks`: every stage with its place, its bit, and the bits of the stages it is compared with.

    below: the open stages before it; beyond: the open and won ones after it; alike: those of its outcome. All in its pipeline.
    """
    row = database.execute("SELECT count(*) FROM stages").fetchone()
    count = row[0] if row else 0
    none, bit = "0::BIGINT", "1::BIGINT << nth"
    if count > _BITS:
        none = f"repeat('0', {count})::BIT"
        bit = f"set_bit({none}, CAST(nth AS INTEGER), 1)"
    database.execute(
        f"""
        INSERT INTO places SELECT (SELECT coalesce(max(place), -1) FROM places) + row_number() OVER (ORDER BY pipeline, stage_order), pipeline, stage
            FROM stages ANTI JOIN places USING (pipeline, stage);
        CREATE OR REPLACE TEMP TABLE marks AS
            WITH bits AS (
                SELECT *, {bit} AS bit FROM (
                    SELECT place, pipeline, stage, CAST(stage_order AS DOUBLE) AS stage_order, outcome,
                           CAST(row_number() OVER (ORDER BY pipeline, stage_order) - 1 AS BIGINT) AS nth
                    FROM stages JOIN places USING (pipeline, stage)
                )
            )
            SELECT s.place, s.pipeline, s.stage, s.stage_order, s.outcome, s.bit, {none} AS none,
                   coalesce(bit_or(o.bit) FILTER (o.outcome = 'open' AND o.stage_order < s.stage_order), {none}) AS below,
                   coalesce(bit_or(o.bit) FILTER (o.outcome <> 'lost' AND o.stage_order > s.stage_order), {none}) AS beyond,
                   bit_or(o.bit) FILTER (o.outcome = s.outcome) AS alike
            FROM bits s JOIN bits o USING (pipeline) GROUP BY ALL
        """
    )


def _has_no_pipelines(database: duckdb.DuckDBPyConnection) -> bool:
    """Whether no stay says its pipeline."""
    row = database.execute("SELECT count(pipeline) FROM recorded_stages").fetchone()
    return row is None or not row[0]


def _steps_of(source: str) -> str:
    """The stays of `source` in order: turn, the place and time of the next one, and the bits of the stages seen before."""
    return f"""
        SELECT v.*, true AS is_recorded, row_number() OVER steps AS turn, lag(v.place) OVER steps AS last_place,
               lead(v.place) OVER steps AS next_place, lead(v.entered_at) OVER steps AS next_at, m.bit,
               coalesce(bit_or(m.bit) OVER (PARTITION BY v.deal_no ORDER BY v.entered_at, v.position
                                            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), m.none) AS seen
        FROM {source} v JOIN marks m USING (place)
        WINDOW steps AS (PARTITION BY v.deal_no ORDER BY v.entered_at, v.position)"""


def _make_steps(database: duckdb.DuckDBPyConnection) -> None:
    """The temporary tables `steps`, the recorded stays in order, and `ends`: of each deal the last, with all it has seen."""
    database.execute(f"CREATE OR REPLACE TEMP TABLE steps AS {_steps_of('moves')}")
    database.execute("DROP TABLE IF EXISTS repeated_stays")
    twice = database.execute("SELECT count(*) FROM steps WHERE place = last_place").fetchone()
    if twice and twice[0]:
        # Two stays in a row in one stage are one; the second is kept apart, since a file said it.
        carried = _carried(database)
        pipeline = (
            "m.said_pipeline" if "said_pipeline" in carried else "NULL" if _has_no_pipelines(database) else "p.pipeline"
        )
        said = "".join(f", m.{own} AS {name}" for own, name in carried.items() if name != "pipeline")
        database.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE again AS
                SELECT *, lag(place) OVER (PARTITION BY deal_no ORDER BY entered_at, position) IS NOT DISTINCT FROM place AS is_second
                FROM moves WHERE deal_no IN (SELECT deal_no FROM steps WHERE place = last_place);
            CREATE TABLE repeated_stays AS
                SELECT n.deal_id, CAST({pipeline} AS VARCHAR) AS pipeline, p.stage, m.entered_at, m.position{said}
                FROM again m JOIN numbers n USING (deal_no) JOIN places p USING (place) WHERE is_second;
            DELETE FROM steps WHERE deal_no IN (SELECT deal_no FROM again);
            INSERT INTO steps {_steps_of("(SELECT * EXCLUDE (is_second) FROM again WHERE NOT is_second)")};
            DROP TABLE again
            """
        )
    database.execute(
        """CREATE OR REPLACE TEMP TABLE ends AS
           SELECT deal_no, place, entered_at, turn, seen | bit AS seen FROM steps WHERE next_place IS NULL;
           DROP TABLE temp.moves; DROP TABLE temp.numbers"""
    )


def _add_assumed(database: duckdb.DuckDBPyConnection) -> None:
    """Add to `steps` where a deal must have been, by its status, though no file says when."""
    database.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE known AS
            WITH first_stages AS (
                SELECT pipeline, arg_min(stage, stage_order) FILTER (outcome = 'open') AS opening,
                       arg_min(stage, stage_order) FILTER (outcome = 'won') AS winning,
                       arg_min(stage, stage_order) FILTER (outcome = 'lost') AS losing
                FROM stages GROUP BY pipeline
            ), ended AS (
                SELECT d.deal_no, d.pipeline, d.stage, d.status, d.created_at, d.closed_at, d.stage_changed_at,
                       s.outcome AS stage_outcome, e.entered_at AS last_at, o.outcome AS last_outcome, o.stage AS last_open,
                       e.deal_no IS NOT NULL AS has_history, coalesce(bit_count(e.seen & s.bit) > 0, false) AS was_there
                FROM looked_at d LEFT JOIN marks s ON s.pipeline = d.pipeline AND s.stage = d.stage
                LEFT JOIN ends e ON e.deal_no = d.deal_no LEFT JOIN marks o ON o.place = e.place
                WHERE e.deal_no IS NULL OR (d.status <> 'open' AND o.outcome <> d.status)
                   OR (d.status = 'open' AND (o.outcome <> 'open' OR s.outcome = 'open' AND o.stage <> d.stage))
            ), last_opens AS (
                SELECT deal_no, arg_max(stage, turn) AS stage FROM steps JOIN marks USING (place)
                SEMI JOIN (SELECT deal_no FROM ended WHERE status = 'open' AND last_outcome <> 'open') USING (deal_no)
                WHERE outcome = 'open' GROUP BY deal_no
            )
            SELECT ended.* REPLACE (CASE WHEN last_outcome = 'open' THEN last_open ELSE l.stage END AS last_open), opening, winning, losing
            FROM ended LEFT JOIN first_stages f ON f.pipeline = ended.pipeline LEFT JOIN last_opens l ON l.deal_no = ended.deal_no;
        CREATE OR REPLACE TEMP TABLE assumed AS
            WITH guessed AS (
                -- the stage it is in, or was closed from, or the first one
                SELECT deal_no, pipeline, CASE WHEN stage_outcome = 'open' THEN stage ELSE opening END AS stage,
                       coalesce(CASE WHEN stage_outcome <> 'open' THEN NULL WHEN stage_changed_at > closed_at THEN closed_at ELSE stage_changed_at END,
                                CASE WHEN stage_outcome IS DISTINCT FROM 'open' OR stage = opening THEN created_at END) AS entered_at, 0 AS position
                FROM known WHERE NOT has_history AND opening IS NOT NULL
                UNION ALL
                -- the stage it was won or lost in
                SELECT deal_no, pipeline, CASE WHEN stage_outcome = status THEN stage WHEN status = 'won' THEN winning ELSE losing END,
                       CASE WHEN has_history THEN greatest(coalesce(closed_at, last_at), last_at) ELSE closed_at END, {_LAST}
                FROM known WHERE status <> 'open' AND last_outcome IS DISTINCT FROM status
                UNION ALL
                -- the stage it is in, which the history does not know of: it was opened again, or came there later or unrecorded
                SELECT deal_no, pipeline, CASE WHEN stage_outcome = 'open' THEN stage ELSE coalesce(last_open, opening) END,
                       greatest(coalesce(stage_changed_at, last_at), last_at), {_LAST}
                FROM known WHERE status = 'open' AND has_history AND (last_outcome <> 'open' OR stage_outcome = 'open' AND last_open <> stage
                    AND (stage_changed_at > last_at OR NOT was_there))
            )
            SELECT g.deal_no, m.place, g.entered_at, g.position, false AS is_recorded, coalesce(e.turn, 0) + row_number() OVER steps AS turn,
                   coalesce(lag(m.place) OVER steps, e.place) AS last_place, lead(m.place) OVER steps AS next_place, lead(g.entered_at) OVER steps AS next_at,
                   m.bit, coalesce(e.seen, m.none) | coalesce(lag(m.bit) OVER steps, m.none) AS seen
            FROM guessed g JOIN marks m USING (pipeline, stage) LEFT JOIN ends e ON e.deal_no = g.deal_no
            WINDOW steps AS (PARTITION BY g.deal_no ORDER BY g.position);
        UPDATE steps SET next_place = a.place, next_at = a.entered_at FROM assumed a
            WHERE a.deal_no = steps.deal_no AND steps.next_place IS NULL;
        INSERT INTO steps BY NAME SELECT * FROM assumed;
        DELETE FROM ends WHERE deal_no IN (SELECT deal_no FROM assumed);
        INSERT INTO ends BY NAME SELECT deal_no, place, entered_at, turn, seen | bit AS seen FROM assumed WHERE next_place IS NULL;
        DROP TABLE known; DROP TABLE assumed
        """
    )


def _fill_from_history(database: duckdb.DuckDBPyConnection) -> None:
    """Dates that the deals' own file does not give, and the history does. A deal closes when it last leaves the open stages."""
    database.execute(
        """
        CREATE OR REPLACE TEMP TABLE undated AS
            SELECT deal_no FROM made_deals WHERE created_at IS NULL OR (closed_at IS NULL AND status <> 'open');
        UPDATE made_deals SET created_at = coalesce(made_deals.created_at, h.first_at),
                         closed_at = CASE WHEN made_deals.status = h.outcome THEN coalesce(made_deals.closed_at, h.closed_at) ELSE made_deals.closed_at END
        FROM (SELECT deal_no, min(entered_at) AS first_at, last(outcome ORDER BY entered_at, stage_order) AS outcome,
                     min(entered_at) FILTER (outcome <> 'open' AND entered_at >= coalesce(open_until, entered_at)) AS closed_at
              FROM (SELECT deal_no, entered_at, outcome, stage_order, max(entered_at) FILTER (outcome = 'open') OVER (PARTITION BY deal_no) AS open_until
                    FROM steps SEMI JOIN undated USING (deal_no) JOIN marks USING (place) WHERE is_recorded) GROUP BY deal_no) h
        WHERE h.deal_no = made_deals.deal_no AND (made_deals.created_at IS NULL OR (made_deals.closed_at IS NULL AND made_deals.status <> 'open'));
        DROP TABLE undated
        """
    )


def _write_deals(database: duckdb.DuckDBPyConnection) -> None:
    """`made_deals` and what else was loaded into `deals`, in the order of deal_no, with what was said where it differs."""
    kinds = {column.name: column.kind for column in SCHEMA["deals"]}
    attributes = _attributes(database, "loaded_deals")
    made = list(columns_of(database, "temp.made_deals"))
    words = [name for name in (*kinds, *attributes) if kinds.get(name, "category") == "category"]
    said = _said_otherwise(database, made)
    stored = _stored(database, "made_deals", [name for name in words if name in made])
    of_loaded = _stored(database, "loaded_deals", [*(name for name in words if name not in made), *said])
    columns = [
        _column(f"m.{name}", stored.get(name), name)
        if name in made
        else _column(f"l.{name}", of_loaded.get(name), name)
        for name in (*kinds, *attributes)
    ] + [_column(f"l.{name}", of_loaded[name], f"said_{name}") for name in said]
    if alike.any_alike(database):
        columns.append(f"{alike.number_of_deal(database, 'm')} AS {alike.COLUMN}")
    database.execute(
        f"""CREATE OR REPLACE TABLE deals AS SELECT {", ".join(columns)}
            FROM made_deals m JOIN loaded_deals l ON l.rowid = m.loaded_row ORDER BY deal_no;
        DROP TABLE made_deals"""
    )


def _column(sql: str, kind: str | None, name: str) -> str:
    return f"{_cast(sql, kind or '')} AS {name}"


def _said_otherwise(database: duckdb.DuckDBPyConnection, made: Sequence[str]) -> list[str]:
    """The columns of `loaded_deals` that `deals` does not hold as they are."""
    differs = {
        name: f"l.{name} IS DISTINCT FROM m.{SHOWN.get(name, name)}"
        for name in TABLES["loaded_deals"]
        if SHOWN.get(name, name) in made
    }
    differs |= {"file_stage_order": "l.file_stage_order IS NOT NULL", "is_from_history": "l.is_from_history"}
    row = database.execute(
        f"SELECT {', '.join(f'bool_or({sql})' for sql in differs.values())} FROM made_deals m JOIN loaded_deals l ON l.rowid = m.loaded_row"
    ).fetchone()
    said = [name for name, any_does in zip(differs, row or (), strict=True) if any_does]
    has_leads = database.execute("SELECT 1 FROM loaded_leads LIMIT 1").fetchall()
    return [*said, "lead_id"] if has_leads else said  # a deal is told its lead later


def _pipeline_type(database: duckdb.DuckDBPyConnection) -> str:
    rows = database.execute("SELECT DISTINCT pipeline FROM places").fetchall()
    return _words(pipeline for (pipeline,) in rows)


def _stage_type(database: duckdb.DuckDBPyConnection) -> str:
    rows = database.execute(
        "SELECT stage FROM stages UNION SELECT stage FROM loaded_deals WHERE stage IS NOT NULL"
    ).fetchall()
    return _words(stage for (stage,) in rows)


def _write_entries(database: duckdb.DuckDBPyConnection) -> None:
    """Every stay into `stage_entries`, in the order of deal_no."""
    known = columns_of(database, "temp.steps")
    kinds = {"owner_id": "VARCHAR", "owner": "VARCHAR", "amount": "DOUBLE"} | dict.fromkeys(
        _attributes(database, "recorded_stages"), "VARCHAR"
    )
    said = sorted(name for name in known if name.startswith("said_"))
    carried = "".join(f", v.{name}" for name in (*kinds, *said) if name in known)
    absent = "".join(f", CAST(NULL AS {kind}) AS {name}" for name, kind in kinds.items() if name not in known)
    been = "bit_count(v.seen & m.bit) > 0"

    def stays(visit: str, which: str) -> str:
        return f"""
            SELECT v.deal_no, v.place, v.next_place, v.entered_at, v.next_at, v.is_recorded, false AS is_skipped, {visit} AS visit, v.turn,
                   CASE WHEN v.is_recorded THEN v.position END AS said_position,
                   CASE WHEN m.outcome = 'lost' OR {been} THEN 0 ELSE bit_count(m.below) - bit_count(m.below & v.seen) END AS skips,
                   bit_count(v.seen & m.alike) = 0 AS is_first{carried}
            FROM steps v JOIN marks m USING (place) WHERE {which}"""

    # Sorted while the rows are narrow: what the deals and the stages say of them is joined afterwards.
    database.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE ordered AS
            -- Stages a deal went past unseen: a stay without length, at the time it was seen beyond. Few deals differ in what they saw.
            WITH gaps AS (
                SELECT seen, m.place, m.beyond, bit_count(seen & m.alike) = 0 AND bit_count(m.below) = 0 AS is_first
                FROM (SELECT DISTINCT seen FROM ends), marks m
                WHERE m.outcome = 'open' AND bit_count(seen & m.bit) = 0 AND bit_count(seen & m.beyond) > 0
            ), missing AS (
                SELECT e.deal_no, g.place, g.is_first, min(v.entered_at) AS entered_at, arg_min(v.place, v.turn) AS next_place, min(v.turn) AS turn
                FROM ends e JOIN gaps g USING (seen) JOIN steps v ON v.deal_no = e.deal_no AND bit_count(v.bit & g.beyond) > 0
                GROUP BY ALL
            )
            FROM (
                {stays("1", f"NOT ({been})")}
                UNION ALL BY NAME
                {stays("1 + row_number() OVER (PARTITION BY v.deal_no, v.place ORDER BY v.turn)", been)}
                UNION ALL BY NAME
                SELECT deal_no, place, next_place, entered_at, entered_at AS next_at, false AS is_recorded, true AS is_skipped, 1 AS visit, turn,
                       0 AS skips, is_first
                FROM missing
            ) ORDER BY deal_no, turn, is_skipped, place;
        DROP TABLE temp.steps; DROP TABLE temp.ends
        """
    )
    attributes = _attributes(database, "recorded_stages")
    more = [*said, "said_position"]
    pipeline = ""
    if "said_pipeline" not in said and _has_no_pipelines(database):
        more.append("said_pipeline")
        pipeline = ", CAST(NULL AS VARCHAR) AS said_pipeline"
    kinds_of_stage = {
        "pipeline": _pipeline_type(database),
        "stage": _stage_type(database),
        "outcome": _words(_STATUSES),
    }
    labels = ", ".join(f"{_cast(name, kind)} AS {name}" for name, kind in kinds_of_stage.items())
    fate = {word: _cast(_literal(word), _words(_FATES)) for word in _FATES}
    database.execute(f"CREATE OR REPLACE TEMP TABLE named AS SELECT place, stage_order, {labels} FROM marks")

    def entries(condition: str) -> str:
        return f"""
        SELECT v.* EXCLUDE (visit, turn), d.deal_id, m.pipeline, m.stage, m.stage_order, m.outcome, CAST(v.visit AS DOUBLE) AS visit,
               CASE WHEN m.outcome = 'open' THEN v.next_at END AS left_at, CASE WHEN m.outcome = 'open' THEN n.stage END AS next_stage,
               CASE WHEN m.outcome = 'won' THEN {fate["advanced"]} WHEN m.outcome = 'lost' THEN {fate["lost"]}
                    WHEN v.next_place IS NULL THEN {fate["still"]} WHEN n.pipeline <> m.pipeline THEN {fate["handed_off"]}
                    WHEN n.outcome = 'lost' THEN {fate["lost"]}
                    WHEN n.outcome = 'won' OR n.stage_order > m.stage_order THEN {fate["advanced"]} ELSE {fate["back"]} END AS fate,
               CAST(v.skips AS DOUBLE) AS skips_before{absent}, CAST(v.turn AS DOUBLE) AS turn,
               CASE WHEN v.is_first THEN 1::DOUBLE ELSE 2::DOUBLE END AS outcome_visit, d.amount AS deal_amount,
               d.currency AS deal_currency, d.created_at AS deal_created_at, d.closed_at AS deal_closed_at{pipeline}
        FROM ordered v JOIN deals d USING (deal_no) JOIN named m ON m.place = v.place LEFT JOIN named n ON n.place = v.next_place
        WHERE {condition}"""

    alike.write(database, entries, [*(column.name for column in SCHEMA["stage_entries"]), *attributes], more)
    database.execute("DROP TABLE ordered; DROP TABLE named")
