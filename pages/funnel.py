"""Where deals stop: what became of them at each stage, and how many are won."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from ibis import _ as col

from analytics.filters import Choice
from analytics.funnel import FATES, RULES, Rule, deals_in_stage, skippers, stage_conversion
from analytics.win_rate import win_rate
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN, definitions_figure, fate_words, stages_figure
from ui.locale import Locale
from ui.parts import (
    ROWS_ON_SCREEN,
    chart,
    downloads,
    grid,
    heading,
    legend,
    md,
    no_data,
    note,
    nothing,
    paper,
    plain,
    rich,
    section,
    table,
    under_chart,
)

look, locale = session.look(), session.locale()
_ = locale._
colors = look.colors
RULE_WORDS = {"visited": _("Visited"), "filled": _("Filled in"), "strict": _("Strict")}
FUNNEL_MEANS = words.meanings(
    "entered", "conversion", "conversion_ended", "of_first", "value_entered", of="stage_conversion"
)
RATES_MEAN = words.meanings(
    "win_rate", "win_rate_created", "win_rate_matured", "win_rate_value", "win_rate_hygiene", of="win_rate"
)


def finding(stages: pd.DataFrame) -> tuple[str, str | None]:
    """The sentence about the weakest step, and the stage to tint: only one that stands apart from all others."""
    recorded = stages[(stages["outcome"] == "open") & stages["is_recorded"].astype(bool)]
    known = recorded[(recorded["entered"] >= LEAST_SHOWN) & recorded["conversion"].notna()]
    if known.empty:
        return _("**Too few deals have left a stage to say where they stop.**"), None
    ranked = known.sort_values("conversion")
    worst, rest = ranked.iloc[0], ranked.iloc[1:]
    said = {
        "stage": plain(worst["stage"]),
        "share": locale.share(worst["conversion"]),
        "range": locale.shares(worst["low"], worst["high"]),
    }
    if rest.empty:
        return _("**{share} of the deals that come to {stage} move on** ({range}).").format(**said), None
    if worst["high"] < rest["low"].min():
        others = locale.shares(rest["conversion"].min(), rest["conversion"].max())
        if len(rest) == 1:
            others = locale.share(rest["conversion"].iloc[0])
        words_ = _(
            "**{stage} is where deals stop:** {share} of the deals that come there move on ({range}), against "
            "{others} at other stages."
        )
        return words_.format(**said, others=others), worst["stage"]
    near = rest[rest["low"] <= worst["high"]].iloc[0]
    words_ = _(
        "**The fewest deals move on from {stage}:** {share} ({range}). {other} is within its doubt, with "
        "{other_share} ({other_range}): which of them is weakest could be chance."
    )
    return words_.format(
        **said,
        other=plain(near["stage"]),
        other_share=locale.share(near["conversion"]),
        other_range=locale.shares(near["low"], near["high"]),
    ), None


def without_history(rates: pd.DataFrame) -> str:
    """The sentence about all closed deals; a period bounds the day they closed."""
    closed = rates[rates["definition"] == "closed"].iloc[0]
    if session.filters().has_period:
        few = _("**{n} deals closed in these dates: too few to say how many are won.**")
        known = _("**{share} of the {n} deals closed in these dates were won** ({range}).")
    else:
        few = _("**{n} deals are decided: too few to say how many are won.**")
        known = _("**{share} of the {n} decided deals were won** ({range}).")
    if closed["total"] < LEAST_SHOWN:
        return few.format(n=locale.count(closed["total"]))
    return known.format(
        share=locale.share(closed["rate"]),
        n=locale.count(closed["total"]),
        range=locale.shares(closed["low"], closed["high"]),
    )


def why_they_differ(rates: pd.DataFrame) -> str:
    """One sentence on what each definition counts that the others do not."""
    by = {row["definition"]: row for row in rates.to_dict("records")}
    shown = rates[rates["rate"].notna() & (rates["n"] >= LEAST_SHOWN)]
    parts = []
    if len(shown) > 1:
        lowest, highest = locale.share(shown["rate"].min()), locale.share(shown["rate"].max())
        if lowest != highest:
            parts.append(_("**The same deals give {low} to {high}.**").format(low=lowest, high=highest))
    still = open_deals(rates)
    parts.append(_("Closed counts decided deals only, so it rises when lost deals are left open."))
    parts.append(
        _("Created counts every deal, the {n} open ones too, so it is low while deals are young.").format(
            n=locale.count(still)
        )
        if still
        else _("Created counts every deal.")
    )
    parts.append(_("Matured follows open deals to one age and is fair to young ones."))
    parts.append(_("Value weighs deals by amount, so a few large ones can carry it."))
    if by["hygiene"]["zombies"]:
        parts.append(
            _("Strict counts the {n} open deals that are overdue or very old as not won.").format(
                n=locale.count(by["hygiene"]["zombies"])
            )
        )
    return " ".join(parts)


def definition(row: dict[str, Any], *, several: bool) -> tuple[str, str]:
    """A definition's name, and what its number stands on."""
    names = {
        "closed": _("Closed"),
        "created": _("Created"),
        "matured": _("Matured"),
        "value": _("Value"),
        "hygiene": _("Strict"),
    }
    name = names[row["definition"]]
    if row["definition"] == "matured":
        if row["rate"] is None or row["rate"] != row["rate"]:
            return name, _("needs 30 deals and 10 won")
        return name, _("by {days}, {n} deals").format(days=locale.days(row["horizon_days"]), n=locale.count(row["n"]))
    if row["definition"] == "value":
        if several:
            name = f"{name} · {row['currency']}"
        if isinstance(row["reason"], str):
            return name, _("lost deals have no amounts")
        won, total = (locale.money(row[part], row["currency"]) for part in ("won", "total"))
        return name, _("{won} of {total}").format(won=won, total=total)
    line = _("{won} of {total}").format(won=locale.count(row["won"]), total=locale.count(row["total"]))
    return name, line


