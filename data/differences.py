"""What a file of deals shows to be different from the file before: rows of `deal_changes`, and stays in new stages.

A file shows deals on one day (`data.days`). What differs happened since the file before: at the row's own time where it has
one that fits, else at the latest on the day the file shows. A stay found this way gives way to one that a file itself
records: those have positions of 0 and more, these below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import duckdb

from data.database import quoted
from data.days import start_of
from data.messages import Message, say_n
from data.plan import Rule
from data.sql import is_view, number_of, plain_number
from data.upsert import new_value

# Below all positions of stays that files record, and in the order of imports and lines.
_FIRST_SEEN = -(5 * 10**18)
_BEFORE_ALL = _FIRST_SEEN - 1
_OF_AN_IMPORT = 10**12
_OF_A_FILE = 10**10
_TRACKED = (
    "pipeline", "stage", "file_status", "file_close", "amount", "expected_close_on", "owner", "owner_id", "probability", "forecast_category",
)  # fmt: skip
_OWN_TIMES = ("stage_changed_at", "last_modified_at", "created_at")
_KINDS = {"amount": "DOUBLE", "probability": "DOUBLE", "expected_close_on": "DATE", "file_close": "TIMESTAMP"}


def create(database: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table of what the files of one import show to be different."""
    values = ", ".join(f"old_{n} {_KINDS.get(n, 'VARCHAR')}, new_{n} {_KINDS.get(n, 'VARCHAR')}" for n in _TRACKED)
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE differences (
                deal_id VARCHAR, position BIGINT, seen_on DATE, seen_before DATE, created_at TIMESTAMP, since TIMESTAMP, until TIMESTAMP,
                stage_time TIMESTAMP, old_stage_time TIMESTAMP, row_time TIMESTAMP, last_entry TIMESTAMP, {values})"""
    )


def older_rows(
    database: duckdb.DuckDBPyConnection, incoming: str, names: Sequence[str], day: date, *, is_sure: bool
) -> int:
    """Make the temporary table `<incoming>_older` of the deals that it shows as they were before what is known; returns how many.

    They are so when the file is of an earlier day, as someone said, or when the row itself was changed earlier.
    """
    conditions = []
    if is_sure:
        conditions.append("$day < t.last_seen_on")
    if "last_modified_at" in names:
        conditions.append(f"{'$day = t.last_seen_on AND ' if is_sure else ''}i.last_modified_at < t.last_modified_at")
    where = " OR ".join(f"({condition})" for condition in conditions) or "false"
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE {incoming}_older AS SELECT i.deal_id FROM {incoming} i JOIN loaded_deals t USING (deal_id)
            WHERE NOT t.is_from_history AND ({where})""",
        {"day": day} if is_sure else {},
    )
    return int(number_of(database, f"SELECT count(*) FROM {incoming}_older"))


def compare(
    database: duckdb.DuckDBPyConnection,
    incoming: str,
    names: Sequence[str],
    rules: Mapping[str, Rule],
    day: date,
    time_zone: str,
    number: int,
    file: int,
) -> None:
    """Note what the rows of `incoming` change in known deals, before they do, and record the stays in new stages.

    `number` is that of the import, and `file` of the file in it: stays keep their order by them.
    """
    first = _FIRST_SEEN + number * _OF_AN_IMPORT + file * _OF_A_FILE
    told = [name for name in _TRACKED if name in names]
    values = ", ".join(
        f"t.{quoted(name)} AS old_{name}, {new_value(name, rules) if name in told else f't.{quoted(name)}'} AS new_{name}"
        for name in _TRACKED
    )
    differs = " OR ".join(f"t.{quoted(name)} IS DISTINCT FROM {new_value(name, rules)}" for name in told) or "false"
    times = {name: f"i.{name}" if name in names else "CAST(NULL AS TIMESTAMP)" for name in _OWN_TIMES}
    database.execute(
        f"""
        INSERT INTO differences BY NAME
        SELECT i.deal_id, $first + 2 * i.line + 1 AS position, $day AS seen_on, t.last_seen_on AS seen_before, t.created_at,
               {_start_of("t.last_seen_on")} AS since, $until AS until,
               CASE WHEN {times["stage_changed_at"]} IS DISTINCT FROM t.stage_changed_at THEN {times["stage_changed_at"]} END AS stage_time, t.stage_changed_at AS old_stage_time,
               {times["last_modified_at"]} AS row_time, {values}
        FROM {incoming} i JOIN loaded_deals t USING (deal_id) WHERE NOT t.is_from_history AND ({differs})
        """,
        {"first": first, "day": day, "until": start_of(day + timedelta(days=1), time_zone), "zone": time_zone},
    )
    own = "position >= $first AND position < $first + $size"
    mine = {"first": first, "size": _OF_A_FILE}
    moved = f"{own} AND new_stage IS NOT NULL AND (old_stage, old_pipeline) IS DISTINCT FROM (new_stage, new_pipeline)"
    # A deal without any stay begins with the stage it was first seen in: entered at the latest on the day that showed it.
    database.execute(
        f"""
        INSERT INTO recorded_stages BY NAME
        SELECT d.deal_id, d.old_pipeline AS pipeline, d.old_stage AS stage, d.position - 1 AS position,
               coalesce(t.stage_changed_at, greatest({_start_of("t.first_seen_on")}, t.created_at)) AS entered_at
        FROM differences d JOIN loaded_deals t USING (deal_id) ANTI JOIN recorded_stages r ON r.deal_id = d.deal_id
        WHERE {moved} AND old_stage IS NOT NULL AND (t.stage_changed_at IS NOT NULL OR t.first_seen_on IS NOT NULL)
        """,
        mine | {"zone": time_zone},
    )
    database.execute(
        f"""
        UPDATE differences SET last_entry = r.entered_at
        FROM (SELECT deal_id, max(entered_at) AS entered_at FROM recorded_stages SEMI JOIN differences USING (deal_id) GROUP BY deal_id) r
        WHERE r.deal_id = differences.deal_id AND {own}
        """,
        mine,
    )
    database.execute(
        f"""INSERT INTO recorded_stages BY NAME
            SELECT deal_id, new_pipeline AS pipeline, new_stage AS stage, position, {_stage_moment("CAST(NULL AS TIMESTAMP)")} AS entered_at
            FROM differences WHERE {moved}""",
        mine | {"zone": time_zone},
    )


