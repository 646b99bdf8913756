"""Two periods or two groups in one funnel, and what their difference is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.comparison import MONEY_EFFECTS, RATE_EFFECTS, Compared, Period, comparison, deals_of
from analytics.decomposition import rounded
from analytics.fields import Field
from ui import session, tables, words
from ui.charts.comparison import LEAST_SHOWN, Step, sides_figure, waterfall_figure
from ui.funnel import field_choice
from ui.funnel.deal_list import deal_list
from ui.funnel.groups import value_words
from ui.funnel.options import counting
from ui.locale import CONTROLS
from ui.parts import (
    Piece,
    chart,
    drawn,
    heading,
    legend,
    note,
    nothing,
    paper,
    plain,
    rich,
    section,
    table,
    told,
    under_chart,
)

REAL = 0.05
MOST_GROUPS = 10
# What deals usually differ by; the first of these that the data has is the mix to begin with.
USUAL_MIX = ("source", "segment", "deal_type", "region", "product", "industry")
SIDES_MEAN = ("difference", "value_a", "value_b", "horizon_days", "q_value")
EFFECTS_MEAN = ("effect", "difference", "mix_group", "q_value")


@dataclass(frozen=True)
class Asked:
    """What is compared: for the metric, and each side's name for the reader."""

    compared: Compared
    names: tuple[str, str]


def show() -> None:
    """The view: the sentence, both sides at every stage, what the win rate's and the money's difference is made of."""
    _ = session.locale()._
    asked = _asked_sides()
    mix = _mix(asked)
    if asked is None:
        heading(_("Funnel"), _("**There are no two sides to compare.**"))
        with st.container(border=True, key="card_compare"):
            _choices(None, mix)
            with st.container(border=True, key="card_nothing_compare"):
                nothing("compare_arrows", _("Two values with deals are needed"),
                        _("Choose another field, another pair of periods, or take a filter away."))  # fmt: skip
                _clear()
        return
    options: dict[str, Any] = {"compared": asked.compared, "mix": mix, "counting": counting()}
    rows = session.answer(comparison, **options)
    rate = rows[rows["part"] == "win_rate"]
    deals = rows[rows["part"] == "deals"].iloc[0]
    if rate.empty or min(deals["n_a"], deals["n_b"]) < LEAST_SHOWN:
        heading(_("Funnel"), _("**Too few deals to compare.**"))
        with st.container(border=True, key="card_compare"):
            _choices(asked, mix)
            counts = _counts(asked, deals)
            with st.container(border=True, key="card_nothing_compare"):
                nothing("hourglass_empty", _("Each side needs 10 deals, and some that closed"), counts,
                        [_("Choose longer periods or other sides, take a filter away, or add more deals.")])  # fmt: skip
                _clear()
        return
    drawn(_heading, rows, asked, mix)
    with st.container(border=True, key="card_compare"):
        _choices(asked, mix)
        drawn(_sides, rows, asked, options)
    if mix is not None:
        with st.container(border=True, key="card_compare_rate"):
            drawn(_rate, rows, asked, mix, options)
    _money(rows, asked, mix, options)
    _deals(asked)


def _clear() -> None:
    """A way out where the filters leave too little."""
    _ = session.locale()._
    if session.chosen().any:
        st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")


# what is compared


def _asked_sides() -> Asked | None:
    name = session.get("compare_field")
    field = session.find(name) if name else None
    if field is None:
        pairs = _pairs()
        chosen = session.get("compare_periods") if session.get("compare_periods") in pairs else next(iter(pairs))
        periods = pairs[chosen][1]
        return Asked(Compared(periods=periods), (_days(periods[0]), _days(periods[1])))
    known = list(session.counts(field))
    if len(known) < 2:
        return None
    a, b = (session.get(f"compare_{side}_{field.name}") for side in "ab")
    a = a if a in known else known[0]
    b = b if b in known and b != a else next(value for value in known if value != a)
    return Asked(Compared(field=field, values=(a, b)), (value_words(field, a or None), value_words(field, b or None)))


