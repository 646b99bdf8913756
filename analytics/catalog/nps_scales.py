"""What the figures are called and mean."""

from __future__ import annotations

from analytics.catalog.entry import Answer, Metric

SECTIONS: tuple[tuple[str, tuple[Metric, ...]], ...] = ()

ANSWERS: tuple[Answer, ...] = ()
