"""From what the files say (`loaded_deals`, `recorded_stages`) to `deals` and every stay of every deal (`stage_entries`).

All of it works on numbers: a deal is its `deal_no`, a stage of a pipeline its place in `places`, and the stages a deal has been in
are bits. One ordering of the stays then tells what came next, what was seen before and what was skipped.
"""

from __future__ import annotations

import re

import duckdb

from data.engine import quoted
from data.messages import Message, say_n
from data.schema import SCHEMA

DEFAULT_PIPELINE = "Sales"
NO_CURRENCY = "XXX"  # ISO 4217's code for it
# A whole number holds the bits of so many stages; for more there is the slower type for any number of bits.
_BITS = 62
_LAST = 9223372036854775807  # after every line of every file


def add_deals_of_history(database: duckdb.DuckDBPyConnection) -> list[Message]:
    """A deal that only a stage history knows is a deal all the same; returns what there is to say of it."""
    database.execute("DELETE FROM loaded_deals WHERE is_from_history")
    known = database.execute("SELECT count(*) FROM loaded_deals").fetchone()
    added = database.execute(
        """
        INSERT INTO loaded_deals BY NAME
        SELECT deal_id, true AS is_from_history,
               last(pipeline ORDER BY entered_at, position) FILTER (pipeline IS NOT NULL) AS pipeline,
               last(stage ORDER BY entered_at, position) AS stage,
               any_value(deal_name) AS deal_name, any_value(customer_id) AS customer_id, any_value(customer) AS customer,
               any_value(currency) AS currency, min(created_at) AS created_at,
               last(owner_id ORDER BY entered_at, position) FILTER (owner_id IS NOT NULL) AS owner_id,
               last(owner ORDER BY entered_at, position) FILTER (owner IS NOT NULL) AS owner,
               last(amount ORDER BY entered_at, position) FILTER (amount IS NOT NULL) AS amount
        FROM recorded_stages ANTI JOIN loaded_deals USING (deal_id) GROUP BY deal_id
        """
    ).fetchone()
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
    """Make the temporary tables `places` (place, pipeline, stage) and `moves`: the recorded stays, by deal_no and place.

    `moves` also carries what the files say of the stay: owner and so on, where any file does.
    """
    carried = "".join(f", r.{name}" for name in _carried(database))
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
            FROM recorded_stages r JOIN loaded_deals d ON d.deal_id = r.deal_id
            JOIN places p ON p.stage = r.stage AND p.pipeline = coalesce(r.pipeline, d.pipeline, $pipeline)
        """,
        {"pipeline": default_pipeline},
    )


def derive(
    database: duckdb.DuckDBPyConnection,
    default_pipeline: str = DEFAULT_PIPELINE,
    time_zone: str = "UTC",
    currency: str = "",
) -> list[Message]:
    """Make `deals` and `stage_entries` anew, once the stages are decided; returns what there is to say of it.

    Days are cut in `time_zone`; `currency` is that of amounts that name none.
    """
    if not _has(database, "moves"):  # `decide_stages` has made it
        link(database, default_pipeline)
    _make_deals(database, default_pipeline, time_zone)
    notes = _tell_currencies_apart(database, currency)
    _make_marks(database)
    _make_steps(database)
    _add_assumed(database)
    _fill_from_history(database)
    _write_entries(database)
    for name in ("places", "moves", "marks", "steps", "ends"):
        database.execute(f"DROP TABLE temp.{name}")
    return notes


def _tell_currencies_apart(database: duckdb.DuckDBPyConnection, currency: str) -> list[Message]:
    """Amounts without a currency must not be added to those with one."""
    row = database.execute(
        "SELECT count(currency), count(*) FILTER (currency IS NULL AND amount IS NOT NULL) FROM deals"
    ).fetchone()
    named, unnamed = row or (0, 0)
    if not unnamed or not (named or currency):
        return []
    code = currency or NO_CURRENCY
    database.execute("UPDATE deals SET currency = ? WHERE currency IS NULL AND amount IS NOT NULL", [code])
    if currency:
        return []
    return [
        say_n(
            "{n} deal has an amount without a currency. It is kept apart, as {code}; the settings can name its currency.",
            "{n} deals have amounts without a currency. They are kept apart, as {code}; the settings can name their currency.",
            unnamed,
            code=code,
        )
    ]


def _has(database: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(
        database.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ? AND temporary", [table]).fetchone()
    )


def _attributes(database: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    rows = database.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND database_name = current_database()", [table]
    )
    return [name for (name,) in rows.fetchall() if re.fullmatch(r"attr_\d+", name)]


def _carried(database: duckdb.DuckDBPyConnection) -> list[str]:
    """The columns that stays have from the files and that hold something."""
    names = ["owner_id", "owner", "amount", *_attributes(database, "recorded_stages")]
    counts = database.execute(f"SELECT {', '.join(f'count({name})' for name in names)} FROM recorded_stages").fetchone()
    return [name for name, count in zip(names, counts or (), strict=True) if count]


def _make_deals(database: duckdb.DuckDBPyConnection, default_pipeline: str, time_zone: str) -> None:
    local_close = "timezone($zone, timezone('UTC', l.file_close))"
    closes_on = f"CAST({local_close} AS DATE)"
    # A close date is often a day: a deal that closed on the day it was created did not close before that.
    is_day_of_creation = (
        f"{local_close} = {closes_on} AND l.created_at > l.file_close AND l.created_at < l.file_close + INTERVAL 1 DAY"
    )
    closed_at = f"CASE WHEN {is_day_of_creation} THEN l.created_at ELSE l.file_close END"
    derived = {
        "pipeline": "coalesce(l.pipeline, $pipeline)",
        "stage": "coalesce(l.stage, h.stage)",
        "status": "coalesce(l.file_status, s.outcome, 'open')",
        "closed_at": f"CASE WHEN coalesce(l.file_status, s.outcome, 'open') <> 'open' THEN {closed_at} END",
        "expected_close_on": f"coalesce(l.expected_close_on, CASE WHEN coalesce(l.file_status, s.outcome, 'open') = 'open' THEN {closes_on} END)",
    }
    columns = [
        f"{derived.get(column.name, f'l.{quoted(column.name)}')} AS {quoted(column.name)}" for column in SCHEMA["deals"]
    ] + [f"l.{name}" for name in _attributes(database, "loaded_deals")]
    database.execute(
        f"""CREATE OR REPLACE TABLE deals AS SELECT {", ".join(columns)} FROM loaded_deals l
            LEFT JOIN (
                SELECT deal_no, last(stage ORDER BY entered_at, position) AS stage FROM moves JOIN places USING (place)
                SEMI JOIN (SELECT deal_no FROM loaded_deals WHERE stage IS NULL) USING (deal_no) GROUP BY deal_no
            ) h ON h.deal_no = l.deal_no
            LEFT JOIN stages s ON s.pipeline = coalesce(l.pipeline, $pipeline) AND s.stage = coalesce(l.stage, h.stage)""",
        {"pipeline": default_pipeline, "zone": time_zone},
    )


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
    twice = database.execute("SELECT count(*) FROM steps WHERE place = last_place").fetchone()
    if twice and twice[0]:
        # Two stays in a row in one stage are one.
        database.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE again AS
                SELECT * FROM moves WHERE deal_no IN (SELECT deal_no FROM steps WHERE place = last_place)
                QUALIFY lag(place) OVER (PARTITION BY deal_no ORDER BY entered_at, position) IS DISTINCT FROM place;
            DELETE FROM steps WHERE deal_no IN (SELECT deal_no FROM again);
            INSERT INTO steps {_steps_of("again")};
            DROP TABLE again
            """
        )
    database.execute(
        """CREATE OR REPLACE TEMP TABLE ends AS
           SELECT deal_no, place, entered_at, turn, seen | bit AS seen FROM steps WHERE next_place IS NULL"""
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
                FROM deals d LEFT JOIN marks s ON s.pipeline = d.pipeline AND s.stage = d.stage
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
            SELECT deal_no FROM deals WHERE created_at IS NULL OR (closed_at IS NULL AND status <> 'open');
        UPDATE deals SET created_at = coalesce(deals.created_at, h.first_at),
                         closed_at = CASE WHEN deals.status = h.outcome THEN coalesce(deals.closed_at, h.closed_at) ELSE deals.closed_at END
        FROM (SELECT deal_no, min(entered_at) AS first_at, last(outcome ORDER BY entered_at, stage_order) AS outcome,
                     min(entered_at) FILTER (outcome <> 'open' AND entered_at >= coalesce(open_until, entered_at)) AS closed_at
              FROM (SELECT deal_no, entered_at, outcome, stage_order, max(entered_at) FILTER (outcome = 'open') OVER (PARTITION BY deal_no) AS open_until
                    FROM steps SEMI JOIN undated USING (deal_no) JOIN marks USING (place) WHERE is_recorded) GROUP BY deal_no) h
        WHERE h.deal_no = deals.deal_no AND (deals.created_at IS NULL OR (deals.closed_at IS NULL AND deals.status <> 'open'));
        DROP TABLE undated
        """
    )


def _write_entries(database: duckdb.DuckDBPyConnection) -> None:
    known = {
        name
        for (name,) in database.execute(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = 'moves'"
        ).fetchall()
    }
    carried = "".join(
        f", {f'v.{name}' if name in known else f'CAST(NULL AS {kind})'} AS {name}"
        for name, kind in (
            ("owner_id", "VARCHAR"), ("owner", "VARCHAR"), ("amount", "DOUBLE"),
            *((name, "VARCHAR") for name in _attributes(database, "recorded_stages")),
        )
    )  # fmt: skip
    of_deal = "d.deal_no, d.amount AS deal_amount, d.currency AS deal_currency, d.created_at AS deal_created_at, d.closed_at AS deal_closed_at"
    been = "bit_count(v.seen & m.bit) > 0"

    def stays(visit: str, which: str) -> str:
        return f"""
            SELECT d.deal_id, m.pipeline, m.stage, m.stage_order, m.outcome, CAST({visit} AS DOUBLE) AS visit,
                   v.entered_at, CASE WHEN m.outcome = 'open' THEN v.next_at END AS left_at,
                   CASE WHEN m.outcome = 'open' THEN n.stage END AS next_stage,
                   CASE WHEN m.outcome = 'won' THEN 'advanced' WHEN m.outcome = 'lost' THEN 'lost' WHEN v.next_place IS NULL THEN 'still'
                        WHEN n.pipeline <> m.pipeline THEN 'handed_off' WHEN n.outcome = 'lost' THEN 'lost'
                        WHEN n.outcome = 'won' OR n.stage_order > m.stage_order THEN 'advanced' ELSE 'back' END AS fate,
                   v.is_recorded, false AS is_skipped,
                   CASE WHEN m.outcome = 'lost' OR {been} THEN 0.0
                        ELSE CAST(bit_count(m.below) - bit_count(m.below & v.seen) AS DOUBLE) END AS skips_before{carried},
                   CAST(v.turn AS DOUBLE) AS turn, CASE WHEN bit_count(v.seen & m.alike) = 0 THEN 1.0 ELSE 2.0 END AS outcome_visit, {of_deal}
            FROM steps v JOIN marks m ON m.place = v.place LEFT JOIN marks n ON n.place = v.next_place JOIN deals d ON d.deal_no = v.deal_no
            WHERE {which}"""

    columns = ", ".join(quoted(column.name) for column in SCHEMA["stage_entries"])
    more = "".join(f", {name}" for name in _attributes(database, "recorded_stages"))
    database.execute(
        f"""
        CREATE OR REPLACE TABLE stage_entries AS SELECT {columns}{more} FROM ({stays("1", f"NOT ({been})")});
        INSERT INTO stage_entries BY NAME {stays("1 + row_number() OVER (PARTITION BY v.deal_no, v.place ORDER BY v.turn)", been)};
        -- Stages a deal went past unseen: a stay without length, at the time it was seen beyond. Few deals differ in what they saw.
        INSERT INTO stage_entries BY NAME
            WITH gaps AS (
                SELECT seen, m.place, m.beyond, bit_count(seen & m.alike) = 0 AND bit_count(m.below) = 0 AS is_first
                FROM (SELECT DISTINCT seen FROM ends), marks m
                WHERE m.outcome = 'open' AND bit_count(seen & m.bit) = 0 AND bit_count(seen & m.beyond) > 0
            ), missing AS (
                SELECT e.deal_no, g.place, g.is_first, min(v.entered_at) AS entered_at, arg_min(v.place, v.turn) AS next_place, min(v.turn) AS turn
                FROM ends e JOIN gaps g USING (seen) JOIN steps v ON v.deal_no = e.deal_no AND bit_count(v.bit & g.beyond) > 0
                GROUP BY ALL
            )
            SELECT d.deal_id, m.pipeline, m.stage, m.stage_order, 'open' AS outcome, 1.0 AS visit, s.entered_at, s.entered_at AS left_at,
                   n.stage AS next_stage, 'advanced' AS fate, false AS is_recorded, true AS is_skipped, 0.0 AS skips_before,
                   CAST(s.turn AS DOUBLE) AS turn, CASE WHEN s.is_first THEN 1.0 ELSE 2.0 END AS outcome_visit, {of_deal}
            FROM missing s JOIN marks m ON m.place = s.place JOIN marks n ON n.place = s.next_place JOIN deals d ON d.deal_no = s.deal_no
        """
    )
