"""Customers that may be one and the same, with what says so and what tells them apart. Deciding is the person's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from data.engine import Engine
from data.messages import Message, say
from data.same_company import STRENGTHS, Customer, Strength, digits_of, keys, same_name, sites_of
from data.sql import columns_of

if TYPE_CHECKING:
    from data.store import Workspace

MOST_CUSTOMERS = 200_000
# Where so many share something, it tells nothing: a provider of mail, a group's web site, a word like "market".
_COMMON = 12


@dataclass(frozen=True)
class Pair:
    """Two customers that may be one. `kept` is the one that a file of customers has, then the one with more deals, then the first."""

    kept: Customer
    other: Customer
    strength: Strength
    same: tuple[Message, ...]  # what says that they are one
    apart: tuple[
        tuple[str, str | None, str | None], ...
    ]  # what tells them apart: column, of the one kept, of the other


def find(customers: Sequence[Customer], not_same: Iterable[tuple[str, str]] = ()) -> list[Pair]:
    """The pairs of customers that may be one, the surest first; `not_same` were decided to be two.

    Two with different tax numbers are never one. Names are compared without forms of incorporation, by spelling, and by
    sound where one is written in Hebrew and the other in English.
    """
    decided = {frozenset(pair) for pair in not_same}
    by_id = {customer.customer_id: customer for customer in customers}
    sites = Counter(site for customer in customers for site in sites_of(customer))
    telling = {site for site, count in sites.items() if count <= _COMMON}
    pairs = []
    for left, right in sorted(_candidates(customers)):
        one, two = by_id[left], by_id[right]
        if frozenset((left, right)) in decided or _differ(digits_of(one.tax_id), digits_of(two.tax_id)):
            continue
        found = _evidence(one, two, telling)
        if found is not None:
            kept, other = (two, one) if (two.is_recorded, two.deals) > (one.is_recorded, one.deals) else (one, two)
            pairs.append(Pair(kept, other, found[0], found[1], tuple(_apart(kept, other))))
    return sorted(
        pairs,
        key=lambda pair: (STRENGTHS.index(pair.strength), -pair.kept.deals - pair.other.deals, pair.kept.name or ""),
    )


def _candidates(customers: Sequence[Customer]) -> set[tuple[str, str]]:
    """Pairs that share something few share."""
    blocks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for customer in customers:
        for key in dict.fromkeys(keys(customer)):
            blocks[key].append(customer.customer_id)
    return {
        (min(pair), max(pair))
        for members in blocks.values()
        if 1 < len(members) <= _COMMON
        for pair in combinations(members, 2)
    }


def _evidence(one: Customer, two: Customer, telling: Set[str]) -> tuple[Strength, tuple[Message, ...]] | None:
    """How sure it is that two are one, and why; None where nothing says so. `telling`: addresses that few share."""
    same: list[Message] = []
    strength: Strength = "perhaps"
    if (digits := digits_of(one.tax_id)) and digits == digits_of(two.tax_id):
        same.append(say("The same tax number, {number}.", number=digits))
        strength = "sure"
    name = same_name(one.name or "", two.name or "") if one.name and two.name else None
    sites = sites_of(one) & sites_of(two) & telling
    if sites:
        same.append(say("The same web or mail address, {site}.", site=min(sites)))
    if name is not None:
        same.append(name[1])
        strength = (
            "sure" if strength == "sure" or (sites and name[0] != "perhaps") else name[0] if not sites else "likely"
        )
    elif not same:
        return None
    if name is not None and name[0] == "perhaps" and strength == "perhaps" and not _near(one, two):
        return None
    if _near(one, two):
        same.append(say("The same city, {city}.", city=one.city or ""))
    return strength, tuple(same)


def _apart(kept: Customer, other: Customer) -> Iterator[tuple[str, str | None, str | None]]:
    """The columns in which two customers differ, with both values."""
    for column, one, two in (
        ("customer_name", kept.name, other.name), ("customer_id", kept.customer_id, other.customer_id),
        ("tax_id", kept.tax_id, other.tax_id), ("website", kept.website, other.website), ("city", kept.city, other.city),
        ("country", kept.country, other.country), ("owner", kept.owner, other.owner),
    ):  # fmt: skip
        if one != two:
            yield column, one, two


def _near(one: Customer, two: Customer) -> bool:
    return bool(one.city and two.city and one.city.casefold().strip() == two.city.casefold().strip())


def _differ(one: str, two: str) -> bool:
    return bool(one and two and one != two)


def customers_of(engine: Engine) -> list[Customer]:
    """The customers of the data, and those that only deals name, told by their names; at most MOST_CUSTOMERS of either."""
    domains: dict[str, list[str]] = defaultdict(list)
    mail = engine.rows(
        """SELECT DISTINCT customer_id, lower(split_part(trim(email), '@', 2)) AS domain FROM contacts
           WHERE customer_id IS NOT NULL AND email LIKE '%_@_%._%' ORDER BY ALL"""
    )
    for customer_id, domain in mail:
        domains[customer_id].append(domain)
    rows = engine.rows(
        f"""SELECT c.customer_id, c.customer_name, c.tax_id, c.website, c.city, c.country, c.owner, coalesce(d.deals, 0)
            FROM customers c LEFT JOIN (SELECT customer_id, count(*) AS deals FROM deals GROUP BY customer_id) d USING (customer_id)
            ORDER BY c.customer_id LIMIT {MOST_CUSTOMERS}""",
    )
    named = engine.rows(
        f"""SELECT coalesce(customer, customer_id) AS name, count(*) FROM deals ANTI JOIN customers USING (customer_id)
            WHERE coalesce(customer, customer_id) IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT {MOST_CUSTOMERS}""",
    )
    known = {row[0] for row in rows}
    return [
        Customer(key, name, tax, site, city, country, owner, tuple(domains[key][:5]), int(deals))
        for key, name, tax, site, city, country, owner, deals in rows
    ] + [Customer(name, name, deals=int(deals), is_recorded=False) for name, deals in named if name not in known]


# What was decided


def not_same(workspace: Workspace) -> list[tuple[str, str]]:
    """The pairs of customers that a person said are two."""
    notes = workspace.folder / "notes.duckdb"
    if not notes.exists():
        return []
    with workspace.reading_notes(notes) as database:
        if not columns_of(database, "not_same"):
            return []
        return database.execute("SELECT one, other FROM not_same ORDER BY ALL").fetchall()


def say_not_same(workspace: Workspace, one: str, other: str) -> None:
    """Keep that two customers are two, so that it is not asked again."""
    with workspace.notes() as database:
        database.execute("CREATE TABLE IF NOT EXISTS not_same (one VARCHAR, other VARCHAR)")
        database.execute("INSERT INTO not_same VALUES (?, ?)", [one, other])
