"""How many deals are won, by the five definitions in use: they ask different things, so all stand side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.fields import Field, columns_for, with_value
from analytics.filters import Filters
from analytics.intervals import (
    LEAST_TESTED,
    NOT_KNOWN,
    Interval,
    Z,
    normal_p,
    ratio_bootstrap,
    ratio_variance,
    share,
    share_difference,
    wilson,
)
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from analytics.survival import CompetingRisks, Lengths, weighted_quantile
from data.messages import N_
from data.tables import Tables

KINDS = ("won", "lost", "open")
DEFINITIONS = ("closed", "created", "matured", "value", "hygiene")
COLUMNS = (
    "definition", "currency", "won", "total", "undecided", "rate", "low", "high", "n", "undecided_share", "undated",
    "negative", "horizon_days", "top_share", "amount_known", "zombies", "interval_method", "reason",
)  # fmt: skip
NEEDED = ("status", "created_at", "closed_at", "expected_close_on", "amount", "currency")
LEAST_CREATED = 30
LEAST_WON = 10
OVERDUE = timedelta(days=30)
# With more deals the bootstrap would take seconds and agrees with the linearised interval.
MOST_RESAMPLED = 5_000

NO_LOST_AMOUNTS = N_("The lost deals have no amounts, so this rate cannot be other than 100%.")
TOO_FEW = N_("It takes 30 deals with a creation date and 10 won ones to follow a cohort.")

Groups = Mapping[str, pd.DataFrame]


def win_rate(tables: Tables, filters: Filters, by: Field | None = None) -> Question:
    """Five rows, or five a group of `by`; more in 'value' where there are several currencies. Columns: `COLUMNS`.

    The period bounds the close date in closed, value and hygiene, the creation date in created and matured.
    """
    keys = ["group"] if by else []
    chosen = filters.deals(tables).select(*dict.fromkeys((*NEEDED, *(columns_for(by) if by else ()))))
    deals = chosen if by is None else with_value(chosen, tables, by, "group", time_zone=filters.time_zone)
    deals = deals.mutate(
        is_won=_.status == "won",
        is_decided=_.status != "open",
        is_closed_in=(_.status != "open") & filters.in_period(_.closed_at),
        is_created_in=filters.in_period(_.created_at),
        end=_.closed_at.fill_null(ibis.timestamp(filters.now)),
    ).mutate(has_length=_.created_at.notnull() & ((_.status == "open") | _.closed_at.notnull()))
    asks = {
        "totals": _totals(deals, filters, keys),
        "lengths": deals.filter(_.is_created_in & _.has_length & (_.end >= _.created_at))
        .mutate(hours=filters.hours(_.end, _.created_at))
        .agg(n=_.count(), by=[*keys, "status", "hours"]),
    }
    amounts = (
        deals.filter(_.is_closed_in & _.amount.notnull())
        .agg(n=_.count(), by=[*keys, "currency", "amount", "is_won"])
        .order_by("currency", "amount", "is_won")
    )

    def more(answers: Answers) -> dict[str, ir.Table]:
        totals = answers["totals"]
        valued = totals.loc[totals["is_closed_in"].astype(bool), "known"].sum()
        return {"amounts": amounts} if valued <= MOST_RESAMPLED else {}

    key = by.key(COLUMNS) if by else None
    return Question(asks, partial(_rows, key=key, has_period=filters.has_period), (more,))


# What tells deals apart for the counts; deals alike in all of it make one row.
MARKS = ("is_closed_in", "is_created_in", "has_length", "is_negative", "no_close", "no_creation", "is_zombie")


def _totals(deals: ir.Table, filters: Filters, keys: list[str]) -> ir.Table:
    closed = deals.filter(_.is_decided & (_.closed_at >= _.created_at))
    slowest = closed.agg(slow=filters.days(_.closed_at, _.created_at).quantile(0.95))
    overdue = filters.as_of - OVERDUE
    return (
        deals.cross_join(slowest)
        .mutate(
            is_zombie=~_.is_decided
            & (
                (_.expected_close_on < ibis.date(overdue)).fill_null(False)
                | (filters.days(_.end, _.created_at) > _.slow).fill_null(False)
            ),
            is_negative=_.has_length & (_.end < _.created_at),
            no_close=_.is_decided & _.closed_at.isnull(),
            no_creation=_.created_at.isnull(),
            square=_.amount * _.amount,
        )
        .agg(
            n=_.count(),
            known=_.amount.count(),
            total=_.amount.sum(),
            squares=_.square.sum(),
            largest=_.amount.max(),
            by=[*keys, "currency", "status", *MARKS],
        )
    )


def _counted(totals: list[Row]) -> dict[str, int]:
    """The counts of one group, from its rows of `_totals`."""

    def n(**marks: object) -> int:
        return sum(whole(row["n"]) for row in totals if all(row[name] == mark for name, mark in marks.items()))

    return {
        "closed_won": n(status="won", is_closed_in=True), "closed_all": n(is_closed_in=True), "closed_undated": n(no_close=True),
        "open": n(status="open"), "zombies": n(is_zombie=True), "created_won": n(status="won", is_created_in=True),
        "created_all": n(is_created_in=True), "created_open": n(status="open", is_created_in=True),
        "created_undated": n(no_creation=True), "length_unknown": n(is_created_in=True, has_length=False),
        "length_negative": n(is_created_in=True, is_negative=True),
    }  # fmt: skip


def _money(totals: list[Row]) -> list[Row]:
    """The sums of the closed deals of one group, a row a currency."""
    found: dict[object, Row] = {}
    for row in totals:
        if not row["is_closed_in"]:
            continue
        sums = found.setdefault(
            row["currency"],
            {"currency": row["currency"], "largest": None}
            | dict.fromkeys(("closed", "won_deals", "n", "won", "total", "won_squares", "squares"), 0),
        )
        is_won = row["status"] == "won"
        sums["closed"] += whole(row["n"])
        sums["won_deals"] += whole(row["n"]) if is_won else 0
        sums["n"] += whole(row["known"])
        for name, value in (("total", number(row["total"])), ("squares", number(row["squares"]))):
            sums[name] += value
            sums["won" if name == "total" else "won_squares"] += value if is_won else 0
        if row["largest"] is not None:
            sums["largest"] = max(row["largest"], sums["largest"] or row["largest"])
    return list(found.values())


def _rows(answers: Groups, key: str | None, has_period: bool) -> pd.DataFrame:
    totals: dict[Any, list[Row]] = defaultdict(list)
    for row in rows(answers["totals"]):
        totals[row.get("group")].append(row)
    counts = {group: _counted(each) for group, each in totals.items()}
    if key is None and not counts:  # no deal at all still has a win rate, unknown
        counts = {None: _counted([])}
    money = {group: _money(each) for group, each in totals.items()}
    everyone = Lengths.of(answers["lengths"], "status", KINDS)
    by_group = Lengths.by(answers["lengths"], ["group"] if key else [], "status", KINDS)
    lengths = {(group[0] if group else None): each for group, each in by_group.items()}
    amounts = answers.get("amounts")
    currencies = {row["currency"] for each in money.values() for row in each if row["n"]} - {None}

    found: list[Row] = []
    tests: list[float | None] = []
    for group in sorted(counts, key=lambda name: (name is None, str(name))):
        count = counts[group]
        rest = _rest(counts, group)
        shared: Row = {} if key is None else {key: group}
        # Without a period no date is asked for, and none can be missing.
        no_close, no_creation = (count["closed_undated"], count["created_undated"]) if has_period else (0, 0)

        closed = _share(count["closed_won"], count["closed_all"], count["open"], count["closed_all"] + count["open"])
        found.append(shared | {"definition": "closed", "undated": no_close} | closed)
        tests.append(_p(count["closed_won"], count["closed_all"], rest["closed_won"], rest["closed_all"]))

        created = _share(count["created_won"], count["created_all"], count["created_open"], count["created_all"])
        found.append(shared | {"definition": "created", "undated": no_creation} | created)
        tests.append(_p(count["created_won"], count["created_all"], rest["created_won"], rest["created_all"]))

        found.append(shared | {"definition": "matured"} | _matured(lengths.get(group), count, no_creation))
        has_rate = found[-1].get("rate") is not None
        tests.append(_matured_p(lengths[group], everyone.without(lengths[group])) if has_rate else None)

        for row, p in _values(money, group, amounts, currencies):
            found.append(shared | row | {"undecided": count["open"], "undated": no_close})
            found[-1]["undecided_share"] = share(count["open"], count["open"] + row["closed"])
            tests.append(p)

        strict = count["closed_all"] + count["zombies"]
        hygiene = _share(
            count["closed_won"], strict, count["open"] - count["zombies"], count["closed_all"] + count["open"]
        )
        found.append(shared | {"definition": "hygiene", "undated": no_close, "zombies": count["zombies"]} | hygiene)
        tests.append(_p(count["closed_won"], strict, rest["closed_won"], rest["closed_all"] + rest["zombies"]))
    columns = list(COLUMNS)
    if key is not None:
        with_q_values(found, tests)
        columns = [key, *columns, "q_value", "tests"]
    order = {name: place for place, name in enumerate(DEFINITIONS)}
    if key is None:
        found.sort(key=lambda row: order[row["definition"]])
    return frame(found, columns)


def _share(won: int, total: int, undecided: int, scope: int) -> Row:
    """The keys of a share of counts; `scope` is how many deals `undecided` is a share of."""
    rate = share(won, total)
    low, high = wilson(rate, total)
    return {
        "won": won, "total": total, "n": total, "rate": rate, "low": low, "high": high, "undecided": undecided,
        "undecided_share": share(undecided, scope), "interval_method": "wilson",
    }  # fmt: skip


def _p(won: int, total: int, rest_won: int, rest_total: int) -> float | None:
    return share_difference(won / total, total, rest_won / rest_total, rest_total) if total and rest_total else None


def _rest(counts: Mapping[Any, Mapping[str, int]], group: object) -> dict[str, int]:
    rest: dict[str, int] = defaultdict(int)
    for other, row in counts.items():
        if other != group:
            for name, value in row.items():
                rest[name] += value
    return rest


def _horizon(risks: CompetingRisks) -> float:
    return weighted_quantile(risks.durations, risks.of_any, 0.75)


def _matured(lengths: Lengths | None, count: Mapping[str, int], no_creation: int) -> Row:
    row: Row = {
        "n": lengths.n if lengths else 0, "undecided": count["created_open"],
        "undecided_share": share(count["created_open"], count["created_all"]),
        "undated": count["length_unknown"] + no_creation, "negative": count["length_negative"],
    }  # fmt: skip
    if lengths is None or lengths.n < LEAST_CREATED or lengths.counts[:, 0].sum() < LEAST_WON:
        return row | {"reason": TOO_FEW}
    risks = lengths.risks()
    horizon = _horizon(risks)
    low, high = risks.interval(horizon, 0)
    return row | {
        "rate": risks.incidence_at(horizon, 0), "low": low, "high": high, "horizon_days": horizon,
        "interval_method": "wilson_effective",
    }  # fmt: skip


def _matured_p(own: Lengths, rest: Lengths) -> float | None:
    """Against the rest, both by the horizon of the group."""
    if rest.n < LEAST_TESTED:
        return None
    horizon = _horizon(own.risks())
    shares = [(risks.incidence_at(horizon, 0), risks.effective_n(horizon, 0)) for risks in (own.risks(), rest.risks())]
    return share_difference(*shares[0], *shares[1])


def _values(
    money: Mapping[Any, list[Row]], group: object, amounts: pd.DataFrame | None, currencies: set[str]
) -> list[tuple[Row, float | None]]:
    """One row, or one a currency of the table, each with its p-value against the same currency in the other groups."""
    split: list[str | None] = [*sorted(currencies)] if len(currencies) > 1 else [None]
    found: list[tuple[Row, float | None]] = []
    for currency in split:

        def of(rows_: list[Row], currency: str | None = currency) -> dict[str, float]:
            kept = [row for row in rows_ if currency is None or row["currency"] == currency]
            names = ("closed", "won_deals", "n", "won", "total", "won_squares", "squares")
            return {name: sum(number(row[name]) for row in kept) for name in names}

        rows_ = money.get(group, [])
        own = of(rows_)
        rest = of([row for other, each in money.items() if other != group for row in each])
        if len(split) > 1 and not own["closed"]:
            continue
        n = int(own["n"])
        has_lost = n > 0 and own["closed"] > own["won_deals"]
        rate = share(own["won"], own["total"]) if n else None
        largest = max(
            (number(row["largest"]) for row in rows_ if row["n"] and currency in (None, row["currency"])), default=0.0
        )
        interval, method = _value_interval(amounts, group, currency, own)
        if interval[0] == interval[1]:  # of all amounts, or none, was won the same share: nothing tells how sure it is
            interval, method = NOT_KNOWN, None
        row: Row = {
            "definition": "value", "currency": currency or next(iter(currencies), None), "closed": int(own["closed"]),
            "won": own["won"] if n else None, "total": own["total"] if n else None, "rate": rate,
            "low": interval[0], "high": interval[1], "n": n, "interval_method": method,
            "top_share": share(largest, own["total"]), "amount_known": share(n, own["closed"]),
            "reason": NO_LOST_AMOUNTS if has_lost and own["squares"] == own["won_squares"] else None,
        }  # fmt: skip
        found.append((row, _value_p(own, rest)))
    return found


def _variance(sums: Mapping[str, float]) -> float | None:
    won, total = sums["won"], sums["total"]
    return ratio_variance(int(sums["n"]), won, total, sums["won_squares"], sums["squares"], sums["won_squares"])


def _value_interval(
    amounts: pd.DataFrame | None, group: object, currency: str | None, own: Mapping[str, float]
) -> tuple[Interval, str | None]:
    if not own["n"] or not own["total"]:
        return NOT_KNOWN, None
    if amounts is None:
        variance = _variance(own)
        if variance is None:
            return NOT_KNOWN, None
        half = Z * variance**0.5
        rate = own["won"] / own["total"]
        return (max(0.0, rate - half), min(1.0, rate + half)), "linearised"
    rows_ = amounts
    if "group" in rows_:
        rows_ = rows_[rows_["group"].isna() if group is None else (rows_["group"] == group).fillna(False)]
    if currency is not None:
        rows_ = rows_[(rows_["currency"] == currency).fillna(False)]
    amount = rows_["amount"].to_numpy(dtype=float)
    won = rows_["is_won"].to_numpy(dtype=bool)
    return ratio_bootstrap(amount * won, amount, rows_["n"].to_numpy(dtype=np.int64)), "bootstrap"


def _value_p(own: Mapping[str, float], rest: Mapping[str, float]) -> float | None:
    if min(own["n"], rest["n"]) < LEAST_TESTED or not own["total"] or not rest["total"]:
        return None
    variance, rest_variance = _variance(own), _variance(rest)
    if variance is None or rest_variance is None or variance + rest_variance == 0:
        return None
    return normal_p((own["won"] / own["total"] - rest["won"] / rest["total"]) / (variance + rest_variance) ** 0.5)
