"""Where sales stand, what changed, and what is worth acting on first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from analytics.catalog import METRICS
from analytics.fields import find
from analytics.filters import Filters
from analytics.findings import MOST_VALUES, findings, not_compared, open_deals
from analytics.rows import rows as records
from analytics.summary import before_period, summary, usual_period
from analytics.summary_customers import passes_over, there
from analytics.summary_trend import summary_trend
from ui import findings_words, overview_nps, session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.overview import sparkline
from ui.funnel.deal_list import deal_list
from ui.funnel.groups import label
from ui.looked_at import looked_at
from ui.overview_cards import Verdict, certainty, figure
from ui.parts import Piece, drawn, heading, no_data, nothing, paper, plain, rich, section, told, under_chart

look, locale = session.look(), session.locale()
_ = locale._
Row = dict[str, Any]
SHOWN = 3
VIEW_OF = {"delay": "time"}  # where the funnel shows a kind of finding, if not among the groups
MOST_UNDECIDED = 2 / 3  # of what was created in the period: above it a win rate is too early to judge


# what is asked


# figures in words


def value_of(row: Row, value: Any) -> str:
    match row["unit"]:
        case "money":
            return locale.money(value, row["currency"])
        case "share":
            return locale.share(value)
        case "days":
            return locale.days(value)
        case "points":
            return locale.score(value)
        case _:
            return locale.count(value or 0)


def is_counted(row: Row) -> bool:
    return row["unit"] == "count" or row["metric"] in ("revenue_won", "open_pipeline", "net_revenue")


def has_no_amounts(row: Row) -> bool:
    """Whether there are open deals, but what they are worth is not known of any."""
    return row["metric"] == "open_pipeline" and row["value"] is None and row["undecided"] > 0


def has_enough(row: Row) -> bool:
    return is_counted(row) or row["n"] >= LEAST_SHOWN


def interval(row: Row) -> str:
    """The 95% interval, or why there is none."""
    if not has_enough(row):
        return _("not enough to say: {n}").format(n=locale.count(row["n"]))
    if has_no_amounts(row):
        return _("no open deal has an amount")
    if is_counted(row):
        return _("counted, not estimated")
    if row["low"] is None or row["high"] is None:
        return "–"
    if row["unit"] == "share":
        return _("95%: {range}").format(range=locale.shares(row["low"], row["high"]))
    if row["unit"] == "points":
        return _("95%: {range}").format(range=locale.scores(row["low"], row["high"]))
    ends = [value_of(row, row[end]) for end in ("low", "high")]
    if row["unit"] == "days":
        ends = [locale.ltr(f"{row[end]:,.0f}") for end in ("low", "high")]
    return _("95%: {range}").format(range=locale.between(*ends))


def change(row: Row) -> str:
    """The difference to the period before, with its sign."""
    difference = row["value"] - row["previous"]
    match row["unit"]:
        case "money":
            return locale.money(difference, row["currency"], signed=True)
        case "share":
            return locale.points(100 * difference)
        case "days":
            return locale.in_days(locale.ltr(f"{difference:+,.1f}".replace("-", "−")))
        case "points":
            return locale.score(difference)
        case _:
            return locale.ltr(f"{difference:+,.0f}".replace("-", "−"))


def begins_late(row: Row, settled: Filters, before: Filters, trend: list[Row]) -> bool:
    """Whether the data begin too late for the time before to be whole."""
    if row["metric"] == "nps":  # of each answer by itself, however few there were at first
        return False
    if row["metric"] in ("customers", "net_revenue"):
        first = [each for each in trend if each["metric"] == "net_revenue" and each["since"] == before.since]
        return bool(first) and not any(each["n"] for each in first)
    return before.since is not None and before.since < settled.as_of


def verdict(row: Row, undecided: float, settled: Filters, within: Filters, trend: list[Row]) -> tuple[Verdict, str]:
    """Whether the change is real, and in words why it cannot be told where it cannot."""
    if has_no_amounts(row):
        return "none", ""
    before = before_period(within)
    if before is None or before.since is None:
        return "none", _("all of the data, so there is nothing before to compare with")
    if row["previous"] is None or row["value"] is None or not has_enough(row):
        return "none", _("too few to compare")
    if begins_late(row, settled, before, trend):
        return "early", _("too early: the data begin too late to compare")
    if row["metric"] == "win_rate" and undecided > MOST_UNDECIDED:
        return "early", _("too early: {share} of what came in is undecided").format(share=locale.share(undecided))
    if row["real_change"] is None:
        if row["metric"] in ("open_pipeline", "customers"):
            return "none", _("since the period began; counted, not tested")
        return "none", _("too few to compare")
    if not row["real_change"]:
        return "chance", _("could be chance")
    better = METRICS[row["metric"]].better
    is_up = row["value"] > row["previous"]
    if better == "neither":
        return "up" if is_up else "down", _("real change")
    return "good" if is_up == (better == "higher") else "bad", _("real change")


def basis_of(row: Row) -> str:
    """What the figure rests on."""
    parts = []
    if has_no_amounts(row):
        return locale.n_("{n} open deal", "{n} open deals", int(row["undecided"]))
    if row["previous"] is not None and has_enough(row):
        parts.append(_("before: {value}").format(value=value_of(row, row["previous"])))
    if row["metric"] == "open_pipeline":
        parts.append(locale.n_("{n} open deal", "{n} open deals", int(row["undecided"] or 0)))
    elif row["metric"] == "nps":
        parts.append(locale.n_("{n} answer", "{n} answers", int(row["n"])))
    elif row["metric"] == "net_revenue":
        parts.append(locale.n_("{n} customer bought", "{n} customers bought", int(row["n"])))
    elif row["unit"] != "count":
        parts.append(locale.n_("{n} deal", "{n} deals", int(row["n"])))
    if row["undecided"] and row["metric"] != "open_pipeline":
        parts.append(_("{n} still open").format(n=locale.count(row["undecided"])))
    if row["value_known"] is not None and row["value_known"] < 1:
        parts.append(_("amount known for {share}").format(share=locale.share(row["value_known"])))
    return " · ".join(parts)


def claim(row: Row) -> str:
    """A real change in a sentence."""
    is_up = row["value"] > row["previous"]
    sentences = {
        "deals": (_("**More deals come in:** {now}, after {before}."), _("**Fewer deals come in:** {now}, after {before}.")),
        "revenue_won": (_("**More money is won:** {now}, after {before}."), _("**Less money is won:** {now}, after {before}.")),
        "win_rate": (_("**The win rate is up:** {now}, after {before}."), _("**The win rate is down:** {now}, after {before}.")),
        "average_won_value": (_("**Won deals are larger:** {now}, after {before}."), _("**Won deals are smaller:** {now}, after {before}.")),
        "sales_cycle_days": (_("**Deals take longer:** {now}, after {before}."), _("**Deals take less time:** {now}, after {before}.")),
        "net_revenue": (_("**Customers buy for more:** {now}, after {before}."), _("**Customers buy for less:** {now}, after {before}.")),
        "nps": (_("**Customers would recommend more:** NPS {now}, after {before}."), _("**Customers would recommend less:** NPS {now}, after {before}.")),
    }  # fmt: skip
    up, down = sentences[row["metric"]]
    return (up if is_up else down).format(now=value_of(row, row["value"]), before=value_of(row, row["previous"]))


def finding(rows: list[Row], verdicts: list[tuple[Verdict, str]], within: Filters) -> str:
    by = {row["metric"]: row for row in rows}
    rate, deals = by["win_rate"], by["deals"]
    if rate["value"] is None or rate["n"] < LEAST_SHOWN:
        return locale.n_(
            "**{n} deal, too few decided to say how many are won.**",
            "**{n} deals, too few of them decided to say how many are won.**",
            int(deals["value"]),
        )
    said = [
        claim(row) for row, (kind, _why) in zip(rows, verdicts, strict=True) if kind in ("good", "bad", "up", "down")
    ]
    if said:
        return " ".join([*said, _("Such a change is unlikely to be chance.")])
    won = [row for row in rows if row["metric"] == "revenue_won" and row["value"] is not None]
    stands = _("**{share} of decided deals are won** ({range}).").format(
        share=locale.share(rate["value"]), range=locale.shares(rate["low"], rate["high"])
    )
    if rate["value"] == 1:
        stands += " " + words.no_losses()
    if won:
        money = locale.listed([value_of(row, row["value"]) for row in won])
        stands += " " + _("They brought {money}.").format(money=money)
    if any(kind == "chance" for kind, _why in verdicts):
        stands += " " + _("No figure differs from the time before by more than chance.")
    return stands


def dates(within: Filters) -> str:
    """Which days the figures are about."""
    before = before_period(within)
    if before is None or before.since is None or before.until is None:
        return ""
    said = _("{since} – {until}, against as many days before ({old_since} – {old_until}).")
    until = min(within.until or within.as_of, within.as_of)
    return said.format(
        since=locale.day(within.since or until),
        until=locale.day(until),
        old_since=locale.day(before.since),
        old_until=locale.day(before.until),
    )


# what is shown


def show_time(settled: Filters) -> None:
    """The usual period or all the data, where the reader has chosen no period."""
    if session.filters().has_period or usual_period(settled.as_of, session.filters().as_of) is None:
        return
    since, until = usual_period(settled.as_of, session.filters().as_of) or (settled.as_of, settled.as_of)
    days = locale.count((until - since).days + 1)
    st.segmented_control(
        _("Time"),
        ["usual", "all"],
        format_func=lambda name: {"usual": _("Last {n} days").format(n=days), "all": _("All time")}[name],
        default="usual",
        required=True,
        key="overview_time",
        label_visibility="collapsed",
        persist_state="session",
    )


def more_of(metric: str) -> tuple[str, str, str] | None:
    """The page and view that tell more of a figure, and the words of the link."""
    return {
        "customers": ("customers", "lifecycle", _("See customers")),
        "net_revenue": ("customers", "dependency", _("See who buys")),
        "nps": ("nps", "trend", _("See NPS")),
    }.get(metric)


@told
def figures(is_all: bool) -> Iterator[Piece]:
    rows, verdicts, trend, _within, _settled = session.kept(known, is_all)
    for place, (row, (kind, sure)) in enumerate(zip(rows, verdicts, strict=True)):
        several = sum(other["metric"] == row["metric"] for other in rows) > 1
        points = [each for each in trend if each["metric"] == row["metric"] and each["currency"] == row["currency"]]
        drawn = [
            (each["value"], each["low"], each["high"]) if has_enough(each) else (None, None, None) for each in points
        ]
        is_known = has_enough(row) and row["value"] is not None
        compared = is_known and row["previous"] is not None
        is_drawn = len(drawn) > 1 and not has_no_amounts(row)
        yield partial(
            figure,
            f"{row['metric']}_{place}",
            _(METRICS[row["metric"]].label),
            row["currency"] if several and row["currency"] else "",
            value_of(row, row["value"]) if is_known else "–",
            interval(row),
            change(row) if compared else "",
            kind,
            bool(compared and row["value"] >= row["previous"]),
            sure,
            sparkline(drawn, sum(bool(each["is_before"]) for each in points), look) if is_drawn else "",
            basis_of(row),
            words.meanings(row["metric"])[0],
            more_of(row["metric"]),
        )


def show_findings() -> None:
    has_history = session.facts().get("has_history") == "true"
    section(_("Worth acting on"), _("Ordered by the money that is at stake even in the careful case."))
    slot = st.empty()
    slot.skeleton(height=220)
    answer = session.answer(findings, has_history=has_history)
    _rows, worst, tests = session.kept(ranked, answer)
    slot.empty()
    with slot.container(), st.container(border=True, key="card_findings"):
        if not worst:
            show_none(tests)
        for place, row in enumerate(worst[:SHOWN]):
            if place:
                st.html('<hr class="sh-rule">')
            show_finding(place, row, session.kept(said_of, answer, place))
        drawn(under_findings, answer, has_history)
    chosen = next((row for row in worst[:SHOWN] if row["rank"] == session.get("finding_open")), None)
    if chosen is not None:
        with st.container(border=True, key="card_finding_deals"):
            section(
                _("Open deals of this finding"),
                findings_words.title(chosen, session.tables(), locale).replace("**", ""),
            )
            field = find(chosen["field"], session.tables())
            query = open_deals(session.tables(), session.filters(), field, chosen["segment"], chosen["stage"])
            deal_list(query, _("Open deals of this finding"), "finding_deals")


def ranked(answer: pd.DataFrame) -> tuple[list[Row], list[Row], int]:
    """All that was compared, what stands of it in order, and how many comparisons were made."""
    rows = records(answer)
    worst = sorted((row for row in rows if row["rank"] is not None), key=lambda row: row["rank"])
    return rows, worst, next((int(row["tests"]) for row in rows), 0)


@told
def under_findings(answer: pd.DataFrame, has_history: bool) -> Iterator[Piece]:
    rows, worst, tests = session.kept(ranked, answer)
    shown, kinds = tables.findings(rows, locale)
    compared = [
        locale.n_("{n} comparison, corrected for", "{n} comparisons, corrected for", tests),
        locale.n_("{n} stands", "{n} stand", sum(row["q_value"] is not None for row in worst)),
    ]
    stands_on = " · ".join([*(compared if tests else []), which_deals(), *left_out()])
    meanings = words.meanings(
        "money_at_stake", "rank", "difference", "conversion", "stay_days", "open_share", "q_value", "certainty", of="findings"
    )  # fmt: skip
    yield partial(
        under_chart,
        paper("findings", _("Worth acting on"), shown, kinds, meanings=meanings, basis=stands_on),
        session.asked(findings, has_history=has_history),
        meanings,
        stands_on,
    )


def repeats_of(row: Row, rows: list[Row]) -> list[Row]:
    """The same finding seen through other fields."""
    name = f"{row['field']}={row['segment']}"
    return [
        each
        for each in rows
        if each["repeats"] == name and (each["kind"], each["stage"]) == (row["kind"], row["stage"])
    ]


def not_told() -> list[str]:
    """Which filters left out the figures of customers, where files tell of any."""
    fields = passes_over(session.filters(), "customers")
    if not fields or not any(session.run(there(session.tables())).iloc[0]):
        return []
    said = _("figures of customers are left out, as these filters say nothing of them: {fields}")
    return [said.format(fields=locale.listed([locale.name(label(field)) for field in fields]))]


def which_deals() -> str:
    """Which deals the findings are about: the funnel's, of all the time the filters leave."""
    filters = session.filters()
    if filters.has_period:
        return _("deals created in the dates chosen")
    return _("all deals up to {day}").format(day=locale.day(filters.as_of))