def moved_days(
    database: duckdb.DuckDBPyConnection, number: int, file: int, time_zone: str
) -> tuple[int, date | None, date | None]:
    """How many deals get another day to close on from the file noted last, and the first of them: its day before, and now.

    Of an open deal its close date is that day, where no file has another.
    """
    first = _FIRST_SEEN + number * _OF_AN_IMPORT + file * _OF_A_FILE
    row = database.execute(
        """SELECT count(*), arg_min_null(was, position), arg_min(now, position) FROM (
               SELECT d.position, d.new_expected_close_on AS now, coalesce(d.old_expected_close_on,
                   CASE WHEN coalesce(d.old_file_status, s.status, 'open') = 'open'
                        THEN CAST(timezone($zone, timezone('UTC', d.old_file_close)) AS DATE) END) AS was
               FROM differences d LEFT JOIN deals s USING (deal_id) WHERE d.position BETWEEN $first AND $first + $size - 1)
           WHERE now IS NOT NULL AND was IS DISTINCT FROM now""",
        {"first": first, "size": _OF_A_FILE, "zone": time_zone},
    ).fetchone()
    return row or (0, None, None)


def mark_seen(database: duckdb.DuckDBPyConnection, shown: str | None, day: date) -> None:
    """Keep the day of the last file that showed each deal, and of the first; `shown` names a table of them, None all."""
    among = "" if shown is None else f" AND deal_id IN (SELECT deal_id FROM {shown})"
    database.execute(
        f"""UPDATE loaded_deals SET last_seen_on = $day, first_seen_on = coalesce(first_seen_on, $day)
            WHERE last_seen_on IS DISTINCT FROM $day{among}""",
        {"day": day},
    )


def missing_open(database: duckdb.DuckDBPyConnection, incoming: str) -> int:
    """How many open deals there were that `incoming` does not show; 0 where it shows less than half of them.

    A file with few of them is a part, and not a picture of the whole pipeline.
    """
    row = database.execute(
        f"""SELECT count(*), count(*) FILTER (deal_id IN (SELECT deal_id FROM {incoming})) FROM deals WHERE status = 'open'"""
    ).fetchone()
    known, shown = row or (0, 0)
    return int(known - shown) if shown and shown * 2 >= known else 0


def give_way(database: duckdb.DuckDBPyConnection, incoming: str) -> None:
    """Drop the stays found by comparing that `incoming`, a history, records itself."""
    database.execute(
        f"""DELETE FROM recorded_stages t USING {incoming} i
            WHERE t.position < 0 AND t.deal_id = i.deal_id AND t.stage = i.stage AND t.entered_at = i.entered_at"""
    )


