"""Scenarios on the command line, on scores written by hand; whom they act on; and what is said of the model."""

import io
import json
from datetime import date, datetime, timedelta

import pytest

from analytics.__main__ import main
from analytics.filters import Filters
from analytics.rows import rows
from analytics.what_if.acted_on import COLUMNS, acted_on
from analytics.what_if.model_line import is_tested, model_line
from analytics.what_if.scenario import NOTHING, Lever, Range, Scenario, Target
from analytics.what_if_commands import scenario_of
from data.customer_settings import CustomerSettings
from data.database import connect
from data.errors import RequestProblem
from data.messages import say
from data.store import Workspace
from tests.analytics.scored import AS_OF, scored

PROMISED = {"quantity", "horizon_months", "baseline", "median", "p10", "p90", "probability_positive"}
HOSTILE = '=HYPERLINK("http://x")<b>[a](b)'
SCENARIO = """
name: Call them
horizon_months: 12
draws: 200
levers:
  - lever: retention
    low: 2
    likely: 4
    high: 6
    cost: {per_customer: 10}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A company whose forty customers ordered every few weeks for two years; some stopped."""
    made = Workspace(tmp_path_factory.mktemp("workspaces") / "company")
    copy, before = made.prepare_copy()
    first = date(2024, 1, 10)
    orders = []
    for customer in range(40):
        every = 20 + customer % 7 * 5
        last = AS_OF if customer % 4 else AS_OF - timedelta(days=200 + 10 * customer)
        day = first + timedelta(days=11 * customer % 300)
        while day <= last:
            orders.append((f"C{customer:02}", day, 100.0 + customer))
            day += timedelta(days=every + (customer * day.day) % 9)
    with connect(copy) as database:
        for number, (name, on, amount) in enumerate(orders):
            moment = datetime(on.year, on.month, on.day, 12)
            database.execute(
                "INSERT INTO orders (order_id, customer_id, ordered_at, amount, currency) VALUES (?, ?, ?, ?, 'EUR')",
                [str(number), name, moment, amount],
            )
        for customer in range(40):
            database.execute(
                "INSERT INTO customers (customer_id, customer_name, owner) VALUES (?, ?, ?)",
                [f"C{customer:02}", f"Customer {customer}", ("Ann", "Bob")[customer % 2]],
            )
        facts = {"latest_event_at": f"{AS_OF}T10:00:00+00:00", "is_empty": "false"}
        database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items()))
    assert made.publish(copy, before)
    return made.folder


