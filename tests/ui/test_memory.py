import pickle
from types import SimpleNamespace

import pandas as pd
import pytest

from ui import memory
from ui.memory import remembered


@pytest.fixture(autouse=True)
def nothing_kept():
    memory.forget()
    yield
    memory.keep_for(None)
    memory.forget()


@pytest.fixture
def counted():
    calls = []

    @remembered
    def make(*values, **options):
        calls.append((values, options))
        return object()

    return make, calls


def frame(*numbers):
    return pd.DataFrame({"n": numbers, "name": [str(number) for number in numbers]})


def test_equal_arguments_are_made_once(counted):
    make, calls = counted
    assert make(frame(1, 2), [1, "a"], {"a": 1}, part=(1,)) is make(frame(1, 2), [1, "a"], {"a": 1}, part=(1,))
    assert len(calls) == 1


def test_unknown_cells_and_copies_are_equal(counted):
    make, calls = counted
    some = pd.DataFrame({"a": [1.0, float("nan")], "b": ["x", None], "c": pd.array([1, None], dtype="Int64")})
    make(some)
    make(pickle.loads(pickle.dumps(some)))
    assert len(calls) == 1


@pytest.mark.parametrize(
    "one, other",
    [
        (frame(1, 2), frame(1, 3)),
        (frame(1, 2), frame(1, 2).rename(columns={"n": "m"})),
        (frame(1, 2)["n"], frame(1, 2)["n"].astype(float)),
        (frame(1, 2), frame(1, 2).set_index(pd.Index([5, 6]))),
        (pd.Series([1, "1"], dtype=object), pd.Series(["1", "1"], dtype=object)),
        (pd.Series([None, "a"]), pd.Series(["None", "a"])),
        (1, True),
        (1, 1.0),
        (-1, -2),
        ([1, 2], (1, 2)),
        ({"a": 1}, {"a": 1.0}),
        (None, ""),
    ],
)
def test_what_differs_is_made_anew(counted, one, other):
    make, calls = counted
    assert make(one) is not make(other)
    assert len(calls) == 2


def test_what_cannot_be_told_apart_is_never_kept(counted):
    make, calls = counted
    assert make({1, 2}) is not make({1, 2})
    assert len(calls) == 2


def test_the_oldest_is_forgotten_first(counted, monkeypatch):
    monkeypatch.setattr(memory, "MOST_KEPT", 2)
    make, calls = counted
    first = make(1)
    make(2)
    assert make(1) is first
    make(3)
    assert make(1) is first
    make(2)
    assert len(calls) == 4


def test_what_is_too_old_is_forgotten(counted, monkeypatch):
    make, _calls = counted
    memory.keep_for(60)
    now = [1000.0]
    monkeypatch.setattr(memory, "time", SimpleNamespace(monotonic=lambda: now[0]))
    first = make("of a visitor")
    now[0] += 59
    assert make("of a visitor") is first
    now[0] += 2
    make("of another")
    assert [key for key in memory._kept if "of a visitor" in str(key)] == []


def test_a_shared_table_is_told_by_which_it_is(counted):
    make, calls = counted
    one, other = memory.shared(frame(1, 2)), memory.shared(frame(1, 2))
    assert make(one) is make(one)
    assert make(one) is not make(other)
    assert len(calls) == 2


def test_what_was_made_of_a_shared_table_is_told_by_its_cells(counted):
    make, calls = counted
    one = memory.shared(frame(1, 2, 3))
    assert make(one[one["n"] > 1]) is make(frame(1, 2, 3).iloc[1:])
    assert make(one[one["n"] > 2]) is not make(one[one["n"] > 1])
    assert len(calls) == 2


def test_a_table_that_is_gone_is_not_taken_for_a_new_one_in_its_place(counted):
    make, _calls = counted
    made = {id(make(memory.shared(frame(n)))) for n in range(50)}
    assert len(made) == 50


def test_tables_in_what_was_remembered_are_shared():
    key = memory.key_of(memory.once("key", lambda: (frame(1), "words"))[0])
    assert isinstance(key, tuple) and key[0] == "ours"
