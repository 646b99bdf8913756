"""Which table a file holds, and which system wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from data.database import quoted
from data.deciding import field_of, targets
from data.errors import NotRecognised, RequestProblem
from data.messages import Message, listed, say
from data.plan import FileOptions, named
from data.reading import TextTable
from data.sources import Source, fold
from data.sources.dynamics import DYNAMICS
from data.sources.generic import GENERIC
from data.sources.helpdesk import HELPDESKS
from data.sources.hubspot import HUBSPOT
from data.sources.monday import MONDAY
from data.sources.odoo import ODOO
from data.sources.pipedrive import PIPEDRIVE
from data.sources.salesforce import SALESFORCE
from data.sources.shops import SHOPS
from data.sources.surveys import SURVEYS
from data.sources.zoho import ZOHO
from data.which_column import (
    BY_PATTERN,
    DATE,
    Match,
    apply,
    is_dated,
    is_email,
    is_score,
    match,
    product_of,
    stage_by_content,
)

SOURCES = (SALESFORCE, HUBSPOT, PIPEDRIVE, ZOHO, DYNAMICS, MONDAY, ODOO, *SURVEYS, *HELPDESKS, *SHOPS, GENERIC)
# In the order they are loaded; of two that fit a file as well, the earlier.
LOADED = (
    "people", "products", "customers", "deals", "contacts", "leads", "stage_entries", "deal_changes",
    "activities", "orders", "subscriptions", "cases", "survey_responses", "survey_invitations",
)  # fmt: skip
# Tables of what happened to customers. A file of deals names much of the same: it is known by its stage.
_APART = frozenset({"activities", "orders", "subscriptions", "cases", "survey_responses", "survey_invitations"})
_NEAR = 0.1  # two tables whose share of known columns differs by less fit a file about equally


def table_of(
    database: duckdb.DuckDBPyConnection, text: TextTable, options: FileOptions, samples: Sequence[tuple[str, ...]]
) -> tuple[Source, str, Message | None]:
    """The source and the table of a file, and what to say where another table fits it about as well."""
    sources = [source for source in SOURCES if options.source in (None, source.name)]
    if not sources:
        raise RequestProblem(
            say("{source} is not a source we know.", source=options.source or ""),
            say("Known are: {names}.", names=", ".join(source.name for source in SOURCES)),
        )
    if options.table is not None and options.table not in LOADED:
        raise RequestProblem(
            say("{table} is not a table a file can be loaded into.", table=options.table),
            say("These are: {names}.", names=", ".join(LOADED)),
        )
    if options.table is None and _is_description(samples):
        raise NotRecognised(
            say("{name} describes tables, it holds none: its cells are names of columns.", name=named(text)),
            say("Leave it out, or choose the table and say which column is which."),
        )
    fits = _fits(database, text, options, samples, sources)
    best = fits[0] if fits else None
    is_sure = best is not None and (
        best.table in _SURE or (best.table == "stage_entries" and best.source is not GENERIC)
    )
    if options.table is None and not is_sure:
        history = _history_of(database, text, options, samples, best)
        if history is not None:
            return history.source, history.table, None
    if best is not None:
        return best.source, best.table, _doubt(text, fits)
    if options.table is None and _has_stages_and_amounts(text):
        return GENERIC, "deals", None
    by_content = _by_content(database, text, samples) if options.table is None else None
    if by_content is not None:
        return GENERIC, by_content, None
    shown = listed([header for header in text.headers[:8] if header]) or "-"
    raise NotRecognised(
        say("{name} holds nothing we recognise. Its columns are: {columns}.", name=named(text), columns=shown),
        say(
            "A file of deals needs a name or number and a stage; a stage history needs deal, stage and date. Choose the table and say which column is which."
        ),
    )


@dataclass(frozen=True)
class _Fit:
    """How well a file fits a table as one source writes it."""

    source: Source
    table: str
    names: frozenset[str | None]  # columns that were found
    score: float
    is_sign: bool  # headers that only this source writes


# These are decided by what only they have.
_SURE = frozenset({"contacts", "leads", "deal_changes", *_APART})


def _fits(
    database: duckdb.DuckDBPyConnection,
    text: TextTable,
    options: FileOptions,
    samples: Sequence[tuple[str, ...]],
    sources: Sequence[Source],
) -> list[_Fit]:
    """The tables that a file could be, best first; of two that fit as well, the one that is loaded earlier."""
    headers = {header.strip().casefold() for header in text.headers}
    found: list[_Fit] = []
    for source in sources:
        for table in LOADED if options.table is None else (options.table,):
            signature = {header.casefold() for header in source.signature.get(table, ())}
            own = len(signature & headers)
            is_other = source is not GENERIC and not own and options.source is None
            if is_other or headers & {header.casefold() for header in source.unlike.get(table, ())}:
                continue
            matched = match(text.headers, source, table)
            apply(text, table, options.mapping, matched, strict=False)
            names = frozenset(name for name, _, _ in matched.values())
            by_pattern = sum(reason == BY_PATTERN for _, _, reason in matched.values()) if own else 0
            signs = (own + by_pattern) / (min(len(signature), 2) or 1)
            if source is not GENERIC and signs < 1 and options.source is None:
                continue
            if options.table is None:
                told = signs >= 1 and not lacking(table, names)
                if not (told or _is_enough(table, names, text) or _is_of_purchases(database, text, table, matched)):
                    continue
                if not _looks_like(table, matched, samples) or not _is_no_history(database, text, table, matched):
                    continue
            score = len(matched) / max(len([header for header in text.headers if header]), 1) + min(signs, 1)
            found.append(_Fit(source, table, names, score, signs >= 1))
    if options.table is None and _has_stages_and_amounts(text):
        found = [fit for fit in found if fit.is_sign or fit.table not in ("people", "products", "customers")]
    if any(fit.table == "deals" and "stage" in fit.names for fit in found):
        found = [fit for fit in found if fit.is_sign or fit.table not in _APART]
    if options.table is None and any(fit.table != "deal_changes" for fit in found):
        found = [fit for fit in found if fit.table != "deal_changes" or _is_log_of_others(database, text, fit.source)]
        if any(fit.table == "deal_changes" for fit in found):
            found = [fit for fit in found if fit.table != "stage_entries"]
    return sorted(found, key=lambda fit: -fit.score)


def _has_stages_and_amounts(text: TextTable) -> bool:
    """Whether headers name a stage and an amount: a list of companies or people has no such two, one of deals has."""
    names = {found[0] for found in match(text.headers, GENERIC, "deals").values()}
    return {"stage", "amount"} <= names


def _doubt(text: TextTable, fits: Sequence[_Fit]) -> Message | None:
    """What to say where another table fits about as well as the best one."""
    best = fits[0]
    other = next((fit for fit in fits if fit.table != best.table and fit.score > best.score - _NEAR), None)
    if other is None:
        return None
    return say(
        "{name} fits {table} and {other} about equally, and is taken as {table}. Choose the other one if that is wrong.",
        name=named(text), table=best.table, other=other.table,
    )  # fmt: skip


def _looks_like(table: str, matched: Mapping[int, Match], samples: Sequence[tuple[str, ...]]) -> bool:
    """Whether what the headers promise of the columns such a table is known by is in the cells: numbers and dates have digits."""
    if table not in _APART:
        return True
    kinds = {column.name: column.kind for column in targets(table)}
    needed = {name for group in NEEDED[table] for name in group}
    for place, (name, _, _) in matched.items():
        if name in needed and name is not None and kinds[name] in ("date", "timestamp", "number", "money"):
            cells = samples[place]
            if cells and sum(any(letter.isdigit() for letter in cell) for cell in cells) < 0.5 * len(cells):
                return False
    return True


def _is_of_purchases(
    database: duckdb.DuckDBPyConnection, text: TextTable, table: str, matched: Mapping[int, Match]
) -> bool:
    """Whether a list of customers, dates and amounts without order numbers is one of purchases: customers come again in it."""
    if table != "orders" or lacking(table, {match[0] for match in matched.values()}):
        return False
    places = [place for place, match in matched.items() if match[0] in ("customer_id", "customer")]
    return any(_repeats(database, text, place, 0.9) for place in places)


def _is_no_history(
    database: duckdb.DuckDBPyConnection, text: TextTable, table: str, matched: Mapping[int, Match]
) -> bool:
    """Whether the rows of what could be cases are one a case: a log of cases repeats them."""
    number = next((place for place, match in matched.items() if match[0] == "case_id"), None)
    return table != "cases" or number is None or not _repeats(database, text, number, 0.9)


def _is_log_of_others(database: duckdb.DuckDBPyConnection, text: TextTable, source: Source) -> bool:
    """Whether a log of changes never names the stage: then it holds no stay."""
    place = next((i for i, found in match(text.headers, source, "deal_changes").items() if found[0] == "field"), None)
    if place is None:
        return False
    rows = database.execute(
        f"SELECT DISTINCT c{place} FROM {quoted(text.relation)} WHERE c{place} IS NOT NULL LIMIT 1000"
    ).fetchall()
    return (
        bool(rows)
        and not any(field_of(word) == "stage" for (word,) in rows)
        and any(field_of(word) for (word,) in rows)
    )


def _history_of(
    database: duckdb.DuckDBPyConnection,
    text: TextTable,
    options: FileOptions,
    samples: Sequence[tuple[str, ...]],
    best: _Fit | None,
) -> _Fit | None:
    """The file as a stage history in anybody's words, where that is what it is."""
    history = match_history(text, options, samples, GENERIC)
    names = frozenset(name for name, _, _ in history.values())
    number = next((place for place, found in history.items() if found[0] == "deal_id"), None)
    if number is None or lacking("stage_entries", names):
        return None
    # The table of stays has a row a stay; where each deal has one row, it is a table of deals. One that says
    # how deals ended, or whose time had to be guessed, must show it clearly.
    deals = {found[0] for found in match(text.headers, GENERIC, "deals").values()}
    guessed = any(found[0] == "entered_at" and found[1] == "check" for found in history.values())
    if _repeats(database, text, number, 0.6 if guessed or deals & {"closed_at", "status", "is_won"} else 0.9):
        return _Fit(GENERIC, "stage_entries", names, 0, False)
    if best is not None and best.table == "stage_entries":
        return _Fit(GENERIC, "stage_entries" if lacking("deals", deals) else "deals", names, 0, False)
    return None


