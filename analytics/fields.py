"""The fields deals can be filtered and broken down by: their own, and those of their owner, customer and product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.rows import in_zone
from data.errors import RequestProblem
from data.messages import N_, say
from data.schema import SCHEMA, Kind
from data.tables import Tables

# How a row of deals (or of another table with the same keys) finds its owner, customer and product.
LINKS: dict[str, tuple[str, str]] = {
    "people": ("owner_id", "person_id"),
    "customers": ("customer_id", "customer_id"),
    "products": ("product_id", "product_id"),
}
GROUPS: frozenset[Kind] = frozenset({"category", "text", "flag"})
Band = Literal["", "size", "quarter", "month"]
SIZES = ("smallest", "second", "third", "largest")  # quarters of the deals with an amount, currency by currency
OTHERS = "\u2026"  # the value that stands for those a folded field does not name


@dataclass(frozen=True)
class Field:
    """A column that can tell groups apart; `name` is what a command or a link calls it, `label` what people read.

    A `band` makes groups of a column that has none of its own: `SIZES` of amounts, calendar quarters or months of dates.
    A folded field `names` the values it tells apart; the others together are `OTHERS`.
    """

    table: str
    column: str
    label: str
    name: str = ""
    band: Band = ""
    names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.column)

    def key(self, taken: tuple[str, ...]) -> str:
        """The name of this field's column in a result that has the columns `taken` already."""
        return f"{self.table}.{self.name}" if self.name in taken else self.name

    def folded(self, names: Iterable[str]) -> Field:
        """The same field with only these values told apart, and those without a value."""
        return replace(self, names=tuple(names))


BANDS = (
    Field("deals", "amount", N_("Deal size"), "deal_size", "size"),
    Field("deals", "created_at", N_("Quarter of creation"), "created_quarter", "quarter"),
    Field("deals", "created_at", N_("Month of creation"), "created_month", "month"),
)


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
    for band in BANDS:
        called.setdefault(band.name, (band, "category"))
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


def with_value(
    table: ir.Table, tables: Tables, field: Field, name: str, near: str = "deals", time_zone: str = "UTC"
) -> ir.Table:
    """`table` with `field` as text in a new column `name`; blank is null. Its rows have the keys of deals.

    Sizes are cut among the rows of `table`, calendar quarters and months in `time_zone`.
    """
    if field.band == "size":
        sized = _with_size(table, field.column, name)
        return sized if field.names is None else sized.mutate(**{name: _told_apart(sized[name], field)})
    if field.table == near or field.band:
        return table.mutate(**{name: own_value(table, field, time_zone)})
    linked = linked_values(tables, field, name)
    return table.left_join(linked, [(LINKS[field.table][0], "linked_key")]).drop("linked_key")


def own_value(table: ir.Table, field: Field, time_zone: str = "UTC") -> ir.StringValue:
    """A column of `table` itself as text, or the calendar quarter or month it falls in; blank is null."""
    if not field.band:
        return _told_apart(table[field.column].cast("string").nullif(""), field)
    moment = in_zone(table[field.column], time_zone)
    if field.band == "month":
        return _told_apart(moment.strftime("%Y-%m"), field)
    return _told_apart(moment.year().cast("string") + "-Q" + moment.quarter().cast("string"), field)


def linked_values(tables: Tables, field: Field, name: str) -> ir.Table:
    """A field of a linked table as text, `name`, for each `linked_key`; blank is null."""
    _ours, theirs = LINKS[field.table]
    linked = tables[field.table].select(linked_key=theirs, text=field.column)
    # A key that a hostile file gives twice must not double the deals.
    text = linked.text.cast("string").nullif("").max()
    return linked.filter(linked.linked_key.notnull()).agg(**{name: _told_apart(text, field)}, by="linked_key")


def columns_for(field: Field) -> list[str]:
    """The columns that `with_value` needs of a row of deals."""
    if field.band == "size":
        return [field.column, "currency"]
    return [field.column if field.table == "deals" else LINKS[field.table][0]]


def _told_apart(value: ir.StringValue, field: Field) -> ir.StringValue:
    """The values a folded field names, and one for all others."""
    if field.names is None:
        return value
    told_apart = value.isnull() | value.isin(field.names) if field.names else value.isnull()
    return told_apart.ifelse(value, OTHERS)


def _with_size(table: ir.Table, column: str, name: str) -> ir.Table:
    """The quarter of the rows with an amount in the same currency that a row's amount falls in; equal ones together."""
    sized = table.select(size_currency=table.currency.fill_null(""), sized=column)
    limits = sized.filter(sized.sized.notnull()).agg(
        **{f"size_{part}": _.sized.quantile(part / 4) for part in (1, 2, 3)}, by="size_currency"
    )
    joined = table.left_join(limits, [(table.currency.fill_null(""), limits.size_currency)])
    size = ibis.cases(
        (_[column].isnull(), ibis.null("string")),
        *((_[column] <= _[f"size_{part}"], SIZES[part - 1]) for part in (1, 2, 3)),
        else_=SIZES[3],
    )
    return joined.mutate(size.name(name)).drop("size_currency", "size_1", "size_2", "size_3")
