from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.comparison import MONEY_EFFECTS, RATE_EFFECTS, Compared, comparison, deals_of
from analytics.fields import find
from analytics.filters import Filters
from analytics.intervals import newcombe
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.sample import STAGES, day, deals, random_workspace, stays

END = date(2026, 12, 31)
PERIODS = ((date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 2, 1), date(2026, 2, 28)))


def company(*cells):
    """Deals as (month, source, won, lost, amount): won after 10 days, lost after 20."""
    found, sources = [], []
    for place, (month, source, won, lost, amount) in enumerate(cells):
        for number in range(won + lost):
            created = day(2, month=month)
            closed = created + timedelta(days=10 if number < won else 20)
            status = "won" if number < won else "lost"
            found.append((f"{place}-{number}", status, "Ann", amount, created, closed))
            sources.append(source)
    return Engine.in_memory({"deals": deals(*found).assign(source=sources)})


def ask(engine, compared=None, filters=None, mix="source", **options):
    compared = compared or Compared(periods=PERIODS)
    field = find(mix, engine.tables) if mix else None
    question = comparison(engine.tables, filters or Filters(END), compared, field, **options)
    return rows(question.answer(engine.run))


def parts(found, part, effect=None, total=True):
    return [row for row in found if row["part"] == part and row["effect"] == effect and row["is_total"] is total]


@pytest.fixture(scope="module")
def by_hand():
    # January: 40 website deals at 50%, 40 events at 10%. February: 20 at 50%, 60 at 10%. Only the mix changed.
    return company(
        (1, "Website", 20, 20, 100.10),
        (1, "Event", 4, 36, 200),
        (2, "Website", 10, 10, 100.10),
        (2, "Event", 6, 54, 200),
    )


def test_only_the_mix_changed(by_hand):
    found = ask(by_hand)
    (rate,) = parts(found, "win_rate")
    assert (rate["value_a"], rate["value_b"], rate["difference"]) == pytest.approx((0.3, 0.2, -0.1))
    assert (rate["low"], rate["high"]) == pytest.approx(newcombe(0.2, 80, 0.3, 80))
    assert rate["horizon_days"] == 20
    assert parts(found, "win_rate_effect", "mix")[0]["difference"] == pytest.approx(-0.1)
    assert parts(found, "win_rate_effect", "rate")[0]["difference"] == pytest.approx(0)
    (deals_,) = parts(found, "deals")
    assert (deals_["value_a"], deals_["value_b"], deals_["difference"]) == (80, 80, 0)
    (money,) = parts(found, "money_won")
    assert (money["value_a"], money["value_b"]) == (20 * 100.10 + 4 * 200, 10 * 100.10 + 6 * 200)
    assert parts(found, "money_effect", "volume")[0]["difference"] == 0
    assert parts(found, "money_effect", "mix")[0]["difference"] == money["difference"]
    assert money["tests"] == 4 and rate["tests"] == 1  # as many deals on both sides: the volume has nothing to test


def test_only_the_rates_changed():
    engine = company(
        (1, "Website", 20, 20, 100), (1, "Event", 20, 20, 100), (2, "Website", 10, 30, 100), (2, "Event", 20, 20, 100)
    )
    found = ask(engine)
    assert parts(found, "win_rate_effect", "rate")[0]["difference"] == pytest.approx(-0.125)
    groups = {row["mix_group"]: row["difference"] for row in parts(found, "win_rate_effect", "rate", total=False)}
    assert groups == pytest.approx({"Website": -0.125, "Event": 0})


cells = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.sampled_from(["Website", "Event", "Fair", None]), st.sampled_from(["won", "lost", "open"]),
        st.integers(1, 60), st.integers(1, 12), st.integers(1, 10_000_000),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@pytest.fixture(scope="module")
def question(by_hand):
    return comparison(by_hand.tables, Filters(END), Compared(periods=PERIODS), find("source", by_hand.tables))


