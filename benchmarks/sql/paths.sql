-- Moves between stages in the order they were made, and moves back.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT turn, stays.stage, next_stage, count(*) AS moves, sum(amount) AS amount
FROM stays JOIN chosen USING (deal_id) GROUP BY ALL;
-- The commonest paths.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
),
paths AS (
    SELECT deal_id, any_value(status) AS status, string_agg(stays.stage, ' > ' ORDER BY turn) AS path
    FROM stays JOIN chosen USING (deal_id) GROUP BY deal_id
)
SELECT path, status, count(*) AS n FROM paths GROUP BY ALL ORDER BY n DESC LIMIT 50;
