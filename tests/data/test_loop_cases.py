"""What is noted of cases: kept, read back, and never half."""

from datetime import date

import pytest

from data.errors import RequestProblem
from data.loop_cases import LONGEST_NOTE, LoopCase, LoopCases
from data.loop_notes import keep, read
from data.store import Workspace

ONE, TWO = "K" + "0" * 16, "K" + "1" * 16
DAY, LATER = date(2026, 6, 10), date(2026, 6, 20)


def test_what_is_noted_stays_until_it_is_noted_anew(tmp_path):
    workspace = Workspace(tmp_path / "w")
    assert workspace.loop_cases() == LoopCases()
    first = LoopCase(ONE, "contacted", "Dana", date(2026, 7, 1), "=1+1 'said'", DAY)
    workspace.keep_loop_cases([first, LoopCase(TWO)])
    assert workspace.loop_cases().by_number == {ONE: first, TWO: LoopCase(TWO)}
    workspace.keep_loop_cases([first.at("closed", LATER)])
    found = workspace.loop_cases().by_number
    assert (found[ONE].status, found[ONE].contacted_on, found[ONE].closed_on, found[ONE].note) == ("closed", DAY, LATER, "=1+1 'said'")  # fmt: skip
    assert found[TWO] == LoopCase(TWO)


def test_all_are_kept_or_none(tmp_path):
    workspace = Workspace(tmp_path / "w")

    def broken():
        yield LoopCase(ONE)
        raise OSError

    with workspace.notes() as notes, pytest.raises(OSError):
        keep(notes, broken())
    assert workspace.loop_cases() == LoopCases()


def test_a_status_brings_its_days():
    case = LoopCase(ONE)
    assert case.at("contacted", DAY).contacted_on == DAY
    closed = case.at("closed", LATER)
    assert (closed.contacted_on, closed.closed_on) == (LATER, LATER)
    assert case.at("contacted", DAY).at("closed", LATER).contacted_on == DAY
    again = closed.at("contacted", LATER)
    assert (again.contacted_on, again.closed_on) == (LATER, None)
    opened = closed.at("open", LATER)
    assert (opened.contacted_on, opened.closed_on) == (None, None)
    assert closed.at("closed", date(2026, 9, 1)) == closed


def test_how_it_stood_on_an_earlier_day():
    case = LoopCase(ONE).at("contacted", DAY).at("closed", LATER)
    assert case.known_by(LATER) == case
    assert case.known_by(date(2026, 6, 15)) == LoopCase(ONE).at("contacted", DAY)
    assert case.known_by(date(2026, 6, 1)) == LoopCase(ONE)


@pytest.mark.parametrize(
    "given", [{"number": "7"}, {"status": "done"}, {"contacted_on": LATER, "closed_on": DAY, "status": "closed"}]
)
def test_what_cannot_be_is_refused(given):
    with pytest.raises(RequestProblem):
        LoopCase(**({"number": ONE} | given))


def test_text_is_kept_as_one_line_without_controls():
    case = LoopCase(ONE, owner=" Dana\u202e\n Levi ", note="a\x00b\n\n" + "x" * 5000)
    assert case.owner == "Dana Levi" and case.note.startswith("a b x") and len(case.note) == LONGEST_NOTE
    assert LoopCase(ONE, owner=" \u200e ").owner is None


def test_different_cases_never_look_alike():
    told = {repr(LoopCases((LoopCase(ONE, note=note),))) for note in ("", "a", "b")}
    assert len(told) == 3 and repr(LoopCases((LoopCase(ONE),))) == repr(LoopCases((LoopCase(ONE),)))


def test_notes_of_an_earlier_version_have_none(tmp_path):
    workspace = Workspace(tmp_path / "w")
    workspace.add_mark(DAY, "war")
    assert workspace.loop_cases() == LoopCases()
    with workspace.notes() as notes:
        keep(notes, [])
        assert read(notes) == LoopCases()
