-- Every customer at the ends of thirteen months, one by one from its orders, and how many went from where to where.
WITH ends AS (SELECT place, CAST($as_of AS DATE) - to_months(12 - place) AS moment FROM generate_series(0, 12) AS s(place)),
     bought AS (SELECT DISTINCT customer_id, CAST(ordered_at AS DATE) AS day FROM orders WHERE amount > 0),
     stood AS (
         SELECT s.customer_id, e.place, CAST(e.moment AS DATE) AS moment, created_on, first_on, gap_limit_days, gap_warning_days,
                (SELECT count(*) FROM bought b WHERE b.customer_id = s.customer_id AND b.day <= e.moment) AS n,
                (SELECT max(day) FROM bought b WHERE b.customer_id = s.customer_id AND b.day <= e.moment) AS last_day,
                (SELECT list_sort(list(day), 'DESC')[2] FROM bought b WHERE b.customer_id = s.customer_id AND b.day <= e.moment) AS day_before
         FROM scores_of_customers s CROSS JOIN ends e
     ),
     told AS (
         SELECT *, moment - last_day AS silent, moment - first_on AS age, last_day - day_before AS last_gap,
                1 / (1 + $a / ($b + n - 1) * (($alpha + (moment - first_on) / 7) / ($alpha + (last_day - first_on) / 7)) ** ($r + n - 1)) AS alive
         FROM stood
     ),
     staged AS (
         SELECT customer_id, place, moment, CASE
                WHEN n = 0 AND (created_on <= moment OR (created_on IS NULL AND first_on IS NULL)) THEN 'potential'
                WHEN n = 0 THEN 'new'
                WHEN n = 1 AND age < $window THEN 'first_time'
                WHEN silent > gap_limit_days OR alive < 0.2 THEN 'lost'
                WHEN silent > gap_warning_days OR alive < 0.6 OR n = 1 THEN 'defecting'
                WHEN last_gap > gap_limit_days THEN 'returned'
                ELSE 'core' END AS stage
         FROM told
     )
SELECT CAST(e.moment AS VARCHAR) AS month_end, b.stage AS lifecycle_before, e.stage AS lifecycle_after, count(*) AS customers
FROM staged b JOIN staged e ON e.customer_id = b.customer_id AND e.place = b.place + 1
WHERE NOT (b.stage = 'new' AND e.stage = 'new')
GROUP BY ALL ORDER BY ALL
