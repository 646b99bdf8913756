"""Which customers a respondent could be of: by company name in Hebrew or English, by email domain, by a contact's name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from data.company_names import essence, words
from data.messages import Message, say
from data.respondents import Subject
from data.same_company import Customer, keys, same_name
from data.sources import fold

Sureness = Literal["sure", "likely", "perhaps"]
MOST_EACH = 3
# Where so many share a key, it tells nothing: a word like "market".
_COMMON = 12
_SHORTEST_LABEL = 4  # letters of a domain that may be the first word of a name
_NO_NAME = frozenset({"co", "com", "org", "net", "ac", "gov", "muni", "edu", "mail", "email", "www", "k12", "idf"})
# What each thing that says so is worth: the same name, or two things of different kinds, make it sure.
_CERTAIN, _STRONG, _WEAK = 3, 2, 1
_SURE, _LIKELY = 3, 2


@dataclass(frozen=True)
class Unknown:
    """Who answered or was asked and is of no known customer: by `subject`, `written` so; and what else the rows say."""

    subject: Subject
    written: str
    domain: str | None = None  # not one of a provider of mail
    respondent: str | None = None


@dataclass(frozen=True)
class Likely:
    """A customer that it could be, how sure that is, and what says so."""

    customer_id: str
    sureness: Sureness
    evidence: tuple[Message, ...]


@dataclass
class Known:
    """The customers to choose from, so that those with something in common are found at once."""

    names: Mapping[str, str]  # number -> name
    at_domain: Mapping[str, Collection[str]] = field(default_factory=dict)  # domain -> numbers
    with_contact: Mapping[str, Collection[str]] = field(default_factory=dict)  # `fold` of a person's name -> numbers
    _by_key: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list), init=False)
    _by_first: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), init=False)

    def __post_init__(self) -> None:
        for number, name in self.names.items():
            for key in dict.fromkeys(keys(Customer(number, name))):
                self._by_key[key].append(number)
            for word in words(name)[:1]:
                self._by_first[word].append(number)

    def alike(self, name: str) -> Iterable[str]:
        """The customers whose names share something rare with `name`."""
        found: dict[str, None] = {}
        for key in keys(Customer("", name)):
            near = self._by_key.get(key, ())
            if len(near) <= _COMMON:
                found |= dict.fromkeys(near)
        return found

    def beginning(self, word: str) -> Collection[str]:
        """The customers whose name begins with a word."""
        return self._by_first.get(word, ())


def likely(who: Unknown, known: Known, rejected: Collection[str] = ()) -> list[Likely]:
    """The customers that it could be, the surest first, at most `MOST_EACH`; those in `rejected` are not among them.

    sure: the same name but for Ltd and the like, or two things of different kinds say so; likely: one does; perhaps: it is only similar. Of several that fit equally
    well none is more than perhaps.
    """
    said: dict[str, list[tuple[str, int, Message]]] = defaultdict(list)
    for number, kind, weight, message in _things(who, known):
        if number not in rejected and kind not in {told for told, *_ in said[number]}:
            said[number].append((kind, weight, message))
    worth = {number: sum(weight for _kind, weight, _message in things) for number, things in said.items() if things}
    order = sorted(worth, key=lambda number: (-worth[number], known.names[number], number))[:MOST_EACH]
    best = worth[order[0]] if order else 0
    is_alone = sum(each == best for each in worth.values()) == 1
    return [
        Likely(
            number,
            _sureness(worth[number]) if is_alone and worth[number] == best else "perhaps",
            tuple(message for _kind, _weight, message in said[number]),
        )
        for number in order
    ]


def _sureness(worth: int) -> Sureness:
    return "sure" if worth >= _SURE else "likely" if worth >= _LIKELY else "perhaps"


def _things(who: Unknown, known: Known) -> Iterable[tuple[str, str, int, Message]]:
    """What says of a customer that it could be this one: number, kind, worth, in words."""
    if who.subject == "name":
        for number in known.alike(who.written):
            alike = same_name(who.written, known.names[number])
            if alike is not None:
                is_same = essence(who.written) == essence(known.names[number])
                worth = _CERTAIN if is_same else _WEAK if alike[0] == "perhaps" else _STRONG
                yield number, "name", worth, alike[1]
    if who.domain:
        here = [number for number in known.at_domain.get(who.domain, ()) if number in known.names]
        for number in here:
            if len(here) == 1:
                yield number, "domain", _STRONG, say("Its contacts or its web site are at {domain}.", domain=who.domain)
            else:
                yield (
                    number,
                    "domain",
                    _WEAK,
                    say("Its contacts or its web site are at {domain}, as are those of others.", domain=who.domain),
                )
        if not here and who.subject != "name":
            yield from _by_label(who.domain, known)
    if who.respondent:
        here = [number for number in known.with_contact.get(fold(who.respondent), ()) if number in known.names]
        for number in here:
            if len(here) == 1:
                yield number, "contact", _STRONG, say("{name} is a contact of it.", name=who.respondent)
            else:
                yield (
                    number,
                    "contact",
                    _WEAK,
                    say("A contact of it is called {name}, as are those of others.", name=who.respondent),
                )


def _by_label(domain: str, known: Known) -> Iterable[tuple[str, str, int, Message]]:
    """Customers called as a domain that nobody is known to be at."""
    label = label_of(domain)
    if len(label) < _SHORTEST_LABEL:
        return
    name = label.replace("-", " ")
    joined = essence(name).replace(" ", "")
    for number in known.alike(name):
        alike = same_name(name, known.names[number])
        if alike is None:
            continue
        if essence(known.names[number]).replace(" ", "") == joined:
            yield number, "label", _STRONG, say("The address reads like the name: {domain}.", domain=domain)
        elif alike[0] != "perhaps":
            yield number, "label", _STRONG, say("The address sounds like the name: {domain}.", domain=domain)
    beginning = known.beginning(joined)
    if 0 < len(beginning) <= MOST_EACH:
        for number in beginning:
            yield number, "label", _WEAK, say("The name begins like the address: {domain}.", domain=domain)


def label_of(domain: str) -> str:
    """The part of a domain that is a name: acme of mail.acme.co.il."""
    parts = [part for part in re.split(r"\.", domain.lower())[:-1] if part not in _NO_NAME]
    return parts[-1] if parts else ""
