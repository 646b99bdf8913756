"""One vote an account: however many of its people answer, each account counts the same."""

from __future__ import annotations

import math
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, NOT_KNOWN, Interval, Z, normal_p, ratio_variance
from analytics.nps.answers import answers, with_group
from analytics.nps.evidence import ADDED, ADDED_EACH
from analytics.nps.trend import REAL, tally_of, told
from analytics.question import Answers, Question
from analytics.rows import Row, frame, in_zone, number, rows, whole, with_q_values
from data.tables import Tables

COLUMNS = (
    "accounts", "account_nps", "account_nps_low", "account_nps_high", "n", "nps", "low", "high", "cluster_low", "cluster_high",
    "design_effect", "people_an_account", "without_account", "difference", "p_value", "q_value", "real_change", "tests",
)  # fmt: skip
DRAWS = 1000
SEED = 1
# The accounts added before the bootstrap, as the adjusted Wald interval adds answers: their scores and how many there are.
_ADDED = ((100.0, ADDED_EACH), (0.0, ADDED - 2 * ADDED_EACH), (-100.0, ADDED_EACH))


def account_nps(tables: Tables, filters: Filters, by: Field | None = None) -> Question:
    """One row, or with `by` one a group, the largest first. Columns: `COLUMNS`, with `by` the field's name in front.

    Of each person the last answer counts, its vote -100, 0 or 100. An account's score is the mean of its people's, `account_nps` the
    mean of its accounts'; the interval is a bootstrap of accounts, seeded, with three accounts added as the adjusted Wald interval adds answers.
    `nps` is of the same answers, one vote each: `low` and `high` take them as independent, `cluster_low` and `cluster_high` let those
    of one account go together (Cochran 1977), and `design_effect` is the ratio of the two variances. Answers that name no
    account are counted in `without_account` only. Groups with 30 accounts are tested against all other accounts.
    """
    found = of_accounts(tables, filters, by)
    keys = ["group"] if by is not None else []
    known = found.filter(_.account.notnull()).mutate(score=100.0 * _.votes / _.n)
    kinds = known.group_by([*keys, _.score.round(0).name("about")]).agg(
        accounts=_.count(), scores=_.score.sum(), squares=(_.score * _.score).sum(),
        n=_.n.sum(), promoters=_.promoters.sum(), passives=_.passives.sum(), detractors=_.detractors.sum(),
        votes=_.votes.sum(), n_squares=(_.n * _.n).sum(), vote_squares=(_.votes * _.votes).sum(), cross=(_.n * _.votes).sum(),
    )  # fmt: skip
    without = found.filter(_.account.isnull()).agg(n=_.n.sum(), by=keys)

    def finish(asked: Answers) -> pd.DataFrame:
        return _told(rows(asked["kinds"]), rows(asked["without"]), by)

    return Question({"kinds": kinds, "without": without}, finish)


def latest(tables: Tables, filters: Filters, by: Field | None = None) -> ir.Table:
    """The last answer of each person within the filters: `account` (customer number, else name, else null), `customer_id`,
    `called`, `person`, `vote`, `answered_at`, and with `by` its `group`.

    Answers of nobody that can be told from others, and those without a day, count each by itself.
    """
    found = answers(tables, filters)
    if by is not None:
        found = with_group(found, tables, filters, by)
    number_, name = found.customer_id.nullif(""), found.customer.nullif("")
    alone = "#" + found.response_id
    found = found.select(
        account=number_.coalesce(name), customer_id=number_, called=name, vote=_.vote, answered_at=_.answered_at,
        person=found.answered_at.isnull().ifelse(alone, found.respondent_key.coalesce(alone)),
        **({"group": found.group} if by is not None else {}),
    )  # fmt: skip
    since = found.answered_at.coalesce(ibis.timestamp("1900-01-01"))
    # A person may have moved to another account, or a group of answers: each has its last answer there.
    return found.mutate(since=since).group_by([*(["group"] if by is not None else []), "account", "person"]).agg(
        customer_id=_.customer_id.max(), called=_.called.max(), vote=_.vote.argmax(_.since), answered_at=_.answered_at.max(),
    )  # fmt: skip


def of_accounts(tables: Tables, filters: Filters, by: Field | None = None) -> ir.Table:
    """One row an account, and with `by` a `group`: `account` (null for all answers without), `customer_id, called, n, votes,
    promoters, passives, detractors`, and `answered_on`, the day of its last answer."""
    people = latest(tables, filters, by)
    found = people.group_by([*(["group"] if by is not None else []), "account"]).agg(
        customer_id=_.customer_id.max(), called=_.called.max(), n=_.count(), votes=_.vote.cast("int64").sum(),
        promoters=(_.vote == 1).sum(), passives=(_.vote == 0).sum(), detractors=(_.vote == -1).sum(),
        answered_at=_.answered_at.max(),
    )  # fmt: skip
    return found.mutate(answered_on=in_zone(found.answered_at, filters.time_zone).date()).drop("answered_at")


