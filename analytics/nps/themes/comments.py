"""The survey answers that say something in words."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.filters import Filters
from analytics.nps.answers import answers
from analytics.nps.themes.text import normal
from data.tables import Tables

# Beyond so many comments, words are counted in a sample: what is found of them is as good, and takes a second instead of many.
MOST_READ = 50_000
_PARTS = 100_000


def commented(tables: Tables, filters: Filters) -> ir.Table:
    """The answers with a comment, as `answers` has them, and `text`: the comment as `normal` writes it, a space on either side.

    A comment without a letter says nothing in words and is none.
    """
    found = answers(tables, filters).filter(_.comment.notnull())
    found = found.mutate(words=normal(found.comment)).filter(_.words != "")
    return found.mutate(text=" " + found.words + " ")


def sample(comments: ir.Table, n: int, most: int = MOST_READ) -> ir.Table:
    """About `most` of `n` comments, the same each time: chosen by what they are, not by where they stand."""
    if n <= most:
        return comments
    number = (comments.response_id.fill_null("") + comments.words).hash().abs() % _PARTS
    return comments.filter(number < round(_PARTS * most / n))


@ibis.udf.scalar.builtin(signature=(("array<string>",), "array<string>"))  # type: ignore[untyped-decorator]
def list_distinct(words: Any) -> Any:
    """The engine's own: the words of a comment, each once."""