def open_deals(rates: pd.DataFrame) -> int:
    """The deals of the funnel that are still open."""
    return int(rates.loc[rates["definition"] == "created", "undecided"].iloc[0])


def basis(stages: pd.DataFrame, still: int, rule: str, *, skipped: bool) -> str:
    """What the funnel stands on, in one line."""
    rules = {
        "visited": _("stages as visited"),
        "filled": _("skipped stages filled in"),
        "strict": _("only deals that skipped nothing"),
    }
    deals = session.deals()
    parts = [locale.n_("{n} deal", "{n} deals", deals)]
    if session.chosen().as_of or session.latest_day():
        parts.append(_("as of {day}").format(day=locale.day(session.filters().as_of)))
    if session.facts().get("has_history") != "true":
        parts.append(_("no stage history"))
    else:
        parts.append(rules[rule] if skipped else _("no stage was skipped"))
    if deals:
        parts.append(_("{share} undecided").format(share=locale.share(still / deals)))
    if stages["undated"].max():
        parts.append(_("{n} without a creation date left out").format(n=locale.count(stages["undated"].max())))
    known = stages["value_known"].dropna()
    if len(known) and known.iloc[0] < 0.995:
        parts.append(_("amount known for {share}").format(share=locale.share(known.iloc[0])))
    return " · ".join(parts)


def rates_basis(rates: pd.DataFrame) -> str:
    """What the win rates stand on, in one line."""
    closed, still = rates[rates["definition"] == "closed"].iloc[0], open_deals(rates)
    has_period = session.filters().has_period
    decided = _("{n} closed in these dates") if has_period else _("{n} decided")
    parts = [decided.format(n=locale.count(closed["total"]))]
    if still:
        undecided = _("{n} created in these dates and open") if has_period else _("{n} open")
        parts.append(undecided.format(n=locale.count(still)))
    parts.append(_("95% intervals"))
    if closed["undated"]:
        parts.append(_("{n} without a close date left out").format(n=locale.count(closed["undated"])))
    return " · ".join(parts)


def open_remark(still: int) -> str:
    """That the open deals of the funnel are not counted as lost."""
    if not still:
        return ""
    if session.filters().has_period:
        return locale.n_(
            "{n} deal created in these dates is still open. It is not counted as lost.",
            "{n} deals created in these dates are still open. They are not counted as lost.",
            still,
        )
    return locale.n_(
        "{n} deal is still open. It is not counted as lost.",
        "{n} deals are still open. They are not counted as lost.",
        still,
    )


def funnel_title() -> str:
    """What the funnel shows; a period bounds the day its deals were created."""
    deals = session.deals()
    if session.filters().has_period:
        return locale.n_(
            "What became of {n} deal created in these dates", "What became of {n} deals created in these dates", deals
        )
    return locale.n_("What became of {n} deal", "What became of {n} deals", deals)


