from datetime import date

import numpy as np
import pandas as pd
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.funnel import FATES, RULES, Counting, conversion_by_rule, first_stays, stage_conversion
from analytics.funnel_deals import DEAL_COLUMNS, deals_in_stage, skippers
from analytics.intervals import wilson
from analytics.owners import names_owners, owner_attribution
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.sample import STAGES, day, deals, filled, five_deals, random_workspace, stays

END = date(2026, 1, 31)


@pytest.fixture(scope="module")
def engine():
    return five_deals()


def by_stage(engine, filters=Filters(END), **options):  # noqa: B008
    return {row["stage"]: row for row in rows(stage_conversion(engine.tables, filters, **options).answer(engine.run))}


def identity(row):
    return tuple(row[name] for name in ("entered", *FATES))


def test_five_deals(engine):
    found = by_stage(engine)
    assert list(found) == STAGES["stage"]
    assert identity(found["Lead"]) == (5, 4, 0, 0, 0, 1)
    assert identity(found["Offer"]) == (3, 1, 1, 1, 0, 0)
    assert identity(found["Deal"]) == (2, 2, 0, 0, 0, 0)
    assert identity(found["Won"]) == (2, 2, 0, 0, 0, 0)
    assert identity(found["Lost"]) == (1, 0, 1, 0, 0, 0)
    assert found["Offer"]["conversion"] == pytest.approx(1 / 3)  # all have left: the plain share
    assert (found["Offer"]["low"], found["Offer"]["high"]) == pytest.approx(wilson(1 / 3, 3))
    assert found["Offer"]["of_first"] == 3 / 5
    assert found["Lead"]["conversion_ended"] == 1
    # Deals 1, 2, 4 and 5 moved on after 2, 1, 8 and 3 days; deal 3 has been there for 27, longer than any.
    assert found["Lead"]["conversion"] == pytest.approx(4 / 5)
    assert found["Lead"]["method"] == "aalen_johansen"
    assert found["Lead"]["undecided_share"] == 1 / 5
    assert found["Won"]["conversion"] is None and found["Lost"]["conversion"] is None


def test_money_follows_the_deals(engine):
    offer = by_stage(engine)["Offer"]
    assert (offer["value_entered"], offer["advanced_value"], offer["lost_value"], offer["back_value"]) == (
        400,
        100,
        300,
        0,
    )
    assert offer["value_known"] == pytest.approx(2 / 3)  # deal 5 has no amount


def test_a_skipped_stage_counts_by_the_rule(engine):
    assert {rule: by_stage(engine, counting=Counting(rule))["Offer"]["entered"] for rule in RULES} == {
        "visited": 3,
        "filled": 4,
        "strict": 3,
    }
    assert {rule: by_stage(engine, counting=Counting(rule))["Deal"]["entered"] for rule in RULES} == {
        "visited": 2,
        "filled": 2,
        "strict": 1,
    }
    offer = by_stage(engine, counting=Counting("filled"))["Offer"]
    assert identity(offer) == (4, 2, 1, 1, 0, 0)
    assert (offer["skipped"], offer["conversion"]) == (1, 0.5)


def test_the_skippers(engine):
    found = engine.run(skippers(engine.tables, Filters(END)))
    assert found[["deal_id", "owner", "amount", "stage", "reached"]].values.tolist() == [
        ["4", "Bob", 600, "Offer", "Deal"]
    ]
    assert len(engine.run(skippers(engine.tables, Filters(date(2026, 1, 8))))) == 0  # it had not skipped yet


def test_as_of_an_earlier_day(engine):
    found = by_stage(engine, Filters(date(2026, 1, 6)))
    assert identity(found["Lead"]) == (5, 3, 0, 0, 0, 2)
    assert identity(found["Offer"]) == (3, 0, 1, 0, 0, 2)
    assert found["Deal"]["entered"] == 0
    assert found["Deal"]["conversion"] is None
    assert found["Won"]["of_first"] == 0


