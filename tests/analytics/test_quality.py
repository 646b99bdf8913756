"""Each problem on rows that can be checked by eye, and its effect against the figures of the other deals."""

import json
from dataclasses import replace
from datetime import date, datetime

import pandas as pd
import pytest

from analytics.__main__ import main as command
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.funnel import stage_conversion
from analytics.leads import lead_stays
from analytics.problems import PROBLEMS
from analytics.quality import COLUMNS, problem_deals, quality
from analytics.quality_document import quality_document, quality_text
from analytics.row_problems import row_problems
from analytics.rows import rows
from analytics.summary import summary
from data.__main__ import main as data_command
from data.database import connect
from data.engine import Engine
from data.errors import RequestProblem
from data.schema import SCHEMA
from data.store import Workspace
from tests.analytics.sample import STAGES, day, five_deals, random_workspace, stays

END = date(2026, 1, 31)
ALL = Filters(END)


def company(*changed: dict, **tables) -> Engine:
    """Deals that are all right, save for what each of `changed` says: closed after nine days as lost, or as it says."""
    sound = {
        "status": "lost", "created_at": day(1), "closed_at": day(10), "amount": 10.0, "owner": "Ann", "customer": "Acme Ltd",
        "currency": "EUR", "pipeline": "Sales",
    }  # fmt: skip
    made = [
        sound | {"deal_id": str(place), "deal_name": f"Machine {place:03}", "created_at": day(1 + place / 50), "closed_at": day(10 + place / 40)} | change
        for place, change in enumerate(changed, 1)
    ]  # fmt: skip
    return Engine.in_memory({"deals": pd.DataFrame(made), **tables})


def have(engine: Engine, name: str, filters: Filters = ALL) -> list[str]:
    """The deals that have a problem: as listed, and as left out."""
    listed = sorted(engine.run(problem_deals(engine.tables, filters, name))["deal_id"])
    everything = set(engine.run(filters.deals(engine.tables))["deal_id"])
    left = set(engine.run(replace(filters, without=(name,)).deals(engine.tables))["deal_id"])
    assert left == everything - set(listed)
    return listed


OPEN = {"status": "open", "closed_at": None}


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("overdue", [OPEN | {"expected_close_on": date(2025, 12, 31)}], [OPEN | {"expected_close_on": date(2026, 1, 1)}, {"expected_close_on": date(2025, 1, 1)}]),
        ("closed_without_date", [{"closed_at": None}, {"status": "won", "closed_at": None}], [OPEN, {}]),
        ("closed_before_created", [{"closed_at": day(0)}], [{}, {"created_at": day(2), "closed_at": day(2)}, OPEN]),
        ("future_date", [{"closed_at": day(1, 2), "status": "won"}], [{"closed_at": day(31.9)}, OPEN]),
        ("zero_or_negative_amount", [{"amount": 0.0}, {"amount": -5.0}], [{"amount": 0.01}, {"amount": None}]),
        ("no_amount", [{"amount": None}], [{}, {"amount": 0.0}]),
        ("no_owner", [{"owner": None}, {"owner": ""}], [{}, {"owner": None, "owner_id": "7"}]),
        ("no_customer", [{"customer": None}], [{}, {"customer": None, "customer_id": "7"}]),
        ("no_created_date", [{"created_at": None}], [{}]),
        ("currency_gap", [{"currency": None}, {"currency": "XXX"}], [{}, {"currency": None, "amount": None}]),
        ("placeholder_name", [{"deal_name": name} for name in ("x", "XXX", "Test", "test 2", "asdf", "בדיקה", "ת", "--")] + [{"customer": "Test"}],
         [{"deal_name": name} for name in ("Test benches for Acme", "IBM", "A1", "77", "Bob", None)]),
        ("probability_against_status", [OPEN | {"probability": 1.0}, {"status": "won", "probability": 0.9}],
         [OPEN | {"probability": 0.9}, {"status": "won", "probability": 1.0}, {"probability": 0.4}, {"status": "won"}]),
        ("repeated_deal", [{"deal_name": "MACHINE ", "created_at": day(30)}, {"deal_name": "Machine", "created_at": day(31)}],
         [{"deal_name": "Machine", "created_at": day(1)}, {"deal_name": "Machine", "amount": 11.0}, {"deal_name": "Machine", "customer": "Bolt"},
          {"deal_name": None}, {"deal_name": None}]),
    ],
)  # fmt: skip
def test_by_eye(name, wrong, right):
    engine = company(*wrong, *right)
    assert have(engine, name) == sorted(str(place) for place in range(1, len(wrong) + 1))


