"""The words and phrases that detractors write more often than promoters, and the other way round."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, normal_p
from analytics.nps.answers import DETRACTOR, PASSIVE, PROMOTER
from analytics.nps.themes.comments import MOST_READ, commented, list_distinct, sample
from analytics.nps.themes.matching import pattern
from analytics.nps.themes.stems import NEGATION, shown, stems
from analytics.nps.themes.text import normal_text
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows, whole, with_q_values
from data.tables import Tables
from data.theme_list import STARTER, Theme

COLUMNS = (
    "term", "is_phrase", "n", "promoters", "passives", "detractors", "promoter_share", "detractor_share", "term_odds", "term_low",
    "term_high", "said_by", "p_value", "q_value", "tests", "in_themes", "comments_read", "comments",
)  # fmt: skip
LEAST_MENTIONS = 10
# How much the prior weighs, in comments on either side: as many as hold each word as often as all comments do.
PRIOR = 10.0
REAL = 0.05
_MOST_WORDS = 60_000
_VOTES = {"promoters": PROMOTER, "passives": PASSIVE, "detractors": DETRACTOR}


def nps_keyness(
    tables: Tables, filters: Filters, themes: tuple[Theme, ...] = STARTER, least: int = LEAST_MENTIONS,
    most_read: int = MOST_READ,
) -> Question:  # fmt: skip
    """One row a word or phrase of two words that is in at least `least` comments, the surest difference first. Columns: `COLUMNS`.

    A comment counts once, however often it says a word. `term_odds` is the odds of a detractor's comment to hold the term, for each
    of a promoter's, by log odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008); with fewer than 30 comments
    of either there is no test. Beyond `most_read` comments a sample of that size is read: `comments_read` says how many.
    """
    comments = commented(tables, filters)
    first = {"counted": comments.agg(comments=_.count())}

    def read(answers: Answers) -> ir.Table:
        return sample(comments, whole(rows(answers["counted"])[0]["comments"]), most_read)

    def vocabulary(answers: Answers) -> Mapping[str, ir.Table]:
        found = read(answers)
        each = found.select(word=list_distinct(found.words.split(" ")).unnest())
        seen = each.group_by("word").agg(n=_.count()).order_by(_.n.desc(), _.word).limit(_MOST_WORDS)
        return {"words": seen, "sides": _by_vote(found, [])}

    def terms(answers: Answers) -> Mapping[str, ir.Table]:
        written = written_of(stems_of(answers, themes), answers, least)
        return {"terms": _terms(read(answers), written, least)} if written else {}

    def finish(told: Answers) -> pd.DataFrame:
        return _told(told, themes)

    return Question(first, finish, (vocabulary, terms))


def _by_vote(found: ir.Table, by: Sequence[str]) -> ir.Table:
    return found.agg(n=_.count(), **{name: (_.vote == vote).sum().fill_null(0) for name, vote in _VOTES.items()}, by=list(by))  # fmt: skip


def known_words(themes: Sequence[Theme]) -> frozenset[str]:
    """The single words of themes."""
    return frozenset(word for theme in themes for phrase in theme.words for word in normal_text(phrase).split())


def stems_of(answers: Answers, themes: Sequence[Theme]) -> dict[str, str]:
    counts = {row["word"]: whole(row["n"]) for row in rows(answers["words"])}
    return stems(counts, known_words(themes))


def written_of(found: Mapping[str, str], answers: Answers, least: int) -> str:
    """The stems that may be said often enough, as text for the engine: `word=stem|word=stem`; "" where there is none."""
    seen: dict[str, int] = {}
    for row in rows(answers["words"]):
        if stem := found.get(row["word"]):
            seen[stem] = seen.get(stem, 0) + whole(row["n"])
    kept = [f"{word}={stem}" for word, stem in found.items() if seen.get(stem, 0) >= least or stem.startswith(NEGATION)]
    return "|".join(kept)


def of_comments(found: ir.Table, written: str) -> ir.Table:
    """One row a comment and term in it: `doc, vote, term, is_phrase, said`. Phrases are two such words, one right after the other."""
    pairs = ibis.literal(written).split("|").unnest().name("pair").as_table()
    parts = pairs.pair.split("=")
    stem_of = pairs.select(word=parts[0], stem=parts[1])
    numbered = found.select("vote", words=found.words.split(" ")).mutate(doc=ibis.row_number())
    every = numbered.select("doc", "vote", word=numbered.words.unnest(), following=numbered.words[1:].unnest())
    own = every.inner_join(stem_of, "word").select("doc", "vote", "word", "following", "stem")
    next_of = stem_of.select(following="word", next_stem="stem")
    pairs_ = own.inner_join(next_of, "following").select("doc", "vote", "word", "following", "stem", "next_stem")
    single = own.filter(~_.stem.startswith(NEGATION)).select(
        "doc", "vote", term=_.stem, is_phrase=ibis.literal(False), said=_.word
    )
    phrase = pairs_.filter(~_.next_stem.startswith(NEGATION), _.stem != _.next_stem).select(
        "doc", "vote", term=_.stem + " " + _.next_stem, is_phrase=ibis.literal(True), said=_.word + " " + _.following
    )
    return single.union(phrase)


def _terms(found: ir.Table, written: str, least: int) -> ir.Table:
    """One row a term that at least `least` comments hold: how many, by vote, and how it is mostly said."""
    each = of_comments(found, written).group_by("doc", "term", "is_phrase").agg(vote=_.vote.max(), said=_.said.min())
    counted = each.group_by("term", "is_phrase").agg(
        n=_.count(),
        said=_.said.mode(),
        **{name: (_.vote == vote).sum().fill_null(0) for name, vote in _VOTES.items()},
    )
    return counted.filter(_.n >= least)


def log_odds(
    one: int, of_one: int, other: int, of_other: int, share: float, prior: float = PRIOR
) -> tuple[float, float]:
    """The log odds ratio of two shares and its standard error, both drawn to `share` by `prior` cases each.

    Monroe, Colaresi and Quinn (2008), equations 16 and 22, for comments that hold a word or do not.
    """
    a, b = prior * share, prior * (1 - share)
    cells = (one + a, of_one - one + b, other + a, of_other - other + b)
    found = math.log(cells[0] / cells[1]) - math.log(cells[2] / cells[3])
    return found, math.sqrt(sum(1 / cell for cell in cells))


def _told(answers: Answers, themes: Sequence[Theme]) -> pd.DataFrame:
    sides = rows(answers["sides"])[0]
    of_promoters, of_detractors, read = (whole(sides[name]) for name in ("promoters", "detractors", "n"))
    comments = whole(rows(answers["counted"])[0]["comments"])
    made: list[Row] = []
    p_values: list[float | None] = []
    for row in rows(answers["terms"]) if "terms" in answers else []:
        detractors, promoters, n = (whole(row[name]) for name in ("detractors", "promoters", "n"))
        said: Row = {
            "term": row["said"] if row["is_phrase"] else shown(row["term"]), "is_phrase": bool(row["is_phrase"]), "n": n,
            "promoters": promoters, "passives": whole(row["passives"]), "detractors": detractors,
            "promoter_share": promoters / of_promoters if of_promoters else None,
            "detractor_share": detractors / of_detractors if of_detractors else None,
            "comments_read": read, "comments": comments,
        }  # fmt: skip
        p = None
        if of_promoters and of_detractors and n < read:
            odds, error = log_odds(detractors, of_detractors, promoters, of_promoters, n / read)
            said |= {"term_odds": math.exp(odds), "term_low": math.exp(odds - Z * error), "term_high": math.exp(odds + Z * error),
                     "said_by": "detractors" if odds > 0 else "promoters", "order": -abs(odds / error)}  # fmt: skip
            if min(of_promoters, of_detractors) >= LEAST_TESTED:
                p = normal_p(odds / error)
        said["in_themes"] = ", ".join(themes_of(str(row["said"]), themes)) or None
        said["p_value"] = p
        made.append(said)
        p_values.append(p)
    with_q_values(made, p_values)
    made.sort(key=lambda row: (row.get("order", 0.0), -row["n"], row["term"]))
    return frame(made, COLUMNS)


def themes_of(words: str, themes: Sequence[Theme]) -> list[str]:
    """The names of the themes that some words are of."""
    return [
        theme.name for theme in themes if (of := pattern(theme)) and re.search(f" {of} ", f" {normal_text(words)} ")
    ]
