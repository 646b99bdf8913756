-- $now: the first moment after the as-of day; $since and $until: the period's first moment and the first after it.
-- $last and $window: the last day of the period, and within how many days of a purchase a customer counts as active. One currency.
WITH bought AS (
    SELECT *, coalesce(customer_id, order_id) AS buyer
    FROM orders
    WHERE ordered_at < $now AND ordered_at >= $since AND ordered_at < $until
),
counted AS (
    SELECT *
    FROM survey_responses
    WHERE scale = 'nps' AND score BETWEEN 0 AND 10 AND score = floor(score) AND answered_at < $now
        AND answered_at >= $since AND answered_at < $until AND (superseded_at IS NULL OR superseded_at >= $now)
),
-- Nothing is returned here, so every day with a line is one of purchase.
recent AS (
    SELECT DISTINCT customer_id
    FROM orders
    WHERE ordered_at < $now AND CAST(ordered_at AS DATE) <= $last AND CAST(ordered_at AS DATE) > $last - CAST($window AS INTEGER)
)
SELECT
    (SELECT count(customer_id) FROM recent) AS customers,
    (SELECT sum(amount) FROM bought) AS net_revenue,
    (SELECT count(DISTINCT buyer) FROM bought) AS net_revenue_n,
    (SELECT 100.0 * (count(*) FILTER (score >= 9) - count(*) FILTER (score <= 6)) / count(*) FROM counted) AS nps,
    (SELECT count(*) FROM counted) AS nps_n
