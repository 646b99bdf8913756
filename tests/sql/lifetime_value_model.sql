-- How many customers have each history: repeat days of purchase, weeks from the first to the last and to the as-of date.
WITH ordered AS (
         SELECT customer_id, ordered_at::DATE AS day, sum(amount) AS net, count_if(amount < 0) AS returns
         FROM orders WHERE customer_id IS NOT NULL AND ordered_at < DATE '2026-01-01' GROUP BY ALL
     ),
     numbered AS (
         SELECT *, count_if(net > 0 OR (net = 0 AND returns = 0)) OVER (PARTITION BY customer_id ORDER BY day) AS number FROM ordered
     ),
     bought AS (
         SELECT customer_id, min(day) AS day, sum(net) AS net
         FROM numbered WHERE number > 0 GROUP BY customer_id, number HAVING sum(net) > 0 OR (sum(net) = 0 AND sum(returns) = 0)
     ),
     each AS (
         SELECT count(*) - 1.0 AS repeat_purchases, date_diff('day', min(day), max(day)) / 7 AS recency_weeks,
                date_diff('day', min(day), DATE '2025-12-31') / 7 AS age_weeks
         FROM bought GROUP BY customer_id
     )
SELECT repeat_purchases, recency_weeks, age_weeks, count(*) AS customers FROM each GROUP BY ALL ORDER BY ALL
