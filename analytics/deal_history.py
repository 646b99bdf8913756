"""What deals were at a moment of the past, told from the recorded changes of their fields."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
from ibis import _

from data.tables import Tables


def changes_of(tables: Tables, field: str) -> ir.Table:
    """The dated changes of one field, each with its `turn` among those of its deal."""
    changes = tables.deal_changes.filter((_.field == field) & _.changed_at.notnull())
    order = [_.changed_at, _.changed_after.asc(nulls_first=True), _.old_value, _.new_value]
    return changes.mutate(turn=ibis.row_number().over(group_by="deal_id", order_by=order))


def with_values_at(rows: ir.Table, tables: Tables, field: str, moments: Mapping[str, str]) -> ir.Table:
    """`rows` of deals, one a `deal_id` and `part`, with the field's value at each moment, by the name of its new column.

    The value is what the last change until then made of it; before the first change, what that one found; without any
    change, what the deal has now. It has the type of the deal's column `field`, which `rows` have too.
    """
    changes = changes_of(tables, field).select("changed_at", "old_value", "new_value", "turn", of_deal=_.deal_id)
    asked = rows.select("deal_id", "part", *dict.fromkeys(moments.values()))
    known = asked.inner_join(changes, [("deal_id", "of_deal")])
    # An empty value must not be taken for none recorded.
    values = {
        f"{name}_then": _.new_value.fill_null("").argmax(_.turn, where=_.changed_at <= known[moment])
        for name, moment in moments.items()
    }
    found = known.agg(
        **values,
        value_before=_.old_value.fill_null("").argmin(_.turn),
        by=[_.deal_id.name("deal_of_value"), _.part.name("part_of_value")],
    )
    joined = rows.left_join(found, [("deal_id", "deal_of_value"), ("part", "part_of_value")])
    kind = rows[field].type()
    return joined.mutate(
        **{
            name: _.deal_of_value.isnull().ifelse(
                _[field], _[f"{name}_then"].coalesce(_.value_before).nullif("").try_cast(kind)
            )
            for name in moments
        }
    ).drop(*values, "value_before", "deal_of_value", "part_of_value")