def test_a_period_bounds_creation_and_counts_the_deals_without_it(engine):
    found = by_stage(engine, Filters(END, since=date(2026, 1, 5)))
    assert identity(found["Lead"]) == (1, 0, 0, 0, 0, 1)
    assert found["Lead"]["conversion"] is None  # nothing has left: nothing is known
    undated = Engine.in_memory(
        {
            "deals": deals(("1", "open", None, 1, None, None)),
            "stage_entries": stays(("1", "Lead", day(1), None, "still")),
        }
    )
    assert by_stage(undated)["Lead"]["entered"] == 1
    assert by_stage(undated, Filters(END, since=date(2026, 1, 1))) == {}


def test_deals_behind_a_bar(engine):
    def deals_of(*stage, **options):
        found = engine.run(deals_in_stage(engine.tables, Filters(END), *stage, **options))
        assert tuple(found.columns) == DEAL_COLUMNS
        return found["deal_id"].tolist()

    assert deals_of("Offer") == ["2", "1", "5"]  # largest first
    assert deals_of("Offer", "lost") == ["2"]
    assert deals_of("Offer", counting=Counting("filled")) == ["4", "2", "1", "5"]
    assert deals_of("Won", merge_won=True) == ["4", "1"]
    waiting = engine.run(deals_in_stage(engine.tables, Filters(END), "Lead", "still"))
    assert waiting["days"].tolist() == [27]


def test_won_stages_can_be_one_row():
    stages = {
        "pipeline": ["P"] * 4,
        "stage": ["Lead", "Approved", "Activated", "Declined"],
        "stage_order": [1, 2, 3, 4],
        "outcome": ["open", "won", "won", "lost"],
    }
    frame = stays(
        ("1", "Lead", day(1), day(2), "advanced"),
        ("1", "Lead", day(2), day(3), "advanced"),
        ("1", "Lead", day(3), None, "advanced"),
        ("2", "Lead", day(1), day(2), "advanced"),
        ("2", "Lead", day(2), None, "advanced"),
        ("3", "Lead", day(1), day(2), "lost"),
        ("3", "Lead", day(2), None, "lost"),
    ).assign(
        pipeline="P",
        stage=["Lead", "Approved", "Activated", "Lead", "Approved", "Lead", "Declined"],
        stage_order=[1, 2, 3, 1, 2, 1, 4],
        outcome=["open", "won", "won", "open", "won", "open", "lost"],
    )
    engine = Engine.in_memory(
        {
            "deals": {"deal_id": ["1", "2", "3"], "status": ["won", "won", "lost"]},
            "stages": stages,
            "stage_entries": frame,
        }
    )
    merged = by_stage(engine, merge_won=True)
    assert {name: row["entered"] for name, row in merged.items()} == {"Lead": 3, "Won": 2}
    apart = by_stage(engine)
    assert {name: row["entered"] for name, row in apart.items()} == {
        "Lead": 3,
        "Approved": 2,
        "Activated": 1,
        "Declined": 1,
    }


def test_assumed_stays_give_the_plain_ratio():
    frame = stays(
        *((str(n), "Lead", None, None, "advanced") for n in range(6)),
        *((str(n), "Lead", None, None, "lost") for n in range(6, 8)),
        *((str(n), "Lead", day(1), None, "still") for n in range(8, 10)),
    ).assign(is_recorded=[False] * 8 + [True] * 2)
    engine = Engine.in_memory(
        {"deals": {"deal_id": [str(n) for n in range(10)], "status": ["open"] * 10}, "stage_entries": frame}
    )
    lead = by_stage(engine)["Lead"]
    assert (lead["method"], lead["conversion"], lead["conversion_ended"], lead["assumed"]) == ("ended", 0.75, 0.75, 8)
    assert (lead["low"], lead["high"]) == pytest.approx(wilson(0.75, 8))
    assert lead["is_recorded"] is False


