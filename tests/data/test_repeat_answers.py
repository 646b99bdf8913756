"""Who answered twice within a day, what the same person said before, and who is the same person at all."""

from datetime import datetime

from data.engine import Engine


def marked(*answers):
    """(person's columns, moment, score) each, in order; what is marked of each."""
    names = {name for said, *_rest in answers for name in said}
    columns = {name: [said.get(name) for said, *_rest in answers] for name in sorted(names)}
    engine = Engine.in_memory({"survey_responses": columns | {
        "response_id": [str(number) for number in range(len(answers))],
        "answered_at": [datetime.fromisoformat(moment) if moment else None for _said, moment, *_rest in answers],
        "score": [score for _said, _moment, score, *_rest in answers],
        "scale": [rest[0] if rest else "nps" for _said, _moment, _score, *rest in answers],
    }})  # fmt: skip
    return engine.rows(
        "SELECT respondent_key, superseded_at, previous_at, previous_score FROM survey_responses ORDER BY response_id"
    )


def at(moment):
    return datetime.fromisoformat(moment)


ANN, BOB = {"email": "Ann@x.com"}, {"respondent": "Bob", "customer_id": "C1"}


def test_within_24_hours_the_last_counts():
    first, second = marked((ANN, "2026-05-01T10:00", 3.0), ({"email": " ann@X.com"}, "2026-05-02T10:00", 9.0))
    assert first[0] == second[0] == "@ann@x.com"
    assert first[1] == at("2026-05-02T10:00") and second[1] is None
    assert second[2:] == (None, None)  # what does not count was not said before


def test_a_minute_more_is_another_answer_that_remembers_the_one_before():
    first, second = marked((ANN, "2026-05-01T10:00", 3.0), (ANN, "2026-05-02T10:01", 9.0))
    assert first[1] is None and second[1:] == (None, at("2026-05-01T10:00"), 3.0)


def test_a_chain_of_answers_leaves_the_last():
    rows = marked((ANN, "2026-05-01T10:00", 3.0), (ANN, "2026-05-02T09:00", 5.0), (ANN, "2026-05-03T08:00", 9.0))
    assert [row[1] is None for row in rows] == [False, False, True]


def test_the_name_tells_people_apart_within_a_customer_only():
    rows = marked(
        (BOB, "2026-05-01T10:00", 3.0), ({"respondent": " bob ", "customer_id": "C1"}, "2026-06-01T10:00", 4.0),
        ({"respondent": "Bob", "customer_id": "C2"}, "2026-06-02T10:00", 5.0),
    )  # fmt: skip
    assert [row[3] for row in rows] == [None, 3.0, None] and rows[0][0] == rows[1][0] != rows[2][0]


def test_without_names_a_customer_is_a_person_unless_several_must_be_answering():
    alone = marked(({"customer_id": "C1"}, "2026-01-01", 3.0), ({"customer_id": "C1"}, "2026-06-01", 9.0))
    assert [row[3] for row in alone] == [None, 3.0]
    several = marked(
        ({"customer_id": "C1"}, "2026-01-01T10:00", 3.0), ({"customer_id": "C1"}, "2026-01-01T11:00", 9.0),
        ({"customer_id": "C2"}, "2026-01-01", 3.0), ({"customer_id": "C2"}, "2026-06-01", 9.0),
    )  # fmt: skip
    assert all(row == (None, None, None, None) for row in several)


def test_each_question_has_its_own_answers():
    rows = marked((ANN, "2026-05-01T10:00", 3.0, "csat"), (ANN, "2026-05-01T11:00", 9.0))
    assert [row[1] for row in rows] == [None, None] and rows[1][3] is None


def test_what_is_no_answer_stands_for_none():
    """A blank, and a score that the scale does not have, neither replace an answer nor are what was said before."""
    rows = marked(
        (ANN, "2026-05-01T10:00", 9.0), (ANN, "2026-05-01T11:00", None), (ANN, "2026-05-01T12:00", 11.0),
        (ANN, "2026-05-01T13:00", 7.5), (ANN, "2026-06-01T10:00", 8.0), (ANN, None, 2.0),
    )  # fmt: skip
    assert rows[0][1] is None
    assert rows[4][2:] == (at("2026-05-01T10:00"), 9.0)
    # Other questions have other scales.
    first, second = marked((ANN, "2026-05-01T10:00", 40.0, "percent"), (ANN, "2026-05-01T11:00", 60.5, "percent"))
    assert first[1] == at("2026-05-01T11:00") and second[1] is None


def test_nobody_known_is_nobody_again():
    rows = marked(({"email": "  "}, "2026-05-01T10:00", 9.0), ({"email": ""}, "2026-05-01T11:00", 8.0))
    assert all(row == (None, None, None, None) for row in rows)


def test_of_two_at_the_same_moment_the_later_row_counts():
    first, second = marked((ANN, "2026-05-01T10:00", 9.0), (ANN, "2026-05-01T10:00", 2.0))
    assert first[1] == at("2026-05-01T10:00") and second[1] is None


def test_no_answers():
    assert Engine.in_memory({}).rows("SELECT count(*) FROM survey_responses") == [(0,)]