def left_out() -> list[str]:
    """The fields that were not compared because they tell people or places apart, if there are any."""
    names = [label(find(name, session.tables())) for name in session.answer(not_compared)["field"]]
    if not names:
        return []
    said = _("not compared, with more than {n} values: {fields}")
    return [said.format(n=MOST_VALUES, fields=locale.listed([locale.name(name) for name in names]))]


def show_none(tests: int) -> None:
    if tests:
        words_ = locale.n_(
            "Nothing stands out beyond chance in {n} comparison.",
            "Nothing stands out beyond chance in {n} comparisons.",
            tests,
        )
        why = _("Every stage was compared in every group of deals with the rest; the differences could be chance.")
    else:
        words_ = _("There are too few deals to compare groups.")
        why = _("A group and the rest need 30 deals each that came to a stage.")
    st.html(f'<div class="sh-act"><h3>{rich(words_)}</h3><p>{rich(why)}</p></div>')


class Said(NamedTuple):
    """A finding in words, as HTML: what it is, what it is worth, and how sure it is."""

    what: str
    worth: str
    sure: str


def said_of(answer: pd.DataFrame, place: int) -> Said:
    rows, worst, _tests = session.kept(ranked, answer)
    row = worst[place]
    repeats = repeats_of(row, rows)
    tables_ = session.tables()
    also = [
        f"{findings_words.field_label(each, tables_, locale)}: {plain(findings_words.segment_label(each, tables_))}"
        for each in repeats[:3]
    ]
    title, why = findings_words.title(row, tables_, locale), findings_words.why(row, also, locale)
    if row["money"] is None:
        several = _("in several currencies: choose one to see the money")
        money, range_ = "–", several if row["value_known"] else _("the deals have no amounts")
    else:
        money = locale.money(row["money"], row["currency"])
        ends = locale.between(*(locale.money(row[end], row["currency"]) for end in ("money_low", "money_high")))
        is_counted_ = row["kind"] == "dependency"
        range_ = (_("assumed: {range}") if is_counted_ else _("95%: {range}")).format(range=ends)
    return Said(
        f'<div class="sh-act"><h3>{rich(title)}</h3><p>{rich(why)}</p></div>',
        f'<p class="sh-money">{rich(money)}</p><p class="sh-range">{rich(range_)}</p>',
        certainty(findings_words.DOTS.get(row["certainty"]), findings_words.sure(row, locale)),
    )


