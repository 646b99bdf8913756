"""Files in: choose, check, load."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from data.errors import DataError
from data.importer import Draft, ImportReport, Unrecognised, Upload
from data.load import FileReport
from data.messages import Message
from data.reading import TextTable
from data.recognise import LOADED, NEEDED, ColumnPlan, FileOptions, FilePlan, targets
from data.rejects import as_csv
from data.schema import SCHEMA
from data.stages import StageChoices
from ui import import_words, session, visitors
from ui.parts import demo_offer, heading, md, note, plain, privacy, problem, rich, section, table, tag

locale = session.locale()
_ = locale._

MOST_ROWS = 50
ENCODINGS = ["utf-8", "utf-16", "windows-1255", "windows-1252", "iso-8859-8", "cp862"]
DELIMITERS = {",": ",", ";": ";", "tab": "tab", "|": "|"}


# choose


def choose() -> None:
    empty = session.is_empty()
    heading(
        _("Import"),
        _("Bring an export from your CRM. **{where}**").format(where=privacy()),
        _("Drop several files at once: deals, accounts, products, the sales team, a stage history."),
    )
    left, right = st.columns([1.6, 1], gap="small") if empty else (st.container(), None)
    with left, st.container(border=True, height="stretch", key="card_drop"):
        section(
            _("Your files"), _("CSV, TSV or Excel, also compressed with gzip. Hebrew files in any encoding are fine.")
        )
        files = st.file_uploader(
            _("Files"),
            accept_multiple_files=True,
            type=["csv", "tsv", "txt", "xlsx", "gz"],
            label_visibility="collapsed",
            key=f"files_{session.get('files_round', 0)}",
        )
        st.html(
            '<ul class="sh-plain">'
            + "".join(
                f"<li><b>{rich(what)}</b> {rich(opens)}</li>"
                for what, opens in (
                    (_("Deals"), _("open the funnel and the win rates")),
                    (_("Stage history"), _("shows where deals were lost, and how they moved")),
                    (_("Accounts, products, sales team"), _("add filters and breakdowns")),
                )
            )
            + "</ul>"
        )
        if files:
            read(files)
    if right is not None:
        with right, st.container(border=True, height="stretch", key="card_made_up"):
            demo_offer()
    history()


def read(files: list[Any]) -> None:
    """Move the uploads to disk and prepare an import of them."""
    folder = Path(tempfile.mkdtemp(prefix="shimur-upload-"))
    uploads = []
    for place, file in enumerate(files):
        # The name is the sender's: it is shown, and never used as a path.
        path = folder / f"{place}{''.join(Path(file.name).suffixes[-2:])[-12:]}"
        with path.open("wb") as out:
            shutil.copyfileobj(file, out)
        uploads.append(Upload(path, file.name))
    bar = st.progress(0.0)
    try:
        draft = Draft(session.workspace(), uploads, None, telling(bar), strict=False)
    except DataError as wrong:
        shutil.rmtree(folder, ignore_errors=True)
        bar.empty()
        problem(wrong)
        return
    session.put("draft", draft)
    session.put("draft_folder", folder)
    session.put("files_round", session.get("files_round", 0) + 1)
    st.rerun()


def telling(bar: Any) -> Any:
    def told(share: float, message: Message) -> None:
        bar.progress(min(share, 1.0), text=md(locale.say(message)))

    return told


# check


def check(draft: Draft) -> None:
    doubtful = [column for plan in draft.plans for column in plan.columns if column.confidence == "check"]
    recognised = locale.n_("**{n} file recognised.**", "**{n} files recognised.**", files_known(draft))
    todo = (
        locale.n_(
            "Check the column marked below, then load.", "Check the {n} columns marked below, then load.", len(doubtful)
        )
        if doubtful
        else _("Look it over, then load.")
    )
    heading(_("Import"), f"{recognised} {todo}", _("Nothing is written until you load."))
    wrong = session.get("draft_problem")
    if wrong is not None:
        problem(wrong)
    if draft.report is not None:
        already_card(draft.report)
    for place, unknown in enumerate(draft.unrecognised):
        unrecognised_card(draft, unknown, place)
    for place, plan in enumerate(draft.plans):
        file_card(draft, plan, place)
    if draft.stages:
        stages_card(draft)
    if draft.report is not None:
        totals_card(draft.report)
        unlocks_card(draft.report, loaded=False)
        told_card(draft.report)
    with st.container(horizontal=True, key="import_actions"):
        if draft.report is not None:
            words = locale.n_("Load {n} file", "Load {n} files", files_known(draft))
            if st.button(words, type="primary", icon=":material/check:", key="import_confirm"):
                load(draft)
        st.button(_("Start over"), type="tertiary", key="import_start_over", on_click=forget)


def files_known(draft: Draft) -> int:
    """How many of the files hold something to load; a workbook with several such sheets is one."""
    return len({draft.place_of(plan.text) for plan in draft.plans})


def already_card(report: ImportReport) -> None:
    """What is in the workspace already, and what the files would do to it."""
    if session.is_empty() or session.facts().get("is_demo") == "true":  # made-up deals make room, which is said below
        return
    here = locale.n_(
        "**{n} deal is here already.**", "**{n} deals are here already.**", session.count(session.tables().deals)
    )
    made = [record for record in session.workspace().history() if not record.undone]
    if made:
        names = locale.listed([plain(name) for name in made[-1].files])
        here += " " + _("The last import was on {day}: {files}.").format(day=locale.day(made[-1].at), files=names)
    added = sum(file.rows_loaded for file in report.files)
    updated = sum(file.rows_updated for file in report.files)
    same = sum(file.rows_unchanged for file in report.files)
    does = [locale.n_("{n} new row is added to that.", "{n} new rows are added to that.", added)] if added else []
    if updated:
        does.append(
            locale.n_("{n} row with a number known there is updated.",
                      "{n} rows with a number known there are updated.", updated)
        )  # fmt: skip
    if same:
        does.append(locale.n_("{n} row is there already as it is.", "{n} rows are there already as they are.", same))
    if added and not updated and not same:
        does.append(
            _("None of the rows is known there: if this is another company's data, wipe yours in the settings first.")
            if visitors.public()
            else _(
                "None of the rows is known there: if this is other data, make a workspace of its own in the settings."
            )
        )
    with st.container(border=True, key="card_already"):
        section(_("Added to the data that is here"), here)
        note(" ".join(does))


def load(draft: Draft) -> None:
    bar = st.progress(0.0)
    report = draft.publish(telling(bar))
    forget()
    session.put("loaded", report)
    session.clear()
    st.rerun()


def forget() -> None:
    """Drop the import that was being prepared."""
    draft, folder = session.get("draft"), session.get("draft_folder")
    if draft is not None:
        draft.close()
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    session.drop("draft", "draft_folder", "draft_problem", "loaded")


def revise(draft: Draft, uploads: list[Upload], choices: StageChoices) -> None:
    """Prepare again with what the person said; what does not work is said and leaves things as they were."""
    before, said = draft.uploads, draft.choices
    told = telling(st.progress(0.0))
    try:
        draft.revise(uploads, choices, told, strict=False)
        session.put("draft_problem", None)
    except DataError as wrong:
        session.put("draft_problem", wrong)
        draft.revise(before, said, told, strict=False)


def with_options(draft: Draft, text: TextTable, **changes: Any) -> list[Upload]:
    """The uploads, the one that the text came from with other options."""
    uploads, place = list(draft.uploads), draft.place_of(text)
    uploads[place] = replace(uploads[place], options=replace(uploads[place].options, **changes))
    return uploads


def options_of(draft: Draft, text: TextTable) -> FileOptions:
    return draft.uploads[draft.place_of(text)].options


def file_card(draft: Draft, plan: FilePlan, place: int) -> None:
    text = plan.text
    with st.container(border=True, key=f"card_file_{place}"):
        name = plain(text.name) + (f" / {plain(text.sheet)}" if text.sheet else "")
        section(" · ".join(filter(None, (name, _(SCHEMA[plan.table].label), plan.source.label))), how_read(plan))
        rows = []
        for column in plan.columns:
            if column.filled == 0 and column.field is None:
                continue
            rows.append(
                [
                    f"<bdi>{rich(plain(column.header or '–'))}</bdi>",
                    becomes(plan, column),
                    f"<bdi>{rich(plain(', '.join(column.samples)[:90]))}</bdi>",
                    rich(locale.share(column.filled)),
                    confidence(column),
                ]
            )
        empty = sum(column.filled == 0 and column.field is None for column in plan.columns)
        doubtful = sum(column.confidence == "check" for column in plan.columns)
        known = sum(column.field is not None for column in plan.columns)
        words = locale.n_("{n} column known", "{n} columns known", known) + (
            " · " + locale.n_("{n} to check", "{n} to check", doubtful) if doubtful else ""
        )
        with st.expander(words, expanded=bool(doubtful) or len(draft.plans) == 1, key=f"columns_{place}"):
            table(
                [_("Column in the file"), _("Becomes"), _("First values"), _("Filled"), _("How sure")],
                rows, numbers=[3], caption=_("Columns of {name}").format(name=name),
            )  # fmt: skip
            if empty:
                note(locale.n_("{n} empty column is left out.", "{n} empty columns are left out.", empty))
        with st.expander(_("Change what a column means, or how the file is read"), key=f"change_{place}"):
            change(draft, plan, place)


def how_read(plan: FilePlan) -> str:
    text = plan.text
    parts = [locale.n_("{n} row", "{n} rows", text.rows_read), text.encoding]
    if text.header_line > 1:
        parts.append(_("header in line {n}").format(n=text.header_line))
    order = {"dmy": _("dates day/month/year"), "mdy": _("dates month/day/year"), "ymd": _("dates year-month-day")}
    if plan.date_order:
        parts.append(order[plan.date_order])
    return " · ".join(parts)


def becomes(plan: FilePlan, column: ColumnPlan) -> str:
    if column.stage:
        return rich(_("Entered {stage}").format(stage=plain(column.stage.stage)))
    if column.field is None:
        return f'<span class="sh-muted">{rich(_("a column of its own"))}</span>'
    return rich(field_label(plan.table, column.field))


def field_label(name_of_table: str, name: str) -> str:
    return _(next(column.label for column in targets(name_of_table) if column.name == name))


def confidence(column: ColumnPlan) -> str:
    kinds = {"sure": ("good", _("sure")), "check": ("warn", _("please check")), "aside": ("plain", _("kept aside"))}
    kind, words = kinds[column.confidence]
    reason = column.reason
    if column.reading is not None and column.reading.kind in ("date", "timestamp", "money") and column.filled:
        reason = column.reading.reason
    return f"{tag(kind, words)} <small>{rich(plain(locale.say(reason)))}</small>"  # type: ignore[arg-type]


def change(draft: Draft, plan: FilePlan, place: int) -> None:
    options = options_of(draft, plan.text)
    left, right = st.columns(2, gap="small")
    with left:
        headers = [column.header for column in plan.columns if column.header]
        doubtful = [column.header for column in plan.columns if column.confidence == "check" and column.header]
        header = st.selectbox(
            _("Column in the file"),
            headers,
            index=headers.index(doubtful[0]) if doubtful else 0,
            key=f"map_header_{place}",
        )
        now = next((column for column in plan.columns if column.header == header), None)
        names = ["", *(column.name for column in targets(plan.table))]
        chosen = st.selectbox(
            _("Becomes"),
            names,
            index=names.index(now.field) if now and now.field in names else 0,
            format_func=lambda name: field_label(plan.table, name) if name else _("a column of its own"),
            key=f"map_field_{place}_{header}",
        )
        if st.button(_("Apply"), key=f"map_apply_{place}"):
            mapping = {**options.mapping, str(header): chosen or None}
            revise(draft, with_options(draft, plan.text, mapping=mapping), draft.choices)
            st.rerun()
    with right:
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
        reading = options.reading
        encoding = st.selectbox(
            _("Encoding"), [None, *ENCODINGS],
            index=[None, *ENCODINGS].index(reading.encoding) if reading.encoding in ENCODINGS else 0,
            format_func=lambda name: name or _("as decided: {name}").format(name=plan.text.encoding), key=f"encoding_{place}",
            help=md(locale.say(plan.text.encoding_reason)),
        )  # fmt: skip
        delimiter = reading.delimiter
        if plan.text.delimiter:
            delimiter = st.selectbox(
                _("Between cells"), [None, *DELIMITERS],
                index=[None, *DELIMITERS].index(reading.delimiter) if reading.delimiter in DELIMITERS else 0,
                format_func=lambda name: name or _("as decided: {name}").format(name=plan.text.delimiter.replace("\t", "tab")),
                key=f"delimiter_{place}", help=md(locale.say(plan.text.delimiter_reason)),
            )  # fmt: skip
        line = st.number_input(
            _("Line of the header"),
            min_value=1,
            value=plan.text.header_line,
            key=f"header_line_{place}",
            help=md(locale.say(plan.text.header_reason)),
        )
        if st.button(_("Read again"), key=f"read_again_{place}"):
            again = replace(
                reading,
                encoding=encoding,
                delimiter=delimiter,
                header_line=int(line) if line != plan.text.header_line else reading.header_line,
            )
            kept = options.mapping if kind == plan.table else {}
            changes = {
                "table": kind if kind != plan.table else options.table,
                "date_order": order,
                "reading": again,
                "mapping": kept,
            }
            revise(draft, with_options(draft, plan.text, **changes), draft.choices)
            st.rerun()


def unrecognised_card(draft: Draft, unknown: Unrecognised, place: int) -> None:
    text = unknown.text
    with st.container(border=True, key=f"card_unknown_{place}"):
        section(plain(text.name) + (f" / {plain(text.sheet)}" if text.sheet else ""))
        problem(unknown.problem)
        kind = st.selectbox(
            _("The file holds"), [None, *LOADED], key=f"unknown_table_{place}",
            format_func=lambda name: _(SCHEMA[name].label) if name else _("nothing to load"),
        )  # fmt: skip
        if kind is None:
            return
        mapping = dict(options_of(draft, text).mapping)
        for group in NEEDED[kind]:
            header = st.selectbox(
                _("Which column is: {what}").format(what=field_label(kind, group[0])),
                [None, *(header for header in text.headers if header)],
                format_func=lambda name: name or _("not chosen"), key=f"unknown_{place}_{kind}_{group[0]}",
            )  # fmt: skip
            if header:
                mapping[header] = group[0]
        if st.button(_("Read again"), key=f"unknown_again_{place}"):
            revise(draft, with_options(draft, text, table=kind, mapping=mapping), draft.choices)
            st.rerun()


def stages_card(draft: Draft) -> None:
    meanings = {"open": _("Open stage"), "won": _("Won"), "lost": _("Lost stage")}
    with st.container(border=True, key="card_stages_check"):
        section(_("Stages, in order"), _("Which stages mean won and lost decides every rate: please confirm."))
        pipelines = list(dict.fromkeys(stage.pipeline for stage in draft.stages))
        orders: dict[str, float] = {}
        means: dict[str, str] = {}
        for number, stage in enumerate(draft.stages):
            if len(pipelines) > 1 and stage.order == 1:
                st.html(f'<h3 class="sh-h3">{rich(plain(stage.pipeline))}</h3>')
            with st.container(horizontal=True, vertical_alignment="center", key=f"stage_row_{number}"):
                st.html(
                    f'<div class="sh-stage"><b><bdi>{rich(plain(stage.stage))}</bdi></b> <small>{rich(locale.say(stage.reason))}</small></div>'
                )
                orders[stage.stage] = st.number_input(
                    _("Place of {stage}").format(stage=md(stage.stage)), min_value=1, max_value=99, value=stage.order,
                    key=f"stage_order_{number}_{stage.stage}_{stage.order}", label_visibility="collapsed", width=110,
                )  # fmt: skip
                means[stage.stage] = st.segmented_control(
                    _("Meaning of {stage}").format(stage=md(stage.stage)), list(meanings), default=stage.outcome, required=True,
                    format_func=lambda name: meanings[name], key=f"stage_means_{number}_{stage.stage}_{stage.outcome}",
                    label_visibility="collapsed",
                )  # fmt: skip
        changed = any(orders[s.stage] != s.order or means[s.stage] != s.outcome for s in draft.stages)
        if st.button(_("Apply"), key="stages_apply", disabled=not changed):
            ranked = sorted(orders, key=lambda name: orders[name])
            known = {stage.stage for stage in draft.stages if stage.is_in_data}
            choices = StageChoices(
                order=tuple(name for name in ranked if means[name] == "open" and name in known),
                won=tuple(name for name in ranked if means[name] == "won" and name in known),
                lost=tuple(name for name in ranked if means[name] == "lost" and name in known),
                pipeline=draft.choices.pipeline,
            )
            revise(draft, list(draft.uploads), choices)
            st.rerun()


def totals_card(report: ImportReport, *, loaded: bool = False) -> None:
    with st.container(border=True, key="card_totals"):
        section(_("Control totals"), "" if loaded else _("Compare with your CRM before loading."))
        rows = []
        for file in report.files:
            name = f"<bdi>{rich(plain(file.name))}</bdi>"
            rows.append(
                [
                    name,
                    rich(_("Rows")),
                    locale.count(file.rows_read),
                    locale.count(file.rows_read - file.rows_rejected - file.rows_removed),
                    agreement(file),
                ]
            )
            for field, sums in file.totals.items():
                same = abs(sums["file"] - sums["loaded"]) < 0.005
                words = (
                    tag("good", _("the same"))
                    if same
                    else tag(
                        "warn", _("differs by {n}").format(n=locale.money_exact(sums["file"] - sums["loaded"], ""))
                    )
                )
                rows.append(
                    [
                        name,
                        rich(_("Sum of {field}").format(field=field_label(file.table, field))),
                        locale.money_exact(sums["file"], ""),
                        locale.money_exact(sums["loaded"], ""),
                        words,
                    ]
                )
        table(
            [_("File"), _("What"), _("In the file"), _("Loaded") if loaded else _("Will be loaded"), _("Agreement")],
            rows,
            numbers=[2, 3],
            caption=_("Control totals"),
        )


def agreement(file: FileReport) -> str:
    parts = []
    if file.rows_rejected:
        parts.append(tag("warn", _("{n} set aside").format(n=locale.count(file.rows_rejected))))
    if file.rows_removed:
        parts.append(tag("plain", _("{n} left out").format(n=locale.count(file.rows_removed))))
    if file.rows_updated or file.rows_unchanged:
        parts.append(tag("plain", _("{new} new, {updated} updated, {same} unchanged").format(
            new=locale.count(file.rows_loaded), updated=locale.count(file.rows_updated), same=locale.count(file.rows_unchanged))))  # fmt: skip
    return " ".join(parts) or tag("good", _("the same"))


def told_card(report: ImportReport) -> None:
    lines = [(file.name, warning) for file in report.files for warning in file.warnings] + [
        ("", note) for note in report.notes
    ]
    skipped = [(file.name, line) for file in report.files for line in file.skipped_lines]
    if not lines and not skipped:
        return
    with st.container(border=True, key="card_told"):
        section(_("What to know about these files"))
        items = [
            f"<li>{f'<b><bdi>{rich(plain(name))}</bdi></b> ' if name else ''}{rich(plain(locale.say(said)))}</li>"
            for name, said in lines[:MOST_ROWS]
        ]
        for name, line in skipped[:12]:
            said = _("line {n}: {reason}").format(n=locale.count(line.line), reason=locale.say(line.reason))
            items.append(f"<li><b><bdi>{rich(plain(name))}</bdi></b> {rich(plain(said))}</li>")
        more = len(lines[MOST_ROWS:]) + len(skipped[12:])
        if more:
            rest = locale.n_("and {n} more", "and {n} more", more)
            items.append(f"<li>{rich(rest)}</li>")
        st.html(f'<ul class="sh-plain">{"".join(items)}</ul>')


# loaded


def done(report: ImportReport) -> None:
    read_rows = sum(file.rows_read for file in report.files)
    aside = sum(file.rows_rejected for file in report.files)
    inside = sum(file.rows_loaded + file.rows_updated + file.rows_unchanged for file in report.files)
    same = all(abs(sums["file"] - sums["loaded"]) < 0.005 for file in report.files for sums in file.totals.values())
    finding = _("**{n} of {all} rows are in.**").format(n=locale.count(inside), all=locale.count(read_rows))
    if aside:
        finding += " " + locale.n_(
            "{n} row was set aside, and says why.", "{n} rows were set aside, and each says why.", aside
        )
    heading(
        _("Import"),
        finding,
        _("Totals match the files.") if same else _("Some totals differ from the files; the table says why."),
    )
    totals_card(report, loaded=True)
    rejected_card(report)
    told_card(report)
    unlocks_card(report)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link("../pages/funnel.py", label=_("See the funnel"), icon=":material/filter_alt:")
        st.button(_("Import more files"), type="tertiary", key="import_more", on_click=forget)
        st.button(_("Undo this import"), type="tertiary", icon=":material/undo:", key="undo_this", on_click=undo)


def unlocks_card(report: ImportReport, *, loaded: bool = True) -> None:
    """What the files open, and what to add to see the rest."""
    told = import_words.unlocks(report, locale)
    ready = sum(is_open for _name, _opens, is_open, _add in told)
    title = _("You can see {n} of {all} analyses now") if loaded else _("These files open {n} of {all} analyses")
    with st.container(border=True, key="card_ready" if loaded else "card_unlocks"):
        section(title.format(n=locale.count(ready), all=locale.count(len(told))))
        ready_tag, lacking_tag = tag("good", _("ready")), tag("plain", _("needs more"))
        rows = [
            [f"<b>{rich(name)}</b>", rich(opens), ready_tag if is_open else f"{lacking_tag} {rich(add)}"]
            for name, opens, is_open, add in told
        ]
        table([_("Analysis"), _("What it shows"), _("Ready")], rows, caption=_("What you can see now"))


def rejected_card(report: ImportReport) -> None:
    headers, rows = import_words.rejected(session.workspace(), report.number, locale)
    if not rows:
        return
    with st.container(border=True, key="card_rejected"):
        section(
            locale.n_("{n} row or cell set aside", "{n} rows and cells set aside", len(rows)),
            _("Mend them in the CRM or in the file, and load again: rows already in are not doubled."),
        )
        table(
            [_("File, line"), _("Column"), _("What was there"), _("Why")],
            [
                [
                    f"<bdi>{rich(plain(row[0]))} : {rich(row[1])}</bdi>",
                    f"<bdi>{rich(plain(row[2]))}</bdi>",
                    f"<bdi>{rich(plain(row[3][:80]))}</bdi>",
                    rich(plain(row[4])),
                ]
                for row in rows[:MOST_ROWS]
            ],
            caption=_("Rows set aside"),
        )
        st.download_button(
            _("Download them with their reasons"),
            lambda: as_csv(headers, rows),
            f"set-aside-{report.number}.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            key="download_rejects",
        )


def undo() -> None:
    forget()
    try:
        record = session.workspace().undo()
    except DataError as wrong:
        session.put("undo_problem", wrong)
        return
    session.put("undone", record.number)
    session.clear()


def history() -> None:
    records = session.workspace().history()
    undone, wrong = session.get("undone"), session.get("undo_problem")
    session.drop("undone", "undo_problem")
    if wrong is not None:
        problem(wrong)
    if undone is not None:
        st.success(
            _("Import {n} was taken back: the data is as it was before.").format(n=undone), icon=":material/undo:"
        )
    if not records:
        return
    standing = [record.number for record in records if not record.undone]
    with st.container(border=True, key="card_history"):
        section(_("Imports made"))
        table(
            [_("Import"), _("When"), _("Files"), _("New rows"), _("State")],
            [
                [
                    locale.count(record.number),
                    rich(locale.moment(record.at)),
                    "<bdi>" + rich(plain(", ".join(record.files))) + "</bdi>",
                    locale.count(record.rows_loaded),
                    tag("plain", _("taken back")) if record.undone else "",
                ]
                for record in reversed(records)
            ],
            numbers=[0, 3], caption=_("Imports made"),
        )  # fmt: skip
        if standing:
            st.button(
                _("Take back import {n}").format(n=standing[-1]),
                icon=":material/undo:",
                type="tertiary",
                key="undo_last",
                on_click=undo,
            )


draft, loaded = session.get("draft"), session.get("loaded")
if draft is not None and draft.workspace.folder == session.workspace().folder:
    check(draft)
elif loaded is not None:
    done(loaded)
else:
    choose()