def without_history():
    """Of four deals known by their status alone, three passed Lead and Offer to be won, one was lost."""
    assumed = stays(
        *((str(n), "Lead", day(1), day(3), "advanced") for n in range(3)),
        ("3", "Lead", day(1), day(5), "lost"),
        *((str(n), "Won", day(3), None, "advanced") for n in range(3)),
    ).assign(is_recorded=False)
    passed = pd.concat([filled(str(n), "Offer", day(3)) for n in range(3)])
    return Engine.in_memory(
        {
            "deals": deals(*((str(n), "won" if n < 3 else "lost", "Ann", 1, day(1), day(5)) for n in range(4))),
            "stages": STAGES,
            "stage_entries": pd.concat([assumed, passed]),
        }
    )


@pytest.mark.parametrize("by", [None, "owner"])
def test_where_nothing_was_recorded_no_conversion_is_made_up(by):
    engine = without_history()
    field = find(by, engine.tables) if by else None
    found = by_stage(engine, counting=Counting("filled"), by=field)
    for name, entered in (("Lead", 4), ("Offer", 3)):
        row = found[name]
        assert (row["entered"], row["method"], row["is_recorded"]) == (entered, "not_recorded", False)
        assert (row["conversion"], row["low"], row["high"]) == (None, None, None)


def test_what_was_recorded_is_said_to_be(engine):
    assert all(row["is_recorded"] for row in by_stage(engine, counting=Counting("filled")).values())


def test_groups_are_not_compared_where_nothing_was_recorded():
    frame = stays(*((str(n), "Lead", day(1), day(2), "advanced" if n % 4 else "lost") for n in range(120)))
    owners = ["Ann" if n < 60 else "Bob" for n in range(120)]
    engine = Engine.in_memory(
        {
            "deals": {"deal_id": frame["deal_id"], "status": ["open"] * 120, "owner": owners},
            "stage_entries": frame.assign(is_recorded=[owner == "Ann" for owner in owners]),
        }
    )
    found = stage_conversion(engine.tables, Filters(END), find("owner", engine.tables)).answer(engine.run)
    assert found["is_recorded"].tolist() == [True, False]
    assert found["q_value"].isna().all()


@pytest.mark.parametrize("stage", ["Lead", "Offer"])
def test_deals_have_no_dates_in_a_stage_nobody_recorded(stage):
    engine = without_history()
    found = engine.run(deals_in_stage(engine.tables, Filters(END), stage, counting=Counting("filled")))
    assert len(found) >= 3
    assert found[["entered_at", "left_at", "days"]].isna().all(axis=None)
    assert (found["created_at"] == pd.Timestamp(day(1))).all()


def test_deals_keep_the_dates_that_were_recorded(engine):
    found = engine.run(deals_in_stage(engine.tables, Filters(END), "Offer", counting=Counting("filled"))).set_index(
        "deal_id"
    )
    assert found.loc["2", ["entered_at", "left_at", "days"]].tolist() == [day(2), day(6), 4]
    assert found.loc["4", ["entered_at", "left_at", "days"]].isna().all()


def test_open_deals_are_neither_lost_nor_left_out():
    """Half of the deals advance, in about ten days; lost ones linger for about a hundred. The truth is one half."""
    random = np.random.default_rng(1)
    n = 4000
    entered = pd.Timestamp("2025-01-01") + pd.to_timedelta(random.uniform(0, 390, n), unit="D")
    advances = np.arange(n) % 2 == 0
    left = entered + pd.to_timedelta(
        np.where(advances, random.exponential(10, n), random.exponential(100, n)), unit="D"
    )
    frame = pd.DataFrame(
        {
            "deal_id": [str(place) for place in range(n)], "pipeline": "Sales", "stage": "Lead", "stage_order": 1,
            "outcome": "open", "visit": 1, "entered_at": entered, "left_at": left,
            "fate": np.where(advances, "advanced", "lost"),
            "is_recorded": True, "is_skipped": False, "skips_before": 0,
        }
    )  # fmt: skip
    engine = Engine.in_memory({"deals": {"deal_id": frame["deal_id"], "status": ["open"] * n}, "stage_entries": frame})
    lead = by_stage(engine, Filters(date(2026, 1, 15)))["Lead"]
    assert lead["low"] < 0.5 < lead["high"]
    assert lead["conversion"] == pytest.approx(0.5, abs=0.02)
    assert lead["conversion_ended"] > 0.56
    assert lead["advanced"] / lead["entered"] < 0.49