def show_finding(place: int, row: Row, said: Said) -> None:
    with st.container(key=f"finding_{place}"):
        what, worth, certain, go = st.columns([5.2, 2, 1.9, 1.7], vertical_alignment="center")
        what.html(said.what)
        worth.html(said.worth)
        certain.html(said.sure)
        stage = {"stage_of": row["stage"]} if row["stage"] is not None else {}
        with go, st.container(gap="xxsmall", key=f"finding_links_{place}"):
            if row["kind"] != "dependency":  # no view of the funnel tells whose open deals they are: their list does
                st.page_link(
                    "../pages/funnel.py",
                    label=_("See the funnel"),
                    icon=":material/arrow_back:" if locale.rtl else ":material/arrow_forward:",
                    icon_position="right",
                    query_params=session.link_to(view=VIEW_OF.get(row["kind"], "groups"), by=row["field"], **stage),
                )
            if row["deals_open"]:
                is_open = session.get("finding_open") == row["rank"]
                st.button(
                    locale.n_("{n} open deal", "{n} open deals", int(row["deals_open"])),
                    icon=":material/expand_less:" if is_open else ":material/expand_more:",
                    icon_position="right",
                    type="tertiary",
                    key=f"finding_deals_{place}",
                    on_click=session.put,
                    args=("finding_open", None if is_open else row["rank"]),
                )


