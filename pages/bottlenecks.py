"""Where deals wait and leak, what it costs, and which of them to go after."""

from __future__ import annotations

from ui import session, views
from ui.bottlenecks import before_after, causes, heat, process, queue, ranking, stalled, times
from ui.views import Views

_ = session.locale()._

# The views of the page; each reads the filters and asks only for what it shows.
VIEWS: Views = {
    "ranking": (_("Bottlenecks"), ranking.show),
    "times": (_("Time in stage"), times.show),
    "heat": (_("Heat map"), heat.show),
    "stalled": (_("Stalled deals"), stalled.show),
    "queue": (_("Queues"), queue.show),
    "process": (_("Process"), process.show),
    "before_after": (_("Before and after"), before_after.show),
    "causes": (_("What helps"), causes.show),
}

views.show(_("Bottlenecks"), VIEWS)
