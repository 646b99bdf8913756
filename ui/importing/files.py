"""What each file is, how it was read, and what its columns become; all of it can be changed."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from data import mappings
from data.importer import Draft
from data.reading import TextTable
from data.recognise import LOADED, NEEDED, FilePlan
from data.schema import SCHEMA
from data.uploads import Unrecognised
from ui import session
from ui.importing import steps
from ui.importing.columns import columns_grid, doubtful, field_label, grid_key, maybe_amount
from ui.parts import md, note, plain, problem, section

ENCODINGS = ["utf-8", "utf-16", "windows-1255", "windows-1252", "iso-8859-8", "cp862", "windows-1251", "windows-1256"]
DELIMITERS = {",": ",", ";": ";", "tab": "tab", "|": "|"}


def file_card(draft: Draft, plan: FilePlan, place: int) -> None:
    """One file: how it was read, its columns, and what can be decided otherwise."""
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key=f"card_file_{place}"):
        parts = (_name(plan.text), _(SCHEMA[plan.table].label), plan.source.label)
        section(" · ".join(filter(None, parts)), how_read(plan))
        is_open = (
            bool(doubtful(draft, plan)) or steps.is_edited(grid_key(place)) or maybe_amount(draft, plan) is not None
        )
        with st.expander(_summary(draft, plan), expanded=is_open, key=f"columns_{place}"):
            columns_grid(draft, plan, place)
        with st.expander(_("Change how the file is read"), key=f"change_{place}"):
            _change(draft, plan, place)


def _name(text: TextTable) -> str:
    return plain(text.name) + (f" / {plain(text.sheet)}" if text.sheet else "")


def _summary(draft: Draft, plan: FilePlan) -> str:
    """The columns in one line: who need not look need not open them."""
    locale = session.locale()
    _ = locale._
    to_check = doubtful(draft, plan)
    known = sum(column.field is not None for column in plan.columns)
    words = locale.n_("{n} column known", "{n} columns known", known)
    if to_check:
        return words + " · " + locale.n_("{n} to check", "{n} to check", to_check)
    own = sum(column.field is None and column.filled > 0 for column in plan.columns)
    if own:
        words += " · " + locale.n_("{n} kept as its own column", "{n} kept as their own columns", own)
    if steps.is_remembered(draft, plan):
        return " · ".join((_("Read as last time"), words))
    return words if own else " · ".join((_("All columns recognised"), words))


def how_read(plan: FilePlan) -> str:
    """Rows, encoding, header line and order of dates."""
    locale = session.locale()
    _ = locale._
    text = plan.text
    parts = [locale.n_("{n} row", "{n} rows", text.rows_read), text.encoding]
    if text.header_line > 1:
        parts.append(_("header in line {n}").format(n=text.header_line))
    order = {"dmy": _("dates day/month/year"), "mdy": _("dates month/day/year"), "ymd": _("dates year-month-day")}
    if plan.date_order:
        parts.append(order[plan.date_order])
    return " · ".join(parts)


def _change(draft: Draft, plan: FilePlan, place: int) -> None:
    locale = session.locale()
    _ = locale._
    text, options = plan.text, steps.options_of(draft, plan.text)
    reading = options.reading
    as_decided = _("as decided: {name}")
    left, right = st.columns(2, gap="small")
    with left:
        kind = st.selectbox(
            _("The file holds"),
            LOADED,
            index=LOADED.index(plan.table),
            format_func=lambda name: _(SCHEMA[name].label),
            key=f"table_{place}",
        )
        orders = {
            None: _("as decided"),
            "dmy": _("day/month/year"),
            "mdy": _("month/day/year"),
            "ymd": _("year-month-day"),
        }
        order = st.selectbox(
            _("Dates are written as"),
            list(orders),
            index=list(orders).index(options.date_order),
            format_func=lambda key: orders[key],
            key=f"order_{place}",
        )
        line = st.number_input(
            _("Line of the header"),
            min_value=0,  # no header
            value=text.header_line,
            key=f"header_line_{place}",
            help=md(locale.say(text.header_reason)),
        )
        seen_on = options.seen_on
        if plan.table == "deals" and (options.seen_on or not session.is_empty()):
            seen_on = st.date_input(
                _("The day this file shows"),
                value=options.seen_on,
                key=f"seen_on_{place}",
                help=_(
                    "Load the same export every week, and the stage history comes from what changed between the days."
                ),
            )
    with right:
        encoding = st.selectbox(
            _("Encoding"), [None, *ENCODINGS],
            index=[None, *ENCODINGS].index(reading.encoding) if reading.encoding in ENCODINGS else 0,
            format_func=lambda name: name or as_decided.format(name=text.encoding), key=f"encoding_{place}",
            help=md(locale.say(text.encoding_reason)),
        )  # fmt: skip
        delimiter = reading.delimiter
        if text.delimiter:
            delimiter = st.selectbox(
                _("Between cells"), [None, *DELIMITERS],
                index=[None, *DELIMITERS].index(reading.delimiter) if reading.delimiter in DELIMITERS else 0,
                format_func=lambda name: name or as_decided.format(name=text.delimiter.replace("\t", "tab")),
                key=f"delimiter_{place}", help=md(locale.say(text.delimiter_reason)),
            )  # fmt: skip
        vat = options.vat_rate
        if any(column.reading is not None and column.reading.kind == "money" for column in plan.columns):
            vat = st.number_input(
                _("VAT that the amounts include, in per cent"),
                min_value=0.0,
                max_value=99.0,
                value=options.vat_rate,
                placeholder=_("none"),
                key=f"vat_{place}",
                help=_("It is taken off, so that amounts of all files compare."),
            )
    if st.button(_("Read again"), key=f"read_again_{place}"):
        again = replace(
            reading,
            encoding=encoding,
            delimiter=delimiter,
            header_line=int(line) if line != text.header_line else reading.header_line,
        )
        changes = {
            "table": kind if kind != plan.table else options.table,
            "date_order": order,
            "reading": again,
            "mapping": options.mapping if kind == plan.table else {},
            "rules": options.rules if kind == plan.table else {},
            "seen_on": seen_on,
            "vat_rate": vat or None,
        }
        steps.revise(draft, steps.with_options(draft, text, **changes))


def mapping_file(draft: Draft) -> None:
    """How the files are read, to be kept for others and for the command line."""
    _ = session.locale()._
    with st.popover(_("Save the mapping as a file"), icon=":material/save:", type="tertiary", key="mapping_file"):
        note(_("Drop it here together with files of these columns, or give it to the command:"))
        st.code("python -m data import --mapping mapping.json FILE", language="bash", width=440)
        st.download_button(
            _("Download"),
            lambda: mappings.as_file(draft).encode(),
            "mapping.json",
            "application/json",
            on_click="ignore",
            icon=":material/download:",
            key="mapping_download",
        )


def unrecognised_card(draft: Draft, unknown: Unrecognised, place: int) -> None:
    """A file that is nothing we know: the person may say what it holds, and which column is which."""
    _ = session.locale()._
    text = unknown.text
    with st.container(border=True, key=f"card_unknown_{place}"):
        section(_name(text))
        problem(unknown.problem)
        kind = st.selectbox(
            _("The file holds"), [None, *LOADED], key=f"unknown_table_{place}",
            format_func=lambda name: _(SCHEMA[name].label) if name else _("nothing to load"),
        )  # fmt: skip
        if kind is None:
            return
        mapping = dict(steps.options_of(draft, text).mapping)
        for group in NEEDED[kind]:
            header = st.selectbox(
                _("Which column is: {what}").format(what=field_label(kind, group[0])),
                [None, *(header for header in text.headers if header)],
                format_func=lambda name: name or _("not chosen"), key=f"unknown_{place}_{kind}_{group[0]}",
            )  # fmt: skip
            if header:
                mapping[header] = group[0]
        if st.button(_("Read again"), key=f"unknown_again_{place}"):
            steps.revise(draft, steps.with_options(draft, text, table=kind, mapping=mapping))
