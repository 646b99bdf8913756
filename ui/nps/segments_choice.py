"""The fields that survey answers can be told apart by, and their groups."""

from __future__ import annotations

from analytics.fields import Field, fields
from analytics.nps import answers
from analytics.nps.segments import groups_of
from ui import session

MOST_GROUPS = 8


def choices() -> dict[str, Field]:
    """Fields by name that make two groups or more: those of customers and of who looks after them before the survey's own."""
    known, now = session.tables(), session.filters()
    near = [field for field in fields(known) if answers.reaches(field)]
    found = list({field.name: field for field in (*near, *answers.fields(known))}.values())
    counted: dict[str, int] = {}
    for expression in groups_of(known, now, found).values():
        counted |= {str(name): int(n) for name, n in session.run(expression).iloc[0].items()}
    groups = {field: counted.get(f"field_{place}", 0) for place, field in enumerate(found)}
    # The owner of the deal is, here, who looks after the customer: one field says it.
    owners = max([n for field, n in groups.items() if _is_owner(field)], default=0)
    return {
        field.name: field
        for field, n in groups.items()
        if (owners if field.table == "deals" else n) > 1 and (field.table == "deals" or not _is_owner(field))
    }


def _is_owner(field: Field) -> bool:
    return (field.column == "owner" and field.table in ("deals", "customers")) or field.column == "person_name"


def folded(field: Field) -> Field:
    """The field with its largest groups told apart and the rest together, where there are many."""
    named = [value for value in session.answer_counts(field) if value]
    return field if len(named) <= MOST_GROUPS else field.folded(named[:MOST_GROUPS])
