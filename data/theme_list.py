"""What a workspace listens for in survey comments: named lists of words, kept with what people write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data.errors import RequestProblem
from data.messages import N_, say

LONGEST_NAME, LONGEST_WORDS = 40, 60
MOST_THEMES, MOST_WORDS = 40, 80
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u061c\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Theme:
    """A name, and the words and phrases that tell of it, in any language. `*` at the end of a word stands for any ending."""

    name: str
    words: tuple[str, ...]


def _theme(name: str, english: str, hebrew: str) -> Theme:
    return Theme(name, tuple(word.strip() for word in f"{english}, {hebrew}".split(",")))


# What customers of most businesses write about. A start: people change it to what their own customers say.
STARTER: tuple[Theme, ...] = (
    _theme(N_("Delivery"),
           "delivery, deliver, deliveries, shipment, shipping, shipped, courier, arrived late, arrive late, came late, late order, out of stock, backorder, lead time",
           "אספקה, משלוח, הובלה, שליח, סופק, סיפקו, לספק, איחור, מאחר, מאחרת, מאחרים, איחרו, מתעכב, עיכוב, לא הגיע, לא הגיעה, לא הגיעו, חסר במלאי, אין במלאי, זמן אספקה"),
    _theme(N_("Price"),
           "price, pricing, expensive, overpriced, cheap, cheaper, cost, costly, discount, fees, value for money",
           "מחיר, מחירון, יקר, יקרה, יקרים, זול, עלות, עולה יותר, עולים יותר, עולה פחות, עולים פחות, הנחה, התייקר*, תמורה, עמלה, דמי"),
    _theme(N_("Service and support"),
           "service, support, technician, customer care, helpful, help desk, patient, friendly, professional, courteous, staff",
           "שירות, תמיכה, טכנאי, מענה אנושי, אדיב, אדיבה, אדיבים, סבלני, סבלניים, סבלנות, מקצועי, מקצועיים, נציג, נציגה, יחס, צוות, עזרו, עזרתם"),
    _theme(N_("Waiting for answers"),
           "wait, waiting, waited, no answer, no reply, no response, slow response, response time, slow to respond, unanswered, hard to reach, unreachable, call back, called back, on hold, for an answer, for a reply",
           "חיכיתי, חיכינו, מחכה, מחכים, המתנה, המתנתי, ממתין, ממתינים, זמן תגובה, זמן מענה, אין מענה, לא עונים, לא ענו, לא חזרו, לא חוזרים, לא זמין, קשה להשיג, לתשובה, בלי תשובה"),
    _theme(N_("Product quality"),
           "quality, defect, defective, faulty, fault, broken, broke, breaks, damaged, unreliable, reliable, durable, poor quality, does not work, not working, stopped working",
           "איכות, פגום, פגומה, פגומים, פגם, תקול, תקולה, שבור, שבורה, נשבר, נשברה, נשברו, התקלקל*, מתקלקל*, אמין, אמינה, לא עובד, לא עובדת, לא עובדים, הפסיק לעבוד"),
    _theme(N_("Repairs and returns"),
           "repair, repaired, fix, fixed, warranty, return, refund, replacement, came back after, not fixed, spare part",
           "תיקון, תיקנו, תוקן, לתקן, אחריות, החזרה, החזר, זיכוי, החלפה, חלפים, חלקי חילוף, תקלה חזרה, חזרה התקלה, לא תוקן"),
    _theme(N_("Software"),
           "software, app, application, system crash, bug, crash, crashes, freeze, frozen, freezes, update, upgrade, glitch, log in, log out, login, website, screen, integration, sync",
           "תוכנה, אפליקציה, יישומון, באג, קורסת, קריסה, נתקע, נתקעת, נתקעים, עדכון, שדרוג, התחברות, מנתק, מנתקת, אתר, מסך, דוחות, דוח, ממשק, סנכרון"),
    _theme(N_("Battery and charging"),
           "battery, charge, charger, charging, recharge, power supply",
           "סוללה, בטרייה, בטריה, טעינה, טוענים, טוען, נטען, נטענת, לא נטען, מטען"),
    _theme(N_("Ease of use"),
           "easy to use, easy, simple, intuitive, user friendly, complicated, complex, confusing, hard to use, difficult to use, cumbersome",
           "קל לשימוש, נוח, נוחה, נוחים, פשוט לשימוש, אינטואיטיבי, מסובך, מסובכת, מסורבל, מבלבל, קשה לתפעול"),
    _theme(N_("Invoices and payment"),
           "invoice, billing, bill, billed, payment, pay, credit note, overcharged, charged twice, charged us",
           "חשבונית, חשבוניות, חיוב, חויבנו, חייבו, תשלום, גבייה, תנאי תשלום, אשראי"),
    _theme(N_("Sales and account care"),
           "salesperson, salesman, sales rep, sales team, account manager, representative, promised, promise, promises, not as promised",
           "איש מכירות, אנשי מכירות, אשת מכירות, סוכן, מנהל לקוח, מנהלת לקוח, מנהל תיק, הבטיחו, הבטחה, הבטחות, לא עמדו"),
    _theme(N_("Training"),
           "training, trained, onboarding, manual, documentation, guide, instructions, tutorial",
           "הדרכה, הדריכו, הטמעה, קליטה, חוברת, מדריך, הוראות"),
)  # fmt: skip
NAMES = frozenset(theme.name for theme in STARTER)


def split_words(text: str) -> tuple[str, ...]:
    """Words and phrases as people write them into a box: by lines, commas or semicolons, each once."""
    return _tidy(re.split(r"[\n,;،]+", text))


def _tidy(words: Iterable[str]) -> tuple[str, ...]:
    plain = (" ".join(_CONTROLS.sub(" ", word).split())[:LONGEST_WORDS].strip() for word in words)
    return tuple(dict.fromkeys(word for word in plain if any(letter.isalpha() for letter in word)))


def checked(themes: Sequence[Theme]) -> tuple[Theme, ...]:
    """The themes as they are kept. Raises RequestProblem for what cannot be."""
    found: dict[str, Theme] = {}
    for theme in themes:
        name = " ".join(_CONTROLS.sub(" ", theme.name).split())[:LONGEST_NAME].strip()
        words = _tidy(theme.words)
        if not name:
            raise RequestProblem(say("A theme needs a name."), say("Say in a word or two what the comments are about."))
        if not words:
            raise RequestProblem(
                say('The theme "{name}" has no words.', name=name), say("Write a word or a phrase that tells of it.")
            )
        if len(words) > MOST_WORDS:
            raise RequestProblem(
                say('The theme "{name}" has {n} words; at most {most} are kept.', name=name, n=len(words), most=MOST_WORDS),
                say("Take some away, or put them into a theme of their own."),
            )  # fmt: skip
        if name.casefold() in found:
            raise RequestProblem(
                say('There is a theme "{name}" already.', name=name), say("Give it another name, or merge the two.")
            )
        found[name.casefold()] = Theme(name, words)
    if len(found) > MOST_THEMES:
        raise RequestProblem(
            say("There are {n} themes; at most {most} are kept.", n=len(found), most=MOST_THEMES), say("Remove one first.")
        )  # fmt: skip
    return tuple(found.values())
