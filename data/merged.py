"""`merged_customers`: which customers are others, as a person said, and what follows from it when the data is made anew."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from data.database import quoted
from data.sql import columns_of

TABLE = "merged_customers"


def create(database: duckdb.DuckDBPyConnection) -> None:
    """Make the table where it is not there yet."""
    database.execute(
        f"CREATE TABLE IF NOT EXISTS {TABLE} (customer_id VARCHAR, customer_name VARCHAR, into_id VARCHAR)"
    )


def any_merged(database: duckdb.DuckDBPyConnection) -> bool:
    """Whether there is anything to follow."""
    return bool(database.execute(f"SELECT 1 FROM {TABLE} LIMIT 1").fetchall())


def chosen(database: duckdb.DuckDBPyConnection, pairs: Mapping[str, str]) -> None:
    """Add pairs, number of the other -> number of the one kept; a chain of merges ends in its last one."""
    known = dict(database.execute(f"SELECT customer_id, into_id FROM {TABLE}").fetchall())
    names = dict(database.execute(f"SELECT customer_id, customer_name FROM {TABLE}").fetchall())
    names |= dict(database.execute("SELECT customer_id, customer_name FROM customers").fetchall())
    known |= {other: kept for other, kept in pairs.items() if _last(known, kept) != other}
    database.execute(f"DELETE FROM {TABLE}")
    rows = [[other, names.get(other, other), _last(known, other)] for other in known]
    if rows:
        database.executemany(f"INSERT INTO {TABLE} VALUES (?, ?, ?)", rows)


def _last(into: Mapping[str, str], customer: str) -> str:
    seen = {customer}
    while customer in into and into[customer] not in seen:
        customer = into[customer]
        seen.add(customer)
    return customer


def fill_kept(database: duckdb.DuckDBPyConnection) -> None:
    """Let the customers kept take what they lack from those merged into them, which go."""
    if not any_merged(database):
        return
    columns = [quoted(name) for name in columns_of(database, "customers") if name != "customer_id"]
    # Of several that are merged into one, the first by number fills first.
    known = ", ".join(
        f"first(o.{name} ORDER BY o.customer_id) FILTER (o.{name} IS NOT NULL) AS {name}" for name in columns
    )
    filled = ", ".join(f"{name} = coalesce(customers.{name}, f.{name})" for name in columns)
    database.execute(
        f"""UPDATE customers SET {filled} FROM (
                SELECT m.into_id, {known} FROM customers o JOIN {TABLE} m ON m.customer_id = o.customer_id GROUP BY m.into_id
            ) f WHERE f.into_id = customers.customer_id;
        DELETE FROM customers WHERE customer_id IN (
            SELECT m.customer_id FROM {TABLE} m SEMI JOIN customers k ON k.customer_id = m.into_id);
        UPDATE customers SET parent_id = m.into_id FROM {TABLE} m
            WHERE customers.parent_id = m.customer_id AND m.into_id <> customers.customer_id"""
    )


def follow(database: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Let the rows of a table with `customer_id` and `customer` name the customers kept."""
    if any_merged(database):
        database.execute(
            f"""UPDATE {rows} r SET customer_id = m.into_id, customer = coalesce(c.customer_name, m.into_id)
                FROM {TABLE} m LEFT JOIN customers c ON c.customer_id = m.into_id WHERE {is_of("r")}"""
        )


def follow_numbers(database: duckdb.DuckDBPyConnection, rows: str) -> None:
    """The same for a table that names customers by number only."""
    if any_merged(database):
        database.execute(
            f"UPDATE {rows} r SET customer_id = m.into_id FROM {TABLE} m WHERE m.customer_id = r.customer_id"
        )


def is_of(rows: str) -> str:
    """SQL: whether a row names the customer merged away, by number, or by name where its number is no customer's."""
    return f"""(m.customer_id = {rows}.customer_id OR m.customer_name = {rows}.customer
        AND NOT EXISTS (SELECT 1 FROM customers k WHERE k.customer_id = {rows}.customer_id OR k.customer_name = {rows}.customer))"""