def _by_content(database: duckdb.DuckDBPyConnection, text: TextTable, samples: Sequence[tuple[str, ...]]) -> str | None:
    """The table that a file is by what its cells look like, where its headers say nothing."""
    unlike = {header.casefold() for header in GENERIC.unlike.get("deals", ())}
    if stage_by_content(samples) is not None and not unlike & {header.casefold() for header in text.headers}:
        return "deals"
    if not any(is_dated(cells) for cells in samples):
        return None
    if product_of(database, text, range(len(text.headers)), samples) is not None:
        return "orders"
    if any(is_score(cells) for cells in samples) and any(is_email(cells) for cells in samples):
        return "survey_responses"
    return None


def match_history(
    text: TextTable, options: FileOptions, samples: Sequence[tuple[str, ...]], source: Source
) -> dict[int, Match]:
    """The columns of a stage history; without a header for it, its time is the first column of dates."""
    history = match(text.headers, source, "stage_entries")
    apply(text, "stage_entries", options.mapping, history, strict=False)
    if "entered_at" not in {match[0] for match in history.values()}:
        for place, cells in enumerate(samples):
            if place not in history and cells and all(DATE.match(cell) for cell in cells[:20]):
                return history | {
                    place: ("entered_at", "check", say("Its cells are dates, such as {example}.", example=cells[0]))
                }
    return history


