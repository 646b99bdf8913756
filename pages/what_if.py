"""What would come of keeping more customers or of moving more deals on, what it costs, and how sure that is."""

from __future__ import annotations

from ui import session, views
from ui.views import Views
from ui.what_if import budget, compare, evidence, looked_back, retention, scenario

_ = session.locale()._

# The views of the page; all of them tell of the scenario being worked on.
VIEWS: Views = {
    "scenario": (_("What if"), scenario.show),
    "retention": (_("What retention is worth"), retention.show),
    "budget": (_("Best use of a budget"), budget.show),
    "compare": (_("Side by side"), compare.show),
    "looked_back": (_("What came of it"), looked_back.show),
    "evidence": (_("How sure"), evidence.show),
}

views.show(_("What if"), VIEWS)