# figures


def _told(kinds: list[Row], without: list[Row], by: Field | None) -> pd.DataFrame:
    parts: dict[Any, list[Row]] = {}
    for row in kinds:
        parts.setdefault(row.get("group"), []).append(row)
    lost = {row.get("group"): whole(row["n"]) for row in without}
    if by is None:
        parts.setdefault(None, [])
    found: list[Row] = []
    p_values: list[float | None] = []
    for group in sorted({*parts, *lost}, key=lambda group: (-_sum(parts.get(group, []), "accounts"), str(group))):
        own = parts.get(group, [])
        rest = [row for other, part in parts.items() if other != group for row in part]
        row, p = _compared(own, rest) if by is not None else ({}, None)
        found.append({"group": group} | _scored(own) | {"without_account": lost.get(group, 0)} | row)
        p_values.append(p)
    with_q_values(found, p_values)
    for row, p in zip(found, p_values, strict=True):
        row["p_value"] = p
        row["real_change"] = None if p is None else bool(row["q_value"] < REAL)
    key = by.key(COLUMNS) if by is not None else "group"
    named = [{key: row["group"]} | row for row in found]
    return frame(named, [*([key] if by is not None else []), *COLUMNS])


def _sum(part: list[Row], name: str) -> float:
    return sum(number(row[name]) for row in part)


def _scored(own: list[Row]) -> Row:
    """The figures of some accounts, from the counts of those with about the same score."""
    accounts, n = int(_sum(own, "accounts")), int(_sum(own, "n"))
    tally = tally_of({name: _sum(own, name) for name in ("n", "promoters", "detractors")})
    plain = told(tally)
    found: Row = {
        "accounts": accounts, "n": n, "nps": plain["nps"], "low": plain["low"], "high": plain["high"],
        "account_nps": _sum(own, "scores") / accounts if accounts else None,
        "people_an_account": n / accounts if accounts else None,
    }  # fmt: skip
    found["account_nps_low"], found["account_nps_high"] = bootstrap(
        np.array([number(row["scores"]) / whole(row["accounts"]) for row in own]),
        np.array([whole(row["accounts"]) for row in own]),
    )
    variance = ratio_variance(
        accounts, *(_sum(own, name) for name in ("votes", "n", "vote_squares", "n_squares", "cross"))
    )
    # Where all say the same, how accounts differ is not known: an interval without width would be false.
    if variance and tally.score is not None:
        half = 100 * Z * math.sqrt(variance)
        found["cluster_low"], found["cluster_high"] = max(tally.score - half, -100.0), min(tally.score + half, 100.0)
        p, d = tally.promoters / n, tally.detractors / n
        alone = (p + d - (p - d) ** 2) / n
        found["design_effect"] = variance / alone if alone > 0 else None
    return found


def bootstrap(scores: np.ndarray, counts: np.ndarray, draws: int = DRAWS, seed: int = SEED) -> Interval:
    """The 95% interval of the mean of account scores, each had by so many accounts: a percentile bootstrap (Efron and
    Tibshirani 1993) over the accounts and three added ones. Unknown below two accounts."""
    n = int(counts.sum())
    if n < 2:
        return NOT_KNOWN
    added_scores, added = (np.array(each) for each in zip(*_ADDED, strict=True))
    values, weights = np.concatenate([scores, added_scores]), np.concatenate([counts, added])
    drawn = np.random.default_rng(seed).multinomial(round(n + ADDED), weights / weights.sum(), size=draws)
    low, high = np.quantile(drawn @ values / (n + ADDED), [0.025, 0.975])
    return float(low), float(high)


def _compared(own: list[Row], rest: list[Row]) -> tuple[Row, float | None]:
    """A group's mean against that of all other accounts, by their adjusted errors."""
    counts = [int(_sum(part, "accounts")) for part in (own, rest)]
    if not all(counts):
        return {}, None
    means = [_sum(part, "scores") / n for part, n in zip((own, rest), counts, strict=True)]
    row: Row = {"difference": means[0] - means[1]}
    if min(counts) < LEAST_TESTED:
        return row, None
    variance = sum(_error2(part, n) for part, n in zip((own, rest), counts, strict=True))
    return row, normal_p(row["difference"] / math.sqrt(variance))


def _error2(part: list[Row], n: int) -> float:
    """The squared error of a mean of account scores, with the added accounts."""
    total = n + ADDED
    squares = _sum(part, "squares") + 2 * ADDED_EACH * 100.0**2
    return (squares / total - (_sum(part, "scores") / total) ** 2) / total
