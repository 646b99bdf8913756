-- $now: the first moment after the as-of day. One row an open stage and fate.
SELECT
    stage,
    CASE WHEN left_at >= $now OR fate = 'still' THEN 'still' ELSE fate END AS fate,
    count(*) AS moves,
    count(*) FILTER (visit > 1) AS returns
FROM stage_entries
WHERE NOT is_skipped AND outcome = 'open' AND pipeline = 'Sales' AND entered_at < $now
  AND (deal_created_at < $now OR deal_created_at IS NULL)
GROUP BY ALL