@pytest.mark.parametrize(
    ("name", "column"),
    [("no_amount", "amount"), ("no_owner", "owner"), ("no_customer", "customer"), ("no_created_date", "created_at"), ("currency_gap", "currency")],
)  # fmt: skip
def test_what_no_deal_has_is_no_gap(name, column):
    assert have(company({column: None}, {column: None}), name) == []


def test_the_same_deal_after_a_month_is_another():
    engine = company({"deal_name": "Yearly", "created_at": day(-50)}, {"deal_name": "Yearly", "created_at": day(1)})
    assert have(engine, "repeated_deal") == []


def test_open_for_longer_than_nearly_all_took():
    # Thirty-one deals took 9 to 9.4 days; two open ones are 30 days and 2 days old.
    closed = [{"status": "won"}] * 31
    old, young = OPEN | {"created_at": day(1)}, OPEN | {"created_at": day(30)}
    assert have(company(old, young, *closed), "zombie") == ["1"]
    # Below thirty closed deals nothing is known of how long they take, and in another pipeline neither.
    assert have(company(old, young, *closed[:29]), "zombie") == []
    assert have(company(old | {"pipeline": "Renewals"}, *closed), "zombie") == []


def test_status_against_stage():
    engine = company({"status": "won", "stage": "Lost"}, {"stage": "Lost"}, OPEN | {"stage": "Won"}, OPEN | {"stage": "Lead"},
                     {"stage": "Unheard of"}, stages=pd.DataFrame(STAGES))  # fmt: skip
    assert have(engine, "status_against_stage") == ["1", "3"]


