"""The levers of the form: how they are grouped, what each does, in which unit its numbers are, and where it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from analytics.what_if.scenario import LEVERS, STRESS, Kind, Range
from ui.locale import Locale

Triple = tuple[float | None, float | None, float | None]
GROUPS: Mapping[str, tuple[Kind, ...]] = {
    "keep": ("retention", "contact_coverage", "save_rate", "onboarding", "loyalty"),
    "win": ("win_back", "referral"),
    "price": ("price", "discount"),
    "pipeline": ("win_rate", "stage_conversion", "stage_time", "deal_value", "cycle"),
    "stress": ("largest_leaves", "owner_leaves", "market"),
}
# What a new lever is at first: a modest range, to be changed.
FIRST: Mapping[Kind, Triple] = {
    "retention": (3, 5, 8), "contact_coverage": (10, 20, 30), "save_rate": (5, 10, 15), "onboarding": (3, 5, 8), "loyalty": (1, 2, 4),
    "win_back": (5, 10, 15), "referral": (1, 2, 4), "price": (2, 3, 5), "discount": (3, 5, 8), "win_rate": (1, 2, 4),
    "stage_conversion": (2, 4, 6), "stage_time": (2, 4, 7), "deal_value": (2, 4, 6), "cycle": (5, 10, 15), "largest_leaves": (0, 0, 0),
    "owner_leaves": (10, 20, 30), "market": (-50, -30, -10),
}  # fmt: skip
# Who contacts more customers must say what comes of it, and who rewards loyalty what that costs.
FIRST_SHARES: Mapping[Kind, Mapping[str, Triple]] = {
    "contact_coverage": {"save_rate": (10, 20, 30)},
    "loyalty": {"reward": (2, 2, 2)},
}
SHARES_OF: Mapping[Kind, str] = {"contact_coverage": "save_rate", "save_rate": "coverage", "loyalty": "reward"}
HAS_STAGE: frozenset[Kind] = frozenset({"stage_conversion", "stage_time"})


def group_words(locale: Locale) -> dict[str, str]:
    """What the groups of levers are called."""
    _ = locale._
    return {
        "keep": _("Keep customers"),
        "win": _("Win back and refer"),
        "price": _("Prices"),
        "pipeline": _("Pipeline"),
        "stress": _("What if things go wrong"),
    }


class Words(NamedTuple):
    """What a lever is called, what it does in a line, and what its three numbers are, with their unit."""

    label: str
    what: str
    amount: str


def lever_words(locale: Locale) -> dict[Kind, Words]:
    """Every lever in words."""
    _ = locale._
    stay = _("Still there after a year: percentage points more")
    return {
        "retention": Words(
            _("Keep more customers"),
            _("So many more of every hundred are still customers a year on."),
            stay,
        ),
        "contact_coverage": Words(
            _("Contact more customers"),
            _("More of them are contacted; of those who would have left, so many stay as the save rate says."),
            _("Contacted: percentage points more"),
        ),
        "save_rate": Words(
            _("Save more of those contacted"),
            _("Of those contacted who would have left, so many more stay."),
            _("Saved: percentage points more"),
        ),
        "onboarding": Words(
            _("Better onboarding"),
            _("More of the new customers stay: those of the last twelve months, and those still to come."),
            stay,
        ),
        "loyalty": Words(
            _("Loyalty programme"),
            _("More customers stay, and all of them get a part of what they pay back."),
            stay,
        ),
        "win_back": Words(
            _("Win back lost customers"),
            _("Some of those lost in the last twelve months come back within a year."),
            _("Come back within a year: percent of them"),
        ),
        "referral": Words(
            _("Referrals"),
            _("Customers bring new ones, who stay and buy as new customers do."),
            _("New customers a year for every 100 customers"),
        ),
        "price": Words(
            _("Price change"),
            _("The same purchases at other prices. Nobody is taken to leave over it; add a lever that says how many do."),
            _("Prices: percent more; less with a minus"),
        ),
        "discount": Words(
            _("Discount"),
            _("The same purchases for less. Nobody is taken to buy more for it; add a lever that says so."),
            _("Discount: percent of the price"),
        ),
        "win_rate": Words(
            _("Win more deals"),
            _("More of the deals are won in the end."),
            _("Won: percentage points more"),
        ),
        "stage_conversion": Words(
            _("Move more deals on from a stage"),
            _("More of the deals that reach the stage go on from it."),
            _("Go on: percentage points more"),
        ),
        "stage_time": Words(
            _("Less time in a stage"),
            _("Deals wait less in the stage, so what is won is won earlier."),
            _("Days less in the stage"),
        ),
        "deal_value": Words(
            _("Larger deals"),
            _("Deals that are won are worth more."),
            _("Value: percent more"),
        ),
        "cycle": Words(
            _("Shorter sales cycle"),
            _("Deals take less time from first day to last, so what is won is won earlier."),
            _("Time: percent less"),
        ),
        "largest_leaves": Words(
            _("The largest customer leaves"),
            _("The customer that brings most is gone from the month on in which this starts."),
            "",
        ),
        "owner_leaves": Words(
            _("A salesperson leaves"),
            _("A part of what this person's customers are worth is lost at the handover."),
            _("Lost: percent of what they are worth"),
        ),
        "market": Words(
            _("The market moves"),
            _("More or less of everything is bought; −50 halves it."),
            _("Bought: percent more; less with a minus"),
        ),
    }  # fmt: skip


def share_labels(locale: Locale) -> dict[str, tuple[str, str]]:
    """What else three numbers are given for, and what they mean."""
    _ = locale._
    return {
        "save_rate": (
            _("Save rate: percent"),
            _("Of those contacted who would have left, so many of a hundred stay."),
        ),
        "coverage": (
            _("Contacted: percent of them"),
            _("Left blank: as many as are contacted on record today."),
        ),
        "reward": (
            _("They get back: percent of what they pay"),
            _("All of them do, whether they would have stayed or not."),
        ),
    }


def has_target(kind: Kind) -> bool:
    """Whether a lever acts on customers that can be chosen."""
    return LEVERS[kind].acts in ("customers", "lost") and kind not in STRESS


def offered(*, has_customers: bool, has_deals: bool) -> dict[str, tuple[Kind, ...]]:
    """The levers that this data can tell anything of, by their group; groups without any are left out."""

    def is_told(kind: Kind) -> bool:
        if LEVERS[kind].acts == "pipeline":
            return has_deals
        return has_customers

    found = {group: tuple(kind for kind in kinds if is_told(kind)) for group, kinds in GROUPS.items()}
    return {group: kinds for group, kinds in found.items() if kinds}


def amount_words(kind: Kind, amount: Range, locale: Locale) -> str:
    """A range with its unit and sign: "+3.0 … +8.0 pts", "−50% … −10%", "2–7 d". Nothing where a lever has none."""
    _ = locale._
    low, high = amount.low, amount.high
    match LEVERS[kind].unit:
        case "points":
            return locale.points(low) if low == high else _("{n} pts").format(n=locale.points_between(low, high))
        case "percent":
            ends = [locale.change(each / 100) for each in dict.fromkeys((low, high))]
            return locale.ltr(" … ".join(end.strip("\u2066\u2069") for end in ends))
        case "days":
            return locale.days(low) if low == high else locale.days_between(low, high)
        case "per_hundred":
            number = f"{low:g}" if low == high else locale.between(f"{low:g}", f"{high:g}")
            return _("{n} a year for every 100").format(n=number)
        case _:
            return ""
