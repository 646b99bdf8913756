"""Why deals are lost: the reasons by deals and money, at which stage, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import pandas as pd
import streamlit as st
from ibis import _ as col

from analytics.fields import OTHERS
from analytics.filters import Choice, Filters
from analytics.lost_reasons import lost_deals, lost_reasons, missing_reasons
from analytics.summary import REAL
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.losses import reasons_figure, stages_heat_figure
from ui.funnel.deal_list import deal_list
from ui.funnel.groups import value_words, verdicts
from ui.parts import Piece, chart, drawn, heading, legend, note, nothing, paper, plain, section, told, under_chart

# Beyond these the rest is one bar, or one column.
MOST_BARS = 14
MOST_COLUMNS = 8


def show() -> None:
    """The view: the reasons, the same by stage, and what is known of deals without one."""
    locale = session.locale()
    _ = locale._
    found = session.answer(lost_reasons)
    whole, of_stages = session.kept(_parts, found)
    if not len(whole):
        heading(_("Funnel"), _("**No deal was lost here.**"))
        with st.container(border=True, key="card_nothing_losses"):
            if session.chosen().any:
                nothing(
                    "filter_alt_off", _("The filters leave no lost deal"), _("Take a filter away, or widen the dates.")
                )
                st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")
            else:
                nothing("thumb_up", _("No deal is lost yet"), _("Lost deals and their reasons are shown here."))
        return
    if whole["reason"].isna().all():
        _no_reasons(int(whole["n"].iloc[0]))
        return
    drawn(_heading, found, whole)
    _reasons(whole)
    _by_stage(of_stages)
    if session.kept(_blank_deals, whole):
        with st.container(border=True, key="card_no_reason"):
            drawn(_blanks, whole)
    _deals(whole, of_stages)


def _parts(found: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The reasons of all lost deals, and those at each stage."""
    return found[found["stage"].isna()], found[found["stage"].notna()]


