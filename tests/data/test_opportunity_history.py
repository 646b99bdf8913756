"""Salesforce's two histories of an opportunity: the one with a row for each change, and the one with a row for each field."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics.filters import Filters
from analytics.pipeline_waterfall import pipeline_waterfall
from analytics.push_rate import push_rate
from analytics.rows import rows
from data.store import Workspace
from tests.data.kit import ask, load, write_csv

HEADER = (
    "Id", "OpportunityId", "CreatedById", "CreatedDate", "StageName", "Amount", "CloseDate", "Probability",
    "FromForecastCategory", "ForecastCategory", "FromOpportunityStageName", "IsDeleted", "PrevAmount", "PrevCloseDate",
)  # fmt: skip
FIELDS = ("Id", "IsDeleted", "OpportunityId", "CreatedById", "CreatedDate", "Field", "DataType", "OldValue", "NewValue")
CHANGES = "SELECT deal_id, field, old_value, new_value FROM deal_changes ORDER BY changed_at, field"
STAYS = "SELECT deal_id, stage, CAST(CAST(entered_at AS DATE) AS VARCHAR), amount FROM stage_entries WHERE is_recorded ORDER BY deal_id, entered_at"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def history(tmp_path):
    """An OpportunityHistory of short rows: deal, day, stage, amount, close date, probability, stage before, and more by header."""

    def make(*states: tuple[Any, ...], name: str = "OpportunityHistory.csv") -> Path:
        lines = []
        for n, (deal, day, stage, amount, close, chance, before, *more) in enumerate(states):
            cells = {"Id": f"008{n}", "OpportunityId": deal, "CreatedById": "0051", "CreatedDate": f"{day} 10:00:00", "StageName": stage,
                     "Amount": amount, "CloseDate": f"{close} 00:00:00" if close else None, "Probability": chance, "ForecastCategory": "Pipeline",
                     "FromForecastCategory": "Pipeline" if before else "", "FromOpportunityStageName": before, "IsDeleted": 0} | (more[0] if more else {})  # fmt: skip
            lines.append([cells.get(header) for header in HEADER])
        return write_csv(tmp_path / name, HEADER, lines)

    return make


@pytest.fixture
def fields(tmp_path):
    """An OpportunityFieldHistory of short rows: deal, day, field, old value, new value."""

    def make(*changes: tuple[Any, ...]) -> Path:
        lines = [[f"017{n}", 0, deal, "0051", f"{day} 10:00:00", field, "Text", old, new] for n, (deal, day, field, old, new) in enumerate(changes)]  # fmt: skip
        return write_csv(tmp_path / "OpportunityFieldHistory.csv", FIELDS, lines)

    return make


def counts(file):
    return file.rows_loaded, file.rows_updated, file.rows_unchanged, file.rows_removed, file.rows_rejected


def words(file):
    return [str(message) for message in file.warnings]


# One deal: its amount grows, then its close is put off, then it moves with another amount; the last row says nothing new.
ONE = (
    ("1", "2026-01-05", "Talks", 800, "2026-03-31", 20, ""),
    ("1", "2026-01-10", "Talks", 1000.5, "2026-03-31", 20, "Talks"),
    ("1", "2026-01-20", "Talks", 1000.5, "2026-04-30", 20, "Talks"),
    ("1", "2026-02-01", "Offer", 900, "2026-04-30", 50, "Talks"),
    ("1", "2026-02-02", "Offer", 900, "2026-04-30", 50, "Offer"),
)
ONE_CHANGES = [
    ("1", "amount", "800", "1000.5"),
    ("1", "expected_close_on", "2026-03-31", "2026-04-30"),
    ("1", "amount", "1000.5", "900"),
    ("1", "probability", "0.2", "0.5"),
    ("1", "stage", "Talks", "Offer"),
]
ONE_STAYS = [("1", "Talks", "2026-01-05", 800), ("1", "Offer", "2026-02-01", 900)]


def test_rows_become_stays_and_changes_and_count_once(workspace, history):
    path = history(*ONE)
    file = load(workspace, path).files[0]
    assert counts(file) == (4, 0, 0, 1, 0)
    assert ask(workspace, CHANGES) == ONE_CHANGES
    assert ask(workspace, STAYS) == ONE_STAYS
    assert ask(workspace, "SELECT DISTINCT owner_id, changed_after FROM deal_changes") == [("0051", None)]
    assert "1 row changes no stage, amount, close date or probability, and was left out." in words(file)
    assert (
        "Beside the stages, these changes of deals were kept: 2 of the amount, 1 of the expected close, 1 of the probability, 0 of the forecast category."
        in words(file)
    )
    assert file.totals["amount"] == {"file": 4601, "loaded": 1700}
    assert "The amount loaded is that of the rows that come to a stage; what others say is among the changes." in words(
        file
    )
    assert counts(load(workspace, path).files[0]) == (0, 0, 4, 1, 0)
    assert (ask(workspace, CHANGES), ask(workspace, STAYS)) == (ONE_CHANGES, ONE_STAYS)


def test_rows_are_compared_in_the_order_of_time(workspace, history):
    file = load(workspace, history(*reversed(ONE))).files[0]
    assert counts(file) == (4, 0, 0, 1, 0)
    assert (ask(workspace, CHANGES), ask(workspace, STAYS)) == (ONE_CHANGES, ONE_STAYS)


def test_the_deal_stands_as_its_last_row_says(workspace, history):
    load(workspace, history(*ONE[:3]))
    deals = "SELECT stage, amount, CAST(expected_close_on AS VARCHAR) FROM deals"
    assert ask(workspace, deals) == [("Talks", 1000.5, "2026-04-30")]


def test_what_a_row_says_of_before_goes_first_and_what_is_known_comes_next(workspace, history):
    before = {"PrevAmount": 700, "PrevCloseDate": "2026-02-28"}
    load(workspace, history(("1", "2026-01-10", "Talks", 800, "2026-03-31", 20, "Talks", before)))
    assert ask(workspace, CHANGES) == [
        ("1", "amount", "700", "800"),
        ("1", "expected_close_on", "2026-02-28", "2026-03-31"),
    ]
    # The next week's rows alone.
    later = history(("1", "2026-01-20", "Talks", 900, "2026-03-31", 20, "Talks"), name="later.csv")
    assert counts(load(workspace, later).files[0]) == (1, 0, 0, 0, 0)
    assert ask(workspace, CHANGES)[2:] == [("1", "amount", "800", "900")]


def test_an_emptied_amount_is_a_change_and_one_that_cannot_be_read_is_none(workspace, history):
    amounts = (5, 5, "soon", 7, "")
    states = [("1", f"2026-01-0{n}", "Talks", amount, "2026-03-31", 20, "Talks" if n > 1 else "") for n, amount in enumerate(amounts, 1)]  # fmt: skip
    file = load(workspace, history(*states)).files[0]
    assert ask(workspace, CHANGES) == [("1", "amount", "5", "7"), ("1", "amount", "7", None)]
    assert counts(file) == (3, 0, 0, 2, 0)


def test_deleted_doubled_and_broken_rows(workspace, history):
    states = (
        *ONE,
        ONE[3],  # the same move again
        ("1", "2026-02-03", "Offer", 5000, "2026-04-30", 50, "Offer", {"IsDeleted": 1}),
        ("", "2026-02-04", "Offer", 1, "2026-04-30", 50, "Offer"),
    )
    file = load(workspace, history(*states)).files[0]
    assert counts(file) == (4, 0, 0, 3, 1)
    assert ask(workspace, CHANGES) == ONE_CHANGES
    # A change that was loaded and is deleted now goes.
    gone = history(("1", "2026-01-20", "Talks", 1000.5, "2026-04-30", 20, "Talks", {"IsDeleted": 1}), name="gone.csv")
    assert counts(load(workspace, gone).files[0]) == (0, 0, 0, 1, 0)
    assert ask(workspace, CHANGES) == [change for change in ONE_CHANGES if change[1] != "expected_close_on"]


LOG = (
    ("1", "2026-01-05", "created", "", ""),
    ("1", "2026-01-10", "Amount", "800", "1000.5"),
    ("1", "2026-01-20", "CloseDate", "2026-03-31", "2026-04-30"),
    ("1", "2026-02-01", "StageName", "Talks", "Offer"),
    ("1", "2026-02-01", "Amount", "1000.5", "900"),
)


@pytest.mark.parametrize("first", ["fields", "states", "together"])
def test_both_histories_record_each_change_once(workspace, history, fields, first):
    states, log = history(*ONE), fields(*LOG)
    found: dict[str, tuple[int, ...]] = {}
    for paths in {"fields": ((log,), (states,)), "states": ((states,), (log,)), "together": ((log, states),)}[first]:
        found |= {file.name: counts(file) for file in load(workspace, *paths).files}
    made = [change for change in ask(workspace, CHANGES) if change[1] != "created"]
    assert (made, ask(workspace, STAYS)) == (ONE_CHANGES, ONE_STAYS)
    if first == "fields":
        assert found[log.name] == (5, 0, 0, 0, 0)
        # The first stay gets its amount; the probability of the second is new.
        assert found[states.name] == (1, 1, 2, 1, 0)
    if first == "states":
        assert found[log.name] == (0, 0, 5, 0, 0)
    assert ask(workspace, "SELECT DISTINCT owner_id FROM deal_changes") == [("0051",)]


# Three deals: one won with less than it was worth, one put off twice, one lost.
THREE = (
    ("1", "2026-01-05", "Prospecting", 100, "2026-03-31", 20, ""),
    ("1", "2026-02-10", "Prospecting", 150, "2026-03-31", 20, "Prospecting"),
    ("1", "2026-02-20", "Closed Won", 120, "2026-02-20", 100, "Prospecting"),
    ("2", "2026-01-06", "Prospecting", 200, "2026-02-28", 20, ""),
    ("2", "2026-02-15", "Prospecting", 200, "2026-03-31", 20, "Prospecting"),
    ("2", "2026-03-15", "Prospecting", 260, "2026-05-31", 20, "Prospecting"),
    ("3", "2026-02-03", "Prospecting", 50, "2026-04-30", 20, ""),
    ("3", "2026-02-25", "Closed Lost", 50, "2026-02-25", 0, "Prospecting"),
)


def test_push_rate_and_waterfall_of_three_deals(workspace, history):
    load(workspace, history(*THREE))
    engine = workspace.engine()
    try:
        last = date(2026, 3, 31)
        (pushes,) = rows(push_rate(engine.tables, Filters(last)).answer(engine.run))
        february = Filters(last, since=date(2026, 2, 1), until=date(2026, 2, 28))
        steps = {row["step"]: row for row in rows(pipeline_waterfall(engine.tables, february).answer(engine.run))}
    finally:
        engine.close()
    # Only the second was put off: by 31 days, then by 61.
    assert {name: pushes[name] for name in ("n", "pushed", "pushes", "mean_days_pushed")} == {
        "n": 3, "pushed": 1, "pushes": 2, "mean_days_pushed": 92,
    }  # fmt: skip
    assert {step: (row["deals"], row["money"]) for step, row in steps.items() if row["deals"]} == {
        "opening": (2, 300), "created": (1, 50), "increased": (1, 20), "won": (-1, -120), "lost": (-1, -50), "closing": (1, 200),
    }  # fmt: skip
