"""The columns of a file in a grid: what each becomes, how sure that is, and what an update does to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from data.errors import RequestProblem
from data.importer import Draft
from data.messages import Message, say
from data.recognise import ColumnPlan, FileOptions, FilePlan, Rule, targets
from ui import session
from ui.importing import steps
from ui.locale import Locale
from ui.parts import note, plain, rich

# A column of its own. (Grids take an empty text for no value.)
OWN = "@own"
ENTERED = "@entered"  # the day deals came to the stage that the header names
SAMPLE_LENGTH = 90
MOST_LINES = 14
MOST_HEIGHT = 470
MOST_DOUBTS = 5
# Written as money is: with a sign of a currency, with thousands set apart or with cents.
_SIGN = r"[₪$€£]|[A-Z]{3}|ש\"ח"
_AMOUNT = r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d+[.,]\d{2}"
MONEY = re.compile(rf"-?(?:(?:{_SIGN}) ?-?)?(?:{_AMOUNT})|-?(?:{_SIGN}) ?-?\d+|-?(?:\d+|{_AMOUNT}) ?(?:{_SIGN})")
RULES: tuple[Rule, ...] = ("overwrite", "if_blank", "never")


@dataclass(frozen=True)
class Said:
    """What somebody typed into the grid: options for the file, and the columns that cannot be spoken of by their header."""

    mapping: Mapping[str, str | None]
    rules: Mapping[str, Rule]
    refused: tuple[str, ...] = ()


def field_label(name_of_table: str, name: str) -> str:
    """What people call a column of a table."""
    return session.locale()._(next(column.label for column in targets(name_of_table) if column.name == name))


def shown(plan: FilePlan) -> list[ColumnPlan]:
    """The columns worth a line, those to check first; empty ones that mean nothing are left out."""
    worth = [column for column in plan.columns if column.filled or column.field]
    return sorted(worth, key=lambda column: column.confidence != "check")


def doubtful(draft: Draft, plan: FilePlan) -> int:
    """How many columns a person should look at; none of a file that is read as last time."""
    if steps.is_remembered(draft, plan):
        return 0
    return sum(column.confidence == "check" for column in plan.columns)


def maybe_amount(draft: Draft, plan: FilePlan) -> ColumnPlan | None:
    """In a file of deals without an amount, the column that is most likely it; None where there is none, or no need."""
    if (
        plan.table != "deals"
        or any(column.field == "amount" for column in plan.columns)
        or steps.is_remembered(draft, plan)
    ):
        return None
    numbers = (c for c in plan.columns if not c.field and not c.stage and c.header and c.samples)
    return next((c for c in numbers if all(MONEY.fullmatch(sample.strip()) for sample in c.samples)), None)


def becomes(column: ColumnPlan) -> str:
    """What a column is in the grid: a column of the table, `ENTERED` or `OWN`."""
    return ENTERED if column.stage else column.field or OWN


def said_of(
    plan: FilePlan, columns: Sequence[ColumnPlan], edits: Mapping[int, Mapping[str, Any]], options: FileOptions
) -> Said:
    """The options of the file after `edits` of the lines of the grid (line -> {"becomes": ..., "rule": ...})."""
    mapping, rules = dict(options.mapping), dict(options.rules)
    refused = []
    for line, edit in edits.items():
        column = columns[line]
        now = edit.get("becomes", becomes(column))
        if now != becomes(column):
            if now == ENTERED or not column.header or plan.text.headers.index(column.header) != column.position:
                refused.append(column.header)
                continue
            mapping[column.header] = None if now == OWN else now
        if "rule" in edit and now not in (OWN, ENTERED):
            rules[now] = edit["rule"]
    return Said(mapping, {name: rule for name, rule in rules.items() if rule != "overwrite"}, tuple(refused))


def grid_key(place: int) -> str:
    return f"map_{place}_{steps.draft_round()}"


def columns_grid(draft: Draft, plan: FilePlan, place: int) -> None:
    """The grid, and the button that prepares the import anew as it says."""
    locale = session.locale()
    _ = locale._
    columns, options, key = shown(plan), steps.options_of(draft, plan.text), grid_key(place)
    doubts(columns, locale)
    rows = frame(plan, columns, options, locale)
    order = ["header", "becomes", "samples", "filled", "sure"]
    if options.rules or _may_update():
        order.append("rule")
    st.data_editor(
        rows,
        column_order=order[:: -1 if locale.rtl else 1],
        column_config=_config(plan, locale),
        disabled=["header", "samples", "filled", "sure"],
        hide_index=True,
        height=height_of(len(rows)),
        key=key,
        alt=_("Columns of {name}: what each becomes can be changed").format(name=locale.name(plan.label)),
    )
    empty = len(plan.columns) - len(columns)
    if empty:
        note(locale.n_("{n} empty column is left out.", "{n} empty columns are left out.", empty))
    state = session.get(key) or {"edited_rows": {}}
    if st.button(
        _("Apply"),
        key=f"map_apply_{place}",
        disabled=not steps.is_edited(key),
        type="primary" if steps.is_edited(key) else "secondary",
    ):
        said = said_of(plan, columns, state["edited_rows"], options)
        steps.revise(
            draft,
            steps.with_options(draft, plan.text, mapping=said.mapping, rules=said.rules),
            but=_refusal(said) if said.refused else None,
        )


def doubts(columns: Sequence[ColumnPlan], locale: Locale) -> None:
    """The columns to check, in whole sentences: a grid cuts them short."""
    said = [
        f"<li><b><bdi>{rich(plain(column.header))}</bdi></b> {rich(plain(locale.say(_reason(column))))}</li>"
        for column in columns
        if column.confidence == "check"
    ]
    if len(said) > MOST_DOUBTS:
        more = locale.n_("and {n} more", "and {n} more", len(said) - MOST_DOUBTS)
        said[MOST_DOUBTS:] = [f"<li>{rich(more)}</li>"]
    if said:
        st.html(f'<ul class="sh-plain">{"".join(said)}</ul>')


def frame(plan: FilePlan, columns: Sequence[ColumnPlan], options: FileOptions, locale: Locale) -> pd.DataFrame:
    """The grid's lines: header, becomes, samples, filled, sure, rule."""
    return pd.DataFrame(
        {
            "header": [locale.name(column.header) or "–" for column in columns],
            "becomes": [becomes(column) for column in columns],
            "samples": [locale.name(", ".join(column.samples)[:SAMPLE_LENGTH]) for column in columns],
            "filled": [locale.share(column.filled) for column in columns],
            "sure": [confidence(column, locale) for column in columns],
            "rule": [options.rules.get(column.field or "", "overwrite") for column in columns],
        },
        dtype="str",
    )


