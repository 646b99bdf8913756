-- The period against as many days before it: deals and won by source, for the effects of mix and of rate.
WITH mine AS (SELECT * FROM deals WHERE ($owner::VARCHAR IS NULL OR owner = $owner)),
dated AS (
    SELECT *, CASE WHEN created >= coalesce($since::DATE, DATE '2025-01-01') THEN 'now' ELSE 'before' END AS period
    FROM mine
    WHERE created >= coalesce($since::DATE - CAST($until::DATE + 1 - $since::DATE AS INTEGER), DATE '2024-01-01')
      AND created < coalesce($until::DATE + 1, DATE '2026-01-01')
)
SELECT period, source, status, currency, count(*) AS n, sum(amount) AS amount FROM dated GROUP BY ALL;
