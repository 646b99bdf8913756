"""Sales velocity: by eye, by hand in SQL, its parts that add up, and its interval against simulated truth."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from analytics.filters import Filters
from analytics.rows import rows
from analytics.sales_velocity import (
    LEVERS,
    NO_WON,
    Periods,
    deals_of_lever,
    periods,
    sales_velocity,
    shares_of_change,
)
from analytics.summary import usual_period
from data.engine import Engine
from tests.analytics.sample import STAGES, day, deals, five_deals, random_workspace

JANUARY = Filters(date(2026, 1, 31), date(2026, 1, 1), date(2026, 1, 31))


@pytest.fixture(scope="module")
def many() -> Engine:
    return random_workspace()


def by_lever(engine: Engine, filters: Filters, **options) -> dict:
    return {row["lever"]: row for row in rows(sales_velocity(engine.tables, filters, **options).answer(engine.run))}


def test_five_deals_by_eye():
    found = by_lever(five_deals(), JANUARY)
    assert [found[name]["value"] for name in LEVERS] == [5, 350, pytest.approx(2 / 3), 15]
    assert found["velocity"]["value"] == pytest.approx(5 * 350 * (2 / 3) / 15)
    assert found["deals"]["worth_of_tenth"] == pytest.approx(found["velocity"]["value"] / 10)
    assert found["sales_cycle_days"]["worth_of_tenth"] == pytest.approx(found["velocity"]["value"] / 9)


def test_open_deals_are_those_at_the_end():
    found = by_lever(five_deals(), Filters(date(2026, 1, 31), date(2026, 1, 1), date(2026, 1, 10)), counted="open")
    # Deals 1 and 4 closed after the 10th, 3 and 5 never did.
    assert found["deals"]["value"] == 4
    assert found["deals"]["low"] is None


def test_nothing_won_is_said():
    engine = Engine.in_memory({"deals": deals(("1", "lost", "Ann", 10, day(1), day(2))), "stages": STAGES})
    found = by_lever(engine, JANUARY)
    assert found["velocity"]["value"] is None
    assert found["velocity"]["reason"] == NO_WON
    assert found["win_rate"]["value"] == 0
    assert found["win_rate"]["contribution"] is None


def test_without_a_period_it_is_a_quarter_against_the_one_before():
    assert periods(Filters(date(2026, 6, 30))) == Periods(
        date(2026, 4, 1), date(2026, 6, 30), date(2025, 12, 31), date(2026, 3, 31)
    )
    assert (date(2026, 4, 1), date(2026, 6, 30)) == usual_period(date(2025, 12, 31), date(2026, 6, 30))
    # A period ends with the as-of date at the latest.
    assert periods(Filters(date(2026, 6, 30), date(2026, 6, 1), date(2026, 12, 31))).until == date(2026, 6, 30)


def test_parts_add_up_to_the_change(many):
    found = sales_velocity(many.tables, Filters(date(2025, 10, 30))).answer(many.run)
    assert set(found["currency"]) == {"EUR", "USD"}
    for _currency, own in found.groupby("currency"):
        own = own.set_index("lever")
        parts = own.loc[list(LEVERS), "contribution"]
        change = own.loc["velocity", "value"] - own.loc["velocity", "previous"]
        assert parts.sum() == pytest.approx(change, abs=1e-6)
        assert own.loc["velocity", "contribution"] == pytest.approx(change)
        assert own.loc["velocity", "low"] < own.loc["velocity", "value"] < own.loc["velocity", "high"]


def test_a_longer_cycle_takes_away_and_equal_levers_give_nothing():
    before = {"deals": 10.0, "average_won_value": 100.0, "win_rate": 0.5, "sales_cycle_days": 20.0}
    slower = shares_of_change(before, before | {"sales_cycle_days": 40.0})
    assert slower == {"deals": 0, "average_won_value": 0, "win_rate": 0, "sales_cycle_days": pytest.approx(-12.5)}
    assert shares_of_change(before, before)["deals"] == 0


@pytest.mark.parametrize("column", ["value", "previous"])
def test_the_same_by_hand_in_sql(many, root: Path, column):
    filters = Filters(date(2025, 10, 30), date(2025, 8, 1), date(2025, 8, 31))
    start, end = (date(2025, 8, 1), date(2025, 9, 1)) if column == "value" else (date(2025, 7, 1), date(2025, 8, 1))
    moments = {name: datetime.combine(each, datetime.min.time()) for name, each in (("since", start), ("until", end))}
    expected = {row["currency"]: row for row in rows(many.query((root / "tests/sql/sales_velocity.sql").read_text("utf-8"), moments))}  # fmt: skip
    for row in rows(sales_velocity(many.tables, filters).answer(many.run)):
        if row["lever"] != "velocity":
            assert row[column] == pytest.approx(expected[row["currency"]][row["lever"]], abs=1e-6), row["lever"]


def test_deals_behind_a_lever_are_as_many_as_it_rests_on(many):
    filters = Filters(date(2025, 10, 30))
    found = sales_velocity(many.tables, filters).answer(many.run)
    for lever in ("deals", "win_rate"):
        listed = many.run(deals_of_lever(many.tables, filters, lever))
        assert len(listed) == found.loc[found["lever"] == lever, "n"].sum()


def simulated(random: np.random.Generator, chance: float) -> list[tuple]:
    """Deals closed over five periods of 60 days from November 2025, alike but for the third: there they are won with `chance`."""
    made: list[tuple] = []
    for number in range(5):
        start = datetime(2025, 11, 1) + timedelta(days=60 * number)
        for _each in range(random.poisson(250)):
            won = random.random() < (chance if number == 2 else 0.4)
            closed = start + timedelta(days=float(random.uniform(0, 60)))
            created = closed - timedelta(days=float(random.lognormal(3, 0.6)))
            amount = float(random.lognormal(8, 0.7))
            made.append((str(len(made)), "won" if won else "lost", "Ann", amount, created, closed))
    return made


def test_a_planted_lever_is_the_one_called_real():
    engine = Engine.in_memory({"deals": deals(*simulated(np.random.default_rng(5), 0.62)), "stages": STAGES})
    found = by_lever(engine, Filters(date(2026, 5, 1), date(2026, 3, 1), date(2026, 4, 29)))
    assert {found[name]["tests"] for name in LEVERS} == {4}
    assert [name for name in LEVERS if found[name]["q_value"] < 0.05] == ["win_rate"]
    assert found["win_rate"]["contribution"] == max(found[name]["contribution"] for name in LEVERS)


@pytest.mark.truth
def test_the_interval_covers_the_truth():
    from analytics.sales_velocity import _levers
    from analytics.survival import Lengths

    random = np.random.default_rng(11)
    truth = 300 * np.exp(8 + 0.7**2 / 2) * 0.4 / np.exp(3)
    inside = 0
    for _run in range(500):
        n = int(random.poisson(300))
        won = int(random.binomial(250, 0.4))
        amounts, lengths = random.lognormal(8, 0.7, won), random.lognormal(3, 0.6, won)
        hours, counts = np.unique(np.floor(lengths * 24).astype(np.int64), return_counts=True)
        row = {
            "deals": n, "closed": 250, "won": won, "n": won, "total": amounts.sum(), "squares": (amounts**2).sum(),
            "median": float(np.median(lengths)),
        }  # fmt: skip
        low, high = _levers(row, Lengths(hours, counts[:, None].astype(float)), "created").interval
        inside += low <= truth <= high
    assert 0.92 <= inside / 500 <= 0.98
