-- How many customers stand in each stage and what they are worth, straight from the scores.
SELECT lifecycle, currency, count(*) AS customers,
       count(*) / sum(count(*)) OVER () AS share_of_customers, sum(revenue_12m) AS revenue_12m, sum(value) AS value,
       sum(value_at_risk) AS value_at_risk
FROM scores_of_customers GROUP BY lifecycle, currency
ORDER BY list_position(['potential', 'first_time', 'core', 'returned', 'defecting', 'lost'], any_value(lifecycle)), customers DESC
