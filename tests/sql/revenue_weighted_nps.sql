-- Each account weighs what it ordered in the 365 days before its last answer, currency by currency.
WITH counted AS (
    SELECT customer_id, coalesce(customer_id, customer) AS account, coalesce(respondent_key, '#' || response_id) AS person, answered_at,
        CASE WHEN score >= 9 THEN 100.0 WHEN score >= 7 THEN 0.0 ELSE -100.0 END AS vote
    FROM survey_responses
    WHERE scale = 'nps' AND score BETWEEN 0 AND 10 AND superseded_at IS NULL AND answered_at < $now
),
last AS (
    SELECT * FROM counted QUALIFY row_number() OVER (PARTITION BY account, person ORDER BY answered_at DESC) = 1
),
of_accounts AS (
    SELECT account, max(customer_id) AS customer_id, avg(vote) AS s, count(*) AS n, CAST(max(answered_at) AS DATE) AS at
    FROM last WHERE account IS NOT NULL GROUP BY account
),
weighed AS (
    SELECT a.account, a.s, a.n, o.currency, sum(o.amount) AS w
    FROM of_accounts a
    JOIN orders o ON o.customer_id = a.customer_id AND o.ordered_at < a.at AND o.ordered_at >= a.at - INTERVAL 365 DAYS
    GROUP BY ALL HAVING sum(o.amount) > 0
),
means AS (SELECT currency, sum(w * s) / sum(w) AS m FROM weighed GROUP BY currency)
SELECT
    currency,
    count(*) AS accounts,
    sum(n) AS n,
    sum(w) AS revenue_weight,
    any_value(m) AS revenue_nps,
    sqrt(sum(w * w * (s - m) * (s - m))) / sum(w) AS error,
    sum(w) * sum(w) / sum(w * w) AS effective_accounts,
    max(w) / sum(w) AS largest_share
FROM weighed JOIN means USING (currency)
GROUP BY currency
ORDER BY revenue_weight DESC
