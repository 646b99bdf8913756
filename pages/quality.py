"""What is wrong with the data, what each problem does to the headline figures, and a way to leave those deals out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from analytics.catalog import METRICS
from analytics.problems import PROBLEMS
from analytics.quality import problem_deals, quality
from analytics.row_problems import ROW_PROBLEMS, row_problems
from analytics.rows import rows as records
from analytics.summary import summary
from data.set_aside import Aside, deals_of_history_only, set_aside
from ui import duplicates, quality_words, session, tables, words
from ui.funnel.deal_list import deal_list
from ui.parts import heading, no_data, note, nothing, paper, rich, section, table, tag, under_chart

locale = session.locale()
_ = locale._
Row = dict[str, Any]


def found() -> list[Row]:
    """The rows of `quality`, of all deals whether left out or not."""
    return records(session.answer(quality, within=replace(session.filters(), without=())))


def basis() -> str:
    """Which deals are checked."""
    filters = session.filters()
    said = [_("as of {day}").format(day=locale.day(filters.as_of))] if session.latest_day() else []
    said.append(_("checked are the deals of all dates that the filters leave"))
    if filters.has_period:
        said.append(_("the figures are of the dates chosen"))
    return " · ".join(said)


def show_left_out() -> None:
    """What the reader leaves out now, and what all of it together does."""
    left = session.left_out()
    if not left:
        return
    now = {(row["metric"], row["currency"]): row for row in records(session.answer(summary))}
    within = replace(session.filters(), without=())
    moved = []
    for row in records(session.answer(summary, within=within)):
        other = now.get((row["metric"], row["currency"]))
        if other is None or row["metric"] not in quality_words.SHOWN:
            continue
        if quality_words.is_changed(row, other["value"]):
            before = quality_words.value_of(row, row["value"], row["n"], locale)
            after = quality_words.value_of(other, other["value"], other["n"], locale)
            if before == after:  # neither can be shown
                continue
            moved.append(_("{figure} {before}, now {after}").format(figure=_(METRICS[row["metric"]].label), before=before, after=after))  # fmt: skip
    n = session.all_deals() - session.deals()
    names = locale.listed([_(PROBLEMS[name].label) for name in left])
    with st.container(border=True, key="card_left_out"):
        section(
            locale.n_("{n} deal is left out, on every page", "{n} deals are left out, on every page", n),
            f"{names}. " + ("; ".join(moved) + "." if moved else _("No headline figure changes.")),
        )
        st.button(
            _("Put all back"), icon=":material/undo:", on_click=session.put_back, args=tuple(left), key="put_back_here"
        )


def show_effects(rows: list[Row]) -> None:
    """A table of problems and figures."""
    groups = quality_words.by_problem(rows[1:])
    with st.container(border=True, key="card_effects"):
        section(
            _("What each problem does to the figures"),
            _("Each line leaves out the deals of one problem; those that change a figure most come first."),
        )
        head = [_("Problem"), _("Deals"), *(_(METRICS[metric].label) for metric in quality_words.SHOWN)]
        first = next(iter(groups.values()))
        lines = [[f"<b>{rich(_('All deals'))}</b>", rich(locale.count(rows[0]["checked"])), *(_cells(first, metric, True) for metric in quality_words.SHOWN)]]  # fmt: skip
        for name, group in groups.items():
            weight = tag(quality_words.TAGS[group[0]["severity"]], quality_words.severity(group[0]["severity"], locale))
            share = f"<small>{rich(locale.share(group[0]['deal_share']))}</small>"
            lines.append(
                [
                    f"{rich(_(PROBLEMS[name].label))} {weight}",
                    f"{rich(locale.count(group[0]['deals']))}<br>{share}",
                    *(_cells(group, metric, False) for metric in quality_words.SHOWN),
                ]
            )
        table(head, lines, caption=_("Problems and headline figures"), numbers=range(1, len(head)))
        shown, kinds = quality_words.table(rows, locale)
        meanings = words.meanings("without", "if_lost", "severity", *quality_words.SHOWN, of="quality")
        under_chart(
            paper("quality", _("Data quality"), shown, kinds, meanings=meanings, basis=basis()),
            session.asked(quality, within=replace(session.filters(), without=())),
            meanings,
            basis(),
        )


def _cells(group: list[Row], metric: str, is_first: bool) -> str:
    """One figure, in a line for each currency."""
    of_metric = [row for row in group if row["metric"] == metric]
    if is_first:
        return "<br>".join(rich(quality_words.value_of(row, row["value"], row["n"], locale)) for row in of_metric)
    return "<br>".join(quality_words.cell(row, locale) for row in of_metric)


def show_problem(name: str, group: list[Row]) -> None:
    """One problem: what it is, why it matters, what to do; its deals, and leaving them out."""
    problem, row = PROBLEMS[name], group[0]
    counted = [locale.n_("{n} deal", "{n} deals", int(row["deals"])), locale.share(row["deal_share"])]
    if row["money"]:
        counted.append(locale.money(row["money"], _currency(group)))
    with st.container(border=True, key=f"card_problem_{name}"):
        said, act = st.columns([5, 1.5], vertical_alignment="center")
        weight = tag(quality_words.TAGS[row["severity"]], quality_words.severity(row["severity"], locale))
        careful = quality_words.caution(row, locale)
        to_do, warned = _("What to do:"), _("careful")
        with said:
            st.html(
                f'<div class="sh-act"><h3>{rich(_(problem.label))} {weight} <span class="sh-muted">{rich(" · ".join(counted))}</span></h3>'
                f"<p>{rich(_(problem.meaning))} {rich(_(problem.why))} {rich(quality_words.strongest(group, locale))}</p>"
                f"<p><b>{rich(to_do)}</b> {rich(_(problem.advice))}</p>"
                + (f"<p>{tag('warn', warned)} {rich(careful)}</p>" if careful else "")
                + "</div>"
            )
        with act, st.container(gap="xxsmall", key=f"problem_acts_{name}"):
            if name in session.chosen().without:
                st.button(_("Put back"), icon=":material/undo:", key=f"back_{name}", on_click=session.put_back, args=(name,), width="stretch")  # fmt: skip
            else:
                st.button(_("Leave these out"), icon=":material/filter_alt_off:", key=f"leave_{name}", on_click=session.leave_out, args=(name,), width="stretch")  # fmt: skip
            is_open = session.get("problem_open") == name
            st.button(
                _("Hide the deals") if is_open else _("See the deals"),
                icon=":material/expand_less:" if is_open else ":material/expand_more:",
                type="tertiary", key=f"see_{name}", on_click=session.put, args=("problem_open", None if is_open else name), width="stretch",
            )  # fmt: skip
        if is_open:
            query = session.expression(problem_deals, name=name)
            deal_list(query, _(problem.label), f"problem_{name}", tables.troubled)


def _currency(group: list[Row]) -> str | None:
    """The currency of a problem's money, where the figures are in one."""
    known = {row["currency"] for row in group if row["unit"] == "money"}
    return known.pop() if len(known) == 1 else ""