def test_conversion_is_that_of_lifelines():
    from lifelines import AalenJohansenFitter

    engine = random_workspace(size=500)
    filters = Filters(date(2025, 8, 31))
    lead = by_stage(engine, filters)["Offer"]
    stays_ = engine.run(filters.stage_entries(engine.tables))
    first = stays_[(stays_["stage"] == "Offer")].sort_values("visit").drop_duplicates("deal_id")
    end = first["left_at"].fillna(pd.Timestamp(filters.now))
    hours = np.floor((end - first["entered_at"]) / pd.Timedelta(hours=1))
    # Events come before censorings of the same hour; lifelines refuses ties of different kinds.
    days = (
        hours + first["fate"].map({"advanced": 0, "lost": 1e-6, "back": 2e-6, "handed_off": 3e-6, "still": 4e-6})
    ) / 24
    causes = first["fate"].map({"still": 0, "advanced": 1, "lost": 2, "back": 2, "handed_off": 2})
    fitted = AalenJohansenFitter(calculate_variance=False).fit(days, causes, event_of_interest=1)
    expected = fitted.cumulative_density_["CIF_1"].loc[: lead["horizon_days"] + 1e-3].iloc[-1]
    assert lead["conversion"] == pytest.approx(expected, abs=2e-3)


def test_money_of_several_currencies_is_not_added():
    frame = deals(("1", "open", "Ann", 10, day(1), None), ("2", "open", "Bob", 20, day(1), None))
    engine = Engine.in_memory(
        {
            "deals": frame.assign(currency=["EUR", "USD"]),
            "stage_entries": stays(("1", "Lead", day(1), None, "still"), ("2", "Lead", day(1), None, "still")),
        }
    )
    assert by_stage(engine)["Lead"]["value_entered"] is None
    grouped = rows(stage_conversion(engine.tables, Filters(END), find("owner", engine.tables)).answer(engine.run))
    assert [(row["owner"], row["value_entered"], row["currency"]) for row in grouped] == [
        ("Ann", 10, "EUR"),
        ("Bob", 20, "USD"),
    ]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("as_of", [date(2025, 2, 1), date(2025, 6, 30), date(2026, 6, 30)])
def test_every_deal_is_somewhere(rule, as_of):
    engine = random_workspace(3, size=250)
    filters = Filters(as_of)
    found = stage_conversion(engine.tables, filters, counting=Counting(rule)).answer(engine.run)
    assert (found[list(FATES)].sum(axis=1) == found["entered"]).all()
    known = found[found["conversion"].notna()]
    assert ((known["low"] <= known["conversion"] + 1e-9) & (known["conversion"] <= known["high"] + 1e-9)).all()
    grouped = stage_conversion(engine.tables, filters, find('sales "area"', engine.tables), Counting(rule)).answer(
        engine.run
    )
    assert 'Sales "area"' in grouped
    for name in ("entered", *FATES):
        assert grouped.groupby("stage_order")[name].sum().tolist() == found[name].tolist()


def test_groups_are_compared_with_the_rest_at_the_same_age():
    frame = stays(
        *((f"a{n}", "Lead", day(1), day(2), "advanced" if n < 50 else "lost") for n in range(60)),
        *((f"b{n}", "Lead", day(1), day(2), "advanced" if n < 20 else "lost") for n in range(60)),
        *((f"c{n}", "Lead", day(1), day(2), "advanced") for n in range(20)),
    )
    owners = {"a": "Ann", "b": "Bob", "c": "Cy"}
    engine = Engine.in_memory(
        {
            "deals": {
                "deal_id": frame["deal_id"],
                "status": ["open"] * 140,
                "owner": [owners[key[0]] for key in frame["deal_id"]],
            },
            "stage_entries": frame,
        }
    )
    found = (
        stage_conversion(engine.tables, Filters(END), find("owner", engine.tables))
        .answer(engine.run)
        .set_index("owner")
    )
    assert found.loc["Bob", "q_value"] < 0.001
    assert pd.isna(found.loc["Cy", "q_value"])
    assert found.loc["Ann", "tests"] == 2


