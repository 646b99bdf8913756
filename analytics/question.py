"""A question to the data: what to ask the engine, and what to make of its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis.expr.types as ir
import pandas as pd


@dataclass(frozen=True)
class Question:
    """Named expressions for the engine, each a small aggregate, and what turns their rows into the answer."""

    asks: Mapping[str, ir.Table]
    finish: Callable[[Mapping[str, pd.DataFrame]], pd.DataFrame]

    def answer(self, run: Callable[[ir.Table], pd.DataFrame]) -> pd.DataFrame:
        """Run every expression with `run` and return the rows of the answer."""
        return self.finish({name: run(expression) for name, expression in self.asks.items()})
