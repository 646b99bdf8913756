-- $now: the first moment after the as-of day. Deals by the month of their creation as clocks in Jerusalem show it.
WITH stood AS (
    SELECT
        *,
        CASE WHEN closed_at >= $now THEN 'open' ELSE status END AS status_then,
        strftime(timezone('Asia/Jerusalem', timezone('UTC', created_at)), '%Y-%m') AS period
    FROM deals
    WHERE created_at < $now AND currency = 'EUR'
),
lasting AS (
    SELECT
        *,
        (epoch_us(CASE WHEN status_then = 'open' THEN $now ELSE closed_at END) - epoch_us(created_at)) / 86400e6 AS days
    FROM stood
)
SELECT
    period,
    count(*) AS n,
    sum(amount) AS value_created,
    count(*) FILTER (status_then = 'won' AND days >= 0) AS converted,
    count(*) FILTER (status_then = 'open') AS undecided,
    -- Where every deal is older than 40 days, the chance to be won by then is a plain share.
    count(*) FILTER (status_then = 'won' AND days BETWEEN 0 AND 40) / count(*) FILTER (days >= 0) AS chance,
    min(CASE WHEN status_then = 'open' THEN days END) > 40 AS is_followed
FROM lasting
GROUP BY period
ORDER BY period
