"""The bits of SQL that loading is written with."""

import pytest

from data import sql
from data.sql import add_texts, columns_of
from tests.data.kit import empty_database


@pytest.mark.parametrize("kind", ["TABLE", "TEMP TABLE"])
@pytest.mark.parametrize("columns", [2, 30])
@pytest.mark.parametrize("few_rows", [0, 10])
def test_columns_are_added_one_by_one_or_all_at_once(monkeypatch, kind, columns, few_rows):
    """Rows, their order and what a column is without a value stay; what is there already is passed over."""
    monkeypatch.setattr(sql, "_FEW_ROWS", few_rows)
    names = [f"attr_{n}" for n in range(columns)]
    with empty_database() as database:
        database.execute(f"CREATE {kind} own AS SELECT 1 AS a, 'kept' AS attr_1 UNION ALL SELECT 2, NULL")
        database.execute("ALTER TABLE own ADD COLUMN is_new BOOLEAN; ALTER TABLE own ALTER is_new SET DEFAULT false")
        add_texts(database, '"own"', names)
        database.execute("INSERT INTO own (a) VALUES (3)")
        assert database.execute("SELECT a, attr_1, is_new, attr_0 FROM own").fetchall() == [
            (1, "kept", None, None),
            (2, None, None, None),
            (3, None, False, None),
        ]
        assert [*columns_of(database, "own")] == ["a", "attr_1", "is_new", *(n for n in names if n != "attr_1")]
        assert bool(columns_of(database, "temp.own")) == (kind == "TEMP TABLE")
        database.execute("DROP TABLE own")
