-- $now: the first moment after the as-of day; euros only. One row a reason and stage of loss; all stages as stage ''.
WITH lost AS (
    SELECT
        d.amount,
        coalesce(lower(trim(regexp_replace(d.lost_reason, '\s+', ' ', 'g'))), '') AS reason,
        (
            SELECT s.stage FROM stage_entries s
            WHERE s.deal_id = d.deal_id AND s.fate = 'lost' AND s.outcome = 'open' AND s.is_recorded
            ORDER BY s.left_at DESC LIMIT 1
        ) AS stage
    FROM deals d
    WHERE d.status = 'lost' AND (d.closed_at IS NULL OR d.closed_at < $now) AND (d.created_at IS NULL OR d.created_at < $now)
        AND d.currency = 'EUR'
),
both_ways AS (
    SELECT reason, '' AS stage, amount FROM lost
    UNION ALL SELECT reason, stage, amount FROM lost WHERE stage IS NOT NULL
)
SELECT
    stage, reason,
    count(*) AS deals,
    sum(count(*)) OVER (PARTITION BY stage) AS n,
    coalesce(sum(amount), 0) AS money,
    coalesce(sum(amount), 0) / sum(sum(amount)) OVER (PARTITION BY stage) AS money_share
FROM both_ways
GROUP BY stage, reason
