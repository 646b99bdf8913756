"""Whose survey answers are, as a person decided: followed by files loaded later, taken back row for row."""

import pytest

from data.errors import RequestProblem
from data.respondent_joins import joined, joins, nameless
from data.respondent_steps import decide
from data.respondents import Decision, Subject
from data.store import Workspace
from tests.data.test_merges import ask, load

ACCOUNTS = "Account ID,Account name,Website\n1,Acme,https://www.acme.com\n2,Beta,\n3,Gamma,\n"
CONTACTS = (
    "Contact ID,Contact name,Email,Account ID\n1,Ann Lee,ann@shared.com,2\n2,Bob Ray,bob@shared.com,3\n3,Dan Oz,,2\n"
)
HEAD = "Response ID,Company,Respondent,Email,Answered at,NPS score (0-10),Account ID\n"
ANSWERS = HEAD + (
    "R1,,,eve@shared.com,2026-03-01,9,\n"
    "R2,Akme International,,x@gmail.com,2026-03-02,3,\n"
    "R3,,,y@acme.com,2026-03-03,10,\n"
    "R4,,Dan Oz,,2026-03-04,8,\n"
    "R5,,,eve@shared.com,2026-03-05,9,3\n"
    "R6,,,z@gmail.com,2026-03-06,2,\n"
)
INVITATIONS = "Account name,Email,Sent at,Delivered\n,eve@shared.com,2026-02-27,yes\n,z@acme.com,2026-02-27,yes\n"


@pytest.fixture
def workspace(tmp_path):
    made = Workspace(tmp_path / "w")
    load(made, tmp_path, accounts=ACCOUNTS, contacts=CONTACTS)
    load(made, tmp_path, survey_answers=ANSWERS)
    load(made, tmp_path, survey_invitations=INVITATIONS)
    return made


def of(workspace):
    """The customer of each answer that is one; what the file said where it is none is left out."""
    found = ask(
        workspace, "SELECT response_id, customer_id FROM survey_responses SEMI JOIN customers USING (customer_id)"
    )
    return dict(sorted(found))


def everything(workspace):
    return [ask(workspace, f"SELECT * FROM {rows} ORDER BY ALL") for rows in ("survey_responses", "survey_invitations")]


def test_what_a_person_chose_holds_and_a_number_of_the_file_stands(workspace):
    # Joined without anybody: by the domain, by the contact's name, by number.
    assert of(workspace) == {"R3": "1", "R4": "2", "R5": "3"}
    step = decide(workspace, [Decision("address", "eve@shared.com", "2"), Decision("name", "Akme International", "1")])
    assert of(workspace) == {"R1": "2", "R2": "1", "R3": "1", "R4": "2", "R5": "3"}
    invited = ask(workspace, "SELECT email, customer_id FROM survey_invitations ORDER BY 1")
    assert invited == [("eve@shared.com", "2"), ("z@acme.com", "1")]
    assert (step.report["decisions"], step.report["joined"]) == (2, 3)
    # What the survey itself wrote is still there.
    assert ask(workspace, "SELECT customer FROM survey_responses WHERE response_id = 'R2'") == [("Akme International",)]


def test_it_is_taken_back_row_for_row(workspace):
    before = everything(workspace)
    step = decide(workspace, [Decision("address", "eve@shared.com", "2"), Decision("domain", "acme.com", "1", False)])
    assert everything(workspace) != before
    workspace.undo(step.number)
    assert everything(workspace) == before


def test_a_wrong_join_is_undone_and_does_not_come_back(workspace, tmp_path):
    decide(workspace, [Decision("domain", "acme.com", "1", False), Decision("respondent", "Dan Oz", "2", False)])
    assert of(workspace) == {"R5": "3"}
    assert ask(workspace, "SELECT customer_id FROM survey_invitations WHERE email = 'z@acme.com'") == [(None,)]
    load(workspace, tmp_path, survey_answers=HEAD + "R7,,,new@acme.com,2026-04-01,7,\n")
    assert of(workspace) == {"R5": "3"}
    # It may still be said of another customer.
    decide(workspace, [Decision("domain", "acme.com", "2")])
    assert of(workspace) == {"R3": "2", "R5": "3", "R7": "2"}


def test_files_loaded_later_follow_and_the_same_file_again_adds_none(workspace, tmp_path):
    decide(workspace, [Decision("address", "eve@shared.com", "2")])
    report = load(workspace, tmp_path, survey_answers=ANSWERS + "R8,,,Eve@Shared.com ,2026-04-01,7,\n")
    assert (report.files[0].rows_loaded, report.files[0].rows_unchanged) == (1, 6)
    assert of(workspace)["R1"] == of(workspace)["R8"] == "2"
    # An import before the decision goes: what is left follows all the same.
    workspace.undo(2)
    assert of(workspace) == {"R1": "2", "R3": "1", "R4": "2", "R5": "3", "R8": "2"}


