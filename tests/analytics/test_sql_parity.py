"""Every metric against the same question written by hand in SQL, on random deals with every kind of trouble."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.findings import findings
from analytics.funnel import FATES, stage_conversion
from analytics.rows import rows
from analytics.sales_cycle import sales_cycle
from analytics.summary import summary
from analytics.summary_trend import summary_trend
from analytics.win_rate import win_rate
from tests.analytics.sample import random_workspace

DAYS = [date(2025, 6, 30), date(2026, 6, 30)]


@pytest.fixture(scope="module")
def engine():
    return random_workspace()


@pytest.fixture
def ask(engine, root: Path):
    def answered(name: str, **moments: datetime) -> list[dict]:
        return rows(engine.query((root / f"tests/sql/{name}.sql").read_text("utf-8"), moments))

    return answered


@pytest.fixture
def euros(engine):
    return Choice(find("currency", engine.tables), ("EUR",))


@pytest.mark.parametrize("as_of", DAYS)
def test_win_rate(engine, ask, as_of):
    filters = Filters(as_of)
    found = rows(win_rate(engine.tables, filters, find("team", engine.tables)).answer(engine.run))
    by_hand = {row["team"]: row for row in ask("win_rate", now=filters.now)}
    assert {row["team"] for row in found} == by_hand.keys() == {"East", "West", None}
    for row in found:
        expected = by_hand[row["team"]]
        if row["definition"] == "value":
            if row["currency"] == "EUR":
                assert (row["won"], row["total"]) == (expected["euros_won"], expected["euros_closed"])
                assert row["top_share"] == expected["largest"] / expected["euros_closed"]
        elif row["definition"] != "matured":
            total = {"closed": "closed", "created": "created", "hygiene": "strict"}[row["definition"]]
            assert (row["won"], row["total"]) == (expected["won"], expected[total])
            assert row["rate"] == expected["won"] / expected[total]
        if row["definition"] in ("closed", "created", "value"):
            assert row["undecided"] == expected["open"]


@pytest.mark.parametrize("as_of", DAYS)
def test_win_rate_matured(engine, ask, as_of):
    filters = Filters(as_of)
    found = win_rate(engine.tables, filters).answer(engine.run).set_index("definition").loc["matured"]
    (expected,) = ask("win_rate_matured", now=filters.now)
    assert found["n"] == expected["n"]
    assert found["horizon_days"] == pytest.approx(expected["horizon_days"])
    assert found["rate"] == pytest.approx(expected["rate"])


@pytest.mark.parametrize("as_of", DAYS)
def test_stage_conversion(engine, ask, euros, as_of):
    filters = Filters(as_of, where=(euros,))
    found = rows(stage_conversion(engine.tables, filters, find("team", engine.tables)).answer(engine.run))
    by_hand = {(row["team"], row["stage"]): row for row in ask("stage_conversion", now=filters.now)}
    assert len(by_hand) == len([row for row in found if row["entered"]]) > 10
    for row in found:
        if row["entered"]:
            expected = by_hand[row["team"], row["stage"]]
            for name in ("entered", *FATES, "value_entered", "stage_order"):
                assert row[name] == expected[name], name
            assert row["lost_value"] == (expected["lost_value"] or 0)
            if row["outcome"] == "open":
                assert row["conversion_ended"] == expected["conversion_ended"]


@pytest.mark.parametrize("as_of", DAYS)
def test_sales_cycle(engine, ask, as_of):
    filters = Filters(as_of)
    found = rows(sales_cycle(engine.tables, filters, find("team", engine.tables)).answer(engine.run))
    by_hand = {(row["team"], row["outcome"]): row for row in ask("sales_cycle", now=filters.now)}
    assert len(found) == len(by_hand) == 9
    for row in found:
        expected = by_hand[row["team"], row["outcome"]]
        for name in ("deals", "negative", "undated", "undecided"):
            assert row[name] == expected[name], name
        for name in ("mean_days", "median_days", "p25_days", "p75_days", "max_days"):
            assert row[name] == pytest.approx(expected[name], abs=1e-6), name


def test_summary_and_the_period_before(engine, ask, euros):
    filters = Filters(date(2025, 9, 30), date(2025, 8, 1), date(2025, 8, 31))
    before = replace(filters, as_of=date(2025, 8, 30), since=date(2025, 7, 1), until=date(2025, 7, 31))
    answer = summary(engine.tables, filters).answer(engine.run)
    answer = answer[answer["currency"].isna() | (answer["currency"] == "EUR")].set_index("metric")
    for column, period in (("value", filters), ("previous", before)):
        assert period.since and period.until
        start = datetime.combine(period.since, datetime.min.time())
        end = datetime.combine(period.until, datetime.min.time()) + timedelta(days=1)
        (expected,) = ask("summary", now=period.now, since=start, until=end)
        for name, value in expected.items():
            assert answer.loc[name, column] == pytest.approx(value, abs=1e-6), (name, column)


@pytest.mark.parametrize("as_of", DAYS)
def test_summary_trend(engine, ask, as_of):
    filters = Filters(as_of, as_of - timedelta(days=59), as_of)
    answer = summary_trend(engine.tables, filters).answer(engine.run)
    answer = answer[answer["currency"].isna() | (answer["currency"] == "EUR")]
    parts = answer[["since", "until"]].drop_duplicates()
    assert len(parts) == 12
    for since, until in parts.itertuples(index=False):
        start = datetime.combine(since, datetime.min.time())
        end = datetime.combine(until, datetime.min.time()) + timedelta(days=1)
        (expected,) = ask("summary_trend", now=filters.now, since=start, until=end)
        found = answer[answer["since"] == since].set_index("metric")["value"]
        for name, value in expected.items():
            told = None if found[name] != found[name] else found[name]
            assert told == pytest.approx(value if value is not None or name != "revenue_won" else 0, abs=1e-6), (
                since,
                name,
            )


@pytest.mark.parametrize("as_of", DAYS)
def test_findings(engine, ask, euros, as_of):
    filters = Filters(as_of, where=(euros,))
    found = rows(findings(engine.tables, filters).answer(engine.run))
    by_hand = {(row["stage"], row["segment"]): row for row in ask("findings", now=filters.now)}
    of_team = [row for row in found if row["field"] == "team"]
    assert {(row["stage"], row["segment"]) for row in of_team} <= by_hand.keys()
    for row in of_team:
        assert row["n"] == by_hand[row["stage"], row["segment"]]["n"]
    # How long stays last: the area under the chance to be still there, up to the time told by.
    steps = ask("stays_lasting", now=filters.now)
    delays = [row for row in of_team if row["kind"] == "delay"]
    assert delays
    for row in delays:
        mean, chance, before = 0.0, 1.0, 0.0
        for step in steps:
            if (step["stage"], step["team"]) == (row["stage"], row["segment"]) and step["days"] <= row["within_days"]:
                mean += chance * (step["days"] - before)
                before, chance = step["days"], step["still_there"]
        assert row["stay_days"] == pytest.approx(mean + chance * (row["within_days"] - before))
