"""Where sales stand: six figures, each with its doubt and what it means."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analytics.catalog import METRICS
from analytics.summary import summary
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.parts import figure_card, heading, no_data, paper, section, under_chart

locale = session.locale()
_ = locale._


def value_of(row: dict[str, Any], value: Any) -> str:
    match row["unit"]:
        case "money":
            return locale.money(value, row["currency"])
        case "share":
            return locale.share(value)
        case "days":
            return locale.days(value)
        case _:
            return locale.count(value or 0)


def is_known(value: Any) -> bool:
    return value is not None and value == value


def has_enough(row: dict[str, Any]) -> bool:
    return row["unit"] == "count" or row["metric"] in ("revenue_won", "open_pipeline") or row["n"] >= LEAST_SHOWN


def interval(row: dict[str, Any]) -> str:
    """The 95% interval, or why there is none."""
    if not has_enough(row):
        return _("not enough to say: {n}").format(n=locale.count(row["n"]))
    if not (is_known(row["low"]) and is_known(row["high"])):
        return (
            _("counted, not estimated")
            if row["unit"] in ("count", "money") and row["metric"] != "average_won_value"
            else "–"
        )
    if row["unit"] == "share":
        return _("95%: {range}").format(range=locale.shares(row["low"], row["high"]))
    ends = [value_of(row, row[end]) for end in ("low", "high")]
    if row["unit"] == "days":
        ends = [locale.ltr(f"{row[end]:,.0f}") for end in ("low", "high")]
    return _("95%: {range}").format(range=locale.between(*ends))


def remark(row: dict[str, Any]) -> str:
    """What the figure rests on, and how it stands against the period before."""
    parts = []
    if is_known(row["previous"]):
        verdict = {True: _("real change"), False: _("could be chance")}.get(row["real_change"], _("too few to compare"))
        parts.append(_("before: {value}, {verdict}").format(value=value_of(row, row["previous"]), verdict=verdict))
    if row["unit"] != "count":
        parts.append(locale.n_("{n} deal", "{n} deals", int(row["n"])))
    if row["undecided"]:
        parts.append(_("{n} still open").format(n=locale.count(row["undecided"])))
    if is_known(row["value_known"]) and row["value_known"] < 1:
        parts.append(_("amount known for {share}").format(share=locale.share(row["value_known"])))
    return " · ".join(parts)


def finding(rows: list[dict[str, Any]]) -> str:
    by = {row["metric"]: row for row in rows}
    rate, deals = by["win_rate"], by["deals"]
    if not is_known(rate["value"]) or rate["n"] < LEAST_SHOWN:
        return _("**{n} deals, too few of them decided to say how many are won.**").format(
            n=locale.count(deals["value"])
        )
    won = [row for row in rows if row["metric"] == "revenue_won" and is_known(row["value"])]
    said = _("**{share} of decided deals are won** ({range}).").format(
        share=locale.share(rate["value"]), range=locale.shares(rate["low"], rate["high"])
    )
    if won:
        said += " " + _("They brought {money}.").format(
            money=locale.listed([value_of(row, row["value"]) for row in won])
        )
    return said


def page() -> None:
    if session.is_empty():
        no_data(_("Overview"))
        return

    answer = session.answer(summary)
    rows = answer.astype(object).where(answer.notna(), None).to_dict("records")

    heading(_("Overview"), finding(rows))
    cells = st.grid(3, min_column_width=300, gap="small")
    for place, row in enumerate(rows):
        metric = METRICS[row["metric"]]
        with cells:
            figure_card(
                f"{row['metric']}_{place}",
                _(metric.label),
                row["currency"]
                if row["currency"] and sum(other["metric"] == row["metric"] for other in rows) > 1
                else "",
                value_of(row, row["value"]) if has_enough(row) and is_known(row["value"]) else "–",
                interval(row),
                remark(row),
                _(metric.meaning),
            )
    shown, kinds = tables.summary(rows, [value_of(row, row["value"]) for row in rows], locale)
    meanings = words.meanings(*dict.fromkeys(row["metric"] for row in rows))
    basis = " · ".join(f"{name}: {value}" for name, value in paper_about())
    with st.container(border=True, key="card_next"):
        section(_("Where deals stop"), _("The funnel shows what became of them at each stage."))
        st.page_link(
            "../pages/funnel.py",
            label=_("See the funnel"),
            icon=":material/arrow_back:" if locale.rtl else ":material/arrow_forward:",
            icon_position="right",
        )
    under_chart(
        paper("overview", _("Overview"), shown, kinds, meanings=meanings), session.asked(summary), meanings, basis
    )


def paper_about() -> list[tuple[str, str]]:
    filters = session.filters()
    if not (session.chosen().as_of or session.latest_day()):
        return []
    return [(_("As of"), locale.day(filters.as_of))]


page()
