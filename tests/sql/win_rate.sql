-- $now: the first moment after the as-of day. One row a team; `value` in euros.
WITH stood AS (
    SELECT
        d.*,
        p.team,
        CASE WHEN d.closed_at >= $now THEN 'open' ELSE d.status END AS status_then,
        CASE WHEN d.closed_at < $now THEN d.closed_at END AS closed_then
    FROM deals d
    LEFT JOIN people p ON p.person_id = d.owner_id
    WHERE d.created_at IS NULL OR d.created_at < $now
),
slowest AS (
    SELECT quantile_cont(epoch_us(closed_then) - epoch_us(created_at), 0.95) AS age
    FROM stood
    WHERE status_then IN ('won', 'lost') AND closed_then >= created_at
),
marked AS (
    SELECT
        *,
        status_then = 'open' AND (
            coalesce(expected_close_on < CAST($now AS DATE) - 31, false)
            OR coalesce(epoch_us($now) - epoch_us(created_at) > (SELECT age FROM slowest), false)
        ) AS is_zombie
    FROM stood
)
SELECT
    team,
    count(*) FILTER (status_then = 'won') AS won,
    count(*) FILTER (status_then IN ('won', 'lost')) AS closed,
    count(*) FILTER (status_then = 'open') AS open,
    count(*) AS created,
    count(*) FILTER (status_then <> 'open' OR is_zombie) AS strict,
    sum(amount) FILTER (status_then = 'won' AND currency = 'EUR') AS euros_won,
    sum(amount) FILTER (status_then <> 'open' AND currency = 'EUR') AS euros_closed,
    max(amount) FILTER (status_then <> 'open' AND currency = 'EUR') AS largest
FROM marked
GROUP BY team
