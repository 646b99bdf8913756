"""The baseline fitted on the user's own data: what to ask the engine for it, round by round, and the `Base` its answers make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from analytics.customers import scores
from analytics.customers.basis import Source, counts, no_customers, source
from analytics.filters import Filters
from analytics.question import Answers, Question
from analytics.rows import rows
from analytics.what_if import base_customers, base_new, base_people, targets
from analytics.what_if.base import Base, Cells, Floats, NewCustomers
from analytics.what_if.base_error import error_of
from analytics.what_if.base_models import Model, model_of
from analytics.what_if.base_people import Sizes
from analytics.what_if.scenario import LEVERS, Capacity, Cost, Lever, Range, Scenario
from data.customer_settings import CustomerSettings
from data.errors import RequestProblem
from data.messages import Message, say
from data.tables import Tables

if TYPE_CHECKING:
    from analytics.what_if.base_pipeline import FittedPipeline

Round = Callable[[Answers], Mapping[str, ir.Table]]


@dataclass(frozen=True)
class BaseQuestion:
    """What to ask, in rounds as `Question` has them, and what turns the answers into a `Base`.

    The scores must be there where anything tells of customers. Deals are asked about only where a lever works on them, or nothing tells
    of new customers; else `Base.pipeline` is None. What is told of it is in the report as `pipeline`, its counts are among `counts`. `base` raises RequestProblem where a lever names somebody or
    something nobody knows, or acts on nobody, and where neither customers nor deals tell what is to come.
    """

    asks: Mapping[str, ir.Table]
    more: tuple[Round, ...]
    base: Callable[[Answers], Base]


def base_question(tables: Tables, filters: Filters, scenario: Scenario, settings: CustomerSettings) -> BaseQuestion:
    """The baseline of a scenario. Raises RequestProblem for targets that cannot be."""
    targets.check(scenario, tables)
    asked = _Asked(tables, filters, scenario, settings)
    return BaseQuestion(
        {"basis": counts(tables, filters)}, (asked.sizes, asked.groups, asked.pipeline, asked.deals), asked.base
    )


def answered(
    tables: Tables, filters: Filters, scenario: Scenario, settings: CustomerSettings, of: Callable[[Base, Scenario], pd.DataFrame]
) -> Question:  # fmt: skip
    """A question whose answer is made of the baseline and the scenario."""
    asked = base_question(tables, filters, scenario, settings)
    return Question(asked.asks, lambda answers: of(asked.base(answers), scenario), asked.more)


def without_amounts(scenario: Scenario) -> Scenario:
    """The scenario with all that its baseline does not hang on put back to nothing: equal for two scenarios with one baseline."""
    plain = tuple(
        Lever(
            lever.kind, Range.of(0.0), lever.target, cost=Cost(), stage=lever.stage, owner=lever.owner,
            save_rate=Range.of(0.0) if lever.kind == "contact_coverage" else None,
        )
        for lever in scenario.levers
    )  # fmt: skip
    limited = scenario.capacity.per_owner_per_month is not None
    return Scenario(
        "", plain, scenario.horizon_months, currency=scenario.currency,
        capacity=Capacity(1.0 if limited else None), counts_new=scenario.counts_new,
    )  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    tables: Tables
    filters: Filters
    scenario: Scenario
    settings: CustomerSettings
    _models: dict[str, Model | None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def people(self) -> ir.Table:
        return base_people.people(self.tables, self.filters, self.scenario, self.settings)

    def sizes(self, answers: Answers) -> Mapping[str, ir.Table]:
        if _source(answers) is None:
            return {}
        asked = base_people.sizes(self.people, self.tables, self.filters, self.scenario)
        return {"report": scores.report_table(self.filters)} | asked

    def groups(self, answers: Answers) -> Mapping[str, ir.Table]:
        known, model, sized = _source(answers), self._model(answers), self._sizes(answers)
        asked: dict[str, ir.Table] = {}
        if known is not None and sized is not None and model is not None:
            currency = sized.currency
            asked["groups"] = base_customers.groups(self.people, self.scenario, model, currency)
            asked["lost"] = base_customers.lost(self.people, currency)
            if base_new.is_asked(self.scenario):
                asked |= base_new.asks(self.people, self.filters, model, currency, known.is_contract)
        return asked

    def pipeline(self, answers: Answers) -> Mapping[str, ir.Table]:
        if not self._asks_deals(answers):
            return {}
        from analytics.what_if.base_pipeline import pipeline_asks

        return pipeline_asks(self.tables, self.filters, self.scenario, *self._known(answers))

    def deals(self, answers: Answers) -> Mapping[str, ir.Table]:
        if not self._asks_deals(answers):
            return {}
        from analytics.what_if.base_pipeline import pipeline_more

        return pipeline_more(self.tables, self.filters, self.scenario, *self._known(answers), answers)

    def base(self, answers: Answers) -> Base:
        model, sized = self._model(answers), self._sizes(answers)
        found = self._pipeline(answers)
        if model is None or sized is None:
            return self._without_customers(answers, sized, found)
        report = scores.read_report(answers["report"])
        new = self._new(answers)
        if "names" in answers:
            base_people.check_names(answers, self.people, self.tables, self.filters, self.scenario)
        base_people.check_reach(self.scenario, sized, new is not None)
        cells = base_customers.cells(
            base_customers.Grouped.of(answers["groups"], model, self.scenario.horizon_months), self.scenario
        )
        error = error_of(report)
        report |= {} if error is not None else {"untested": True}
        size_of, revenue_of = self._with_largest(cells, sized, answers)
        return Base(
            currency=sized.currency,
            directions=cells.hazard_shifts.shape[1],
            cells=cells,
            new=new,
            lost=base_customers.lost_of(answers["lost"], self.scenario),
            pipeline=None if found is None else found.pipeline,
            error=error or 0.0,
            report=report | _told(found),
            counts=sized.counts | dict(found.counts if found is not None else {}),
            size_of=size_of,
            revenue_of=revenue_of,
            contacted_of=sized.contacted_of,
            revenue_12m=sized.revenue_12m,
            margin=self.settings.margin,
            settled_12m=sized.settled_12m,
        )

    def _without_customers(self, answers: Answers, sized: Sizes | None, found: FittedPipeline | None) -> Base:
        """Of deals alone."""
        levers = len(self.scenario.levers)
        report = scores.read_report(answers["report"]) if "report" in answers else {}
        why = _refused(report) if sized is not None else no_customers().sentence
        if found is None or found.pipeline is None:
            raise RequestProblem(
                say("Nothing tells what is to come: {reason}", reason=str(why)),
                say("Add an export of orders, invoices or contracts, or of deals with the day each was created and closed."),
            )  # fmt: skip
        nothing = np.zeros(levers)
        return Base(
            currency=self.scenario.currency or (sized.currency if sized is not None else ""),
            directions=0, cells=None, new=None, lost=None, pipeline=found.pipeline, error=0.0,
            report=report | {"refused": why.dump(), "untested": True} | _told(found),
            counts=(sized.counts if sized is not None else {}) | dict(found.counts),
            size_of=nothing, revenue_of=nothing.copy(), contacted_of=np.full(levers, np.nan),
            revenue_12m=sized.revenue_12m if sized is not None else 0.0,
            margin=self.settings.margin,
        )  # fmt: skip

    def _sizes(self, answers: Answers) -> Sizes | None:
        return base_people.counted(answers, self.scenario) if "counted" in answers else None

    def _model(self, answers: Answers) -> Model | None:
        """The model of customers in the scenario's currency; None without, or where it says nothing of anybody."""
        sized = self._sizes(answers)
        if sized is None or not sized.inside:
            return None
        if sized.currency not in self._models:
            self._models[sized.currency] = model_of(scores.read_report(answers["report"]), sized.currency)
        return self._models[sized.currency]

    def _new(self, answers: Answers) -> NewCustomers | None:
        model = self._model(answers)
        return base_new.new_customers(answers, model, self.scenario) if model and "new_span" in answers else None

    def _asks_deals(self, answers: Answers) -> bool:
        if self._model(answers) is None or any(LEVERS[lever.kind].acts == "pipeline" for lever in self.scenario.levers):
            return True
        return self.scenario.counts_new and not ("new_span" in answers and base_new.can_be_told(answers, self.scenario))

    def _known(self, answers: Answers) -> tuple[bool, str]:
        """Whether customers are told of apart from deals, and the currency ("": that of most deals)."""
        model, sized = self._model(answers), self._sizes(answers)
        if model is None or sized is None:
            return False, self.scenario.currency or ""
        return True, sized.currency

    def _pipeline(self, answers: Answers) -> FittedPipeline | None:
        if not self._asks_deals(answers):
            return None
        from analytics.what_if.base_pipeline import pipeline_of

        found = pipeline_of(answers, self.filters, self.scenario, self._known(answers)[1])
        works_on_deals = any(LEVERS[lever.kind].acts == "pipeline" for lever in self.scenario.levers)
        if found.pipeline is None and found.refused is not None and works_on_deals:
            raise RequestProblem(
                found.refused,
                say("Add more deals with the day each was created and closed, or take levers on deals out."),
            )
        return found

    def _with_largest(self, cells: Cells, sized: Sizes, answers: Answers) -> tuple[Floats, Floats]:
        """How many customers each lever acts on, and what they brought: of `largest_leaves` the one."""
        size_of, revenue_of = sized.size_of.copy(), sized.revenue_of.copy()
        for place, lever in enumerate(self.scenario.levers):
            acted = np.flatnonzero(cells.acted_on[:, place])
            if lever.kind == "largest_leaves" and len(acted):
                own = answers["groups"]["largest"] == cells.largest[acted[0]]
                size_of[place], revenue_of[place] = 1.0, float(answers["groups"]["revenue_12m"][own].sum())
        return size_of, revenue_of


def _source(answers: Answers) -> Source | None:
    return source(rows(answers["basis"])[0])


def _refused(report: Mapping[str, object]) -> Message:
    """Why no model of customers can be used: as the fit says it, or that nobody has a value."""
    told = scores.told(str(report.get("refused") or report.get("model_reason") or ""))
    return told or say("no customer has a value that a model could tell.")


def _told(found: FittedPipeline | None) -> dict[str, object]:
    if found is None:
        return {}
    refused = None if found.refused is None else found.refused.dump()
    return {"pipeline": dict(found.report) | {"refused": refused}}
