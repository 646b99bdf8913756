"""Writes METRICS.md to standard output."""

import sys

from analytics.catalog import page

sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
sys.stdout.write(page())
