"""Which scale the scores of a survey are on. Only an answer from 0 to 10 to "would you recommend us" is NPS."""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb

from data.database import quoted
from data.messages import Message, say, say_n
from data.plan import ColumnPlan, FilePlan
from data.sources import fold
from data.sql import literal, number_of
from data.values import Reading
from data.which_column import is_recommendation

# "On a scale of 0-10", "(1 to 5)", "בין 1 ל-10".
_SAID = re.compile(r"(?<!\w)([01])\s*(?:-|–|—|/|to|עד|ל-?|through|and|a|à|bis)\s*-?(\d{1,3})(?!\d)", re.IGNORECASE)
_DELIVERED = frozenset({"delivered", "sent", "opened", "clicked", "completed", "responded", "started", "finished", "yes", "true", "success", "נמסר", "נמסרה", "נשלח", "נפתח", "הושלם"})  # fmt: skip
_NOT_DELIVERED = frozenset({"bounced", "bounce", "hardbounce", "softbounce", "failed", "failure", "undelivered", "notdelivered", "blocked", "rejected", "invalid", "error", "dropped", "spam", "נכשל", "נכשלה", "לאנמסר", "חזר", "נחסם"})  # fmt: skip
_NPS = "nps"
SCORES = frozenset({"score", "nps_score"})  # columns of answers, which some tools write with words
# "10 - Extremely likely", "0 (Not at all likely)"; not "3-May", which a spreadsheet made of something else.
_NUMBER_AND_WORDS = r"^([0-9]{1,3})[\s\x{00a0}]*[-–—:=.,|()\s\x{00a0}][^0-9]*\p{L}{2}[^0-9]*$"
_DAY = r"(?i)^[0-9]+[-. ](jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)$"
# A few strays among many answers from 0 to 10 do not change the scale.
_ENOUGH, _SHARE = 10, 0.95


def read_words(database: duckdb.DuckDBPyConnection, relation: str, column: str, reading: Reading) -> Reading:
    """How a column of scores is read where some cells are a number and what it means; `reading` of all others."""
    if reading.is_whole:
        return reading
    cell = quoted(column)
    is_worded = f"regexp_matches({cell}, {literal(_NUMBER_AND_WORDS)}) AND NOT regexp_matches({cell}, {literal(_DAY)})"
    row = database.execute(f"SELECT min({cell}) FROM {quoted(relation)} WHERE {is_worded}").fetchone()
    if row is None or row[0] is None:
        return reading
    number = f"try_cast(regexp_extract({cell}, {literal(_NUMBER_AND_WORDS)}, 1) AS DOUBLE)"
    return replace(
        reading, sql=f"CASE WHEN {is_worded} THEN {number} ELSE {reading.sql} END",
        reason=say("Of a number with words after it, the number is taken, as in {example}.", example=row[0]),
    )  # fmt: skip


def settle(
    database: duckdb.DuckDBPyConnection, number: int, plan: FilePlan, fields: dict[str, str], warnings: list[Message]
) -> None:
    """Change `fields`, the SQL of each column, so that they hold scores and their scale; say what could be meant otherwise.

    Answers that are not on the scale are set aside as cells of the import `number`.
    """
    rows = f"scratch.{quoted(plan.text.relation)}"
    parts = [fields.pop(part) for part in ("first_name", "last_name") if part in fields]
    if parts:
        whole = f"nullif(concat_ws(' ', {', '.join(parts)}), '')"
        fields["respondent"] = f"coalesce({fields['respondent']}, {whole})" if "respondent" in fields else whole
    told = fields.pop("nps_score", None)
    column = plan.column("nps_score") or plan.column("score")
    if told:
        fields["score"] = f"CASE WHEN {_is_on_scale(told)} THEN {told} END"
        wrong = int(number_of(database, f"SELECT count({told}) - count({fields['score']}) FROM {rows}"))
        fields["scale"] = f"CASE WHEN {fields['score']} IS NOT NULL THEN '{_NPS}' END"
        if wrong and column:
            _set_aside(database, number, plan, column, f"NOT ({_is_on_scale(told)})")
            warnings.append(
                say_n(
                    "{n} answer is no whole number from 0 to 10 and was left empty.",
                    "{n} answers are no whole numbers from 0 to 10 and were left empty.",
                    wrong,
                )
            )
    elif column and "score" in fields:
        _settle_scale(database, number, plan, column, fields, rows, warnings)
    if "customer" in fields and "customer_id" not in fields:
        fields["customer_id"] = fields["customer"]


