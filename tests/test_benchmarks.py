"""The benchmark measures what it says it does: on a small company its parts run, and the bare SQL agrees with the app."""

import duckdb
import pandas as pd
import pytest
import streamlit as st

from analytics.filters import Filters
from analytics.funnel import stage_conversion
from analytics.summary import summary
from benchmarks import bare, beside, deals, imports, large, pages, report
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
    monkeypatch.setattr(pages, "views", lambda page="": {"overview": ("overview", {}), "stages": ("funnel", {})})
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


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    deals.write(folder, 4_000, 40)
    return folder


def rows_of(file, encoding="utf-8"):
    return pd.read_csv(file, encoding=encoding, dtype=str, keep_default_na=False, index_col="Deal Number")


def test_a_seed_always_makes_the_same_export(export, tmp_path):
    deals.write_csv(tmp_path / "again.csv", 4_000)
    assert (tmp_path / "again.csv").read_bytes() == (export / deals.FILES["csv"]).read_bytes()


def test_the_export_is_the_same_in_every_form(export):
    rows = rows_of(export / deals.FILES["csv"])
    assert list(rows.reset_index().columns) == list(deals.HEADERS) and rows.index.is_unique and len(rows) == 4_000
    assert rows.equals(rows_of(export / deals.FILES["1255"], "cp1255"))
    book = pd.read_excel(export / deals.FILES["xlsx"], engine="calamine", index_col="Deal Number")
    assert list(book.index) == list(rows.index[:40]) and list(book["Deal Name"]) == list(rows["Deal Name"][:40])
    text = rows["Deal Name"] + rows["Note"] + rows["Customer"]
    assert all(text.str.contains(kind).any() for kind in ('"', ",", "\n", "[א-ת]", "[a-z]"))


def test_a_month_later_one_in_twenty_changed_and_one_in_fifty_is_new(export):
    before, after = rows_of(export / deals.FILES["csv"]), rows_of(export / deals.FILES["later"])
    both = after.loc[before.index]
    changed = (both != before).any(axis=1)
    assert len(after) == 4_080 and 160 <= changed.sum() <= 240
    assert set(before[changed]["Status"]) == {"Open"} and set(both[changed]["Status"]) == {"Open", "Won", "Lost"}
    assert (both[changed & (both["Status"] != "Open")]["Closed"] >= "2025-12-31 20:00:00").all()


def test_every_way_brings_the_export_in(export, tmp_path):
    large.shimur(export / deals.FILES["csv"], tmp_path / "ours")
    large.shimur(export / deals.FILES["later"], tmp_path / "ours")
    assert Workspace(tmp_path / "ours").engine().count("deals") == 4_080
    large.duckdb(export / deals.FILES["csv"], tmp_path / "bare.duckdb")
    large.calamine(export / deals.FILES["xlsx"], tmp_path / "sheet.duckdb")
    for name, rows in (("bare", 4_000), ("sheet", 40)):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as database:
            assert database.execute("SELECT count(*) FROM deals").fetchone() == (rows,)


def test_every_filter_change_beside_an_import_is_a_new_one():
    asked = [beside.filters(place) for place in range(200)]
    assert len(set(asked)) == 200 and {change.owner for change in asked} == {f"Owner {n:02d}" for n in range(80)}


def test_the_95th_of_a_hundred_is_told():
    found = beside._summary([float(ms) for ms in range(1, 101)])
    assert found == {"middle": 50.5, "p95": pytest.approx(95.05), "changes": 100}
    with pytest.raises(RuntimeError, match="too soon"):
        beside._summary([3.0])


def verdicts(text):
    """What each line of a table ends with, by what it begins with."""
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]
    return {row[0]: row[-1] for row in cells}


def test_the_large_file_is_judged_against_its_peers():
    costs = {
        "duckdb": Cost(10.0, 400.0), "shimur": Cost(14.9, 601.0), "later": Cost(29.0, 900.0), "1255": Cost(16.0, 700.0),
        "calamine": Cost(10.0, 300.0), "xlsx": Cost(15.1, 300.0),
    }  # fmt: skip
    told = verdicts(large.written(costs, 4_000_000, 800_000_000))
    assert told["Shimur"] == "time yes, memory **no**"
    assert told["Shimur, the same rows in windows-1255"] == "**no**"
    assert told["Shimur, a month later on top of it"] == "yes" and told["Shimur, the workbook"] == "**no**"


def test_a_page_beside_an_import_is_judged_against_one_without():
    times = {"middle": 100.0, "p95": 200.0, "changes": 40.0}
    for p95, verdict in ((399.0, "yes"), (401.0, "**no**")):
        found = {"without": times, "beside": times | {"p95": p95, "seconds": 30.0}}
        assert verdicts(beside.written(found, 1_000))["while an import runs"] == verdict


def test_uploads_are_judged_against_the_uploader_of_streamlit():
    ours, theirs = (
        {"seconds": seconds, "before": 100.0, "peak": peak, "identical": True}
        for seconds, peak in ((4.0, 110.0), (12.0, 800.0))
    )
    found = {
        "mb": 1024, "in_pieces": ours, "dropped": ours | {"dropped_at_percent": 41, "identical": False},
        "cancelled": {"at_percent": 33, "bytes_left": 5}, "simple_mb": 300, "simple": theirs,
        "in_pieces_same_size": ours | {"seconds": 12.5},
    }  # fmt: skip
    text = report.uploads(found)
    told = verdicts(text)
    assert told["in pieces, 1,024 MB"] == "yes" and told["in pieces, 300 MB"] == "**no**"
    assert told["in pieces, 1,024 MB, offline for 3 s at 41%"] == "**no**"
    assert "5 bytes are left, target met: **no**" in text


@pytest.mark.truth
def test_pages_are_measured_beside_an_import(folder, export, tmp_path, monkeypatch):
    monkeypatch.setenv("SHIMUR_HOME", "")  # put back what measuring changes
    deals.write_csv(tmp_path / "deals.csv", 30_000)
    found = beside.measure(str(folder / "home"), tmp_path / "deals.csv", tmp_path / "other", alone=2)
    assert found["without"]["changes"] == 4 and found["beside"]["changes"] >= 2 and found["beside"]["seconds"] > 0
    st.cache_data.clear()
    st.cache_resource.clear()
