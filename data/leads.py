"""Leads, and the deals they became: one unit, found by the deal the lead names, else the lead the deal names, else the contact.

`loaded_leads` holds what files say; `leads` is made anew from it and from the deals after every import.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import duckdb

from data.database import quoted
from data.messages import Message, say_n
from data.schema import SCHEMA
from data.sources import fold
from data.sql import columns_of, number_of

# Lifecycle stages that a lead is in, and those it has gone beyond being one.
_LIFECYCLE = ("lead", "marketingqualifiedlead", "salesqualifiedlead", "mql", "sql", "ליד")
_CONVERTED = ("opportunity", "customer", "הזדמנות", "לקוח")


def of_contacts(database: duckdb.DuckDBPyConnection, contacts: str, names: Collection[str], leads: str) -> int:
    """Make the table `leads` of those people in `contacts` (with the columns `names`) that are leads; returns how many.

    A lead has a lead status, or a lifecycle stage from lead to customer, or a date on which it became a lead. It is
    converted once it has a deal, or is or was an opportunity or a customer; else that is left open.
    """

    def have(name: str) -> str:
        return name if name in names else "NULL"

    stage = _folded(database, contacts, "lifecycle") if "lifecycle" in names else {}
    converted = _in("lifecycle", [written for written, word in stage.items() if word in _CONVERTED])
    early = _in("lifecycle", [written for written, word in stage.items() if word in _LIFECYCLE])
    became = f"coalesce({have('became_deal_at')}, {have('became_customer_at')})"
    columns = {
        "lead_id": "contact_id", "contact_id": "contact_id", "lead_name": have("contact_name"), "company": have("customer"),
        "customer_id": have("customer_id"), "email": have("email"), "owner_id": have("owner_id"), "owner": have("owner"),
        "source": have("source"), "status": f"coalesce({have('lead_status')}, {have('lifecycle')})",
        # Several deals stand in one cell; the first is the one the lead became.
        "deal_id": f"nullif(trim(split_part({have('deal_id')}, ';', 1)), '')",
        "is_converted": f"CASE WHEN {converted} OR {have('deal_id')} IS NOT NULL OR {became} IS NOT NULL THEN true END",
        "converted_at": became, "created_at": f"coalesce({have('became_lead_at')}, {have('created_at')})",
    }  # fmt: skip
    kinds = {column.name: column.kind for column in SCHEMA["leads"]}
    types = {"timestamp": "TIMESTAMP", "flag": "BOOLEAN"}
    select = ", ".join(f"CAST({sql} AS {types.get(kinds[name], 'VARCHAR')}) AS {name}" for name, sql in columns.items())
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE {leads} AS SELECT {select} FROM {contacts}
            WHERE {have("lead_status")} IS NOT NULL OR {early} OR {converted} OR {have("became_lead_at")} IS NOT NULL"""
    )
    row = database.execute(f"SELECT count(*) FROM {leads}").fetchone()
    return int(row[0]) if row else 0


def _folded(database: duckdb.DuckDBPyConnection, table: str, column: str) -> dict[str, str]:
    rows = database.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1000").fetchall()
    return {written: fold(written) for (written,) in rows}


def _in(column: str, words: Collection[str]) -> str:
    listed = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
    return f"coalesce({column} IN ({listed}), false)" if words else "false"


