"""What the columns of a file mean: by what their headers say, in any language, and by what their cells look like."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import permutations

import duckdb
from rapidfuzz import fuzz, process

from data.database import quoted
from data.deciding import STATUS_OF, targets
from data.errors import RequestProblem
from data.messages import Message, say
from data.plan import Confidence
from data.reading import TextTable
from data.sources import Source, fold
from data.sources.generic import GENERIC

DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}\b")

# What some exports write before each header.
_ENTITY = {
    table: re.compile(rf"^({entity})\s+-\s+", re.IGNORECASE)
    for table, entity in {
        "deals": "deal|opportunity",
        "contacts": "person|contact",
        "leads": "lead",
        "customers": "organization|account|company",
        "activities": "activity|task|call|meeting",
        "orders": "order|invoice",
        "cases": "case|ticket",
        "products": "product|item",
        "subscriptions": "subscription|contract",
    }.items()
}

Match = tuple[str | None, Confidence, Message]
BY_PATTERN = say("The words of the header say so.")


def match(headers: Sequence[str], source: Source, table: str) -> dict[int, Match]:
    """Columns by what their headers say: first as this source writes them, then as anybody does, then nearly so."""
    entity = _ENTITY.get(table)
    folded = [(fold(header), fold(entity.sub("", header) if entity else header)) for header in headers]
    aside = {fold(header) for header in source.aside.get(table, ())}
    places: dict[str, list[int]] = {}
    for i, ways in enumerate(folded):
        for way in set(ways) if ways[0] not in aside else ():
            places.setdefault(way, []).append(i)
    found: dict[int, Match] = {}
    taken: set[str] = set()
    for headers_of in (source.headers.get(table, {}), GENERIC.headers.get(table, {})):
        for name, synonyms in headers_of.items():
            if name in taken:
                continue
            place = _priced(headers, synonyms, found) if name in _PRICES else None
            if place is not None:
                found[place] = (name, "sure", say("The header says so."))
                taken.add(name)
                continue
            for synonym in map(fold, synonyms):
                place = next((i for i in places.get(synonym, ()) if i not in found), None)
                if place is not None:
                    found[place] = (name, "sure", say("The header says so."))
                    taken.add(name)
                    break
    for of in (source, GENERIC):
        for name, pattern in of.patterns.get(table, {}).items():
            if name in taken:
                continue
            place = next((i for i, header in enumerate(headers) if i not in found and _reads(pattern, header)), None)
            if place is not None:
                found[place] = (name, "sure", BY_PATTERN)
                taken.add(name)
    for place, (text, _) in enumerate(folded):
        near = None if place in found or text in aside else _nearly(text, table)
        if near is not None and near not in taken:
            found[place] = (near, "check", say("The header is nearly one we know."))
            taken.add(near)
    for names in _TOGETHER.get(table, ()):
        if not names <= taken:
            found = {place: match for place, match in found.items() if match[0] not in names}
    return found


# Columns of money that files give with VAT, without it, or both.
_PRICES = frozenset({"amount", "unit_price", "list_price", "monthly_revenue", "annual_amount", "period_amount"})
_WITH_VAT = re.compile(
    r"\(?(כולל|עם) מע[\"״'׳]?מ\)?|\(?\b(incl(uding|\.|usive)?|with)( of)? (vat|tax(es)?)\b\)?|\(?\b(vat|tax) incl(uded|usive|\.)?\)?|\(?\bgross\b\)?|ברוטו",
    re.IGNORECASE,
)
_WITHOUT_VAT = re.compile(
    r"\(?(לפני|ללא|לא כולל|בלי) מע[\"״'׳]?מ\)?|\(?\b(excl(uding|\.|usive)?|before|without|ex\.?)( of)? (vat|tax(es)?)\b\)?|\(?\b(vat|tax) excl(uded|usive|\.)?\)?|\(?\bnet\b( of (vat|tax))?\)?|נטו",
    re.IGNORECASE,
)
_IN_CURRENCY = re.compile(
    r"\(?\b(in )?(usd|eur|gbp|ils|nis)\b\)?|\(?[₪$€£]\)?|\(?ב?ש[\"״'׳]{1,2}ח\)?|\(?ב?שקלים\)?|\(?בשח\)?", re.IGNORECASE
)


def says_vat(header: str) -> bool | None:
    """Whether a header says that VAT is in the amounts (True) or is not (False); None where it says nothing."""
    if _WITHOUT_VAT.search(header):
        return False
    return True if _WITH_VAT.search(header) else None


def _priced(headers: Sequence[str], synonyms: Sequence[str], found: Mapping[int, Match]) -> int | None:
    """The place of the header that is one of `synonyms` with words about VAT or a currency: without VAT first.

    None where a plain header is to be looked for, because none has such words or a plain one stands beside one with VAT.
    """
    known = {fold(synonym): rank for rank, synonym in enumerate(synonyms)}
    ranked = []
    for place, header in enumerate(headers):
        bare = _IN_CURRENCY.sub(" ", _WITHOUT_VAT.sub(" ", _WITH_VAT.sub(" ", header) if says_vat(header) else header))
        rank = known.get(fold(header), known.get(fold(bare)))
        if place not in found and rank is not None:
            ranked.append(({False: 0, None: 1, True: 2}[says_vat(header)], rank, place, fold(header) in known))
    best = min(ranked, default=None)
    return best[2] if best and not (best[3] and best[0] == 1) else None


# Headers that mean something only side by side: a column called T or x says nothing alone.
_TOGETHER = {"customers": (frozenset({"repeat_purchases", "recency_weeks", "age_weeks"}),)}


def is_recommendation(header: str) -> bool:
    """Whether a question asks how likely the respondent is to recommend."""
    words = re.sub(r"[_\W]+", " ", header.casefold())
    return re.search(r"recomm|recomend|\bnps\b|net promoter|empfehl|מליצ|המלצ", words) is not None


@lru_cache(maxsize=20_000)
def _reads(pattern: str, header: str) -> bool:
    return re.fullmatch(pattern, header.strip()) is not None


@lru_cache(maxsize=20_000)
def _nearly(header: str, table: str) -> str | None:
    """The column whose folded header is as good as this one, both long enough to tell."""
    # `Requester` is near `Requester ID`, and means something else.
    near = _long_words(table, header.endswith("id"))
    best = process.extractOne(header, list(near), scorer=fuzz.ratio, score_cutoff=90) if len(header) >= 6 else None
    return near[best[0]] if best else None


@lru_cache
def _long_words(table: str, is_number: bool) -> Mapping[str, str]:
    """The column of each folded header that is long enough to be nearly another."""
    named = {fold(synonym): name for name, synonyms in GENERIC.headers.get(table, {}).items() for synonym in synonyms}
    return {word: name for word, name in named.items() if len(word) >= 6 and word.endswith("id") == is_number}


def apply(
    text: TextTable, table: str, wanted: Mapping[str, str | None], mapping: dict[int, Match], *, strict: bool = True
) -> None:
    """Put the person's own word over ours."""
    names = {column.name for column in targets(table)}
    for header, name in wanted.items():
        places = [i for i, own in enumerate(text.headers) if own == header] or [
            i for i, own in enumerate(text.headers) if fold(own) == fold(header)
        ]
        if not places or (name is not None and name not in names and not strict):
            continue
        if name is not None and name not in names:
            raise RequestProblem(
                say("{field} is not a column of {table}.", field=name, table=table),
                say("Its columns are: {columns}.", columns=", ".join(sorted(names))),
            )
        for place in [place for place, match in mapping.items() if match[0] == name and name is not None]:
            del mapping[place]
        mapping[places[0]] = (name, "sure" if name else "aside", say("As you chose."))


