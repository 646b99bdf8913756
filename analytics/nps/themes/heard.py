"""One theme: how often it is heard, month by month, and the comments that mention it."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import basis, who
from analytics.filters import Filters
from analytics.intervals import share, wilson
from analytics.nps.spans import Span, name_of, span_start, stretches
from analytics.nps.themes.comments import commented
from analytics.nps.themes.matching import is_about
from analytics.nps.themes.money import revenue
from analytics.periods import WeekStart, local
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows, whole
from data.tables import Tables
from data.theme_list import STARTER, Theme

VOLUME_COLUMNS = (
    "theme", "period", "starts_on", "ends_on", "is_complete", "n", "comments", "mention_share", "mention_low", "mention_high",
)  # fmt: skip
COMMENT_COLUMNS = ("day", "score", "comment", "customer_id", "customer", "owner", "revenue_12m", "currency")


def theme_volume(
    tables: Tables, filters: Filters, theme: Theme = STARTER[0], grain: Span = "month", week_start: WeekStart = "sunday",
    fiscal_year_start: int = 1,
) -> Question:  # fmt: skip
    """One row a period, from the first comment to the last: how many comments there are, and how many mention the theme.

    Columns: `VOLUME_COLUMNS`; the interval of the share is Wilson's. Comments without a day are in no period.
    """
    comments = commented(tables, filters).filter(_.answered_at.notnull())
    start = span_start(
        local(comments.answered_at, filters.time_zone, filters.as_of), grain, week_start, fiscal_year_start
    )
    each = comments.select(start=start, is_about=is_about(comments.text, theme))
    counted = each.group_by("start").agg(comments=_.count(), n=_.is_about.sum())
    return Question({"counted": counted}, lambda told: _volume(rows(told["counted"]), theme, filters, grain))


def _volume(counted: list[Row], theme: Theme, filters: Filters, grain: Span) -> pd.DataFrame:
    found = {pd.Timestamp(row["start"]).date(): row for row in counted}
    made: list[Row] = []
    if found:
        for span in stretches(min(found), max(found), filters, grain):
            row = found.get(span.start, {"comments": 0, "n": 0})
            n, comments = whole(row["n"]), whole(row["comments"])
            part = share(n, comments)
            low, high = wilson(part, comments)
            made.append({
                "theme": theme.name, "period": name_of(span.start, grain), "starts_on": span.first, "ends_on": span.last,
                "is_complete": span.is_complete, "n": n, "comments": comments, "mention_share": part, "mention_low": low,
                "mention_high": high,
            })  # fmt: skip
    return frame(made, VOLUME_COLUMNS)


def theme_comments(
    tables: Tables, filters: Filters, theme: Theme | None = STARTER[0], themes: tuple[Theme, ...] = STARTER,
    most: int | None = None,
) -> Question:  # fmt: skip
    """One row a comment that mentions the theme, the lowest score first, among equals the latest. Columns: `COMMENT_COLUMNS`.

    Without a `theme` the comments that mention none of `themes`. At most `most` rows.
    """

    def listed(answers: Answers) -> dict[str, ir.Table]:
        comments = commented(tables, filters)
        if theme is not None:
            comments = comments.filter(is_about(comments.text, theme))
        else:
            for each in themes:
                comments = comments.filter(~is_about(comments.text, each))
        source = basis.source(rows(answers["basis"])[0])
        return {"listed": _listed(tables, filters, comments, source, most)}

    return Question({"basis": basis.counts(tables, filters)}, lambda told: _comments(told["listed"]), (listed,))


def _listed(
    tables: Tables, filters: Filters, comments: ir.Table, source: basis.Source | None, most: int | None
) -> ir.Table:
    order = [_.score.asc(), _.answered_at.desc(nulls_first=False), _.response_id]
    kept = comments.order_by(*order)
    if most is not None:
        kept = kept.limit(most)
    names = who.customers(tables, filters).select(known_id="customer_id", known_as="customer", owner="owner")
    found = kept.left_join(names, [("customer_id", "known_id")])
    money = revenue(tables, filters, source)
    if money is None:
        found = found.mutate(currency=ibis.null("string"), revenue_12m=ibis.null("float64"))
    else:
        found = found.left_join(money.rename(bought_by="customer_id"), [("customer_id", "bought_by")])
        is_silent = found.revenue_12m.isnull() & found.customer_id.notnull()  # it bought nothing in the year
        found = found.mutate(revenue_12m=is_silent.ifelse(0.0, found.revenue_12m))
    return found.select(
        "score", "comment", "customer_id", "owner", "revenue_12m", "currency", "response_id",
        day=local(_.answered_at, filters.time_zone, filters.as_of).date(), customer=_.known_as.nullif(_.customer_id).coalesce(_.customer, _.known_as),
        answered_at=_.answered_at,
    ).order_by(*order)  # fmt: skip


def _comments(listed: pd.DataFrame) -> pd.DataFrame:
    found = rows(listed)
    for row in found:
        if row["day"] is not None:
            row["day"] = pd.Timestamp(row["day"]).date()
    return frame(found, COMMENT_COLUMNS)
