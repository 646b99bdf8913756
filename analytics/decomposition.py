"""A difference taken apart into what changed, so that the parts add up to it exactly.

A quantity is a product of factors, summed over groups; each factor's effect is what changing it alone would do, averaged
over all orders in which the factors could change (Shapley 1953; for two factors Kitagawa 1955, for more Das Gupta 1993).
Nothing depends on which side is called the first, and no residual is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def effects(before: Sequence[Floats], after: Sequence[Floats]) -> Floats:
    """The effect of each factor in each group; together they are the change of the product.

    `before` and `after` hold one array a factor, with a value a group in the last axis; the answer has the factors first.
    """
    factors = len(before)
    together = np.zeros((factors, *np.broadcast_shapes(*(each.shape for each in (*before, *after)))))
    for factor in range(factors):
        others = [other for other in range(factors) if other != factor]
        change = after[factor] - before[factor]
        for size in range(factors):
            weight = factorial(size) * factorial(factors - 1 - size) / factorial(factors)
            for changed in combinations(others, size):
                product = change
                for other in others:
                    product = product * (after[other] if other in changed else before[other])
                together[factor] = together[factor] + weight * product
    return together


def mix_and_rate(weights: Floats, rates: Floats, new_weights: Floats, new_rates: Floats) -> tuple[Floats, Floats]:
    """What a changed mix and changed rates did to an average rate, group by group (Kitagawa 1955).

    A group's mix effect is told against the average rate, so that a group that grows raises it only if it is better than
    the others; shares add up to 1 on both sides, so the sum is the same.
    """
    average = ((weights * rates).sum(axis=-1) + (new_weights * new_rates).sum(axis=-1)) / 2
    mix = (new_weights - weights) * ((rates + new_rates) / 2 - np.asarray(average)[..., None])
    return mix, (new_rates - rates) * (weights + new_weights) / 2


def rounded(parts: Sequence[float], total: int) -> list[int]:
    """Whole numbers near `parts` that add up to `total`: those rounded down most are raised first (Hamilton's way)."""
    floors = [int(np.floor(part)) for part in parts]
    missing = total - sum(floors)
    if not parts:
        return []
    each, rest = divmod(missing, len(parts))
    order = sorted(range(len(parts)), key=lambda place: (floors[place] - parts[place], place))
    for rank, place in enumerate(order):
        floors[place] += each + (rank < rest)
    return floors
