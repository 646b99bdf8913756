"""What decides a scenario: which assumption moves it most, what each lever adds, and how much each must do for it to pay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.rows import Row, rows
from analytics.what_if.break_even import ALL, break_even
from analytics.what_if.scenario import LEVERS, Kind, Range
from analytics.what_if.tornado import MODEL_INPUTS, tornado
from analytics.what_if.waterfall import waterfall
from ui import session, tables
from ui.charts.what_if_tornado import tornado_figure
from ui.charts.what_if_waterfall import waterfall_figure
from ui.locale import NOTHING
from ui.parts import Piece, chart, drawn, legend, md, note, plain, rich, section, table, told
from ui.what_if import asked
from ui.what_if.levers import amount_words
from ui.what_if.results_basis import About, under
from ui.what_if.words import levers_named

SHOWN = 10  # inputs of a tornado
TORNADO_MEANS = ("profit_at_low", "profit_at_high", "swing")
WATERFALL_MEANS = ("profit_change", "profit_after")
BREAK_EVEN_MEANS = ("break_even_amount",)


def show(about: About) -> None:
    """The three cards. Each takes many simulations: they wait for the final figures, and hold their place until then."""
    _ = session.locale()._
    cards: list[tuple[str, str, int, Callable[..., Any]]] = [
        ("break_even_card", _("How much each lever must do"), 150, _break_even),
        ("tornado_card", _("What decides it"), 320, _tornado),
        ("waterfall_card", _("Lever by lever"), 240, _waterfall),
    ]
    for key, title, height, tell in cards:
        with st.container(border=True, key=about.key(key)):
            if about.is_final:
                drawn(tell, about)
            else:
                section(title, _("Worked out when the figures are final."))
                st.skeleton(height=height)


def _names(about: About) -> list[tuple[str, str]]:
    return levers_named(about.scenario, session.locale())


# how much each lever must do


@told
def _break_even(about: About) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = asked.of_base(break_even, about.scenario)
    every = rows(found)
    yield partial(section, _("How much each lever must do"), _break_even_says(about, every))
    if not every or _is_free(about):
        return
    names = _names(about)
    lines = [_break_even_line(row, names) for row in every]
    heads = [_("Lever"), _("The range given"), _("Pays from"), _("Which means")]
    yield partial(table, heads, lines, caption=_("The break-even of each lever"), numbers=(1, 2))
    shown = tables.columns(
        found.assign(lever=[_lever_plain(row, names) for row in every], state=[_state(row) for row in every]),
        [
            ("lever", _("Lever"), "text"), ("amount_low", _("Low"), "number"), ("amount_likely", _("Likely"), "number"),
            ("amount_high", _("High"), "number"), ("break_even_amount", _("Pays from"), "number"), ("lever_unit", _("Unit"), "text"),
            ("state", _("Which means"), "text"),
        ],
    )  # fmt: skip
    yield under(about, "break_even", _("How much each lever must do"), shown, BREAK_EVEN_MEANS, "what_if_break_even", _("all else as in the scenario"))  # fmt: skip


def _break_even_says(about: About, every: list[Row]) -> str:
    _ = session.locale()._
    if not every:
        return _("None of the levers has an amount: a stress test is not meant to pay.")
    if _is_free(about):
        return _(
            "As no cost is given, all that a lever does is gain. Give the levers a cost to see how much they must do."
        )
    single = [row for row in every if row["lever_kind"] != ALL]
    if all(row["break_even_state"] == "never" for row in single):
        return _("No lever alone can make it pay, however much it does.")
    if any(_place(row) == "beyond" for row in single):
        return _("A lever must do more than the range given: the scenario rests on what nobody expects.")
    return _("The amount at which the middle of all futures comes out even, one lever at a time.")


def _is_free(about: About) -> bool:
    """Whether nothing is paid, in money or in prices, so that every lever is worth it as soon as it does anything."""
    return all(
        lever.cost.is_free and not lever.reward.high and lever.kind not in ("price", "discount")
        for lever in about.scenario.levers
    )


def _place(row: Row) -> str:
    """Where the break-even lies: within the range given, short of it, or beyond."""
    at, low, high = row["break_even_amount"], row["amount_low"], row["amount_high"]
    if row["break_even_state"] != "found" or at is None:
        return str(row["break_even_state"])
    if not row["pays_beyond"]:
        return "up_to"
    if abs(at) < min(abs(low), abs(high)):
        return "short"
    return "beyond" if abs(at) > max(abs(low), abs(high)) else "within"


def _state(row: Row) -> str:
    _ = session.locale()._
    is_all = row["lever_kind"] == ALL
    return {
        "always": _("It pays even if the levers do nothing.") if is_all else _("It pays even if this lever does nothing."),
        "never": _("It does not pay, however much the levers do.") if is_all else _("It does not pay, however much this lever does."),
        "up_to": _("It pays up to there only."),
        "short": _("Less would do.") if is_all else _("Less than the range given would do."),
        "within": _("It pays only if the levers do all that is expected.") if is_all else _("Within the range given: it is not sure to get there."),
        "beyond": _("The levers must do more than is expected.") if is_all else _("More than the range given."),
    }[_place(row)]  # fmt: skip


def _break_even_line(row: Row, names: list[tuple[str, str]]) -> list[str]:
    locale = session.locale()
    _ = locale._
    at = row["break_even_amount"]
    if row["lever_kind"] == ALL:
        given = locale.share(1.0)
        pays = locale.share(at, 0) if at is not None else NOTHING
    else:
        kind: Kind = row["lever_kind"]
        given = amount_words(kind, Range(row["amount_low"], row["amount_likely"], row["amount_high"]), locale)
        pays = amount_words(kind, Range.of(_rounded(at)), locale) if at is not None else NOTHING
    return [
        _lever_html(row, names),
        rich(given),
        f"<b>{rich(pays)}</b>",
        f'<div style="min-width:11rem">{rich(_state(row))}</div>',
    ]


def _rounded(value: float) -> float:
    return float(f"{value:.2g}") if abs(value) < 10 else round(value, 1)


def _lever_html(row: Row, names: list[tuple[str, str]]) -> str:
    _ = session.locale()._
    if row["lever_place"] is None:
        return f"<b>{rich(_('All levers together'))}</b>"
    name, about = names[int(row["lever_place"])]
    beside = f'<br><span class="sh-small">{rich(plain(about))}</span>' if about else ""
    return f'<div style="min-width:8rem"><b>{rich(plain(name))}</b>{beside}</div>'


def _lever_plain(row: Row, names: list[tuple[str, str]]) -> str:
    if row["lever_place"] is None:
        return session.locale()._("All levers together")
    return " · ".join(part for part in names[int(row["lever_place"])] if part)


# what moves the result


@told
def _tornado(about: About) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = asked.of_base(tornado, about.scenario)
    every = [row for row in rows(found) if row["swing"]]
    if not every:
        yield partial(section, _("What decides it"))
        yield partial(note, _("No single assumption moves the result."))
        return
    names = _names(about)
    said = [_input_words(row, names, about) for row in every]
    first = said[0][0]
    share = every[0]["swing"] / (every[1]["swing"] if len(every) > 1 else every[0]["swing"])
    sentence = (
        _("{input} matters {n} times as much as the next. Find out more of it first.").format(input=plain(first), n=locale.ltr(f"{share:.1f}"))
        if share >= 1.5
        else _("{input} matters most. Find out more of it first.").format(input=plain(first))
    )  # fmt: skip
    yield partial(section, _("What decides it"), sentence)
    yield partial(legend, [(look.colors.neutral, _("at its low")), (look.colors.accent, _("at its high"))])
    shown, lines = found[found["swing"] > 0].head(SHOWN), said[:SHOWN]
    currency = every[0]["currency"] or ""
    middle = float(every[0]["profit_at_middle"])
    labels = [
        look.name(name, 30) + (f"<br>{look.small(look.name(beside, 34))}" if beside else "")
        for name, beside, _low, _high in lines
    ]
    spans = [(low, high) for _name, _beside, low, high in lines]
    figure = tornado_figure(shown, labels, spans, middle, look, currency=currency)
    alt = _("Profit against doing nothing when one assumption goes from low to high: {lines}.").format(
        lines="; ".join(
            _("{input} {low} to {high}").format(
                input=name, low=locale.money(row["profit_at_low"], row["currency"], signed=True),
                high=locale.money(row["profit_at_high"], row["currency"], signed=True),
            )
            for (name, *_rest), row in zip(lines, every, strict=False)
        )
    )  # fmt: skip
    yield partial(chart, figure, about.key("tornado"), md(alt), wide=True)
    sheet = tables.columns(
        found.assign(what=[" · ".join(part for part in _input_words(row, names, about)[:2] if part) for row in rows(found)]),
        [
            ("what", _("Assumption"), "text"), ("input_low", _("Low"), "number"), ("input_middle", _("Middle"), "number"),
            ("input_high", _("High"), "number"), ("profit_at_low", _("Profit at its low"), "money"), ("profit_at_high", _("Profit at its high"), "money"),
            ("swing", _("Difference"), "money"), ("swing_share", _("Share of what is unsure"), "share"), ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    yield under(about, "tornado", _("What decides it"), sheet, TORNADO_MEANS, "what_if_tornado", _("low and high: 10% and 90%, the others in the middle"), picture=f"wide_{about.key('tornado')}")  # fmt: skip


def _input_words(row: Row, names: list[tuple[str, str]], about: About) -> tuple[str, str, str, str]:
    """An assumption: its name, the lever it belongs to, and its low and high as written."""
    locale = session.locale()
    _ = locale._
    if row["input"] in MODEL_INPUTS:
        model = {
            "staying": _("How long customers stay"), "spending": _("What customers spend"), "new_customers": _("How many new customers come"),
            "pipeline": _("What is won of deals"), "back_test_error": _("How far off the model has been"),
        }  # fmt: skip
        return model[row["input"]], _("as the models have it"), _("low"), _("high")
    name, beside = names[int(row["lever_place"])]
    money = about.scenario.currency or row["currency"]
    if row["input"] == "amount":
        kind: Kind = row["lever_kind"]
        low, high = (amount_words(kind, Range.of(_rounded(row[f"input_{end}"])), locale) for end in ("low", "high"))
        return name, beside, low, high
    of = {
        "save_rate": _("Saved of those contacted"), "coverage": _("Contacted"), "reward": _("Reward"), "cost_fixed": _("Cost, once"),
        "cost_monthly": _("Cost a month"), "cost_per_customer": _("Cost per customer"), "cost_per_save": _("Cost per customer kept"),
    }[row["input"]]  # fmt: skip
    ends = (row["input_low"], row["input_high"])
    if row["lever_unit"] == "money":
        low, high = (locale.money(end, money) for end in ends)
    else:
        low, high = (locale.share(end / 100) for end in ends)
    return of, name, low, high


# lever by lever


@told
def _waterfall(about: About) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = asked.of_base(waterfall, about.scenario)
    every = rows(found)
    names = _names(about)
    first, last = every[0], every[-1]
    money = first["currency"]
    steps = [row for row in every if row["bar"] in ("lever", "cost")]
    total = last["profit_after"] - first["profit_after"]
    said = [_bar_words(row, names) for row in [*steps, last]]
    yield partial(section, _("Lever by lever"), _waterfall_says(about))
    drawn_rows = pd.DataFrame({"profit_change": [*(row["profit_change"] for row in steps), total]})
    labels = [look.name(name, 30) + (f"<br>{look.small(look.name(beside, 34))}" if beside else "") for name, beside in said]  # fmt: skip
    labels[-1] = f"<b>{look.text(said[-1][0])}</b><br>{look.small(locale.money(last['profit_after'], money))}"
    figure = waterfall_figure(drawn_rows, labels, float(first["profit_after"]), look, currency=money or "")
    alt = _("From {before} without the scenario to {after} with it: {steps}.").format(
        before=locale.money(first["profit_after"], money), after=locale.money(last["profit_after"], money),
        steps="; ".join(f"{name} {locale.money(row['profit_change'], money, signed=True)}" for (name, _beside), row in zip(said, steps, strict=False)),
    )  # fmt: skip
    yield partial(chart, figure, about.key("waterfall"), md(alt), wide=True)
    sheet = tables.columns(
        found.assign(what=[" · ".join(part for part in _bar_words(row, names) if part) for row in every]),
        [
            ("what", _("Step"), "text"), ("profit_change", _("Amount"), "money"), ("profit_after", _("Profit after it"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    yield under(about, "waterfall", _("Lever by lever"), sheet, WATERFALL_MEANS, "what_if_waterfall", _("averages of all futures"), picture=f"wide_{about.key('waterfall')}")  # fmt: skip


def _waterfall_says(about: About) -> str:
    _ = session.locale()._
    several = sum(LEVERS[lever.kind].unit != "none" for lever in about.scenario.levers) > 1
    said = _("Bars are differences from what comes without the scenario, so they begin at 0; averages of all futures, as middles do not add up.")  # fmt: skip
    if several:
        said += " " + _("What two levers do together counts for the one that comes later.")
    return said


def _bar_words(row: Row, names: list[tuple[str, str]]) -> tuple[str, str]:
    _ = session.locale()._
    match row["bar"]:
        case "baseline":
            return _("Without it"), ""
        case "cost":
            return _("What all of it costs"), ""
        case "scenario":
            return _("With it"), ""
        case _:
            return names[int(row["lever_place"])]