def stage_name(row: Any) -> str:
    return _("Won") if row["outcome"] == "won" else row["stage"]


def currencies() -> list[str]:
    """The currencies of the deals on screen, the commonest first."""
    found = session.run(
        session.filters()
        .deals(session.tables())
        .filter(col.amount.notnull() & col.currency.notnull())
        .group_by("currency")
        .agg(n=col.count())
        .order_by(col.n.desc(), col.currency)
    )
    return list(found["currency"])


def pick_bar() -> None:
    """Take the clicked piece of a bar as the deals to list."""
    points = (session.get(chart_key()) or {}).get("selection", {}).get("points", [])
    if points:
        session.put("drill_stage", session.get("funnel_stages")[points[0]["point_index"]])
        session.put("drill_fate", FATES[points[0]["curve_number"]])


def chart_key() -> str:
    return f"stages_{session.get('drill_round', 0)}"


def close_deals() -> None:
    session.put("drill_stage", None)
    session.put("drill_fate", None)
    session.put("drill_round", session.get("drill_round", 0) + 1)


def show_stages(
    stages: pd.DataFrame,
    money: pd.DataFrame,
    still: int,
    rule: Rule,
    tinted: str | None,
    *,
    skipped: bool,
    several: list[str],
) -> None:
    """The funnel itself; `money` is `stages` with the amounts to show, `still` the number of open deals."""
    told_apart = len(several) > 1 and session.get("measure") == "money"
    with st.container(border=True, key="card_stages"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            section(funnel_title())
            with st.container(horizontal=True, width="content", gap="small", key="switches"):
                if skipped:
                    st.segmented_control(
                        _("Skipped stages"),
                        RULES,
                        format_func=lambda name: RULE_WORDS[name],
                        default=rule,
                        required=True,
                        key="rule",
                        label_visibility="collapsed",
                        persist_state="session",
                    )
                st.segmented_control(
                    _("Measure"),
                    ["deals", "money"],
                    format_func=lambda name: {"deals": _("Deals"), "money": _("Money")}[name],
                    default="deals",
                    required=True,
                    key="measure",
                    label_visibility="collapsed",
                    persist_state="session",
                )
                if told_apart:
                    st.selectbox(
                        _("Currency"),
                        several,
                        key="currency_shown",
                        label_visibility="collapsed",
                        width=110,
                        persist_state="session",
                    )
        if told_apart:
            said = _("Money is in {currency} only: amounts in {n} currencies do not add up.")
            note(said.format(currency=session.get("currency_shown") or several[0], n=locale.count(len(several))))
        fates = fate_words(locale)
        swatches = {
            "advanced": colors.won_fill,
            "lost": colors.lost_fill,
            "back": colors.back_fill,
            "handed_off": colors.handed_fill,
            "still": "hatch",
        }
        color_key = tuple(
            (swatches[fate], fates[fate])
            for fate in FATES
            if stages[fate].sum() or fate in ("advanced", "lost", "still")
        )
        legend(color_key)
        chart(
            stages_figure(money, look, measure=session.get("measure", "deals"), weakest=tinted),
            chart_key(),
            _("Deals by stage, split by what became of them: {stages}.").format(
                stages=", ".join(
                    f"{locale.name(row['stage'])} {locale.count(row['entered'])}" for row in stages.to_dict("records")
                )
            ),
            wide=True,
            on_select=pick_bar,
        )
        rows, kinds = tables.stages(money, locale)
        stands_on = basis(stages, still, rule, skipped=skipped)
        what = paper("funnel", _("Funnel"), rows, kinds, meanings=FUNNEL_MEANS, basis=stands_on)
        under_chart(
            replace(what, legend=color_key),
            session.asked(stage_conversion, rule=rule, merge_won=True),
            FUNNEL_MEANS,
            stands_on,
            picture=f"wide_{chart_key()}",
        )


def show_deals(stages: pd.DataFrame, rule: Rule) -> None:
    """The deals behind a bar, reached by a click on it or by the two choices."""
    names = list(stages["stage"])
    fates = fate_words(locale)
    if session.get("drill_stage") not in names:
        session.put("drill_stage", None)
    with st.container(border=True, key="card_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The deals behind a bar"), _("Click a piece of a bar, or choose here."))
            with st.container(horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="drill"):
                shown = dict(zip(names, map(stage_name, stages.to_dict("records")), strict=True))
                stage = st.selectbox(
                    _("Stage"),
                    names,
                    index=None,
                    key="drill_stage",
                    placeholder=_("Choose a stage"),
                    width=220,
                    format_func=lambda name: locale.name(shown[name]),
                )
                fate = (
                    st.selectbox(
                        _("What became of them"),
                        list(FATES),
                        index=None,
                        key="drill_fate",
                        placeholder=_("All"),
                        width=220,
                        format_func=lambda name: fates[name],
                    )
                    if stage is not None
                    else None
                )
        if stage is None:
            return
        query = deals_in_stage(session.tables(), session.filters(), stage, fate, rule, merge_won=True)
        found = session.count(query)
        rows, kinds = tables.deals(session.run(query.limit(ROWS_ON_SCREEN)), locale)
        title = f"{shown[stage]} · {fates[fate]}" if fate else shown[stage]
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(key="chip_on_drill", width="content"):
                st.button(
                    f"{md(title)}",
                    icon=":material/close:",
                    on_click=close_deals,
                    key="close_deals",
                    help=_("Close the list"),
                )
            st.html(f'<p class="sh-note">{rich(count_of(found))}</p>')
            with st.popover(_("Download"), icon=":material/download:", type="tertiary"):
                whole = session.later(query, lambda frame: tables.deals(frame, locale)[0])
                downloads(paper("deals", title, rows, kinds, meanings=FUNNEL_MEANS), whole)
            with st.popover("SQL", icon=":material/code:", type="tertiary"):
                st.code(session.sql(query), language="sql", height=420, width=680)
        if len(rows):
            grid(rows, kinds, key="deals")


