"""The way in: choose files, check what they would do, mend, load; and what was loaded before."""