def _is_description(samples: Sequence[tuple[str, ...]]) -> bool:
    """Whether the cells are what headers are: a list of columns, not rows of a table."""
    cells = {fold(cell) for column in samples for cell in column} - {""}
    return 5 <= len(cells) <= 500 and len(cells & _HEADERS) >= 0.6 * len(cells)


# What a table cannot do without: one column of each group.
NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "deals": (("deal_id", "deal_name"), ("stage", "status", "is_won")),
    "stage_entries": (("deal_id",), ("stage",), ("entered_at",)),
    "customers": (("customer_name", "customer_id"),),
    "people": (("person_name", "person_id", "email"),),
    "products": (("product_name", "product_id"),),
    "contacts": (("contact_id", "contact_name", "last_name", "email"),),
    "leads": (("lead_id", "lead_name", "last_name", "email"),),
    "deal_changes": (("deal_id",), ("field",), ("new_value", "old_value"), ("changed_at",)),
    "activities": (("subject", "activity_type", "activity_id"), ("happened_at", "due_at", "done_at", "planned_on")),
    "orders": (("ordered_at",), ("amount", "quantity", "unit_price")),
    "subscriptions": (("subscription_id", "customer_id", "customer"), ("started_on",)),
    "cases": (("case_id", "subject"), ("opened_at", "status")),
    "survey_responses": (("score", "nps_score", "comment"), ("answered_at", "email", "respondent", "response_id", "customer", "customer_id")),
    "survey_invitations": (("email", "customer_id", "customer"), ("sent_at",)),
}  # fmt: skip
# What tells a table from others that name the same things, where nobody has said which it is.
_TELLING = {
    "customers": {"industry", "segment", "customer_type", "region", "city", "country", "employees", "annual_revenue", "website", "tax_id", "parent_id",
                  "tenure_months", "is_churned", "age_weeks"},
    "people": {"team", "manager", "office", "is_active"},
    "products": {"list_price", "family", "unit_cost"},
    "contacts": {"contact_id", "last_name", "title"},
    "leads": {"lead_id", "is_converted", "converted_at"},
    "activities": {"activity_type", "activity_id", "due_at", "done_at"},
    "orders": {"order_id", "quantity", "unit_price"},
    "subscriptions": {"subscription_id", "monthly_revenue", "annual_amount", "billing_period"},
    "cases": {"case_id", "priority"},
    "survey_responses": {"score", "response_id"},
}  # fmt: skip
_LEAD = re.compile(r"(?<![^\W_])(leads?|לידים|ה?ליד)(?![^\W_])", re.IGNORECASE)
_LEAD_SOURCES = {fold(header) for header in GENERIC.headers["leads"]["source"]}
_HEADERS = frozenset(
    fold(header) for columns in GENERIC.headers.values() for headers in columns.values() for header in headers
)


def lacking(table: str, names: Iterable[str | None]) -> list[tuple[str, ...]]:
    """The groups of columns of which `table` needs one and has none."""
    have = set(names)
    return [group for group in NEEDED[table] if not have & set(group)]


def _is_enough(table: str, names: Iterable[str | None], text: TextTable) -> bool:
    """Whether these columns make a table worth loading."""
    have = set(names)
    if lacking(table, have):
        return False
    return bool(
        table not in _TELLING
        or have & _TELLING[table]
        or (
            table == "leads"
            and any(_LEAD.search(name) for name in (text.name, *text.headers) if fold(name) not in _LEAD_SOURCES)
        )
    )


_MANY = 100_000  # rows


def _repeats(database: duckdb.DuckDBPyConnection, text: TextTable, position: int, most: float) -> bool:
    """Whether the different values of a column are fewer than `most` of its cells."""
    # Within a few in a hundred is near enough, and much cheaper, where there are many.
    different = f"approx_count_distinct(c{position})" if text.rows_read > _MANY else f"count(DISTINCT c{position})"
    row = database.execute(f"SELECT count(c{position}), {different} FROM {quoted(text.relation)}").fetchone()
    return bool(row and row[0] and row[1] < most * row[0])
