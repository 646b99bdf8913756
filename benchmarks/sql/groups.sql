-- The funnel in every source.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT source, stays.stage, next_stage, count(*) AS deals, sum(amount) AS amount
FROM stays JOIN chosen USING (deal_id) WHERE visit = 1 GROUP BY ALL;
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT source, stays.stage, next_stage, CAST(floor((epoch_us(coalesce(left_at, TIMESTAMP '2026-01-01')) - epoch_us(entered_at)) / 86400e6) AS BIGINT) AS days, count(*) AS n
FROM stays JOIN chosen USING (deal_id) WHERE visit = 1 GROUP BY ALL;
-- Sizes of the groups, and won and closed in each.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT source, status, count(*) AS n, sum(amount) AS amount FROM chosen GROUP BY ALL;
