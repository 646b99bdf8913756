-- How comments score that mention a word of one theme, against all other comments, and how many of late and before mention it.
WITH said AS (
    SELECT
        score,
        CAST(answered_at AS DATE) AS day,
        regexp_matches(' ' || lower(comment) || ' ', ' (late|lates|lated|lating) ') AS is_about
    FROM survey_responses
    WHERE scale = 'nps' AND score BETWEEN 0 AND 10 AND comment IS NOT NULL AND superseded_at IS NULL
)
SELECT
    count(*) FILTER (is_about) AS n,
    count(*) AS comments,
    100.0 * (count(*) FILTER (is_about AND score >= 9) - count(*) FILTER (is_about AND score <= 6)) / count(*) FILTER (is_about) AS nps,
    100.0 * (count(*) FILTER (NOT is_about AND score >= 9) - count(*) FILTER (NOT is_about AND score <= 6))
        / count(*) FILTER (NOT is_about) AS nps_others,
    count(*) FILTER (is_about AND day > CAST($as_of AS DATE) - 90) AS mentions_now,
    count(*) FILTER (is_about AND day <= CAST($as_of AS DATE) - 90 AND day > CAST($as_of AS DATE) - 180) AS mentions_before,
    count(*) FILTER (day > CAST($as_of AS DATE) - 90) AS comments_now
FROM said
