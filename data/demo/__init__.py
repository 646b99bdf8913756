"""A made-up company: the exports it would have, with findings planted in them, in English and Hebrew.

It sells scanners and warehouse software to businesses in Israel, works from Sunday to Thursday, and is seen as of
14 November 2026. The same seed gives the same bytes, and both languages the same deals, dates and amounts.

On purpose, as in life: 6 deals without an amount, 2 without an owner, one deal whose customer is typed otherwise
("negev pipes"; in Hebrew with two spaces), lost deals without a reason, next activities in the past, deals forgotten
long after their expected close, and one deal on a Saturday night, taken by the website. Most deals began as a lead;
more leads became nothing, alike in every source and with every owner. The field history records that a deal was made, its
amounts and its expected close, so that every deal is seen at two times. Activities stop at a deal's last one, so deals lost
early are often never contacted; they are no reason for the loss. An amount is a number of units at list price less a discount.

About three in five customers buy: the goods of a won deal are an order of the day it closed, and then they reorder until
they leave. Contact with customers that is about no deal is a file of its own, and only of times without an open deal of
theirs, so that it counts for no deal. Blemishes there: 8 order lines without a customer, one customer number written
otherwise ("c 1465"), one order line twice, a customer who got more back than it ever paid, invitations that did not arrive,
and a won deal without an amount, which has no order.
"""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from data.demo.company import AS_OF, build
from data.demo.exports import tables_of
from data.demo.table import Cell
from data.demo.words import Both
from data.messages import Message, say

__all__ = ["AS_OF", "PLANTED", "write_company"]

PLANTED: tuple[Message, ...] = (
    say("Deals from events leak at Proposal: about 3 in 10 move on, against more than half of the others."),
    say("Enterprise deals wait about twice as long in Negotiation as the others."),
    say("Dana Levi alone holds a very large share of the value of open deals."),
    say("Referrals pass the Lead stage more often than any other source."),
    say("Deals of Eitan Mizrahi are put off to a later month far more often than the others."),
    say("Deals contacted within a day of their creation are won more often than those contacted later."),
    say("Yael Amir gives about twice the discount of the others, and no discount wins more deals."),
    say(
        "A large customer that ordered every four weeks has ordered nothing since August, and nobody has contacted it for five months."
    ),
    say("Customers with a service plan stay longer than those without."),
    say("One customer sends back so much, and is visited so often, that it costs more than it brings."),
    say("Customers of Dana Levi bring more than a third of all revenue."),
    say("Several of the largest customers are known through a single contact."),
    say("Since June 2026 the NPS is about 20 points lower, and detractors write of late deliveries."),
)


def write_company(
    folder: Path,
    language: Literal["en", "he"] = "en",
    *,
    seed: int = 20261114,
    deals: int = 1284,
    planted: bool = True,
) -> list[Path]:
    """Write the exports of the made-up company; returns the files in the order to load them.

    UTF-8; Hebrew files begin with a byte order mark and have dd/mm/yyyy dates, English ones ISO dates. `folder` is made
    if it is missing. With `planted=False` no source, segment or person does better or worse than another, and no customer is out of the ordinary.
    Raises ValueError when `deals` is below 1.
    """
    company = build(seed, deals, planted)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for table in tables_of(company):
        path = folder / f"{_text(table.name, language)}.csv"
        with path.open("w", encoding="utf-8-sig" if language == "he" else "utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(_text(cell, language) for cell in table.header)
            lines.writerows([_text(cell, language) for cell in row] for row in table.rows)
        files.append(path)
    return files


def _text(cell: Cell, language: str) -> str:
    if isinstance(cell, Both):
        return cell.he if language == "he" else cell.en
    if isinstance(cell, date):
        day = "%d/%m/%Y" if language == "he" else "%Y-%m-%d"
        return cell.strftime(day + " %H:%M" if isinstance(cell, datetime) else day)
    return "" if cell is None else str(cell)