def test_a_decision_waits_for_its_customer(workspace, tmp_path):
    decide(workspace, [Decision("address", "z@gmail.com", "9")])
    assert "R6" not in of(workspace)
    load(workspace, tmp_path, accounts=ACCOUNTS + "9,Newcomer,\n")
    assert of(workspace)["R6"] == "9"


def test_of_two_decisions_the_later_holds_and_none_means_nobody(workspace):
    decide(workspace, [Decision("address", "eve@shared.com", "2"), Decision("address", "eve@shared.com", "3")])
    assert of(workspace)["R1"] == "3"
    decide(workspace, [Decision("address", "eve@shared.com", None), Decision("domain", "acme.com", None)])
    assert set(of(workspace)) == {"R4", "R5"}
    kept = ask(workspace, "SELECT subject, written, customer_id, is_same FROM respondent_decisions ORDER BY ALL")
    assert kept == [("address", "eve@shared.com", None, True), ("domain", "acme.com", None, True)]


def test_the_address_says_more_than_the_domain_and_the_company_written_more_than_both_of_a_domain(workspace):
    decide(workspace, [Decision("domain", "acme.com", "3"), Decision("address", "y@acme.com", "2")])
    assert of(workspace)["R3"] == "2"
    decide(workspace, [Decision("domain", "gmail.com", "3")])
    assert "R6" not in of(workspace) and "R2" not in of(workspace)  # anybody can have an address there


def test_a_customer_merged_away_is_followed(workspace):
    from data.merges import merge

    decide(workspace, [Decision("address", "eve@shared.com", "2")])
    merge(workspace, {"2": "1"})
    assert of(workspace)["R1"] == "1"


def test_hostile_text_is_only_text(workspace, tmp_path):
    name = "x'); DROP TABLE customers; --"
    load(workspace, tmp_path, survey_answers=HEAD + f'R9,"{name}",,,2026-04-01,7,\n')
    decide(workspace, [Decision("name", name, "1")])
    assert of(workspace)["R9"] == "1"
    with pytest.raises(RequestProblem):
        decide(workspace, [])
    with pytest.raises(RequestProblem):
        decide(workspace, [Decision("age", "40", "1")])  # type: ignore[arg-type]


def test_how_each_came_to_its_customer_is_told_and_what_was_guessed_can_be_undone(workspace, tmp_path):
    more = (
        HEAD
        + "R7,Acme,,,2026-04-01,7,\nR8,acme.,,,2026-04-01,7,\nR9,,,ann@shared.com,2026-04-01,7,\nR10,,,,2026-04-02,5,\n"
    )
    load(workspace, tmp_path, survey_answers=more)
    decide(workspace, [Decision("address", "eve@shared.com", "2")])

    engine = workspace.engine()
    try:
        found = {each.way: (each.answers, each.invitations) for each in joined(engine)}
        listed = [
            (each.way, each.subject, each.written, each.customer, each.answers, each.invitations)
            for each in joins(engine, 50)
        ]
        nobody = nameless(engine)
    finally:
        engine.close()
    assert found == {
        "number": (1, 0), "name": (1, 0), "address": (1, 0), "spelling": (1, 0), "domain": (1, 1), "contact": (1, 0), "chosen": (1, 1),
        "unknown": (3, 0),
    }  # fmt: skip
    assert sum(answers for answers, _asked in found.values()) == 10 and nobody == 1 and listed == [
        ("domain", "domain", "acme.com", "Acme", 1, 1), ("chosen", "address", "eve@shared.com", "Beta", 1, 1),
        ("contact", "respondent", "Dan Oz", "Beta", 1, 0), ("spelling", "name", "acme.", "Acme", 1, 0),
    ]  # fmt: skip

    taken_back: list[tuple[Subject, str, str]] = [
        ("domain", "acme.com", "1"), ("address", "eve@shared.com", "2"), ("respondent", "Dan Oz", "2"), ("name", "acme.", "1"),
    ]  # fmt: skip
    decide(workspace, [Decision(subject, written, number, False) for subject, written, number in taken_back])
    assert set(of(workspace)) == {"R5", "R7", "R9"}


def test_without_surveys_nothing_was_joined(tmp_path):
    made = Workspace(tmp_path / "w")
    load(made, tmp_path, accounts=ACCOUNTS)
    engine = made.engine()
    try:
        assert joined(engine) == [] and joins(engine, 5) == [] and nameless(engine) == 0
    finally:
        engine.close()
