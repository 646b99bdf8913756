"""The reader's language: words, direction, numbers, dates, money. Knows nothing of Streamlit, so charts can use it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from babel.dates import get_month_names
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_currency_symbol

Language = Literal["en", "he"]
LANGUAGES: dict[Language, str] = {"en": "English", "he": "עברית"}
CATALOGS = Path(__file__).parents[1] / "locales"
HEBREW = re.compile(r"[\u0590-\u05ff]")
# Directional controls in a name would reorder the words around it.
CONTROLS = re.compile(r"[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]|[\x00-\x08\x0b-\x1f\x7f]")
LTR, RTL, POP = "\u2066", "\u2067", "\u2069"
ISOLATES = str.maketrans("", "", LTR + RTL + POP)
NOTHING = "–"


@runtime_checkable
class Sentence(Protocol):
    """A message made where the data is: an English template, its values, and its plural if it counts `n` things."""

    @property
    def text(self) -> str: ...
    @property
    def values(self) -> Mapping[str, object]: ...
    @property
    def many(self) -> str: ...


@dataclass(frozen=True)
class Locale:
    """One language, the currency in which money without one of its own is written, and whether days are working days."""

    code: str
    currency: str = ""
    is_working_time: bool = False

    @property
    def rtl(self) -> bool:
        return self.code == "he"

    def in_currency(self, currency: str | None) -> Locale:
        return replace(self, currency=currency or "")

    # words

    def _(self, message: str) -> str:
        return catalog(self.code).gettext(message) if message else ""

    def n_(self, one: str, many: str, n: int) -> str:
        """The sentence for `n` things, with `{n}` filled in."""
        return catalog(self.code).ngettext(one, many, n).format(n=self.count(n))

    def say(self, message: Sentence) -> str:
        """A sentence made where the data is, in this language, its values written as the language writes them."""
        values = {name: self._value(value) for name, value in message.values.items()}
        if message.many:
            n = message.values["n"]
            template = catalog(self.code).ngettext(message.text, message.many, n if isinstance(n, int) else 2)
        else:
            template = self._(message.text)
        return template.format(**values)

    def _value(self, value: object) -> str:
        match value:
            case Sentence():
                return self.say(value)
            case bool():
                return self._("yes") if value else self._("no")
            case int():
                return self.count(value)
            case float():
                return self.ltr(_minus(f"{value:,.2f}".rstrip("0").rstrip(".")))
            case date():
                return self.day(value)
            case None:
                return NOTHING
            case _:
                return self.name(value)

    def listed(self, names: Sequence[str]) -> str:
        """Names one after the other."""
        return ", ".join(names)

    # direction

    def isolate(self, text: str) -> str:
        """Keep Hebrew in its own direction inside left-to-right surroundings (Plotly)."""
        return "<br>".join(f"{RTL}{line}{POP}" if HEBREW.search(line) else line for line in text.split("<br>"))

    def ltr(self, text: str) -> str:
        """Keep a number in one piece inside a Hebrew sentence: -12 must not show as 12-."""
        return f"{LTR}{text}{POP}" if self.rtl else text

    def name(self, value: object) -> str:
        """A name from the data: without directional controls, and in its own direction in a Hebrew sentence."""
        words = CONTROLS.sub("", str(value)).replace("\n", " ")
        return f"\u2068{words}{POP}" if self.rtl else words

    # numbers

    def count(self, value: float) -> str:
        return self.ltr(_minus(f"{value:,.0f}"))

    def share(self, value: float | None, digits: int | None = None) -> str:
        """49%; one digit after the point under 10%."""
        if value is None or value != value:
            return NOTHING
        if digits is None:
            digits = 1 if 0 < abs(value) < 0.0995 else 0
        written = f"{value:.{digits}%}"
        # What rounds to nothing has no sign.
        return self.ltr(_minus(written if written.strip("-0.%") else written.lstrip("-")))

    def change(self, value: float) -> str:
        """A relative change: +21%, −14%, the sign and the number in one piece; a nought has none."""
        number = self.share(abs(value)).translate(ISOLATES)
        sign = "" if not number.strip("0.%") else "+" if value > 0 else "−"
        return self.ltr(f"{sign}{number}")

    def points(self, value: float, digits: int = 1) -> str:
        """A difference of two shares: percentage points, always with its sign."""
        return self._("{n} pts").format(n=self.ltr(_signed(value, digits)))

    def points_between(self, low: float, high: float) -> str:
        """The interval of a difference in points: both ends with their signs, left to right."""
        return self.ltr(f"{_signed(low, 1)} … {_signed(high, 1)}")

    def score(self, value: float | None, digits: int = 0) -> str:
        """A Net Promoter Score, or a difference of two: a number from -100 to 100 (-200 to 200), always with its sign."""
        if value is None or value != value:
            return NOTHING
        return self.ltr(_signed(value, digits))

    def scores(self, low: float | None, high: float | None) -> str:
        """The interval of a score: both ends with their signs, left to right."""
        if low is None or high is None or low != low or high != high:
            return NOTHING
        return self.ltr(f"{_signed(low, 0)} … {_signed(high, 0)}")

    def money(self, value: float | None, currency: str | None = None, *, signed: bool = False) -> str:
        """Three significant digits at most: ₪1.24M, ₪310K, ₪840. A nought has no sign."""
        if value is None or value != value:
            return NOTHING
        number = _short(abs(value))
        sign = "" if number == "0" else "−" if value < 0 else "+" if signed else ""
        return self.ltr(f"{sign}{self.symbol(currency)}{number}")

    def money_exact(self, value: float | None, currency: str | None = None) -> str:
        """Every digit, for tables."""
        if value is None or value != value:
            return NOTHING
        digits = 0 if float(value).is_integer() else 2
        return self.ltr(f"{'−' if value < 0 else ''}{self.symbol(currency)}{abs(value):,.{digits}f}")

    def symbol(self, currency: str | None = None) -> str:
        """The sign or code before an amount: "" has none, and None (NaN in a frame) the one that goes without saying."""
        code = currency if isinstance(currency, str) else self.currency
        if not code or code == "XXX":  # by the standard, no currency
            return ""
        symbol = get_currency_symbol(code, locale="en_US")
        return f"{symbol} " if symbol.isalpha() else symbol

    def days(self, value: float | None, digits: int | None = None) -> str:
        if value is None or value != value:
            return NOTHING
        if digits is None:
            digits = 1 if 0 < abs(value) < 9.95 and round(value, 1) % 1 else 0
        return self.in_days(self.ltr(_minus(f"{value:,.{digits}f}")))

    def in_days(self, number: str) -> str:
        """A number written out, with the unit of durations."""
        return (self._("{n} workdays") if self.is_working_time else self._("{n} d")).format(n=number)

    def between(self, low: str, high: str) -> str:
        """A 95% interval: always low–high, left to right, in both languages."""
        low, high = low.translate(ISOLATES), high.translate(ISOLATES)
        if low.endswith("%") and high.endswith("%"):
            low = low.removesuffix("%")
        unit = re.match(r"[^\d.,−+]+", high)
        if unit and low.startswith(unit[0]):
            high = high.removeprefix(unit[0])
        return self.ltr(f"{low}–{high}")

    def days_between(self, low: float, high: float) -> str:
        """An interval in days, the unit once: 118–133 d; with digits enough to tell its ends apart."""
        is_short = abs(high) < 9.95 and (round(low, 1) % 1 or round(high, 1) % 1)
        digits = 1 if is_short or (low < high and f"{low:.0f}" == f"{high:.0f}") else 0
        return self.in_days(self.between(f"{low:,.{digits}f}", f"{high:,.{digits}f}"))

    def shares(self, low: float | None, high: float | None) -> str:
        """The interval of a share, with digits enough to tell its ends apart; a whole 100% needs none."""
        if low is None or high is None or low != low or high != high:
            return NOTHING
        digits = 1 if high < 0.0995 or (high - low < 0.01 and f"{low:.0%}" == f"{high:.0%}") else 0
        if digits and low < high and f"{low:.1%}" == f"{high:.1%}":
            digits = 2
        return self.between(self.share(low, digits), self.share(high, 0 if high == 1 else digits))

    # dates

    def day(self, value: date | datetime) -> str:
        month = months(self.code)[value.month]
        return f"{value.day} ב{month} {value.year}" if self.rtl else f"{value.day} {month} {value.year}"

    def month(self, value: date) -> str:
        return f"{months(self.code)[value.month]} {value:%y}"

    def month_name(self, number: int) -> str:
        return get_month_names("wide", context="stand-alone", locale=self.code)[number]

    def moment(self, value: datetime) -> str:
        return f"{self.day(value)}, {self.ltr(f'{value:%H:%M}')}"


@cache
def catalog(code: str) -> NullTranslations:
    """The translations of a language, compiled in memory from `locales/<code>/LC_MESSAGES/messages.po`."""
    path = CATALOGS / code / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as source:
        messages = read_po(source, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def months(code: str) -> dict[int, str]:
    """Short names of months. English ones without a full stop, September as Sep."""
    return {
        number: name.removesuffix(".")[: 3 if code == "en" else None]
        for number, name in get_month_names("abbreviated", locale=code).items()
    }


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _signed(value: float, digits: int) -> str:
    """With its sign; a nought has none."""
    text = f"{value:+.{digits}f}"
    return _minus(text if float(text) else text[1:])


def _short(value: float) -> str:
    """At most three significant digits, with K, M, B or T."""
    size, suffix = next(
        (
            (size, suffix)
            for size, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
            if float(f"{value:.3g}") >= size
        ),
        (1.0, ""),
    )
    scaled = value / size
    if not suffix:
        return f"{scaled:,.2f}".removesuffix(".00") if scaled < 10 else f"{scaled:,.0f}"
    digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
    text = f"{scaled:.{digits}f}"
    return (
        text.rstrip("0").rstrip(".") if "." in text and suffix == "K" else text.removesuffix(".00").removesuffix(".0")
    ) + suffix
