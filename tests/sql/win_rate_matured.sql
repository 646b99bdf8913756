-- $now: the first moment after the as-of day. The Aalen-Johansen chance to be won by the 75th percentile of time to close.
WITH stood AS (
    SELECT
        created_at,
        CASE WHEN closed_at >= $now THEN 'open' ELSE status END AS status_then,
        CASE WHEN closed_at < $now THEN closed_at END AS closed_then
    FROM deals
    WHERE created_at < $now
),
lengths AS (
    SELECT
        status_then,
        floor((epoch_us(CASE WHEN status_then = 'open' THEN $now ELSE closed_then END) - epoch_us(created_at)) / 3.6e9) / 24 AS days
    FROM stood
    WHERE CASE WHEN status_then = 'open' THEN true ELSE closed_then >= created_at END
),
horizon AS (
    SELECT quantile_cont(days, 0.75) AS days FROM lengths WHERE status_then <> 'open'
),
steps AS (
    SELECT
        days,
        count(*) FILTER (status_then = 'won') AS won,
        count(*) FILTER (status_then <> 'open') AS ended,
        sum(count(*)) OVER (ORDER BY days DESC) AS at_risk
    FROM lengths
    GROUP BY days
),
survival AS (
    SELECT
        *,
        coalesce(
            exp(sum(ln(greatest(1 - ended / at_risk, 1e-300))) OVER (ORDER BY days ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
            1
        ) AS still_there
    FROM steps
)
SELECT sum(still_there * won / at_risk) AS rate, any_value(horizon.days) AS horizon_days, (SELECT count(*) FROM lengths) AS n
FROM survival, horizon
WHERE survival.days <= horizon.days
