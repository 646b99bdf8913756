"""Everything the made-up company says, in English and in Hebrew.

The names are invented: a word from nature or the map, and a trade. `=` parts the languages, `;` the entries.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Both:
    """One thing, said in English and in Hebrew."""

    en: str
    he: str

    def __add__(self, other: Both | str) -> Both:
        """Join them; a plain string is the same in both languages."""
        en, he = (other.en, other.he) if isinstance(other, Both) else (other, other)
        return Both(self.en + en, self.he + he)


def pairs(text: str) -> tuple[Both, ...]:
    """`"Won = זכייה; Lost = הפסד"` as two entries."""
    entries = (entry.split("=") for entry in text.replace("\n", " ").split(";"))
    return tuple(Both(en.strip(), he.strip()) for en, he in entries)


CREATED, AMOUNT, EXPECTED_CLOSE = pairs("Created = נוצר; Amount = סכום; Expected close = צפי סגירה")
STAGES = pairs("Lead = ליד; Qualified = ליד מתאים; Demo = הדגמה; Proposal = הצעת מחיר; Negotiation = משא ומתן; "
               "Won = זכייה; Lost = הפסד")  # fmt: skip
OPEN, WON, LOST = pairs("Open = פתוחה; Won = זכייה; Lost = הפסד")
PIPELINE = Both("New business", "עסקאות חדשות")
SOURCES = pairs("Referral = המלצה; Partner = שותף; Website = אתר; Event = כנס; Outbound = פנייה יזומה")
SEGMENTS = pairs("Small = עסקים קטנים; Mid-market = עסקים בינוניים; Enterprise = ארגונים גדולים; "
                 "Public sector = מגזר ציבורי")  # fmt: skip
LOST_REASONS = pairs("Price = מחיר; Lost to a competitor = נבחר מתחרה; No budget = אין תקציב; "
                     "No decision = לא התקבלה החלטה; Bad timing = תזמון לא מתאים; "
                     "Missing feature = חסרה יכולת")  # fmt: skip
NEXT_STEPS = pairs("Send revised quote = לשלוח הצעה מעודכנת; Call the buyer = להתקשר לקניין; "
                   "Meet the management = פגישה עם ההנהלה; Technical check = בדיקה טכנית; "
                   "Send references = לשלוח ממליצים; Contract review = מעבר על החוזה")  # fmt: skip
TYPE_OF_STEP = (2, 0, 1, 1, 2, 3)  # of each next step, the place of its type
COMPLETED, PLANNED = pairs("Completed = הושלם; Planned = מתוכנן")
ACTIVITY_TYPES = pairs("Call = שיחה; Meeting = פגישה; Email = מייל; Task = משימה")
SUBJECTS = dict(zip(ACTIVITY_TYPES, map(pairs, (
    "Introduction = שיחת היכרות; Follow-up = שיחת מעקב; Questions on price = שאלות על המחיר",
    "Needs review = פגישת אפיון; Site visit = סיור במחסן; Progress review = פגישת התקדמות",
    "Details sent = נשלח מידע; Questions answered = מענה לשאלות; Reminder = תזכורת",
    "Quote prepared = הכנת הצעה; Requirements written down = רישום הדרישות",
)), strict=True))  # fmt: skip
COMPETITORS = pairs("Tzir Systems = ציר מערכות; Kavim Soft = קווים סופט; In-house = פיתוח עצמי; "
                    "Spreadsheets = גיליונות אקסל")  # fmt: skip
CAMPAIGNS = pairs("Winter webinar = וובינר חורף; Spring launch = השקת אביב; Summer calls = שיחות קיץ; "
                  "Autumn newsletter = ניוזלטר סתיו")  # fmt: skip

CONVERTED = Both("Converted", "הומר")
LEADS_OPEN = pairs("New = ליד חדש; Contacted = נוצר קשר")
LEADS_GIVEN_UP = pairs("Not a fit = לא מתאים; No answer = אין מענה; Bought elsewhere = רכש במקום אחר")
FIRST_NAMES = pairs("Adi = עדי; Amir = אמיר; Ayelet = איילת; Basel = באסל; Daniel = דניאל; Efrat = אפרת; Elena = ילנה; "
                    "Gadi = גדי; Hila = הילה; Ibrahim = אברהים; Inbal = ענבל; Itay = איתי; Keren = קרן; Lior = ליאור; "
                    "Marina = מרינה; Michal = מיכל; Nadav = נדב; Nasrin = נסרין; Ofer = עופר; Orly = אורלי; Ronit = רונית; "
                    "Sami = סמי; Shira = שירה; Uri = אורי; Vered = ורד; Yossi = יוסי; Ziv = זיו")  # fmt: skip
LAST_NAMES = pairs("Abadi = עבאדי; Agmon = אגמון; Amsalem = אמסלם; Bar-On = בר-און; Carmi = כרמי; Dagan = דגן; Elbaz = אלבז; "
                   "Farah = פרח; Gabay = גבאי; Golan = גולן; Hadad = חדד; Haddad = חדאד; Harel = הראל; Kaplan = קפלן; Levin = לוין; "
                   "Malka = מלכה; Mansour = מנסור; Nahum = נחום; Ohana = אוחנה; Polak = פולק; Regev = רגב; Sasson = ששון; "
                   "Shani = שני; Tal = טל; Vaknin = וקנין; Yosef = יוסף; Zamir = זמיר")  # fmt: skip

CENTER, NORTH, SOUTH, JERUSALEM = pairs("Center = מרכז; North = צפון; South = דרום; Jerusalem = ירושלים")
TEAM_SERVING = {CENTER: CENTER, NORTH: NORTH, SOUTH: SOUTH, JERUSALEM: SOUTH}
TEAMS = {
    CENTER: pairs("Dana Levi = דנה לוי; Omer Katz = עומר כץ; Yael Amir = יעל אמיר"),
    NORTH: pairs("Lina Khoury = לינה ח'ורי; Eitan Mizrahi = איתן מזרחי; Rona Shalev = רונה שלו"),
    SOUTH: pairs("Noa Peretz = נועה פרץ; Boris Feldman = בוריס פלדמן; Tamar Biton = תמר ביטון"),
}
MANAGERS = pairs("Gil Shapira = גיל שפירא; Maya Rosen = מאיה רוזן; Avi Dahan = אבי דהן")
OFFICES = pairs("Tel Aviv = תל אביב; Haifa = חיפה; Beersheba = באר שבע")

DEVICES, SOFTWARE, SERVICES = pairs("Devices = ציוד; Software = תוכנה; Services = שירותים")
PRODUCTS = (  # name, family, list price in shekels of one unit for a month
    (Both("Handheld terminal", "מסופון נייד"), DEVICES, 95),
    (Both("Label printer", "מדפסת תוויות"), DEVICES, 60),
    (Both("Dock scanner", "סורק לרציף טעינה"), DEVICES, 180),
    (Both("Warehouse licence", "רישיון ניהול מחסן"), SOFTWARE, 75),
    (Both("Route planning licence", "רישיון תכנון מסלולים"), SOFTWARE, 55),
    (Both("Demand forecast licence", "רישיון חיזוי ביקושים"), SOFTWARE, 110),
    (Both("Rollout day", "יום הטמעה"), SERVICES, 240),
    (Both("Annual support", "חוזה תמיכה שנתי"), SERVICES, 90),
)

CITIES = {  # by region
    CENTER: pairs("Tel Aviv = תל אביב; Petah Tikva = פתח תקווה; Rishon LeZion = ראשון לציון; "
                                  "Netanya = נתניה; Rehovot = רחובות; Holon = חולון"),
    NORTH: pairs("Haifa = חיפה; Karmiel = כרמיאל; Afula = עפולה; Nahariya = נהריה"),
    JERUSALEM: pairs("Jerusalem = ירושלים; Beit Shemesh = בית שמש"),
    SOUTH: pairs("Beersheba = באר שבע; Ashdod = אשדוד; Ashkelon = אשקלון; Dimona = דימונה"),
}  # fmt: skip

ROOTS = pairs("""
    Negev = נגב; Carmel = כרמל; Golan = גולן; Sharon = שרון; Arava = ערבה; Hadar = הדר; Yarkon = ירקון; Tavor = תבור;
    Gilboa = גלבוע; Arbel = ארבל; Hermon = חרמון; Kishon = קישון; Lachish = לכיש; Besor = בשור; Eshkol = אשכול;
    Alon = אלון; Oren = אורן; Shaked = שקד; Rotem = רותם; Dekel = דקל; Erez = ארז; Tamar = תמר; Rimon = רימון;
    Zayit = זית; Brosh = ברוש; Tidhar = תדהר; Livne = לבנה; Harduf = הרדוף; Nurit = נורית; Kalanit = כלנית;
    Ofek = אופק; Shahaf = שחף; Nesher = נשר; Dror = דרור; Snunit = סנונית; Ayala = איילה; Barak = ברק; Sufa = סופה;
    Tzuk = צוק; Mitzpe = מצפה
