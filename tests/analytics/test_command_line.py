"""`python -m analytics`, as COMMANDS promises it: one JSON document, ISO dates, null for unknown."""

import json
import os
import subprocess
import sys

import pytest

from analytics.__main__ import _cell, _unit, main
from analytics.catalog import ANSWERS
from data.__main__ import main as load
from data.database import connect
from data.store import Workspace
from tests.analytics.sample import five_deals

KEYS = {
    "findings": "kind stage field segment n conversion conversion_rest difference low high p_value q_value tests money "
    "money_low money_high currency certainty deals_open",
    "summary_trend": "metric since until value low high n currency",
    "summary": "metric value low high n undecided previous real_change",
    "win_rate": "definition won total undecided rate low high",
    "stage_conversion": "pipeline stage stage_order entered advanced lost back handed_off still "
    "conversion conversion_ended low high value_entered",
    "sales_cycle": "outcome deals mean_days median_days p25_days p75_days max_days",
    "stage_paths": "path_key path deals deal_share won lost undecided rate median_days money",
    "stage_moves": "pipeline stage stage_order move next_stage moves leaving move_share low high money",
    "rework": "way deals deal_share won total undecided rate matured repeat_days money q_value",
    "sales_velocity": "lever value low high n previous contribution worth_of_tenth currency q_value",
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """The five deals, as data in force."""
    made = Workspace(tmp_path_factory.mktemp("workspaces") / "five deals")
    copy, base = made.prepare_copy()
    source = five_deals()
    with connect(copy) as database:
        for table in ("deals", "stages", "stage_entries"):
            database.register("_rows", source.query(f"SELECT * FROM {table}"))
            database.execute(f"INSERT INTO {table} BY NAME SELECT * FROM _rows")
        facts = {
            "latest_event_at": "2026-01-31T10:00:00+00:00",
            "pipeline": "Sales",
            "has_history": "true",
            "is_empty": "false",
        }
        database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items()))
    assert made.publish(copy, base)
    return made.folder


