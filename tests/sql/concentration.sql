-- $now, $zone, $since, $until
WITH lines AS (
    SELECT customer_id, currency, amount, CAST(timezone($zone, ordered_at AT TIME ZONE 'UTC') AS DATE) AS day
    FROM orders
    WHERE ordered_at < $now
), held AS (
    SELECT customer_id, currency, sum(amount) AS amount
    FROM lines
    WHERE day BETWEEN $since AND $until
    GROUP BY ALL
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY currency ORDER BY amount DESC) AS place
    FROM held
    WHERE customer_id IS NOT NULL AND amount > 0
), summed AS (
    SELECT
        currency,
        count(*) AS n,
        sum(amount) AS revenue,
        sum(amount) FILTER (place <= 1) / sum(amount) AS top1,
        sum(amount) FILTER (place <= 5) / sum(amount) AS top5,
        sum(amount) FILTER (place <= 10) / sum(amount) AS top10,
        sum(amount * amount) / (sum(amount) * sum(amount)) AS hhi
    FROM ranked
    GROUP BY currency
)
SELECT
    summed.*,
    1 / hhi AS effective,
    (SELECT coalesce(sum(amount), 0) FROM held WHERE held.currency = summed.currency AND customer_id IS NULL) AS revenue_without,
    (SELECT coalesce(sum(amount), 0) FROM held WHERE held.currency = summed.currency AND customer_id IS NOT NULL AND amount < 0)
        AS revenue_negative
FROM summed
