"""Maximum likelihood in the logarithms of positive parameters: damped Newton steps from several starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.lifetime.histories import NoModel
from data.messages import say

Floats = NDArray[np.float64]
# The log-likelihood, its gradient and its second derivatives at the logarithms of the parameters.
Likelihood = Callable[[Floats], tuple[float, Floats, Floats]]

STEPS = 200
LONGEST = 1.5  # of one step, in logarithms
CLOSE = 1e-9  # the gain a full step still promises where it is the top
FAR = 9.0  # a parameter e^9 times the usual, or as much smaller, has run away
SPREAD = 3.0  # of the weak prior that holds it then: a factor of e^3 either way is usual
TRIED = 2  # starts climbed from; further ones only where these do not agree


@dataclass(frozen=True)
class Top:
    """Where a likelihood is highest: logarithms of the parameters, their covariance from the observed information."""

    at: Floats
    value: float
    covariance: Floats
    steps: int
    is_held: bool  # the data leave a parameter open; a weak prior (log-normal, sd 3 in logarithms) holds it


def maximise(likelihood: Likelihood, starts: Sequence[Floats]) -> Top:
    """The highest point reached. Raises NoModel where none is found: nothing that has not converged is returned."""
    ranked = sorted(((likelihood(start)[0], place) for place, start in enumerate(starts)), reverse=True)
    order = [starts[place] for value, place in ranked if np.isfinite(value)]
    found = _best(likelihood, order)
    if found is not None and _is_inside(found):
        at, value, second, steps = found
        return Top(at, value, _inverse(-second), steps, False)
    held = _best(_with_prior(likelihood), order)
    if held is None or not _is_top(held[2], 1 / (4 * SPREAD**2)):
        raise NoModel(
            say("The purchase histories do not settle the model: no parameters were found that fit them best."),
            say("More customers or a longer history would help."),
        )
    at, _value, second, steps = held
    return Top(at, likelihood(at)[0], _inverse(-second), steps, True)


Found = tuple[Floats, float, Floats, int]


def _best(likelihood: Likelihood, starts: Sequence[Floats]) -> Found | None:
    """The highest top that two climbs agree on; of all, where no two do."""
    tops: list[Found] = []
    for start in starts:
        top = _climb(likelihood, start)
        if top is None:
            continue
        tops.append(top)
        best = max(tops, key=lambda each: each[1])
        if len(tops) >= TRIED and sum(best[1] - each[1] < 1e-5 for each in tops) >= TRIED:
            break
    return max(tops, key=lambda each: each[1]) if tops else None


def _climb(likelihood: Likelihood, start: Floats) -> Found | None:
    """Newton steps, damped so that each goes up (Levenberg 1944); None where they do not arrive."""
    at, damping = start, 0.0
    value, slope, second = likelihood(at)
    for step in range(1, STEPS + 1):
        curvature, axes = np.linalg.eigh(-second)
        along = axes.T @ slope
        # A direction that is flat or bends up is walked by its steepness alone.
        safe = np.maximum(np.abs(curvature), 1e-8 * max(1.0, float(np.abs(curvature).max())))
        if (curvature > 0).all() and float((along**2 / safe).sum()) < CLOSE * max(1.0, abs(value) * 1e-6):
            # The last step is so short that only the place has to be set right by it.
            return at + axes @ (along / safe), value, second, step
        moved = False
        for _attempt in range(40):
            move = axes @ (along / (safe + damping))
            length = float(np.abs(move).max())
            move = move * min(1.0, LONGEST / length) if length > 0 else move
            if np.abs(at + move).max() > 2 * FAR:
                return (at, value, second, step) if np.abs(at).max() > FAR else None
            new = likelihood(at + move)
            if np.isfinite(new[0]) and np.isfinite(new[1]).all() and new[0] >= value:
                gained = new[0] - value
                at, (value, slope, second), damping, moved = at + move, new, damping * 0.2, True
                break
            damping = max(damping * 5, 1e-3 * float(safe.max()))
        if not moved or gained < 1e-13 * abs(value):
            # Nothing is higher within rounding: a top if the ground falls away on all sides.
            return (at, value, second, step) if float((along**2 / safe).sum()) < 1e-4 else None
    return None


def _is_inside(found: Found) -> bool:
    at, _value, second, _steps = found
    return bool(np.abs(at).max() < FAR) and _is_top(second)


def _is_top(second: Floats, least: float = 1 / 16) -> bool:
    """Whether the curvature settles every direction: by default to within a factor of e^4 (one standard error)."""
    return bool(np.isfinite(second).all() and np.linalg.eigvalsh(-second).min() > least)


def _inverse(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _with_prior(likelihood: Likelihood) -> Likelihood:
    def held(at: Floats) -> tuple[float, Floats, Floats]:
        value, slope, second = likelihood(at)
        return (
            value - float(at @ at) / (2 * SPREAD**2),
            slope - at / SPREAD**2,
            second - np.eye(len(at)) / SPREAD**2,
        )

    return held


def dot(one: Floats, other: Floats) -> float:
    """The sum of products. Not by BLAS, whose threads wait for each other on a busy machine longer than the sum takes."""
    return float(np.einsum("i,i->", one, other))


def in_logs(parameters: Floats, slope: Floats, second: Floats) -> tuple[Floats, Floats]:
    """The derivatives by the logarithms of the parameters, from those by the parameters."""
    by_log = parameters * slope
    return by_log, np.outer(parameters, parameters) * second + np.diag(by_log)
