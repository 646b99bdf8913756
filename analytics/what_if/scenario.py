"""A scenario: which levers are pulled, by how much, on whom, from when on, and what that costs.

Levers on rates are in percentage points, levers on amounts in percent; a range is what is believed of a lever: as low as, most
likely, as high as (a triangular distribution).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from data.errors import RequestProblem
from data.messages import Message, say

Kind = Literal[
    "retention", "contact_coverage", "save_rate", "price", "discount", "onboarding", "loyalty", "win_back", "referral",
    "stage_conversion", "stage_time", "win_rate", "deal_value", "cycle", "largest_leaves", "owner_leaves", "market",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
# points: percentage points of a rate; percent: of an amount; days; per_hundred: new customers a year of a hundred customers.
Unit = Literal["points", "percent", "days", "per_hundred", "none"]
# What a lever works on: customers of today (and new ones), customers who were lost, new business, or all that is bought.
Acts = Literal["customers", "lost", "new", "pipeline", "all"]
LONGEST, SHORTEST = 60, 3  # months of a horizon
MOST_LEVERS = 12
MOST_DRAWS, FEWEST_DRAWS = 100_000, 100
DRAWS = 10_000
LONGEST_NAME = 80


@dataclass(frozen=True)
class LeverKind:
    """What a kind of lever works on, in which unit, and from where to where it can go."""

    acts: Acts
    unit: Unit
    least: float
    most: float


LEVERS: Mapping[Kind, LeverKind] = {
    "retention": LeverKind("customers", "points", -100, 100),  # of the target's chance to be there a year on
    "contact_coverage": LeverKind("customers", "points", 0, 100),  # more of the target contacted; needs `save_rate`
    "save_rate": LeverKind("customers", "points", 0, 100),  # more of those contacted who would have left stay
    "price": LeverKind("customers", "percent", -90, 500),
    "discount": LeverKind("customers", "percent", 0, 100),  # of the price
    "onboarding": LeverKind("customers", "points", 0, 100),  # of the chance that new customers are there a year on
    "loyalty": LeverKind("customers", "points", 0, 100),  # retention, for `reward` percent of what is bought
    "win_back": LeverKind("lost", "points", 0, 100),  # of customers lost that come back within a year
    "referral": LeverKind("new", "per_hundred", 0, 1000),
    "stage_conversion": LeverKind("pipeline", "points", -100, 100),
    "stage_time": LeverKind("pipeline", "days", -3650, 3650),  # shorter by
    "win_rate": LeverKind("pipeline", "points", -100, 100),
    "deal_value": LeverKind("pipeline", "percent", -90, 500),
    "cycle": LeverKind("pipeline", "percent", -100, 90),  # shorter by
    "largest_leaves": LeverKind("customers", "none", 0, 0),
    "owner_leaves": LeverKind("customers", "percent", 0, 100),  # of what its customers are worth, lost at the handover
    "market": LeverKind("all", "percent", -100, 500),  # less or more of everything that is bought; -50 halves it
}
STRESS: frozenset[Kind] = frozenset({"largest_leaves", "owner_leaves", "market"})


@dataclass(frozen=True)
class Range:
    """As low as, most likely, as high as. Raises RequestProblem where they are out of order."""

    low: float
    likely: float
    high: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(each) for each in (self.low, self.likely, self.high)):
            raise RequestProblem(say("A range has three numbers: low, likely, high."), say("Write 3, 5 and 8, for example."))  # fmt: skip
        if not self.low <= self.likely <= self.high:
            raise RequestProblem(
                say("The range {low}, {likely}, {high} is not in order.", low=self.low, likely=self.likely, high=self.high),
                say("Write the lowest first, then the most likely, then the highest."),
            )  # fmt: skip

    @classmethod
    def of(cls, value: float) -> Range:
        """One number, known for sure."""
        return cls(value, value, value)

    @property
    def is_sure(self) -> bool:
        return self.low == self.high


NOTHING = Range(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Target:
    """Whom a lever acts on: customers for whom all that is given holds; of several values any. Empty: all of them.

    `quadrants`, `tiers` and `lifecycles` as scores name them, `owners` and `customers` by name or number, `where` any other
    field of customers: pairs of its name and its values.
    """

    quadrants: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    lifecycles: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def is_everyone(self) -> bool:
        return self == Target()


@dataclass(frozen=True)
class Cost:
    """What a lever costs, in the scenario's currency: `fixed` once, when it starts; `monthly` while it runs; `per_customer`
    once for each customer it acts on; `per_save` for each that stays (or comes) because of it."""

    fixed: Range = NOTHING
    monthly: Range = NOTHING
    per_customer: Range = NOTHING
    per_save: Range = NOTHING

    def __post_init__(self) -> None:
        if any(each.low < 0 for each in (self.fixed, self.monthly, self.per_customer, self.per_save)):
            raise RequestProblem(say("A cost is below 0."), say("Write 0 or more."))

    @property
    def is_free(self) -> bool:
        return self == Cost()


@dataclass(frozen=True)
class Lever:
    """One thing to do. `amount` is its range, in the unit of its kind.

    `delay_months` pass before it starts, over `ramp_months` it grows to its full effect, and every `half_life_months` from then on half of that is gone
    (None: it lasts). `ceiling`, in the unit of the lever: the most that could ever be reached; each further step towards it
    brings less (None: no such limit). `save_rate`: of those contacted who would have left, the share that stays, in percent (contact_coverage);
    `coverage`: the share of the target that is contacted, in percent (save_rate; None: as on record);
    `reward`: what loyal customers get back, in percent of what they buy. `stage` and `owner` for those levers that need them.
    """

    kind: Kind
    amount: Range
    target: Target = Target()
    name: str = ""
    delay_months: int = 0
    ramp_months: int = 0
    half_life_months: float | None = None
    ceiling: float | None = None
    cost: Cost = Cost()
    save_rate: Range | None = None
    coverage: Range | None = None
    reward: Range = NOTHING
    stage: str | None = None
    owner: str | None = None

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem is not None:
            raise RequestProblem(*problem)

    def _problem(self) -> tuple[Message, Message] | None:
        kind = LEVERS[self.kind]
        unit_hint = say(
            "The lever {lever} goes from {least} to {most}.", lever=self.kind, least=kind.least, most=kind.most
        )
        if self.kind != "largest_leaves" and not (kind.least <= self.amount.low and self.amount.high <= kind.most):
            return say("The lever {lever} cannot be {low} to {high}.", lever=self.kind, low=self.amount.low, high=self.amount.high), unit_hint  # fmt: skip
        if not (0 <= self.delay_months <= LONGEST and 0 <= self.ramp_months <= LONGEST):
            return say("Delay and ramp of the lever {lever} are months from 0 to {most}.", lever=self.kind, most=LONGEST), say("Write 3 for a quarter.")  # fmt: skip
        if self.half_life_months is not None and not 0 < self.half_life_months < math.inf:
            return say("The half-life of the lever {lever} is not a number of months.", lever=self.kind), say("Leave it out where the effect lasts.")  # fmt: skip
        if self.ceiling is not None and not 0 < self.ceiling <= max(kind.most, 0.0):
            return say(
                "The ceiling of the lever {lever} is {ceiling}.", lever=self.kind, ceiling=self.ceiling
            ), unit_hint
        for share in (self.save_rate, self.coverage, self.reward):
            if share is not None and not (share.low >= 0 and share.high <= 100):
                return say("A share of the lever {lever} is not between 0 and 100 percent.", lever=self.kind), say("Write 35 for 35%.")  # fmt: skip
        if self.kind == "contact_coverage" and self.save_rate is None:
            return say("The lever contact_coverage needs a save rate."), say("Add save_rate: of those contacted who would have left, how many percent stay.")  # fmt: skip
        if self.kind in ("stage_conversion", "stage_time") and not self.stage:
            return say("The lever {lever} needs a stage.", lever=self.kind), say("Add stage with the name of a stage.")
        if self.kind == "owner_leaves" and not self.owner:
            return say("The lever owner_leaves needs an owner."), say("Add owner with the name of a person.")
        return None


@dataclass(frozen=True)
class Capacity:
    """How much can be done: an owner can save so many customers a month (None: no limit)."""

    per_owner_per_month: float | None = None


@dataclass(frozen=True)
class Scenario:
    """What is asked: the levers, over how many months, and how it is simulated. The same scenario on the same data and as-of
    date gives the same answer, to the byte.

    `margin` (0 to 1) turns revenue into profit (None: that of the workspace; without any, profit is revenue less costs);
    `currency` None: that of most customers. `budget` is for `budget` alone.
    """

    name: str
    levers: tuple[Lever, ...] = ()
    horizon_months: int = 36
    seed: int = 1
    draws: int = DRAWS
    discount_rate: float = 0.10  # a year
    margin: float | None = None
    currency: str | None = None
    budget: float | None = None
    capacity: Capacity = field(default_factory=Capacity)
    counts_new: bool = True  # whether customers still to come are counted

    def __post_init__(self) -> None:
        if not SHORTEST <= self.horizon_months <= LONGEST:
            raise RequestProblem(
                say("A horizon of {months} months cannot be simulated.", months=self.horizon_months),
                say("Choose from {least} to {most} months.", least=SHORTEST, most=LONGEST),
            )
        if not FEWEST_DRAWS <= self.draws <= MOST_DRAWS:
            raise RequestProblem(
                say("{n} draws cannot be simulated.", n=self.draws),
                say("Choose from {least} to {most}.", least=FEWEST_DRAWS, most=MOST_DRAWS),
            )
        for share in (self.discount_rate, self.margin):
            if share is not None and not 0 <= share <= 1:
                raise RequestProblem(say("{share} is not a share from 0 to 1.", share=share), say("Write 35% as 0.35."))
        if len(self.levers) > MOST_LEVERS:
            raise RequestProblem(say("A scenario has at most {n} levers.", n=MOST_LEVERS), say("Take some out."))
        if self.budget is not None and not 0 <= self.budget < math.inf:
            raise RequestProblem(say("{cost} is no amount of money.", cost=self.budget), say("Write 0 or more."))
        most = self.capacity.per_owner_per_month
        if most is not None and not 0 <= most < math.inf:
            raise RequestProblem(say("A capacity of {n} customers a month cannot be.", n=most), say("Write 0 or more."))