@pytest.fixture
def call(workspace, capsys):
    """Runs a command: exit status, standard output and standard error."""

    def called(*arguments):
        status = main([*arguments, "--workspace", str(workspace)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return called


@pytest.fixture
def document(call):
    def called(*arguments):
        status, out, err = call(*arguments, "--json")
        assert (status, err) == (0, "")
        return json.loads(out)

    return called


@pytest.mark.parametrize("name", KEYS)
def test_the_document_has_the_keys_promised(document, name):
    found = document(name)
    assert list(found) == ["metric", "as_of", "filters", "rows"]
    assert (found["metric"], found["as_of"]) == (name, "2026-01-31")
    assert all(set(KEYS[name].split()) <= row.keys() for row in found["rows"])


def test_figures(document):
    closed = document("win_rate")["rows"][0]
    assert (closed["definition"], closed["won"], closed["total"], closed["undecided"]) == ("closed", 2, 3, 2)
    assert closed["rate"] == pytest.approx(2 / 3)
    offer = document("stage_conversion")["rows"][1]
    assert (offer["stage"], offer["entered"], offer["value_entered"]) == ("Offer", 3, 400)
    assert isinstance(offer["entered"], int)


def test_filters_are_said(document):
    found = document(
        "win_rate", "--where", "Owner=Ann", "--where", "owner=Bob", "--as-of", "2026-01-15", "--from", "2026-01-01"
    )
    assert found["as_of"] == "2026-01-15"
    assert found["filters"] == {
        "from": "2026-01-01",
        "to": None,
        "where": {"owner": ["Ann", "Bob"]},
        "pipeline": None,
        "time_zone": "UTC",
    }
    assert (found["rows"][0]["won"], found["rows"][0]["total"]) == (1, 2)
    funnel = document("stage_conversion")["filters"]
    assert (funnel["pipeline"], funnel["rule"]) == ("Sales", "visited")
    assert document("stage_conversion", "--rule", "filled")["rows"][1]["entered"] == 4


def test_by_adds_the_field_and_the_test(document):
    found = document("win_rate", "--by", "OWNER")["rows"]
    assert [row["owner"] for row in found[::5]] == ["Ann", "Bob", None]
    assert {"q_value", "tests"} <= found[0].keys()


def test_deals_without_a_value(document):
    assert document("sales_cycle", "--where", "owner=")["rows"][2]["deals"] == 1


def test_the_table_is_for_people(call):
    status, out, err = call("win_rate")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "As of 2026-01-31."
    assert lines[2].split()[:3] == ["definition", "won", "total"]
    assert "66.67%" in lines[3]


def test_the_rule_for_skipped_stages_is_said(call, document):
    assert call("stage_conversion")[1].splitlines()[0] == "As of 2026-01-31. Rule: visited."
    assert call("stage_conversion", "--rule", "strict")[1].splitlines()[0] == "As of 2026-01-31. Rule: strict."
    assert document("stage_conversion", "--rule", "strict")["filters"]["rule"] == "strict"


def test_the_sql_runs_as_printed(call, workspace):
    status, out, _err = call("stage_conversion", "--sql")
    assert status == 0 and out.startswith("-- stages\nSELECT")
    first = out.split("\n\n-- ")[0]
    engine = Workspace(workspace).engine()
    counted = engine.query(first)
    assert counted.loc[~counted["is_skipped"], "n"].sum() == 13
    engine.close()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["win_rate", "--by", "onwer"], "owner"),
        (["win_rate", "--by", "amount"], "amounts or dates"),
        (["win_rate", "--where", "owner=Anne"], "Ann"),
        (["win_rate", "--from", "2026-02-01", "--to", "2026-01-01"], "before it begins"),
        (["stage_conversion", "--optional", "Ofer"], "Offer"),
        (["stage_conversion", "--exclude", "Ofer"], "Offer"),
        (["skipped_stages", "--step-window", "Ofer=30"], "Offer"),
        (["stage_conversion", "--exclude-reason", "Price"], "Price"),
        (["conversion_trend", "--stage", "Ofer"], "Offer"),
        (["stage_curve", "--stage", "Offer", "--by", "owner", "--segment", "Anne"], "Ann"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(call, arguments, sentence):
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert sentence in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["win_rat"], ["win_rate", "--as-of", "31.1.2026"], ["win_rate", "--where", "owner"], ["summary", "--from", "0001-01-01"],
        ["summary", "--as-of", "9999-12-31"], ["comparison", "--periods", "0001-01-01:2020-01-01,2021-01-01:2022-01-01"],
        ["time_to_convert", "--at", "30,nan"], ["time_to_convert", "--at", "inf"], ["time_to_convert", "--points=-3"],
        ["conversion_trend", "--horizon", "inf"], ["comparison", "--horizon", "nan"], ["stage_paths", "--most", "0"],
    ],
)  # fmt: skip
def test_what_is_no_command_is_refused_in_one_line(capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    said = capsys.readouterr()
    assert (stopped.value.code, said.out) == (2, "")
    assert len(said.err.strip().splitlines()) == 1


def test_help_says_what_the_numbers_mean(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["win_rate", "--help"])
    assert stopped.value.code == 0
    assert "by five definitions" in capsys.readouterr().out
    assert main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(ANSWERS)


def test_an_empty_workspace_says_what_to_do(tmp_path):
    """The real command, in its own process, where the app would look."""
    done = subprocess.run(
        [sys.executable, "-m", "analytics", "win_rate", "--json"],
        env=os.environ | {"SHIMUR_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Import a file" in done.stderr


def test_text_of_a_crm_cannot_steer_the_terminal():
    assert _cell("owner", {"owner": "Ann\x1b[2J\nBob"}) == "Ann [2J Bob"


def test_ways_to_count_are_options_and_are_said(document, call):
    found = document(
        "stage_conversion", "--window", "3", "--step-window", "Offer=2", "--optional", "Offer", "--exclude", "Lost"
    )
    assert found["filters"]["window_days"] == 3
    assert found["filters"]["step_windows"] == ["Offer=2"]
    assert (found["filters"]["optional"], found["filters"]["excluded"]) == (["Offer"], ["Lost"])
    assert "owner" not in found["filters"]
    lead = found["rows"][0]
    assert (lead["entered"], lead["late"], lead["excluded"]) == (4, 1, 1)
    assert "Excluded: Lost." in call("stage_conversion", "--exclude", "Lost")[1].splitlines()[0]


def test_deals_are_listed_by_name(document, call):
    listed = document("deals_in_stage", "--stage", "Offer", "--fate", "lost")
    assert [row["deal_id"] for row in listed["rows"]] == ["2"]
    assert [row["deal_id"] for row in document("skipped_stages")["rows"]] == ["4"]
    status, _out, err = call("deals_in_stage", "--stage", "Ofer")
    assert status == 2
    assert "The stages are: Lead, Offer, Deal, Won, Lost." in err


def test_a_window_for_the_leads_is_no_misspelt_stage(document):
    found = document("stage_conversion", "--from-leads", "--step-window", "Leads=30", "--optional", "Offer")
    assert found["filters"]["step_windows"] == ["Leads=30"]


def test_odds_and_differences_of_deals_are_no_percentages():
    row = {
        "odds_ratio": 0.38,
        "adjusted_odds_ratio": 0.38,
        "low": 0.25,
        "high": 0.57,
        "deals_difference": -34.4,
        "won": 1,
    }
    assert {_unit(name, row) for name in row if name != "won"} == {"number"}
    assert (_unit("low", {"rate": 0.5}), _unit("won", row)) == ("share", "count")


def test_deals_that_wait_are_no_percentages_and_money_of_a_share_is_money():
    waiting = {"average_waiting": 21.8, "growth_per_period": 2.3, "growth_low": -1.0, "growth_high": 5.6}
    assert {_unit(name, waiting) for name in waiting} == {"number"}
    assert _cell("average_waiting", waiting) == "21.80"
    row = {"unit": "share", "after": 0.5, "money_low": 1200.5}
    assert (_cell("after", row), _cell("money_low", row)) == ("50.00%", "1,200.50")


def test_without_a_history_the_file_that_is_missing_is_named(tmp_path, capsys):
    file = tmp_path / "deals.csv"
    file.write_text("Deal Name,Stage,Amount,Created Date\nA,Offer,100,2026-01-05\nB,Won,200,2026-01-06\n", "utf-8")
    folder = str(tmp_path / "bare")
    assert load(["import", str(file), "--workspace", folder]) == 0
    capsys.readouterr()
    for name in ("bottlenecks", "time_in_stage", "queue_growth"):
        assert main([name, "--workspace", folder, "--json"]) == 0
        said = capsys.readouterr()
        assert json.loads(said.out)["metric"] == name and "Add a stage history" in said.err
    assert main(["bottlenecks", "--workspace", folder]) == 0
    assert "Nothing to show." in capsys.readouterr().out
    assert main(["win_rate", "--workspace", folder, "--json"]) == 0
    assert capsys.readouterr().err == ""


def test_a_list_in_a_cell_is_read_as_words():
    assert _cell("reasons", {"reasons": ["slow", "overdue"]}) == "slow, overdue"


def test_the_reference_of_bottlenecks_is_asked_for_in_full(call):
    status, out, _err = call(
        "bottlenecks",
        "--by",
        "owner",
        "--reference",
        "target",
        "--target",
        "Lead=0.9",
        "--target-days",
        "Lead=5",
        "--json",
    )
    document = json.loads(out)
    assert status == 0
    assert document["filters"]["reference"] == "target"
    assert document["filters"]["target"] == ["Lead=0.9"] and document["filters"]["target_days"] == ["Lead=5"]
    for arguments, said in (
        (("--reference", "previous"), "Name one with --from and --to"),
        (("--target", "Lead=0.9"), "Write --reference target"),
        (("--reference", "target"), "There is no target"),
        (("--reference", "target", "--target", "Leed=0.9"), 'no stage called "Leed"'),
    ):
        status, out, err = call("bottlenecks", *arguments)
        assert (status, out) == (2, "") and said in err
    with pytest.raises(SystemExit) as ended:
        call("bottlenecks", "--target", "Lead=90")
    assert ended.value.code == 2


def test_all_mended_of_too_few_deals_has_no_rows(call):
    status, out, _err = call("all_mended", "--json")
    assert status == 0 and json.loads(out)["rows"] == []
