-- One vote an account: each person's last answer, their mean in the account, the mean of the accounts.
WITH counted AS (
    SELECT coalesce(customer_id, customer) AS account, coalesce(respondent_key, '#' || response_id) AS person, answered_at,
        CASE WHEN score >= 9 THEN 100.0 WHEN score >= 7 THEN 0.0 ELSE -100.0 END AS vote
    FROM survey_responses
    WHERE scale = 'nps' AND score BETWEEN 0 AND 10 AND superseded_at IS NULL AND answered_at < $now
),
last AS (
    SELECT * FROM counted QUALIFY row_number() OVER (PARTITION BY account, person ORDER BY answered_at DESC) = 1
),
of_accounts AS (
    SELECT account, avg(vote) AS score, count(*) AS n FROM last WHERE account IS NOT NULL GROUP BY account
)
SELECT
    count(*) AS accounts,
    avg(score) AS account_nps,
    sum(n) AS n,
    sum(score * n) / sum(n) AS nps,
    (SELECT count(*) FROM last WHERE account IS NULL) AS without_account
FROM of_accounts
