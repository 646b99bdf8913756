-- $now: the first moment after the as-of day; the rule 'visited'. One row a team and stage.
WITH stood AS (
    SELECT
        s.deal_id, s.stage, s.stage_order, d.amount, p.team,
        CASE WHEN s.left_at >= $now THEN 'still' ELSE s.fate END AS fate,
        rank() OVER (PARTITION BY s.deal_id, s.stage ORDER BY s.visit) AS visit
    FROM stage_entries s
    JOIN deals d USING (deal_id)
    LEFT JOIN people p ON p.person_id = d.owner_id
    WHERE s.entered_at < $now AND NOT s.is_skipped AND (d.created_at IS NULL OR d.created_at < $now) AND d.currency = 'EUR'
)
SELECT
    team, stage, stage_order,
    count(DISTINCT deal_id) AS entered,
    count(*) FILTER (fate = 'advanced') AS advanced,
    count(*) FILTER (fate = 'lost') AS lost,
    count(*) FILTER (fate = 'back') AS back,
    count(*) FILTER (fate = 'handed_off') AS handed_off,
    count(*) FILTER (fate = 'still') AS still,
    count(*) FILTER (fate = 'advanced') / nullif(count(*) FILTER (fate <> 'still'), 0) AS conversion_ended,
    sum(amount) AS value_entered,
    sum(amount) FILTER (fate = 'lost') AS lost_value
FROM stood
WHERE visit = 1
GROUP BY ALL
