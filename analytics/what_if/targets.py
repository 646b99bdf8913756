"""Whom a lever acts on, as a condition on the rows of the scores, and which names nobody goes by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

import ibis
import ibis.expr.types as ir

from analytics.customers import who
from analytics.customers.scores import LIFECYCLE
from analytics.customers.value_risk import QUADRANTS
from analytics.fields import Field, find
from analytics.filters import Filters, is_chosen
from analytics.what_if.scenario import Lever, Scenario, Target
from data.customer_settings import TIERS
from data.errors import RequestProblem
from data.messages import Message, say
from data.tables import Tables

YES, NO = ibis.literal(True), ibis.literal(False)
_OWN = ("owner", "owner_id", "customer_id")


@dataclass(frozen=True)
class Named:
    """Something a target names, which somebody should go by: a condition, and what to say where nobody does."""

    condition: ir.BooleanValue
    problem: tuple[Message, Message]


def check(scenario: Scenario, tables: Tables) -> None:
    """Raises RequestProblem where a target names a quadrant, tier, stage of life or field that does not exist."""
    for lever in scenario.levers:
        target = lever.target
        for names, known in ((target.quadrants, QUADRANTS), (target.tiers, TIERS), (target.lifecycles, LIFECYCLE)):
            for name in names:
                if name not in known:
                    raise RequestProblem(
                        say('The target of the lever {lever} names "{name}", which does not exist.', lever=lever.kind, name=name),
                        say("Choose from: {names}.", names=", ".join(known)),
                    )  # fmt: skip
        for name, _values in target.where:
            field_of(name, tables)


def field_of(name: str, tables: Tables) -> Field:
    """The field of customers called so. Raises RequestProblem where there is none."""
    field = find(name, tables, "customers")
    if not who.reaches(field):
        raise RequestProblem(
            say('"{name}" says nothing of customers.', name=name),
            say("Choose a field of the file of customers, such as segment, or of who looks after them."),
        )
    return who.of_customer(field)


def condition(found: ir.Table, target: Target, tables: Tables, filters: Filters) -> ir.BooleanValue:
    """Whether a row of `found`, scores with a `quadrant`, is in the target."""
    parts = [
        found[column].isin(values).fill_null(False)
        for column, values in (("quadrant", target.quadrants), ("tier", target.tiers), ("lifecycle", target.lifecycles))
        if values
    ]
    if target.owners:
        parts.append(reduce(or_, (_owner(found, name) for name in target.owners)))
    if target.customers:
        parts.append(reduce(or_, (_customer(found, name) for name in target.customers)))
    parts += [_holds(found, tables, filters, name, values) for name, values in target.where]
    return reduce(and_, parts, YES)


def of_lever(found: ir.Table, lever: Lever, tables: Tables, filters: Filters) -> ir.BooleanValue:
    """Whether the lever acts on a row: who is in its target, and of an owner who leaves only those it looks after; onboarding
    acts on those that are new (`is_new`)."""
    is_in = condition(found, lever.target, tables, filters)
    if lever.kind == "owner_leaves" and lever.owner is not None:
        is_in = is_in & _owner(found, lever.owner)
    return is_in & found.is_new if lever.kind == "onboarding" else is_in


def named(found: ir.Table, scenario: Scenario, tables: Tables, filters: Filters) -> Iterator[Named]:
    """Every owner, customer and value that the levers name."""
    for lever in scenario.levers:
        owners: Sequence[str] = lever.target.owners + (
            (lever.owner,) if lever.kind == "owner_leaves" and lever.owner else ()
        )
        for name in owners:
            yield Named(_owner(found, name), (
                say('No customer is looked after by "{name}".', name=name),
                say("Write the owner's name or number as the file has it."),
            ))  # fmt: skip
        for name in lever.target.customers:
            yield Named(_customer(found, name), (
                say('There is no customer called "{name}".', name=name),
                say("Write the customer's name or number as the file has it."),
            ))  # fmt: skip
        for field, values in lever.target.where:
            for value in values:
                yield Named(_holds(found, tables, filters, field, (value,)), (
                    say('No customer has "{value}" as {field}.', value=value, field=field),
                    say("Write the value as the file has it."),
                ))  # fmt: skip


def _owner(found: ir.Table, name: str) -> ir.BooleanValue:
    """By name or number; "" is nobody."""
    if not name:
        return found.owner.isnull() & found.owner_id.isnull()
    return ((found.owner == name) | (found.owner_id == name).fill_null(False)).fill_null(False)


def _customer(found: ir.Table, name: str) -> ir.BooleanValue:
    return ((found.customer_id == name) | (found.customer == name).fill_null(False)).fill_null(False)


def _holds(found: ir.Table, tables: Tables, filters: Filters, name: str, values: tuple[str, ...]) -> ir.BooleanValue:
    field = field_of(name, tables)
    near = "customers" if field.table == "customers" and field.column in _OWN else "deals"
    return is_chosen(found, tables, field, values, filters.time_zone, near).fill_null(False)
