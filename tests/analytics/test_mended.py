"""All mended at once: a funnel one can work out by hand, overlaps counted once, what bounds the gain."""

from datetime import date, timedelta
from itertools import product

import numpy as np
import pandas as pd
import pytest

from analytics.bottlenecks import bottlenecks
from analytics.fields import find
from analytics.filters import Filters
from analytics.mended import COLUMNS, bottlenecks_joint
from analytics.rows import rows
from analytics.stage_chain import Funnel, StageChances
from data.engine import Engine
from tests.analytics.sample import STAGES, day, stays

END = Filters(date(2026, 12, 31), pipeline="Sales")


def company(weak, n=100, slow=(), currency="EUR"):
    """For each source a-d and type x, y, `n` deals of 1,000 through Lead and Offer; 80% move on from each, but as `weak` says of
    a group at a stage (field, value, stage) -> share, and 15 points less in two such groups. All are long decided. `slow` groups
    stay six days longer than the 3 to 26 of the others."""
    made, visits = [], []
    for source, team in product("abcd", "xy"):
        own = {"source": source, "deal_type": team}
        for place in range(n):
            name, start = f"{source}{team}{place}", day(1) - timedelta(days=place % 90)
            row = {"deal_id": name, "source": source, "deal_type": team, "amount": 1000.0, "created_at": start}
            came, status = start, "won"
            for at, stage in enumerate(("Lead", "Offer")):
                shares = [
                    share for (field, value, where), share in weak.items() if where == stage and own[field] == value
                ]
                share = min(shares, default=0.8) - 0.15 * max(len(shares) - 1, 0)
                rank = place if at == 0 else (place * 37) % n  # who moves on at Offer does not hang on who did at Lead
                is_slow = any(where == stage and own[field] == value for field, value, where in slow)
                left = came + timedelta(days=(9 if is_slow else 3) + place % 24)
                moves = rank < share * n
                visits.append((name, stage, came, left, "advanced" if moves else "lost"))
                came = left
                if not moves:
                    status = "lost"
                    break
            made.append({**row, "status": status, "closed_at": came})
    following = {"Lead": "Offer", "Offer": "Won"}
    entries = stays(*visits)
    entries["next_stage"] = [
        following[stage] if fate == "advanced" else "Lost"
        for stage, fate in zip(entries["stage"], entries["fate"], strict=True)
    ]
    deals = pd.DataFrame(made).assign(pipeline="Sales", stage="Won", currency=currency)
    return Engine.in_memory({"stages": STAGES, "deals": deals, "stage_entries": entries})


def joint(engine, by=None, filters=END):
    field = find(by, engine.tables) if by else None
    found = rows(bottlenecks_joint(engine.tables, filters, field).answer(engine.run))
    return {(row["kind"], row["stage"]): row for row in found}


def single(engine, by=None):
    field = find(by, engine.tables) if by else None
    return [row for row in rows(bottlenecks(engine.tables, END, field).answer(engine.run)) if row["rank"] is not None]


def test_one_leak_mended_by_hand():
    """200 of 800 deals, source a, move on from Lead in 40% of cases where the others do in 80%: 80 deals more come to Offer,
    each won in 80%."""
    engine = company({("source", "a", "Lead"): 0.4})
    row = joint(engine, "source")["leak", None]
    assert (row["n"], row["rows_mended"], row["value_entered"]) == (200, 1, 800_000)
    offered = sum((place * 37) % 100 < 80 for place in range(80))  # of 80 others at Offer so many move on there
    weak = sum((place * 37) % 100 < 80 for place in range(40)) * 2
    ratio = (offered * 6 + weak) / (6 * 80 + 80)
    assert row["money"] == pytest.approx(200 * 0.4 * 1000 * ratio, rel=0.01)
    assert row["money_low"] < row["money"] < row["money_high"]
    # One row that stands: mended alone it brings what the row says.
    [found] = single(engine, "source")
    assert row["money"] == pytest.approx(found["money"], rel=0.03)
    assert row["added_up"] == found["money"]


def test_a_chain_is_solved_with_skips_and_returns():
    """Lead -> Offer 0.5 and -> won 0.1; Offer -> won 0.4, back to Lead 0.2: by hand P(Lead) = 0.1 + 0.5 P(Offer)."""
    lead = StageChances((0.6, 0.3), (0.0, 0.0), (100, 100), 50, np.array([0.0, 5.0, 1.0]), np.zeros(3))
    offer = StageChances((0.4, 0.4), (0.2, 0.2), (100, 0), 0, np.array([0.0, 0.0, 4.0]), np.array([1.0, 0.0, 0.0]))
    came = [{"stage": "Lead", "leaky": 1, "n": 10, "known": 10, "amount": 100.0, "squares": 1000.0, "began": 10, "began_known": 10, "began_amount": 100.0}]  # fmt: skip
    funnel = Funnel(["Lead", "Offer"], {"Lead": lead, "Offer": offer}, came)
    # Mended: P(Lead) = 0.1 + 0.5 (0.4 + 0.2 P(Lead)), so 0.3 / 0.9; P(Offer) = 0.4 + 0.2 x that.
    p_lead = 0.3 / 0.9
    p_offer = 0.4 + 0.2 * p_lead
    assert funnel.gain(["Lead"])["money"] == pytest.approx(100 * (0.25 * p_offer + 0.05 * 1))