def test_a_breakdown_by_stage_keeps_its_own_name(engine):
    found = stage_conversion(engine.tables, Filters(END), find("stage", engine.tables)).answer(engine.run)
    assert {"deals.stage", "stage"} <= set(found.columns)


def test_a_deal_counts_once_a_stage():
    engine = random_workspace(5, size=250)
    for merge_won in (False, True):
        stays_ = engine.run(first_stays(engine.tables, Filters(date(2025, 6, 30)), Counting("filled"), None, merge_won))
        assert len(stays_) > 250
        assert not stays_.duplicated(["pipeline", "stage", "deal_id"]).any()


def test_a_window_tells_late_from_in_time_and_loses_nobody(engine):
    # Deals 1, 2, 4 and 5 moved on from Lead after 2, 1, 8 and 3 days; deal 3 has been there for 27.
    found = by_stage(engine, counting=Counting(window_days=3))["Lead"]
    assert identity(found) == (5, 4, 0, 0, 0, 1)
    assert (found["late"], found["window_days"], found["horizon_days"]) == (1, 3, 3)
    assert found["conversion"] == pytest.approx(3 / 5)
    assert found["conversion_ended"] == pytest.approx(3 / 5)  # deal 3 is past the window too
    assert by_stage(engine)["Lead"]["late"] is None
    late = engine.run(deals_in_stage(engine.tables, Filters(END), "Lead", "late", Counting(window_days=3)))
    assert late["deal_id"].tolist() == ["4"]


def test_open_deals_within_the_window_are_not_late(engine):
    # On 8 January deal 3 has been in Lead for four days, deal 4 for eight.
    filters = Filters(date(2026, 1, 8))
    found = by_stage(engine, filters, counting=Counting(window_days=5))["Lead"]
    assert (found["advanced"], found["late"], found["still"]) == (3, 0, 2)
    assert found["conversion_ended"] == pytest.approx(3 / 4)  # deal 4 had its five days, deal 3 has not


def test_a_stage_can_have_a_window_of_its_own(engine):
    found = by_stage(engine, counting=Counting(window_days=100, step_windows=(("Offer", 2),)))
    assert (found["Lead"]["late"], found["Lead"]["window_days"]) == (0, 100)
    assert (found["Offer"]["late"], found["Offer"]["window_days"]) == (1, 2)  # deal 1 took four days
    assert found["Offer"]["conversion"] == 0


def test_going_past_an_optional_stage_is_no_skip(engine):
    optional = Counting("strict", optional=("Offer",))
    found = by_stage(engine, counting=optional)
    assert found["Deal"]["entered"] == by_stage(engine)["Deal"]["entered"] == 2
    assert found["Won"]["entered"] == 2
    assert found["Offer"]["is_optional"] is True
    filled_in = by_stage(engine, counting=Counting("filled", optional=("Offer",)))["Offer"]
    assert (filled_in["entered"], filled_in["skipped"]) == (3, 0)
    assert len(engine.run(skippers(engine.tables, Filters(END), optional))) == 0


def test_deals_taken_out_are_counted_and_gone_from_every_stage(engine):
    found = by_stage(engine, counting=Counting(excluded=("Lost",)))
    assert identity(found["Lead"]) == (4, 3, 0, 0, 0, 1)
    assert {row["excluded"] for row in found.values()} == {1}
    assert "Lost" not in found
    # On 5 January deal 2 had not been lost yet.
    assert by_stage(engine, Filters(date(2026, 1, 5)), counting=Counting(excluded=("Lost",)))["Lead"]["excluded"] == 0


