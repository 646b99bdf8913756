-- Days from creation to winning or losing, open deals as far as they are followed.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT status, CAST(floor((epoch_us(coalesce(closed, TIMESTAMP '2026-01-01')) - epoch_us(created)) / 3600e6) AS BIGINT) AS hours, count(*) AS n
FROM chosen GROUP BY ALL;
-- Days in each stage, by how the stay ended.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT stays.stage, next_stage, CAST(floor((epoch_us(coalesce(left_at, TIMESTAMP '2026-01-01')) - epoch_us(entered_at)) / 3600e6) AS BIGINT) AS hours, count(*) AS n
FROM stays JOIN chosen USING (deal_id) GROUP BY ALL;
