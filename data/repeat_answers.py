"""Whose survey answers belong together: who answered twice within a day, and what the same person said before."""

from __future__ import annotations

import duckdb

# Of several answers of one person within this time, the last counts.
WITHIN = "INTERVAL 24 HOURS"
# A score that is not on the scale of NPS answers nothing, so it stands for no answer before it.
IS_ANSWER = "score IS NOT NULL AND (scale IS DISTINCT FROM 'nps' OR (score BETWEEN 0 AND 10 AND score = floor(score)))"


def mark(database: duckdb.DuckDBPyConnection) -> None:
    """Fill `respondent_key`, `superseded_at`, `previous_at` and `previous_score` of survey answers.

    A respondent is known by the email address, else by the name within the customer. Where a file names neither, the customer
    stands for the person, unless some customer so named answered more than once within the time that makes a repetition: then
    several people answer for it, and nobody can tell them apart.
    """
    if not database.execute("SELECT 1 FROM survey_responses LIMIT 1").fetchall():
        return
    database.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE asked_people AS
            SELECT rowid AS row, answered_at, score, scale, customer_id AS only_customer,
                   coalesce('@' || nullif(lower(trim(email)), ''),
                            coalesce(customer_id, customer, '') || '|' || nullif(lower(trim(respondent)), '')) AS person
            FROM survey_responses;
        CREATE OR REPLACE TEMP TABLE answers_of_people AS
            WITH alone AS (
                SELECT answered_at - lag(answered_at) OVER (PARTITION BY only_customer, scale ORDER BY answered_at) AS gap
                FROM asked_people WHERE person IS NULL AND only_customer IS NOT NULL AND score IS NOT NULL
            ), known AS (
                SELECT row, answered_at, score, scale,
                       CASE WHEN person IS NULL AND NOT (SELECT coalesce(bool_or(gap <= {WITHIN}), false) FROM alone)
                            THEN only_customer || '|' ELSE person END AS person
                FROM asked_people
            ), repeated AS (
                SELECT *, CASE WHEN lead(answered_at) OVER each - answered_at <= {WITHIN} THEN lead(answered_at) OVER each END AS superseded
                FROM known WHERE person IS NOT NULL AND {IS_ANSWER} AND answered_at IS NOT NULL
                WINDOW each AS (PARTITION BY person, scale ORDER BY answered_at, row)
            ), before AS (
                SELECT row, lag(answered_at) OVER each AS at, lag(score) OVER each AS score FROM repeated WHERE superseded IS NULL
                WINDOW each AS (PARTITION BY person, scale ORDER BY answered_at, row)
            )
            SELECT k.row, k.person, r.superseded, b.at, b.score
            FROM known k LEFT JOIN repeated r USING (row) LEFT JOIN before b USING (row);
        UPDATE survey_responses s SET respondent_key = p.person, superseded_at = p.superseded, previous_at = p.at, previous_score = p.score
            FROM answers_of_people p WHERE p.row = s.rowid;
        DROP TABLE asked_people;
        DROP TABLE answers_of_people
        """
    )