# Headers that say which of any rows, and so mean the deal in a file of deals.
_BARE = {"deal_id": ("id", "no", "number", "מספר", "מזהה"), "deal_name": ("name", "title", "subject", "שם", "נושא")}
BY_BARE = say("The file holds deals, so it is the deal's.")


def find_by_content(
    database: duckdb.DuckDBPyConnection,
    text: TextTable,
    table: str,
    mapping: dict[int, Match],
    samples: Sequence[tuple[str, ...]],
) -> dict[int, Match]:
    """Fill what a table cannot do without, and what cells show plainly, where no header says it."""
    found = dict(mapping)

    def have(*names: str) -> bool:
        return any(match[0] in names for match in found.values())

    def take(name: str, place: int | None, reason: Message) -> None:
        if place is not None and not have(name):
            found[place] = (name, "check", reason)

    free = [place for place in range(len(text.headers)) if place not in found]
    if table == "deals":
        if not have("stage", "status", "is_won"):
            place = stage_by_content([samples[i] if i in free else () for i in range(len(samples))])
            if place is not None:
                reason = say("Its cells are names of stages, such as {example}.", example=samples[place][0])
                take("stage", place, reason)
        if not have("deal_id", "deal_name"):
            for name, words in _BARE.items():
                take(name, next((i for i in free if i not in found and fold(text.headers[i]) in words), None), BY_BARE)
        if not have("deal_id", "deal_name"):
            place = next((i for i in free if i not in found and samples[i] and _is_unique(database, text, i)), None)
            take("deal_id", place, say("Every row has another value in it."))
        if have("deal_id"):
            place = next((i for i in free if i not in found and fold(text.headers[i]) in _BARE["deal_name"]), None)
            take("deal_name", place, BY_BARE)
        else:  # a column called No may count the rows of this file only; without a number, the same deal comes in again
            own = [i for i in free if i not in found and samples[i] and fold(text.headers[i]) == "id"]
            take("deal_id", next((i for i in own if _is_unique(database, text, i)), None), BY_BARE)
    if table in _EMAILS:
        place = next((i for i in free if is_email(samples[i])), None)
        if place is not None:
            take("email", place, say("Its cells are email addresses, such as {example}.", example=samples[place][0]))
    if table in _DATES and not have(*_DATES[table]):
        place = next((i for i in free if i not in found and is_dated(samples[i])), None)
        if place is not None:
            reason = say("Its cells are dates, such as {example}.", example=samples[place][0])
            take(_DATES[table][0], place, reason)
    if table == "orders":
        known = {match[0]: place for place, match in found.items()}
        if not {"quantity", "unit_price"} <= set(known) or not {"quantity", "amount"} <= set(known):
            places = [
                i for i in range(len(samples)) if i in free or found[i][0] in ("quantity", "unit_price", "amount")
            ]
            triple = product_of(database, text, places, samples)
            for name, place in zip(("quantity", "unit_price", "amount"), triple or (), strict=False):
                if place not in found:
                    take(name, place, say("One column times another gives a third: quantity, price and amount."))
    if table in _MONEY and not have(_MONEY[table]):
        paid = [i for i in free if i not in found and is_money(samples[i])]
        if len(paid) == 1:
            reason = say("Its cells are sums of money, such as {example}.", example=samples[paid[0]][0])
            take(_MONEY[table], paid[0], reason)
    if table == "survey_responses" and not have("score", "nps_score"):
        place = next((i for i in free if i not in found and is_score(samples[i])), None)
        take("score", place, say("Its cells are whole numbers from 0 to 10."))
    return found


