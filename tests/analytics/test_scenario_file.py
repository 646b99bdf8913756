"""A scenario that is written reads back as it was, and what is no scenario is refused with where and why."""

import base64
import json
import zlib
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.what_if import share
from analytics.what_if.scenario import KINDS, LEVERS, NOTHING, Capacity, Cost, Lever, Range, Scenario, Target
from analytics.what_if.scenario_file import as_json, as_name, example, of_json, read, written
from analytics.what_if.scenario_text import LARGEST
from data.errors import RequestProblem

HOSTILE = "<script>alert(1)</script> {x} '); DROP TABLE x; -- =HYPERLINK()"

# Text without what a name loses on the way in.
NOT_IN_NAMES: tuple[Any, ...] = ("Cc", "Cs", "Cf", "Zl", "Zp", "Zs")
NOT_IN_TEXT: tuple[Any, ...] = ("Cs",)
NAMES = st.text(st.characters(exclude_categories=NOT_IN_NAMES), max_size=30)
TEXTS = st.text(st.characters(exclude_categories=NOT_IN_TEXT), max_size=30)
FILLED = st.text(st.characters(exclude_categories=NOT_IN_TEXT), min_size=1, max_size=30)
COSTS = st.floats(0, 1e9).map(lambda value: round(value, 4))


def ranges(least, most):
    three = st.lists(st.floats(least, most), min_size=3, max_size=3).map(sorted)
    return three.map(lambda found: Range(*found))


@st.composite
def levers(draw):
    kind = draw(st.sampled_from(KINDS))
    known = LEVERS[kind]
    values = st.lists(TEXTS, min_size=1, max_size=3).map(tuple)
    fields = draw(
        st.dictionaries(st.sampled_from(["country", "segment", "attr 7", "לקוח", "a: b #c"]), values, max_size=2)
    )
    target = Target(
        quadrants=draw(st.sampled_from([(), ("protect",), ("keep", "grow")])),
        tiers=draw(st.sampled_from([(), ("A",), ("B", "C")])),
        lifecycles=draw(st.sampled_from([(), ("core",)])),
        owners=tuple(draw(st.lists(TEXTS, max_size=2))),
        customers=tuple(draw(st.lists(TEXTS, max_size=3))),
        where=tuple(fields.items()),
    )
    share_of = st.none() | ranges(0, 100)
    return Lever(
        kind,
        NOTHING if kind == "largest_leaves" else draw(ranges(known.least, known.most)),
        target,
        draw(NAMES),
        draw(st.integers(0, 60)),
        draw(st.integers(0, 60)),
        draw(st.none() | st.floats(0.5, 100)),
        draw(st.none() | st.floats(0.5, known.most)) if known.most > 1 else None,
        Cost(*(Range.of(draw(COSTS)) for _part in range(4))),
        draw(ranges(0, 100)) if kind == "contact_coverage" else draw(share_of),
        draw(share_of),
        draw(ranges(0, 100)),
        draw(FILLED),
        draw(FILLED),
    )


SCENARIOS = st.builds(
    Scenario,
    name=NAMES,
    levers=st.lists(levers(), max_size=3).map(tuple),
    horizon_months=st.integers(3, 60),
    seed=st.integers(0, 2**53),
    draws=st.integers(100, 100_000),
    discount_rate=st.floats(0, 1),
    margin=st.none() | st.floats(0, 1),
    currency=st.none() | st.sampled_from(["ILS", "USD", "NO", "123"]),
    budget=st.none() | st.floats(0, 1e12),
    capacity=st.none().map(Capacity) | st.floats(0, 1000).map(Capacity),
    counts_new=st.booleans(),
)


@settings(deadline=None, max_examples=60)
@given(SCENARIOS)
def test_what_is_written_reads_back(scenario):
    assert read(written(scenario)) == scenario
    assert read(as_json(scenario)) == scenario
    assert of_json(as_json(scenario)) == scenario
    assert written(read(written(scenario))) == written(scenario)


@settings(deadline=None, max_examples=60)
@given(SCENARIOS)
def test_a_link_opens_to_what_it_was_made_of(scenario):
    try:
        link = share.link(scenario)
    except RequestProblem as problem:
        assert "too long" in str(problem)
        return
    kept = tuple(lever for lever in scenario.levers if not lever.target.customers)
    assert share.opened(link.text) == replace(scenario, levers=kept)
    assert link.left_out == len(scenario.levers) - len(kept)


