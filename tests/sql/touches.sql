-- Deals still open 30 days after their creation, by the number of activities until then. Every activity names its deal.
WITH standing AS (
    SELECT deal_id, created_at,
           CASE WHEN closed_at < $now THEN status ELSE 'open' END AS status,
           CASE WHEN closed_at < $now THEN closed_at ELSE $now END AS ended
    FROM deals WHERE created_at < $now
), counted AS (
    SELECT s.deal_id, s.status,
           (SELECT count(*) FROM activities a
            WHERE a.deal_id = s.deal_id AND a.is_done AND a.happened_at < $now
              AND a.happened_at <= s.created_at + INTERVAL 30 DAY) AS touched
    FROM standing s WHERE s.ended >= s.created_at + INTERVAL 30 DAY
)
SELECT CASE WHEN touched = 0 THEN '0' WHEN touched <= 2 THEN '1-2' WHEN touched <= 5 THEN '3-5'
            WHEN touched <= 10 THEN '6-10' ELSE '11+' END AS touches,
       count(*) AS n,
       count(*) FILTER (status = 'won') AS won,
       count(*) FILTER (status = 'lost') AS lost,
       count(*) FILTER (status = 'open') AS undecided,
       avg(touched) AS mean_touches
FROM counted GROUP BY ALL