def settle(database: duckdb.DuckDBPyConnection) -> None:
    """Drop the stays found by comparing where a file records the deal's history at that time, and those in the stage before."""
    if is_view(database, "recorded_stages"):  # a history alone, loaded just now
        return
    if not database.execute("SELECT 1 FROM recorded_stages WHERE position < 0 LIMIT 1").fetchall():
        return
    database.execute(
        """
        CREATE OR REPLACE TEMP TABLE mixed AS
            SELECT r.rowid AS place, r.deal_id, r.pipeline, r.stage, r.entered_at, r.position FROM recorded_stages r
            WHERE deal_id IN (SELECT deal_id FROM recorded_stages WHERE position < 0);
        CREATE OR REPLACE TEMP TABLE needless AS
            WITH spans AS (
                SELECT deal_id, min(entered_at) AS first_at, max(entered_at) AS last_at FROM mixed WHERE position >= 0 GROUP BY deal_id
            ), left_over AS (
                SELECT m.* FROM mixed m LEFT JOIN spans s USING (deal_id)
                WHERE m.position >= 0 OR s.deal_id IS NULL OR m.entered_at NOT BETWEEN s.first_at AND s.last_at
            ), beside AS (
                SELECT *, lag(stage) OVER stays AS stage_before, lag(pipeline) OVER stays AS pipeline_before,
                       lead(stage) OVER stays AS stage_after, lead(pipeline) OVER stays AS pipeline_after, lead(position) OVER stays AS position_after
                FROM left_over WINDOW stays AS (PARTITION BY deal_id ORDER BY entered_at, position)
            )
            SELECT place FROM mixed ANTI JOIN left_over USING (place)
            UNION ALL
            SELECT place FROM beside WHERE position < 0 AND (
                stage = stage_before AND coalesce(pipeline = pipeline_before, true)
                OR stage = stage_after AND coalesce(pipeline = pipeline_after, true) AND position_after >= 0);
        DELETE FROM recorded_stages WHERE rowid IN (SELECT place FROM needless);
        DROP TABLE mixed; DROP TABLE needless
        """
    )


def record(database: duckdb.DuckDBPyConnection, default_pipeline: str, time_zone: str) -> list[Message]:
    """Write the changes that the files of this import show, once the stages are decided; returns what there is to say."""
    found = 0
    if number_of(database, "SELECT count(*) FROM differences"):
        _date(database, default_pipeline, time_zone)
        found = _write_changes(database, time_zone)
        database.execute("DROP TABLE dated")
    database.execute("DROP TABLE differences")
    # A file that records the change itself has the last word.
    database.execute(
        """DELETE FROM deal_changes WHERE changed_after IS NOT NULL AND EXISTS (
               SELECT 1 FROM deal_changes f WHERE f.changed_after IS NULL AND f.deal_id = deal_changes.deal_id AND f.field = deal_changes.field
               AND f.changed_at >= deal_changes.changed_after AND f.changed_at < deal_changes.changed_at + INTERVAL 1 DAY)"""
    )
    if not found:
        return []
    return [
        say_n(
            "{n} change of a deal was found by comparing with the file before, and is kept with its day.",
            "{n} changes of deals were found by comparing with the file before, and are kept with their days.",
            found,
        )
    ]


def _date(database: duckdb.DuckDBPyConnection, default_pipeline: str, time_zone: str) -> None:
    """The temporary table `dated`: the differences with the statuses before and after, and when they came about.

    Only now the stages tell what was closed, and which stage is the first: a deal enters that one when it is created.
    """
    database.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE dated AS
            SELECT *, {_stage_moment("closing")} AS stage_at, {_row_moment("closing")} AS row_at FROM (
                SELECT d.*, coalesce(d.old_file_status, o.outcome, 'open') AS old_status, coalesce(d.new_file_status, n.outcome, 'open') AS new_status,
                       CASE WHEN coalesce(d.new_file_status, n.outcome, 'open') <> 'open' AND coalesce(d.old_file_status, o.outcome, 'open') = 'open'
                            THEN d.new_file_close END AS closing,
                       o.stage_order IS NOT NULL AND o.outcome = 'open' AND o.stage_order = f.stage_order AS was_first
                FROM differences d
                LEFT JOIN stages o ON o.pipeline = coalesce(d.old_pipeline, $pipeline) AND o.stage = d.old_stage
                LEFT JOIN stages n ON n.pipeline = coalesce(d.new_pipeline, $pipeline) AND n.stage = d.new_stage
                LEFT JOIN (SELECT pipeline, min(stage_order) FILTER (outcome = 'open') AS stage_order FROM stages GROUP BY pipeline) f
                    ON f.pipeline = coalesce(d.old_pipeline, $pipeline)
            )
        """,
        {"pipeline": default_pipeline, "zone": time_zone},
    )
    changed = """SELECT r.deal_id, r.position, CASE WHEN d.position = r.position THEN d.stage_at ELSE least(d.created_at, d.stage_at) END AS entered_at
                 FROM recorded_stages r JOIN dated d ON d.deal_id = r.deal_id AND (
                     d.position = r.position OR d.position - 1 = r.position AND d.was_first AND d.old_stage_time IS NULL AND d.created_at IS NOT NULL)"""
    database.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE redated AS {changed};
        UPDATE recorded_stages SET entered_at = n.entered_at FROM redated n
            WHERE n.deal_id = recorded_stages.deal_id AND n.position = recorded_stages.position;
        UPDATE moves SET entered_at = n.entered_at FROM redated n JOIN numbers USING (deal_id)
            WHERE numbers.deal_no = moves.deal_no AND n.position = moves.position;
        DROP TABLE redated
        """
    )