def show_nothing_left() -> None:
    """What to do where the filters leave no deal."""
    heading(_("Overview"), _("**No deal is left to show.**"))
    with st.container(border=True, key="card_nothing_overview"):
        nothing("filter_alt_off", _("The filters leave no deal"), _("Take a filter away, or widen the dates."))
        st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")


class Known(NamedTuple):
    """The figures with their verdicts and how they went, and the filters of `looked_at`."""

    rows: list[Row]
    verdicts: list[tuple[Verdict, str]]
    trend: list[Row]
    within: Filters
    settled: Filters


def known(is_all: bool) -> Known:
    within, settled = looked_at(is_all)
    rows = records(session.answer(summary, within=within))
    trend = records(session.answer(summary_trend, within=within))
    deals = next(row for row in rows if row["metric"] == "deals")
    undecided = deals["undecided"] / deals["value"] if deals["value"] else 0.0
    verdicts = [verdict(row, undecided, settled, within, trend) for row in rows]
    return Known(rows, verdicts, trend, within, settled)


@told
def top(is_all: bool) -> Iterator[Piece]:
    now = session.kept(known, is_all)
    yield partial(heading, _("Overview"), finding(now.rows, now.verdicts, now.within), dates(now.within))


@told
def under_figures(is_all: bool) -> Iterator[Piece]:
    now = session.kept(known, is_all)
    shown, kinds = tables.summary(now.rows, [value_of(row, row["value"]) for row in now.rows], locale)
    meanings = words.meanings(*dict.fromkeys(row["metric"] for row in now.rows), "real_change")
    day = [_("As of {day}").format(day=locale.day(now.within.as_of))] if session.latest_day() else []
    stands_on = " · ".join([*day, *not_told()])
    yield partial(
        under_chart,
        paper("overview", _("Overview"), shown, kinds, meanings=meanings, basis=dates(now.within)),
        session.asked(summary, within=now.within),
        meanings,
        stands_on,
    )


def page() -> None:
    if session.is_empty():
        no_data(_("Overview"))
        return
    if not session.deals() and session.chosen().any:
        show_nothing_left()
        return
    is_all = session.get("overview_time") == "all"
    now = session.kept(known, is_all)
    drawn(top, is_all)
    show_time(now.settled)
    with st.grid(3, min_column_width=300, gap="small"):
        drawn(figures, is_all)
    drawn(under_figures, is_all)
    show_findings()
    if any(row["metric"] == "nps" for row in now.rows):
        overview_nps.show()


page()
