"""Levers, whom they act on and what is told of them, in the reader's words. CRM text stands as it is: HTML gets it through `plain`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analytics.what_if.scenario import Lever, Scenario, Target
from ui.charts.quadrant import quadrant_words
from ui.customers.value_risk_words import lifecycle_words
from ui.locale import Locale
from ui.what_if.levers import has_target, lever_words

MOST_NAMED = 3


def target_words(target: Target, locale: Locale) -> str:
    """Whom a lever acts on."""
    _ = locale._
    if target.is_everyone:
        return _("all customers")
    quadrants: Mapping[str, str] = quadrant_words(locale)
    lifecycles: Mapping[str, str] = lifecycle_words(locale)
    parts = [
        locale.listed([quadrants.get(name, name) for name in target.quadrants]),
        locale.listed([_("tier {tier}").format(tier=name) for name in target.tiers]),
        locale.listed([lifecycles.get(name, name) for name in target.lifecycles]),
        _few(target.owners, locale),
        locale.n_("{n} chosen customer", "{n} chosen customers", len(target.customers)) if target.customers else "",
        *(_few(values, locale) for _name, values in target.where),
    ]
    return " · ".join(part for part in parts if part)


def _few(names: Sequence[str], locale: Locale) -> str:
    said = locale.listed([locale.name(name) for name in names[:MOST_NAMED]])
    return f"{said}, …" if len(names) > MOST_NAMED else said


def named(lever: Lever, locale: Locale) -> tuple[str, str]:
    """What a lever is called, and beside that the stage or owner it is about, or whom it acts on."""
    about = [locale.name(each) for each in (lever.stage, lever.owner) if each]
    if has_target(lever.kind) and not lever.target.is_everyone:
        about.append(target_words(lever.target, locale))
    return locale.name(lever.name) if lever.name else lever_words(locale)[lever.kind].label, " · ".join(about)


def levers_named(scenario: Scenario, locale: Locale) -> list[tuple[str, str]]:
    """The same of all levers of a scenario; those that would read alike are numbered."""
    said = [named(lever, locale) for lever in scenario.levers]
    return [
        (f"{name} ({locale.count(place + 1)})" if said.count((name, about)) > 1 else name, about)
        for place, (name, about) in enumerate(said)
    ]


def months_words(n: float, locale: Locale) -> str:
    return locale.n_("{n} month", "{n} months", round(n))


def range_words(low: str, high: str, locale: Locale) -> str:
    """An 80% range of which an end may be below 0: both ends in full, left to right."""
    return locale.ltr(f"{_bare(low)} … {_bare(high)}")


def _bare(number: str) -> str:
    return number.strip("\u2066\u2069")
