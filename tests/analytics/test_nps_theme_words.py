"""Words of comments: the same in the engine and in Python, Hebrew without what is written on to it, and no word cut by accident."""

import ibis
import pytest

from analytics.nps.themes.hebrew import folded, written
from analytics.nps.themes.keyness import themes_of
from analytics.nps.themes.matching import marked
from analytics.nps.themes.stems import NEGATION, shown, stems
from analytics.nps.themes.text import normal, normal_text, words_of
from data.engine import Engine
from data.theme_list import STARTER, Theme

TEXTS = {
    "The Delivery was LATE, again!!": "the delivery was late again",
    "doesn't work, can’t log-in": "doesnt work cant log in",
    "see https://x.co/a?b=1 or www.y.com and mail me@z.co.il 5 times": "see or and mail times",
    "שָׁלוֹם עוֹלָם": "שלום עולם",
    "מנכ\"ל ומנכ״ל, צ'יפס וז׳קט": "מנכל ומנכל ציפס וזקט",
    "בית־ספר ארבע-פעמים": "בית ספר ארבע פעמים",
    "איחור של 3 ימים 😡🚚": "איחור של ימים",
    "\u202eabc\u202c d\u200fe\u00adf": "abc def",
    "a,b;c|d=e'f": "a b c d ef",
    "naïve café Ünïted": "naïve café ünïted",
    "😀 123 …": "",
    "": "",
    "%_\\(.*)[a-z]+|$^": "a z",
}


def known(*words):
    return dict.fromkeys(words, 1)


def stem(word, *others, **counts):
    return shown(stems(known(word, *others) | counts).get(word, ""))


def test_a_comment_has_the_same_words_in_the_engine_and_in_python():
    engine = Engine.in_memory(
        {"survey_responses": {"response_id": [str(n) for n in range(len(TEXTS))], "comment": list(TEXTS)}}
    )
    rows = engine.tables.survey_responses
    found = engine.run(rows.select(rows.comment, words=normal(rows.comment)))
    assert dict(zip(found["comment"], found["words"], strict=True)) == TEXTS
    assert {text: normal_text(text) for text in TEXTS} == TEXTS


def test_words_know_their_place():
    text = "Hi, מנכ\"ל לֹא me@x.co doesn't"
    assert [(word.word, text[word.start : word.end]) for word in words_of(text)] == [
        ("hi", "Hi"), ("מנכל", 'מנכ"ל'), ("לא", "לֹא"), ("doesnt", "doesn't"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "beside", "what"),
    [
        ("שהמשלוח", ["משלוח"], "משלוח"),
        ("וכשהמשלוחים", ["משלוח"], "משלוח"),
        ("במחיר", ["מחיר"], "מחיר"),
        ("לסורקים", ["סורק"], "סורק"),
        ("סוללת", ["סוללה"], "סוללה"),
        ("סוללות", ["סוללה"], "סוללה"),
        ("זמני", ["זמן"], "זמן"),
        ("תוכנתכם", ["תוכנה"], "תוכנה"),
        # Nothing is cut where what is left is no word of theirs,
        ("מחיר", ["המחירון"], "מחיר"),
        ("שירות", ["שירותים"], "שירות"),
        ("משלוח", [], "משלוח"),
        ("הזמנה", ["הזמן"], "הזמנה"),
        # nor where the word takes the article and so is a word by itself,
        ("מידע", ["ידע", "המידע"], "מידע"),
        ("מספר", ["ספר", "המספר"], "מספר"),
        # nor down to a word of grammar.
        ("מאחרת", ["אחרת"], "מאחרת"),
    ],
)
def test_hebrew_loses_only_what_was_written_on_to_it(word, beside, what):
    assert stem(word, *beside) == what


def test_a_short_word_must_be_seen_as_often_as_what_it_is_taken_from():
    assert stem("ביקר", יקר=1) == "יקר"
    assert shown(stems({"ביקר": 5, "יקר": 1})["ביקר"]) == "ביקר"


@pytest.mark.parametrize(
    ("word", "beside", "what"),
    [
        ("deliveries", ["delivery"], "delivery"), ("prices", ["price"], "price"), ("working", ["work"], "work"), ("charging", ["charge"], "charge"),
        ("stopped", ["stop"], "stop"), ("boss", ["bos"], "boss"), ("previous", [], "previous"), ("bring", ["br"], "bring"),
    ],
)  # fmt: skip
def test_english_is_brought_to_a_word_that_is_there(word, beside, what):
    assert stem(word, *beside) == what


