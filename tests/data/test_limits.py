"""What databases may take of the machine: settings that are kept, or refused in a sentence."""

import os

import duckdb
import pytest

from data import engine, limits
from data.database import connect
from data.engine import Engine
from data.errors import RequestProblem, WorkspaceProblem

BIG = "SELECT * FROM (SELECT s, row_number() OVER (ORDER BY h) r, sum(i) OVER (PARTITION BY h % 7 ORDER BY s) z FROM t) WHERE r % 125000 = 1"


def made(path, rows):
    with duckdb.connect(str(path)) as database:
        database.execute(
            f"CREATE TABLE t AS SELECT i, hash(i) AS h, i::VARCHAR || repeat('x', 300) AS s FROM range({rows}) r(i)"
        )
    return path


def setting(reader, name):
    return reader.query(f"SELECT current_setting('{name}') AS s")["s"][0]


@pytest.mark.parametrize(
    ("given", "bytes_"),
    [("512MB", 512 * 10**6), ("2GB", 2 * 10**9), (" 1.5 gib ", 3 << 29), ("128MiB", 128 << 20), ("", 2 * 10**9)],
)
def test_memory_is_read_as_people_write_it(monkeypatch, given, bytes_):
    monkeypatch.setenv("SHIMUR_MEMORY", given)
    assert limits.memory() == bytes_


@pytest.mark.parametrize("given", ["lots", "2", "-1GB", "100MB", "2GB; DROP", "80%", "GB", "nan GB"])
def test_memory_that_makes_no_sense_is_refused(monkeypatch, given):
    monkeypatch.setenv("SHIMUR_MEMORY", given)
    with pytest.raises(RequestProblem, match=r"SHIMUR_MEMORY is .*Write it like 512MB"):
        limits.check()


@pytest.mark.parametrize("given", ["0", "-2", "two", "1.5", "1000"])
def test_threads_that_make_no_sense_are_refused(monkeypatch, given):
    monkeypatch.setenv("SHIMUR_THREADS", given)
    with pytest.raises(RequestProblem, match=r"SHIMUR_THREADS is .*whole number"):
        limits.check()


def test_every_connection_keeps_to_the_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("SHIMUR_MEMORY", "512MiB")
    monkeypatch.setenv("SHIMUR_THREADS", "3")
    ask = "SELECT current_setting('memory_limit'), current_setting('threads')"
    with connect() as first, connect(tmp_path / "a.duckdb") as second:
        assert [one.execute(ask).fetchone() for one in (first, second)] == [("512.0 MiB", 3)] * 2
        second.execute("SET threads = 1")
        second.execute(limits.all_threads())
        assert second.execute(ask).fetchone() == ("512.0 MiB", 3)


def test_files_open_for_reading_share_the_memory(monkeypatch, tmp_path):
    monkeypatch.setenv("SHIMUR_MEMORY", "512MiB")
    monkeypatch.setattr(engine, "_readers", engine._Readers())  # other tests may have left some open
    one, other = (Engine.open(made(tmp_path / f"{name}.duckdb", 1)) for name in "ab")
    again = Engine.open(tmp_path / "a.duckdb")
    held = setting(one, "memory_limit")
    assert (held, setting(other, "memory_limit")) == ("256.0 MiB", "256.0 MiB")
    other.close()
    assert setting(one, "memory_limit") == "512.0 MiB"
    again.close()
    one.close()


def test_what_does_not_fit_goes_to_the_folder_of_the_process(monkeypatch, tmp_path):
    monkeypatch.setenv("SHIMUR_MEMORY", "128MiB")
    monkeypatch.chdir(tmp_path)
    reader = Engine.open(made(tmp_path / "a.duckdb", 250_000))
    there = setting(reader, "temp_directory")
    assert there == str(limits.spilled()) and not there.startswith(str(tmp_path))
    assert len(reader.query(BIG)) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"a.duckdb"}
    with reader._database.cursor() as cursor:
        cursor.execute("SET max_temp_directory_size = '1MB'")
    with pytest.raises(WorkspaceProblem, match="more than the 128MiB of memory"):
        reader.query(BIG)
    assert len(reader.query("SELECT i FROM t LIMIT 2")) == 2
    reader.close()


def test_what_killed_processes_left_is_swept_when_it_is_old(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "is_gone", lambda process: process == 1234)
    for name in ("1234-old", "1234-new", "99-old"):
        (tmp_path / f"shimur-spilled-{name}").mkdir()
    monkeypatch.setattr("data.limits.time.time", lambda: (tmp_path / "shimur-spilled-1234-new").stat().st_mtime + 9)
    for name in ("1234-old", "99-old"):
        os.utime(tmp_path / f"shimur-spilled-{name}", (0, 0))
    (tmp_path / "shimur-what-if-x").mkdir()  # of nobody we know
    limits._sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "shimur-spilled-1234-new",
        "shimur-spilled-99-old",
        "shimur-what-if-x",
    }
