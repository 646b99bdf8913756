"""When an activity happened, or is planned: out of its status, when it was done, when it started and when it was due."""

from __future__ import annotations

import duckdb

from data.database import quoted
from data.messages import Message, say, say_n
from data.plan import FilePlan
from data.sources import fold
from data.sql import literal, number_of

_DONE = frozenset({
    "completed", "complete", "done", "closed", "finished", "held", "sent", "received", "logged", "yes", "true", "1", "connected", "busy", "noanswer",
    "leftvoicemail", "leftlivemessage", "wrongnumber", "attended", "resolved", "בוצע", "בוצעה", "הושלם", "הושלמה", "נסגר", "נסגרה", "התקיים", "התקיימה", "טופל",
})  # fmt: skip
_NOT_DONE = frozenset({
    "notstarted", "inprogress", "workingonit", "stuck", "open", "todo", "planned", "scheduled", "waiting", "waitingonsomeoneelse", "waitingforinput", "deferred", "pending", "new",
    "overdue", "no", "false", "0", "cancelled", "canceled", "noshow", "rescheduled", "postponed", "missed", "draft", "פתוח", "פתוחה", "טרםבוצע", "לאבוצע", "לביצוע", "בתהליך", "מתוכנן", "מתוכננת", "בוטל", "בוטלה", "נדחה",
})  # fmt: skip
# What the first three letters of a Salesforce number say it is of.
_PREFIX = {"deal_id": "006", "customer_id": "001", "contact_id": "003"}
_LEAD = "00Q"


def settle(
    database: duckdb.DuckDBPyConnection, plan: FilePlan, fields: dict[str, str], warnings: list[Message]
) -> None:
    """Change `fields`, the SQL of each column, so that they say whether and when each activity happened; say what was decided."""
    if plan.source.name == "salesforce":
        _sort_numbers(database, plan, fields, warnings)
    due, done_at, start = fields.pop("due_at", None), fields.pop("done_at", None), fields.get("happened_at")
    planned = fields.get("planned_on")
    said = _said(database, plan, warnings)
    fields.pop("status", None)
    conditions = [fields["is_done"]] if "is_done" in fields else []
    conditions += [said] if said else []
    conditions += [f"CASE WHEN {done_at} IS NOT NULL THEN true END"] if done_at else []
    is_done = f"coalesce({', '.join(conditions)})" if conditions else None
    if is_done and "is_done" in fields and said:
        # Of two columns that say it, done is done.
        is_done = (
            f"CASE WHEN {' OR '.join(f'coalesce({one}, false)' for one in conditions)} THEN true ELSE {is_done} END"
        )
    moments = [_moment(one) for one in (done_at, start, due) if one]
    if is_done is None:
        if moments:
            fields["happened_at"] = f"coalesce({', '.join(moments)})"
            warnings.append(say("The file does not say which activities were done: each counts on its date."))
        return
    fields["is_done"] = is_done
    happened = f"coalesce({', '.join(moments)})" if moments else "CAST(NULL AS TIMESTAMP)"
    fields["happened_at"] = f"CASE WHEN {is_done} THEN {happened} END"
    plans = [f"CAST({one} AS DATE)" for one in (planned, due, start) if one]
    if plans:
        fields["planned_on"] = f"CASE WHEN ({is_done}) IS DISTINCT FROM true THEN coalesce({', '.join(plans)}) END"


def _moment(sql: str) -> str:
    return f"CAST({sql} AS TIMESTAMP)"


def _said(database: duckdb.DuckDBPyConnection, plan: FilePlan, warnings: list[Message]) -> str | None:
    """Whether each is done, as the words of its status say; None where none of them does."""
    status = plan.column("status")
    if status is None:
        return None
    rows = database.execute(
        f"SELECT {status.name}, count(*) FROM scratch.{quoted(plan.text.relation)} WHERE {status.name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1000"
    ).fetchall()
    whens = [
        f"WHEN {literal(word)} THEN {'true' if fold(word) in _DONE else 'false'}"
        for word, _ in rows
        if fold(word) in _DONE | _NOT_DONE
    ]
    unknown = {word: cells for word, cells in rows if fold(word) not in _DONE | _NOT_DONE}
    if unknown:
        warnings.append(
            say_n(
                "{n} activity has a status that says neither done nor not done ({words}).",
                "{n} activities have a status that says neither done nor not done ({words}).",
                sum(unknown.values()), words=", ".join(list(unknown)[:5]),
            )
        )  # fmt: skip
    return f"CASE {status.name} {' '.join(whens)} END" if whens else None


def _sort_numbers(
    database: duckdb.DuckDBPyConnection, plan: FilePlan, fields: dict[str, str], warnings: list[Message]
) -> None:
    """Salesforce writes one number for what an activity is about and one for whom it was with: their first letters say of what."""
    names = [name for name in _PREFIX if name in fields]
    if not names:
        return
    written = {name: fields[name] for name in names}
    for name, prefix in _PREFIX.items():
        # Its own column first; a number that shows what it is of beats one that does not.
        own = [name] if name in written else []
        options = [
            f"CASE WHEN starts_with({written[other]}, '{prefix}') THEN {written[other]} END"
            for other in [*own, *(other for other in names if other != name)]
        ]
        if name in written:
            others = " OR ".join(
                f"starts_with({written[name]}, '{sign}')"
                for sign in (*_PREFIX.values(), _LEAD, "00T", "500")
                if sign != prefix
            )
            options.append(f"CASE WHEN NOT ({others}) THEN {written[name]} END")
        fields[name] = f"coalesce({', '.join(options)})" if len(options) > 1 else options[0]
    relation = f"scratch.{quoted(plan.text.relation)}"
    leads = " OR ".join(f"coalesce(starts_with({sql}, '{_LEAD}'), false)" for sql in written.values())
    n = int(number_of(database, f"SELECT count(*) FROM {relation} WHERE {leads}"))
    if n:
        warnings.append(
            say_n(
                "{n} activity was with a lead; no contact is named.",
                "{n} activities were with leads; no contact is named.",
                n,
            )
        )