def test_words_of_grammar_say_nothing_and_negations_only_with_the_next_word():
    found = stems(known("the", "את", "שאת", "והוא", "late", "not", "doesnt", "לא", "ולא", "ללא", "x", "y" * 50))
    assert set(found) == {"late", "not", "doesnt", "לא", "ולא", "ללא"}
    assert found["doesnt"] == found["not"] == f"{NEGATION}not" and found["ולא"] == found["לא"] == f"{NEGATION}לא"


def test_final_letters_come_back():
    assert folded("זמן") == "זמנ" and written("זמנ") == "זמן" and written("מ") == "מ"


# themes


def about(comment, *words):
    return bool(themes_of(comment, [Theme("T", words)]))


def test_a_theme_finds_its_words_with_what_is_written_on_to_them_and_their_endings():
    assert all(about(said, "משלוח") for said in ("המשלוח איחר", "שבמשלוח", "ומשלוחים", "כשהמשלוחים", "משלוחי"))
    assert all(about(said, "סוללה") for said in ("סוללת הסורק", "הסוללות", "וסוללותיהם"))
    assert all(about(said, "זמן") for said in ("זמן", "הזמנים", "זמני"))
    assert all(
        about(said, "delivery", "charge", "bug", "wait") for said in ("Deliveries", "charging!", "BUGS", "we waited")
    )
    assert not any(about(said, "fee") for said in ("feed", "feel", "coffee"))
    assert not about("ביקר אצלנו", "יקר") and about("היקר", "יקר")
    assert not about("במחיר", "חיר") and not about("delivered", "liver")


def test_phrases_and_any_ending():
    assert about("זה לא עובד", "לא עובד") and not about("זה עובד", "לא עובד") and not about("לא תמיד עובד", "לא עובד")
    assert about("not working", "not working") and about("it's not-working", "not working")
    assert (
        about("התקלקלה אתמול", "התקלקל*")
        and about("deliverability", "deliver*")
        and not about("undelivered", "deliver*")
    )
    assert not about("anything", "") and not about("anything", "123")


def test_no_word_of_people_is_a_pattern():
    for word in ("a.*", "(", "[a-z]", "a|b", "\\", "' OR 1=1 --"):
        assert not about("xyz", word)
    rows = ibis.table({"comment": "string"}, name="t")
    assert "1=1" not in Engine.sql(rows.filter(normal(rows.comment) == "x"))


def test_marked_words_are_parts_of_the_comment():
    said = "The DELIVERY, was late; deliveries!"
    parts = marked(said, [Theme("T", ("delivery", "was late"))])
    assert "".join(part for part, _is in parts) == said
    assert [part for part, is_word in parts if is_word] == ["DELIVERY", "was late", "deliveries"]
    hebrew = "הַמִּשְׁלוֹחַ איחר 😡"
    assert [part for part, is_word in marked(hebrew, STARTER[:1]) if is_word] == ["הַמִּשְׁלוֹחַ"]
    assert marked("", STARTER) == [] and marked("😀", STARTER) == [("😀", False)]


# What somebody else's customers write, with the theme a person would put it under. Written without looking at the list.
UNSEEN = {
    "המשלוח הגיע באיחור של שבוע": "Delivery", "עדיין מחכים לחלק מההזמנה, חסר במלאי": "Delivery", "השליח לא הגיע": "Delivery",
    "We still wait for the shipment": "Delivery", "courier lost our box": "Delivery", "out of stock again": "Delivery",
    "יקר לי מדי": "Price", "ההנחה שקיבלנו בוטלה": "Price", "המתחרים זולים יותר": "Price", "way overpriced": "Price", "cheaper elsewhere": "Price",
    "הנציגה הייתה אדיבה": "Service and support", "טכנאים מקצועיים": "Service and support", "friendly staff": "Service and support",
    "המערכת נתקעת אחרי השדרוג": "Software", "האתר לא עולה": "Software", "app keeps crashing": "Software", "sync is broken since the upgrade": "Software",
    "החשבונית לא תואמת": "Invoices and payment", "חויבנו פעמיים": "Invoices and payment", "the invoices are a mess": "Invoices and payment",
    "המטען לא עובד": "Battery and charging", "batteries drain": "Battery and charging",
    "מסובך לתפעל": "Ease of use", "very intuitive": "Ease of use", "לא ענו לנו לטלפון": "Waiting for answers", "nobody called back": "Waiting for answers",
}  # fmt: skip


def test_the_first_list_finds_the_themes_of_comments_it_was_not_made_for():
    missed = [said for said, theme in UNSEEN.items() if theme not in themes_of(said, STARTER)]
    assert missed == []
