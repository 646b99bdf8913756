"""Why deals are lost: by eye, against SQL, and what must add up."""

from datetime import date

import numpy as np
import pytest

from analytics.fields import OTHERS, find
from analytics.filters import Choice, Filters
from analytics.lost_reasons import lost_deals, lost_reasons, missing_reasons
from analytics.rows import rows
from data.engine import Engine
from tests.analytics.sample import STAGES, day, deals, random_workspace, stays

AS_OF = date(2026, 6, 30)


def six_lost() -> Engine:
    """Price three times, written three ways; Rival once; two blanks. Two lost at Lead, three at Offer, one unknown."""
    reasons = ["Price", "price ", "Price", "Rival", None, " "]
    lost = deals(
        *((str(n), "lost", "Ann", 100.0 * n, day(1), day(5), "EUR", reason) for n, reason in enumerate(reasons, 1)),
        ("7", "won", "Ann", 50.0, day(1), day(5), "EUR", "Price"),
        columns="deal_id status owner amount created_at closed_at currency lost_reason",
    )
    places = {"1": "Lead", "2": "Lead", "3": "Offer", "4": "Offer", "5": "Offer"}
    return Engine.in_memory(
        {
            "deals": lost,
            "stages": STAGES,
            "stage_entries": stays(*((deal, stage, day(1), day(5), "lost") for deal, stage in places.items())),
        }
    )


@pytest.fixture(scope="module")
def engine():
    return six_lost()


@pytest.fixture(scope="module")
def found(engine):
    return lost_reasons(engine.tables, Filters(AS_OF)).answer(engine.run)


def test_reasons_by_eye(found):
    whole = found[found["stage"].isna()]
    assert whole["reason"].fillna("-").tolist() == ["Price", "Rival", "-"]
    assert whole["deals"].tolist() == [3, 1, 2] and (whole["n"] == 6).all() and (whole["n_known"] == 4).all()
    assert whole["money"].tolist() == [600, 400, 1100]
    assert whole["share"].tolist() == [0.5, 1 / 6, 1 / 3]
    assert whole["spellings"].fillna(0).tolist() == [3 - 1, 1, 0]  # "Price" and "price "
    assert whole["share_of_known"].fillna(-1).tolist() == [0.75, 0.25, -1]


def test_stages_by_eye(found):
    at = found[found["stage"].notna()].set_index(["stage", found["reason"][found["stage"].notna()].fillna("-")])
    assert at.loc[("Lead", "Price"), "deals"] == 2 and at.loc[("Lead", "Rival"), "deals"] == 0
    assert at.loc[("Offer", "-"), "deals"] == 1 and at.loc[("Offer", "Price"), "share"] == 1 / 3
    assert found["q_value"].isna().all()  # too few to compare


def test_the_deals_behind_a_row_are_listed(engine, found):
    def ids(reason, stage=None, named=()):
        return engine.run(lost_deals(engine.tables, Filters(AS_OF), reason, stage, named))["deal_id"].tolist()

    assert ids("Price") == ["3", "2", "1"]
    assert ids("Price", "Lead") == ["2", "1"]
    assert ids(None) == ["6", "5"]
    assert ids(OTHERS, named=("Rival",)) == ["3", "2", "1"]


def with_reasons(seed: int = 7) -> Engine:
    engine = random_workspace(seed)
    random = np.random.default_rng(seed)
    frame = engine.query("SELECT * FROM deals")
    names = np.array(["Price", "PRICE", " No  budget", "no budget", "Rival", None], dtype=object)
    frame["lost_reason"] = [names[random.integers(6)] if status == "lost" else None for status in frame["status"]]
    return Engine.in_memory(
        {
            "deals": frame, "people": engine.query("SELECT * FROM people"), "stages": STAGES,
            "stage_entries": engine.query("SELECT * FROM stage_entries"),
        },
        engine.headers,
    )  # fmt: skip


@pytest.mark.parametrize("as_of", [date(2025, 6, 30), AS_OF])
def test_against_sql_and_what_must_add_up(root, as_of):
    engine = with_reasons()
    filters = Filters(as_of, where=(Choice(find("currency", engine.tables), ("EUR",)),))
    answer = rows(lost_reasons(engine.tables, filters).answer(engine.run))
    by_hand = rows(engine.query((root / "tests/sql/lost_reasons.sql").read_text("utf-8"), {"now": filters.now}))
    expected = {(each["stage"], each["reason"]): each for each in by_hand}
    given = [each for each in answer if each["deals"]]
    assert len(given) == len(expected) > 8
    for each in given:
        key = (each["stage"] or "", " ".join((each["reason"] or "").split()).lower())
        for name in ("deals", "n", "money", "money_share"):
            assert each[name] == pytest.approx(expected[key][name]), (key, name)
        assert each["low"] <= each["share"] <= each["high"]
        assert each["money_low"] <= each["money_share"] <= each["money_high"]
    whole = [each for each in answer if each["stage"] is None]
    assert sum(each["share"] for each in whole) == pytest.approx(1)
    assert sum(each["money_share"] for each in whole) == pytest.approx(1)


def test_several_currencies_are_never_added():
    engine = with_reasons()
    found = lost_reasons(engine.tables, Filters(AS_OF)).answer(engine.run)
    assert found["money"].isna().all() and found["deals"].sum() > 0


def test_blanks_that_lean_to_one_owner_are_told():
    lost = [
        (f"{owner}{n}", "lost", owner, 10.0, day(1), day(5), "Price" if n % (2 if owner == "Ann" else 40) else None)
        for owner in ("Ann", "Bob") for n in range(80)
    ]  # fmt: skip
    columns = "deal_id status owner amount created_at closed_at lost_reason"
    engine = Engine.in_memory({"deals": deals(*lost, columns=columns)})
    found = missing_reasons(engine.tables, Filters(AS_OF)).answer(engine.run)
    owners = found[found["field"] == "owner"].set_index("value")
    assert owners["deals"].to_dict() == {"Ann": 40, "Bob": 2} and (owners["q_value"] < 0.05).all()


def test_without_a_history_only_the_whole_is_known():
    frame = deals(
        ("1", "lost", "Ann", 1.0, day(1), day(2), "Price"),
        columns="deal_id status owner amount created_at closed_at lost_reason",
    )
    entry = stays(("1", "Lead", day(1), day(2), "lost")).assign(is_recorded=False)
    engine = Engine.in_memory({"deals": frame, "stages": STAGES, "stage_entries": entry})
    found = lost_reasons(engine.tables, Filters(AS_OF)).answer(engine.run)
    assert found["stage"].isna().all() and found["deals"].tolist() == [1]