def _pairs() -> dict[str, tuple[str, tuple[Period, Period]]]:
    """Pairs of periods worth comparing, each with its words; the first is the one to begin with."""
    _ = session.locale()._
    filters = session.filters()
    found: dict[str, tuple[str, tuple[Period, Period]]] = {}
    if filters.since and filters.until:
        now = (filters.since, min(filters.until, filters.as_of))
        if now[0] <= now[1]:
            length = now[1] - now[0] + timedelta(days=1)
            found["dates"] = (_("These dates, and as many days before"), ((now[0] - length, now[1] - length), now))
            year = (_year_before(now[0]), _year_before(now[1]))
            if year[1] < now[0]:
                found["dates_year"] = (_("These dates, and a year before"), (year, now))
    end = (filters.as_of + timedelta(days=1)).replace(day=1)
    for name, months, back, words_ in (
        ("quarter", 3, 3, _("The last three full months, and the three before")),
        ("quarter_year", 3, 12, _("The last three full months, and a year before")),
        ("half", 6, 6, _("The last six full months, and the six before")),
        ("year", 12, 12, _("The last twelve full months, and the twelve before")),
    ):
        now, before = (
            (_months_before(end, months + shift), _months_before(end, shift) - timedelta(days=1)) for shift in (0, back)
        )
        found[name] = (words_, (before, now))
    return found


