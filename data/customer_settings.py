"""What people decide about customers for a whole workspace: margins, costs, targets of contact, where lines are drawn."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from data.errors import RequestProblem
from data.messages import say

# The horizons that value is told for, in months.
HORIZONS = (12, 24, 36)
TIERS = ("A", "B", "C")


@dataclass(frozen=True)
class CustomerSettings:
    """What holds for all customers of a workspace.

    Shares are 0 to 1, money is in the reporting currency. None: nobody said. Raises RequestProblem for what cannot be.
    """

    horizon_months: int = 12
    discount_rate: float = 0.10  # a year
    margin: float | None = None  # of revenue; without it value is revenue
    visit_cost: float | None = None  # of one contact with a customer
    case_cost: float | None = None  # of one service case
    return_cost: float | None = None  # of one returned order
    tier_days: tuple[int, int, int] = (30, 60, 90)  # the longest time without contact, for each of `TIERS`
    handover_loss: tuple[float, float] = (0.10, 0.30)  # what of a customer's value is lost when its owner leaves
    value_limit: float | None = None  # where the quadrant's lines are drawn; None: by expected loss
    risk_limit: float | None = None
    counts_cases: bool = False  # whether a service case counts as contact

    def __post_init__(self) -> None:
        # Out of a workspace's notes they come as lists.
        object.__setattr__(self, "tier_days", tuple(self.tier_days))
        object.__setattr__(self, "handover_loss", tuple(self.handover_loss))
        if self.horizon_months not in HORIZONS:
            raise RequestProblem(
                say("{months} months is no horizon of this app.", months=self.horizon_months),
                say("Choose 12, 24 or 36 months."),
            )
        low, high = self.handover_loss
        for share in (self.discount_rate, self.margin, low, high, self.risk_limit):
            if share is not None and not 0 <= share <= 1:
                raise RequestProblem(say("{share} is not a share from 0 to 1.", share=share), say("Write 35% as 0.35."))
        if low > high:
            raise RequestProblem(
                say("The lowest loss ({low}) is above the highest ({high}).", low=low, high=high),
                say("Exchange the two."),
            )
        for cost in (self.visit_cost, self.case_cost, self.return_cost, self.value_limit):
            if cost is not None and not (math.isfinite(cost) and cost >= 0):
                raise RequestProblem(say("{cost} is no amount of money.", cost=cost), say("Write 0 or more."))
        if any(days < 1 for days in self.tier_days):
            raise RequestProblem(
                say("A target of contact is a number of days, 1 or more."), say("Write 30, 60 and 90 for example.")
            )

    def written(self) -> dict[str, object]:
        """By name, as notes keep it."""
        return asdict(self)
