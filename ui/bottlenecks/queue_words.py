"""The sentences and small words of the queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analytics.periods import Grain
from ui import session, tables
from ui.parts import plain, tag

LEAST_SHOWN = 10


def way_of(row: Mapping[Any, Any]) -> str:
    """growing, shrinking, or nothing where that could be chance or cannot be told."""
    if row["is_growing"] is True:
        return "growing"
    return "shrinking" if row["is_shrinking"] is True else ""


def signed(value: float) -> str:
    """A number of deals with its sign: +5.3, −1.3; a nought has none."""
    digits = 0 if abs(value) >= 99.5 else 1
    text = f"{value:+,.{digits}f}"
    if not any(digit in text for digit in "123456789"):
        text = text[1:]
    return session.locale().ltr(text.replace("-", "−"))


def between(low: float, high: float) -> str:
    """The interval of a signed number, left to right."""
    isolates = str.maketrans("", "", "\u2066\u2069")
    return session.locale().ltr(f"{signed(low)} … {signed(high)}".translate(isolates))


def money_between(low: float, high: float, currency: Any) -> str:
    locale = session.locale()
    isolates = str.maketrans("", "", "\u2066\u2069")
    ends = (locale.money(end, currency, signed=True) for end in (low, high))
    return locale.ltr(" … ".join(ends).translate(isolates))


def is_known(value: Any) -> bool:
    return not pd.isna(value)


def moved(row: Mapping[Any, Any]) -> int:
    """How many came or left over the stretch; 0 where that is not known."""
    return int(row["arrivals"] + row["departures"]) if is_known(row["arrivals"]) else 0


def growth_words(row: Mapping[Any, Any]) -> str:
    """By how much the queue grows a period, and its interval; the count where it is too small."""
    locale = session.locale()
    _ = locale._
    if not is_known(row["growth_per_period"]) or moved(row) < LEAST_SHOWN:
        return _("not enough · {n}").format(n=locale.count(moved(row)))
    return f"{signed(row['growth_per_period'])} ({between(row['growth_low'], row['growth_high'])})"


def growth_lines(row: Mapping[Any, Any], grain: Grain) -> tuple[str, ...]:
    """The same for over a panel: the growth, and under it whether it is more than chance."""
    if not is_known(row["growth_per_period"]) or moved(row) < LEAST_SHOWN:
        return (growth_words(row),)
    return _a_period(grain).format(n=signed(row["growth_per_period"])), verdict_words(row)


def _a_period(grain: Grain) -> str:
    _ = session.locale()._
    return {"week": _("{n} a week"), "month": _("{n} a month"), "quarter": _("{n} a quarter")}[grain]


def verdict_words(row: Mapping[Any, Any]) -> str:
    _ = session.locale()._
    if not is_known(row["q_value"]):
        return _("not enough data")
    return {"growing": _("really grows"), "shrinking": _("really shrinks")}.get(way_of(row), _("could be chance"))


def verdict_tag(row: Mapping[Any, Any]) -> str:
    kind = {"growing": "bad", "shrinking": "good"}.get(way_of(row), "plain")
    return tag(kind, verdict_words(row))  # type: ignore[arg-type]


def per_period(row: Mapping[Any, Any], name: str) -> str:
    """How many a complete period, on average."""
    if not is_known(row[name]) or not row["periods"]:
        return "–"
    mean = row[name] / row["periods"]
    return session.locale().ltr(f"{mean:,.{0 if mean >= 99.5 else 1}f}")


def reason_words(row: Mapping[Any, Any]) -> str:
    """What the gap between Little's days and the measured ones says."""
    _ = session.locale()._
    said = {
        "agrees": _("steady: they agree"),
        "more_wait": _("more deals wait"),
        "fewer_wait": _("fewer deals wait"),
        "older": _("they wait longer"),
        "younger": _("they wait less long"),
    }
    return said.get(str(row["little_reason"]), "–")


