"""What `simulate` returns: draw by draw and month by month, with the scenario and without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """One of the two futures, D x T: money of the month, undiscounted, and counts. `customers` are those there at the end of the
    month; from month to month they change by `came` (new, referred, won back) less `left`. Profit is revenue x margin - cost."""

    revenue: Floats
    cost: Floats
    profit: Floats
    customers: Floats
    came: Floats
    left: Floats


@dataclass(frozen=True)
class Outcome:
    """Baseline and scenario under common random numbers: draw d of both is the same world, so that differences are no noise.

    `amounts` is what each lever was in each draw (D x L). `start` are the customers there today, by draw. `saved` is how many
    customers are there because of the scenario at the end of each month (D x T). `reached` how many customers each lever acts on.
    `margin` None: profit is revenue less costs. Rows 0 ... D/2 - 1 and D/2 ... D - 1 mirror each other (antithetic draws).
    """

    baseline: Course
    scenario: Course
    amounts: Floats
    start: Floats
    saved: Floats
    reached: Floats
    currency: str
    discount_rate: float
    margin: float | None

    @property
    def draws(self) -> int:
        return int(self.amounts.shape[0])

    @property
    def months(self) -> int:
        return int(self.saved.shape[1])