def test_deals_lost_for_a_reason_can_be_taken_out():
    frame = stays(*((str(n), "Lead", day(1), day(4), "lost") for n in range(3)))
    table = deals(*((str(n), "lost", "Ann", 1, day(1), day(4)) for n in range(3)))
    engine = Engine.in_memory(
        {"deals": table.assign(lost_reason=["Price", "Not a fit", None]), "stage_entries": frame, "stages": STAGES}
    )
    counting = Counting(excluded_reasons=("Not a fit",))
    lead = by_stage(engine, counting=counting)["Lead"]
    assert (lead["entered"], lead["excluded"]) == (2, 1)
    assert by_stage(engine, Filters(date(2026, 1, 3)), counting=counting)["Lead"]["entered"] == 3  # not lost yet


def test_activity_dates_bound_the_entry_of_the_stay(engine):
    period = Filters(END, since=date(2026, 1, 4), until=date(2026, 1, 8))
    found = by_stage(engine, period, counting=Counting(dated="active"))
    assert identity(found["Lead"]) == (1, 0, 0, 0, 0, 1)  # deal 3; deal 5 came back, which is not its first stay
    assert identity(found["Offer"]) == (1, 0, 0, 1, 0, 0)  # deal 5, created before the period
    assert identity(found["Deal"]) == (1, 1, 0, 0, 0, 0)
    assert identity(by_stage(engine, period)["Offer"]) == (0, 0, 0, 0, 0, 0)  # the cohort is deal 3 alone


def test_the_owner_then_is_the_stays_and_now_the_deals():
    frame = stays(
        ("1", "Lead", day(1), day(3), "advanced"),
        ("1", "Offer", day(3), None, "still"),
        ("2", "Lead", day(1), day(5), "lost"),
    ).assign(owner=["Ann", "Bob", "Bob"])
    engine = Engine.in_memory(
        {
            "deals": deals(("1", "open", "Bob", 1, day(1), None), ("2", "lost", "Bob", 1, day(1), day(5))),
            "people": {"person_id": ["p1", "p2"], "person_name": ["Ann", "Bob"], "team": ["East", "West"]},
            "stages": STAGES,
            "stage_entries": frame,
        }
    )

    def entered(by, owner, where=()):
        question = stage_conversion(
            engine.tables, Filters(END, where=where), find(by, engine.tables), Counting(owner=owner)
        )
        found = question.answer(engine.run)
        return {row[by]: row["entered"] for row in rows(found) if row["stage"] == "Lead"}

    assert entered("owner", "now") == {"Bob": 2}
    assert entered("owner", "then") == {"Ann": 1, "Bob": 1}
    assert entered("team", "then") == {"East": 1, "West": 1}
    ann = Choice(find("owner", engine.tables), ("Ann",))
    assert entered("owner", "then", (ann,)) == {"Ann": 1}
    both = owner_attribution(engine.tables, Filters(END)).answer(engine.run)
    lead = both[both["stage"] == "Lead"].set_index("owner")
    assert lead["entered_now"].to_dict() == {"Ann": 0, "Bob": 2}
    assert lead["entered_then"].to_dict() == {"Ann": 1, "Bob": 1}
    assert set(zip(lead["owner_known"], lead["owner_differs"], strict=True)) == {(2, 1)}
    assert len(engine.run(names_owners(engine.tables))) == 1
    assert len(five_deals().run(names_owners(engine.tables))) == 0


