"""The views of the page about customers."""
