"""Themes that comments themselves suggest: words that are often in the same comment, found by factoring what goes with what."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.filters import Filters
from analytics.nps.answers import tallied
from analytics.nps.themes.comments import MOST_READ, commented, list_distinct, sample
from analytics.nps.themes.keyness import of_comments, stems_of, written_of
from analytics.nps.themes.matching import is_about
from analytics.nps.themes.stems import shown
from analytics.nps.trend import tally_of, told
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows, whole
from data.tables import Tables
from data.theme_list import STARTER, Theme

COLUMNS = (
    "suggested", "suggested_words", "n", "not_in_themes", "comments", "promoters", "passives", "detractors", "nps", "low", "high",
)  # fmt: skip
LEAST_MENTIONS = 10
_MOST_TERMS, _MOST_THEMES, _MOST_WORDS, _WORDS_A_THEME = 120, 8, 8, 4
# A word belongs to a theme where it weighs at least this part of the theme's heaviest.
_LEAST_WEIGHT = 0.3


def theme_suggestions(
    tables: Tables, filters: Filters, themes: tuple[Theme, ...] = STARTER, only_others: bool = True, least: int = LEAST_MENTIONS,
    most_read: int = MOST_READ,
) -> Question:  # fmt: skip
    """One row a suggested theme, the one with most comments first: its name (its heaviest word) and its words. Columns: `COLUMNS`.

    With `only_others` it is learnt from the comments that mention none of `themes`, else from all. The similarity of two words is
    the cosine of the comments that hold them; it is factored by non-negative matrix factorisation (Lee and Seung 1999) from a fixed
    start, so the same comments suggest the same. `n` comments mention it, `not_in_themes` of them none of `themes`.
    """
    every = commented(tables, filters)
    others: ir.BooleanValue = ibis.literal(True)
    for theme in themes:
        others = others & ~is_about(every.text, theme)
    comments = every.filter(others) if only_others else every

    def read(answers: Answers) -> ir.Table:
        return sample(comments, whole(rows(answers["counted"])[0]["comments"]), most_read)

    def vocabulary(answers: Answers) -> Mapping[str, ir.Table]:
        each = read(answers).select(word=list_distinct(_.words.split(" ")).unnest())
        return {"words": each.group_by("word").agg(n=_.count()).order_by(_.n.desc(), _.word).limit(_MOST_TERMS * 20)}

    def together(answers: Answers) -> Mapping[str, ir.Table]:
        written = written_of(stems_of(answers, themes), answers, least)
        return {"together": _together(read(answers), written, least)} if written else {}

    def counted(answers: Answers) -> Mapping[str, ir.Table]:
        return {f"theme_{place}": _of_theme(every, theme, others) for place, theme in enumerate(learnt(answers))}

    def finish(answers: Answers) -> pd.DataFrame:
        return _told(answers, learnt(answers))

    asks = {"counted": comments.agg(comments=_.count()), "every": every.agg(comments=_.count())}
    return Question(asks, finish, (vocabulary, together, counted))


def _together(found: ir.Table, written: str, least: int) -> ir.Table:
    """How many comments hold two words, `one` and `other`, of those most comments hold; of a word with itself, how many hold it."""
    each = of_comments(found, written).filter(~_.is_phrase).select("doc", "term").distinct()
    seen = each.group_by("term").agg(n=_.count()).filter(_.n >= least).order_by(_.n.desc(), _.term).limit(_MOST_TERMS)
    kept = each.semi_join(seen, "term")
    pairs = kept.select("doc", one="term").inner_join(kept.select("doc", other="term"), "doc")
    return pairs.group_by("one", "other").agg(n=_.count())


def _of_theme(every: ir.Table, theme: Theme, others: ir.BooleanValue) -> ir.Table:
    found = every.mutate(is_other=others).filter(is_about(every.text, theme))
    return tallied(found).cross_join(found.agg(not_in_themes=_.is_other.sum()))


def learnt(answers: Answers) -> list[Theme]:
    """The themes that the words of comments fall into."""
    if "together" not in answers:
        return []
    pairs = rows(answers["together"])
    terms = sorted({row["one"] for row in pairs})
    place = {term: at for at, term in enumerate(terms)}
    counts = np.zeros((len(terms), len(terms)))
    for row in pairs:
        counts[place[row["one"]], place[row["other"]]] = whole(row["n"])
    return [_theme([terms[at] for at in of], {terms[at]: counts[at, at] for at in of}) for of in _clusters(counts)]


def _clusters(counts: NDArray[np.float64]) -> list[list[int]]:
    """The words of each cluster by their place, the heaviest first; a word is in the one where it weighs most."""
    n = len(counts)
    themes = min(_MOST_THEMES, n // _WORDS_A_THEME)
    if themes < 2:
        return [sorted(range(n), key=lambda at: -counts[at, at])[:_MOST_WORDS]] if n else []
    from sklearn.decomposition import NMF

    held = np.sqrt(np.diag(counts))
    weights = NMF(themes, init="nndsvda", max_iter=1000, random_state=1).fit_transform(counts / np.outer(held, held))
    found = []
    for theme in range(themes):
        own = weights[:, theme]
        of = [at for at in np.argsort(-own, kind="stable").tolist()
              if own[at] > 0 and own[at] >= _LEAST_WEIGHT * own.max() and weights[at].argmax() == theme]  # fmt: skip
        if of:
            found.append(of[:_MOST_WORDS])
    return found


def _theme(terms: list[str], held: Mapping[str, float]) -> Theme:
    """The words, named by the two that most comments hold."""
    commonest = sorted(terms, key=lambda term: -held[term])[:2]
    return Theme(" ".join(map(shown, commonest)), tuple(dict.fromkeys(map(shown, terms))))


def _told(answers: Answers, themes: list[Theme]) -> pd.DataFrame:
    made: list[Row] = []
    comments = whole(rows(answers["every"])[0]["comments"])
    for place, theme in enumerate(themes):
        row = rows(answers[f"theme_{place}"])[0]
        made.append(
            {"suggested": theme.name, "suggested_words": ", ".join(theme.words), "comments": comments,
             "not_in_themes": whole(row["not_in_themes"])} | told(tally_of(row))
        )  # fmt: skip
    made.sort(key=lambda row: (-row["n"], row["suggested"]))
    return frame(made, COLUMNS)
