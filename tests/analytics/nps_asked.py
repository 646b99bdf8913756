"""Invitations and answers written by hand, for tests of who answers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

AS_OF = date(2026, 6, 30)


def at(ago: int, hour: int = 9) -> datetime:
    """So many days before the as-of date."""
    return datetime(AS_OF.year, AS_OF.month, AS_OF.day, hour) - timedelta(days=ago)


def invited(of: str | None, ago: int, email: str | None = None, **said: Any) -> dict[str, Any]:
    """Somebody of a customer asked so many days ago."""
    return {"customer_id": of, "customer": of, "email": email, "sent_at": at(ago), "is_delivered": True} | said


def replied(
    of: str | None, ago: int, score: float | None = 9.0, email: str | None = None, **said: Any
) -> dict[str, Any]:
    """An answer so many days ago, in the afternoon."""
    return {
        "customer_id": of,
        "customer": of,
        "email": email,
        "answered_at": at(ago, 15),
        "score": None if score is None else float(score),
        "scale": "nps",
    } | said


def survey(invitations: list[dict[str, Any]], answers: list[dict[str, Any]]) -> dict[str, dict[str, list[Any]]]:
    """Both tables, as an engine in memory takes them; a table without rows is left out."""
    numbered = [{"response_id": f"R{number:05}"} | row for number, row in enumerate(answers)]
    made = {"survey_invitations": invitations, "survey_responses": numbered}
    return {
        name: {column: [row.get(column) for row in rows] for column in rows[0]} for name, rows in made.items() if rows
    }
