-- The open deals that have been at their stage for more than 20 days, with what is late about them.
SELECT d.deal_id, d.owner, d.currency, d.amount, s.stage,
       epoch($now - s.entered_at) / 86400 AS age_days,
       CASE WHEN d.expected_close_on < CAST($now AS DATE) - 1
            THEN date_diff('day', d.expected_close_on, CAST($now AS DATE) - 1) END AS overdue_days,
       s.visit > 1 AS is_back
FROM deals d JOIN stage_entries s USING (deal_id)
WHERE d.status = 'open' AND d.created_at < $now IS NOT FALSE
  AND s.pipeline = 'Sales' AND s.outcome = 'open' AND s.fate = 'still' AND NOT s.is_skipped
  AND epoch($now - s.entered_at) / 86400 > 20
