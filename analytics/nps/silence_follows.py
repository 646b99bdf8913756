"""Whether customers who do not answer leave more often: an invitation unanswered against one answered, and the months after it."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.customers.basis import Source, counts, source
from analytics.customers.contracts import GRACE_DAYS
from analytics.customers.purchases import YEAR_DAYS, lines
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, normal_p, wilson
from analytics.nps.invitations import SETTLED_AFTER, invitations
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from data.tables import Tables

COLUMNS = (
    "followed_months", "gone_as", "asked_silent", "gone_silent", "gone_silent_share", "gone_silent_low", "gone_silent_high",
    "asked_answered", "gone_answered", "gone_answered_share", "gone_answered_low", "gone_answered_high", "difference", "low", "high",
    "customers_followed", "p_value", "q_value", "tests",
)  # fmt: skip
# Months followed, in days, from the 30th day after the invitation: by then the answer is there or not.
FOLLOWED = {6: 183, 12: 365}
_DATED = ("orders", "deals", "subscriptions")


def silence_follows(tables: Tables, filters: Filters) -> Question:
    """Two rows, 6 and 12 months: of customers at an invitation they left unanswered, and at one they answered, the share gone after.

    Columns: `COLUMNS`. Gone is who bought nothing within those months, counted from the 30th day after the invitation; with
    contracts, who had none running at their end. Counted are invitations that arrived, of known customers that had bought within
    the year before (or had a contract that day and on the 30th after), and whose months are over at the as-of date. People of one customer asked on one day are
    one: it answered if anybody did by the 30th day. The error takes all invitations of a customer together (two linearised ratios). Without 30
    customers on either side there is no test. It is what goes together, not what is caused by it. No row where no purchase has a day.
    """

    def more(told: Answers) -> dict[str, ir.Table]:
        known = source(rows(told["basis"])[0])
        if known is None or known.basis not in _DATED:
            return {}
        return {str(months): _sums(tables, filters, known, days) for months, days in FOLLOWED.items()}

    def finish(told: Answers) -> pd.DataFrame:
        known = source(rows(told["basis"])[0])
        gone_as = "contract_ended" if known is not None and known.is_contract else "no_purchase"
        made = [_compared(rows(told[str(months)])[0], months, gone_as) for months in FOLLOWED if str(months) in told]
        made = [row for row in made if row["asked_silent"] or row["asked_answered"]]
        p_values = [row.pop("p") for row in made]
        with_q_values(made, p_values)
        for row, p in zip(made, p_values, strict=True):
            row["p_value"] = p
        return frame(made, COLUMNS)

    return Question({"basis": counts(tables, filters)}, finish, (more,))


def _sums(tables: Tables, filters: Filters, known: Source, days: int) -> ir.Table:
    """One row: sums over customers of what they did after invitations unanswered (`0`) and answered (`1`)."""
    sent = invitations(tables, filters).filter(_.arrived, _.customer_id.notnull(), _.age >= SETTLED_AFTER + days)
    # What came after the thirtieth day says that the customer was still there in the months that are followed.
    in_time = sent.response_id.notnull() & (sent.days_to_answer <= SETTLED_AFTER)
    asked = (
        sent.mutate(in_time=in_time.fill_null(False))
        .group_by("customer_id", "sent_on")
        .agg(is_answered=_.in_time.any())
    )
    told = (
        _of_contracts(tables, asked, days) if known.is_contract else _of_purchases(tables, filters, known, asked, days)
    )
    each = told.group_by("customer_id").agg(
        m=_.is_answered.sum(), n=(~_.is_answered).sum(),
        gone_m=(_.is_answered & _.is_gone).sum(), gone_n=(~_.is_answered & _.is_gone).sum(),
    )  # fmt: skip
    squares = {f"{a}_{b}": (each[a] * each[b]).sum() for place, a in enumerate(_PARTS) for b in _PARTS[place:]}
    return each.agg(
        customers=_.count(), silent=(_.n > 0).sum(), answering=(_.m > 0).sum(),
        **{name: each[name].sum() for name in _PARTS}, **squares,
    )  # fmt: skip


_PARTS = ("n", "m", "gone_n", "gone_m")


def _of_purchases(tables: Tables, filters: Filters, known: Source, asked: ir.Table, days: int) -> ir.Table:
    bought = lines(tables, filters, known).filter(_.amount.isnull() | (_.amount >= 0))
    bought = bought.select(of="customer_id", day=_.day).distinct()
    met = asked.left_join(bought, [("customer_id", "of")])
    ago = met.day.delta(met.sent_on, unit="day")
    told = met.mutate(ago=ago).group_by("customer_id", "sent_on", "is_answered").agg(
        is_here=((_.ago <= 0) & (_.ago > -YEAR_DAYS)).any().fill_null(False),
        came_back=((_.ago > SETTLED_AFTER) & (_.ago <= SETTLED_AFTER + days)).any().fill_null(False),
    )  # fmt: skip
    return told.filter(_.is_here).mutate(is_gone=~_.came_back)


def _of_contracts(tables: Tables, asked: ir.Table, days: int) -> ir.Table:
    running = tables.subscriptions.filter(_.customer_id.notnull(), _.started_on.notnull())
    running = running.select(of="customer_id", started_on=_.started_on, ended_on=_.ended_on)
    met = asked.left_join(running, [("customer_id", "of")])
    start = met.started_on.delta(met.sent_on, unit="day")
    end = met.ended_on.delta(met.sent_on, unit="day")
    # One that ended and was signed again within the days of grace never left.
    until = SETTLED_AFTER + days
    told = met.mutate(
        here=(start <= 0) & (end.isnull() | (end >= 0)),
        # Who was gone by the thirtieth day had no time to answer.
        settled=(start <= SETTLED_AFTER) & (end.isnull() | (end >= SETTLED_AFTER)),
        stays=(start <= until) & (end.isnull() | (end >= until - GRACE_DAYS)),
    )
    told = told.group_by("customer_id", "sent_on", "is_answered").agg(
        is_here=_.here.any().fill_null(False) & _.settled.any().fill_null(False), stays=_.stays.any().fill_null(False)
    )
    return told.filter(_.is_here).mutate(is_gone=~_.stays)


def _compared(sums: Row, months: int, gone_as: str) -> Row:
    n, m = whole(sums["n"]), whole(sums["m"])
    row: Row = {
        "followed_months": months, "gone_as": gone_as, "asked_silent": n, "asked_answered": m, "gone_silent": whole(sums["gone_n"]),
        "gone_answered": whole(sums["gone_m"]), "customers_followed": whole(sums["customers"]), "p": None,
    }  # fmt: skip
    errors = _errors(sums)
    for side, count in (("silent", n), ("answered", m)):
        if count:
            rate = row[f"gone_{side}"] / count
            error = errors[0 if side == "silent" else 1]
            number_ = min(count, rate * (1 - rate) / error) if error > 0 else count
            low, high = wilson(rate, number_)
            row |= {f"gone_{side}_share": rate, f"gone_{side}_low": low, f"gone_{side}_high": high}
    if n and m:
        difference, error = row["gone_silent_share"] - row["gone_answered_share"], float(np.sqrt(errors[2]))
        row["difference"] = difference
        if error > 0:
            row |= {"low": max(difference - Z * error, -1.0), "high": min(difference + Z * error, 1.0)}
            if min(whole(sums["silent"]), whole(sums["answering"])) >= LEAST_TESTED:
                row["p"] = normal_p(difference / error)
    return row


def _errors(sums: Row) -> tuple[float, float, float]:
    """The variances of both shares and of their difference, over customers (Cochran 1977, 6.4)."""
    n, m = number(sums["n"]), number(sums["m"])
    rate = number(sums["gone_n"]) / n if n else 0.0
    other = number(sums["gone_m"]) / m if m else 0.0
    # What a customer adds to each share, and to the first less the second, as weights of `_PARTS`.
    first = np.array([-rate / n, 0, 1 / n, 0]) if n else np.zeros(4)
    second = np.array([0, -other / m, 0, 1 / m]) if m else np.zeros(4)
    products = np.array([[_product(sums, a, b) for b in _PARTS] for a in _PARTS])
    k = number(sums["customers"])
    scale = k / (k - 1) if k > 1 else 0.0
    variances: list[Any] = [scale * float(w @ products @ w) for w in (first, second, first - second)]
    return max(variances[0], 0.0), max(variances[1], 0.0), max(variances[2], 0.0)


def _product(sums: Row, a: str, b: str) -> float:
    name = f"{a}_{b}" if f"{a}_{b}" in sums else f"{b}_{a}"
    return number(sums[name])
