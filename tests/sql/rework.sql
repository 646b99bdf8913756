-- $now: the first moment after the as-of day. One row a way: came back to a stage, went straight on, seen in one stage only.
WITH stays AS (
    SELECT *, CASE WHEN left_at < $now THEN left_at ELSE $now END AS until_then
    FROM stage_entries
    WHERE NOT is_skipped AND pipeline = 'Sales' AND entered_at < $now
      AND (deal_created_at < $now OR deal_created_at IS NULL)
),
told AS (
    SELECT
        deal_id,
        count(*) FILTER (outcome = 'open') AS stays,
        count(*) FILTER (outcome = 'open' AND visit > 1) AS repeats,
        sum(epoch_us(until_then) - epoch_us(entered_at)) FILTER (outcome = 'open' AND visit > 1) / 86400e6 AS repeat_days,
        last(outcome ORDER BY turn) AS ending
    FROM stays
    GROUP BY deal_id
)
SELECT
    CASE WHEN repeats > 0 THEN 'reworked' WHEN stays > 1 THEN 'straight' ELSE 'first_only' END AS way,
    count(*) AS deals,
    count(*) FILTER (ending = 'won') AS won,
    count(*) FILTER (ending <> 'open') AS total,
    coalesce(sum(repeat_days), 0) AS repeat_days
FROM told
WHERE stays > 0
GROUP BY ALL