def _months_before(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


def _days(period: Period) -> str:
    locale = session.locale()
    first, last = period
    if first.day == 1 and (last + timedelta(days=1)).day == 1:
        if (first.year, first.month) == (last.year, last.month):
            return locale.month(first)
        return f"{locale.month(first)} – {locale.month(last)}"
    return f"{locale.day(first)} – {locale.day(last)}"


def _mix(asked: Asked | None) -> Field | None:
    """The field whose mix is told apart from rates, its rarer values together."""
    known = _mix_names(asked)
    name = session.get("compare_mix")
    if name not in known:
        name = next((usual for usual in USUAL_MIX if usual in known), next(iter(known), None))
    field = known.get(name) if name else None
    if field is None:
        return None
    values = [value for value in session.counts(field) if value]
    return field.folded(values[:MOST_GROUPS]) if len(values) > MOST_GROUPS + 1 else field


def _mix_names(asked: Asked | None) -> dict[str, Field]:
    compared = asked.compared.field if asked else None
    return {name: field for name, field in field_choice.choices().items() if field != compared}


def _choices(asked: Asked | None, mix: Field | None) -> None:
    locale = session.locale()
    _ = locale._
    section(_("What is compared"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="switches_compare"):
        names = field_choice.choices()
        if session.get("compare_field") not in names:
            session.put("compare_field", "")
        field_name = st.selectbox(
            _("Compare"), ["", *names], key="compare_field", width=190, persist_state="session",
            format_func=lambda name: field_choice.words(names[name], names) if name else _("Two periods"),
        )  # fmt: skip
        if not field_name:
            pairs = _pairs()
            if session.get("compare_periods") not in pairs:
                session.put("compare_periods", next(iter(pairs)))
            st.selectbox(
                _("Deals created in"), list(pairs), key="compare_periods", width=470, persist_state="session",
                format_func=lambda name: pairs[name][0],
            )  # fmt: skip
        elif asked is not None and asked.compared.values is not None:
            known = list(session.counts(names[field_name]))
            for side, label, value in zip(
                "ab", (_("This"), _("against this")), asked.compared.values[::-1], strict=True
            ):
                key = f"compare_{'ba'['ab'.index(side)]}_{field_name}"
                if session.get(key) not in known:
                    session.put(key, value)
                st.selectbox(
                    label, known, key=key, width=190, persist_state="session",
                    format_func=lambda name: locale.name(value_words(names[field_name], name or None)),
                )  # fmt: skip
        mixes = _mix_names(asked)
        if mixes:
            if session.get("compare_mix") not in mixes:
                session.put("compare_mix", mix.name if mix else next(iter(mixes)))
            st.selectbox(
                _("Mix of"), list(mixes), key="compare_mix", width=190, persist_state="session",
                format_func=lambda name: field_choice.words(mixes[name], mixes),
            )  # fmt: skip


# sentences


def _counts(asked: Asked, deals: pd.Series) -> str:
    """How many deals each side has."""
    locale = session.locale()
    sides = zip(asked.names, (deals["n_a"], deals["n_b"]), strict=True)
    return " ".join(f"{plain(name)}: {locale.n_('{n} deal', '{n} deals', int(n))}." for name, n in sides)


def _is_real(row: Any) -> bool | None:
    q = row["q_value"]
    return None if q is None or q != q else bool(q < REAL)


def _tenths(rows: pd.DataFrame) -> tuple[int, dict[str, int]]:
    """The win rate's difference and its effects in tenths of points, rounded so that they add up as printed."""
    difference = round(float(rows.loc[rows["part"] == "win_rate", "difference"].iloc[0]) * 1000)
    totals = _effects(rows, "win_rate_effect")
    if not totals:
        return difference, {}
    parts = rounded([float(totals[effect]["difference"]) * 1000 for effect in RATE_EFFECTS], difference)
    return difference, dict(zip(RATE_EFFECTS, parts, strict=True))


def _effects(rows: pd.DataFrame, part: str) -> dict[str, Any]:
    kept = rows[(rows["part"] == part) & rows["is_total"].eq(True)]
    return {row["effect"]: row for row in kept.to_dict("records")}


@told
def _heading(rows: pd.DataFrame, asked: Asked, mix: Field | None) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Funnel"), finding(rows, asked, mix), remark(rows, asked))


def finding(rows: pd.DataFrame, asked: Asked, mix: Field | None) -> str:
    """By how much the win rate differs, whether that is real, and what it is made of."""
    locale = session.locale()
    _ = locale._
    row = rows[rows["part"] == "win_rate"].iloc[0]
    difference, effects = _tenths(rows)
    said = {
        "a": plain(asked.names[0]), "b": plain(asked.names[1]),
        "points": locale.points(abs(difference) / 10).replace("+", ""), "from": locale.share(row["value_a"]),
        "to": locale.share(row["value_b"]), "days": locale.days(row["horizon_days"]),
        "range": _ends(row["low"] * 100, row["high"] * 100), "change": locale.points(difference / 10),
    }  # fmt: skip
    real = _is_real(row)
    if asked.compared.periods is not None:
        if real and difference < 0:
            first = _(
                "**The win rate fell by {points}, a real change:** {from} before, {to} after ({range}), both within {days} of creation."
            )
        elif real:
            first = _(
                "**The win rate rose by {points}, a real change:** {from} before, {to} after ({range}), both within {days} of creation."
            )
        else:
            first = _(
                "**The win rate went from {from} to {to}; this could be chance.** Within {days} of creation, that is {change} ({range})."
            )
    elif real:
        first = _(
            "**{b} wins {to}, {a} {from}: a real difference of {change}** ({range}), both within {days} of creation."
        )
    else:
        first = _(
            "**{b} wins {to}, {a} {from}: a difference of {change} that could be chance** ({range}), both within {days} of creation."
        )
    sentence = first.format(**said)
    if effects and mix is not None and difference:
        parts = {name: locale.points(value / 10) for name, value in effects.items()}
        made_of = _(
            "{rate} of it come from winning the same kinds of deals more or less often, {mix} from other kinds of deals (by {field})."
        )
        sentence += " " + made_of.format(**parts, field=plain(_(mix.label).lower() if not locale.rtl else _(mix.label)))
    return sentence


def _ends(low: float, high: float) -> str:
    return session.locale().points_between(low, high)


def remark(rows: pd.DataFrame, asked: Asked) -> str:
    """That both sides are told by one age, and how many deals are still open."""
    locale = session.locale()
    _ = locale._
    row = rows[rows["part"] == "win_rate"].iloc[0]
    still = int(row["undecided_a"]) + int(row["undecided_b"])
    parts = [_("Both sides are judged by the same age, so the younger one is not punished.")]
    if still:
        parts.append(
            locale.n_(
                "{n} deal is still open. It counts for as long as it has been open, not as lost.",
                "{n} deals are still open. They count for as long as they have been open, not as lost.",
                still,
            )
        )
    if _is_real(row) is False and row["low"] * row["high"] > 0 and row["tests"] > 1:
        # Without this the interval, all on one side of nought, seems to say the opposite of the verdict.
        several = _("The interval is of this one difference; the verdict allows for all {n} compared in the chart.")
        parts.append(several.format(n=locale.count(row["tests"])))
    return " ".join(parts)


def basis(rows: pd.DataFrame, asked: Asked, tests: float) -> str:
    locale = session.locale()
    _ = locale._
    deals = rows[rows["part"] == "deals"].iloc[0]
    parts = [
        f"{locale.name(name)}: {locale.count(deals[f'n_{side}'])}" for name, side in zip(asked.names, "ab", strict=True)
    ]
    if session.chosen().as_of or session.latest_day():
        parts.append(_("as of {day}").format(day=locale.day(session.filters().as_of)))
    if tests == tests and tests:
        parts.append(locale.n_("{n} comparison, corrected", "{n} comparisons, corrected", int(tests)))
    if deals["undated"]:
        parts.append(_("{n} without a creation date left out").format(n=locale.count(deals["undated"])))
    return " · ".join(parts)


# the cards


@told
def _sides(rows: pd.DataFrame, asked: Asked, options: dict[str, Any]) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    # Without a stage history nothing is known of the stages gone through: rows that only say so tell nothing.
    has_stages = bool(rows.loc[rows["part"] == "stage", "value_a"].notna().any())
    kept = rows[rows["part"].isin(("stage", "win_rate") if has_stages else ("win_rate",))].reset_index(drop=True)
    kept = kept.assign(real=[_is_real(row) for row in kept.to_dict("records")])
    names = []
    for row in kept.to_dict("records"):
        name = row["stage"] if row["part"] == "stage" else _("Won")
        horizon = row["horizon_days"]
        line = (
            _("within {days}").format(days=locale.days(horizon))
            if horizon == horizon and horizon is not None
            else _("of those that left")
        )
        names.append((name, f"{line} · {locale.count(row['n_a'])} / {locale.count(row['n_b'])}"))
    color_key = ((look.colors.neutral, locale.name(asked.names[0])), (look.colors.accent, locale.name(asked.names[1])))
    yield partial(
        note,
        _("The share that moves on from each stage, and at the end the share won. Real differences are in colour.")
        if has_stages
        else _(
            "The share won. To compare each stage as well, add a stage history: one row for each stage a deal came to."
        ),
    )
    yield partial(legend, color_key)
    yield partial(
        chart,
        sides_figure(kept, names, look),
        "sides",
        _("Conversion at each stage on both sides: {stages}.").format(
            stages=", ".join(
                f"{locale.name(name)} {locale.share(row['value_a'])} / {locale.share(row['value_b'])}"
                for (name, _line), row in zip(names, kept.to_dict("records"), strict=True)
            )
        ),
        wide=True,
    )
    tests = kept["tests"].max()
    shown, kinds = sides_table(kept, names, asked.names)
    meanings = words.meanings(*SIDES_MEAN, of="comparison")
    stands_on = basis(rows, asked, tests)
    what = paper("comparison", _("Comparison"), shown, kinds, meanings=meanings, basis=stands_on)
    yield partial(
        under_chart,
        replace(what, legend=color_key),
        session.asked(comparison, **options),
        meanings,
        stands_on,
        picture="wide_sides",
    )


def _named(sides: tuple[str, str], names: dict[str, str]) -> dict[str, str]:
    """Words for columns of each side: of `names`, words with a place for the side, under their column's name and _a or _b."""
    return {
        f"{column}_{letter}": words_.format(side=CONTROLS.sub("", side))
        for column, words_ in names.items()
        for letter, side in zip("ab", sides, strict=True)
    }


def sides_table(kept: pd.DataFrame, names: Sequence[tuple[str, str]], sides: tuple[str, str]) -> tables.Table:
    """Both sides at every stage as a table; shares of fewer than 10 deals are not shown."""
    _ = session.locale()._
    told = _named(sides, {
        "n": _("Deals: {side}"), "value": _("Share: {side}"), "low": _("95% from: {side}"), "high": _("95% to: {side}"),
    })  # fmt: skip
    verdicts = {True: _("real change"), False: _("could be chance"), None: _("not enough data")}
    few = kept[["n_a", "n_b"]].min(axis=1) < LEAST_SHOWN
    hidden = ("value_a", "low_a", "high_a", "value_b", "low_b", "high_b", "difference", "low", "high")
    kept = kept.assign(
        name=[name for name, _line in names], verdict=[verdicts[value] for value in kept["real"]],
        **{column: pd.to_numeric(kept[column]).mask(few) for column in hidden},
    )  # fmt: skip
    return tables.columns(
        kept,
        [
            ("name", _("Stage"), "text"),
            *((f"{column}_{side}", told[f"{column}_{side}"], "count" if column == "n" else "share")
              for side in "ab" for column in ("n", "value", "low", "high")),
            ("difference", _("Difference"), "share"), ("low", _("95% from"), "share"), ("high", _("95% to"), "share"),
            ("verdict", _("Verdict"), "text"),
        ],
    )  # fmt: skip


def effect_words(mix: Field | None) -> dict[str, str]:
    _ = session.locale()._
    return {"volume": _("Number of deals"), "mix": _("Mix"), "rate": _("Win rates"), "amount": _("Size of won deals")}


@told
def _rate(rows: pd.DataFrame, asked: Asked, mix: Field, options: dict[str, Any]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    row = rows[rows["part"] == "win_rate"].iloc[0]
    _difference, tenths = _tenths(rows)
    effects = _effects(rows, "win_rate_effect")
    said = effect_words(mix)
    yield partial(
        section,
        _("What the difference in win rate is made of"),
        _(
            "Mix: other kinds of deals, by {field}. Win rates: the same kinds won more or less often. They add up exactly."
        ).format(field=plain(_(mix.label))),
    )
    steps = [Step(asked.names[0], float(row["value_a"]), locale.share(row["value_a"], 1), is_whole=True)]
    for effect in RATE_EFFECTS:
        found = effects[effect]
        steps.append(
            Step(said[effect], float(found["difference"]), locale.points(tenths[effect] / 10),
                 _ends(found["low"] * 100, found["high"] * 100), is_real=_is_real(found))
        )  # fmt: skip
    steps.append(Step(asked.names[1], float(row["value_b"]), locale.share(row["value_b"], 1), is_whole=True))
    yield _waterfall(steps, "rate_steps")
    groups = rows[(rows["part"] == "win_rate_effect") & rows["is_total"].eq(False)]
    lines = []
    parts = {
        effect: rounded(
            [float(value) * 1000 for value in groups.loc[groups["effect"] == effect, "difference"]], tenths[effect]
        )
        for effect in RATE_EFFECTS
    }
    firsts, seconds = (groups[groups["effect"] == effect].to_dict("records") for effect in RATE_EFFECTS)
    shown_groups = []
    for place, group in enumerate(firsts):
        name = _group_name(mix, group["mix_group"])
        shares = [group[f"n_{side}"] / max(row[f"n_{side}"], 1) for side in "ab"]
        rates = [locale.share(group[f"value_{side}"]) if group[f"n_{side}"] >= LEAST_SHOWN else
                 _("not enough · {n}").format(n=locale.count(group[f"n_{side}"])) for side in "ab"]  # fmt: skip
        lines.append(
            [
                rich(plain(name)), _to(locale.count(group["n_a"]), locale.count(group["n_b"])),
                _to(locale.share(shares[0]), locale.share(shares[1])), _to(*rates),
                *(f"{locale.points(parts[effect][place] / 10)} <small>{_ends(own['low'] * 100, own['high'] * 100)}</small>"
                  for effect, own in zip(RATE_EFFECTS, (group, seconds[place]), strict=True)),
            ]
        )  # fmt: skip
        shown_groups.append(
            {"name": name, "n_a": group["n_a"], "n_b": group["n_b"], "share_a": shares[0], "share_b": shares[1],
             "value_a": group["value_a"] if group["n_a"] >= LEAST_SHOWN else None,
             "value_b": group["value_b"] if group["n_b"] >= LEAST_SHOWN else None,
             **_with_ends("mix", group), **_with_ends("rate", seconds[place])}
        )  # fmt: skip
    lines.append(
        [f"<b>{rich(_('Together'))}</b>", _to(locale.count(row["n_a"]), locale.count(row["n_b"])), "",
         _to(locale.share(row["value_a"]), locale.share(row["value_b"])),
         *(f"<b>{locale.points(tenths[effect] / 10)}</b> "
           f"<small>{_ends(effects[effect]['low'] * 100, effects[effect]['high'] * 100)}</small>" for effect in RATE_EFFECTS)]
    )  # fmt: skip
    yield partial(
        table,
        [_(mix.label), _("Deals"), _("Share"), _("Won"), said["mix"], said["rate"]], lines,
        caption=_("What each group adds to the difference"), numbers=range(1, 6),
    )  # fmt: skip
    told = _named(
        asked.names, {"n": _("Deals: {side}"), "share": _("Share of deals: {side}"), "value": _("Won: {side}")}
    )
    shown, kinds = tables.columns(
        pd.DataFrame(shown_groups),
        [
            ("name", _(mix.label), "text"),
            *((column, words_, "count" if column.startswith("n_") else "share") for column, words_ in told.items()),
            *(column for effect in RATE_EFFECTS for column in _columns_with_ends(effect, said[effect], "share")),
        ],
    )  # fmt: skip
    meanings = words.meanings(*EFFECTS_MEAN, of="comparison")
    stands_on = basis(rows, asked, rows.loc[rows["part"] == "win_rate_effect", "tests"].max())
    what = paper("comparison_rate", _("Win rate: mix and rates"), shown, kinds, meanings=meanings, basis=stands_on)
    yield partial(
        under_chart, what, session.asked(comparison, **options), meanings, stands_on, picture="wide_rate_steps"
    )


def _with_ends(effect: str, row: Mapping[Any, Any]) -> dict[str, Any]:
    """An effect with its interval, named as `_columns_with_ends` asks for them."""
    return {effect: row["difference"], f"{effect}_low": row["low"], f"{effect}_high": row["high"]}


def _columns_with_ends(effect: str, said: str, kind: Any) -> list[tuple[str, str, Any]]:
    _ = session.locale()._
    return [
        (effect, said, kind),
        (f"{effect}_low", _("{part}: 95% from").format(part=said), kind),
        (f"{effect}_high", _("{part}: 95% to").format(part=said), kind),
    ]


def _to(before: str, after: str) -> str:
    """Before and after, in the direction of reading."""
    arrow = "←" if session.locale().rtl else "→"
    return f"<bdi>{rich(before)}</bdi> {arrow} <bdi>{rich(after)}</bdi>"


def _group_name(mix: Field | None, value: object) -> str:
    return value_words(mix, value if isinstance(value, str) else None) if mix is not None else ""


def _waterfall(steps: Sequence[Step], key: str) -> Piece:
    locale, look = session.locale(), session.look()
    _ = locale._
    return partial(
        chart,
        waterfall_figure(steps, look),
        key,
        _("From before to after, by what changed: {steps}.").format(
            steps=", ".join(f"{locale.name(step.name)} {step.said}" for step in steps)
        ),
        wide=True,
    )


def _money(rows: pd.DataFrame, asked: Asked, mix: Field | None, options: dict[str, Any]) -> None:
    """The card of money won, where some was: its currency is the reader's to choose, the rest follows."""
    locale = session.locale()
    _ = locale._
    wholes = rows[rows["part"] == "money_won"]
    if wholes.empty:
        return
    several = list(wholes["currency"]) if len(wholes) > 1 else []
    with st.container(border=True, key="card_compare_money"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(
                _("What the difference in money won is made of"),
                _("Money won within {days} of creation. The parts add up to the cent.").format(
                    days=locale.days(wholes["horizon_days"].iloc[0])
                ),
            )
            currency = wholes["currency"].iloc[0]
            if several:
                if session.get("compare_currency") not in several:
                    session.put("compare_currency", several[0])
                currency = st.selectbox(
                    _("Currency"), several, key="compare_currency", label_visibility="collapsed", width=110,
                    persist_state="session",
                )  # fmt: skip
        drawn(_money_made_of, rows, asked, mix, options, currency if isinstance(currency, str) else None)


@told
def _money_made_of(
    rows: pd.DataFrame, asked: Asked, mix: Field | None, options: dict[str, Any], currency: str | None
) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    wholes = rows[rows["part"] == "money_won"]
    several = list(wholes["currency"]) if len(wholes) > 1 else []
    same = wholes["currency"] == currency if several else wholes["currency"].map(lambda _value: True)
    whole = wholes[same].iloc[0]
    if several:
        yield partial(
            note,
            _("Money is in {currency} only: amounts in {n} currencies do not add up.").format(
                currency=plain(currency or ""), n=locale.count(len(several))
            ),
        )
    of_money = rows[rows["part"] == "money_effect"]
    of_money = of_money[of_money["currency"] == currency] if several else of_money
    effects = _effects(of_money, "money_effect")
    said = effect_words(mix)
    steps = [Step(asked.names[0], float(whole["value_a"]), locale.money(whole["value_a"], currency), is_whole=True)]
    for effect in MONEY_EFFECTS:
        if effect in effects:
            found = effects[effect]
            ends = (locale.money(found[end], currency, signed=True) for end in ("low", "high"))
            steps.append(
                Step(said[effect], float(found["difference"]), locale.money(found["difference"], currency, signed=True),
                     " … ".join(ends), is_real=_is_real(found))
            )  # fmt: skip
    steps.append(Step(asked.names[1], float(whole["value_b"]), locale.money(whole["value_b"], currency), is_whole=True))
    yield _waterfall(steps, "money_steps")
    verdict = {True: _("The whole difference is a real change."), False: _("The whole difference could be chance."),
               None: _("There are too few deals to test the difference.")}[_is_real(whole)]  # fmt: skip
    known = whole["value_known"]
    if known == known and known is not None and known < 0.995:
        verdict += " " + _("The amount is known for {share} of the deals.").format(share=locale.share(known))
    yield partial(note, verdict)
    shown, kinds = _money_table(of_money, whole, effects, mix, currency)
    meanings = words.meanings(*EFFECTS_MEAN, of="comparison")
    stands_on = basis(rows, asked, of_money["tests"].max())
    what = paper("comparison_money", _("Money won: what changed"), shown, kinds, meanings=meanings, basis=stands_on)
    yield partial(
        under_chart, what, session.asked(comparison, **options), meanings, stands_on, picture="wide_money_steps"
    )


def _money_table(
    of_money: pd.DataFrame, whole: pd.Series, effects: dict[str, Any], mix: Field | None, currency: str | None
) -> tables.Table:
    """Each effect, group by group and together, to the cent."""
    _ = session.locale()._
    said = effect_words(mix)
    columns: list[tuple[str, str, Any]] = [("name", _(mix.label) if mix else _("Part"), "text")]
    for effect in MONEY_EFFECTS:
        columns += _columns_with_ends(effect, said[effect], "money") if effect in effects else []
    columns += [("total", _("Together"), "money"), ("currency", _("Currency"), "text")]
    parts = of_money[of_money["is_total"].eq(False)]
    lines: list[dict[str, Any]] = []
    first = parts[parts["effect"] == "volume"]
    for place, group in enumerate(first["mix_group"]):
        line: dict[str, Any] = {"name": _group_name(mix, group), "currency": currency}
        for effect in effects:
            line |= _with_ends(effect, parts[parts["effect"] == effect].iloc[place].to_dict())
        line["total"] = round(sum(float(line[effect]) for effect in effects), 2)
        lines.append(line)
    together: dict[str, Any] = {"name": _("Together"), "currency": currency, "total": whole["difference"]}
    for effect, row in effects.items():
        together |= _with_ends(effect, row)
    lines.append(together)
    return tables.columns(pd.DataFrame(lines), columns)


def _deals(asked: Asked) -> None:
    _ = session.locale()._
    named: Callable[[str], str] = lambda side: asked.names["ab".index(side)]  # noqa: E731
    with st.container(border=True, key="card_compare_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The deals of a side"), _("Largest first."))
            side = st.selectbox(
                _("Side"), ["a", "b"], index=None, key="compare_side", placeholder=_("Choose a side"), width=260,
                format_func=lambda side: session.locale().name(named(side)),
            )  # fmt: skip
        if side:
            query = deals_of(session.tables(), session.filters(), asked.compared, side)
            deal_list(query, named(side), "compare_deals")
