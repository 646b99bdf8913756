"""Rows and cells that would be set aside, to be put right on the spot: one line for all that are alike, or cell by cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from data.fixes import Alike, SetAside
from data.importer import Draft
from data.recognise import FilePlan, Fix
from ui import session
from ui.importing import steps
from ui.importing.columns import at_end, height_of
from ui.parts import note, plain, rich, section

MOST_ALIKE = 200
MOST_ROWS = 100
Edits = Mapping[int, Mapping[str, Any]]


def alike_key() -> str:
    return f"mend_alike_{steps.draft_round()}"


def rows_key(number: int) -> str:
    return f"mend_rows_{number}_{steps.draft_round()}"


def is_edited(draft: Draft) -> bool:
    """Whether something was typed that is not applied yet."""
    return any(map(steps.is_edited, (alike_key(), *(rows_key(number) for number in range(len(draft.plans))))))


def mend_card(draft: Draft) -> None:
    """What would be set aside, and places to type what belongs there."""
    locale = session.locale()
    _ = locale._
    groups, lacking = _found(draft)
    made = sum(len(upload.options.fixes) for upload in draft.uploads)
    if not groups and not made:
        return
    rows = sum(group.rows for group in groups if group.is_row)
    cells = sum(group.rows for group in groups if not group.is_row)
    with st.container(border=True, key="card_mend"):
        section(
            _title(rows, cells), _("Type what belongs there, and apply: no new upload is needed.") if groups else ""
        )
        fixes: dict[int, list[Fix]] = defaultdict(list)
        sheets = {plan.label: plan.text.sheet for plan in draft.plans}
        with_value = [group for group in groups if group.value is not None]
        if with_value:
            shown = with_value[:MOST_ALIKE]
            edits = _alike_grid(shown, several=len(draft.plans) > 1)
            for group, fix in fixes_of_alike(shown, edits, sheets):
                fixes[group.place].append(fix)
            if len(with_value) > MOST_ALIKE:
                note(locale.n_("and {n} more", "and {n} more", len(with_value) - MOST_ALIKE))
        for number, plan in enumerate(draft.plans):
            own = [one for one in lacking if one.file == plan.label]
            if own:
                edits = _rows_grid(own[:MOST_ROWS], plan, number, several=len(draft.plans) > 1)
                for one, fix in fixes_of_rows(own, edits, plan):
                    fixes[one.place].append(fix)
        _buttons(draft, fixes, made)


def _found(draft: Draft) -> tuple[list[Alike], list[SetAside]]:
    """What would be set aside, alike ones together, and the rows that lack something; looked up once for each draft."""
    known = session.get("mend_found")
    if known is None or known[0] is not draft.report:
        groups = draft.alike()
        is_any = any(group.is_row and group.value is None for group in groups)
        lacking = [one for one in draft.rejects() if one.is_row and one.value is None] if is_any else []
        known = (draft.report, groups, lacking)
        session.put("mend_found", known)
    return known[1], known[2]


def _title(rows: int, cells: int) -> str:
    locale = session.locale()
    parts = []
    if rows:
        parts.append(locale.n_("{n} row would be set aside", "{n} rows would be set aside", rows))
    if cells:
        parts.append(
            locale.n_("{n} cell cannot be read and stays empty", "{n} cells cannot be read and stay empty", cells)
        )
    return " · ".join(parts) or locale._("Every row and every cell is in order")


def _alike_grid(groups: Sequence[Alike], *, several: bool) -> Edits:
    """A line for all cells that read the same: what is typed there goes for all of them."""
    locale = session.locale()
    _ = locale._
    rows = pd.DataFrame(
        {
            "file": [locale.name(group.file) for group in groups],
            "column": [locale.name(group.header) for group in groups],
            "value": [locale.name(group.value) for group in groups],
            "rows": [locale.count(group.rows) for group in groups],
            "why": [locale.say(group.reason) for group in groups],
            "becomes": ["" for _group in groups],
        },
        dtype="str",
    )
    config: dict[str, Any] = {
        "file": st.column_config.TextColumn(_("File"), width=140),
        "column": st.column_config.TextColumn(_("Column"), width=110),
        "value": st.column_config.TextColumn(_("Reads"), width=90),
        "becomes": st.column_config.TextColumn(
            _("Should read"), width=130, help=_("Click twice, or press Enter, to type. It goes for all rows that read so.")
        ),
        "rows": st.column_config.TextColumn(_("Rows"), width=60),
        "why": st.column_config.TextColumn(_("Why"), width=220),
    }  # fmt: skip
    order = [name for name in config if several or name != "file"]
    return _grid(rows, config, order, alike_key(), _("Cells that cannot be read: type what they should read"))


def _rows_grid(rejects: Sequence[SetAside], plan: FilePlan, number: int, *, several: bool) -> Edits:
    """Rows that lack what they cannot live without, with all their cells, the lacking one first."""
    locale = session.locale()
    _ = locale._
    named = f"<bdi>{rich(plain(plan.label))}</bdi>: " if several else ""
    reasons = dict.fromkeys(locale.say(one.reason) for one in rejects)
    st.html(f'<p class="sh-note">{named}{rich(plain(" ".join(reasons)))}</p>')
    order = _cells_shown(rejects, plan)
    rows = pd.DataFrame(
        {"line": [locale.count(one.line) for one in rejects]}
        | {str(place): [one.cells.get(header) or "" for one in rejects] for place, header in enumerate(order)},
        dtype="str",
    )
    config: dict[str, Any] = {"line": st.column_config.TextColumn(_("Line"), width=60)} | {
        str(place): st.column_config.TextColumn(locale.name(header), width=140) for place, header in enumerate(order)
    }
    return _grid(rows, config, list(config), rows_key(number), _("Rows that lack something: type what belongs there"))


def _cells_shown(rejects: Sequence[SetAside], plan: FilePlan) -> list[str]:
    """The headers of the columns to type in: those at fault first, then those with something in them."""
    at_fault = dict.fromkeys(one.header for one in rejects if one.header)
    filled = (header for header in plan.text.headers if header and any(one.cells.get(header) for one in rejects))
    known = (column.header for column in plan.columns if column.field and column.header)
    return list(dict.fromkeys([*at_fault, *filled, *known]))


def _grid(rows: pd.DataFrame, config: dict[str, Any], order: Sequence[str], key: str, alt: str) -> Edits:
    """The edits of a grid, by line."""
    locale = session.locale()
    fixed = {"file", "column", "value", "rows", "why", "line"}
    at_end(config, ["rows", "line"], locale)
    st.data_editor(
        rows,
        column_order=order[:: -1 if locale.rtl else 1],
        column_config=config,
        disabled=[name for name in rows.columns if name in fixed],
        hide_index=True,
        height=height_of(len(rows)),
        key=key,
        alt=alt,
    )
    return (session.get(key) or {"edited_rows": {}})["edited_rows"]


def fixes_of_alike(
    groups: Sequence[Alike], edits: Edits, sheets: Mapping[str, str | None]
) -> Iterable[tuple[Alike, Fix]]:
    """One fix for each line that was typed in."""
    for line, edit in edits.items():
        group = groups[line]
        if edit.get("becomes"):
            yield group, Fix(group.header, group.value, edit["becomes"], sheet=sheets[group.file])


def fixes_of_rows(rejects: Sequence[SetAside], edits: Edits, plan: FilePlan) -> Iterable[tuple[SetAside, Fix]]:
    """One fix for each cell that reads otherwise now."""
    headers = _cells_shown(rejects[:MOST_ROWS], plan)
    for line, edit in edits.items():
        one = rejects[line]
        for place, becomes in edit.items():
            header = headers[int(place)]
            was = one.cells.get(header)
            if (becomes or None) != was:
                yield one, Fix(header, was, becomes or "", one.line, sheet=plan.text.sheet)


def _buttons(draft: Draft, fixes: Mapping[int, Sequence[Fix]], made: int) -> None:
    locale = session.locale()
    _ = locale._
    typed = sum(map(len, fixes.values()))
    with st.container(horizontal=True, vertical_alignment="center", key="mend_actions"):
        words = locale.n_("Apply {n} fix", "Apply {n} fixes", typed) if typed else _("Apply")
        # Also for who typed and took it out again: the grids are drawn anew, and loading is open.
        if st.button(
            words, key="mend_apply", disabled=not is_edited(draft), type="primary" if is_edited(draft) else "secondary"
        ):
            changes = {
                place: {"fixes": (*draft.uploads[place].options.fixes, *new)} for place, new in fixes.items() if new
            }
            steps.revise(draft, steps.changed(draft, changes))
        if made:
            st.caption(locale.n_("{n} fix made.", "{n} fixes made.", made), width="content")
            if st.button(_("Take the fixes back"), key="mend_drop", type="tertiary", icon=":material/undo:"):
                steps.revise(draft, steps.changed(draft, {place: {"fixes": ()} for place in range(len(draft.uploads))}))
