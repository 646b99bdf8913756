-- The score by local month and its adjusted-Wald interval; of answers of one person within 24 hours the last counts.
WITH known AS (
    SELECT *, coalesce('@' || lower(trim(email)), coalesce(customer_id, '') || '|' || lower(trim(respondent))) AS person
    FROM survey_responses
    WHERE scale = 'nps' AND score BETWEEN 0 AND 10 AND score = floor(score) AND answered_at < $now
), counted AS (
    SELECT a.* FROM known a
    WHERE NOT EXISTS (
        SELECT 1 FROM known b
        WHERE b.person = a.person AND b.answered_at <= a.answered_at + INTERVAL 24 HOUR
          AND (b.answered_at > a.answered_at OR (b.answered_at = a.answered_at AND b.response_id > a.response_id))
    )
), monthly AS (
    SELECT strftime(timezone($zone, timezone('UTC', answered_at)), '%Y-%m') AS period, count(*) AS n,
           count(*) FILTER (score >= 9) AS promoters,
           count(*) FILTER (score IN (7, 8)) AS passives,
           count(*) FILTER (score <= 6) AS detractors
    FROM counted GROUP BY 1
), shares AS (
    SELECT *, (promoters + 0.75) / (n + 3) AS p, (detractors + 0.75) / (n + 3) AS d FROM monthly
)
SELECT period, n, promoters, passives, detractors,
       100.0 * (promoters - detractors) / n AS nps,
       greatest(-100, 100 * (p - d - 1.959963984540054 * sqrt((p + d - (p - d) * (p - d)) / (n + 3)))) AS low,
       least(100, 100 * (p - d + 1.959963984540054 * sqrt((p + d - (p - d) * (p - d)) / (n + 3)))) AS high
FROM shares
ORDER BY period
