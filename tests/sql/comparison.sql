-- $now: the first moment after the as-of day. East against West: deals, those won within 60 days and their euros.
WITH stood AS (
    SELECT
        people.team AS side,
        currency,
        amount,
        CASE WHEN closed_at >= $now THEN 'open' ELSE status END AS status_then,
        (epoch_us(CASE WHEN closed_at < $now THEN closed_at WHEN status = 'open' OR closed_at >= $now THEN $now END)
            - epoch_us(created_at)) / 86400e6 AS days
    FROM deals JOIN people ON deals.owner_id = people.person_id
    WHERE created_at < $now
)
SELECT
    side,
    count(*) AS n,
    count(*) FILTER (status_then = 'won' AND days <= 60) AS won,
    round(sum(amount) FILTER (status_then = 'won' AND days <= 60 AND currency = 'EUR'), 2) AS euros,
    count(*) FILTER (status_then = 'open' AND days < 60) AS not_followed
FROM stood
WHERE days >= 0
GROUP BY side
