-- $now: the first moment after the as-of day. One row a team and outcome.
WITH stood AS (
    SELECT
        d.deal_id, p.team, d.created_at,
        CASE WHEN d.closed_at >= $now THEN 'open' ELSE d.status END AS status_then,
        CASE WHEN d.closed_at < $now THEN d.closed_at END AS closed_then
    FROM deals d
    LEFT JOIN people p ON p.person_id = d.owner_id
    WHERE d.created_at IS NULL OR d.created_at < $now
),
events AS (
    SELECT deal_id, min(entered_at) AS first_entered, max(entered_at) AS last_entered
    FROM stage_entries
    WHERE is_recorded AND entered_at < $now
    GROUP BY deal_id
),
cycles AS (
    SELECT team, status_then AS outcome, status_then AS status, (epoch_us(closed_then) - epoch_us(created_at)) / 86400e6 AS days
    FROM stood
    WHERE status_then <> 'open'
    UNION ALL
    SELECT
        team, 'all', status_then,
        (epoch_us(greatest(closed_then, last_entered)) - epoch_us(least(created_at, first_entered))) / 86400e6
    FROM stood
    LEFT JOIN events USING (deal_id)
),
waiting AS (
    SELECT team AS of_team, count(*) FILTER (status_then = 'open') AS open
    FROM stood
    GROUP BY team
)
SELECT
    team, outcome,
    count(*) FILTER (days >= 0) AS deals,
    avg(days) FILTER (days >= 0) AS mean_days,
    median(days) FILTER (days >= 0) AS median_days,
    quantile_cont(days, 0.25) FILTER (days >= 0) AS p25_days,
    quantile_cont(days, 0.75) FILTER (days >= 0) AS p75_days,
    max(days) FILTER (days >= 0) AS max_days,
    count(*) FILTER (days < 0) AS negative,
    count(*) FILTER (days IS NULL) AS undated,
    CASE
        WHEN any_value(outcome) = 'all' THEN count(*) FILTER (status = 'open' AND days >= 0)
        ELSE any_value(open)
    END AS undecided
FROM cycles
JOIN waiting ON of_team IS NOT DISTINCT FROM team
GROUP BY ALL