""")
TRADES = {  # by industry
    Both("Manufacturing", "תעשייה"): pairs("Pipes = צינורות; Glass = זכוכית; Plastics = פלסטיקה; Packaging = אריזות; "
                                           "Furniture = ריהוט; Textiles = טקסטיל; Metalworks = עבודות מתכת"),
    Both("Food", "מזון"): pairs("Foods = מזון; Bakeries = מאפיות; Dairies = מחלבות; Spices = תבלינים"),
    Both("Retail", "קמעונאות"): pairs("Retail = קמעונאות; Toys = צעצועים; Tools = כלי עבודה; Books = ספרים"),
    Both("Logistics", "לוגיסטיקה"): pairs("Logistics = לוגיסטיקה; Haulage = הובלות; Cold Storage = בתי קירור"),
    Both("Health", "בריאות"): pairs("Medical = ציוד רפואי; Optics = אופטיקה; Laboratories = מעבדות"),
    Both("Energy and agriculture", "אנרגיה וחקלאות"): pairs("Energy = אנרגיה; Irrigation = השקיה; Seeds = זרעים"),
}  # fmt: skip
LIMITED = Both(" Ltd", ' בע"מ')

TOWNS = pairs("Emek Dekel = עמק דקל; Ramat Tidhar = רמת תדהר; Nahal Oren = נחל אורן; Givat Nurit = גבעת נורית; "
              "Neve Shahaf = נווה שחף; Tel Brosh = תל ברוש; Gan Harduf = גן הרדוף; Maale Snunit = מעלה סנונית; "
              "Kiryat Rimon = קריית רימון; Mitzpe Shaked = מצפה שקד; Beit Livne = בית לבנה")  # fmt: skip
ADMINISTRATION, EDUCATION, HEALTH = pairs("Public administration = מינהל ציבורי; Education = חינוך; Health = בריאות")
INSTITUTIONS = (  # the town comes before in English, after in Hebrew
    (Both("Regional Council", "מועצה אזורית"), ADMINISTRATION),
    (Both("Local Council", "מועצה מקומית"), ADMINISTRATION),
    (Both("Water Authority", "תאגיד המים"), ADMINISTRATION),
    (Both("College", "מכללת"), EDUCATION),
    (Both("Medical Center", "המרכז הרפואי"), HEALTH),
)
