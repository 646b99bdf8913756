"""Heavy work beside other people's pages: it gives way, it reports, it can be stopped, and it waits for its turn."""

import os
import sys
import threading

import pytest

from data import aside
from data.database import connect
from data.messages import say

HALF = say("Ready")


def nothing(share, step):
    pass


def test_what_is_reported_is_heard_in_the_caller_s_thread():
    heard = []

    def work(told):
        told(0.5, HALF)
        return threading.get_ident()

    made = aside.run(work, lambda share, step: heard.append((share, step, threading.get_ident())))
    assert heard == [(0.5, HALF, threading.get_ident())] and made != threading.get_ident()


def test_who_hears_may_stop_the_work():
    reached = []

    def work(told):
        try:
            told(0.1, HALF)
            reached.append("beyond")
        finally:
            reached.append("tidied")

    def stop(share, step):
        raise KeyError("left")

    with pytest.raises(KeyError, match="left"):
        aside.run(work, stop)
    assert reached == ["tidied"]


def test_what_the_work_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        aside.run(lambda told: 1 / 0, nothing)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own elsewhere")
def test_the_threads_of_a_database_opened_there_give_way_too():
    def threads():
        return {int(name) for name in os.listdir("/proc/self/task")}

    def work(told):
        before = threads()
        with connect() as database:
            database.execute("SET threads = 4")
            own = threading.get_native_id()
            return {os.getpriority(os.PRIO_PROCESS, one) for one in (threads() - before) | {own}}

    usual = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert aside.run(work, nothing) == {aside.NICE}
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == usual < aside.NICE


def test_a_large_import_waits_for_another_and_says_so(monkeypatch):
    turns = threading.BoundedSemaphore(1)
    monkeypatch.setattr(aside, "_turns", lambda: turns)
    begun, waited = threading.Event(), threading.Event()
    done = []

    def first(told):
        begun.set()
        assert waited.wait(10)
        done.append("first")

    other = threading.Thread(target=aside.run, args=(first, nothing))
    other.start()
    assert begun.wait(10)
    assert aside.run(lambda told: "small", nothing, size=10) == "small"
    heard = []

    def hear(share, step):
        heard.append(str(step))
        waited.set()

    aside.run(lambda told: done.append("second"), hear)
    other.join()
    assert done == ["first", "second"]
    assert heard[0] == "Another import is running; yours starts when it is done."


def test_as_many_run_at_once_as_memory_allows():
    gb = 10**9
    assert [aside.at_once(machine * gb, 2 * gb) for machine in (0, 4, 8, 10, 24)] == [1, 1, 1, 2, 5]
