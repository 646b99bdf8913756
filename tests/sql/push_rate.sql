-- $now: the first moment after the as-of day. Deals named by a history, or open when a second file showed them. One row an owner.
WITH shown AS (
    SELECT first_seen_on AS day FROM deals UNION SELECT last_seen_on FROM deals UNION SELECT changed_after FROM deal_changes
),
seen AS (
    SELECT d.deal_id, d.owner, d.closed_at
    FROM deals d
    WHERE (d.created_at IS NULL OR d.created_at < $now) AND (
        EXISTS (SELECT 1 FROM deal_changes c WHERE c.deal_id = d.deal_id AND c.changed_after IS NULL AND c.changed_at < $now)
        AND EXISTS (SELECT 1 FROM deal_changes c WHERE c.field = 'expected_close_on' AND c.changed_after IS NULL AND c.changed_at < $now)
        OR EXISTS (
            SELECT 1 FROM shown s
            WHERE s.day > d.first_seen_on AND s.day <= d.last_seen_on AND s.day < $now AND (d.closed_at IS NULL OR d.closed_at >= s.day)
        )
    )
),
pushes AS (
    SELECT c.deal_id, count(*) AS n, sum(date_diff('day', CAST(c.old_value AS DATE), CAST(c.new_value AS DATE))) AS days
    FROM deal_changes c JOIN seen s USING (deal_id)
    WHERE c.field = 'expected_close_on' AND c.changed_at < $now AND (s.closed_at IS NULL OR s.closed_at >= $now OR c.changed_at < s.closed_at)
        AND date_trunc('month', CAST(c.new_value AS DATE)) > date_trunc('month', CAST(c.old_value AS DATE))
    GROUP BY c.deal_id
)
SELECT owner, count(*) AS n, count(p.deal_id) AS pushed, coalesce(sum(p.n), 0) AS pushes, coalesce(sum(p.days), 0) AS days
FROM seen LEFT JOIN pushes p USING (deal_id)
GROUP BY owner
