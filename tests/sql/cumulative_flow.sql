-- $now: the first moment after the as-of day. Of every deal when it first came to each open stage or got past it, and by the end of
-- which months (as clocks in Jerusalem cut them) it had. Lost, handed off and won are past every stage.
WITH months AS (
    SELECT
        strftime(month, '%Y-%m') AS period,
        least(timezone('UTC', timezone('Asia/Jerusalem', month + INTERVAL 1 MONTH)), $now) AS ends
    FROM (SELECT unnest(generate_series(TIMESTAMP '2024-01-01', TIMESTAMP '2026-12-01', INTERVAL 1 MONTH)) AS month)
    WHERE timezone('UTC', timezone('Asia/Jerusalem', month)) < $now
),
events AS (
    SELECT deal_id, CASE e.outcome WHEN 'open' THEN e.stage_order WHEN 'lost' THEN 101 ELSE 103 END AS line, e.entered_at AS moment
    FROM stage_entries e
    UNION ALL
    SELECT deal_id, 102, e.left_at FROM stage_entries e WHERE e.fate = 'handed_off'
),
lines AS (SELECT stage_order AS line, stage FROM stages WHERE outcome = 'open' UNION ALL VALUES (101, 'Lost'), (102, 'Handed off'), (103, 'Won')),
reached AS (
    SELECT l.line, l.stage, deal_id, min(moment) AS moment
    FROM lines l JOIN events v ON v.line >= l.line
    JOIN deals d USING (deal_id)
    WHERE moment < $now AND (d.created_at < $now OR d.created_at IS NULL)
    GROUP BY ALL
)
SELECT stage, line, period, count(*) FILTER (moment < ends) AS cumulative
FROM reached, months
GROUP BY ALL
ORDER BY line, period
