"""How many times as fast customers leave with one value of a field as with another (Cox 1972)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.churn.cox import fit_cox
from analytics.churn.lengths import KNOWN, asked_first, chosen_lengths
from analytics.customers.basis import Source, by_source
from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import Z, benjamini_hochberg
from analytics.question import Answers, Question
from analytics.rows import Row, frame, whole, with_q_values
from data.errors import RequestProblem
from data.messages import N_, listed, say
from data.tables import Tables

COLUMNS = (
    "field", "level", "reference_level", "hazard_ratio", "low", "high", "p_value", "q_value", "tests", "n", "events",
    "is_proportional", "proportional_p", "basis", "is_inferred", "reason",
)  # fmt: skip
LEAST_EVENTS = 5  # of a level, and of the others of its field
LEAST_LEVEL = 10
MOST_LEVELS = 30
REAL = 0.05

REFERENCE = N_("The others are compared with it.")
FEW_EVENTS = N_("Too few of these customers left to compare them: at least 5 are needed.")
FEW = N_("There are too few of these customers to compare them: at least 10 are needed.")
CHANGES = N_("The ratio changes with the age of the customer: read it as an average.")


@dataclass(frozen=True)
class _Level:
    place: int  # of the field
    text: str | None
    n: int
    events: int


def hazard_ratios(tables: Tables, filters: Filters, on: tuple[Field, ...]) -> Question:
    """One row a field and level. Columns: `COLUMNS`.

    All fields are in one model, so each ratio is at equal values of the others; a field's commonest level is what the others
    are compared with. A null `level` is a blank. The test of proportional hazards is that of Grambsch and Therneau; all rows
    are one family. Levels with fewer than 5 who left have no ratio and say so. Raises RequestProblem for fields with too many
    levels, or that say the same.
    """
    if not on:
        raise RequestProblem(say("No field is named."), say("Name one or several: --on {example}.", example="segment"))
    on = tuple(dict.fromkeys(on))

    def build(source: Source) -> Question:
        by = {f"on_{place}": field for place, field in enumerate(on)}

        def known(answers: Answers) -> ir.Table:
            return chosen_lengths(tables, filters, source, answers, by).filter(_.state == KNOWN)

        def sizes(answers: Answers) -> dict[str, ir.Table]:
            return {"sizes": known(answers).agg(**{name: _[name].nunique() for name in by})}

        def counted(answers: Answers) -> dict[str, ir.Table]:
            _check_sizes({field: whole(answers["sizes"][name].iloc[0]) for name, field in by.items()})
            return {"lengths": known(answers).agg(n=_.count(), by=[*by, "months", "has_left"])}

        finish = partial(_rows, source=source, on=on)
        return Question(asked_first(tables, filters, source), finish, (sizes, counted))

    return by_source(tables, filters, build)


def _rows(answers: Answers, source: Source, on: tuple[Field, ...]) -> pd.DataFrame:
    found = answers["lengths"]
    found = found[found["months"].notna()].sort_values([*(f"on_{place}" for place in range(len(on))), "months", "has_left"]).reset_index(drop=True)  # fmt: skip
    levels = [_levels(found, place) for place in range(len(on))]
    used: list[list[_Level]] = []
    said: dict[_Level, str | None] = {}
    for field, own in zip(on, levels, strict=True):
        usable = [level for level in own if _refusal(level) is None]
        said |= {level: _refusal(level) for level in own}
        if len(usable) < 2:
            raise RequestProblem(
                say('"{field}" has no two values with enough customers who left to compare.', field=field.name),
                say("A value needs at least {n} customers and {events} who left.", n=LEAST_LEVEL, events=LEAST_EVENTS),
            )
        used.append(usable)
    fit_rows = np.ones(len(found), dtype=bool)
    for usable in used:
        fit_rows &= np.any([_is(found, level) for level in usable], axis=0)
    found = found[fit_rows]
    values = {level: _is(found, level).astype(float) for usable in used for level in usable[1:]}
    if not found["has_left"].any():
        raise RequestProblem(
            say("Of the customers that have values enough in all these fields, none has left."),
            say("Ask for fewer fields, or widen the filters."),
        )
    n, has_left = found["n"].to_numpy(dtype=np.float64), found["has_left"].to_numpy(dtype=bool)
    _check_apart(values, n, on)
    cox = fit_cox(
        pd.DataFrame({place: column for place, column in enumerate(values.values())}),
        found["months"].to_numpy(dtype=np.float64), has_left, n,
    )  # fmt: skip
    proportional = cox.proportional_p().tolist()
    steady = benjamini_hochberg(proportional)
    told: dict[_Level, Row] = {}
    for at, level in enumerate(values):
        b, error = float(cox.coefficients[at]), float(cox.errors[at])
        is_steady = (steady[at] or 0.0) >= REAL
        told[level] = {
            "hazard_ratio": math.exp(b), "low": math.exp(b - Z * error), "high": math.exp(b + Z * error),
            "p_value": float(cox.p[at]), "proportional_p": proportional[at], "is_proportional": is_steady,
            "reason": None if is_steady else CHANGES,
        }  # fmt: skip
    made: list[Row] = []
    for field, own, usable in zip(on, levels, used, strict=True):
        for level in own:
            row: Row = {
                "field": field.name, "level": level.text, "reference_level": usable[0].text, "n": level.n,
                "events": level.events, "basis": source.basis, "is_inferred": not source.is_contract,
            }  # fmt: skip
            if level is usable[0]:
                row |= {"hazard_ratio": 1.0, "reason": REFERENCE}
            made.append(row | told.get(level, {"reason": said[level]} if said[level] else {}))
    with_q_values(made, [row.get("p_value") for row in made])
    return frame(made, COLUMNS)


def _check_sizes(sizes: dict[Field, int]) -> None:
    for field, n in sizes.items():
        if n > MOST_LEVELS:
            raise RequestProblem(
                say('"{field}" has {n} different values, too many to compare with each other.', field=field.name, n=n),
                say("Choose a field with at most {n} values.", n=MOST_LEVELS),
            )


def _levels(found: pd.DataFrame, place: int) -> list[_Level]:
    """The levels of a field, the commonest first."""
    column = found[f"on_{place}"].astype("object").where(found[f"on_{place}"].notna(), None)
    sizes: dict[Any, list[int]] = {}
    for text, n, left in zip(column, found["n"], found["has_left"], strict=True):
        counts = sizes.setdefault(text, [0, 0])
        counts[0] += int(n)
        counts[1] += int(n) if left else 0
    ordered = sorted(sizes.items(), key=lambda item: (-item[1][0], item[0] is None, str(item[0])))
    return [_Level(place, text, n, events) for text, (n, events) in ordered]


def _refusal(level: _Level) -> str | None:
    return FEW if level.n < LEAST_LEVEL else FEW_EVENTS if level.events < LEAST_EVENTS else None


def _is(found: pd.DataFrame, level: _Level) -> NDArray[np.bool_]:
    column = found[f"on_{level.place}"]
    return (column.isna() if level.text is None else column == level.text).to_numpy(dtype=bool)


def _check_apart(values: dict[_Level, NDArray[np.float64]], n: NDArray[np.float64], on: tuple[Field, ...]) -> None:
    """Refuse fields of which one says what others say already; RequestProblem names them."""
    wide = np.column_stack([np.ones(len(n)), *values.values()])
    gram = wide.T @ wide
    for at, level in enumerate(values, 1):
        if np.linalg.matrix_rank(gram[: at + 1, : at + 1]) == at + 1:
            continue
        alike = [on[other.place].name for other, theirs in values.items() if other.place < level.place and np.array_equal(theirs, values[level])]  # fmt: skip
        others = dict.fromkeys(alike or [field.name for field in on[: level.place]])
        raise RequestProblem(
            say('"{level}" of "{field}" says the same as "{other}" already does.', level=level.text or "-", field=on[level.place].name, other=listed(others)),
            say("Ask for one of the fields at a time, or keep only customers of whom they differ with --where."),
        )  # fmt: skip