def derive(database: duckdb.DuckDBPyConnection, time_zone: str) -> list[Message]:
    """Make `leads` from what was loaded, and give each deal the lead it came from; returns what there is to say of it.

    Days are cut in `time_zone`. A lead never makes a deal. Where a file gives only the day of conversion, its time is the
    deal's on that day, so that nothing converts before it was created.
    """
    if not number_of(database, "SELECT (SELECT count(*) FROM loaded_leads) + (SELECT count(*) FROM leads)"):
        return []
    zone = {"zone": time_zone}

    def day(moment: str) -> str:
        return f"CAST(timezone($zone, timezone('UTC', {moment})) AS DATE)"

    database.execute(
        """CREATE OR REPLACE TEMP TABLE named AS
           SELECT lead_id, arg_min(deal_id, (created_at, deal_id)) AS deal_id FROM deals WHERE lead_id IS NOT NULL GROUP BY lead_id"""
    )
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE met AS
            WITH partners AS (
                SELECT deal_id, created_at, trim(unnest(string_split(contact_id, ';'))) AS contact_id
                FROM deals WHERE contact_id IS NOT NULL AND lead_id IS NULL
            )
            SELECT l.lead_id, arg_min(p.deal_id, (p.created_at, p.deal_id)) AS deal_id
            FROM loaded_leads l JOIN partners p USING (contact_id) ANTI JOIN named n ON n.lead_id = l.lead_id
            WHERE l.deal_id IS NULL AND l.is_converted IS DISTINCT FROM false
              AND (l.created_at IS NULL OR p.created_at IS NULL OR {day("p.created_at")} >= {day("l.created_at")})
            GROUP BY l.lead_id""",
        zone,
    )
    is_day = f"timezone($zone, timezone('UTC', l.converted_at)) = {day('l.converted_at')}"
    # The day may have been cut in another time zone, so it may be the one beside it.
    near = "BETWEEN l.converted_at - INTERVAL 1 DAY AND l.converted_at + INTERVAL 2 DAY"
    moment = f"""CASE WHEN {is_day} AND d.created_at {near} THEN greatest(d.created_at, l.created_at)
                      WHEN {is_day} AND l.created_at > l.converted_at AND l.created_at {near} THEN l.created_at
                      WHEN l.converted_at IS NULL AND (d.created_at >= l.created_at OR l.created_at IS NULL) THEN d.created_at
                      ELSE l.converted_at END"""
    made = {
        "deal_id": "l.found",
        "is_converted": "l.converted",
        "converted_at": f"CASE WHEN l.converted THEN {moment} END",
        "customer_id": "coalesce(l.customer_id, CASE WHEN l.converted THEN d.customer_id END)",
    }
    columns = [f"{made.get(column.name, f'l.{column.name}')} AS {quoted(column.name)}" for column in SCHEMA["leads"]]
    columns += [f"l.{name}" for name in _attributes(database)]
    database.execute(
        f"""CREATE OR REPLACE TABLE leads AS
            SELECT {", ".join(columns)} FROM (
                SELECT l.* EXCLUDE (deal_id), coalesce(l.deal_id, n.deal_id, m.deal_id) AS found,
                       coalesce(l.is_converted, found IS NOT NULL OR l.converted_at IS NOT NULL) AS converted
                FROM loaded_leads l LEFT JOIN named n USING (lead_id) LEFT JOIN met m USING (lead_id)
            ) l LEFT JOIN deals d ON d.deal_id = l.found""",
        zone,
    )
    database.execute(
        """UPDATE deals SET lead_id = l.lead_id
           FROM (SELECT deal_id, arg_min(lead_id, (created_at, lead_id)) AS lead_id FROM leads
                 WHERE deal_id IS NOT NULL AND is_converted GROUP BY deal_id) l
           WHERE deals.lead_id IS NULL AND deals.deal_id = l.deal_id"""
    )
    notes = _notes(database)
    database.execute("DROP TABLE named; DROP TABLE met")
    return notes


def _attributes(database: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for name in columns_of(database, "loaded_leads") if re.fullmatch(r"attr_\d+", name)]


def _notes(database: duckdb.DuckDBPyConnection) -> list[Message]:
    row = database.execute(
        """SELECT (SELECT count(*) FROM met),
                  (SELECT count(*) FROM leads ANTI JOIN deals USING (deal_id) WHERE leads.deal_id IS NOT NULL),
                  (SELECT count(*) FROM deals), (SELECT count(*) FROM leads)"""
    ).fetchone()
    met, lost, deals, leads = row or (0, 0, 0, 0)
    notes: list[Message] = []
    if met:
        notes.append(
            say_n(
                "{n} lead was joined to the first deal of its contact: no file says which deal it became.",
                "{n} leads were joined to the first deals of their contacts: no file says which deals they became.",
                met,
            )
        )
    if lost and deals and leads:
        notes.append(
            say_n(
                "{n} lead became a deal that is in no file of deals.",
                "{n} leads became deals that are in no file of deals.",
                lost,
            )
        )
    return notes
