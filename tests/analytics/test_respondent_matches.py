"""Which customers answers could be of, and how sure that is."""

import pytest

from analytics.filters import Filters
from analytics.nps.likely_customers import Known, Unknown, label_of, likely
from analytics.nps.matching import COLUMNS, respondent_matches, suggested
from analytics.rows import rows
from data.messages import Message
from tests.analytics.nps_rows import AS_OF, answer, surveyed

FILTERS = Filters(AS_OF)
NAMES = {"1": "Golan Optics", "2": "אלון מערכות", "3": "Beta Foods", "4": "Beta Foods Ltd", "5": "Harel Steel"}
CUSTOMERS = {
    "customer_id": list(NAMES),
    "customer_name": list(NAMES.values()),
    "owner": ["Ann", "Bob", "Ann", "Bob", None],
}
CONTACTS = {
    "contact_id": ["1", "2", "3", "4"], "customer_id": ["3", "4", "5", "1"], "contact_name": ["Dan Oz", "Eve Lev", "Dan  oz", "Ruth Bar"],
    "email": ["dan@foods.com", "eve@foods.com", "dan@gmail.com", None],
}  # fmt: skip


def told(*made, filters=FILTERS, decided=(), **tables):
    names = ("subject", "written", "customer_id", "is_same")
    columns = {name: [row[place] for row in decided] for place, name in enumerate(names)}
    known = {"customers": CUSTOMERS, "contacts": CONTACTS} | ({"respondent_decisions": columns} if decided else {})
    engine = surveyed(list(made), **(known | tables))
    return rows(respondent_matches(engine.tables, filters).answer(engine.run))


def unknown(name=None, email=None, who=None, on="2026-05-01", **said):
    return answer(None, 9, on, who, customer=name, email=email) | said


def could(found):
    return [(row["customer_id"], row["sureness"]) for row in found if row["customer_id"]]


def test_answers_of_known_customers_need_no_match():
    assert told(answer("1", 9), answer("3", 8)) == []


def test_a_company_written_otherwise_in_either_script():
    found = told(unknown("Alon Maarachot"), unknown("Golan Opics"))
    assert [(row["written"], row["customer_id"], row["sureness"]) for row in found] == [
        ("Alon Maarachot", "2", "likely"), ("Golan Opics", "1", "likely"),
    ]  # fmt: skip
    assert list(found[0]) == list(COLUMNS)
    assert found[0]["evidence"] == "The names sound the same in Hebrew and English."
    assert found[0]["subject"] == "name" and found[0]["owner"] == "Bob"


def test_the_same_name_but_for_ltd_is_sure_where_it_is_one_only():
    assert could(told(unknown("The Golan Optics Ltd."))) == [("1", "sure")]


def test_two_that_fit_equally_well_are_both_only_perhaps():
    assert could(told(unknown("Beta Foods Inc."))) == [("3", "perhaps"), ("4", "perhaps")]


def test_a_domain_that_several_share_is_asked_about_address_by_address():
    found = told(unknown(email="New@Foods.com"), unknown(email="new@foods.com"), unknown(email="eva@foods.com"))
    assert [(row["subject"], row["written"], row["answers"]) for row in found[::2]] == [
        ("address", "new@foods.com", 2), ("address", "eva@foods.com", 1),
    ]  # fmt: skip
    assert could(found[:2]) == [("3", "perhaps"), ("4", "perhaps")]
    # The name of a contact decides between them.
    known = told(unknown(email="d.oz@foods.com", who="Eve Lev"))
    assert could(known) == [("4", "sure"), ("3", "perhaps")]
    assert known[0]["evidence"] == (
        "Its contacts or its web site are at foods.com, as are those of others. Eve Lev is a contact of it."
    )


def test_an_address_of_a_provider_of_mail_says_nothing_of_the_domain():
    (row,) = told(unknown(email="somebody@gmail.com"))
    assert (row["subject"], row["customer_id"], row["sureness"]) == ("address", None, None)
    assert could(told(unknown(email="rb@walla.co.il", who="ruth bar"))) == [("1", "likely")]


def test_a_domain_that_reads_like_a_name():
    found = told(
        unknown(email="a@golan-optics.co.il"), unknown(email="b@golan-optics.co.il"), unknown(email="x@harel.com")
    )
    assert (found[0]["subject"], found[0]["written"], found[0]["answers"]) == ("domain", "golan-optics.co.il", 2)
    assert could(found) == [("1", "likely"), ("5", "perhaps")]
    assert found[1]["evidence"] == "The name begins like the address: harel.com."
    assert could(told(unknown(email="a@alonmaarachot.com"))) == [("2", "likely")]


def test_name_and_domain_together_are_sure():
    contacts = {"contact_id": ["1"], "customer_id": ["1"], "email": ["x@golan.io"]}
    found = told(unknown("Golan Opics", "y@golan.io"), contacts=contacts)
    assert could(found) == [("1", "sure")]


def test_a_person_called_as_contacts_of_two_customers():
    assert could(told(unknown(who="dan oz"))) == [("3", "perhaps"), ("5", "perhaps")]
    (row,) = told(unknown(who="Nobody Known"))
    assert (row["subject"], row["written"], row["customer_id"]) == ("respondent", "Nobody Known", None)


def test_rows_that_tell_nothing_are_no_subject():
    assert told(unknown()) == []


def test_rejected_suggestions_do_not_come_back_and_none_means_nobody_is_asked_again():
    said = unknown("Beta Foods Inc.")
    assert could(told(said, decided=[("name", "Beta Foods Inc.", "4", False)])) == [("3", "sure")]
    both = [("name", "Beta Foods Inc.", number, False) for number in ("3", "4")]
    (row,) = told(said, decided=both)
    assert row["customer_id"] is None
    assert told(said, decided=[("name", "Beta Foods Inc.", None, True)]) == []


def test_invitations_are_counted_beside_answers():
    invited = {"customer": ["Golan Opics", None], "email": [None, "q@golan-optics.com"]}
    found = told(unknown("Golan Opics"), survey_invitations=invited)
    assert [(row["subject"], row["answers"], row["invitations"]) for row in found] == [("name", 1, 1), ("domain", 0, 1)]


def test_later_answers_are_not_there_yet():
    assert told(unknown("Golan Opics", on="2026-08-01")) == []


def test_what_says_so_can_be_said_in_another_language():
    engine = surveyed([unknown("Golan Opics")], customers=CUSTOMERS)
    (row,) = rows(suggested(engine.tables, FILTERS).answer(engine.run))
    assert str(Message.parse(row["said"])) == "The names differ by a letter or two."


@pytest.mark.parametrize(
    ("domain", "label"),
    [("acme.com", "acme"), ("mail.acme.co.il", "acme"), ("eu.acme.com", "acme"), ("co.il", ""), ("x", "")],
)
def test_the_part_of_a_domain_that_is_a_name(domain, label):
    assert label_of(domain) == label


def test_hostile_text_is_only_text():
    name = '{0} %s "); DROP TABLE x; -- <b>'
    known = Known({"1": name + " Ltd"}, {}, {})
    (found,) = likely(Unknown("name", name), known)
    assert found.customer_id == "1"
    (row,) = told(unknown(name))
    assert row["written"] == name.strip()
