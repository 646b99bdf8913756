"""The Net Promoter Score: what it is, whether it moves, who stays silent, and what follows from it."""
