"""The fields deals can be filtered and broken down by: their own, and those of their owner, customer and product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

import ibis.expr.types as ir
from ibis import _

from data.errors import RequestProblem
from data.messages import say
from data.schema import SCHEMA, Kind, Tables

# How a row of deals (or of another table with the same keys) finds its owner, customer and product.
LINKS: dict[str, tuple[str, str]] = {
    "people": ("owner_id", "person_id"),
    "customers": ("customer_id", "customer_id"),
    "products": ("product_id", "product_id"),
}
GROUPS: frozenset[Kind] = frozenset({"category", "text", "flag"})


@dataclass(frozen=True)
class Field:
    """A column that can tell groups apart; `name` is what a command or a link calls it, `label` what people read."""

    table: str
    column: str
    label: str
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.column)

    def key(self, taken: tuple[str, ...]) -> str:
        """The name of this field's column in a result that has the columns `taken` already."""
        return f"{self.table}.{self.name}" if self.name in taken else self.name


def _columns(tables: Tables, near: str) -> Iterator[tuple[Field, Kind]]:
    """Every column of the linked tables, `near` first; a name already in use gets its table in front."""
    seen: set[str] = set()
    for table in dict.fromkeys((near, "deals", *LINKS)):
        labels = {column.name: (column.name, column.label, column.kind) for column in SCHEMA[table]}
        labels |= {
            header.column: (header.header, header.header, "text")
            for header in tables.headers
            if header.table == table and header.is_attribute
        }
        for column, (name, label, kind) in labels.items():
            free = name.casefold() not in seen
            seen.add(name.casefold())
            yield Field(table, column, label, name if free else f"{table}.{name}"), kind


def find(name: str, tables: Tables, near: str = "deals") -> Field:
    """The field called `name`: a canonical column or a header as written, in any case.

    Tables are searched in order: `near`, deals, people, customers, products. `table.column` says which is meant.
    Raises RequestProblem where there is none, or where it holds amounts or dates.
    """
    wanted = " ".join(name.split()).casefold()
    known = list(_columns(tables, near))
    called: dict[str, tuple[Field, Kind]] = {}
    for field, kind in known:
        called.setdefault(field.name.casefold(), (field, kind))
        called.setdefault(f"{field.table}.{field.column}", (field, kind))
    by_column = {(field.table, field.column): (field, kind) for field, kind in known}
    for table in dict.fromkeys(field.table for field, _kind in known):
        for header in tables.headers:
            if header.table == table and (table, header.column) in by_column:
                called.setdefault(" ".join(header.header.split()).casefold(), by_column[table, header.column])
    if wanted not in called:
        close = get_close_matches(wanted, called, n=3, cutoff=0.6)
        names = ", ".join(dict.fromkeys(called[match][0].name for match in close))
        raise RequestProblem(
            say('There is no field called "{name}".', name=name),
            say("The nearest are: {names}.", names=names)
            if close
            else say("Use a column's name, or its header as the file writes it."),
        )
    field, kind = called[wanted]
    if kind not in GROUPS:
        raise RequestProblem(
            say('"{name}" holds amounts or dates, which do not make groups.', name=name),
            say("Choose a field with names in it, such as owner."),
        )
    return field


def fields(tables: Tables) -> list[Field]:
    """What deals can be filtered and broken down by: categories and attributes, the deal's own first."""
    attributes = {(header.table, header.column) for header in tables.headers if header.is_attribute}
    return [
        field
        for field, kind in _columns(tables, "deals")
        if kind == "category" or (field.table, field.column) in attributes
    ]


def with_value(table: ir.Table, tables: Tables, field: Field, name: str, near: str = "deals") -> ir.Table:
    """`table` with `field` as text in a new column `name`; blank is null. Its rows have the keys of deals."""
    if field.table == near:
        return table.mutate(_[field.column].cast("string").nullif("").name(name))
    ours, theirs = LINKS[field.table]
    # A key that a hostile file gives twice must not double the deals.
    linked = (
        tables[field.table]
        .filter(_[theirs].notnull())
        .group_by(_[theirs].name("linked_key"))
        .agg(_[field.column].cast("string").nullif("").max().name(name))
    )
    return table.left_join(linked, [(ours, "linked_key")]).drop("linked_key")