def test_a_deal_of_two_weak_groups_counts_once():
    """Source a and type x both leak at Lead: together half of the deals and an eighth more; the rows overlap in another."""
    engine = company({("source", "a", "Lead"): 0.3, ("deal_type", "x", "Lead"): 0.3})
    found = joint(engine)
    row = found["leak", None]
    assert row["n"] == 500  # 400 of type x and 100 of source a in type y
    gap = 0.8 - (300 * 0.3 + 100 * 0.15 + 100 * 0.3) / 500
    won = row["money"] / (500 * gap * 1000)
    assert 0.7 < won < 0.9  # the chance to be won from Offer on
    assert row["rows_mended"] == 2 and len(single(engine)) == 2


def test_leaks_one_after_the_other_bring_more_than_each_alone():
    """What is saved at Lead passes an Offer that is mended too."""
    engine = company({("source", "a", "Lead"): 0.4, ("source", "a", "Offer"): 0.3}, n=200)
    found = joint(engine, "source")
    both, alone = found["leak", None], [found["leak", stage]["money"] for stage in ("Lead", "Offer")]
    assert both["money"] > sum(alone) > max(alone) > 0
    # Lead: 400 x 0.4 more x P(won from Offer); Offer: those who came x the gap there.
    assert both["money"] <= both["value_entered"]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.7])
def test_the_gain_is_never_more_than_comes_in(share):
    engine = company({("source", "a", "Lead"): share, ("deal_type", "x", "Offer"): share}, n=60)
    for (kind, _stage), row in joint(engine).items():
        if kind == "leak":
            assert 0 <= row["money"] <= row["value_entered"]
            assert row["money_high"] <= row["value_entered"]


def test_delays_are_added_over_stages_and_shorten_the_way():
    engine = company({}, slow={("source", "a", "Lead"), ("source", "a", "Offer")})
    found = joint(engine, "source")
    whole, parts = found["delay", None], [found["delay", stage] for stage in ("Lead", "Offer")]
    assert whole["money"] == pytest.approx(sum(part["money"] for part in parts))
    # No more of a stay counts than there are others to compare with, so that the longest of the slow ones are cut.
    assert [part["days_delta"] for part in parts] == [pytest.approx(5.2, abs=0.5)] * 2
    # A quarter of the deals stays so much longer at each of two stages.
    assert whole["days_shorter"] == pytest.approx(sum(part["days_delta"] for part in parts) / 4, rel=0.01)
    assert whole["days_shorter_low"] < whole["days_shorter"] < whole["days_shorter_high"]
    # 200 deals of 1,000 came to Lead within 89 days.
    assert parts[0]["money"] == pytest.approx(parts[0]["days_delta"] * 200_000 / 89, rel=0.02)


def test_leaks_and_delays_are_never_added():
    engine = company({("source", "a", "Lead"): 0.3}, slow={("source", "b", "Lead")})
    found = joint(engine, "source")
    assert {kind for kind, stage in found if stage is None} == {"leak", "delay"}
    assert found["leak", None]["added_up"] == sum(
        row["money"] for row in single(engine, "source") if row["kind"] == "leak"
    )


def test_nothing_that_stands_is_nothing_to_mend():
    engine = company({}, n=20)
    found = bottlenecks_joint(engine.tables, END, None).answer(engine.run)
    assert len(found) == 0 and list(found.columns) == list(COLUMNS)


def test_several_currencies_have_no_money():
    engine = company({("source", "a", "Lead"): 0.3})
    for table, column in (("deals", "currency"), ("stage_entries", "deal_currency")):
        engine.rows(f"UPDATE {table} SET {column} = 'USD' WHERE deal_id = 'bx1'")
    row = joint(engine, "source")["leak", None]
    assert row["money"] is None and row["currency"] is None and row["n"] == 200


def test_without_amounts_only_numbers_are_told():
    engine = company({("source", "a", "Lead"): 0.3})
    engine.rows("UPDATE deals SET amount = NULL")
    engine.rows("UPDATE stage_entries SET deal_amount = NULL")
    row = joint(engine, "source")["leak", None]
    assert row["money"] is None and row["rows_mended"] == 1


def test_without_amounts_delays_have_days_and_no_money():
    engine = company({}, slow={("source", "a", "Lead")})
    engine.rows("UPDATE deals SET amount = NULL")
    engine.rows("UPDATE stage_entries SET deal_amount = NULL")
    found = joint(engine, "source")
    for row in (found["delay", None], found["delay", "Lead"]):
        assert row["money"] is None and row["money_low"] is None and row["added_up"] is None
        assert (row["rows_mended"], row["n"]) == (1, 200) and row["days_shorter"] > 0
