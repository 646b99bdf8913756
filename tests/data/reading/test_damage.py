"""Rows of damaged lines, as a careful person would read them: on tables that no rule was made for."""

import random

import pytest

from data.reading.mender import mender_of
from data.reading.records import records
from data.reading.types import Dialect
from tests.data.reading import damage

TABLES = {
    "hebrew": lambda chance: damage.hebrew_deals(120, chance),
    "orders": lambda chance: damage.orders(200, chance),
    "tabs": lambda chance: damage.orders(60, chance, delimiter="\t"),
    "quoted": lambda chance: damage.orders(150, chance, quotes_all=True),
    "narrow": lambda chance: damage.narrow(80, chance),
}


def read_rows(table, lines):
    """The rows of lines below a header, and the mender that read them."""
    dialect, width = Dialect(table.delimiter), len(table.header)
    text = [f"{line}\n" for whole in (table.line(table.header), *lines) for line in whole.split("\n")]
    mender = mender_of(dialect, width, list(records(text, dialect)), 1)
    body = records(text, dialect, width, after=1, mender=mender)
    rows = [[cell.strip() for cell in record.cells] for record in body]
    return [[*row[:width], *[""] * (width - len(row))] for row in rows], mender


def damaged(table, kind, chance, count):
    """The lines of a table, `count` of them damaged, and the rows they should give: (row, is damaged)."""
    hit = set(chance.sample(range(len(table.rows)), count))
    lines, wanted = [], []
    for i, cells in enumerate(table.rows):
        line, rows = damage.ALL[kind](table, cells, chance) if i in hit else (table.line(cells), [cells])
        lines.append(line)
        wanted += [(row, i in hit) for row in rows]
    return lines, wanted


def share(kind, names, count, rounds):
    """Shares of damaged rows and of the others that are read exactly right."""
    right, seen = {True: 0, False: 0}, {True: 0, False: 0}
    for name in names:
        for seed in range(rounds):
            chance = random.Random(f"{kind} {name} {seed}")
            table = TABLES[name](chance)
            lines, wanted = damaged(table, kind, chance, count)
            rows, _ = read_rows(table, lines)
            found = [tuple(row) for row in rows]
            for row, is_hit in wanted:
                seen[is_hit] += 1
                right[is_hit] += tuple(row) in found
    return right[True] / seen[True], right[False] / seen[False]


@pytest.mark.parametrize("kind", damage.ALL)
def test_damaged_rows_are_read_as_a_careful_person_would(kind):
    """Several damaged rows in each table, at random places, some of them among the rows that are learnt from."""
    narrow = [] if kind == "torn" else ["narrow"]  # of three columns, nobody could tell
    hit, others = share(kind, ["hebrew", "orders", *narrow], count=3, rounds=3 if kind == "torn" else 1)
    assert others == 1 and hit >= FLOOR.get(kind, 0.98)


FLOOR = {"torn": 0.85}  # where the last cell may be empty, a row torn before it is a row


@pytest.mark.parametrize(
    "kind, said",
    [
        ("extra_delimiter", "a delimiter too many"),
        ("no_delimiter", "a delimiter is missing"),
        ("other_delimiter", "another delimiter than the others"),
        ("torn", "torn over two lines"),
        ("glued", "1 line holds two rows"),
        ("stray_quote_before", "a quote that does not belong there"),
    ],
)
def test_every_repair_is_said_with_its_line(read, kind, said):
    chance = random.Random(7)
    table = damage.orders(40, chance, delimiter="\t")
    line, rows = damage.ALL[kind](table, table.rows[20], chance)
    lines = [table.line(table.header), *map(table.line, table.rows[:20]), line, *map(table.line, table.rows[21:])]
    found, cells = read("\n".join(lines) + "\n")
    assert [list(row[1:]) for row in cells if row[0] == 22] == rows
    assert len(cells) == 39 + len(rows)
    (repair,) = map(str, found.repairs)
    assert said in repair and repair.lower().endswith("line 22.")


def test_forty_columns(read):
    table = damage.wide(30, random.Random(2))
    line, (wanted,) = damage.extra_delimiter(table, table.rows[9], random.Random(3))
    lines = [table.line(table.header), *map(table.line, table.rows[:9]), line, *map(table.line, table.rows[10:])]
    _, cells = read("\n".join(lines) + "\n")
    assert list(cells[9][1:]) == wanted


def test_the_text_of_a_damaged_line_is_all_in_its_cells():
    table = damage.orders(60, random.Random(4))
    for kind in damage.ALL:
        chance = random.Random(kind)
        line, _ = damage.ALL[kind](table, table.rows[30], chance)
        before = [table.line(cells) for cells in table.rows[:30]]
        rows, _ = read_rows(table, [*before, line])
        letters = lambda text: sorted(filter(str.isalnum, text))  # noqa: E731
        assert letters("".join(cell for row in rows[30:] for cell in row)) == letters(line)


def test_a_footer_below_the_rows_is_not_mended(read):
    table = damage.orders(30, random.Random(5))
    lines = [table.line(table.header), *map(table.line, table.rows), "Exported by Dana, 12 July", "Total, 30 rows"]
    _, cells = read("\n".join(lines) + "\n")
    assert cells[-1][1:3] == ("Total", "30 rows") or cells[-1][1] == table.rows[-1][0]
