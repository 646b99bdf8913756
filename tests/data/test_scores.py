"""Scores lie beside the data, are read as tables, and belong to one state of the data."""

import ibis
import pandas as pd
import pytest

from data import scores
from data.customer_settings import CustomerSettings
from data.engine import Engine
from data.errors import DataError
from data.importer import load_files
from data.store import Workspace

NAME = scores.name_of("as of", 1)
TABLE = ibis.table({"customer_id": "string", "value": "float64"}, name=NAME)


@pytest.fixture
def workspace(tmp_path):
    found = Workspace(tmp_path / "o'clock")
    _load(found, tmp_path, "A;x;i;s\nB;y;i;s\n")
    return found


def _load(workspace, folder, rows):
    file = folder / "customers.csv"
    file.write_text("Customer ID;Customer name;Industry;Segment\n" + rows, "utf-8")
    load_files(workspace, [(file, file.name)])


def _keep(engine):
    values = pd.DataFrame({"customer_id": ["A", "B"], "value": [1.0, 2.0]})
    engine.keep_scores(NAME, engine.tables.customers.select("customer_id"), values, "customer_id")


def test_scores_are_read_as_a_table_and_found_by_another_process(workspace):
    engine = workspace.engine()
    assert not engine.has_scores(NAME)
    _keep(engine)
    assert engine.has_scores(NAME)
    assert engine.run(TABLE.order_by("customer_id"))["value"].tolist() == [1.0, 2.0]
    again = workspace.engine()
    assert again.has_scores(NAME)
    assert again.run(TABLE.value.sum().name("sum").as_table())["sum"].tolist() == [3.0]


def test_scores_of_other_data_are_not_taken_for_these(workspace, tmp_path):
    engine = workspace.engine()
    _keep(engine)
    _load(workspace, tmp_path, "A;x;i;s\nB;y;i;s\nC;z;i;s\n")
    assert not workspace.engine().has_scores(NAME)
    assert engine.has_scores(NAME)  # who still reads the data of before still has its scores


def test_dropped_scores_are_gone(workspace):
    engine = workspace.engine()
    _keep(engine)
    engine.drop_scores(NAME)
    engine.drop_scores(NAME)
    assert not engine.has_scores(NAME)


def test_an_engine_in_memory_keeps_scores_too():
    engine = Engine.in_memory({"customers": {"customer_id": ["A", "B"]}})
    _keep(engine)
    assert engine.has_scores(NAME)
    assert engine.run(TABLE.count().name("n").as_table())["n"].tolist() == [2]
    engine.drop_scores(NAME)
    assert not engine.has_scores(NAME)


def test_only_the_latest_are_kept(workspace, monkeypatch):
    monkeypatch.setattr(scores, "KEPT_SETS", 2)
    engine = workspace.engine()
    for n in range(4):
        engine.keep_scores(scores.name_of(n), engine.tables.customers.select("customer_id"))
    assert [engine.has_scores(scores.name_of(n)) for n in range(4)] == [False, False, True, True]


def test_nothing_but_the_scores_may_be_read_or_written(workspace, tmp_path):
    other = tmp_path / "other.parquet"
    with pytest.raises(Exception, match=r"(?i)permission|disabled"):
        workspace.engine().query(f"COPY (SELECT 1) TO '{other}' (FORMAT parquet)")
    assert not other.exists()


def test_the_names_in_a_query():
    part = f"{NAME}_report"
    assert scores.named_in(f'SELECT * FROM "{NAME}" JOIN {part} USING (x)') == {NAME, part}
    assert scores.named_in("SELECT 'scores_of_deals' FROM scores") == set()


def test_settings_of_customers_are_kept_and_checked(tmp_path):
    workspace = Workspace(tmp_path / "w")
    assert workspace.customer_settings() == CustomerSettings()
    chosen = CustomerSettings(horizon_months=24, margin=0.35, tier_days=(20, 40, 80), handover_loss=(0.05, 0.2))
    workspace.save_customer_settings(chosen)
    assert Workspace(tmp_path / "w").customer_settings() == chosen


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon_months": 7}, {"margin": 1.5}, {"discount_rate": -0.1}, {"visit_cost": -1.0}, {"tier_days": (0, 60, 90)},
        {"handover_loss": (0.4, 0.2)}, {"value_limit": float("nan")}, {"risk_limit": 2.0},
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_in_words(wrong):
    with pytest.raises(DataError):
        CustomerSettings(**wrong)
