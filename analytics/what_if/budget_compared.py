"""The best use of a budget beside plain rules with the same money and the same hands, and what each comes to in the same draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

import numpy as np
from scipy.special import gammaincinv, ndtr

from analytics.what_if.budget_customers import Known
from analytics.what_if.budget_gains import Floats, Gains, Numbers, World, gains, hats, mean_of
from analytics.what_if.budget_program import Choice, Flags, Limits, Options, best_choice, in_turn
from analytics.what_if.draws import Purpose, stream
from analytics.what_if.scenario import Scenario
from data.errors import RequestProblem
from data.messages import say

Strategy = Literal["best", "most_at_risk", "riskiest", "largest"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
LOW, HIGH = 0.1, 0.9
_BLOCK = 256  # customers whose luck is drawn from one stream
K = TypeVar("K")


@dataclass(frozen=True)
class Plan:
    """What could be done with a budget: `options` and what each brings, in the same order; `owners` by their number."""

    known: Known
    scenario: Scenario
    world: World
    gains: Gains
    options: Options
    limits: Limits

    @classmethod
    def of(cls, known: Known, scenario: Scenario) -> Plan:
        """Raises RequestProblem where the scenario has no budget."""
        limits = limits_of(scenario)
        customers = known.customers
        world = World.of(scenario, customers.hazard_shifts.shape[1])
        told = gains(customers, scenario, world)
        costs = [lever.cost for lever in scenario.levers]
        each = np.array([mean_of(cost.per_customer) for cost in costs])
        saved = np.array([mean_of(cost.per_save) for cost in costs])
        cost = np.zeros(len(told)) if not costs else each[told.lever] + saved[told.lever] * told.expected_saves
        running = [max(scenario.horizon_months - lever.delay_months, 0) for lever in scenario.levers]
        once = np.array(
            [mean_of(cost.fixed) + mean_of(cost.monthly) * n for cost, n in zip(costs, running, strict=True)]
        )
        owners = {name: place for place, name in enumerate(sorted({each for each in known.owners if each is not None}))}
        owner = np.array([-1 if name is None else owners[name] for name in known.owners], dtype=np.int64)
        options = Options(
            told.customer,
            told.lever,
            owner[told.customer],
            told.expected - cost,
            cost,
            np.maximum(told.load, 0.0),
            once,
        )
        return cls(known, scenario, world, told, options, limits)

    def best(self, share: float = 1.0) -> Choice:
        """The best use of a part, or a multiple, of the budget."""
        return best_choice(self.options, Limits(self.limits.budget * share, self.limits.per_owner))

    def by_rule(self, strategy: Strategy) -> Flags:
        """One customer after the other, by value at risk, risk or value, each with the lever that brings it most, while money and
        hands last; as rules go, whether that pays or not."""
        by: Mapping[str, Floats] = {
            "most_at_risk": self.known.value_at_risk, "riskiest": self.known.risk, "largest": self.known.value,
        }  # fmt: skip
        of = by[strategy][self.options.customer]
        # What brings most of each customer first; of equal customers and levers the first.
        order = np.lexsort((np.arange(len(of)), -self.options.net, self.options.customer, -of))
        first = np.unique(self.options.customer[order], return_index=True)[1]
        return in_turn(self.options, order[np.sort(first)], self.limits)

    # In draws.

    def one_by_one(self, chosen: Numbers) -> Floats:
        """option x draw: what is expected of each in each draw of what is not known of levers and models; who happens to leave is not drawn."""
        found = np.zeros((len(chosen), self.world.draws))
        for place in np.unique(self.gains.lever[chosen]):
            own = np.flatnonzero(self.gains.lever[chosen] == place)
            at = chosen[own]
            weight = self._weight(place)
            told = np.einsum("oj,dj->od", self.gains.kept[at], weight)
            told -= np.einsum("oj,dj->od", self.gains.given[at], weight) * self.world.back[:, place]
            found[own] = told * self._models(self.gains.shift[at])
        return found

    def totals(self, choices: Mapping[K, Flags]) -> dict[K, tuple[Floats, Floats]]:
        """By choice what it brings and what it costs, by draw. Levers and models are the same for all, and so is whether a customer
        that two choices give the same lever happens to leave."""
        names, levers = list(choices), len(self.scenario.levers)
        gain, cost = (np.zeros((len(names), self.world.draws)) for _each in range(2))
        member = np.stack(list(choices.values())) if names else np.zeros((0, len(self.options)), dtype=bool)
        member = member[:, None, :] & (self.gains.lever == np.arange(levers)[:, None])  # choice x lever x option
        luck = self._luck(member)
        for number, place in zip(*np.nonzero(member.any(axis=2)), strict=True):
            at = np.flatnonzero(member[number, place])
            weight = self._weight(place)
            kept, given, saves = (
                np.einsum("j,dj->d", of[at].sum(axis=0), weight)
                for of in (self.gains.kept, self.gains.given, self.gains.saves)
            )
            brought = kept * luck[number, place] - given * self.world.back[:, place]
            gain[number] += brought * self._models(self._shift(at)[None, :])[0]
            cost[number] += len(at) * self.world.per_customer[:, place] + self.world.per_save[:, place] * saves
            cost[number] += self.world.once[:, place]
        return {name: (gain[number], cost[number]) for number, name in enumerate(names)}

    def _shift(self, at: Numbers) -> Floats:
        """How what some customers bring together moves with the models, as a share of it, by direction."""
        expected = self.gains.expected[at]
        whole = float(expected.sum())
        if abs(whole) < 1e-12:
            return np.zeros(self.gains.shift.shape[1])
        return np.asarray(np.einsum("o,ok->k", expected, self.gains.shift[at]) / whole)

    def _luck(self, member: Flags) -> Floats:
        """choice x lever x draw: how much more or less than expected comes of it by who happens to leave, Gamma with mean 1 and the variance
        of all its customers together. Each customer has its own normal numbers, the same in every choice and with every lever."""
        half = self.world.draws // 2
        spread = np.sqrt(self.gains.chance)
        total = np.zeros((*member.shape[:2], half))
        is_any = member.any(axis=(0, 1))
        for block in np.unique(self.gains.customer[is_any] // _BLOCK).tolist():
            some = np.flatnonzero(is_any & (self.gains.customer // _BLOCK == block))
            z = stream(self.scenario.seed, Purpose.LEAVING, block).standard_normal((_BLOCK, half))
            total += np.einsum("slo,od->sld", member[:, :, some] * spread[some], z[self.gains.customer[some] % _BLOCK])
        luck = np.ones((*member.shape[:2], self.world.draws))
        for number, place in zip(*np.nonzero(member.any(axis=2)), strict=True):
            at = np.flatnonzero(member[number, place])
            kept = float(np.einsum("oj,j->", self.gains.kept[at], self._weight(place).mean(axis=0)))
            variance = float(self.gains.chance[at].sum())
            if kept > 0 and variance > 0:
                shape = kept**2 / variance
                z = total[number, place] / np.sqrt(variance)
                luck[number, place] = gammaincinv(shape, ndtr(np.concatenate([z, -z]))) / shape
        return luck

    def _models(self, shift: Floats) -> Floats:
        """row x draw: what a gain is multiplied by as the models may be off."""
        return np.maximum(1 + np.einsum("ok,dk->od", shift, self.world.z), 0.0)

    def _weight(self, place: int) -> Floats:
        return hats(self.gains.nodes[place], self.world.effect[:, place])


def limits_of(scenario: Scenario) -> Limits:
    """Money and hands. Raises RequestProblem without a budget."""
    if scenario.budget is None:
        raise RequestProblem(
            say("The scenario has no budget."),
            say("Add budget with the money there is to spend, in the scenario's currency."),
        )
    return Limits(scenario.budget, scenario.capacity.per_owner_per_month)


def interval(drawn: Floats) -> tuple[float, float]:
    """The 80% interval of what was drawn."""
    low, high = np.quantile(drawn, (LOW, HIGH))
    return float(low), float(high)
