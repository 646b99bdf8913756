-- The funnel: deals and money by stage and where they went.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT stays.stage, next_stage, currency, count(*) AS deals, sum(amount) AS amount
FROM stays JOIN chosen USING (deal_id) WHERE visit = 1 GROUP BY ALL;
-- How long first stays lasted, by the hour, for the conversion that follows open deals.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT stays.stage, next_stage, CAST(floor((epoch_us(coalesce(left_at, TIMESTAMP '2026-01-01')) - epoch_us(entered_at)) / 3600e6) AS BIGINT) AS hours, count(*) AS n
FROM stays JOIN chosen USING (deal_id) WHERE visit = 1 GROUP BY ALL;
-- Win rates: by count, by money, by cohort age.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT status, currency, count(*) AS n, count(amount) AS known, sum(amount) AS amount, sum(amount * amount) AS squares FROM chosen GROUP BY ALL;
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT status, CAST(floor((epoch_us(coalesce(closed, TIMESTAMP '2026-01-01')) - epoch_us(created)) / 3600e6) AS BIGINT) AS hours, count(*) AS n
FROM chosen GROUP BY ALL;
-- Who went past a stage unseen.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
),
places(stage, place) AS (VALUES ('Lead', 1), ('Qualified', 2), ('Demo', 3), ('Proposal', 4), ('Negotiation', 5), ('Closed Won', 6)),
reached AS (
    SELECT deal_id, max(place) AS furthest, count(DISTINCT place) AS seen
    FROM stays JOIN chosen USING (deal_id) JOIN places ON places.stage = stays.stage GROUP BY deal_id
)
SELECT count(*) FILTER (seen < furthest) AS skipped, count(*) AS deals FROM reached;
