"""From Ibis expressions to SQL, quickly.

Ibis needs about a tenth of a second for a large expression, nearly all of it for columns that nothing asks for and for
compiling the same shape again when a reader moves a date. So columns nobody uses are taken out first, and what was
compiled is kept as a template by its exact shape: the expression with places for its dates and for the values it looks
for. Everything else is part of the shape, and equal values share a place, so a template says exactly what compiling
the expression would say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from secrets import token_hex
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.backends.sql.compilers.duckdb import compiler
from ibis.common.collections import FrozenOrderedDict
from ibis.common.graph import Node

# Merging nested queries takes Ibis as long as all else, and DuckDB plans them alike.
ibis.options.sql.fuse_selects = False

KEPT_TEMPLATES = 500
# The values that stand in a template for those to come, and how they read once compiled. The words are this process's own:
# whatever a file holds, it cannot hold them.
_YEAR = 9876
_WORD = f"place {token_hex(16)} {{}}"
_PLACE = re.compile(
    rf"'{_WORD.format('([0-9]+)')}'|MAKE_TIMESTAMP\({_YEAR}, 1, 1, ([0-9]+), ([0-9]+), 0\.0\)|MAKE_DATE\({_YEAR - 1}, ([0-9]+), ([0-9]+)\)"
)
# Texts and names are passed over whole, so that what they say is never taken for a place.
_PART = re.compile(rf"(?:{_PLACE.pattern})|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_MOST_PLACES = 12 * 28


def to_sql(expression: ir.Expr) -> str:
    """The DuckDB query that answers `expression`, laid out for people to read."""
    operation = expression.as_table().op()
    shape = _Shape(operation)
    if len(shape.values) > _MOST_PLACES:
        return _compiled(operation)
    written = [_written(value) for value in shape.values]

    def put(found: re.Match[str]) -> str:
        return found[0] if found.lastindex is None else written[_place_of(found)]

    return _PART.sub(put, _template(shape))


class _Shape:
    """An expression without its dates and the texts it looks for, which are in `values`; equal shapes compile alike."""

    def __init__(self, operation: ops.Relation) -> None:
        self.operation = operation
        self.values: list[ops.Literal] = []
        self._places: dict[ops.Literal, int] = {}
        self._numbers: dict[Node, int] = {}
        self._nodes: list[tuple[Any, ...]] = []
        for relation in reversed(_from_the_top(operation)):
            self._visit(relation)
        self._key = tuple(self._nodes)
        self._hash = hash(self._key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shape) and self._key == other._key

    def place(self, value: ops.Literal) -> int:
        """The number of a value's place."""
        if value not in self._places:
            self._places[value] = len(self.values)
            self.values.append(value)
        return self._places[value]

    def _visit(self, part: Any) -> Any:
        if type(part) is ops.Field:  # most of what there is: told by its relation and its name
            return (ops.Field, self._visit(part.rel), part.name)
        if isinstance(part, Node):
            number = self._numbers.get(part)
            if number is None:
                line = self._line(part)
                number = self._numbers[part] = len(self._nodes)
                self._nodes.append(line)
            return (Node, number)
        if isinstance(part, tuple):
            return tuple(self._visit(each) for each in part)
        if isinstance(part, FrozenOrderedDict):
            return tuple((name, self._visit(each)) for name, each in part.items())
        return part

    def _line(self, node: Node) -> tuple[Any, ...]:
        if _is_moment(node):
            return (type(node), node.dtype, self.place(node))
        if isinstance(node, ops.InValues):
            options = tuple(
                (str, self.place(option)) if _is_text(option) else self._visit(option) for option in node.options
            )
            return (type(node), self._visit(node.value), options)
        return (type(node), *(self._visit(part) for part in node.__args__))


def _is_moment(node: Any) -> bool:
    """Whether a node is a constant day or moment, such as the ends of a period."""
    if not isinstance(node, ops.Literal) or node.value is None:
        return False
    return node.dtype.is_date() or (node.dtype.is_timestamp() and node.dtype.timezone is None)


def _is_text(node: Any) -> bool:
    return isinstance(node, ops.Literal) and isinstance(node.value, str) and node.dtype.is_string()


@lru_cache(maxsize=KEPT_TEMPLATES)
def _template(shape: _Shape) -> str:
    def put(node: Node, changed: Mapping[str, Any] | None) -> Node:
        if _is_moment(node):
            return _stand_in(node, shape.place(node))
        if isinstance(node, ops.InValues):
            parts = changed or dict(zip(node.__argnames__, node.__args__, strict=True))
            options = [
                _stand_in(option, shape.place(option)) if _is_text(option) else new
                for option, new in zip(node.options, parts["options"], strict=True)
            ]
            return ops.InValues(parts["value"], options)
        return node.__recreate__(changed) if changed else node

    return _laid_out(narrowed(shape.operation).replace(put))


