"""Customers that may be one."""

import pytest

from data.company_names import essence, sounds
from data.duplicates import find
from data.same_company import Customer


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Acme Ltd.", "ACME"),
        ("Acme, Inc", "The Acme Company"),
        ('אקמה בע"מ', "אקמה"),
        ("אקמה בע״מ (2010)", "אקמה בעמ"),
        ("Müller & Co.", "MULLER"),
    ],
)
def test_forms_of_incorporation_and_marks_do_not_count(one, two):
    assert essence(one) == essence(two)


@pytest.mark.parametrize(
    ("hebrew", "english"),
    [
        ("תנובה", "Tnuva"), ("שטראוס גרופ", "Strauss Group"), ("צ׳ק פוינט", "Check Point"), ("נובטל", "Novatel"), ("בזק", "Bezeq"),
        ("מיקרוסופט", "Microsoft"), ("פועלים", "Hapoalim"), ("דיסקונט", "Discount"), ("רחל", "Rachel"),
    ],
)  # fmt: skip
def test_names_sound_the_same_in_both_scripts(hebrew, english):
    assert sounds(hebrew) & sounds(english)


@pytest.mark.parametrize(("one", "two"), [("תנובה", "Teva"), ("Microsoft", "Micron"), ("בזק", "Bosch")])
def test_other_names_do_not(one, two):
    assert not sounds(one) & sounds(two)


def pairs(*customers, not_same=()):
    return [(pair.kept.customer_id, pair.other.customer_id, pair.strength) for pair in find(customers, not_same)]


def test_a_tax_number_says_it_for_certain_and_another_one_says_no():
    assert pairs(Customer("1", "Alpha", "51-234567-8"), Customer("2", "Omega", "0512345678")) == [("1", "2", "sure")]
    assert pairs(Customer("1", "Acme", "512345678"), Customer("2", "Acme Ltd", "519999999")) == []


def test_a_name_is_likely_and_with_a_web_address_sure():
    assert pairs(Customer("1", "Acme Ltd"), Customer("2", "ACME")) == [("1", "2", "likely")]
    assert pairs(
        Customer("1", "Acme Ltd", website="https://www.acme.com/about"),
        Customer("2", "ACME", mail_domains=("acme.com",)),
    ) == [("1", "2", "sure")]
    assert pairs(Customer("1", "Tnuva"), Customer("2", 'תנובה בע"מ')) == [("1", "2", "likely")]


def test_public_mail_and_numbered_branches_are_no_sign():
    assert (
        pairs(Customer("1", "Dana", mail_domains=("gmail.com",)), Customer("2", "Omer", mail_domains=("gmail.com",)))
        == []
    )
    assert pairs(Customer("1", "Northern Branch 1"), Customer("2", "Northern Branch 2")) == []


def test_a_letter_or_the_order_of_words():
    assert pairs(Customer("1", "Northwind Traders"), Customer("2", "Northwind Tradars")) == [("1", "2", "likely")]
    assert pairs(Customer("1", "Cohen Dana Legal"), Customer("2", "Dana Cohen Legal")) == [("1", "2", "likely")]


def test_a_first_word_alone_is_only_said_with_the_city():
    assert pairs(Customer("1", "אלביט מערכות"), Customer("2", "Elbit Systems")) == []
    assert pairs(Customer("1", "Acme Ltd"), Customer("2", "אקמה")) == []  # two consonants are shared by chance
    assert pairs(Customer("1", "Acme Ltd", city="Lod"), Customer("2", "אקמה", city="Lod")) == [("1", "2", "perhaps")]
    assert pairs(Customer("1", "אלביט מערכות", city="Haifa"), Customer("2", "Elbit Systems", city="haifa")) == [
        ("1", "2", "perhaps")
    ]


def test_what_was_decided_is_not_asked_again():
    assert pairs(Customer("1", "Acme Ltd"), Customer("2", "ACME"), not_same=[("2", "1")]) == []


def test_the_one_with_more_deals_is_kept_and_what_differs_is_told():
    (pair,) = find([Customer("1", "Acme", owner="Dana", deals=1), Customer("2", "Acme Ltd", owner="Omer", deals=3)])
    assert pair.kept.customer_id == "2"
    assert pair.apart == (("customer_name", "Acme Ltd", "Acme"), ("customer_id", "2", "1"), ("owner", "Omer", "Dana"))


def test_what_many_share_tells_nothing():
    many = [Customer(str(number), f"Shop {number}", website="mall.example") for number in range(20)]
    assert find(many) == []
