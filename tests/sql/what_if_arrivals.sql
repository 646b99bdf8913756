-- Deals of one pipeline by months of 365.25 / 12 days before now, and whether their customer had bought on an earlier day.
WITH bought AS (
    SELECT customer_id, min(day) AS first_day
    FROM (
        SELECT customer_id, CAST(closed_at AS DATE) AS day FROM deals WHERE status = 'won' AND closed_at < $now
        UNION ALL SELECT customer_id, CAST(ordered_at AS DATE) FROM orders WHERE ordered_at < $now
        UNION ALL SELECT customer_id, started_on FROM subscriptions
    )
    WHERE customer_id IS NOT NULL AND day IS NOT NULL
    GROUP BY customer_id
)
SELECT
    least(floor(date_diff('microsecond', d.created_at, $now) / 86400000000.0 / (365.25 / 12)), 12) AS ago,
    CASE
        WHEN b.first_day < CAST(d.created_at AS DATE) THEN 'known'
        WHEN d.customer_id IS NULL THEN 'unlinked'
        ELSE 'new'
    END AS standing,
    count(*) AS n
FROM deals d
LEFT JOIN bought b ON b.customer_id = d.customer_id
WHERE d.created_at < $now AND d.pipeline = 'Sales' AND (d.currency = 'EUR' OR (d.currency IS NULL AND d.amount IS NULL))
GROUP BY ALL
ORDER BY ALL
