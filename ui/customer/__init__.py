"""The pieces of one customer's card."""