def finding(stages: pd.DataFrame, grain: Grain) -> str:
    """Whose queue grows and by how much, or that none does beyond chance."""
    locale = session.locale()
    _ = locale._
    growing = [row for row in stages.to_dict("records") if way_of(row) == "growing"]
    if growing:
        worst = max(growing, key=lambda row: (row["growth_value"] if is_known(row["growth_value"]) else 0.0, row["growth_per_period"]))  # fmt: skip
        said = {
            "stage": plain(worst["stage"]), "growth": signed(worst["growth_per_period"]).replace("+", ""),
            "range": between(worst["growth_low"], worst["growth_high"]),
        }  # fmt: skip
        sentence = {
            "week": _("**The queue at {stage} grows by {growth} deals a week** ({range}): more came than left in each of the last 3 full weeks, a real difference."),
            "month": _("**The queue at {stage} grows by {growth} deals a month** ({range}): more came than left in each of the last 3 full months, a real difference."),
            "quarter": _("**The queue at {stage} grows by {growth} deals a quarter** ({range}): more came than left in each of the last 3 full quarters, a real difference."),
        }[grain].format(**said)  # fmt: skip
        return f"{sentence} {_money_of(worst, grain)}"
    known = stages[stages["waiting_now"].notna()]
    waiting, money = int(known["waiting_now"].sum()), known["value_now"].dropna()
    if stages["q_value"].isna().all():
        told = _("**Too few deals came and left to say whether a queue grows.**")
    else:
        told = _("**No queue grows by more than could be chance.**")
    now = locale.n_("{n} deal waits in the open stages", "{n} deals wait in the open stages", waiting)
    if len(money) and money.sum():
        currency = known["currency"].dropna()
        worth = locale.money(money.sum(), currency.iloc[0] if len(currency) else None)
        return _("{told} {waiting}, worth {money}.").format(told=told, waiting=now, money=worth)
    return _("{told} {waiting}.").format(told=told, waiting=now)


def _money_of(row: Mapping[Any, Any], grain: Grain) -> str:
    """How much money waits at the stage of the finding, and how that grows."""
    locale = session.locale()
    _ = locale._
    if not is_known(row["growth_value"]) or not is_known(row["value_now"]):
        return locale.n_("{n} deal waits there now.", "{n} deals wait there now.", int(row["waiting_now"]))
    said = {
        "n": locale.count(row["waiting_now"]),
        "money": locale.money(row["value_now"], row["currency"]),
        "growth": _a_period(grain).format(n=locale.money(row["growth_value"], row["currency"], signed=True)),
        "range": money_between(row["growth_value_low"], row["growth_value_high"], row["currency"]),
    }
    return _("{n} deals wait there now, worth {money}; their money changes by {growth} ({range}).").format(**said)


def remark(stages: pd.DataFrame, grain: Grain, currency: str | None) -> str:
    """What growth is told by, queues that shrink, and what is not counted."""
    locale = session.locale()
    _ = locale._
    parts = []
    shrinking = [plain(row["stage"]) for row in stages.to_dict("records") if way_of(row) == "shrinking"]
    if shrinking:
        parts.append(_("Really shrinking: {stages}.").format(stages=locale.listed(shrinking)))
    others = [plain(row["stage"]) for row in stages.to_dict("records") if way_of(row) == "growing"][:-1]
    if others:
        parts.append(
            _("Queues that really grow: {stages}.").format(
                stages=locale.listed(
                    [plain(row["stage"]) for row in stages.to_dict("records") if way_of(row) == "growing"]
                )
            )
        )
    parts.append(
        {
            "week": _("Growth is told by the last 3 full weeks."),
            "month": _("Growth is told by the last 3 full months."),
            "quarter": _("Growth is told by the last 3 full quarters."),
        }[grain]
    )
    if session.filters().has_period:
        parts.append(_("The dates chosen are the periods shown."))
    if currency:
        parts.append(
            _("Money is in {currency} only: amounts in {n} currencies do not add up.").format(
                currency=plain(currency), n=locale.count(len(session.currencies()))
            )
        )
    return " ".join(parts)


