"""The stages of a customer's life, and what the views about them say, in words."""

from __future__ import annotations

from ui.locale import Locale


def stage_words(locale: Locale) -> dict[str, tuple[str, str]]:
    """What each stage is called, and what it means in a few words."""
    _ = locale._
    return {
        "potential": (_("Potential"), _("never bought")),
        "first_time": (_("First-time"), _("bought once")),
        "core": (_("Core"), _("buy as usual")),
        "returned": (_("Returned customers"), _("bought again")),
        "defecting": (_("Defecting"), _("silent too long")),
        "lost": (_("Lost customers"), _("silent for good")),
    }


def contract_words(locale: Locale) -> dict[str, tuple[str, str]]:
    """The same where customers have contracts."""
    _ = locale._
    return stage_words(locale) | {
        "potential": (_("Potential"), _("no contract yet")),
        "first_time": (_("First-time"), _("first three months")),
        "core": (_("Core"), _("contract runs")),
        "returned": (_("Returned customers"), _("signed again")),
        "defecting": (_("Defecting"), _("ends within 90 days")),
        "lost": (_("Lost customers"), _("ended, not renewed")),
    }


def flow_words(locale: Locale) -> dict[str, str]:
    _ = locale._
    return {
        "first": _("first purchase"),
        "settled": _("settled in"),
        "slipped": _("slipped"),
        "recovered": _("recovered"),
        "left": _("were lost"),
        "came_back": _("were won back"),
    }


def definition_words(locale: Locale) -> dict[str, str]:
    """When a customer counts as lost, as a reader of the table sees it."""
    _ = locale._
    words = {
        f"q{level}": _("Silent longer than {share} of such gaps").format(share=locale.share(level / 100))
        for level in (80, 90, 95)
    }
    words["alive_20"] = _("Chance to be still there below {share}").format(share=locale.share(0.2))
    for days in (0, 30, 60, 90):
        words[f"ended_{days}"] = (
            _("Contract ended {days} ago or more").format(days=locale.days(days)) if days else _("Contract ended")
        )
    return words


def segment_words(locale: Locale) -> dict[str, tuple[str, str]]:
    """What each RFM segment is called, and what to do about it."""
    _ = locale._
    return {
        "champions": (_("Champions"), _("Thank them, ask for references, and show them what is new first.")),
        "loyal": (_("Loyal"), _("Offer what goes with what they buy; keep the rhythm of contact.")),
        "promising": (_("Promising"), _("Help the next purchase along: a second product, a framework agreement.")),
        "new": (_("Newcomers"), _("Call after the first delivery: the second purchase decides.")),
        "needs_attention": (_("Needs attention"), _("Ask what has changed before the silence grows.")),
        "at_risk": (_("At risk"), _("Visit: they bought often and have gone quiet.")),
        "cannot_lose": (_("Cannot lose"), _("A manager calls this week: these were among the best.")),
        "hibernating": (_("Hibernating"), _("Reach them by mailing only; spend visits elsewhere.")),
    }