def test_names_are_readable_in_the_file_and_numbers_of_customers_stay_what_they_are():
    scenario = Scenario("שימור לקוחות", (Lever("retention", Range.of(5), Target(customers=("007", "1.50", "null"))),))
    assert "name: שימור לקוחות" in written(scenario)
    found = read("levers: [{lever: retention, amount: 5, target: {customers: [007, 1.50, no, 2026-01-01, 1:30]}}]")
    assert found.levers[0].target.customers == ("007", "1.50", "no", "2026-01-01", "1:30")


def test_singular_and_plural_one_and_several_and_a_range_or_a_number():
    found = read(
        """
        name: Both
        levers:
          - {lever: retention, low: 1, likely: 2, high: 3, target: {quadrants: [protect, keep], tier: A, segment: SMB}}
          - {lever: save_rate, amount: {low: 1, likely: 2, high: 3}, coverage: 60, cost: {per_save: {low: 1, likely: 2, high: 9}}}
          - {lever: largest_leaves}
        capacity: {per_owner_per_month: 4}
        """
    )
    one, two, three = found.levers
    assert one.target == Target(("protect", "keep"), ("A",), where=(("segment", ("SMB",)),))
    assert one.amount == two.amount == Range(1, 2, 3)
    assert (two.coverage, two.cost.per_save) == (Range.of(60), Range(1, 2, 9))
    assert three.amount == NOTHING
    assert found.capacity.per_owner_per_month == 4


LEVER = "levers: [{{lever: retention, amount: 5, {}}}]".format


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "empty", "levers"),
        ("name: x", "levers is missing", ""),
        ("levers: 5", "levers: a list", ""),
        ("levers: [5]", "levers 1", "keys with values"),
        ("levers: []\nfoo: 1", '"foo"', "Known here"),
        ("levers: []\nhorizon_monhts: 12", '"horizon_monhts"', "Perhaps horizon_months"),
        ("levers: []\nhorizon_months: 2", "2 months", "3 to 60"),
        ("levers: []\nhorizon_months: 12.5", "horizon_months", "whole number"),
        ("levers: []\nseed: -1", "seed", "0 or more"),
        ("levers: []\nmargin: 35", "35 is not a share", "0.35"),
        ("levers: []\ncounts_new: 'true'", "counts_new", "without quotes"),
        ("levers: []\nname: {a: 1}", "name: text is expected", ""),
        ("levers: [{amount: 5}]", "levers 1: the key lever is missing", ""),
        ("levers: [{lever: retention}]", "levers 1: its amount is missing", "low, likely and high"),
        ("levers: [{lever: retention, low: 1, high: 2}]", "likely is missing", ""),
        ("levers: [{lever: retention, amount: 5, low: 1}]", "amount beside low", ""),
        ("levers: [{lever: retention, low: 3, likely: 2, high: 5}]", "levers 1", "lowest first"),
        ("levers: [{lever: retention, amount: 101}]", "levers 1", "-100 to 100"),
        ("levers: [{lever: retention, amount: '5'}]", 'levers 1, amount: a number is expected, not "5"', "no quotes"),
        ("levers: [{lever: retention, amount: 5%}]", "levers 1, amount", "no %"),
        ("levers: [{lever: retention, amount: 1,000}]", "levers 1", '"000"'),
        ("levers: [{lever: retention, amount: true}]", "not true", ""),
        ("levers: [{lever: retention, amount: .nan}]", ".nan", "digits"),
        ("levers: [{lever: retention, amount: 1e999}]", "1e999", "digits"),
        ("levers: [{lever: retantion, amount: 5}]", '"retantion"', "Perhaps retention"),
        ("levers: [{lever: largest_leaves, amount: 5}]", "no amount", ""),
        ("levers: [{lever: win_rate, amount: 5}, {lever: stage_time, amount: 5}]", "levers 2", "stage"),
        (LEVER("target: {customers: []}"), "levers 1, target, customers: the list is empty", ""),
        (LEVER("target: {quadrant: portect}"), '"portect"', "Perhaps protect"),
        (LEVER("target: {tier: Z}"), '"Z"', "A, B, C"),
        (LEVER("target: {tier: }"), "tier: text is expected, not nothing", ""),
        (LEVER("target: {owner: A, owners: [B]}"), "said twice", ""),
        (LEVER("target: [protect]"), "target", "quadrant: protect"),
        (LEVER("cost: 5"), "levers 1, cost: keys", "fixed"),
        (LEVER("cost: {fixed: -5}"), "levers 1, cost", "0 or more"),
        (LEVER("cost: {per_save: {low: 1, high: 2}}"), "levers 1, cost, per_save", "likely"),
        (LEVER("delay_months: 1.5"), "delay_months", "whole"),
        (LEVER("half_life_months: 0"), "levers 1", "half-life"),
        (LEVER("save_rate: 130"), "levers 1", "100 percent"),
        ("levers: []\nlevers: []", '"levers" twice', "line 1"),
        ('{"levers": [], "levers": []}', '"levers" twice', ""),
        ("levers:\n  - lever: x\n bad", "Line 3", ""),
        ("levers: []\n\tname: x", "Line 2", ""),
        ("a: &x [1]\nlevers: *x", "Line 1", "anchor"),
        ("levers: !!python/object/apply:os.system [x]", "Line 1", "tag"),
        ("levers: []\n---\nlevers: []", "Line 2", ""),
        ("levers: []\nname: a\x00b", "Line 2", ""),
        ("? [a]\n: 1", "Line 1", "key"),
        ("[" * 3000, "nested", ""),
        ("levers: " + "[" * 25 + "]" * 25, "nested", ""),
        ("#" * (LARGEST + 1), "characters", ""),
        (LEVER("target: {segment: [" + ",".join("a" * 501) + "]}"), "segment", "500"),
        (f"levers: []\nname: {'x' * 81}", "name", "80"),
    ],
)
def test_what_is_no_scenario_is_refused_with_where_and_why(text, where, what):
    with pytest.raises(RequestProblem) as problem:
        read(text)
    assert where in str(problem.value)
    assert what in str(problem.value)


