-- The share of customers with contracts still there after 12 and 24 months: Kaplan-Meier, lengths in calendar months.
WITH begun AS (
    SELECT customer_id, started_on, coalesce(ended_on, DATE '9999-12-31') AS ended_on
    FROM subscriptions
    WHERE customer_id IS NOT NULL AND started_on <= $as_of
), each AS (
    SELECT
        customer_id,
        min(started_on) AS first_on,
        max(least(ended_on, $as_of)) AS last_on,
        bool_and(ended_on <= $as_of) AND date_diff('day', max(least(ended_on, $as_of)), $as_of) > 30 AS has_left
    FROM begun
    GROUP BY customer_id
), lengths AS (
    SELECT
        round(
            (year(last_on + 1) - year(first_on)) * 12 + month(last_on + 1) - month(first_on)
            + (day(last_on + 1) - day(first_on)) / 31.0, 2
        ) AS months,
        has_left
    FROM each
    WHERE last_on >= first_on
), at_each AS (
    SELECT months, count(*) FILTER (has_left) AS lost, count(*) AS leaving FROM lengths GROUP BY months
), at_risk AS (
    SELECT months, lost, sum(leaving) OVER (ORDER BY months DESC) AS at_risk FROM at_each
)
SELECT
    mark AS months,
    (SELECT exp(sum(ln(1 - lost / at_risk))) FROM at_risk WHERE months <= mark) AS survival,
    (SELECT count(*) FROM lengths WHERE months >= mark) AS at_risk,
    (SELECT count(*) FROM lengths) AS n,
    (SELECT count(*) FROM lengths WHERE has_left) AS events
FROM (VALUES (12), (24)) AS marks (mark)
ORDER BY mark
