"""How long customers stay: the share still there after so many months, and the median."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.churn.lengths import KNOWN, STATES, asked_first, chosen_lengths, states
from analytics.customers.basis import Source, by_source
from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows, whole, with_q_values
from analytics.survival import LEAST_AT_RISK, Survival, aalen_johansen, kaplan_meier, log_rank
from data.tables import Tables

COLUMNS = (
    "segment", "months", "survival", "low", "high", "at_risk", "median_months", "median_months_low", "median_months_high",
    "n", "events", "longest_months", "left_out_untimed", "left_out_negative", "left_out_contradictory", "basis", "is_inferred",
)  # fmt: skip
YEARS = (12.0, 24.0, 36.0, 48.0, 60.0, 72.0)
SHORT = (1.0, 3.0, 6.0, 9.0)


def customer_survival(
    tables: Tables, filters: Filters, by: Field | None = None, at: tuple[float, ...] | None = None
) -> Question:
    """One row a number of months, or with `by` a group and number of months. Columns: `COLUMNS`; with `by` also the field,
    `p_value`, `q_value` and `tests`.

    Kaplan and Meier's estimate: customers who are still there count for as long as they have been. `at` is in months; by
    default the ends of the first six years, as far as at least ten are at risk or half were followed. Beyond the longest
    known length the share is unknown. Groups are compared with all other customers together by the log-rank test, those
    below 30 not. With purchases nobody says who left: it is inferred from silence, and `is_inferred` says so.
    """

    def build(source: Source) -> Question:
        def counted(answers: Answers) -> dict[str, ir.Table]:
            each = chosen_lengths(tables, filters, source, answers, {"segment": by} if by else None)
            return {"lengths": each.agg(n=_.count(), by=[*(["segment"] if by else []), "state", "months", "has_left"])}

        finish = partial(_rows, source=source, by=by, at=at)
        return Question(asked_first(tables, filters, source), finish, (counted,))

    return by_source(tables, filters, build)


def _rows(answers: Answers, source: Source, by: Field | None, at: tuple[float, ...] | None) -> pd.DataFrame:
    found = answers["lengths"]
    known = found[(found["state"] == KNOWN) & found["months"].notna()]
    months = np.unique(known["months"].to_numpy(dtype=np.float64))
    groups = _groups(found) if by else [None]
    counts = np.stack([_counts(known if by is None else known[_is(known, group)], months) for group in groups]) if groups else np.zeros((0, 0, 2))  # fmt: skip
    marks = at or _default_marks(counts.sum(axis=0), months)
    every = counts.sum(axis=0)
    made: list[Row] = []
    tests: list[float | None] = []
    for group, own in zip(groups, counts, strict=True):
        left_out = states(found if by is None else found[_is(found, group)])
        p = _against_rest(own, every - own) if by else None
        for mark in marks:
            row = _row(own, months, mark) | {f"left_out_{state}": left_out[state] for state in STATES[1:]}
            row |= {"segment": group, "basis": source.basis, "is_inferred": not source.is_contract, "p_value": p}
            made.append(row if by is None else {by.key(COLUMNS): group} | row)
            tests.append(p if mark == marks[0] else None)
    if by is None:
        return frame(made, COLUMNS)
    with_q_values(made, tests)
    # A group is one test, whatever the number of its rows.
    of_group = {row["segment"]: row["q_value"] for row in made if row["months"] == marks[0]}
    for row in made:
        row["q_value"] = of_group[row["segment"]]
    return frame(made, [by.key(COLUMNS), *COLUMNS, "p_value", "q_value", "tests"])


def _row(counts: np.ndarray, months: np.ndarray, mark: float) -> Row:
    lasting = kaplan_meier(months, counts[:, 1], counts[:, 0])
    median = lasting.time_of(0.5)
    n = int(counts.sum())
    longest = float(months[counts.any(axis=1)][-1]) if n else None
    row: Row = {
        "months": mark, "n": n, "events": int(counts[:, 1].sum()), "longest_months": longest,
        "at_risk": int(counts[months >= mark].sum()),
        "median_months": median.days, "median_months_low": median.low, "median_months_high": median.high,
    }  # fmt: skip
    if longest is not None and (mark <= longest or _ends_at_zero(lasting)):
        row["survival"] = lasting.at(mark)
        row["low"], row["high"] = lasting.interval(mark) if mark >= months[0] else (1.0, 1.0)
    return row


def _ends_at_zero(lasting: Survival) -> bool:
    """Whether all have left, so that nothing later is unknown."""
    return bool(len(lasting.survival)) and lasting.survival[-1] <= 0


def _default_marks(counts: np.ndarray, months: np.ndarray) -> tuple[float, ...]:
    """The years, or for a short history the first months, as far as chances are told; the horizon itself if none is."""
    horizon = aalen_johansen(months, counts[:, 1:], counts[:, 0]).horizon(LEAST_AT_RISK)
    if horizon is None:
        return YEARS[:1]
    for marks in (YEARS, SHORT):
        told = tuple(mark for mark in marks if mark <= horizon)
        if told:
            return told
    return (float(np.floor(horizon)),)


def _against_rest(own: np.ndarray, rest: np.ndarray) -> float | None:
    if min(own.sum(), rest.sum()) < LEAST_TESTED:
        return None
    return log_rank(np.stack([own[:, 1], rest[:, 1]], axis=1), np.stack([own[:, 0], rest[:, 0]], axis=1))


def _groups(found: pd.DataFrame) -> list[str | None]:
    """The groups, the largest first, without a value last."""
    sizes: dict[str | None, int] = {}
    for row in rows(found):
        sizes[row["segment"]] = sizes.get(row["segment"], 0) + whole(row["n"])
    return sorted(sizes, key=lambda group: (group is None, -sizes[group], str(group)))


def _is(found: pd.DataFrame, group: str | None) -> pd.Series:
    return found["segment"].isna() if group is None else found["segment"] == group


def _counts(known: pd.DataFrame, months: np.ndarray) -> np.ndarray:
    """months x (still there, left)."""
    counts = np.zeros((len(months), 2))
    place = np.searchsorted(months, known["months"].to_numpy(dtype=np.float64))
    np.add.at(
        counts, (place, known["has_left"].to_numpy(dtype=bool).astype(int)), known["n"].to_numpy(dtype=np.float64)
    )
    return counts
