-- $now, $since, $until, $visit
WITH sold AS (
    SELECT
        o.customer_id,
        sum(o.amount) AS revenue,
        sum(greatest(p.list_price * o.quantity - o.amount, 0)) FILTER (o.quantity > 0) AS discounts,
        sum(o.quantity * p.unit_cost) AS cost_of_goods
    FROM orders o LEFT JOIN products p USING (product_id)
    WHERE o.ordered_at < $now AND CAST(o.ordered_at AS DATE) BETWEEN $since AND $until
    GROUP BY ALL
), met AS (
    SELECT customer_id, count(*) AS contacts_made
    FROM activities
    WHERE is_done AND happened_at < $now AND CAST(happened_at AS DATE) BETWEEN $since AND $until
    GROUP BY ALL
)
SELECT
    sold.*,
    coalesce(contacts_made, 0) AS contacts_made,
    coalesce(contacts_made, 0) * $visit AS cost_to_serve,
    revenue - cost_of_goods - coalesce(contacts_made, 0) * $visit AS profit
FROM sold LEFT JOIN met USING (customer_id)
