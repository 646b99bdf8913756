"""The Net Promoter Scores of any two stretches of days: their difference, those who answered in both counted as the same people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.nps.daily import Days, between, by_day, dated, days_of, in_days, repeated
from analytics.nps.evidence import Tally, covariance, difference_interval, difference_p, interval, own_repeats
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

COLUMNS = (
    "before_since", "before_until", "after_since", "after_until", "n_before", "n_after", "before", "before_low", "before_high",
    "after", "after_low", "after_high", "difference", "low", "high", "p_value", "pairs_of_answers",
)  # fmt: skip


@dataclass(frozen=True)
class Sides:
    """Two stretches of days, first and last day of each. Raises RequestProblem where they share days or end before they begin."""

    before: tuple[date, date]
    after: tuple[date, date]

    def __post_init__(self) -> None:
        for since, until in (self.before, self.after):
            if since > until:
                raise RequestProblem(
                    say("The period ends ({until}) before it begins ({since}).", since=since, until=until),
                    say("Exchange the two days."),
                )
        if self.before[0] <= self.after[1] and self.after[0] <= self.before[1]:
            raise RequestProblem(say("The two periods share days."), say("Choose two periods that do not overlap."))


def nps_compared(tables: Tables, filters: Filters, sides: Sides) -> Question:
    """One row: the score of two stretches of days, and of the second less the first. Columns: `COLUMNS`.

    Errors are those of the adjusted Wald interval; what people who answered in both have in common (`pairs_of_answers`, each answer
    of one with each of the other) is taken into account as their covariance. Below 30 answers on either side there is no test.
    """
    found = dated(tables, filters)

    def finish(answers: Answers) -> pd.DataFrame:
        together = rows(answers["shared"])[0] if "shared" in answers else {}
        made = difference(days_of(answers["days"]), sides, together, 0)
        stretches = {"before_since": sides.before[0], "before_until": sides.before[1], "after_since": sides.after[0],
                     "after_until": sides.after[1]}  # fmt: skip
        return frame([stretches | made], COLUMNS)

    return Question({"days": by_day(found)}, finish, (lambda answers: shared(found, answers["days"], [sides]),))


def shared(found: ir.Table, told: pd.DataFrame, compared: Sequence[Sides]) -> dict[str, ir.Table]:
    """One row, `shared`: for each pair of stretches, by its place, what the answers of one person in both sum to: `pairs_0`,
    `products_0`, `votes_0` (of the later stretch), `earlier_0` ..., and what those of one person in the earlier (a) and the later (b)
    alone: `own_pairs_a0`, `own_products_a0`, `own_votes_a0` ... Nothing where nobody answered twice."""
    repeats = repeated(found, told)
    if repeats is None or not compared:
        return {}
    known, one_in = repeats
    known = known.mutate(vote=_.vote.cast("int64"))
    sums = {}
    for place, sides in enumerate(compared):
        for name, (since, until) in (("a", sides.before), ("b", sides.after)):
            inside = in_days(known.day, since, until)
            sums[f"n_{name}{place}"] = inside.sum().fill_null(0)
            sums[f"v_{name}{place}"] = known.vote.sum(where=inside).fill_null(0)
            sums[f"q_{name}{place}"] = (known.vote * known.vote).sum(where=inside).fill_null(0)
    people = known.group_by("person").agg(**sums)
    sums_of: dict[str, ir.Value] = {}
    for place in range(len(compared)):
        n_a, v_a, n_b, v_b = (people[f"{name}{place}"] for name in ("n_a", "v_a", "n_b", "v_b"))
        sums_of |= {
            f"pairs_{place}": (n_a * n_b).sum() * one_in, f"products_{place}": (v_a * v_b).sum() * one_in,
            f"votes_{place}": (v_b * n_a).sum() * one_in, f"earlier_{place}": (v_a * n_b).sum() * one_in,
        }  # fmt: skip
        for name, n, v in (("a", n_a, v_a), ("b", n_b, v_b)):
            sums_of |= {
                f"own_pairs_{name}{place}": (n * n - n).sum() * one_in,
                f"own_products_{name}{place}": (v * v - people[f"q_{name}{place}"]).sum() * one_in,
                f"own_votes_{name}{place}": (v * n - v).sum() * one_in,
            }
    return {"shared": people.agg(**sums_of)}


def difference(days: Days, sides: Sides, together: Row, place: int) -> Row:
    """The columns of one pair of stretches, from answers day by day and the row of `shared`."""
    before, after = between(days, *sides.before), between(days, *sides.after)
    pairs, products, votes, earlier = (
        number(together.get(f"{name}_{place}")) for name in ("pairs", "products", "votes", "earlier")
    )
    common = covariance(
        after,
        before,
        int(pairs),
        products,
        votes,
        earlier,
        _own(after, together, f"b{place}"),
        _own(before, together, f"a{place}"),
    )
    low, high = difference_interval(after, before, common)
    ends = {}
    for name, tally in (("before", before), ("after", after)):
        ends[f"{name}_low"], ends[f"{name}_high"] = interval(tally)
    is_told = before.score is not None and after.score is not None
    return ends | {
        "n_before": before.n, "n_after": after.n, "before": before.score, "after": after.score,
        "difference": (after.score or 0.0) - (before.score or 0.0) if is_told else None, "low": low, "high": high,
        "p_value": difference_p(after, before, common), "pairs_of_answers": whole(pairs),
    }  # fmt: skip


def _own(tally: Tally, together: Row, side: str) -> float:
    return own_repeats(tally, *(number(together.get(f"own_{name}_{side}")) for name in ("pairs", "products", "votes")))
