-- Of the deals still open at each age, those with an activity by then and the others, and what became of them. Every
-- activity of these deals names its deal and is later than its creation.
WITH standing AS (
    SELECT deal_id, created_at,
           CASE WHEN closed_at < $now THEN status ELSE 'open' END AS status,
           CASE WHEN closed_at < $now THEN closed_at ELSE $now END AS ended
    FROM deals WHERE created_at < $now
), first AS (
    SELECT s.deal_id, min(a.happened_at) AS contacted_at
    FROM standing s JOIN activities a USING (deal_id)
    WHERE a.is_done AND a.happened_at < $now AND a.happened_at <= s.ended
    GROUP BY ALL
), landmarks AS (
    SELECT unnest([1.0, 24, 72, 168, 336]) AS hours
)
SELECT hours / 24 AS landmark_days,
       CASE WHEN contacted_at <= created_at + to_microseconds(CAST(hours * 3600000000 AS BIGINT)) THEN 'contacted' ELSE 'not_contacted' END AS contact,
       count(*) AS n,
       count(*) FILTER (status = 'won') AS won,
       count(*) FILTER (status = 'lost') AS lost,
       count(*) FILTER (status = 'open') AS undecided
FROM standing LEFT JOIN first USING (deal_id) CROSS JOIN landmarks
WHERE ended >= created_at + to_microseconds(CAST(hours * 3600000000 AS BIGINT))
GROUP BY ALL
ORDER BY ALL
