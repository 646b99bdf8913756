"""Decisions of whose survey answers are, as steps of the history: made, made again, and taken back like imports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from data import following, repeat_answers, respondent_notes
from data.database import connect
from data.errors import RequestProblem
from data.history import Done, ImportRecord, Progress, make
from data.messages import say
from data.respondents import CUSTOMERS, SUBJECTS, Decision

if TYPE_CHECKING:
    from data.store import Workspace

KIND = "respondents"
_SURVEYS = ("survey_responses", "survey_invitations")


def decide(workspace: Workspace, decisions: Sequence[Decision], progress: Progress | None = None) -> ImportRecord:
    """Keep decisions as one step. Raises RequestProblem where there is none, or one of a subject that there is not."""
    for each in decisions:
        if each.subject not in SUBJECTS or not each.written:
            raise RequestProblem(
                say("{subject} does not tell respondents apart.", subject=each.subject),
                say("These do: {names}.", names=", ".join(SUBJECTS)),
            )
    if not decisions:
        raise RequestProblem(say("Nothing was decided."), say("Choose a customer for at least one respondent."))
    return make(workspace, {"kind": KIND, "decisions": [each.dump() for each in decisions]}, progress)


def replay(workspace: Workspace, copy: Path, step: ImportRecord, progress: Progress) -> Done:
    """Follow the decisions in the data file `copy`; those of customers that are not there wait for them."""
    progress(0.0, say("Matching respondents"))
    made = [Decision.parse(said) for said in step.recipe["decisions"]]
    with connect(copy) as database:
        before = _of_customers(database)
        respondent_notes.add(database, made)
        following.take_back(database)
        following.resolve(database)
        repeat_answers.mark(database)
        database.execute("UPDATE facts SET value = ? WHERE name = 'revision'", [str(step.revision)])
        after = _of_customers(database)
        database.execute("CHECKPOINT")
    return Done(0, {"files": [], "decisions": len(made), "joined": after - before})


def _of_customers(database: duckdb.DuckDBPyConnection) -> int:
    """How many answers and invitations are of customers that are known."""
    parts = " + ".join(f"(SELECT count(*) FROM {rows} WHERE customer_id IN ({CUSTOMERS}))" for rows in _SURVEYS)
    row = database.execute(f"SELECT {parts}").fetchone()
    return int(row[0]) if row else 0
