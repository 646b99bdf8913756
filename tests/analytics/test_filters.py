from datetime import date, datetime

import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters, values
from data.engine import Engine
from data.schema import Header
from tests.analytics.sample import day, deals, five_deals, stays

END = date(2026, 1, 31)


@pytest.fixture(scope="module")
def engine():
    return five_deals()


def ids(engine, filters, **options):
    return sorted(engine.run(filters.deals(engine.tables, **options))["deal_id"])


def test_the_day_ends_in_its_time_zone():
    assert Filters(date(2026, 7, 1)).now == datetime(2026, 7, 2)
    assert Filters(date(2026, 7, 1), time_zone="Asia/Jerusalem").now == datetime(2026, 7, 1, 21)
    # On 2026-03-27 clocks in Jerusalem go forward: the day has 23 hours.
    assert Filters(date(2026, 3, 26), time_zone="Asia/Jerusalem").now == datetime(2026, 3, 26, 22)
    assert Filters(date(2026, 3, 27), time_zone="Asia/Jerusalem").now == datetime(2026, 3, 27, 21)


def test_deals_created_later_are_not_there_and_those_closed_later_are_open(engine):
    stood = engine.run(Filters(date(2026, 1, 4)).deals(engine.tables)).set_index("deal_id")
    assert sorted(stood.index) == ["1", "2", "4", "5"]
    assert set(stood["status"]) == {"open"}
    assert stood["closed_at"].isna().all()
    # Closing within the as-of day counts.
    stood = engine.run(Filters(date(2026, 1, 6)).deals(engine.tables)).set_index("deal_id")
    assert stood.loc["2", "status"] == "lost"
    assert stood.loc["2", "closed_at"] == day(6)


def test_a_closed_deal_without_a_date_is_closed():
    engine = Engine.in_memory({"deals": deals(("1", "won", "Ann", 1, None, None))})
    assert engine.run(Filters(date(2000, 1, 1)).deals(engine.tables))["status"].tolist() == ["won"]
    # A period cannot place it.
    assert ids(engine, Filters(END, since=date(2000, 1, 1)), dated="closed") == []


def test_a_period_holds_its_first_and_last_day(engine):
    period = Filters(END, since=date(2026, 1, 6), until=date(2026, 1, 11))
    assert ids(engine, period, dated="closed") == ["1", "2"]
    assert ids(engine, period, dated="created") == []
    assert ids(engine, period) == ["1", "2", "3", "4", "5"]


def test_where_means_or_within_a_field_and_and_between_fields():
    engine = Engine.in_memory(
        {
            "deals": deals(
                ("1", "won", "Ann", "p1", "north"),
                ("2", "won", "Bob", "p2", "north"),
                ("3", "won", "Cy", "p3", "south"),
                ("4", "won", None, None, None),
                columns="deal_id status owner owner_id attr_1",
            ),
            "people": {"person_id": ["p1", "p2", "p2"], "team": ["East", "West", "West"]},
        },
        headers=(Header("deals", "attr_1", "Area", True),),
    )

    def kept(*choices):
        found = tuple(Choice(find(name, engine.tables), chosen) for name, chosen in choices)
        return ids(engine, Filters(END, where=found))

    assert kept(("owner", ("Ann", "Cy"))) == ["1", "3"]
    assert kept(("owner", ("Ann",)), ("owner", ("Cy",))) == ["1", "3"]
    assert kept(("owner", ("Ann", "Cy")), ("area", ("north",))) == ["1"]
    assert kept(("owner", ("",))) == ["4"]
    assert kept(("owner", ("Bob", ""))) == ["2", "4"]
    assert kept(("team", ("West",))) == ["2"]  # p2 is in the file twice, the deal once
    assert kept(("team", ("",))) == ["3", "4"]  # p3 is nobody we know
    assert kept(("area", ("'; DROP TABLE deals; --",))) == []


def test_what_several_questions_ask_of_the_same_deals_is_put_together_once():
    first, again = (Engine.in_memory({}, (Header("deals", "region", "Region", True),)) for _copy in range(2))
    other = Engine.in_memory({})
    filters = Filters(END, where=(Choice(find("owner", first.tables), ("Ann",)),))
    assert first.tables == again.tables != other.tables
    assert filters.deals(first.tables) is filters.deals(again.tables)
    assert "region" in filters.deals(again.tables).columns
    assert "region" not in filters.deals(other.tables).columns
    assert filters.stage_entries(first.tables) is filters.stage_entries(again.tables)


@pytest.mark.parametrize(
    "chosen, kept", [(("East",), ["1"]), (("",), ["3", "4", "5"]), (("East", ""), ["1", "3", "4", "5"]), ((), [])]
)
def test_a_blank_of_a_linked_table_is_no_row_no_value_or_no_key(chosen, kept):
    engine = Engine.in_memory(
        {
            "deals": {"deal_id": list("12345"), "owner_id": ["p1", "p2", "p3", "p9", None]},
            "people": {"person_id": ["p1", "p2", "p3", None], "team": ["East", "West", "", "East"]},
        }
    )
    filters = Filters(END, where=(Choice(find("people.team", engine.tables), chosen),))
    assert ids(engine, filters) == kept


def test_values_are_counted_most_frequent_first(engine):
    found = engine.run(values(engine.tables, find("owner", engine.tables)))
    assert found["value"].iloc[:2].tolist() == ["Ann", "Bob"]
    assert found["value"].isna().tolist() == [False, False, True]
    assert found["deals"].tolist() == [2, 2, 1]


def test_stays_that_ended_later_are_still_going_on(engine):
    found = engine.run(Filters(date(2026, 1, 4)).stage_entries(engine.tables))
    fates = {(row.deal_id, row.stage): row.fate for row in found.itertuples()}
    assert fates == {
        ("1", "Lead"): "advanced",
        ("1", "Offer"): "still",
        ("2", "Lead"): "advanced",
        ("2", "Offer"): "still",
        ("4", "Lead"): "still",
        ("5", "Lead"): "advanced",
        ("5", "Offer"): "still",
    }


def test_what_follows_from_a_later_ending_is_not_known_before_it():
    assumed = stays(
        ("1", "Lead", None, None, "advanced"),
        ("1", "Offer", None, None, "advanced"),
        ("1", "Won", None, None, "advanced"),
    ).assign(is_recorded=False)
    engine = Engine.in_memory({"deals": deals(("1", "won", "Ann", 1, day(1), day(9))), "stage_entries": assumed})
    then = engine.run(Filters(date(2026, 1, 5)).stage_entries(engine.tables))
    assert then[["stage", "fate"]].values.tolist() == [["Lead", "still"]]
    now = engine.run(Filters(END).stage_entries(engine.tables))
    assert sorted(now["stage"]) == ["Lead", "Offer", "Won"]
