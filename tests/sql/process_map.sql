-- $now: the first moment after the as-of day. One row a way into or out of an open stage, from the order of a deal's stays alone.
WITH stays AS (
    SELECT deal_id, stage, outcome, turn, entered_at, left_at, deal_amount,
           CASE WHEN outcome = 'open' THEN date_diff('microsecond', entered_at, left_at) / 86400e6 END AS days,
           CASE WHEN fate IN ('lost', 'handed_off') AND left_at < $now THEN fate END AS ended,
           lead(outcome) OVER later AS next_outcome, lead(stage) OVER later AS following, lag(turn) OVER later AS before
    FROM stage_entries
    WHERE NOT is_skipped AND pipeline = 'Sales' AND entered_at < $now AND (deal_created_at < $now OR deal_created_at IS NULL)
    WINDOW later AS (PARTITION BY deal_id ORDER BY turn)
)
SELECT stage AS from_stage,
       CASE WHEN ended IS NOT NULL THEN NULL WHEN next_outcome = 'won' THEN 'Won' ELSE following END AS to_stage,
       coalesce(ended, CASE WHEN following IS NULL THEN 'still' END) AS way,
       count(*) AS moves, count(DISTINCT deal_id) AS deals, count(deal_amount) AS known,
       avg(days) AS mean_days, count(days) AS timed
FROM stays WHERE outcome = 'open' GROUP BY ALL
UNION ALL
SELECT NULL, stage, 'start', count(*), count(DISTINCT deal_id), count(deal_amount), NULL, 0
FROM stays WHERE outcome = 'open' AND before IS NULL GROUP BY ALL
