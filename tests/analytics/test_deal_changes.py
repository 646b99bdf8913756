"""What recorded changes tell of the pipeline: the waterfall that balances, and how often deals are put off."""

from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.periods import first_moment
from analytics.pipeline_waterfall import COUNTED, DEAL_COLUMNS, STEPS, pipeline_waterfall, waterfall_deals
from analytics.push_rate import push_rate, pushed_deals
from analytics.rows import rows
from data.engine import Engine
from tests.analytics.sample import STAGES, day, deals

DEALS = "deal_id status owner amount created_at closed_at currency"
FEBRUARY = Filters(date(2026, 3, 31), since=date(2026, 2, 1), until=date(2026, 2, 28))


def changes(*found: tuple) -> pd.DataFrame:
    """Recorded changes: deal, field, old and new value, when."""
    return pd.DataFrame(found, columns=["deal_id", "field", "old_value", "new_value", "changed_at"])


@cache
def february() -> Engine:
    """Eight deals whose way through February can be followed by eye."""
    return Engine.in_memory(
        {
            "deals": deals(
                ("grows", "open", "Ann", 150, day(1), None, "EUR"),  # 100, 120 in February, 150 in March
                ("shrinks", "won", "Ann", 70.5, day(1), day(20, 2), "EUR"),  # 80.25 until the day before it is won
                ("comes", "open", "Bob", 40, day(3, 2), None, "EUR"),  # at 30
                ("passes", "lost", "Bob", 10, day(5, 2), day(9, 2), "EUR"),
                ("returns", "open", "Bob", 60, day(1), None, "EUR"),  # lost in January, opened again in February
                ("moves", "open", "Ann", 90, day(1), None, "USD"),  # was 80 euros
                ("unknown", "open", "Ann", None, day(1), None, "USD"),
                ("gone", "won", "Ann", 999, day(1), day(15), "EUR"),
                ("later", "open", "Ann", 999, day(2, 3), None, "EUR"),
                ("undated", "lost", "Ann", 999, day(1), None, "EUR"),
                columns=DEALS,
            ),
            "stages": STAGES,
            "deal_changes": changes(
                ("grows", "amount", "100", "120", day(10, 2)), ("grows", "amount", "120", "150", day(2, 3)),
                ("shrinks", "amount", "80.25", "70.5", day(19, 2)), ("comes", "amount", "30", "40", day(12, 2)),
                ("returns", "status", "open", "lost", day(20)), ("returns", "status", "lost", "open", day(14, 2)),
                ("moves", "amount", "80", "90", day(7, 2)), ("moves", "currency", "EUR", "USD", day(7, 2)),
            ),
        }
    )  # fmt: skip


def test_february_by_eye():
    engine = february()
    found = pipeline_waterfall(engine.tables, FEBRUARY).answer(engine.run)
    told = [(row["currency"], row["step"], row["deals"], row["money"]) for row in rows(found)]
    assert told == [
        ("EUR", "opening", 3, 260.25),  # grows, shrinks, moves
        ("EUR", "created", 2, 40.0),  # comes, passes
        ("EUR", "reopened", 1, 60.0), ("EUR", "increased", 2, 30.0), ("EUR", "moved_in", 0, 0.0), ("EUR", "decreased", 1, -9.75),
        ("EUR", "moved_out", -1, -80.0), ("EUR", "won", -1, -70.5), ("EUR", "lost", -1, -10.0),
        ("EUR", "closing", 3, 220.0),  # grows 120, comes 40, returns 60
        ("USD", "opening", 1, 0.0), ("USD", "created", 0, 0.0), ("USD", "reopened", 0, 0.0), ("USD", "increased", 0, 0.0),
        ("USD", "moved_in", 1, 90.0), ("USD", "decreased", 0, 0.0), ("USD", "moved_out", 0, 0.0), ("USD", "won", 0, 0.0),
        ("USD", "lost", 0, 0.0), ("USD", "closing", 2, 90.0),
    ]  # fmt: skip
    assert set(found["undated"]) == {1} and found["amounts_recorded"].all()
    assert found.set_index(["currency", "step"])["unknown_amounts"].to_dict()["USD", "closing"] == 1
    assert (found["since"] == "2026-02-01").all() and (found["until"] == "2026-02-28").all()


