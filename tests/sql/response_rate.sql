-- Who was asked and who answered, all of the time at once. The scores are on NPS, days are in UTC.
WITH asked AS (
    SELECT row_number() OVER (ORDER BY sent_at, email, customer_id) AS no, customer_id, nullif(lower(trim(email)), '') AS email,
        sent_at, CAST(sent_at AS DATE) AS day, CAST($as_of AS DATE) - CAST(sent_at AS DATE) AS age, coalesce(is_delivered, true) AS arrived
    FROM survey_invitations WHERE sent_at < CAST($as_of AS DATE) + 1
),
came AS (
    SELECT response_id, customer_id, nullif(lower(trim(email)), '') AS email, answered_at, CAST(answered_at AS DATE) AS day
    FROM survey_responses WHERE answered_at < CAST($as_of AS DATE) + 1
),
by_address AS (
    SELECT *, row_number() OVER (PARTITION BY email, wave ORDER BY answered_at, response_id) AS turn FROM (
        SELECT c.*, (SELECT max(a.day) FROM asked a WHERE a.arrived AND a.email = c.email AND c.day - a.day BETWEEN 0 AND 60) AS wave FROM came c
    ) WHERE wave IS NOT NULL
),
first AS (
    SELECT a.*, b.response_id FROM (
        SELECT *, row_number() OVER (PARTITION BY email, day ORDER BY sent_at, no) AS turn FROM asked WHERE arrived
    ) a LEFT JOIN by_address b ON a.email = b.email AND a.day = b.wave AND a.turn = b.turn
),
by_customer AS (
    SELECT *, row_number() OVER (PARTITION BY customer_id, wave ORDER BY answered_at, response_id) AS turn FROM (
        SELECT c.*, (
            SELECT max(f.day) FROM first f WHERE f.response_id IS NULL AND f.customer_id = c.customer_id AND c.day - f.day BETWEEN 0 AND 60
        ) AS wave
        FROM came c WHERE response_id NOT IN (SELECT response_id FROM by_address)
    ) WHERE wave IS NOT NULL
),
second AS (
    SELECT a.no, b.response_id FROM (
        SELECT *, row_number() OVER (PARTITION BY customer_id, day ORDER BY sent_at, no) AS place FROM first WHERE response_id IS NULL
    ) a JOIN by_customer b ON a.customer_id = b.customer_id AND a.day = b.wave AND a.place = b.turn
),
met AS (
    SELECT a.no, a.customer_id, a.arrived, a.age, coalesce(f.response_id, s.response_id) AS response_id
    FROM asked a LEFT JOIN first f USING (no) LEFT JOIN second s USING (no)
)
SELECT
    count(*) AS invited,
    count(*) FILTER (WHERE NOT arrived) AS undelivered,
    count(*) FILTER (WHERE arrived AND age < 30) AS undecided_invited,
    count(*) FILTER (WHERE arrived AND age >= 30) AS settled,
    count(response_id) FILTER (WHERE arrived AND age >= 30) AS answered,
    count(DISTINCT customer_id) FILTER (WHERE arrived AND age >= 30) AS accounts_asked,
    count(DISTINCT customer_id) FILTER (WHERE arrived AND age >= 30 AND response_id IS NOT NULL) AS accounts_answered
FROM met
