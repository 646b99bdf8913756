-- $now: the first moment after the as-of day. Every stay of an open stage against every month as clocks in Jerusalem cut it, in euros.
WITH months AS (
    SELECT
        strftime(month, '%Y-%m') AS period,
        timezone('UTC', timezone('Asia/Jerusalem', month)) AS starts,
        least(timezone('UTC', timezone('Asia/Jerusalem', month + INTERVAL 1 MONTH)), $now) AS ends
    FROM (SELECT unnest(generate_series(TIMESTAMP '2024-01-01', TIMESTAMP '2026-12-01', INTERVAL 1 MONTH)) AS month)
),
stays AS (
    SELECT e.stage, e.entered_at, CASE WHEN e.left_at < $now THEN e.left_at END AS left_at, CASE WHEN e.left_at < $now THEN e.fate ELSE 'still' END AS fate, d.amount
    FROM stage_entries e
    JOIN deals d USING (deal_id)
    WHERE e.outcome = 'open' AND NOT e.is_skipped AND d.currency = 'EUR' AND e.entered_at < $now
        AND (d.created_at < $now OR d.created_at IS NULL)
)
SELECT
    stage,
    period,
    count(*) FILTER (entered_at >= starts AND entered_at < ends) AS arrivals,
    count(*) FILTER (left_at >= starts AND left_at < ends) AS departures,
    count(*) FILTER (left_at >= starts AND left_at < ends AND fate = 'lost') AS lost,
    count(*) FILTER (entered_at < ends AND (left_at >= ends OR left_at IS NULL)) AS waiting,
    coalesce(sum(amount) FILTER (entered_at < ends AND (left_at >= ends OR left_at IS NULL)), 0) AS waiting_value,
    sum(greatest(epoch_us(least(coalesce(left_at, ends), ends)) - epoch_us(greatest(entered_at, starts)), 0)) / any_value(epoch_us(ends) - epoch_us(starts))
        AS average_waiting,
    avg((epoch_us(left_at) - epoch_us(entered_at)) / 86400e6) FILTER (left_at >= starts AND left_at < ends) AS measured_days,
    avg((epoch_us(ends) - epoch_us(entered_at)) / 86400e6) FILTER (entered_at < ends AND (left_at >= ends OR left_at IS NULL)) AS waiting_age_days
FROM stays, months
WHERE starts < $now
GROUP BY stage, period
ORDER BY stage, period
