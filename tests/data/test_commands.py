"""`python -m data`: what it prints, what it returns, and that looking writes nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from data.__main__ import main
from data.store import Workspace
from tests.data.kit import ask, write_csv

ROOT = Path(__file__).parents[2]
HEADER = ["Deal ID", "Stage", "Amount", "Created", "Colour"]
ROWS = [
    ["1", "Demo", "1000", "2024-01-25", "red"],
    ["2", "Signed", "20", "2024-01-26", ""],
    ["", "Demo", "5", "2024-01-27", "=1+1"],
]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "workspace"


@pytest.fixture
def file(tmp_path):
    return write_csv(tmp_path / "deals.csv", HEADER, ROWS)


@pytest.fixture
def run(folder, capsys):
    """Run a command in this process; returns its status, standard output and standard error."""

    def call(*arguments, workspace=folder):
        status = main([str(argument) for argument in arguments] + ["--workspace", str(workspace)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture
def told(run):
    """Run a command with --json; returns its document."""

    def call(*arguments):
        status, out, err = run(*arguments, "--json")
        assert (status, err) == (0, "")
        return json.loads(out)

    return call


FILE_KEYS = {
    "path", "table", "source", "encoding", "delimiter", "date_order", "header_line", "rows_read", "rows_loaded", "rows_updated", "rows_unchanged",
    "rows_removed", "rows_rejected", "skipped_lines", "columns", "totals", "warnings",
}  # fmt: skip


def test_import_prints_what_was_promised(told, file):
    document = told("import", file)
    assert set(document) >= {"import", "revision", "files", "unlocks", "locked"}
    assert (document["import"], document["revision"]) == (1, 1)
    (told_file,) = document["files"]
    assert set(told_file) >= FILE_KEYS
    assert {key: told_file[key] for key in FILE_KEYS - {"warnings", "skipped_lines"}} == {
        "path": "deals.csv", "table": "deals", "source": "generic", "encoding": "utf-8", "delimiter": ",", "date_order": "ymd", "header_line": 1,
        "rows_read": 3, "rows_loaded": 2, "rows_updated": 0, "rows_unchanged": 0, "rows_removed": 0, "rows_rejected": 1,
        "columns": {"Deal ID": "deal_id", "Stage": "stage", "Amount": "amount", "Created": "created_at", "Colour": None},
        "totals": {"amount": {"file": 1025.0, "loaded": 1020.0}},
    }  # fmt: skip
    assert "funnel" in document["unlocks"]
    assert {"analysis": "bottlenecks", "needs": ["stage_entries"]} in document["locked"]


def test_skipped_lines_have_reasons(told, tmp_path):
    path = tmp_path / "titled.csv"
    path.write_text("My report,,\n,,\nDeal ID,Stage,Amount\n1,Demo,5\n2,Won,6\n,,\nTotal,,11\n", "utf-8")
    (told_file,) = told("import", path)["files"]
    assert (told_file["header_line"], told_file["rows_read"]) == (3, 2)
    assert [(skipped["line"], bool(skipped["reason"])) for skipped in told_file["skipped_lines"]] == [
        (1, True),
        (2, True),
        (6, True),
        (7, True),
    ]


def test_preview_says_the_same_and_writes_nothing(told, folder, file):
    before = told("preview", file)
    assert not folder.exists()
    after = told("import", file)
    assert after == before
    listing = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again = told("preview", file)
    assert (again["import"], again["revision"], again["files"][0]["rows_unchanged"]) == (2, 2, 2)
    assert {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == listing


def test_history_and_undo(told, run, file, monkeypatch):
    monkeypatch.setenv("LOGNAME", "dana")
    monkeypatch.delenv("SHIMUR_MODE", raising=False)
    told("import", file)
    told("import", file)
    history = told("history")
    keys = {"import", "revision", "at", "files", "rows_loaded", "undone", "who", "sources"}
    assert [set(record) for record in history] == [keys] * 2
    assert [(r["import"], r["revision"], r["files"], r["rows_loaded"], r["undone"], r["who"]) for r in history] == [
        (1, 1, ["deals.csv"], 2, False, "dana"), (2, 2, ["deals.csv"], 0, False, "dana"),
    ]  # fmt: skip
    source = {"name": "deals.csv", "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    assert [record["sources"] for record in history] == [[source], [source]]
    assert f"by dana\n   {source['sha256']}  deals.csv" in run("history")[1]
    status, out, err = run("undo", "7")
    assert (status, out, err) == (2, "", "There is no import 7 to take back. The last one is import 2.\n")
    # The second brought nothing while the first stood, and all of it now.
    assert told("undo", "1")["import"] == 1
    assert [(record["undone"], record["rows_loaded"]) for record in told("history")] == [(True, 2), (False, 2)]
    assert told("undo")["import"] == 2
    assert [record["undone"] for record in told("history")] == [True, True]
    assert run("undo")[0] == 2


def test_a_mapping_file_says_how_to_read(told, run, tmp_path):
    path = write_csv(
        tmp_path / "odd.csv", ["Ident", "Phase", "Wann"], [["1", "Neu", "02/03/2024"], ["2", "Gut", "03/04/2024"]]
    )
    mapping = tmp_path / "mapping.json"
    columns = {"Ident": "deal_id", "Phase": "stage", "Wann": "created_at"}
    files = [{"headers": list(columns), "table": "deals", "columns": columns, "date_order": "mdy"}]
    mapping.write_text(
        json.dumps({"version": 1, "files": files, "stages": {"order": ["Neu"], "won": ["Gut", "Besser"]}}), "utf-8"
    )
    for command, *more in (("preview",), ("preview", "--date-order", "dmy"), ("import",)):
        document = told(command, path, "--mapping", mapping, *more)
        (told_file,) = document["files"]
        assert (told_file["columns"], told_file["date_order"]) == (columns, "dmy" if more else "mdy")
        assert [(stage["stage"], stage["outcome"]) for stage in document["stages"]] == [("Neu", "open"), ("Gut", "won")]
    mapping.write_text("no", "utf-8")
    status, out, err = run("preview", path, "--mapping", mapping)
    assert (status, out) == (2, "")
    assert (
        err == "mapping.json is not a mapping file: it is not JSON. Save one from the import page, and change that.\n"
    )


def test_nothing_yet(told, run):
    assert told("history") == []
    assert run("history")[1] == "No imports yet.\n"


def test_options_decide(told, folder, tmp_path):
    path = tmp_path / "odd.txt"
    path.write_bytes(
        "Ident;Phase;Größe;Wann\n1;Neu;1,5;02/03/2024\n2;Gut;2,5;03/04/2024\n3;Schlecht;3;04/05/2024\n".encode("cp1252")
    )
    (told_file,) = told(
        "import", path, "--table", "deals", "--map", "Ident=deal_id", "--map", "Phase=STAGE", "--map", "Größe=amount", "--map", "Wann=created_at",
        "--date-order", "mdy", "--encoding", "windows-1252", "--delimiter", ";", "--stages", "Neu, Gut", "--won", "Gut", "--lost", "schlecht",
        "--pipeline", "Haupt",
    )["files"]  # fmt: skip
    assert (told_file["date_order"], told_file["delimiter"], told_file["encoding"]) == ("mdy", ";", "windows-1252")
    workspace = Workspace(folder)
    assert ask(workspace, "SELECT deal_id, pipeline, status, amount, CAST(created_at AS DATE)::VARCHAR FROM deals ORDER BY 1") == [
        ("1", "Haupt", "open", 1.5, "2024-02-03"), ("2", "Haupt", "won", 2.5, "2024-03-04"), ("3", "Haupt", "lost", 3.0, "2024-04-05"),
    ]  # fmt: skip
    assert ask(workspace, "SELECT stage, outcome, is_confirmed FROM stages ORDER BY stage_order") == [
        ("Neu", "open", True), ("Gut", "won", True), ("Schlecht", "lost", True),
    ]  # fmt: skip


def test_a_header_kept_as_an_attribute(told, folder, file):
    (told_file,) = told("import", file, "--map", "amount=-")["files"]
    assert told_file["columns"]["Amount"] is None
    assert ask(Workspace(folder), "SELECT amount, attr_1 FROM deals WHERE deal_id = '1'") == [(None, "1000")]


def test_a_header_with_an_equals_sign(told, tmp_path):
    path = write_csv(tmp_path / "a.csv", ["Deal ID", "Stage", "a=b"], [["1", "Demo", "5"]])
    assert told("import", path, "--map", "a=b=amount")["files"][0]["columns"]["a=b"] == "amount"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--map", "Colr=source"], "No file has a column called Colr. The columns are: Deal ID, Stage, Amount, Created, Colour."),
        (["--map", "Colour=taste"], "taste is not a column of deals."),
        (["--map", "Colour"], "Colour is not HEADER=FIELD."),
        (["--won", "Signd"], "No deal is in a stage called Signd. The stages are: Demo, Signed."),
        (["--stages", "Demo,Nowhere"], "No deal is in a stage called Nowhere."),
        (["--table", "sonnets"], "sonnets is not a table a file can be loaded into."),
        (["--source", "siebel"], "siebel is not a source we know."),
        (["--encoding", "klingon"], "klingon"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_a_sentence(run, folder, file, arguments, words):
    for command in ("preview", "import"):
        status, out, err = run(command, file, *arguments)
        assert (status, out) == (2, "")
        assert words in err
        assert err.count("\n") == 1
    assert Workspace(folder).revision == 0
    assert not folder.exists() or not list(folder.glob("preparing-*"))


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"PK\x03\x04 no workbook",
        b"\x1f\x8b broken",
        b"colour,size\nred,5\n",
        b"\n\n\n",
        b"\xff" * 50,
    ],
)
def test_files_that_cannot_be_read_are_refused_in_a_sentence(run, tmp_path, folder, content):
    path = tmp_path / "strange.xlsx" if content and content.startswith(b"PK") else tmp_path / "strange.csv"
    if content is not None:
        path.write_bytes(content)
    status, out, err = run("import", path)
    assert (status, out) == (2, "")
    assert "strange" in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert Workspace(folder).revision == 0


def test_a_folder_is_no_file(run, tmp_path):
    status, _, err = run("import", tmp_path)
    assert status == 2, err


def test_a_workspace_that_is_a_file(run, tmp_path, file):
    for command in (["import", file], ["demo"], ["undo"], ["export-rejects", "1", tmp_path / "out.csv"]):
        status, _, err = run(*command, workspace=file)
        assert (status, err.count("\n")) == (2, 1), err
    assert file.read_text("utf-8").startswith("Deal ID")


def test_bad_words_on_the_command_line():
    for arguments in ([], ["fly"], ["import"], ["import", "x.csv", "--date-order", "ydm"], ["undo", "one"]):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 2


def test_a_bug_is_a_one(run, file, monkeypatch, caplog):
    def broken(*_arguments):
        raise KeyError("surprise")

    monkeypatch.setattr("data.importer.decide_stages", broken)
    assert run("import", file)[:2] == (1, "")
    assert "surprise" in caplog.text


def test_the_rows_set_aside_can_be_mended_in_a_spreadsheet(told, run, file, tmp_path):
    told("import", file)
    out = tmp_path / "aside.csv"
    assert told("export-rejects", "1", out) == {"import": 1, "rows": 1, "path": str(out)}
    content = out.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    header, row = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert header == ["file", "line", "column", "value", "reason", *HEADER]
    assert row == ["deals.csv", "4", "Deal ID", "", "There is no deal number.", "", "Demo", "5", "2024-01-27", "'=1+1"]
    status, _, err = run("export-rejects", "7", out)
    assert (status, err) == (2, "There is no import 7. `history` lists the imports.\n")
    status, _, err = run("export-rejects", "1", tmp_path / "no" / "such" / "folder.csv")
    assert (status, "cannot be written" in err) == (2, True)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r="])
def test_no_cell_set_aside_computes(run, told, tmp_path, start):
    text = f"{start}cmd|' /C calc'!A0"
    told(
        "import",
        write_csv(
            tmp_path / "f.csv",
            ["Deal ID", "Stage", "Amount", text],
            [["", text, "5", text], ["1", "Demo", text, "x"], ["2", "Demo", "6", "y"]],
        ),
    )
    run("export-rejects", "1", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert any("calc" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_the_made_up_company_refuses_a_workspace_with_data(run, told, folder, file):
    told("import", file)
    status, out, err = run("demo", "--language", "he")
    assert (status, out) == (2, "")
    assert (
        err
        == "workspace holds data already, and made-up deals must not mix with it. Choose an empty workspace for the made-up company.\n"
    )
    assert ask(Workspace(folder), "SELECT count(*) FROM deals") == [(2,)]


def test_words_for_people(run, file):
    status, out, err = run("import", file)
    assert (status, err) == (0, "")
    assert "3 rows read = 2 loaded + 0 updated + 0 unchanged + 0 removed + 1 rejected" in out
    assert "amount: 1,025.00 in the file, 1,020.00 loaded" in out


def test_the_workspace_in_use_is_the_default(monkeypatch, tmp_path, file, capsys):
    monkeypatch.setenv("SHIMUR_HOME", str(tmp_path / "home"))
    assert main(["import", str(file), "--json"]) == 0
    assert (tmp_path / "home" / "workspaces" / "default" / "CURRENT").exists()
    capsys.readouterr()


def test_a_real_process_prints_one_document_and_nothing_else(folder, tmp_path):
    path = write_csv(tmp_path / "עסקאות.csv", ["מספר עסקה", "שלב", "סכום"], [["1", "ליד", "₪5"], ["2", "זכייה", "₪6"]])
    command = [sys.executable, "-m", "data", "import", str(path), "--workspace", str(folder), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    document = json.loads(done.stdout.decode("utf-8"))
    assert document["files"][0]["path"] == "עסקאות.csv"
    refused = subprocess.run([*command, "--won", "אין"], cwd=ROOT, capture_output=True, check=False)
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert "אין" in refused.stderr.decode("utf-8")


def test_read_writes_the_table_as_it_was_understood(told, folder, tmp_path):
    file, out = tmp_path / "עסקאות.csv", tmp_path / "plain.csv"
    file.write_bytes('דוח;;\n\nשם;סכום;הערה\nחברה בע"מ;1,5;"א\nב"\nx;2\n'.encode("cp1255"))
    (table,) = told("read", file, "--out", out)["tables"]
    assert table == {
        "path": str(file), "sheet": None, "encoding": "windows-1255", "delimiter": ";", "header_line": 3,
        "headers": ["שם", "סכום", "הערה"], "rows_read": 2,
        "skipped_lines": [{"line": 1, "reason": "A title above the table."}, {"line": 2, "reason": "A blank line."}],
        "repairs": ["1 row has fewer cells than the header; the missing ones are empty. Line 6."], "out": str(out),
    }  # fmt: skip
    assert out.read_bytes().decode() == 'שם,סכום,הערה\r\n"חברה בע""מ","1,5","א\nב"\r\nx,2,\r\n'
    assert not folder.exists()


def test_read_obeys_and_refuses_in_a_sentence(run, file, tmp_path):
    status, out, err = run("read", file, "--out", tmp_path / "plain.csv", "--delimiter", "|")
    assert (status, err) == (0, "") and "3 rows" in out
    assert (tmp_path / "plain.csv").read_bytes().startswith(b'"Deal ID,Stage,Amount,Created,Colour"\r\n')
    assert run("read", file, file, "--out", tmp_path / "two.csv") == (
        2, "", "2 tables do not fit into one CSV file, two.csv. Give a folder, such as two.\n",
    )  # fmt: skip
    with pytest.raises(SystemExit):
        run("read", file)
