"""What comments are about: how those score who mention a theme, how many they are, and which theme is heard more than before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd

from analytics.customers import basis
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, newcombe, share, share_difference, wilson
from analytics.nps.answers import DETRACTOR, PROMOTER
from analytics.nps.evidence import Tally, difference_interval, difference_p
from analytics.nps.themes.comments import commented
from analytics.nps.themes.matching import is_about
from analytics.nps.themes.money import revenue
from analytics.nps.trend import told
from analytics.periods import local
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows, whole, with_q_values
from data.tables import Tables
from data.theme_list import STARTER, Theme

COLUMNS = (
    "theme", "n", "comments", "mention_share", "mention_low", "mention_high", "promoters", "passives", "detractors", "nps", "low",
    "high", "nps_others", "impact", "impact_low", "impact_high", "added_points", "p_value", "q_value", "real_impact", "mentions_now",
    "mentions_before", "share_now", "share_before", "rise", "rise_low", "rise_high", "rise_p", "rise_q", "real_rise",
    "customers", "revenue_12m", "currency", "tests",
)  # fmt: skip
RECENT_DAYS = 180
LEAST_MENTIONS = 15  # with fewer the difference is not shown
REAL = 0.05
_KINDS = ("n", "p", "d", "now", "before")


@dataclass(frozen=True)
class Count:
    """How many comments there are, of promoters and detractors, and in the last days and those before them."""

    tally: Tally
    now: int
    before: int


def nps_themes(
    tables: Tables, filters: Filters, themes: tuple[Theme, ...] = STARTER, recent_days: int = RECENT_DAYS
) -> Question:
    """One row a theme, the one that costs most points first; the last row, without a name, is the comments of no theme.

    Columns: `COLUMNS`. A comment can mention several themes. `impact` is the NPS of the comments that mention it less that of all
    other comments (N9), `added_points` that times the share that mention it: what it adds to the NPS of all comments. `rise` is
    the share of comments that mention it in the last `recent_days` up to the as-of date (or the end of the period) less the share
    in as many days before. Tests need 30 comments on either side; the correction is over the tests of impact and of rise together.
    """
    comments = commented(tables, filters)
    hits = [is_about(comments.text, theme) for theme in themes]

    def counted(answers: Answers) -> Mapping[str, ir.Table]:
        source = basis.source(rows(answers["basis"])[0])
        return {"counted": _counted(tables, filters, comments, hits, recent_days, source)}

    def finish(answers: Answers) -> pd.DataFrame:
        return _told(rows(answers["counted"])[0], themes)

    return Question({"basis": basis.counts(tables, filters)}, finish, (counted,))


def _counted(
    tables: Tables, filters: Filters, comments: ir.Table, hits: list[ir.BooleanValue], recent_days: int,
    source: basis.Source | None,
) -> ir.Table:  # fmt: skip
    """One row with `n_0, p_0, d_0, now_0, before_0, customers_0, revenue_0` and so on of each theme; "other" are the comments of
    none, "all" all of them."""
    about = {str(place): hit for place, hit in enumerate(hits)}
    found = comments.select(
        "customer_id", "vote", day=local(comments.answered_at, filters.time_zone, filters.as_of).date(),
        **{f"is_{name}": hit for name, hit in about.items()},
    )  # fmt: skip
    every: ir.BooleanValue = ibis.literal(False)
    for name in about:
        every = every | found[f"is_{name}"]
    found = found.mutate(is_other=~every, is_all=ibis.literal(True))
    last = min(filters.until or filters.as_of, filters.as_of)
    middle, first = (ibis.date(last - timedelta(days=days)) for days in (recent_days, 2 * recent_days))
    found = found.mutate(
        is_now=(found.day > middle).fill_null(False) & (found.day <= ibis.date(last)).fill_null(False),
        is_before=((found.day > first) & (found.day <= middle)).fill_null(False),
    )
    names = [*about, "other", "all"]
    counts: dict[str, ir.Value] = {}
    for name in names:
        here = found[f"is_{name}"]
        counts |= {
            f"n_{name}": here.sum(), f"p_{name}": (here & (found.vote == PROMOTER)).sum(),
            f"d_{name}": (here & (found.vote == DETRACTOR)).sum(), f"now_{name}": (here & found.is_now).sum(),
            f"before_{name}": (here & found.is_before).sum(),
        }  # fmt: skip
    each = found.group_by("customer_id").agg(**counts)
    money = revenue(tables, filters, source)
    if money is None:
        each = each.mutate(currency=ibis.null("string"), revenue_12m=ibis.null("float64"))
    else:
        each = each.left_join(money, "customer_id").drop("customer_id_right")
    sums = {f"{kind}_{name}": each[f"{kind}_{name}"].sum() for kind in _KINDS for name in names}
    is_known = each.customer_id.notnull()
    for name in names:
        here = is_known & (each[f"n_{name}"] > 0)
        sums[f"customers_{name}"] = here.sum()
        sums[f"revenue_{name}"] = each.revenue_12m.sum(where=here)
    spent = each.revenue_12m.notnull() & (each.n_all > 0)
    return each.agg(
        **sums, currencies=each.currency.fill_null("").nunique(where=spent), currency=each.currency.max(where=spent)
    )


def _told(row: Row, themes: tuple[Theme, ...]) -> pd.DataFrame:
    every = _count(row, "all")
    if not every.tally.n:
        return frame([], COLUMNS)
    made: list[Row] = []
    impact_p: list[float | None] = []
    growth_p: list[float | None] = []
    for place, theme in enumerate(themes):
        of = _count(row, str(place))
        said, impact, growth = _theme(of, every)
        made.append({"theme": theme.name} | said | _money(row, str(place)))
        impact_p.append(impact)
        growth_p.append(growth)
    # Both are asked of every theme of the table: one family.
    family: list[Row] = [{} for _each in (*impact_p, *growth_p)]
    with_q_values(family, [*impact_p, *growth_p])
    for place, found in enumerate(made):
        own, grown = family[place], family[len(made) + place]
        found |= {
            "p_value": impact_p[place], "q_value": own["q_value"], "real_impact": _is_real(own["q_value"]), "tests": own["tests"],
            "rise_p": growth_p[place], "rise_q": grown["q_value"], "real_rise": _is_real(grown["q_value"]),
        }  # fmt: skip
    made.sort(
        key=lambda found: (
            found["added_points"] if found["added_points"] is not None else 0.0,
            -found["n"],
            found["theme"],
        )
    )
    other, _impact, _growth = _theme(_count(row, "other"), every)
    made.append({"theme": None, "tests": made[0]["tests"] if made else 0} | other | _money(row, "other"))
    return frame(made, COLUMNS)


def _is_real(q_value: float | None) -> bool | None:
    return None if q_value is None else bool(q_value < REAL)


def _count(row: Row, name: str) -> Count:
    n, p, d, now, before = (whole(row[f"{kind}_{name}"]) for kind in _KINDS)
    return Count(Tally(n, p, d), now, before)


def _theme(of: Count, every: Count) -> tuple[Row, float | None, float | None]:
    """What is said of a theme, and the p-values of its impact and its growth."""
    rest = every.tally.less(of.tally)
    part = of.tally.n / every.tally.n
    found: Row = {"comments": every.tally.n, "mention_share": part} | told(of.tally)
    found["mention_low"], found["mention_high"] = wilson(part, every.tally.n)
    found |= {"nps_others": rest.score, "mentions_now": of.now, "mentions_before": of.before}
    found["impact"] = found["added_points"] = None
    if of.tally.n and rest.n:
        impact = (of.tally.score or 0.0) - (rest.score or 0.0)
        found |= {"impact": impact, "added_points": part * impact}
        found["impact_low"], found["impact_high"] = difference_interval(of.tally, rest)
    now, before = share(of.now, every.now), share(of.before, every.before)
    found |= {"share_now": now, "share_before": before}
    growth_p = None
    if now is not None and before is not None:
        found["rise"] = now - before
        found["rise_low"], found["rise_high"] = newcombe(now, every.now, before, every.before)
        if min(every.now, every.before) >= LEAST_TESTED and of.now + of.before:
            growth_p = share_difference(now, every.now, before, every.before)
    return found, difference_p(of.tally, rest), growth_p


def _money(row: Row, name: str) -> Row:
    """How many customers mention it and what they brought in twelve months; unknown where that is in several currencies."""
    is_one = whole(row["currencies"]) == 1
    money = row[f"revenue_{name}"]
    customers = whole(row[f"customers_{name}"])
    return {
        "customers": customers,
        "revenue_12m": (money if money is not None else 0.0 if customers else None) if is_one else None,
        "currency": row["currency"] if is_one else None,
    }
