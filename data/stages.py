"""The stages of each pipeline: their order, which mean won and lost, and every stay of every deal in them.

`decide_stages` infers order and meaning from what the data shows; `derive` then makes `deals` and `stage_entries` from what
the files say (`loaded_deals`, `recorded_stages`). Both only read what was loaded, so they can run after every import.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import duckdb

from data.engine import quoted
from data.errors import RequestProblem
from data.messages import Message, say, say_n
from data.schema import SCHEMA
from data.sources import fold

DEFAULT_PIPELINE = "Sales"
NO_CURRENCY = "XXX"  # ISO 4217's code for it
# Who precedes whom is clear from far fewer deals than this.
_DEALS_LOOKED_AT = 50_000
# Deals of one status in one stage, that are no longer chance.
_ENOUGH = 5

_WON = (
    "won",
    "closedwon",
    "dealwon",
    "wonclosed",
    "נסגרבהצלחה",
    "נסגרהבהצלחה",
    "סגורבהצלחה",
    "זכייה",
    "זכיה",
    "זכינו",
    "זכה",
    "זכתה",
    "זכו",
    "ניצחון",
    "נמכר",
    "עסקהנסגרה",
    "נסגרהעסקה",
    "הצלחה",
    "נחתם",
)
_LOST = ("lost", "closedlost", "deallost", "lostclosed", "declined", "cancelled", "canceled", "rejected", "disqualified", "abandoned", "churned", "unsuccessful", "notwon",
         "הפסד", "הפסדנו", "אבד", "אבדו", "אבוד", "אובדן", "נדחה", "נדחת", "נדחו", "בוטל", "ביטול", "לארלוונטי", "לאזכינו", "לאזכה", "לאנסגר",
         "ללאהצלחה", "נכשל", "כישלון", "סירב", "סירוב", "ירדמהפרק", "ירדהמהפרק", "נפסל")  # fmt: skip
_WON_AT_THE_END = (
    "approved",
    "activated",
    "registered",
    "signed",
    "accepted",
    "completed",
    "ordered",
    "אושר",
    "הופעל",
    "הושלם",
)
_LOST_AT_THE_END = ("noresponse", "unresponsive", "closed", "סגור")
# Where stages usually stand, for files that show no order of their own.
_USUAL = (
    ("new", "lead", "inquiry", "submitted", "ליד", "פנייה", "חדש"), ("prospect", "contact", "attempt", "cold", "יצירתקשר", "קשרראשוני"),
    ("qualif", "engag", "discovery", "connect", "appointment", "מתאים", "אפיון", "איתורצרכים", "בירור"), ("meeting", "needs", "analysis", "presentation", "פגישה", "מצגת"),
    ("demo", "evaluation", "trial", "pilot", "poc", "הדגמה", "פיילוט", "ניסיון"), ("valueprop", "decisionmaker", "perception", "solution", "פתרון"),
    ("proposal", "quote", "offer", "pricing", "bid", "הצעה", "הצעתמחיר"), ("negotiat", "review", "legal", "procurement", "מומ", "משאומתן", "רכש"),
    ("verbal", "commit", "contract", "signature", "closing", "חוזה", "חתימה", "סיכום"),
)  # fmt: skip


@dataclass(frozen=True)
class StageChoices:
    """What the person says of the stages: names in order, those that mean won and lost, the pipeline of files without one."""

    order: tuple[str, ...] = ()
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    pipeline: str | None = None


@dataclass(frozen=True)
class Stage:
    """One stage as decided, and why."""

    pipeline: str
    stage: str
    order: int
    outcome: str
    is_confirmed: bool
    reason: Message
    is_in_data: bool = True  # false for the Won and Lost that a status column alone speaks of


@dataclass(frozen=True)
class _Seen:
    """What the data shows of one stage."""

    deals: int
    won: int
    lost: int
    open: int
    rank: float | None
    probability: float | None
    went_on: int  # stays after which the deal went somewhere else, later
    entered: int


def decide_stages(
    database: duckdb.DuckDBPyConnection, choices: StageChoices, default_pipeline: str = DEFAULT_PIPELINE
) -> list[Stage]:
    """Write the `stages` table of the database in use; returns it in order, with the reasons."""
    seen, statuses = _seen(database, default_pipeline), _statuses(database, default_pipeline)
    _check_names(choices, [stage for _, stage in seen])
    kept = {
        (pipeline, stage): (order, outcome)
        for pipeline, stage, order, outcome in database.execute(
            "SELECT pipeline, stage, stage_order, outcome FROM stages WHERE is_confirmed"
        ).fetchall()
    }
    decided: list[Stage] = []
    for pipeline in dict.fromkeys((*(pipeline for pipeline, _ in seen), *statuses)):
        here = {stage: facts for (own, stage), facts in seen.items() if own == pipeline}
        own = {stage: kept[(p, stage)] for p, stage in kept if p == pipeline}
        said = replace(_said_of(here, choices), pipeline=default_pipeline)
        decided += _decide(database, pipeline, here, statuses.get(pipeline, set()), said, own)
    database.execute("DELETE FROM stages")
    if decided:
        database.executemany(
            "INSERT INTO stages (pipeline, stage, stage_order, outcome, is_confirmed) VALUES (?, ?, ?, ?, ?)",
            [[s.pipeline, s.stage, s.order, s.outcome, s.is_confirmed] for s in decided],
        )
    return decided


def _said_of(stages: Iterable[str], choices: StageChoices) -> StageChoices:
    """What was said of these stages: a pipeline that none of the names is in is left to us."""
    here = {fold(stage) for stage in stages}
    order, won, lost = (
        tuple(name for name in names if fold(name) in here) for names in (choices.order, choices.won, choices.lost)
    )
    return StageChoices(order, won, lost)


def _check_names(choices: StageChoices, stages: Sequence[str]) -> None:
    known = {fold(stage) for stage in stages}
    for name in (*choices.order, *choices.won, *choices.lost):
        if fold(name) not in known:
            raise RequestProblem(
                say("No deal is in a stage called {name}.", name=name),
                say("The stages are: {stages}.", stages=", ".join(dict.fromkeys(stages))),
            )


def _seen(database: duckdb.DuckDBPyConnection, default: str) -> dict[tuple[str, str], _Seen]:
    rows = database.execute(
        """
        WITH present AS (
            SELECT coalesce(pipeline, $pipeline) AS pipeline, stage, count(*) AS deals,
                   count(*) FILTER (file_status = 'won') AS won, count(*) FILTER (file_status = 'lost') AS lost,
                   count(*) FILTER (file_status = 'open') AS still, avg(file_stage_order) AS rank, avg(probability) AS probability
            FROM loaded_deals WHERE stage IS NOT NULL AND NOT is_from_history GROUP BY ALL
        ), moves AS (
            SELECT coalesce(r.pipeline, d.pipeline, $pipeline) AS pipeline, deal_id, r.stage,
                   entered_at, max(entered_at) OVER (PARTITION BY deal_id) AS last_at
            FROM recorded_stages r JOIN loaded_deals d USING (deal_id)
        ), history AS (
            SELECT pipeline, stage, count(DISTINCT deal_id) AS entered, count(*) FILTER (last_at > entered_at) AS went_on
            FROM moves GROUP BY ALL
        )
        SELECT coalesce(p.pipeline, h.pipeline), coalesce(p.stage, h.stage), coalesce(deals, 0), coalesce(won, 0), coalesce(lost, 0),
               coalesce(still, 0), rank, probability, coalesce(went_on, 0), coalesce(entered, 0)
        FROM present p FULL JOIN history h ON p.pipeline = h.pipeline AND p.stage = h.stage
        ORDER BY 1, greatest(coalesce(deals, 0), coalesce(entered, 0)) DESC, 2
        """,
        {"pipeline": default},
    ).fetchall()
    return {(row[0], row[1]): _Seen(*row[2:]) for row in rows}


def _statuses(database: duckdb.DuckDBPyConnection, default: str) -> dict[str, set[str]]:
    """The statuses that deals of each pipeline have by a column of their own, or by having no stage."""
    rows = database.execute(
        """SELECT coalesce(pipeline, $pipeline), coalesce(file_status, 'open') FROM loaded_deals
           WHERE file_status IS NOT NULL OR stage IS NULL GROUP BY ALL ORDER BY ALL""",
        {"pipeline": default},
    ).fetchall()
    statuses: dict[str, set[str]] = defaultdict(set)
    for pipeline, status in rows:
        statuses[pipeline].add(status)
    return statuses


def _decide(
    database: duckdb.DuckDBPyConnection,
    pipeline: str,
    seen: dict[str, _Seen],
    statuses: set[str],
    choices: StageChoices,
    kept: dict[str, tuple[float, str]],
) -> list[Stage]:
    outcomes = _outcomes(seen, choices, {stage: outcome for stage, (_, outcome) in kept.items()})
    opened = [stage for stage in seen if outcomes[stage][0] == "open"]
    place = _order(database, pipeline, opened, seen, choices, {stage: order for stage, (order, _) in kept.items()})
    ranked = sorted(opened, key=lambda stage: place[0][stage])
    for outcome in ("won", "lost"):
        chosen = [fold(name) for name in (*choices.order, *choices.won, *choices.lost)]
        ranked += sorted(
            (stage for stage in seen if outcomes[stage][0] == outcome),
            key=lambda stage: chosen.index(fold(stage)) if fold(stage) in chosen else len(chosen),
        )
    said = {fold(name) for name in (*choices.order, *choices.won, *choices.lost)}
    stages = [
        Stage(
            pipeline, stage, rank, outcomes[stage][0], bool(said) or stage in kept,
            outcomes[stage][1] if outcomes[stage][0] != "open" else place[1],
        )
        for rank, stage in enumerate(ranked, 1)
    ]  # fmt: skip
    # A deal needs a stage to be won in, or to be in at all, also where the status is a column of its own.
    reason = say("The status says so, not a stage.")
    for outcome in ("open", "won", "lost"):
        if outcome in statuses and not any(stage.outcome == outcome for stage in stages):
            made = Stage(pipeline, outcome.capitalize(), 0, outcome, False, reason, False)
            stages = [made, *stages] if outcome == "open" else [*stages, made]
    return [replace(stage, order=rank) for rank, stage in enumerate(stages, 1)]


def _outcomes(seen: dict[str, _Seen], choices: StageChoices, kept: dict[str, str]) -> dict[str, tuple[str, Message]]:
    won, lost = ({fold(name) for name in names} for names in (choices.won, choices.lost))
    ordered = {fold(name) for name in choices.order}
    # Where the status hangs on the stage alone, a stage has deals of one status only.
    by_stage = all(max(facts.won, facts.lost, facts.open) == facts.deals for facts in seen.values())
    outcomes: dict[str, tuple[str, Message]] = {}
    for stage, facts in seen.items():
        name = fold(stage)
        # A file that numbers its stages (Salesforce) has the status from the stage.
        enough = _ENOUGH if facts.rank is None else 1
        at_the_end = facts.entered >= 5 and facts.went_on <= 0.5 * facts.entered
        if name in won:
            outcomes[stage] = ("won", say("As you chose."))
        elif name in lost:
            outcomes[stage] = ("lost", say("As you chose."))
        elif stage in kept and not (won or lost):
            outcomes[stage] = (kept[stage], say("As chosen before."))
        # Lost before won: "closed without success" ends like a success.
        elif _ends_like(name, _LOST) and not lost:
            outcomes[stage] = ("lost", say("Its name says so."))
        elif _ends_like(name, _WON) and not won:
            outcomes[stage] = ("won", say("Its name says so."))
        elif name in ordered:
            outcomes[stage] = ("open", say("As you chose."))
        elif not won and by_stage and facts.won >= enough and facts.won == facts.deals:
            outcomes[stage] = ("won", say_n("The only deal in it is won.", "All {n} deals in it are won.", facts.deals))
        elif not lost and by_stage and facts.lost >= enough and facts.lost == facts.deals and not facts.went_on:
            outcomes[stage] = (
                "lost",
                say_n("The only deal in it is lost.", "All {n} deals in it are lost.", facts.deals),
            )
        elif not won and at_the_end and _ends_like(name, _WON_AT_THE_END):
            outcomes[stage] = ("won", say("Deals end there, and its name says so."))
        elif not lost and at_the_end and _ends_like(name, _LOST_AT_THE_END):
            outcomes[stage] = ("lost", say("Deals end there, and its name says so."))
        else:
            outcomes[stage] = ("open", say("Deals go on from it."))
    return outcomes


def _ends_like(name: str, words: Iterable[str]) -> bool:
    return any(name == word or (len(word) > 2 and (name.endswith(word) or name.startswith(word))) for word in words)


def _order(
    database: duckdb.DuckDBPyConnection,
    pipeline: str,
    stages: Sequence[str],
    seen: dict[str, _Seen],
    choices: StageChoices,
    kept: dict[str, float],
) -> tuple[dict[str, float], Message]:
    chosen = {fold(name): place for place, name in enumerate(choices.order)}
    if chosen:
        return {s: chosen.get(fold(s), len(chosen) + i) for i, s in enumerate(stages)}, say("In the order you chose.")
    if kept and any(stage in kept for stage in stages):
        place, _ = _order(database, pipeline, stages, seen, choices, {})
        return _keep(kept, sorted(stages, key=lambda stage: place[stage])), say("In the order chosen before.")
    if all(seen[stage].rank is not None for stage in stages):
        return {stage: seen[stage].rank or 0.0 for stage in stages}, say("In the order the file gives.")
    if any(seen[stage].went_on for stage in stages):
        return _precedence(database, pipeline, stages, choices.pipeline), say(
            "In the order most deals went through them."
        )
    probabilities = [seen[stage].probability for stage in stages]
    if len(stages) > 1 and None not in probabilities and len(set(probabilities)) == len(stages):
        return {stage: seen[stage].probability or 0.0 for stage in stages}, say("In the order of their chance to win.")
    return {stage: _usual_place(stage) + i / 1000 for i, stage in enumerate(stages)}, say(
        "In the usual order of such names; the file does not show it. Please check."
    )


def _keep(kept: dict[str, float], ranked: Sequence[str]) -> dict[str, float]:
    """The order chosen before; a stage that is new comes after the one before it in `ranked`."""
    places: dict[str, float] = {}
    last = 0.0
    for rank, stage in enumerate(ranked):
        last = kept.get(stage, last)
        places[stage] = last if stage in kept else last + (rank + 1) / (len(ranked) + 2)
    return places


def _usual_place(stage: str) -> float:
    name = fold(stage)
    places = [place for place, words in enumerate(_USUAL) if any(word in name for word in words)]
    return float(max(places)) if places else len(_USUAL) / 2


def _precedence(
    database: duckdb.DuckDBPyConnection, pipeline: str, stages: Sequence[str], default: str | None
) -> dict[str, float]:
    """Order by pairs: a stage comes before another if most deals that saw both entered it first (Copeland's rule)."""
    rows = database.execute(
        """
        WITH looked_at AS (SELECT deal_id FROM (SELECT DISTINCT deal_id FROM recorded_stages) ORDER BY hash(deal_id) LIMIT $most),
        placed AS (
            SELECT r.deal_id, r.stage, row_number() OVER (PARTITION BY r.deal_id ORDER BY r.entered_at, r.position) AS place
            FROM recorded_stages r SEMI JOIN looked_at USING (deal_id) JOIN loaded_deals d ON d.deal_id = r.deal_id
            WHERE coalesce(r.pipeline, d.pipeline, $default) = $pipeline
        ), first AS (SELECT deal_id, stage, min(place) AS place FROM placed GROUP BY ALL)
        SELECT a.stage, b.stage, count(*) FILTER (a.place < b.place), count(*) FILTER (a.place > b.place)
        FROM first a JOIN first b ON a.deal_id = b.deal_id AND a.stage <> b.stage GROUP BY ALL
        """,
        {"most": _DEALS_LOOKED_AT, "pipeline": pipeline, "default": default},
    ).fetchall()
    lost_to: dict[str, float] = defaultdict(float)
    for stage, _other, before, after in rows:
        lost_to[stage] += 1.0 if after > before else 0.5 if after == before else 0.0
    return {stage: lost_to[stage] + 0.01 * _usual_place(stage) for stage in stages}


# From what the files say to the tables of the metrics


def derive(
    database: duckdb.DuckDBPyConnection,
    default_pipeline: str = DEFAULT_PIPELINE,
    time_zone: str = "UTC",
    currency: str = "",
) -> list[Message]:
    """Make `deals` and `stage_entries` anew, once the stages are decided; returns what there is to say of it.

    Days are cut in `time_zone`; `currency` is that of amounts that name none.
    """
    _make_deals(database, default_pipeline, time_zone)
    notes = _tell_currencies_apart(database, currency)
    _make_entries(database)
    _fill_from_history(database)
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


def _attributes(database: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    rows = database.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND database_name = current_database()", [table]
    )
    return [name for (name,) in rows.fetchall() if re.fullmatch(r"attr_\d+", name)]


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
                SELECT deal_id, last(stage ORDER BY entered_at, position) AS stage FROM recorded_stages
                SEMI JOIN (SELECT deal_id FROM loaded_deals WHERE stage IS NULL) USING (deal_id) GROUP BY deal_id
            ) h USING (deal_id)
            LEFT JOIN stages s ON s.pipeline = coalesce(l.pipeline, $pipeline) AND s.stage = coalesce(l.stage, h.stage)""",
        {"pipeline": default_pipeline, "zone": time_zone},
    )


def _make_entries(database: duckdb.DuckDBPyConnection) -> None:
    carried = _attributes(database, "recorded_stages")
    attributes = "".join(f", {name}" for name in carried)
    none = "".join(f", NULL AS {name}" for name in carried)
    last = "".join(f", v.{name}" for name in carried)
    database.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE first_stages AS
            SELECT pipeline, arg_min(stage, stage_order) FILTER (outcome = 'open') AS opening,
                   arg_min(stage, stage_order) FILTER (outcome = 'won') AS winning,
                   arg_min(stage, stage_order) FILTER (outcome = 'lost') AS losing,
                   count(*) FILTER (outcome = 'open') AS open_stages
            FROM stages GROUP BY pipeline;
        -- Two stays in a row in one stage are one.
        CREATE OR REPLACE TEMP TABLE recorded AS
            SELECT r.deal_id, coalesce(r.pipeline, d.pipeline) AS pipeline, r.stage, r.entered_at, r.position, r.owner_id, r.owner,
                   r.amount, true AS is_recorded{attributes.replace(", ", ", r.")}
            FROM recorded_stages r JOIN deals d USING (deal_id)
            WINDOW turn AS (PARTITION BY r.deal_id ORDER BY r.entered_at, r.position)
            QUALIFY lag(r.stage) OVER turn IS DISTINCT FROM r.stage
                 OR lag(coalesce(r.pipeline, d.pipeline)) OVER turn IS DISTINCT FROM coalesce(r.pipeline, d.pipeline);
        -- Where a deal must have been, by its status, though no file says when.
        CREATE OR REPLACE TEMP TABLE assumed AS
            WITH seen AS (
                SELECT deal_id, max(entered_at) AS last_at, last(s.outcome ORDER BY r.entered_at, r.position) AS last_outcome,
                       last(r.stage ORDER BY r.entered_at, r.position) FILTER (s.outcome = 'open') AS last_open
                FROM recorded r LEFT JOIN stages s ON s.pipeline = r.pipeline AND s.stage = r.stage GROUP BY deal_id
            ), known AS (
                SELECT d.*, f.opening, f.winning, f.losing, s.outcome AS stage_outcome, seen.last_at, seen.last_outcome, seen.last_open,
                       seen.deal_id IS NOT NULL AS has_history
                FROM deals d LEFT JOIN first_stages f ON f.pipeline = d.pipeline
                LEFT JOIN stages s ON s.pipeline = d.pipeline AND s.stage = d.stage
                LEFT JOIN seen ON seen.deal_id = d.deal_id
            )
            -- the stage it is in, or was closed from, or the first one
            SELECT deal_id, pipeline, CASE WHEN stage_outcome = 'open' THEN stage ELSE opening END AS stage,
                   coalesce(CASE WHEN stage_outcome <> 'open' THEN NULL WHEN stage_changed_at > closed_at THEN closed_at ELSE stage_changed_at END,
                            CASE WHEN stage_outcome IS DISTINCT FROM 'open' OR stage = opening THEN created_at END) AS entered_at, 0 AS position
            FROM known WHERE NOT has_history AND opening IS NOT NULL
            UNION ALL
            -- the stage it was won or lost in
            SELECT deal_id, pipeline, CASE WHEN stage_outcome = status THEN stage WHEN status = 'won' THEN winning ELSE losing END,
                   CASE WHEN has_history THEN greatest(coalesce(closed_at, last_at), last_at) ELSE closed_at END, 9223372036854775807
            FROM known WHERE status <> 'open' AND last_outcome IS DISTINCT FROM status
            UNION ALL
            -- the stage it is in, which the history does not know of: it was opened again, or came there later or unrecorded
            SELECT deal_id, pipeline, CASE WHEN stage_outcome = 'open' THEN stage ELSE coalesce(last_open, opening) END,
                   greatest(coalesce(stage_changed_at, last_at), last_at), 9223372036854775807
            FROM known WHERE status = 'open' AND has_history AND (last_outcome <> 'open' OR stage_outcome = 'open' AND last_open <> stage
                AND (stage_changed_at > last_at OR (deal_id, pipeline, stage) NOT IN (SELECT deal_id, pipeline, stage FROM recorded)));
        CREATE OR REPLACE TEMP TABLE visits AS
            WITH every AS (
                SELECT deal_id, pipeline, stage, entered_at, position, owner_id, owner, amount, is_recorded{attributes} FROM recorded
                UNION ALL
                SELECT deal_id, pipeline, stage, entered_at, position, NULL, NULL, NULL, false{none} FROM assumed
            ), numbered AS (
                SELECT e.*, s.stage_order, s.outcome, row_number() OVER steps AS turn,
                       lead(e.stage) OVER steps AS next_stage, lead(e.entered_at) OVER steps AS next_at, lead(s.stage_order) OVER steps AS next_order,
                       lead(s.outcome) OVER steps AS next_outcome, lead(e.pipeline) OVER steps AS next_pipeline
                FROM every e JOIN stages s ON s.pipeline = e.pipeline AND s.stage = e.stage
                WINDOW steps AS (PARTITION BY e.deal_id ORDER BY (e.position = 9223372036854775807), e.entered_at NULLS FIRST, e.position)
            )
            SELECT *, row_number() OVER (PARTITION BY deal_id, pipeline, stage ORDER BY turn) AS visit,
                   max(stage_order) OVER (PARTITION BY deal_id, pipeline ORDER BY turn ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS top_before
            FROM numbered;
        CREATE OR REPLACE TEMP TABLE firsts AS
            SELECT deal_id, pipeline, stage, stage_order, outcome, turn, entered_at, coalesce(top_before, 0) < stage_order AS is_forward,
                   row_number() OVER (PARTITION BY deal_id, pipeline ORDER BY turn) - 1 AS stages_before
            FROM visits WHERE visit = 1 AND outcome IN ('open', 'won');
        CREATE OR REPLACE TEMP TABLE skips AS
            -- Going forward, every stage seen before is an earlier one; coming back, they have to be counted.
            SELECT f.deal_id, f.turn, greatest(least(f.stage_order - 1, p.open_stages) - f.stages_before, 0) AS skips_before
            FROM firsts f JOIN first_stages p USING (pipeline) WHERE f.is_forward AND f.outcome = 'open'
            UNION ALL
            SELECT f.deal_id, f.turn, least(f.stage_order - 1, any_value(p.open_stages)) - count(b.turn)
            FROM firsts f JOIN first_stages p USING (pipeline)
            LEFT JOIN firsts b ON b.deal_id = f.deal_id AND b.pipeline = f.pipeline AND b.outcome = 'open'
                              AND b.stage_order < f.stage_order AND b.turn < f.turn
            WHERE NOT f.is_forward OR f.outcome = 'won' GROUP BY f.deal_id, f.turn, f.stage_order;
        CREATE OR REPLACE TABLE stage_entries AS
            SELECT v.deal_id, v.pipeline, v.stage, CAST(v.stage_order AS DOUBLE) AS stage_order, v.outcome, CAST(v.visit AS DOUBLE) AS visit,
                   v.entered_at, CASE WHEN v.outcome = 'open' THEN v.next_at END AS left_at,
                   CASE WHEN v.outcome = 'open' THEN v.next_stage END AS next_stage,
                   CASE WHEN v.outcome = 'won' THEN 'advanced' WHEN v.outcome = 'lost' THEN 'lost' WHEN v.next_stage IS NULL THEN 'still'
                        WHEN v.next_pipeline <> v.pipeline THEN 'handed_off' WHEN v.next_outcome = 'lost' THEN 'lost'
                        WHEN v.next_outcome = 'won' OR v.next_order > v.stage_order THEN 'advanced' ELSE 'back' END AS fate,
                   v.is_recorded, false AS is_skipped, CAST(coalesce(k.skips_before, 0) AS DOUBLE) AS skips_before, v.owner_id, v.owner,
                   v.amount{last}
            FROM visits v LEFT JOIN skips k ON k.deal_id = v.deal_id AND k.turn = v.turn;
        -- Stages a deal went past unseen: a stay without length, at the time it was seen beyond.
        INSERT INTO stage_entries BY NAME
            WITH short AS (
                SELECT deal_id, pipeline, max(least(stage_order, open_stages + 1)) AS reached,
                       count(*) FILTER (outcome = 'open') AS visited
                FROM firsts JOIN first_stages USING (pipeline) GROUP BY ALL HAVING visited < reached - 1
                    OR max(stage_order) FILTER (outcome = 'open') > visited
            ), missing AS (
                SELECT h.deal_id, h.pipeline, s.stage, s.stage_order FROM short h
                JOIN stages s ON s.pipeline = h.pipeline AND s.outcome = 'open' AND s.stage_order < h.reached
                ANTI JOIN firsts f ON f.deal_id = h.deal_id AND f.pipeline = h.pipeline AND f.stage = s.stage
            )
            SELECT m.deal_id, m.pipeline, m.stage, CAST(m.stage_order AS DOUBLE) AS stage_order, 'open' AS outcome, 1.0 AS visit,
                   min(b.entered_at) AS entered_at, min(b.entered_at) AS left_at, arg_min(b.stage, b.turn) AS next_stage,
                   'advanced' AS fate, false AS is_recorded, true AS is_skipped, 0.0 AS skips_before
            FROM missing m JOIN firsts b ON b.deal_id = m.deal_id AND b.pipeline = m.pipeline AND b.stage_order > m.stage_order
            GROUP BY m.deal_id, m.pipeline, m.stage, m.stage_order;
        DROP TABLE recorded; DROP TABLE assumed; DROP TABLE visits; DROP TABLE firsts; DROP TABLE skips; DROP TABLE first_stages
        """
    )


def _fill_from_history(database: duckdb.DuckDBPyConnection) -> None:
    """Dates that the deals' own file does not give, and the history does. A deal closes when it last leaves the open stages."""
    database.execute(
        """
        UPDATE deals SET created_at = coalesce(deals.created_at, h.first_at),
                         closed_at = CASE WHEN deals.status = h.outcome THEN coalesce(deals.closed_at, h.closed_at) ELSE deals.closed_at END
        FROM (SELECT deal_id, min(entered_at) AS first_at, last(outcome ORDER BY entered_at, stage_order) AS outcome,
                     min(entered_at) FILTER (outcome <> 'open' AND entered_at >= coalesce(open_until, entered_at)) AS closed_at
              FROM (SELECT *, max(entered_at) FILTER (outcome = 'open') OVER (PARTITION BY deal_id) AS open_until
                    FROM stage_entries WHERE is_recorded) GROUP BY deal_id) h
        WHERE h.deal_id = deals.deal_id AND (deals.created_at IS NULL OR (deals.closed_at IS NULL AND deals.status <> 'open'))
        """
    )
