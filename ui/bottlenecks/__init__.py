"""The views of the Bottlenecks page."""
