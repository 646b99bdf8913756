"""The scenario as it stands in the form, right or wrong: numbers may be missing or out of order until they are put right."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from analytics.what_if.scenario import MOST_LEVERS, NOTHING, Capacity, Cost, Kind, Lever, Range, Scenario, Target
from data.errors import RequestProblem
from data.messages import say
from ui.what_if.levers import FIRST, FIRST_SHARES, HAS_STAGE, Triple, has_target

COSTS = ("fixed", "monthly", "per_customer", "per_save")
SHARES = ("save_rate", "coverage", "reward")
NO_TRIPLE: Triple = (None, None, None)
EVERYONE = Target()
_numbers = count(1)


@dataclass(frozen=True)
class DraftLever:
    """A lever in the form. `number` tells it from every other; `triples` are costs and shares by name, as far as they are given."""

    number: int
    kind: Kind
    amount: Triple
    target: Target = EVERYONE
    name: str = ""
    delay_months: int | None = 0
    ramp_months: int | None = 0
    half_life_months: float | None = None
    ceiling: float | None = None
    triples: Mapping[str, Triple] = field(default_factory=dict)
    stage: str | None = None
    owner: str | None = None

    def changed(self, **changes: Any) -> DraftLever:
        return replace(self, **changes)

    def made(self) -> Lever:
        """The lever. Raises RequestProblem where it makes no sense as it stands."""
        given = {
            name: _range(triple) if is_given(triple := self.triples.get(name, NO_TRIPLE)) else None
            for name in COSTS + SHARES
        }
        return Lever(
            self.kind,
            NOTHING if self.kind == "largest_leaves" else _range(self.amount),
            self.target,
            self.name,
            self.delay_months or 0,
            self.ramp_months or 0,
            self.half_life_months,
            self.ceiling,
            Cost(**{name: given[name] or NOTHING for name in COSTS}),
            given["save_rate"],
            given["coverage"],
            given["reward"] or NOTHING,
            self.stage,
            self.owner,
        )


@dataclass(frozen=True)
class Draft:
    """A scenario in the form. `round` changes when another one is opened, so that its widgets begin anew."""

    name: str = ""
    levers: tuple[DraftLever, ...] = ()
    horizon_months: int | None = 36
    seed: int | None = 1
    draws: int | None = Scenario("").draws
    discount_rate: float | None = 0.10
    margin: float | None = None
    currency: str | None = None
    budget: float | None = None
    capacity: float | None = None
    counts_new: bool = True
    round: int = field(default_factory=lambda: next(_numbers))

    def changed(self, **changes: Any) -> Draft:
        return replace(self, **changes)

    def made(self) -> Scenario:
        """The scenario. Raises RequestProblem where it, or a lever, makes no sense as it stands."""
        usual = Scenario("")
        return Scenario(
            self.name,
            tuple(lever.made() for lever in self.levers),
            usual.horizon_months if self.horizon_months is None else self.horizon_months,
            usual.seed if self.seed is None else self.seed,
            usual.draws if self.draws is None else self.draws,
            usual.discount_rate if self.discount_rate is None else self.discount_rate,
            self.margin,
            self.currency,
            self.budget,
            Capacity(self.capacity),
            self.counts_new,
        )

    def problems(self) -> dict[int, RequestProblem]:
        """What is wrong, by the number of the lever; 0 stands for the scenario itself."""
        found: dict[int, RequestProblem] = {}
        for lever in self.levers:
            try:
                lever.made()
            except RequestProblem as problem:
                found[lever.number] = problem
        try:
            replace(self, levers=()).made()
        except RequestProblem as problem:
            found[0] = problem
        return found

    def lever(self, number: int) -> DraftLever | None:
        return next((lever for lever in self.levers if lever.number == number), None)

    def with_lever(self, number: int, **changes: Any) -> Draft:
        """The same with a lever changed; as it is where there is no such lever."""
        levers = (replace(lever, **changes) if lever.number == number else lever for lever in self.levers)
        return replace(self, levers=tuple(levers))

    def replaced(self, number: int, by: DraftLever) -> Draft:
        """The same with another lever in the place of one."""
        return replace(self, levers=tuple(by if lever.number == number else lever for lever in self.levers))

    def with_triple(self, number: int, name: str, triple: Triple) -> Draft:
        """The same with a lever's amount, or one of its costs and shares, changed."""
        lever = self.lever(number)
        if lever is None:
            return self
        if name == "amount":
            return self.with_lever(number, amount=triple)
        return self.with_lever(number, triples={**lever.triples, name: triple})

    def added(self, lever: DraftLever, after: int | None = None) -> Draft:
        """The same with one more lever, at the end or after another. Raises RequestProblem where there are as many as can be."""
        if len(self.levers) >= MOST_LEVERS:
            raise RequestProblem(say("A scenario has at most {n} levers.", n=MOST_LEVERS), say("Take some out."))
        place = next((at + 1 for at, each in enumerate(self.levers) if each.number == after), len(self.levers))
        return replace(self, levers=(*self.levers[:place], lever, *self.levers[place:]))

    def asked(self) -> tuple[tuple[int, ...], Scenario]:
        """The levers that say what they act on, by their numbers, and the scenario of these at their first amounts: what is known of
        whom they act on does not hang on the amounts, right or wrong. Raises RequestProblem where the rest makes no sense."""
        found: dict[int, Lever] = {}
        for lever in self.levers:
            with suppress(RequestProblem):
                found[lever.number] = replace(
                    lever, amount=FIRST[lever.kind], triples=FIRST_SHARES.get(lever.kind, {}), ceiling=None
                ).made()
        whole = replace(self, levers=()).made()
        return tuple(found), replace(whole, levers=tuple(found.values()))

    def without(self, number: int) -> Draft:
        return replace(self, levers=tuple(lever for lever in self.levers if lever.number != number))


