"""Remembers what pure functions made: a figure or a table is drawn once for the same numbers, reader and options."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import wraps
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import pandas as pd

Made = TypeVar("Made")
MOST_KEPT = 300
_kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
_lock = Lock()
_seconds = float("inf")


def keep_for(seconds: float | None) -> None:
    """Forget what is older; without a number nothing is too old."""
    global _seconds
    _seconds = float("inf") if seconds is None else seconds


def forget() -> None:
    """Forget everything."""
    with _lock:
        _kept.clear()


def remembered(make: Callable[..., Made]) -> Callable[..., Made]:
    """Call `make` once for equal arguments. What it returns is shared: nobody may change it."""

    @wraps(make)
    def made(*values: Any, **options: Any) -> Made:
        try:
            key = (make.__module__, make.__qualname__, _key(values), _key(options))
            hash(key)
        except TypeError:  # an argument that cannot be told from another
            return make(*values, **options)
        now = time.monotonic()
        with _lock:
            _drop_old(now)
            if key in _kept:
                _kept.move_to_end(key)
                found: Made = _kept[key][1]
                return found
        new = make(*values, **options)
        with _lock:
            _kept[key] = (now, new)
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
        return new

    return made


def _drop_old(now: float) -> None:
    if _seconds == float("inf"):
        return
    for key in [key for key, (at, _made) in _kept.items() if now - at > _seconds]:
        del _kept[key]


def _key(value: Any) -> Hashable:
    """What tells a value from every other: 1 from True and from 1.0, a frame by all it holds."""
    match value:
        case pd.DataFrame():
            columns = tuple(_cells(value.iloc[:, place]) for place in range(value.shape[1]))
            return (type(value), tuple(value.columns), _cells(value.index), columns)
        case pd.Series():
            return (type(value), value.name, _cells(value.index), _cells(value))
        case Mapping():
            return (dict, tuple((name, _key(each)) for name, each in value.items()))
        case list() | tuple():
            return (type(value), tuple(_key(each) for each in value))
    return (type(value), value)


def _cells(column: pd.Series | pd.Index) -> Hashable:
    """The cells of a column, unknown ones equal to each other."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufMm":
        return (str(column.dtype), column.to_numpy().tobytes())
    return (str(column.dtype), tuple(type(cell) if pd.isna(cell) else (type(cell), cell) for cell in column.tolist()))