def test_closed_at_the_very_same_moment():
    crowd = [{"closed_at": day(20, 1)}] * 20
    others: list[dict] = [{}] * 30
    assert len(have(company(*crowd, *others), "bulk_edit")) == 20
    assert have(company(*crowd[:19], *others), "bulk_edit") == []
    # Where dates are days, ten or more a day are usual.
    days = [{"closed_at": day(2 + place // 10), "created_at": day(1 + place / 500)} for place in range(200)]
    assert have(company(*[{"closed_at": day(27)}] * 25, *days), "bulk_edit") == []
    # What closes later than the as-of date has not been closed in bulk yet.
    assert have(company(*crowd, *others), "bulk_edit", Filters(date(2026, 1, 15))) == []


def test_moved_at_the_very_same_moment():
    ids = [str(place) for place in range(1, 61)]
    came = [day(8) if int(deal) <= 25 else day(2 + int(deal) / 50) for deal in ids]
    history = stays(*((deal, "Offer", at, None, "still") for deal, at in zip(ids, came, strict=True)))
    engine = company(*[OPEN] * 60, stages=pd.DataFrame(STAGES), stage_entries=history)
    assert have(engine, "bulk_edit") == sorted(ids[:25])


def test_history():
    engine = company(
        {}, {}, OPEN, stages=pd.DataFrame(STAGES),
        stage_entries=stays(("1", "Offer", day(2), day(4), "back"), ("1", "Lead", day(4), day(9), "lost", 2)),
    )  # fmt: skip
    assert have(engine, "closed_without_history") == ["2"]
    assert have(engine, "backward_stage") == ["1"]
    assert have(engine, "backward_stage", Filters(date(2026, 1, 3))) == []
    assert have(company({}, {}), "closed_without_history") == []


def test_the_future_begins_after_the_last_day_recorded():
    engine = company(
        {"created_at": day(5, 2), "closed_at": day(6, 2)}, {"closed_at": day(28)}, {"closed_at": day(1, 2)}
    )
    # Looking back to the 20th, what closed by the 31st is no mistake; what was never recorded is, seen or not.
    back = Filters(date(2026, 1, 20), recorded_until=END)
    listed = engine.run(problem_deals(engine.tables, back, "future_date"))["deal_id"]
    assert sorted(listed) == ["1", "3"]
    assert have(engine, "overdue", back) == []


def test_an_unknown_problem_is_refused():
    with pytest.raises(RequestProblem, match="no data problem called"):
        Filters(END, without=("overdu",))


def by_problem(engine, filters=ALL) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in rows(quality(engine.tables, filters).answer(engine.run)):
        found.setdefault(row["problem"], []).append(row)
    return found


def test_effects_by_hand():
    # 2 of 4 closed are won; 1 is open and overdue; the won deal without an amount took 9 days.
    engine = company(
        {"status": "won", "amount": 100.0, "created_at": day(1), "closed_at": day(11)},
        {"status": "won", "amount": None, "created_at": day(1), "closed_at": day(10)}, {}, {},
        OPEN | {"expected_close_on": date(2025, 12, 1), "amount": 40.0},
    )  # fmt: skip
    found = by_problem(engine)
    assert list(found) == ["clean", "overdue", "no_amount"]
    (clean,) = found["clean"]
    assert (clean["checked"], clean["deals"], clean["deal_share"]) == (5, 3, 0.6)
    late = {row["metric"]: row for row in found["overdue"]}
    assert (late["win_rate"]["value"], late["win_rate"]["without"], late["win_rate"]["if_lost"]) == (0.5, 0.5, 0.4)
    assert (late["open_pipeline"]["value"], late["open_pipeline"]["without"]) == (40, 0)
    assert (late["deals"]["value"], late["deals"]["without"]) == (5, 4)
    assert (late["deals"]["deals_open"], late["deals"]["deals_won"], late["deals"]["money"]) == (1, 0, 40)
    gap = {row["metric"]: row for row in found["no_amount"]}
    assert (gap["win_rate"]["without"], gap["win_rate"]["n"], gap["win_rate"]["n_without"]) == (1 / 3, 4, 3)
    assert (gap["sales_cycle_days"]["value"], gap["sales_cycle_days"]["without"]) == (9.5, 10)
    assert gap["win_rate"]["if_lost"] is None and gap["deals"]["money"] is None


def test_an_effect_is_the_summary_of_the_others():
    """What the page says of leaving deals out is what leaving them out then gives, for every figure and currency."""
    engine = random_workspace()
    within = Filters(
        date(2025, 9, 30), date(2025, 4, 1), None, (Choice(find("team", engine.tables), ("East", "")),), "Sales",
        "Asia/Jerusalem", recorded_until=date(2026, 6, 30),
    )  # fmt: skip
    found = by_problem(engine, within)
    (clean,) = found.pop("clean")
    assert len(found) >= 6
    everything = told(summary(engine.tables, within), engine)
    for name, effects in found.items():
        others = told(summary(engine.tables, replace(within, without=(name,))), engine)
        for row in effects:
            key = (row["metric"], row["currency"])
            assert (row["value"], row["n"]) == everything[key]
            assert (row["without"], row["n_without"]) == pytest.approx(others[key]), (name, key)
    wrong = [name for name in found if PROBLEMS[name].severity != "info"]
    troubled = {deal for name in wrong for deal in engine.run(problem_deals(engine.tables, within, name))["deal_id"]}
    assert clean["checked"] == clean["deals"] + len(troubled)


def told(question, engine) -> dict[tuple, tuple]:
    return {(row["metric"], row["currency"]): (row["value"], row["n"]) for row in rows(question.answer(engine.run))}


def test_severe_and_strong_problems_come_first():
    engine = company(*[{"status": "won", "amount": 1000.0, "owner": None}] * 2, {"amount": 0.0}, *[{}] * 5)
    assert list(by_problem(engine)) == ["clean", "zero_or_negative_amount", "no_owner"]


def test_nothing_wrong_and_nothing_at_all():
    assert list(by_problem(company({}, {}))) == ["clean"]
    empty = Engine.in_memory({})
    answer = quality(empty.tables, ALL).answer(empty.run)
    assert list(answer.columns) == list(COLUMNS)
    assert answer["checked"].tolist() == [0]


def test_each_currency_has_its_own_effect():
    engine = company(
        {"status": "won", "amount": 5.0},
        {"status": "won", "amount": 7.0, "currency": "USD", "owner": None},
        {"status": "won"},
    )
    revenue = {row["currency"]: row for row in by_problem(engine)["no_owner"] if row["metric"] == "revenue_won"}
    assert (revenue["USD"]["value"], revenue["USD"]["without"]) == (7, 0)
    assert (revenue["EUR"]["value"], revenue["EUR"]["without"]) == (15, 15)


# Leaving out, everywhere


def test_stays_and_funnel_leave_them_out():
    engine = five_deals()
    # Deal 5 has neither owner nor amount.
    without = Filters(END, without=("no_owner",))
    assert set(engine.run(without.stage_entries(engine.tables))["deal_id"]) == {"1", "2", "3", "4"}
    owner = find("owner", engine.tables)
    grouped = engine.run(without.stage_entries(engine.tables, by=owner))
    assert set(grouped["deal_id"]) == {"1", "2", "3", "4"}
    named = replace(without, where=(Choice(owner, ("Bob", "")),))
    assert set(engine.run(named.stage_entries(engine.tables))["deal_id"]) == {"3", "4"}
    lead = {row["stage"]: row["entered"] for row in rows(stage_conversion(engine.tables, without).answer(engine.run))}
    assert lead["Lead"] == 4
    both = Filters(END, without=("no_owner", "backward_stage"))
    assert set(engine.run(both.deals(engine.tables))["deal_id"]) == {"1", "2", "3", "4"}


def test_leads_go_with_their_deal():
    engine = company(
        {"owner": None}, {},
        leads=pd.DataFrame({"lead_id": ["a", "b", "c"], "deal_id": ["1", "2", None], "created_at": [day(1)] * 3, "is_converted": [True, True, False]}),
    )  # fmt: skip
    assert engine.run(lead_stays(engine.tables, ALL))["n"].sum() == 3
    assert engine.run(lead_stays(engine.tables, replace(ALL, without=("no_owner",))))["n"].sum() == 2


def test_late_is_judged_on_the_day_looked_at():
    engine = company(OPEN | {"expected_close_on": date(2025, 12, 10), "created_at": datetime(2025, 12, 1)})
    assert have(engine, "overdue", Filters(date(2026, 1, 9))) == []
    assert have(engine, "overdue", Filters(date(2026, 1, 10))) == ["1"]


# The command


def test_the_document():
    engine = company({"amount": None, "status": "won"}, {"status": "won"}, OPEN, customers=pd.DataFrame({"customer_id": ["1", "2"], "customer_name": ["Acme", None]}))  # fmt: skip
    document = quality_document(engine.tables, ALL, engine.run)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert (document["as_of"], document["deals"], document["clean"]) == ("2026-01-31", 3, 2)
    (problem,) = document["problems"]
    assert {key: problem[key] for key in ("problem", "deals", "money", "share", "examples")} == {
        "problem": "no_amount", "deals": 1, "money": None, "share": 1 / 3, "examples": ["1"],
    }  # fmt: skip
    assert problem["effects"]["deals"] == {"value": 3, "without": 2, "n": 3, "n_without": 2}
    assert problem["effects"]["win_rate"] == {"value": 1, "without": 1, "n": 2, "n_without": 1}
    assert document["rows"] == [{"problem": "customers_without_name", "table": "customers", "rows": 1, "share": 0.5}]
    text = quality_text(document)
    assert "1 of 3 deals have something wrong or missing" in text and "such as 1" in text


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> str:
    """The five deals, as data in force."""
    made = Workspace(tmp_path_factory.mktemp("workspaces") / "five deals")
    copy, base = made.prepare_copy()
    with connect(copy) as database:
        for table in ("deals", "stages", "stage_entries"):
            database.register("_rows", five_deals().query(f"SELECT * FROM {table}"))
            database.execute(f"INSERT INTO {table} BY NAME SELECT * FROM _rows")
        facts = {
            "latest_event_at": "2026-01-31T10:00:00",
            "pipeline": "Sales",
            "has_history": "true",
            "is_empty": "false",
        }
        database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items()))
    assert made.publish(copy, base)
    return str(made.folder)


def test_the_commands(workspace, capsys):
    assert data_command(["quality", "--json", "--workspace", workspace]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["as_of"], document["deals"]) == ("2026-01-31", 5)
    assert {problem["problem"]: problem["examples"] for problem in document["problems"]} == {
        "no_amount": ["5"], "no_owner": ["5"], "backward_stage": ["5"],
    }  # fmt: skip
    assert (document["history_only"], document["set_aside"]) == (0, [])
    assert data_command(["quality", "--workspace", workspace]) == 0
    assert "1 of 5 deals have something wrong or missing" in capsys.readouterr().out
    # The same choice for every number of the app.
    assert command(["summary", "--without", "no_owner", "--json", "--workspace", workspace]) == 0
    told_ = json.loads(capsys.readouterr().out)
    assert told_["filters"]["without"] == ["no_owner"] and told_["rows"][0]["value"] == 4
    assert command(["summary", "--without", "nonsense", "--workspace", workspace]) == 2
    assert "nonsense" in capsys.readouterr().err


def test_rows_of_other_tables():
    engine = Engine.in_memory(
        {
            "customers": {"customer_id": ["1", "2", "3"], "customer_name": ["Acme", " acme", None]},
            "contacts": {"contact_id": ["1", "2"], "email": ["a@b.c", ""], "customer_id": ["1", "2"]},
            "orders": {"order_id": ["1", "2"], "customer_id": ["1", None], "ordered_at": [day(1), day(2)]},
            "survey_responses": {"response_id": list("abcd"), "score": [9, 11, 4, None], "scale": ["nps", "nps", "csat", "nps"]},
        }
    )  # fmt: skip
    found = {
        row["problem"]: (row["rows"], row["checked"]) for row in rows(row_problems(engine.tables).answer(engine.run))
    }
    assert found == {
        "customers_without_name": (1, 3), "customers_of_one_name": (2, 3), "contacts_without_email": (1, 2),
        "orders_without_customer": (1, 2), "answers_on_another_scale": (2, 4), "answers_without_score": (1, 4),
    }  # fmt: skip


def test_names_of_problems_are_no_columns_of_deals():
    """They stand beside the columns of deals while they are counted."""
    assert not PROBLEMS.keys() & {column.name for column in SCHEMA["deals"]}
