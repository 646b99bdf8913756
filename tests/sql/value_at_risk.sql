-- What is at risk in all and in each quadrant, one currency after the other, with the 80% interval of the sum.
WITH inside AS (SELECT * FROM scores_of_customers WHERE lifecycle NOT IN ('lost', 'potential')),
     lines AS (
         SELECT currency, count(*) AS n, avg(value) AS value_limit, sum(value * risk) / sum(value) AS risk_limit
         FROM inside GROUP BY currency
     ),
     placed AS (
         SELECT i.*, n, CASE WHEN value >= value_limit THEN if(risk >= risk_limit, 'protect', 'keep')
                             ELSE if(risk >= risk_limit, 'watch', 'grow') END AS quadrant
         FROM inside i JOIN lines USING (currency)
     )
SELECT currency, quadrant, count(*) AS customers, sum(value) AS value, sum(value_at_risk) AS value_at_risk,
       sum(value_at_risk) + 1.2815515655446004 * sqrt(sum(risk_variance) + sum(risk_shift_3) ** 2) AS value_at_risk_high
FROM placed GROUP BY GROUPING SETS ((currency, n), (currency, n, quadrant))
ORDER BY n DESC, list_position(['protect', 'keep', 'grow', 'watch'], quadrant) NULLS FIRST
