"""A large clean file is loaded at once with the same result as in the ordinary way, and anything else goes that way."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data import whole
from data.importer import Draft, Upload
from data.reading import glance
from data.recognise import FileOptions
from data.stages import StageChoices
from data.store import Workspace
from tests.data.kit import ask, load

Row = dict[str, Any]
STAGES = ("Lead", "Demo", "Proposal", "Closed Won", "Closed Lost")


def deals(rows: int, **more: Callable[[int, random.Random], Any]) -> list[Row]:
    """Deals as a CRM exports them; `more` makes columns, or replaces them."""
    chance = random.Random(7)
    found = []
    for number in range(rows):
        stage = chance.choice(STAGES)
        created = datetime(2024, 1, 1, 9) + timedelta(seconds=chance.randrange(300 * 86_400))
        ended = stage.startswith("Closed")
        row: Row = {
            "Deal ID": f"D{number:05}",
            "Deal Name": chance.choice(('התקנה, "מהירה"', "Renewal", "two\nlines", "שדרוג")),
            "Customer": f"Customer {chance.randrange(400)}",
            "Owner": chance.choice(("Dana", "יעל", "Tom")),
            "Stage": stage,
            "Status": {"Closed Won": "Won", "Closed Lost": "Lost"}.get(stage, "Open"),
            "Amount": "" if chance.random() < 0.1 else f"{chance.randrange(1, 10**6) / 100:.2f}",
            "Currency": chance.choice(("₪", "USD")),
            "Created": f"{created:%Y-%m-%d %H:%M:%S}",
            "Close Date": f"{created + timedelta(days=chance.randrange(60)):%Y-%m-%d}" if ended or chance.random() < 0.5 else "",
            "Region": chance.choice(("North", "South", "")),
        }  # fmt: skip
        row |= {name: make(number, chance) for name, make in more.items()}
        found.append({name: cell for name, cell in row.items() if cell is not None})
    return found


def write(path: Path, rows: list[Row], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        lines = csv.DictWriter(file, list(rows[0]))
        lines.writeheader()
        lines.writerows(rows)
    return path


@pytest.fixture
def ways(tmp_path, monkeypatch):
    """Loads a file both ways; returns the two workspaces, and whether the first took the file at once."""
    monkeypatch.setattr(glance, "_FIRST_ROWS", 500)
    monkeypatch.setattr(glance, "_TAIL", 10_000)
    monkeypatch.setattr(glance, "_STRETCH", 4_000)
    at_once: list[int] = []
    really = whole.load

    def seen(*given: Any) -> whole.Whole:
        done = really(*given)
        at_once.append(done.report.rows_read)
        return done

    monkeypatch.setattr(whole, "load", seen)

    def both(file: Path, choices: StageChoices | None = None, **options: Any) -> tuple[Workspace, Workspace, bool]:
        found = []
        for name, large in (("once", 1), ("ordinary", 1 << 60)):
            monkeypatch.setattr(glance, "LARGE", large)
            found.append(Workspace(tmp_path / name))
            load(found[-1], file, choices=choices, **options)
        return found[0], found[1], bool(at_once)

    return both


COMPARED = {
    "loaded": "SELECT * FROM loaded_deals ORDER BY deal_id",
    "stays": "SELECT * EXCLUDE (deal_no) FROM stage_entries ORDER BY deal_id, turn, is_skipped, stage_order",
    "stages": "SELECT * FROM stages ORDER BY ALL",
    "headers": "SELECT * FROM headers ORDER BY ALL",
    "facts": "SELECT * FROM facts ORDER BY ALL",
    "rejects": "SELECT * FROM rejects ORDER BY ALL",
}


def same(one: Workspace, other: Workspace) -> bool:
    columns = [sorted(name for name, *_ in ask(workspace, "DESCRIBE deals")) for workspace in (one, other)]
    assert columns[0] == columns[1]
    listed = ", ".join(f'"{name}"' for name in columns[0] if name != "deal_no")
    for sql in (f"SELECT {listed} FROM deals ORDER BY deal_id", *COMPARED.values()):
        assert ask(one, "SELECT * REPLACE (true AS x) FROM (SELECT true AS x)")
        assert [*map(str, ask(one, sql))] == [*map(str, ask(other, sql))], sql
    told = [workspace.history()[0].report["files"] for workspace in (one, other)]
    assert told[0] == told[1]
    return True


VARIANTS: dict[str, dict[str, Callable[[int, random.Random], Any]]] = {
    "as it comes": {},
    "no status": {"Status": lambda n, chance: None},
    "flags": {"Status": lambda n, chance: None, "Is Won": lambda n, chance: chance.choice(("TRUE", "FALSE")), "Is Closed": lambda n, chance: "TRUE"},
    "status beside stage": {"Status": lambda n, chance: chance.choice(("Won", "Lost", "Open"))},
    "two pipelines": {"Pipeline": lambda n, chance: chance.choice(("New", "Renewal"))},
    "day first": {"Created": lambda n, chance: f"{chance.randrange(1, 28):02}/{chance.randrange(1, 13):02}/2024"},
    "probability": {"Probability": lambda n, chance: chance.choice(("10", "50", "90"))},
    "stage changed": {"Stage Changed At": lambda n, chance: f"2024-{chance.randrange(1, 13):02}-05 10:00:00"},
    "expected close": {"Expected Close Date": lambda n, chance: f"2025-0{chance.randrange(1, 9)}-05"},
    "spelled in two ways": {"Stage": lambda n, chance: chance.choice(("Demo", "demo", "Closed Won"))},
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_clean_file_comes_out_as_the_ordinary_way_has_it(ways, tmp_path, variant):
    once, ordinary, at_once = ways(write(tmp_path / "deals.csv", deals(1500, **VARIANTS[variant])))
    assert at_once == (variant != "spelled in two ways")  # which there is something to say of
    assert same(once, ordinary)


def test_a_plain_file_is_loaded_at_once(ways, tmp_path):
    once, ordinary, at_once = ways(write(tmp_path / "deals.csv", deals(1500)))
    assert at_once and same(once, ordinary)
    assert ask(once, "SELECT count(*), count(DISTINCT deal_no) FROM deals") == [(1500, 1500)]


def test_so_is_one_in_another_encoding_and_time_zone(ways, tmp_path):
    for name in ("once", "ordinary"):
        workspace = Workspace(tmp_path / name)
        workspace.save_settings(type(workspace.settings())(time_zone="Asia/Jerusalem"))
    once, ordinary, at_once = ways(write(tmp_path / "deals.csv", deals(1500), "windows-1255"))
    assert at_once and same(once, ordinary)


LATE = 1_300  # far from the rows that are glanced at, but for a stretch by chance
SPOILT: dict[str, tuple[str, Any]] = {
    "a date that is none": ("Created", "soon"),
    "a date of another form": ("Created", "5/6/2024"),
    "an amount with a sign": ("Amount", "₪5,000"),
    "a number that comes twice": ("Deal ID", "D00001"),
    "a row without a number": ("Deal ID", ""),
    "a stage nobody saw": ("Stage", "Legal"),
    "a status nobody saw": ("Status", "Frozen"),
    "a total": ("Deal ID", "Grand Total"),
    "a number with a point": ("Deal ID", "17850.0"),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_one_late_row_that_does_not_fit_sends_the_file_the_ordinary_way(ways, tmp_path, fault, monkeypatch):
    monkeypatch.setattr(glance, "_STRETCHES", 1)
    column, cell = SPOILT[fault]
    rows = deals(1500)
    rows[LATE][column] = cell
    once, ordinary, at_once = ways(write(tmp_path / "deals.csv", rows))
    assert not at_once and same(once, ordinary)


@pytest.mark.parametrize(
    "line", ["\n", ",,,,,,,,,,\n", "D9,a\n", 'D9,"a" b,c\n', "Copyright (c) Salesforce.com, Inc.\n"]
)
def test_so_does_a_line_that_is_no_row(ways, tmp_path, line, monkeypatch):
    file = write(tmp_path / "deals.csv", deals(1500))
    text = file.read_bytes()
    at = text.index(b"\r\nD01300") + 2
    file.write_bytes(text[:at] + line.encode() + text[at:])
    once, ordinary, at_once = ways(file)
    assert not at_once and same(once, ordinary)


def test_a_file_is_not_loaded_at_once_beside_what_is_there(ways, tmp_path, monkeypatch):
    first, second = (write(tmp_path / f"{n}.csv", deals(rows)) for n, rows in ((1, 900), (2, 1200)))
    once, _, _ = ways(first)
    monkeypatch.setattr(glance, "LARGE", 1)
    report = load(once, second)
    assert (report.files[0].rows_loaded, report.files[0].rows_unchanged) == (300, 900)


def test_what_was_loaded_at_once_is_loaded_again_and_taken_back(ways, tmp_path):
    file = write(tmp_path / "deals.csv", deals(1500))
    once, ordinary, at_once = ways(file)
    for workspace in (once, ordinary):
        assert load(workspace, file).files[0].rows_unchanged == 1500
        workspace.undo()
    assert at_once and same(once, ordinary)
    once.undo()
    assert ask(once, "SELECT count(*) FROM deals") == [(0,)]


def test_another_option_is_looked_at_before_it_is_loaded(ways, tmp_path, monkeypatch):
    file = write(tmp_path / "deals.csv", deals(1500))
    monkeypatch.setattr(glance, "LARGE", 1)
    with Draft(Workspace(tmp_path / "w"), [Upload(file, "deals.csv")]) as draft:
        assert draft.plans[0].text.rows_read == 1500
        draft.revise([Upload(file, "deals.csv", FileOptions(mapping={"Region": "deal_type"}))], draft.choices)
        assert draft.publish().files[0].columns["Region"] == "deal_type"
    assert ask(Workspace(tmp_path / "w"), "SELECT count(deal_type) > 900 FROM deals") == [(True,)]