def _write_changes(database: duckdb.DuckDBPyConnection, time_zone: str) -> int:
    # Of an open deal, the day it is to close on is its close date where the file has no other.
    closes = "coalesce({side}_expected_close_on, CASE WHEN {side}_status = 'open' THEN CAST({close} AS DATE) END)"
    local = "timezone($zone, timezone('UTC', {side}_file_close))"
    closes_on = {side: closes.format(side=side, close=local.format(side=side)) for side in ("old", "new")}
    is_open = (
        "old_status = 'open' AND new_status = 'open' OR old_expected_close_on IS DISTINCT FROM new_expected_close_on"
    )
    owner = "coalesce({side}_owner, (SELECT any_value(person_name) FROM people WHERE person_id = {side}_owner_id), {number})"
    # A number that stays is not another owner because the file now has its name.
    owner_before = owner.format(
        side="old", number="CASE WHEN old_owner_id IS DISTINCT FROM new_owner_id THEN old_owner_id END"
    )
    fields = {
        "stage": ("old_stage", "new_stage", "stage_at", "true"),
        "status": ("old_status", "new_status", "CASE WHEN old_stage IS DISTINCT FROM new_stage THEN stage_at ELSE row_at END", "true"),
        "amount": (plain_number("old_amount"), plain_number("new_amount"), "row_at", "true"),
        "expected_close_on": (f"CAST({closes_on['old']} AS VARCHAR)", f"CAST({closes_on['new']} AS VARCHAR)", "row_at", is_open),
        "owner": (owner_before, owner.format(side="new", number="new_owner_id"), "row_at", "true"),
        "probability": (plain_number("old_probability"), plain_number("new_probability"), "row_at", "true"),
        "forecast_category": ("old_forecast_category", "new_forecast_category", "row_at", "true"),
    }  # fmt: skip
    rows = " UNION ALL ".join(
        f"""SELECT deal_id, '{field}' AS field, {old} AS old_value, {new} AS new_value, {moment} AS changed_at,
                   coalesce(seen_before, seen_on) AS changed_after, position
            FROM dated WHERE ({old}) IS DISTINCT FROM ({new}) AND ({where})"""
        for field, (old, new, moment, where) in fields.items()
    )
    # A value that no file gave before, or none that could be read, is learned and not changed: only what is known to have been
    # emptied is a change when it is filled.
    done = database.execute(
        f"""INSERT INTO deal_changes BY NAME
            WITH found AS ({rows}), emptied AS (
                SELECT deal_id, field, min(position) AS emptied_at FROM (
                    SELECT deal_id, field, position FROM found WHERE new_value IS NULL
                    UNION ALL SELECT deal_id, field, {_BEFORE_ALL} FROM deal_changes WHERE new_value IS NULL) GROUP BY ALL
            )
            SELECT * EXCLUDE (position, emptied_at) FROM found LEFT JOIN emptied USING (deal_id, field)
            WHERE old_value IS NOT NULL OR emptied_at < position ORDER BY position, field""",
        {"zone": time_zone},
    ).fetchone()
    return int(done[0]) if done else 0


def _start_of(day: str) -> str:
    """The moment a day begins in $zone, in UTC."""
    return f"timezone('UTC', timezone($zone, CAST({day} AS TIMESTAMP)))"


def _fitting(moment: str) -> str:
    """A time that a row gives, where it lies after the file before and not after this one."""
    return f"CASE WHEN {moment} >= coalesce(since, {moment}) AND {moment} < until THEN {moment} END"


def _stage_moment(closing: str) -> str:
    """When the deal came to its new stage: not before it was created, or before it came to the last one known."""
    found = f"coalesce({_fitting('stage_time')}, {_fitting(closing)}, {_start_of('seen_on')})"
    return f"greatest({found}, created_at, last_entry)"


def _row_moment(closing: str) -> str:
    """When something else than the stage changed."""
    found = f"coalesce({_fitting(closing)}, {_fitting('row_time')}, {_start_of('seen_on')})"
    return f"greatest({found}, created_at)"