def new_lever(kind: Kind, target: Target = EVERYONE, stage: str | None = None, owner: str | None = None) -> DraftLever:
    """A lever of this kind as it begins."""
    return DraftLever(
        next(_numbers), kind, FIRST[kind], target if has_target(kind) else EVERYONE, triples=FIRST_SHARES.get(kind, {}),
        stage=stage if kind in HAS_STAGE else None, owner=owner if kind == "owner_leaves" else None,
    )  # fmt: skip


def copy_of(lever: DraftLever) -> DraftLever:
    return replace(lever, number=next(_numbers))


def opened(scenario: Scenario) -> Draft:
    """The scenario in the form."""
    return Draft(
        scenario.name,
        tuple(_lever_of(lever) for lever in scenario.levers),
        scenario.horizon_months,
        scenario.seed,
        scenario.draws,
        scenario.discount_rate,
        scenario.margin,
        scenario.currency,
        scenario.budget,
        scenario.capacity.per_owner_per_month,
        scenario.counts_new,
    )


def _lever_of(lever: Lever) -> DraftLever:
    triples = {name: _triple(getattr(lever.cost, name)) for name in COSTS if getattr(lever.cost, name) != NOTHING}
    for name in SHARES:
        share: Range | None = getattr(lever, name)
        if share is not None and not (name == "reward" and share == NOTHING):
            triples[name] = _triple(share)
    return DraftLever(
        next(_numbers), lever.kind, _triple(lever.amount), lever.target, lever.name, lever.delay_months, lever.ramp_months,
        lever.half_life_months, lever.ceiling, triples, lever.stage, lever.owner,
    )  # fmt: skip


def _triple(given: Range) -> Triple:
    return (given.low, given.likely, given.high)


def _range(triple: Triple) -> Range:
    low, likely, high = (float("nan") if each is None else float(each) for each in triple)
    return Range(low, likely, high)


def is_given(triple: Triple) -> bool:
    """Whether any of the three is there: a share or a cost without any is left out."""
    return any(each is not None for each in triple)
