"""The best use of a budget: which customers get which lever, against plain rules, and where more money stops paying.

What is maximised is the expected gain less all costs, at the scenario's margin where it has one. Costs are taken as expected;
those of a range, and what each customer saved costs, may come out higher or lower.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from analytics.filters import Filters
from analytics.question import Answers, Question
from analytics.rows import Row, frame
from analytics.what_if.budget_compared import STRATEGIES, Plan, Strategy, interval, limits_of
from analytics.what_if.budget_customers import asked_first, asked_then, known
from analytics.what_if.budget_gains import ON_ONE
from analytics.what_if.budget_program import Choice, Flags, net_of, spent
from analytics.what_if.scenario import Scenario
from data.customer_settings import CustomerSettings
from data.messages import Message, say, say_n
from data.tables import Tables

COLUMNS = (
    "customer_id", "customer", "owner", "lever", "lever_name", "cost", "expected_gain", "low", "high", "net_gain", "gain_per_cost",
    "saves", "risk", "value", "value_at_risk", "uncertain_gain", "currency",
)  # fmt: skip
STRATEGY_COLUMNS = (
    "strategy", "treated", "saves", "budget", "cost", "expected_gain", "low", "high", "net_gain", "net_gain_low", "net_gain_high", "probability_pays",
    "beats_best", "short_of_best", "currency",
)  # fmt: skip
CURVE_COLUMNS = (
    "budget_times", "budget", "treated", "cost", "expected_gain", "low", "high", "net_gain", "next_unit", "program_gap", "currency",
)  # fmt: skip
NOTE_COLUMNS = ("note",)
TIMES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
FEW = 30
_NOTABLE_GAP = 1e-4


def budget(
    tables: Tables, filters: Filters, scenario: Scenario, settings: CustomerSettings, notes: list[Message] | None = None
) -> Question:
    """One row a customer that is given a lever, the largest gain less cost first. Columns: `COLUMNS`.

    A customer gets at most one lever, and only one that brings more than it costs. `expected_gain` is what the customer brings more over
    the horizon, discounted, less what the lever gives away to those who would have stayed; `low` and `high` are its 80% interval, by
    the range of the lever and what the models do not know: whether the customer itself stays is chance beside it. `cost` has an equal part of
    the lever's fixed costs in it, so that rows add up to what is spent. What there is to say of it is added to `notes`. The scores must be there.

    Raises RequestProblem without a budget, and for targets that name what is not there.
    """
    return _question(tables, filters, scenario, settings, _rows, notes)


def budget_strategies(
    tables: Tables, filters: Filters, scenario: Scenario, settings: CustomerSettings, notes: list[Message] | None = None
) -> Question:
    """One row for the best use and each plain rule with the same money and hands (`STRATEGIES`). Columns: `STRATEGY_COLUMNS`.

    Intervals are 80%, of what will be seen: levers, models and who happens to leave, in the same draws for all. `beats_best` is the chance that
    it comes to more, costs taken off, than the best use does; of the best use itself it is not told.
    """
    return _question(tables, filters, scenario, settings, _strategies, notes)


def budget_curve(
    tables: Tables, filters: Filters, scenario: Scenario, settings: CustomerSettings, notes: list[Message] | None = None
) -> Question:
    """One row for each of `TIMES` the budget, each at its best use. Columns: `CURVE_COLUMNS`.

    `next_unit` is what one more unit of money would bring beyond itself (the shadow price of the budget): 0 where money is no longer what is short.
    """
    return _question(tables, filters, scenario, settings, _curve, notes)


def budget_notes(tables: Tables, filters: Filters, scenario: Scenario, settings: CustomerSettings) -> Question:
    """One row for each thing to say of the best use: `note`, a dumped Message."""
    return _question(tables, filters, scenario, settings, _noted, None)


def _question(
    tables: Tables,
    filters: Filters,
    scenario: Scenario,
    settings: CustomerSettings,
    told: Callable[[Plan, Choice], pd.DataFrame],
    notes: list[Message] | None,
) -> Question:
    limits_of(scenario)
    then = partial(asked_then, tables=tables, filters=filters, scenario=scenario, settings=settings)

    def finish(answers: Answers) -> pd.DataFrame:
        plan = Plan.of(known(answers, scenario, settings), scenario)
        best = plan.best()
        if notes is not None:
            notes[:] = said_of(plan, best)
        return told(plan, best)

    return Question(asked_first(tables, filters, scenario, settings), finish, (then,))


def said_of(plan: Plan, best: Choice) -> list[Message]:
    """What there is to say of the best use beside its rows."""
    found: list[Message] = []
    scenario, options, known_ = plan.scenario, plan.options, plan.known
    not_on_one = [lever.kind for lever in scenario.levers if lever.kind not in ON_ONE]
    if not_on_one:
        found.append(
            say("These levers cannot be given to one customer and not to another, so no money goes to them here: {levers}.",
                levers=", ".join(dict.fromkeys(not_on_one)))
        )  # fmt: skip
    if not best.chosen.any():
        found.append(_why_none(plan))
    elif int(best.chosen.sum()) < FEW:
        found.append(
            say_n(
                "The plan treats {n} customer: by chance alone it may come to much more or much less.",
                "The plan treats {n} customers: by chance alone it may come to much more or much less.",
                int(best.chosen.sum()),
            )
        )
    loss = [lever.kind for place, lever in enumerate(scenario.levers)
            if lever.kind in ON_ONE and (options.lever == place).any() and not (options.net[options.lever == place] > 0).any()]  # fmt: skip
    if loss and best.chosen.any():
        found.append(say("These levers cost more than they bring with every customer: {levers}.", levers=", ".join(dict.fromkeys(loss))))  # fmt: skip
    if best.chosen.any() and spent(options, best.chosen) < 0.99 * plan.limits.budget and best.shadow_price <= 0:
        found.append(
            say("Not all of the money is spent: what is left would bring less than it costs, or nobody has the time.")
        )
    if known_.left_out:
        found.append(
            say_n(
                "{n} customer with less at risk was not looked at; it has at most {money} at risk.",
                "{n} customers with less at risk were not looked at; none has more than {money} at risk.",
                known_.left_out,
                money=round(known_.most_left_out),
            )
        )
    if best.gap > _NOTABLE_GAP:
        found.append(
            say("A better choice could bring at most {share}% more.", share=round(100 * best.gap / (1 - best.gap), 2))
        )
    return found


def _why_none(plan: Plan) -> Message:
    options, limits = plan.options, plan.limits
    if plan.known.refused is not None:
        return plan.known.refused
    if not len(options):
        return say("No lever of the scenario acts on a customer, so no money is given to any.")
    if not (options.net > 0).any():
        return say(
            "With every customer each lever costs more than it brings, so the best use of the budget is to keep it."
        )
    cheapest = options.cost + options.fixed[options.lever]
    if cheapest[options.net > 0].min() > limits.budget:
        return say("The budget is too small for any lever.")
    if limits.per_owner is not None and (options.load[options.net > 0] > limits.per_owner).all():
        return say("With this capacity no owner has the time for any customer.")
    return say("What the levers would bring of the customers does not make up for what they cost once.")


def _rows(plan: Plan, best: Choice) -> pd.DataFrame:
    options, customers = plan.options, plan.known.customers
    at = np.flatnonzero(best.chosen)
    drawn = plan.one_by_one(at)
    used, counts = np.unique(options.lever[at], return_counts=True)
    part = np.zeros(len(options.fixed))
    part[used] = options.fixed[used] / np.maximum(counts, 1)
    found: list[Row] = []
    for place, option in enumerate(at.tolist()):
        customer, lever = int(options.customer[option]), int(options.lever[option])
        cost, gain = float(options.cost[option] + part[lever]), float(plan.gains.expected[option])
        low, high = interval(drawn[place])
        risk = float(plan.known.risk[customer])
        is_lost = bool(customers.is_lost[customer])
        found.append({
            "customer_id": customers.ids[customer], "customer": plan.known.names[customer], "owner": plan.known.owners[customer],
            "lever": plan.scenario.levers[lever].kind, "lever_name": plan.scenario.levers[lever].name or None,
            "cost": cost, "expected_gain": gain, "low": low, "high": high, "net_gain": gain - cost,
            "gain_per_cost": gain / cost if cost > 0 else None, "saves": float(plan.gains.expected_saves[option]),
            "risk": None if is_lost else risk, "value": None if is_lost else float(plan.known.value[customer]),
            "value_at_risk": None if is_lost else float(plan.known.value_at_risk[customer]),
            "uncertain_gain": bool(low < cost), "currency": plan.known.currency or None,
        })  # fmt: skip
    found.sort(key=lambda row: (-row["net_gain"], row["customer_id"]))
    return frame(found, COLUMNS)


def _strategies(plan: Plan, best: Choice) -> pd.DataFrame:
    choices: dict[Strategy, Flags] = {
        name: best.chosen if name == "best" else plan.by_rule(name) for name in STRATEGIES
    }
    drawn = plan.totals(choices)
    first = drawn["best"][0] - drawn["best"][1]
    found: list[Row] = []
    for name, chosen in choices.items():
        gain, cost = drawn[name]
        net = gain - cost
        low, high = interval(gain)
        net_low, net_high = interval(net)
        row: Row = {
            "strategy": name, "treated": int(chosen.sum()), "saves": math.fsum(plan.gains.expected_saves[chosen]),
            "budget": plan.limits.budget, "cost": spent(plan.options, chosen),
            "expected_gain": math.fsum(plan.gains.expected[chosen]), "low": low, "high": high,
            "net_gain": net_of(plan.options, chosen), "net_gain_low": net_low, "net_gain_high": net_high,
            "probability_pays": float((net > 0).mean()) if chosen.any() else None, "currency": plan.known.currency or None,
        }  # fmt: skip
        if name != "best":
            row["beats_best"] = float((net > first).mean())
            row["short_of_best"] = found[0]["net_gain"] - row["net_gain"]
        found.append(row)
    return frame(found, STRATEGY_COLUMNS)


def _curve(plan: Plan, best: Choice) -> pd.DataFrame:
    chosen: dict[float, Choice] = {}
    before: Choice | None = None
    for times in TIMES:
        choice = best if times == 1 else plan.best(times)
        if before is not None and choice.net < before.net:
            # Less money did better, within the gap of the program: with more it can do the same.
            choice = replace(choice, chosen=before.chosen, net=before.net)
        chosen[times] = before = choice
    drawn = plan.totals({times: choice.chosen for times, choice in chosen.items()})
    found: list[Row] = []
    for times, choice in chosen.items():
        low, high = interval(drawn[times][0])
        found.append({
            "budget_times": times, "budget": plan.limits.budget * times, "treated": int(choice.chosen.sum()),
            "cost": spent(plan.options, choice.chosen), "expected_gain": math.fsum(plan.gains.expected[choice.chosen]),
            "low": low, "high": high, "net_gain": choice.net, "next_unit": choice.shadow_price, "program_gap": choice.gap,
            "currency": plan.known.currency or None,
        })  # fmt: skip
    return frame(found, CURVE_COLUMNS)


def _noted(plan: Plan, best: Choice) -> pd.DataFrame:
    return frame([{"note": each.dump()} for each in said_of(plan, best)], NOTE_COLUMNS)
