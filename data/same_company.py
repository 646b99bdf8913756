"""What tells that two names, or two customers, can be one company: tax number, web and mail address, spelling and sound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from data.company_names import essence, is_hebrew, sounds, words
from data.mail import PUBLIC_MAIL
from data.messages import Message, say

Strength = Literal["sure", "likely", "perhaps"]
STRENGTHS: tuple[Strength, ...] = ("sure", "likely", "perhaps")

_LEAST_SOUNDS = 3  # consonants; fewer are shared by names that have nothing in common
_NEARLY = 92  # of 100: one letter in a dozen
_SHORTEST_NEARLY = 7
_SITE = re.compile(r"^(?:https?://)?(?:www\d?\.)?([^/?#:\s]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Customer:
    """What is known of one customer, as far as it tells customers apart."""

    customer_id: str
    name: str | None = None
    tax_id: str | None = None
    website: str | None = None
    city: str | None = None
    country: str | None = None
    owner: str | None = None
    mail_domains: tuple[str, ...] = ()
    deals: int = 0
    is_recorded: bool = True  # false where only deals name it


def keys(customer: Customer) -> Iterator[tuple[str, str]]:
    """What a customer shares with others that it may be: they are looked for among those with an equal key."""
    if digits := digits_of(customer.tax_id):
        yield "tax", digits
    for site in sites_of(customer):
        yield "site", site
    if not customer.name:
        return
    yield "name", essence(customer.name).replace(" ", "")
    yield "words", " ".join(sorted(words(customer.name)))
    for sound in sounds(customer.name):
        if len(sound) > 1:
            yield "sound", sound
    for sound in _first_sounds(customer.name):
        yield "first", sound
    plain = essence(customer.name)
    if len(plain) >= _SHORTEST_NEARLY:  # one letter wrong is in one half only
        half = len(plain) // 2
        yield "start", plain[:half]
        yield "end", plain[-half:]


def _first_sounds(name: str) -> frozenset[str]:
    first = words(name)[:1]
    return frozenset(sound for word in first for sound in sounds(word) if len(sound) >= _LEAST_SOUNDS)


def same_name(one: str, two: str) -> tuple[Strength, Message] | None:
    """Whether two names can be of one company, how sure that is and why; None where they cannot."""
    first, second = essence(one), essence(two)
    if first.replace(" ", "") == second.replace(" ", ""):
        if one.casefold().strip() == two.casefold().strip():
            return "likely", say("The same name.")
        return "likely", say("The same name but for how it is written, or for Ltd and the like.")
    if is_hebrew(one) != is_hebrew(two):
        heard = {sound for sound in sounds(one) & sounds(two) if sound}
        if any(len(sound) >= _LEAST_SOUNDS for sound in heard):
            return "likely", say("The names sound the same in Hebrew and English.")
        if heard or _first_sounds(one) & _first_sounds(two):
            return "perhaps", say("The names may sound the same in Hebrew and English.")
        return None
    if min(len(first), len(second)) >= _SHORTEST_NEARLY and _numbers(first) == _numbers(second):
        if fuzz.ratio(first, second) >= _NEARLY:
            return "likely", say("The names differ by a letter or two.")
        if sorted(first.split()) == sorted(second.split()):
            return "likely", say("The names have the same words in another order.")
    return None


def _numbers(text: str) -> list[str]:
    """ "Branch 1" and "Branch 2" differ by a letter and are two."""
    return re.findall(r"\d+", text)


def digits_of(tax_id: str | None) -> str:
    """A tax number without dashes and leading zeros; nothing where it is too short to be one."""
    digits = re.sub(r"\D", "", tax_id or "").lstrip("0")
    return digits if len(digits) >= 6 else ""


def _site(website: str | None) -> str:
    match = _SITE.match((website or "").strip())
    return match[1].casefold().rstrip(".") if match and "." in match[1] else ""


def sites_of(customer: Customer) -> set[str]:
    return {site for site in (_site(customer.website), *customer.mail_domains) if site and site not in PUBLIC_MAIL}
