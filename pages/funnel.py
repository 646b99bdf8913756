"""Where deals stop: one funnel, and several ways to look into it."""

from __future__ import annotations

from ui import session, views
from ui.funnel import changes, compare, groups, losses, paths, stages, timing, trend, velocity
from ui.views import Views

_ = session.locale()._

# The views of the page; each reads the filters and asks only for what it shows.
VIEWS: Views = {
    "stages": (_("Stages"), stages.show),
    "groups": (_("Groups"), groups.show),
    "time": (_("Time to convert"), timing.show),
    "trend": (_("Trend"), trend.show),
    "compare": (_("Compare"), compare.show),
    "paths": (_("Paths"), paths.show),
    "losses": (_("Losses"), losses.show),
    "velocity": (_("Velocity"), velocity.show),
    "changes": (_("Pipeline changes"), changes.show),
}

views.show(_("Funnel"), VIEWS)
