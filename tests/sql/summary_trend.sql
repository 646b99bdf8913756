-- $now: the first moment after the as-of day; $since and $until: the part's first moment and the first after it. In euros.
WITH stood AS (
    SELECT
        *,
        CASE WHEN closed_at >= $now THEN 'open' ELSE status END AS status_then
    FROM deals
    WHERE created_at IS NULL OR created_at < $now
)
SELECT
    count(*) FILTER (created_at >= $since AND created_at < $until) AS deals,
    sum(amount) FILTER (status_then = 'won' AND closed_at >= $since AND closed_at < $until AND currency = 'EUR') AS revenue_won,
    avg(amount) FILTER (status_then = 'won' AND closed_at >= $since AND closed_at < $until AND currency = 'EUR') AS average_won_value,
    count(*) FILTER (status_then = 'won' AND closed_at >= $since AND closed_at < $until)
        / count(*) FILTER (status_then <> 'open' AND closed_at >= $since AND closed_at < $until) AS win_rate,
    median(floor((epoch_us(closed_at) - epoch_us(created_at)) / 86400e6))
        FILTER (status_then = 'won' AND closed_at >= $since AND closed_at < $until AND closed_at >= created_at) AS sales_cycle_days,
    -- What was open at the end of the part: there by then, and not closed by then; a deal closed before it was created still came.
    sum(amount) FILTER (currency = 'EUR' AND status_then = 'open')
        - coalesce(sum(amount) FILTER (currency = 'EUR' AND created_at >= $until), 0)
        + coalesce(sum(amount) FILTER (currency = 'EUR' AND status_then <> 'open' AND closed_at >= $until), 0) AS open_pipeline
FROM stood
