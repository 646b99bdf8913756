"""Whether promoters buy again sooner, and what customers brought in the year after an answer against the year before it."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from ibis import _

from analytics.customers.basis import Source, by_source
from analytics.customers.purchases import YEAR_DAYS
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, normal_p
from analytics.nps.following import FOLLOWED, VOTES, followed
from analytics.nps.leaving import outcome_question
from analytics.nps.relation import FOUND, PROMOTER, REAL
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from data.tables import Tables

REVENUE_COLUMNS = (
    "answered_as", "n", "customers", "revenue_year_before", "revenue_year_after", "revenue_change", "low", "high",
    "change_difference", "change_difference_low", "change_difference_high", "p_value", "q_value", "tests", "stands",
    "detectable_change", "too_recent", "currency",
)  # fmt: skip


def nps_and_repeat(tables: Tables, filters: Filters, months: int = 12) -> Question:
    """One row a vote: the chance of another purchase within `months` of the answer, strictly after its day, and how many times as
    fast as promoters they come back. Columns: those of `nps_and_leaving`; of customers with contracts, another contract.
    """
    return outcome_question(tables, filters, "next_days", "bought_watched_days", months)


def nps_and_revenue(tables: Tables, filters: Filters) -> Question:
    """One row a currency and vote: what the customers brought in the 365 days after their answers against the 365 days before.
    Columns: `REVENUE_COLUMNS`.

    Only answers a whole year old are told of, and of customers who were there on the day. Each customer counts once a vote, with
    the mean of its answers. The change is a ratio of sums; its interval, and that of the difference from promoters, is
    linearised over customers (Cochran 1977, 6.4), who may stand in several votes.
    """

    def build(source: Source) -> Question:
        found = followed(tables, filters, source, everyone=True)
        found = found.filter(found.state.isin((FOLLOWED, "too_recent")), found.bought_watched_days >= 0)
        found = found.mutate(currency=found.currency.fill_null(""), is_old=found.bought_watched_days >= YEAR_DAYS)
        young = found.filter(~found.is_old).group_by("currency", "vote").agg(young=_.n.sum())
        each = found.filter(found.is_old).group_by("customer_id", "currency").agg(**{
            f"{name}_{short}": value
            for vote, short in VOTES.items()
            for name, value in (
                ("n", _.n.sum(where=_.vote == vote).fill_null(0)),
                ("a", _mean(_.revenue_after, vote)),
                ("b", _mean(_.revenue_before, vote)),
            )
        })  # fmt: skip
        sums: dict[str, Any] = {}
        for short in VOTES.values():
            sums |= {
                f"answers_{short}": _[f"n_{short}"].sum(), f"customers_{short}": (_[f"n_{short}"] > 0).sum(),
                f"sum_a_{short}": _[f"a_{short}"].sum(), f"sum_b_{short}": _[f"b_{short}"].sum(),
            }  # fmt: skip
            for other in dict.fromkeys((short, "promoter")):
                sums |= {
                    f"{x}{y}_{short}_{other}": (_[f"{x}_{short}"] * _[f"{y}_{other}"]).sum() for x in "ab" for y in "ab"
                }
        asks = {"sums": each.group_by("currency").agg(**sums), "young": young}
        return Question(asks, lambda answers: _revenue(answers))

    return by_source(tables, filters, build)


def _mean(money: Any, vote: int) -> Any:
    of_vote = _.vote == vote
    return ((money * _.n).sum(where=of_vote) / _.n.sum(where=of_vote)).fill_null(0.0)


def _revenue(answers: Answers) -> pd.DataFrame:
    young = {(row["currency"], whole(row["vote"])): whole(row["young"]) for row in rows(answers["young"])}
    sums = {row["currency"]: row for row in rows(answers["sums"])}
    made: list[Row] = []
    p_values: list[float | None] = []
    for currency in sorted({*sums, *(key[0] for key in young)}):
        row = sums.get(currency, {})
        base = _changed(row, "promoter")
        for vote, name in VOTES.items():
            n, customers = whole(row.get(f"answers_{name}")), whole(row.get(f"customers_{name}"))
            if not n and (currency, vote) not in young:
                continue
            said: Row = {
                "answered_as": name, "n": n, "customers": customers, "currency": currency or None,
                "too_recent": young.get((currency, vote), 0),
            }  # fmt: skip
            p = None
            if n:
                said |= {
                    "revenue_year_before": number(row[f"sum_b_{name}"]),
                    "revenue_year_after": number(row[f"sum_a_{name}"]),
                }
            own = _changed(row, name)
            if own is not None:
                said |= {"revenue_change": own - 1}
                if customers > 1:
                    error = math.sqrt(_shared(row, name, name, own, own))
                    said |= {"low": max(own - 1 - Z * error, -1.0), "high": own - 1 + Z * error}
                    if base is not None and vote != PROMOTER and whole(row["customers_promoter"]) > 1:
                        error = _error_of_difference(row, name, own, base)
                        said |= {
                            "change_difference": own - base, "change_difference_low": own - base - Z * error,
                            "change_difference_high": own - base + Z * error,
                        }  # fmt: skip
                        if min(customers, whole(row["customers_promoter"])) >= LEAST_TESTED and error > 0:
                            p = normal_p((own - base) / error)
                            said["detectable_change"] = FOUND * error
            made.append(said)
            p_values.append(p)
    with_q_values(made, p_values)
    for said, p in zip(made, p_values, strict=True):
        said["p_value"] = p
        said["stands"] = None if p is None else bool(said["q_value"] < REAL)
    return frame(made, REVENUE_COLUMNS)


def _changed(row: Row, name: str) -> float | None:
    """Revenue after by revenue before."""
    before = number(row.get(f"sum_b_{name}"))
    return number(row[f"sum_a_{name}"]) / before if before > 0 else None


def _shared(row: Row, one: str, other: str, of_one: float, of_other: float) -> float:
    """The covariance of two ratios over the same customers."""
    products = {pair: number(row[f"{pair}_{one}_{other}"]) for pair in ("aa", "ab", "ba", "bb")}
    together = products["aa"] - of_other * products["ab"] - of_one * products["ba"] + of_one * of_other * products["bb"]
    found = together / (number(row[f"sum_b_{one}"]) * number(row[f"sum_b_{other}"]))
    n = whole(row[f"customers_{one}"])
    return max(found, 0.0) * n / (n - 1) if one == other else found


def _error_of_difference(row: Row, name: str, own: float, base: float) -> float:
    variance = (
        _shared(row, name, name, own, own) + _shared(row, "promoter", "promoter", base, base)
        - 2 * _shared(row, name, "promoter", own, base)
    )  # fmt: skip
    return math.sqrt(max(variance, 0.0))
