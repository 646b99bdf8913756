"""The stages of each pipeline: their order, and which mean won and lost.

`decide_stages` infers order and meaning from what the data shows, and only reads what was loaded, so it can run after every import.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import duckdb

from data.errors import FileProblem, RequestProblem
from data.messages import Message, say, say_n
from data.schema import MOST_STAGES
from data.sources import fold
from data.stays import DEFAULT_PIPELINE, link

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
    *("ganado", "ganada", "gagne", "gagnee", "ganho", "ganha", "gewonnen"),  # es, fr, pt, de
)
_LOST = ("lost", "closedlost", "deallost", "lostclosed", "declined", "cancelled", "canceled", "rejected", "disqualified", "abandoned", "churned", "unsuccessful", "notwon",
         "הפסד", "הפסדנו", "אבד", "אבדו", "אבוד", "אובדן", "נדחה", "נדחת", "נדחו", "בוטל", "ביטול", "לארלוונטי", "לאזכינו", "לאזכה", "לאנסגר",
         "ללאהצלחה", "נכשל", "כישלון", "סירב", "סירוב", "ירדמהפרק", "ירדהמהפרק", "נפסל",
         "perdido", "perdida", "perdu", "perdue", "verloren")  # fmt: skip
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

_BY_HISTORY = say("In the order most deals went through them.")
_BY_NAME = say("In the usual order of such names; the file does not show it. Please check.")


@dataclass(frozen=True)
class StageChoices:
    """What the person says of the stages: names in order, those that mean won and lost, the pipeline of files without one."""

    order: tuple[str, ...] = ()
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    pipeline: str | None = None
    is_strict: bool = True  # whether a name that no deal has is refused


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
    link(database, default_pipeline)
    decided = stages_seen(database, choices, default_pipeline)
    write_stages(database, decided)
    return decided


def write_stages(database: duckdb.DuckDBPyConnection, decided: Sequence[Stage]) -> None:
    """Let the `stages` table hold these."""
    database.execute("DELETE FROM stages")
    database.execute(
        """INSERT INTO stages (pipeline, stage, stage_order, outcome, is_confirmed)
           SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::INTEGER[]), unnest(?::VARCHAR[]), unnest(?::BOOLEAN[])""",
        [
            [getattr(stage, name) for stage in decided]
            for name in ("pipeline", "stage", "order", "outcome", "is_confirmed")
        ],
    )


def stages_seen(
    database: duckdb.DuckDBPyConnection, choices: StageChoices, default_pipeline: str = DEFAULT_PIPELINE
) -> list[Stage]:
    """The same without writing it; of stays, by what `link` has made."""
    seen, statuses = _seen(database, default_pipeline), _statuses(database, default_pipeline)
    if choices.is_strict:
        _check_names(choices, [stage for _, stage in seen])
    known = database.execute("SELECT pipeline, stage, stage_order, outcome, is_confirmed FROM stages").fetchall()
    decided: list[Stage] = []
    for pipeline in dict.fromkeys((*(pipeline for pipeline, _ in seen), *statuses)):
        _check_number(pipeline, sum(own == pipeline for own, _ in seen))
        here = {stage: facts for (own, stage), facts in seen.items() if own == pipeline}
        own = [row[1:] for row in known if row[0] == pipeline]
        kept = {stage: (order, outcome) for stage, order, outcome, is_confirmed in own if is_confirmed}
        found = {stage: outcome for stage, _, outcome, is_confirmed in own if not is_confirmed}
        said = replace(_said_of(here, choices), pipeline=default_pipeline)
        decided += _decide(database, pipeline, here, statuses.get(pipeline, set()), said, kept, found)
    return decided


def _check_number(pipeline: str, stages: int) -> None:
    if stages > MOST_STAGES:
        raise FileProblem(
            say("The deals of the pipeline {pipeline} are in {n} different stages; more than {most} are refused.",
                pipeline=pipeline, n=stages, most=MOST_STAGES),
            say("Choose the column that says how far a deal has come, or none."),
        )  # fmt: skip


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
        ), lasts AS (SELECT deal_no, max(entered_at) AS last_at FROM moves GROUP BY deal_no),
        history AS (
            SELECT pipeline, stage, entered, went_on FROM (
                SELECT place, count(DISTINCT deal_no) AS entered, count(*) FILTER (last_at > entered_at) AS went_on
                FROM moves JOIN lasts USING (deal_no) GROUP BY place
            ) JOIN places USING (place)
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
    found: dict[str, str],
) -> list[Stage]:
    """`kept` has the places and outcomes that were chosen before, `found` the outcomes that were only inferred."""
    outcomes = _outcomes(seen, choices, {stage: outcome for stage, (_, outcome) in kept.items()}, found)
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
            outcomes[stage][1] if outcomes[stage][0] != "open" else _why_there(place[1], seen[stage]),
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


def _outcomes(
    seen: dict[str, _Seen], choices: StageChoices, kept: dict[str, str], found: dict[str, str]
) -> dict[str, tuple[str, Message]]:
    won, lost = ({fold(name) for name in names} for names in (choices.won, choices.lost))
    ordered = {fold(name) for name in choices.order}
    by_stage = _status_hangs_on(seen.values())
    told_apart = _told_apart(seen, kept, found)
    outcomes: dict[str, tuple[str, Message]] = {}
    for stage, facts in seen.items():
        name = fold(stage)
        # A file that numbers its stages (Salesforce) has the status from the stage.
        enough = _ENOUGH if facts.rank is None else 1
        at_the_end = facts.entered >= 5 and facts.went_on <= 0.5 * facts.entered
        all_won = facts.won >= enough and facts.won == facts.deals
        all_lost = facts.lost >= enough and facts.lost == facts.deals and not facts.went_on
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
        elif not won and all_won and by_stage:
            outcomes[stage] = ("won", say_n("The only deal in it is won.", "All {n} deals in it are won.", facts.deals))
        elif not lost and all_lost and by_stage:
            outcomes[stage] = (
                "lost",
                say_n("The only deal in it is lost.", "All {n} deals in it are lost.", facts.deals),
            )
        elif not won and all_won and (stage in told_apart or found.get(stage) == "won"):
            outcomes[stage] = (
                "won",
                say_n(
                    "The only deal in it is won. Please check.",
                    "All {n} deals in it are won. Please check.",
                    facts.deals,
                ),
            )
        elif not lost and all_lost and (stage in told_apart or found.get(stage) == "lost"):
            outcomes[stage] = (
                "lost",
                say_n(
                    "The only deal in it is lost. Please check.",
                    "All {n} deals in it are lost. Please check.",
                    facts.deals,
                ),
            )
        elif not won and at_the_end and _ends_like(name, _WON_AT_THE_END):
            outcomes[stage] = ("won", say("Deals end there, and its name says so."))
        elif not lost and at_the_end and _ends_like(name, _LOST_AT_THE_END):
            outcomes[stage] = ("lost", say("Deals end there, and its name says so."))
        else:
            outcomes[stage] = ("open", say("Deals go on from it."))
    return outcomes


def _status_hangs_on(stages: Iterable[_Seen]) -> bool:
    """Whether each of these stages has deals of one status only, as where the status follows from the stage."""
    return all(max(facts.won, facts.lost, facts.open) == facts.deals for facts in stages)


def _told_apart(seen: dict[str, _Seen], kept: dict[str, str], found: dict[str, str]) -> set[str]:
    """The stages whose status hangs on the stage although that of other files' stages does not.

    Stages of one file are known by their numbers, or by coming together into a pipeline that had stages before.
    """
    numbered = {stage: facts for stage, facts in seen.items() if facts.rank is not None}
    new = {stage: facts for stage, facts in seen.items() if stage not in kept and stage not in found}
    return {stage for group in (numbered, new) if _status_hangs_on(group.values()) for stage in group}


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
    numbers = [re.match(r"\s*(\d{1,3})\s*[-.):–]", stage) for stage in stages]
    if len(stages) > 1 and len({int(number[1]) for number in numbers if number}) == len(stages):
        return (
            {stage: float(number[1]) for stage, number in zip(stages, numbers, strict=True) if number},
            say("In the order of the numbers in their names."),
        )
    if any(seen[stage].went_on for stage in stages):
        return _precedence(database, pipeline, stages), _BY_HISTORY
    probabilities = [seen[stage].probability for stage in stages]
    if len(stages) > 1 and None not in probabilities and len(set(probabilities)) == len(stages):
        return {stage: seen[stage].probability or 0.0 for stage in stages}, say("In the order of their chance to win.")
    return {stage: _usual_place(stage) + i / 1000 for i, stage in enumerate(stages)}, _BY_NAME


def _why_there(reason: Message, facts: _Seen) -> Message:
    """The reason for the place of one stage: a history does not speak of stages that no deal came to in it."""
    return _BY_NAME if reason == _BY_HISTORY and not facts.entered else reason


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


def _precedence(database: duckdb.DuckDBPyConnection, pipeline: str, stages: Sequence[str]) -> dict[str, float]:
    """Order by pairs: a stage comes before another if most deals that saw both entered it first (Copeland's rule)."""
    row = database.execute("SELECT count(*) FROM loaded_deals").fetchone()
    every = max((row[0] if row else 0) // _DEALS_LOOKED_AT, 1)
    rows = database.execute(
        """
        WITH placed AS (
            SELECT deal_no, stage, row_number() OVER (PARTITION BY deal_no ORDER BY entered_at, position) AS place
            FROM moves JOIN places USING (place)
            WHERE pipeline = $pipeline AND deal_no % $every = 0
        ), first AS (SELECT deal_no, stage, min(place) AS place FROM placed GROUP BY ALL)
        SELECT a.stage, b.stage, count(*) FILTER (a.place < b.place), count(*) FILTER (a.place > b.place)
        FROM first a JOIN first b ON a.deal_no = b.deal_no AND a.stage <> b.stage GROUP BY ALL
        """,
        {"every": every, "pipeline": pipeline},
    ).fetchall()
    lost_to: dict[str, float] = defaultdict(float)
    for stage, _other, before, after in rows:
        lost_to[stage] += 1.0 if after > before else 0.5 if after == before else 0.0
    return {stage: lost_to[stage] + 0.01 * _usual_place(stage) for stage in stages}