def test_the_deals_of_a_step():
    engine = february()

    def listed(step, currency="EUR"):
        return rows(engine.run(waterfall_deals(engine.tables, FEBRUARY, step, currency)))

    assert [(row["deal_id"], row["change"]) for row in listed("increased")] == [("grows", 20.0), ("comes", 10.0)]
    (won,) = listed("won")
    assert (won["amount_before"], won["amount_after"], won["change"], won["happened_at"]) == (
        80.25,
        70.5,
        -70.5,
        day(20, 2),
    )
    assert [row["deal_id"] for row in listed("closing", "USD")] == ["moves", "unknown"] and tuple(won) == DEAL_COLUMNS
    assert [row["happened_at"] for row in listed("reopened")] == [day(14, 2)]


def test_without_a_period_it_is_the_last_quarter_of_a_year():
    engine = february()
    found = pipeline_waterfall(engine.tables, Filters(date(2026, 3, 31))).answer(engine.run)
    assert (found["since"].iloc[0], found["until"].iloc[0]) == ("2025-12-31", "2026-03-31")
    nothing = Engine.in_memory({"deals": {"deal_id": ["1"], "status": ["open"], "created_at": [day(1)]}})
    early = Filters(date(2026, 3, 31), since=date(2020, 1, 1), until=date(2020, 1, 31))
    assert rows(pipeline_waterfall(nothing.tables, early).answer(nothing.run))[-1]["deals"] == 0


@cache
def random_changes(seed: int = 3, size: int = 400) -> Engine:
    """Deals at random whose amounts, statuses and expected days change, with every kind of trouble."""
    random = np.random.default_rng(seed)
    start = datetime(2025, 1, 1)
    made, told = [], []
    for number in range(size):
        name = f"d{number}"
        created = start + timedelta(hours=int(random.integers(0, 9000)))
        times = [
            created + timedelta(hours=int(hour)) for hour in np.cumsum(random.integers(1, 1500, random.integers(0, 5)))
        ]
        amounts = [
            None if random.random() < 0.1 else round(float(random.uniform(1, 5000)), 2) for _ in range(len(times) + 1)
        ]
        told += [
            (name, "amount", _text(was), _text(now), at)
            for was, now, at in zip(amounts, amounts[1:], times, strict=False)
        ]
        days = [start.date() + timedelta(days=int(random.integers(0, 500))) for _ in range(3)]
        told += [
            (name, "expected_close_on", str(was), str(now), at)
            for was, now, at in zip(days, days[1:], times, strict=False)
        ]
        status, closed = str(random.choice(["open", "won", "lost"])), None
        if random.random() < 0.2:  # opened again, and perhaps closed again
            was = str(random.choice(["won", "lost"]))
            turns = [created + timedelta(hours=int(hour)) for hour in np.cumsum(random.integers(1, 1500, 3))]
            told += [(name, "status", "open", was, turns[0])] if random.random() < 0.8 else []
            told += [(name, "status", was, "open", turns[1])]
            if status != "open":
                told += [(name, "status", "open", status, turns[2])] if random.random() < 0.7 else []
                closed = turns[2]
        elif status != "open" and random.random() > 0.05:
            closed = created + timedelta(hours=int(random.integers(-50, 3000)))
        first = (created + timedelta(days=int(random.integers(0, 60)))).date() if random.random() < 0.6 else None
        last = first and first + timedelta(days=int(random.choice([0, 7, 30])))
        made.append((
            name, status, str(random.choice(["Ann", "Bob"])), amounts[-1], None if random.random() < 0.05 else created, closed,
            str(random.choice(["EUR", "USD"])), first, last,
        ))  # fmt: skip
    frame = deals(*made, columns=f"{DEALS} first_seen_on last_seen_on")
    recorded = changes(*told)
    # Some were found by comparing two files.
    compared = random.random(len(recorded)) < 0.5
    recorded["changed_after"] = [
        at.date() - timedelta(days=7) if is_compared else None
        for at, is_compared in zip(recorded["changed_at"], compared, strict=True)
    ]
    return Engine.in_memory({"deals": frame, "stages": STAGES, "deal_changes": recorded})


def asked(engine, root, name, moments):
    return rows(engine.query((root / f"tests/sql/{name}.sql").read_text("utf-8"), moments))


