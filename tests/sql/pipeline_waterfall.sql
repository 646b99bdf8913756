-- $start and $end: the first moment of the first day, and the first after the last. One row a currency.
WITH turns AS (
    SELECT * FROM deal_changes WHERE field = 'status' AND (old_value = 'open') <> (new_value = 'open')
),
moments AS (SELECT 'opening' AS side, CAST($start AS TIMESTAMP) AS t UNION ALL SELECT 'closing', CAST($end AS TIMESTAMP)),
states AS (
    SELECT
        m.side, m.t, d.deal_id, d.currency, d.amount,
        CASE
            WHEN d.status <> 'open' AND d.closed_at IS NULL THEN false
            WHEN NOT EXISTS (SELECT 1 FROM turns c WHERE c.deal_id = d.deal_id AND c.new_value = 'open')
                THEN (d.created_at IS NULL OR d.created_at < m.t)
                    AND (d.closed_at IS NULL OR greatest(d.closed_at, coalesce(d.created_at, d.closed_at)) >= m.t)
            WHEN EXISTS (SELECT 1 FROM turns c WHERE c.deal_id = d.deal_id AND c.changed_at < m.t)
                THEN (SELECT arg_max(c.new_value, c.changed_at) FROM turns c WHERE c.deal_id = d.deal_id AND c.changed_at < m.t) = 'open'
                    AND (d.closed_at IS NULL OR d.closed_at >= m.t
                        OR d.closed_at < (SELECT max(c.changed_at) FROM turns c WHERE c.deal_id = d.deal_id AND c.changed_at < m.t))
            ELSE (d.created_at IS NULL OR d.created_at < m.t)
                AND (SELECT arg_min(c.old_value, c.changed_at) FROM turns c WHERE c.deal_id = d.deal_id) = 'open'
        END AS is_open
    FROM deals d, moments m
    WHERE d.created_at IS NULL OR d.created_at < $end
),
valued AS (
    SELECT
        side, currency,
        CASE
            WHEN EXISTS (SELECT 1 FROM deal_changes c WHERE c.deal_id = s.deal_id AND c.field = 'amount' AND c.changed_at <= s.t)
                THEN (SELECT arg_max(coalesce(c.new_value, ''), c.changed_at) FROM deal_changes c
                    WHERE c.deal_id = s.deal_id AND c.field = 'amount' AND c.changed_at <= s.t)
            WHEN EXISTS (SELECT 1 FROM deal_changes c WHERE c.deal_id = s.deal_id AND c.field = 'amount')
                THEN (SELECT arg_min(coalesce(c.old_value, ''), c.changed_at) FROM deal_changes c WHERE c.deal_id = s.deal_id AND c.field = 'amount')
            ELSE CAST(amount AS VARCHAR)
        END AS amount
    FROM states s
    WHERE is_open
),
cents AS (SELECT side, currency, round(TRY_CAST(amount AS DOUBLE) * 100) AS money FROM valued)
SELECT
    currency,
    count(*) FILTER (side = 'opening') AS opening,
    count(*) FILTER (side = 'closing') AS closing,
    coalesce(sum(money) FILTER (side = 'opening'), 0) / 100 AS opening_money,
    coalesce(sum(money) FILTER (side = 'closing'), 0) / 100 AS closing_money,
    count(*) FILTER (side = 'closing' AND money IS NULL) AS closing_unknown
FROM cents
GROUP BY currency
