-- Why deals are lost, by the stage they were lost at, with their money and how many reasons are blank.
WITH chosen AS (
    SELECT * FROM deals
    WHERE ($owner::VARCHAR IS NULL OR owner = $owner) AND ($since::DATE IS NULL OR (created >= $since AND created < $until::DATE + 1))
)
SELECT stays.stage, lost_reason, currency, count(*) AS n, sum(amount) AS amount
FROM stays JOIN chosen USING (deal_id) WHERE next_stage = 'Closed Lost' GROUP BY ALL;
