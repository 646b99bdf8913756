-- $now: the first moment after the as-of day. Every visit of an open stage by team, in euros; the median by Kaplan and Meier's
-- product over visits rounded down as screens tell them: to the minute up to 2 days, to 5 up to 20, to the hour up to 90, to the day beyond.
WITH visits AS (
    SELECT
        e.stage,
        p.team,
        e.fate = 'still' OR coalesce(e.left_at >= $now, false) AS is_open,
        date_diff('microsecond', e.entered_at, CASE WHEN e.left_at < $now THEN e.left_at ELSE $now END) / 86400e6 AS days
    FROM stage_entries e
    JOIN deals d USING (deal_id)
    LEFT JOIN people p ON p.person_id = d.owner_id
    WHERE e.outcome = 'open' AND NOT e.is_skipped AND d.currency = 'EUR'
        AND (e.entered_at < $now OR e.entered_at IS NULL) AND (d.created_at < $now OR d.created_at IS NULL)
),
lengths AS (
    SELECT
        stage,
        team,
        CASE WHEN days < 2 THEN floor(days * 1440 + 1e-6) / 1440 WHEN days < 20 THEN floor(days * 288 + 1e-6) / 288
             WHEN days < 90 THEN floor(days * 24 + 1e-6) / 24 ELSE floor(days + 1e-9) END AS length,
        count(*) AS leaving,
        count(*) FILTER (NOT is_open) AS ended
    FROM visits
    WHERE days >= 0
    GROUP BY ALL
),
at_risk AS (
    SELECT *, sum(leaving) OVER (PARTITION BY stage, team ORDER BY length DESC) AS at_risk FROM lengths
),
still AS (
    SELECT *, product(1 - ended / at_risk) OVER (PARTITION BY stage, team ORDER BY length) AS still_there FROM at_risk
)
SELECT
    stage,
    team,
    count(*) AS visits,
    count(*) FILTER (is_open) AS open,
    avg(days) FILTER (NOT is_open AND days >= 0) AS mean_completed_days,
    (SELECT min(length) FROM still s WHERE s.stage = v.stage AND s.team IS NOT DISTINCT FROM v.team AND still_there <= 0.5 + 1e-12)
        AS median_days
FROM visits v
GROUP BY stage, team
ORDER BY stage, team
