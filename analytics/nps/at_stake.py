"""What rests on customers who are detractors now, and who they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import contacts, scores
from analytics.customers.basis import Source, by_source
from analytics.filters import Filters
from analytics.intervals import NOT_KNOWN, Interval, Z, ratio_variance, share
from analytics.nps import leaving
from analytics.nps.answers import answers
from analytics.nps.following import VOTES
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from data.tables import Tables

COLUMNS = (
    "answered_as", "customers", "answers_now", "revenue_12m", "now_share", "now_share_low", "now_share_high", "value_at_risk",
    "chance_difference", "stake", "stake_low", "stake_high", "stands", "currency",
)  # fmt: skip
LIST_COLUMNS = (
    "customer_id", "customer", "owner", "answers_now", "promoters", "passives", "detractors", "lowest_score", "answered_on",
    "revenue_12m", "value_at_risk", "lifecycle", "currency",
)  # fmt: skip
NOW_DAYS = 365
_NOT_CUSTOMERS = ("lost", "potential")
SILENT = "none"


def standing(tables: Tables, filters: Filters) -> ir.Table:
    """One row a customer whose people answered in the 365 days to the as-of date: `customer_id, answers_now` (people),
    `promoters, passives, detractors, lowest_score, answered_on, vote`.

    Of each person the latest answer counts. A customer is a detractor where more of its people are detractors than promoters, a
    promoter where it is the other way round, else a passive. The period is left out of account: it is about now.
    """
    now = replace(filters, since=filters.as_of - timedelta(days=NOW_DAYS - 1), until=None)
    given = answers(tables, now).filter(_.customer_id.notnull())
    person = given.respondent_key.coalesce(given.response_id, given.email, "")
    each = given.mutate(person=person).group_by("customer_id", "person").agg(
        vote=_.vote.argmax(_.answered_at), score=_.score.argmax(_.answered_at), answered_at=_.answered_at.max()
    )  # fmt: skip
    told = each.group_by("customer_id").agg(
        answers_now=_.count(), promoters=(_.vote == 1).sum(), passives=(_.vote == 0).sum(), detractors=(_.vote == -1).sum(),
        lowest_score=_.score.min(), answered_on=contacts.day_of(_.answered_at.max(), filters), summed=_.vote.sum(),
    )  # fmt: skip
    return told.mutate(vote=told.summed.sign().cast("int8")).drop("summed")


def _known(tables: Tables, filters: Filters) -> ir.Table:
    """The customers of now that the filters leave, with `standing`; those whose people did not answer have none."""
    now = scores.chosen(tables, filters).filter(~_.lifecycle.fill_null("").isin(_NOT_CUSTOMERS))
    now = now.select(
        "customer_id",
        "customer",
        "owner",
        "lifecycle",
        "revenue_12m",
        "value_at_risk",
        currency=_.currency.fill_null(""),
    )
    return now.left_join(standing(tables, filters), "customer_id").drop("customer_id_right")


def nps_at_stake(tables: Tables, filters: Filters, months: int = 12) -> Question:
    """One row a currency and standing of customers, those without an answer last ("none"). Columns: `COLUMNS`.

    `now_share` is of the revenue of customers whose people answered; its interval takes them as a sample of all; who got back more than it
    paid counts as nothing there and in `stake`. `stake` is the
    revenue of twelve months that leaves with detractors beyond what would with promoters, if they go on leaving as
    `nps_and_leaving` saw: revenue x difference of the chances to have left, with the interval of that difference. Customers that
    are lost or never bought are not counted. The scores must be there.
    """

    def build(source: Source) -> Question:
        # Who got back more than it paid brings nothing: shares are of what the others bring.
        known = _known(tables, filters).mutate(paid=ibis.greatest(_.revenue_12m, 0.0))
        answered = known.vote.notnull()
        of_all = known.filter(answered).group_by("currency").agg(
            total=_.paid.sum(), squares=(_.paid * _.paid).sum(), answered=_.count()
        )  # fmt: skip
        told = known.group_by("currency", "vote").agg(
            customers=_.count(), people=_.answers_now.sum(), revenue_12m=_.revenue_12m.sum(), at_risk=_.value_at_risk.sum(),
            paid=_.paid.sum(), paid_squares=(_.paid * _.paid).sum(),
        )  # fmt: skip
        after_answers = leaving.asked(tables, filters, source)

        def finish(given: Answers) -> pd.DataFrame:
            after = leaving.finished(given, source, months)
            return _rows(rows(given["told"]), rows(given["of_all"]), rows(after))

        return Question({"told": told, "of_all": of_all, **after_answers}, finish)

    return by_source(tables, filters, build)


def _rows(told: list[Row], of_all: list[Row], after: list[Row]) -> pd.DataFrame:
    leaves = {row["answered_as"]: row for row in after}
    totals = {row["currency"]: row for row in of_all}
    order = [*VOTES, None]
    made: list[Row] = []
    for row in sorted(
        told, key=lambda row: (row["currency"], order.index(None if row["vote"] is None else whole(row["vote"])))
    ):
        vote = None if row["vote"] is None else whole(row["vote"])
        name = SILENT if vote is None else VOTES[vote]
        revenue = number(row["revenue_12m"])
        said: Row = {
            "answered_as": name, "customers": whole(row["customers"]), "answers_now": whole(row["people"]), "revenue_12m": revenue,
            "value_at_risk": row["at_risk"], "currency": row["currency"] or None,
        }  # fmt: skip
        if vote is not None:
            total = totals[row["currency"]]
            said["now_share"] = share(number(row["paid"]), number(total["total"]))
            said["now_share_low"], said["now_share_high"] = _share_interval(row, total)
        own = leaves.get(name, {})
        if own.get("chance_difference") is not None:
            said |= {"chance_difference": own["chance_difference"], "stands": own["stands"]}
            for ours, theirs in (
                ("stake", "chance_difference"),
                ("stake_low", "chance_difference_low"),
                ("stake_high", "chance_difference_high"),
            ):
                said[ours] = number(row["paid"]) * own[theirs]
        made.append(said)
    return frame(made, COLUMNS)


def _share_interval(row: Row, total: Row) -> Interval:
    """Of a share of revenue, linearised over the customers who answered."""
    variance = ratio_variance(
        whole(total["answered"]), number(row["paid"]), number(total["total"]), number(row["paid_squares"]), number(total["squares"]),
        number(row["paid_squares"]),
    )  # fmt: skip
    if variance is None:
        return NOT_KNOWN
    rate, half = number(row["paid"]) / number(total["total"]), Z * variance**0.5
    return max(rate - half, 0.0), min(rate + half, 1.0)


def nps_detractors(tables: Tables, filters: Filters, most: int | None = None) -> Question:
    """One row a customer that is a detractor now (`standing`), those with most revenue first, currency by currency. Columns:
    `LIST_COLUMNS`. `most` lists so many."""
    found = _known(tables, filters).filter(_.vote == -1)
    found = found.mutate(of_currency=_.count().over(ibis.window(group_by="currency")))
    found = found.order_by(
        _.of_currency.desc(), "currency", _.revenue_12m.desc(nulls_first=False), _.lowest_score, "customer_id"
    ).select(*LIST_COLUMNS)  # fmt: skip
    listed = found if most is None else found.limit(most)

    def told(given: Answers) -> pd.DataFrame:
        return frame(
            (contacts.with_days(row) | {"currency": row["currency"] or None} for row in rows(given["listed"])),
            LIST_COLUMNS,
        )

    return Question({"listed": listed}, told)