def test_hostile_names_are_shown_as_they_are_and_lose_what_cannot_be_seen():
    assert as_name(f"{HOSTILE}\u202e\n\x00 ") == HOSTILE
    with pytest.raises(RequestProblem) as problem:
        read(json.dumps({"levers": [{"lever": HOSTILE, "amount": 1}]}))
    assert HOSTILE[:55] in str(problem.value)
    with pytest.raises(RequestProblem, match="twice"):
        written(
            Scenario("x", (Lever("retention", Range.of(1), Target(("protect",), where=(("quadrant", ("keep",)),))),))
        )


@pytest.mark.parametrize("has_customers", [True, False])
@pytest.mark.parametrize("has_deals", [True, False])
@pytest.mark.parametrize("names", [[], ['Sent "offer": #1', "הדגמה", "x\u202ey"]])
def test_the_example_is_a_scenario(has_customers, has_deals, names):
    text = example(names, names, "ILS" if names else None, has_customers, has_deals)
    found = read(text)
    assert found == read(written(found))
    kinds = {LEVERS[lever.kind].acts for lever in found.levers}
    assert ("customers" in kinds, "pipeline" in kinds) == (has_customers, has_deals)
    assert yaml.safe_load(text)["name"] == found.name
    if names and has_deals:
        assert found.levers[-1].stage == "הדגמה"


def test_a_link_holds_no_list_of_customers():
    secret = Lever("retention", Range.of(5), Target(customers=("Acme",)))
    by_field = Lever("retention", Range.of(5), Target(where=(("customer_name", ("Acme",)),)))
    plain = Lever("price", Range.of(2))
    link = share.link(Scenario("x", (secret, plain, by_field)))
    assert share.opened(link.text).levers == (plain,)
    assert link.left_out == 2
    assert "2 levers" in str(link.sentence)
    assert share.link(Scenario("x", (plain,))).sentence is None


@pytest.mark.parametrize("text", ["", "AQ", "AQAAAAB4nA", "%%%", "x" * 100_000, "AgAAAAB4nA", "\u05d0", "AQ AQ"])
def test_what_is_no_link_is_refused(text):
    with pytest.raises(RequestProblem, match="link"):
        share.opened(text)


def test_a_link_that_was_tampered_with_or_would_blow_up_is_refused():
    whole = share.link(Scenario("x", (Lever("price", Range.of(2)),))).text
    for place in range(len(whole)):
        for other in ("A", "z"):
            changed = whole[:place] + other + whole[place + 1 :]
            try:
                assert share.opened(changed) == share.opened(whole)  # the last letter has bits to spare
            except RequestProblem:
                continue
    for cut in range(len(whole)):
        with pytest.raises(RequestProblem):
            share.opened(whole[:cut])
    bomb = b" " * 10_000_000
    packed = b"\x01" + zlib.crc32(bomb).to_bytes(4, "big") + zlib.compress(bomb, 9)
    for text in (packed[:4000], packed + b"more"):
        with pytest.raises(RequestProblem, match="link"):
            share.opened(base64.urlsafe_b64encode(text).decode().rstrip("="))
    said = b'{"levers": [{"lever": "retention", "amount": 1000}]}'
    bad = b"\x01" + zlib.crc32(said).to_bytes(4, "big") + zlib.compress(said)
    with pytest.raises(RequestProblem, match="-100 to 100"):
        share.opened(base64.urlsafe_b64encode(bad).decode().rstrip("="))
