"""Whom a scenario acts on, by name and with who looks after them (F8)."""

from __future__ import annotations

from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers.value_risk import Lines, placed
from analytics.filters import Filters
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows
from analytics.what_if import targets
from analytics.what_if.base_people import people
from analytics.what_if.scenario import LEVERS, Scenario
from data.customer_settings import CustomerSettings
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

COLUMNS = (
    "customer_id", "customer", "owner", "levers", "quadrant", "lifecycle", "value", "risk", "value_at_risk", "revenue_12m",
    "currency", "lever_places",
)  # fmt: skip

_TOLD = tuple(name for name in COLUMNS if name not in ("levers", "lever_places"))


def acted_on(
    tables: Tables,
    filters: Filters,
    scenario: Scenario,
    settings: CustomerSettings,
    lever: int | None = None,
    most: int | None = None,
) -> Question:
    """One row a customer that a lever of the scenario acts on, those with most at risk first. Columns: `COLUMNS`.

    `levers` are the names of its levers, or their kinds, and `lever_places` where they stand in the scenario. With `lever` only whom that one acts
    on; `most` lists so many. Levers on new customers and on deals act on no customer of today; on those lost in the last twelve months act
    levers that win them back. Only customers whose money is in the scenario's currency, by default that of most customers.
    Value is over the horizon of the scores, profit where the settings have a margin. The scores must be there. Raises RequestProblem for a
    target that cannot be.
    """
    if lever is not None and not 0 <= lever < len(scenario.levers):
        raise RequestProblem(
            say("The scenario has no lever with the number {place}.", place=lever),
            say("Choose from {least} to {most}.", least=0, most=len(scenario.levers) - 1),
        )
    targets.check(scenario, tables)
    lines = Lines(settings.margin, settings.value_limit, settings.risk_limit)
    places = range(len(scenario.levers)) if lever is None else (lever,)
    known = _in_currency(people(tables, filters, scenario, settings), scenario.currency)
    acts = {place: f"acts_{place}" for place in places}
    known = known.mutate(**{name: _acts(known, scenario, place) for place, name in acts.items()})
    is_any = reduce(or_, (known[name] for name in acts.values()), ibis.literal(False))
    known = known.filter(is_any).select("customer_id", "brought", *acts.values())
    told = placed(tables, filters, lines).select(*_TOLD)
    found = known.inner_join(told, "customer_id")
    listed = found.order_by(
        _.value_at_risk.desc(nulls_first=False), _.revenue_12m.desc(nulls_first=False), _.brought.desc(nulls_first=False), _.customer_id
    ).select(*_TOLD, *acts.values())  # fmt: skip

    def finish(answers: Answers) -> pd.DataFrame:
        return frame((_row(row, acts, scenario) for row in rows(answers["acted_on"])), COLUMNS)

    return Question({"acted_on": listed if most is None else listed.limit(most)}, finish)


def _in_currency(found: ir.Table, currency: str | None) -> ir.Table:
    """Those whose money is in the scenario's currency: else that of most customers, of equals the first by name."""
    if currency is not None:
        return found.filter(_.currency == currency)
    counted = found.group_by(of_currency=_.currency).agg(inside=_.is_inside.sum())
    first = counted.order_by(_.inside.desc(), _.of_currency).limit(1)
    return found.semi_join(first, [("currency", "of_currency")])


def _acts(found: ir.Table, scenario: Scenario, place: int) -> ir.BooleanValue:
    lever = scenario.levers[place]
    acts = LEVERS[lever.kind].acts
    if acts in ("new", "pipeline"):
        return ibis.literal(False)
    if lever.kind == "largest_leaves":
        worth = found.is_inside.ifelse(found.expected, ibis.null("float64"))
        order = ibis.window(order_by=[worth.desc(nulls_first=False), found.customer_id])
        return found.is_inside & (ibis.row_number().over(order) == 0)
    is_on = (found.mask & (1 << place)) != 0
    return is_on & (found.is_lost if acts == "lost" else found.is_inside)


def _row(row: Row, acts: dict[int, str], scenario: Scenario) -> Row:
    places = [place for place, name in acts.items() if row[name]]
    said = [scenario.levers[place].name or scenario.levers[place].kind for place in places]
    return row | {"levers": ", ".join(said), "lever_places": places, "currency": row["currency"] or None}
