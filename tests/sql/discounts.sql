-- Deals of from 0.1 to 1.5 list prices by their discount. All are in one currency and have their dates.
WITH standing AS (
    SELECT amount, list_price, CASE WHEN closed_at < $now THEN status ELSE 'open' END AS status
    FROM deals JOIN products USING (product_id)
    WHERE created_at < $now AND amount / list_price BETWEEN 0.1 AND 1.5
), banded AS (
    SELECT *, round(1 - amount / list_price, 9) AS off FROM standing
)
SELECT CASE WHEN off < -0.01 THEN 'above_list' WHEN off <= 0.01 THEN 'none' WHEN off <= 0.05 THEN 'up_to_5'
            WHEN off <= 0.1 THEN 'up_to_10' WHEN off <= 0.2 THEN 'up_to_20' WHEN off <= 0.3 THEN 'up_to_30'
            ELSE 'over_30' END AS band,
       count(*) AS deals,
       count(*) FILTER (status = 'won') AS won,
       count(*) FILTER (status = 'lost') AS lost,
       count(*) FILTER (status = 'open') AS undecided,
       avg(off) FILTER (status = 'won') AS discount,
       sum(greatest(list_price - amount, 0)) FILTER (status = 'won') AS given_away,
       avg(amount) AS mean_amount,
       avg(list_price) AS mean_list_price
FROM banded GROUP BY ALL
