"""A template says what compiling would say, and columns taken out change no row."""

from dataclasses import replace
from datetime import date, datetime

import ibis
import pandas as pd
import pytest
from ibis import _

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.win_rate import win_rate
from data import compiling
from data.engine import Engine

DAY = date(2026, 3, 31)
HOSTILE = ["shimur place 0", "'shimur place 1'", "it's", "MAKE_DATE(9875, 1, 1)", "\\", "%s {}", ""]


@pytest.fixture(scope="module")
def engine():
    owners = ["Dana", "Omer", *HOSTILE]
    return Engine.in_memory(
        {
            "deals": {
                "deal_id": [str(number) for number in range(18)],
                "owner": owners * 2,
                "status": ["won", "lost", "open"] * 6,
                "amount": [float(number) for number in range(18)],
                "created_at": [datetime(2026, 1, 1 + number) for number in range(18)],
                "closed_at": [datetime(2026, 2, 1 + number) for number in range(18)],
            }
        }
    )


def words(sql):
    """The text of a query, however its lines are broken."""
    return "".join(sql.split())


def asks(engine, filters):
    return win_rate(engine.tables, filters, find("owner", engine.tables)).asks


@pytest.mark.parametrize("values", [("Dana",), ("Omer", "Dana"), ("won", "open"), tuple(HOSTILE)])
@pytest.mark.parametrize(
    "since, until", [(None, None), (date(2026, 1, 1), DAY), (DAY, DAY), (date(2026, 1, 5), date(2026, 1, 9))]
)
def test_a_template_says_what_compiling_says(engine, values, since, until):
    first = Filters(DAY, date(2025, 1, 1), date(2025, 2, 1), (Choice(find("owner", engine.tables), ("a", "b")),))
    for expression in asks(engine, first).values():
        compiling.to_sql(expression)
    now = replace(first, since=since, until=until, where=(Choice(find("owner", engine.tables), values),))
    for name, expression in asks(engine, now).items():
        assert words(compiling.to_sql(expression)) == words(compiling._compiled(expression.op())), name


def test_another_day_needs_no_compiling_anew(engine):
    days = [Filters(date(2026, 2, day), date(2026, 1, day), date(2026, 1, 20)) for day in range(2, 9)]
    for expression in asks(engine, days[0]).values():
        compiling.to_sql(expression)
    made = compiling._template.cache_info().misses
    for filters in days[1:]:
        for expression in asks(engine, filters).values():
            compiling.to_sql(expression)
    assert compiling._template.cache_info().misses == made


def test_numbers_and_words_beside_the_values_are_told_apart(engine):
    deals = engine.tables.deals
    assert "-1" in compiling.to_sql(deals.select(x=_.amount + -1))
    assert "-2" in compiling.to_sql(deals.select(x=_.amount + -2))
    assert "'won'" in compiling.to_sql(deals.select(x=_.status == "won"))
    assert "'lost'" in compiling.to_sql(deals.select(x=_.status == "lost"))
    assert "TRUE" in compiling.to_sql(deals.select(x=ibis.literal(True)))
    assert "TRUE" not in compiling.to_sql(deals.select(x=ibis.literal(1)))


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_found_as_it_is_written(engine, value):
    found = engine.run(engine.tables.deals.filter(_.owner.isin([value, "nobody"])).select("owner"))
    assert list(found["owner"]) == [value, value]


@pytest.mark.parametrize("value", HOSTILE[:4])
def test_a_text_that_reads_like_a_place_stays_a_text(engine, value):
    early = engine.tables.deals.filter(_.created_at < datetime(2026, 1, 20))
    place = compiling._WORD.format(0)
    for text in (value, f"a '{value}' b", f"'{place}'", "MAKE_TIMESTAMP(9876, 1, 1, 0, 0, 0.0)"):
        for expression in (
            early.filter((_.owner == text) & _.status.isin(["won", "lost", "open"])).agg(n=_.count()),
            early.select(told=ibis.literal(text)).distinct(),
            early.select(**{text: _.deal_id}),
        ):
            by_ibis = engine.query(str(ibis.to_sql(expression, dialect="duckdb")))
            pd.testing.assert_frame_equal(engine.run(expression), by_ibis)


def test_two_equal_days_do_not_become_one_place_for_two_others(engine):
    deals = engine.tables.deals

    def between(since, until):
        return deals.filter((_.created_at >= since) & (_.created_at < until)).count().as_table()

    same, other = datetime(2026, 1, 5), datetime(2026, 1, 8)
    assert engine.run(between(same, same)).iloc[0, 0] == 0
    assert engine.run(between(same, other)).iloc[0, 0] == 3
    assert engine.run(between(other, same)).iloc[0, 0] == 0


def relations(tables):
    deals = tables.deals
    plus = deals.mutate(double=_.amount * 2, day=_.created_at.date())
    per_owner = plus.group_by("owner").agg(n=_.count(), total=_.double.sum(), most=_.amount.max())
    ranked = plus.mutate(place=ibis.row_number().over(group_by="status", order_by=[_.amount, _.deal_id]))
    return {
        "count": plus.count().as_table(),
        "rows without columns": deals.drop("owner").count().as_table(),
        "join": plus.inner_join(per_owner, "owner").select("deal_id", "n", "double"),
        "own join": plus.left_join(per_owner.view(), [("owner", "owner")]).agg(n=_.n.sum()),
        "window": ranked.filter(_.place == 0).select("deal_id", "status"),
        "dropped": plus.drop("amount", "status").filter(_.double > 6).select("deal_id", "double"),
        "union": plus.select("deal_id", x=_.amount).union(per_owner.select(deal_id="owner", x=_.total)).agg(t=_.x.sum()),
        "distinct": plus.select("owner", "status").distinct().agg(n=_.count()),
        "sorted": plus.order_by(_.double.desc(), _.deal_id).limit(5).select("deal_id"),
        "subquery": deals.filter(_.amount > deals.amount.mean()).select("deal_id"),
        "member": deals.filter(_.owner.isin(per_owner.filter(_.n > 1).owner)).agg(n=_.count()),
        "crossed": deals.cross_join(deals.agg(most=_.amount.max())).agg(n=_.count(where=_.amount == _.most)),
        "unnested": deals.mutate(each=ibis.array([1, 2, 3]).unnest()).agg(n=_.count()),
        "no row": deals.filter(_.amount > 99).agg(n=_.count(), top=_.amount.max()),
    }  # fmt: skip


def test_columns_taken_out_change_no_row(engine):
    for name, expression in relations(engine.tables).items():
        by_ibis = engine.query(str(ibis.to_sql(expression, dialect="duckdb")))
        ours = engine.run(expression)
        order = list(by_ibis.columns)
        assert list(ours.columns) == order, name
        pd.testing.assert_frame_equal(
            ours.sort_values(order, ignore_index=True), by_ibis.sort_values(order, ignore_index=True)
        )


def test_columns_nobody_asks_for_are_not_in_the_query(engine):
    sql = compiling.to_sql(engine.tables.deals.mutate(double=_.amount * 2).drop("stage").agg(n=_.double.sum()))
    assert '"amount"' in sql and "owner" not in sql
