"""Every customer by its value and by its risk of leaving, and what is at risk with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import scores, who
from analytics.customers.reasons import play_of, reasons
from analytics.customers.scores import SHIFTS
from analytics.filters import Filters
from analytics.question import Answers, Question
from analytics.rows import frame, rows
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

COLUMNS = (
    "customer_id", "customer", "owner", "value", "value_low", "value_high", "risk", "risk_low", "risk_high", "expected",
    "value_at_risk", "quadrant", "uncertain", "lifecycle", "play", "reasons", "revenue_12m", "tier", "none_chance",
    "likely_low", "likely_high", "currency", "value_limit", "risk_limit",
)  # fmt: skip
Quadrant = Literal["protect", "keep", "grow", "watch"]
QUADRANTS: tuple[Quadrant, ...] = get_args(Quadrant)
YEAR_DAYS = 365
# Money that a margin turns from revenue into profit, and what grows with its square.
_MONEY = ("value", "value_low", "value_high", "expected", "value_at_risk", "likely_low", "likely_high")
_SHIFTED = tuple(f"{of}_shift_{n}" for of in ("expected", "risk") for n in range(1, SHIFTS + 1))
_SQUARED = ("variance", "risk_variance")
# What sums are told by; fewer columns are asked for sooner.
NARROW = (
    "customer_id", "owner", "owner_id", "segment", "currency", "lifecycle", "last_on", "gap_limit_days", "revenue", "revenue_12m",
    "revenue_before_12m", "risk", "risk_low", "risk_high", *_MONEY, *_SQUARED, *_SHIFTED,
)  # fmt: skip
# Who is not in the quadrant: those who left, and those who never came.
_OUTSIDE = ("lost", "potential")
ROUNDING = 1e-9


@dataclass(frozen=True)
class Lines:
    """How value is told, and where the lines of the quadrant lie.

    `margin` (0 to 1) turns revenue into profit; None: value is revenue. `value_limit`, in the money that value is told in, and
    `risk_limit` (0 to 1) are the lines; None: by expected loss. A value line holds for the currency of most customers only.
    Raises RequestProblem for what cannot be.
    """

    margin: float | None = None
    value_limit: float | None = None
    risk_limit: float | None = None

    def __post_init__(self) -> None:
        for given in (self.margin, self.risk_limit):
            if given is not None and not 0 <= given <= 1:
                raise RequestProblem(say("{share} is not a share from 0 to 1.", share=given), say("Write 35% as 0.35."))
        if self.value_limit is not None and not 0 <= self.value_limit < float("inf"):
            raise RequestProblem(say("{cost} is no amount of money.", cost=self.value_limit), say("Write 0 or more."))


@dataclass(frozen=True)
class Part:
    """Some of the customers, chosen by what is on screen.

    `quadrant` is one of `QUADRANTS`, "lost", or None for all that are still customers; `search` a part of a name or number;
    `cells` squares of the chart (`analytics.customers.value_risk_cells`) and `ids` customers, None for all.
    """

    currency: str | None = None
    quadrant: str | None = None
    search: str = ""
    cells: tuple[tuple[int, int, str], ...] | None = None
    ids: tuple[str, ...] = ()


# Value as revenue and lines by expected loss; and all customers that are still there.
PLAIN, EVERYONE = Lines(), Part()


def customer_value_risk(tables: Tables, filters: Filters, lines: Lines = PLAIN, most: int | None = None) -> Question:
    """One row a customer: those whose leaving would cost most first, then who has left, then who never bought.

    Columns: `COLUMNS`. Value is what the customer brings over the horizon if it stays, risk the chance that it has left by
    the end of it, both with 80% intervals; value at risk is value less what is expected. Customers that are lost have none.
    Several currencies come one after the other, that of most customers first. `most` lists so many.
    """
    listed = in_order(placed(tables, filters, lines))
    return Question({"customers": listed if most is None else listed.limit(most)}, partial(_finished, filters=filters))


def customers_listed(
    tables: Tables,
    filters: Filters,
    lines: Lines = PLAIN,
    part: Part = EVERYONE,
    most: int | None = None,
) -> Question:
    """The same customers with all that is known of each, as its reasons are told by it; of a part of them."""
    listed = in_order(of_part(placed(tables, filters, lines), part))
    return Question({"customers": listed if most is None else listed.limit(most)}, lambda answers: answers["customers"])


def placed(tables: Tables, filters: Filters, lines: Lines = PLAIN, *, is_narrow: bool = False) -> ir.Table:
    """The scores of the customers that the filters leave, with money as `lines` tell it, `quadrant, first_quadrant` (by expected
    loss), `uncertain` (an 80% interval crosses a line), `value_limit, risk_limit, lost_on, brought, currency_customers`;
    `is_narrow` without what only a list of customers tells."""
    chosen = who.chosen(scores.every(filters), tables, filters)
    scored = _in_money(chosen.select(*NARROW) if is_narrow else chosen, lines.margin)
    limits = limits_of(filters, lines)
    found = scored.left_join(limits, [("currency", "of_currency")]).drop("of_currency")
    # In the two years to the as-of date; ever, where purchases have no dates.
    found = found.mutate(brought=(found.revenue_12m + found.revenue_before_12m).coalesce(found.revenue))
    is_inside = ~found.lifecycle.isin(_OUTSIDE) & found.value.notnull() & found.risk.notnull()
    found = found.mutate(
        quadrant=_quadrant(found, is_inside, found.value_limit, found.risk_limit),
        first_quadrant=_quadrant(found, is_inside, found.usual_value, found.usual_risk),
        uncertain=is_inside
        & (
            _crosses(found.value_low, found.value_high, found.value_limit)
            | _crosses(found.risk_low, found.risk_high, found.risk_limit)
        ),
        lost_on=lost_on(found, filters),
    )
    return found.drop("usual_value", "usual_risk")


def limits_of(filters: Filters, lines: Lines = PLAIN) -> ir.Table:
    """One row a currency: `of_currency, currency_customers, usual_value, usual_risk, value_limit, risk_limit`, of all customers
    of the workspace that are still there, whatever the filters.

    By expected loss the value line is the mean value and the risk line the mean risk, each customer counted by its value: one
    right at both loses about what one does on average. The part of all value at risk would be too low a line, as who leaves
    within the horizon has brought some of its value by then.
    """
    scored = _in_money(scores.every(filters).select(*NARROW), lines.margin)
    inside = scored.filter(~scored.lifecycle.isin(_OUTSIDE), scored.value.notnull())
    told = inside.group_by(of_currency=_.currency).agg(
        currency_customers=_.count(),
        usual_value=_.value.mean(),
        usual_risk=(_.value * _.risk).sum() / _.value.sum(where=_.risk.notnull()).nullif(0),
    )
    first = ibis.row_number().over(order_by=[told.currency_customers.desc(), told.of_currency]) == 0
    value, risk = told.usual_value, told.usual_risk
    if lines.value_limit is not None:
        value = first.ifelse(ibis.literal(float(lines.value_limit)), told.usual_value)
    if lines.risk_limit is not None:
        risk = ibis.literal(float(lines.risk_limit))
    return told.mutate(value_limit=value, risk_limit=risk)


def in_order(found: ir.Table) -> ir.Table:
    """Most at risk first, currency by currency; then who has left, what it brought before counting; then who never bought."""
    last = found.lifecycle.cases(("lost", 1), ("potential", 2), else_=0)
    return found.order_by(
        last,
        found.currency_customers.desc(nulls_first=False),
        found.currency,
        found.value_at_risk.desc(nulls_first=False),
        found.brought.desc(nulls_first=False),
        found.customer_id,
    )


def of_part(found: ir.Table, part: Part) -> ir.Table:
    """The customers of a part; those who never bought are in none."""
    from analytics.customers.value_risk_cells import in_cells  # which builds on this module

    if part.currency is not None:
        found = found.filter(_.currency == part.currency)
    if part.cells is not None:
        found = in_cells(found, part.cells, part.ids)
    found = (
        found.filter(_.lifecycle == "lost") if part.quadrant == "lost" else found.filter(~_.lifecycle.isin(_OUTSIDE))
    )
    if part.quadrant in QUADRANTS:
        found = found.filter(_.quadrant == part.quadrant)
    if part.search.strip():
        asked = part.search.strip().lower()
        names = [found[name].fill_null("").lower().contains(asked) for name in ("customer", "customer_id", "owner")]
        found = found.filter(names[0] | names[1] | names[2])
    return found


def _in_money(scored: ir.Table, margin: float | None) -> ir.Table:
    """Money as profit where a margin is given; who has left has nothing to be expected, and nothing at risk."""
    is_there = ~scored.lifecycle.isin(_OUTSIDE)
    nothing = ibis.null("float64")
    scored = scored.mutate(
        currency=scored.currency.fill_null(""),
        **{name: is_there.ifelse(scored[name], nothing) for name in ("expected", "value_at_risk")},
    )
    if margin is None:
        return scored
    share = float(margin)
    return scored.mutate(
        **{name: scored[name] * share for name in (*_MONEY, *_SHIFTED)},
        **{name: scored[name] * (share * share) for name in _SQUARED},
    )


def _quadrant(
    found: ir.Table, is_inside: ir.BooleanValue, value_limit: ir.Value, risk_limit: ir.Value
) -> ir.StringValue:
    # Where all have the same risk, rounding must not say which side of the line that is.
    is_dear, is_risky = found.value >= value_limit, found.risk >= risk_limit - ROUNDING
    return ibis.cases(
        (is_inside & is_dear & is_risky, "protect"),
        (is_inside & is_dear & ~is_risky, "keep"),
        (is_inside & ~is_dear & ~is_risky, "grow"),
        (is_inside & ~is_dear & is_risky, "watch"),
    )


def _crosses(low: ir.Value, high: ir.Value, line: ir.Value) -> ir.BooleanValue:
    return ((low < line) & (high > line)).fill_null(False)


def lost_on(found: ir.Table, filters: Filters) -> ir.DateValue:
    """The day from which a lost customer counts as lost: when its contract ended, or when it had been silent for too long; of one
    whose chance to be there has fallen too low before that, the as-of date, as nothing lies after it."""
    silent = found.last_on + found.gap_limit_days.fill_null(0).ceil().cast("int64").as_interval("D")
    day = ibis.least(silent.cast("date"), ibis.date(filters.as_of))
    return (found.lifecycle == "lost").ifelse(found.last_on.isnull().ifelse(ibis.null("date"), day), ibis.null("date"))


def _finished(answers: Answers, filters: Filters) -> pd.DataFrame:
    told = rows(answers["customers"])
    for row in told:
        row["reasons"] = "; ".join(map(str, reasons(row, filters.as_of))) or None
        row["play"] = play_of(row)
        row["currency"] = row["currency"] or None
    return frame(told, COLUMNS)
