"""All that is assumed of a lever beside its name and whom it acts on, in short words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from analytics.what_if.scenario import LEVERS, Kind, Lever, Range
from analytics.what_if.scenario import NOTHING as FREE
from ui.locale import Locale
from ui.what_if.words import months_words


def lever_details(lever: Lever, locale: Locale) -> Iterator[str]:
    """Its range, shares, costs, and when it works."""
    _ = locale._
    yield range_in_words(lever.kind, lever.amount, locale)
    shares = {"save_rate": _("save rate {range}%"), "coverage": _("contacted {range}%"), "reward": _("reward {range}%")}
    for name, words in shares.items():
        given: Range | None = getattr(lever, name)
        if given is not None and given != FREE:
            yield words.format(range=_range(given))
    costs = {
        "fixed": _("costs {range} once"), "monthly": _("{range} a month"), "per_customer": _("{range} a customer"),
        "per_save": _("{range} a customer kept"),
    }  # fmt: skip
    for name, words in costs.items():
        cost: Range = getattr(lever.cost, name)
        if cost != FREE:
            yield words.format(range=_range(cost))
    if lever.delay_months:
        yield _("starts after {months}").format(months=months_words(lever.delay_months, locale))
    if lever.ramp_months:
        yield _("full effect after {months} more").format(months=months_words(lever.ramp_months, locale))
    yield _("half of it gone every {n} months").format(n=f"{lever.half_life_months:g}") if lever.half_life_months else _("lasts")  # fmt: skip
    if lever.ceiling is not None:
        yield _("never more than {n}").format(n=f"{lever.ceiling:g}")


def _range(given: Range) -> str:
    if given.is_sure:
        return f"{given.likely:,g}"
    return f"{given.low:,g} … {given.likely:,g} … {given.high:,g}"


def range_in_words(kind: Kind, amount: Range, locale: Locale) -> str:
    """A lever's range in its unit, low to high and the likely one between."""
    unit = _units(locale.code)[LEVERS[kind].unit]
    if not unit:
        return ""
    if amount.is_sure:
        return unit.format(n=locale.ltr(_signed(amount.likely)))
    low, likely, high = (_signed(each) for each in (amount.low, amount.likely, amount.high))
    return unit.format(n=locale.ltr(f"{low} … {likely} … {high}"))


@cache
def _units(code: str) -> dict[str, str]:
    _ = Locale(code)._
    return {
        "points": _("{n} pts"), "percent": _("{n}%"), "days": _("{n} d"), "per_hundred": _("{n} in 100 a year"), "none": "",
    }  # fmt: skip


def _signed(value: float) -> str:
    return f"{value:+g}".replace("-", "−") if value else "0"
