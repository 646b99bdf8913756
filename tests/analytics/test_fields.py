from datetime import datetime

import pytest

from analytics.fields import LINKS, OTHERS, SIZES, Field, fields, find, with_value
from data.engine import Engine
from data.errors import RequestProblem
from data.schema import Header
from data.tables import Tables

TABLES = Tables(
    (
        Header("deals", "attr_1", 'Sales "Area"', True),
        Header("deals", "owner", "Opportunity  Owner", False),
        Header("customers", "attr_1", "Tier", True),
        Header("customers", "attr_2", 'Sales "Area"', True),
    )
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("owner", ("deals", "owner", "owner")),
        ("OWNER", ("deals", "owner", "owner")),
        ("opportunity owner", ("deals", "owner", "owner")),
        ("team", ("people", "team", "team")),
        ("industry", ("customers", "industry", "industry")),
        ("family", ("products", "family", "family")),
        ("customers.owner", ("customers", "owner", "customers.owner")),
        ('sales "area"', ("deals", "attr_1", 'Sales "Area"')),
        ('customers.sales "area"', ("customers", "attr_2", 'customers.Sales "Area"')),
        ("Tier", ("customers", "attr_1", "Tier")),
    ],
)
def test_a_name_finds_its_field(name, expected):
    field = find(name, TABLES)
    assert (field.table, field.column, field.name) == expected


def test_a_misspelt_name_gets_the_nearest():
    with pytest.raises(RequestProblem, match=r'no field called "ofice".*office'):
        find("ofice", TABLES)


@pytest.mark.parametrize("name", ["amount", "created_at", "expected_close_on"])
def test_amounts_and_dates_make_no_groups(name):
    with pytest.raises(RequestProblem, match="do not make groups"):
        find(name, TABLES)


def test_every_field_can_be_found_by_its_name():
    offered = fields(TABLES)
    assert {field.table for field in offered} == {"deals", *LINKS}
    for field in offered:
        assert find(field.name, TABLES) == field


def test_a_field_named_like_a_column_of_the_answer_keeps_apart():
    assert Field("deals", "stage", "Stage").key(("stage", "entered")) == "deals.stage"
    assert Field("deals", "owner", "Owner").key(("stage", "entered")) == "owner"


def test_bands_of_amounts_and_dates_make_groups():
    """Sizes are quarters currency by currency; quarters and months are those of the clock on the wall."""
    engine = Engine.in_memory(
        {
            "deals": {
                "deal_id": list("abcdefgh"),
                "amount": [1.0, 2.0, 3.0, 4.0, 100.0, 200.0, 300.0, None],
                "currency": ["EUR"] * 4 + ["USD"] * 4,
                "created_at": [datetime(2026, 3, 31, 22)] * 7 + [None],
            }
        }
    )

    def groups(name: str, zone: str = "UTC") -> list[str | None]:
        field = find(name, engine.tables)
        told = engine.run(with_value(engine.tables.deals, engine.tables, field, "group", time_zone=zone))
        told = told.sort_values("deal_id")["group"]
        return [value if isinstance(value, str) else None for value in told]

    assert groups("deal_size")[:4] == list(SIZES) and groups("deal_size")[4] == "smallest"
    assert groups("deal_size")[6:] == ["largest", None]
    assert groups("created_quarter")[0] == "2026-Q1" and groups("created_quarter", "Asia/Jerusalem")[0] == "2026-Q2"
    assert groups("created_month")[7] is None and groups("created_month", "Asia/Jerusalem")[0] == "2026-04"


def test_a_folded_field_tells_only_its_values_apart():
    engine = Engine.in_memory({"deals": {"deal_id": list("abcd"), "source": ["Event", "Partner", None, "Web"]}})
    field = find("source", engine.tables).folded(("Event",))
    told = engine.run(with_value(engine.tables.deals, engine.tables, field, "group")).sort_values("deal_id")["group"]
    assert told.fillna("-").tolist() == ["Event", OTHERS, "-", OTHERS]
