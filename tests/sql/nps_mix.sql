-- The scores of two stretches of 365 days by segment, and what of the change is mix and rate at the earlier mix.
WITH counted AS (
    SELECT c.segment AS grp, CAST(r.answered_at AS DATE) > $middle AS is_later,
        CASE WHEN r.score >= 9 THEN 100.0 WHEN r.score >= 7 THEN 0.0 ELSE -100.0 END AS vote
    FROM survey_responses r LEFT JOIN customers c USING (customer_id)
    WHERE r.scale = 'nps' AND r.score BETWEEN 0 AND 10 AND r.superseded_at IS NULL AND CAST(r.answered_at AS DATE) BETWEEN $first AND $last
),
sides AS (
    SELECT grp, count(*) FILTER (NOT is_later) AS k, avg(vote) FILTER (NOT is_later) AS x, count(*) FILTER (is_later) AS n,
        avg(vote) FILTER (is_later) AS y
    FROM counted GROUP BY grp
),
shares AS (
    SELECT grp, k, n, k / sum(k) OVER () AS a, n / sum(n) OVER () AS b, x, y, coalesce(x, y) AS x0, coalesce(y, x) AS y0 FROM sides
)
SELECT
    (SELECT avg(vote) FILTER (is_later) - avg(vote) FILTER (NOT is_later) FROM counted) AS change,
    sum(a * (y0 - x0)) AS rate,
    sum((b - a) * y0) AS mix
FROM shares
