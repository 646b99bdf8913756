"""The table of scenarios side by side: what comes of each, and what each takes for granted; where they differ is marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from analytics.rows import Row
from analytics.what_if.scenario import Scenario
from ui import session, tables
from ui.locale import NOTHING, Locale
from ui.parts import plain, rich, tag
from ui.what_if.lever_details import lever_details
from ui.what_if.results_basis import chance_words, eighty
from ui.what_if.words import levers_named, months_words


def reasons(locale: Locale) -> dict[str, str]:
    """Why a scenario cannot be held against the first, by the code of `compared`."""
    _ = locale._
    return {
        "horizon": _("its horizon is another"),
        "currency": _("its currency is another"),
        "margin": _("its margin is another"),
        "new_customers": _("it counts customers still to come otherwise"),
        "draws": _("it was drawn otherwise"),
    }


# what comes of each


def lines(scenarios: Sequence[Scenario], found: Sequence[Row]) -> list[list[str]]:
    """The rows of the table as HTML: figures first, then assumptions, each with a cell a scenario."""
    _ = session.locale()._
    figures: list[tuple[str, Callable[[Row], str]]] = [
        (_("It pays in"), lambda row: f"<b>{rich(chance_words(row['probability_pays']))}</b>"),
        (_("Profit"), lambda row: _money(row, "profit_delta")),
        (_("Against the best"), _to_best),
        (_("Revenue"), lambda row: _money(row, "revenue_delta")),
        (_("Costs"), lambda row: _money(row, "cost", signed=False)),
        (_("Paid back"), _payback),
        (_("Customers kept or won"), _saved),
    ]
    told = [[f"<b>{rich(label)}</b>", *(cell(row) for row in found)] for label, cell in figures]
    for label, cells in assumptions(scenarios):
        differs = len(set(cells)) > 1
        mark = " " + tag("warn", _("differs")) if differs else ""
        told.append([rich(label) + mark, *cells])
    return told


def _money(row: Row, name: str, signed: bool = True) -> str:
    locale = session.locale()
    if not row[name] and not row[f"{name}_p10"] and not row[f"{name}_p90"]:
        return rich(locale.money(0.0, row["currency"]))
    middle = rich(locale.money(row[name], row["currency"], signed=signed))
    if row[f"{name}_p10"] == row[f"{name}_p90"]:
        return middle
    return _wide(f"{middle}<br><small>{rich(eighty(row, name, row['currency']))}</small>")


def _to_best(row: Row) -> str:
    locale = session.locale()
    _ = locale._
    if row["not_compared"]:
        return _wide(rich(_("not compared: {why}").format(why=reasons(locale)[row["not_compared"]])))
    if row["is_best"]:
        return rich(_("brings most"))
    better = rich(_("better in {share}").format(share=chance_words(row["beats_best"])))
    return _wide(f"{_money(row, 'to_best')}<br><small>{better}</small>")


def _payback(row: Row) -> str:
    locale = session.locale()
    if row["payback_month"] is None:
        return rich(locale._("not within the horizon"))
    return rich(locale._("month {n}").format(n=locale.count(row["payback_month"])))


def _saved(row: Row) -> str:
    locale = session.locale()
    low, high = (_counted(row[f"saved_{end}"], locale) for end in ("p10", "p90"))
    return f"{rich(_counted(row['saved'], locale))}<br><small>{rich(locale.between(low, high))}</small>"


def _counted(value: float, locale: Locale) -> str:
    return locale.ltr(f"{value:.1f}".replace("-", "−")) if abs(value) < 10 and round(value, 1) % 1 else locale.count(value)  # fmt: skip


def _wide(html: str) -> str:
    return f'<span style="display:inline-block;min-width:9rem">{html}</span>'


# what each takes for granted


def assumptions(scenarios: Sequence[Scenario]) -> list[tuple[str, list[str]]]:
    """What each scenario takes for granted: a name and a cell a scenario, as HTML."""
    locale = session.locale()
    _ = locale._
    set_ = session.customer_settings()

    def margin(each: Scenario) -> str:
        known = each.margin if each.margin is not None else set_.margin
        return locale.share(known) if known is not None else _("not known: profit is revenue less costs")

    def capacity(each: Scenario) -> str:
        most = each.capacity.per_owner_per_month
        return _("no limit") if most is None else _("{n} a month and owner").format(n=locale.ltr(f"{most:g}"))

    facts: list[tuple[str, Callable[[Scenario], str]]] = [
        (_("Horizon"), lambda each: months_words(each.horizon_months, locale)),
        (_("Margin"), margin),
        (_("Discount rate a year"), lambda each: locale.share(each.discount_rate)),
        (_("Customers still to come"), lambda each: _("counted") if each.counts_new else _("not counted")),
        (_("Capacity"), capacity),
        (_("Seed"), lambda each: locale.ltr(str(each.seed))),
        (_("Futures"), lambda each: locale.count(each.draws)),
    ]
    found = [(label, [rich(cell(each)) for each in scenarios]) for label, cell in facts]
    return [(_("Levers"), [_levers(each) for each in scenarios]), *found]


def _levers(scenario: Scenario) -> str:
    locale = session.locale()
    told = []
    for lever, (name, about) in zip(scenario.levers, levers_named(scenario, locale), strict=True):
        beside = " · ".join(each for each in (plain(about) if about else "", *lever_details(lever, locale)) if each)
        told.append(f"{rich(plain(name))}<br><small>{rich(beside)}</small>")
    return _wide("<br>".join(told)) if told else rich(locale._("none"))


def differing(scenarios: Sequence[Scenario]) -> str:
    """In what they differ, in a sentence."""
    locale = session.locale()
    names = [label for label, cells in assumptions(scenarios) if len(set(cells)) > 1]
    if not names:
        return locale._("They take the same for granted.")
    return locale._("They differ in: {names}. What differs is marked.").format(names=locale.listed(names))


def sheet(found: Sequence[Row]) -> tables.Table:
    """A row a scenario, as it is taken away."""
    locale = session.locale()
    _ = locale._
    why = reasons(locale)
    told = pd.DataFrame(found).assign(
        not_compared=[why.get(row["not_compared"] or "", NOTHING) for row in found],
    )
    return tables.columns_once(
        told,
        [
            ("scenario", _("Scenario"), "text"), ("horizon_months", _("Months"), "count"), ("probability_pays", _("Chance that it pays"), "share"),
            ("profit_delta", _("Profit"), "money"), ("profit_delta_p10", _("Profit, 80% from"), "money"),
            ("profit_delta_p90", _("Profit, 80% to"), "money"), ("revenue_delta", _("Revenue"), "money"),
            ("revenue_delta_p10", _("Revenue, 80% from"), "money"), ("revenue_delta_p90", _("Revenue, 80% to"), "money"),
            ("cost", _("Costs"), "money"), ("cost_p10", _("Costs, 80% from"), "money"), ("cost_p90", _("Costs, 80% to"), "money"),
            ("payback_month", _("Paid back in month"), "count"), ("saved", _("Customers kept or won"), "number"),
            ("saved_p10", _("Customers, 80% from"), "number"), ("saved_p90", _("Customers, 80% to"), "number"),
            ("to_best", _("Profit less that of the best"), "money"), ("to_best_p10", _("Difference, 80% from"), "money"),
            ("to_best_p90", _("Difference, 80% to"), "money"), ("beats_best", _("Better than the best in"), "share"),
            ("not_compared", _("Not compared"), "text"), ("currency", _("Currency"), "text"), ("seed", _("Seed"), "count"),
            ("draws", _("Futures"), "count"),
        ],
    )  # fmt: skip