def _text(amount: float | None) -> str | None:
    return None if amount is None else f"{amount:g}" if amount == int(amount) else repr(amount)


PERIODS = [(date(2025, month, 1), date(2025, month, 28)) for month in (1, 4, 7, 10)] + [
    (date(2025, 1, 1), date(2026, 6, 30)),
    (date(2025, 6, 1), date(2025, 6, 1)),
]


@pytest.mark.parametrize(("since", "until"), PERIODS)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Jerusalem"])
def test_it_balances_and_is_what_sql_says(root, since, until, zone):
    engine = random_changes()
    filters = Filters(date(2026, 12, 31), since=since, until=until, time_zone=zone)
    found = pipeline_waterfall(engine.tables, filters).answer(engine.run)
    moments = {"start": first_moment(since, zone), "end": first_moment(until + timedelta(days=1), zone)}
    by_hand = {row["currency"]: row for row in asked(engine, root, "pipeline_waterfall", moments)}
    for currency, own in found.groupby("currency"):
        steps = own.set_index("step")
        between = [step for step in STEPS if step not in ("opening", "closing") and step in steps.index]
        cents = (steps["money"] * 100).round().astype(int)
        assert cents["opening"] + cents[between].sum() == cents["closing"]
        counted = [step for step in COUNTED if step in steps.index]
        assert steps["deals"]["opening"] + steps["deals"][counted].sum() == steps["deals"]["closing"]
        expected = by_hand.get(
            currency, {"opening": 0, "closing": 0, "opening_money": 0, "closing_money": 0, "closing_unknown": 0}
        )
        for side in ("opening", "closing"):
            assert steps["deals"][side] == expected[side], side
            assert steps["money"][side] == pytest.approx(expected[f"{side}_money"], abs=1e-6), side
        assert steps["unknown_amounts"]["closing"] == expected["closing_unknown"]


def test_a_period_ends_where_the_next_begins():
    engine = random_changes()
    months = [(date(2025, month, 1), date(2025, month + 1, 1) - timedelta(days=1)) for month in range(1, 12)]
    ends = []
    for since, until in months:
        found = pipeline_waterfall(engine.tables, Filters(date(2026, 12, 31), since=since, until=until)).answer(
            engine.run
        )
        ends.append(found.set_index(["currency", "step"])[["deals", "money"]])
    for before, after in pairwise(ends):
        for currency in ("EUR", "USD"):
            assert before.loc[(currency, "closing")].tolist() == after.loc[(currency, "opening")].tolist()


@pytest.mark.parametrize("step", STEPS)
def test_the_deals_of_a_step_add_up_to_it(step):
    engine = random_changes()
    filters = Filters(date(2026, 12, 31), since=date(2025, 3, 1), until=date(2025, 8, 31))
    found = pipeline_waterfall(engine.tables, filters).answer(engine.run).set_index(["currency", "step"])
    listed = engine.run(waterfall_deals(engine.tables, filters, step, "EUR"))
    if ("EUR", step) in found.index:
        assert len(listed) == abs(found.loc[("EUR", step), "deals"])
        assert listed["change"].sum() == pytest.approx(found.loc[("EUR", step), "money"])
    else:
        assert listed.empty


def test_a_filter_is_a_waterfall_of_its_own():
    engine = random_changes()
    whole, parts = (
        [pipeline_waterfall(engine.tables, Filters(date(2026, 12, 31), since=date(2025, 3, 1), where=where)).answer(engine.run).set_index(["currency", "step"]) for where in choices]
        for choices in ([()], [(Choice(find("owner", engine.tables), (name,)),) for name in ("Ann", "Bob")])
    )  # fmt: skip
    added = parts[0][["deals", "money"]].add(parts[1][["deals", "money"]])
    assert np.allclose(added.loc[whole[0].index].astype(float), whole[0][["deals", "money"]].astype(float))


