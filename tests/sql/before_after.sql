-- $mark: the moment the day begins; $first, $end: where the windows begin and end; $now: the first moment after the as-of day.
-- How many began on either side, and how many of them still went on at the mark (before) or go on now (after).
WITH sides AS (
    SELECT 0 AS is_after, $first AS since, $mark AS until, $mark AS followed_to
    UNION ALL
    SELECT 1, $mark, $end, $now
),
visits AS (
    SELECT e.*, d.closed_at, s.is_after, s.followed_to
    FROM stage_entries e
    JOIN deals d USING (deal_id)
    JOIN sides s ON e.entered_at >= s.since AND e.entered_at < s.until AND e.entered_at < $now
    WHERE e.outcome = 'open' AND NOT e.is_skipped AND (d.created_at < $now OR d.created_at IS NULL)
)
SELECT 'days' AS measure, stage, is_after, count(*) AS n,
    count(*) FILTER (fate = 'still' OR coalesce(left_at >= followed_to, false)) AS undecided
FROM visits
GROUP BY stage, is_after
UNION ALL
SELECT 'move_on', stage, is_after, count(*), count(*) FILTER (fate = 'still' OR coalesce(left_at >= followed_to, false))
FROM visits
WHERE visit = 1
GROUP BY stage, is_after
UNION ALL
SELECT 'come_back', v.stage, is_after, count(*),
    count(*) FILTER (
        coalesce(v.closed_at >= followed_to, true)
        AND NOT EXISTS (
            FROM stage_entries a
            WHERE a.deal_id = v.deal_id AND a.stage = v.stage AND a.visit = 2 AND a.entered_at < followed_to
        )
    )
FROM visits v
WHERE visit = 1
GROUP BY v.stage, is_after
UNION ALL
SELECT 'win', NULL, is_after, count(*), count(*) FILTER (status = 'open' OR coalesce(closed_at >= followed_to, false))
FROM deals
JOIN sides ON created_at >= since AND created_at < until AND created_at < $now
GROUP BY is_after
ORDER BY ALL
