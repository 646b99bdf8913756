"""Who buys, how much, how regularly, and who is about to stop."""
