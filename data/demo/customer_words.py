"""What the made-up company's customers buy, ask and answer, in English and in Hebrew; see `data.demo.words`."""

from __future__ import annotations

from data.demo.words import DEVICES, SERVICES, SOFTWARE, Both, pairs

CONSUMABLES, SPARE_PARTS = pairs("Consumables = מתכלים; Spare parts = חלקי חילוף")
SERVICE_PLAN = Both("Service plan", "תוכנית שירות")
REORDERED = (  # what is only ever reordered: name, family, list price in shekels
    (Both("Box of labels", "קרטון תוויות"), CONSUMABLES, 220),
    (Both("Printer ribbon", "סרט הדפסה"), CONSUMABLES, 75),
    (Both("Scanner battery", "סוללה לסורק"), SPARE_PARTS, 190),
    (Both("Charging cradle", "עריסת טעינה"), SPARE_PARTS, 310),
    (Both("Printhead", "ראש הדפסה"), SPARE_PARTS, 640),
    (SERVICE_PLAN, SERVICES, 1450),
)
COST_SHARE = {DEVICES: 0.62, SOFTWARE: 0.22, SERVICES: 0.48, CONSUMABLES: 0.55, SPARE_PARTS: 0.58}  # of the list price

TITLES = pairs("Warehouse manager = מנהל/ת מחסן; Buyer = קניין/ית; Operations manager = מנהל/ת תפעול; "
               "IT manager = מנהל/ת מערכות מידע; Finance manager = מנהל/ת כספים; Shift lead = אחראי/ת משמרת")  # fmt: skip

CALL, VISIT, EMAIL, SERVICE_VISIT = pairs("Call = שיחה; Visit = ביקור; Email = מייל; Service visit = ביקור שירות")
TOPICS = {
    CALL: pairs("How is it going = שיחת מה נשמע; Order coming up = הזמנה קרובה; After a delivery = אחרי אספקה"),
    VISIT: pairs("Quarterly visit = ביקור רבעוני; Walk through the warehouse = סיור במחסן; Plan for the year = תוכנית לשנה"),
    EMAIL: pairs("News and prices = חדשות ומחירים; Answer to a question = תשובה לשאלה; Minutes of the visit = סיכום ביקור"),
    SERVICE_VISIT: pairs("Scanner repaired = תיקון סורק; Printer serviced = טיפול במדפסת; "
                         "Software updated = עדכון תוכנה; Routine check = בדיקה תקופתית"),
}  # fmt: skip

OPEN, IN_WORK, CLOSED = pairs("Open = פתוחה; In progress = בטיפול; Closed = סגורה")
PRIORITIES = pairs("Low = נמוכה; Medium = בינונית; High = גבוהה")
REQUESTS = pairs("Printer jams = מדפסת נתקעת; Scanner does not charge = סורק לא נטען; Another user needed = נדרש משתמש נוסף; "
                 "Report does not open = דוח לא נפתח; Question about an invoice = שאלה על חשבונית; "
                 "Training for a new worker = הדרכה לעובד חדש; Battery runs out = סוללה נגמרת")  # fmt: skip
LATE_DELIVERY = Both("Delivery late", "אספקה מאחרת")
COMPLAINTS = (
    LATE_DELIVERY,
    *pairs(
        "Fault came back = תקלה חזרה; Nobody called back = לא חזרו אלינו; Wrong goods delivered = סופקו פריטים שגויים"
    ),
)

PRAISE, DELIVERY, PRICE, SOFTWARE_BUGS, BATTERY, SLOW_ANSWERS = range(6)
COMMENTS = {
    PRAISE: pairs(
        "The service people are excellent = אנשי השירות מצוינים; "
        "Your technician solved it within an hour = הטכנאי שלכם פתר את הבעיה תוך שעה; "
        "Service is patient and quick, thank you = שירות סבלני ומהיר, תודה; "
        "Always someone to talk to, and they know us = תמיד יש עם מי לדבר, ומכירים אותנו; "
        "The support team saved our inventory day = צוות התמיכה הציל לנו את ספירת המלאי; "
        "Good people, good service = אנשים טובים ושירות טוב"
    ),
    DELIVERY: pairs(
        "Delivery late again = שוב אספקה מאחרת; "
        "The delivery was late by two weeks = האספקה מאחרת בשבועיים; "
        "Late deliveries stop our packing line = אספקה מאחרת עוצרת לנו את קו האריזה; "
        "Nobody says when the delivery comes, and it is late = אף אחד לא אומר מתי תגיע האספקה, והיא מאחרת; "
        "Labels arrived late and we stood still = התוויות הגיעו באיחור ועמדנו; "
        "Delivery times got much worse = זמני האספקה הידרדרו מאוד"
    ),
    PRICE: pairs(
        "Too expensive next to others = יקר מדי לעומת אחרים; "
        "Prices went up without notice = המחירים עלו בלי הודעה; "
        "Good product, the price is hard to justify = מוצר טוב, קשה להצדיק את המחיר; "
        "Ribbons cost less elsewhere = סרטי הדפסה עולים פחות במקום אחר"
    ),
    SOFTWARE_BUGS: pairs(
        "The software freezes in the middle of a count = התוכנה נתקעת באמצע ספירה; "
        "Every update brings a new bug = כל עדכון מביא באג חדש; "
        "Reports come out wrong after the update = הדוחות יוצאים שגויים אחרי העדכון; "
        "The app logs us out all the time = האפליקציה מנתקת אותנו כל הזמן"
    ),
    BATTERY: pairs(
        "The scanner battery does not last a shift = סוללת הסורק לא מחזיקה משמרת; "
        "Scanner batteries die within a year = סוללות הסורקים מתות תוך שנה; "
        "We charge the scanners twice a day = אנחנו טוענים את הסורקים פעמיים ביום"
    ),
    SLOW_ANSWERS: pairs(
        "I waited three days for an answer = חיכיתי שלושה ימים לתשובה; "
        "Hard to reach anyone on the phone = קשה להשיג מישהו בטלפון; "
        "The same fault came back after the repair = אותה תקלה חזרה אחרי התיקון"
    ),
}
