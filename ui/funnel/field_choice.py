"""The fields that deals can be told apart by, in the reader's words."""

from __future__ import annotations

from analytics.fields import Field
from ui import session
from ui.funnel.groups import label, offered, table_words


def choices() -> dict[str, Field]:
    """The fields some deal has a value of, by name; none that follows from how the deal went."""
    return {field.name: field for field in offered()}


def words(field: Field, among: dict[str, Field]) -> str:
    """A field's name; where another has the same, with the table it is in."""
    same = sum(other.label == field.label for other in among.values())
    name = label(field) if same < 2 or field.table == "deals" else f"{label(field)} · {table_words(field.table)}"
    return session.locale().name(name)
