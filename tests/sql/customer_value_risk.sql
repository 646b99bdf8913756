-- Every customer against the mean value and the mean risk by value, of those still there, in its currency.
WITH inside AS (SELECT * FROM scores_of_customers WHERE lifecycle NOT IN ('lost', 'potential')),
     lines AS (
         SELECT currency, count(*) AS n, avg(value) AS value_limit, sum(value * risk) / sum(value) AS risk_limit
         FROM inside GROUP BY currency
     )
SELECT customer_id, owner, s.currency, value, risk, value_limit, risk_limit,
       CASE WHEN lifecycle <> 'lost' THEN value_at_risk END AS value_at_risk,
       CASE WHEN lifecycle = 'lost' THEN NULL
            WHEN value >= value_limit THEN if(risk >= risk_limit, 'protect', 'keep')
            ELSE if(risk >= risk_limit, 'watch', 'grow') END AS quadrant,
       lifecycle <> 'lost' AND (value_low < value_limit AND value_high > value_limit
                                OR risk_low < risk_limit AND risk_high > risk_limit) AS uncertain
FROM scores_of_customers s JOIN lines USING (currency)
ORDER BY lifecycle = 'lost', n DESC, 8 DESC NULLS LAST, customer_id