def settle_invitations(database: duckdb.DuckDBPyConnection, plan: FilePlan, fields: dict[str, str]) -> None:
    """Whether a message arrived, as the words of its status say; NULL where they do not."""
    column = plan.column("delivery")
    fields.pop("delivery", None)
    if column and "is_delivered" not in fields:
        rows = database.execute(
            f"SELECT DISTINCT {column.name} FROM scratch.{quoted(plan.text.relation)} WHERE {column.name} IS NOT NULL LIMIT 1000"
        ).fetchall()
        whens = [
            f"WHEN {literal(word)} THEN {'true' if fold(word) in _DELIVERED else 'false'}"
            for (word,) in rows
            if fold(word) in _DELIVERED | _NOT_DELIVERED
        ]
        if whens:
            fields["is_delivered"] = f"CASE {column.name} {' '.join(whens)} END"
    if "customer" in fields and "customer_id" not in fields:
        fields["customer_id"] = fields["customer"]


def _is_on_scale(score: str) -> str:
    return f"({score}) BETWEEN 0 AND 10 AND ({score}) = floor({score})"


def _set_aside(
    database: duckdb.DuckDBPyConnection, number: int, plan: FilePlan, column: ColumnPlan, where: str
) -> tuple[int, str]:
    """Keep the cells of a column where `where` is true among what was set aside; returns the first line and its cell."""
    rows = f"scratch.{quoted(plan.text.relation)}"
    database.execute(
        f"INSERT INTO rejects SELECT ?, ?, line, ?, {column.name}, ?, NULL, false FROM {rows} WHERE {where}",
        [number, plan.label, column.header, say("Not a whole number from 0 to 10.").dump()],
    )
    first = database.execute(f"SELECT line, {column.name} FROM {rows} WHERE {where} ORDER BY line LIMIT 1").fetchone()
    return first or (0, "")


def _settle_scale(
    database: duckdb.DuckDBPyConnection,
    number: int,
    plan: FilePlan,
    column: ColumnPlan,
    fields: dict[str, str],
    rows: str,
    warnings: list[Message],
) -> None:
    """Answers of one kind are judged together: those that the file gives one name of a scale, or all of them."""
    score = fields["score"]
    said = fields.get("scale")
    kinds: list[str | None] = [None]
    if said:
        found = database.execute(
            f"SELECT {said}, count({score}) AS n FROM {rows} GROUP BY 1 HAVING n > 0 ORDER BY 2 DESC, 1 LIMIT 50"
        ).fetchall()
        kinds = [kind for kind, _ in found]
    whens, strays = [], []
    for kind in kinds:
        where = f"({said}) IS NOT DISTINCT FROM {literal(kind) if kind is not None else 'NULL'}" if said else "true"
        row = database.execute(
            f"""SELECT min({score}), max({score}), bool_and(({score}) = floor({score})), count({score}) FROM {rows}
                WHERE ({score}) IS NOT NULL AND {where}"""
        ).fetchone()
        low, high, whole, n = row or (None, None, True, 0)
        if not n:
            continue
        if kind is not None and fold(kind) != _NPS and "recommend" not in kind.lower():
            whens.append((where, kind.strip().lower()))
            continue
        scale, note = scale_of(column.header, low, high, bool(whole), is_named=kind is not None)
        off = f"({where}) AND ({score}) IS NOT NULL AND NOT ({_is_on_scale(score)})"
        without = _without_strays(database, rows, column, f"({where}) AND {_is_on_scale(score)}", score, n, kind)
        if scale != _NPS and without is not None:
            scale, note = without
            strays.append(off)
            line, example = _set_aside(database, number, plan, column, off)
            warnings.append(
                say_n(
                    "{header}: {n} answer is no whole number from 0 to 10 and was left empty: {example} in line {line}.",
                    "{header}: {n} answers are no whole numbers from 0 to 10 and were left empty, such as {example} in line {line}.",
                    int(number_of(database, f"SELECT count(*) FROM {rows} WHERE {off}")),
                    header=column.header, example=example, line=str(line),
                )
            )  # fmt: skip
        whens.append((where, scale))
        if note is not None:
            warnings.append(note)
    if strays:
        score = fields["score"] = f"CASE WHEN NOT ({' OR '.join(strays)}) THEN {score} END"
    if not whens:
        fields.pop("scale", None)
    elif said:
        cases = " ".join(f"WHEN {where} THEN {literal(scale)}" for where, scale in whens)
        fields["scale"] = f"CASE WHEN ({score}) IS NULL THEN NULL {cases} END"
    else:
        fields["scale"] = f"CASE WHEN ({score}) IS NOT NULL THEN {literal(whens[0][1])} END"


