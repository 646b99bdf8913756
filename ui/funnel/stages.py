"""Where deals stop: what became of them at each stage, and how many are won."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import streamlit as st
from ibis import _ as col

from analytics.filters import Filters, is_of_owner
from analytics.funnel import FATES, RULES, conversion_by_rule, stage_conversion
from analytics.funnel_deals import deals_in_stage, deals_that_skipped, skippers
from analytics.leads import LEADS
from analytics.owners import owner_attribution
from analytics.stays import Counting, without_excluded
from analytics.win_rate import win_rate
from data.tables import Tables
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN, definitions_figure, part_words, parts_of_bars, stages_figure
from ui.funnel.deal_list import deal_list
from ui.funnel.options import counting, has_owners, said, show_options
from ui.parts import (
    ROWS_ON_SCREEN,
    Piece,
    chart,
    downloads,
    drawn,
    grid,
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
from ui.words import Meaning

OWNERS_SHOWN = 12
FUNNEL_WORDS = ("entered", "conversion", "conversion_ended", "of_first", "value_entered")
RATES_WORDS = ("win_rate", "win_rate_created", "win_rate_matured", "win_rate_value", "win_rate_hygiene")


def funnel_means(chosen: Counting) -> list[Meaning]:
    own = ("window_days", "late") if chosen.has_windows else ()
    return words.meanings(*FUNNEL_WORDS, *own, of="stage_conversion")


def rates_mean() -> list[Meaning]:
    return words.meanings(*RATES_WORDS, of="win_rate")


def rule_words() -> dict[str, str]:
    _ = session.locale()._
    return {"visited": _("Visited"), "filled": _("Filled in"), "strict": _("Strict")}


def finding(stages: pd.DataFrame) -> tuple[str, str | None]:
    """The sentence about the weakest step, and the stage to tint: only one that stands apart from all others."""
    locale = session.locale()
    _ = locale._
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
    locale = session.locale()
    _ = locale._
    closed = rates[rates["definition"] == "closed"].iloc[0]
    if session.filters().has_period:
        few = locale.n_(
            "**{n} deal closed in these dates: too few to say how many are won.**",
            "**{n} deals closed in these dates: too few to say how many are won.**",
            int(closed["total"]),
        )
        known = _("**{share} of the {n} deals closed in these dates were won** ({range}).")
    else:
        few = locale.n_(
            "**{n} deal is decided: too few to say how many are won.**",
            "**{n} deals are decided: too few to say how many are won.**",
            int(closed["total"]),
        )
        known = _("**{share} of the {n} decided deals were won** ({range}).")
    if closed["total"] < LEAST_SHOWN:
        return few
    return known.format(
        share=locale.share(closed["rate"]),
        n=locale.count(closed["total"]),
        range=locale.shares(closed["low"], closed["high"]),
    )


def about_losses(rates: pd.DataFrame) -> str:
    """What data without a stage history cannot tell of lost deals; where it has none, what that does to the win rates."""
    _ = session.locale()._
    closed = rates[rates["definition"] == "closed"].iloc[0]
    if closed["total"] and closed["won"] == closed["total"]:
        return words.no_losses()
    return _(
        "This data has no stage history: lost deals do not tell at which stage they were lost, so they "
        "stand at the first one. Which share of the first came to a later open stage is therefore not known."
    )


def why_they_differ(rates: pd.DataFrame) -> str:
    """One sentence on what each definition counts that the others do not."""
    locale = session.locale()
    _ = locale._
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
    locale = session.locale()
    _ = locale._
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
        # In begun days, as the trend counts its age.
        age = math.ceil(row["horizon_days"])
        return name, _("by {days}, {n} deals").format(days=locale.days(age), n=locale.count(row["n"]))
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


def basis(stages: pd.DataFrame, about: Scope, chosen: Counting, *, skipped: bool) -> str:
    """What the funnel stands on, in one line."""
    locale = session.locale()
    _ = locale._
    rules = {
        "visited": _("stages as visited"),
        "filled": _("skipped stages filled in"),
        "strict": _("only deals that skipped nothing"),
    }
    if about.of_stays:
        parts = [locale.n_("{n} stay in a stage", "{n} stays in stages", about.deals)]
    else:
        parts = [locale.n_("{n} deal", "{n} deals", about.deals)]
    if session.chosen().as_of or session.latest_day():
        parts.append(_("as of {day}").format(day=locale.day(session.filters().as_of)))
    if session.facts().get("has_history") != "true":
        parts.append(_("no stage history"))
    else:
        parts.append(rules[chosen.rule] if skipped else _("no stage was skipped"))
    if about.share_open is not None:
        parts.append(_("{share} undecided").format(share=locale.share(about.share_open)))
    parts += said(chosen)
    if stages["excluded"].max():
        parts.append(locale.n_("{n} deal taken out", "{n} deals taken out", int(stages["excluded"].max())))
    if stages["without_lead"].max():
        parts.append(
            locale.n_(
                "{n} deal without a lead starts at the first stage",
                "{n} deals without a lead start at the first stage",
                int(stages["without_lead"].max()),
            )
        )
    if stages["undated"].max() and chosen.dated == "active":
        parts.append(_("{n} deals lack the date of a stage").format(n=locale.count(stages["undated"].max())))
    elif stages["undated"].max():
        parts.append(_("{n} without a creation date left out").format(n=locale.count(stages["undated"].max())))
    known = stages.loc[stages["stage"] != LEADS, "value_known"].dropna()
    if len(known) and known.iloc[0] < 0.995:
        parts.append(_("amount known for {share}").format(share=locale.share(known.iloc[0])))
    return " · ".join(parts)


def rates_basis(rates: pd.DataFrame) -> str:
    """What the win rates stand on, in one line."""
    locale = session.locale()
    _ = locale._
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


def open_remark(about: Scope) -> str:
    """That the open deals of the funnel are not counted as lost."""
    still = about.open
    locale = session.locale()
    if not still:
        return ""
    if about.of_stays:
        return locale.n_(
            "{n} of these stays is still going on. It is not counted as lost.",
            "{n} of these stays are still going on. They are not counted as lost.",
            still,
        )
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


def funnel_title(about: Scope) -> str:
    """What the funnel shows; a period bounds the day its deals were created, or came to the stages."""
    locale = session.locale()
    _ = locale._
    if about.of_stays and session.filters().has_period:
        return _("What became of the deals that came to a stage in these dates")
    if about.of_stays:
        return _("What became of the deals at each stage")
    if session.filters().has_period:
        return locale.n_(
            "What became of {n} deal created in these dates",
            "What became of {n} deals created in these dates",
            about.deals,
        )
    return locale.n_("What became of {n} deal", "What became of {n} deals", about.deals)


def went_back(stages: pd.DataFrame) -> str:
    """Why more deals can be won than moved on from the last stage."""
    if not stages["back"].sum():
        return ""
    return session.locale()._(
        "A stage counts a deal's first stay. One that went back and moved on later counts there as gone back, so more deals "
        "can come to a stage, or be won, than moved on from the one before."
    )


def stage_name(row: Any) -> str:
    locale = session.locale()
    _ = locale._
    if row["outcome"] == "won":
        return _("Won")
    return _("Leads") if row["stage"] == LEADS else str(row["stage"])


@dataclass(frozen=True)
class Scope:
    """What the funnel is about: `deals` (and how many are still `open`), or where `of_stays` what happened at each stage."""

    deals: int
    open: int
    of_stays: bool

    @property
    def share_open(self) -> float | None:
        return self.open / self.deals if self.deals else None


def scope(stages: pd.DataFrame, chosen: Counting) -> Scope:
    """The deals of the funnel, or the stays where dates or owners are those of the stay."""
    now = session.filters()
    of_owner_then = chosen.owner == "then" and any(is_of_owner(choice.field) for choice in now.where)
    if (now.has_period and chosen.dated == "active") or of_owner_then:
        of_stages = stages[(stages["outcome"] == "open") & (stages["stage"] != LEADS)]
        return Scope(int(of_stages["entered"].sum()), int(of_stages["still"].sum()), of_stays=True)
    found = session.run(session.expression(deals_of_funnel, counting=chosen)).iloc[0]
    return Scope(int(found["deals"]), int(found["open"]), of_stays=False)


def deals_of_funnel(known: Tables, filters: Filters, counting: Counting) -> ir.Table:
    """How many deals the filters leave, and how many of them are open."""
    deals = filters.deals(known, "created" if filters.has_period else None)
    deals = without_excluded(deals, known, filters, counting)
    return deals.agg(deals=col.count(), open=col.count(where=col.status == "open"))


def currencies_of(stages: pd.DataFrame) -> list[str]:
    """The currencies of the deals on screen, the commonest first."""
    deals: dict[str, int] = {}
    for of_stage in stages["by_currency"]:
        for currency, money in of_stage.items():
            deals[currency] = max(deals.get(currency, 0), money["known"])
    return sorted((each for each in deals if deals[each]), key=lambda each: (-deals[each], each))


def in_currency(stages: pd.DataFrame, currency: str) -> pd.DataFrame:
    """`stages` with the money of the deals in one currency only."""
    names = ["value_entered", *(f"{fate}_value" for fate in FATES), "value_known"]
    money = [of_stage.get(currency, dict.fromkeys(names, 0.0)) for of_stage in stages["by_currency"]]
    return stages.assign(currency=currency, **{name: [row[name] for row in money] for name in names})


def pick_bar() -> None:
    """Take the clicked piece of a bar as the deals to list."""
    points = (session.get(chart_key()) or {}).get("selection", {}).get("points", [])
    if points:
        session.put("drill_stage", session.get("funnel_stages")[points[0]["point_index"]])
        session.put("drill_fate", session.get("funnel_parts")[points[0]["curve_number"]])


def chart_key() -> str:
    return f"stages_{session.get('drill_round', 0)}"


def close_deals() -> None:
    session.put("drill_stage", None)
    session.put("drill_fate", None)
    session.put("drill_round", session.get("drill_round", 0) + 1)


def show_stages(
    stages: pd.DataFrame,
    money: pd.DataFrame,
    about: Scope,
    chosen: Counting,
    *,
    skipped: bool,
    several: list[str],
) -> None:
    """The funnel itself; `money` is `stages` with the amounts to show."""
    locale = session.locale()
    _ = locale._
    told_apart = len(several) > 1 and session.get("measure") == "money"
    with st.container(border=True, key="card_stages"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            section(funnel_title(about), went_back(stages))
            with st.container(horizontal=True, width="content", gap="small", key="switches"):
                show_options()
                if skipped:
                    st.segmented_control(
                        _("Skipped stages"),
                        RULES,
                        format_func=lambda name: rule_words()[name],
                        default=chosen.rule,
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
            only = _("Money is in {currency} only: amounts in {n} currencies do not add up.")
            note(only.format(currency=session.get("currency_shown") or several[0], n=locale.count(len(several))))
        measure = session.get("measure", "deals")
        session.put("funnel_parts", session.kept(parts_of_bars, stages, measure))
        drawn(funnel_drawn, stages, money, about, chosen, measure, chart_key(), skipped=skipped)


@told
def funnel_drawn(
    stages: pd.DataFrame, money: pd.DataFrame, about: Scope, chosen: Counting, measure: str, key: str, *, skipped: bool
) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    fates = part_words(locale)
    swatches = {
        "advanced": look.colors.won_fill,
        "late": f"hollow:{look.colors.won_fill}",
        "lost": look.colors.lost_fill,
        "back": look.colors.back_fill,
        "handed_off": look.colors.handed_fill,
        "still": "hatch",
    }
    color_key = tuple(
        (swatches[fate], fates[fate])
        for fate in parts_of_bars(stages, measure)
        if stages[fate].sum() or fate in ("advanced", "lost", "still")
    )
    yield partial(legend, color_key)
    yield partial(
        chart,
        stages_figure(money, look, measure=measure, weakest=tinted(stages)),
        key,
        _("Deals by stage, split by what became of them: {stages}.").format(
            stages=", ".join(
                f"{locale.name(row['stage'])} {locale.count(row['entered'])}" for row in stages.to_dict("records")
            )
        ),
        wide=True,
        on_select=pick_bar,
    )
    rows, kinds = tables.stages(money, locale)
    stands_on = basis(stages, about, chosen, skipped=skipped)
    what = paper("funnel", _("Funnel"), rows, kinds, meanings=funnel_means(chosen), basis=stands_on)
    yield partial(
        under_chart,
        replace(what, legend=color_key),
        session.asked(stage_conversion, counting=chosen, merge_won=True),
        funnel_means(chosen),
        stands_on,
        picture=f"wide_{key}",
    )


def drills(stages: pd.DataFrame) -> tuple[dict[str, str], list[str]]:
    """The stages whose deals can be listed, with their words, and the parts of their bars."""
    stages = stages[stages["stage"] != LEADS]
    words_ = map(stage_name, stages.to_dict("records"))
    return dict(zip(stages["stage"], words_, strict=True)), parts_of_bars(stages, "deals")


def show_deals(stages: pd.DataFrame, chosen: Counting) -> None:
    """The deals behind a bar, reached by a click on it or by the two choices."""
    locale = session.locale()
    _ = locale._
    shown, asked = session.kept(drills, stages)
    names = list(shown)
    fates = part_words(locale)
    if session.get("drill_fate") not in asked:
        session.put("drill_fate", None)
    if session.get("drill_stage") not in names:
        session.put("drill_stage", None)
    with st.container(border=True, key="card_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The deals behind a bar"), _("Click a piece of a bar, or choose here."))
            with st.container(horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="drill"):
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
                        asked,
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
        query = session.expression(deals_in_stage, stage=stage, fate=fate, counting=chosen, merge_won=True)
        title = f"{shown[stage]} · {fates[fate]}" if fate else shown[stage]
        deal_list(query, title, "deals", tables.deals, close_deals, funnel_means(chosen))


@told
def skipped_stages(by_rules: pd.DataFrame, chosen: Counting) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    deals = int(session.run(session.expression(deals_that_skipped, counting=chosen))["deals"].iloc[0])
    by_rule = {rule: by_rules[by_rules["rule"] == rule] for rule in RULES}
    yield partial(
        section,
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
    yield partial(
        table,
        [_("Stage"), _("Visited"), _("Filled in"), _("Strict"), _("Went past it")],
        lines,
        caption=_("Deals by stage, by each way to count skipped stages"),
        numbers=range(1, 5),
    )


def show_skippers(by_rules: pd.DataFrame, chosen: Counting) -> None:
    """The three ways to count skipped stages side by side, and who skipped."""
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key="card_skippers"):
        drawn(skipped_stages, by_rules, chosen)
        query = session.expression(skippers, counting=chosen)
        with st.container(horizontal=True, horizontal_alignment="right", gap="xxsmall", key="under_skippers"):
            beside = _("Beside each count: the share that moves on.")
            st.html(f'<p class="sh-basis">{rich(beside)}</p>', width="content")
            # The list is made once it is looked at.
            listed = st.popover(
                _("List"), icon=":material/table_rows:", type="tertiary", key="skippers_list", on_change="rerun"
            )
            taken = st.popover(
                _("Download"), icon=":material/download:", type="tertiary", key="skippers_get", on_change="rerun"
            )
            with st.popover("SQL", icon=":material/code:", type="tertiary"):
                st.code(session.readable_sql(query), language="sql", height=420, width=680)
        if listed.open or taken.open:
            rows, kinds = tables.skippers(session.run(query.limit(ROWS_ON_SCREEN)), locale)
            with listed, st.container(width=680):
                grid(rows, kinds, key="skippers")
            with taken:
                whole = session.later(query, lambda frame: tables.skippers(frame, locale)[0])
                downloads(paper("skipped_stages", _("Deals that went past a stage"), rows, kinds), whole)


def show_owners(chosen: Counting) -> None:
    """What it changes to count deals under who owned them then: one stage, each owner by both."""
    locale = session.locale()
    _ = locale._
    both = session.answer(owner_attribution, counting=chosen)
    open_ = both[both["conversion_now"].notna() | both["conversion_then"].notna()]
    if open_.empty:
        return
    with st.container(border=True, key="card_owners"):
        names = list(dict.fromkeys(open_["stage"]))
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            title = st.container(width="content")
            stage = st.selectbox(
                _("Stage"), names, key="owners_stage", format_func=locale.name, label_visibility="collapsed", width=220,
            )  # fmt: skip
        of_stage = open_[open_["stage"] == stage]
        whole_stage = of_stage.iloc[0]
        with title:
            section(
                _("Owner then and owner now"),
                _(
                    "{n} of the {known} deals that came to {stage} with a known owner belong to somebody else now."
                ).format(
                    n=locale.count(whole_stage["owner_differs"]),
                    known=locale.count(whole_stage["owner_known"]),
                    stage=plain(stage),
                ),
            )
        largest = of_stage.sort_values(["entered_then", "entered_now"], ascending=False)
        lines = []
        for row in largest.head(OWNERS_SHOWN).to_dict("records"):
            name = row["owner"] if isinstance(row["owner"], str) else _("(nobody)")
            cells = [rich(plain(name))]
            for at in ("then", "now"):
                few = row[f"entered_{at}"] < LEAST_SHOWN or row[f"conversion_{at}"] != row[f"conversion_{at}"]
                moved = (
                    "–"
                    if few
                    else f"{locale.share(row[f'conversion_{at}'])} "
                    f"<small>{locale.shares(row[f'low_{at}'], row[f'high_{at}'])}</small>"
                )
                cells += [locale.count(row[f"entered_{at}"]), moved]
            lines.append(cells)
        table(
            [_("Owner"), _("Deals, owner then"), _("move on"), _("Deals, owner now"), _("move on")],
            lines,
            caption=_("Each owner's deals at the stage, by the owner then and by the owner now"),
            numbers=range(1, 5),
        )
        rows, kinds = tables.owners(both, locale)
        means = words.meanings("entered_then", "conversion_then", "conversion_now", of="owner_attribution")
        stands_on = _("95% intervals")
        if len(largest) > OWNERS_SHOWN:
            largest_only = _("the {n} owners with most deals; the table has all").format(n=locale.count(OWNERS_SHOWN))
            stands_on = " · ".join([stands_on, largest_only])
        what = paper("owners", _("Owner then and owner now"), rows, kinds, meanings=means, basis=stands_on)
        under_chart(what, session.asked(owner_attribution, counting=chosen), means, stands_on)


@told
def win_rates(rates: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    look = session.look()
    # A rate with something to say against it is not drawn: the sentence stands in its place.
    rates = rates.assign(rate=rates["rate"].mask(rates["reason"].notna()))
    yield partial(section, _("How many deals are won, by five definitions"), why_they_differ(rates))
    names = [definition(row, several=len(rates) > 5) for row in rates.to_dict("records")]
    yield partial(
        chart,
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
    what = paper("win_rates", _("Win rates"), rows, kinds, meanings=rates_mean(), basis=stands_on)
    yield partial(under_chart, what, session.asked(win_rate), rates_mean(), stands_on, picture="wide_win_rates")


def show() -> None:
    """The view that opens first: the stages, the deals behind them, skipped stages, and the win rates."""
    locale = session.locale()
    _ = locale._
    has_history = session.facts().get("has_history") == "true"
    chosen = counting()
    by_rules = session.answer(conversion_by_rule, counting=replace(chosen, rule="visited"))
    stages = session.kept(of_rule, by_rules, chosen.rule)
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
    several = session.kept(currencies_of, stages)
    currency = None
    if len(several) > 1 and session.get("measure") == "money":
        currency = session.get("currency_shown")
        currency = currency if currency in several else several[0]
    shown = session.kept(with_money, stages, currency)
    session.put("funnel_stages", list(stages["stage"]))
    # Without a history every stage before the present one is filled in: that says nothing of what was skipped.
    any_skipped = has_history and bool(by_rules["skipped"].sum())
    about = session.kept(scope, stages, chosen)
    drawn(top, stages, about, chosen)
    show_stages(stages, shown, about, chosen, skipped=any_skipped, several=several)
    show_deals(stages, chosen)
    if any_skipped:
        show_skippers(by_rules, chosen)
    if chosen.owner == "then" and has_owners():
        show_owners(chosen)
    # The last of the page, so that nothing waits for it.
    with st.container(border=True, key="card_win_rate"):
        drawn(win_rates, session.answer(win_rate))


def of_rule(by_rules: pd.DataFrame, rule: str) -> pd.DataFrame:
    return by_rules[by_rules["rule"] == rule].reset_index(drop=True)


def with_money(stages: pd.DataFrame, currency: str | None) -> pd.DataFrame:
    """`stages` as shown, with the money of one currency where there are several."""
    money = stages if currency is None else in_currency(stages, currency)
    names = [stage_name(row) for row in money.to_dict("records")]
    if session.facts().get("has_history") != "true" and money["lost"].sum():
        # The lost deals stand at the first stage, wherever they had come to: of how many came further, only those won are known.
        is_known = (money["outcome"] == "won") | (money.index == money.index[0])
        money = money.assign(of_first=money["of_first"].where(is_known))
    return money.drop(columns=["by_currency"]).assign(stage=names)


def tinted(stages: pd.DataFrame) -> str | None:
    """The stage where deals stop, if one stands apart."""
    return finding(stages)[1] if session.facts().get("has_history") == "true" else None


@told
def top(stages: pd.DataFrame, about: Scope, chosen: Counting) -> Iterator[Piece]:
    _ = session.locale()._
    sentence, _tinted = finding(stages)
    remark = open_remark(about)
    if session.facts().get("has_history") != "true":
        rates = session.answer(win_rate)
        sentence = without_history(rates)
        remark = " ".join([about_losses(rates), remark])
    elif session.filters().has_period and not about.of_stays:
        remark = " ".join([_("This is about the deals created in these dates."), remark])
    if chosen.has_windows:
        remark = " ".join([_("To move on counts only within the conversion window."), remark])
    yield partial(heading, _("Funnel"), sentence, remark)
