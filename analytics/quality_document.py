"""What `python -m data quality` prints: the problems of the data as one document, and as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import ibis.expr.types as ir
import pandas as pd

from analytics.filters import ENDLESS, Filters
from analytics.problems import PROBLEMS
from analytics.quality import CLEAN, problem_deals, quality
from analytics.row_problems import ROW_PROBLEMS, row_problems
from analytics.rows import Row, rows
from data.tables import Tables

EXAMPLES = 5
Run = Callable[[ir.Table], pd.DataFrame]


def quality_document(tables: Tables, filters: Filters, run: Run) -> dict[str, Any]:
    """{"as_of", "deals", "clean", "clean_share", "problems": [...], "rows": [...]}, as COMMANDS.md promises it.

    Of several currencies, the figures in money are named metric:currency and a problem's `money` is null.
    """
    found = rows(quality(tables, filters).answer(run))
    (clean, *effects) = found
    assert clean["problem"] == CLEAN
    problems: dict[str, dict[str, Any]] = {}
    for row in effects:
        name = row["problem"]
        if name not in problems:
            examples = run(problem_deals(tables, filters, name).limit(EXAMPLES).select("deal_id"))["deal_id"]
            problems[name] = _problem(row) | {"examples": list(examples), "effects": {}}
        metric = row["metric"]
        several = sum(each["problem"] == name and each["metric"] == metric for each in effects) > 1
        problems[name]["effects"][f"{metric}:{row['currency']}" if several else metric] = _effect(row)
    return {
        "as_of": None if filters.as_of == ENDLESS else filters.as_of.isoformat(),
        "deals": int(clean["checked"]),
        "clean": int(clean["deals"]),
        "clean_share": clean["deal_share"],
        "problems": list(problems.values()),
        "rows": [
            {"problem": row["problem"], "table": row["table"], "rows": int(row["rows"]), "share": row["row_share"]}
            for row in rows(row_problems(tables).answer(run))
        ],
    }


def _problem(row: Row) -> dict[str, Any]:
    counts = {"deals": int(row["deals"])} | {name: int(row[f"deals_{name}"]) for name in ("won", "lost", "open")}
    return {"problem": row["problem"], "severity": row["severity"], **counts, "money": row["money"], "share": row["deal_share"]}  # fmt: skip


def _effect(row: Row) -> dict[str, Any]:
    effect = {"value": row["value"], "without": row["without"], "n": int(row["n"]), "n_without": int(row["n_without"])}
    if row["if_lost"] is not None:
        effect["if_lost"] = row["if_lost"]
    if row["currency"] is not None:
        effect["currency"] = row["currency"]
    if row["unit"] == "count":
        effect |= {name: int(effect[name]) for name in ("value", "without") if effect[name] is not None}
    return effect


def quality_text(document: Mapping[str, Any]) -> str:
    """The document for people."""
    deals, clean = document["deals"], document["clean"]
    when = f"As of {document['as_of']}: " if document["as_of"] else ""
    lines = [f"{when}{deals - clean:,} of {deals:,} deals have something wrong or missing."]
    for problem in document["problems"]:
        known = PROBLEMS[problem["problem"]]
        lines += [
            "",
            f"{known.label} ({problem['problem']}, {problem['severity']}): {problem['deals']:,} of {deals:,} deals, {problem['share']:.1%}",
        ]
        lines += [f"  {known.meaning}", f"  {known.why} {known.advice}"]
        lines += [f"  {said}" for said in map(_change, problem["effects"], problem["effects"].values()) if said]
        lines.append(f"  such as {', '.join(map(_printable, problem['examples']))}")
    if document["rows"]:
        lines += [
            "",
            *(
                f"{ROW_PROBLEMS[row['problem']].label}: {row['rows']:,} ({row['share']:.1%})"
                for row in document["rows"]
            ),
        ]
    return "\n".join(lines)


def _change(metric: str, effect: Mapping[str, Any]) -> str:
    told = []
    for name, words in (("without", "without them"), ("if_lost", "if they were lost")):
        if name in effect and effect[name] != effect["value"] and metric != "deals":
            told.append(f"{_number(metric, effect[name])} {words}")
    return f"{metric} {_number(metric, effect['value'])}: {'; '.join(told)}" if told else ""


def _number(metric: str, value: float | None) -> str:
    if value is None:
        return "unknown"
    return (
        f"{value:.1%}" if metric == "win_rate" else f"{value:,.1f}" if metric == "sales_cycle_days" else f"{value:,.0f}"
    )


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def of_all_deals(latest_event: datetime | None, time_zone: str) -> Filters:
    """Filters that let every deal through, as of the day of the latest recorded event (UTC)."""
    if latest_event is None:
        return Filters(ENDLESS, time_zone=time_zone)
    moment = latest_event if latest_event.tzinfo else latest_event.replace(tzinfo=UTC)
    return Filters(moment.astimezone(ZoneInfo(time_zone)).date(), time_zone=time_zone)
