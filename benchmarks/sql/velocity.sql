-- The four levers: open deals, mean won amount, win rate, median cycle; by source as well.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT source, currency, count(*) FILTER (status = 'open') AS open, count(*) FILTER (status = 'won') AS won, count(*) FILTER (status = 'lost') AS lost,
       avg(amount) FILTER (status = 'won') AS won_amount, var_samp(amount) FILTER (status = 'won') AS variance,
       median(epoch_us(closed) - epoch_us(created)) FILTER (status = 'won') / 86400e6 AS cycle_days
FROM chosen GROUP BY GROUPING SETS ((), (currency), (source, currency));
