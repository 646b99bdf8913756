"""A question to the data: what to ask the engine, and what to make of its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
    # What the rounds came to: who asks for the answer often asks for what was asked too.
    _asked: dict[str, ir.Table] = field(default_factory=dict, init=False, compare=False, repr=False)

    def answer(self, run: Callable[[ir.Table], pd.DataFrame]) -> pd.DataFrame:
        """Run every expression with `run` and return the rows of the answer."""
        return self.finish(self._rounds(run))

    def expressions(self, run: Callable[[ir.Table], pd.DataFrame]) -> dict[str, ir.Table]:
        """Every expression of every round, as last answered; else `run` is called where a later round hangs on it."""
        if self.more and not self._asked:
            self._rounds(run)
        return dict(self._asked or self.asks)

    def _rounds(self, run: Callable[[ir.Table], pd.DataFrame]) -> dict[str, pd.DataFrame]:
        asked = dict(self.asks)
        answers = {name: run(expression) for name, expression in asked.items()}
        for further in self.more:
            added = dict(further(answers))
            asked |= added
            answers |= {name: run(expression) for name, expression in added.items()}
        self._asked.clear()
        self._asked.update(asked)
        return answers
