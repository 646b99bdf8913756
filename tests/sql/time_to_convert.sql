-- $now: the first moment after the as-of day. From the first stay in Lead to the first in Deal, seen or gone past, of the
-- pipeline Sales: the Aalen-Johansen chance to come there, and to be lost first, within 30 days.
WITH stood AS (
    SELECT
        deal_id,
        CASE WHEN closed_at >= $now THEN 'open' ELSE status END AS status_then,
        CASE WHEN closed_at < $now THEN closed_at END AS closed_then
    FROM deals
    WHERE created_at IS NULL OR created_at < $now
),
begun AS (
    SELECT deal_id, entered_at FROM stage_entries
    WHERE pipeline = 'Sales' AND stage = 'Lead' AND visit = 1 AND is_recorded AND NOT is_skipped AND entered_at < $now
),
reached AS (
    SELECT deal_id, min(entered_at) AS entered_at FROM stage_entries
    WHERE pipeline = 'Sales' AND stage = 'Deal' AND visit = 1 AND entered_at < $now
    GROUP BY deal_id
),
ends AS (
    SELECT
        CASE WHEN reached.entered_at IS NOT NULL OR status_then = 'won' THEN 'converted' ELSE status_then END AS ending,
        floor((epoch_us(
            CASE
                WHEN reached.entered_at IS NOT NULL THEN reached.entered_at
                WHEN status_then = 'open' THEN $now
                ELSE closed_then
            END
        ) - epoch_us(begun.entered_at)) / 3.6e9) AS hours
    FROM begun JOIN stood USING (deal_id) LEFT JOIN reached USING (deal_id)
),
steps AS (
    SELECT
        hours,
        count(*) FILTER (ending = 'converted') AS converted,
        count(*) FILTER (ending = 'lost') AS lost,
        sum(count(*)) OVER (ORDER BY hours DESC) AS at_risk
    FROM ends
    WHERE hours >= 0
    GROUP BY hours
),
survival AS (
    SELECT
        *,
        coalesce(
            exp(sum(ln(greatest(1 - (converted + lost) / at_risk, 1e-300)))
                OVER (ORDER BY hours ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
            1
        ) AS still_there
    FROM steps
)
SELECT
    sum(still_there * converted / at_risk) FILTER (hours <= 30 * 24) AS chance,
    sum(still_there * lost / at_risk) FILTER (hours <= 30 * 24) AS lost_chance,
    sum(converted) FILTER (hours <= 30 * 24) AS converted_by,
    sum(converted) AS converted,
    sum(lost) AS lost_before,
    (SELECT count(*) FROM ends WHERE hours >= 0) AS n,
    (SELECT count(*) FROM ends WHERE hours IS NULL) AS untimed
FROM survival
