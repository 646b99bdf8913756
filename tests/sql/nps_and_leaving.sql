-- Answers of promoters, passives and detractors by whether the customer was there, and when it left or bought again.
-- Orders only; silence counts from the answer or a later order, and is too long beyond the limit of the scores.
WITH given AS (
    SELECT customer_id, answered_at::DATE AS day,
           CASE WHEN score >= 9 THEN 1 WHEN score > 6 THEN 0 ELSE -1 END AS vote
    FROM survey_responses
    WHERE scale = 'nps' AND score = floor(score) AND score BETWEEN 0 AND 10 AND superseded_at IS NULL
      AND customer_id IS NOT NULL AND answered_at::DATE <= $as_of
), bought AS (
    SELECT DISTINCT customer_id, ordered_at::DATE AS day FROM orders WHERE ordered_at::DATE <= $as_of
), starts AS (
    -- The answer, and every order after it, begin a silence.
    SELECT g.customer_id, g.day, g.vote, g.day AS since FROM given g
    UNION
    SELECT g.customer_id, g.day, g.vote, b.day FROM given g JOIN bought b ON b.customer_id = g.customer_id AND b.day > g.day
), silences AS (
    SELECT s.*, floor(l.gap_limit_days)::INT AS allowed,
           coalesce((SELECT min(b.day) FROM bought b WHERE b.customer_id = s.customer_id AND b.day > s.since), $as_of) - s.since AS silent
    FROM starts s LEFT JOIN the_scores l ON l.customer_id = s.customer_id
), lapses AS (
    SELECT customer_id, day, vote, min(since + allowed + 1) FILTER (silent > allowed) AS left_on, any_value(allowed) AS allowed
    FROM silences GROUP BY ALL
)
SELECT e.customer_id, e.day, e.vote, count(*) AS n,
       any_value(e.left_on - e.day) AS left_days,
       any_value((SELECT min(b.day) FROM bought b WHERE b.customer_id = e.customer_id AND b.day > e.day) - e.day) AS next_days
FROM lapses e JOIN given g USING (customer_id, day, vote)
WHERE e.day - (SELECT max(b.day) FROM bought b WHERE b.customer_id = e.customer_id AND b.day <= e.day) <= e.allowed
GROUP BY e.customer_id, e.day, e.vote ORDER BY ALL