def _no_reasons(lost: int) -> None:
    locale = session.locale()
    _ = locale._
    heading(
        _("Funnel"),
        locale.n_(
            "**{n} deal was lost, and no reason is known.**",
            "**{n} deals were lost, and no reason is known for any.**",
            lost,
        ),
    )
    with st.container(border=True, key="card_nothing_losses"):
        nothing(
            "help",
            _("No lost deal has a reason"),
            _(
                "This view counts why deals were lost, by stage and by money. The files have no such column, or it is empty."
            ),
            [
                _("Add a **lost reason** column to the export of deals (closed lost reason, loss reason)."),
                _("If the column has another name, choose **lost reason** for it when importing."),
            ],
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")


def _reason(value: object) -> str:
    _ = session.locale()._
    if not isinstance(value, str):
        return _("no reason given")
    return _("other reasons") if value == OTHERS else value


@told
def _heading(found: pd.DataFrame, whole: pd.DataFrame) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Funnel"), *_finding(found, whole))


def _finding(found: pd.DataFrame, whole: pd.DataFrame) -> tuple[str, str]:
    """The commonest reason and whether it leads; how much of the loss has a reason at all."""
    locale = session.locale()
    _ = locale._
    named = whole[whole["reason"].notna() & (whole["reason"] != OTHERS)]
    n, first = int(whole["n"].iloc[0]), named.iloc[0]
    said = {
        "reason": plain(first["reason"]), "share": locale.share(first["share"]), "n": locale.count(n),
        "range": locale.shares(first["low"], first["high"]),
    }  # fmt: skip
    if n < LEAST_SHOWN:
        sentence = locale.n_(
            "**{n} deal was lost: too few to rank the reasons.**",
            "**{n} deals were lost: too few to rank the reasons.**",
            n,
        )
    elif len(named) > 1 and named.iloc[1]["high"] > first["low"]:
        said["other"] = plain(named.iloc[1]["reason"])
        sentence = _(
            "**{reason} is named most,** for {share} of {n} lost deals ({range}); {other} is within its doubt, so which leads could be chance."
        ).format(**said)
    else:
        sentence = _("**{reason} loses the most deals:** {share} of {n} ({range}).").format(**said)
    parts = [_coverage(whole)]
    real = found[found["stage"].notna() & found["reason"].notna() & (found["q_value"] < REAL)]
    tests = found["tests"].max()
    if len(real):
        row = real.sort_values("q_value").iloc[0]
        parts.append(
            _("{reason} stands apart at {stage}: {share} of its deals with a reason, after correction for {n} comparisons.").format(
                reason=plain(_reason(row["reason"])), stage=plain(row["stage"]),
                share=locale.share(row["share_of_known"]), n=locale.count(tests),
            )
        )  # fmt: skip
    return sentence, " ".join(parts)


def _coverage(whole: pd.DataFrame) -> str:
    """For how much of what was lost the reason is known."""
    locale = session.locale()
    _ = locale._
    known = whole[whole["reason"].notna()]
    deals = locale.share(known["deals"].sum() / whole["n"].iloc[0])
    if whole["money_share"].notna().any():
        return _("The reason is known for {deals} of the lost deals and {money} of the lost money.").format(
            deals=deals, money=locale.share(known["money_share"].sum())
        )
    return _("The reason is known for {deals} of the lost deals.").format(deals=deals)


def _basis(n: int, whole: pd.DataFrame, *more: str) -> str:
    locale = session.locale()
    _ = locale._
    parts = [locale.n_("{n} lost deal", "{n} lost deals", n)]
    if session.chosen().as_of or session.latest_day():
        parts.append(_("as of {day}").format(day=locale.day(session.filters().as_of)))
    if whole["undated"].max():
        parts.append(_("{n} without a close date left out").format(n=locale.count(whole["undated"].max())))
    return " · ".join([*parts, *more])


def _currencies() -> list[str]:
    """The currencies of lost deals with an amount, the commonest first."""
    return session.kept(_currencies_found)


def _currencies_found() -> list[str]:
    deals = session.filters().deals(session.tables()).filter((col.status == "lost") & col.amount.notnull())
    found = session.run(
        deals.filter(col.currency.notnull()).agg(n=col.count(), by="currency").order_by(col.n.desc(), col.currency)
    )
    return list(found["currency"])


def _folded(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """The commonest reasons, the others as one row, and the blank one last."""
    named = rows[rows["reason"].notna() & (rows["reason"] != OTHERS)]
    kept, left = named.head(most), named.iloc[most:]
    left = pd.concat([left, rows[rows["reason"] == OTHERS]])
    blank = rows[rows["reason"].isna()]
    if len(left) < 2:
        return pd.concat([kept, left, blank]).reset_index(drop=True)
    from analytics.intervals import wilson

    other = left.iloc[0].to_dict() | {
        "reason": OTHERS, "deals": left["deals"].sum(), "share": left["share"].sum(),
        "share_of_known": left["share_of_known"].sum(), "q_value": None, "money_low": None, "money_high": None,
        **{name: left[name].sum(min_count=1) for name in ("money", "money_share")},
    }  # fmt: skip
    other["low"], other["high"] = wilson(float(other["share"]), float(other["n"]))
    return pd.concat([kept, pd.DataFrame([other]), blank]).reset_index(drop=True)


def _reasons(whole: pd.DataFrame) -> None:
    """The bars, by deals or by money."""
    _ = session.locale()._
    several = _currencies()
    in_money = session.get("loss_measure") == "money"
    told_apart = len(several) > 1 and in_money
    chosen = None
    with st.container(border=True, key="card_reasons"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            section(_("Why deals were lost"), _("Each lost deal once, by the reason its owner gave."))
            with st.container(horizontal=True, width="content", gap="small"):
                st.segmented_control(
                    _("Measure"),
                    ["deals", "money"],
                    format_func=lambda name: {"deals": _("Deals"), "money": _("Money")}[name],
                    default="deals",
                    required=True,
                    key="loss_measure",
                    label_visibility="collapsed",
                    persist_state="session",
                )
                if told_apart:
                    st.selectbox(
                        _("Currency"), several, key="loss_currency", label_visibility="collapsed", width=110,
                        persist_state="session",
                    )  # fmt: skip
        if told_apart:
            chosen = session.get("loss_currency") or several[0]
        shown = session.kept(_bars, whole, chosen, in_money)
        drawn(_reasons_of, shown, whole, chosen, len(several), in_money, _key("lost_reasons"))
        session.put("loss_bars", session.kept(_reasons_of_bars, shown))


def _measure(shown: pd.DataFrame, in_money: bool) -> Literal["money", "deals"]:
    return "money" if in_money and shown["money_share"].notna().any() else "deals"


def _bars(whole: pd.DataFrame, currency: str | None, in_money: bool) -> pd.DataFrame:
    """The reasons drawn, in order; those of one currency where money is told apart."""
    shown = whole
    if currency is not None:
        shown = session.answer(lost_reasons, within=_in_currency(currency))
        shown = shown[shown["stage"].isna()]
    if _measure(shown, in_money) == "money":
        shown = shown.sort_values(["money"], ascending=False, na_position="last")
        shown = pd.concat([shown[shown["reason"].notna()], shown[shown["reason"].isna()]])
    return _folded(shown, MOST_BARS)


def _reasons_of_bars(shown: pd.DataFrame) -> list[list[str | None]]:
    return [list(shown["reason"][shown["reason"].notna()]), [None]]


@told
def _reasons_of(
    shown: pd.DataFrame, whole: pd.DataFrame, currency: str | None, currencies: int, in_money: bool, key: str
) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    within = session.filters()
    if currency is not None:
        within = _in_currency(currency)
        said = _("Money is in {currency} only: amounts in {n} currencies do not add up.")
        yield partial(note, said.format(currency=currency, n=locale.count(currencies)))
    by = _measure(shown, in_money)
    if in_money and by == "deals":
        yield partial(note, _("The lost deals have no amounts, so they are counted."))
    merged = whole[whole["spellings"] > 1]
    if len(merged):
        yield partial(
            note,
            locale.n_(
                "{n} reason was written in several ways that differ only in case or spaces; they count as one.",
                "{n} reasons were written in several ways that differ only in case or spaces; each counts as one.",
                len(merged),
            ),
        )
    color_key = ((look.colors.lost_fill, _("lost, by reason")), ("hatch", _("no reason given")))
    yield partial(legend, color_key)
    names = [_reason(value) for value in shown["reason"]]
    yield partial(
        chart,
        reasons_figure(shown, names, look, measure=by),
        key,
        _("Lost deals by reason, with 95% intervals: {reasons}.").format(
            reasons=", ".join(
                f"{locale.name(name)} {locale.share(rate)}"
                for name, rate in zip(names, shown["money_share" if by == "money" else "share"], strict=True)
            )
        ),
        wide=True,
        on_select=_pick_bar,
    )
    rows, kinds = _table(shown)
    stands_on = _basis(int(shown["n"].iloc[0]), whole, _("95% intervals"), _coverage(shown))
    means = words.meanings("share", "money_share", of="lost_reasons")
    what = paper("lost_reasons", _("Lost reasons"), rows, kinds, meanings=means, basis=stands_on)
    yield partial(
        under_chart,
        replace(what, legend=color_key),
        session.asked(lost_reasons, within=within),
        means,
        stands_on,
        picture=f"wide_{key}",
    )


def _in_currency(code: str) -> Filters:
    field = session.find("currency")
    now = session.filters()
    return replace(now, where=(*now.where, Choice(field, (code,)))) if field is not None else now


def _table(rows: pd.DataFrame) -> tables.Table:
    locale = session.locale()
    shown = rows.assign(
        reason_words=[_reason(value) for value in rows["reason"]],
        stage_words=[value if isinstance(value, str) else locale._("all stages") for value in rows["stage"]],
        verdict=verdicts(rows["q_value"]),
    )
    return tables.lost_reasons(shown, locale)


def _by_stage(rows: pd.DataFrame) -> None:
    """The reasons at each stage of loss, where the history says it."""
    with st.container(border=True, key="card_reasons_by_stage"):
        drawn(_reasons_of_stages, rows, _key("reasons_by_stage"))
        if not rows.empty:
            session.put("loss_cells", session.kept(_reasons_of_cells, rows))


def _cells(rows: pd.DataFrame) -> tuple[list[str], list[tuple[str, int]], pd.DataFrame, int]:
    """The commonest reasons, the stages with their deals of known reason, a row for each of both, and how many reasons there are."""
    counts = rows[rows["reason"].notna()].groupby("reason")["deals"].sum().drop(OTHERS, errors="ignore")
    common = list(counts.sort_values(ascending=False, kind="stable").index[:MOST_COLUMNS])
    order = rows.drop_duplicates("stage").sort_values("stage_order")
    stages = list(zip(order["stage"], order["n_known"].astype(int), strict=True))
    places = {name: place for place, (name, _n) in enumerate(stages)}
    cells = rows[rows["reason"].isin(common)]
    cells = cells.assign(
        column=cells["reason"].map(common.index), row=cells["stage"].map(places), is_real=cells["q_value"] < REAL
    )
    return common, stages, cells, len(counts)


def _reasons_of_cells(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """The reason and the stage of each cell drawn."""
    _common, stages, cells, _n = session.kept(_cells, rows)
    seen = cells[[stages[place][1] >= LEAST_SHOWN for place in cells["row"]]]
    return list(zip(seen["reason"], seen["stage"], strict=True))


@told
def _reasons_of_stages(rows: pd.DataFrame, key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    if rows.empty:
        yield partial(
            section,
            _("At which stage"),
            _(
                "Without a stage history the stage at which a deal was lost is unknown, so the reasons stand for all stages."
            ),
        )
        return
    tests, real = rows["tests"].max(), rows[rows["q_value"] < REAL]
    yield partial(
        section,
        _("At which stage"),
        _(
            "The share of each reason among the stage's lost deals that have one. Framed: differs from the other stages by more than chance."
        ),
    )
    common, stages, cells, n_reasons = session.kept(_cells, rows)
    if n_reasons > len(common):
        yield partial(
            note, _("The {n} commonest reasons are drawn; the table has all.").format(n=locale.count(len(common)))
        )
    yield partial(
        chart,
        stages_heat_figure(cells, common, stages, look),
        key,
        _("Lost reasons by stage. Differences that stand: {found}.").format(
            found=", ".join(
                f"{locale.name(_reason(row.reason))} · {locale.name(row.stage)}" for row in real.itertuples()
            )
            or _("none")
        ),
        wide=True,
        on_select=_pick_cell,
    )
    shown, kinds = _table(rows)
    stands_on = _basis(
        int(rows.drop_duplicates("stage")["n"].sum()), rows,
        locale.n_("{n} comparison", "{n} comparisons", 0 if pd.isna(tests) else int(tests)),
        _("{n} real").format(n=locale.count(len(real))),
    )  # fmt: skip
    means = words.meanings("share_of_known", "q_value", "tests", of="lost_reasons")
    what = paper("reasons_by_stage", _("Lost reasons by stage"), shown, kinds, meanings=means, basis=stands_on)
    yield partial(under_chart, what, session.asked(lost_reasons), means, stands_on, picture=f"wide_{key}")


def _blank_deals(whole: pd.DataFrame) -> int:
    """How many lost deals have no reason."""
    return int(whole.loc[whole["reason"].isna(), "deals"].sum())


@told
def _blanks(whole: pd.DataFrame) -> Iterator[Piece]:
    """Whether the deals without a reason are like the others."""
    locale = session.locale()
    _ = locale._
    n = _blank_deals(whole)
    found = session.answer(missing_reasons)
    tested = found[found["q_value"].notna()]
    real = tested[tested["q_value"] < REAL]
    yield partial(section, locale.n_("{n} lost deal has no reason", "{n} lost deals have no reason", n))
    if tested.empty:
        yield partial(note, _("They are too few to say whether they differ from the others."))
    elif real.empty:
        yield partial(
            note,
            _(
                "They do not differ from the others by stage, size or owner by more than chance ({n} comparisons), so the reasons given may stand for all."
            ).format(n=locale.count(tested["tests"].max())),
        )
    else:
        yield partial(
            note, _("**They differ from the others, so the reasons given lean towards those who fill them in.**")
        )
        said = {
            "stage": _("Lost at {group}: {share} of {n} have no reason ({range})."),
            "deal_size": _("Deals of the {group}: {share} of {n} have no reason ({range})."),
            "owner": _("{group}: {share} of {n} lost deals have no reason ({range})."),
        }
        for row in real.sort_values("q_value").head(5).itertuples():
            field = session.find(row.field)
            value = row.value if isinstance(row.value, str) else None
            group = value_words(field, value) if field is not None and row.field != "stage" else str(value)
            yield partial(
                note,
                said[row.field].format(
                    group=plain(group), share=locale.share(row.share), n=locale.count(row.n),
                    range=locale.shares(row.low, row.high),
                )
            )  # fmt: skip
        yield partial(
            note, _("They stand after correction for {n} comparisons.").format(n=locale.count(tested["tests"].max()))
        )


def _key(chart_name: str) -> str:
    """The key of a chart: a closed list makes it forget what was clicked."""
    return f"{chart_name}_{session.get('loss_round', 0)}"


def _points(chart_name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (session.get(_key(chart_name)) or {}).get("selection", {}).get("points", [])
    return found


def _pick_bar() -> None:
    """Take the reason of the clicked bar; the bar of several reasons lists none."""
    for point in _points("lost_reasons")[:1]:
        session.put("loss_reason", session.get("loss_bars")[point["curve_number"]][point["point_index"]] or "")


def _pick_cell() -> None:
    """Take the reason and the stage of the clicked cell."""
    for point in _points("reasons_by_stage")[:1]:
        reason, stage = session.get("loss_cells")[point["point_index"]]
        session.put("loss_reason", reason)
        session.put("loss_stage", stage)


def _close() -> None:
    session.put("loss_reason", None)
    session.put("loss_stage", None)
    session.put("loss_round", session.get("loss_round", 0) + 1)


def _named(whole: pd.DataFrame, of_stages: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The reasons, "" for none, and the stages deals were lost at."""
    reasons = ["" if not isinstance(value, str) else value for value in whole["reason"]]
    return reasons, list(of_stages["stage"].dropna().unique())


def _deals(whole: pd.DataFrame, of_stages: pd.DataFrame) -> None:
    """The lost deals of a reason and a stage, by name."""
    locale = session.locale()
    _ = locale._
    reasons, stages = session.kept(_named, whole, of_stages)
    for key, known in (("loss_reason", reasons), ("loss_stage", stages)):
        if session.get(key) not in known:
            session.put(key, None)
    with st.container(border=True, key="card_lost_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The deals behind a reason"), _("Click a bar or a cell, or choose here."))
            with st.container(horizontal=True, vertical_alignment="bottom", width="content", gap="small"):
                reason = st.selectbox(
                    _("Lost reason"), reasons, index=None, key="loss_reason", placeholder=_("Choose a reason"),
                    width=240, format_func=lambda value: locale.name(_reason(value or None)),
                )  # fmt: skip
                stage = (
                    st.selectbox(
                        _("Lost at"), stages, index=None, key="loss_stage", placeholder=_("All stages"), width=200,
                        format_func=locale.name,
                    )
                    if reason is not None and stages
                    else None
                )  # fmt: skip
        if reason is None:
            return
        named = tuple(value for value in reasons if value and value != OTHERS)
        query = lost_deals(session.tables(), session.filters(), reason or None, stage, named)
        title = _reason(reason or None) + (f" · {stage}" if stage else "")
        deal_list(query, title, "lost_deals", tables.lost_deals, _close)
