"""Which customers are worth most, which are likely to leave, and whom to keep first."""

from __future__ import annotations

from ui import session, views
from ui.customers import contact, dependency, evidence, ideal, lifecycle, profit, rfm, value_risk
from ui.views import Views

_ = session.locale()._

# The views of the page; each reads the filters and asks only for what it shows.
VIEWS: Views = {
    "value_risk": (_("Value and risk"), value_risk.show),
    "contact": (_("Contact programme"), contact.show),
    "dependency": (_("Dependency"), dependency.show),
    "lifecycle": (_("Lifecycle"), lifecycle.show),
    "rfm": (_("RFM"), rfm.show),
    "ideal": (_("Ideal customer"), ideal.show),
    "profit": (_("Profit"), profit.show),
    "evidence": (_("How sure"), evidence.show),
}

views.show(_("Customers"), VIEWS)
