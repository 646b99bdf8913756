"""Words, numbers and dates as the reader's language writes them."""

from datetime import date, datetime

import pytest

from data.messages import say, say_n
from ui import locale as locales
from ui.locale import Locale

EN, HE = Locale("en", "ILS"), Locale("he", "ILS")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (840, "₪840"),
        (310_000, "₪310K"),
        (1_420_000, "₪1.42M"),
        (46_200_000, "₪46.2M"),
        (7_400_000, "₪7.40M"),
        (999_999, "₪1M"),
        (999_499, "₪999K"),
        (1.5, "₪1.50"),
        (0, "₪0"),
        (1_234_567_890, "₪1.23B"),
        (99_960, "₪100K"),
        (27_240, "₪27.2K"),
    ],
)
def test_money_has_three_digits_at_most(value, said):
    assert EN.money(value) == said


def test_money_is_exact_in_tables():
    assert EN.money_exact(1234567.5) == "₪1,234,567.50"
    assert EN.money_exact(-12) == "−₪12"


def test_each_row_can_have_its_own_currency():
    assert EN.money(1200, "USD") == "$1.20K".replace("1.20K", "1.2K")
    assert EN.money(1200, "CHF") == "CHF 1.2K"
    assert Locale("en").money(1200) == "1.2K"
    assert EN.money(1200, "") == EN.money(1200, "XXX") == "1.2K"


def test_shares_have_a_digit_only_under_ten_percent():
    assert [EN.share(value) for value in (0.494, 0.049, 0.0996, 0, 1)] == ["49%", "4.9%", "10%", "0%", "100%"]


def test_nothing_to_divide_by_is_a_dash():
    assert EN.share(None) == EN.money(float("nan")) == EN.days(None) == EN.shares(None, None) == "–"


def test_a_minus_is_a_minus():
    assert EN.count(-1234) == "−1,234"
    assert EN.points(-11, 0) == "−11 pts"
    assert EN.points(4.6) == "+4.6 pts"
    assert EN.points(-0.04) == EN.points(0.0) == "0.0 pts"
    assert (EN.change(-0.141), EN.change(0.021)) == ("−14%", "+2.1%")


def test_a_nought_has_no_sign():
    assert [EN.money(value, signed=True) for value in (0.0, -0.0, -0.001, 5, -5)] == ["₪0", "₪0", "₪0", "+₪5", "−₪5"]
    assert [EN.change(value) for value in (0.0, -0.0, -0.0001)] == ["0%", "0%", "0.0%"]


def test_an_interval_has_one_unit():
    assert EN.shares(0.43, 0.56) == "43–56%"
    assert EN.shares(0.021, 0.034) == "2.1–3.4%"
    assert EN.shares(0.9997, 1.0) == "99.97–100%"
    assert EN.shares(0.97, 1.0) == "97–100%"
    assert EN.days_between(118.2, 1133.0) == "118–1,133 d"
    assert (EN.days_between(0.5, 4.0), EN.days_between(4.0, 8.0)) == ("0.5–4.0 d", "4–8 d")
    assert EN.days_between(14.6, 15.4) == "14.6–15.4 d"
    assert EN.between(EN.money(610_000), EN.money(2_310_000)) == "₪610K–2.31M"
    assert EN.between(EN.money(-120_000), EN.money(830_000)) == "−₪120K–₪830K"


def test_numbers_keep_their_direction_in_hebrew():
    for said in (HE.count(-12), HE.share(0.5), HE.money(-5), HE.shares(0.1, 0.2), HE.change(-0.2)):
        assert said[0] == "\u2066"
        assert said[-1] == "\u2069"


def test_dates():
    assert EN.day(date(2026, 9, 5)) == "5 Sep 2026"
    assert HE.day(date(2026, 11, 14)) == "14 בנוב׳ 2026"
    assert EN.month(date(2026, 11, 1)) == "Nov 26"
    assert EN.moment(datetime(2026, 11, 14, 7, 5)) == "14 Nov 2026, 07:05"


def test_a_sentence_from_the_data_is_said_with_values_as_the_language_writes_them():
    assert EN.say(say("Line {line}, {share}.", line=1902, share=0.25)) == "Line 1,902, 0.25."
    assert EN.say(say_n("{n} row", "{n} rows", 1)) == "1 row"
    assert EN.say(say_n("{n} row", "{n} rows", 1200)) == "1,200 rows"
    assert EN.say(say("On {day}.", day=date(2026, 1, 2))) == "On 2 Jan 2026."
    assert EN.say(say("Since {why}.", why=say("it is"))) == "Since it is."


def test_translations_come_from_the_catalogue(tmp_path, monkeypatch):
    folder = tmp_path / "he" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "Funnel"\nmsgstr "משפך"\n\n'
        'msgid "{n} deal"\nmsgid_plural "{n} deals"\nmsgstr[0] "עסקה אחת"\nmsgstr[1] "{n} עסקאות"\n',
        "utf-8",
    )
    monkeypatch.setattr(locales, "CATALOGS", tmp_path)
    locales.catalog.cache_clear()
    try:
        assert HE._("Funnel") == "משפך"
        assert HE._("Unknown") == "Unknown"
        assert HE.n_("{n} deal", "{n} deals", 1) == "עסקה אחת"
        assert HE.n_("{n} deal", "{n} deals", 1200) == "\u20661,200\u2069 עסקאות"
        assert HE.say(say_n("{n} deal", "{n} deals", 2)) == "\u20662\u2069 עסקאות"
    finally:
        locales.catalog.cache_clear()


def test_names_lose_what_would_turn_the_words_around_them():
    assert EN.name("a\u202eb\u2066c") == "abc"
    assert HE.name("דנה\u202e") == "\u2068דנה\u2069"
