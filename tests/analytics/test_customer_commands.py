"""Value and risk on the command line, on scores written by hand."""

import json

import pytest

from analytics.__main__ import main
from analytics.filters import Filters
from data.database import connect
from data.store import Workspace
from tests.analytics.scored import AS_OF, keep

CUSTOMERS = [
    {"customer_id": "a", "customer": "Ann's", "owner": "Ann", "value": 100.0, "risk": 0.5, "days_since": 90.0, "gap_days": 30.0, "contacts": 1},
    {"customer_id": "b", "customer": "Bob's", "owner": "Bob", "value": 300.0, "risk": 0.1},
    {"customer_id": "c", "customer": "Gone", "owner": "Bob", "value": 10.0, "risk": 1.0, "lifecycle": "lost"},
]  # fmt: skip
PROMISED = (
    "customer_id", "customer", "owner", "value", "value_low", "value_high", "risk", "value_at_risk", "quadrant", "lifecycle", "reasons",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = Workspace(tmp_path_factory.mktemp("workspaces") / "customers")
    copy, base = made.prepare_copy()
    with connect(copy) as database:
        for row in CUSTOMERS:
            values = [row["customer_id"], row["customer"], row["owner"]]
            database.execute("INSERT INTO customers (customer_id, customer_name, owner) VALUES (?, ?, ?)", values)
        facts = {"latest_event_at": f"{AS_OF}T10:00:00+00:00", "is_empty": "false"}
        database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items()))
    assert made.publish(copy, base)
    engine = made.engine()
    keep(engine, Filters(AS_OF), CUSTOMERS)
    engine.close()
    return made.folder


@pytest.fixture
def call(folder, capsys):
    def called(*arguments):
        status = main([*arguments, "--workspace", str(folder)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return called


def test_customers_have_the_promised_keys_and_reasons_in_words(call):
    status, out, _err = call("customer_value_risk", "--json")
    document = json.loads(out)
    assert status == 0
    assert document["filters"]["value_is"] == "revenue" and document["filters"]["horizon_months"] == 12
    first, second, lost = document["rows"]
    assert set(PROMISED) <= first.keys()
    assert first["reasons"] == "silent for 90 days, usually buys every 30 days; only one contact known"
    assert (second["quadrant"], second["reasons"], second["value_at_risk"]) == ("keep", None, 30)
    assert (lost["lifecycle"], lost["value_at_risk"], lost["quadrant"]) == ("lost", None, None)


def test_a_margin_and_lines_are_taken_from_the_call(call):
    _status, out, _err = call(
        "customer_value_risk", "--json", "--margin", "0.5", "--value-limit", "40", "--risk-limit", "0.05", "--most", "1"
    )  # fmt: skip
    document = json.loads(out)
    assert (document["filters"]["value_is"], document["filters"]["margin"]) == ("profit", 0.5)
    (row,) = document["rows"]
    assert (row["value"], row["quadrant"], row["value_limit"]) == (50, "protect", 40)


def test_else_they_are_the_workspaces(call, folder):
    workspace = Workspace(folder)
    before = workspace.customer_settings()
    workspace.save_customer_settings(type(before)(margin=0.1, risk_limit=0.9))
    try:
        whole = json.loads(call("value_at_risk", "--json")[1])["rows"][0]
    finally:
        workspace.save_customer_settings(before)
    assert (whole["value"], whole["value_at_risk"], whole["risk_limit"]) == (40, 8, 0.9)


def test_sums_by_owner_and_as_a_table(call):
    rows = json.loads(call("value_at_risk", "--json", "--by", "owner")[1])["rows"]
    assert {row["owner"]: row["value_at_risk"] for row in rows if row["quadrant"] is None} == {"Ann": 50, "Bob": 30}
    table = call("value_at_risk", "--where", "owner=Ann")[1]
    assert "Value is: revenue." in table and "100" in table and "10,000" not in table  # money, not a share


@pytest.mark.parametrize(
    "wrong",
    [
        ("--margin", "30"),
        ("--value-limit", "much"),
        ("--risk-limit", "nan"),
        ("--horizon", "13"),
        ("--most", "0"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(call, capsys, wrong):
    with pytest.raises(SystemExit) as refusal:
        call("customer_value_risk", *wrong)
    assert refusal.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "name", ["response_rate", "non_response", "nps_reweighted", "silent_accounts", "silence", "silence_follows"]
)
def test_a_field_of_answers_is_refused_where_it_would_choose_nothing(tmp_path, capsys, name):
    made = Workspace(tmp_path / "surveyed")
    copy, base = made.prepare_copy()
    with connect(copy) as database:
        database.execute("ALTER TABLE survey_responses ADD COLUMN region VARCHAR")
        database.execute("INSERT INTO headers VALUES ('survey_responses', 'region', 'Region', true)")
        database.execute(
            "INSERT INTO survey_responses (response_id, score, scale, region) VALUES ('1', 9, 'nps', 'North')"
        )
    assert made.publish(copy, base)
    assert main([name, "--where", "Region=North", "--workspace", str(made.folder)]) == 2
    assert '"Region" is not known of customers' in capsys.readouterr().err
