"""Which customer is meant: by its number as the file has it, else by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.question import Answers, Question
from analytics.rows import Row, rows
from data.errors import RequestProblem
from data.messages import listed, say

MOST_NAMED = 5
MOST_FOUND = 50


def search(among: ir.Table, text: str, most: int = MOST_FOUND) -> ir.Table:
    """The customers of `among` (`customer_id, customer, owner`) whose number or name has `text` in it, those that begin with it
    first; without text the first by name."""
    wanted = text.strip().lower()
    found = among.select("customer_id", "customer", "owner")
    if wanted:
        name, number = found.customer.lower(), found.customer_id.lower()
        found = found.mutate(
            is_inside=name.contains(wanted) | number.contains(wanted),
            begins=name.startswith(wanted) | number.startswith(wanted),
        )
        found = (
            found.filter(_.is_inside).order_by(_.begins.desc(), "customer", "customer_id").drop("is_inside", "begins")
        )
    else:
        found = found.order_by("customer", "customer_id")
    return found.limit(most)


def matching(among: ir.Table, asked: str) -> ir.Table:
    """The customers with exactly this number, or in any case this name. `007` and `7` are two numbers."""
    found = among.select("customer_id", "customer")
    found = found.filter((_.customer_id == asked) | (_.customer.lower() == asked.strip().lower()))
    return found.order_by((_.customer_id == asked).desc(), "customer_id").limit(MOST_NAMED)


def nearest(among: ir.Table, asked: str) -> ir.Table:
    """The customers whose name or number is written most like it."""
    wanted = asked.strip().lower()
    found = among.select("customer_id", "customer")
    name, number = found.customer.lower(), found.customer_id.lower()
    # Long names are asked for by their beginning.
    begins = name.left(len(wanted))
    changes = ibis.least(name.levenshtein(wanted), begins.levenshtein(wanted), number.levenshtein(wanted))
    found = found.mutate(changes=(name.contains(wanted) | number.contains(wanted)).ifelse(0, changes))
    return found.order_by("changes", "customer", "customer_id").limit(MOST_NAMED).drop("changes")


def of_customer(
    among: ir.Table,
    asked: str,
    build: Callable[[str], Mapping[str, ir.Table]],
    finish: Callable[[Answers], pd.DataFrame],
) -> Question:
    """A question about the customer of `among` that is asked for: what `build` asks of its number.

    Raises RequestProblem where there is none, with the nearest names, or where several have the name.
    """

    def chosen(answers: Answers) -> str | None:
        found = rows(answers["matching"])
        exact = [row for row in found if row["customer_id"] == asked]
        if not exact and len(found) > 1:
            raise RequestProblem(
                say('Several customers are called "{name}".', name=asked),
                say("Ask for one by its number: {numbers}.", numbers=listed(row["customer_id"] for row in found)),
            )
        return str((exact or found)[0]["customer_id"]) if found else None

    def further(answers: Answers) -> Mapping[str, ir.Table]:
        number = chosen(answers)
        return {"nearest": nearest(among, asked)} if number is None else build(number)

    def told(answers: Answers) -> pd.DataFrame:
        if chosen(answers) is None:
            raise unknown(asked, rows(answers["nearest"]))
        return finish(answers)

    return Question({"matching": matching(among, asked)}, told, (further,))


def unknown(asked: str, near: list[Row]) -> RequestProblem:
    """What to say where no customer has the name or number."""
    names = [f"{row['customer']} ({row['customer_id']})" for row in near]
    return RequestProblem(
        say('There is no customer called "{name}", and none with that number.', name=asked),
        say("The nearest are: {names}.", names=listed(names)) if names else say("There are no customers."),
    )