@settings(max_examples=40, deadline=None)
@given(cells=cells)
def test_parts_add_up_to_the_cent(question, cells):
    """Whatever the engine counts: (side, source, end, days, deals, cents a deal)."""
    cells = [("a", "Website", "won", 9, 3, 1001), ("b", "Event", "won", 5, 2, 3), *cells]
    counted = pd.DataFrame(
        [(side, source, end, "EUR", days * 24, n, n, n * cents, n * cents**2) for side, source, end, days, n, cents in cells],
        columns=["side", "mix", "end", "currency", "hours", "n", "known", "cents", "squares"],
    )  # fmt: skip
    stays_ = pd.DataFrame(columns=["side", "stage", "stage_order", "fate", "hours", "n", "assumed", "skipped"])
    undated = pd.DataFrame({"undated": [0]})
    found = rows(question.finish({"deals": counted, "stages": stays_, "undated": undated}))
    (rate,) = parts(found, "win_rate")
    totals = {effect: parts(found, "win_rate_effect", effect)[0]["difference"] for effect in RATE_EFFECTS}
    assert sum(totals.values()) == pytest.approx(rate["difference"], abs=1e-12)
    for effect in RATE_EFFECTS:
        groups = parts(found, "win_rate_effect", effect, total=False)
        assert sum(row["difference"] for row in groups) == pytest.approx(totals[effect], abs=1e-12)

    def in_cents(rows_):
        return sum(round(row["difference"] * 100) for row in rows_)

    (money,) = parts(found, "money_won")
    if all(end != "open" for _side, _source, end, *_rest in cells):
        # Every deal was followed to its end: the money is what the books say.
        for side in "ab":
            won = sum(n * cents for of, _s, end, days, n, cents in cells
                      if of == side and end == "won" and days <= money["horizon_days"])  # fmt: skip
            assert round(money[f"value_{side}"] * 100) == won
    assert in_cents([money]) == round(money["value_b"] * 100) - round(money["value_a"] * 100)
    assert in_cents([row for effect in MONEY_EFFECTS for row in parts(found, "money_effect", effect)]) == in_cents(
        [money]
    )
    for effect in MONEY_EFFECTS:
        assert in_cents(parts(found, "money_effect", effect)) == in_cents(
            parts(found, "money_effect", effect, total=False)
        )


def test_parts_add_up_where_deals_are_open_and_currencies_differ():
    engine = random_workspace(size=400)
    compared = Compared(periods=((date(2025, 1, 1), date(2025, 4, 30)), (date(2025, 5, 1), date(2025, 8, 31))))
    found = ask(engine, compared, Filters(date(2025, 9, 30)), mix="owner_id")
    monies = parts(found, "money_won")
    assert [row["currency"] for row in monies] == ["EUR", "USD"]
    for money in monies:
        effects = [
            row
            for effect in MONEY_EFFECTS
            for row in parts(found, "money_effect", effect)
            if row["currency"] == money["currency"]
        ]
        assert sum(round(row["difference"] * 100) for row in effects) == round(money["difference"] * 100)
    (rate,) = parts(found, "win_rate")
    assert rate["undecided_a"] + rate["undecided_b"] > 0
    assert rate["low"] < rate["difference"] < rate["high"]
    stages = parts(found, "stage")
    assert [row["stage"] for row in stages] == ["Lead", "Offer", "Deal"]
    assert {row["tests"] for row in stages} == {4}


def test_two_groups_are_the_same_question():
    engine = random_workspace(size=300)
    compared = Compared(field=find("owner_id", engine.tables), values=("o1", "o2"))
    forth = ask(engine, compared, Filters(END), mix="team")
    back = ask(engine, Compared(compared.periods, compared.field, ("o2", "o1")), Filters(END), mix="team")
    for one, other in zip(forth, back, strict=True):
        assert one["difference"] == pytest.approx(-other["difference"])
        assert one["n_a"] == other["n_b"]
    behind = engine.run(deals_of(engine.tables, Filters(END), compared, "a"))
    assert set(behind["owner_id"]) == {"o1"}
    assert len(behind) == parts(forth, "deals")[0]["n_a"] + _left_out(behind)