def _without_strays(
    database: duckdb.DuckDBPyConnection,
    rows: str,
    column: ColumnPlan,
    is_on: str,
    score: str,
    n: int,
    kind: str | None,
) -> tuple[str, Message | None] | None:
    """NPS, and what to ask, where all but a few of `n` answers to a question about recommending make it; None elsewhere."""
    if kind is None and not is_recommendation(column.header):
        return None
    row = database.execute(f"SELECT count(*), min({score}), max({score}) FROM {rows} WHERE {is_on}").fetchone()
    on, low, high = row or (0, 0.0, 0.0)
    if on < _ENOUGH or not _SHARE * n <= on < n:
        return None
    scale, note = scale_of(column.header, low, high, True, is_named=kind is not None)
    return (scale, note) if scale == _NPS else None


def scale_of(
    header: str, low: float, high: float, whole: bool, *, is_named: bool = False
) -> tuple[str, Message | None]:
    """The scale of answers from `low` to `high` to the question `header`, and what to ask where it is no sure NPS.

    `is_named`: another column of the file calls them NPS.
    """
    match = _SAID.search(header)
    if match and (int(match[1]), int(match[2])) == (0, 10):
        said: str | None = _NPS
    else:
        said = f"{match[1]}-{match[2]}" if match else None
    is_asked = is_named or is_recommendation(header)
    fits = whole and low >= 0 and high <= 10
    if said == _NPS and fits:
        return _NPS, None
    if said is not None and said != _NPS:
        return said, _ask(header, said)
    if not fits:
        top = next((top for top in (5, 7, 10, 100) if high <= top), None)
        scale = f"0-{top}" if low >= 0 and top else f"{low:g}-{high:g}"
        return scale, _ask(header, scale)
    if is_named:
        return _NPS, None
    if low > 0 and high <= 5:
        return "1-5", _ask(header, "1-5")
    if low > 0 and high <= 7 and (low == 1 or not is_asked):
        return "1-7", _ask(header, "1-7")
    if low == 1:
        return "1-10", _ask(header, "1-10")
    if low == 0 and high <= 5 and not is_asked:
        return "0-5", _ask(header, "0-5")
    if low > 1 and not is_asked and high < 10:
        return f"{low:g}-{high:g}", _ask(header, f"{low:g}-{high:g}")
    if low > 1:
        return _NPS, say(
            "{header}: nobody answered 0, so please check that the scale begins with 0. It is taken for NPS.",
            header=header,
        )
    return _NPS, None


def _ask(header: str, scale: str) -> Message:
    return say(
        "{header}: the scale looks like {scale}, so it is not taken for NPS, which needs 0 to 10. If it is NPS all the same, choose NPS answer for the column.",
        header=header, scale=scale,
    )  # fmt: skip
