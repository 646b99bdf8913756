"""The tables of a workspace as Ibis expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import ibis
import ibis.expr.types as ir

from data.schema import SCHEMA, Header, Kind

_TYPES: dict[Kind, str] = {
    "text": "string",
    "category": "string",
    "number": "float64",
    "integer": "int64",
    "money": "float64",
    "date": "date",
    "timestamp": "timestamp",
    "flag": "boolean",
}


class Tables(Mapping[str, ir.Table]):
    """The workspace's tables as unbound Ibis tables, attribute columns included: `tables.deals`, `tables["deals"]`."""

    def __init__(self, headers: Iterable[Header] = ()) -> None:
        self.headers = tuple(headers)
        attributes: dict[str, dict[str, str]] = {}
        for header in self.headers:
            if header.is_attribute:
                attributes.setdefault(header.table, {})[header.column] = "string"
        self._tables = {
            name: ibis.table(
                {column.name: _TYPES[column.kind] for column in table} | attributes.get(name, {}), name=name
            )
            for name, table in SCHEMA.items()
        }

    def __eq__(self, other: object) -> bool:
        """Tables with the same headers are the same, so that what is made of them can be kept."""
        return isinstance(other, Tables) and self.headers == other.headers

    def __hash__(self) -> int:
        return hash(self.headers)

    def __getitem__(self, name: str) -> ir.Table:
        return self._tables[name]

    def __getattr__(self, name: str) -> ir.Table:
        try:
            return self.__dict__["_tables"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)
