"""Fits of the customers' models, each in a thread of its own: who waits for one may leave, and it goes on."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from analytics.customers import scores
from analytics.filters import Filters
from data.errors import DataError
from data.messages import Message
from data.tables import Tables

log = logging.getLogger("shimur")


@dataclass
class Fit:
    """One fit: how far it has come, and what it ended with."""

    share: float = 0.0
    doing: Message | None = None
    problem: DataError | None = None
    has_failed: bool = False
    done: Event = field(default_factory=Event)


_under_way: dict[Hashable, Fit] = {}
_lock = Lock()


def begin(key: Hashable, keeper: scores.Keeper, tables: Tables, filters: Filters) -> Fit:
    """The fit called `key`: the one under way, else a new one. One that has ended is handed out once more, with its outcome."""
    with _lock:
        for ended in [name for name, fit in _under_way.items() if fit.done.is_set() and name != key]:
            del _under_way[ended]
        known = _under_way.get(key)
        if known is not None and not (known.done.is_set() and known.has_failed):
            return known
        fit = _under_way[key] = Fit()
    Thread(target=_run, args=(fit, keeper, tables, filters), daemon=True, name="fit of customers").start()
    return fit


def _run(fit: Fit, keeper: scores.Keeper, tables: Tables, filters: Filters) -> None:
    def progress(share: float, doing: Message) -> None:
        fit.share, fit.doing = share, doing

    try:
        scores.ensure(keeper, tables, filters, progress)
    except DataError as problem:
        fit.problem = problem
    except Exception:
        log.exception("The fit of the customers' models failed.")
        fit.has_failed = True
    finally:
        fit.done.set()
