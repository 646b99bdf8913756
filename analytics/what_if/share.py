"""A scenario as a link: text short and plain enough for an address, and safe to open whoever wrote it."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import dataclass, replace

from analytics.what_if.scenario import Lever, Scenario
from analytics.what_if.scenario_file import as_json, of_json
from data.errors import RequestProblem
from data.messages import Message, say, say_n

PARAMETER = "scenario"
LONGEST_LINK = 6_000  # characters; browsers and servers cut longer addresses off
_LARGEST = 64 * 1024  # bytes of what a link may unpack to
_VERSION = b"\x01"
_CHECK = 4
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
# A list of customers, or of people, is nothing to send round in an address.
_NAMING = ("customer", "contact", "company", "account", "email", "phone", "name")


@dataclass(frozen=True)
class Link:
    """The text of a link, and how many levers are not in it because they name customers."""

    text: str
    left_out: int

    @property
    def sentence(self) -> Message | None:
        """What to say of what is not in it."""
        if not self.left_out:
            return None
        return say_n(
            "{n} lever names customers by hand: it is not in the link, since a list of customers is not for an address. Share the file instead.",
            "{n} levers name customers by hand: they are not in the link, since a list of customers is not for an address. Share the file instead.",
            self.left_out,
        )  # fmt: skip


def link(scenario: Scenario) -> Link:
    """The scenario as a value for the parameter `scenario` of an address. Raises RequestProblem for one that is too long."""
    kept = tuple(lever for lever in scenario.levers if not names_customers(lever))
    said = as_json(replace(scenario, levers=kept)).encode()
    body = _VERSION + zlib.crc32(said).to_bytes(_CHECK, "big") + zlib.compress(said, 9)
    text = base64.urlsafe_b64encode(body).rstrip(b"=").decode("ascii")
    if len(text) > LONGEST_LINK or len(said) > _LARGEST:
        raise RequestProblem(say("The scenario is too long for a link."), say("Share it as a file."))
    return Link(text, len(scenario.levers) - len(kept))


def opened(text: str) -> Scenario:
    """The scenario of a link. Raises RequestProblem for what no link says, and for a scenario that cannot be."""
    if not text or len(text) > LONGEST_LINK or not _PLAIN.fullmatch(text):
        raise _damaged()
    try:
        body = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        raise _damaged() from None
    if body[:1] != _VERSION:
        raise RequestProblem(
            say("The link to a scenario was made by another version of Shimur."), say("Share the scenario as a file.")
        )
    check, packed = body[1 : 1 + _CHECK], body[1 + _CHECK :]
    unpacking = zlib.decompressobj()
    try:
        said = unpacking.decompress(packed, _LARGEST + 1)
        if (
            len(said) > _LARGEST
            or not unpacking.eof
            or unpacking.unused_data
            or zlib.crc32(said) != int.from_bytes(check, "big")
        ):
            raise _damaged()
        return of_json(said.decode())
    except (zlib.error, UnicodeDecodeError):
        raise _damaged() from None


def names_customers(lever: Lever) -> bool:
    """Whether the lever's target picks customers, or people, by name or number."""
    return bool(lever.target.customers) or any(
        name.strip().casefold().startswith(_NAMING) for name, _values in lever.target.where
    )


def _damaged() -> RequestProblem:
    return RequestProblem(
        say("The link to a scenario is cut off or damaged."), say("Ask for it again, or for the scenario as a file.")
    )
