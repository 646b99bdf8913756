"""What would come without a scenario, as the models have it: customers alike in cells, and what is not known of them.

Months are numbered from 1, the first whole month after the as-of date; arrays of months have a column a month. Everything is in
one currency, undiscounted, and as revenue.

Who is there at the end of month t of a cell, of those who are there today, follows from the running total of `hazard`:
exp(-total). What is not known of the models is shared by all cells: in a draw with standard normal z (one for each of K directions)
a cell's cumulative hazard is multiplied by exp(z . hazard_shifts), its customers there today by exp(z . alive_shifts), what one
who is there brings by exp(z . spend_shifts).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from analytics.what_if.seen import Seen

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Customers of today by cell: alike in which levers act on them and in how likely they are to leave. The largest customers
    are cells of their own. Customers who are lost are in none.

    Shapes: C cells, L levers, K directions, T months.
    """

    acted_on: Flags  # C x L: which levers of the scenario act on them
    is_new: Flags  # C: first bought, or signed, within the last twelve months
    customers: Floats  # C: how many
    alive: Floats  # C: how many of them are expected to be there today
    hazard: Floats  # C x T: added to the cumulative hazard in each month
    spend: Floats  # C x T: revenue in the month of one who is there at its end, the average of the cell by money
    hazard_shifts: Floats  # C x K
    alive_shifts: Floats  # C x K
    spend_shifts: Floats  # C x K
    concentration: Floats  # C: sum of squares of what each brings over the square of the sum: 1 / effective number
    spread: Floats  # C: how much customers alike differ in what they will bring, if they stay: standard deviation over mean, of one
    purchase: (
        Floats  # C: what a purchase is worth (sum of squares over sum); 0 where money comes in steadily, as by contract
    )
    largest: tuple[str | None, ...]  # C: the customer's id, of a cell of one
    owner: tuple[str | None, ...]  # C: the owner, where `capacity` or an owner is asked about, else None
    seen: Seen | None = field(init=False, default=None, compare=False, repr=False)  # while a search lasts

    @property
    def months(self) -> int:
        return int(self.hazard.shape[1])


@dataclass(frozen=True)
class NewCustomers:
    """Customers still to come, as they came in the last months: `rate` a month, known to within `rate_sd` (shared by all
    months) and spread from month to month by `dispersion` (variance over mean, 1 or more). Of one who comes in month 1, the chance to be
    there and the revenue by months since: T columns, the first of the month it comes in.
    `hazard_shift`, `spend_shift` by direction, as in `Cells`; `purchase` as there. `spread`: how much they differ in what they bring within a
    year, beyond single purchases: standard deviation over mean, of one.
    """

    rate: float
    rate_sd: float
    dispersion: float
    staying: Floats  # T
    revenue: Floats  # T, leaving and all
    hazard_shift: Floats  # K
    spend_shift: Floats  # K
    purchase: float
    months_seen: int
    spread: float = 0.0


@dataclass(frozen=True)
class Lost:
    """Customers lost in the last twelve months, by the levers that would win them back: how many, and what one of them brought a
    month when it bought. Who is won back stays and leaves as new customers do."""

    acted_on: Flags  # R x L
    customers: Floats  # R
    monthly: Floats  # R: revenue a month of one
    concentration: Floats  # R


class Pipeline(Protocol):
    """What is won of deals, in B draws of what is not known of the pipeline: those of customers that had not bought before,
    where customers are known. `size` is what a won deal is worth (sum of squares over sum)."""

    @property
    def draws(self) -> int: ...
    @property
    def size(self) -> float: ...
    @property
    def deals_open(self) -> int: ...
    @property
    def deals_seen(self) -> int: ...

    def won(self, amounts: Floats, strength: Floats) -> tuple[Floats, Floats]:
        """Money won and deals won in each month, B x T both, with the scenario's levers at these amounts (B x L, in the unit of
        the lever; only levers on the pipeline count) and at this part of their effect in each month (L x T, 0 to 1)."""
        ...


@dataclass(frozen=True)
class Base:
    """Everything a simulation needs. `error` is the standard deviation of the logarithm of a year's revenue that back-tests showed
    beyond what the models say of themselves; `report` what to tell of the models, as `scores.read_report` has it, with
    `refused` (a dumped Message) where no model was possible. `counts` what was left out: by name, how many.
    `size_of`: for each lever the number of customers it acts on, `revenue_of` what they brought in the last twelve months, `contacted_of` the share of them
    contacted within what their tier is promised (NaN: unknown).
    """

    currency: str
    directions: int
    cells: Cells | None
    new: NewCustomers | None
    lost: Lost | None
    pipeline: Pipeline | None
    error: float
    report: Mapping[str, Any]
    counts: Mapping[str, int]
    size_of: Floats
    revenue_of: Floats
    contacted_of: Floats
    revenue_12m: float
    margin: float | None
    settled_12m: float | None = None  # of revenue_12m, that of customers of a year or more
