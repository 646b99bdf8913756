"""Whether one owner holds so much of the open pipeline that the company depends on that person."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.intervals import LEAST_TESTED, Z, ratio_variance
from analytics.rows import Row, number, rows, whole

# Held by one owner even at the low end: so much of the money, and so many times an even share.
LEAST_SHARE = 0.30
TIMES_EVEN = 2.0
LEAST_OWNERS = 3
# What of an owner's expected money is lost when the deals change hands: an assumption, low, middle and high.
HANDOVER_LOSS = (0.10, 0.20, 0.30)


@dataclass(frozen=True)
class _Money:
    """Sums over deals with an amount."""

    n: int
    total: float
    squares: float

    @classmethod
    def of(cls, found: list[Row]) -> _Money:
        return cls(
            sum(whole(row["known"]) for row in found),
            sum(number(row["amount"]) for row in found),
            sum(number(row["squares"]) for row in found),
        )

    def share_of(self, everything: _Money) -> tuple[float, float, float] | None:
        """The share of the money of all deals that these, a part of them, hold, with its interval; unknown below 30 deals."""
        variance = ratio_variance(
            everything.n, self.total, everything.total, self.squares, everything.squares, self.squares
        )
        if variance is None or everything.n < LEAST_TESTED:
            return None
        part, half = self.total / everything.total, Z * sqrt(variance)
        return part, max(part - half, 0.0), min(part + half, 1.0)


def by_owner(deals: ir.Table) -> ir.Table:
    """Deals of one currency or several, summed: `owner, status, currency, n, known, amount, squares`."""
    return (
        deals.mutate(owner=_.owner.nullif(""))
        .group_by("owner", "status", "currency")
        .agg(n=_.count(), known=_.amount.count(), amount=_.amount.sum(), squares=(_.amount * _.amount).sum())
    )


def dependency(owners: pd.DataFrame) -> Row | None:
    """The owner the open pipeline depends on, from the rows of `by_owner`; None where there is none that clearly stands out.

    Money: what the owner's open deals are worth x the win rate by value x the loss in a handover, 10 to 30%; the low end takes
    the low end of the win rate's interval and 10%. Several currencies are not added, so there is no answer for them.
    """
    found = rows(owners)
    if len({row["currency"] for row in found} - {None}) > 1:
        return None
    open_ = [row for row in found if row["status"] == "open"]
    names = {row["owner"] for row in open_} - {None}
    closed = [row for row in found if row["status"] in ("won", "lost")]
    wins = _Money.of([row for row in closed if row["status"] == "won"]).share_of(_Money.of(closed))
    if len(names) < LEAST_OWNERS or wins is None:
        return None
    held = {name: [row for row in open_ if row["owner"] == name] for name in names}
    name = max(sorted(names), key=lambda each: _Money.of(held[each]).total)
    own = _Money.of(held[name])
    seen = own.share_of(_Money.of(open_))
    if seen is None or seen[1] < LEAST_SHARE or seen[1] <= TIMES_EVEN / len(names):
        return None
    n = sum(whole(row["n"]) for row in held[name])
    middle, careful, most = (
        own.total * win * loss for win, loss in zip(wins, (HANDOVER_LOSS[1], HANDOVER_LOSS[0], HANDOVER_LOSS[2]), strict=True)
    )  # fmt: skip
    return {
        "kind": "dependency", "field": "owner", "segment": name, "n": n, "open_share": seen[0],
        "open_share_low": seen[1], "open_share_high": seen[2], "owners": len(names), "certainty": "counted",
        "win_rate_after": wins[0], "money": middle, "money_low": careful, "money_high": most,
        "value_known": own.n / n, "deals_open": n, "value_open": own.total,
    }  # fmt: skip