def _stand_in(value: ops.Literal, place: int) -> ops.Literal:
    if value.dtype.is_string():
        return ops.Literal(_WORD.format(place), value.dtype)
    if value.dtype.is_date():
        return ops.Literal(date(_YEAR - 1, place // 28 + 1, place % 28 + 1), value.dtype)
    return ops.Literal(datetime(_YEAR, 1, 1, place // 60, place % 60), value.dtype)


def _place_of(found: re.Match[str]) -> int:
    word, hour, minute, month, day = found.groups()
    if word is not None:
        return int(word)
    if hour is not None:
        return int(hour) * 60 + int(minute)
    return (int(month) - 1) * 28 + int(day) - 1


@lru_cache(maxsize=KEPT_TEMPLATES)
def _written(value: ops.Literal) -> str:
    return str(compiler.visit_Literal(value, value=value.value, dtype=value.dtype).sql(dialect="duckdb"))


def _compiled(operation: ops.Relation) -> str:
    """The query without the help of a template."""
    return _laid_out(narrowed(operation))


def _laid_out(operation: ops.Relation) -> str:
    return str(compiler.to_sqlglot(operation.to_expr()).sql(dialect="duckdb", pretty=True))


# Columns nobody asks for


def narrowed(operation: ops.Relation) -> ops.Relation:
    """The same rows and columns, made without the columns that nothing uses on the way."""
    order = _from_the_top(operation)
    needed = _needed(operation, order)
    made: dict[Node, Any] = {}

    def remade(part: Any) -> Any:
        if isinstance(part, Node):
            if part not in made:
                made[part] = again(part)
            return made[part]
        if isinstance(part, tuple):
            return tuple(remade(each) for each in part)
        if isinstance(part, FrozenOrderedDict):
            return FrozenOrderedDict({name: remade(each) for name, each in part.items()})
        return part

    def again(node: Node) -> Node:
        if isinstance(node, ops.DropColumns):
            parent = remade(node.parent)
            return ops.Project(parent, {name: ops.Field(parent, name) for name in node.schema if name in needed[node]})
        parts = dict(zip(node.__argnames__, node.__args__, strict=True))
        many = {ops.Project: "values", ops.JoinChain: "values", ops.Aggregate: "metrics"}.get(type(node))
        if many:
            wanted = needed[node]
            parts[many] = FrozenOrderedDict({name: each for name, each in parts[many].items() if name in wanted})
        new = {name: remade(part) for name, part in parts.items()}
        same = all(
            new[name] is part or new[name] == part for name, part in zip(node.__argnames__, node.__args__, strict=True)
        )
        return node if same else node.__recreate__(new)

    for node in reversed(order):
        remade(node)
    return made[operation]


def _needed(operation: ops.Relation, order: list[ops.Relation]) -> dict[Node, set[str]]:
    """The columns of each relation of `order` that the ones above it use."""
    needed: dict[Node, set[str]] = {operation: set(operation.schema)}

    def use(values: Any) -> None:
        for value in values:
            for field in _fields(value):
                needed.setdefault(field.rel, set()).add(field.name)

    for node in order:
        wanted = needed.setdefault(node, set())
        match node:
            case ops.Project() | ops.JoinChain():
                wanted.update(
                    name for name, value in node.values.items() if isinstance(value, ops.Unnest)
                )  # makes rows
                if not wanted:  # a count needs rows, and rows need a column
                    wanted.add(next(iter(node.values)))
                use(value for name, value in node.values.items() if name in wanted)
                if isinstance(node, ops.JoinChain):
                    use(predicate for link in node.rest for predicate in link.predicates)
            case ops.Aggregate():
                wanted.update(node.groups)
                if not wanted:
                    wanted.add(next(iter(node.metrics)))
                use(node.groups.values())
                use(value for name, value in node.metrics.items() if name in wanted)
            case ops.Filter() | ops.Sort():
                needed.setdefault(node.parent, set()).update(wanted)
                use(node.predicates if isinstance(node, ops.Filter) else node.keys)
            case ops.DropColumns():
                if not wanted:
                    wanted.add(next(iter(node.schema)))
                needed.setdefault(node.parent, set()).update(wanted)
            case ops.Reference() | ops.Limit():
                needed.setdefault(node.parent, set()).update(wanted)
            case ops.Union(distinct=False):
                for side in (node.left, node.right):
                    needed.setdefault(side, set()).update(node.schema)
            case _:
                for below in _relations(node):
                    needed.setdefault(below, set()).update(below.schema)
    return needed


def _from_the_top(operation: ops.Relation) -> list[ops.Relation]:
    """Every relation, each after all that are made of it."""
    order: list[ops.Relation] = []
    seen: set[Node] = set()

    def visit(node: ops.Relation) -> None:
        if node not in seen:
            seen.add(node)
            for below in _relations(node):
                visit(below)
            order.append(node)

    visit(operation)
    return order[::-1]


def _relations(node: ops.Relation) -> list[ops.Relation]:
    """The relations a relation is made of, those inside its values too."""
    found: dict[ops.Relation, None] = {}
    queue = list(node.__children__)
    seen: set[Node] = set()
    while queue:
        child = queue.pop()
        if type(child) is ops.Field:
            found[child.rel] = None
        elif isinstance(child, ops.Relation):
            found[child] = None
        elif child not in seen:
            seen.add(child)
            queue.extend(child.__children__)
    return list(found)


def _fields(value: Node) -> list[ops.Field]:
    """The fields a value is made of."""
    found: list[ops.Field] = []
    queue: list[Node] = [value]
    seen: set[Node] = set()
    while queue:
        node = queue.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, ops.Field):
            found.append(node)
        elif isinstance(node, ops.Relation):  # a subquery in a value keeps all its columns
            continue
        else:
            queue.extend(node.__children__)
    return found
