-- RFM from the customers' sums: fifths by the lowest rank among equals, then the table of segments.
WITH ranked AS (
         SELECT *, count(*) OVER () AS n, rank() OVER (ORDER BY days_since DESC) - 1 AS r, rank() OVER (ORDER BY purchases) - 1 AS f,
                rank() OVER (ORDER BY revenue) - 1 AS m
         FROM scores_of_customers WHERE purchases > 0
     ),
     scored AS (
         SELECT *, if(n < 100, 2 * (3 * r // n) + 1, 5 * r // n + 1) AS rs, if(n < 100, 2 * (3 * f // n) + 1, 5 * f // n + 1) AS fs,
                if(n < 100, 2 * (3 * m // n) + 1, 5 * m // n + 1) AS ms
         FROM ranked
     ),
     plain AS (
         SELECT *, CASE
                WHEN rs <= 2 THEN CASE WHEN fs <= 2 THEN 'hibernating' WHEN fs <= 4 THEN 'at_risk' ELSE 'cannot_lose' END
                WHEN rs = 3 THEN CASE WHEN fs <= 3 THEN 'needs_attention' ELSE 'loyal' END
                WHEN fs = 1 THEN 'new'
                WHEN fs = 2 OR (rs = 4 AND fs = 3) THEN 'promising'
                WHEN fs = 5 OR (rs = 5 AND fs = 4) THEN 'champions'
                ELSE 'loyal' END AS segment
         FROM scored
     ),
     named AS (
         SELECT *, CASE WHEN ms = 5 AND segment = 'at_risk' THEN 'cannot_lose'
                        WHEN ms = 5 AND segment = 'hibernating' THEN 'at_risk'
                        WHEN ms <= 2 AND segment = 'champions' THEN 'loyal'
                        WHEN ms <= 2 AND segment = 'cannot_lose' THEN 'at_risk'
                        ELSE segment END AS rfm_segment
         FROM plain
     )
SELECT rfm_segment, count(*) AS customers, sum(revenue_12m) AS revenue_12m, median(days_since) AS median_days_since,
       avg(purchases) AS mean_purchases
FROM named GROUP BY rfm_segment
ORDER BY list_position(['champions', 'loyal', 'promising', 'new', 'needs_attention', 'at_risk', 'cannot_lose', 'hibernating'], any_value(rfm_segment))
