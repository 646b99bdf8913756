"""Whether customers would recommend the company: is it really moving, who is silent, and what follows from it."""

from __future__ import annotations

from ui import session, views
from ui.nps import follows, loop, matching, reach, segments, themes, trend
from ui.views import Views

_ = session.locale()._

# The views of the page; each reads the filters and asks only for what it shows.
VIEWS: Views = {
    "trend": (_("Trend"), trend.show),
    "segments": (_("Segments"), segments.show),
    "reach": (_("Who answers"), reach.show),
    "loop": (_("Close the loop"), loop.show),
    "themes": (_("What they say"), themes.show),
    "follows": (_("What follows"), follows.show),
    "matching": (_("Who is who"), matching.show),
}

views.show(_("NPS"), VIEWS)