def confidence(column: ColumnPlan, locale: Locale) -> str:
    """How sure it is what a column means, and why."""
    _ = locale._
    words = {"sure": _("sure"), "check": _("please check"), "aside": _("kept aside")}[column.confidence]
    sign = "⚠ " if column.confidence == "check" else ""
    return f"{sign}{words} · {locale.say(_reason(column))}"


def _reason(column: ColumnPlan) -> Message:
    if column.reading is not None and column.reading.kind in ("date", "timestamp", "money") and column.filled:
        return column.reading.reason
    return column.reason


def _may_update() -> bool:
    """Whether rows are here that a file could update; made-up ones make room."""
    return not session.is_empty() and session.facts().get("is_demo") != "true"


def _config(plan: FilePlan, locale: Locale) -> dict[str, Any]:
    _ = locale._
    names = {OWN: _("a column of its own"), **{c.name: _(c.label) for c in targets(plan.table)}}
    if plan.stage_columns:
        names[ENTERED] = _("when it came to that stage")
    rules: dict[str, str] = {
        "overwrite": _("takes the new value"),
        "if_blank": _("fills only what is empty"),
        "never": _("keeps what is there"),
    }
    config: dict[str, Any] = {
        "header": st.column_config.TextColumn(_("Column in the file"), width=140),
        "becomes": st.column_config.SelectboxColumn(
            _("Becomes"), options=list(names), format_func=lambda name: names[str(name)], required=True, width=160,
            help=_("Click twice, or press Enter, to choose."),
        ),
        "samples": st.column_config.TextColumn(_("First values"), width=180),
        "filled": st.column_config.TextColumn(_("Filled"), width=60),
        "sure": st.column_config.TextColumn(_("How sure"), width=370),
        "rule": st.column_config.SelectboxColumn(
            _("On an update"), options=list(rules), format_func=lambda name: rules[str(name)], required=True, width=160
        ),
    }  # fmt: skip
    at_end(config, ["filled"], locale)
    return config


def at_end(config: Mapping[str, dict[str, Any]], numbers: Sequence[str], locale: Locale) -> None:
    """Set numbers at the end of their cells, and in Hebrew everything at the right.

    A grid finds out by itself where a text begins; told to begin Hebrew at the left it would show one letter of it.
    """
    for name, column in config.items():
        if locale.rtl or name in numbers:
            column["alignment"] = "right"


def height_of(lines: int) -> Any:
    """As high as its lines; from some number on it scrolls."""
    return "content" if lines <= MOST_LINES else MOST_HEIGHT


def _refusal(said: Said) -> RequestProblem:
    return RequestProblem(
        say("{header} stays what it is.", header=", ".join(said.refused)),
        say("Only a column with a header of its own can be changed, and only a header that names a stage can date it."),
    )
