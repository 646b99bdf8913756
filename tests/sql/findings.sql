-- $now: the first moment after the as-of day. First stays in open stages by team, in euros.
WITH stays AS (
    SELECT
        e.deal_id,
        e.stage,
        d.amount,
        p.team,
        CASE WHEN e.fate = 'still' OR e.left_at >= $now THEN 'still' ELSE e.fate END AS fate_then
    FROM stage_entries e
    JOIN deals d USING (deal_id)
    LEFT JOIN people p ON p.person_id = d.owner_id
    WHERE e.outcome = 'open' AND e.visit = 1 AND NOT e.is_skipped AND d.currency = 'EUR'
        AND (e.entered_at < $now OR e.entered_at IS NULL) AND (d.created_at < $now OR d.created_at IS NULL)
)
SELECT stage, team AS segment, count(*) AS n, count(*) FILTER (fate_then = 'still') AS deals_open
FROM stays
WHERE team IS NOT NULL
GROUP BY stage, team
