"""Rows with known numbers: what a rule a column lets an update do, and what is said of it."""

from datetime import date
from typing import Any

import duckdb
import pytest

from data.store import Workspace
from data.upsert import Change, Upserted, as_text, upsert
from tests.data.kit import ask, load, write_csv

HEADER = ["Deal ID", "Deal", "Stage", "Amount", "Colour"]
BEFORE: list[list[Any]] = [
    ["1", "Acme", "Offer", 4000, "North"],
    ["2", "Bolt", "Offer", None, "South"],
    ["3", "Cave", "Offer", 300, None],
]
AFTER: list[list[Any]] = [
    ["1", "Acme", "Offer", 4500, None],
    ["2", "Bolt", "Offer", 70, "East"],
    ["3", "Cave", "Offer", None, None],
    ["4", "Dune", "Offer", 9, None],
]


@pytest.fixture
def database():
    database = duckdb.connect()
    database.execute("CREATE TABLE known (id VARCHAR, name VARCHAR, amount DOUBLE, seen DATE)")
    database.execute(
        "INSERT INTO known VALUES ('1', 'Acme', 4000, '2025-01-02'), ('2', 'Bolt', NULL, NULL), ('3', 'Cave', 300, NULL)"
    )
    database.execute("CREATE TABLE incoming AS SELECT CAST(NULL AS BIGINT) AS line, * FROM known LIMIT 0")
    rows = [
        (2, "3", "Cave", None, None),
        (3, "1", "Acme!", 4500, date(2025, 3, 1)),
        (4, "2", "Bolt", 70, None),
        (5, "9", "New", 1, None),
    ]
    database.executemany("INSERT INTO incoming VALUES (?, ?, ?, ?, ?)", rows)
    return database


def put(database, **rules):
    return upsert(database, "known", "incoming", "id", ["id", "name", "amount", "seen"], rules)


def known(database):
    return database.execute("SELECT * FROM known ORDER BY id").fetchall()


def test_the_file_has_the_last_word_unless_told_otherwise(database):
    found = put(database)
    assert (found.loaded, found.updated, found.unchanged) == (1, 3, 0)
    assert known(database) == [
        ("1", "Acme!", 4500.0, date(2025, 3, 1)), ("2", "Bolt", 70.0, None), ("3", "Cave", None, None), ("9", "New", 1.0, None),
    ]  # fmt: skip
    # Amount: 4000 -> 4500 is the first of the file; the one that loses its value is told apart.
    assert set(found.changes) == {
        Change("amount", 2, "4000", "4500"), Change("amount", 1, "300", None), Change("name", 1, "Acme", "Acme!"),
        Change("seen", 1, "2025-01-02", "2025-03-01"),
    }  # fmt: skip
    assert [change.rows for change in found.changes] == [2, 1, 1, 1]


def test_fill_only_what_is_blank_and_leave_alone(database):
    found = put(database, amount="if_blank", name="never", seen="if_blank")
    assert known(database)[:3] == [
        ("1", "Acme", 4000.0, date(2025, 1, 2)),
        ("2", "Bolt", 70.0, None),
        ("3", "Cave", 300.0, None),
    ]
    assert found == Upserted(1, 1, 2, (Change("amount", 1, None, "70"),))
    assert known(database)[3] == ("9", "New", 1.0, None)  # rules are of updates; a new row is as the file says


def test_the_same_again_changes_nothing(database):
    put(database)
    assert put(database) == Upserted(0, 0, 4)


def test_more_columns_than_a_word_has_bits(database):
    names = [f"c{place}" for place in range(70)]
    for table, value in (("wide", 1), ("wider", 2)):
        columns = ", ".join(f"{value if place in (0, 29, 30, 69) else 0} AS {name}" for place, name in enumerate(names))
        database.execute(f"CREATE TABLE {table} AS SELECT '1' AS id, {columns}")
    found = upsert(database, "wide", "wider", "id", ["id", *names])
    assert found == Upserted(0, 1, 0, tuple(Change(name, 1, "1", "2") for name in ("c0", "c29", "c30", "c69")))
    assert database.execute("SELECT c0, c1, c69 FROM wide").fetchall() == [(2, 0, 2)]


def test_values_as_text():
    assert [as_text(value) for value in (4000.0, 0.25, True, date(2025, 3, 1), "a", None, 7)] == [
        "4000",
        "0.25",
        "true",
        "2025-03-01",
        "a",
        None,
        "7",
    ]


@pytest.mark.parametrize(
    ("rules", "amounts", "changes"),
    [
        ({}, [4500, 70, None, 9], {("amount", 2, "4000", "4500"), ("amount", 1, "300", None), ("Colour", 1, "South", "East"), ("Colour", 1, "North", None)}),
        ({"amount": "if_blank"}, [4000, 70, 300, 9], {("amount", 1, None, "70"), ("Colour", 1, "South", "East"), ("Colour", 1, "North", None)}),
        ({"amount": "never"}, [4000, None, 300, 9], {("Colour", 1, "South", "East"), ("Colour", 1, "North", None)}),
    ],
)  # fmt: skip
def test_a_file_is_loaded_by_the_rules_of_its_options(tmp_path, rules, amounts, changes):
    workspace = Workspace(tmp_path / "w")
    load(workspace, write_csv(tmp_path / "a.csv", HEADER, BEFORE))
    file = load(workspace, write_csv(tmp_path / "b.csv", HEADER, AFTER), rules=rules).files[0]
    assert [amount for (amount,) in ask(workspace, "SELECT amount FROM deals ORDER BY deal_id")] == amounts
    assert {(change.column, change.rows, change.old, change.new) for change in file.changes} == changes
    assert {tuple(change.values()) for change in file.json()["changes"]} == changes
    recorded = ask(workspace, "SELECT deal_id FROM deal_changes WHERE field = 'amount' ORDER BY ALL")
    # A value that was not known before is no change of the deal.
    known = [(4000, amounts[0]), (300, amounts[2])]
    assert len(recorded) == sum(was != now for was, now in known)


def test_a_rule_for_a_status_holds_whatever_column_tells_it(tmp_path):
    workspace = Workspace(tmp_path / "w")
    header = ["Opportunity ID", "Opportunity Name", "StageName", "IsWon", "IsClosed"]
    load(workspace, write_csv(tmp_path / "a.csv", header, [["1", "Acme", "Offer", "0", "0"]]))
    closed = write_csv(tmp_path / "b.csv", header, [["1", "Acme", "Offer", "1", "1"]])
    assert load(workspace, closed, rules={"status": "never"}).files[0].rows_unchanged == 1
    (change,) = load(workspace, closed, rules={"status": "overwrite"}).files[0].changes
    assert change == Change("status", 1, "open", "won")


def test_month_files_add_up(tmp_path):
    workspace = Workspace(tmp_path / "w")
    load(workspace, write_csv(tmp_path / "january.csv", HEADER, BEFORE))
    file = load(workspace, write_csv(tmp_path / "february.csv", HEADER, AFTER[3:])).files[0]
    assert (file.rows_loaded, file.changes) == (1, ()) and not any("open deals" in str(note) for note in file.warnings)
    assert ask(workspace, "SELECT count(*), sum(amount) FROM deals") == [(4, 4309.0)]
