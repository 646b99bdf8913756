-- $now: the first moment after the as-of day. The chance to be still there after so many full hours, in first stays in open
-- stages by team, in euros: Kaplan and Meier's product; and how many were there just before.
WITH stays AS (
    SELECT
        e.stage,
        p.team,
        e.fate = 'still' OR coalesce(e.left_at >= $now, false) AS is_open,
        floor(
            date_diff('microsecond', e.entered_at, CASE WHEN e.left_at < $now THEN e.left_at ELSE $now END) / 3600e6
        ) AS hours
    FROM stage_entries e
    JOIN deals d USING (deal_id)
    LEFT JOIN people p ON p.person_id = d.owner_id
    WHERE e.outcome = 'open' AND e.visit = 1 AND NOT e.is_skipped AND d.currency = 'EUR'
        AND (e.entered_at < $now OR e.entered_at IS NULL) AND (d.created_at < $now OR d.created_at IS NULL)
),
lengths AS (
    SELECT stage, team, hours, count(*) AS leaving, count(*) FILTER (NOT is_open) AS ended
    FROM stays
    WHERE hours >= 0
    GROUP BY stage, team, hours
),
at_risk AS (
    SELECT *, sum(leaving) OVER (PARTITION BY stage, team ORDER BY hours DESC) AS at_risk FROM lengths
)
SELECT
    stage,
    team,
    hours / 24 AS days,
    at_risk,
    product(1 - ended / at_risk) OVER (PARTITION BY stage, team ORDER BY hours) AS still_there
FROM at_risk
ORDER BY stage, team, hours
