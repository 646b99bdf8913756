"""How the same people moved between their last two answers, and who they are."""

from __future__ import annotations

import math
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import contacts, scores
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, equal_counts_p, normal_p, share, wilson
from analytics.nps.answers import answers
from analytics.nps.following import VOTES, vote_name
from analytics.nps.relation import REAL
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from data.tables import Tables

COLUMNS = (
    "moved_from", "moved_to", "n", "share", "low", "high", "net_move", "net_low", "net_high", "p_value", "q_value", "tests", "stands",
)  # fmt: skip
LIST_COLUMNS = (
    "customer_id", "customer", "owner", "respondent", "moved_from", "moved_to", "previous_on", "previous_score", "answered_on", "score",
    "comment", "revenue_12m", "value_at_risk", "currency",
)  # fmt: skip
Vote = Literal["promoter", "passive", "detractor"]
NUMBERS = {name: vote for vote, name in VOTES.items()}


def pairs(tables: Tables, filters: Filters) -> ir.Table:
    """One row a person who answered before: the latest answer that the filters leave and the one before it, of `answers`."""
    given = answers(tables, filters)
    given = given.filter(given.previous_vote.notnull(), given.respondent_key.notnull())
    latest = ibis.row_number().over(
        ibis.window(group_by="respondent_key", order_by=[_.answered_at.desc(), "response_id"])
    )
    return given.mutate(latest=latest).filter(_.latest == 0).drop("latest")


def nps_moves(tables: Tables, filters: Filters) -> Question:
    """First a row for all pairs of answers, with no `moved_from`, then one for each of the nine moves. Columns: `COLUMNS`.

    `n` are people, `share` is of those who stood there before, with Wilson's interval. The row for all has the net movement in
    points: the score of the same people now less before; its interval takes the people of one customer as one cluster, and is unknown where all moved alike. It is
    tested from 30 people on; each fall is tested against the same rise (McNemar 1947, exact), from 30 such moves on. All of them
    are one family.
    """
    found = pairs(tables, filters)
    move = found.vote.cast("int64") - found.previous_vote
    cells = found.group_by("previous_vote", "vote").agg(n=_.count())
    person = found.customer_id.coalesce(found.respondent_key)
    each = found.mutate(move=move, cluster=person).group_by("cluster").agg(n=_.count(), move=_.move.sum())
    summed = each.agg(
        clusters=_.count(), people=_.n.sum(), moved=_.move.sum(), squares=(_.move * _.move).sum(), sizes=(_.n * _.n).sum(),
        cross=(_.n * _.move).sum(),
    )  # fmt: skip
    return Question({"cells": cells, "summed": summed}, _told)


def _told(given: Answers) -> pd.DataFrame:
    cells = {(whole(row["previous_vote"]), whole(row["vote"])): whole(row["n"]) for row in rows(given["cells"])}
    if not cells:
        return frame([], COLUMNS)
    summed = rows(given["summed"])[0]
    n, clusters = number(summed["people"]), whole(summed["clusters"])
    mean = number(summed["moved"]) / n
    everyone: Row = {"n": int(n), "net_move": 100 * mean}
    p = None
    if clusters > 1:
        squares = number(summed["squares"]) - 2 * mean * number(summed["cross"]) + mean * mean * number(summed["sizes"])
        error = math.sqrt(max(squares, 0.0) * clusters / (clusters - 1)) / n
        if error > 0:  # where all moved alike, how people differ is not known
            everyone |= {
                "net_low": max(100 * (mean - Z * error), -200.0),
                "net_high": min(100 * (mean + Z * error), 200.0),
            }
        if n >= LEAST_TESTED:
            p = normal_p(mean / error) if error > 0 else 1.0 if mean == 0 else None
    made: list[Row] = [everyone]
    p_values: list[float | None] = [p]
    for before in VOTES:
        of = sum(cells.get((before, now), 0) for now in VOTES)
        for now in VOTES:
            count = cells.get((before, now), 0)
            rate = share(count, of)
            low, high = wilson(rate, of)
            made.append(
                {
                    "moved_from": VOTES[before],
                    "moved_to": VOTES[now],
                    "n": count,
                    "share": rate,
                    "low": low,
                    "high": high,
                }
            )
            p_values.append(equal_counts_p(count, cells.get((now, before), 0)) if now < before else None)
    with_q_values(made, p_values)
    for row, p in zip(made, p_values, strict=True):
        row["p_value"] = p
        row["stands"] = None if p is None else bool(row["q_value"] < REAL)
    return frame(made, COLUMNS)


def nps_moved(
    tables: Tables,
    filters: Filters,
    moved_from: Vote | None = None,
    moved_to: Vote | None = None,
    most: int | None = None,
) -> Question:
    """One row a person who fell, or who made the move asked for: those of customers with most revenue first. Columns:
    `LIST_COLUMNS`. Money is the customer's; the scores must be there. `most` lists so many."""
    found = pairs(tables, filters)
    if moved_from is not None:
        found = found.filter(found.previous_vote == NUMBERS[moved_from])
    if moved_to is not None:
        found = found.filter(found.vote == NUMBERS[moved_to])
    if moved_from is None and moved_to is None:
        found = found.filter(found.vote < found.previous_vote)
    known = scores.every(filters).select(
        "owner", "revenue_12m", "value_at_risk", known_id=_.customer_id, called=_.customer, of_currency=_.currency
    )
    found = found.left_join(known, [("customer_id", "known_id")])
    listed = found.select(
        "customer_id", "owner", "previous_score", "score", "comment", "revenue_12m", "value_at_risk", "response_id",
        customer=found.called.coalesce(found.customer, found.customer_id),
        respondent=found.respondent.coalesce(found.email),
        moved_from=vote_name(found.previous_vote), moved_to=vote_name(found.vote),
        previous_on=contacts.day_of(found.previous_at, filters), answered_on=contacts.day_of(found.answered_at, filters),
        currency=found.of_currency.nullif(""),
    )  # fmt: skip
    listed = listed.order_by(
        _.revenue_12m.desc(nulls_first=False), _.score, _.answered_on.desc(), "customer_id", "response_id"
    ).select(*LIST_COLUMNS)  # fmt: skip
    shown = listed if most is None else listed.limit(most)
    return Question(
        {"listed": shown}, lambda given: frame(map(contacts.with_days, rows(given["listed"])), LIST_COLUMNS)
    )
