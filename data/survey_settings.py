"""What people decide about surveys for a whole workspace: the score aimed at, and how soon a complaint is answered."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from data.errors import RequestProblem
from data.messages import say


@dataclass(frozen=True)
class SurveySettings:
    """What holds for all surveys of a workspace. None: nobody said. Raises RequestProblem for what cannot be."""

    target: float | None = None  # the Net Promoter Score aimed at, -100 to 100
    sla_days: int = 7  # within how many days somebody who is unhappy is to be called

    def __post_init__(self) -> None:
        if self.target is not None and not (math.isfinite(self.target) and -100 <= self.target <= 100):
            raise RequestProblem(
                say("{score} is no Net Promoter Score.", score=self.target), say("Write a number from -100 to 100.")
            )
        if not 1 <= self.sla_days <= 365:
            raise RequestProblem(
                say("{days} is no number of days to answer within.", days=self.sla_days),
                say("Write a number of days from 1 to 365."),
            )

    def written(self) -> dict[str, object]:
        """By name, as notes keep it."""
        return asdict(self)
