"""Shops and billing: order lines, and contracts that run over time."""

from __future__ import annotations

from data.sources import Source

SHOPIFY = Source(
    name="shopify",
    label="Shopify",
    headers={
        "orders": {
            "order_id": ("Name",),
            "customer": ("Email",),
            "ordered_at": ("Created at",),
            "product_id": ("Lineitem sku",),
            "product": ("Lineitem name",),
            "quantity": ("Lineitem quantity",),
            "unit_price": ("Lineitem price",),
            "currency": ("Currency",),
            "order_status": ("Financial Status",),
        },
    },
    # Of the whole order, and only in its first line.
    aside={"orders": ("Subtotal", "Total", "Shipping", "Taxes", "Fulfillment Status", "Paid at", "Id")},
    signature={"orders": ("Lineitem quantity", "Lineitem name", "Lineitem price", "Financial Status")},
)

WOOCOMMERCE = Source(
    name="woocommerce",
    label="WooCommerce",
    headers={
        "orders": {
            "order_id": ("Order Number", "Order ID"),
            "customer_id": ("Customer User", "Customer User ID"),
            "customer": ("Company (Billing)", "Email (Billing)"),
            "ordered_at": ("Order Date",),
            "product_id": ("SKU",),
            "product": ("Item Name",),
            "quantity": ("Quantity", "Quantity (- Refund)"),
            "unit_price": ("Item Cost",),
            "amount": ("Order Line Total", "Order Line Subtotal"),
            "currency": ("Order Currency",),
        },
    },
    aside={"orders": ("Order Total Amount", "Order Total")},
    signature={"orders": ("Order Line Total", "Order Line Subtotal", "Item Cost", "Email (Billing)")},
)

STRIPE = Source(
    name="stripe",
    label="Stripe",
    headers={
        "subscriptions": {
            "subscription_id": ("id",),
            "customer_id": ("Customer ID",),
            "product_id": ("Product",),
            "started_on": ("Start Date (UTC)", "Start (UTC)", "Created (UTC)"),
            "ended_on": ("Ended At (UTC)",),
            "currency": ("Currency",),
        },
    },
    signature={"subscriptions": ("Current Period End (UTC)", "Cancel At Period End", "Ended At (UTC)", "Plan")},
)

SHOPS = (SHOPIFY, WOOCOMMERCE, STRIPE)
