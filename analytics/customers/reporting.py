"""What a fit says of itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def parameters(
    model: str, names: Iterable[str], estimates: Iterable[float], intervals: Iterable[tuple[float, float]]
) -> list[dict[str, Any]]:
    """Rows of a report's `parameters`."""
    return [
        {"model": model, "parameter": name, "estimate": float(estimate), "low": float(low), "high": float(high)}
        for name, estimate, (low, high) in zip(names, estimates, intervals, strict=True)
    ]
