-- $since and $until: the period's first moment and the first after it. One row a currency.
SELECT
    currency,
    count(*) FILTER (created_at >= $since AND created_at < $until) AS deals,
    avg(amount) FILTER (status = 'won' AND closed_at >= $since AND closed_at < $until) AS average_won_value,
    count(*) FILTER (status = 'won' AND closed_at >= $since AND closed_at < $until)
        / count(*) FILTER (status <> 'open' AND closed_at >= $since AND closed_at < $until) AS win_rate,
    median((epoch_us(closed_at) - epoch_us(created_at)) / 86400e6)
        FILTER (status = 'won' AND closed_at >= $since AND closed_at < $until AND closed_at >= created_at) AS sales_cycle_days
FROM deals
GROUP BY currency
