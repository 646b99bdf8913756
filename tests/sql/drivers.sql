-- $now: the first moment after the as-of day. One row a field and value that 25 and 2% of the closed deals have.
WITH stood AS (
    SELECT
        d.owner, d.currency, d.attr_1 AS area, p.team, d.amount,
        CASE WHEN d.closed_at >= $now THEN 'open' ELSE d.status END AS status
    FROM deals d
    LEFT JOIN people p ON p.person_id = d.owner_id
    WHERE d.created_at IS NULL OR d.created_at < $now
),
long AS (
    SELECT 'owner' AS field, owner AS value, status, amount, currency FROM stood
    UNION ALL SELECT 'currency', currency, status, amount, currency FROM stood
    UNION ALL SELECT 'Sales "area"', area, status, amount, currency FROM stood
    UNION ALL SELECT 'team', team, status, amount, currency FROM stood
),
counted AS (
    SELECT
        field, value,
        count(*) FILTER (status = 'won') AS won,
        count(*) FILTER (status = 'lost') AS lost,
        count(*) FILTER (status = 'open') AS undecided,
        sum(count(*) FILTER (status <> 'open')) OVER (PARTITION BY field) AS decided,
        sum(count(*) FILTER (status = 'won')) OVER (PARTITION BY field) AS all_won
    FROM long
    GROUP BY field, value
)
SELECT
    field, value, won, lost, undecided,
    won / (won + lost) AS win_rate,
    (won + 0.5) / (lost + 0.5) / ((all_won - won + 0.5) / (decided - all_won - lost + 0.5)) AS odds_ratio
FROM counted
WHERE won + lost >= greatest(25, 0.02 * decided)
