-- Headline figures of the period, and of as many days before it: counts, money, win rate, cycle, open pipeline.
WITH mine AS (SELECT * FROM deals WHERE ($owner::VARCHAR IS NULL OR owner = $owner)),
periods AS (
    SELECT 'now' AS period, $since::DATE AS since, $until::DATE + 1 AS until
    UNION ALL
    SELECT 'before', $since::DATE - CAST($until::DATE + 1 - $since::DATE AS INTEGER), $since::DATE WHERE $since IS NOT NULL
)
SELECT
    period,
    count(*) FILTER (since IS NULL OR (created >= since AND created < until)) AS created,
    count(*) FILTER (status <> 'open' AND (since IS NULL OR (closed >= since AND closed < until))) AS closed,
    count(*) FILTER (status = 'won' AND (since IS NULL OR (closed >= since AND closed < until))) AS won,
    sum(amount) FILTER (status = 'won' AND currency = 'USD' AND (since IS NULL OR (closed >= since AND closed < until))) AS dollars,
    sum(amount) FILTER (status = 'won' AND currency = 'EUR' AND (since IS NULL OR (closed >= since AND closed < until))) AS euros,
    avg(amount) FILTER (status = 'won' AND currency = 'USD' AND (since IS NULL OR (closed >= since AND closed < until))) AS mean_dollars,
    avg(amount) FILTER (status = 'won' AND currency = 'EUR' AND (since IS NULL OR (closed >= since AND closed < until))) AS mean_euros,
    median(epoch_us(closed) - epoch_us(created)) FILTER (status = 'won' AND (since IS NULL OR (closed >= since AND closed < until))) / 86400e6 AS cycle_days,
    sum(amount) FILTER (status = 'open') AS pipeline
FROM mine CROSS JOIN periods
GROUP BY period;
-- By month, for the small lines beside them.
WITH mine AS (SELECT * FROM deals WHERE ($owner::VARCHAR IS NULL OR owner = $owner))
SELECT date_trunc('month', closed) AS month, status, currency, count(*) AS n, sum(amount) AS amount
FROM mine WHERE status <> 'open' GROUP BY ALL;
-- What is worst by stage and source: deals that came, moved on, were lost, and the money lost.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT stays.stage, source, count(*) AS entered, count(*) FILTER (next_stage = 'Closed Lost') AS lost,
       count(*) FILTER (next_stage IS NULL) AS still, sum(amount) FILTER (next_stage = 'Closed Lost') AS lost_value
FROM stays JOIN chosen USING (deal_id) WHERE visit = 1 GROUP BY ALL;
