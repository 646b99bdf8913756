-- The answers that need one back, with what was noted of each; all of the last 90 days, and older ones that something was noted of.
WITH needing AS (
    SELECT
        *,
        CAST(answered_at AS DATE) AS answer_on,
        'K' || left(md5(response_id), 16) AS case_number,
        CASE WHEN previous_score >= 9 AND score <= 6 THEN 'detractor_fallen' WHEN score <= 6 THEN 'detractor' ELSE 'fallen' END AS case_reason
    FROM survey_responses
    WHERE scale = 'nps' AND (score <= 6 OR (previous_score >= 9 AND score <= 8))
),
noted AS (
    SELECT unnest(from_json($kept, '[{"number": "VARCHAR", "status": "VARCHAR", "closed_on": "DATE"}]'), recursive := true)
),
bought AS (
    SELECT customer_id, sum(amount) AS amount FROM orders
    WHERE ordered_at > CAST($as_of AS DATE) + 1 - INTERVAL 365 DAY
    GROUP BY customer_id
),
told AS (
    SELECT
        respondent,
        case_number,
        case_reason,
        answer_on,
        coalesce(status, 'open') AS case_status,
        CASE
            WHEN coalesce(status, 'open') = 'open' AND CAST($as_of AS DATE) - answer_on > 7 THEN CAST($as_of AS DATE) - answer_on - 7
        END AS answer_overdue,
        coalesce(closed_on, CAST($as_of AS DATE)) - answer_on AS case_age,
        coalesce(amount, 0) AS revenue_12m
    FROM needing
    LEFT JOIN noted ON number = case_number
    LEFT JOIN bought USING (customer_id)
    WHERE number IS NOT NULL OR answer_on > CAST($as_of AS DATE) - 90
)
SELECT * FROM told
ORDER BY
    CASE
        WHEN answer_overdue IS NOT NULL THEN 0
        ELSE list_position(['open', 'contacted', 'closed'], case_status)
    END,
    revenue_12m DESC,
    answer_on,
    case_number
