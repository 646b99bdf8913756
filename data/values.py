"""How the cells of a text column are to be read: dates, numbers, yes and no, decided from the whole column.

Each decision is a SQL expression over the column, a sentence that says why, and whether a person should check it. The
column is looked at by shape (`31-05-2016` and `01-12-2017` are both `9-9-Y`), so that the cost is one pass and a few shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from data.database import quoted
from data.messages import Message, say
from data.schema import Kind

DateOrder = Literal["dmy", "mdy", "ymd"]

CURRENCIES = {"₪": "ILS", 'ש"ח': "ILS", "ש״ח": "ILS", "שח": "ILS", "nis": "ILS", "ils": "ILS", "usd": "USD", "eur": "EUR", "gbp": "GBP",
              "us$": "USD", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}  # fmt: skip
_CURRENCY_NAMES = {"us dollar": "USD", "euro": "EUR", "pound sterling": "GBP", "israeli new shekel": "ILS", "new shekel": "ILS", "shekel": "ILS",
                   "שקל": "ILS", "שקל חדש": "ILS", "שקלים": "ILS", "דולר": "USD", "אירו": "EUR"}  # fmt: skip
YES = ("1", "true", "yes", "y", "t", "v", "x", "✓", "כן", "נכון", "1.0")
NO = ("0", "false", "no", "n", "f", "לא", "0.0")

# Shapes rarer than this many are not worth a look: a column with more is not one of dates or numbers.
MOST_SHAPES = 200
# What letters after an amount multiply it by.
_TIMES = {"k": 1000, "m": 1000000, "mn": 1000000, "bn": 1000000000, "אלף": 1000, "מיליון": 1000000}
# Digits beyond which a number is none: a DOUBLE would become infinite.
_LONGEST = 250
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december"
_NAMED_ZONE = re.compile(r" (?:GMT|UTC)(?:[+-](?:Y|9(?::?9)?))?$")
# Currency signs and codes, blanks, and the marks that turn the direction of writing.
_AFFIX = r"""((?i:ש["״]?ח|nis|ils|usd|us\$|eur|gbp)|\b[A-Z]{3}\b|\p{Sc}|%|[\s'\x{00a0}\x{202f}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}])"""


@dataclass(frozen=True)
class Reading:
    """How a column is read: `sql` gives the value from the text, NULL where the cell cannot be read."""

    kind: Kind
    sql: str
    reason: Message
    sure: bool = True
    order: DateOrder | None = None  # of dates written with numbers only
    currency: str | None = None  # SQL of the currency whose sign an amount carries
    is_whole: bool = False  # every cell that holds something is known to be readable
    form: str = ""  # SQL: what every cell of such a column is


@dataclass(frozen=True)
class Shape:
    text: str
    cells: int
    example: str
    longest: int


def read_as(
    database: duckdb.DuckDBPyConnection,
    relation: str,
    column: str,
    kind: Kind,
    *,
    order: DateOrder | None = None,
    time_zone: str = "UTC",
) -> Reading:
    """Decide how `column` of `relation` is read as `kind`. `order` is the person's word on the order of dates."""
    if kind in ("date", "timestamp"):
        return _dates(database, relation, column, kind, order, time_zone)
    if kind in ("number", "money"):
        return _numbers(database, relation, column, kind)
    if kind == "flag":
        return _flags(column)
    return Reading(kind, quoted(column), say("Kept as written."))


def _flags(column: str) -> Reading:
    text = f"lower({quoted(column)})"
    sql = f"CASE WHEN {text} IN {_in(YES)} THEN true WHEN {text} IN {_in(NO)} THEN false END"
    return Reading("flag", sql, say("Read as yes or no."))


def _in(words: Iterable[str]) -> str:
    return "(" + ", ".join("'" + word.replace("'", "''") + "'" for word in words) + ")"


# Dates


def _dates(
    database: duckdb.DuckDBPyConnection,
    relation: str,
    column: str,
    kind: Kind,
    order: DateOrder | None,
    time_zone: str,
) -> Reading:
    cell = quoted(column)
    plain = _plain_dates(database, relation, cell, kind, time_zone)
    if plain:
        return plain
    year = f"regexp_replace({cell}, '[0-9]{{4}}', 'Y', 'g')"
    month = f"regexp_replace({year}, '(?i)\\b({_MONTHS})\\b', 'B', 'g')"
    shapes = _shapes(database, relation, cell, f"regexp_replace({month}, '[0-9]+', '9', 'g')")
    day_or_month = [shape for shape in shapes if re.match(r"9([-/. ])9\1(Y|9)(?!\S*9[-/.])", shape.text)]
    if not shapes:
        return Reading(
            kind, f"try_cast({cell} AS {'DATE' if kind == 'date' else 'TIMESTAMP'})", say("The column is empty.")
        )
    dated = next((shape for shape in shapes if "Y" in shape.text), shapes[0])
    reason, sure = say("Year first, as in {example}.", example=dated.example), True
    chosen = order
    if day_or_month:
        reason, sure, found = _order_of(database, relation, cell)
        short = all(re.match(r"9([-/. ])9\1(?!Y)", shape.text) for shape in day_or_month)
        if order in ("dmy", "mdy") or (order and short):
            reason, sure = say("As you chose."), True
        else:
            chosen = found
    formats = list(dict.fromkeys(filter(None, (_format(shape.text, chosen or "dmy") for shape in shapes))))
    iso = [shape for shape in shapes if re.match(r"Y-9-9([T ]9:9.*)?$", shape.text)]
    serial = [shape for shape in shapes if re.fullmatch(r"Y9(\.[Y9]+)?", shape.text)]
    ticks = [shape for shape in shapes if re.fullmatch(r"YY9|YYY9", shape.text) and shape.longest in (10, 13)]
    if ticks and not (formats or iso or serial):
        return _seconds(cell, kind, ticks[0].example)
    zoned = [shape for shape in iso if re.search(r":9(\.[Y9]+)?( ?[+-](Y|9(:9)?)|Z)$", shape.text)]
    if kind == "date":
        zoned = []  # a day is the day that is written
    worded = [shape for shape in shapes if re.match(r"B |9[- ]B", shape.text)]
    if worded and not day_or_month:
        reason = say("The month is written as a word, as in {example}.", example=worded[0].example)
    if serial and not (formats or iso):
        reason = say("Days counted as Excel counts them, as in {example}.", example=serial[0].example)
    sql = _date_sql(
        cell, formats, len(iso) - len(zoned), len(zoned), time_zone if kind == "timestamp" else "UTC", bool(serial)
    )
    named = [form for shape in shapes if (form := _format(_NAMED_ZONE.sub("", shape.text), chosen or "dmy", True))]
    if named and any(_NAMED_ZONE.search(shape.text) for shape in shapes):
        sql = f"coalesce({_named_zone_sql(cell, list(dict.fromkeys(named)), kind)}, {sql})"
    return Reading(
        kind, f"CAST({sql} AS DATE)" if kind == "date" else sql, reason, sure, chosen if day_or_month else None
    )


def _seconds(cell: str, kind: Kind, example: str) -> Reading:
    """Moments counted in seconds, or milliseconds, since 1970: from 2001 to 2100."""
    seconds = f"try_cast(left({cell}, 10) AS BIGINT)"
    sql = f"CASE WHEN regexp_full_match({cell}, '([123][0-9]|40)[0-9]{{8}}([0-9]{{3}})?') THEN make_timestamp({seconds} * 1000000) END"
    reason = say("Counted in seconds since 1970, as in {example}.", example=example)
    return Reading(kind, f"CAST({sql} AS DATE)" if kind == "date" else sql, reason)


def _plain_dates(
    database: duckdb.DuckDBPyConnection, relation: str, cell: str, kind: Kind, time_zone: str
) -> Reading | None:
    """How a column is read whose every cell is a moment written alike, year first; None where one is not.

    What most exports write, and many times cheaper to see than the shapes of all cells.
    """
    ways = ("____-__-__ __:__:__", "____-__-__", "____-__-__T__:__:__")
    # Ends in a digit: a Z or an offset is not to be taken for a part of the time.
    is_numeric = f"{cell} BETWEEN '0' AND ':' AND right({cell}, 1) BETWEEN '0' AND '9'"
    head = f"SELECT {cell} FROM {quoted(relation)} WHERE {cell} IS NOT NULL LIMIT 1"
    first = database.execute(f"SELECT {', '.join(f'bool_or({cell} LIKE {_quote(way)})' for way in ways)} FROM ({head})")
    way = next((way for way, fits in zip(ways, first.fetchone() or (), strict=True) if fits), None)
    if way is None:
        return None
    form = f"{cell} LIKE {_quote(way)} AND {is_numeric}"
    row = database.execute(
        f"""SELECT count({cell}), count(*) FILTER ({form} AND try_cast({cell} AS TIMESTAMP) IS NOT NULL), min({cell}) FROM {quoted(relation)}"""
    ).fetchone()
    if row is None or row[0] != row[1]:
        return None
    sql = _date_sql(cell, (), 1, 0, time_zone if kind == "timestamp" else "UTC", guarded=False)
    reason = say("Year first, as in {example}.", example=row[2])
    return Reading(kind, f"CAST({sql} AS DATE)" if kind == "date" else sql, reason, is_whole=True, form=form)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _order_of(database: duckdb.DuckDBPyConnection, relation: str, cell: str) -> tuple[Message, bool, DateOrder]:
    """Which of the first two numbers is the day: the one that goes above 12."""
    parts = r"^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ][0-9]{2,4}"
    first, second = (f"try_cast(regexp_extract({cell}, '{parts}', {place}) AS INTEGER)" for place in (1, 2))
    row = database.execute(
        f"""SELECT count(*) FILTER (first > 12), count(*) FILTER (second > 12),
                   min(cell) FILTER (first > 12), min(cell) FILTER (second > 12), min(cell)
            FROM (SELECT {cell} AS cell, {first} AS first, {second} AS second FROM {quoted(relation)}) WHERE first IS NOT NULL"""
    ).fetchone()
    days_first, days_second, late_first, late_second, example = row or (0, 0, None, None, None)
    if days_first and days_second:
        more: DateOrder = "dmy" if days_first >= days_second else "mdy"
        mixed = say(
            "{first} and {second} both exist: the column mixes two orders. Day first is tried.",
            first=late_first,
            second=late_second,
        )
        if more == "mdy":
            mixed = say(
                "{first} and {second} both exist: the column mixes two orders. Month first is tried.",
                first=late_first,
                second=late_second,
            )
        return mixed, False, more
    if days_first:
        return say("{example} exists, so the day comes first.", example=late_first), True, "dmy"
    if days_second:
        return say("{example} exists, so the month comes first.", example=late_second), True, "mdy"
    return say("Both orders fit every date, as in {example}. Day first is taken.", example=example or ""), False, "dmy"


def _named_zone_sql(cell: str, formats: Sequence[str], kind: Kind) -> str:
    """The moment of cells that name their offset, `2024/03/01 9:05:12 AM GMT+2`; of a day, the day that is written."""
    zone = r" (?:GMT|UTC)(?:([+-][0-9]{1,2})(?::?([0-9]{2}))?)?$"
    hours, minutes = (f"coalesce(try_cast(regexp_extract({cell}, '{zone}', {n}) AS INTEGER), 0)" for n in (1, 2))
    sign = f"CASE WHEN regexp_extract({cell}, '{zone}', 1) LIKE '-%' THEN -1 ELSE 1 END"
    offset = f" - to_minutes({hours} * 60 + {sign} * {minutes})" if kind == "timestamp" else ""
    words = "[" + ", ".join(f"'{form}'" for form in formats) + "]"
    moment = f"try_strptime(regexp_replace({cell}, '{zone}', ''), {words})"
    return f"CASE WHEN regexp_matches({cell}, '{zone}') THEN {moment}{offset} END"


def _format(shape: str, order: DateOrder, iso_too: bool = False) -> str | None:
    """The strptime format of a shape, or None for what is no date and, unless wanted, for ISO."""
    match = re.match(
        r"(?P<date>YY|Y(?P<s1>[-/.])9(?P=s1)9|9(?P<s2>[-/. ])9(?P=s2)[Y9]|B 9,? Y|9(?P<s3>[- ])B(?P=s3)[Y9]),?"
        r"(?P<gap> +|T)?(?P<time>9:9(:9(\.9)?)?)? ?(?P<half>[AaPp]\.?[Mm]\.?)?$",
        shape,
    )
    is_iso = match and match["s1"] == "-" and not match["half"]
    if not match or (is_iso and not iso_too) or (match["time"] and not match["gap"]):
        return None
    date = match["date"]
    if date == "YY":
        date = "%Y%m%d"
    elif date.startswith("Y"):
        date = f"%Y{match['s1']}%m{match['s1']}%d"
    elif "B" in date:
        date = date.replace("B", "%b").replace("9", "%d", 1).replace("Y", "%Y").replace("9", "%y")
    else:
        mark, year = match["s2"], "%Y" if date.endswith("Y") else "%y"
        if order == "ymd" and year == "%y":
            date = f"%y{mark}%m{mark}%d"
        else:
            first, second = ("%m", "%d") if order == "mdy" else ("%d", "%m")
            date = f"{first}{mark}{second}{mark}{year}"
    comma = "," if re.match(r"[^ ]+, ", shape) and "B" not in shape else ""
    time = {None: "", "9:9": " %H:%M", "9:9:9": " %H:%M:%S", "9:9:9.9": " %H:%M:%S.%f"}[match["time"]]
    if match["half"]:
        time = time.replace("%H", "%I") + " %p"
    return date + comma + time.replace(" ", match["gap"] or " ", 1)


def _date_sql(
    cell: str, formats: Sequence[str], bare: int, zoned: int, time_zone: str, serial: bool = False, guarded: bool = True
) -> str:
    """`bare` and `zoned`: how many ISO shapes come without and with an offset; `serial`: whether Excel's days do.

    Not `guarded` where every cell is known to be an ISO moment.
    """
    parts = []
    if formats:
        half = (
            f"regexp_replace({cell}, '(?i) *([ap])\\.?m\\.?$', ' \\1m')"
            if any("%p" in form for form in formats)
            else cell
        )
        if any("%b" in form for form in formats):
            half = f"regexp_replace({half}, '(?i)\\bsept\\b', 'Sep')"
        # %Y would take 24 for the year 24, so %y goes first; and 205, which neither means, for the year 205.
        words = "[" + ", ".join(f"'{form}'" for form in sorted(formats, key=lambda form: "%Y" in form)) + "]"
        moments = [f"try_strptime({half}, {words})"]
        if any("%b" in form for form in formats):
            moments.append(f"try_strptime({half}, {words.replace('%b', '%B')})")
        if any("%y" in form for form in formats):
            moments = [f"CASE WHEN year({moment}) >= 1000 THEN {moment} END" for moment in moments]
        parts += moments
    # Guarded: the bare cast would take 1/2/20 for a day of the year 1.
    guard = f"regexp_matches({cell}, '^[0-9]{{4}}-')"
    if bare or not (formats or zoned):
        moment = f"try_cast({cell} AS TIMESTAMP)"
        parts.append(f"CASE WHEN {guard} THEN {moment} END" if guarded else moment)
    if serial:  # from 1954 to 2118; other numbers of five digits are no days
        seconds = f"CAST(round(try_cast({cell} AS DOUBLE) * 86400) AS BIGINT)"
        parts.append(
            f"CASE WHEN regexp_matches({cell}, '^[2-7][0-9]{{4}}([.][0-9]+)?$') THEN TIMESTAMP '1899-12-30' + to_seconds({seconds}) END"
        )
    local = f"coalesce({', '.join(parts)})" if len(parts) > 1 else "".join(parts)
    if local and time_zone != "UTC":
        local = f"timezone('UTC', timezone('{time_zone.replace(chr(39), chr(39) * 2)}', {local}))"
    if not zoned:
        return local
    # A cast to TIMESTAMP would drop the offset in silence.
    joined = f"regexp_replace({cell}, ' ([+-][0-9:]+)$', '\\1')"  # DuckDB wants no space before the offset
    instant = f"CASE WHEN {guard} THEN timezone('UTC', try_cast({joined} AS TIMESTAMPTZ)) END"
    if not local:
        return instant
    offset = f"regexp_matches({cell}, ':[0-9.]+ ?(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$')"
    return f"CASE WHEN {offset} THEN {instant} ELSE {local} END"


# Numbers


def _numbers(database: duckdb.DuckDBPyConnection, relation: str, column: str, kind: Kind) -> Reading:
    cell = quoted(column)
    # No sign, no grouping and no three decimals, which could be thousands: there is nothing to decide.
    form = f"regexp_full_match({cell}, '-?[0-9]{{1,200}}(\\.([0-9]{{1,2}}|[0-9]{{4,200}}))?')"
    row = database.execute(f"SELECT count({cell}), count(*) FILTER ({form}) FROM {quoted(relation)}").fetchone()
    if row and row[0] and row[0] == row[1]:
        return Reading(kind, f"try_cast({cell} AS DOUBLE)", say("Plain numbers."), is_whole=True, form=form)
    long = f"regexp_replace(lower({cell}), '[0-9]{{4,}}', 'N', 'g')"
    three = f"regexp_replace({long}, '[0-9]{{3}}', 'T', 'g')"
    shapes = _shapes(database, relation, cell, f"regexp_replace({three}, '[0-9]{{1,2}}', '9', 'g')")
    plain = all(re.fullmatch(r"-?[9TN](\.[9TN])?", shape.text) and shape.longest < _LONGEST for shape in shapes)
    bare = [(shape, re.sub(r"[^9TN.,]", "", shape.text)) for shape in shapes]
    comma = [shape for shape, text in bare if re.search(r",[9N]$|\..*,[9TN]$", text) and text.count(",") == 1]
    point = [shape for shape, text in bare if re.search(r"\.[9N]$|,.*\.[9TN]$", text) and text.count(".") == 1]
    # 1.5k is read under either mark, and says which one only where no other number does.
    letters = rf"[9TN] ?({'|'.join(_TIMES)})($|[^a-zא-ת])"
    if kind == "money" and comma and point:
        own = [[shape for shape in shapes_of if not re.search(letters, shape.text)] for shapes_of in (comma, point)]
        comma, point = own if any(own) else (comma, point)
    grouped_point = [shape for shape, text in bare if re.search(r"^[9T](\.T)+$", text)]
    grouped_comma = [shape for shape, text in bare if re.search(r"^[9T](,T)+", text)]
    # Nobody writes money to a thousandth, unless it is less than one, or thousands stand unseparated beside it.
    thousands = kind == "money" and not any(
        "N" in text or re.search(r"(^|\D)0[.,]", shape.example) for shape, text in bare
    )
    currency = _currency_sql(cell, shapes) if kind == "money" else None
    if plain and not grouped_point:
        return Reading(kind, f"try_cast({cell} AS DOUBLE)", say("Plain numbers."), currency=currency)
    sure = True
    if comma and not point:
        mark, reason = ",", say("The comma is the decimal mark, as in {example}.", example=comma[0].example)
    elif point and not comma:
        mark, reason = ".", say("The point is the decimal mark, as in {example}.", example=point[0].example)
    elif comma and point:
        mark = "," if sum(s.cells for s in comma) > sum(s.cells for s in point) else "."
        sure, reason = False, say(
            "Both {first} and {second} occur; {mark} is taken as the decimal mark.",
            first=comma[0].example, second=point[0].example, mark=mark,
        )  # fmt: skip
    elif any(shape.example.count(".") > 1 for shape in grouped_point):
        mark, reason = ",", say("The point separates thousands, as in {example}.", example=grouped_point[0].example)
    elif grouped_point and thousands:
        mark, sure = ",", False
        reason = say(
            "{example} could be read two ways; the point is taken to separate thousands.",
            example=grouped_point[0].example,
        )
    elif grouped_point:
        mark, sure = ".", False
        reason = say(
            "{example} could be read two ways; the point is taken as the decimal mark.",
            example=grouped_point[0].example,
        )
    elif grouped_comma and any(re.search(r"(^|\D)0,", shape.example) for shape in grouped_comma):
        mark, reason = ",", say("The comma is the decimal mark, as in {example}.", example=grouped_comma[0].example)
    elif grouped_comma:
        mark, reason = ".", say("The comma separates thousands, as in {example}.", example=grouped_comma[0].example)
    else:
        mark, reason = ".", say("Whole numbers.")
    short = next((s for s in shapes if kind == "money" and re.search(letters, s.text)), None)
    if short is None:
        return Reading(kind, _number_sql(cell, mark), reason, sure, currency=currency)
    reason = say("Letters after a number are thousands (k) or millions (m), as in {example}.", example=short.example)
    return Reading(kind, _short_sql(cell, mark), reason, sure=False, currency=currency)


def _short_sql(cell: str, mark: str) -> str:
    """Amounts such as 58.8k and 1.2M, among others: one or two digits before the letter are decimals after either mark."""
    form = f"'(?i)([0-9]) ?({'|'.join(_TIMES)})($|[^a-zא-ת])'"
    words = " ".join(f"WHEN '{word}' THEN {times}" for word, times in _TIMES.items())
    times = f"CASE lower(regexp_extract({cell}, {form}, 2)) {words} ELSE 1 END"
    tenths = rf"'(?i)^([^0-9.,]*[0-9]+)[.,]([0-9]{{1,2}} ?({'|'.join(_TIMES)})($|[^a-zא-ת]))'"
    cell = f"regexp_replace({cell}, {tenths}, '\\1{mark}\\2')"
    # To the hundredth: 58.8 times a thousand is not quite 58,800 to a computer.
    return f"round({_number_sql(f'regexp_replace({cell}, {form}, {chr(39)}{chr(92)}1{chr(92)}3{chr(39)})', mark)} * {times}, 6)"


def _number_sql(cell: str, mark: str) -> str:
    bare = f"replace(regexp_replace({cell}, '{_AFFIX.replace(chr(39), chr(39) * 2)}', '', 'g'), '−', '-')"
    groups = "," if mark == "." else "."
    # Thousands must stand in threes: "12,5" under a decimal point is refused, not read as 125.
    whole = rf"([0-9]{{1,3}}(\{groups}[0-9]{{3}})+|[0-9]{{0,{_LONGEST}}})(\{mark}[0-9]{{0,{_LONGEST}}})?"
    form = rf"^\([+-]?{whole}\)$|^[+-]?{whole}$|^{whole}-$"
    digits = f"replace(regexp_replace({bare}, '[()+\\-\\{groups}]', '', 'g'), '{mark}', '.')"
    sign = f"CASE WHEN {bare} LIKE '-%' OR {bare} LIKE '%-' OR {bare} LIKE '(%)' THEN -1 ELSE 1 END"
    return f"CASE WHEN regexp_matches({bare}, '{form}') THEN {sign} * try_cast({digits} AS DOUBLE) END"


def currency_code_sql(cell: str) -> str:
    """The code of a currency that a cell names in whatever way; what is no known name stays as it is written."""
    known = CURRENCIES | _CURRENCY_NAMES
    whens = " ".join(f"WHEN {_quote(name)} THEN {_quote(code)}" for name, code in known.items())
    return f"CASE lower(trim({cell})) {whens} ELSE CASE WHEN regexp_full_match({cell}, '[a-z]{{3}}') THEN upper({cell}) ELSE {cell} END END"


def _currency_sql(cell: str, shapes: Sequence[Shape]) -> str | None:
    """The currency by the sign or code beside each amount; NULL for the amounts without one."""
    signed = [shape.example for shape in shapes if re.search(r"\d", shape.example)]
    codes = {match[0] for example in signed if (match := re.search(r"\b[A-Z]{3}\b", example))}
    whens = [(code.lower(), CURRENCIES.get(code.lower(), code)) for code in sorted(codes)]
    whens += [(sign, code) for sign, code in CURRENCIES.items() if any(sign in example.lower() for example in signed)]
    if not whens:
        return None
    cases = " ".join(f"WHEN contains(lower({cell}), '{sign}') THEN '{code}'" for sign, code in dict(whens).items())
    return f"CASE {cases} END"


def _shapes(database: duckdb.DuckDBPyConnection, relation: str, cell: str, shape: str) -> list[Shape]:
    """The shapes of a column's cells, commonest first."""
    rows = database.execute(
        f"""SELECT {shape} AS shape, count(*) AS cells, min({cell}), max(length({cell})) FROM {quoted(relation)}
            WHERE {cell} IS NOT NULL GROUP BY shape ORDER BY cells DESC, shape LIMIT {MOST_SHAPES}"""
    ).fetchall()
    return [Shape(*row) for row in rows]
