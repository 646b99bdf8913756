"""Who leaves, how long customers stay, and what goes with leaving."""