def test_pushes_by_eye():
    def put_off(deal, old, new, at):
        return deal, "expected_close_on", old, new, at

    engine = Engine.in_memory(
        {
            "deals": deals(
                ("twice", "open", "Ann", 1, day(1), None, date(2026, 1, 5), date(2026, 2, 9)),
                ("within", "open", "Ann", 1, day(1), None, date(2026, 1, 5), date(2026, 2, 9)),
                ("early", "won", "Ann", 1, day(1), day(20, 2), date(2026, 1, 5), date(2026, 2, 9)),
                ("named", "won", "Bob", 1, day(1), day(20, 2), None, None),
                ("once", "open", "Bob", 1, day(1), None, date(2026, 2, 9), date(2026, 2, 9)),
                ("closed", "won", "Bob", 1, day(1), day(3), date(2026, 1, 5), date(2026, 2, 9)),
                columns="deal_id status owner amount created_at closed_at first_seen_on last_seen_on",
            ),
            "deal_changes": changes(
                put_off("twice", "2026-01-20", "2026-02-20", day(12)), put_off("twice", "2026-02-20", "2026-04-01", day(9, 2)),
                put_off("within", "2026-02-02", "2026-02-27", day(12)), put_off("early", "2026-03-01", "2026-02-01", day(12)),
                put_off("named", "2026-01-20", "2026-02-20", day(2)),  # by a file that records it
                put_off("named", "2026-02-20", "2026-03-20", day(21, 2)),  # after it closed
            ).assign(changed_after=[date(2026, 1, 5), date(2026, 1, 12), date(2026, 1, 5), date(2026, 1, 5), None, None]),
        }
    )  # fmt: skip
    (found,) = rows(push_rate(engine.tables, Filters(date(2026, 3, 31))).answer(engine.run))
    # Seen once: nothing to compare; closed before the second file: its day was no forecast any more.
    assert (found["n"], found["pushed"], found["push_rate"], found["unobserved"]) == (4, 2, 0.5, 2)
    assert (found["pushes"], found["mean_pushes"], found["mean_days_pushed"]) == (3, 1.5, (31 + 40 + 31) / 2)
    assert found["low"] < 0.5 < found["high"]
    listed = rows(engine.run(pushed_deals(engine.tables, Filters(date(2026, 3, 31)))))
    assert [(row["deal_id"], row["pushes"], row["days_pushed"]) for row in listed] == [
        ("twice", 2, 71),
        ("named", 1, 31),
    ]
    owners = rows(push_rate(engine.tables, Filters(date(2026, 3, 31)), find("owner", engine.tables)).answer(engine.run))
    assert [(row["owner"], row["n"], row["pushed"]) for row in owners] == [("Ann", 3, 1), ("Bob", 1, 1)]
    (late,) = rows(
        push_rate(engine.tables, Filters(date(2026, 3, 31), since=date(2026, 2, 1), until=date(2026, 2, 28))).answer(
            engine.run
        )
    )
    assert (late["n"], late["pushed"], late["pushes"]) == (4, 1, 1)


def test_a_history_without_expected_closes_does_not_show_that_they_stayed():
    engine = Engine.in_memory(
        {
            "deals": deals(
                ("1", "open", "Ann", 1, day(1), None), ("2", "open", "Ann", 1, day(1), None),
                columns="deal_id status owner amount created_at closed_at",
            ),
            "deal_changes": changes(("1", "amount", "1", "2", day(12)), ("2", "stage", "Demo", "Offer", day(12))).assign(
                changed_after=None
            ),
        }
    )  # fmt: skip
    (found,) = rows(push_rate(engine.tables, Filters(date(2026, 3, 31))).answer(engine.run))
    assert (found["n"], found["unobserved"], found["push_rate"]) == (0, 2, None)


@pytest.mark.parametrize("as_of", [date(2025, 9, 30), date(2026, 12, 31)])
def test_pushes_are_what_sql_says(root, as_of):
    engine = random_changes()
    filters = Filters(as_of)
    found = rows(push_rate(engine.tables, filters, find("owner", engine.tables)).answer(engine.run))
    by_hand = {row["owner"]: row for row in asked(engine, root, "push_rate", {"now": filters.now})}
    assert {row["owner"] for row in found} == {"Ann", "Bob"}
    for row in found:
        expected = by_hand[row["owner"]]
        assert (row["n"], row["pushed"], row["pushes"]) == (expected["n"], expected["pushed"], expected["pushes"])
        assert row["mean_days_pushed"] == pytest.approx(expected["days"] / expected["pushed"])
        assert row["q_value"] is not None and row["tests"] == 2
