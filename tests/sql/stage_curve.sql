-- $now: the first moment after the as-of day. The visits of one stage by team, in euros: of each day of a length, how many are still
-- at risk, the chance to be still there after it (Kaplan and Meier's product) and to have ended by it in each way (Aalen and
-- Johansen's sum). Lengths are rounded down as screens tell them.
WITH visits AS (
    SELECT
        p.team,
        CASE WHEN e.fate = 'still' OR coalesce(e.left_at >= $now, false) THEN 'still' ELSE e.fate END AS fate,
        date_diff('microsecond', e.entered_at, CASE WHEN e.left_at < $now THEN e.left_at ELSE $now END) / 86400e6 AS days
    FROM stage_entries e
    JOIN deals d USING (deal_id)
    LEFT JOIN people p ON p.person_id = d.owner_id
    WHERE e.outcome = 'open' AND NOT e.is_skipped AND e.stage = $stage AND d.currency = 'EUR'
        AND (e.entered_at < $now OR e.entered_at IS NULL) AND (d.created_at < $now OR d.created_at IS NULL)
),
lengths AS (
    SELECT
        team,
        CASE WHEN days < 2 THEN floor(days * 1440 + 1e-6) / 1440 WHEN days < 20 THEN floor(days * 288 + 1e-6) / 288
             WHEN days < 90 THEN floor(days * 24 + 1e-6) / 24 ELSE floor(days + 1e-9) END AS length,
        count(*) AS leaving,
        count(*) FILTER (fate <> 'still') AS ended,
        count(*) FILTER (fate = 'advanced') AS advanced,
        count(*) FILTER (fate = 'lost') AS lost,
        count(*) FILTER (fate = 'back') AS back
    FROM visits
    WHERE days >= 0
    GROUP BY ALL
),
at_risk AS (
    SELECT *, sum(leaving) OVER (PARTITION BY team ORDER BY length DESC) AS at_risk FROM lengths
),
still AS (
    SELECT *, product(1 - ended / at_risk) OVER (PARTITION BY team ORDER BY length) AS still_chance FROM at_risk
),
before AS (
    SELECT *, coalesce(lag(still_chance) OVER (PARTITION BY team ORDER BY length), 1) AS was_there FROM still
)
SELECT
    team,
    length,
    at_risk,
    still_chance,
    sum(was_there * advanced / at_risk) OVER (PARTITION BY team ORDER BY length) AS advance_chance,
    sum(was_there * lost / at_risk) OVER (PARTITION BY team ORDER BY length) AS loss_chance,
    sum(was_there * back / at_risk) OVER (PARTITION BY team ORDER BY length) AS back_chance
FROM before
ORDER BY team, length