def with_leads():
    """Six leads: two became deals 1 and 2 (one of them twice), one is given up, one is open, one became another pipeline's deal."""
    leads = pd.DataFrame(
        [
            ("a", day(1), "Converted", True, day(3), "1"),
            ("b", day(1), "Converted", True, day(2), "2"),
            ("b2", day(2), "Converted", True, day(2), "2"),
            ("c", day(1), "Unqualified", False, None, None),
            ("d", day(1), "Working", False, None, None),
            ("e", day(1), "Converted", True, day(2), "9"),
        ],
        columns=["lead_id", "created_at", "status", "is_converted", "converted_at", "deal_id"],
    ).assign(source="Web", owner="Ann")
    leads["converted_at"] = pd.to_datetime(leads["converted_at"])
    return Engine.in_memory(
        {
            "deals": pd.concat(
                [
                    deals(
                        ("1", "won", "Ann", 100, day(3), day(9)),
                        ("2", "open", "Ann", 50, day(2), None),
                        ("3", "open", "Bob", 70, day(2), None),
                    ),
                    deals(("9", "open", "Bob", 1, day(2), None)).assign(pipeline="Renewals"),
                ]
            ),
            "leads": leads,
            "stages": STAGES,
            "stage_entries": stays(
                ("1", "Lead", day(3), day(5), "advanced"),
                ("2", "Lead", day(2), None, "still"),
                ("3", "Lead", day(2), None, "still"),
            ),
        }
    )


def test_the_funnel_can_start_at_the_leads():
    engine = with_leads()
    found = by_stage(engine, Filters(END, pipeline="Sales"), counting=Counting(from_leads=True))
    assert list(found)[:2] == ["Leads", "Lead"]
    assert identity(found["Leads"]) == (5, 2, 1, 0, 1, 1)  # leads b and b2 are one
    assert found["Leads"]["advanced_value"] == 150
    assert identity(found["Lead"]) == (3, 1, 0, 0, 0, 2)
    assert found["Lead"]["of_first"] == 3 / 5
    assert found["Lead"]["without_lead"] == 1  # deal 3
    # As of the second day lead a had not become a deal.
    then = by_stage(engine, Filters(date(2026, 1, 2), pipeline="Sales"), counting=Counting(from_leads=True))
    assert identity(then["Leads"]) == (5, 1, 1, 0, 1, 2)


def test_leads_refuse_what_they_do_not_have():
    engine = with_leads()
    by_owner = stage_conversion(engine.tables, Filters(END), find("owner", engine.tables), Counting(from_leads=True))
    assert {row["owner"] for row in rows(by_owner.answer(engine.run)) if row["stage"] == "Leads"} == {"Ann", "Bob"}
    with pytest.raises(RequestProblem, match="Leads have no product"):
        stage_conversion(engine.tables, Filters(END), find("product", engine.tables), Counting(from_leads=True))


def test_one_question_answers_for_every_rule(engine):
    found = conversion_by_rule(engine.tables, Filters(END)).answer(engine.run)
    for rule in RULES:
        alone = stage_conversion(engine.tables, Filters(END), None, Counting(rule), merge_won=True).answer(engine.run)
        own = found[found["rule"] == rule].reset_index(drop=True)
        pd.testing.assert_frame_equal(own[list(alone.columns)], alone, check_dtype=False)


@pytest.mark.parametrize(
    "counting",
    [
        Counting(window_days=5),
        Counting("filled", optional=("Offer",), step_windows=(("Lead", 3),)),
        Counting("strict", optional=("Offer", "Deal"), excluded=("Lost",)),
        Counting("filled", dated="active", owner="then"),
    ],
)
def test_however_it_is_counted_every_deal_is_somewhere(counting):
    engine = random_workspace(3, size=250)
    filters = Filters(date(2025, 6, 30), since=date(2025, 2, 1))
    found = stage_conversion(engine.tables, filters, counting=counting).answer(engine.run)
    assert found["entered"].sum() > 100
    assert (found[list(FATES)].sum(axis=1) == found["entered"]).all()
    assert (found["late"].fillna(0) <= found["advanced"]).all()
    known = found[found["conversion"].notna()]
    assert ((known["low"] <= known["conversion"] + 1e-9) & (known["conversion"] <= known["high"] + 1e-9)).all()
    stays_ = engine.run(first_stays(engine.tables, filters, counting))
    assert (
        stays_.groupby("stage").size().to_dict() == found.set_index("stage")["entered"].loc[lambda n: n > 0].to_dict()
    )
