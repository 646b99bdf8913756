"""The fuzzer finds faults that are planted, and an oracle fails where its promise is broken."""

import pytest

from data.errors import FileProblem
from data.messages import Message, say
from data.reading import header, loading, relations
from data.reading.types import SkippedLine
from tests.fuzz import oracles
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.targets import Input, reading

DEALS = b"Deal ID,Stage,Amount\n" + b"".join(b"%d,Open,%d\n" % (n, 10 * n) for n in range(1, 9))


def test_a_planted_fault_is_found_and_made_small(monkeypatch):
    find = header.find

    def breaks_on_a_tab(sample, *rest):
        if any("\t" in cell for record in sample for cell in record.cells):
            raise IndexError("planted")
        return find(sample, *rest)

    monkeypatch.setattr(header, "find", breaks_on_a_tab)
    fuzzer = Fuzzer(reading, 1, [DEALS])
    fuzzer.run(60, [("a tab in a quoted cell", DEALS + b'9,"Op\ten",90\n')], most=1)
    assert [finding.oracle for finding in fuzzer.findings] == ["uncaught"]
    assert "planted" in fuzzer.findings[0].detail
    assert len(fuzzer.findings[0].given.content) < 20


@pytest.mark.parametrize(
    ("taken", "oracle"),
    [
        (lambda scratch, relation: scratch.execute(f"update {relation} set c1 = 'Won' where c0 = '3'"), "characters"),
        (lambda scratch, relation: scratch.execute(f"delete from {relation} where c0 = '3'"), "line"),
        (lambda scratch, relation: scratch.execute(f"insert into {relation} from {relation} where c0 = '3'"), "twice"),
        (lambda scratch, relation: scratch.execute(f"update {relation} set c2 = '' where c0 = '3'"), "shape"),
    ],
    ids=["a cell that changes", "a row that is dropped", "a row that is doubled", "a cell that is empty and not NULL"],
)
def test_what_is_not_as_it_was_is_noticed(monkeypatch, taken, oracle):
    take_out = relations.take_out

    def takes_more(scratch, relation, *rest):
        skipped = take_out(scratch, relation, *rest)
        taken(scratch, relation)
        return skipped

    monkeypatch.setattr("data.reading.table.take_out", takes_more)
    monkeypatch.setattr(loading, "load_regular", lambda *given: False)
    with pytest.raises(oracles.Broken) as broken:
        reading(Input(DEALS))
    assert broken.value.oracle == oracle


def test_a_line_that_is_a_row_and_skipped_is_noticed(monkeypatch):
    monkeypatch.setattr("data.reading.table.take_out", lambda *given: [SkippedLine(2, header.BLANK)])
    with pytest.raises(oracles.Broken, match=r"line \[2\]"):
        reading(Input(DEALS))


def test_what_cannot_be_said_is_noticed():
    oracles.it_raises_only_what_it_says(FileProblem(say("{name} is empty.", name="a"), say("Do.")))
    for problem in (
        FileProblem(Message("{name} is empty."), say("Do.")), FileProblem(say(" "), say("Do.")),
        FileProblem(say("{name} is empty.", name="\ud800"), say("Do.")), ValueError("no"),
    ):  # fmt: skip
        with pytest.raises(oracles.Broken):
            oracles.it_raises_only_what_it_says(problem)


def test_time_and_memory_have_limits_that_grow_with_the_file():
    oracles.it_took_no_longer(4.9, 100)
    oracles.it_took_no_longer(9, 2 << 20)
    with pytest.raises(oracles.Broken, match="slow"):
        oracles.it_took_no_longer(5.1, 1 << 20)
    with pytest.raises(oracles.Broken, match="memory"):
        oracles.it_took_no_more_memory(2 << 30, 1 << 20)
