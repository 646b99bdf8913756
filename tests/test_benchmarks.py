"""The benchmark measures what it says it does: on a small company its parts run, and the bare SQL agrees with the app."""

import duckdb
import pandas as pd
import pytest
import streamlit as st

from analytics.filters import Filters
from analytics.funnel import stage_conversion
from analytics.summary import summary
from benchmarks import bare, imports, pages, report
from benchmarks.company import as_of, write_company
from benchmarks.measures import Cost
from data.store import Workspace

DEALS = 600
# One worker makes the company once, for all tests of this file.
pytestmark = pytest.mark.xdist_group("benchmarks")
# A page that takes long for what was not chosen before.
PAGE = """
import time
import streamlit as st
seen = st.session_state.setdefault("seen", set())
chosen = repr(st.session_state.get("chosen"))
if chosen not in seen:
    seen.add(chosen)
    time.sleep(0.3)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    write_company(folder, DEALS)
    imports.shimur(folder, folder / "home" / "workspaces" / "default")
    imports.duckdb(folder, folder / "bare.duckdb")
    imports.pandas(folder, folder)
    return folder


@pytest.fixture(scope="module")
def engine(folder):
    return Workspace(folder / "home" / "workspaces" / "default").engine()


@pytest.fixture(scope="module")
def by_hand(folder):
    with duckdb.connect(str(folder / "bare.duckdb")) as database:
        bare.prepare(database)
        yield lambda name: [
            database.execute(text, {key: None for key in ("owner", "since", "until") if f"${key}" in text}).df()
            for text in bare.statements(name)
        ]


def test_a_seed_always_makes_the_same_company(folder, tmp_path):
    again = write_company(tmp_path, DEALS)
    assert all(file.read_bytes() == (folder / file.name).read_bytes() for file in again)


def test_the_history_ends_where_the_deals_are(folder):
    deals = pd.read_csv(folder / "deals.csv", index_col="deal_id")
    last = pd.read_csv(folder / "stage_history.csv").groupby("deal_id").last()
    assert (last["stage"] == deals["stage"].loc[last.index]).all() and len(last) == len(deals) == DEALS
    assert set(deals["status"]) == {"won", "lost", "open"}


def test_keys_that_do_not_fit_are_noticed(folder, tmp_path):
    for name in imports.FILES.values():
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with (tmp_path / "stage_history.csv").open("a") as out:
        out.write("D9999999,Lead,2025-01-01 00:00:00,Nobody\n")
    for way in (imports.duckdb, imports.pandas):
        with pytest.raises(AssertionError, match="keys"):
            way(tmp_path, tmp_path / "bare.duckdb")


def test_the_bare_funnel_counts_the_same_deals(engine, by_hand):
    filters = Filters(as_of().date())
    ours = stage_conversion(engine.tables, filters).answer(engine.run).set_index("stage")
    theirs = by_hand("stages")[0].groupby("stage")["deals"].sum()
    for stage in ("Lead", "Demo", "Negotiation"):
        assert ours.loc[stage, "entered"] - ours.loc[stage, "skipped"] == theirs[stage], stage


def test_the_bare_headline_says_the_same(engine, by_hand):
    ours = summary(engine.tables, Filters(as_of().date())).answer(engine.run)
    theirs = by_hand("overview")[0].iloc[0]
    value = ours[ours["currency"].isna() | (ours["currency"] == "USD")].set_index("metric")["value"]
    assert value["deals"] == theirs["created"] == DEALS
    assert value["win_rate"] == theirs["won"] / theirs["closed"]
    assert value["revenue_won"] == pytest.approx(theirs["dollars"])
    assert value["sales_cycle_days"] == pytest.approx(theirs["cycle_days"])


def test_every_view_of_the_funnel_is_measured_against_sql():
    assert {path.stem for path in bare.SQL.glob("*.sql")} <= {*pages.views()}
    assert {"overview", "stages"} <= {*pages.views()}


def test_cold_is_told_from_warm(tmp_path, monkeypatch):
    monkeypatch.setenv("SHIMUR_HOME", "")  # put back what measuring changes
    (tmp_path / "ui").mkdir()
    (tmp_path / "ui" / "frame.py").write_text(PAGE)
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "views", lambda: {"overview": ("overview", {}), "stages": ("funnel", {})})
    found = pages.measure(str(tmp_path), only=("overview",), repeats=1)
    assert found.keys() == {"overview"}
    times = found["overview"]
    assert min(times["first"], times["owner"], times["period"]) >= 300 > times["warm"] > 0


@pytest.mark.truth
def test_a_page_is_measured(folder, monkeypatch):
    monkeypatch.setenv("SHIMUR_HOME", "")  # put back what measuring changes
    found = pages.measure(str(folder / "home"), only=("overview",), repeats=1)
    assert found.keys() == {"overview"}
    assert all(milliseconds > 0 for milliseconds in found["overview"].values())
    st.cache_data.clear()
    st.cache_resource.clear()


def test_bare_and_pandas_answer_every_change(folder):
    assert bare.by_pandas(folder).keys() <= bare.by_sql(folder / "bare.duckdb").keys()


def test_the_report_says_what_is_met_and_what_is_not():
    times = {"first": 900.0, "owner": 100.0, "period": 400.0, "warm": 20.0}
    text = report.written(
        report.Results(
            1000, 4000,
            {"shimur": Cost(19.0, 500.0), "duckdb": Cost(10.0, 300.0), "pandas": Cost(5.0, 900.0)},
            {"stages": times}, {"stages": {"owner": 90.0, "period": 90.0}}, {},
            {"Shimur": 3.0, "streamlit hello": 2.0}, {"overview": 200_000, "stages": 1_200_000},
        )
    )  # fmt: skip
    lines = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("|")}
    assert "1.9x" in text and "1.5x" in text
    assert "**no**" not in lines["stages, one owner"]
    assert "cold **no**" in lines["stages, twelve months"] and "4.4x" in lines["stages, twelve months"]
    assert lines["overview"].rstrip().endswith("yes |")