# What is looked for by content, by table.
_EMAILS = frozenset({"contacts", "leads", "people", "survey_responses", "survey_invitations"})
_DATES = {
    "orders": ("ordered_at",),
    "survey_responses": ("answered_at",),
    "survey_invitations": ("sent_at",),
    "activities": ("happened_at", "due_at", "done_at", "planned_on"),
    "subscriptions": ("started_on",),
    "cases": ("opened_at",),
    "deal_changes": ("changed_at",),
}
_MONEY = {"deals": "amount", "orders": "amount", "products": "list_price"}
_SIGN = re.compile(r"₪|\$|€|£|ש\"ח|ש״ח|\b(?:NIS|ILS|USD|EUR|GBP)\b", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# A triple of columns is looked for in this many rows, among this many columns of numbers.
_LOOKED_AT = 400
_MOST_NUMBERS = 12


def is_email(cells: Sequence[str]) -> bool:
    return bool(cells) and sum(_EMAIL.fullmatch(cell.strip()) is not None for cell in cells) >= 0.9 * len(cells)


def is_dated(cells: Sequence[str]) -> bool:
    return bool(cells) and all(DATE.match(cell) for cell in cells[:20])


def is_money(cells: Sequence[str]) -> bool:
    """Whether the cells are numbers with the sign of a currency."""
    return bool(cells) and all(_SIGN.search(cell) and any(map(str.isdigit, cell)) for cell in cells[:20])


def is_score(cells: Sequence[str]) -> bool:
    """Whether the different cells are whole numbers from 0 to 10, with an end of that scale among them."""
    scale = {str(number) for number in range(11)}
    return len(cells) >= 3 and set(cells) <= scale and bool({"0", "10"} & set(cells))


def product_of(
    database: duckdb.DuckDBPyConnection,
    text: TextTable,
    places: Sequence[int],
    samples: Sequence[tuple[str, ...]],
) -> tuple[int, int, int] | None:
    """The places of a quantity, a price and an amount: in nearly every row the first times the second is the third."""
    numbers = [
        i for i in places if len(samples[i]) > 1 and all(re.fullmatch(r"-?[\d,]*\.?\d+", cell) for cell in samples[i])
    ]
    numbers = numbers[:_MOST_NUMBERS]
    if len(numbers) < 3:
        return None
    columns = ", ".join(f"try_cast(replace(c{i}, ',', '') AS DOUBLE)" for i in numbers)
    rows = database.execute(f"SELECT {columns} FROM {quoted(text.relation)} LIMIT {_LOOKED_AT}").fetchall()
    for one, other, result in permutations(range(len(numbers)), 3):
        whole = [row for row in rows if None not in (row[one], row[other], row[result])]
        if not all(float(row[one]).is_integer() for row in whole):
            continue
        right = sum(abs(row[one] * row[other] - row[result]) < 0.011 for row in whole)
        # Where all quantities are one, or all amounts nothing, it says nothing.
        told = len({row[one] for row in whole}) > 1 and len({row[result] for row in whole}) > 2
        if told and len(whole) >= 3 and right >= 0.95 * len(whole):
            return numbers[one], numbers[other], numbers[result]
    return None


def _is_unique(database: duckdb.DuckDBPyConnection, text: TextTable, place: int) -> bool:
    row = database.execute(f"SELECT count(*), count(DISTINCT c{place}) FROM {quoted(text.relation)}").fetchone()
    return bool(row and row[0] and row[0] == row[1])


# Words that are said of deals; "dead" and "success" are said of much else.
_OF_DEALS = frozenset(
    ("won", "closedwon", "lost", "closedlost", "זכייה", "זכינו", "הפסד", "הפסדנו", "נסגרבהצלחה", "נסגרללאהצלחה")
)


def stage_by_content(samples: Sequence[tuple[str, ...]]) -> int | None:
    """The column whose few words say how deals ended: one that is said of deals only, or two that mean different ends."""
    for place, cells in enumerate(samples):
        words = {fold(cell) for cell in cells}
        meanings = {STATUS_OF[word] for word in words if word in STATUS_OF}
        if 2 <= len(words) <= 15 and (words & _OF_DEALS or len(meanings) > 1):
            return place
    return None
