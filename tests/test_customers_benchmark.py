"""The benchmark of customers makes what it says it does, scores it from nothing, and says what was met."""

from benchmarks import customers
from benchmarks.buyers import AS_OF, write_buyers
from data.importer import load_files
from data.store import Workspace


def test_customers_made_up_are_loaded_and_scored(tmp_path):
    orders = write_buyers(tmp_path, 300)
    workspace = Workspace(tmp_path / "home" / "workspaces" / "default")
    files = [(tmp_path / name, name) for name in ("customers.csv", "orders.csv")]
    reports = load_files(workspace, files).files
    assert [report.rows_loaded for report in reports] == [300, orders]
    assert workspace.engine().latest_event.date() <= AS_OF  # type: ignore[union-attr]
    scored = customers.fit(tmp_path / "home")
    assert 0 < sum(scored["steps"].values()) <= scored["seconds"]


def test_what_was_met_is_said():
    scored = {"seconds": 12.0, "peak_mb": 900.0, "steps": {"Fitting the models…": 5.0}}
    text = customers.written(1000, 9000, scored, {"rfm": {"owner": 400.0, "warm": 20.0, "first": 900.0, "period": 1.0}})
    assert "Target: under 30 s: yes." in text
    assert "Fitting the models" in text and "**no**" in text
