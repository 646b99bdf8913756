-- Who is to be contacted, of the customers that are customers now: 30, 60 and 90 days are promised, 14 days ahead count as due.
WITH last AS (
    SELECT *,
        CASE WHEN $counts_cases THEN greatest(last_contact_on, last_case_on) ELSE last_contact_on END AS last_on_record,
        CASE tier WHEN 'A' THEN 30 WHEN 'B' THEN 60 ELSE 90 END AS target_days
    FROM the_scores
    WHERE lifecycle NOT IN ('lost', 'potential')
),
late AS (
    SELECT *,
        CAST($as_of AS DATE) - last_on_record AS days_since_contact,
        CAST($as_of AS DATE) - (coalesce(last_on_record, first_on, created_on) + CAST(target_days AS INTEGER)) AS late
    FROM last
)
SELECT
    customer_id,
    target_days,
    days_since_contact,
    CASE WHEN late > 0 THEN late END AS days_overdue,
    CASE WHEN late IS NULL OR late > 0 THEN 'overdue' WHEN late >= -14 THEN 'due' ELSE 'in_time' END AS contact_state,
    CASE WHEN contact_days >= 3 THEN contact_gap_days END AS own_rhythm_days
FROM late
ORDER BY
    list_position(['overdue', 'due', 'in_time'], contact_state),
    value_at_risk DESC NULLS LAST,
    value DESC NULLS LAST,
    days_overdue DESC NULLS FIRST,
    coalesce(last_on_record, first_on, created_on) + CAST(target_days AS INTEGER),
    customer_id