def lead(stages: pd.DataFrame, grain: Grain) -> str:
    """Above the panels: the longest queue, and what comes and goes there."""
    locale = session.locale()
    _ = locale._
    known = stages[stages["waiting_now"].notna() & (stages["periods"] > 0)]
    if known.empty:
        return _("No period is over yet.")
    row = known.loc[known["waiting_now"].astype(float).idxmax()].to_dict()
    said = {
        "stage": plain(row["stage"]), "n": locale.count(row["waiting_now"]), "arrivals": per_period(row, "arrivals"),
        "departures": per_period(row, "departures"),
    }  # fmt: skip
    return {
        "week": _("The longest queue is that of **{stage}**: {n} deals wait there; {arrivals} come and {departures} leave a week on average."),
        "month": _("The longest queue is that of **{stage}**: {n} deals wait there; {arrivals} come and {departures} leave a month on average."),
        "quarter": _("The longest queue is that of **{stage}**: {n} deals wait there; {arrivals} come and {departures} leave a quarter on average."),
    }[grain].format(**said)  # fmt: skip


def basis(stages: pd.DataFrame, grain: Grain) -> str:
    locale = session.locale()
    _ = locale._
    arrivals = int(stages["arrivals"].fillna(0).sum())
    parts = [locale.n_("{n} arrival", "{n} arrivals", arrivals)]
    periods = int(stages["periods"].max()) if len(stages) else 0
    parts.append(
        {
            "week": locale.n_("{n} full week", "{n} full weeks", periods),
            "month": locale.n_("{n} full month", "{n} full months", periods),
            "quarter": locale.n_("{n} full quarter", "{n} full quarters", periods),
        }[grain]
    )
    parts.append(_("as of {day}").format(day=locale.day(session.filters().as_of)))
    tests = stages["tests"].max()
    if is_known(tests) and tests:
        parts.append(locale.n_("{n} comparison, corrected", "{n} comparisons, corrected", int(tests)))
    left_out = int(stages["untimed"].sum() + stages["negative"].sum())
    if left_out:
        parts.append(
            locale.n_("{n} stay without usable times left out", "{n} stays without usable times left out", left_out)
        )
    return " · ".join(parts)


def growth_table(stages: pd.DataFrame) -> tables.Table:
    """Every stage in numbers; estimates of fewer than ten are hidden."""
    _ = session.locale()._
    few = ~(pd.to_numeric(stages["departures"]) >= LEAST_SHOWN)
    small = ~(pd.to_numeric(stages["arrivals"]) + pd.to_numeric(stages["departures"]) >= LEAST_SHOWN)
    times = ("little_days", "measured_days", "little_gap_days")
    growth = ("growth_per_period", "growth_low", "growth_high", "growth_value", "growth_value_low", "growth_value_high")
    shown = stages.assign(
        verdict=[verdict_words(row) for row in stages.to_dict("records")],
        reason=[reason_words(row) for row in stages.to_dict("records")],
        **{name: pd.to_numeric(stages[name]).mask(few) for name in times},
        **{name: pd.to_numeric(stages[name]).mask(small) for name in growth},
    )
    return tables.columns(
        shown,
        [
            ("stage", _("Stage"), "text"),
            ("waiting_now", _("Waiting now"), "count"),
            ("value_now", _("Money waiting"), "money"),
            ("currency", _("Currency"), "text"),
            ("periods", _("Full periods"), "count"),
            ("arrivals", _("Arrived in them"), "count"),
            ("departures", _("Left in them"), "count"),
            ("growth_per_period", _("Growth a period"), "number"),
            ("growth_low", _("95% from"), "number"),
            ("growth_high", _("95% to"), "number"),
            ("verdict", _("Verdict"), "text"),
            ("q_value", _("q-value"), "number"),
            ("growth_value", _("Growth in money"), "money"),
            ("growth_value_low", _("Money: 95% from"), "money"),
            ("growth_value_high", _("Money: 95% to"), "money"),
            ("average_waiting", _("Waiting on average"), "number"),
            ("little_days", _("Days by Little's law"), "days"),
            ("measured_days", _("Days measured"), "days"),
            ("little_gap_days", _("Gap in days"), "days"),
            ("reason", _("Why they differ"), "text"),
        ],
    )
