"""Which words are one: the plural and the singular, the Hebrew word with "the" and without. Words of grammar are none."""

from __future__ import annotations

from collections.abc import Mapping

from analytics.nps.themes import hebrew


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Kept for what they do to the next word, never told by themselves.
_NEGATIONS = {
    "not": "not no never cannot dont doesnt didnt cant couldnt wont wouldnt isnt arent wasnt werent havent hasnt hadnt shouldnt nobody",
    "without": "without",
    "לא": "לא אינו אינה אינם אינן",
    "אין": "אין",
    "בלי": "בלי ללא",
}
NEGATIONS = {word: meant for meant, words in _NEGATIONS.items() for word in _listed(words)}
NEGATION = "!"  # before a negation among stems

_ENGLISH = _listed("""
a about above after again all also always am an and any anyone are as at be because been before being below between both but by came can
come comes could did do does doing down during each else even ever every few for from further get gets getting give gives go goes going gone got had has have
having he her here hers him his how however i if im in into is it its ive just know like lot made make makes many may me might mine more most much must my
next now of off often on once one only or other others our ours out over own per please quite rather really said same say says see she should since so some
someone something still such take takes than that thats the their them then there theres these they this those though through time times to too two under until up
upon us use used using very want wants was way we well were what when where whether which while who whom whose why will with within would yes yet you your yours
day days week weeks month months year years three ok thing things
""")
_HEBREW = _listed("""
אבל או אולי אחרים אחרות אותו אותה אותם אותנו אותי אז אחד אחת אחר אחרי אחרת אי איזה איך אין אך אל אלא אלה אלו אליו אלינו אלי אם אני אנחנו אנו אף אפשר את אתה אתם בגלל בו בה בהם
בין בכל במשך בעוד בשביל בתוך גם דבר די היא הוא היה היו היתה הייתה היינו הייתי הם הן הנה הרבה הרי ואז ועוד זה זאת זו זהו חוץ יהיה יותר יש ישנו כאשר כאן כבר כדי כזה כזו כך
כי כל כלל כמה כמו כן כפי לא לאחר לגבי להיות לו לה לי לך לכם לנו להם לכל למה לפי לפני לפעמים מאוד מאד מאז מה מהם מהר מול מי מישהו מספיק ממש מן מעל מעט מפני מתוך מתחת נא
סתם עד עוד על עליו עלינו עם עצמו ענין עכשיו פה פחות פעם פעמים צריך קצת רב רבה רבים רק של שלא שלו שלה שלהם שלי שלך שלכם שלנו שם שזה שהוא שהיא שהם שיש שאין תוך תמיד תחת
יום ימים שבוע שבועות שבועיים חודש חודשים שנה שנים שעה שעות שלוש שלושה שני שתי שניים פעמיים בהחלט כאילו בכלל
""")
STOPS = _ENGLISH | _HEBREW
_LEAST = 2  # letters of a word
_LONGEST = 40


def stems(counts: Mapping[str, int], themed: frozenset[str] = frozenset()) -> dict[str, str]:
    """The stem of each word that says something: of itself, or (with `NEGATION` in front) of the next word.

    `counts` are the words of the comments and how often each is seen; `themed` words of the themes, which count as known.
    Hebrew stems are folded: `shown` writes them.
    """
    known: dict[str, int] = {}
    for word, n in counts.items():
        # A word of grammar is nobody's stem: מאחרת (late) is not "from" and אחרת (other).
        if word not in STOPS and word not in NEGATIONS:
            key = hebrew.folded(word)
            known[key] = known.get(key, 0) + n
    for word in themed:
        known.setdefault(hebrew.folded(word), 1)
    return {word: found for word in counts if (found := _stem(word, known))}


def _stem(word: str, known: Mapping[str, int]) -> str:
    if not _LEAST <= len(word) <= _LONGEST:
        return ""
    if word in NEGATIONS:
        return NEGATION + NEGATIONS[word]
    if word in STOPS:
        return ""
    if not hebrew.is_hebrew(word):
        return english(word, known)
    if word[0] in "ושה" and word[1:] in NEGATIONS:
        return NEGATION + NEGATIONS[word[1:]]
    if word[0] in "ושה" and word[1:] in STOPS:
        return ""
    return hebrew.stem(hebrew.folded(word), known)


def english(word: str, known: Mapping[str, int]) -> str:
    """The singular or the plain form of an English word, where that is a word that is known."""
    for end, instead in (("ies", "y"), ("es", "e"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")):  # fmt: skip
        if not word.endswith(end) or word.endswith("ss"):
            continue
        left = word[: -len(end)]
        doubled = left[:-1] if len(left) > 3 and left[-1:] == left[-2:-1] and end in ("ed", "ing") else left
        for base in (left + instead, doubled + instead):
            if len(base) >= 3 and base in known:
                return base
    return word


def shown(stem: str) -> str:
    """A stem as it is written."""
    word = stem.removeprefix(NEGATION)
    return hebrew.written(word) if hebrew.is_hebrew(word) else word
