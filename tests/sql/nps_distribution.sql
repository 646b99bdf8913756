-- How many gave each score in the 90 days up to 30 June 2026, and in the 90 before.
WITH counted AS (
    SELECT score::INTEGER AS score, answered_at >= TIMESTAMP '2026-04-02' AS is_now
    FROM survey_responses
    WHERE scale = 'nps' AND score BETWEEN 0 AND 10 AND score = floor(score) AND superseded_at IS NULL
        AND answered_at >= TIMESTAMP '2026-01-02' AND answered_at < TIMESTAMP '2026-07-01'
)
SELECT s.score, count(*) FILTER (is_now) AS n, count(*) FILTER (NOT is_now) AS earlier_n
FROM range(11) AS s(score) LEFT JOIN counted USING (score)
GROUP BY s.score ORDER BY s.score
