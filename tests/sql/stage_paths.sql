-- $now: the first moment after the as-of day. One row a path of open stages; all rows are there.
WITH stays AS (
    SELECT deal_id, turn, stage, outcome, deal_amount
    FROM stage_entries
    WHERE NOT is_skipped AND pipeline = 'Sales'
      AND (entered_at < $now OR entered_at IS NULL)
      AND (deal_created_at < $now OR deal_created_at IS NULL)
),
told AS (
    SELECT
        deal_id,
        string_agg(stage, ' → ' ORDER BY turn) FILTER (outcome = 'open' AND turn <= 10) AS path,
        max(turn) FILTER (outcome = 'open') > 10 AS is_longer,
        last(outcome ORDER BY turn) AS ending,
        max(deal_amount) AS amount
    FROM stays
    GROUP BY deal_id
)
SELECT
    path || CASE WHEN is_longer THEN ' → …' ELSE '' END AS path,
    count(*) AS deals,
    count(*) FILTER (ending = 'won') AS won,
    count(*) FILTER (ending = 'lost') AS lost
FROM told
WHERE path IS NOT NULL
GROUP BY ALL
