"""Heavy work beside other people's pages: in a thread that gives way to theirs, and not more at once than memory allows.

Threads have a priority of their own on Linux only, and it is handed on to the threads they start: so is DuckDB's, for a database that
is opened here. Alone on the machine the work gets all of it. Elsewhere it runs in a thread like any other.
"""

from __future__ import annotations

import contextvars
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from queue import SimpleQueue
from typing import Any, TypeVar

from data import limits
from data.messages import Message, say

Progress = Callable[[float, Message], None]
Made = TypeVar("Made")
# Of 19: beside a busy thread of the usual priority one of this gets a tenth of a core, enough never to hold a lock for long.
NICE = 10
# Seconds: a thread that works in Python is asked this often to let another have its turn. The usual 5 ms are felt on a page.
SWITCH = 0.001
# Bytes: less than this is done before anybody notices, and waits for nobody.
LARGE = 20_000_000


def run(work: Callable[[Progress], Made], told: Progress, size: int = LARGE) -> Made:
    """Do `work` on `size` bytes of files in a thread that gives way, and return or raise what it does.

    What it reports is handed to `told` in the caller's thread while `work` waits, so `told` may draw, and stop the work by raising.
    """
    with _turn(told) if size >= LARGE else _no_turn():
        return _in_thread(work, told)


def _in_thread(work: Callable[[Progress], Made], told: Progress) -> Made:
    said: SimpleQueue[tuple[float, Message] | None] = SimpleQueue()
    heard: SimpleQueue[BaseException | None] = SimpleQueue()
    outcome: dict[str, Any] = {}

    def tell(share: float, message: Message) -> None:
        said.put((share, message))
        if (problem := heard.get()) is not None:
            raise problem

    def working() -> None:
        _give_way()
        try:
            outcome["made"] = work(tell)
        except BaseException as problem:
            outcome["problem"] = problem
        finally:
            said.put(None)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(working,), name="shimur-aside")
    thread.start()
    try:
        while (report := said.get()) is not None:
            heard.put(_problem_of(told, *report))
    except BaseException as stopped:  # the work must not wait for an answer that never comes
        heard.put(stopped)
        raise
    finally:
        thread.join()
    if "problem" in outcome:
        raise outcome["problem"]
    made: Made = outcome["made"]
    return made


def _problem_of(told: Progress, share: float, message: Message) -> BaseException | None:
    try:
        told(share, message)
    except BaseException as problem:
        return problem
    return None


def _give_way() -> None:
    sys.setswitchinterval(min(SWITCH, sys.getswitchinterval()))
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


# Turns


@contextmanager
def _turn(told: Progress) -> Iterator[None]:
    turns = _turns()
    while not turns.acquire(timeout=0.5):
        told(0.0, say("Another import is running; yours starts when it is done."))
    try:
        yield
    finally:
        turns.release()


@contextmanager
def _no_turn() -> Iterator[None]:
    yield


@lru_cache(maxsize=1)
def _turns() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(at_once(_machine_memory(), limits.memory()))


def at_once(machine: int, limit: int) -> int:
    """How many large imports may run side by side: each has two times `limit`, its data and all else, once the pages have theirs."""
    return max(1, (machine - limit) // (2 * limit))


def _machine_memory() -> int:
    """Bytes of memory of the machine; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