def beside() -> tuple[list[Row], list[Aside], int]:
    """Problems of other rows, what the imports set aside, and how many deals only the history knows."""
    others = records(row_problems(session.tables()).answer(session.run))
    return others, set_aside(session.workspace()), deals_of_history_only(session.engine())


def show_beside() -> None:
    """What is wrong with other rows, and what the imports set aside."""
    others, left, only = session.kept(beside)
    if not left and not only and not others:
        return
    with st.container(border=True, key="card_beside"):
        section(_("Beside the deals"), _("Counted here; these rows are in their own figures."))
        lines = [
            [rich(_(ROW_PROBLEMS[row["problem"]].label)), rich(locale.count(row["rows"])), rich(locale.share(row["row_share"])),
             rich(f"{_(ROW_PROBLEMS[row['problem']].why)} {_(ROW_PROBLEMS[row['problem']].advice)}")]
            for row in others
        ]  # fmt: skip
        if only:
            why = _("The stage history names them and no file of deals does, so amount and status are not known. Load an export with all deals.")  # fmt: skip
            lines.append([rich(_("Deals of the history only")), rich(locale.count(only)), "", rich(why)])
        for each in left:
            label = _("Set aside by import {number}").format(number=locale.count(each.number))
            counts = [locale.n_("{n} row", "{n} rows", each.rows)] * bool(each.rows) + [locale.n_("{n} cell", "{n} cells", each.cells)] * bool(each.cells)  # fmt: skip
            why = _("Could not be used: {what}. The Import page has them, with the reason of each.").format(what=locale.listed(counts))  # fmt: skip
            lines.append([rich(label), rich(locale.count(each.rows)), "", rich(why)])
        table([_("What"), _("Rows"), _("Share"), _("Why it matters, and what to do")], lines, caption=_("Beside the deals"), numbers=(1, 2))  # fmt: skip
        if left:
            st.page_link("../pages/import_data.py", label=_("Import"), icon=":material/upload_file:")


def page() -> None:
    if session.is_empty():
        no_data(_("Data quality"))
        return
    rows = found()
    if not rows[0]["checked"]:
        heading(_("Data quality"), _("**No deal is left to check.**"))
        with st.container(border=True, key="card_nothing_quality"):
            nothing("filter_alt_off", _("The filters leave no deal"), _("Take a filter away, or widen the dates."))
            st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")
        return
    heading(_("Data quality"), quality_words.finding(rows, locale), basis())
    show_left_out()
    groups = quality_words.by_problem(rows[1:])
    if groups:
        show_effects(rows)
        section(_("What to do about each"), _("What is left out stays out on every page until it is put back."))
        for name, group in groups.items():
            show_problem(name, group)
    else:
        checks = locale.count(len(PROBLEMS))
        note(
            _("{n} kinds of problems were looked for: overdue, contradictions, gaps, doubles and so on.").format(
                n=checks
            )
        )
    duplicates.show()
    show_beside()


page()
