"""Whether detractors leave sooner than promoters, and how long before leaving scores fall (N10)."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.customers.basis import Source, by_source
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, normal_p
from analytics.nps.evidence import Tally, adjusted_error, clustered_more
from analytics.nps.following import FOLLOWED, NOT_FOLLOWED, VOTES, followed, left_out
from analytics.nps.relation import REAL, related
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

COLUMNS = (
    "answered_as", "n", "customers", "outcomes", "outcome_customers", "within_days", "outcome_chance", "outcome_low", "outcome_high",
    "chance_difference", "chance_difference_low", "chance_difference_high", "hazard_ratio", "low", "high", "unadjusted_ratio",
    "is_adjusted", "p_value", "q_value", "tests", "stands", "detectable_ratio", *NOT_FOLLOWED, "basis", "is_inferred",
)  # fmt: skip
LEAD_COLUMNS = (
    "months_before",
    "n",
    "customers",
    "nps",
    "low",
    "high",
    "difference",
    "p_value",
    "q_value",
    "tests",
    "stands",
)
HORIZONS = (12, 6)
# Of the months before leaving, each of these widths; what is longer ago is one more.
BANDS = ("0-3", "3-6", "6-9", "9-12", "12+")
STAYED = "stayed"
_BAND_DAYS = 365 / 4


def nps_and_leaving(tables: Tables, filters: Filters, months: int = 12) -> Question:
    """One row a vote, promoters first: the chance to have left within `months` of the answer, and how much faster than
    promoters. Columns: `COLUMNS`.

    Only what came strictly after the day of the answer counts (`following`). Customers still there count for as long as they
    have been watched. The scores must be there. Raises RequestProblem where nothing says when customers bought or left.
    """
    return outcome_question(tables, filters, "left_days", "watched_days", months)


def outcome_question(tables: Tables, filters: Filters, outcome: str, watched: str, months: int) -> Question:
    """The question of `nps_and_leaving` about another outcome of `following.followed`."""
    if not 1 <= months <= 36:
        raise RequestProblem(say("{n} months cannot be looked at.", n=months), say("Give a number from 1 to 36."))

    def build(source: Source) -> Question:
        asks = asked(tables, filters, source, outcome, watched)
        return Question(asks, partial(finished, source=source, months=months))

    return by_source(tables, filters, build)


def asked(
    tables: Tables, filters: Filters, source: Source, outcome: str = "left_days", watched: str = "watched_days"
) -> dict[str, ir.Table]:
    """What `finished` tells from: the answers of the customers that are followed, with their `state`, and the others counted."""
    found = followed(tables, filters, source)
    return {"followed": _watched(found, outcome, watched), "left_out": left_out(tables, filters)}


def _watched(found: ir.Table, outcome: str, watched: str) -> ir.Table:
    """`customer_id, vote, n, state, currency, revenue_before, tenure_days, stopped_days, days, is_outcome`."""
    return found.select(
        "customer_id", "vote", "n", "state", "currency", "revenue_before", "tenure_days", "stopped_days",
        days=found[outcome].coalesce(found[watched]), is_outcome=found[outcome].notnull(),
    ).order_by("customer_id", "days", "vote")  # fmt: skip


def finished(answers: Answers, source: Source, months: int) -> pd.DataFrame:
    """The rows of `COLUMNS`, from what `asked` asks."""
    every = answers["followed"]
    found = every[every["state"] == FOLLOWED].reset_index(drop=True)
    made = {row["answered_as"]: row for row in related(_with_levels(found), horizon_days(months))} if len(found) else {}
    counted: dict[str, Row] = {}
    sums = every.groupby(["vote", "state"], as_index=False)["n"].sum()
    for row in [*rows(sums), *rows(answers["left_out"])]:
        counted.setdefault(VOTES[whole(row["vote"])], {})[row["state"]] = whole(row["n"])
    told = []
    tests = next(iter(made.values()))["tests"] if made else 0
    for name in VOTES.values():
        if name in counted:
            missing = {state: counted[name].get(state, 0) for state in NOT_FOLLOWED}
            row = made.get(
                name,
                {"answered_as": name, "n": 0, "customers": 0, "outcomes": 0, "outcome_customers": 0, "tests": tests},
            )
            told.append(row | missing | {"basis": source.basis, "is_inferred": not source.is_contract})
    return frame(told, COLUMNS)


def horizon_days(months: int) -> int:
    """Months in days: twelve are 365."""
    return math.floor(months * 365 / 12)


def _with_levels(found: pd.DataFrame) -> pd.DataFrame:
    """With `tier` and `tenure`, the thirds of revenue before the answer (in its currency) and of time as a customer."""
    ranks = found.groupby(found["currency"].fillna(""))["revenue_before"].rank(pct=True, method="average")
    return found.assign(tier=_third(ranks), tenure=_third(found["tenure_days"].rank(pct=True, method="average")))


def _third(ranks: pd.Series) -> Any:
    return np.ceil(ranks.fillna(0.5).to_numpy() * 3 - 1e-9).clip(1, 3).astype(int)


# how long before


def nps_before_leaving(tables: Tables, filters: Filters) -> Question:
    """One row a stretch of months before leaving, and one of the answers of who has not left ("stayed"). Columns: `LEAD_COLUMNS`.

    Leaving is dated by the last purchase, or the last day of contract, before the customer had left; answers from that day on are
    left out. Intervals take the answers of one customer as one cluster; a stretch is tested against "stayed" from 30 answers on.
    It looks back from what came: it tells how early the sign was there, not how likely leaving is.
    """

    def build(source: Source) -> Question:
        found = _watched(followed(tables, filters, source), "left_days", "watched_days")
        # Who had bought for the last time before the answer has left after it, and did not stop after it.
        is_stopped = found.stopped_days.notnull()
        found = found.filter(found.state == FOLLOWED, is_stopped | ~found.is_outcome)
        band = (found.stopped_days / _BAND_DAYS).floor().clip(upper=len(BANDS) - 1).cast("int64")
        told = found.mutate(band=band).group_by("customer_id", "band").agg(
            n=_.n.sum(), votes=(_.vote * _.n).sum(), promoters=_.n.sum(where=_.vote == 1), detractors=_.n.sum(where=_.vote == -1)
        )  # fmt: skip
        summed = told.group_by("band").agg(
            customers=_.count(), n=_.n.sum(), votes=_.votes.sum(), promoters=_.promoters.sum(), detractors=_.detractors.sum(),
            votes_squared=(_.votes * _.votes).sum(), n_squared=(_.n * _.n).sum(), cross=(_.votes * _.n).sum(),
        )  # fmt: skip
        return Question({"bands": summed.rename({"of": "n"})}, lambda answers: _bands(rows(answers["bands"])))

    return by_source(tables, filters, build)


def _bands(found: list[Row]) -> pd.DataFrame:
    known = {None if row["band"] is None else whole(row["band"]): row for row in found}
    stayed = _mean(known[None]) if None in known else None
    made: list[Row] = []
    p_values: list[float | None] = []
    for place, name in [*enumerate(BANDS), (None, STAYED)]:
        if place not in known:
            continue
        row = known[place]
        score, error = _mean(row)
        n = whole(row["of"])
        said: Row = {
            "months_before": name, "n": n, "customers": whole(row["customers"]), "nps": score,
            "low": max(score - Z * error, -100.0), "high": min(score + Z * error, 100.0),
        }  # fmt: skip
        p = None
        if stayed is not None and place is not None:
            said["difference"] = score - stayed[0]
            if min(n, whole(known[None]["of"])) >= LEAST_TESTED:
                p = normal_p((score - stayed[0]) / math.hypot(error, stayed[1]))
        made.append(said)
        p_values.append(p)
    with_q_values(made, p_values)
    for said, p in zip(made, p_values, strict=True):
        said["p_value"] = p
        said["stands"] = None if p is None else bool(said["q_value"] < REAL)
    return frame(made, LEAD_COLUMNS)


def _mean(row: Row) -> tuple[float, float]:
    """The score and its standard error in points, customers as clusters (Cochran 1977, 6.4); never below the error of so many
    independent answers where customers are too few to tell."""
    tally = Tally(whole(row["of"]), whole(row["promoters"]), whole(row["detractors"]))
    squares = (number(row[name]) for name in ("votes_squared", "n_squared", "cross"))
    more = clustered_more(tally, whole(row["customers"]), *squares)
    return 100 * number(row["votes"]) / tally.n, math.sqrt(adjusted_error(tally) ** 2 + more)
