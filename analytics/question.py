"""A question to the data: what to ask the engine, and what to make of its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis.expr.types as ir
import pandas as pd

Answers = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Question:
    """Named expressions for the engine, each a small aggregate, and what turns their rows into the answer.

    `more` are later rounds: what else to ask, once the answers so far are known.
    """

    asks: Mapping[str, ir.Table]
    finish: Callable[[Answers], pd.DataFrame]
    more: tuple[Callable[[Answers], Mapping[str, ir.Table]], ...] = ()

    def answer(self, run: Callable[[ir.Table], pd.DataFrame]) -> pd.DataFrame:
        """Run every expression with `run` and return the rows of the answer."""
        return self.finish(self._rounds(run)[1])

    def expressions(self, run: Callable[[ir.Table], pd.DataFrame]) -> dict[str, ir.Table]:
        """Every expression of every round; `run` is only called where a later round hangs on it."""
        return self._rounds(run)[0] if self.more else dict(self.asks)

    def _rounds(self, run: Callable[[ir.Table], pd.DataFrame]) -> tuple[dict[str, ir.Table], dict[str, pd.DataFrame]]:
        asked = dict(self.asks)
        answers = {name: run(expression) for name, expression in asked.items()}
        for further in self.more:
            added = dict(further(answers))
            asked |= added
            answers |= {name: run(expression) for name, expression in added.items()}
        return asked, answers