@pytest.fixture
def call(folder, capsys):
    def called(*arguments):
        status = main([*arguments, "--workspace", str(folder)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return called


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "scenario.yaml"
    path.write_text(SCENARIO, "utf-8")
    return str(path)


def test_totals_have_the_promised_keys_and_are_the_same_to_the_byte(call, file):
    status, out, err = call("what_if", "--scenario", file, "--json")
    assert (status, err) == (0, "")
    document = json.loads(out)
    assert document["filters"]["scenario"] == "Call them" and document["filters"]["seed"] == 1
    by = {row["quantity"]: row for row in document["rows"]}
    assert set(by) == {f"{name}{end}" for name in ("revenue", "profit", "customers", "cost") for end in ("", "_delta")}
    assert all(row.keys() >= PROMISED for row in by.values())
    assert by["cost"]["median"] == by["cost_delta"]["median"] > 0
    assert by["revenue_delta"]["median"] > 0 and by["revenue"]["currency"] == "EUR"
    assert isinstance(by["customers_delta"]["median"], float)
    assert call("what_if", "--scenario", file, "--json")[1] == out


def test_the_example_runs_on_the_workspace(call, tmp_path, monkeypatch):
    status, text, _err = call("what_if", "--example")
    assert status == 0 and text.startswith("# A scenario")
    assert scenario_of(str(write(tmp_path, text))).levers
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    status, out, err = call("what_if_verdict", "--scenario", "-")
    assert (status, err) == (0, "")
    assert "Scenario: An example." in out


@pytest.mark.parametrize(
    "name",
    [
        "what_if_months", "what_if_flows", "what_if_spans", "what_if_break_even", "what_if_tornado", "what_if_waterfall", "what_if_customers",
    ],
)  # fmt: skip
def test_each_command_answers(call, file, name):
    status, out, err = call(name, "--scenario", file, "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["rows"]


def test_retention_and_goals_need_no_scenario(call):
    effect = json.loads(call("retention_effect", "--points", "3", "--json")[1])
    assert effect["filters"]["points"] == 3
    assert [row["retention_measure"] for row in effect["rows"]] == [
        "in_year",
        "run_rate",
        "lifetime",
        "lifetime_constant",
    ]
    assert effect["rows"][2]["months_to"] == 60
    windows = json.loads(call("past_retention", "--json")[1])["rows"]
    assert windows[0]["to_day"] == AS_OF.isoformat() and 0 < windows[0]["logo_retention"] < 1
    (row,) = json.loads(call("goal_seek", "--goal", "retention", "--value", "0.97", "--json")[1])["rows"]
    assert row["windows"] == sum(each["customers_before"] >= 10 for each in windows) > 0
    assert row["lever_kind"] == "retention"


def test_filters_choose_the_customers_of_the_baseline(call, file):
    every, anns = (
        json.loads(call("what_if", "--scenario", file, "--json", *more)[1])["rows"]
        for more in ((), ("--where", "owner=Ann"))
    )
    customers = [next(row["baseline"] for row in found if row["quantity"] == "customers") for found in (every, anns)]
    assert 0 < customers[1] < customers[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("levers: [{lever: retentoin, amount: 3}]", "retention"),
        ("levers: [{lever: retention, low: 8, likely: 5, high: 3}]", "not in order"),
        ("levers: [{lever: retention, amount: 130}]", "-100 to 100"),
        ("levers: [{lever: retention, amount: 3, target: {owner: Nobody}}]", "Nobody"),
        ("levers: [{lever: retention, amount: 3, target: {quadrant: best}}]", "best"),
        ("levers: [{lever: win_rate, amount: 3}]", "deals"),
        ("horizon_months: 99\nlevers: []", "99 months"),
        ("levers: [{lever: retention, amount: 3}]\nsaved: yes", "saved"),
    ],
)
def test_a_bad_scenario_is_refused_in_a_sentence(call, tmp_path, text, said):
    status, out, err = call("what_if", "--scenario", str(write(tmp_path, text)))
    assert (status, out) == (2, "")
    assert said in err and "Traceback" not in err and err.count("\n") == 1


def test_a_file_that_is_none_is_refused(call, tmp_path):
    assert "cannot be read" in call("what_if", "--scenario", str(tmp_path / "none.yaml"))[2]
    path = tmp_path / "picture.yaml"
    path.write_bytes(b"\xff\xfe\x00\x81")
    assert "is not text" in call("what_if", "--scenario", str(path))[2]
    with pytest.raises(SystemExit):
        call("what_if")


def test_nothing_known_of_customers_is_said(tmp_path, capsys, file):
    made = Workspace(tmp_path / "bare")
    copy, before = made.prepare_copy()
    with connect(copy) as database:
        database.execute("INSERT INTO customers (customer_id, customer_name) VALUES ('a', 'Ann')")
        database.execute("INSERT OR REPLACE INTO facts VALUES ('is_empty', 'false')")
    assert made.publish(copy, before)
    assert main(["what_if", "--scenario", file, "--workspace", str(made.folder)]) == 2
    assert "Nothing tells what is to come" in capsys.readouterr().err


def test_the_margin_of_the_workspace_makes_profit(call, folder, file):
    workspace = Workspace(folder)
    before = workspace.customer_settings()
    workspace.save_customer_settings(CustomerSettings(margin=0.25))
    try:
        document = json.loads(call("what_if", "--scenario", file, "--json")[1])
    finally:
        workspace.save_customer_settings(before)
    by = {row["quantity"]: row["baseline"] for row in document["rows"]}
    assert document["filters"]["margin"] == 0.25
    assert by["profit"] == pytest.approx(by["revenue"] / 4)


def write(folder, text):
    path = folder / "asked.yaml"
    path.write_text(text, "utf-8")
    return path


# whom it acts on

CUSTOMERS = (
    {"customer_id": "a", "customer": HOSTILE, "owner": "Ann", "value": 100.0, "risk": 0.5, "expected": 50.0, "age_weeks": 100.0},
    {"customer_id": "b", "owner": "Bob", "value": 300.0, "risk": 0.4, "age_weeks": 100.0},
    {"customer_id": "c", "owner": "Bob", "value": 30.0, "risk": 0.1, "age_weeks": 10.0},
    {"customer_id": "gone", "owner": "Bob", "value": 10.0, "risk": 1.0, "lifecycle": "lost", "last_on": date(2026, 2, 1), "gap_limit_days": 30.0},
    {"customer_id": "long gone", "owner": "Bob", "value": 10.0, "risk": 1.0, "lifecycle": "lost", "last_on": date(2024, 2, 1), "gap_limit_days": 30.0},
    {"customer_id": "far", "owner": "Ann", "value": 999.0, "risk": 0.9, "currency": "JPY", "age_weeks": 100.0},
)  # fmt: skip


def acts(*levers, currency=None, **more):
    engine = scored(*CUSTOMERS)
    scenario = Scenario("", levers, currency=currency)
    return rows(acted_on(engine.tables, Filters(AS_OF), scenario, CustomerSettings(), **more).answer(engine.run))


def lever(kind="retention", name="", **target):
    return Lever(kind, Range(1, 2, 3), Target(**target), name=name)


def test_those_with_most_at_risk_come_first_with_their_levers():
    found = acts(lever(name="Call"), lever("price", owners=("Bob",)))
    assert tuple(found[0]) == COLUMNS
    assert [row["customer_id"] for row in found] == ["b", "a", "c"]
    assert [row["levers"] for row in found] == ["Call, price", "Call", "Call, price"]
    assert [row["lever_places"] for row in found] == [[0, 1], [0], [0, 1]]
    assert (found[1]["customer"], found[1]["owner"], found[1]["value_at_risk"]) == (HOSTILE, "Ann", 50)


def test_of_one_lever_only_and_so_many():
    levers = (lever(), lever("price", owners=("Bob",)))
    assert [row["customer_id"] for row in acts(*levers, lever=1)] == ["b", "c"]
    assert [row["customer_id"] for row in acts(*levers, most=1)] == ["b"]
    with pytest.raises(RequestProblem, match="no lever with the number 2"):
        acts(*levers, lever=2)


def test_the_lost_are_won_back_and_the_new_are_brought_in():
    assert [row["customer_id"] for row in acts(lever("win_back"))] == ["gone"]
    assert [row["customer_id"] for row in acts(lever("onboarding"))] == ["c"]
    assert [row["customer_id"] for row in acts(Lever("largest_leaves", NOTHING))] == ["b"]
    assert acts(lever("referral"), lever("win_rate")) == acts() == []


def test_another_currency_and_nobody():
    assert [row["customer_id"] for row in acts(lever(), currency="JPY")] == ["far"]
    assert acts(lever(owners=("Zoe",))) == []
    with pytest.raises(RequestProblem, match="does not exist"):
        acts(lever(quadrants=("best",)))


# the model


def origin(**more):
    return {
        "cutoff": "2025-01-01", "until": "2025-12-31", "predicted": 90.0, "actual": 100.0, "revenue_predicted": 880.0, "revenue_actual": 1000.0,
    } | more  # fmt: skip


def test_the_model_and_how_it_did_before():
    test = {"origins": [origin()], "is_money": True, "currency": "EUR", "is_used": True}
    said = model_line({"model": "mbg_nbd", "back_test": test})
    assert str(said) == (
        "Model: MBG/NBD. Tested on this company's own past: of 2025-01-01 to 2025-12-31 it told revenue of 880 EUR, and 1,000 came; off by 12%."
    )
    plain = str(model_line({"model": "mbg_nbd", "back_test": test | {"is_money": False}}))
    assert "it told 90 purchases, and 100 came; off by 10%" in plain
    unused = str(model_line({"model": "last_year", "back_test": test | {"is_used": False}}))
    assert unused.startswith("The model did not stand its back-test") and unused.endswith("In use: last year again.")


def test_contracts_are_judged_by_who_stayed():
    stays = {"n": 200, "months": 12, "predicted": 171.4, "observed": 160, "doubt": 0.01}
    said = str(model_line({"model": "cox", "back_test": [], "back_test_stays": stays}))
    assert said.endswith("of 200 customers it told 171 to be there 12 months later, and 160 were; off by 7.1%.")
    assert str(model_line({"model": "cox", "back_test_stays": stays | {"observed": 0}})).endswith("and none were.")


def test_what_was_never_tested_is_said():
    untested = {"model": "mbg_nbd", "back_test": {"refused": say("Too short.").dump(), "origins": []}}
    assert str(model_line(untested)).endswith("It could not be tested on the past: Too short.")
    assert not is_tested(untested)
    assert (
        str(model_line({"model": "kaplan_meier", "back_test": []}))
        == "Model: one survival curve for all. It could not be tested on the past."
    )
    assert str(model_line({"refused": say("Nobody came back.").dump()})) == "Nobody came back."
    assert str(model_line({})) == "No model of customers could be fitted."
    assert not is_tested({})
