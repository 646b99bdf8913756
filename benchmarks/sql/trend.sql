-- By month of creation: deals, what became of them, and how long that took.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT date_trunc('month', created) AS month, status,
       CAST(floor((epoch_us(coalesce(closed, TIMESTAMP '2026-01-01')) - epoch_us(created)) / 86400e6) AS BIGINT) AS days, count(*) AS n
FROM chosen GROUP BY ALL;
