"""Remembers what pure functions made: a figure or a table is drawn once for the same numbers, reader and options.

What is remembered is shared and never changed, so a table that came from here is told from others by which one it is, not
by its cells.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from functools import partial, wraps
from itertools import count
from threading import Lock
from typing import Any, TypeVar
from weakref import ReferenceType, ref

import numpy as np
import pandas as pd

Made = TypeVar("Made")
MOST_KEPT = 800
SWEPT_EVERY = 1.0  # seconds
_kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
_lock = Lock()
_seconds = float("inf")
_swept = 0.0
# The tables that came from here, by their place in memory, with a number that no other ever had.
_ours: dict[int, tuple[ReferenceType[Any], int]] = {}
_numbers = count()


def keep_for(seconds: float | None) -> None:
    """Forget what is older; without a number nothing is too old."""
    global _seconds
    _seconds = float("inf") if seconds is None else seconds


def forget() -> None:
    """Forget everything."""
    with _lock:
        _kept.clear()


def once(key: Hashable, make: Callable[[], Made]) -> Made:
    """What `make` returned the first time it was called for `key`. It is shared: nobody may change it."""
    now = time.monotonic()
    with _lock:
        _drop_old(now)
        if key in _kept:
            _kept.move_to_end(key)
            found: Made = _kept[key][1]
            return found
    new = make()
    with _lock:
        _own(new)
        _kept[key] = (now, new)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return new


def remembered(make: Callable[..., Made]) -> Callable[..., Made]:
    """Call `make` once for equal arguments. What it returns is shared: nobody may change it."""

    @wraps(make)
    def made(*values: Any, **options: Any) -> Made:
        try:
            key = (make.__module__, make.__qualname__, key_of(values), key_of(options))
            hash(key)
        except TypeError:  # an argument that cannot be told from another
            return make(*values, **options)
        return once(key, partial(make, *values, **options))

    return made


def _drop_old(now: float) -> None:
    global _swept
    if _seconds == float("inf") or now - _swept < SWEPT_EVERY:
        return
    _swept = now
    for key in [key for key, (at, _made) in _kept.items() if now - at > _seconds]:
        del _kept[key]


def shared(table: pd.DataFrame) -> pd.DataFrame:
    """The table, from now on told from others by which one it is: nobody may change it."""
    with _lock:
        _own(table)
    return table


def _own(made: Any) -> None:
    """Note the tables in what was made."""
    if isinstance(made, pd.DataFrame):
        place = id(made)
        _ours[place] = (ref(made, lambda _gone: _ours.pop(place, None)), next(_numbers))
    elif isinstance(made, tuple):
        for each in made:
            _own(each)
    elif is_dataclass(made) and not isinstance(made, type):
        for field in fields(made):
            _own(getattr(made, field.name))


def key_of(value: Any) -> Hashable:
    """What tells a value from every other: 1 from True and from 1.0, a frame by all it holds."""
    match value:
        case pd.DataFrame():
            known = _ours.get(id(value))
            if known is not None and known[0]() is value:
                return ("ours", known[1])
            columns = tuple(_cells(value.iloc[:, place]) for place in range(value.shape[1]))
            return (type(value), tuple(value.columns), _cells(value.index), columns)
        case pd.Series():
            return (type(value), value.name, _cells(value.index), _cells(value))
        case Mapping():
            return (dict, tuple((name, key_of(each)) for name, each in value.items()))
        case list() | tuple():
            return (type(value), tuple(key_of(each) for each in value))
    return (type(value), value)


def _cells(column: pd.Series | pd.Index) -> Hashable:
    """The cells of a column, unknown ones equal to each other."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufMm":
        return (str(column.dtype), column.to_numpy().tobytes())
    return (str(column.dtype), tuple(type(cell) if pd.isna(cell) else (type(cell), cell) for cell in column.tolist()))
