"""The benchmark of NPS makes what it says it does; Shimur and pandas count the same answers, and what was met is said."""

import pytest

from benchmarks import nps
from data.importer import load_files
from data.store import Workspace

ANSWERS = 2_000
TIMES = {kind: 20.0 for kind in nps.KINDS}
PAGE = {"owner": 250.0, "period": 400.0, "warm": 30.0, "first": 900.0}


def test_answers_made_up_are_loaded_and_counted_alike_by_both_ways(tmp_path):
    assert nps.write_surveys(tmp_path, ANSWERS) == ANSWERS // nps.ANSWERS_EACH
    workspace = Workspace(tmp_path / "home" / "workspaces" / "default")
    reports = load_files(workspace, [(tmp_path / name, name) for name in nps.FILES]).files
    assert [report.rows_loaded for report in reports] == [100, ANSWERS]
    ours, peer = (nps.timed(way, tmp_path) for way in nps.WAYS)
    assert ours["counts"] == peer["counts"] and len(ours["counts"]) == len(nps.choices())
    # Each filter leaves a part of the answers; a period is twelve months and may touch thirteen. Some owner has no customer here.
    counted = [sum(n for n, _p, _d in months.values()) for months in ours["counts"]]
    assert all(n < ANSWERS for n in counted) and all(counted[1::4] + counted[2::4])
    assert all(12 <= len(months) <= 13 for months in ours["counts"][3::4])


def test_filter_changes_are_unlike_any_other():
    assert len(set(nps.choices())) == len(nps.choices())


def test_what_was_met_is_said():
    found = {"first": 400.0, "cold": TIMES | {"owner": 301.0}, "counts": [{"2026-01": [3, 1, 1]}]}
    text = nps.written(1000, 50, {"shimur": found, "pandas": found | {"cold": TIMES}}, PAGE)
    assert "15.1x" in text and text.count("**no**") == 2 and "400" in text
    with pytest.raises(AssertionError, match="count different answers"):
        nps.written(1000, 50, {"shimur": found, "pandas": found | {"cold": TIMES, "counts": []}}, PAGE)
