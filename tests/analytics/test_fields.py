import pytest

from analytics.fields import LINKS, Field, fields, find
from data.errors import RequestProblem
from data.schema import Header, Tables

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