def count_of(n: int) -> str:
    if n > ROWS_ON_SCREEN:
        return _("The first {shown} of {n} deals; a download has them all.").format(
            shown=locale.count(ROWS_ON_SCREEN), n=locale.count(n)
        )
    return locale.n_("{n} deal", "{n} deals", n)


def show_skippers(query: Any) -> None:
    """The three ways to count skipped stages side by side, and who skipped."""
    skipped = session.run(query.limit(ROWS_ON_SCREEN))
    deals = session.count(query.select("deal_id").distinct())
    by_rule = {rule: session.answer(stage_conversion, rule=rule, merge_won=True) for rule in RULES}
    with st.container(border=True, key="card_skippers"):
        section(
            locale.n_("{n} deal went past a stage", "{n} deals went past a stage", deals),
            _(
                "Visited counts only stages a deal was seen in. Filled in adds the stages it went past. Strict drops "
                "a deal from the stage after the one it skipped."
            ),
        )
        lines = []
        for place, row in enumerate(by_rule["filled"].to_dict("records")):
            cells = [rich(plain(stage_name(row)))]
            for rule in RULES:
                of_rule = by_rule[rule].iloc[place]
                moved = (
                    locale.share(of_rule["conversion"])
                    if of_rule["outcome"] == "open" and of_rule["entered"] >= LEAST_SHOWN and of_rule["is_recorded"]
                    else ""
                )
                cells.append(f"{locale.count(of_rule['entered'])} <small>{moved}</small>")
            lines.append([*cells, locale.count(row["skipped"])])
        table(
            [_("Stage"), _("Visited"), _("Filled in"), _("Strict"), _("Went past it")],
            lines,
            caption=_("Deals by stage, by each way to count skipped stages"),
            numbers=range(1, 5),
        )
        rows, kinds = tables.skippers(skipped, locale)
        with st.container(horizontal=True, horizontal_alignment="right", gap="xxsmall", key="under_skippers"):
            beside = _("Beside each count: the share that moves on.")
            st.html(f'<p class="sh-basis">{rich(beside)}</p>', width="content")
            with st.popover(_("List"), icon=":material/table_rows:", type="tertiary"), st.container(width=680):
                grid(rows, kinds, key="skippers")
            with st.popover(_("Download"), icon=":material/download:", type="tertiary"):
                whole = session.later(query, lambda frame: tables.skippers(frame, locale)[0])
                downloads(paper("skipped_stages", _("Deals that went past a stage"), rows, kinds), whole)
            with st.popover("SQL", icon=":material/code:", type="tertiary"):
                st.code(session.sql(query), language="sql", height=420, width=680)


