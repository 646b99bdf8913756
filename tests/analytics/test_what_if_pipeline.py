"""What the pipeline will win: pipelines one can work out by hand, what levers do to them, what bounds them."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.filters import Filters
from analytics.survival import aalen_johansen
from analytics.what_if.base_pipeline import pipeline_asks, pipeline_more, pipeline_of, with_levers
from analytics.what_if.pipeline_stays import FATES, MONTH_DAYS, Cells, _incidence, gamma
from analytics.what_if.scenario import Lever, Range, Scenario
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.sample import STAGES, random_workspace, stays

NOW = datetime(2027, 1, 1)
AS_OF = Filters(date(2026, 12, 31))
STAY = {"Lead": 10, "Offer": 20, "Deal": 30}
NEXT = {"Lead": "Offer", "Offer": "Deal", "Deal": "Won"}
NOTHING = Scenario("nothing")


@cache
def steady(days=720, has_history=True, currency="EUR"):
    """A deal of 1,000 a day: 80% move on from Lead after 10 days, half from Offer after 20, half from Deal after 30; so a fifth is won."""
    deals: list[dict[str, Any]] = []
    visits: list[tuple[Any, ...]] = []
    for number in range(days):
        moves = {"Lead": number % 5 != 0, "Offer": number // 5 % 2 == 0, "Deal": number // 10 % 2 == 0}
        start = NOW - timedelta(days=days - number - 0.5)
        came, status, closed = start, "open", None
        for stage, length in STAY.items():
            left = came + timedelta(days=length)
            if left >= NOW:
                visits.append((str(number), stage, came, None, "still"))
                break
            visits.append((str(number), stage, came, left, "advanced" if moves[stage] else "lost"))
            came = left
            if not moves[stage]:
                status, closed = "lost", left
                break
        else:
            status, closed = "won", came
        deals.append(
            {"deal_id": str(number), "status": status, "amount": 1000.0, "created_at": start, "closed_at": closed}
        )
    made = pd.DataFrame(deals).assign(pipeline="Sales", currency=currency, customer_id=None)
    entries = stays(*visits)
    entries["next_stage"] = [
        {"advanced": NEXT[stage], "lost": "Lost"}.get(fate)
        for stage, fate in zip(entries["stage"], entries["fate"], strict=True)
    ]
    tables = {"stages": STAGES, "deals": made} | ({"stage_entries": entries} if has_history else {})
    return Engine.in_memory(tables)


def fitted(engine, scenario=NOTHING, known=False, currency="", filters=AS_OF):
    answers = {
        name: engine.run(ask) for name, ask in pipeline_asks(engine.tables, filters, scenario, known, currency).items()
    }
    more = pipeline_more(engine.tables, filters, scenario, known, currency, answers)
    answers |= {name: engine.run(ask) for name, ask in more.items()}
    return pipeline_of(answers, filters, scenario, currency)


def lever(kind, amount=0.0, stage=None):
    return Lever(kind, Range.of(amount), stage=stage)


def won(flow, scenario, months=24, strength=None):
    """Money and wins by month under the levers at their likely amounts."""
    own = with_levers(flow, scenario)
    amounts = np.tile([each.amount.likely for each in scenario.levers], (own.draws, 1)).reshape(own.draws, -1)
    return own.won(amounts, np.ones((len(scenario.levers), months)) if strength is None else strength)


@pytest.fixture(scope="module")
def flow():
    return fitted(steady()).pipeline


@pytest.fixture(scope="module")
def baseline(flow):
    return won(flow, NOTHING)


def test_a_steady_pipeline_goes_on_as_it_did(flow, baseline):
    money, wins = baseline
    assert money.shape == wins.shape == (flow.draws, 24)
    assert flow.draws % 2 == 0
    assert wins.mean(axis=0) == pytest.approx(np.full(24, MONTH_DAYS / 5), rel=0.06)
    assert money.mean(axis=0) == pytest.approx(1000 * wins.mean(axis=0), rel=1e-6)  # all are worth the same
    assert flow.size == 1000
    assert (flow.deals_seen, flow.deals_open) == (720, 10 + 16 + 12)
    assert flow.come.mean() == pytest.approx(MONTH_DAYS, rel=0.01)


@pytest.mark.parametrize(
    "kind, amount, stage, times",
    [
        ("stage_conversion", 10, "Offer", 0.6 / 0.5),
        ("stage_conversion", -10, "Deal", 0.4 / 0.5),
        ("stage_conversion", 100, "Lead", 1 / 0.8),  # no more than all move on
        ("stage_conversion", -100, "Offer", 0),
        ("win_rate", 5, None, 0.25 / 0.2),
        ("win_rate", -5, None, 0.15 / 0.2),
        ("win_rate", 100, None, 1 / 0.2),
        ("win_rate", -100, None, 0),
        ("stage_time", 10, "Deal", 1),
        ("cycle", 50, None, 1),
    ],
)
def test_in_the_end_a_lever_does_what_the_chain_says(flow, baseline, kind, amount, stage, times):
    _money, wins = won(flow, Scenario("one", (lever(kind, amount, stage),)))
    late = slice(8, 24)
    assert wins[:, late].sum(axis=1).mean() / baseline[1][:, late].sum(axis=1).mean() == pytest.approx(times, abs=0.03)


def test_deal_value_is_money_alone(flow, baseline):
    money, wins = won(flow, Scenario("one", (lever("deal_value", 10),)))
    assert np.array_equal(wins, baseline[1])
    assert money == pytest.approx(1.1 * baseline[0], rel=1e-12)


@pytest.mark.parametrize("kind, amount, stage, sooner", [("stage_time", 10, "Deal", 10), ("cycle", 50, None, 30)])
def test_shorter_stays_bring_the_wins_of_so_many_days_forward(flow, baseline, kind, amount, stage, sooner):
    _money, wins = won(flow, Scenario("one", (lever(kind, amount, stage),)))
    assert (wins - baseline[1]).sum(axis=1).mean() == pytest.approx(sooner / 5, rel=0.1)


def test_a_lever_acts_from_the_month_it_runs(flow, baseline):
    scenario = Scenario("both", (lever("stage_conversion", 20, "Offer"), lever("cycle", 30)))
    strength = np.repeat([0.0, 0.5, 1.0], [6, 6, 12])[None] * np.ones((2, 1))
    money, wins = won(flow, scenario, strength=strength)
    assert wins[:, :6] == pytest.approx(baseline[1][:, :6], rel=1e-9)
    assert (wins[:, 6:12].sum(axis=1) > baseline[1][:, 6:12].sum(axis=1)).all()
    assert money[:, 12:].sum() > 1.3 * baseline[0][:, 12:].sum()


def test_an_amount_of_zero_is_the_baseline_to_the_bit(flow, baseline):
    every = tuple(
        lever(kind, 0, "Offer" if kind.startswith("stage") else None)
        for kind in ("stage_conversion", "stage_time", "win_rate", "deal_value", "cycle")
    )
    for found in (won(flow, Scenario("none", every)), won(fitted(steady()).pipeline, NOTHING)):
        assert all(one.tobytes() == other.tobytes() for one, other in zip(found, baseline, strict=True))
    # Full effects that never come are none either; a draw without effect is untouched by the others.
    strong = Scenario("some", (lever("stage_conversion", 30, "Offer"), lever("cycle", 30)))
    assert won(flow, strong, strength=np.zeros((2, 24)))[1].tobytes() == baseline[1].tobytes()
    amounts = np.zeros((flow.draws, 2))
    amounts[::2] = 30
    _money, wins = with_levers(flow, strong).won(amounts, np.ones((2, 24)))
    assert wins[1::2].tobytes() == baseline[1][1::2].tobytes()
    assert (wins[::2].sum(axis=1) > baseline[1][::2].sum(axis=1)).all()


@pytest.fixture(scope="module")
def troubled():
    """Returns, skips, missing dates, two currencies."""
    return fitted(random_workspace(), currency="EUR", filters=Filters(date(2025, 10, 1))).pipeline


def test_no_more_is_won_than_is_there_and_comes(flow, troubled):
    for own in (flow, troubled):
        most = (lever("win_rate", 100), lever("cycle", 90))
        for scenario in (NOTHING, Scenario("most", most)):
            _money, wins = won(own, scenario, months=60)
            assert (wins >= -1e-9).all()
            come = own.come[:, None] * np.arange(1, 61)
            assert (wins.cumsum(axis=1) <= own.deals_open + come + 1e-6).all()


def test_more_conversion_wins_more(flow, troubled):
    for own in (flow, troubled):
        before = None
        for points in (-60, -20, 0, 10, 40, 100):
            found = won(own, Scenario("one", (lever("stage_conversion", points, "Offer"),)))[1].cumsum(axis=1)
            assert before is None or (found >= before - 1e-9).all()
            before = found


@pytest.mark.parametrize(
    "strength", [np.ones(24), np.repeat([0.0, 1.0], 12), np.linspace(0, 1, 24), 0.8 ** np.arange(24)]
)
def test_shorter_stays_never_win_later(flow, troubled, strength):
    for own in (flow, troubled):
        before = won(own, NOTHING)[1].cumsum(axis=1)
        for days in (2, 8, 1000):
            for one in (lever("stage_time", days, "Offer"), lever("cycle", min(days * 5, 90))):
                found = won(own, Scenario("one", (one,)), strength=strength[None])[1].cumsum(axis=1)
                assert (found >= before - 1e-9).all()


def test_without_a_history_there_is_one_stage(baseline):
    made = fitted(steady(has_history=False))
    _money, wins = won(made.pipeline, NOTHING)
    assert not made.report["has_history"]
    assert wins.mean(axis=0) == pytest.approx(np.full(24, MONTH_DAYS / 5), rel=0.06)
    _money, more = won(made.pipeline, Scenario("one", (lever("win_rate", 5),)))
    assert more[:, 8:].sum() / wins[:, 8:].sum() == pytest.approx(1.25, abs=0.02)
    with pytest.raises(RequestProblem, match="No file says when deals came"):
        fitted(steady(has_history=False), Scenario("one", (lever("stage_time", 5, "Offer"),)))


def one_stage(*rows, **columns):
    """Deals of (number, status, days since creation, days to its end, amount, currency) without a history."""
    found = []
    for n, status, age, took, amount, currency in rows:
        start = NOW - timedelta(days=age)
        end = None if took is None else start + timedelta(days=took)
        found += [{"status": status, "amount": amount, "currency": currency, "created_at": start, "closed_at": end}] * n
    made = pd.DataFrame(found).assign(pipeline="Sales", **columns)
    made["closed_at"] = pd.to_datetime(made["closed_at"])
    made["amount"] = made["amount"].astype(float)
    return Engine.in_memory({"deals": made.assign(deal_id=[str(at) for at in range(len(made))]), "stages": STAGES})


def test_open_deals_go_on_from_where_they_stand():
    """Half of all are won after 40 days: of ten that are 30 days old five are won within the month, of those that come none."""
    made = fitted(
        one_stage(
            (40, "won", 300, 40, 100, "EUR"), (40, "lost", 290, 40, 100, "EUR"), (10, "open", 30, None, 100, "EUR")
        )
    )
    _money, wins = won(made.pipeline, NOTHING)
    assert wins[:, 0].mean() == pytest.approx(5, rel=0.03)
    assert wins[:, 0].std() == pytest.approx(10 * (0.25 / 80) ** 0.5, rel=0.15)  # of a share of 80


def test_where_large_deals_win_less_open_ones_are_worth_less():
    """Won deals are half as large as all that were decided: an open one of 2,000 will be one of 1,000; one without an amount is
    like the other open ones."""
    made = fitted(
        one_stage(
            (40, "won", 300, 40, 1000, "EUR"), (40, "lost", 290, 40, 3000, "EUR"), (9, "open", 30, None, 2000, "EUR"),
            (1, "open", 30, None, None, None),
        )
    )  # fmt: skip
    money, wins = won(made.pipeline, NOTHING)
    assert money[:, 0] == pytest.approx(1000 * wins[:, 0], rel=1e-9)
    assert wins[:, 0].mean() == pytest.approx(5, rel=0.03)


def test_other_currencies_are_counted_and_left_out():
    rows = ((40, "won", 300, 40, 1000, "EUR"), (40, "lost", 290, 40, 1000, "EUR"), (35, "won", 200, 40, 9, "USD"), (9, "open", 30, None, 7, "EUR"))  # fmt: skip
    made = fitted(one_stage(*rows))
    assert made.report["currency"] == "EUR"
    assert made.counts["deals_other_currency"] == 35
    assert made.pipeline.deals_seen == 89
    assert fitted(one_stage(*rows), currency="USD").counts["deals_other_currency"] == 89
    assert "there are 0" in str(fitted(one_stage(*rows), currency="GBP").refused)
    # Where no deal names a currency, they are in the one that is asked for.
    bare = fitted(one_stage(*((*row[:5], None) for row in rows)), currency="ILS")
    assert (bare.counts["deals_other_currency"], bare.pipeline.deals_seen) == (0, 124)


def customers_engine():
    """40 deals won of as many customers, then 20 more of the first twenty, and 30 that nobody is named for; two open ones of customers
    who had ordered, or had a contract, before."""
    rows = ((40, "won", 330, 20, 100, "EUR"), (40, "lost", 60, 40, 100, "EUR"), (20, "won", 50, 40, 100, "EUR"), (30, "open", 20, None, 100, "EUR"), (2, "open", 30, None, 100, "EUR"))  # fmt: skip
    ids = [
        *(f"c{at}" for at in range(40)),
        *(f"n{at}" for at in range(40)),
        *(f"c{at}" for at in range(20)),
        *[None] * 30,
        "o",
        "s",
    ]
    engine = one_stage(*rows, customer_id=ids)
    tables = {name: engine.query(f"SELECT * FROM {name}") for name in ("deals", "stages")}
    tables["orders"] = pd.DataFrame({"customer_id": ["o"], "ordered_at": [NOW - timedelta(days=600)], "amount": [5.0]})
    tables["subscriptions"] = pd.DataFrame({"customer_id": ["s"], "started_on": [(NOW - timedelta(days=90)).date()]})
    return Engine.in_memory(tables)


def test_of_known_customers_only_their_first_deals_count():
    """Of deals whose customer is named 40 lost ones are new in the months that count, 22 are not; of the others that share is taken."""
    made = fitted(customers_engine(), known=True)
    assert made.counts["deals_of_buyers"] == 22
    assert made.counts["deals_without_customer"] == 30
    new = 40 / 62
    assert made.report["share_new_of_unlinked"] == pytest.approx(new)
    assert (made.pipeline.deals_seen, made.pipeline.deals_open) == (round(80 + 30 * new), round(30 * new))
    assert fitted(customers_engine()).pipeline.deals_seen == 132


@pytest.mark.parametrize(
    "rows, said",
    [
        (((20, "won", 300, 40, 100, "EUR"), (9, "lost", 300, 40, 100, "EUR")), "It takes 30 closed deals"),
        (((40, "lost", 300, 40, 100, "EUR"),), "No deal was won yet"),
        (((40, "won", 300, 40, None, "EUR"),), "No won deal has an amount"),
        (((40, "won", 900, 40, 100, "EUR"),), "No deal was created of late"),
    ],
)
def test_too_little_is_said(rows, said):
    made = fitted(one_stage(*rows))
    assert made.pipeline is None
    assert str(made.refused).startswith(said)
    assert made.counts["deals_seen"] == sum(row[0] for row in rows)


def test_too_few_deals_of_new_customers_are_not_said_to_be_too_few_deals():
    engine = one_stage((40, "won", 300, 40, 100, "EUR"), customer_id=["a"] * 40)
    tables = {name: engine.query(f"SELECT * FROM {name}") for name in ("deals", "stages")}
    tables["orders"] = pd.DataFrame({"customer_id": ["a"], "ordered_at": [NOW - timedelta(days=600)], "amount": [5.0]})
    made = fitted(Engine.in_memory(tables), known=True)
    assert made.pipeline is None and made.counts["deals_of_buyers"] == 40
    assert str(made.refused).startswith("It takes 30 closed deals of new customers")


def test_no_deals_at_all():
    made = fitted(Engine.in_memory({"stages": STAGES}))
    assert made.pipeline is None
    assert made.refused is not None


def test_a_stage_that_is_not_there_is_told_with_those_that_are():
    for name in ("Won", 'No "such" {stage} <b>'):
        with pytest.raises(RequestProblem) as caught:
            fitted(steady(), Scenario("one", (lever("stage_time", 5, name),)))
        assert "Lead, Offer, Deal" in str(caught.value.hint)


def test_gamma_variables_mirror_each_other_and_have_their_mean_and_variance():
    drawn = gamma(np.array([1.0, 4.0, 50.0, 0.3]), 40_000, 1)
    assert drawn.mean(axis=1) == pytest.approx([1, 4, 50, 0.3], rel=0.02)
    assert drawn.var(axis=1)[:3] == pytest.approx([1, 4, 50], rel=0.05)
    assert np.corrcoef(drawn[1, :20_000], drawn[1, 20_000:])[0, 1] < -0.8
    assert (drawn > 0).all()


def test_chances_are_those_of_aalen_and_johansen():
    """With each count as it is, late entries and all."""
    random = np.random.default_rng(3)
    n = 60
    band = random.integers(0, 20, n)
    watched = np.where(random.random(n) < 0.3, np.minimum(random.integers(1, 9, n), band), 0)
    fate, counts = random.integers(0, len(FATES), n), random.integers(20, 40, n).astype(float)
    nothing = np.zeros(n, dtype=np.int64)
    cells = Cells(nothing, fate, nothing, band, watched, counts, counts, counts)
    found, survival = _incidence(cells, np.arange(n), counts[:, None], 20, True)
    events, late = np.zeros((20, len(FATES))), np.zeros(20)
    np.add.at(events, (band, fate), counts)
    np.add.at(late, watched[watched > 0], counts[watched > 0])
    expected = aalen_johansen(np.arange(20), events[:, :4], events[:, 4], late)
    assert found[1:, :, 0] == pytest.approx(expected.incidence)
    assert survival[1:, 0] == pytest.approx(expected.survival)


@pytest.mark.parametrize("now", [date(2025, 6, 30), date(2026, 6, 30)])
def test_arrivals_as_in_sql(root, now):
    random = np.random.default_rng(5)
    source = random_workspace()
    tables = {name: source.query(f"SELECT * FROM {name}") for name in ("deals", "stages", "stage_entries")}
    deals = tables["deals"].drop(columns="attr_1").dropna(subset="created_at")
    n = len(deals)
    tables["deals"] = deals.assign(
        customer_id=[None if at == 0 else f"c{at}" for at in random.integers(0, 150, n)],
        pipeline=np.where(random.random(n) < 0.9, "Sales", "Other"),
    )
    days = pd.Timestamp("2024-06-01") + pd.to_timedelta(random.integers(0, 700, 90), "D")
    tables["orders"] = pd.DataFrame(
        {"customer_id": [f"c{at}" for at in random.integers(1, 400, 90)], "ordered_at": days}
    )
    tables["subscriptions"] = pd.DataFrame({"customer_id": ["c7", "c8"], "started_on": [date(2025, 1, 9)] * 2})
    engine = Engine.in_memory(tables)
    filters = Filters(now)
    answers = {
        name: engine.run(ask) for name, ask in pipeline_asks(engine.tables, filters, NOTHING, True, "EUR").items()
    }
    found = engine.run(pipeline_more(engine.tables, filters, NOTHING, True, "EUR", answers)["pipeline_arrivals"])
    found = found.groupby(["ago", "standing"])["n"].sum()
    by_hand = engine.query((root / "tests/sql/what_if_arrivals.sql").read_text("utf-8"), {"now": filters.now})
    by_hand = by_hand.groupby(["ago", "standing"])["n"].sum()
    assert set(by_hand.index.get_level_values("standing")) == {"new", "known", "unlinked"}
    assert found.to_dict() == by_hand.to_dict()
