from datetime import date

import numpy as np
import pandas as pd
import pytest

from analytics.fields import find
from analytics.filters import Filters
from analytics.rows import rows
from analytics.sales_cycle import OUTCOMES, sales_cycle
from data.engine import Engine
from tests.analytics.sample import day, deals, five_deals, random_workspace, stays

END = date(2026, 1, 31)


def by_outcome(engine, filters=Filters(END)):  # noqa: B008
    return {row["outcome"]: row for row in rows(sales_cycle(engine.tables, filters).answer(engine.run))}


def test_five_deals():
    found = by_outcome(five_deals())
    assert tuple(found) == OUTCOMES
    won = found["won"]
    assert (won["deals"], won["mean_days"], won["median_days"], won["max_days"]) == (2, 15, 15, 20)
    assert (won["p25_days"], won["p75_days"]) == (12.5, 17.5)
    assert (found["lost"]["deals"], found["lost"]["median_days"]) == (1, 5)
    # Deal 3 has one event, deal 5 was last seen to move after 7 days.
    assert (found["all"]["deals"], found["all"]["mean_days"]) == (5, (10 + 5 + 0 + 20 + 7) / 5)
    assert won["undecided"] == 2


def test_part_days_count_and_mistakes_are_left_out():
    engine = Engine.in_memory(
        {
            "deals": deals(
                ("1", "won", None, 1, day(1), day(1.5)),
                ("2", "won", None, 1, day(9), day(2)),
                ("3", "won", None, 1, None, day(2)),
                ("4", "won", None, 1, day(1), None),
            )
        }
    )
    won = by_outcome(engine)["won"]
    assert (won["deals"], won["mean_days"], won["negative"], won["undated"]) == (1, 0.5, 1, 2)


def test_a_period_bounds_the_close_date():
    found = by_outcome(five_deals(), Filters(END, since=date(2026, 1, 12)))
    assert (found["won"]["deals"], found["won"]["median_days"], found["lost"]["deals"]) == (1, 20, 0)
    assert found["lost"]["median_days"] is None


def test_undecided_are_open_deals_of_the_period():
    january = deals(
        ("1", "won", None, 1, day(1), day(9)),
        ("2", "open", None, 1, day(2), None),
        ("3", "open", None, 1, day(1, 3), None),
        ("4", "open", None, 1, day(2, 3), None),
    )
    entries = stays(*((str(n), "Lead", day(n, 1 if n < 3 else 3), None, "still") for n in range(1, 5)))
    engine = Engine.in_memory({"deals": january, "stage_entries": entries})
    as_of = date(2026, 3, 31)

    def undecided(filters):
        found = by_outcome(engine, filters)
        return {name: (row["undecided"], row["undecided_share"]) for name, row in found.items()}

    within = Filters(as_of, since=date(2026, 1, 1), until=END)
    assert undecided(within) == {"won": (1, 0.5), "lost": (1, 1), "all": (1, 0.5)}
    assert undecided(Filters(as_of)) == {"won": (3, 0.75), "lost": (3, 1), "all": (3, 0.75)}


@pytest.mark.truth
def test_the_median_lies_in_its_interval_as_often_as_promised():
    random = np.random.default_rng(8)
    truth, hits = 10 * np.log(2), 0
    for _round in range(200):
        lengths = random.exponential(10, 60)
        frame = pd.DataFrame({"deal_id": [str(n) for n in range(60)], "status": "won", "created_at": day(1)})
        frame["closed_at"] = frame["created_at"] + pd.to_timedelta(lengths, unit="D")
        won = by_outcome(Engine.in_memory({"deals": frame}), Filters(date(2027, 1, 1)))["won"]
        assert won["median_low"] <= won["median_days"] <= won["median_high"]
        hits += won["median_low"] <= truth <= won["median_high"]
    assert hits >= 184  # of 200, for an interval that promises at least 95%


def test_groups_are_compared_by_log_rank():
    frame = deals(
        *((f"a{n}", "won", "Ann", 1, day(1), day(2 + n % 10)) for n in range(50)),
        *((f"b{n}", "won", "Bob", 1, day(1), day(8 + n % 10)) for n in range(50)),
        *((f"c{n}", "lost", "Bob", 1, day(1), day(3)) for n in range(5)),
    )
    engine = Engine.in_memory({"deals": frame})
    found = sales_cycle(engine.tables, Filters(END), find("owner", engine.tables)).answer(engine.run)
    won = found[found["outcome"] == "won"].set_index("owner")
    assert won.loc["Ann", "q_value"] < 0.001
    assert won.loc["Ann", "q_value"] == won.loc["Bob", "q_value"]
    assert found[found["outcome"] == "lost"]["q_value"].isna().all()


@pytest.mark.parametrize("as_of", [date(2025, 4, 1), date(2026, 6, 30)])
def test_every_closed_deal_is_counted_once(as_of):
    engine = random_workspace(5, size=200)
    filters = Filters(as_of)
    found = by_outcome(engine, filters)
    stood = engine.run(filters.deals(engine.tables))
    for outcome in ("won", "lost"):
        row = found[outcome]
        assert row["deals"] + row["negative"] + row["undated"] == (stood["status"] == outcome).sum()
    row = found["all"]
    assert row["deals"] + row["negative"] + row["undated"] == len(stood)
    assert 0 <= row["p25_days"] <= row["median_days"] <= row["p75_days"] <= row["max_days"]


def test_nothing_at_all():
    assert all(row["deals"] == 0 and row["mean_days"] is None for row in by_outcome(Engine.in_memory({})).values())