def show_win_rates(rates: pd.DataFrame) -> None:
    # A rate with something to say against it is not drawn: the sentence stands in its place.
    rates = rates.assign(rate=rates["rate"].mask(rates["reason"].notna()))
    with st.container(border=True, key="card_win_rate"):
        section(_("How many deals are won, by five definitions"), why_they_differ(rates))
        names = [definition(row, several=len(rates) > 5) for row in rates.to_dict("records")]
        chart(
            definitions_figure(rates, names, look),
            "win_rates",
            _("Win rate by five definitions, with 95% intervals: {rates}.").format(
                rates=", ".join(
                    f"{name} {locale.share(rate)}" for (name, _line), rate in zip(names, rates["rate"], strict=True)
                )
            ),
            wide=True,
        )
        rows, kinds = tables.win_rates(rates, [name for name, _line in names], locale)
        stands_on = rates_basis(rates)
        what = paper("win_rates", _("Win rates"), rows, kinds, meanings=RATES_MEAN, basis=stands_on)
        under_chart(what, session.asked(win_rate), RATES_MEAN, stands_on, picture="wide_win_rates")


def show_all_stages(locale: Locale) -> None:
    """The view that opens first: the stages, the deals behind them, skipped stages, and the win rates."""
    has_history = session.facts().get("has_history") == "true"
    rule: Rule = session.get("rule") if has_history and session.get("rule") else "filled"
    stages = session.answer(stage_conversion, rule=rule, merge_won=True)
    if not len(stages) or not stages["entered"].sum():
        heading(_("Funnel"), _("**No deal is left to show.**"))
        with st.container(border=True, key="card_nothing_funnel"):
            if session.chosen().any:
                nothing("filter_alt_off", _("The filters leave no deal"), _("Take a filter away, or widen the dates."))
                st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")
            else:
                nothing(
                    "filter_alt",
                    _("There are no deals yet"),
                    _("The funnel is made of deals and their stages."),
                    [_("Add an export of **deals** (opportunities).")],
                )
                st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")
        return
    rates = session.answer(win_rate)
    several = currencies()
    money = stages
    if len(several) > 1:
        field = session.find("currency")
        chosen = session.get("currency_shown") or several[0]
        if field is not None and session.get("measure") == "money":
            within = replace(session.filters(), where=(*session.filters().where, Choice(field, (chosen,))))
            narrowed = session.answer(stage_conversion, within=within, rule=rule, merge_won=True).set_index("stage")
            values = ["value_entered", *(f"{fate}_value" for fate in FATES), "value_known"]
            money = stages.assign(currency=chosen, **{name: stages["stage"].map(narrowed[name]) for name in values})
    session.put("funnel_stages", list(money["stage"]))
    skipped = skippers(session.tables(), session.filters())
    # Without a history every stage before the present one is filled in: that says nothing of what was skipped.
    any_skipped = has_history and bool(len(session.run(skipped.limit(1))))

    sentence, tinted = finding(stages)
    still = open_deals(rates)
    remark = open_remark(still)
    if not has_history:
        sentence, tinted = without_history(rates), None
        remark = " ".join(
            [
                _(
                    "This data has no stage history: lost deals do not tell at which stage they were lost, so they "
                    "stand at the first one."
                ),
                remark,
            ]
        )
    elif session.filters().has_period:
        remark = " ".join([_("This is about the deals created in these dates."), remark])
    heading(_("Funnel"), sentence, remark)
    shown = money.assign(stage=[stage_name(row) for row in money.to_dict("records")])
    show_stages(stages, shown, still, rule, tinted, skipped=any_skipped, several=several)
    show_deals(stages, rule)
    if any_skipped:
        show_skippers(skipped)
    show_win_rates(rates)


# The views of the page; each reads the filters and asks only for what it shows.
VIEWS: dict[str, tuple[str, Callable[[], None]]] = {
    "stages": (_("Stages"), lambda: show_all_stages(locale)),
}


def page() -> None:
    if session.is_empty():
        no_data(_("Funnel"))
        return
    view = session.place("view", VIEWS, "stages")
    st.segmented_control(
        _("View"),
        list(VIEWS),
        format_func=lambda name: VIEWS[name][0],
        default=view,
        required=True,
        key=session.place_key("view"),
        on_change=session.keep_place,
        args=("view",),
        label_visibility="collapsed",
    )
    VIEWS[view][1]()


page()