def _left_out(behind):
    """Deals without the dates that a length needs, or with dates the wrong way round."""
    closed = behind["closed_at"].where(behind["status"] != "open", pd.Timestamp(END) + pd.Timedelta(days=1))
    return int((behind["created_at"].isna() | closed.isna() | (closed < behind["created_at"])).sum())


def test_the_younger_side_is_not_punished():
    """Both months win 40%, after 30 days on average; February is seen for six weeks only."""
    random = np.random.default_rng(2)
    found = []
    for number in range(1200):
        created = day(1 + float(random.uniform(0, 27)), month=1 + number % 2)
        last = timedelta(days=float(random.exponential(30)))
        found.append((str(number), "won" if random.random() < 0.4 else "lost", "Ann", 10, created, created + last))
    engine = Engine.in_memory({"deals": deals(*found)})
    as_of = Filters(date(2026, 3, 20))
    (rate,) = parts(ask(engine, filters=as_of, mix=None), "win_rate")
    assert rate["low"] < 0 < rate["high"]
    so_far = engine.query(
        "SELECT avg((status = 'won' AND closed_at < '2026-03-21')::INT) AS won, month(created_at) AS month FROM deals GROUP BY 2 ORDER BY 2"
    )
    assert so_far["won"][1] < so_far["won"][0] - 0.05  # the share won so far falls for no reason


def test_a_worse_stage_is_found_and_others_are_not():
    found, entries = [], []
    random = np.random.default_rng(4)
    for number in range(800):
        name, month = str(number), 1 + number % 2
        created = day(1 + number % 25, month=month)
        offered = created + timedelta(days=2)
        first = random.random() < 0.7
        second = first and random.random() < (0.7 if month == 1 else 0.35)
        entries.append((name, "Lead", created, offered, "advanced" if first else "lost"))
        if first:
            entries.append((name, "Offer", offered, offered + timedelta(days=3), "advanced" if second else "lost"))
        found.append((name, "won" if second else "lost", "Ann", 10, created, offered + timedelta(days=3)))
    engine = Engine.in_memory({"deals": deals(*found), "stages": STAGES, "stage_entries": stays(*entries)})
    stages = {row["stage"]: row for row in parts(ask(engine, mix=None), "stage")}
    assert stages["Offer"]["q_value"] < 0.001 and stages["Offer"]["difference"] < -0.2
    assert stages["Lead"]["q_value"] > 0.05


@pytest.mark.parametrize(
    "compared",
    [
        Compared(),
        Compared(periods=(PERIODS[0], PERIODS[0])),
        Compared(periods=((date(2026, 2, 1), date(2026, 1, 1)), (date(2026, 3, 1), date(2026, 3, 2)))),
    ],
)
def test_sides_that_overlap_are_refused(by_hand, compared):
    with pytest.raises(RequestProblem):
        ask(by_hand, compared)


def test_an_empty_side_has_counts_and_no_rate(by_hand):
    found = ask(by_hand, Compared(periods=(PERIODS[0], (date(2027, 1, 1), date(2027, 1, 2)))))
    assert [row["part"] for row in found] == ["deals"]
    assert (found[0]["value_a"], found[0]["value_b"]) == (80, 0)


def test_a_stage_nobody_recorded_is_not_compared():
    found = [
        (str(n), "won" if n % 3 else "lost", "Ann", 10, day(2, month=1 + n % 2), day(9, month=1 + n % 2))
        for n in range(90)
    ]
    entries = stays(*((row[0], "Lead", row[4], row[5], "advanced" if row[1] == "won" else "lost") for row in found))
    engine = Engine.in_memory(
        {"deals": deals(*found), "stages": STAGES, "stage_entries": entries.assign(is_recorded=False)}
    )
    (stage,) = parts(ask(engine, mix=None), "stage")
    assert stage["n_a"] == 45
    assert stage["value_a"] is None and stage["difference"] is None and stage["q_value"] is None
