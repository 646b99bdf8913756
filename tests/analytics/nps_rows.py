"""Survey answers written by hand, for tests of what is told from them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from data.engine import Engine

AS_OF = date(2026, 6, 30)


def answer(of: str | None, score: float, on: str = "2026-05-01", who: str | None = None, **said: Any) -> dict[str, Any]:
    """One answer of a person of a customer; without `who` nobody tells the person apart."""
    day = datetime.fromisoformat(on)
    return {"customer_id": of, "customer": of, "respondent": who, "score": float(score), "scale": "nps",
            "answered_at": day} | said  # fmt: skip


def surveyed(answers: list[dict[str, Any]], **tables: Any) -> Engine:
    """An engine with these answers, numbered in their order."""
    made = [{"response_id": f"R{number:05}"} | row for number, row in enumerate(answers)]
    columns = {name for row in made for name in row}
    return Engine.in_memory(
        {"survey_responses": {name: [row.get(name) for row in made] for name in sorted(columns)}} | tables
    )
